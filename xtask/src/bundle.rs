//! Bundles: the one shared library in the two shapes hosts look for, and their places on this machine.
//! Source: CLAP entry.h and the VST 3 documentation for shapes and places. In/out: `target/bundled`, then the user's folders.

use crate::check::built_plugin;
use crate::check::short;
use crate::moduleinfo;
use crate::shell::{self, cargo, flag, root, target};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// The two bundles of one build.
pub struct Bundles {
    /// `Cuewright.clap`: a file, on macOS a folder.
    pub clap: PathBuf,
    /// `Cuewright.vst3`: a folder.
    pub vst3: PathBuf,
}

/// The chore `bundle`.
pub fn run(arguments: &[String]) -> Result<()> {
    let debug = flag(arguments, "--debug", &["--debug"])?;
    let bundles = bundle(if debug { "debug" } else { "release" })?;
    println!("{}\n{}", short(&bundles.clap), short(&bundles.vst3));
    Ok(())
}

/// The chore `install`.
pub fn install(arguments: &[String]) -> Result<()> {
    flag(arguments, "", &[])?;
    let installed = install_bundles(&bundle("release")?)?;
    println!("{}\n{}", installed.clap.display(), installed.vst3.display());
    Ok(())
}

/// Builds the plugin in a profile and wraps it.
pub fn bundle(profile: &str) -> Result<Bundles> {
    let mut build = cargo(["build", "--package", "cuewright-plugin", "--package", "cuewright-cli"]);
    if profile == "release" {
        build.arg("--release");
    }
    shell::run(build)?;
    wrap(profile)
}

/// Wraps the plugin as it was built.
pub fn wrap(profile: &str) -> Result<Bundles> {
    let (library, name) = (built_plugin(profile), name()?);
    let folder = target().join("bundled");
    let bundles =
        Bundles { clap: folder.join(format!("{name}.clap")), vst3: folder.join(format!("{name}.vst3")) };
    remove(&bundles.clap)?;
    remove(&bundles.vst3)?;
    if cfg!(target_os = "macos") {
        mac_bundle(&bundles.clap, &library, &name)?;
        mac_bundle(&bundles.vst3, &library, &name)?;
    } else {
        copy(&library, &bundles.clap)?;
        let ending = if cfg!(windows) { "vst3" } else { "so" };
        copy(&library, &bundles.vst3.join("Contents").join(vst3_system()).join(format!("{name}.{ending}")))?;
    }
    let info = moduleinfo::read(&library)?;
    let resources = bundles.vst3.join("Contents/Resources");
    fs::create_dir_all(&resources)?;
    fs::write(resources.join("moduleinfo.json"), serde_json::to_string_pretty(&info)? + "\n")?;
    Ok(bundles)
}

/// Copies the bundles to where this user's hosts look.
pub fn install_bundles(bundles: &Bundles) -> Result<Bundles> {
    let (clap, vst3) = user_folders()?;
    let place = |bundle: &Path, folder: &Path| -> Result<PathBuf> {
        let to = folder.join(bundle.file_name().context("a bundle has a name")?);
        remove(&to)?;
        copy_all(bundle, &to)?;
        Ok(to)
    };
    Ok(Bundles { clap: place(&bundles.clap, &clap)?, vst3: place(&bundles.vst3, &vst3)? })
}

/// The name in bundler.toml.
fn name() -> Result<String> {
    let text = fs::read_to_string(root().join("bundler.toml")).context("bundler.toml")?;
    let table: toml::Table = text.parse().context("bundler.toml")?;
    let name =
        table.get("cuewright-plugin").and_then(|entry| entry.get("name")).and_then(|name| name.as_str());
    Ok(name.context("bundler.toml names no bundle for cuewright-plugin")?.to_owned())
}

fn user_folders() -> Result<(PathBuf, PathBuf)> {
    let folder = |variable: &str| {
        std::env::var_os(variable).map(PathBuf::from).with_context(|| format!("{variable} is not set"))
    };
    if cfg!(target_os = "macos") {
        let plugins = folder("HOME")?.join("Library/Audio/Plug-Ins");
        return Ok((plugins.join("CLAP"), plugins.join("VST3")));
    }
    if cfg!(windows) {
        let common = folder("LOCALAPPDATA")?.join("Programs/Common");
        return Ok((common.join("CLAP"), common.join("VST3")));
    }
    let home = folder("HOME")?;
    Ok((home.join(".clap"), home.join(".vst3")))
}

/// Folder of the module inside a VST3 bundle.
fn vst3_system() -> String {
    let system = if cfg!(windows) { "win" } else { "linux" };
    let processor =
        if cfg!(windows) && cfg!(target_arch = "aarch64") { "arm64" } else { std::env::consts::ARCH };
    format!("{processor}-{system}")
}

/// A macOS bundle: both formats are folders of one shape.
fn mac_bundle(bundle: &Path, library: &Path, name: &str) -> Result<()> {
    copy(library, &bundle.join("Contents/MacOS").join(name))?;
    fs::write(bundle.join("Contents/PkgInfo"), "BNDL????")?;
    let version = env!("CARGO_PKG_VERSION");
    let entries = [
        ("CFBundleExecutable", name),
        ("CFBundleIdentifier", "org.cuewright.plugin"),
        ("CFBundleName", name),
        ("CFBundlePackageType", "BNDL"),
        ("CFBundleShortVersionString", version),
        ("CFBundleVersion", version),
    ];
    let lines: String =
        entries.iter().map(|(key, text)| format!("  <key>{key}</key><string>{text}</string>\n")).collect();
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
                \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n";
    fs::write(bundle.join("Contents/Info.plist"), format!("{head}{lines}</dict>\n</plist>\n"))?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().context("a file stands in a folder")?)?;
    fs::copy(from, to).with_context(|| format!("copying {} to {}", from.display(), to.display()))?;
    Ok(())
}

fn copy_all(from: &Path, to: &Path) -> Result<()> {
    if from.is_file() {
        return copy(from, to);
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_all(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Removes what an earlier build left. The file is unlinked, not overwritten: a host may have it loaded.
fn remove(path: &Path) -> Result<()> {
    if path.is_dir() {
        fs::remove_dir_all(path)?;
    } else if path.exists() {
        fs::remove_file(path)?;
    }
    Ok(())
}
