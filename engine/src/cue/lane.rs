//! The mood lane, compiled: mood at any bar position, read on the audio thread.
//! Source: DESIGN 2 "lane", 6.4. In/out: positions in bars from 0, fractional. Cost: one binary search per axis.

use super::document::LanePoint;
use super::mood::{AXIS_COUNT, Mood};
use arrayvec::ArrayVec;

/// Most breakpoints of one axis.
pub const MAX_LANE_POINTS: usize = 256;

/// One breakpoint line per axis; an axis without points rests at the cue's mood.
#[derive(Clone, Debug)]
pub struct Lane {
    rest: Mood,
    axes: [ArrayVec<(f64, f32), MAX_LANE_POINTS>; AXIS_COUNT],
}

impl Lane {
    /// Compiles breakpoints in any order; of two at one place the later in the document holds. Points past the limit are dropped.
    pub fn new(rest: Mood, points: &[LanePoint]) -> Lane {
        let mut axes: [ArrayVec<(f64, f32), MAX_LANE_POINTS>; AXIS_COUNT] = Default::default();
        let mut sorted: Vec<&LanePoint> = points.iter().filter(|point| point.bar.is_finite()).collect();
        sorted.sort_by(|a, b| a.bar.total_cmp(&b.bar));
        for point in sorted {
            let named =
                [point.valence, point.energy, point.tension, point.wonder, point.scale, point.darkness];
            for (axis, level) in axes.iter_mut().zip(named) {
                if let Some(level) = level.filter(|level| level.is_finite()) {
                    let _ = axis.try_push((point.bar - 1.0, level));
                }
            }
        }
        Lane { rest, axes }
    }

    /// Mood at a position: straight lines between breakpoints, level before the first and after the last.
    pub fn at(&self, bar: f64) -> Mood {
        let mut mood = self.rest.to_array();
        for (axis, level) in self.axes.iter().zip(&mut mood) {
            let after = axis.partition_point(|&(at, _)| at <= bar);
            *level = match (after.checked_sub(1).map(|i| axis[i]), axis.get(after)) {
                (None, None) => *level,
                (Some((_, before)), None) => before,
                (None, Some(&(_, next))) => next,
                (Some((from, before)), Some(&(to, next))) => {
                    before + (next - before) * ((bar - from) / (to - from)) as f32
                }
            };
        }
        Mood::from_array(mood)
    }

    /// True when no axis moves.
    pub fn is_flat(&self) -> bool {
        self.axes.iter().all(|axis| axis.is_empty())
    }

    /// The mood the axes without points rest at.
    pub fn rest(&self) -> Mood {
        self.rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_run_between_points_of_their_own_axis() {
        let point = |bar, energy, wonder| LanePoint { bar, energy, wonder, ..Default::default() };
        let rest = Mood { valence: 0.3, ..Default::default() };
        let lane = Lane::new(
            rest,
            &[point(9.0, Some(1.0), None), point(1.0, Some(-1.0), None), point(5.0, None, Some(0.5))],
        );
        assert_eq!(lane.at(4.0).energy, 0.0);
        assert_eq!(lane.at(-3.0).energy, -1.0);
        assert_eq!(lane.at(100.0).energy, 1.0);
        assert_eq!((lane.at(0.0).wonder, lane.at(0.0).valence), (0.5, 0.3));
        let step = Lane::new(rest, &[point(3.0, Some(0.0), None), point(3.0, Some(1.0), None)]);
        assert_eq!((step.at(1.99).energy, step.at(2.0).energy), (0.0, 1.0));
    }
}
