//! MUSIC 9 test 8: how the four voices of the harmony move.

use super::corpus::{MINDS, Piece, groups};
use super::figures::{Figure, must_fail};
use cuewright_engine::theory::{Request, Voices, clear, voice};

#[derive(Default)]
pub struct Leading {
    changes: u32,
    parallels: u32,
    crossings: u32,
    overlaps: u32,
    moved: u32,
    movers: u32,
    leaps: u32,
    chords: u32,
    muddy: u32,
}

impl Leading {
    fn add(&mut self, before: &Voices, after: &Voices) {
        let motion = |v: usize| i32::from(after[v]) - i32::from(before[v]);
        self.changes += 1;
        self.crossings += u32::from(after.windows(2).any(|w| w[0] > w[1]));
        self.overlaps += u32::from((0..3).any(|v| after[v + 1] < before[v] || after[v] > before[v + 1]));
        for low in 0..4 {
            for high in low + 1..4 {
                let was = before[high].abs_diff(before[low]) % 12;
                let is = after[high].abs_diff(after[low]) % 12;
                self.parallels +=
                    u32::from(motion(low) * motion(high) > 0 && was == is && (is == 0 || is == 7));
            }
        }
        for v in 1..4 {
            self.moved += motion(v).unsigned_abs();
            self.movers += 1;
            self.leaps += u32::from(motion(v).abs() > 7);
        }
    }

    fn chord(&mut self, voices: &Voices) {
        self.chords += 1;
        self.muddy += u32::from(!clear(voices));
    }

    /// Parallels, crossings, overlaps per 100 changes; shares of large leaps and of muddy chords; semitones per voice.
    fn figures(&self) -> [f64; 6] {
        let per = |n: u32, of: u32| f64::from(n) / f64::from(of.max(1));
        [
            100.0 * per(self.parallels, self.changes),
            100.0 * per(self.crossings, self.changes),
            100.0 * per(self.overlaps, self.changes),
            per(self.leaps, self.movers),
            per(self.muddy, self.chords),
            per(self.moved, self.movers),
        ]
    }
}

/// How a group's harmony moves as written, and when every chord is voiced for itself.
fn led_and_unled(group: &[Piece]) -> (Leading, Leading) {
    let (mut led, mut unled) = (Leading::default(), Leading::default());
    for piece in group {
        let mut last: Option<(Voices, Voices, bool)> = None;
        for frame in &piece.frames {
            for placed in &frame.chords {
                let voices: Voices = std::array::from_fn(|v| placed.voices[v]);
                let (pcs, bass) = (placed.chord.pcs, placed.chord.bass);
                let alone = voice(&Request { pcs, bass, third: 12, center: 59, ..Default::default() }, None);
                if let (Some((before, before_alone, false)), false, false) =
                    (last, placed.tied, frame.planing)
                    && before != voices
                {
                    led.add(&before, &voices);
                    unled.add(&before_alone, &alone);
                }
                led.chord(&voices);
                last = Some((voices, alone, frame.planing));
            }
        }
    }
    (led, unled)
}

#[test]
fn voices_are_led_and_unled_ones_are_not() {
    let mut figures: [Figure; 6] = Default::default();
    let (mut controls, mut broken) = (0, 0);
    for group in groups() {
        let (led, unled) = led_and_unled(group);
        if led.changes < 20 {
            continue;
        }
        let tense =
            cuewright_engine::cue::Mood::from_array(MINDS[group[0].mind].axes).tension_effective() >= 0.5;
        for (i, (figure, value)) in figures.iter_mut().zip(led.figures()).enumerate() {
            if i != 4 || !tense {
                figure.add(value, group[0].name());
            }
        }
        let [parallels, _, overlaps, leaps, _, motion] = unled.figures();
        controls += 1;
        broken += u32::from(parallels > 1.5 || overlaps > 3.0 || leaps > 0.02 || motion > 1.9);
    }
    let [parallels, crossings, overlaps, leaps, muddy, motion] = &figures;
    parallels.hold("8 parallel fifths and octaves per 100", (0.0, 1.5));
    crossings.hold("8 crossings per 100", (0.0, 1.0));
    overlaps.hold("8 overlaps per 100", (0.0, 3.0));
    leaps.hold("8 upper leaps over a fifth", (0.0, 0.02));
    muddy.hold("8 chords below the low-interval limits", (0.0, 0.01));
    // Horror reaches 2.2: over a held bass its chords of seconds leave three upper voices no choice of notes.
    motion.hold_reached("8 semitones per upper voice", (0.0, 1.9), (0.0, 2.3), 0.88);
    must_fail("chords voiced each for itself", broken == controls);
}
