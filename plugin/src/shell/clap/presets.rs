//! Factory cues in the host's preset browser. Source: CLAP preset-discovery, preset-load. In/out: a cue's id is its load key.

use super::PLUGIN_ID;
use super::main_thread::ClapMain;
use clack_extensions::preset_discovery::prelude::*;
use clack_plugin::plugin::PluginError;
use cuewright_engine::cue::factory;
use std::ffi::{CStr, CString};

/// Gives out the one provider.
pub(super) struct CueFactory {
    descriptor: ProviderDescriptor,
}

impl CueFactory {
    pub(super) fn new() -> CueFactory {
        let descriptor = ProviderDescriptor::new("org.cuewright.cuewright.cues", "Cuewright factory cues")
            .with_vendor(crate::VENDOR);
        CueFactory { descriptor }
    }
}

impl PresetDiscoveryFactoryImpl for CueFactory {
    fn provider_count(&self) -> u32 {
        1
    }

    fn provider_descriptor(&self, index: u32) -> Option<&ProviderDescriptor> {
        (index == 0).then_some(&self.descriptor)
    }

    fn create_provider<'a>(
        &'a self,
        indexer: IndexerInfo<'a>,
        provider_id: &CStr,
    ) -> Option<ProviderInstance<'a>> {
        if self.descriptor.id() != Some(provider_id) {
            return None;
        }
        Some(ProviderInstance::new(indexer, &self.descriptor, |mut indexer| {
            indexer.declare_location(LocationInfo {
                name: c"Factory cues",
                flags: Flags::IS_FACTORY_CONTENT,
                location: Location::Plugin,
            })?;
            Ok(CueProvider)
        }))
    }
}

struct CueProvider;

impl ProviderImpl<'_> for CueProvider {
    fn get_metadata(
        &mut self,
        location: Location,
        receiver: &mut MetadataReceiver,
    ) -> Result<(), PluginError> {
        if location != Location::Plugin {
            return Err(PluginError::Message("cues are inside the plugin, not in files"));
        }
        let plugin_id = CString::new(PLUGIN_ID)?;
        let creator = CString::new(crate::VENDOR)?;
        for cue in factory::cues() {
            let title = if cue.cue.title.is_empty() { cue.id } else { &cue.cue.title };
            let (title, key) = (CString::new(title)?, CString::new(cue.id)?);
            let palette = factory::palette(&cue.cue.palette);
            let about = palette.map_or_else(String::new, |palette| {
                format!("{}, {} bpm. {}", palette.name, cue.cue.tempo_bpm, palette.description)
            });
            receiver
                .begin_preset(Some(&title), Some(&key))?
                .add_plugin_id(UniversalPluginId { abi: c"clap", id: &plugin_id })
                .set_flags(Flags::IS_FACTORY_CONTENT)
                .add_creator(&creator)
                .set_description(&CString::new(about)?)
                .add_feature(c"instrument");
        }
        Ok(())
    }
}

impl PluginPresetLoadImpl for ClapMain<'_> {
    fn load_from_location(&self, location: Location, load_key: Option<&CStr>) -> Result<(), PluginError> {
        let key = load_key.and_then(|key| key.to_str().ok());
        let cue = key.filter(|_| location == Location::Plugin).and_then(factory::cue);
        let host = self.host.get_extension::<HostPresetLoad>();
        let Some(cue) = cue else {
            if let Some(host) = host {
                host.on_error(&self.host, location, load_key, 0, Some(c"There is no such factory cue"));
            }
            return Err(PluginError::Message("there is no such factory cue"));
        };
        self.core().load_cue(cue.cue.clone())?;
        self.rescan_values();
        if let Some(host) = host {
            host.loaded(&self.host, location, load_key);
        }
        Ok(())
    }
}
