//! Parameters of the built CLAP plugin: listed from the table, readable as text, automated to the sample, modulated
//! without a trace. Source: DESIGN 8, CLAP params.h.

use clack_extensions::params::ParamInfoFlags;
use clack_host::events::Pckn;
use clack_host::events::event_types::{ParamModEvent, ParamValueEvent};
use clack_host::events::io::EventBuffer;
use clack_host::prelude::ClapId;
use cuewright_engine::engine::Event;
use cuewright_engine::params::{PARAMS, Param};
use cuewright_tests::clap_host::{Buffers, Plugin, clap_event, play_steady, state_of, transport_event};
use cuewright_tests::cues;
use cuewright_tests::rig::{Blocks, Recording, Script, playing};

const RATE_HZ: f64 = 48_000.0;

fn id(param: Param) -> ClapId {
    ClapId::new(PARAMS[param as usize].number)
}

fn events(list: &[(u32, Event)]) -> EventBuffer {
    let mut events = EventBuffer::new();
    for &(time, event) in list {
        clap_event(&mut events, time, event);
    }
    events
}

fn value(param: Param, value: f64) -> Event {
    Event::Value { index: param as usize, value }
}

#[test]
fn every_row_of_the_table_is_listed_as_it_stands() {
    let mut plugin = Plugin::new();
    let listed = plugin.params();
    assert_eq!(listed.len(), PARAMS.len());
    for (row, param) in PARAMS.iter().zip(&listed) {
        assert_eq!(param.id.get(), row.number);
        assert_eq!((param.name.as_str(), param.module.as_str()), (row.name.as_str(), row.group.name()));
        assert_eq!(param.range, [row.min, row.default, row.max].map(f64::from), "{}", row.id);
        assert!(param.flags.contains(ParamInfoFlags::IS_AUTOMATABLE), "{}", row.id);
        assert_eq!(param.flags.contains(ParamInfoFlags::IS_STEPPED), row.stepped(), "{}", row.id);
        assert_eq!(param.flags.contains(ParamInfoFlags::IS_MODULATABLE), !row.stepped(), "{}", row.id);
        assert_eq!(param.flags.contains(ParamInfoFlags::IS_BYPASS), row.id == "bypass", "{}", row.id);
        assert_eq!(plugin.value(param.id), f64::from(row.default), "{}", row.id);
    }
}

#[test]
fn text_goes_both_ways_and_carries_the_unit() {
    let mut plugin = Plugin::new();
    for param in plugin.params() {
        let [min, _, max] = param.range;
        for step in 0..=24 {
            let value = min + (max - min) * f64::from(step) / 24.0;
            let text = plugin.text(param.id, value).unwrap();
            let back = plugin.parse(param.id, &text).unwrap_or_else(|| panic!("{}: {text}", param.name));
            assert!(back >= min && back <= max, "{}: {text}", param.name);
            assert_eq!(plugin.text(param.id, back).unwrap(), text, "{}", param.name);
        }
        assert_eq!(plugin.parse(param.id, "rhubarb"), None, "{}", param.name);
    }
    let gain = ClapId::new(100);
    assert_eq!(plugin.text(gain, -6.0).as_deref(), Some("-6.0 dB"));
    assert_eq!(plugin.text(gain, -60.0).as_deref(), Some("-inf dB"));
    assert_eq!(plugin.parse(gain, "-3"), Some(-3.0));
    assert_eq!(plugin.text(ClapId::new(31), 1.0).as_deref(), Some("on"));
    assert_eq!(plugin.text(ClapId::new(7777), 1.0), None);
}

#[test]
fn a_flush_alone_sets_values_before_during_and_after_activation() {
    let mut plugin = Plugin::new();
    plugin.flush(&events(&[(0, value(Param::Energy, 0.5))]));
    assert_eq!(plugin.value(id(Param::Energy)), 0.5);
    plugin.activate(RATE_HZ, 512);
    plugin.flush(&events(&[(0, value(Param::Energy, -0.25)), (0, value(Param::Density, 9.0))]));
    assert_eq!(plugin.value(id(Param::Energy)), -0.25);
    assert_eq!(plugin.value(id(Param::Density)), 2.0);
    plugin.deactivate();
    plugin.flush(&events(&[(u32::MAX, value(Param::Energy, 1.0))]));
    assert_eq!(plugin.value(id(Param::Energy)), 1.0);
}

