//! What the built plugin costs a host: scanning, instances, state, memory, size.
//! Source: PERFORMANCE 6, T19 and T20. In/out: the shared library in, named numbers out; wall-clock times, medians of several.

use crate::clap_host::{Cut, Plugin, play, state_of};
use crate::clock::{Distribution, resident_bytes};
use crate::cues;
use crate::rig::{Blocks, Script};
use clack_host::prelude::*;
use cuewright_engine::cue::Cue;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::time::Instant;

const RATE_HZ: f64 = 48_000.0;
const ROUNDS: usize = 9;

/// Instances held at once when memory is measured.
const INSTANCES: usize = 8;

/// Measures the plugin and adds what it finds to the report.
pub fn measure(plugin: &Path, report: &mut Map<String, Value>) {
    let size = std::fs::metadata(plugin).map(|file| file.len()).unwrap_or(0);
    report.insert("plugin_bytes".into(), json!(size));
    report.insert("scan_s".into(), json!(scan(plugin)));
    // Keeps the library loaded, as a host with one instance does.
    let _first = Plugin::open(plugin);
    report.insert("instantiate_s".into(), json!(median(|| instantiate(plugin))));
    report.insert("first_block_s".into(), json!(median(|| first_block(plugin))));
    report.insert("first_sound_s".into(), json!(median(|| first_sound(plugin))));
    let mut instance = Plugin::open(plugin);
    // A cue nobody has opened yet each time: what is worked out for a seed is kept.
    let mut seed = 0;
    let load = || {
        seed += 1;
        let state = state_of(&Cue { seed, ..cues::busy() });
        timed(|| assert!(instance.load(&state)))
    };
    report.insert("state_load_s".into(), json!(median(load)));
    report.insert("state_save_s".into(), json!(median(|| timed(|| assert!(!instance.save().is_empty())))));
    if let Some(bytes) = instance_bytes(plugin) {
        report.insert("instance_bytes".into(), json!(bytes));
    }
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn median(mut work: impl FnMut() -> f64) -> f64 {
    Distribution::new((0..ROUNDS).map(|_| work()).collect()).at(0.5)
}

/// Load, read the descriptors, unload: the first time, with the file in the system's cache.
fn scan(plugin: &Path) -> f64 {
    let _ = std::fs::read(plugin);
    timed(|| {
        // SAFETY: the library is our own plugin; loading it runs no code beyond static set-up.
        let entry = unsafe { PluginEntry::load(plugin) }.expect("the plugin loads");
        let factory = entry.get_plugin_factory().expect("the plugin has a factory");
        assert!(factory.plugin_descriptors().count() > 0);
    })
}

fn instantiate(plugin: &Path) -> f64 {
    timed(|| Plugin::open(plugin).activate(RATE_HZ, 512))
}

fn steady() -> Script {
    Script::steady(RATE_HZ, 120.0, 0.0)
}

fn first_block(plugin: &Path) -> f64 {
    let mut instance = Plugin::open(plugin);
    instance.activate(RATE_HZ, 512);
    timed(|| {
        play(&mut instance, &steady(), Blocks::Of(512), Cut::Calls, 0..512);
    })
}

/// From nothing to the first block with sound in it, at the speed the plugin can render.
fn first_sound(plugin: &Path) -> f64 {
    timed(|| {
        let mut instance = Plugin::open(plugin);
        instance.activate(RATE_HZ, 512);
        let heard = (0..200u64).any(|block| {
            let range = block * 512..(block + 1) * 512;
            play(&mut instance, &steady(), Blocks::Of(512), Cut::Calls, range).recording.peak(0..512) > 1e-4
        });
        assert!(heard, "two seconds of silence");
    })
}

/// Resident memory of one more instance that has played a second.
fn instance_bytes(plugin: &Path) -> Option<u64> {
    let before = resident_bytes()?;
    let instances: Vec<Plugin> = (0..INSTANCES)
        .map(|_| {
            let mut instance = Plugin::open(plugin);
            instance.activate(RATE_HZ, 512);
            play(&mut instance, &steady(), Blocks::Of(512), Cut::Calls, 0..48_000);
            instance
        })
        .collect();
    let after = resident_bytes()?;
    drop(instances);
    Some(after.saturating_sub(before) / INSTANCES as u64)
}
