//! Starting programs and finding folders, for all chores.
//! Source: own. In/out: everything runs from the workspace's root; a program that fails is an error that names it.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The workspace's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask stands inside the workspace")
}

/// Where cargo builds: `CARGO_TARGET_DIR`, else `target` in the root.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// A command that runs in the root.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Cargo, as this program was started by it.
pub fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut cargo = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments);
    cargo
}

/// A command as a person would type it.
pub fn spell(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Runs a command; its output goes where ours goes.
pub fn run(mut command: Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start `{}`", spell(&command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", spell(&command));
    }
    Ok(())
}

/// Runs a command and gives every line of its output to `line` as it comes.
pub fn run_lines(mut command: Command, mut line: impl FnMut(&str)) -> Result<()> {
    command.stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start `{}`", spell(&command)))?;
    let output = child.stdout.take().context("the program has no output")?;
    for text in BufReader::new(output).lines() {
        line(&text?);
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("`{}` failed ({status})", spell(&command));
    }
    Ok(())
}

/// What a command prints, without the last line's end.
pub fn capture(mut command: Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{}`", spell(&command)))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", spell(&command), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Says what is being done, does it, and says how long it took.
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("── {name}");
    let start = Instant::now();
    let result = work().with_context(|| format!("{name} failed"))?;
    println!("   {name}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(result)
}

/// True when `flag` stands in the arguments; any argument that is not in `known` is an error.
pub fn flag(arguments: &[String], flag: &str, known: &[&str]) -> Result<bool> {
    if let Some(other) = arguments.iter().find(|argument| !known.contains(&argument.as_str())) {
        bail!("unknown argument \"{other}\" (known: {})", known.join(", "));
    }
    Ok(arguments.iter().any(|argument| argument == flag))
}
