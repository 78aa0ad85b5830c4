//! The cue's sheet: title, key, length, what comes after and what is heard around it, behind the title in the first line.
//! Source: own. In/out: edits of the cue through the history.

use super::model::Model;
use super::{Editor, numbers, theme};
use cuewright_engine::cue::{Cue, CueEnding};
use cuewright_engine::fx::scenes::SCENES;
use cuewright_engine::plan::parse_key;
use cuewright_engine::time::Meter;
use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{Align2, Button, Grid, PopupCloseBehavior, Rect, RichText, TextEdit, Ui, UiBuilder, Vec2};

/// Tonics as they are offered, from C up; the score spells them as its mode asks.
const KEYS: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

const ENDINGS: [(CueEnding, &str, &str); 2] = [
    (CueEnding::Close, "Close", "The tune comes to its close, the last chord rests; then the form goes on."),
    (
        CueEnding::Loop,
        "Loop",
        "The last bar leads to the first, which comes again: the same music in every round.",
    ),
];

/// Longest title, characters: the document's own limit.
const MAX_TITLE: usize = 200;

/// Longest meter, characters: fifteen groups of one.
const MAX_METER: usize = 40;

/// Shows the title; a click opens the sheet.
pub fn show(ui: &mut Ui, rect: Rect, editor: &mut Editor, model: &mut dyn Model) {
    // Less than a word's room says nothing.
    if rect.width() < 40.0 {
        return;
    }
    let cue = model.cue();
    let title = if cue.title.is_empty() { "Untitled cue" } else { &cue.title };
    let doc = "Cue: its title, key, length, what comes after its last bar, and its scene.";
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        let text = RichText::new(title).font(theme::TITLE).color(theme::TEXT);
        let button = Button::new(text).truncate().frame(false).min_size(Vec2::new(0.0, rect.height()));
        let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        let (response, _) =
            MenuButton::from_button(button).config(config).ui(ui, |ui| page(ui, editor, model, &cue));
        response.on_hover_text(doc);
    });
}

fn page(ui: &mut Ui, editor: &mut Editor, model: &mut dyn Model, cue: &Cue) {
    ui.set_min_width(300.0);
    Grid::new("sheet").num_columns(2).spacing(Vec2::new(12.0, 8.0)).show(ui, |ui| {
        let caption = ui.label("Title").id;
        title(ui, editor, model, cue).labelled_by(caption);
        ui.end_row();
        ui.label("Key");
        key(ui, editor, model, cue);
        ui.end_row();
        let caption = ui.label("Meter").id;
        meter(ui, editor, model, cue).labelled_by(caption);
        ui.end_row();
        ui.label("Length");
        let (_, rect) = ui.allocate_space(Vec2::new(84.0, 22.0));
        numbers::show(ui, rect, editor, model, &numbers::LENGTH);
        ui.end_row();
        ui.label("Ending");
        ui.horizontal(|ui| {
            for (ending, name, doc) in ENDINGS {
                if ui.selectable_label(cue.ending == ending, name).on_hover_text(doc).clicked() {
                    editor.edit_cue(model, |cue| cue.ending = ending);
                }
            }
        });
        ui.end_row();
        ui.label("Scene");
        scene(ui, editor, model, cue);
        ui.end_row();
    });
}

/// A field of one line, its text in the middle of its height.
fn line(text: &mut String, longest: usize, width: f32) -> TextEdit<'_> {
    TextEdit::singleline(text).char_limit(longest).desired_width(width).align(Align2::LEFT_CENTER)
}

fn title(ui: &mut Ui, editor: &mut Editor, model: &mut dyn Model, cue: &Cue) -> egui::Response {
    let mut text = editor.title_in_hand.take().unwrap_or_else(|| cue.title.clone());
    let field = ui.add(line(&mut text, MAX_TITLE, 220.0));
    // The cue takes it once, when the hand lets go.
    if field.has_focus() {
        editor.title_in_hand = Some(text);
    } else if text != cue.title {
        editor.edit_cue(model, |cue| cue.title = text);
    }
    field
}

/// The meter of bar 1, as text: what is no meter is said and changes nothing.
fn meter(ui: &mut Ui, editor: &mut Editor, model: &mut dyn Model, cue: &Cue) -> egui::Response {
    let now = cue.first_meter();
    let mut text = editor.meter_in_hand.take().unwrap_or_else(|| now.to_string());
    let doc = "Meter of the first bar and, if you like, its groups: 7/8 3+2+2. The motif is made for it. Where the host has \
               a meter, the host's counts, in these groups as long as it is the same.";
    let later = cue.meters.iter().filter(|change| change.bar > 1).count();
    let read = text.parse::<Meter>();
    ui.vertical(|ui| {
        let field = ui.add(line(&mut text, MAX_METER, 110.0));
        let field = field.on_hover_text(doc);
        match (&read, later) {
            (Err(why), _) => {
                ui.colored_label(theme::WARNING, why.to_string());
            }
            (Ok(_), 1..) => {
                ui.weak(format!("and {later} more from later bars on"));
            }
            (Ok(_), 0) => {}
        }
        if field.has_focus() {
            editor.meter_in_hand = Some(text);
        } else if let Some(meter) = read.ok().filter(|meter| *meter != now) {
            editor.edit_cue(model, |cue| cue.set_first_meter(meter));
        }
        field
    })
    .inner
}

fn key(ui: &mut Ui, editor: &mut Editor, model: &mut dyn Model, cue: &Cue) {
    let now = parse_key(&cue.key);
    let mut wanted = None;
    ui.vertical(|ui| {
        if ui.selectable_label(now.is_none(), "By the seed").clicked() {
            wanted = Some("");
        }
        for half in KEYS.chunks(6).enumerate() {
            ui.horizontal(|ui| {
                for (i, name) in half.1.iter().enumerate() {
                    let class = (half.0 * 6 + i) as u8;
                    let text = RichText::new(*name);
                    let label = Button::selectable(now == Some(class), text).min_size(Vec2::new(32.0, 20.0));
                    if ui.add(label).clicked() {
                        wanted = Some(name);
                    }
                }
            });
        }
    });
    if let Some(name) = wanted {
        editor.edit_cue(model, |cue| cue.key = name.into());
    }
}

fn scene(ui: &mut Ui, editor: &mut Editor, model: &mut dyn Model, cue: &Cue) {
    let palettes = ("", "Palette's scene", "The ambience that comes with the palette.");
    let rows = SCENES.iter().map(|scene| (scene.id, scene.name, scene.doc));
    let choices: Vec<_> = [palettes].into_iter().chain(rows).collect();
    let now = cue.scene.as_deref().unwrap_or_default();
    let mut wanted = None;
    ui.vertical(|ui| {
        for line in choices.chunks(3) {
            ui.horizontal(|ui| {
                for &(id, name, doc) in line {
                    if ui.selectable_label(now == id, name).on_hover_text(doc).clicked() {
                        wanted = Some(id);
                    }
                }
            });
        }
    });
    if let Some(id) = wanted {
        editor.edit_cue(model, |cue| cue.scene = (!id.is_empty()).then(|| id.into()));
    }
}
