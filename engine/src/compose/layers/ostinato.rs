//! Ostinato: a short cell that turns over and over, made of the motif's head or of a few chord notes.
//! Source: MUSIC 4 (cells of four to eight notes, one pitch gives way per chord, doubled above 0.5). In/out: see [`super`].

use super::{Pen, Sketch, Span, figures};
use crate::compose::choose::permille;
use crate::compose::motif::Theme;
use crate::note::{Articulation, Role};
use crate::random::Domain;
use crate::theory::{euclid, step_positions, threes};
use arrayvec::ArrayVec;

/// Rungs of the chord's ladder, eight steps each: small cells that turn around one note.
const CELLS: [[u8; 8]; 8] = [
    [0, 2, 1, 2, 0, 2, 1, 2],
    [0, 1, 2, 1, 0, 1, 2, 1],
    [0, 0, 2, 0, 1, 0, 2, 0],
    [0, 2, 3, 2, 1, 2, 3, 2],
    [2, 1, 0, 1, 2, 1, 0, 1],
    [0, 1, 0, 2, 0, 1, 0, 3],
    [0, 2, 0, 1, 0, 2, 0, 3],
    [0, 0, 0, 1, 0, 0, 2, 1],
];

/// Notes a head has: fewer are no figure, more are the melody.
const HEAD: std::ops::RangeInclusive<usize> = 3..=8;

/// The motif's first bar as scale steps from its first note, turned back on itself where it is too short to go round.
pub(super) fn head(theme: &Theme) -> Option<ArrayVec<i8, 8>> {
    let opening = theme.notes.iter().take_while(|note| note.at < theme.bar).count().max(3);
    let notes = theme.notes.get(..opening.min(*HEAD.end()).min(theme.notes.len()))?;
    if !HEAD.contains(&notes.len()) {
        return None;
    }
    let first = notes[0].degree;
    // Within an octave of its start: a figure stays in one hand.
    let near = |degree: i8| {
        let steps = degree - first;
        if steps > 7 {
            steps - 7
        } else if steps < -5 {
            steps + 7
        } else {
            steps
        }
    };
    let mut cell: ArrayVec<i8, 8> = notes.iter().map(|note| near(note.degree)).collect();
    if cell.len() == 3 {
        cell.push(cell[1]);
    }
    cell.iter().any(|&step| step != cell[0]).then_some(cell)
}

/// What the strings' cell is made of, per theme: the more the motif is present, the likelier its head.
fn from_motif(pen: &Pen) -> Option<ArrayVec<i8, 8>> {
    let luck = permille(pen.seed(), Domain::Ostinato, pen.theme(), 3);
    if luck >= 250 + pen.now.motif / 2 { None } else { head(pen.plan.prepared.motif()) }
}

/// The short strings' ostinato.
pub(super) fn write(pen: &mut Pen) {
    let step = pen.step(100, 240);
    let duty = pen.now.duty() as u32;
    let doubled = pen.now.energy > 500 && pen.now.scale > 0;
    let cell = from_motif(pen);
    let places = step_positions(&pen.bars, step);
    let accents = threes(places.len() as u32);
    let stock = &CELLS[(permille(pen.seed(), Domain::Ostinato, pen.theme(), 0) * 8 / 1000) as usize];
    let crossing = permille(pen.seed(), Domain::Ostinato, pen.theme(), 4) < 400 && pen.now.energy > 100;
    // Threes have no pace between one and three: where three are too many the middle one rests, long and short.
    let lilting = pen.bars.compound() && pen.rate(step) * 4 > pen.now.onset_rate() * 5;
    let count = places.len() as u32;
    let share = figures::drive(pen).map_or(8, |drive| drive.strings);
    for (i, at) in places.into_iter().enumerate() {
        let sounds = euclid((count * share).div_ceil(8), count, i as u32);
        if !sounds || !pen.owns(at) || (lilting && i % 3 == 1) {
            continue;
        }
        let Some(span) = pen.span_at(at) else { continue };
        let pitch = match &cell {
            Some(cell) => turned(pen, &span, cell, i, pen.weight(at) >= 25),
            None => span.ladder(57 + pen.now.chords_moved()).get(usize::from(stock[i % 8])).copied(),
        };
        let Some(pitch) = pitch else { continue };
        // Threes across the meter where the texture drives, the meter's own groups elsewhere.
        let crossed = crossing && i < 64 && accents >> i & 1 == 1;
        let accented = pen.weight(at) >= 50 || crossed;
        let note = |pitch, loud| Sketch {
            part: 1,
            role: Role::Motion,
            articulation: if accented { Articulation::Accent } else { Articulation::Short },
            at,
            length: (step.min(960) * duty / 100).max(60),
            pitch,
            loud: loud + if crossed { 5 } else { 0 },
        };
        pen.write(note(pitch, -8));
        if doubled {
            pen.write(note(pitch + 12, -14));
        }
    }
}

