//! Choosing: one of several by weights that move with the mood, without flicker.
//! Source: MUSIC 0.1 (Gumbel-max with fixed noise: measured 2.9 changes over a full sweep against 6.4 of inverse CDF).
//! In/out: logarithms in 65536ths of e, from tables computed at compile time; no floating point.

use crate::random::{Domain, bits};

/// One in logarithms.
pub(crate) const ONE: i32 = 1 << 16;

/// ln 2 in 65536ths.
const LN2_Q16: i64 = 45_426;

/// log2 of an integer above 0 in 65536ths, bit by bit.
const fn log2_q16(x: u64) -> i32 {
    let whole = 63 - x.leading_zeros();
    // Mantissa in 1..2 with 31 fractional bits, squared once per result bit.
    let mut m = if whole >= 31 { x >> (whole - 31) } else { x << (31 - whole) };
    let (mut log, mut bit) = ((whole as i32) << 16, 1 << 15);
    while bit > 0 {
        m = (m * m) >> 31;
        if m >= 1 << 32 {
            m >>= 1;
            log += bit;
        }
        bit >>= 1;
    }
    log
}

/// Natural logarithm of a whole number above 0.
pub(crate) const fn ln_q16(x: u64) -> i32 {
    ((log2_q16(x) as i64 * LN2_Q16) >> 16) as i32
}

const GUMBEL_STEPS: usize = 1024;

/// Quantiles of the standard Gumbel distribution: -ln(-ln u) at u = (i + 1/2) / 1024.
static GUMBEL: [i32; GUMBEL_STEPS] = {
    let mut table = [0; GUMBEL_STEPS];
    let mut i = 0;
    while i < GUMBEL_STEPS {
        let minus_ln_u = ln_q16(2 * GUMBEL_STEPS as u64) - ln_q16(2 * i as u64 + 1);
        table[i] = ln_q16(ONE as u64) - ln_q16(if minus_ln_u < 1 { 1 } else { minus_ln_u as u64 });
        i += 1;
    }
    table
};

/// ln of a weight; a weight of 0 never wins against another.
static LN_WEIGHT: [i32; 1024] = {
    let mut table = [-40 * ONE; 1024];
    let mut i = 1;
    while i < 1024 {
        table[i] = ln_q16(i as u64);
        i += 1;
    }
    table
};

/// ln of a whole weight, 0..=1023.
pub(crate) fn ln_weight(weight: u16) -> i32 {
    LN_WEIGHT[usize::from(weight).min(1023)]
}

/// The fixed noise of one alternative at a place.
pub(crate) fn gumbel(seed: u64, domain: Domain, i: i64, j: i64) -> i32 {
    GUMBEL[(bits(seed, domain, i, j) >> 54) as usize]
}

/// Weight of what is no alternative.
pub(crate) const NEVER: i32 = i32::MIN;

/// The alternative with the best logarithmic weight plus noise; the first of equals. Noise is taken at `(i, j·64 + k)`.
pub(crate) fn best(
    seed: u64,
    domain: Domain,
    i: i64,
    j: i64,
    ln_weights: impl Iterator<Item = i32>,
) -> usize {
    best_with(ln_weights.enumerate(), |k| gumbel(seed, domain, i, j * 64 + k as i64))
}

/// [`best`] of alternatives that come with their numbers, under the noise of each number.
pub(crate) fn best_with(
    ln_weights: impl Iterator<Item = (usize, i32)>,
    noise: impl Fn(usize) -> i32,
) -> usize {
    let mut winner = (0, i32::MIN);
    for (k, ln_weight) in ln_weights.filter(|&(_, ln_weight)| ln_weight > NEVER) {
        let score = ln_weight.saturating_add(noise(k));
        if score > winner.1 {
            winner = (k, score);
        }
    }
    winner.0
}

/// Uniform thousandths of a place, 0..1000.
pub(crate) fn permille(seed: u64, domain: Domain, i: i64, j: i64) -> i32 {
    crate::random::pick(seed, domain, i, j, 1000) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_right() {
        for x in [1u64, 2, 3, 10, 1000, 65536, 1 << 40] {
            let exact = libm::log2(x as f64);
            assert!((f64::from(log2_q16(x)) / 65536.0 - exact).abs() < 1e-4, "{x}");
        }
        assert!((f64::from(GUMBEL[512]) / 65536.0 - 0.3665).abs() < 5e-3);
        assert!(GUMBEL.windows(2).all(|w| w[0] <= w[1]));
    }

    #[test]
    fn shares_follow_weights() {
        let weights = [600u16, 300, 100];
        let mut counts = [0; 3];
        for i in 0..20_000 {
            counts[best(3, Domain::Slot, i, 0, weights.iter().map(|&w| ln_weight(w)))] += 1;
        }
        for (count, weight) in counts.iter().zip(weights) {
            assert!((count / 20 - i32::from(weight)).abs() < 15, "{counts:?}");
        }
    }
}
