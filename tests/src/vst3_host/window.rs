//! A window for the plugin's editor on X11: a frame that grants sizes and a run loop that calls handlers.
//! Source: VST 3 SDK `iplugview.h` (IPlugFrame, Linux IRunLoop); X11 is opened at run time, as the plugin does.
//! In/out: [`Window::open`] gives `None` where no X server answers.

use libloading::Library;
use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_int, c_long, c_uint, c_ulong, c_void};
use std::time::{Duration, Instant};
use vst3::{Class, ComPtr, ComWrapper, Steinberg::Linux::*, Steinberg::*};

/// Timers and file handlers, and the frame around the view.
#[derive(Default)]
pub struct Frame {
    timers: RefCell<Vec<(ComPtr<ITimerHandler>, Duration, Instant)>>,
    files: RefCell<Vec<(ComPtr<IEventHandler>, c_int)>>,
    asked: Cell<Option<(i32, i32)>>,
}

impl Class for Frame {
    type Interfaces = (IPlugFrame, IRunLoop);
}

impl IPlugFrameTrait for Frame {
    unsafe fn resizeView(&self, view: *mut IPlugView, size: *mut ViewRect) -> tresult {
        // SAFETY: the plugin passes its view and a size.
        unsafe {
            let rect = *size;
            self.asked.set(Some((rect.right - rect.left, rect.bottom - rect.top)));
            vst3::ComRef::from_raw(view).map_or(kInvalidArgument, |view| view.onSize(size))
        }
    }
}

impl IRunLoopTrait for Frame {
    unsafe fn registerEventHandler(&self, handler: *mut IEventHandler, file: FileDescriptor) -> tresult {
        // SAFETY: the plugin passes a living handler; this takes a reference of its own.
        let Some(handler) = (unsafe { vst3::ComRef::from_raw(handler) }) else { return kInvalidArgument };
        self.files.borrow_mut().push((handler.to_com_ptr(), file));
        kResultOk
    }

    unsafe fn unregisterEventHandler(&self, handler: *mut IEventHandler) -> tresult {
        let mut files = self.files.borrow_mut();
        let before = files.len();
        files.retain(|(known, _)| known.as_ptr() != handler);
        if files.len() < before { kResultOk } else { kResultFalse }
    }

    unsafe fn registerTimer(&self, handler: *mut ITimerHandler, milliseconds: TimerInterval) -> tresult {
        // SAFETY: the plugin passes a living handler; this takes a reference of its own.
        let Some(handler) = (unsafe { vst3::ComRef::from_raw(handler) }) else { return kInvalidArgument };
        let every = Duration::from_millis(milliseconds);
        self.timers.borrow_mut().push((handler.to_com_ptr(), every, Instant::now() + every));
        kResultOk
    }

    unsafe fn unregisterTimer(&self, handler: *mut ITimerHandler) -> tresult {
        let mut timers = self.timers.borrow_mut();
        let before = timers.len();
        timers.retain(|(known, ..)| known.as_ptr() != handler);
        if timers.len() < before { kResultOk } else { kResultFalse }
    }
}

impl Frame {
    /// Handlers registered and not yet unregistered: timers, files.
    pub fn registered(&self) -> (usize, usize) {
        (self.timers.borrow().len(), self.files.borrow().len())
    }

    /// The size the plugin asked for last.
    pub fn asked(&self) -> Option<(i32, i32)> {
        self.asked.get()
    }

    /// Runs handlers for a while, as the host's main loop does.
    pub fn run(&self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.fire_timers();
            self.fire_files();
        }
    }

    fn fire_timers(&self) {
        let now = Instant::now();
        let mut due = Vec::new();
        for (handler, every, next) in self.timers.borrow_mut().iter_mut() {
            if *next <= now {
                *next = now + *every;
                due.push(handler.clone());
            }
        }
        for handler in due {
            // SAFETY: a living handler, called on the thread it was registered on.
            unsafe { handler.onTimer() };
        }
    }

    fn fire_files(&self) {
        let files = self.files.borrow().clone();
        let mut polled: Vec<libc::pollfd> =
            files.iter().map(|&(_, fd)| libc::pollfd { fd, events: libc::POLLIN, revents: 0 }).collect();
        // SAFETY: the array lives through the call; a wait of 5 ms also paces the loop.
        unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, 5) };
        for (answer, (handler, fd)) in polled.iter().zip(&files) {
            if answer.revents != 0 {
                // SAFETY: a living handler, called on the thread it was registered on.
                unsafe { handler.onFDIsSet(*fd) };
            }
        }
    }
}

