//! The floor all players stand on: what is low comes from the middle, the hall's wide lows included.
//! Source: MUSIC 5.2, 9 test 17 (channels agree to 0.95 below 120 Hz). Linear per stem, so stems still sum to the mix.
//! In/out: the eight music stems in place. Cost: about 4 ns per frame; the stems' filters run side by side.

use crate::dsp::math;
use crate::instrument::{Spec, Stereo};
use crate::stem::HALL_LANES;
use crate::units::QUANTUM;

/// Below this the difference of the channels fades, Hz.
const CORNER_HZ: f32 = 120.0;

/// Below this a filter state is inaudible and would only become slow, subnormal arithmetic.
const STATE_FLOOR: f32 = 1.0e-15;

/// One high-pass on the side signal of each music stem.
#[derive(Clone, Debug)]
pub struct Floor {
    coefficient: f32,
    low: [f32; HALL_LANES],
}

impl Floor {
    /// A floor nobody has stepped on.
    pub fn new(spec: &Spec) -> Floor {
        let cycles = (CORNER_HZ / spec.sample_rate_hz as f32).min(0.25);
        Floor { coefficient: 1.0 - math::exp(-std::f32::consts::TAU * cycles), low: [0.0; HALL_LANES] }
    }

    /// Moves the lows of every music stem to the middle.
    pub fn process(&mut self, stems: &mut [Stereo]) {
        let Some(music) = stems.first_chunk_mut::<HALL_LANES>() else { return };
        let mut low = self.low;
        // Eight chains that do not wait for each other: one after the other they would cost six times as much.
        for i in 0..QUANTUM {
            for (low, stem) in low.iter_mut().zip(music.iter_mut()) {
                let [left, right] = &mut stem.channels;
                *low += (0.5 * (left[i] - right[i]) - *low) * self.coefficient;
                left[i] -= *low;
                right[i] += *low;
            }
        }
        self.low = low.map(|low| if low.abs() < STATE_FLOOR { 0.0 } else { low });
    }

    /// Equal to a new one.
    pub fn reset(&mut self) {
        self.low = [0.0; HALL_LANES];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stem::STEM_COUNT;

    /// Level of the side of a tone that stands in opposite phase in every stem, after the floor.
    fn side(f0_hz: f64) -> [f32; STEM_COUNT] {
        let mut floor = Floor::new(&Spec { sample_rate_hz: 48_000.0 });
        let mut power = [0.0f32; STEM_COUNT];
        for quantum in 0..3000 {
            let mut stems = [Stereo::SILENCE; STEM_COUNT];
            for i in 0..QUANTUM {
                let cycles = ((quantum * QUANTUM + i) as f64 * f0_hz / 48_000.0).fract() as f32;
                for stem in &mut stems {
                    (stem.channels[0][i], stem.channels[1][i]) =
                        (math::sin_cycles(cycles), -math::sin_cycles(cycles));
                }
            }
            floor.process(&mut stems);
            for (power, stem) in power.iter_mut().zip(&stems) {
                *power += stem.channels[0].iter().map(|x| x * x).sum::<f32>();
            }
        }
        power.map(|power| (power / (1500.0 * QUANTUM as f32)).sqrt())
    }

    #[test]
    fn music_loses_its_low_sides_and_weather_keeps_them() {
        let (low, high) = (side(40.0), side(2000.0));
        assert!(low[..HALL_LANES].iter().all(|&level| level < 0.36), "{low:?}");
        assert!(high.iter().all(|&level| (0.95..1.05).contains(&level)), "{high:?}");
        assert!((0.95..1.05).contains(&low[HALL_LANES]), "weather is all around: {low:?}");
    }
}
