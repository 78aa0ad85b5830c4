//! Plays a script through the built plugin, in blocks of any size, into a recording.
//! Source: what hosts do with blocks, PLATFORM 2. In/out: the same script and recording as the engine's own rig.

use super::buffers::Buffers;
use super::handlers::Host;
use super::plugin::Plugin;
use crate::rig::{Blocks, Recording, Script};
use clack_host::events::event_types::*;
use clack_host::events::io::EventBuffer;
use clack_host::events::spaces::CoreEventSpace;
use clack_host::events::{EventFlags, EventHeader, Match, Pckn};
use clack_host::prelude::*;
use clack_host::process::StartedPluginAudioProcessor;
use clack_host::utils::{BeatTime, SecondsTime};
use cuewright_engine::engine::{Event, MidiOut};
use cuewright_engine::params::PARAMS;
use cuewright_engine::stem::STEM_COUNT;
use cuewright_engine::time::Transport;
use std::ops::Range;

/// What a host does when the transport jumps inside a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Sends a transport event inside the block.
    Inside,
    /// Cuts the block in two calls.
    Calls,
}

/// A script being played by a plugin.
pub struct Run {
    /// Everything the plugin gave so far.
    pub recording: Recording,
    /// The status of every block.
    pub statuses: Vec<ProcessStatus>,
    /// Events that are neither notes nor MIDI, in order.
    pub others: Vec<String>,
}

/// The engine's transport as CLAP says it.
pub fn transport_event(time: u32, transport: &Transport) -> TransportEvent {
    let mut flags = TransportFlags::empty();
    let mut set = |flag, on| {
        if on {
            flags |= flag
        }
    };
    set(TransportFlags::IS_PLAYING, transport.playing);
    set(TransportFlags::HAS_TEMPO, transport.tempo_bpm.is_some());
    set(TransportFlags::HAS_BEATS_TIMELINE, transport.position.is_some());
    set(TransportFlags::HAS_SECONDS_TIMELINE, transport.position_s.is_some());
    set(TransportFlags::HAS_TIME_SIGNATURE, transport.meter.is_some());
    set(TransportFlags::IS_LOOP_ACTIVE, transport.loop_range.is_some());
    let beats = |beats: Option<f64>| BeatTime::from_float(beats.unwrap_or(0.0));
    let (numerator, denominator) = transport.meter.unwrap_or((0, 0));
    TransportEvent {
        header: EventHeader::new_core(time, EventFlags::empty()),
        flags,
        song_pos_beats: beats(transport.position),
        song_pos_seconds: SecondsTime::from_float(transport.position_s.unwrap_or(0.0)),
        tempo: transport.tempo_bpm.unwrap_or(0.0),
        tempo_inc: 0.0,
        loop_start_beats: beats(transport.loop_range.map(|range| range.0)),
        loop_end_beats: beats(transport.loop_range.map(|range| range.1)),
        loop_start_seconds: SecondsTime::from_float(0.0),
        loop_end_seconds: SecondsTime::from_float(0.0),
        bar_start: beats(transport.bar_start),
        bar_number: 0,
        time_signature_numerator: numerator,
        time_signature_denominator: denominator,
    }
}

/// Adds an event of the engine's vocabulary as CLAP says it.
pub fn clap_event(events: &mut EventBuffer, time: u32, event: Event) {
    let id = |index: usize| ClapId::new(PARAMS[index].number);
    let note = |channel: u8, key: u8| Pckn::new(0u16, u16::from(channel), u16::from(key), Match::All);
    match event {
        Event::Value { index, value } => {
            events.push(&ParamValueEvent::new(time, id(index), Pckn::match_all(), value));
        }
        Event::Modulation { index, amount } => {
            events.push(&ParamModEvent::new(time, id(index), Pckn::match_all(), amount));
        }
        Event::NoteOn { channel, key, velocity } => {
            events.push(&NoteOnEvent::new(time, note(channel, key), f64::from(velocity)));
        }
        Event::NoteOff { channel, key } => events.push(&NoteOffEvent::new(time, note(channel, key), 0.0)),
        Event::AllNotesOff => events.push(&NoteOffEvent::new(time, Pckn::match_all(), 0.0)),
    }
}

/// Plays a script at one rate from a fresh activation and returns what came out of the ten busses.
pub fn play_steady(plugin: &mut Plugin, script: &Script, blocks: Blocks, frames: u64) -> Recording {
    plugin.activate(script.sample_rate_hz, blocks.largest() as u32);
    let run = play(plugin, script, blocks, Cut::Inside, 0..frames);
    plugin.deactivate();
    run.recording
}

