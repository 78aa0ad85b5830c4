//! The clock: one anchor (frame, beat, tempo) that maps both ways and follows the host without being shaken by it.
//! Source: DESIGN 5; host habits PLATFORM 2. In/out: the host's word per stretch of frames in, what it means out.
//! Cost: a few operations per call.

use super::transport::Transport;
use crate::units::Beats;

/// Slowest and fastest tempo taken from a host, quarter notes per minute; anything else counts as absent.
pub const TEMPO_RANGE_BPM: (f64, f64) = (5.0, 990.0);

/// Disagreement that is arithmetic, not news, frames. Half a frame: below it no onset can move.
const EXACT_FRAMES: f64 = 0.5;

/// Hosts jitter by ±0.5 ms (PLATFORM 2); twice that at a steady tempo is still no locate.
const JITTER_S: f64 = 0.001;

/// A disagreement this lasting (calls in a row with the same sign) is drift, not jitter: then the clock slips to the host.
/// Taste: fair jitter passes 24 calls on one side once in 16 million.
const DRIFT_CALLS: u32 = 24;

/// When the tempo moves, the position may run ahead or behind of the straight line by a ramp inside one host buffer.
/// 60 → 180 per minute within 2 s and buffers of 4096 at 44.1 kHz give 9 ms; a real locate under 20 ms is nowhere to be seen.
const BEND_S: f64 = 0.020;

/// What a stretch of host time means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// The timeline stands still.
    Stopped,
    /// It goes on as expected, or bends with a tempo change: nothing is lost, nothing repeats.
    Onward,
    /// It starts, or jumps: everything begins anew from here.
    Located,
}

/// The one map between frames and beats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    frames_per_minute: f64,
    running: bool,
    anchor_frame: u64,
    anchor_beat: Beats,
    tempo_bpm: f64,
    /// Calls in a row that the host was more than [`EXACT_FRAMES`] away, signed by the side.
    drift_calls: i32,
}

impl Clock {
    /// A stopped clock.
    pub fn new(sample_rate_hz: f64, tempo_bpm: f64) -> Clock {
        Clock {
            frames_per_minute: sample_rate_hz * 60.0,
            running: false,
            anchor_frame: 0,
            anchor_beat: 0.0,
            tempo_bpm: legal_tempo(Some(tempo_bpm)).unwrap_or(120.0),
            drift_calls: 0,
        }
    }

    /// Takes the host's word for `frame`. `listen` runs the clock on its own from the host's resting position.
    pub fn follow(&mut self, frame: u64, host: &Transport, listen: bool) -> Motion {
        let tempo_bpm = legal_tempo(host.tempo_bpm).unwrap_or(self.tempo_bpm);
        if !host.playing && !listen {
            let rest = host_position(host, tempo_bpm).unwrap_or_else(|| self.beat_at(frame as f64));
            self.running = false;
            self.anchor(frame, rest, tempo_bpm);
            return Motion::Stopped;
        }
        // A host that stands still repeats its position; Listen goes on from where it began.
        let position = if host.playing { host_position(host, tempo_bpm) } else { None };
        if !self.running {
            self.running = true;
            let start = position.or_else(|| host_position(host, tempo_bpm)).unwrap_or(self.anchor_beat);
            self.anchor(frame, start, tempo_bpm);
            return Motion::Located;
        }
        let expected = self.beat_at(frame as f64);
        let Some(position) = position else {
            if tempo_bpm != self.tempo_bpm {
                self.anchor(frame, expected, tempo_bpm);
            }
            return Motion::Onward;
        };
        self.compare(frame, expected, position, tempo_bpm)
    }

    fn compare(&mut self, frame: u64, expected: Beats, position: Beats, tempo_bpm: f64) -> Motion {
        let away_frames = (position - expected) * self.frames_per_minute / self.tempo_bpm;
        let away_s = away_frames.abs() * 60.0 / self.frames_per_minute;
        let bends = tempo_bpm != self.tempo_bpm;
        if away_frames.abs() <= EXACT_FRAMES {
            self.drift_calls = 0;
            if bends {
                self.anchor(frame, expected, tempo_bpm);
            }
            return Motion::Onward;
        }
        if bends && away_s <= BEND_S {
            self.anchor(frame, position, tempo_bpm);
            return Motion::Onward;
        }
        if away_s > JITTER_S {
            self.anchor(frame, position, tempo_bpm);
            return Motion::Located;
        }
        let side = if away_frames > 0.0 { 1 } else { -1 };
        self.drift_calls = if self.drift_calls.signum() == side { self.drift_calls + side } else { side };
        if self.drift_calls.unsigned_abs() >= DRIFT_CALLS {
            self.anchor(frame, position, tempo_bpm);
        }
        Motion::Onward
    }

    fn anchor(&mut self, frame: u64, beat: Beats, tempo_bpm: f64) {
        self.anchor_frame = frame;
        self.anchor_beat = beat;
        self.tempo_bpm = tempo_bpm;
        self.drift_calls = 0;
    }

    /// Position at a frame (also a fractional one); a stopped clock stands still.
    pub fn beat_at(&self, frame: f64) -> Beats {
        if !self.running {
            return self.anchor_beat;
        }
        self.anchor_beat + (frame - self.anchor_frame as f64) * self.tempo_bpm / self.frames_per_minute
    }

