//! Latency, tail and render mode. Source: PLATFORM 2 ("the offline flag lies: never change the sound on it").

use super::audio::ClapAudio;
use super::main_thread::ClapMain;
use clack_extensions::latency::PluginLatencyImpl;
use clack_extensions::render::{PluginRenderImpl, RenderMode};
use clack_extensions::tail::{PluginTailImpl, TailLength};
use clack_plugin::plugin::PluginError;

impl PluginLatencyImpl for ClapMain<'_> {
    fn get(&self) -> u32 {
        0
    }
}

impl PluginTailImpl for ClapAudio<'_> {
    fn get(&self) -> TailLength {
        TailLength::from_raw(u32::try_from(self.processor.tail_frames()).unwrap_or(u32::MAX))
    }
}

impl PluginRenderImpl for ClapMain<'_> {
    fn has_hard_realtime_requirement(&self) -> bool {
        false
    }

    fn set(&self, _mode: RenderMode) -> Result<(), PluginError> {
        Ok(())
    }
}
