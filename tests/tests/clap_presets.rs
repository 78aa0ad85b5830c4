//! What hosts read of the built CLAP plugin before and beside the sound: description, factory cues, knob pages, the
//! editor's terms, the track. Source: CLAP preset-discovery, preset-load, remote-controls, track-info, gui.

use clack_extensions::gui::{GuiApiType, GuiConfiguration, GuiSize, PluginGui};
use clack_extensions::latency::PluginLatency;
use clack_extensions::preset_discovery::metadata_receiver::MetadataReceiverImpl;
use clack_extensions::preset_discovery::prelude::*;
use clack_extensions::preset_discovery::provider::Provider;
use clack_extensions::remote_controls::{PluginRemoteControls, RemoteControlsPageBuffer};
use clack_host::prelude::*;
use clack_host::utils::{Timestamp, UniversalPluginId};
use cuewright_engine::cue::factory;
use cuewright_engine::params::PARAMS;
use cuewright_tests::clap_host::{Plugin, entry, host_info, play_steady};
use cuewright_tests::rig::{Blocks, Script};
use std::collections::BTreeSet;
use std::ffi::{CStr, CString};

/// What the plugin declares to an index of presets.
#[derive(Default)]
struct Index {
    locations: Vec<(String, bool)>,
}

impl IndexerImpl for Index {
    fn declare_filetype(&mut self, _file_type: FileType) -> Result<(), HostError> {
        panic!("cues are not files");
    }

    fn declare_location(&mut self, info: LocationInfo) -> Result<(), HostError> {
        let name = info.name.to_string_lossy().into_owned();
        self.locations.push((name, info.location == Location::Plugin));
        Ok(())
    }

    fn declare_soundpack(&mut self, _soundpack: Soundpack) -> Result<(), HostError> {
        panic!("there are no sound packs");
    }
}

/// What the plugin says of its presets.
#[derive(Default)]
struct Crawl {
    presets: Vec<(String, String)>,
    descriptions: Vec<String>,
    plugin_ids: BTreeSet<String>,
    errors: u32,
}

impl MetadataReceiverImpl for Crawl {
    fn on_error(&mut self, _error_code: i32, _error_message: Option<&CStr>) {
        self.errors += 1;
    }

    fn begin_preset(&mut self, name: Option<&CStr>, load_key: Option<&CStr>) -> Result<(), HostError> {
        let text = |text: Option<&CStr>| text.expect("named and keyed").to_str().expect("UTF-8").to_owned();
        self.presets.push((text(name), text(load_key)));
        Ok(())
    }

    fn add_plugin_id(&mut self, plugin_id: UniversalPluginId) {
        self.plugin_ids.insert(plugin_id.id.to_string_lossy().into_owned());
    }

    fn set_soundpack_id(&mut self, _soundpack_id: &CStr) {}

    fn set_flags(&mut self, flags: Flags) {
        assert_eq!(flags, Flags::IS_FACTORY_CONTENT);
    }

    fn add_creator(&mut self, _creator: &CStr) {}

    fn set_description(&mut self, description: &CStr) {
        self.descriptions.push(description.to_str().expect("UTF-8").to_owned());
    }

    fn set_timestamps(&mut self, _created: Option<Timestamp>, _modified: Option<Timestamp>) {}

    fn add_feature(&mut self, _feature: &CStr) {}

    fn add_extra_info(&mut self, _key: &CStr, _value: &CStr) {}
}

fn crawl() -> Crawl {
    let discovery = entry().get_factory::<PresetDiscoveryFactory>().expect("the plugin lists its cues");
    assert_eq!(discovery.provider_count(), 1);
    let id = discovery.get_provider_descriptor(0).unwrap().id().unwrap();
    let mut provider = Provider::instantiate(Index::default(), entry(), id, &host_info()).unwrap();
    assert_eq!(provider.indexer().locations, [("Factory cues".to_owned(), true)]);
    let mut crawl = Crawl::default();
    provider.get_metadata(Location::Plugin, &mut crawl);
    crawl
}

#[test]
fn the_plugin_is_an_instrument_with_a_version() {
    let plugins = entry().get_plugin_factory().unwrap();
    let descriptor = plugins.plugin_descriptor(0).unwrap();
    assert_eq!((plugins.plugin_count(), descriptor.name()), (1, Some(c"Cuewright")));
    assert_eq!(descriptor.version().unwrap().to_str().unwrap(), env!("CARGO_PKG_VERSION"));
    assert!(descriptor.features().any(|feature| feature == c"instrument"));
    assert!(plugins.plugin_descriptor(1).is_none());
}

#[test]
fn every_factory_cue_is_listed_and_loads() {
    let crawl = crawl();
    assert_eq!((crawl.presets.len(), crawl.errors), (factory::cues().len(), 0));
    assert_eq!(crawl.descriptions.len(), crawl.presets.len());
    assert_eq!(crawl.plugin_ids.iter().map(String::as_str).collect::<Vec<_>>(), ["org.cuewright.cuewright"]);
    let mut states = BTreeSet::new();
    for (title, key) in &crawl.presets {
        let cue = &factory::cue(key).expect("the key is a cue's id").cue;
        assert_eq!(title, if cue.title.is_empty() { key } else { &cue.title });
        let mut plugin = Plugin::new();
        let load: PluginPresetLoad = plugin.extension();
        let load_key = CString::new(key.as_str()).unwrap();
        load.load_from_location(&plugin.main(), Location::Plugin, Some(&load_key)).unwrap();
        assert_eq!(plugin.log.presets.lock().unwrap().as_slice(), [key.as_str()]);
        let state: serde_json::Value = serde_json::from_slice(&plugin.save()).unwrap();
        assert_eq!(state["cue"]["seed"], serde_json::json!(cue.seed));
        for (axis, level) in PARAMS.iter().zip(cue.mood.to_array()) {
            assert!(
                (plugin.value(ClapId::new(axis.number)) - f64::from(level)).abs() < 1e-6,
                "{key}: {}",
                axis.id
            );
        }
        states.insert(state["cue"].to_string());
    }
    assert_eq!(states.len(), crawl.presets.len(), "two cues are the same");
}

