//! Undo and redo of everything the editor does: parameter gestures and edits of the cue, in one line of time.
//! Source: own. In/out: steps that know both ends; bounded.

use super::model::{Gesture, Model};
use cuewright_engine::cue::Cue;
use std::sync::Arc;

/// Steps remembered; older ones are forgotten. Taste: more than an evening's undoing.
const MAX_STEPS: usize = 200;

/// Strokes on the same parameters closer together than this are one step. Taste: a little above a double click.
const SAME_STROKE_S: f64 = 0.5;

/// One thing a person did.
#[derive(Clone, Debug)]
enum Step {
    /// Parameters moved: table index, from, to.
    Values(Vec<(usize, f32, f32)>),
    /// The document changed: before, after.
    Cue(Arc<Cue>, Arc<Cue>),
}

/// What was done and what was undone.
#[derive(Debug, Default)]
pub struct History {
    done: Vec<Step>,
    undone: Vec<Step>,
    last_stroke_s: f64,
}

impl History {
    /// True when there is something to undo.
    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    /// True when there is something to redo.
    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// Remembers a finished gesture (`now_s` on any steady clock); moves that went nowhere are left out. Strokes on the
    /// same parameters in quick succession (arrow keys, the click before a double click) become one step.
    pub fn record_values(&mut self, now_s: f64, moves: Vec<(usize, f32, f32)>) {
        let quick = now_s - self.last_stroke_s < SAME_STROKE_S;
        self.last_stroke_s = now_s;
        if let Some(Step::Values(last)) = self.done.last_mut().filter(|_| quick)
            && last.len() == moves.len()
            && last.iter().zip(&moves).all(|(a, b)| a.0 == b.0)
        {
            last.iter_mut().zip(&moves).for_each(|(step, stroke)| step.2 = stroke.2);
            self.undone.clear();
            return;
        }
        if moves.iter().any(|&(_, before, after)| before != after) {
            self.push(Step::Values(moves));
        }
    }

    /// Changes the cue and remembers how to take it back.
    pub fn edit_cue(&mut self, model: &mut dyn Model, edit: impl FnOnce(&mut Cue)) -> Result<(), String> {
        let before = model.cue();
        let mut after = (*before).clone();
        edit(&mut after);
        if after == *before {
            return Ok(());
        }
        model.set_cue(after)?;
        self.push(Step::Cue(before, model.cue()));
        Ok(())
    }

    /// Takes the last step back.
    pub fn undo(&mut self, model: &mut dyn Model) -> Result<(), String> {
        let Some(mut step) = self.done.pop() else { return Ok(()) };
        match &mut step {
            Step::Values(moves) => {
                move_values(model, moves.iter().map(|&(index, before, _)| (index, before)))
            }
            Step::Cue(before, after) => *before = self.swap_cue(model, after, before)?,
        }
        self.undone.push(step);
        Ok(())
    }

    /// Does the last step that was taken back again.
    pub fn redo(&mut self, model: &mut dyn Model) -> Result<(), String> {
        let Some(mut step) = self.undone.pop() else { return Ok(()) };
        match &mut step {
            Step::Values(moves) => move_values(model, moves.iter().map(|&(index, _, after)| (index, after))),
            Step::Cue(before, after) => *after = self.swap_cue(model, before, after)?,
        }
        self.done.push(step);
        Ok(())
    }

    /// Puts `to` where `from` is and returns what then stands there. Where another document was loaded meanwhile, the
    /// steps of the one before mean nothing any more: they go.
    fn swap_cue(&mut self, model: &mut dyn Model, from: &Cue, to: &Cue) -> Result<Arc<Cue>, String> {
        if *model.cue() != *from {
            self.done.retain(|step| matches!(step, Step::Values(_)));
            self.undone.retain(|step| matches!(step, Step::Values(_)));
            return Err("another cue was loaded since: its edits cannot be taken back here".into());
        }
        model.set_cue(to.clone())?;
        Ok(model.cue())
    }

    fn push(&mut self, step: Step) {
        self.undone.clear();
        self.done.push(step);
        if self.done.len() > MAX_STEPS {
            self.done.remove(0);
        }
    }
}

/// Whole gestures, one per parameter.
fn move_values(model: &mut dyn Model, targets: impl Iterator<Item = (usize, f32)>) {
    for (index, value) in targets {
        model.gesture(Gesture::Begin(index));
        model.gesture(Gesture::Perform(index, value));
        model.gesture(Gesture::End(index));
    }
}
