//! Busses: the mix and nine stems, stereo each, and writing quanta into what a host gave of them.
//! Source: DESIGN 8, PLATFORM 1 (missing, null, short busses are legal). In/out: f32 slices of one host block.

use cuewright_engine::engine::{Output, Quantum};
use cuewright_engine::stem::{STEM_COUNT, STEMS};
use std::ops::Range;

/// How many output busses there are: the mix, then the stems in order.
pub const BUS_COUNT: usize = 1 + STEM_COUNT;

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
    /// Frame of the host's block where the present stretch starts.
    pub(super) base: usize,
}

impl<'a> Outputs<'a> {
    /// Nothing to write to.
    pub fn none() -> Outputs<'a> {
        Outputs::default()
    }

    /// Gives a channel of a bus; beyond the busses or the second channel it is silenced and forgotten.
    pub fn give(&mut self, bus: usize, channel: usize, frames: &'a mut [f32]) {
        match self.busses.get_mut(bus).and_then(|pair| pair.get_mut(channel)) {
            Some(slot) => *slot = Some(frames),
            None => frames.fill(0.0),
        }
    }
}

impl Output for Outputs<'_> {
    fn write(&mut self, at: usize, quantum: &Quantum, range: Range<usize>) {
        let start = self.base + at;
        let sources = std::iter::once(&quantum.mix).chain(&quantum.stems);
        for (pair, stereo) in self.busses.iter_mut().zip(sources) {
            for (slot, channel) in pair.iter_mut().zip(&stereo.channels) {
                let Some(frames) = slot else { continue };
                let Some(room) = frames.get_mut(start..) else { continue };
                let source = &channel[range.clone()];
                let count = source.len().min(room.len());
                room[..count].copy_from_slice(&source[..count]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cuewright_engine::instrument::Stereo;

    #[test]
    fn missing_and_short_busses_are_left_alone() {
        let stereo = |level| Stereo { channels: [[level; 32], [-level; 32]] };
        let quantum = Quantum { stems: std::array::from_fn(|i| stereo(1.0 + i as f32)), mix: stereo(45.0) };
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
        assert_eq!((bus_name(0), bus_name(1), bus_name(9), bus_name(10)), ("Mix", "Low", "Ambience", ""));
    }
}
