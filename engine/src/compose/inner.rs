//! The inner voice: where a soft tune is silent, now and then a middle part answers it with two bars of its own.
//! Source: MUSIC 3.3 (counter-line: slower, from chord notes), 5.2 (counter: at most one, never beside speech).
//! In/out: pure in place and climates; both bars of an answer see the same line. Cost: 900 looks at a pair of notes.

use super::axes::Axes;
use super::choose::permille;
use super::form::Place;
use super::layers::OSTINATO_FROM;
use super::motif::LeadNote;
use super::phrase::{Choice, Sonority, choose};
use super::tune::Scene;
use crate::random::Domain;
use crate::theory::{Bars, Mode, rotate};
use arrayvec::ArrayVec;

/// Most notes of an answer in a bar.
pub const MAX_INNER_NOTES: usize = 2;

/// Range of the line, MIDI: the tenor's upper half (MUSIC 2.6), above every bass.
const LOW: i32 = 55;
const PITCHES: usize = 15;

/// Up to this much speech a middle voice answers, thousandths, and up to the energy at which the strings' ostinato begins
/// to move: from there on a silence of the tune is not still. Words are not sung under (MUSIC 5.4).
pub(super) const SPEECH: i32 = 300;

/// How many sections have answers, thousandths. Taste: with half of a section's phrases each it keeps them under half of
/// all silences.
const ANSWERED: i32 = 900;

/// Too dear to be sung.
const NEVER: i32 = 10_000;

/// What only a turn of the mode excuses.
const ASTRAY: i32 = 100;

/// A note of the answer before it has a pitch.
struct Slot {
    /// Bar of the answer, 0 or 1.
    bar: usize,
    at: u32,
    length: u32,
    /// Whether it must be a chord note.
    anchor: bool,
    sonority: Sonority,
    /// Pitch classes of the mode.
    scale: u16,
}

impl Slot {
    fn in_chord(&self, pitch: i32) -> bool {
        self.sonority.pcs() >> pitch.rem_euclid(12) & 1 == 1
    }

    /// What a pitch costs here: chord notes the mode knows, near the middle of the range.
    fn cost(&self, pitch: i32) -> i32 {
        let in_scale = self.scale >> pitch.rem_euclid(12) & 1 == 1;
        let off = (pitch - LOW - PITCHES as i32 / 2).abs() / 3;
        match (self.in_chord(pitch), in_scale) {
            (false, false) => NEVER,
            (false, true) if self.anchor => NEVER,
            (true, false) => 4 + off,
            _ => off,
        }
    }
}

