//! A stem's strip: level, pan, width, send to the hall, DC block, level by mood. All linear.
//! Source: DESIGN 7; levels MUSIC 1.4, 5.2, 5.3, 5.4. In/out: one quantum in place. Cost: about 10 operations per frame.

use crate::dsp::filter::{Filter, Response};
use crate::dsp::math;
use crate::dsp::simd::vectorised;
use crate::instrument::{Spec, Stereo};
use crate::params::{Values, stem_gain, stem_mute};
use crate::plan::StemPlan;
use crate::stem::Stem;
use crate::units::{QUANTUM, db_to_gain};

/// Corner of the DC block, Hz: under the lowest note (20 Hz) by more than an octave.
const DC_CORNER_HZ: f32 = 7.0;

/// Time constant of level changes, s: no zipper, still within 0.1 s.
const LEVEL_S: f32 = 0.015;

/// Gains of a quantum run from where the last one ended to the present value in a straight line.
#[derive(Clone, Copy, Debug)]
struct Ramp {
    value: f32,
    target: f32,
}

impl Ramp {
    #[inline(always)]
    fn step(&mut self, coefficient: f32) -> [f32; QUANTUM] {
        let from = self.value;
        if from == self.target {
            return [from; QUANTUM];
        }
        let slope = (self.advance(coefficient) - from) * (1.0 / QUANTUM as f32);
        let mut gains = [from; QUANTUM];
        for (i, gain) in gains.iter_mut().enumerate() {
            *gain += slope * (i + 1) as f32;
        }
        gains
    }

    /// Moves on by a quantum: the value at its end.
    #[inline(always)]
    fn advance(&mut self, coefficient: f32) -> f32 {
        let to = self.value + (self.target - self.value) * coefficient;
        self.value = if (to - self.target).abs() < 1.0e-6 { self.target } else { to };
        self.value
    }
}

/// One stem's strip.
#[derive(Clone, Debug)]
pub struct Strip {
    stem: Stem,
    level: Ramp,
    send: Ramp,
    level_coefficient: f32,
    dc_coefficient: f32,
    /// Slow mean of each channel.
    dc: [f32; 2],
    /// What the targets were last made from: mood level, gain, mute or bypass, send.
    made_from: (f32, f32, bool, f32),
    /// Palette gain, width and pan in one: left to left, right to left, left to right, right to right.
    matrix: [Ramp; 4],
    plan_send: f32,
    /// Bells that make room for speech; none in stems that stay out of its way by themselves.
    speech: Option<[Filter; 2]>,
    rate_hz: f32,
}

/// Where speech is understood: center Hz, quality, and gain in dB at full dialogue (MUSIC 5.4).
const SPEECH: [(f32, f32, f32); 2] = [(2_200.0, 0.7, -5.0), (1_100.0, 1.0, -3.0)];

/// Stems that play where speech lies (MUSIC 5.4).
const BESIDE_SPEECH: [Stem; 4] = [Stem::Bed, Stem::Strings, Stem::Lead, Stem::Power];

impl Strip {
    /// A strip at rest.
    pub fn new(stem: Stem, spec: &Spec, plan: &StemPlan) -> Strip {
        let rate_hz = spec.sample_rate_hz as f32;
        let one_pole =
            |corner_hz: f32| 1.0 - math::exp(-std::f32::consts::TAU * (corner_hz / rate_hz).min(0.25));
        let mut strip = Strip {
            stem,
            level: Ramp { value: 0.0, target: 0.0 },
            send: Ramp { value: 0.0, target: 0.0 },
            level_coefficient: 1.0 - math::exp(-(QUANTUM as f32) / (LEVEL_S * rate_hz)),
            dc_coefficient: one_pole(DC_CORNER_HZ * QUANTUM as f32),
            dc: [0.0; 2],
            made_from: (f32::NAN, 0.0, false, 0.0),
            matrix: [Ramp { value: 0.0, target: 0.0 }; 4],
            plan_send: 0.0,
            speech: BESIDE_SPEECH.contains(&stem).then_some([Filter::default(); 2]),
            rate_hz,
        };
        strip.set_mix(plan.mix());
        strip.settle();
        strip
    }

    /// Takes a mix (gain, send, pan, width: see [`StemPlan::mix`]); heard as a fade, not a step.
    pub fn set_mix(&mut self, [gain, send, pan, width]: [f32; 4]) {
        let (middle, side) = (0.5 * gain, 0.5 * gain * width);
        let [left, right] = [(1.0 - pan).min(1.0), (1.0 + pan).min(1.0)];
        let wanted = [
            (middle + side) * left,
            (middle - side) * left,
            (middle - side) * right,
            (middle + side) * right,
        ];
        for (ramp, wanted) in self.matrix.iter_mut().zip(wanted) {
            ramp.target = wanted;
        }
        self.plan_send = send;
        self.made_from.0 = f32::NAN;
    }