type Display = *mut c_void;

/// Kinds of pointer events and the mask of the held left button (X.h).
const PRESS: c_int = 4;
const RELEASE: c_int = 5;
const MOTION: c_int = 6;
const BUTTON_HELD: c_uint = 1 << 8;

/// Xlib's XButtonEvent and XMotionEvent, which agree up to the width of `detail`; filled up to the size of any event.
#[repr(C)]
struct PointerEvent {
    kind: c_int,
    serial: c_ulong,
    sent: c_int,
    display: Display,
    window: c_ulong,
    root: c_ulong,
    child: c_ulong,
    time: c_ulong,
    place: [c_int; 4],
    state: c_uint,
    detail: c_uint,
    same_screen: c_int,
    _rest: [c_long; 24],
}

/// A plain X11 window.
pub struct Window {
    library: Library,
    display: Display,
    id: c_ulong,
}

impl Window {
    /// Opens a window on the server `DISPLAY` names.
    pub fn open(width: u32, height: u32) -> Option<Window> {
        // SAFETY: Xlib's initialisers run; signatures are Xlib's.
        unsafe {
            let library = Library::new("libX11.so.6").ok()?;
            let open = library.get::<unsafe extern "C" fn(*const c_char) -> Display>(b"XOpenDisplay").ok()?;
            let display = open(std::ptr::null());
            if display.is_null() {
                return None;
            }
            type Root = unsafe extern "C" fn(Display) -> c_ulong;
            type Create = unsafe extern "C" fn(
                Display,
                c_ulong,
                c_int,
                c_int,
                c_uint,
                c_uint,
                c_uint,
                c_ulong,
                c_ulong,
            ) -> c_ulong;
            let root = library.get::<Root>(b"XDefaultRootWindow").ok()?(display);
            let id = library.get::<Create>(b"XCreateSimpleWindow").ok()?(
                display, root, 0, 0, width, height, 0, 0, 0,
            );
            library.get::<unsafe extern "C" fn(Display, c_ulong) -> c_int>(b"XMapWindow").ok()?(display, id);
            library.get::<unsafe extern "C" fn(Display, c_int) -> c_int>(b"XSync").ok()?(display, 0);
            Some(Window { library, display, id })
        }
    }

    /// The window's number, as the plugin wants it for a parent.
    pub fn id(&self) -> *mut c_void {
        self.id as *mut c_void
    }

    /// How many windows stand inside this one.
    pub fn children(&self) -> usize {
        self.inner().len()
    }

    /// Moves, presses and releases the left button in the window inside this one, as if a hand had: places in its
    /// pixels. Events are handed to the window itself: the real pointer stays where it is.
    pub fn drag(&self, from: (i32, i32), to: (i32, i32), mut between: impl FnMut()) {
        const STEPS: i32 = 8;
        let Some(&inner) = self.inner().first() else { return };
        self.send(inner, MOTION, from, 0);
        between();
        self.send(inner, PRESS, from, 0);
        between();
        for step in 1..=STEPS {
            let part = |from: i32, to: i32| from + (to - from) * step / STEPS;
            self.send(inner, MOTION, (part(from.0, to.0), part(from.1, to.1)), BUTTON_HELD);
            between();
        }
        self.send(inner, RELEASE, to, BUTTON_HELD);
        between();
    }

