//! The editor's window inside the host's. In/out: an embedded window of the platform's own kind, sizes in its pixels; no
//! floating windows.

use super::main_thread::ClapMain;
use crate::editor::window::{EditorHandle, Parent, legal_scale, legal_size, open_embedded, size_at};
use clack_extensions::gui::*;
use clack_plugin::plugin::PluginError;
use raw_window_handle::HasWindowHandle;

/// What is open.
pub(super) struct GuiState {
    editor: Option<EditorHandle>,
    scale: f32,
    /// Size the host gave before there was a window.
    size: Option<(u32, u32)>,
}

impl Default for GuiState {
    fn default() -> Self {
        GuiState { editor: None, scale: 1.0, size: None }
    }
}

impl GuiState {
    fn size(&self) -> (u32, u32) {
        let open = self.editor.as_ref().map(EditorHandle::size);
        open.or(self.size).unwrap_or_else(|| size_at(self.scale))
    }
}

fn supported(configuration: GuiConfiguration) -> bool {
    !configuration.is_floating && Some(configuration.api_type) == GuiApiType::default_for_current_platform()
}

impl PluginGuiImpl for ClapMain<'_> {
    fn is_api_supported(&self, configuration: GuiConfiguration) -> bool {
        supported(configuration)
    }

    fn get_preferred_api(&self) -> Option<GuiConfiguration<'_>> {
        let api_type = GuiApiType::default_for_current_platform()?;
        Some(GuiConfiguration { api_type, is_floating: false })
    }

    fn create(&self, configuration: GuiConfiguration) -> Result<(), PluginError> {
        // The window itself opens in `set_parent`: only then is it known where.
        supported(configuration)
            .then_some(())
            .ok_or(PluginError::Message("only embedded windows are supported"))
    }

    fn destroy(&self) {
        let closing = self.gui.take();
        self.gui.borrow_mut().scale = closing.scale;
    }

    fn set_scale(&self, scale: f64) -> Result<(), PluginError> {
        self.gui.borrow_mut().scale = legal_scale(scale as f32);
        Ok(())
    }

    fn get_size(&self) -> Option<GuiSize> {
        let (width, height) = self.gui.borrow().size();
        Some(GuiSize { width, height })
    }

    fn can_resize(&self) -> bool {
        true
    }

    fn get_resize_hints(&self) -> Option<GuiResizeHints> {
        Some(GuiResizeHints {
            can_resize_horizontally: true,
            can_resize_vertically: true,
            strategy: AspectRatioStrategy::Disregard,
        })
    }

    fn adjust_size(&self, size: GuiSize) -> Option<GuiSize> {
        let (width, height) = legal_size(size.width, size.height);
        Some(GuiSize { width, height })
    }

    fn set_size(&self, size: GuiSize) -> Result<(), PluginError> {
        let mut gui = self.gui.borrow_mut();
        gui.size = Some(legal_size(size.width, size.height));
        let taken = gui.editor.as_ref().is_none_or(|editor| editor.resize(size.width, size.height));
        taken.then_some(()).ok_or(PluginError::Message("the window could not be resized"))
    }

    fn set_parent(&self, window: Window) -> Result<(), PluginError> {
        let handle =
            window.window_handle().map_err(|_| PluginError::Message("not a window of this system"))?;
        // SAFETY: CLAP demands that the window lives until `destroy`, which drops the editor.
        let parent = unsafe { Parent::new(handle.as_raw()) };
        let mut gui = self.gui.borrow_mut();
        let editor = open_embedded(&parent, self.core().clone(), gui.scale)
            .map_err(|error| PluginError::Error(error.into()))?;
        if let Some((width, height)) = gui.size {
            editor.resize(width, height);
        }
        gui.editor = Some(editor);
        Ok(())
    }

    fn set_transient(&self, _window: Window) -> Result<(), PluginError> {
        Err(PluginError::Message("only embedded windows are supported"))
    }

    fn show(&self) -> Result<(), PluginError> {
        if let Some(editor) = &self.gui.borrow().editor {
            editor.show();
        }
        Ok(())
    }

    fn hide(&self) -> Result<(), PluginError> {
        if let Some(editor) = &self.gui.borrow().editor {
            editor.hide();
        }
        Ok(())
    }
}
