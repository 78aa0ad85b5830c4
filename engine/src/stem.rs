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

/// A place on the stage.
#[derive(Clone, Copy, Debug)]
pub struct Seat {
    /// From the ears, m.
    pub distance_m: f32,
    /// -1 left .. 1 right.
    pub pan: f32,
    /// 0 mono .. 1 as played .. 2 wide.
    pub width: f32,
    /// Level sent to the hall from the usual distance, dB.
    pub send_db: f32,
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
    /// Where it sits unless its palette says otherwise.
    pub seat: Seat,
    /// What each of the palette's parts is for; an empty name is a part the composer never writes.
    pub parts: [&'static str; PARTS_PER_STEM],
}

/// All stems in output order. Seats: an orchestra as it sits, heard from behind the conductor (MUSIC 5.2): basses and low
/// brass right, horns and harp left, soloist in front, brass and drums at the back; sends MUSIC 5.2 (-18…-6 dB, the basses
/// less). Sections have their seats from left to right within them; what sits far fills less of the stage.
pub const STEMS: [StemRow; STEM_COUNT] = [
    row(Stem::Low, "low", "Low", (24, 50), seat(8.0, 0.2, 0.2, -20.0), ["sub", "bass", "", ""]),
    row(Stem::Bed, "bed", "Bed", (36, 84), seat(10.0, 0.0, 1.0, -10.0), ["pad", "drone", "", ""]),
    row(
        Stem::Strings,
        "strings",
        "Strings",
        (36, 96),
        seat(6.0, 0.0, 1.0, -9.0),
        ["sustain", "short", "high", ""],
    ),
    row(Stem::Pulse, "pulse", "Pulse", (40, 90), seat(8.0, -0.2, 1.0, -11.0), ["figure", "second", "", ""]),
    row(Stem::Lead, "lead", "Lead", (55, 88), seat(5.0, 0.0, 1.0, -9.0), ["solo", "double", "counter", ""]),
    row(Stem::Power, "power", "Power", (34, 84), seat(12.0, -0.35, 0.7, -8.0), ["brass", "choir", "", ""]),
    row(Stem::Perc, "perc", "Perc", (24, 96), seat(14.0, 0.0, 0.7, -12.0), ["low", "mid", "high", "metal"]),
    row(Stem::Fx, "fx", "Fx", (12, 108), seat(12.0, 0.0, 0.7, -8.0), ["impact", "riser", "downer", "swell"]),
    // The ambience is no guest of the hall: its distance is its scene's.
    row(Stem::Ambience, "ambience", "Ambience", (0, 127), seat(1.0, 0.0, 1.0, -90.0), ["", "", "", ""]),
];

const fn seat(distance_m: f32, pan: f32, width: f32, send_db: f32) -> Seat {
    Seat { distance_m, pan, width, send_db }
}

const fn row(
    stem: Stem,
    id: &'static str,
    name: &'static str,
    pitch_range: (u8, u8),
    seat: Seat,
    parts: [&'static str; PARTS_PER_STEM],
) -> StemRow {
    StemRow { stem, id, name, pitch_range, seat, parts }
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
