//! MUSIC 9 test 5: each axis moves what it promises, step by step, and leaves alone what it does not.

use super::corpus::{Piece, cue, plan, seeds};
use super::figures::{Figure, mean, must_fail, trend};
use super::key::{keys, pitch_classes};
use cuewright_engine::compose::{BarFrame, compose};
use cuewright_engine::theory::{QUALITIES, rotate};

/// What is measured on a piece, in the order of [`FEATURES`].
const COUNT: usize = 9;

/// A feature's name and measure.
type Feature = (&'static str, fn(&Piece) -> f64);

const FEATURES: [Feature; COUNT] = [
    ("onset density", onsets),
    ("stems playing", stems),
    ("loudness", loudness),
    ("majorness of the key", |piece| by_key(piece, |major, minor| major - minor)),
    ("share of major chords", major_share),
    ("melody pitch", |piece| mean(piece.melody().iter().map(|n| f64::from(n.pitch)))),
    ("roughness", roughness),
    ("blur of the key", |piece| by_key(piece, |major, minor| 1.0 - major.max(minor))),
    ("chromatic thirds", mediants),
];

fn onsets(piece: &Piece) -> f64 {
    let mut onsets: Vec<_> = piece.notes.iter().map(|n| (n.stem, (n.onset * 960.0) as i64)).collect();
    onsets.sort_unstable();
    onsets.dedup();
    onsets.len() as f64
}

fn stems(piece: &Piece) -> f64 {
    mean(piece.frames.iter().map(|frame| frame.stems.iter().filter(|&&open| open).count() as f64))
}

/// Mean power of the notes' velocities, dB: ten steps of 127 are two decibels (MUSIC 7.3).
fn loudness(piece: &Piece) -> f64 {
    10.0 * libm::log10(mean(piece.notes.iter().map(|n| libm::exp10(2.54 * f64::from(n.velocity)))))
}

fn by_key(piece: &Piece, figure: impl Fn(f64, f64) -> f64) -> f64 {
    let most = |keys: &[f64]| keys.iter().copied().fold(f64::MIN, f64::max);
    let windows = piece.frames.chunks(4).map(|window| {
        let (from, until) = (window[0].bar.start, window[window.len() - 1].bar.end());
        let inside = piece.pitched().filter(|n| n.onset >= from - 1e-6 && n.onset < until - 1e-6);
        let found = keys(&pitch_classes(inside));
        figure(most(&found[..12]), most(&found[12..]))
    });
    mean(windows)
}

fn quality(frame: &BarFrame) -> Option<bool> {
    let chord = &frame.chords[0].chord;
    let has = |above: u8| chord.pcs >> ((chord.root + above) % 12) & 1 == 1;
    if has(4) { Some(true) } else { has(3).then_some(false) }
}

fn major_share(piece: &Piece) -> f64 {
    mean(piece.frames.iter().filter_map(quality).map(|major| f64::from(u8::from(major))))
}

fn roughness(piece: &Piece) -> f64 {
    mean(piece.frames.iter().map(|frame| {
        let chord = &frame.chords[0].chord;
        let row = QUALITIES.iter().find(|row| rotate(row.set, chord.root) == chord.pcs);
        f64::from(row.expect("chords come from the table").roughness)
    }))
}

fn mediants(piece: &Piece) -> f64 {
    let root = |frame: &BarFrame| frame.chords[0].chord.root;
    let moved = |w: &&[BarFrame]| root(&w[0]) != root(&w[1]) || quality(&w[0]) != quality(&w[1]);
    mean(piece.frames.windows(2).filter(moved).map(|w| {
        let third = [3, 4, 8, 9].contains(&((root(&w[1]) + 12 - root(&w[0])) % 12));
        f64::from(u8::from(third && quality(&w[0]).is_some() && quality(&w[0]) == quality(&w[1])))
    }))
}

const AXES: [&str; 6] = ["valence", "energy", "tension", "wonder", "scale", "darkness"];

/// Features that move, with their sign, and features that stay.
type Promise = (&'static [(usize, f64)], &'static [usize]);

/// Which features an axis raises or lowers, and which it must leave alone; others follow by design (effective tension
/// follows valence and energy, the melody's height all three).
const PROMISES: [Promise; 6] = [
    (&[(3, 1.0), (4, 1.0), (5, 1.0)], &[0, 1, 2, 8]),
    (&[(0, 1.0), (1, 1.0), (2, 1.0)], &[3, 4, 8]),
    (&[(6, 1.0), (7, 1.0)], &[0, 1, 2, 5, 8]),
    (&[(8, 1.0)], &[0, 2]),
    (&[], &[0, 3, 8]),
    (&[(5, -1.0)], &[0, 3, 6, 7, 8]),
];

/// Seed means of every feature at nine places of an axis, the others at rest: about 64 s of music each.
fn sweep(axis: usize, moves: bool) -> [[f64; 9]; COUNT] {
    let mut table = [[0.0; 9]; COUNT];
    for place in 0..9 {
        let mut axes = [0.0; 6];
        let along = if moves { place as f32 } else { 4.0 };
        axes[axis] = if axis == 3 { along / 8.0 } else { along / 4.0 - 1.0 };
        for seed in seeds(8) {
            // Without the motion the seeds stand in for it: noise must not look like a trend.
            let seed = if moves { seed } else { seed.wrapping_add(8 * place as u64 + 100) };
            let (frames, notes) = compose(&plan(&cue(seed, 92.0, (4, 4), axes)), 0..32);
            let piece = Piece { mind: 8, meter: (4, 4), seed, frames, notes };
            for (row, feature) in table.iter_mut().zip(FEATURES) {
                row[place] += feature.1(&piece) / 8.0;
            }
        }
    }
    table
}

#[test]
fn axes_move_what_they_promise_and_nothing_else() {
    let tables: [_; 6] = std::thread::scope(|scope| {
        let odd = scope.spawn(|| [1, 3, 5].map(|axis| sweep(axis, true)));
        let [a, c, e] = [0, 2, 4].map(|axis| sweep(axis, true));
        let [b, d, f] = odd.join().expect("sweeps do not panic");
        [a, b, c, d, e, f]
    });
    let range = |row: &[f64; 9]| {
        row.iter().copied().fold(f64::MIN, f64::max) - row.iter().copied().fold(f64::MAX, f64::min)
    };
    // How far a feature goes on the axis it belongs to.
    let own = |feature: usize| {
        let axes = (0..6).filter(|&axis| PROMISES[axis].0.iter().any(|p| p.0 == feature));
        axes.map(|axis| range(&tables[axis][feature])).fold(0.0, f64::max)
    };
    let (mut promised, mut smallest, mut stray) = (Figure::default(), Figure::default(), Figure::default());
    for (axis, (moves, still)) in PROMISES.iter().enumerate() {
        for &(feature, sign) in *moves {
            let row = &tables[axis][feature];
            let name = format!("{} → {} {row:.3?}", AXES[axis], FEATURES[feature].0);
            let steps = row.windows(2).map(|w| sign * (w[1] - w[0]));
            smallest.add(steps.fold(f64::MAX, f64::min) / range(row).max(1e-9), name.clone());
            promised.add(sign * trend(row), name);
        }
        for &feature in *still {
            let row = &tables[axis][feature];
            let name = format!("{} → {} {row:.3?}", AXES[axis], FEATURES[feature].0);
            // A trend counts from a quarter of what the feature's own axis does; less is not heard beside it.
            let heard = range(row) > 0.25 * own(feature);
            stray.add(if heard { trend(row).abs() } else { 0.0 }, name);
        }
    }
    if std::env::var_os("CUEWRIGHT_DETAIL").is_some() {
        for (axis, table) in AXES.iter().zip(&tables) {
            for (feature, row) in FEATURES.iter().zip(table) {
                println!("{axis} → {} {row:.3?}", feature.0);
            }
        }
    }
    // Eight seeds waver by a place or two (valence, the key's majorness: .87; tension, its blur: .83; wonder, its thirds:
    // .78): eight to ten of ten hold, by draw of seeds.
    promised.hold("5 Spearman's rho of what an axis promises", (0.95, 1.0));
    // Not held: entry levels at -.7, -.6, -.25, -.05 and .45 let no stem in on the last eighth of energy, onsets follow an
    // exponential law, and figures of the key over eight seeds waver by more than an eighth of their range.
    smallest.report("5 smallest step over range", (0.1, 1.0));
    // Energy carries effective tension with it, and the mode follows tension: the loud cells at rest are minor ones.
    stray.hold_reached("5 rho of what it must leave alone", (0.0, 0.4), (0.0, 0.96), 0.8);
    let constant = sweep(1, false);
    must_fail("a constant mood", [0, 1, 2].iter().all(|&feature: &usize| trend(&constant[feature]) < 0.95));
}
