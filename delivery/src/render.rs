//! Renders a plan offline, as an ideal host would play it: transport, tempo changes and automation at their exact frames.
//! Source: own; block rules DESIGN 5. In/out: a job in; samples to a sink, the score and figures out. The block size
//! changes no bit: blocks are cut where the transport changes, and the engine does the rest. A cue that loops is heard
//! until all that rings is there, then for one round, whose end fades into what led to its beginning.

use crate::automation::AutomationRow;
use crate::hash::{Digests, Hashes, OUTPUT_COUNT, interleave};
use crate::tempo::TempoMap;
use cuewright_engine::compose::BarFrame;
use cuewright_engine::cue::CueEnding;
use cuewright_engine::engine::{Engine, EngineHandle, Event, Output, Quantum, ScoreEvent};
use cuewright_engine::instrument::Spec;
use cuewright_engine::note::Note;
use cuewright_engine::plan::Plan;
use cuewright_engine::random::mix64;
use cuewright_engine::stem::Stem;
use cuewright_engine::time::{Bar, Transport};
use cuewright_engine::units::QUANTUM;
use std::io;
use std::ops::{Range, RangeInclusive};
use std::time::Instant;

/// Sample rates offered, Hz.
pub const RATES_HZ: RangeInclusive<f64> = 8000.0..=384_000.0;

/// Longest render, s: an hour of ten stereo files at 48 kHz is 13.8 GB.
pub const MAX_SECONDS: f64 = 3600.0;

/// Largest block a host may ask for, frames.
pub const MAX_BLOCK: usize = 8192;

/// Longest ring-out after the last bar, s; a loop has been heard for as long before its file begins.
pub const MAX_TAIL_S: f64 = 10.0;

/// How long the end of a loop's file fades into what was heard before its beginning, s: notes are the same there, noises
/// and slow movements are not. Taste: several periods of what is lowest, too short to be heard as a fade.
const SEAM_S: f64 = 0.05;

/// The ring-out ends on a grid of its own, so that the file's length does not depend on the block size.
const TAIL_STEP: usize = 64 * QUANTUM;

/// Most events given to one `process`: far below what the engine can queue.
const MAX_EVENTS: usize = 48;

/// How the host cuts time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockSize {
    /// Always this many frames.
    Fixed(usize),
    /// 1 to 4096 frames, from a seed.
    Random(u64),
}

/// How much is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    /// Whole bars.
    Bars(u32),
    /// Seconds.
    Seconds(f64),
}

/// How the ambience's own output is written. The mix holds two channels in any case, so with a field it is stems 1–8 plus
/// the stereo ambience, the same bits as without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AmbienceLayout {
    /// Two channels; the stems sum to the mix.
    #[default]
    Stereo,
    /// A field of first order in four channels: W, Y, Z, X, SN3D (AmbiX).
    Ambix,
}

/// Output of the ambience: 0 is the mix.
pub const AMBIENCE_OUTPUT: usize = Stem::Ambience.index() + 1;

impl AmbienceLayout {
    /// Channels of an output (0 the mix, from 1 on the stems).
    pub fn channels(self, output: usize) -> usize {
        match self {
            AmbienceLayout::Ambix if output == AMBIENCE_OUTPUT => 4,
            _ => 2,
        }
    }
}

/// What to render.
#[derive(Clone, Debug)]
pub struct RenderJob {
    /// The music, with the parameter values it starts from.
    pub plan: Plan,
    /// Frames per second.
    pub sample_rate_hz: f64,
    /// Host blocks.
    pub block: BlockSize,
    /// First bar, from 1.
    pub from_bar: u32,
    /// How long the transport runs.
    pub length: Length,
    /// The host's tempo.
    pub tempo: TempoMap,
    /// What moves meanwhile, in order of time.
    pub automation: Vec<AutomationRow>,
    /// How the ambience's own file is written.
    pub ambience: AmbienceLayout,
}

