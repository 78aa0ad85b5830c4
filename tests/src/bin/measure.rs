//! Measures the engine and the built plugin, and prints one JSON object; `cargo xtask bench` sets it beside the targets.
//! Source: the protocol of PERFORMANCE 5. In/out: `measure [--quick] [--only PART] [--plugin FILE]`; times are thread-CPU times.

use cuewright_engine::compose::{Climates, Composer, LaneClimates, Notes};
use cuewright_engine::cue::{Cue, LanePoint, Mood, Palette};
use cuewright_engine::dsp::simd;
use cuewright_engine::engine::{Engine, EngineHandle, Event, Output, Quantum};
use cuewright_engine::instrument::Spec;
use cuewright_engine::params::{PARAMS, Param};
use cuewright_engine::plan::Plan;
use cuewright_engine::stem::STEMS;
use cuewright_tests::clock::{Distribution, thread_s};
use cuewright_tests::rig::{playing, stopped};
use cuewright_tests::{cues, kernels, plugin_cost, voices};
use serde_json::{Map, Value, json};
use std::ops::Range;
use std::path::PathBuf;

const RATE_HZ: f64 = 48_000.0;

/// Keeps nothing but proof that there was sound.
#[derive(Default)]
struct Ear {
    sum: f32,
}

impl Output for Ear {
    fn write(&mut self, _at: usize, quantum: &Quantum, range: Range<usize>) {
        self.sum += quantum.mix.channels[0][range.start].abs();
    }
}

struct Run {
    engine: Engine,
    handle: EngineHandle,
    ear: Ear,
    beat: f64,
}

impl Run {
    fn new(cue: &Cue, palette: &Palette) -> Run {
        let plan = Plan::new(cue, palette).expect("the cue can be compiled");
        let (engine, handle) = Engine::new(Spec { sample_rate_hz: RATE_HZ }, plan);
        Run { engine, handle, ear: Ear::default(), beat: 0.0 }
    }

    /// One host block; gives the thread time it took.
    fn block(&mut self, frames: usize, tempo_bpm: f64) -> f64 {
        let transport = playing(tempo_bpm, self.beat);
        let start = thread_s();
        self.engine.clear_midi();
        self.engine.process(frames, &transport, &mut self.ear);
        let taken = thread_s() - start;
        self.beat += frames as f64 / RATE_HZ * tempo_bpm / 60.0;
        taken
    }

