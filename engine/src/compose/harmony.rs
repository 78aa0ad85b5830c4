//! Harmony: which chords a bar has, in which mode, voiced from the chords before it in its section.
//! Source: MUSIC 1.4 (modes), 2.3 (slots), 2.4 (pedals, planing), 2.6–2.7 (voicing chained from the section's anchor).
//! In/out: pure in (seed, place, climates). Cost: at most 32 bars of choices, voicings remembered by their inputs.

use super::axes::{Axes, curve, mix};
use super::cells::{CELLS, Cell, Entry, HORROR, NEUTRAL, Step, WONDER};
use super::choose::{ONE, best, ln_weight, permille};
use super::form::{Ending, Place, SECTION_BARS};
use crate::random::Domain;
use crate::theory::{Bars, Mode, Quality, Request, Voices, clear, log2_q8, rotate, stepped, voice};
use arrayvec::ArrayVec;

/// What all harmonic choices of a cue share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground {
    pub seed: u64,
    /// Thousandths of quarter notes per minute.
    pub tempo: u32,
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
    /// Place in ticks and chord.
    pub chords: ArrayVec<(u32, Sonority), 2>,
}

/// A voiced chord.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Voiced {
    pub at: u32,
    pub sonority: Sonority,
    pub voices: Voices,
    /// True when the same voicing sounded just before.
    pub tied: bool,
}

/// A bar's harmony.
#[derive(Clone, Debug)]
pub(crate) struct Harmony {
    pub cell: usize,
    pub slot: Slot,
    pub mode: Mode,
    /// Modes of the unit's bars up to this one.
    pub modes: [Mode; 4],
    pub planing: bool,
    pub chords: ArrayVec<Voiced, 2>,
}

/// Voicings by what they were made from: two per bar of a section. Never changes an answer.
#[derive(Clone, Debug)]
pub(crate) struct Memo {
    entries: [Option<(Request, Option<Voices>, Voices)>; 64],
}

impl Default for Memo {
    fn default() -> Self {
        Memo { entries: [None; 64] }
    }
}

impl Memo {
    fn voice(&mut self, slot: usize, request: &Request, before: Option<&Voices>) -> Voices {
        if let Some((known, from, voices)) = &self.entries[slot]
            && known == request
            && from.as_ref() == before
        {
            return *voices;
        }
        let voices = voice(request, before);
        self.entries[slot] = Some((*request, before.copied(), voices));
        voices
    }
}

/// The harmony of a bar: every bar of its section up to it, each under its own climate.
pub(crate) fn harmony(
    ground: Ground,
    memo: &mut Memo,
    bar: i64,
    tonic: u8,
    at_bar: impl Fn(i64) -> (Axes, Bars),
) -> Harmony {
    let anchor = bar.div_euclid(SECTION_BARS) * SECTION_BARS;
    let mut mode: Option<Mode> = None;
    let mut modes = [Mode::Dorian; 4];
    let mut last: Option<(Sonority, Voices)> = None;
    let mut now = None;
    for j in anchor..=bar {
        let (axes, bars) = at_bar(j);
        let place = Place::of(ground.seed, j);
        let choice = choose(ground, &place, &bars, &axes, tonic);
        let target = target_mode(ground.seed, &place, &axes, choice.cell);
        let here = mode.map_or(target, |from| stepped(from, target));
        mode = Some(here);
        modes[place.in_unit as usize] = here;
        let mut chords = ArrayVec::new();
        for (i, &(at, sonority)) in choice.chords.iter().enumerate() {
            let slot = ((j - anchor) as usize * 2 + i) % 64;
            let voices = match last {
                Some((before, voices)) if before == sonority => voices,
                _ => lead(memo, slot, &axes, &choice, sonority, last),
            };
            let tied = last == Some((sonority, voices));
            chords.push(Voiced { at, sonority, voices, tied });
            last = Some((sonority, voices));
        }
        now = Some(Harmony {
            cell: choice.cell,
            slot: choice.slot,
            mode: here,
            modes,
            planing: choice.planing,
            chords,
        });
    }
    now.expect("a section has its own bar")
}

