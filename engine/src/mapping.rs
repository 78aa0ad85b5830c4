//! Master mapping: what each axis of the mood does to the music and to its sound, and how soon; one row each.
//! Source: MUSIC 1.4 (columns at -1, -0.5, 0, 0.5, 1), 0.1 (reaction times). In/out: an axis in thousandths (composer)
//! or as it is (sound); straight lines between the columns. What no five columns can say (which modes, colors and
//! chords) stands in `compose/{leaning,color,cells}.rs`.

use crate::dsp::math;
use crate::params::Reaction;

/// What a row follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Bitter to bright.
    Valence,
    /// Still to driving.
    Energy,
    /// Tension as heard: what valence and energy imply, moved by the tension axis.
    Tension,
    /// Plain to full of wonder; only the columns from 0 on are reached.
    Wonder,
    /// Intimate to epic.
    Scale,
    /// Light to dark.
    Darkness,
}

impl Axis {
    /// Lower-case name.
    pub fn id(self) -> &'static str {
        ["valence", "energy", "tension", "wonder", "scale", "darkness"][self as usize]
    }
}

/// A decision and when it is taken anew.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    /// Identifier.
    pub id: &'static str,
    /// What is decided.
    pub doc: &'static str,
    /// How soon it follows the mood.
    pub reaction: Reaction,
}

const fn decision(id: &'static str, reaction: Reaction, doc: &'static str) -> Decision {
    Decision { id, doc, reaction }
}

/// Every decision that follows the mood. The tests of `compose/beats.rs` step the mood and hold each to its word.
pub const DECISIONS: [Decision; 16] = [
    decision("level", Reaction::Immediate, "gain of each stem, and its send to the hall"),
    decision("brightness", Reaction::Immediate, "filters, bow pressure, breath, vibrato of sounding notes"),
    decision("density", Reaction::Beat, "onsets of ostinato, pulse and bass"),
    decision("articulation", Reaction::Beat, "how long short notes sound, where accents fall"),
    decision("drive", Reaction::Beat, "percussion: which bands play, how densely"),
    decision("force", Reaction::Beat, "velocity of new notes"),
    decision(
        "gesture",
        Reaction::Beat,
        "the answer to a leap of 0.6 or more: effect, drum, chord struck again",
    ),
    decision("harmony", Reaction::Bar, "chords, their voicing, the mode"),
    decision("bass", Reaction::Bar, "register and notes of the bass"),
    decision("entries", Reaction::Bar, "which stems play"),
    decision("cast", Reaction::Bar, "which parts a full texture leaves out"),
    decision("meter", Reaction::Bar, "hemiola before a section"),
    decision("statement", Reaction::Unit, "whether the motif is stated, and in which development"),
    decision("key", Reaction::Unit, "the tonic"),
    decision("form", Reaction::Unit, "unit, phrase, section and their letters"),
    decision("register", Reaction::Unit, "the height a melody is laid at"),
];

/// What one axis does to one feature.
#[derive(Clone, Copy, Debug)]
pub struct Mapping {
    /// Identifier.
    pub id: &'static str,
    /// The axis it follows.
    pub axis: Axis,
    /// Which of [`DECISIONS`] it belongs to, and so how soon it is heard.
    pub decision: &'static str,
    /// Values at -1, -0.5, 0, 0.5, 1.
    pub columns: [i32; 5],
    /// How many of the columns' steps make one `unit`.
    pub per_unit: i32,
    /// Unit of the values.
    pub unit: &'static str,
    /// What it moves.
    pub doc: &'static str,
    /// Where the numbers come from.
    pub source: &'static str,
}

impl Mapping {
    /// The value in the columns' own steps at an axis in thousandths.
    pub(crate) fn at(&self, thousandths: i32) -> i32 {
        let x = thousandths.clamp(-1000, 1000) + 1000;
        let left = (x / 500).min(3) as usize;
        let along = x - 500 * left as i32;
        self.columns[left] + (self.columns[left + 1] - self.columns[left]) * along / 500
    }

