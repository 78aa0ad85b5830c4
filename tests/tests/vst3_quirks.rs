//! What hosts do to a VST3 plugin, one test per quirk: the built plugin must not be heard, seen or felt to mind.
//! Source: DELIVERY 12, the table of host quirks, in its order.

// Enums of the bindings have another sign on Windows.
#![allow(clippy::unnecessary_cast)]

use cuewright_engine::params::{PARAMS, Param, stem_gain};
use cuewright_tests::clock::thread_s;
use cuewright_tests::rig::{Blocks, Recording, Script, play as play_engine, playing, stopped};
use cuewright_tests::vst3_host::{Bus, Layout, POISON, Vst3Host, play, point, state_of};
use cuewright_tests::{built, cues};
use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;

const RATE_HZ: f64 = 48_000.0;
const SECOND: u64 = 48_000;

/// Carries a host to another thread, as anticipative hosts carry plugins.
struct Carry<'a>(&'a mut Vst3Host);
// SAFETY: VST3 lets any thread process, one at a time, which the exclusive reference grants.
unsafe impl Send for Carry<'_> {}

fn loaded() -> Vst3Host {
    let host = Vst3Host::load(built::plugin()).expect("the plugin loads");
    assert_eq!(host.load_state(&state_of(&cues::busy())), kResultOk);
    host
}

/// An instance that plays the busy cue.
fn host(max_frames: usize) -> Vst3Host {
    let mut host = loaded();
    host.activate(RATE_HZ, max_frames, Layout::All).expect("the plugin starts");
    host
}

fn song() -> Script {
    Script::steady(RATE_HZ, 120.0, 8.0)
}

/// What the engine itself makes of a script.
fn engine(script: &Script, frames: u64) -> Recording {
    let (mut engine, mut handle) = cues::engine(&cues::busy(), RATE_HZ);
    play_engine(&mut engine, &mut handle, script, &mut Blocks::Of(512), 0..frames)
}

/// The song's first two seconds, made once.
fn reference() -> &'static Recording {
    static REFERENCE: OnceLock<Recording> = OnceLock::new();
    REFERENCE.get_or_init(|| {
        let recording = engine(&song(), 2 * SECOND);
        assert!(recording.peak(0..recording.frames()) > 0.01, "the reference is silent");
        recording
    })
}

#[test]
fn quirk_01_fl_studio_sends_blocks_of_random_and_no_length() {
    let (mut host, mut blocks, mut left) = (host(1_024), Blocks::Random(1_024, 7), Vec::new());
    let mut at = 0;
    while at < SECOND {
        let end = (at + blocks.next() as u64).min(SECOND);
        left.extend_from_slice(&play(&mut host, &song(), &mut Blocks::Of(1_024), at..end).mix[0]);
        assert_eq!(host.process(0, Some(&song().at(end)), &[], &[]).result, kResultOk);
        at = end;
    }
    assert!(left == reference().mix[0][..SECOND as usize]);
}

#[test]
fn quirk_02_bitwig_sends_tiny_blocks_and_their_cost_stays_small() {
    let (mut host, script) = (host(1), song());
    let (mut left, mut cost_s) = (Vec::new(), 0.0);
    for at in 0..SECOND {
        let block = host.process_watched(1, Some(&script.at(at)), &[], &[], |call| {
            let start_s = thread_s();
            call();
            cost_s += thread_s() - start_s;
        });
        left.push(block.busses[0][0][0]);
    }
    assert!(left == reference().mix[0][..SECOND as usize]);
    assert!(cost_s < 1.0, "one second in blocks of one frame costs {cost_s:.2} s of a core");
}

#[test]
fn quirk_03_the_announced_block_size_is_only_a_maximum_and_not_even_that() {
    for (announced, sent) in [(1_024, 32), (64, 4_096)] {
        let recording = play(&mut host(announced), &song(), &mut Blocks::Of(sent), 0..SECOND);
        assert!(
            recording.mix[0] == reference().mix[0][..SECOND as usize],
            "{announced} announced, {sent} sent"
        );
    }
}

