//! What is legal in a cue and in a palette: one table that the strict reader, the repair and the manual share.
//! Source: DESIGN 8 (state limits), own. Paths: `lane[].energy` is a key of every item, `stems.*` every key of a table.
//! In/out: a path pattern in, its row out.

use super::document::{CUE_VERSION, CueEnding};
use super::lane::MAX_LANE_POINTS;
use crate::fx::scenes::SCENES;
use crate::mix::seats::DISTANCE_M;
use crate::params::{Group, PARAMS, ParamRow};
use crate::stem::{PARTS_PER_STEM, STEM_COUNT};
use std::sync::LazyLock;

/// Largest cue or palette file, bytes.
pub const MAX_FILE_BYTES: usize = 1 << 20;

/// Longest cue, bars.
pub const MAX_BARS: u32 = 9999;

/// Slowest and fastest tempo, quarter notes per minute.
pub const TEMPO_BPM: (f64, f64) = (20.0, 400.0);

/// Longest upbeat of a motif, quarter notes.
pub const MAX_PICKUP_BEATS: f64 = 4.0;

/// Highest seed a document can carry: TOML's whole numbers end here.
pub const MAX_SEED: u64 = i64::MAX as u64;

/// What a place in a document may hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A whole number.
    Whole {
        /// Lowest.
        min: i64,
        /// Highest.
        max: i64,
    },
    /// A number.
    Number {
        /// Lowest.
        min: f64,
        /// Highest.
        max: f64,
    },
    /// Text of at most this many characters.
    Text {
        /// Most characters.
        max: usize,
    },
    /// `true` or `false`.
    Switch,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One of these whole numbers.
    OneOf(&'static [i64]),
    /// A note name, or nothing.
    Key,
    /// The id of a factory palette.
    Palette,
    /// The id of a factory palette, or nothing.
    PaletteOrNone,
    /// The id of an instrument.
    Instrument,
    /// The id of an ambience scene.
    Scene,
    /// The id of a factory hall, or a table with the keys of the rows below it.
    Hall,
    /// A list.
    List {
        /// Fewest items.
        min: usize,
        /// Most items.
        max: usize,
    },
    /// A table with the keys of the rows below it.
    Table,
    /// A table from parameter ids to values.
    Params,
    /// A table with one table per music stem.
    Stems,
}

/// One row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// Where it is, with `[]` for any item and `*` for any key.
    pub path: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// Unit of a number; may be empty.
    pub unit: &'static str,
    /// False where the document is complete without it.
    pub required: bool,
    /// One sentence for the manual.
    pub doc: &'static str,
}

const fn may(path: &'static str, kind: Kind, unit: &'static str, doc: &'static str) -> Limit {
    Limit { path, kind, unit, required: false, doc }
}

const fn must(path: &'static str, kind: Kind, unit: &'static str, doc: &'static str) -> Limit {
    Limit { path, kind, unit, required: true, doc }
}

const fn whole(min: i64, max: i64) -> Kind {
    Kind::Whole { min, max }
}

const fn number(min: f64, max: f64) -> Kind {
    Kind::Number { min, max }
}

const fn list(min: usize, max: usize) -> Kind {
    Kind::List { min, max }
}

const BIPOLAR: Kind = number(-1.0, 1.0);
const UNIPOLAR: Kind = number(0.0, 1.0);
const SHELF: Kind = number(-24.0, 24.0);
const TAKE: Kind = whole(0, u32::MAX as i64);
const LAST_BAR: f64 = MAX_BARS as f64 + 1.0;

/// The keys of a hall written out.
const HALL: &[Limit] = &[
    must("hall.size", number(-0.4, 1.0), "", "Car to cathedral."),
    must("hall.decay_s", number(0.05, 12.0), "s", "Time to fall by 60 dB."),
    must("hall.brightness", UNIPOLAR, "", "Dark to bright."),
    must("hall.predelay_ms", number(0.0, 120.0), "ms", "Gap before the first wet sound."),
    may("hall.early_db", number(-40.0, 12.0), "dB", "Level of the first reflections."),
    may("hall.late_db", number(-40.0, 12.0), "dB", "Level of the reverberation."),
    may("hall.low_hz", number(20.0, 2000.0), "Hz", "Nothing below is carried."),
    may("hall.high_hz", number(1000.0, 20000.0), "Hz", "Nothing above is carried."),
];