/// Plays a stretch of a script through an active plugin.
pub fn play(plugin: &mut Plugin, script: &Script, mut blocks: Blocks, cut: Cut, range: Range<u64>) -> Run {
    let mut run = Run {
        recording: Recording::new((range.end - range.start) as usize),
        statuses: Vec::new(),
        others: Vec::new(),
    };
    let mut buffers = Buffers::full(blocks.largest());
    let mut at = range.start;
    while at < range.end {
        let mut end = (at + blocks.next() as u64).min(range.end);
        if cut == Cut::Calls {
            end = end.min(script.next_word(at));
        }
        let mut events = EventBuffer::new();
        let mut word = script.next_word(at);
        while word < end {
            events.push(&transport_event((word - at) as u32, &script.at(word)));
            word = script.next_word(word);
        }
        for &(frame, event) in script.events.iter().filter(|(frame, _)| (at..end).contains(frame)) {
            clap_event(&mut events, (frame - at) as u32, event);
        }
        events.sort();
        let frames = (end - at) as usize;
        let transport = transport_event(0, &script.at(at));
        let outcome = plugin.process(frames as u32, &mut buffers, &events, Some(&transport));
        run.take(&buffers, frames, at - range.start, &outcome.events);
        run.statuses.push(outcome.status);
        at = end;
    }
    run
}

/// Processes one block of the main bus alone, for an audio thread of its own.
pub fn process_stereo(
    audio: &mut StartedPluginAudioProcessor<Host>,
    channels: &mut [Vec<f32>],
    transport: &TransportEvent,
) -> ProcessStatus {
    let mut ports = AudioPorts::with_capacity(2, 1);
    let buffer = AudioPortBuffer {
        latency: 0,
        channels: AudioPortBufferType::f32_output_only(channels.iter_mut().map(Vec::as_mut_slice)),
    };
    let mut outputs = ports.with_output_buffers([buffer]);
    process_ports(audio, &mut outputs, transport).expect("the plugin processes")
}

/// Processes one block of the main bus alone in doubles, as a host does that does not read what was offered.
pub fn process_doubles(
    audio: &mut StartedPluginAudioProcessor<Host>,
    channels: &mut [Vec<f64>],
    transport: &TransportEvent,
) -> Result<ProcessStatus, PluginInstanceError> {
    let mut ports = AudioPorts::with_capacity(2, 1);
    let buffer = AudioPortBuffer {
        latency: 0,
        channels: AudioPortBufferType::f64_output_only(channels.iter_mut().map(Vec::as_mut_slice)),
    };
    let mut outputs = ports.with_output_buffers([buffer]);
    process_ports(audio, &mut outputs, transport)
}

fn process_ports(
    audio: &mut StartedPluginAudioProcessor<Host>,
    outputs: &mut OutputAudioBuffers<'_>,
    transport: &TransportEvent,
) -> Result<ProcessStatus, PluginInstanceError> {
    let (events, mut out) = (EventBuffer::new(), EventBuffer::new());
    let inputs = InputAudioBuffers::empty();
    audio.process(&inputs, outputs, &events.as_input(), &mut out.as_output(), None, Some(transport))
}

impl Run {
    fn take(&mut self, buffers: &Buffers, frames: usize, at: u64, events: &EventBuffer) {
        for channel in 0..2 {
            self.recording.mix[channel].extend_from_slice(&buffers.channel(0, channel)[..frames]);
            for stem in 0..STEM_COUNT {
                let sound = &buffers.channel(1 + stem, channel)[..frames];
                self.recording.stems[stem][channel].extend_from_slice(sound);
            }
        }
        let mut last = 0;
        for event in events.iter() {
            let time = event.header().time();
            assert!(time >= last && (time as usize) < frames.max(1), "an event at {time} of {frames}");
            last = time;
            match read_note(event) {
                Some(note) => self.recording.midi.push((at + u64::from(time), note)),
                None => self.others.push(format!("{event:?}")),
            }
        }
    }
}

/// A note event of either dialect as the engine says it.
fn read_note(event: &UnknownEvent) -> Option<MidiOut> {
    let frame = event.header().time();
    let specific = |value: Match<u16>| match value {
        Match::Specific(value) => u8::try_from(value).ok(),
        Match::All => None,
    };
    let (channel, key, velocity) = match event.as_core_event()? {
        CoreEventSpace::NoteOn(on) => (specific(on.channel())?, specific(on.key())?, on.velocity() as f32),
        CoreEventSpace::NoteOff(off) => (specific(off.channel())?, specific(off.key())?, 0.0),
        CoreEventSpace::Midi(midi) => {
            let [status, key, value] = midi.data();
            let velocity = match status & 0xF0 {
                0x90 => f32::from(value) / 127.0,
                0x80 => 0.0,
                _ => return None,
            };
            (status & 0x0F, key, velocity)
        }
        _ => return None,
    };
    Some(MidiOut { frame, channel, key, velocity })
}