    /// Frame of a position; negative when it lies before frame 0.
    pub fn frame_at(&self, beat: Beats) -> f64 {
        self.anchor_frame as f64 + (beat - self.anchor_beat) * self.frames_per_minute / self.tempo_bpm
    }

    /// Whether the timeline moves.
    pub fn running(&self) -> bool {
        self.running
    }

    /// Tempo in use.
    pub fn tempo_bpm(&self) -> f64 {
        self.tempo_bpm
    }

    /// Length of a span of beats, s.
    pub fn beats_to_s(&self, beats: Beats) -> f64 {
        beats * 60.0 / self.tempo_bpm
    }
}

fn legal_tempo(tempo_bpm: Option<f64>) -> Option<f64> {
    tempo_bpm.filter(|tempo| (TEMPO_RANGE_BPM.0..=TEMPO_RANGE_BPM.1).contains(tempo))
}

/// Position in beats if the host has one that can be real: finite and within a year of music.
fn host_position(host: &Transport, tempo_bpm: f64) -> Option<Beats> {
    let beats = host.position.or(host.position_s.map(|seconds| seconds * tempo_bpm / 60.0));
    beats.filter(|beats| beats.abs() < 1e8)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f64 = 48_000.0;

    fn playing(tempo: f64, position: f64) -> Transport {
        Transport { playing: true, tempo_bpm: Some(tempo), position: Some(position), ..Default::default() }
    }

    #[test]
    fn both_directions_agree() {
        let mut clock = Clock::new(RATE, 120.0);
        assert_eq!(clock.follow(100, &playing(93.7, -3.25), false), Motion::Located);
        for beat in [-3.25, 0.0, 17.3, 4000.0] {
            assert!((clock.beat_at(clock.frame_at(beat)) - beat).abs() < 1e-9);
        }
    }

    #[test]
    fn jitter_moves_nothing_and_a_jump_is_a_locate() {
        let mut clock = Clock::new(RATE, 120.0);
        clock.follow(0, &playing(120.0, 0.0), false);
        let before = clock;
        for i in 1..1000u64 {
            let jitter_s = if i % 2 == 0 { 0.0005 } else { -0.0005 };
            let position = (i * 512) as f64 / 24_000.0 + jitter_s * 2.0;
            assert_eq!(clock.follow(i * 512, &playing(120.0, position), false), Motion::Onward);
        }
        assert_eq!(clock.anchor_beat, before.anchor_beat);
        assert_eq!(clock.follow(512_000, &playing(120.0, 3.0), false), Motion::Located);
    }

    #[test]
    fn lasting_drift_is_followed() {
        let mut clock = Clock::new(RATE, 120.0);
        clock.follow(0, &playing(120.0, 0.0), false);
        // The host really runs at 120.01: 0.02 frames per block of 512, for a minute.
        for i in 1..6000u64 {
            let position = (i * 512) as f64 / 24_000.0 * (120.01 / 120.0);
            assert_eq!(clock.follow(i * 512, &playing(120.0, position), false), Motion::Onward);
            assert!((clock.beat_at((i * 512) as f64) - position).abs() * 24_000.0 < 4.0);
        }
    }

    #[test]
    fn a_ramp_bends_without_a_locate() {
        let mut clock = Clock::new(RATE, 120.0);
        clock.follow(0, &playing(60.0, 0.0), false);
        let (mut position, mut tempo, step) = (0.0, 60.0, 4096);
        for block in 1..120u64 {
            for _ in 0..step {
                position += tempo / 60.0 / RATE;
                tempo = (tempo + 60.0 / RATE).min(180.0);
            }
            assert_eq!(clock.follow(block * step, &playing(tempo, position), false), Motion::Onward);
            assert!((clock.beat_at((block * step) as f64) - position).abs() < 1e-9);
        }
    }

    #[test]
    fn absent_and_absurd_fields_have_an_answer() {
        let mut clock = Clock::new(RATE, 92.0);
        let bare = Transport { playing: true, ..Default::default() };
        assert_eq!(clock.follow(0, &bare, false), Motion::Located);
        assert_eq!(clock.follow(48_000, &bare, false), Motion::Onward);
        assert!((clock.beat_at(48_000.0) - 92.0 / 60.0).abs() < 1e-9);
        let absurd = Transport { tempo_bpm: Some(f64::NAN), position: Some(f64::INFINITY), ..bare };
        assert_eq!(clock.follow(96_000, &absurd, false), Motion::Onward);
        assert_eq!(clock.tempo_bpm(), 92.0);
        assert_eq!(clock.follow(96_000, &Transport::default(), false), Motion::Stopped);
    }

    #[test]
    fn listen_runs_on_while_the_host_stands_still() {
        let mut clock = Clock::new(RATE, 120.0);
        let stopped = Transport { tempo_bpm: Some(60.0), position: Some(8.0), ..Default::default() };
        assert_eq!(clock.follow(0, &stopped, true), Motion::Located);
        assert_eq!(clock.follow(48_000, &stopped, true), Motion::Onward);
        assert_eq!(clock.beat_at(48_000.0), 9.0);
        assert_eq!(clock.follow(96_000, &stopped, false), Motion::Stopped);
    }
}
