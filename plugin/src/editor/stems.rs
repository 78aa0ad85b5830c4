//! The strip at the left of every row of the score: name, instrument, mute, level with its meter, take.
//! Source: peak meters fall 20 dB in 1.7 s (IEC 60268-10, type I). In/out: gains 0..; rectangles in points.

use super::model::Model;
use super::widgets::{Press, Switch, Track, cut_left, cut_right, fitted, press, slider, switch};
use super::{Editor, theme};
use cuewright_engine::fx::scenes::SCENES;
use cuewright_engine::instrument::INSTRUMENTS;
use cuewright_engine::params::{PARAMS, stem_gain, stem_mute};
use cuewright_engine::plan::Plan;
use cuewright_engine::stem::{STEM_COUNT, STEMS, Stem, StemRow};
use cuewright_engine::units::gain_to_db;
use egui::{Align2, Painter, Rect, Stroke, Ui, Vec2, pos2};

/// How fast a meter falls, dB/s.
const FALL_DB_PER_S: f32 = 20.0 / 1.7;
/// How long a peak stays marked, s. Taste: long enough to read.
const HOLD_S: f64 = 1.5;
/// Where the meters begin, dB.
const FLOOR_DB: f32 = -60.0;
/// Where they end, dB: room to see an over.
const CEILING_DB: f32 = 6.0;

/// Width of a strip, points.
pub const STRIP_WIDTH: f32 = 418.0;

/// One meter's state.
#[derive(Clone, Copy, Debug)]
struct Meter {
    level_db: f32,
    hold_db: f32,
    hold_until_s: f64,
}

/// The meters of the stems and the mix.
#[derive(Debug)]
pub struct Meters {
    meters: [Meter; STEM_COUNT + 1],
    last_s: f64,
}

impl Default for Meters {
    fn default() -> Self {
        let rest = Meter { level_db: FLOOR_DB, hold_db: FLOOR_DB, hold_until_s: 0.0 };
        Meters { meters: [rest; STEM_COUNT + 1], last_s: 0.0 }
    }
}

impl Meters {
    /// Takes new peaks (linear) and lets the meters fall. True while any of them still stands or is held.
    pub fn feed(&mut self, now_s: f64, peaks: &[f32; STEM_COUNT + 1]) -> bool {
        let fall_db = FALL_DB_PER_S * (now_s - self.last_s).clamp(0.0, 1.0) as f32;
        self.last_s = now_s;
        let mut moving = false;
        for (meter, &peak) in self.meters.iter_mut().zip(peaks) {
            let peak_db = gain_to_db(peak).clamp(FLOOR_DB, 60.0);
            meter.level_db = peak_db.max(meter.level_db - fall_db).max(FLOOR_DB);
            if peak_db >= meter.hold_db {
                (meter.hold_db, meter.hold_until_s) = (peak_db, now_s + HOLD_S);
            } else if now_s > meter.hold_until_s {
                meter.hold_db = meter.level_db;
            }
            moving |= meter.hold_db > FLOOR_DB;
        }
        moving
    }

    /// What a meter shows and what it holds, dB.
    pub fn reading(&self, index: usize) -> (f32, f32) {
        (self.meters[index].level_db, self.meters[index].hold_db)
    }
}

/// Shows one strip.
pub fn show(ui: &mut Ui, rect: Rect, editor: &mut Editor, model: &mut dyn Model, stem: &StemRow) {
    let (index, color) = (stem.stem.index(), theme::STEM_COLORS[stem.stem.index()]);
    let muted = model.values().at(stem_mute(index)) >= 0.5;
    let mut rest = rect;
    let bar = cut_left(&mut rest, 3.0, 8.0).shrink2(Vec2::new(0.0, 3.0));
    ui.painter().rect_filled(bar, 1.0, color);
    names(ui, cut_left(&mut rest, 116.0, 4.0), model, stem);
    let key = centered(cut_left(&mut rest, 24.0, 10.0), 22.0);
    let lit = (theme::WARNING, theme::ON_WARNING);
    switch(ui, key, editor, model, stem_mute(index), Switch { text: "M", lit });
    takes(ui, cut_right(&mut rest, 84.0, 8.0), editor, model, stem);
    let value = cut_right(&mut rest, 54.0, 6.0);
    let text = PARAMS[stem_gain(index)].text(model.values().at(stem_gain(index)));
    fitted(ui.painter(), value.right_center(), Align2::RIGHT_CENTER, &text, (theme::BODY, theme::TEXT, 56.0));
    let groove = Rect::from_min_max(rest.min, pos2(rest.max.x, rest.center().y + 3.0));
    // Grey: the color belongs to what sounds, the meter under it.
    let track = Track { rect: groove, color: theme::LINE_STRONG, heard: None };
    slider(ui, rest, editor, model, stem_gain(index), &track);
    let meter = Rect::from_min_size(pos2(rest.left(), rest.center().y + 6.0), Vec2::new(rest.width(), 4.0));
    draw_meter(
        ui.painter(),
        meter,
        editor.meters.reading(index),
        if muted { theme::LINE_STRONG } else { color },
    );
}

