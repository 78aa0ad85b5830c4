//! Bed: the harmony everything lies on, broken in the section's figure where little else moves, and under it, where
//! nothing else holds the bass, a drone.
//! Source: MUSIC 2.4 (drones), 5.1, 5.2 (register 43–67 and above), 5.4 (under speech: below C4). In/out: see [`super`].

use super::figures::{self, Figure};
use super::{OSTINATO_FROM, Pen, Sketch, Span};
use crate::compose::PlacedChord;
use crate::compose::axes::Axes;
use crate::compose::choose::permille;
use crate::note::{Articulation, Role};
use crate::random::Domain;
use crate::stem::Stem;
use crate::theory::step_positions;
use arrayvec::ArrayVec;

/// Below this energy held notes keep this many semitones from the tune (MUSIC 5.2), or are softer by so much velocity.
/// Velocity: tuned until LEAD stands 3 dB above BED in 1–4 kHz (MUSIC 5.2) in soft moods of every factory cue.
const SOFT_BELOW: i32 = 300;
const APART: i32 = 5;
const GIVES_WAY: i32 = 8;

/// Tension from which the bed lies still whatever the section: what lurks does not rock, thousandths. Taste.
const STRAINED: i32 = 300;

/// How fast the drone's fifth comes with ease: at an effective tension of -.5 it is there in every unit. Tuned with the
/// sweep of tension, whose key was as clear at rest as at full ease.
const EASED: i32 = 2;

/// A broken chord lies from this note up: from G3 its thirds are clear (MUSIC 2.6), and its top stays under a tune.
const CLOSE_FROM: i32 = 55;

/// Velocity a figure's later strokes are softer by: about half a dB. Taste.
const LIGHTER: i32 = 3;

/// Moods whose bed may lie on the scale instead of its chords, and how many of their units do, thousandths (MUSIC 2.4; the
/// share is taste: the chords stay the rule).
const PANDIATONIC_CELLS: [&str; 2] = ["tender", "wonder"];
const PANDIATONIC: i32 = 350;

pub(super) fn write(pen: &mut Pen) {
    if pen.answers() {
        pen.answer();
    }
    let (figure, tune) = (figure(pen), tune_floor(pen));
    let talking = pen.now.dialogue > 500;
    let pad = if figure.is_none() && !talking { pandiatonic(pen) } else { ArrayVec::new() };
    for &pitch in &pad {
        pen.write(Sketch {
            part: 0,
            role: Role::Harmony,
            articulation: if pen.place.in_unit > 0 { Articulation::Legato } else { Articulation::Sustain },
            at: 0,
            length: pen.bars.length,
            pitch,
            loud: softness(tune, pitch),
        });
    }
    for span in pen.spans() {
        let bass = span.voices()[0];
        match figure {
            Some(figure) => broken(pen, &span, figure, tune),
            None if pad.is_empty() => held(pen, &span, tune, talking),
            None => {}
        }
        let alone = !pen.frame.stems[Stem::Low.index()];
        // Not beside a moving bass, which plays the same note.
        let heavy = pen.now.scale <= 300
            && pen.now.energy <= 250
            && (pen.now.darkness > 400 || pen.now.tension > 600);
        if alone || heavy {
            pen.hold(1, &span, bass, -10);
        }
        // The less tension the surer the ground (1.4: key clarity).
        let luck = permille(pen.seed(), Domain::Figure, pen.theme() * 2 + pen.place.in_phrase / 4, 20);
        let grounded = luck < 1000 - 3 * pen.now.tension;
        if (pen.now.energy < -300 || grounded) && !talking && pad.is_empty() {
            // At full ease the fifth is always there.
            let eased = luck < -EASED * pen.now.tension;
            drone(pen, &span, eased);
        }
    }
}

/// The figure the bed moves in: in moods where nobody else does, not under speech, and not in the last chord.
fn figure(pen: &Pen) -> Option<&'static Figure> {
    let last = pen.place.bar == pen.plan.course().last();
    let bar = Axes::of(&pen.frame.climate);
    let calm = bar.energy <= OSTINATO_FROM && bar.tension < STRAINED;
    let still = calm && pen.now.dialogue <= 300 && !last;
    still.then(|| figures::bed(pen)).filter(|figure| !figure.rows.is_empty())
}

/// Four or five notes of the scale that lie still while the bass and the strings move on under them (MUSIC 2.4): tonic
/// and fifth from C3, third, second and perhaps sixth from C4, never the fourth. None where the unit lies on its chords,
/// where one of them is borrowed, and where a phrase turns to its end.
fn pandiatonic(pen: &Pen) -> ArrayVec<i32, 5> {
    let (frame, place) = (pen.frame, pen.place);
    let luck = |j| permille(pen.seed(), Domain::Figure, place.unit, j);
    let calm = Axes::of(&frame.climate).tension < 0 && PANDIATONIC_CELLS.contains(&frame.cell);
    let borrowed = |chord: &PlacedChord| chord.chord.pcs & !frame.scale != 0;
    if !calm || place.turns || luck(21) >= PANDIATONIC || frame.chords.iter().any(borrowed) {
        return ArrayVec::new();
    }
    let tonic = i32::from(frame.tonic);
    let scale = || (tonic..tonic + 12).filter(|pitch| frame.scale >> (pitch % 12) & 1 == 1);
    let spans = pen.spans();
    let clears = |pitch: &i32| spans.iter().all(|span| span.clears(*pitch));
    let degrees: &[(usize, i32)] = if luck(22) < 500 {
        &[(0, 48), (4, 48), (2, 60), (1, 60)]
    } else {
        &[(0, 48), (4, 48), (2, 60), (1, 60), (5, 60)]
    };
    let pitches = degrees.iter().filter_map(|&(degree, floor)| {
        let class = scale().nth(degree)?;
        let lowest = floor + (class - floor).rem_euclid(12);
        [lowest, lowest + 12].into_iter().find(clears)
    });
    pitches.collect()
}

