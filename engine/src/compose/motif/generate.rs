//! A motif from a seed: 64 candidates, the best scored one; or the motif a person wrote.
//! Source: MUSIC 3.2 (rhythm cells, hooks, contours, targets from 651 Essen melodies). Off the audio thread.

use super::{Theme, ThemeNote};
use crate::cue::{Mood, Motif};
use crate::random::{Domain, pick, value};
use crate::theory::{Bars, Mode, TICKS};

const CANDIDATES: i64 = 64;

/// The motif a cue brings, at most 16 notes; rests are gaps.
pub(crate) fn from_cue(motif: &Motif, bars: &Bars) -> Option<Theme> {
    let (mut notes, mut at) = (Vec::new(), 0u32);
    for note in motif.notes.iter().take(64) {
        let length = (note.beats.clamp(0.125, 8.0) * f64::from(TICKS)).round() as u32;
        if !note.rest && notes.len() < 16 {
            let accent = (note.accent.clamp(0.0, 1.0) * 100.0) as u8;
            let degree = note.degree.clamp(-14, 21);
            notes.push(ThemeNote { at, length, degree, alter: note.alter.clamp(-2, 2), accent });
        }
        at += length;
    }
    (notes.len() >= 2).then_some(Theme { notes, bar: bars.length })
}

/// The best of 64 candidates for a mood in a meter.
pub(crate) fn generate(seed: u64, mood: &Mood, bars: &Bars) -> Theme {
    let mode = if mood.valence >= 0.0 { Mode::Ionian } else { Mode::Aeolian };
    let candidates = (0..CANDIDATES).map(|i| candidate(seed, i, mood, bars));
    let scored = candidates.map(|theme| (score(&theme, mode), theme));
    let best = scored.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, theme)| theme);
    best.expect("there are candidates")
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

fn candidate(seed: u64, index: i64, mood: &Mood, bars: &Bars) -> Theme {
    let mut dice = Dice { seed, candidate: index, throws: 0 };
    let cells = rhythm_cells(bars, mood);
    // A sixteenth-based meter counts its cells in sixteenths too small for an eighth.
    let eighth = |cell: &[i32]| bars.length / cell.iter().map(|n| n.unsigned_abs()).sum::<u32>().max(1);
    let first = pick(seed, Domain::Motif, index, 1001, cells.len() as u32) as usize;
    let second = if dice.unit() < 0.6 {
        first
    } else {
        pick(seed, Domain::Motif, index, 1002, cells.len() as u32) as usize
    };
    let mut rhythm: Vec<(u32, u32)> = Vec::new();
    let mut at = 0;
    for cell in [&cells[first], &cells[second]] {
        for &n in cell.iter() {
            let length = n.unsigned_abs() * eighth(cell);
            if n > 0 {
                rhythm.push((at, length));
            }
            at += length;
        }
    }
    // The second bar comes to rest: its last two notes are one when there are enough.
    if rhythm.len() > 6 || (rhythm.len() > 4 && dice.unit() < 0.5) {
        let (_, length) = rhythm.pop().unwrap_or_default();
        if let Some(last) = rhythm.last_mut() {
            last.1 += length;
        }
    }
    while rhythm.len() > 9 {
        rhythm.remove(rhythm.len() - 2);
    }
    let degrees = degrees(&mut dice, rhythm.len(), mood);
    let notes = rhythm.iter().zip(&degrees).map(|(&(at, length), &degree)| ThemeNote {
        at,
        length,
        degree,
        alter: 0,
        accent: (bars.weight(at % bars.length)) as u8,
    });
    Theme { notes: notes.collect(), bar: bars.length }
}

/// Scale steps: a contour, one hook in the first notes, the rest mostly steps, an open end (5 or 2).
fn degrees(dice: &mut Dice, count: usize, mood: &Mood) -> Vec<i8> {
    let bright = f64::from(mood.valence);
    let contour = dice.of(&[0.40, 0.28 - 0.1 * bright, 0.15 + 0.1 * bright, 0.10, 0.07]);
    let hook_at = 1 + dice.of(&[0.45, 0.35, 0.2]);
    let hook = if mood.tension_effective() > 0.5 {
        [1, 2, 3, 1][dice.of(&[0.4, 0.25, 0.2, 0.15])]
    } else {
        [3, 4, 5, 7][dice.of(&[0.3, 0.3, 0.2, 0.2])]
    };
    let mut line = vec![[0i32, 2, 4, 0][dice.of(&[0.4, 0.2, 0.25, 0.15])]];
    for i in 1..count {
        let x = i as f64 / (count - 1).max(1) as f64;
        let up = match contour {
            0 => 0.9 - 0.85 * f64::from(u8::from(x > 0.5)),
            1 => 0.2,
            2 => 0.8,
            3 => 0.1 + 0.8 * f64::from(u8::from(x > 0.5)),
            _ => 0.5,
        };
        let before = *line.last().unwrap_or(&0);
        // Back toward the middle of the register when far out (von Hippel: next step -.25 · distance).
        let pull = f64::from(before - 2) * 0.08;
        let direction = if dice.unit() < up - pull { 1 } else { -1 };
        let size = if i == hook_at { hook } else { [1, 2, 0, 3][dice.of(&[0.66, 0.13, 0.17, 0.04])] };
        line.push(before + direction * size);
    }
    if let (Some(&end), true) = (line.last(), count > 2) {
        let open = (-7..=11).filter(|d: &i32| [4, 1].contains(&d.rem_euclid(7)));
        let before = line[count - 2];
        let goal = open.min_by_key(|d| ((d - end).abs() + (d - before).abs(), *d)).unwrap_or(4);
        line[count - 1] = goal;
    }
    line.into_iter().map(|d| d.clamp(-7, 12) as i8).collect()
}

