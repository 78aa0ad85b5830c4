//! `cargo xtask demo`: from a clean clone to sound through the installed plugin, in one command.
//! Source: own. In/out: `--yes` answers every question; leaves target/demo and says what to open.

use crate::bundle::{self, Bundles};
use crate::check::{built_cli, short};
use crate::shell::{self, cargo, command, flag, step, target};
use crate::system;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// The cue that is played: its arc rises, so that the automation has something to move.
const CUE: &str = "presets/cues/siege.toml";

/// The chore.
pub fn run(arguments: &[String]) -> Result<()> {
    let yes = flag(arguments, "--yes", &["--yes"])?;
    step("system packages", || system::prepare(yes))?;
    // One build, so that every player has the same engine.
    let packages = ["cuewright-plugin", "cuewright-cli", "cuewright-tests"].map(|name| ["--package", name]);
    let build = ["build", "--release"].into_iter().chain(packages.into_iter().flatten());
    step("build", || shell::run(cargo(build)))?;
    let bundles = step("bundle", || bundle::wrap("release"))?;
    let installed = step("install for this user", || bundle::install_bundles(&bundles))?;
    println!("   {}\n   {}", installed.clap.display(), installed.vst3.display());
    let hashes = step("play 30 seconds in each format", || play_all(&installed))?;
    report(&hashes)
}

fn folder() -> PathBuf {
    target().join("demo")
}

/// Plays the demo everywhere: a name of the player and the hash of all it played. The engine comes first: it knows how long
/// the last note rings.
fn play_all(installed: &Bundles) -> Result<Vec<(&'static str, String)>> {
    let engine = play("engine", &[])?;
    let frames = engine["frames"].as_u64().context("a report without frames")?.to_string();
    let mut hashes = vec![("engine", hash_of(&engine)?)];
    for (format, plugin) in [("clap", &installed.clap), ("vst3", &installed.vst3)] {
        let plugin = plugin.display().to_string();
        hashes.push((format, hash_of(&play(format, &["--plugin", &plugin, "--frames", &frames])?)?));
    }
    hashes.push(("cli", hash_of(&render()?)?));
    Ok(hashes)
}

/// One host process of our own; gives its report.
fn play(format: &str, more: &[&str]) -> Result<Value> {
    let out = empty(format)?;
    let mut host = command(target().join("release").join(format!("play{}", std::env::consts::EXE_SUFFIX)));
    host.arg(format).arg("--cue").arg(CUE).arg("--out").arg(&out).args(more);
    report_of(host)
}

/// The same half minute from the command line: tempo map and automation as files, as the host left them.
fn render() -> Result<Value> {
    let (out, files) = (empty("cli")?, folder().join("engine"));
    let mut cli = command(built_cli("release"));
    cli.arg("render").arg(CUE).arg("-o").arg(&out).args(["--length", "30s", "--json"]);
    cli.arg("--tempo-map").arg(files.join("tempo.mid")).arg("--automation").arg(files.join("automation.csv"));
    report_of(cli)
}

/// A folder of the demo without what an earlier one left.
fn empty(name: &str) -> Result<PathBuf> {
    let out = folder().join(name);
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    Ok(out)
}

fn report_of(program: std::process::Command) -> Result<Value> {
    let text = shell::capture(program)?;
    serde_json::from_str(&text).with_context(|| format!("not a report: {text}"))
}

fn hash_of(report: &Value) -> Result<String> {
    let hash = report["sha256"].as_str().with_context(|| format!("a report without a hash: {report}"))?;
    Ok(hash.to_owned())
}

fn report(hashes: &[(&str, String)]) -> Result<()> {
    println!("\n   player   sha256 of every sample of mix and stems");
    for (player, hash) in hashes {
        println!("   {player:<8} {hash}");
    }
    if hashes.iter().any(|(_, hash)| *hash != hashes[0].1) {
        bail!("the players do not agree to the bit");
    }
    println!("   all agree to the bit\n\nOpen:");
    for format in ["clap", "vst3"] {
        println!("   {}/spectrogram.png", short(&folder().join(format)));
        println!("   {}/mix.wav and stems/01-low.wav … 09-ambience.wav", short(&folder().join(format)));
    }
    println!("   or any DAW: Cuewright is installed as an instrument; press play.");
    Ok(())
}
