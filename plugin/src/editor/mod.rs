//! The editor: one page that shows the mood, the score to come and the nine stems. Costs nothing while it is closed.
//! Source: DESIGN 8 "Editor". In/out: [`show`] draws a frame of any [`Model`]; [`window`] puts it in a host's window.

mod choices;
mod hands;
mod header;
mod history;
mod instance;
mod model;
mod mood;
mod numbers;
mod pad;
mod roll;
mod score;
mod sheet;
mod stems;
pub mod theme;
mod transport;
mod widgets;
pub mod window;

#[cfg(test)]
mod tests;

pub use header::SCALES;
pub use history::History;
pub use instance::Instance;
pub use model::{Entry, Gesture, Model};

use cuewright_engine::cue::Cue;
use cuewright_engine::params::stem_mute;
use cuewright_engine::stem::STEMS;
use egui::{Key, Modifiers, Rect, ScrollArea, Sense, Ui, Vec2, pos2, vec2};
use std::time::Duration;

/// Size at 100 %, logical pixels.
pub const DEFAULT_SIZE: (u32, u32) = (1000, 640);
/// Below this the page scrolls instead of shrinking, logical pixels.
pub const MIN_SIZE: (u32, u32) = (860, 540);

/// Pause between frames while something moves by itself: 60 Hz.
const FRAME: Duration = Duration::from_micros(16_667);

/// What the editor itself remembers between frames; everything else belongs to the [`Model`].
#[derive(Debug, Default)]
pub struct Editor {
    /// Undo and redo.
    pub history: History,
    hands: hands::Hands,
    trail: pad::Trail,
    meters: stems::Meters,
    playhead: transport::Playhead,
    score: score::Score,
    number_in_hand: Option<numbers::InHand>,
    title_in_hand: Option<String>,
    meter_in_hand: Option<String>,
    complaint: Option<String>,
    scale_wanted: Option<f32>,
}

impl Editor {
    /// A scale the person chose since the last call; the window's owner applies it.
    pub fn take_scale(&mut self) -> Option<f32> {
        self.scale_wanted.take()
    }

    /// Ends what a hand still holds: for a window that closes in the middle of a drag.
    pub fn let_go(&mut self, model: &mut dyn Model) {
        self.hands.release(model, &mut self.history, 0.0);
    }

    /// Bars composed for drawing so far.
    pub fn composed_bars(&self) -> u64 {
        self.score.composed_count()
    }

    fn edit_cue(&mut self, model: &mut dyn Model, edit: impl FnOnce(&mut Cue)) {
        self.complaint = self.history.edit_cue(model, edit).err();
    }

    fn undo(&mut self, model: &mut dyn Model) {
        self.complaint = self.history.undo(model).err();
    }

    fn redo(&mut self, model: &mut dyn Model) {
        self.complaint = self.history.redo(model).err();
    }
}

/// Draws one frame and acts on what happened since the last.
pub fn show(ui: &mut Ui, editor: &mut Editor, model: &mut dyn Model) {
    shortcuts(ui, editor, model);
    if let Some(motif) = model.take_captured() {
        editor.edit_cue(model, |cue| cue.motif = Some(motif));
    }
    let now_s = ui.input(|input| input.time);
    let peaks = model.take_peaks();
    let moving = editor.meters.feed(now_s, &peaks);
    editor.playhead.follow(now_s, model);
    let room = ui.available_rect_before_wrap();
    ui.painter().rect_filled(room, 0.0, theme::GROUND);
    ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        let least = vec2(MIN_SIZE.0 as f32, MIN_SIZE.1 as f32);
        let (rect, _) = ui.allocate_exact_size(room.size().max(least), Sense::hover());
        page(ui, rect.shrink(theme::GAP), editor, model);
    });
    if moving || editor.playhead.is_running() {
        ui.ctx().request_repaint_after(FRAME);
    }
}

fn page(ui: &mut Ui, rect: Rect, editor: &mut Editor, model: &mut dyn Model) {
    let mut rest = rect;
    let head = widgets::cut_top(&mut rest, 32.0, theme::GAP);
    header::show(ui, head, editor, model);
    header::notice(ui, &mut rest, editor, model);
    let mood_height = (rest.height() * 0.37).clamp(180.0, 300.0);
    let mood = widgets::cut_top(&mut rest, mood_height, theme::GAP);
    mood::show(ui, mood, editor, model);
    score_page(ui, rest, editor, model);
}

/// Transport, strips and lanes: the page of the score.
fn score_page(ui: &mut Ui, rect: Rect, editor: &mut Editor, model: &mut dyn Model) {
    widgets::panel(ui, rect);
    let grid = model.grid();
    let mut rest = rect;
    let mut ruler = widgets::cut_top(&mut rest, 44.0, 0.0);
    let row_height = stems::row_height(rest.height());
    for row in (0..STEMS.len()).step_by(2) {
        let top = rest.top() + row_height * row as f32;
        let line = Rect::from_min_size(pos2(rest.left(), top), vec2(rest.width(), row_height));
        ui.painter().rect_filled(line, 0.0, theme::PANEL_ALTERNATE);
    }
    let lanes = Rect::from_min_max(pos2(rest.left() + stems::STRIP_WIDTH, rest.top()), rest.max);
    let head = widgets::cut_left(&mut ruler, stems::STRIP_WIDTH, 0.0);
    let page = roll::Page::new(lanes, &grid, editor.playhead.position());
    let (first, last) = page.bars(&grid);
    let current = grid.bar_at(editor.playhead.position()).index;
    editor.score.refresh(model, first - 1, last, current);
    transport::show(ui, head, editor, model, &grid);
    for row in &STEMS {
        let top = rest.top() + row_height * row.stem.index() as f32;
        let strip =
            Rect::from_min_size(pos2(rest.left(), top), Vec2::new(stems::STRIP_WIDTH - 10.0, row_height));
        stems::show(ui, strip, editor, model, row);
    }
    let values = model.values();
    let muted = std::array::from_fn(|index| values.at(stem_mute(index)) >= 0.5);
    roll::show(ui, (ruler, lanes), editor, (&grid, page), &muted);
}

fn shortcuts(ui: &Ui, editor: &mut Editor, model: &mut dyn Model) {
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    // The longer one first: Ctrl+Z would take Ctrl+Shift+Z too.
    if pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z) || pressed(Modifiers::COMMAND, Key::Y) {
        editor.redo(model);
    } else if pressed(Modifiers::COMMAND, Key::Z) {
        editor.undo(model);
    }
}
