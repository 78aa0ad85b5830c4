//! The score to come: the composer asked ahead of the playhead, bar by bar, and kept until something changes it.
//! Source: DESIGN 4 ("the editor calls the same function to draw the future"). In/out: bars from 0; runs on the window's
//! thread only. Cost: one frame and its beats per new bar, well under a millisecond each.

use super::model::Model;
use cuewright_engine::compose::{BarFrame, Climate, Climates, Composer, Notes};
use cuewright_engine::cue::Mood;
use cuewright_engine::note::Note;
use cuewright_engine::params::Values;
use cuewright_engine::plan::Plan;
use cuewright_engine::time::BarGrid;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bars kept behind and ahead of what is shown.
const KEPT_BARS: i64 = 16;

/// One bar, as it will be drawn.
#[derive(Clone, Debug)]
pub struct DrawnBar {
    /// Harmony and form.
    pub frame: BarFrame,
    /// Its notes.
    pub notes: Vec<Note>,
}

/// Bars composed so far and what they were composed for.
#[derive(Debug, Default)]
pub struct Score {
    composer: Composer,
    plan: Option<Arc<Plan>>,
    grid: BarGrid,
    present: Option<Climate>,
    bars: BTreeMap<i64, DrawnBar>,
    scratch: Box<Notes>,
    composed_count: u64,
}

/// Climates for drawing: what was heard up to now, the present from then on.
struct Ahead<'a> {
    model: &'a dyn Model,
    plan: &'a Plan,
    values: Values,
    tempo_bpm: f64,
    current: i64,
}

impl Ahead<'_> {
    fn present(&self, bar: i64) -> Climate {
        Climate::new(self.plan.mood_at(bar as f64, &self.values), &self.values).at_tempo(self.tempo_bpm)
    }
}

impl Climates for Ahead<'_> {
    fn at_bar(&self, bar: i64) -> Climate {
        let heard = if bar <= self.current { self.model.recall(bar) } else { None };
        heard.unwrap_or_else(|| self.present(bar))
    }
}

impl Score {
    /// Brings bars `first..=last` up to date; `current` is the bar the playhead is in.
    pub fn refresh(&mut self, model: &dyn Model, first: i64, last: i64, current: i64) {
        let (plan, grid) = (model.plan(), model.grid());
        if !self.plan.as_ref().is_some_and(|known| Arc::ptr_eq(known, &plan)) || self.grid != grid {
            self.composer = Composer::new();
            self.bars.clear();
            self.grid = grid;
        }
        let (values, tempo_bpm) = match model.telemetry() {
            Some(telemetry) if telemetry.playing => (telemetry.values, telemetry.tempo_bpm),
            _ => (model.values(), plan.tempo_bpm),
        };
        let present = Climate::new(mood_of(&values), &values).at_tempo(tempo_bpm);
        if self.present != Some(present) {
            self.bars.retain(|&bar, _| bar < current);
            self.present = Some(present);
        }
        self.bars.retain(|&bar, _| (first - KEPT_BARS..=last + KEPT_BARS).contains(&bar));
        let ahead = Ahead { model, plan: &plan, values, tempo_bpm, current };
        for bar in first.max(0)..=last {
            if !self.bars.contains_key(&bar) {
                let drawn = self.compose(&plan, &ahead, bar);
                self.bars.insert(bar, drawn);
            }
        }
        self.plan = Some(plan);
    }

    /// A bar that was brought up to date.
    pub fn bar(&self, bar: i64) -> Option<&DrawnBar> {
        self.bars.get(&bar)
    }

    /// Bars composed since the editor opened: what drawing has cost.
    pub fn composed_count(&self) -> u64 {
        self.composed_count
    }

    fn compose(&mut self, plan: &Plan, ahead: &Ahead<'_>, bar: i64) -> DrawnBar {
        let frame = self.composer.frame(plan, &self.grid, ahead, bar);
        // Beats of the bar being played follow the present, the bar itself what it was decided with.
        let now = if bar == ahead.current { ahead.present(bar) } else { ahead.at_bar(bar) };
        let mut notes = Vec::new();
        for beat in 0..frame.bar.meter.beat_starts().len() {
            self.scratch.clear();
            self.composer.beat(plan, &frame, beat, &now, &mut self.scratch);
            notes.extend(self.scratch.iter().copied());
        }
        self.composed_count += 1;
        DrawnBar { frame, notes }
    }
}

fn mood_of(values: &Values) -> Mood {
    let mut axes = [0.0; cuewright_engine::cue::AXIS_COUNT];
    axes.iter_mut().enumerate().for_each(|(index, axis)| *axis = values.at(index));
    Mood::from_array(axes)
}
