//! Whole numbers of the cue: its seed, its length.
//! Source: own; one row per number. In/out: edits of the cue through the history, one per stroke.

use super::Editor;
use super::model::Model;
use cuewright_engine::cue::Cue;
use cuewright_engine::cue::limits::{MAX_BARS, MAX_SEED};
use egui::{DragValue, Rect, Ui};

/// A field of the cue that is a whole number.
pub struct Number {
    name: &'static str,
    doc: &'static str,
    unit: &'static str,
    min: u64,
    max: u64,
    read: fn(&Cue) -> u64,
    write: fn(&mut Cue, u64),
}

/// What every choice follows from.
pub const SEED: Number = Number {
    name: "Seed",
    doc: "Every choice of the music follows from it. Drag, or click and type.",
    unit: "",
    min: 0,
    max: MAX_SEED,
    read: |cue| cue.seed,
    write: |cue, seed| cue.seed = seed,
};

/// How long the cue is.
pub const LENGTH: Number = Number {
    name: "Length in bars",
    doc: "How many bars the cue has. Drag, or click and type.",
    unit: " bars",
    min: 1,
    max: MAX_BARS as u64,
    read: |cue| cue.length_bars.into(),
    write: |cue, bars| cue.length_bars = bars as u32,
};

/// A number that a hand is on: whose it is, and what it stands at.
pub type InHand = (&'static str, u64);

/// Shows a number to drag or type. While a hand is on it the number is the editor's own; the cue takes it once, when the
/// hand lets go.
pub fn show(ui: &mut Ui, rect: Rect, editor: &mut Editor, model: &mut dyn Model, row: &Number) {
    let in_hand = editor.number_in_hand.filter(|&(name, _)| name == row.name);
    let mut value = in_hand.map_or_else(|| (row.read)(&model.cue()), |(_, value)| value);
    let field = ui.put(rect, DragValue::new(&mut value).speed(1.0).range(row.min..=row.max).suffix(row.unit));
    let busy = field.dragged() || field.has_focus();
    if field.changed() {
        editor.number_in_hand = Some((row.name, value));
    }
    field.accessible_name(row.name).on_hover_text(row.doc);
    if let Some((_, value)) = editor.number_in_hand.filter(|&(name, _)| name == row.name && !busy) {
        editor.number_in_hand = None;
        editor.edit_cue(model, |cue| (row.write)(cue, value));
    }
}
