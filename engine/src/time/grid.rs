//! The bar grid: which bar a position is in, where a bar starts, which meter it has.
//! Source: own. Segments are learned from the cue, a tempo map or a host (PLATFORM 2: never trust bar numbers).
//! In/out: positions in quarter notes from the start of the song, bars from 0; both may be negative. Cost: a scan of few segments.

use super::meter::Meter;
use crate::units::Beats;
use arrayvec::ArrayVec;

/// Most meter changes a grid can hold; later ones push out nothing, they are ignored.
pub const MAX_SEGMENTS: usize = 64;

/// Bar lines closer than this are one, quarter notes: hosts round seconds and beats differently.
const LINE_SNAP: Beats = 1e-3;

/// A meter from a bar on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Where its first bar starts.
    pub start: Beats,
    /// Number of its first bar, from 0.
    pub bar: i64,
    /// Its meter.
    pub meter: Meter,
}

/// One bar: number, place and meter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Number from 0; negative before the song.
    pub index: i64,
    /// Where it starts.
    pub start: Beats,
    /// Its meter.
    pub meter: Meter,
}

impl Bar {
    /// Where the next bar starts.
    pub fn end(&self) -> Beats {
        self.start + self.meter.bar_beats()
    }
}

/// Meters along the timeline. The first segment also reaches back before its start.
#[derive(Clone, Debug, PartialEq)]
pub struct BarGrid {
    segments: ArrayVec<Segment, MAX_SEGMENTS>,
    /// After how many bars and beats the first bar's meter and all others come again.
    round: Option<(i64, Beats)>,
}

impl Default for BarGrid {
    fn default() -> Self {
        BarGrid::new(Meter::default())
    }
}

impl BarGrid {
    /// One meter for ever.
    pub fn new(meter: Meter) -> BarGrid {
        let mut segments = ArrayVec::new();
        segments.push(Segment { start: 0.0, bar: 0, meter });
        BarGrid { segments, round: None }
    }

    /// The same meters again and again after so many bars, from the first on: for a cue that loops.
    pub fn looping(self, bars: i64) -> BarGrid {
        let bars = bars.max(1);
        let end = self.bar(bars).start;
        BarGrid { round: Some((bars, end)), ..self }
    }

    /// After how many bars the meters come again.
    pub fn round_bars(&self) -> Option<i64> {
        self.round.map(|(bars, _)| bars)
    }

    /// The segments in order; of a grid that loops those of the first round.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The bar that contains a position. Positions that are not finite count as 0.
    pub fn bar_at(&self, position: Beats) -> Bar {
        // A position a rounding error before a bar line belongs to the bar that starts there.
        const SNAP: f64 = 1e-7;
        let position = if position.is_finite() { position.clamp(-1e9, 1e9) + SNAP } else { 0.0 };
        let (bars_before, beats_before) = match self.round {
            Some((bars, beats)) if position >= 0.0 => {
                let round = (position / beats).floor();
                (round as i64 * bars, round * beats)
            }
            _ => (0, 0.0),
        };
        let position = position - beats_before;
        let segment = self.segments.iter().rev().find(|s| s.start <= position).unwrap_or(&self.segments[0]);
        let bars = ((position - segment.start) / segment.meter.bar_beats()).floor() as i64;
        later(bar_of(segment, segment.bar + bars), bars_before, beats_before)
    }

    /// A bar by number.
    pub fn bar(&self, index: i64) -> Bar {
        let index = index.clamp(-1_000_000_000, 1_000_000_000);
        let (bars_before, beats_before) = match self.round {
            Some((bars, beats)) if index >= 0 => (index / bars * bars, (index / bars) as f64 * beats),
            _ => (0, 0.0),
        };
        let index = index - bars_before;
        let segment = self.segments.iter().rev().find(|s| s.bar <= index).unwrap_or(&self.segments[0]);
        later(bar_of(segment, index), bars_before, beats_before)
    }

    /// Puts a meter from the bar line at or just before `position` on; see [`BarGrid::follow_host`] for what becomes of
    /// later segments. Returns whether anything changed.
    pub fn set_meter(&mut self, position: Beats, meter: Meter) -> bool {
        let here = self.bar_at(position);
        position.is_finite() && here.meter != meter && self.set_meter_at(here.start, meter)
    }

    /// Learns from a host at `position`: its numerator and denominator, and its bar line where that can be true (at most
    /// one bar before the position). Segments after that line are forgotten: they were learned under another grid.
    /// A grouping the cue asked for stays while numerator and denominator do. Returns whether anything changed.
    pub fn follow_host(&mut self, position: Beats, meter: (u16, u16), bar_start: Option<Beats>) -> bool {
        if !position.is_finite() {
            return false;
        }
        let here = self.bar_at(position);
        let heard = Meter::from_host(meter.0, meter.1);
        let same =
            (heard.numerator(), heard.denominator()) == (here.meter.numerator(), here.meter.denominator());
        let meter = if same { here.meter } else { heard };
        let line = bar_start.filter(|&line| can_start(line, position, meter)).unwrap_or(here.start);
        let moved = (line - here.start).abs() > LINE_SNAP;
        (!same || moved) && self.set_meter_at(line, meter)
    }

