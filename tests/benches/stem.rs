//! Each stem alone: a second of the busy cue with the players of one stem and nobody else.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use cuewright_engine::engine::{Engine, Event};
use cuewright_engine::instrument::Spec;
use cuewright_engine::params::Param;
use cuewright_engine::plan::Plan;
use cuewright_engine::stem::STEMS;
use cuewright_tests::cues;
use cuewright_tests::rig::{Blocks, Script, play};
use std::hint::black_box;

const RATE_HZ: f64 = 48_000.0;

/// The ambience with its field beside the stereo, and for headphones.
const FIELD: &str = "ambience_field";
const EARS: &str = "ambience_ears";

fn stems(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("stem");
    group.throughput(Throughput::Elements(48_000)).sample_size(20);
    let cue = cues::busy();
    for id in STEMS.iter().map(|row| row.id).chain([FIELD, EARS, "nobody"]) {
        let mut palette = cues::palette(&cue).clone();
        palette.stems.retain(|stem, _| stem == id);
        if !id.starts_with("ambience") {
            palette.ambience.gain_db = -120.0;
        }
        let plan = Plan::new(&cue, &palette).expect("the cue can be compiled");
        let (mut engine, mut handle) = Engine::new(Spec { sample_rate_hz: RATE_HZ }, plan);
        engine.set_ambience_field(id == FIELD);
        if id == EARS {
            engine.push(0, Event::Value { index: Param::Binaural as usize, value: 1.0 });
        }
        let script = Script::steady(RATE_HZ, cue.tempo_bpm, 64.0);
        let mut at = 0;
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                at += 48_000;
                black_box(
                    play(&mut engine, &mut handle, &script, &mut Blocks::Of(512), at - 48_000..at).frames(),
                )
            });
        });
    }
    group.finish();
}

criterion_group!(benches, stems);
criterion_main!(benches);
