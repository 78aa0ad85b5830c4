//! Notes a person plays: the stem of the channel sounds them, next to the composed ones.
//! Source: DESIGN 8 "channel = stem". In/out: keys in, notes to the orchestra out.

use crate::instrument::NoteOn;
use crate::mix::Orchestra;
use crate::note::Articulation;
use crate::stem::{HALL_LANES, Stem};
use crate::units::QUANTUM;
use arrayvec::ArrayVec;

/// Keys that may be held at once; one more is not heard.
const MAX_LIVE: usize = 128;

/// Ids of live notes have this bit, composed ones never.
const LIVE: u32 = 0x8000_0000;

/// The keys that are down.
#[derive(Default)]
pub(super) struct LiveNotes {
    held: ArrayVec<(u8, u8), MAX_LIVE>,
}

/// Where in the quantum a live event falls. A key sounds 31 frames after it went down, always: its own quantum may
/// already be rendered when it arrives, and a constant delay keeps the player's timing and the bits at any block size.
pub(super) fn live_offset(frame: u64, quantum_start: u64) -> usize {
    (QUANTUM - 1).saturating_sub(quantum_start.saturating_sub(frame) as usize)
}

impl LiveNotes {
    /// A key goes down; velocity 0 is a key going up, as MIDI has it.
    pub fn on(&mut self, orchestra: &mut Orchestra, channel: u8, key: u8, velocity: f32, offset: usize) {
        self.off(orchestra, channel, key, offset);
        let (channel, key) = legal(channel, key);
        // Written so that not-a-number is no note either.
        let sounds = velocity > 0.0 && self.held.try_push((channel, key)).is_ok();
        if sounds {
            let note = NoteOn {
                id: id(channel, key),
                pitch: f32::from(key),
                velocity: velocity.min(1.0),
                offset,
                // Nobody knows how long a key will be held; a second is what risers and swells aim for.
                length_s: 1.0,
                articulation: Articulation::Sustain,
                glide_from: None,
                place: crate::random::mix64(u64::from(id(channel, key))),
            };
            orchestra.note_on(usize::from(channel), 0, &note);
        }
    }

    /// A key goes up.
    pub fn off(&mut self, orchestra: &mut Orchestra, channel: u8, key: u8, offset: usize) {
        let (channel, key) = legal(channel, key);
        if let Some(index) = self.held.iter().position(|&held| held == (channel, key)) {
            self.held.swap_remove(index);
            orchestra.note_off(usize::from(channel), 0, id(channel, key), offset);
        }
    }

    /// Every key goes up.
    pub fn all_off(&mut self, orchestra: &mut Orchestra) {
        for (channel, key) in self.held.drain(..) {
            orchestra.note_off(usize::from(channel), 0, id(channel, key), 0);
        }
    }
}

fn legal(channel: u8, key: u8) -> (u8, u8) {
    let channel = if usize::from(channel) < HALL_LANES { channel } else { Stem::Lead as u8 };
    (channel, key.min(127))
}

fn id(channel: u8, key: u8) -> u32 {
    LIVE | u32::from(channel) << 8 | u32::from(key)
}
