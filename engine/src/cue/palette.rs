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
    /// The space.
    pub hall: HallSettings,
    /// The ninth stem.
    pub ambience: AmbienceSettings,
    /// The eight music stems by id; a stem that is not named does not play.
    pub stems: std::collections::BTreeMap<String, PaletteStem>,
}

/// One stem of a palette.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaletteStem {
    /// Instrument ids by part (names in [`crate::stem::StemRow::parts`]); a missing part takes the one before.
    pub parts: Vec<String>,
    /// Level before the hall, dB.
    #[serde(default)]
    pub gain_db: f32,
    /// Level sent to the hall, dB.
    #[serde(default = "default_send_db")]
    pub send_db: f32,
    /// -1 left .. 1 right.
    #[serde(default)]
    pub pan: f32,
    /// 0 mono .. 1 as played .. 2 wide.
    #[serde(default = "default_width")]
    pub width: f32,
    /// What stands between the instruments and the strip.
    #[serde(flatten)]
    pub inserts: Inserts,
}

fn default_send_db() -> f32 {
    -12.0
}

fn default_width() -> f32 {
    1.0
}

/// The hall's settings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HallSettings {
    /// 0 closet .. 1 cathedral: scales the delays.
    pub size: f32,
    /// Time to fall by 60 dB in the mid range, s.
    pub decay_s: f32,
    /// 0 dark .. 1 bright: damping of the highs.
    pub brightness: f32,
    /// Gap before the first wet sound, ms.
    pub predelay_ms: f32,
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
}
