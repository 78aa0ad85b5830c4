//! The voice of everything struck: ringing modes and bursts of noise, laid out by a [`Recipe`] when the note begins.
//! Source: modal synthesis, MUSIC 8 #5–8, 17–20. A recipe is a function of note and mood; the voice knows no instrument.
//! In/out: see [`Voice`]. Cost: 2 ns per frame and eight ringing modes, 8 ns per sounding burst.

use super::{NoteOn, Spec, Stereo, Timbre, Voice};
use crate::dsp::envelope::s_curve;
use crate::dsp::filter::{Filter, Response};
use crate::dsp::kept::Kept;
use crate::dsp::math;
use crate::dsp::modal::{GROUP, Modal, Mode};
use crate::dsp::noise;
use crate::dsp::simd::vectorised;
use crate::note::Articulation;
use crate::random::{Domain, value};
use crate::units::{QUANTUM, SILENCE_GAIN, db_to_gain, octaves_to_ratio};
use arrayvec::ArrayVec;

/// Groups of modes a strike can have.
pub const GROUPS: usize = 6;
/// Modes a strike can have.
pub const MODES: usize = GROUPS * GROUP;
/// Bursts a strike can have.
pub const BURSTS: usize = 4;

/// Width of noise that fills the room: what both sides share keeps mono within 1.5 dB (MUSIC 9 #17).
pub const WIDE: f32 = 0.88;

/// Level change of a note by its velocity: 2 dB for 10 of 127 (MUSIC 7), none at [`MEAN_VELOCITY`].
const VELOCITY_DB: f32 = 25.3;
/// Velocity at which an instrument has its nominal level.
const MEAN_VELOCITY: f32 = 0.7;
/// Strokes per second of a roll: where MUSIC 8 #2 puts a tremolo, at its slower end.
const ROLL_HZ: f32 = 10.5;

/// What a note is made of.
#[derive(Clone, Debug)]
pub struct Strike {
    /// Modes; each eight are a group (see [`Strike::next_group`]).
    pub modes: ArrayVec<Mode, MODES>,
    /// When each group is struck, s.
    pub starts_s: [f32; GROUPS],
    /// Noise.
    pub bursts: ArrayVec<Burst, BURSTS>,
    /// Rounds the very beginning, ms.
    pub attack_ms: f32,
    /// Time to fall by 60 dB once released, s; infinite for what nobody damps.
    pub release_s: f32,
    /// Where the pitch starts above its place, octaves; in how many groups; and how fast it falls there, ms.
    pub glide_octaves: f32,
    /// Groups that glide, from the first.
    pub glide_groups: usize,
    /// Time constant of the glide, ms.
    pub glide_ms: f32,
    /// Rotating flaps of a vibraphone: rate and depth 0..1.
    pub tremolo_hz: f32,
    /// Depth of the tremolo.
    pub tremolo_depth: f32,
    /// Soft clipping: how far the loudest moment is driven into it, dB; 0 is clean.
    pub drive_db: f32,
    /// Gain of everything.
    pub gain: f32,
    /// False for what nobody repeats fast: tremolo and swell are then single strokes.
    pub rolls: bool,
}

/// A burst of filtered noise.
#[derive(Clone, Copy, Debug)]
pub struct Burst {
    /// Peak gain before the filter.
    pub gain: f32,
    /// What the filter does.
    pub response: Response,
    /// Its frequency.
    pub hz: f32,
    /// Its sharpness.
    pub q: f32,
    /// Rise, ms.
    pub attack_ms: f32,
    /// Time to fall by 60 dB, s.
    pub decay_s: f32,
    /// When it starts, s.
    pub start_s: f32,
    /// 0 both sides alike .. 1 both sides apart.
    pub width: f32,
    /// Grains per second instead of a steady noise; 0 is steady.
    pub grains_hz: f32,
}

impl Burst {
    /// Noise around `hz`, sounding at once on both sides alike.
    pub fn new(gain: f32, hz: f32, q: f32, decay_s: f32) -> Burst {
        let response = Response::Band;
        Burst { gain, response, hz, q, attack_ms: 0.3, decay_s, start_s: 0.0, width: 0.0, grains_hz: 0.0 }
    }
}

