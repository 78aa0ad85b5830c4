//! Players who play one note together: each with a detune, a drift, a vibrato, an onset and a seat of its own.
//! Source: MUSIC 8 #1 (detune SD 6 cents, drift 2.5), 7.3 (vibrato; onset spread within sections 8–45 ms).
//! In/out: pitch and gain in, phase steps and gains of a [`Bank`] out, once per block. Cost: about 0.5 ns per frame.

use super::tone::{Moment, Tone};
use crate::dsp::math;
use crate::dsp::oscillator::{BANK, Bank, phase_of, sines};
use crate::dsp::simd::kernel;
use fearless_simd::prelude::*;

/// Vibrato of the players of a section.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vibrato {
    /// Mean rate, Hz; players differ by 6 % (MUSIC 8 #1: 5.5 ± 0.35).
    pub rate_hz: f32,
    /// Half the swing, cents.
    pub extent_cents: f32,
    /// How long a player waits before it begins, s; players differ by a third.
    pub delay_s: f32,
}

impl Vibrato {
    /// None at all.
    pub const NONE: Vibrato = Vibrato { rate_hz: 5.0, extent_cents: 0.0, delay_s: 0.0 };
}

/// Loudness of the players of a section that moves up and down, each player for himself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tremolo {
    /// Slowest player, Hz.
    pub low_hz: f32,
    /// Fastest player, Hz.
    pub high_hz: f32,
    /// How far the level falls, 0 not at all .. 1 to nothing.
    pub depth: f32,
}

impl Tremolo {
    /// None at all.
    pub const NONE: Tremolo = Tremolo { low_hz: 1.0, high_hz: 1.0, depth: 0.0 };
}

/// How a section plays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Players {
    /// How many, 1..16.
    pub count: usize,
    /// Standard deviation of their tuning, cents. Its mean is nought: the section is in tune.
    pub detune_cents: f32,
    /// Standard deviation of their wandering, cents.
    pub drift_cents: f32,
    /// Vibrato.
    pub vibrato: Vibrato,
    /// Tremolo.
    pub tremolo: Tremolo,
    /// Spread of their entries, s.
    pub onset_s: f32,
    /// Spread of their seats, 0 one point .. 1 from wall to wall.
    pub width: f32,
}

/// Time between two aims of a player's drift, s; differs by player so that they do not turn together. Taste, within
/// the 0.3–2 Hz of MUSIC 8.
const DRIFT_S: f32 = 0.7;

/// Vibrato grows to its full extent within this time, s (MUSIC 7.3).
const VIBRATO_RISE_S: f32 = 0.35;

/// An entry takes this long, s, when players do not come in together: no edge to hear per player.
const ENTRY_S: f32 = 0.03;

/// ln 2 / 1200: cents to the exponent of e.
const PER_CENT: f32 = std::f32::consts::LN_2 / 1200.0;

/// Random kinds of [`Tone::random`] used here; voices use numbers from 100 on.
const PHASE: i64 = 0;
const DETUNE: i64 = 1;
const RATE: i64 = 4;
const VIBRATO_PHASE: i64 = 5;
const DELAY: i64 = 6;
const ONSET: i64 = 7;
const SEAT: i64 = 8;
const DRIFT_START: i64 = 9;
const TREMOLO_PHASE: i64 = 10;
const TREMOLO_RATE: i64 = 11;
const DRIFT: i64 = 16;

/// The players of one note.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
pub struct Section {
    /// Their oscillators.
    pub bank: Bank,
    /// Blocks from one [`Section::advance`] to the next: players without vibrato and tremolo need not be aimed in each.
    pub stride: f32,
    detune_cents: [f32; BANK],
    drift_cents: f32,
    drift_from: [f32; BANK],
    drift_to: [f32; BANK],
    drift_part: [f32; BANK],
    drift_step: [f32; BANK],
    drift_count: [u32; BANK],
    vibrato_phase: [u32; BANK],
    vibrato_step: [u32; BANK],
    vibrato_delay_s: [f32; BANK],
    extent_cents: f32,
    tremolo_phase: [u32; BANK],
    tremolo_step: [u32; BANK],
    tremolo_depth: f32,
    onset_s: [f32; BANK],
    entries: bool,
    seat_left: [f32; BANK],
    seat_right: [f32; BANK],
    count: usize,
}

