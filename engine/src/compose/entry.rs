//! Entry: which chord stands in a slot after the chord before it.
//! Source: MUSIC 2.3 (slot rows, fixed noise), 2.1 (transformations), 1.4 (major and minor by valence, thirds by wonder).
//! In/out: pure in (seed, theme, climate, chord before). Cost: at most 32 alternatives weighed.

use super::axes::Axes;
use super::cells::{CELLS, Entry, NEUTRAL, Step, TRIADS};
use super::choose::{ONE, best_with, gumbel, ln_weight};
use super::color::{alike, mediant, third};
use super::form::Ending;
use super::leaning::{between, home, is_major};
use super::moves::{leading_home, liked_from, move_weight};
use super::phrase::{Slot, Subject, leads_on};
use crate::random::Domain;
use crate::theory::{Mode, Quality, rotate};

/// What a chord outside its family loses in the neutral cell, thousandths of e.
const FOREIGN: i32 = 3000;

/// What the tonic chord of a unit's start gets for each thousand of distance from the cell's middle (`between`), e.
const HOMELIER: i32 = 3;

/// The entry of a slot after the chord before it; never the same chord again. Beside what the slot's row names, any
/// triad may stand in it that the cell likes to go to (MUSIC 2.1).
pub(crate) fn pick_entry(
    subject: &Subject,
    axes: &Axes,
    slot: Slot,
    position: i64,
    before: Option<Step>,
) -> &'static Entry {
    let scale = Scale::new(subject, axes, slot, position);
    let weights = scale.numbers(before).map(|number| {
        let entry = entry(subject.cell, slot, position, number);
        (number, scale.after(before, entry, scale.alone(entry)))
    });
    entry(subject.cell, slot, position, best_with(weights, |number| noise(subject, slot, position, number)))
}

/// The entry of the colour slot whose chords belong to the key a section leaves and, `shift` semitones above, to the one
/// it goes to; none where the cell knows no such chord (MUSIC 2.4).
pub(crate) fn pick_pivot(
    subject: &Subject,
    axes: &Axes,
    position: i64,
    before: Option<Step>,
    shift: u8,
) -> Option<&'static Entry> {
    let scale = Scale::new(subject, axes, Slot::Color, position);
    let here = scale.leaning.plain;
    let both = here & rotate(here, shift);
    let belongs = |step: &Step| rotate(step.quality.row().set, step.root) & !both == 0;
    let of = |number: usize| entry(subject.cell, Slot::Color, position, number);
    let mut weights = scale
        .numbers(before)
        .filter(|&number| belongs(&of(number).first) && of(number).second.as_ref().is_none_or(belongs))
        .map(|number| (number, scale.after(before, of(number), scale.alone(of(number)))))
        .peekable();
    weights.peek()?;
    Some(of(best_with(weights, |number| noise(subject, Slot::Color, position, number))))
}

/// Row of a cell's slots that serves a place.
fn row(slot: Slot, position: i64) -> usize {
    let last = position % 16 >= 4;
    if slot == Slot::Turn && last { 4 } else { slot as usize }
}

/// What may stand in a slot, by number: what its row names, then all triads.
pub(crate) fn entry(cell: usize, slot: Slot, position: i64, number: usize) -> &'static Entry {
    let named = CELLS[cell].slots[row(slot, position)];
    named.get(number).unwrap_or_else(|| &TRIADS[number - named.len()])
}

/// Numbers of a slot's entries end before this one.
pub(crate) const MOST_ENTRIES: usize = 32;

/// The fixed noise of entry `number` in a slot, for the subject's throw: the same after every chord and in every mood.
pub(crate) fn noise(subject: &Subject, slot: Slot, position: i64, number: usize) -> i32 {
    let ending = if row(slot, position) == 4 { subject.ending as i64 } else { 0 };
    let place = subject.theme * 8 + ending + (i64::from(subject.throw(position)) << 32);
    gumbel(subject.seed, Domain::Slot, place, position * 64 + number as i64)
}

/// How a mood weighs what may stand in a slot: the same for every throw, and for every theme of one family.
pub(crate) struct Scale {
    cell: usize,
    slot: Slot,
    /// True where a phrase opens.
    opens: bool,
    /// How many entries the slot's row names.
    named: usize,
    leaning: Leaning,
}

/// What an entry weighs whatever came before it, and whether it leads home by a chromatic third.
pub(crate) type Alone = (i32, bool);

impl Scale {
    pub fn new(subject: &Subject, axes: &Axes, slot: Slot, position: i64) -> Scale {
        let index = row(slot, position);
        Scale {
            cell: subject.cell,
            slot,
            opens: position == 0,
            named: CELLS[subject.cell].slots[index].len(),
            leaning: Leaning::of(subject, axes, index),
        }
    }

    /// Numbers of what may stand there after a chord.
    pub fn numbers(&self, before: Option<Step>) -> impl Iterator<Item = usize> + use<> {
        // An open triad that the cell never goes to from here, or that does not lead on, is none.
        let mut open = match before {
            Some(before) if is_open(self.cell, self.slot) => liked_from(self.cell, before),
            _ => 0,
        };
        if self.slot == Slot::Turn && open != 0 {
            open &= leading_home(self.cell);
        }
        let named = self.named;
        (0..named).chain(bits_of(open).map(move |k| named + k))
    }

