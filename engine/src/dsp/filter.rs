//! Filters of voices: one state-variable section for all responses, and a one-pole, both for two channels at once.
//! Source: Simper, "Linear Trapezoidal Integrated State Variable Filter" (Cytomic 2013), the trapezoidal form with
//! output mix. In/out: cutoff in Hz, held below 0.45 of the sample rate; blocks in place.
//! Cost: about 5 ns per frame for both channels (one recursion's latency).

use super::simd::kernel;
use super::{denormal, math};
use crate::instrument::Stereo;
use crate::units::QUANTUM;
use fearless_simd::f32x4;
use fearless_simd::prelude::*;

/// What a [`Filter`] does with the spectrum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Response {
    /// Passes below the cutoff, 12 dB per octave.
    Low,
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

/// Coefficients: four of the recursion s' = A s + b x (two appear twice), three of the output mix.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Coefficients {
    a11: f32,
    /// Also -a21.
    a12: f32,
    a22: f32,
    b2: f32,
    /// Gains of the input and of the two states' means.
    mix: [f32; 3],
}

impl Coefficients {
    #[inline(always)]
    fn map2(self, other: Coefficients, f: impl Fn(f32, f32) -> f32) -> Coefficients {
        Coefficients {
            a11: f(self.a11, other.a11),
            a12: f(self.a12, other.a12),
            a22: f(self.a22, other.a22),
            b2: f(self.b2, other.b2),
            mix: [f(self.mix[0], other.mix[0]), f(self.mix[1], other.mix[1]), f(self.mix[2], other.mix[2])],
        }
    }

    /// Rise per frame to another set within a block.
    #[inline(always)]
    fn rise_to(self, target: Coefficients) -> Coefficients {
        target.map2(self, |target, now| (target - now) * (1.0 / QUANTUM as f32))
    }

    #[inline(always)]
    fn advance(&mut self, rise: Coefficients) {
        *self = self.map2(rise, |now, rise| now + rise);
    }

    /// One frame of one channel. The long way through the recursion is one product and two sums.
    #[inline(always)]
    fn section(&self, x: f32, state: &mut [f32; 2]) -> f32 {
        let [s1, s2] = *state;
        let n1 = self.a11 * s1 + (self.a12 * x - self.a12 * s2);
        let n2 = self.a22 * s2 + (self.b2 * x + self.a12 * s1);
        *state = [n1, n2];
        self.mix[0] * x + self.mix[1] * (s1 + n1) + self.mix[2] * (s2 + n2)
    }
}

/// A second-order section for two channels whose coefficients move in a straight line over each block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    now: Coefficients,
    target: Coefficients,
    state: [[f32; 2]; 2],
    settled: bool,
}

impl Filter {
    /// Aims at a response for the end of the coming block; the first is taken at once. `q` 0.1..100.
    #[inline]
    pub fn set(&mut self, response: Response, cutoff_hz: f32, q: f32, sample_rate_hz: f32) {
        self.target = coefficients(response, cutoff_hz, q, sample_rate_hz);
        if !self.settled {
            self.now = self.target;
            self.settled = true;
        }
    }

    /// Filters a block of two channels in place.
    #[inline]
    pub fn process(&mut self, block: &mut Stereo) {
        kernel!(s => self.run(s, block));
    }