impl Default for Strike {
    fn default() -> Strike {
        Strike {
            modes: ArrayVec::new(),
            starts_s: [0.0; GROUPS],
            bursts: ArrayVec::new(),
            attack_ms: 0.5,
            release_s: f32::INFINITY,
            glide_octaves: 0.0,
            glide_groups: GROUPS,
            glide_ms: 60.0,
            tremolo_hz: 0.0,
            tremolo_depth: 0.0,
            drive_db: 0.0,
            gain: 1.0,
            rolls: true,
        }
    }
}

impl Strike {
    /// Adds a mode; beyond [`MODES`] it is dropped.
    pub fn mode(&mut self, hz: f32, gain: f32, decay_s: f32, pan: f32) {
        let _ = self.modes.try_push(Mode { hz, gain, decay_s, pan });
    }

    /// Adds a burst; beyond [`BURSTS`] it is dropped.
    pub fn burst(&mut self, burst: Burst) {
        let _ = self.bursts.try_push(burst);
    }

    /// The following modes are struck `start_s` after the note begins.
    pub fn next_group(&mut self, start_s: f32) {
        while !self.modes.is_full() && self.modes.len() % GROUP != 0 {
            self.mode(0.0, 0.0, 1.0, 0.0);
        }
        if let Some(start) = self.starts_s.get_mut(self.modes.len() / GROUP) {
            *start = start_s;
        }
    }

    /// Scales the modes so far to a common loudness: the root of their summed squares becomes `level`.
    pub fn level_modes(&mut self, level: f32) {
        let power: f32 = self.modes.iter().map(|mode| mode.gain * mode.gain).sum();
        let factor = level / power.max(1e-12).sqrt();
        self.modes.iter_mut().for_each(|mode| mode.gain *= factor);
    }
}

/// Lays out a note. `strike` comes as [`Strike::default`]. All chance from `note.place` (see [`chance`]).
pub trait Recipe: Send + 'static {
    /// The note's modes and bursts.
    fn strike(note: &NoteOn, timbre: &Timbre, strike: &mut Strike);
}

/// How bright a note is struck, octaves: the mood's wish and the player's force, 0 at rest and velocity 0.6.
pub fn brightness(note: &NoteOn, timbre: &Timbre) -> f32 {
    let accent = if note.articulation == Articulation::Accent { 0.3 } else { 0.0 };
    timbre.brightness_octaves + 2.2 * (note.velocity - 0.6) + accent
}

/// A number 0..1 of the note's place.
pub fn chance(note: &NoteOn, index: i64) -> f32 {
    value(note.place, Domain::Timbre, index, 0) as f32
}

/// A number -1..1 of the note's place.
pub fn spread(note: &NoteOn, index: i64) -> f32 {
    2.0 * chance(note, index) - 1.0
}

#[derive(Clone, Copy, Default)]
struct Sounding {
    filter: Filter,
    /// Envelope at the last block edge, and frames since its stroke (negative: still to come).
    level: f32,
    peak: f32,
    since: i64,
    falls: Kept,
}

impl Sounding {
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
}

/// The voice; `R` says what it sounds like.
pub struct Struck<R: Recipe> {
    note: Option<NoteOn>,
    /// The note that sounds, and the mood of the newest block: what the strokes of a roll are made from.
    begun: Option<NoteOn>,
    timbre: Timbre,
    place: u64,
    articulation: Articulation,
    length_frames: f32,
    rate: f32,
    strike: Strike,
    modal: Modal<GROUPS>,
    sounding: [Sounding; BURSTS],
    /// Frames since the note began.
    frame: i64,
    next_roll: i64,
    rolls: i64,
    released: bool,
    /// Peak, falling slowly: when it is silent the note is over.
    level: f32,
    pushed: Kept,
    unpushed: Kept,
    recipe: std::marker::PhantomData<fn(R)>,
}

impl<R: Recipe> Struck<R> {
    fn begin(&mut self, note: &NoteOn, timbre: &Timbre) {
        let mut strike = Strike::default();
        R::strike(note, timbre, &mut strike);
        strike.gain *= db_to_gain(VELOCITY_DB * (note.velocity - MEAN_VELOCITY));
        if note.articulation == Articulation::Accent {
            strike.gain *= 1.26;
        }
        self.modal.tune(&strike.modes, self.rate);
        self.sounding = [Sounding::default(); BURSTS];
        for (burst, sounding) in strike.bursts.iter().zip(&mut self.sounding) {
            sounding.since = -((burst.start_s * self.rate) as i64);
            sounding.peak = 1.0;
        }
        (self.next_roll, self.rolls) = (0, 0);
        self.strike = strike;
    }

