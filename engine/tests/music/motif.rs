//! MUSIC 9 test 12: every labelled statement is as recognisable as its level says, and nothing else is.

use super::corpus::{Piece, corpus};
use super::figures::{Figure, asserts, must_fail};
use cuewright_engine::compose::similarity;
use cuewright_engine::note::Note;
use cuewright_engine::random::{Domain, pick};
use cuewright_engine::theory::MODES;
use std::collections::BTreeSet;

/// Scale step and inter-onset length per note.
type Shape = Vec<(f64, f64)>;

/// Least similarity a level asks for (MUSIC 3.3).
const LEAST: [f64; 3] = [0.90, 0.74, 0.60];

/// Scale step of a pitch in its bar's mode; half steps between.
fn scale_step(piece: &Piece, note: &Note) -> f64 {
    let frame = &piece.frames[piece.bar_at(note.onset)];
    let steps =
        MODES.iter().find(|row| row.name == frame.mode).expect("frames name modes of the table").steps;
    let above = note.pitch as i32 - i32::from(frame.tonic);
    let (octave, rest) = (above.div_euclid(12), above.rem_euclid(12));
    let step = |i: usize| i32::from(steps.get(i).copied().unwrap_or(12));
    let near = (0..=steps.len()).min_by_key(|&i| (step(i) - rest).abs()).unwrap_or(0);
    f64::from(octave * 7 + near as i32) + 0.5 * f64::from((rest - step(near)).signum())
}

fn shape(piece: &Piece, run: &[&Note]) -> Shape {
    // The last note as written: players let go of it a little early.
    let written = |n: &Note| (2.0 * n.length - 0.01).ceil() / 2.0;
    let length = |i: usize, n: &Note| run.get(i + 1).map_or(written(n), |next| next.onset - n.onset);
    run.iter().enumerate().map(|(i, n)| (scale_step(piece, n), length(i, n))).collect()
}

/// The first note of every beat: what an ornamented line ornaments.
fn on_beats<'a>(run: &[&'a Note]) -> Vec<&'a Note> {
    let mut kept = run.to_vec();
    kept.dedup_by_key(|note| (note.onset + 1e-6).floor() as i64);
    kept
}

/// Whether a note belongs to a statement; its upbeat comes where there is room, and the motif is itself without.
fn states(note: &Note) -> bool {
    note.motif.is_some_and(|tag| !tag.upbeat)
}

struct Statement {
    bar: i64,
    operator: u8,
    level: u8,
    likeness: f64,
    exact: bool,
}

/// Statements of three notes or more in order, each with its likeness to the first exact one.
fn statements(piece: &Piece) -> Vec<Statement> {
    let sung: Vec<&Note> = piece.melody().into_iter().filter(|note| states(note)).collect();
    let runs: Vec<&[&Note]> = sung
        .chunk_by(|a, b| a.motif.map(|m| m.statement) == b.motif.map(|m| m.statement))
        .filter(|run| run.len() >= 3)
        .collect();
    let exact = |run: &&&[&Note]| run[0].motif.is_some_and(|m| m.operator == 0);
    let Some(motif) = runs.iter().find(exact).or(runs.first()) else { return Vec::new() };
    let (main, main_beats) = (shape(piece, motif), shape(piece, &on_beats(motif)));
    let moves = |shape: &Shape| -> Vec<(i64, i64)> {
        shape
            .windows(2)
            .map(|w| ((2.0 * (w[1].0 - w[0].0)) as i64, (100.0 * w[0].1).round() as i64))
            .collect()
    };
    runs.iter()
        .map(|run| {
            let here = shape(piece, run);
            let mut likeness = similarity(&main, &here);
            if run.len() > motif.len() {
                likeness = likeness.max(similarity(&main_beats, &shape(piece, &on_beats(run))));
            }
            let tag = run[0].motif.expect("only tagged notes are here");
            Statement {
                bar: piece.bar_at(run[0].onset) as i64,
                operator: tag.operator,
                level: tag.level,
                likeness,
                exact: moves(&here) == moves(&main),
            }
        })
        .collect()
}

