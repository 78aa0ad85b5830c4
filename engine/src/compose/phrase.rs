//! Phrases: which chords stand in the slots of eight bars, one chosen after the other.
//! Source: MUSIC 2.3 (slot grammar, fixed noise), 2.1 (transformations), 2.4 (pedals), 2.5 (cadences), 1.4 (harmonic rhythm).
//! In/out: pure in (seed, theme, climate). Cost: at most 8 choices of 8 entries a bar, about 1 µs.

use super::axes::Axes;
use super::cells::{CELLS, Entry, HORROR, NEUTRAL, Step, WONDER};
use super::choose::permille;
use super::color::{SHARPEST, blurs, colored, conform, rest};
use super::entry::{pick_entry, pick_pivot};
use super::form::{self, Course, Ending, Place, SECTION_BARS, UNIT_BARS, strain};
use super::leaning::{between, pick_cell};
use super::tonality::Rolls;
use crate::mapping::{CHORD_LENGTH, PEDALS};
use crate::random::Domain;
use crate::theory::{Bars, Mode, Quality, log2_q8, rotate};
use arrayvec::ArrayVec;

/// Effective tension from which the bass stands still under everything, in thousandths.
const HIGH_TENSION: i32 = 700;

/// Effective tension from which nothing comes home, thousandths (MUSIC 2.5).
const EVADES_FROM: i32 = 500;

/// Effective tension above which colors sharpen faster than it rises, short of the sharpest, thousandths: MUSIC 1.4's
/// roughness goes .13, .18, .24, .35, .8.
const SHARPER_FROM: i32 = 300;

/// What each thousand of distance from the cell's middle (`between`) adds to a pedal's probability, thousandths.
const GROUNDED: i32 = 1000;

/// What all harmonic choices of a cue share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground<'a> {
    pub course: Course,
    /// Thousandths of quarter notes per minute.
    pub tempo: u32,
    pub rolls: &'a Rolls,
    /// Pitch class of the tonic the cue begins and ends in.
    pub home: u8,
}

impl Ground<'_> {
    /// Pitch class of the tonic in a bar.
    pub fn tonic(&self, place: &Place) -> u8 {
        form::tonic(self.course.seed, self.home, place.section.max(0))
    }

    /// How far above a bar's tonic that of the next section lies, semitones 0..12.
    pub fn shift_ahead(&self, place: &Place) -> u8 {
        let next = self.course.place(place.bar - place.in_section + SECTION_BARS);
        (self.tonic(&next) + 12 - self.tonic(place)) % 12
    }
}

/// Harmonic function of a bar in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Home,
    Away,
    Color,
    Turn,
}

impl Slot {
    pub fn id(self) -> &'static str {
        ["home", "away", "colour", "turn"][self as usize]
    }
}

/// A chord with absolute pitch classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sonority {
    pub root: u8,
    pub bass: u8,
    pub quality: Quality,
}

impl Sonority {
    pub fn pcs(&self) -> u16 {
        rotate(self.quality.row().set, self.root)
    }
}

/// The chords of a bar before they are voiced.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub cell: usize,
    pub slot: Slot,
    pub planing: bool,
    /// True where the bar's last chord is the last of its phrase.
    pub closes: bool,
    /// Place in ticks and chord.
    pub chords: ArrayVec<(u32, Sonority), 2>,
}

/// A slot of a phrase: its function, its index among the phrase's eight places, what stands in it.
type Filled = (Slot, i64, &'static Entry);

/// What the choice of a phrase's chords depends on beside the mood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    pub seed: u64,
    pub cell: usize,
    /// Phrases of one theme share their harmony up to the ending.
    pub theme: i64,
    pub ending: Ending,
    /// Which throw of the dice.
    pub roll: u16,
}

impl Subject {
    /// The throw that a place of the phrase takes: two bars share one.
    pub fn throw(&self, position: i64) -> u16 {
        self.roll >> (position % 8 / 2 * 4) & 15
    }

