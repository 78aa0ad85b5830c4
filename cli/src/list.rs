//! `cuewright list`: what there is, as a table or as JSON.

use crate::args::What;
use crate::failure::Failure;
use cuewright_engine::cue::factory;
use cuewright_engine::fx::scenes::SCENES;
use cuewright_engine::instrument::INSTRUMENTS;
use cuewright_engine::params::{PARAMS, Reaction, Unit};
use serde_json::{Value, json};

/// Prints a list.
pub fn run(what: What, as_json: bool) -> Result<(), Failure> {
    let (columns, rows) = match what {
        What::Palettes => palettes(),
        What::Instruments => instruments(),
        What::Axes => axes(),
        What::Cues => cues(),
        What::Motifs => motifs(),
        What::Halls => halls(),
        What::Scenes => scenes(),
    };
    let text = if as_json { format!("{:#}\n", Value::Array(rows)) } else { table(columns, &rows) };
    crate::print(text.as_bytes())
}

type List = (&'static [&'static str], Vec<Value>);

fn palettes() -> List {
    let rows = factory::palettes().iter().map(|palette| {
        let stems: serde_json::Map<String, Value> =
            palette.stems.iter().map(|(stem, settings)| (stem.clone(), json!(settings.parts))).collect();
        json!({ "id": palette.id, "name": palette.name, "description": palette.description, "stems": stems })
    });
    (&["id", "name", "description"], rows.collect())
}

fn instruments() -> List {
    let rows = INSTRUMENTS.iter().map(|row| {
        json!({
            "id": row.id,
            "name": row.name,
            "family": format!("{:?}", row.family).to_lowercase(),
            "lowest": row.pitch_range.0,
            "highest": row.pitch_range.1,
            "description": row.doc,
        })
    });
    (&["id", "name", "family", "lowest", "highest", "description"], rows.collect())
}

fn axes() -> List {
    let rows = PARAMS.iter().map(|row| {
        json!({
            "id": row.id,
            "name": row.name,
            "group": row.group.name(),
            "min": plain(row.min),
            "max": plain(row.max),
            "default": plain(row.default),
            "unit": match row.unit {
                Unit::Plain => "",
                Unit::Decibels => "dB",
                Unit::Factor => "x",
                Unit::Count => "whole",
                Unit::Switch => "off/on",
            },
            "reaction": match row.reaction {
                Reaction::Immediate => "at once",
                Reaction::Beat => "next beat",
                Reaction::Bar => "next bar",
                Reaction::Unit => "next four-bar unit",
            },
            "description": row.doc,
        })
    });
    (&["id", "min", "max", "default", "unit", "reaction", "description"], rows.collect())
}

fn cues() -> List {
    let rows = factory::cues().iter().map(|factory| {
        let cue = &factory.cue;
        let meters: Vec<String> =
            cue.meters.iter().map(|meter| format!("{}/{}", meter.numerator, meter.denominator)).collect();
        json!({
            "id": factory.id,
            "title": cue.title,
            "palette": cue.palette,
            "tempo_bpm": cue.tempo_bpm,
            "meter": if meters.is_empty() { "4/4".into() } else { meters.join(" ") },
            "bars": cue.length_bars,
            "seed": cue.seed,
        })
    });
    (&["id", "title", "palette", "tempo_bpm", "meter", "bars", "seed"], rows.collect())
}

fn motifs() -> List {
    let rows = factory::motifs().iter().map(|motif| {
        json!({
            "id": motif.id,
            "name": motif.name,
            "sounding": motif.motif().sounding(),
            "pickup_beats": motif.pickup_beats,
            "description": motif.description,
        })
    });
    (&["id", "name", "sounding", "pickup_beats", "description"], rows.collect())
}

fn halls() -> List {
    let rows = factory::halls().iter().map(|hall| {
        json!({
            "id": hall.id,
            "name": hall.name,
            "decay_s": plain(hall.hall.decay_s),
            "size": plain(hall.hall.size),
            "brightness": plain(hall.hall.brightness),
            "predelay_ms": plain(hall.hall.predelay_ms),
            "description": hall.description,
            "source": hall.source,
        })
    });
    (&["id", "name", "decay_s", "size", "description"], rows.collect())
}

fn scenes() -> List {
    let rows =
        SCENES.iter().map(|scene| json!({ "id": scene.id, "name": scene.name, "description": scene.doc }));
    (&["id", "name", "description"], rows.collect())
}

/// Through text, so that 0.6 does not become 0.6000000238418579.
fn plain(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

fn table(columns: &[&str], rows: &[Value]) -> String {
    let cell = |row: &Value, column: &str| match &row[column] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let widths: Vec<usize> = columns
        .iter()
        .map(|column| rows.iter().map(|row| cell(row, column).chars().count()).fold(column.len(), usize::max))
        .collect();
    let line = |cells: Vec<String>| {
        let padded: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
        padded.join("  ").trim_end().to_string() + "\n"
    };
    let mut text = line(columns.iter().map(|column| column.to_string()).collect());
    for row in rows {
        text += &line(columns.iter().map(|column| cell(row, column)).collect());
    }
    text
}
