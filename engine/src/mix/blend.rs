//! The way from one palette's stem to another's: both are bent to the spectral envelope that lies between theirs, then
//! faded, at the loudness that lies between theirs.
//! Source: envelope interpolation in decibels, as in spectral morphing (Slaney, Covell & Lassiter 1996), done by four
//! bands in place of a transform: no latency, and at either end the sound is untouched to the bit.
//! In/out: two stereo quanta in, the first becomes the result. Cost: about 20 ns per frame and stem that sounds.

use crate::dsp::filter::{Filter, OnePole, Response};
use crate::dsp::math;
use crate::dsp::smooth::follow_amount;
use crate::instrument::{Spec, Stereo};
use crate::units::QUANTUM;

const BANDS: usize = 4;

/// Where the bands meet, Hz: the octaves of weight, body, presence and air. Taste.
const EDGES_HZ: [f32; BANDS - 1] = [350.0, 1_200.0, 4_000.0];

/// One section per band, centered in it.
const SECTIONS: [(f32, f32); BANDS] = [(350.0, 0.6), (650.0, 0.8), (2_200.0, 0.8), (4_000.0, 0.6)];

/// No band is bent further than this, dB: beyond it noise comes up where nothing was.
const FURTHEST_DB: f32 = 12.0;

/// Levels are taken over this long, s: longer than a bass period, shorter than a phrase.
const LEVELS_S: f64 = 0.15;

/// A palette that is silent counts as this part of the other's power (-40 dB): the way to silence is a fade in decibels.
const SILENT_PART: f32 = 1.0e-4;

/// Limits of the loudness correction, as powers: -24 and +3 dB.
const CORRECTION: (f32, f32) = (0.004, 2.0);

/// Power below which nothing is measured.
const NOTHING: f32 = 1.0e-12;

/// One stem's blend.
pub struct Blend {
    rate_hz: f32,
    amount: f32,
    edges: [OnePole; BANDS - 1],
    /// Power per band, here and there.
    bands: [[f32; 2]; BANDS],
    /// Power here and there.
    power: [f32; 2],
    /// The same behind the sections, and what both have in common.
    bent: [f32; 3],
    sections: [[Filter; 2]; BANDS],
    correction: f32,
}

impl Blend {
    /// A blend that has heard nothing.
    pub fn new(spec: &Spec) -> Blend {
        let rate_hz = spec.sample_rate_hz as f32;
        let edges = EDGES_HZ.map(|hz| {
            let mut edge = OnePole::default();
            edge.set(hz, rate_hz);
            edge
        });
        Blend {
            rate_hz,
            amount: follow_amount((QUANTUM as f64 / spec.sample_rate_hz) as f32, LEVELS_S as f32),
            edges,
            bands: [[0.0; 2]; BANDS],
            power: [0.0; 2],
            bent: [0.0; 3],
            sections: [[Filter::default(); 2]; BANDS],
            correction: 1.0,
        }
    }

    /// Forgets what it heard.
    pub fn reset(&mut self) {
        *self = Blend::new(&Spec { sample_rate_hz: f64::from(self.rate_hz) });
    }

    /// Replaces `here` by the blend; `there` is used up. `morph` goes from its first to its second value.
    pub fn process(&mut self, morph: (f32, f32), here: &mut Stereo, there: &mut Stereo) {
        self.measure(here, there);
        let at_an_end = morph.0 == morph.1 && (morph.1 == 0.0 || morph.1 == 1.0);
        if !at_an_end {
            self.bend(morph.1, here, there);
        }
        let [near, far] = [power(here), power(there)];
        for (level, now) in self.bent.iter_mut().zip([near, far, in_common(here, there)]) {
            *level += (now - *level) * self.amount;
        }
        if at_an_end {
            self.correction = 1.0;
            if morph.1 == 1.0 {
                *here = *there;
            }
            return;
        }
        let before = self.correction;
        let now = self.correction_at(morph.1);
        self.correction = now;
        let from = weights(morph.0).map(|weight| weight * before);
        let to = weights(morph.1).map(|weight| weight * now);
        let step: [f32; 2] = std::array::from_fn(|i| (to[i] - from[i]) * (1.0 / QUANTUM as f32));
        for (near, far) in here.channels.iter_mut().zip(&there.channels) {
            for (t, (near, far)) in near.iter_mut().zip(far).enumerate() {
                let along = (t + 1) as f32;
                *near = *near * (from[0] + step[0] * along) + far * (from[1] + step[1] * along);
            }
        }
    }

