//! Ideas from a seed: the motif, best of 64 candidates or as a person wrote it; an answer to it; a close for both.
//! Source: MUSIC 3.2 (rhythm cells, hooks, contours, intervals of 651 Essen melodies), 2.5. Off the audio thread.

use super::develop::ornament;
use super::score::{Judge, MOST_NOTES, alike};
use super::upbeat::invented;
use super::{Theme, ThemeNote};
use crate::cue::limits::MAX_PICKUP_BEATS;
use crate::cue::{Mood, Motif};
use crate::random::{Domain, pick, value};
use crate::theory::{Bars, Mode, in_ticks};
use arrayvec::ArrayVec;

const CANDIDATES: i64 = 64;

/// The motif a cue brings, at most 16 notes; rests are gaps. What its pickup counts off lies before its first bar line.
pub(crate) fn from_cue(motif: &Motif, bars: &Bars) -> Option<Theme> {
    let (mut notes, mut at) = (Vec::new(), 0u32);
    for note in motif.notes.iter().take(64) {
        let length = in_ticks(note.beats.clamp(0.125, 8.0));
        if !note.rest && notes.len() < MOST_NOTES {
            let accent = (note.accent.clamp(0.0, 1.0) * 100.0) as u8;
            let degree = note.degree.clamp(-14, 21);
            notes.push(ThemeNote { at, length, degree, alter: note.alter.clamp(-2, 2), accent });
        }
        at += length;
    }
    let pickup = in_ticks(motif.pickup_beats.clamp(0.0, MAX_PICKUP_BEATS)).min(bars.length);
    let rest = notes.split_off(notes.partition_point(|note| note.at < pickup));
    let mut upbeat = notes;
    upbeat.iter_mut().for_each(|note| note.at += bars.length - pickup);
    // A note held over the bar line ends on it: what follows begins there.
    upbeat.iter_mut().for_each(|note| note.length = note.length.min(bars.length - note.at));
    let notes: Vec<_> = rest.into_iter().map(|note| ThemeNote { at: note.at - pickup, ..note }).collect();
    (notes.len() >= 2).then_some(Theme { notes, bar: bars.length, upbeat })
}

/// The best of 64 candidates for a mood in a meter; intervals are judged as they sound in `mode`.
pub(crate) fn generate(seed: u64, mood: &Mood, bars: &Bars, mode: Mode) -> Theme {
    let sketches = Sketches::new(seed, mood, bars);
    let mut judge = Judge::new(mode);
    let scored =
        (0..CANDIDATES).map(|i| sketches.free(i)).map(|theme| (judge.score(&theme, f64::INFINITY), theme));
    let best = scored.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, theme)| theme);
    let motif = polished(best.expect("there are candidates"), &mut |theme, limit| judge.score(theme, limit));
    Theme { upbeat: invented(seed, 0, mood, &motif, bars), ..motif }
}

/// The same idea with single notes moved by a step or two as long as it gets better: what a composer does to a sketch.
/// The end stays, and so does the rhythm. `cost` need only be right below the limit it is given.
fn polished(mut theme: Theme, cost: &mut dyn FnMut(&Theme, f64) -> f64) -> Theme {
    /// Rounds over all notes; most ideas settle in two or three.
    const ROUNDS: usize = 4;
    let mut least = cost(&theme, f64::INFINITY);
    for _ in 0..ROUNDS {
        let before = least;
        for i in 0..theme.notes.len().saturating_sub(1) {
            let written = theme.notes[i].degree;
            let mut best = written;
            for by in [-1, 1, -2, 2] {
                theme.notes[i].degree = (written + by).clamp(-7, 12);
                let better = least - 1e-9;
                let here = cost(&theme, better);
                if here < better {
                    (least, best) = (here, theme.notes[i].degree);
                }
            }
            theme.notes[i].degree = best;
        }
        if least >= before {
            break;
        }
    }
    theme
}

