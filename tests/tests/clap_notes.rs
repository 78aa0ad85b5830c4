//! Notes of the built CLAP plugin: what is composed goes out on the stem's channel, what is played comes in.
//! Source: DESIGN 8 "MIDI in and out (channel = stem)".

use clack_extensions::note_ports::{NoteDialect, NoteDialects, NotePortInfoBuffer, PluginNotePorts};
use clack_host::events::event_types::{MidiEvent, NoteOffEvent};
use clack_host::events::io::EventBuffer;
use clack_host::events::{Match, Pckn};
use cuewright_engine::engine::{Event, MidiOut};
use cuewright_engine::stem::STEM_COUNT;
use cuewright_tests::clap_host::{Buffers, Cut, Plugin, clap_event, play, state_of, transport_event};
use cuewright_tests::cues;
use cuewright_tests::rig::{Blocks, Script, stopped};
use std::collections::BTreeMap;

const RATE_HZ: f64 = 48_000.0;

fn busy(mut plugin: Plugin) -> Plugin {
    assert!(plugin.load(&state_of(&cues::busy())));
    plugin.activate(RATE_HZ, 512);
    plugin
}

/// Keys that are down after a list of notes; fails where an attack or a release finds its key in the wrong state.
fn held(notes: &[(u64, MidiOut)]) -> BTreeMap<(u8, u8), u64> {
    let mut down = BTreeMap::new();
    for &(at, note) in notes {
        let key = (note.channel, note.key);
        if note.velocity > 0.0 {
            assert!(note.velocity <= 1.0 && note.key < 128);
            assert!(down.insert(key, at).is_none(), "{key:?} struck twice at {at}");
        } else {
            assert!(down.remove(&key).is_some(), "{key:?} let go at {at} without an attack");
        }
    }
    down
}

#[test]
fn composed_notes_go_out_on_the_stems_channel_and_balance() {
    let mut plugin = busy(Plugin::new());
    let end = 20 * 48_000;
    let script = Script::steady(RATE_HZ, 120.0, 0.0).then(end, stopped(120.0, 40.0));
    let run = play(&mut plugin, &script, Blocks::Of(512), Cut::Inside, 0..end + 48_000);
    let notes = run.recording.midi;
    assert!(
        notes.iter().all(|(_, note)| usize::from(note.channel) < STEM_COUNT - 1),
        "ambience has no notes"
    );
    let channels: std::collections::BTreeSet<u8> = notes.iter().map(|(_, note)| note.channel).collect();
    assert!(channels.len() >= 5, "only channels {channels:?}");
    assert!(held(&notes).is_empty(), "keys hang after the stop: {:?}", held(&notes));
    let last = notes.last().unwrap();
    assert!(
        last.1.velocity == 0.0 && last.0 <= end + 512,
        "the last word is {last:?}, the stop was at {end}"
    );
}

#[test]
fn a_locate_and_a_reset_let_go_of_every_key() {
    let mut plugin = busy(Plugin::new());
    let script =
        Script::steady(RATE_HZ, 120.0, 0.0).then(100_003, cuewright_tests::rig::playing(120.0, 32.0));
    let mut notes = play(&mut plugin, &script, Blocks::Of(512), Cut::Inside, 0..150_016).recording.midi;
    assert!(!held(&notes).is_empty(), "nothing sounds at the reset: the test is worth nothing");
    plugin.reset();
    let still = Script { transport: vec![(0, stopped(120.0, 0.0))], ..script };
    let after = play(&mut plugin, &still, Blocks::Of(512), Cut::Inside, 0..512).recording.midi;
    assert!(after.iter().all(|(at, note)| *at == 0 && note.velocity == 0.0));
    notes.extend(after);
    assert!(held(&notes).is_empty());
}

