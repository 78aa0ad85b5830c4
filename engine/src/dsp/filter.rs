//! Filters of voices: one state-variable section for all responses, and a one-pole, both for two channels at once.
//! Source: Simper, "Linear Trapezoidal Integrated State Variable Filter" (Cytomic 2013), the trapezoidal form with
//! output mix. In/out: cutoff in Hz, held below 0.45 of the sample rate; blocks in place.
//! Cost: about 5 ns per frame for both channels (one recursion's latency).

use super::simd::{kernel, transposed4};
use super::{denormal, math};
use crate::instrument::Stereo;
use crate::units::{QUANTUM, SILENCE_GAIN};
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
    /// A section that keeps its state and says nothing.
    const HOLD: Coefficients = Coefficients { a11: 1.0, a12: 0.0, a22: 1.0, b2: 0.0, mix: [0.0; 3] };
    /// The rise of what does not move.
    const STAY: Coefficients = Coefficients { a11: 0.0, a12: 0.0, a22: 0.0, b2: 0.0, mix: [0.0; 3] };

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
    /// What the target was made from; none before the first.
    made_from: Option<(Response, f32, f32)>,
}

impl Filter {
    /// Aims at a response for the end of the coming block; the first is taken at once. `q` 0.1..100.
    #[inline]
    pub fn set(&mut self, response: Response, cutoff_hz: f32, q: f32, sample_rate_hz: f32) {
        let wanted = Some((response, cutoff_hz, q));
        if wanted == self.made_from {
            return;
        }
        self.target = coefficients(response, cutoff_hz, q, sample_rate_hz);
        if self.made_from.is_none() {
            self.now = self.target;
        }
        self.made_from = wanted;
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

    /// [`Filter::process`] of two filters at the price of one: neither hears the other.
    #[inline]
    pub fn process_beside(&mut self, block: &mut Stereo, other: &mut Filter, other_block: &mut Stereo) {
        kernel!(s => self.run_beside(s, block, other, other_block));
    }

    #[inline(always)]
    fn run_beside<S: Simd>(&mut self, s: S, block: &mut Stereo, other: &mut Filter, beside: &mut Stereo) {
        let (a, b) = (self.now, other.now);
        let (rise_a, rise_b) = (a.rise_to(self.target), b.rise_to(other.target));
        let mut gains = Pair::new(s, &a, &b);
        let rise = Pair::new(s, &rise_a, &rise_b);
        let mut state = states(s, self.state, other.state);
        let ([xl, xr], [yl, yr]) = (&mut block.channels, &mut beside.channels);
        let frames = xl.as_chunks_mut::<4>().0.iter_mut().zip(xr.as_chunks_mut::<4>().0);
        let frames = frames.zip(yl.as_chunks_mut::<4>().0.iter_mut().zip(yr.as_chunks_mut::<4>().0));
        for ((xl, xr), (yl, yr)) in frames {
            let load = [
                f32x4::load_array_ref(s, xl),
                f32x4::load_array_ref(s, xr),
                f32x4::load_array_ref(s, yl),
                f32x4::load_array_ref(s, yr),
            ];
            let mut four = transposed4(load);
            for frame in &mut four {
                gains.advance(&rise);
                *frame = gains.section(*frame, &mut state);
            }
            let [a, b, c, d] = transposed4(four);
            a.store_array(xl);
            b.store_array(xr);
            c.store_array(yl);
            d.store_array(yr);
        }
        let [low, high] = unpacked(state);
        self.finish(low);
        other.finish(high);
    }

    /// True when nothing rings audibly any more.
    pub fn is_silent(&self) -> bool {
        self.state.as_flattened().iter().all(|state| state.abs() < SILENCE_GAIN)
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
        let wanted = q.map(|q| Some((Response::Low, cutoff_hz, q)));
        if self.sections.each_ref().map(|section| section.made_from) == wanted {
            return;
        }
        let g = warped(cutoff_hz, sample_rate_hz);
        for ((section, q), wanted) in self.sections.iter_mut().zip(q).zip(wanted) {
            section.target = from_prototype(g, 1.0 / q.clamp(0.1, 100.0), [0.0, 0.0, 1.0]);
            if section.made_from.is_none() {
                section.now = section.target;
            }
            section.made_from = wanted;
        }
    }

    /// Filters a block of two channels in place.
    #[inline]
    pub fn process(&mut self, block: &mut Stereo) {
        kernel!(s => self.run(s, block));
    }

    /// Both sections and both channels in one vector: the second section stands in the low lanes and runs
    /// [`BEHIND`] frames behind the first, so that it never waits for what it hears.
    #[inline(always)]
    fn run<S: Simd>(&mut self, s: S, block: &mut Stereo) {
        let [first, second] = &mut self.sections;
        let (now_a, now_b) = (first.now, second.now);
        let (rise_a, rise_b) = (now_a.rise_to(first.target), now_b.rise_to(second.target));
        let mut state = states(s, second.state, first.state);
        // What the first section has made and the second not yet taken, oldest first.
        let nothing = f32x4::splat(s, 0.0);
        let mut made = [nothing; BEHIND];
        let mut gains = LowPair::new(s, &Coefficients::HOLD, &now_a);
        let rise = LowPair::new(s, &Coefficients::STAY, &rise_a);
        let [left, right] = &mut block.channels;
        for t in 0..BEHIND {
            gains.advance(&rise);
            made[t] = gains.section(nothing.slide::<2>(stereo(s, left[t], right[t])), &mut state);
        }
        gains = LowPair::new(s, &now_b, &gains.high());
        let rise = LowPair::new(s, &rise_b, &rise_a);
        for t in BEHIND..QUANTUM {
            gains.advance(&rise);
            let x = made[0].slide::<2>(stereo(s, left[t], right[t]));
            let y = gains.section(x, &mut state);
            made = [made[1], y];
            let y: [f32; 4] = y.into();
            (left[t - BEHIND], right[t - BEHIND]) = (y[0], y[1]);
        }
        gains = LowPair::new(s, &gains.low(), &Coefficients::HOLD);
        let rise = LowPair::new(s, &rise_b, &Coefficients::STAY);
        for t in QUANTUM..QUANTUM + BEHIND {
            gains.advance(&rise);
            let y: [f32; 4] = gains.section(made[t - QUANTUM].slide::<2>(nothing), &mut state).into();
            (left[t - BEHIND], right[t - BEHIND]) = (y[0], y[1]);
        }
        let [low, high] = unpacked(state);
        second.finish(low);
        first.finish(high);
    }
}

/// The states of two filters in one vector each, and back.
#[inline(always)]
fn states<S: Simd>(s: S, low: [[f32; 2]; 2], high: [[f32; 2]; 2]) -> [f32x4<S>; 2] {
    [
        f32x4::from_slice(s, &[low[0][0], low[1][0], high[0][0], high[1][0]]),
        f32x4::from_slice(s, &[low[0][1], low[1][1], high[0][1], high[1][1]]),
    ]
}

#[inline(always)]
fn unpacked<S: Simd>(state: [f32x4<S>; 2]) -> [[[f32; 2]; 2]; 2] {
    let [s1, s2]: [[f32; 4]; 2] = [state[0].into(), state[1].into()];
    [[[s1[0], s2[0]], [s1[1], s2[1]]], [[s1[2], s2[2]], [s1[3], s2[3]]]]
}

/// Any two sections in one vector: the low lanes are one filter's channels, the high lanes the other's.
#[derive(Clone, Copy)]
struct Pair<S: Simd> {
    a11: f32x4<S>,
    a12: f32x4<S>,
    a22: f32x4<S>,
    b2: f32x4<S>,
    mix: [f32x4<S>; 3],
}

impl<S: Simd> Pair<S> {
    #[inline(always)]
    fn new(s: S, low: &Coefficients, high: &Coefficients) -> Pair<S> {
        Pair {
            a11: lanes(s, low.a11, high.a11),
            a12: lanes(s, low.a12, high.a12),
            a22: lanes(s, low.a22, high.a22),
            b2: lanes(s, low.b2, high.b2),
            mix: [
                lanes(s, low.mix[0], high.mix[0]),
                lanes(s, low.mix[1], high.mix[1]),
                lanes(s, low.mix[2], high.mix[2]),
            ],
        }
    }