/// The keys of a mood.
const MOOD: &[Limit] = &[
    may("mood.valence", BIPOLAR, "", "Bitter to bright."),
    may("mood.energy", BIPOLAR, "", "Still to driving."),
    may("mood.tension", BIPOLAR, "", "Calmer or tenser than implied."),
    may("mood.wonder", UNIPOLAR, "", "Plain to full of wonder."),
    may("mood.scale", BIPOLAR, "", "Intimate to epic."),
    may("mood.darkness", BIPOLAR, "", "Light to dark."),
];

/// The cue document.
pub static CUE_LIMITS: LazyLock<Vec<Limit>> =
    LazyLock::new(|| [CUE_HEAD, HALL, CUE_TIME, MOOD, CUE_MUSIC].concat());

const CUE_HEAD: &[Limit] = &[
    may("version", whole(1, CUE_VERSION as i64), "", "Shape of the document."),
    may("revision", whole(0, u32::MAX as i64), "", "Engine revision that made the cue; 0 = unknown."),
    may("title", Kind::Text { max: 200 }, "", "Name of the cue."),
    may("seed", whole(0, MAX_SEED as i64), "", "The seed of every choice."),
    may("palette", Kind::Palette, "", "Which palette plays."),
    may("morph_palette", Kind::PaletteOrNone, "", "Palette the morph parameter leads to; empty = none."),
    may("scene", Kind::Scene, "", "What the ninth stem plays where it is not the palette's."),
    may("hall", Kind::Hall, "", "The space where it is not the palette's."),
];

const CUE_TIME: &[Limit] = &[
    may("tempo_bpm", number(TEMPO_BPM.0, TEMPO_BPM.1), "bpm", "Tempo where no host gives one."),
    may("key", Kind::Key, "", "Tonic as a note name; empty = chosen by the seed."),
    may("length_bars", whole(1, MAX_BARS as i64), "bars", "Length of the cue."),
    may("ending", Kind::Choice(CueEnding::IDS), "", "After the last bar: a close, or the first bar again."),
    may("meters", list(0, 64), "", "Meters by bar; empty = 4/4."),
    may("meters[]", Kind::Table, "", "A meter from a bar on."),
    must("meters[].bar", whole(1, MAX_BARS as i64), "", "First bar of the meter."),
    must("meters[].numerator", whole(2, 15), "", "Beats in a bar."),
    must("meters[].denominator", Kind::OneOf(&[2, 4, 8, 16]), "", "Which note is a beat."),
    may("meters[].groups", list(0, 15), "", "Grouping; sums to the numerator."),
    may("meters[].groups[]", whole(1, 15), "", "Size of one group."),
    may("mood", Kind::Table, "", "The mood at rest."),
];

const CUE_MUSIC: &[Limit] = &[
    may("lane", list(0, MAX_LANE_POINTS), "", "Mood over the timeline."),
    may("lane[]", Kind::Table, "", "A breakpoint."),
    must("lane[].bar", number(1.0, LAST_BAR), "bars", "Where it stands."),
    may("lane[].valence", BIPOLAR, "", "See mood."),
    may("lane[].energy", BIPOLAR, "", "See mood."),
    may("lane[].tension", BIPOLAR, "", "See mood."),
    may("lane[].wonder", UNIPOLAR, "", "See mood."),
    may("lane[].scale", BIPOLAR, "", "See mood."),
    may("lane[].darkness", BIPOLAR, "", "See mood."),
    may("hits", list(0, 64), "", "Points in picture the music answers."),
    may("hits[]", Kind::Table, "", "A hit."),
    must("hits[].bar", number(1.0, LAST_BAR), "bars", "Where it stands."),
    must("hits[].kind", Kind::Choice(&["accent", "stinger"]), "", "What the music does."),
    may("hits[].strength", UNIPOLAR, "", "How much of it."),
    may("motif", Kind::Table, "", "The leitmotif; left out = made from the seed."),
    must("motif.notes", list(2, 16), "", "Its notes."),
    may("motif.notes[]", Kind::Table, "", "A note."),
    must("motif.notes[].degree", whole(-14, 21), "steps", "Scale steps above the motif's tonic."),
    may("motif.notes[].alter", whole(-2, 2), "semitones", "Alteration."),
    must("motif.notes[].beats", number(0.125, 8.0), "quarter notes", "Length."),
    may("motif.notes[].accent", UNIPOLAR, "", "Accent."),
    may("motif.notes[].rest", Kind::Switch, "", "A silence of this length."),
    may(
        "motif.pickup_beats",
        number(0.0, MAX_PICKUP_BEATS),
        "quarter notes",
        "How much of it lies before its first bar line.",
    ),
    may("takes", Kind::Table, "", "Which roll of the dice each part uses."),
    may("takes.score", TAKE, "", "Harmony, form and key."),
    may("takes.motif", TAKE, "", "The motif."),
    may("takes.stems", list(STEM_COUNT, STEM_COUNT), "", "One per stem."),
    may("takes.stems[]", TAKE, "", "The take of one stem."),
    may("params", Kind::Params, "", "Values of parameters other than the mood axes."),
];

