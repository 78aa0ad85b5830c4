//! The audio thread's side: sorts what a host says into stretches the engine understands.
//! Source: PLATFORM 2 (hostile event times, in-block transport). In/out: one host block per `process`; no allocation,
//! lock or system call after `activate`.

use super::capture::{self, Tap};
use super::ports::Outputs;
use super::shared::Shared;
use arrayvec::ArrayVec;
use cuewright_engine::engine::{Engine, Event, MidiOut};
use cuewright_engine::instrument::Spec;
use cuewright_engine::params::{PARAM_COUNT, Param};
use cuewright_engine::stem::STEM_COUNT;
use cuewright_engine::time::Transport;
use std::sync::Arc;

/// Most events of one block; values beyond take effect with the next block, notes beyond are lost and released.
const MAX_EVENTS: usize = 4096;

/// Most transport changes of one block; later ones are dropped, the next block says the state again.
const MAX_STRETCHES: usize = 64;

/// Most MIDI notes out of one block.
const MAX_MIDI: usize = 8192;

/// What a host should do after a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Music runs: call again.
    Continue,
    /// Music has stopped and rings: call for the length of the tail.
    Tail,
    /// Nothing sounds and nothing runs.
    Sleep,
}

#[derive(Clone, Copy, Debug)]
struct Timed {
    frame: usize,
    /// Place in the host's list: equal frames keep their order.
    order: usize,
    event: Event,
}

/// Owned by the audio thread between activation and deactivation.
pub struct Processor {
    shared: Arc<Shared>,
    engine: Engine,
    sample_rate_hz: f64,
    events: Vec<Timed>,
    /// Values that found no room among the events: they count from the next block on.
    spilled: [Option<f64>; PARAM_COUNT],
    transports: ArrayVec<(usize, Transport), MAX_STRETCHES>,
    midi: Vec<MidiOut>,
    /// How many composed notes hold each key, per stem.
    sounding: [[u8; 128]; STEM_COUNT],
    /// Where played notes go while a motif is captured.
    tap: Tap,
    captured: bool,
    release_midi: bool,
    release_live: bool,
    playing: bool,
}

impl Processor {
    /// Compiles the cue and builds an engine. Any sample rate a host can name is taken (1 kHz–768 kHz, fractional too);
    /// an absurd one counts as the nearest. Called off the audio thread.
    pub fn activate(shared: &Arc<Shared>, sample_rate_hz: f64, _max_frames: usize) -> Processor {
        let spec = Spec::legal(sample_rate_hz);
        let mut session = shared.session();
        let mut plan = session.plan_for_start();
        // The engine starts from these values: telling it again would only cost the first block.
        shared.params.take_for_engine(|_, _| {});
        plan.values = shared.params.snapshot();
        let (engine, handle) = Engine::new(spec, plan);
        let (tap, ear) = capture::line(session.cue.tempo_bpm);
        session.attach(handle, ear);
        drop(session);
        Processor {
            shared: shared.clone(),
            engine,
            sample_rate_hz: spec.sample_rate_hz,
            events: Vec::with_capacity(MAX_EVENTS),
            spilled: [None; PARAM_COUNT],
            transports: ArrayVec::new(),
            midi: Vec::with_capacity(MAX_MIDI),
            sounding: [[0; 128]; STEM_COUNT],
            tap,
            captured: false,
            release_midi: false,
            release_live: false,
            playing: false,
        }
    }

    /// Whether the ambience is made as a field beside its stereo. Called off the audio thread, before the first block.
    pub fn set_ambience_field(&mut self, wanted: bool) {
        self.engine.set_ambience_field(wanted);
    }

    /// Says what happens in the block about to be processed, in any order. A frame beyond the block counts as its last,
    /// a negative one as its first.
    pub fn event(&mut self, frame: i64, event: Event) {
        if !legal(&event) {
            return;
        }
        let frame = frame.clamp(0, i64::from(u32::MAX)) as usize;
        if self.events.len() < MAX_EVENTS {
            self.events.push(Timed { frame, order: self.events.len(), event });
        } else if let Event::Value { index, value } = event {
            if let Some(slot) = self.spilled.get_mut(index) {
                *slot = Some(value);
            }
        } else {
            self.release_live = true;
        }
    }