/// Why a job cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The rate is not one we offer.
    #[error("rate: {0} Hz is not a number from {low} to {high} Hz", low = RATES_HZ.start(), high = RATES_HZ.end())]
    Rate(f64),
    /// The block is not one we offer.
    #[error("block: {0} is not a whole number from 1 to {MAX_BLOCK}")]
    Block(usize),
    /// Nothing to play, or too much.
    #[error("length: {seconds:.1} s is not more than 0 and at most {MAX_SECONDS} s (it would take {})", gigabytes(*.bytes))]
    Length {
        /// What was asked for.
        seconds: f64,
        /// What it would take, bytes.
        bytes: f64,
    },
    /// The sink failed.
    #[error("{0}")]
    Sink(#[from] io::Error),
}

fn gigabytes(bytes: f64) -> String {
    format!("{:.1} GB", bytes / 1e9)
}

/// What is played before a file begins: nothing, but for a loop the end of the round before.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct LeadIn {
    /// First bar of the file on the transport's timeline, and where it starts.
    bar: i64,
    beat: f64,
    /// How much earlier the transport starts, frames.
    frames: u64,
}

/// Where a job begins and ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timeline {
    /// First beat.
    pub start_beat: f64,
    /// Beat at which the transport stops.
    pub end_beat: f64,
    /// Time of the first beat, s from bar 1; all times in files count from here.
    pub start_s: f64,
    /// Frames for which the transport runs.
    pub frames: u64,
}

/// Takes the sound in.
pub trait Sink {
    /// Takes frames of one output (0 the mix, from 1 on the stems) as they stand in a file.
    fn take(&mut self, output: usize, interleaved: &[u8]) -> io::Result<()>;
}

/// Keeps the sound in memory: interleaved samples of the mix and the stems.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// The mix, then the stems.
    pub outputs: [Vec<f32>; OUTPUT_COUNT],
}

impl Sink for Recorded {
    fn take(&mut self, output: usize, interleaved: &[u8]) -> io::Result<()> {
        let samples = interleaved.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        self.outputs[output].extend(samples);
        Ok(())
    }
}

/// A note as it was played.
#[derive(Clone, Debug, PartialEq)]
pub struct PlayedNote {
    /// The note.
    pub note: Note,
    /// Frame of the file at which it starts.
    pub frame: u64,
}

/// What came out beside the sound.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// Where it began and ended.
    pub timeline: Timeline,
    /// Frames written, ring-out included.
    pub frames: u64,
    /// Bars in order.
    pub bars: Vec<BarFrame>,
    /// Notes in order of their start.
    pub notes: Vec<PlayedNote>,
    /// Hashes of the samples.
    pub digests: Digests,
    /// Time the engine took, s.
    pub engine_s: f64,
    /// Longest time one block took, microseconds.
    pub worst_block_us: f64,
    /// The same per quantum of the block; exact for blocks of one quantum.
    pub worst_quantum_us: f64,
    /// Highest sample of the mix.
    pub peak: f32,
    /// Samples that were not finite and became 0.
    pub repaired: u64,
}

impl Rendered {
    /// How many times faster than it plays.
    pub fn real_time(&self, sample_rate_hz: f64) -> f64 {
        self.frames as f64 / sample_rate_hz / self.engine_s.max(1e-9)
    }
}

impl RenderJob {
    /// A job for the whole cue at 48 kHz and the cue's own tempo.
    pub fn new(plan: Plan) -> RenderJob {
        let (tempo, length) = (TempoMap::constant(plan.tempo_bpm), Length::Bars(plan.length_bars));
        RenderJob {
            plan,
            sample_rate_hz: 48_000.0,
            block: BlockSize::Fixed(512),
            from_bar: 1,
            length,
            tempo,
            automation: Vec::new(),
            ambience: AmbienceLayout::Stereo,
        }
    }