/// A palette.
pub static PALETTE_LIMITS: LazyLock<Vec<Limit>> =
    LazyLock::new(|| [PALETTE_HEAD, MOOD, PALETTE_HALL, HALL, PALETTE_SOUND].concat());

const PALETTE_HEAD: &[Limit] = &[
    must("id", Kind::Text { max: 12 }, "", "Identifier: the file's name without its ending."),
    must("name", Kind::Text { max: 40 }, "", "Name shown to people."),
    must("description", Kind::Text { max: 200 }, "", "One sentence."),
    may("mood", Kind::Table, "", "Mood a new cue starts from."),
];

const PALETTE_HALL: &[Limit] = &[must("hall", Kind::Hall, "", "The space, a table or the id of a hall.")];

const PALETTE_SOUND: &[Limit] = &[
    must("ambience", Kind::Table, "", "The ninth stem."),
    must("ambience.scene", Kind::Scene, "", "Scene id."),
    must("ambience.gain_db", number(-60.0, 12.0), "dB", "Level."),
    must("ambience.intensity", UNIPOLAR, "", "Still to stormy."),
    may("ambience.distance", UNIPOLAR, "", "Near to far."),
    must("stems", Kind::Stems, "", "The music stems; one not named does not play."),
    may("stems.*", Kind::Table, "", "One stem."),
    must("stems.*.parts", list(1, PARTS_PER_STEM), "", "Instruments by part."),
    may("stems.*.parts[]", Kind::Instrument, "", "An instrument."),
    may("stems.*.gain_db", number(-60.0, 24.0), "dB", "Level before the hall."),
    may(
        "stems.*.distance_m",
        number(DISTANCE_M.0 as f64, DISTANCE_M.1 as f64),
        "m",
        "How far away it sits: farther is duller, with more of the hall.",
    ),
    may("stems.*.pan", BIPOLAR, "", "Left to right."),
    may("stems.*.width", number(0.0, 2.0), "", "Mono to wide."),
    may("stems.*.send_db", number(-90.0, 12.0), "dB", "Level sent to the hall from the usual 8 m."),
    may("stems.*.equalizer", Kind::Table, "", "Colors the spectrum; first of the inserts."),
    may("stems.*.equalizer.low_cut_hz", number(0.0, 1_000.0), "Hz", "Low cut, 12 dB per octave; 0 = none."),
    may("stems.*.equalizer.low_shelf_hz", number(20.0, 2_000.0), "Hz", "Corner of the low shelf."),
    may("stems.*.equalizer.low_shelf_db", SHELF, "dB", "Gain of the low shelf."),
    may("stems.*.equalizer.bell_hz", number(20.0, 16_000.0), "Hz", "Center of the bell."),
    may("stems.*.equalizer.bell_db", SHELF, "dB", "Gain of the bell."),
    may("stems.*.equalizer.bell_q", number(0.1, 20.0), "", "Center over width of the bell."),
    may("stems.*.equalizer.high_shelf_hz", number(500.0, 16_000.0), "Hz", "Corner of the high shelf."),
    may("stems.*.equalizer.high_shelf_db", SHELF, "dB", "Gain of the high shelf."),
    may("stems.*.saturation", Kind::Table, "", "Rounds the peaks; second of the inserts."),
    must("stems.*.saturation.drive_db", number(0.0, 36.0), "dB", "How far it is pushed."),
    may("stems.*.chorus", Kind::Table, "", "Doubles the sound; third of the inserts."),
    may("stems.*.chorus.rate_hz", number(0.02, 8.0), "Hz", "How often it sways."),
    may("stems.*.chorus.depth_ms", number(0.0, 10.0), "ms", "Half of its way."),
    may("stems.*.chorus.mix", UNIPOLAR, "", "Part of the voices."),
    may("stems.*.echo", Kind::Table, "", "Repeats in time; last of the inserts."),
    may("stems.*.echo.beats", number(0.125, 8.0), "quarter notes", "Distance of the echoes."),
    may("stems.*.echo.feedback", number(0.0, 0.9), "", "Part of each that comes again."),
    may("stems.*.echo.level_db", number(-60.0, 0.0), "dB", "Level of the first."),
    may("stems.*.echo.high_cut_hz", number(200.0, 20_000.0), "Hz", "Every echo loses what lies above."),
    may("stems.*.echo.ping_pong", Kind::Switch, "", "Echoes jump from side to side."),
];

