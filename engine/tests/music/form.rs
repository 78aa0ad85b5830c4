//! MUSIC 9 test 11: bars return, but no block is a loop; and where a section starts the music changes.

use super::corpus::{MINDS, Piece, SEEDS, corpus, cue, plan, seeds};
use super::figures::{Figure, mean, must_fail};
use cuewright_engine::compose::compose;
use cuewright_engine::random::{Domain, pick};
use cuewright_engine::stem::{STEM_COUNT, Stem};
use std::collections::{BTreeMap, BTreeSet};

/// A bar as chroma and onsets: which pitch classes begin where, whoever plays them in which octave.
type Signature = Vec<(i64, i32)>;

fn signatures(piece: &Piece) -> Vec<Signature> {
    let mut bars: Vec<Signature> = vec![Vec::new(); piece.frames.len()];
    for note in piece.pitched() {
        let bar = piece.bar_at(note.onset);
        let at = note.onset - piece.frames[bar].bar.start;
        bars[bar].push(((at * 960.0).round() as i64, note.pitch as i32 % 12));
    }
    for bar in &mut bars {
        bar.sort_unstable();
        bar.dedup();
    }
    bars
}

/// Share of bars that repeat an earlier bar.
fn repeats(bars: &[Signature]) -> f64 {
    let mut seen = BTreeSet::new();
    mean(bars.iter().filter(|bar| !bar.is_empty()).map(|bar| f64::from(u8::from(!seen.insert(bar)))))
}

/// How often the most frequent block of eight bars comes again.
fn block_repeats(bars: &[Signature]) -> u32 {
    let mut counts = BTreeMap::new();
    for block in bars.chunks_exact(8) {
        *counts.entry(block).or_insert(0u32) += 1;
    }
    counts.into_values().max().unwrap_or(1) - 1
}

#[test]
fn bars_return_without_a_loop() {
    let (mut shares, mut blocks) = (Figure::default(), Figure::default());
    let (mut looped, mut shuffled, mut all) = (0, 0, 0);
    for piece in corpus() {
        let bars = signatures(piece);
        shares.add(repeats(&bars), piece.name());
        blocks.add(f64::from(block_repeats(&bars)), piece.name());
        // Controls: the first eight bars for ever; every pitch exchanged with another of its stem.
        let tape: Vec<Signature> = bars.iter().take(8).cycle().take(bars.len()).cloned().collect();
        let mut mixed = bars.clone();
        for (k, bar) in mixed.iter_mut().enumerate() {
            for (i, note) in bar.iter_mut().enumerate() {
                note.1 += pick(piece.seed, Domain::Noise, k as i64, i as i64, 3) as i32;
            }
        }
        all += 1;
        looped += u32::from(repeats(&tape) > 0.6 && block_repeats(&tape) > 2);
        shuffled += u32::from(repeats(&mixed) < 0.25);
    }
    // Wonder in fives: .242.
    shares.by_group().hold_reached("11 bars that repeat an earlier one", (0.25, 0.60), (0.23, 0.60), 0.97);
    shares.hold_reached("   by cue", (0.25, 0.60), (0.12, 0.65), 0.74);
    blocks.hold("11 times a block of eight bars comes again", (0.0, 2.0));
    must_fail("eight bars looped", looped == all);
    must_fail("pitches exchanged", shuffled == all);
}

/// Pitch classes, places, and who plays: a bar as four unit vectors.
fn features(piece: &Piece) -> Vec<[Vec<f64>; 4]> {
    let empty = || [vec![0.0; 12], vec![0.0; 16], vec![0.0; STEM_COUNT], vec![0.0; STEM_COUNT]];
    let mut bars: Vec<_> = piece.frames.iter().map(|_| empty()).collect();
    for note in &piece.notes {
        let bar = piece.bar_at(note.onset);
        let frame = &piece.frames[bar].bar;
        let place = (16.0 * (note.onset - frame.start) / frame.meter.bar_beats()).clamp(0.0, 15.0) as usize;
        let [pcs, places, who, loud] = &mut bars[bar];
        if !matches!(note.stem, Stem::Perc | Stem::Fx) {
            pcs[note.pitch as usize % 12] += note.length.min(frame.meter.bar_beats());
        }
        places[place] += 1.0;
        who[note.stem.index()] += 1.0;
        loud[note.stem.index()] += f64::from(note.velocity);
    }
    for vector in bars.iter_mut().flatten() {
        let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-9);
        vector.iter_mut().for_each(|x| *x /= length);
    }
    bars
}

/// Foote's novelty: a checkerboard of four bars to each side on the self-similarity of the bars, smoothed over three.
fn novelty(bars: &[[Vec<f64>; 4]]) -> Vec<f64> {
    let count = bars.len() as i64;
    // Beyond the ends the music is mirrored.
    let bar = |k: i64| if k < 0 { -k - 1 } else if k >= count { 2 * count - 1 - k } else { k } as usize;
    let alike = |a: usize, b: usize| {
        let dot = |f: usize| bars[a][f].iter().zip(&bars[b][f]).map(|(x, y)| x * y).sum::<f64>();
        (0..4).map(dot).sum::<f64>() / 4.0
    };
    let raw = |k: i64| {
        let (mut sum, mut weights) = (0.0, 0.0);
        for i in -4..4i64 {
            for j in -4..4i64 {
                let (x, y) = (i as f64 + 0.5, j as f64 + 0.5);
                let weight = libm::exp(-0.125 * (x * x + y * y));
                sum += weight * if (i < 0) == (j < 0) { 1.0 } else { -1.0 } * alike(bar(k + i), bar(k + j));
                weights += weight;
            }
        }
        sum / weights
    };
    let raw: Vec<f64> = (0..count).map(raw).collect();
    (0..count).map(|k| 0.25 * raw[bar(k - 1)] + 0.5 * raw[bar(k)] + 0.25 * raw[bar(k + 1)]).collect()
}

/// Share of section starts with a peak of novelty within a bar.
fn hits(piece: &Piece, starts: &[usize]) -> f64 {
    let curve = novelty(&features(piece));
    let inner = &curve[2..curve.len() - 2];
    let middle = mean(inner.iter().copied());
    let spread = mean(inner.iter().map(|x| (x - middle) * (x - middle))).sqrt();
    let peak = |k: usize| {
        let around = &curve[k.saturating_sub(2)..(k + 3).min(curve.len())];
        around.iter().all(|&x| x <= curve[k]) && curve[k] > middle + 0.5 * spread
    };
    mean(starts.iter().map(|&start| f64::from(u8::from((start - 1..=start + 1).any(peak)))))
}

#[test]
fn sections_begin_with_something_new() {
    let mut found = Figure::default();
    let (mut misplaced, mut all) = (0.0, 0.0);
    for (mind, row) in MINDS.iter().enumerate() {
        let mut shares = Vec::new();
        for seed in seeds(SEEDS) {
            let plan = plan(&cue(seed, row.tempo_bpm, (4, 4), row.axes));
            let (frames, notes) = compose(&plan, 0..128);
            let piece = Piece { mind, meter: (4, 4), seed, frames, notes };
            shares.push(hits(&piece, &[32, 64, 96]));
            // The control: sections said to start where none does.
            misplaced += hits(&piece, &[27, 45, 85]);
            all += 1.0;
        }
        found.add(mean(shares.into_iter()), row.id.into());
    }
    found.hold("11 section starts that novelty finds", (0.70, 1.0));
    must_fail("section starts where none are", misplaced / all < 0.70);
}
