//! What every row of the instrument table must do, whatever it sounds like.

use super::*;
use crate::units::QUANTUM;

const RATE_HZ: f64 = 48_000.0;

/// Plays notes given as (start s, length s, note) and `total_s` of sound.
fn play(
    row: &InstrumentRow,
    rate_hz: f64,
    notes: &[(f32, f32, NoteOn)],
    timbre: &Timbre,
    total_s: f32,
) -> Vec<[f32; 2]> {
    let mut instrument = (row.build)(&Spec { sample_rate_hz: rate_hz });
    perform(instrument.as_mut(), rate_hz, notes, timbre, total_s)
}

fn perform(
    instrument: &mut dyn Instrument,
    rate_hz: f64,
    notes: &[(f32, f32, NoteOn)],
    timbre: &Timbre,
    total_s: f32,
) -> Vec<[f32; 2]> {
    let frame_of = |time_s: f32| (f64::from(time_s) * rate_hz) as usize;
    let mut sound = Vec::new();
    for quantum in 0..frame_of(total_s) / QUANTUM + 1 {
        let frames = quantum * QUANTUM..(quantum + 1) * QUANTUM;
        for (start_s, length_s, note) in notes {
            let (start, end) = (frame_of(*start_s), frame_of(start_s + length_s));
            if frames.contains(&start) {
                instrument.note_on(&NoteOn { offset: start % QUANTUM, length_s: *length_s, ..*note });
            }
            if frames.contains(&end) {
                instrument.note_off(note.id, end % QUANTUM);
            }
        }
        let mut out = Stereo::SILENCE;
        instrument.control(timbre);
        instrument.render_add(&mut out);
        sound.extend(out.channels[0].iter().zip(&out.channels[1]).map(|(&left, &right)| [left, right]));
    }
    sound
}

fn note(id: u32, pitch: f32) -> NoteOn {
    NoteOn { id, pitch, velocity: 0.7, place: 0x5EED ^ u64::from(id) << 20, ..NoteOn::REST }
}

fn middle(row: &InstrumentRow) -> f32 {
    0.5 * (f32::from(row.pitch_range.0) + f32::from(row.pitch_range.1))
}

fn peak(sound: &[[f32; 2]]) -> f32 {
    sound.as_flattened().iter().fold(0.0, |peak, x| peak.max(x.abs()))
}

#[test]
fn rows_have_unique_short_ids_and_say_what_they_are() {
    for (index, row) in INSTRUMENTS.iter().enumerate() {
        assert_eq!(find(row.id), Some(index), "{} stands twice", row.id);
        assert!(
            row.id.len() <= 12
                && row.id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())
        );
        assert!(!row.name.is_empty() && row.doc.ends_with('.') && row.doc.len() > 20, "{}", row.id);
        assert!(!row.source.is_empty() && row.pitch_range.0 < row.pitch_range.1, "{}", row.id);
        assert!(row.voices >= 1 && row.tail_s > 0.0 && row.budget_ns > 0.0, "{}", row.id);
    }
}

#[test]
fn a_note_sounds_is_bounded_and_ends_within_its_tail() {
    for row in INSTRUMENTS {
        let held_s = 1.0;
        let total_s = held_s + row.tail_s + 0.2;
        let sound = play(row, RATE_HZ, &[(0.1, held_s, note(1, middle(row)))], &Timbre::default(), total_s);
        let loudest = peak(&sound);
        assert!(loudest > 0.005 && loudest < 0.9, "{}: peak {loudest}", row.id);
        assert!(sound.as_flattened().iter().all(|x| x.is_finite()), "{}", row.id);
        let tail = ((0.1 + held_s + row.tail_s) as f64 * RATE_HZ) as usize;
        let left = peak(&sound[tail..]);
        assert!(left < 3.0e-5, "{}: {left} is left {} s after the note", row.id, row.tail_s);
    }
}