#[test]
fn quirk_04_reaper_splits_the_block_where_the_loop_ends() {
    // The loop ends 370 frames into a block of 512; the other 142 come in a call of their own, from the loop's start.
    let wrap = 94 * 512 + 370;
    let end = 8.0 + wrap as f64 / 24_000.0;
    let looped = |position| cuewright_engine::time::Transport {
        loop_range: Some((4.0, end)),
        ..playing(120.0, position)
    };
    let mut script = song().then(wrap, looped(4.0));
    script.transport[0].1 = looped(8.0);
    let mut host = host(512);
    let recording = play(&mut host, &script, &mut Blocks::Of(512), 0..2 * SECOND);
    assert_eq!(recording.hash(), engine(&script, 2 * SECOND).hash());
    // The second pass starts on the very frame: a play-through from there strikes the same notes at the same frames.
    let from_start = engine(&Script::steady(RATE_HZ, 120.0, 4.0), SECOND);
    let strikes = |recording: &Recording, from: u64| -> Vec<_> {
        let ons = recording
            .midi
            .iter()
            .filter(|(at, note)| note.velocity > 0.0 && (from..from + SECOND).contains(at));
        ons.map(|&(at, note)| (at - from, note.channel, note.key)).collect()
    };
    let second_pass = strikes(&recording, wrap);
    assert!(!second_pass.is_empty());
    assert_eq!(second_pass, strikes(&from_start, 0));
}

#[test]
fn quirk_05_positions_before_the_song_are_negative() {
    let script = Script::steady(RATE_HZ, 120.0, -2.0);
    let recording = play(&mut host(512), &script, &mut Blocks::Of(512), 0..3 * SECOND);
    assert!(recording.mix.iter().flatten().all(|sample| sample.is_finite()));
    assert!(recording.peak(SECOND as usize..3 * SECOND as usize) > 0.01, "silence after the pre-roll");
    assert_eq!(recording.hash(), engine(&script, 3 * SECOND).hash());
}

#[test]
fn quirk_06_reaper_processes_ahead_on_other_threads_and_instances_interleave() {
    let mut first = host(512);
    let mut second = Vst3Host::new(first.module().clone()).expect("another instance");
    second.load_state(&state_of(&cuewright_engine::cue::Cue { seed: 99, ..cues::busy() }));
    second.activate(44_100.0, 512, Layout::All).expect("it starts");
    let mut left = Vec::new();
    for start in (0..SECOND).step_by(4_800) {
        let carried = Carry(&mut first);
        let part = std::thread::scope(|scope| {
            let work = move || {
                let carried = carried;
                play(carried.0, &song(), &mut Blocks::Of(480), start..start + 4_800)
            };
            scope.spawn(work).join().expect("the block is played")
        });
        left.extend_from_slice(&part.mix[0]);
        play(&mut second, &song(), &mut Blocks::Of(333), start..start + 4_800);
    }
    assert!(left == reference().mix[0][..SECOND as usize]);
}

#[test]
fn quirk_07_the_offline_flag_lies_and_changes_nothing() {
    for mode in [ProcessModes_::kOffline, ProcessModes_::kPrefetch] {
        let mut host = loaded();
        host.process_mode = mode as i32;
        host.activate(RATE_HZ, 512, Layout::All).expect("the plugin starts");
        let recording = play(&mut host, &song(), &mut Blocks::Of(512), 0..SECOND);
        assert!(recording.mix[0] == reference().mix[0][..SECOND as usize], "mode {mode}");
    }
}

#[test]
fn quirk_08_processing_is_switched_off_and_on_at_will() {
    let (mut host, mut left) = (host(512), Vec::new());
    for start in (0..SECOND).step_by(4_800) {
        left.extend_from_slice(&play(&mut host, &song(), &mut Blocks::Of(512), start..start + 4_800).mix[0]);
        for state in [0, 0, 1, 1, 0, 1] {
            // SAFETY: an active processor, between two blocks.
            unsafe { host.processor.setProcessing(state) };
        }
    }
    assert!(left == reference().mix[0][..SECOND as usize]);
}

#[test]
fn quirk_09_busses_arrive_null_empty_mono_or_not_at_all() {
    use Bus::{Empty, Mono, NullArray, NullChannels, Stereo};
    let aux = |shape| std::iter::once(Stereo).chain([shape; 9]).collect::<Vec<_>>();
    let shapes = [
        aux(NullChannels),
        aux(NullArray),
        aux(Empty),
        aux(Mono),
        vec![Stereo],
        vec![],
        vec![NullArray; 10],
        vec![Empty, Stereo, NullChannels, Mono, Stereo],
        vec![Mono],
        vec![Stereo; 10],
    ];
    let (mut host, mut at) = (host(512), 0);
    for shape in shapes.iter().cycle().take(3 * shapes.len()) {
        host.busses.clone_from(shape);
        let block = host.process(512, Some(&song().at(at)), &[], &[]);
        assert_eq!(block.result, kResultOk);
        let expected = std::iter::once(&reference().mix).chain(&reference().stems);
        for (bus, (given, expected)) in block.busses.iter().zip(expected).enumerate() {
            for (samples, expected) in given.iter().zip(expected).filter(|(samples, _)| !samples.is_empty()) {
                assert!(*samples == expected[at as usize..at as usize + 512], "bus {bus} of {shape:?}");
            }
        }
        at += 512;
    }
}

