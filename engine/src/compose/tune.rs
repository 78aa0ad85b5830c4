//! The tune: which statement sounds in a bar, and at which height, given what was sung before it in its phrase.
//! Source: MUSIC 3.1, 3.3; 3.2 (small intervals, also from one statement to the next). In/out: pure in place and climates.
//! Cost: at most four statements of a phrase are placed, a few µs each.

use super::axes::Axes;
use super::form::{Place, UNIT_BARS};
use super::frame::MAX_LEAD_NOTES;
use super::harmony::Harmony;
use super::inner::SPEECH;
use super::leaning::target_mode;
use super::motif::{self, Idea, LeadNote, MAX_UPBEAT_NOTES, Shape, Singer, Statement, Under};
use super::phrase::{Filling, Ground, Sonority};
use crate::plan::Plan;
use crate::theory::{Bars, Mode, TICKS, in_ticks, stepped};
use arrayvec::ArrayVec;

/// How far from the first the second voice of a canon sings, semitones: an octave below, or above where that leaves the
/// lead's range (MUSIC 3.3). Decided by the whole statement, so that it holds for all of its bars.
fn canon_interval(singer: &Singer) -> i8 {
    let (low, high) = crate::stem::Stem::Lead.row().pitch_range;
    let pitches = || singer.theme.notes.iter().filter_map(|note| singer.reached(singer.modes[0], note));
    // A chord may bend a note by one.
    match (pitches().min(), pitches().max()) {
        (Some(lowest), _) if lowest > low + 12 => -12,
        (_, Some(highest)) if highest + 12 < high => 12,
        _ => 0,
    }
}

/// What a bar's tune is written from.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a, F> {
    pub plan: &'a Plan,
    pub ground: Ground<'a>,
    /// Of the bar; knows the modes of its phrase.
    pub harmony: &'a Harmony,
    pub at_bar: &'a F,
}

impl<'a, F: Fn(i64) -> (Axes, Bars)> Scene<'a, F> {
    /// The notes of a bar.
    pub fn line(
        &self,
        place: &Place,
        bars: Bars,
        next_beats: f64,
        chord_at: impl Fn(u32) -> Under,
    ) -> ArrayVec<LeadNote, MAX_LEAD_NOTES> {
        let mut line = ArrayVec::new();
        let Some(statement) = self.statement(place) else { return line };
        let next_length = in_ticks(next_beats);
        let singer = Singer { bars, next_length, ..self.singer(&statement) };
        motif::sing(&singer, place.bar, self.harmony.mode, &chord_at, &mut line);
        if singer.statement.is_canon() {
            // The second voice follows a bar behind, through the chords it meets there.
            let second = Singer { echo: true, ..singer };
            let begun = line.len();
            motif::sing(&second, place.bar, self.harmony.mode, &chord_at, &mut line);
            let by = canon_interval(&singer);
            for note in &mut line[begun..] {
                note.pitch = note.pitch.saturating_add_signed(by);
                note.before = note.before.map(|pitch| pitch.saturating_add_signed(by));
            }
        }
        line
    }

    /// The notes of a bar that lead into the statement of the next, where it has an upbeat and there is room: `line`, what
    /// is sung in the bar, ends a little sooner for it.
    pub fn upbeat(
        &self,
        place: &Place,
        bars: Bars,
        line: &mut ArrayVec<LeadNote, MAX_LEAD_NOTES>,
    ) -> ArrayVec<LeadNote, MAX_UPBEAT_NOTES> {
        let none = ArrayVec::new();
        let next = self.ground.course.place(place.bar + 1);
        let axes = (self.at_bar)(place.bar).0;
        if place.bar >= self.ground.course.last() || axes.dialogue > SPEECH {
            return none;
        }
        let Some(statement) = self.statement(&next).filter(|statement| statement.bar == next.bar) else {
            return none;
        };
        let Some(begins) = motif::starts(self.plan.prepared.idea(&statement), &bars) else { return none };
        // The last note of a close or an answer gives up to half of its length for it, but stays half a beat long; the
        // motif keeps its rhythm.
        let last = line.iter_mut().rfind(|note| !note.echo);
        let free = last.as_ref().map_or(0, |note| {
            let kept = if note.tag.is_some() { note.length } else { (note.length / 2).max(TICKS / 2) };
            note.at + kept
        });
        // Before the statement is placed, which costs more than to look; a lost one is placed as the motif itself.
        if begins < free {
            return none;
        }
        let notes = motif::lead_in(&self.singer(&statement), &bars, self.harmony.mode, free);
        if let (Some(last), Some(first)) = (last, notes.first()) {
            last.length = last.length.min(first.at - last.at);
        }
        notes
    }

