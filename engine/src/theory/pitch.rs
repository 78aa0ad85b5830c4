//! Pitch classes and their names.
//! Source: flats as film charts write them, F# for the tritone of C. In/out: pitch classes 0..12, C = 0.

/// Names of the twelve pitch classes.
pub const NOTE_NAMES: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

/// Name of a MIDI note with its octave, C4 = 60.
pub fn note_name(pitch: i32) -> String {
    format!("{}{}", NOTE_NAMES[pitch.rem_euclid(12) as usize], pitch.div_euclid(12) - 1)
}

/// A set of pitch classes moved up by `steps` semitones.
pub const fn rotate(set: u16, steps: u8) -> u16 {
    let wide = (set as u32 & 0xFFF) << (steps % 12);
    ((wide | wide >> 12) & 0xFFF) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_sets() {
        assert_eq!(note_name(60), "C4");
        assert_eq!(note_name(58), "Bb3");
        assert_eq!(rotate(0b1001_0001, 2), 0b10_0100_0100);
        assert_eq!(rotate(1 << 11, 1), 1);
    }
}
