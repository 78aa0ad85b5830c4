//! The mood pad: valence from left to right, energy upward. A ring where the hand put it, a dot where the music is.
//! Source: the circumplex of affect (Russell 1980) for what the corners say. In/out: two parameters in one gesture.

use super::hands::FINE;
use super::model::Model;
use super::widgets::focus_ring;
use super::{Editor, theme};
use cuewright_engine::params::{PARAMS, Param};
use egui::accesskit::Role;
use egui::{
    Align2, Color32, EventFilter, Id, Key, Mesh, Painter, Pos2, Rect, Response, Sense, Shape, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, lerp, pos2,
};
use std::collections::VecDeque;

/// How long the trail remembers, s. Taste: two bars at a usual tempo.
const TRAIL_S: f64 = 4.0;
/// How fast the dot follows what is heard, s: the engine's own smoothing of timbre.
const FOLLOW_S: f32 = 0.12;
/// A distance nobody sees, in units of the pad.
const STILL: f32 = 0.002;

const AXES: [usize; 2] = [Param::Valence as usize, Param::Energy as usize];

/// Corners, from the top left in reading order: the ground's tint and the word.
const CORNERS: [(Color32, &str); 4] = [
    (Color32::from_rgb(0x4a, 0x1f, 0x1e), "menace"),
    (Color32::from_rgb(0x4d, 0x3a, 0x18), "triumph"),
    (Color32::from_rgb(0x1b, 0x22, 0x35), "grief"),
    (Color32::from_rgb(0x1a, 0x33, 0x2c), "peace"),
];

/// Where the music was.
#[derive(Debug, Default)]
pub struct Trail {
    dot: Option<Vec2>,
    points: VecDeque<(f64, Vec2)>,
    last_s: f64,
}

impl Trail {
    /// Moves the dot toward what is heard. True while something still moves.
    fn follow(&mut self, now_s: f64, heard: Vec2) -> bool {
        let elapsed_s = (now_s - self.last_s).clamp(0.0, 0.1) as f32;
        self.last_s = now_s;
        let dot = self.dot.get_or_insert(heard);
        *dot += (heard - *dot) * (1.0 - (-elapsed_s / FOLLOW_S).exp());
        let moving = (*dot - heard).length() > STILL;
        if !moving {
            *dot = heard;
        }
        if self.points.back().is_none_or(|&(_, last)| (last - *dot).length() > STILL) {
            self.points.push_back((now_s, *dot));
        }
        while self.points.len() > 1 && now_s - self.points[0].0 > TRAIL_S {
            self.points.pop_front();
        }
        moving || self.points.len() > 1
    }
}

/// Shows the pad in a rectangle; `heard` is the mood the music follows now.
pub fn show(ui: &mut Ui, rect: Rect, editor: &mut Editor, model: &mut dyn Model, heard: Vec2) {
    let response = ui.interact(rect, Id::unique("mood pad"), Sense::click_and_drag());
    let field = rect.shrink(12.0);
    operate(ui, &response, field, editor, model);
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Mood pad"));
    let now_s = ui.input(|input| input.time);
    if editor.trail.follow(now_s, heard) {
        ui.ctx().request_repaint();
    }
    let values = model.values();
    let target = Vec2::new(values.at(AXES[0]), values.at(AXES[1]));
    let painter = ui.painter_at(rect.expand(2.0));
    draw_ground(&painter, rect, field);
    draw_trail(&painter, field, &editor.trail, now_s);
    painter.circle_stroke(place(field, target), 9.0, Stroke::new(1.5, theme::ACCENT));
    if let Some(dot) = editor.trail.dot {
        painter.circle_filled(place(field, dot), 4.5, theme::TEXT);
    }
    focus_ring(ui, &response, rect);
    response.on_hover_ui_at_pointer(|ui| {
        ui.set_max_width(280.0);
        ui.label(format!("Valence {:.2} · Energy {:.2}", target.x, target.y));
        let doc = "The ring is what you ask for, the dot what the music does. Notes follow on the next beat or bar.";
        ui.label(egui::RichText::new(doc).color(theme::TEXT_DIM));
        let keys = "Shift: fine · double click: center · arrow keys";
        ui.label(egui::RichText::new(keys).font(theme::SMALL).color(theme::TEXT_DIM));
    });
}

