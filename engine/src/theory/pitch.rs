//! Pitch classes and their names.
//! Source: the line of fifths (Temperley, The Cognition of Basic Musical Structures, 2001, ch. 5): black keys are spelled
//! near the key; white ones keep their names, as film charts write them. In/out: pitch classes 0..12, C = 0.

/// Fifths above C of the sharp spelling of each pitch class that is a black key, 0 for the white ones.
const SHARPS: [i8; 12] = [0, 7, 0, 9, 0, 0, 6, 0, 8, 0, 10, 0];
const WITH_SHARPS: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
const WITH_FLATS: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];
/// Key signature of each major tonic, in fifths above C; F# stands for the tritone.
const SIGNATURES: [i8; 12] = [0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5];

/// How a key spells the twelve pitch classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// Spellings this many fifths above C and more are flats instead.
    flat_from: i8,
}

/// What stands behind the clef: how many sharps (flats below 0), -6..=6, and whether the key is minor: its scale (bit n =
/// pitch class n) has a minor and no major third. Modes are written as the major or minor of their tonic.
pub fn signature(tonic: u8, scale: u16) -> (i8, bool) {
    let has = |above: u8| scale >> ((tonic + above) % 12) & 1 == 1;
    let minor = has(3) && !has(4);
    let relative = if minor { tonic + 3 } else { tonic };
    let fifths = match SIGNATURES[usize::from(relative % 12)] {
        // Eb minor, not D# minor.
        6 if minor => -6,
        fifths => fifths,
    };
    (fifths, minor)
}

impl Spelling {
    /// Of a key: its tonic and the pitch classes of its scale (bit n = pitch class n).
    pub fn of(tonic: u8, scale: u16) -> Spelling {
        let (signature, minor) = signature(tonic, scale);
        // The signature's own black keys and, above them, the raised fourth of major; minor also raises its third,
        // sixth and seventh steps.
        Spelling { flat_from: signature + if minor { 10 } else { 7 } }
    }

    /// Name of a pitch class.
    pub fn name(self, class: u8) -> &'static str {
        let class = usize::from(class % 12);
        if SHARPS[class] < self.flat_from { WITH_SHARPS[class] } else { WITH_FLATS[class] }
    }

    /// Name of the root of a chord, given the chord's pitch classes (bit n = pitch class n): as the key spells it, but
    /// where its third would then lie beyond Cb or E# (A# major, Db minor), the other way.
    pub fn root(self, class: u8, chord: u16) -> &'static str {
        let class = class % 12;
        let has = |above: u8| chord >> ((class + above) % 12) & 1 == 1;
        let sharp = SHARPS[usize::from(class)];
        let fifths = if sharp < self.flat_from { sharp } else { sharp - 12 };
        let third = match (has(4), has(3)) {
            (true, _) => fifths + 4,
            (false, true) => fifths - 3,
            _ => fifths,
        };
        // From Cb to E#, counted in fifths above C.
        let other = Spelling { flat_from: if fifths > 0 { i8::MIN } else { i8::MAX } };
        if sharp == 0 || (-7..=11).contains(&third) { self.name(class) } else { other.name(class) }
    }

    /// Name of a MIDI note with its octave, C4 = 60.
    pub fn note(self, pitch: i32) -> String {
        format!("{}{}", self.name(pitch.rem_euclid(12) as u8), pitch.div_euclid(12) - 1)
    }
}

/// A set of pitch classes moved up by `steps` semitones.
pub const fn rotate(set: u16, steps: u8) -> u16 {
    let wide = (set as u32 & 0xFFF) << (steps % 12);
    ((wide | wide >> 12) & 0xFFF) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAJOR: u16 = 0b1010_1011_0101;
    const MINOR: u16 = 0b0101_1010_1101;

    #[test]
    fn keys_spell_their_own_notes() {
        let names = |tonic: u8, scale: u16| {
            let spelling = Spelling::of(tonic, rotate(scale, tonic));
            (0..12)
                .filter(|&n| scale >> n & 1 == 1)
                .map(|n| spelling.name(n + tonic))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(names(4, MAJOR), "E F# G# A B C# D#");
        assert_eq!(names(1, MAJOR), "Db Eb F Gb Ab Bb C");
        assert_eq!(names(1, MINOR), "C# D# E F# G# A B");
        assert_eq!(names(10, MINOR), "Bb C Db Eb F Gb Ab");
        assert_eq!(names(0, MINOR), "C D Eb F G Ab Bb");
        // No key mixes the two spellings of a scale: no letter comes twice but where a white key is a Cb or an E#.
        for tonic in 0..12 {
            for scale in [MAJOR, MINOR] {
                let text = names(tonic, scale);
                let letters: std::collections::BTreeSet<char> =
                    text.split(' ').filter_map(|name| name.chars().next()).collect();
                assert!(letters.len() >= 6, "{text}");
            }
        }
        // Raised steps: the leading tone of A minor, the tritone above C; the sixth flat of D major.
        assert_eq!(Spelling::of(9, rotate(MINOR, 9)).name(8), "G#");
        assert_eq!(Spelling::of(0, MAJOR).name(6), "F#");
        assert_eq!(Spelling::of(2, rotate(MAJOR, 2)).name(10), "Bb");
    }

    #[test]
    fn roots_have_thirds_one_can_read() {
        let chord = |root: u8, third: u8| 1 << root | 1 << ((root + third) % 12) | 1 << ((root + 7) % 12);
        let lydian = Spelling::of(4, rotate(MAJOR, 4));
        assert_eq!((lydian.name(10), lydian.root(10, chord(10, 4))), ("A#", "Bb"));
        assert_eq!(lydian.root(1, chord(1, 3)), "C#");
        assert_eq!(Spelling::of(5, rotate(MAJOR, 5)).root(1, chord(1, 3)), "C#");
        assert_eq!(Spelling::of(5, rotate(MAJOR, 5)).root(1, chord(1, 4)), "Db");
        assert_eq!(Spelling::of(10, rotate(MINOR, 10)).root(6, chord(6, 4)), "Gb");
        for tonic in 0..12 {
            for root in 0..12 {
                for (scale, third) in [(MAJOR, 3), (MAJOR, 4), (MINOR, 3), (MINOR, 4)] {
                    let name = Spelling::of(tonic, rotate(scale, tonic)).root(root, chord(root, third));
                    let clumsy = if third == 4 { ["D#", "G#", "A#"] } else { ["Db", "Gb", "Cb"] };
                    assert!(!clumsy.contains(&name), "{name} with a third of {third}");
                }
            }
        }
    }

    #[test]
    fn notes_and_sets() {
        let spelling = Spelling::of(0, MAJOR);
        assert_eq!(spelling.note(60), "C4");
        assert_eq!(spelling.note(58), "Bb3");
        assert_eq!(rotate(0b1001_0001, 2), 0b10_0100_0100);
        assert_eq!(rotate(1 << 11, 1), 1);
    }
}