    /// Plays on; gives the thread time per second of sound.
    fn play(&mut self, seconds: f64, block: usize, tempo_bpm: f64) -> f64 {
        let blocks = (seconds * RATE_HZ / block as f64) as usize;
        let start = thread_s();
        for n in 0..blocks {
            let transport = playing(tempo_bpm, self.beat);
            self.engine.process(block, &transport, &mut self.ear);
            self.engine.clear_midi();
            self.beat += block as f64 / RATE_HZ * tempo_bpm / 60.0;
            if n % 64 == 0 {
                while self.handle.next_score_event().is_some() {}
                self.handle.collect();
            }
        }
        (thread_s() - start) / seconds
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let plugin =
        arguments.iter().position(|argument| argument == "--plugin").and_then(|at| arguments.get(at + 1));
    let only =
        arguments.iter().position(|argument| argument == "--only").and_then(|at| arguments.get(at + 1));
    let wanted = |part: &str| only.is_none_or(|only| only == part);
    let mut report = Map::new();
    let seconds = if quick { 30.0 } else { 180.0 };
    if wanted("throughput") {
        throughput(seconds, &mut report);
    }
    if wanted("stems") {
        stems(seconds.min(60.0), &mut report);
    }
    if wanted("blocks") {
        blocks(if quick { 60.0 } else { 300.0 }, &mut report);
    }
    if wanted("sizes") {
        block_sizes(seconds.min(30.0), &mut report);
    }
    if wanted("levels") {
        levels(seconds.min(30.0), &mut report);
    }
    if wanted("idle") {
        idle(&mut report);
    }
    if wanted("voices") {
        let rounds = if quick { 5 } else { 20 };
        report.insert("voices".into(), voices::table(rounds));
        report.insert("hall_ns".into(), json!(voices::hall_ns(rounds)));
        report.insert("flatness".into(), json!(voices::flatness(if quick { 20_000 } else { 100_000 })));
        report.insert("mixed_128_times_real_time".into(), json!(voices::per_core(voices::mixed_ns(rounds))));
    }
    if wanted("kernels") {
        let rounds = if quick { 5 } else { 20 };
        report.insert("kernels".into(), kernels::table(rounds));
        report.insert("kernels_128_ns".into(), json!(kernels::mixed_ns(rounds)));
    }
    if wanted("composer") {
        composer(&mut report);
    }
    if let Some(plugin) = plugin {
        plugin_cost::measure(&PathBuf::from(plugin), &mut report);
    }
    println!("{}", Value::Object(report));
}

/// × real time of whole cues, one core: the cue of a fresh instance, and the busiest we have.
fn throughput(seconds: f64, report: &mut Map<String, Value>) {
    for (name, cue) in [("default", Cue::default()), ("busy", cues::busy())] {
        let mut run = Run::new(&cue, cues::palette(&cue));
        let cost = run.play(seconds, 512, cue.tempo_bpm);
        report.insert(format!("{name}_times_real_time"), json!(1.0 / cost));
        assert!(run.ear.sum > 0.0, "the {name} cue is silent");
    }
}

/// What each stem costs alone above an engine without players.
fn stems(seconds: f64, report: &mut Map<String, Value>) {
    let cue = cues::busy();
    let alone = |id: &str| {
        let mut palette = cues::palette(&cue).clone();
        palette.stems.retain(|stem, _| stem == id);
        if id != "ambience" {
            palette.ambience.gain_db = -120.0;
        }
        Run::new(&cue, &palette).play(seconds, 512, cue.tempo_bpm)
    };
    let base = alone("nobody");
    report.insert("nobody_times_real_time".into(), json!(1.0 / base));
    let costs: Map<String, Value> =
        STEMS.iter().map(|row| (row.id.to_owned(), json!(1.0 / (alone(row.id) - base).max(1e-9)))).collect();
    report.insert("stems_times_real_time".into(), Value::Object(costs));
}

/// Times of 64-frame blocks while every axis moves, the tempo breathes, and a player throws in handfuls of notes.
fn blocks(seconds: f64, report: &mut Map<String, Value>) {
    const FRAMES: usize = 64;
    let cue = cues::busy();
    let mut run = Run::new(&cue, cues::palette(&cue));
    let count = (seconds * RATE_HZ) as usize / FRAMES;
    let mut times = Vec::with_capacity(count);
    for n in 0..count {
        let place = n as f64 / count as f64;
        for axis in 0..6 {
            let row = &PARAMS[Param::Valence as usize + axis];
            let turn = (place * (11.0 + axis as f64) * std::f64::consts::TAU).sin() * 0.5 + 0.5;
            let value = f64::from(row.min) + f64::from(row.max - row.min) * turn;
            run.engine.push(n % FRAMES, Event::Value { index: row.index, value });
        }
        if n % 75 == 0 {
            for key in 0..16u8 {
                run.engine.push(0, Event::NoteOn { channel: key % 8, key: 40 + key * 3, velocity: 0.8 });
            }
        } else if n % 75 == 60 {
            run.engine.push(0, Event::AllNotesOff);
        }
        let tempo_bpm = 120.0 + 50.0 * (place * 40.0).sin();
        times.push(run.block(FRAMES, tempo_bpm));
        if n % 64 == 0 {
            while run.handle.next_score_event().is_some() {}
            run.handle.collect();
        }
    }
    let deadline_s = FRAMES as f64 / RATE_HZ;
    let times = Distribution::new(times.iter().map(|time| time / deadline_s).collect());
    let shares = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999), ("max", 1.0)];
    let table: Map<String, Value> =
        shares.iter().map(|(name, share)| ((*name).to_owned(), json!(times.at(*share)))).collect();
    report.insert("blocks_of_64_per_deadline".into(), Value::Object(table));
    report.insert("repaired_samples".into(), json!(run.handle.telemetry().map_or(0, |news| news.repaired)));
}