    /// Logarithmic weight of an entry as far as the chord before does not matter.
    pub fn alone(&self, entry: &Entry) -> Alone {
        let mut weight = ln_weight(entry.weight * 10) + self.leaning.toward(&entry.first);
        // A phrase opens at home; its second unit may come home by another door.
        if self.opens && entry.first.root != 0 {
            weight -= 30 * ONE;
        }
        if self.slot == Slot::Home && entry.first.root == 0 {
            weight += self.leaning.home;
        }
        if self.slot != Slot::Turn {
            return (weight, false);
        }
        // What turns leads home.
        let (leads, home) = (leads_on(entry), home(self.cell));
        (weight + move_weight(self.cell, leads, home), mediant(leads, home))
    }

    /// The whole weight of an entry after a chord.
    pub fn after(&self, before: Option<Step>, entry: &Entry, (alone, homeward): Alone) -> i32 {
        let mut weight = alone;
        if let Some(before) = before {
            let same = entry.first.root == before.root && alike(entry.first, before);
            if same && self.slot != Slot::Home {
                weight -= 30 * ONE;
            }
            weight += move_weight(self.cell, before, entry.first);
        }
        let third_off = homeward || before.is_some_and(|before| mediant(before, entry.first));
        if third_off { weight + self.leaning.mediant } else { weight }
    }
}

/// Places of the bits that are set, lowest first.
fn bits_of(mut set: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = set.trailing_zeros();
        set &= set.wrapping_sub(1);
        (lowest < 32).then_some(lowest as usize)
    })
}

/// What a mood adds to the logarithmic weight of chords by their kind.
struct Leaning {
    /// Notes of the plain mode; a triad with others is far.
    plain: u16,
    far: i32,
    near: i32,
    mediant: i32,
    major: i32,
    /// What the tonic chord gets where a unit comes home.
    home: i32,
    /// What a fourth or fifth above the tonic gets where a phrase ends.
    cadence: i32,
}

impl Leaning {
    fn of(subject: &Subject, axes: &Axes, index: usize) -> Leaning {
        let row = &CELLS[subject.cell];
        let [valence, _, tension, wonder] = row.center;
        let per_mille = |x: i32| (i64::from(x) * i64::from(ONE) / 1000) as i32;
        let family = is_major(subject.seed, subject.theme, subject.cell, axes);
        let foreign = if subject.cell == NEUTRAL { FOREIGN } else { 0 };
        let strong = subject.ending == Ending::Strong && axes.tension < 500;
        // Cadences fade as tension rises (MUSIC 1.4: one in eight bars to none).
        let cadence = per_mille(tension - axes.tension) + if strong { ONE } else { 0 };
        Leaning {
            plain: plain_notes(subject.cell, family),
            far: per_mille(2 * axes.chromatic - foreign),
            near: per_mille(-axes.chromatic),
            // Chromatic thirds are the sound of wonder (MUSIC 1.4: none without it, up to half of all changes with it);
            // in a cell's middle its table has said how many.
            mediant: 4 * per_mille(axes.wonder - wonder),
            // Bright moods prefer the major chords of a slot, dark ones the minor (MUSIC 1.4: 85:15 to 15:85).
            major: 2 * per_mille(axes.valence - valence),
            home: HOMELIER * per_mille(between(subject.cell, axes)),
            cadence: if index == 4 { cadence } else { 0 },
        }
    }

    fn toward(&self, step: &Step) -> i32 {
        let mut weight = if self.is_far(step) { self.far } else { self.near };
        weight += match third(step.quality) {
            Some(true) => self.major,
            Some(false) => -self.major,
            None => 0,
        };
        if step.root == 5 || step.root == 7 {
            weight += self.cadence;
        }
        weight
    }

    /// True for a chord with notes outside the plain mode.
    fn is_far(&self, step: &Step) -> bool {
        let triad = if step.quality.is_major() { Quality::Major } else { Quality::Minor };
        rotate(triad.row().set, step.root) & !self.plain & 0xFFF != 0 && step.root != 7
    }
}

/// Whether a slot takes more than its row names. Menace leaves only its colour open, or its sections no longer stand out
/// from its phrases (MUSIC 9 test 11).
fn is_open(cell: usize, slot: Slot) -> bool {
    cell < NEUTRAL && slot != Slot::Home && (slot == Slot::Color || CELLS[cell].center[2] < 800)
}

/// The notes of the plain mode of a cell; of the cell without a leaning those of the two modes next to it.
fn plain_notes(cell: usize, family: bool) -> u16 {
    match (cell == NEUTRAL, family) {
        (true, true) => Mode::Ionian.row().set | Mode::Mixolydian.row().set,
        (true, false) => Mode::Aeolian.row().set | Mode::Dorian.row().set,
        (false, true) => Mode::Ionian.row().set,
        (false, false) => Mode::Aeolian.row().set,
    }
}