    /// A stroke of a roll is struck as bright as the mood now is. What rings keeps the color it was struck with: a bar or a
    /// bell cannot change it either.
    fn recolor(&mut self) {
        let Some(note) = &self.begun else { return };
        let mut strike = Strike::default();
        R::strike(note, &self.timbre, &mut strike);
        self.modal.weigh(&strike.modes);
        for (burst, new) in self.strike.bursts.iter_mut().zip(&strike.bursts) {
            (burst.gain, burst.hz, burst.q) = (new.gain, new.hz, new.q);
        }
    }

    fn frames(&self, time_s: f32) -> i64 {
        (time_s * self.rate) as i64
    }

    fn rolling(&self) -> bool {
        matches!(self.articulation, Articulation::Tremolo | Articulation::Swell)
            && self.strike.rolls
            && self.length_frames > 0.2 * self.rate
    }

    /// Strikes what is due at this block.
    fn strikes(&mut self) {
        let block = self.frame..self.frame + QUANTUM as i64;
        if !self.rolling() {
            for group in 0..self.modal.groups() {
                if block.contains(&self.frames(self.strike.starts_s[group])) {
                    self.modal.strike(group, 1.0);
                }
            }
            return;
        }
        if self.released || !block.contains(&self.next_roll) || self.next_roll as f32 > self.length_frames {
            return;
        }
        self.recolor();
        let along = self.next_roll as f32 / self.length_frames;
        let swell = if self.articulation == Articulation::Swell { 0.04 + 0.96 * along * along } else { 0.8 };
        let hand = value(self.place, Domain::Noise, self.rolls, 1) as f32;
        let gain = swell * 0.6 * (0.8 + 0.4 * hand);
        for group in 0..self.modal.groups() {
            self.modal.strike(group, gain);
        }
        for sounding in &mut self.sounding[..self.strike.bursts.len()] {
            (sounding.since, sounding.peak) = (0, gain);
        }
        self.rolls += 1;
        self.next_roll += (self.rate / ROLL_HZ * (0.9 + 0.2 * hand)) as i64;
    }

    /// Adds the bursts that sound; their filters walk side by side.
    fn bursts_add(&mut self, out: &mut Stereo) {
        let mut blocks = ArrayVec::<Stereo, BURSTS>::new();
        let mut courses = ArrayVec::<(f32, (f32, f32)), BURSTS>::new();
        let mut filters = ArrayVec::<&mut Filter, BURSTS>::new();
        for ((index, burst), sounding) in self.strike.bursts.iter().enumerate().zip(&mut self.sounding) {
            let from = sounding.level;
            sounding.advance(burst, self.rate);
            if from.max(sounding.level) < 0.1 * SILENCE_GAIN {
                sounding.level = 0.0;
                continue;
            }
            let key =
                [noise::key(self.place, 2 * index as i64), noise::key(self.place, 2 * index as i64 + 1)];
            let mut block = burst_noise(burst, key, self.frame as u32, self.rate);
            if burst.width <= 0.0 {
                block.channels[1] = block.channels[0];
            }
            sounding.filter.set(burst.response, burst.hz, burst.q, self.rate);
            // White noise spreads its power up to half the rate: the same level per Hz at every rate.
            let gain = burst.gain * (self.rate * (1.0 / 48_000.0)).sqrt();
            courses.push((gain, (from, sounding.level)));
            blocks.push(block);
            filters.push(&mut sounding.filter);
        }
        if blocks.is_empty() {
            return;
        }
        Filter::process_each(filters.into_iter().zip(&mut blocks));
        for (block, (gain, course)) in blocks.iter().zip(courses) {
            vectorised!(fade_add(block, gain, course, out));
        }
    }

