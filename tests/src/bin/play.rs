//! A host of our own for the demo: plays half a minute of a cue with a moving tempo and an automated mood, through the
//! installed plugin or the engine itself, and leaves stems, mix and a picture.
//! In/out: `play clap|vst3|engine --cue FILE --out FOLDER [--plugin FILE] [--frames N]`; prints one JSON object.

use cuewright_delivery::automation::{self, AutomationRow};
use cuewright_delivery::folder::{Folder, file_names};
use cuewright_delivery::hash::{Digests, Hashes, interleave};
use cuewright_delivery::render::{AmbienceLayout, Length, RenderJob, render};
use cuewright_delivery::tempo::{self, TempoMap};
use cuewright_delivery::wav::WavWriter;
use cuewright_delivery::{midi, score};
use cuewright_engine::cue::{Cue, parse_toml};
use cuewright_engine::engine::Event;
use cuewright_engine::params::{PARAMS, Param};
use cuewright_tests::rig::{Blocks, Recording, Script, playing, stopped};
use cuewright_tests::{clap_host, cues, picture, vst3_host, wav};
use serde_json::{Value, json};
use std::error::Error;
use std::path::{Path, PathBuf};

const RATE_HZ: f64 = 48_000.0;
const SECONDS: u64 = 30;

/// Frames of a host block, as a DAW would be set.
const BLOCK: usize = 512;

type Outcome<T> = Result<T, Box<dyn Error>>;

struct Arguments {
    format: String,
    cue: PathBuf,
    out: PathBuf,
    plugin: Option<PathBuf>,
    frames: u64,
}

fn main() -> Outcome<()> {
    let arguments = arguments()?;
    let cue = parse_toml(&std::fs::read_to_string(&arguments.cue)?)?;
    std::fs::create_dir_all(&arguments.out)?;
    let files = Files::write(&arguments.out, &cue)?;
    let report = if arguments.format == "engine" {
        play_engine(&arguments, &cue, &files)?
    } else {
        play_plugin(&arguments, &cue, &files)?
    };
    draw(&arguments.out)?;
    println!("{report}");
    Ok(())
}

fn arguments() -> Outcome<Arguments> {
    let mut words = std::env::args().skip(1);
    let format = words.next().ok_or("clap, vst3 or engine?")?;
    let mut arguments =
        Arguments { format, cue: PathBuf::new(), out: PathBuf::new(), plugin: None, frames: 0 };
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--cue" => arguments.cue = value.into(),
            "--out" => arguments.out = value.into(),
            "--plugin" => arguments.plugin = Some(value.into()),
            "--frames" => arguments.frames = value.parse()?,
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    Ok(arguments)
}

/// The moving tempo and the automated mood, as files the command line takes, and read back from them.
struct Files {
    tempo: TempoMap,
    automation: Vec<AutomationRow>,
}

impl Files {
    fn write(folder: &Path, cue: &Cue) -> Outcome<Files> {
        std::fs::write(folder.join("tempo.mid"), tempo_file(cue.tempo_bpm))?;
        std::fs::write(folder.join("automation.csv"), automation_file())?;
        let tempo = tempo::read_midi(&std::fs::read(folder.join("tempo.mid"))?)?.tempo;
        let automation = automation::parse(&std::fs::read_to_string(folder.join("automation.csv"))?)?;
        Ok(Files { tempo, automation })
    }
}

/// A tempo for every beat: breathes by a sixth around the cue's. Lengths are multiples of 125 microseconds, so that every beat
/// falls on a whole frame at 48 kHz and nobody has to round.
fn tempo_file(tempo_bpm: f64) -> Vec<u8> {
    let mut track = Vec::new();
    for beat in 0..SECONDS as u32 * 4 {
        let breath = 1.0 + (f64::from(beat) * 0.11).sin() / 6.0;
        let micros = ((60e6 / (tempo_bpm * breath) / 125.0).round() as u32) * 125;
        let delta: &[u8] = if beat == 0 { &[0] } else { &[0x83, 0x60] };
        track.extend_from_slice(delta);
        track.extend_from_slice(&[0xFF, 0x51, 3]);
        track.extend_from_slice(&micros.to_be_bytes()[1..]);
    }
    track.extend_from_slice(&[0, 0xFF, 0x2F, 0]);
    // Format 0, one track, 480 ticks to the quarter note.
    let mut file = b"MThd\0\0\0\x06\0\0\0\x01\x01\xE0MTrk".to_vec();
    file.extend_from_slice(&(track.len() as u32).to_be_bytes());
    file.extend(track);
    file
}

