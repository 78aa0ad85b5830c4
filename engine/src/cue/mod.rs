//! The cue: the document that defines the music. Pure data with limits; nothing here sounds.
//! Source: DESIGN 2, 6, 8. In/out: TOML (files, strict) and JSON (plugin state, repaired, unknown fields kept).

mod document;
pub mod factory;
mod inserts;
mod lane;
pub mod limits;
mod mood;
mod palette;
mod parse;
pub mod repair;

pub use document::{
    CUE_VERSION, Cue, CueEnding, Hit, HitKind, LanePoint, MeterChange, Motif, MotifNote, Takes,
};
pub use inserts::{ChorusSettings, EchoSettings, EqualizerSettings, Inserts, SaturationSettings};
pub use lane::{Lane, MAX_LANE_POINTS};
pub use mood::{AXIS_COUNT, Mood};
pub use palette::{AmbienceSettings, HallChoice, HallSettings, Palette, PaletteStem};
pub use parse::{CueError, parse_palette, parse_toml, to_toml};
