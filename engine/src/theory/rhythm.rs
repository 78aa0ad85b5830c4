//! Rhythm in whole ticks: places in a bar, steps of a grid, Euclidean patterns.
//! Source: MUSIC 4; Toussaint 2005 (Euclidean rhythms). In/out: ticks, 960 to the quarter note.

use crate::time::{MAX_NUMERATOR, Meter};
use crate::units::Beats;
use arrayvec::ArrayVec;

/// Ticks in a quarter note: 16ths, 64ths, triplets and quintuplets are whole.
pub const TICKS: u32 = 960;

/// Ticks as quarter notes.
pub fn in_beats(ticks: u32) -> Beats {
    f64::from(ticks) / f64::from(TICKS)
}

/// A bar's meter in ticks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bars {
    /// The meter.
    pub meter: Meter,
    /// Length of a bar.
    pub length: u32,
    /// Length of one denominator.
    pub unit: u32,
}

impl Bars {
    /// Ticks of a meter.
    pub fn new(meter: Meter) -> Bars {
        let unit = TICKS * 4 / u32::from(meter.denominator());
        Bars { meter, length: unit * u32::from(meter.numerator()), unit }
    }

    /// Groups: start and length of each.
    pub fn groups(&self) -> ArrayVec<(u32, u32), { MAX_NUMERATOR as usize }> {
        let mut at = 0;
        let unit = self.unit;
        self.meter
            .groups()
            .iter()
            .map(|&g| {
                let start = at;
                at += u32::from(g) * unit;
                (start, u32::from(g) * unit)
            })
            .collect()
    }

    /// Metric weight of a place in hundredths, 5..100.
    pub fn weight(&self, at: u32) -> i32 {
        (self.meter.weight(in_beats(at)) * 100.0 + 0.5) as i32
    }

    /// Where the bar breaks in two: the heaviest group start after the first, nearest the middle.
    pub fn half(&self) -> u32 {
        let groups = self.groups();
        let inner = groups.iter().skip(1).map(|&(start, _)| start);
        inner.min_by_key(|&start| ((2 * start).abs_diff(self.length), start)).unwrap_or(self.length / 2)
    }

    /// True when beats divide in three.
    pub fn compound(&self) -> bool {
        self.meter.denominator() >= 8 && self.meter.groups().iter().all(|&g| g == 3)
    }
}

/// Places of a grid of `step` ticks in a bar. Groups a step does not divide get their start only; steps longer than a
/// group keep to the groups that fall on them. Always has the bar line.
pub fn step_positions(bars: &Bars, step: u32) -> ArrayVec<u32, 64> {
    let mut places = ArrayVec::new();
    let step = step.max(bars.length.div_ceil(64)).max(60);
    for (start, length) in bars.groups() {
        if length % step == 0 || step <= bars.unit {
            let mut at = start;
            while at < start + length {
                let _ = places.try_push(at);
                at += step;
            }
        } else if step < length || start % step == 0 {
            let _ = places.try_push(start);
        }
    }
    places
}

/// Whether step `index` of a Euclidean rhythm of `onsets` in `steps` sounds; step 0 always does (with onsets > 0).
pub const fn euclid(onsets: u32, steps: u32, index: u32) -> bool {
    steps > 0 && onsets > 0 && (index % steps) * onsets % steps < onsets
}

/// Logarithm to base 2 in 256ths of an integer above 0; linear between powers of two (error up to 22/256).
/// Good for comparing rates: it is monotonic and the same everywhere.
pub const fn log2_q8(x: u32) -> i32 {
    let x = if x == 0 { 1 } else { x };
    let whole = 31 - x.leading_zeros();
    let rest = ((x as u64) << 8 >> whole) as i32 - 256;
    (whole as i32) * 256 + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_start_on_the_bar_and_stay_inside() {
        for numerator in 2..=15 {
            for denominator in [2, 4, 8, 16] {
                let bars = Bars::new(Meter::new(numerator, denominator, &[]).unwrap());
                for step in [120, 240, 320, 480, 960, 1440, 1920, 3840] {
                    let places = step_positions(&bars, step);
                    assert_eq!(places[0], 0);
                    assert!(places.windows(2).all(|w| w[0] < w[1]), "{numerator}/{denominator} {step}");
                    assert!(places.iter().all(|&p| p < bars.length));
                }
                assert!(bars.half() < bars.length && bars.half() > 0);
            }
        }
    }

    #[test]
    fn euclid_spreads_evenly() {
        let pattern: Vec<u32> = (0..8).filter(|&i| euclid(3, 8, i)).collect();
        assert_eq!(pattern, [0, 3, 6]);
        for (k, n) in [(5, 8), (7, 16), (5, 12), (3, 7)] {
            assert_eq!((0..n).filter(|&i| euclid(k, n, i)).count() as u32, k);
        }
        assert_eq!((log2_q8(8), log2_q8(12)), (768, 896));
    }
}
