//! How far away each stem sits: what is far is duller, has more of the hall around it, and the hall answers it sooner.
//! Source: 1/r law against a diffuse field; air ISO 9613-1; gap before the first reflection: image source of a ceiling
//! (Beranek 1962), around the pre-delay of MUSIC 5.2. Linear per stem, so stems still sum to the mix.
//! In/out: the dry music stems and their sends, in place. Cost: about 6 ns per frame; stems stand in lanes.

use crate::cue::HallSettings;
use crate::dsp::simd::{kernel, transposed};
use crate::dsp::{denormal, math};
use crate::fx::distance::air_corner_hz;
use crate::fx::hall;
use crate::instrument::{Spec, Stereo};
use crate::stem::HALL_LANES;
use crate::units::QUANTUM;
use fearless_simd::f32x8;
use fearless_simd::prelude::*;

/// Nearest and farthest seat, m.
pub const DISTANCE_M: (f32, f32) = (1.0, 60.0);
/// Where sends and pre-delay are what the palette says, m: the middle of an orchestra, heard from behind the conductor.
const USUAL_M: f32 = 8.0;
/// Power of a stem's hall against its direct sound at the usual distance, as it is in loud moods (-6 dB, measured; calm ones
/// have half): what distance gives to the hall it takes from the direct sound, so that a stem keeps its loudness.
const HALL_POWER: f32 = 0.25;
/// Twice the height of the ceiling above players and ears, m. Taste: makes 29 ms of the usual distance, 21 of 14 m.
const CEILING_M: f32 = 16.0;
/// Seats move within this time, s.
const MOVE_S: f64 = 0.05;
/// Closer to its seat than this a stem is there, m.
const THERE_M: f32 = 1.0e-3;

/// Gains of the direct sound and of the send.
fn gains(distance_m: f32) -> [f32; 2] {
    let ratio = distance_m / USUAL_M;
    let direct = ((1.0 + HALL_POWER) / (1.0 + HALL_POWER * ratio * ratio)).sqrt();
    [direct, direct * ratio]
}

/// Share of the hall's pre-delay: how much longer than the direct way the one over the ceiling is.
fn gap(distance_m: f32) -> f32 {
    let detour_m = |way_m: f32| (way_m * way_m + CEILING_M * CEILING_M).sqrt() - way_m;
    detour_m(distance_m) / detour_m(USUAL_M)
}

/// Share of the old value in a one-pole low-pass with exactly 3 dB at a corner: `p² - 2 (2 - cos ω) p + 1 = 0`.
fn pole(corner_hz: f32, rate_hz: f32) -> f32 {
    let k = 2.0 - math::cos_cycles((corner_hz / rate_hz).min(0.5));
    k - (k * k - 1.0).sqrt()
}

/// The seats of the eight music stems.
pub struct Seats {
    rate_hz: f32,
    wanted_m: [f32; HALL_LANES],
    now_m: [f32; HALL_LANES],
    predelay_ms: f32,
    move_share: f32,
    /// Gains in force at the end of the last quantum: direct and send.
    gains: [[f32; HALL_LANES]; 2],
    poles: [f32; HALL_LANES],
    /// Delays of the sends in force, frames.
    delays: [usize; HALL_LANES],
    /// Made for these distances and this pre-delay.
    made_for: ([f32; HALL_LANES], f32),
    /// What the air holds back, left and right.
    air: [[f32; HALL_LANES]; 2],
    /// Past sends, one after the other.
    past: [Vec<f32>; HALL_LANES],
    at: usize,
    quiet_quanta: usize,
}

