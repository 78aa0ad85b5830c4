//! The hall: one feedback delay network whose SIMD lanes are the eight music stems, so each gets its own wet signal.
//! Source: Jot & Chaigne 1991 (absorption per line), Schroeder 1962 (diffusion), lengths and ratios MUSIC 8 "Reverb".
//! In/out: eight mono sends, frame by frame, to eight stereo wet signals; strictly linear, lanes never mix.
//! Cost: about 60 ns per frame for all lanes together at AVX2.

mod network;
mod ring;

use self::ring::{Block, Frame, Ring, ZERO};
use crate::cue::HallSettings;
use crate::dsp::math;
use crate::dsp::simd::kernel;
use crate::instrument::{Spec, Stereo};
use crate::mapping::{DECAY_BY_SCALE, DECAY_BY_WONDER, EARLY_BY_SCALE, HALL_BY_SCALE};
use crate::stem::HALL_LANES;
use crate::units::{QUANTUM, db_to_gain};

const LINES: usize = 8;
const EARLY: usize = 12;
const DIFFUSERS: usize = 4;

/// Line lengths at scale 1, ms: primes, so that no two lines share a resonance (MUSIC 8).
const LINE_MS: [f64; LINES] = [29.0, 37.0, 43.0, 53.0, 61.0, 71.0, 83.0, 97.0];
/// Early reflections at scale 1, ms (MUSIC 8: twelve taps in 7–80 ms), taken left and right in turn. Spacing is taste.
const EARLY_MS: [f64; EARLY] = [7.1, 9.7, 13.3, 17.9, 22.3, 27.1, 33.7, 40.3, 47.9, 56.3, 67.1, 79.3];
/// Diffusion before the network, ms (Dattorro 1997) and its coefficient, less where it would ring longer than a third of the
/// room: 60 dB take the longest all-pass `3 · 12.73 ms / -log10 coefficient`.
const DIFFUSER_MS: [f64; DIFFUSERS] = [4.771, 3.595, 12.73, 9.307];
const DIFFUSION: f32 = 0.62;
const DIFFUSION_S: f32 = 3.0 * 3.0 * 0.012_73;
/// Scale of all lengths at size 0 and 1: a large room, a cathedral; on the same line a car is at -0.4. Taste.
const SCALE: (f64, f64) = (0.4, 1.25);
const SIZE: (f32, f32) = (-0.4, 1.0);
/// Levels of early and late sound against the usual, dB.
const LEVEL_DB: (f32, f32) = (-40.0, 12.0);
/// Decay of lows and highs against the mid range (MUSIC 8), and the corners between them. The high corner is the one of
/// brightness 0.5 and moves an octave either way.
const LOW_RATIO: f32 = 1.1;
const HIGH_RATIO: f32 = 0.45;
const LOW_CORNER_HZ: f32 = 180.0;
const HIGH_CORNER_HZ: f32 = 5200.0;
/// Rumble below this does not enter: the room would only muddy it, and an offset can never build up.
const HIGHPASS_HZ: f32 = 35.0;
/// Drift of the line lengths: slow and shallow enough to stay under a cent (MUSIC 8).
const DRIFT_HZ: f64 = 0.3;
const DRIFT_S: f64 = 8.0 / 48_000.0;
/// Fastest drift, frames per quantum: after a locate the lengths glide to their new place within 0.2 s, 5 cents off.
const DRIFT_STEP: f32 = 0.1;
/// Time to move from one geometry to another, s.
const MORPH_S: f64 = 0.15;
/// Longest pre-delay, ms.
pub const PREDELAY_MS: f32 = 120.0;
/// Limits of the decay whatever palette and mood ask, s.
const DECAY_S: (f32, f32) = (0.05, 12.0);
/// Adding and taking away this number flushes what is 440 dB down to zero, long before it becomes subnormal.
const FLUSH: f32 = 1.0e-15;
/// A peak of the output below this for a whole round trip is the end of the tail.
const SILENT: f32 = 1.0e-6;

/// Length of a room of a size, m: twice the mean way between two walls, which is the mean of the lines.
pub fn length_m(size: f32) -> f32 {
    const SOUND_M_PER_MS: f64 = 0.343;
    let scale = SCALE.0 + (SCALE.1 - SCALE.0) * f64::from(size.clamp(SIZE.0, SIZE.1));
    (2.0 * SOUND_M_PER_MS * scale * LINE_MS.iter().sum::<f64>() / LINES as f64) as f32
}