impl<F: Fn(i64) -> (Axes, Bars)> Scene<'_, F> {
    /// The notes of a bar's answer; none where the tune sings, or nobody answers.
    pub fn inner(&self, place: &Place) -> ArrayVec<LeadNote, MAX_INNER_NOTES> {
        let mut notes = ArrayVec::new();
        let Some(first) = self.answered_from(place) else { return notes };
        // The first bar does not know the mode of the second: both know the line as it was planned in the first's.
        let planned = self.slots(first, [self.mode(first); 2]);
        let begun = planned.iter().filter(|slot| slot.bar == 0).count();
        // A bar too short for a second half has nothing to begin with.
        let Some(line) = (begun > 0).then(|| self.cheapest(&planned, None)).flatten() else { return notes };
        let (slots, line) = if place.bar == first {
            (planned, line)
        } else {
            let slots = self.slots(first, [first, first + 1].map(|bar| self.mode(bar)));
            let Some(rest) = self.cheapest(&slots[begun - 1..], Some((begun, line[begun - 1]))) else {
                return notes;
            };
            let known = line[..begun - 1].iter().copied();
            (slots, known.chain(rest).collect())
        };
        for (i, slot) in slots.iter().enumerate().filter(|(_, slot)| first + slot.bar as i64 == place.bar) {
            notes.push(LeadNote {
                at: slot.at,
                length: slot.length,
                pitch: line[i],
                before: i.checked_sub(1).map(|before| line[before]),
                accent: 50,
                tag: None,
                echo: false,
            });
        }
        notes
    }

    /// First bar of the answer that sounds in a bar. In most sections two neighboring phrases are answered, each in its
    /// first silence of two bars or more; the other two stay as they are.
    fn answered_from(&self, place: &Place) -> Option<i64> {
        let axes = (self.at_bar)(place.bar).0;
        let soft = axes.energy <= OSTINATO_FROM && axes.dialogue <= SPEECH && axes.motif > 0;
        let luck = |j: i64| permille(self.plan.seed, Domain::Inner, place.section, j);
        // A' is answered as A was: the half of a section decides.
        let ours = luck(0) < ANSWERED && (luck(1) < 500) == (place.fourth() < 2);
        if !soft || !ours {
            return None;
        }
        let opens = place.bar - place.in_phrase;
        let silent = |bar: i64| self.statement(&self.ground.course.place(bar)).is_none();
        // The phrase's first two silent bars in a row, after something was sung.
        let ends = |bar: i64| self.ground.course.place(bar).turns;
        let first = (opens + 1..opens + 7)
            .take_while(|&bar| !ends(bar))
            .find(|&bar| silent(bar) && silent(bar + 1))?;
        (!silent(first - 1) && (first..first + 2).contains(&place.bar)).then_some(first)
    }

    /// Where the answer's notes stand: on the second half of the first bar, on the way, and twice in the second bar.
    fn slots(&self, first: i64, modes: [Mode; 2]) -> ArrayVec<Slot, 4> {
        let mut slots = ArrayVec::new();
        for (bar, mode) in modes.into_iter().enumerate() {
            let index = first + bar as i64;
            let (axes, bars) = (self.at_bar)(index);
            let place = self.ground.course.place(index);
            let choice = choose(self.ground, &place, &bars, &axes, mode);
            let scale = rotate(mode.row().set, self.ground.tonic(&place));
            let half = bars.half();
            let passing = half + (bars.length - half) / 2 / GRID * GRID;
            let starts = if bar == 0 { [half, passing] } else { [0, half] };
            for (i, at) in starts.into_iter().enumerate() {
                let until = if i == 0 { starts[1] } else { bars.length };
                if until > at && (i == 0 || at > starts[0]) {
                    let anchor = bar == 1 || i == 0;
                    let sonority = sounding(&choice, at);
                    slots.push(Slot { bar, at, length: until - at, anchor, sonority, scale });
                }
            }
        }
        slots
    }

    /// The line that costs least, after so many notes on from a pitch if it has begun; none where every one would run in
    /// parallel with the bass or leap.
    fn cheapest(&self, slots: &[Slot], begun: Option<(usize, u8)>) -> Option<ArrayVec<u8, 4>> {
        let turns = self.tail_turns();
        let pitch = |k: usize| LOW + k as i32;
        let skipped = begun.map_or(0, |(count, _)| count - 1);
        let mut costs: [i32; PITCHES] = std::array::from_fn(|k| match begun {
            Some((_, from)) if pitch(k) == i32::from(from) => 0,
            Some(_) => NEVER,
            None => slots[0].cost(pitch(k)),
        });
        let mut back: ArrayVec<[usize; PITCHES], 4> = ArrayVec::new();
        for (i, pair) in slots.windows(2).enumerate() {
            let mut from = [0; PITCHES];
            let next = std::array::from_fn(|k| {
                let via = |j: usize| costs[j] + joint(pair, pitch(j), pitch(k), turns[skipped + i]);
                from[k] = (0..PITCHES).min_by_key(|&j| via(j)).unwrap_or(0);
                via(from[k]) + pair[1].cost(pitch(k))
            });
            costs = next;
            back.push(from);
        }
        let mut k = (0..PITCHES).min_by_key(|&k| costs[k]).filter(|&k| costs[k] < NEVER)?;
        let mut line = ArrayVec::from_iter([pitch(k) as u8]);
        for from in back.iter().rev() {
            k = from[k];
            line.insert(0, pitch(k) as u8);
        }
        Some(line)
    }

    /// Which way the motif's last three intervals turn: the answer turns as they do.
    fn tail_turns(&self) -> [i32; 3] {
        let notes = &self.plan.prepared.motif().notes;
        let turn = |back: usize| {
            let [from, to] =
                [back + 2, back + 1].map(|n| notes.len().checked_sub(n).map(|i| notes[i].degree));
            from.zip(to).map_or(-1, |(from, to)| i32::from(to - from).signum())
        };
        [turn(2), turn(1), turn(0)]
    }
}

/// Eighths: what the passing note's place is rounded to, ticks.
const GRID: u32 = 480;

/// What it costs to go from a note to the next: steps are free, a passing note is reached and, where it is foreign to
/// the chord, left by step; never in fifths or octaves with the bass.
fn joint(pair: &[Slot], from: i32, to: i32, turn: i32) -> i32 {
    let [here, there] = pair else { return NEVER };
    let step = (to - from).abs();
    let foreign = !here.in_chord(from) || !there.anchor;
    let bass = |slot: &Slot, pitch: i32| (pitch - i32::from(slot.sonority.bass)).rem_euclid(12);
    let moves = from != to && here.sonority.bass != there.sonority.bass;
    if moves && bass(here, from) == bass(there, to) && [0, 7].contains(&bass(there, to)) {
        return NEVER;
    }
    let size = match step {
        1 | 2 => 0,
        // Where the mode has turned under it a passing note may find no step to go.
        0..=5 if foreign => ASTRAY,
        0 | 3 | 4 => 3,
        5 => 6,
        _ => NEVER,
    };
    size + if (to - from).signum() == turn { 0 } else { 2 }
}

/// The chord of a bar that sounds at a place.
fn sounding(choice: &Choice, at: u32) -> Sonority {
    let begun = choice.chords.iter().rev().find(|chord| chord.0 <= at);
    begun.unwrap_or(&choice.chords[0]).1
}
