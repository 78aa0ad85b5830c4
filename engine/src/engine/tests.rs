//! The engine's own promises, held on notes a person plays: they need no composer to be heard.

use super::*;
use crate::cue::{Cue as Document, factory};
use std::ops::Range;

/// Collects everything the engine puts out: nine stems and the mix, interleaved per frame.
#[derive(Default)]
struct Tape {
    frames: Vec<[f32; 2 * (STEM_COUNT + 1)]>,
}

impl Output for Tape {
    fn write(&mut self, _at: usize, quantum: &Quantum, range: Range<usize>) {
        for i in range {
            self.frames.push(std::array::from_fn(|k| {
                let sound = quantum.stems.get(k / 2).unwrap_or(&quantum.mix);
                sound.channels[k % 2][i]
            }));
        }
    }
}

fn plan(palette: &str) -> Plan {
    let palette = factory::palettes().iter().find(|p| p.id == palette).expect("factory palette");
    let playable = |id: &String| crate::instrument::find(id).is_some();
    let mut palette = palette.clone();
    for stem in palette.stems.values_mut() {
        stem.parts.retain(playable);
    }
    Plan::new(&Document::default(), &palette).expect("a plan")
}

fn engine() -> (Engine, EngineHandle) {
    Engine::new(Spec { sample_rate_hz: 48_000.0 }, plan("orchestral"))
}

/// A second and a half: notes, automation, a start and a jump, fed in blocks of the given sizes.
fn performance(blocks: impl Fn(usize) -> usize) -> Vec<[f32; 2 * (STEM_COUNT + 1)]> {
    let (mut engine, _handle) = engine();
    let mut tape = Tape::default();
    let energy = Param::Energy as usize;
    let script = [
        (100, Event::NoteOn { channel: 2, key: 64, velocity: 0.8 }),
        (3_333, Event::Value { index: energy, value: 0.7 }),
        (9_001, Event::NoteOn { channel: 4, key: 76, velocity: 0.6 }),
        (20_000, Event::NoteOff { channel: 2, key: 64 }),
        (30_011, Event::Modulation { index: energy, amount: -0.9 }),
        (60_007, Event::AllNotesOff),
    ];
    // (from frame, playing, beat at that frame)
    let transports = [(0usize, false, 0.0), (5_000, true, 0.0), (40_013, true, 16.0), (55_555, false, 16.0)];
    let mut cuts: Vec<usize> = transports.iter().map(|t| t.0).collect();
    cuts.push(72_000);
    let (mut at, mut step) = (0, 0);
    while at < 72_000 {
        let &(from, playing, beat) = transports.iter().rev().find(|t| t.0 <= at).unwrap();
        let next_cut = *cuts.iter().find(|&&cut| cut > at).unwrap();
        let frames = blocks(step).min(next_cut - at);
        step += 1;
        for &(frame, event) in script.iter().filter(|(frame, _)| (at..at + frames).contains(frame)) {
            engine.push(frame - at, event);
        }
        let moved = if playing { (at - from) as f64 / 24_000.0 } else { 0.0 };
        let host = Transport {
            playing,
            tempo_bpm: Some(120.0),
            position: Some(beat + moved),
            meter: Some((4, 4)),
            ..Default::default()
        };
        engine.process(frames, &host, &mut tape);
        at += frames;
    }
    tape.frames
}

#[test]
fn buffer_size_changes_no_bit() {
    let reference = performance(|_| 512);
    assert!(reference.iter().flatten().any(|x| x.abs() > 0.01), "something must be heard");
    for size in [1, 17, 64, 441, 4096] {
        assert!(performance(|_| size) == reference, "blocks of {size}");
    }
    let odd = |step: usize| 1 + (crate::random::mix64(step as u64) % 700) as usize;
    assert!(performance(odd) == reference, "random blocks");
}

#[test]
fn mix_is_the_sum_of_the_stems_exactly() {
    for frame in performance(|_| 333) {
        for channel in 0..2 {
            let sum = (1..STEM_COUNT).fold(frame[channel], |sum, stem| sum + frame[2 * stem + channel]);
            assert_eq!(sum, frame[2 * STEM_COUNT + channel]);
        }
    }
}

