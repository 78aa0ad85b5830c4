//! The line: a statement laid over bars, modes and chords, as pitches of one bar.
//! Source: MUSIC 3.1 (degrees through the current mode; anchors to chord tones), 3.2 (strong beats on chord tones).
//! In/out: pure in the statement and its bars. Cost: one look at every note per candidate position.

use super::layout::{MOST_PLACES, Placed, laid_out, scaled};
use super::schedule::{Idea, Statement};
use super::{Theme, ThemeNote, operator};
use crate::note::MotifTag;
use crate::theory::{Bars, Mode, rotate};
use arrayvec::ArrayVec;

/// A melody note of a bar, decided with the bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeadNote {
    /// Ticks from the bar line (960 to the quarter note).
    pub at: u32,
    /// Ticks until the line goes on.
    pub length: u32,
    /// MIDI.
    pub pitch: u8,
    /// Pitch of the note before in the line, where it follows without a gap.
    pub before: Option<u8>,
    /// Hundredths.
    pub accent: u8,
    /// What it states; none where it is an answer or a close, not the motif.
    pub tag: Option<MotifTag>,
    /// True for the second voice of a canon, a bar behind.
    pub echo: bool,
}

/// Lowest and highest note of a line (the lead's range, with room for its double).
const RANGE: (i32, i32) = (55, 88);

const EXACT: u8 = operator("exact");
const SEQUENCE: u8 = operator("sequence");
const ALTER: u8 = operator("alter");
const RERHYTHM: u8 = operator("rerhythm");

/// The chord under a note: its pitch classes, 0 where none is looked at, and its root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Under {
    pub pcs: u16,
    pub root: u8,
}

impl Under {
    fn has(&self, pitch: i32) -> bool {
        self.pcs >> pitch.rem_euclid(12) & 1 == 1
    }
}

/// Everything a statement needs of the music around it.
pub(crate) struct Singer<'a> {
    pub theme: &'a Theme,
    pub statement: Statement,
    pub level: u8,
    /// Whether a single bent note would take it to another level.
    pub frail: bool,
    /// Pitch class of the tonic.
    pub tonic: u8,
    /// Middle of the register, thousandths of MIDI.
    pub center: i32,
    /// The note it follows, MIDI.
    pub after: Option<i32>,
    /// Modes of the statement's bars as expected at its start; the first decides the line's height.
    pub modes: [Mode; 4],
    /// Chords of the statement's bars as expected at its start, by half bar.
    pub expected: [[Under; 2]; 4],
    /// Meter the theme was made for.
    pub made_for: Bars,
    /// Meter of the bar being written.
    pub bars: Bars,
    /// Length of the bar after it, ticks.
    pub next_length: u32,
    /// True for the second voice of a canon: its bars come one later.
    pub echo: bool,
    /// Scale steps the line is moved by; see [`Singer::placed`].
    pub steps: i32,
}

impl Singer<'_> {
    /// The same at the height that suits it.
    pub fn placed(self) -> Self {
        Singer { steps: height(&self), ..self }
    }

    /// Pitch of a note where the line has it, its chord aside; none where the lead's range does not reach.
    pub fn reached(&self, mode: Mode, note: &ThemeNote) -> Option<u8> {
        let pitch = straight(self, mode, note, self.steps);
        (RANGE.0..=RANGE.1).contains(&pitch).then_some(pitch as u8)
    }

    /// What it calls itself: one that its chords bend is no exact copy, and less recognisable.
    pub fn tag(&self) -> Option<MotifTag> {
        if self.statement.idea != Idea::Motif {
            return None;
        }
        let bends = bends(self, self.steps);
        let (operator, level) = (self.statement.operator, self.level);
        Some(MotifTag {
            statement: self.statement.number,
            operator: if bends > 0 && [EXACT, SEQUENCE].contains(&operator) { ALTER } else { operator },
            level: match bends {
                0 if distortion(self, self.steps) == 0 => level,
                _ if leaves_the_motif(self, bends) => 3,
                _ => level.max(2),
            },
            upbeat: false,
        })
    }

    /// The pitch it ends on, its chord aside.
    pub fn last_pitch(&self) -> i32 {
        let last = self.theme.notes.len().checked_sub(1);
        last.map_or(self.center / 1000, |i| {
            let mode = self.modes[bar_of(self, &self.theme.notes[i])];
            i32::from(pitch_of(self, mode, i, self.steps, Under::default()))
        })
    }
}

