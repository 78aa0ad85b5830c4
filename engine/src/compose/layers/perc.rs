//! Perc: lows mark the form, mids carry the groove, highs the motion, metal the accents; fills before boundaries.
//! Source: MUSIC 4 (patterns by energy, three-band rule, fill grammar). In/out: heights: low 36–40, mid 50–57, high 80, metal 70.

use super::{Pen, Sketch};
use crate::compose::choose::permille;
use crate::note::{Articulation, Role};
use crate::random::Domain;
use crate::theory::step_positions;

const LOW: u8 = 0;
const MID: u8 = 1;
const HIGH: u8 = 2;
const METAL: u8 = 3;

pub(super) fn write(pen: &mut Pen) {
    let energy = pen.now.energy;
    let fill = fill_length(pen);
    let body = pen.bars.length - fill;
    ticks(pen);
    if energy > 100 {
        groove(pen, body);
    }
    if energy > 300 {
        drums(pen, body);
    }
    if energy > 700 {
        metal(pen, body);
    }
    if fill > 0 {
        toms(pen, body, fill);
    }
    for at in pen.hits() {
        pen.write(hit(LOW, Role::Hit, at, 36, 14));
    }
}

fn hit(part: u8, role: Role, at: u32, height: i32, loud: i32) -> Sketch {
    Sketch { part, role, articulation: Articulation::Short, at, length: 120, pitch: height, loud }
}

/// Highs: a grid of ticks, thinned by a pattern of the theme so that bars repeat.
fn ticks(pen: &mut Pen) {
    let step = pen.step(75, 240).min(960);
    let luck = permille(pen.seed(), Domain::Percussion, pen.theme(), 0);
    for (i, at) in step_positions(&pen.bars, step).into_iter().enumerate() {
        let weight = pen.bars.weight(at);
        // The bar line belongs to the drums; ticks answer it.
        let rests = at == 0 || (luck < 500 && i % 4 == 2 && pen.now.energy < 400);
        if !rests {
            pen.write(hit(HIGH, Role::Motion, at, 80, -16 - (weight - 25) / 5));
        }
    }
}

/// Mids: one pattern per theme over the bar's eighths, chosen by metric weight against a threshold that energy lowers.
fn groove(pen: &mut Pen, body: u32) {
    let threshold = super::super::axes::curve(pen.now.energy, [90, 80, 60, 34, 16]);
    let step = if pen.now.energy > 800 { 240 } else { 480 };
    for (i, at) in step_positions(&pen.bars, step).into_iter().enumerate() {
        let luck = permille(pen.seed(), Domain::Percussion, pen.theme(), 10 + i as i64) * 60 / 1000;
        if at < body && pen.bars.weight(at) + luck >= threshold + 20 && at != 0 {
            let height = 50 + (luck / 20) * 3;
            pen.write(hit(MID, Role::Punctuation, at, height, -6));
        }
    }
}

/// Lows: bar lines and, with energy, the heaviest group or a push before it; at most three in a bar.
fn drums(pen: &mut Pen, body: u32) {
    let energy = pen.now.energy;
    if energy > 450 || pen.frame.bar.index % 2 == 0 {
        pen.write(hit(LOW, Role::Punctuation, 0, 36, 6));
    }
    let half = pen.bars.half();
    let push = permille(pen.seed(), Domain::Percussion, pen.theme(), 1) < 500;
    if energy > 500 && half < body {
        pen.write(hit(LOW, Role::Punctuation, half, 38, 0));
    }
    if energy > 650 && push && half > 480 && half - 480 < body {
        pen.write(hit(LOW, Role::Punctuation, half - 480, 40, -6));
    }
}

/// Metal on the weak groups, as a backbeat.
fn metal(pen: &mut Pen, body: u32) {
    let groups = pen.bars.groups();
    let units: Vec4 = pen.bars.meter.beat_starts().iter().map(|&b| (b * 960.0) as u32).collect();
    let places: &[u32] =
        if groups.len() > 2 { &groups.iter().map(|g| g.0).collect::<Vec4>() } else { &units };
    for (i, &at) in places.iter().enumerate() {
        if i % 2 == 1 && at < body {
            pen.write(hit(METAL, Role::Punctuation, at, 70, -4));
        }
    }
}

type Vec4 = arrayvec::ArrayVec<u32, 16>;

/// How much of the bar's end a fill takes: in the last bar of a phrase, by boundary and energy (MUSIC 4).
fn fill_length(pen: &Pen) -> u32 {
    let place = pen.place();
    if place.in_phrase != 7 || pen.now.energy < 150 || pen.now.dialogue > 300 {
        return 0;
    }
    let chance = if place.in_section == 31 { 900 } else { 500 } * (pen.now.energy + 1000) / 2000;
    if permille(pen.seed(), Domain::Percussion, place.phrase, 2) >= chance {
        return 0;
    }
    let last = pen.bars.meter.beat_starts().last().copied().unwrap_or(0.0);
    (pen.bars.length - (last * 960.0).round() as u32).min(pen.bars.length / 2)
}

/// Rising toms that grow louder, with a breath before the next bar.
fn toms(pen: &mut Pen, from: u32, length: u32) {
    let step = if length >= 960 { 240 } else { 120 };
    let count = (length / step).max(1);
    for i in 0..count {
        // The last place stays empty: silence before the boundary is the strongest accent.
        if i + 1 == count && count > 2 {
            break;
        }
        let height = 50 + (i * 9 / count) as i32;
        pen.write(hit(MID, Role::Fill, from + i * step, height, -4 + (i * 16 / count) as i32));
    }
}
