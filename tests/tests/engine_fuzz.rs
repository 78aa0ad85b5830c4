//! Whatever a host does, sound stays finite and bounded and the stems sum to the mix. Seeded: every run is the same run.
//! Source: DESIGN 6.5; the deterministic twin of fuzz/fuzz_targets.

use cuewright_engine::cue::factory;
use cuewright_engine::engine::Event;
use cuewright_engine::params::PARAM_COUNT;
use cuewright_engine::time::Transport;
use cuewright_tests::cues;
use cuewright_tests::rig::{Blocks, Script, play};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -2.0..2.0f64,
        2 => -100.0..100.0f64,
        1 => proptest::num::f64::ANY,
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0..PARAM_COUNT + 3, number()).prop_map(|(index, value)| Event::Value { index, value }),
        2 => (0..PARAM_COUNT + 3, number()).prop_map(|(index, amount)| Event::Modulation { index, amount }),
        3 => (any::<u8>(), any::<u8>(), -1.0..2.0f32).prop_map(|(channel, key, velocity)| {
            Event::NoteOn { channel: channel % 12, key: key % 130, velocity }
        }),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(channel, key)| Event::NoteOff { channel: channel % 12, key: key % 130 }),
        1 => Just(Event::AllNotesOff),
    ]
}

fn transport() -> impl Strategy<Value = Transport> {
    let maybe = |strategy: proptest::strategy::BoxedStrategy<f64>| proptest::option::of(strategy);
    let tempo = prop_oneof![6 => 20.0..300.0f64, 1 => proptest::num::f64::ANY].boxed();
    let place = prop_oneof![6 => -20.0..2_000.0f64, 1 => proptest::num::f64::ANY].boxed();
    let meter = proptest::option::of((0..20u16, 0..20u16));
    (any::<bool>(), maybe(tempo), maybe(place.clone()), maybe(place.clone()), meter, maybe(place)).prop_map(
        |(playing, tempo_bpm, position, position_s, meter, bar_start)| Transport {
            playing,
            tempo_bpm,
            position,
            position_s,
            meter,
            bar_start,
            loop_range: None,
        },
    )
}

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]))
}