    /// Attack, tremolo, gain and clipping.
    fn finish(&mut self, out: &mut Stereo) {
        let attack = (self.strike.attack_ms * 1e-3 * self.rate).max(1.0);
        let mut levels = [self.strike.gain; QUANTUM];
        if (self.frame as f32) < attack {
            for (t, level) in levels.iter_mut().enumerate() {
                *level *= s_curve(((self.frame + t as i64) as f32 / attack).min(1.0));
            }
        }
        if self.strike.tremolo_hz > 0.0 {
            let step = self.strike.tremolo_hz / self.rate;
            let (from, to) =
                (self.flap(self.frame as f32 * step), self.flap((self.frame + QUANTUM as i64) as f32 * step));
            for (t, level) in levels.iter_mut().enumerate() {
                *level *= from + (to - from) * (t as f32 / QUANTUM as f32);
            }
        }
        let drive_db = self.strike.drive_db;
        // Three quarters of the drive are taken back: what is driven may also be a little louder.
        let clip = (drive_db > 0.0)
            .then(|| (self.pushed.of(drive_db, db_to_gain), self.unpushed.of(-0.75 * drive_db, db_to_gain)));
        vectorised!(shape(&levels, clip, out));
    }

    /// Level at a turn of the flaps.
    fn flap(&self, cycles: f32) -> f32 {
        1.0 - self.strike.tremolo_depth * (0.5 - 0.5 * math::cos_cycles(cycles))
    }
}

/// Adds a block whose gain goes straight from one level to the next.
#[inline(always)]
fn fade_add(block: &Stereo, gain: f32, (from, to): (f32, f32), out: &mut Stereo) {
    let step = gain * (to - from) / QUANTUM as f32;
    for (out, block) in out.channels.iter_mut().zip(&block.channels) {
        for (t, (out, block)) in out.iter_mut().zip(block).enumerate() {
            *out += block * (gain * from + step * (t + 1) as f32);
        }
    }
}

/// Gains, and the soft clipper where there is one: a gain before and one after it.
#[inline(always)]
fn shape(levels: &[f32; QUANTUM], clip: Option<(f32, f32)>, out: &mut Stereo) {
    for channel in &mut out.channels {
        for (sample, level) in channel.iter_mut().zip(levels) {
            *sample *= level;
        }
        if let Some((pushed, unpushed)) = clip {
            for sample in channel {
                *sample = math::tanh(*sample * pushed) * unpushed;
            }
        }
    }
}

/// Raw noise of a burst for a block.
fn burst_noise(burst: &Burst, keys: [u32; 2], frame: u32, rate: f32) -> Stereo {
    let mut block = Stereo::SILENCE;
    noise::stereo(keys, frame, burst.width, &mut block);
    if burst.grains_hz > 0.0 {
        noise::thin(keys[0], frame, burst.grains_hz / rate, &mut block);
    }
    block
}

impl<R: Recipe> Voice for Struck<R> {
    fn new(spec: &Spec) -> Self {
        Struck {
            note: None,
            begun: None,
            timbre: Timbre::default(),
            place: 0,
            articulation: Articulation::Sustain,
            length_frames: 0.0,
            rate: spec.sample_rate_hz as f32,
            strike: Strike::default(),
            modal: Modal::default(),
            sounding: [Sounding::default(); BURSTS],
            frame: 0,
            next_roll: 0,
            rolls: 0,
            released: false,
            level: 0.0,
            pushed: Kept::default(),
            unpushed: Kept::default(),
            recipe: std::marker::PhantomData,
        }
    }

    fn start(&mut self, note: &NoteOn, spec: &Spec) {
        self.rate = spec.sample_rate_hz as f32;
        self.note = Some(*note);
        self.place = note.place;
        self.articulation = note.articulation;
        self.length_frames = note.length_s * self.rate;
        self.frame = 0;
        self.released = false;
        self.level = 1.0;
    }

    fn release(&mut self) {
        self.released = true;
        if self.strike.release_s.is_finite() {
            self.modal.damp(self.strike.release_s, self.rate);
            self.strike.release_s = f32::INFINITY;
        }
    }

    fn control(&mut self, timbre: &Timbre) {
        self.timbre = *timbre;
        if let Some(note) = self.note.take() {
            self.begun = Some(note);
            self.begin(&note, timbre);
            if self.released {
                self.release();
            }
        }
    }

    fn render(&mut self, out: &mut Stereo) -> bool {
        *out = Stereo::SILENCE;
        self.strikes();
        if self.strike.glide_octaves != 0.0 {
            let along = self.frame as f32 / (self.strike.glide_ms * 1e-3 * self.rate);
            let octaves = self.strike.glide_octaves * math::exp(-along);
            self.modal.glide(octaves_to_ratio(octaves), self.strike.glide_groups);
            // A hundredth of a semitone from its place nobody hears it move.
            if octaves.abs() < 0.001 {
                self.modal.glide(1.0, self.strike.glide_groups);
                self.strike.glide_octaves = 0.0;
            }
        }
        self.modal.render_add(out);
        self.bursts_add(out);
        self.finish(out);
        self.frame += QUANTUM as i64;
        self.level = out.peak().max(self.level * 0.9);
        let waiting = self.rolling() && !self.released && (self.frame as f32) < self.length_frames;
        self.level >= SILENCE_GAIN || waiting
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "measurements may use the platform's functions")]
mod tests {
    use super::*;
    use crate::instrument::{INSTRUMENTS, Instrument, InstrumentRow, find};

