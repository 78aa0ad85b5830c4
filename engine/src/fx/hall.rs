//! The hall: one feedback delay network whose SIMD lanes are the eight music stems, so each gets its own wet signal.
//! Source: Jot & Chaigne 1991 (absorption per line), Schroeder 1962 (diffusion), lengths and ratios MUSIC 8 "Reverb".
//! In/out: eight mono sends, frame by frame, to eight stereo wet signals; strictly linear, lanes never mix.
//! Cost: about 60 ns per frame for all lanes together at AVX2.

use crate::cue::HallSettings;
use crate::dsp::{math, simd};
use crate::instrument::{Spec, Stereo};
use crate::stem::HALL_LANES;
use crate::units::{QUANTUM, db_to_gain};
use fearless_simd::{Level, Simd, dispatch, f32x8, prelude::*};

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
const PREDELAY_MS: f32 = 120.0;
/// Limits of the decay whatever palette and mood ask, s.
const DECAY_S: (f32, f32) = (0.05, 12.0);
/// Adding and taking away this number flushes what is 440 dB down to zero, long before it becomes subnormal.
const FLUSH: f32 = 1.0e-15;
/// A peak of the output below this for a whole round trip is the end of the tail.
const SILENT: f32 = 1.0e-6;

/// One frame of all lanes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(32))]
struct Frame([f32; HALL_LANES]);

const ZERO: Frame = Frame([0.0; HALL_LANES]);
type Block = [Frame; QUANTUM];

/// A delay line that is written a quantum at a time. The first frames stand again behind the last, so that every read
/// is one run of memory.
struct Ring {
    frames: Vec<Frame>,
    length: usize,
    at: usize,
}

impl Ring {
    /// Can delay by up to `longest` frames.
    fn new(longest: usize) -> Ring {
        let length = (longest + 2).next_multiple_of(QUANTUM) + QUANTUM;
        Ring { frames: vec![ZERO; length + QUANTUM + 1], length, at: 0 }
    }

    fn clear(&mut self) {
        self.frames.fill(ZERO);
        self.at = 0;
    }

    /// The quantum as it was `delay` frames ago, and the frame after it. Before the quantum is written the delay must be
    /// at least [`QUANTUM`] + 1.
    #[inline(always)]
    fn tap(&self, delay: usize) -> &[Frame; QUANTUM + 1] {
        let start = self.start(delay);
        self.frames[start..start + QUANTUM + 1].try_into().expect("a slice of that length")
    }

    #[inline(always)]
    fn start(&self, delay: usize) -> usize {
        let start = self.at + self.length - delay.min(self.length);
        if start >= self.length { start - self.length } else { start }
    }

    #[inline(always)]
    fn block(&mut self) -> &mut Block {
        (&mut self.frames[self.at..self.at + QUANTUM]).try_into().expect("a slice of that length")
    }

    /// [`Ring::tap`] to read and [`Ring::block`] to write at once; `delay` keeps them apart: [`QUANTUM`] + 1 at least.
    #[inline(always)]
    fn tap_and_block(&mut self, delay: usize) -> (&Block, &mut Block) {
        let start = self.start(delay);
        let ranges = [start..start + QUANTUM, self.at..self.at + QUANTUM];
        let [past, write] = self.frames.get_disjoint_mut(ranges).expect("a delay longer than a quantum");
        (
            (&*past).try_into().expect("a slice of that length"),
            write.try_into().expect("a slice of that length"),
        )
    }

    /// Keeps the copy behind the end true; call after writing [`Ring::block`].
    #[inline(always)]
    fn mirror(&mut self) {
        match self.at {
            0 => self.frames.copy_within(0..QUANTUM, self.length),
            QUANTUM => self.frames[self.length + QUANTUM] = self.frames[QUANTUM],
            _ => {}
        }
    }

