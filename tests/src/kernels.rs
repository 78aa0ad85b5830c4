//! What the instruments' building blocks cost by themselves: the very code the instruments call, as large as the voices
//! of PERFORMANCE 0 are defined, so that they stand on equal ground with the limits and with the patches of other programs.
//! Source: the voices of PERFORMANCE 0; protocol PERFORMANCE 5. In/out: thread-CPU time per frame and voice.

use crate::voices::{RATE_HZ, best_ns, hall_ns, per_core};
use cuewright_engine::dsp::filter::{Cascade, Filter, Response};
use cuewright_engine::dsp::modal::{Modal, Mode};
use cuewright_engine::dsp::noise;
use cuewright_engine::dsp::oscillator::{Bank, phase_of, step_of};
use cuewright_engine::dsp::pluck::{Pluck, PluckedString};
use cuewright_engine::dsp::resonators::{Resonance, Resonators};
use cuewright_engine::dsp::simd;
use cuewright_engine::dsp::turns::Turns;
use cuewright_engine::instrument::breath::Breath;
use cuewright_engine::instrument::tone::Tone;
use cuewright_engine::instrument::{NoteOn, Spec, Stereo, limit};
use cuewright_engine::stem::HALL_LANES;
use cuewright_engine::units::QUANTUM;
use serde_json::{Map, Value, json};
use std::array::from_fn;
use std::hint::black_box;

const RATE: f32 = RATE_HZ as f32;

/// Voices that a pool renders side by side.
const ABREAST: usize = 8;

/// Groups of them: 64 voices, as many as the peers play.
const GROUPS: usize = 8;

/// Eight voices of a kernel, each with a block of its own.
trait Group {
    /// The next block, into silence; `course` goes up and down between 0 and 1, and what an instrument aims anew for every
    /// block is aimed by it.
    fn sound(&mut self, course: f32, outs: &mut [Stereo; ABREAST]);
}

/// One row of the table.
struct Kernel {
    id: &'static str,
    /// What a voice holds.
    holds: &'static str,
    /// What its arithmetic alone takes, ns per frame (PERFORMANCE 0).
    limit_ns: f32,
    /// Its voices in the mixed piece of 128.
    mixed: usize,
    build: fn(usize) -> Box<dyn Group>,
}

const KERNELS: [Kernel; 8] = [
    Kernel {
        id: "string",
        holds: "7 saws, low-pass, level, seats",
        limit_ns: 7.0 * limit::SAW + limit::FILTER,
        mixed: 32,
        build: |first| Box::new(Strings(from_fn(|i| (bank(first + i, 7, 0.005), Filter::default())))),
    },
    Kernel {
        id: "choir",
        holds: "saw, 5 formants, level",
        limit_ns: limit::SAW + limit::RESONANCES,
        mixed: 16,
        build: |first| Box::new(Choir(from_fn(|i| (bank(first + i, 1, 0.0), throat())))),
    },
    Kernel {
        id: "modal",
        holds: "24 modes that ring, each with a seat",
        limit_ns: 24.0 * limit::MODE,
        mixed: 24,
        build: |first| Box::new(Ringing(from_fn(|i| modes(first + i)))),
    },
    Kernel {
        id: "modal_driven",
        holds: "24 modes that are pushed, each with a seat",
        limit_ns: 24.0 * limit::DRIVEN_MODE,
        mixed: 0,
        build: |first| Box::new(Pushed(from_fn(|i| modes(first + i)), drives())),
    },
    Kernel {
        id: "pluck",
        holds: "plucked string, seat",
        limit_ns: limit::PLUCK,
        mixed: 16,
        build: |first| Box::new(Plucked(from_fn(|i| string(first + i)))),
    },
    Kernel {
        id: "drone",
        holds: "16 sines, level, seats",
        limit_ns: 16.0 * limit::SINE,
        mixed: 16,
        build: |first| Box::new(Drone(from_fn(|i| (bank(first + i, 16, 1.0), Turns::default())))),
    },
    Kernel {
        id: "pad",
        holds: "3 saws, low-pass of four poles, level, seats",
        limit_ns: 3.0 * limit::SAW + 2.0 * limit::FILTER,
        mixed: 16,
        build: |first| Box::new(Pads(from_fn(|i| (bank(first + i, 3, 0.007), Cascade::default())))),
    },
    Kernel {
        id: "noise",
        holds: "noise, band-pass, level",
        limit_ns: limit::NOISE,
        mixed: 8,
        build: |first| Box::new(Noise(from_fn(|i| Breath::new(&tone(first + i), 0)))),
    },
];

/// The table's row of the hall.
const HALL: &str = "hall";

/// What it holds.
const HALL_HOLDS: &str = "one stem of eight: 12 reflections, 4 diffusers, 8 lines";