    #[inline(always)]
    fn advance(&mut self, rise: &Pair<S>) {
        self.a11 += rise.a11;
        self.a12 += rise.a12;
        self.a22 += rise.a22;
        self.b2 += rise.b2;
        self.mix[0] += rise.mix[0];
        self.mix[1] += rise.mix[1];
        self.mix[2] += rise.mix[2];
    }

    /// [`Coefficients::section`] in lanes.
    #[inline(always)]
    fn section(&self, x: f32x4<S>, state: &mut [f32x4<S>; 2]) -> f32x4<S> {
        let [s1, s2] = *state;
        let n1 = self.a11 * s1 + (self.a12 * x - self.a12 * s2);
        let n2 = self.a22 * s2 + (self.b2 * x + self.a12 * s1);
        *state = [n1, n2];
        self.mix[0] * x + self.mix[1] * (s1 + n1) + self.mix[2] * (s2 + n2)
    }
}

#[inline(always)]
fn lanes<S: Simd>(s: S, low: f32, high: f32) -> f32x4<S> {
    f32x4::from_slice(s, &[low, low, high, high])
}

/// Frames the second section of a [`Cascade`] runs behind the first: as long as a section takes.
const BEHIND: usize = 2;

/// [`Pair`] for two low-passes, which need one gain of the three.
#[derive(Clone, Copy)]
struct LowPair<S: Simd> {
    a11: f32x4<S>,
    a12: f32x4<S>,
    a22: f32x4<S>,
    b2: f32x4<S>,
    /// Gain of the second state's mean: both are low-passes.
    mix: f32x4<S>,
}

impl<S: Simd> LowPair<S> {
    #[inline(always)]
    fn new(s: S, low: &Coefficients, high: &Coefficients) -> LowPair<S> {
        LowPair {
            a11: lanes(s, low.a11, high.a11),
            a12: lanes(s, low.a12, high.a12),
            a22: lanes(s, low.a22, high.a22),
            b2: lanes(s, low.b2, high.b2),
            mix: lanes(s, low.mix[2], high.mix[2]),
        }
    }

