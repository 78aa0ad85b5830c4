//! Bends a wave at twice the sample rate, so that the harmonics it makes do not fold back into hearing.
//! Source: half-band filter, a sinc under a Kaiser window (β 8, 80 dB), both ways in polyphase form (Vaidyanathan 1990).
//! In/out: two channels in place, [`DELAY`] frames late. Lanes run along time. Cost: about 5 ns per frame.

use super::denormal;
use super::simd::kernel;
use crate::instrument::Stereo;
use crate::units::QUANTUM;
use fearless_simd::f32x8;
use fearless_simd::prelude::*;

/// Taps on either side of the middle, at odd distances; even ones are nought.
const SIDE: usize = 8;

/// sin(πk/2)/(πk) · I0(8 √(1 − (k/16)²)) / I0(8) for k = 1, 3 … 15, scaled to a sum of a quarter.
const TAPS: [f32; SIDE] =
    [0.31368938, -0.09292652, 0.04379779, -0.02145662, 0.00976840, -0.00382545, 0.00115672, -0.00020371];

/// Frames a sound is late: 15 taps at twice the rate, there and back.
pub const DELAY: usize = 15;

/// What came before a block, for both ways.
const PAST: usize = 2 * SIDE;

/// One channel's memory.
#[derive(Clone, Copy, Debug)]
pub struct Oversampler {
    input: [f32; PAST],
    even: [f32; PAST],
    odd: [f32; PAST],
}

impl Default for Oversampler {
    fn default() -> Oversampler {
        Oversampler { input: [0.0; PAST], even: [0.0; PAST], odd: [0.0; PAST] }
    }
}

impl Oversampler {
    /// Replaces both channels of a block by what `bend` makes of them at twice the rate. Each way is walked by both
    /// before the next, so that neither waits for what it has just written.
    #[inline]
    pub fn process_pair(pair: &mut [Oversampler; 2], block: &mut Stereo, bend: &impl Bend) {
        kernel!(s => run_pair(s, pair, block, bend));
    }

    /// The way to twice the rate and along the curve: even frames and odd ones, after those that came before.
    #[inline(always)]
    fn up<S: Simd>(&mut self, s: S, block: &[f32; QUANTUM], bend: &impl Bend) -> [[f32; PAST + QUANTUM]; 2] {
        let input = joined(&self.input, block);
        let (mut even, mut odd) = ([0.0; PAST + QUANTUM], [0.0; PAST + QUANTUM]);
        even[..PAST].copy_from_slice(&self.even);
        odd[..PAST].copy_from_slice(&self.odd);
        let two = f32x8::splat(s, 2.0);
        for t in (0..QUANTUM).step_by(LANES) {
            // Between two frames the wave is the sinc's; on a frame it is the frame.
            let at = t + PAST - SIDE;
            bend.bend(frames(s, &input, at)).store_slice(&mut even[PAST + t..PAST + t + LANES]);
            bend.bend(two * between(s, &input, at)).store_slice(&mut odd[PAST + t..PAST + t + LANES]);
        }
        self.input.copy_from_slice(&input[QUANTUM..]);
        denormal::flush_all(&mut self.input);
        [even, odd]
    }

    /// The way back.
    #[inline(always)]
    fn down<S: Simd>(&mut self, s: S, [even, odd]: &[[f32; PAST + QUANTUM]; 2], block: &mut [f32; QUANTUM]) {
        let half = f32x8::splat(s, 0.5);
        for (eight, out) in block.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            let at = eight * LANES + PAST - SIDE;
            (half * frames(s, even, at + 1) + between(s, odd, at)).store_array(out);
        }
        self.even.copy_from_slice(&even[QUANTUM..]);
        self.odd.copy_from_slice(&odd[QUANTUM..]);
    }
}

#[inline(always)]
fn run_pair<S: Simd>(s: S, pair: &mut [Oversampler; 2], block: &mut Stereo, bend: &impl Bend) {
    let ([left, right], [left_block, right_block]) = (pair, &mut block.channels);
    let left_bent = left.up(s, left_block, bend);
    let right_bent = right.up(s, right_block, bend);
    left.down(s, &left_bent, left_block);
    right.down(s, &right_bent, right_block);
}

/// A curve without memory that a wave is bent along, some frames at a time.
pub trait Bend {
    /// The curve.
    fn bend<S: Simd>(&self, x: f32x8<S>) -> f32x8<S>;
}

