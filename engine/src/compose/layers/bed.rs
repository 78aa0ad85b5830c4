//! Bed: the harmony everything lies on, and under it, where nothing else holds the bass, a drone.
//! Source: MUSIC 2.4 (drones), 5.1, 5.2 (register 43–67 and above), 5.4 (under speech: below C4). In/out: see [`super`].

use super::{Pen, Span};
use crate::compose::choose::permille;
use crate::random::Domain;
use crate::stem::Stem;
use crate::theory::clear;

/// Below this energy held notes keep this many semitones from the tune (MUSIC 5.2), or are softer by so much velocity.
/// Velocity: tuned until LEAD stands 3 dB above BED in 1–4 kHz (MUSIC 5.2) in soft moods of every factory cue.
const SOFT_BELOW: i32 = 300;
const APART: i32 = 5;
const GIVES_WAY: i32 = 8;

pub(super) fn write(pen: &mut Pen) {
    if pen.answers() {
        pen.answer();
    }
    for span in pen.spans() {
        let [bass, tenor, alto, soprano] = span.voices();
        // Under speech the notes between C4 and C6 give way.
        let talking = pen.now.dialogue > 500;
        let quiet = |voice: i32| talking && (60..84).contains(&voice);
        let tune = tune_floor(pen);
        let mut last = 0;
        for voice in [tenor, alto, soprano] {
            if voice != last && !(quiet(voice) && voice != tenor) {
                let covers = tune.is_some_and(|lowest| voice > lowest - APART);
                pen.hold(0, &span, voice, if covers { -6 - GIVES_WAY } else { -6 });
            }
            last = voice;
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
        let luck = permille(pen.seed(), Domain::Figure, pen.theme() * 2 + pen.in_phrase() / 4, 20);
        let grounded = luck < 1000 - 3 * pen.now.tension;
        if (pen.now.energy < -300 || grounded) && !talking {
            drone(pen, &span);
        }
    }
}

/// The lowest note of a soft tune in this bar: what is held must not cover it.
fn tune_floor(pen: &Pen) -> Option<i32> {
    let soft = pen.now.energy < SOFT_BELOW;
    pen.frame.lead.iter().map(|note| i32::from(note.pitch)).min().filter(|_| soft)
}

/// Where little moves, the tonic is held through the chords that bear it, with the fifth where it is stiller yet.
fn drone(pen: &mut Pen, span: &Span) {
    let tonic = pen.frame.tonic;
    let voices = span.voices();
    let fifth = (pen.now.energy < -500).then_some((tonic + 7) % 12);
    for pc in [Some(tonic), fifth].into_iter().flatten() {
        // From C3 up any interval above it is clear (2.6), but not every one below: then an octave higher.
        let fits = |pitch: &i32| {
            let blurs = |&voice: &i32| !clear(&[voice.min(*pitch) as u8, voice.max(*pitch) as u8]);
            !voices.iter().any(blurs)
        };
        let pitch = [48, 60].map(|low| low + i32::from(pc)).into_iter().find(fits);
        if let Some(pitch) = pitch.filter(|pitch| span.bears(pc) && !voices.contains(pitch)) {
            pen.hold(1, span, pitch, -12);
        }
    }
}
