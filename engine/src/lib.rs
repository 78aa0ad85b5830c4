//! Cuewright's engine: composes, performs and synthesises nine stems of film music, quantum by quantum.
//!
//! Knows no host, no window, no file, no clock on a wall and no thread. See ARCHITECTURE.md for the one picture.

pub mod compose;
mod conductor;
pub mod cue;
pub mod dsp;
pub mod engine;
pub mod fx;
mod handle;
pub mod instrument;
pub mod mapping;
pub mod memory;
mod midi;
mod mix;
pub mod note;
pub mod params;
pub mod plan;
pub mod random;
pub mod stem;
pub mod theory;
pub mod time;
pub mod units;

/// Changes whenever the same cue would sound different (CHANGELOG.md says how).
pub const REVISION: u32 = 10;
