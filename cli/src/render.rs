//! `cuewright render`: everything is read and checked first; only then a folder is made and the engine runs.

use crate::args::{Ambience, RenderArguments};
use crate::failure::Failure;
use crate::input;
use cuewright_delivery::automation::{self, AutomationRow, MAX_AUTOMATION_BYTES};
use cuewright_delivery::folder::Folder;
use cuewright_delivery::hash::OUTPUT_COUNT;
use cuewright_delivery::render::{AmbienceLayout, RenderError, RenderJob, Rendered, Sink, render};
use cuewright_delivery::tempo::{self, MAX_MIDI_BYTES, TempoMap};
use cuewright_delivery::{midi, score, wav};
use cuewright_engine::cue::Cue;
use cuewright_engine::params::Param;
use cuewright_engine::plan::Plan;
use cuewright_engine::units::gain_to_db;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};

/// Set by Ctrl-C or a request to end: the render under way then takes away what it has begun.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// A folder that takes nothing more once the user has stopped the program.
struct Stoppable(Folder);

impl Sink for Stoppable {
    fn take(&mut self, output: usize, interleaved: &[u8]) -> io::Result<()> {
        if STOPPED.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        self.0.take(output, interleaved)
    }
}

/// Renders.
pub fn run(arguments: &RenderArguments) -> Result<(), Failure> {
    let (cue, job) = job(arguments)?;
    if arguments.output.is_file() {
        return Err(Failure::file(&arguments.output, "is a file, not a folder"));
    }
    let in_folder = |error: &io::Error| Failure::machine(arguments.output.display(), error);
    ctrlc::set_handler(|| STOPPED.store(true, Ordering::Relaxed)).map_err(Failure::other)?;
    let folder = Folder::create(&arguments.output, arguments.rate, arguments.mix_only, job.ambience)
        .map_err(|error| in_folder(&error))?;
    let mut folder = Stoppable(folder);
    let bar = progress_bar(arguments.json);
    let rendered = render(&job, &mut folder, &mut |done| bar.set_position((done * 100.0) as u64));
    bar.finish_and_clear();
    let rendered = rendered.map_err(|error| match error {
        RenderError::Sink(error) if error.kind() == io::ErrorKind::Interrupted => Failure::stopped(),
        RenderError::Sink(error) => in_folder(&error),
        other => Failure::usage(other),
    })?;
    let score = score::score(&cue, &job, &rendered);
    let score = serde_json::to_vec(&score).map_err(|error| Failure::other(format!("score.json: {error}")))?;
    let midi = midi::file(&cue.title, &job, &rendered);
    let names = folder.0.finish(&score, &midi).map_err(|error| in_folder(&error))?;
    let mut files: Vec<Value> = names
        .into_iter()
        .map(|(output, name)| json!({ "path": name, "sha256": rendered.digests.outputs[output] }))
        .collect();
    files.push(json!({ "path": "score.json", "sha256": sha256(&score) }));
    files.push(json!({ "path": "cue.mid", "sha256": sha256(&midi) }));
    let report = report(arguments, &cue, &job, &rendered, files);
    let text = if arguments.json { format!("{report}\n") } else { summary(arguments, &report) };
    crate::print(text.as_bytes())
}

