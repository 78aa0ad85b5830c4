//! A number, or a vector of numbers: what [`math`](super::math) is written for once, so that a lane of a vector gets
//! the very bits the single number gets. Source: own; no fused operation, no estimate, on any instruction set.
//! In/out: finite f32. Cost: that of the operation.

use core::ops::{Add, Div, Mul, Sub};
use fearless_simd::prelude::*;
use fearless_simd::{f32x4, f32x8, f32x16, i32x4, i32x8, i32x16};

/// What polynomials and folds need of a number.
pub trait Real:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// A constant, as wide as this number.
    fn constant(self, x: f32) -> Self;
    /// Held within a range.
    fn held(self, low: f32, high: f32) -> Self;
    /// The nearest whole number, halves to the even one, and 2 to that power (for -126..=127). Magnitudes below 2^22.
    fn nearest(self) -> (Self, Self);
    /// What remains of -0.5..=0.5 cycles when a sine is folded about its crests: -0.25..=0.25.
    fn folded(self) -> Self;
    /// Nought when smaller than `floor`, or no number.
    fn floored(self, floor: f32) -> Self;
}

/// 1.5 · 2^23: from here on a number has no room for fractions, so adding this rounds. The whole number then stands in the
/// low bits, from which a shift makes an exponent.
const WHOLES: f32 = 12_582_912.0;

impl Real for f32 {
    #[inline(always)]
    fn constant(self, x: f32) -> f32 {
        x
    }

    #[inline(always)]
    fn held(self, low: f32, high: f32) -> f32 {
        self.clamp(low, high)
    }

    #[inline(always)]
    fn nearest(self) -> (f32, f32) {
        let shifted = self + WHOLES;
        (shifted - WHOLES, f32::from_bits(shifted.to_bits().wrapping_add(127) << 23))
    }

    #[inline(always)]
    fn folded(self) -> f32 {
        if self.abs() > 0.25 { 0.5f32.copysign(self) - self } else { self }
    }

    #[inline(always)]
    fn floored(self, floor: f32) -> f32 {
        if self.abs() >= floor { self } else { 0.0 }
    }
}

macro_rules! real_lanes {
    ($floats:ident, $wholes:ident) => {
        impl<S: Simd> Real for $floats<S> {
            #[inline(always)]
            fn constant(self, x: f32) -> Self {
                $floats::splat(self.token(), x)
            }

            #[inline(always)]
            fn held(self, low: f32, high: f32) -> Self {
                self.max(self.constant(low)).min(self.constant(high))
            }

            #[inline(always)]
            fn nearest(self) -> (Self, Self) {
                let shifted = self + self.constant(WHOLES);
                let exponent = shifted.bitcast::<$wholes<S>>() + $wholes::splat(self.token(), 127);
                (shifted - self.constant(WHOLES), (exponent << 23).bitcast())
            }

            #[inline(always)]
            fn folded(self) -> Self {
                let beyond = self.abs().simd_gt(self.constant(0.25));
                beyond.select(self.constant(0.5).copysign(self) - self, self)
            }

            #[inline(always)]
            fn floored(self, floor: f32) -> Self {
                self.abs().simd_ge(self.constant(floor)).select(self, self.constant(0.0))
            }
        }
    };
}

real_lanes!(f32x4, i32x4);
real_lanes!(f32x8, i32x8);
real_lanes!(f32x16, i32x16);

/// Two vectors that walk side by side as one: twice the lanes, and what one waits for the other computes meanwhile.
#[derive(Clone, Copy)]
pub struct Twice<V>(pub V, pub V);

macro_rules! twice {
    ($($operation:ident $function:ident),*) => {$(
        impl<V: Real> $operation for Twice<V> {
            type Output = Self;
            #[inline(always)]
            fn $function(self, other: Self) -> Self {
                Twice(self.0.$function(other.0), self.1.$function(other.1))
            }
        }
    )*};
}

twice!(Add add, Sub sub, Mul mul, Div div);

impl<V: Real> Real for Twice<V> {
    #[inline(always)]
    fn constant(self, x: f32) -> Self {
        let all = self.0.constant(x);
        Twice(all, all)
    }

    #[inline(always)]
    fn held(self, low: f32, high: f32) -> Self {
        Twice(self.0.held(low, high), self.1.held(low, high))
    }

    #[inline(always)]
    fn nearest(self) -> (Self, Self) {
        let (first, second) = (self.0.nearest(), self.1.nearest());
        (Twice(first.0, second.0), Twice(first.1, second.1))
    }

    #[inline(always)]
    fn folded(self) -> Self {
        Twice(self.0.folded(), self.1.folded())
    }

    #[inline(always)]
    fn floored(self, floor: f32) -> Self {
        Twice(self.0.floored(floor), self.1.floored(floor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::{math, simd};
    use fearless_simd::dispatch;

    /// Bits of a function over a sweep, eight and four lanes at a time, against the single number's.
    macro_rules! same_bits {
        ($function:path, $low:expr, $high:expr) => {
            for choice in simd::CHOICES {
                simd::force(choice);
                for i in 0..40_000 {
                    let low: f32 = $low;
                    let width: f32 = $high - $low;
                    let x: [f32; 8] = core::array::from_fn(|k| low + width * ((8 * i + k) as f32 / 320_000.0));
                    let expected = x.map(|x| $function(x).to_bits());
                    let eight: [f32; 8] =
                        dispatch!(simd::level(), s => $function(f32x8::load_array(s, x)).into());
                    let four: [f32; 4] =
                        dispatch!(simd::level(), s => $function(f32x4::from_slice(s, &x[..4])).into());
                    assert_eq!(eight.map(f32::to_bits), expected, "{choice:?} {x:?}");
                    assert_eq!(four.map(f32::to_bits), expected[..4], "{choice:?} {x:?}");
                }
            }
            simd::force(simd::Choice::Best);
        };
    }

    #[test]
    fn a_lane_has_the_bits_of_a_number() {
        same_bits!(math::exp2, -130.0, 130.0);
        same_bits!(math::exp2, -3.0, 3.0);
        same_bits!(math::sin_cycles, -900.0, 900.0);
        same_bits!(math::sin_cycles, -1.0, 1.0);
        same_bits!(math::cos_cycles, -1.0, 1.0);
        same_bits!(math::tan_half_cycles, 0.0, 0.5);
        same_bits!(math::tanh, -4.0, 4.0);
    }
}