    /// Tension on a chord: what colours it beyond its triad.
    pub fn strain(&self, axes: &Axes, position: i64, in_phrase: i64) -> i32 {
        let luck = permille(self.seed, Domain::Slot, self.theme * 64 + position, 700) - 500;
        // Loud triads carry further: heroic and epic cells stay plainer.
        let plain = if CELLS[self.cell].center[1] >= 500 { 150 } else { 0 };
        let strain =
            axes.tension + strain(in_phrase, axes.energy) + luck * 8 / 10 + axes.chromatic / 5 - plain;
        let sharper = strain + 2 * (axes.tension - SHARPER_FROM).max(0) / 3;
        let strain = strain.max(sharper.min(SHARPEST - 1));
        // A color on every chord is no color: of the sharpest, every second gives one rung until nothing can.
        let gives = position % 2 == 0 && (SHARPEST..SHARPEST + 200).contains(&strain);
        if gives { SHARPEST - 1 } else { strain }
    }
}

/// The chords a bar has under its climate.
pub(crate) fn choose(ground: Ground, place: &Place, bars: &Bars, axes: &Axes, mode: Mode) -> Choice {
    Filling::of(ground, place, bars, axes).choose(place, mode)
}

/// A phrase under one climate, filled as far as its bars were asked for.
pub(crate) struct Filling<'a> {
    ground: Ground<'a>,
    subject: Subject,
    axes: Axes,
    bars: Bars,
    /// Length of a chord in half bars.
    halves: u32,
    filled: ArrayVec<Filled, 8>,
}

