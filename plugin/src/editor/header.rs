//! The first line: what this is, which cue, palette and seed, undo, Listen, scale, and whether all is well.
//! Source: own. In/out: edits of the cue through the history.

use super::model::Model;
use super::transport::readout;
use super::widgets::{self, Press, Switch, cut_left, cut_right, fitted, press, switch};
use super::{Editor, choices, numbers, sheet, theme};
use cuewright_engine::cue::Cue;
use cuewright_engine::params::Param;
use egui::{Align2, ComboBox, Rect, RichText, Ui, UiBuilder, Vec2, pos2};

/// Scales the selector offers, percent.
pub const SCALES: [u32; 9] = [50, 75, 100, 125, 150, 175, 200, 300, 400];

/// Shows the header.
pub fn show(ui: &mut Ui, rect: Rect, editor: &mut Editor, model: &mut dyn Model) {
    let mut rest = rect;
    let word = cut_left(&mut rest, 108.0, 12.0);
    fitted(
        ui.painter(),
        word.left_center(),
        Align2::LEFT_CENTER,
        "CUEWRIGHT",
        (theme::TITLE, theme::ACCENT, 108.0),
    );
    status(ui, cut_right(&mut rest, 84.0, 10.0), model);
    scale(ui, cut_right(&mut rest, 72.0, 10.0), editor);
    let listen = Switch { text: "Listen", lit: (theme::ACCENT, theme::ON_ACCENT) };
    let key = row_of(cut_right(&mut rest, 62.0, 14.0));
    switch(ui, key, editor, model, Param::Listen as usize, listen);
    history(ui, cut_right(&mut rest, 92.0, 14.0), editor, model);
    let reroll = row_of(cut_right(&mut rest, 84.0, 6.0));
    let doc = "A new seed and first takes: other harmony, motif and figures for the same mood. Undo brings these back.";
    if press(ui, reroll, Press { text: "Re-roll all", name: "Re-roll all", doc, enabled: true }) {
        editor.edit_cue(model, Cue::reroll);
    }
    seed(ui, cut_right(&mut rest, 104.0, 6.0), editor, model);
    choices::show(ui, row_of(cut_right(&mut rest, 136.0, 10.0)), editor, model, &choices::PALETTE);
    sheet::show(ui, rest, editor, model);
}

/// The part of a header cell that controls fill.
fn row_of(rect: Rect) -> Rect {
    Rect::from_center_size(rect.center(), Vec2::new(rect.width(), 24.0))
}

fn seed(ui: &mut Ui, mut rect: Rect, editor: &mut Editor, model: &mut dyn Model) {
    let caption = cut_left(&mut rect, 34.0, 2.0);
    fitted(
        ui.painter(),
        caption.left_center(),
        Align2::LEFT_CENTER,
        "Seed",
        (theme::SMALL, theme::TEXT_DIM, 34.0),
    );
    numbers::show(ui, row_of(rect), editor, model, &numbers::SEED);
}

fn history(ui: &mut Ui, rect: Rect, editor: &mut Editor, model: &mut dyn Model) {
    let mut rest = row_of(rect);
    let undo = cut_left(&mut rest, 44.0, 4.0);
    let doc = "Takes the last change back (Ctrl+Z).";
    if press(ui, undo, Press { text: "Undo", name: "Undo", doc, enabled: editor.history.can_undo() }) {
        editor.undo(model);
    }
    let doc = "Does again what was taken back (Ctrl+Shift+Z, Ctrl+Y).";
    if press(ui, rest, Press { text: "Redo", name: "Redo", doc, enabled: editor.history.can_redo() }) {
        editor.redo(model);
    }
}

fn scale(ui: &mut Ui, rect: Rect, editor: &mut Editor) {
    let now = (ui.ctx().zoom_factor() * 100.0).round() as u32;
    ui.scope_builder(UiBuilder::new().max_rect(row_of(rect)), |ui| {
        let list =
            ComboBox::from_id_salt("scale").width(rect.width()).truncate().selected_text(format!("{now} %"));
        let shown = list.show_ui(ui, |ui| {
            for percent in SCALES {
                if ui.selectable_label(percent == now, format!("{percent} %")).clicked() {
                    editor.scale_wanted = Some(percent as f32 / 100.0);
                }
            }
        });
        shown.response.on_hover_text("Scale of the whole editor.");
    });
}

fn status(ui: &mut Ui, rect: Rect, model: &dyn Model) {
    let repaired = model.telemetry().map_or(0, |telemetry| telemetry.repaired);
    let (ink, word) = match repaired {
        0 => (theme::GOOD, "no repairs".to_owned()),
        1 => (theme::WARNING, "1 repair".to_owned()),
        count => (theme::WARNING, format!("{count} repairs")),
    };
    let revision = format!("revision {}", cuewright_engine::REVISION);
    let painter = ui.painter();
    let top = pos2(rect.right(), rect.center().y - 7.0);
    fitted(painter, top, Align2::RIGHT_CENTER, &revision, (theme::SMALL, theme::TEXT_DIM, rect.width()));
    let bottom = pos2(rect.right(), rect.center().y + 7.0);
    let drawn = fitted(
        painter,
        bottom,
        Align2::RIGHT_CENTER,
        &word,
        (theme::SMALL, theme::TEXT, rect.width() - 10.0),
    );
    painter.circle_filled(drawn.left_center() - Vec2::new(7.0, 0.0), 3.0, ink);
    let response = ui.interact(rect, egui::Id::unique("status"), egui::Sense::hover());
    response.on_hover_ui(|ui| {
        ui.set_max_width(280.0);
        ui.label("The same cue at the same revision gives the same sound, to the bit.");
        let doc = "Repairs count samples that were not finite and became silence. There should be none.";
        ui.label(RichText::new(doc).color(theme::TEXT_DIM));
    });
}

/// The line under the header that says what a state or an edit could not keep. Returns the height it took.
pub fn notice(ui: &mut Ui, rect: &mut Rect, editor: &mut Editor, model: &mut dyn Model) {
    let mut sentences = model.notices();
    sentences.extend(editor.complaint.clone());
    if sentences.is_empty() {
        return;
    }
    let mut line = widgets::cut_top(rect, 28.0, theme::GAP);
    ui.painter().rect_filled(line, theme::RADIUS, theme::NOTICE);
    line = line.shrink2(Vec2::new(10.0, 2.0));
    let close = cut_right(&mut line, 24.0, 8.0);
    let text = sentences.join("  ·  ");
    readout(ui, line, "Notices", &text, theme::BODY);
    if press(ui, close, Press { text: "×", name: "Dismiss notices", doc: "Hides this line.", enabled: true })
    {
        model.clear_notices();
        editor.complaint = None;
    }
}