fn lead(
    memo: &mut Memo,
    slot: usize,
    axes: &Axes,
    choice: &Choice,
    sonority: Sonority,
    last: Option<(Sonority, Voices)>,
) -> Voices {
    if let (true, Some((before, voices))) = (choice.planing, last)
        && before.quality == sonority.quality
    {
        let up = i32::from((sonority.root + 12 - before.root) % 12);
        let moved = voices.map(|v| i32::from(v) + if up > 6 { up - 12 } else { up });
        let voices = moved.map(|v| v as u8);
        if moved[0] >= 36 && moved[0] <= 50 && moved[3] <= 80 && clear(&voices) {
            return voices;
        }
    }
    let row = sonority.quality.row();
    let third = match row.set & 0b11000 {
        0b01000 => (sonority.root + 3) % 12,
        0b10000 => (sonority.root + 4) % 12,
        _ => 12,
    };
    let request = Request {
        pcs: sonority.pcs(),
        needed: rotate(row.needed, sonority.root),
        bass: sonority.bass,
        third,
        center: (59 + (2 * axes.valence - 3 * axes.darkness) / 1000) as u8,
        bass_drop: (3 * axes.darkness.max(0) / 1000) as u8,
        planing: choice.planing,
        cluster: row.roughness >= 380,
    };
    memo.voice(slot, &request, last.map(|(_, voices)| voices).as_ref())
}

/// The chords a bar has under its climate.
pub(crate) fn choose(ground: Ground, place: &Place, bars: &Bars, axes: &Axes, tonic: u8) -> Choice {
    let seed = ground.seed;
    let cell = pick_cell(seed, place.theme(), axes);
    let halves = chord_halves(axes, bars, ground.tempo);
    let (slot, position) = slot_of(place, axes, halves);
    let entry = pick_entry(seed, cell, place, slot, position, axes);
    let second = entry.second.filter(|_| halves <= 2).or_else(|| {
        // Two chords a bar: the second steps toward the next slot. Only in the weak bars, so that arrivals keep still.
        let weak = matches!(slot, Slot::Away | Slot::Turn);
        let next = if slot == Slot::Away { Slot::Color } else { Slot::Turn };
        (halves == 1 && weak)
            .then(|| pick_entry(seed, cell, place, next, position + 16, axes).first)
            .filter(|step| step.root != entry.first.root)
    });
    let pedal = pedal(seed, place, axes, cell);
    let planing = cell == HORROR
        || (cell == WONDER
            && axes.wonder > 700
            && permille(seed, Domain::Slot, place.theme(), 900 + place.in_phrase / 4) < 400);
    let mut chords = ArrayVec::new();
    chords.push((0, sound(seed, place, position, axes, cell, tonic, entry.first, pedal)));
    if let Some(step) = second {
        chords.push((bars.half(), sound(seed, place, position + 32, axes, cell, tonic, step, pedal)));
    }
    Choice { cell, slot, planing, chords }
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

/// Slot of a bar and its place among the phrase's slots, 0..8.
fn slot_of(place: &Place, axes: &Axes, halves: u32) -> (Slot, i64) {
    const UNIT: [Slot; 4] = [Slot::Home, Slot::Away, Slot::Color, Slot::Turn];
    match halves {
        8 => [(Slot::Home, 0), (Slot::Color, 6)][(place.in_phrase / 4) as usize],
        4 => {
            let quarter = place.in_phrase / 2;
            (UNIT[quarter as usize], [0, 1, 6, 7][quarter as usize])
        }
        _ => {
            let calm = axes.energy < -400 || axes.wonder > 600;
            if calm && place.in_phrase == 3 {
                return (Slot::Color, 2);
            }
            (UNIT[place.in_unit as usize], place.in_phrase)
        }
    }
}

/// The entry of a slot; never the chord of the slot before it.
fn pick_entry(
    seed: u64,
    cell: usize,
    place: &Place,
    slot: Slot,
    position: i64,
    axes: &Axes,
) -> &'static Entry {
    let before = match slot {
        Slot::Color if position < 16 => {
            Some(pick_entry(seed, cell, place, Slot::Away, position - 1, axes).first.root)
        }
        Slot::Turn if position < 16 => {
            Some(pick_entry(seed, cell, place, Slot::Color, position - 1, axes).first.root)
        }
        _ => None,
    };
    let row = &CELLS[cell];
    let last = position % 16 >= 4;
    let index = if slot == Slot::Turn && last { 4 } else { slot as usize };
    let strong = place.ending == Ending::Strong && index == 4 && axes.tension < 500;
    // Phrases of one letter share their harmony up to the ending.
    let ending = if index == 4 { place.ending as i64 } else { 0 };
    let ln_weights = row.slots[index].iter().map(|entry| {
        let mut weight = ln_weight(entry.weight * 10);
        if Some(entry.first.root) == before {
            weight -= 30 * ONE;
        }
        let far = chromatic(row, &entry.first);
        weight += (i64::from(axes.chromatic) * i64::from(ONE) * if far { 2 } else { -1 } / 1000) as i32;
        // Mediants are the sound of wonder (MUSIC 1.4: up to half of all changes).
        if cell == WONDER && [3, 4, 8, 9].contains(&entry.first.root) {
            weight += ONE / 1000 * axes.wonder * 3 / 2;
        }
        // Bright moods prefer the major chords of a slot, dark ones the minor (MUSIC 1.4: 85:15 to 15:85).
        weight += match third(entry.first.quality) {
            Some(true) => ONE / 1000 * axes.valence,
            Some(false) => -ONE / 1000 * axes.valence,
            None => 0,
        };
        if strong && [5, 7].contains(&entry.first.root) {
            weight += ONE;
        }
        weight
    });
    let chosen = best(seed, Domain::Slot, place.theme() * 8 + ending, position, ln_weights);
    &row.slots[index][chosen]
}

