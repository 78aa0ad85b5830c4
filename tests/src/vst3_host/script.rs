//! Plays the suites' scripts through the plugin in this host, so that one hash serves the engine and both formats.
//! Source: own. In/out: [`Script`] in, [`Recording`] out, as [`crate::rig::play`] does for the engine itself.

use super::{Block, NoteEvent, Point, Vst3Host};
use crate::rig::{Blocks, Recording, Script};
use cuewright_engine::cue::Cue;
use cuewright_engine::engine::{Event, MidiOut};
use cuewright_engine::params::{PARAMS, ParamRow};
use serde_json::{Map, json};
use std::ops::Range;

/// A plain value as VST3 says it: linear in the row's range.
pub fn normalized(row: &ParamRow, value: f64) -> f64 {
    (value - f64::from(row.min)) / (f64::from(row.max) - f64::from(row.min))
}

/// A point of automation by table index and plain value.
pub fn point(index: usize, frame: i32, value: f64) -> Point {
    let row = &PARAMS[index];
    Point { id: row.number, frame, value: normalized(row, value) }
}

/// A state in which the plugin plays a cue, its parameters where the cue starts.
pub fn state_of(cue: &Cue) -> Vec<u8> {
    let values = crate::cues::plan(cue).values;
    let params: Map<_, _> = PARAMS.iter().map(|row| (row.id.clone(), json!(values.at(row.index)))).collect();
    let state = json!({ "format": "cuewright-state", "schema": 1, "params": params, "cue": cue });
    serde_json::to_vec(&state).expect("a document of texts and numbers")
}

/// Plays a script from frame `range.start` to `range.end` in blocks, each cut where the transport changes, as hosts do.
/// The host must have been activated with room for the largest block and all ten outputs.
pub fn play(host: &mut Vst3Host, script: &Script, blocks: &mut Blocks, range: Range<u64>) -> Recording {
    let mut recording = Recording::new((range.end - range.start) as usize);
    let mut at = range.start;
    while at < range.end {
        let frames = (blocks.next() as u64).min(range.end - at).min(script.next_word(at) - at);
        let (points, notes) = events(script, at..at + frames);
        let block = host.process(frames as usize, Some(&script.at(at)), &points, &notes);
        assert_eq!(block.result, 0, "process at frame {at}");
        assert!(block.points.is_empty(), "host automation came back at frame {at}: {:?}", block.points);
        take(&mut recording, &block, at - range.start);
        at += frames;
    }
    recording
}

/// What a script says in a range of frames, as VST3 says it.
fn events(script: &Script, range: Range<u64>) -> (Vec<Point>, Vec<NoteEvent>) {
    let (mut points, mut notes) = (Vec::new(), Vec::new());
    for &(at, event) in script.events.iter().filter(|(at, _)| range.contains(at)) {
        let frame = (at - range.start) as i32;
        match event {
            Event::Value { index, value } => points.push(point(index, frame, value)),
            Event::NoteOn { channel, key, velocity } => {
                notes.push(NoteEvent { frame, channel: channel.into(), key: key.into(), velocity });
            }
            Event::NoteOff { channel, key } => {
                notes.push(NoteEvent { frame, channel: channel.into(), key: key.into(), velocity: 0.0 });
            }
            Event::Modulation { .. } | Event::AllNotesOff => panic!("VST3 cannot say {event:?}"),
        }
    }
    (points, notes)
}

fn take(recording: &mut Recording, block: &Block, start: u64) {
    let (mix, stems) = block.busses.split_first().expect("the mix is always there");
    let sinks = std::iter::once(&mut recording.mix).chain(&mut recording.stems);
    for (sink, bus) in sinks.zip(std::iter::once(mix).chain(stems)) {
        for (channel, samples) in sink.iter_mut().zip(bus) {
            channel.extend_from_slice(samples);
        }
    }
    recording.midi.extend(block.notes.iter().map(|note| {
        let (frame, velocity) = (note.frame as u32, note.velocity);
        let midi = MidiOut { frame, channel: note.channel as u8, key: note.key as u8, velocity };
        (start + u64::from(frame), midi)
    }));
}
