//! Every chore of the project as one command: `cargo xtask <chore>`. What CI runs, a person runs.
//!
//! One file per chore; `main` only finds the right one.

mod bench;
mod bless;
mod bundle;
mod check;
mod demo;
mod docs;
mod kernels;
mod listen;
mod moduleinfo;
mod peers;
mod shell;
mod system;
mod tidy;

use anyhow::{Result, bail};
use std::process::ExitCode;

/// A chore: its name, its arguments, what it does, and the function that does it.
struct Chore {
    name: &'static str,
    arguments: &'static str,
    doc: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const CHORES: &[Chore] = &[
    Chore {
        name: "demo",
        arguments: "[--yes]",
        doc: "build, install, and play a cue through the installed CLAP and VST3; pictures and stems in target/demo",
        run: demo::run,
    },
    Chore {
        name: "test",
        arguments: "[--quick]",
        doc: "everything CI runs: format, clippy, tidy, documentation, all tests; --quick leaves out the release run",
        run: check::run,
    },
    Chore { name: "ci", arguments: "", doc: "the same as test", run: check::run },
    Chore {
        name: "tidy",
        arguments: "",
        doc: "the project's own rules for files, licences and presets",
        run: tidy::run,
    },
    Chore {
        name: "docs",
        arguments: "",
        doc: "writes docs/PARAMETERS.md from the engine's tables",
        run: docs::run,
    },
    Chore {
        name: "bundle",
        arguments: "[--debug]",
        doc: "builds Cuewright.clap and Cuewright.vst3 in target/bundled",
        run: bundle::run,
    },
    Chore {
        name: "install",
        arguments: "",
        doc: "bundles, and installs for this user (~/.clap, ~/.vst3 on Linux)",
        run: bundle::install,
    },
    Chore {
        name: "bless",
        arguments: "",
        doc: "accepts the present sound and score as the reference, and says what changed",
        run: bless::run,
    },
    Chore {
        name: "listen",
        arguments: "[ID…]",
        doc: "every instrument as a spectrogram, a sound and a figure sheet in target/listen",
        run: listen::run,
    },
    Chore {
        name: "bench",
        arguments: "[--quick] [--peers] [--against REVISION]",
        doc: "measures speed, block times, memory and sizes beside their targets; or beside another revision",
        run: bench::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", help());
        return Ok(());
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", help());
        return Ok(());
    }
    match CHORES.iter().find(|chore| chore.name == name) {
        Some(chore) => (chore.run)(rest),
        None => bail!("there is no chore \"{name}\"\n\n{}", help()),
    }
}

fn help() -> String {
    let mut text = String::from("cargo xtask <chore>\n\n");
    for chore in CHORES {
        let head = format!("{} {}", chore.name, chore.arguments);
        text += &format!("  {:<32} {}\n", head.trim_end(), chore.doc);
    }
    text
}