    /// Once per quantum: where level and send are heading. `mood_db` moves the stem with the mood.
    pub fn control(&mut self, values: &Values, mood_db: f32, send_db: f32, bypass: bool) {
        let index = self.stem.index();
        let gain_db = values.at(stem_gain(index));
        let silent = bypass || values.at(stem_mute(index)) >= 0.5 || gain_db <= -60.0;
        let wanted = (mood_db, gain_db, silent, send_db);
        if wanted != self.made_from {
            self.made_from = wanted;
            self.level.target = if silent { 0.0 } else { db_to_gain(gain_db + mood_db) };
            self.send.target = self.plan_send * db_to_gain(send_db);
        }
    }

    /// Jumps to where level and send are heading: at a start from silence nothing needs to glide.
    pub fn settle(&mut self) {
        for ramp in self.matrix.iter_mut().chain([&mut self.level, &mut self.send]) {
            ramp.value = ramp.target;
        }
    }

    /// Forgets all sound.
    pub fn reset(&mut self) {
        self.dc = [0.0; 2];
        self.speech = self.speech.map(|_| [Filter::default(); 2]);
    }

    /// True while silence comes out as silence: what is left of an offset has gone.
    pub fn is_at_rest(&self) -> bool {
        self.dc == [0.0; 2]
    }

    /// A quantum of silence through a strip at rest: its gains go on to where they are heading.
    pub fn rest(&mut self) {
        for ramp in self.matrix.iter_mut().chain([&mut self.send]) {
            ramp.advance(self.level_coefficient);
        }
    }

    /// From the instruments to the dry stem, in place: palette gain, width, pan, DC block. Returns the sum of all
    /// magnitudes.
    pub fn shape(&mut self, sound: &mut Stereo) -> f32 {
        vectorised!(self.shape_in_lanes(sound))
    }

    #[inline(always)]
    fn shape_in_lanes(&mut self, sound: &mut Stereo) -> f32 {
        if self.matrix.iter().all(|ramp| ramp.value == ramp.target) {
            let [left_left, right_left, left_right, right_right] = self.matrix.map(|ramp| ramp.value);
            let [left, right] = &mut sound.channels;
            for (l, r) in left.iter_mut().zip(right) {
                (*l, *r) = (*l * left_left + *r * right_left, *l * left_right + *r * right_right);
            }
        } else {
            self.shape_moving(sound);
        }
        for (channel, dc) in sound.channels.iter_mut().zip(&mut self.dc) {
            block_dc(channel, dc, self.dc_coefficient);
        }
        sound.magnitude()
    }

    /// The same while a new palette's mix fades in.
    fn shape_moving(&mut self, sound: &mut Stereo) {
        let gains: [[f32; QUANTUM]; 4] = std::array::from_fn(|i| self.matrix[i].step(self.level_coefficient));
        let [left, right] = &mut sound.channels;
        for (i, (l, r)) in left.iter_mut().zip(right).enumerate() {
            (*l, *r) = (*l * gains[0][i] + *r * gains[1][i], *l * gains[2][i] + *r * gains[3][i]);
        }
    }

    /// What the stem sends to the hall.
    pub fn send(&mut self, dry: &Stereo, sent: &mut [f32; QUANTUM]) {
        vectorised!(self.send_in_lanes(dry, sent));
    }

    #[inline(always)]
    fn send_in_lanes(&mut self, dry: &Stereo, sent: &mut [f32; QUANTUM]) {
        let gains = self.send.step(self.level_coefficient);
        let [left, right] = &dry.channels;
        for (((sent, left), right), gain) in sent.iter_mut().zip(left).zip(right).zip(gains) {
            *sent = 0.5 * (left + right) * gain;
        }
    }

    /// Takes from dry and wet together what would cover speech; without dialogue it takes nothing, to the bit.
    pub fn make_room(&mut self, dialogue: f32, sound: &mut Stereo) {
        let Some(bells) = self.speech.as_mut().filter(|_| dialogue > 0.0) else { return };
        for (bell, (hz, q, gain_db)) in bells.iter_mut().zip(SPEECH) {
            bell.set(Response::Bell(gain_db * dialogue), hz, q, self.rate_hz);
            bell.process(sound);
        }
    }

