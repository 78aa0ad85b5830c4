//! Perc: lows mark the form, mids carry the groove, highs the motion, metal the accents; fills before boundaries.
//! Source: MUSIC 4 (patterns by energy, three-band rule, fill grammar, syncopation by tension). In/out: heights: low 36–40, mid 50–59, high 80, metal 70.

use super::{Pen, Sketch, figures};
use crate::compose::choose::permille;
use crate::compose::form::{Ending, UNIT_BARS};
use crate::compose::gates;
use crate::mapping::{GROOVE_WEIGHT, SYNCOPATION, THREES};
use crate::note::{Articulation, Role};
use crate::random::Domain;
use crate::theory::{euclid, step_positions};
use arrayvec::ArrayVec;

const LOW: u8 = 0;
const MID: u8 = 1;
const HIGH: u8 = 2;
const METAL: u8 = 3;

pub(super) fn write(pen: &mut Pen) {
    let energy = pen.now.energy;
    let fill = fill_length(pen);
    let body = pen.bars.length - fill;
    if gates::heartbeat(&pen.now) > 0 {
        heart(pen);
        return;
    }
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
    } else {
        roll(pen);
    }
    for at in pen.hits() {
        pen.write(hit(LOW, Role::Hit, at, 36, 14));
    }
}

fn hit(part: u8, role: Role, at: u32, height: i32, loud: i32) -> Sketch {
    Sketch { part, role, articulation: Articulation::Short, at, length: 120, pitch: height, loud }
}

/// A heartbeat: two soft strokes 0.22 s apart, at the pace of a heart at rest whatever the tempo.
fn heart(pen: &mut Pen) {
    // 50–70 a minute: of the meter's own steps the one nearest to one a second.
    let step = crate::compose::axes::step_for(1000, pen.now.tempo(pen.plan), pen.bars.compound(), 240);
    let second = pen.ticks(220);
    for at in step_positions(&pen.bars, step) {
        pen.write(hit(LOW, Role::Punctuation, at, 36, -10));
        if at + second < pen.bars.length {
            pen.write(hit(LOW, Role::Punctuation, at + second, 36, -18));
        }
    }
}

/// Highs: a grid of ticks that persists. Between the beats while nothing else strikes, then Euclidean rhythms of the theme.
fn ticks(pen: &mut Pen) {
    let step = pen.step(75, 240).min(960);
    let luck = permille(pen.seed(), Domain::Percussion, pen.theme(), 0);
    let places = step_positions(&pen.bars, step);
    let count = places.len() as u32;
    // Full, seven or five of eight: (7,16), (5,8) and their kin in every meter.
    let share = figures::drive(pen).map_or([8, 7, 5][(luck % 3) as usize], |drive| drive.ticks);
    for (i, at) in places.into_iter().enumerate() {
        let weight = pen.weight(at);
        // The bar line belongs to the drums; ticks answer it.
        let rests = at == 0 || !euclid((count * share).div_ceil(8), count, i as u32);
        if !rests {
            pen.write(hit(HIGH, Role::Motion, at, 80, -16 - (weight - 25) / 5));
        }
    }
}

/// Which places the mids strike.
#[derive(Clone, Copy, PartialEq)]
enum Groove {
    /// By metric weight against a threshold that energy lowers.
    Weights,
    /// Three, three, two.
    Threes,
    /// Every step but the second of four.
    Gallop,
}

