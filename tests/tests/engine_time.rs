//! Music stands where the host's grid stands: ramps, jitter, loops, meters, negative and absent positions, stops.
//! Source: DESIGN 5, 9; host habits PLATFORM 2.

use cuewright_engine::cue::{Cue, MeterChange};
use cuewright_engine::engine::Event;
use cuewright_engine::note::Note;
use cuewright_engine::params::Param;
use cuewright_engine::random::mix64;
use cuewright_engine::time::Transport;
use cuewright_tests::cues;
use cuewright_tests::rig::{Blocks, Recording, Script, play, playing, stopped};

const RATE_HZ: f64 = 48_000.0;

fn record(cue: &Cue, script: &Script, block: usize, frames: u64) -> Recording {
    let (mut engine, mut handle) = cues::engine(cue, RATE_HZ);
    play(&mut engine, &mut handle, script, &mut Blocks::Of(block), 0..frames)
}

fn place(note: &Note) -> (u64, usize, u8, u64) {
    (note.onset.to_bits(), note.stem.index(), note.part, note.place)
}

/// Frame at which a script's transport reaches a position, exactly; `None` before its start.
fn frame_of(script: &Script, position: f64) -> Option<f64> {
    let (from, word) =
        script.transport.iter().rev().find(|(_, word)| word.position.unwrap() <= position + 1e-9)?;
    let tempo = word.tempo_bpm.unwrap();
    Some(*from as f64 + (position - word.position.unwrap()) * 60.0 / tempo * script.sample_rate_hz)
}

/// A ramp as hosts give it: a new tempo with every block.
fn ramp(block: u64, seconds: f64, from_bpm: f64, to_bpm: f64) -> Script {
    let mut script = Script { sample_rate_hz: RATE_HZ, ..Script::default() };
    let (mut position, mut at) = (0.0, 0u64);
    while (at as f64) < seconds * RATE_HZ {
        let tempo = from_bpm + (to_bpm - from_bpm) * at as f64 / (seconds * RATE_HZ);
        script.transport.push((at, playing(tempo, position)));
        position += block as f64 / RATE_HZ * tempo / 60.0;
        at += block;
    }
    script
}

#[test]
fn onsets_follow_a_tempo_ramp_within_a_sample() {
    for (block, from_bpm, to_bpm) in [(64, 60.0, 180.0), (441, 60.0, 180.0), (512, 180.0, 60.0)] {
        let script = ramp(block, 20.0, from_bpm, to_bpm);
        let recording = record(&cues::busy(), &script, block as usize, 20 * 48_000);
        let mut checked = 0;
        for (note, frame) in &recording.notes {
            let Some(grid) = frame_of(&script, note.onset) else { continue };
            let due = grid + f64::from(note.shift_ms) * 0.001 * RATE_HZ;
            let error = *frame as f64 - due;
            assert!(
                error.abs() <= 1.0,
                "{error:.2} samples off at beat {} (ramp of {block}): {note:?}",
                note.onset
            );
            checked += 1;
        }
        assert!(checked > 200, "only {checked} notes");
    }
}

#[test]
fn jitter_loses_and_doubles_nothing() {
    let frames = 20 * 48_000;
    let steady = Script::steady(RATE_HZ, 120.0, 0.0);
    let calm = record(&cues::busy(), &steady, 256, frames);
    let mut script = Script { sample_rate_hz: RATE_HZ, ..Script::default() };
    for at in (0..frames).step_by(256) {
        let jitter_s = ((mix64(at) >> 11) as f64 / (1u64 << 53) as f64 - 0.5) * 0.001;
        let shaken = if at == 0 { 0.0 } else { jitter_s * 2.0 };
        script.transport.push((at, playing(120.0, at as f64 / 24_000.0 + shaken)));
    }
    let shaken = record(&cues::busy(), &script, 256, frames);
    let (mut a, mut b) = (calm.notes.clone(), shaken.notes.clone());
    a.sort_by_key(|(note, _)| place(note));
    b.sort_by_key(|(note, _)| place(note));
    assert!(a.len() > 200);
    assert_eq!(
        a.iter().map(|(note, _)| *note).collect::<Vec<_>>(),
        b.iter().map(|(note, _)| *note).collect::<Vec<_>>()
    );
    for ((note, calm_frame), (_, shaken_frame)) in a.iter().zip(&b) {
        let apart = calm_frame.abs_diff(*shaken_frame);
        assert!(apart <= 25, "{apart} frames apart at beat {}", note.onset);
    }
}

