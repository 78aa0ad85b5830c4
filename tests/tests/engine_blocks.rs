//! The host's buffer cannot be heard: one hash at any block size, after a reset, and as often as it is asked for.
//! Source: DESIGN 5, 9.

use cuewright_engine::engine::Event;
use cuewright_engine::params::Param;
use cuewright_engine::stem::STEM_COUNT;
use cuewright_tests::cues;
use cuewright_tests::rig::{Blocks, Recording, Script, play, playing, stopped};

const RATE_HZ: f64 = 48_000.0;

/// Twelve seconds in which everything happens: automation, a tempo step, live notes, a locate, a stop, Listen, a new start.
fn eventful() -> Script {
    let mut script = Script::steady(RATE_HZ, 120.0, 7.3)
        .then(3 * 48_000 + 17, playing(97.3, 13.3 + 17.0 / 24_000.0))
        .then(6 * 48_000 + 5, playing(97.3, 3.0))
        .then(8 * 48_000 + 100, stopped(97.3, 6.0))
        .then(10 * 48_000 + 333, playing(140.0, -1.25));
    for step in 0..400u64 {
        let value = ((step * 37) % 200) as f64 / 100.0 - 1.0;
        let param = [Param::Energy, Param::Valence, Param::Tension, Param::Darkness][step as usize % 4];
        script = script.event(step * 1_013, Event::Value { index: param as usize, value });
        if step % 7 == 0 {
            script = script.event(
                step * 1_013 + 31,
                Event::Modulation { index: Param::Scale as usize, amount: value * 0.3 },
            );
        }
    }
    script
        .event(30_001, Event::NoteOn { channel: 4, key: 72, velocity: 0.8 })
        .event(61_007, Event::NoteOff { channel: 4, key: 72 })
        .event(8 * 48_000 + 20_000, Event::Value { index: Param::Listen as usize, value: 1.0 })
        .event(9 * 48_000 + 20_000, Event::Value { index: Param::Listen as usize, value: 0.0 })
}

fn record(script: &Script, blocks: &mut Blocks, seconds: u64) -> Recording {
    let (mut engine, mut handle) = cues::engine(&cues::busy(), RATE_HZ);
    play(&mut engine, &mut handle, script, blocks, 0..seconds * 48_000)
}

#[test]
fn every_block_size_gives_one_hash() {
    let script = eventful();
    let reference = record(&script, &mut Blocks::Of(512), 12);
    assert!(reference.peak(0..reference.frames()) > 0.01, "the reference is silent");
    for size in [1, 17, 64, 441, 4096] {
        let other = record(&script, &mut Blocks::Of(size), 12);
        assert_eq!(other.parting(&reference), None, "blocks of {size}");
        assert_eq!(other.hash(), reference.hash());
        assert!(other.notes == reference.notes, "another score in blocks of {size}");
        assert!(other.midi == reference.midi, "other MIDI in blocks of {size}");
    }
    for seed in 1..=2 {
        let other = record(&script, &mut Blocks::Random(2_048, seed), 12);
        assert_eq!(other.parting(&reference), None, "random blocks, seed {seed}");
    }
}

#[test]
fn empty_blocks_change_nothing() {
    let script = Script::steady(RATE_HZ, 120.0, 0.0);
    let reference = record(&script, &mut Blocks::Of(256), 3);
    let (mut engine, mut handle) = cues::engine(&cues::busy(), RATE_HZ);
    let mut nothing = Recording::new(0);
    let mut parts = Vec::new();
    for at in (0..3 * 48_000).step_by(256) {
        engine.process(0, &script.at(at), &mut nothing);
        let end = (at + 256).min(3 * 48_000);
        parts.push(play(&mut engine, &mut handle, &script, &mut Blocks::Of(256), at..end));
    }
    assert_eq!(nothing.frames(), 0);
    let left: Vec<f32> = parts.iter().flat_map(|part| part.mix[0].iter().copied()).collect();
    assert!(left == reference.mix[0]);
}

#[test]
fn stems_sum_to_the_mix_exactly() {
    let recording = record(&eventful(), &mut Blocks::Of(512), 12);
    for channel in 0..2 {
        for frame in 0..recording.frames() {
            let mut sum = recording.stems[0][channel][frame];
            for stem in 1..STEM_COUNT {
                sum += recording.stems[stem][channel][frame];
            }
            assert_eq!(sum, recording.mix[channel][frame], "frame {frame}");
        }
    }
}

#[test]
fn every_stem_of_the_busy_cue_plays() {
    let recording = record(&Script::steady(RATE_HZ, 120.0, 64.0), &mut Blocks::Of(512), 20);
    for stem in cuewright_engine::stem::STEMS {
        let peak = recording.stem_peak(stem.stem.index(), 0..recording.frames());
        assert!(peak > 0.001, "{} is silent ({peak})", stem.name);
        assert!(peak < 2.0, "{} is far too loud ({peak})", stem.name);
    }
}

#[test]
fn reset_is_equal_to_fresh() {
    let script = eventful();
    let fresh = record(&script, &mut Blocks::Of(480), 5);
    let (mut engine, mut handle) = cues::engine(&cues::busy(), RATE_HZ);
    let dirty =
        Script::steady(RATE_HZ, 171.0, 29.7).event(777, Event::NoteOn { channel: 2, key: 50, velocity: 1.0 });
    play(&mut engine, &mut handle, &dirty, &mut Blocks::Of(333), 0..200_001);
    engine.reset();
    let again = play(&mut engine, &mut handle, &script, &mut Blocks::Of(480), 0..5 * 48_000);
    assert_eq!(again.parting(&fresh), None);
    assert!(again.notes == fresh.notes);
}

#[test]
fn a_second_engine_beside_changes_nothing() {
    let script = Script::steady(RATE_HZ, 120.0, 0.0);
    let alone = record(&script, &mut Blocks::Of(128), 2);
    let (mut first, mut first_handle) = cues::engine(&cues::busy(), RATE_HZ);
    let (mut second, mut second_handle) = cues::engine(&cues::busy(), 44_100.0);
    let other = Script::steady(44_100.0, 77.0, 50.0);
    let mut heard: Vec<f32> = Vec::new();
    for at in (0..96_000).step_by(128) {
        heard.extend(
            play(&mut first, &mut first_handle, &script, &mut Blocks::Of(128), at..at + 128).mix[0].iter(),
        );
        play(&mut second, &mut second_handle, &other, &mut Blocks::Of(99), at..at + 128);
    }
    assert!(heard == alone.mix[0]);
}
