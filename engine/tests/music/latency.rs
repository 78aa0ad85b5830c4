//! MUSIC 9 test 7: a step of energy is heard within a beat, a step of valence within a bar.

use super::corpus::{Piece, cue, plan, seeds};
use super::figures::{mean, must_fail};
use super::key::pitch_classes;
use cuewright_engine::compose::compose;
use cuewright_engine::cue::{LanePoint, Mood};

const BARS: i64 = 16;
const STEP_BAR: usize = 8;

/// A cue whose mood steps at the start of bar 8 (from 0); `after` equal to `before` is the control.
fn stepped(seed: u64, before: [f32; 6], after: [f32; 6]) -> Piece {
    let mut cue = cue(seed, 92.0, (4, 4), before);
    let point = |bar: f64, axes: [f32; 6]| {
        let mood = Mood::from_array(axes);
        LanePoint { bar, valence: Some(mood.valence), energy: Some(mood.energy), ..Default::default() }
    };
    cue.lane = vec![
        point(1.0, before),
        point(STEP_BAR as f64 + 0.999, before),
        point(STEP_BAR as f64 + 1.0, after),
        point(60.0, after),
    ];
    let (frames, notes) = compose(&plan(&cue), 0..BARS);
    Piece { mind: 8, meter: (4, 4), seed, frames, notes }
}

/// Velocity begun in each beat.
fn weights(piece: &Piece) -> Vec<f64> {
    let mut beats = vec![0.0; BARS as usize * 4];
    for note in &piece.notes {
        beats[(note.onset + 1e-6) as usize] += f64::from(note.velocity);
    }
    beats
}

/// How major each bar is: major thirds and sixths of the key less minor ones, as a share of all that sounds. Seconds and
/// sevenths are left out, for a ninth on a minor chord is no brighter than its seventh, and the leading note is in both.
fn brightness(piece: &Piece) -> Vec<f64> {
    let bar = |k: usize| {
        let here = piece.pitched().filter(|note| piece.bar_at(note.onset) == k);
        let heard = pitch_classes(here);
        let degree = |above: u8| heard[usize::from((piece.frames[k].tonic + above) % 12)];
        let (bright, dark) = ([4, 9].map(degree), [3, 8].map(degree));
        (bright.iter().sum::<f64>() - dark.iter().sum::<f64>()) / heard.iter().sum::<f64>().max(1e-9)
    };
    (0..BARS as usize).map(bar).collect()
}

type Series = fn(&Piece) -> Vec<f64>;

/// First place from `from` on where the stepped music differs from its unstepped twin: over sixteen seeds the mean
/// difference is more than two of its standard deviations.
fn first_answer(before: [f32; 6], after: [f32; 6], series: Series, from: usize) -> Option<usize> {
    const SEEDS: usize = 16;
    let differences: Vec<Vec<f64>> = seeds(SEEDS)
        .map(|seed| {
            let (twin, moved) =
                (series(&stepped(seed, before, before)), series(&stepped(seed, before, after)));
            moved.iter().zip(&twin).map(|(m, t)| m - t).collect()
        })
        .collect();
    let at = |k: usize| differences.iter().map(move |row| row[k]);
    assert!((0..from).all(|k| at(k).all(|d| d.abs() < 1e-9)), "nothing changes before the step");
    let answers = |k: usize| {
        let middle = mean(at(k));
        let deviation = mean(at(k).map(|d| (d - middle) * (d - middle))).sqrt() / (SEEDS as f64).sqrt();
        middle.abs() > 1e-9 && middle.abs() > 2.0 * deviation
    };
    (from..differences[0].len()).find(|&k| answers(k)).map(|k| k - from)
}

#[test]
fn steps_of_the_mood_are_answered_in_time() {
    let rest = [0.0; 6];
    for (energy, to) in [(-0.3, 0.3), (0.3, -0.3), (0.0, 0.6), (0.2, 0.8)] {
        let (before, after) = ([0.0, energy, 0.0, 0.0, 0.0, 0.0], [0.0, to, 0.0, 0.0, 0.0, 0.0]);
        let beat = first_answer(before, after, weights, 4 * STEP_BAR);
        println!("7 energy {energy} to {to}: answered in beat {beat:?} after the step");
        assert_eq!(beat, Some(0), "energy {energy} to {to}");
    }
    for (valence, to) in [(-0.3, 0.3), (0.3, -0.3), (0.0, 0.6), (0.1, -0.5)] {
        let (before, after) = ([valence, 0.0, 0.0, 0.0, 0.0, 0.0], [to, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let bar = first_answer(before, after, brightness, STEP_BAR);
        println!("7 valence {valence} to {to}: answered in bar {bar:?} after the step");
        assert!(bar.is_some_and(|bar| bar <= 1), "valence {valence} to {to}");
    }
    must_fail("a constant mood", first_answer(rest, rest, weights, 4 * STEP_BAR).is_none());
}