/// All lengths of one room, frames.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Geometry {
    lines: [usize; LINES],
    early: [usize; EARLY],
    predelay: usize,
}

impl Geometry {
    fn new(rate: f64, size: f32, predelay_ms: f32) -> Geometry {
        let scale = SCALE.0 + (SCALE.1 - SCALE.0) * f64::from(size.clamp(SIZE.0, SIZE.1));
        let frames = |ms: f64| (ms * 1e-3 * rate + 0.5) as usize;
        let predelay = frames(f64::from(predelay_ms.clamp(0.0, PREDELAY_MS)));
        // A line is read before it is written, so it is longer than a quantum; that shows only below 4 kHz.
        let shortest = QUANTUM + 3 + (DRIFT_S * rate) as usize;
        Geometry {
            lines: std::array::from_fn(|i| frames(LINE_MS[i] * scale).max(shortest + 5 * i)),
            early: std::array::from_fn(|i| predelay + frames(EARLY_MS[i] * scale)),
            predelay,
        }
    }
}

/// Gains of one line's absorption: high, what the mid range has beyond it, what the lows have beyond that.
type Absorption = [f32; 3];

/// What one line reads with: whole frames and the course of the fraction over the quantum.
#[derive(Clone, Copy)]
struct Drift {
    whole: isize,
    fraction: f32,
    step: f32,
}

/// Reverberation of the eight music stems.
pub struct Hall {
    rate: f64,
    settings: HallSettings,
    wanted: Option<HallSettings>,
    from: Geometry,
    to: Geometry,
    /// 0..1 on the way from `from` to `to`; 1 is there.
    morph: f32,
    morph_step: f32,
    /// Decay in force before mood, log2 of seconds; follows the settings at the pace of the morph.
    decay_log2: f32,
    brightness: f32,
    /// What the gains were made for: decay and brightness.
    made_for: (f32, f32),
    absorption: [Absorption; LINES],
    corners: [f32; 2],
    drift: [f32; LINES],
    drift_target: [f32; LINES],
    started: bool,
    wet_gain: [f32; 2],
    wet_target: [f32; 2],
    input: Ring,
    diffusers: [Ring; DIFFUSERS],
    diffuser_frames: [usize; DIFFUSERS],
    diffusion: f32,
    lines: [Ring; LINES],
    lows: [Frame; LINES],
    highs: [Frame; LINES],
    rumble: Frame,
    rumble_step: f32,
    quiet_quanta: usize,
    round_trip_quanta: usize,
    /// What the lines give in a quantum: written anew each time, so nobody clears it.
    taps: Option<Box<[Block; LINES]>>,
}

impl Hall {
    /// A silent hall of middling size; allocates for the largest.
    pub fn new(spec: &Spec) -> Hall {
        let rate = spec.sample_rate_hz;
        let settings = HallSettings::default();
        let largest = Geometry::new(rate, 1.0, PREDELAY_MS);
        let now = Geometry::new(rate, settings.size, settings.predelay_ms);
        let slack = (DRIFT_S * rate) as usize + 4;
        let diffuser_frames: [usize; DIFFUSERS] =
            std::array::from_fn(|i| ((DIFFUSER_MS[i] * 1e-3 * rate + 0.5) as usize).max(QUANTUM + 1 + i));
        let round_trip = largest.early[EARLY - 1] + largest.lines[LINES - 1] + slack;
        Hall {
            rate,
            settings,
            wanted: None,
            from: now,
            to: now,
            morph: 1.0,
            morph_step: (QUANTUM as f64 / (MORPH_S * rate)).min(1.0) as f32,
            decay_log2: math::log2(settings.decay_s),
            brightness: settings.brightness,
            made_for: (0.0, 0.0),
            absorption: [[0.0; 3]; LINES],
            corners: [0.0; 2],
            drift: [0.0; LINES],
            drift_target: [0.0; LINES],
            started: false,
            wet_gain: [0.0; 2],
            wet_target: [0.0; 2],
            input: Ring::new(largest.early[EARLY - 1] + 1),
            diffusers: std::array::from_fn(|i| Ring::new(diffuser_frames[i] + 1)),
            diffuser_frames,
            diffusion: DIFFUSION,
            lines: std::array::from_fn(|i| Ring::new(largest.lines[i] + slack)),
            lows: [ZERO; LINES],
            highs: [ZERO; LINES],
            rumble: ZERO,
            rumble_step: one_pole(HIGHPASS_HZ, rate),
            quiet_quanta: usize::MAX,
            round_trip_quanta: round_trip / QUANTUM + 2,
            taps: Some(Box::new([[ZERO; QUANTUM]; LINES])),
        }
    }

