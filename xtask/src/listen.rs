//! `cargo xtask listen`: every instrument as a picture, a sound and a sheet of figures.
//! Source: own. In/out: leaves target/listen; ids as arguments choose instruments.

use crate::check::short;
use crate::shell::{self, cargo, command, step, target};
use anyhow::Result;

/// The chore.
pub fn run(arguments: &[String]) -> Result<()> {
    step("build", || {
        shell::run(cargo([
            "build",
            "--quiet",
            "--release",
            "--package",
            "cuewright-tests",
            "--bin",
            "listen",
        ]))
    })?;
    let folder = target().join("listen");
    step("listen", || {
        let mut program =
            command(target().join("release").join(format!("listen{}", std::env::consts::EXE_SUFFIX)));
        program.arg(&folder).args(arguments);
        shell::run(program)
    })?;
    println!("\nOpen {}", short(&folder.join("index.md")));
    Ok(())
}