impl Seats {
    /// Everybody at the usual distance; allocates for the longest pre-delay.
    pub fn new(spec: &Spec) -> Seats {
        let rate_hz = spec.sample_rate_hz as f32;
        let longest_ms = hall::PREDELAY_MS * (gap(DISTANCE_M.0) - gap(DISTANCE_M.1));
        let quanta = (longest_ms * 1.0e-3 * rate_hz) as usize / QUANTUM + 2;
        let mut seats = Seats {
            rate_hz,
            wanted_m: [USUAL_M; HALL_LANES],
            now_m: [USUAL_M; HALL_LANES],
            predelay_ms: 0.0,
            move_share: 1.0 - math::exp(-(QUANTUM as f64 / (MOVE_S * spec.sample_rate_hz)) as f32),
            gains: [[1.0; HALL_LANES]; 2],
            poles: [0.0; HALL_LANES],
            delays: [0; HALL_LANES],
            made_for: ([0.0; HALL_LANES], 0.0),
            air: [[0.0; HALL_LANES]; 2],
            past: std::array::from_fn(|_| vec![0.0; quanta * QUANTUM]),
            at: 0,
            quiet_quanta: usize::MAX,
        };
        seats.settle();
        seats
    }

    /// Takes the stems' distances in a hall, m: nobody sits farther away than the hall is long. Returns the hall without
    /// the part of its pre-delay that is a matter of the seat.
    pub fn set(&mut self, hall: &HallSettings, distances_m: [f32; HALL_LANES]) -> HallSettings {
        let farthest_m = hall::length_m(hall.size).clamp(DISTANCE_M.0, DISTANCE_M.1);
        for (wanted, distance_m) in self.wanted_m.iter_mut().zip(distances_m) {
            if !distance_m.is_nan() {
                *wanted = distance_m.clamp(DISTANCE_M.0, farthest_m);
            }
        }
        if !hall.predelay_ms.is_nan() {
            self.predelay_ms = hall.predelay_ms.clamp(0.0, hall::PREDELAY_MS);
        }
        HallSettings { predelay_ms: hall.predelay_ms * gap(DISTANCE_M.1), ..*hall }
    }

    /// Everybody sits down at once: at a start from silence nobody needs to move.
    pub fn settle(&mut self) {
        self.now_m = self.wanted_m;
        self.make();
    }

    fn make(&mut self) {
        let wanted = (self.now_m, self.predelay_ms);
        if wanted == self.made_for {
            return;
        }
        self.made_for = wanted;
        for (lane, &distance_m) in self.now_m.iter().enumerate() {
            let [direct, send] = gains(distance_m);
            (self.gains[0][lane], self.gains[1][lane]) = (direct, send);
            self.poles[lane] = pole(air_corner_hz(distance_m), self.rate_hz);
            let ms = self.predelay_ms * (gap(distance_m) - gap(DISTANCE_M.1));
            self.delays[lane] = (ms.max(0.0) * 1.0e-3 * self.rate_hz + 0.5) as usize;
        }
    }

    /// Sends on their way to the hall and direct sound on its way to the ears.
    pub fn process(&mut self, stems: &mut [Stereo], sent: &mut [[f32; QUANTUM]; HALL_LANES]) {
        let (gains, delays) = (self.gains, self.delays);
        for (now, &wanted) in self.now_m.iter_mut().zip(&self.wanted_m) {
            let apart = wanted - *now;
            *now = if apart.abs() < THERE_M { wanted } else { *now + apart * self.move_share };
        }
        self.make();
        self.delay(sent, gains[1], delays);
        if let Some(music) = stems.first_chunk_mut::<HALL_LANES>() {
            kernel!(s => self.move_away(s, music, gains[0]));
        }
    }

