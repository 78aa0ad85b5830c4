//! Upbeats: the notes that lead into an idea, before the bar line it begins on.
//! Source: MUSIC 3.2 (the heroic cell with a pick-up of three thirds); the other rows are the upbeats of common song: a
//! fourth, a step, a run. In/out: an idea in, its upbeat in scale steps out; then that as notes of the bar before.

use super::line::{LeadNote, Singer};
use super::{Theme, ThemeNote};
use crate::cue::Mood;
use crate::note::MotifTag;
use crate::random::{Domain, pick, value};
use crate::theory::{Bars, Mode, TICKS};
use arrayvec::ArrayVec;

/// Most notes of an upbeat that sound: sixteen in a motif, of which two follow the bar line.
pub(crate) const MAX_UPBEAT_NOTES: usize = 14;

/// The line of an upbeat to the note it leads into.
#[derive(Clone, Copy, PartialEq)]
enum Line {
    /// On the fifth of the key nearest below it, or a third below where it is the fifth itself.
    Fifth,
    /// Steps from below.
    Rising,
    /// Steps from above.
    Falling,
    /// On the fifth, then by step: a note a third below leads on.
    Through,
}

/// An upbeat ideas may have.
struct Row {
    /// Lengths in 960ths of a beat.
    lengths: &'static [u32],
    line: Line,
    /// For bars whose beats divide in three.
    compound: bool,
    /// How often in soft and dark, soft and bright, and driven moods.
    weights: [u32; 3],
}

const fn row(lengths: &'static [u32], line: Line, compound: bool, weights: [u32; 3]) -> Row {
    Row { lengths, line, compound, weights }
}

/// All upbeats. Weights are taste, but for the fanfare of three thirds, which is the heroic moods' (MUSIC 3.2).
const ROWS: [Row; 11] = [
    row(&[960], Line::Fifth, false, [20, 25, 15]),
    row(&[480], Line::Rising, false, [10, 20, 10]),
    row(&[480], Line::Falling, false, [25, 10, 5]),
    row(&[480, 480], Line::Rising, false, [15, 25, 20]),
    row(&[480, 480], Line::Falling, false, [20, 10, 5]),
    row(&[720, 240], Line::Through, false, [10, 10, 20]),
    row(&[320, 320, 320], Line::Fifth, false, [0, 0, 25]),
    row(&[320], Line::Fifth, true, [25, 25, 20]),
    row(&[320], Line::Falling, true, [20, 10, 5]),
    row(&[640, 320], Line::Through, true, [20, 25, 20]),
    row(&[320, 320, 320], Line::Rising, true, [15, 20, 25]),
];

/// How many ideas have one: a motif, and what is sung beside it. Tuned: with more, fewer than a quarter of a cue's bars
/// return (MUSIC 9 test 11).
const MOTIFS: f64 = 0.3;
const OTHERS: f64 = 0.3;

/// Energy from which a mood counts as driven, where the rhythm cells turn heroic.
const DRIVEN: f32 = 0.2;

/// An upbeat for idea `number` (0 is the motif) of a seed, at most half a bar long; empty for those that begin on the bar.
pub(super) fn invented(seed: u64, number: i64, mood: &Mood, theme: &Theme, bars: &Bars) -> Vec<ThemeNote> {
    let Some(first) = theme.notes.first().filter(|first| first.at == 0) else { return Vec::new() };
    let share = if number == 0 { MOTIFS } else { OTHERS };
    if value(seed, Domain::Upbeat, number, 0) >= share {
        return Vec::new();
    }
    let kind = if mood.energy > DRIVEN { 2 } else { usize::from(mood.valence >= 0.0) };
    // A beat of three units, or one of a quarter at most.
    let beat = if bars.compound() { 3 * bars.unit } else { bars.unit.min(TICKS) };
    let ticks = |row: &Row| row.lengths.iter().map(|length| length * beat / 960).sum::<u32>();
    let fits = |row: &&Row| row.compound == bars.compound() && 2 * ticks(row) <= bars.length;
    // All ideas of a cue share one figure: the ear takes it for the beginning of something it knows.
    let total = ROWS.iter().filter(fits).map(|row| row.weights[kind]).sum();
    let mut left = pick(seed, Domain::Upbeat, 0, 1, total);
    let chosen = ROWS.iter().filter(fits).find(|row| {
        let here = left < row.weights[kind];
        left = left.saturating_sub(row.weights[kind]);
        here
    });
    let Some(row) = chosen else { return Vec::new() };
    let mut at = bars.length - ticks(row);
    let count = row.lengths.len() as i8;
    let notes = row.lengths.iter().zip(0..count).map(|(length, i)| {
        let (length, begun) = (length * beat / 960, at);
        at += length;
        let degree = degree(row.line, first.degree, i, count);
        ThemeNote { at: begun, length, degree, alter: 0, accent: bars.weight(begun) as u8 }
    });
    notes.collect()
}