/// What the busy cue costs with the instructions every processor of the architecture has, against AVX2: rounds in turn, the
/// median of their ratios.
fn levels(seconds: f64, report: &mut Map<String, Value>) {
    let cue = cues::busy();
    let cost = |choice| {
        simd::force(choice);
        Run::new(&cue, cues::palette(&cue)).play(seconds, 512, cue.tempo_bpm)
    };
    let ratios = (0..3).map(|_| cost(simd::Choice::Baseline) / cost(simd::Choice::Avx2)).collect();
    simd::force(simd::Choice::Best);
    report.insert("cost_of_baseline_to_avx2".into(), json!(Distribution::new(ratios).at(0.5)));
}

/// What small host blocks cost.
fn block_sizes(seconds: f64, report: &mut Map<String, Value>) {
    let cue = cues::busy();
    let cost = |block| {
        let mut run = Run::new(&cue, cues::palette(&cue));
        run.play(seconds, block, cue.tempo_bpm)
    };
    let large = cost(256);
    report.insert("cost_of_16_to_256".into(), json!(cost(16) / large));
    report.insert("cost_of_1_to_256".into(), json!(cost(1) / large));
}

/// A stopped instance after its tail, share of a core.
fn idle(report: &mut Map<String, Value>) {
    let cue = cues::busy();
    let mut run = Run::new(&cue, cues::palette(&cue));
    run.play(5.0, 512, cue.tempo_bpm);
    let rest = stopped(cue.tempo_bpm, run.beat);
    let mut frames = 0;
    while !run.engine.is_silent() && frames < 120 * RATE_HZ as usize {
        run.engine.process(512, &rest, &mut run.ear);
        frames += 512;
    }
    let blocks = (60.0 * RATE_HZ / 64.0) as usize;
    let start = thread_s();
    for _ in 0..blocks {
        run.engine.process(64, &rest, &mut run.ear);
    }
    report.insert("idle_share_of_core".into(), json!((thread_s() - start) / 60.0));
}

/// What a bar costs to compose with all its beats, s: in a run, and where a run starts at the last bar of a section, for
/// which every voicing since the section's first is worked out. Each place is composed nine times and the middle time counts:
/// the maxima are the music's, not the machine's.
fn composer(report: &mut Map<String, Value>) {
    let (mut running, mut located) = (Vec::new(), Vec::new());
    for seed in 0..24u64 {
        let plan = Plan::new(&moving(seed), cues::palette(&Cue::default())).expect("the cue can be compiled");
        for place in [31, 63] {
            located.push(middle(|| {
                let mut composer = Composer::new();
                bar_s(&mut composer, &plan, place)
            }));
        }
        let mut composer = Composer::new();
        running.extend((0..96).map(|bar| bar_s(&mut composer, &plan, bar)));
    }
    let (running, located) = (Distribution::new(running), Distribution::new(located));
    report.insert(
        "composer".into(),
        json!({
            "bar_p50_s": running.at(0.5),
            "bar_p99_s": running.at(0.99),
            "located_p50_s": located.at(0.5),
            "located_max_s": located.max(),
        }),
    );
}

fn bar_s(composer: &mut Composer, plan: &Plan, bar: i64) -> f64 {
    let climates = LaneClimates(plan);
    let mut notes = Notes::new();
    let start = thread_s();
    let frame = composer.frame(plan, &plan.grid, &climates, bar);
    for beat in 0..frame.bar.meter.beat_starts().len() {
        notes.clear();
        composer.beat(plan, &frame, beat, &climates.at_bar(bar), &mut notes);
        std::hint::black_box(&notes);
    }
    thread_s() - start
}

fn middle(mut measure: impl FnMut() -> f64) -> f64 {
    Distribution::new((0..9).map(|_| measure()).collect()).at(0.5)
}

/// A cue whose mood moves all the time, from one corner of the axes to another.
fn moving(seed: u64) -> Cue {
    let axis = |k: u64, i: u64| {
        cuewright_engine::random::value(seed, cuewright_engine::random::Domain::Noise, k as i64, i as i64)
            as f32
            * 2.0
            - 1.0
    };
    let point = |k: u64| LanePoint {
        bar: 1.0 + 8.0 * k as f64,
        valence: Some(axis(k, 0)),
        energy: Some(axis(k, 1)),
        tension: Some(axis(k, 2)),
        wonder: Some(axis(k, 3).abs()),
        scale: Some(axis(k, 4)),
        darkness: Some(axis(k, 5)),
    };
    Cue { seed, mood: Mood::default(), lane: (0..13).map(point).collect(), ..Cue::default() }
}
