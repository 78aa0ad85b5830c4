//! Picks: chords picked for a slot while the throws for a cue's themes are compared.
//! Source: none; it answers what `entry` answers. Off the audio thread. Cost: a sum for each alternative.

use super::axes::Axes;
use super::cells::Entry;
use super::choose::best_with;
use super::entry::{Alone, MOST_ENTRIES, Scale, entry, noise};
use super::leaning::is_major;
use super::phrase::{Slot, Subject, leads_on};
use arrayvec::ArrayVec;

/// Moods a theme is heard in.
pub(super) const HEARINGS: usize = 5;

/// A mood a theme is heard in, by number: what weights depend on beside the cell.
#[derive(Clone, Copy)]
pub(super) struct Hearing {
    number: usize,
    pub axes: Axes,
}

impl Hearing {
    /// The mood of a number below [`HEARINGS`]. Themes of two families hear it differently.
    pub fn new(mood: usize, axes: Axes, subject: &Subject) -> Hearing {
        let major = is_major(subject.seed, subject.theme, subject.cell, &axes);
        Hearing { number: 2 * mood + usize::from(major), axes }
    }
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

/// A kind of place in a mood: what weighs there, and what each alternative weighs as far as the chord before does not matter.
type Weighed = (Scale, [Option<Alone>; MOST_ENTRIES]);

/// What the picks for a theme have in common: a throw changes the noise and not the weights, a mood the weights and not the
/// noise.
pub(super) struct Picks {
    /// The cell they are of, and the theme.
    of: Option<(usize, i64)>,
    /// By hearing and kind of place; a cell's themes share them.
    scales: Vec<Option<Weighed>>,
    /// By hearing, kind of place and the chord before: which of `weights` is meant. As `scales`.
    known: Vec<Option<u16>>,
    weights: Vec<Weights>,
    /// By place and throw.
    noises: Vec<Noise>,
}

impl Picks {
    pub fn new() -> Picks {
        Picks {
            of: None,
            scales: std::iter::repeat_with(|| None).take(2 * HEARINGS * KINDS).collect(),
            known: vec![None; 2 * HEARINGS * KINDS * BEFORE],
            weights: Vec::new(),
            noises: vec![(0, [0; MOST_ENTRIES]); PLACES * THROWS],
        }
    }

    /// Forgets what another theme does not share; all questions until the next call are of this one.
    fn turn_to(&mut self, cell: usize, theme: i64) {
        if self.of.is_none_or(|(before, _)| before != cell) {
            self.scales.fill_with(|| None);
            self.known.fill(None);
            self.weights.clear();
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
        let entry = |number: usize| entry(subject.cell, slot, position, number);
        let place = position as usize + if position == 7 { subject.ending as usize } else { 0 };
        let kind = hearing.number * KINDS + ALIKE[place];
        let after = before.map_or(0, |pick| usize::from(pick.number) + 1);
        let weights = *self.known[kind * BEFORE + after].get_or_insert_with(|| {
            let scale = || (Scale::new(subject, &hearing.axes, slot, position), [None; MOST_ENTRIES]);
            let (scale, alone) = self.scales[kind].get_or_insert_with(scale);
            let before = before.map(|pick| leads_on(pick.entry));
            let weights = scale.numbers(before).map(|number| {
                let alone = *alone[number].get_or_insert_with(|| scale.alone(entry(number)));
                (number as u8, scale.after(before, entry(number), alone))
            });
            self.weights.push(weights.collect());
            self.weights.len() as u16 - 1
        });
        let weights = &self.weights[usize::from(weights)];
        let (known, noises) = &mut self.noises[place * THROWS + usize::from(subject.throw(position))];
        for &(number, _) in weights {
            if *known >> number & 1 == 0 {
                *known |= 1 << number;
                noises[usize::from(number)] = noise(subject, slot, position, number.into());
            }
        }
        let weights = weights.iter().map(|&(number, weight)| (usize::from(number), weight));
        let number = best_with(weights, |number| noises[number]);
        Pick { number: number as u8, entry: entry(number) }
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
        let moods: [Axes; 3] =
            std::array::from_fn(|i| Axes { valence: 100 * i as i32 - 100, ..Axes::of(&Climate::default()) });
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
            let mood = usize::from(k / 5 % 3);
            let hearing = &Hearing::new(mood, moods[mood], &subject);
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
