//! Phrases: which chords stand in the slots of eight bars, one chosen after the other.
//! Source: MUSIC 2.3 (slot grammar, fixed noise), 2.1 (transformations), 2.4 (pedals), 2.5 (cadences), 1.4 (harmonic rhythm).
//! In/out: pure in (seed, theme, climate). Cost: at most 8 choices of 8 entries a bar, about 1 µs.

use super::axes::{Axes, curve, mix};
use super::cells::{CELLS, Cell, Entry, HORROR, NEUTRAL, Step, TRIADS, WONDER};
use super::choose::{ONE, best, best_of, ln_weight, permille};
use super::form::{Ending, Place, strain};
use super::moves::{leading_home, liked_from, move_weight};
use super::tonality::Rolls;
use crate::random::Domain;
use crate::theory::{Bars, Mode, Quality, log2_q8, rotate};
use arrayvec::ArrayVec;

/// What all harmonic choices of a cue share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground<'a> {
    pub seed: u64,
    /// Thousandths of quarter notes per minute.
    pub tempo: u32,
    pub rolls: &'a Rolls,
    /// Last bar of the cue.
    pub last: i64,
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
pub(crate) type Filled = (Slot, i64, &'static Entry);

/// What the choice of a phrase's chords depends on beside the mood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    pub seed: u64,
    pub cell: usize,
    /// Phrases of one theme share their harmony up to the ending.
    pub theme: i64,
    pub ending: Ending,
    /// Which throw of the dice.
    pub roll: u8,
}

impl Subject {
    /// Tension on a chord: what colours it beyond its triad.
    pub fn strain(&self, axes: &Axes, position: i64, in_phrase: i64) -> i32 {
        let luck = permille(self.seed, Domain::Slot, self.theme * 64 + position, 700) - 500;
        // Loud triads carry further: heroic and epic cells stay plainer.
        let plain = if CELLS[self.cell].center[1] >= 500 { 150 } else { 0 };
        axes.tension + strain(in_phrase, axes.energy) + luck * 8 / 10 + axes.chromatic / 5 - plain
    }
}

/// The chords a bar has under its climate.
pub(crate) fn choose(
    ground: Ground,
    place: &Place,
    bars: &Bars,
    axes: &Axes,
    tonic: u8,
    mode: Mode,
) -> Choice {
    let seed = ground.seed;
    let theme = place.theme();
    let cell = pick_cell(seed, theme, axes);
    let roll = ground.rolls.of(cell, theme);
    let subject = Subject { seed, cell, theme, ending: place.ending, roll };
    let halves = chord_halves(axes, bars, ground.tempo);
    let plan = slots(axes, halves);
    let index = slot_index(place.in_phrase, halves);
    let filled = fill_until(&subject, axes, &plan[..=index]);
    let (slot, position, entry) = filled[index];
    let second = entry.second.filter(|_| halves <= 2).or_else(|| {
        // Two chords a bar: the second steps toward the next slot. Only in the weak bars, so that arrivals keep still.
        let weak = matches!(slot, Slot::Away | Slot::Turn);
        let next = if slot == Slot::Away { Slot::Color } else { Slot::Turn };
        (halves == 1 && weak)
            .then(|| pick_entry(&subject, axes, next, position + 16, Some(entry.first)).first)
            .filter(|step| step.root != entry.first.root)
    });
    // A section comes home before it ends, and so does the cue, unless tension evades it (MUSIC 2.5).
    let ends = place.in_section == 31 || place.bar == ground.last;
    let arrives = ends && axes.tension < 500 && halves <= 4 && cell != HORROR;
    let second = if arrives { Some(home(cell)) } else { second };
    let pedal = pedal(seed, place, axes, cell);
    let planing = cell == HORROR
        || (cell == WONDER && axes.wonder > 500)
            && permille(seed, Domain::Slot, theme, 900 + place.in_phrase / 4) < 400;
    let sound = |position: i64, step: Step| {
        let step = conform(step, mode);
        let bass = if place.in_phrase == 0 { step.root } else { step.bass };
        Sonority {
            root: (tonic + step.root) % 12,
            bass: (tonic + pedal.unwrap_or(bass)) % 12,
            quality: colored(step, subject.strain(axes, position, place.in_phrase)),
        }
    };
    let mut chords = ArrayVec::new();
    chords.push((0, sound(position, entry.first)));
    if let Some(step) = second {
        chords.push((bars.half(), sound(position + 32, step)));
    }
    // The chord that comes home makes the one before it the last but one.
    let ends = place.in_phrase == 7 || (place.fourth() < 3 && index + 1 == plan.len());
    Choice { cell, slot, planing, closes: ends, chords }
}

