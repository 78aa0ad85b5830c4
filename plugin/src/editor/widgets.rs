//! The controls: sliders, faders, switches and buttons that draw themselves, take keys, and have a name.
//! Source: own; roles and actions as AccessKit wants them. In/out: rectangles in points, plain values.

use super::hands::FINE;
use super::model::Model;
use super::{Editor, theme};
use cuewright_engine::params::{PARAMS, ParamRow, Reaction};
use egui::accesskit::{Action, ActionData, Role};
use egui::{
    Align2, Color32, CursorIcon, EventFilter, FontId, Id, Key, Painter, Pos2, Rect, Response, Sense, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

/// Share of a slider's range that one press of an arrow key moves.
const KEY_STEP: f32 = 0.01;

/// How a slider is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Track {
    /// Where the groove runs, inside the control's rectangle.
    pub rect: Rect,
    /// The filled part and the handle.
    pub color: Color32,
    /// The value as it is heard (with modulation and lane), where it differs.
    pub heard: Option<f32>,
}

/// A slider over a parameter: drag anywhere on `rect`, Shift for fine, double click for the default, arrow keys, Home,
/// End. Draws the groove only; names and values belong to the caller.
pub fn slider(
    ui: &mut Ui,
    rect: Rect,
    editor: &mut Editor,
    model: &mut dyn Model,
    index: usize,
    track: &Track,
) {
    let row = &PARAMS[index];
    let response = ui
        .interact(rect, Id::unique(("parameter", index)), Sense::click_and_drag())
        .on_hover_cursor(CursorIcon::ResizeHorizontal);
    operate(ui, &response, editor, model, row, track.rect.width());
    let value = model.values().at(index);
    announce(ui, &response, row, value);
    draw_track(ui.painter(), row, value, track, response.hovered() || editor.hands.holds(index));
    focus_ring(ui, &response, rect);
    response.on_hover_ui(|ui| tooltip(ui, row, value));
}

fn operate(
    ui: &Ui,
    response: &Response,
    editor: &mut Editor,
    model: &mut dyn Model,
    row: &ParamRow,
    width: f32,
) {
    let now_s = ui.input(|input| input.time);
    let range = row.max - row.min;
    let fine = if ui.input(|input| input.modifiers.shift) { FINE } else { 1.0 };
    if response.drag_started() {
        response.request_focus();
        editor.hands.grasp(model, &mut editor.history, now_s, &[row.index]);
    }
    if response.dragged() && editor.hands.holds(row.index) {
        editor.hands.move_by(model, row.index, response.drag_delta().x / width.max(1.0) * range * fine);
    }
    if response.drag_stopped() {
        editor.hands.release(model, &mut editor.history, now_s);
    }
    if response.clicked() {
        response.request_focus();
    }
    if response.double_clicked() {
        editor.hands.put(model, &mut editor.history, now_s, &[(row.index, row.default)]);
    } else if let Some(value) = keyed(ui, response, row, model.values().at(row.index), fine) {
        editor.hands.put(model, &mut editor.history, now_s, &[(row.index, value)]);
    }
}

/// Where the keys and assistive technology want the value.
fn keyed(ui: &Ui, response: &Response, row: &ParamRow, value: f32, fine: f32) -> Option<f32> {
    let step = if row.stepped() { 1.0 } else { (row.max - row.min) * KEY_STEP * fine };
    let mut target = value;
    if response.has_focus() {
        let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..Default::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        let presses = |key| ui.input(|input| input.num_presses(key)) as f32;
        target += step * (presses(Key::ArrowRight) + presses(Key::ArrowUp));
        target -= step * (presses(Key::ArrowLeft) + presses(Key::ArrowDown));
        target += 10.0 * step * (presses(Key::PageUp) - presses(Key::PageDown));
        for (key, end) in [(Key::Home, row.min), (Key::End, row.max), (Key::Delete, row.default)] {
            if presses(key) > 0.0 {
                target = end;
            }
        }
    }
    ui.input(|input| {
        let asked = |action| input.num_accesskit_action_requests(response.id, action) as f32;
        target += step * (asked(Action::Increment) - asked(Action::Decrement));
        for request in input.accesskit_action_requests(response.id, Action::SetValue) {
            if let Some(ActionData::NumericValue(asked)) = request.data {
                target = asked as f32;
            }
        }
    });
    (target != value).then_some(target)
}