fn operate(ui: &Ui, response: &Response, field: Rect, editor: &mut Editor, model: &mut dyn Model) {
    let now_s = ui.input(|input| input.time);
    let shift = ui.input(|input| input.modifiers.shift);
    let under = response.interact_pointer_pos().map(|at| unplace(field, at));
    if response.drag_started() {
        response.request_focus();
        editor.hands.grasp(model, &mut editor.history, now_s, &AXES);
        if let Some(under) = under.filter(|_| !shift) {
            move_to(editor, model, under);
        }
    } else if response.dragged() && editor.hands.holds(AXES[0]) {
        let step = response.drag_delta() / field.size() * Vec2::new(2.0, -2.0);
        let step = if shift { step * FINE } else { step };
        editor.hands.move_by(model, AXES[0], step.x);
        editor.hands.move_by(model, AXES[1], step.y);
    }
    if response.drag_stopped() {
        editor.hands.release(model, &mut editor.history, now_s);
    }
    let mut wanted = keyed(ui, response, model, if shift { FINE } else { 1.0 });
    if response.clicked() {
        response.request_focus();
        wanted = under;
    }
    if response.double_clicked() {
        wanted = Some(Vec2::new(PARAMS[AXES[0]].default, PARAMS[AXES[1]].default));
    }
    if let Some(wanted) = wanted {
        let targets = [(AXES[0], wanted.x), (AXES[1], wanted.y)];
        editor.hands.put(model, &mut editor.history, now_s, &targets);
    }
}

fn move_to(editor: &mut Editor, model: &mut dyn Model, at: Vec2) {
    editor.hands.move_to(model, AXES[0], at.x);
    editor.hands.move_to(model, AXES[1], at.y);
}

fn keyed(ui: &Ui, response: &Response, model: &dyn Model, fine: f32) -> Option<Vec2> {
    if !response.has_focus() {
        return None;
    }
    let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..Default::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
    let presses = |key| ui.input(|input| input.num_presses(key)) as f32;
    let right = presses(Key::ArrowRight) - presses(Key::ArrowLeft);
    let up = presses(Key::ArrowUp) - presses(Key::ArrowDown);
    let values = model.values();
    let from = Vec2::new(values.at(AXES[0]), values.at(AXES[1]));
    // Two hundredths: the step the composer sees.
    (right != 0.0 || up != 0.0).then(|| from + Vec2::new(right, up) * 0.02 * fine)
}

fn place(field: Rect, mood: Vec2) -> Pos2 {
    pos2(
        lerp(field.left()..=field.right(), (mood.x + 1.0) / 2.0),
        lerp(field.bottom()..=field.top(), (mood.y + 1.0) / 2.0),
    )
}

fn unplace(field: Rect, at: Pos2) -> Vec2 {
    let unit = (at - field.min) / field.size();
    Vec2::new(unit.x * 2.0 - 1.0, 1.0 - unit.y * 2.0)
}

fn draw_ground(painter: &Painter, rect: Rect, field: Rect) {
    let mut mesh = Mesh::default();
    let corners = [rect.left_top(), rect.right_top(), rect.left_bottom(), rect.right_bottom()];
    for (&corner, (tint, _)) in corners.iter().zip(CORNERS) {
        mesh.colored_vertex(corner, tint);
    }
    mesh.add_triangle(0, 1, 2);
    mesh.add_triangle(2, 1, 3);
    painter.add(Shape::mesh(mesh));
    painter.rect_stroke(rect, theme::RADIUS, Stroke::new(1.0, theme::LINE_STRONG), StrokeKind::Outside);
    let faint = Stroke::new(1.0, theme::TEXT.gamma_multiply(0.10));
    for quarter in [0.25, 0.5, 0.75] {
        painter.vline(lerp(field.left()..=field.right(), quarter), field.y_range(), faint);
        painter.hline(field.x_range(), lerp(field.top()..=field.bottom(), quarter), faint);
    }
    let anchors = [Align2::LEFT_TOP, Align2::RIGHT_TOP, Align2::LEFT_BOTTOM, Align2::RIGHT_BOTTOM];
    let inner = rect.shrink(7.0);
    for (anchor, (_, word)) in anchors.into_iter().zip(CORNERS) {
        painter.text(anchor.pos_in_rect(&inner), anchor, word, theme::SMALL, theme::TEXT);
    }
    let caption = |anchor: Align2, text: &str| {
        painter.text(anchor.pos_in_rect(&inner), anchor, text, theme::SMALL, theme::TEXT_DIM);
    };
    caption(Align2::CENTER_TOP, "driving");
    caption(Align2::CENTER_BOTTOM, "still");
    caption(Align2::LEFT_CENTER, "bitter");
    caption(Align2::RIGHT_CENTER, "bright");
}

fn draw_trail(painter: &Painter, field: Rect, trail: &Trail, now_s: f64) {
    for (from, to) in trail.points.iter().zip(trail.points.iter().skip(1)) {
        let age = ((now_s - to.0) / TRAIL_S).clamp(0.0, 1.0) as f32;
        let ink = theme::ACCENT.gamma_multiply((1.0 - age) * 0.7);
        painter.line_segment([place(field, from.1), place(field, to.1)], Stroke::new(2.0, ink));
    }
}
