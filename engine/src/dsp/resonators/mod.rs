//! A bank of resonances side by side: the body of a violin, the throat of a singer, the bell of a horn.
//! Source: trapezoidal state-variable band-passes (Simper 2013) in matrix form, s' = A s + b x, summed in parallel.
//! In/out: two channels in place; each resonance has peak gain `gain` at `hz`. Lanes are resonances, so eight cost as
//! much as one: about 5 ns per frame at AVX2, or 3 beside another bank. Several banks of five go `across`.

mod across;

use super::real::Real;
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
    /// Resonances from here on have never been in use.
    used: usize,
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
            self.used = self.used.max(i + 1);
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
        run_each([self], direct, [block]);
    }

    /// [`Resonators::process`] of several voices, each with its block: they hide each other's latency.
    pub fn process_each<'a>(direct: f32, pairs: impl Iterator<Item = (&'a mut Resonators, &'a mut Stereo)>) {
        let mut pairs = pairs.fuse();
        while let Some(first) = pairs.next() {
            match (pairs.next(), pairs.next(), pairs.next()) {
                (Some(second), Some(third), Some(fourth)) => four(direct, [first, second, third, fourth]),
                (Some(second), Some(third), None) => {
                    let idle = (
                        &mut Resonators { used: third.0.used, ..Resonators::default() },
                        &mut Stereo::SILENCE.clone(),
                    );
                    four(direct, [first, second, third, idle]);
                }
                (Some(second), ..) => two(direct, first, second),
                _ => first.0.process(direct, first.1),
            }
        }
    }

    fn is_wide(&self) -> bool {
        self.used > HALF
    }

    /// True when nothing rings audibly any more.
    pub fn is_silent(&self) -> bool {
        self.state.as_flattened().as_flattened().iter().all(|state| state.abs() < crate::units::SILENCE_GAIN)
    }
}

/// Four banks with their blocks.
fn four(direct: f32, pairs: [(&mut Resonators, &mut Stereo); 4]) {
    let all_five = pairs.iter().all(|(bank, _)| bank.used == across::FIVE);
    let [(a, x), (b, y), (c, z), (d, w)] = pairs;
    if all_five {
        kernel!(s => across::run::<_, f32x8<_>, 4>(s, [a, b, c, d], direct, [x, y, z, w]));
    } else {
        two(direct, (a, x), (b, y));
        two(direct, (c, z), (d, w));
    }
}

/// Two banks with their blocks.
fn two(direct: f32, (a, x): (&mut Resonators, &mut Stereo), (b, y): (&mut Resonators, &mut Stereo)) {
    if a.is_wide() == b.is_wide() {
        run_each([a, b], direct, [x, y]);
    } else {
        a.process(direct, x);
        b.process(direct, y);
    }
}

/// Banks of one width, side by side.
fn run_each<const N: usize>(mut banks: [&mut Resonators; N], direct: f32, mut blocks: [&mut Stereo; N]) {
    if banks[0].is_wide() {
        kernel!(s => run(s, &mut banks, direct, &mut blocks));
    } else {
        kernel!(s => run_half(s, &mut banks, direct, &mut blocks));
    }
    for bank in banks {
        denormal::flush_all(bank.state.as_flattened_mut().as_flattened_mut());
        bank.gain_from = bank.gain;
    }
}

/// What resonances compute with, in lanes of resonances or of channels; `rise` is that of `gain` per frame.
#[derive(Clone, Copy)]
struct Course<V> {
    a11: V,
    a12: V,
    a22: V,
    b2: V,
    gain: V,
    rise: V,
}

impl<S: Simd> Course<f32x8<S>> {
    /// That of a bank, each of its rows loaded by `load`.
    #[inline(always)]
    fn new(s: S, bank: &Resonators, load: impl Fn(S, &[f32; RESONANCES]) -> f32x8<S>) -> Course<f32x8<S>> {
        let gain = load(s, &bank.gain_from);
        Course {
            a11: load(s, &bank.a11),
            a12: load(s, &bank.a12),
            a22: load(s, &bank.a22),
            b2: load(s, &bank.b2),
            gain,
            rise: (load(s, &bank.gain) - gain) * f32x8::splat(s, 1.0 / QUANTUM as f32),
        }
    }
}

impl<V: Real> Course<V> {
    /// The gain of the coming frame.
    #[inline(always)]
    fn advance(&mut self) {
        self.gain = self.gain + self.rise;
    }

    /// One frame: what rings. One product and two sums from state to state.
    #[inline(always)]
    fn next(&self, x: V, [s1, s2]: &mut [V; 2]) -> V {
        let n1 = self.a11 * *s1 + self.a12 * (x - *s2);
        let n2 = self.a22 * *s2 + (self.b2 * x + self.a12 * *s1);
        let rung = self.gain * (*s1 + n1);
        (*s1, *s2) = (n1, n2);
        rung
    }
}

#[inline(always)]
fn whole<S: Simd>(s: S, values: &[f32; RESONANCES]) -> f32x8<S> {
    f32x8::load_array_ref(s, values)
}

#[inline(always)]
fn twice<S: Simd>(s: S, values: &[f32; RESONANCES]) -> f32x8<S> {
    let half = f32x4::from_slice(s, &values[..HALF]);
    half.combine(half)
}