    #[inline(always)]
    fn advance(&mut self) {
        self.at += QUANTUM;
        if self.at == self.length {
            self.at = 0;
        }
    }
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
    level: Level,
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
            level: Level::new(),
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
        // MUSIC 1.4: 1.6, 2.8, 4.5 s at wonder 0, 0.5, 1 is about 1.5 octaves; the palette's own decay stands in the
        // middle of what moods ask, so wonder adds at most 0.9 and scale moves 0.25 either way.
        let [wonder, scale] = [wonder, scale].map(|level| if level.is_nan() { 0.0 } else { level });
        let (wonder, scale) = (wonder.clamp(0.0, 1.0), scale.clamp(-1.0, 1.0));
        let decay_s = math::exp2(self.decay_log2 + 0.9 * wonder + 0.25 * scale).clamp(DECAY_S.0, DECAY_S.1);
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
        let mean = self.to.lines.iter().sum::<usize>() as f32 / (LINES as f32 * self.rate as f32);
        // Power of a line that is fed a steady signal is 1 / (1 - g²): the same loudness in every room, but for a
        // little more in long ones, as players expect. Scale moves the listener: MUSIC 1.4 asks ±6 dB of direct to
        // reverberant; 4 dB here, because scale also changes how many play.
        let loop_power = math::exp2(-19.93 * mean / decay_s);
        let room = (1.0 - loop_power).max(1e-4).sqrt() * math::pow(decay_s / 2.2, 0.25);
        let distance = db_to_gain(4.0 * scale);
        self.wet_target = [0.7 * room * distance, 0.3 * db_to_gain(1.5 * scale)];
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
        let level = self.level;
        let (fed, peak) = dispatch!(level, s => quantum(s, self, sends, wet));
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

#[inline(always)]
fn load<S: Simd>(s: S, frame: &Frame) -> f32x8<S> {
    f32x8::load_array_ref(s, &frame.0)
}

#[inline(always)]
fn splat3<S: Simd>(s: S, x: [f32; 3]) -> [f32x8<S>; 3] {
    [f32x8::splat(s, x[0]), f32x8::splat(s, x[1]), f32x8::splat(s, x[2])]
}

#[inline(always)]
fn flush<S: Simd>(s: S, x: f32x8<S>) -> f32x8<S> {
    let c = f32x8::splat(s, FLUSH);
    (x + c) - c
}

/// The whole signal path. Returns the peaks of the sends and of the outputs.
#[inline(always)]
fn quantum<S: Simd>(
    s: S,
    hall: &mut Hall,
    sends: &[[f32; HALL_LANES]; QUANTUM],
    wet: &mut [Stereo; HALL_LANES],
) -> (f32, f32) {
    let fed = take_sends(s, hall, sends);
    let morphing = hall.morph < 1.0;
    let mut early = [[ZERO; QUANTUM]; 2];
    let mut feed = [ZERO; QUANTUM];
    read_room(s, hall, &hall.to, &mut feed, &mut early);
    if morphing {
        let (mut old_feed, mut old_early) = ([ZERO; QUANTUM], [[ZERO; QUANTUM]; 2]);
        read_room(s, hall, &hall.from, &mut old_feed, &mut old_early);
        let course = (hall.morph, hall.morph_step / QUANTUM as f32);
        blend(s, &old_feed, &mut feed, course);
        blend(s, &old_early[0], &mut early[0], course);
        blend(s, &old_early[1], &mut early[1], course);
    }
    hall.input.advance();
    let odd = diffuse(s, hall, &mut feed);
    let Some(mut taps) = hall.taps.take() else { return (fed, 0.0) };
    for i in (0..LINES).step_by(2) {
        read_pair(s, hall, i, morphing, &mut taps);
    }
    write_lines(s, hall, [&feed, &odd], &taps);
    let peak = mix_out(s, hall, &taps, &early, wet);
    hall.taps = Some(taps);
    (fed, peak)
}

/// High-passes the sends into the input ring; gives their peak.
#[inline(always)]
fn take_sends<S: Simd>(s: S, hall: &mut Hall, sends: &[[f32; HALL_LANES]; QUANTUM]) -> f32 {
    let mut peak = f32x8::splat(s, 0.0);
    let step = f32x8::splat(s, hall.rumble_step);
    let mut low = load(s, &hall.rumble);
    for (frame, send) in hall.input.block().iter_mut().zip(sends) {
        let x = f32x8::load_array_ref(s, send);
        peak = peak.max(x.abs());
        low = low + (x - low) * step;
        flush(s, x - low).store_array(&mut frame.0);
    }
    flush(s, low).store_array(&mut hall.rumble.0);
    hall.input.mirror();
    peak.reduce_max()
}

/// The delayed input and the early reflections of a room.
#[inline(always)]
fn read_room<S: Simd>(s: S, hall: &Hall, room: &Geometry, feed: &mut Block, early: &mut [Block; 2]) {
    feed.copy_from_slice(&hall.input.tap(room.predelay)[..QUANTUM]);
    for (channel, early) in early.iter_mut().enumerate() {
        early_taps(s, hall, room, channel, early);
    }
}

/// The six reflections of one side, `first` and every second one after it.
#[inline(always)]
fn early_taps<S: Simd>(s: S, hall: &Hall, room: &Geometry, first: usize, sum: &mut Block) {
    let tap = |i: usize| hall.input.tap(room.early[first + 2 * i]);
    let (a, b, c, d, e, f) = (tap(0), tap(1), tap(2), tap(3), tap(4), tap(5));
    let gain = |i: usize| early_gain(first + 2 * i);
    let near = splat3(s, [gain(0), gain(1), gain(2)]);
    let far = splat3(s, [gain(3), gain(4), gain(5)]);
    for (t, sum) in sum.iter_mut().enumerate() {
        let nearer = load(s, &a[t]) * near[0] + load(s, &b[t]) * near[1] + load(s, &c[t]) * near[2];
        let farther = load(s, &d[t]) * far[0] + load(s, &e[t]) * far[1] + load(s, &f[t]) * far[2];
        (nearer + farther).store_array(&mut sum.0);
    }
}

/// Falling as 1/r with the way a reflection went, signs in turn so that the taps do not comb one way; taste.
const fn early_gain(i: usize) -> f32 {
    let sign = if (i / 2) % 3 == 1 { -1.0 } else { 1.0 };
    sign * (12.0 / (12.0 + EARLY_MS[i] as f32))
}

/// `new` becomes the mixture of `old` and `new` along a straight line from `course.0` by `course.1` per frame.
#[inline(always)]
fn blend<S: Simd>(s: S, old: &Block, new: &mut Block, course: (f32, f32)) {
    for (t, (old, new)) in old.iter().zip(new.iter_mut()).enumerate() {
        let part = f32x8::splat(s, (course.0 + course.1 * t as f32).min(1.0));
        let (a, b) = (load(s, old), load(s, new));
        (a + (b - a) * part).store_array(&mut new.0);
    }
}

/// Four all-passes in a row: the even lines hear the second, left in `feed`; the odd lines the last, which is returned.
#[inline(always)]
fn diffuse<S: Simd>(s: S, hall: &mut Hall, feed: &mut Block) -> Block {
    let g = f32x8::splat(s, hall.diffusion);
    let [first, second, third, last] = &mut hall.diffusers;
    let [a, b, c, d] = hall.diffuser_frames;
    all_pass(s, g, first, a, feed);
    all_pass(s, g, second, b, feed);
    let mut odd = *feed;
    all_pass(s, g, third, c, &mut odd);
    all_pass(s, g, last, d, &mut odd);
    odd
}

#[inline(always)]
fn all_pass<S: Simd>(s: S, g: f32x8<S>, ring: &mut Ring, delay: usize, signal: &mut Block) {
    let (past, write) = ring.tap_and_block(delay);
    for ((past, write), x) in past.iter().zip(write).zip(signal) {
        let past = load(s, past);
        let inner = flush(s, load(s, x) + past * g);
        inner.store_array(&mut write.0);
        (past - inner * g).store_array(&mut x.0);
    }
    ring.mirror();
    ring.advance();
}

/// Reads and absorbs lines `i` and `i + 1` together: two recursions hide each other's latency.
#[inline(always)]
fn read_pair<S: Simd>(s: S, hall: &mut Hall, i: usize, morphing: bool, taps: &mut [Block; LINES]) {
    let (a, b) = (drift_of(hall, i), drift_of(hall, i + 1));
    let [first, second] = &mut taps[i..i + 2] else { unreachable!("two lines") };
    let lines = (&hall.lines[i], &hall.lines[i + 1]);
    let to = (line_tap(lines.0, hall.to.lines[i], a), line_tap(lines.1, hall.to.lines[i + 1], b));
    let mut absorb = Absorber::new(s, hall, i);
    let mut along = (Along::new(s, a), Along::new(s, b));
    if morphing {
        let from = (line_tap(lines.0, hall.from.lines[i], a), line_tap(lines.1, hall.from.lines[i + 1], b));
        let course = (hall.morph, hall.morph_step / QUANTUM as f32);
        for t in 0..QUANTUM {
            let part = f32x8::splat(s, (course.0 + course.1 * t as f32).min(1.0));
            let old = (along.0.read(s, from.0, t), along.1.read(s, from.1, t));
            let new = (along.0.read(s, to.0, t), along.1.read(s, to.1, t));
            let (x, y) = absorb.next(old.0 + (new.0 - old.0) * part, old.1 + (new.1 - old.1) * part);
            x.store_array(&mut first[t].0);
            y.store_array(&mut second[t].0);
            along.0.advance();
            along.1.advance();
        }
    } else {
        for t in 0..QUANTUM {
            let (x, y) = absorb.next(along.0.read(s, to.0, t), along.1.read(s, to.1, t));
            x.store_array(&mut first[t].0);
            y.store_array(&mut second[t].0);
            along.0.advance();
            along.1.advance();
        }
    }
    absorb.keep(s, hall, i);
}

/// The absorption of two lines: a low-pass each for the highs and the lows, mixed by the line's gains.
struct Absorber<S: Simd> {
    gains: [[f32x8<S>; 3]; 2],
    step: [f32x8<S>; 2],
    keep: [f32x8<S>; 2],
    high: [f32x8<S>; 2],
    low: [f32x8<S>; 2],
}

impl<S: Simd> Absorber<S> {
    #[inline(always)]
    fn new(s: S, hall: &Hall, i: usize) -> Absorber<S> {
        let [high, low] = hall.corners;
        Absorber {
            gains: [splat3(s, hall.absorption[i]), splat3(s, hall.absorption[i + 1])],
            step: [f32x8::splat(s, high), f32x8::splat(s, low)],
            keep: [f32x8::splat(s, 1.0 - high), f32x8::splat(s, 1.0 - low)],
            high: [load(s, &hall.highs[i]), load(s, &hall.highs[i + 1])],
            low: [load(s, &hall.lows[i]), load(s, &hall.lows[i + 1])],
        }
    }

