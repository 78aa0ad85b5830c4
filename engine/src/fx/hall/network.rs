//! The signal path of the hall, a quantum at a time: sends, early reflections, diffusion, lines and their absorption.
//! Source: see [`super`]. In/out: lanes are stems and never mix; the same bits at every width.

use super::ring::{Block, Frame, Ring, ZERO};
use super::{DRIFT_STEP, Drift, EARLY_MS, FLUSH, Geometry, Hall, LINES};
use crate::dsp::simd;
use crate::instrument::Stereo;
use crate::stem::HALL_LANES;
use crate::units::QUANTUM;
use fearless_simd::{Simd, f32x8, prelude::*};

/// The lines heard left and right: 236 and 238 ms of the same room, so that neither side is earlier or louder.
const SIDES: [[usize; LINES / 2]; 2] = [[0, 3, 5, 6], [1, 2, 4, 7]];

#[inline(always)]
fn load<S: Simd>(s: S, frame: &Frame) -> f32x8<S> {
    f32x8::load_array_ref(s, &frame.0)
}

#[inline(always)]
fn splat3<S: Simd>(s: S, x: [f32; 3]) -> [f32x8<S>; 3] {
    [f32x8::splat(s, x[0]), f32x8::splat(s, x[1]), f32x8::splat(s, x[2])]
}

#[inline(always)]
fn flush<S: Simd>(s: S, x: f32x8<S>) -> f32x8<S> {
    let c = f32x8::splat(s, FLUSH);
    (x + c) - c
}

/// The whole signal path. Returns the peaks of the sends and of the outputs.
#[inline(always)]
pub(super) fn quantum<S: Simd>(
    s: S,
    hall: &mut Hall,
    sends: &[[f32; HALL_LANES]; QUANTUM],
    wet: &mut [Stereo; HALL_LANES],
) -> (f32, f32) {
    let fed = take_sends(s, hall, sends);
    let morphing = hall.morph < 1.0;
    let mut early = [[ZERO; QUANTUM]; 2];
    let mut feed = [ZERO; QUANTUM];
    read_room(s, hall, &hall.to, &mut feed, &mut early);
    if morphing {
        let (mut old_feed, mut old_early) = ([ZERO; QUANTUM], [[ZERO; QUANTUM]; 2]);
        read_room(s, hall, &hall.from, &mut old_feed, &mut old_early);
        let course = (hall.morph, hall.morph_step / QUANTUM as f32);
        blend(s, &old_feed, &mut feed, course);
        blend(s, &old_early[0], &mut early[0], course);
        blend(s, &old_early[1], &mut early[1], course);
    }
    hall.input.advance();
    let odd = diffuse(s, hall, &mut feed);
    let Some(mut taps) = hall.taps.take() else { return (fed, 0.0) };
    for i in (0..LINES).step_by(2) {
        read_pair(s, hall, i, morphing, &mut taps);
    }
    write_lines(s, hall, [&feed, &odd], &taps);
    let peak = mix_out(s, hall, &taps, &early, wet);
    hall.taps = Some(taps);
    (fed, peak)
}

/// High-passes the sends into the input ring; gives their peak.
#[inline(always)]
fn take_sends<S: Simd>(s: S, hall: &mut Hall, sends: &[[f32; HALL_LANES]; QUANTUM]) -> f32 {
    let mut peak = f32x8::splat(s, 0.0);
    let step = f32x8::splat(s, hall.rumble_step);
    let mut low = load(s, &hall.rumble);
    for (frame, send) in hall.input.block().iter_mut().zip(sends) {
        let x = f32x8::load_array_ref(s, send);
        peak = peak.max(x.abs());
        low = low + (x - low) * step;
        flush(s, x - low).store_array(&mut frame.0);
    }
    flush(s, low).store_array(&mut hall.rumble.0);
    hall.input.mirror();
    peak.reduce_max()
}

/// The delayed input and the early reflections of a room.
#[inline(always)]
fn read_room<S: Simd>(s: S, hall: &Hall, room: &Geometry, feed: &mut Block, early: &mut [Block; 2]) {
    feed.copy_from_slice(&hall.input.tap(room.predelay)[..QUANTUM]);
    for (channel, early) in early.iter_mut().enumerate() {
        early_taps(s, hall, room, channel, early);
    }
}