    /// Says the transport at a frame of the block about to be processed. Without a word for frame 0 there is no transport.
    pub fn transport(&mut self, frame: i64, transport: Transport) {
        let _ = self.transports.try_push((frame.max(0) as usize, transport));
    }

    /// Makes a block. Zero frames are legal: values are taken, events wait for the next block.
    pub fn process(&mut self, frames: usize, out: &mut Outputs<'_>) -> Status {
        self.midi.clear();
        self.sort(frames);
        if frames == 0 {
            self.hold();
            return self.status();
        }
        let engine = &mut self.engine;
        self.shared
            .params
            .take_for_engine(|index, value| engine.push(0, Event::Value { index, value: f64::from(value) }));
        self.release();
        let mut next_event = 0;
        for stretch in 0..self.transports.len() {
            let (start, transport) = self.transports[stretch];
            let end = self.transports.get(stretch + 1).map_or(frames, |&(frame, _)| frame);
            if end == start {
                continue;
            }
            self.tap.follow_host(&transport);
            self.follow_capture();
            next_event = self.push_events(next_event, start, end);
            out.base = start;
            self.engine.process(end - start, &transport, out);
            self.tap.advance((end - start) as f64 / self.sample_rate_hz);
            self.collect_midi(start, frames);
            self.playing = transport.playing;
        }
        out.base = 0;
        self.events.clear();
        self.transports.clear();
        self.spill();
        self.follow_capture();
        self.status()
    }

    /// True once after a motif was captured: the document's side should be asked to take it.
    pub fn take_captured(&mut self) -> bool {
        std::mem::take(&mut self.captured)
    }

    /// Composed notes of the last block, in order: channel = stem, velocity 0 = off.
    pub fn midi_out(&self) -> &[MidiOut] {
        &self.midi
    }

    /// Equal to a fresh engine with the same cue and values. Cheap and idempotent; no allocation.
    pub fn reset(&mut self) {
        // What a flush said is not heard yet, but said.
        self.hold();
        for timed in self.events.drain(..) {
            if let Event::Value { index, value } = timed.event {
                self.shared.params.set(index, value);
            }
        }
        self.engine.reset();
        self.engine.clear_midi();
        self.release_midi = true;
        self.playing = false;
    }

    /// How long the sound may ring after the music stops, frames.
    pub fn tail_frames(&self) -> u64 {
        self.engine.tail_frames()
    }

    /// Sample rate in use.
    pub fn sample_rate_hz(&self) -> f64 {
        self.sample_rate_hz
    }

    /// The instance this belongs to.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Ends the audio side; what was heard stays with the instance. Called off the audio thread.
    pub fn deactivate(self) {}

    /// Brings events and transport changes into the order of their frames, all inside the block.
    fn sort(&mut self, frames: usize) {
        let last = frames.saturating_sub(1);
        for timed in &mut self.events {
            timed.frame = timed.frame.min(last);
        }
        self.events.sort_unstable_by_key(|timed| (timed.frame, timed.order));
        self.transports.retain(|(frame, _)| *frame == 0 || *frame < frames);
        // At most 64, nearly always in order: an insertion sort keeps equal frames in the host's order.
        for i in 1..self.transports.len() {
            let mut j = i;
            while j > 0 && self.transports[j - 1].0 > self.transports[j].0 {
                self.transports.swap(j - 1, j);
                j -= 1;
            }
        }
        if self.transports.first().is_none_or(|(frame, _)| *frame > 0) {
            if self.transports.is_full() {
                self.transports.pop();
            }
            self.transports.insert(0, (0, Transport::default()));
        }
    }

    /// Between blocks of no frames: values count at once, events wait.
    fn hold(&mut self) {
        for timed in &self.events {
            if let Event::Value { index, value } = timed.event {
                self.shared.params.keep(index, value);
            }
        }
        self.transports.clear();
        self.spill();
    }

