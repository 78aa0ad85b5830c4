//! MUSIC 9 test 14: each mood cell moves by the transformations it is known for.

use super::corpus::{MINDS, Piece, groups};
use super::figures::{Figure, divergence, must_fail};

/// Start and end quality with the root's rise: (major before, semitones, major after).
type Change = (bool, u8, bool);

/// MUSIC 2.1: weights 0–9 of heroic, tender, wonder, sad, epic, mystery, menace.
const WEIGHTS: [(Change, [u8; 7]); 35] = [
    ((true, 5, true), [8, 8, 3, 4, 6, 0, 0]),
    ((true, 7, true), [7, 5, 1, 3, 5, 0, 0]),
    ((true, 9, false), [6, 7, 2, 5, 5, 1, 0]),
    ((true, 2, false), [4, 6, 1, 2, 2, 0, 0]),
    ((true, 4, false), [2, 6, 2, 6, 1, 1, 0]),
    ((true, 2, true), [6, 2, 8, 0, 3, 2, 0]),
    ((true, 10, true), [6, 3, 5, 2, 8, 1, 0]),
    ((true, 8, true), [3, 2, 7, 2, 7, 3, 2]),
    ((true, 4, true), [1, 1, 6, 0, 1, 2, 0]),
    ((true, 3, true), [2, 1, 6, 1, 5, 2, 1]),
    ((true, 9, true), [2, 1, 5, 0, 1, 1, 0]),
    ((true, 6, true), [0, 0, 3, 0, 0, 4, 3]),
    ((true, 5, false), [1, 6, 4, 5, 1, 2, 0]),
    ((true, 0, false), [0, 2, 2, 5, 1, 2, 1]),
    ((true, 1, true), [0, 0, 2, 0, 2, 5, 5]),
    ((true, 1, false), [0, 0, 2, 1, 0, 4, 2]),
    ((true, 8, false), [0, 0, 2, 1, 0, 5, 5]),
    ((false, 8, true), [1, 3, 4, 7, 9, 3, 2]),
    ((false, 3, true), [2, 3, 2, 5, 7, 1, 0]),
    ((false, 10, true), [1, 0, 2, 4, 9, 1, 2]),
    ((false, 5, false), [0, 1, 1, 7, 5, 2, 2]),
    ((false, 7, false), [0, 1, 1, 5, 2, 3, 1]),
    ((false, 7, true), [0, 1, 0, 6, 6, 3, 2]),
    ((false, 5, true), [2, 3, 7, 3, 4, 4, 0]),
    ((false, 2, true), [0, 0, 3, 1, 1, 8, 2]),
    ((false, 1, true), [0, 0, 0, 1, 2, 6, 6]),
    ((false, 11, true), [0, 0, 1, 1, 2, 2, 5]),
    ((false, 6, false), [0, 0, 0, 0, 0, 4, 8]),
    ((false, 8, false), [0, 0, 1, 1, 1, 4, 8]),
    ((false, 4, false), [0, 0, 2, 2, 0, 4, 4]),
    ((false, 3, false), [0, 0, 1, 1, 2, 4, 4]),
    ((false, 4, true), [0, 0, 3, 0, 0, 4, 4]),
    ((false, 1, false), [0, 0, 0, 0, 0, 2, 4]),
    ((false, 11, false), [0, 0, 0, 0, 0, 2, 4]),
    ((false, 0, true), [2, 3, 4, 1, 3, 0, 0]),
];

/// Root and whether major of every chord with a third, in order, and the cell it stands in; `None` where a chord has
/// none.
fn chords(piece: &Piece) -> Vec<(&'static str, Option<(u8, bool)>)> {
    let placed = piece.frames.iter().flat_map(|frame| frame.chords.iter().map(|placed| (frame.cell, placed)));
    placed
        .map(|(cell, placed)| {
            let has = |above: u8| placed.chord.pcs >> ((placed.chord.root + above) % 12) & 1 == 1;
            let root = placed.chord.root;
            (cell, if has(4) { Some((root, true)) } else { has(3).then_some((root, false)) })
        })
        .collect()
}

/// Changes from one chord to another inside a cell.
fn changes(piece: &Piece) -> Vec<(&'static str, Change)> {
    let pair = |w: &[(&'static str, Option<(u8, bool)>)]| {
        let ((from, major), (to, bright)) = (w[0].1?, w[1].1?);
        let moves = (from, major) != (to, bright) && w[0].0 == w[1].0;
        moves.then_some((w[1].0, (major, (to + 12 - from) % 12, bright)))
    };
    chords(piece).windows(2).filter_map(pair).collect()
}

#[test]
fn cells_move_as_their_mood_asks() {
    let mut figures: [Figure; 3] = Default::default();
    let mut own = [[0.0; WEIGHTS.len()]; 7];
    for group in groups() {
        let all: Vec<_> = group.iter().flat_map(changes).collect();
        for (cell, change) in &all {
            let mind = MINDS[..7].iter().position(|mind| mind.id == *cell);
            if let (Some(mind), Some(k)) = (mind, WEIGHTS.iter().position(|row| row.0 == *change)) {
                own[mind][k] += 1.0;
            }
        }
        let thirds = all.iter().filter(|(_, c)| c.0 == c.2 && [3, 4, 8, 9].contains(&c.1)).count();
        let share = thirds as f64 / all.len().max(1) as f64;
        match MINDS[group[0].mind].id {
            "wonder" => figures[1].add(share, group[0].name()),
            "tender" => figures[2].add(share, group[0].name()),
            _ => {}
        }
    }
    let asked = |mind: usize| WEIGHTS.map(|row| f64::from(row.1[mind]));
    let mut foreign = 0;
    for mind in 0..7 {
        figures[0].add(divergence(&own[mind], &asked(mind)), MINDS[mind].id.into());
        if std::env::var_os("CUEWRIGHT_DETAIL").is_some() {
            println!("{}: {:.3}", MINDS[mind].id, divergence(&own[mind], &asked(mind)));
            let total: f64 = own[mind].iter().sum();
            let sum: f64 = asked(mind).iter().sum();
            for (k, row) in WEIGHTS.iter().enumerate() {
                let (got, want) = (own[mind][k] / total, asked(mind)[k] / sum);
                if (got - want).abs() > 0.025 {
                    println!("{} {:?} has {got:.2}, wants {want:.2}", MINDS[mind].id, row.0);
                }
            }
        }
        foreign += (0..7).filter(|&k| k != mind && divergence(&own[mind], &asked(k)) > 0.1).count();
    }
    let [cells, wonder, tender] = &figures;
    cells.hold("14 transformations against their weights", (0.0, 0.1));
    wonder.hold("14 chromatic thirds in wonder", (0.25, 1.0));
    tender.hold("14 chromatic thirds in tenderness", (0.0, 0.08));
    must_fail("another cell's weights", foreign >= 40);
}
