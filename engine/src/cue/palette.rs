//! Palettes: which instruments play the stems, how they are mixed and in which space. Data, one TOML file each.
//! Source: DESIGN 7. In/out: `presets/palettes/<id>.toml`.

use super::inserts::Inserts;
use super::mood::Mood;
use serde::{Deserialize, Serialize};

/// A palette as its file says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Palette {
    /// Identifier, the file's name without its ending.
    pub id: String,
    /// Name shown to people.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// Mood a new cue with this palette starts from.
    #[serde(default)]
    pub mood: Mood,
    /// The space: settings of its own, or the id of a hall (`presets/halls`).
    #[serde(deserialize_with = "chosen")]
    pub hall: HallSettings,
    /// The ninth stem.
    pub ambience: AmbienceSettings,
    /// The eight music stems by id; a stem that is not named does not play.
    pub stems: std::collections::BTreeMap<String, PaletteStem>,
}

impl Palette {
    /// A palette that plays nothing: it names no instrument, so it can always be compiled.
    pub fn silence() -> Palette {
        Palette {
            id: "silence".into(),
            name: "Silence".into(),
            description: String::new(),
            mood: Mood::default(),
            hall: HallSettings { decay_s: 2.0, ..HallSettings::USUAL },
            ambience: AmbienceSettings {
                scene: "room".into(),
                gain_db: -60.0,
                intensity: 0.0,
                distance: 0.0,
            },
            stems: Default::default(),
        }
    }
}

/// One stem of a palette.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaletteStem {
    /// Instrument ids by part (names in [`crate::stem::StemRow::parts`]); a missing part takes the one before.
    pub parts: Vec<String>,
    /// Level before the hall, dB.
    #[serde(default)]
    pub gain_db: f32,
    /// How far away the stem sits, m; none here and below = the stem's seat in an orchestra ([`crate::stem::Seat`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<f32>,
    /// -1 left .. 1 right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pan: Option<f32>,
    /// 0 mono .. 1 as played .. 2 wide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<f32>,
    /// Level sent to the hall from the middle of an orchestra, dB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_db: Option<f32>,
    /// What stands between the instruments and the strip.
    #[serde(flatten)]
    pub inserts: Inserts,
}

/// The hall's settings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HallSettings {
    /// -0.4 car .. 0 large room .. 1 cathedral: scales the delays.
    pub size: f32,
    /// Time to fall by 60 dB in the mid range, s.
    pub decay_s: f32,
    /// 0 dark .. 1 bright: damping of the highs.
    pub brightness: f32,
    /// Gap before the first wet sound, ms.
    pub predelay_ms: f32,
    /// Level of the first reflections against those of a hall, dB.
    #[serde(default)]
    pub early_db: f32,
    /// Level of the reverberation against that of a hall, dB.
    #[serde(default)]
    pub late_db: f32,
    /// Below this nothing is carried, dry sound included, Hz: a radio, a car.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_hz: Option<f32>,
    /// Above this nothing is carried, Hz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_hz: Option<f32>,
}

impl HallSettings {
    /// A hall of middling size.
    pub const USUAL: HallSettings = HallSettings {
        size: 0.5,
        decay_s: 2.2,
        brightness: 0.5,
        predelay_ms: 20.0,
        early_db: 0.0,
        late_db: 0.0,
        low_hz: None,
        high_hz: None,
    };
}

impl Default for HallSettings {
    fn default() -> HallSettings {
        HallSettings::USUAL
    }
}

/// A hall by name or with settings of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HallChoice {
    /// The id of a hall that comes with Cuewright.
    Named(String),
    /// Settings.
    Own(HallSettings),
}

impl HallChoice {
    /// The settings; `None` where nobody has a hall of that name.
    pub fn settings(&self) -> Option<HallSettings> {
        match self {
            HallChoice::Named(id) => super::factory::hall(id).map(|hall| hall.hall),
            HallChoice::Own(settings) => Some(*settings),
        }
    }
}

fn chosen<'de, D: serde::Deserializer<'de>>(from: D) -> Result<HallSettings, D::Error> {
    let choice = HallChoice::deserialize(from)?;
    choice.settings().ok_or_else(|| serde::de::Error::custom("there is no such hall"))
}

/// The ambience stem's settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmbienceSettings {
    /// Scene id, see `fx::ambience`.
    pub scene: String,
    /// Level, dB.
    pub gain_db: f32,
    /// 0 still .. 1 stormy.
    pub intensity: f32,
    /// 0 near .. 1 far: quieter, duller, with more echo.
    #[serde(default)]
    pub distance: f32,
}
