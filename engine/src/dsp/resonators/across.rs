//! Banks of five resonances of several voices, a throat each: lanes are the channels of the voices, not resonances, so
//! none is idle and nothing is summed across lanes; the five recursions hide each other's latency.
//! Source: as the bank's. In/out: as the bank's, in its very bits. Cost: about 1.5 ns per frame and voice at AVX2.

use super::{Course, Resonators};
use crate::dsp::denormal;
use crate::dsp::filter::abreast::{Abreast, HALF, of_each};
use crate::instrument::Stereo;
use crate::units::QUANTUM;
use fearless_simd::prelude::*;

/// Resonances of a bank that goes this way.
pub const FIVE: usize = 5;

/// Replaces each block by `direct` times itself plus the resonances of its bank.
#[inline(always)]
pub fn run<S: Simd, V: Abreast<S, N>, const N: usize>(
    s: S,
    mut banks: [&mut Resonators; N],
    direct: f32,
    mut blocks: [&mut Stereo; N],
) {
    let nothing = V::join(s, [[0.0; 2]; N]);
    let per_frame = nothing.constant(1.0 / QUANTUM as f32);
    let none = Course { a11: nothing, a12: nothing, a22: nothing, b2: nothing, gain: nothing, rise: nothing };
    let (mut courses, mut states) = ([none; FIVE], [[nothing; 2]; FIVE]);
    for (i, (course, states)) in courses.iter_mut().zip(&mut states).enumerate() {
        [course.a11, course.a12, course.a22, course.b2] =
            V::columns(s, of_each!(banks, bank => [bank.a11[i], bank.a12[i], bank.a22[i], bank.b2[i]]));
        let [from, to, ..] =
            V::columns(s, of_each!(banks, bank => [bank.gain_from[i], bank.gain[i], 0.0, 0.0]));
        (course.gain, course.rise) = (from, (to - from) * per_frame);
        for (k, state) in states.iter_mut().enumerate() {
            *state = V::join(s, of_each!(banks, bank => [bank.state[0][k][i], bank.state[1][k][i]]));
        }
    }
    let direct = nothing.constant(direct);
    for half in 0..QUANTUM / HALF {
        let mut frames = V::load_half(s, &blocks, half);
        for frame in &mut frames {
            let x = *frame;
            let mut rung = [nothing; FIVE];
            for ((rung, course), states) in rung.iter_mut().zip(&mut courses).zip(&mut states) {
                course.advance();
                *rung = course.next(x, states);
            }
            // In the order of the bank's own sum.
            let [r0, r1, r2, r3, r4] = rung;
            *frame = x * direct + (((r0 + r4) + r2) + (r1 + r3));
        }
        V::store_half(frames, &mut blocks, half);
    }
    for (i, states) in states.into_iter().enumerate() {
        for (k, state) in states.into_iter().enumerate() {
            for (bank, [left, right]) in banks.iter_mut().zip(denormal::flush(state).part()) {
                (bank.state[0][k][i], bank.state[1][k][i]) = (left, right);
            }
        }
    }
    for bank in banks {
        bank.gain_from = bank.gain;
    }
}