/// The notes of a statement in one of its bars, `mode` and `chord_at` being that bar's own.
pub(crate) fn sing<const N: usize>(
    singer: &Singer,
    bar: i64,
    mode: Mode,
    chord_at: impl Fn(u32) -> Under,
    out: &mut ArrayVec<LeadNote, N>,
) {
    let theme = singer.theme;
    let steps = singer.steps;
    let behind = bar - singer.statement.bar - i64::from(singer.echo);
    let Ok(behind) = u32::try_from(behind) else { return };
    let first = behind * theme.bar;
    let ours = |at: u32| (first..first + theme.bar).contains(&at);
    let places = places(singer, first);
    let place_of = |note: &ThemeNote| {
        let known = places.iter().find(|&&(at, _)| at == note.at - first);
        known.map_or_else(|| scaled(note.at - first, theme.bar, &singer.bars), |&(_, place)| place)
    };
    let straight = |&(at, place): &(u32, u32)| {
        u64::from(place) * u64::from(theme.bar) == u64::from(at) * u64::from(singer.bars.length)
    };
    let tag = singer.tag();
    let tag = if places.iter().all(straight) { tag } else { tag.map(|tag| rerhythmed(singer, tag)) };
    let mut before: Option<u8> = None;
    let mut earliest = 0;
    for (i, note) in theme.notes.iter().enumerate() {
        let next = theme.notes.get(i + 1);
        if !ours(note.at) {
            let joins = next.is_some_and(|next| next.at == note.at + note.length);
            let pitch = pitch_of(singer, mode, i, steps, Under::default());
            before = joins.then_some(pitch);
            continue;
        }
        let at = place_of(note).max(earliest);
        if at >= singer.bars.length {
            continue;
        }
        earliest = at + 120;
        let end = match next {
            Some(next) if ours(next.at) && next.at == note.at + note.length => place_of(next).max(earliest),
            _ => at + scaled(note.length, theme.bar, &singer.bars),
        };
        let chord = chord_at(at);
        let mut pitch = pitch_of(singer, mode, i, steps, chord);
        let last = i + 1 == theme.notes.len();
        if singer.statement.operator == ALTER && last {
            pitch = other_end(pitch, before, chord.pcs, mode, singer.tonic);
        }
        let length = (end - at).clamp(60, singer.bars.length - at + singer.next_length);
        let _ =
            out.try_push(LeadNote { at, length, pitch, before, accent: note.accent, tag, echo: singer.echo });
        before = next.is_some_and(|next| next.at == note.at + note.length).then_some(pitch);
    }
}

/// Where a statement's notes in the theme's bar from `first` on begin in the bar being written: pairs of the place in the
/// theme's bar and that. Empty in the meter the theme was made for, where they begin as written.
fn places(singer: &Singer, first: u32) -> ArrayVec<(u32, u32), MOST_PLACES> {
    let theme = singer.theme;
    if singer.bars.meter == singer.made_for.meter {
        return ArrayVec::new();
    }
    let here = theme.notes.iter().filter(|note| (first..first + theme.bar).contains(&note.at));
    let notes: ArrayVec<Placed, MOST_PLACES> =
        here.take(MOST_PLACES).map(|note| (note.at - first, note.accent)).collect();
    let places = laid_out(&notes, theme.bar, &singer.bars);
    notes.iter().zip(places).map(|(&(at, _), place)| (at, place)).collect()
}

/// What a statement calls itself in a bar whose meter changes its rhythm.
fn rerhythmed(singer: &Singer, tag: MotifTag) -> MotifTag {
    let operator = if [EXACT, SEQUENCE].contains(&tag.operator) { RERHYTHM } else { tag.operator };
    MotifTag { operator, level: if singer.frail { 3 } else { tag.level.max(2) }, ..tag }
}

