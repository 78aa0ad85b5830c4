//! What a sounding voice of each instrument costs, beside its budget and beside what its arithmetic alone would take;
//! what the hall costs; and a mixed piece of 128 voices in it (workload 2 of PERFORMANCE 5, with the voices we have).
//! Source: "voices per core" and the limits of PERFORMANCE 0; protocol PERFORMANCE 5. In/out: thread-CPU time per frame.

use crate::clock::{Distribution, thread_s};
use cuewright_engine::fx::hall::Hall;
use cuewright_engine::instrument::{
    INSTRUMENTS, Instrument, InstrumentRow, NoteOn, Spec, Stereo, Timbre, find,
};
use cuewright_engine::stem::HALL_LANES;
use cuewright_engine::units::QUANTUM;
use serde_json::{Map, Value, json};
use std::hint::black_box;

pub(crate) const RATE_HZ: f64 = 48_000.0;

/// Notes that sound at once: a full chord.
const CHORD: usize = 8;

/// Length of a round, s: as much of a note as a piece lets sound; struck instruments still ring.
const ROUND_S: f64 = 0.4;

/// A chord over the range of an instrument.
fn strike(instrument: &mut dyn Instrument, row: &InstrumentRow, count: usize) {
    let (low, high) = (f32::from(row.pitch_range.0), f32::from(row.pitch_range.1));
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
}

/// ns per frame of a round of quanta on `state`: the best of `rounds`, which nobody interrupted.
pub(crate) fn best_ns<T>(
    rounds: usize,
    mut state: T,
    prepare: impl Fn(&mut T),
    quantum: impl Fn(&mut T),
) -> f64 {
    let quanta = (ROUND_S * RATE_HZ) as usize / QUANTUM;
    let mut round = || {
        prepare(&mut state);
        let start = thread_s();
        (0..quanta).for_each(|_| quantum(&mut state));
        (thread_s() - start) * 1e9 / (quanta * QUANTUM) as f64
    };
    (0..rounds.max(1)).map(|_| round()).fold(f64::MAX, f64::min)
}

/// ns per frame and voice of a chord from its attack on.
pub fn cost_ns(row: &InstrumentRow, rounds: usize) -> f64 {
    let count = CHORD.min(row.voices);
    let quantum = |instrument: &mut Box<dyn Instrument>| {
        let mut out = Stereo::SILENCE;
        instrument.control(&Timbre::default());
        instrument.render_add(&mut out);
        black_box(&out);
    };
    let instrument = (row.build)(&Spec { sample_rate_hz: RATE_HZ });
    best_ns(rounds, instrument, |instrument| strike(&mut **instrument, row, count), quantum) / count as f64
}

/// What the stems send to the hall, by frame.
type Sends = [[f32; HALL_LANES]; QUANTUM];

/// A hall and how long it has sounded, s.
struct Room {
    hall: Hall,
    position_s: f64,
}

impl Room {
    fn new() -> Room {
        Room { hall: Hall::new(&Spec { sample_rate_hz: RATE_HZ }), position_s: 0.0 }
    }

    fn quantum(&mut self, sends: &Sends, wet: &mut [Stereo; HALL_LANES]) {
        self.position_s += QUANTUM as f64 / RATE_HZ;
        self.hall.control(0.0, 0.0, self.position_s);
        self.hall.process(sends, wet);
        black_box(wet);
    }
}

/// ns per frame of the hall with all its lanes sounding.
pub fn hall_ns(rounds: usize) -> f64 {
    let sends: Sends = std::array::from_fn(|frame| {
        std::array::from_fn(|lane| if (frame * HALL_LANES + lane).is_multiple_of(7) { 0.1 } else { -0.02 })
    });
    let quantum = |room: &mut Room| room.quantum(&sends, &mut [Stereo::SILENCE; HALL_LANES]);
    best_ns(rounds, Room::new(), |_| (), quantum)
}