/// Whether a quality's third is major; `None` where it has none.
fn third(quality: Quality) -> Option<bool> {
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
    // A phrase that is calm keeps its first unit free, so that it opens on a moving bass.
    let free = place.in_phrase < 4 && axes.tension < 400;
    // Every phrase opens in root position.
    if place.in_phrase == 0 && axes.tension < 700 {
        return None;
    }
    let held = cell != HORROR && !free && permille(seed, Domain::Slot, unit, 800) < chance;
    held.then(|| if permille(seed, Domain::Slot, unit, 801) < 800 { 0 } else { 7 })
}

#[allow(clippy::too_many_arguments, reason = "one call site; the arguments are the place of one decision")]
fn sound(
    seed: u64,
    place: &Place,
    position: i64,
    axes: &Axes,
    cell: usize,
    tonic: u8,
    step: Step,
    pedal: Option<u8>,
) -> Sonority {
    let luck = permille(seed, Domain::Slot, place.theme() * 64 + position, 700) - 500;
    let strain = axes.tension + place.strain(axes.energy) + luck * 8 / 10 + axes.chromatic / 5;
    let bass = if place.in_phrase == 0 { step.root } else { step.bass };
    // Loud triads carry further: heroic and epic cells stay plainer.
    let plain = if CELLS[cell].center[1] >= 500 { 150 } else { 0 };
    Sonority {
        root: (tonic + step.root) % 12,
        bass: (tonic + pedal.unwrap_or(bass)) % 12,
        quality: colored(step, strain - plain),
    }
}

/// A chord in the colour its tension allows (MUSIC 1.4), least rough first.
fn colored(step: Step, strain: i32) -> Quality {
    use Quality::*;
    let level = [-50, 400, 700, 950].iter().filter(|&&limit| strain >= limit).count();
    let ladder = match step.quality {
        Major if step.root == 7 => [Major, Major, Seventh, Seventh, SeventhFlat9],
        Major => [Major, Add9, Major7, Major7Sharp11, MajorFlat9],
        // The ninth comes before the major seventh, against the table of roughness: in the voicer's open spacing it is
        // the softer of the two, and the sound of film minor.
        Minor => [Minor, Minor7, MinorAdd9, MinorMajor7, MinorFlat9],
        Fifth => [Fifth, Fifth, Sus2, FlatSecond, Viennese],
        Sus4 => [Major, Sus4, Sus4, Sus4, SeventhFlat9],
        Sus2 => [Fifth, Sus2, Sus2, MinorAdd9, FlatSecond],
        other => [other; 5],
    };
    ladder[level]
}

/// The mode a bar is drawn to: by valence along the flats, kept to the family of its cell (MUSIC 1.4).
fn target_mode(seed: u64, place: &Place, axes: &Axes, cell: usize) -> Mode {
    let luck = permille(seed, Domain::Phrase, place.material, 1);
    let (v, t) = (axes.valence, axes.tension);
    let major = if cell == NEUTRAL { v >= 0 } else { CELLS[cell].major };
    if major {
        if luck < axes.wonder * 9 / 10 || cell == WONDER {
            return Mode::Lydian;
        }
        return match v {
            _ if t > 500 && v < 400 => Mode::Acoustic,
            750.. if luck > 700 => Mode::Lydian,
            250.. => Mode::Ionian,
            _ if luck < 500 => Mode::Mixolydian,
            _ => Mode::Ionian,
        };
    }
    match (v, t) {
        _ if cell == HORROR => Mode::Locrian,
        (..=-750, 501..) => Mode::PhrygianDominant,
        (..=-750, _) | (..=-250, 651..) => Mode::Phrygian,
        (..=-250, _) if luck < 350 => Mode::HarmonicMinor,
        (..=-250, _) | (_, 401..) => Mode::Aeolian,
        _ if luck < 400 => Mode::Aeolian,
        _ => Mode::Dorian,
    }
}
