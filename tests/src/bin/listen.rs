//! Plays every instrument (or those named) and writes picture, sound and figure sheet of each, and an index.
//! Source: own. In/out: `listen FOLDER [ID…]`; `cargo xtask listen` starts it.

use cuewright_delivery::wav::WavWriter;
use cuewright_engine::instrument::{INSTRUMENTS, InstrumentRow};
use cuewright_tests::sheet::{self, RATE_HZ};
use cuewright_tests::{picture, voices};
use serde_json::{Value, json};
use std::fmt::Write;
use std::fs;
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Rounds of a cost: the best counts.
const ROUNDS: usize = 12;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((folder, wanted)) = arguments.split_first() else {
        return Err("usage: listen FOLDER [ID…]".into());
    };
    let folder = Path::new(folder);
    fs::create_dir_all(folder)?;
    if let Some(unknown) = wanted.iter().find(|id| cuewright_engine::instrument::find(id).is_none()) {
        return Err(format!("there is no instrument \"{unknown}\"").into());
    }
    for row in INSTRUMENTS.iter().filter(|row| wanted.is_empty() || wanted.iter().any(|id| id == row.id)) {
        let sheet = listen(row, folder)?;
        println!("{}", line(&sheet));
    }
    index(folder)
}

fn listen(row: &InstrumentRow, folder: &Path) -> Outcome<Value> {
    let sound = sheet::scene(row);
    let channels: [Vec<f32>; 2] = std::array::from_fn(|k| sound.iter().map(|frame| frame[k]).collect());
    picture::write_one(&folder.join(format!("{}.png", row.id)), &channels, RATE_HZ)?;
    let mut bytes = Vec::with_capacity(sound.len() * 8);
    sound.as_flattened().iter().for_each(|sample| bytes.extend(sample.to_le_bytes()));
    let mut writer = WavWriter::create(&folder.join(format!("{}.wav", row.id)), RATE_HZ as u32, 2)?;
    writer.write_bytes(&bytes)?;
    writer.finish()?;
    let mut sheet = sheet::measure(row);
    sheet["cost_ns"] = json!((voices::cost_ns(row, ROUNDS) * 10.0).round() / 10.0);
    sheet["budget_ns"] = json!(row.budget_ns);
    fs::write(folder.join(format!("{}.json", row.id)), serde_json::to_string_pretty(&sheet)? + "\n")?;
    Ok(sheet)
}

/// The figures that say most, in one line.
fn line(sheet: &Value) -> String {
    let figure = |path: &str| match sheet.pointer(path) {
        Some(Value::Number(number)) => number.to_string(),
        _ => "–".into(),
    };
    let worst = sheet["pitch_cents"].as_array().map_or("–".into(), |cents| {
        let worst =
            cents.iter().filter_map(Value::as_f64).fold(0.0f64, |a, b| if b.abs() > a.abs() { b } else { a });
        format!("{worst:+.2}")
    });
    let columns = [
        "/attack_ms",
        "/t60_held_s",
        "/t60_released_s",
        "/centroid_hz/pp",
        "/centroid_hz/ff",
        "/level_spread_db",
    ]
    .into_iter()
    .chain(["/crest_db", "/noise_db", "/mono_loss_db", "/seam", "/cost_ns"]);
    let mut line = format!("| {} | {worst} |", sheet["id"].as_str().unwrap_or_default());
    for path in columns {
        let _ = write!(line, " {} |", figure(path));
    }
    line
}

/// A page over all sheets in the folder.
fn index(folder: &Path) -> Outcome<()> {
    let mut page = String::from(
        "# What the instruments sound like\n\nWritten by `cargo xtask listen`. Each picture: five held notes from low to high, pp, mf, ff, a dark and a bright mood, a short note, an accent, a swell.\n\n",
    );
    page.push_str("| id | worst pitch, cents | attack 10–90 %, ms | T60 held, s | T60 released, s | centroid pp, Hz | ff | level spread over the range, dB | crest, dB | noise between harmonics, dB | mono loss, dB | seam (1 none) | ns per voice and frame |\n|");
    page.push_str(&"---|".repeat(13));
    page.push('\n');
    let sheets = INSTRUMENTS.iter().filter_map(|row| {
        let text = fs::read_to_string(folder.join(format!("{}.json", row.id))).ok()?;
        serde_json::from_str::<Value>(&text).ok()
    });
    let mut pictures = String::new();
    for sheet in sheets {
        let _ = writeln!(page, "{}", line(&sheet));
        let (id, doc) = (sheet["id"].as_str().unwrap_or_default(), sheet["doc"].as_str().unwrap_or_default());
        let _ = write!(
            pictures,
            "\n## {id}\n\n{doc}\n\n![{id}]({id}.png) [sound]({id}.wav) [figures]({id}.json)\n"
        );
    }
    fs::write(folder.join("index.md"), page + &pictures)?;
    Ok(())
}
