//! The floor all players stand on: what is low comes from the middle, the hall's wide lows included.
//! Source: MUSIC 5.2, 9 test 17 (channels agree to 0.95 below 120 Hz). Linear per stem, so stems still sum to the mix.
//! In/out: the eight music stems in place. Cost: about 4 ns per frame; the stems stand in the lanes of one vector.

use crate::dsp::denormal;
use crate::dsp::math;
use crate::dsp::simd::{kernel, transposed};
use crate::instrument::{Spec, Stereo};
use crate::stem::HALL_LANES;
use crate::units::QUANTUM;
use fearless_simd::f32x8;
use fearless_simd::prelude::*;

/// Below this the difference of the channels fades, 12 dB per octave, Hz. One pole was too soft: the loudest renders
/// agreed to 0.82–0.94 only.
const CORNER_HZ: f32 = 150.0;

/// Two one-pole high-passes in a row on the side signal of each music stem.
#[derive(Clone, Debug)]
pub struct Floor {
    coefficient: f32,
    /// What each pole holds back, per stem.
    low: [[f32; HALL_LANES]; 2],
}

impl Floor {
    /// A floor nobody has stepped on.
    pub fn new(spec: &Spec) -> Floor {
        let cycles = (CORNER_HZ / spec.sample_rate_hz as f32).min(0.25);
        Floor { coefficient: 1.0 - math::exp(-std::f32::consts::TAU * cycles), low: [[0.0; HALL_LANES]; 2] }
    }

    /// Moves the lows of every music stem to the middle.
    pub fn process(&mut self, stems: &mut [Stereo]) {
        let Some(music) = stems.first_chunk_mut::<HALL_LANES>() else { return };
        kernel!(s => self.run(s, music));
    }

    #[inline(always)]
    fn run<S: Simd>(&mut self, s: S, music: &mut [Stereo; HALL_LANES]) {
        let all = |x: f32| f32x8::splat(s, x);
        let (half, take, keep) = (all(0.5), all(self.coefficient), all(1.0 - self.coefficient));
        let [mut first, mut second] = self.low.each_ref().map(|low| f32x8::load_array_ref(s, low));
        for eight in 0..QUANTUM / 8 {
            let frames = 8 * eight..8 * eight + 8;
            let mut lows = transposed(std::array::from_fn(|stem| {
                let [left, right] = &music[stem].channels;
                let load = |channel: &[f32; QUANTUM]| f32x8::from_slice(s, &channel[frames.clone()]);
                (load(left) - load(right)) * half
            }));
            for side in &mut lows {
                first = first * keep + *side * take;
                second = second * keep + (*side - first) * take;
                *side = first + second;
            }
            for (low, stem) in transposed(lows).into_iter().zip(music.iter_mut()) {
                let [left, right] = &mut stem.channels;
                let (left, right) = (&mut left[frames.clone()], &mut right[frames.clone()]);
                (f32x8::from_slice(s, left) - low).store_slice(left);
                (f32x8::from_slice(s, right) + low).store_slice(right);
            }
        }
        for (kept, low) in self.low.iter_mut().zip([first, second]) {
            let low: [f32; HALL_LANES] = low.into();
            *kept = low.map(denormal::flush);
        }
    }

    /// Equal to a new one.
    pub fn reset(&mut self) {
        self.low = [[0.0; HALL_LANES]; 2];
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
        assert!(low[..HALL_LANES].iter().all(|&level| level < 0.12), "{low:?}");
        assert!(high.iter().all(|&level| (0.95..1.05).contains(&level)), "{high:?}");
        assert!((0.95..1.05).contains(&low[HALL_LANES]), "weather is all around: {low:?}");
    }
}
