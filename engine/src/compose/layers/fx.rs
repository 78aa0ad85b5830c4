//! Fx: impacts on section starts and hits, risers and swells before boundaries, a downer after a fall.
//! Source: MUSIC 0.1 (gesture on a mood step), 5.1, 6.1. In/out: impacts sit exactly on their place.

use super::{Pen, Sketch};
use crate::compose::axes::Axes;
use crate::cue::HitKind;
use crate::note::{Articulation, Role};

const IMPACT: u8 = 0;
const RISER: u8 = 1;
const DOWNER: u8 = 2;
const SWELL: u8 = 3;

pub(super) fn write(pen: &mut Pen) {
    hits(pen);
    boundary(pen);
    approach(pen);
    gesture(pen);
}

fn effect(part: u8, role: Role, at: u32, length: u32, pitch: i32, loud: i32) -> Sketch {
    let articulation = if part == IMPACT { Articulation::Accent } else { Articulation::Swell };
    Sketch { part, role, articulation, at, length, pitch, loud }
}

/// The hits of the picture, wherever in the bar they fall.
fn hits(pen: &mut Pen) {
    let plan = pen.plan;
    for hit in &plan.hits {
        let position = hit.bar - 1.0 - pen.frame.bar.index as f64;
        if !(0.0..1.0).contains(&position) {
            continue;
        }
        let at = (position * f64::from(pen.bars.length)).round() as u32;
        let loud = (20.0 * hit.strength) as i32;
        pen.write(effect(IMPACT, Role::Hit, at, 960, 30, loud));
        if hit.kind == HitKind::Stinger {
            pen.write(effect(DOWNER, Role::Hit, at, 1920, 60, loud - 10));
        }
    }
}

/// An impact where a section starts, a lighter one where a loud phrase does.
fn boundary(pen: &mut Pen) {
    let place = pen.place();
    let energy = pen.now.energy;
    if place.in_section == 0 && energy > -400 && pen.now.dialogue < 600 {
        pen.write(effect(IMPACT, Role::Hit, 0, 1920, 30, energy / 100));
    } else if place.in_phrase == 0 && energy > 450 {
        pen.write(effect(IMPACT, Role::Hit, 0, 960, 36, -10));
    }
}

/// Toward a section a riser, toward a phrase a swell, in the last bar.
fn approach(pen: &mut Pen) {
    let place = pen.place();
    let length = pen.bars.length;
    if place.in_phrase != 7 || pen.now.dialogue > 500 {
        return;
    }
    if place.in_section == 31 && pen.now.energy > 0 {
        pen.write(effect(RISER, Role::Build, 0, length, 60, 0));
    } else if pen.now.energy > -200 {
        let half = pen.bars.half();
        pen.write(effect(SWELL, Role::Build, half, length - half, 72, -10));
    }
}

/// A step of 0.6 or more on an axis at the bar line is answered at once (MUSIC 0.1).
fn gesture(pen: &mut Pen) {
    let (before, after) = (Axes::of(&pen.frame.climate_before), Axes::of(&pen.frame.climate));
    if !super::leaps(pen.frame) {
        return;
    }
    let rise = after.energy - before.energy;
    let turn = [
        after.valence - before.valence,
        after.tension - before.tension,
        after.wonder - before.wonder,
        after.scale - before.scale,
        after.darkness - before.darkness,
    ];
    if rise <= -600 {
        pen.write(effect(DOWNER, Role::Hit, 0, 1920, 60, -6));
    } else if rise >= 600 {
        pen.write(effect(IMPACT, Role::Hit, 0, 960, 33, 6));
    } else if turn.iter().any(|step| step.abs() >= 600) {
        pen.write(effect(SWELL, Role::Hit, 0, pen.bars.half(), 72, -6));
    }
}
