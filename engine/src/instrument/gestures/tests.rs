//! What gestures must do, heard from outside.

use super::*;

const RATE: f32 = 48_000.0;

fn play(row: &InstrumentRow, length_s: f32, off_s: f32, total_s: f32) -> Vec<f32> {
    let mut instrument = (row.build)(&Spec { sample_rate_hz: f64::from(RATE) });
    instrument.note_on(&NoteOn { id: 1, pitch: 50.0, velocity: 0.7, length_s, place: 9, ..NoteOn::REST });
    let mut sound = Vec::new();
    for quantum in 0..(total_s * RATE) as usize / QUANTUM {
        if quantum == (off_s * RATE) as usize / QUANTUM {
            instrument.note_off(1, 0);
        }
        let mut out = Stereo::SILENCE;
        instrument.control(&Timbre::default());
        instrument.render_add(&mut out);
        sound.extend_from_slice(&out.channels[0]);
    }
    sound
}

fn power(sound: &[f32], from_s: f32, to_s: f32) -> f32 {
    let window = &sound[(from_s * RATE) as usize..(to_s * RATE) as usize];
    window.iter().map(|x| x * x).sum::<f32>() / window.len() as f32
}

#[test]
fn what_rises_is_loudest_at_its_end_and_stops_there() {
    for row in [&RISER, &SWELL] {
        for length_s in [1.0, 2.7] {
            let sound = play(row, length_s, length_s, length_s + 0.5);
            let steps = [0.2, 0.5, 0.75, 0.97].map(|x| power(&sound, (x - 0.15) * length_s, x * length_s));
            assert!(steps.windows(2).all(|pair| pair[1] > 1.5 * pair[0]), "{}: {steps:?}", row.id);
            let after = &sound[((length_s + 0.008) * RATE) as usize..];
            assert!(after.iter().all(|&x| x == 0.0), "{} goes on after its end", row.id);
        }
    }
}

#[test]
fn what_falls_falls_and_what_is_let_go_ends_soon() {
    let sound = play(&DOWNER, 2.0, 2.0, 2.5);
    assert!(power(&sound, 0.05, 0.3) > 4.0 * power(&sound, 1.2, 1.5));
    let sound = play(&RISER, 4.0, 1.0, 2.0);
    assert!(power(&sound, 0.9, 1.0) > 0.0);
    assert!(sound[(1.1 * RATE) as usize..].iter().all(|&x| x == 0.0));
}
