//! `cargo xtask bless`: accepts the present sound and score as the reference, and says what changed.
//! Source: STYLE 3.4, "goldens nobody can regenerate" are refused. In/out: files under tests/golden, and a summary.

use crate::shell::{self, capture, cargo, command, flag, step};
use anyhow::Result;

/// Regenerates every reference file, then prints git's view of the difference.
pub fn regenerate() -> Result<()> {
    let mut test =
        cargo(["test", "--quiet", "--release", "--package", "cuewright-tests", "--test", "engine_golden"]);
    test.env("CUEWRIGHT_BLESS", "1");
    step("regenerate tests/golden", || shell::run(test))?;
    let mut difference = command("git");
    difference.args(["--no-pager", "diff", "--stat", "--", "tests/golden"]);
    let changed = capture(difference)?;
    if changed.is_empty() {
        println!("nothing changed: every cue sounds as it did");
    } else {
        println!("{changed}\n");
        println!("A changed sound needs `REVISION` raised in engine/src/lib.rs and a line in CHANGELOG.md.");
    }
    Ok(())
}

/// The chore.
pub fn run(arguments: &[String]) -> Result<()> {
    flag(arguments, "", &[])?;
    regenerate()
}