/// Degree of note `i` of `count`.
fn degree(line: Line, first: i8, i: i8, count: i8) -> i8 {
    let fifth = match (first - 4).rem_euclid(7) {
        0 => first - 2,
        // A seventh below is not sung: the one above it is next to it.
        6 => first + 1,
        below => first - below,
    };
    match line {
        Line::Fifth => fifth,
        Line::Rising => first - (count - i),
        Line::Falling => first + (count - i),
        Line::Through if i + 1 == count => first - 1,
        Line::Through => fifth.min(first - 2),
    }
}

/// The upbeat of a statement that begins with the next bar, as notes of a bar (`bars`, in `mode`) that is free from `free`
/// ticks on: all of it, or nothing where there is no room, also none in the lead's register.
pub(crate) fn lead_in(
    singer: &Singer,
    bars: &Bars,
    mode: Mode,
    free: u32,
) -> ArrayVec<LeadNote, MAX_UPBEAT_NOTES> {
    let (theme, mut notes) = (singer.theme, ArrayVec::new());
    let begins = starts(theme, bars).filter(|&begins| begins >= free);
    let reached = theme.notes.first().and_then(|first| singer.reached(mode, first));
    let (Some(begins), Some(_)) = (begins, reached) else { return notes };
    let tag = singer.tag().map(|tag| MotifTag { upbeat: true, ..tag });
    let first = theme.upbeat[0].at;
    let mut before = None;
    for (i, note) in theme.upbeat.iter().enumerate() {
        let Some(pitch) = singer.reached(mode, note) else { return ArrayVec::new() };
        let (at, length, accent) = (begins + note.at - first, note.length, note.accent);
        let _ = notes.try_push(LeadNote { at, length, pitch, before, accent, tag, echo: false });
        let joins = theme.upbeat.get(i + 1).is_some_and(|next| next.at == note.at + note.length);
        before = joins.then_some(pitch);
    }
    notes
}

/// Where in a bar of any length the upbeat to the next begins; none for a theme without, or a bar shorter than it.
pub(crate) fn starts(theme: &Theme, bars: &Bars) -> Option<u32> {
    let first = theme.upbeat.first()?;
    bars.length.checked_sub(theme.bar - first.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::motif::generate;
    use crate::time::Meter;

    #[test]
    fn upbeats_end_on_the_bar_line_and_are_a_minority_of_beginnings() {
        let mut led = 0;
        for (numerator, denominator) in [(4, 4), (3, 4), (6, 8), (5, 4), (7, 8), (12, 8), (2, 2), (11, 16)] {
            let bars = Bars::new(Meter::new(numerator, denominator, &[]).unwrap());
            for seed in 0..25 {
                let energy = seed as f32 / 12.0 - 1.0;
                let mood = Mood { valence: 0.5 - (seed % 3) as f32 / 2.0, energy, ..Default::default() };
                let theme = generate(seed, &mood, &bars, Mode::Dorian);
                let Some(begins) = starts(&theme, &bars) else { continue };
                led += 1;
                assert!(2 * begins >= bars.length, "{numerator}/{denominator}: from {begins}");
                let ends = theme.upbeat.iter().skip(1).map(|note| note.at).chain([bars.length]);
                assert!(theme.upbeat.iter().zip(ends).all(|(note, end)| note.at + note.length == end));
                let line: Vec<i8> = theme.upbeat.iter().chain(&theme.notes[..1]).map(|n| n.degree).collect();
                assert!(line.windows(2).all(|w| (w[1] - w[0]).abs() <= 5), "{line:?}");
                let longer = Bars::new(Meter::new(15, 4, &[]).unwrap());
                assert_eq!(starts(&theme, &longer), Some(longer.length - bars.length + begins));
            }
        }
        assert!((35..90).contains(&led), "{led} of 200");
    }
}
