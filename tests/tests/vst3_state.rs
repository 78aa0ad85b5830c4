//! States of any quality and the plugin's description of itself: what hosts store, show and ask for in odd ways.
//! Source: issue "Bad input"; VST 3 `ivsteditcontroller.h`, `ivstunits.h`.

// Enums of the bindings have another sign on Windows.
#![allow(clippy::unnecessary_cast)]

use cuewright_engine::params::{Group, PARAMS, Param, Unit, stem_gain};
use cuewright_tests::rig::playing;
use cuewright_tests::vst3_host::{Edit, Layout, Vst3Host, set_state_in_steps, state_of};
use cuewright_tests::{built, cues};
use serde_json::{Value, json};
use vst3::Steinberg::Vst::*;
use vst3::{Interface, Steinberg::*};

fn host() -> Vst3Host {
    Vst3Host::load(built::plugin()).expect("the plugin loads")
}

/// A second of music is finite and, where `loud`, heard.
fn plays(host: &mut Vst3Host, loud: bool) {
    host.activate(48_000.0, 4_800, Layout::All).expect("it starts");
    let mut peak = 0.0f32;
    for part in 0..10 {
        let block = host.process(4_800, Some(&playing(120.0, 4.0 + 0.2 * f64::from(part))), &[], &[]);
        assert_eq!(block.result, kResultOk);
        for sample in block.busses.iter().flatten().flatten() {
            assert!(sample.is_finite());
            peak = peak.max(sample.abs());
        }
    }
    assert!(!loud || peak > 0.01, "silence");
}

#[test]
fn hostile_states_are_taken_without_harm() {
    let host_of_good = host();
    host_of_good.load_state(&state_of(&cues::busy()));
    let good = host_of_good.save_state();
    let mut states: Vec<Vec<u8>> = (0..16).map(|part| good[..good.len() * part / 16].to_vec()).collect();
    for seed in 0..8u64 {
        let noise = |i: u64| cuewright_engine::random::mix64(seed << 32 | i) as u8;
        states.push((0..20_000).map(noise).collect());
        let mut bent = good.clone();
        for i in 0..40 {
            let at = cuewright_engine::random::mix64(seed << 40 | i) as usize % bent.len();
            bent[at] = noise(i);
        }
        states.push(bent);
    }
    states.push(vec![b'['; 200_000]);
    states.push(
        br#"{"cue":{"seed":-1,"length_bars":1e300,"palette":7,"meters":[{}]},"params":{"energy":"x"}}"#
            .to_vec(),
    );
    let mut host = host();
    for state in &states {
        assert_eq!(host.load_state(state), kResultOk);
    }
    plays(&mut host, true);
}

/// A state of this many bytes, nearly all of them unknown to us.
fn padded(length: usize) -> Vec<u8> {
    let mut state = state_of(&cues::busy());
    state.pop();
    state.extend(b",\"padding\":\"");
    state.resize(length - 2, b'x');
    state.extend(b"\"}");
    state
}

#[test]
fn ten_megabytes_are_loaded_and_kept_and_a_hundred_are_not() {
    let energy = PARAMS[Param::Energy as usize].number;
    let mut host = host();
    let started = std::time::Instant::now();
    assert_eq!(host.load_state(&padded(10 << 20)), kResultOk);
    assert!((host.get(energy) - 0.85).abs() < 1e-6, "what is known is loaded");
    assert!(host.save_state().len() > 10 << 20, "the rest is kept");
    plays(&mut host, true);
    host.deactivate();
    assert_eq!(host.load_state(&padded(100 << 20)), kResultOk);
    assert!(host.save_state().len() < 1 << 20, "an absurd size starts afresh");
    plays(&mut host, true);
    assert!(started.elapsed().as_secs() < 20);
}

