//! The mood: the pad, the six axes and the ambience beside it, and the amounts that bend the composition.
//! Source: own; rows come from the parameter table. In/out: rectangles in points.

use super::model::Model;
use super::widgets::{
    Press, Switch, Track, cut_left, cut_right, cut_top, fitted, panel, press, reaction_word, slider, switch,
};
use super::{Editor, choices, pad, theme};
use crate::core::CaptureState;
use cuewright_engine::cue::Mood;
use cuewright_engine::params::{Group, PARAMS, Param, ParamRow, Unit};
use egui::{Align2, Rect, Ui, Vec2};

/// Shows the whole row: pad, axes, amounts.
pub fn show(ui: &mut Ui, rect: Rect, editor: &mut Editor, model: &mut dyn Model) {
    let mut rest = rect;
    let square = cut_left(&mut rest, rect.height(), theme::GAP);
    let heard = heard_mood(model);
    pad::show(ui, square.shrink(1.0), editor, model, Vec2::new(heard.valence, heard.energy));
    let half = (rest.width() - theme::GAP) / 2.0;
    let axes = cut_left(&mut rest, half, theme::GAP);
    panel(ui, axes);
    panel(ui, rest);
    let rows: Vec<&ParamRow> = PARAMS
        .iter()
        .filter(|row| matches!(row.group, Group::Mood | Group::Ambience) && row.unit != Unit::Switch)
        .collect();
    column(ui, axes, editor, model, ("Mood", &rows), &heard.to_array());
    space(ui, axes, editor, model);
    let rows: Vec<&ParamRow> = PARAMS
        .iter()
        .filter(|row| matches!(row.group, Group::Trim | Group::Variant | Group::Morph))
        .collect();
    column(ui, rest, editor, model, ("Writing", &rows), &[]);
    motif(ui, rest, editor, model);
}

/// The hall and the ambience's switch, in the heading of the axes.
fn space(ui: &mut Ui, rect: Rect, editor: &mut Editor, model: &mut dyn Model) {
    let mut head = rect.shrink2(Vec2::new(12.0, 6.0));
    head.max.y = head.min.y + 20.0;
    let look = Switch { text: "Headphones", lit: (theme::ACCENT, theme::ON_ACCENT) };
    switch(ui, cut_right(&mut head, 88.0, 6.0), editor, model, Param::Binaural as usize, look);
    choices::show(ui, cut_right(&mut head, 112.0, 0.0), editor, model, &choices::HALL);
}

/// The mood the music follows now: the axes with modulation, moved by the cue's lane.
pub fn heard_mood(model: &dyn Model) -> Mood {
    let plan = model.plan();
    match model.telemetry() {
        Some(telemetry) if telemetry.playing => {
            let bar = model.grid().bar(telemetry.bar);
            let place = telemetry.bar as f64 + (telemetry.position - bar.start) / bar.meter.bar_beats();
            plan.mood_at(place, &telemetry.values)
        }
        _ => plan.mood_at(0.0, &model.values()),
    }
}

fn column(
    ui: &mut Ui,
    rect: Rect,
    editor: &mut Editor,
    model: &mut dyn Model,
    (heading, rows): (&str, &[&ParamRow]),
    heard: &[f32],
) {
    let mut rest = rect.shrink2(Vec2::new(12.0, 6.0));
    let head = cut_top(&mut rest, 20.0, 2.0);
    fitted(ui.painter(), head.left_center(), Align2::LEFT_CENTER, heading, (theme::BODY, theme::TEXT, 80.0));
    let height = rest.height() / rows.len().max(1) as f32;
    for (place, row) in rows.iter().enumerate() {
        let line = cut_top(&mut rest, height, 0.0);
        axis(ui, line, editor, model, row, heard.get(place).copied());
    }
}

/// Room for the longest name, "Ambience Intensity".
const NAME_WIDTH: f32 = 124.0;
/// When a move is heard: "on 4 bars".
const WHEN_WIDTH: f32 = 46.0;
const VALUE_WIDTH: f32 = 48.0;

