//! Mood cells: for each of nine moods, which chords may stand in which slot.
//! Source: MUSIC 2.3 (slot grammar, weights), centroids ibid. In/out: roots in semitones above the tonic, weights in hundredths.

use crate::theory::Quality::{self, *};

/// A chord of the grammar: root and bass in semitones above the tonic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub root: u8,
    pub quality: Quality,
    pub bass: u8,
}

/// One or two chords with a weight; two share the bar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub weight: u16,
    pub first: Step,
    pub second: Option<Step>,
}

/// A mood cell.
#[derive(Debug)]
pub(crate) struct Cell {
    pub id: &'static str,
    /// Valence, energy, effective tension, wonder in thousandths.
    pub center: [i32; 4],
    /// True when the tonic triad is major.
    pub major: bool,
    /// Home, away, colour, turn of the first unit, turn of the second.
    pub slots: [&'static [Entry]; 5],
}

const fn on(weight: u16, root: u8, quality: Quality) -> Entry {
    over(weight, root, quality, root)
}

const fn over(weight: u16, root: u8, quality: Quality, bass: u8) -> Entry {
    Entry { weight, first: Step { root, quality, bass }, second: None }
}

const fn pair(weight: u16, first: (u8, Quality), second: (u8, Quality)) -> Entry {
    Entry {
        weight,
        first: Step { root: first.0, quality: first.1, bass: first.0 },
        second: Some(Step { root: second.0, quality: second.1, bass: second.0 }),
    }
}

/// Weight of a triad that a slot does not name, in hundredths. Tuned: with a third of it the rows' own chords keep wonder
/// and tenderness from the changes MUSIC 2.1 gives them.
const OPEN: u16 = 10;

/// Every triad: what may stand in a slot beside what its row names, where the change to it is one the cell likes.
pub(crate) static TRIADS: [Entry; 24] = {
    let mut triads = [on(OPEN, 0, Major); 24];
    let mut i = 0;
    while i < 24 {
        triads[i] = on(OPEN, i as u8 / 2, if i % 2 == 0 { Major } else { Minor });
        i += 1;
    }
    triads
};

/// The nine cells.
pub(crate) static CELLS: [Cell; 9] = [
    Cell {
        id: "heroic",
        center: [600, 500, -100, 200],
        major: true,
        slots: [
            &[on(60, 0, Major), on(25, 0, Add9), over(15, 0, Major, 4)],
            &[on(30, 5, Major), on(15, 7, Major), on(20, 9, Minor), on(15, 2, Major), on(20, 10, Major)],
            &[on(30, 5, Major), on(15, 2, Minor), on(20, 9, Minor), on(20, 8, Major), on(15, 10, Major)],
            &[on(35, 7, Major), pair(25, (7, Sus4), (7, Major)), on(25, 10, Major), on(15, 5, Major)],
            &[on(40, 7, Major), pair(25, (8, Major), (10, Major)), on(20, 10, Major), on(15, 5, Major)],
        ],
    },
    Cell {
        id: "tender",
        center: [500, -400, -600, 100],
        major: true,
        slots: [
            &[on(45, 0, Add9), over(20, 0, Major, 4), on(15, 9, Minor7), on(20, 5, Major7)],
            &[on(25, 4, Minor), on(30, 9, Minor), over(20, 7, Major, 11), on(25, 5, Add9)],
            &[on(30, 5, Major), on(25, 2, Minor7), on(20, 5, Minor), on(25, 5, Major7)],
            &[on(45, 7, Sus4), on(20, 7, Major), over(20, 5, Major, 7), over(15, 2, Minor7, 7)],
            &[on(40, 5, Major), pair(30, (7, Sus4), (7, Major)), on(30, 5, Minor)],
        ],
    },
    Cell {
        id: "wonder",
        center: [300, 0, 0, 900],
        major: true,
        slots: [
            &[on(55, 0, Major), on(20, 0, Major7Sharp11), over(25, 0, Major, 7)],
            &[
                over(25, 2, Major, 0),
                on(20, 8, Major),
                on(10, 5, Minor),
                on(12, 4, Major),
                on(12, 3, Major),
                on(10, 9, Major),
                on(5, 6, Major),
                on(6, 10, Major),
            ],
            &[on(25, 8, Major), on(20, 3, Major), on(20, 4, Major), on(15, 10, Major), on(20, 5, Minor)],
            &[on(30, 2, Major), on(30, 10, Major), on(20, 8, Major), on(20, 7, Sus4)],
            &[on(35, 2, Major), on(35, 10, Major), on(30, 5, Major)],
        ],
    },
    Cell {
        id: "sad",
        center: [-300, -500, 100, 0],
        major: false,
        slots: [
            &[on(45, 0, Minor), on(35, 0, MinorAdd9), on(20, 8, Major7)],
            &[on(30, 8, Major), on(15, 7, Minor), on(20, 3, Major), on(20, 5, Minor), on(15, 10, Major)],
            &[
                on(30, 5, Minor),
                on(25, 8, Major),
                on(15, 2, HalfDiminished),
                on(15, 3, Major),
                on(15, 1, Major),
            ],
            &[on(30, 7, Major), on(25, 7, Minor), on(20, 10, Major), on(25, 5, Minor)],
            &[on(35, 5, Minor), on(30, 7, Major), on(15, 10, Major), on(20, 8, Major)],
        ],
    },
    Cell {
        id: "epic",
        center: [0, 600, 400, 300],
        major: false,
        slots: [
            &[on(85, 0, Minor), on(15, 0, Fifth)],
            &[on(45, 8, Major), on(20, 10, Major), on(15, 5, Minor), on(20, 3, Major)],
            &[on(30, 3, Major), on(20, 8, Major), on(25, 5, Minor), on(25, 10, Major)],
            &[on(45, 10, Major), on(35, 7, Major), on(20, 7, Sus4)],
            &[pair(45, (8, Major), (10, Major)), on(35, 7, Major), pair(20, (5, Minor), (7, Major))],
        ],
    },
    Cell {
        id: "mystery",
        center: [-300, -300, 500, 300],
        major: false,
        slots: [
            &[on(40, 0, Minor), on(30, 0, MinorAdd9), on(30, 0, Fifth)],
            &[on(25, 2, Major), over(25, 1, Major, 0), on(15, 6, Minor), on(20, 8, Minor), on(15, 4, Minor)],
            &[on(30, 1, Major), on(20, 8, Minor), on(20, 5, Minor), on(15, 4, Minor), on(15, 5, Major)],
            &[on(35, 2, Major), on(40, 1, Major), on(25, 7, Major)],
            &[on(60, 0, Minor), on(40, 1, Major)],
        ],
    },
    Cell {
        id: "menace",
        center: [-600, 500, 800, 0],
        major: false,
        slots: [
            &[on(50, 0, Fifth), on(25, 0, FlatSecond), on(25, 0, Minor)],
            &[on(25, 8, Minor), on(25, 6, Minor), on(25, 1, Major), on(25, 11, Major)],
            &[on(30, 1, Major), on(30, 6, Minor), on(20, 5, Minor), on(20, 8, Minor)],
            &[on(50, 1, Major), on(30, 6, Minor), on(20, 7, SeventhFlat9)],
            &[on(60, 0, Fifth), on(40, 1, Major)],
        ],
    },
    Cell {
        id: "neutral",
        center: [100, 50, 50, 100],
        major: false,
        slots: [
            // Chords of a major and of a minor family stand beside each other; valence says which is meant.
            &[
                on(25, 0, Sus2),
                on(25, 0, MinorAdd9),
                on(25, 0, Add9),
                on(10, 0, Fifth),
                on(8, 8, Major7),
                on(7, 9, Minor7),
            ],
            &[
                on(20, 5, Major),
                on(16, 10, Major),
                on(16, 8, Major),
                on(16, 9, Minor),
                on(12, 7, Minor),
                on(10, 5, Minor),
                on(10, 4, Minor),
            ],
            &[
                on(18, 3, Major),
                on(12, 10, Major),
                on(18, 5, Major),
                on(22, 2, Minor),
                on(15, 9, Minor),
                on(15, 5, Minor),
            ],
            &[on(30, 10, Major), on(20, 5, Major), on(25, 7, Sus4), on(15, 7, Minor), on(10, 2, Minor)],
            &[on(42, 5, Major), on(30, 10, Major), on(8, 7, Sus2), on(10, 7, Major), on(10, 5, Minor)],
        ],
    },
    Cell {
        id: "horror",
        center: [-800, 100, 1000, 0],
        major: false,
        slots: [
            // The minor triad with a major seventh says minor where clusters say nothing.
            &[on(30, 0, Viennese), on(20, 0, Cluster), on(20, 0, Tritone), on(30, 0, MinorMajor7)],
            &[on(40, 3, Viennese), on(30, 6, Viennese), on(30, 1, Viennese)],
            &[on(40, 6, Cluster), on(30, 3, Tritone), on(30, 1, Viennese)],
            &[on(50, 1, Viennese), on(50, 6, Tritone)],
            &[on(60, 0, Viennese), on(40, 11, Cluster)],
        ],
    },
];

/// Index of the cell without a leaning of its own.
pub(crate) const NEUTRAL: usize = 7;

/// Index of the cell that moves in blocks.
pub(crate) const HORROR: usize = 8;

/// Index of the cell of wonder.
pub(crate) const WONDER: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::entry::MOST_ENTRIES;

    #[test]
    fn weights_sum_to_a_hundred() {
        for cell in &CELLS {
            for (slot, entries) in cell.slots.iter().enumerate() {
                let sum: u16 = entries.iter().map(|entry| entry.weight).sum();
                assert_eq!(sum, 100, "{} slot {slot}", cell.id);
                assert!(entries.iter().all(|e| e.first.root < 12 && e.first.bass < 12));
                assert!(entries.len() + TRIADS.len() <= MOST_ENTRIES);
            }
        }
        assert_eq!((CELLS[NEUTRAL].id, CELLS[HORROR].id, CELLS[WONDER].id), ("neutral", "horror", "wonder"));
    }
}
