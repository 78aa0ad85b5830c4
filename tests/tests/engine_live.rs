//! A player's own keys: heard one quantum later at their exact frame, ended when they are let go, never stuck.
//! Source: DESIGN 8 "MIDI in and out".

use cuewright_engine::engine::Event;
use cuewright_engine::stem::{HALL_LANES, STEMS};
use cuewright_engine::units::QUANTUM;
use cuewright_tests::cues;
use cuewright_tests::rig::{Blocks, Recording, Script, play, stopped};

const RATE_HZ: f64 = 48_000.0;

fn standing() -> Script {
    Script { transport: vec![(0, stopped(120.0, 0.0))], events: Vec::new(), sample_rate_hz: RATE_HZ }
}

fn on(channel: u8, key: u8) -> Event {
    Event::NoteOn { channel, key, velocity: 0.9 }
}

fn record(script: &Script, block: usize, frames: u64) -> Recording {
    let (mut engine, mut handle) = cues::engine(&cues::busy(), RATE_HZ);
    play(&mut engine, &mut handle, script, &mut Blocks::Of(block), 0..frames)
}

/// First frame louder than a floor.
fn first_sound(recording: &Recording, stem: usize, floor: f32) -> Option<usize> {
    let stem = &recording.stems[stem];
    (0..recording.frames()).find(|&frame| stem.iter().any(|channel| channel[frame].abs() > floor))
}

#[test]
fn every_music_stem_plays_what_its_channel_is_given() {
    for (stem, row) in STEMS.iter().enumerate().take(HALL_LANES) {
        let key = (row.pitch_range.0 + row.pitch_range.1) / 2;
        let channel = stem as u8;
        let script = standing().event(4_801, on(channel, key)).event(40_000, Event::NoteOff { channel, key });
        let recording = record(&script, 256, 2 * 48_000);
        // 60 dB under the peak: what the DC blocker does to a quantum in which a note starts reaches its first frame.
        let floor = 1e-3 * recording.stem_peak(stem, 0..recording.frames());
        let first = first_sound(&recording, stem, floor).unwrap_or_else(|| panic!("{} is silent", row.name));
        assert!(first >= 4_801 + QUANTUM, "{} sounds at frame {first}, before its key went down", row.name);
        let peak = recording.stem_peak(stem, 0..recording.frames());
        assert!(peak > 0.0005, "{} peaks at {peak}", row.name);
        for (other, row) in STEMS.iter().enumerate().take(HALL_LANES).filter(|(other, _)| *other != stem) {
            assert_eq!(first_sound(&recording, other, 0.0), None, "{} plays along", row.name);
        }
    }
}

#[test]
fn a_key_is_heard_at_the_same_frame_in_any_block() {
    let script = standing().event(10_007, on(3, 60)).event(30_011, Event::NoteOff { channel: 3, key: 60 });
    let reference = record(&script, 512, 48_000);
    assert!(reference.stem_peak(3, 0..48_000) > 0.0005);
    for block in [1, 64, 441, 4_096] {
        assert_eq!(record(&script, block, 48_000).parting(&reference), None, "blocks of {block}");
    }
}

#[test]
fn a_moved_key_is_the_same_sound_moved() {
    // 480 frames are 15 quanta: the sound may not know where in the block or the second it was played.
    let at = |frame: u64| record(&standing().event(frame, on(3, 64)), 256, 24_000);
    let (early, late) = (at(5_000), at(5_480));
    let early_first = first_sound(&early, 3, 1e-6).unwrap();
    assert_eq!(first_sound(&late, 3, 1e-6).unwrap(), early_first + 480);
}

#[test]
fn all_notes_off_leaves_nothing_sounding() {
    let mut script = standing();
    for key in 40..90u8 {
        script = script.event(100 + u64::from(key), on(key % 8, key));
    }
    let script = script.event(24_000, Event::AllNotesOff);
    let (mut engine, mut handle) = cues::engine(&cues::busy(), RATE_HZ);
    let loud = play(&mut engine, &mut handle, &script, &mut Blocks::Of(512), 0..24_000);
    assert!(loud.peak(0..24_000) > 0.01);
    let end = 24_000 + engine.tail_frames() + 9_600;
    play(&mut engine, &mut handle, &script, &mut Blocks::Of(512), 24_000..end);
    assert!(engine.is_silent());
}

#[test]
fn odd_keys_are_harmless() {
    let mut script = standing();
    for (n, channel) in [0u8, 4, 8, 9, 15, 200, 255].into_iter().enumerate() {
        let at = 1_000 * n as u64;
        script = script
            .event(at, Event::NoteOff { channel, key: 60 })
            .event(at + 1, on(channel, 255))
            .event(at + 2, Event::NoteOn { channel, key: 0, velocity: f32::NAN })
            .event(at + 3, Event::NoteOn { channel, key: 60, velocity: 40.0 })
            .event(at + 3, Event::NoteOn { channel, key: 60, velocity: -1.0 })
            .event(at + 4, Event::NoteOff { channel, key: 60 })
            .event(at + 5, Event::NoteOff { channel, key: 60 });
    }
    let recording = record(&script, 128, 48_000);
    assert!(recording.mix.iter().flatten().all(|sample| sample.is_finite() && sample.abs() < 8.0));
}