/// Mids: one pattern per theme and, in the last bar of a unit, its variant; tension pushes hits ahead of the beat.
fn groove(pen: &mut Pen, body: u32) {
    let energy = pen.now.energy;
    let luck = permille(pen.seed(), Domain::Percussion, pen.theme(), 3);
    // Three, three, two pulls against the beat.
    let threes = THREES.at(pen.now.tension);
    let drums = figures::drive(pen).is_none_or(|drive| drive.drums);
    let kind = match luck {
        _ if !drums => Groove::Weights,
        _ if luck < 450 && energy >= 700 => Groove::Gallop,
        _ if luck < threes => Groove::Threes,
        _ => Groove::Weights,
    };
    let step = if kind != Groove::Weights || energy > 800 { 240 } else { 480 };
    let threshold = GROOVE_WEIGHT.at(energy);
    let turn = i64::from(pen.place.in_unit == UNIT_BARS - 1) * 100;
    let places = step_positions(&pen.bars, step);
    let count = places.len() as u32;
    for (i, at) in places.into_iter().enumerate() {
        let place = 10 + i as i64 + if 2 * at >= pen.bars.length { turn } else { 0 };
        let luck = permille(pen.seed(), Domain::Percussion, pen.theme(), place);
        let struck = match kind {
            Groove::Weights => pen.weight(at) + luck * 60 / 1000 >= threshold + 20,
            // E(3n/8, n): 3+3+2 over eight steps, x..x..x.x..x..x. over sixteen.
            Groove::Threes => euclid((3 * count).div_ceil(8), count, i as u32) || (turn > 0 && luck < 150),
            Groove::Gallop => i % 4 != 1,
        };
        if !struck || at == 0 || at >= body {
            continue;
        }
        let pushed = pushed(pen, at, i);
        let soft = kind == Groove::Gallop && i % 4 != 0;
        let height = 50 + (luck * 60 / 1000 / 20) * 3;
        pen.write(hit(MID, Role::Punctuation, pushed, height, if soft { -14 } else { -6 }));
    }
}

/// Where a hit of the groove falls: on its place, or, by tension, an eighth ahead of it (MUSIC 1.4, syncopation).
fn pushed(pen: &Pen, at: u32, i: usize) -> u32 {
    let chance = SYNCOPATION.at(pen.now.tension);
    let luck = permille(pen.seed(), Domain::Percussion, pen.theme(), 200 + i as i64);
    // Only what is heavy is missed where it is not.
    if luck < 2 * chance && at > 480 && pen.bars.weight(at) >= 25 { at - 240 } else { at }
}

