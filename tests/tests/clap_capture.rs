//! Motif capture in the built CLAP plugin: what is played while the switch is on becomes the cue's motif, is saved, marks the
//! project, and the music sings it. Source: DESIGN 8 "motif and its variants". The switch is a parameter, as a host sees it.

use clack_host::events::io::EventBuffer;
use cuewright_engine::cue::{Cue, MotifNote};
use cuewright_engine::engine::Event;
use cuewright_engine::params::Param;
use cuewright_tests::clap_host::{Buffers, Plugin, clap_event, state_of, transport_event};
use cuewright_tests::cues;
use cuewright_tests::rig::{playing, stopped};
use serde_json::Value;
use std::sync::atomic::Ordering;

const RATE_HZ: f64 = 48_000.0;
const BLOCK: u32 = 512;

/// Frames of a beat at 120 bpm.
const BEAT: u64 = 24_000;

struct Desk {
    plugin: Plugin,
    buffers: Buffers,
    /// Frames since the activation.
    at: u64,
    rolling: bool,
}

impl Desk {
    fn new(rolling: bool) -> Desk {
        let mut plugin = Plugin::new();
        assert!(plugin.load(&state_of(&Cue { key: "C".into(), ..cues::busy() })));
        plugin.activate(RATE_HZ, BLOCK);
        plugin.idle();
        Desk { plugin, buffers: Buffers::full(BLOCK as usize), at: 0, rolling }
    }

    /// Plays on to a frame; events have their frames.
    fn play(&mut self, events: &[(u64, Event)], until: u64) {
        while self.at < until {
            let mut list = EventBuffer::new();
            for &(frame, event) in events.iter().filter(|(f, _)| (self.at..self.at + 512).contains(f)) {
                clap_event(&mut list, (frame - self.at) as u32, event);
            }
            let beats = self.at as f64 / BEAT as f64;
            let transport = if self.rolling { playing(120.0, beats) } else { stopped(120.0, 0.0) };
            self.plugin.process(BLOCK, &mut self.buffers, &list, Some(&transport_event(0, &transport)));
            self.at += u64::from(BLOCK);
        }
    }

    fn motif(&mut self) -> Option<Vec<MotifNote>> {
        let state: Value = serde_json::from_slice(&self.plugin.save()).expect("a saved state is JSON");
        let notes = state["cue"]["motif"]["notes"].clone();
        serde_json::from_value(notes).ok()
    }
}

fn switch(on: bool) -> Event {
    Event::Value { index: Param::Capture as usize, value: f64::from(u8::from(on)) }
}

/// G A B D, the second short, 20 ms off the beat here and there.
fn tune(start: u64) -> Vec<(u64, Event)> {
    let notes = [(0, 1.5, 67u8), (36_900, 0.45, 69), (47_300, 1.0, 71), (72_700, 2.0, 74)];
    let mut events = Vec::new();
    for (at, beats, key) in notes {
        let off = start + at + (beats * BEAT as f64) as u64;
        events.push((start + at, Event::NoteOn { channel: 4, key, velocity: 0.75 }));
        events.push((off, Event::NoteOff { channel: 4, key }));
    }
    events
}

#[test]
fn what_is_played_becomes_the_motif_in_a_host_that_rolls_and_in_one_that_stands() {
    for rolling in [false, true] {
        let mut desk = Desk::new(rolling);
        let before = desk.motif();
        let mut events = vec![(10_000, switch(true)), (160_000, switch(false))];
        events.extend(tune(20_000));
        // A key before the switch belongs to no motif.
        events.push((1000, Event::NoteOn { channel: 4, key: 40, velocity: 0.9 }));
        desk.play(&events, 170_000);
        assert!(desk.plugin.log.callback.load(Ordering::Relaxed), "nobody is asked to take it");
        let dirty = desk.plugin.log.dirty.load(Ordering::Relaxed);
        desk.plugin.idle();
        desk.plugin.idle();
        assert_eq!(desk.plugin.log.dirty.load(Ordering::Relaxed), dirty + 1, "the project is marked once");
        let motif = desk.motif().expect("a motif");
        assert_ne!(Some(&motif), before.as_ref());
        let beats: Vec<f64> = motif.iter().map(|note| note.beats).collect();
        assert_eq!(beats, [1.5, 0.5, 1.0, 2.0], "rolling {rolling}");
        let steps: Vec<(i8, i8)> = motif.iter().map(|note| (note.degree, note.alter)).collect();
        let up: Vec<i8> = steps.iter().map(|step| step.0 - steps[0].0).collect();
        assert_eq!((up, steps.iter().all(|step| step.1 == 0)), (vec![0, 1, 2, 4], true), "{steps:?}");
        // The document is the plugin's own: another instance opens it.
        let state = desk.plugin.save();
        let mut other = Plugin::new();
        assert!(other.load(&state));
        assert_eq!(other.save(), state);
    }
}

#[test]
fn a_motif_is_taken_even_where_the_host_never_calls_before_it_saves() {
    let mut desk = Desk::new(false);
    let mut events = vec![(0, switch(true)), (140_000, switch(false))];
    events.extend(tune(5000));
    desk.play(&events, 145_000);
    assert_eq!(desk.motif().map(|motif| motif.len()), Some(4));
}

#[test]
fn nothing_and_one_note_are_no_motif() {
    let mut desk = Desk::new(false);
    let before = desk.motif();
    desk.play(&[(0, switch(true)), (5000, switch(false))], 6000);
    desk.plugin.idle();
    assert_eq!(desk.motif(), before);
    let one = Event::NoteOn { channel: 4, key: 60, velocity: 0.5 };
    desk.play(&[(7000, switch(true)), (9000, one), (30_000, switch(false))], 32_000);
    desk.plugin.idle();
    assert_eq!(desk.motif(), before);
    // What an old document heard is not given to a new one.
    let mut events = vec![(33_000, switch(true))];
    events.extend(tune(34_000));
    desk.play(&events, 180_000);
    assert!(desk.plugin.load(&state_of(&Cue { seed: 77, ..Cue::default() })));
    desk.play(&[(182_000, switch(false))], 190_000);
    desk.plugin.idle();
    assert_eq!(desk.motif(), None);
}
