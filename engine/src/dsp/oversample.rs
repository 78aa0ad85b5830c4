//! Bends a wave at twice the sample rate, so that the harmonics it makes do not fold back into hearing.
//! Source: half-band filter, a sinc under a Kaiser window (β 8, 80 dB), both ways in polyphase form (Vaidyanathan 1990).
//! In/out: one channel in place, [`DELAY`] frames late. Lanes run along time. Cost: about 3 ns per frame.

use super::denormal;
use super::simd::vectorised;
use crate::units::QUANTUM;

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
    /// Replaces a block by what `bend` makes of it at twice the rate.
    #[inline(always)]
    pub fn process(&mut self, block: &mut [f32; QUANTUM], bend: impl Fn(f32) -> f32) {
        vectorised!(self.run(block, &bend));
        denormal::flush_all(&mut self.input);
    }

    #[inline(always)]
    fn run(&mut self, block: &mut [f32; QUANTUM], bend: &impl Fn(f32) -> f32) {
        let input = joined(&self.input, block);
        let (mut even, mut odd) = ([0.0; PAST + QUANTUM], [0.0; PAST + QUANTUM]);
        even[..PAST].copy_from_slice(&self.even);
        odd[..PAST].copy_from_slice(&self.odd);
        for t in 0..QUANTUM {
            // Between two frames the wave is the sinc's; on a frame it is the frame.
            even[PAST + t] = bend(input[t + PAST - SIDE]);
            odd[PAST + t] = bend(2.0 * between(&input, t + PAST - SIDE));
        }
        for (t, out) in block.iter_mut().enumerate() {
            *out = 0.5 * even[t + PAST - SIDE + 1] + between(&odd, t + PAST - SIDE);
        }
        self.input.copy_from_slice(&input[QUANTUM..]);
        self.even.copy_from_slice(&even[QUANTUM..]);
        self.odd.copy_from_slice(&odd[QUANTUM..]);
    }
}

#[inline(always)]
fn joined(past: &[f32; PAST], block: &[f32; QUANTUM]) -> [f32; PAST + QUANTUM] {
    let mut joined = [0.0; PAST + QUANTUM];
    joined[..PAST].copy_from_slice(past);
    joined[PAST..].copy_from_slice(block);
    joined
}

/// Half the wave between frames `at` and `at + 1`.
#[inline(always)]
fn between(wave: &[f32; PAST + QUANTUM], at: usize) -> f32 {
    let mut sum = 0.0;
    for (k, tap) in TAPS.iter().enumerate() {
        sum += tap * (wave[at - k] + wave[at + 1 + k]);
    }
    sum
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the platform's functions are the slow reference")]
mod tests {
    use super::*;
    use crate::dsp::math;

    fn through(bend: impl Fn(f32) -> f32 + Copy, hz: f64, gain: f64) -> Vec<f32> {
        let mut over = Oversampler::default();
        let mut sound = Vec::new();
        for quantum in 0..400 {
            let mut block = std::array::from_fn(|t| {
                let turns = hz * (quantum * QUANTUM + t) as f64 / 48_000.0;
                (gain * (std::f64::consts::TAU * turns).sin()) as f32
            });
            over.process(&mut block, bend);
            sound.extend_from_slice(&block);
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
            let sound = through(|x| x, hz, 0.5);
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
        let bent = through(|x| math::tanh(6.0 * x), 5_000.0, 1.0);
        let plain: Vec<f32> = through(|x| x, 5_000.0, 1.0).iter().map(|&x| math::tanh(6.0 * x)).collect();
        let (folded, before) = (level_db(&bent, 13_000.0), level_db(&plain, 13_000.0));
        assert!(folded < before - 40.0, "{folded} dB of {before}");
        assert!((level_db(&bent, 15_000.0) - level_db(&plain, 15_000.0)).abs() < 1.0);
    }
}
