//! What leaves the program: stems as WAV, the score as JSON, the notes as MIDI, and hashes that prove sameness.
//!
//! Drives the engine offline as an ideal host would. Used by the plugin, the command line and the tests; knows neither.

pub mod automation;
pub mod folder;
pub mod hash;
pub mod midi;
pub mod render;
pub mod score;
pub mod tempo;
pub mod wav;
