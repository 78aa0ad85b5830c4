//! Composing without sound: bars and notes of a plan as the lane means them. Allocates; for tests, text and the editor.

use super::{BarFrame, Climate, Climates, Composer, Notes};
use crate::note::Note;
use crate::plan::Plan;
use std::ops::Range;

/// The climates of a plan's own lane and parameter values.
#[derive(Clone, Copy, Debug)]
pub struct LaneClimates<'a>(pub &'a Plan);

impl LaneClimates<'_> {
    /// Climate at a fractional bar.
    pub fn at(&self, bar: f64) -> Climate {
        Climate::new(self.0.mood_at(bar, &self.0.values), &self.0.values).at_tempo(self.0.tempo_bpm)
    }
}

impl Climates for LaneClimates<'_> {
    fn at_bar(&self, bar: i64) -> Climate {
        self.at(bar as f64)
    }
}

/// Composes bars (from 0) on the plan's own meters with its own lane.
pub fn compose(plan: &Plan, bars: Range<i64>) -> (Vec<BarFrame>, Vec<Note>) {
    let climates = LaneClimates(plan);
    let mut composer = Composer::new();
    let (mut frames, mut notes) = (Vec::new(), Vec::new());
    for bar in bars {
        let frame = composer.frame(plan, &plan.grid, &climates, bar);
        let mut before = climates.at(last_beat(plan, bar - 1));
        for (beat, start) in frame.bar.meter.beat_starts().into_iter().enumerate() {
            let now = climates.at(bar as f64 + start / frame.bar.meter.bar_beats());
            let mut out = Notes::new();
            composer.beat_after(plan, &frame, beat, (&before, &now), &mut out);
            notes.extend(out);
            before = now;
        }
        frames.push(frame);
    }
    (frames, notes)
}

/// Fractional bar of the last beat of a bar.
fn last_beat(plan: &Plan, bar: i64) -> f64 {
    let meter = plan.grid.bar(bar).meter;
    bar as f64 + meter.beat_starts().last().copied().unwrap_or(0.0) / meter.bar_beats()
}
