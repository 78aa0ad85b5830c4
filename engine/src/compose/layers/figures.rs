//! Figures: how a section's accompaniment moves, and who drives where all do. Neighboring sections never share one, and
//! a section that returns brings its own back: where a section starts, the ground under the tune is heard to change.
//! Source: own (taste, tuned on MUSIC 9 test 11); the patterns are the common ones of keyboard and orchestral
//! accompaniment. In/out: pure in (seed, material). Cost: a table lookup.

use super::Pen;
use crate::random::{Domain, pick};

/// How the bed breaks a chord, step by step: bit n of a row strikes its nth note from below.
#[derive(Debug)]
pub(super) struct Figure {
    pub rows: &'static [u8],
    /// Whether the rows go round; else the chord lies once they are through.
    pub turns: bool,
}

/// Figures of the bed by class: those that lie, those that move.
pub(super) const FIGURES: [[Figure; 3]; 2] = [
    [
        // Held: the voices of the harmony as they are led.
        Figure { rows: &[], turns: false },
        // Built: one note after the other, all left to ring.
        Figure { rows: &[0b001, 0b010, 0b100], turns: false },
        // Opened: two below, the third on top a step later.
        Figure { rows: &[0b011, 0b100], turns: false },
    ],
    [
        // Repeated: the whole chord at every step.
        Figure { rows: &[0b111], turns: true },
        // Bass and chord, in turn.
        Figure { rows: &[0b001, 0b111], turns: true },
        // Rocking: lowest and upper notes in turn.
        Figure { rows: &[0b001, 0b110], turns: true },
    ],
];

/// Who drives a section in which everything moves. Shares are onsets in eight steps, evenly spread.
#[derive(Debug)]
pub(super) struct Drive {
    /// Of the strings' ostinato.
    pub strings: u32,
    /// Of the ticks.
    pub ticks: u32,
    /// Of the pulse.
    pub pulse: u32,
    /// Which steps of eight the moving bass strikes: one of these per take and theme.
    pub bass: &'static [u8],
    /// Whether the drums gallop or go in threes where the mood lets them; else they keep to the meter.
    pub drums: bool,
}

/// Basses that stride on the beats, and basses that run.
const STRIDES: [u8; 3] = [0b0101_0101, 0b0011_0011, 0b0001_0001];
const RUNS: [u8; 4] = [0b1111_1111, 0b0111_0111, 0b1011_1011, 0b1101_1101];

/// Drives by class: the strings run above a bass that strides, or gaps in the strings let bass and drums run.
pub(super) const DRIVES: [[Drive; 2]; 2] = [
    [
        Drive { strings: 8, ticks: 3, pulse: 3, bass: &STRIDES, drums: false },
        Drive { strings: 8, ticks: 3, pulse: 4, bass: &STRIDES, drums: false },
    ],
    [
        Drive { strings: 3, ticks: 8, pulse: 8, bass: &RUNS, drums: true },
        Drive { strings: 4, ticks: 8, pulse: 8, bass: &RUNS, drums: true },
    ],
];

/// Energy from which somebody drives, thousandths.
const DRIVEN_FROM: i32 = 100;

/// The class and row of a section's figure: the one that returns between the others has a class for itself, and the
/// others rows for themselves.
fn of_section(seed: u64, kind: i64, material: i64, rows: u32) -> (usize, usize) {
    let throw = |j: i64, count: u32| pick(seed, Domain::Accompaniment, kind, j, count) as i64;
    let class = (throw(0, 2) + material.signum()) % 2;
    let row = (throw(1, rows) + material) % i64::from(rows);
    (class as usize, row as usize)
}

/// The bed's figure.
pub(super) fn bed(pen: &Pen) -> &'static Figure {
    let (class, row) = of_section(pen.seed(), 1, pen.place.material, 3);
    &FIGURES[class][row]
}

/// Who drives, where somebody does. The same for every stem, whatever its take.
pub(super) fn drive(pen: &Pen) -> Option<&'static Drive> {
    let (class, row) = of_section(pen.plan.seed, 2, pen.place.material, 2);
    (pen.now.energy > DRIVEN_FROM).then_some(&DRIVES[class][row])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbors_never_share_a_figure_and_returns_do() {
        for seed in 0..200 {
            for (kind, rows) in [(1, 3), (2, 2)] {
                let [refrain, first, second] = [0, 1, 2].map(|m| of_section(seed, kind, m, rows));
                assert!(first.0 == second.0 && refrain.0 != first.0 && first.1 != second.1);
            }
        }
        for class in 0..2 {
            assert!((0..200).any(|seed| of_section(seed, 1, 0, 3).0 == class));
            assert!((0..3).all(|row| (0..200).any(|seed| of_section(seed, 1, 0, 3) == (class, row))));
        }
    }
}