#[test]
fn quirk_09_a_flush_takes_values_and_has_no_sound() {
    let mut host = host(512);
    let energy = PARAMS[Param::Energy as usize].number;
    let block =
        host.flush(&[point(Param::Energy as usize, 0, 0.25), point(Param::Energy as usize, 300, 0.5)]);
    assert_eq!(block.result, kResultOk);
    assert!((host.get(energy) - 0.75).abs() < 1e-6, "{}", host.get(energy));
    // And the engine hears of it with the next block.
    let moved = play(&mut host, &song(), &mut Blocks::Of(512), 0..SECOND);
    let script =
        song().event(0, cuewright_engine::engine::Event::Value { index: Param::Energy as usize, value: 0.5 });
    assert_eq!(moved.hash(), engine(&script, SECOND).hash());
}

#[test]
fn quirk_10_the_main_output_is_there_and_plays_alone() {
    let mut host = loaded();
    host.activate(RATE_HZ, 512, Layout::MainOnly).expect("a layout with the main only");
    assert_eq!(host.busses.len(), 1);
    let mut left = Vec::new();
    for at in (0..SECOND).step_by(480) {
        left.extend_from_slice(&host.process(480, Some(&song().at(at)), &[], &[]).busses[0][0]);
    }
    assert!(left == reference().mix[0][..SECOND as usize]);
}

#[test]
fn quirk_11_ten_named_stereo_outputs_of_type_main_and_no_inputs() {
    let host = loaded();
    assert_eq!(host.bus_count(BusDirections_::kInput as i32), 0);
    assert_eq!(host.bus_count(BusDirections_::kOutput as i32), 10);
    let mut names = Vec::new();
    for index in 0..10 {
        let (name, kind, channels, flags) = host.bus(index).expect("it is there");
        assert_eq!((kind, channels), (BusTypes_::kMain as i32, 2), "{name}");
        assert_ne!(flags & BusInfo_::BusFlags_::kDefaultActive as u32, 0, "{name}");
        names.push(name);
    }
    assert_eq!(names, ["Mix", "Low", "Bed", "Strings", "Pulse", "Lead", "Power", "Perc", "Fx", "Ambience"]);
    assert!(host.bus(10).is_none() && host.bus(-1).is_none());
}

#[test]
fn quirk_11_an_output_that_is_switched_off_is_silent_and_says_so() {
    let mut host = host(512);
    let (audio, output) = (MediaTypes_::kAudio as i32, BusDirections_::kOutput as i32);
    // SAFETY: plain numbers.
    unsafe {
        assert_eq!(host.component.activateBus(audio, output, 4, 0), kResultOk);
        assert_ne!(host.component.activateBus(audio, output, 10, 0), kResultOk);
        assert_ne!(host.component.activateBus(audio, output, -1, 0), kResultOk);
    }
    for at in (0..SECOND).step_by(512) {
        let block = host.process(512, Some(&song().at(at)), &[], &[]);
        assert!(block.busses[4].iter().flatten().all(|&sample| sample == 0.0) && block.silence[4] == 3);
        for (bus, flags) in block.busses.iter().zip(&block.silence) {
            for (channel, samples) in bus.iter().enumerate() {
                let silent = samples.iter().all(|&sample| sample == 0.0);
                assert_eq!(flags >> channel & 1 == 1, silent, "a silence flag lies");
                assert!(samples.iter().all(|&sample| sample != POISON), "unwritten samples");
            }
        }
    }
}

#[test]
fn quirk_12_only_32_bit_samples_are_offered() {
    let host = loaded();
    let mut setup = ProcessSetup {
        processMode: ProcessModes_::kRealtime as i32,
        symbolicSampleSize: SymbolicSampleSizes_::kSample64 as i32,
        maxSamplesPerBlock: 512,
        sampleRate: RATE_HZ,
    };
    // SAFETY: plain numbers and a structure that lives through the call.
    unsafe {
        assert_eq!(host.processor.canProcessSampleSize(SymbolicSampleSizes_::kSample32 as i32), kResultTrue);
        assert_ne!(host.processor.canProcessSampleSize(SymbolicSampleSizes_::kSample64 as i32), kResultTrue);
        assert_ne!(host.processor.setupProcessing(&mut setup), kResultOk);
    }
}