#[test]
fn a_host_of_midi_gets_midi() {
    let script = Script::steady(RATE_HZ, 120.0, 0.0);
    let clap = play(&mut busy(Plugin::new()), &script, Blocks::Of(512), Cut::Inside, 0..192_000);
    let midi = play(&mut busy(Plugin::in_midi_host()), &script, Blocks::Of(512), Cut::Inside, 0..192_000);
    let keys = |notes: &[(u64, MidiOut)]| -> Vec<(u64, u8, u8, bool)> {
        notes.iter().map(|(at, note)| (*at, note.channel, note.key, note.velocity > 0.0)).collect()
    };
    assert!(!clap.recording.midi.is_empty());
    assert_eq!(keys(&midi.recording.midi), keys(&clap.recording.midi));
    assert!(midi.others.is_empty() && clap.others.is_empty());
}

#[test]
fn there_is_one_note_port_each_way_in_both_dialects() {
    let mut plugin = Plugin::new();
    let ports: PluginNotePorts = plugin.extension();
    let mut buffer = NotePortInfoBuffer::new();
    for is_input in [true, false] {
        assert_eq!(ports.count(&plugin.main(), is_input), 1);
        let port = ports.get(&plugin.main(), 0, is_input, &mut buffer).unwrap();
        assert_eq!(port.supported_dialects, NoteDialects::CLAP | NoteDialects::MIDI);
        assert_eq!(port.preferred_dialect, Some(NoteDialect::Clap));
        assert!(ports.get(&plugin.main(), 1, is_input, &mut buffer).is_none());
    }
}

/// Peak of each stem over a second in which the host stands and events come in the first block.
fn live(events: &EventBuffer) -> [f32; STEM_COUNT] {
    let mut plugin = busy(Plugin::new());
    let mut buffers = Buffers::full(512);
    let transport = transport_event(0, &stopped(120.0, 0.0));
    let mut peaks = [0.0f32; STEM_COUNT];
    for block in 0..94 {
        let none = EventBuffer::new();
        plugin.process(512, &mut buffers, if block == 0 { events } else { &none }, Some(&transport));
        for (stem, peak) in peaks.iter_mut().enumerate() {
            *peak = buffers.channel(1 + stem, 0).iter().fold(*peak, |most, sample| most.max(sample.abs()));
        }
    }
    peaks
}

#[test]
fn live_notes_of_either_dialect_play_the_stem_of_their_channel() {
    for channel in [0u8, 4] {
        let (mut clap, mut midi) = (EventBuffer::new(), EventBuffer::new());
        clap_event(&mut clap, 7, Event::NoteOn { channel, key: 60, velocity: 100.0 / 127.0 });
        midi.push(&MidiEvent::new(7, 0, [0x90 | channel, 60, 100]));
        let peaks = live(&clap);
        assert!(peaks[usize::from(channel)] > 0.001, "channel {channel}: {peaks:?}");
        assert!(peaks.iter().enumerate().all(|(stem, &peak)| stem == usize::from(channel) || peak == 0.0));
        assert_eq!(live(&midi), peaks);
    }
}

#[test]
fn notes_are_let_go_by_wildcards_and_controllers_too() {
    let on = |channel, key| Event::NoteOn { channel, key, velocity: 0.8 };
    let mut ends: Vec<(&str, EventBuffer)> = Vec::new();
    let mut one = |name, push: &dyn Fn(&mut EventBuffer)| {
        let mut events = EventBuffer::new();
        push(&mut events);
        ends.push((name, events));
    };
    one("key", &|events| clap_event(events, 0, Event::NoteOff { channel: 4, key: 67 }));
    one("all", &|events| clap_event(events, 0, Event::AllNotesOff));
    one("all keys of the channel", &|events| {
        events.push(&NoteOffEvent::new(0, Pckn::new(0u16, 4u16, Match::All, Match::All), 0.0));
    });
    one("the key on any channel", &|events| {
        events.push(&NoteOffEvent::new(0, Pckn::new(Match::All, Match::All, 67u16, Match::All), 0.0));
    });
    one("note on without velocity", &|events| events.push(&MidiEvent::new(0, 0, [0x94, 67, 0])));
    one("all notes off", &|events| events.push(&MidiEvent::new(0, 0, [0xB4, 123, 0])));
    for (name, end) in ends {
        let mut plugin = busy(Plugin::new());
        let mut buffers = Buffers::full(512);
        let transport = transport_event(0, &stopped(120.0, 0.0));
        let mut start = EventBuffer::new();
        clap_event(&mut start, 0, on(4, 67));
        let none = EventBuffer::new();
        let mut asleep = None;
        for block in 0..3_000 {
            let events = [&start, &end].get(block / 40).filter(|_| block % 40 == 0).copied().unwrap_or(&none);
            let status = plugin.process(512, &mut buffers, events, Some(&transport)).status;
            if block > 40 && status == clack_host::prelude::ProcessStatus::Sleep {
                asleep = Some(block);
                break;
            }
        }
        assert!(asleep.is_some(), "{name}: the note never ends");
    }
}

