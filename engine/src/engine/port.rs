//! What goes through the engine's door: sound out, events in, reports to the other side.
//! In/out: plain data; the audio thread copies it, nobody shares it.

use crate::compose::BarFrame;
use crate::fx::field::Field;
use crate::instrument::Stereo;
use crate::note::Note;
use crate::params::Values;
use crate::stem::STEM_COUNT;
use crate::units::Beats;
use arrayvec::ArrayString;
use std::ops::Range;

/// All sound of one quantum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantum {
    /// The stems, wet, after their level.
    pub stems: [Stereo; STEM_COUNT],
    /// Their sum in stem order, exactly.
    pub mix: Stereo,
    /// The ambience once more, as a field of first order at the same level; silence unless
    /// [`Engine::set_ambience_field`](crate::engine::Engine::set_ambience_field) asked for it. The mix holds the stereo.
    pub field: Field,
}

/// Where the engine puts its sound.
pub trait Output {
    /// Takes frames `range` of a quantum; the first of them is frame `at` of the block. Calls tile the block in order.
    fn write(&mut self, at: usize, quantum: &Quantum, range: Range<usize>);
}

/// What a host or a player does at a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// A parameter (table index) takes a value; made legal, not-a-number ignored.
    Value {
        /// Table index.
        index: usize,
        /// Plain value.
        value: f64,
    },
    /// A parameter is moved by an amount that does not change its value (CLAP modulation).
    Modulation {
        /// Table index.
        index: usize,
        /// Plain amount; 0 ends it.
        amount: f64,
    },
    /// A key goes down: the stem of the channel plays it. Sounds one quantum later, at its exact frame.
    NoteOn {
        /// Stem index; beyond the music stems the lead plays.
        channel: u8,
        /// MIDI key.
        key: u8,
        /// 0..1.
        velocity: f32,
    },
    /// A key goes up.
    NoteOff {
        /// Stem index.
        channel: u8,
        /// MIDI key.
        key: u8,
    },
    /// Every live note ends.
    AllNotesOff,
}

/// What the editor sees, sent about every 10 ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Telemetry {
    /// Whether music runs (host or Listen).
    pub playing: bool,
    /// Position in quarter notes.
    pub position: Beats,
    /// Tempo in use.
    pub tempo_bpm: f64,
    /// Bar from 0.
    pub bar: i64,
    /// Meter in use: numerator, denominator.
    pub meter: (u8, u8),
    /// Chord that sounds.
    pub chord: ArrayString<16>,
    /// Peak per stem and of the mix (last) since the one before.
    pub peaks: [f32; STEM_COUNT + 1],
    /// Values in use, modulation included.
    pub values: Values,
    /// Samples that were not finite and became 0, since the instance began.
    pub repaired: u64,
}

/// What the engine reports of the score while it plays.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "rare, and copied into a ring of fixed slots")]
pub enum ScoreEvent {
    /// A bar was decided.
    Bar(BarFrame),
    /// A note was started; the frame counts from the last reset.
    Note(Note, u64),
}

impl Quantum {
    /// Nothing.
    pub const SILENCE: Quantum =
        Quantum { stems: [Stereo::SILENCE; STEM_COUNT], mix: Stereo::SILENCE, field: Field::SILENCE };
}
