//! The plucked string against what a plucked string does.

use super::*;
use fearless_simd::{Level, dispatch};

const PLUCK: Pluck = Pluck {
    f0_hz: 220.0,
    decay_s: 3.0,
    high_decay_s: 0.5,
    position: 0.2,
    finger_hz: 3000.0,
    roughness: 0.3,
    level: 0.1,
    key: 7,
};

fn play(string: &mut PluckedString, frames: usize) -> Vec<f32> {
    let mut sound = Vec::new();
    let mut out = [0.0; QUANTUM];
    while sound.len() < frames {
        string.render(&mut out);
        sound.extend_from_slice(&out);
    }
    sound
}

/// Frequency of the fundamental: phase advance of its component between two windows.
fn pitch_hz(sound: &[f32], near_hz: f64, rate: f64) -> f64 {
    let window = (rate * 0.2) as usize;
    let hop = (rate * 0.05) as usize;
    let phase = |from: usize| {
        let (mut re, mut im) = (0.0, 0.0);
        for i in 0..window {
            let hann = 0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / window as f64).cos();
            let angle = std::f64::consts::TAU * near_hz * (from + i) as f64 / rate;
            re += f64::from(sound[from + i]) * hann * angle.cos();
            im -= f64::from(sound[from + i]) * hann * angle.sin();
        }
        im.atan2(re)
    };
    let turn = (phase(hop) - phase(0)) / std::f64::consts::TAU;
    near_hz + (turn - turn.round()) * rate / hop as f64
}

#[test]
fn every_pitch_is_in_tune_at_every_rate() {
    for rate in [44_100.0f32, 48_000.0, 96_000.0, 192_000.0] {
        let mut string = PluckedString::new(25.0, rate);
        for pitch in (28..=96).step_by(5) {
            let f0_hz = crate::units::note_to_hz(pitch as f32);
            string.pluck(&Pluck { f0_hz, ..PLUCK });
            let sound = play(&mut string, (rate * 0.4) as usize);
            let cents =
                1200.0 * (pitch_hz(&sound, f64::from(f0_hz), f64::from(rate)) / f64::from(f0_hz)).log2();
            assert!(cents.abs() < 2.0, "pitch {pitch} at {rate} Hz: {cents} cents");
        }
    }
}

#[test]
fn it_falls_as_told_and_damps_and_ends() {
    let mut string = PluckedString::new(25.0, 48_000.0);
    string.pluck(&Pluck { decay_s: 1.0, high_decay_s: 1.0, ..PLUCK });
    let rms =
        |sound: &[f32]| (sound.iter().map(|x| f64::from(x * x)).sum::<f64>() / sound.len() as f64).sqrt();
    let early = rms(&play(&mut string, 4800));
    play(&mut string, 19_200);
    let late = rms(&play(&mut string, 4800));
    let fall_db = 20.0 * (late / early).log10();
    assert!((-36.0..-28.0).contains(&fall_db), "{fall_db} dB in half a second");
    string.damp(0.05);
    play(&mut string, 48_000);
    assert_eq!(play(&mut string, 480), vec![0.0; 480]);
}

#[test]
fn plucked_again_it_does_not_jump() {
    let mut string = PluckedString::new(25.0, 48_000.0);
    string.pluck(&PLUCK);
    let steepest = |sound: &[f32]| sound.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
    let mut sound = play(&mut string, 4800);
    let once = steepest(&sound);
    assert!(sound[0].abs() < 0.01, "starts at {}", sound[0]);
    for _ in 0..4 {
        string.pluck_again(&PLUCK);
        sound.extend(play(&mut string, 4800));
    }
    assert!(steepest(&sound) < 2.5 * once, "{} for {once}", steepest(&sound));
}

#[test]
fn a_used_string_sounds_like_a_new_one() {
    let mut used = PluckedString::new(25.0, 48_000.0);
    for f0_hz in [90.0, 1300.0, 333.0] {
        used.pluck(&Pluck { f0_hz, ..PLUCK });
        play(&mut used, 3000);
    }
    used.silence();
    play(&mut used, 320);
    let mut fresh = PluckedString::new(25.0, 48_000.0);
    used.pluck(&PLUCK);
    fresh.pluck(&PLUCK);
    assert_eq!(play(&mut used, 9600), play(&mut fresh, 9600));
}

#[test]
fn all_levels_give_the_same_bits() {
    // Long lines, short ones and some of a few frames, free and under a hand.
    let render = |level: Level| {
        let mut sound = Vec::new();
        for f0_hz in [110.0, 1_234.0, 3_000.0, 9_000.0] {
            let mut string = PluckedString::new(25.0, 48_000.0);
            string.pluck(&Pluck { f0_hz, ..PLUCK });
            for quantum in 0..300 {
                if quantum == 100 {
                    string.damp(0.3);
                }
                let mut out = [0.0; QUANTUM];
                dispatch!(level, s => string.block(s, &mut out));
                sound.extend(out);
            }
        }
        sound
    };
    assert_eq!(render(Level::new()), render(Level::baseline()));
}

