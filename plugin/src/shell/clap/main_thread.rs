//! The main thread's side, and the line to the host that any thread may use.
//! Source: CLAP's thread rules: what may be said on the main thread only is noted as a wish and said in `on_main_thread`.

use super::{ClapShared, gui::GuiState};
use crate::core::{HostLink, Shared};
use clack_extensions::gui::HostGui;
use clack_extensions::note_ports::{HostNotePorts, NoteDialect};
use clack_extensions::params::{HostParams, ParamRescanFlags};
use clack_extensions::state::HostState;
use clack_plugin::prelude::*;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Wish: the document differs from what the host saved.
const DIRTY: u32 = 1;
/// Wish: the host should read all values again.
const RESCAN: u32 = 2;

/// Which busses the host asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// The mix and nine stems.
    Full,
    /// The same with the ambience as a field of first order.
    Ambix,
    /// The mix alone.
    MixOnly,
}

/// Owned by the main thread.
pub struct ClapMain<'a> {
    pub(super) shared: &'a ClapShared,
    pub(super) host: HostMainThreadHandle<'a>,
    pub(super) layout: Cell<Layout>,
    pub(super) gui: RefCell<GuiState>,
}

impl<'a> ClapMain<'a> {
    pub(super) fn new(host: HostMainThreadHandle<'a>, shared: &'a ClapShared) -> Self {
        let main = ClapMain {
            shared,
            host,
            layout: Cell::new(Layout::Full),
            gui: RefCell::new(GuiState::default()),
        };
        if let Some(notes) = main.host.get_extension::<HostNotePorts>() {
            let dialects = notes.supported_dialects(&main.host);
            let midi_only = dialects.supports(NoteDialect::Midi) && !dialects.supports(NoteDialect::Clap);
            shared.midi_dialect.store(midi_only, Ordering::Relaxed);
        }
        main.read_track();
        main
    }

    pub(super) fn core(&self) -> &'a Arc<Shared> {
        &self.shared.core
    }

    /// Tells the host to read all values again, now.
    pub(super) fn rescan_values(&self) {
        if let Some(params) = self.host.get_extension::<HostParams>() {
            params.rescan(&self.host, ParamRescanFlags::VALUES);
        }
    }
}

impl<'a> PluginMainThread<'a, ClapShared> for ClapMain<'a> {
    fn on_main_thread(&self) {
        let wishes = self.shared.wishes.swap(0, Ordering::AcqRel);
        if wishes & DIRTY != 0
            && let Some(state) = self.host.get_extension::<HostState>()
        {
            state.mark_dirty(&self.host);
        }
        if wishes & RESCAN != 0 {
            self.rescan_values();
        }
        self.core().serve();
    }
}

impl ClapShared {
    pub(super) fn new() -> ClapShared {
        ClapShared {
            core: Shared::new(),
            inactive: AtomicU32::new(0),
            wishes: Arc::new(AtomicU32::new(0)),
            midi_dialect: AtomicBool::new(false),
        }
    }
}

/// Puts the host on the core's line.
pub(super) fn connect(host: &HostMainThreadHandle<'_>, shared: &ClapShared) {
    let host: HostSharedHandle<'_> = host.shared();
    // SAFETY: only the lifetime changes. The link is dropped by `Shared::disconnect`, which waits for calls under way and
    // runs in `ClapShared`'s drop, that is before the host may free what the handle points to.
    let host: HostSharedHandle<'static> = unsafe { std::mem::transmute(host) };
    shared.core.connect(Box::new(Link { host, wishes: shared.wishes.clone() }));
}

struct Link {
    host: HostSharedHandle<'static>,
    wishes: Arc<AtomicU32>,
}

impl Link {
    fn wish(&self, wish: u32) {
        self.wishes.fetch_or(wish, Ordering::AcqRel);
        self.host.request_callback();
    }
}

impl HostLink for Link {
    fn wake(&self) {
        // `process` for a host that let us sleep, `flush` for one that does not process at all.
        self.host.request_process();
        if let Some(params) = self.host.get_extension::<HostParams>() {
            params.request_flush(&self.host);
        }
    }

    fn mark_dirty(&self) {
        self.wish(DIRTY);
    }

    fn values_changed(&self) {
        self.wish(RESCAN);
    }

    fn request_resize(&self, width: u32, height: u32) -> bool {
        let gui = self.host.get_extension::<HostGui>();
        gui.is_some_and(|gui| gui.request_resize(&self.host, width, height).is_ok())
    }
}