impl<'a> Filling<'a> {
    pub fn of(ground: Ground<'a>, place: &Place, bars: &Bars, axes: &Axes) -> Filling<'a> {
        let theme = place.theme();
        let seed = ground.course.seed;
        let cell = pick_cell(seed, theme, axes);
        let roll = ground.rolls.of(cell, theme);
        let subject = Subject { seed, cell, theme, ending: place.ending, roll };
        let halves = chord_halves(axes, bars, ground.tempo);
        Filling { ground, subject, axes: *axes, bars: *bars, halves, filled: ArrayVec::new() }
    }

    /// Whether a bar's phrase has the same chords.
    pub fn serves(&self, place: &Place) -> bool {
        (self.subject.theme, self.subject.ending) == (place.theme(), place.ending)
    }

    /// The chords of a bar of the phrase.
    pub fn choose(&mut self, place: &Place, mode: Mode) -> Choice {
        let Filling { ground, subject, axes, bars, halves, .. } = self;
        let (seed, cell, theme, halves) = (subject.seed, subject.cell, subject.theme, *halves);
        let plan = slots(axes, halves);
        let index = slot_index(place.in_phrase, halves);
        fill(&mut self.filled, &plan[..=index], |slot, position, before| {
            pick_entry(subject, axes, slot, position, before)
        });
        let (slot, position, entry) = self.filled[index];
        let tonic = ground.tonic(place);
        // Only a section's last unit leads on.
        let leads = place.in_section >= SECTION_BARS - UNIT_BARS;
        let shift = if leads { ground.shift_ahead(place) } else { 0 };
        let leaves = shift != 0 && axes.tension < HIGH_TENSION && cell != HORROR;
        let pivot = (leaves && slot == Slot::Color).then(|| {
            let before = index.checked_sub(1).map(|before| leads_on(self.filled[before].2));
            pick_pivot(subject, axes, position, before, shift)
        });
        let entry = pivot.flatten().unwrap_or(entry);
        let second = entry.second.filter(|_| halves <= 2).or_else(|| {
            // Two chords a bar: the second steps toward the next slot. Only in the weak bars, so that arrivals keep still.
            let weak = matches!(slot, Slot::Away | Slot::Turn);
            let next = if slot == Slot::Away { Slot::Color } else { Slot::Turn };
            (halves == 1 && weak)
                .then(|| pick_entry(subject, axes, next, position + 16, Some(entry.first)).first)
                .filter(|step| step.root != entry.first.root)
        });
        let planing = cell == HORROR
            || (cell == WONDER && axes.wonder > 500)
                && permille(seed, Domain::Slot, theme, 900 + place.in_phrase / 4) < 400;
        let pedal = pedal(seed, place, axes, cell);
        let sound = |position: i64, step: Step| {
            let step = conform(step, mode);
            let bass = if place.in_phrase == 0 { step.root } else { step.bass };
            let held = pedal.filter(|&held| axes.tension >= HIGH_TENSION || !blurs(step, held));
            Sonority {
                root: (tonic + step.root) % 12,
                bass: (tonic + held.unwrap_or(bass)) % 12,
                quality: colored(step, subject.strain(axes, position, place.in_phrase)),
            }
        };
        let closing = Closing::at(ground.course, place, halves, axes, cell);
        let at_rest = || {
            let major = if cell == NEUTRAL { mode.row().major } else { CELLS[cell].major };
            Sonority { root: tonic, bass: tonic, quality: rest(major, axes) }
        };
        let mut chords = ArrayVec::new();
        chords
            .push((0, if closing == Some(Closing::Rest) { at_rest() } else { sound(position, entry.first) }));
        let second = match closing {
            None => second.map(|step| sound(position + 32, step)),
            Some(Closing::Turn) if slot == Slot::Turn => second.map(|step| sound(position + 32, step)),
            Some(Closing::Turn) => {
                let turn = pick_entry(subject, axes, Slot::Turn, 7, Some(entry.first));
                Some(sound(7, turn.second.unwrap_or(turn.first)))
            }
            Some(Closing::Arrival | Closing::Evasion) if leaves => {
                let dominant = (tonic + shift + 7) % 12;
                Some(Sonority { root: dominant, bass: dominant, quality: Quality::Major })
            }
            Some(Closing::Arrival) => Some(at_rest()),
            Some(Closing::Evasion) => {
                Some(sound(position + 32, Step { root: 8, quality: Quality::Major, bass: 8 }))
            }
            Some(Closing::Rest) => None,
        };
        chords.extend(second.map(|sonority| (bars.half(), sonority)));
        // The chord that comes home makes the one before it the last but one.
        let ends = place.turns || (place.fourth() < 3 && index + 1 == plan.len());
        Choice { cell, slot, planing, closes: ends, chords }
    }
}

/// How a section or the cue comes home, where tension does not evade it (MUSIC 2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    /// The bar before the cue's last one, or the last of one that comes again: it turns.
    Turn,
    /// The last bar of a section: from its turn home, or, where the next is in another key, to that key's dominant. Only
    /// half of it, or where the next section starts nothing is new (MUSIC 9 test 11).
    Arrival,
    /// The same under tension: the turn goes to the sixth below instead (MUSIC 2.5). Above it ends in silence (`unrest`).
    Evasion,
    /// The cue's last bar: at rest.
    Rest,
}

impl Closing {
    fn at(course: Course, place: &Place, halves: u32, axes: &Axes, cell: usize) -> Option<Closing> {
        let section_ends = place.in_section == SECTION_BARS - 1;
        match course.last().saturating_sub(place.bar) {
            _ if cell == HORROR || axes.tension >= HIGH_TENSION => None,
            _ if axes.tension >= EVADES_FROM => {
                let ends = section_ends && halves <= 4 && place.bar != course.last();
                (ends && !course.comes_again(place)).then_some(Closing::Evasion)
            }
            _ if course.comes_again(place) => Some(Closing::Turn),
            0 => Some(Closing::Rest),
            1 => Some(Closing::Turn),
            _ if section_ends && halves <= 4 => Some(Closing::Arrival),
            _ => None,
        }
    }
}

