//! Noise by place: white noise that is a hash of (key, frame), or runs on from a key, and slow curves that are a hash of
//! (key, time). Source: 32-bit finaliser with low bias (Wellons 2018, "hash prospector"), which lets any frame be asked
//! for first; xorshift (Marsaglia 2003, 13 17 5), in lanes of voices.
//! In/out: -1..1. Cost: below 1 ns per sample, vectorised; integers and exact conversions only, so equal bits everywhere.

use crate::dsp::real::Real;
use crate::dsp::simd::vectorised;
use crate::instrument::Stereo;
use crate::random::{Domain, bits, value};
use crate::units::QUANTUM;
use fearless_simd::prelude::*;
use fearless_simd::{f32x4, f32x8, f32x16, i32x4, i32x8, i32x16, u32x4, u32x8, u32x16};

/// A key for one stream of noise of a place.
#[inline]
pub fn key(place: u64, stream: i64) -> u32 {
    (bits(place, Domain::Noise, stream, 0) >> 32) as u32
}

#[inline(always)]
fn hash(mut x: u32) -> u32 {
    x = (x ^ (x >> 16)).wrapping_mul(0x7FEB_352D);
    x = (x ^ (x >> 15)).wrapping_mul(0x846C_A68B);
    x ^ (x >> 16)
}

/// White noise of one frame, uniform in -1..1: RMS 0.577.
#[inline(always)]
pub fn white_at(key: u32, frame: u32) -> f32 {
    // Weyl's step keeps neighbouring keys apart; the conversion is exact to 24 bits.
    hash(frame.wrapping_mul(0x9E37_79B9) ^ key) as i32 as f32 * (1.0 / 2_147_483_648.0)
}

/// Where a run of [`Grains`] begins: never nought, which it would never leave.
#[inline]
pub fn seed(key: u32) -> u32 {
    hash(key) | 1
}

/// White noise that runs on from a seed in each lane, for whoever plays from the beginning: half as dear as a hash, and as
/// no lane hears another it needs no turning from rows to lanes.
pub trait Grains: Real {
    /// The next two frames, uniform in ±2^31; seeds are bits in the clothes of numbers. The second frame is the lower
    /// half of the word whose upper half is the first: sixteen bits each, their steps 98 dB below them.
    fn grains(seeds: &mut Self) -> [Self; 2];
}

macro_rules! grains {
    ($floats:ident, $words:ident, $wholes:ident) => {
        impl<S: Simd> Grains for $floats<S> {
            #[inline(always)]
            fn grains(seeds: &mut Self) -> [Self; 2] {
                let word = seeds.bitcast::<$words<S>>();
                let word = word ^ (word << 13);
                let word = word ^ (word >> 17);
                let word = word ^ (word << 5);
                *seeds = word.bitcast();
                let whole = word.bitcast::<$wholes<S>>();
                [whole.to_float(), (whole << 16).to_float()]
            }
        }
    };
}

grains!(f32x4, u32x4, i32x4);
grains!(f32x8, u32x8, i32x8);
grains!(f32x16, u32x16, i32x16);

/// White noise of a quantum that begins at `frame`.
#[inline]
pub fn white(key: u32, frame: u32, out: &mut [f32; QUANTUM]) {
    vectorised!(white_into(key, frame, out));
}

/// [`white`] within a kernel.
#[inline(always)]
pub fn white_into(key: u32, frame: u32, out: &mut [f32; QUANTUM]) {
    for (i, sample) in out.iter_mut().enumerate() {
        *sample = white_at(key, frame.wrapping_add(i as u32));
    }
}

/// Thins white noise out to grains: a frame stays with `probability`, louder, so that the power stays.
pub fn thin(key: u32, frame: u32, probability: f32, block: &mut Stereo) {
    vectorised!(thin_into(key, frame, probability, block));
}

