//! Unrest: how the dynamics of strained music rise for seconds, break off, and leave a hole before they rise again.
//! Source: MUSIC 1.4 (loudness variability by effective tension; rising ramps of 3 s and more, then silence gaps).
//! In/out: pure in (seed, place, tick of the bar, climate).

use super::axes::Axes;
use super::form::{PHRASE_BARS, Place, UNIT_BARS};
use crate::mapping::RAMPS;
use crate::random::{Domain, pick};

/// Share of the depth that stays at full energy, percent: what is already loud has no room above.
const AT_FULL_ENERGY: i32 = 50;

/// Where in its rise a ramp has its mean level, thousandths. Loud ends weigh more than soft beginnings, and soft notes are darker too: above the middle,
/// and at full energy near the top, or tension would be a volume knob and peaks would leave the headroom.
const MIDDLE: [i32; 2] = [570, 780];

/// Effective tension from which a ramp ends in silence, thousandths, and how many of them do, percent.
pub(crate) const GAPS_FROM: i32 = 700;
const GAPS: u32 = 60;

/// The hole before the next ramp in ticks: half a beat. A fill leaves as much (MUSIC 4: 60–250 ms, here before the hall).
const GAP_TICKS: u32 = 480;

/// How long the ramps of a phrase are, bars.
fn ramp_bars(seed: u64, place: &Place) -> i64 {
    match pick(seed, Domain::Unrest, place.phrase, 0, 100) {
        0..50 => UNIT_BARS,
        50..75 => PHRASE_BARS,
        // Two short ones, then a long one: impatience.
        _ if place.in_phrase < UNIT_BARS => UNIT_BARS / 2,
        _ => UNIT_BARS,
    }
}

/// Louder or softer at a tick of a bar of `length` ticks, 127ths of velocity.
pub(crate) fn level(seed: u64, place: &Place, at: u32, length: u32, now: &Axes) -> i32 {
    let depth = RAMPS.at(now.tension);
    if depth == 0 {
        return 0;
    }
    let loud = now.energy.max(0);
    let depth = depth * (100_000 - (100 - AT_FULL_ENERGY) * loud) / 100_000;
    let bars = ramp_bars(seed, place) as i32;
    let risen = (1000 * (place.in_phrase as i32 % bars) + (1000 * at / length.max(1)) as i32) / bars;
    depth * (risen - MIDDLE[0] - (MIDDLE[1] - MIDDLE[0]) * loud / 1000) / 1000
}

/// First tick of the hole at the end of a bar of `length` ticks, from [`GAPS_FROM`]; `length` where there is none.
pub(crate) fn gap(seed: u64, place: &Place, length: u32) -> u32 {
    let ends = (place.in_phrase + 1) % ramp_bars(seed, place) == 0;
    let breaks = || pick(seed, Domain::Unrest, place.unit, 1 + place.in_unit, 100) < GAPS;
    if ends && breaks() { length - GAP_TICKS.min(length / 4) } else { length }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Climate;
    use crate::compose::compose;
    use crate::compose::tests::plan;
    use crate::cue::{Cue, Mood};
    use crate::note::Role;
    use crate::stem::Stem;

    /// Standard deviation of the levels of bars, dB: every note counts as long as it sounds, by its velocity.
    fn spread_db(valence: f32, tension: f32) -> f64 {
        let mut sum = 0.0;
        for seed in 0..6 {
            let cue = Cue { seed, mood: Mood { valence, tension, ..Mood::default() }, ..Cue::default() };
            let (frames, notes) = compose(&plan(&cue), 0..32);
            let levels: Vec<f64> = frames
                .iter()
                .map(|frame| {
                    let (from, until) = (frame.bar.start, frame.bar.end());
                    let power = notes.iter().filter(|n| n.role != Role::Hit).map(|n| {
                        let sounds = (n.onset + n.length).min(until) - n.onset.max(from);
                        // Ten steps of velocity are 2 dB: 25.4 for the whole of it.
                        sounds.max(0.0) * libm::exp10(2.54 * f64::from(n.velocity))
                    });
                    10.0 * libm::log10(power.sum::<f64>().max(1e-9))
                })
                .collect();
            let mean = levels.iter().sum::<f64>() / levels.len() as f64;
            let square = levels.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / levels.len() as f64;
            sum += square.sqrt() / 6.0;
        }
        sum
    }

    #[test]
    fn levels_of_bars_spread_with_tension() {
        // Valence and knob that make effective tensions of -1, 0.1 and 1.
        let [calm, level, strained] =
            [(0.7, -1.0), (0.0, 0.0), (-0.5, 1.0)].map(|(valence, tension)| spread_db(valence, tension));
        println!("{calm:.2} {level:.2} {strained:.2}");
        assert!(calm < 2.0 && level < 3.0, "{calm} dB at ease, {level} at rest");
        assert!((3.5..7.0).contains(&strained) && strained > 1.5 * level, "{strained} dB under strain");
    }

    #[test]
    fn ramps_rise_break_off_and_keep_the_mean() {
        let axes = |tension: i32| Axes { tension, ..Axes::of(&Climate::default()) };
        for seed in 0..40 {
            let at = |bar: i64, tick: u32| level(seed, &Place::of(seed, bar), tick, 3840, &axes(1000));
            for bar in 0..32 {
                assert!(at(bar, 0) <= at(bar, 1920) && at(bar, 1920) <= at(bar, 3839));
                assert_eq!(level(seed, &Place::of(seed, bar), 0, 3840, &axes(-1000)), 0);
            }
            // Every phrase ends at its loudest and the next begins at its softest.
            assert!(at(7, 3800) > 20 && at(8, 0) < -35, "{} {}", at(7, 3800), at(8, 0));
            let power: f64 = (0..64)
                .map(|eighth| libm::exp10(f64::from(at(eighth / 8, eighth as u32 % 8 * 480)) / 50.0) / 64.0)
                .sum();
            assert!((10.0 * libm::log10(power)).abs() < 1.5, "{power}");
        }
    }

    #[test]
    fn the_strained_break_off_before_a_joint_and_bed_and_tune_do_not() {
        let cue = |tension: f32| Cue {
            seed: 3,
            mood: Mood { valence: -0.5, energy: 0.2, tension, ..Mood::default() },
            ..Cue::default()
        };
        let holes = |tension: f32| {
            let (frames, notes) = compose(&plan(&cue(tension)), 0..64);
            let ends = frames.iter().map(|frame| frame.bar.end()).filter(|end| *end % 16.0 == 0.0);
            let silent = |end: &f64| {
                notes
                    .iter()
                    .filter(|n| {
                        !matches!(n.stem, Stem::Bed | Stem::Lead | Stem::Perc | Stem::Fx)
                            && n.role != Role::Hit
                    })
                    .all(|n| n.onset >= *end || n.onset + n.length <= *end - 0.45)
            };
            ends.filter(silent).count()
        };
        assert_eq!(holes(-1.0), 0);
        assert!((4..=14).contains(&holes(1.0)), "{}", holes(1.0));
    }
}
