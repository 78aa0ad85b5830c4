//! Distance of the ambience: quieter, duller, and more of what the land gives back.
//! Source: spreading of a wide source (3 dB per doubling); air ISO 9613-1 at 20 °C, 50 % humidity (30 dB/km at 4 kHz, near
//! the square of the frequency); the land's echo is Schroeder's all-pass chain (1962), its amount taste.
//! In/out: two channels in place. Cost: about 12 ns per frame; nothing at distance 0.

use crate::dsp::filter::{Filter, Response};
use crate::dsp::{denormal, math};
use crate::instrument::{Spec, Stereo};
use crate::units::QUANTUM;

/// Distance at 0 and how many times it doubles to 1: 10 m to 320 m.
const NEAREST_M: f32 = 10.0;
const DOUBLINGS: f32 = 5.0;
/// Level of a wide source per doubling, dB.
const DB_PER_DOUBLING: f32 = -3.0;
/// Absorption of air at 1 kHz, dB per m, when it grows with the square of the frequency (29.7 dB/km at 4 kHz).
const AIR_DB_PER_M: f32 = 0.001_86;
/// Share of the echo at distance 1, as power. Taste.
const ECHO: f32 = 0.6;
/// Below this the treatment fades out, so that distance 0 is the sound untouched.
const ONSET: f32 = 0.1;
/// Lengths of the all-passes, ms, for each of six channels: primes apart, so that no two channels are alike.
const ECHO_MS: [[f32; 3]; 6] = [
    [53.3, 31.1, 17.9],
    [47.9, 37.3, 13.7],
    [59.1, 29.3, 19.1],
    [43.7, 35.9, 15.1],
    [61.3, 27.7, 16.3],
    [51.1, 33.7, 20.3],
];
const DIFFUSION: f32 = 0.6;
/// The way opens within this time, s.
const WAKE_S: f64 = 0.05;

/// Gain of a distance 0..1.
pub fn gain(distance: f32) -> f32 {
    crate::units::db_to_gain(DB_PER_DOUBLING * DOUBLINGS * distance)
}

/// Where the air has taken 3 dB, Hz.
pub fn corner_hz(distance: f32) -> f32 {
    air_corner_hz(NEAREST_M * math::exp2(DOUBLINGS * distance))
}

/// Where the air has taken 3 dB after so many meters, Hz.
pub fn air_corner_hz(way_m: f32) -> f32 {
    1000.0 * (3.0 / (AIR_DB_PER_M * way_m)).sqrt()
}

/// An all-pass of at least a quantum, a quantum at a time.
#[derive(Clone, Debug)]
struct AllPass {
    past: Vec<f32>,
    at: usize,
}

impl AllPass {
    fn new(length_ms: f32, rate: f64) -> AllPass {
        let quanta = (f64::from(length_ms) * 1e-3 * rate / QUANTUM as f64).round().max(1.0) as usize;
        AllPass { past: vec![0.0; quanta * QUANTUM], at: 0 }
    }

    fn process(&mut self, block: &mut [f32; QUANTUM]) {
        for (past, x) in self.past[self.at..self.at + QUANTUM].iter_mut().zip(block) {
            let inner = denormal::flush(*x + *past * DIFFUSION);
            *x = *past - inner * DIFFUSION;
            *past = inner;
        }
        self.at = (self.at + QUANTUM) % self.past.len();
    }
}

/// The way of two channels.
#[derive(Clone, Debug)]
pub struct Distance {
    air: Filter,
    echo: [[AllPass; 3]; 2],
    rate_hz: f32,
    /// Distance of the quantum before.
    last: f32,
    /// Share of the sound that enters: it fades in when the way begins, or its echo would begin with a click.
    wake: f32,
    wake_step: f32,
}

impl Distance {
    /// For the so-manieth pair of channels (0..3): each has echoes of its own.
    pub fn new(spec: &Spec, pair: usize) -> Distance {
        let row = |channel: usize| ECHO_MS[(2 * pair + channel) % ECHO_MS.len()];
        Distance {
            air: Filter::default(),
            echo: [0, 1].map(|channel| row(channel).map(|ms| AllPass::new(ms, spec.sample_rate_hz))),
            rate_hz: spec.sample_rate_hz as f32,
            last: 0.0,
            wake: 0.0,
            wake_step: (QUANTUM as f64 / (WAKE_S * spec.sample_rate_hz)).min(1.0) as f32,
        }
    }

    /// Forgets all sound; `distance` is where the next quantum starts from, out of silence.
    pub fn reset(&mut self, distance: f32) {
        self.forget();
        (self.last, self.wake) = (distance, 1.0);
    }

    fn forget(&mut self) {
        self.air = Filter::default();
        for all_pass in self.echo.iter_mut().flatten() {
            all_pass.past.fill(0.0);
            all_pass.at = 0;
        }
    }