/// Length of a chord in half bars: 1, 2, 4 or 8, nearest to what the mood asks for within 1.8–9 s (MUSIC 1.4).
fn chord_halves(axes: &Axes, bars: &Bars, tempo: u32) -> u32 {
    let bar_ms = (u64::from(bars.length) * 62_500 / u64::from(tempo.max(1))).max(1) as u32;
    let calm = CHORD_LENGTH.at(axes.wonder) as u32;
    let wanted = (bar_ms * 100 / axes.chord_rate().max(1) as u32 * calm / 1000).clamp(1800, 9000);
    let near = |halves: &u32| {
        let length = bar_ms * halves / 2;
        let outside = !(1800..=9000).contains(&length);
        (outside, (log2_q8(length) - log2_q8(wanted)).abs(), *halves)
    };
    [1, 2, 4, 8].into_iter().min_by_key(near).unwrap_or(2)
}

/// Which of the filled slots a bar of the phrase hears.
fn slot_index(in_phrase: i64, halves: u32) -> usize {
    (in_phrase / i64::from(halves / 2).max(1)) as usize
}

/// Which slots a phrase has under one mood, with their places.
pub(crate) fn slots(axes: &Axes, halves: u32) -> &'static [(Slot, i64)] {
    use Slot::*;
    let calm = axes.energy < -400 || axes.wonder > 600;
    match halves {
        8 => &[(Home, 0), (Color, 6)],
        4 => &[(Home, 0), (Away, 1), (Color, 6), (Turn, 7)],
        // Where it is calm the first colour lasts two bars.
        _ if calm => {
            &[(Home, 0), (Away, 1), (Color, 2), (Color, 2), (Home, 4), (Away, 5), (Color, 6), (Turn, 7)]
        }
        _ => &[(Home, 0), (Away, 1), (Color, 2), (Turn, 3), (Home, 4), (Away, 5), (Color, 6), (Turn, 7)],
    }
}

/// Fills more slots of a phrase by `pick` with what it gives for a slot, its position and the chord before.
fn fill(
    filled: &mut ArrayVec<Filled, 8>,
    slots: &[(Slot, i64)],
    pick: impl Fn(Slot, i64, Option<Step>) -> &'static Entry,
) {
    for &(slot, position) in slots.iter().skip(filled.len()) {
        let entry = match filled.last() {
            Some(&(_, before, entry)) if before == position => entry,
            last => pick(slot, position, last.map(|(_, _, entry)| leads_on(entry))),
        };
        filled.push((slot, position, entry));
    }
}

/// The chord an entry leads on with.
pub(crate) fn leads_on(entry: &Entry) -> Step {
    entry.second.unwrap_or(entry.first)
}

/// The held bass of a unit, if it has one: the tonic, sometimes the fifth (MUSIC 2.4; probability 1.4). One unit of a
/// phrase always moves, so that no bass stands longer than two: below high tension the first, above the theme's own.
fn pedal(seed: u64, place: &Place, axes: &Axes, cell: usize) -> Option<u8> {
    let theme = place.theme();
    let tense = axes.tension >= HIGH_TENSION;
    let stands = if tense && permille(seed, Domain::Slot, theme, 802) < 500 { 0 } else { 1 };
    // Every phrase opens in root position.
    if cell == HORROR || place.in_phrase == 0 || place.in_phrase / 4 != stands {
        return None;
    }
    // Below it the bass is free for the turn, and all through the unit that leads to another section.
    if !tense && (place.turns || place.in_section >= SECTION_BARS - UNIT_BARS) {
        return None;
    }
    // Of high tension's chance one unit carries what two would.
    let off = between(cell, axes);
    let chance = PEDALS.at(axes.tension) * if tense { 2 } else { 1 };
    let held = permille(seed, Domain::Slot, theme * 2 + stands, 800) < chance + off * GROUNDED / 1000;
    // Where everything above is in doubt the bass is not.
    let fifth = !tense && off < 200 && permille(seed, Domain::Slot, theme * 2 + stands, 801) >= 800;
    held.then_some(if fifth { 7 } else { 0 })
}
