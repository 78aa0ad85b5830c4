//! A bank of resonances side by side: the body of a violin, the throat of a singer, the bell of a horn.
//! Source: trapezoidal state-variable band-passes (Simper 2013) in matrix form, s' = A s + b x, summed in parallel.
//! In/out: two channels in place; each resonance has peak gain `gain` at `hz`. Lanes are resonances, so eight cost as
//! much as one: about 5 ns per frame at AVX2.

use super::simd::{kernel, sums, sums4};
use super::{denormal, math};
use crate::instrument::Stereo;
use crate::units::QUANTUM;
use fearless_simd::prelude::*;
use fearless_simd::{f32x4, f32x8};

/// Resonances of one bank.
pub const RESONANCES: usize = 8;

/// Resonances that fit into half a vector, both channels into a whole one.
const HALF: usize = RESONANCES / 2;

/// One resonance.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Resonance {
    /// Centre, Hz.
    pub hz: f32,
    /// Width at -3 dB, Hz.
    pub width_hz: f32,
    /// Gain at the centre.
    pub gain: f32,
}

/// The bank. Coefficients change at block edges, gains move in a straight line over a block.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
pub struct Resonators {
    a11: [f32; RESONANCES],
    a12: [f32; RESONANCES],
    a22: [f32; RESONANCES],
    b2: [f32; RESONANCES],
    gain_from: [f32; RESONANCES],
    gain: [f32; RESONANCES],
    state: [[[f32; RESONANCES]; 2]; 2],
    settled: bool,
    /// What each resonance was made from.
    made_from: [Resonance; RESONANCES],
    /// True once more than half of the bank is in use.
    wide: bool,
}

impl Resonators {
    /// Aims at a set of resonances, at most [`RESONANCES`]; the rest stay mute.
    pub fn set(&mut self, resonances: &[Resonance], rate_hz: f32) {
        for i in 0..RESONANCES {
            let Some(wanted) = resonances.get(i) else {
                self.gain[i] = 0.0;
                self.made_from[i] = Resonance::default();
                continue;
            };
            if *wanted == self.made_from[i] {
                continue;
            }
            self.made_from[i] = *wanted;
            self.wide |= i >= HALF;
            // Above the band there is nothing to resonate with: mute rather than fold.
            let audible = wanted.hz < 0.44 * rate_hz;
            let g = math::tan_half_cycles((wanted.hz / rate_hz).clamp(1.0e-6, 0.44));
            let k = (wanted.width_hz / wanted.hz.max(1.0)).clamp(0.005, 10.0);
            let a1 = 1.0 / (1.0 + g * (g + k));
            let (a2, a3) = (g * a1, g * g * a1);
            (self.a11[i], self.a12[i], self.a22[i], self.b2[i]) =
                (2.0 * a1 - 1.0, 2.0 * a2, 1.0 - 2.0 * a3, 2.0 * a3);
            // Half, because the band-pass is read as the mean of the state before and after.
            self.gain[i] = if audible { 0.5 * k * wanted.gain } else { 0.0 };
        }
        if !self.settled {
            self.gain_from = self.gain;
            self.settled = true;
        }
    }

    /// Replaces a block by `direct` times itself plus its resonances.
    pub fn process(&mut self, direct: f32, block: &mut Stereo) {
        if self.wide {
            kernel!(s => self.run(s, direct, block));
        } else {
            kernel!(s => self.run_half(s, direct, block));
        }
        denormal::flush_all(self.state.as_flattened_mut().as_flattened_mut());
        self.gain_from = self.gain;
    }

    /// [`Resonators::run`] while the upper half of the bank is mute: the channels are the halves of one vector.
    #[inline(always)]
    fn run_half<S: Simd>(&mut self, s: S, direct: f32, block: &mut Stereo) {
        let load = |values: &[f32; RESONANCES]| {
            let half = f32x4::from_slice(s, &values[..HALF]);
            half.combine(half)
        };
        let both = |values: &[[[f32; RESONANCES]; 2]; 2], k: usize| {
            f32x4::from_slice(s, &values[0][k][..HALF]).combine(f32x4::from_slice(s, &values[1][k][..HALF]))
        };
        let (a11, a12, a22, b2) = (load(&self.a11), load(&self.a12), load(&self.a22), load(&self.b2));
        let mut gain = load(&self.gain_from);
        let rise = (load(&self.gain) - gain) * f32x8::splat(s, 1.0 / QUANTUM as f32);
        let (mut s1, mut s2) = (both(&self.state, 0), both(&self.state, 1));
        let direct = f32x4::splat(s, direct);
        let [left, right] = &mut block.channels;
        for (left, right) in left.as_chunks_mut::<4>().0.iter_mut().zip(right.as_chunks_mut::<4>().0) {
            let mut rung = [[direct; 4]; 2];
            for t in 0..4 {
                gain += rise;
                let x = f32x4::splat(s, left[t]).combine(f32x4::splat(s, right[t]));
                let (n1, n2) = (a11 * s1 + (a12 * x - a12 * s2), a22 * s2 + (b2 * x + a12 * s1));
                (rung[0][t], rung[1][t]) = (gain * (s1 + n1)).split();
                (s1, s2) = (n1, n2);
            }
            (f32x4::load_array_ref(s, left) * direct + sums4(rung[0])).store_array(left);
            (f32x4::load_array_ref(s, right) * direct + sums4(rung[1])).store_array(right);
        }
        for (k, state) in [s1, s2].into_iter().enumerate() {
            let (l, r) = state.split();
            l.store_slice(&mut self.state[0][k][..HALF]);
            r.store_slice(&mut self.state[1][k][..HALF]);
        }
    }

