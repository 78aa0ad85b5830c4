//! The coming score as a page: a ruler with form and chords, and a lane of notes beside every stem's strip.
//! Source: own. In/out: quarter notes from the playhead to points; draws only what is visible.

use super::score::{DrawnBar, Score};
use super::transport::form_of;
use super::widgets::fitted;
use super::{Editor, theme};
use cuewright_engine::note::Note;
use cuewright_engine::stem::{STEM_COUNT, STEMS, Stem};
use cuewright_engine::time::BarGrid;
use egui::{Align2, Painter, Rect, Stroke, Ui, pos2};

/// Bars of the current meter the page shows.
const SHOWN_BARS: f64 = 8.0;
/// Where the playhead stands, share of the width: what was is worth less room than what comes.
const PLAYHEAD_AT: f64 = 0.16;

/// Which quarter notes are on the page and where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Page {
    /// Left edge.
    pub from: f64,
    /// Right edge.
    pub to: f64,
    left: f32,
    width: f32,
}

impl Page {
    /// The page for a playhead. Before the song there is nothing to see: the page never starts before its first bar
    /// unless the playhead does.
    pub fn new(rect: Rect, grid: &BarGrid, position: f64) -> Page {
        let length = grid.bar_at(position).meter.bar_beats() * SHOWN_BARS;
        let from = (position - length * PLAYHEAD_AT).max(position.min(0.0));
        Page { from, to: from + length, left: rect.left(), width: rect.width() }
    }

    fn x(&self, beats: f64) -> f32 {
        self.left + (self.width as f64 * (beats - self.from) / (self.to - self.from)) as f32
    }

    /// First and last bar on the page.
    pub fn bars(&self, grid: &BarGrid) -> (i64, i64) {
        (grid.bar_at(self.from).index, grid.bar_at(self.to).index)
    }
}

/// Draws ruler and lanes. `muted` says which stems are silenced.
pub fn show(
    ui: &Ui,
    (ruler, lanes): (Rect, Rect),
    editor: &Editor,
    (grid, page): (&BarGrid, Page),
    muted: &[bool; STEM_COUNT],
) {
    let position = editor.playhead.position();
    let painter = ui.painter_at(Rect::from_min_max(ruler.min, lanes.max));
    let (first, last) = page.bars(grid);
    // Where the caption before ends: a long one takes the place of the next bar's number.
    let mut free_from = f32::MIN;
    for bar in first..=last {
        free_from = draw_bar_line(&painter, (ruler, lanes), &editor.score, (grid, page, bar), free_from);
    }
    let height = lanes.height() / STEM_COUNT as f32;
    // One bar more on the left: notes reach over bar lines.
    for bar in (first - 1..=last).filter_map(|bar| editor.score.bar(bar)) {
        for note in &bar.notes {
            let index = note.stem.index();
            let lane = Rect::from_min_size(
                pos2(lanes.left(), lanes.top() + height * index as f32),
                egui::vec2(lanes.width(), height),
            );
            draw_note(&painter, lane, page, note, (position, editor.playhead.is_running()), muted[index]);
        }
    }
    let ambience = Rect::from_min_max(pos2(lanes.left(), lanes.bottom() - height), lanes.max);
    draw_ambience(&painter, ambience, page, muted[Stem::Ambience.index()]);
    let x = page.x(position);
    painter.vline(x, ruler.bottom() - 4.0..=lanes.bottom(), Stroke::new(1.5, theme::ACCENT));
    let top = ruler.bottom() - 9.0;
    let tip = [pos2(x - 5.0, top), pos2(x + 5.0, top), pos2(x, top + 7.0)];
    painter.add(egui::Shape::convex_polygon(tip.to_vec(), theme::ACCENT, Stroke::NONE));
}

