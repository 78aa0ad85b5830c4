//! Csound, where it is installed, playing comparable voices beside ours: a yardstick from outside.
//! Source: own patches, after the voices of PERFORMANCE 0; every instrument of ours they stand beside does at least as much.
//! In/out: ns per frame and voice, the best of [`ROUNDS`]; a message when there is no Csound.

use crate::shell::{command, target};
use anyhow::{Context, Result};
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::process::Stdio;
use std::time::Instant;

/// Runs of each patch: the best counts, nobody interrupted it.
const ROUNDS: usize = 3;

/// Notes at once, and their length, s.
const VOICES: usize = 64;
const SECONDS: f64 = 10.0;
const RATE_HZ: f64 = 48_000.0;

/// A patch, and which of our instruments it stands beside.
struct Peer {
    name: &'static str,
    ours: &'static str,
    /// Statements that make `af` from the pitch `p4`.
    patch: fn() -> String,
}

const PEERS: &[Peer] = &[
    Peer { name: "7 saws, low-pass", ours: "str_sus", patch: || saws() + "  af butterlp af, 2300\n" },
    Peer { name: "24 modes", ours: "piano_felt", patch: modes },
    Peer { name: "plucked string", ours: "harp", patch: || "  af pluck 0.3, p4, p4, 0, 1\n".into() },
    Peer { name: "16 sines", ours: "organ", patch: sines },
];

fn saws() -> String {
    let saws: String =
        (1..=7).map(|n| format!("  a{n} vco2 0.1, p4 * {}\n", 0.996 + 0.001 * f64::from(n))).collect();
    saws + "  af = a1 + a2 + a3 + a4 + a5 + a6 + a7\n"
}

fn modes() -> String {
    let mut patch = String::from("  ax mpulse 0.1, 0\n  af = 0\n");
    for n in 1..=24 {
        let _ = writeln!(patch, "  a{n} mode ax, p4 * {}, 400\n  af = af + a{n}", f64::from(n) * 0.97);
    }
    patch
}

fn sines() -> String {
    let mut patch = String::from("  af = 0\n");
    for n in 1..=16 {
        let _ = writeln!(patch, "  a{n} oscili 0.05, p4 * {n}\n  af = af + a{n}");
    }
    patch
}

/// A piece of held notes for one patch; without notes it is what the program itself takes.
fn piece(patch: &str, voices: usize) -> String {
    let mut text = format!(
        "<CsoundSynthesizer>\n<CsInstruments>\nsr = {RATE_HZ}\nksmps = 32\nnchnls = 2\n0dbfs = 1\ninstr 1\n{patch}\
         \x20 kenv linsegr 0, 0.1, 1, 0.3, 0\n  outs af * kenv * 0.01, af * kenv * 0.01\nendin\n</CsInstruments>\n<CsScore>\nf0 {SECONDS}\n"
    );
    for n in 0..voices {
        let _ = writeln!(text, "i1 0 {SECONDS} {}", 60 + 5 * n);
    }
    text + "e\n</CsScore>\n</CsoundSynthesizer>\n"
}

/// Seconds a piece takes; `None` when there is no Csound.
fn run_s(text: &str) -> Result<Option<f64>> {
    let file = target().join("peer.csd");
    fs::write(&file, text)?;
    let mut csound = command("csound");
    csound.args(["--nosound", "--nodisplays", "--messagelevel=0"]).arg(&file);
    csound.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    match csound.status() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        status => {
            anyhow::ensure!(status.context("csound")?.success(), "csound refuses {}", file.display());
            Ok(Some(start.elapsed().as_secs_f64()))
        }
    }
}

fn best_s(text: &str) -> Result<Option<f64>> {
    let mut best = None::<f64>;
    for _ in 0..ROUNDS {
        let Some(taken) = run_s(text)? else { return Ok(None) };
        best = Some(best.map_or(taken, |best| best.min(taken)));
    }
    Ok(best)
}

/// Prints each peer beside ours; `report` holds what our voices cost.
pub fn print(report: &Value) -> Result<()> {
    println!("\n{:<20} {:>10} {:>14} {:>10} {:>8}", "csound", "ns/frame", "ours", "ns/frame", "ratio");
    for peer in PEERS {
        let patch = (peer.patch)();
        let (Some(alone), Some(playing)) = (best_s(&piece(&patch, 0))?, best_s(&piece(&patch, VOICES))?)
        else {
            println!("   no Csound here (Debian: `apt install csound`): nothing to compare with");
            return Ok(());
        };
        let cost_ns = (playing - alone).max(0.0) * 1e9 / (VOICES as f64 * SECONDS * RATE_HZ);
        let ours_ns = report["voices"][peer.ours]["cost_ns"].as_f64().unwrap_or(f64::NAN);
        println!(
            "{:<20} {cost_ns:>10.1} {:>14} {ours_ns:>10.1} {:>6.1} ×",
            peer.name,
            peer.ours,
            cost_ns / ours_ns
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_has_its_notes_and_its_patch() {
        for peer in PEERS {
            let text = piece(&(peer.patch)(), 3);
            assert_eq!(text.lines().filter(|line| line.starts_with("i1 ")).count(), 3);
            assert!(text.contains("af") && text.contains("endin"), "{}", peer.name);
            let known = cuewright_engine::instrument::find(peer.ours);
            assert!(known.is_some(), "there is no {}", peer.ours);
        }
    }
}
