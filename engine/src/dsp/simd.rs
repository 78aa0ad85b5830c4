//! Which vector instructions the kernels run with: the best of this CPU, or a lower level a test asks for.
//! Source: run-time dispatch of the `fearless_simd` crate. All levels give the same bits: kernels multiply and add
//! separately, and sum in an order that does not depend on the width of a vector.
//! In/out: a [`Level`] for `fearless_simd::dispatch!`. Cost: two relaxed loads.

pub use fearless_simd::Level;
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