#[test]
fn statements_are_what_they_say() {
    let mut figures: [Figure; 4] = Default::default();
    let mut by_level: [Figure; 3] = Default::default();
    let (mut other_passes, mut others) = (0.0, 0.0);
    let mut other: Option<Shape> = None;
    for piece in corpus() {
        let all = statements(piece);
        if all.len() < 4 {
            continue;
        }
        let mut clear_bar = i64::MIN;
        let mut passed = 0.0;
        for s in &all {
            let good = s.likeness >= LEAST[usize::from(s.level) - 1] - 1e-9
                && (s.level < 3 || s.bar - clear_bar <= 8);
            if good && s.level <= 2 {
                clear_bar = s.bar;
            }
            passed += f64::from(u8::from(good));
            by_level[usize::from(s.level) - 1]
                .add(s.likeness, format!("{} bar {} op {}", piece.name(), s.bar + 1, s.operator));
        }
        let count = all.len() as f64;
        let copies = all.iter().filter(|s| s.exact).count() as f64;
        let runs = all.chunk_by(|a, b| a.exact == b.exact).filter(|run| run[0].exact);
        let operators: BTreeSet<u8> = all.iter().map(|s| s.operator).collect();
        figures[0].add(passed / count, piece.name());
        figures[1].add(copies / count, piece.name());
        figures[2].add(operators.len() as f64, piece.name());
        figures[3].add(runs.map(|run| run.len()).max().unwrap_or(0) as f64, piece.name());
        // The control: the motif of the cue before passed off as this one's.
        let sung: Vec<&Note> = piece.melody().into_iter().filter(|n| states(n)).collect();
        let first: Vec<&Note> = sung
            .iter()
            .copied()
            .filter(|n| n.motif.map(|m| m.statement) == sung[0].motif.map(|m| m.statement))
            .collect();
        let mine = shape(piece, &first);
        if let Some(other) = &other {
            others += 1.0;
            other_passes += f64::from(u8::from(similarity(&mine, other) >= 0.90));
        }
        other = Some(mine);
    }
    let [passed, exact, operators, runs] = &figures;
    // One of seven thousand statements, inverted in a mystery, is bent twice: .71 where a second level asks .74.
    passed.hold_reached("12 statements that keep their level", (1.0, 1.0), (0.9, 1.0), 0.99);
    for (level, figure) in by_level.iter().enumerate() {
        if figure.is_empty() {
            continue;
        }
        let least = LEAST[level];
        let what = format!("12 similarity at level {}", level + 1);
        figure.hold_reached(&what, (least, 1.0), (least - 0.04, 1.0), 0.999);
    }
    exact.hold_mostly("12 statements that are exact copies", (0.25, 0.55), 0.85);
    operators.hold_mostly("12 developments used", (3.0, 16.0), 0.98);
    // Where octatonic chords would bend every development until nobody knew it, the motif is said as it is (up to nine
    // times, one cue of horror in eight).
    runs.hold_mostly("12 exact copies in a row", (0.0, 3.0), 0.95);
    must_fail("another cue's motif", other_passes / others <= 0.25);
}

#[test]
fn what_is_not_labelled_is_not_the_motif() {
    let mut below = Figure::default();
    let mut windows = (0, 0);
    for piece in corpus() {
        let line = piece.melody();
        let Some(first) = line.iter().find(|n| n.motif.is_some_and(|m| m.operator == 0)) else { continue };
        let number = first.motif.map(|m| m.statement);
        let motif: Vec<&Note> =
            line.iter().copied().filter(|n| n.motif.map(|m| m.statement) == number).collect();
        let main = shape(piece, &motif);
        // Free melody, and as a stand-in where all is motif: the tune's own notes in any order.
        let mut loose = shape(piece, &line);
        for i in (1..loose.len()).rev() {
            let j = pick(piece.seed, Domain::Noise, i as i64, 11, i as u32 + 1) as usize;
            let step = loose[i].0;
            loose[i].0 = loose[j].0;
            loose[j].0 = step;
            let k = pick(piece.seed, Domain::Noise, i as i64, 12, i as u32 + 1) as usize;
            let length = loose[i].1;
            loose[i].1 = loose[k].1;
            loose[k].1 = length;
        }
        let alien: Vec<f64> = loose.chunks_exact(main.len()).map(|w| similarity(&main, w)).collect();
        let low = alien.iter().filter(|&&x| x < 0.78).count();
        windows = (windows.0 + low, windows.1 + alien.len());
        let free: Vec<&Note> = line.iter().copied().filter(|n| n.motif.is_none()).collect();
        let own: Vec<f64> =
            free.windows(main.len()).step_by(2).map(|w| similarity(&main, &shape(piece, w))).collect();
        if own.len() >= 5 {
            below.add(own.iter().filter(|&&x| x < 0.78).count() as f64 / own.len() as f64, piece.name());
        }
    }
    let share = windows.0 as f64 / windows.1 as f64;
    println!("12 windows of shuffled tune below .78: {share:.3}");
    assert!(share >= 0.90 || !asserts(), "{share}");
    if !below.is_empty() {
        below.hold_reached("12 unlabelled windows below .78", (0.90, 1.0), (0.8, 1.0), 0.99);
    }
}
