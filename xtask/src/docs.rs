//! docs/PARAMETERS.md, written from the engine's tables so that it cannot lag behind them.
//! Source: own. In/out: `write` for people, `check` for CI.

use crate::shell::{flag, root};
use anyhow::{Result, bail};
use cuewright_engine::cue::factory;
use cuewright_engine::cue::limits::CUE_LIMITS;
use cuewright_engine::fx::scenes::SCENES;
use cuewright_engine::instrument::INSTRUMENTS;
use cuewright_engine::mapping::MAPPINGS;
use cuewright_engine::params::{PARAMS, ParamRow, Reaction, Unit};
use cuewright_engine::stem::STEMS;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

/// The chore: writes the file.
pub fn run(arguments: &[String]) -> Result<()> {
    flag(arguments, "", &[])?;
    fs::write(path(), text())?;
    println!("docs/PARAMETERS.md");
    Ok(())
}

/// Fails when the file is not what the tables say.
pub fn check() -> Result<()> {
    if fs::read_to_string(path()).unwrap_or_default() != text() {
        bail!("docs/PARAMETERS.md is not what the tables say: run `cargo xtask docs`");
    }
    Ok(())
}

fn path() -> PathBuf {
    root().join("docs/PARAMETERS.md")
}

fn text() -> String {
    let mut page = String::from(
        "# Parameters, stems, palettes, cue files and instruments\n\nWritten by `cargo xtask docs` from the engine's tables; do not edit.\n",
    );
    parameters(&mut page);
    mappings(&mut page);
    stems(&mut page);
    palettes(&mut page);
    cue_file(&mut page);
    instruments(&mut page);
    spaces(&mut page);
    page
}

fn spaces(page: &mut String) {
    page.push_str("\n## Halls\n\n| id | name | decay | sound | source |\n|---|---|---|---|---|\n");
    for hall in factory::halls() {
        let _ = writeln!(
            page,
            "| `{}` | {} | {} s | {} | {} |",
            hall.id, hall.name, hall.hall.decay_s, hall.description, hall.source
        );
    }
    page.push_str("\n## Ambience\n\n| id | name | sound |\n|---|---|---|\n");
    for scene in SCENES {
        let _ = writeln!(page, "| `{}` | {} | {} |", scene.id, scene.name, scene.doc);
    }
}

fn parameters(page: &mut String) {
    page.push_str("\n## Parameters\n\n| id | name | group | range | at rest | heard | what it does |\n|---|---|---|---|---|---|---|\n");
    for row in PARAMS.iter() {
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} | {} | {} | {} |",
            row.id,
            row.name,
            row.group.name(),
            range(row),
            row.text(row.default),
            reaction(row.reaction),
            row.doc
        );
    }
}

fn range(row: &ParamRow) -> String {
    match row.unit {
        Unit::Switch => "off, on".into(),
        _ => format!("{} … {}", row.text(row.min), row.text(row.max)),
    }
}

fn reaction(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Immediate => "within 0.3 s",
        Reaction::Beat => "timbre at once, notes on the next beat",
        Reaction::Bar => "timbre at once, notes on the next bar",
        Reaction::Unit => "timbre at once, notes on the next four bars",
    }
}

/// What each axis does, with its reason.
fn mappings(page: &mut String) {
    page.push_str(
        "\n## What the mood does\n\nStraight lines between the five columns. `tension` is tension as heard: what valence and energy imply, moved by the tension axis.\n\n\
         | axis | what it moves | −1 | −0.5 | 0 | 0.5 | 1 | unit | decided with | source |\n|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for row in MAPPINGS {
        let columns = row.columns.map(|column| {
            let value = f64::from(column) / f64::from(row.per_unit);
            ((value * 100.0).round() / 100.0).to_string()
        });
        let decided = row.decided().map_or("", |decision| match decision.reaction {
            Reaction::Immediate => "the moment",
            Reaction::Beat => "the beat",
            Reaction::Bar => "the bar",
            Reaction::Unit => "four bars",
        });
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {decided} | {} |",
            row.axis.id(),
            row.doc,
            columns.join(" | "),
            row.unit,
            row.source
        );
    }
}

fn stems(page: &mut String) {
    page.push_str("\n## Stems\n\n| output | id | pitches (MIDI) | parts |\n|---|---|---|---|\n");
    for row in &STEMS {
        let parts: Vec<&str> = row.parts.iter().copied().filter(|part| !part.is_empty()).collect();
        let (low, high) = row.pitch_range;
        let _ = writeln!(page, "| {} | `{}` | {low}–{high} | {} |", row.name, row.id, parts.join(", "));
    }
}

fn instruments(page: &mut String) {
    page.push_str("\n## Instruments\n\n| id | name | family | sound | pitches | voices | source |\n|---|---|---|---|---|---|---|\n");
    for row in INSTRUMENTS {
        let (low, high) = row.pitch_range;
        let _ = writeln!(
            page,
            "| `{}` | {} | {:?} | {} | {low}–{high} | {} | {} |",
            row.id, row.name, row.family, row.doc, row.voices, row.source
        );
    }
}

/// Every key of a cue file, as its reader checks it.
fn cue_file(page: &mut String) {
    page.push_str(
        "\n## Cue files\n\nTOML; `presets/cues/` has ten. `[]` stands for any item of a list. What is left out has its usual value.\n\n\
         | key | what it may be | what it is |\n|---|---|---|\n",
    );
    for limit in CUE_LIMITS.iter() {
        let must = if limit.required { " (required)" } else { "" };
        let range = limit.range_text().replace('|', "\\|");
        let _ = writeln!(page, "| `{}` | {range}{must} | {} |", limit.path, limit.doc);
    }
}

fn palettes(page: &mut String) {
    page.push_str("\n## Palettes\n\n| id | name | sound | players |\n|---|---|---|---|\n");
    for palette in factory::palettes() {
        let mut players: Vec<&str> =
            palette.stems.values().flat_map(|stem| &stem.parts).map(String::as_str).collect();
        players.sort_unstable();
        players.dedup();
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            palette.id,
            palette.name,
            palette.description,
            players.join(", ")
        );
    }
    page.push_str("\n## Cues\n\n| id | title | palette | tempo | bars |\n|---|---|---|---|---|\n");
    for factory in factory::cues() {
        let cue = &factory.cue;
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} | {} |",
            factory.id, cue.title, cue.palette, cue.tempo_bpm, cue.length_bars
        );
    }
}
