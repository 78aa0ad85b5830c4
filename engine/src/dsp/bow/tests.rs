//! The bowed string against what a bowed string does.

use super::*;
use crate::dsp::simd;
use crate::instrument::measure::{cents_off, power};
use crate::units::note_to_hz;

const STROKE: Stroke =
    Stroke { f0_hz: 220.0, speed: 1.0, slope: 0.3, place: 0.127, loss_hz: 6_000.0, grit: 0.0 };

fn play(string: &mut BowedString, stroke: &Stroke, frames: usize) -> Vec<[f32; 2]> {
    let mut sound = Vec::new();
    let mut out = [0.0; QUANTUM];
    while sound.len() < frames {
        string.render(stroke, &mut out);
        sound.extend(out.map(|x| [x, x]));
    }
    sound
}

fn rms(sound: &[[f32; 2]]) -> f64 {
    libm::sqrt(power(sound))
}

#[test]
fn every_pitch_is_in_tune_at_every_rate_and_pressure() {
    for rate in [44_100.0f32, 48_000.0, 96_000.0, 192_000.0] {
        let mut string = BowedString::new(30.0, rate);
        for slope in [LIGHT, 0.35, HEAVY] {
            for loss_hz in [3_500.0, 6_000.0, 9_000.0] {
                for pitch in (36..=96).step_by(10) {
                    let f0_hz = note_to_hz(pitch as f32);
                    string.rest(0);
                    let stroke = Stroke { f0_hz, slope, loss_hz, ..STROKE };
                    let sound = play(&mut string, &stroke, (0.6 * rate) as usize);
                    let cents = cents_off(&sound[(0.2 * rate) as usize..], pitch as f32, f64::from(rate));
                    assert!(cents.abs() < 3.0, "{stroke:?} at {rate} Hz: {cents} cents");
                }
            }
        }
    }
}

#[test]
fn it_slips_once_a_period() {
    let mut string = BowedString::new(30.0, 48_000.0);
    for pitch in (36..=84).step_by(6) {
        for slope in [LIGHT, HEAVY] {
            let f0_hz = note_to_hz(pitch as f32);
            string.rest(3);
            let stroke = Stroke { f0_hz, slope, grit: 0.02, ..STROKE };
            let sound = play(&mut string, &stroke, 48_000);
            let tail: Vec<f32> = sound[24_000..].iter().map(|frame| frame[0]).collect();
            // A falling saw with one leap up: how often it comes from below to above.
            let high = 0.3 * tail.iter().copied().fold(0.0, f32::max);
            let (mut corners, mut below) = (0, false);
            for &x in &tail {
                if below && x > high {
                    corners += 1;
                }
                below = if x < -high { true } else { below && x <= high };
            }
            let (corners, periods) = (corners as f32, 0.5 * f0_hz);
            assert!(
                (corners / periods - 1.0).abs() < 0.05,
                "{corners} corners in {periods} periods of {pitch}"
            );
        }
    }
}

#[test]
fn twice_the_speed_is_twice_the_sound() {
    let mut string = BowedString::new(30.0, 48_000.0);
    let mut level = |speed: f32| {
        string.rest(0);
        rms(&play(&mut string, &Stroke { speed, ..STROKE }, 24_000)[12_000..])
    };
    let (soft, loud) = (level(0.01), level(0.02));
    assert!((loud / soft - 2.0).abs() < 0.02, "{soft} {loud}");
}

#[test]
fn whatever_the_player_does_it_stays_finite_and_comes_to_rest() {
    for rate in [1_000.0, 48_000.0, 768_000.0] {
        let mut string = BowedString::new(30.0, rate);
        for turn in 0..400u32 {
            let odd = |stream: i64| noise::white_at(noise::key(9, stream), turn);
            let stroke = Stroke {
                f0_hz: 3_000.0 * (1.0 + odd(0)),
                speed: 1.0 + odd(1),
                slope: 3.0 * odd(2),
                place: 0.5 + odd(3),
                loss_hz: 20_000.0 * (1.0 + odd(4)),
                grit: 2.0 * odd(5),
            };
            let sound = play(&mut string, &stroke, QUANTUM);
            assert!(sound.as_flattened().iter().all(|x| x.is_finite() && x.abs() < 200.0), "{stroke:?}");
        }
    }
    let mut string = BowedString::new(30.0, 48_000.0);
    play(&mut string, &STROKE, 4_800);
    let still = Stroke { speed: 0.0, ..STROKE };
    play(&mut string, &still, 10 * 48_000);
    assert!(play(&mut string, &still, 480).as_flattened().iter().all(|&x| x == 0.0));
}

#[test]
fn a_used_string_sounds_like_a_new_one() {
    let mut used = BowedString::new(30.0, 48_000.0);
    play(&mut used, &Stroke { f0_hz: 97.0, grit: 0.1, ..STROKE }, 5_000);
    used.rest(5);
    let mut fresh = BowedString::new(30.0, 48_000.0);
    fresh.rest(5);
    assert_eq!(play(&mut used, &STROKE, 9_600), play(&mut fresh, &STROKE, 9_600));
}

#[test]
fn side_by_side_each_sounds_as_alone_and_every_level_gives_the_same_bits() {
    let strokes = [97.0, 440.0, 1_900.0].map(|f0_hz| Stroke { f0_hz, grit: 0.1, ..STROKE });
    let alone = strokes.map(|stroke| play(&mut BowedString::new(30.0, 48_000.0), &stroke, 4_800));
    for choice in simd::CHOICES {
        simd::force(choice);
        let mut strings = [0; 3].map(|_| BowedString::new(30.0, 48_000.0));
        for block in 0..150 {
            let mut outs = [[0.0; QUANTUM]; 3];
            let mut strings: Vec<&mut BowedString> = strings.iter_mut().collect();
            let mut each: Vec<&mut [f32; QUANTUM]> = outs.iter_mut().collect();
            BowedString::render_each(&mut strings, &strokes, &mut each);
            for (out, alone) in outs.iter().zip(&alone) {
                let expected = &alone[block * QUANTUM..][..QUANTUM];
                assert!(out.iter().zip(expected).all(|(x, [y, _])| x == y), "{choice:?}, block {block}");
            }
        }
    }
    simd::force(simd::Choice::Best);
}
