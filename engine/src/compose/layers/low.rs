//! Low: the foundation. A held sub, and from some energy on a bass that moves.
//! Source: MUSIC 5.1 (24–50), 2.6 (low-interval limits: only octaves of the bass below it). In/out: see [`super`].

use super::{Pen, Sketch, Span, figures};
use crate::compose::choose::permille;
use crate::note::{Articulation, Role};
use crate::random::Domain;
use crate::theory::{clear, step_positions};

/// What the moving bass plays between its accents, semitones above its root: the root, fifth and octave, or the octave
/// (MUSIC 4: "5-8-5"). One per theme.
const COURSES: [&[i32]; 3] = [&[0], &[7, 12, 7], &[0, 12]];

pub(super) fn write(pen: &mut Pen) {
    for span in pen.spans() {
        held(pen, &span);
        if pen.now.energy > 250 && pen.now.dialogue < 600 {
            moving(pen, &span);
        }
    }
}

/// The sub: always an octave below the voicing's bass, so that it moves as the voice leading meant.
fn deep(span: &Span) -> i32 {
    span.voices()[0] - 12
}

fn held(pen: &mut Pen, span: &Span) {
    let pitch = deep(span);
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

/// The bass itself, an octave above the sub, in short notes as the section drives.
fn moving(pen: &mut Pen, span: &Span) {
    let step = pen.step(50, 240).min(960);
    let Some(drive) = figures::drive(pen) else { return };
    let luck = permille(pen.seed(), Domain::Figure, pen.theme(), 0) as usize;
    let figure = drive.bass[luck * drive.bass.len() / 1000];
    let root = deep(span) + 12;
    let course =
        COURSES[permille(pen.seed(), Domain::Figure, pen.theme(), 1) as usize * COURSES.len() / 1000];
    let bears_fifth = span.chord.chord.pcs >> (root + 7).rem_euclid(12) & 1 == 1;
    let duty = pen.now.duty() as u32;
    let mut since_accent = 0;
    for (i, at) in step_positions(&pen.bars, step).into_iter().enumerate() {
        let on = figure >> (i % 8) & 1 == 1 || at == span.from;
        if !on || !(span.from..span.until).contains(&at) {
            continue;
        }
        let accented = pen.bars.weight(at) >= 50 || at == span.from;
        let above = if accented { 0 } else { course[since_accent % course.len()] };
        since_accent = if accented { 0 } else { since_accent + 1 };
        // Above its range the bass turns down: a fifth is then a fourth below. Where the chord has none, or it would blur, the
        // octave stands for it, else the root.
        let fits = |above: i32| {
            let pitch = pen.in_range(root + above);
            let clears = span.clears(pitch) && clear(&[deep(span) as u8, pitch as u8]);
            ((above != 7 || bears_fifth) && clears).then_some(pitch)
        };
        let pitch = if above == 0 { root } else { [above, 12].into_iter().find_map(fits).unwrap_or(root) };
        pen.write(Sketch {
            part: 1,
            role: Role::Bass,
            articulation: if accented { Articulation::Accent } else { Articulation::Short },
            at,
            length: (step * duty / 100).max(60).min(span.until - at),
            pitch,
            loud: -4,
        });
    }
}