    /// Puts a meter from a bar line on, also from a line that cuts a bar short. False when the grid is full. What was to
    /// come again is forgotten.
    pub fn set_meter_at(&mut self, line: Beats, meter: Meter) -> bool {
        let old = self.bar_at(line);
        // A line inside a bar cuts that bar short: the new segment starts the next one.
        let bar = if line - old.start < LINE_SNAP { old.index } else { old.index + 1 };
        let keep = self.segments.iter().filter(|segment| segment.start < line - LINE_SNAP).count();
        if keep == MAX_SEGMENTS {
            return false;
        }
        self.round = None;
        self.segments.truncate(keep);
        self.segments.push(Segment { start: line, bar, meter });
        true
    }
}

/// Whether a bar that holds `position` can begin at `line`: at most one bar before it.
pub fn can_start(line: Beats, position: Beats, meter: Meter) -> bool {
    (-LINE_SNAP..meter.bar_beats() - LINE_SNAP).contains(&(position - line))
}

fn later(bar: Bar, bars: i64, beats: Beats) -> Bar {
    Bar { index: bar.index + bars, start: bar.start + beats, ..bar }
}

fn bar_of(segment: &Segment, index: i64) -> Bar {
    let start = segment.start + (index - segment.bar) as f64 * segment.meter.bar_beats();
    Bar { index, start, meter: segment.meter }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_tile_the_line() {
        let mut grid = BarGrid::new(Meter::new(3, 4, &[]).unwrap());
        assert!(grid.set_meter(12.0, Meter::new(7, 8, &[]).unwrap()));
        assert!(grid.set_meter(19.0, Meter::default()));
        for index in -5..20 {
            let bar = grid.bar(index);
            assert_eq!(grid.bar(index + 1).start, bar.end());
            assert_eq!(grid.bar_at(bar.start), bar);
            assert_eq!(grid.bar_at(bar.end() - 0.01), bar);
        }
        assert_eq!(grid.bar_at(-0.5).index, -1);
        assert_eq!(grid.bar_at(f64::NAN).index, 0);
        assert_eq!(grid.bar_at(19.0).meter, Meter::default());
    }

    #[test]
    fn a_loop_has_its_meters_in_every_round() {
        let mut grid = BarGrid::new(Meter::new(3, 4, &[]).unwrap());
        assert!(grid.set_meter(6.0, Meter::new(7, 8, &[]).unwrap()));
        let grid = grid.looping(5);
        // 3/4 3/4 7/8 7/8 7/8: 16.5 beats.
        assert_eq!(grid.bar(4).end(), 16.5);
        for index in 0..40 {
            let (bar, first) = (grid.bar(index), grid.bar(index % 5));
            assert_eq!((bar.meter, bar.index), (first.meter, index));
            assert_eq!(bar.start, first.start + 16.5 * (index / 5) as f64);
            assert_eq!((grid.bar_at(bar.start), grid.bar_at(bar.end() - 0.01)), (bar, bar));
            assert_eq!(grid.bar(index + 1).start, bar.end());
        }
        assert_eq!(grid.bar_at(-1.0).index, -1);
        // A host with another meter ends the rounds; bars go on counting.
        let mut heard = grid.clone();
        assert!(heard.follow_host(33.0, (4, 4), Some(33.0)));
        assert_eq!((heard.bar_at(33.0).index, heard.bar_at(38.0).index), (10, 11));
    }

    #[test]
    fn hosts_are_believed_only_where_they_can_be_right() {
        let mut grid = BarGrid::default();
        assert!(!grid.follow_host(6.0, (4, 4), Some(4.0)));
        // One-based bars times four, as Ardour sends them: ahead of the position, so not believed.
        assert!(!grid.follow_host(6.0, (4, 4), Some(8.0)));
        assert!(grid.follow_host(6.0, (3, 4), Some(5.0)));
        assert_eq!((grid.bar_at(6.0).start, grid.bar_at(6.0).index, grid.bar_at(8.5).index), (5.0, 2, 3));
        assert!(!grid.follow_host(f64::NAN, (3, 4), None));
        let grouped = Meter::new(7, 8, &[3, 2, 2]).unwrap();
        let mut grid = BarGrid::new(grouped);
        assert!(!grid.follow_host(3.5, (7, 8), None));
        assert_eq!(grid.bar_at(3.5).meter, grouped);
    }

    #[test]
    fn a_full_grid_ignores_more() {
        let mut grid = BarGrid::default();
        for i in 1..200 {
            let meter = Meter::new(3 + (i % 2) as u8, 4, &[]).unwrap();
            grid.set_meter(grid.bar(i * 2).start, meter);
        }
        assert!(grid.segments().len() <= MAX_SEGMENTS);
    }
}
