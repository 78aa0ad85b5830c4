//! The figure sheet of an instrument: what can be measured of how it sounds, to set beside what it should be.
//! Source: pitch, attack, decay and level as in the engine's `measure`; centroid Grey & Gordon (1978); crest and mono loss
//! as broadcasters read them. In/out: a row of the table in, a JSON object and the sound it was read from out.

use crate::spectrum::{self, centroid_hz};
use cuewright_engine::instrument::measure::{
    Event, Sound, attack_ms, build, cents_off, course, edge_ratio, loudest_db, loudness_db, peak, perform,
    pitch_at, play, power, power_db, t60_s,
};
use cuewright_engine::instrument::{InstrumentRow, NoteOn, Timbre};
use cuewright_engine::note::Articulation;
use cuewright_engine::units::QUANTUM;
use serde_json::{Value, json};

/// Rate everything here is played at.
pub const RATE_HZ: f64 = 48_000.0;

/// Places in the range at which notes are played.
const PLACES: [f32; 5] = [0.1, 0.3, 0.5, 0.7, 0.9];

/// Velocities called pp, mf and ff.
const DYNAMICS: [(&str, f32); 3] = [("pp", 0.25), ("mf", 0.6), ("ff", 0.95)];

/// Notes averaged for a pitch: players drift and sway.
const NOTES: u32 = 8;

fn note(id: u32, pitch: f32, velocity: f32) -> NoteOn {
    NoteOn { id, pitch, velocity, place: 0x5EED ^ (u64::from(id) << 20), ..NoteOn::REST }
}

fn single(row: &InstrumentRow, pitch: f32, velocity: f32, length_s: f32, total_s: f32) -> Sound {
    play(row, RATE_HZ, note(7, pitch, velocity), length_s, &Timbre::default(), total_s)
}

fn mono(sound: &[[f32; 2]]) -> Vec<f32> {
    sound.iter().map(|[left, right]| 0.5 * (left + right)).collect()
}

fn seconds(sound: &[[f32; 2]], from_s: f64, to_s: f64) -> &[[f32; 2]] {
    let at = |time_s: f64| ((time_s * RATE_HZ) as usize).min(sound.len());
    &sound[at(from_s)..at(to_s)]
}

fn rounded(x: f64) -> Value {
    json!((x * 100.0).round() / 100.0)
}

/// Everything measured of one instrument.
pub fn measure(row: &InstrumentRow) -> Value {
    let middle = pitch_at(row, 0.5);
    let held = single(row, middle, 0.7, 3.0, 3.0 + row.tail_s.min(12.0));
    let mut sheet = json!({
        "id": row.id,
        "name": row.name,
        "doc": row.doc,
        "source": row.source,
        "range": [row.pitch_range.0, row.pitch_range.1],
    });
    sheet["pitch_cents"] = if row.pitched { pitches(row) } else { Value::Null };
    times(row, middle, &held, &mut sheet);
    dynamics(row, middle, &mut sheet);
    across(row, &mut sheet);
    quality(row, middle, &held, &mut sheet);
    sheet
}

/// Distance from the pitch over the range: the mean of several notes each.
fn pitches(row: &InstrumentRow) -> Value {
    let cents = PLACES.map(|part| {
        let pitch = pitch_at(row, part);
        let of_note = |id: u32| {
            let sound = play(row, RATE_HZ, note(100 + id, pitch, 0.7), 2.5, &Timbre::default(), 2.5);
            let steady = seconds(&sound, 0.3, 2.5);
            let gone = power(steady) < 1e-4 * power(seconds(&sound, 0.0, 0.3));
            cents_off(if gone { seconds(&sound, 0.02, 0.5) } else { steady }, pitch, RATE_HZ)
        };
        rounded((0..NOTES).map(of_note).sum::<f64>() / f64::from(NOTES))
    });
    json!(cents)
}

/// Attack and decay of a held note, release of one let go, and how late a short note peaks.
fn times(row: &InstrumentRow, middle: f32, held: &Sound, sheet: &mut Value) {
    let hz = 440.0 * ((f64::from(middle) - 69.0) / 12.0).exp2();
    // A window of one period, or the course would follow the wave itself.
    let window_s = if row.pitched { (1.0 / hz).max(0.003) } else { 0.003 };
    let whole = course(held, window_s, RATE_HZ);
    let let_go = (3.0 / cuewright_engine::instrument::measure::STEP_S) as usize;
    let (attack, top) = attack_ms(&whole[..let_go]);
    sheet["attack_ms"] = rounded(attack);
    sheet["top_ms"] = rounded(top);
    let wide = course(held, window_s.max(0.03), RATE_HZ);
    sheet["t60_held_s"] = t60_s(&wide[..let_go]).map_or(Value::Null, rounded);
    sheet["t60_released_s"] = t60_s(&wide[let_go..]).map_or(Value::Null, rounded);
    let short = NoteOn { articulation: Articulation::Short, ..note(9, middle, 0.8) };
    let short = play(row, RATE_HZ, short, 0.12, &Timbre::default(), 0.6);
    sheet["short_top_ms"] = rounded(attack_ms(&course(&short, window_s, RATE_HZ)).1);
}

fn dynamics(row: &InstrumentRow, middle: f32, sheet: &mut Value) {
    for (name, velocity) in DYNAMICS {
        let sound = single(row, middle, velocity, 1.5, 1.5);
        sheet["centroid_hz"][name] = json!(centroid_hz(&mono(&sound), RATE_HZ).round());
        sheet["level_db"][name] = rounded(loudest_db(&sound, RATE_HZ));
    }
}