#[test]
fn values_that_are_no_values_change_nothing_and_wild_ones_are_clamped() {
    let mut plugin = Plugin::new();
    plugin.activate(RATE_HZ, 512);
    let mut buffers = Buffers::full(512);
    let before = plugin.values();
    let mut list = EventBuffer::new();
    for row in PARAMS.iter() {
        for wild in [f64::NAN, -f64::NAN] {
            list.push(&ParamValueEvent::new(3, ClapId::new(row.number), Pckn::match_all(), wild));
            list.push(&ParamModEvent::new(3, ClapId::new(row.number), Pckn::match_all(), wild));
        }
    }
    list.push(&ParamValueEvent::new(3, ClapId::new(424_242), Pckn::match_all(), 1.0));
    let transport = transport_event(0, &playing(120.0, 0.0));
    plugin.process(512, &mut buffers, &list, Some(&transport));
    assert_eq!(plugin.values(), before);
    for (wild, legal) in [(1e300, 1.0), (f64::NEG_INFINITY, -1.0)] {
        plugin.process(512, &mut buffers, &events(&[(0, value(Param::Valence, wild))]), Some(&transport));
        assert_eq!(plugin.value(id(Param::Valence)), legal);
    }
    let amount = |amount| Event::Modulation { index: Param::Energy as usize, amount };
    plugin.process(
        512,
        &mut buffers,
        &events(&[(0, amount(f64::INFINITY)), (1, amount(1e300))]),
        Some(&transport),
    );
    for block in 1..200 {
        let transport = transport_event(0, &playing(120.0, f64::from(block) * 512.0 / 24_000.0));
        plugin.process(512, &mut buffers, &EventBuffer::new(), Some(&transport));
        for bus in 0..10 {
            assert!(buffers.channel(bus, 0).iter().all(|sample| sample.is_finite() && sample.abs() < 8.0));
        }
    }
}

fn record(script: &Script) -> (Recording, Vec<f64>) {
    let mut plugin = Plugin::new();
    assert!(plugin.load(&state_of(&cues::busy())));
    let sound = play_steady(&mut plugin, script, Blocks::Of(480), 6 * 48_000);
    (sound, plugin.values())
}

#[test]
fn modulation_is_heard_and_leaves_no_trace_in_the_value() {
    let still = Script::steady(RATE_HZ, 120.0, 0.0);
    let index = Param::Darkness as usize;
    let moved = still.clone().event(4_800, Event::Modulation { index, amount: 0.9 });
    let ended = moved.clone().event(4_800, Event::Modulation { index, amount: 0.0 });
    let ((plain, values), (modulated, same_values)) = (record(&still), record(&moved));
    assert_eq!(values, same_values);
    assert_ne!(plain.hash(), modulated.hash(), "modulation is not heard");
    assert_eq!(record(&ended).0.hash(), plain.hash(), "modulation that ends at once still sounds");
}

#[test]
fn automation_counts_at_its_frame_not_at_the_block() {
    let step = |frame| Script::steady(RATE_HZ, 120.0, 0.0).event(frame, value(Param::Darkness, 1.0));
    let at_frame = |frame: u64, blocks| {
        let mut plugin = Plugin::new();
        assert!(plugin.load(&state_of(&cues::busy())));
        play_steady(&mut plugin, &step(frame), blocks, 3 * 48_000).hash()
    };
    // The quantum is 32 frames: a step 480 frames later in the same block must sound different.
    assert_ne!(at_frame(48_000, Blocks::Of(4_800)), at_frame(48_480, Blocks::Of(4_800)));
    assert_eq!(at_frame(48_480, Blocks::Of(4_800)), at_frame(48_480, Blocks::Of(480)));
}

#[test]
fn bypass_silences_every_bus_and_the_music_goes_on_underneath() {
    let script = Script::steady(RATE_HZ, 120.0, 0.0);
    let bypassed = script
        .clone()
        .event(2 * 48_000, value(Param::Bypass, 1.0))
        .event(4 * 48_000, value(Param::Bypass, 0.0));
    let ((plain, _), (gap, _)) = (record(&script), record(&bypassed));
    assert_eq!(gap.peak(3 * 48_000..4 * 48_000), 0.0);
    for stem in 0..9 {
        assert_eq!(gap.stem_peak(stem, 3 * 48_000..4 * 48_000), 0.0, "stem {stem}");
    }
    assert!(gap.peak(5 * 48_000..6 * 48_000) > 0.01);
    assert_eq!(plain.midi.len(), gap.midi.len(), "the score changed");
}