/// The six reflections of one side, `first` and every second one after it.
#[inline(always)]
fn early_taps<S: Simd>(s: S, hall: &Hall, room: &Geometry, first: usize, sum: &mut Block) {
    let tap = |i: usize| hall.input.tap(room.early[first + 2 * i]);
    let (a, b, c, d, e, f) = (tap(0), tap(1), tap(2), tap(3), tap(4), tap(5));
    let gain = |i: usize| early_gain(first + 2 * i);
    let near = splat3(s, [gain(0), gain(1), gain(2)]);
    let far = splat3(s, [gain(3), gain(4), gain(5)]);
    for (t, sum) in sum.iter_mut().enumerate() {
        let nearer = load(s, &a[t]) * near[0] + load(s, &b[t]) * near[1] + load(s, &c[t]) * near[2];
        let farther = load(s, &d[t]) * far[0] + load(s, &e[t]) * far[1] + load(s, &f[t]) * far[2];
        (nearer + farther).store_array(&mut sum.0);
    }
}

/// Falling as 1/r with the way a reflection went, signs in turn so that the taps do not comb one way; taste. Left comes
/// first, so a pair shares its mean way, or the hall would lean to the left.
const fn early_gain(i: usize) -> f32 {
    let pair = i / 2;
    let sign = if pair % 3 == 1 { -1.0 } else { 1.0 };
    let way_ms = 0.5 * (EARLY_MS[2 * pair] + EARLY_MS[2 * pair + 1]);
    sign * (12.0 / (12.0 + way_ms as f32))
}

/// `new` becomes the mixture of `old` and `new` along a straight line from `course.0` by `course.1` per frame.
#[inline(always)]
fn blend<S: Simd>(s: S, old: &Block, new: &mut Block, course: (f32, f32)) {
    for (t, (old, new)) in old.iter().zip(new.iter_mut()).enumerate() {
        let part = f32x8::splat(s, (course.0 + course.1 * t as f32).min(1.0));
        let (a, b) = (load(s, old), load(s, new));
        (a + (b - a) * part).store_array(&mut new.0);
    }
}

/// Four all-passes in a row: the even lines hear the second, left in `feed`; the odd lines the last, which is returned.
#[inline(always)]
fn diffuse<S: Simd>(s: S, hall: &mut Hall, feed: &mut Block) -> Block {
    let g = f32x8::splat(s, hall.diffusion);
    let [first, second, third, last] = &mut hall.diffusers;
    let [a, b, c, d] = hall.diffuser_frames;
    all_pass(s, g, first, a, feed);
    all_pass(s, g, second, b, feed);
    let mut odd = *feed;
    all_pass(s, g, third, c, &mut odd);
    all_pass(s, g, last, d, &mut odd);
    odd
}

#[inline(always)]
fn all_pass<S: Simd>(s: S, g: f32x8<S>, ring: &mut Ring, delay: usize, signal: &mut Block) {
    let (past, write) = ring.tap_and_block(delay);
    for ((past, write), x) in past.iter().zip(write).zip(signal) {
        let past = load(s, past);
        let inner = flush(s, load(s, x) + past * g);
        inner.store_array(&mut write.0);
        (past - inner * g).store_array(&mut x.0);
    }
    ring.mirror();
    ring.advance();
}

/// Reads and absorbs lines `i` and `i + 1` together: two recursions hide each other's latency.
#[inline(always)]
fn read_pair<S: Simd>(s: S, hall: &mut Hall, i: usize, morphing: bool, taps: &mut [Block; LINES]) {
    let (a, b) = (drift_of(hall, i), drift_of(hall, i + 1));
    let [first, second] = &mut taps[i..i + 2] else { unreachable!("two lines") };
    let lines = (&hall.lines[i], &hall.lines[i + 1]);
    let to = (line_tap(lines.0, hall.to.lines[i], a), line_tap(lines.1, hall.to.lines[i + 1], b));
    let mut absorb = Absorber::new(s, hall, i);
    let mut along = (Along::new(s, a), Along::new(s, b));
    if morphing {
        let from = (line_tap(lines.0, hall.from.lines[i], a), line_tap(lines.1, hall.from.lines[i + 1], b));
        let course = (hall.morph, hall.morph_step / QUANTUM as f32);
        for t in 0..QUANTUM {
            let part = f32x8::splat(s, (course.0 + course.1 * t as f32).min(1.0));
            let old = (along.0.read(s, from.0, t), along.1.read(s, from.1, t));
            let new = (along.0.read(s, to.0, t), along.1.read(s, to.1, t));
            let (x, y) = absorb.next(old.0 + (new.0 - old.0) * part, old.1 + (new.1 - old.1) * part);
            x.store_array(&mut first[t].0);
            y.store_array(&mut second[t].0);
            along.0.advance();
            along.1.advance();
        }
    } else {
        for t in 0..QUANTUM {
            let (x, y) = absorb.next(along.0.read(s, to.0, t), along.1.read(s, to.1, t));
            x.store_array(&mut first[t].0);
            y.store_array(&mut second[t].0);
            along.0.advance();
            along.1.advance();
        }
    }
    absorb.keep(s, hall, i);
}

