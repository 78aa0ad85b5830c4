//! A bowed string: two delay lines between bridge, bow and nut, and a friction that holds and lets go once a period.
//! Source: McIntyre, Schumacher & Woodhouse (1983); friction curve of the Synthesis ToolKit (Cook & Scavone 2004, MUSIC 8
//! #4); third-order Lagrange interpolation (Laakso et al. 1996); the loss's own delay is taken off the string.
//! In/out: one channel is overwritten with the wave at the bridge, about ±3.5 for a bow at speed 1. Strings stand in the
//! lanes of one vector: friction waits for itself from frame to frame, and four wait together. Cost: about 9 ns per frame.

use super::simd::{kernel, sums4, transposed4};
use super::{denormal, math, noise};
use crate::units::QUANTUM;
use fearless_simd::f32x4;
use fearless_simd::prelude::*;

/// How the bow moves at the end of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Pitch of the string.
    pub f0_hz: f32,
    /// Speed of the bow: the amplitude of the string follows it.
    pub speed: f32,
    /// How little the bow is pressed on: the friction's slope at speed 1, [`HEAVY`]..[`LIGHT`].
    pub slope: f32,
    /// Where the bow stands, as a part of the string from the bridge.
    pub place: f32,
    /// Corner of what a reflection at the bridge loses, Hz.
    pub loss_hz: f32,
    /// Part of the speed that is rosin's noise.
    pub grit: f32,
}

/// Slopes between which the string has one corner (Schelleng's region, measured here): a lighter bow slips twice a
/// period, a heavier one grinds.
pub const LIGHT: f32 = 0.45;
/// See [`LIGHT`].
pub const HEAVY: f32 = 0.15;

/// A rounded corner leaves the bow a little early: by so many seconds at a slope of nought and none at
/// [`EVEN_SLOPE`], for a loss at [`EARLY_HZ`]. Measured: 3.9, 2.8, 1.9 and 1.2 µs for slopes of .15, .25, .35 and .45.
const EARLY_S: f32 = 5.24e-6;
const EVEN_SLOPE: f32 = 0.57;
const EARLY_HZ: f32 = 6_000.0;

/// Of a wave this much comes back from the bridge (MUSIC 8 #4 after STK: .95), and from a stopped finger.
const BRIDGE: f32 = 0.95;
const NUT: f32 = 0.995;

/// Fewest frames of a line that four taps can stand in.
const SHORTEST: f32 = 2.0;

/// No speed below this moves anything one could hear: the friction divides by it.
const STILL: f32 = 1.0e-6;

/// Strings that are bowed side by side.
pub const STRINGS: usize = 4;

/// Frames that stand at the end of a line once more, so that four taps are always neighbors.
const GUARD: usize = 3;

/// What a block needs of a length: where the oldest of four taps stands, counted back, and four weights per frame.
#[derive(Clone, Copy)]
struct Taps {
    back: [u32; QUANTUM],
    weights: [[f32; 4]; QUANTUM],
}

/// What a block needs of a stroke.
#[derive(Clone, Copy)]
struct Course {
    neck: Taps,
    bridge: Taps,
    /// Speed of the hair, and slope of the friction against the bow's speed.
    hair: [f32; QUANTUM],
    slope: [f32; QUANTUM],
    keep: f32,
    pole: f32,
}

impl Course {
    const REST: Course = Course {
        neck: Taps::REST,
        bridge: Taps::REST,
        hair: [0.0; QUANTUM],
        slope: [0.0; QUANTUM],
        keep: 0.0,
        pole: 0.0,
    };
}

impl Taps {
    const REST: Taps = Taps { back: [0; QUANTUM], weights: [[0.0; 4]; QUANTUM] };
}

/// A string under a bow.
#[derive(Clone, Debug)]
pub struct BowedString {
    /// From bow to nut and back; from bow to bridge and back.
    neck: Vec<f32>,
    bridge: Vec<f32>,
    at: usize,
    rate: f32,
    /// Lengths in frames at the last block edge; 0 before the first.
    neck_frames: f32,
    bridge_frames: f32,
    speed: f32,
    loss: f32,
    key: u32,
    frame: u32,
}