    /// Moves two channels away to a distance of 0..1, in a straight line over the quantum.
    pub fn process(&mut self, distance: f32, block: &mut Stereo) {
        let from = std::mem::replace(&mut self.last, distance);
        if from == 0.0 && distance == 0.0 {
            return;
        }
        if from == 0.0 {
            self.forget();
            self.wake = 0.0;
        }
        let mut far = *block;
        self.enter(&mut far);
        self.air.set(Response::Low, corner_hz(distance), 0.6, self.rate_hz);
        self.air.process(&mut far);
        let mut echo = far;
        for (channel, chain) in echo.channels.iter_mut().zip(&mut self.echo) {
            chain.iter_mut().for_each(|all_pass| all_pass.process(channel));
        }
        let [start, end] = [from, distance].map(mixture);
        for (channel, (far, echo)) in block.channels.iter_mut().zip(far.channels.iter().zip(&echo.channels)) {
            for t in 0..QUANTUM {
                let part = (t + 1) as f32 / QUANTUM as f32;
                let [near, direct, around] = std::array::from_fn(|i| start[i] + (end[i] - start[i]) * part);
                channel[t] = channel[t] * near + far[t] * direct + echo[t] * around;
            }
        }
    }
}

impl Distance {
    fn enter(&mut self, far: &mut Stereo) {
        let from = self.wake;
        if from >= 1.0 {
            return;
        }
        self.wake = (from + self.wake_step).min(1.0);
        let step = (self.wake - from) / QUANTUM as f32;
        for channel in &mut far.channels {
            for (t, sample) in channel.iter_mut().enumerate() {
                *sample *= from + step * (t + 1) as f32;
            }
        }
    }
}

/// Gains of what is untouched, of what went through the air, and of its echo.
fn mixture(distance: f32) -> [f32; 3] {
    let treated = (distance / ONSET).min(1.0);
    let echo = ECHO * distance;
    let gain = gain(distance);
    [gain * (1.0 - treated), gain * treated * (1.0 - echo).sqrt(), gain * treated * echo.sqrt()]
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "measurements may use the platform's functions")]
mod tests {
    use super::*;

    /// Level of a tone that has come from a distance, dB, and of what still sounds a tenth of a second after it.
    fn heard(distance: f32, hz: f64) -> [f64; 2] {
        let mut way = Distance::new(&Spec { sample_rate_hz: 48_000.0 }, 0);
        let mut power = [0.0f64; 2];
        for quantum in 0..3300usize {
            let mut block = Stereo::SILENCE;
            for t in 0..QUANTUM {
                let frame = quantum * QUANTUM + t;
                if frame < 96_000 {
                    let phase = (frame as f64 * hz / 48_000.0).fract() * std::f64::consts::TAU;
                    block.channels[0][t] = phase.sin() as f32;
                }
            }
            way.process(distance, &mut block);
            let energy: f64 = block.channels[0].iter().map(|&x| f64::from(x) * f64::from(x)).sum();
            match quantum {
                1500..3000 => power[0] += 2.0 * energy / 48_000.0,
                3000..3150 => power[1] += 2.0 * energy / 4800.0,
                _ => {}
            }
        }
        power.map(|power| 10.0 * power.max(1e-30).log10())
    }

    #[test]
    fn far_is_quieter_duller_and_wetter_and_near_is_untouched() {
        let [near, after_near] = heard(0.0, 500.0);
        assert!(near.abs() < 0.01 && after_near < -200.0, "{near} {after_near}");
        let mut last = [0.0, 0.0];
        for distance in [0.25, 0.5, 1.0] {
            // Echo and direct sound of one tone meet in any phase: a dozen tones show the mean.
            let mean = |hz: f64| {
                let tones = (0..12).map(|i| heard(distance, hz * (1.0 + 0.013 * f64::from(i))));
                tones.fold([0.0; 2], |sum, tone| [sum[0] + tone[0] / 12.0, sum[1] + tone[1] / 12.0])
            };
            let [low, after] = mean(250.0);
            let [high, _] = mean(9000.0);
            assert!(low < last[0] - 1.0 && high - low < last[1] - 0.7, "{distance}: {low} {high} {last:?}");
            assert!(after > -60.0 + 20.0 * f64::from(distance), "{distance}: echo {after}");
            last = [low, high - low];
        }
        assert!((-26.0..-9.0).contains(&last[0]) && last[1] < -10.0, "{last:?}");
        // ISO 9613-1, 20 °C, 50 %: 9.9, 29.7 and 105 dB per km at 2, 4 and 8 kHz.
        let at_3_db = |hz: f32| 3.0 / (AIR_DB_PER_M * (hz / 1000.0) * (hz / 1000.0)) / 1000.0;
        for (hz, db_per_km) in [(2000.0, 9.9), (4000.0, 29.7), (8000.0, 105.0)] {
            let ratio = 3.0 / (at_3_db(hz) * db_per_km);
            assert!((0.7..1.4).contains(&ratio), "{hz} Hz: {ratio}");
        }
    }

    #[test]
    fn moving_away_does_not_click() {
        let mut way = Distance::new(&Spec { sample_rate_hz: 48_000.0 }, 0);
        let mut sound = Vec::new();
        for quantum in 0..3000usize {
            let mut block = Stereo::SILENCE;
            for t in 0..QUANTUM {
                let phase = ((quantum * QUANTUM + t) as f64 * 200.0 / 48_000.0).fract() as f32;
                block.channels[0][t] = math::sin_cycles(phase);
            }
            let distance = ((quantum as f32 - 1000.0) * 0.002).clamp(0.0, 1.0);
            way.process(distance, &mut block);
            sound.extend_from_slice(&block.channels[0]);
        }
        // The second difference of a tone of 200 Hz is 0.00069 of its level.
        let corner = sound.windows(3).map(|w| (w[2] - 2.0 * w[1] + w[0]).abs()).fold(0.0, f32::max);
        assert!(corner < 0.0025, "{corner}");
    }
}