    /// Where the job begins and ends, or why it cannot be done.
    pub fn timeline(&self) -> Result<Timeline, RenderError> {
        if !RATES_HZ.contains(&self.sample_rate_hz) {
            return Err(RenderError::Rate(self.sample_rate_hz));
        }
        if let BlockSize::Fixed(frames) = self.block
            && !(1..=MAX_BLOCK).contains(&frames)
        {
            return Err(RenderError::Block(frames));
        }
        let first = i64::from(self.from_bar.max(1)) - 1;
        let start_beat = self.plan.grid.bar(first).start;
        let start_s = self.tempo.seconds(start_beat);
        let end_s = match self.length {
            Length::Bars(bars) => self.tempo.seconds(self.plan.grid.bar(first + i64::from(bars)).start),
            Length::Seconds(seconds) => start_s + seconds,
        };
        let seconds = end_s - start_s;
        if seconds.is_nan() || seconds <= 0.0 || seconds > MAX_SECONDS {
            let bytes = seconds.max(0.0) * self.sample_rate_hz * (8 * OUTPUT_COUNT) as f64;
            return Err(RenderError::Length { seconds, bytes });
        }
        let frames = frame_at(seconds, self.sample_rate_hz);
        Ok(Timeline { start_beat, end_beat: self.tempo.beat(end_s), start_s, frames })
    }

    /// Whether what comes out can be played again and again: one whole round of a cue that loops, at one tempo, with
    /// nothing that moves by the clock.
    pub fn loops(&self) -> bool {
        let round = self.from_bar == 1 && self.length == Length::Bars(self.plan.length_bars);
        let steady = self.tempo.points().len() == 1 && self.automation.is_empty();
        self.plan.ending == CueEnding::Loop && round && steady
    }

    /// What is played before the file begins.
    fn lead_in(&self) -> LeadIn {
        if !self.loops() {
            return LeadIn::default();
        }
        let (grid, round) = (&self.plan.grid, i64::from(self.plan.length_bars));
        let seconds = |bar: i64| self.tempo.seconds(grid.bar(bar).start);
        // A round that begins late enough, and the bars before it that are long enough: at most a minute of the slowest.
        let rounds = (MAX_TAIL_S / seconds(round)).ceil().max(1.0) as i64;
        let bar = rounds * round;
        let first = (0..bar).rev().find(|&first| seconds(bar) - seconds(first) >= MAX_TAIL_S).unwrap_or(0);
        let seconds = seconds(bar) - seconds(first);
        let frames = (seconds * self.sample_rate_hz).floor() as u64;
        LeadIn { bar, beat: grid.bar(bar).start, frames }
    }
}

/// The first frame at or after a time. What a hair of rounding puts after a frame belongs to it.
fn frame_at(seconds: f64, sample_rate_hz: f64) -> u64 {
    (seconds * sample_rate_hz - 1e-6).ceil().max(0.0) as u64
}

/// Renders a job. `progress` hears the share done (0..1) about a hundred times.
pub fn render(
    job: &RenderJob,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(f64),
) -> Result<Rendered, RenderError> {
    let timeline = job.timeline()?;
    let mut player = Player::new(job, timeline);
    let end = player.lead_in.frames + timeline.frames;
    let mut reported = 0.0;
    let mut sizes = job.block;
    while player.at < end {
        let block = next_size(&mut sizes).min(end - player.at);
        player.play(block, sink)?;
        let done = player.at as f64 / end as f64;
        if done - reported >= 0.01 {
            reported = done;
            progress(done);
        }
    }
    // A loop rings on in its own beginning.
    let tail_s = if job.loops() { 0.0 } else { MAX_TAIL_S };
    let last_frame = end + (tail_s * job.sample_rate_hz) as u64;
    while player.at < last_frame && !player.engine.is_silent() {
        let step_end = (player.at + TAIL_STEP as u64).min(last_frame);
        while player.at < step_end {
            let block = next_size(&mut sizes).min(step_end - player.at);
            player.ring(block, sink)?;
        }
    }
    progress(1.0);
    Ok(player.finish())
}

fn next_size(sizes: &mut BlockSize) -> u64 {
    match sizes {
        BlockSize::Fixed(frames) => *frames as u64,
        BlockSize::Random(state) => {
            *state = state.wrapping_add(1);
            1 + mix64(*state) % 4096
        }
    }
}

/// Sound of one `process`.
#[derive(Clone, Default)]
struct Block {
    outputs: [[Vec<f32>; 2]; OUTPUT_COUNT],
    /// The ambience's field, where that is written.
    field: [[Vec<f32>; 2]; 2],
    ambience: AmbienceLayout,
}

