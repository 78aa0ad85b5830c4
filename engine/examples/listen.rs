//! Plays every instrument (or those named) into WAV files to listen to and look at:
//! `cargo run --release --example listen -- FOLDER [ID…]`. Prints level and cost of each.

use cuewright_engine::cue::Mood;
use cuewright_engine::instrument::{INSTRUMENTS, InstrumentRow, NoteOn, Spec, Stereo, Timbre};
use cuewright_engine::note::Articulation;
use cuewright_engine::units::gain_to_db;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

const RATE_HZ: u32 = 48_000;

/// One scene: held notes low, middle, high; three velocities; a dark and a bright mood; short notes; a glide.
struct Event {
    at_s: f32,
    length_s: f32,
    pitch: f32,
    velocity: f32,
    brightness_octaves: f32,
    articulation: Articulation,
}

fn scene(row: &InstrumentRow) -> Vec<Event> {
    let (low, high) = (f32::from(row.pitch_range.0), f32::from(row.pitch_range.1));
    let at = |part: f32| (low + (high - low) * part).round();
    let mut events = Vec::new();
    let mut now_s = 0.2;
    let mut add = |length_s: f32, part: f32, velocity: f32, brightness_octaves: f32, articulation| {
        events.push(Event {
            at_s: now_s,
            length_s,
            pitch: at(part),
            velocity,
            brightness_octaves,
            articulation,
        });
        now_s += length_s + 1.0;
    };
    for part in [0.1, 0.35, 0.5, 0.65, 0.9] {
        add(2.5, part, 0.7, 0.0, Articulation::Sustain);
    }
    for velocity in [0.2, 0.5, 1.0] {
        add(1.5, 0.5, velocity, 0.0, Articulation::Sustain);
    }
    for brightness_octaves in [-1.5, 1.5] {
        add(1.5, 0.5, 0.7, brightness_octaves, Articulation::Sustain);
    }
    for articulation in [Articulation::Short, Articulation::Accent, Articulation::Swell] {
        add(if articulation == Articulation::Swell { 2.0 } else { 0.25 }, 0.5, 0.8, 0.0, articulation);
    }
    events
}

fn play(row: &InstrumentRow) -> (Vec<[f32; 2]>, Vec<f32>) {
    let mut instrument = (row.build)(&Spec { sample_rate_hz: f64::from(RATE_HZ) });
    let events = scene(row);
    let end_s = events.last().map_or(0.0, |event| event.at_s + event.length_s) + row.tail_s + 0.5;
    let quantum_of = |at_s: f32| (at_s * RATE_HZ as f32 / 32.0) as usize;
    let mut sound = Vec::new();
    let mut timbre = Timbre { mood: Mood::default(), ..Timbre::default() };
    for quantum in 0..quantum_of(end_s) {
        for (id, event) in events.iter().enumerate() {
            if quantum_of(event.at_s) == quantum {
                timbre.brightness_octaves = event.brightness_octaves;
                instrument.note_on(&NoteOn {
                    id: id as u32,
                    pitch: event.pitch,
                    velocity: event.velocity,
                    length_s: event.length_s,
                    articulation: event.articulation,
                    place: 0x5EED + id as u64,
                    ..NoteOn::REST
                });
            } else if quantum_of(event.at_s + event.length_s) == quantum {
                instrument.note_off(id as u32, 0);
            }
        }
        let mut out = Stereo::SILENCE;
        instrument.control(&timbre);
        instrument.render_add(&mut out);
        sound.extend(out.channels[0].iter().zip(&out.channels[1]).map(|(&left, &right)| [left, right]));
    }
    let levels = events
        .iter()
        .map(|event| {
            let range = (event.at_s * RATE_HZ as f32) as usize
                ..((event.at_s + event.length_s) * RATE_HZ as f32) as usize;
            let range = range.start + range.len() / 3..range.end;
            let power: f32 = sound[range.clone()].iter().map(|[l, r]| 0.5 * (l * l + r * r)).sum();
            0.5 * gain_to_db(power / range.len() as f32)
        })
        .collect();
    (sound, levels)
}

/// ns per voice and frame with `count` held voices.
fn cost_ns(row: &InstrumentRow, count: usize) -> f64 {
    let mut instrument = (row.build)(&Spec { sample_rate_hz: f64::from(RATE_HZ) });
    let (low, high) = (f32::from(row.pitch_range.0), f32::from(row.pitch_range.1));
    let count = count.min(row.voices);
    let mut best = f64::MAX;
    // Short rounds: on a busy machine the best of many is one that nobody interrupted.
    for _ in 0..40 {
        instrument.reset();
        for id in 0..count {
            instrument.note_on(&NoteOn {
                id: id as u32,
                pitch: low + (high - low) * (id as f32 + 0.5) / count as f32,
                velocity: 0.7,
                length_s: 10.0,
                place: id as u64,
                offset: id * 5 % 32,
                ..NoteOn::REST
            });
        }
        let begun = Instant::now();
        let quanta = 250;
        for _ in 0..quanta {
            let mut out = Stereo::SILENCE;
            instrument.control(&Timbre::default());
            instrument.render_add(&mut out);
            std::hint::black_box(&out);
        }
        best = best.min(begun.elapsed().as_nanos() as f64 / (quanta * 32 * count) as f64);
    }
    best
}

fn write_wav(path: &Path, sound: &[[f32; 2]]) -> std::io::Result<()> {
    let bytes = (sound.len() * 8) as u32;
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    file.write_all(b"RIFF")?;
    file.write_all(&(bytes + 36).to_le_bytes())?;
    file.write_all(b"WAVEfmt ")?;
    for word in [16u32, 2 << 16 | 3, RATE_HZ, RATE_HZ * 8, 32 << 16 | 8] {
        file.write_all(&word.to_le_bytes())?;
    }
    file.write_all(b"data")?;
    file.write_all(&bytes.to_le_bytes())?;
    for sample in sound.as_flattened() {
        file.write_all(&sample.to_le_bytes())?;
    }
    file.flush()
}

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((folder, wanted)) = arguments.split_first() else {
        eprintln!("usage: listen FOLDER [ID…]");
        std::process::exit(2);
    };
    std::fs::create_dir_all(folder)?;
    println!(
        "{:12} {:>6} {:>6}  RMS dB: low … high | velocity | dark bright | short accent swell",
        "id", "ns 4", "ns 1"
    );
    for row in INSTRUMENTS.iter().filter(|row| wanted.is_empty() || wanted.iter().any(|id| id == row.id)) {
        let (sound, levels) = play(row);
        write_wav(&Path::new(folder).join(format!("{}.wav", row.id)), &sound)?;
        let levels: Vec<String> = levels.iter().map(|level| format!("{level:6.1}")).collect();
        println!("{:12} {:6.1} {:6.1} {}", row.id, cost_ns(row, 4), cost_ns(row, 1), levels.join(""));
    }
    Ok(())
}
