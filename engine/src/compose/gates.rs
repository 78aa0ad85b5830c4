//! Gates: which stems may play in a bar, how far they have come in, which parts a full texture leaves out, and what
//! the writing does under speech.
//! Source: MUSIC 5.1 (entry levels, entries at unit starts, two at a time), 5.2 (role cap), 5.4 (dialogue), 0.1 (gestures).
//! In/out: pure in (seed, place, climates).

use super::axes::Axes;
use super::choose::permille;
use super::form::{Course, Place, UNIT_BARS};
use super::frame::Climate;
use super::perform::{Pen, Sketch};
use super::{BarFrame, layers};
use crate::cue::AXIS_COUNT;
use crate::note::Role;
use crate::random::Domain;
use crate::stem::{STEM_COUNT, Stem};

/// Stems that come and go with the mood; the others have a schedule of their own.
const GATED: [Stem; 5] = [Stem::Low, Stem::Strings, Stem::Pulse, Stem::Power, Stem::Perc];

/// Most stems that enter with one bar.
const MOST_ENTRIES: usize = 2;

/// Which stems play in a bar. `climate` gives that of any bar, `free` tells bars whose entries are not held back
/// (hits); `melody` is whether a line is scheduled. Entries are followed from the start of the section, where all that
/// are called for may enter at once.
pub(crate) fn gates(
    course: Course,
    seeds: &[u64; STEM_COUNT],
    place: &Place,
    climate: impl Fn(i64) -> Climate,
    free: impl Fn(i64) -> bool,
    melody: bool,
) -> [bool; STEM_COUNT] {
    let mut open = [false; STEM_COUNT];
    let mut unit_axes = None;
    let mut before: Option<Climate> = None;
    for bar in place.bar - place.in_section..=place.bar {
        let there = course.place(bar);
        let present = climate(bar);
        let now = Axes::of(&present);
        if there.in_unit == 0 {
            unit_axes = Some(now);
        }
        let unit = unit_axes.unwrap_or(now);
        let leapt = before.is_some_and(|before| leap(&before, &present).is_some());
        let all = there.in_section == 0 || leapt || free(bar);
        let mut entries = 0;
        for stem in GATED {
            let seed = seeds[stem.index()];
            let calls = called(seed, stem, &there, &now, &unit);
            let enters = calls && !open[stem.index()];
            entries += usize::from(enters);
            open[stem.index()] = calls && (!enters || all || entries <= MOST_ENTRIES);
        }
        before = Some(present);
    }
    open[Stem::Bed.index()] = true;
    open[Stem::Lead.index()] = melody;
    // Effects answer beats, so nothing may keep them out of a bar; their own rules keep them rare.
    open[Stem::Fx.index()] = true;
    open[Stem::Ambience.index()] = true;
    open
}

/// Whether a stem is called for. One that was not when the unit began may wait for the next unit, unless the mood moved
/// far (MUSIC 5.1).
fn called(seed: u64, stem: Stem, place: &Place, axes: &Axes, unit_axes: &Axes) -> bool {
    let patient = permille(seed, Domain::Entry, place.unit, 100 + stem as i64) < 500;
    let moved = (axes.energy - unit_axes.energy).abs() >= 400;
    let waited = place.in_unit == 0 || moved || !patient || margin(seed, stem, place, unit_axes) > 0;
    margin(seed, stem, place, axes) > 0 && waited
}

/// How far the climate lies above a stem's entry level, thousandths; it plays above 0.
fn margin(seed: u64, stem: Stem, place: &Place, axes: &Axes) -> i32 {
    // Half of the 0.16 the specification spreads entries over, to either side.
    let luck = (permille(seed, Domain::Entry, place.phrase, stem as i64) - 500) * 16 / 100;
    let energy = axes.energy + place.swell() - luck;
    let talk = axes.dialogue;
    if rests(stem, place, axes) {
        return 0;
    }
    match stem {
        Stem::Low => (energy + 600).max(axes.darkness - 300),
        Stem::Strings => (energy + 700).min((axes.scale + 700).max(energy)),
        Stem::Pulse => (energy + 250).min(900 - talk),
        Stem::Power => (energy - 450).max(axes.scale - 500).max(axes.wonder - 500).min(500 - talk),
        Stem::Perc => (energy - 50).max(heartbeat(axes)).min(700 - talk),
        _ => 1000,
    }
}

/// Energy from which nothing rests for the sake of form, thousandths: there all stems drive (MUSIC 4).
const DRIVEN: i32 = 600;