    fn play(row: &InstrumentRow, note: &NoteOn, total_s: f32) -> Vec<f32> {
        let mut instrument: Box<dyn Instrument> = (row.build)(&Spec { sample_rate_hz: 48_000.0 });
        instrument.note_on(note);
        let mut sound = Vec::new();
        for _ in 0..(total_s * 48_000.0) as usize / QUANTUM {
            let mut out = Stereo::SILENCE;
            instrument.control(&Timbre::default());
            instrument.render_add(&mut out);
            sound.extend_from_slice(out.channels.as_flattened());
        }
        sound
    }

    fn left(sound: &[f32]) -> Vec<f32> {
        sound.chunks(2 * QUANTUM).flat_map(|block| &block[..QUANTUM]).copied().collect()
    }

    fn peak_db(sound: &[f32]) -> f32 {
        20.0 * sound.iter().fold(0.0f32, |peak, x| peak.max(x.abs())).log10()
    }

    fn row(id: &str) -> &'static InstrumentRow {
        &INSTRUMENTS[find(id).expect("a row")]
    }

    fn note(pitch: f32, velocity: f32) -> NoteOn {
        NoteOn { id: 1, pitch, velocity, length_s: 1.0, place: 31, ..NoteOn::REST }
    }

    #[test]
    fn struck_and_plucked_notes_stand_at_one_level() {
        for row in INSTRUMENTS.iter().filter(|row| row.pitched && !row.playing.held) {
            let (low, high) = row.pitch_range;
            let peaks = [0.1, 0.35, 0.6, 0.9].map(|along| {
                let pitch = (f32::from(low) + along * f32::from(high - low)).round();
                peak_db(&play(row, &note(pitch, 0.7), 0.5))
            });
            assert!(peaks.iter().all(|peak| (-18.0..-9.0).contains(peak)), "{}: {peaks:?}", row.id);
        }
    }

    #[test]
    fn velocity_follows_its_law_and_brightens() {
        let piano = |velocity| left(&play(row("piano_felt"), &note(48.0, velocity), 0.4));
        let (soft, hard) = (piano(0.5), piano(0.9));
        let rise_db = peak_db(&hard) - peak_db(&soft);
        assert!((9.0..14.0).contains(&rise_db), "{rise_db} dB for 0.4");
        // Mean slope against level grows with the weight of the highs.
        let edge = |sound: &[f32]| {
            let slope: f32 = sound.windows(2).map(|w| (w[1] - w[0]) * (w[1] - w[0])).sum();
            slope / sound.iter().map(|x| x * x).sum::<f32>()
        };
        assert!(edge(&hard) > 1.3 * edge(&soft), "{} {}", edge(&soft), edge(&hard));
    }

    #[test]
    fn a_roll_swells_to_its_end() {
        let swell = NoteOn { length_s: 2.0, articulation: Articulation::Swell, ..note(45.0, 0.7) };
        let sound = play(row("timpani"), &swell, 2.2);
        let second = sound.len() * 10 / 22;
        assert!(peak_db(&sound[second * 3 / 2..]) > peak_db(&sound[..second / 2]) + 6.0);
    }

    #[test]
    fn a_taiko_falls_in_pitch_and_starts_from_zero() {
        let sound = play(row("taiko"), &note(36.0, 1.0), 0.6);
        assert_eq!(sound[0], 0.0);
        let left = left(&sound);
        // Lows only, then rising zero crossings: many in the first quarter second, fewer later.
        let mut low = 0.0;
        let lows: Vec<f32> = left
            .iter()
            .map(|x| {
                low += 0.012 * (x - low);
                low
            })
            .collect();
        let crossings =
            |from: usize| lows[from..from + 9600].windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
        assert!(crossings(480) > crossings(14_400), "{} then {}", crossings(480), crossings(14_400));
    }
}