impl BowedString {
    /// A string at rest that can sound down to `lowest_hz`; allocates.
    pub fn new(lowest_hz: f32, sample_rate_hz: f32) -> BowedString {
        let frames = ((sample_rate_hz / lowest_hz) as usize + 8).next_power_of_two();
        BowedString {
            neck: vec![0.0; frames + GUARD],
            bridge: vec![0.0; frames + GUARD],
            at: 0,
            rate: sample_rate_hz,
            neck_frames: 0.0,
            bridge_frames: 0.0,
            speed: 0.0,
            loss: 0.0,
            key: 0,
            frame: 0,
        }
    }

    /// Stills the string and gives its rosin a key.
    pub fn rest(&mut self, key: u32) {
        self.neck.fill(0.0);
        self.bridge.fill(0.0);
        (self.at, self.frame, self.key) = (0, 0, key);
        (self.neck_frames, self.bridge_frames, self.speed, self.loss) = (0.0, 0.0, 0.0, 0.0);
    }

    /// Overwrites `out` with the next block, in which the bow comes to `stroke`.
    pub fn render(&mut self, stroke: &Stroke, out: &mut [f32; QUANTUM]) {
        BowedString::render_each(&mut [self], &[*stroke], &mut [out]);
    }

    /// [`BowedString::render`] of up to [`STRINGS`] strings; each sounds as it does alone.
    pub fn render_each(
        strings: &mut [&mut BowedString],
        strokes: &[Stroke],
        outs: &mut [&mut [f32; QUANTUM]],
    ) {
        let mut courses = [Course::REST; STRINGS];
        for ((string, stroke), course) in strings.iter_mut().zip(strokes).zip(&mut courses) {
            string.prepare(stroke, course);
        }
        let sounds = kernel!(s => bow(s, strings, &courses));
        for (lane, out) in outs.iter_mut().enumerate().take(STRINGS) {
            for (out, sound) in out.iter_mut().zip(&sounds) {
                *out = sound[lane];
            }
        }
    }

    /// Moves on to `stroke`, and says how the block goes there.
    fn prepare(&mut self, stroke: &Stroke, course: &mut Course) {
        let stroke = &Stroke {
            slope: stroke.slope.clamp(HEAVY, LIGHT),
            // Below three times the pitch the loss would be heard as another pitch.
            loss_hz: stroke.loss_hz.clamp(1_000.0, 12_000.0).max(3.0 * stroke.f0_hz),
            grit: stroke.grit.clamp(0.0, 0.5),
            ..*stroke
        };
        course.pole = math::exp(-std::f32::consts::TAU * (stroke.loss_hz / self.rate).min(0.4));
        course.keep = BRIDGE * (1.0 - course.pole);
        let (neck, bridge) = self.lengths(stroke, course.pole);
        if self.neck_frames == 0.0 {
            (self.neck_frames, self.bridge_frames) = (neck, bridge);
            self.set_in_motion(stroke.speed, bridge / (neck + bridge));
        }
        // White noise spreads its power up to half the rate: the same level per Hz at every rate.
        let grain = stroke.grit * (self.rate * (1.0 / 48_000.0)).sqrt();
        let from = (self.neck_frames, self.bridge_frames, self.speed);
        kernel!(s => plan(s, from, (neck, bridge, stroke), (self.key, self.frame, grain), course));
        (self.neck_frames, self.bridge_frames, self.speed) = (neck, bridge, stroke.speed);
        self.frame = self.frame.wrapping_add(QUANTUM as u32);
    }

    /// Begins with the motion a good player reaches after a few periods: one corner that runs round the string (Helmholtz),
    /// as small as the bow is slow. From rest the string would hunt for it, and find it later at every pitch and rate.
    fn set_in_motion(&mut self, speed: f32, place: f32) {
        let period = self.neck_frames + self.bridge_frames;
        // A falling sawtooth that runs to the nut, and its mirror that runs to the bridge; at the bow they add up to the
        // bow's speed. It begins where what is heard passes through zero.
        let height = speed / place;
        let wave = |frames: f32| {
            let turns = frames / period + 0.5 + 0.5 * place;
            -height * (turns - libm::floorf(turns) - 0.5)
        };
        let (half, mask) = (0.5 * place * period, self.neck.len() - GUARD - 1);
        for back in 1..=period as usize + 4 {
            let index = self.at.wrapping_sub(back) & mask;
            put(&mut self.neck, index, wave(-(back as f32) - half));
            put(&mut self.bridge, index, -wave(half - back as f32));
        }
    }