/// Finds a row by its pattern.
pub fn find<'a>(table: &'a [Limit], pattern: &str) -> Option<&'a Limit> {
    table.iter().find(|limit| limit.path == pattern)
}

/// The rows directly below a pattern (`""` is the document): row and key.
pub fn children<'a>(
    table: &'a [Limit],
    pattern: &'a str,
) -> impl Iterator<Item = (&'a Limit, &'static str)> + 'a {
    table.iter().filter_map(move |limit| {
        let key = match (pattern, limit.path.strip_prefix(pattern)?) {
            ("", rest) => rest,
            (_, rest) => rest.strip_prefix('.')?,
        };
        let direct = !key.is_empty() && !key.contains(['.', '[', '*']);
        direct.then_some((limit, key))
    })
}

/// The parameters a cue may set: all but the mood axes (they have a table of their own) and what belongs to a session.
pub fn cue_params() -> impl Iterator<Item = &'static ParamRow> {
    PARAMS.iter().filter(|row| !matches!(row.group, Group::Mood | Group::Transport))
}

impl Limit {
    /// What is allowed, in words: "20 to 400 bpm".
    pub fn range_text(&self) -> String {
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        match self.kind {
            Kind::Whole { min, max } => format!("a whole number from {min} to {max}{unit}"),
            Kind::Number { min, max } => format!("a number from {min} to {max}{unit}"),
            Kind::Text { max } => format!("text of at most {max} characters"),
            Kind::Switch => "true or false".into(),
            Kind::Choice(words) => format!("one of {}", quoted(words.iter().copied())),
            Kind::OneOf(numbers) => {
                let words: Vec<String> = numbers.iter().map(|number| number.to_string()).collect();
                format!("one of {}", words.join(", "))
            }
            Kind::Key => "a note name such as \"D\", \"F#\" or \"Bb\", or \"\"".into(),
            Kind::Palette => "the id of a palette".into(),
            Kind::PaletteOrNone => "the id of a palette, or \"\"".into(),
            Kind::Instrument => "the id of an instrument".into(),
            Kind::Hall => {
                format!(
                    "a table or one of {}",
                    quoted(super::factory::halls().iter().map(|hall| hall.id.as_str()))
                )
            }
            Kind::Scene => format!("one of {}", quoted(SCENES.iter().map(|scene| scene.id))),
            Kind::List { min: 0, max } => format!("a list of at most {max} items"),
            Kind::List { min, max } if min == max => format!("a list of exactly {max} items"),
            Kind::List { min, max } => format!("a list of {min} to {max} items"),
            Kind::Table | Kind::Params | Kind::Stems => "a table".into(),
        }
    }
}

/// Words in quotes, separated by commas.
pub(super) fn quoted<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cue::{Cue, HitKind};

    #[test]
    fn rows_are_sound_and_have_parents() {
        for table in [&CUE_LIMITS, &PALETTE_LIMITS] {
            for limit in table.iter() {
                assert_eq!(
                    table.iter().filter(|other| other.path == limit.path).count(),
                    1,
                    "{}",
                    limit.path
                );
                assert!(limit.doc.ends_with('.'), "{}", limit.path);
                let parent = limit.path.strip_suffix("[]").or(limit.path.rsplit_once('.').map(|(up, _)| up));
                if let Some(parent) = parent {
                    assert!(find(table, parent).is_some(), "{}", limit.path);
                }
                match limit.kind {
                    Kind::Whole { min, max } => assert!(min < max || limit.path == "version"),
                    Kind::Number { min, max } => assert!(min < max),
                    Kind::List { min, max } => assert!(min <= max && max > 0),
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn the_table_names_every_key_of_a_document() {
        let written =
            serde_json::to_value(Cue { motif: Some(Default::default()), ..Cue::default() }).unwrap();
        for key in written.as_object().unwrap().keys() {
            assert!(find(&CUE_LIMITS, key).is_some(), "{key}");
        }
        assert_eq!(written.as_object().unwrap().len(), children(&CUE_LIMITS, "").count());
    }

    #[test]
    fn every_kind_of_hit_has_its_word() {
        let Kind::Choice(words) = find(&CUE_LIMITS, "hits[].kind").unwrap().kind else { panic!() };
        for word in words {
            let kind: HitKind = serde_json::from_value((*word).into()).unwrap();
            // The match makes a new kind fail to compile here until its word stands in the table.
            let expected = match kind {
                HitKind::Accent => "accent",
                HitKind::Stinger => "stinger",
            };
            assert_eq!(expected, *word);
        }
    }
}
