//! Phrases: which chords stand in the slots of eight bars, one chosen after the other.
//! Source: MUSIC 2.3 (slot grammar, fixed noise), 2.1 (transformations), 2.4 (pedals), 2.5 (cadences), 1.4 (harmonic rhythm).
//! In/out: pure in (seed, theme, climate). Cost: at most 8 choices of 8 entries a bar, about 1 µs.

use super::axes::{Axes, curve, mix};
use super::cells::{CELLS, Entry, HORROR, NEUTRAL, Step, TRIADS, WONDER};
use super::choose::{ONE, best, best_of, ln_weight, permille};
use super::form::{Ending, Place, SECTION_BARS, UNIT_BARS, strain};
use super::moves::{leading_home, liked_from, move_weight};
use super::tonality::Rolls;
use crate::random::Domain;
use crate::theory::{Bars, Mode, Quality, log2_q8, rotate};
use arrayvec::ArrayVec;

/// Effective tension from which the bass stands still under everything, in thousandths.
const HIGH_TENSION: i32 = 700;

/// How far on either side of 0 a theme of the neutral cell turns from minor to major, thousandths of valence. MUSIC 1.4
/// has dorian and mixolydian side by side at 0.
const TURNS_WITHIN: i32 = 250;

/// What a chord outside its family loses in the neutral cell, thousandths of e.
const FOREIGN: i32 = 3000;

/// How far from the middle of a cell, over valence, energy and wonder in thousandths, its own table rules alone. Beyond,
/// where its chords are heard bent by a mood they were not chosen in, the ground gets surer: each thousand gives the tonic
/// chord of a unit's start that many e, and pedals that many thousandths of probability. Tuned on 1100 windows in moods
/// at random (MUSIC 9 test 2): the right key in .94 of them without, in .96 with both.
const NEAR_MIDDLE: i32 = 200;
const HOMELIER: i32 = 3;
const GROUNDED: i32 = 1000;

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
    pub roll: u16,
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
    let closing = Closing::at(place, ground.last, halves, axes, cell);
    let at_rest = || {
        let major = if cell == NEUTRAL { mode.row().major } else { CELLS[cell].major };
        Sonority { root: tonic, bass: tonic, quality: rest(major, axes) }
    };
    let mut chords = ArrayVec::new();
    chords.push((0, if closing == Some(Closing::Rest) { at_rest() } else { sound(position, entry.first) }));
    let second = match closing {
        None => second.map(|step| sound(position + 32, step)),
        Some(Closing::Turn) if slot == Slot::Turn => second.map(|step| sound(position + 32, step)),
        Some(Closing::Turn) => {
            let turn = pick_entry(&subject, axes, Slot::Turn, 7, Some(entry.first));
            Some(sound(7, turn.second.unwrap_or(turn.first)))
        }
        Some(Closing::Arrival) => Some(at_rest()),
        Some(Closing::Rest) => None,
    };
    chords.extend(second.map(|sonority| (bars.half(), sonority)));
    // The chord that comes home makes the one before it the last but one.
    let ends = place.in_phrase == 7 || (place.fourth() < 3 && index + 1 == plan.len());
    Choice { cell, slot, planing, closes: ends, chords }
}

/// How a section or the cue comes home, where tension does not evade it (MUSIC 2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    /// The bar before the cue's last one: it turns.
    Turn,
    /// The last bar of a section: from its turn home. Only half of it, or where the next section starts nothing is new
    /// (MUSIC 9 test 11).
    Arrival,
    /// The cue's last bar: at rest.
    Rest,
}

impl Closing {
    fn at(place: &Place, last: i64, halves: u32, axes: &Axes, cell: usize) -> Option<Closing> {
        let section_ends = place.in_section == SECTION_BARS - 1;
        match last - place.bar {
            _ if axes.tension >= 500 || cell == HORROR => None,
            0 => Some(Closing::Rest),
            1 => Some(Closing::Turn),
            _ if section_ends && halves <= 4 => Some(Closing::Arrival),
            _ => None,
        }
    }
}