    /// Frames of both lines for a pitch: what the loss delays is not string.
    fn lengths(&self, stroke: &Stroke, pole: f32) -> (f32, f32) {
        let longest = (self.neck.len() - GUARD - 6) as f32;
        let f0_hz = stroke.f0_hz.clamp(self.rate / longest, self.rate * (1.0 / 6.0));
        let cycles = f0_hz / self.rate;
        let (sine, cosine) = (math::sin_cycles(cycles), math::cos_cycles(cycles));
        let lag = libm::atan2f(pole * sine, 1.0 - pole * cosine) / (std::f32::consts::TAU * cycles);
        let early_s = EARLY_S * (1.0 - stroke.slope / EVEN_SLOPE) * (EARLY_HZ / stroke.loss_hz);
        let whole = (self.rate * (1.0 / f0_hz + early_s) - lag).max(2.0 * SHORTEST);
        let bridge = (whole * stroke.place.clamp(0.02, 0.5)).clamp(SHORTEST, whole - SHORTEST);
        (whole - bridge, bridge)
    }
}

/// Writes a frame of a line, and again where it stands in the guard.
#[inline(always)]
fn put(line: &mut [f32], index: usize, frame: f32) {
    let frames = line.len() - GUARD;
    line[index] = frame;
    if index < GUARD {
        line[frames + index] = frame;
    }
}

/// A block in which two lengths and a speed go straight to a stroke.
#[inline(always)]
fn plan<S: Simd>(
    s: S,
    (neck, bridge, speed): (f32, f32, f32),
    (to_neck, to_bridge, stroke): (f32, f32, &Stroke),
    (key, frame, grain): (u32, u32, f32),
    course: &mut Course,
) {
    taps(s, neck, to_neck, &mut course.neck);
    taps(s, bridge, to_bridge, &mut course.bridge);
    noise::white_into(key, frame, &mut course.hair);
    let rise = (stroke.speed - speed) * (1.0 / QUANTUM as f32);
    for t in 0..QUANTUM {
        let speed = speed + rise * (t + 1) as f32;
        course.hair[t] = speed * (1.0 + grain * course.hair[t]);
        // The friction is read against the speed, so that soft and loud bows move the string alike.
        course.slope[t] = stroke.slope / speed.max(STILL);
    }
}

/// Taps of a length that goes straight from one value to another within a block.
#[inline(always)]
fn taps<S: Simd>(s: S, from: f32, to: f32, taps: &mut Taps) {
    let step = (to - from) * (1.0 / QUANTUM as f32);
    let mut parts = [0.0; QUANTUM];
    for (t, (part, back)) in parts.iter_mut().zip(&mut taps.back).enumerate() {
        let length = from + step * (t + 1) as f32;
        let whole = length as i32;
        *part = length - whole as f32;
        *back = (whole + 2) as u32;
    }
    let all = |x: f32| f32x4::splat(s, x);
    let (one, sixth) = (all(1.0), all(1.0 / 6.0));
    for (parts, taps) in parts.as_chunks::<4>().0.iter().zip(taps.weights.as_chunks_mut::<4>().0) {
        // Third-order Lagrange about the middle: 1..2 of the four taps' span.
        let part = f32x4::load_array_ref(s, parts);
        let (d0, d2, d3) = (part + one, part - one, part - all(2.0));
        let (outer, inner) = (d0 * d3, part * d2);
        let newest = inner * d3 * (all(0.0) - sixth);
        let second = d0 * d2 * d3 * all(0.5);
        let third = part * outer * all(-0.5);
        let oldest = d0 * inner * sixth;
        for (taps, weights) in taps.iter_mut().zip(transposed4([oldest, third, second, newest])) {
            weights.store_array(taps);
        }
    }
}

