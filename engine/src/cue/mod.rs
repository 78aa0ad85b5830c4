//! The cue: the document that defines the music. Pure data with limits; nothing here sounds.
//! Source: DESIGN 2, 6, 8. In/out: TOML (files, strict) and JSON (plugin state, repaired, unknown fields kept).

mod document;
mod lane;
mod mood;
mod palette;

pub use document::{CUE_VERSION, Cue, Hit, HitKind, LanePoint, MeterChange, Motif, MotifNote, Takes};
pub use lane::{Lane, MAX_LANE_POINTS};
pub use mood::{AXIS_COUNT, Mood};
pub use palette::{AmbienceSettings, HallSettings, Palette, PaletteStem};
