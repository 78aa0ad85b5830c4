//! One instance of the built plugin, from its main thread and its audio thread at once (a test is both).

use super::buffers::Buffers;
use super::handlers::{Host, Log, Main, Shared};
use crate::built;
use clack_extensions::params::{ParamInfoBuffer, ParamInfoFlags, PluginParams};
use clack_extensions::state::PluginState;
use clack_host::events::event_types::TransportEvent;
use clack_host::events::io::EventBuffer;
use clack_host::extensions::{Extension, PluginExtensionSide};
use clack_host::plugin::InactivePluginMainThreadHandle;
use clack_host::prelude::*;
use clack_host::process::StartedPluginAudioProcessor;
use clack_host::process::audio_buffers::{InputAudioBuffers, OutputAudioBuffers};
use std::ffi::CString;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

/// What the host says it is.
pub fn host_info() -> HostInfo {
    HostInfo::new("Cuewright's tests", "Cuewright", "https://example.org", "1.0")
        .expect("no NUL in the words")
}

/// The built plugin, loaded once.
pub fn entry() -> &'static PluginEntry {
    static ENTRY: OnceLock<PluginEntry> = OnceLock::new();
    ENTRY.get_or_init(|| load(built::plugin()))
}

fn load(path: &Path) -> PluginEntry {
    // SAFETY: the file is the plugin this workspace builds; its initialisers do nothing.
    unsafe { PluginEntry::load(path) }.expect("the built plugin loads")
}

/// One parameter as the plugin lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Number.
    pub id: ClapId,
    /// What may be done with it.
    pub flags: ParamInfoFlags,
    /// Name.
    pub name: String,
    /// Group.
    pub module: String,
    /// Lowest, default, highest.
    pub range: [f64; 3],
}

/// What a block gave besides sound.
pub struct Outcome {
    /// What the host should do next.
    pub status: ProcessStatus,
    /// Events from the plugin.
    pub events: EventBuffer,
}

/// An instance.
pub struct Plugin {
    instance: PluginInstance<Host>,
    audio: Option<StartedPluginAudioProcessor<Host>>,
    /// What the plugin asked of the host.
    pub log: Arc<Log>,
}

impl Plugin {
    /// A fresh instance of the built plugin.
    pub fn new() -> Plugin {
        Plugin::with_log(entry(), Arc::default())
    }

    /// A fresh instance of the plugin in a file.
    pub fn open(path: &Path) -> Plugin {
        Plugin::with_log(&load(path), Arc::default())
    }

    /// A fresh instance of a plugin that is linked into this program.
    pub fn linked(entry: &PluginEntry) -> Plugin {
        Plugin::with_log(entry, Arc::default())
    }

    /// A fresh instance in a host that knows MIDI notes only.
    pub fn in_midi_host() -> Plugin {
        let log = Arc::new(Log::default());
        log.midi_only.store(true, Ordering::Relaxed);
        Plugin::with_log(entry(), log)
    }

    fn with_log(entry: &PluginEntry, log: Arc<Log>) -> Plugin {
        let factory = entry.get_plugin_factory().expect("the plugin has a factory");
        let descriptor = factory.plugin_descriptor(0).expect("the factory lists the plugin");
        let id = descriptor.id().expect("the plugin has an id").to_owned();
        let (for_shared, for_main) = (log.clone(), log.clone());
        let instance =
            PluginInstance::<Host>::new(|_| Shared(for_shared), |_| Main(for_main), entry, &id, &host_info());
        Plugin { instance: instance.expect("the plugin can be created"), audio: None, log }
    }

