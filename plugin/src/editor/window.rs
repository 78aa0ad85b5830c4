//! The editor in a window: inside a host's, or on its own. Draws when something changed, at most 60 times a second.
//! Source: egui-baseview 0.9. In/out: a parent's handle, an instance; physical pixels where hosts speak.

use super::{DEFAULT_SIZE, Editor, Instance, MIN_SIZE, instance::Watcher, show, theme};
use crate::core::Shared;
use egui_baseview::baseview::dpi::{LogicalSize, PhysicalSize, Size};
use egui_baseview::baseview::{HandlerError, Window};
use egui_baseview::{App, EguiWindow, EguiWindowSettings, Frame, RepaintNotifier};
use raw_window_handle::{HandleError, HasWindowHandle, RawWindowHandle, WindowHandle};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Smallest and largest scale of the editor.
pub const SCALE_RANGE: (f32, f32) = (0.5, 4.0);

/// A host's window as a raw handle.
#[derive(Clone, Copy, Debug)]
pub struct Parent(RawWindowHandle);

impl Parent {
    /// Wraps a handle the host gave.
    ///
    /// # Safety
    /// The window must exist until the editor that is opened in it is closed.
    pub unsafe fn new(handle: RawWindowHandle) -> Parent {
        Parent(handle)
    }
}

impl HasWindowHandle for Parent {
    fn window_handle(&self) -> Result<WindowHandle<'_>, HandleError> {
        // SAFETY: `Parent::new` demands that the window outlives the editor.
        Ok(unsafe { WindowHandle::borrow_raw(self.0) })
    }
}

/// An open editor. Dropping it closes the window and ends everything it did.
pub struct EditorHandle {
    // Declared first, dropped first: the window goes before the thread that wakes it.
    window: Window,
    _thread: LastWord,
    _watcher: Watcher,
}

/// Waits, when it is dropped, for the end of the thread the window lived on. The window library sees to that itself, but
/// not where closing meets an event (baseview 0.4), and a host may unload the plugin the moment its editor is gone.
struct LastWord(Receiver<()>);

/// How long a window's thread may take to end. It takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

impl Drop for LastWord {
    fn drop(&mut self) {
        // Nothing is ever sent: the other end goes with the thread, after everything else the thread held.
        let _ = self.0.recv_timeout(PATIENCE);
    }
}

thread_local! {
    /// The other end of [`LastWord`], on a window's thread.
    static THREAD_RUNS: Cell<Option<Sender<()>>> = const { Cell::new(None) };
}

/// Size of the editor at a scale, physical pixels.
pub fn size_at(scale: f32) -> (u32, u32) {
    let scale = legal_scale(scale);
    ((DEFAULT_SIZE.0 as f32 * scale).round() as u32, (DEFAULT_SIZE.1 as f32 * scale).round() as u32)
}

/// The nearest legal scale; 1 for one that is not a number.
pub fn legal_scale(scale: f32) -> f32 {
    if scale.is_nan() { 1.0 } else { scale.clamp(SCALE_RANGE.0, SCALE_RANGE.1) }
}

/// The nearest size a host may give the editor, physical pixels.
pub fn legal_size(width: u32, height: u32) -> (u32, u32) {
    let least = SCALE_RANGE.0;
    let (min_width, min_height) = ((MIN_SIZE.0 as f32 * least) as u32, (MIN_SIZE.1 as f32 * least) as u32);
    (width.clamp(min_width, 8192), height.clamp(min_height, 8192))
}

/// Opens the editor inside a host's window and shows it. `scale` multiplies the system's own.
pub fn open_embedded<P: HasWindowHandle>(
    parent: &P,
    shared: Arc<Shared>,
    scale: f32,
) -> Result<EditorHandle, String> {
    let parent_handle = parent.window_handle().map_err(|error| error.to_string())?;
    if !speaks_here(parent_handle.as_raw()) {
        return Err("the host's window is of a kind this system's editor cannot live in".into());
    }
    open(settings(scale).with_parent(parent), shared)
}

/// Opens the editor as a window of its own and stays until it is closed.
pub fn run_standalone(shared: Arc<Shared>, scale: f32) -> Result<(), String> {
    let EditorHandle { window, _watcher, _thread } = open(settings(scale), shared)?;
    window.run_until_closed().map_err(|error| error.to_string())
}