    /// Takes the levels of both sides, whole and by band.
    fn measure(&mut self, here: &Stereo, there: &Stereo) {
        let mut rest = Stereo { channels: [middle(here), middle(there)] };
        for (band, edge) in self.bands.iter_mut().zip(self.edges.iter_mut().map(Some).chain([None])) {
            let mut low = rest;
            if let Some(edge) = edge {
                edge.low(&mut low);
                for (rest, low) in
                    rest.channels.as_flattened_mut().iter_mut().zip(low.channels.as_flattened())
                {
                    *rest -= low;
                }
            }
            for (level, sound) in band.iter_mut().zip(&low.channels) {
                *level += (square(sound) - *level) * self.amount;
            }
        }
        for (level, now) in self.power.iter_mut().zip([power(here), power(there)]) {
            *level += (now - *level) * self.amount;
        }
    }

    /// Bends both sides toward the envelope at `morph`.
    fn bend(&mut self, morph: f32, here: &mut Stereo, there: &mut Stereo) {
        let loud: [f32; 2] =
            std::array::from_fn(|side| self.bands.iter().map(|band| band[side]).sum::<f32>());
        for (index, ([near, far], band)) in self.sections.iter_mut().zip(&self.bands).enumerate() {
            let audible = loud[0] > NOTHING && loud[1] > NOTHING;
            // How much more of this band there is there than here, loudness apart.
            let apart_db = if audible {
                let share = |side: usize| band[side] / loud[side] + 1.0e-6;
                (3.010_3 * math::log2(share(1) / share(0))).clamp(-FURTHEST_DB, FURTHEST_DB)
            } else {
                0.0
            };
            let (hz, q) = SECTIONS[index];
            near.set(response(index, morph * apart_db), hz, q, self.rate_hz);
            far.set(response(index, -(1.0 - morph) * apart_db), hz, q, self.rate_hz);
            near.process_beside(here, far, there);
        }
    }

    /// Gain that gives the blend the power between both sides.
    fn correction_at(&self, morph: f32) -> f32 {
        let loudest = self.power[0].max(self.power[1]);
        let least = loudest * SILENT_PART + NOTHING;
        let [near, far] = self.power.map(|power| math::log2(power.max(least)));
        let wanted = math::exp2(near * (1.0 - morph) + far * morph);
        let [a, b] = weights(morph);
        let found = a * a * self.bent[0] + b * b * self.bent[1] + 2.0 * a * b * self.bent[2];
        let correction = (wanted / found.max(least * SILENT_PART)).clamp(CORRECTION.0, CORRECTION.1);
        // Nothing to correct at the ends: it comes in over the first and the last eighth of the way.
        let part = (8.0 * morph.min(1.0 - morph)).min(1.0);
        math::exp2(0.5 * part * math::log2(correction))
    }
}

/// Equal powers: the two sides are played by different instruments.
fn weights(morph: f32) -> [f32; 2] {
    match morph {
        0.0 => [1.0, 0.0],
        1.0 => [0.0, 1.0],
        _ => [math::cos_cycles(0.25 * morph), math::sin_cycles(0.25 * morph)],
    }
}

fn response(index: usize, gain_db: f32) -> Response {
    match index {
        0 => Response::LowShelf(gain_db),
        3 => Response::HighShelf(gain_db),
        _ => Response::Bell(gain_db),
    }
}

fn middle(sound: &Stereo) -> [f32; QUANTUM] {
    std::array::from_fn(|t| 0.5 * (sound.channels[0][t] + sound.channels[1][t]))
}

/// Mean square, in eight sums side by side.
fn square(sound: &[f32; QUANTUM]) -> f32 {
    product(sound, sound)
}

fn product(a: &[f32; QUANTUM], b: &[f32; QUANTUM]) -> f32 {
    let mut lanes = [0.0f32; 8];
    for (a, b) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    lanes.iter().sum::<f32>() * (1.0 / QUANTUM as f32)
}

fn power(sound: &Stereo) -> f32 {
    square(&sound.channels[0]) + square(&sound.channels[1])
}