impl Section {
    /// Seats the players of a note.
    pub fn new(players: &Players, tone: &Tone) -> Section {
        let mut section = Section { count: players.count.clamp(1, BANK), stride: 1.0, ..Section::default() };
        section.bank.count = section.count;
        section.drift_cents = players.drift_cents;
        section.extent_cents = players.vibrato.extent_cents;
        section.tremolo_depth = players.tremolo.depth;
        section.entries = players.onset_s > 0.0 && section.count > 1;
        let loudness = 1.0 / (section.count as f32).sqrt();
        for i in 0..section.count {
            section.bank.phase[i] = phase_of(f64::from(tone.random(PHASE, i)));
            section.drift_from[i] = bell(tone, DRIFT, i);
            section.drift_to[i] = bell(tone, DRIFT + 3, i);
            section.drift_part[i] = tone.random(DRIFT_START, i);
            section.drift_step[i] = tone.block_s / (DRIFT_S * (0.7 + 0.6 * tone.random(RATE, i)));
            section.drift_count[i] = 2;
            section.vibrato_phase[i] = phase_of(f64::from(tone.random(VIBRATO_PHASE, i)));
            let rate_hz = players.vibrato.rate_hz * (0.9 + 0.2 * tone.random(RATE, i));
            section.vibrato_step[i] = phase_of(f64::from(rate_hz * tone.block_s));
            section.vibrato_delay_s[i] = players.vibrato.delay_s * (0.7 + 0.6 * tone.random(DELAY, i));
            let tremolo = &players.tremolo;
            let along = tone.random(TREMOLO_RATE, i);
            let tremolo_hz = tremolo.low_hz + (tremolo.high_hz - tremolo.low_hz) * along;
            section.tremolo_step[i] = phase_of(f64::from(tremolo_hz * tone.block_s));
            section.tremolo_phase[i] = phase_of(f64::from(tone.random(TREMOLO_PHASE, i)));
            section.onset_s[i] = players.onset_s * 2.0 * tone.random(ONSET, i);
            section.seat(i, players.width, tone, loudness);
        }
        section.tune(players.detune_cents, tone);
        if !section.entries {
            (section.bank.left, section.bank.right) = (section.seat_left, section.seat_right);
        }
        // All sit where they will, and rise from nothing together.
        section.bank.gain = 0.0;
        section.bank.snap();
        section
    }

    /// Seats spread evenly from left to right, each moved a little; equal power.
    fn seat(&mut self, i: usize, width: f32, tone: &Tone, loudness: f32) {
        // A stride coprime to most counts keeps neighbours in tuning apart in space.
        let place = ((i * 7 + 3) % self.count) as f32 + 0.2 + 0.6 * tone.random(SEAT, i);
        let pan = if self.count > 1 { width * (2.0 * place / self.count as f32 - 1.0) } else { 0.0 };
        self.seat_left[i] = loudness * math::cos_cycles(0.125 * (1.0 + pan));
        self.seat_right[i] = loudness * math::sin_cycles(0.125 * (1.0 + pan));
    }

    /// Random tuning with exactly the mean 0 and the standard deviation asked for.
    fn tune(&mut self, spread_cents: f32, tone: &Tone) {
        let count = self.count;
        if count < 2 {
            return;
        }
        let raw: [f32; BANK] = std::array::from_fn(|i| if i < count { bell(tone, DETUNE, i) } else { 0.0 });
        let mean = raw.iter().sum::<f32>() / count as f32;
        let power: f32 = raw[..count].iter().map(|x| (x - mean) * (x - mean)).sum();
        let scale = spread_cents / (power / count as f32).sqrt().max(1.0e-3);
        for (detune, raw) in self.detune_cents[..count].iter_mut().zip(&raw) {
            *detune = (raw - mean) * scale;
        }
    }

