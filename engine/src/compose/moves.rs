//! Moves: how much each mood cell likes to go from one triad to another.
//! Source: MUSIC 2.1 (transformations and what film associates with them). In/out: logarithmic weights of [`super::choose`].

use super::cells::{CELLS, NEUTRAL, Step};
use super::choose::{NEVER, ln_q16, ln_weight};
use super::color::third;

/// A change of triad: (major before, semitones the root rises, major after), and its weight 0–9 in heroic, tender,
/// wonder, sad, epic, mystery, menace.
type Row = ((bool, u8, bool), [u8; 7]);

const ROWS: [Row; MOVES] = [
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

/// How many changes the table has.
pub(crate) const MOVES: usize = 35;

/// Weight of a change the table does not have or gives nothing, in tenths.
const ELSE: u16 = 3;

/// Logarithmic weight of going from one chord to another; 0 where a cell has no preferences.
pub(crate) fn move_weight(cell: usize, before: Step, after: Step) -> i32 {
    if cell >= NEUTRAL || (before.root, before.quality) == (after.root, after.quality) {
        return 0;
    }
    let weight = LN_WEIGHTS[cell][place(cell, before, after)];
    if weight == NEVER { ln_weight(ELSE) } else { weight }
}

/// Which triads a cell's table goes to from a chord, a bit for each of [`super::cells::TRIADS`].
pub(crate) fn liked_from(cell: usize, before: Step) -> u32 {
    let liked = LIKED[cell][usize::from(third(before.quality).unwrap_or(CELLS[cell].major))];
    (liked << (2 * before.root) | liked >> (24 - 2 * before.root)) & ALL_TRIADS
}

/// Which triads lead to the home chord of a cell by its table.
pub(crate) fn leading_home(cell: usize) -> u32 {
    HOMEWARD[cell][usize::from(CELLS[cell].major)]
}

const ALL_TRIADS: u32 = (1 << 24) - 1;

/// By cell and whether the chord before is major: triads by their distance above it.
static LIKED: [[u32; 2]; NEUTRAL] = masks(false);

/// By cell and whether home is major: triads above home that go there.
static HOMEWARD: [[u32; 2]; NEUTRAL] = masks(true);

/// Bits by distance up, twice, plus one for minor. `homeward`: of the chord before, by the chord after.
const fn masks(homeward: bool) -> [[u32; 2]; NEUTRAL] {
    let (mut masks, mut i) = ([[0; 2]; NEUTRAL], 0);
    while i < MOVES * NEUTRAL {
        let ((before, up, after), row) = ROWS[i / NEUTRAL];
        if row[i % NEUTRAL] > 0 {
            let (by, triad) = if homeward {
                (after, (12 - up) % 12 * 2 + !before as u8)
            } else {
                (before, up * 2 + !after as u8)
            };
            masks[i % NEUTRAL][by as usize] |= 1 << triad;
        }
        i += 1;
    }
    masks
}

/// Logarithmic weights of each cell by [`place`].
static LN_WEIGHTS: [[i32; 48]; NEUTRAL] = {
    let (mut weights, mut i) = ([[NEVER; 48]; NEUTRAL], 0);
    while i < MOVES * NEUTRAL {
        let ((before, up, after), row) = ROWS[i / NEUTRAL];
        if row[i % NEUTRAL] > 0 {
            let tenths = row[i % NEUTRAL] as u64 * 10;
            weights[i % NEUTRAL][before as usize * 24 + up as usize * 2 + after as usize] = ln_q16(tenths);
        }
        i += 1;
    }
    weights
};

/// Number of a change, 0..48. A chord without a third counts as having the cell's.
fn place(cell: usize, before: Step, after: Step) -> usize {
    let major = |step: Step| usize::from(third(step.quality).unwrap_or(CELLS[cell].major));
    major(before) * 24 + usize::from((after.root + 12 - before.root) % 12) * 2 + major(after)
}

/// Which row of the table a change is; `None` for others, and where a chord has no third.
pub(crate) fn row_between(before: Step, after: Step) -> Option<usize> {
    row_of(third(before.quality)?, (after.root + 12 - before.root) % 12, third(after.quality)?)
}

/// The share each change should have of a cell's changes; nothing in a cell without preferences.
pub(crate) fn asked(cell: usize) -> Option<[f64; MOVES]> {
    let weight = |row: &Row| row.1.get(cell).copied().map(f64::from);
    let sum: f64 = ROWS.iter().filter_map(weight).sum();
    (cell < NEUTRAL).then(|| ROWS.map(|row| weight(&row).unwrap_or(0.0) / sum))
}

/// Rows by change: 0 without one, else its place plus one.
static PLACES: [u8; 48] = {
    let (mut places, mut i) = ([0; 48], 0);
    while i < MOVES {
        let (before, up, after) = ROWS[i].0;
        places[before as usize * 24 + up as usize * 2 + after as usize] = i as u8 + 1;
        i += 1;
    }
    places
};

fn row_of(before: bool, up: u8, after: bool) -> Option<usize> {
    let place = usize::from(PLACES[usize::from(before) * 24 + usize::from(up) * 2 + usize::from(after)]);
    place.checked_sub(1)
}
