//! Audio ports: the mix and nine stems, the same with the ambience as AmbiX, or the mix alone.
//! Source: DESIGN 8; CLAP `ext/ambisonic.h`. In/out: stereo but for that one port, no inputs, no 64 bit.

use super::ClapShared;
use super::audio::ClapAudio;
use super::main_thread::{ClapMain, Layout};
use crate::core::{AMBIENCE_BUS, BUS_COUNT, Outputs, bus_name};
use clack_extensions::ambisonic::*;
use clack_extensions::audio_ports::*;
use clack_extensions::audio_ports_activation::*;
use clack_extensions::audio_ports_config::*;
use clack_plugin::plugin::PluginError;
use clack_plugin::utils::ClapId;
use std::sync::atomic::Ordering;

/// AmbiX.
const AMBIX: AmbisonicConfig = AmbisonicConfig::new(AmbisonicOrdering::ACN, AmbisonicNormalization::SN3D);

impl Layout {
    const ALL: [Layout; 3] = [Layout::Full, Layout::MixOnly, Layout::Ambix];

    /// Identifier hosts store.
    fn id(self) -> ClapId {
        match self {
            Layout::Full => ClapId::new(1),
            Layout::MixOnly => ClapId::new(2),
            Layout::Ambix => ClapId::new(3),
        }
    }

    fn from_id(id: ClapId) -> Option<Layout> {
        Layout::ALL.into_iter().find(|layout| layout.id() == id)
    }

    fn name(self) -> &'static str {
        match self {
            Layout::Full => "Mix and nine stems",
            Layout::MixOnly => "Mix only",
            Layout::Ambix => "Mix and nine stems, ambience as AmbiX",
        }
    }

    fn bus_count(self) -> u32 {
        match self {
            Layout::Full | Layout::Ambix => BUS_COUNT as u32,
            Layout::MixOnly => 1,
        }
    }

    /// True when a port carries a field.
    fn has_field(self, index: u32) -> bool {
        self == Layout::Ambix && index as usize == AMBIENCE_BUS
    }
}

/// Writes what a port is.
fn describe(layout: Layout, index: u32, is_input: bool, writer: &mut AudioPortInfoWriter) {
    if is_input || index >= layout.bus_count() {
        return;
    }
    writer.set(&AudioPortInfo {
        id: ClapId::new(index),
        name: bus_name(index as usize).as_bytes(),
        channel_count: Outputs::channels(layout == Layout::Ambix, index as usize) as u32,
        flags: if index == 0 { AudioPortFlags::IS_MAIN } else { AudioPortFlags::empty() },
        port_type: Some(if layout.has_field(index) {
            AudioPortType::AMBISONIC
        } else {
            AudioPortType::STEREO
        }),
        in_place_pair: None,
    });
}

impl PluginAudioPortsImpl for ClapMain<'_> {
    fn count(&self, is_input: bool) -> u32 {
        if is_input { 0 } else { self.layout.get().bus_count() }
    }

    fn get(&self, index: u32, is_input: bool, writer: &mut AudioPortInfoWriter) {
        describe(self.layout.get(), index, is_input, writer);
    }
}

impl PluginAudioPortsConfigImpl for ClapMain<'_> {
    fn count(&self) -> u32 {
        Layout::ALL.len() as u32
    }

    fn get(&self, index: u32, writer: &mut AudioPortConfigWriter) {
        let Some(layout) = Layout::ALL.get(index as usize) else { return };
        writer.write(&AudioPortsConfiguration {
            id: layout.id(),
            name: layout.name().as_bytes(),
            input_port_count: 0,
            output_port_count: layout.bus_count(),
            main_input: None,
            main_output: Some(MainPortInfo { channel_count: 2, port_type: Some(AudioPortType::STEREO) }),
        });
    }

    fn select(&self, config_id: ClapId) -> Result<(), PluginError> {
        let layout = Layout::from_id(config_id).ok_or(PluginError::Message("there is no such layout"))?;
        self.layout.set(layout);
        Ok(())
    }
}

impl PluginAudioPortsConfigInfoImpl for ClapMain<'_> {
    fn current_config(&self) -> Option<ClapId> {
        Some(self.layout.get().id())
    }

    fn get(&self, config_id: ClapId, index: u32, is_input: bool, writer: &mut AudioPortInfoWriter) {
        if let Some(layout) = Layout::from_id(config_id) {
            describe(layout, index, is_input, writer);
        }
    }
}

impl PluginAmbisonicImpl for ClapMain<'_> {
    fn is_config_supported(&self, config: AmbisonicConfig) -> bool {
        config == AMBIX
    }

    fn get_config(&self, is_input: bool, port_index: u32) -> Option<AmbisonicConfig> {
        (!is_input && self.layout.get().has_field(port_index)).then_some(AMBIX)
    }
}

impl PluginAudioPortsActivationImpl for ClapMain<'_> {
    fn can_activate_while_processing(&self) -> bool {
        true
    }
}

fn set_active(shared: &ClapShared, is_input: bool, index: u32, is_active: bool) -> bool {
    if is_input || index >= BUS_COUNT as u32 {
        return false;
    }
    match is_active {
        true => shared.inactive.fetch_and(!(1 << index), Ordering::Relaxed),
        false => shared.inactive.fetch_or(1 << index, Ordering::Relaxed),
    };
    true
}

impl PluginAudioPortsActivationSetImpl for ClapMain<'_> {
    fn set_active(&self, is_input: bool, port_index: u32, is_active: bool, _size: SampleSize) -> bool {
        set_active(self.shared, is_input, port_index, is_active)
    }
}

impl PluginAudioPortsActivationSetImpl for ClapAudio<'_> {
    fn set_active(&self, is_input: bool, port_index: u32, is_active: bool, _size: SampleSize) -> bool {
        set_active(self.shared, is_input, port_index, is_active)
    }
}
