//! Oscillators of one note's players: saws, pulses and sines on integer phases, summed into two channels.
//! Source: polyBLEP after Välimäki & Huovilainen 2007, with both corners folded into one by the sign of a wrapping
//! integer phase; sine: minimax polynomial. Lanes run along time, so no sum depends on the vector width.
//! In/out: phase in 2^-32 cycles. Cost: about 0.2 ns per frame and oscillator at AVX2.

use super::simd::kernel;
use crate::instrument::Stereo;
use crate::units::QUANTUM;
use fearless_simd::prelude::*;

/// Most oscillators of one bank.
pub const BANK: usize = 16;

/// 2^-31: an `i32` phase to -1..1.
const TO_UNIT: f32 = 1.0 / 2_147_483_648.0;

/// Oscillators with a pitch and a gain to each channel, and a gain of all. Gains move in a straight line over a block.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Bank {
    /// How many sound, up to [`BANK`].
    pub count: usize,
    /// Where each stands, in 2^-32 cycles.
    pub phase: [u32; BANK],
    /// How far each goes per frame, in 2^-32 cycles.
    pub step: [u32; BANK],
    /// Gain to the left at the end of the block.
    pub left: [f32; BANK],
    /// Gain to the right at the end of the block.
    pub right: [f32; BANK],
    /// Gain of all at the end of the block.
    pub gain: f32,
    left_from: [f32; BANK],
    right_from: [f32; BANK],
    gain_from: f32,
}

impl Default for Bank {
    fn default() -> Bank {
        Bank {
            count: 0,
            phase: [0; BANK],
            step: [0; BANK],
            left: [0.0; BANK],
            right: [0.0; BANK],
            gain: 1.0,
            left_from: [0.0; BANK],
            right_from: [0.0; BANK],
            gain_from: 1.0,
        }
    }
}

/// Phase step of a frequency. Held below 0.45 of the sample rate, above zero.
#[inline(always)]
pub fn step_of(hz: f32, sample_rate_hz: f32) -> u32 {
    let cycles = (hz / sample_rate_hz).clamp(1.0e-7, 0.45);
    (cycles * 4_294_967_296.0) as u32
}

/// 0..1 cycles as an integer phase.
#[inline(always)]
pub fn phase_of(cycles: f64) -> u32 {
    (cycles * 4_294_967_296.0) as u64 as u32
}

impl Bank {
    /// Adds sawtooths (peak 1, rising through zero at phase 0).
    pub fn saws_add(&mut self, out: &mut Stereo) {
        self.dispatch::<Saw>(0, out);
    }

    /// Adds pulses of one width (0..1 cycles); each is the difference of two saws, so it carries no offset.
    pub fn pulses_add(&mut self, width_cycles: f32, out: &mut Stereo) {
        let width = phase_of(f64::from(width_cycles.clamp(0.02, 0.98)));
        self.dispatch::<Pulse>(width, out);
    }

    /// Adds sines (peak 1).
    pub fn sines_add(&mut self, out: &mut Stereo) {
        self.dispatch::<Sine>(0, out);
    }

    /// Gains that stand still beside each other, as those of most notes do, need no course: only what is common to them
    /// has one.
    #[inline(always)]
    fn dispatch<W: Wave>(&mut self, width: u32, out: &mut Stereo) {
        kernel!(s => self.block::<_, W>(s, width, out));
    }

    #[inline(always)]
    fn block<S: Simd, W: Wave>(&mut self, s: S, width: u32, out: &mut Stereo) {
        if self.stands(s) {
            self.add::<_, W, true>(s, width, out);
        } else {
            self.add::<_, W, false>(s, width, out);
        }
        self.move_on();
    }

    /// True when no oscillator moves against the others.
    #[inline(always)]
    pub(super) fn stands<S: Simd>(&self, s: S) -> bool {
        let lanes = S::f32s::LEN;
        let mut apart = S::f32s::splat(s, 0.0);
        for at in (0..self.count.min(BANK)).step_by(lanes) {
            let load = |x: &[f32; BANK]| S::f32s::from_slice(s, &x[at..at + lanes]);
            let left = load(&self.left) - load(&self.left_from);
            let right = load(&self.right) - load(&self.right_from);
            apart = apart.max(left.abs()).max(right.abs());
        }
        !apart.simd_gt(S::f32s::splat(s, 0.0)).any_true()
    }

    /// The gain of all before the block, and its rise per frame, in a unit.
    #[inline(always)]
    pub(super) fn course(&self, unit: f32) -> (f32, f32) {
        (unit * self.gain_from, unit * (self.gain - self.gain_from) * (1.0 / QUANTUM as f32))
    }