#[test]
fn events_out_of_order_and_out_of_the_block_are_put_in_their_place() {
    let script = Script::steady(RATE_HZ, 120.0, 0.0);
    let run = |times: [u32; 4], backwards: bool| {
        let mut plugin = busy(Plugin::new());
        let mut buffers = Buffers::full(512);
        let mut mix = Vec::new();
        for block in 0..100u64 {
            let mut list = vec![
                (times[0], Event::Value { index: 1, value: 1.0 }),
                (times[1], Event::NoteOn { channel: 4, key: 64, velocity: 0.9 }),
                (times[2], Event::Value { index: 5, value: -1.0 }),
                (times[3], Event::NoteOff { channel: 4, key: 64 }),
            ];
            if backwards {
                list.reverse();
            }
            let mut events = EventBuffer::new();
            for (time, event) in list.into_iter().filter(|_| block == 20) {
                clap_event(&mut events, time, event);
            }
            let transport = transport_event(0, &script.at(block * 512));
            plugin.process(512, &mut buffers, &events, Some(&transport));
            mix.extend_from_slice(buffers.channel(0, 0));
        }
        mix
    };
    assert!(run([10, 100, 200, 400], false) == run([10, 100, 200, 400], true));
    assert!(run([10, 100, 200, 511], false) == run([10, 100, 200, u32::MAX], true));
    assert!(run([10, 100, 200, 511], false) == run([10, 100, 200, 512], false));
    assert!(run([10, 100, 200, 400], false) != run([10, 150, 200, 400], false), "times do not count at all");
}

#[test]
fn a_flood_of_events_is_survived_and_no_note_hangs() {
    let mut plugin = busy(Plugin::new());
    let mut buffers = Buffers::full(512);
    let mut flood = EventBuffer::new();
    for step in 0..20_000u32 {
        let key = (step % 128) as u8;
        clap_event(&mut flood, step % 700, Event::NoteOn { channel: (step % 16) as u8, key, velocity: 0.5 });
        clap_event(&mut flood, step % 600, Event::Value { index: 1, value: f64::from(step) / 20_000.0 });
    }
    let transport = transport_event(0, &stopped(120.0, 0.0));
    plugin.process(512, &mut buffers, &flood, Some(&transport));
    let mut off = EventBuffer::new();
    clap_event(&mut off, 0, Event::AllNotesOff);
    plugin.process(512, &mut buffers, &off, Some(&transport));
    let mut status = clack_host::prelude::ProcessStatus::Continue;
    for _ in 0..3_000 {
        status = plugin.process(512, &mut buffers, &EventBuffer::new(), Some(&transport)).status;
        assert!(buffers.channel(0, 0).iter().all(|sample| sample.is_finite()));
    }
    assert_eq!(status, clack_host::prelude::ProcessStatus::Sleep);
    assert!(plugin.value(clack_host::prelude::ClapId::new(2)) > 0.9, "the last value of the flood is lost");
}
