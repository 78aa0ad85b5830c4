//! The echo insert: repeats in time with the music, from side to side or each side for itself.
//! Source: own; figures of MUSIC 8 #16. The distance follows the tempo that is heard; a new distance fades in over the old,
//! because gliding would bend the pitch. In/out: a stem's quantum in place. Cost: about 6 ns per frame.

use super::insert::Line;
use super::{Insert, Place};
use crate::cue::EchoSettings;
use crate::dsp::filter::OnePole;
use crate::instrument::{Spec, Stereo};
use crate::units::{QUANTUM, db_to_gain};

/// Longest distance, s: four quarter notes at 80 per minute; a slower tempo halves the note value.
const LONGEST_S: f64 = 3.0;

/// A new distance takes this long to come in, s. Taste: shorter clicks on lows, longer blurs a tempo ramp.
const CHANGE_S: f64 = 0.06;

/// Distances nearer than this part are the same: a host's tempo that trembles does not keep the echo fading.
const NEAR: f64 = 1.0e-4;

/// What falls below this in the loop is gone: -180 dB.
const FLOOR: f32 = 1.0e-9;

/// The running echo.
pub struct Echo {
    settings: EchoSettings,
    rate: f64,
    gain: f32,
    lines: [Line; 2],
    high_cut: OnePole,
    /// Distance in force and the one it fades from, frames.
    delay: Option<usize>,
    before: usize,
    /// 0..1 on the way from `before` to `delay`.
    change: f32,
    change_step: f32,
}

impl Echo {
    /// A silent echo; allocates.
    pub fn new(spec: &Spec, settings: &EchoSettings) -> Echo {
        let longest = (LONGEST_S * spec.sample_rate_hz) as usize;
        let mut echo = Echo {
            settings: *settings,
            rate: spec.sample_rate_hz,
            gain: db_to_gain(settings.level_db),
            lines: std::array::from_fn(|_| Line::new(longest)),
            high_cut: OnePole::default(),
            delay: None,
            before: QUANTUM,
            change: 1.0,
            change_step: (QUANTUM as f64 / (CHANGE_S * spec.sample_rate_hz)).min(1.0) as f32,
        };
        echo.high_cut.set(settings.high_cut_hz, spec.sample_rate_hz as f32);
        echo
    }

    /// Distance of the echoes at a tempo, frames.
    fn distance(&self, tempo_bpm: f64) -> usize {
        let mut seconds = f64::from(self.settings.beats) * 60.0 / tempo_bpm.max(1.0);
        while seconds > LONGEST_S {
            seconds *= 0.5;
        }
        // Nothing shorter than a quantum: a block is read before it is written.
        ((seconds * self.rate) as usize).max(QUANTUM)
    }

    fn follow(&mut self, tempo_bpm: f64) {
        let wanted = self.distance(tempo_bpm);
        let Some(delay) = self.delay else {
            self.delay = Some(wanted);
            self.before = wanted;
            return;
        };
        if self.change >= 1.0 {
            let near = (wanted as f64 - delay as f64).abs() <= NEAR * delay as f64;
            self.before = delay;
            if !near {
                self.delay = Some(wanted);
                self.change = 0.0;
            }
        }
    }

    /// What comes back in this quantum.
    fn heard(&mut self) -> Stereo {
        let delay = self.delay.unwrap_or(QUANTUM);
        let mut heard = Stereo::SILENCE;
        for (line, out) in self.lines.iter().zip(&mut heard.channels) {
            line.copy(delay, out);
        }
        if self.change < 1.0 {
            let mut old = Stereo::SILENCE;
            for (line, out) in self.lines.iter().zip(&mut old.channels) {
                line.copy(self.before, out);
            }
            let step = self.change_step / QUANTUM as f32;
            for (new, old) in heard.channels.iter_mut().zip(&old.channels) {
                for (t, (new, old)) in new.iter_mut().zip(old).enumerate() {
                    let part = (self.change + step * (t + 1) as f32).min(1.0);
                    *new = old + (*new - old) * part;
                }
            }
            self.change = (self.change + self.change_step).min(1.0);
        }
        heard
    }
}

impl Insert for Echo {
    fn process(&mut self, place: &Place, sound: &mut Stereo) {
        self.follow(place.tempo_bpm);
        let heard = self.heard();
        let mut again = heard;
        self.high_cut.low(&mut again);
        let feedback = self.settings.feedback;
        let [left, right] = &again.channels;
        let mut write = Stereo::SILENCE;
        for t in 0..QUANTUM {
            let [x, y] = sound.channels.map(|channel| channel[t]);
            let next = if self.settings.ping_pong {
                // Both sides enter on the left; what the left says the right says after it, and so on.
                [0.5 * (x + y) + feedback * right[t], feedback * left[t]]
            } else {
                [x + feedback * left[t], y + feedback * right[t]]
            };
            for (write, next) in write.channels.iter_mut().zip(next) {
                write[t] = if next.abs() >= FLOOR { next } else { 0.0 };
            }
        }
        for (line, write) in self.lines.iter_mut().zip(&write.channels) {
            line.write(write);
            line.advance();
        }
        for (sample, heard) in sound.channels.as_flattened_mut().iter_mut().zip(heard.channels.as_flattened())
        {
            *sample += self.gain * heard;
        }
    }

