//! Gates: which stems may play in a bar.
//! Source: MUSIC 5.1 (entry levels, entries at unit starts), 5.4 (dialogue). In/out: pure in (seed, place, climates).

use super::axes::Axes;
use super::choose::permille;
use super::form::Place;
use crate::random::Domain;
use crate::stem::{STEM_COUNT, Stem};

/// Which stems play, from the climate of the bar and of its unit's first bar. `melody` is whether a line
/// is scheduled, `answers` whether a hit or a leap of the mood asks for an effect.
pub(crate) fn gates(
    seeds: &[u64; STEM_COUNT],
    place: &Place,
    axes: &Axes,
    unit_axes: &Axes,
    melody: bool,
    answers: bool,
) -> [bool; STEM_COUNT] {
    let mut open = [false; STEM_COUNT];
    for stem in [Stem::Low, Stem::Strings, Stem::Pulse, Stem::Power, Stem::Perc] {
        let seed = seeds[stem.index()];
        // A stem that was closed when the unit began may wait for the next unit, unless the mood jumped (5.1).
        let now = wants(seed, stem, place, axes);
        let patient = permille(seed, Domain::Entry, place.unit, 100 + stem as i64) < 500;
        let jumped = (axes.energy - unit_axes.energy).abs() >= 400;
        let waited = place.in_unit == 0 || jumped || !patient || wants(seed, stem, place, unit_axes);
        open[stem.index()] = now && waited;
    }
    open[Stem::Bed.index()] = true;
    open[Stem::Lead.index()] = melody;
    open[Stem::Fx.index()] = place.in_phrase == 0 || place.in_phrase == 7 || answers;
    open[Stem::Ambience.index()] = true;
    open
}

fn wants(seed: u64, stem: Stem, place: &Place, axes: &Axes) -> bool {
    // Half of the 0.16 the specification spreads entries over, to either side.
    let luck = (permille(seed, Domain::Entry, place.phrase, stem as i64) - 500) * 16 / 100;
    let energy = axes.energy + place.swell() - luck;
    let talk = axes.dialogue;
    match stem {
        Stem::Low => energy > -600 || axes.darkness > 300,
        // A quiet section opens without them, so that their entry is heard.
        Stem::Strings => {
            let opening = place.in_section < 4 && axes.energy < 200;
            energy > -700 && !opening && (axes.scale > -700 || energy > 0)
        }
        Stem::Pulse => energy > -250 && talk < 900,
        Stem::Power => talk < 500 && (energy > 450 || axes.scale > 500 || axes.wonder > 500),
        Stem::Perc => energy > 50 && talk < 700,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Climate;
    use crate::cue::Mood;

    #[test]
    fn more_energy_never_closes_a_stem() {
        for seed in 0..20u64 {
            let seeds = [seed; STEM_COUNT];
            for bar in 0..32 {
                let place = Place::of(seed, bar);
                let mut before = [false; STEM_COUNT];
                for step in -10..=10 {
                    let mood = Mood { energy: step as f32 / 10.0, ..Default::default() };
                    let axes = Axes::of(&Climate { mood, ..Climate::default() });
                    let open = gates(&seeds, &place, &axes, &axes, true, true);
                    assert!(before.iter().zip(open).all(|(&b, now)| !b || now));
                    before = open;
                }
                assert!(before.iter().all(|&open| open), "all stems play at full energy");
            }
        }
    }
}