    /// Delays the sends; on the way to another delay both are blended over the quantum.
    fn delay(
        &mut self,
        sent: &mut [[f32; QUANTUM]; HALL_LANES],
        before: [f32; HALL_LANES],
        delays: [usize; HALL_LANES],
    ) {
        let frames = self.past[0].len();
        if sent.as_flattened().iter().any(|&sample| sample != 0.0) {
            self.quiet_quanta = 0;
        } else if self.is_silent() {
            return;
        } else {
            self.quiet_quanta += 1;
        }
        for (lane, (sent, past)) in sent.iter_mut().zip(&mut self.past).enumerate() {
            let (from, to) = (before[lane], self.gains[1][lane]);
            let step = (to - from) * (1.0 / QUANTUM as f32);
            for (t, (past, sample)) in past[self.at..self.at + QUANTUM].iter_mut().zip(&*sent).enumerate() {
                *past = sample * (from + step * (t + 1) as f32);
            }
            let (old, new) = (delays[lane], self.delays[lane]);
            read(past, (self.at + frames - new) % frames, sent);
            if old != new {
                let mut before = [0.0; QUANTUM];
                read(past, (self.at + frames - old) % frames, &mut before);
                for (t, (sample, before)) in sent.iter_mut().zip(before).enumerate() {
                    *sample = before + (*sample - before) * ((t + 1) as f32 * (1.0 / QUANTUM as f32));
                }
            }
        }
        self.at = (self.at + QUANTUM) % frames;
    }

    #[inline(always)]
    fn move_away<S: Simd>(&mut self, s: S, music: &mut [Stereo; HALL_LANES], before: [f32; HALL_LANES]) {
        let keep = f32x8::load_array_ref(s, &self.poles);
        let take = f32x8::splat(s, 1.0) - keep;
        let from = f32x8::load_array_ref(s, &before);
        let to = f32x8::load_array_ref(s, &self.gains[0]);
        let step = (to - from) * f32x8::splat(s, 1.0 / QUANTUM as f32);
        for (channel, air) in self.air.iter_mut().enumerate() {
            let mut gain = from;
            let mut held = f32x8::load_array_ref(s, air);
            for eight in 0..QUANTUM / 8 {
                let frames = 8 * eight..8 * eight + 8;
                let mut rows = transposed(std::array::from_fn(|stem| {
                    f32x8::from_slice(s, &music[stem].channels[channel][frames.clone()])
                }));
                for row in &mut rows {
                    gain += step;
                    held = held * keep + *row * gain * take;
                    *row = held;
                }
                for (row, stem) in transposed(rows).into_iter().zip(music.iter_mut()) {
                    row.store_slice(&mut stem.channels[channel][frames.clone()]);
                }
            }
            let held: [f32; HALL_LANES] = held.into();
            *air = held.map(denormal::flush);
        }
    }

    /// True when no send is on its way.
    pub fn is_silent(&self) -> bool {
        self.quiet_quanta >= self.past[0].len() / QUANTUM
    }

    /// Equal to a new one with the same seats.
    pub fn reset(&mut self) {
        self.air = [[0.0; HALL_LANES]; 2];
        self.past.iter_mut().for_each(|past| past.fill(0.0));
        (self.at, self.quiet_quanta) = (0, usize::MAX);
        self.settle();
    }
}

/// A quantum of a ring from a place on.
fn read(past: &[f32], from: usize, out: &mut [f32; QUANTUM]) {
    let first = QUANTUM.min(past.len() - from);
    out[..first].copy_from_slice(&past[from..from + first]);
    out[first..].copy_from_slice(&past[..QUANTUM - first]);
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "measurements may use the platform's functions")]
mod tests {
    use super::*;
    use crate::dsp::simd::{self, CHOICES, Choice};
    use crate::fx::hall::Hall;

    const SPEC: Spec = Spec { sample_rate_hz: 48_000.0 };
    const LANE: usize = 3;

    fn at(distance_m: f32) -> (Seats, HallSettings) {
        let mut seats = Seats::new(&SPEC);
        let hall = seats.set(&HallSettings { size: 0.7, ..HallSettings::USUAL }, [distance_m; HALL_LANES]);
        seats.settle();
        (seats, hall)
    }

    /// Left of a stem and what it sends, frame by frame, for a sound that is the same on both sides and in the send.
    fn play(seats: &mut Seats, frames: usize, sound: impl Fn(usize) -> f32) -> [Vec<f32>; 2] {
        let mut heard = [Vec::new(), Vec::new()];
        for quantum in 0..frames / QUANTUM {
            let block: [f32; QUANTUM] = std::array::from_fn(|t| sound(quantum * QUANTUM + t));
            let mut stems = [Stereo { channels: [block; 2] }; HALL_LANES];
            let mut sent = [block; HALL_LANES];
            seats.process(&mut stems, &mut sent);
            heard[0].extend_from_slice(&stems[LANE].channels[0]);
            heard[1].extend_from_slice(&sent[LANE]);
        }
        heard
    }

