//! Theory: pitch, scale, chord, voice leading, rhythm. Pure, in integers, without sound, place or mood.

mod chord;
mod pitch;
mod rhythm;
mod scale;
mod voicing;

pub use chord::{QUALITIES, Quality, QualityRow};
pub use pitch::{Spelling, rotate, signature};
pub use rhythm::{Bars, TICKS, euclid, in_beats, in_ticks, log2_q8, step_positions, threes};
pub use scale::{MODES, Mode, ModeRow, stepped};
pub use voicing::{Request, Voices, clear, voice, voice_toward};
