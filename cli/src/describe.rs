//! `cuewright describe`: a cue as a musician reads it, without rendering a sample.

use crate::args::Instead;
use crate::failure::Failure;
use crate::input;
use cuewright_engine::compose::lead_sheet;
use cuewright_engine::cue::{Cue, CueEnding};
use cuewright_engine::plan::Plan;

/// Prints a description.
pub fn run(name: &str, instead: &Instead) -> Result<(), Failure> {
    let cue = input::cue(name, instead)?;
    let plan = Plan::new(&cue, input::palette_of(&cue)?).map_err(Failure::other)?;
    let text = heading(&cue) + &lead_sheet(&plan, 0..i64::from(cue.length_bars));
    crate::print(text.as_bytes())
}

fn length(cue: &Cue) -> String {
    let again = if cue.ending == CueEnding::Loop { ", again and again" } else { "" };
    format!("{} bars{again}", cue.length_bars)
}

fn heading(cue: &Cue) -> String {
    let title = if cue.title.is_empty() { "Untitled" } else { &cue.title };
    let key = if cue.key.is_empty() { "chosen by the seed" } else { &cue.key };
    let mut text = format!("{title}\n{}\n", "=".repeat(title.chars().count()));
    for (label, value) in [
        ("seed", cue.seed.to_string()),
        ("palette", cue.palette.clone()),
        ("tempo", format!("{} bpm", cue.tempo_bpm)),
        ("tonic", key.to_string()),
        ("length", length(cue)),
        ("hits", cue.hits.len().to_string()),
        ("revision", format!("{} (this engine: {})", cue.revision, cuewright_engine::REVISION)),
    ] {
        text += &format!("{label:<9} {value}\n");
    }
    text + "\n"
}
