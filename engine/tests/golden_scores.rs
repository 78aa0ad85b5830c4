//! Frozen scores: what the composer writes for a dozen cues, one line per bar and note, so that a change shows in a diff.
//! `cargo xtask bless` writes them anew.

use cuewright_engine::compose::score_text;
use cuewright_engine::cue::{Cue, LanePoint, MeterChange, Mood, Palette};
use cuewright_engine::plan::Plan;
use std::path::Path;

fn plan(cue: &Cue) -> Plan {
    Plan::new(cue, &Palette::silence()).expect("a palette without instruments")
}

fn cue(seed: u64, tempo_bpm: f64, meter: (u8, u8), axes: [f32; 6]) -> Cue {
    let meters = vec![MeterChange { bar: 1, numerator: meter.0, denominator: meter.1, groups: Vec::new() }];
    Cue { seed, tempo_bpm, meters, mood: Mood::from_array(axes), ..Cue::default() }
}

fn cues() -> Vec<(&'static str, Cue)> {
    let mut arc = cue(21, 96.0, (4, 4), [0.0; 6]);
    let point = |bar, energy| LanePoint { bar, energy: Some(energy), ..Default::default() };
    arc.lane = vec![point(1.0, -0.8), point(12.0, 0.9)];
    let mut changes = cue(22, 104.0, (4, 4), [0.2, 0.3, 0.0, 0.2, 0.0, 0.0]);
    changes.meters.push(MeterChange { bar: 5, numerator: 7, denominator: 8, groups: vec![3, 2, 2] });
    changes.meters.push(MeterChange { bar: 9, numerator: 3, denominator: 4, groups: Vec::new() });
    vec![
        ("heroic", cue(1, 112.0, (4, 4), [0.6, 0.5, 0.0, 0.2, 0.4, 0.0])),
        ("tender", cue(2, 72.0, (3, 4), [0.5, -0.4, 0.0, 0.1, -0.5, 0.0])),
        ("wonder", cue(3, 84.0, (4, 4), [0.3, 0.0, 0.0, 0.9, 0.0, 0.0])),
        ("sad", cue(4, 66.0, (4, 4), [-0.3, -0.5, 0.0, 0.0, -0.3, 0.2])),
        ("epic", cue(5, 128.0, (4, 4), [0.0, 0.8, 0.0, 0.3, 0.9, 0.0])),
        ("mystery", cue(6, 80.0, (5, 4), [-0.3, -0.3, 0.5, 0.3, 0.0, 0.3])),
        ("menace", cue(7, 100.0, (7, 8), [-0.6, 0.5, 0.0, 0.0, 0.2, 0.5])),
        ("horror", cue(8, 70.0, (4, 4), [-0.8, 0.1, 0.6, 0.0, 0.0, 0.5])),
        ("neutral", cue(9, 92.0, (4, 4), [0.0; 6])),
        ("dance", cue(10, 120.0, (6, 8), [0.4, 0.3, 0.0, 0.0, 0.0, 0.0])),
        ("arc", arc),
        ("meters", changes),
    ]
}

#[test]
fn scores_are_as_they_were() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let bless = std::env::var_os("CUEWRIGHT_BLESS").is_some();
    let mut changed = Vec::new();
    for (name, cue) in cues() {
        let path = folder.join(format!("{name}.txt"));
        let text = score_text(&plan(&cue), 0..12);
        if bless {
            std::fs::write(&path, &text).expect("the golden folder can be written");
        }
        let frozen = std::fs::read_to_string(&path).unwrap_or_default();
        if frozen != text {
            let line = frozen.lines().zip(text.lines()).position(|(a, b)| a != b);
            changed.push(format!("{name}: differs from line {}", line.map_or(0, |n| n + 1)));
        }
    }
    assert!(changed.is_empty(), "{}\n`cargo xtask bless` accepts the new music", changed.join("\n"));
}

#[test]
fn two_cues_never_make_one_score() {
    let texts: Vec<String> = cues().iter().map(|(_, cue)| score_text(&plan(cue), 0..12)).collect();
    for (i, text) in texts.iter().enumerate() {
        assert!(texts[..i].iter().all(|other| other != text));
    }
}
