//! Power: brass that carries the climax, choir for wonder and size.
//! Source: MUSIC 4 (stabs on the largest groups above .7), 5.1, 1.4 (choir by wonder). In/out: see [`super`].

use super::{Pen, Sketch, Span};
use crate::mapping::{CHOIR_BY_SCALE, CHOIR_BY_WONDER};
use crate::note::{Articulation, Role};

pub(super) fn write(pen: &mut Pen) {
    let (energy, scale, wonder) = (pen.now.energy, pen.now.scale, pen.now.wonder);
    for span in pen.spans() {
        if energy > 300 || scale > 500 {
            brass(pen, &span);
        }
        if wonder > 400 || scale > 600 {
            choir(pen, &span);
        }
    }
    if energy > 700 {
        stabs(pen);
    }
}

/// The chord in its lower middle. Phrases are approached by a swell and begun with an accent.
fn brass(pen: &mut Pen, span: &Span) {
    let [bass, tenor, alto, _] = span.voices();
    let articulation = match (pen.place.in_phrase, span.from) {
        (7, _) => Articulation::Swell,
        (0, 0) => Articulation::Accent,
        _ if span.chord.tied && span.from == 0 => Articulation::Legato,
        _ => Articulation::Sustain,
    };
    // Where stabs follow they take the held chord's breath.
    let stab =
        first_stab(pen).filter(|&at| pen.now.energy > 700 && (span.from + 1..span.until).contains(&at));
    let until = stab.unwrap_or(span.until);
    // Where women sing the alto is theirs: two on one note would move as one.
    let sung = pen.now.wonder > 400 || pen.now.scale > 600;
    let mut last = 0;
    for (pitch, loud) in [(bass, 0), (tenor, -2), (alto, -2)] {
        if pitch != last && !(sung && pitch == alto) {
            pen.write(Sketch {
                part: 0,
                role: Role::Harmony,
                articulation,
                at: span.from,
                length: (until - span.from) * 15 / 16,
                pitch,
                loud,
            });
        }
        last = pitch;
    }
}

fn choir(pen: &mut Pen, span: &Span) {
    let [_, tenor, alto, soprano] = span.voices();
    let loud = CHOIR_BY_WONDER.at(pen.now.wonder) + CHOIR_BY_SCALE.at(pen.now.scale);
    // Men sing where no brass has their notes.
    if pen.now.energy <= 300 && pen.now.scale <= 500 {
        pen.hold(1, span, tenor, loud);
    }
    if alto != tenor {
        pen.hold(1, span, alto, loud);
    }
    if soprano != alto {
        pen.hold(1, span, soprano, loud);
    }
}

fn first_stab(pen: &Pen) -> Option<u32> {
    pen.bars.groups().iter().map(|group| group.0).find(|&at| at > 0 && pen.bars.weight(at) >= 50)
}

/// Short chords on the largest groups of the second half, an octave above the bass.
fn stabs(pen: &mut Pen) {
    for (at, _) in pen.bars.groups() {
        if at == 0 || pen.bars.weight(at) < 50 {
            continue;
        }
        let Some(span) = pen.span_at(at) else { continue };
        let [_, tenor, alto, _] = span.voices();
        for pitch in [tenor, alto] {
            pen.write(Sketch {
                part: 0,
                role: Role::Punctuation,
                articulation: Articulation::Accent,
                at,
                length: 360,
                pitch,
                loud: 4,
            });
        }
    }
}