    fn tone(hz: f64) -> impl Fn(usize) -> f32 {
        move |t| math::sin_cycles((t as f64 * hz / 48_000.0).fract() as f32)
    }

    fn db(sound: &[f32]) -> f64 {
        let power: f64 = sound.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        10.0 * (2.0 * power / sound.len() as f64).log10()
    }

    #[test]
    fn farther_is_duller_with_more_hall_and_the_hall_answers_sooner() {
        let mut last: Option<[f64; 3]> = None;
        for distance_m in [2.0, 5.0, 8.0, 14.0, 20.0] {
            let (mut seats, _) = at(distance_m);
            let [direct, sent] = play(&mut seats, 48_000, tone(400.0));
            let [bright, _] = play(&mut at(distance_m).0, 48_000, tone(8_000.0));
            let ratio_db = db(&direct[24_000..]) - db(&sent[24_000..]);
            let dull_db = db(&bright[24_000..]) - db(&direct[24_000..]);
            let law_db = -20.0 * f64::from(distance_m / USUAL_M).log10();
            assert!((ratio_db - law_db).abs() < 0.1, "{distance_m} m: {ratio_db} dB, 1/r says {law_db}");
            // ISO 9613-1, 20 °C, 50 %: 105 dB per km at 8 kHz; one pole bends sooner than air.
            let air_db = -0.105 * f64::from(distance_m);
            assert!(
                (air_db - 1.5..air_db + 0.2).contains(&dull_db),
                "{distance_m} m: {dull_db} dB, air {air_db}"
            );
            let [_, click] = play(&mut at(distance_m).0, 4_800, |t| if t == 0 { 1.0 } else { 0.0 });
            let gap_ms = click.iter().position(|&x| x != 0.0).unwrap() as f64 / 48.0;
            if let Some([ratio_before, dull_before, gap_before]) = last {
                assert!(ratio_db < ratio_before - 3.0 && dull_db < dull_before - 0.1, "{distance_m} m");
                assert!(gap_ms < gap_before - 0.5, "{distance_m} m: {gap_ms} ms");
            }
            last = Some([ratio_db, dull_db, gap_ms]);
        }
        let (_, hall) = at(USUAL_M);
        let [_, click] = play(&mut at(USUAL_M).0, 4_800, |t| if t == 0 { 1.0 } else { 0.0 });
        let whole_ms = click.iter().position(|&x| x != 0.0).unwrap() as f32 / 48.0 + hall.predelay_ms;
        assert!((whole_ms - 20.0).abs() < 0.05, "the usual seat has the hall's own pre-delay: {whole_ms} ms");
    }

    #[test]
    fn a_stem_keeps_its_loudness_wherever_it_sits() {
        // Noise through seat and hall together, with the usual send.
        let level = |distance_m: f32| {
            let (mut seats, settings) = at(distance_m);
            let mut hall = Hall::new(&SPEC);
            hall.set(&settings);
            let (mut power, mut wet) = (0.0, [Stereo::SILENCE; HALL_LANES]);
            for quantum in 0..4_500 {
                hall.control(0.0, 0.0, 0.0);
                let block: [f32; QUANTUM] = std::array::from_fn(|t| {
                    let frame = (quantum * QUANTUM + t) as i64;
                    crate::random::value(3, crate::random::Domain::Noise, frame, 0) as f32 - 0.5
                });
                let mut stems = [Stereo { channels: [block; 2] }; HALL_LANES];
                let mut sent = [block.map(|x| 0.355 * x); HALL_LANES];
                seats.process(&mut stems, &mut sent);
                let frames = std::array::from_fn(|t| std::array::from_fn(|lane: usize| sent[lane][t]));
                hall.process(&frames, &mut wet);
                stems[LANE].add(&wet[LANE]);
                let sum: f32 = stems[LANE].channels.iter().flatten().map(|x| x * x).sum();
                power += if quantum >= 1_500 { f64::from(sum) } else { 0.0 };
            }
            10.0 * power.log10()
        };
        let usual = level(USUAL_M);
        for distance_m in [2.0, 4.0, 14.0, 20.0] {
            let apart_db = level(distance_m) - usual;
            // White noise loses its highs on the way and in the hall, whose answer here is weaker than music's: near seats give
            // 0.9 dB to a hall that does not take them.
            assert!((-1.5..0.9).contains(&apart_db), "{distance_m} m: {apart_db} dB");
        }
    }

