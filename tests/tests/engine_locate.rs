//! Any bar can be asked for first: starting in the middle gives the notes and the sound of playing there from bar 1.
//! Source: DESIGN 1, 6, 9.

use cuewright_engine::cue::{Cue, LanePoint};
use cuewright_engine::note::Note;
use cuewright_engine::random::mix64;
use cuewright_engine::stem::{STEM_COUNT, STEMS};
use cuewright_tests::cues;
use cuewright_tests::rig::{Blocks, Recording, Script, play};

/// A low rate: notes do not depend on it, and two hundred starts stay affordable.
const NOTE_RATE_HZ: f64 = 8_000.0;
const BARS: u64 = 64;

/// The busy cue with a lane that moves all the time, so that every bar has a mood of its own.
fn moving() -> Cue {
    let point = |bar, valence, energy| LanePoint {
        bar,
        valence: Some(valence),
        energy: Some(energy),
        ..LanePoint::default()
    };
    Cue {
        length_bars: BARS as u32,
        lane: vec![
            point(1.0, -0.6, 0.2),
            point(17.0, 0.5, 0.9),
            point(33.0, -0.2, -0.3),
            point(64.0, 0.8, 1.0),
        ],
        ..cues::busy()
    }
}

fn record(cue: &Cue, rate_hz: f64, from_beat: f64, beats: f64) -> Recording {
    let (mut engine, mut handle) = cues::engine(cue, rate_hz);
    let script = Script::steady(rate_hz, cue.tempo_bpm, from_beat);
    let frames = (beats * 60.0 / cue.tempo_bpm * rate_hz) as u64;
    play(&mut engine, &mut handle, &script, &mut Blocks::Of(512), 0..frames)
}

/// Everything of a note that can be heard or seen, in an order of its own: by place, stem and pitch.
fn sorted(notes: impl Iterator<Item = Note>) -> Vec<String> {
    let mut lines: Vec<String> = notes.map(|note| format!("{:012.6} {note:?}", note.onset)).collect();
    lines.sort();
    lines
}

/// Notes that begin in a span of beats. The last beat before the span's end is left out: a late player's note is reported
/// when it sounds.
fn within(recording: &Recording, from: f64, to: f64) -> Vec<String> {
    sorted(
        recording
            .notes
            .iter()
            .map(|&(note, _)| note)
            .filter(|note| note.onset >= from && note.onset < to - 1.0),
    )
}

/// Fails at the first note two lists do not share.
fn same(part: &[String], whole: &[String], from: f64) {
    let apart = part.iter().zip(whole).find(|(a, b)| a != b);
    assert_eq!(apart, None, "start at beat {from}: this against the whole run");
    assert_eq!(part.len(), whole.len(), "notes after a start at beat {from}");
}

#[test]
fn two_hundred_starts_give_the_notes_of_one_run() {
    let cue = moving();
    let whole = record(&cue, NOTE_RATE_HZ, 0.0, BARS as f64 * 4.0);
    assert!(whole.notes.len() > 1_000, "only {} notes", whole.notes.len());
    for start in 0..200u64 {
        // Quarter of a beat fine, so that starts fall on bar lines, on beats and between them.
        let from = (mix64(start) % ((BARS - 4) * 16)) as f64 / 4.0;
        let part = record(&cue, NOTE_RATE_HZ, from, 9.0);
        same(&within(&part, from, from + 9.0), &within(&whole, from, from + 9.0), from);
    }
}

#[test]
fn one_engine_that_jumps_gives_the_notes_of_one_run() {
    let cue = moving();
    let whole = record(&cue, NOTE_RATE_HZ, 0.0, BARS as f64 * 4.0);
    let (mut engine, mut handle) = cues::engine(&cue, NOTE_RATE_HZ);
    for jump in 0..60u64 {
        let from = (mix64(jump ^ 0xABCD) % ((BARS - 4) * 4)) as f64;
        let script = Script::steady(NOTE_RATE_HZ, cue.tempo_bpm, from);
        let frames = (9.0 * 60.0 / cue.tempo_bpm * NOTE_RATE_HZ) as u64;
        let part = play(&mut engine, &mut handle, &script, &mut Blocks::Of(300), 0..frames);
        same(&within(&part, from, from + 9.0), &within(&whole, from, from + 9.0), from);
    }
}

/// Level of a difference against the loudest sample of what it is a difference of, dB.
fn difference_db(
    a: &[[Vec<f32>; 2]],
    b: &[[Vec<f32>; 2]],
    a_from: usize,
    b_from: usize,
    frames: usize,
    stem: usize,
) -> f64 {
    let (mut most, mut loudest) = (0.0f64, 1e-6f64);
    for channel in 0..2 {
        let (a, b) = (&a[stem][channel][a_from..a_from + frames], &b[stem][channel][b_from..b_from + frames]);
        for (x, y) in a.iter().zip(b) {
            most = most.max(f64::from((x - y).abs()));
            loudest = loudest.max(f64::from(x.abs()));
        }
    }
    20.0 * (most.max(1e-12) / loudest).log10()
}

#[test]
fn sound_is_equal_once_the_tails_are_gone() {
    const RATE_HZ: f64 = 48_000.0;
    const TAIL_BEATS: f64 = 40.0;
    // At 120 per minute a beat is 750 quanta: both runs decide on the same grid of frames.
    let cue = Cue { tempo_bpm: 120.0, ..moving() };
    let whole = record(&cue, RATE_HZ, 0.0, 120.0);
    for from in [16.0, 33.0] {
        let part = record(&cue, RATE_HZ, from, TAIL_BEATS + 16.0);
        let (a_from, b_from) = (((from + TAIL_BEATS) * 24_000.0) as usize, (TAIL_BEATS * 24_000.0) as usize);
        for (stem, row) in STEMS.iter().enumerate().take(STEM_COUNT) {
            let difference = difference_db(&whole.stems, &part.stems, a_from, b_from, 16 * 24_000, stem);
            assert!(
                difference <= -90.0,
                "{} differs by {difference:.1} dB after a start at beat {from}",
                row.name
            );
        }
    }
}