#[test]
fn a_loaded_cue_sounds_and_an_unknown_one_is_said() {
    let mut plugin = Plugin::new();
    let load: PluginPresetLoad = plugin.extension();
    let before = plugin.save();
    for (location, key) in [
        (Location::Plugin, Some(c"nobody's")),
        (Location::Plugin, None),
        (Location::File { path: c"/tmp/x" }, Some(c"siege")),
    ] {
        assert!(load.load_from_location(&plugin.main(), location, key).is_err());
    }
    assert_eq!(plugin.save(), before);
    assert!(!plugin.log.complaints().is_empty());
    load.load_from_location(&plugin.main(), Location::Plugin, Some(c"siege")).unwrap();
    // A new cue differs from what the host saved.
    plugin.idle();
    assert!(plugin.log.dirty.load(std::sync::atomic::Ordering::Relaxed) >= 1);
    let sound = play_steady(&mut plugin, &Script::steady(48_000.0, 120.0, 0.0), Blocks::Of(512), 192_000);
    assert!(sound.peak(0..192_000) > 0.01);
}

#[test]
fn a_crawl_of_files_finds_nothing() {
    let discovery = entry().get_factory::<PresetDiscoveryFactory>().unwrap();
    let id = discovery.get_provider_descriptor(0).unwrap().id().unwrap();
    let mut provider = Provider::instantiate(Index::default(), entry(), id, &host_info()).unwrap();
    let mut crawl = Crawl::default();
    provider.get_metadata(Location::File { path: c"/etc/passwd" }, &mut crawl);
    assert!(crawl.presets.is_empty() && crawl.errors == 1);
    assert!(Provider::instantiate(Index::default(), entry(), c"another", &host_info()).is_err());
}

#[test]
fn knob_pages_hold_every_continuous_parameter_once() {
    let mut plugin = Plugin::new();
    let remote: PluginRemoteControls = plugin.extension();
    let (mut ids, mut seen, mut names) = (BTreeSet::new(), Vec::new(), Vec::new());
    let mut buffer = RemoteControlsPageBuffer::new();
    let count = remote.count(&plugin.main());
    for index in 0..count {
        let page = remote.get(&plugin.main(), index, &mut buffer).unwrap();
        assert!(ids.insert(page.page_id.get()));
        names.push(String::from_utf8(page.page_name.to_vec()).unwrap());
        seen.extend(page.param_ids.iter().flatten().map(|id| id.get()));
    }
    assert!(remote.get(&plugin.main(), count, &mut buffer).is_none());
    assert_eq!(names[0], "Mood");
    assert_eq!(seen[..6], [1, 2, 3, 4, 5, 6]);
    let known: BTreeSet<u32> = PARAMS.iter().map(|row| row.number).collect();
    let unique: BTreeSet<u32> = seen.iter().copied().collect();
    assert_eq!((unique.len(), &unique), (seen.len(), &known));
}

#[test]
fn the_editor_is_embedded_sized_and_may_never_open() {
    let mut plugin = Plugin::new();
    let gui: PluginGui = plugin.extension();
    let main = plugin.main();
    let native = GuiApiType::default_for_current_platform().unwrap();
    let embedded = GuiConfiguration { api_type: native, is_floating: false };
    assert!(gui.is_api_supported(&main, embedded));
    assert!(!gui.is_api_supported(&main, GuiConfiguration { is_floating: true, ..embedded }));
    assert!(!gui.is_api_supported(&main, GuiConfiguration { api_type: GuiApiType(c"teletype"), ..embedded }));
    assert_eq!(gui.get_preferred_api(&main).map(|api| api.api_type), Some(native));
    for _ in 0..3 {
        gui.create(&main, embedded).unwrap();
        let size = gui.get_size(&main).unwrap();
        assert!(size.width >= 400 && size.height >= 300);
        gui.set_scale(&main, 2.0).unwrap();
        assert_eq!(gui.get_size(&main).unwrap(), GuiSize { width: size.width * 2, height: size.height * 2 });
        gui.set_scale(&main, 1.0).unwrap();
        let tiny = gui.adjust_size(&main, GuiSize { width: 1, height: 1 }).unwrap();
        assert!(tiny.width > 100 && tiny.height > 100);
        gui.set_size(&main, GuiSize { width: 1_200, height: 800 }).unwrap();
        assert_eq!(gui.get_size(&main).unwrap(), GuiSize { width: 1_200, height: 800 });
        assert!(gui.can_resize(&main));
        gui.destroy(&main);
    }
}

#[test]
fn latency_is_nothing_and_a_second_entry_is_no_trouble() {
    let mut plugin = Plugin::new();
    let latency: PluginLatency = plugin.extension();
    assert_eq!(latency.get(&plugin.main()), 0);
    plugin.activate(48_000.0, 512);
    assert_eq!(latency.get(&plugin.main()), 0);
    let plugins: Vec<Plugin> = (0..8).map(|_| Plugin::new()).collect();
    assert_eq!(plugins.len(), 8);
}