/// Bows some strings for a block; what is heard at each bridge, frame by frame.
#[inline(always)]
fn bow<S: Simd>(
    s: S,
    strings: &mut [&mut BowedString],
    courses: &[Course; STRINGS],
) -> [[f32; STRINGS]; QUANTUM] {
    let mut sounds = [[0.0; STRINGS]; QUANTUM];
    let all = |x: f32| f32x4::splat(s, x);
    let (mut keep, mut pole, mut loss) = ([0.0; STRINGS], [0.0; STRINGS], [0.0; STRINGS]);
    for (lane, (course, string)) in courses.iter().zip(&*strings).enumerate() {
        (keep[lane], pole[lane], loss[lane]) = (course.keep, course.pole, string.loss);
    }
    let (keep, pole) = (f32x4::load_array(s, keep), f32x4::load_array(s, pole));
    let mut loss = f32x4::load_array(s, loss);
    for four in 0..QUANTUM / 4 {
        let (mut hair, mut slope) = ([all(0.0); STRINGS], [all(0.0); STRINGS]);
        for lane in 0..STRINGS {
            hair[lane] = f32x4::from_slice(s, &courses[lane].hair[4 * four..4 * four + 4]);
            slope[lane] = f32x4::from_slice(s, &courses[lane].slope[4 * four..4 * four + 4]);
        }
        let (hair, slope) = (transposed4(hair), transposed4(slope));
        for i in 0..4 {
            let t = 4 * four + i;
            let (mut nut, mut bridge) = ([all(0.0); STRINGS], [all(0.0); STRINGS]);
            for (lane, string) in strings.iter().enumerate().take(STRINGS) {
                nut[lane] = tap(s, &string.neck, string.at, &courses[lane].neck, t);
                bridge[lane] = tap(s, &string.bridge, string.at, &courses[lane].bridge, t);
            }
            let (from_nut, from_bridge) = (sums4(nut), sums4(bridge));
            loss = from_bridge * keep + loss * pole;
            let (by_bridge, by_nut) = (all(0.0) - loss, from_nut * all(-NUT));
            let slip = hair[i] - (by_bridge + by_nut);
            // The friction holds what hardly slips and lets go what does (MUSIC 8 #4: (|slip| slope + .75)^-4).
            let grip = (slip.abs() * slope[i] + all(0.75)).min(all(1.0e4));
            let grip = grip * grip;
            let push = slip * (all(1.0) / (grip * grip)).min(all(1.0));
            let to_nut: [f32; STRINGS] = floor(by_bridge + push).into();
            let to_bridge: [f32; STRINGS] = floor(by_nut + push).into();
            for (lane, string) in strings.iter_mut().enumerate().take(STRINGS) {
                put(&mut string.neck, string.at, to_nut[lane]);
                put(&mut string.bridge, string.at, to_bridge[lane]);
                string.at = (string.at + 1) & (string.neck.len() - GUARD - 1);
            }
            sounds[t] = from_bridge.into();
        }
    }
    let loss: [f32; STRINGS] = denormal::flush(loss).into();
    for (string, loss) in strings.iter_mut().zip(loss) {
        string.loss = loss;
    }
    sounds
}

/// Nought for what is 300 dB down, and never beyond what a string could do.
#[inline(always)]
fn floor<S: Simd>(x: f32x4<S>) -> f32x4<S> {
    denormal::flush(x.max(f32x4::splat(x.token(), -64.0)).min(f32x4::splat(x.token(), 64.0)))
}

/// Four taps of a line, weighed.
#[inline(always)]
fn tap<S: Simd>(s: S, line: &[f32], at: usize, taps: &Taps, t: usize) -> f32x4<S> {
    let mask = line.len() - GUARD - 1;
    let oldest = at.wrapping_sub(taps.back[t] as usize) & mask;
    f32x4::from_slice(s, &line[oldest..oldest + 4]) * f32x4::load_array_ref(s, &taps.weights[t])
}

#[cfg(test)]
mod tests;
