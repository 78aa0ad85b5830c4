//! What is done to all stems at once: their sends to the hall, its sound back, their sum, their peaks.
//! Source: own. In/out: quanta of stems. Sums run in the order of stems, lanes along time: no bit depends on the width.

use crate::dsp::simd::{kernel, transposed, vectorised};
use crate::instrument::Stereo;
use crate::stem::HALL_LANES;
use crate::units::QUANTUM;
use fearless_simd::f32x8;
use fearless_simd::prelude::*;

/// Frames of a transposition.
const EIGHT: usize = 8;

/// Sends of stems as the hall takes them: frame by frame, a lane for each stem.
pub fn to_lanes(sent: &[[f32; QUANTUM]; HALL_LANES], lanes: &mut [[f32; HALL_LANES]; QUANTUM]) {
    kernel!(s => turn(s, sent, lanes));
}

#[inline(always)]
fn turn<S: Simd>(s: S, sent: &[[f32; QUANTUM]; HALL_LANES], lanes: &mut [[f32; HALL_LANES]; QUANTUM]) {
    for (eight, frames) in lanes.as_chunks_mut::<EIGHT>().0.iter_mut().enumerate() {
        let mut rows = [f32x8::splat(s, 0.0); HALL_LANES];
        for (row, sent) in rows.iter_mut().zip(sent) {
            *row = f32x8::load_array_ref(s, &sent.as_chunks::<EIGHT>().0[eight]);
        }
        for (frame, lanes) in frames.iter_mut().zip(transposed(rows)) {
            lanes.store_array(frame);
        }
    }
}

/// Adds to each stem its own wet sound.
pub fn add_each(stems: &mut [Stereo], wet: &[Stereo]) {
    vectorised!(add_each_in_lanes(stems, wet));
}

#[inline(always)]
fn add_each_in_lanes(stems: &mut [Stereo], wet: &[Stereo]) {
    for (stem, wet) in stems.iter_mut().zip(wet) {
        stem.add(wet);
    }
}

/// The sum of all stems, one after the other: exactly what a listener gets who adds the files up.
pub fn sum(stems: &[Stereo], mix: &mut Stereo) {
    vectorised!(sum_in_lanes(stems, mix));
}

#[inline(always)]
fn sum_in_lanes(stems: &[Stereo], mix: &mut Stereo) {
    const LANES: usize = 16;
    let out = mix.channels.as_flattened_mut().as_chunks_mut::<LANES>().0;
    for (at, out) in out.iter_mut().enumerate() {
        let mut total = [0.0f32; LANES];
        for stem in stems {
            let samples = &stem.channels.as_flattened().as_chunks::<LANES>().0[at];
            for (total, sample) in total.iter_mut().zip(samples) {
                *total += sample;
            }
        }
        *out = total;
    }
}

/// Raises peaks to those of some sounds.
pub fn raise_peaks<'a>(peaks: &mut [f32], sounds: impl Iterator<Item = &'a Stereo>) {
    vectorised!(raise_in_lanes(peaks, sounds));
}

#[inline(always)]
fn raise_in_lanes<'a>(peaks: &mut [f32], sounds: impl Iterator<Item = &'a Stereo>) {
    for (peak, sound) in peaks.iter_mut().zip(sounds) {
        *peak = peak.max(sound.peak());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::simd::{self, CHOICES, Choice};

    fn stems() -> [Stereo; HALL_LANES] {
        std::array::from_fn(|stem| {
            let wave = |k: usize| std::array::from_fn(|t| ((stem * 31 + t * k) % 23) as f32 / 7.0 - 1.5);
            Stereo { channels: [wave(3), wave(5)] }
        })
    }

    #[test]
    fn buses_do_at_every_level_what_plain_loops_do() {
        let stems = stems();
        let sent = stems.map(|stem| stem.channels[0]);
        let by_frames: [[f32; HALL_LANES]; QUANTUM] =
            std::array::from_fn(|t| std::array::from_fn(|lane| sent[lane][t]));
        let mut plain = Stereo::SILENCE;
        stems.iter().for_each(|stem| plain.add(stem));
        for choice in CHOICES {
            simd::force(choice);
            let mut lanes = [[0.0; HALL_LANES]; QUANTUM];
            to_lanes(&sent, &mut lanes);
            assert_eq!(lanes, by_frames, "{choice:?}");
            let mut mix = Stereo::SILENCE;
            sum(&stems, &mut mix);
            assert_eq!(mix, plain, "{choice:?}");
            let mut doubled = stems;
            add_each(&mut doubled, &stems);
            assert_eq!(doubled[3].channels[1][7], 2.0 * stems[3].channels[1][7], "{choice:?}");
            let mut peaks = [0.0, 99.0];
            raise_peaks(&mut peaks, stems.iter());
            assert_eq!(peaks, [stems[0].peak(), 99.0], "{choice:?}");
        }
        simd::force(Choice::Best);
    }
}
