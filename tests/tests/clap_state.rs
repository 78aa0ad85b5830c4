//! State of the built CLAP plugin: what is saved opens the same, to the bit; what is broken opens as far as it goes.
//! Source: DESIGN 8, DELIVERY 12 "state practice".

use clack_extensions::params::PluginParams;
use clack_extensions::state_context::{PluginStateContext, StateContextType};
use clack_host::events::io::EventBuffer;
use clack_host::prelude::ClapId;
use cuewright_engine::cue::Cue;
use cuewright_engine::engine::Event;
use cuewright_engine::params::{PARAMS, Param};
use cuewright_engine::random::mix64;
use cuewright_tests::clap_host::{
    Buffers, Cut, Plugin, clap_event, eventful, play, play_steady, state_of, transport_event,
};
use cuewright_tests::cues;
use cuewright_tests::rig::{Blocks, Script};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

const RATE_HZ: f64 = 48_000.0;

fn busy() -> Plugin {
    let mut plugin = Plugin::new();
    assert!(plugin.load(&state_of(&cues::busy())));
    plugin
}

fn parsed(state: &[u8]) -> Value {
    serde_json::from_slice(state).expect("a saved state is JSON")
}

fn sound(plugin: &mut Plugin) -> String {
    let sound = play_steady(plugin, &Script::steady(RATE_HZ, 120.0, 4.0), Blocks::Of(512), 4 * 48_000);
    assert!(sound.peak(0..sound.frames()) > 0.01, "silent");
    sound.hash()
}

fn set(plugin: &mut Plugin, param: Param, value: f64) {
    let mut events = EventBuffer::new();
    clap_event(&mut events, 0, Event::Value { index: param as usize, value });
    plugin.flush(&events);
}

#[test]
fn a_new_instance_sounds_the_same_from_the_saved_state() {
    let mut plugin = busy();
    set(&mut plugin, Param::Energy, 0.123_456_789);
    set(&mut plugin, Param::Variant, 3.0);
    let state = plugin.save();
    let mut other = Plugin::new();
    assert_ne!(other.values(), plugin.values());
    assert!(other.load(&state));
    assert_eq!(other.values(), plugin.values());
    assert_eq!(other.save(), state, "save, load, save");
    assert_eq!(sound(&mut other), sound(&mut plugin));
}

#[test]
fn what_was_heard_under_automation_is_saved_and_heard_again() {
    // Bars 1 to 4 under a moving mood; from the state a new instance starts at bar 5 as this one would.
    let mut plugin = busy();
    plugin.activate(RATE_HZ, 512);
    let mut script = Script::steady(RATE_HZ, 120.0, 0.0);
    for bar in 0..4u64 {
        let index = Param::Valence as usize;
        script = script.event(bar * 96_000, Event::Value { index, value: bar as f64 / 2.0 - 1.0 });
    }
    play(&mut plugin, &script, Blocks::Of(512), Cut::Inside, 0..4 * 96_000);
    let state = plugin.save();
    plugin.deactivate();
    assert_eq!(parsed(&plugin.save()), parsed(&state), "deactivating forgets");
    let bars = parsed(&state)["heard"]["bars"].as_array().map_or(0, Vec::len);
    assert!(bars >= 4, "{}", parsed(&state)["heard"]);
    let mut other = Plugin::new();
    assert!(other.load(&state));
    assert_eq!(other.save(), state);
    let onward = Script::steady(RATE_HZ, 120.0, 16.0);
    let [one, two] =
        [&mut plugin, &mut other].map(|plugin| play_steady(plugin, &onward, Blocks::Of(512), 96_000));
    assert!(one.peak(0..96_000) > 0.01);
    assert_eq!(one.hash(), two.hash());
}

#[test]
fn a_preset_leaves_out_what_this_project_heard() {
    let mut plugin = busy();
    sound(&mut plugin);
    let context: PluginStateContext = plugin.extension();
    let mut save = |kind| {
        let mut bytes = Vec::new();
        context.save(&plugin.main(), &mut bytes, kind).unwrap();
        parsed(&bytes)
    };
    let (preset, project) = (save(StateContextType::ForPreset), save(StateContextType::ForProject));
    assert!(preset.get("heard").is_none() && project.get("heard").is_some());
    assert_eq!((&preset["cue"], &preset["params"]), (&project["cue"], &project["params"]));
    let text = preset.to_string();
    context.load(&plugin.main(), &mut text.as_bytes(), StateContextType::ForPreset).unwrap();
    assert_eq!(parsed(&plugin.save())["cue"], preset["cue"]);
}