fn in_common(here: &Stereo, there: &Stereo) -> f32 {
    product(&here.channels[0], &there.channels[0]) + product(&here.channels[1], &there.channels[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::noise;

    const SPEC: Spec = Spec { sample_rate_hz: 48_000.0 };

    /// A dark and a bright noise.
    struct Pair {
        dark: Filter,
        bright: Filter,
        frame: u32,
        levels: [f32; 2],
    }

    impl Pair {
        fn new(levels: [f32; 2]) -> Pair {
            let mut pair = Pair { dark: Filter::default(), bright: Filter::default(), frame: 0, levels };
            pair.dark.set(Response::Low, 500.0, 0.7, 48_000.0);
            pair.bright.set(Response::High, 2_000.0, 0.7, 48_000.0);
            pair
        }

        fn next(&mut self) -> [Stereo; 2] {
            let mut sounds = [Stereo::SILENCE; 2];
            for (side, sound) in sounds.iter_mut().enumerate() {
                noise::stereo([2 * side as u32, 2 * side as u32 + 1], self.frame, 1.0, sound);
                let filter = if side == 0 { &mut self.dark } else { &mut self.bright };
                filter.process(sound);
                let gain = self.levels[side];
                sound.channels.as_flattened_mut().iter_mut().for_each(|sample| *sample *= gain);
            }
            self.frame += QUANTUM as u32;
            sounds
        }
    }

    /// Power and share of the highs of the blend at a place.
    fn blended(morph: f32, levels: [f32; 2]) -> (f32, f32) {
        let (mut blend, mut pair) = (Blend::new(&SPEC), Pair::new(levels));
        let mut high = OnePole::default();
        high.set(1_500.0, 48_000.0);
        let (mut all, mut highs) = (0.0, 0.0);
        for quantum in 0..3_000 {
            let [mut here, mut there] = pair.next();
            blend.process((morph, morph), &mut here, &mut there);
            if quantum >= 1_000 {
                all += power(&here);
                high.high(&mut here);
                highs += power(&here);
            }
        }
        (all / 2_000.0, highs / all)
    }

    #[test]
    fn the_ends_are_untouched() {
        let (mut blend, mut pair) = (Blend::new(&SPEC), Pair::new([0.5, 0.2]));
        for quantum in 0..300 {
            let [here, there] = pair.next();
            for (morph, expected) in [(0.0, here), (1.0, there)] {
                let (mut out, mut used) = (here, there);
                blend.process((morph, morph), &mut out, &mut used);
                assert_eq!(out, expected, "quantum {quantum}, morph {morph}");
            }
        }
    }

    #[test]
    fn loudness_and_brightness_go_evenly_from_end_to_end() {
        let levels = [0.4, 0.2];
        let points: Vec<(f32, f32)> = (0..=8).map(|i| blended(i as f32 / 8.0, levels)).collect();
        let decibels: Vec<f32> = points.iter().map(|point| 3.010_3 * math::log2(point.0)).collect();
        for (i, level) in decibels.iter().enumerate() {
            let expected = decibels[0] + (decibels[8] - decibels[0]) * i as f32 / 8.0;
            assert!((level - expected).abs() < 1.5, "{i}: {level:.1} dB for {expected:.1} dB");
        }
        assert!(points.windows(2).all(|pair| pair[1].1 > pair[0].1), "{points:?}");
    }

    #[test]
    fn both_ways_are_one() {
        let forth = blended(0.3, [0.3, 0.3]);
        let (mut blend, mut pair) = (Blend::new(&SPEC), Pair::new([0.3, 0.3]));
        let mut all = 0.0;
        for quantum in 0..3_000 {
            let [mut here, mut there] = pair.next();
            blend.process((0.7, 0.7), &mut there, &mut here);
            if quantum >= 1_000 {
                all += power(&there);
            }
        }
        assert!((3.010_3 * math::log2(all / 2_000.0 / forth.0)).abs() < 0.1);
    }

    #[test]
    fn a_ride_does_not_click() {
        let mut blend = Blend::new(&SPEC);
        let (mut last, mut steepest, mut morph) = (0.0f32, 0.0f32, 0.0f32);
        for quantum in 0..2_000u32 {
            let tone = |hz: f32| {
                let wave = std::array::from_fn(|t| {
                    0.3 * math::sin_cycles(((quantum * 32 + t as u32) as f32 * hz / 48_000.0).fract())
                });
                Stereo { channels: [wave; 2] }
            };
            let (mut here, mut there) = (tone(150.0), tone(375.0));
            // Up, rest at the end, down again, as fast as the engine lets the parameter go.
            let step = 1.0 / 75.0;
            let next = if (quantum / 400) % 2 == 0 { morph - step } else { morph + step }.clamp(0.0, 1.0);
            blend.process((morph, next), &mut here, &mut there);
            morph = next;
            for sample in here.channels[0] {
                steepest = steepest.max((sample - last).abs());
                last = sample;
            }
        }
        // The faster sine alone moves by 0.0147 per frame.
        assert!(steepest < 0.025, "a step of {steepest}");
    }
}
