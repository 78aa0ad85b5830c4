//! The two formats around the core. Neither knows the other.

pub mod clap;
pub mod vst3;
