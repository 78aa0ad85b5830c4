//! Choices of the cue from a list: its palette, the one it can morph to, its hall.
//! Source: own; one row per choice. In/out: edits of the cue through the history.

use super::Editor;
use super::model::{Entry, Model};
use cuewright_engine::cue::{Cue, HallChoice, factory};
use egui::{ComboBox, Rect, Ui, UiBuilder};

/// A field of the cue that names something of a list.
pub struct Choice {
    /// Names the box for the interface's memory.
    salt: &'static str,
    doc: &'static str,
    /// The empty choice, where there is one: what it reads and what it means.
    none: Option<(&'static str, &'static str)>,
    /// What the box reads where the cue's value is in no list.
    other: &'static str,
    entries: fn(&dyn Model) -> Vec<Entry>,
    read: fn(&Cue) -> &str,
    write: fn(&mut Cue, String),
}

/// Which instruments play.
pub const PALETTE: Choice = Choice {
    salt: "palette",
    doc: "Palette: which instruments play, how they are mixed, in which space.",
    none: None,
    other: "Unknown palette",
    entries: |model| model.palettes(),
    read: |cue| &cue.palette,
    write: |cue, id| cue.palette = id,
};

/// Where the Morph control leads.
pub const MORPH_PALETTE: Choice = Choice {
    salt: "morph palette",
    doc: "Morph palette: the one the Morph control leads to. Both play all the time, so it costs as much again.",
    none: Some(("No morph", "The Morph control does nothing.")),
    other: "Unknown palette",
    entries: |model| model.palettes(),
    read: |cue| &cue.morph_palette,
    write: |cue, id| cue.morph_palette = id,
};

/// The space all play in.
pub const HALL: Choice = Choice {
    salt: "hall",
    doc: "Hall: the space the music plays in.",
    none: Some(("Palette's hall", "The hall that comes with the palette.")),
    other: "Own hall",
    entries: |_| factory::halls().iter().map(hall_entry).collect(),
    read: |cue| match &cue.hall {
        None => "",
        Some(HallChoice::Named(id)) => id,
        Some(HallChoice::Own(_)) => "own",
    },
    write: |cue, id| cue.hall = (!id.is_empty()).then_some(HallChoice::Named(id)),
};

fn hall_entry(hall: &factory::FactoryHall) -> Entry {
    Entry { id: hall.id.clone(), name: hall.name.clone(), description: hall.description.clone() }
}

/// Shows a choice as a box that opens its list.
pub fn show(ui: &mut Ui, rect: Rect, editor: &mut Editor, model: &mut dyn Model, choice: &Choice) {
    let current = (choice.read)(&model.cue()).to_owned();
    let none = choice.none.map(|(name, description)| Entry {
        id: String::new(),
        name: name.into(),
        description: description.into(),
    });
    let entries: Vec<Entry> = none.into_iter().chain((choice.entries)(model)).collect();
    let name = entries.iter().find(|entry| entry.id == current).map_or(choice.other, |entry| &entry.name);
    let mut wanted = None;
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        let list = ComboBox::from_id_salt(choice.salt)
            .width(rect.width())
            .height(420.0)
            .truncate()
            .selected_text(name);
        let shown = list.show_ui(ui, |ui| {
            for entry in &entries {
                let label = ui.selectable_label(entry.id == current, &entry.name);
                if label.on_hover_text(&entry.description).clicked() {
                    wanted = Some(entry.id.clone());
                }
            }
        });
        shown.response.on_hover_text(choice.doc);
    });
    if let Some(id) = wanted {
        editor.edit_cue(model, |cue| (choice.write)(cue, id));
    }
}
