//! Color: what becomes of a plain chord under its tension, in its mode, over a bass.
//! Source: MUSIC 1.4 (allowed colours by tension), 2.2 (roughness), 2.5 (rest). In/out: steps and qualities, pure.

use super::axes::Axes;
use super::cells::Step;
use crate::theory::{Mode, Quality};

/// Whether two chords have the same third, as far as they have one.
pub(crate) fn alike(a: Step, b: Step) -> bool {
    third(a.quality).is_none() || third(b.quality).is_none() || third(a.quality) == third(b.quality)
}

/// Whether two major chords stand a third apart.
pub(crate) fn mediant(before: Step, after: Step) -> bool {
    let major = [before, after].iter().all(|step| third(step.quality) == Some(true));
    major && [3, 4, 8, 9].contains(&((after.root + 12 - before.root) % 12))
}

/// Whether a quality's third is major; `None` where it has none.
pub(crate) fn third(quality: Quality) -> Option<bool> {
    match quality.row().set & 0b11000 {
        0b10000 => Some(true),
        0b01000 => Some(false),
        _ => None,
    }
}

/// Whether a bass below a chord blurs what the chord is: a semitone above its root, or the third it does not have.
pub(crate) fn blurs(step: Step, bass: u8) -> bool {
    match (bass + 12 - step.root) % 12 {
        1 => true,
        3 => third(step.quality) == Some(true),
        4 => third(step.quality) == Some(false),
        _ => false,
    }
}

/// A chord as its mode has it. Whole-tone music knows augmented chords on even steps only; the home of a cell that
/// leaves its third open takes the mode's.
pub(crate) fn conform(step: Step, mode: Mode) -> Step {
    match mode {
        _ if step.root == 0 && step.quality == Quality::MinorAdd9 && mode.row().major => {
            Step { quality: Quality::Add9, ..step }
        }
        Mode::WholeTone => {
            let even = |root: u8| (root + root % 2) % 12;
            Step { root: even(step.root), quality: Quality::Augmented, bass: even(step.bass) }
        }
        Mode::LydianAugmented if step.root == 0 && step.quality.is_major() => {
            Step { quality: Quality::Augmented, ..step }
        }
        _ => step,
    }
}

/// Tension from which chords have the sharpest color they can, thousandths.
pub(crate) const SHARPEST: i32 = 950;

/// A chord in the colour its tension allows (MUSIC 1.4), least rough first.
pub(crate) fn colored(step: Step, strain: i32) -> Quality {
    use Quality::*;
    let level = [-50, 400, 700, SHARPEST].iter().filter(|&&limit| strain >= limit).count();
    let ladder = match step.quality {
        Major if step.root == 7 => [Major, Major, Seventh, Seventh, SeventhFlat9],
        Major => [Major, Add9, Major7, Major7Sharp11, MajorFlat9],
        // The ninth comes before the major seventh, against the table of roughness: in the voicer's open spacing it is
        // the softer of the two, and the sound of film minor.
        Minor => [Minor, Minor7, MinorAdd9, MinorMajor7, MinorFlat9],
        Fifth => [Fifth, Fifth, Sus2, FlatSecond, Viennese],
        Sus4 => [Major, Sus4, Sus4, Quartal, SeventhFlat9],
        Sus2 => [Fifth, Sus2, Sus2, MinorAdd9, FlatSecond],
        Augmented => [Augmented, Augmented, Augmented, WholeTone, WholeTone],
        Diminished => [Diminished, HalfDiminished, HalfDiminished, DiminishedSeventh, DiminishedSeventh],
        other => [other; 5],
    };
    ladder[level]
}

/// The chord that music comes to rest on: the plain triad; with some tension the minor one keeps its ninth.
pub(crate) fn rest(major: bool, axes: &Axes) -> Quality {
    match (major, axes.tension) {
        (true, _) => Quality::Major,
        (false, 200..) => Quality::MinorAdd9,
        (false, _) => Quality::Minor,
    }
}
