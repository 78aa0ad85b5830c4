//! Chord qualities: which notes, how the name ends, how rough they are.
//! Source: MUSIC 2.2 (Hutchinson–Knopoff roughness in close position at C4, 11 partials of 1/n).
//! In/out: semitones above the root, bit n = n semitones.

/// A chord quality, a row of [`QUALITIES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "each variant's row in QUALITIES names it")]
pub enum Quality {
    Major,
    Minor,
    Diminished,
    Fifth,
    Sus4,
    Sus2,
    Add9,
    MinorAdd9,
    Seventh,
    Major7,
    Minor7,
    HalfDiminished,
    Major7Sharp11,
    MinorMajor7,
    SeventhFlat9,
    MajorFlat9,
    MinorFlat9,
    FlatSecond,
    Viennese,
    Cluster,
    Tritone,
    Augmented,
    Quartal,
    DiminishedSeventh,
    WholeTone,
}

/// What is known of a quality.
#[derive(Clone, Copy, Debug)]
pub struct QualityRow {
    /// The quality.
    pub quality: Quality,
    /// End of the chord's name.
    pub suffix: &'static str,
    /// Its notes.
    pub set: u16,
    /// Notes that must sound: root and what gives the chord its colour; at most three, so that three voices can hold
    /// them over a foreign bass.
    pub needed: u16,
    /// Hutchinson–Knopoff roughness in thousandths.
    pub roughness: u16,
}

/// Roughness from which a chord is a cluster, thousandths: sharper than any of thirds and sevenths.
const CLUSTER_ROUGHNESS: u16 = 380;

impl QualityRow {
    /// Whether it is heard as a cluster rather than as a chord.
    pub fn is_cluster(&self) -> bool {
        self.roughness >= CLUSTER_ROUGHNESS
    }
}

/// All qualities.
pub const QUALITIES: [QualityRow; 25] = [
    row(Quality::Major, "", &[0, 4, 7], &[0, 4], 120),
    row(Quality::Minor, "m", &[0, 3, 7], &[0, 3], 130),
    row(Quality::Diminished, "dim", &[0, 3, 6], &[0, 3, 6], 201),
    row(Quality::Fifth, "5", &[0, 7], &[0, 7], 23),
    row(Quality::Sus4, "sus4", &[0, 5, 7], &[0, 5], 180),
    row(Quality::Sus2, "sus2", &[0, 2, 7], &[0, 2], 211),
    row(Quality::Add9, "add9", &[0, 2, 4, 7], &[0, 2, 4], 159),
    row(Quality::MinorAdd9, "m(add9)", &[0, 2, 3, 7], &[0, 2, 3], 340),
    row(Quality::Seventh, "7", &[0, 4, 7, 10], &[0, 4, 10], 221),
    row(Quality::Major7, "maj7", &[0, 4, 7, 11], &[0, 4, 11], 238),
    row(Quality::Minor7, "m7", &[0, 3, 7, 10], &[0, 3, 10], 194),
    row(Quality::HalfDiminished, "m7b5", &[0, 3, 6, 10], &[0, 3, 6], 230),
    row(Quality::Major7Sharp11, "maj7#11", &[0, 4, 6, 11], &[0, 4, 6], 272),
    row(Quality::MinorMajor7, "m(maj7)", &[0, 3, 7, 11], &[0, 3, 11], 279),
    row(Quality::SeventhFlat9, "7b9", &[0, 1, 4, 10], &[0, 1, 4], 380),
    row(Quality::MajorFlat9, "(b9)", &[0, 1, 4, 7], &[0, 1, 4], 420),
    row(Quality::MinorFlat9, "m(b9)", &[0, 1, 3, 7], &[0, 1, 3], 450),
    row(Quality::FlatSecond, "5(b2)", &[0, 1, 7], &[0, 1], 400),
    row(Quality::Viennese, "(b2b5)", &[0, 1, 6], &[0, 1, 6], 415),
    row(Quality::Cluster, "cluster", &[0, 1, 2, 3], &[0, 1, 2], 1020),
    row(Quality::Tritone, "(b5)", &[0, 6], &[0, 6], 300),
    row(Quality::Augmented, "aug", &[0, 4, 8], &[0, 4, 8], 148),
    row(Quality::Quartal, "7sus4", &[0, 5, 7, 10], &[0, 5, 10], 175),
    row(Quality::DiminishedSeventh, "dim7", &[0, 3, 6, 9], &[0, 3, 6], 262),
    row(Quality::WholeTone, "9#11", &[0, 2, 4, 6], &[0, 4, 6], 465),
];

const fn row(
    quality: Quality,
    suffix: &'static str,
    notes: &[u8],
    needed: &[u8],
    roughness: u16,
) -> QualityRow {
    QualityRow { quality, suffix, set: set_of(notes), needed: set_of(needed), roughness }
}

const fn set_of(notes: &[u8]) -> u16 {
    let (mut set, mut i) = (0, 0);
    while i < notes.len() {
        set |= 1 << notes[i];
        i += 1;
    }
    set
}

impl Quality {
    /// The quality's row.
    pub const fn row(self) -> &'static QualityRow {
        &QUALITIES[self as usize]
    }

    /// True when it has a major third and no minor one.
    pub fn is_major(self) -> bool {
        self.row().set & 0b11000 == 0b10000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_order_and_hold_what_they_need() {
        for (i, row) in QUALITIES.iter().enumerate() {
            assert_eq!(row.quality as usize, i);
            assert_eq!(row.needed & !row.set, 0, "{}", row.suffix);
            assert!(row.needed.count_ones() <= 3, "{}", row.suffix);
            assert!(row.set & 1 == 1 && row.set.count_ones() <= 4, "{}", row.suffix);
        }
        assert!(Quality::Add9.is_major() && !Quality::Minor7.is_major() && !Quality::Sus4.is_major());
    }
}