    /// A statement at its height.
    fn singer(&self, statement: &Statement) -> Singer<'a> {
        let prepared = &self.plan.prepared;
        let (axes, bars) = (self.at_bar)(statement.bar);
        // A statement is laid out in its first bar, with the modes that bar expects.
        let mode = self.mode(statement.bar);
        let place = self.ground.course.place(statement.bar);
        let drawn = target_mode(self.plan.seed, &place, &axes);
        let mut modes = [mode; 4];
        for k in 1..modes.len() {
            modes[k] = stepped(modes[k - 1], drawn);
        }
        let filling = |place: &Place| Filling::of(self.ground, place, &bars, &axes);
        let mut phrase = filling(&place);
        let expected = std::array::from_fn(|k| {
            let there = self.ground.course.place(statement.bar + k as i64);
            if !phrase.serves(&there) {
                phrase = filling(&there);
            }
            let choice = phrase.choose(&there, modes[k]);
            let under = |chord: &Sonority| Under { pcs: chord.pcs(), root: chord.root };
            let first = under(&choice.chords[0].1);
            [first, choice.chords.last().map_or(first, |(_, chord)| under(chord))]
        });
        let singer = Singer {
            theme: prepared.idea(statement),
            statement: *statement,
            level: prepared.level(statement.operator),
            frail: prepared.frail(statement.operator),
            tonic: self.ground.tonic(&place),
            modes,
            center: axes.melody_center() + 1000 * statement.lift,
            after: self.before(statement),
            expected,
            made_for: prepared.made_for,
            bars,
            next_length: bars.length,
            echo: false,
            steps: 0,
        }
        .placed();
        // Then the motif itself; a development that was asked for by name stays.
        if axes.variant <= 1 && motif::is_lost(&singer) {
            let statement = Statement { operator: motif::operator("exact"), home: true, ..*statement };
            Singer { theme: prepared.motif(), statement, level: 1, frail: false, ..singer }.placed()
        } else {
            singer
        }
    }

    /// The last note sung before a statement in its phrase, where the line goes on without a bar's rest.
    fn before(&self, statement: &Statement) -> Option<i32> {
        let place = self.ground.course.place(statement.bar - 1);
        if place.turns || place.bar < 0 {
            return None;
        }
        let before = self.statement(&place)?;
        Some(self.singer(&before).last_pitch())
    }

    pub fn mode(&self, bar: i64) -> Mode {
        let harmony = self.harmony;
        if bar == harmony.bar + 1 {
            return harmony.next_mode;
        }
        harmony.modes[self.ground.course.place(bar).in_phrase as usize]
    }

    /// The statement that sounds in a bar: the newest of its unit, in the development the variant parameter names.
    pub fn statement(&self, place: &Place) -> Option<Statement> {
        let (plan, axes) = (self.plan, (self.at_bar)(place.bar).0);
        let seed = plan.stem_seeds[crate::stem::Stem::Lead.index()];
        let course = self.ground.course;
        let start = course.place(place.bar - place.in_unit);
        let unit_axes = (self.at_bar)(start.bar).0;
        // The cue ends with its close, wherever its last two bars lie in the form.
        let last = course.last();
        let closes = axes.motif > 0 && axes.dialogue <= 600;
        if (last - 1..=last).contains(&place.bar) && place.bar > 0 && closes {
            let first = course.place(last - 1);
            let number = (first.unit * 2 + first.in_unit / 2).clamp(0, i64::from(u32::MAX)) as u32;
            let operator = motif::operator("exact");
            let bar = last - 1;
            let rises = motif::rises(seed, &first, &axes);
            return Some(Statement { number, bar, idea: Idea::Close, operator, home: true, lift: 0, rises });
        }
        let long = plan.prepared.motif().bars() > UNIT_BARS / 2;
        let at = |half: i64| {
            let mut statement = motif::statement_at(seed, &start, &unit_axes, half, Shape { last, long })?;
            if axes.variant > 1 && statement.idea == Idea::Motif {
                statement.operator = axes.variant - 1;
            } else if plan.prepared.estranges(statement.operator) {
                statement.operator = plan.prepared.near(statement.operator);
            } else if statement.is_canon() && !plan.prepared.follows_itself {
                statement.operator = motif::operator("exact");
            }
            let length = |s: &Statement| plan.prepared.idea(s).bars() + i64::from(s.is_canon());
            let room = course.room(statement.bar, closes);
            if length(&statement) > room && statement.idea == Idea::Motif && axes.variant <= 1 {
                // What would be cut short makes way for what is heard to its end.
                statement.operator = plan.prepared.near(statement.operator);
            }
            let length = length(&statement);
            (length <= room).then_some((statement, length))
        };
        let first = at(0);
        // A motif longer than half a unit, as a person may write it, is heard to its end.
        let whole = long
            && first
                .is_some_and(|(statement, length)| statement.idea == Idea::Motif && length > UNIT_BARS / 2);
        let second = if place.in_unit >= UNIT_BARS / 2 && !whole { at(1) } else { None };
        let (statement, length) = second.or(first)?;
        (place.bar < statement.bar + length).then_some(statement)
    }
}