/// Whether a stem leaves a unit to the others, so that its return is heard: one that moves where a phrase that contrasts
/// begins, the drums where a section does, the strings there too when it is quiet.
fn rests(stem: Stem, place: &Place, axes: &Axes) -> bool {
    if axes.energy >= DRIVEN || place.in_phrase >= UNIT_BARS {
        return false;
    }
    let contrast =
        place.letter == 'B' && [Stem::Strings, Stem::Pulse, Stem::Perc][usize::from(place.rests)] == stem;
    let opening = match stem {
        Stem::Perc => heartbeat(axes) <= 0,
        Stem::Strings => axes.energy < 200,
        _ => false,
    };
    contrast || (place.in_section < UNIT_BARS && opening)
}

/// How much a still and strained mood calls for a heartbeat; above 0 it beats.
pub(crate) fn heartbeat(axes: &Axes) -> i32 {
    (axes.tension - 300).min(-300 - axes.energy)
}

/// How far a stem has come in, thousandths: a smooth step over 0.2 above its entry level (MUSIC 5.1).
pub(crate) fn presence(seed: u64, stem: Stem, place: &Place, axes: &Axes) -> i32 {
    if !GATED.contains(&stem) {
        return 1000;
    }
    let x = (margin(seed, stem, place, axes) * 5).clamp(0, 1000);
    x * x / 1000 * (3000 - 2 * x) / 1000
}

/// A leap of the mood: 0.6 or more on an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leap {
    /// Energy rose.
    Rise,
    /// Energy fell.
    Fall,
    /// Another axis turned.
    Turn,
}

/// Far enough for a gesture.
const LEAP: f32 = 0.6;

/// The leap between two climates.
pub(crate) fn leap(before: &Climate, now: &Climate) -> Option<Leap> {
    const ENERGY: usize = 1;
    // Moods are snapped to 0.02: half of that forgives what a difference of floats loses.
    let far = |step: f32| step.abs() >= LEAP - 0.01;
    let (before, now) = (before.mood.to_array(), now.mood.to_array());
    let steps: [f32; AXIS_COUNT] = std::array::from_fn(|axis| now[axis] - before[axis]);
    match steps[ENERGY] {
        rise if far(rise) && rise > 0.0 => Some(Leap::Rise),
        fall if far(fall) => Some(Leap::Fall),
        _ => steps.iter().any(|&step| far(step)).then_some(Leap::Turn),
    }
}

/// Which parts a bar has room for: of foundation, harmony, motion, melody, counter-line and punctuation at most five
/// sound, and of motion at most two (MUSIC 5.2). Decided with the bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cast {
    /// The lead's counter-line.
    pub counter: bool,
    /// Drums below the ticks.
    pub drums: bool,
    /// The pulse's second figure.
    pub second: bool,
}

/// Energy from which drums matter more than a counter-line, thousandths: where the big drums come in (MUSIC 4).
const DRUMS_FIRST: i32 = 450;

impl Cast {
    /// The cast of a bar.
    pub fn of(frame: &BarFrame) -> Cast {
        let axes = Axes::of(&frame.climate);
        let open = |stem: Stem| frame.stems[stem.index()];
        let strings_move = open(Stem::Strings) && axes.energy > layers::OSTINATO_FROM;
        let moves = open(Stem::Pulse) || strings_move;
        let full = open(Stem::Low) && moves && !frame.lead.is_empty() && open(Stem::Perc);
        let counter = !full || axes.energy < DRUMS_FIRST;
        let sings_twice = layers::has_counter(frame, &axes);
        Cast { counter, drums: !(full && counter && sings_twice), second: !strings_move }
    }

    /// Whether a sketch belongs to it.
    pub fn has(&self, stem: Stem, sketch: &Sketch) -> bool {
        match (stem, sketch.part, sketch.role) {
            (_, _, Role::Hit) => true,
            (Stem::Lead, 2, Role::Counter) => self.counter,
            (Stem::Pulse, 1, _) => self.second,
            (Stem::Perc, _, Role::Punctuation | Role::Fill) => self.drums,
            _ => true,
        }
    }
}

/// What speech makes of a note: sustained harmony leaves the octaves of the voice for those around them, a line that
/// moves faster than a note a second loses its quicker notes, ticks fall silent (MUSIC 5.4). `None` leaves it out.
pub(crate) fn under_speech(pen: &Pen, sketch: Sketch) -> Option<Sketch> {
    let talk = pen.now.dialogue;
    if talk <= 300 || sketch.role == Role::Hit {
        return Some(sketch);
    }
    match (pen.stem, sketch.role) {
        (Stem::Bed | Stem::Strings | Stem::Power, Role::Harmony) if (60..84).contains(&sketch.pitch) => {
            let pitch = sketch.pitch + if sketch.pitch < 72 { -12 } else { 12 };
            let fits = pitch <= i32::from(pen.stem.row().pitch_range.1);
            fits.then_some(Sketch { pitch, loud: sketch.loud - 6, ..sketch })
        }
        (Stem::Lead, Role::Melody | Role::Counter) if sketch.part < 2 => sparse(pen, sketch),
        // Ticks sound where consonants do.
        (Stem::Perc, Role::Motion) => None,
        _ => Some(sketch),
    }
}

