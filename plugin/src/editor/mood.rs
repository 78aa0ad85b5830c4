//! The mood: the pad, the six axes beside it, and the amounts that bend the composition.
//! Source: own; rows come from the parameter table. In/out: rectangles in points.

use super::model::Model;
use super::widgets::{
    Press, Track, cut_left, cut_right, cut_top, fitted, panel, press, reaction_word, slider,
};
use super::{Editor, pad, theme};
use cuewright_engine::cue::Mood;
use cuewright_engine::params::{Group, PARAMS, ParamRow};
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
    let rows: Vec<&ParamRow> = PARAMS.iter().filter(|row| row.group == Group::Mood).collect();
    column(ui, axes, editor, model, ("Mood", "heard on the next", &rows), &heard.to_array());
    let rows: Vec<&ParamRow> = PARAMS
        .iter()
        .filter(|row| matches!(row.group, Group::Trim | Group::Variant | Group::Morph))
        .collect();
    column(ui, rest, editor, model, ("Writing", "heard on the next", &rows), &[]);
    motif(ui, rest, editor, model);
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
    (heading, caption, rows): (&str, &str, &[&ParamRow]),
    heard: &[f32],
) {
    let mut rest = rect.shrink2(Vec2::new(12.0, 6.0));
    let mut head = cut_top(&mut rest, 20.0, 2.0);
    fitted(ui.painter(), head.left_center(), Align2::LEFT_CENTER, heading, (theme::BODY, theme::TEXT, 80.0));
    cut_right(&mut head, VALUE_WIDTH, 0.0);
    cut_left(&mut head, NAME_WIDTH, 6.0);
    fitted(
        ui.painter(),
        head.left_center(),
        Align2::LEFT_CENTER,
        caption,
        (theme::SMALL, theme::TEXT_DIM, 110.0),
    );
    let height = rest.height() / rows.len().max(1) as f32;
    for (place, row) in rows.iter().enumerate() {
        let line = cut_top(&mut rest, height, 0.0);
        axis(ui, line, editor, model, row, heard.get(place).copied());
    }
}

const NAME_WIDTH: f32 = 92.0;
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
    let name = cut_left(&mut rest, NAME_WIDTH, 6.0);
    let when = cut_left(&mut rest, 36.0, 6.0);
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
    let word = reaction_word(row.reaction);
    fitted(painter, when.left_center(), Align2::LEFT_CENTER, word, (theme::SMALL, theme::TEXT_DIM, 38.0));
    fitted(
        painter,
        value.right_center(),
        Align2::RIGHT_CENTER,
        &text,
        (theme::BODY, theme::TEXT, VALUE_WIDTH),
    );
    let track = Track { rect: rest.shrink2(Vec2::new(4.0, 0.0)), color: theme::ACCENT, heard };
    slider(ui, rect.shrink2(Vec2::new(0.0, 1.0)), editor, model, row.index, &track);
}

/// The key that rolls another motif, in the heading of the amounts.
fn motif(ui: &mut Ui, rect: Rect, editor: &mut Editor, model: &mut dyn Model) {
    let mut head = rect.shrink2(Vec2::new(12.0, 6.0));
    head.max.y = head.min.y + 20.0;
    let key = cut_right(&mut head, 104.0, 0.0);
    let take = model.cue().takes.motif;
    let text = format!("New motif · {}", take.wrapping_add(1));
    let doc = "Rolls another leitmotif for the same mood and harmony.";
    let enabled = model.cue().motif.is_none();
    let doc = if enabled { doc } else { "This cue brings its own motif; there is nothing to roll." };
    if press(ui, key, Press { text: &text, name: "Re-roll motif", doc, enabled }) {
        editor.edit_cue(model, |cue| cue.takes.motif = take.wrapping_add(1));
    }
}