fn held(pen: &mut Pen, span: &Span, tune: Option<i32>, talking: bool) {
    let [_, tenor, alto, soprano] = span.voices();
    // Under speech the notes between C4 and C6 give way.
    let quiet = |voice: i32| talking && (60..84).contains(&voice);
    let mut last = 0;
    for voice in [tenor, alto, soprano] {
        if voice != last && !(quiet(voice) && voice != tenor) {
            pen.hold(0, span, voice, softness(tune, voice));
        }
        last = voice;
    }
}

/// The chord in a figure: in close position, so that a chord that comes back is broken as it was, and every note left
/// to ring until it is struck again.
fn broken(pen: &mut Pen, span: &Span, figure: &Figure, tune: Option<i32>) {
    let mut close: ArrayVec<i32, 3> = ArrayVec::new();
    for pitch in span.ladder(CLOSE_FROM + pen.now.chords_moved()) {
        // Seconds in a broken chord's hand are a cluster: what is added to a triad is left to the strings.
        if !close.is_full() && close.last().is_none_or(|below| pitch - below >= 3) {
            close.push(pitch);
        }
    }
    let step = pen.step(100, 480);
    let inner = step_positions(&pen.bars, step).into_iter().filter(|&at| at > span.from && at < span.until);
    let places: ArrayVec<u32, 65> = std::iter::once(span.from).chain(inner).collect();
    let count = if figure.turns { places.len() } else { places.len().min(figure.rows.len()) };
    for (rung, pitch) in close.into_iter().enumerate() {
        let strikes = |i: usize| figure.rows[i % figure.rows.len()] >> rung & 1 == 1;
        let mut until = span.until;
        for i in (0..count).rev().filter(|&i| strikes(i)) {
            let at = places[i];
            pen.write(Sketch {
                part: 0,
                role: Role::Motion,
                articulation: Articulation::Sustain,
                at,
                length: until - at,
                pitch,
                loud: softness(tune, pitch) - if i > 0 { LIGHTER } else { 0 },
            });
            until = at;
        }
    }
}

/// Velocity of a note of the chord: what would cover the tune, whose lowest note is given, gives way.
fn softness(tune: Option<i32>, pitch: i32) -> i32 {
    let covers = tune.is_some_and(|lowest| pitch > lowest - APART);
    if covers { -6 - GIVES_WAY } else { -6 }
}

/// The lowest note of a soft tune in this bar: what is held must not cover it.
fn tune_floor(pen: &Pen) -> Option<i32> {
    let soft = pen.now.energy < SOFT_BELOW;
    pen.frame.lead.iter().map(|note| i32::from(note.pitch)).min().filter(|_| soft)
}

/// Where little moves, the tonic is held through the chords that bear it, with the fifth where it is stiller or at ease.
fn drone(pen: &mut Pen, span: &Span, eased: bool) {
    let tonic = pen.frame.tonic;
    let voices = span.voices();
    let fifth = (eased || pen.now.energy < -500).then_some((tonic + 7) % 12);
    for pc in [Some(tonic), fifth].into_iter().flatten() {
        // From C3 up any interval above it is clear (2.6), but not every one below: then an octave higher.
        let pitch = [48, 60].map(|low| low + i32::from(pc)).into_iter().find(|&pitch| span.clears(pitch));
        if let Some(pitch) = pitch.filter(|pitch| span.bears(pc) && !voices.contains(pitch)) {
            pen.hold(1, span, pitch, -12);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::compose;
    use crate::compose::tests::plan;
    use crate::cue::{Cue, Mood};
    use crate::note::Note;

    #[test]
    fn calm_tender_and_wondrous_units_may_lie_on_the_scale() {
        let moods = [
            (true, Mood { valence: 0.6, energy: -0.4, tension: -0.4, ..Mood::default() }),
            (true, Mood { valence: 0.3, energy: -0.2, tension: -0.4, wonder: 0.9, ..Mood::default() }),
            (false, Mood { valence: -0.8, energy: 0.0, tension: 0.6, ..Mood::default() }),
        ];
        for (may, mood) in moods {
            let (mut lying, mut bars) = (0, 0);
            for seed in 0..20 {
                let (frames, notes) = compose(&plan(&Cue { seed, mood, ..Cue::default() }), 0..32);
                for frame in &frames {
                    let held = |n: &&Note| {
                        let inside = (n.onset - frame.bar.start).abs() < 1e-6 && n.part == 0;
                        n.stem == Stem::Bed && n.role == Role::Harmony && inside
                    };
                    let pitches: Vec<i32> = notes.iter().filter(held).map(|n| n.pitch as i32).collect();
                    bars += 1;
                    if pitches.len() < 4 {
                        continue;
                    }
                    lying += 1;
                    let step = |n| {
                        let tonic = i32::from(frame.tonic);
                        (tonic..tonic + 12).filter(|p| frame.scale >> (p % 12) & 1 == 1).nth(n).unwrap()
                    };
                    assert!(pitches.iter().all(|p| frame.scale >> (p % 12) & 1 == 1), "{pitches:?}");
                    assert!(pitches.iter().all(|p| (p - step(3)) % 12 != 0), "the fourth: {pitches:?}");
                    let rubs = |&a: &i32| pitches.iter().any(|&b| b - a == 1 && b < 60);
                    assert!(!pitches.iter().any(rubs), "{pitches:?}");
                }
            }
            let share = f64::from(lying) / f64::from(bars);
            assert_eq!(may, lying > 0);
            assert!(share < 0.35, "{share}");
        }
    }
}
