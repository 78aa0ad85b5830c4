//! Two low-passes one after the other, 24 dB per octave, down to a ledge where one is asked for: little dearer than one,
//! because both walk in the same loop.
//! Source: as [`Section`]. In/out: two channels in place. Cost: about 3 ns per frame alone, 1 ns beside three others.

use super::abreast::{Doubled, HALF, aims, gains, of_each};
use super::groups::{Together, together};
use super::section::{Coefficients, Section};
use super::{Filter, Response};
use crate::dsp::denormal;
use crate::instrument::Stereo;
use crate::units::QUANTUM;
use fearless_simd::prelude::*;

/// Two sections in a row.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cascade {
    sections: [Filter; 2],
}

impl Cascade {
    /// Aims both sections at a low-pass of one cutoff; each has its own `q`.
    #[inline]
    pub fn set_low(&mut self, cutoff_hz: f32, q: [f32; 2], sample_rate_hz: f32) {
        for (section, q) in self.sections.iter_mut().zip(q) {
            section.set(Response::Low, cutoff_hz, q, sample_rate_hz);
        }
    }

    /// [`Cascade::set_low`], which falls by 24 dB per octave down to a gain, 0..1.
    #[inline]
    pub fn set_ledge(&mut self, cutoff_hz: f32, q: [f32; 2], gain: f32, sample_rate_hz: f32) {
        for (section, q) in self.sections.iter_mut().zip(q) {
            section.set(Response::Ledge(gain.sqrt()), cutoff_hz, q, sample_rate_hz);
        }
    }

    /// Filters a block of two channels in place.
    #[inline]
    pub fn process(&mut self, block: &mut Stereo) {
        together::<Cascade>(std::iter::once((self, block)));
    }

    /// [`Cascade::process`] of several voices, each with its block.
    #[inline]
    pub fn process_each<'a>(pairs: impl Iterator<Item = (&'a mut Cascade, &'a mut Stereo)>) {
        together::<Cascade>(pairs);
    }
}

impl Together for Cascade {
    type Unit = Cascade;

    #[inline(always)]
    fn moves(cascade: &Cascade) -> bool {
        cascade.sections[0].moves || cascade.sections[1].moves
    }

    /// Low-passes without a ledge.
    #[inline(always)]
    fn is_plain(cascade: &Cascade) -> bool {
        cascade.sections.iter().all(|section| {
            [section.now.mix, section.target.mix]
                .iter()
                .all(|[input, band, ..]| *input == 0.0 && *band == 0.0)
        })
    }

    /// The second sections stand in the low lanes and run half a chunk behind the first, so that they never wait for what
    /// they hear.
    #[inline(always)]
    fn run<S: Simd, V: Doubled<S, N>, const N: usize, const MOVES: bool, const PLAIN: bool>(
        s: S,
        mut cascades: [&mut Cascade; N],
        mut blocks: [&mut Stereo; N],
    ) {
        let first = gains::<S, V, N>(s, of_each!(cascades, cascade => cascade.sections[0].now));
        let second = gains::<S, V, N>(s, of_each!(cascades, cascade => cascade.sections[1].now));
        let (mut first_target, mut second_target) = (first, second);
        if MOVES {
            first_target = aims(s, of_each!(cascades, cascade => cascade.sections[0].target));
            second_target = aims(s, of_each!(cascades, cascade => cascade.sections[1].target));
        }
        let (first_rise, second_rise) = (first.rise_to(&first_target), second.rise_to(&second_target));
        let mut state = [
            V::both(
                V::join(s, of_each!(cascades, cascade => cascade.sections[1].state[0])),
                V::join(s, of_each!(cascades, cascade => cascade.sections[0].state[0])),
            ),
            V::both(
                V::join(s, of_each!(cascades, cascade => cascade.sections[1].state[1])),
                V::join(s, of_each!(cascades, cascade => cascade.sections[0].state[1])),
            ),
        ];

        let nothing = V::join(s, [[0.0; 2]; N]);
        let hold = Section::constant(nothing, &Coefficients::HOLD);
        let stay = Section::constant(nothing, &Coefficients::default());
        // What the first sections have made and the second not yet taken.
        let mut made = [nothing; HALF];
        let (mut now, rise) = (hold.with(&first, V::both), stay.with(&first_rise, V::both));
        walk::<S, V, N, MOVES, PLAIN>(
            &mut now,
            &rise,
            &mut state,
            &mut V::load_half(s, &blocks, 0),
            &mut made,
        );
        let first = now.with(&now, high::<S, V, N>);
        let (mut now, rise) = (second.with(&first, V::both), second_rise.with(&first_rise, V::both));
        for half in 1..QUANTUM / HALF {
            let mut frames = V::load_half(s, &blocks, half);
            walk::<S, V, N, MOVES, PLAIN>(&mut now, &rise, &mut state, &mut frames, &mut made);
            V::store_half(frames, &mut blocks, half - 1);
        }
        let second = now.with(&now, low::<S, V, N>);
        let (mut now, rise) = (second.with(&hold, V::both), second_rise.with(&stay, V::both));
        let mut frames = [nothing; HALF];
        walk::<S, V, N, MOVES, PLAIN>(&mut now, &rise, &mut state, &mut frames, &mut made);
        V::store_half(frames, &mut blocks, QUANTUM / HALF - 1);

        let (second1, first1) = V::apart(state[0]);
        let (second2, first2) = V::apart(state[1]);
        let second = [denormal::flush(second1).part(), denormal::flush(second2).part()];
        let first = [denormal::flush(first1).part(), denormal::flush(first2).part()];
        for (i, cascade) in cascades.iter_mut().enumerate() {
            cascade.sections[0].state = [first[0][i], first[1][i]];
            cascade.sections[1].state = [second[0][i], second[1][i]];
        }
        if MOVES {
            let arrived = [first_target.recursions::<S, N>(), second_target.recursions::<S, N>()];
            for (i, cascade) in cascades.into_iter().enumerate() {
                for (section, recursions) in cascade.sections.iter_mut().zip(&arrived) {
                    section.arrive_at(recursions[i]);
                }
            }
        }
    }
}

/// Half a chunk: the first sections take `frames` and leave what they make in `made`, the second take what was there and
/// leave what they make in `frames`.
#[inline(always)]
fn walk<S: Simd, V: Doubled<S, N>, const N: usize, const MOVES: bool, const PLAIN: bool>(
    now: &mut Section<V::Both>,
    rise: &Section<V::Both>,
    state: &mut [V::Both; 2],
    frames: &mut [V; HALF],
    made: &mut [V; HALF],
) {
    for (frame, made) in frames.iter_mut().zip(made) {
        let heard = V::both(*made, *frame);
        (*frame, *made) = V::apart(if PLAIN {
            if MOVES {
                now.advance_low(rise);
            }
            now.next_low(heard, state)
        } else {
            if MOVES {
                now.advance(rise);
            }
            now.next(heard, state)
        });
    }
}

#[inline(always)]
fn low<S: Simd, V: Doubled<S, N>, const N: usize>(both: V::Both, _: V::Both) -> V {
    V::apart(both).0
}

#[inline(always)]
fn high<S: Simd, V: Doubled<S, N>, const N: usize>(both: V::Both, _: V::Both) -> V {
    V::apart(both).1
}