    /// Both channels in one vector: the way through the recursion is walked once.
    #[inline(always)]
    fn run<S: Simd>(&mut self, s: S, block: &mut Stereo) {
        let (now, rise) = (self.now, self.now.rise_to(self.target));
        let all = |x: f32| f32x4::splat(s, x);
        let (mut a11, mut a12, mut a22, mut b2) = (all(now.a11), all(now.a12), all(now.a22), all(now.b2));
        let [mut input, mut band, mut low] = now.mix.map(all);
        let (a11_rise, a12_rise, a22_rise, b2_rise) =
            (all(rise.a11), all(rise.a12), all(rise.a22), all(rise.b2));
        let [input_rise, band_rise, low_rise] = rise.mix.map(all);
        let [[l1, l2], [r1, r2]] = self.state;
        let (mut s1, mut s2) =
            (f32x4::from_slice(s, &[l1, r1, 0.0, 0.0]), f32x4::from_slice(s, &[l2, r2, 0.0, 0.0]));
        let [left, right] = &mut block.channels;
        for (left, right) in left.iter_mut().zip(right) {
            a11 += a11_rise;
            a12 += a12_rise;
            a22 += a22_rise;
            b2 += b2_rise;
            input += input_rise;
            band += band_rise;
            low += low_rise;
            let x = f32x4::from_slice(s, &[*left, *right, 0.0, 0.0]);
            let n1 = a11 * s1 + (a12 * x - a12 * s2);
            let n2 = a22 * s2 + (b2 * x + a12 * s1);
            let y: [f32; 4] = (input * x + band * (s1 + n1) + low * (s2 + n2)).into();
            (s1, s2) = (n1, n2);
            (*left, *right) = (y[0], y[1]);
        }
        let (s1, s2): ([f32; 4], [f32; 4]) = (s1.into(), s2.into());
        self.finish([[s1[0], s2[0]], [s1[1], s2[1]]]);
    }

    /// Filters a block of one channel in place (the left state).
    #[inline]
    pub fn process_mono(&mut self, block: &mut [f32; QUANTUM]) {
        let rise = self.now.rise_to(self.target);
        let mut c = self.now;
        let mut state = self.state[0];
        for sample in block {
            c.advance(rise);
            *sample = c.section(*sample, &mut state);
        }
        self.finish([state, self.state[1]]);
    }

    #[inline(always)]
    fn finish(&mut self, state: [[f32; 2]; 2]) {
        self.now = self.target;
        self.state = state.map(|channel| channel.map(denormal::flush));
    }
}

/// Two sections one after the other, 24 dB per octave when both are low-passes: little dearer than one, because both
/// run in the same loop and wait for their own recursion only.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cascade {
    sections: [Filter; 2],
}

impl Cascade {
    /// Aims both sections at a low-pass of one cutoff; each has its own `q`.
    #[inline]
    pub fn set_low(&mut self, cutoff_hz: f32, q: [f32; 2], sample_rate_hz: f32) {
        let g = warped(cutoff_hz, sample_rate_hz);
        for (section, q) in self.sections.iter_mut().zip(q) {
            section.target = from_prototype(g, 1.0 / q.clamp(0.1, 100.0), [0.0, 0.0, 1.0]);
            if !section.settled {
                section.now = section.target;
                section.settled = true;
            }
        }
    }

    /// Filters a block of two channels in place.
    #[inline]
    pub fn process(&mut self, block: &mut Stereo) {
        let [first, second] = &mut self.sections;
        let (rise_a, rise_b) = (first.now.rise_to(first.target), second.now.rise_to(second.target));
        let (mut a, mut b) = (first.now, second.now);
        let ([mut left_a, mut right_a], [mut left_b, mut right_b]) = (first.state, second.state);
        let [left, right] = &mut block.channels;
        for (left, right) in left.iter_mut().zip(right) {
            a.advance(rise_a);
            b.advance(rise_b);
            *left = b.section(a.section(*left, &mut left_a), &mut left_b);
            *right = b.section(a.section(*right, &mut right_a), &mut right_b);
        }
        first.finish([left_a, right_a]);
        second.finish([left_b, right_b]);
    }
}

#[inline(always)]
fn warped(cutoff_hz: f32, sample_rate_hz: f32) -> f32 {
    math::tan_half_cycles((cutoff_hz / sample_rate_hz).clamp(1.0e-6, 0.45))
}

