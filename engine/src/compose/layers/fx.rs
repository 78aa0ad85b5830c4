//! Fx: impacts on section starts and hits, risers and swells before boundaries, a downer after a fall.
//! Source: MUSIC 0.1 (gesture on a mood step), 5.1, 6.1. In/out: impacts sit exactly on their place.

use super::{Pen, Sketch};
use crate::compose::form::Place;
use crate::compose::gates::Leap;
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
    for (along, hit) in plan.hits_in(pen.place.number) {
        let at = pen.along(along);
        let loud = (20.0 * hit.strength) as i32;
        pen.write(effect(IMPACT, Role::Hit, at, 960, 30, loud));
        if hit.kind == HitKind::Stinger {
            pen.write(effect(DOWNER, Role::Hit, at, 1920, 60, loud - 10));
        }
    }
}

/// An impact where a section starts, a lighter one where a loud phrase does.
fn boundary(pen: &mut Pen) {
    let place = pen.place;
    let energy = pen.now.energy;
    if opens_section(pen, &place) {
        pen.write(effect(IMPACT, Role::Hit, 0, 1920, 30, energy / 100));
    } else if place.in_phrase == 0 && energy > 450 {
        pen.write(effect(IMPACT, Role::Hit, 0, 960, 36, -10));
    }
}

fn opens_section(pen: &Pen, place: &Place) -> bool {
    place.in_section == 0 && pen.now.energy > -400 && pen.now.dialogue < 600
}

/// Whether a full impact falls on the bar line.
pub(super) fn strikes(pen: &Pen, place: &Place) -> bool {
    opens_section(pen, place)
}

/// Toward a section a riser, toward a phrase a swell, in the last bar. The cue's own last bar leads nowhere but home: the
/// swell ends where its last chord comes in, and what was loud ends on a soft impact.
fn approach(pen: &mut Pen) {
    let place = pen.place;
    let length = pen.bars.length;
    let course = pen.plan.course();
    if place.bar == course.last() {
        if let (Some(arrival), true) = (pen.spans().get(1).map(|span| span.from), pen.now.energy > -200) {
            pen.write(effect(SWELL, Role::Build, 0, arrival, 72, -14));
            if pen.now.energy > 300 && pen.now.dialogue < 600 {
                pen.write(effect(IMPACT, Role::Hit, arrival, length - arrival, 30, -12));
            }
        }
        return;
    }
    if !place.turns || pen.now.dialogue > 500 {
        return;
    }
    if (place.in_section == 31 || course.comes_again(&place)) && pen.now.energy > 0 {
        pen.write(effect(RISER, Role::Build, 0, length, 60, 0));
    } else if pen.now.energy > -200 {
        let half = pen.bars.half();
        pen.write(effect(SWELL, Role::Build, half, length - half, 72, -10));
    }
}

/// A step of 0.6 or more on an axis is answered on the beat that follows it (MUSIC 0.1).
fn gesture(pen: &mut Pen) {
    let (at, rest) = (pen.from, pen.bars.length - pen.from);
    match pen.leap {
        Some(Leap::Fall) => pen.write(effect(DOWNER, Role::Hit, at, 1920, 60, -6)),
        Some(Leap::Rise) => pen.write(effect(IMPACT, Role::Hit, at, 960, 33, 6)),
        Some(Leap::Turn) => pen.write(effect(SWELL, Role::Hit, at, rest.max(960), 72, -6)),
        None => {}
    }
}
