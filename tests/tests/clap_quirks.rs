//! What real hosts do, one test for each of the seventeen habits that broke other plugins; here in CLAP.
//! Source: DELIVERY 12 "host quirks to survive", which names the reports behind each.

use clack_extensions::audio_ports::{AudioPortFlags, AudioPortInfoBuffer, PluginAudioPorts};
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::tail::{PluginTail, TailLength};
use clack_host::events::io::EventBuffer;
use clack_host::prelude::ProcessStatus;
use cuewright_engine::engine::Event;
use cuewright_engine::params::{PARAMS, Param};
use cuewright_engine::random::mix64;
use cuewright_tests::clap_host::{
    Buffers, Cut, Plugin, clap_event, play, play_steady, state_of, transport_event,
};
use cuewright_tests::cues;
use cuewright_tests::rig::{Blocks, Recording, Script, playing, stopped};
use std::time::Instant;

const RATE_HZ: f64 = 48_000.0;

fn busy() -> Plugin {
    let mut plugin = Plugin::new();
    assert!(plugin.load(&state_of(&cues::busy())));
    plugin
}

fn steady() -> Script {
    Script::steady(RATE_HZ, 120.0, 0.0)
}

/// The first `frames` of the busy cue in blocks of 512: what every habit is held against.
fn reference(frames: u64) -> Recording {
    let sound = play_steady(&mut busy(), &steady(), Blocks::Of(512), frames);
    assert!(sound.peak(0..sound.frames()) > 0.01, "the reference is silent");
    sound
}

#[test]
fn quirk_01_random_block_sizes_with_empty_ones_between() {
    let mut plugin = busy();
    plugin.activate(RATE_HZ, 4_096);
    let (mut buffers, mut at, mut mix) = (Buffers::full(4_096), 0u64, Vec::new());
    for step in 0.. {
        let frames = match mix64(step) % 5 {
            0 => 0,
            1 => 1,
            _ => mix64(step + 99) % 4_096 + 1,
        };
        let frames = frames.min(96_000 - at);
        let transport = transport_event(0, &steady().at(at));
        plugin.process(frames as u32, &mut buffers, &EventBuffer::new(), Some(&transport));
        mix.extend_from_slice(&buffers.channel(0, 0)[..frames as usize]);
        at += frames;
        if at == 96_000 {
            break;
        }
    }
    assert!(mix == reference(96_000).mix[0]);
}

#[test]
fn quirk_02_tiny_blocks_cost_what_their_frames_cost() {
    let run = |blocks| {
        let mut plugin = busy();
        plugin.activate(RATE_HZ, 512);
        let start = Instant::now();
        let sound = play(&mut plugin, &steady(), blocks, Cut::Inside, 0..192_000).recording;
        (start.elapsed().as_secs_f64(), sound.hash())
    };
    let ((long_s, long), (tiny_s, tiny)) = (run(Blocks::Of(512)), run(Blocks::Of(4)));
    assert_eq!(tiny, long);
    // 48 000 calls more. Music made anew per call would cost a hundred times as much; the call itself may cost something.
    assert!(tiny_s < 12.0 * long_s + 1.0, "{tiny_s} s in blocks of 4, {long_s} s in blocks of 512");
}

#[test]
fn quirk_03_the_announced_block_size_is_only_a_maximum() {
    let mut plugin = busy();
    plugin.activate(RATE_HZ, 1_024);
    let small = play(&mut plugin, &steady(), Blocks::Of(32), Cut::Inside, 0..96_000).recording;
    assert_eq!(small.hash(), reference(96_000).hash());
    // And a host that breaks its word the other way.
    let mut plugin = busy();
    plugin.activate(RATE_HZ, 32);
    let large = play(&mut plugin, &steady(), Blocks::Of(2_048), Cut::Inside, 0..96_000).recording;
    assert_eq!(large.hash(), reference(96_000).hash());
}

/// A loop of two bars at 120 bpm, 192 000 frames, whose end falls 370 frames into a block of 512.
fn looped(cut: Cut) -> Recording {
    let mut script = steady();
    script.transport = vec![(0, playing(120.0, 0.0))];
    let first = 512 * 374 + 370;
    let offset = first as f64 / 24_000.0;
    for turn in 0..3u64 {
        script = script.then(first + turn * 96_000, playing(120.0, 4.0 * (offset / 4.0).floor()));
    }
    let mut plugin = busy();
    plugin.activate(RATE_HZ, 512);
    play(&mut plugin, &script, Blocks::Of(512), cut, 0..480_000).recording
}

