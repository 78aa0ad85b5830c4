//! The engine: `process` is the signal path on one page.
//! Source: DESIGN 4, 5. In/out: host blocks of any size in, quanta of nine stems and their sum out.

use crate::compose::BarFrame;
use crate::instrument::{Spec, Stereo};
use crate::memory::Memory;
use crate::note::Note;
use crate::params::Values;
use crate::plan::Plan;
use crate::stem::STEM_COUNT;
use crate::time::Transport;
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

/// A composed note as MIDI, at a frame of the last block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MidiOut {
    /// Frame of the block.
    pub frame: u32,
    /// Stem index.
    pub channel: u8,
    /// Nearest MIDI key.
    pub key: u8,
    /// 0..1; 0 is a note off.
    pub velocity: f32,
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

/// The audio side. Owned by the audio thread, never shared.
pub struct Engine {
    values: Values,
}

/// The other side: sends plans in, takes old ones, telemetry and the score out. Never blocks the audio thread.
pub struct EngineHandle {}

impl Engine {
    /// Builds both sides. Allocates everything the engine will ever use.
    pub fn new(_spec: Spec, plan: Plan) -> (Engine, EngineHandle) {
        (Engine { values: plan.values }, EngineHandle {})
    }

    /// Adds an event for the next `process`; a frame beyond the block counts as its last. Order and overflow are safe.
    pub fn push(&mut self, _frame: usize, _event: Event) {}

    /// Makes `frames` frames (any number, also 0). `transport` is the host's word at the first of them; call once per
    /// stretch between transport changes inside a block. No allocation, lock or system call.
    pub fn process(&mut self, frames: usize, _transport: &Transport, out: &mut impl Output) {
        let silence = Quantum { stems: [Stereo::SILENCE; STEM_COUNT], mix: Stereo::SILENCE };
        let mut at = 0;
        while at < frames {
            let count = (frames - at).min(crate::units::QUANTUM);
            out.write(at, &silence, 0..count);
            at += count;
        }
    }

    /// Composed notes of the blocks since the last `clear_midi`, in order.
    pub fn midi_out(&self) -> &[MidiOut] {
        &[]
    }

    /// Empties [`Engine::midi_out`]; call once per host block.
    pub fn clear_midi(&mut self) {}

    /// Equal to a fresh engine with the same plan and parameter values; the memory of what was heard is forgotten too.
    pub fn reset(&mut self) {}

    /// True when nothing plays and nothing rings: the next block will be zeros until something happens.
    pub fn is_silent(&self) -> bool {
        true
    }

    /// How long it may ring after the last note, frames.
    pub fn tail_frames(&self) -> u64 {
        0
    }

    /// Parameter values without modulation.
    pub fn values(&self) -> &Values {
        &self.values
    }
}

impl EngineHandle {
    /// Sends a new plan: it is in force from the next quantum, bar and beat decisions from the next beat on. Parameter
    /// values do not change (send them as events). Gives the plan back when sixteen are still waiting.
    pub fn send_plan(&mut self, _plan: Plan) -> Result<(), Box<Plan>> {
        Ok(())
    }

    /// Sends what an earlier session heard (from the plugin's state).
    pub fn send_memory(&mut self, _memory: Memory) -> Result<(), Box<Memory>> {
        Ok(())
    }

    /// Drops what the audio thread no longer needs and takes in what it heard. Call from time to time, off the audio thread.
    pub fn collect(&mut self) {}

    /// The newest telemetry since the last call.
    pub fn telemetry(&mut self) -> Option<Telemetry> {
        None
    }

    /// The next score event; events are lost, oldest kept, when nobody asks.
    pub fn next_score_event(&mut self) -> Option<ScoreEvent> {
        None
    }

    /// What was heard so far, for the plugin's state. Call [`EngineHandle::collect`] first.
    pub fn memory(&self) -> &Memory {
        unimplemented!()
    }
}