    #[inline(always)]
    fn next(&mut self, a: f32x8<S>, b: f32x8<S>) -> (f32x8<S>, f32x8<S>) {
        let ([g0, g1], [step_high, step_low], [keep_high, keep_low]) = (self.gains, self.step, self.keep);
        self.high[0] = self.high[0] * keep_high + a * step_high;
        self.high[1] = self.high[1] * keep_high + b * step_high;
        self.low[0] = self.low[0] * keep_low + a * step_low;
        self.low[1] = self.low[1] * keep_low + b * step_low;
        (
            a * g0[0] + self.high[0] * g0[1] + self.low[0] * g0[2],
            b * g1[0] + self.high[1] * g1[1] + self.low[1] * g1[2],
        )
    }

    #[inline(always)]
    fn keep(&self, s: S, hall: &mut Hall, i: usize) {
        for k in 0..2 {
            flush(s, self.high[k]).store_array(&mut hall.highs[i + k].0);
            flush(s, self.low[k]).store_array(&mut hall.lows[i + k].0);
        }
    }
}

/// Moves a line's drift toward its target and says how to read this quantum.
#[inline(always)]
fn drift_of(hall: &mut Hall, i: usize) -> Drift {
    let now = hall.drift[i];
    let next = now + (hall.drift_target[i] - now).clamp(-DRIFT_STEP, DRIFT_STEP);
    hall.drift[i] = next;
    let lowest = now.min(next);
    let whole = (lowest as isize) - isize::from(lowest < 0.0);
    Drift { whole, fraction: now - whole as f32, step: (next - now) / QUANTUM as f32 }
}

/// What a quantum reads of a line's past.
#[inline(always)]
fn line_tap(ring: &Ring, delay: usize, drift: Drift) -> &[Frame; QUANTUM + 1] {
    ring.tap((delay as isize + drift.whole + 1) as usize)
}

/// A fractional, moving distance: straight lines between frames.
struct Along<S: Simd> {
    fraction: f32x8<S>,
    step: f32x8<S>,
}

impl<S: Simd> Along<S> {
    #[inline(always)]
    fn new(s: S, drift: Drift) -> Along<S> {
        Along { fraction: f32x8::splat(s, drift.fraction), step: f32x8::splat(s, drift.step) }
    }

