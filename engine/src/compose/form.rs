//! Form: where a bar stands in section, phrase and unit, which letter it has, which key, how much is going on.
//! Source: MUSIC 2.4 (key shifts), 2.5 (phrase and section form, climax at .70–.78). In/out: pure in (seed, bar).

use crate::cue::CueEnding;
use crate::random::{Domain, pick};

/// Bars in a section, a phrase, a unit.
pub(crate) const SECTION_BARS: i64 = 32;
pub(crate) const PHRASE_BARS: i64 = 8;
pub(crate) const UNIT_BARS: i64 = 4;

/// How many themes a cue has: two letters of three materials.
pub(crate) const THEMES: usize = 6;

/// How a phrase ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Open,
    Medium,
    Strong,
}

/// The course of a cue: through its bars to a close, or through them again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Course {
    /// The seed of the score.
    pub seed: u64,
    bars: i64,
    ending: CueEnding,
}

impl Course {
    pub fn new(seed: u64, bars: u32, ending: CueEnding) -> Course {
        Course { seed, bars: i64::from(bars.max(1)), ending }
    }

    /// The last bar of a cue that closes. The others have none: the largest number.
    pub fn last(&self) -> i64 {
        match self.ending {
            CueEnding::Close => self.bars - 1,
            CueEnding::Loop => i64::MAX,
        }
    }

    /// Where a bar of the timeline stands.
    pub fn place(&self, bar: i64) -> Place {
        if self.ending == CueEnding::Close || bar < 0 {
            return Place::of(self.seed, bar);
        }
        let mut place = Place::of(self.seed, bar % self.bars);
        place.bar = bar;
        // The last phrase leads to the first of a section, wherever the form had come to.
        if place.phrase == (self.bars - 1) / PHRASE_BARS {
            place.ending = Ending::Strong;
            place.turns = place.number + 1 == self.bars;
        }
        place
    }

    /// Whether the cue's first bar follows on a bar.
    pub fn comes_again(&self, place: &Place) -> bool {
        self.ending == CueEnding::Loop && place.number + 1 == self.bars
    }

    /// The first bar of the phrase after a bar's.
    pub fn next_phrase(&self, bar: i64) -> i64 {
        let ends = (bar..bar + PHRASE_BARS).find(|&j| self.place(j).turns);
        ends.unwrap_or(bar) + 1
    }

    /// How many bars from one of the timeline on can be sung before the cue begins again, or before its close, which takes
    /// its last two, where it `closes` at all.
    pub fn room(&self, bar: i64, closes: bool) -> i64 {
        match self.ending {
            CueEnding::Loop => self.bars - self.place(bar).number,
            CueEnding::Close if closes && bar < self.bars - 2 => self.bars - 2 - bar,
            CueEnding::Close => i64::MAX,
        }
    }
}

/// Where a bar stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Bar of the timeline.
    pub bar: i64,
    /// Bar of the cue: the same but where a cue is heard again.
    pub number: i64,
    pub section: i64,
    pub phrase: i64,
    pub unit: i64,
    /// Bar in its section, phrase and unit.
    pub in_section: i64,
    pub in_phrase: i64,
    pub in_unit: i64,
    /// Which section's material is heard: sections return as in a rondo.
    pub material: i64,
    /// 'A' or 'B'.
    pub letter: char,
    /// Letter of the phrase before in the section; the first has its own.
    before: char,
    pub ending: Ending,
    /// Whether it is the last of its phrase.
    pub turns: bool,
    /// 0 none, 1 unit, 2 phrase, 3 section.
    pub boundary: u8,
    /// Which of three moving layers rests while a contrasting phrase begins.
    pub rests: u8,
}

impl Place {
    pub fn of(seed: u64, bar: i64) -> Place {
        let section = bar.div_euclid(SECTION_BARS);
        let in_section = bar.rem_euclid(SECTION_BARS);
        let fourth = in_section / PHRASE_BARS;
        let material = if section.rem_euclid(2) == 0 { 0 } else { 1 + section.div_euclid(2).rem_euclid(2) };
        let in_phrase = in_section % PHRASE_BARS;
        let in_unit = in_section % UNIT_BARS;
        let letters = letters(seed, material);
        Place {
            bar,
            number: bar,
            section,
            phrase: bar.div_euclid(PHRASE_BARS),
            unit: bar.div_euclid(UNIT_BARS),
            in_section,
            in_phrase,
            in_unit,
            material,
            letter: letters[fourth as usize],
            before: letters[(fourth - 1).max(0) as usize],
            ending: [Ending::Open, Ending::Medium, Ending::Open, Ending::Strong][fourth as usize],
            turns: in_phrase == PHRASE_BARS - 1,
            boundary: match (in_section, in_phrase, in_unit) {
                (0, ..) => 3,
                (_, 0, _) => 2,
                (_, _, 0) => 1,
                _ => 0,
            },
            rests: pick(seed, Domain::Entry, material, 500, 3) as u8,
        }
    }

    /// Index of the decisions all phrases of this letter share.
    pub fn theme(&self) -> i64 {
        self.material * 2 + i64::from(self.letter == 'B')
    }

    /// Whether the phrase repeats the one before: A' after A, B' after B.
    pub fn repeats(&self) -> bool {
        match self.fourth() {
            1 => true,
            3 => self.letter == 'B' && self.before == 'B',
            _ => false,
        }
    }

    /// Whether the phrase brings the section's first back after another.
    pub fn recalls(&self) -> bool {
        self.letter == 'A' && self.before == 'B'
    }

