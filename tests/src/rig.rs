//! An ideal host for the engine itself: a script of transport and events, played in blocks of any size into a recording.
//! Source: own; what hosts do to blocks PLATFORM 2. In/out: frames are counted from the start of the recording.

use crate::hash::Fingerprint;
use cuewright_engine::compose::BarFrame;
use cuewright_engine::engine::{Engine, EngineHandle, Event, MidiOut, Output, Quantum, ScoreEvent};
use cuewright_engine::note::Note;
use cuewright_engine::stem::{STEM_COUNT, STEMS};
use cuewright_engine::time::Transport;
use std::ops::Range;

/// What the host does, in order of frames.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The transport's word from a frame on; between two words it runs on evenly.
    pub transport: Vec<(u64, Transport)>,
    /// Events at their frames.
    pub events: Vec<(u64, Event)>,
    /// Rate, needed to run the transport on.
    pub sample_rate_hz: f64,
}

/// A transport that plays at a tempo from a position.
pub fn playing(tempo_bpm: f64, position: f64) -> Transport {
    Transport { playing: true, tempo_bpm: Some(tempo_bpm), position: Some(position), ..Transport::default() }
}

/// A transport that stands.
pub fn stopped(tempo_bpm: f64, position: f64) -> Transport {
    Transport { playing: false, ..playing(tempo_bpm, position) }
}

impl Script {
    /// Plays at one tempo from a position.
    pub fn steady(sample_rate_hz: f64, tempo_bpm: f64, position: f64) -> Script {
        Script { transport: vec![(0, playing(tempo_bpm, position))], events: Vec::new(), sample_rate_hz }
    }

    /// Adds an event.
    pub fn event(mut self, frame: u64, event: Event) -> Script {
        self.events.push((frame, event));
        self.events.sort_by_key(|&(frame, _)| frame);
        self
    }

    /// Adds a word of the transport.
    pub fn then(mut self, frame: u64, transport: Transport) -> Script {
        self.transport.push((frame, transport));
        self
    }

    /// The transport at a frame: the last word, run on.
    pub fn at(&self, frame: u64) -> Transport {
        let last = self.transport.iter().rev().find(|&&(from, _)| from <= frame);
        let Some(&(from, word)) = last else { return Transport::default() };
        if !word.playing {
            return word;
        }
        let seconds = (frame - from) as f64 / self.sample_rate_hz;
        let beats = seconds * word.tempo_bpm.unwrap_or(120.0) / 60.0;
        Transport {
            position: word.position.map(|position| position + beats),
            position_s: word.position_s.map(|position| position + seconds),
            ..word
        }
    }

    /// The next frame after `frame` at which the transport says something new.
    pub fn next_word(&self, frame: u64) -> u64 {
        self.transport.iter().map(|&(at, _)| at).find(|&at| at > frame).unwrap_or(u64::MAX)
    }
}

/// Sizes of host blocks.
pub enum Blocks {
    /// Always this many frames.
    Of(usize),
    /// 1 to this many, from a seed.
    Random(usize, u64),
}

impl Blocks {
    /// The largest size there can be.
    pub fn largest(&self) -> usize {
        match self {
            Blocks::Of(most) | Blocks::Random(most, _) => *most,
        }
    }

    /// The next size.
    #[allow(clippy::should_implement_trait, reason = "it never ends: a size, not an option of one")]
    pub fn next(&mut self) -> usize {
        match self {
            Blocks::Of(frames) => *frames,
            Blocks::Random(most, state) => {
                *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                1 + (cuewright_engine::random::mix64(*state) % *most as u64) as usize
            }
        }
    }
}

/// Left and right of one output.
type Pair = [Vec<f32>; 2];

/// Everything a run gave.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// Left and right of each stem.
    pub stems: Vec<[Vec<f32>; 2]>,
    /// Left and right of the mix.
    pub mix: [Vec<f32>; 2],
    /// Notes and the frames they started at.
    pub notes: Vec<(Note, u64)>,
    /// Bars in the order they were decided.
    pub bars: Vec<BarFrame>,
    /// MIDI by its frame of the recording (the frame inside is 0).
    pub midi: Vec<(u64, MidiOut)>,
}

