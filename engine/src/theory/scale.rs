//! Modes: seven steps and a set of pitch classes each, and the way from one to another.
//! Source: MUSIC 1.4 (scale sets; a mode changes at most two degrees per bar). In/out: semitones above the tonic.

/// A mode, a row of [`MODES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// 0 2 4 6 7 9 11.
    Lydian,
    /// Major.
    Ionian,
    /// 0 2 4 5 7 9 10.
    Mixolydian,
    /// 0 2 3 5 7 9 10.
    Dorian,
    /// Natural minor.
    Aeolian,
    /// 0 1 3 5 7 8 10.
    Phrygian,
    /// Natural minor with a leading tone.
    HarmonicMinor,
    /// 0 1 4 5 7 8 10.
    PhrygianDominant,
    /// Lydian with a flat seventh.
    Acoustic,
    /// Major with a raised fourth and fifth: 0 2 4 6 8 9 11.
    LydianAugmented,
    /// 0 2 4 6 8 10.
    WholeTone,
    /// Half tone, whole tone: 0 1 3 4 6 7 9 10.
    Octatonic,
    /// 0 1 3 5 6 8 10.
    Locrian,
}

/// What is known of a mode.
#[derive(Clone, Copy, Debug)]
pub struct ModeRow {
    /// The mode.
    pub mode: Mode,
    /// Name in scores.
    pub name: &'static str,
    /// Semitones of the seven steps a melody walks on. A melody stays the same melody in every mode, so scales of six
    /// notes have two steps on one note, and of scales of eight one note is no step.
    pub steps: [u8; 7],
    /// All notes, bit n = n semitones above the tonic.
    pub set: u16,
    /// True when its tonic triad is major.
    pub major: bool,
}

/// All modes, brightest of the church modes first.
pub const MODES: [ModeRow; 13] = [
    row(Mode::Lydian, "lydian", [0, 2, 4, 6, 7, 9, 11], true),
    row(Mode::Ionian, "ionian", [0, 2, 4, 5, 7, 9, 11], true),
    row(Mode::Mixolydian, "mixolydian", [0, 2, 4, 5, 7, 9, 10], true),
    row(Mode::Dorian, "dorian", [0, 2, 3, 5, 7, 9, 10], false),
    row(Mode::Aeolian, "aeolian", [0, 2, 3, 5, 7, 8, 10], false),
    row(Mode::Phrygian, "phrygian", [0, 1, 3, 5, 7, 8, 10], false),
    row(Mode::HarmonicMinor, "harmonic minor", [0, 2, 3, 5, 7, 8, 11], false),
    row(Mode::PhrygianDominant, "phrygian dominant", [0, 1, 4, 5, 7, 8, 10], true),
    row(Mode::Acoustic, "acoustic", [0, 2, 4, 6, 7, 9, 10], true),
    row(Mode::LydianAugmented, "lydian augmented", [0, 2, 4, 6, 8, 9, 11], true),
    row(Mode::WholeTone, "whole tone", [0, 2, 4, 6, 8, 8, 10], true),
    with(row(Mode::Octatonic, "octatonic", [0, 1, 3, 6, 7, 9, 10], false), 4),
    row(Mode::Locrian, "locrian", [0, 1, 3, 5, 6, 8, 10], false),
];

/// A row with a note more than its steps.
const fn with(row: ModeRow, extra: u8) -> ModeRow {
    ModeRow { set: row.set | 1 << extra, ..row }
}

const fn row(mode: Mode, name: &'static str, steps: [u8; 7], major: bool) -> ModeRow {
    let mut set = 0;
    let mut i = 0;
    while i < 7 {
        set |= 1 << steps[i];
        i += 1;
    }
    ModeRow { mode, name, steps, set, major }
}

impl Mode {
    /// The mode's row.
    pub const fn row(self) -> &'static ModeRow {
        &MODES[self as usize]
    }

    /// Semitones above the tonic of a scale step; steps may be negative or beyond the octave.
    pub fn semitones(self, step: i32) -> i32 {
        12 * step.div_euclid(7) + i32::from(self.row().steps[step.rem_euclid(7) as usize])
    }

    /// How many steps change in going to another mode.
    pub fn distance(self, to: Mode) -> u32 {
        self.row().steps.iter().zip(to.row().steps).filter(|(from, to)| **from != *to).count() as u32
    }
}

/// The mode one bar after `from` on the way to `target`: at most two degrees change.
pub fn stepped(from: Mode, target: Mode) -> Mode {
    if from.distance(target) <= 2 {
        return target;
    }
    let near = MODES.iter().filter(|row| row.mode != from && from.distance(row.mode) <= 2);
    near.map(|row| row.mode).min_by_key(|mode| (mode.distance(target), *mode as u8)).unwrap_or(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_is_reached_by_small_steps() {
        for from in &MODES {
            assert_eq!(from.mode.row().name, from.name);
            assert!(from.steps.windows(2).all(|w| w[0] <= w[1]) && from.set & 1 == 1);
            assert!(from.steps.iter().all(|&step| from.set >> step & 1 == 1));
            for to in &MODES {
                let (mut at, mut bars) = (from.mode, 0);
                while at != to.mode {
                    let next = stepped(at, to.mode);
                    assert!(at.distance(next) <= 2 && bars < 6, "{} to {}", from.name, to.name);
                    (at, bars) = (next, bars + 1);
                }
            }
        }
    }

    #[test]
    fn steps_run_through_octaves() {
        assert_eq!(Mode::Dorian.semitones(-1), -2);
        assert_eq!(Mode::Ionian.semitones(9), 16);
    }
}
