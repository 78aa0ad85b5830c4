//! The band of a radio, a car, a tunnel: cuts what such a place does not carry, of every music stem alike.
//! Source: own; second-order sections of [`Filter`]. Linear per stem, so stems still sum to the mix.
//! In/out: the eight music stems in place. Cost: nothing while the hall has no limits, else about 80 ns per frame.

use crate::cue::HallSettings;
use crate::dsp::filter::{Filter, Response};
use crate::dsp::math;
use crate::instrument::{Spec, Stereo};
use crate::stem::HALL_LANES;
use crate::units::QUANTUM;

/// Limits of a band nobody hears as one, Hz.
const WIDEST_HZ: [f32; 2] = [10.0, 20_000.0];
/// The band comes and goes within this time, s.
const CHANGE_S: f64 = 0.15;
/// Fastest move of a limit, octaves per s: ten octaves within the time of a change.
const OCTAVES_PER_S: f64 = 60.0;
const Q: f32 = 0.707;

/// Two filters per music stem.
pub struct Band {
    rate_hz: f32,
    filters: [[Filter; 2]; HALL_LANES],
    /// Octaves of the lower and the upper limit.
    now: [f32; 2],
    target: [f32; 2],
    /// 0 as it is .. 1 cut.
    amount: f32,
    amount_target: f32,
    step: f32,
    octave_step: f32,
    started: bool,
}

impl Band {
    /// Passes everything.
    pub fn new(spec: &Spec) -> Band {
        let quantum_s = QUANTUM as f64 / spec.sample_rate_hz;
        let widest = WIDEST_HZ.map(math::log2);
        Band {
            rate_hz: spec.sample_rate_hz as f32,
            filters: Default::default(),
            now: widest,
            target: widest,
            amount: 0.0,
            amount_target: 0.0,
            step: (quantum_s / CHANGE_S).min(1.0) as f32,
            octave_step: (quantum_s * OCTAVES_PER_S) as f32,
            started: false,
        }
    }

    /// Takes a hall's limits: they fade in, or stand from the start.
    pub fn set(&mut self, hall: &HallSettings) {
        let limited = hall.low_hz.is_some() || hall.high_hz.is_some();
        self.amount_target = if limited { 1.0 } else { 0.0 };
        if limited {
            let wanted = [hall.low_hz.unwrap_or(WIDEST_HZ[0]), hall.high_hz.unwrap_or(WIDEST_HZ[1])];
            self.target = wanted.map(|hz| math::log2(hz.clamp(WIDEST_HZ[0], WIDEST_HZ[1])));
            if self.amount == 0.0 {
                self.now = self.target;
            }
        }
        if !self.started {
            (self.amount, self.now) = (self.amount_target, self.target);
        }
    }

    /// Cuts what is outside the band.
    pub fn process(&mut self, stems: &mut [Stereo]) {
        self.started = true;
        let from = self.amount;
        if from == 0.0 && self.amount_target == 0.0 {
            return;
        }
        self.amount = from + (self.amount_target - from).clamp(-self.step, self.step);
        for (now, target) in self.now.iter_mut().zip(self.target) {
            *now += (target - *now).clamp(-self.octave_step, self.octave_step);
        }
        let [low_hz, high_hz] = self.now.map(math::exp2);
        let slope = (self.amount - from) / QUANTUM as f32;
        for (stem, [above, below]) in stems.iter_mut().zip(&mut self.filters) {
            let mut cut = *stem;
            above.set(Response::High, low_hz, Q, self.rate_hz);
            above.process(&mut cut);
            below.set(Response::Low, high_hz, Q, self.rate_hz);
            below.process(&mut cut);
            for (channel, cut) in stem.channels.iter_mut().zip(&cut.channels) {
                for (t, (sample, cut)) in channel.iter_mut().zip(cut).enumerate() {
                    *sample += (cut - *sample) * (from + slope * (t + 1) as f32);
                }
            }
        }
        if self.amount == 0.0 {
            self.filters = Default::default();
        }
    }

    /// Equal to a new one, once the hall is set again.
    pub fn reset(&mut self) {
        let widest = WIDEST_HZ.map(math::log2);
        self.filters = Default::default();
        self.started = false;
        (self.now, self.target) = (widest, widest);
        (self.amount, self.amount_target) = (0.0, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Level of a tone after the band of the first stem, and the sharpest corner of its wave.
    fn through(band: &mut Band, hz: f64, quanta: std::ops::Range<usize>) -> (f32, f32) {
        let mut sound = Vec::new();
        for quantum in quanta {
            let mut stems = [Stereo::SILENCE; HALL_LANES];
            for t in 0..QUANTUM {
                let cycles = ((quantum * QUANTUM + t) as f64 * hz / 48_000.0).fract() as f32;
                stems[0].channels[0][t] = math::sin_cycles(cycles);
            }
            band.process(&mut stems);
            sound.extend_from_slice(&stems[0].channels[0]);
        }
        let corner = sound.windows(3).map(|w| (w[2] - 2.0 * w[1] + w[0]).abs()).fold(0.0, f32::max);
        let tail = &sound[sound.len() / 2..];
        ((2.0 * tail.iter().map(|x| x * x).sum::<f32>() / tail.len() as f32).sqrt(), corner)
    }

    #[test]
    fn a_radio_keeps_its_band_and_an_open_hall_keeps_everything() {
        let radio = HallSettings { low_hz: Some(300.0), high_hz: Some(4000.0), ..HallSettings::default() };
        let mut band = Band::new(&Spec { sample_rate_hz: 48_000.0 });
        assert_eq!(
            through(&mut band, 50.0, 0..300).0,
            through(&mut Band::new(&Spec { sample_rate_hz: 48_000.0 }), 50.0, 0..300).0
        );
        let corner_before = through(&mut band, 400.0, 0..300).1;
        band.set(&radio);
        let corner = through(&mut band, 400.0, 300..900).1;
        assert!(corner < 1.5 * corner_before, "{corner_before} {corner}");
        let levels = [60.0, 300.0, 1100.0, 4000.0, 14_000.0]
            .map(|hz| crate::units::gain_to_db(through(&mut band, hz, 0..1500).0));
        assert!(levels[0] < -24.0 && levels[4] < -20.0 && levels[2].abs() < 0.3, "{levels:?}");
        assert!((levels[1] + 3.0).abs() < 0.6 && (levels[3] + 3.0).abs() < 0.6, "{levels:?}");
        band.set(&HallSettings::default());
        let back = through(&mut band, 60.0, 0..1500).0;
        assert!((back - 1.0).abs() < 1e-3, "{back}");
    }
}