#[test]
fn a_newer_state_keeps_what_this_version_does_not_know() {
    let host = host();
    let mut state: Value = serde_json::from_slice(&state_of(&cues::busy())).expect("a document");
    state["schema"] = json!(99);
    state["future"] = json!({ "thing": [1, 2, 3] });
    state["params"]["of_tomorrow"] = json!(0.5);
    state["params"]["energy"] = json!(1e30);
    state["params"]["valence"] = json!(-0.5);
    assert_eq!(host.load_state(&serde_json::to_vec(&state).expect("a document")), kResultOk);
    let saved: Value = serde_json::from_slice(&host.save_state()).expect("a document");
    assert_eq!(saved["future"], state["future"]);
    assert_eq!(saved["params"]["of_tomorrow"], json!(0.5));
    assert_eq!(host.get(PARAMS[Param::Energy as usize].number), 1.0);
    assert_eq!(host.get(PARAMS[Param::Valence as usize].number), 0.25);
}

#[test]
fn streams_may_trickle() {
    let (host, other) = (host(), host());
    let state = state_of(&cues::busy());
    assert_eq!(set_state_in_steps(&host.component, &state, 1), kResultOk);
    other.load_state(&state);
    assert_eq!(host.save_state(), other.save_state());
}

#[test]
fn the_host_is_told_to_read_values_again_where_it_listens() {
    let host = host();
    host.edits();
    host.load_state(&state_of(&cues::busy()));
    assert!(host.edits().contains(&Edit::Restart(RestartFlags_::kParamValuesChanged as i32)));
    let deaf = Vst3Host::without_handler(host.module().clone()).expect("an instance without a handler");
    assert_eq!(deaf.load_state(&state_of(&cues::busy())), kResultOk);
    assert_eq!(deaf.save_state(), host.save_state());
    let energy = PARAMS[Param::Energy as usize].number;
    assert!((host.get(energy) - 0.85).abs() < 1e-6, "{}", host.get(energy));
}

#[test]
fn parameters_are_the_tables() {
    let host = host();
    let parameters = host.parameters();
    assert_eq!(parameters.len(), PARAMS.len());
    for (row, parameter) in PARAMS.iter().zip(&parameters) {
        use ParameterInfo_::ParameterFlags_ as flag;
        assert_eq!((parameter.id, &parameter.title), (row.number, &row.name));
        assert_eq!(parameter.step_count > 0, row.stepped(), "{}", row.id);
        assert_ne!(parameter.flags as u32 & flag::kCanAutomate as u32, 0, "{}", row.id);
        let bypass = parameter.flags as u32 & flag::kIsBypass as u32 != 0;
        assert_eq!(bypass, row.index == Param::Bypass as usize, "{}", row.id);
        for plain in [row.min, row.default, row.max] {
            // SAFETY: plain numbers.
            let (normalized, back) = unsafe {
                let normalized = host.controller.plainParamToNormalized(row.number, plain.into());
                (normalized, host.controller.normalizedParamToPlain(row.number, normalized))
            };
            assert!((0.0..=1.0).contains(&normalized), "{}", row.id);
            assert!((back - f64::from(plain)).abs() < 1e-5, "{}", row.id);
            let text = host.text(row.number, normalized).expect("a text");
            let read = host.value_of(row.number, &text).expect("a value");
            let step =
                0.006 / f64::from(row.max - row.min) * if row.unit == Unit::Decibels { 10.0 } else { 1.0 };
            assert!((read - normalized).abs() <= step, "{}: {normalized} as {text:?} is {read}", row.id);
            // With its unit, as people type it.
            assert!(host.value_of(row.number, &row.text(plain)).is_some(), "{}", row.id);
        }
    }
    assert_eq!(host.text(PARAMS[stem_gain(0)].number, 0.0).as_deref(), Some("-inf"));
    assert_eq!(host.value_of(PARAMS[0].number, "loud"), None);
}

#[test]
fn groups_are_units() {
    let host = host();
    let units = host.controller.cast::<IUnitInfo>().expect("units");
    let mut names = Vec::new();
    // SAFETY: structures of numbers, filled by the calls.
    unsafe {
        for index in 0..units.getUnitCount() {
            let mut info: UnitInfo = std::mem::zeroed();
            assert_eq!(units.getUnitInfo(index, &mut info), kResultOk);
            names.push((
                info.id,
                String::from_utf16_lossy(&info.name.map(|unit| unit as u16)).replace('\0', ""),
            ));
        }
    }
    for (row, parameter) in PARAMS.iter().zip(host.parameters()) {
        let (_, name) = names.iter().find(|(id, _)| *id == parameter.unit).expect("the unit exists");
        assert_eq!(name, row.group.name(), "{}", row.id);
    }
    assert!(names.iter().any(|(_, name)| name == Group::Stems.name()));
}

