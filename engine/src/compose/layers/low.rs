//! Low: the foundation. A held sub, and from some energy on a bass that moves.
//! Source: MUSIC 5.1 (24–50), 2.6 (low-interval limits: only octaves of the bass below it). In/out: see [`super`].

use super::{Pen, Sketch, Span};
use crate::compose::choose::permille;
use crate::note::{Articulation, Role};
use crate::random::Domain;
use crate::theory::step_positions;

pub(super) fn write(pen: &mut Pen) {
    for span in pen.spans() {
        held(pen, &span);
        if pen.now.energy > 250 && pen.now.dialogue < 600 {
            moving(pen, &span);
        }
    }
}

/// The bass note at the register the mood gives it: at most G2, an octave lower where it is epic or dark.
fn deep(pen: &Pen, span: &Span) -> i32 {
    let ceiling = 43 - 5 * pen.now.darkness.max(0) / 1000 - if pen.now.scale > 500 { 5 } else { 0 };
    let mut pitch = span.voices()[0];
    while pitch > ceiling {
        pitch -= 12;
    }
    pitch.max(24)
}

fn held(pen: &mut Pen, span: &Span) {
    let pitch = deep(pen, span);
    let note = |at, length, articulation| Sketch {
        part: 0,
        role: Role::Bass,
        articulation,
        at,
        length,
        pitch,
        loud: 4,
    };
    let half = pen.bars.half();
    let first = if span.chord.tied && span.from == 0 { Articulation::Legato } else { Articulation::Sustain };
    // From some energy on the bass is struck again at the middle of the bar.
    if pen.now.energy > 0 && span.from < half && span.until > half {
        pen.write(note(span.from, half - span.from, first));
        pen.write(note(half, span.until - half, Articulation::Sustain));
    } else {
        pen.write(note(span.from, span.length(), first));
    }
}

/// Which steps of eight sound, and which of them an octave up.
const FIGURES: [(u8, u8); 5] = [
    (0b1111_1111, 0b0000_0000),
    (0b0111_0111, 0b0010_0010),
    (0b1011_1011, 0b1000_1000),
    (0b1101_1101, 0b0100_0000),
    (0b0101_0101, 0b0100_0100),
];

fn moving(pen: &mut Pen, span: &Span) {
    let step = pen.step(60, 240).min(960);
    let figure = FIGURES[(permille(pen.seed(), Domain::Figure, pen.theme(), 0) / 200) as usize % 5];
    let root = deep(pen, span);
    let duty = pen.now.duty() as u32;
    for (i, at) in step_positions(&pen.bars, step).into_iter().enumerate() {
        let on = figure.0 >> (i % 8) & 1 == 1 || at == span.from;
        if !on || !(span.from..span.until).contains(&at) {
            continue;
        }
        let up = if figure.1 >> (i % 8) & 1 == 1 && root + 12 <= 50 { 12 } else { 0 };
        let accented = pen.bars.weight(at) >= 50;
        pen.write(Sketch {
            part: 1,
            role: Role::Bass,
            articulation: if accented { Articulation::Accent } else { Articulation::Short },
            at,
            length: (step * duty / 100).max(60).min(span.until - at),
            pitch: root + up,
            loud: -4,
        });
    }
}
