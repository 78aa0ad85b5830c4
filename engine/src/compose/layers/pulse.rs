//! Pulse: plucked and synthetic figures that keep time.
//! Source: MUSIC 4 (layers by energy, Euclidean rhythms), 5.2 (register 52–79, apart from the ostinato). In/out: see [`super`].

use super::{OSTINATO_FROM, Pen, Sketch, figures};
use crate::compose::choose::permille;
use crate::note::{Articulation, Role};
use crate::random::Domain;
use crate::stem::Stem;
use crate::theory::{euclid, step_positions, threes};

/// Energy from which the bass moves too, thousandths.
const MOVING_BASS_FROM: i32 = 250;

/// Walks over the ladder's rungs.
const WALKS: [[u8; 8]; 6] = [
    [0, 1, 2, 3, 4, 3, 2, 1],
    [0, 2, 1, 3, 2, 4, 3, 1],
    [0, 3, 2, 1, 4, 3, 2, 1],
    [2, 0, 1, 3, 2, 0, 1, 4],
    [0, 4, 2, 4, 1, 4, 2, 4],
    [0, 1, 3, 1, 2, 1, 3, 1],
];

pub(super) fn write(pen: &mut Pen) {
    figure(pen);
    if pen.now.energy > 600 && pen.now.dialogue < 300 {
        second(pen);
    }
}

fn figure(pen: &mut Pen) {
    let luck = permille(pen.seed(), Domain::Ostinato, pen.theme(), 0);
    let moving = pen.frame.stems[Stem::Strings.index()] && pen.now.energy > OSTINATO_FROM;
    // Half the pace of the busiest layer: two motions differ by a subdivision (5.2).
    let least = if moving { 2 * pen.step(100, 240) } else { 240 };
    let step = pen.step(55, 240).max(least).min(1920);
    let walk = &WALKS[(luck * 6 / 1000) as usize];
    let share = figures::drive(pen).map_or(8, |drive| drive.pulse);
    // Behind an ostinato it makes way for what else moves: a bass, a melody (5.2: onsets of all layers).
    let ahead = u32::from(pen.now.energy > MOVING_BASS_FROM) + u32::from(!pen.frame.lead.is_empty());
    let most = if moving { [8, 5, 4][ahead as usize] } else { 8 };
    // Above the string ostinato where there is one, in the middle where there is none.
    let high = if pen.now.energy > OSTINATO_FROM { 67 } else { 57 };
    let low = high + if luck % 2 == 0 { 0 } else { 5 } + pen.now.chords_moved();
    let places = step_positions(&pen.bars, step);
    let count = places.len() as u32;
    let accents = threes(count);
    let sounding = (count * share).div_ceil(8).min(count * most / 8).max(1);
    // One note a bar is no figure: the melody has the bar to itself.
    if sounding == 1 && moving && !pen.frame.lead.is_empty() {
        return;
    }
    for (i, at) in places.into_iter().enumerate() {
        if !pen.owns(at) || (at != 0 && !euclid(sounding, count, i as u32)) {
            continue;
        }
        let Some(span) = pen.span_at(at) else { continue };
        let ladder = span.ladder(low);
        let rung = usize::from(walk[i % 8]).min(ladder.len().saturating_sub(1));
        let Some(&pitch) = ladder.get(rung) else { continue };
        let accented = i < 64 && accents >> i & 1 == 1 && pen.now.energy > 100;
        pen.write(Sketch {
            part: 0,
            role: Role::Pulse,
            articulation: Articulation::Short,
            at,
            length: (step * pen.now.duty() as u32 / 100).max(60),
            pitch: in_lane(pitch),
            loud: if accented { -2 } else { -8 },
        });
    }
}

/// The register of the pulse (5.2): what lies above comes down.
fn in_lane(mut pitch: i32) -> i32 {
    const LANE: (i32, i32) = (52, 79);
    while pitch > LANE.1 {
        pitch -= 12;
    }
    if pitch < LANE.0 { pitch + 12 } else { pitch }
}

/// Off-beat answers an octave above the bass.
fn second(pen: &mut Pen) {
    let step = pen.step(50, 480).min(960);
    for at in step_positions(&pen.bars, step) {
        let at = at + step / 2;
        if !pen.owns(at) {
            continue;
        }
        let Some(span) = pen.span_at(at) else { continue };
        let Some(&pitch) = span.ladder(52).first() else { continue };
        pen.write(Sketch {
            part: 1,
            role: Role::Pulse,
            articulation: Articulation::Short,
            at,
            length: step / 3,
            pitch,
            loud: -12,
        });
    }
}
