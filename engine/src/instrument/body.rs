//! A body that all voices of an instrument share: the wood their strings are fixed to.
//! Source: violin resonances after Hutchins and MUSIC 8 #1 (A0 280 Hz, B1 460 and 550 Hz, bridge hill 2.5 kHz).
//! In/out: wraps an [`Instrument`]. Linear, so its bits depend on the sum of the voices alone. Cost: 5 ns per frame.

use super::{Instrument, NoteOn, Pool, Spec, Stereo, Timbre, Voice};
use crate::dsp::resonators::{Resonance, Resonators};
use crate::dsp::simd::kernel;
use crate::dsp::{denormal, math};
use crate::units::{QUANTUM, SILENCE_GAIN};
use fearless_simd::f32x4;
use fearless_simd::prelude::*;

/// What a body does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BodyShape {
    /// Gain of the sound that goes past the body.
    pub direct: f32,
    /// Its resonances, at most eight.
    pub resonances: &'static [Resonance],
    /// Below this the body is too small to radiate, Hz.
    pub low_cut_hz: f32,
}

/// A pool of voices in a body.
pub struct Body<V: Voice> {
    pool: Pool<V>,
    shape: BodyShape,
    resonators: Resonators,
    low_cut: LowCut,
    rate_hz: f32,
    ringing: bool,
}

impl<V: Voice> Body<V> {
    /// Builds the pool inside its body.
    pub fn new(spec: &Spec, voices: usize, shape: BodyShape) -> Body<V> {
        let rate_hz = spec.sample_rate_hz as f32;
        let (resonators, low_cut) = fresh(&shape, rate_hz);
        Body { pool: Pool::new(spec, voices), shape, resonators, low_cut, rate_hz, ringing: false }
    }
}

fn fresh(shape: &BodyShape, rate_hz: f32) -> (Resonators, LowCut) {
    let mut resonators = Resonators::default();
    resonators.set(shape.resonances, rate_hz);
    let g = math::tan_half_cycles((shape.low_cut_hz / rate_hz).clamp(1.0e-6, 0.45));
    (resonators, LowCut { amount: g / (1.0 + g), past: Default::default() })
}

/// A high-pass of 6 dB per octave. A body does not count its blocks from a note, so its bits may not depend on where a block
/// begins, as those of [`crate::dsp::filter::OnePole`] do: every state is made of the one [`STRIDE`] frames before.
#[derive(Clone, Copy, Debug)]
struct LowCut {
    amount: f32,
    past: [Past; 2],
}

/// Frames from state to state: as many walk side by side.
const STRIDE: usize = 4;

/// What a channel of a [`LowCut`] remembers: its newest samples, and the states before and after them.
#[derive(Clone, Copy, Debug, Default)]
struct Past {
    samples: [f32; STRIDE],
    before: [f32; STRIDE],
    after: [f32; STRIDE],
}

impl LowCut {
    fn process(&mut self, block: &mut Stereo) {
        kernel!(s => self.run(s, block));
        for past in &mut self.past {
            denormal::flush_all(&mut past.before);
            denormal::flush_all(&mut past.after);
        }
    }

    /// s' = k s + b x, four frames at once, and low is the mean of s and s'.
    #[inline(always)]
    fn run<S: Simd>(&mut self, s: S, block: &mut Stereo) {
        let all = |x: f32| f32x4::splat(s, x);
        let b = 2.0 * self.amount;
        let k = 1.0 - b;
        let (k2, half) = (k * k, all(0.5));
        let (k4, taps) = (all(k2 * k2), [all(k2 * k * b), all(k2 * b), all(k * b), all(b)]);
        for (channel, past) in block.channels.iter_mut().zip(&mut self.past) {
            let mut samples = [0.0; STRIDE + QUANTUM];
            samples[..STRIDE].copy_from_slice(&past.samples);
            samples[STRIDE..].copy_from_slice(channel);
            let mut before = f32x4::load_array_ref(s, &past.before);
            let mut after = f32x4::load_array_ref(s, &past.after);
            for (four, out) in channel.as_chunks_mut::<STRIDE>().0.iter_mut().enumerate() {
                let x = |ago: usize| f32x4::from_slice(s, &samples[STRIDE * (four + 1) - ago..][..STRIDE]);
                let [x0, x1, x2, x3, x4] = [x(0), x(1), x(2), x(3), x(4)];
                before = k4 * before + ((taps[0] * x4 + taps[1] * x3) + (taps[2] * x2 + taps[3] * x1));
                after = k4 * after + ((taps[0] * x3 + taps[1] * x2) + (taps[2] * x1 + taps[3] * x0));
                (x0 - half * (before + after)).store_array(out);
            }
            past.samples.copy_from_slice(&samples[QUANTUM..]);
            before.store_array(&mut past.before);
            after.store_array(&mut past.after);
        }
    }
}

impl<V: Voice> Instrument for Body<V> {
    fn note_on(&mut self, note: &NoteOn) {
        self.pool.note_on(note);
        self.ringing = true;
    }

    fn note_off(&mut self, id: u32, offset: usize) {
        self.pool.note_off(id, offset);
    }

    fn control(&mut self, timbre: &Timbre) {
        self.pool.control(timbre);
    }

    fn render_add(&mut self, out: &mut Stereo) -> bool {
        if !self.ringing {
            return false;
        }
        let mut block = Stereo::SILENCE;
        let playing = self.pool.render_add(&mut block);
        self.resonators.process(self.shape.direct, &mut block);
        self.low_cut.process(&mut block);
        out.add(&block);
        if !playing && self.resonators.is_silent() && block.peak() < SILENCE_GAIN {
            // From here on a note sounds as from a fresh body: nothing of before is left to hear.
            (self.resonators, self.low_cut) = fresh(&self.shape, self.rate_hz);
            self.ringing = false;
        }
        self.ringing
    }

    fn release_all(&mut self) {
        self.pool.release_all();
    }

    fn reset(&mut self) {
        self.pool.reset();
        (self.resonators, self.low_cut) = fresh(&self.shape, self.rate_hz);
        self.ringing = false;
    }
}
