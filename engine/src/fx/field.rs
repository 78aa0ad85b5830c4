//! A sound field of first order: where a sound comes from, and the four channels that carry it.
//! Source: AmbiX (Nachbar et al., Ambisonics Symposium 2011): order W, Y, Z, X (ACN), SN3D; x ahead, y left, z up.
//! In/out: directions and signals in, four channels out. Cost: four products per frame and source.

use crate::dsp::math;
use crate::instrument::Stereo;
use crate::units::QUANTUM;

/// A direction as a vector of length 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Direction {
    /// Ahead.
    pub x: f32,
    /// To the left.
    pub y: f32,
    /// Up.
    pub z: f32,
}

impl Direction {
    /// From an azimuth (0 ahead, 90 left, 180 behind) and an elevation (90 above), degrees.
    pub fn new(azimuth_deg: f32, elevation_deg: f32) -> Direction {
        let [azimuth, elevation] = [azimuth_deg, elevation_deg].map(|degrees| degrees * (1.0 / 360.0));
        let level = math::cos_cycles(elevation);
        Direction {
            x: math::cos_cycles(azimuth) * level,
            y: math::sin_cycles(azimuth) * level,
            z: math::sin_cycles(elevation),
        }
    }

    /// The parts in the order of the channels behind W: y, z, x.
    pub fn parts(self) -> [f32; 3] {
        [self.y, self.z, self.x]
    }
}

/// A quantum of a field. The four channels stand in two pairs, so that whatever works on two channels works on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// W and Y, then Z and X.
    pub pairs: [Stereo; 2],
}

impl Field {
    /// Nothing.
    pub const SILENCE: Field = Field { pairs: [Stereo::SILENCE; 2] };

    /// The channels in the order of files and busses: W, Y, Z, X.
    pub fn channels(&self) -> [&[f32; QUANTUM]; 4] {
        let [[w, y], [z, x]] = [&self.pairs[0].channels, &self.pairs[1].channels];
        [w, y, z, x]
    }

    /// Adds another field.
    pub fn add(&mut self, other: &Field) {
        for (pair, other) in self.pairs.iter_mut().zip(&other.pairs) {
            pair.add(other);
        }
    }

    /// Adds one frame of a source. `parts` as [`Direction::parts`] gives them.
    #[inline(always)]
    pub fn add_point(&mut self, frame: usize, signal: f32, parts: [f32; 3]) {
        let [[w, y], [z, x]] = self.pairs.each_mut().map(|pair| pair.channels.each_mut());
        w[frame] += signal;
        y[frame] += signal * parts[0];
        z[frame] += signal * parts[1];
        x[frame] += signal * parts[2];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_those_of_the_format() {
        for (azimuth_deg, elevation_deg, expected) in [
            (0.0, 0.0, [1.0, 0.0, 0.0]),
            (90.0, 0.0, [0.0, 1.0, 0.0]),
            (180.0, 0.0, [-1.0, 0.0, 0.0]),
            (-90.0, 0.0, [0.0, -1.0, 0.0]),
            (30.0, 90.0, [0.0, 0.0, 1.0]),
            (45.0, 45.0, [0.5, 0.5, std::f32::consts::FRAC_1_SQRT_2]),
        ] {
            let Direction { x, y, z } = Direction::new(azimuth_deg, elevation_deg);
            let off = std::array::from_fn::<f32, 3, _>(|i| ([x, y, z][i] - expected[i]).abs());
            assert!(off.into_iter().fold(0.0, f32::max) < 1e-5, "{azimuth_deg} {elevation_deg}: {x} {y} {z}");
        }
        let mut field = Field::SILENCE;
        field.add_point(3, 2.0, Direction::new(90.0, 0.0).parts());
        assert_eq!(field.channels().map(|channel| (channel[3] * 1e4).round()), [2e4, 2e4, 0.0, 0.0]);
    }
}
