//! Mood: six axes that say what the music should feel like, and what follows from them at once.
//! Source: MUSIC 1.1 (tension plane fitted on the film excerpts of Eerola & Vuoskoski).
//! In/out: axes in their ranges; plain data, no randomness.

use serde::{Deserialize, Serialize};

/// One point in mood space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mood {
    /// Bitter to bright, -1..1.
    pub valence: f32,
    /// Still to driving, -1..1.
    pub energy: f32,
    /// Offset from the tension that valence and energy imply, -1..1.
    pub tension: f32,
    /// 0..1.
    pub wonder: f32,
    /// Intimate to epic, -1..1.
    pub scale: f32,
    /// Light to dark timbre and register, -1..1.
    pub darkness: f32,
}

/// How many axes a mood has.
pub const AXIS_COUNT: usize = 6;

impl Mood {
    /// The axes in table order: valence, energy, tension, wonder, scale, darkness.
    pub fn to_array(self) -> [f32; AXIS_COUNT] {
        [self.valence, self.energy, self.tension, self.wonder, self.scale, self.darkness]
    }

    /// A mood from axes in table order, each clamped to its range; not-a-number counts as 0.
    pub fn from_array(axes: [f32; AXIS_COUNT]) -> Mood {
        let bipolar = |x: f32| if x.is_nan() { 0.0 } else { x.clamp(-1.0, 1.0) };
        let unipolar = |x: f32| if x.is_nan() { 0.0 } else { x.clamp(0.0, 1.0) };
        let [valence, energy, tension, wonder, scale, darkness] = axes;
        Mood {
            valence: bipolar(valence),
            energy: bipolar(energy),
            tension: bipolar(tension),
            wonder: unipolar(wonder),
            scale: bipolar(scale),
            darkness: bipolar(darkness),
        }
    }

    /// Tension as heard: the plane of MUSIC 0 finding 1, moved by the offset, -1..1.
    pub fn tension_effective(self) -> f32 {
        (0.11 - 0.87 * self.valence + 0.55 * self.energy + 0.5 * self.tension).clamp(-1.0, 1.0)
    }

    /// Snapped to a grid of 0.02, so that a breath of automation noise changes no note (MUSIC 10, risk f).
    pub fn quantized(self) -> Mood {
        Mood::from_array(self.to_array().map(|x| (x * 50.0).round() / 50.0))
    }
}
