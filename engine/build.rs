//! Embeds every file of `presets/` into the engine: a new preset is a new file, no list to edit.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets the manifest folder"));
    let presets = manifest.parent().expect("the engine has a parent folder").join("presets");
    let mut code = String::new();
    for (name, folder) in [
        ("PALETTES", "palettes"),
        ("CUES", "cues"),
        ("MOTIFS", "motifs"),
        ("MOODS", "moods"),
        ("HALLS", "halls"),
    ] {
        let folder = presets.join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        writeln!(code, "pub const {name}: &[(&str, &str)] = &[").expect("a string takes text");
        for file in files(&folder) {
            println!("cargo::rerun-if-changed={}", file.display());
            let id = file.file_stem().and_then(|stem| stem.to_str()).expect("preset names are ASCII");
            writeln!(code, "    ({id:?}, include_str!({:?})),", file.to_str().expect("the path is UTF-8"))
                .expect("a string takes text");
        }
        code.push_str("];\n");
    }
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets the output folder"));
    fs::write(out.join("presets.rs"), code).expect("the output folder can be written");
}

/// The TOML files of a folder by name; an absent folder has none.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
        .unwrap_or_default();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    files
}