/// From a quiet, dark start to a bright, full end, and back down. Steps are sixty-fourths: every format carries them exactly.
fn automation_file() -> String {
    let mut rows = String::from("seconds,id,value\n");
    let step = |value: f64| (value * 64.0).round() / 64.0;
    for tick in 0..SECONDS * 10 {
        let (seconds, place) = (tick as f64 / 10.0, tick as f64 / (SECONDS * 10) as f64);
        let rise = (place * std::f64::consts::PI).sin();
        let axes = [
            (Param::Valence, -0.5 + rise),
            (Param::Energy, -0.6 + 1.5 * rise),
            (Param::Wonder, place),
            (Param::Darkness, 0.5 - rise),
        ];
        for (param, value) in axes {
            let row = &PARAMS[param as usize];
            let value = step(value).clamp(f64::from(row.min), f64::from(row.max));
            rows += &format!("{seconds},{},{value}\n", row.id);
        }
    }
    rows
}

/// The engine itself, by the offline render of the delivery crate.
fn play_engine(arguments: &Arguments, cue: &Cue, files: &Files) -> Outcome<Value> {
    let job = RenderJob {
        length: Length::Seconds(SECONDS as f64),
        tempo: files.tempo.clone(),
        automation: files.automation.clone(),
        ..RenderJob::new(cues::plan(cue))
    };
    let mut folder = Folder::create(&arguments.out, RATE_HZ as u32, false, AmbienceLayout::Stereo)?;
    let rendered = render(&job, &mut folder, &mut |_| {})?;
    let score = serde_json::to_vec(&score::score(cue, &job, &rendered))?;
    folder.finish(&score, &midi::file(&cue.title, &job, &rendered))?;
    Ok(json!({
        "player": "engine",
        "sha256": rendered.digests.whole,
        "frames": rendered.frames,
        "times_real_time": rendered.real_time(RATE_HZ),
    }))
}

/// The same half minute as a host's script.
fn script(files: &Files) -> Script {
    let frame = |seconds: f64| (seconds * RATE_HZ).round() as u64;
    let end = SECONDS as f64;
    let mut script = Script { sample_rate_hz: RATE_HZ, ..Script::default() };
    for point in files.tempo.points().iter().filter(|point| point.seconds < end) {
        script.transport.push((frame(point.seconds), playing(point.bpm, point.beat)));
    }
    let last = files.tempo.beat(end);
    script.transport.push((frame(end), stopped(files.tempo.at_beat(last).bpm, last)));
    let event =
        |row: &AutomationRow| (frame(row.seconds), Event::Value { index: row.index, value: row.value });
    script.events = files.automation.iter().map(event).collect();
    script
}

fn play_plugin(arguments: &Arguments, cue: &Cue, files: &Files) -> Outcome<Value> {
    let plugin = arguments.plugin.as_deref().ok_or("which plugin?")?;
    let (script, range) = (script(files), 0..arguments.frames);
    let started = std::time::Instant::now();
    let recording = if arguments.format == "clap" {
        let mut host = clap_host::Plugin::open(plugin);
        if !host.load(&clap_host::state_of(cue)) {
            return Err("the plugin refuses the cue".into());
        }
        host.activate(RATE_HZ, BLOCK as u32);
        clap_host::play(&mut host, &script, Blocks::Of(BLOCK), clap_host::Cut::Inside, range).recording
    } else {
        let mut host = vst3_host::Vst3Host::load(plugin)?;
        host.load_state(&vst3_host::state_of(cue));
        host.activate(RATE_HZ, BLOCK, vst3_host::Layout::All)?;
        vst3_host::play(&mut host, &script, &mut Blocks::Of(BLOCK), range)
    };
    let seconds = started.elapsed().as_secs_f64();
    let digests = save(&arguments.out, &recording)?;
    Ok(json!({
        "player": arguments.format,
        "sha256": digests.whole,
        "frames": recording.frames(),
        "times_real_time": recording.frames() as f64 / RATE_HZ / seconds,
    }))
}

/// Writes mix and stems under the names every render uses.
fn save(folder: &Path, recording: &Recording) -> Outcome<Digests> {
    std::fs::create_dir_all(folder.join("stems"))?;
    let mut hashes = Hashes::default();
    let outputs = std::iter::once(&recording.mix).chain(&recording.stems);
    for (output, ([left, right], name)) in outputs.zip(file_names()).enumerate() {
        let mut bytes = Vec::with_capacity(left.len() * 8);
        interleave(&[left, right], &mut bytes);
        hashes.add(output, &bytes);
        let mut writer = WavWriter::create(&folder.join(name), RATE_HZ as u32, 2)?;
        writer.write_bytes(&bytes)?;
        writer.finish()?;
    }
    Ok(hashes.finish())
}

/// Draws what was written, from the files: what the picture shows is what is there.
fn draw(folder: &Path) -> Outcome<()> {
    let mut sounds = Vec::new();
    for name in file_names() {
        let file = wav::read(&folder.join(name))?;
        let channels: [Vec<f32>; 2] = file.channels.try_into().map_err(|_| "not stereo")?;
        sounds.push(channels);
    }
    picture::write(&folder.join("spectrogram.png"), &sounds[0], &sounds[1..], RATE_HZ)?;
    Ok(())
}
