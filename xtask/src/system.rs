//! What the system must have beside Rust, and how to get it on Debian and Ubuntu.
//! Source: PLATFORM 1: the plugin needs a C linker and the C library's headers to build, and nothing else.
//! In/out: asks on the terminal unless told not to; works as root or with sudo.

use crate::shell::{command, run};
use anyhow::{Result, bail};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// A package, and how to see that what it brings is there.
struct Need {
    package: &'static str,
    why: &'static str,
    present: fn() -> bool,
}

const NEEDS: &[Need] = &[
    Need { package: "gcc", why: "links Rust programs", present: || starts("cc") },
    Need { package: "libc6-dev", why: "start-up code of every program", present: has_libc_headers },
];

/// Makes sure that everything is there. On systems without apt it only says what is missing.
pub fn prepare(yes: bool) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.present)()).collect();
    if missing.is_empty() {
        println!("   the system has what the build needs: {}", names(&NEEDS.iter().collect::<Vec<_>>()));
        return Ok(());
    }
    for need in &missing {
        println!("   missing: {} ({})", need.package, need.why);
    }
    if !starts("apt-get") {
        bail!("install what {} is called on this system, then run this again", names(&missing));
    }
    if !yes && !agreed(&names(&missing))? {
        bail!("run `sudo apt-get install {}`, then this again", names(&missing));
    }
    install(&missing)
}

fn names(needs: &[&Need]) -> String {
    needs.iter().map(|need| need.package).collect::<Vec<_>>().join(" ")
}

fn agreed(names: &str) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    print!("   install {names} with apt-get? [Y/n] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes"))
}

fn install(missing: &[&Need]) -> Result<()> {
    let apt = |arguments: &[&str]| {
        let mut apt = if is_root() { command("apt-get") } else { command("sudo") };
        if !is_root() {
            apt.arg("apt-get");
        }
        apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        run(apt)
    };
    apt(&["update", "--quiet"])?;
    let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
    arguments.extend(missing.iter().map(|need| need.package));
    apt(&arguments)
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

fn starts(program: &str) -> bool {
    let quiet = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok()
}

/// The start-up object every linked program gets; its folder differs by architecture, so the linker is asked.
fn has_libc_headers() -> bool {
    let asked = Command::new("cc").arg("-print-file-name=crt1.o").output();
    asked.is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_file())
}
