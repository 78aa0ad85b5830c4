//! The hall measured: decay, separation, bits, clicks.

use super::*;
use crate::dsp::simd::{self, CHOICES, Choice};

const SETTINGS: HallSettings =
    HallSettings { size: 0.6, decay_s: 2.0, brightness: 0.5, predelay_ms: 20.0, ..USUAL };
const USUAL: HallSettings = HallSettings::USUAL;

fn hall(rate: f64, settings: &HallSettings) -> Hall {
    let mut hall = Hall::new(&Spec { sample_rate_hz: rate });
    hall.set(settings);
    hall
}

/// Plays frames made by `send`; gives left and right of every lane, frame by frame.
fn play(
    hall: &mut Hall,
    frames: usize,
    send: impl Fn(usize) -> [f32; HALL_LANES],
) -> Vec<[[f32; 2]; HALL_LANES]> {
    let mut sound = Vec::with_capacity(frames);
    let mut wet = [Stereo::SILENCE; HALL_LANES];
    for quantum in 0..frames / QUANTUM {
        hall.control(0.0, 0.0, (quantum * QUANTUM) as f64 / hall.rate);
        let sends = std::array::from_fn(|t| send(quantum * QUANTUM + t));
        hall.process(&sends, &mut wet);
        for t in 0..QUANTUM {
            sound.push(std::array::from_fn(|lane| {
                [0, 1].map(|channel: usize| wet[lane].channels[channel][t])
            }));
        }
    }
    sound
}

fn impulse(frame: usize) -> [f32; HALL_LANES] {
    std::array::from_fn(|lane| if frame == 0 && lane == 2 { 1.0 } else { 0.0 })
}

fn noise(frame: usize, lane: usize) -> f32 {
    crate::random::value(5, crate::random::Domain::Noise, frame as i64, lane as i64) as f32 - 0.5
}

/// Band-pass around `hz` (RBJ cookbook, Q 1), then Schroeder's backward integral, fitted from -5 to -35 dB.
fn reverberation_time_s(sound: &[f32], rate: f64, hz: f64) -> f64 {
    let w = std::f64::consts::TAU * hz / rate;
    let alpha = w.sin() / 2.0;
    let (a0, a1, a2) = (1.0 + alpha, -2.0 * w.cos(), 1.0 - alpha);
    let (mut x1, mut x2, mut y1, mut y2) = (0.0, 0.0, 0.0, 0.0);
    let mut energy: Vec<f64> = sound
        .iter()
        .map(|&x| {
            let x = f64::from(x);
            let y = (alpha * x - alpha * x2 - a1 * y1 - a2 * y2) / a0;
            (x2, x1, y2, y1) = (x1, x, y1, y);
            y * y
        })
        .collect();
    let mut sum = 0.0;
    for e in energy.iter_mut().rev() {
        sum += *e;
        *e = sum;
    }
    let at = |db: f64| energy.iter().position(|&e| e < sum * 10f64.powf(db / 10.0)).unwrap_or(sound.len());
    2.0 * (at(-35.0) - at(-5.0)) as f64 / rate
}

#[test]
fn decays_as_long_as_it_is_told() {
    for (size, decay_s) in [(0.1, 0.8), (0.5, 2.0), (0.9, 4.5)] {
        for rate in [44_100.0, 96_000.0] {
            let settings = HallSettings { size, decay_s, ..SETTINGS };
            let sound = play(&mut hall(rate, &settings), (rate * f64::from(decay_s) * 1.3) as usize, impulse);
            let left: Vec<f32> = sound.iter().map(|frame| frame[2][0]).collect();
            let mid = reverberation_time_s(&left, rate, 800.0) / f64::from(decay_s);
            let high = reverberation_time_s(&left, rate, 9000.0) / f64::from(decay_s);
            assert!((mid - 1.0).abs() < 0.1, "size {size}, {rate} Hz: {mid} of {decay_s} s");
            assert!((0.35..0.75).contains(&high), "size {size}, {rate} Hz: highs {high} of {decay_s} s");
        }
    }
}