/// Tells assistive technology what this is and where it stands.
fn announce(ui: &Ui, response: &Response, row: &ParamRow, value: f32) {
    response.widget_info(|| WidgetInfo::slider(ui.is_enabled(), f64::from(value), &row.name));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_min_numeric_value(f64::from(row.min));
        node.set_max_numeric_value(f64::from(row.max));
        node.set_value(row.text(value));
        node.set_description(row.doc.as_str());
        node.add_action(Action::SetValue);
        node.add_action(Action::Increment);
        node.add_action(Action::Decrement);
    });
}

fn draw_track(painter: &Painter, row: &ParamRow, value: f32, track: &Track, lively: bool) {
    let groove = Rect::from_center_size(track.rect.center(), vec2(track.rect.width(), 4.0));
    painter.rect_filled(groove, 2.0, theme::GROOVE);
    let x_of = |value: f32| groove.left() + groove.width() * (value - row.min) / (row.max - row.min);
    // What the slider fills from: silence for levels, the default where it lies inside the range, else the left end.
    let origin = if row.unit == cuewright_engine::params::Unit::Decibels { row.min } else { row.default };
    let (from, to) = (x_of(origin), x_of(value));
    let filled = Rect::from_x_y_ranges(from.min(to)..=from.max(to), groove.y_range());
    painter.rect_filled(filled, 2.0, track.color.gamma_multiply(if lively { 1.0 } else { 0.8 }));
    painter.vline(x_of(row.default), groove.y_range().expand(2.0), Stroke::new(1.0, theme::LINE_STRONG));
    if let Some(heard) = track.heard.filter(|heard| (heard - value).abs() > 0.004 * (row.max - row.min)) {
        painter.circle_filled(pos2(x_of(heard), groove.center().y), 3.0, theme::TEXT);
    }
    let handle = Rect::from_center_size(pos2(to, groove.center().y), vec2(7.0, 14.0));
    painter.rect_filled(handle, 2.0, if lively { theme::TEXT } else { theme::TEXT_DIM });
    painter.vline(to, handle.y_range().shrink(3.0), Stroke::new(1.0, theme::GROUND));
}

/// What a slider's tooltip says.
fn tooltip(ui: &mut Ui, row: &ParamRow, value: f32) {
    ui.set_max_width(280.0);
    ui.label(format!("{}: {}", row.name, row.text(value)));
    ui.label(egui::RichText::new(&row.doc).color(theme::TEXT_DIM));
    ui.label(egui::RichText::new(reaction_sentence(row.reaction)).color(theme::ACCENT));
    ui.label(
        egui::RichText::new("Shift: fine · double click: default · arrow keys")
            .font(theme::SMALL)
            .color(theme::TEXT_DIM),
    );
}

/// When a change is heard, as a sentence.
pub fn reaction_sentence(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Immediate => "Heard at once.",
        Reaction::Beat => "Heard on the next beat.",
        Reaction::Bar => "Heard on the next bar; the timbre follows at once.",
        Reaction::Unit => "Heard with the next four bars; the timbre follows at once.",
    }
}

/// When a change is heard, as a word.
pub fn reaction_word(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Immediate => "at once",
        Reaction::Beat => "on beat",
        Reaction::Bar => "on bar",
        Reaction::Unit => "on 4 bars",
    }
}

/// A switch over a parameter, drawn as a small key that lights up.
#[derive(Clone, Copy, Debug)]
pub struct Switch<'a> {
    /// What is written on it.
    pub text: &'a str,
    /// Fill when on, and the ink on it.
    pub lit: (Color32, Color32),
}

/// Shows a [`Switch`].
pub fn switch(
    ui: &mut Ui,
    rect: Rect,
    editor: &mut Editor,
    model: &mut dyn Model,
    index: usize,
    look: Switch<'_>,
) {
    let row = &PARAMS[index];
    let on = model.values().at(index) >= 0.5;
    let response = ui.interact(rect, Id::unique(("parameter", index)), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, ui.is_enabled(), on, &row.name));
    let fill = match (on, response.hovered()) {
        (true, _) => look.lit.0,
        (false, true) => theme::RAISED_HOVER,
        (false, false) => theme::RAISED,
    };
    ui.painter().rect_filled(rect, theme::RADIUS, fill);
    let ink = if on { look.lit.1 } else { theme::TEXT };
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, look.text, theme::BODY, ink);
    focus_ring(ui, &response, rect);
    if response.clicked() {
        let now_s = ui.input(|input| input.time);
        editor.hands.put(model, &mut editor.history, now_s, &[(index, if on { 0.0 } else { 1.0 })]);
    }
    response.on_hover_ui(|ui| {
        ui.set_max_width(280.0);
        ui.label(format!("{}: {}", row.name, row.text(if on { 1.0 } else { 0.0 })));
        ui.label(egui::RichText::new(&row.doc).color(theme::TEXT_DIM));
    });
}