/// The plain tonic chord of a cell.
pub(crate) fn home(cell: usize) -> Step {
    let quality = if CELLS[cell].major { Quality::Major } else { Quality::Minor };
    Step { root: 0, quality, bass: 0 }
}

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

/// Length of a chord in half bars: 1, 2, 4 or 8, nearest to what the mood asks for within 1.8–9 s (MUSIC 1.4).
fn chord_halves(axes: &Axes, bars: &Bars, tempo: u32) -> u32 {
    let bar_ms = (u64::from(bars.length) * 62_500 / u64::from(tempo.max(1))).max(1) as u32;
    let calm = mix(1000, 1500, axes.wonder) as u32;
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
fn slots(axes: &Axes, halves: u32) -> &'static [(Slot, i64)] {
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

/// All slots of a phrase under one mood.
pub(crate) fn fill(subject: &Subject, axes: &Axes, halves: u32) -> ArrayVec<Filled, 8> {
    fill_until(subject, axes, slots(axes, halves))
}

/// The slots of a phrase up to the last one asked for.
fn fill_until(subject: &Subject, axes: &Axes, slots: &[(Slot, i64)]) -> ArrayVec<Filled, 8> {
    let mut filled: ArrayVec<Filled, 8> = ArrayVec::new();
    for &(slot, position) in slots {
        let last = filled.last().copied();
        let entry = match last {
            Some((_, before, entry)) if before == position => entry,
            _ => {
                let before = last.map(|(_, _, entry)| entry.second.unwrap_or(entry.first));
                pick_entry(subject, axes, slot, position, before)
            }
        };
        filled.push((slot, position, entry));
    }
    filled
}

/// The same phrase with another ending: only its last slot knows of it.
pub(crate) fn end_otherwise(subject: &Subject, axes: &Axes, filled: &mut ArrayVec<Filled, 8>) {
    if let Some((Slot::Turn, position, _)) = filled.pop() {
        let before = filled.last().map(|(_, _, entry)| entry.second.unwrap_or(entry.first));
        filled.push((Slot::Turn, position, pick_entry(subject, axes, Slot::Turn, position, before)));
    }
}

/// The entry of a slot after the chord before it; never the same chord again. Beside what the slot's row names, any
/// triad may stand in it that the cell likes to go to (MUSIC 2.1).
fn pick_entry(
    subject: &Subject,
    axes: &Axes,
    slot: Slot,
    position: i64,
    before: Option<Step>,
) -> &'static Entry {
    let cell = subject.cell;
    let row = &CELLS[cell];
    let last = position % 16 >= 4;
    let index = if slot == Slot::Turn && last { 4 } else { slot as usize };
    let strong = subject.ending == Ending::Strong && index == 4 && axes.tension < 500;
    let ending = if index == 4 { subject.ending as i64 } else { 0 };
    let named = row.slots[index];
    // An open triad that the cell never goes to from here, or that does not lead on, is none.
    let mut open = match before {
        Some(before) if is_open(cell, slot) => liked_from(cell, before),
        _ => 0,
    };
    if slot == Slot::Turn && open != 0 {
        open &= leading_home(cell);
    }
    let open = TRIADS.iter().enumerate().filter(|(triad, _)| open >> triad & 1 == 1);
    let open = open.map(|(triad, entry)| (named.len() + triad, entry));
    let ln_weights = named.iter().enumerate().chain(open).map(|(k, entry)| {
        let mut weight = ln_weight(entry.weight * 10);
        if let Some(before) = before {
            let same = entry.first.root == before.root && alike(entry.first, before);
            if same && slot != Slot::Home {
                weight -= 30 * ONE;
            }
            weight += move_weight(cell, before, entry.first);
        }
        // A phrase opens at home; its second unit may come home by another door.
        if position == 0 && entry.first.root != 0 {
            weight -= 30 * ONE;
        }
        // What turns leads home.
        if slot == Slot::Turn {
            weight += move_weight(cell, entry.second.unwrap_or(entry.first), home(cell));
        }
        let far = chromatic(row, &entry.first);
        weight += (i64::from(axes.chromatic) * i64::from(ONE) * if far { 2 } else { -1 } / 1000) as i32;
        // Chromatic thirds are the sound of wonder (MUSIC 1.4: none without it, up to half of all changes with it); in
        // a cell's middle its table has said how many.
        let returns = slot == Slot::Turn && mediant(entry.second.unwrap_or(entry.first), home(cell));
        if returns || before.is_some_and(|before| mediant(before, entry.first)) {
            weight += ONE / 1000 * 4 * (axes.wonder - row.center[3]);
        }
        // Bright moods prefer the major chords of a slot, dark ones the minor (MUSIC 1.4: 85:15 to 15:85).
        let pull = 2 * (axes.valence - row.center[0]);
        weight += match third(entry.first.quality) {
            Some(true) => ONE / 1000 * pull,
            Some(false) => -ONE / 1000 * pull,
            None => 0,
        };
        // Cadences fade as tension rises (MUSIC 1.4: one in eight bars to none).
        if index == 4 && [5, 7].contains(&entry.first.root) {
            weight -= ONE / 1000 * (axes.tension - row.center[2]);
        }
        if strong && [5, 7].contains(&entry.first.root) {
            weight += ONE;
        }
        (k, weight)
    });
    let place = subject.theme * 8 + ending + (i64::from(subject.roll) << 32);
    let chosen = best_of(subject.seed, Domain::Slot, place, position, ln_weights);
    named.get(chosen).unwrap_or_else(|| &TRIADS[chosen - named.len()])
}

