//! The bursts of noise of struck voices. What sounds of all voices at one time is filtered side by side.
//! Source: own. In/out: added to each voice's block. Cost: 8 ns per frame for one burst, little more for four.

use super::recipe::{BURSTS, Burst, Recipe};
use super::{ABREAST, Struck};
use crate::dsp::filter::Filter;
use crate::dsp::kept::Kept;
use crate::dsp::simd::vectorised;
use crate::dsp::{math, noise};
use crate::instrument::Stereo;
use crate::units::{QUANTUM, SILENCE_GAIN};
use arrayvec::ArrayVec;

/// A burst is over at this peak, before its filter takes the most of it.
const OVER: f32 = SILENCE_GAIN;

/// Where a burst is in its course.
#[derive(Clone, Copy, Default)]
pub struct Sounding {
    filter: Filter,
    keys: [u32; 2],
    /// Envelope at the last block edge, and frames since its stroke (negative: still to come).
    level: f32,
    peak: f32,
    since: i64,
    falls: Kept,
}

impl Sounding {
    /// Burst `index` of a note, as it begins.
    pub fn new(burst: &Burst, index: usize, place: u64, rate: f32) -> Sounding {
        Sounding {
            keys: [0, 1].map(|side| noise::key(place, 2 * index as i64 + side)),
            peak: 1.0,
            // What waits for the release is over until then.
            since: if burst.at_release { i64::MAX } else { -((burst.start_s * rate) as i64) },
            ..Sounding::default()
        }
    }

    /// Begins again, so loud.
    pub fn strike(&mut self, peak: f32) {
        (self.since, self.peak) = (0, peak);
    }

    /// Moves the envelope on by a block.
    fn advance(&mut self, burst: &Burst, rate: f32) {
        let attack = (burst.attack_ms * 1e-3 * rate).max(1.0);
        self.since += QUANTUM as i64;
        let since = self.since as f32;
        let falling =
            self.level * self.falls.of(-9.966 * QUANTUM as f32 / (burst.decay_s * rate), math::exp2);
        // Quadratic, so that a long rise swells as the ear wants it.
        let rise = (since / attack).clamp(0.0, 1.0);
        let rising = if since < attack + QUANTUM as f32 { self.peak * rise * rise } else { 0.0 };
        self.level = falling.max(rising);
    }

    /// True when nothing will be heard of it before it is struck again.
    fn is_over(&self) -> bool {
        self.level == 0.0 && self.since > 0
    }
}

/// A burst that is heard in this block: whose it is, and its gain from and to.
struct Heard<'a> {
    voice: usize,
    filter: &'a mut Filter,
    gains: [f32; 2],
}

/// Adds the bursts of some voices that sound; their filters walk side by side.
pub fn bursts_add<R: Recipe, const G: usize>(voices: &mut [&mut Struck<R, G>], outs: &mut [Stereo]) {
    let mut blocks = ArrayVec::<Stereo, { ABREAST * BURSTS }>::new();
    let mut heard = ArrayVec::<Heard, { ABREAST * BURSTS }>::new();
    for (index, voice) in voices.iter_mut().take(ABREAST).enumerate() {
        let (rate, frame) = (voice.rate, voice.frame as u32);
        for (burst, sounding) in voice.strike.bursts.iter().zip(&mut voice.sounding) {
            if sounding.is_over() {
                continue;
            }
            let from = sounding.level;
            sounding.advance(burst, rate);
            // White noise spreads its power up to half the rate: the same level per Hz at every rate.
            let gain = burst.gain * (rate * (1.0 / 48_000.0)).sqrt();
            if gain * from.max(sounding.level) < OVER {
                sounding.level = 0.0;
                continue;
            }
            blocks.push(Stereo::SILENCE);
            if let Some(block) = blocks.last_mut() {
                vectorised!(burst_noise(burst, sounding.keys, frame, rate, block));
            }
            sounding.filter.set(burst.response, burst.hz, burst.q, rate);
            let gains = [gain * from, gain * sounding.level];
            heard.push(Heard { voice: index, filter: &mut sounding.filter, gains });
        }
    }
    if heard.is_empty() {
        return;
    }
    Filter::process_each(heard.iter_mut().map(|heard| &mut *heard.filter).zip(&mut blocks));
    vectorised!(fade_add_each(&heard, &blocks, outs));
}

/// Adds each block to its voice; its gain goes straight from one to the next.
#[inline(always)]
fn fade_add_each(heard: &[Heard], blocks: &[Stereo], outs: &mut [Stereo]) {
    for (heard, block) in heard.iter().zip(blocks) {
        let [from, to] = heard.gains;
        let step = (to - from) * (1.0 / QUANTUM as f32);
        let Some(out) = outs.get_mut(heard.voice) else { continue };
        for (out, block) in out.channels.iter_mut().zip(&block.channels) {
            for (t, (out, block)) in out.iter_mut().zip(block).enumerate() {
                *out += block * (from + step * (t + 1) as f32);
            }
        }
    }
}

/// Raw noise of a burst for a block.
#[inline(always)]
fn burst_noise(burst: &Burst, keys: [u32; 2], frame: u32, rate: f32, block: &mut Stereo) {
    if burst.width > 0.0 {
        noise::stereo_into(keys, frame, burst.width, block);
    } else {
        noise::white_into(keys[0], frame, &mut block.channels[0]);
        block.channels[1] = block.channels[0];
    }
    if burst.grains_hz > 0.0 {
        noise::thin_into(keys[0], frame, burst.grains_hz / rate, block);
    }
}
