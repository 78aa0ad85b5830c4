//! The VST3 shell: one component class around the core, its factory, and the module's entry points.
//! Source: VST 3.8 API through the `vst3` bindings; host facts PLATFORM 1, 2. In/out: COM calls in, core calls out.
//!
//! Four rules hold everywhere here: no panic crosses into the host (`guard`), the audio thread takes no lock (`audio`),
//! pointers from the host are looked at before they are used, and the handler is spoken to on the main thread only
//! (`outbox`).

// The bindings keep the names of the C++ headers.
#![allow(non_snake_case, non_upper_case_globals)]
// Enums and UTF-16 units have other widths and signs on Windows.
#![allow(clippy::unnecessary_cast)]

mod audio;
mod block;
mod busses;
mod component;
mod controller;
mod factory;
mod guard;
mod outbox;
mod plugin;
mod processor;
mod stream;
mod text;
mod units;
mod view;

pub use factory::{CLASS_ID, GetPluginFactory};

use std::ffi::c_void;

/// The host loads the module.
#[cfg(all(unix, not(target_os = "macos")))]
#[unsafe(no_mangle)]
pub extern "system" fn ModuleEntry(_library: *mut c_void) -> bool {
    true
}

/// The host unloads the module.
#[cfg(all(unix, not(target_os = "macos")))]
#[unsafe(no_mangle)]
pub extern "system" fn ModuleExit() -> bool {
    true
}

/// The host loads the module.
#[cfg(target_os = "macos")]
#[unsafe(no_mangle)]
pub extern "system" fn bundleEntry(_bundle: *mut c_void) -> bool {
    true
}

/// The host unloads the module.
#[cfg(target_os = "macos")]
#[unsafe(no_mangle)]
pub extern "system" fn bundleExit() -> bool {
    true
}

/// The host loads the module.
#[cfg(windows)]
#[unsafe(no_mangle)]
pub extern "system" fn InitDll() -> bool {
    true
}

/// The host unloads the module.
#[cfg(windows)]
#[unsafe(no_mangle)]
pub extern "system" fn ExitDll() -> bool {
    true
}
