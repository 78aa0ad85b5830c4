//! Strings: sustained harmony, a short ostinato, and high harmonics of wonder.
//! Source: MUSIC 4 (ostinato of a few chord notes), 5.1, 5.2 (doublings by scale), 1.4 (shimmer). In/out: see [`super`].

use super::{OSTINATO_FROM, Pen, Sketch, Span, ostinato};
use crate::compose::choose::permille;
use crate::mapping::{GLISSANDI, SHIMMER, TREMOLO};
use crate::note::{Articulation, Role};
use crate::random::Domain;
use crate::stem::Stem;

/// Farthest a voice slides into a cluster, semitones: two seconds at a glissando's rate.
const MOST_SLIDE: i32 = 4;

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
        held(pen, span, bass, -6);
    }
    // In a tutti with celli and brass the violas rest: at most 24 notes sound.
    let tutti = scale > 300 && pen.frame.stems[Stem::Power.index()];
    // The players of the tenor have the answer to play.
    if scale > -200 && !tutti && !pen.answers() {
        held(pen, span, tenor, -4);
    }
    if alto != tenor || scale <= -200 {
        held(pen, span, alto, -4);
    }
    if soprano != alto && pen.now.dialogue < 700 {
        held(pen, span, soprano, 0);
        // First violins an octave up from chamber size on; shimmer takes their place.
        let firsts = scale > 100 || pen.now.energy > 400;
        if firsts && pen.now.wonder <= 250 {
            held(pen, span, soprano + 12, -4);
        }
    }
}

/// A note of the sections: held, or under strain trembling, or sliding into a cluster. Units that rise to a joint tremble
/// rather than those that come out of one.
fn held(pen: &mut Pen, span: &Span, pitch: i32, loud: i32) {
    let place = pen.place;
    let luck =
        permille(pen.seed(), Domain::Tremolo, place.unit, 0) + if place.in_phrase < 4 { 200 } else { 0 };
    if slides(pen, span) {
        slide(pen, span, pitch, loud);
    } else if luck < TREMOLO.at(pen.now.tension) {
        pen.hold_as(Articulation::Tremolo, 0, span, pitch, loud);
    } else {
        pen.hold(0, span, pitch, loud);
    }
}

/// Whether the sections come into a chord from all sides: into clusters, and only where one is new.
fn slides(pen: &Pen, span: &Span) -> bool {
    let new = !(span.chord.tied && span.from == 0);
    let luck = permille(pen.seed(), Domain::Glissando, pen.place.number, i64::from(span.from));
    span.chord.chord.cluster && new && luck < GLISSANDI.at(pen.now.tension)
}

/// Every voice from a place of its own.
fn slide(pen: &mut Pen, span: &Span, pitch: i32, loud: i32) {
    let luck = permille(pen.seed(), Domain::Glissando, pen.place.number, 1 + i64::from(pitch));
    let far = 1 + luck * MOST_SLIDE / 1000;
    let from = if luck % 2 == 0 { pitch - far } else { pitch + far };
    pen.write_tagged(span.held(Articulation::Glissando, 0, pitch, loud), None, Some(from as f32));
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
        loud: SHIMMER.at(pen.now.wonder),
    });
}

#[cfg(test)]
mod tests {
    use super::MOST_SLIDE;
    use crate::compose::compose;
    use crate::compose::tests::plan;
    use crate::cue::{Cue, Mood};
    use crate::note::{Articulation, Role};
    use crate::stem::Stem;

    #[test]
    fn strings_slide_into_clusters_of_horror_and_nowhere_else() {
        let slides = |valence: f32, tension: f32| {
            let (mut slides, mut far) = (0, 0.0f32);
            for seed in 0..12 {
                let mood = Mood { valence, energy: 0.3, tension, ..Mood::default() };
                let (frames, notes) = compose(&plan(&Cue { seed, mood, ..Cue::default() }), 0..32);
                for note in notes.iter().filter(|n| n.articulation == Articulation::Glissando) {
                    let from = note.glide_from.unwrap();
                    far = far.max((from - note.pitch).abs());
                    assert!(from != note.pitch && note.stem == Stem::Strings);
                    let frame = frames.iter().rfind(|frame| frame.bar.start <= note.onset).unwrap();
                    assert!(frame.chord_at(note.onset - frame.bar.start).chord.cluster, "{note:?}");
                    slides += 1;
                }
            }
            assert!(far <= MOST_SLIDE as f32, "{far}");
            slides
        };
        assert_eq!((slides(0.6, 0.0), slides(-0.3, 0.0)), (0, 0));
        let horror = slides(-0.9, 1.0);
        assert!((40..2000).contains(&horror), "{horror} in 384 bars");
    }

    #[test]
    fn bows_tremble_under_strain_and_never_at_ease() {
        let share = |valence: f32, tension: f32| {
            let (mut trembling, mut all) = (0, 0);
            for seed in 0..12 {
                let mood = Mood { valence, energy: 0.2, tension, ..Mood::default() };
                let (_, notes) = compose(&plan(&Cue { seed, mood, ..Cue::default() }), 0..32);
                let held = |n: &&crate::note::Note| {
                    n.stem == Stem::Strings && n.part == 0 && n.role == Role::Harmony
                };
                all += notes.iter().filter(held).count();
                trembling +=
                    notes.iter().filter(held).filter(|n| n.articulation == Articulation::Tremolo).count();
            }
            f64::from(trembling as u32) / f64::from(all as u32)
        };
        assert_eq!(share(0.5, -0.5), 0.0);
        assert_eq!(share(0.1, 0.0), 0.0);
        let (some, most) = (share(-0.5, 0.3), share(-0.6, 1.0));
        assert!((0.02..0.5).contains(&some), "{some}");
        assert!((0.35..0.85).contains(&most), "{most}");
    }
}
