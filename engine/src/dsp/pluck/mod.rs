//! A plucked string: a delay line that feeds itself through a loss.
//! Source: Karplus & Strong 1983, Jaffe & Smith 1983; third-order Lagrange interpolation (Laakso et al. 1996), and the
//! loss filter's own phase delay taken off the line, so that every pitch is in tune at every rate.
//! Lanes are frames: the line is older than they are, what the loss hears of its last three frames is woven into the
//! line's taps. In/out: one channel is overwritten. Cost: about 0.3 ns per frame.

use super::{denormal, math, noise};
use crate::instrument::Stereo;
use crate::units::QUANTUM;
use fearless_simd::f32x8;
use fearless_simd::prelude::*;

/// How a string is made and plucked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pluck {
    /// Pitch.
    pub f0_hz: f32,
    /// T60 of the fundamental, s.
    pub decay_s: f32,
    /// T60 at [`Pluck::HIGH_HZ`], s; at most `decay_s`.
    pub high_decay_s: f32,
    /// Where it is plucked, as a part of its length, 0.02..0.5.
    pub position: f32,
    /// Corner of the finger: what is softer than it excites no highs, Hz.
    pub finger_hz: f32,
    /// Part of noise in the pluck, 0 (a clean triangle) .. 1.
    pub roughness: f32,
    /// Root mean square of the first period.
    pub level: f32,
    /// Key of the noise.
    pub key: u32,
}

impl Pluck {
    /// Where `high_decay_s` is meant, Hz.
    pub const HIGH_HZ: f32 = 3500.0;
}

/// Time constant of a hand that lies down on the string, s. Taste: below 2 ms it ticks, above 10 ms it is late.
const DAMPING_S: f32 = 0.004;

/// A string.
#[derive(Clone, Debug)]
pub struct PluckedString {
    line: Vec<f32>,
    /// Positions in the line are taken by this: of a line made for the lowest note a higher one walks round the beginning
    /// alone, which stays near the processor.
    mask: usize,
    /// One period of the pluck being made.
    shape: Vec<f32>,
    /// Where the next frame is written.
    at: usize,
    /// Whole frames to the newest of the four taps, and their weights.
    delay: usize,
    taps: [f32; TAPS],
    /// Loop gain and pole of the loss.
    gain: f32,
    /// What of a frame is fed back, on its way to `gain * (1 - pole)`: a sudden change would be heard as a step, one
    /// period later.
    feed: f32,
    pole: f32,
    /// First to eighth power of the pole.
    poles: [f32; SPAN],
    /// The taps, the feed and the pole's powers from 0 as one set of weights, the newest frame's first.
    woven: [f32; WOVEN],
    /// The last frames of the loss.
    lost: [f32; SPAN],
    f0_hz: f32,
    rate: f32,
    /// Part of its way that `feed` has still before it after one to eight frames.
    damping: [f32; SPAN],
}

/// Frames of a vector.
const SPAN: usize = 8;

/// Taps, and powers of the pole that are woven into them.
const TAPS: usize = 4;
const POWERS: usize = 4;
const WOVEN: usize = TAPS + POWERS - 1;

/// Which of the taps is heard, counted from the oldest: there a pluck begins, at a rise through zero.
const HEARD: usize = 1;

/// What is left of a hand's way when it has arrived: -100 dB of what is fed back.
const ARRIVED: f32 = 1.0e-5;

impl PluckedString {
    /// A silent string that can sound down to `lowest_hz`; allocates.
    pub fn new(lowest_hz: f32, sample_rate_hz: f32) -> PluckedString {
        let longest = (sample_rate_hz / lowest_hz) as usize + 8;
        let line = vec![0.0; (longest + QUANTUM).next_power_of_two()];
        PluckedString {
            shape: vec![0.0; line.len()],
            mask: line.len() - 1,
            line,
            at: 0,
            delay: 1,
            taps: [0.0; TAPS],
            gain: 0.0,
            feed: 0.0,
            pole: 0.0,
            poles: [0.0; SPAN],
            woven: [0.0; WOVEN],
            lost: [0.0; SPAN],
            f0_hz: 440.0,
            rate: sample_rate_hz,
            damping: powers(math::exp(-1.0 / (DAMPING_S * sample_rate_hz).max(1.0))),
        }
    }

