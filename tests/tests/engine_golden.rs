//! Every factory cue sounds as it did: a fingerprint of eight bars, and descriptors that say how far a change goes.
//! Source: STYLE 3.4. Verdicts: SAME, CHANGED (within tolerance; accept with `cargo xtask bless`), BROKEN.

use cuewright_engine::cue::factory;
use cuewright_tests::hash::Fingerprint;
use cuewright_tests::rig::{Blocks, Recording, Script, play};
use cuewright_tests::{built, cues, spectrum};
use serde_json::{Value, json};
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

const RATE_HZ: f64 = 48_000.0;
const BARS: f64 = 8.0;

fn path() -> PathBuf {
    built::root().join("tests/golden/cues.json")
}

/// Fingerprints and descriptors of every factory cue, from its ninth bar on, where all its layers have come in.
fn present() -> &'static Value {
    static PRESENT: OnceLock<Value> = OnceLock::new();
    PRESENT.get_or_init(render_all)
}

fn render_all() -> Value {
    let mut table = serde_json::Map::new();
    for factory in factory::cues() {
        let cue = &factory.cue;
        let plan = cues::plan(cue);
        let (start, end) = (plan.grid.bar(8).start, plan.grid.bar(8 + BARS as i64).start);
        let (mut engine, mut handle) = cues::engine(cue, RATE_HZ);
        let frames = ((end - start) * 60.0 / cue.tempo_bpm * RATE_HZ) as u64;
        let script = Script::steady(RATE_HZ, cue.tempo_bpm, start);
        let heard = play(&mut engine, &mut handle, &script, &mut Blocks::Of(1_024), 0..frames);
        table.insert(factory.id.into(), describe(&heard));
    }
    Value::Object(table)
}

fn describe(heard: &Recording) -> Value {
    let mut score = Fingerprint::default();
    let mut lines: Vec<String> =
        heard.notes.iter().map(|(note, frame)| format!("{frame:09} {note:?}")).collect();
    lines.sort();
    lines.iter().for_each(|line| score.add_bytes(line.as_bytes()));
    let round = |value: f64| (value * 100.0).round() / 100.0;
    let rms_db = |channels: &[Vec<f32>; 2]| {
        let power: f64 = channels.iter().flatten().map(|&x| f64::from(x) * f64::from(x)).sum();
        round(10.0 * (power / (2 * channels[0].len()) as f64 + 1e-12).log10())
    };
    json!({
        "audio": heard.hash(),
        "score": score.finish(),
        "notes": heard.notes.len(),
        "rms_db": rms_db(&heard.mix),
        "stems_rms_db": heard.stems.iter().map(rms_db).collect::<Vec<_>>(),
        "peak": round(f64::from(heard.peak(0..heard.frames()))),
        "centroid_hz": spectrum::centroid_hz(&heard.mix[0], RATE_HZ).round(),
    })
}

/// What a cue's change amounts to.
fn verdict(old: &Value, new: &Value) -> &'static str {
    if old["audio"] == new["audio"] {
        return "SAME";
    }
    let apart = |key: &str| (old[key].as_f64().unwrap_or(1e9) - new[key].as_f64().unwrap_or(-1e9)).abs();
    let centroid = apart("centroid_hz") / new["centroid_hz"].as_f64().unwrap_or(1.0).max(1.0);
    if apart("rms_db") < 2.0 && centroid < 0.15 { "CHANGED" } else { "BROKEN" }
}

#[test]
fn factory_cues_sound_as_they_did() {
    let now = present();
    if std::env::var_os("CUEWRIGHT_BLESS").is_some() {
        fs::create_dir_all(path().parent().unwrap()).unwrap();
        fs::write(path(), serde_json::to_string_pretty(now).unwrap() + "\n").unwrap();
        return;
    }
    let text = fs::read_to_string(path()).unwrap_or_else(|_| "{}".into());
    let old: Value = serde_json::from_str(&text).unwrap();
    let mut report = String::new();
    for (id, new) in now.as_object().unwrap() {
        let verdict = verdict(&old[id], new);
        if verdict != "SAME" {
            let _ = writeln!(report, "{verdict:8} {id}\n   was {}\n   is  {new}", old[id]);
        }
    }
    for id in old.as_object().unwrap().keys().filter(|id| now.get(id).is_none()) {
        let _ = writeln!(report, "GONE     {id}");
    }
    assert!(report.is_empty(), "sounds changed; if that is meant, run `cargo xtask bless`:\n{report}");
}

#[test]
fn factory_cues_are_healthy_and_differ() {
    let now = present();
    let table = now.as_object().unwrap();
    assert!(table.len() >= 3);
    for (id, cue) in table {
        let (rms_db, peak) = (cue["rms_db"].as_f64().unwrap(), cue["peak"].as_f64().unwrap());
        assert!((-45.0..-8.0).contains(&rms_db), "{id}: {rms_db} dB");
        assert!(peak < 2.0, "{id} peaks at {peak}");
        let alike = table.iter().filter(|(_, other)| other["audio"] == cue["audio"]).count();
        assert_eq!(alike, 1, "{id} sounds like another cue");
    }
}
