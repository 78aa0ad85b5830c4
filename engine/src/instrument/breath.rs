//! Bow, breath and key noise of one note: white noise by place, banded, in two channels that differ.
//! Source: MUSIC 8 #1 (bow noise 1.5–6 kHz), #13 (breath at the pitch and above). Cost: about 1.5 ns per frame alone, 0.4 ns abreast.

use super::Stereo;
use super::tone::Tone;
use crate::dsp::filter::Hiss;
use crate::dsp::noise;

/// First of the noise streams of a note used here.
const SEED: i64 = 90;

/// Noise through one band.
#[derive(Clone, Copy, Debug, Default)]
pub struct Breath {
    /// White noise spreads its power up to half the rate: this keeps its level per Hz.
    density: f32,
    rate_hz: f32,
    hiss: Hiss,
}

impl Breath {
    /// Noise of a note; `kind` tells apart several of one note.
    pub fn new(tone: &Tone, kind: usize) -> Breath {
        Breath {
            density: (tone.rate_hz * (1.0 / 48_000.0)).sqrt(),
            rate_hz: tone.rate_hz,
            hiss: Hiss::new(noise::key(tone.note.place, SEED + kind as i64)),
        }
    }

    /// Aims at a band around `hz` for the coming block.
    pub fn around(&mut self, hz: f32, q: f32) {
        self.hiss.around(hz, q, self.rate_hz);
    }

    /// Aims at what is above `hz` for the coming block.
    pub fn above(&mut self, hz: f32, q: f32) {
        self.hiss.above(hz, q, self.rate_hz);
    }

    /// Adds a block whose gain moves to `gain` (of white noise at 48 kHz before the band, RMS 0.58).
    pub fn render_add(&mut self, gain: f32, out: &mut Stereo) {
        Breath::render_each(std::iter::once((self, gain)), std::slice::from_mut(out));
    }

    /// [`Breath::render_add`] of several voices, each into its block.
    pub fn render_each<'a>(breaths: impl Iterator<Item = (&'a mut Breath, f32)>, outs: &mut [Stereo]) {
        let voices = breaths.zip(outs);
        Hiss::add_each(voices.map(|((breath, gain), out)| (&mut breath.hiss, gain * breath.density, out)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::{NoteOn, Spec};

    #[test]
    fn breath_begins_from_nothing() {
        let tone = Tone::new(&NoteOn::REST, &Spec { sample_rate_hz: 48_000.0 });
        let mut breath = Breath::new(&tone, 0);
        breath.around(3_000.0, 1.0);
        let mut out = Stereo::SILENCE;
        breath.render_add(1.0, &mut out);
        assert!(out.channels[0][0].abs() < 0.03 && out.peak() > 0.05);
    }
}
