//! What the integration suites share: hosts, the built plugin, a guard on the allocator, recordings, hashes.
//!
//! The suites themselves stand in `tests/`, the benches in `benches/`, the programs `cargo xtask` starts in `src/bin/`.

pub mod built;
pub mod clap_host;
pub mod clock;
pub mod cues;
pub mod guard;
pub mod hash;
pub mod kernels;
pub mod picture;
pub mod plugin_cost;
pub mod rig;
pub mod sheet;
pub mod spectrum;
pub mod voices;
pub mod vst3_host;
pub mod wav;
