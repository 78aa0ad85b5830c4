//! Strings: sustained harmony, a short ostinato, and high harmonics of wonder.
//! Source: MUSIC 4 (ostinato of a few chord notes), 5.1, 5.2 (doublings by scale), 1.4 (shimmer). In/out: see [`super`].

use super::{OSTINATO_FROM, Pen, Sketch, Span, ostinato};
use crate::note::{Articulation, Role};
use crate::stem::Stem;

pub(super) fn write(pen: &mut Pen) {
    accents(pen);
    if pen.answers() {
        pen.answer();
    }
    for span in pen.spans() {
        sustain(pen, &span);
        if pen.now.wonder > 250 {
            shimmer(pen, &span);
        }
    }
    if pen.now.energy > OSTINATO_FROM && pen.now.dialogue < 800 {
        ostinato::write(pen);
    }
}

fn sustain(pen: &mut Pen, span: &Span) {
    let [bass, tenor, alto, soprano] = span.voices();
    let scale = pen.now.scale;
    if scale > 300 {
        pen.hold(0, span, bass, -6);
    }
    // In a tutti with celli and brass the violas rest: at most 24 notes sound.
    let tutti = scale > 300 && pen.frame.stems[Stem::Power.index()];
    // The players of the tenor have the answer to play.
    if scale > -200 && !tutti && !pen.answers() {
        pen.hold(0, span, tenor, -4);
    }
    if alto != tenor || scale <= -200 {
        pen.hold(0, span, alto, -4);
    }
    if soprano != alto && pen.now.dialogue < 700 {
        pen.hold(0, span, soprano, 0);
        // First violins an octave up from chamber size on; shimmer takes their place.
        let firsts = scale > 100 || pen.now.energy > 400;
        if firsts && pen.now.wonder <= 250 {
            pen.hold(0, span, soprano + 12, -4);
        }
    }
}

/// The chord struck again on every hit of the bar.
fn accents(pen: &mut Pen) {
    for at in pen.hits() {
        let Some(span) = pen.span_at(at) else { continue };
        for pitch in span.voices().into_iter().skip(1) {
            pen.write(Sketch {
                part: 1,
                role: Role::Hit,
                articulation: Articulation::Accent,
                at,
                length: 480,
                pitch,
                loud: 14,
            });
        }
    }
}

/// A held note above C6: the tonic or its fifth for as long as the chords bear one of them, else the soprano's.
fn shimmer(pen: &mut Pen, span: &Span) {
    let (tonic, soprano) = (pen.frame.tonic, span.voices()[3]);
    let pedal = [tonic, (tonic + 7) % 12].into_iter().find(|&pc| span.bears(pc));
    let pc = pedal.map_or(soprano % 12, i32::from);
    // B5 to Bb6: as near to the others' register as it can be above it.
    let high = 83 + (pc + 1) % 12;
    pen.write(Sketch {
        part: 2,
        role: Role::Texture,
        articulation: Articulation::Sustain,
        at: span.from,
        length: span.length(),
        pitch: high,
        loud: -24 + 12 * pen.now.wonder / 1000,
    });
}