/// Pitch of a voice, Hz: the peers'.
fn pitch_hz(voice: usize) -> f32 {
    60.0 + 5.0 * voice as f32
}

fn tone(voice: usize) -> Tone {
    Tone::new(&NoteOn { place: voice as u64 * 7_919, ..NoteOn::REST }, &Spec { sample_rate_hz: RATE_HZ })
}

/// Oscillators a part `spread` of the pitch apart, from left to right.
fn bank(voice: usize, count: usize, spread: f32) -> Bank {
    let mut bank = Bank::default();
    bank.count = count;
    for i in 0..count {
        let seat = (i as f32 + 0.5) / count as f32;
        bank.phase[i] = phase_of(0.37 * (voice + i) as f64 % 1.0);
        bank.step[i] = step_of(pitch_hz(voice) * (1.0 + spread * i as f32), RATE);
        (bank.left[i], bank.right[i]) = (0.1 * (1.0 - seat).sqrt(), 0.1 * seat.sqrt());
    }
    bank.snap();
    bank
}

/// Five formants, an alto's "ah"; they stand, as a choir's do while its mood does.
fn throat() -> Resonators {
    let formants = [(800.0, 80.0), (1_150.0, 90.0), (2_900.0, 120.0), (3_900.0, 130.0), (4_950.0, 140.0)];
    let mut throat = Resonators::default();
    throat.set(&formants.map(|(hz, width_hz)| Resonance { hz, width_hz, gain: 0.2 }), RATE);
    throat
}

/// 24 modes which no round outlasts.
fn modes(voice: usize) -> Modal<4> {
    let modes: [Mode; 24] = from_fn(|i| Mode {
        hz: pitch_hz(voice) * 0.97 * (i + 1) as f32,
        gain: 0.01,
        decay_s: 60.0,
        pan: i as f32 / 12.0 - 1.0,
    });
    let mut modal = Modal::default();
    modal.tune(&modes, RATE);
    (0..3).for_each(|group| modal.strike(group, 1.0));
    modal
}

fn drives() -> [[f32; QUANTUM]; ABREAST] {
    from_fn(|voice| from_fn(|t| 0.01 * noise::white_at(voice as u32, t as u32)))
}

fn string(voice: usize) -> PluckedString {
    let mut string = PluckedString::new(30.0, RATE);
    string.pluck(&Pluck {
        f0_hz: pitch_hz(voice),
        decay_s: 60.0,
        high_decay_s: 20.0,
        position: 0.25,
        finger_hz: 2_000.0,
        roughness: 0.1,
        level: 0.1,
        key: voice as u32,
    });
    string
}

struct Strings([(Bank, Filter); ABREAST]);

impl Group for Strings {
    fn sound(&mut self, course: f32, outs: &mut [Stereo; ABREAST]) {
        for ((bank, filter), out) in self.0.iter_mut().zip(outs.iter_mut()) {
            bank.gain = 0.5 + 0.5 * course;
            bank.saws_add(out);
            filter.set(Response::Low, 2_300.0 * (1.0 + course), 0.7, RATE);
        }
        Filter::process_each(self.0.iter_mut().map(|(_, filter)| filter).zip(outs));
    }
}

struct Choir([(Bank, Resonators); ABREAST]);

impl Group for Choir {
    fn sound(&mut self, course: f32, outs: &mut [Stereo; ABREAST]) {
        for ((bank, _), out) in self.0.iter_mut().zip(outs.iter_mut()) {
            bank.gain = 0.5 + 0.5 * course;
            bank.saws_add(out);
        }
        Resonators::process_each(0.0, self.0.iter_mut().map(|(_, throat)| throat).zip(outs));
    }
}

struct Ringing([Modal<4>; ABREAST]);

impl Group for Ringing {
    fn sound(&mut self, _course: f32, outs: &mut [Stereo; ABREAST]) {
        for (modal, out) in self.0.iter_mut().zip(outs) {
            modal.render_add(out);
        }
    }
}

struct Pushed([Modal<4>; ABREAST], [[f32; QUANTUM]; ABREAST]);

impl Group for Pushed {
    fn sound(&mut self, _course: f32, outs: &mut [Stereo; ABREAST]) {
        Modal::render_driven_each(&mut self.0.each_mut(), &self.1, outs);
    }
}

struct Plucked([PluckedString; ABREAST]);

impl Group for Plucked {
    fn sound(&mut self, _course: f32, outs: &mut [Stereo; ABREAST]) {
        for (string, out) in self.0.iter_mut().zip(outs) {
            string.render_add([0.6, 0.8], out);
        }
    }
}

struct Drone([(Bank, Turns); ABREAST]);

