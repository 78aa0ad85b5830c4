//! Filters of voices: one state-variable section for all responses, two in a row, and a one-pole, for two channels and
//! for several voices at once.
//! Source: Simper, "Linear Trapezoidal Integrated State Variable Filter" (Cytomic 2013), the trapezoidal form with
//! output mix. In/out: cutoff in Hz, held below 0.45 of the sample rate; blocks in place.
//! Cost: about 3 ns per frame for both channels (one recursion's latency), for one voice or for four.

pub(super) mod abreast;
mod cascade;
mod groups;
mod hiss;
mod one_pole;
mod section;

pub use cascade::Cascade;
pub use hiss::Hiss;
pub use one_pole::OnePole;

use super::denormal;
use crate::instrument::Stereo;
use crate::units::{QUANTUM, SILENCE_GAIN};
use abreast::{CHUNK, Doubled, aims, gains, of_each};
use fearless_simd::prelude::*;
use groups::{Together, together};
use section::{Coefficients, Prototype, Section};

/// What a [`Filter`] does with the spectrum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Response {
    /// Passes below the cutoff, 12 dB per octave.
    Low,
    /// Passes below the cutoff, and above falls by 12 dB per octave down to this gain, 0..1: what stays passes on from there.
    Ledge(f32),
    /// Passes above the cutoff, 12 dB per octave.
    High,
    /// Passes around the cutoff, peak gain 1.
    Band,
    /// Lifts around the cutoff by so many dB.
    Bell(f32),
    /// Lifts below the cutoff by so many dB.
    LowShelf(f32),
    /// Lifts above the cutoff by so many dB.
    HighShelf(f32),
}

/// A cutoff on the next of steps half a cent to a cent apart: what a number keeps of it in eleven bits. Coefficients move in
/// a straight line over a block, so nobody hears the steps, and most cutoffs breathe so slowly that several blocks share
/// one tangent. Rounded, and not left where it was: filters that know their place in the song must not know their past.
#[inline(always)]
fn stepped(cutoff_hz: f32) -> f32 {
    f32::from_bits((cutoff_hz.to_bits() + 0x800) & !0xFFF)
}

/// A cutoff in cycles per frame.
#[inline(always)]
fn cycles_of(cutoff_hz: f32, sample_rate_hz: f32) -> f32 {
    (cutoff_hz / sample_rate_hz).clamp(1.0e-6, 0.45)
}

/// A second-order section for two channels whose coefficients move in a straight line over each block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    now: Coefficients,
    /// Where the coefficients are heading: worked out with the block, beside those of other voices.
    target: Prototype,
    /// False while they are there.
    moves: bool,
    /// The two states, each of the left and the right channel.
    state: [[f32; 2]; 2],
    /// What the target was made from; none before the first.
    made_from: Option<(Response, f32, f32)>,
}

impl Filter {
    /// Aims at a response for the end of the coming block; the first is taken at once. `q` 0.1..100.
    #[inline]
    pub fn set(&mut self, response: Response, cutoff_hz: f32, q: f32, sample_rate_hz: f32) {
        let cutoff_hz = stepped(cutoff_hz);
        let wanted = (response, cutoff_hz, q);
        match self.made_from {
            Some(made_from) if made_from == wanted => {}
            Some((old_response, _, old_q)) if (old_response, old_q) == (response, q) => {
                self.target.aim[0] = cycles_of(cutoff_hz, sample_rate_hz);
                (self.moves, self.made_from) = (true, Some(wanted));
            }
            made_from => {
                self.target = Prototype::new(response, cycles_of(cutoff_hz, sample_rate_hz), q);
                (self.moves, self.made_from) = (true, Some(wanted));
                if made_from.is_none() {
                    self.arrive(self.target.coefficients());
                }
            }
        }
    }

    /// Coefficients are where they were heading.
    #[inline(always)]
    fn arrive(&mut self, at: Coefficients) {
        (self.now, self.moves) = (at, false);
    }

    /// [`Filter::arrive`], where the recursion has been worked out beside others.
    #[inline(always)]
    fn arrive_at(&mut self, recursion: [f32; 4]) {
        self.arrive(Coefficients { recursion, mix: self.target.mix });
    }

    /// Filters a block of two channels in place.
    #[inline]
    pub fn process(&mut self, block: &mut Stereo) {
        together::<Filter>(std::iter::once((self, block)));
    }

    /// [`Filter::process`] of two filters at the price of one: neither hears the other.
    #[inline]
    pub fn process_beside(&mut self, block: &mut Stereo, other: &mut Filter, other_block: &mut Stereo) {
        together::<Filter>([(self, block), (other, other_block)].into_iter());
    }