fn axis(
    ui: &mut Ui,
    rect: Rect,
    editor: &mut Editor,
    model: &mut dyn Model,
    row: &ParamRow,
    heard: Option<f32>,
) {
    let mut rest = rect;
    // Where Morph leads stands beside its name.
    let leads = row.group == Group::Morph;
    let name = cut_left(&mut rest, NAME_WIDTH, 6.0);
    let when = cut_left(&mut rest, WHEN_WIDTH, 4.0);
    let value = cut_right(&mut rest, VALUE_WIDTH, 8.0);
    let text = row.text(model.values().at(row.index));
    let painter = ui.painter();
    fitted(
        painter,
        name.left_center(),
        Align2::LEFT_CENTER,
        &row.name,
        (theme::BODY, theme::TEXT, NAME_WIDTH),
    );
    let word = if leads { "" } else { reaction_word(row.reaction) };
    fitted(
        painter,
        when.left_center(),
        Align2::LEFT_CENTER,
        word,
        (theme::SMALL, theme::TEXT_DIM, WHEN_WIDTH),
    );
    fitted(
        painter,
        value.right_center(),
        Align2::RIGHT_CENTER,
        &text,
        (theme::BODY, theme::TEXT, VALUE_WIDTH),
    );
    let track = Track { rect: rest.shrink2(Vec2::new(4.0, 0.0)), color: theme::ACCENT, heard };
    slider(ui, rect.shrink2(Vec2::new(0.0, 1.0)), editor, model, row.index, &track);
    if leads {
        // Drawn above the slider, which takes the whole line.
        let mut place = name.union(when);
        cut_left(&mut place, 42.0, 6.0);
        place.max.x -= 6.0;
        let place = Rect::from_center_size(place.center(), Vec2::new(place.width(), 18.0));
        choices::show(ui, place, editor, model, &choices::MORPH_PALETTE);
    }
}

/// The keys of the motif, in the heading of the amounts: play one, take or cancel it, roll another, drop one's own.
fn motif(ui: &mut Ui, rect: Rect, editor: &mut Editor, model: &mut dyn Model) {
    let mut head = rect.shrink2(Vec2::new(12.0, 6.0));
    head.max.y = head.min.y + 20.0;
    let second = cut_right(&mut head, 96.0, 6.0);
    let first = cut_right(&mut head, 104.0, 0.0);
    let state = model.capture_state();
    capture(ui, first, model, state);
    if let CaptureState::Armed { .. } = state {
        let doc = "Ends listening and forgets what was played; the motif stays as it is.";
        if press(ui, second, Press { text: "Cancel", name: "Cancel capture", doc, enabled: true }) {
            model.cancel_capture();
        }
    } else if model.cue().motif.is_some() {
        let doc = "Drops the motif of this cue: the seed makes one again. Undo brings it back.";
        if press(ui, second, Press { text: "Drop motif", name: "Drop motif", doc, enabled: true }) {
            editor.edit_cue(model, |cue| cue.motif = None);
        }
    } else {
        let take = model.cue().takes.motif;
        let text = format!("New motif · {}", take.wrapping_add(1));
        let doc = "Rolls another leitmotif for the same mood and harmony.";
        if press(ui, second, Press { text: &text, name: "Re-roll motif", doc, enabled: true }) {
            editor.edit_cue(model, |cue| cue.takes.motif = take.wrapping_add(1));
        }
    }
}

/// The key that listens to what is played and takes it. Undo knows of the motif, not of the listening.
fn capture(ui: &mut Ui, rect: Rect, model: &mut dyn Model, state: CaptureState) {
    let own = model.cue().motif.as_ref().map(|motif| motif.notes.iter().filter(|note| !note.rest).count());
    let (text, doc) = match (state, own) {
        (CaptureState::Off, None) => (
            "Play a motif".to_owned(),
            "Listens: play 2 to 16 notes into the plugin at the host's tempo, then take them as this cue's motif.",
        ),
        (CaptureState::Off, Some(notes)) => {
            (format!("Own motif · {notes}"), "This cue has a motif of its own. Press to play another.")
        }
        (CaptureState::Armed { notes: 0 }, _) => {
            ("Listening".to_owned(), "Play 2 to 16 notes. Your first note is the downbeat.")
        }
        (CaptureState::Armed { notes: 1 }, _) => ("1 note".to_owned(), "A motif has at least two notes."),
        (CaptureState::Armed { notes }, _) => (
            format!("Take {notes} notes"),
            "Takes what was played as this cue's motif. Undo brings the old one back.",
        ),
    };
    let armed = state != CaptureState::Off;
    if press(ui, rect, Press { text: &text, name: "Capture Motif", doc, enabled: true }) {
        model.capture(!armed);
    }
    if armed {
        ui.painter().circle_filled(rect.left_center() + Vec2::new(8.0, 0.0), 3.0, theme::WARNING);
    }
    let state = ui.interact(rect, egui::Id::unique("capture state"), egui::Sense::hover());
    ui.ctx().accesskit_node_builder(state.id, |node| {
        node.set_label("Motif capture");
        node.set_value(text.as_str());
    });
}
