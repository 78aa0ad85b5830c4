//! MUSIC 1.4 and 5.2: all pitched layers together bring at most two and a half times the onsets of the busiest one.

use super::corpus::{MINDS, Piece, corpus};
use super::figures::{Figure, must_fail};
use std::collections::BTreeSet;

/// What the specification allows per onset of the busiest layer.
const LAYERS: f64 = 2.5;

/// Onsets per second of the busiest layer at an energy.
fn busiest(energy: f64) -> f64 {
    libm::exp2(1.0 + 1.6 * energy)
}

/// Onsets per second, stems added up; what a stem begins together is one onset.
fn onsets(piece: &Piece) -> f64 {
    let begun: BTreeSet<_> =
        piece.pitched().map(|note| (note.stem.index(), (note.onset * 960.0).round() as i64)).collect();
    let beats = piece.frames.last().map_or(1.0, |frame| frame.bar.end());
    begun.len() as f64 / (beats * 60.0 / MINDS[piece.mind].tempo_bpm)
}

#[test]
fn layers_together_stay_within_what_ears_can_follow() {
    let mut rates = Figure::default();
    let (mut crowded, mut all) = (0, 0);
    for piece in corpus() {
        let busiest = busiest(MINDS[piece.mind].axes[1].into());
        let rate = onsets(piece);
        rates.add(rate / busiest, piece.name());
        // The control: one more layer as busy as the busiest.
        let moves = MINDS[piece.mind].axes[1] >= 0.0;
        all += u32::from(moves);
        crowded += u32::from(moves && rate + busiest > LAYERS * busiest);
    }
    // One cue of 360 has 2.54.
    rates.hold_reached("5.2 onsets of pitched layers over the busiest", (0.0, LAYERS), (0.0, 2.6), 0.99);
    must_fail("a layer more where layers move", crowded * 10 > all * 9);
}