impl Block {
    /// Channels of an output, in the order of a file.
    fn channels(&self, output: usize) -> Vec<&[f32]> {
        let field = self.ambience == AmbienceLayout::Ambix && output == AMBIENCE_OUTPUT;
        let channels = if field { self.field.as_flattened() } else { &self.outputs[output] };
        channels.iter().map(Vec::as_slice).collect()
    }

    fn clear(&mut self) {
        self.outputs.iter_mut().chain(&mut self.field).flatten().for_each(Vec::clear);
    }

    /// Takes over the newest `frames` frames of another block, in place of the oldest it has; keeps as many at most.
    fn follow(&mut self, other: &Block, frames: usize) {
        let ours = self.outputs.iter_mut().chain(&mut self.field).flatten();
        for (kept, new) in ours.zip(other.outputs.iter().chain(&other.field).flatten()) {
            kept.extend_from_slice(&new[new.len().saturating_sub(frames)..]);
            kept.drain(..kept.len().saturating_sub(frames));
        }
    }

    /// From frame `from` on becomes what `other` has from frame `skip` on: music, which is the same in both, in a straight
    /// line, the ambience, which is not, at equal power. The mix stays the sum of the stems.
    fn fade_into(&mut self, from: usize, other: &Block, skip: usize) {
        let frames = other.outputs[0][0].len() as f32;
        let share = |i: usize| (skip + i - from + 1) as f32 / frames;
        for (index, (ours, theirs)) in self.outputs.iter_mut().zip(&other.outputs).enumerate().skip(1) {
            for (ours, theirs) in ours.iter_mut().zip(theirs) {
                for i in from..ours.len() {
                    let (t, there) = (share(i), theirs[skip + i - from]);
                    let [a, b] = if index == AMBIENCE_OUTPUT { equal_power(t) } else { [1.0 - t, t] };
                    ours[i] = ours[i] * a + there * b;
                }
            }
        }
        for (ours, theirs) in self.field.as_flattened_mut().iter_mut().zip(other.field.as_flattened()) {
            for i in from..ours.len() {
                let [a, b] = equal_power(share(i));
                ours[i] = ours[i] * a + theirs[skip + i - from] * b;
            }
        }
        let [mix, stems @ ..] = &mut self.outputs;
        for (side, mix) in mix.iter_mut().enumerate() {
            for (i, mix) in mix.iter_mut().enumerate().skip(from) {
                *mix = stems.iter().fold(0.0, |sum, stem| sum + stem[side][i]);
            }
        }
    }
}

/// Gains of what goes and what comes, whose powers sum to 1.
fn equal_power(t: f32) -> [f32; 2] {
    [(1.0 - t).sqrt(), t.sqrt()]
}

impl Output for Block {
    fn write(&mut self, _at: usize, quantum: &Quantum, range: Range<usize>) {
        let field = if self.ambience == AmbienceLayout::Ambix { &quantum.field.pairs[..] } else { &[] };
        let sounds = std::iter::once(&quantum.mix).chain(&quantum.stems);
        let pairs = self.outputs.iter_mut().zip(sounds).chain(self.field.iter_mut().zip(field));
        for (channels, sound) in pairs {
            for (channel, samples) in channels.iter_mut().zip(&sound.channels) {
                channel.extend_from_slice(&samples[range.clone()]);
            }
        }
    }
}

struct Player<'a> {
    job: &'a RenderJob,
    timeline: Timeline,
    lead_in: LeadIn,
    engine: Engine,
    handle: EngineHandle,
    block: Block,
    /// Of a loop, what led to its beginning, and how many frames of it.
    before: Block,
    seam: usize,
    bytes: Vec<u8>,
    hashes: Hashes,
    /// Frames rendered, those before the file among them.
    at: u64,
    /// Automation still to come: frame and event.
    events: std::collections::VecDeque<(u64, Event)>,
    /// Frames of tempo changes still to come.
    cuts: std::collections::VecDeque<u64>,
    bars: Vec<BarFrame>,
    notes: Vec<PlayedNote>,
    engine_s: f64,
    worst_block_us: f64,
    worst_quantum_us: f64,
    peak: f32,
    repaired: u64,
}