/// Step `i` of a cell of scale steps over a chord: notes the chord lacks give way to its nearest, but for light ones
/// that pass by step.
fn turned(pen: &Pen, span: &Span, cell: &[i8], i: usize, strong: bool) -> Option<i32> {
    let at = |i: usize| i32::from(cell[i % cell.len()]);
    let scale = pen.frame.scale;
    let low = 55 + pen.now.chords_moved();
    let tonic = low + (i32::from(pen.frame.tonic) - low).rem_euclid(12);
    // The figure stays within a sixth above and a fourth below A3–F4 (MUSIC 5.2, lanes of two motions).
    let home = if tonic > 62 { tonic - 12 } else { tonic };
    let pitch = walk(scale, home, at(i))?;
    let has = |p: i32| span.chord.chord.pcs >> p.rem_euclid(12) & 1 == 1;
    let passes = !strong && (at(i) - at(i + 1)).abs() == 1 && (at(i) - at(i + cell.len() - 1)).abs() == 1;
    if has(pitch) || passes {
        return Some(pitch);
    }
    [-1, 1, -2, 2, -3, 3, -4, 4].into_iter().map(|by| pitch + by).find(|&p| has(p))
}

/// The note `steps` of a scale above one of its notes.
fn walk(scale: u16, from: i32, steps: i32) -> Option<i32> {
    let inside = |p: &i32| scale >> p.rem_euclid(12) & 1 == 1;
    let distance = steps.unsigned_abs() as usize;
    match steps {
        0.. => (from..from + 25).filter(|p| inside(p) || *p == from).nth(distance),
        _ => (from - 24..=from).rev().filter(|p| inside(p) || *p == from).nth(distance),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::ThemeNote;

    fn theme(degrees: &[i8]) -> Theme {
        let note = |(i, &degree): (usize, &i8)| ThemeNote {
            at: i as u32 * 480,
            length: 480,
            degree,
            alter: 0,
            accent: 50,
        };
        Theme { notes: degrees.iter().enumerate().map(note).collect(), bar: 1920, upbeat: Vec::new() }
    }

    #[test]
    fn heads_are_the_motif_s_own_steps() {
        let steps = |degrees: &[i8]| head(&theme(degrees)).map(|cell| cell.to_vec());
        assert_eq!(steps(&[2, 4, 3]), Some(vec![0, 2, 1, 2]));
        assert_eq!(steps(&[0, 2, 4, 9, 1, 1, 1, 1, 1, 1]), Some(vec![0, 2, 4, 2]));
        assert_eq!(steps(&[0, 1]), None);
        assert_eq!(steps(&[3, 3, 3, 3]), None);
    }

    #[test]
    fn scales_are_walked_in_both_directions() {
        let major = 0b1010_1011_0101;
        assert_eq!([-7, -1, 0, 1, 2, 7].map(|n| walk(major, 60, n)), [48, 59, 60, 62, 64, 72].map(Some));
        assert_eq!(walk(0, 60, 3), None);
    }
}
