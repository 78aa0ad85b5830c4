//! Bow, breath and key noise of one note: white noise by place, banded, in two channels that differ.
//! Source: MUSIC 8 #1 (bow noise 1.5–6 kHz), #13 (breath at the pitch and above). Cost: about 3 ns per frame alone, 1 ns abreast.

use super::Stereo;
use super::pool::ABREAST;
use super::tone::Tone;
use crate::dsp::filter::{Filter, Response};
use crate::dsp::noise;
use crate::dsp::simd::vectorised;
use crate::dsp::smooth::Ramp;
use crate::units::QUANTUM;
use arrayvec::ArrayVec;

/// First of the noise streams of a note used here.
const SEED: i64 = 90;

/// Noise through one band.
#[derive(Clone, Copy, Debug, Default)]
pub struct Breath {
    seed: u32,
    frame: u32,
    gain: Ramp,
    /// White noise spreads its power up to half the rate: this keeps its level per Hz.
    density: f32,
    band: Filter,
}

impl Breath {
    /// Noise of a note; `kind` tells apart several of one note.
    pub fn new(tone: &Tone, kind: usize) -> Breath {
        Breath {
            seed: noise::key(tone.note.place, SEED + kind as i64),
            density: (tone.rate_hz * (1.0 / 48_000.0)).sqrt(),
            ..Breath::default()
        }
    }

    /// Aims the band for the coming block.
    pub fn set(&mut self, response: Response, hz: f32, q: f32, rate_hz: f32) {
        self.band.set(response, hz, q, rate_hz);
    }

    /// Adds a block whose gain moves to `gain` (of white noise at 48 kHz before the band, RMS 0.58).
    pub fn render_add(&mut self, gain: f32, out: &mut Stereo) {
        Breath::render_each([(self, gain, None)].into_iter(), std::slice::from_mut(out));
    }

    /// Filters each block with the voice's own filter, where there is one, then adds its breath as [`Breath::render_add`]
    /// does; all filters run side by side, for little more than the price of one.
    pub fn render_each<'a>(
        breaths: impl Iterator<Item = (&'a mut Breath, f32, Option<&'a mut Filter>)>,
        outs: &mut [Stereo],
    ) {
        let mut streams = ArrayVec::<Stream, ABREAST>::new();
        let mut noises = ArrayVec::<Stereo, ABREAST>::new();
        let mut bands = ArrayVec::<&mut Filter, ABREAST>::new();
        let mut filters = ArrayVec::<(&mut Filter, &mut Stereo), { 2 * ABREAST }>::new();
        for ((breath, gain, filter), out) in breaths.zip(outs.iter_mut()) {
            streams.push(breath.stream(gain));
            bands.push(&mut breath.band);
            filters.extend(filter.map(|filter| (filter, out)));
        }
        vectorised!(white_each(&streams, &mut noises));
        for pair in bands.iter_mut().zip(&mut noises) {
            filters.push((&mut *pair.0, pair.1));
        }
        Filter::process_each(filters.iter_mut().map(|(filter, block)| (&mut **filter, &mut **block)));
        drop(filters);
        vectorised!(add_each(&noises, outs));
    }

    /// The next block before the band.
    fn stream(&mut self, gain: f32) -> Stream {
        let (from, step) = self.gain.toward_from(0.0, gain * self.density);
        let stream = Stream { key: self.seed, frame: self.frame, from, step };
        self.frame = self.frame.wrapping_add(QUANTUM as u32);
        stream
    }
}

/// A block of white noise: its key, its first frame, its gain and the rise of that per frame.
#[derive(Clone, Copy)]
struct Stream {
    key: u32,
    frame: u32,
    from: f32,
    step: f32,
}

#[inline(always)]
fn white_each(streams: &[Stream], blocks: &mut ArrayVec<Stereo, ABREAST>) {
    for stream in streams {
        blocks.push(Stereo::SILENCE);
        if let Some(block) = blocks.last_mut() {
            white(stream, block);
        }
    }
}

#[inline(always)]
fn add_each(noises: &[Stereo], outs: &mut [Stereo]) {
    for (noise, out) in noises.iter().zip(outs) {
        out.add(noise);
    }
}

/// White noise under a moving gain, another for each channel.
#[inline(always)]
fn white(&Stream { key, frame, from, step }: &Stream, block: &mut Stereo) {
    for (channel, samples) in block.channels.iter_mut().enumerate() {
        let key = key ^ (channel as u32).wrapping_mul(0x632B_E5AB);
        for (t, sample) in samples.iter_mut().enumerate() {
            *sample = (from + step * (t as f32 + 1.0)) * noise::white_at(key, frame.wrapping_add(t as u32));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::{NoteOn, Spec};

    #[test]
    fn noise_is_white_and_its_channels_differ() {
        let (mut power, mut cross, mut lag) = (0.0f64, 0.0f64, 0.0f64);
        let mut last = 0.0;
        for block in 0..3000u32 {
            let mut sound = Stereo::SILENCE;
            white(&Stream { key: 77, frame: block * 32, from: 1.0, step: 0.0 }, &mut sound);
            for (&left, &right) in sound.channels[0].iter().zip(&sound.channels[1]) {
                power += f64::from(left * left);
                cross += f64::from(left * right);
                lag += f64::from(left * last);
                last = left;
            }
        }
        assert!((power / 96_000.0 - 1.0 / 3.0).abs() < 0.01);
        assert!(cross.abs() / power < 0.02 && lag.abs() / power < 0.02);
    }

    #[test]
    fn breath_begins_from_nothing() {
        let tone = Tone::new(&NoteOn::REST, &Spec { sample_rate_hz: 48_000.0 });
        let mut breath = Breath::new(&tone, 0);
        breath.set(Response::Band, 3_000.0, 1.0, 48_000.0);
        let mut out = Stereo::SILENCE;
        breath.render_add(1.0, &mut out);
        assert!(out.channels[0][0].abs() < 0.03 && out.peak() > 0.05);
    }
}
