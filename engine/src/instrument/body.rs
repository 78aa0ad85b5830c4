//! A body that all voices of an instrument share: the wood their strings are fixed to.
//! Source: violin resonances after Hutchins and MUSIC 8 #1 (A0 280 Hz, B1 460 and 550 Hz, bridge hill 2.5 kHz).
//! In/out: wraps an [`Instrument`]. Linear, so its bits depend on the sum of the voices alone. Cost: 5 ns per frame.

use super::{Instrument, NoteOn, Pool, Spec, Stereo, Timbre, Voice};
use crate::dsp::filter::OnePole;
use crate::dsp::resonators::{Resonance, Resonators};
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
    low_cut: OnePole,
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

fn fresh(shape: &BodyShape, rate_hz: f32) -> (Resonators, OnePole) {
    let mut resonators = Resonators::default();
    resonators.set(shape.resonances, rate_hz);
    let mut low_cut = OnePole::default();
    low_cut.set(shape.low_cut_hz, rate_hz);
    (resonators, low_cut)
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
        self.low_cut.high(&mut block);
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
