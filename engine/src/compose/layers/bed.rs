//! Bed: the harmony everything lies on, and under it, where nothing else holds the bass, a drone.
//! Source: MUSIC 5.1, 5.2 (register 43–67 and above), 5.4 (under speech: below C4). In/out: see [`super`].

use super::Pen;
use crate::stem::Stem;

pub(super) fn write(pen: &mut Pen) {
    for span in pen.spans() {
        let [bass, tenor, alto, soprano] = span.voices();
        // Under speech the notes between C4 and C6 give way.
        let talking = pen.now.dialogue > 500;
        let quiet = |voice: i32| talking && (60..84).contains(&voice);
        let mut last = 0;
        for voice in [tenor, alto, soprano] {
            if voice != last && !(quiet(voice) && voice != tenor) {
                pen.hold(0, &span, voice, -6);
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
    }
}
