//! Every instrument of the table: sounding voices per frame, and what starting a note costs. A new row is a new bench.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use cuewright_engine::instrument::{INSTRUMENTS, Instrument, InstrumentRow, NoteOn, Spec, Stereo, Timbre};
use cuewright_engine::note::Articulation;
use cuewright_engine::units::QUANTUM;
use std::hint::black_box;

const SPEC: Spec = Spec { sample_rate_hz: 48_000.0 };

/// Voices that sound at once: a full chord.
const VOICES: usize = 8;

fn note(row: &InstrumentRow, id: u32) -> NoteOn {
    let (low, high) = row.pitch_range;
    NoteOn {
        id,
        pitch: f32::from(low) + f32::from(high - low) * (id as f32 + 0.5) / VOICES as f32,
        velocity: 0.8,
        offset: 0,
        length_s: 30.0,
        articulation: Articulation::Sustain,
        glide_from: None,
        place: u64::from(id) * 7_919,
    }
}

fn sounding(row: &InstrumentRow) -> (Box<dyn Instrument>, usize) {
    let mut instrument = (row.build)(&SPEC);
    let voices = VOICES.min(row.voices);
    for id in 0..voices as u32 {
        instrument.note_on(&note(row, id));
    }
    (instrument, voices)
}

fn voices(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("voice");
    // Half a second of a chord from its attack on; shorter than that, and struck instruments would still be ringing.
    let quanta = 24_000 / QUANTUM;
    for row in INSTRUMENTS {
        let (_, voices) = sounding(row);
        group.throughput(Throughput::Elements((quanta * QUANTUM * voices) as u64)).sample_size(20);
        group.bench_function(row.id, |bencher| {
            bencher.iter_batched_ref(
                || sounding(row).0,
                |instrument| {
                    let mut out = Stereo::SILENCE;
                    for _ in 0..quanta {
                        instrument.control(&Timbre::default());
                        black_box(instrument.render_add(&mut out));
                    }
                    black_box(out.channels[0][0])
                },
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

fn starts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("note on");
    for row in INSTRUMENTS {
        let mut instrument = (row.build)(&SPEC);
        let mut id = 0;
        group.bench_function(row.id, |bencher| {
            bencher.iter(|| {
                id = (id + 1) % VOICES as u32;
                instrument.note_on(black_box(&note(row, id)));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, voices, starts);
criterion_main!(benches);