/// A key that does something once.
#[derive(Clone, Copy, Debug)]
pub struct Press<'a> {
    /// What is written on it.
    pub text: &'a str,
    /// Its full name.
    pub name: &'a str,
    /// What it does, one sentence.
    pub doc: &'a str,
    /// False greys it out.
    pub enabled: bool,
}

/// Shows a [`Press`]; true when it was pressed.
pub fn press(ui: &mut Ui, rect: Rect, look: Press<'_>) -> bool {
    let sense = if look.enabled { Sense::click() } else { Sense::hover() };
    let response = ui.interact(rect, Id::unique(("press", look.name)), sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, look.enabled, look.name));
    let fill = if look.enabled && response.hovered() { theme::RAISED_HOVER } else { theme::RAISED };
    let painter = ui.painter();
    if look.enabled {
        painter.rect_filled(rect, theme::RADIUS, fill);
    } else {
        painter.rect_stroke(rect, theme::RADIUS, Stroke::new(1.0, theme::LINE), StrokeKind::Inside);
    }
    let ink = match (look.enabled, response.is_pointer_button_down_on()) {
        (false, _) => theme::TEXT_DIM,
        (true, true) => theme::ACCENT,
        (true, false) => theme::TEXT,
    };
    painter.text(rect.center(), Align2::CENTER_CENTER, look.text, theme::BODY, ink);
    focus_ring(ui, &response, rect);
    let pressed = response.clicked();
    response.on_hover_ui(|ui| {
        ui.set_max_width(280.0);
        ui.label(look.name);
        ui.label(egui::RichText::new(look.doc).color(theme::TEXT_DIM));
    });
    pressed
}

/// Outlines the control the keyboard acts on.
pub fn focus_ring(ui: &Ui, response: &Response, rect: Rect) {
    if response.has_focus() {
        let ring = rect.expand(1.0);
        ui.painter().rect_stroke(ring, theme::RADIUS, Stroke::new(1.0, theme::ACCENT), StrokeKind::Outside);
    }
}

/// A panel's ground.
pub fn panel(ui: &Ui, rect: Rect) {
    ui.painter().rect_filled(rect, theme::RADIUS, theme::PANEL);
}

/// Text cut with an ellipsis where it does not fit `width`; `anchor` places it by its left or right center.
pub fn fitted(
    painter: &Painter,
    at: Pos2,
    anchor: Align2,
    text: &str,
    (font, ink, width): (FontId, Color32, f32),
) -> Rect {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, ink);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(8.0));
    let galley = painter.layout_job(job);
    let rect = anchor.anchor_size(at, galley.size());
    painter.galley(rect.min, galley, ink);
    rect
}

/// Cuts `width` off the left of a rectangle and a gap after it.
pub fn cut_left(rect: &mut Rect, width: f32, gap: f32) -> Rect {
    let cut = Rect::from_min_size(rect.min, Vec2::new(width.min(rect.width()), rect.height()));
    rect.min.x = (cut.max.x + gap).min(rect.max.x);
    cut
}

/// Cuts `width` off the right of a rectangle and a gap before it.
pub fn cut_right(rect: &mut Rect, width: f32, gap: f32) -> Rect {
    let width = width.min(rect.width());
    let cut = Rect::from_min_max(pos2(rect.max.x - width, rect.min.y), rect.max);
    rect.max.x = (cut.min.x - gap).max(rect.min.x);
    cut
}

/// Cuts `height` off the top of a rectangle and a gap after it.
pub fn cut_top(rect: &mut Rect, height: f32, gap: f32) -> Rect {
    let cut = Rect::from_min_size(rect.min, Vec2::new(rect.width(), height.min(rect.height())));
    rect.min.y = (cut.max.y + gap).min(rect.max.y);
    cut
}