    /// Applies the level to dry and wet together.
    pub fn level(&mut self, sound: &mut Stereo) {
        vectorised!(self.level_in_lanes(sound));
    }

    #[inline(always)]
    fn level_in_lanes(&mut self, sound: &mut Stereo) {
        let gains = self.level.step(self.level_coefficient);
        for channel in &mut sound.channels {
            for (sample, gain) in channel.iter_mut().zip(gains) {
                *sample *= gain;
            }
        }
    }
}

/// High-pass at [`DC_CORNER_HZ`]: subtracts a one-pole mean that moves once per quantum, in a straight line between. A
/// filter per frame would be a chain of 32 dependent steps per channel; this costs a sum.
#[inline(always)]
fn block_dc(channel: &mut [f32; QUANTUM], dc: &mut f32, coefficient: f32) {
    let mut lanes = [0.0f32; 8];
    for eight in channel.as_chunks::<8>().0 {
        for (lane, sample) in lanes.iter_mut().zip(eight) {
            *lane += sample;
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    let mean = (((a + e) + (c + g)) + ((b + f) + (d + h))) * (1.0 / QUANTUM as f32);
    let from = *dc;
    let to = from + (mean - from) * coefficient;
    let slope = (to - from) * (1.0 / QUANTUM as f32);
    for (i, sample) in channel.iter_mut().enumerate() {
        *sample -= from + slope * (i + 1) as f32;
    }
    *dc = if to.abs() < 1.0e-15 { 0.0 } else { to };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strip(stem: Stem) -> Strip {
        let plan = StemPlan {
            parts: [None; 4],
            gain: 1.0,
            send: 1.0,
            pan: 0.0,
            width: 1.0,
            distance_m: 8.0,
            inserts: Default::default(),
        };
        Strip::new(stem, &Spec { sample_rate_hz: 48_000.0 }, &plan)
    }

    /// Feeds two seconds of a tone with an offset; gives the RMS and the mean of the last second.
    fn through(strip: &mut Strip, f0_hz: f32, offset: f32) -> (f32, f32) {
        let mut heard = Vec::new();
        for quantum in 0..3000 {
            let mut sound = Stereo::SILENCE;
            for i in 0..QUANTUM {
                let tone = math::sin_cycles(
                    ((quantum * QUANTUM + i) as f64 * f64::from(f0_hz) / 48_000.0).fract() as f32,
                );
                sound.channels[0][i] = tone + offset;
                sound.channels[1][i] = tone + offset;
            }
            strip.shape(&mut sound);
            heard.extend_from_slice(&sound.channels[0]);
        }
        let tail = &heard[48_000..];
        let mean = tail.iter().sum::<f32>() / tail.len() as f32;
        ((tail.iter().map(|x| x * x).sum::<f32>() / tail.len() as f32).sqrt(), mean)
    }

    #[test]
    fn dialogue_clears_the_band_of_speech_and_only_where_it_is_asked_to() {
        let level = |stem: Stem, dialogue: f32, hz: f32| {
            let mut strip = strip(stem);
            let mut power = 0.0f32;
            for quantum in 0..3_000 {
                let wave = std::array::from_fn(|i| {
                    math::sin_cycles(
                        ((quantum * QUANTUM + i) as f64 * f64::from(hz) / 48_000.0).fract() as f32
                    )
                });
                let mut sound = Stereo { channels: [wave; 2] };
                strip.make_room(dialogue, &mut sound);
                if dialogue == 0.0 {
                    assert_eq!(sound.channels, [wave; 2]);
                }
                power = 0.999 * power + 0.001 * sound.channels[1].iter().map(|x| x * x).sum::<f32>();
            }
            3.010_3 * math::log2(power * (2.0 / QUANTUM as f32))
        };
        for stem in [Stem::Bed, Stem::Lead] {
            assert!(level(stem, 0.0, 2_000.0).abs() < 0.5);
            assert!((level(stem, 1.0, 2_200.0) + 6.0).abs() < 1.0, "{}", level(stem, 1.0, 2_200.0));
            assert!(level(stem, 1.0, 120.0) > -0.6 && level(stem, 1.0, 14_000.0) > -0.6);
        }
        assert!(level(Stem::Perc, 1.0, 2_200.0).abs() < 0.5);
    }

    #[test]
    fn dc_goes_and_the_lowest_notes_stay() {
        let (rms, mean) = through(&mut strip(Stem::Perc), 28.0, 0.3);
        assert!(mean.abs() < 3.0e-4, "{mean}");
        assert!(crate::units::gain_to_db(rms / std::f32::consts::FRAC_1_SQRT_2).abs() < 0.5, "{rms}");
    }
}
