//! What a strike is made of: modes, bursts of noise, and how they begin and end. A [`Recipe`] lays it out for a note.
//! Source: modal synthesis, MUSIC 8 #5–8, 17–20. In/out: a note and the mood in, a [`Strike`] out, once per note or stroke.

use crate::dsp::filter::Response;
use crate::dsp::math;
use crate::dsp::modal::{GROUP, Mode};
use crate::instrument::{NoteOn, Timbre};
use crate::note::Articulation;
use crate::random::{Domain, value};
use arrayvec::ArrayVec;

/// Groups of modes the voice of most instruments has room for.
pub const GROUPS: usize = 6;
/// Modes of those.
pub const MODES: usize = GROUPS * GROUP;
/// Groups of modes a strike can have.
pub const MOST_GROUPS: usize = 12;
/// Modes of those.
pub const MOST_MODES: usize = MOST_GROUPS * GROUP;
/// Bursts a strike can have.
pub const BURSTS: usize = 4;

/// Width of noise that fills the room: what both sides share keeps mono within 1.5 dB (MUSIC 9 #17).
pub const WIDE: f32 = 0.88;

/// What a note is made of.
#[derive(Clone, Debug)]
pub struct Strike {
    /// Modes; each eight are a group (see [`Strike::next_group`]).
    pub modes: ArrayVec<Mode, MOST_MODES>,
    /// When each group is struck, s.
    pub starts_s: [f32; MOST_GROUPS],
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
    /// True when it sounds as the key comes up, not as it goes down.
    pub at_release: bool,
}

impl Burst {
    /// Noise around `hz`, sounding at once on both sides alike.
    pub fn new(gain: f32, hz: f32, q: f32, decay_s: f32) -> Burst {
        let response = Response::Band;
        Burst {
            gain,
            response,
            hz,
            q,
            attack_ms: 0.3,
            decay_s,
            start_s: 0.0,
            width: 0.0,
            grains_hz: 0.0,
            at_release: false,
        }
    }
}

impl Default for Strike {
    fn default() -> Strike {
        Strike {
            modes: ArrayVec::new(),
            starts_s: [0.0; MOST_GROUPS],
            bursts: ArrayVec::new(),
            attack_ms: 0.5,
            release_s: f32::INFINITY,
            glide_octaves: 0.0,
            glide_groups: MOST_GROUPS,
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
    /// Adds a mode; beyond [`MOST_MODES`], and beyond what the voice has room for, it is dropped.
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

/// Level change of a note by its velocity: 2 dB for 10 of 127 (MUSIC 7), none at [`MEAN_VELOCITY`].
pub const VELOCITY_DB: f32 = 25.3;
/// Velocity at which an instrument has its nominal level.
pub const MEAN_VELOCITY: f32 = 0.7;

/// How much brighter the hardest note is than the softest, octaves. Taste.
pub const VELOCITY_OCTAVES: f32 = 2.2;

/// The velocity of a stroke so much softer or louder than its note: force has one law, in a roll as from note to note, so
/// what swells also brightens (MUSIC 8 #19).
pub fn stroke_velocity(velocity: f32, gain: f32) -> f32 {
    // 6.02 dB double an amplitude.
    (velocity + math::log2(gain.max(1e-3)) * (6.02 / VELOCITY_DB)).clamp(0.0, 1.0)
}

/// How bright a note is struck, octaves: the mood's wish and the player's force, 0 at rest and velocity 0.6.
pub fn brightness(note: &NoteOn, timbre: &Timbre) -> f32 {
    let accent = if note.articulation == Articulation::Accent { 0.3 } else { 0.0 };
    timbre.brightness_octaves + VELOCITY_OCTAVES * (note.velocity - 0.6) + accent
}

/// A number 0..1 of the note's place.
pub fn chance(note: &NoteOn, index: i64) -> f32 {
    value(note.place, Domain::Timbre, index, 0) as f32
}

/// A number -1..1 of the note's place.
pub fn spread(note: &NoteOn, index: i64) -> f32 {
    2.0 * chance(note, index) - 1.0
}