#[test]
fn a_newer_version_is_read_and_written_back_whole() {
    let mut document = parsed(&busy().save());
    document["schema"] = json!(99);
    document["plugin"] = json!("7.0.0");
    document["views"] = json!({ "scale": 2, "list": [1, 2, 3] });
    document["params"]["valence"] = json!(0.75);
    document["params"]["sparkle"] = json!(0.5);
    document["cue"]["version"] = json!(7);
    document["cue"]["weather"] = json!("rain");
    let mut plugin = Plugin::new();
    assert!(plugin.load(document.to_string().as_bytes()));
    assert_eq!(plugin.value(ClapId::new(1)), 0.75);
    let saved = parsed(&plugin.save());
    assert_eq!(saved["views"], document["views"]);
    assert_eq!(saved["params"]["sparkle"], json!(0.5));
    assert_eq!(saved["cue"]["weather"], json!("rain"));
    assert_eq!(saved["cue"]["seed"], document["cue"]["seed"]);
}

/// States no version of ours writes.
fn hostile() -> Vec<(String, Vec<u8>)> {
    let good = busy().save();
    let mut list: Vec<(String, Vec<u8>)> = vec![
        ("empty".into(), vec![]),
        ("null".into(), b"null".to_vec()),
        ("a list".into(), b"[1,2,3]".to_vec()),
        ("another plugin's".into(), b"{\"format\":\"chorus\",\"params\":{\"valence\":0.5}}".to_vec()),
        ("deep".into(), [vec![b'['; 100_000], vec![b']'; 100_000]].concat()),
        ("deep inside".into(), [b"{\"cue\":".to_vec(), vec![b'['; 100_000]].concat()),
        ("wrong types".into(), b"{\"params\":7,\"cue\":[],\"heard\":\"x\",\"schema\":{}}".to_vec()),
        (
            "values out of range".into(),
            b"{\"params\":{\"valence\":1e300,\"energy\":\"loud\",\"density\":-5,\"variant\":1e9}}".to_vec(),
        ),
        (
            "a cue out of range".into(),
            b"{\"cue\":{\"tempo_bpm\":-1e9,\"length_bars\":1e18,\"seed\":-1,\"palette\":\"nobody's\",\"meters\":[{\"bar\":0,\"numerator\":0,\"denominator\":3}],\"lane\":[{\"bar\":1e308,\"energy\":1e38}]}}".to_vec(),
        ),
        (
            "heard nonsense".into(),
            b"{\"heard\":{\"bars\":[[9223372036854775807,9223372036854775807,0,0,0,0,0,0,1,0,0,0,0,1],[-5,3]],\"meters\":[[1e308,4,4,[4]],[0,255,255,[]]]}}".to_vec(),
        ),
        ("10 MB of text".into(), format!("{{\"cue\":{{}},\"x\":\"{}\"}}", "y".repeat(10 << 20)).into_bytes()),
        ("40 MB of nothing".into(), vec![b' '; 40 << 20]),
    ];
    for part in 1..8 {
        list.push((format!("truncated at {part}/8"), good[..good.len() * part / 8].to_vec()));
    }
    for seed in 0..16u64 {
        let bytes = (0..2_000 * (seed + 1)).map(|i| mix64(seed << 32 | i) as u8).collect();
        list.push((format!("random {seed}"), bytes));
        let mut flipped = good.clone();
        for flip in 0..20 {
            let at = mix64(seed << 40 | flip) as usize % flipped.len();
            flipped[at] = mix64(seed << 48 | flip) as u8;
        }
        list.push((format!("flipped {seed}"), flipped));
    }
    list
}