/// How many scale steps above the tonic near C4 the line's degree 0 lies: near the register's middle, and such that
/// its strong notes belong to the chords they will meet.
fn height(singer: &Singer) -> i32 {
    let base = base(singer.tonic);
    let notes = &singer.theme.notes;
    let mut best = (i32::MAX, 0);
    for steps in -8..=12 {
        let pitch = |degree: i8| base + singer.modes[0].semitones(i32::from(degree) + steps);
        let (low, high) = notes.iter().fold((127, 0), |(low, high), note| {
            let p = pitch(note.degree);
            (low.min(p), high.max(p))
        });
        let outside = (RANGE.0 - low).max(0) + (high - RANGE.1).max(0);
        // In tenths of a semitone: every step of the mood counts.
        let off_center = (5 * (low + high) - singer.center / 100).abs();
        let mut cost = outside * 400 + off_center * off_center * 12 / 100;
        cost += notes
            .windows(2)
            .map(|w| awkward(singer.modes[0], pitch(w[1].degree) - pitch(w[0].degree)))
            .sum::<i32>();
        cost += 30 * distortion(singer, steps);
        if let (Some(after), Some(first)) = (singer.after, notes.first()) {
            cost += joint(pitch(first.degree) - after);
        }
        for note in notes {
            let inside = expected(singer, note).has(pitch(note.degree));
            cost += if inside { 0 } else { weight(singer.theme, note) };
            // And dearer what would be held a semitone above a note of the chord.
            let held = note.length >= 720 && expected(singer, note).has(pitch(note.degree) - 1);
            cost += if held && !inside { RUB * standing(note) } else { 0 };
        }
        // The motif itself stands on its own degree; a sequence does not.
        let on_home = steps.rem_euclid(7) == 0;
        let wants_home = singer.statement.home;
        // The last close of a cue is nothing if it does not end on the tonic, a sequence if it stays where it was.
        let ends = singer.statement.idea == Idea::Close && singer.statement.operator == EXACT;
        let moves = singer.statement.idea == Idea::Motif && singer.statement.operator == SEQUENCE;
        cost += if on_home == wants_home {
            0
        } else if ends || moves {
            100_000
        } else {
            100
        };
        if cost >= best.0 {
            continue;
        }
        // Rather on another step than bent out of shape. Last, for it looks at every note's chord again.
        cost += 300 * bends(singer, steps);
        if cost < best.0 {
            best = (cost, steps);
        }
    }
    best.1
}

/// How much a note stands out: by its accent and, up to a half note, its length.
fn standing(note: &ThemeNote) -> i32 {
    i32::from(note.accent.max(5)) * note.length.min(1920) as i32 / 960
}

/// What it costs that a note is outside its chord. Three times as dear where the beat is strong: 80 % of strong beats
/// should be chord tones (3.2).
pub(crate) fn weight(theme: &Theme, note: &ThemeNote) -> i32 {
    let strong = note.at.is_multiple_of((theme.bar / 2).max(1));
    standing(note) * if strong { 3 } else { 1 }
}

/// How many weights of a note outside its chord it costs to be held a semitone above one of the chord's. Tuned: the
/// least that keeps such notes under 6 % of a tune's time in nine of ten groups of cues.
const RUB: i32 = 1;

/// Cost of the interval between two statements: from a fourth on a leap that nothing asks for.
fn joint(interval: i32) -> i32 {
    match interval.abs() {
        0..=2 => 0,
        3..=5 => JOINT[0],
        wide => JOINT[0] + JOINT[1] * (wide - 5),
    }
}

/// Cost of a third or fourth, and of every semitone beyond. Tuned: joints of statements have a third more steps than
/// without, and themes still open on their own degree.
const JOINT: [i32; 2] = [40, 40];

