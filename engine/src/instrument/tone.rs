//! What every held note has in common: its age, its pitch with glide, its loudness with articulation.
//! Source: velocity law MUSIC 7.3 (2 dB per 10 MIDI steps); glide 40–90 ms and legato overlap MUSIC 7.3.
//! In/out: one [`Moment`] per block.

use super::{NoteOn, Spec};
use crate::dsp::envelope::{Envelope, Shape, s_curve};
use crate::dsp::math;
use crate::dsp::noise::Wander;
use crate::note::Articulation;
use crate::random::{self, Domain};
use crate::units::{QUANTUM, db_to_gain, note_to_hz};

/// A slide's length, s: the middle of 40–90 ms (MUSIC 7.3).
const GLIDE_S: f32 = 0.065;

/// How fast a glissando goes in the mean, semitones per second (MUSIC 2.3, horror: 2). It begins and ends slower.
const GLISSANDO_RATE: f32 = 2.0;

/// Share of a note that a glissando may take: its pitch is heard at rest in the end.
const GLISSANDO_SHARE: f32 = 0.7;

/// A tied note takes over within the overlap of legato playing, s (MUSIC 7.3: 30–60 ms).
const LEGATO_ATTACK_S: f32 = 0.05;

/// An accent begins this much louder, dB, and falls back within [`ACCENT_FALL_S`]. Taste.
const ACCENT_DB: f32 = 3.0;
const ACCENT_FALL_S: f32 = 0.18;

/// A swell begins this far below its end, dB: nothing to hear, then everything. Taste.
const SWELL_DB: f32 = -34.0;

/// Noise stream of [`Tone::lean_db`].
const LEAN: i64 = 80;

/// Velocity at which an instrument has its nominal level.
pub const NOMINAL_VELOCITY: f32 = 0.7;

/// Gain of a velocity: 2 dB per 10 MIDI steps, 1 at [`NOMINAL_VELOCITY`].
pub fn velocity_gain(velocity: f32) -> f32 {
    db_to_gain(velocity_db(velocity))
}

/// Level of a velocity, dB from nominal.
pub fn velocity_db(velocity: f32) -> f32 {
    0.2 * 127.0 * (velocity - NOMINAL_VELOCITY)
}

/// A note as it stands at the end of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Pitch, glide included, before vibrato.
    pub hz: f32,
    /// Level with envelope, articulation and velocity; 1 is a held note of nominal velocity.
    pub gain: f32,
    /// How far the sound has opened, 0..1 and above 1 in an accent: what brightness follows.
    pub effort: f32,
    /// Age, s.
    pub time_s: f32,
}

/// The common part of a held note.
#[derive(Clone, Copy, Debug)]
pub struct Tone {
    /// The note as it came.
    pub note: NoteOn,
    /// Frames per second.
    pub rate_hz: f32,
    /// Length of a block, s.
    pub block_s: f32,
    /// Age at the last block edge, s.
    pub time_s: f32,
    envelope: Envelope,
    velocity_gain: f32,
    /// Where a glide ends.
    steady_hz: f32,
    glide_s: f32,
    /// How [`Tone::lean_db`] wanders.
    lean: Wander,
    begun: bool,
}

impl Default for Tone {
    fn default() -> Tone {
        Tone {
            note: NoteOn::REST,
            rate_hz: 48_000.0,
            block_s: QUANTUM as f32 / 48_000.0,
            time_s: 0.0,
            envelope: Envelope::default(),
            velocity_gain: 0.0,
            steady_hz: 440.0,
            glide_s: GLIDE_S,
            lean: Wander::default(),
            begun: false,
        }
    }
}

impl Tone {
    /// A note that has not begun.
    pub fn new(note: &NoteOn, spec: &Spec) -> Tone {
        Tone {
            note: *note,
            rate_hz: spec.sample_rate_hz as f32,
            block_s: (QUANTUM as f64 / spec.sample_rate_hz) as f32,
            velocity_gain: velocity_gain(note.velocity),
            steady_hz: note_to_hz(note.pitch),
            glide_s: glide_s(note),
            lean: Wander::new(note.place, LEAN),
            ..Tone::default()
        }
    }

    /// True until [`Tone::begin`].
    pub fn is_new(&self) -> bool {
        !self.begun
    }

    /// Fixes times and sustain once the mood is known; the articulation shortens them.
    pub fn begin(&mut self, shape: Shape) {
        let mut shape = shape;
        match self.note.articulation {
            Articulation::Legato => shape.attack_s = shape.attack_s.min(LEGATO_ATTACK_S),
            Articulation::Short => {
                (shape.attack_s, shape.release_s) = (shape.attack_s * 0.4, shape.release_s * 0.6)
            }
            Articulation::Accent => shape.attack_s *= 0.35,
            Articulation::Sustain | Articulation::Tremolo | Articulation::Swell | Articulation::Glissando => {
            }
        }
        // A note shorter than its attack would never be heard.
        shape.attack_s = shape.attack_s.min((0.7 * self.note.length_s).max(0.012));
        self.envelope = Envelope::new(&shape, f64::from(self.rate_hz));
        self.begun = true;
    }

    /// The key goes up.
    pub fn release(&mut self) {
        self.envelope.release();
    }

