//! The mood instruments hear: one pole per axis, faster up than down, and the brightness that follows from it.
//! Source: MUSIC 0.1 (time constants), 1.4 (centroid by energy and darkness). In/out: one step per quantum.

use crate::cue::Mood;
use crate::dsp::math;
use crate::instrument::{Spec, Timbre};
use crate::mapping::{BRIGHTNESS_BY_DARKNESS, BRIGHTNESS_BY_ENERGY, BRIGHTNESS_BY_WONDER};
use crate::units::QUANTUM;

/// How fast instruments follow a rising and a falling mood, s (MUSIC 0.1).
const MOOD_UP_S: f32 = 0.12;
const MOOD_DOWN_S: f32 = 0.25;

/// How fast room is made for speech, and given back, s (MUSIC 5.4).
const DIALOGUE_UP_S: f32 = 0.03;
const DIALOGUE_DOWN_S: f32 = 0.6;

/// The mood instruments hear: one pole per axis, faster up than down.
pub(super) struct MoodFollower {
    /// The mood as instruments hear it now.
    pub smooth: Mood,
    /// Room for speech as it stands now, 0..1.
    pub dialogue: f32,
    up: f32,
    down: f32,
    dialogue_up: f32,
    dialogue_down: f32,
    /// True until the first quantum after a start from silence: then nothing glides.
    pub settling: bool,
}

impl MoodFollower {
    pub fn new(spec: &Spec) -> MoodFollower {
        let pole = |time_s: f32| 1.0 - math::exp(-(QUANTUM as f32) / (time_s * spec.sample_rate_hz as f32));
        MoodFollower {
            smooth: Mood::default(),
            dialogue: 0.0,
            up: pole(MOOD_UP_S),
            down: pole(MOOD_DOWN_S),
            dialogue_up: pole(DIALOGUE_UP_S),
            dialogue_down: pole(DIALOGUE_DOWN_S),
            settling: true,
        }
    }

    pub fn settle(&mut self) {
        self.settling = true;
    }

    /// Takes a step of one quantum toward `target` and toward the room speech needs.
    pub fn follow(&mut self, target: Mood, dialogue: f32, humanise: f32) -> Timbre {
        let (from, to) = (self.smooth.to_array(), target.to_array());
        self.smooth =
            Mood::from_array(std::array::from_fn(|i| self.step(from[i], to[i], self.up, self.down)));
        self.dialogue = self.step(self.dialogue, dialogue, self.dialogue_up, self.dialogue_down);
        let mood = self.smooth;
        let brightness_octaves = BRIGHTNESS_BY_ENERGY.of(mood.energy)
            + BRIGHTNESS_BY_DARKNESS.of(mood.darkness)
            + BRIGHTNESS_BY_WONDER.of(mood.wonder);
        Timbre { mood, tension: mood.tension_effective(), brightness_octaves, humanise }
    }

    fn step(&self, from: f32, to: f32, up: f32, down: f32) -> f32 {
        let distance = to - from;
        if self.settling || distance.abs() < 1.0e-5 {
            return to;
        }
        from + distance * if distance > 0.0 { up } else { down }
    }
}
