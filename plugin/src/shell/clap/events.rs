//! CLAP's events in and out. Source: CLAP events.h, MIDI 1.0. In/out: any order, any time, any wildcard.

use super::transport;
use crate::core::Processor;
use crate::params::Gesture;
use clack_plugin::events::event_types::{
    MidiEvent, NoteOffEvent, NoteOnEvent, ParamGestureBeginEvent, ParamGestureEndEvent, ParamValueEvent,
};
use clack_plugin::events::io::OutputEvents;
use clack_plugin::events::spaces::CoreEventSpace;
use clack_plugin::events::{Match, Pckn, UnknownEvent};
use clack_plugin::utils::ClapId;
use cuewright_engine::engine::{Event, MidiOut};
use cuewright_engine::params::{PARAMS, ParamRow};

/// Highest MIDI channel.
const LAST_CHANNEL: u8 = 15;

/// The row of a CLAP id.
pub(super) fn row_of(id: ClapId) -> Option<&'static ParamRow> {
    cuewright_engine::params::by_number(id.get())
}

/// The CLAP id of a row.
pub(super) fn id_of(row: &ParamRow) -> ClapId {
    ClapId::new(row.number)
}

/// Passes one event of the host to the processor. Events of other kinds are ignored.
pub(super) fn receive(event: &UnknownEvent, processor: &mut Processor) {
    let time = i64::from(event.header().time());
    match event.as_core_event() {
        Some(CoreEventSpace::Transport(event)) => processor.transport(time, transport::translate(event)),
        Some(CoreEventSpace::ParamValue(event)) => {
            if let Some(row) = event.param_id().and_then(row_of) {
                processor.event(time, Event::Value { index: row.index, value: event.value() });
            }
        }
        Some(CoreEventSpace::ParamMod(event)) => {
            if let Some(row) = event.param_id().and_then(row_of) {
                processor.event(time, Event::Modulation { index: row.index, amount: event.amount() });
            }
        }
        Some(CoreEventSpace::NoteOn(event)) => {
            let (Some(channel), Some(key)) = (specific(event.channel()), specific(event.key())) else {
                return;
            };
            note_on(processor, time, channel, key, event.velocity() as f32);
        }
        Some(CoreEventSpace::NoteOff(event)) => note_off(processor, time, event.channel(), event.key()),
        Some(CoreEventSpace::NoteChoke(event)) => note_off(processor, time, event.channel(), event.key()),
        Some(CoreEventSpace::Midi(event)) => midi(processor, time, event.data()),
        _ => {}
    }
}

fn specific(value: Match<u16>) -> Option<u8> {
    match value {
        Match::Specific(value) => u8::try_from(value).ok(),
        Match::All => None,
    }
}

fn note_on(processor: &mut Processor, time: i64, channel: u8, key: u8, velocity: f32) {
    let channel = channel.min(LAST_CHANNEL);
    processor.event(time, Event::NoteOn { channel, key, velocity: velocity.clamp(0.0, 1.0) });
}

fn note_off(processor: &mut Processor, time: i64, channel: Match<u16>, key: Match<u16>) {
    if matches!((channel, key), (Match::All, Match::All)) {
        return processor.event(time, Event::AllNotesOff);
    }
    let (first, last) = specific(channel).map_or((0, LAST_CHANNEL), |channel| (channel, channel));
    let (lowest, highest) = specific(key).map_or((0, 127), |key| (key, key));
    for channel in first..=last {
        for key in lowest..=highest {
            processor.event(time, Event::NoteOff { channel, key });
        }
    }
}

fn midi(processor: &mut Processor, time: i64, [status, key, value]: [u8; 3]) {
    let channel = status & 0x0F;
    match status & 0xF0 {
        0x90 if value > 0 => note_on(processor, time, channel, key, f32::from(value.min(127)) / 127.0),
        0x80 | 0x90 => processor.event(time, Event::NoteOff { channel, key }),
        // All sound off, all notes off.
        0xB0 if key == 120 || key == 123 => processor.event(time, Event::AllNotesOff),
        _ => {}
    }
}

/// Tells the host what the editor did. What it will not take is lost to it, never to us.
pub(super) fn send_gesture(gesture: Gesture, out: &mut OutputEvents<'_>) {
    let id = |index: usize| id_of(&PARAMS[index]);
    let _ = match gesture {
        Gesture::Begin(index) => out.try_push(ParamGestureBeginEvent::new(0, id(index))),
        Gesture::Value(index, value) => {
            out.try_push(ParamValueEvent::new(0, id(index), Pckn::match_all(), f64::from(value)))
        }
        Gesture::End(index) => out.try_push(ParamGestureEndEvent::new(0, id(index))),
    };
}

/// Sends a composed note, one channel per stem.
pub(super) fn send_note(note: &MidiOut, as_midi: bool, out: &mut OutputEvents<'_>) {
    let pckn = Pckn::new(0u16, u16::from(note.channel), u16::from(note.key), Match::All);
    let velocity = f64::from(note.velocity);
    let on = note.velocity > 0.0;
    // MIDI knows 1 as the softest attack: 0 would let go.
    let seven_bit = ((note.velocity * 127.0).round() as u8).clamp(u8::from(on), 127);
    let status = if on { 0x90 } else { 0x80 } | (note.channel & 0x0F);
    let _ = match (as_midi, on) {
        (true, _) => out.try_push(MidiEvent::new(note.frame, 0, [status, note.key & 127, seven_bit])),
        (false, true) => out.try_push(NoteOnEvent::new(note.frame, pckn, velocity)),
        (false, false) => out.try_push(NoteOffEvent::new(note.frame, pckn, 0.0)),
    };
}
