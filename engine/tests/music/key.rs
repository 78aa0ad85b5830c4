//! MUSIC 9 test 2: the key that the notes say is the key the score says.

use super::corpus::{MINDS, Piece, cue, groups, plan, seeds};
use super::figures::{Figure, correlation, must_fail};
use cuewright_engine::compose::compose;
use cuewright_engine::cue::Mood;
use cuewright_engine::note::Note;
use cuewright_engine::random::{Domain, value};

/// Krumhansl and Kessler's probe-tone ratings, major and minor.
const PROFILES: [[f64; 12]; 2] = [
    [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
    [6.33, 2.68, 3.52, 5.38, 2.6, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
];

/// Correlation with each key: twelve major ones, twelve minor ones.
pub fn keys(weights: &[f64; 12]) -> [f64; 24] {
    std::array::from_fn(|key| {
        let profile: Vec<f64> = (0..12).map(|pc| PROFILES[key / 12][(pc + 12 - key % 12) % 12]).collect();
        correlation(weights, &profile)
    })
}

/// Sounding time per pitch class.
pub fn pitch_classes<'a>(notes: impl Iterator<Item = &'a Note>) -> [f64; 12] {
    let mut weights = [0.0; 12];
    for note in notes {
        weights[note.pitch as usize % 12] += note.length.min(8.0);
    }
    weights
}

pub fn strongest(keys: &[f64]) -> usize {
    (0..keys.len()).max_by(|&a, &b| keys[a].total_cmp(&keys[b])).unwrap_or(0)
}

/// Sixteen bars that do not change key: what sounds and what the score calls tonic.
fn windows(piece: &Piece) -> Vec<([f64; 12], usize)> {
    let stays = |window: &&[_]| {
        let window: &[cuewright_engine::compose::BarFrame] = window;
        window.iter().all(|frame| frame.tonic == window[0].tonic)
    };
    let windows = piece.frames.chunks(16).filter(stays);
    windows
        .map(|window| {
            let (from, until) = (window[0].bar.start, window[15].bar.end());
            let inside = piece.pitched().filter(|n| n.onset >= from - 1e-6 && n.onset < until - 1e-6);
            (pitch_classes(inside), usize::from(window[0].tonic))
        })
        .collect()
}

#[test]
fn the_key_heard_is_the_key_written() {
    let (mut normal, mut tense) = (Figure::default(), Figure::default());
    let (mut wrong, mut all) = (0.0, 0.0);
    for group in groups() {
        let found: Vec<_> =
            group.iter().flat_map(windows).map(|(w, tonic)| (strongest(&keys(&w)), tonic)).collect();
        let share =
            found.iter().filter(|(key, tonic)| key % 12 == *tonic).count() as f64 / found.len() as f64;
        // The control: every window labelled a fourth too high.
        wrong += found.iter().filter(|(key, tonic)| key % 12 == (tonic + 5) % 12).count() as f64;
        all += found.len() as f64;
        if std::env::var_os("CUEWRIGHT_DETAIL").is_some() {
            let mut at = [0; 24];
            for (key, tonic) in &found {
                at[(key % 12 + 12 - tonic) % 12 + key / 12 * 12] += 1;
            }
            println!("{} {at:?}", group[0].name());
        }
        let mood = Mood::from_array(MINDS[group[0].mind].axes);
        let figure = if mood.tension_effective() > 0.7 { &mut tense } else { &mut normal };
        figure.add(share, group[0].name());
    }
    // By group of 32 windows three in a hundred are one window: the bound is on all of a kind together.
    normal.report("2 tonic match, valence and tension normal", (0.95, 1.0));
    tense.report("2 tonic match, effective tension above .7", (0.70, 1.0));
    let all_of = |figure: &Figure, what: &str| {
        let mut one = Figure::default();
        one.add(figure.mean(), what.into());
        one
    };
    // The bound is the mean of six sets of eight seeds, which reach .931 to .980: every second set misses it.
    all_of(&normal, "normal").hold("2 all normal windows", (0.95, 1.0));
    all_of(&tense, "tense").hold("2 all tense windows", (0.70, 1.0));
    must_fail("every key labelled a fourth too high", wrong / all < 0.70);
}

/// Cues in moods at random, none of them the middle of a cell, tension and wonder moderate.
fn cues_in_random_moods() -> impl Iterator<Item = (bool, Piece)> {
    seeds(16).flat_map(|seed| {
        (0..12i64).map(move |k| {
            let draw = |axis: i64| 2.0 * value(seed, Domain::Phrase, k, axis) as f32 - 1.0;
            let (tension, wonder) = (0.4 * draw(2), 0.3 * (draw(3) + 1.0));
            let axes = [draw(0), draw(1), tension, wonder, draw(4), 0.5 * draw(5)];
            let tense = Mood::from_array(axes).tension_effective() > 0.5;
            let cue = cue(seed.wrapping_add(k as u64), 92.0, (4, 4), axes);
            let (frames, notes) = compose(&plan(&cue), 0..32);
            (tense, Piece { mind: 0, meter: (4, 4), seed, frames, notes })
        })
    })
}

#[test]
fn the_key_is_heard_in_any_mood() {
    let mut found = [(0.0, 0.0); 2];
    for (tense, piece) in cues_in_random_moods() {
        for (weights, tonic) in windows(&piece) {
            if std::env::var_os("CUEWRIGHT_DETAIL").is_some() {
                let heard = strongest(&keys(&weights));
                let cells: std::collections::BTreeSet<_> = piece.frames.iter().map(|f| f.cell).collect();
                let axes = piece.frames[0].climate.mood.to_array();
                println!(
                    "random {} {} {cells:?} {axes:.2?} {}",
                    heard % 12 == tonic,
                    (heard % 12 + 12 - tonic) % 12,
                    heard / 12
                );
            }
            let (right, all) = &mut found[usize::from(tense)];
            *right += f64::from(u8::from(strongest(&keys(&weights)) % 12 == tonic));
            *all += 1.0;
        }
    }
    for ((right, all), (what, bound)) in found.into_iter().zip([("calm", 0.95), ("tense", 0.70)]) {
        let mut figure = Figure::default();
        figure.add(right / all, what.into());
        // Calm moods reach .93 to .97 by draw of seeds, with the present ones .951.
        figure.hold("2 windows of moods at random", (bound, 1.0));
    }
}
