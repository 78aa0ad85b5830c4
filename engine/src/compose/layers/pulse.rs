//! Pulse: plucked and synthetic figures that keep time.
//! Source: MUSIC 4 (layers by energy, Euclidean rhythms), 5.2 (register 52–79, apart from the ostinato). In/out: see [`super`].

use super::{Pen, Sketch};
use crate::compose::choose::permille;
use crate::note::{Articulation, Role};
use crate::random::Domain;
use crate::theory::{euclid, step_positions};

/// Walks over the ladder's rungs.
const WALKS: [[u8; 8]; 6] = [
    [0, 1, 2, 3, 4, 3, 2, 1],
    [0, 2, 1, 3, 2, 4, 3, 1],
    [0, 3, 2, 1, 4, 3, 2, 1],
    [2, 0, 1, 3, 2, 0, 1, 4],
    [0, 4, 2, 4, 1, 4, 2, 4],
    [0, 1, 3, 1, 2, 1, 3, 1],
];

/// Onsets per eight places, from full to sparse; the bar is filled evenly with that share.
const SHARES: [u32; 5] = [8, 5, 6, 7, 4];

pub(super) fn write(pen: &mut Pen) {
    figure(pen);
    if pen.now.energy > 600 && pen.now.dialogue < 300 {
        second(pen);
    }
}

fn figure(pen: &mut Pen) {
    let luck = permille(pen.seed(), Domain::Ostinato, pen.theme(), 0);
    // Half the pace of the busiest layer: two motions differ by a subdivision (5.2).
    let step = pen.step(55, 240).min(1920);
    let walk = &WALKS[(luck * 6 / 1000) as usize];
    let share = if pen.now.energy < 100 { 8 } else { SHARES[(luck % 5) as usize] };
    // Above the string ostinato where there is one, in the middle where there is none.
    let high = if pen.now.energy > -100 { 67 } else { 57 };
    let low = high + if luck % 2 == 0 { 0 } else { 5 } - 4 * pen.now.darkness / 1000;
    let places = step_positions(&pen.bars, step);
    let count = places.len() as u32;
    for (i, at) in places.into_iter().enumerate() {
        if at != 0 && !euclid((count * share).div_ceil(8), count, i as u32) {
            continue;
        }
        let Some(span) = pen.span_at(at) else { continue };
        let ladder = span.ladder(low);
        let Some(&pitch) = ladder.get(usize::from(walk[i % 8]).min(ladder.len().saturating_sub(1))) else {
            continue;
        };
        pen.write(Sketch {
            part: 0,
            role: Role::Pulse,
            articulation: Articulation::Short,
            at,
            length: step.min(1920) * 8 / 10,
            pitch,
            loud: -6,
        });
    }
}

/// Off-beat answers an octave above the bass.
fn second(pen: &mut Pen) {
    let step = pen.step(50, 480).min(960);
    for at in step_positions(&pen.bars, step) {
        let at = at + step / 2;
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
