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

#[cfg(test)]
mod tests {
    use super::*;
    use cuewright_engine::params::Param;
    use vst3::Steinberg::Vst::{ParamID, ParamValue};
    use vst3::Steinberg::{FIDString, TBool, int32, kResultOk, tresult};
    use vst3::{Class, ComWrapper};

    /// Writes down what it is told.
    #[derive(Default)]
    struct Ear(Mutex<Vec<String>>);

    impl Ear {
        fn note(&self, what: String) -> tresult {
            self.0.lock().unwrap().push(what);
            kResultOk
        }
    }

    impl Class for Ear {
        type Interfaces = (IComponentHandler, IComponentHandler2);
    }

    impl IComponentHandlerTrait for Ear {
        unsafe fn beginEdit(&self, id: ParamID) -> tresult {
            self.note(format!("begin {id}"))
        }

        unsafe fn performEdit(&self, id: ParamID, value: ParamValue) -> tresult {
            self.note(format!("perform {id} {value}"))
        }

        unsafe fn endEdit(&self, id: ParamID) -> tresult {
            self.note(format!("end {id}"))
        }

        unsafe fn restartComponent(&self, flags: int32) -> tresult {
            self.note(format!("restart {flags}"))
        }
    }

    impl IComponentHandler2Trait for Ear {
        unsafe fn setDirty(&self, state: TBool) -> tresult {
            self.note(format!("dirty {state}"))
        }

        unsafe fn requestOpenEditor(&self, _name: FIDString) -> tresult {
            kResultOk
        }

        unsafe fn startGroupEdit(&self) -> tresult {
            kResultOk
        }

        unsafe fn finishGroupEdit(&self) -> tresult {
            kResultOk
        }
    }

    fn instance() -> (Arc<Shared>, Arc<Outbox>, ComWrapper<Ear>) {
        let (shared, outbox) = (Shared::new(), Arc::new(Outbox::default()));
        let ear = ComWrapper::new(Ear::default());
        outbox.set_handler(ear.to_com_ptr());
        shared.connect(Box::new(Link { outbox: outbox.clone(), shared: Arc::downgrade(&shared) }));
        (shared, outbox, ear)
    }

    #[test]
    fn gestures_reach_the_host_whole_and_only_when_the_main_thread_delivers() {
        let (shared, outbox, ear) = instance();
        let energy = Param::Energy as usize;
        let number = PARAMS[energy].number;
        shared.begin_gesture(energy);
        shared.set_param_from_editor(energy, 0.5);
        shared.end_gesture(energy);
        if cfg!(target_os = "linux") {
            assert!(ear.0.lock().unwrap().is_empty());
        }
        outbox.deliver(&shared);
        let told = std::mem::take(&mut *ear.0.lock().unwrap());
        let (first, last) = (format!("begin {number}"), format!("end {number}"));
        assert_eq!((&told[0], told.last()), (&first, Some(&last)));
        assert!(told.contains(&format!("perform {number} 0.75")));
        outbox.deliver(&shared);
        assert!(ear.0.lock().unwrap().is_empty(), "nothing is said twice");
    }

    #[test]
    fn edits_and_loads_are_said_and_a_host_that_left_is_left_alone() {
        let (shared, outbox, ear) = instance();
        shared.edit(|cue| cue.seed = 77).unwrap();
        outbox.values_changed(&shared);
        let told = std::mem::take(&mut *ear.0.lock().unwrap());
        assert!(told.contains(&"dirty 1".into()) && told.contains(&"restart 4".into()), "{told:?}");
        outbox.set_handler(None);
        shared.edit(|cue| cue.seed = 78).unwrap();
        outbox.deliver(&shared);
        assert!(ear.0.lock().unwrap().is_empty());
    }

    #[test]
    fn a_size_is_asked_for_only_where_an_editor_is_open() {
        let (shared, outbox, _ear) = instance();
        assert_eq!(shared.tell_host(|host| host.request_resize(10, 20)), Some(false));
        outbox.editor_open(true, true);
        assert_eq!(shared.tell_host(|host| host.request_resize(10, 20)), Some(true));
        assert_eq!((outbox.take_size(), outbox.take_size()), (Some((10, 20)), None));
    }
}