/// What is heard beside the motif: contrasting ideas and phrase ends.
#[derive(Clone, Debug)]
pub(crate) struct Ideas {
    /// Answers the motif inside a period.
    pub answer: Theme,
    /// Opens the phrases that contrast.
    pub bridge: Theme,
    /// The bridge ornamented, for a contrast that returns.
    pub returned: Theme,
    /// End the phrases of either letter: falling to their last note, and rising to it.
    pub closes: [[Theme; 2]; 2],
}

/// Ideas for a motif, each the best of 512 candidates: unlike the motif, and strong where what is known is weak.
pub(crate) fn ideas(seed: u64, motif: &Theme, mood: &Mood, bars: &Bars, mode: Mode) -> Ideas {
    let sketches = Sketches::new(seed, mood, bars);
    let mut judge = Judge::new(mode);
    // The motif sounds about three times as often as any other idea.
    (0..3).for_each(|_| judge.hear(motif));
    let mut round = 0;
    let mut next = |make: &dyn Fn(i64) -> Theme, end: &dyn Fn(&Theme) -> f64| {
        round += 1;
        let mut cost = |theme: &Theme, limit: f64| {
            let cost = judge.score(theme, limit) + end(theme);
            // Unrelated melodies stay below .78 (3.3); nearer ones would be heard as the motif gone wrong. Looked at last: it
            // can but raise the cost.
            if cost < limit { cost + 200.0 * (alike(motif, theme) - 0.66).max(0.0) } else { cost }
        };
        let mut least: Option<(f64, Theme)> = None;
        for theme in (1000 * round..1000 * round + 8 * CANDIDATES).map(make) {
            let cost = cost(&theme, least.as_ref().map_or(f64::INFINITY, |&(best, _)| best));
            if least.as_ref().is_none_or(|&(best, _)| cost < best) {
                least = Some((cost, theme));
            }
        }
        let idea = polished(least.expect("there are candidates").1, &mut cost);
        judge.hear(&idea);
        idea
    };
    let free = |i| sketches.free(i);
    let closing = |i| sketches.closing(i, motif);
    // A phrase comes to rest by step, from above or from the leading tone.
    let by_step = |theme: &Theme| {
        let [.., last, end] = theme.notes.as_slice() else { return 0.0 };
        if (last.degree - end.degree).abs() == 1 { 0.0 } else { 8.0 }
    };
    let led_into =
        |theme: Theme, number| Theme { upbeat: invented(seed, number, mood, &theme, bars), ..theme };
    let answer = led_into(next(&free, &|_| 0.0), 1);
    let bridge = led_into(next(&free, &|_| 0.0), 2);
    let closes = [next(&closing, &by_step), next(&closing, &by_step)]
        .map(|close| [1, -1].map(|above| approached(&close, above)));
    let returned = ornament(&bridge);
    Ideas { answer, bridge, returned, closes }
}

/// A close whose last note but one lies so many steps above its last.
fn approached(close: &Theme, above: i8) -> Theme {
    let mut close = close.clone();
    if let [.., last, end] = close.notes.as_mut_slice() {
        last.degree = end.degree + above;
    }
    close
}

struct Dice {
    seed: u64,
    candidate: i64,
    throws: i64,
}

impl Dice {
    fn unit(&mut self) -> f64 {
        self.throws += 1;
        value(self.seed, Domain::Motif, self.candidate, self.throws)
    }

    fn of(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (i, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return i;
            }
        }
        weights.len() - 1
    }
}