    /// Asks for another room: it is blended in without a click. Not-a-number keeps what was there.
    pub fn set(&mut self, settings: &HallSettings) {
        let old = self.wanted.unwrap_or(self.settings);
        let legal =
            |new: f32, old: f32, low: f32, high: f32| if new.is_nan() { old } else { new.clamp(low, high) };
        let settings = HallSettings {
            size: legal(settings.size, old.size, SIZE.0, SIZE.1),
            decay_s: legal(settings.decay_s, old.decay_s, DECAY_S.0, DECAY_S.1),
            brightness: legal(settings.brightness, old.brightness, 0.0, 1.0),
            predelay_ms: legal(settings.predelay_ms, old.predelay_ms, 0.0, PREDELAY_MS),
            early_db: legal(settings.early_db, old.early_db, LEVEL_DB.0, LEVEL_DB.1),
            late_db: legal(settings.late_db, old.late_db, LEVEL_DB.0, LEVEL_DB.1),
            // The limits of the band are the mix's affair.
            low_hz: None,
            high_hz: None,
        };
        self.wanted = (settings != self.settings).then_some(settings);
        if !self.started {
            self.take_wanted();
            self.morph = 1.0;
        }
    }

    fn take_wanted(&mut self) {
        let Some(settings) = self.wanted.take() else { return };
        self.from = self.to;
        self.to = Geometry::new(self.rate, settings.size, settings.predelay_ms);
        self.settings = settings;
        self.morph = 0.0;
    }

    /// Takes the mood and the place in the song, once per quantum: wonder and scale lengthen the decay, scale moves the
    /// listener away from the players, and the drift of the lines is a function of place.
    pub fn control(&mut self, wonder: f32, scale: f32, position_s: f64) {
        if self.morph >= 1.0 {
            self.take_wanted();
        }
        let decay_target = math::log2(self.settings.decay_s);
        if self.started {
            self.decay_log2 += (decay_target - self.decay_log2).clamp(-self.morph_step, self.morph_step);
            self.brightness +=
                (self.settings.brightness - self.brightness).clamp(-self.morph_step, self.morph_step);
        } else {
            (self.decay_log2, self.brightness) = (decay_target, self.settings.brightness);
        }
        let [wonder, scale] = [wonder, scale].map(|level| if level.is_nan() { 0.0 } else { level });
        let (wonder, scale) = (wonder.clamp(0.0, 1.0), scale.clamp(-1.0, 1.0));
        let decay_s = math::exp2(self.decay_log2 + DECAY_BY_WONDER.of(wonder) + DECAY_BY_SCALE.of(scale))
            .clamp(DECAY_S.0, DECAY_S.1);
        self.make_gains(decay_s, scale);
        for (i, target) in self.drift_target.iter_mut().enumerate() {
            // Rates 0.8 to 1.2 of the nominal one, so that the lines never move together.
            let rate_hz = DRIFT_HZ * (0.8 + 0.057 * i as f64);
            let cycles = position_s * rate_hz + 0.37 * i as f64;
            let phase = if cycles.is_finite() { cycles - cycles as i64 as f64 } else { 0.0 };
            *target = (DRIFT_S * self.rate) as f32 * math::sin_cycles(phase as f32);
        }
        if !self.started {
            self.started = true;
            self.drift = self.drift_target;
            self.wet_gain = self.wet_target;
        }
    }