/// The melody with at least a second between its notes: each that stays lasts until the next that does.
fn sparse(pen: &Pen, sketch: Sketch) -> Option<Sketch> {
    let second = pen.ticks(1000);
    let mut last: Option<u32> = None;
    let mut length = None;
    // One too near the bar's end would meet the first of the next bar.
    let room = |at: u32| pen.bars.length < second || at + second <= pen.bars.length;
    for note in pen.frame.line_at(sketch.at).iter().filter(|note| !note.echo && room(note.at)) {
        if last.is_some_and(|last| note.at < last + second) {
            continue;
        }
        if last == Some(sketch.at) {
            length = Some(note.at - sketch.at);
            break;
        }
        last = Some(note.at);
    }
    let stays = length.is_some() || last == Some(sketch.at);
    let until_end = pen.bars.length.saturating_sub(sketch.at);
    let longer = length.unwrap_or(until_end).min(2 * second);
    stays.then_some(Sketch { length: sketch.length.max(longer), ..sketch })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Climate;
    use crate::cue::CueEnding;
    use crate::cue::Mood;

    fn climate(energy: f32) -> Climate {
        Climate { mood: Mood { energy, ..Default::default() }, ..Climate::default() }
    }

    fn axes(energy: f32) -> Axes {
        Axes::of(&climate(energy))
    }

    fn at(seed: u64, bar: i64, climate: impl Fn(i64) -> Climate) -> [bool; STEM_COUNT] {
        let course = Course::new(seed, 1000, CueEnding::Close);
        gates(course, &[seed; STEM_COUNT], &course.place(bar), climate, |_| false, true)
    }

    #[test]
    fn more_energy_never_closes_a_stem() {
        for seed in 0..20u64 {
            for bar in 0..32 {
                let mut before = [false; STEM_COUNT];
                for step in -10..=10 {
                    let open = at(seed, bar, |_| climate(step as f32 / 10.0));
                    assert!(before.iter().zip(open).all(|(&b, now)| !b || now));
                    before = open;
                }
                assert!(before.iter().all(|&open| open), "all stems play at full energy");
            }
        }
    }

    #[test]
    fn at_most_two_stems_enter_with_a_bar_and_a_leap_lets_all_in() {
        let rising = |bar: i64| climate(-0.7 + bar as f32 * 0.045);
        let leaping = |bar: i64| climate(if bar < 13 { -0.7 } else { 1.0 });
        let (mut staggered, mut at_once) = (0, 0);
        for seed in 0..60u64 {
            for bar in 1..32 {
                let entries = |climate: &dyn Fn(i64) -> Climate| {
                    let (before, now) = (at(seed, bar - 1, climate), at(seed, bar, climate));
                    GATED.iter().filter(|s| now[s.index()] && !before[s.index()]).count()
                };
                let few = entries(&rising);
                assert!(few <= MOST_ENTRIES, "{few} enter at bar {bar}");
                staggered += few;
                if bar == 13 {
                    at_once = at_once.max(entries(&leaping));
                }
            }
        }
        assert!(staggered > 100 && at_once > MOST_ENTRIES, "{staggered} {at_once}");
    }

    #[test]
    fn stems_come_in_softly_and_a_strained_stillness_has_a_heart() {
        let place = Place::of(1, 12);
        let steps: Vec<i32> =
            (-30..=30).map(|e| presence(1, Stem::Power, &place, &axes(e as f32 / 30.0))).collect();
        assert!(steps.windows(2).all(|w| w[0] <= w[1]) && steps[0] == 0 && steps[60] == 1000);
        assert!(steps.iter().filter(|&&p| (1..1000).contains(&p)).count() >= 4);
        let mood = Mood { valence: -0.7, energy: -0.5, ..Default::default() };
        let strained = Climate { mood, ..Climate::default() };
        assert!(heartbeat(&Axes::of(&strained)) > 0 && heartbeat(&axes(-0.5)) < 0);
        assert!(at(3, 10, |_| strained)[Stem::Perc.index()]);
    }

    #[test]
    fn leaps_are_told_apart() {
        assert_eq!(leap(&climate(0.0), &climate(0.58)), None);
        assert_eq!(leap(&climate(0.0), &climate(0.6)), Some(Leap::Rise));
        assert_eq!(leap(&climate(0.5), &climate(-0.5)), Some(Leap::Fall));
        let mood = Mood { darkness: 0.8, ..Default::default() };
        let dark = Climate { mood, ..Climate::default() };
        assert_eq!(leap(&climate(0.0), &dark), Some(Leap::Turn));
    }
}