#[test]
fn every_factory_hall_decays_as_its_file_says_and_none_is_like_another() {
    let mut seen: Vec<(String, [f64; 4])> = Vec::new();
    let mut wrong: Vec<(String, f64)> = Vec::new();
    for factory in crate::cue::factory::halls() {
        let settings = factory.hall;
        let seconds = (f64::from(settings.decay_s) * 1.4).max(0.6);
        let sound = play(&mut hall(48_000.0, &settings), (48_000.0 * seconds) as usize, impulse);
        let left: Vec<f32> = sound.iter().map(|frame| frame[2][0]).collect();
        let mid = reverberation_time_s(&left, 48_000.0, 500.0) / f64::from(settings.decay_s);
        println!(
            "{}: {:.3} s measured, {} s set",
            factory.id,
            mid * f64::from(settings.decay_s),
            settings.decay_s
        );
        wrong.extend(((mid - 1.0).abs() >= 0.1).then(|| (factory.id.clone(), mid)));
        let energy = |range: std::ops::Range<usize>| -> f64 {
            let part = left.get(range.start..range.end.min(left.len())).unwrap_or(&[]);
            part.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>()
        };
        let whole = energy(0..left.len());
        let first = left.iter().position(|x| x.abs() > 1e-4).unwrap_or(0) as f64 / 48.0;
        let high = reverberation_time_s(&left, 48_000.0, 6000.0) / f64::from(settings.decay_s);
        let bright = high * (settings.high_hz.unwrap_or(20_000.0) as f64 / 20_000.0);
        let heard = [
            4.0 * f64::from(settings.decay_s).log2(),
            10.0 * (energy(0..3840) / whole).log10(),
            10.0 * whole.log10() + first / 10.0,
            10.0 * bright.log10(),
        ];
        for (other, known) in &seen {
            let apart = heard.iter().zip(known).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
            assert!(apart > 1.5, "{} is like {other}: {heard:?} {known:?}", factory.id);
        }
        seen.push((factory.id.clone(), heard));
    }
    assert!(wrong.is_empty() && seen.len() >= 9, "{wrong:?}");
}

#[test]
fn a_stem_never_hears_another() {
    let alone = play(&mut hall(48_000.0, &SETTINGS), 24_000, |t| {
        std::array::from_fn(|lane| if lane == 5 { noise(t, 5) } else { 0.0 })
    });
    let together =
        play(&mut hall(48_000.0, &SETTINGS), 24_000, |t| std::array::from_fn(|lane| noise(t, lane)));
    for (a, b) in alone.iter().zip(&together) {
        assert_eq!(a[5].map(f32::to_bits), b[5].map(f32::to_bits));
        assert_eq!(a[4], [0.0; 2]);
    }
    let halved =
        play(&mut hall(48_000.0, &SETTINGS), 24_000, |t| std::array::from_fn(|lane| 0.5 * noise(t, lane)));
    // Halving is exact in binary but for the flush far under the noise floor.
    assert!(
        together
            .iter()
            .flatten()
            .flatten()
            .zip(halved.iter().flatten().flatten())
            .all(|(a, b)| (a - 2.0 * b).abs() < 1e-13)
    );
}

#[test]
fn all_levels_give_the_same_bits() {
    let [first, others @ ..] = CHOICES.map(|choice| {
        simd::force(choice);
        play(&mut hall(48_000.0, &SETTINGS), 12_000, |t| std::array::from_fn(|lane| noise(t, lane)))
    });
    simd::force(Choice::Best);
    assert!(others.iter().all(|other| *other == first));
}

#[test]
fn both_sides_are_alike_in_level_and_unlike_in_wave() {
    let sound = play(&mut hall(48_000.0, &SETTINGS), 96_000, |t| std::array::from_fn(|lane| noise(t, lane)));
    let sums = sound[24_000..].iter().fold([0.0f64; 4], |s, frame| {
        let [l, r] = frame[0].map(f64::from);
        [s[0] + l * l, s[1] + r * r, s[2] + l * r, s[3] + l]
    });
    assert!((sums[0] / sums[1]).log10().abs() * 10.0 < 0.3, "sides differ: {sums:?}");
    assert!((sums[2] / (sums[0] * sums[1]).sqrt()).abs() < 0.2, "sides are alike: {sums:?}");
    let sent_db = 10.0 * (1.0f64 / 12.0).log10();
    let wet_db = 10.0 * (sums[0] / 72_000.0).log10() - sent_db;
    assert!((-8.0..0.0).contains(&wet_db), "wet at {wet_db} dB");
    assert!(sums[3].abs() / 72_000.0 < 1e-3, "offset");
}

#[test]
fn no_factory_hall_leans_to_a_side() {
    for preset in crate::cue::factory::halls() {
        let mut hall = hall(48_000.0, &preset.hall);
        let sound = play(&mut hall, 96_000, |t| std::array::from_fn(|lane| noise(t, lane)));
        let sums = sound[24_000..]
            .iter()
            .flatten()
            .fold([0.0f64; 2], |s, [l, r]| [s[0] + f64::from(l * l), s[1] + f64::from(r * r)]);
        let lean_db = 10.0 * (sums[0] / sums[1]).log10();
        assert!(lean_db.abs() < 0.3, "{} leans {lean_db} dB to the left", preset.id);
    }
}

