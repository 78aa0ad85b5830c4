//! Pages of eight for hardware controllers. Source: the parameter table's groups. In/out: at most eight rows a page.

use super::events::id_of;
use super::main_thread::ClapMain;
use clack_extensions::remote_controls::{
    PluginRemoteControlsImpl, RemoteControlsPage, RemoteControlsPageWriter,
};
use clack_plugin::utils::ClapId;
use cuewright_engine::params::{Group, PARAMS, ParamRow};

/// Knobs of a page.
const KNOBS: usize = 8;

struct Page {
    name: String,
    rows: Vec<&'static ParamRow>,
}

/// The axes first; then what bends the composition; then levels; then switches.
fn pages() -> Vec<Page> {
    let of = |group: Group, switches: bool| -> Vec<&'static ParamRow> {
        let stepped = |row: &ParamRow| row.unit == cuewright_engine::params::Unit::Switch;
        PARAMS.iter().filter(|row| row.group == group && stepped(row) == switches).collect()
    };
    let bend = [of(Group::Trim, false), of(Group::Variant, false), of(Group::Morph, false)].concat();
    let lists = [
        ("Mood", of(Group::Mood, false)),
        ("Trim", bend),
        ("Levels", of(Group::Stems, false)),
        ("Mutes", [of(Group::Stems, true), of(Group::Transport, true)].concat()),
        // Hosts keep page numbers: new pages stand last.
        ("Ambience", [of(Group::Ambience, false), of(Group::Ambience, true)].concat()),
    ];
    let mut pages = Vec::new();
    for (name, rows) in lists {
        for (index, chunk) in rows.chunks(KNOBS).enumerate() {
            let name = if index == 0 { name.to_owned() } else { format!("{name} {}", index + 1) };
            pages.push(Page { name, rows: chunk.to_vec() });
        }
    }
    pages
}

impl PluginRemoteControlsImpl for ClapMain<'_> {
    fn count(&self) -> u32 {
        pages().len() as u32
    }

    fn get(&self, index: u32, writer: &mut RemoteControlsPageWriter) {
        let pages = pages();
        let Some(page) = pages.get(index as usize) else { return };
        writer.set(&RemoteControlsPage {
            section_name: crate::NAME.as_bytes(),
            page_id: ClapId::new(index + 1),
            page_name: page.name.as_bytes(),
            param_ids: std::array::from_fn(|knob| page.rows.get(knob).map(|row| id_of(row))),
            is_for_preset: false,
        });
    }
}