    #[inline(always)]
    fn read(&self, s: S, past: &[Frame; QUANTUM + 1], t: usize) -> f32x8<S> {
        let (older, newer) = (load(s, &past[t]), load(s, &past[t + 1]));
        newer + (older - newer) * self.fraction
    }

    #[inline(always)]
    fn advance(&mut self) {
        self.fraction += self.step;
    }
}

/// Hadamard's matrix over the lines plus the feed, back into the lines.
#[inline(always)]
fn write_lines<S: Simd>(s: S, hall: &mut Hall, feeds: [&Block; 2], taps: &[Block; LINES]) {
    let [l0, l1, l2, l3, l4, l5, l6, l7] = hall.lines.each_mut().map(Ring::block);
    for t in 0..QUANTUM {
        // Written out: a closure is compiled without the level's instructions (and costs five times as much).
        let v = [
            load(s, &taps[0][t]),
            load(s, &taps[1][t]),
            load(s, &taps[2][t]),
            load(s, &taps[3][t]),
            load(s, &taps[4][t]),
            load(s, &taps[5][t]),
            load(s, &taps[6][t]),
            load(s, &taps[7][t]),
        ];
        let a = [
            v[0] + v[4],
            v[1] + v[5],
            v[2] + v[6],
            v[3] + v[7],
            v[0] - v[4],
            v[1] - v[5],
            v[2] - v[6],
            v[3] - v[7],
        ];
        let b = [
            a[0] + a[2],
            a[1] + a[3],
            a[0] - a[2],
            a[1] - a[3],
            a[4] + a[6],
            a[5] + a[7],
            a[4] - a[6],
            a[5] - a[7],
        ];
        let (even, odd) = (load(s, &feeds[0][t]), load(s, &feeds[1][t]));
        flush(s, b[0] + b[1] + even).store_array(&mut l0[t].0);
        flush(s, b[0] - b[1] + odd).store_array(&mut l1[t].0);
        flush(s, b[2] + b[3] - even).store_array(&mut l2[t].0);
        flush(s, b[2] - b[3] - odd).store_array(&mut l3[t].0);
        flush(s, b[4] + b[5] + even).store_array(&mut l4[t].0);
        flush(s, b[4] - b[5] + odd).store_array(&mut l5[t].0);
        flush(s, b[6] + b[7] - even).store_array(&mut l6[t].0);
        flush(s, b[6] - b[7] - odd).store_array(&mut l7[t].0);
    }
    for line in &mut hall.lines {
        line.mirror();
        line.advance();
    }
}

/// Even lines left, odd lines right, signs in turn, plus the early reflections; gains run straight over the quantum.
/// Lanes become stems again, eight frames at a time.
#[inline(always)]
fn mix_out<S: Simd>(
    s: S,
    hall: &mut Hall,
    taps: &[Block; LINES],
    early: &[Block; 2],
    wet: &mut [Stereo; HALL_LANES],
) -> f32 {
    // The absorption gains carry the matrix' 1/√8, which the way out does not want.
    let scale = 2.828_427;
    let from = hall.wet_gain;
    let step: [f32; 2] = std::array::from_fn(|i| (hall.wet_target[i] - from[i]) / QUANTUM as f32);
    let (late_step, early_step) = (f32x8::splat(s, scale * step[0]), f32x8::splat(s, step[1]));
    let (mut late_gain, mut early_gain) = (f32x8::splat(s, scale * from[0]), f32x8::splat(s, from[1]));
    let mut peak = f32x8::splat(s, 0.0);
    for at in (0..QUANTUM).step_by(8) {
        let mut eight = [[f32x8::splat(s, 0.0); 8]; 2];
        for t in 0..8 {
            late_gain += late_step;
            early_gain += early_step;
            for (channel, eight) in eight.iter_mut().enumerate() {
                let one = load(s, &taps[channel][at + t]) - load(s, &taps[2 + channel][at + t]);
                let two = load(s, &taps[4 + channel][at + t]) - load(s, &taps[6 + channel][at + t]);
                let y = (one + two) * late_gain + load(s, &early[channel][at + t]) * early_gain;
                peak = peak.max(y.abs());
                eight[t] = y;
            }
        }
        for (channel, eight) in eight.into_iter().enumerate() {
            for (stem, row) in wet.iter_mut().zip(simd::transposed(eight)) {
                row.store_slice(&mut stem.channels[channel][at..at + 8]);
            }
        }
    }
    hall.wet_gain = hall.wet_target;
    peak.reduce_max()
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "measurements may use the platform's functions")]
mod tests {
    use super::*;