fn coefficients(response: Response, cutoff_hz: f32, q: f32, sample_rate_hz: f32) -> Coefficients {
    let g = warped(cutoff_hz, sample_rate_hz);
    let k = 1.0 / q.clamp(0.1, 100.0);
    match response {
        Response::Low => from_prototype(g, k, [0.0, 0.0, 1.0]),
        Response::High => from_prototype(g, k, [1.0, -k, -1.0]),
        Response::Band => from_prototype(g, k, [0.0, k, 0.0]),
        Response::Bell(gain_db) => {
            let a = crate::units::db_to_gain(0.5 * gain_db);
            from_prototype(g, k / a, [1.0, k / a * (a * a - 1.0), 0.0])
        }
        Response::LowShelf(gain_db) => {
            let a = crate::units::db_to_gain(0.5 * gain_db);
            from_prototype(g / a.sqrt(), k, [1.0, k * (a - 1.0), a * a - 1.0])
        }
        Response::HighShelf(gain_db) => {
            let a = crate::units::db_to_gain(0.5 * gain_db);
            from_prototype(g * a.sqrt(), k, [a * a, k * (1.0 - a) * a, 1.0 - a * a])
        }
    }
}

/// The recursion of gain `g` and damping `k`; `mix` weighs input, band and low.
#[inline(always)]
fn from_prototype(g: f32, k: f32, mix: [f32; 3]) -> Coefficients {
    let a1 = 1.0 / (1.0 + g * (g + k));
    let (a2, a3) = (g * a1, g * g * a1);
    // Band and low are the means of the states before and after: half goes into the mix.
    Coefficients {
        a11: 2.0 * a1 - 1.0,
        a12: 2.0 * a2,
        a22: 1.0 - 2.0 * a3,
        b2: 2.0 * a3,
        mix: [mix[0], 0.5 * mix[1], 0.5 * mix[2]],
    }
}

/// Smooths two channels by 6 dB per octave above its cutoff.
#[derive(Clone, Copy, Debug, Default)]
pub struct OnePole {
    amount: f32,
    state: [f32; 2],
}

impl OnePole {
    /// Takes a cutoff at once.
    #[inline]
    pub fn set(&mut self, cutoff_hz: f32, sample_rate_hz: f32) {
        let g = math::tan_half_cycles((cutoff_hz / sample_rate_hz).clamp(1.0e-6, 0.45));
        self.amount = g / (1.0 + g);
    }

    /// Low-pass in place.
    #[inline]
    pub fn low(&mut self, block: &mut Stereo) {
        self.each(block, |_, low| low);
    }

    /// High-pass in place: what the low-pass takes away.
    #[inline]
    pub fn high(&mut self, block: &mut Stereo) {
        self.each(block, |x, low| x - low);
    }

    #[inline(always)]
    fn each(&mut self, block: &mut Stereo, output: impl Fn(f32, f32) -> f32) {
        let amount = self.amount;
        for (channel, state) in block.channels.iter_mut().zip(&mut self.state) {
            let mut s = *state;
            for sample in channel {
                let v = (*sample - s) * amount;
                let low = v + s;
                s = low + v;
                *sample = output(*sample, low);
            }
            *state = denormal::flush(s);
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the platform's functions are the slow reference")]
mod tests {
    use super::*;

    const RATE: f32 = 48_000.0;

    /// Measured gain in dB at a frequency: the projection of the impulse response on it.
    fn measured_db(hz: f64, mut process: impl FnMut(&mut Stereo)) -> f64 {
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

    #[test]
    fn a_one_pole_is_3_db_down_at_its_cutoff() {
        for cutoff_hz in [50.0, 1_000.0, 8_000.0] {
            let mut pole = OnePole::default();
            pole.set(cutoff_hz, RATE);
            let mut other = pole;
            assert!((measured_db(cutoff_hz as f64, |block| pole.low(block)) + 3.01).abs() < 0.03);
            assert!((measured_db(cutoff_hz as f64, |block| other.high(block)) + 3.01).abs() < 0.03);
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

    #[test]
    fn a_cascade_equals_its_sections_in_a_row() {
        let (mut cascade, mut first, mut second) = (Cascade::default(), Filter::default(), Filter::default());
        for block in 0..50 {
            let cutoff_hz = 300.0 + 100.0 * block as f32;
            cascade.set_low(cutoff_hz, [0.6, 2.0], RATE);
            first.set(Response::Low, cutoff_hz, 0.6, RATE);
            second.set(Response::Low, cutoff_hz, 2.0, RATE);
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