    /// To the end of the block.
    #[inline(always)]
    pub(super) fn move_on(&mut self) {
        for (phase, step) in self.phase.iter_mut().zip(self.step) {
            *phase = phase.wrapping_add(step << QUANTUM.ilog2());
        }
        self.snap();
    }

    /// All oscillators for two vectors of frames, then for the next two: what they add stays in registers. What
    /// `STANDS` leaves out would add nought: the bits are the same.
    #[inline(always)]
    fn add<S: Simd, W: Wave, const STANDS: bool>(&self, s: S, width: u32, out: &mut Stereo) {
        let lanes = S::f32s::LEN;
        let count = self.count.min(BANK);
        let all = |x: f32| S::f32s::splat(s, x);
        let whole = |x: u32| S::u32s::splat(s, x);
        let (mut slopes, mut starts) = ([0.0f32; BANK], [0.0f32; BANK]);
        let mut rises = [[0.0f32; BANK]; 2];
        let mut i = 0;
        while i < count {
            let range = i..i + lanes;
            let load = |x: &[f32; BANK]| S::f32s::from_slice(s, &x[range.clone()]);
            let (slope, start) = W::shape(s, S::u32s::from_slice(s, &self.step[range.clone()]));
            slope.store_slice(&mut slopes[range.clone()]);
            start.store_slice(&mut starts[range.clone()]);
            if !STANDS {
                let per_frame = all(1.0 / QUANTUM as f32);
                ((load(&self.left) - load(&self.left_from)) * per_frame)
                    .store_slice(&mut rises[0][range.clone()]);
                ((load(&self.right) - load(&self.right_from)) * per_frame)
                    .store_slice(&mut rises[1][range.clone()]);
            }
            i += lanes;
        }
        let frames = S::f32s::from_slice(s, &FRAMES[..lanes]);
        let numbers = S::u32s::from_slice(s, &NUMBERS[..lanes]);
        let (from, rise) = self.course(W::UNIT);
        let (from, rise) = (all(from), all(rise));
        let [left, right] = &mut out.channels;
        let mut at = 0;
        while at < QUANTUM {
            let middle = at + lanes;
            let along = [frames + all(at as f32), frames + all(middle as f32)];
            let (mut l, mut r) = ([all(0.0); 2], [all(0.0); 2]);
            for i in 0..count {
                let step = self.step[i];
                let begun = self.phase[i].wrapping_add(step.wrapping_mul(at as u32));
                let first = whole(begun) + whole(step) * numbers;
                let second = first + whole(step.wrapping_mul(lanes as u32));
                let blep = Blep { slope: slopes[i], start: starts[i] };
                let y = [W::at(s, first, width, blep), W::at(s, second, width, blep)];
                let (rise_left, rise_right) = (rises[0][i], rises[1][i]);
                let from = [self.left_from[i], self.right_from[i]];
                if STANDS {
                    l[0] += y[0] * all(from[0]);
                    l[1] += y[1] * all(from[0]);
                    r[0] += y[0] * all(from[1]);
                    r[1] += y[1] * all(from[1]);
                } else {
                    l[0] += y[0] * (all(from[0]) + all(rise_left) * along[0]);
                    l[1] += y[1] * (all(from[0]) + all(rise_left) * along[1]);
                    r[0] += y[0] * (all(from[1]) + all(rise_right) * along[0]);
                    r[1] += y[1] * (all(from[1]) + all(rise_right) * along[1]);
                }
            }
            let gains = [from + rise * along[0], from + rise * along[1]];
            for (out, sums) in [(&mut *left, l), (&mut *right, r)] {
                let (low, high) = (at..middle, middle..middle + lanes);
                (S::f32s::from_slice(s, &out[low.clone()]) + sums[0] * gains[0]).store_slice(&mut out[low]);
                (S::f32s::from_slice(s, &out[high.clone()]) + sums[1] * gains[1]).store_slice(&mut out[high]);
            }
            at = middle + lanes;
        }
    }

    /// Takes the gains as they stand, without moving to them over a block.
    #[inline(always)]
    pub fn snap(&mut self) {
        self.left_from = self.left;
        self.right_from = self.right;
        self.gain_from = self.gain;
    }
}

