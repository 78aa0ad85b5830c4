//! What every row of the instrument table must do, whatever it sounds like.

use super::measure::*;
use super::*;
use crate::dsp::filter::Cascade;
use crate::dsp::simd;
use crate::units::{QUANTUM, SILENCE_GAIN};

const RATE_HZ: f64 = 48_000.0;
const NEUTRAL: Timbre = Timbre {
    mood: Mood { valence: 0.0, energy: 0.0, tension: 0.0, wonder: 0.0, scale: 0.0, darkness: 0.0 },
    tension: 0.0,
    brightness_octaves: 0.0,
    humanise: 0.0,
};

fn note(id: u32, pitch: f32) -> NoteOn {
    NoteOn { id, pitch, velocity: 0.7, place: 0x5EED ^ (u64::from(id) << 20), ..NoteOn::REST }
}

#[test]
fn rows_have_unique_short_ids_and_say_what_they_are() {
    for (index, row) in INSTRUMENTS.iter().enumerate() {
        assert_eq!(find(row.id), Some(index), "{} stands twice", row.id);
        let legal = |b: u8| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit();
        assert!(row.id.len() <= 12 && row.id.bytes().all(legal), "{}", row.id);
        assert!(!row.name.is_empty() && row.doc.ends_with('.') && row.doc.len() > 20, "{}", row.id);
        assert!(!row.source.is_empty() && row.pitch_range.0 < row.pitch_range.1, "{}", row.id);
        assert!(row.voices >= 1 && row.tail_s > 0.0, "{}", row.id);
        assert!(row.limit_ns > 0.0 && row.limit_ns < row.budget_ns, "{}: {} ns", row.id, row.limit_ns);
    }
}

#[test]
fn a_note_sounds_is_bounded_and_ends_within_its_tail() {
    for row in INSTRUMENTS {
        for part in [0.0, 0.5, 1.0] {
            let mut instrument = build(row, RATE_HZ);
            let event = Event { start_s: 0.1, length_s: 0.8, note: note(1, pitch_at(row, part)) };
            let sound = perform(instrument.as_mut(), RATE_HZ, 0, &[event], &NEUTRAL, 0.9 + row.tail_s);
            let loudest = peak(&sound);
            assert!(loudest > 0.003 && loudest < 0.9, "{}: peak {loudest}", row.id);
            assert!(sound.as_flattened().iter().all(|x| x.is_finite()), "{}", row.id);
            let after = perform(instrument.as_mut(), RATE_HZ, 0, &[], &NEUTRAL, 0.1);
            assert!(peak(&after) <= SILENCE_GAIN, "{} at {part}: {} is left", row.id, peak(&after));
            assert!(!instrument.render_add(&mut Stereo::SILENCE.clone()), "{} never ends", row.id);
        }
    }
}

