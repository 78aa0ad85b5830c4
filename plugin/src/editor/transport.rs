//! Where the music is: position, tempo, meter, chord, key, and the playhead that moves evenly between reports.
//! Source: own. In/out: positions in quarter notes; text.

use super::model::Model;
use super::score::Score;
use super::stems::mix_meter;
use super::widgets::{cut_left, cut_right, fitted};
use super::{Editor, theme};
use cuewright_engine::compose::BarFrame;
use cuewright_engine::params::Param;
use cuewright_engine::time::{Bar, BarGrid};
use egui::accesskit::Role;
use egui::{Align2, Id, Rect, Sense, Ui, Vec2, WidgetInfo, pos2};

/// A report further than this from the playhead is a jump, quarter notes.
const JUMP_BEATS: f64 = 0.75;
/// Share of the remaining error taken back per frame: reports come in host blocks, the eye wants a steady line.
const PULL: f64 = 0.15;

/// The playhead as it is drawn.
#[derive(Debug, Default)]
pub struct Playhead {
    position: f64,
    last_s: f64,
    running: bool,
}

impl Playhead {
    /// Moves it to `now_s`; without a report it rests at the start.
    pub fn follow(&mut self, now_s: f64, model: &dyn Model) {
        let elapsed_s = (now_s - self.last_s).clamp(0.0, 0.25);
        self.last_s = now_s;
        let Some(report) = model.telemetry() else {
            *self = Playhead { last_s: now_s, ..Playhead::default() };
            return;
        };
        let expected = self.position + elapsed_s * report.tempo_bpm / 60.0;
        let error = report.position - expected;
        let steady = report.playing && self.running && error.abs() < JUMP_BEATS;
        self.position = if steady { expected + error * PULL } else { report.position };
        self.running = report.playing;
    }

    /// Quarter notes from the start of the song.
    pub fn position(&self) -> f64 {
        self.position
    }

    /// True while music runs.
    pub fn is_running(&self) -> bool {
        self.running
    }
}

/// "17.3": bar and beat, both from 1.
pub fn bar_and_beat(bar: &Bar, position: f64) -> String {
    let beat = ((position - bar.start) / bar.meter.unit() + 1e-6).floor().max(0.0) as i64;
    format!("{}.{}", bar.index + 1, beat + 1)
}

/// Shows the block at the head of the strips.
pub fn show(ui: &mut Ui, rect: Rect, editor: &Editor, model: &dyn Model, grid: &BarGrid) {
    let position = editor.playhead.position();
    let bar = grid.bar_at(position);
    let drawn = editor.score.bar(bar.index).map(|drawn| &drawn.frame);
    let mut rest = rect;
    rest.min.x += 11.0;
    let place = cut_left(&mut rest, 66.0, 6.0);
    readout(ui, place, "Position", &bar_and_beat(&bar, position), theme::LARGE);
    let (tempo_bpm, playing) = match model.telemetry() {
        Some(report) => (report.tempo_bpm, report.playing),
        None => (model.plan().tempo_bpm, false),
    };
    let listening = model.values().get(Param::Listen) >= 0.5;
    let state = match (playing, listening) {
        (true, true) => "listening",
        (true, false) => "playing",
        (false, _) => "stopped",
    };
    let meter = format!("{}/{}", bar.meter.numerator(), bar.meter.denominator());
    let clock = cut_left(&mut rest, 92.0, 6.0);
    two_lines(ui, clock, ("Tempo and meter", &format!("{tempo_bpm:.1} bpm · {meter}")), ("State", state));
    rest.max.x -= 12.0;
    let mix = cut_right(&mut rest, 52.0, 8.0);
    fitted(
        ui.painter(),
        mix.left_center() - Vec2::new(0.0, 7.0),
        Align2::LEFT_CENTER,
        "Mix",
        (theme::SMALL, theme::TEXT_DIM, 80.0),
    );
    mix_meter(
        ui,
        Rect::from_min_size(pos2(mix.left(), mix.center().y + 3.0), Vec2::new(mix.width(), 6.0)),
        editor,
    );
    let sounding = model.telemetry().filter(|report| report.playing && !report.chord.is_empty());
    let chord = match (&sounding, drawn) {
        (Some(report), _) => report.chord.to_string(),
        (None, Some(frame)) => frame.chord_at(position - frame.bar.start).chord.name.to_string(),
        (None, None) => String::new(),
    };
    // Long names step down a size before they lose their end.
    let font = if chord.len() > 8 { theme::TITLE } else { theme::LARGE };
    let chord_rect = cut_left(&mut rest, 92.0, 4.0);
    readout(ui, chord_rect, "Chord", &chord, font);
    if let Some(frame) = drawn {
        two_lines(ui, rest, ("Key", &key_of(frame)), ("Cell", frame.cell));
    }
}

/// "D dorian".
fn key_of(frame: &BarFrame) -> String {
    format!("{} {}", frame.spelling().name(frame.tonic), frame.mode)
}

/// Where a bar stands in the form: "Section 1 · B".
pub fn form_of(score: &Score, bar: i64) -> Option<String> {
    let frame = &score.bar(bar)?.frame;
    Some(format!("Section {} · {}", frame.section + 1, frame.letter))
}

fn two_lines(ui: &mut Ui, rect: Rect, top: (&str, &str), bottom: (&str, &str)) {
    let upper = Rect::from_min_max(rect.min, pos2(rect.max.x, rect.center().y));
    let lower = Rect::from_min_max(pos2(rect.min.x, rect.center().y), rect.max);
    readout(ui, upper, top.0, top.1, theme::SMALL);
    readout(ui, lower, bottom.0, bottom.1, theme::SMALL);
}

/// Text with a name of its own, for tests and assistive technology.
pub fn readout(ui: &mut Ui, rect: Rect, name: &str, text: &str, font: egui::FontId) {
    let ink = if font == theme::SMALL { theme::TEXT_DIM } else { theme::TEXT };
    fitted(ui.painter(), rect.left_center(), Align2::LEFT_CENTER, text, (font, ink, rect.width()));
    let response = ui.interact(rect, Id::unique(("readout", name)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, name));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_label(name);
        node.set_value(text);
    });
    response.on_hover_text(format!("{name}: {text}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_one_in_the_meter_of_the_bar() {
        let grid = BarGrid::new(cuewright_engine::time::Meter::new(7, 8, &[]).unwrap());
        for (position, text) in [(0.0, "1.1"), (3.4, "1.7"), (3.5, "2.1"), (-0.5, "0.7")] {
            assert_eq!(bar_and_beat(&grid.bar_at(position), position), text);
        }
    }
}