#[test]
fn hostile_states_are_taken_as_far_as_they_go_and_it_plays_on() {
    for (name, state) in hostile() {
        let mut plugin = Plugin::new();
        assert!(plugin.load(&state), "{name} was rejected: the host would stop saving");
        for (value, row) in plugin.values().into_iter().zip(PARAMS.iter()) {
            assert!(
                (f64::from(row.min)..=f64::from(row.max)).contains(&value),
                "{name}: {} is {value}",
                row.id
            );
        }
        let saved = plugin.save();
        let mut other = Plugin::new();
        assert!(other.load(&saved), "{name}");
        assert_eq!(other.save(), saved, "{name}: save, load, save");
        plugin.activate(RATE_HZ, 512);
        let run =
            play(&mut plugin, &Script::steady(RATE_HZ, 120.0, 0.0), Blocks::Of(512), Cut::Inside, 0..5_120);
        assert!(run.recording.mix[0].iter().all(|sample| sample.is_finite()), "{name}");
        assert!(plugin.log.complaints().is_empty(), "{name}: {:?}", plugin.log.complaints());
    }
}

#[test]
fn what_stands_before_a_break_is_loaded() {
    let mut plugin = Plugin::new();
    let whole = state_of(&Cue { seed: 4_711, title: "Reel".into(), ..cues::busy() });
    let text = String::from_utf8(whole).unwrap();
    let end = text.find("\"format\"").unwrap();
    assert!(plugin.load(&text.as_bytes()[..end]));
    assert_eq!(parsed(&plugin.save())["cue"]["seed"], json!(4_711));
}

#[test]
fn ten_megabytes_of_a_newer_version_cost_nothing_that_is_known() {
    let mut document = parsed(&busy().save());
    document["sketches"] = json!("z".repeat(10 << 20));
    let mut plugin = Plugin::new();
    assert!(plugin.load(document.to_string().as_bytes()));
    let saved = parsed(&plugin.save());
    assert_eq!(saved["cue"], document["cue"]);
    assert_eq!(saved["sketches"].as_str().map(str::len), Some(10 << 20), "what is not known is kept");
}

#[test]
fn a_state_loaded_while_audio_runs_takes_over_without_a_break() {
    let mut plugin = busy();
    plugin.activate(RATE_HZ, 512);
    let script = Script::steady(RATE_HZ, 120.0, 0.0);
    let before = play(&mut plugin, &script, Blocks::Of(512), Cut::Inside, 0..96_256).recording;
    let state = state_of(&Cue { palette: "noir".into(), seed: 3, ..cues::busy() });
    assert!(plugin.load(&state));
    assert_eq!(plugin.log.rescans.load(Ordering::Relaxed), 2, "the host must read the values again");
    let after = play(&mut plugin, &script, Blocks::Of(512), Cut::Inside, 96_256..480_256).recording;
    assert!(before.peak(0..before.frames()) > 0.01 && after.peak(192_000..384_000) > 0.01);
    assert!(after.mix.iter().flatten().all(|sample| sample.is_finite() && sample.abs() < 4.0));
    // Sixty-four more in a row, faster than the audio thread takes them: the last one holds.
    for seed in 0..64 {
        assert!(plugin.load(&state_of(&Cue { seed, ..cues::busy() })));
    }
    let _ = play(&mut plugin, &script, Blocks::Of(512), Cut::Inside, 480_256..576_512);
    plugin.idle();
    assert_eq!(parsed(&plugin.save())["cue"]["seed"], json!(63));
}

#[test]
fn loading_is_quick_and_a_long_session_stays_small() {
    let mut plugin = busy();
    plugin.activate(RATE_HZ, 4_096);
    let run = play(&mut plugin, &eventful(RATE_HZ), Blocks::Of(4_096), Cut::Inside, 0..8 * 48_000);
    assert!(run.recording.peak(0..8 * 48_000) > 0.01);
    let state = plugin.save();
    assert!(state.len() < 100_000, "{} bytes", state.len());
    let mut buffers = Buffers::full(64);
    plugin.process(64, &mut buffers, &EventBuffer::new(), Some(&transport_event(0, &Default::default())));
    let params: PluginParams = plugin.extension();
    assert_eq!(params.count(&plugin.main()) as usize, PARAMS.len());
}