#[test]
fn quirk_04_a_loop_that_ends_inside_a_block_sounds_the_same_cut_or_whole() {
    let (whole, cut) = (looped(Cut::Inside), looped(Cut::Calls));
    assert!(whole.peak(240_000..480_000) > 0.01);
    assert_eq!(whole.hash(), cut.hash());
    assert_eq!(
        whole.midi.iter().map(|(at, _)| at).collect::<Vec<_>>(),
        cut.midi.iter().map(|(at, _)| at).collect::<Vec<_>>()
    );
}

#[test]
fn quirk_05_pre_roll_positions_are_negative() {
    let script = Script::steady(RATE_HZ, 120.0, -8.0);
    let sound = play_steady(&mut busy(), &script, Blocks::Of(512), 384_000);
    assert!(sound.mix.iter().flatten().all(|sample| sample.is_finite()));
    assert!(sound.midi.iter().all(|&(at, _)| at >= 192_000 - 32), "notes before the song");
    assert!(sound.peak(192_000..384_000) > 0.01);
    let far = Script::steady(RATE_HZ, 300.0, -1.0e9);
    let far = play_steady(&mut busy(), &far, Blocks::Of(512), 4_800);
    assert!(far.mix.iter().flatten().all(|sample| sample.is_finite()));
}

#[test]
fn quirk_06_calls_come_in_bursts_from_any_thread() {
    let mut plugin = busy();
    plugin.activate(RATE_HZ, 512);
    let mut mix = Vec::new();
    let mut at = 0u64;
    for burst in 0..12u64 {
        let calls = 1 + mix64(burst) % 24;
        std::thread::scope(|scope| {
            let audio = plugin.audio();
            let sound = scope.spawn(move || {
                let mut sound = Vec::new();
                for call in 0..calls {
                    let mut block = vec![vec![0.0f32; 512]; 2];
                    let transport = transport_event(0, &steady().at(at + call * 512));
                    cuewright_tests::clap_host::process_stereo(audio, &mut block, &transport);
                    sound.extend_from_slice(&block[0]);
                }
                sound
            });
            mix.extend(sound.join().expect("the audio thread lives"));
        });
        at += calls * 512;
    }
    assert!(mix == reference(at).mix[0]);
}

#[test]
fn quirk_07_the_offline_flag_changes_nothing() {
    for mode in [RenderMode::Offline, RenderMode::Realtime] {
        let mut plugin = busy();
        let render: PluginRender = plugin.extension();
        assert!(!render.has_realtime_requirement(&plugin.main()));
        render.set(&plugin.main(), mode).unwrap();
        let sound = play_steady(&mut plugin, &steady(), Blocks::Of(512), 96_000);
        assert_eq!(sound.hash(), reference(96_000).hash(), "{mode:?}");
    }
}

#[test]
fn quirk_08_processing_is_toggled_and_reset_again_and_again() {
    let mut plugin = busy();
    plugin.activate(RATE_HZ, 512);
    for _ in 0..20 {
        plugin.toggle_processing();
        plugin.reset();
        plugin.reset();
        plugin.toggle_processing();
    }
    let first = play(&mut plugin, &steady(), Blocks::Of(512), Cut::Inside, 0..96_000).recording;
    assert_eq!(first.hash(), reference(96_000).hash());
    plugin.toggle_processing();
    plugin.reset();
    let again = play(&mut plugin, &steady(), Blocks::Of(512), Cut::Inside, 0..96_000).recording;
    for channel in 0..2 {
        assert!(again.mix[channel] == first.mix[channel], "a reset instance is not a fresh one");
    }
}