/// The meter of the mix, for the transport line.
pub fn mix_meter(ui: &Ui, rect: Rect, editor: &Editor) {
    draw_meter(ui.painter(), rect, editor.meters.reading(STEM_COUNT), theme::TEXT_DIM);
}

fn centered(rect: Rect, height: f32) -> Rect {
    Rect::from_center_size(rect.center(), Vec2::new(rect.width(), height.min(rect.height())))
}

fn names(ui: &mut Ui, rect: Rect, model: &dyn Model, stem: &StemRow) {
    let players = players(&model.plan(), stem.stem);
    let painter = ui.painter();
    let width = rect.width();
    let (top, bottom) = (pos2(rect.left(), rect.center().y - 7.0), pos2(rect.left(), rect.center().y + 7.0));
    fitted(painter, top, Align2::LEFT_CENTER, stem.name, (theme::BODY, theme::TEXT, width));
    fitted(painter, bottom, Align2::LEFT_CENTER, &players.join(", "), (theme::SMALL, theme::TEXT_DIM, width));
    let response = ui.interact(rect, egui::Id::unique(("players", stem.id)), egui::Sense::hover());
    response.on_hover_ui(|ui| {
        ui.label(stem.name);
        for name in &players {
            ui.label(egui::RichText::new(name).color(theme::TEXT_DIM));
        }
    });
}

/// Names of the instruments that play a stem, each once.
pub fn players(plan: &Plan, stem: Stem) -> Vec<String> {
    if stem == Stem::Ambience {
        return plan.stage.ambience.scene.map(|scene| SCENES[scene].name.to_owned()).into_iter().collect();
    }
    let mut names: Vec<String> = Vec::new();
    for part in plan.stage.stems[stem.index()].parts.iter().flatten() {
        let name = INSTRUMENTS[*part].name;
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn takes(ui: &mut Ui, rect: Rect, editor: &mut Editor, model: &mut dyn Model, stem: &StemRow) {
    let mut rest = centered(rect, 22.0);
    let index = stem.stem.index();
    let take = model.cue().takes.stems[index];
    let back = cut_left(&mut rest, 20.0, 2.0);
    let name = format!("Previous take of {}", stem.name);
    let doc = "Goes back to the take before this one.";
    if press(ui, back, Press { text: "‹", name: &name, doc, enabled: take > 0 }) {
        editor.edit_cue(model, |cue| cue.takes.stems[index] = take.saturating_sub(1));
    }
    let name = format!("Re-roll {}", stem.name);
    let doc = "Rolls another take of this stem alone; every other stem stays as it is.";
    let text = format!("take {}", u64::from(take) + 1);
    if press(ui, rest, Press { text: &text, name: &name, doc, enabled: take < u32::MAX }) {
        editor.edit_cue(model, |cue| cue.takes.stems[index] = take.saturating_add(1));
    }
}

fn draw_meter(painter: &Painter, rect: Rect, (level_db, hold_db): (f32, f32), color: egui::Color32) {
    painter.rect_filled(rect, 1.0, theme::GROOVE);
    let x_of = |db: f32| {
        let share = (db - FLOOR_DB) / (CEILING_DB - FLOOR_DB);
        rect.left() + rect.width() * share.clamp(0.0, 1.0)
    };
    if level_db > FLOOR_DB {
        let lit = Rect::from_min_max(rect.min, pos2(x_of(level_db.min(0.0)), rect.max.y));
        painter.rect_filled(lit, 1.0, color);
    }
    if level_db > 0.0 {
        let over = Rect::from_min_max(pos2(x_of(0.0), rect.min.y), pos2(x_of(level_db), rect.max.y));
        painter.rect_filled(over, 1.0, theme::WARNING);
    }
    painter.vline(x_of(0.0), rect.y_range(), Stroke::new(1.0, theme::LINE_STRONG));
    if hold_db > FLOOR_DB {
        let ink = if hold_db > 0.0 { theme::WARNING } else { theme::TEXT };
        painter.vline(x_of(hold_db), rect.y_range(), Stroke::new(1.0, ink));
    }
}

/// Height of one row for nine in this height: all strips are equal.
pub fn row_height(height: f32) -> f32 {
    height / STEMS.len() as f32
}
