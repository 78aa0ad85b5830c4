//! The nine stems: the outputs of the engine, in their one fixed order.
//! Source: DESIGN "Vocabulary"; ranges MUSIC 5.1.
//! In/out: an index 0..9 everywhere a stem is an array position.

/// How many stems there are.
pub const STEM_COUNT: usize = 9;

/// How many stems go through the hall: all but ambience, one SIMD lane each.
pub const HALL_LANES: usize = 8;

/// How many instruments a palette can give one stem (see [`crate::cue::Palette`]).
pub const PARTS_PER_STEM: usize = 4;

/// One output of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Stem {
    /// Sub, basses: the foundation. Mono below 120 Hz.
    Low,
    /// Pads, drones: the bed everything lies on.
    Bed,
    /// String section: sustained harmony and ostinati.
    Strings,
    /// Plucks, synth pulses, piano figures: motion.
    Pulse,
    /// The motif.
    Lead,
    /// Brass and choir.
    Power,
    /// Percussion.
    Perc,
    /// Impacts, risers, downers, swells.
    Fx,
    /// Wind, rain, rooms.
    Ambience,
}

/// What is known of a stem beside its index.
#[derive(Clone, Copy, Debug)]
pub struct StemRow {
    /// The stem.
    pub stem: Stem,
    /// Identifier in files, parameters and file names; never renamed.
    pub id: &'static str,
    /// Name of the output bus and the strip.
    pub name: &'static str,
    /// Lowest and highest MIDI pitch the composer writes (MUSIC 5.1).
    pub pitch_range: (u8, u8),
    /// What each of the palette's parts is for; an empty name is a part the composer never writes.
    pub parts: [&'static str; PARTS_PER_STEM],
}

/// All stems in output order.
pub const STEMS: [StemRow; STEM_COUNT] = [
    row(Stem::Low, "low", "Low", (24, 50), ["sub", "bass", "", ""]),
    row(Stem::Bed, "bed", "Bed", (36, 84), ["pad", "drone", "", ""]),
    row(Stem::Strings, "strings", "Strings", (36, 96), ["sustain", "short", "high", ""]),
    row(Stem::Pulse, "pulse", "Pulse", (40, 90), ["figure", "second", "", ""]),
    row(Stem::Lead, "lead", "Lead", (55, 88), ["solo", "double", "counter", ""]),
    row(Stem::Power, "power", "Power", (34, 84), ["brass", "choir", "", ""]),
    row(Stem::Perc, "perc", "Perc", (24, 96), ["low", "mid", "high", "metal"]),
    row(Stem::Fx, "fx", "Fx", (12, 108), ["impact", "riser", "downer", "swell"]),
    row(Stem::Ambience, "ambience", "Ambience", (0, 127), ["", "", "", ""]),
];

const fn row(
    stem: Stem,
    id: &'static str,
    name: &'static str,
    pitch_range: (u8, u8),
    parts: [&'static str; PARTS_PER_STEM],
) -> StemRow {
    StemRow { stem, id, name, pitch_range, parts }
}

impl Stem {
    /// Position in [`STEMS`] and in every per-stem array.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The stem at a position, `None` from [`STEM_COUNT`] on.
    pub fn from_index(index: usize) -> Option<Stem> {
        STEMS.get(index).map(|row| row.stem)
    }

    /// The stem's row.
    pub fn row(self) -> &'static StemRow {
        &STEMS[self.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_order_with_unique_ids() {
        for (index, row) in STEMS.iter().enumerate() {
            assert_eq!(row.stem.index(), index);
            assert!(row.id.len() <= 12 && row.pitch_range.0 < row.pitch_range.1);
            assert_eq!(STEMS.iter().filter(|other| other.id == row.id).count(), 1);
        }
    }
}