/// Lows: bar lines and, with energy, the heaviest group or a push before it; at most three in a bar. Many players
/// never strike as one: toms beside the drum come a moment after it.
fn drums(pen: &mut Pen, body: u32) {
    let energy = pen.now.energy;
    let place = pen.place;
    // One source at a time has the lowest octave: where an impact falls the drum leaves it alone.
    if (energy > 450 || place.number % 2 == 0) && !super::fx::strikes(pen, &place) {
        pen.write(hit(LOW, Role::Punctuation, 0, 36, 6));
        if pen.now.scale > 400 && energy > 450 {
            let behind = 12 + permille(pen.seed(), Domain::Percussion, place.number, 5) * 16 / 1000;
            // On the grid for those who ask for no players.
            let late = pen.humanised(behind) as u32;
            pen.write(hit(MID, Role::Punctuation, pen.ticks(late), 50, -4));
        }
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

type Places = ArrayVec<u32, 16>;

/// Metal on the weak groups, as a backbeat.
fn metal(pen: &mut Pen, body: u32) {
    let groups: Places = pen.bars.groups().iter().map(|group| group.0).collect();
    let beats: Places = pen.bars.meter.beat_starts().iter().map(|&b| (b * 960.0) as u32).collect();
    let places = if groups.len() > 2 { groups } else { beats };
    for (i, at) in places.into_iter().enumerate() {
        if i % 2 == 1 && at < body {
            pen.write(hit(METAL, Role::Punctuation, at, 70, -4));
        }
    }
}

/// How many joints that no fill announces are rolled to, thousandths, by what follows (as [`fill_length`]). Taste: with the
/// fills about every phrase of driven music is announced, every other of calmer.
const ROLLS: [i32; 3] = [300, 500, 800];

/// Energy from which drums roll: softer music is led by swells alone, thousandths.
const ROLLS_FROM: i32 = 80;

/// Where no fill leads to the next phrase a drum may roll there, swelling from nothing through the second half of the
/// bar: music of an orchestra's size announces itself so.
fn roll(pen: &mut Pen) {
    let place = pen.place;
    let wide = pen.now.scale > 0 && pen.now.energy >= ROLLS_FROM && pen.now.dialogue <= 300;
    if !place.turns || !wide || place.bar >= pen.plan.course().last() {
        return;
    }
    if permille(pen.seed(), Domain::Tremolo, place.phrase, 1) < ROLLS[place.ending as usize] {
        let (half, length) = (pen.bars.half(), pen.bars.length);
        pen.write(Sketch {
            part: MID,
            role: Role::Build,
            articulation: Articulation::Swell,
            at: half,
            length: length - half,
            pitch: 50,
            loud: 0,
        });
    }
}

/// How much of the bar's end a fill takes: in the last bar of a phrase, by the boundary after it and energy (MUSIC 4:
/// .2, .5, .9 before bars 9, 17, 33).
fn fill_length(pen: &Pen) -> u32 {
    let place = pen.place;
    if !place.turns || pen.now.energy < 150 || pen.now.dialogue > 300 {
        return 0;
    }
    let strength = match place.ending {
        Ending::Open => 200,
        Ending::Medium => 500,
        Ending::Strong => 900,
    };
    let chance = strength * (pen.now.energy + 1000) / 2000;
    if permille(pen.seed(), Domain::Percussion, place.phrase, 2) >= chance {
        return 0;
    }
    let last = pen.bars.meter.beat_starts().last().copied().unwrap_or(0.0);
    (pen.bars.length - (last * 960.0).round() as u32).min(pen.bars.length / 2)
}

/// Rising toms, 6 dB louder at their end than at their start, and, in half of the fills, a breath of 60–250 ms.
fn toms(pen: &mut Pen, from: u32, length: u32) {
    let step = if length >= 960 { 240 } else { 120 };
    let luck = permille(pen.seed(), Domain::Percussion, pen.place.phrase, 4) as u32;
    let breath = if luck < 500 { pen.ticks(60 + luck * 190 / 500) } else { 0 };
    let count = (length.saturating_sub(breath) / step).max(1);
    for i in 0..count {
        // Three toms, from the lowest up.
        let height = 50 + (i * 3 / count) as i32 * 4;
        let loud = -12 + (i * 30 / count.max(2)) as i32;
        pen.write(hit(MID, Role::Fill, from + i * step, height, loud));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::tests::plan;
    use crate::compose::{BarFrame, compose};
    use crate::cue::{Cue, Mood};
    use crate::note::Note;
    use crate::stem::Stem;

    #[test]
    fn drums_roll_to_joints_of_wide_music_where_no_fill_does() {
        let written = |seed: u64, energy: f32, scale: f32| -> (Vec<BarFrame>, Vec<Note>) {
            let mood = Mood { valence: 0.3, energy, scale, ..Mood::default() };
            compose(&plan(&Cue { seed, mood, ..Cue::default() }), 0..32)
        };
        let rolls = |notes: &[Note]| -> Vec<Note> {
            let rolls = |n: &&Note| n.stem == Stem::Perc && n.role == Role::Build;
            notes.iter().filter(rolls).cloned().collect()
        };
        let mut count = 0;
        for seed in 0..20 {
            let (frames, notes) = written(seed, 0.35, 0.4);
            for roll in rolls(&notes) {
                let bar = frames.iter().find(|f| (f.bar.start..f.bar.end()).contains(&roll.onset)).unwrap();
                assert_eq!(roll.onset + roll.length, bar.bar.end());
                assert!(bar.bar.index % 8 == 7 && bar.bar.index < 31, "bar {}", bar.bar.index);
                let filled =
                    |n: &&Note| n.role == Role::Fill && (bar.bar.start..bar.bar.end()).contains(&n.onset);
                assert!(!notes.iter().any(|n| filled(&n)));
                count += 1;
            }
            assert!(rolls(&written(seed, 0.35, -0.4).1).is_empty());
            assert!(rolls(&written(seed, -0.4, 0.4).1).is_empty());
        }
        // Of sixty joints.
        assert!((8..=40).contains(&count), "{count}");
    }
}