/// The chord that music comes to rest on: the plain triad; with some tension the minor one keeps its ninth.
fn rest(major: bool, axes: &Axes) -> Quality {
    match (major, axes.tension) {
        (true, _) => Quality::Major,
        (false, 200..) => Quality::MinorAdd9,
        (false, _) => Quality::Minor,
    }
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
    let last = position % 16 >= 4;
    let index = if slot == Slot::Turn && last { 4 } else { slot as usize };
    let leaning = Leaning::of(subject, axes, index);
    let named = CELLS[cell].slots[index];
    let of_named = |entry: &Entry| {
        let leads = entry.second.unwrap_or(entry.first);
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
        if slot == Slot::Home && entry.first.root == 0 {
            weight += leaning.home;
        }
        // What turns leads home.
        let turns = slot == Slot::Turn;
        if turns {
            weight += move_weight(cell, leads, home(cell));
        }
        let third_off =
            turns && mediant(leads, home(cell)) || before.is_some_and(|before| mediant(before, entry.first));
        weight + leaning.toward(&entry.first, third_off)
    };
    // An open triad that the cell never goes to from here, or that does not lead on, is none.
    let mut open = match before {
        Some(before) if is_open(cell, slot) => liked_from(cell, before),
        _ => 0,
    };
    if slot == Slot::Turn && open != 0 {
        open &= leading_home(cell);
    }
    let named_weights = named.iter().map(of_named).enumerate();
    let open_weights = bits_of(open).map(|k| (named.len() + k, of_named(&TRIADS[k])));
    let roll = subject.roll >> (position % 8 / 2 * 4) & 15;
    let ending = if index == 4 { subject.ending as i64 } else { 0 };
    let place = subject.theme * 8 + ending + (i64::from(roll) << 32);
    let chosen = best_of(subject.seed, Domain::Slot, place, position, named_weights.chain(open_weights));
    named.get(chosen).unwrap_or_else(|| &TRIADS[chosen - named.len()])
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

    fn toward(&self, step: &Step, third_off: bool) -> i32 {
        let mut weight = if self.is_far(step) { self.far } else { self.near };
        if third_off {
            weight += self.mediant;
        }
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

/// The notes of the plain mode of a cell; of the cell without a leaning those of the two modes next to it.
fn plain_notes(cell: usize, family: bool) -> u16 {
    match (cell == NEUTRAL, family) {
        (true, true) => Mode::Ionian.row().set | Mode::Mixolydian.row().set,
        (true, false) => Mode::Aeolian.row().set | Mode::Dorian.row().set,
        (false, true) => Mode::Ionian.row().set,
        (false, false) => Mode::Aeolian.row().set,
    }
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
    if !tense && (place.in_phrase == 7 || place.in_section >= SECTION_BARS - UNIT_BARS) {
        return None;
    }
    // Of high tension's chance one unit carries what two would.
    let off = between(cell, axes);
    let chance = curve(axes.tension, [150, 200, 300, 550, 700]) * if tense { 2 } else { 1 };
    let held = permille(seed, Domain::Slot, theme * 2 + stands, 800) < chance + off * GROUNDED / 1000;
    // Where everything above is in doubt the bass is not.
    let fifth = !tense && off < 200 && permille(seed, Domain::Slot, theme * 2 + stands, 801) >= 800;
    held.then_some(if fifth { 7 } else { 0 })
}

/// How far a mood lies from the middle of a cell, over valence, energy and wonder; from [`NEAR_MIDDLE`] on.
fn between(cell: usize, axes: &Axes) -> i32 {
    let [valence, energy, _, wonder] = CELLS[cell].center;
    let off = (axes.valence - valence).abs() + (axes.energy - energy).abs() + (axes.wonder - wonder).abs();
    (off - NEAR_MIDDLE).max(0)
}

/// Whether a bass below a chord blurs what the chord is: a semitone above its root, or the third it does not have.
fn blurs(step: Step, bass: u8) -> bool {
    match (bass + 12 - step.root) % 12 {
        1 => true,
        3 => third(step.quality) == Some(true),
        4 => third(step.quality) == Some(false),
        _ => false,
    }
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
    if is_major(seed, place.theme(), cell, axes) {
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
        // Two degrees from ionian: a contrasting theme of the other family is reached in one bar.
        _ if luck < 400 && cell != NEUTRAL => Mode::Aeolian,
        _ => Mode::Dorian,
    }
}