    const SETTINGS: HallSettings =
        HallSettings { size: 0.6, decay_s: 2.0, brightness: 0.5, predelay_ms: 20.0, ..USUAL };
    const USUAL: HallSettings = HallSettings::USUAL;

    fn hall(rate: f64, settings: &HallSettings) -> Hall {
        let mut hall = Hall::new(&Spec { sample_rate_hz: rate });
        hall.set(settings);
        hall
    }

    /// Plays frames made by `send`; gives left and right of every lane, frame by frame.
    fn play(
        hall: &mut Hall,
        frames: usize,
        send: impl Fn(usize) -> [f32; HALL_LANES],
    ) -> Vec<[[f32; 2]; HALL_LANES]> {
        let mut sound = Vec::with_capacity(frames);
        let mut wet = [Stereo::SILENCE; HALL_LANES];
        for quantum in 0..frames / QUANTUM {
            hall.control(0.0, 0.0, (quantum * QUANTUM) as f64 / hall.rate);
            let sends = std::array::from_fn(|t| send(quantum * QUANTUM + t));
            hall.process(&sends, &mut wet);
            for t in 0..QUANTUM {
                sound.push(std::array::from_fn(|lane| {
                    [0, 1].map(|channel: usize| wet[lane].channels[channel][t])
                }));
            }
        }
        sound
    }