/// Cost of an interval that voices avoid: tritones, sevenths, what is wider than an octave. Modes without a fifth for
/// every note are made of them.
fn awkward(mode: Mode, interval: i32) -> i32 {
    match interval.abs() {
        _ if matches!(mode, Mode::Octatonic | Mode::WholeTone) => 0,
        6 => 40,
        10 | 11 => 60,
        13.. => 100,
        _ => 0,
    }
}

/// How many semitones the line's intervals differ from those on its own step, in modes without a pattern of steps that
/// ears know: there a theme moved is soon another theme.
fn distortion(singer: &Singer, steps: i32) -> i32 {
    if !matches!(singer.modes[0], Mode::Octatonic | Mode::WholeTone) {
        return 0;
    }
    let pitch = |degree: i8, steps: i32| singer.modes[0].semitones(i32::from(degree) + steps);
    let differs = |w: &[ThemeNote]| {
        let interval = |steps| pitch(w[1].degree, steps) - pitch(w[0].degree, steps);
        (interval(steps) - interval(0)).abs()
    };
    singer.theme.notes.windows(2).map(differs).sum()
}

fn base(tonic: u8) -> i32 {
    i32::from(if tonic > 5 { tonic + 48 } else { tonic + 60 })
}

/// A note as its degree has it in a mode.
fn straight(singer: &Singer, mode: Mode, note: &ThemeNote, steps: i32) -> i32 {
    base(singer.tonic) + mode.semitones(i32::from(note.degree) + steps) + i32::from(note.alter)
}

/// Pitch of a note in the bar's mode, as the chord under it wants it.
fn pitch_of(singer: &Singer, mode: Mode, i: usize, steps: i32, chord: Under) -> u8 {
    let note = &singer.theme.notes[i];
    let mut pitch = straight(singer, mode, note, steps);
    if chord.pcs != 0 && !chord.has(pitch) {
        let gives_way = match singer.statement.idea {
            Idea::Motif => false,
            // Said twice, over chords that differ: it should be known again.
            Idea::Bridge | Idea::Return => rubs(note, pitch, chord),
            Idea::Answer | Idea::Close | Idea::Farewell => true,
        };
        pitch = if gives_way {
            settled(singer, mode, i, steps, pitch, chord)
        } else {
            bent(singer, mode, note, pitch, chord)
        };
    }
    while pitch < RANGE.0 {
        pitch += 12;
    }
    while pitch > RANGE.1 {
        pitch -= 12;
    }
    pitch as u8
}

/// A note of the motif that stands out takes the chord's version of its step, F over a D minor chord in G major, but for a
/// major seventh, which is a color; passing notes keep the mode, so that the motif stays itself.
fn bent(singer: &Singer, mode: Mode, note: &ThemeNote, pitch: i32, chord: Under) -> i32 {
    let seventh = (pitch - i32::from(chord.root)).rem_euclid(12) == 11;
    if !stands_out(note) || seventh {
        return pitch;
    }
    let scale = rotate(mode.row().set, singer.tonic);
    let foreign = |p: i32| scale >> p.rem_euclid(12) & 1 == 0;
    // Never out of the lead's range: there it would come back an octave away.
    let fits = |p: &i32| chord.has(*p) && foreign(*p) && (RANGE.0..=RANGE.1).contains(p);
    [-1, 1].map(|by| pitch + by).into_iter().find(fits).unwrap_or(pitch)
}

/// Cost of a moved note that repeats its neighbor, as much as a tritone. Tuned: with half of it and a tone's
/// reach, runs of three equal notes come a fifth more often; the intervals stay as near to sung ones (3.2).
const STANDS: i32 = 6;