#[test]
fn the_track_is_taken_note_of() {
    assert!(host().tell_track("Score", 0xFF12_3456));
}

#[test]
fn requirements_name_what_the_music_needs() {
    use IProcessContextRequirements_::Flags_ as need;
    let requirements = host().component.cast::<IProcessContextRequirements>().expect("requirements");
    // SAFETY: no arguments.
    let flags = unsafe { requirements.getProcessContextRequirements() };
    for flag in
        [need::kNeedTempo, need::kNeedProjectTimeMusic, need::kNeedTransportState, need::kNeedTimeSignature]
    {
        assert_ne!(flags & flag as u32, 0);
    }
}

#[test]
fn nothing_happens_through_null_pointers_and_numbers_out_of_range() {
    use std::ptr::null_mut as null;
    let host = host();
    let (component, processor, controller) = (&host.component, &host.processor, &host.controller);
    // SAFETY: null is what is tested; the plugin must look before it reads or writes.
    unsafe {
        assert_ne!(component.setState(null()), kResultOk);
        assert_ne!(component.getState(null()), kResultOk);
        assert_ne!(component.getBusInfo(0, 1, 0, null()), kResultOk);
        assert_eq!(component.getBusCount(5, 5), 0);
        assert_ne!(processor.setupProcessing(null()), kResultOk);
        assert_ne!(processor.setBusArrangements(null(), 0, null(), 10), kResultOk);
        assert_ne!(processor.getBusArrangement(1, 0, null()), kResultOk);
        assert_ne!(processor.process(null()), kResultOk);
        for index in [-1, PARAMS.len() as i32, i32::MIN, i32::MAX] {
            let mut info: ParameterInfo = std::mem::zeroed();
            assert_ne!(controller.getParameterInfo(index, &mut info), kResultOk);
        }
        assert_ne!(controller.getParameterInfo(0, null()), kResultOk);
        assert_ne!(controller.getParamStringByValue(1, 0.5, null()), kResultOk);
        assert_ne!(controller.getParamValueByString(1, null(), null()), kResultOk);
        assert_ne!(controller.setParamNormalized(9_999, 0.5), kResultOk);
        controller.setParamNormalized(1, f64::NAN);
        assert_eq!(controller.getParamNormalized(1), 0.5);
        controller.setParamNormalized(1, 1e300);
        assert_eq!(controller.getParamNormalized(1), 1.0);
        assert_eq!(controller.getParamNormalized(9_999), 0.0);
        assert!(controller.createView(null()).is_null());
        assert!(controller.createView(c"inspector".as_ptr()).is_null());
        let mut object = null();
        let factory = host.module().factory();
        assert_ne!(factory.createInstance(null(), null(), &mut object), kResultOk);
        let (nobody, interface) = ([0x55u8; 16], FUnknown::IID);
        assert_ne!(
            factory.createInstance(nobody.as_ptr().cast(), interface.as_ptr().cast(), &mut object),
            kResultOk
        );
        assert!(object.is_null());
        assert_ne!(factory.getClassInfo(1, null()), kResultOk);
    }
}

#[test]
fn the_life_of_an_instance_is_kept_in_order() {
    let host = host();
    // SAFETY: plain numbers and null contexts, which the plugin does not look into.
    unsafe {
        assert_ne!(host.component.initialize(std::ptr::null_mut()), kResultOk, "initialised twice");
        assert_ne!(host.component.setActive(0), kResultOk, "was not active");
        assert_eq!(host.component.setActive(1), kResultOk, "active without a setup");
        assert_ne!(host.component.setActive(1), kResultOk, "active twice");
        assert_eq!(host.component.terminate(), kResultOk, "ends although active");
        assert_ne!(host.component.setActive(1), kResultOk, "active after its end");
        assert_eq!(host.component.initialize(std::ptr::null_mut()), kResultOk, "begins again");
    }
}
