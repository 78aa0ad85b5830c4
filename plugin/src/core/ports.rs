//! Busses: the mix and nine stems, stereo each (the ambience also as a field of four channels), and writing quanta into
//! what a host gave of them.
//! Source: DESIGN 8, PLATFORM 1 (missing, null, short busses are legal). In/out: f32 slices of one host block.

use cuewright_engine::engine::{Output, Quantum};
use cuewright_engine::instrument::Stereo;
use cuewright_engine::stem::{STEM_COUNT, STEMS, Stem};
use std::ops::Range;

/// How many output busses there are: the mix, then the stems in order.
pub const BUS_COUNT: usize = 1 + STEM_COUNT;

/// The bus of the ambience, which may also carry a field of first order: W, Y, Z, X (AmbiX: ACN, SN3D).
pub const AMBIENCE_BUS: usize = Stem::Ambience.index() + 1;

/// Channels of that field.
pub const FIELD_CHANNELS: usize = 4;

/// Most channels that all busses have together.
pub const MAX_CHANNELS: usize = 2 * (BUS_COUNT - 1) + FIELD_CHANNELS;

/// Name of a bus.
pub fn bus_name(bus: usize) -> &'static str {
    match bus {
        0 => "Mix",
        _ => STEMS.get(bus - 1).map_or("", |row| row.name),
    }
}

/// What a host gave to write to: per bus left and right, each of which may be missing or short. Nothing is written to
/// what is missing; the music goes on all the same.
#[derive(Debug, Default)]
pub struct Outputs<'a> {
    /// Left and right per bus.
    pub busses: [[Option<&'a mut [f32]>; 2]; BUS_COUNT],
    /// The last two channels of the ambience's field, after those in `busses`.
    pub field: [Option<&'a mut [f32]>; FIELD_CHANNELS - 2],
    /// Whether the ambience's bus carries its field.
    pub ambix: bool,
    /// Frame of the host's block where the present stretch starts.
    pub(super) base: usize,
}

impl<'a> Outputs<'a> {
    /// Nothing to write to.
    pub fn none() -> Outputs<'a> {
        Outputs::default()
    }

    /// Nothing to write to yet, with the ambience as a field or as stereo.
    pub fn with_ambience(ambix: bool) -> Outputs<'a> {
        Outputs { ambix, ..Outputs::default() }
    }

    /// How many channels of a bus carry sound.
    pub fn channels(ambix: bool, bus: usize) -> usize {
        match bus {
            AMBIENCE_BUS if ambix => FIELD_CHANNELS,
            0..BUS_COUNT => 2,
            _ => 0,
        }
    }

    /// The slot of a channel of a bus.
    pub fn slot(&mut self, bus: usize, channel: usize) -> Option<&mut Option<&'a mut [f32]>> {
        if channel >= Outputs::channels(self.ambix, bus) {
            return None;
        }
        match channel {
            0 | 1 => self.busses.get_mut(bus)?.get_mut(channel),
            _ => self.field.get_mut(channel - 2),
        }
    }

    /// Gives a channel of a bus; beyond the busses or their channels it is silenced and forgotten.
    pub fn give(&mut self, bus: usize, channel: usize, frames: &'a mut [f32]) {
        match self.slot(bus, channel) {
            Some(slot) => *slot = Some(frames),
            None => frames.fill(0.0),
        }
    }
}

impl Output for Outputs<'_> {
    fn write(&mut self, at: usize, quantum: &Quantum, range: Range<usize>) {
        let start = self.base + at;
        let [first, second] = &quantum.field.pairs;
        let sources = std::iter::once(&quantum.mix).chain(&quantum.stems);
        for (bus, (pair, stereo)) in self.busses.iter_mut().zip(sources).enumerate() {
            let sound = if self.ambix && bus == AMBIENCE_BUS { first } else { stereo };
            write_pair(pair, sound, start, &range);
        }
        write_pair(&mut self.field, second, start, &range);
    }
}

fn write_pair(pair: &mut [Option<&mut [f32]>; 2], sound: &Stereo, start: usize, range: &Range<usize>) {
    for (slot, channel) in pair.iter_mut().zip(&sound.channels) {
        let Some(frames) = slot else { continue };
        let Some(room) = frames.get_mut(start..) else { continue };
        let source = &channel[range.clone()];
        let count = source.len().min(room.len());
        room[..count].copy_from_slice(&source[..count]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cuewright_engine::fx::field::Field;

    #[test]
    fn missing_and_short_busses_are_left_alone() {
        let stereo = |level| Stereo { channels: [[level; 32], [-level; 32]] };
        let quantum = Quantum {
            stems: std::array::from_fn(|i| stereo(1.0 + i as f32)),
            mix: stereo(45.0),
            field: Field { pairs: [stereo(100.0), stereo(200.0)] },
        };
        let (mut left, mut right, mut third) = ([9.0; 8], [9.0; 3], [9.0; 4]);
        let mut out = Outputs::none();
        out.give(0, 0, &mut left);
        out.give(9, 1, &mut right);
        out.give(0, 2, &mut third);
        out.base = 2;
        out.write(0, &quantum, 4..8);
        out.write(4, &quantum, 0..32);
        assert_eq!(left, [9.0, 9.0, 45.0, 45.0, 45.0, 45.0, 45.0, 45.0]);
        assert_eq!(right, [9.0, 9.0, -9.0]);
        assert_eq!(third, [0.0; 4]);
        let mut field = [[9.0; 4]; 5];
        let mut out = Outputs::with_ambience(true);
        for (channel, frames) in field.iter_mut().enumerate() {
            out.give(AMBIENCE_BUS, channel, frames);
        }
        out.write(0, &quantum, 0..4);
        assert_eq!(field.map(|channel| channel[3]), [100.0, -100.0, 200.0, -200.0, 0.0]);
        assert_eq!((bus_name(0), bus_name(1), bus_name(9), bus_name(10)), ("Mix", "Low", "Ambience", ""));
    }
}
