//! MUSIC 9 test 7: a step of energy is heard within a beat, a step of valence within a bar.

use super::corpus::{Piece, cue, plan};
use super::figures::{mean, must_fail};
use super::key::{keys, pitch_classes};
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

/// Majorness of what sounds in each bar.
fn majorness(piece: &Piece) -> Vec<f64> {
    let most = |keys: &[f64]| keys.iter().copied().fold(f64::MIN, f64::max);
    let bar = |k: usize| {
        let here = piece.pitched().filter(|note| piece.bar_at(note.onset) == k);
        let found = keys(&pitch_classes(here));
        most(&found[..12]) - most(&found[12..])
    };
    (0..BARS as usize).map(bar).collect()
}

type Series = fn(&Piece) -> Vec<f64>;

/// First place from `from` on where the stepped music differs from its unstepped twin by more than two standard
/// deviations of the twin's places in the mean over eight seeds.
fn first_answer(before: [f32; 6], after: [f32; 6], series: Series, from: usize) -> Option<usize> {
    let mut twin: Vec<Vec<f64>> = Vec::new();
    let mut moved: Vec<Vec<f64>> = Vec::new();
    for seed in 0..8 {
        twin.push(series(&stepped(seed, before, before)));
        moved.push(series(&stepped(seed, before, after)));
    }
    let at = |table: &[Vec<f64>], k: usize| mean(table.iter().map(|row| row[k]));
    let count = twin[0].len();
    let means: Vec<f64> = (0..from).map(|k| at(&twin, k)).collect();
    let middle = mean(means.iter().copied());
    let spread = mean(means.iter().map(|x| (x - middle) * (x - middle))).sqrt();
    assert!((0..from).all(|k| (at(&twin, k) - at(&moved, k)).abs() < 1e-9), "nothing changes before the step");
    (from..count).find(|&k| (at(&moved, k) - at(&twin, k)).abs() > 2.0 * spread).map(|k| k - from)
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
        let bar = first_answer(before, after, majorness, STEP_BAR);
        println!("7 valence {valence} to {to}: answered in bar {bar:?} after the step");
        assert!(bar.is_some_and(|bar| bar <= 1), "valence {valence} to {to}");
    }
    must_fail("a constant mood", first_answer(rest, rest, weights, 4 * STEP_BAR).is_none());
}
