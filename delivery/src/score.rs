//! `score.json`: every bar and note of a render as data, for analysis and for people who read scores by program.
//! Source: own. Beats are quarter notes from bar 1; seconds count from the first frame of the sound files.
//! In/out: a job and what came of it in, one JSON object out.

use crate::render::{PlayedNote, RenderJob, Rendered};
use cuewright_engine::compose::{BarFrame, OPERATORS};
use cuewright_engine::cue::{Cue, HitKind, Mood};
use cuewright_engine::instrument::INSTRUMENTS;
use cuewright_engine::stem::STEMS;
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
        "unit": frame.unit,
        "slot": frame.slot,
        "planing": frame.planing,
        "mood": mood(frame.climate.mood),
        "stems_active": STEMS
            .iter()
            .filter(|row| frame.stems[row.stem.index()])
            .map(|row| row.id)
            .collect::<Vec<_>>(),
    })
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
        "instrument": part.and_then(|index| INSTRUMENTS.get(index)).map_or("", |row| row.id),
        "pitch": short(note.pitch),
        "velocity": short(note.velocity),
        "beat": round(note.onset),
        "beats": round(note.length),
        "role": note.role.id(),
        "seconds": round(played.frame as f64 / job.sample_rate_hz),
        "duration": round(job.tempo.seconds(note.onset + note.length) - start_s),
    });
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

fn hits(job: &RenderJob, rendered: &Rendered, clock: &Clock<'_>) -> Vec<Value> {
    let line = rendered.timeline;
    job.plan
        .hits
        .iter()
        .map(|hit| {
            let bar = job.plan.grid.bar(hit.bar.floor() as i64 - 1);
            (bar.start + hit.bar.fract() * bar.meter.bar_beats(), hit)
        })
        .filter(|(beat, _)| *beat >= line.start_beat - 1e-6 && *beat < line.end_beat)
        .map(|(beat, hit)| {
            let kind = match hit.kind {
                HitKind::Accent => "accent",
                HitKind::Stinger => "stinger",
            };
            json!({ "seconds": clock.seconds(beat), "beat": round(beat), "kind": kind, "strength": short(hit.strength) })
        })
        .collect()
}
