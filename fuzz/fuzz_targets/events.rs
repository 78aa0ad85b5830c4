//! Whatever a host does: sound stays finite and bounded, and the stems sum to the mix.
#![no_main]

use arbitrary::Arbitrary;
use cuewright_engine::cue::{Cue, factory};
use cuewright_engine::engine::{Engine, Event, Output, Quantum};
use cuewright_engine::instrument::Spec;
use cuewright_engine::plan::Plan;
use cuewright_engine::time::Transport;
use libfuzzer_sys::fuzz_target;
use std::ops::Range;

#[derive(Arbitrary, Debug)]
enum Act {
    Value(u8, f64),
    Modulation(u8, f64),
    NoteOn(u8, u8, f32),
    NoteOff(u8, u8),
    AllNotesOff,
    Play(u16, Option<f64>, Option<f64>, Option<(u16, u16)>, Option<f64>),
    Stop(u16),
    Reset,
    Palette(u8, u64),
}

#[derive(Arbitrary, Debug)]
struct Input {
    rate: u16,
    acts: Vec<(u8, Act)>,
}

struct Check;

impl Output for Check {
    fn write(&mut self, _at: usize, quantum: &Quantum, range: Range<usize>) {
        for channel in 0..2 {
            for frame in range.clone() {
                let mut sum = quantum.stems[0].channels[channel][frame];
                for stem in &quantum.stems[1..] {
                    sum += stem.channels[channel][frame];
                }
                assert_eq!(sum, quantum.mix.channels[channel][frame]);
                assert!(sum.is_finite() && sum.abs() < 64.0);
            }
        }
    }
}

fn plan(palette: u8, seed: u64) -> Plan {
    let palettes = factory::palettes();
    let palette = &palettes[palette as usize % palettes.len()];
    let cue = Cue { palette: palette.id.clone(), seed, ..Cue::default() };
    Plan::new(&cue, palette).expect("factory palettes can be played")
}

fuzz_target!(|input: Input| {
    let sample_rate_hz = 1_000.0 + f64::from(input.rate) * 3.0;
    let (mut engine, mut handle) = Engine::new(Spec { sample_rate_hz }, plan(0, 1));
    for (frame, act) in input.acts.into_iter().take(200) {
        let frame = frame as usize;
        match act {
            Act::Value(index, value) => engine.push(frame, Event::Value { index: index as usize, value }),
            Act::Modulation(index, amount) => {
                engine.push(frame, Event::Modulation { index: index as usize, amount })
            }
            Act::NoteOn(channel, key, velocity) => {
                engine.push(frame, Event::NoteOn { channel, key, velocity })
            }
            Act::NoteOff(channel, key) => engine.push(frame, Event::NoteOff { channel, key }),
            Act::AllNotesOff => engine.push(frame, Event::AllNotesOff),
            Act::Play(frames, tempo_bpm, position, meter, bar_start) => {
                let transport = Transport {
                    playing: true,
                    tempo_bpm,
                    position,
                    meter,
                    bar_start,
                    ..Transport::default()
                };
                engine.process(frames as usize % 4_096, &transport, &mut Check);
            }
            Act::Stop(frames) => engine.process(frames as usize % 4_096, &Transport::default(), &mut Check),
            Act::Reset => engine.reset(),
            Act::Palette(palette, seed) => {
                let _ = handle.send_plan(plan(palette, seed));
            }
        }
        engine.clear_midi();
        handle.collect();
    }
});