    fn impulse(frame: usize) -> [f32; HALL_LANES] {
        std::array::from_fn(|lane| if frame == 0 && lane == 2 { 1.0 } else { 0.0 })
    }

    fn noise(frame: usize, lane: usize) -> f32 {
        crate::random::value(5, crate::random::Domain::Noise, frame as i64, lane as i64) as f32 - 0.5
    }

    /// Band-pass around `hz` (RBJ cookbook, Q 1), then Schroeder's backward integral, fitted from -5 to -35 dB.
    fn reverberation_time_s(sound: &[f32], rate: f64, hz: f64) -> f64 {
        let w = std::f64::consts::TAU * hz / rate;
        let alpha = w.sin() / 2.0;
        let (a0, a1, a2) = (1.0 + alpha, -2.0 * w.cos(), 1.0 - alpha);
        let (mut x1, mut x2, mut y1, mut y2) = (0.0, 0.0, 0.0, 0.0);
        let mut energy: Vec<f64> = sound
            .iter()
            .map(|&x| {
                let x = f64::from(x);
                let y = (alpha * x - alpha * x2 - a1 * y1 - a2 * y2) / a0;
                (x2, x1, y2, y1) = (x1, x, y1, y);
                y * y
            })
            .collect();
        let mut sum = 0.0;
        for e in energy.iter_mut().rev() {
            sum += *e;
            *e = sum;
        }
        let at =
            |db: f64| energy.iter().position(|&e| e < sum * 10f64.powf(db / 10.0)).unwrap_or(sound.len());
        2.0 * (at(-35.0) - at(-5.0)) as f64 / rate
    }

    #[test]
    fn decays_as_long_as_it_is_told() {
        for (size, decay_s) in [(0.1, 0.8), (0.5, 2.0), (0.9, 4.5)] {
            for rate in [44_100.0, 96_000.0] {
                let settings = HallSettings { size, decay_s, ..SETTINGS };
                let sound =
                    play(&mut hall(rate, &settings), (rate * f64::from(decay_s) * 1.3) as usize, impulse);
                let left: Vec<f32> = sound.iter().map(|frame| frame[2][0]).collect();
                let mid = reverberation_time_s(&left, rate, 800.0) / f64::from(decay_s);
                let high = reverberation_time_s(&left, rate, 9000.0) / f64::from(decay_s);
                assert!((mid - 1.0).abs() < 0.1, "size {size}, {rate} Hz: {mid} of {decay_s} s");
                assert!((0.35..0.75).contains(&high), "size {size}, {rate} Hz: highs {high} of {decay_s} s");
            }
        }
    }

