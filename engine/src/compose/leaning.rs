//! Leaning: which cell a theme is in, which family it belongs to, which mode draws it.
//! Source: MUSIC 2.3 (cells and their kernel), 1.4 (modes by valence and tension). In/out: pure in (seed, theme, climate).

use super::axes::Axes;
use super::cells::{CELLS, HORROR, NEUTRAL, Step, WONDER};
use super::choose::{ONE, best, permille};
use super::form::Place;
use crate::mapping::LYDIAN;
use crate::random::Domain;
use crate::theory::{Mode, Quality};

/// How far on either side of 0 a theme of the neutral cell turns from minor to major, thousandths of valence. MUSIC 1.4
/// has dorian and mixolydian side by side at 0.
const TURNS_WITHIN: i32 = 250;

/// How far from the middle of a cell, over valence, energy and wonder in thousandths, its own table rules alone. Beyond,
/// where its chords are heard bent by a mood they were not chosen in, the ground gets surer (`entry::HOMELIER`,
/// `phrase::GROUNDED`). Tuned on 1100 windows in moods at random (MUSIC 9 test 2): the right key in .94 of them without,
/// in .96 with both.
const NEAR_MIDDLE: i32 = 200;

/// The cell a theme is in: nearest in (valence, energy, effective tension, wonder), by a kernel of width 0.35, with
/// noise fixed per theme.
pub(crate) fn pick_cell(seed: u64, theme: i64, axes: &Axes) -> usize {
    let here = [axes.valence, axes.energy, axes.tension, axes.wonder];
    let ln_weights = CELLS.iter().map(|cell| {
        let squares = here.iter().zip(cell.center).map(|(a, b)| i64::from(a - b) * i64::from(a - b));
        let distance = squares.sum::<i64>();
        // -d² / (2 · 0.35²), d in thousandths.
        -(distance * i64::from(ONE) / 245_000) as i32
    });
    best(seed, Domain::Phrase, theme, 0, ln_weights)
}

/// How far a mood lies from the middle of a cell, over valence, energy and wonder; from [`NEAR_MIDDLE`] on.
pub(crate) fn between(cell: usize, axes: &Axes) -> i32 {
    let [valence, energy, _, wonder] = CELLS[cell].center;
    let off = (axes.valence - valence).abs() + (axes.energy - energy).abs() + (axes.wonder - wonder).abs();
    (off - NEAR_MIDDLE).max(0)
}

/// The plain tonic chord of a cell.
pub(crate) fn home(cell: usize) -> Step {
    let quality = if CELLS[cell].major { Quality::Major } else { Quality::Minor };
    Step { root: 0, quality, bass: 0 }
}

/// Whether a theme's tonic triad is major: as its cell says. The neutral cell turns with valence, each theme at its own
/// place around 0 and the two of a section on opposite sides of it, so that on the way from dark to bright a cue does not
/// turn at once.
pub(crate) fn is_major(seed: u64, theme: i64, cell: usize, axes: &Axes) -> bool {
    if cell != NEUTRAL {
        return CELLS[cell].major;
    }
    let place = (permille(seed, Domain::Family, theme / 2, 0) - 500) * TURNS_WITHIN / 500;
    axes.valence >= if theme % 2 == 0 { place } else { -place }
}

/// The mode a bar is drawn to: by valence along the flats, kept to the family of its cell; in tension the modes of
/// symmetry (MUSIC 1.4).
pub(crate) fn target_mode(seed: u64, place: &Place, axes: &Axes) -> Mode {
    let cell = pick_cell(seed, place.theme(), axes);
    let luck = permille(seed, Domain::Phrase, place.material, 1);
    let (v, t) = (axes.valence, axes.tension);
    if is_major(seed, place.theme(), cell, axes) {
        return match (v, t) {
            (..=749, 801..) => Mode::WholeTone,
            (..=249, 501..) => Mode::Acoustic,
            (250..=749, 501..) => Mode::LydianAugmented,
            _ if luck < LYDIAN.at(axes.wonder) || cell == WONDER => Mode::Lydian,
            (750.., _) if luck > 700 => Mode::Lydian,
            (250.., _) => Mode::Ionian,
            _ if luck < 500 => Mode::Mixolydian,
            _ => Mode::Ionian,
        };
    }
    match (v, t) {
        (..=-250, 801..) => Mode::Octatonic,
        _ if cell == HORROR => Mode::Octatonic,
        (..=-750, 501..) => Mode::PhrygianDominant,
        (..=-750, _) | (..=-250, 501..) => Mode::Phrygian,
        (-249.., 801..) if luck < 500 => Mode::WholeTone,
        (..=-250, _) if luck < 350 => Mode::HarmonicMinor,
        (..=-250, _) | (_, 401..) => Mode::Aeolian,
        // Two degrees from ionian: a contrasting theme of the other family is reached in one bar.
        _ if luck < 400 && cell != NEUTRAL => Mode::Aeolian,
        _ => Mode::Dorian,
    }
}
