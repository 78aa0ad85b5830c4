//! Any sample rate a host may name: finite, bounded, and the same music.
//! Source: DESIGN 9; rates of validators and hosts PLATFORM 2.

use cuewright_engine::note::Note;
use cuewright_tests::cues;
use cuewright_tests::rig::{Blocks, Recording, Script, play};

fn record(rate_hz: f64, seconds: f64) -> Recording {
    let (mut engine, mut handle) = cues::engine(&cues::busy(), rate_hz);
    let script = Script::steady(rate_hz, 120.0, 64.0);
    play(&mut engine, &mut handle, &script, &mut Blocks::Of(256), 0..(seconds * rate_hz) as u64)
}

fn sound(recording: &Recording) -> f32 {
    let samples = recording.stems.iter().flatten().chain(&recording.mix).flatten();
    assert!(samples.clone().all(|sample| sample.is_finite()));
    samples.fold(0.0, |most, sample| most.max(sample.abs()))
}

fn rms_db(recording: &Recording) -> f64 {
    let power: f64 = recording.mix.iter().flatten().map(|&x| f64::from(x) * f64::from(x)).sum();
    10.0 * (power / (2 * recording.frames()) as f64).log10()
}

#[test]
fn the_usual_rates_sound_alike() {
    let reference = record(48_000.0, 4.0);
    // The last beat is left out: whether its late players still come in is a matter of rounding.
    let notes = |recording: &Recording| -> Vec<Note> {
        let early = recording.notes.iter().map(|(note, _)| *note).filter(|note| note.onset < 71.0);
        let mut notes: Vec<Note> = early.collect();
        notes.sort_by_key(|note| (note.onset.to_bits(), note.stem, note.part, note.place));
        notes
    };
    for rate_hz in [44_100.0, 88_200.0, 96_000.0, 176_400.0, 192_000.0, 44_056.25, 47_952.047_952] {
        let other = record(rate_hz, 4.0);
        let peak = sound(&other);
        assert!((0.01..4.0).contains(&peak), "{rate_hz} Hz peaks at {peak}");
        let apart = rms_db(&other) - rms_db(&reference);
        assert!(apart.abs() < 1.5, "{rate_hz} Hz is {apart:.2} dB away");
        assert!(notes(&other) == notes(&reference), "{rate_hz} Hz plays other notes");
    }
}

#[test]
fn the_edges_are_survived() {
    for (rate_hz, seconds) in
        [(1_000.0, 20.0), (1_234.567, 20.0), (8_000.0, 5.0), (22_050.0, 4.0), (768_000.0, 0.7)]
    {
        let peak = sound(&record(rate_hz, seconds));
        assert!(peak < 8.0, "{rate_hz} Hz peaks at {peak}");
        assert!(peak > 0.001 || rate_hz < 2_000.0, "{rate_hz} Hz is silent");
    }
}