/// The mixed piece: how many voices of what. Sixteen sines stand where its recipe has frequency modulation, of which no
/// instrument of ours makes use.
pub const MIXED: [(&str, usize); 7] = [
    ("str_sus", 32),
    ("piano_felt", 24),
    ("harp", 16),
    ("organ", 16),
    ("choir", 16),
    ("pad_warm", 16),
    ("whoosh", 8),
];

/// A pool of the mixed piece: the lane it sounds in and its voices.
struct Desk {
    lane: usize,
    row: &'static InstrumentRow,
    count: usize,
    pool: Box<dyn Instrument>,
}

/// The mixed piece: every instrument in a lane of the hall, in as many pools as its voices need.
struct Mixed {
    desks: Vec<Desk>,
    room: Room,
}

impl Mixed {
    fn new() -> Mixed {
        let spec = Spec { sample_rate_hz: RATE_HZ };
        let mut desks = Vec::new();
        for (lane, (id, mut left)) in MIXED.into_iter().enumerate() {
            let row = &INSTRUMENTS[find(id).expect("an instrument of the table")];
            while left > 0 {
                let count = left.min(row.voices);
                desks.push(Desk { lane, row, count, pool: (row.build)(&spec) });
                left -= count;
            }
        }
        Mixed { desks, room: Room::new() }
    }

    fn strike(&mut self) {
        for desk in &mut self.desks {
            strike(&mut *desk.pool, desk.row, desk.count);
        }
    }

    fn quantum(&mut self) {
        let mut stems = [Stereo::SILENCE; HALL_LANES];
        for desk in &mut self.desks {
            desk.pool.control(&Timbre::default());
            desk.pool.render_add(&mut stems[desk.lane]);
        }
        let sends: Sends = std::array::from_fn(|frame| {
            std::array::from_fn(|lane| {
                0.3 * (stems[lane].channels[0][frame] + stems[lane].channels[1][frame])
            })
        });
        self.room.quantum(&sends, &mut stems);
    }
}

/// ns per frame of the mixed piece.
pub fn mixed_ns(rounds: usize) -> f64 {
    best_ns(rounds, Mixed::new(), Mixed::strike, Mixed::quantum)
}

/// How even blocks of 64 frames of the mixed piece are (T13): the slowest of ten thousand against the median one, over the
/// same ratio of a load that is always the same, measured in turn. By then what was struck has died away.
pub fn flatness(blocks: usize) -> f64 {
    let mut mixed = Mixed::new();
    mixed.strike();
    let settle = (4.0 * RATE_HZ) as usize / QUANTUM;
    (0..settle).for_each(|_| mixed.quantum());
    let times = |work: &mut dyn FnMut()| {
        let start = thread_s();
        work();
        thread_s() - start
    };
    let mut two = || (0..64 / QUANTUM).for_each(|_| mixed.quantum());
    let typical = Distribution::new((0..99).map(|_| times(&mut two)).collect()).at(0.5);
    let even = |turns: usize| {
        let mut x = black_box(1.0f32);
        (0..turns).for_each(|_| x = x * 0.999_9 + 0.5);
        black_box(x);
    };
    let turns = (typical / times(&mut || even(1_000_000)) * 1e6) as usize;
    let (ours, load): (Vec<f64>, Vec<f64>) =
        (0..blocks).map(|_| (times(&mut two), times(&mut || even(turns)))).unzip();
    let spread = |times: Vec<f64>| {
        let times = Distribution::new(times);
        times.at(0.9999) / times.at(0.5)
    };
    spread(ours) / spread(load)
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

    #[test]
    fn a_voice_costs_something_and_fits_a_core() {
        let row = &INSTRUMENTS[find("sub").expect("a row")];
        let cost = cost_ns(row, 3);
        assert!(cost > 0.1 && per_core(cost) > 20.0, "{cost} ns");
    }

    #[test]
    fn the_mixed_piece_has_its_128_voices_and_costs_more_than_its_hall() {
        assert_eq!(MIXED.iter().map(|(_, voices)| voices).sum::<usize>(), 128);
        assert!(mixed_ns(1) > hall_ns(1));
        let flatness = flatness(200);
        assert!(flatness.is_finite() && flatness > 0.0, "{flatness}");
    }
}
