//! What the plugin may ask of this host: everything is counted, nothing is refused.

use clack_extensions::audio_ports::{AudioPortRescanFlags, HostAudioPorts, HostAudioPortsImpl};
use clack_extensions::gui::{GuiSize, HostGui, HostGuiImpl};
use clack_extensions::log::{HostLog, HostLogImpl, LogSeverity};
use clack_extensions::note_ports::NoteDialects;
use clack_extensions::params::*;
use clack_extensions::preset_discovery::HostPresetLoadImpl;
use clack_extensions::preset_discovery::prelude::{HostPresetLoad, Location};
use clack_extensions::state::{HostState, HostStateImpl};
use clack_extensions::track_info::{HostTrackInfo, HostTrackInfoImpl, TrackInfo, TrackInfoWriter};
use clack_host::extensions::prelude::*;
use clack_host::prelude::*;
use clap_sys::ext::note_ports::{CLAP_EXT_NOTE_PORTS, clap_host_note_ports};
use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

/// What was asked, shared with the test.
#[derive(Debug, Default)]
pub struct Log {
    /// Calls of `request_process`.
    pub process: AtomicU32,
    /// A call of `request_callback` that was not answered yet.
    pub callback: AtomicBool,
    /// Calls of `request_flush`.
    pub flush: AtomicU32,
    /// Calls of `mark_dirty`.
    pub dirty: AtomicU32,
    /// Calls of `rescan` for values.
    pub rescans: AtomicU32,
    /// Load keys of presets that were loaded.
    pub presets: Mutex<Vec<String>>,
    /// Everything the plugin or clack complained about.
    pub complaints: Mutex<Vec<String>>,
    /// True for a host that knows MIDI notes only.
    pub midi_only: AtomicBool,
}

impl Log {
    fn count(counter: &AtomicU32) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Complaints so far.
    pub fn complaints(&self) -> Vec<String> {
        self.complaints.lock().expect("no test panics while it complains").clone()
    }
}

/// The host's kind.
pub struct Host;

/// The host's side for every thread.
pub struct Shared(pub(super) Arc<Log>);

/// The host's side for the main thread.
pub struct Main(pub(super) Arc<Log>);

impl HostHandlers for Host {
    type Shared<'a> = Shared;
    type MainThread<'a> = Main;
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<Self>, _shared: &Shared) {
        builder
            .register::<HostAudioPorts>()
            .register::<HostGui>()
            .register::<HostLog>()
            .register::<NotePorts>()
            .register::<HostParams>()
            .register::<HostPresetLoad>()
            .register::<HostState>()
            .register::<HostTrackInfo>();
    }
}

impl SharedHandler<'_> for Shared {
    fn request_restart(&self) {}

    fn request_process(&self) {
        Log::count(&self.0.process);
    }

    fn request_callback(&self) {
        self.0.callback.store(true, Ordering::Release);
    }
}

impl MainThreadHandler<'_> for Main {}

impl HostLogImpl for Shared {
    fn log(&self, severity: LogSeverity, message: &str) {
        let mut complaints = self.0.complaints.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        complaints.push(format!("{severity}: {message}"));
    }
}

impl HostParamsImplShared for Shared {
    fn request_flush(&self) {
        Log::count(&self.0.flush);
    }
}

impl HostParamsImplMainThread for Main {
    fn rescan(&self, flags: ParamRescanFlags) {
        if flags.contains(ParamRescanFlags::VALUES) {
            Log::count(&self.0.rescans);
        }
    }

    fn clear(&self, _param_id: ClapId, _flags: ParamClearFlags) {}
}

impl HostStateImpl for Main {
    fn mark_dirty(&self) {
        Log::count(&self.0.dirty);
    }
}

impl HostAudioPortsImpl for Main {
    fn is_rescan_flag_supported(&self, _flag: AudioPortRescanFlags) -> bool {
        true
    }

    fn rescan(&self, _flags: AudioPortRescanFlags) {}
}

/// The host's side of the note ports. Written out here because clack-extensions 0.2.0 gives the plugin a pointer to a
/// pointer instead of its own (`&&clap_host_note_ports` in note_ports/host.rs), which no plugin survives.
#[derive(Clone, Copy)]
struct NotePorts;

// SAFETY: the identifier is that of `clap_host_note_ports`, which is what `IMPLEMENTATION` points to.
unsafe impl Extension for NotePorts {
    const IDENTIFIERS: &'static [&'static CStr] = &[CLAP_EXT_NOTE_PORTS];
    type ExtensionSide = HostExtensionSide;

    unsafe fn from_raw(_raw: RawExtension<HostExtensionSide>) -> Self {
        NotePorts
    }
}

// SAFETY: as above.
unsafe impl ExtensionImplementation<Host> for NotePorts {
    const IMPLEMENTATION: RawExtensionImplementation =
        RawExtensionImplementation::new(&clap_host_note_ports {
            supported_dialects: Some(supported_dialects),
            rescan: Some(rescan_note_ports),
        });
}

unsafe extern "C" fn supported_dialects(host: *const clap_host) -> u32 {
    // SAFETY: the plugin passes the host it was given, which is of our kind.
    let dialects = unsafe {
        HostWrapper::<Host>::handle_main_thread(host, |main| {
            let midi_only = main.0.midi_only.load(Ordering::Relaxed);
            Ok(if midi_only { NoteDialects::MIDI } else { NoteDialects::CLAP })
        })
    };
    dialects.unwrap_or(NoteDialects::empty()).bits()
}

unsafe extern "C" fn rescan_note_ports(_host: *const clap_host, _flags: u32) {}

impl HostPresetLoadImpl for Main {
    fn on_error(&self, _at: Location, key: Option<&CStr>, _os_error: i32, message: Option<&CStr>) {
        let mut complaints = self.0.complaints.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        complaints.push(format!("preset {key:?}: {message:?}"));
    }

    fn loaded(&self, _location: Location, load_key: Option<&CStr>) {
        let key = load_key.map_or_else(String::new, |key| key.to_string_lossy().into_owned());
        self.0.presets.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(key);
    }
}

impl HostTrackInfoImpl for Main {
    fn get<'a>(&'a self, writer: &mut TrackInfoWriter<'_, 'a>) {
        writer.set(&TrackInfo::new().with_name(Some(b"Reel 3")));
    }
}

impl HostGuiImpl for Shared {
    fn resize_hints_changed(&self) {}

    fn request_resize(&self, _new_size: GuiSize) -> Result<(), HostError> {
        Ok(())
    }

    fn request_show(&self) -> Result<(), HostError> {
        Ok(())
    }

    fn request_hide(&self) -> Result<(), HostError> {
        Ok(())
    }

    fn closed(&self, _was_destroyed: bool) {}
}
