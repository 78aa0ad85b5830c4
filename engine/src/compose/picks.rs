//! Picks: chords picked for a slot while the throws for a cue's themes are compared.
//! Source: none; it answers what `entry` answers. Off the audio thread. Cost: a sum for each alternative.

use super::axes::Axes;
use super::cells::{Entry, NEUTRAL};
use super::choose::best_with;
use super::entry::{MOST_ENTRIES, entry, noise, weights};
use super::phrase::{Slot, Subject, leads_on};
use arrayvec::ArrayVec;

/// Moods a theme is heard in.
pub(super) const HEARINGS: usize = 5;

/// A mood a theme is heard in; the middle of its cell has number 0.
#[derive(Clone, Copy)]
pub(super) struct Hearing {
    pub number: u8,
    pub axes: Axes,
}

/// What stands in a slot: its number among what may, and the chords.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pick {
    pub number: u8,
    pub entry: &'static Entry,
}

/// Alternatives with their logarithmic weights.
type Weights = ArrayVec<(u8, i32), MOST_ENTRIES>;

/// Noise of the alternatives of a place, where bit `number` says that it is known.
type Noise = (u32, [i32; MOST_ENTRIES]);

/// Places of a phrase, the last once for each ending.
const PLACES: usize = 10;

/// Places that are weighed alike: unit by unit, but for where a phrase opens and how it ends.
const ALIKE: [usize; PLACES] = [0, 1, 2, 3, 4, 1, 2, 5, 6, 7];
const KINDS: usize = 8;

/// Throws per place.
const THROWS: usize = 16;

/// Chords that may come before: each alternative of the slot before, or none.
const BEFORE: usize = MOST_ENTRIES + 1;

/// What the picks for a theme have in common: a throw changes the noise and not the weights, a mood the weights and not the
/// noise.
pub(super) struct Picks {
    /// The cell they are of, and the theme.
    of: Option<(usize, i64)>,
    /// By hearing, kind of place and the chord before: which of `weighed` has the weights there. Shared by a cell's themes.
    known: Vec<Option<u16>>,
    weighed: Vec<Weights>,
    /// By place and throw.
    noises: Vec<Noise>,
}

impl Picks {
    pub fn new() -> Picks {
        Picks {
            of: None,
            known: vec![None; HEARINGS * KINDS * BEFORE],
            weighed: Vec::new(),
            noises: vec![(0, [0; MOST_ENTRIES]); PLACES * THROWS],
        }
    }

    /// Forgets what another theme does not share; all questions until the next call are of this one.
    fn turn_to(&mut self, cell: usize, theme: i64) {
        // Themes of the neutral cell belong to different families.
        if self.of.is_none_or(|(before, _)| before != cell) || cell == NEUTRAL {
            self.known.fill(None);
            self.weighed.clear();
        }
        self.noises.iter_mut().for_each(|(known, _)| *known = 0);
        self.of = Some((cell, theme));
    }

    /// What [`pick_entry`](super::entry::pick_entry) answers. All questions are of one seed, and those of a hearing's number
    /// of one mood per cell, in which the same slots always follow each other.
    pub fn pick(
        &mut self,
        subject: &Subject,
        hearing: &Hearing,
        (slot, position): (Slot, i64),
        before: Option<Pick>,
    ) -> Pick {
        if self.of != Some((subject.cell, subject.theme)) {
            self.turn_to(subject.cell, subject.theme);
        }
        let place = position as usize + if position == 7 { subject.ending as usize } else { 0 };
        let after = before.map_or(0, |pick| usize::from(pick.number) + 1);
        let row = (usize::from(hearing.number) * KINDS + ALIKE[place]) * BEFORE + after;
        let weighed = *self.known[row].get_or_insert_with(|| {
            let before = before.map(|pick| leads_on(pick.entry));
            let weights = weights(subject, &hearing.axes, slot, position, before);
            self.weighed.push(weights.map(|(number, weight)| (number as u8, weight)).collect());
            self.weighed.len() as u16 - 1
        });
        let weights = &self.weighed[usize::from(weighed)];
        let (known, noises) = &mut self.noises[place * THROWS + usize::from(subject.throw(position))];
        for &(number, _) in weights {
            if *known >> number & 1 == 0 {
                *known |= 1 << number;
                noises[usize::from(number)] = noise(subject, slot, position, number.into());
            }
        }
        let weights = weights.iter().map(|&(number, weight)| (usize::from(number), weight));
        let number = best_with(weights, |number| noises[number]);
        Pick { number: number as u8, entry: entry(subject.cell, slot, position, number) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::pick_entry;
    use super::super::form::Ending;
    use super::super::phrase::slots;
    use super::*;
    use crate::compose::Climate;

    #[test]
    fn what_was_kept_is_what_would_be_picked() {
        let mut picks = Picks::new();
        let hearings: [Hearing; 3] = std::array::from_fn(|i| {
            let axes = Axes { valence: 300 * i as i32 - 300, ..Axes::of(&Climate::default()) };
            Hearing { number: i as u8, axes }
        });
        // Every theme twice: the second time from the table where the first left anything.
        for k in 0..9 * 6 * 2 * 40u16 {
            let (theme, throw) = (k / 80, k % 40);
            let subject = Subject {
                seed: 7,
                cell: usize::from(theme / 6),
                theme: i64::from(theme % 6),
                ending: [Ending::Open, Ending::Medium, Ending::Strong][usize::from(k % 3)],
                roll: throw.wrapping_mul(0x9E37),
            };
            let hearing = &hearings[usize::from(k / 5 % 3)];
            let mut before: Option<Pick> = None;
            for &(slot, position) in slots(&hearing.axes, [2, 4][usize::from(k / 15 % 2)]) {
                let picked = picks.pick(&subject, hearing, (slot, position), before);
                let step = before.map(|pick| leads_on(pick.entry));
                let asked = pick_entry(&subject, &hearing.axes, slot, position, step);
                assert!(std::ptr::eq(picked.entry, asked), "{k}");
                before = Some(picked);
            }
        }
    }
}