    /// Stops what sounded and plucks anew.
    pub fn pluck(&mut self, pluck: &Pluck) {
        let longest = (self.line.len() - QUANTUM - 8) as f32;
        let f0_hz = pluck.f0_hz.clamp(self.rate / longest, self.rate / 4.0);
        self.f0_hz = f0_hz;
        let omega = std::f32::consts::TAU * f0_hz / self.rate;
        self.gain = loop_gain(f0_hz, pluck.decay_s);
        let high_hz = Pluck::HIGH_HZ.max(2.0 * f0_hz).min(0.4 * self.rate);
        let ratio = (loop_gain(f0_hz, pluck.high_decay_s) / self.gain).min(0.999_9);
        self.pole = pole_for(ratio, high_hz / self.rate);
        // The pole also lowers the fundamental a little: give that back, but never past a loop that would not fall.
        let squared = |cycles: f32| {
            let keep = 1.0 - self.pole;
            keep * keep / (1.0 - 2.0 * self.pole * math::cos_cycles(cycles) + self.pole * self.pole)
        };
        self.gain = (self.gain / squared(f0_hz / self.rate).sqrt()).min(0.999_99);
        let lag = libm::atan2f(self.pole * libm::sinf(omega), 1.0 - self.pole * libm::cosf(omega)) / omega;
        let period = (self.rate / f0_hz - lag).max(2.0);
        self.delay = period as usize - 1;
        self.mask = (self.delay + 8 + QUANTUM).next_power_of_two().min(self.line.len()) - 1;
        self.taps = lagrange(period - self.delay as f32);
        self.feed = self.gain * (1.0 - self.pole);
        self.poles = powers(self.pole);
        self.weave();
        let period = self.make_shape(pluck);
        // Up to the end of the way round: what is written from its beginning on never crosses it.
        let first = self.mask + 1 - period;
        self.line[first..=self.mask].copy_from_slice(&self.shape[..period]);
        self.at = 0;
        // The oldest tap reaches further back: the shape's own end, never what an earlier note left there.
        for frame in 1..=POWERS.min(period) {
            self.line[first - frame] = self.line[self.mask + 1 - frame];
        }
        // The loss has heard the period before, as if the string had always been ringing: from rest it would answer the
        // first frame with a kink, heard one period later.
        let mut loss = 0.0;
        for (i, frame) in self.line[first..=self.mask].iter().enumerate() {
            loss = frame * self.feed + loss * self.pole;
            self.lost[i % SPAN] = loss;
        }
        self.lost.rotate_left(period % SPAN);
    }

    /// Weaves taps, feed and pole.
    fn weave(&mut self) {
        self.woven = [0.0; WOVEN];
        let mut power = self.feed;
        for first in 0..POWERS {
            for (woven, tap) in self.woven[first..].iter_mut().zip(self.taps) {
                *woven += power * tap;
            }
            power *= self.pole;
        }
    }

    /// Plucks again what rings: the new wave travels with the old one, and what is heard does not jump.
    pub fn pluck_again(&mut self, pluck: &Pluck) {
        if self.gain == 0.0 {
            self.pluck(pluck);
            return;
        }
        let period = self.make_shape(pluck);
        let mask = self.mask;
        for (i, shape) in self.shape[..period].iter().enumerate() {
            self.line[self.at.wrapping_sub(period - i) & mask] += shape;
        }
    }

    /// Makes one period of the pluck, beginning at a rise through zero; returns its length.
    fn make_shape(&mut self, pluck: &Pluck) -> usize {
        let period = (self.delay + 2).min(self.line.len() - QUANTUM);
        let shape = &mut self.shape[..period];
        // The far side of the pluck comes back inverted: a comb whose first gap lies at 1 / position.
        let position = pluck.position.clamp(0.02, 0.5);
        let comb = ((position * period as f32) as usize).clamp(1, period - 1);
        for (i, frame) in shape.iter_mut().enumerate() {
            let along = i as f32 / period as f32;
            // The velocity wave of a triangle is a step at the place of the pluck.
            let step = if along < position { 1.0 - position } else { -position };
            *frame = step + pluck.roughness * 1.4 * (noise::white_at(pluck.key, i as u32) - step);
        }
        if pluck.roughness > 0.3 {
            for i in (comb..period).rev() {
                shape[i] -= 0.6 * shape[i - comb];
            }
        }
        soften(shape, math::exp(-std::f32::consts::TAU * (pluck.finger_hz / self.rate).min(0.4)));
        let mean = shape.iter().sum::<f32>() / period as f32;
        let power = shape.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / period as f32;
        let scale = pluck.level / power.max(1e-12).sqrt();
        shape.iter_mut().for_each(|x| *x = (*x - mean) * scale);
        let rise = (0..period).find(|&i| shape[i] <= 0.0 && shape[(i + 1) % period] > 0.0).unwrap_or(0);
        shape.rotate_left(rise);
        period
    }

    /// Silences the string.
    pub fn silence(&mut self) {
        (self.gain, self.feed) = (0.0, 0.0);
    }

    /// Damps the string to fall by 60 dB within `decay_s` at most.
    pub fn damp(&mut self, decay_s: f32) {
        self.gain = self.gain.min(loop_gain(self.f0_hz, decay_s));
    }

