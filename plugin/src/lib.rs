//! Cuewright in a host: one format-neutral core, a thin CLAP shell, a thin VST3 shell, one editor.
//!
//! Translation only: no sample arithmetic and no theory here. `core` knows no format, the shells know no music.

pub mod core;
pub mod editor;
pub mod params;
pub mod shell;
pub mod state;

/// The plugin's name in every host.
pub const NAME: &str = "Cuewright";

/// Who makes it.
pub const VENDOR: &str = "Cuewright";

/// Where it lives.
pub const URL: &str = "https://github.com/cuewright/cuewright";

/// Version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
