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

/// Quarter notes as ticks, to the nearest.
pub fn in_ticks(beats: Beats) -> u32 {
    (beats * f64::from(TICKS)).round() as u32
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

    /// Where the accents of a hemiola fall in the first (`second` false) or second of two bars: the meter is counted
    /// across the bar line in threes where it goes in twos, in twos where it goes in threes. What is left at the end
    /// is at least two counts long, so that the bar line after it stands alone.
    pub fn hemiola(&self, second: bool) -> ArrayVec<u32, 32> {
        let groups = self.meter.groups();
        let triple = groups.iter().all(|&g| g == 3) || self.meter.numerator() == 3;
        // Two beats are too few to count across: their halves are counted.
        let count = if self.meter.numerator() <= 2 { self.unit / 2 } else { self.unit };
        let size = if triple { 2 } else { 3 } * count;
        let from = if second { self.length } else { 0 };
        let accents = (0..).map(|i| i * size).take_while(|&at| at + 2 * count <= 2 * self.length);
        accents.filter(|at| (from..from + self.length).contains(at)).map(|at| at - from).take(32).collect()
    }

    /// How syncopated a bar's onsets are: for each onset the heaviest place it is held or left silent over, counted in
    /// metric levels where that place is heavier than the onset's own (Longuet-Higgins and Lee 1984). `grid` is the
    /// finest step looked at.
    pub fn syncopation(&self, onsets: &[u32], grid: u32) -> i32 {
        let level = |at| LEVELS.iter().position(|&w| self.weight(at) >= w).unwrap_or(LEVELS.len()) as i32;
        let over = |i: usize| {
            let until = onsets.get(i + 1).copied().unwrap_or(self.length);
            let heaviest = (onsets[i] + 1..until).filter(|at| at % grid.max(1) == 0).map(level).min();
            heaviest.map_or(0, |rest| (level(onsets[i]) - rest).max(0))
        };
        (0..onsets.len()).map(over).sum()
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

/// Metric weights from the bar line to the sixteenth, hundredths: the levels of a bar.
const LEVELS: [i32; 6] = [100, 75, 50, 25, 12, 5];

/// Accents over `count` steps in threes that end in twos, as bits: 3+3+2, 3+3+3+3+2+2. Above 64 steps nothing.
pub const fn threes(count: u32) -> u64 {
    if count > 64 {
        return 1;
    }
    let twos = (3 - count % 3) % 3;
    let (mut bits, mut at) = (0, 0);
    while at < count {
        bits |= 1 << at;
        at += if count - at > 2 * twos { 3 } else { 2 };
    }
    bits
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
    fn hemiolas_count_across_the_bar_line_and_leave_the_next_one_alone() {
        let accents = |numerator, denominator| {
            let bars = Bars::new(Meter::new(numerator, denominator, &[]).unwrap());
            let both = [bars.hemiola(false), bars.hemiola(true)];
            both.map(|half| half.iter().map(|at| at / 480).collect::<Vec<_>>())
        };
        assert_eq!(accents(4, 4), [vec![0, 6], vec![4]]);
        assert_eq!(accents(3, 4), [vec![0, 4], vec![2]]);
        assert_eq!(accents(6, 8), [vec![0, 2, 4], vec![0, 2, 4]]);
        assert_eq!(accents(7, 8), [vec![0, 3, 6], vec![2, 5]]);
        for numerator in 2..=15 {
            for denominator in [2, 4, 8, 16] {
                let bars = Bars::new(Meter::new(numerator, denominator, &[]).unwrap());
                assert_eq!(bars.hemiola(false)[0], 0);
                assert!(bars.hemiola(true).iter().all(|&at| at < bars.length));
            }
        }
    }

    #[test]
    fn threes_end_in_twos() {
        let lengths = |count: u32| {
            let mut places: Vec<u32> = (0..count).filter(|&i| threes(count) >> i & 1 == 1).collect();
            places.push(count);
            places.windows(2).map(|w| w[1] - w[0]).collect::<Vec<_>>()
        };
        assert_eq!(lengths(16), [3, 3, 3, 3, 2, 2]);
        assert_eq!(lengths(8), [3, 3, 2]);
        assert_eq!(lengths(12), [3, 3, 3, 3]);
        assert_eq!(lengths(7), [3, 2, 2]);
        for count in 2..=64 {
            assert_eq!(lengths(count).iter().sum::<u32>(), count);
            assert!(lengths(count).iter().all(|n| [2, 3].contains(n)) || count == 4, "{count}");
        }
    }

    #[test]
    fn syncopation_counts_what_is_held_over() {
        let bars = Bars::new(Meter::default());
        assert_eq!(bars.syncopation(&[0, 960, 1920, 2880], 240), 0);
        // Off every beat by an eighth: each is heavier than what holds over it.
        assert!(bars.syncopation(&[480, 1440, 2400, 3360], 240) >= 4);
        assert_eq!(bars.syncopation(&[], 240), 0);
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
