//! White noise through a band-pass or a high-pass, made in the lanes it is filtered in: one loop from seed to block.
//! Source: the trapezoidal responses of [`Filter`](super::Filter) in direct form, as Oppenheim & Schafer write it: noise
//! comes from nowhere, so zeros are differences of its grains and the recursion is two products.
//! In/out: cutoff and gain per block; adds to blocks, another noise to each channel. Cost: 0.3 ns per frame, eight abreast.

use super::abreast::{CHUNK, Doubled, of_each};
use super::groups::{Together, together};
use super::section::warped;
use super::{cycles_of, stepped};
use crate::dsp::real::Real;
use crate::dsp::{denormal, noise};
use crate::instrument::Stereo;
use crate::units::QUANTUM;
use fearless_simd::prelude::*;

/// What tells the right channel's noise from the left's.
const RIGHT: u32 = 0x632B_E5AB;

/// Grains are whole numbers up to this.
const WHOLE: f32 = 2_147_483_648.0;

/// Grains come in pairs.
const PAIR: usize = 2;

/// White noise in a band, two channels.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hiss {
    /// Seeds of the left and the right channel.
    seeds: [u32; 2],
    /// The last two grains of each channel, the older first, and what the filter made of them.
    grains: [[f32; 2]; 2],
    made: [[f32; 2]; 2],
    /// Factors of what was made one and two frames ago, gain of the zeros, gain of the grains.
    now: [f32; 4],
    /// Cutoff in cycles per frame, damping, gain: where the coming block leads; the last is nought.
    aim: [f32; 4],
    /// High-pass, not band-pass.
    high: bool,
    /// The cutoff or the damping moves.
    moves: bool,
    /// Aimed before.
    aimed: bool,
}

impl Hiss {
    /// Noise of a key, from its beginning.
    pub fn new(key: u32) -> Hiss {
        Hiss { seeds: [noise::seed(key), noise::seed(key ^ RIGHT)], ..Hiss::default() }
    }

    /// Passes a band, peak gain 1, at the end of the coming block; the first is taken at once. `q` 0.1..100.
    #[inline]
    pub fn around(&mut self, hz: f32, q: f32, rate_hz: f32) {
        self.set(false, hz, q, rate_hz);
    }

    /// Passes what is above a cutoff, 12 dB per octave, else as [`Hiss::around`].
    #[inline]
    pub fn above(&mut self, hz: f32, q: f32, rate_hz: f32) {
        self.set(true, hz, q, rate_hz);
    }

    #[inline]
    fn set(&mut self, high: bool, hz: f32, q: f32, rate_hz: f32) {
        let (cycles, k) = (cycles_of(stepped(hz), rate_hz), 1.0 / q.clamp(0.1, 100.0));
        self.moves = [cycles, k] != [self.aim[0], self.aim[1]] || high != self.high;
        (self.aim[0], self.aim[1], self.high) = (cycles, k, high);
        if !self.aimed {
            self.aimed = true;
            let [a1, a2, band, edge] = coefficients(cycles, k);
            self.now = [a1, a2, if high { edge } else { band }, 0.0];
        }
    }

    /// Adds a block of each to its block; its gain, of white noise uniform in -1..1, moves to the one it stands with,
    /// the first time from nothing.
    pub fn add_each<'a>(voices: impl Iterator<Item = (&'a mut Hiss, f32, &'a mut Stereo)>) {
        together::<Hiss>(voices.map(|(hiss, gain, block)| {
            hiss.aim[2] = gain * (1.0 / WHOLE);
            (hiss, block)
        }));
    }
}

/// Factors of what was made one and two frames ago, and gains of a band-pass' and a high-pass' zeros.
#[inline(always)]
fn coefficients<V: Real>(cycles: V, k: V) -> [V; 4] {
    let (one, two) = (cycles.constant(1.0), cycles.constant(2.0));
    let g = warped(cycles, one);
    let edge = one / (one + g * (g + k));
    let band = g * k * edge;
    [two * (one - g * g) * edge, two * band - one, band, edge]
}

impl Together for Hiss {
    type Unit = Hiss;

    #[inline(always)]
    fn moves(hiss: &Hiss) -> bool {
        hiss.moves
    }

    #[inline(always)]
    fn is_plain(hiss: &Hiss) -> bool {
        !hiss.high
    }

