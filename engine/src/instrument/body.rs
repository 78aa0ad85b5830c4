//! A body that all voices of a register share: the wood their strings are fixed to.
//! Source: violin resonances after Hutchins and MUSIC 8 #1 (A0 280 Hz, B1 460 and 550 Hz, bridge hill 2.5 kHz).
//! In/out: wraps an [`Instrument`]. Linear, so its bits depend on the sum of the voices alone. Cost: 6 ns per frame for one
//! body, 12 for four.

use super::{Instrument, NoteOn, Pool, Spec, Stereo, Timbre, Voice};
use crate::dsp::resonators::{RESONANCES, Resonance, Resonators};
use crate::dsp::simd::kernel;
use crate::dsp::{denormal, math};
use crate::units::{QUANTUM, SILENCE_GAIN};
use arrayvec::ArrayVec;
use fearless_simd::f32x4;
use fearless_simd::prelude::*;

/// What the bodies of an instrument do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BodyShape {
    /// Gain of the sound that goes past the body.
    pub direct: f32,
    /// Below this the largest is too small to radiate, Hz.
    pub low_cut_hz: f32,
    /// By rising pitch, four at most. Four of five resonances each cost little more than two.
    pub boxes: &'static [BoxShape],
}

/// What one body does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoxShape {
    /// Lowest pitch it is played at; below are those of another body.
    pub from_pitch: f32,
    /// Its resonances.
    pub resonances: [Resonance; RESONANCES],
}

/// A few resonances; the rest stay mute.
pub const fn resonances<const N: usize>(some: [Resonance; N]) -> [Resonance; RESONANCES] {
    let mut all = [Resonance { hz: 0.0, width_hz: 0.0, gain: 0.0 }; RESONANCES];
    let mut i = 0;
    while i < N {
        all[i] = some[i];
        i += 1;
    }
    all
}

/// Most bodies of an instrument.
const BODIES: usize = 4;

/// A pool of voices in their bodies.
pub struct Body<V: Voice> {
    pool: Pool<V>,
    shape: &'static BodyShape,
    woods: ArrayVec<Wood, BODIES>,
    low_cut: LowCut,
    rate_hz: f32,
}

/// What sounds of a body.
#[derive(Clone, Copy, Debug)]
struct Wood {
    resonators: Resonators,
    /// Whether it has been played since it was made.
    played: bool,
}

impl<V: Voice> Body<V> {
    /// Builds the pool inside its bodies.
    pub fn new(spec: &Spec, voices: usize, shape: &'static BodyShape) -> Body<V> {
        let rate_hz = spec.sample_rate_hz as f32;
        let (woods, low_cut) = fresh(shape, rate_hz);
        Body { pool: Pool::new(spec, voices), shape, woods, low_cut, rate_hz }
    }

    /// The body a pitch is played on.
    fn of(&self, pitch: f32) -> usize {
        self.shape.boxes.iter().take(BODIES).rposition(|shape| pitch >= shape.from_pitch).unwrap_or(0)
    }
}

fn fresh(shape: &BodyShape, rate_hz: f32) -> (ArrayVec<Wood, BODIES>, LowCut) {
    let wood = |shape: &BoxShape| {
        let mut resonators = Resonators::default();
        resonators.set(&shape.resonances, rate_hz);
        Wood { resonators, played: false }
    };
    (shape.boxes.iter().take(BODIES).map(wood).collect(), LowCut::new(shape.low_cut_hz, rate_hz))
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
    fn new(hz: f32, rate_hz: f32) -> LowCut {
        let g = math::tan_half_cycles((hz / rate_hz).clamp(1.0e-6, 0.45));
        LowCut { amount: g / (1.0 + g), past: Default::default() }
    }

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
        let body = self.of(note.pitch);
        self.woods[body].played = true;
        self.pool.note_on_at(note, body);
    }

    fn note_off(&mut self, id: u32, offset: usize) {
        self.pool.note_off(id, offset);
    }

    fn control(&mut self, timbre: &Timbre) {
        self.pool.control(timbre);
    }

    fn render_add(&mut self, out: &mut Stereo) -> bool {
        if !self.woods.iter().any(|wood| wood.played) {
            return false;
        }
        let mut blocks = [Stereo::SILENCE; BODIES];
        let playing = self.pool.render_add_each(&mut blocks[..self.woods.len()]);
        let played = self.woods.iter_mut().zip(&mut blocks).filter(|(wood, _)| wood.played);
        Resonators::process_each(
            self.shape.direct,
            played.map(|(wood, block)| (&mut wood.resonators, block)),
        );
        let [mut block, others @ ..] = blocks;
        for (other, wood) in others.iter().zip(self.woods.iter().skip(1)) {
            if wood.played {
                block.add(other);
            }
        }
        self.low_cut.process(&mut block);
        out.add(&block);
        let rings = playing
            || !self.woods.iter().all(|wood| wood.resonators.is_silent())
            || block.peak() >= SILENCE_GAIN;
        if !rings {
            // From here on a note sounds as from fresh bodies: nothing of before is left to hear.
            (self.woods, self.low_cut) = fresh(self.shape, self.rate_hz);
        }
        rings
    }

    fn release_all(&mut self) {
        self.pool.release_all();
    }

    fn reset(&mut self) {
        self.pool.reset();
        (self.woods, self.low_cut) = fresh(self.shape, self.rate_hz);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::filter::tests::{RATE, measured_db, one_pole_db};

    #[test]
    fn the_low_cut_has_the_analytic_response() {
        for cutoff_hz in [30.0, 45.0, 400.0] {
            for hz in [15.0, 45.0, 120.0, 1_000.0, 15_000.0] {
                let mut low_cut = LowCut::new(cutoff_hz as f32, RATE);
                let measured = measured_db(hz, |block| low_cut.process(block));
                let [_, exact] = one_pole_db(cutoff_hz, hz);
                assert!(
                    (measured - exact).abs() < 0.05,
                    "{cutoff_hz} Hz at {hz} Hz: {measured:.3} {exact:.3}"
                );
            }
        }
    }
}
