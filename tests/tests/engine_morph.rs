//! Morphing between two palettes: exact at the ends, the same way back as forth, without a step, in any block.
//! Source: DESIGN 1 ("morphs A to B"), 5.

use cuewright_engine::cue::Cue;
use cuewright_engine::engine::Event;
use cuewright_engine::params::{PARAMS, Param};
use cuewright_engine::stem::STEMS;
use cuewright_tests::cues;
use cuewright_tests::rig::{Blocks, Recording, Script, play, playing};

const RATE_HZ: f64 = 48_000.0;
const MORPH: usize = Param::Morph as usize;

fn between(here: &str, there: &str) -> Cue {
    Cue { palette: here.into(), morph_palette: there.into(), ..cues::busy() }
}

fn record(cue: &Cue, script: &Script, blocks: &mut Blocks, seconds: u64) -> Recording {
    let (mut engine, mut handle) = cues::engine(cue, RATE_HZ);
    play(&mut engine, &mut handle, script, blocks, 0..seconds * 48_000)
}

fn at(cue: &Cue, morph: f64, seconds: u64) -> Recording {
    let script = Script::steady(RATE_HZ, 120.0, 0.0).event(0, Event::Value { index: MORPH, value: morph });
    record(cue, &script, &mut Blocks::Of(512), seconds)
}

/// Mean square of a stem, dB.
fn level_db(recording: &Recording, stem: usize) -> f64 {
    let sound = &recording.stems[stem];
    let power: f64 = sound.iter().flatten().map(|&x| f64::from(x) * f64::from(x)).sum();
    10.0 * (power / (2 * sound[0].len()) as f64 + 1e-20).log10()
}

#[test]
fn the_ends_are_the_palettes_themselves() {
    for (here, there) in [("hybrid", "drift"), ("orchestral", "noir")] {
        let cue = between(here, there);
        for (morph, palette) in [(0.0, here), (1.0, there)] {
            let alone = Cue { palette: palette.into(), ..cues::busy() };
            let expected = at(&alone, 0.0, 8);
            assert!(expected.peak(0..expected.frames()) > 0.01);
            assert_eq!(at(&cue, morph, 8).parting(&expected), None, "{here} to {there}, morph {morph}");
        }
    }
}

#[test]
fn without_a_second_palette_the_control_does_nothing() {
    let cue = between("hybrid", "");
    assert_eq!(at(&cue, 0.7, 4).parting(&at(&cue, 0.0, 4)), None);
}

#[test]
fn both_ways_are_one_and_the_middle_lies_between() {
    let forth = at(&between("hybrid", "folk"), 0.5, 10);
    let back = at(&between("folk", "hybrid"), 0.5, 10);
    let ends = [at(&between("hybrid", ""), 0.0, 10), at(&between("folk", ""), 0.0, 10)];
    for row in &STEMS[..8] {
        let stem = row.stem.index();
        let (a, b) = (level_db(&forth, stem), level_db(&back, stem));
        assert!((a - b).abs() < 0.5, "{}: {a:.1} dB forth, {b:.1} dB back", row.id);
        let [here, there] = [level_db(&ends[0], stem), level_db(&ends[1], stem)];
        let (low, high) = (here.min(there) - 3.0, here.max(there) + 3.0);
        assert!((low..high).contains(&a), "{}: {a:.1} dB between {here:.1} and {there:.1}", row.id);
    }
    let apart: f64 = (0..forth.frames())
        .map(|frame| f64::from(forth.mix[0][frame] - back.mix[0][frame]).powi(2))
        .sum::<f64>();
    let whole: f64 = forth.mix[0].iter().map(|&x| f64::from(x).powi(2)).sum();
    // The ambience chooses by the bar: in the very middle both directions choose the second palette's.
    assert!(apart < 0.02 * whole, "{:.1} dB apart", 10.0 * (apart / whole).log10());
}

/// Rides the control up and down, with jumps.
fn ride() -> Script {
    let mut script = Script::steady(RATE_HZ, 120.0, 0.0).then(5 * 48_000 + 77, playing(97.0, 21.3));
    for step in 0..160u64 {
        let value = match step % 16 {
            0..=9 => (step % 16) as f64 / 9.0,
            10 => 0.0,
            11 => 1.0,
            12..=13 => 0.5,
            _ => 0.0,
        };
        script = script.event(step * 2_903 + 13, Event::Value { index: MORPH, value });
    }
    script
}

#[test]
fn a_ride_is_the_same_in_every_block() {
    let (cue, script) = (between("hybrid", "orchestral"), ride());
    let reference = record(&cue, &script, &mut Blocks::Of(512), 9);
    for mut blocks in [Blocks::Of(1), Blocks::Of(441), Blocks::Random(2_048, 5)] {
        let other = record(&cue, &script, &mut blocks, 9);
        assert_eq!(other.parting(&reference), None);
    }
}

#[test]
fn a_jump_of_the_control_does_not_click() {
    // Held pads and strings only: what remains steep is the morph's.
    let mut cue = between("orchestral", "drift");
    cue.mood.energy = -0.8;
    for row in &STEMS[..] {
        if !["bed", "strings"].contains(&row.id) {
            let mute = cuewright_engine::params::stem_mute(row.stem.index());
            cue.params.insert(PARAMS[mute].id.clone(), 1.0);
        }
    }
    let mut script = Script::steady(RATE_HZ, 120.0, 0.0);
    for step in 2..12u64 {
        script = script.event(step * 33_331, Event::Value { index: MORPH, value: (step % 2) as f64 });
    }
    let steepest = |recording: &Recording| {
        let second = |w: &[f32]| (w[2] - 2.0 * w[1] + w[0]).abs();
        recording.mix[0].windows(3).map(second).fold(0.0f32, f32::max)
    };
    let ridden = record(&cue, &script, &mut Blocks::Of(512), 9);
    let still = [at(&cue, 0.0, 9), at(&cue, 1.0, 9)].map(|recording| steepest(&recording));
    let most = still[0].max(still[1]);
    assert!(steepest(&ridden) < 1.5 * most, "{} against {most}", steepest(&ridden));
}