#[test]
fn a_cut_does_not_click() {
    let frames = performance(|_| 256);
    let mix: Vec<f32> = frames.iter().map(|frame| frame[2 * STEM_COUNT]).collect();
    let steepest = mix.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
    let loudest = mix.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
    let jump = (40_013 - 40..40_013 + 40).map(|i| (mix[i + 1] - mix[i]).abs()).fold(0.0, f32::max);
    assert!(jump <= steepest && jump < 0.5 * loudest, "jump {jump}, steepest {steepest}, loudest {loudest}");
}

#[test]
fn an_engine_at_rest_is_silent_and_wakes() {
    let (mut engine, _handle) = engine();
    let mut tape = Tape::default();
    engine.process(1000, &Transport::default(), &mut tape);
    assert!(engine.is_silent() && tape.frames.iter().flatten().all(|&x| x == 0.0));
    engine.push(0, Event::NoteOn { channel: 1, key: 60, velocity: 0.9 });
    engine.process(24_000, &Transport::default(), &mut tape);
    assert!(!engine.is_silent());
    engine.push(0, Event::AllNotesOff);
    let limit = engine.tail_frames() as usize + 48_000;
    for _ in 0..limit / 4_800 {
        engine.process(4_800, &Transport::default(), &mut tape);
    }
    assert!(engine.is_silent(), "still sounding after {limit} frames");
}

#[test]
fn a_new_palette_takes_over_without_a_click_and_the_old_one_comes_back_to_be_dropped() {
    let (mut engine, mut handle) = engine();
    let mut tape = Tape::default();
    engine.push(0, Event::NoteOn { channel: 2, key: 60, velocity: 0.9 });
    engine.process(48_000, &Transport::default(), &mut tape);
    handle.send_plan(plan("intimate")).expect("room for a plan");
    engine.process(24_000, &Transport::default(), &mut tape);
    let mix: Vec<f32> = tape.frames.iter().map(|frame| frame[2 * STEM_COUNT]).collect();
    let slope = |range: Range<usize>| range.map(|i| (mix[i + 1] - mix[i]).abs()).fold(0.0, f32::max);
    assert!(
        slope(47_000..70_000) <= 1.5 * slope(20_000..47_000),
        "{} {}",
        slope(47_000..70_000),
        slope(20_000..47_000)
    );
}

#[test]
fn absurd_events_are_survived() {
    let (mut engine, _handle) = engine();
    let mut tape = Tape::default();
    for i in 0..5000usize {
        engine.push(usize::MAX, Event::Value { index: i, value: f64::NAN });
        engine.push(i, Event::Modulation { index: i, amount: f64::INFINITY });
        engine.push(0, Event::NoteOn { channel: 255, key: 255, velocity: f32::NAN });
        engine.push(0, Event::NoteOn { channel: i as u8, key: i as u8, velocity: 9.0 });
    }
    let host =
        Transport { playing: true, position: Some(-1e300), tempo_bpm: Some(-3.0), ..Default::default() };
    engine.process(10_000, &host, &mut tape);
    assert!(tape.frames.iter().flatten().all(|x| x.is_finite()));
    assert_eq!(*engine.values(), Values::default());
}

#[test]
fn reset_equals_fresh() {
    let run = |engine: &mut Engine| {
        let mut tape = Tape::default();
        engine.push(7, Event::NoteOn { channel: 5, key: 55, velocity: 0.7 });
        let host =
            Transport { playing: true, tempo_bpm: Some(97.0), position: Some(0.0), ..Default::default() };
        engine.process(20_000, &host, &mut tape);
        tape.frames
    };
    let (mut used, _handle) = engine();
    run(&mut used);
    used.reset();
    let (mut fresh, _other) = engine();
    assert!(run(&mut used) == run(&mut fresh));
}

#[test]
fn an_engine_fits_on_a_small_stack() {
    // macOS gives threads other than the first 512 KiB; moves and frames of a debug build hold several copies.
    assert!(size_of::<Engine>() < 24 * 1024, "{} bytes", size_of::<Engine>());
    assert!(size_of::<EngineHandle>() < 8 * 1024, "{} bytes", size_of::<EngineHandle>());
    let small = std::thread::Builder::new().stack_size(512 * 1024);
    let built = small.spawn(|| {
        let (engine, _handle) = self::engine();
        engine.is_silent()
    });
    assert!(built.expect("a thread").join().expect("no overflow"));
}
