//! `cargo xtask test`: everything CI runs, in the order that fails soonest.
//! Source: STYLE lesson 9, "CI lies unless one command defines it". In/out: exit code 0 only if all of it holds.

use crate::shell::{cargo, flag, root, run_lines, step, target};
use crate::{docs, shell, tidy};
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// Suites that must also hold in the optimised build people ship: allocations and hashes.
const RELEASE_SUITES: &[&str] = &["engine_realtime", "engine_blocks", "engine_golden"];

/// Tests that ran, over all suites.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: usize,
    ignored: usize,
    suites: usize,
}

impl Tally {
    /// Adds what one line of a test program's output says.
    fn read(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("test result: ") else { return };
        let number = |word: &str| {
            let before = counts.split(word).next().unwrap_or_default().trim_end();
            before.rsplit(' ').next().and_then(|digits| digits.parse::<usize>().ok()).unwrap_or(0)
        };
        self.passed += number("passed");
        self.failed += number("failed");
        self.ignored += number("ignored");
        self.suites += 1;
    }
}

/// Runs everything.
pub fn run(arguments: &[String]) -> Result<()> {
    let quick = flag(arguments, "--quick", &["--quick"])?;
    step("format", || shell::run(cargo(["fmt", "--all", "--check"])))?;
    step("tidy", tidy::check)?;
    step("generated documentation", docs::check)?;
    step("clippy", || {
        shell::run(cargo(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    })?;
    step("fuzz targets compile", fuzz_targets)?;
    step("documentation", document)?;
    step("build the plugin and the command line", || shell::run(cargo(["build", "--quiet", "--workspace"])))?;
    let mut tally = Tally::default();
    step("tests", || test(cargo(["test", "--quiet", "--workspace", "--no-fail-fast"]), &mut tally))?;
    if !quick {
        let mut release = cargo(["test", "--quiet", "--release", "--package", "cuewright-tests"]);
        for suite in RELEASE_SUITES {
            release.args(["--test", suite]);
        }
        step("allocations and hashes, optimised", || test(release, &mut tally))?;
    }
    println!("\n{} tests passed in {} suites", tally.passed, tally.suites);
    Ok(())
}

/// They are no member of the workspace, for running them takes a nightly compiler and C++; without the fuzzer they are Rust.
fn fuzz_targets() -> Result<()> {
    let mut check = cargo(["check", "--quiet", "--locked", "--no-default-features", "--manifest-path"]);
    check.arg(root().join("fuzz/Cargo.toml")).arg("--target-dir").arg(target());
    shell::run(check)
}

fn document() -> Result<()> {
    let mut doc = cargo(["doc", "--quiet", "--workspace", "--no-deps"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    shell::run(doc)
}

/// Runs tests and counts them. The plugin and the command line they play are the ones just built.
fn test(mut command: Command, tally: &mut Tally) -> Result<()> {
    command.env("CUEWRIGHT_PLUGIN", built_plugin("debug")).env("CUEWRIGHT_CLI", built_cli("debug"));
    let ran = run_lines(command, |line| {
        tally.read(line);
        println!("{line}");
    });
    ran?;
    if tally.failed > 0 || tally.ignored > 0 || tally.passed == 0 {
        bail!("{} failed, {} ignored, {} passed", tally.failed, tally.ignored, tally.passed);
    }
    Ok(())
}

/// The shared library of the plugin.
pub fn built_plugin(profile: &str) -> PathBuf {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    target().join(profile).join(format!("{DLL_PREFIX}cuewright_plugin{DLL_SUFFIX}"))
}

/// The command line program.
pub fn built_cli(profile: &str) -> PathBuf {
    target().join(profile).join(format!("cuewright{}", std::env::consts::EXE_SUFFIX))
}

/// Path as people like to see it: below the root without the root.
pub fn short(path: &std::path::Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted() {
        let mut tally = Tally::default();
        tally.read(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.00s",
        );
        tally.read("running 5 tests");
        tally.read("test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s");
        assert_eq!(tally, Tally { passed: 16, failed: 2, ignored: 1, suites: 2 });
    }
}
