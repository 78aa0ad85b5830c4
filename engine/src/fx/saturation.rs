//! The saturation insert: a cubic soft clipper that does not fold its overtones back.
//! Source: first-order antiderivative antialiasing (Parker, Zavalishin & Le Bivic, DAFx 2016), with the integral taken
//! piece by piece so that no difference of near numbers is divided: measured 4 dB (1.2 kHz) to 6 dB (5.2 kHz) less alias
//! at 12 dB of drive. In/out: a stem's quantum in place, half a frame late. Cost: about 2 ns per frame, vectorised along time.

use super::{Insert, Place};
use crate::cue::SaturationSettings;
use crate::dsp::simd::vectorised;
use crate::instrument::{Spec, Stereo};
use crate::units::{QUANTUM, SILENCE_GAIN, db_to_gain};

/// The clipper ends here: 1 - 1/3.
const CEILING: f32 = 2.0 / 3.0;

/// Two inputs this near each other are one.
const SAME: f32 = 1.0e-6;

/// The running clipper.
pub struct Saturation {
    drive: f32,
    last: [f32; 2],
}

impl Saturation {
    /// A clipper at rest.
    pub fn new(_spec: &Spec, settings: &SaturationSettings) -> Saturation {
        Saturation { drive: db_to_gain(settings.drive_db), last: [0.0; 2] }
    }
}

impl Insert for Saturation {
    fn process(&mut self, _place: &Place, sound: &mut Stereo) {
        for (channel, last) in sound.channels.iter_mut().zip(&mut self.last) {
            *last = vectorised!(clip(channel, *last, self.drive));
        }
    }

    fn is_silent(&self) -> bool {
        self.last.iter().all(|last| last.abs() < SILENCE_GAIN)
    }

    fn reset(&mut self) {
        self.last = [0.0; 2];
    }
}

/// Clips a block that follows the pushed sample `last`; gives the pushed sample after which the next block comes.
#[inline(always)]
fn clip(block: &mut [f32; QUANTUM], last: f32, drive: f32) -> f32 {
    let mut pushed = [last; QUANTUM + 1];
    for (pushed, sample) in pushed[1..].iter_mut().zip(block.iter()) {
        *pushed = sample * drive;
    }
    let back = 1.0 / drive;
    for (t, sample) in block.iter_mut().enumerate() {
        *sample = mean_of_clipped(pushed[t], pushed[t + 1]) * back;
    }
    pushed[QUANTUM]
}

/// Mean of `x - x³/3`, held at ±[`CEILING`] outside -1..1, over the straight line from `a` to `b`.
#[inline(always)]
fn mean_of_clipped(a: f32, b: f32) -> f32 {
    let (p, q) = (a.clamp(-1.0, 1.0), b.clamp(-1.0, 1.0));
    // The mean of x - x³/3 between p and q has no division in it.
    let inside = 0.5 * (p + q) * (1.0 - (1.0 / 6.0) * (p * p + q * q));
    let above = b.max(1.0) - a.max(1.0);
    let below = b.min(-1.0) - a.min(-1.0);
    let way = b - a;
    if way.abs() < SAME { inside } else { ((q - p) * inside + CEILING * (above - below)) / way }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "measurements may use the platform's functions")]
mod tests {
    use super::*;

    fn exact(x: f64) -> f64 {
        let x = x.clamp(-1.0, 1.0);
        x - x * x * x / 3.0
    }

    #[test]
    fn the_mean_is_the_integral() {
        let steps = [-3.0, -1.4, -1.0, -0.99, -0.3, 0.0, 1.0e-4, 0.5, 0.999, 1.0, 1.001, 2.7];
        for &a in &steps {
            for &b in &steps {
                let mean =
                    (0..4_000).map(|i| exact(a + (b - a) * (f64::from(i) + 0.5) / 4_000.0)).sum::<f64>()
                        / 4_000.0;
                let ours = f64::from(mean_of_clipped(a as f32, b as f32));
                assert!((ours - mean).abs() < 2.0e-6, "{a} to {b}: {ours} for {mean}");
            }
        }
    }

    /// Power beside the harmonics of a clipped sine that does not divide the rate, dB under the harmonics.
    fn alias_db(hz: f64, clip: &mut dyn FnMut(f64) -> f64) -> f64 {
        let (frames, turn) = (48_000, std::f64::consts::TAU * hz / 48_000.0);
        let sound: Vec<f64> = (0..frames).map(|i| clip((turn * i as f64).sin())).collect();
        let total = sound.iter().map(|x| x * x).sum::<f64>() / frames as f64;
        let harmonic = |n: f64| {
            let (mut re, mut im) = (0.0, 0.0);
            for (i, x) in sound.iter().enumerate() {
                re += x * (turn * n * i as f64).cos();
                im += x * (turn * n * i as f64).sin();
            }
            2.0 * (re * re + im * im) / (frames as f64 * frames as f64)
        };
        let harmonics: f64 =
            (1..).step_by(2).map(f64::from).take_while(|n| n * hz < 24_000.0).map(harmonic).sum();
        10.0 * ((total - harmonics) / harmonics).log10()
    }

    #[test]
    fn overtones_fold_back_less_than_from_a_plain_clipper() {
        for (hz, less_db) in [(1_237.0, 4.0), (5_237.0, 6.0)] {
            let plain = alias_db(hz, &mut |x| exact(4.0 * x));
            let mut last = 0.0;
            let ours = alias_db(hz, &mut |x| {
                let y = mean_of_clipped(last, 4.0 * x as f32);
                last = 4.0 * x as f32;
                f64::from(y)
            });
            assert!(ours < plain - less_db, "{hz} Hz: plain {plain:.1} dB, ours {ours:.1} dB");
        }
    }

    #[test]
    fn quiet_sound_keeps_its_level_and_loud_sound_its_ceiling() {
        let spec = Spec { sample_rate_hz: 48_000.0 };
        let mut saturation = Saturation::new(&spec, &SaturationSettings { drive_db: 12.0 });
        let mut level = |gain: f32| {
            let mut sound = Stereo { channels: [[gain; QUANTUM]; 2] };
            saturation.process(&Place::default(), &mut sound);
            saturation.process(&Place::default(), &mut sound);
            sound = Stereo { channels: [[gain; QUANTUM]; 2] };
            saturation.process(&Place::default(), &mut sound);
            sound.channels[1][31]
        };
        assert!((level(0.01) / 0.01 - 1.0).abs() < 0.01);
        assert!((level(8.0) - CEILING * db_to_gain(-12.0)).abs() < 1.0e-4);
    }
}
