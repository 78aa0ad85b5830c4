//! Whatever a host does, sound stays finite and bounded and the stems sum to the mix. Seeded: every run is the same run.
//! Source: DESIGN 6.5; the deterministic twin of fuzz/fuzz_targets/events.rs.

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
