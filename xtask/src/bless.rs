//! `cargo xtask bless`: accepts the present sound and score as the reference, and says what changed.
//! Source: STYLE 3.4, "goldens nobody can regenerate" are refused. In/out: files under the folders of [`GOLDENS`], and a
//! summary.

use crate::shell::{self, capture, cargo, command, flag, step};
use anyhow::Result;

/// What is frozen: package, test that writes it, and where.
const GOLDENS: [[&str; 3]; 2] = [
    ["cuewright-engine", "golden_scores", "engine/tests/golden"],
    ["cuewright-tests", "engine_golden", "tests/golden"],
];

/// Regenerates every reference file, then prints git's view of the difference.
pub fn regenerate() -> Result<()> {
    let mut difference = command("git");
    difference.args(["--no-pager", "diff", "--stat", "--"]);
    for [package, test, folder] in GOLDENS {
        let mut write = cargo(["test", "--quiet", "--release", "--package", package, "--test", test]);
        write.env("CUEWRIGHT_BLESS", "1");
        step(&format!("regenerate {folder}"), || shell::run(write))?;
        difference.arg(folder);
    }
    let changed = capture(difference)?;
    if changed.is_empty() {
        println!("nothing changed: every cue is written and sounds as it did");
    } else {
        println!("{changed}\n");
        println!(
            "`git diff engine/tests/golden` shows the notes. A changed sound needs `REVISION` raised in engine/src/lib.rs and a line in CHANGELOG.md."
        );
    }
    Ok(())
}

/// The chore.
pub fn run(arguments: &[String]) -> Result<()> {
    flag(arguments, "", &[])?;
    regenerate()
}
