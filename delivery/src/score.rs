//! `score.json`: every bar and note of a render as data, for analysis and for people who read scores by program.
//! Source: own. Beats are quarter notes from bar 1; seconds count from the first frame of the sound files.
//! In/out: a job and what came of it in, one JSON object out.

use crate::render::{PlayedNote, RenderJob, Rendered};
use cuewright_engine::compose::{BarFrame, Climate, OPERATORS, ThemeNote};
use cuewright_engine::cue::{Cue, Hit, Mood};
use cuewright_engine::instrument::INSTRUMENTS;
use cuewright_engine::stem::STEMS;
use cuewright_engine::theory::in_beats;
use serde_json::{Value, json};

/// Version of the file's shape.
pub const SCORE_FORMAT: u32 = 1;

/// The score as JSON.
pub fn score(cue: &Cue, job: &RenderJob, rendered: &Rendered) -> Value {
    let clock = Clock { job, start_s: rendered.timeline.start_s };
    json!({
        "format": SCORE_FORMAT,
        "revision": cuewright_engine::REVISION,
        "title": cue.title,
        "sample_rate": job.sample_rate_hz,
        "seed": cue.seed,
        "palette": cue.palette,
        "length_bars": cue.length_bars,
        "ending": cue.ending,
        "motif": motif(job),
        "tempo": tempo(job, rendered, &clock),
        "meters": meters(job, rendered),
        "bars": rendered.bars.iter().map(|frame| bar(frame, &clock)).collect::<Vec<_>>(),
        "notes": rendered.notes.iter().map(|played| note(played, job)).collect::<Vec<_>>(),
        "hits": hits(job, rendered, &clock),
        // True for a render without ring-out that continues into itself.
        "loop": job.loops(),
    })
}

struct Clock<'a> {
    job: &'a RenderJob,
    start_s: f64,
}

impl Clock<'_> {
    fn seconds(&self, beat: f64) -> f64 {
        round(self.job.tempo.seconds(beat) - self.start_s)
    }
}

