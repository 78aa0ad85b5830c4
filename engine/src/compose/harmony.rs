//! Harmony: the chords of a bar, voiced from the chords before it in its phrase.
//! Source: MUSIC 1.4 (modes move at most two degrees a bar), 2.6–2.7 (voicing chained from an anchor).
//! In/out: pure in (seed, place, climates). Cost: 32 modes and at most 8 bars of chords, remembered by their inputs.

use super::axes::Axes;
use super::form::{Course, PHRASE_BARS, SECTION_BARS};
use super::leaning::target_mode;
use super::phrase::{Choice, Ground, Slot, Sonority, choose};
use crate::mapping::{BASS_BY_DARKNESS, CHORDS_BY_DARKNESS, CHORDS_BY_VALENCE};
use crate::theory::{Bars, Mode, Request, Voices, clear, rotate, stepped, voice_toward};
use arrayvec::ArrayVec;

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
    /// The bar it is of.
    pub bar: i64,
    pub cell: usize,
    pub slot: Slot,
    pub mode: Mode,
    /// Modes of the phrase's bars up to this one.
    pub modes: [Mode; PHRASE_BARS as usize],
    /// Mode of the bar after it, as this bar's mood expects it.
    pub next_mode: Mode,
    pub planing: bool,
    pub chords: ArrayVec<Voiced, 2>,
}

/// What a voicing is made from: the chord, the voices before it, the voices after it.
type Inputs = (Request, Option<Voices>, Option<Voices>);

/// What the chords of a bar are chosen from: course, tempo and home of the ground, the bar, its mood and meter, its mode.
/// The rolls are the seed's.
type Chosen = ((Course, u32, u8), i64, (Axes, Bars), Mode);

/// What a bar is drawn to depends on: the course, the bar, its mood.
type Drawn = (Course, i64, Axes);

/// Answers by what they were made from: voicings, two per bar of a phrase and the two anchors; chords per bar of a phrase,
/// and those of the phrase after it; modes per bar of a section. Never changes an answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memo {
    voicings: [Option<(Inputs, Voices)>; 18],
    choices: [Option<(Chosen, Choice)>; PHRASE_BARS as usize + 1],
    targets: [Option<(Drawn, Mode)>; SECTION_BARS as usize],
}

impl Memo {
    fn voice(&mut self, slot: usize, inputs: Inputs) -> Voices {
        let voices = || voice_toward(&inputs.0, inputs.1.as_ref(), inputs.2.as_ref());
        *known(&mut self.voicings[slot], &inputs, voices)
    }

    /// What [`choose`] answers, kept in a slot.
    fn choice(&mut self, slot: i64, ground: Ground, bar: i64, now: (Axes, Bars), mode: Mode) -> Choice {
        let inputs = ((ground.course, ground.tempo, ground.home), bar, now, mode);
        let choice = || choose(ground, &ground.course.place(bar), &now.1, &now.0, mode);
        known(&mut self.choices[slot as usize], &inputs, choice).clone()
    }

    /// What [`target_mode`] answers.
    fn target(&mut self, course: Course, bar: i64, axes: &Axes) -> Mode {
        let target = || target_mode(course.seed, &course.place(bar), axes);
        *known(&mut self.targets[bar.rem_euclid(SECTION_BARS) as usize], &(course, bar, *axes), target)
    }
}

/// What is kept for the same inputs; else what is worked out, from now on.
fn known<'a, I: Clone + PartialEq, T>(
    kept: &'a mut Option<(I, T)>,
    inputs: &I,
    work: impl FnOnce() -> T,
) -> &'a T {
    if kept.as_ref().is_none_or(|(before, _)| before != inputs) {
        *kept = Some((inputs.clone(), work()));
    }
    &kept.as_ref().expect("something was put there").1
}

/// The harmony of a bar: modes since its section began, voices since its phrase began, each bar under its own climate.
/// Every phrase starts from the voicing its first chord has by itself, so that a phrase that returns is the same music;
/// the chord before leads there.
pub(crate) fn harmony(
    ground: Ground,
    memo: &mut Memo,
    bar: i64,
    at_bar: impl Fn(i64) -> (Axes, Bars),
) -> Harmony {
    let opening = bar - ground.course.place(bar).in_phrase;
    let mut path = Path::new(ground.course, bar, memo, &at_bar);
    let mut last: Option<(Sonority, Voices)> = None;
    let mut now = None;
    for j in opening..=bar {
        let (axes, bars) = at_bar(j);
        let mode = path.to(j, memo, &at_bar);
        let choice = memo.choice(j - opening, ground, j, (axes, bars), mode);
        let ahead = choice.closes.then(|| {
            // The next phrase as this bar's mood expects it.
            let next = ground.course.next_phrase(j);
            let mode = path.after(next, &axes);
            let target = memo.choice(PHRASE_BARS, ground, next, (axes, bars), mode);
            anchor(memo, 17, &axes, &target)
        });
        let mut chords = ArrayVec::new();
        let count = choice.chords.len();
        for (i, &(at, sonority)) in choice.chords.iter().enumerate() {
            let slot = (j - opening) as usize * 2 + i;
            let after = ahead.filter(|_| i + 1 == count);
            let voices = match last {
                None => anchor(memo, 16, &axes, &choice),
                // A chord that lasts stands still, but for a step aside where it would go on in parallels.
                Some((before, voices)) if before == sonority && after.is_none() => voices,
                Some(last) => lead(memo, slot, &axes, &choice, sonority, last, after),
            };
            // A phrase begins anew even on the chord that was.
            let tied = last == Some((sonority, voices));
            chords.push(Voiced { at, sonority, voices, tied });
            last = Some((sonority, voices));
        }
        now = Some((choice.cell, choice.slot, mode, choice.planing, chords));
    }
    let (cell, slot, mode, planing, chords) = now.expect("a phrase has its own bar");
    let next_mode = path.after(bar + 1, &at_bar(bar).0);
    Harmony { bar, cell, slot, mode, modes: path.phrase, next_mode, planing, chords }
}

