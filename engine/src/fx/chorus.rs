//! The chorus insert: a voice per channel that sways in time, a quarter of a turn apart.
//! Source: Dattorro, "Effect Design 2" (JAES 1997), without feedback; cubic Hermite interpolation. The sway is a
//! function of the place in the song, so it is the same from any bar. In/out: a stem's quantum in place.
//! Cost: about 5 ns per frame.

use super::insert::Line;
use super::{Insert, Place};
use crate::cue::ChorusSettings;
use crate::dsp::math;
use crate::instrument::{Spec, Stereo};
use crate::units::QUANTUM;

/// Middle of the way, ms, beyond the depth: near enough to fuse with the sound, far enough not to comb its lows (taste,
/// within Dattorro's 1–30 ms).
const BASE_MS: f64 = 7.0;

/// Longest way of a voice, ms: [`BASE_MS`] and twice the deepest depth.
const LONGEST_MS: f64 = BASE_MS + 2.0 * 10.0;

/// The running chorus.
pub struct Chorus {
    settings: ChorusSettings,
    rate: f64,
    lines: [Line; 2],
}

impl Chorus {
    /// A silent chorus; allocates.
    pub fn new(spec: &Spec, settings: &ChorusSettings) -> Chorus {
        let longest = (LONGEST_MS * 1e-3 * spec.sample_rate_hz) as usize + 4;
        Chorus {
            settings: *settings,
            rate: spec.sample_rate_hz,
            lines: std::array::from_fn(|_| Line::new(longest)),
        }
    }

    /// Delay of a channel's voice at a song frame, frames.
    fn delay(&self, channel: usize, song_frame: i64) -> f64 {
        let cycles = song_frame as f64 * f64::from(self.settings.rate_hz) / self.rate + 0.25 * channel as f64;
        let sway = f64::from(math::sin_cycles((cycles - libm::floor(cycles)) as f32));
        let way_ms = BASE_MS + f64::from(self.settings.depth_ms) * (1.0 + sway);
        // Two frames at least: the newest tap of four must already be written.
        (way_ms * 1e-3 * self.rate).max(2.0)
    }
}

impl Insert for Chorus {
    fn process(&mut self, place: &Place, sound: &mut Stereo) {
        let mix = self.settings.mix;
        // The voice is as good as unrelated to the sound: powers add.
        let keep = 1.0 / (1.0 + mix * mix).sqrt();
        for channel in 0..2 {
            let from = self.delay(channel, place.song_frame);
            let step = (self.delay(channel, place.song_frame + QUANTUM as i64) - from) / QUANTUM as f64;
            let (block, line) = (&mut sound.channels[channel], &mut self.lines[channel]);
            line.write(block);
            for (t, sample) in block.iter_mut().enumerate() {
                let voice = line.read(t, from + step * t as f64);
                *sample = keep * (*sample + mix * voice);
            }
            line.advance();
        }
    }

    fn is_silent(&self) -> bool {
        self.lines.iter().all(Line::is_silent)
    }

    fn reset(&mut self) {
        self.lines.iter_mut().for_each(Line::clear);
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "measurements may use the platform's functions")]
mod tests {
    use super::*;

    fn play(chorus: &mut Chorus, quanta: i64) -> Vec<f32> {
        let mut sound = Vec::new();
        for quantum in 0..quanta {
            let place = Place { song_frame: quantum * QUANTUM as i64, tempo_bpm: 120.0 };
            let mut block = Stereo::SILENCE;
            for t in 0..QUANTUM {
                let turn = (quantum * QUANTUM as i64 + t as i64) as f64 * 440.0 / 48_000.0;
                block.channels = block.channels.map(|mut channel| {
                    channel[t] = (turn * std::f64::consts::TAU).sin() as f32;
                    channel
                });
            }
            chorus.process(&place, &mut block);
            sound.extend_from_slice(&block.channels[0]);
        }
        sound
    }

    #[test]
    fn it_sways_within_its_depth_and_keeps_its_level() {
        let spec = Spec { sample_rate_hz: 48_000.0 };
        let settings = ChorusSettings { rate_hz: 0.5, depth_ms: 2.0, mix: 1.0 };
        let chorus = Chorus::new(&spec, &settings);
        let delays: Vec<f64> = (0..96_000).map(|frame| chorus.delay(0, frame) / 48.0).collect();
        let (shortest, longest) =
            delays.iter().fold((f64::MAX, 0.0f64), |(low, high), &ms| (low.min(ms), high.max(ms)));
        assert!((shortest - 7.0).abs() < 0.01 && (longest - 11.0).abs() < 0.01, "{shortest} {longest}");
        let sound = play(&mut Chorus::new(&spec, &settings), 6_000);
        let rms = (sound.iter().map(|x| x * x).sum::<f32>() / sound.len() as f32).sqrt();
        assert!((20.0 * (rms * std::f32::consts::SQRT_2).log10()).abs() < 1.0, "{rms}");
        let steepest = sound.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
        assert!(steepest < 0.09, "a step of {steepest}");
    }

    #[test]
    fn the_tail_ends_and_reset_is_fresh() {
        let spec = Spec { sample_rate_hz: 48_000.0 };
        let mut chorus = Chorus::new(&spec, &ChorusSettings::default());
        let first = play(&mut chorus, 20);
        assert!(!chorus.is_silent());
        for _ in 0..60 {
            chorus.process(&Place::default(), &mut { Stereo::SILENCE });
        }
        assert!(chorus.is_silent());
        chorus.reset();
        assert_eq!(play(&mut chorus, 20), first);
    }
}