/// Frames of the widest vector, counted from 1: a block's first frame is one step on.
pub(super) const FRAMES: [f32; 16] =
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0];
pub(super) const NUMBERS: [u32; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

/// A waveform as a function of phase.
trait Wave {
    /// What its values are multiplied by at last, with the gain of all.
    const UNIT: f32;
    /// What it needs to know of some steps, once per block: slopes and starts (see [`Blep`]).
    fn shape<S: Simd>(s: S, step: S::u32s) -> (S::f32s, S::f32s);
    /// Its value at some phases.
    fn at<S: Simd>(s: S, phase: S::u32s, width: u32, blep: Blep) -> S::f32s;
}

struct Saw;
struct Pulse;
struct Sine;

impl Wave for Saw {
    const UNIT: f32 = TO_UNIT;
    #[inline(always)]
    fn shape<S: Simd>(s: S, step: S::u32s) -> (S::f32s, S::f32s) {
        bleps(s, step)
    }
    #[inline(always)]
    fn at<S: Simd>(s: S, phase: S::u32s, _width: u32, blep: Blep) -> S::f32s {
        let x: S::f32s = phase.bitcast::<S::i32s>().to_float();
        let corner = S::f32s::splat(s, blep.slope) * x.abs() + S::f32s::splat(s, blep.start);
        let corner = corner.max(S::f32s::splat(s, 0.0));
        x - (corner * corner).copysign(x)
    }
}

impl Wave for Pulse {
    const UNIT: f32 = 0.5 * TO_UNIT;
    #[inline(always)]
    fn shape<S: Simd>(s: S, step: S::u32s) -> (S::f32s, S::f32s) {
        bleps(s, step)
    }
    #[inline(always)]
    fn at<S: Simd>(s: S, phase: S::u32s, width: u32, blep: Blep) -> S::f32s {
        let other = phase + S::u32s::splat(s, width);
        Saw::at(s, phase, 0, blep) - Saw::at(s, other, 0, blep)
    }
}

impl Wave for Sine {
    const UNIT: f32 = 1.0;
    #[inline(always)]
    fn shape<S: Simd>(s: S, _step: S::u32s) -> (S::f32s, S::f32s) {
        (S::f32s::splat(s, 0.0), S::f32s::splat(s, 0.0))
    }
    #[inline(always)]
    fn at<S: Simd>(s: S, phase: S::u32s, _width: u32, _blep: Blep) -> S::f32s {
        sines(s, phase)
    }
}

/// sin of phases. Absolute error below 3e-7.
#[inline(always)]
pub fn sines<S: Simd>(s: S, phase: S::u32s) -> S::f32s {
    let x: S::f32s = phase.bitcast::<S::i32s>().to_float::<S::f32s>() * S::f32s::splat(s, TO_UNIT);
    let y = x * (S::f32s::splat(s, 1.0) - x.abs());
    let q = y.abs();
    let mut p = S::f32s::splat(s, SINE[0]);
    for &coefficient in &SINE[1..] {
        p = p * q + S::f32s::splat(s, coefficient);
    }
    p * y
}

/// What a saw needs to know of its step to round its corner, which it does in the numbers of its phase.
#[derive(Clone, Copy)]
struct Blep {
    slope: f32,
    start: f32,
}

/// The root of 2^31: squared, a corner is in the numbers of the phase.
const ROOT: f32 = 46_340.95;

/// [`Blep`]s of some steps, all below half a cycle: slopes and starts.
#[inline(always)]
fn bleps<S: Simd>(s: S, step: S::u32s) -> (S::f32s, S::f32s) {
    let all = |x: f32| S::f32s::splat(s, x);
    let slope = all(ROOT) / step.bitcast::<S::i32s>().to_float::<S::f32s>().max(all(1.0));
    (slope, all(ROOT) - slope * all(2_147_483_648.0))
}

/// sin of a phase. Absolute error below 3e-7.
#[inline(always)]
pub fn sine(phase: u32) -> f32 {
    let x = phase as i32 as f32 * TO_UNIT;
    let y = x * (1.0 - x.abs());
    let q = y.abs();
    SINE[1..].iter().fold(SINE[0], |p, &coefficient| p * q + coefficient) * y
}

/// sin(πx) / y as a polynomial in y = x (1 - x), for x in 0..1: the sine is as even about its crest as y is, so nothing is
/// folded. Remez exchange over 0..1/4; the error is below 4e-8 before rounding.
const SINE: [f32; 4] = [0.219_607_6, 1.112_268_3, 3.141_863_6, 3.141_585_8];

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the platform's functions are the slow reference")]
mod tests {
    use super::*;
    use crate::dsp::simd;

    /// A saw from -1 to 1, its corner rounded over one frame on each side.
    fn saw(phase: u32, step: u32) -> f32 {
        let x = phase as i32 as f32 * TO_UNIT;
        let slope = 2_147_483_648.0 / (step.max(1) as f32);
        let corner = (slope * x.abs() + (1.0 - slope)).max(0.0);
        x - (corner * corner).copysign(x)
    }

    fn bank(count: usize, hz: f32) -> Bank {
        let mut bank = Bank { count, ..Bank::default() };
        for i in 0..count {
            bank.phase[i] = phase_of(i as f64 * 0.37 % 1.0);
            bank.step[i] = step_of(hz * (1.0 + 0.003 * i as f32), 48_000.0);
            bank.left[i] = 0.3 + 0.02 * i as f32;
            bank.right[i] = 0.5 - 0.03 * i as f32;
        }
        bank
    }

    #[test]
    fn every_level_gives_the_same_bits() {
        for hz in [30.0, 440.0, 7_000.0, 21_000.0] {
            let mut first: Option<Vec<Stereo>> = None;
            for choice in simd::CHOICES {
                simd::force(choice);
                let mut bank = bank(16, hz);
                let blocks: Vec<Stereo> = (0..20)
                    .map(|_| {
                        let mut out = Stereo::SILENCE;
                        bank.saws_add(&mut out);
                        bank.pulses_add(0.3, &mut out);
                        bank.sines_add(&mut out);
                        out
                    })
                    .collect();
                assert_eq!(first.get_or_insert(blocks.clone()), &blocks, "{choice:?} at {hz} Hz");
            }
            simd::force(simd::Choice::Best);
        }
    }

    #[test]
    fn the_bank_is_the_sum_of_its_scalar_waves() {
        let mut bank = bank(1, 1_234.0);
        bank.snap();
        let (phase, step, gain) = (bank.phase[0], bank.step[0], bank.left[0]);
        let mut out = Stereo::SILENCE;
        bank.saws_add(&mut out);
        bank.sines_add(&mut out);
        for t in 0..QUANTUM as u32 {
            let first = phase.wrapping_add(step.wrapping_mul(t + 1));
            let second = phase.wrapping_add(step.wrapping_mul(t + 33));
            let expected = saw(first, step) * gain + sine(second) * gain;
            assert!((out.channels[0][t as usize] - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn the_sine_is_a_sine() {
        for i in 0..100_000u32 {
            let phase = i.wrapping_mul(42_949);
            let exact = (phase as f64 / 4_294_967_296.0 * std::f64::consts::TAU).sin();
            assert!((sine(phase) as f64 - exact).abs() < 3e-7, "{phase}: {} {exact}", sine(phase));
        }
    }

    #[test]
    fn the_rounded_saw_aliases_less_than_the_sharp_one() {
        // 4 kHz does not divide the rate: everything off the harmonics is alias. Power outside the 5 harmonics, by
        // subtracting each harmonic's projection.
        let (hz, rate, frames) = (4_100.0f32, 48_000.0f32, 48_000usize);
        let step = step_of(hz, rate);
        let alias = |wave: &dyn Fn(u32) -> f32| {
            let samples: Vec<f64> = (0..frames).map(|i| wave(step.wrapping_mul(i as u32)) as f64).collect();
            let total: f64 = samples.iter().map(|x| x * x).sum::<f64>() / frames as f64;
            let harmonics: f64 = (1..=5)
                .map(|n| {
                    let turn = |i: usize| {
                        (step as f64 * n as f64 * i as f64 / 4_294_967_296.0) * std::f64::consts::TAU
                    };
                    let (mut re, mut im) = (0.0, 0.0);
                    for (i, x) in samples.iter().enumerate() {
                        re += x * turn(i).cos();
                        im += x * turn(i).sin();
                    }
                    2.0 * (re * re + im * im) / (frames as f64 * frames as f64)
                })
                .sum();
            10.0 * ((total - harmonics) / harmonics).log10()
        };
        let sharp = alias(&|phase| phase as i32 as f32 * TO_UNIT);
        let rounded = alias(&|phase| saw(phase, step));
        assert!(rounded < sharp - 12.0 && rounded < -20.0, "sharp {sharp:.1} dB, rounded {rounded:.1} dB");
    }

    #[test]
    fn pulses_carry_no_offset() {
        let mut bank = Bank { count: 1, ..Bank::default() };
        (bank.step[0], bank.left[0], bank.right[0]) = (step_of(480.0, 48_000.0), 1.0, 1.0);
        bank.snap();
        let mut sum = 0.0f64;
        for _ in 0..1500 {
            let mut out = Stereo::SILENCE;
            bank.pulses_add(0.2, &mut out);
            sum += out.channels[0].iter().map(|&x| x as f64).sum::<f64>();
        }
        assert!((sum / 48_000.0).abs() < 1e-3, "{sum}");
    }
}