/// Rhythm cells of a bar in eighths; a negative number is a rest. Bars not listed fall back to their groups.
fn rhythm_cells(bars: &Bars, mood: &Mood) -> Vec<Vec<i32>> {
    let key = (bars.meter.numerator(), bars.meter.denominator());
    let listed: &[&[i32]] = match key {
        (4, 4) if mood.tension_effective() > 0.5 && mood.valence < 0.0 => {
            &[&[1, 1, -2, 4], &[3, 3, 2], &[3, 1, 4], &[2, 2, 4]]
        }
        (4, 4) if mood.wonder > 0.5 => &[&[6, 2], &[4, 4], &[2, 6], &[3, 1, 4], &[4, 2, 2]],
        (4, 4) if mood.energy > 0.2 => &[&[3, 1, 4], &[2, 1, 1, 4], &[3, 1, 2, 2], &[2, 2, 3, 1]],
        (4, 4) if mood.valence < -0.1 => &[&[3, 1, 4], &[2, 2, 4], &[4, 3, 1], &[-2, 2, 4]],
        (4, 4) => &[&[4, 2, 2], &[6, 2], &[3, 1, 2, 2], &[2, 2, 4], &[4, 4]],
        (3, 4) => &[&[4, 2], &[3, 1, 2], &[2, 2, 2], &[2, 4]],
        (6, 8) => &[&[2, 1, 2, 1], &[3, 1, 2], &[1, 1, 1, 3], &[2, 1, 3]],
        (12, 8) => &[&[3, 3, 2, 1, 3], &[2, 1, 3, 6], &[3, 2, 1, 6], &[2, 1, 2, 1, 6]],
        (5, 4) => &[&[3, 3, 2, 2], &[4, 2, 4], &[3, 1, 2, 4], &[6, 4]],
        (7, 8) => &[&[3, 2, 2], &[2, 2, 3], &[2, 1, 1, 3], &[1, 1, 2, 3]],
        (9, 8) => &[&[3, 2, 1, 3], &[2, 1, 3, 3], &[3, 3, 3]],
        _ => &[],
    };
    if !listed.is_empty() {
        return listed.iter().map(|cell| cell.to_vec()).collect();
    }
    let unit = (bars.unit / 480).max(1) as i32;
    let groups: Vec<i32> = bars.meter.groups().iter().map(|&g| i32::from(g) * unit).collect();
    let mut split: Vec<i32> = Vec::new();
    for (i, &group) in groups.iter().enumerate() {
        if i % 2 == 0 && group >= 2 && groups.len() < 6 {
            split.extend([group - group / 2, group / 2]);
        } else {
            split.push(group);
        }
    }
    let mut wide: Vec<i32> = groups.chunks(2).map(|pair| pair.iter().sum()).collect();
    if wide.len() < 2 {
        wide.clone_from(&split);
    }
    vec![groups, split, wide]
}

/// Where and how long the notes of an idea are.
type Rhythm = ArrayVec<(u32, u32), MOST_ONSETS>;

/// Notes of two bars before some are joined: cells follow the groups of a meter, of which there are 15 at most, or divide
/// each of up to five.
const MOST_ONSETS: usize = 32;

/// Candidates for the ideas of a seed, by number.
struct Sketches<'a> {
    seed: u64,
    mood: &'a Mood,
    bars: &'a Bars,
    cells: Vec<Vec<i32>>,
}

impl Sketches<'_> {
    fn new<'a>(seed: u64, mood: &'a Mood, bars: &'a Bars) -> Sketches<'a> {
        Sketches { seed, mood, bars, cells: rhythm_cells(bars, mood) }
    }

    fn dice(&self, index: i64) -> Dice {
        Dice { seed: self.seed, candidate: index, throws: 0 }
    }

    /// Two bars in the mood's own rhythms, with an open end.
    fn free(&self, index: i64) -> Theme {
        let (cells, bars) = (&self.cells, self.bars);
        let mut dice = self.dice(index);
        // A sixteenth-based meter counts its cells in sixteenths too small for an eighth.
        let eighth = |cell: &[i32]| bars.length / cell.iter().map(|n| n.unsigned_abs()).sum::<u32>().max(1);
        let any = |throw| pick(self.seed, Domain::Motif, index, throw, cells.len() as u32) as usize;
        let first = any(1001);
        let second = if dice.unit() < 0.6 { first } else { any(1002) };
        let mut rhythm = Rhythm::new();
        let mut at = 0;
        for cell in [&cells[first], &cells[second]] {
            let eighth = eighth(cell);
            for &n in cell {
                let length = n.unsigned_abs() * eighth;
                if n > 0 {
                    rhythm.push((at, length));
                }
                at += length;
            }
        }
        // The second bar comes to rest: its last two notes are one when there are enough.
        if rhythm.len() > 7 || (rhythm.len() > 5 && dice.unit() < 0.5) {
            let (_, length) = rhythm.pop().unwrap_or_default();
            if let Some(last) = rhythm.last_mut() {
                last.1 += length;
            }
        }
        while rhythm.len() > 9 {
            rhythm.remove(rhythm.len() - 2);
        }
        let degrees = degrees(&mut dice, rhythm.len(), self.mood, &OPEN_ENDS, true);
        written(&rhythm, &degrees, bars)
    }

    /// Two bars that close a phrase: the motif's own rhythm for a bar, then two long notes, the last on the tonic.
    fn closing(&self, index: i64, motif: &Theme) -> Theme {
        let (bars, half) = (self.bars, self.bars.half());
        let head = motif.notes.iter().filter(|note| note.at < bars.length);
        let mut rhythm: Rhythm = head.map(|n| (n.at, n.length.min(bars.length - n.at))).take(6).collect();
        rhythm.extend([(bars.length, half), (bars.length + half, bars.length - half)]);
        let degrees = degrees(&mut self.dice(index), rhythm.len(), self.mood, &CLOSED_ENDS, false);
        written(&rhythm, &degrees, bars)
    }
}

