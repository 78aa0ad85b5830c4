//! What all inserts of a stem share: their verbs, the place they play at, and a line that remembers.
//! Source: own. In/out: one stereo quantum in place. Built off the audio thread; `process` allocates nothing.

use crate::instrument::Stereo;
use crate::units::QUANTUM;

/// Where in the song a quantum lies.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Place {
    /// Frame of the song at the quantum's first frame; may be negative, may jump.
    pub song_frame: i64,
    /// Tempo that is heard, quarter notes per minute.
    pub tempo_bpm: f64,
}

/// An effect that stands in one stem.
pub trait Insert: Send {
    /// Changes a quantum in place.
    fn process(&mut self, place: &Place, sound: &mut Stereo);
    /// True when silence in gives silence out.
    fn is_silent(&self) -> bool;
    /// Equal to a new one with the same settings.
    fn reset(&mut self);
}

/// A delay line of one channel, written a quantum at a time. Verbs come in this order: read what is longer ago than a
/// quantum ([`Line::copy`]), [`Line::write`], read what is nearer ([`Line::read`]), [`Line::advance`].
pub struct Line {
    frames: Vec<f32>,
    at: usize,
    /// Quanta since something other than zero was written.
    quiet_quanta: usize,
}

impl Line {
    /// Can look back by `longest` frames; allocates.
    pub fn new(longest: usize) -> Line {
        let length = (longest + QUANTUM + 4).next_multiple_of(QUANTUM);
        Line { frames: vec![0.0; length], at: 0, quiet_quanta: length / QUANTUM }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.frames.fill(0.0);
        self.at = 0;
        self.quiet_quanta = self.frames.len() / QUANTUM;
    }

    /// True when nothing but zeros is remembered.
    pub fn is_silent(&self) -> bool {
        self.quiet_quanta >= self.frames.len() / QUANTUM
    }

    /// The quantum as it was `delay` frames ago, [`QUANTUM`] at least.
    pub fn copy(&self, delay: usize, out: &mut [f32; QUANTUM]) {
        let length = self.frames.len();
        let start = self.wrapped(self.at + length - delay.clamp(QUANTUM, length - QUANTUM));
        let first = (length - start).min(QUANTUM);
        out[..first].copy_from_slice(&self.frames[start..start + first]);
        out[first..].copy_from_slice(&self.frames[..QUANTUM - first]);
    }

    /// Writes the present quantum.
    pub fn write(&mut self, block: &[f32; QUANTUM]) {
        self.frames[self.at..self.at + QUANTUM].copy_from_slice(block);
        let quiet = block.iter().all(|&sample| sample == 0.0);
        self.quiet_quanta = if quiet { self.quiet_quanta.saturating_add(1) } else { 0 };
    }

    /// Between frames, `delay` (2 at least) before frame `t` of the quantum just written: cubic Hermite.
    pub fn read(&self, t: usize, delay: f64) -> f32 {
        let (whole, newest) = (delay as usize, self.at + t + self.frames.len());
        let fraction = (delay - whole as f64) as f32;
        let frame = |back: usize| self.frames[self.wrapped(newest - back.min(self.frames.len() - 1))];
        let (newer, a, b, older) = (frame(whole - 1), frame(whole), frame(whole + 1), frame(whole + 2));
        let slope = 0.5 * (b - newer);
        let (v, w) = (a - b, slope + 0.5 * (older - a));
        // Catmull & Rom's spline between a and b.
        let c3 = 2.0 * v + w;
        let c2 = -3.0 * v - slope - w;
        ((c3 * fraction + c2) * fraction + slope) * fraction + a
    }

    /// A place that may lie up to one round beyond the end. Not a division: this stands in the loop over frames.
    #[inline(always)]
    fn wrapped(&self, at: usize) -> usize {
        let length = self.frames.len();
        if at >= length { at - length } else { at }
    }

    /// On to the next quantum.
    pub fn advance(&mut self) {
        self.at = self.wrapped(self.at + QUANTUM);
    }
}

/// Gain of an insert for a steady sine, dB: measured over the second half of two seconds at 48 kHz.
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "measurements may use the platform's functions")]
pub(super) fn gain_db_at(hz: f64, insert: &mut dyn Insert) -> f64 {
    let mut power = 0.0f64;
    for quantum in 0..3_000i64 {
        let place = Place { song_frame: quantum * QUANTUM as i64, tempo_bpm: 120.0 };
        let wave = std::array::from_fn(|t| {
            ((quantum * QUANTUM as i64 + t as i64) as f64 * hz / 48_000.0 * std::f64::consts::TAU).sin()
                as f32
        });
        let mut sound = Stereo { channels: [wave; 2] };
        insert.process(&place, &mut sound);
        if quantum >= 1_500 {
            power += sound.channels[0].iter().map(|&x| f64::from(x * x)).sum::<f64>();
        }
    }
    10.0 * (2.0 * power / (1_500.0 * QUANTUM as f64)).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_back_what_it_was_given() {
        let mut line = Line::new(200);
        let value = |frame: i64| if frame < 0 { 0.0 } else { (frame % 61) as f32 };
        for quantum in 0..40i64 {
            let start = quantum * QUANTUM as i64;
            let mut heard = [0.0; QUANTUM];
            line.copy(150, &mut heard);
            for (t, heard) in heard.into_iter().enumerate() {
                assert_eq!(heard, value(start + t as i64 - 150));
            }
            line.write(&std::array::from_fn(|t| value(start + t as i64)));
            for t in 0..QUANTUM {
                assert_eq!(line.read(t, 7.0), value(start + t as i64 - 7));
                let place = (start + t as i64 - 7) % 61;
                if start > 64 && (3..58).contains(&place) {
                    let between = line.read(t, 7.25);
                    assert!((between - (place as f32 - 0.25)).abs() < 1.0e-4, "{between} at {place}");
                }
            }
            line.advance();
        }
        line.clear();
        assert!(line.is_silent());
    }
}