/// Whether a slot takes more than its row names. Menace leaves only its colour open, or its sections no longer stand out
/// from its phrases (MUSIC 9 test 11).
fn is_open(cell: usize, slot: Slot) -> bool {
    cell < NEUTRAL && slot != Slot::Home && (slot == Slot::Color || CELLS[cell].center[2] < 800)
}

/// Whether two chords have the same third, as far as they have one.
fn alike(a: Step, b: Step) -> bool {
    third(a.quality).is_none() || third(b.quality).is_none() || third(a.quality) == third(b.quality)
}

/// Whether two major chords stand a third apart.
fn mediant(before: Step, after: Step) -> bool {
    let major = [before, after].iter().all(|step| third(step.quality) == Some(true));
    major && [3, 4, 8, 9].contains(&((after.root + 12 - before.root) % 12))
}

/// Whether a quality's third is major; `None` where it has none.
pub(crate) fn third(quality: Quality) -> Option<bool> {
    match quality.row().set & 0b11000 {
        0b10000 => Some(true),
        0b01000 => Some(false),
        _ => None,
    }
}

/// True for a chord with notes outside the plain mode of its cell.
fn chromatic(cell: &Cell, step: &Step) -> bool {
    let plain = if cell.major { Mode::Ionian } else { Mode::Aeolian };
    let triad = if step.quality.is_major() { Quality::Major } else { Quality::Minor };
    rotate(triad.row().set, step.root) & !plain.row().set & 0xFFF != 0 && step.root != 7
}

