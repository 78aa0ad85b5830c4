//! State in and out. Source: DELIVERY 12 (a load that fails makes hosts stop saving: ours never fails).

use super::main_thread::ClapMain;
use crate::state::{self, Purpose};
use clack_extensions::state::PluginStateImpl;
use clack_extensions::state_context::{PluginStateContextImpl, StateContextType};
use clack_plugin::plugin::PluginError;
use clack_plugin::stream::{InputStream, OutputStream};
use std::io::{Read, Write};

impl ClapMain<'_> {
    fn save_for(&self, output: &mut OutputStream, purpose: Purpose) -> Result<(), PluginError> {
        Ok(output.write_all(&state::save_for(self.core(), purpose))?)
    }

    fn load_any(&self, input: &mut InputStream) -> Result<(), PluginError> {
        let mut bytes = Vec::new();
        // One byte more than is ever read, so that a state too large shows. What a stream gave before it failed counts.
        let _ = input.take(state::MAX_BYTES as u64 + 1).read_to_end(&mut bytes);
        state::load(self.core(), &bytes);
        self.rescan_values();
        Ok(())
    }
}

impl PluginStateImpl for ClapMain<'_> {
    fn save(&self, output: &mut OutputStream) -> Result<(), PluginError> {
        self.save_for(output, Purpose::Project)
    }

    fn load(&self, input: &mut InputStream) -> Result<(), PluginError> {
        self.load_any(input)
    }
}

impl PluginStateContextImpl for ClapMain<'_> {
    fn save(&self, output: &mut OutputStream, context: StateContextType) -> Result<(), PluginError> {
        let purpose = match context {
            StateContextType::ForPreset => Purpose::Preset,
            _ => Purpose::Project,
        };
        self.save_for(output, purpose)
    }

    fn load(&self, input: &mut InputStream, _context: StateContextType) -> Result<(), PluginError> {
        self.load_any(input)
    }
}
