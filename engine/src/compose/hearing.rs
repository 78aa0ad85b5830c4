//! Hearing: how a theme sounds in a mood under one throw of the dice: which changes it makes, how clear its key is.
//! Source: Krumhansl & Kessler's probe-tone ratings (1982); MUSIC 2.1 (changes). Off the audio thread.
//! In/out: a theme and a throw in, counts and correlations out.

use super::cells::Step;
use super::color::colored;
use super::form::{Ending, PHRASE_BARS};
use super::given::Given;
use super::moves::{MOVES, row_between};
use super::phrase::{Slot, Subject, slots};
use super::picks::{Hearing, Pick, Picks};
use crate::theory::{Mode, QUALITIES};
use arrayvec::ArrayVec;
use std::sync::LazyLock;

/// How long root, fifth and other notes of a chord sound in chords of two, three and four notes: of four, the voices leave
/// out the fifth first. Fitted by least squares on the sounding times of 360 cues (r = .95).
const SOUNDING: [[f64; 3]; 3] = [[1.9, 1.15, 1.3], [1.25, 0.95, 1.0], [0.85, 0.55, 0.95]];

/// How long the tonic sounds beside every chord, in drones and tune. Fitted with [`SOUNDING`].
const TONIC: f64 = 0.28;

/// How long the dominant does.
const DOMINANT: f64 = 0.1;