impl Recording {
    /// Empty, with room for `frames`.
    pub fn new(frames: usize) -> Recording {
        let pair = || [Vec::with_capacity(frames), Vec::with_capacity(frames)];
        Recording { stems: (0..STEM_COUNT).map(|_| pair()).collect(), mix: pair(), ..Recording::default() }
    }

    /// Frames recorded.
    pub fn frames(&self) -> usize {
        self.mix[0].len()
    }

    /// One fingerprint of all stems and the mix.
    pub fn hash(&self) -> String {
        let mut fingerprint = Fingerprint::default();
        for channel in self.stems.iter().flatten().chain(&self.mix) {
            fingerprint.add(channel);
        }
        fingerprint.finish()
    }

    /// Where two recordings part: the first frame and what differs there, in words; `None` when they are equal to the bit.
    pub fn parting(&self, other: &Recording) -> Option<String> {
        if self.frames() != other.frames() {
            return Some(format!("{} frames against {}", self.frames(), other.frames()));
        }
        let outputs = self.stems.iter().chain([&self.mix]).zip(other.stems.iter().chain([&other.mix]));
        let first = |(index, (a, b)): (usize, (&Pair, &Pair))| {
            let apart =
                |frame: &usize| (0..2).any(|side| a[side][*frame].to_bits() != b[side][*frame].to_bits());
            let frame = (0..self.frames()).find(apart)?;
            let name = STEMS.get(index).map_or("mix", |row| row.id);
            Some((frame, format!("frame {frame}, {name}: {} against {}", a[0][frame], b[0][frame])))
        };
        outputs.enumerate().filter_map(first).min_by_key(|(frame, _)| *frame).map(|(_, words)| words)
    }

    /// Largest absolute sample of the mix in a range of frames.
    pub fn peak(&self, range: Range<usize>) -> f32 {
        peak(&self.mix, range)
    }

    /// Largest absolute sample of a stem in a range of frames.
    pub fn stem_peak(&self, stem: usize, range: Range<usize>) -> f32 {
        peak(&self.stems[stem], range)
    }
}

fn peak(channels: &[Vec<f32>; 2], range: Range<usize>) -> f32 {
    channels
        .iter()
        .flat_map(|channel| &channel[range.clone()])
        .fold(0.0, |most, sample| most.max(sample.abs()))
}

impl Output for Recording {
    fn write(&mut self, at: usize, quantum: &Quantum, range: Range<usize>) {
        let _ = at;
        for (recorded, sound) in self.stems.iter_mut().zip(&quantum.stems) {
            for (channel, samples) in recorded.iter_mut().zip(&sound.channels) {
                channel.extend_from_slice(&samples[range.clone()]);
            }
        }
        for (channel, samples) in self.mix.iter_mut().zip(&quantum.mix.channels) {
            channel.extend_from_slice(&samples[range.clone()]);
        }
    }
}

/// Plays a script from its frame `from` to its frame `to`, as a host would: blocks, cut where the transport changes.
pub fn play(
    engine: &mut Engine,
    handle: &mut EngineHandle,
    script: &Script,
    blocks: &mut Blocks,
    range: Range<u64>,
) -> Recording {
    let mut recording = Recording::new((range.end - range.start) as usize);
    let mut at = range.start;
    while at < range.end {
        let block = (blocks.next() as u64).min(range.end - at);
        let block_end = at + block;
        let start = at;
        engine.clear_midi();
        while at < block_end {
            let until = script.next_word(at).min(block_end);
            for &(frame, event) in script.events.iter().filter(|(frame, _)| (at..until).contains(frame)) {
                engine.push((frame - at) as usize, event);
            }
            engine.process((until - at) as usize, &script.at(at), &mut recording);
            at = until;
        }
        let placed =
            |midi: &MidiOut| (start - range.start + u64::from(midi.frame), MidiOut { frame: 0, ..*midi });
        recording.midi.extend(engine.midi_out().iter().map(placed));
        drain(handle, &mut recording);
    }
    recording
}

/// Takes what the engine reported of the score.
fn drain(handle: &mut EngineHandle, recording: &mut Recording) {
    handle.collect();
    while let Some(event) = handle.next_score_event() {
        match event {
            ScoreEvent::Bar(bar) => recording.bars.push(bar),
            ScoreEvent::Note(note, frame) => recording.notes.push((note, frame)),
        }
    }
}