    /// The instance, for extensions on the main thread.
    pub fn main(&mut self) -> PluginMainThreadHandle<'_> {
        self.instance.plugin_handle()
    }

    /// The instance while it is not active, for what may be called only then.
    pub fn inactive(&mut self) -> InactivePluginMainThreadHandle<'_> {
        self.instance.inactive_plugin_handle().expect("the plugin is not active")
    }

    /// The audio side.
    pub fn audio(&mut self) -> &mut StartedPluginAudioProcessor<Host> {
        self.audio.as_mut().expect("the plugin is active")
    }

    /// An extension of the plugin.
    pub fn extension<E: Extension<ExtensionSide = PluginExtensionSide>>(&mut self) -> E {
        self.main().get_extension().expect("the plugin has the extension")
    }

    /// Answers a request for a call on the main thread. Returns whether there was one.
    pub fn idle(&mut self) -> bool {
        let asked = self.log.callback.swap(false, Ordering::AcqRel);
        if asked {
            self.instance.call_on_main_thread_callback();
        }
        asked
    }

    // ---- life ----

    /// Activates and starts processing.
    pub fn activate(&mut self, sample_rate: f64, max_frames_count: u32) {
        let configuration = PluginAudioConfiguration { sample_rate, min_frames_count: 1, max_frames_count };
        let stopped = self.instance.activate(|_, _| (), configuration).expect("the plugin activates");
        self.audio = Some(stopped.start_processing().expect("the plugin starts processing"));
    }

    /// Stops processing and deactivates.
    pub fn deactivate(&mut self) {
        if let Some(audio) = self.audio.take() {
            self.instance.deactivate(audio.stop_processing());
        }
    }

    /// Stops and starts processing without deactivating.
    pub fn toggle_processing(&mut self) {
        let stopped = self.audio.take().expect("the plugin is active").stop_processing();
        self.audio = Some(stopped.start_processing().expect("the plugin starts processing"));
    }

    /// Resets the audio side.
    pub fn reset(&mut self) {
        self.audio().reset();
    }

    // ---- a block ----

    /// Processes a block into `buffers`, which must hold `frames` frames wherever they hold anything.
    pub fn process(
        &mut self,
        frames: u32,
        buffers: &mut Buffers,
        events: &EventBuffer,
        transport: Option<&TransportEvent>,
    ) -> Outcome {
        let mut out = EventBuffer::new();
        let status = self.process_into(frames, buffers, events, transport, &mut out);
        Outcome { status: status.expect("the plugin processes"), events: out }
    }

    /// As [`Plugin::process`], with a list of events to add to; does not allocate on the host's side while the list
    /// has room.
    pub fn process_into(
        &mut self,
        frames: u32,
        buffers: &mut Buffers,
        events: &EventBuffer,
        transport: Option<&TransportEvent>,
        out: &mut EventBuffer,
    ) -> Result<ProcessStatus, PluginInstanceError> {
        for channel in buffers.busses.iter().flatten().flatten() {
            assert!(channel.len() >= frames as usize, "the host's own buffer is too short");
        }
        // SAFETY: no inputs.
        let inputs = unsafe { InputAudioBuffers::from_raw_buffers(&[], frames) };
        // SAFETY: every pointer is null or leads to at least `frames` samples, as was just asserted.
        let mut outputs = unsafe { OutputAudioBuffers::from_raw_buffers(buffers.as_raw(), frames) };
        let audio = self.audio.as_mut().expect("the plugin is active");
        audio.process(&inputs, &mut outputs, &events.as_input(), &mut out.as_output(), None, transport)
    }

    // ---- parameters and state ----

    /// All parameters as listed.
    pub fn params(&mut self) -> Vec<Param> {
        let extension: PluginParams = self.extension();
        let main = self.main();
        let mut buffer = ParamInfoBuffer::new();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("names are UTF-8");
        (0..extension.count(&main))
            .map(|index| {
                let info =
                    extension.get_info(&main, index, &mut buffer).expect("a listed parameter is described");
                Param {
                    id: info.id,
                    flags: info.flags,
                    name: text(info.name),
                    module: text(info.module),
                    range: [info.min_value, info.default_value, info.max_value],
                }
            })
            .collect()
    }

    /// A parameter's value.
    pub fn value(&mut self, id: ClapId) -> f64 {
        let extension: PluginParams = self.extension();
        extension.get_value(&self.main(), id).expect("the parameter has a value")
    }

    /// All values in order.
    pub fn values(&mut self) -> Vec<f64> {
        let ids: Vec<ClapId> = self.params().into_iter().map(|param| param.id).collect();
        ids.into_iter().map(|id| self.value(id)).collect()
    }

    /// A value as text.
    pub fn text(&mut self, id: ClapId, value: f64) -> Option<String> {
        let extension: PluginParams = self.extension();
        let mut buffer = [0; 256];
        let text = extension.value_to_text(&self.main(), id, value, &mut buffer).ok()?;
        Some(String::from_utf8(text.to_vec()).expect("texts are UTF-8"))
    }

    /// Text as a value.
    pub fn parse(&mut self, id: ClapId, text: &str) -> Option<f64> {
        let extension: PluginParams = self.extension();
        extension.text_to_value(&self.main(), id, &CString::new(text).expect("no NUL in the text"))
    }

    /// Passes events without sound, on the thread that is right for the plugin's present life.
    pub fn flush(&mut self, events: &EventBuffer) -> EventBuffer {
        let extension: PluginParams = self.extension();
        let mut out = EventBuffer::new();
        match &mut self.audio {
            Some(audio) => {
                extension.flush_active(&mut audio.plugin_handle(), &events.as_input(), &mut out.as_output());
            }
            None => extension.flush(&mut self.inactive(), &events.as_input(), &mut out.as_output()),
        }
        out
    }

    /// The state.
    pub fn save(&mut self) -> Vec<u8> {
        let extension: PluginState = self.extension();
        let mut bytes = Vec::new();
        extension.save(&self.main(), &mut bytes).expect("the plugin saves");
        bytes
    }

    /// Loads a state; returns whether the plugin took it.
    pub fn load(&mut self, bytes: &[u8]) -> bool {
        let extension: PluginState = self.extension();
        extension.load(&self.main(), &mut { bytes }).is_ok()
    }
}

/// The main thread's half of an instance whose audio half is on another thread.
pub struct MainHalf<'a> {
    instance: &'a mut PluginInstance<Host>,
    audio: &'a mut Option<StartedPluginAudioProcessor<Host>>,
}

impl MainHalf<'_> {
    /// Loads a state while audio runs.
    pub fn load(&mut self, bytes: &[u8]) {
        let main = self.instance.plugin_handle();
        let extension: PluginState = main.get_extension().expect("the plugin has a state");
        extension.load(&main, &mut { bytes }).expect("the plugin takes every state");
    }

    /// Puts the audio half back.
    pub fn join(&mut self, audio: StartedPluginAudioProcessor<Host>) {
        *self.audio = Some(audio);
    }
}

impl Plugin {
    /// Cuts an active instance in two, for two threads.
    pub fn split(&mut self) -> (MainHalf<'_>, StartedPluginAudioProcessor<Host>) {
        let audio = self.audio.take().expect("the plugin is active");
        (MainHalf { instance: &mut self.instance, audio: &mut self.audio }, audio)
    }
}

impl Default for Plugin {
    fn default() -> Self {
        Plugin::new()
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        self.deactivate();
    }
}