#[test]
fn quirk_09_flush_instead_of_process_and_null_channels() {
    let mut plugin = busy();
    plugin.activate(RATE_HZ, 512);
    let mut buffers = Buffers::of((0..10).map(|_| vec![None, None]).collect());
    for step in 0..100u32 {
        let mut events = EventBuffer::new();
        let value = f64::from(step % 11) / 5.0 - 1.0;
        clap_event(&mut events, step, Event::Value { index: Param::Energy as usize, value });
        plugin.flush(&events);
        let transport = transport_event(0, &steady().at(u64::from(step) * 512));
        plugin.process(512, &mut buffers, &EventBuffer::new(), Some(&transport));
    }
    plugin.flush(&EventBuffer::new());
    let mut events = EventBuffer::new();
    let energy = f64::from(Plugin::value(&mut busy(), clack_host::prelude::ClapId::new(2)) as f32);
    clap_event(&mut events, 0, Event::Value { index: Param::Energy as usize, value: energy });
    plugin.flush(&events);
    // One block to take the value, so that nothing of it is still on its way when the instance becomes a fresh one.
    plugin.process(512, &mut buffers, &EventBuffer::new(), None);
    plugin.reset();
    let sound = play(&mut plugin, &steady(), Blocks::Of(512), Cut::Inside, 0..96_000).recording;
    assert_eq!(sound.hash(), reference(96_000).hash());
}

#[test]
fn quirk_10_there_is_always_a_main_stereo_output() {
    let mut plugin = Plugin::new();
    let ports: PluginAudioPorts = plugin.extension();
    let mut buffer = AudioPortInfoBuffer::new();
    let main = ports.get(&plugin.main(), 0, false, &mut buffer).unwrap();
    assert!(main.flags.contains(AudioPortFlags::IS_MAIN) && main.channel_count == 2);
}

#[test]
fn quirk_11_a_host_that_sums_or_ignores_the_stems_still_has_the_music() {
    // The main bus is the whole mix, whatever becomes of the others.
    let sound = reference(192_000);
    for channel in 0..2 {
        for frame in 0..sound.frames() {
            let sum = sound.stems.iter().fold(0.0f32, |sum, stem| sum + stem[channel][frame]);
            assert_eq!(sum, sound.mix[channel][frame], "frame {frame}");
        }
    }
    let mut plugin = Plugin::new();
    let ports: PluginAudioPorts = plugin.extension();
    let mut buffer = AudioPortInfoBuffer::new();
    let mut names: Vec<Vec<u8>> = (0..10)
        .map(|index| ports.get(&plugin.main(), index, false, &mut buffer).unwrap().name.to_vec())
        .collect();
    names.sort();
    names.dedup();
    assert_eq!((names.len(), ports.count(&plugin.main(), true)), (10, 0));
}

#[test]
fn quirk_12_a_host_brings_64_bit_buffers_nobody_offered() {
    let mut plugin = busy();
    plugin.activate(RATE_HZ, 512);
    let transport = transport_event(0, &steady().at(0));
    let mut doubles = vec![vec![1.0e9f64; 512]; 2];
    let status = cuewright_tests::clap_host::process_doubles(plugin.audio(), &mut doubles, &transport);
    assert!(status.is_ok());
    assert!(doubles.iter().flatten().all(|&sample| sample == 0.0), "garbage reaches the host's mixer");
}

#[test]
fn quirk_13_the_tail_is_real_and_the_plugin_says_when_it_is_done() {
    let mut plugin = busy();
    plugin.activate(RATE_HZ, 512);
    let script = steady().then(192_000, stopped(120.0, 8.0));
    let run = play(&mut plugin, &script, Blocks::Of(512), Cut::Calls, 0..192_000);
    assert!(run.statuses.iter().all(|&status| status == ProcessStatus::Continue), "suspended while it plays");
    let tail: PluginTail = plugin.extension();
    let TailLength::Finite(tail) = tail.get(&plugin.audio().plugin_handle()) else {
        panic!("the tail has no end")
    };
    assert!((24_000..48_000 * 60).contains(&tail), "{tail} frames");
    let end = 192_000 + u64::from(tail) + 48_000;
    let run = play(&mut plugin, &script, Blocks::Of(512), Cut::Calls, 192_000..end);
    assert!(run.recording.peak(0..24_000) > 0.001, "the end is cut off");
    assert_eq!(run.statuses.last(), Some(&ProcessStatus::Sleep), "never done");
    let asleep = run.statuses.iter().position(|&status| status == ProcessStatus::Sleep).unwrap();
    assert!(run.statuses[asleep..].iter().all(|&status| status == ProcessStatus::Sleep));
    let frames = run.recording.frames();
    assert_eq!(run.recording.peak((asleep + 1) * 512..frames), 0.0, "asleep, but not silent");
    assert!(
        asleep * 512 <= tail as usize + 512,
        "rings {asleep} blocks, longer than the {tail} frames it says"
    );
}

