//! MUSIC 9 test 20: every meter leans on its bar lines and fills its bars.

use super::corpus::{MINDS, Piece, cue, plan, seeds};
use super::figures::{Figure, mean, must_fail};
use cuewright_engine::compose::compose;
use cuewright_engine::cue::MeterChange;
use cuewright_engine::stem::Stem;

const METERS: [(u8, u8); 8] = [(4, 4), (3, 4), (6, 8), (12, 8), (5, 4), (7, 8), (9, 8), (11, 8)];

/// Velocity begun on a place of the bar (quarter notes from `shift` after the bar line) per bar line, and per other beat.
fn downbeat_ratio(piece: &Piece, shift: usize) -> f64 {
    let (mut on, mut off) = (Vec::new(), Vec::new());
    for (k, frame) in piece.frames.iter().enumerate() {
        let starts = frame.bar.meter.beat_starts();
        for (i, &start) in starts.iter().enumerate() {
            let at = frame.bar.start + start;
            let here = piece.notes.iter().filter(|n| (n.onset - at).abs() < 1e-6);
            let weight: f64 = here.map(|n| f64::from(n.velocity)).sum();
            if i == shift % starts.len() { on.push(weight) } else { off.push(weight) }
        }
        assert!(!starts.is_empty(), "bar {k}");
    }
    mean(on.into_iter()) / mean(off.into_iter()).max(1e-9)
}

/// The bed sounds to the end of every bar, whatever else rests.
fn complete(piece: &Piece) -> bool {
    piece.frames.iter().all(|frame| {
        let here = piece.notes.iter().filter(|n| {
            n.stem == Stem::Bed && n.onset >= frame.bar.start - 1e-9 && n.onset < frame.bar.end() - 1e-9
        });
        (here.map(|n| n.onset + n.length).fold(0.0, f64::max) - frame.bar.end()).abs() < 1e-6
    })
}

#[test]
fn bar_lines_weigh_and_bars_are_complete() {
    let (mut ratios, mut beats) = (Figure::default(), Vec::new());
    for (mind, row) in MINDS.iter().enumerate() {
        for meter in METERS {
            for seed in seeds(4) {
                let (frames, notes) = compose(&plan(&cue(seed, row.tempo_bpm, meter, row.axes)), 0..16);
                let piece = Piece { mind, meter, seed, frames, notes };
                assert!(complete(&piece), "{}", piece.name());
                ratios.add(downbeat_ratio(&piece, 0).min(99.0), piece.name());
                beats.push(downbeat_ratio(&piece, 1));
            }
        }
    }
    ratios.hold("20 bar lines over other beats", (1.3, 99.0));
    must_fail("bar lines said to be a beat later", mean(beats.into_iter()) < 1.3);
}

#[test]
fn meters_may_change_in_every_bar() {
    for seed in seeds(4) {
        let mut cue = cue(seed, 100.0, (4, 4), [0.2, 0.5, 0.0, 0.2, 0.2, 0.0]);
        for (k, (numerator, denominator)) in METERS.into_iter().cycle().take(24).enumerate() {
            cue.meters.push(MeterChange { bar: 2 + k as u32, numerator, denominator, groups: Vec::new() });
        }
        let (frames, notes) = compose(&plan(&cue), 0..26);
        let piece = Piece { mind: 0, meter: (4, 4), seed, frames, notes };
        assert!(complete(&piece), "seed {seed}");
        let ends = piece.frames.windows(2).all(|w| (w[0].bar.end() - w[1].bar.start).abs() < 1e-9);
        assert!(ends && downbeat_ratio(&piece, 0) >= 1.3, "seed {seed}: {}", downbeat_ratio(&piece, 0));
    }
}
