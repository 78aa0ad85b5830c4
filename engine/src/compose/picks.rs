//! Picks: chords picked for a slot, kept while the throws for a cue's themes are compared.
//! Source: none; it answers what `entry` answers. Off the audio thread. Cost: a look at one place of a table.

use super::axes::Axes;
use super::cells::{Entry, Step};
use super::entry::pick_entry;
use super::form::Ending;
use super::phrase::{Slot, Subject};
use crate::random::mix64;

/// Picks that are kept: about three times as many as the throws for one theme ask for.
const PICKS: usize = 4096;

/// What a pick depends on beside the seed.
type Question = (usize, i64, u8, Slot, i64, u16, Ending, Option<Step>);

/// Chords picked already. Most throws for a theme differ in one place only, so most picks are asked for again.
pub(super) struct Picks(Vec<Option<(Question, &'static Entry)>>);

impl Picks {
    pub fn new() -> Picks {
        Picks(vec![None; PICKS])
    }

    /// What [`pick_entry`] answers.
    pub fn pick(
        &mut self,
        subject: &Subject,
        hearing: &Hearing,
        slot: Slot,
        position: i64,
        before: Option<Step>,
    ) -> &'static Entry {
        // Two bars share a throw, and a slot hears of no other.
        let roll = subject.roll >> (position % 8 / 2 * 4) & 15;
        let Subject { cell, theme, ending, .. } = *subject;
        let question = (cell, theme, hearing.number, slot, position, roll, ending, before);
        let chord = before.map_or(0, |step| u64::from(step.root) << 8 | step.quality as u64 | 1 << 16);
        let here = u64::from(hearing.number) << 24 | (position as u64) << 32 | u64::from(roll) << 40;
        let kept = &mut self.0[(mix64(chord ^ here ^ (ending as u64) << 48) % PICKS as u64) as usize];
        match *kept {
            Some((same, entry)) if same == question => entry,
            _ => {
                let entry = pick_entry(subject, &hearing.axes, slot, position, before);
                *kept = Some((question, entry));
                entry
            }
        }
    }
}

/// A mood a theme is heard in; the middle of its cell has number 0.
pub(super) struct Hearing {
    pub number: u8,
    pub axes: Axes,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Climate;

    #[test]
    fn what_was_kept_is_what_would_be_picked() {
        let mut picks = Picks::new();
        let mut hearings = (0..3).map(|number| {
            let axes = Axes { valence: 300 * i32::from(number) - 300, ..Axes::of(&Climate::default()) };
            Hearing { number, axes }
        });
        let hearings: [Hearing; 3] = std::array::from_fn(|_| hearings.next().expect("three"));
        // Twice the same way: the second time from the table.
        for k in (0..6000u16).chain(0..6000) {
            let subject = Subject {
                seed: 7,
                cell: usize::from(k % 9),
                theme: i64::from(k / 9 % 6),
                ending: [Ending::Open, Ending::Medium, Ending::Strong][usize::from(k % 3)],
                roll: k.wrapping_mul(0x9E37),
            };
            let (slot, position) =
                [(Slot::Home, 0), (Slot::Color, 2), (Slot::Turn, 7)][usize::from(k / 7 % 3)];
            let hearing = &hearings[usize::from(k / 5 % 3)];
            let home = pick_entry(&subject, &hearing.axes, Slot::Home, 0, None).first;
            let before = (slot != Slot::Home).then_some(home);
            let kept = picks.pick(&subject, hearing, slot, position, before);
            let picked = pick_entry(&subject, &hearing.axes, slot, position, before);
            assert!(std::ptr::eq(kept, picked), "{k}");
        }
    }
}