/// The absorption of two lines: a low-pass each for the highs and the lows, mixed by the line's gains.
struct Absorber<S: Simd> {
    gains: [[f32x8<S>; 3]; 2],
    step: [f32x8<S>; 2],
    keep: [f32x8<S>; 2],
    high: [f32x8<S>; 2],
    low: [f32x8<S>; 2],
}

impl<S: Simd> Absorber<S> {
    #[inline(always)]
    fn new(s: S, hall: &Hall, i: usize) -> Absorber<S> {
        let [high, low] = hall.corners;
        Absorber {
            gains: [splat3(s, hall.absorption[i]), splat3(s, hall.absorption[i + 1])],
            step: [f32x8::splat(s, high), f32x8::splat(s, low)],
            keep: [f32x8::splat(s, 1.0 - high), f32x8::splat(s, 1.0 - low)],
            high: [load(s, &hall.highs[i]), load(s, &hall.highs[i + 1])],
            low: [load(s, &hall.lows[i]), load(s, &hall.lows[i + 1])],
        }
    }

    #[inline(always)]
    fn next(&mut self, a: f32x8<S>, b: f32x8<S>) -> (f32x8<S>, f32x8<S>) {
        let ([g0, g1], [step_high, step_low], [keep_high, keep_low]) = (self.gains, self.step, self.keep);
        self.high[0] = self.high[0] * keep_high + a * step_high;
        self.high[1] = self.high[1] * keep_high + b * step_high;
        self.low[0] = self.low[0] * keep_low + a * step_low;
        self.low[1] = self.low[1] * keep_low + b * step_low;
        (
            a * g0[0] + self.high[0] * g0[1] + self.low[0] * g0[2],
            b * g1[0] + self.high[1] * g1[1] + self.low[1] * g1[2],
        )
    }

    #[inline(always)]
    fn keep(&self, s: S, hall: &mut Hall, i: usize) {
        for k in 0..2 {
            flush(s, self.high[k]).store_array(&mut hall.highs[i + k].0);
            flush(s, self.low[k]).store_array(&mut hall.lows[i + k].0);
        }
    }
}

/// Moves a line's drift toward its target and says how to read this quantum.
#[inline(always)]
fn drift_of(hall: &mut Hall, i: usize) -> Drift {
    let now = hall.drift[i];
    let next = now + (hall.drift_target[i] - now).clamp(-DRIFT_STEP, DRIFT_STEP);
    hall.drift[i] = next;
    let lowest = now.min(next);
    let whole = (lowest as isize) - isize::from(lowest < 0.0);
    Drift { whole, fraction: now - whole as f32, step: (next - now) / QUANTUM as f32 }
}

/// What a quantum reads of a line's past.
#[inline(always)]
fn line_tap(ring: &Ring, delay: usize, drift: Drift) -> &[Frame; QUANTUM + 1] {
    ring.tap((delay as isize + drift.whole + 1) as usize)
}

/// A fractional, moving distance: straight lines between frames.
struct Along<S: Simd> {
    fraction: f32x8<S>,
    step: f32x8<S>,
}

impl<S: Simd> Along<S> {
    #[inline(always)]
    fn new(s: S, drift: Drift) -> Along<S> {
        Along { fraction: f32x8::splat(s, drift.fraction), step: f32x8::splat(s, drift.step) }
    }

    #[inline(always)]
    fn read(&self, s: S, past: &[Frame; QUANTUM + 1], t: usize) -> f32x8<S> {
        let (older, newer) = (load(s, &past[t]), load(s, &past[t + 1]));
        newer + (older - newer) * self.fraction
    }