#[test]
fn sound_stays_finite_bounded_and_summed() {
    const FRAMES: u64 = 24_000;
    let script = (
        proptest::collection::vec((0..FRAMES, event()), 0..60),
        proptest::collection::vec((0..FRAMES, transport()), 1..6),
        0..factory::palettes().len(),
        any::<u64>(),
        1..2_049usize,
    );
    let outcome = runner(40).run(&script, |(mut events, mut words, palette, seed, block)| {
        events.sort_by_key(|&(at, _)| at);
        words.sort_by_key(|&(at, _)| at);
        words[0].0 = 0;
        let mut cue = cues::busy();
        cue.palette = factory::palettes()[palette].id.clone();
        cue.seed = seed;
        let (mut engine, mut handle) = cues::engine(&cue, 48_000.0);
        let script = Script { transport: words, events, sample_rate_hz: 48_000.0 };
        let heard = play(&mut engine, &mut handle, &script, &mut Blocks::Of(block), 0..FRAMES);
        for channel in 0..2 {
            for frame in 0..heard.frames() {
                let sum = heard.stems[1..]
                    .iter()
                    .fold(heard.stems[0][channel][frame], |sum, stem| sum + stem[channel][frame]);
                prop_assert_eq!(sum, heard.mix[channel][frame]);
                prop_assert!(sum.is_finite() && sum.abs() < 32.0, "{} at frame {}", sum, frame);
            }
        }
        let values = engine.values();
        prop_assert!(values.as_slice().iter().all(|value| value.is_finite()));
        if let Some(telemetry) = handle.telemetry() {
            prop_assert_eq!(telemetry.repaired, 0, "the guard had to repair samples");
        }
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn any_text_is_a_cue_or_an_error() {
    use cuewright_engine::cue::{parse_toml, repair::from_json_bytes};
    let line = prop_oneof![
        "[a-z_]{1,12} = -?[0-9]{1,12}(\\.[0-9]{1,4})?",
        "\\[[a-z]{1,8}\\]",
        "(seed|tempo_bpm|length_bars|palette|key|title) = (\"[a-zA-Z#]{0,6}\"|[0-9]{1,20}|nan|-inf|true|\\[\\])",
        "lane = \\[\\{ bar = [0-9]{1,9}\\.0, energy = -?[0-9]{1,3}\\.5 \\}\\]",
        "\\PC{0,40}",
    ];
    let text = proptest::collection::vec(line, 0..8).prop_map(|lines| lines.join("\n"));
    runner(400)
        .run(&text, |text| {
            if let Ok(cue) = parse_toml(&text) {
                prop_assert!(cue.tempo_bpm.is_finite());
            }
            let repaired = from_json_bytes(text.as_bytes());
            prop_assert!(repaired.cue.tempo_bpm.is_finite());
            Ok(())
        })
        .unwrap();
}

/// A number as a broken file may have it.
fn odd(range: std::ops::Range<f64>) -> impl Strategy<Value = f64> {
    prop_oneof![8 => range, 1 => -1e6..1e6f64, 1 => proptest::num::f64::ANY]
}

/// Cue documents as they may lie on a disk: mostly near the limits, sometimes far beyond.
fn document() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::json;
    let axes = || proptest::collection::vec(odd(-1.2..1.2), 6);
    let named = |axes: Vec<f64>| {
        json!({ "valence": axes[0], "energy": axes[1], "tension": axes[2], "wonder": axes[3], "scale": axes[4],
            "darkness": axes[5] })
    };
    let point = (odd(0.0..80.0), axes()).prop_map(move |(bar, axes)| {
        let mut point = named(axes);
        point["bar"] = json!(bar);
        point
    });
    let meter = (0..70u32, 0..18u32, prop_oneof![Just(2u32), Just(4), Just(8), Just(16), 0..20u32]).prop_map(
        |(bar, numerator, denominator)| json!({ "bar": bar, "numerator": numerator, "denominator": denominator }),
    );
    let hit = (odd(0.0..70.0), any::<bool>(), odd(0.0..1.0)).prop_map(|(bar, stinger, strength)| {
        json!({ "bar": bar, "kind": if stinger { "stinger" } else { "accent" }, "strength": strength })
    });
    let note = (-20..30i32, -4..5i32, odd(0.0..9.0), odd(0.0..1.0), any::<bool>()).prop_map(
        |(degree, alter, beats, accent, rest)| {
            json!({ "degree": degree, "alter": alter, "beats": beats, "accent": accent, "rest": rest })
        },
    );
    let lists = (
        proptest::collection::vec(point, 0..12),
        proptest::collection::vec(meter, 0..8),
        proptest::collection::vec(hit, 0..12),
        proptest::collection::vec(note, 0..24),
    );
    let trims = (odd(0.4..2.1), odd(0.0..1.0), odd(0.0..1.0), odd(-1.0..1.0), 0..20u32);
    (any::<u64>(), odd(15.0..420.0), axes(), lists, trims).prop_map(
        move |(seed, tempo_bpm, mood, (lane, meters, hits, notes), (density, dialogue, motif, chromatic, variant))| {
            json!({
                "seed": seed, "tempo_bpm": tempo_bpm, "mood": named(mood), "lane": lane, "meters": meters, "hits": hits,
                "motif": { "notes": notes },
                "params": { "density": density, "dialogue": dialogue, "motif": motif, "chromatic": chromatic, "variant": variant },
            })
        },
    )
}

#[test]
fn any_document_composes_64_bars() {
    use cuewright_engine::compose::{Composer, LaneClimates, MAX_BEAT_NOTES, Notes};
    use cuewright_engine::cue::repair::from_json_lenient;
    use cuewright_engine::plan::Plan;
    runner(120)
        .run(&document(), |document| {
            let cue = from_json_lenient(document).cue;
            let plan = Plan::new(&cue, factory::palette_or_default(&cue.palette))
                .expect("what was repaired compiles");
            let climates = LaneClimates(&plan);
            let mut composer = Composer::new();
            for bar in 0..64 {
                let frame = composer.frame(&plan, &plan.grid, &climates, bar);
                let next_end = plan.grid.bar(bar + 1).end();
                for (beat, start) in frame.bar.meter.beat_starts().into_iter().enumerate() {
                    let mut notes = Notes::new();
                    let now = climates.at(bar as f64 + start / frame.bar.meter.bar_beats());
                    composer.beat(&plan, &frame, beat, &now, &mut notes);
                    prop_assert!(notes.len() < MAX_BEAT_NOTES, "a beat without end");
                    for note in &notes {
                        prop_assert!(note.onset.is_finite() && note.length > 0.0 && note.length.is_finite());
                        prop_assert!(note.onset + note.length <= next_end + 1e-6, "{note:?}");
                        prop_assert!(
                            (0.0..=127.0).contains(&note.pitch) && (0.0..=1.0).contains(&note.velocity)
                        );
                        prop_assert!((0.0..=60.0).contains(&note.shift_ms));
                    }
                }
            }
            Ok(())
        })
        .unwrap();
}