impl EditorHandle {
    /// Size now, physical pixels.
    pub fn size(&self) -> (u32, u32) {
        let size = self.window.size().physical;
        (size.width, size.height)
    }

    /// The host gives the editor another size, physical pixels. False when it could not take it.
    pub fn resize(&self, width: u32, height: u32) -> bool {
        let (width, height) = legal_size(width, height);
        self.window.resize(PhysicalSize { width, height }).is_ok()
    }

    /// Shows the window after [`EditorHandle::hide`].
    pub fn show(&self) {
        let _ = self.window.show();
    }

    /// Hides the window; nothing is drawn until it is shown again.
    pub fn hide(&self) {
        let _ = self.window.hide();
    }

    /// False once the window was closed or broke down.
    pub fn is_open(&self) -> bool {
        self.window.is_open()
    }
}

fn settings(scale: f32) -> EguiWindowSettings {
    EguiWindowSettings::new()
        .with_title(crate::NAME)
        .with_size(LogicalSize { width: f64::from(DEFAULT_SIZE.0), height: f64::from(DEFAULT_SIZE.1) })
        .with_min_size::<Size>(None)
        .with_resizable(true)
        .with_zoom_factor(legal_scale(scale))
}

fn open(settings: EguiWindowSettings, shared: Arc<Shared>) -> Result<EditorHandle, String> {
    let notifier = RepaintNotifier::new();
    let instance = Instance::new(shared.clone());
    let wake = notifier.clone();
    let watcher = instance.watch(move || wake.request_repaint());
    let (runs, ended) = channel();
    let page = Page { editor: Editor::default(), instance, shared, runs: Some(runs) };
    let window = EguiWindow::create(settings.with_repaint_notifier(notifier), page)
        .map_err(|error| error.to_string())?;
    window.show().map_err(|error| error.to_string())?;
    Ok(EditorHandle { window, _thread: LastWord(ended), _watcher: watcher })
}

/// True for handles the window library takes on this system; it would panic on others.
fn speaks_here(handle: RawWindowHandle) -> bool {
    match handle {
        RawWindowHandle::Xlib(handle) => cfg!(target_os = "linux") && handle.window != 0,
        RawWindowHandle::Xcb(_) => cfg!(target_os = "linux"),
        RawWindowHandle::Win32(_) => cfg!(target_os = "windows"),
        RawWindowHandle::AppKit(_) => cfg!(target_os = "macos"),
        _ => false,
    }
}

/// What the window draws.
struct Page {
    editor: Editor,
    instance: Instance,
    shared: Arc<Shared>,
    runs: Option<Sender<()>>,
}

impl App for Page {
    fn build(&mut self, context: egui::Context, frame: &mut Frame) -> Result<(), HandlerError> {
        if cfg!(target_os = "linux") {
            // Elsewhere the window lives on the main thread, which goes on.
            THREAD_RUNS.set(self.runs.take());
        }
        theme::apply(&context);
        frame.set_clear_color(theme::GROUND.into());
        Ok(())
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut Frame) {
        self.instance.refresh();
        show(ui, &mut self.editor, &mut self.instance);
        if let Some(scale) = self.editor.take_scale() {
            let (width, height) = size_at(scale);
            // A host that refuses leaves the window as it is: the page then scrolls inside it.
            self.shared.tell_host(|host| host.request_resize(width, height));
            ui.ctx().set_zoom_factor(legal_scale(scale));
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.editor.let_go(&mut self.instance);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_scales_stay_within_what_can_be_drawn() {
        assert_eq!(size_at(1.0), DEFAULT_SIZE);
        assert_eq!(size_at(f32::NAN), DEFAULT_SIZE);
        assert_eq!(size_at(100.0), (DEFAULT_SIZE.0 * 4, DEFAULT_SIZE.1 * 4));
        assert_eq!(legal_size(0, u32::MAX), (MIN_SIZE.0 / 2, 8192));
    }

    #[test]
    fn a_window_of_another_system_is_refused_in_words() {
        let handle = RawWindowHandle::Web(raw_window_handle::WebWindowHandle::new(1));
        // SAFETY: the handle is refused before anything looks at the window.
        let parent = unsafe { Parent::new(handle) };
        assert!(open_embedded(&parent, Shared::new(), 1.0).is_err());
    }
}
