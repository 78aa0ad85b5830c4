//! The built VST3 sounds as the engine does, bit for bit, at any block size, reopened, and at any rate.
//! Source: DESIGN 5, 6, 9.

use cuewright_engine::engine::Event;
use cuewright_engine::params::{Param, stem_gain};
use cuewright_engine::stem::STEM_COUNT;
use cuewright_tests::rig::{Blocks, Recording, Script, play as play_engine, playing, stopped};
use cuewright_tests::vst3_host::{Layout, Vst3Host, play, point, state_of};
use cuewright_tests::{built, cues};

const RATE_HZ: f64 = 48_000.0;
const SECOND: u64 = 48_000;

/// A fresh instance that plays the busy cue.
fn instance(rate_hz: f64, max_frames: usize) -> Vst3Host {
    let mut host = Vst3Host::load(built::plugin()).expect("the plugin loads");
    assert_eq!(host.load_state(&state_of(&cues::busy())), 0);
    host.activate(rate_hz, max_frames, Layout::All).expect("the plugin starts");
    host
}

/// Six seconds of automation, live notes, a tempo step, a locate, a stop and *Listen*.
fn eventful() -> Script {
    let mut script = Script::steady(RATE_HZ, 120.0, 7.3)
        .then(SECOND + 17, playing(97.3, 9.3 + 17.0 / 24_000.0))
        .then(3 * SECOND + 5, playing(97.3, 3.0))
        .then(4 * SECOND + 100, stopped(97.3, 4.6))
        .then(5 * SECOND + 333, playing(140.0, -1.25));
    for step in 0..200u64 {
        let value = ((step * 37) % 200) as f64 / 100.0 - 1.0;
        let param = [Param::Energy, Param::Valence, Param::Tension, Param::Darkness][step as usize % 4];
        script = script.event(step * 1_013, Event::Value { index: param as usize, value });
    }
    script
        .event(30_001, Event::NoteOn { channel: 4, key: 72, velocity: 0.8 })
        .event(61_007, Event::NoteOff { channel: 4, key: 72 })
        .event(4 * SECOND + 9_000, Event::Value { index: Param::Listen as usize, value: 1.0 })
        .event(5 * SECOND, Event::Value { index: Param::Listen as usize, value: 0.0 })
}

fn record(script: &Script, mut blocks: Blocks, frames: u64) -> Recording {
    let mut host = instance(RATE_HZ, blocks.largest());
    play(&mut host, script, &mut blocks, 0..frames)
}

#[track_caller]
fn sounds(recording: &Recording) {
    assert!(recording.peak(0..recording.frames()) > 0.01, "silence");
}

#[test]
fn every_block_size_gives_one_hash_and_it_is_the_engines() {
    let (script, frames) = (eventful(), 6 * SECOND);
    let (mut engine, mut handle) = cues::engine(&cues::busy(), RATE_HZ);
    let reference = play_engine(&mut engine, &mut handle, &script, &mut Blocks::Of(512), 0..frames);
    sounds(&reference);
    assert!(!reference.midi.is_empty());
    let sizes = [1, 17, 64, 441, 512, 4096].map(Blocks::Of);
    for blocks in sizes.into_iter().chain([Blocks::Random(2_048, 1), Blocks::Random(300, 2)]) {
        let name = format!("blocks up to {}", blocks.largest());
        let recording = record(&script, blocks, frames);
        assert_eq!(recording.hash(), reference.hash(), "{name}");
    }
}

#[test]
fn notes_go_out_as_the_engine_writes_them() {
    let script = Script::steady(RATE_HZ, 120.0, 0.0);
    let recording = record(&script, Blocks::Of(480), 4 * SECOND);
    let (ons, offs): (Vec<_>, Vec<_>) = recording.midi.iter().partition(|(_, note)| note.velocity > 0.0);
    assert!(ons.len() > 20 && offs.len() > 10, "{} on, {} off", ons.len(), offs.len());
    assert!(ons.iter().all(|(_, note)| usize::from(note.channel) < STEM_COUNT && note.velocity <= 1.0));
    // On a sounding key the old note is let go first: each key is either down or up.
    let mut down = std::collections::BTreeSet::new();
    for (at, note) in &recording.midi {
        let key = (note.channel, note.key);
        let legal = if note.velocity > 0.0 { down.insert(key) } else { down.remove(&key) };
        assert!(legal, "frame {at}: {note:?}");
    }
}