/// The modes of a section's bars, one after the other.
pub(crate) struct Path {
    course: Course,
    next: i64,
    mode: Option<Mode>,
    /// Modes of the phrase's bars so far; beyond, of the phrase before.
    pub phrase: [Mode; PHRASE_BARS as usize],
}

impl Path {
    fn new(course: Course, bar: i64, memo: &mut Memo, at_bar: &impl Fn(i64) -> (Axes, Bars)) -> Path {
        let place = course.place(bar);
        let (start, opening) = (bar - place.in_section, bar - place.in_phrase);
        let mut path = Path { course, next: start, mode: None, phrase: [Mode::Dorian; PHRASE_BARS as usize] };
        if opening > start {
            path.to(opening - 1, memo, at_bar);
        }
        path
    }

    /// The mode of a bar after the last one asked for, should the mood stay as it is `now`; a section's modes do not follow
    /// from those before it.
    fn after(&self, bar: i64, now: &Axes) -> Mode {
        let begins = self.course.place(bar).in_section == 0;
        let (next, mode) = if begins { (bar, None) } else { (self.next, self.mode) };
        let mode = (next..=bar).fold(mode, |mode, j| {
            let target = target_mode(self.course.seed, &self.course.place(j), now);
            Some(mode.map_or(target, |from| stepped(from, target)))
        });
        mode.unwrap_or(Mode::Dorian)
    }

    /// The mode of a bar not before the last one asked for.
    fn to(&mut self, bar: i64, memo: &mut Memo, at_bar: &impl Fn(i64) -> (Axes, Bars)) -> Mode {
        while self.next <= bar {
            let target = memo.target(self.course, self.next, &at_bar(self.next).0);
            let here = self.mode.map_or(target, |from| stepped(from, target));
            self.phrase[self.course.place(self.next).in_phrase as usize] = here;
            (self.mode, self.next) = (Some(here), self.next + 1);
        }
        self.mode.unwrap_or(Mode::Dorian)
    }
}

fn request(axes: &Axes, planing: bool, sonority: Sonority) -> Request {
    let row = sonority.quality.row();
    let third = match row.set & 0b11000 {
        0b01000 => (sonority.root + 3) % 12,
        0b10000 => (sonority.root + 4) % 12,
        _ => 12,
    };
    Request {
        pcs: sonority.pcs(),
        needed: rotate(row.needed, sonority.root),
        bass: sonority.bass,
        third,
        center: (59 + (CHORDS_BY_VALENCE.at(axes.valence) + CHORDS_BY_DARKNESS.at(axes.darkness)) / 1000)
            as u8,
        bass_drop: (-BASS_BY_DARKNESS.at(axes.darkness) / 1000) as u8,
        planing,
        cluster: row.is_cluster(),
    }
}

/// The voicing a phrase starts from.
fn anchor(memo: &mut Memo, slot: usize, axes: &Axes, choice: &Choice) -> Voices {
    memo.voice(slot, (request(axes, choice.planing, choice.chords[0].1), None, None))
}

fn lead(
    memo: &mut Memo,
    slot: usize,
    axes: &Axes,
    choice: &Choice,
    sonority: Sonority,
    (before, voices): (Sonority, Voices),
    after: Option<Voices>,
) -> Voices {
    if choice.planing && before.quality == sonority.quality {
        let up = i32::from((sonority.root + 12 - before.root) % 12);
        let moved = voices.map(|v| i32::from(v) + if up > 6 { up - 12 } else { up });
        let voices = moved.map(|v| v as u8);
        let stands = voices[0] % 12 == sonority.bass && moved[0] >= 36 && moved[0] <= 50;
        if stands && moved[3] <= 80 && clear(&voices) {
            return voices;
        }
    }
    memo.voice(slot, (request(axes, choice.planing, sonority), Some(voices), after))
}