    /// All players share the first one's vibrato: one circuit, or one player with several strings.
    pub fn sway_together(&mut self) {
        self.vibrato_phase = [self.vibrato_phase[0]; BANK];
        self.vibrato_step = [self.vibrato_step[0]; BANK];
        self.vibrato_delay_s = [self.vibrato_delay_s[0]; BANK];
    }

    /// Aims steps and gains at the end of the coming block. `vibrato` and `spread` scale the players' vibrato, and
    /// their detune and drift.
    pub fn advance(&mut self, tone: &Tone, moment: &Moment, vibrato: f32, spread: f32) {
        let mut arrives = false;
        for (part, step) in self.drift_part.iter().zip(&self.drift_step) {
            arrives |= part + step * self.stride >= 1.0;
        }
        if arrives {
            self.drift_onward(tone);
        }
        let cycles_per_hz = 1.0 / tone.rate_hz;
        self.bank.gain = moment.gain;
        kernel!(s => self.aim(s, moment, cycles_per_hz, vibrato, spread));
    }

    /// New aims for the players whose drift arrives in this block.
    fn drift_onward(&mut self, tone: &Tone) {
        for i in 0..self.count {
            if self.drift_part[i] + self.drift_step[i] * self.stride >= 1.0 {
                self.drift_part[i] -= 1.0;
                self.drift_from[i] = self.drift_to[i];
                self.drift_to[i] = bell(tone, DRIFT + 3 * i64::from(self.drift_count[i]), i);
                self.drift_count[i] += 1;
            }
        }
    }

    /// [`Section::advance`] in lanes of players.
    #[inline(always)]
    fn aim<S: Simd>(&mut self, s: S, moment: &Moment, cycles_per_hz: f32, vibrato: f32, spread: f32) {
        let lanes = S::f32s::LEN;
        let all = |x: f32| S::f32s::splat(s, x);
        let extent_cents = self.extent_cents * vibrato;
        let cycles = (moment.hz * cycles_per_hz).clamp(1.0e-7, 0.43) * 4_294_967_296.0;
        let mut at = 0;
        while at < self.count {
            let load = |x: &[f32; BANK]| S::f32s::from_slice(s, &x[at..at + lanes]);
            let whole = |x: &[u32; BANK]| S::u32s::from_slice(s, &x[at..at + lanes]);
            let time = all(moment.time_s);
            let from = load(&self.drift_from);
            let part = load(&self.drift_part) + load(&self.drift_step) * all(self.stride);
            let drift = from + (load(&self.drift_to) - from) * rise(s, part);
            let mut cents = all(spread) * (load(&self.detune_cents) + all(self.drift_cents) * drift);
            if extent_cents != 0.0 {
                let sway = whole(&self.vibrato_phase) + whole(&self.vibrato_step);
                let swell = rise(s, (time - load(&self.vibrato_delay_s)) * all(1.0 / VIBRATO_RISE_S));
                cents += all(extent_cents) * swell * sines(s, sway);
                sway.store_slice(&mut self.vibrato_phase[at..at + lanes]);
            }
            let x = all(PER_CENT) * cents;
            // e^x to the third order: within 0.001 cent for a semitone. Through i32: one vector instruction.
            let ratio = all(1.0) + x * (all(1.0) + x * (all(0.5) + x * all(1.0 / 6.0)));
            let half = (all(0.5 * cycles) * ratio).to_int::<S::i32s>().bitcast::<S::u32s>();
            let step = half + half;

            let mut gain = all(1.0);
            if self.entries {
                gain = rise(s, (time - load(&self.onset_s)) * all(1.0 / ENTRY_S));
            }
            if self.tremolo_depth > 0.0 {
                let stroke = whole(&self.tremolo_phase) + whole(&self.tremolo_step);
                gain *= all(1.0) - all(0.5 * self.tremolo_depth) * (all(1.0) - sines(s, stroke));
                stroke.store_slice(&mut self.tremolo_phase[at..at + lanes]);
            }
            part.store_slice(&mut self.drift_part[at..at + lanes]);
            step.store_slice(&mut self.bank.step[at..at + lanes]);
            (gain * load(&self.seat_left)).store_slice(&mut self.bank.left[at..at + lanes]);
            (gain * load(&self.seat_right)).store_slice(&mut self.bank.right[at..at + lanes]);
            at += lanes;
        }
    }
}