impl Group for Drone {
    fn sound(&mut self, course: f32, outs: &mut [Stereo; ABREAST]) {
        for ((bank, turns), out) in self.0.iter_mut().zip(outs) {
            bank.gain = 0.5 + 0.5 * course;
            bank.turned_sines_add(turns, out);
        }
    }
}

struct Pads([(Bank, Cascade); ABREAST]);

impl Group for Pads {
    fn sound(&mut self, course: f32, outs: &mut [Stereo; ABREAST]) {
        for ((bank, filter), out) in self.0.iter_mut().zip(outs.iter_mut()) {
            bank.gain = 0.5 + 0.5 * course;
            bank.saws_add(out);
            filter.set_low(900.0 * (1.0 + course), [0.54, 1.1], RATE);
        }
        Cascade::process_each(self.0.iter_mut().map(|(_, filter)| filter).zip(outs));
    }
}

struct Noise([Breath; ABREAST]);

impl Group for Noise {
    fn sound(&mut self, course: f32, outs: &mut [Stereo; ABREAST]) {
        for breath in &mut self.0 {
            breath.around(1_000.0 * (1.0 + course), 4.0);
        }
        Breath::render_each(self.0.iter_mut().map(|breath| (breath, 0.5 + 0.5 * course)), outs);
    }
}

/// Groups that sound into one sum.
struct Room {
    groups: Vec<Box<dyn Group>>,
    quanta: usize,
}

impl Room {
    fn new(kernel: &Kernel) -> Room {
        Room { groups: (0..GROUPS).map(|group| (kernel.build)(group * ABREAST)).collect(), quanta: 0 }
    }

    fn quantum(&mut self) -> Stereo {
        // Up and down within .17 s: slow for a vibrato, fast for a filter.
        let course = (self.quanta % 256) as f32 / 128.0 - 1.0;
        self.quanta += 1;
        let mut sum = Stereo::SILENCE;
        for group in &mut self.groups {
            let mut outs = [Stereo::SILENCE; ABREAST];
            group.sound(course.abs(), &mut outs);
            sum.add_all(&outs);
        }
        sum
    }
}

/// ns per frame and voice.
fn cost_ns(kernel: &Kernel, rounds: usize) -> f64 {
    let quantum = |room: &mut Room| {
        black_box(&room.quantum());
    };
    best_ns(rounds, Room::new(kernel), |_| (), quantum) / (GROUPS * ABREAST) as f64
}

/// A measurement with the instructions the limits are counted in.
fn at_avx2(measure: impl Fn() -> f64) -> f64 {
    simd::force(simd::Choice::Avx2);
    let measured = measure();
    simd::force(simd::Choice::Best);
    measured
}

/// Every row: what it holds, its cost, voices per core, its cost at AVX2, and the part of that which its arithmetic alone
/// would take. The hall's is one of its lanes: each takes one stem and gives two channels, as another program's reverb
/// does; it has vectors of eight lanes at any level.
pub fn table(rounds: usize) -> Value {
    let row = |holds: &str, limit_ns: f32, [cost_ns, avx2_ns]: [f64; 2]| {
        json!({
            "holds": holds,
            "cost_ns": cost_ns,
            "per_core": per_core(cost_ns),
            "avx2_ns": avx2_ns,
            "of_limit": f64::from(limit_ns) / avx2_ns,
        })
    };
    let mut table = Map::new();
    for kernel in &KERNELS {
        let costs = [cost_ns(kernel, rounds), at_avx2(|| cost_ns(kernel, rounds))];
        table.insert(kernel.id.to_owned(), row(kernel.holds, kernel.limit_ns, costs));
    }
    let lane_ns = hall_ns(rounds) / HALL_LANES as f64;
    table.insert(HALL.to_owned(), row(HALL_HOLDS, limit::HALL, [lane_ns; 2]));
    Value::Object(table)
}

/// ns per frame of the mixed piece of 128 made of kernels, and of the whole hall: a sum, where that of instruments is
/// measured.
pub fn mixed_ns(rounds: usize) -> f64 {
    let voices: f64 = KERNELS.iter().map(|kernel| kernel.mixed as f64 * cost_ns(kernel, rounds)).sum();
    voices + hall_ns(rounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_sounds_on_and_the_mixed_piece_has_its_128() {
        for kernel in &KERNELS {
            let mut room = Room::new(kernel);
            let last = (0..3_000).map(|_| room.quantum()).last().expect("quanta");
            let peak = last.peak();
            assert!((1e-4..100.0).contains(&peak), "{} at {peak}", kernel.id);
            assert!(kernel.limit_ns > 0.05, "{}", kernel.id);
        }
        assert_eq!(KERNELS.iter().map(|kernel| kernel.mixed).sum::<usize>(), 128);
    }
}