#[test]
fn pitched_instruments_are_in_tune() {
    let mut wrong = Vec::new();
    for row in INSTRUMENTS.iter().filter(|row| row.pitched) {
        for part in [0.2, 0.5, 0.8] {
            let pitch = pitch_at(row, part);
            // Players beat, drift and sway: the mean over notes is what is in tune.
            let of_note = |id: u32| {
                let sound = play(row, RATE_HZ, note(100 + id, pitch), 2.5, &NEUTRAL, 2.5);
                let steady = &sound[(0.3 * RATE_HZ) as usize..];
                // A note that is gone by then is measured after its attack.
                let dead = power(steady) < 1e-4 * power(&sound[..(0.3 * RATE_HZ) as usize]);
                let early = &sound[(0.02 * RATE_HZ) as usize..(0.5 * RATE_HZ) as usize];
                cents_off(if dead { early } else { steady }, pitch, RATE_HZ)
            };
            let cents = (0..8).map(of_note).sum::<f64>() / 8.0;
            if cents.is_nan() || cents.abs() > 3.0 {
                wrong.push(format!("{} at {pitch}: {cents:.2} cents", row.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn held_notes_keep_the_level_plan() {
    let mut wrong = Vec::new();
    for row in INSTRUMENTS.iter().filter(|row| row.playing.held) {
        let sound = play(row, RATE_HZ, note(5, pitch_at(row, 0.5)), 3.0, &NEUTRAL, 3.0);
        // -30 dB for one, -28 for an ensemble; a plucked synthesiser or a swelling pad peaks a little above.
        let level = loudest_db(&sound, RATE_HZ);
        if !(-33.0..=-24.0).contains(&level) {
            wrong.push(format!("{}: {level:.1} dB", row.id));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn loudness_stays_within_6_db_over_the_range() {
    let mut wrong = Vec::new();
    for row in INSTRUMENTS {
        let levels = [0.1, 0.3, 0.5, 0.7, 0.9].map(|part| {
            // Single notes beat: the mean of some is what a part sounds like.
            let of_note = |id: u32| {
                let sound = play(row, RATE_HZ, note(5 + id, pitch_at(row, part)), 2.0, &NEUTRAL, 2.0);
                loudness_db(&sound, RATE_HZ)
            };
            (0..4).map(of_note).sum::<f64>() / 4.0
        });
        let (low, high) = levels.iter().fold((f64::MAX, f64::MIN), |(a, b), &x| (a.min(x), b.max(x)));
        if high - low > 6.0 {
            wrong.push(format!("{}: {levels:.1?} dB", row.id));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn velocity_keeps_its_law() {
    let mut wrong = Vec::new();
    for row in INSTRUMENTS {
        let level = |velocity: f32| {
            let note = NoteOn { velocity, ..note(7, pitch_at(row, 0.5)) };
            loudest_db(&play(row, RATE_HZ, note, 1.0, &NEUTRAL, 1.0), RATE_HZ)
        };
        let rise_db = level(0.9) - level(0.5);
        // Force opens the sound as well, and a driven one gives way: 2.5 dB of a rise of ten.
        if (rise_db - 0.4 * f64::from(row.playing.velocity_db)).abs() > 2.5 {
            wrong.push(format!("{}: {rise_db:.1} dB", row.id));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn articulations_are_those_of_the_row() {
    use Articulation::{Accent, Glissando, Legato, Short, Sustain, Swell, Tremolo};
    let mut wrong = Vec::new();
    for row in INSTRUMENTS {
        let sound = |articulation, glide_from| {
            let note = NoteOn { articulation, glide_from, ..note(3, pitch_at(row, 0.5)) };
            play(row, RATE_HZ, note, 0.5, &NEUTRAL, 0.7)
        };
        let from = Some(pitch_at(row, 0.5) + 1.0);
        for articulation in [Short, Legato, Accent, Tremolo, Swell, Glissando] {
            let told = row.playing.articulations.contains(&articulation);
            let from = from.filter(|_| articulation == Glissando);
            if told == (sound(articulation, from) == sound(Sustain, from)) {
                wrong.push(format!(
                    "{}: {articulation:?} is {}in its row",
                    row.id,
                    if told { "" } else { "not " }
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn brightness_is_heard_when_the_row_says() {
    let mut wrong = Vec::new();
    for row in INSTRUMENTS {
        let turned = |brightness_octaves: f32| {
            let mut instrument = build(row, RATE_HZ);
            let event = Event { start_s: 0.0, length_s: 2.0, note: note(4, pitch_at(row, 0.5)) };
            perform(instrument.as_mut(), RATE_HZ, 0, &[event], &NEUTRAL, 0.4);
            let bright = Timbre { brightness_octaves, ..NEUTRAL };
            perform(instrument.as_mut(), RATE_HZ, 0, &[], &bright, 0.4)
        };
        let opens = brightness(&turned(1.2)) > 1.002 * brightness(&turned(-1.2));
        if opens != (row.playing.brightness == Brightness::Always) {
            wrong.push(row.id);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn mono_keeps_what_stereo_has() {
    let mut wrong = Vec::new();
    for row in INSTRUMENTS {
        let sound = play(row, RATE_HZ, note(6, pitch_at(row, 0.5)), 1.5, &NEUTRAL, 1.5);
        let folded: Sound = sound.iter().map(|[left, right]| [0.5 * (left + right); 2]).collect();
        let loss_db = power_db(power(&sound)) - power_db(power(&folded));
        let mean = folded.iter().map(|frame| f64::from(frame[0])).sum::<f64>() / folded.len() as f64;
        let offset_db = power_db(mean * mean);
        // MUSIC 9 #17: at most 1.5 dB, no offset above -80 dB; the mean of a drum's few turns is no offset.
        if loss_db > 1.5 || (row.playing.held && offset_db > -80.0) {
            wrong.push(format!("{}: {loss_db:.2} dB lost, offset {offset_db:.1} dB", row.id));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn louder_keys_are_louder_and_brighter_moods_are_brighter() {
    let mut wrong = Vec::new();
    for row in INSTRUMENTS {
        let pitch = pitch_at(row, 0.5);
        let levels = [0.0, 0.25, 0.5, 0.75, 1.0].map(|velocity| {
            let sound = play(row, RATE_HZ, NoteOn { velocity, ..note(7, pitch) }, 1.0, &NEUTRAL, 1.0);
            loudest_db(&sound, RATE_HZ)
        });
        if levels.windows(2).any(|pair| pair[1] <= pair[0] + 0.5) {
            wrong.push(format!("{}: velocity gives {levels:.1?} dB", row.id));
        }
        let colours = [-1.2, 0.0, 1.2].map(|brightness_octaves| {
            let timbre = Timbre { brightness_octaves, ..NEUTRAL };
            brightness(&play(row, RATE_HZ, note(7, pitch), 1.0, &timbre, 1.0))
        });
        if colours.windows(2).any(|pair| pair[1] < pair[0] * 1.002) {
            wrong.push(format!("{}: brightness gives {colours:.4?}", row.id));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What is left below 10 kHz: what lies beyond hearing depends on the rate by right.
fn audible(sound: Sound, rate_hz: f64) -> Sound {
    let mut filter = Cascade::default();
    let mut heard = Vec::with_capacity(sound.len());
    for frames in sound.chunks_exact(QUANTUM) {
        let mut block = Stereo { channels: [0, 1].map(|k| std::array::from_fn(|t| frames[t][k])) };
        filter.set_low(10_000.0, [0.54, 1.3], rate_hz as f32);
        filter.process(&mut block);
        heard.extend((0..QUANTUM).map(|t| [block.channels[0][t], block.channels[1][t]]));
    }
    heard
}

#[test]
fn sample_rates_agree_in_level_and_pitch() {
    let mut wrong = Vec::new();
    for row in INSTRUMENTS {
        let pitch = pitch_at(row, 0.5);
        // Noise is another noise at another rate: only its level can agree, and that within its own chance.
        let tolerance_db = if row.playing.held { 1.0 } else { 2.0 };
        let level = |rate_hz: f64| {
            let sound = audible(play(row, rate_hz, note(9, pitch), 1.5, &NEUTRAL, 1.5), rate_hz);
            let steady = &sound[(0.3 * rate_hz) as usize..];
            // In eighths of a second: how it comes and goes.
            let envelope: Vec<f64> =
                sound.chunks((0.125 * rate_hz) as usize).map(|part| power_db(power(part))).collect();
            (power_db(power(&sound)), cents_off(steady, pitch, rate_hz), envelope)
        };
        let (expected_db, expected_cents, expected_envelope) = level(RATE_HZ);
        for rate_hz in [44_100.0, 96_000.0, 192_000.0] {
            let (db, cents, envelope) = level(rate_hz);
            let parts = envelope.iter().zip(&expected_envelope).take(11).enumerate();
            for (part, (db, expected)) in parts.filter(|(_, (_, expected))| **expected > -60.0) {
                if (db - expected).abs() > 2.0 * tolerance_db {
                    wrong.push(format!(
                        "{} at {rate_hz} Hz, eighth {part}: {db:.2} dB, not {expected:.2}",
                        row.id
                    ));
                }
            }
            if (db - expected_db).abs() > tolerance_db {
                wrong.push(format!("{} at {rate_hz} Hz: {db:.2} dB, not {expected_db:.2}", row.id));
            }
            if row.playing.held && (cents - expected_cents).abs() > 1.5 {
                wrong.push(format!("{} at {rate_hz} Hz: {cents:.2} cents, not {expected_cents:.2}", row.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn notes_have_no_seams_between_blocks_and_end_without_a_step() {
    let mut wrong = Vec::new();
    for row in INSTRUMENTS {
        let sound = play(row, RATE_HZ, note(11, pitch_at(row, 0.3)), 0.7, &NEUTRAL, 0.7 + row.tail_s);
        let body = &sound[(0.06 * RATE_HZ) as usize / QUANTUM * QUANTUM..(0.7 * RATE_HZ) as usize];
        let release = &sound[(0.7 * RATE_HZ) as usize / QUANTUM * QUANTUM..];
        for (what, part) in [("held", body), ("released", release)] {
            let ratio = edge_ratio(part);
            if ratio > 2.0 && peak(part) > 1e-3 {
                wrong.push(format!("{} {what}: edges {ratio:.2} times as rough as the rest", row.id));
            }
        }
        let last = sound.iter().rposition(|frame| frame != &[0.0; 2]).unwrap_or(0);
        if peak(&sound[last..=last]) > 2.0 * SILENCE_GAIN {
            wrong.push(format!("{} ends at {}", row.id, peak(&sound[last..=last])));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The hardest blow there is takes half a millisecond (a bare stick on metal), and its force rises and falls as half a sine:
/// a frame after it has begun it stands at sin(π/24) of its height. What begins with a larger step was never struck, bowed
/// or blown: it is a click.
const FIRST_STEP: f32 = 0.1305;

#[test]
fn notes_start_without_a_click() {
    let mut wrong = Vec::new();
    for row in INSTRUMENTS {
        for (id, part) in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0].into_iter().enumerate() {
            for velocity in [0.1, 0.7, 1.0] {
                let note = NoteOn { velocity, ..note(40 + id as u32, pitch_at(row, part)) };
                let sound = play(row, RATE_HZ, note, 0.1, &NEUTRAL, 0.1);
                let Some(first) = sound.iter().position(|frame| frame != &[0.0; 2]) else { continue };
                let reached = peak(&sound[first..(first + 480).min(sound.len())]);
                let step = peak(&sound[first..=first]);
                if step > FIRST_STEP * reached {
                    wrong.push(format!(
                        "{} at {part}, velocity {velocity}: {:.3} of what it comes to",
                        row.id,
                        step / reached
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn stealing_and_sudden_ends_do_not_click() {
    for row in INSTRUMENTS.iter().filter(|row| row.playing.held) {
        let events: Vec<Event> = (0..3 * row.voices as u32)
            .map(|id| Event {
                start_s: 0.5 * f32::from(id >= row.voices as u32) + 0.011 * id as f32,
                length_s: 30.0,
                note: note(id, pitch_at(row, 0.3 + 0.2 * (id % 3) as f32)),
            })
            .collect();
        let mut instrument = build(row, RATE_HZ);
        let sound = perform(instrument.as_mut(), RATE_HZ, 0, &events, &NEUTRAL, 1.6);
        instrument.release_all();
        let end = perform(instrument.as_mut(), RATE_HZ, 0, &[], &NEUTRAL, 0.3);
        // While no voice is stolen, all of them sound: nothing later may be steeper than that and one attack more.
        let before =
            steepest(&sound[..(0.5 * RATE_HZ) as usize]).max(steepest(&sound[(1.5 * RATE_HZ) as usize..]));
        for (what, part) in [("stolen", &sound[(0.5 * RATE_HZ) as usize..]), ("ended", &end[..])] {
            let after = steepest(part);
            assert!(after < 2.0 * before + 0.01, "{} {what}: {before} before, {after} after", row.id);
        }
    }
}

#[test]
fn a_note_off_right_after_its_note_on_ends_it() {
    for row in INSTRUMENTS {
        for length_s in [0.0, 0.000_5, 0.004] {
            let sound = play(row, RATE_HZ, note(2, pitch_at(row, 0.5)), length_s, &NEUTRAL, row.tail_s + 0.1);
            assert!(sound.as_flattened().iter().all(|x| x.is_finite()));
            assert!(
                peak(&sound[sound.len() - 64..]) <= SILENCE_GAIN,
                "{} hangs after {length_s} s: {}",
                row.id,
                peak(&sound[sound.len() - 64..])
            );
        }
    }
}

#[test]
fn hostile_notes_and_rates_stay_finite() {
    let odd = [f32::NAN, f32::INFINITY, -100.0, 300.0, 0.0, 1.0e30];
    for row in INSTRUMENTS {
        for rate_hz in [1_000.0, 44_100.5, 768_000.0] {
            let mut instrument = build(row, rate_hz);
            for (id, &value) in odd.iter().enumerate() {
                instrument.note_on(&NoteOn {
                    id: id as u32,
                    pitch: value,
                    velocity: [0.0, value, 1.0][id % 3],
                    offset: [31, 0, 4_000][id % 3],
                    length_s: value,
                    glide_from: Some(value),
                    articulation: [
                        Articulation::Swell,
                        Articulation::Accent,
                        Articulation::Legato,
                        Articulation::Glissando,
                    ][id % 4],
                    place: u64::MAX - id as u64,
                });
            }
            let extreme = Timbre { tension: 1.0, brightness_octaves: 4.0, humanise: 1.0, ..NEUTRAL };
            let seconds = (20_000.0 / rate_hz).min(3.0) as f32;
            for timbre in [extreme, Timbre { tension: -1.0, brightness_octaves: -4.0, ..extreme }] {
                let sound = perform(instrument.as_mut(), rate_hz, 0, &[], &timbre, seconds);
                let loudest = peak(&sound);
                assert!(sound.as_flattened().iter().all(|x| x.is_finite()), "{} at {rate_hz} Hz", row.id);
                assert!(loudest < 24.0, "{} at {rate_hz} Hz: {loudest}", row.id);
            }
            instrument.note_off(99, 40);
            instrument.release_all();
        }
    }
}

fn melody(row: &InstrumentRow) -> Vec<Event> {
    (0..5)
        .map(|id| Event {
            start_s: 0.013 + 0.09 * id as f32,
            length_s: 0.15,
            note: note(20 + id, pitch_at(row, 0.2 + 0.15 * id as f32)),
        })
        .collect()
}

#[test]
fn reset_equals_fresh() {
    for row in INSTRUMENTS {
        let mut used = build(row, RATE_HZ);
        let dirt = Timbre { tension: 0.8, brightness_octaves: 1.0, humanise: 0.5, ..NEUTRAL };
        perform(used.as_mut(), RATE_HZ, 7, &melody(row), &dirt, 0.4);
        used.reset();
        let mut fresh = build(row, RATE_HZ);
        let again = perform(used.as_mut(), RATE_HZ, 0, &melody(row), &NEUTRAL, 0.6);
        let first = perform(fresh.as_mut(), RATE_HZ, 0, &melody(row), &NEUTRAL, 0.6);
        assert!(again == first, "{} remembers what was played before a reset", row.id);
    }
}

#[test]
fn the_quantum_grid_cannot_be_heard() {
    for row in INSTRUMENTS {
        let at = |delay: usize| {
            let mut instrument = build(row, RATE_HZ);
            perform(instrument.as_mut(), RATE_HZ, delay, &melody(row), &NEUTRAL, 0.6).split_off(delay)
        };
        let (first, shifted) = (at(0), at(13));
        let frames = first.len().min(shifted.len());
        assert!(first[..frames] == shifted[..frames], "{} depends on the quantum grid", row.id);
    }
}

#[test]
fn every_vector_level_gives_the_same_bits() {
    // Levels that were not taken would prove nothing.
    let taken = simd::CHOICES.map(|choice| {
        simd::force(choice);
        format!("{:?}", simd::level())
    });
    if cfg!(target_arch = "x86_64") && simd::Level::new().as_avx2().is_some() {
        assert!(taken[0] != taken[1] && taken[1] != taken[2] && taken[0] != taken[2], "{taken:?}");
    }
    for row in INSTRUMENTS {
        let mut first: Option<Sound> = None;
        for choice in simd::CHOICES {
            simd::force(choice);
            let mut instrument = build(row, RATE_HZ);
            let sound = perform(instrument.as_mut(), RATE_HZ, 0, &melody(row), &NEUTRAL, 0.5);
            assert!(first.get_or_insert(sound.clone()) == &sound, "{} differs at {choice:?}", row.id);
        }
        simd::force(simd::Choice::Best);
    }
}
