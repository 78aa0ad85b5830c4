//! The ambience stem as the mix has it: it comes with the music, stays over jumps and goes when the music stops.
//! Source: own. In/out: whether the timeline moves and where; one quantum out, for loudspeakers or for ears, and beside
//! it, where somebody asks for it, the same as a field of first order.

use crate::fx::ambience::Ambience;
use crate::fx::binaural::Head;
use crate::fx::distance::Distance;
use crate::fx::elements::{Sound, Wanted};
use crate::fx::field::Field;
use crate::instrument::{Spec, Stereo};
use crate::params::{Param, Values};
use crate::plan::{AmbiencePlan, Plan};
use crate::units::QUANTUM;

/// Fades of a start and a stop, s. Taste: a room is there at once, and leaves like a held breath.
const FADE_IN_S: f64 = 0.4;
const FADE_OUT_S: f64 = 1.5;
/// Loudspeakers give way to ears and back within this time, s.
const CHANGE_S: f64 = 0.1;
/// Shortest time from near to far, s: faster it would be heard as a filter that sweeps.
const WAY_S: f64 = 1.0;

/// The ambience with its fades.
pub struct Weather {
    ambience: Ambience,
    sound: Box<Sound>,
    head: Head,
    /// Of the stereo and of the two pairs of the field.
    ways: [Distance; 3],
    plan: AmbiencePlan,
    wants_field: bool,
    gain: f32,
    step_in: f32,
    step_out: f32,
    /// 0 loudspeakers .. 1 ears.
    binaural: f32,
    binaural_target: f32,
    change_step: f32,
    distance: f32,
    distance_target: f32,
    way_step: f32,
    started: bool,
}

impl Weather {
    /// Silent until the timeline moves.
    pub fn new(spec: &Spec, plan: &Plan) -> Weather {
        let step = |fade_s: f64| (QUANTUM as f64 / (fade_s * spec.sample_rate_hz)).min(1.0) as f32;
        let mut weather = Weather {
            ambience: Ambience::new(spec, plan.seed),
            sound: Box::new(Sound::SILENCE),
            head: Head::new(spec),
            ways: std::array::from_fn(|pair| Distance::new(spec, pair)),
            plan: plan.stage.ambience,
            wants_field: false,
            gain: 0.0,
            step_in: step(FADE_IN_S),
            step_out: step(FADE_OUT_S),
            binaural: 0.0,
            binaural_target: 0.0,
            change_step: step(CHANGE_S),
            distance: 0.0,
            distance_target: 0.0,
            way_step: step(WAY_S),
            started: false,
        };
        weather.set_plan(plan);
        weather.control(&plan.values);
        weather
    }

    /// Takes a plan's scene; another one fades in over the old. [`Weather::control`] follows.
    pub fn set_plan(&mut self, plan: &Plan) {
        self.ambience.set_seed(plan.seed);
        self.set(&plan.stage.ambience);
    }

    /// Takes a scene, its intensity and distance; another scene fades in over the old.
    pub fn set(&mut self, ambience: &AmbiencePlan) {
        self.plan = *ambience;
    }

    /// Asks for the field, or no longer. Its filters wake within milliseconds: ask before the music starts.
    pub fn set_field(&mut self, wanted: bool) {
        self.wants_field = wanted;
    }

    /// Whether anybody asked for the field.
    pub fn wants_field(&self) -> bool {
        self.wants_field
    }

    /// Once per quantum: how stormy, how far away, for whom.
    pub fn control(&mut self, values: &Values) {
        let moved = |rest: f32, by: Param| (rest + values.get(by)).clamp(0.0, 1.0);
        self.ambience.set(self.plan.scene, moved(self.plan.intensity, Param::Intensity));
        self.distance_target = moved(self.plan.distance, Param::Distance);
        self.binaural_target = if values.get(Param::Binaural) >= 0.5 { 1.0 } else { 0.0 };
        if !self.started {
            (self.distance, self.binaural) = (self.distance_target, self.binaural_target);
            self.ways.iter_mut().for_each(|way| way.reset(self.distance_target));
        }
    }

    /// Makes the quantum that begins at a frame of the song. Overwrites `out` and `field`; false when it is silence.
    pub fn render(&mut self, running: bool, song_frame: i64, out: &mut Stereo, field: &mut Field) -> bool {
        let from = self.gain;
        let to = if running { (from + self.step_in).min(1.0) } else { (from - self.step_out).max(0.0) };
        self.gain = to;
        *field = Field::SILENCE;
        if (from == 0.0 && to == 0.0) || self.ambience.is_silent() {
            *out = Stereo::SILENCE;
            return false;
        }
        self.started = true;
        let ears = self.ears();
        let wanted = Wanted { stereo: ears != [1.0; 2], field: self.wants_field, ears: ears != [0.0; 2] };
        self.ambience.process(song_frame, wanted, &mut self.sound);
        *out = self.sound.stereo;
        if wanted.ears {
            self.head.process_add(&self.sound.noise, &mut self.sound.ears);
            blend(ears, &self.sound.ears, out);
        }
        let step = (self.distance_target - self.distance).clamp(-self.way_step, self.way_step);
        self.distance += step;
        self.ways[0].process(self.distance, out);
        fade(from, to, out);
        if self.wants_field {
            *field = self.sound.noise;
            field.add(&self.sound.points);
            for (way, pair) in self.ways[1..].iter_mut().zip(&mut field.pairs) {
                way.process(self.distance, pair);
                fade(from, to, pair);
            }
        }
        true
    }

    /// Share of the ears at both ends of the quantum.
    fn ears(&mut self) -> [f32; 2] {
        let from = self.binaural;
        let step = (self.binaural_target - from).clamp(-self.change_step, self.change_step);
        if from == 0.0 && step > 0.0 {
            self.head.reset();
        }
        self.binaural = (from + step).clamp(0.0, 1.0);
        [from, self.binaural]
    }

    /// Equal to a new one with the same plan, values and wish for a field.
    pub fn reset(&mut self, values: &Values) {
        self.ambience.reset();
        self.head.reset();
        self.gain = 0.0;
        self.started = false;
        self.control(values);
    }
}

/// `out` gives way to `ears` by shares that run straight over the quantum. Both are the same noise in other clothes, so
/// the shares add up in amplitude.
fn blend(shares: [f32; 2], ears: &Stereo, out: &mut Stereo) {
    for (out, ears) in out.channels.iter_mut().zip(&ears.channels) {
        for (t, (out, ears)) in out.iter_mut().zip(ears).enumerate() {
            let share = shares[0] + (shares[1] - shares[0]) * (t + 1) as f32 * (1.0 / QUANTUM as f32);
            *out = *out * (1.0 - share) + ears * share;
        }
    }
}

fn fade(from: f32, to: f32, sound: &mut Stereo) {
    if from != 1.0 || to != 1.0 {
        for channel in &mut sound.channels {
            for (i, sample) in channel.iter_mut().enumerate() {
                *sample *= from + (to - from) * (i + 1) as f32 * (1.0 / QUANTUM as f32);
            }
        }
    }
}