#[test]
fn a_loop_that_splits_the_buffer_repeats_itself() {
    // Eight beats at 121 per minute are not a whole number of 512-frame blocks: the wrap falls inside one.
    let (tempo, beats) = (121.0, 8.0);
    let length = (beats * 60.0 / tempo * RATE_HZ).round() as u64;
    let mut script = Script { sample_rate_hz: RATE_HZ, ..Script::default() };
    for pass in 0..4 {
        let word = Transport { loop_range: Some((16.0, 24.0)), ..playing(tempo, 16.0) };
        script.transport.push((pass * length, word));
    }
    assert_ne!(length % 512, 0);
    let recording = record(&cues::busy(), &script, 512, 4 * length);
    let pass = |number: u64| -> Vec<_> {
        let range = number * length..(number + 1) * length;
        let mut notes: Vec<_> = recording.notes.iter().filter(|(_, frame)| range.contains(frame)).collect();
        notes.sort_by_key(|(note, _)| place(note));
        notes.iter().map(|(note, frame)| (format!("{note:?}"), frame - range.start)).collect()
    };
    assert!(pass(1).len() > 50);
    assert_eq!(pass(1), pass(2));
    assert_eq!(pass(2), pass(3));
    // The two ways hosts say it, one call with a change inside and two calls, are the same frames to the engine.
    let split = record(&cues::busy(), &script, 370, 4 * length);
    assert_eq!(split.hash(), recording.hash());
}

#[test]
fn the_hosts_meter_changes_where_the_host_says() {
    let mut script = Script { sample_rate_hz: RATE_HZ, ..Script::default() };
    let (mut at, mut position) = (0u64, 0.0);
    let mut lines = Vec::new();
    for (numerator, denominator, bars) in [(4, 4, 2), (7, 8, 3), (3, 4, 2), (6, 8, 2), (5, 4, 2), (4, 4, 2)] {
        let length = f64::from(numerator) * 4.0 / f64::from(denominator);
        for _ in 0..bars {
            let meter = Some((numerator, denominator));
            script
                .transport
                .push((at, Transport { meter, bar_start: Some(position), ..playing(120.0, position) }));
            lines.push((position, (numerator as u8, denominator as u8)));
            position += length;
            at += (length * 24_000.0) as u64;
        }
    }
    let recording = record(&cues::busy(), &script, 500, at);
    let decided: Vec<_> = recording
        .bars
        .iter()
        .map(|bar| (bar.bar.start, (bar.bar.meter.numerator(), bar.bar.meter.denominator())))
        .collect();
    for line in &lines {
        assert!(decided.contains(line), "no bar {line:?} among {decided:?}");
    }
    for (note, _) in &recording.notes {
        assert!((0.0..position).contains(&note.onset));
    }
    assert!(recording.notes.len() > 50);
}

#[test]
fn the_cues_own_meters_hold_where_the_host_has_none() {
    let change =
        |bar, numerator, denominator| MeterChange { bar, numerator, denominator, groups: Vec::new() };
    let cue = Cue { meters: vec![change(1, 3, 4), change(3, 5, 4), change(5, 7, 8)], ..cues::busy() };
    let recording = record(&cue, &Script::steady(RATE_HZ, 120.0, 0.0), 512, 14 * 48_000);
    let starts: Vec<f64> = recording.bars.iter().map(|bar| bar.bar.start).collect();
    assert!(starts.starts_with(&[0.0, 3.0, 6.0, 11.0, 16.0, 19.5, 23.0]), "{starts:?}");
}

#[test]
fn pre_roll_is_silent_and_changes_nothing() {
    // Eight beats before the start, on the quantum grid.
    let early = record(&cues::busy(), &Script::steady(RATE_HZ, 120.0, -8.0), 512, 8 * 24_000 + 10 * 48_000);
    let plain = record(&cues::busy(), &Script::steady(RATE_HZ, 120.0, 0.0), 512, 10 * 48_000);
    assert!(early.notes.iter().all(|(note, _)| note.onset >= 0.0), "a note before the song");
    let names = |recording: &Recording| -> Vec<String> {
        let mut names: Vec<String> = recording.notes.iter().map(|(note, _)| format!("{note:?}")).collect();
        names.sort();
        names
    };
    assert_eq!(names(&early), names(&plain));
    let first_music =
        |stem: usize, channel: usize| early.stems[stem][channel][..8 * 24_000].iter().all(|&x| x == 0.0);
    assert!((0..8).all(|stem| first_music(stem, 0) && first_music(stem, 1)), "music sounds in the pre-roll");
}