/// The held bass of a unit, if it has one: the tonic, sometimes the fifth (MUSIC 2.4; probability 1.4).
fn pedal(seed: u64, place: &Place, axes: &Axes, cell: usize) -> Option<u8> {
    let unit = place.theme() * 2 + place.in_phrase / 4;
    let chance = curve(axes.tension, [150, 200, 300, 550, 700]);
    // Below high tension every phrase opens on a moving bass, so that no bass stands longer than a unit; more would make
    // whole sections stand where their phrases share a theme.
    let free = axes.tension < 700 && place.in_phrase < 4;
    // Every phrase opens in root position.
    if place.in_phrase == 0 && axes.tension < 700 {
        return None;
    }
    let held = cell != HORROR && !free && permille(seed, Domain::Slot, unit, 800) < chance;
    // Where everything above is in doubt the bass is not.
    let fifth = axes.tension < 700 && permille(seed, Domain::Slot, unit, 801) >= 800;
    held.then_some(if fifth { 7 } else { 0 })
}

/// A chord as its mode has it. Whole-tone music knows augmented chords on even steps only; the home of a cell that
/// leaves its third open takes the mode's.
fn conform(step: Step, mode: Mode) -> Step {
    match mode {
        _ if step.root == 0 && step.quality == Quality::MinorAdd9 && mode.row().major => {
            Step { quality: Quality::Add9, ..step }
        }
        Mode::WholeTone => {
            let even = |root: u8| (root + root % 2) % 12;
            Step { root: even(step.root), quality: Quality::Augmented, bass: even(step.bass) }
        }
        Mode::LydianAugmented if step.root == 0 && step.quality.is_major() => {
            Step { quality: Quality::Augmented, ..step }
        }
        _ => step,
    }
}

/// A chord in the colour its tension allows (MUSIC 1.4), least rough first.
pub(crate) fn colored(step: Step, strain: i32) -> Quality {
    use Quality::*;
    let level = [-50, 400, 700, 950].iter().filter(|&&limit| strain >= limit).count();
    let ladder = match step.quality {
        Major if step.root == 7 => [Major, Major, Seventh, Seventh, SeventhFlat9],
        Major => [Major, Add9, Major7, Major7Sharp11, MajorFlat9],
        // The ninth comes before the major seventh, against the table of roughness: in the voicer's open spacing it is
        // the softer of the two, and the sound of film minor.
        Minor => [Minor, Minor7, MinorAdd9, MinorMajor7, MinorFlat9],
        Fifth => [Fifth, Fifth, Sus2, FlatSecond, Viennese],
        Sus4 => [Major, Sus4, Sus4, Quartal, SeventhFlat9],
        Sus2 => [Fifth, Sus2, Sus2, MinorAdd9, FlatSecond],
        Augmented => [Augmented, Augmented, Augmented, WholeTone, WholeTone],
        Diminished => [Diminished, HalfDiminished, HalfDiminished, DiminishedSeventh, DiminishedSeventh],
        other => [other; 5],
    };
    ladder[level]
}

/// The mode a bar is drawn to: by valence along the flats, kept to the family of its cell; in tension the modes of
/// symmetry (MUSIC 1.4).
pub(crate) fn target_mode(seed: u64, place: &Place, axes: &Axes) -> Mode {
    let cell = pick_cell(seed, place.theme(), axes);
    let luck = permille(seed, Domain::Phrase, place.material, 1);
    let (v, t) = (axes.valence, axes.tension);
    let major = if cell == NEUTRAL { v >= 0 } else { CELLS[cell].major };
    if major {
        return match (v, t) {
            (..=749, 801..) => Mode::WholeTone,
            (..=249, 501..) => Mode::Acoustic,
            (250..=749, 501..) => Mode::LydianAugmented,
            _ if luck < axes.wonder * 9 / 10 || cell == WONDER => Mode::Lydian,
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
        _ if luck < 400 => Mode::Aeolian,
        _ => Mode::Dorian,
    }
}