#[test]
fn stems_sum_to_the_mix_exactly() {
    let recording = record(&eventful(), Blocks::Of(441), 3 * SECOND);
    sounds(&recording);
    for (channel, mix) in recording.mix.iter().enumerate() {
        for (frame, &sample) in mix.iter().enumerate() {
            let sum = recording.stems.iter().fold(0.0f32, |sum, stem| sum + stem[channel][frame]);
            assert_eq!(sum.to_bits(), sample.to_bits(), "channel {channel}, frame {frame}");
        }
    }
}

#[test]
fn a_reopened_state_gives_the_same_hash() {
    let script = Script::steady(RATE_HZ, 104.0, 0.0);
    let mut first = instance(RATE_HZ, 512);
    // Something the state must carry: values moved by the host.
    first.process(64, Some(&stopped(104.0, 0.0)), &[point(Param::Energy as usize, 0, 0.31)], &[]);
    first.process(64, Some(&stopped(104.0, 0.0)), &[point(stem_gain(2), 0, -7.3)], &[]);
    let state = first.save_state();
    first.activate(RATE_HZ, 512, Layout::All).expect("it starts again");
    let before = play(&mut first, &script, &mut Blocks::Of(512), 0..3 * SECOND);
    sounds(&before);
    let mut second = Vst3Host::load(built::plugin()).expect("the plugin loads");
    second.load_state(&state);
    assert_eq!(second.save_state(), state, "what was opened is what is saved");
    second.activate(RATE_HZ, 512, Layout::All).expect("it starts");
    let after = play(&mut second, &script, &mut Blocks::Of(300), 0..3 * SECOND);
    assert_eq!(after.hash(), before.hash());
}

#[test]
fn every_point_of_automation_arrives_at_its_frame() {
    let script = Script::steady(RATE_HZ, 120.0, 4.0);
    let moved = (0..40u64).fold(script.clone(), |script, step| {
        let value = if step % 2 == 0 { -60.0 } else { 6.0 };
        script.event(10_000 + step * 100, Event::Value { index: stem_gain(0), value })
    });
    let blocks = || Blocks::Of(4096);
    let (plain, all) = (record(&script, blocks(), SECOND), record(&moved, blocks(), SECOND));
    let mut last_only = script.clone();
    last_only.events = vec![*moved.events.last().expect("there are forty")];
    let last = record(&last_only, blocks(), SECOND);
    assert_ne!(all.hash(), plain.hash());
    assert_ne!(all.hash(), last.hash(), "only the last point counted");
    let (mut engine, mut handle) = cues::engine(&cues::busy(), RATE_HZ);
    let direct = play_engine(&mut engine, &mut handle, &moved, &mut Blocks::Of(64), 0..SECOND);
    assert_eq!(all.hash(), direct.hash());
}

#[test]
fn bypass_silences_and_the_music_goes_on_underneath() {
    let on = |value| Event::Value { index: Param::Bypass as usize, value };
    let script = Script::steady(RATE_HZ, 120.0, 0.0);
    let bypassed = script.clone().event(SECOND, on(1.0)).event(2 * SECOND, on(0.0));
    let (plain, recording) =
        (record(&script, Blocks::Of(256), 4 * SECOND), record(&bypassed, Blocks::Of(256), 4 * SECOND));
    let second = SECOND as usize;
    assert!(recording.peak(0..second) > 0.01);
    assert_eq!(recording.peak(second + second / 2..2 * second), 0.0, "bypass sounds");
    assert!(recording.peak(3 * second..4 * second) > 0.01, "the sound does not come back");
    assert_eq!(recording.midi, plain.midi, "the music stood still under the bypass");
}

#[test]
fn any_sample_rate_plays_at_its_own_time() {
    for rate_hz in
        [1_000.0, 22_050.0, 44_100.0, 47_952.047_952, 88_200.0, 96_000.0, 176_400.0, 192_000.0, 768_000.0]
    {
        let frames = (rate_hz * 0.8) as u64;
        let mut host = instance(rate_hz, 1024);
        let script = Script::steady(rate_hz, 120.0, 0.0);
        let recording = play(&mut host, &script, &mut Blocks::Of(1024), 0..frames);
        assert!(recording.mix.iter().flatten().all(|sample| sample.is_finite()), "{rate_hz} Hz");
        assert!(recording.peak(0..recording.frames()) > 0.01, "silence at {rate_hz} Hz");
    }
}
