//! The audio thread asks nothing of the system: no allocation and no free inside `process`, whatever happens around it.
//! Source: DESIGN 4, 9. Runs in debug and release.

use cuewright_engine::compose::{Climates, Composer, LaneClimates, Notes};
use cuewright_engine::cue::{Cue, factory};
use cuewright_engine::engine::{Engine, Event, Output, Quantum};
use cuewright_engine::params::{PARAM_COUNT, PARAMS};
use cuewright_engine::plan::Plan;
use cuewright_engine::random::mix64;
use cuewright_engine::time::Transport;
use cuewright_tests::cues;
use cuewright_tests::guard::{Count, Guard, count};
use cuewright_tests::rig::{Script, playing, stopped};
use std::ops::Range;

#[global_allocator]
static GUARD: Guard = Guard;

/// Listens without keeping anything.
#[derive(Default)]
struct Ear {
    loudest: f32,
}

impl Output for Ear {
    fn write(&mut self, _at: usize, quantum: &Quantum, range: Range<usize>) {
        for sample in &quantum.mix.channels[0][range] {
            self.loudest = self.loudest.max(sample.abs());
        }
    }
}

/// One host block on the "audio thread": events, then sound, under the guard.
fn block(
    engine: &mut Engine,
    frames: usize,
    events: &[(usize, Event)],
    transport: &Transport,
    ear: &mut Ear,
) -> Count {
    let ((), asked) = count(|| {
        engine.clear_midi();
        for &(frame, event) in events {
            engine.push(frame, event);
        }
        engine.process(frames, transport, ear);
        std::hint::black_box(engine.midi_out().len());
        std::hint::black_box((engine.is_silent(), engine.tail_frames(), engine.values().at(0)));
    });
    asked
}

#[test]
fn the_guard_sees_allocations() {
    let (boxed, asked) = count(|| Box::new([0u8; 100]));
    assert_eq!(asked, Count { allocations: 1, frees: 0 });
    let ((), asked) = count(|| drop(boxed));
    assert_eq!(asked, Count { allocations: 0, frees: 1 });
}

#[test]
fn composing_allocates_nothing_wherever_it_starts() {
    for seed in 0..24u64 {
        let cue = Cue { seed, ..if seed % 2 == 0 { cues::busy() } else { Cue::default() } };
        let plan = Plan::new(&cue, cues::palette(&cue)).expect("the cue can be compiled");
        let climates = LaneClimates(&plan);
        let mut composer = Composer::new();
        let mut notes = Box::new(Notes::new());
        let mut written = 0;
        for step in 0..40u64 {
            let bar = (mix64(seed * 100 + step) % 96) as i64;
            let ((), asked) = count(|| {
                let frame = composer.frame(&plan, &plan.grid, &climates, bar);
                for beat in 0..frame.bar.meter.beat_starts().len() {
                    notes.clear();
                    composer.beat(&plan, &frame, beat, &climates.at_bar(bar), &mut notes);
                    written += notes.len();
                }
            });
            assert_eq!(asked, Count::NONE, "bar {bar} of seed {seed}");
        }
        assert!(written > 100, "{written} notes: the guard watched silence");
    }
}