#[test]
fn quirk_13_the_tail_is_for_ever_while_it_plays_and_real_after_the_stop() {
    let mut host = host(512);
    play(&mut host, &song(), &mut Blocks::Of(512), 0..SECOND);
    assert_eq!(host.tail(), kInfiniteTail);
    let rest = stopped(120.0, 10.0);
    let first = host.process(512, Some(&rest), &[], &[]);
    let tail = u64::from(host.tail());
    assert!((1..60 * SECOND).contains(&tail), "a tail of {tail} frames");
    assert!(first.busses[0].iter().flatten().any(|&sample| sample != 0.0), "the stop cuts the sound");
    let mut at = 512;
    while at < tail + SECOND {
        host.process(4_096, Some(&rest), &[], &[]);
        at += 4_096;
    }
    let last = host.process(512, Some(&rest), &[], &[]);
    assert!(last.busses.iter().flatten().flatten().all(|&sample| sample == 0.0), "it rings past its tail");
    assert!(last.silence.iter().all(|&flags| flags == 3), "silent without saying so");
}

#[test]
fn quirk_14_states_are_loaded_while_audio_runs() {
    let mut host = host(256);
    let other = state_of(&cuewright_engine::cue::Cue { seed: 5, palette: "intimate".into(), ..cues::busy() });
    let states = [state_of(&cues::busy()), other, b"{".to_vec(), host.save_state()];
    let (component, stop) = (host.component.clone(), Mutex::new(false));
    let loads = std::thread::scope(|scope| {
        let carried = Carry(&mut host);
        let stop = &stop;
        scope.spawn(move || {
            let carried = carried;
            let mut at = 0;
            while !*stop.lock().expect("no panic") {
                let block = carried.0.process(256, Some(&song().at(at)), &[], &[]);
                assert!(block.busses.iter().flatten().flatten().all(|sample| sample.abs() < 100.0));
                at += 256;
            }
            assert!(at > 0);
        });
        let mut loads = 0;
        for state in states.iter().cycle().take(24) {
            loads += i32::from(cuewright_tests::vst3_host::set_state(&component, state) == kResultOk);
        }
        *stop.lock().expect("no panic") = true;
        loads
    });
    assert_eq!(loads, 24);
    assert_eq!(host.load_state(&state_of(&cues::busy())), kResultOk);
    let recording = play(&mut host, &song(), &mut Blocks::Of(256), 0..SECOND);
    assert!(recording.peak(0..SECOND as usize) > 0.01);
}

#[test]
fn quirk_15_host_automation_is_never_sent_back() {
    let mut host = host(512);
    host.edits();
    for (step, at) in (0..SECOND).step_by(512).enumerate() {
        let value = (step % 20) as f64 / 10.0 - 1.0;
        let points = [point(Param::Energy as usize, 0, value), point(stem_gain(3), 511, value * 6.0)];
        let block = host.process(512, Some(&song().at(at)), &points, &[]);
        assert!(block.points.is_empty(), "{:?}", block.points);
        for point in points {
            // SAFETY: plain numbers. Hosts show automation by telling the controller too.
            unsafe { host.controller.setParamNormalized(point.id, point.value) };
        }
    }
    assert_eq!(host.edits(), []);
}

#[test]
fn quirk_16_no_state_is_refused_and_saving_goes_on() {
    let host = loaded();
    let good = host.save_state();
    for bad in [&b""[..], b"\0\0\0\0", b"[]", b"{\"format\":\"something else\"}", &good[..good.len() / 2]] {
        assert_eq!(host.load_state(bad), kResultOk);
        let saved: BTreeMap<String, serde_json::Value> =
            serde_json::from_slice(&host.save_state()).expect("a document");
        assert!(saved.contains_key("cue") && saved.contains_key("params"));
    }
    assert_eq!(host.load_state(&good), kResultOk);
    assert_eq!(host.save_state(), good);
}

#[test]
fn quirk_17_rates_and_block_sizes_change_and_change_back() {
    let mut host = host(64);
    for (rate_hz, frames) in [(96_000.0, 32), (44_100.0, 8_192), (192_000.0, 1), (47_952.047_952, 333)] {
        host.activate(rate_hz, frames, Layout::All).expect("it starts again");
        let script = Script { sample_rate_hz: rate_hz, ..song() };
        let recording = play(&mut host, &script, &mut Blocks::Of(frames), 0..(rate_hz as u64) / 8);
        assert!(recording.mix.iter().flatten().all(|sample| sample.is_finite()));
    }
    // The state forgets what was heard in between.
    host.load_state(&state_of(&cues::busy()));
    host.activate(RATE_HZ, 512, Layout::All).expect("it starts again");
    let recording = play(&mut host, &song(), &mut Blocks::Of(512), 0..SECOND);
    assert!(recording.mix[0] == reference().mix[0][..SECOND as usize]);
}
