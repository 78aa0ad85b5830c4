//! Note ports: live notes in, composed notes out. Source: DESIGN 8. In/out: channel = stem both ways.

use super::main_thread::ClapMain;
use clack_extensions::note_ports::*;
use clack_plugin::utils::ClapId;

impl PluginNotePortsImpl for ClapMain<'_> {
    fn count(&self, _is_input: bool) -> u32 {
        1
    }

    fn get(&self, index: u32, is_input: bool, writer: &mut NotePortInfoWriter) {
        if index > 0 {
            return;
        }
        writer.set(&NotePortInfo {
            id: ClapId::new(if is_input { 1 } else { 2 }),
            name: if is_input { b"Live notes" } else { b"Composed notes" },
            supported_dialects: NoteDialects::CLAP | NoteDialects::MIDI,
            preferred_dialect: Some(NoteDialect::Clap),
        });
    }
}