/// [`thin`] within a kernel.
#[inline(always)]
pub fn thin_into(key: u32, frame: u32, probability: f32, block: &mut Stereo) {
    let probability = probability.clamp(1e-6, 1.0);
    let lift = 1.0 / probability.sqrt();
    let mut gate = [0.0; QUANTUM];
    white_into(key ^ 0x5BD1_E995, frame, &mut gate);
    let [left, right] = &mut block.channels;
    for ((left, right), gate) in left.iter_mut().zip(right).zip(gate) {
        let open = if gate < 2.0 * probability - 1.0 { lift } else { 0.0 };
        *left *= open;
        *right *= open;
    }
}

/// White noise for two channels: 0 both alike .. 1 both apart, at one power.
pub fn stereo(keys: [u32; 2], frame: u32, width: f32, block: &mut Stereo) {
    vectorised!(stereo_into(keys, frame, width, block));
}

/// [`stereo`] within a kernel.
#[inline(always)]
pub fn stereo_into(keys: [u32; 2], frame: u32, width: f32, block: &mut Stereo) {
    let [left, right] = &mut block.channels;
    white_into(keys[0], frame, left);
    white_into(keys[1], frame, right);
    let keep = (1.0 - width * width).max(0.0).sqrt();
    for (left, right) in left.iter().zip(right) {
        *right = *left * keep + *right * width;
    }
}

/// A curve through a random value -1..1 at every whole `time`, smooth in between (cubic, level at the knots).
#[inline]
pub fn wander(place: u64, stream: i64, time: f64) -> f32 {
    Wander::new(place, stream).at(time)
}

/// [`wander`] of one place and stream that is asked again and again: it keeps the knots it stands between.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wander {
    place: u64,
    stream: i64,
    knots: Option<(i64, [f32; 2])>,
}

impl Wander {
    /// The curve of a place and stream.
    #[inline]
    pub fn new(place: u64, stream: i64) -> Wander {
        Wander { place, stream, knots: None }
    }

    /// The curve at a time.
    #[inline]
    pub fn at(&mut self, time: f64) -> f32 {
        let whole = time as i64;
        let knot = if (whole as f64) > time { whole - 1 } else { whole };
        let t = (time - knot as f64) as f32;
        let [a, b] = match self.knots {
            Some((kept, values)) if kept == knot => values,
            _ => [knot, knot.wrapping_add(1)]
                .map(|i| 2.0 * value(self.place, Domain::Noise, self.stream, i) as f32 - 1.0),
        };
        self.knots = Some((knot, [a, b]));
        a + (b - a) * t * t * (3.0 - 2.0 * t)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_flat_centred_and_known_by_place() {
        let key = key(77, 3);
        let mut sums = [0.0f64; 4];
        let mut block = [0.0; QUANTUM];
        for quantum in 0..4000u32 {
            white(key, quantum * 32, &mut block);
            for (i, &x) in block.iter().enumerate() {
                assert_eq!(x, white_at(key, quantum * 32 + i as u32));
                let (x, before) =
                    (f64::from(x), f64::from(white_at(key, (quantum * 32 + i as u32).wrapping_sub(1))));
                sums = [sums[0] + x, sums[1] + x * x, sums[2] + x * before, sums[3].max(x.abs())];
            }
        }
        let n = 128_000.0;
        assert!((sums[0] / n).abs() < 0.005 && (sums[1] / n - 1.0 / 3.0).abs() < 0.005, "{sums:?}");
        assert!((sums[2] / n).abs() < 0.005 && sums[3] <= 1.0);
    }

    #[test]
    fn streams_differ_and_curves_are_smooth() {
        assert_ne!(key(1, 0), key(1, 1));
        let mut last = wander(9, 0, -3.0);
        for i in 1..6000 {
            let now = wander(9, 0, -3.0 + f64::from(i) * 0.001);
            assert!(now.abs() <= 1.0 && (now - last).abs() < 0.004);
            last = now;
        }
        let mut kept = Wander::new(9, 4);
        for i in (-400..400).chain([7, -9, 7]) {
            let time = f64::from(i) * 0.037;
            assert_eq!(kept.at(time), wander(9, 4, time));
            assert!((kept.at(time + 1e-9) - kept.at(time)).abs() < 1e-6);
        }
    }
}