#[test]
fn a_host_without_positions_still_plays() {
    let word = Transport { playing: true, ..Transport::default() };
    let script = Script { transport: vec![(0, word)], events: Vec::new(), sample_rate_hz: RATE_HZ };
    let recording = record(&cues::busy(), &script, 512, 6 * 48_000);
    assert!(recording.notes.len() > 30, "{} notes", recording.notes.len());
    let named = Script::steady(RATE_HZ, cues::busy().tempo_bpm, 0.0);
    assert_eq!(
        recording.hash(),
        record(&cues::busy(), &named, 512, 6 * 48_000).hash(),
        "the cue's tempo holds"
    );
}

#[test]
fn a_host_that_knows_only_seconds_is_followed() {
    let word =
        Transport { playing: true, tempo_bpm: Some(120.0), position_s: Some(8.0), ..Transport::default() };
    let script = Script { transport: vec![(0, word)], events: Vec::new(), sample_rate_hz: RATE_HZ };
    let seconds = record(&cues::busy(), &script, 512, 4 * 48_000);
    let beats = record(&cues::busy(), &Script::steady(RATE_HZ, 120.0, 16.0), 512, 4 * 48_000);
    assert_eq!(seconds.hash(), beats.hash());
}

#[test]
fn absurd_words_are_survived() {
    let words = [
        Transport { tempo_bpm: Some(f64::NAN), ..playing(120.0, 0.0) },
        Transport { tempo_bpm: Some(0.0), ..playing(120.0, 1.0) },
        Transport { tempo_bpm: Some(-60.0), ..playing(120.0, 1.0) },
        Transport { tempo_bpm: Some(1e12), ..playing(120.0, 1.0) },
        Transport { position: Some(f64::INFINITY), ..playing(120.0, 1.0) },
        Transport { position: Some(-1e18), ..playing(120.0, 1.0) },
        Transport { position: Some(1e18), meter: Some((0, 0)), ..playing(120.0, 1.0) },
        Transport { meter: Some((65_535, 3)), bar_start: Some(f64::NAN), ..playing(120.0, 8.0) },
        Transport { loop_range: Some((5.0, -5.0)), ..playing(120.0, 8.0) },
    ];
    let mut script = Script { sample_rate_hz: RATE_HZ, ..Script::default() };
    for (index, word) in words.into_iter().enumerate() {
        script.transport.push((index as u64 * 10_000, word));
    }
    script.transport.push((100_000, playing(120.0, 16.0)));
    let recording = record(&cues::busy(), &script, 64, 300_000);
    assert!(recording.mix.iter().flatten().all(|sample| sample.is_finite() && sample.abs() < 8.0));
    assert!(recording.peak(150_000..300_000) > 0.001, "the music comes back");
}

#[test]
fn a_stop_ends_in_exact_silence_and_sleep() {
    let (mut engine, mut handle) = cues::engine(&cues::busy(), RATE_HZ);
    let script = Script::steady(RATE_HZ, 120.0, 64.0).then(5 * 48_000, stopped(120.0, 74.0));
    let music = play(&mut engine, &mut handle, &script, &mut Blocks::Of(512), 0..5 * 48_000);
    assert!(music.peak(0..music.frames()) > 0.01 && !engine.is_silent());
    let tail = engine.tail_frames();
    assert!(tail < 60 * 48_000, "a tail of {} s", tail / 48_000);
    let end = 5 * 48_000 + tail + 4_800;
    let ringing = play(&mut engine, &mut handle, &script, &mut Blocks::Of(512), 5 * 48_000..end);
    assert!(ringing.notes.is_empty(), "a note after the stop");
    assert!(engine.is_silent(), "still awake after the declared tail");
    let silence = play(&mut engine, &mut handle, &script, &mut Blocks::Of(512), end..end + 48_000);
    assert_eq!(silence.peak(0..48_000), 0.0);
}

#[test]
fn listen_plays_while_the_host_stands() {
    let listen = |value| Event::Value { index: Param::Listen as usize, value };
    let script =
        Script { transport: vec![(0, stopped(120.0, 0.0))], events: Vec::new(), sample_rate_hz: RATE_HZ }
            .event(48_000, listen(1.0))
            .event(4 * 48_000, listen(0.0));
    let recording = record(&cues::busy(), &script, 512, 5 * 48_000);
    assert_eq!(recording.peak(0..48_000), 0.0, "a stopped host is silent");
    assert!(recording.peak(48_000..3 * 48_000) > 0.01, "Listen plays");
    assert!(recording.notes.iter().all(|&(_, frame)| (48_000..4 * 48_000 + 64).contains(&frame)));
    assert!(recording.notes.len() > 10);
}
