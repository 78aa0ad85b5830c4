//! The entry: the plugin and its factory cues, for hosts that scan. In/out: no work is done before an instance exists.

use super::main_thread::{ClapMain, connect};
use super::presets::CueFactory;
use super::{ClapShared, Cuewright, PLUGIN_ID, descriptor};
use clack_extensions::preset_discovery::prelude::PresetDiscoveryFactoryWrapper;
use clack_plugin::entry::prelude::*;
use std::ffi::CStr;

/// What `clap_entry` points to.
pub struct CuewrightEntry {
    plugins: PluginFactoryWrapper<Factory>,
    cues: PresetDiscoveryFactoryWrapper<CueFactory>,
}

impl Entry for CuewrightEntry {
    fn new(_bundle_path: Option<&CStr>) -> Result<Self, EntryLoadError> {
        Ok(CuewrightEntry {
            plugins: PluginFactoryWrapper::new(Factory { descriptor: descriptor() }),
            cues: PresetDiscoveryFactoryWrapper::new(CueFactory::new()),
        })
    }

    fn declare_factories<'a>(&'a self, builder: &mut EntryFactories<'a>) {
        builder.register_factory(&self.plugins).register_factory(&self.cues);
    }
}

struct Factory {
    descriptor: PluginDescriptor,
}

impl PluginFactoryImpl for Factory {
    fn plugin_count(&self) -> u32 {
        1
    }

    fn plugin_descriptor(&self, index: u32) -> Option<&PluginDescriptor> {
        (index == 0).then_some(&self.descriptor)
    }

    fn create_plugin<'a>(&'a self, host: HostInfo<'a>, plugin_id: &CStr) -> Option<PluginInstance<'a>> {
        if plugin_id.to_bytes() != PLUGIN_ID.as_bytes() {
            return None;
        }
        Some(PluginInstance::new::<Cuewright>(
            host,
            &self.descriptor,
            |_host| Ok(ClapShared::new()),
            |host, shared| {
                connect(&host, shared);
                Ok(ClapMain::new(host, shared))
            },
        ))
    }
}