fn written(rhythm: &[(u32, u32)], degrees: &[i8], bars: &Bars) -> Theme {
    let notes = rhythm.iter().zip(degrees).map(|(&(at, length), &degree)| ThemeNote {
        at,
        length,
        degree,
        alter: 0,
        accent: (bars.weight(at % bars.length)) as u8,
    });
    Theme { notes: notes.collect(), bar: bars.length, upbeat: Vec::new() }
}

/// Shares of moves by scale steps, from a fifth down to a fifth up, and the octave: the intervals of MUSIC 3.2 as
/// steps, unisons made fewer and rising fourths and fifths more, as in film leads.
const MOVES: [(i32, f64); 12] = [
    (-4, 10.0),
    (-3, 21.0),
    (-2, 87.0),
    (-1, 308.0),
    (0, 150.0),
    (1, 203.0),
    (2, 79.0),
    (3, 60.0),
    (4, 24.0),
    (5, 8.0),
    (7, 4.0),
    (-5, 4.0),
];

/// Where ideas end that go on, within their range: on the second or the fifth.
const OPEN_ENDS: [i32; 6] = [-6, -3, 1, 4, 8, 11];

/// Where those end that close: on the tonic.
const CLOSED_ENDS: [i32; 3] = [-7, 0, 7];

/// Scale steps: a contour, a hook in the first notes where one is wanted, sung intervals elsewhere, an end on one of
/// `ends`.
fn degrees(
    dice: &mut Dice,
    count: usize,
    mood: &Mood,
    ends: &[i32],
    hooked: bool,
) -> ArrayVec<i8, MOST_ONSETS> {
    let bright = f64::from(mood.valence);
    let contour = dice.of(&[0.40, 0.28 - 0.1 * bright, 0.15 + 0.1 * bright, 0.10, 0.07]);
    let hook_at = if hooked { 1 + dice.of(&[0.45, 0.35, 0.2]) } else { usize::MAX };
    let hook = if mood.tension_effective() > 0.5 {
        [1, 2, 3, 1][dice.of(&[0.4, 0.25, 0.2, 0.15])]
    } else {
        [3, 4, 5, 7][dice.of(&[0.4, 0.3, 0.18, 0.12])]
    };
    let mut line = ArrayVec::<i32, MOST_ONSETS>::new();
    line.push([0, 2, 4, 0][dice.of(&[0.4, 0.2, 0.25, 0.15])]);
    for i in 1..count {
        let x = i as f64 / (count - 1).max(1) as f64;
        let up = match contour {
            0 => 0.8 - 0.65 * f64::from(u8::from(x > 0.5)),
            1 => 0.25,
            2 => 0.75,
            3 => 0.2 + 0.6 * f64::from(u8::from(x > 0.5)),
            _ => 0.5,
        };
        let before = *line.last().unwrap_or(&0);
        // Back toward the middle of the register when far out (von Hippel: next step -.25 · distance).
        let up = (up - f64::from(before - 2) * 0.08).clamp(0.05, 0.95);
        let step = if i == hook_at {
            if dice.unit() < up { hook } else { -hook.min(4) }
        } else {
            let directed = [2.0 * (1.0 - up), 1.0, 2.0 * up];
            let mut weights = [0.0; MOVES.len()];
            for (weight, &(step, share)) in weights.iter_mut().zip(&MOVES) {
                *weight = share * directed[(step.signum() + 1) as usize];
            }
            MOVES[dice.of(&weights)].0
        };
        line.push(before + step);
    }
    if let (Some(&end), true) = (line.last(), count > 2) {
        let before = line[count - 2];
        let nearest = ends.iter().copied().min_by_key(|d| ((d - end).abs() + (d - before).abs(), *d));
        line[count - 1] = nearest.unwrap_or(end);
    }
    line.into_iter().map(|d| d.clamp(-7, 12) as i8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Meter;

    #[test]
    fn motifs_are_singable_in_every_meter() {
        for (numerator, denominator) in
            [(4, 4), (3, 4), (6, 8), (5, 4), (7, 8), (12, 8), (2, 4), (11, 8), (15, 16), (13, 4)]
        {
            let bars = Bars::new(Meter::new(numerator, denominator, &[]).unwrap());
            for seed in 0..12 {
                let mood = Mood { valence: (seed as f32 - 6.0) / 6.0, energy: 0.3, ..Default::default() };
                let theme = generate(seed, &mood, &bars, Mode::Dorian);
                let notes = &theme.notes;
                assert!((3..=9).contains(&notes.len()), "{numerator}/{denominator} {notes:?}");
                assert!(notes.windows(2).all(|w| w[0].at + w[0].length <= w[1].at));
                assert!(notes.iter().all(|n| n.length > 0));
                let degrees: Vec<i8> = notes.iter().map(|n| n.degree).collect();
                let range = degrees.iter().max().unwrap() - degrees.iter().min().unwrap();
                assert!((2..=9).contains(&range), "{degrees:?}");
            }
        }
    }

    #[test]
    fn a_limit_hides_only_what_lies_beyond_it() {
        let bars = Bars::new(Meter::default());
        let mood = Mood::default();
        let sketches = Sketches::new(7, &mood, &bars);
        let judge = || {
            let mut judge = Judge::new(Mode::Dorian);
            judge.hear(&sketches.free(0));
            judge
        };
        let mut busy = judge();
        for theme in (1..200).map(|i| sketches.free(i)) {
            let exact = judge().score(&theme, f64::INFINITY);
            for limit in [-20.0, -2.0, 0.0, 1e-9, 20.0].map(|by| exact + by) {
                let here = busy.score(&theme, limit);
                assert!(if exact < limit { here == exact } else { here >= limit }, "{exact} under {limit}");
            }
        }
    }

    #[test]
    fn closes_fall_and_rise_to_the_tonic() {
        let bars = Bars::new(Meter::default());
        for seed in 0..8 {
            let motif = generate(seed, &Mood::default(), &bars, Mode::Dorian);
            let ideas = ideas(seed, &motif, &Mood::default(), &bars, Mode::Dorian);
            for [falls, rises] in &ideas.closes {
                let end = |theme: &Theme| theme.notes.last().unwrap().degree;
                let step = |theme: &Theme| end(theme) - theme.notes[theme.notes.len() - 2].degree;
                assert_eq!((step(falls), step(rises)), (-1, 1));
                assert!(end(falls) % 7 == 0 && end(falls) == end(rises));
            }
        }
    }

    #[test]
    fn different_seeds_give_different_motifs() {
        let bars = Bars::new(Meter::default());
        let all: Vec<Theme> =
            (0..20).map(|seed| generate(seed, &Mood::default(), &bars, Mode::Dorian)).collect();
        for (i, theme) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|other| other != theme));
        }
    }
}
