//! Parameter values as threads share them: atomics, a mark per parameter that changed, and the editor's gestures.
//! Source: own; the rows are the engine's table. In/out: plain values; table indices, hosts' numbers, 0..1 for VST3.

use atomic_float::AtomicF32;
use cuewright_engine::params::{PARAM_COUNT, PARAMS, ParamRow, Values};
use std::sync::atomic::{AtomicU64, Ordering};

// One bit per parameter in the marks below.
const _: () = assert!(PARAM_COUNT <= 64);

/// Values every thread may read and write, and what happened to them. Wait-free.
#[derive(Debug)]
pub struct ParamStore {
    values: [AtomicF32; PARAM_COUNT],
    /// Set off the audio thread, not yet told to the engine.
    for_engine: AtomicU64,
    /// Moved by the editor, not yet told to the host.
    for_host: AtomicU64,
    /// Held by the editor now.
    held: AtomicU64,
    /// A gesture the host knows to be open.
    open: AtomicU64,
}

/// What the host must be told of the editor's hand, in this order per parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gesture {
    /// A parameter (table index) was grasped.
    Begin(usize),
    /// It was moved to a plain value.
    Value(usize, f32),
    /// It was let go.
    End(usize),
}

impl Default for ParamStore {
    fn default() -> Self {
        let values = Values::default();
        ParamStore {
            values: std::array::from_fn(|index| AtomicF32::new(values.at(index))),
            for_engine: AtomicU64::new(0),
            for_host: AtomicU64::new(0),
            held: AtomicU64::new(0),
            open: AtomicU64::new(0),
        }
    }
}

impl ParamStore {
    /// The value the host sees, without modulation; 0 beyond the table.
    pub fn get(&self, index: usize) -> f32 {
        self.values.get(index).map_or(0.0, |value| value.load(Ordering::Relaxed))
    }

    /// All values.
    pub fn snapshot(&self) -> Values {
        let mut values = Values::default();
        for index in 0..PARAM_COUNT {
            values.set(index, f64::from(self.get(index)));
        }
        values
    }

    /// Keeps a value the engine learns by another way (an event). Returns it made legal; not-a-number changes nothing.
    pub fn keep(&self, index: usize, value: f64) -> Option<f32> {
        let row = PARAMS.get(index).filter(|_| !value.is_nan())?;
        let value = row.sanitize(value);
        self.values[index].store(value, Ordering::Relaxed);
        Some(value)
    }

    /// Sets a value from any thread: the engine learns it at the start of its next block.
    pub fn set(&self, index: usize, value: f64) -> Option<f32> {
        let value = self.keep(index, value)?;
        self.for_engine.fetch_or(1 << index, Ordering::Release);
        Some(value)
    }

    /// Sets all values from any thread.
    pub fn set_all(&self, values: &Values) {
        for (index, &value) in values.as_slice().iter().enumerate() {
            self.set(index, f64::from(value));
        }
    }

    /// Takes the changes the engine has not heard of, for the audio thread.
    pub fn take_for_engine(&self, mut tell: impl FnMut(usize, f32)) {
        let mut marks = self.for_engine.swap(0, Ordering::Acquire);
        while marks != 0 {
            let index = marks.trailing_zeros() as usize;
            marks &= marks - 1;
            tell(index, self.get(index));
        }
    }

    /// The editor grasps a parameter.
    pub fn begin_gesture(&self, index: usize) {
        if index < PARAM_COUNT {
            self.held.fetch_or(1 << index, Ordering::Relaxed);
            self.for_host.fetch_or(1 << index, Ordering::Release);
        }
    }

    /// The editor moves a parameter, grasped or not.
    pub fn set_from_editor(&self, index: usize, value: f32) -> Option<f32> {
        let value = self.set(index, f64::from(value))?;
        self.for_host.fetch_or(1 << index, Ordering::Release);
        Some(value)
    }

    /// The editor lets go.
    pub fn end_gesture(&self, index: usize) {
        if index < PARAM_COUNT {
            self.held.fetch_and(!(1 << index), Ordering::Relaxed);
            self.for_host.fetch_or(1 << index, Ordering::Release);
        }
    }

    /// True when the host has not yet been told of something the editor did.
    pub fn gestures_waiting(&self) -> bool {
        self.for_host.load(Ordering::Relaxed) != 0
    }

    /// Takes what the editor did, for the one place that tells the host (wait-free; several moves of one parameter come
    /// as the last). Every begin is followed by its end, and every value stands between the two.
    pub fn take_gestures(&self, mut tell: impl FnMut(Gesture)) {
        let mut marks = self.for_host.swap(0, Ordering::Acquire);
        while marks != 0 {
            let index = marks.trailing_zeros() as usize;
            let bit = 1u64 << index;
            marks &= marks - 1;
            if self.open.fetch_or(bit, Ordering::Relaxed) & bit == 0 {
                tell(Gesture::Begin(index));
            }
            tell(Gesture::Value(index, self.get(index)));
            if self.held.load(Ordering::Relaxed) & bit == 0 {
                self.open.fetch_and(!bit, Ordering::Relaxed);
                tell(Gesture::End(index));
            }
        }
    }
}

/// A plain value as hosts of VST3 see it, 0..1.
pub fn to_normalized(row: &ParamRow, value: f32) -> f64 {
    (f64::from(value) - f64::from(row.min)) / (f64::from(row.max) - f64::from(row.min))
}

/// The plain, legal value of a 0..1; not-a-number gives the default.
pub fn from_normalized(row: &ParamRow, normalized: f64) -> f32 {
    row.sanitize(f64::from(row.min) + normalized.clamp(0.0, 1.0) * (f64::from(row.max) - f64::from(row.min)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gestures(store: &ParamStore) -> Vec<Gesture> {
        let mut told = Vec::new();
        store.take_gestures(|gesture| told.push(gesture));
        told
    }

    #[test]
    fn gestures_are_balanced_whenever_they_are_taken() {
        let store = ParamStore::default();
        store.begin_gesture(0);
        store.set_from_editor(0, 0.25);
        store.set_from_editor(0, 0.5);
        assert_eq!(gestures(&store), [Gesture::Begin(0), Gesture::Value(0, 0.5)]);
        store.set_from_editor(0, 0.75);
        assert_eq!(gestures(&store), [Gesture::Value(0, 0.75)]);
        store.end_gesture(0);
        assert_eq!(gestures(&store), [Gesture::Value(0, 0.75), Gesture::End(0)]);
        store.set_from_editor(1, 9.0);
        assert_eq!(gestures(&store), [Gesture::Begin(1), Gesture::Value(1, 1.0), Gesture::End(1)]);
        assert!(!store.gestures_waiting() && gestures(&store).is_empty());
    }

    #[test]
    fn values_are_made_legal_at_the_door() {
        let store = ParamStore::default();
        assert_eq!(store.set(0, f64::NAN), None);
        assert_eq!(store.set(0, 1e300), Some(1.0));
        assert_eq!(store.set(PARAM_COUNT, 0.0), None);
        let mut told = Vec::new();
        store.take_for_engine(|index, value| told.push((index, value)));
        assert_eq!(told, [(0, 1.0)]);
        for row in PARAMS.iter() {
            for value in [row.min, row.default, row.max] {
                assert!((from_normalized(row, to_normalized(row, value)) - value).abs() < 1e-5, "{}", row.id);
            }
            assert_eq!(from_normalized(row, f64::NAN), row.default);
        }
    }
}
