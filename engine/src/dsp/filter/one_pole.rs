//! A filter of 6 dB per octave for two channels. Source: the trapezoidal one-pole (Simper 2013).
//! In/out: cutoff in Hz, held below 0.45 of the sample rate; blocks in place. Cost: about 1 ns per frame alone.

use super::abreast::{CHUNK, Doubled, of_each};
use super::groups::{Together, together};
use crate::dsp::kept::Kept;
use crate::dsp::{denormal, math};
use crate::instrument::Stereo;
use crate::units::QUANTUM;
use fearless_simd::prelude::*;

/// Smooths two channels by 6 dB per octave above its cutoff.
#[derive(Clone, Copy, Debug, Default)]
pub struct OnePole {
    amount: f32,
    /// What a cutoff gives.
    warped: Kept,
    state: [f32; 2],
}

impl OnePole {
    /// Takes a cutoff at once.
    #[inline]
    pub fn set(&mut self, cutoff_hz: f32, sample_rate_hz: f32) {
        let cycles = (cutoff_hz / sample_rate_hz).clamp(1.0e-6, 0.45);
        self.amount = self.warped.of(cycles, |cycles| {
            let g = math::tan_half_cycles(cycles);
            g / (1.0 + g)
        });
    }

    /// Low-pass in place.
    #[inline]
    pub fn low(&mut self, block: &mut Stereo) {
        OnePole::low_each(std::iter::once((self, block)));
    }

    /// High-pass in place: what the low-pass takes away.
    #[inline]
    pub fn high(&mut self, block: &mut Stereo) {
        OnePole::high_each(std::iter::once((self, block)));
    }

    /// [`OnePole::low`] of several voices, each with its block.
    #[inline]
    pub fn low_each<'a>(pairs: impl Iterator<Item = (&'a mut OnePole, &'a mut Stereo)>) {
        together::<Pass<false>>(pairs);
    }

    /// [`OnePole::high`] of several voices, each with its block.
    #[inline]
    pub fn high_each<'a>(pairs: impl Iterator<Item = (&'a mut OnePole, &'a mut Stereo)>) {
        together::<Pass<true>>(pairs);
    }
}

/// What passes: the high part or the low one.
struct Pass<const HIGH: bool>;

impl<const HIGH: bool> Together for Pass<HIGH> {
    type Unit = OnePole;

    /// A cutoff is taken at once.
    #[inline(always)]
    fn moves(_: &OnePole) -> bool {
        false
    }

    /// The state obeys s' = p s + (1 - p) x, and low = (s + s') / 2. Four frames at a time, each from the state four
    /// frames before: the way through the recursion is walked eight times per block, not 32.
    #[inline(always)]
    fn run<S: Simd, V: Doubled<S, N>, const N: usize, const MOVES: bool, const PLAIN: bool>(
        s: S,
        poles: [&mut OnePole; N],
        mut blocks: [&mut Stereo; N],
    ) {
        let amount = V::join(s, of_each!(poles, pole => [pole.amount; 2]));
        let mut state = V::join(s, of_each!(poles, pole => pole.state));
        let b = amount.constant(2.0) * amount;
        let p = amount.constant(1.0) - b;
        let powers = [p, p * p, p * p * p, p * p * (p * p)];
        let half = amount.constant(0.5);
        for chunk in 0..QUANTUM / CHUNK {
            let mut frames = V::load(s, &blocks, chunk);
            for x in frames.as_chunks_mut::<4>().0 {
                let u = [b * x[0], b * x[1], b * x[2], b * x[3]];
                // What the four frames bring by themselves, by doubling.
                let pairs = [u[0], u[1] + p * u[0], u[2] + p * u[1], u[3] + p * u[2]];
                let own =
                    [pairs[0], pairs[1], pairs[2] + powers[1] * pairs[0], pairs[3] + powers[1] * pairs[1]];
                let mut before = state;
                for ((frame, own), power) in x.iter_mut().zip(own).zip(powers) {
                    let next = own + power * state;
                    let low = half * (before + next);
                    *frame = if HIGH { *frame - low } else { low };
                    before = next;
                }
                state = before;
            }
            V::store(frames, &mut blocks, chunk);
        }
        for (pole, state) in poles.into_iter().zip(denormal::flush(state).part()) {
            pole.state = state;
        }
    }
}