/// [`run`] while the upper half of the banks is mute: the channels are the halves of one vector.
#[inline(always)]
fn run_half<S: Simd, const N: usize>(
    s: S,
    banks: &mut [&mut Resonators; N],
    direct: f32,
    blocks: &mut [&mut Stereo; N],
) {
    let nothing = f32x8::splat(s, 0.0);
    let mut courses = [Course::new(s, banks[0], twice); N];
    let mut states = [[nothing; 2]; N];
    for n in 0..N {
        courses[n] = Course::new(s, banks[n], twice);
        let [left, right] = &banks[n].state;
        for ((state, left), right) in states[n].iter_mut().zip(left).zip(right) {
            *state = f32x4::from_slice(s, &left[..HALF]).combine(f32x4::from_slice(s, &right[..HALF]));
        }
    }
    let direct = f32x4::splat(s, direct);
    for four in 0..QUANTUM / 4 {
        let mut rung = [[[direct; 4]; 2]; N];
        for t in 0..4 {
            for n in 0..N {
                let [left, right] = &blocks[n].channels;
                let x = f32x4::splat(s, left[4 * four + t]).combine(f32x4::splat(s, right[4 * four + t]));
                courses[n].advance();
                (rung[n][0][t], rung[n][1][t]) = courses[n].next(x, &mut states[n]).split();
            }
        }
        for n in 0..N {
            for (channel, rung) in blocks[n].channels.iter_mut().zip(rung[n]) {
                let frames = &mut channel.as_chunks_mut::<4>().0[four];
                (f32x4::load_array_ref(s, frames) * direct + sums4(rung)).store_array(frames);
            }
        }
    }
    for (bank, states) in banks.iter_mut().zip(states) {
        let [left, right] = &mut bank.state;
        for ((state, left), right) in states.into_iter().zip(left).zip(right) {
            let (low, high) = state.split();
            low.store_slice(&mut left[..HALF]);
            high.store_slice(&mut right[..HALF]);
        }
    }
}

/// Lanes are resonances; the channels are two recursions side by side.
#[inline(always)]
fn run<S: Simd, const N: usize>(
    s: S,
    banks: &mut [&mut Resonators; N],
    direct: f32,
    blocks: &mut [&mut Stereo; N],
) {
    let nothing = f32x8::splat(s, 0.0);
    let mut courses = [Course::new(s, banks[0], whole); N];
    let mut states = [[[nothing; 2]; 2]; N];
    for n in 0..N {
        courses[n] = Course::new(s, banks[n], whole);
        for (state, values) in states[n].as_flattened_mut().iter_mut().zip(banks[n].state.as_flattened()) {
            *state = whole(s, values);
        }
    }
    let direct = f32x4::splat(s, direct);
    for four in 0..QUANTUM / 4 {
        let mut rung = [[[nothing; 4]; 2]; N];
        for t in 0..4 {
            for n in 0..N {
                let [left, right] = &blocks[n].channels;
                let (x, z) = (f32x8::splat(s, left[4 * four + t]), f32x8::splat(s, right[4 * four + t]));
                courses[n].advance();
                rung[n][0][t] = courses[n].next(x, &mut states[n][0]);
                rung[n][1][t] = courses[n].next(z, &mut states[n][1]);
            }
        }
        for n in 0..N {
            for (channel, rung) in blocks[n].channels.iter_mut().zip(rung[n]) {
                let frames = &mut channel.as_chunks_mut::<4>().0[four];
                (f32x4::load_array_ref(s, frames) * direct + sums(rung)).store_array(frames);
            }
        }
    }
    for (bank, states) in banks.iter_mut().zip(states) {
        for (state, values) in states.as_flattened().iter().zip(bank.state.as_flattened_mut()) {
            state.store_array(values);
        }
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
    fn banks_abreast_give_the_bits_of_banks_alone() {
        let bank = |voice: usize| {
            let mut bank = Resonators::default();
            bank.set(
                &[1.0, 1.5, 2.1, 3.3, 7.0].map(|ratio| Resonance {
                    hz: (200.0 + 70.0 * voice as f32) * ratio,
                    width_hz: 80.0,
                    gain: 1.0 / ratio,
                }),
                48_000.0,
            );
            bank
        };
        let block = |voice: usize, at: usize| {
            let frame = |i: usize| ((i + 32 * at) as f32 * (0.7 + 0.1 * voice as f32)).fract() - 0.5;
            Stereo { channels: [std::array::from_fn(frame), std::array::from_fn(|i| frame(i + 9))] }
        };
        for choice in simd::CHOICES {
            simd::force(choice);
            for count in 1..=6 {
                let mut alone: Vec<Resonators> = (0..count).map(bank).collect();
                let mut abreast = alone.clone();
                for at in 0..30 {
                    let mut sounds: Vec<Stereo> = (0..count).map(|voice| block(voice, at)).collect();
                    let mut expected = sounds.clone();
                    alone.iter_mut().zip(&mut expected).for_each(|(bank, sound)| bank.process(0.1, sound));
                    Resonators::process_each(0.1, abreast.iter_mut().zip(&mut sounds));
                    assert_eq!(sounds, expected, "{choice:?}, {count} banks");
                }
            }
        }
        simd::force(simd::Choice::Best);
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