#[test]
fn quirk_14_presets_are_loaded_while_audio_runs_on_another_thread() {
    let mut plugin = busy();
    plugin.activate(RATE_HZ, 512);
    let states: Vec<Vec<u8>> =
        (0..24).map(|seed| state_of(&cuewright_engine::cue::Cue { seed, ..cues::busy() })).collect();
    let (mut main, mut audio) = plugin.split();
    std::thread::scope(|scope| {
        let sound = scope.spawn(move || {
            let mut loudest = 0.0f32;
            for block in 0..1_500u64 {
                let mut sound = vec![vec![0.0f32; 512]; 2];
                let transport = transport_event(0, &steady().at(block * 512));
                cuewright_tests::clap_host::process_stereo(&mut audio, &mut sound, &transport);
                assert!(sound.iter().flatten().all(|sample| sample.is_finite() && sample.abs() < 4.0));
                loudest = sound[0].iter().fold(loudest, |most, sample| most.max(sample.abs()));
            }
            (audio, loudest)
        });
        for state in &states {
            main.load(state);
        }
        let (audio, loudest) = sound.join().expect("the audio thread lives");
        assert!(loudest > 0.01);
        main.join(audio);
    });
    let saved: serde_json::Value = serde_json::from_slice(&plugin.save()).unwrap();
    assert_eq!(saved["cue"]["seed"], serde_json::json!(23));
}

#[test]
fn quirk_15_host_automation_is_never_echoed() {
    let mut script = steady();
    for (step, row) in PARAMS
        .iter()
        .enumerate()
        .flat_map(|row| std::iter::repeat_n(row, 3))
        .enumerate()
        .map(|(step, (_, row))| (step, row))
    {
        let value = f64::from(row.min) + f64::from(row.max - row.min) * (step % 5) as f64 / 4.0;
        let is_heard = ["bypass", "listen"].contains(&row.id.as_str());
        if !is_heard {
            script = script.event(step as u64 * 700, Event::Value { index: row.index, value });
        }
    }
    let mut plugin = busy();
    plugin.activate(RATE_HZ, 512);
    let run = play(&mut plugin, &script, Blocks::Of(512), Cut::Inside, 0..96_000);
    assert!(run.others.is_empty(), "the plugin answered: {:?}", run.others);
    let mut events = EventBuffer::new();
    clap_event(&mut events, 0, Event::Value { index: 0, value: 0.25 });
    assert!(plugin.flush(&events).is_empty());
}

#[test]
fn quirk_16_a_state_is_never_rejected() {
    let mut plugin = Plugin::new();
    for state in [&b""[..], b"\0\0\0", b"{", b"PK\x03\x04", b"<xml/>", b"{\"cue\":{\"palette\":\"gone\"}}"] {
        assert!(plugin.load(state), "{state:?}");
    }
    let saved: serde_json::Value = serde_json::from_slice(&plugin.save()).unwrap();
    assert_eq!(saved["cue"]["palette"], serde_json::json!("gone"), "the name of what is missing is kept");
    let sound = play_steady(&mut plugin, &steady(), Blocks::Of(512), 96_000);
    assert!(sound.peak(0..96_000) > 0.001, "another palette should play");
}

#[test]
fn quirk_17_every_change_of_rate_and_block_size_activates_afresh() {
    let mut plugin = busy();
    for (rate, block) in
        [(44_100.0, 1u32), (96_000.0, 4_096), (48_000.0, 32), (192_000.0, 16_384), (48_000.0, 512)]
    {
        plugin.activate(rate, block);
        let script = Script::steady(rate, 120.0, 0.0);
        let frames = (rate / 10.0) as u64;
        let sound = play(&mut plugin, &script, Blocks::Of(block as usize), Cut::Inside, 0..frames).recording;
        assert!(sound.mix.iter().flatten().all(|sample| sample.is_finite() && sample.abs() < 4.0));
        plugin.deactivate();
    }
    let mut plugin = busy();
    for _ in 0..10 {
        plugin.activate(RATE_HZ, 512);
        plugin.deactivate();
    }
    assert_eq!(play_steady(&mut plugin, &steady(), Blocks::Of(512), 96_000).hash(), reference(96_000).hash());
}