#[test]
fn a_minute_of_everything_allocates_nothing() {
    const RATE_HZ: f64 = 48_000.0;
    let (mut engine, mut handle) = cues::engine(&cues::busy(), RATE_HZ);
    let mut script = Script { sample_rate_hz: RATE_HZ, ..Script::default() };
    for second in 0..60u64 {
        let word = match second % 12 {
            5 => stopped(120.0, 4.0),
            7 => playing(61.0, -3.0),
            9 => playing(177.0, 400.5),
            _ => playing(90.0 + second as f64, second as f64 * 2.0),
        };
        script.transport.push((second * 48_000 + second * 7, word));
    }
    let (mut ear, mut total, mut swaps, mut at) = (Ear::default(), Count::NONE, 0, 0u64);
    while at < 60 * 48_000 {
        let dice = mix64(at);
        let frames = [64, 17, 512, 1, 441][(dice % 5) as usize];
        let events: Vec<(usize, Event)> = (0..dice % 6)
            .map(|n| {
                let bits = mix64(dice ^ n);
                let row = &PARAMS[bits as usize % PARAM_COUNT];
                let event = match bits % 5 {
                    0 => Event::NoteOn {
                        channel: (bits >> 8) as u8 % 12,
                        key: (bits >> 16) as u8 % 128,
                        velocity: 0.7,
                    },
                    1 => Event::NoteOff { channel: (bits >> 8) as u8 % 12, key: (bits >> 16) as u8 % 128 },
                    2 => Event::Modulation { index: row.index, amount: 0.2 },
                    // Mutes and bypass would only make the test quieter.
                    _ if row.stepped() => Event::AllNotesOff,
                    _ => {
                        let part = (bits >> 20) as f32 / (1u64 << 44) as f32;
                        Event::Value {
                            index: row.index,
                            value: f64::from(row.min + (row.max - row.min) * part),
                        }
                    }
                };
                ((bits >> 40) as usize % 600, event)
            })
            .collect();
        let asked = block(&mut engine, frames, &events, &script.at(at), &mut ear);
        total.allocations += asked.allocations;
        total.frees += asked.frees;
        at += frames as u64;
        // The other side: sends plans of other palettes, collects, reads. It may allocate; the audio thread may not notice.
        if at / 100_000 > swaps {
            swaps = at / 100_000;
            let palettes = factory::palettes();
            let mut cue = cues::busy();
            cue.palette = palettes[swaps as usize % palettes.len()].id.clone();
            cue.seed += swaps;
            assert!(handle.send_plan(cues::plan(&cue)).is_ok());
        }
        if dice.is_multiple_of(16) {
            handle.collect();
            std::hint::black_box(handle.telemetry());
        }
    }
    assert_eq!(total, Count::NONE, "over {swaps} plan changes");
    assert!(swaps > 20 && ear.loudest > 0.01);
}

#[test]
fn nobody_reading_the_other_side_costs_nothing() {
    let (mut engine, handle) = cues::engine(&cues::busy(), 48_000.0);
    let script = Script::steady(48_000.0, 180.0, 0.0);
    let mut ear = Ear::default();
    for at in (0..30 * 48_000u64).step_by(480) {
        assert_eq!(block(&mut engine, 480, &[], &script.at(at), &mut ear), Count::NONE);
    }
    assert!(ear.loudest > 0.01);
    drop(handle);
}

#[test]
fn reset_allocates_nothing() {
    let (mut engine, _handle) = cues::engine(&cues::busy(), 48_000.0);
    let mut ear = Ear::default();
    block(&mut engine, 4_096, &[], &playing(120.0, 40.0), &mut ear);
    let ((), asked) = count(|| engine.reset());
    assert_eq!(asked, Count::NONE);
}

#[test]
fn more_events_than_fit_are_safe() {
    let (mut engine, _handle) = cues::engine(&cues::busy(), 48_000.0);
    let mut ear = Ear::default();
    let flood: Vec<(usize, Event)> = (0..20_000usize)
        .map(|n| match n % 3 {
            0 => (n % 64, Event::NoteOn { channel: (n % 9) as u8, key: (n % 128) as u8, velocity: 1.0 }),
            1 => (9_999 - n % 64, Event::Value { index: n % PARAM_COUNT, value: f64::NAN }),
            _ => (n, Event::Value { index: n, value: 1e300 }),
        })
        .collect();
    let asked = block(&mut engine, 64, &flood, &playing(120.0, 0.0), &mut ear);
    assert_eq!(asked, Count::NONE);
    for _ in 0..200 {
        assert_eq!(block(&mut engine, 64, &[], &playing(120.0, 1.0), &mut ear), Count::NONE);
    }
    assert!(ear.loudest.is_finite() && ear.loudest < 16.0, "{}", ear.loudest);
}
