//! What the plugin has to say to its host's component handler, kept until the main thread can say it.
//! Source: VST 3 `ivsteditcontroller.h`: the handler is called on the main thread only. In/out: wishes from any thread
//! but audio; on X11 the editor lives on a thread of its own, elsewhere the editor's thread is the main one.

use super::units::normalized;
use crate::core::{HostLink, Shared};
use crate::params::Gesture;
use cuewright_engine::params::PARAMS;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use vst3::ComPtr;
use vst3::Steinberg::Vst::{
    IComponentHandler, IComponentHandler2, IComponentHandler2Trait, IComponentHandlerTrait, RestartFlags_,
};

/// Wishes and the one who hears them.
#[derive(Default)]
pub(super) struct Outbox {
    handler: Mutex<Option<ComPtr<IComponentHandler>>>,
    dirty: AtomicBool,
    values: AtomicBool,
    /// Width and height the editor asked for, 32 bits each; 0 = none.
    size: AtomicU64,
    /// An editor is open that could be given another size.
    resizable: AtomicBool,
    /// The host gives no run loop: the editor's gestures leave through `process`.
    through_process: AtomicBool,
}

impl Outbox {
    /// The host's ear, or none.
    pub(super) fn set_handler(&self, handler: Option<ComPtr<IComponentHandler>>) {
        let before = std::mem::replace(&mut *self.lock(), handler);
        drop(before);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<ComPtr<IComponentHandler>>> {
        self.handler.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Main thread: says everything that waits. The host may call back into us from here: nothing is locked.
    pub(super) fn deliver(&self, shared: &Shared) {
        let Some(handler) = self.lock().clone() else { return };
        if !self.through_process.load(Ordering::Relaxed) {
            shared.params.take_gestures(|gesture| tell(&handler, gesture));
        }
        if self.values.swap(false, Ordering::AcqRel) {
            // SAFETY: a living handler, on the main thread.
            unsafe { handler.restartComponent(RestartFlags_::kParamValuesChanged as i32) };
        }
        if self.dirty.swap(false, Ordering::AcqRel)
            && let Some(second) = handler.cast::<IComponentHandler2>()
        {
            // SAFETY: as above.
            unsafe { second.setDirty(1) };
        }
    }

    /// Main thread: all values changed at once, by the host's own doing.
    pub(super) fn values_changed(&self, shared: &Shared) {
        self.values.store(true, Ordering::Release);
        self.deliver(shared);
    }

    /// The size the editor asked for since the last call.
    pub(super) fn take_size(&self) -> Option<(u32, u32)> {
        let both = self.size.swap(0, Ordering::AcqRel);
        (both != 0).then_some(((both >> 32) as u32, both as u32))
    }

    /// An editor opened or closed. Without a run loop nothing calls [`Outbox::deliver`] while it is open.
    pub(super) fn editor_open(&self, resizable: bool, run_loop: bool) {
        self.resizable.store(resizable, Ordering::Release);
        self.through_process.store(!run_loop, Ordering::Release);
    }

    /// True when the audio thread has to hand out the editor's gestures.
    pub(super) fn through_process(&self) -> bool {
        self.through_process.load(Ordering::Acquire)
    }
}

fn tell(handler: &ComPtr<IComponentHandler>, gesture: Gesture) {
    let (Gesture::Begin(index) | Gesture::Value(index, _) | Gesture::End(index)) = gesture;
    let Some(row) = PARAMS.get(index) else { return };
    // SAFETY: a living handler, on the main thread, a parameter it knows.
    unsafe {
        match gesture {
            Gesture::Begin(_) => handler.beginEdit(row.number),
            Gesture::Value(_, value) => handler.performEdit(row.number, normalized(row, value)),
            Gesture::End(_) => handler.endEdit(row.number),
        };
    }
}

/// The core's line to the outbox.
pub(super) struct Link {
    /// Where wishes go.
    pub(super) outbox: Arc<Outbox>,
    /// The instance they are about.
    pub(super) shared: Weak<Shared>,
}

impl Link {
    /// Where the editor's thread is the main thread, there is nothing to wait for.
    fn soon(&self) {
        if cfg!(any(windows, target_os = "macos"))
            && let Some(shared) = self.shared.upgrade()
        {
            self.outbox.deliver(&shared);
        }
    }
}

impl HostLink for Link {
    fn wake(&self) {
        self.soon();
    }

    fn mark_dirty(&self) {
        self.outbox.dirty.store(true, Ordering::Release);
        self.soon();
    }

    fn values_changed(&self) {
        self.outbox.values.store(true, Ordering::Release);
        self.soon();
    }

    fn request_resize(&self, width: u32, height: u32) -> bool {
        let open = self.outbox.resizable.load(Ordering::Acquire);
        if open {
            self.outbox.size.store(u64::from(width) << 32 | u64::from(height), Ordering::Release);
        }
        open
    }
}
