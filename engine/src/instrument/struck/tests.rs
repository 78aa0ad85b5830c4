//! What all struck voices must do, heard from outside.

use super::*;
use crate::instrument::{INSTRUMENTS, Instrument, InstrumentRow, find, measure};

fn play(row: &InstrumentRow, note: &NoteOn, total_s: f32) -> Vec<f32> {
    let mut instrument: Box<dyn Instrument> = (row.build)(&Spec { sample_rate_hz: 48_000.0 });
    instrument.note_on(note);
    let mut sound = Vec::new();
    for _ in 0..(total_s * 48_000.0) as usize / QUANTUM {
        let mut out = Stereo::SILENCE;
        instrument.control(&Timbre::default());
        instrument.render_add(&mut out);
        sound.extend_from_slice(out.channels.as_flattened());
    }
    sound
}

fn left(sound: &[f32]) -> Vec<f32> {
    sound.chunks(2 * QUANTUM).flat_map(|block| &block[..QUANTUM]).copied().collect()
}

fn peak_db(sound: &[f32]) -> f32 {
    20.0 * sound.iter().fold(0.0f32, |peak, x| peak.max(x.abs())).log10()
}

fn row(id: &str) -> &'static InstrumentRow {
    &INSTRUMENTS[find(id).expect("a row")]
}

fn note(pitch: f32, velocity: f32) -> NoteOn {
    NoteOn { id: 1, pitch, velocity, length_s: 1.0, place: 31, ..NoteOn::REST }
}

#[test]
fn struck_and_plucked_notes_stand_at_one_level() {
    for row in INSTRUMENTS.iter().filter(|row| row.pitched && !row.playing.held) {
        let (low, high) = row.pitch_range;
        let peaks = [0.1, 0.35, 0.6, 0.9].map(|along| {
            let pitch = (f32::from(low) + along * f32::from(high - low)).round();
            peak_db(&play(row, &note(pitch, 0.7), 0.5))
        });
        assert!(peaks.iter().all(|peak| (-18.0..-9.0).contains(peak)), "{}: {peaks:?}", row.id);
    }
}

#[test]
fn velocity_follows_its_law_and_brightens() {
    let piano = |velocity| left(&play(row("piano_felt"), &note(48.0, velocity), 0.4));
    let (soft, hard) = (piano(0.5), piano(0.9));
    let rise_db = peak_db(&hard) - peak_db(&soft);
    assert!((9.0..14.0).contains(&rise_db), "{rise_db} dB for 0.4");
    // Mean slope against level grows with the weight of the highs.
    let edge = |sound: &[f32]| {
        let slope: f32 = sound.windows(2).map(|w| (w[1] - w[0]) * (w[1] - w[0])).sum();
        slope / sound.iter().map(|x| x * x).sum::<f32>()
    };
    assert!(edge(&hard) > 1.3 * edge(&soft), "{} {}", edge(&soft), edge(&hard));
}

#[test]
fn a_roll_swells_to_its_end_and_brightens() {
    let mut wrong = Vec::new();
    for (id, pitch) in
        [("timpani", 45.0), ("cymbal", 60.0), ("marimba", 60.0), ("harp", 60.0), ("guitar", 55.0)]
    {
        let swell = NoteOn { length_s: 2.0, articulation: Articulation::Swell, ..note(pitch, 0.7) };
        let sound = measure::play(row(id), 48_000.0, swell, 2.0, &Timbre::default(), 2.0);
        let (early, late) = (&sound[12_000..36_000], &sound[72_000..]);
        let rise_db = 20.0 * (measure::peak(late) / measure::peak(early)).log10();
        let [from_hz, to_hz] = [early, late].map(|part| measure::centroid_hz(part, 48_000.0));
        if rise_db < 6.0 || to_hz < 1.1 * from_hz {
            wrong.push(format!("{id}: {rise_db:.1} dB, {from_hz:.0} to {to_hz:.0} Hz"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_taiko_falls_in_pitch_and_starts_from_zero() {
    let sound = play(row("taiko"), &note(36.0, 1.0), 0.6);
    assert_eq!(sound[0], 0.0);
    let left = left(&sound);
    // Lows only, then rising zero crossings: many in the first quarter second, fewer later.
    let mut low = 0.0;
    let lows: Vec<f32> = left
        .iter()
        .map(|x| {
            low += 0.012 * (x - low);
            low
        })
        .collect();
    let crossings =
        |from: usize| lows[from..from + 9600].windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
    assert!(crossings(480) > crossings(14_400), "{} then {}", crossings(480), crossings(14_400));
}