/// Probe-tone ratings per semitone above the tonic, major and minor.
const PROFILES: [[f64; 12]; 2] = [
    [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
    [6.33, 2.68, 3.52, 5.38, 2.6, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
];

/// How often a theme is heard with each ending, open first.
pub(super) type Usage = [f64; 3];

/// How often each change was made: whole numbers, so that no order of counting changes a bit.
#[derive(Clone, Copy)]
pub(super) struct Tally(pub [f64; MOVES]);

impl Tally {
    /// Counts the change between two chords; gives the second.
    fn count(&mut self, (from, to): (Step, Step), weight: f64) -> Step {
        if let Some(row) = row_between(from, to) {
            self.0[row] += weight;
        }
        to
    }

    /// Distance from the shares asked for, 0..1: triangular discrimination, which bounds the Jensen–Shannon divergence
    /// and needs no logarithms.
    pub fn distance(&self, asked: &[f64; MOVES]) -> f64 {
        let sum = self.0.iter().sum::<f64>().max(1e-9);
        let mut parts = [0.0; MOVES];
        for ((part, count), share) in parts.iter_mut().zip(&self.0).zip(asked) {
            let (apart, both) = (count / sum - share, count / sum + share);
            *part = if both > 0.0 { apart * apart / both } else { 0.0 };
        }
        parts.iter().sum::<f64>() / 2.0
    }
}

/// What is heard in a slot: its pick, and the one or two chords of it in the color they have.
#[derive(Clone, Copy)]
struct Heard {
    pick: Pick,
    first: Step,
    second: Option<Step>,
}

impl Heard {
    fn new(pick: Pick, strains: [i32; 2]) -> Heard {
        let color = |step: Step, strain: i32| Step { quality: colored(step, strain), ..step };
        let second = pick.entry.second.map(|step| color(step, strains[1]));
        Heard { pick, first: color(pick.entry.first, strains[0]), second }
    }

    fn steps(self) -> impl Iterator<Item = Step> {
        [self.first].into_iter().chain(self.second)
    }
}

/// A place of a phrase.
struct Place {
    slot: Slot,
    position: i64,
    /// Tension on the chords it may have.
    strains: [i32; 2],
    /// Nothing until something is thrown.
    heard: Option<Heard>,
}

impl Place {
    /// Puts something here; true where it is not what stood here.
    fn put(&mut self, pick: Pick) -> bool {
        let other = self.heard.is_none_or(|heard| heard.pick.number != pick.number);
        if other {
            self.heard = Some(Heard::new(pick, self.strains));
        }
        other
    }
}

/// A theme as it is heard at one pace in one mood, under the throw it was [thrown](Reading::throw) last.
pub(super) struct Reading {
    subject: Subject,
    hearing: Hearing,
    /// What all endings share.
    shared: ArrayVec<Place, 7>,
    /// The last place of the phrase with each ending the theme has, and how often that comes.
    ends: ArrayVec<(Ending, f64, Place), 3>,
    /// The lead under this throw, once it is known.
    lead: Option<f64>,
}

impl Reading {
    /// `halves` is the length of a chord in half bars.
    pub fn new(subject: Subject, hearing: Hearing, usage: Usage, halves: u32) -> Reading {
        let slots = slots(&hearing.axes, halves);
        let place = |i: usize| {
            let (slot, position) = slots[i];
            let bar = i as i64 * PHRASE_BARS / slots.len() as i64;
            let strains =
                [position, position + 32].map(|position| subject.strain(&hearing.axes, position, bar));
            Place { slot, position, strains, heard: None }
        };
        let endings = [Ending::Open, Ending::Medium, Ending::Strong].into_iter().zip(usage);
        let endings = endings.filter(|&(_, weight)| weight > 0.0);
        let ends = endings.map(|(ending, weight)| (ending, weight, place(slots.len() - 1))).collect();
        let shared = (0..slots.len() - 1).map(place).collect();
        Reading { subject, hearing, shared, ends, lead: None }
    }

    /// Throws for it again. A place keeps what it has where neither its throw nor the chord before is another.
    pub fn throw(&mut self, picks: &mut Picks, roll: u16) {
        let before = std::mem::replace(&mut self.subject.roll, roll);
        let (subject, hearing) = (self.subject, &self.hearing);
        let same =
            |position: i64| Subject { roll: before, ..subject }.throw(position) == subject.throw(position);
        let (mut last, mut moved, mut changed): (Option<(i64, Pick)>, _, _) = (None, false, false);
        for place in &mut self.shared {
            let pick = match (place.heard, last) {
                (Some(heard), _) if same(place.position) && !moved => heard.pick,
                // Where it is calm one chord fills two places.
                (_, Some((position, pick))) if position == place.position => pick,
                _ => {
                    let before = last.map(|(_, pick)| pick);
                    picks.pick(&subject, hearing, (place.slot, place.position), before)
                }
            };
            moved = place.put(pick);
            changed |= moved;
            last = Some((place.position, pick));
        }
        for (ending, _, place) in &mut self.ends {
            if place.heard.is_none() || moved || !same(place.position) {
                let subject = Subject { ending: *ending, ..subject };
                let before = last.map(|(_, pick)| pick);
                changed |= place.put(picks.pick(&subject, hearing, (place.slot, place.position), before));
            }
        }
        if changed {
            self.lead = None;
        }
    }

    /// Counts its changes, with the one that leads to its return.
    pub fn count(&self, tally: &mut Tally, pace: f64) {
        let all: f64 = self.ends.iter().map(|&(_, weight, _)| weight).sum();
        let mut shared = self.shared.iter().filter_map(|place| place.heard).flat_map(Heard::steps);
        let Some(first) = shared.next() else { return };
        let last = shared.fold(first, |from, to| tally.count((from, to), all * pace));
        for (_, weight, end) in &self.ends {
            let steps = end.heard.into_iter().flat_map(Heard::steps).chain([first]);
            steps.fold(last, |from, to| tally.count((from, to), weight * pace));
        }
    }

    /// Share of a written motif that its chords leave outside where it opens the phrase, 0..1.
    pub fn misfit(&self, given: &Given, mode: Mode) -> f64 {
        let halves = 2 * PHRASE_BARS as usize / (self.shared.len() + 1);
        given.misfit(mode, |half| {
            let (i, within) = (usize::from(half) / halves, usize::from(half) % halves);
            let heard = self.shared.get(i)?.heard?;
            Some(if 2 * within >= halves { heard.second.unwrap_or(heard.first) } else { heard.first })
        })
    }

    /// How far the tonic's key is ahead of every other in correlation.
    pub fn lead(&mut self) -> f64 {
        if let Some(lead) = self.lead {
            return lead;
        }
        let each = 1.0 / (self.shared.len() + 1) as f64;
        let mut sound = [0.0; 12];
        for (_, weight, end) in &self.ends {
            sound[0] += TONIC * weight;
            sound[7] += DOMINANT * weight;
            for heard in self.shared.iter().chain([end]).filter_map(|place| place.heard) {
                let length = weight * if heard.second.is_some() { each / 2.0 } else { each };
                add(&mut sound, length, lengths(heard.first));
                if let Some(second) = heard.second {
                    add(&mut sound, length, lengths(second));
                }
            }
        }
        *self.lead.insert(lead_of(&sound))
    }
}

/// Adds `by` times `row`; all twelve at once, as their number is known to the compiler.
#[inline(always)]
fn add(sums: &mut [f64; 12], by: f64, row: &[f64; 12]) {
    for (sum, x) in sums.iter_mut().zip(row) {
        *sum += by * x;
    }
}

/// How long each note above the tonic sounds in a chord.
fn lengths(step: Step) -> &'static [f64; 12] {
    // Up to its own octave the table is that of the notes below the tonic.
    LENGTHS[step.quality as usize][12 - usize::from(step.root)..].first_chunk().expect("roots are below 12")
}

/// How long each note of a chord sounds, by semitones above its root, twice.
static LENGTHS: [[f64; 24]; QUALITIES.len()] = {
    let (mut lengths, mut i) = ([[0.0; 24]; QUALITIES.len()], 0);
    while i < 24 * QUALITIES.len() {
        let (set, above) = (QUALITIES[i / 24].set, i % 24 % 12);
        let [root, fifth, other] = SOUNDING[match set.count_ones() {
            ..=2 => 0,
            3 => 1,
            _ => 2,
        }];
        if set >> above & 1 == 1 {
            lengths[i / 24][i % 24] = match above {
                0 => root,
                7 => fifth,
                _ => other,
            };
        }
        i += 1;
    }
    lengths
};

/// How far the tonic's key is ahead of every other in correlation with what is heard of each note above the tonic.
fn lead_of(heard: &[f64; 12]) -> f64 {
    let mean = heard.iter().sum::<f64>() / 12.0;
    let length = heard.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>().sqrt().max(1e-9);
    let twice: [f64; 24] = std::array::from_fn(|pc| heard[pc % 12]);
    let [major, minor] = &*UNIT_PROFILES;
    let [(major, others), (minor, other_minors)] = [fits(major, &twice), fits(minor, &twice)];
    (major.max(minor) - others.max(other_minors)) / length
}

/// Product of a profile with the notes above the tonic, and the greatest with those above any other note.
fn fits(profile: &[f64; 12], twice: &[f64; 24]) -> (f64, f64) {
    // All tonics side by side, note by note.
    let mut fits = [0.0; 12];
    for (i, rating) in profile.iter().enumerate() {
        let sound: &[f64; 12] = twice[i..].first_chunk().expect("two octaves");
        add(&mut fits, *rating, sound);
    }
    (fits[0], fits[1..].iter().copied().fold(f64::MIN, f64::max))
}

/// [`PROFILES`] around their mean and of length 1: products with them are correlations.
static UNIT_PROFILES: LazyLock<[[f64; 12]; 2]> = LazyLock::new(|| {
    PROFILES.map(|profile| {
        let mean = profile.iter().sum::<f64>() / 12.0;
        let length = profile.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>().sqrt();
        profile.map(|x| (x - mean) / length)
    })
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Climate;
    use crate::compose::axes::Axes;
    use crate::compose::cells::CELLS;

    #[test]
    fn a_throw_after_others_is_heard_like_the_first() {
        for k in 0..6 * CELLS.len() {
            let subject =
                Subject { seed: 11, cell: k / 6, theme: k as i64 % 6, ending: Ending::Open, roll: 0 };
            let energy = 300 * (k as i32 % 5) - 600;
            let hearing = Hearing::new(1, Axes { energy, ..Axes::of(&Climate::default()) }, &subject);
            let reading = |halves| Reading::new(subject, hearing, [2.0, 1.0, 1.0], halves);
            let mut picks = Picks::new();
            for halves in [2, 4] {
                let mut busy = reading(halves);
                for roll in (0..40u16).map(|n| n.wrapping_mul(0x2E37) & 0x3333) {
                    let mut fresh = reading(halves);
                    let heard = [&mut busy, &mut fresh].map(|reading| {
                        let mut tally = Tally([0.0; MOVES]);
                        reading.throw(&mut picks, roll);
                        reading.count(&mut tally, 1.0);
                        (tally.0, reading.lead())
                    });
                    assert_eq!(heard[0], heard[1], "theme {k}, throw {roll:x}");
                }
            }
        }
    }
}
