//! The composer: a pure function from place and mood to notes.
//! Source: MUSIC 1–7. In/out: `frame` decides a bar (harmony, form, who plays), `beat` the notes of one of its beats.
//! Cost: a frame ≤ 50 µs, a beat ≤ 20 µs; neither allocates.

mod frame;

pub use frame::{BarFrame, Chord, Climate, Climates, MAX_BEAT_NOTES, Notes, PlacedChord};

use crate::cue::Cue;
use crate::plan::Plan;
use crate::time::BarGrid;

/// What the composer works out once per cue, off the audio thread: the motif and its developments, forms, tables.
#[derive(Clone, Debug)]
pub struct Prepared {}

impl Prepared {
    /// Heavy: called while compiling a plan.
    pub fn new(_cue: &Cue) -> Prepared {
        Prepared {}
    }
}

/// Composes bars and beats. Holds caches only: what it answers never depends on what it was asked before.
#[derive(Debug, Default)]
pub struct Composer {}

impl Composer {
    /// A composer with empty caches.
    pub fn new() -> Composer {
        Composer::default()
    }

    /// Decides a bar. Bars before 0 are silent frames.
    pub fn frame(&mut self, _plan: &Plan, grid: &BarGrid, climates: &impl Climates, bar: i64) -> BarFrame {
        let climate = climates.at_bar(bar);
        let chord =
            Chord { name: arrayvec::ArrayString::from("N.C.").unwrap_or_default(), root: 0, bass: 0, pcs: 0 };
        let mut chords = arrayvec::ArrayVec::new();
        chords.push(PlacedChord { at: 0.0, chord, voices: Default::default() });
        BarFrame {
            bar: grid.bar(bar),
            climate,
            climate_before: climate,
            tonic: 0,
            mode: "dorian",
            scale: 0,
            cell: "neutral",
            chords,
            section: bar.div_euclid(32),
            phrase: bar.div_euclid(8),
            unit: bar.div_euclid(4),
            slot: "home",
            letter: 'A',
            boundary: 0,
            planing: false,
            stems: [false; 9],
        }
    }

    /// Adds the notes decided at a beat (index in [`crate::time::Meter::beat_starts`]) under the climate of that moment.
    /// Every note starts in the beat: at or after its start, before the next beat's. Notes may be longer than the beat
    /// or the bar, but never reach past the end of the next bar.
    pub fn beat(&self, _plan: &Plan, _frame: &BarFrame, _beat: usize, _now: &Climate, _out: &mut Notes) {}
}