fn draw_bar_line(
    painter: &Painter,
    (ruler, lanes): (Rect, Rect),
    score: &Score,
    (grid, page, index): (&BarGrid, Page, i64),
    free_from: f32,
) -> f32 {
    let bar = grid.bar(index);
    let x = page.x(bar.start);
    let drawn = score.bar(index);
    let boundary = drawn.map_or(0, |drawn| drawn.frame.boundary);
    let ink = if boundary >= 2 { theme::LINE_STRONG } else { theme::LINE };
    // Ordinary bar lines leave the ruler's first line to the captions that reach over them.
    let top = if boundary >= 2 { ruler.top() } else { ruler.top() + 17.0 };
    painter.vline(x, top..=lanes.bottom(), Stroke::new(1.0, ink));
    for start in bar.meter.beat_starts().into_iter().skip(1) {
        let faint = theme::LINE.gamma_multiply(0.45);
        painter.vline(page.x(bar.start + start), lanes.y_range(), Stroke::new(1.0, faint));
    }
    if let Some(drawn) = drawn {
        draw_chords(painter, ruler, page, drawn);
    }
    if x + 4.0 < free_from {
        return free_from;
    }
    let text = match (boundary >= 2).then(|| form_of(score, index)).flatten() {
        Some(form) => format!("{}   {form}", index + 1),
        None => format!("{}", index + 1),
    };
    let at = pos2(x + 5.0, ruler.top() + 9.0);
    fitted(painter, at, Align2::LEFT_CENTER, &text, (theme::SMALL, theme::TEXT_DIM, 160.0)).right()
}

fn draw_chords(painter: &Painter, ruler: Rect, page: Page, drawn: &DrawnBar) {
    let frame = &drawn.frame;
    for (place, placed) in frame.chords.iter().enumerate() {
        let next = frame.chords.get(place + 1).map_or(frame.bar.end(), |next| frame.bar.start + next.at);
        let x = page.x(frame.bar.start + placed.at);
        let at = pos2(x + 5.0, ruler.top() + 25.0);
        let room = page.x(next) - x - 7.0;
        // About seven points a letter at the larger size.
        let font = if placed.chord.name.len() as f32 * 7.0 <= room { theme::BODY } else { theme::SMALL };
        fitted(painter, at, Align2::LEFT_CENTER, &placed.chord.name, (font, theme::TEXT, room));
    }
}

/// One note: a bar at its pitch, brighter the louder, white-hot while it sounds, bolder where it states the motif.
fn draw_note(
    painter: &Painter,
    lane: Rect,
    page: Page,
    note: &Note,
    (position, running): (f64, bool),
    muted: bool,
) {
    let (left, right) = (page.x(note.onset), page.x(note.onset + note.length));
    if right < lane.left() || left > lane.right() {
        return;
    }
    let (low, high) = STEMS[note.stem.index()].pitch_range;
    let share = (note.pitch - f32::from(low)) / f32::from(high - low).max(1.0);
    let inner = lane.shrink2(egui::vec2(0.0, 4.0));
    let y = inner.bottom() - inner.height() * share.clamp(0.0, 1.0);
    let right = (right - 1.0).max(left + 2.0);
    let half = if note.motif.is_some() { 2.5 } else { 1.25 };
    let rect = Rect::from_min_max(pos2(left, y - half), pos2(right, y + half));
    let sounding = running && (note.onset..note.onset + note.length).contains(&position);
    let color = theme::STEM_COLORS[note.stem.index()];
    let strength = match (muted, note.onset + note.length <= position) {
        (true, _) => 0.22,
        (false, true) => 0.40,
        (false, false) => 0.50 + 0.50 * note.velocity.clamp(0.0, 1.0),
    };
    let ink = if sounding && !muted {
        color.lerp_to_gamma(theme::TEXT, 0.6)
    } else {
        color.gamma_multiply(strength)
    };
    painter.rect_filled(rect, 1.0, ink);
}

/// The ambience has no notes: a soft band that fades in where the song begins.
fn draw_ambience(painter: &Painter, lane: Rect, page: Page, muted: bool) {
    let start = page.x(0.0).max(lane.left());
    if start >= lane.right() {
        return;
    }
    let color = theme::STEM_COLORS[Stem::Ambience.index()].gamma_multiply(if muted { 0.06 } else { 0.16 });
    let band =
        Rect::from_min_max(pos2(start, lane.center().y - 5.0), pos2(lane.right(), lane.center().y + 5.0));
    painter.rect_filled(band, 2.0, color);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_starts_with_the_song_and_then_follows_the_playhead() {
        let rect = Rect::from_min_size(pos2(100.0, 0.0), egui::vec2(320.0, 100.0));
        let grid = BarGrid::default();
        let page = Page::new(rect, &grid, 0.0);
        assert_eq!((page.from, page.to, page.bars(&grid)), (0.0, 32.0, (0, 8)));
        let later = Page::new(rect, &grid, 100.0);
        assert!((later.x(100.0) - (100.0 + 320.0 * PLAYHEAD_AT as f32)).abs() < 0.01);
        assert_eq!(Page::new(rect, &grid, -4.0).from, -4.0);
    }
}
