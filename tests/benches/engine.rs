//! The whole engine: seconds of the default and the busy cue, small host blocks, compiling a cue, building an engine.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use cuewright_engine::cue::Cue;
use cuewright_tests::cues;
use cuewright_tests::rig::{Blocks, Recording, Script, play};
use std::hint::black_box;

const RATE_HZ: f64 = 48_000.0;

fn second_of(cue: &Cue, block: usize) -> impl FnMut() -> Recording + use<> {
    let (mut engine, mut handle) = cues::engine(cue, RATE_HZ);
    let script = Script::steady(RATE_HZ, cue.tempo_bpm, 0.0);
    let mut at = 0;
    move || {
        at += 48_000;
        play(&mut engine, &mut handle, &script, &mut Blocks::Of(block), at - 48_000..at)
    }
}

fn engine(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Elements(48_000)).sample_size(20);
    for (name, cue) in [("default", Cue::default()), ("busy", cues::busy())] {
        for block in [16, 64, 512] {
            let mut second = second_of(&cue, block);
            group.bench_function(format!("{name}/{block}"), |bencher| {
                bencher.iter(|| black_box(second().frames()))
            });
        }
    }
    group.finish();
}

fn setup(criterion: &mut Criterion) {
    let cue = cues::busy();
    criterion.bench_function("plan", |bencher| bencher.iter(|| black_box(cues::plan(&cue))));
    criterion.bench_function("new engine", |bencher| {
        bencher.iter_batched(
            || cue.clone(),
            |cue| black_box(cues::engine(&cue, RATE_HZ)),
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, engine, setup);
criterion_main!(benches);