    fn make_gains(&mut self, decay_s: f32, scale: f32) {
        let sum = |room: &Geometry| room.lines.iter().sum::<usize>() as f32;
        let (from, to) = (sum(&self.from), sum(&self.to));
        let mean = (from + (to - from) * self.morph.min(1.0)) / (LINES as f32 * self.rate as f32);
        // Power of a line that is fed a steady signal is 1 / (1 - g²): the same loudness in every room, but for a
        // little more in long ones, as players expect. Scale moves the listener.
        let loop_power = math::exp2(-19.93 * mean / decay_s);
        let room = (1.0 - loop_power).max(1e-4).sqrt() * math::pow(decay_s / 2.2, 0.25);
        let distance = db_to_gain(HALL_BY_SCALE.of(scale));
        self.wet_target = [0.7 * room * distance, 0.3 * db_to_gain(EARLY_BY_SCALE.of(scale))];
        // Most halls have the usual levels: those keep their bits.
        for (gain, level_db) in
            self.wet_target.iter_mut().zip([self.settings.late_db, self.settings.early_db])
        {
            if level_db != 0.0 {
                *gain *= db_to_gain(level_db);
            }
        }
        self.diffusion = math::exp2(-std::f32::consts::LOG2_10 * DIFFUSION_S / decay_s).min(DIFFUSION);
        if (decay_s, self.brightness) == self.made_for && self.morph >= 1.0 {
            return;
        }
        self.made_for = (decay_s, self.brightness);
        let rate = self.rate as f32;
        self.corners = [
            one_pole(HIGH_CORNER_HZ * math::exp2(2.0 * self.brightness - 1.0), self.rate),
            one_pole(LOW_CORNER_HZ, self.rate),
        ];
        let high_ratio = HIGH_RATIO * math::exp2(self.brightness - 0.5);
        for i in 0..LINES {
            let (from, to) = (self.from.lines[i] as f32, self.to.lines[i] as f32);
            let delay_s = (from + (to - from) * self.morph.min(1.0)) / rate;
            // 60 dB in `decay_s`: log2(1000) = 9.966. The matrix' scale of 1/√8 is folded in.
            let fall = -9.966 * delay_s / decay_s;
            let [high, mid, low] =
                [fall / high_ratio, fall, fall / LOW_RATIO].map(|octaves| 0.353_553_4 * math::exp2(octaves));
            self.absorption[i] = [high, mid - high, low - mid];
        }
    }

    /// Makes a quantum: `sends` frame by frame with a lane per stem, `wet` per stem. Overwrites `wet`.
    pub fn process(&mut self, sends: &[[f32; HALL_LANES]; QUANTUM], wet: &mut [Stereo; HALL_LANES]) {
        if self.is_silent() && sends.iter().flatten().all(|&sample| sample == 0.0) {
            wet.fill(Stereo::SILENCE);
            return;
        }
        let (fed, peak) = kernel!(s => network::quantum(s, self, sends, wet));
        self.morph = (self.morph + self.morph_step).min(1.0);
        let quiet = fed == 0.0 && peak < SILENT;
        self.quiet_quanta = if quiet { self.quiet_quanta.saturating_add(1) } else { 0 };
    }

    /// True when the tail is over: the next quantum is zeros unless something is sent.
    pub fn is_silent(&self) -> bool {
        self.quiet_quanta >= self.round_trip_quanta
    }

    /// Silence at once; afterwards equal to a fresh hall with the same settings.
    pub fn reset(&mut self) {
        let settings = self.wanted.take().unwrap_or(self.settings);
        self.settings = settings;
        self.to = Geometry::new(self.rate, settings.size, settings.predelay_ms);
        self.from = self.to;
        self.morph = 1.0;
        self.made_for = (0.0, 0.0);
        self.started = false;
        self.quiet_quanta = usize::MAX;
        self.rumble = ZERO;
        (self.lows, self.highs) = ([ZERO; LINES], [ZERO; LINES]);
        let rings = self.lines.iter_mut().chain(&mut self.diffusers).chain([&mut self.input]);
        rings.for_each(Ring::clear);
    }

    /// Longest time the hall rings on under the present settings in any mood, s.
    pub fn tail_s(&self) -> f32 {
        let decay_s = (self.settings.decay_s * 2.22 * LOW_RATIO).min(DECAY_S.1 * LOW_RATIO);
        // Down by 120 dB, twice the 60 dB of the decay, behind the last early reflection.
        2.0 * decay_s + (self.settings.predelay_ms * 1e-3) + 0.2
    }
}

/// Step of a one-pole low-pass, 0..1 (impulse-invariant, the corner kept well inside the band).
fn one_pole(corner_hz: f32, rate: f64) -> f32 {
    1.0 - math::exp(-std::f32::consts::TAU * (corner_hz / rate as f32).min(0.35))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "measurements may use the platform's functions")]
mod tests;