    #[inline(always)]
    fn advance(&mut self) {
        self.fraction += self.step;
    }
}

/// Hadamard's matrix over the lines plus the feed, back into the lines.
#[inline(always)]
fn write_lines<S: Simd>(s: S, hall: &mut Hall, feeds: [&Block; 2], taps: &[Block; LINES]) {
    let [l0, l1, l2, l3, l4, l5, l6, l7] = hall.lines.each_mut().map(Ring::block);
    for t in 0..QUANTUM {
        // Written out: a closure is compiled without the level's instructions (and costs five times as much).
        let v = [
            load(s, &taps[0][t]),
            load(s, &taps[1][t]),
            load(s, &taps[2][t]),
            load(s, &taps[3][t]),
            load(s, &taps[4][t]),
            load(s, &taps[5][t]),
            load(s, &taps[6][t]),
            load(s, &taps[7][t]),
        ];
        let a = [
            v[0] + v[4],
            v[1] + v[5],
            v[2] + v[6],
            v[3] + v[7],
            v[0] - v[4],
            v[1] - v[5],
            v[2] - v[6],
            v[3] - v[7],
        ];
        let b = [
            a[0] + a[2],
            a[1] + a[3],
            a[0] - a[2],
            a[1] - a[3],
            a[4] + a[6],
            a[5] + a[7],
            a[4] - a[6],
            a[5] - a[7],
        ];
        let (even, odd) = (load(s, &feeds[0][t]), load(s, &feeds[1][t]));
        flush(s, b[0] + b[1] + even).store_array(&mut l0[t].0);
        flush(s, b[0] - b[1] + odd).store_array(&mut l1[t].0);
        flush(s, b[2] + b[3] - even).store_array(&mut l2[t].0);
        flush(s, b[2] - b[3] - odd).store_array(&mut l3[t].0);
        flush(s, b[4] + b[5] + even).store_array(&mut l4[t].0);
        flush(s, b[4] - b[5] + odd).store_array(&mut l5[t].0);
        flush(s, b[6] + b[7] - even).store_array(&mut l6[t].0);
        flush(s, b[6] - b[7] - odd).store_array(&mut l7[t].0);
    }
    for line in &mut hall.lines {
        line.mirror();
        line.advance();
    }
}

/// Four lines left, four right, signs in turn, plus the early reflections; gains run straight over the quantum.
/// Lanes become stems again, eight frames at a time.
#[inline(always)]
fn mix_out<S: Simd>(
    s: S,
    hall: &mut Hall,
    taps: &[Block; LINES],
    early: &[Block; 2],
    wet: &mut [Stereo; HALL_LANES],
) -> f32 {
    // The absorption gains carry the matrix' 1/√8, which the way out does not want.
    let scale = 2.828_427;
    let from = hall.wet_gain;
    let step: [f32; 2] = std::array::from_fn(|i| (hall.wet_target[i] - from[i]) / QUANTUM as f32);
    let (late_step, early_step) = (f32x8::splat(s, scale * step[0]), f32x8::splat(s, step[1]));
    let (mut late_gain, mut early_gain) = (f32x8::splat(s, scale * from[0]), f32x8::splat(s, from[1]));
    let mut peak = f32x8::splat(s, 0.0);
    for at in (0..QUANTUM).step_by(8) {
        let mut eight = [[f32x8::splat(s, 0.0); 8]; 2];
        for t in 0..8 {
            late_gain += late_step;
            early_gain += early_step;
            for (channel, eight) in eight.iter_mut().enumerate() {
                let [a, b, c, d] = SIDES[channel];
                let one = load(s, &taps[a][at + t]) - load(s, &taps[b][at + t]);
                let two = load(s, &taps[c][at + t]) - load(s, &taps[d][at + t]);
                let y = (one + two) * late_gain + load(s, &early[channel][at + t]) * early_gain;
                peak = peak.max(y.abs());
                eight[t] = y;
            }
        }
        for (channel, eight) in eight.into_iter().enumerate() {
            for (stem, row) in wet.iter_mut().zip(simd::transposed(eight)) {
                row.store_slice(&mut stem.channels[channel][at..at + 8]);
            }
        }
    }
    hall.wet_gain = hall.wet_target;
    peak.reduce_max()
}
