//! Finds the built plugin, the built bundles and the built command line, building them where nobody has.
//! Source: own. `cargo xtask test` builds first and names the files in `CUEWRIGHT_PLUGIN` and `CUEWRIGHT_CLI`; under a plain
//! `cargo test` they are looked for beside the test, and built by a second cargo (which does not wait: the first one has
//! let go of the target folder's lock by the time tests run).

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The plugin's shared library.
pub fn plugin() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let name = format!("{}cuewright_plugin{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
        find("CUEWRIGHT_PLUGIN", &name, &["--package", "cuewright-plugin", "--lib"])
    })
}

/// The command line program.
pub fn cli() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let name = format!("cuewright{}", env::consts::EXE_SUFFIX);
        find("CUEWRIGHT_CLI", &name, &["--package", "cuewright-cli", "--bin", "cuewright"])
    })
}

/// The workspace's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests stand inside the workspace")
}

/// The folder this program was built into: `target/debug` or `target/release`.
fn profile_folder() -> PathBuf {
    let program = env::current_exe().expect("a test knows where it stands");
    let folder = program.parent().expect("a program stands in a folder");
    let inner = folder.ends_with("deps") || folder.ends_with("examples");
    if inner { folder.parent().expect("deps stands in a profile").to_owned() } else { folder.to_owned() }
}

/// Path from the environment, else the file beside the test after making sure that it is up to date.
fn find(variable: &str, name: &str, build: &[&str]) -> PathBuf {
    if let Some(path) = env::var_os(variable).map(PathBuf::from) {
        assert!(path.is_file(), "{variable} names {}, which is not a file", path.display());
        return path;
    }
    let folder = profile_folder();
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root()).args(["build", "--quiet"]).args(build);
    cargo.arg("--target-dir").arg(folder.parent().expect("a profile stands in a target folder"));
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    // Settings of the running test must not make cargo build everything anew.
    for (key, _) in env::vars_os() {
        let key = key.to_string_lossy().into_owned();
        if key.starts_with("CARGO_PKG_") || key.starts_with("CARGO_MANIFEST") || key == "CARGO_CRATE_NAME" {
            cargo.env_remove(key);
        }
    }
    let status = cargo.status().expect("cargo can be started");
    let path = folder.join(name);
    assert!(status.success() && path.is_file(), "building {} failed", path.display());
    path
}
