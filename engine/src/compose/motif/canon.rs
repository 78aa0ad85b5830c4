//! Canon: whether a motif can follow itself a bar behind.
//! Source: MUSIC 3.3 (canon at one bar: accepted where at most a fifth of the strong beats is dissonant). In/out: pure.

use super::{Theme, ThemeNote};
use crate::theory::Mode;

/// Metric weight from which a note is strong, hundredths.
const STRONG: u8 = 50;

/// Semitones between the voices, octaves aside, that are dissonant: seconds, the tritone, sevenths. A fourth is not where
/// others sing below.
const DISSONANT: [i32; 5] = [1, 2, 6, 10, 11];

/// Whether at most one in five strong notes of the voice that follows is dissonant with the voice it follows. Where the
/// first has ended or rests nothing is.
pub(crate) fn follows_itself(theme: &Theme, mode: Mode) -> bool {
    let pitch = |note: &ThemeNote| mode.semitones(note.degree.into()) + i32::from(note.alter);
    let strong = || theme.notes.iter().filter(|note| note.accent >= STRONG);
    let clashes = |note: &&ThemeNote| {
        let at = note.at + theme.bar;
        let above = theme.notes.iter().find(|first| (first.at..first.at + first.length).contains(&at));
        above.is_some_and(|first| DISSONANT.contains(&(pitch(first) - pitch(note)).rem_euclid(12)))
    };
    5 * strong().filter(clashes).count() <= strong().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirds_follow_themselves_and_seconds_do_not() {
        let theme = |degrees: [i8; 8]| {
            let note = |(i, &degree): (u32, &i8)| ThemeNote {
                at: i * 960,
                length: 960,
                degree,
                alter: 0,
                accent: [100, 50, 75, 50][i as usize % 4],
            };
            let notes = (0..).zip(&degrees).map(note).collect();
            Theme { notes, bar: 3840, upbeat: Vec::new() }
        };
        // "Frère Jacques" in its first two bars, and a line whose second bar is a step above its first.
        assert!(follows_itself(&theme([0, 1, 2, 0, 0, 1, 2, 0]), Mode::Ionian));
        assert!(follows_itself(&theme([0, 1, 2, 0, 2, 3, 4, 2]), Mode::Ionian));
        assert!(!follows_itself(&theme([0, 1, 2, 0, 1, 2, 3, 1]), Mode::Ionian));
    }
}