    #[inline(always)]
    fn run<S: Simd>(&mut self, s: S, direct: f32, block: &mut Stereo) {
        let load = |values: &[f32; RESONANCES]| f32x8::from_slice(s, values);
        let (a11, a12, a22, b2) = (load(&self.a11), load(&self.a12), load(&self.a22), load(&self.b2));
        let mut gain = load(&self.gain_from);
        let rise = (load(&self.gain) - gain) * f32x8::splat(s, 1.0 / QUANTUM as f32);
        let [[l1, l2], [r1, r2]] = &self.state;
        let (mut l1, mut l2, mut r1, mut r2) = (load(l1), load(l2), load(r1), load(r2));
        let direct = f32x4::splat(s, direct);
        let [left, right] = &mut block.channels;
        for (left, right) in left.as_chunks_mut::<4>().0.iter_mut().zip(right.as_chunks_mut::<4>().0) {
            let mut rung = [[gain; 4]; 2];
            for t in 0..4 {
                gain += rise;
                let (x, z) = (f32x8::splat(s, left[t]), f32x8::splat(s, right[t]));
                // One product and two sums from state to state.
                let (m1, m2) = (a11 * l1 + (a12 * x - a12 * l2), a22 * l2 + (b2 * x + a12 * l1));
                let (n1, n2) = (a11 * r1 + (a12 * z - a12 * r2), a22 * r2 + (b2 * z + a12 * r1));
                rung[0][t] = gain * (l1 + m1);
                rung[1][t] = gain * (r1 + n1);
                (l1, l2, r1, r2) = (m1, m2, n1, n2);
            }
            (f32x4::load_array_ref(s, left) * direct + sums(rung[0])).store_array(left);
            (f32x4::load_array_ref(s, right) * direct + sums(rung[1])).store_array(right);
        }
        for (channel, values) in self.state.iter_mut().zip([[l1, l2], [r1, r2]]) {
            for (state, value) in channel.iter_mut().zip(values) {
                value.store_slice(state);
            }
        }
    }

    /// True when nothing rings audibly any more.
    pub fn is_silent(&self) -> bool {
        self.state.as_flattened().as_flattened().iter().all(|state| state.abs() < crate::units::SILENCE_GAIN)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the platform's functions are the slow reference")]
mod tests {
    use super::*;
    use crate::dsp::simd;

    #[test]
    fn the_measured_response_is_the_analytic_one() {
        let rate = 48_000.0f64;
        let resonances = [
            Resonance { hz: 280.0, width_hz: 40.0, gain: 1.5 },
            Resonance { hz: 1_000.0, width_hz: 300.0, gain: 0.7 },
            Resonance { hz: 2_600.0, width_hz: 900.0, gain: -1.2 },
        ];
        let mut bank = Resonators::default();
        bank.set(&resonances, rate as f32);
        let mut impulse = Vec::new();
        for block in 0..1500 {
            let mut sound = Stereo::SILENCE;
            if block == 0 {
                sound.channels[1][0] = 1.0;
            }
            bank.process(0.5, &mut sound);
            assert_eq!(sound.channels[0], [0.0; QUANTUM]);
            impulse.extend_from_slice(&sound.channels[1]);
        }
        for hz in [100.0, 270.0, 500.0, 1_050.0, 2_500.0, 8_000.0] {
            let (mut re, mut im) = (0.0, 0.0);
            for (i, &x) in impulse.iter().enumerate() {
                let angle = std::f64::consts::TAU * hz * i as f64 / rate;
                re += x as f64 * angle.cos();
                im -= x as f64 * angle.sin();
            }
            let tan = |f: f64| (std::f64::consts::PI * f / rate).tan();
            let (mut exact_re, mut exact_im) = (0.5, 0.0);
            for r in &resonances {
                let (w, k) = (tan(hz) / tan(r.hz as f64), (r.width_hz / r.hz) as f64);
                // k s / (1 + k s + s²) at s = iw.
                let (a, b) = (1.0 - w * w, k * w);
                let power = a * a + b * b;
                exact_re += r.gain as f64 * b * b / power;
                exact_im += r.gain as f64 * a * b / power;
            }
            assert!(
                (re - exact_re).abs() < 2e-3 && (im - exact_im).abs() < 2e-3,
                "{hz}: {re} {im}, {exact_re} {exact_im}"
            );
        }
    }

    #[test]
    fn every_level_gives_the_same_bits() {
        let mut first: Option<Vec<Stereo>> = None;
        for choice in simd::CHOICES {
            simd::force(choice);
            let mut bank = Resonators::default();
            let sound: Vec<Stereo> = (0..40)
                .map(|block| {
                    let hz = 300.0 + 20.0 * block as f32;
                    let resonances = [1.0, 1.5, 2.1, 3.3, 7.0].map(|ratio| Resonance {
                        hz: hz * ratio,
                        width_hz: 80.0,
                        gain: 1.0 / ratio,
                    });
                    bank.set(&resonances, 48_000.0);
                    let mut sound = Stereo::SILENCE;
                    sound.channels[0] =
                        std::array::from_fn(|i| (i as f32 * 0.7 + block as f32).fract() - 0.5);
                    sound.channels[1][3] = 1.0;
                    bank.process(0.1, &mut sound);
                    sound
                })
                .collect();
            assert_eq!(first.get_or_insert(sound.clone()), &sound, "{choice:?}");
        }
        simd::force(simd::Choice::Best);
    }
}