/// Lower is better (MUSIC 3.2; the size of intervals weighs 8 instead of 3, or hooks win over singable lines).
fn score(theme: &Theme, mode: Mode) -> f64 {
    let notes = &theme.notes;
    let count = notes.len();
    let pitch: Vec<i32> = notes.iter().map(|note| mode.semitones(note.degree.into())).collect();
    let moves: Vec<i32> = pitch.windows(2).map(|w| w[1] - w[0]).collect();
    let steps = moves.iter().filter(|m| m.abs() <= 2).count() as f64 / moves.len().max(1) as f64;
    let mean = moves.iter().map(|m| f64::from(m.abs())).sum::<f64>() / moves.len().max(1) as f64;
    let mut cost = 20.0 * (steps - 0.72).abs() + 8.0 * (mean - 2.1).abs();
    for pair in moves.windows(2) {
        let answered = pair[1].abs() <= 2 || pair[0].signum() != pair[1].signum();
        cost += if pair[0].abs() > 5 && !answered { 4.0 } else { 0.0 };
    }
    let (low, high) = (pitch.iter().min().unwrap_or(&0), pitch.iter().max().unwrap_or(&0));
    let range = high - low;
    cost += f64::from((5 - range).max(0) * 3 + (range - 12).max(0) * 3);
    if pitch.iter().filter(|&p| p == high).count() > 1 {
        cost += 5.0;
    }
    let repeats = pitch.windows(2).filter(|w| w[0] == w[1]).count();
    cost += if repeats > 2 { 5.0 } else { 0.0 };
    let distinct = (-24..48).filter(|p| pitch.contains(p)).count();
    cost += 4.0 * (distinct.clamp(3, 6).abs_diff(distinct)) as f64;
    cost += 4.0 * count.clamp(4, 9).abs_diff(count) as f64;
    let lengths: Vec<u32> = notes.iter().map(|note| note.length).collect();
    let (short, long) = (lengths.iter().min().unwrap_or(&1), lengths.iter().max().unwrap_or(&1));
    cost += if long < &(short * 2) { 5.0 } else { 0.0 };
    // Strong places want notes of the tonic triad, or a step that resolves.
    for (i, note) in notes.iter().enumerate() {
        let triad = [0, 2, 4].contains(&note.degree.rem_euclid(7));
        let resolves = notes.get(i + 1).is_some_and(|next| (next.degree - note.degree).abs() == 1);
        if note.accent >= 75 && !triad && !resolves && i + 1 < count {
            cost += 3.0;
        }
    }
    let mut counts = std::collections::BTreeMap::new();
    for m in &moves {
        *counts.entry(*m).or_insert(0u32) += 1;
    }
    let entropy: f64 =
        counts.values().map(|&n| f64::from(n) / moves.len() as f64).map(|p| -p * libm::log2(p)).sum();
    // The specification's 2.85 bits cannot be reached with 3..8 intervals; ask for three quarters of what can.
    cost += 4.0 * (entropy - 0.75 * libm::log2(moves.len().max(1) as f64)).abs();
    let half = theme.bar;
    let first: Vec<u32> = notes.iter().filter(|n| n.at < half).map(|n| n.at).collect();
    let second: Vec<u32> = notes.iter().filter(|n| n.at >= half).map(|n| n.at - half).collect();
    let shared = first.iter().filter(|at| second.contains(at)).count();
    cost - 6.0 * shared as f64 / first.len().max(1) as f64
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
                let theme = generate(seed, &mood, &bars);
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
    fn different_seeds_give_different_motifs() {
        let bars = Bars::new(Meter::default());
        let all: Vec<Theme> = (0..20).map(|seed| generate(seed, &Mood::default(), &bars)).collect();
        for (i, theme) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|other| other != theme));
        }
    }
}
