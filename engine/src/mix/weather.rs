//! The ambience stem as the mix has it: it comes with the music, stays over jumps and goes when the music stops.
//! Source: own. In/out: whether the timeline moves and where, one stereo quantum out.

use crate::fx::ambience::Ambience;
use crate::instrument::{Spec, Stereo};
use crate::plan::{AmbiencePlan, Plan};
use crate::units::QUANTUM;

/// Fades of a start and a stop, s. Taste: a room is there at once, and leaves like a held breath.
const FADE_IN_S: f64 = 0.4;
const FADE_OUT_S: f64 = 1.5;

/// The ambience with its fades.
pub struct Weather {
    ambience: Ambience,
    gain: f32,
    step_in: f32,
    step_out: f32,
}

impl Weather {
    /// Silent until the timeline moves.
    pub fn new(spec: &Spec, plan: &Plan) -> Weather {
        let step = |fade_s: f64| (QUANTUM as f64 / (fade_s * spec.sample_rate_hz)).min(1.0) as f32;
        let mut weather = Weather {
            ambience: Ambience::new(spec, plan.seed),
            gain: 0.0,
            step_in: step(FADE_IN_S),
            step_out: step(FADE_OUT_S),
        };
        weather.set_plan(plan);
        weather
    }

    /// Takes a plan's scene; another one fades in over the old.
    pub fn set_plan(&mut self, plan: &Plan) {
        self.ambience.set_seed(plan.seed);
        self.set(&plan.stage.ambience);
    }

    /// Takes a scene and its intensity; another scene fades in over the old.
    pub fn set(&mut self, ambience: &AmbiencePlan) {
        self.ambience.set(ambience.scene, ambience.intensity);
    }

    /// Makes the quantum that begins at a frame of the song. Overwrites `out`; false when it is silence.
    pub fn render(&mut self, running: bool, song_frame: i64, out: &mut Stereo) -> bool {
        let from = self.gain;
        let to = if running { (from + self.step_in).min(1.0) } else { (from - self.step_out).max(0.0) };
        self.gain = to;
        if (from == 0.0 && to == 0.0) || self.ambience.is_silent() {
            *out = Stereo::SILENCE;
            return false;
        }
        self.ambience.process(song_frame, out);
        if from != 1.0 || to != 1.0 {
            for channel in &mut out.channels {
                for (i, sample) in channel.iter_mut().enumerate() {
                    *sample *= from + (to - from) * (i + 1) as f32 * (1.0 / QUANTUM as f32);
                }
            }
        }
        true
    }

    /// Equal to a new one with the same plan.
    pub fn reset(&mut self) {
        self.ambience.reset();
        self.gain = 0.0;
    }
}