    /// The value in its unit at an axis as it is, -1..1.
    pub(crate) fn of(&self, axis: f32) -> f32 {
        math::columns(axis, &self.columns.map(|column| column as f32)) / self.per_unit as f32
    }

    /// The decision it belongs to.
    pub fn decided(&self) -> Option<&'static Decision> {
        DECISIONS.iter().find(|decision| decision.id == self.decision)
    }
}

macro_rules! mappings {
    ($($name:ident: $axis:ident, $decision:literal, $columns:expr, $per_unit:literal, $unit:literal, $doc:literal, $source:literal;)*) => {
        $(pub(crate) const $name: Mapping = Mapping {
            id: stringify!($name),
            axis: Axis::$axis,
            decision: $decision,
            columns: $columns,
            per_unit: $per_unit,
            unit: $unit,
            doc: $doc,
            source: $source,
        };)*

        /// Every row.
        pub const MAPPINGS: &[Mapping] = &[$($name),*];
    };
}

mappings! {
    ONSET_RATE: Energy, "density", [660, 1150, 2000, 3500, 6000], 1000, "1/s",
        "onsets of the busiest layer; the density trim multiplies it", "MUSIC 1.4: 2^(1 + 1.6 E)";
    CHORDS_WHEN_BRIGHT: Energy, "harmony", [25, 50, 100, 100, 200], 100, "1/bar",
        "chords where valence is above 0; none lasts under 1.8 or over 9 s", "MUSIC 1.4";
    CHORDS_WHEN_DARK: Energy, "harmony", [25, 50, 100, 100, 90], 100, "1/bar",
        "chords where valence is at most 0", "MUSIC 1.4 (half to one at full energy)";
    DUTY: Energy, "articulation", [95, 90, 70, 50, 35], 100, "of the step",
        "how long short notes sound", "MUSIC 1.4 (.9 to .35; the first column continues it)";
    BOW_LENGTH: Energy, "articulation", [6000, 5500, 4700, 3800, 3000], 1000, "s",
        "longest a bow lasts", "MUSIC 7.3 (6 s soft, 3 s loud)";
    VELOCITY: Energy, "force", [40, 52, 64, 78, 92], 127, "of the range",
        "force of a note before its place is weighed", "MUSIC 7.3 (10 of 127 are 2 dB; the rest of the 16 dB is how many play)";
    ACCENTS: Energy, "force", [15, 20, 30, 40, 50], 5, "dB",
        "from the lightest place of a bar to its heaviest", "MUSIC 1.4 (3 to 10 dB)";
    TUNE_ABOVE: Energy, "force", [16, 11, 4, 0, 0], 5, "dB",
        "how far the tune stands above what accompanies it, besides its usual 1.6 dB",
        "taste: the tune 3 dB over the bed in every palette (MUSIC 5.3)";
    GROOVE_WEIGHT: Energy, "drive", [90, 80, 60, 34, 16], 1, "metric weight",
        "weight from which a place of the bar is struck by the middle drums", "taste, tuned against the onsets MUSIC 1.4 asks for";
    MELODY_BY_ENERGY: Energy, "register", [-4000, -2000, 0, 2000, 4000], 1000, "semitones",
        "middle of the melody's range", "MUSIC 1.4: 67 + 5V + 4E - 5D";
    LEVEL_BY_ENERGY: Energy, "level", [57, 65, 71, 57, 39], 10, "dB",
        "gain of every stem, where the velocities and the number of players do not say it",
        "measured over ten palettes: -24 LUFS at rest, 8 LU per unit (MUSIC 5.3)";
    BRIGHTNESS_BY_ENERGY: Energy, "brightness", [-600, -300, 0, 300, 600], 1000, "octaves",
        "filters of every instrument", "MUSIC 1.4 (centroid 800 to 1900 Hz)";

    MELODY_BY_VALENCE: Valence, "register", [-5000, -2500, 0, 2500, 5000], 1000, "semitones",
        "middle of the melody's range", "MUSIC 1.4: 67 + 5V + 4E - 5D";
    CHORDS_BY_VALENCE: Valence, "harmony", [-2000, -1000, 0, 1000, 2000], 1000, "semitones",
        "middle of the chords' range", "taste: half of what the melody moves";
    RISING_ENDS: Valence, "statement", [100, 250, 500, 750, 900], 1000, "of phrases",
        "how many phrases rise to their last note", "MUSIC 1.4 (phrase ends fall, stay level, rise)";

    PEDALS: Tension, "harmony", [150, 200, 300, 550, 700], 1000, "of units",
        "how many units stand on a held bass", "MUSIC 1.4";
    SYNCOPATION: Tension, "drive", [0, 50, 100, 200, 350], 1000, "of hits",
        "how many hits of the drums fall ahead of the beat", "MUSIC 1.4";
    THREES: Tension, "drive", [0, 0, 60, 600, 700], 1000, "of themes",
        "how many grooves go in threes against the beat", "taste: the calmer, the rarer";
    TREMOLO: Tension, "harmony", [-1400, -900, -400, 100, 600], 1000, "of units",
        "how many units the held strings tremble in; none below 0",
        "taste, after MUSIC 1.2 (fear: fast, irregular, shallow): all the time it says nothing";
    GLISSANDI: Tension, "harmony", [-1000, -1000, -1000, 0, 500], 1000, "of clusters",
        "how many clusters the strings slide into; none below .5", "taste, after MUSIC 2.3 (horror: glissandi at random)";
    RAMPS: Tension, "force", [0, 4, 12, 40, 70], 5, "dB",
        "how far music rises before it breaks off",
        "MUSIC 1.4 (1 to 5 dB between bars), less the 1 to 1.5 dB that chords and accents spread them by";
    INSTABILITY: Tension, "brightness", [500, 750, 1000, 1500, 2500], 1000, "of rest's",
        "how far tuning strays", "MUSIC 1.4 (2, 3, 4, 6, 10 cents)";

    CHORD_LENGTH: Wonder, "harmony", [1000, 1000, 1000, 1250, 1500], 1000, "times",
        "how long chords last", "MUSIC 1.4";
    LYDIAN: Wonder, "harmony", [0, 0, 0, 450, 900], 1000, "of bars",
        "how much of major music has the raised fourth", "MUSIC 1.4";
    SHIMMER: Wonder, "force", [-24, -24, -24, -18, -12], 5, "dB",
        "the high strings' octave above C6, from a wonder of .25 on", "taste, after MUSIC 1.4 (-24 to -16 dB in the mix: soft players and their seat do the rest)";
    CHOIR_BY_WONDER: Wonder, "force", [-14, -14, -14, -9, -4], 5, "dB",
        "the choir", "taste, after MUSIC 1.4 (-20 to -12 dB in the mix: their seat does the rest)";
    BRIGHTNESS_BY_WONDER: Wonder, "brightness", [0, 0, 0, 100, 200], 1000, "octaves",
        "filters of every instrument", "taste";
    DECAY_BY_WONDER: Wonder, "level", [0, 0, 0, 450, 900], 1000, "octaves",
        "how much longer the hall rings",
        "MUSIC 1.4 (1.6, 2.8, 4.5 s are 1.5 octaves; a palette's own decay stands in the middle of what moods ask)";
    SEND_BY_WONDER: Wonder, "level", [0, 0, 0, 10, 20], 10, "dB",
        "what every stem sends to the hall", "taste, after MUSIC 1.4";

    VELOCITY_BY_SCALE: Scale, "force", [-6, -3, 0, 3, 6], 127, "of the range",
        "force of a note", "taste: tuttis play out";
    CHOIR_BY_SCALE: Scale, "force", [0, 0, 0, 2, 4], 5, "dB",
        "the choir", "taste";
    LEVEL_BY_SCALE: Scale, "level", [170, 85, 0, -185, -370], 100, "dB",
        "gain of every stem: a few are brought up, a tutti is held below its peak",
        "measured over ten palettes: true peaks below -2 dB (MUSIC 5.3)";
    SEND_BY_SCALE: Scale, "level", [-40, -20, 0, 20, 40], 10, "dB",
        "what every stem sends to the hall", "MUSIC 1.4 (direct to reverberant 6 to -6 dB, together with the hall's own)";
    HALL_BY_SCALE: Scale, "level", [-40, -20, 0, 20, 40], 10, "dB",
        "late reflections: how far away one listens",
        "MUSIC 1.4 (direct to reverberant 6 to -6 dB), less what the number of players does";
    EARLY_BY_SCALE: Scale, "level", [-150, -75, 0, 75, 150], 100, "dB",
        "early reflections", "taste: they thin out less than the hall";
    DECAY_BY_SCALE: Scale, "level", [-250, -125, 0, 125, 250], 1000, "octaves",
        "how much longer the hall rings", "taste";

    MELODY_BY_DARKNESS: Darkness, "register", [5000, 2500, 0, -2500, -5000], 1000, "semitones",
        "middle of the melody's range", "MUSIC 1.4: 67 + 5V + 4E - 5D";
    CHORDS_BY_DARKNESS: Darkness, "harmony", [3000, 1500, 0, -1500, -3000], 1000, "semitones",
        "middle of the chords' range, and where bed, pulse and ostinato begin",
        "MUSIC 1.1 (bass -7 semitones, melody -5; the middle moves least)";
    BASS_BY_DARKNESS: Darkness, "bass", [0, 0, 0, -1500, -3000], 1000, "semitones",
        "where the bass stands", "MUSIC 1.1 (-7 at most; low intervals must stay clear)";
    BRIGHTNESS_BY_DARKNESS: Darkness, "brightness", [600, 300, 0, -300, -600], 1000, "octaves",
        "filters of every instrument", "MUSIC 1.1 (centroid 2^(-0.6 D))";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_have_unique_names_and_stand_in_order_of_time() {
        for (i, row) in DECISIONS.iter().enumerate() {
            assert!(!row.doc.is_empty() && DECISIONS[..i].iter().all(|other| other.id != row.id));
        }
        assert!(DECISIONS.windows(2).all(|w| w[0].reaction <= w[1].reaction));
    }

    #[test]
    fn rows_have_unique_names_a_source_a_decision_and_one_direction() {
        for (i, row) in MAPPINGS.iter().enumerate() {
            assert!(MAPPINGS[..i].iter().all(|other| other.id != row.id), "{}", row.id);
            assert!(!row.doc.is_empty() && !row.source.is_empty() && !row.unit.is_empty(), "{}", row.id);
            assert!(row.per_unit > 0 && row.decided().is_some(), "{}", row.id);
            assert!(row.columns.windows(2).any(|w| w[0] != w[1]), "{} follows nothing", row.id);
            if row.axis == Axis::Wonder {
                assert!(row.columns[..2].iter().all(|&column| column == row.columns[2]), "{}", row.id);
            }
        }
    }

    #[test]
    fn columns_are_met_and_joined_in_both_numbers() {
        for row in MAPPINGS {
            for (i, x) in [-1.0f32, -0.5, 0.0, 0.5, 1.0].into_iter().enumerate() {
                assert_eq!(row.at((x * 1000.0) as i32), row.columns[i]);
                assert_eq!(row.of(x), row.columns[i] as f32 / row.per_unit as f32);
            }
            assert_eq!((row.at(-9000), row.at(9000)), (row.columns[0], row.columns[4]), "{}", row.id);
            let (low, high) = (row.columns[2].min(row.columns[3]), row.columns[2].max(row.columns[3]));
            assert!((low..=high).contains(&row.at(250)), "{}", row.id);
        }
        assert_eq!(ONSET_RATE.at(250), 2750);
    }
}
