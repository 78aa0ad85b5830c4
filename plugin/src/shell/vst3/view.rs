//! IPlugView: the editor inside a host's window, and the timer that says on the main thread what the editor did.
//! Source: VST 3 `iplugview.h` (X11 embedding and run loop on Linux, HWND, NSView). In/out: physical pixels.

use super::guard::guard;
use super::outbox::Outbox;
use super::text::same_id;
use crate::core::Shared;
use crate::editor::window::{EditorHandle, Parent, legal_scale, legal_size, open_embedded, size_at};
use raw_window_handle::RawWindowHandle;
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::sync::Arc;
use vst3::Steinberg::Linux::{IRunLoop, IRunLoopTrait, ITimerHandler, ITimerHandlerTrait};
use vst3::{Class, ComPtr, ComRef, ComWrapper, Steinberg::*};

/// How often gestures reach the host, milliseconds: as often as a hand can be seen to move.
const TICK_MS: u64 = 16;

/// A host's scale and the system's are the same when they differ by less than this.
const SAME_SCALE: f32 = 0.05;

/// The window kind of this system.
const PLATFORM: FIDString = if cfg!(windows) {
    kPlatformTypeHWND
} else if cfg!(target_os = "macos") {
    kPlatformTypeNSView
} else {
    kPlatformTypeX11EmbedWindowID
};

/// One view. Hosts call it on their main thread only.
pub(super) struct View {
    shared: Arc<Shared>,
    outbox: Arc<Outbox>,
    editor: RefCell<Option<EditorHandle>>,
    frame: RefCell<Option<ComPtr<IPlugFrame>>>,
    run_loop: RefCell<Option<ComPtr<IRunLoop>>>,
    size: Cell<(u32, u32)>,
    /// The host's word on the screen's scale.
    scale: Cell<Option<f32>>,
    /// This object as the interfaces the host gets, without a reference; set right after it was made.
    itself: Cell<*mut IPlugView>,
    ticker: Cell<*mut ITimerHandler>,
}

impl Class for View {
    type Interfaces = (IPlugView, IPlugViewContentScaleSupport, ITimerHandler);
}

impl View {
    /// A closed view.
    pub(super) fn create(shared: Arc<Shared>, outbox: Arc<Outbox>) -> Option<ComPtr<IPlugView>> {
        let view = ComWrapper::new(View {
            shared,
            outbox,
            editor: RefCell::default(),
            frame: RefCell::default(),
            run_loop: RefCell::default(),
            size: Cell::new(size_at(1.0)),
            scale: Cell::new(None),
            itself: Cell::new(std::ptr::null_mut()),
            ticker: Cell::new(std::ptr::null_mut()),
        });
        view.itself.set(view.as_com_ref::<IPlugView>()?.as_ptr());
        view.ticker.set(view.as_com_ref::<ITimerHandler>()?.as_ptr());
        view.to_com_ptr()
    }

    /// Opens the editor in the host's window. Where the host's scale is not the system's, the editor makes up for it.
    fn open(&self, parent: &Parent) -> Result<EditorHandle, String> {
        let editor = open_embedded(parent, self.shared.clone(), 1.0)?;
        let Some(wanted) = self.scale.get() else { return Ok(editor) };
        let rest = wanted / (editor.size().0 as f32 / size_at(1.0).0 as f32);
        if !rest.is_finite() || (rest - 1.0).abs() < SAME_SCALE {
            return Ok(editor);
        }
        drop(editor);
        open_embedded(parent, self.shared.clone(), rest)
    }

    fn start_ticking(&self) {
        let run_loop = self.frame.borrow().as_ref().and_then(|frame| frame.cast::<IRunLoop>());
        // SAFETY: the timer is taken off in `stop_ticking` before this object goes.
        let run_loop = run_loop
            .filter(|run_loop| unsafe { run_loop.registerTimer(self.ticker.get(), TICK_MS) } == kResultOk);
        let heard = run_loop.is_some() || cfg!(any(windows, target_os = "macos"));
        self.outbox.editor_open(self.frame.borrow().is_some(), heard);
        *self.run_loop.borrow_mut() = run_loop;
    }

    fn stop_ticking(&self) {
        if let Some(run_loop) = self.run_loop.take() {
            // SAFETY: the loop this timer was put on.
            unsafe { run_loop.unregisterTimer(self.ticker.get()) };
        }
        self.outbox.editor_open(false, true);
    }

    fn close(&self) {
        let editor = self.editor.take();
        guard((), || drop(editor));
        self.stop_ticking();
        // The last gesture ends with the window.
        self.outbox.deliver(&self.shared);
    }

    fn tick(&self) {
        self.outbox.deliver(&self.shared);
        let frame = self.frame.borrow().clone();
        if let (Some(frame), Some((width, height))) = (frame, self.outbox.take_size()) {
            let (width, height) = legal_size(width, height);
            let mut rect = ViewRect { left: 0, top: 0, right: width as int32, bottom: height as int32 };
            // SAFETY: a living frame and this very view; the host calls `onSize` in return.
            unsafe { frame.resizeView(self.itself.get(), &raw mut rect) };
        }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        if self.editor.borrow().is_some() {
            self.close();
        }
    }
}

/// The host's window as the editor wants it.
fn parent_of(window: *mut c_void) -> Option<Parent> {
    let window = std::ptr::NonNull::new(window)?;
    // SAFETY: the host keeps the window until it has called `removed`.
    handle_of(window).map(|handle| unsafe { Parent::new(handle) })
}