    fn is_silent(&self) -> bool {
        self.lines.iter().all(Line::is_silent)
    }

    fn reset(&mut self) {
        self.lines.iter_mut().for_each(Line::clear);
        self.high_cut = OnePole::default();
        self.high_cut.set(self.settings.high_cut_hz, self.rate as f32);
        (self.delay, self.change) = (None, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: Spec = Spec { sample_rate_hz: 48_000.0 };

    /// Feeds one impulse; gives where and how loud each side answers.
    fn answers(echo: &mut Echo, tempo_bpm: impl Fn(i64) -> f64, quanta: i64) -> Vec<(usize, usize, f32)> {
        let mut found = Vec::new();
        for quantum in 0..quanta {
            let mut sound = Stereo::SILENCE;
            if quantum == 0 {
                sound.channels = [[0.0; QUANTUM]; 2].map(|mut channel| {
                    channel[0] = 1.0;
                    channel
                });
            }
            let song_frame = quantum * QUANTUM as i64;
            echo.process(&Place { song_frame, tempo_bpm: tempo_bpm(quantum) }, &mut sound);
            for (side, channel) in sound.channels.iter().enumerate() {
                for (t, &sample) in channel.iter().enumerate() {
                    if sample.abs() > 0.02 && (quantum, t) != (0, 0) {
                        found.push((side, quantum as usize * QUANTUM + t, sample));
                    }
                }
            }
        }
        found
    }

    #[test]
    fn echoes_stand_on_the_beat_and_change_sides() {
        let settings = EchoSettings {
            beats: 0.75,
            feedback: 0.5,
            level_db: -6.0,
            high_cut_hz: 20_000.0,
            ping_pong: true,
        };
        let mut echo = Echo::new(&SPEC, &settings);
        let found = answers(&mut echo, |_| 120.0, 2_000);
        let places: Vec<(usize, usize)> = found.iter().map(|&(side, frame, _)| (side, frame)).collect();
        assert_eq!(places[0], (0, 18_000));
        assert!(places.contains(&(1, 36_000)) && places.contains(&(0, 54_000)), "{places:?}");
        assert!((found[0].2 - 0.501).abs() < 0.01);
    }

    #[test]
    fn a_new_tempo_fades_in_without_a_step() {
        let mut echo = Echo::new(&SPEC, &EchoSettings { level_db: 0.0, ..EchoSettings::default() });
        let mut sound_before = 0.0f32;
        let mut steepest = 0.0f32;
        for quantum in 0..3_000i64 {
            let mut sound = Stereo::SILENCE;
            for t in 0..QUANTUM {
                let cycles = ((quantum * QUANTUM as i64 + t as i64) as f32 * (200.0 / 48_000.0)).fract();
                sound.channels[0][t] = crate::dsp::math::sin_cycles(cycles);
            }
            let dry = sound.channels[0];
            let tempo_bpm = if quantum < 1_500 { 120.0 } else { 77.0 };
            echo.process(&Place { song_frame: quantum * QUANTUM as i64, tempo_bpm }, &mut sound);
            for (wet, dry) in sound.channels[0].iter().zip(dry) {
                // The sine itself moves by 0.026 per frame.
                steepest = steepest.max((wet - dry - sound_before).abs());
                sound_before = wet - dry;
            }
        }
        assert!(steepest < 0.05, "a step of {steepest}");
        assert_eq!(echo.delay, Some((0.75 * 60.0 / 77.0 * 48_000.0) as usize));
    }

    #[test]
    fn the_tail_ends_in_zeros_and_reset_is_fresh() {
        let mut echo = Echo::new(&SPEC, &EchoSettings { feedback: 0.8, ..EchoSettings::default() });
        let first = answers(&mut echo, |_| 100.0, 4_000);
        assert!(!echo.is_silent());
        answers_to_nothing(&mut echo, 70_000);
        assert!(echo.is_silent());
        echo.reset();
        assert_eq!(answers(&mut echo, |_| 100.0, 4_000), first);
    }

    fn answers_to_nothing(echo: &mut Echo, quanta: usize) {
        for _ in 0..quanta {
            echo.process(&Place { song_frame: 0, tempo_bpm: 100.0 }, &mut { Stereo::SILENCE });
        }
    }
}