    #[test]
    fn nobody_sits_outside_the_room() {
        let mut seats = Seats::new(&SPEC);
        for (size, longest_m) in [(-0.4, 3.0), (0.2, 25.0), (0.65, 40.0)] {
            seats.set(&HallSettings { size, ..HallSettings::USUAL }, [50.0; HALL_LANES]);
            seats.settle();
            assert!((DISTANCE_M.0..longest_m).contains(&seats.now_m[0]), "{size}: {} m", seats.now_m[0]);
        }
    }

    #[test]
    fn moving_does_not_click_and_arrives() {
        let (mut seats, _) = at(2.0);
        let before = play(&mut seats, 9_600, tone(200.0));
        seats.set(&HallSettings { size: 0.7, predelay_ms: 60.0, ..HallSettings::USUAL }, [20.0; HALL_LANES]);
        let after = play(&mut seats, 48_000, tone(200.0));
        for (before, after) in before.iter().zip(&after) {
            let corner = |sound: &[f32]| {
                sound.windows(3).map(|w| (w[2] - 2.0 * w[1] + w[0]).abs()).fold(0.0, f32::max)
            };
            // The send is heard through the hall only; its delay moves within quanta.
            assert!(corner(&after[64..]) < 0.05, "{} then {}", corner(&before[4_800..]), corner(after));
        }
        let [expected, _] = gains(20.0);
        assert!((db(&after[0][24_000..]) - 20.0 * f64::from(expected).log10()).abs() < 0.1);
    }

    #[test]
    fn reset_equals_fresh_and_silence_is_found() {
        let noise = |t: usize| ((t * 7919) % 1013) as f32 / 500.0 - 1.0;
        let (mut used, _) = at(12.0);
        assert!(used.is_silent());
        play(&mut used, 4_800, noise);
        assert!(!used.is_silent());
        play(&mut used, 9_600, |_| 0.0);
        assert!(used.is_silent() && used.past.iter().flatten().all(|&x| x == 0.0));
        play(&mut used, 3_200, noise);
        used.reset();
        assert_eq!(play(&mut used, 9_600, noise), play(&mut at(12.0).0, 9_600, noise));
    }

    #[test]
    fn all_levels_give_the_same_bits_and_lanes_never_mix() {
        let noise = |t: usize| ((t * 7919) % 1013) as f32 / 500.0 - 1.0;
        let mut heard = Vec::new();
        for choice in CHOICES {
            simd::force(choice);
            let (mut seats, _) = at(11.0);
            let settings = HallSettings { size: 0.7, ..HallSettings::USUAL };
            seats.set(&settings, std::array::from_fn(|lane| 2.0 + 2.0 * lane as f32));
            heard.push(play(&mut seats, 9_600, noise));
        }
        simd::force(Choice::Best);
        assert!(heard.iter().all(|sound| *sound == heard[0]));
        let (mut seats, _) = at(11.0);
        let settings = HallSettings { size: 0.7, ..HallSettings::USUAL };
        seats.set(&settings, std::array::from_fn(|lane| if lane == LANE { 8.0 } else { 30.0 }));
        assert_eq!(play(&mut seats, 9_600, noise), heard[0], "the other seats do not matter");
    }
}