/// Frames of one vector.
const LANES: usize = 8;

#[inline(always)]
fn joined(past: &[f32; PAST], block: &[f32; QUANTUM]) -> [f32; PAST + QUANTUM] {
    let mut joined = [0.0; PAST + QUANTUM];
    joined[..PAST].copy_from_slice(past);
    joined[PAST..].copy_from_slice(block);
    joined
}

#[inline(always)]
fn frames<S: Simd>(s: S, wave: &[f32; PAST + QUANTUM], at: usize) -> f32x8<S> {
    f32x8::from_slice(s, &wave[at..at + LANES])
}

/// Half the wave between frames `at` and `at + 1`, and between those that follow.
#[inline(always)]
fn between<S: Simd>(s: S, wave: &[f32; PAST + QUANTUM], at: usize) -> f32x8<S> {
    let mut sum = f32x8::splat(s, 0.0);
    for (k, &tap) in TAPS.iter().enumerate() {
        sum += f32x8::splat(s, tap) * (frames(s, wave, at - k) + frames(s, wave, at + 1 + k));
    }
    sum
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the platform's functions are the slow reference")]
mod tests {
    use super::*;
    use crate::dsp::math;

    /// `tanh` of so many times the wave; nought leaves it as it is.
    struct Clip(f32);

    impl Bend for Clip {
        #[inline(always)]
        fn bend<S: Simd>(&self, x: f32x8<S>) -> f32x8<S> {
            if self.0 == 0.0 { x } else { math::tanh(f32x8::splat(x.token(), self.0) * x) }
        }
    }

    fn through(bend: &Clip, hz: f64, gain: f64) -> Vec<f32> {
        let mut over = [Oversampler::default(); 2];
        let mut sound = Vec::new();
        for quantum in 0..400 {
            let wave: [f32; QUANTUM] = std::array::from_fn(|t| {
                let turns = hz * (quantum * QUANTUM + t) as f64 / 48_000.0;
                (gain * (std::f64::consts::TAU * turns).sin()) as f32
            });
            let mut block = Stereo { channels: [wave; 2] };
            Oversampler::process_pair(&mut over, &mut block, bend);
            let [left, right] = block.channels;
            assert_eq!(left, right, "a channel hears the other");
            sound.extend_from_slice(&left);
        }
        sound
    }

    /// Level of one frequency, dB.
    fn level_db(sound: &[f32], hz: f64) -> f64 {
        let (mut re, mut im) = (0.0, 0.0);
        let frames = &sound[1_600..1_600 + 9_600];
        for (n, &x) in frames.iter().enumerate() {
            let hann = 0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / frames.len() as f64).cos();
            let angle = std::f64::consts::TAU * hz * n as f64 / 48_000.0;
            re += hann * f64::from(x) * angle.cos();
            im += hann * f64::from(x) * angle.sin();
        }
        20.0 * (4.0 * (re * re + im * im).sqrt() / frames.len() as f64 + 1e-12).log10()
    }

    #[test]
    fn what_is_not_bent_only_comes_late() {
        for hz in [40.0, 1_000.0, 12_000.0] {
            let sound = through(&Clip(0.0), hz, 0.5);
            for (n, &x) in sound.iter().enumerate().skip(100) {
                let turns = hz * (n - DELAY) as f64 / 48_000.0;
                let exact = 0.5 * (std::f64::consts::TAU * turns).sin();
                assert!((f64::from(x) - exact).abs() < 1e-3, "{hz} Hz, frame {n}: {x} for {exact}");
            }
        }
    }

    #[test]
    fn harmonics_do_not_fold() {
        // The fifth to ninth harmonics of 5 kHz lie at 25, 35 and 45 kHz: at the plain rate they fold to 23, 13 and 3.
        let bent = through(&Clip(6.0), 5_000.0, 1.0);
        let plain: Vec<f32> =
            through(&Clip(0.0), 5_000.0, 1.0).iter().map(|&x| math::tanh(6.0 * x)).collect();
        let (folded, before) = (level_db(&bent, 13_000.0), level_db(&plain, 13_000.0));
        assert!(folded < before - 40.0, "{folded} dB of {before}");
        assert!((level_db(&bent, 15_000.0) - level_db(&plain, 15_000.0)).abs() < 1.0);
    }
}