/// A strong note of any other idea goes to the chord's note within a third that lies best in the line. One that
/// steps into the chord within a beat may lean on it first (MUSIC 3.2).
fn settled(singer: &Singer, mode: Mode, i: usize, steps: i32, pitch: i32, chord: Under) -> i32 {
    let notes = &singer.theme.notes;
    let note = &notes[i];
    let beside =
        |i: Option<usize>| i.and_then(|i| notes.get(i)).map(|note| straight(singer, mode, note, steps));
    let (before, next) = (beside(i.checked_sub(1)), beside(Some(i + 1)));
    let leans =
        note.length <= 960 && next.is_some_and(|p| (1..=2).contains(&(p - pitch).abs()) && chord.has(p));
    let strong = note.accent >= 75 || (note.accent >= 50 && note.length >= 960);
    if !strong || leans {
        return pitch;
    }
    let scale = rotate(mode.row().set, singer.tonic);
    let cost = |p: i32| {
        let joints = [before, next].into_iter().flatten().map(|q| match (p - q).abs() {
            0 => STANDS,
            1 | 2 => 0,
            3..=5 => 1,
            6 | 10 | 11 => 6,
            _ => 3,
        });
        let foreign = if scale >> p.rem_euclid(12) & 1 == 0 { 2 } else { 0 };
        joints.sum::<i32>() + foreign + (p - pitch).abs()
    };
    let near = [-1, 1, -2, 2, -3, 3, -4, 4].map(|by| pitch + by).into_iter();
    let near = near.filter(|p| chord.has(*p) && (RANGE.0..=RANGE.1).contains(p));
    near.min_by_key(|&p| cost(p)).unwrap_or(pitch)
}

/// Notes of three quarters of a beat or more, on one, that would be heard to clash with the chord. Tuned: with only the
/// strongest the mode is heard against borrowed chords, with shorter ones too few statements are the motif itself
/// (MUSIC 3.3).
fn stands_out(note: &ThemeNote) -> bool {
    note.alter == 0 && note.accent >= 50 && note.length >= 720
}

/// How many notes of a statement at a height leave its own line: for the chords expected under them, or folded back
/// into the register.
fn bends(singer: &Singer, steps: i32) -> i32 {
    let leaves = |&i: &usize| {
        let note = &singer.theme.notes[i];
        let mode = singer.modes[bar_of(singer, note)];
        let own = straight(singer, mode, note, steps);
        own != i32::from(pitch_of(singer, mode, i, steps, expected(singer, note)))
    };
    (0..singer.theme.notes.len()).filter(leaves).count() as i32
}

/// The chord expected under a note.
fn expected(singer: &Singer, note: &ThemeNote) -> Under {
    singer.expected[bar_of(singer, note)][half_of(singer, note)]
}

/// Whether a note is held a semitone above one of the chord's.
fn rubs(note: &ThemeNote, pitch: i32, chord: Under) -> bool {
    note.alter == 0 && note.length >= 960 && note.accent >= 50 && chord.has(pitch - 1)
}

/// Whether chords would bend a development that is far from the motif already, or short, until nobody knew it.
pub(crate) fn is_lost(singer: &Singer) -> bool {
    singer.statement.idea == Idea::Motif && leaves_the_motif(singer, bends(singer, singer.steps))
}

fn leaves_the_motif(singer: &Singer, bends: i32) -> bool {
    let count = singer.theme.notes.len() as i32;
    let short = singer.level >= 2 || count <= 4;
    (singer.frail && bends > 0) || (short && 4 * bends >= count)
}

fn bar_of(singer: &Singer, note: &ThemeNote) -> usize {
    (note.at / singer.theme.bar).min(3) as usize
}

fn half_of(singer: &Singer, note: &ThemeNote) -> usize {
    usize::from(note.at % singer.theme.bar * 2 >= singer.theme.bar)
}

/// Another end than the motif's own, and than the note before it: the nearest other chord note within a fourth, of the
/// mode if there is one.
fn other_end(pitch: u8, before: Option<u8>, chord: u16, mode: Mode, tonic: u8) -> u8 {
    let scale = rotate(mode.row().set, tonic);
    let near = |set: u16| {
        let moves = |p: i32| before.is_none_or(|before| i32::from(before) != p);
        let fits = |p: &i32| set >> p.rem_euclid(12) & 1 == 1 && (RANGE.0..=RANGE.1).contains(p) && moves(*p);
        [-1, 1, -2, 2, -3, 3, -4, 4, -5, 5].into_iter().map(|by| i32::from(pitch) + by).find(fits)
    };
    near(chord & scale).or_else(|| near(chord)).map_or(pitch, |p| p as u8)
}
