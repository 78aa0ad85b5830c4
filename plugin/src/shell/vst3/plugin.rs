//! One instance: a single component that is processor and controller at once, and its lifecycle.
//! Source: VST 3 `ivstcomponent.h` (states: created, initialised, active), held to by Steinberg's validator.
//! In/out: what the traits beside this file work on.

use super::audio::Exclusive;
use super::busses::Busses;
use super::guard::guard;
use super::outbox::{Link, Outbox};
use crate::core::{Processor, Shared};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use vst3::Steinberg::Vst::ChannelContext::IInfoListener;
use vst3::Steinberg::Vst::*;
use vst3::{Class, Steinberg::*};

/// Where a host has brought the instance.
#[derive(Default)]
pub(super) struct Stage {
    pub(super) initialised: AtomicBool,
    pub(super) active: AtomicBool,
}

/// One instance.
pub(super) struct Plugin {
    pub(super) shared: Arc<Shared>,
    pub(super) outbox: Arc<Outbox>,
    pub(super) busses: Busses,
    pub(super) stage: Stage,
    /// The audio thread's side, there while active. Given up after a panic in it.
    pub(super) audio: Exclusive<Option<Processor>>,
    /// The processor panicked: silence until the next activation.
    pub(super) broken: AtomicBool,
    /// Frames the sound rings on, as the host is to believe now.
    pub(super) tail: AtomicU32,
    /// Bits of the sample rate of `setupProcessing`.
    pub(super) rate_hz: AtomicU64,
    pub(super) max_frames: AtomicUsize,
    /// The unit the host shows.
    pub(super) selected_unit: AtomicI32,
}

impl Class for Plugin {
    type Interfaces =
        (IComponent, IAudioProcessor, IProcessContextRequirements, IEditController, IUnitInfo, IInfoListener);
}

impl Plugin {
    /// A fresh instance. What a host does not say stays at VST3's defaults: 44.1 kHz, 1024 frames.
    pub(super) fn new() -> Plugin {
        Plugin {
            shared: Shared::new(),
            outbox: Arc::default(),
            busses: Busses::default(),
            stage: Stage::default(),
            audio: Exclusive::default(),
            broken: AtomicBool::new(false),
            tail: AtomicU32::new(kNoTail),
            rate_hz: AtomicU64::new(44_100.0f64.to_bits()),
            max_frames: AtomicUsize::new(1024),
            selected_unit: AtomicI32::new(kRootUnitId),
        }
    }

    /// Starts or stops the audio side. False when it stands so already, or was never initialised.
    pub(super) fn set_active(&self, on: bool) -> bool {
        if !self.stage.initialised.load(Ordering::Acquire)
            || self.stage.active.swap(on, Ordering::AcqRel) == on
        {
            return false;
        }
        let fresh = if on { guard(None, || Some(self.start())) } else { None };
        let started = fresh.is_some();
        // The old one is dropped outside: it may free much, and a block may be waiting.
        let before = self.audio.with(|audio| std::mem::replace(audio, fresh));
        guard((), || drop(before));
        self.broken.store(false, Ordering::Release);
        self.stage.active.store(started, Ordering::Release);
        started == on
    }

    fn start(&self) -> Processor {
        let rate_hz = f64::from_bits(self.rate_hz.load(Ordering::Relaxed));
        let mut processor =
            Processor::activate(&self.shared, rate_hz, self.max_frames.load(Ordering::Relaxed));
        processor.set_ambience_field(self.busses.ambix());
        self.tail.store(finite_tail(processor.tail_frames()), Ordering::Relaxed);
        processor
    }
}

/// A tail VST3 can say that is not "for ever".
pub(super) fn finite_tail(frames: u64) -> u32 {
    frames.min(u64::from(kInfiniteTail) - 1) as u32
}

impl IPluginBaseTrait for Plugin {
    unsafe fn initialize(&self, _context: *mut FUnknown) -> tresult {
        if self.stage.initialised.swap(true, Ordering::AcqRel) {
            return kResultFalse;
        }
        let link = Link { outbox: self.outbox.clone(), shared: Arc::downgrade(&self.shared) };
        self.shared.connect(Box::new(link));
        kResultOk
    }

    unsafe fn terminate(&self) -> tresult {
        if !self.stage.initialised.load(Ordering::Acquire) {
            return kResultFalse;
        }
        self.set_active(false);
        self.stage.initialised.store(false, Ordering::Release);
        self.shared.disconnect();
        self.outbox.set_handler(None);
        kResultOk
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        // The link holds no reference to us, but the host is gone.
        self.shared.disconnect();
    }
}