    /// Whether the phrase brings a contrast back: the same idea, but not the same music.
    pub fn returns(&self) -> bool {
        self.letter == 'B' && self.repeats()
    }

    /// Whether the phrase holds the section's climax.
    pub fn climbs(&self) -> bool {
        self.fourth() == 2
    }

    /// The same place a phrase earlier, for one that repeats it.
    pub fn phrase_before(&self) -> Place {
        let mut place = *self;
        place.bar -= PHRASE_BARS;
        place.number -= PHRASE_BARS;
        place.in_section -= PHRASE_BARS;
        place.phrase -= 1;
        place.unit -= PHRASE_BARS / UNIT_BARS;
        place
    }

    /// The section's first phrase, for a later one.
    pub fn opening(&self) -> Option<Place> {
        let mut place = *self;
        let back = self.fourth();
        place.bar -= back * PHRASE_BARS;
        place.number -= back * PHRASE_BARS;
        place.in_section -= back * PHRASE_BARS;
        place.phrase -= back;
        place.unit -= back * (PHRASE_BARS / UNIT_BARS);
        place.letter = 'A';
        (back > 0).then_some(place)
    }

    /// Quarter of the section, 0..4.
    pub fn fourth(&self) -> i64 {
        self.in_section / PHRASE_BARS
    }

    /// Thousandths added to energy when deciding who plays: layers come in over a section, most at its climax,
    /// which stands at three quarters (bars 23–24 of 32).
    pub fn swell(&self) -> i32 {
        const BY_UNIT: [i32; 8] = [-200, -120, -40, 0, 60, 140, 100, 60];
        BY_UNIT[(self.in_section / UNIT_BARS) as usize]
    }
}

/// Thousandths added to effective tension in a bar of a phrase at full energy (MUSIC 2.5).
pub(crate) fn strain(in_phrase: i64, energy: i32) -> i32 {
    const BY_BAR: [i32; 8] = [0, 50, 100, 200, 150, 250, 350, 100];
    BY_BAR[in_phrase as usize] * (500 + energy.max(0) / 2) / 1000 / 2
}

/// Letters of the four phrases of a section: A A' B A'' (50 %), A A B B' (20 %), a build on A with a tag (30 %).
fn letters(seed: u64, material: i64) -> [char; 4] {
    match pick(seed, Domain::Form, material, 0, 100) {
        0..50 => ['A', 'A', 'B', 'A'],
        50..70 => ['A', 'A', 'B', 'B'],
        _ => ['A', 'A', 'A', 'B'],
    }
}

/// How many sections but the first have a key of their own, percent: between the .25 and, with a lift, .60 of MUSIC 2.4.
/// With 25 sections are told apart too seldom (MUSIC 9 check 11: 8 cells of 9 on three of six draws of seeds).
const SHIFTS: u32 = 40;

/// Pitch class of the tonic of a section: home in the first, elsewhere sometimes a tone, a minor third or a semitone
/// up or a major third down (MUSIC 2.4).
pub(crate) fn tonic(seed: u64, home: u8, section: i64) -> u8 {
    if section == 0 || pick(seed, Domain::Key, section, 1, 100) >= SHIFTS {
        return home;
    }
    let shift = [2, 3, 8, 1][pick(seed, Domain::Key, section, 2, 4) as usize];
    (home + shift) % 12
}

/// The home tonic where the cue names none.
pub(crate) fn home_tonic(seed: u64) -> u8 {
    pick(seed, Domain::Key, 0, 0, 12) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_comes_again_at_any_length() {
        for bars in [1, 2, 3, 5, 8, 12, 31, 32, 40, 100] {
            let course = Course::new(3, bars, CueEnding::Loop);
            let bars = i64::from(bars);
            for bar in 0..bars {
                let (once, again) = (course.place(bar), course.place(bar + 7 * bars));
                assert_eq!(Place { bar, ..again }, once);
                assert_eq!((once.number, once.turns), (bar, bar + 1 == bars || bar % 8 == 7));
                assert_eq!(course.place(course.next_phrase(bar)).in_phrase, 0);
                assert_eq!(course.next_phrase(bar), (bar / 8 * 8 + 8).min(bars));
            }
            assert!(course.comes_again(&course.place(3 * bars - 1)) && course.room(bars - 1, true) == 1);
            assert_eq!(course.place(bars).boundary, 3);
            let closes = Course::new(3, bars as u32, CueEnding::Close);
            assert_eq!((closes.last(), closes.place(bars).number), (bars - 1, bars));
            assert!(bars < 3 || (closes.room(0, true), closes.room(0, false)) == (bars - 2, i64::MAX));
        }
    }

    #[test]
    fn sections_return_and_phrases_share_letters() {
        for seed in 0..50 {
            let at = |bar| Place::of(seed, bar);
            assert_eq!(at(0).theme(), at(8).theme());
            assert_eq!(at(0).theme(), at(64).theme());
            assert_ne!(at(0).material, at(32).material);
            assert_eq!((at(31).boundary, at(32).boundary, at(40).boundary, at(36).boundary), (0, 3, 2, 1));
            assert!((0..32).any(|bar| at(bar).letter == 'B'));
            assert_eq!(at(31).ending, Ending::Strong);
            assert_eq!(tonic(seed, 5, 0), 5);
        }
        assert!((0..64).any(|section| tonic(1, 5, section) != 5));
        assert_eq!(Place::of(1, i64::MIN / 2).in_section.rem_euclid(4), Place::of(1, i64::MIN / 2).in_unit);
    }
}