    /// Overwrites `out` with the next block.
    pub fn render(&mut self, out: &mut [f32; QUANTUM]) {
        super::simd::kernel!(s => self.block(s, out));
    }

    /// Adds the next block to both sides, by a gain each.
    pub fn render_add(&mut self, sides: [f32; 2], out: &mut Stereo) {
        super::simd::kernel!(s => self.block_add(s, sides, out));
    }

    #[inline(always)]
    fn block_add<S: Simd>(&mut self, s: S, sides: [f32; 2], out: &mut Stereo) {
        let mut block = [0.0; QUANTUM];
        self.block(s, &mut block);
        for (channel, side) in out.channels.iter_mut().zip(sides) {
            let side = splat(s, side);
            for (out, heard) in channel.as_chunks_mut::<SPAN>().0.iter_mut().zip(block.as_chunks().0) {
                (f32x8::load_array_ref(s, out) + f32x8::load_array_ref(s, heard) * side).store_array(out);
            }
        }
    }

    /// [`PluckedString::render`] within a kernel.
    #[inline(always)]
    pub fn block<S: Simd>(&mut self, s: S, out: &mut [f32; QUANTUM]) {
        if self.gain == 0.0 {
            *out = [0.0; QUANTUM];
            return;
        }
        let target = self.gain * (1.0 - self.pole);
        if self.feed == target && self.delay >= QUANTUM {
            self.whole(s, out);
            return;
        }
        let mut way = self.feed - target;
        for span in out.as_chunks_mut::<SPAN>().0 {
            if self.delay >= SPAN {
                self.span(s, target, way, span);
            } else {
                self.frames(target, way, span);
            }
            way *= self.damping[SPAN - 1];
        }
        if self.feed != target && way.abs() < ARRIVED {
            self.feed = target;
            self.weave();
        } else {
            self.feed = target + way;
        }
    }

    /// A block of which no frame hears another, while no hand moves.
    ///
    /// The loss y obeys y[t] = x[t] + p y[t-1], where x is what the taps bring. With b[t] = x[t] + p x[t-1] + p² x[t-2] +
    /// p³ x[t-3], which is a sum over the line, y[t] = b[t] + p⁴ b[t-4] + p⁸ y[t-8].
    #[inline(always)]
    fn whole<S: Simd>(&mut self, s: S, out: &mut [f32; QUANTUM]) {
        let mut around = [0.0; QUANTUM + WOVEN - 1];
        let past = self.past(self.delay + WOVEN - 1, &mut around);
        let [p4, p8] = [splat(s, self.poles[3]), splat(s, self.poles[7])];
        let [w0, w1, w2, w3, w4, w5, w6] = self.woven;
        let [w0, w1, w2, w3] = [splat(s, w0), splat(s, w1), splat(s, w2), splat(s, w3)];
        let [w4, w5, w6] = [splat(s, w4), splat(s, w5), splat(s, w6)];
        let mut lost = f32x8::load_array_ref(s, &self.lost);
        let mut before = lost - splat(s, 0.0).slide::<4>(lost) * p4;
        let mut kept = [lost; QUANTUM / SPAN];
        for (n, (out, kept)) in out.as_chunks_mut::<SPAN>().0.iter_mut().zip(&mut kept).enumerate() {
            let first = n * SPAN;
            let new = eight(s, past, first + 6) * w0 + eight(s, past, first + 5) * w1;
            let middle = eight(s, past, first + 4) * w2 + eight(s, past, first + 3) * w3;
            let old =
                eight(s, past, first + 2) * w4 + eight(s, past, first + 1) * w5 + eight(s, past, first) * w6;
            let brought = (new + middle) + old;
            lost = (brought + before.slide::<4>(brought) * p4) + lost * p8;
            before = brought;
            *kept = denormal::flush(lost);
            eight(s, past, first + HEARD + POWERS - 1).store_array(out);
        }
        let line = &mut self.line[self.at..self.at + QUANTUM];
        for (line, kept) in line.as_chunks_mut::<SPAN>().0.iter_mut().zip(kept) {
            kept.store_array(line);
        }
        kept[QUANTUM / SPAN - 1].store_array(&mut self.lost);
        self.at = (self.at + QUANTUM) & self.mask;
    }