    /// [`Filter::process`] of several filters, each with its block.
    #[inline]
    pub fn process_each<'a>(pairs: impl Iterator<Item = (&'a mut Filter, &'a mut Stereo)>) {
        together::<Filter>(pairs);
    }

    /// True when nothing rings audibly any more.
    pub fn is_silent(&self) -> bool {
        self.state.as_flattened().iter().all(|state| state.abs() < SILENCE_GAIN)
    }

    /// Filters a block of one channel in place (the left state).
    #[inline]
    pub fn process_mono(&mut self, block: &mut [f32; QUANTUM]) {
        let target = self.target.coefficients();
        let mut now = Section::constant(0.0, &self.now);
        let rise = now.rise_to(&Section::constant(0.0, &target));
        let mut state = self.state.map(|[left, _]| left);
        for sample in block {
            now.advance(&rise);
            *sample = now.next(*sample, &mut state);
        }
        let [s1, s2] = state.map(denormal::flush);
        self.state = [[s1, self.state[0][1]], [s2, self.state[1][1]]];
        self.arrive(target);
    }
}

impl Together for Filter {
    type Unit = Filter;

    #[inline(always)]
    fn moves(filter: &Filter) -> bool {
        filter.moves
    }

    /// A low-pass that has been one: of its mix one gain is not nought, and stands.
    #[inline(always)]
    fn is_plain(filter: &Filter) -> bool {
        let [input, band, _, _] = filter.now.mix;
        input == 0.0 && band == 0.0 && filter.now.mix == filter.target.mix
    }