    fn spill(&mut self) {
        for (index, slot) in self.spilled.iter_mut().enumerate() {
            if let Some(value) = slot.take() {
                self.shared.params.set(index, value);
            }
        }
    }

    /// Ends what can no longer end by itself: keys the host holds since before a reset, live notes whose end was lost.
    fn release(&mut self) {
        if std::mem::take(&mut self.release_live) {
            self.engine.push(0, Event::AllNotesOff);
        }
        if std::mem::take(&mut self.release_midi) {
            for (channel, keys) in self.sounding.iter_mut().enumerate() {
                for (key, count) in keys.iter_mut().enumerate().filter(|(_, count)| **count > 0) {
                    *count = 0;
                    self.midi.push(MidiOut {
                        frame: 0,
                        channel: channel as u8,
                        key: key as u8,
                        velocity: 0.0,
                    });
                }
            }
        }
    }

    fn push_events(&mut self, mut next: usize, start: usize, end: usize) -> usize {
        while let Some(timed) = self.events.get(next).copied().filter(|timed| timed.frame < end) {
            if let Event::Value { index, value } = timed.event {
                self.shared.params.keep(index, value);
                if index == Param::Capture as usize {
                    self.follow_capture();
                }
            }
            self.overhear((timed.frame - start) as f64 / self.sample_rate_hz, &timed.event);
            self.engine.push(timed.frame - start, timed.event);
            next += 1;
        }
        next
    }

    fn follow_capture(&mut self) {
        self.captured |= self.tap.follow(self.shared.params.get(Param::Capture as usize) >= 0.5);
    }

    /// Keys go to a capture under way as well.
    fn overhear(&mut self, seconds: f64, event: &Event) {
        if !self.tap.hears() {
            return;
        }
        match *event {
            Event::NoteOn { key, velocity, .. } => self.tap.key_on(key, velocity, seconds),
            Event::NoteOff { key, .. } => self.tap.key_off(Some(key), seconds),
            Event::AllNotesOff => self.tap.key_off(None, seconds),
            Event::Value { .. } | Event::Modulation { .. } => {}
        }
    }

    /// Two composed notes may share a key; outside a key is either down or up. So a second attack lets go first, and
    /// only the last release counts: ons and offs always balance.
    fn collect_midi(&mut self, start: usize, frames: usize) {
        for note in self.engine.midi_out() {
            let keys = self.sounding.get_mut(note.channel as usize);
            let Some(count) = keys.and_then(|keys| keys.get_mut(note.key as usize)) else { continue };
            let note = MidiOut { frame: (start + note.frame as usize).min(frames - 1) as u32, ..*note };
            let off = MidiOut { velocity: 0.0, ..note };
            if note.velocity > 0.0 {
                // Room is kept to release every key there is.
                if self.midi.len() + 2 + 128 * STEM_COUNT > MAX_MIDI || *count == u8::MAX {
                    continue;
                }
                if *count > 0 {
                    self.midi.push(off);
                }
                *count += 1;
                self.midi.push(note);
            } else if *count > 0 {
                *count -= 1;
                if *count == 0 && self.midi.len() < MAX_MIDI {
                    self.midi.push(off);
                }
            }
        }
        self.engine.clear_midi();
    }

    fn status(&self) -> Status {
        if self.playing || self.shared.listening() {
            Status::Continue
        } else if self.engine.is_silent() {
            Status::Sleep
        } else {
            Status::Tail
        }
    }
}

impl Drop for Processor {
    fn drop(&mut self) {
        self.shared.session().detach();
    }
}

/// False for what has no meaning: not-a-number, keys and rows that do not exist.
fn legal(event: &Event) -> bool {
    match *event {
        Event::Value { value, .. } => !value.is_nan(),
        Event::Modulation { amount, .. } => amount.is_finite(),
        Event::NoteOn { key, velocity, .. } => key < 128 && velocity.is_finite(),
        Event::NoteOff { key, .. } => key < 128,
        Event::AllNotesOff => true,
    }
}
