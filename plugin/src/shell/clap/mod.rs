//! The CLAP shell: one file per conversation with the host, all of them translation.
//! Source: CLAP 1.2 through clack; host facts PLATFORM 1. In/out: the core's vocabulary on one side, CLAP's on the other.

mod audio;
mod entry;
mod events;
mod gui;
mod main_thread;
mod notes;
mod params;
mod ports;
mod presets;
mod remote;
mod state;
mod timing;
mod track;
mod transport;

pub use entry::CuewrightEntry;

use crate::core::{BUS_COUNT, Shared};
use clack_extensions::ambisonic::PluginAmbisonic;
use clack_extensions::audio_ports::PluginAudioPorts;
use clack_extensions::audio_ports_activation::PluginAudioPortsActivation;
use clack_extensions::audio_ports_config::{PluginAudioPortsConfig, PluginAudioPortsConfigInfo};
use clack_extensions::gui::PluginGui;
use clack_extensions::latency::PluginLatency;
use clack_extensions::note_ports::PluginNotePorts;
use clack_extensions::params::PluginParams;
use clack_extensions::preset_discovery::PluginPresetLoad;
use clack_extensions::remote_controls::PluginRemoteControls;
use clack_extensions::render::PluginRender;
use clack_extensions::state::PluginState;
use clack_extensions::state_context::PluginStateContext;
use clack_extensions::tail::PluginTail;
use clack_extensions::track_info::PluginTrackInfo;
use clack_plugin::plugin::features;
use clack_plugin::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32};

/// Identifier hosts store; never changed.
pub const PLUGIN_ID: &str = "org.cuewright.cuewright";

clack_plugin::clack_export_entry!(CuewrightEntry);

/// The plugin as CLAP sees it.
pub struct Cuewright;

impl Plugin for Cuewright {
    type AudioProcessor<'a> = audio::ClapAudio<'a>;
    type Shared<'a> = ClapShared;
    type MainThread<'a> = main_thread::ClapMain<'a>;

    fn declare_extensions(builder: &mut PluginExtensions<Self>, _shared: Option<&ClapShared>) {
        builder
            .register::<PluginAmbisonic>()
            .register::<PluginAudioPorts>()
            .register::<PluginAudioPortsActivation>()
            .register::<PluginAudioPortsConfig>()
            .register::<PluginAudioPortsConfigInfo>()
            .register::<PluginNotePorts>()
            .register::<PluginParams>()
            .register::<PluginState>()
            .register::<PluginStateContext>()
            .register::<PluginLatency>()
            .register::<PluginTail>()
            .register::<PluginRender>()
            .register::<PluginPresetLoad>()
            .register::<PluginRemoteControls>()
            .register::<PluginTrackInfo>()
            .register::<PluginGui>();
    }
}

/// What the host lists.
pub fn descriptor() -> PluginDescriptor {
    PluginDescriptor::new(PLUGIN_ID, crate::NAME)
        .with_vendor(crate::VENDOR)
        .with_url(crate::URL)
        .with_version(crate::VERSION)
        .with_description("Writes and plays film music in nine stems while the picture runs")
        .with_features([features::INSTRUMENT, features::SYNTHESIZER, features::STEREO])
}

/// What the host's threads share of one instance.
pub struct ClapShared {
    core: Arc<Shared>,
    /// Busses the host has switched off, one bit each.
    inactive: AtomicU32,
    /// What the main thread shall tell the host, see [`main_thread`].
    wishes: Arc<AtomicU32>,
    /// True when the host understands MIDI notes only.
    midi_dialect: AtomicBool,
}

// One bit per bus in `inactive`.
const _: () = assert!(BUS_COUNT <= 32);

impl PluginShared<'_> for ClapShared {}

impl Drop for ClapShared {
    fn drop(&mut self) {
        // The core may outlive the host's pointers in an editor's thread: nobody may call them any more.
        self.core.disconnect();
    }
}