    /// What the line holds from so many frames ago on, put together in `around` where it goes round.
    #[inline(always)]
    fn past<'a, const FRAMES: usize>(
        &'a self,
        ago: usize,
        around: &'a mut [f32; FRAMES],
    ) -> &'a [f32; FRAMES] {
        let start = self.at.wrapping_sub(ago) & self.mask;
        match self.line[start..=self.mask].first_chunk() {
            Some(past) => past,
            None => {
                for (i, frame) in around.iter_mut().enumerate() {
                    *frame = self.line[(start + i) & self.mask];
                }
                around
            }
        }
    }

    /// Eight frames of which none hears another; `way` is what the feed has still before it.
    #[inline(always)]
    fn span<S: Simd>(&mut self, s: S, target: f32, way: f32, out: &mut [f32; SPAN]) {
        let mut around = [0.0; SPAN + TAPS - 1];
        let past = self.past(self.delay + TAPS - 1, &mut around);
        let heard = eight(s, past, 3) * splat(s, self.taps[0])
            + eight(s, past, 2) * splat(s, self.taps[1])
            + eight(s, past, 1) * splat(s, self.taps[2])
            + eight(s, past, 0) * splat(s, self.taps[3]);
        eight(s, past, HEARD).store_array(out);
        // y[t] = x[t] + pole y[t-1]: sums of two, of four, of eight, and what was there before.
        let nothing = splat(s, 0.0);
        let x = heard * (splat(s, target) + splat(s, way) * f32x8::load_array_ref(s, &self.damping));
        let x = x + nothing.slide::<7>(x) * splat(s, self.poles[0]);
        let x = x + nothing.slide::<6>(x) * splat(s, self.poles[1]);
        let x = x + nothing.slide::<4>(x) * splat(s, self.poles[3]);
        let poles = f32x8::load_array_ref(s, &self.poles);
        let kept = denormal::flush(x + poles * splat(s, self.lost[SPAN - 1]));
        kept.store_array(&mut self.lost);
        kept.store_slice(&mut self.line[self.at..self.at + SPAN]);
        self.at = (self.at + SPAN) & self.mask;
    }

    /// [`PluckedString::span`] of a line too short for it, frame by frame.
    fn frames(&mut self, target: f32, way: f32, out: &mut [f32; SPAN]) {
        let mut loss = self.lost[SPAN - 1];
        for ((out, damping), lost) in out.iter_mut().zip(self.damping).zip(&mut self.lost) {
            let start = self.at.wrapping_sub(self.delay + TAPS - 1) & self.mask;
            let frame = |i: usize| self.line[(start + i) & self.mask];
            let heard = frame(3) * self.taps[0]
                + frame(2) * self.taps[1]
                + frame(1) * self.taps[2]
                + frame(0) * self.taps[3];
            *out = frame(HEARD);
            loss = denormal::flush(heard * (target + way * damping) + loss * self.pole);
            self.line[self.at] = loss;
            *lost = loss;
            self.at = (self.at + 1) & self.mask;
        }
    }
}

#[inline(always)]
fn splat<S: Simd>(s: S, x: f32) -> f32x8<S> {
    f32x8::splat(s, x)
}

/// Eight frames from one on.
#[inline(always)]
fn eight<S: Simd>(s: S, frames: &[f32], first: usize) -> f32x8<S> {
    f32x8::from_slice(s, &frames[first..first + SPAN])
}

/// First to eighth power.
fn powers(x: f32) -> [f32; SPAN] {
    let (x2, x3) = (x * x, x * x * x);
    let x4 = x2 * x2;
    [x, x2, x3, x4, x4 * x, x4 * x2, x4 * x3, x4 * x4]
}

/// Twice a one-pole low-pass, twice round, so that the softened shape joins its own end.
fn soften(shape: &mut [f32], keep: f32) {
    let [mut one, mut two] = [0.0f32; 2];
    for round in 0..2 {
        for frame in shape.iter_mut() {
            one = *frame * (1.0 - keep) + one * keep;
            two = one * (1.0 - keep) + two * keep;
            if round == 1 {
                *frame = two;
            }
        }
    }
}

/// Gain per period that falls 60 dB in `decay_s`.
fn loop_gain(f0_hz: f32, decay_s: f32) -> f32 {
    math::exp2(-9.966 / (f0_hz * decay_s.max(1e-3)))
}

/// Pole of a low-pass `(1-a)/(1-a/z)` whose gain at `cycles` per frame is `ratio`.
fn pole_for(ratio: f32, cycles: f32) -> f32 {
    let square = ratio * ratio;
    let a = 1.0 - square;
    let b = 1.0 - square * math::cos_cycles(cycles);
    ((b - (b * b - a * a).max(0.0).sqrt()) / a).clamp(0.0, 0.98)
}

/// Weights of four neighbouring frames for a delay of `d` (1..2) from the first.
fn lagrange(d: f32) -> [f32; 4] {
    [
        -(d - 1.0) * (d - 2.0) * (d - 3.0) / 6.0,
        d * (d - 2.0) * (d - 3.0) / 2.0,
        -d * (d - 1.0) * (d - 3.0) / 2.0,
        d * (d - 1.0) * (d - 2.0) / 6.0,
    ]
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "measurements may use the platform's functions")]
mod tests;
