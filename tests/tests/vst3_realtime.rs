//! The VST3 shell asks nothing of the allocator while it plays, whatever the host does in between, in debug and release.
//! Source: DESIGN 9 "audio thread". The plugin is linked into this program, so that the guard sees what it does.

use cuewright_engine::cue::Cue;
use cuewright_engine::params::PARAMS;
use cuewright_plugin::shell::vst3::GetPluginFactory;
use cuewright_tests::cues;
use cuewright_tests::guard::{Count, Guard, count};
use cuewright_tests::rig::{playing, stopped};
use cuewright_tests::vst3_host::{Bus, Layout, Module, NoteEvent, Vst3Host, point, state_of};

#[global_allocator]
static GUARD: Guard = Guard;

fn linked() -> Vst3Host {
    // SAFETY: the factory comes with its reference.
    let module = unsafe { Module::linked(GetPluginFactory()) }.expect("a factory");
    Vst3Host::new(module).expect("an instance")
}

/// What the host does in a block: every parameter moves, keys go down and up, busses come and go, the song jumps.
fn eventful_block(host: &mut Vst3Host, block: u64) -> (Count, f32) {
    let frames = [512, 1, 64, 0, 333][block as usize % 5];
    let value = |index: usize| {
        let row = &PARAMS[index];
        let part = ((block + index as u64) % 11) as f32 / 10.0;
        f64::from(row.min + part * (row.max - row.min))
    };
    let moved = |index: usize| {
        !matches!(PARAMS[index].id.as_str(), "bypass" | "listen") && !PARAMS[index].id.ends_with("mute")
    };
    let points: Vec<_> = (0..PARAMS.len())
        .filter(|&index| moved(index) && (block + index as u64).is_multiple_of(7))
        .flat_map(|index| [point(index, 0, value(index)), point(index, 9_999, value(index) * 0.9)])
        .collect();
    let note = |velocity| NoteEvent {
        frame: 3,
        channel: (block % 10) as i16,
        key: 60 + (block % 12) as i16,
        velocity,
    };
    let notes = [note(0.8), note(0.0)];
    host.busses = match block % 4 {
        0 => vec![Bus::Stereo; 10],
        1 => vec![Bus::Stereo, Bus::NullChannels, Bus::Empty, Bus::Mono],
        2 => vec![Bus::Stereo; 1],
        _ => [Bus::Stereo].into_iter().chain([Bus::NullArray; 9]).collect(),
    };
    let position = block as f64 * 0.02 + if block % 97 > 48 { 64.0 } else { 0.0 };
    let transport = if block % 89 > 80 {
        stopped(117.0, position)
    } else {
        playing(117.0 + (block % 13) as f64, position)
    };
    let mut counted = Count::NONE;
    let given =
        host.process_watched(frames, Some(&transport), &points, &notes, |call| counted = count(call).1);
    (counted, given.busses[0].iter().flatten().fold(0.0, |most: f32, sample| most.max(sample.abs())))
}

#[test]
fn a_block_asks_nothing_of_the_allocator() {
    let mut host = linked();
    host.load_state(&state_of(&cues::busy()));
    host.activate(48_000.0, 512, Layout::All).expect("it starts");
    let mut loudest = 0.0f32;
    for block in 0..2_000 {
        // Plans come and go between blocks: the old ones are freed on this side.
        if block % 250 == 249 {
            host.load_state(&state_of(&Cue { seed: block, ..cues::busy() }));
        }
        let (counted, peak) = eventful_block(&mut host, block);
        assert_eq!(counted, Count::NONE, "block {block}");
        loudest = loudest.max(peak);
    }
    assert!(loudest > 0.01, "silence");
}

#[test]
fn the_guard_sees_what_the_linked_plugin_allocates() {
    let host = linked();
    let (state, counted) = count(|| host.save_state());
    assert!(!state.is_empty() && counted.allocations > 0, "the guard is blind");
}