#[test]
fn a_hand_that_lies_down_or_lies_still_leaves_no_step() {
    // A step would be heard high above a smooth pluck: a hand that is there at once leaves one at -109 dB.
    let mut string = PluckedString::new(25.0, 48_000.0);
    string.pluck(&Pluck { f0_hz: 110.0, finger_hz: 300.0, roughness: 0.0, ..PLUCK });
    let mut sound = play(&mut string, 4_800);
    string.damp(0.2);
    sound.extend(play(&mut string, 9_600));
    let [low_db, high_db] = [110.0, 9_000.0].map(|hz| level_db(&sound[2_400..], hz, 48_000.0));
    assert!(high_db < low_db - 130.0, "{:.1} dB", high_db - low_db);
}

#[test]
fn hostile_plucks_stay_finite() {
    for rate in [1000.0, 48_000.0, 768_000.0] {
        let mut string = PluckedString::new(25.0, rate);
        for f0_hz in [0.1, 25.0, 440.0, 12_000.0, 1e6] {
            string.pluck(&Pluck { f0_hz, decay_s: 1e9, high_decay_s: 1e9, position: 0.0, ..PLUCK });
            assert!(
                play(&mut string, 9600).iter().all(|x| x.is_finite() && x.abs() < 4.0),
                "{f0_hz} at {rate}"
            );
        }
    }
}

/// Level of a frequency in a stretch of sound under a Hann window, dB.
fn level_db(sound: &[f32], hz: f64, rate: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (i, &x) in sound.iter().enumerate() {
        let hann = 0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / sound.len() as f64).cos();
        let angle = std::f64::consts::TAU * hz * i as f64 / rate;
        re += f64::from(x) * hann * angle.cos();
        im += f64::from(x) * hann * angle.sin();
    }
    10.0 * (re * re + im * im).log10()
}

#[test]
fn highs_fall_in_the_time_told() {
    for (f0_hz, order) in [(110.0f32, 32.0), (220.0, 16.0), (440.0, 8.0), (880.0, 4.0)] {
        for high_decay_s in [0.25f32, 0.5, 1.0] {
            let mut string = PluckedString::new(25.0, 48_000.0);
            // Open and rough: something is there at 3.5 kHz.
            string.pluck(&Pluck { f0_hz, high_decay_s, finger_hz: 12_000.0, roughness: 1.0, ..PLUCK });
            let sound = play(&mut string, 24_000);
            let hz = order * f64::from(f0_hz);
            let window = 4_800;
            let apart = (f64::from(high_decay_s) * 0.3 * 48_000.0) as usize;
            let [early, late] = [0, apart].map(|at| level_db(&sound[at..at + window], hz, 48_000.0));
            let measured_s = 60.0 * apart as f64 / 48_000.0 / (early - late);
            // Reading the string between frames takes a little more of the highs, what the fundamental is given back is
            // given to them too: up to a tenth, where the ear begins to tell one decay from another.
            let off = measured_s / f64::from(high_decay_s) - 1.0;
            assert!(off.abs() < 0.1, "{f0_hz} Hz: {measured_s:.3} s, not {high_decay_s}");
        }
    }
}

#[test]
fn the_place_of_the_pluck_is_a_comb() {
    for position in [0.125f32, 0.2, 0.25, 0.4] {
        let mut string = PluckedString::new(25.0, 48_000.0);
        // Nothing falls and no finger softens: what is left is the comb.
        let pluck =
            Pluck { decay_s: 1e6, high_decay_s: 1e6, finger_hz: 1e6, roughness: 0.0, position, ..PLUCK };
        string.pluck(&pluck);
        let sound = play(&mut string, 9_600);
        // One period is a pulse of whole frames: its partials are those of the sampled pulse, softened twice.
        let period = (string.delay + 2) as f64;
        let frames = (f64::from(position) * period).ceil();
        let keep = f64::exp(-std::f64::consts::TAU * 0.4);
        let exact_db = |order: f64, frames: f64| {
            let turn = std::f64::consts::PI * order / period;
            let softened = (1.0 - keep).powi(2) / (1.0 - 2.0 * keep * (2.0 * turn).cos() + keep * keep);
            20.0 * ((turn * frames).sin() / turn.sin() * softened).abs().max(1e-9).log10()
        };
        let first_db = exact_db(1.0, frames) - level_db(&sound, 220.0, 48_000.0);
        for order in (2..=12).map(f64::from) {
            let measured = level_db(&sound, order * 220.0, 48_000.0) + first_db;
            // The string is not whole frames long: where the pulse ends is known to half a frame.
            let [shorter, longer] = [-0.5, 0.5].map(|more| exact_db(order, frames + more));
            let (low, high) = (shorter.min(longer), shorter.max(longer));
            let gap = ((frames - 0.5) * order / period).floor() < ((frames + 0.5) * order / period).floor();
            assert!(
                (gap || low - 0.3 < measured) && measured < high + 0.3,
                "at {position}, partial {order}: {measured:.2} dB, not {low:.2} to {high:.2}"
            );
        }
    }
}