/// To a microsecond: finer than a frame at 384 kHz, and short to read.
fn round(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// A value as its shortest decimal: 0.3, not 0.30000001192092896.
fn short(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}

fn tempo(job: &RenderJob, rendered: &Rendered, clock: &Clock<'_>) -> Vec<Value> {
    let start = rendered.timeline.start_beat;
    let first = job.tempo.at_beat(start);
    let later = job
        .tempo
        .points()
        .iter()
        .filter(|point| point.beat > start && point.beat < rendered.timeline.end_beat);
    std::iter::once((start, first.bpm))
        .chain(later.map(|point| (point.beat, point.bpm)))
        .map(|(beat, bpm)| json!({ "beat": round(beat), "bpm": bpm, "seconds": clock.seconds(beat) }))
        .collect()
}

fn meters(job: &RenderJob, rendered: &Rendered) -> Vec<Value> {
    let grid = &job.plan.grid;
    let first = grid.bar_at(rendered.timeline.start_beat);
    let later = grid
        .segments()
        .iter()
        .filter(|segment| segment.bar > first.index && segment.start < rendered.timeline.end_beat);
    std::iter::once((first.index, first.meter))
        .chain(later.map(|segment| (segment.bar, segment.meter)))
        .map(|(bar, meter)| {
            json!({
                "bar": bar + 1,
                "numerator": meter.numerator(),
                "denominator": meter.denominator(),
                "groups": meter.groups(),
            })
        })
        .collect()
}

fn bar(frame: &BarFrame, clock: &Clock<'_>) -> Value {
    let first = &frame.chords[0].chord;
    let chords: Vec<Value> = frame
        .chords
        .iter()
        .map(|placed| {
            json!({
                "beat": round(frame.bar.start + placed.at),
                "chord": placed.chord.name.as_str(),
                "chord_pcs": pitch_classes(placed.chord.pcs),
                "voices": placed.voices.as_slice(),
                // True where the same chord lay in the bar before: it is held, not struck again.
                "tied": placed.tied,
            })
        })
        .collect();
    json!({
        "bar": frame.bar.index + 1,
        "beat": round(frame.bar.start),
        "seconds": clock.seconds(frame.bar.start),
        "beats": round(frame.bar.meter.bar_beats()),
        "tonic": frame.tonic,
        "mode": frame.mode,
        "chord": first.name.as_str(),
        "chord_pcs": pitch_classes(frame.chords.iter().fold(0, |pcs, placed| pcs | placed.chord.pcs)),
        "chords": chords,
        "cell": frame.cell,
        "section": frame.section,
        "phrase": frame.phrase,
        "letter": frame.letter,
        "boundary": frame.boundary,
        "unit": frame.unit,
        "slot": frame.slot,
        "planing": frame.planing,
        "mood": mood(frame.climate.mood),
        "trims": trims(&frame.climate),
        "stems_active": STEMS
            .iter()
            .filter(|row| frame.stems[row.stem.index()])
            .map(|row| row.id)
            .collect::<Vec<_>>(),
    })
}

/// The trims under which the bar was decided, by the ids of their parameters.
fn trims(climate: &Climate) -> Value {
    json!({
        "density": short(climate.density),
        "dialogue": short(climate.dialogue),
        "motif": short(climate.motif),
        "chromatic": short(climate.chromatic),
        "humanise": short(climate.humanise),
        "variant": climate.variant,
    })
}

/// The motif as it was made: its notes in scale steps above the tonic, beats from its first bar line, so that an upbeat lies
/// below 0.
fn motif(job: &RenderJob) -> Vec<Value> {
    let theme = job.plan.prepared.motif();
    let value = |note: &ThemeNote, before: u32| {
        json!({
            "beat": round(in_beats(note.at) - in_beats(before)),
            "beats": round(in_beats(note.length)),
            "degree": note.degree,
            "alter": note.alter,
            "accent": short(f32::from(note.accent) / 100.0),
        })
    };
    let upbeat = theme.upbeat.iter().map(|note| value(note, theme.bar));
    upbeat.chain(theme.notes.iter().map(|note| value(note, 0))).collect()
}

fn mood(mood: Mood) -> Value {
    json!({
        "valence": short(mood.valence),
        "energy": short(mood.energy),
        "tension": short(mood.tension),
        "tension_effective": short(mood.tension_effective()),
        "wonder": short(mood.wonder),
        "scale": short(mood.scale),
        "darkness": short(mood.darkness),
    })
}

fn pitch_classes(bits: u16) -> Vec<u8> {
    (0..12).filter(|pitch| bits & (1 << pitch) != 0).collect()
}

fn note(played: &PlayedNote, job: &RenderJob) -> Value {
    let note = &played.note;
    let part = job.plan.stage.stems[note.stem.index()].parts.get(usize::from(note.part)).copied().flatten();
    let start_s = job.tempo.seconds(note.onset);
    let mut value = json!({
        "stem": note.stem.row().id,
        "part": note.part,
        "instrument": part.and_then(|index| INSTRUMENTS.get(index)).map_or("", |row| row.id),
        "pitch": short(note.pitch),
        "velocity": short(note.velocity),
        "beat": round(note.onset),
        "beats": round(note.length),
        "role": note.role.id(),
        "articulation": note.articulation.id(),
        "shift_ms": short(note.shift_ms),
        "seconds": round(played.frame as f64 / job.sample_rate_hz),
        "duration": round(job.tempo.seconds(note.onset + note.length) - start_s),
    });
    if let Some(from) = note.glide_from {
        value["slides_from"] = json!(short(from));
    }
    if let Some(tag) = note.motif.filter(|tag| tag.upbeat) {
        value["upbeat_to"] = json!(tag.statement);
    } else if let Some(tag) = note.motif {
        value["motif"] = json!({
            "id": "main",
            "operator": operator_name(tag.operator),
            "level": tag.level,
            "statement": tag.statement,
        });
    }
    value
}

fn operator_name(operator: u8) -> &'static str {
    OPERATORS.get(usize::from(operator)).map_or("exact", |row| row.id)
}

/// The hits inside a render, with their places in quarter notes.
pub(crate) fn hits_inside<'a>(
    job: &'a RenderJob,
    rendered: &Rendered,
) -> impl Iterator<Item = (f64, &'a Hit)> {
    let line = rendered.timeline;
    let placed = job.plan.hits.iter().map(|hit| {
        let bar = job.plan.grid.bar(hit.bar.floor() as i64 - 1);
        (bar.start + hit.bar.fract() * bar.meter.bar_beats(), hit)
    });
    placed.filter(move |(beat, _)| *beat >= line.start_beat - 1e-6 && *beat < line.end_beat)
}

fn hits(job: &RenderJob, rendered: &Rendered, clock: &Clock<'_>) -> Vec<Value> {
    let value = |(beat, hit): (f64, &Hit)| {
        let (seconds, kind) = (clock.seconds(beat), hit.kind.id());
        json!({ "seconds": seconds, "beat": round(beat), "kind": kind, "strength": short(hit.strength) })
    };
    hits_inside(job, rendered).map(value).collect()
}