fn across(row: &InstrumentRow, sheet: &mut Value) {
    let levels = PLACES.map(|part| loudness_db(&single(row, pitch_at(row, part), 0.7, 2.0, 2.0), RATE_HZ));
    let (low, high) = levels.iter().fold((f64::MAX, f64::MIN), |(a, b), &x| (a.min(x), b.max(x)));
    sheet["level_across_db"] = json!(levels.map(rounded));
    sheet["level_spread_db"] = rounded(high - low);
}

/// Crest, noise between the harmonics, what mono loses, seams, and what is left at the end.
fn quality(row: &InstrumentRow, middle: f32, held: &Sound, sheet: &mut Value) {
    let steady = seconds(held, 0.3, 2.8);
    let loud = if power(steady) > 1e-9 { steady } else { seconds(held, 0.0, 0.3) };
    let crest = 20.0 * f64::from(peak(loud)).log10() - power_db(power(loud));
    sheet["crest_db"] = rounded(crest);
    sheet["noise_db"] = if row.pitched { rounded(noise_db(&mono(loud), middle)) } else { Value::Null };
    let folded: Vec<[f32; 2]> = mono(loud).iter().map(|&x| [x, x]).collect();
    sheet["mono_loss_db"] = rounded(power_db(power(loud)) - power_db(power(&folded)));
    let start = (0.06 * RATE_HZ) as usize / QUANTUM * QUANTUM;
    sheet["seam"] = rounded(edge_ratio(&held[start..(3.0 * RATE_HZ) as usize / QUANTUM * QUANTUM]));
    let last = held.iter().rposition(|frame| frame != &[0.0; 2]).unwrap_or(0);
    sheet["end_step_db"] = rounded(20.0 * f64::from(peak(&held[last..=last]).max(1e-10)).log10());
    sheet["offset_db"] = rounded(power_db(
        (mono(loud).iter().map(|&x| f64::from(x)).sum::<f64>() / loud.len() as f64).powi(2),
    ));
}

/// Power farther than a quarter of the pitch from every harmonic, against all of it, dB.
fn noise_db(samples: &[f32], pitch: f32) -> f64 {
    let hz = 440.0 * ((f64::from(pitch) - 69.0) / 12.0).exp2();
    let (mut between, mut all) = (0.0f64, 1e-20f64);
    for frame in spectrum::frames(samples, spectrum::WINDOW / 2) {
        for (bin, &level) in frame.iter().enumerate().skip(4) {
            let harmonic = bin as f64 * RATE_HZ / spectrum::WINDOW as f64 / hz;
            all += f64::from(level);
            // Half-harmonics are tones as well (an organ's sixteen-foot rank).
            if (2.0 * harmonic - (2.0 * harmonic).round()).abs() > 0.4 {
                between += f64::from(level);
            }
        }
    }
    power_db(between / all)
}

/// What a picture is drawn of: held notes over the range; three dynamics; a dark and a bright mood; a short note, an
/// accent and a swell. A second of silence lies between them.
pub fn scene(row: &InstrumentRow) -> Sound {
    let middle = pitch_at(row, 0.5);
    let mut shots: Vec<(NoteOn, f32, f32)> = Vec::new();
    let of = |pitch, velocity, articulation| NoteOn { articulation, ..note(1, pitch, velocity) };
    for part in PLACES {
        shots.push((of(pitch_at(row, part), 0.7, Articulation::Sustain), 2.5, 0.0));
    }
    for (_, velocity) in DYNAMICS {
        shots.push((of(middle, velocity, Articulation::Sustain), 1.5, 0.0));
    }
    for brightness in [-1.2, 1.2] {
        shots.push((of(middle, 0.7, Articulation::Sustain), 1.5, brightness));
    }
    shots.push((of(middle, 0.8, Articulation::Short), 0.15, 0.0));
    shots.push((of(middle, 0.8, Articulation::Accent), 0.3, 0.0));
    shots.push((of(middle, 0.8, Articulation::Swell), 2.0, 0.0));
    let mut sound = vec![[0.0; 2]; (0.2 * RATE_HZ) as usize];
    for (note, length_s, brightness_octaves) in shots {
        let timbre = Timbre { brightness_octaves, ..Timbre::default() };
        let mut instrument = build(row, RATE_HZ);
        let event = Event { start_s: 0.0, length_s, note };
        let mut shot = perform(instrument.as_mut(), RATE_HZ, 0, &[event], &timbre, length_s + 1.0);
        // What still rings leaves softly, or the picture would show an edge that the instrument has not.
        let (end, fade) = (shot.len(), (0.05 * RATE_HZ) as usize);
        for (n, frame) in shot[end - fade..].iter_mut().enumerate() {
            *frame = frame.map(|x| x * (1.0 - n as f32 / fade as f32));
        }
        sound.extend(shot);
    }
    sound
}

#[cfg(test)]
mod tests {
    use super::*;
    use cuewright_engine::instrument::{INSTRUMENTS, find};

    #[test]
    fn a_sheet_says_what_a_glockenspiel_is() {
        let sheet = measure(&INSTRUMENTS[find("glock").expect("a row")]);
        let figure = |path: &str| sheet.pointer(path).and_then(Value::as_f64).expect(path);
        assert!(figure("/attack_ms") < 20.0 && figure("/t60_held_s") > 0.3, "{sheet}");
        assert!(figure("/centroid_hz/ff") > figure("/centroid_hz/pp"), "{sheet}");
        assert!(figure("/level_db/ff") > figure("/level_db/pp") + 6.0, "{sheet}");
    }
}
