//! Which vector instructions the kernels run with: the best of this CPU, or a lower level a test asks for.
//! Source: run-time dispatch of the `fearless_simd` crate. All levels give the same bits: kernels multiply and add
//! separately, and sum in an order that does not depend on the width of a vector.
//! In/out: a [`Level`] for `fearless_simd::dispatch!`. Cost: two relaxed loads.

pub use fearless_simd::Level;
use fearless_simd::prelude::*;
use fearless_simd::{f32x4, f32x8, mask32x8};
use std::sync::atomic::{AtomicU8, Ordering};

/// Levels a test can ask for, in rising order; a CPU that lacks one uses the next lower.
pub const CHOICES: [Choice; 4] = [Choice::Baseline, Choice::Sse42, Choice::Avx2, Choice::Best];

/// A level by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Choice {
    /// What the CPU does best.
    Best,
    /// What every CPU of the architecture has (SSE2, NEON).
    Baseline,
    /// At most SSE4.2.
    Sse42,
    /// At most AVX2.
    Avx2,
}

static FORCED: AtomicU8 = AtomicU8::new(Choice::Best as u8);

/// The level kernels use from now on, in the whole process. Changes speed only, never a bit.
pub fn force(choice: Choice) {
    FORCED.store(choice as u8, Ordering::Relaxed);
}

/// The level in force.
#[inline]
pub fn level() -> Level {
    let best = Level::new();
    match FORCED.load(Ordering::Relaxed) {
        forced if forced == Choice::Best as u8 => best,
        forced => at_most(best, forced),
    }
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn at_most(best: Level, forced: u8) -> Level {
    let avx2 = best.as_avx2().map(Level::Avx2);
    let sse42 = best.as_sse4_2().map(Level::Sse4_2);
    if forced == Choice::Avx2 as u8 {
        avx2.or(sse42).unwrap_or(Level::baseline())
    } else if forced == Choice::Sse42 as u8 {
        sse42.unwrap_or(Level::baseline())
    } else {
        Level::baseline()
    }
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
fn at_most(_best: Level, _forced: u8) -> Level {
    Level::baseline()
}

/// Sums over the lanes of four vectors, side by side: `((0+4)+(2+6)) + ((1+5)+(3+7))` of each, at every level. A sum
/// within one vector is a chain of shuffles; four together share them.
#[inline(always)]
pub fn sums<S: Simd>(rows: [f32x8<S>; 4]) -> f32x4<S> {
    let [a, b, c, d] = rows;
    let ((a, a_high), (b, b_high), (c, c_high), (d, d_high)) = (a.split(), b.split(), c.split(), d.split());
    sums4([a + a_high, b + b_high, c + c_high, d + d_high])
}

/// Sums over the lanes of four vectors, side by side: `(0+2) + (1+3)` of each, at every level.
#[inline(always)]
pub fn sums4<S: Simd>(rows: [f32x4<S>; 4]) -> f32x4<S> {
    let [a, b, c, d] = rows;
    let ac = a.zip_low(c) + a.zip_high(c);
    let bd = b.zip_low(d) + b.zip_high(d);
    ac.zip_low(bd) + ac.zip_high(bd)
}

/// Rows to columns, four by four.
#[inline(always)]
pub fn transposed4<S: Simd>(rows: [f32x4<S>; 4]) -> [f32x4<S>; 4] {
    let [a, b, c, d] = rows;
    let (ac, bd) = (a.zip_low(c), b.zip_low(d));
    let (ca, db) = (a.zip_high(c), b.zip_high(d));
    [ac.zip_low(bd), ac.zip_high(bd), ca.zip_low(db), ca.zip_high(db)]
}

/// Rows to columns, eight by eight: halves change places, then each half is turned four by four. Slides and selections of
/// constant lanes are what a compiler makes one shuffle of; zips of eight lanes would cross the halves at every step.
#[inline(always)]
pub fn transposed<S: Simd>(rows: [f32x8<S>; 8]) -> [f32x8<S>; 8] {
    let [a, b, c, d, e, f, g, h] = rows;
    let ((a, e), (b, f), (c, g), (d, h)) = (halves(a, e), halves(b, f), halves(c, g), halves(d, h));
    let ([a, b, c, d], [e, f, g, h]) = (turned([a, b, c, d]), turned([e, f, g, h]));
    [a, b, c, d, e, f, g, h]
}

/// The lower halves of two vectors, and the upper.
#[inline(always)]
fn halves<S: Simd>(a: f32x8<S>, b: f32x8<S>) -> (f32x8<S>, f32x8<S>) {
    let ((a_low, a_high), (b_low, b_high)) = (a.split(), b.split());
    (a_low.combine(b_low), a_high.combine(b_high))
}

/// Rows to columns in each half.
#[inline(always)]
fn turned<S: Simd>(rows: [f32x8<S>; 4]) -> [f32x8<S>; 4] {
    let [a, b, c, d] = rows;
    let (ab, cd) = (by_twos(a, b.slide_within_blocks::<2>(b)), by_twos(c, d.slide_within_blocks::<2>(d)));
    let (ba, dc) = (by_twos(a.slide_within_blocks::<2>(a), b), by_twos(c.slide_within_blocks::<2>(c), d));
    [evens(ab, cd), odds(ab, cd), evens(ba, dc), odds(ba, dc)]
}

/// In each half the first two lanes of one vector and the last two of another.
#[inline(always)]
fn by_twos<S: Simd>(a: f32x8<S>, b: f32x8<S>) -> f32x8<S> {
    mask32x8::from_bitmask(a.token(), 0x33).select(a, b)
}

/// The even lanes of one vector and the odd of another.
#[inline(always)]
fn by_ones<S: Simd>(a: f32x8<S>, b: f32x8<S>) -> f32x8<S> {
    mask32x8::from_bitmask(a.token(), 0x55).select(a, b)
}

/// In each half the even lanes of one vector, then those of another.
#[inline(always)]
fn evens<S: Simd>(a: f32x8<S>, b: f32x8<S>) -> f32x8<S> {
    by_twos(
        by_ones(a, a.slide_within_blocks::<1>(a)),
        by_ones(b.slide_within_blocks::<2>(b), b.slide_within_blocks::<3>(b)),
    )
}

/// In each half the odd lanes of one vector, then those of another.
#[inline(always)]
fn odds<S: Simd>(a: f32x8<S>, b: f32x8<S>) -> f32x8<S> {
    by_twos(
        by_ones(a.slide_within_blocks::<1>(a), a.slide_within_blocks::<2>(a)),
        by_ones(b.slide_within_blocks::<3>(b), b),
    )
}

/// Runs an `#[inline(always)]` function with the instructions of the level in force: the compiler vectorises its
/// plain loops for them.
macro_rules! vectorised {
    ($call:expr) => {
        fearless_simd::dispatch!($crate::dsp::simd::level(), _token => $call)
    };
}
pub(crate) use vectorised;

/// Runs an `#[inline(always)]` function written for vectors of any width: `kernel!(s => function(s, …))`.
macro_rules! kernel {
    ($token:ident => $call:expr) => {
        fearless_simd::dispatch!($crate::dsp::simd::level(), $token => $call)
    };
}
pub(crate) use kernel;