    /// Gain of the note's velocity alone.
    pub fn velocity_gain(&self) -> f32 {
        self.velocity_gain
    }

    /// The note's own pitch, Hz: glide and vibrato left out.
    pub fn note_hz(&self) -> f32 {
        self.steady_hz
    }

    /// True while there is something to hear.
    pub fn is_alive(&self) -> bool {
        !self.envelope.has_ended()
    }

    /// Moves on by a block.
    pub fn advance(&mut self) -> Moment {
        self.time_s += self.block_s;
        let (_, level) = self.envelope.advance();
        let dynamic = self.dynamic();
        Moment {
            hz: self.hz(),
            gain: level * dynamic * self.velocity_gain,
            effort: level * dynamic,
            time_s: self.time_s,
        }
    }

    fn hz(&self) -> f32 {
        let pitch = self.note.pitch;
        match self.note.glide_from {
            Some(from) if self.time_s < self.glide_s => {
                note_to_hz(pitch + (from - pitch) * (1.0 - s_curve(self.time_s / self.glide_s)))
            }
            _ => self.steady_hz,
        }
    }

    fn dynamic(&self) -> f32 {
        match self.note.articulation {
            Articulation::Accent => db_to_gain(ACCENT_DB * math::exp2(-self.time_s * (1.0 / ACCENT_FALL_S))),
            Articulation::Swell => {
                let part = (self.time_s / self.note.length_s.max(0.1)).min(1.0);
                db_to_gain(SWELL_DB * (1.0 - part) * (1.0 - 0.4 * part))
            }
            _ => 1.0,
        }
    }

    /// How a player leans into a note by himself: dB that wander within ±1.2, and an arch of 2 that a note of some
    /// length rises to in its middle. Taste, after the phrase arches of Friberg's performance rules.
    pub fn lean_db(&mut self) -> f32 {
        let wander = self.lean.at(f64::from(self.time_s) * 2.7);
        let long = ((self.note.length_s - 0.5) * (1.0 / 1.5)).clamp(0.0, 1.0);
        let along = (self.time_s / self.note.length_s.max(0.2)).min(1.0);
        1.2 * wander + 2.0 * long * (4.0 * along * (1.0 - along) - 0.6)
    }

    /// A random value of this note, 0..1: `kind` and `index` name what it is for.
    pub fn random(&self, kind: i64, index: usize) -> f32 {
        random::value(self.note.place, Domain::Timbre, kind, index as i64) as f32
    }
}

/// How long a note slides, s.
fn glide_s(note: &NoteOn) -> f32 {
    match (note.articulation, note.glide_from) {
        (Articulation::Glissando, Some(from)) => {
            let way_s = (from - note.pitch).abs() / GLISSANDO_RATE;
            way_s.min(GLISSANDO_SHARE * note.length_s).max(GLIDE_S)
        }
        _ => GLIDE_S,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::gain_to_db;

    const SPEC: Spec = Spec { sample_rate_hz: 48_000.0 };
    const SHAPE: Shape = Shape { attack_s: 0.1, decay_s: 0.1, sustain: 1.0, release_s: 0.2 };

    fn moments(articulation: Articulation, glide_from: Option<f32>) -> Vec<Moment> {
        let note = NoteOn { articulation, glide_from, length_s: 2.0, ..NoteOn::REST };
        let mut tone = Tone::new(&NoteOn { pitch: 69.0, velocity: 0.7, ..note }, &SPEC);
        tone.begin(SHAPE);
        (0..3000).map(|_| tone.advance()).collect()
    }

    #[test]
    fn ten_steps_of_velocity_are_two_decibels() {
        assert!((velocity_db(0.7 + 10.0 / 127.0) - 2.0).abs() < 1e-4);
        assert!((velocity_gain(0.7) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn articulations_shape_the_level() {
        let peak = |moments: &[Moment]| moments.iter().map(|m| m.gain).fold(0.0, f32::max);
        assert!((peak(&moments(Articulation::Sustain, None)) - 1.0).abs() < 1e-5);
        assert!(gain_to_db(peak(&moments(Articulation::Accent, None))) > 1.5);
        let swell = moments(Articulation::Swell, None);
        assert!(gain_to_db(swell[300].gain) < -20.0 && gain_to_db(swell[2999].gain) > -0.1);
        assert!(swell.windows(2).skip(200).all(|pair| pair[1].gain >= pair[0].gain));
    }

    #[test]
    fn a_slide_arrives_on_pitch() {
        let slide = moments(Articulation::Legato, Some(64.0));
        assert!(slide[0].hz < 331.0 && (slide[200].hz - 440.0).abs() < 1e-3);
    }

    #[test]
    fn a_glissando_takes_its_time_and_leaves_some_to_its_pitch() {
        let hz = |semitones: f32| note_to_hz(69.0 + semitones);
        // Blocks of two thirds of a millisecond: two semitones take a second.
        let two = moments(Articulation::Glissando, Some(67.0));
        assert!((two[750].hz - hz(-1.0)).abs() < 0.2 && (two[1500].hz - 440.0).abs() < 1e-3);
        let far = moments(Articulation::Glissando, Some(81.0));
        assert!(far[1900].hz > 441.0 && (far[2105].hz - 440.0).abs() < 1e-3);
    }
}