impl<'a> Player<'a> {
    fn new(job: &'a RenderJob, timeline: Timeline) -> Player<'a> {
        let rate = job.sample_rate_hz;
        let mut plan = job.plan.clone();
        let mut events: std::collections::VecDeque<(u64, Event)> = Default::default();
        for row in &job.automation {
            let event = Event::Value { index: row.index, value: row.value };
            if row.seconds < timeline.start_s {
                // What was set before the first bar is in force at once, as in a host that chases automation.
                plan.values.set(row.index, row.value);
                continue;
            }
            let frame = frame_at(row.seconds - timeline.start_s, rate);
            let same = |&(other, known): &(u64, Event)| other == frame && targets(&known, row.index);
            match events.iter().rposition(same) {
                Some(index) if events.len() - index <= MAX_EVENTS => events[index].1 = event,
                _ => events.push_back((frame, event)),
            }
        }
        let changes = job.tempo.points().iter().filter(|point| point.seconds > timeline.start_s);
        let cuts = changes.map(|point| frame_at(point.seconds - timeline.start_s, rate));
        let lead_in = job.lead_in();
        let seam = ((SEAM_S * rate) as u64).min(lead_in.frames).min(timeline.frames) as usize;
        // Blocks do not straddle the beginning of the file.
        let cuts = (lead_in.frames > 0).then_some(lead_in.frames).into_iter().chain(cuts).collect();
        let (mut engine, handle) = Engine::new(Spec { sample_rate_hz: rate }, plan);
        engine.set_ambience_field(job.ambience == AmbienceLayout::Ambix);
        Player {
            job,
            timeline,
            lead_in,
            engine,
            handle,
            block: Block { ambience: job.ambience, ..Block::default() },
            before: Block { ambience: job.ambience, ..Block::default() },
            seam,
            bytes: Vec::new(),
            hashes: Hashes::default(),
            at: 0,
            events,
            cuts,
            bars: Vec::new(),
            notes: Vec::new(),
            engine_s: 0.0,
            worst_block_us: 0.0,
            worst_quantum_us: 0.0,
            peak: 0.0,
            repaired: 0,
        }
    }

    /// What a host says at a frame: the exact position by the tempo map.
    fn transport(&self) -> Transport {
        // A change that falls between two frames is in force at the second: look a hair ahead.
        let since = self.at as f64 - self.lead_in.frames as f64;
        let start_s = self.timeline.start_s + self.job.tempo.seconds(self.lead_in.beat);
        let seconds = start_s + since / self.job.sample_rate_hz;
        let point = self.job.tempo.at_seconds(seconds + 1e-6 / self.job.sample_rate_hz);
        let position = point.beat + (seconds - point.seconds) * point.bpm / 60.0;
        Transport {
            playing: true,
            tempo_bpm: Some(point.bpm),
            position: Some(position),
            ..Transport::default()
        }
    }

    /// Plays a host block, cut where the tempo changes or too many events come at once.
    fn play(&mut self, frames: u64, sink: &mut dyn Sink) -> Result<(), RenderError> {
        let end = self.at + frames;
        while self.at < end {
            while self.cuts.front().is_some_and(|&cut| cut <= self.at) {
                self.cuts.pop_front();
            }
            let mut until = self.cuts.front().map_or(end, |&cut| cut.min(end));
            let mut count = 0;
            while let Some(&(frame, event)) = self.events.front().filter(|&&(frame, _)| frame < until) {
                if count >= MAX_EVENTS && frame > self.at {
                    until = frame;
                    break;
                }
                self.engine.push((frame - self.at) as usize, event);
                self.events.pop_front();
                count += 1;
            }
            let transport = self.transport();
            self.process((until - self.at) as usize, &transport, sink)?;
        }
        Ok(())
    }

    /// Lets it ring.
    fn ring(&mut self, frames: u64, sink: &mut dyn Sink) -> Result<(), RenderError> {
        let transport = Transport {
            playing: false,
            tempo_bpm: Some(self.job.tempo.at_beat(self.timeline.end_beat).bpm),
            position: Some(self.timeline.end_beat),
            ..Transport::default()
        };
        self.process(frames as usize, &transport, sink)
    }

    fn process(
        &mut self,
        frames: usize,
        transport: &Transport,
        sink: &mut dyn Sink,
    ) -> Result<(), RenderError> {
        let begin = Instant::now();
        self.engine.process(frames, transport, &mut self.block);
        let took_s = begin.elapsed().as_secs_f64();
        self.engine.clear_midi();
        self.engine_s += took_s;
        self.worst_block_us = self.worst_block_us.max(took_s * 1e6);
        let quanta = frames.div_ceil(QUANTUM).max(1) as f64;
        self.worst_quantum_us = self.worst_quantum_us.max(took_s * 1e6 / quanta);
        let begun = self.at;
        self.at += frames as u64;
        if begun < self.lead_in.frames {
            self.before.follow(&self.block, self.seam);
        } else {
            self.write(begun - self.lead_in.frames, sink)?;
        }
        self.block.clear();
        self.listen();
        Ok(())
    }

    /// Gives the block away, which is the file's from frame `begun` on.
    fn write(&mut self, begun: u64, sink: &mut dyn Sink) -> Result<(), RenderError> {
        let fades = self.timeline.frames - self.seam as u64;
        let end = begun + self.block.outputs[0][0].len() as u64;
        if self.seam > 0 && end > fades {
            let (from, skip) = (fades.saturating_sub(begun), begun.saturating_sub(fades));
            self.block.fade_into(from as usize, &self.before, skip as usize);
        }
        let mix = self.block.outputs[0].iter().flatten();
        self.peak = mix.fold(self.peak, |peak, sample| peak.max(sample.abs()));
        for output in 0..OUTPUT_COUNT {
            self.bytes.clear();
            interleave(&self.block.channels(output), &mut self.bytes);
            self.hashes.add(output, &self.bytes);
            sink.take(output, &self.bytes)?;
        }
        Ok(())
    }

    /// Takes what the engine says of the score.
    fn listen(&mut self) {
        self.handle.collect();
        while let Some(event) = self.handle.next_score_event() {
            match event {
                ScoreEvent::Bar(bar) => self.bars.push(bar),
                ScoreEvent::Note(note, frame) => self.notes.push(PlayedNote { note, frame }),
            }
        }
        if let Some(telemetry) = self.handle.telemetry() {
            self.repaired = telemetry.repaired;
        }
    }

    fn finish(mut self) -> Rendered {
        let LeadIn { bar, beat, frames: lead } = self.lead_in;
        self.notes.retain(|played| played.frame >= lead);
        for played in &mut self.notes {
            played.frame -= lead;
            played.note.onset -= beat;
        }
        for frame in &mut self.bars {
            frame.bar = Bar { index: frame.bar.index - bar, start: frame.bar.start - beat, ..frame.bar };
            frame.round_start -= beat;
        }
        let (start, end) = (self.timeline.start_beat - 1e-6, self.timeline.end_beat - 1e-6);
        self.bars.retain(|frame| (start..end).contains(&frame.bar.start));
        // A bar decided twice sounds as it was decided last.
        self.bars.reverse();
        self.bars.sort_by_key(|frame| frame.bar.index);
        self.bars.dedup_by_key(|frame| frame.bar.index);
        self.notes.sort_by_key(|played| played.frame);
        Rendered {
            timeline: self.timeline,
            frames: self.at - lead,
            bars: self.bars,
            notes: self.notes,
            digests: self.hashes.finish(),
            engine_s: self.engine_s,
            worst_block_us: self.worst_block_us,
            worst_quantum_us: self.worst_quantum_us,
            peak: self.peak,
            repaired: self.repaired,
        }
    }
}

fn targets(event: &Event, index: usize) -> bool {
    matches!(event, Event::Value { index: known, .. } if *known == index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cuewright_engine::cue::{Cue, factory};
    use cuewright_engine::params::by_id;

    fn job() -> RenderJob {
        let cue =
            Cue { length_bars: 3, tempo_bpm: 150.0, ..factory::cue("first_light").unwrap().cue.clone() };
        RenderJob::new(Plan::new(&cue, factory::palette_or_default(&cue.palette)).unwrap())
    }

    fn run(job: &RenderJob) -> (Recorded, Rendered) {
        let mut sound = Recorded::default();
        let rendered = render(job, &mut sound, &mut |_| {}).unwrap();
        (sound, rendered)
    }

    /// A tempo that moves inside bars and automation that comes in crowds.
    fn restless() -> RenderJob {
        let index = |id: &str| by_id(id).unwrap().index;
        let crowd = (0..400).map(|i| AutomationRow {
            seconds: 1.0 + f64::from(i / 4) * 0.001,
            index: index(["energy", "valence", "lead_gain", "energy"][i as usize % 4]),
            value: f64::from(i % 100) / 100.0,
        });
        let tempo = TempoMap::new(&[(0.0, 150.0), (1.3, 97.3), (5.77, 171.9), (9.01, 60.0)]).unwrap();
        RenderJob { automation: crowd.collect(), tempo, ..job() }
    }

    #[test]
    fn the_block_size_changes_no_bit_and_no_note() {
        let reference = run(&restless());
        assert!(reference.1.peak > 0.0 && !reference.1.notes.is_empty());
        for block in
            [BlockSize::Fixed(1), BlockSize::Fixed(441), BlockSize::Fixed(8192), BlockSize::Random(7)]
        {
            let (_, other) = run(&RenderJob { block, ..restless() });
            assert_eq!(other.digests, reference.1.digests, "{block:?}");
            assert_eq!((other.frames, &other.notes), (reference.1.frames, &reference.1.notes), "{block:?}");
            assert_eq!(other.bars, reference.1.bars, "{block:?}");
        }
    }

    #[test]
    fn the_stems_sum_to_the_mix() {
        let (sound, rendered) = run(&job());
        assert_eq!(sound.outputs[0].len() as u64, rendered.frames * 2);
        for (frame, &mix) in sound.outputs[0].iter().enumerate() {
            let sum = sound.outputs[1..].iter().fold(0.0f32, |sum, stem| sum + stem[frame]);
            assert_eq!(sum, mix, "sample {frame}");
        }
    }

    fn looped(block: BlockSize, ambience: AmbienceLayout) -> RenderJob {
        let cue = Cue {
            length_bars: 4,
            tempo_bpm: 150.0,
            ending: CueEnding::Loop,
            palette: "noir".into(),
            ..factory::cue("rain_street").unwrap().cue.clone()
        };
        let plan = Plan::new(&cue, factory::palette_or_default(&cue.palette)).unwrap();
        RenderJob { block, ambience, ..RenderJob::new(plan) }
    }

    #[test]
    fn a_loop_goes_on_where_it_ends() {
        let (sound, rendered) = run(&looped(BlockSize::Fixed(512), AmbienceLayout::Stereo));
        // Four bars at 150 beats a minute, to the frame; nothing rings on behind.
        assert_eq!((rendered.frames, rendered.timeline.frames), (307_200, 307_200));
        assert_eq!(
            (rendered.bars.len(), rendered.bars[0].bar.index, rendered.bars[0].bar.start),
            (4, 0, 0.0)
        );
        assert!(rendered.notes.iter().all(|played| (-0.5..16.0).contains(&played.note.onset)));
        for (output, samples) in sound.outputs.iter().enumerate() {
            let side = |s: usize| samples.iter().skip(s).step_by(2).copied().collect::<Vec<f32>>();
            for channel in [side(0), side(1)] {
                // The second difference at the seam is no larger than it is anywhere else.
                let bend = |i: usize| {
                    let at = |k: usize| channel[(i + k) % channel.len()];
                    (at(0) - 2.0 * at(1) + at(2)).abs()
                };
                let inside = (0..channel.len() - 2).map(bend).fold(0.0, f32::max);
                let seam = bend(channel.len() - 2).max(bend(channel.len() - 1));
                assert!(seam <= inside, "output {output}: {seam} at the seam, {inside} inside");
                assert!(output != 0 || inside > 0.0);
            }
        }
        // What rang at its end is there at its beginning: a first bar played from nothing is softer.
        let power = |samples: &[f32]| samples[..4800].iter().map(|x| f64::from(x * x)).sum::<f64>();
        let first_time =
            RenderJob { length: Length::Bars(3), ..looped(BlockSize::Fixed(512), AmbienceLayout::Stereo) };
        let (fresh, once) = run(&first_time);
        assert!(once.frames > once.timeline.frames, "what is not a whole round rings out");
        assert!(power(&sound.outputs[2]) > 1.2 * power(&fresh.outputs[2]));
        for (frame, &mix) in sound.outputs[0].iter().enumerate() {
            assert_eq!(sound.outputs[1..].iter().fold(0.0f32, |sum, stem| sum + stem[frame]), mix, "{frame}");
        }
        for block in [BlockSize::Fixed(1), BlockSize::Random(5)] {
            let (_, other) = run(&looped(block, AmbienceLayout::Stereo));
            assert_eq!(other.digests, rendered.digests, "{block:?}");
        }
        let (field, _) = run(&looped(BlockSize::Fixed(512), AmbienceLayout::Ambix));
        assert_eq!(field.outputs[0], sound.outputs[0]);
        assert_eq!(field.outputs[AMBIENCE_OUTPUT].len(), 4 * 307_200);
    }

    #[test]
    fn bars_and_seconds_end_where_they_say_and_ring_out() {
        let (sound, rendered) = run(&job());
        assert_eq!((rendered.bars.len(), rendered.timeline.frames), (3, 230_400));
        assert!(rendered.frames > rendered.timeline.frames, "nothing rings");
        assert!(rendered.frames <= rendered.timeline.frames + 480_000);
        let last = &sound.outputs[0][sound.outputs[0].len() - 200..];
        assert!(last.iter().all(|sample| sample.abs() < 1e-3), "cut while it rings");
        let seconds = RenderJob { length: Length::Seconds(2.5), from_bar: 2, ..job() }.timeline().unwrap();
        assert_eq!((seconds.start_beat, seconds.end_beat, seconds.frames), (4.0, 10.25, 120_000));
    }

    #[test]
    fn tempo_changes_fall_on_their_frame() {
        let (_, rendered) = run(&restless());
        let job = restless();
        for played in &rendered.notes {
            let exact =
                (job.tempo.seconds(played.note.onset) + f64::from(played.note.shift_ms) * 1e-3) * 48_000.0;
            assert!((played.frame as f64 - exact).abs() <= 1.0, "{played:?}: exact {exact}");
        }
    }

    #[test]
    fn automation_before_the_first_bar_is_in_force() {
        let index = by_id("lead_mute").unwrap().index;
        let muted = RenderJob {
            automation: vec![AutomationRow { seconds: 0.5, index, value: 1.0 }],
            from_bar: 2,
            length: Length::Bars(1),
            ..job()
        };
        let (sound, _) = run(&muted);
        assert!(sound.outputs[5].iter().all(|&sample| sample == 0.0));
    }

    #[test]
    fn what_cannot_be_rendered_is_refused_with_its_size() {
        let told = |job: RenderJob| job.timeline().unwrap_err().to_string();
        assert!(told(RenderJob { sample_rate_hz: 1e9, ..job() }).contains("from 8000 to 384000 Hz"));
        assert!(told(RenderJob { sample_rate_hz: f64::NAN, ..job() }).contains("from 8000"));
        assert!(told(RenderJob { block: BlockSize::Fixed(0), ..job() }).contains("from 1 to 8192"));
        let text = told(RenderJob { length: Length::Bars(9999), ..job() });
        assert!(text.contains("at most 3600 s") && text.contains("61.4 GB"), "{text}");
        assert!(told(RenderJob { length: Length::Seconds(0.0), ..job() }).contains("more than 0"));
        assert!(told(RenderJob { length: Length::Seconds(f64::NAN), ..job() }).contains("more than 0"));
    }
}
