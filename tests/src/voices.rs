//! What a sounding voice of each instrument costs, beside its budget and beside what its arithmetic alone would take.
//! Source: "voices per core" and the limits of PERFORMANCE 0; protocol PERFORMANCE 5. In/out: thread-CPU time per frame.

use crate::clock::thread_s;
use cuewright_engine::instrument::{INSTRUMENTS, InstrumentRow, NoteOn, Spec, Stereo, Timbre};
use cuewright_engine::units::QUANTUM;
use serde_json::{Map, Value, json};
use std::hint::black_box;

const RATE_HZ: f64 = 48_000.0;

/// Notes that sound at once: a full chord.
const CHORD: usize = 8;

/// Length of a round, s: as much of a note as a piece lets sound; struck instruments still ring.
const ROUND_S: f64 = 0.4;

/// ns per frame and voice of a chord from its attack on: the best of `rounds`, which nobody interrupted.
pub fn cost_ns(row: &InstrumentRow, rounds: usize) -> f64 {
    let mut instrument = (row.build)(&Spec { sample_rate_hz: RATE_HZ });
    let (low, high) = (f32::from(row.pitch_range.0), f32::from(row.pitch_range.1));
    let count = CHORD.min(row.voices);
    let quanta = (ROUND_S * RATE_HZ) as usize / QUANTUM;
    let mut best = f64::MAX;
    for _ in 0..rounds.max(1) {
        instrument.reset();
        for id in 0..count {
            instrument.note_on(&NoteOn {
                id: id as u32,
                pitch: low + (high - low) * (id as f32 + 0.5) / count as f32,
                velocity: 0.7,
                length_s: 10.0,
                place: id as u64 * 7_919,
                offset: id * 5 % QUANTUM,
                ..NoteOn::REST
            });
        }
        let start = thread_s();
        for _ in 0..quanta {
            let mut out = Stereo::SILENCE;
            instrument.control(&Timbre::default());
            instrument.render_add(&mut out);
            black_box(&out);
        }
        best = best.min((thread_s() - start) * 1e9 / (quanta * QUANTUM * count) as f64);
    }
    best
}

/// Voices one core could sound at 48 kHz.
pub fn per_core(cost_ns: f64) -> f64 {
    1e9 / RATE_HZ / cost_ns
}

/// Every row of the table: cost, voices per core, and cost against the limit of its arithmetic and against its budget.
pub fn table(rounds: usize) -> Value {
    let mut table = Map::new();
    for row in INSTRUMENTS {
        let cost_ns = cost_ns(row, rounds);
        let figures = json!({
            "cost_ns": cost_ns,
            "per_core": per_core(cost_ns),
            "to_limit": cost_ns / f64::from(row.limit_ns),
            "to_budget": cost_ns / f64::from(row.budget_ns),
        });
        table.insert(row.id.to_owned(), figures);
    }
    Value::Object(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cuewright_engine::instrument::find;

    #[test]
    fn a_voice_costs_something_and_fits_a_core() {
        let row = &INSTRUMENTS[find("sub").expect("a row")];
        let cost = cost_ns(row, 3);
        assert!(cost > 0.1 && per_core(cost) > 20.0, "{cost} ns");
    }
}