    #[test]
    fn every_factory_hall_decays_as_its_file_says_and_none_is_like_another() {
        let mut seen: Vec<(String, [f64; 4])> = Vec::new();
        let mut wrong: Vec<(String, f64)> = Vec::new();
        for factory in crate::cue::factory::halls() {
            let settings = factory.hall;
            let seconds = (f64::from(settings.decay_s) * 1.4).max(0.6);
            let sound = play(&mut hall(48_000.0, &settings), (48_000.0 * seconds) as usize, impulse);
            let left: Vec<f32> = sound.iter().map(|frame| frame[2][0]).collect();
            let mid = reverberation_time_s(&left, 48_000.0, 500.0) / f64::from(settings.decay_s);
            println!(
                "{}: {:.3} s measured, {} s set",
                factory.id,
                mid * f64::from(settings.decay_s),
                settings.decay_s
            );
            wrong.extend(((mid - 1.0).abs() >= 0.1).then(|| (factory.id.clone(), mid)));
            let energy = |range: std::ops::Range<usize>| -> f64 {
                let part = left.get(range.start..range.end.min(left.len())).unwrap_or(&[]);
                part.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>()
            };
            let whole = energy(0..left.len());
            let first = left.iter().position(|x| x.abs() > 1e-4).unwrap_or(0) as f64 / 48.0;
            let high = reverberation_time_s(&left, 48_000.0, 6000.0) / f64::from(settings.decay_s);
            let bright = high * (settings.high_hz.unwrap_or(20_000.0) as f64 / 20_000.0);
            let heard = [
                4.0 * f64::from(settings.decay_s).log2(),
                10.0 * (energy(0..3840) / whole).log10(),
                10.0 * whole.log10() + first / 10.0,
                10.0 * bright.log10(),
            ];
            for (other, known) in &seen {
                let apart = heard.iter().zip(known).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
                assert!(apart > 1.5, "{} is like {other}: {heard:?} {known:?}", factory.id);
            }
            seen.push((factory.id.clone(), heard));
        }
        assert!(wrong.is_empty() && seen.len() >= 9, "{wrong:?}");
    }

    #[test]
    fn a_stem_never_hears_another() {
        let alone = play(&mut hall(48_000.0, &SETTINGS), 24_000, |t| {
            std::array::from_fn(|lane| if lane == 5 { noise(t, 5) } else { 0.0 })
        });
        let together =
            play(&mut hall(48_000.0, &SETTINGS), 24_000, |t| std::array::from_fn(|lane| noise(t, lane)));
        for (a, b) in alone.iter().zip(&together) {
            assert_eq!(a[5].map(f32::to_bits), b[5].map(f32::to_bits));
            assert_eq!(a[4], [0.0; 2]);
        }
        let halved = play(&mut hall(48_000.0, &SETTINGS), 24_000, |t| {
            std::array::from_fn(|lane| 0.5 * noise(t, lane))
        });
        // Halving is exact in binary but for the flush far under the noise floor.
        assert!(
            together
                .iter()
                .flatten()
                .flatten()
                .zip(halved.iter().flatten().flatten())
                .all(|(a, b)| (a - 2.0 * b).abs() < 1e-13)
        );
    }

    #[test]
    fn all_levels_give_the_same_bits() {
        let render = |level: Level| {
            let mut hall = hall(48_000.0, &SETTINGS);
            hall.level = level;
            play(&mut hall, 12_000, |t| std::array::from_fn(|lane| noise(t, lane)))
        };
        let best = render(Level::new());
        assert_eq!(best, render(Level::baseline()));
        if let Some(avx2) = Level::new().as_avx2() {
            assert_eq!(best, render(Level::Avx2(avx2)));
        }
    }

    #[test]
    fn both_sides_are_alike_in_level_and_unlike_in_wave() {
        let sound =
            play(&mut hall(48_000.0, &SETTINGS), 96_000, |t| std::array::from_fn(|lane| noise(t, lane)));
        let sums = sound[24_000..].iter().fold([0.0f64; 4], |s, frame| {
            let [l, r] = frame[0].map(f64::from);
            [s[0] + l * l, s[1] + r * r, s[2] + l * r, s[3] + l]
        });
        assert!((sums[0] / sums[1]).log10().abs() * 10.0 < 1.5, "sides differ: {sums:?}");
        assert!((sums[2] / (sums[0] * sums[1]).sqrt()).abs() < 0.2, "sides are alike: {sums:?}");
        let sent_db = 10.0 * (1.0f64 / 12.0).log10();
        let wet_db = 10.0 * (sums[0] / 72_000.0).log10() - sent_db;
        assert!((-8.0..0.0).contains(&wet_db), "wet at {wet_db} dB");
        assert!(sums[3].abs() / 72_000.0 < 1e-3, "offset");
    }