#[test]
fn an_offset_does_not_build_up() {
    let sound = play(&mut hall(48_000.0, &SETTINGS), 192_000, |_| [1.0; HALL_LANES]);
    assert!(sound[191_000..].iter().flatten().flatten().all(|x| x.abs() < 0.02));
}

#[test]
fn a_tail_ends_without_subnormals_and_then_costs_nothing() {
    let mut hall = hall(48_000.0, &HallSettings { decay_s: 0.5, ..SETTINGS });
    play(&mut hall, 4800, |t| std::array::from_fn(|lane| noise(t, lane)));
    assert!(!hall.is_silent());
    let frames = (hall.tail_s() * 48_000.0) as usize;
    play(&mut hall, frames, |_| [0.0; HALL_LANES]);
    assert!(hall.is_silent());
    // Keep it running with one lane, so that the others fall as far as they can.
    play(&mut hall, 480_000, |t| std::array::from_fn(|lane| if lane == 0 { noise(t, 0) } else { 0.0 }));
    let state = hall.lines.iter().flat_map(|ring| &ring.frames).chain(&hall.lows).chain(&hall.highs);
    assert!(state.flat_map(|frame| frame.0).all(|x| !x.is_subnormal()));
}

#[test]
fn reset_equals_fresh() {
    let mut used = hall(48_000.0, &SETTINGS);
    play(&mut used, 9600, |t| std::array::from_fn(|lane| noise(t, lane)));
    used.set(&HallSettings { size: 0.2, decay_s: 1.0, brightness: 0.9, predelay_ms: 3.0, ..USUAL });
    play(&mut used, 960, |t| std::array::from_fn(|lane| noise(t, lane)));
    used.reset();
    let mut fresh =
        hall(48_000.0, &HallSettings { size: 0.2, decay_s: 1.0, brightness: 0.9, predelay_ms: 3.0, ..USUAL });
    assert_eq!(play(&mut used, 24_000, impulse), play(&mut fresh, 24_000, impulse));
}

#[test]
fn another_room_comes_without_a_click() {
    let mut hall = hall(48_000.0, &SETTINGS);
    // 96 000 frames are a whole number of periods: the second stretch goes on where the first ends.
    let sine = |t: usize| [(t as f32 * (std::f32::consts::TAU / 320.0)).sin(); HALL_LANES];
    // A click is a corner: its second difference is as large as its first. The sine's is 0.02 of it.
    let corner_of = |sound: &[[[f32; 2]; HALL_LANES]], side: usize| {
        let wave: Vec<f32> = sound.iter().map(|frame| frame[0][side]).collect();
        let slope = wave.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
        wave.windows(3).map(|w| (w[2] - 2.0 * w[1] + w[0]).abs()).fold(0.0, f32::max) / slope
    };
    let corner = |sound: &[[[f32; 2]; HALL_LANES]]| corner_of(sound, 0).max(corner_of(sound, 1));
    let before = play(&mut hall, 96_000, sine);
    hall.set(&HallSettings { size: 0.0, decay_s: 6.0, brightness: 1.0, predelay_ms: 90.0, ..USUAL });
    let after = play(&mut hall, 48_000, sine);
    let (before, after) = (corner(&before[48_000..]), corner(&after));
    assert!(before < 0.03 && after < 0.03, "{before} before, {after} after");
}

#[test]
fn every_rate_is_bounded_and_finite() {
    for rate in [1000.0, 8000.5, 44_100.0, 192_000.0, 768_000.0] {
        let mut hall = hall(
            rate,
            &HallSettings { size: 1.0, decay_s: 12.0, brightness: 1.0, predelay_ms: 120.0, ..USUAL },
        );
        let sound = play(&mut hall, 32_000, |t| std::array::from_fn(|lane| noise(t, lane)));
        assert!(sound.iter().flatten().flatten().all(|x| x.is_finite() && x.abs() < 20.0), "{rate} Hz");
        hall.set(&HallSettings {
            size: f32::NAN,
            decay_s: f32::INFINITY,
            brightness: -1.0,
            predelay_ms: 1e9,
            early_db: f32::NAN,
            late_db: f32::INFINITY,
            ..USUAL
        });
        hall.control(f32::NAN, f32::NAN, f64::NAN);
        let sound = play(&mut hall, 32_000, |t| std::array::from_fn(|lane| noise(t, lane)));
        assert!(sound.iter().flatten().flatten().all(|x| x.is_finite()), "{rate} Hz");
    }
}
