//! Arbitrary cue documents, as they come out of repair, compose 64 bars: no panic, no number that is none, and no more
//! notes than a beat may have. Run with `-timeout=10`, so that work without end is found too.
#![no_main]

use arbitrary::Arbitrary;
use cuewright_engine::compose::{Composer, LaneClimates, MAX_BEAT_NOTES, Notes};
use cuewright_engine::cue::{
    Cue, CueEnding, Hit, HitKind, LanePoint, MeterChange, Mood, Motif, MotifNote, Takes, factory, repair,
};
use cuewright_engine::params::PARAMS;
use cuewright_engine::plan::Plan;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Document {
    seed: u64,
    tempo_bpm: f64,
    key: u8,
    palette: u8,
    length_bars: u32,
    loops: bool,
    mood: [f32; 6],
    meters: Vec<(u32, u8, u8, Vec<u8>)>,
    lane: Vec<(f64, [Option<f32>; 6])>,
    hits: Vec<(f64, bool, f32)>,
    motif: Option<(f64, Vec<(i8, i8, f64, f32, bool)>)>,
    takes: (u32, u32, u32),
    params: Vec<(u8, f32)>,
    from: u8,
}

fn cue(document: &Document) -> Cue {
    const KEYS: [&str; 6] = ["", "C", "F#", "Bb", "cb", "H"];
    let palettes = factory::palettes();
    let [valence, energy, tension, wonder, scale, darkness] = document.mood;
    let meter = |(bar, numerator, denominator, groups): &(u32, u8, u8, Vec<u8>)| MeterChange {
        bar: *bar,
        numerator: *numerator,
        denominator: *denominator,
        groups: groups.clone(),
    };
    let point = |&(bar, [valence, energy, tension, wonder, scale, darkness]): &(f64, [Option<f32>; 6])| {
        LanePoint { bar, valence, energy, tension, wonder, scale, darkness }
    };
    let hit = |&(bar, stinger, strength): &(f64, bool, f32)| Hit {
        bar,
        kind: if stinger { HitKind::Stinger } else { HitKind::Accent },
        strength,
    };
    let note = |&(degree, alter, beats, accent, rest): &(i8, i8, f64, f32, bool)| MotifNote {
        degree,
        alter,
        beats,
        accent,
        rest,
    };
    let mut takes = Takes { score: document.takes.0, motif: document.takes.1, ..Takes::default() };
    takes.stems.fill(document.takes.2);
    Cue {
        seed: document.seed,
        tempo_bpm: document.tempo_bpm,
        key: KEYS[usize::from(document.key) % KEYS.len()].into(),
        palette: palettes[usize::from(document.palette) % palettes.len()].id.clone(),
        length_bars: document.length_bars,
        ending: if document.loops { CueEnding::Loop } else { CueEnding::Close },
        mood: Mood { valence, energy, tension, wonder, scale, darkness },
        meters: document.meters.iter().map(meter).collect(),
        lane: document.lane.iter().map(point).collect(),
        hits: document.hits.iter().map(hit).collect(),
        motif: document.motif.as_ref().map(|(pickup_beats, notes)| Motif {
            notes: notes.iter().map(note).collect(),
            pickup_beats: *pickup_beats,
        }),
        takes,
        params: document
            .params
            .iter()
            .map(|&(index, value)| (PARAMS[usize::from(index) % PARAMS.len()].id.to_string(), value))
            .collect(),
        ..Cue::default()
    }
}

fuzz_target!(|document: Document| {
    let bytes = serde_json::to_vec(&cue(&document)).expect("a cue can be written");
    let cue = repair::from_json_bytes(&bytes).cue;
    let plan = Plan::new(&cue, factory::palette_or_default(&cue.palette)).expect("what was repaired compiles");
    let climates = LaneClimates(&plan);
    let mut composer = Composer::new();
    let from = i64::from(document.from) - 2;
    for bar in from..from + 64 {
        let frame = composer.frame(&plan, &plan.grid, &climates, bar);
        assert!(frame.next_beats.is_finite() && frame.bar.start.is_finite());
        let next_end = plan.grid.bar(bar + 1).end();
        for (beat, start) in frame.bar.meter.beat_starts().into_iter().enumerate() {
            let mut notes = Notes::new();
            let now = climates.at(bar as f64 + start / frame.bar.meter.bar_beats());
            composer.beat(&plan, &frame, beat, &now, &mut notes);
            assert!(notes.len() < MAX_BEAT_NOTES, "a beat without end");
            for note in &notes {
                assert!(note.onset.is_finite() && note.length > 0.0 && note.length.is_finite());
                assert!(note.onset >= frame.bar.start - 1e-9 && note.onset + note.length <= next_end + 1e-6);
                assert!((0.0..=127.0).contains(&note.pitch) && (0.0..=1.0).contains(&note.velocity));
                assert!((0.0..=60.0).contains(&note.shift_ms));
            }
        }
    }
});