    #[test]
    fn an_offset_does_not_build_up() {
        let sound = play(&mut hall(48_000.0, &SETTINGS), 192_000, |_| [1.0; HALL_LANES]);
        assert!(sound[191_000..].iter().flatten().flatten().all(|x| x.abs() < 0.02));
    }

    #[test]
    fn a_tail_ends_without_subnormals_and_then_costs_nothing() {
        let mut hall = hall(48_000.0, &HallSettings { decay_s: 0.5, ..SETTINGS });
        play(&mut hall, 4800, |t| std::array::from_fn(|lane| noise(t, lane)));
        assert!(!hall.is_silent());
        let frames = (hall.tail_s() * 48_000.0) as usize;
        play(&mut hall, frames, |_| [0.0; HALL_LANES]);
        assert!(hall.is_silent());
        // Keep it running with one lane, so that the others fall as far as they can.
        play(&mut hall, 480_000, |t| std::array::from_fn(|lane| if lane == 0 { noise(t, 0) } else { 0.0 }));
        let state = hall.lines.iter().flat_map(|ring| &ring.frames).chain(&hall.lows).chain(&hall.highs);
        assert!(state.flat_map(|frame| frame.0).all(|x| !x.is_subnormal()));
    }

    #[test]
    fn reset_equals_fresh() {
        let mut used = hall(48_000.0, &SETTINGS);
        play(&mut used, 9600, |t| std::array::from_fn(|lane| noise(t, lane)));
        used.set(&HallSettings { size: 0.2, decay_s: 1.0, brightness: 0.9, predelay_ms: 3.0, ..USUAL });
        play(&mut used, 960, |t| std::array::from_fn(|lane| noise(t, lane)));
        used.reset();
        let mut fresh = hall(
            48_000.0,
            &HallSettings { size: 0.2, decay_s: 1.0, brightness: 0.9, predelay_ms: 3.0, ..USUAL },
        );
        assert_eq!(play(&mut used, 24_000, impulse), play(&mut fresh, 24_000, impulse));
    }

    #[test]
    fn another_room_comes_without_a_click() {
        let mut hall = hall(48_000.0, &SETTINGS);
        // 96 000 frames are a whole number of periods: the second stretch goes on where the first ends.
        let sine = |t: usize| [(t as f32 * (std::f32::consts::TAU / 320.0)).sin(); HALL_LANES];
        // A click is a corner: its second difference is as large as its first. The sine's is 0.02 of it.
        let corner = |sound: &[[[f32; 2]; HALL_LANES]]| {
            let left: Vec<f32> = sound.iter().map(|frame| frame[0][0]).collect();
            let slope = left.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
            left.windows(3).map(|w| (w[2] - 2.0 * w[1] + w[0]).abs()).fold(0.0, f32::max) / slope
        };
        let before = play(&mut hall, 96_000, sine);
        hall.set(&HallSettings { size: 0.0, decay_s: 6.0, brightness: 1.0, predelay_ms: 90.0, ..USUAL });
        let after = play(&mut hall, 48_000, sine);
        let (before, after) = (corner(&before[48_000..]), corner(&after));
        assert!(before < 0.03 && after < 0.03, "{before} before, {after} after");
    }

    #[test]
    fn every_rate_is_bounded_and_finite() {
        for rate in [1000.0, 8000.5, 44_100.0, 192_000.0, 768_000.0] {
            let mut hall = hall(
                rate,
                &HallSettings { size: 1.0, decay_s: 12.0, brightness: 1.0, predelay_ms: 120.0, ..USUAL },
            );
            let sound = play(&mut hall, 32_000, |t| std::array::from_fn(|lane| noise(t, lane)));
            assert!(sound.iter().flatten().flatten().all(|x| x.is_finite() && x.abs() < 20.0), "{rate} Hz");
            hall.set(&HallSettings {
                size: f32::NAN,
                decay_s: f32::INFINITY,
                brightness: -1.0,
                predelay_ms: 1e9,
                early_db: f32::NAN,
                late_db: f32::INFINITY,
                ..USUAL
            });
            hall.control(f32::NAN, f32::NAN, f64::NAN);
            let sound = play(&mut hall, 32_000, |t| std::array::from_fn(|lane| noise(t, lane)));
            assert!(sound.iter().flatten().flatten().all(|x| x.is_finite()), "{rate} Hz");
        }
    }
}