/// Reads everything the job needs and refuses what cannot be done.
fn job(arguments: &RenderArguments) -> Result<(Cue, RenderJob), Failure> {
    let mut cue = input::cue(&arguments.cue, &arguments.instead)?;
    if let Some(id) = &arguments.morph_palette {
        cue.morph_palette = input::known_palette("--morph-palette", id)?;
    }
    let tempo = match &arguments.tempo_map {
        None => TempoMap::constant(cue.tempo_bpm),
        Some(path) => {
            let bytes = input::read(path, MAX_MIDI_BYTES)
                .map_err(|error| Failure::machine(path.display(), &error))?;
            let time = tempo::read_midi(&bytes).map_err(|error| Failure::file(path, error))?;
            if !time.meters.is_empty() {
                cue.meters = time.meters;
            }
            time.tempo
        }
    };
    let mut plan = Plan::new(&cue, input::palette_of(&cue)?).map_err(Failure::other)?;
    for &(index, value) in &arguments.set {
        plan.values.set(index, value);
    }
    match arguments.ambience {
        None | Some(Ambience::Ambix) => {}
        Some(Ambience::Stereo) => plan.values.put(Param::Binaural, 0.0),
        Some(Ambience::Binaural) => plan.values.put(Param::Binaural, 1.0),
    }
    let ambience = match arguments.ambience {
        Some(Ambience::Ambix) => AmbienceLayout::Ambix,
        _ => AmbienceLayout::Stereo,
    };
    let whole = RenderJob::new(plan);
    let job = RenderJob {
        sample_rate_hz: f64::from(arguments.rate),
        block: arguments.block,
        from_bar: arguments.from,
        length: arguments.length.unwrap_or(whole.length),
        tempo,
        automation: automation_of(arguments)?,
        ambience,
        ..whole
    };
    job.timeline().map_err(Failure::usage)?;
    Ok((cue, job))
}

fn automation_of(arguments: &RenderArguments) -> Result<Vec<AutomationRow>, Failure> {
    let Some(path) = &arguments.automation else { return Ok(Vec::new()) };
    let bytes =
        input::read(path, MAX_AUTOMATION_BYTES).map_err(|error| Failure::machine(path.display(), &error))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::file(path, "is not UTF-8 text"))?;
    automation::parse(&text).map_err(|error| Failure::file(path, error))
}

fn progress_bar(quiet: bool) -> ProgressBar {
    if quiet || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(100);
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} % {eta:>4}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn report(
    arguments: &RenderArguments,
    cue: &Cue,
    job: &RenderJob,
    rendered: &Rendered,
    files: Vec<Value>,
) -> Value {
    let tidy = |value: f64| (value * 100.0).round() / 100.0;
    let outputs = if arguments.mix_only { 1 } else { OUTPUT_COUNT };
    let file = |output| wav::file_bytes(rendered.frames, job.ambience.channels(output) as u16);
    let bytes: u64 = (0..outputs).map(file).sum();
    json!({
        "output": arguments.output.display().to_string(),
        "files": files,
        "sha256": rendered.digests.whole,
        "seed": cue.seed,
        "palette": cue.palette,
        "revision": cuewright_engine::REVISION,
        "sample_rate": arguments.rate,
        "from_bar": arguments.from,
        "bars": rendered.bars.len(),
        "notes": rendered.notes.len(),
        "frames": rendered.frames,
        "seconds": rendered.frames as f64 / job.sample_rate_hz,
        "music_seconds": rendered.timeline.frames as f64 / job.sample_rate_hz,
        "bytes": bytes,
        "realtime": tidy(rendered.real_time(job.sample_rate_hz)),
        "worst_quantum_us": tidy(rendered.worst_quantum_us),
        "worst_block_us": tidy(rendered.worst_block_us),
        "peak_dbfs": tidy(f64::from(gain_to_db(rendered.peak))),
        "repaired_samples": rendered.repaired,
    })
}

fn summary(arguments: &RenderArguments, report: &Value) -> String {
    let number = |key: &str| report[key].as_f64().unwrap_or(0.0);
    let warning = match report["repaired_samples"].as_u64() {
        Some(repaired) if repaired > 0 => format!("warning   {repaired} samples were not finite\n"),
        _ => String::new(),
    };
    format!(
        "written   {}\nlength    {:.2} s ({} bars, {} notes)\npeak      {:.1} dBFS\nspeed     {:.0} x real time\n\
         seed      {}\nsha256    {}\n{warning}",
        arguments.output.display(),
        number("seconds"),
        report["bars"],
        report["notes"],
        number("peak_dbfs"),
        number("realtime"),
        report["seed"],
        report["sha256"].as_str().unwrap_or_default(),
    )
}
