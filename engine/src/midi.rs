//! Composed notes as MIDI: kept by absolute frame until the block that contains them.
//! Source: own; one channel per stem (DESIGN 8). In/out: starts and ends of notes in, events of a host block out.

use crate::note::Note;
use arrayvec::ArrayVec;

/// Events of a block, and events waiting for theirs: far more than the 24 notes a chord and its ends bring.
const MAX_EVENTS: usize = 1024;

/// A composed note as MIDI, at a frame since the last `clear_midi`.
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

#[derive(Clone, Copy)]
struct Waiting {
    frame: u64,
    id: u32,
    channel: u8,
    key: u8,
    velocity: f32,
}

/// The queue.
pub(crate) struct MidiQueue {
    waiting: ArrayVec<Waiting, MAX_EVENTS>,
    delivered: ArrayVec<MidiOut, MAX_EVENTS>,
    /// Notes whose start a host has seen, by id: only those are ended.
    heard: ArrayVec<u32, MAX_EVENTS>,
    origin: u64,
}

impl MidiQueue {
    pub fn new() -> MidiQueue {
        MidiQueue { waiting: ArrayVec::new(), delivered: ArrayVec::new(), heard: ArrayVec::new(), origin: 0 }
    }

    pub fn start(&mut self, frame: u64, id: u32, note: &Note) {
        self.push(frame, id, note, note.velocity.clamp(1.0 / 127.0, 1.0));
    }

    pub fn end(&mut self, frame: u64, id: u32, note: &Note) {
        self.push(frame, id, note, 0.0);
    }

    fn push(&mut self, frame: u64, id: u32, note: &Note, velocity: f32) {
        let key = note.pitch.round().clamp(0.0, 127.0) as u8;
        let event = Waiting { frame, id, channel: note.stem as u8, key, velocity };
        let place = self.waiting.iter().rposition(|other| other.frame <= frame).map_or(0, |i| i + 1);
        if !self.waiting.is_full() {
            self.waiting.insert(place, event);
        }
    }

    /// The music jumps at `frame`: starts that were to come are forgotten, ends come at once.
    pub fn cut(&mut self, frame: u64) {
        self.waiting.retain(|event| event.velocity == 0.0 || event.frame < frame);
        for event in &mut self.waiting {
            event.frame = event.frame.min(frame);
        }
    }

    /// Hands out everything before `end_frame`.
    pub fn deliver(&mut self, end_frame: u64) {
        let due = self.waiting.iter().take_while(|event| event.frame < end_frame).count();
        for event in self.waiting.drain(..due) {
            if event.velocity > 0.0 {
                if self.heard.try_push(event.id).is_err() {
                    continue;
                }
            } else if let Some(index) = self.heard.iter().position(|&id| id == event.id) {
                self.heard.swap_remove(index);
            } else {
                continue;
            }
            let frame = event.frame.saturating_sub(self.origin) as u32;
            let _ = self.delivered.try_push(MidiOut {
                frame,
                channel: event.channel,
                key: event.key,
                velocity: event.velocity,
            });
        }
    }

    pub fn delivered(&self) -> &[MidiOut] {
        &self.delivered
    }

    pub fn clear(&mut self, origin: u64) {
        self.delivered.clear();
        self.origin = origin;
    }

    pub fn reset(&mut self) {
        self.waiting.clear();
        self.delivered.clear();
        self.heard.clear();
        self.origin = 0;
    }
}
