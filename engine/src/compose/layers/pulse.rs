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

/// Euclidean rhythms (onsets, steps) from sparse to full.
const RHYTHMS: [(u32, u32); 5] = [(1, 1), (5, 8), (3, 4), (7, 8), (9, 16)];

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
    let rhythm = if pen.now.energy < 100 { (1, 1) } else { RHYTHMS[(luck % 5) as usize] };
    let low = if luck % 2 == 0 { 64 } else { 67 } - 4 * pen.now.darkness / 1000;
    for (i, at) in step_positions(&pen.bars, step).into_iter().enumerate() {
        if at != 0 && !euclid(rhythm.0, rhythm.1, i as u32) {
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