#[cfg(all(unix, not(target_os = "macos")))]
fn handle_of(window: std::ptr::NonNull<c_void>) -> Option<RawWindowHandle> {
    let id = window.as_ptr() as std::ffi::c_ulong;
    Some(RawWindowHandle::Xlib(raw_window_handle::XlibWindowHandle::new(id)))
}

#[cfg(target_os = "macos")]
fn handle_of(window: std::ptr::NonNull<c_void>) -> Option<RawWindowHandle> {
    Some(RawWindowHandle::AppKit(raw_window_handle::AppKitWindowHandle::new(window)))
}

#[cfg(windows)]
fn handle_of(window: std::ptr::NonNull<c_void>) -> Option<RawWindowHandle> {
    let id = std::num::NonZeroIsize::new(window.as_ptr() as isize)?;
    Some(RawWindowHandle::Win32(raw_window_handle::Win32WindowHandle::new(id)))
}

impl IPlugViewTrait for View {
    unsafe fn isPlatformTypeSupported(&self, kind: FIDString) -> tresult {
        // SAFETY: null or a text that ends with a zero.
        if unsafe { same_id(kind, PLATFORM) } { kResultTrue } else { kResultFalse }
    }

    unsafe fn attached(&self, parent: *mut c_void, kind: FIDString) -> tresult {
        // SAFETY: null or a text that ends with a zero.
        let Some(parent) = parent_of(parent).filter(|_| unsafe { same_id(kind, PLATFORM) }) else {
            return kInvalidArgument;
        };
        if self.editor.borrow().is_some() {
            return kResultFalse;
        }
        let Some(editor) = guard(None, || self.open(&parent).ok()) else { return kResultFalse };
        let (width, height) = self.size.get();
        if editor.size() != (width, height) {
            editor.resize(width, height);
        }
        *self.editor.borrow_mut() = Some(editor);
        self.start_ticking();
        kResultOk
    }

    unsafe fn removed(&self) -> tresult {
        if self.editor.borrow().is_none() {
            return kResultFalse;
        }
        self.close();
        kResultOk
    }

    unsafe fn onWheel(&self, _distance: f32) -> tresult {
        kResultFalse
    }

    unsafe fn onKeyDown(&self, _key: char16, _code: int16, _modifiers: int16) -> tresult {
        // Keys reach the editor's own window.
        kResultFalse
    }

    unsafe fn onKeyUp(&self, _key: char16, _code: int16, _modifiers: int16) -> tresult {
        kResultFalse
    }

    unsafe fn getSize(&self, size: *mut ViewRect) -> tresult {
        // SAFETY: null or room for the answer.
        let Some(size) = (unsafe { size.as_mut() }) else { return kInvalidArgument };
        let (width, height) = self.size.get();
        *size = ViewRect { left: 0, top: 0, right: width as int32, bottom: height as int32 };
        kResultOk
    }

    unsafe fn onSize(&self, size: *mut ViewRect) -> tresult {
        // SAFETY: null or a size.
        let Some(size) = (unsafe { size.as_ref() }) else { return kInvalidArgument };
        let (width, height) = extent(size);
        self.size.set((width, height));
        if let Some(editor) = &*self.editor.borrow() {
            guard(false, || editor.resize(width, height));
        }
        kResultOk
    }

    unsafe fn onFocus(&self, _state: TBool) -> tresult {
        kResultOk
    }

    unsafe fn setFrame(&self, frame: *mut IPlugFrame) -> tresult {
        // SAFETY: null or a living frame, of which this takes a reference.
        let frame = unsafe { ComRef::from_raw(frame) }.map(|frame| frame.to_com_ptr());
        let open = self.editor.borrow().is_some();
        if open {
            self.stop_ticking();
        }
        let before = self.frame.replace(frame);
        if open {
            self.start_ticking();
        }
        drop(before);
        kResultOk
    }

    unsafe fn canResize(&self) -> tresult {
        kResultTrue
    }

    unsafe fn checkSizeConstraint(&self, rect: *mut ViewRect) -> tresult {
        // SAFETY: null or a size to correct.
        let Some(rect) = (unsafe { rect.as_mut() }) else { return kInvalidArgument };
        let (width, height) = extent(rect);
        rect.right = rect.left.saturating_add(width as int32);
        rect.bottom = rect.top.saturating_add(height as int32);
        kResultTrue
    }
}

/// The nearest legal size of a rectangle.
fn extent(rect: &ViewRect) -> (u32, u32) {
    let length = |from: i32, to: i32| to.saturating_sub(from).max(0) as u32;
    legal_size(length(rect.left, rect.right), length(rect.top, rect.bottom))
}

impl IPlugViewContentScaleSupportTrait for View {
    unsafe fn setContentScaleFactor(&self, factor: IPlugViewContentScaleSupport_::ScaleFactor) -> tresult {
        if cfg!(target_os = "macos") || !factor.is_finite() || factor <= 0.0 {
            return kResultFalse;
        }
        let factor = legal_scale(factor);
        self.scale.set(Some(factor));
        if self.editor.borrow().is_none() {
            self.size.set(size_at(factor));
        }
        kResultOk
    }
}

impl ITimerHandlerTrait for View {
    unsafe fn onTimer(&self) {
        guard((), || self.tick());
    }
}
