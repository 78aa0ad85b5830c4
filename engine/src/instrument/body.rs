//! A body that all voices of an instrument share: the wood their strings are fixed to.
//! Source: violin resonances after Hutchins and MUSIC 8 #1 (A0 280 Hz, B1 460 and 550 Hz, bridge hill 2.5 kHz).
//! In/out: wraps an [`Instrument`]. Linear, so its bits depend on the sum of the voices alone. Cost: 5 ns per frame.

use super::{Instrument, NoteOn, Pool, Spec, Stereo, Timbre, Voice};
use crate::dsp::resonators::{Resonance, Resonators};
use crate::dsp::{denormal, math};
use crate::units::SILENCE_GAIN;

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
    (resonators, LowCut { amount: g / (1.0 + g), state: [0.0; 2] })
}

/// A high-pass of 6 dB per octave, frame by frame: a body does not count its blocks from a note, so its bits may not depend
/// on where a block begins, as those of [`crate::dsp::filter::OnePole`] do.
#[derive(Clone, Copy, Debug)]
struct LowCut {
    amount: f32,
    state: [f32; 2],
}

impl LowCut {
    fn process(&mut self, block: &mut Stereo) {
        // Both channels in one loop: neither waits for the other.
        let [left, right] = &mut block.channels;
        let mut state = self.state;
        // s' = (1 - b) s + b x, and low is the mean of both: one product and one sum from state to state.
        let b = 2.0 * self.amount;
        let keep = 1.0 - b;
        for (l, r) in left.iter_mut().zip(right) {
            for (x, s) in [l, r].into_iter().zip(&mut state) {
                let next = keep * *s + b * *x;
                *x -= 0.5 * (*s + next);
                *s = next;
            }
        }
        self.state = state.map(denormal::flush);
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
