//! The CLAP shell asks nothing of the allocator while it plays, whatever the host does in between, in debug and release.
//! Source: DESIGN 9 "audio thread". The plugin is linked into this program, so that the guard sees what it does.

use clack_host::events::io::EventBuffer;
use clack_host::prelude::PluginEntry;
use cuewright_engine::cue::Cue;
use cuewright_engine::engine::Event;
use cuewright_engine::params::PARAMS;
use cuewright_plugin::shell::clap::clap_entry;
use cuewright_tests::clap_host::{Buffers, Plugin, clap_event, state_of, transport_event};
use cuewright_tests::cues;
use cuewright_tests::guard::{Count, Guard, count};
use cuewright_tests::rig::{playing, stopped};

#[global_allocator]
static GUARD: Guard = Guard;

/// Blocks played, about a minute.
const BLOCKS: u64 = 12_000;

fn linked() -> Plugin {
    // SAFETY: the entry is our own, in this very program.
    let entry = unsafe { PluginEntry::load_from_raw(&clap_entry, c"") }.expect("the entry initialises");
    Plugin::linked(&entry)
}

/// What the host does in a block: parameters move and are modulated, keys go down and up, the song jumps inside the block.
fn events(block: u64, frames: u32) -> EventBuffer {
    let mut events = EventBuffer::new();
    for (index, row) in PARAMS.iter().enumerate() {
        let quiet = matches!(row.id.as_str(), "bypass" | "listen") || row.id.ends_with("mute");
        if quiet || !(block + index as u64).is_multiple_of(7) {
            continue;
        }
        let part = ((block + index as u64) % 11) as f32 / 10.0;
        let value = f64::from(row.min + part * (row.max - row.min));
        clap_event(&mut events, 9_999, Event::Value { index, value });
        clap_event(&mut events, 0, Event::Modulation { index, amount: value * 0.1 });
    }
    let (channel, key) = ((block % 16) as u8, 60 + (block % 12) as u8);
    clap_event(&mut events, 3, Event::NoteOn { channel, key, velocity: 0.8 });
    clap_event(&mut events, 7, Event::NoteOff { channel, key });
    if block.is_multiple_of(31) {
        events.push(&transport_event(frames / 2, &playing(140.0, (block % 64) as f64)));
    }
    events
}

#[test]
fn process_neither_allocates_nor_frees() {
    let mut plugin = linked();
    assert!(plugin.load(&state_of(&cues::busy())));
    plugin.activate(48_000.0, 512);
    let (mut whole, mut torn) =
        (Buffers::full(512), Buffers::of(vec![vec![Some(vec![0.0; 512]), None], vec![]]));
    let mut out = EventBuffer::with_capacity(4_096);
    let mut loudest = 0.0f32;
    for block in 0..BLOCKS {
        let frames = [512, 1, 64, 0, 333][block as usize % 5];
        let buffers = if block % 4 == 3 { &mut torn } else { &mut whole };
        let position = block as f64 * 0.02 + if block % 97 > 48 { 64.0 } else { 0.0 };
        let transport = match block % 89 {
            80..=84 => None,
            85.. => Some(stopped(117.0, position)),
            _ => Some(playing(117.0 + (block % 13) as f64, position)),
        };
        let transport = transport.map(|transport| transport_event(0, &transport));
        let events = events(block, frames);
        out.clear();
        if block % 500 == 250 {
            // A state comes in while audio runs; the audio thread swaps it in the calls that follow.
            assert!(plugin.load(&state_of(&Cue { seed: block, ..cues::busy() })));
        }
        if block % 1_000 == 999 {
            plugin.idle();
        }
        let (status, counted) =
            count(|| plugin.process_into(frames, buffers, &events, transport.as_ref(), &mut out));
        assert!(status.is_ok());
        assert_eq!(counted, Count::NONE, "block {block} of {frames} frames");
        if frames == 512 && block % 4 != 3 {
            loudest = buffers.channel(0, 0).iter().fold(loudest, |most, sample| most.max(sample.abs()));
        }
    }
    assert!(loudest > 0.01, "nothing sounded: the guard watched silence");
}

#[test]
fn reset_neither_allocates_nor_frees() {
    let mut plugin = linked();
    assert!(plugin.load(&state_of(&cues::busy())));
    plugin.activate(48_000.0, 512);
    let mut buffers = Buffers::full(512);
    for block in 0..200u64 {
        let transport = transport_event(0, &playing(120.0, block as f64 * 512.0 / 24_000.0));
        plugin.process(512, &mut buffers, &EventBuffer::new(), Some(&transport));
        if block % 50 == 49 {
            let ((), counted) = count(|| plugin.reset());
            assert_eq!(counted, Count::NONE);
        }
    }
}