    /// All channels in one vector: the way through the recursion is walked once.
    #[inline(always)]
    fn run<S: Simd, V: Doubled<S, N>, const N: usize, const MOVES: bool, const PLAIN: bool>(
        s: S,
        mut filters: [&mut Filter; N],
        mut blocks: [&mut Stereo; N],
    ) {
        let mut now = gains::<S, V, N>(s, of_each!(filters, filter => filter.now));
        let target = if MOVES { aims(s, of_each!(filters, filter => filter.target)) } else { now };
        let rise = now.rise_to(&target);
        let mut state = [
            V::join(s, of_each!(filters, filter => filter.state[0])),
            V::join(s, of_each!(filters, filter => filter.state[1])),
        ];
        for chunk in 0..QUANTUM / CHUNK {
            let mut frames = V::load(s, &blocks, chunk);
            for frame in &mut frames {
                *frame = if PLAIN {
                    if MOVES {
                        now.advance_recursion(&rise);
                    }
                    now.next_low(*frame, &mut state)
                } else {
                    if MOVES {
                        now.advance(&rise);
                    }
                    now.next(*frame, &mut state)
                };
            }
            V::store(frames, &mut blocks, chunk);
        }
        let [s1, s2] = [denormal::flush(state[0]).part(), denormal::flush(state[1]).part()];
        for (i, filter) in filters.iter_mut().enumerate() {
            filter.state = [s1[i], s2[i]];
        }
        if MOVES {
            let arrived = target.recursions::<S, N>();
            for (filter, recursion) in filters.into_iter().zip(arrived) {
                filter.arrive_at(recursion);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the platform's functions are the slow reference")]
pub(crate) mod tests {
    use super::*;
    use crate::dsp::simd;

    pub(crate) const RATE: f32 = 48_000.0;

    /// Measured gain in dB at a frequency: the projection of the impulse response on it.
    pub(crate) fn measured_db(hz: f64, mut process: impl FnMut(&mut Stereo)) -> f64 {
        let (mut re, mut im, mut at) = (0.0f64, 0.0f64, 0usize);
        for block in 0..3000 {
            let mut sound = Stereo::SILENCE;
            if block == 0 {
                sound.channels[0][0] = 1.0;
            }
            process(&mut sound);
            for &sample in &sound.channels[0] {
                let angle = std::f64::consts::TAU * hz * at as f64 / RATE as f64;
                re += sample as f64 * angle.cos();
                im -= sample as f64 * angle.sin();
                at += 1;
            }
        }
        10.0 * (re * re + im * im).log10()
    }

    /// The analogue prototype at the warped frequency: what a trapezoidal filter is exactly.
    fn analytic_db(response: Response, cutoff_hz: f64, q: f64, hz: f64) -> f64 {
        let tan = |f: f64| (std::f64::consts::PI * f / RATE as f64).tan();
        let w = tan(hz) / tan(cutoff_hz);
        let (s2, s1) = (-w * w, w);
        let magnitude = |re: f64, im: f64| re * re + im * im;
        let a = |gain_db: f32| 10f64.powf(gain_db as f64 / 40.0);
        let (numerator, denominator) = match response {
            Response::Low => (1.0, magnitude(1.0 + s2, s1 / q)),
            Response::Ledge(gain) => {
                let gain = f64::from(gain);
                (magnitude(1.0 + gain * s2, gain.sqrt() * s1 / q), magnitude(1.0 + s2, s1 / q))
            }
            Response::High => (magnitude(s2, 0.0), magnitude(1.0 + s2, s1 / q)),
            Response::Band => (magnitude(0.0, s1 / q), magnitude(1.0 + s2, s1 / q)),
            Response::Bell(gain_db) => {
                let a = a(gain_db);
                (magnitude(1.0 + s2, s1 * a / q), magnitude(1.0 + s2, s1 / (q * a)))
            }
            Response::LowShelf(gain_db) => {
                let a = a(gain_db);
                let (num, den) = (
                    magnitude(a * (a + s2), a * a.sqrt() * s1 / q),
                    magnitude(1.0 + a * s2, a.sqrt() * s1 / q),
                );
                (num, den)
            }
            Response::HighShelf(gain_db) => {
                let a = a(gain_db);
                let (num, den) = (
                    magnitude(a * (1.0 + a * s2), a * a.sqrt() * s1 / q),
                    magnitude(a + s2, a.sqrt() * s1 / q),
                );
                (num, den)
            }
        };
        10.0 * (numerator / denominator).log10()
    }

    #[test]
    fn the_measured_response_is_the_analytic_one() {
        let all = [
            Response::Low,
            Response::Ledge(0.1),
            Response::High,
            Response::Band,
            Response::Bell(6.0),
            Response::LowShelf(-5.0),
            Response::HighShelf(4.0),
        ];
        for response in all {
            for (cutoff_hz, q) in [(200.0, 0.7), (2_000.0, 3.0), (9_000.0, 0.5)] {
                for hz in [60.0, 250.0, 1_900.0, 6_000.0, 15_000.0] {
                    let mut filter = Filter::default();
                    filter.set(response, cutoff_hz as f32, q as f32, RATE);
                    let measured = measured_db(hz, |block| filter.process(block));
                    let exact = analytic_db(response, cutoff_hz, q, hz);
                    assert!(
                        (measured - exact).abs() < 0.05 || exact < -70.0,
                        "{response:?} {cutoff_hz} Hz q {q} at {hz} Hz: {measured:.3} {exact:.3}"
                    );
                }
            }
        }
    }

    /// Gains in dB of a trapezoidal one-pole, low-pass and high-pass.
    pub(crate) fn one_pole_db(cutoff_hz: f64, hz: f64) -> [f64; 2] {
        let tan = |f: f64| (std::f64::consts::PI * f / RATE as f64).tan();
        let square = (tan(hz) / tan(cutoff_hz)).powi(2);
        [1.0, square].map(|passed| 10.0 * (passed / (1.0 + square)).log10())
    }

    #[test]
    fn a_one_pole_has_the_analytic_response() {
        for cutoff_hz in [50.0, 1_000.0, 8_000.0] {
            for hz in [20.0, 50.0, 250.0, 1_000.0, 3_000.0, 8_000.0, 15_000.0] {
                let mut low = OnePole::default();
                low.set(cutoff_hz as f32, RATE);
                let mut high = low;
                let measured =
                    [measured_db(hz, |block| low.low(block)), measured_db(hz, |block| high.high(block))];
                let exact = one_pole_db(cutoff_hz, hz);
                for (measured, exact) in measured.iter().zip(exact) {
                    assert!(
                        (measured - exact).abs() < 0.05,
                        "{cutoff_hz} Hz at {hz} Hz: {measured:.3} {exact:.3}"
                    );
                }
            }
        }
    }

    #[test]
    fn one_channel_equals_the_left_of_two() {
        let mut two = Filter::default();
        let mut one = Filter::default();
        for block in 0..50 {
            for filter in [&mut two, &mut one] {
                filter.set(Response::Low, 300.0 + 100.0 * block as f32, 2.0, RATE);
            }
            let mut sound = Stereo::SILENCE;
            sound.channels[0] = std::array::from_fn(|i| ((block * 32 + i) % 97) as f32 / 97.0 - 0.5);
            let mut mono = sound.channels[0];
            two.process(&mut sound);
            one.process_mono(&mut mono);
            assert_eq!(mono, sound.channels[0]);
        }
    }

    /// What some filters make of some blocks, all at once or each by itself.
    fn made<T: Copy>(
        mut filters: Vec<T>,
        set: impl Fn(&mut T, usize, f32),
        run: impl Fn(&mut [T], &mut [Stereo]),
        alone: bool,
    ) -> Vec<Stereo> {
        let mut sound = Vec::new();
        for block in 0..40 {
            let wave = |k: usize| std::array::from_fn(|i| ((block * 32 + i * k) % 97) as f32 / 97.0 - 0.5);
            let mut blocks: Vec<Stereo> =
                (0..filters.len()).map(|k| Stereo { channels: [wave(2 * k + 1), wave(2 * k + 2)] }).collect();
            for (k, filter) in filters.iter_mut().enumerate() {
                set(filter, k, 300.0 + 700.0 * k as f32 + 20.0 * block as f32);
            }
            if alone {
                for (filter, block) in filters.iter_mut().zip(&mut blocks) {
                    run(std::slice::from_mut(filter), std::slice::from_mut(block));
                }
            } else {
                run(&mut filters, &mut blocks);
            }
            sound.extend(blocks);
        }
        sound
    }

    #[test]
    fn filters_beside_each_other_equal_each_alone_at_every_level() {
        const RESPONSES: [Response; 3] = [Response::Low, Response::Bell(6.0), Response::High];
        for count in 1..=9 {
            let any = |alone| {
                let set = |filter: &mut Filter, k: usize, hz| filter.set(RESPONSES[k % 3], hz, 0.6, RATE);
                let run = |f: &mut [Filter], b: &mut [Stereo]| Filter::process_each(f.iter_mut().zip(b));
                made(vec![Filter::default(); count], set, run, alone)
            };
            let steep = |alone| {
                let set = |filter: &mut Cascade, k: usize, hz| match k % 2 {
                    0 => filter.set_low(hz, [0.6, 2.0], RATE),
                    _ => filter.set_ledge(hz, [0.6, 2.0], 0.1, RATE),
                };
                made(
                    vec![Cascade::default(); count],
                    set,
                    |f, b| Cascade::process_each(f.iter_mut().zip(b)),
                    alone,
                )
            };
            let soft = |alone| {
                let set = |pole: &mut OnePole, _: usize, hz| pole.set(hz, RATE);
                let run = |f: &mut [OnePole], b: &mut [Stereo]| {
                    OnePole::low_each(f.iter_mut().zip(b.iter_mut()));
                    OnePole::high_each(f.iter_mut().zip(b));
                };
                made(vec![OnePole::default(); count], set, run, alone)
            };
            let mut first = None;
            for choice in simd::CHOICES {
                simd::force(choice);
                let all = [any(false), steep(false), soft(false)];
                assert_eq!(all, [any(true), steep(true), soft(true)], "{count} filters, {choice:?}");
                assert_eq!(first.get_or_insert(all.clone()), &all, "{count} filters, {choice:?}");
            }
            simd::force(simd::Choice::Best);
        }
    }

    #[test]
    fn a_cascade_equals_its_sections_in_a_row() {
        let (mut cascade, mut first, mut second) = (Cascade::default(), Filter::default(), Filter::default());
        for block in 0..50 {
            let cutoff_hz = 300.0 + 100.0 * block as f32;
            // 0.25 has an exact root.
            let response = if block < 20 {
                cascade.set_low(cutoff_hz, [0.6, 2.0], RATE);
                Response::Low
            } else {
                cascade.set_ledge(cutoff_hz, [0.6, 2.0], 0.25, RATE);
                Response::Ledge(0.5)
            };
            first.set(response, cutoff_hz, 0.6, RATE);
            second.set(response, cutoff_hz, 2.0, RATE);
            let wave = std::array::from_fn(|i| ((block * 32 + i) % 97) as f32 / 97.0 - 0.5);
            let mut sound = Stereo { channels: [wave, [0.25; QUANTUM]] };
            let mut expected = sound;
            cascade.process(&mut sound);
            first.process(&mut expected);
            second.process(&mut expected);
            assert_eq!(sound, expected);
        }
    }

    #[test]
    fn silence_after_sound_ends_in_zeros() {
        let mut filter = Filter::default();
        filter.set(Response::Low, 40.0, 20.0, RATE);
        let mut sound = Stereo { channels: [[1.0; QUANTUM]; 2] };
        filter.process(&mut sound);
        for _ in 0..60 * 1500 {
            sound = Stereo::SILENCE;
            filter.process(&mut sound);
        }
        assert_eq!(filter.state, [[0.0; 2]; 2]);
    }
}