    fn send(&self, window: c_ulong, kind: c_int, at: (i32, i32), state: c_uint) {
        type Send = unsafe extern "C" fn(Display, c_ulong, c_int, c_long, *mut PointerEvent) -> c_int;
        let (x, y) = at;
        let mut event = PointerEvent {
            kind,
            serial: 0,
            sent: 1,
            display: self.display,
            window,
            root: 0,
            child: 0,
            time: 0,
            place: [x, y, x, y],
            state,
            detail: if kind == MOTION { 0 } else { 1 },
            same_screen: 1,
            _rest: [0; 24],
        };
        // SAFETY: Xlib's signatures; the event has the size and the shape of Xlib's pointer events.
        unsafe {
            let send = self.library.get::<Send>(b"XSendEvent").expect("Xlib has it");
            send(self.display, window, 0, 0, &mut event);
            let sync = self.library.get::<unsafe extern "C" fn(Display, c_int) -> c_int>(b"XSync");
            sync.expect("Xlib has it")(self.display, 0);
        }
    }

    fn inner(&self) -> Vec<c_ulong> {
        type Query = unsafe extern "C" fn(
            Display,
            c_ulong,
            *mut c_ulong,
            *mut c_ulong,
            *mut *mut c_ulong,
            *mut c_uint,
        ) -> c_int;
        let (mut root, mut parent, mut list, mut count) = (0, 0, std::ptr::null_mut(), 0);
        // SAFETY: Xlib's signatures; the list is Xlib's and given back to it.
        unsafe {
            let query = self.library.get::<Query>(b"XQueryTree").expect("Xlib has it");
            query(self.display, self.id, &mut root, &mut parent, &mut list, &mut count);
            if list.is_null() {
                return Vec::new();
            }
            let inner = std::slice::from_raw_parts(list, count as usize).to_vec();
            let free = self.library.get::<unsafe extern "C" fn(*mut c_void) -> c_int>(b"XFree");
            free.expect("Xlib has it")(list.cast());
            inner
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // SAFETY: Xlib's signature; nothing uses the display after this.
        unsafe {
            if let Ok(close) = self.library.get::<unsafe extern "C" fn(Display) -> c_int>(b"XCloseDisplay") {
                close(self.display);
            }
        }
    }
}

/// The plugin's editor in a window of ours.
pub struct Editor {
    view: ComPtr<IPlugView>,
    /// The frame around it.
    pub frame: ComWrapper<Frame>,
    /// The window it sits in.
    pub window: Window,
}

impl Editor {
    /// Asks a plugin for its editor and attaches it. `None` without an editor; the window must be open.
    pub fn attach(host: &super::Vst3Host, window: Window) -> Option<Editor> {
        use vst3::Steinberg::Vst::{IEditControllerTrait, ViewType};
        let frame = ComWrapper::new(Frame::default());
        let as_frame = frame.as_com_ref::<IPlugFrame>()?.as_ptr();
        // SAFETY: the view comes with a reference that is ours; frame and window outlive it (`removed` in drop).
        unsafe {
            let view = ComPtr::from_raw(host.controller.createView(ViewType::kEditor))?;
            let platform = kPlatformTypeX11EmbedWindowID;
            if view.isPlatformTypeSupported(platform) != kResultTrue || view.setFrame(as_frame) != kResultOk {
                return None;
            }
            (view.attached(window.id(), platform) == kResultOk).then_some(Editor { view, frame, window })
        }
    }

    /// Width and height.
    pub fn size(&self) -> (i32, i32) {
        let mut rect = ViewRect { left: 0, top: 0, right: 0, bottom: 0 };
        // SAFETY: room for the answer.
        unsafe { self.view.getSize(&mut rect) };
        (rect.right - rect.left, rect.bottom - rect.top)
    }

    /// Gives the editor another size, after asking what it would accept.
    pub fn resize(&self, width: i32, height: i32) -> (i32, i32) {
        let mut rect = ViewRect { left: 0, top: 0, right: width, bottom: height };
        // SAFETY: room for the answers.
        unsafe {
            self.view.checkSizeConstraint(&mut rect);
            self.view.onSize(&mut rect);
        }
        self.size()
    }

    /// Takes the editor out of its window and gives the window back with the frame.
    pub fn detach(self) -> (Window, ComWrapper<Frame>) {
        // SAFETY: the view is attached; the frame is taken away before it goes.
        unsafe {
            self.view.removed();
            self.view.setFrame(std::ptr::null_mut());
        }
        (self.window, self.frame)
    }
}