    /// The recursion moves by the chunk, the gain by the pair of grains: a step of noise is noise.
    #[inline(always)]
    fn run<S: Simd, V: Doubled<S, N>, const N: usize, const MOVES: bool, const PLAIN: bool>(
        s: S,
        mut voices: [&mut Hiss; N],
        mut blocks: [&mut Stereo; N],
    ) {
        let [mut a1, mut a2, mut zeros, mut gain] = V::columns(s, of_each!(voices, hiss => hiss.now));
        let [cycles, k, gain_target, _] = V::columns(s, of_each!(voices, hiss => hiss.aim));
        let high = V::join(s, of_each!(voices, hiss => [f32::from(u8::from(hiss.high)); 2]));
        let (mut a1_target, mut a2_target) = (a1, a2);
        if MOVES {
            let (band, edge);
            [a1_target, a2_target, band, edge] = coefficients(cycles, k);
            zeros = if PLAIN { band } else { band + high * (edge - band) };
        }
        let gain_target = gain_target * zeros;
        let per_chunk = gain.constant(CHUNK as f32 / QUANTUM as f32);
        let (a1_rise, a2_rise) = ((a1_target - a1) * per_chunk, (a2_target - a2) * per_chunk);
        let gain_rise = (gain_target - gain) * gain.constant(PAIR as f32 / QUANTUM as f32);
        let one = high.constant(1.0);
        let (zero1, zero2) = (high.constant(-2.0) * high, high + high - one);

        let mut seeds = V::join(s, of_each!(voices, hiss => hiss.seeds.map(f32::from_bits)));
        let mut grains = [
            V::join(s, of_each!(voices, hiss => hiss.grains[0])),
            V::join(s, of_each!(voices, hiss => hiss.grains[1])),
        ];
        let mut made = [
            V::join(s, of_each!(voices, hiss => hiss.made[0])),
            V::join(s, of_each!(voices, hiss => hiss.made[1])),
        ];
        for chunk in 0..QUANTUM / CHUNK {
            if MOVES {
                (a1, a2) = (a1 + a1_rise, a2 + a2_rise);
            }
            let mut frames = [gain; CHUNK];
            for pair in frames.as_chunks_mut::<PAIR>().0 {
                gain = gain + gain_rise;
                for (frame, grain) in pair.iter_mut().zip(V::grains(&mut seeds)) {
                    let [older, last] = grains;
                    grains = [last, grain];
                    let apart = if PLAIN { grain - older } else { grain + zero1 * last + zero2 * older };
                    let [older, last] = made;
                    *frame = a1 * last + (a2 * older + apart * gain);
                    made = [last, *frame];
                }
            }
            V::put::<true>(frames, &mut blocks, chunk);
        }
        let (seeds, grains) = (seeds.part(), [grains[0].part(), grains[1].part()]);
        let made = [denormal::flush(made[0]).part(), denormal::flush(made[1]).part()];
        let (a1, a2) = (a1_target.part(), a2_target.part());
        let (zeros, gain) = (zeros.part(), gain_target.part());
        for (i, hiss) in voices.iter_mut().enumerate() {
            hiss.seeds = seeds[i].map(f32::to_bits);
            hiss.grains = [grains[0][i], grains[1][i]];
            hiss.made = [made[0][i], made[1][i]];
            hiss.now = [a1[i][0], a2[i][0], zeros[i][0], gain[i][0]];
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the platform's functions are the slow reference")]
mod tests {
    use super::super::{Filter, Response};
    use super::*;
    use crate::dsp::simd;
    use crate::units::db_to_gain;

    const RATE: f32 = 48_000.0;

    /// Sound of a hiss at rest, left then right.
    fn play(mut hiss: Hiss, quanta: usize) -> [Vec<f32>; 2] {
        let mut sound = [Vec::new(), Vec::new()];
        for _ in 0..quanta {
            let mut block = Stereo::SILENCE;
            Hiss::add_each([(&mut hiss, 1.0, &mut block)].into_iter());
            for (sound, channel) in sound.iter_mut().zip(block.channels) {
                sound.extend(channel);
            }
        }
        sound
    }

    /// Power of one octave from `low_hz` on, by a filter of four poles on either side.
    fn octave_db(sound: &[f32], low_hz: f32) -> f64 {
        let mut filters = [Filter::default(); 4];
        let mut power = 0.0;
        for chunk in sound.as_chunks::<QUANTUM>().0 {
            let mut block = *chunk;
            for (i, filter) in filters.iter_mut().enumerate() {
                let (response, hz) =
                    if i % 2 == 0 { (Response::High, low_hz) } else { (Response::Low, 2.0 * low_hz) };
                filter.set(response, hz, if i < 2 { 0.54 } else { 1.31 }, RATE);
                filter.process_mono(&mut block);
            }
            power += block.iter().map(|x| f64::from(x * x)).sum::<f64>();
        }
        10.0 * (power / sound.len() as f64).log10()
    }

    type Aim = fn(&mut Hiss);

    #[test]
    fn it_is_white_noise_through_the_filter_of_its_name() {
        let around = |hiss: &mut Hiss| hiss.around(3_000.0, 0.7, RATE);
        let above = |hiss: &mut Hiss| hiss.above(1_500.0, 0.7, RATE);
        let ways: [(Aim, Response, f32); 2] =
            [(around, Response::Band, 3_000.0), (above, Response::High, 1_500.0)];
        for (aim, response, hz) in ways {
            let mut hiss = Hiss::new(77);
            aim(&mut hiss);
            let [left, right] = play(hiss, 40_000);
            let mut filter = Filter::default();
            filter.set(response, hz, 0.7, RATE);
            let mut expected = Vec::new();
            for quantum in 0..40_000 {
                let mut block = [0.0; QUANTUM];
                noise::white(noise::key(5, 5), quantum * QUANTUM as u32, &mut block);
                filter.process_mono(&mut block);
                expected.extend(block);
            }
            for octave in 0..7 {
                let low_hz = 125.0 * f32::from(1u8 << octave);
                let wanted = octave_db(&expected, low_hz);
                for channel in [&left, &right] {
                    let got = octave_db(channel, low_hz);
                    // 27 s of an octave of 125 Hz know its power to 0.1 dB.
                    let tolerance = 0.3 / f64::from(octave + 1);
                    assert!(
                        (got - wanted).abs() < tolerance,
                        "{response:?} {low_hz} Hz: {got} of {wanted} dB"
                    );
                }
            }
            let product: f64 = left.iter().zip(&right).map(|(l, r)| f64::from(l * r)).sum();
            let power: f64 = left.iter().map(|l| f64::from(l * l)).sum();
            assert!((product / power).abs() < 0.01, "channels {}", product / power);
        }
    }

    #[test]
    fn beside_each_other_they_equal_each_alone_at_every_level() {
        for count in 1..=9 {
            let made = |alone: bool| {
                let mut voices: Vec<Hiss> = (0..count).map(Hiss::new).collect();
                let mut sound = Vec::new();
                for block in 0..40 {
                    for (k, hiss) in voices.iter_mut().enumerate() {
                        let hz = 400.0 + 300.0 * k as f32 + 5.0 * (block / 3) as f32;
                        if k % 3 == 2 { hiss.above(hz, 0.7, RATE) } else { hiss.around(hz, 4.0, RATE) }
                    }
                    let mut blocks = vec![Stereo::SILENCE; voices.len()];
                    let mut pairs =
                        voices.iter_mut().zip(&mut blocks).map(|(hiss, block)| (hiss, 0.5, block));
                    if alone {
                        pairs.for_each(|pair| Hiss::add_each(std::iter::once(pair)));
                    } else {
                        Hiss::add_each(pairs.by_ref());
                    }
                    sound.extend(blocks);
                }
                sound
            };
            let mut first = None;
            for choice in simd::CHOICES {
                simd::force(choice);
                let together = made(false);
                assert_eq!(together, made(true), "{count} at {choice:?}");
                assert_eq!(first.get_or_insert(together.clone()), &together, "{count} at {choice:?}");
            }
            simd::force(simd::Choice::Best);
        }
    }

    #[test]
    fn it_begins_from_nothing_and_ends_in_zeros() {
        let mut hiss = Hiss::new(3);
        hiss.around(300.0, 20.0, RATE);
        let mut block = Stereo::SILENCE;
        Hiss::add_each([(&mut hiss, 1.0, &mut block)].into_iter());
        assert!(block.channels[0][0].abs() < db_to_gain(-40.0) && block.peak() > 1e-3);
        for _ in 0..6_000 {
            Hiss::add_each([(&mut hiss, 0.0, &mut block)].into_iter());
        }
        assert_eq!(hiss.made, [[0.0; 2]; 2]);
    }
}
