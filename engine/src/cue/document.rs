//! The cue document: everything that defines the music, the same in a file, a preset and the plugin's state.
//! Source: DESIGN 2 "cue". Bars in documents count from 1, as people count them; inside the engine from 0.
//! In/out: plain data; [`super::limits`] says what is legal, [`super::parse`] and [`super::repair`] read it.

use super::mood::Mood;
use super::palette::HallChoice;
use crate::random::mix64;
use crate::stem::STEM_COUNT;
use crate::time::Meter;
use serde::{Deserialize, Serialize};

/// Version of the document's shape. Additive changes keep it.
pub const CUE_VERSION: u32 = 1;

/// Seeds of a re-roll have at most six digits: a person can say them on the phone.
const REROLL_SEEDS: u64 = 1_000_000;

/// The document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cue {
    /// Shape of the document, [`CUE_VERSION`].
    pub version: u32,
    /// Engine revision that made it; 0 = unknown.
    pub revision: u32,
    /// Name a person gave it.
    pub title: String,
    /// The seed of every choice.
    pub seed: u64,
    /// Palette id.
    pub palette: String,
    /// Id of the palette the `morph` parameter leads to; empty = none.
    pub morph_palette: String,
    /// The space, where it is not the palette's.
    pub hall: Option<HallChoice>,
    /// Id of the ambience's scene, where it is not the palette's; level, intensity and distance stay the palette's.
    pub scene: Option<String>,
    /// Tempo where no host gives one, quarter notes per minute.
    pub tempo_bpm: f64,
    /// Tonic as a note name ("D", "F#", "Bb"); empty = chosen by the seed.
    pub key: String,
    /// Length where no one else says, bars.
    pub length_bars: u32,
    /// What comes after its last bar.
    pub ending: CueEnding,
    /// Meters by bar; empty = 4/4 from bar 1. Used where no host gives a meter.
    pub meters: Vec<MeterChange>,
    /// The mood at rest: what the axes start from.
    pub mood: Mood,
    /// Mood over the timeline ("arc"); an axis a point does not name keeps running between its neighbours.
    pub lane: Vec<LanePoint>,
    /// Points in picture the music answers.
    pub hits: Vec<Hit>,
    /// The leitmotif; none = generated from the seed.
    pub motif: Option<Motif>,
    /// Which roll of the dice each stem uses.
    pub takes: Takes,
    /// Values of parameters other than the mood axes, by id (density, stem levels, …).
    pub params: std::collections::BTreeMap<String, f32>,
}

impl Cue {
    /// The meter of its first bar.
    pub fn first_meter(&self) -> Meter {
        let first = self.meters.iter().find(|change| change.bar <= 1);
        first.and_then(|m| Meter::new(m.numerator, m.denominator, &m.groups)).unwrap_or_default()
    }

    /// Gives its first bar a meter; later changes stay.
    pub fn set_first_meter(&mut self, meter: Meter) {
        self.meters.retain(|change| change.bar > 1);
        let (numerator, denominator) = (meter.numerator(), meter.denominator());
        let groups = if meter.is_usual() { Vec::new() } else { meter.groups().to_vec() };
        self.meters.insert(0, MeterChange { bar: 1, numerator, denominator, groups });
    }
}

/// What comes after a cue's last bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CueEnding {
    /// Silence: the tune closes, the last chord rests.
    #[default]
    Close,
    /// Its first bar, to which the last one leads; and so on for ever.
    Loop,
}

impl CueEnding {
    /// The words of a document, in order.
    pub const IDS: &[&str] = &["close", "loop"];
}

/// A meter from a bar on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeterChange {
    /// First bar of the meter, from 1.
    pub bar: u32,
    /// Beats in a bar, 2–15.
    pub numerator: u8,
    /// Which note is a beat: 2, 4, 8 or 16.
    pub denominator: u8,
    /// Grouping in denominators, summing to the numerator; empty = the usual one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<u8>,
}

/// A breakpoint of the mood lane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LanePoint {
    /// Position in bars from 1; 9.5 is the middle of bar 9.
    pub bar: f64,
    /// Axes at this point; `None` leaves the axis to its neighbours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valence: Option<f32>,
    /// See `valence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub energy: Option<f32>,
    /// See `valence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tension: Option<f32>,
    /// See `valence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wonder: Option<f32>,
    /// See `valence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<f32>,
    /// See `valence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub darkness: Option<f32>,
}

/// What the music does at a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HitKind {
    /// Chord struck again with percussion.
    Accent,
    /// Impact and a dissonant chord after a breath of silence.
    Stinger,
}

impl HitKind {
    /// The word for it in files.
    pub const fn id(self) -> &'static str {
        match self {
            HitKind::Accent => "accent",
            HitKind::Stinger => "stinger",
        }
    }
}

/// A point in picture the music answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hit {
    /// Position in bars from 1, fractional.
    pub bar: f64,
    /// What the music does.
    pub kind: HitKind,
    /// 0..1.
    #[serde(default = "full")]
    pub strength: f32,
}

fn full() -> f32 {
    1.0
}

/// A leitmotif: 2–16 notes on the steps of the current scale.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Motif {
    /// The notes in order.
    pub notes: Vec<MotifNote>,
    /// How many quarter notes of it lie before its first bar line, 0..4: an upbeat. At most a bar, and two notes follow.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub pickup_beats: f64,
}

impl Motif {
    /// How many of its notes sound.
    pub fn sounding(&self) -> usize {
        self.notes.iter().filter(|note| !note.rest).count()
    }

    /// How many sound from its first bar line on.
    pub fn after_pickup(&self) -> usize {
        let mut at = 0.0;
        let mut starts = |note: &MotifNote| {
            let begun = at;
            at += note.beats;
            !note.rest && begun >= self.pickup_beats - 1e-6
        };
        self.notes.iter().filter(|note| starts(note)).count()
    }
}

fn is_nought(x: &f64) -> bool {
    *x == 0.0
}

/// One note of a motif.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotifNote {
    /// Scale steps above the motif's tonic, -14..21.
    pub degree: i8,
    /// Semitones of alteration, -2..2.
    #[serde(default)]
    pub alter: i8,
    /// Length in quarter notes, 1/8..8.
    pub beats: f64,
    /// 0..1.
    #[serde(default)]
    pub accent: f32,
    /// True for a silence of this length.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rest: bool,
}

/// Which roll of the dice each part of the music uses; 0 is the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Takes {
    /// Harmony, form and key: shared by all stems.
    pub score: u32,
    /// The motif.
    pub motif: u32,
    /// One per stem, in stem order.
    pub stems: [u32; STEM_COUNT],
}

impl Cue {
    /// Rolls all dice again: another seed, first takes.
    pub fn reroll(&mut self) {
        let next = mix64(self.seed.wrapping_add(0x5EED)) % REROLL_SEEDS;
        self.seed = if next == self.seed { next + 1 } else { next };
        self.takes = Takes::default();
    }
}

impl Default for Cue {
    fn default() -> Self {
        Cue {
            version: CUE_VERSION,
            revision: crate::REVISION,
            title: String::new(),
            seed: 1,
            palette: "orchestral".into(),
            morph_palette: String::new(),
            hall: None,
            scene: None,
            tempo_bpm: 92.0,
            key: String::new(),
            length_bars: 32,
            ending: CueEnding::default(),
            meters: Vec::new(),
            mood: Mood::default(),
            lane: Vec::new(),
            hits: Vec::new(),
            motif: None,
            takes: Takes::default(),
            params: Default::default(),
        }
    }
}