/// [`s_curve`](crate::dsp::envelope::s_curve) in lanes.
#[inline(always)]
fn rise<S: Simd>(s: S, x: S::f32s) -> S::f32s {
    let all = |x: f32| S::f32s::splat(s, x);
    let x = x.max(all(0.0)).min(all(1.0));
    x * x * (all(3.0) - all(2.0) * x)
}

/// A bell-shaped random value with mean 0 and standard deviation 1: three uniform ones.
fn bell(tone: &Tone, kind: i64, index: usize) -> f32 {
    2.0 * ((0..3).map(|k| tone.random(kind + k, index)).sum::<f32>() - 1.5)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the platform's functions are the slow reference")]
mod tests {
    use super::*;
    use crate::instrument::{NoteOn, Spec};

    const SPEC: Spec = Spec { sample_rate_hz: 48_000.0 };
    const PLAYERS: Players = Players {
        count: 12,
        detune_cents: 6.0,
        drift_cents: 2.5,
        vibrato: Vibrato { rate_hz: 5.5, extent_cents: 15.0, delay_s: 0.3 },
        tremolo: Tremolo::NONE,
        onset_s: 0.02,
        width: 0.7,
    };

    fn tone(place: u64) -> Tone {
        Tone::new(&NoteOn { place, pitch: 69.0, ..NoteOn::REST }, &SPEC)
    }

    #[test]
    fn a_section_is_in_tune_and_centred() {
        for place in 0..50 {
            let tone = tone(place);
            let mut section = Section::new(&PLAYERS, &tone);
            let mean: f32 = section.detune_cents.iter().sum::<f32>() / 12.0;
            assert!(mean.abs() < 1e-3);
            let deviation = (section.detune_cents.iter().map(|x| x * x).sum::<f32>() / 12.0).sqrt();
            assert!((deviation - 6.0).abs() < 1e-3);
            let mut cents = 0.0;
            for block in 0..6000 {
                let time_s = block as f32 * tone.block_s;
                section.advance(&tone, &Moment { hz: 440.0, gain: 1.0, effort: 1.0, time_s }, 1.0, 1.0);
                let hz = section.bank.step[..12].iter().map(|&step| f64::from(step)).sum::<f64>() / 12.0
                    * 48_000.0
                    / 4_294_967_296.0;
                cents += crate::dsp::math::log2((hz / 440.0) as f32) * 1200.0 / 6000.0;
            }
            assert!(cents.abs() < 1.5, "place {place}: {cents} cents");
            let (left, right): (f32, f32) = (section.bank.left.iter().sum(), section.bank.right.iter().sum());
            assert!((left / right).ln().abs() < 0.15, "place {place}: {left} {right}");
            let power: f32 =
                (0..12).map(|i| section.bank.left[i].powi(2) + section.bank.right[i].powi(2)).sum();
            assert!((power - 1.0).abs() < 1e-3);
        }
    }

    #[test]
    fn vibrato_waits() {
        let tone = tone(3);
        let players = Players { detune_cents: 0.0, drift_cents: 0.0, ..PLAYERS };
        let swing_between = |from_s: f32, to_s: f32| {
            let mut section = Section::new(&players, &tone);
            let (mut low, mut high) = (u32::MAX, 0);
            let mut time_s = 0.0;
            while time_s < to_s {
                section.advance(&tone, &Moment { hz: 440.0, gain: 1.0, effort: 1.0, time_s }, 1.0, 1.0);
                if time_s >= from_s {
                    (low, high) = (low.min(section.bank.step[0]), high.max(section.bank.step[0]));
                }
                time_s += tone.block_s;
            }
            1200.0 * crate::dsp::math::log2(high as f32 / low as f32)
        };
        assert!(swing_between(0.0, 0.2) < 0.1);
        let full = swing_between(1.0, 2.0);
        assert!((full - 30.0).abs() < 1.0, "{full} cents");
    }
}