    #[inline(always)]
    fn advance(&mut self, rise: &LowPair<S>) {
        self.a11 += rise.a11;
        self.a12 += rise.a12;
        self.a22 += rise.a22;
        self.b2 += rise.b2;
        self.mix += rise.mix;
    }

    /// [`Coefficients::section`] for a low-pass.
    #[inline(always)]
    fn section(&self, x: f32x4<S>, state: &mut [f32x4<S>; 2]) -> f32x4<S> {
        let [s1, s2] = *state;
        let n1 = self.a11 * s1 + (self.a12 * x - self.a12 * s2);
        let n2 = self.a22 * s2 + (self.b2 * x + self.a12 * s1);
        *state = [n1, n2];
        self.mix * (s2 + n2)
    }

    #[inline(always)]
    fn low(&self) -> Coefficients {
        self.lane(0)
    }

    #[inline(always)]
    fn high(&self) -> Coefficients {
        self.lane(2)
    }

    #[inline(always)]
    fn lane(&self, lane: usize) -> Coefficients {
        let at = |v: f32x4<S>| -> f32 { <[f32; 4]>::from(v)[lane] };
        let mix = [0.0, 0.0, at(self.mix)];
        Coefficients { a11: at(self.a11), a12: at(self.a12), a22: at(self.a22), b2: at(self.b2), mix }
    }
}

/// One frame, in the low lanes.
#[inline(always)]
fn stereo<S: Simd>(s: S, left: f32, right: f32) -> f32x4<S> {
    f32x4::from_slice(s, &[left, right, 0.0, 0.0])
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

    /// Trapezoidal one-pole: the state obeys s' = p s + (1 - p) x, and low = (s + s') / 2. LowPair frames at a time, each
    /// from the state four frames before: the way through the recursion is walked eight times per block, not 32.
    #[inline(always)]
    fn each(&mut self, block: &mut Stereo, output: impl Fn(f32, f32) -> f32) {
        let p = 1.0 - 2.0 * self.amount;
        let b = 2.0 * self.amount;
        let powers = [p, p * p, p * p * p, p * p * (p * p)];
        for (channel, state) in block.channels.iter_mut().zip(&mut self.state) {
            let mut s = *state;
            for x in channel.as_chunks_mut::<4>().0 {
                let u = x.map(|x| b * x);
                // What the four frames bring by themselves, by doubling.
                let pairs = [u[0], u[1] + p * u[0], u[2] + p * u[1], u[3] + p * u[2]];
                let own =
                    [pairs[0], pairs[1], pairs[2] + powers[1] * pairs[0], pairs[3] + powers[1] * pairs[1]];
                let next: [f32; 4] = std::array::from_fn(|i| own[i] + powers[i] * s);
                let before = [s, next[0], next[1], next[2]];
                *x = std::array::from_fn(|i| output(x[i], 0.5 * (before[i] + next[i])));
                s = next[3];
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
    fn two_filters_beside_each_other_equal_each_alone() {
        let filters = [(Response::Low, 700.0, 0.6), (Response::Bell(6.0), 3_000.0, 2.0)];
        let (mut alone, mut beside) = ([Filter::default(); 2], [Filter::default(); 2]);
        for block in 0..50 {
            let wave = |k: usize| std::array::from_fn(|i| ((block * 32 + i * k) % 97) as f32 / 97.0 - 0.5);
            let mut sounds =
                [Stereo { channels: [wave(1), wave(3)] }, Stereo { channels: [wave(5), wave(7)] }];
            let mut expected = sounds;
            for (i, (response, cutoff_hz, q)) in filters.into_iter().enumerate() {
                let cutoff_hz = cutoff_hz + 10.0 * block as f32;
                alone[i].set(response, cutoff_hz, q, RATE);
                beside[i].set(response, cutoff_hz, q, RATE);
                alone[i].process(&mut expected[i]);
            }
            let ([a, b], [x, y]) = (&mut beside, &mut sounds);
            a.process_beside(x, b, y);
            assert_eq!(sounds, expected);
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
