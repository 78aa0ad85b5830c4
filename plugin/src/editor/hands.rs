//! The hand on a control: grasp, move, let go. Makes balanced gestures of them and hands finished ones to the history.
//! Source: own. In/out: plain values; at most one control is held at a time.

use super::history::History;
use super::model::{Gesture, Model};
use cuewright_engine::params::PARAMS;

/// How much slower a drag with Shift is.
pub const FINE: f32 = 0.1;

/// One parameter in the hand.
#[derive(Clone, Copy, Debug)]
struct Held {
    index: usize,
    before: f32,
    /// Where the hand is, between the steps of a stepped parameter.
    raw: f32,
    sent: f32,
}

/// What is being dragged now.
#[derive(Debug, Default)]
pub struct Hands {
    held: Vec<Held>,
}

impl Hands {
    /// Grasps parameters (table indices); lets go of others first.
    pub fn grasp(&mut self, model: &mut dyn Model, history: &mut History, now_s: f64, indices: &[usize]) {
        self.release(model, history, now_s);
        let values = model.values();
        for &index in indices {
            model.gesture(Gesture::Begin(index));
            let value = values.at(index);
            self.held.push(Held { index, before: value, raw: value, sent: value });
        }
    }

    /// True while this parameter is held.
    pub fn holds(&self, index: usize) -> bool {
        self.held.iter().any(|held| held.index == index)
    }

    /// Moves a held parameter by an amount, at most to its ends.
    pub fn move_by(&mut self, model: &mut dyn Model, index: usize, amount: f32) {
        if let Some(held) = self.held.iter().find(|held| held.index == index) {
            self.move_to(model, index, held.raw + amount);
        }
    }

    /// Moves a held parameter to a value, at most to its ends.
    pub fn move_to(&mut self, model: &mut dyn Model, index: usize, value: f32) {
        let Some(held) = self.held.iter_mut().find(|held| held.index == index) else { return };
        let row = &PARAMS[index];
        held.raw = value.clamp(row.min, row.max);
        let legal = row.sanitize(f64::from(held.raw));
        if legal != held.sent {
            held.sent = legal;
            model.gesture(Gesture::Perform(index, legal));
        }
    }

    /// Lets go of everything.
    pub fn release(&mut self, model: &mut dyn Model, history: &mut History, now_s: f64) {
        if self.held.is_empty() {
            return;
        }
        let moves = self.held.iter().map(|held| (held.index, held.before, held.sent)).collect();
        for held in self.held.drain(..) {
            model.gesture(Gesture::End(held.index));
        }
        history.record_values(now_s, moves);
    }

    /// A whole gesture at once: a key, a switch, a double click.
    pub fn put(
        &mut self,
        model: &mut dyn Model,
        history: &mut History,
        now_s: f64,
        targets: &[(usize, f32)],
    ) {
        let indices: Vec<usize> = targets.iter().map(|&(index, _)| index).collect();
        self.grasp(model, history, now_s, &indices);
        for &(index, value) in targets {
            self.move_to(model, index, value);
        }
        self.release(model, history, now_s);
    }
}
