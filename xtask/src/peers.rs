//! Csound, SuperCollider and Faust, where they are installed, playing comparable voices beside ours: a yardstick from
//! outside. Source: own patches, after the voices of PERFORMANCE 0: a kernel of ours is the same voice, the instrument made
//! of it does more. In/out: ns per frame and voice, the best of [`ROUNDS`]; a message when a program is not there.

use crate::kernels::verdict;
use crate::shell::{command, target};
use anyhow::{Context, Result};
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs of each patch: the best counts, nobody interrupted it.
const ROUNDS: usize = 3;
/// Length of a piece, s.
const SECONDS: f64 = 10.0;
pub const RATE_HZ: f64 = 48_000.0;

/// A patch in three languages, and which of our instruments it stands beside.
struct Peer {
    name: &'static str,
    /// An instrument, or [`HALL`].
    ours: &'static str,
    /// The kernel that is the same voice, and how many times cheaper than each of [`PROGRAMS`] it must and should be.
    kernel: &'static str,
    bars: [Option<(f64, f64)>; PROGRAMS.len()],
    /// Its voices in the mixed piece of 128.
    mixed: f64,
    /// Csound: statements that make `af` from the pitch `p4`.
    csound: fn() -> String,
    /// SuperCollider: an expression of `freq`.
    supercollider: &'static str,
    /// Faust: an expression of `f`.
    faust: &'static str,
}

const PEERS: &[Peer] = &[
    Peer {
        name: "7 saws, low-pass",
        ours: "str_sus",
        kernel: "string",
        bars: [None, Some((8.0, 15.0)), Some((2.5, 5.0))],
        mixed: 32.0,
        csound: saws,
        supercollider: "RLPF.ar(Mix.fill(7, { |n| Saw.ar(freq * (0.997 + (0.001 * n)), 0.1) }), 2300, 0.7)",
        faust: "sum(n, 7, os.sawtooth(f * (0.997 + 0.001 * n)) * 0.1) : fi.resonlp(2300, 0.7, 1)",
    },
    Peer {
        name: "saw, five formants",
        ours: "choir",
        kernel: "choir",
        bars: [None, Some((5.0, 12.0)), None],
        mixed: 16.0,
        csound: formants,
        supercollider: "Mix(BPF.ar(Saw.ar(freq), [800, 1150, 2900, 3900, 4950], [0.1, 0.08, 0.04, 0.03, 0.03]))",
        faust: "os.sawtooth(f) <: fi.resonbp(800, 10, 1), fi.resonbp(1150, 12, 1), fi.resonbp(2900, 24, 1), \
                fi.resonbp(3900, 30, 1), fi.resonbp(4950, 35, 1) :> _",
    },
    Peer {
        name: "24 modes",
        ours: "piano_felt",
        kernel: "modal",
        bars: [None, Some((8.0, 18.0)), None],
        mixed: 24.0,
        csound: modes,
        supercollider: "Klank.ar(`[Array.fill(24, { |n| 0.97 * (n + 1) }), nil, Array.fill(24, 2)], \
                        Impulse.ar(0, 0, 0.1), freq)",
        faust: "(1 - 1') <: sum(n, 24, fi.resonbp(f * 0.97 * (n + 1), 400, 1))",
    },
    Peer {
        name: "plucked string",
        ours: "harp",
        kernel: "pluck",
        bars: [None, Some((10.0, 25.0)), Some((4.0, 8.0))],
        mixed: 16.0,
        csound: || "  af pluck 0.3, p4, p4, 0, 1\n".into(),
        supercollider: "Pluck.ar(WhiteNoise.ar(0.3), Impulse.kr(0), 0.1, freq.reciprocal, 5, 0.5)",
        faust: "no.noise * (1 - 1@100) : + ~ (de.fdelay(4096, 48000 / f) : fi.lowpass(1, 8000) : *(0.99))",
    },
    Peer {
        name: "16 sines",
        ours: "organ",
        kernel: "drone",
        bars: [None; 3],
        mixed: 16.0,
        csound: sines,
        supercollider: "Mix.fill(16, { |n| SinOsc.ar(freq * (n + 1), 0, 0.05) })",
        faust: "sum(n, 16, os.osc(f * (n + 1)) * 0.05)",
    },
    Peer {
        name: "3 saws, low-pass",
        ours: "pad_warm",
        kernel: "pad",
        bars: [None, Some((4.0, 8.0)), None],
        mixed: 16.0,
        csound: pad,
        supercollider: "RLPF.ar(Mix.fill(3, { |n| Saw.ar(freq * (0.998 + (0.002 * n)), 0.1) }), 900, 0.8)",
        faust: "sum(n, 3, os.sawtooth(f * (0.998 + 0.002 * n)) * 0.1) : fi.resonlp(900, 0.8, 1)",
    },
    Peer {
        name: "noise, band-pass",
        ours: "whoosh",
        kernel: "noise",
        bars: [None, Some((10.0, 20.0)), None],
        mixed: 8.0,
        csound: || "  ax noise 0.3, 0\n  af butterbp ax, p4 * 4, p4\n".into(),
        supercollider: "BPF.ar(WhiteNoise.ar(0.3), freq * 4, 0.25)",
        faust: "no.noise * 0.3 : fi.resonbp(f * 4, 4, 1)",
    },
    Peer {
        name: "stereo hall",
        ours: HALL,
        kernel: HALL,
        bars: [None, None, Some((3.0, 10.0))],
        mixed: 1.0,
        csound: || "  ax mpulse 0.1, 0.01\n  af, ag reverbsc ax, ax, 0.85, 9000\n".into(),
        supercollider: "FreeVerb2.ar(Impulse.ar(freq), Impulse.ar(freq * 1.1), 1, 0.8, 0.3)[0]",
        faust: "os.lf_imptrain(f) <: re.zita_rev1_stereo(20, 200, 6000, 3, 2, 48000) :> _",
    },
];

/// Our hall has eight stems for an input and eight for an output; the peers' have two of each.
const HALL: &str = "hall";

fn saws() -> String {
    let saws: String =
        (1..=7).map(|n| format!("  a{n} vco2 0.1, p4 * {}\n", 0.996 + 0.001 * f64::from(n))).collect();
    saws + "  af = a1 + a2 + a3 + a4 + a5 + a6 + a7\n  af butterlp af, 2300\n"
}

fn formants() -> String {
    let bands = [(800, 80), (1150, 90), (2900, 120), (3900, 130), (4950, 140)];
    let mut patch = String::from("  ax vco2 0.1, p4\n  af = 0\n");
    for (n, (hz, width)) in bands.into_iter().enumerate() {
        let _ = writeln!(patch, "  a{n} butterbp ax, {hz}, {width}\n  af = af + a{n}");
    }
    patch
}

fn modes() -> String {
    let mut patch = String::from("  ax mpulse 0.1, 0\n  af = 0\n");
    for n in 1..=24 {
        let _ = writeln!(patch, "  a{n} mode ax, p4 * {}, 400\n  af = af + a{n}", f64::from(n) * 0.97);
    }
    patch
}

fn pad() -> String {
    let saws: String =
        (0..3).map(|n| format!("  a{n} vco2 0.1, p4 * {}\n", 0.998 + 0.002 * f64::from(n))).collect();
    saws + "  af = a0 + a1 + a2\n  af butterlp af, 900\n"
}

fn sines() -> String {
    let mut patch = String::from("  af = 0\n");
    for n in 1..=16 {
        let _ = writeln!(patch, "  a{n} oscili 0.05, p4 * {n}\n  af = af + a{n}");
    }
    patch
}

/// Frequencies of the voices of a piece, Hz: over three octaves, the same for everyone.
fn pitch_hz(voice: usize) -> f64 {
    60.0 + 5.0 * voice as f64
}

/// A program that plays patches.
struct Program {
    name: &'static str,
    /// Debian packages it comes with.
    packages: &'static str,
    /// Notes at once.
    voices: usize,
    /// Makes what plays a patch with so many voices; `None` when a program is missing.
    prepare: fn(&Peer, usize) -> Result<Option<Command>>,
}

const PROGRAMS: [Program; 3] = [
    Program { name: "csound", packages: "csound", voices: 64, prepare: csound },
    Program {
        name: "scsynth",
        packages: "supercollider-server supercollider-language",
        voices: 64,
        prepare: scsynth,
    },
    // Faust writes every voice out: more of them would only take the compiler minutes.
    Program { name: "faust", packages: "faust g++", voices: 8, prepare: faust },
];

/// A file in the build folder.
fn file(name: &str) -> Result<PathBuf> {
    let folder = target().join("peers");
    fs::create_dir_all(&folder)?;
    Ok(folder.join(name))
}

/// Runs a program silently; `None` when it is not installed.
fn run(program: &mut Command) -> Result<Option<()>> {
    program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match program.status() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        status => {
            anyhow::ensure!(status.with_context(|| format!("{program:?}"))?.success(), "failed: {program:?}");
            Ok(Some(()))
        }
    }
}

fn csound(peer: &Peer, voices: usize) -> Result<Option<Command>> {
    let piece = file("piece.csd")?;
    fs::write(&piece, csound_piece(&(peer.csound)(), voices))?;
    let mut csound = command("csound");
    csound.args(["--nosound", "--nodisplays", "--messagelevel=0"]).arg(piece);
    Ok(Some(csound))
}

fn csound_piece(patch: &str, voices: usize) -> String {
    let mut text = format!(
        "<CsoundSynthesizer>\n<CsInstruments>\nsr = {RATE_HZ}\nksmps = 32\nnchnls = 2\n0dbfs = 1\ninstr 1\n{patch}\
         \x20 kenv linsegr 0, 0.1, 1, 0.3, 0\n  outs af * kenv * 0.01, af * kenv * 0.01\nendin\n</CsInstruments>\n<CsScore>\nf0 {SECONDS}\n"
    );
    for voice in 0..voices {
        let _ = writeln!(text, "i1 0 {SECONDS} {}", pitch_hz(voice));
    }
    text + "e\n</CsScore>\n</CsoundSynthesizer>\n"
}

/// The language writes the score, the server plays it faster than real time.
fn scsynth(peer: &Peer, voices: usize) -> Result<Option<Command>> {
    let [script, score, sound] = ["piece.scd", "piece.osc", "piece.wav"].map(file);
    let (script, score, sound) = (script?, score?, sound?);
    let mut text = format!(
        "(var score, def = SynthDef(\\peer, {{ |freq = 220| var x = {}; \
         x = x * EnvGen.kr(Env.linen(0.1, 9.6, 0.3)) * 0.01; Out.ar(0, [x, x]) }});\n\
         score = [[0.0, [\\d_recv, def.asBytes]]];\n",
        peer.supercollider
    );
    for voice in 0..voices {
        let (node, hz) = (1000 + voice, pitch_hz(voice));
        let _ = writeln!(text, "score = score.add([0.01, [\\s_new, \\peer, {node}, 0, 0, \\freq, {hz}]]);");
    }
    let _ = writeln!(text, "score = score.add([{SECONDS:.1}, [\\c_set, 0, 0]]);");
    let _ = writeln!(text, "Score.write(score, {:?}); 0.exit;)", score.display().to_string());
    fs::write(&script, text)?;
    // The language draws through Qt, which wants a screen and a user's home; neither is needed to write a file.
    let mut sclang = command("sclang");
    sclang.env("QT_QPA_PLATFORM", "offscreen").env("QTWEBENGINE_DISABLE_SANDBOX", "1");
    sclang.env("HOME", file("home")?).arg(script);
    if run(&mut sclang)?.is_none() {
        return Ok(None);
    }
    let mut scsynth = command("scsynth");
    scsynth.arg("-N").arg(score).arg("_").arg(sound).args(["48000", "WAV", "int16", "-o", "2", "-z", "32"]);
    Ok(Some(scsynth))
}

/// What a class written by Faust needs to stand in a program of its own.
const FAUST_MAIN: &str = "struct UI { void openVerticalBox(const char*) {} void closeBox() {} };
struct Meta { void declare(const char*, const char*) {} };
struct dsp { virtual ~dsp() {} };
#define FAUSTFLOAT float
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include \"piece.faust.cpp\"
int main() {
    static mydsp player;
    player.init(48000);
    static float left[32], right[32];
    float* out[2] = {left, right};
    double sum = 0;
    for (int i = 0; i < 15000; i++) { player.compute(32, nullptr, out); sum += left[0]; }
    std::printf(\"%g\\n\", sum);
}
";

fn faust(peer: &Peer, voices: usize) -> Result<Option<Command>> {
    let [piece, class, main, program] = ["piece.dsp", "piece.faust.cpp", "main.cpp", "piece.faust"].map(file);
    let (piece, class, main, program) = (piece?, class?, main?, program?);
    let (low, step) = (pitch_hz(0), pitch_hz(1) - pitch_hz(0));
    let sum = match voices {
        0 => "0".into(),
        _ => format!("par(i, {voices}, voice({low} + {step} * i) * 0.01) :> _"),
    };
    let text = format!("import(\"stdfaust.lib\");\nvoice(f) = {};\nprocess = {sum} <: _, _;\n", peer.faust);
    fs::write(&piece, text)?;
    fs::write(&main, FAUST_MAIN)?;
    let mut faust = command("faust");
    faust.args(["-vec", "-vs", "32", "-lang", "cpp"]).arg(piece).arg("-o").arg(class);
    let mut compiler = command("g++");
    compiler.args(["-O3", "-march=native", "-ffast-math"]).arg(main).arg("-o").arg(&program);
    if run(&mut faust)?.is_none() || run(&mut compiler)?.is_none() {
        return Ok(None);
    }
    Ok(Some(command(program)))
}

/// Seconds a piece takes, the best of some runs; `None` when a program is missing.
fn best_s(program: &Program, peer: &Peer, voices: usize) -> Result<Option<f64>> {
    let Some(mut player) = (program.prepare)(peer, voices)? else { return Ok(None) };
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        if run(&mut player)?.is_none() {
            return Ok(None);
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(Some(best))
}

/// ns per frame of one voice: what the voices take, without what the program itself takes.
fn cost_ns(program: &Program, peer: &Peer) -> Result<Option<f64>> {
    let (Some(alone), Some(playing)) = (best_s(program, peer, 0)?, best_s(program, peer, program.voices)?)
    else {
        return Ok(None);
    };
    Ok(Some((playing - alone).max(0.0) * 1e9 / (program.voices as f64 * SECONDS * RATE_HZ)))
}

/// Prints each peer beside our instrument and beside the kernel of the same size; `report` holds what ours cost.
pub fn print(report: &Value) -> Result<()> {
    println!("\n{:<20} peers: ns/frame, and how many times ours", "patch");
    let mut missing = [false; PROGRAMS.len()];
    let mut mixed_ns = [0.0; PROGRAMS.len()];
    for peer in PEERS {
        let ours =
            if peer.ours == HALL { &report["hall_ns"] } else { &report["voices"][peer.ours]["cost_ns"] };
        let ours = ours.as_f64().unwrap_or(f64::NAN);
        let mut costs = [None; PROGRAMS.len()];
        for (((program, cost), missing), mixed_ns) in
            PROGRAMS.iter().zip(&mut costs).zip(&mut missing).zip(&mut mixed_ns)
        {
            *cost = cost_ns(program, peer)?;
            *missing |= cost.is_none();
            *mixed_ns += peer.mixed * cost.unwrap_or(0.0);
        }
        let kernel_ns = report["kernels"][peer.kernel]["cost_ns"].as_f64().unwrap_or(f64::NAN);
        print_row(peer.name, &format!("instrument {}", peer.ours), ours, costs, [None; PROGRAMS.len()]);
        print_row("", &format!("kernel {}", peer.kernel), kernel_ns, costs, peer.bars);
    }
    let known = |cost: f64, missing: bool| (!missing).then_some(cost);
    let costs = std::array::from_fn(|i| known(mixed_ns[i], missing[i]));
    let ours_ns = 1e9 / RATE_HZ / report["mixed_128_times_real_time"].as_f64().unwrap_or(f64::NAN);
    let bars = [None, Some((6.0, 12.0)), None];
    print_row("128 of these, mixed", "instruments, measured", ours_ns, costs, bars);
    print_row("(T11; peers summed)", "kernels, summed", crate::kernels::mixed_ns(report), costs, bars);
    for (program, _) in PROGRAMS.iter().zip(missing).filter(|(_, missing)| *missing) {
        println!("   no {} here (Debian: `apt install {}`)", program.name, program.packages);
    }
    Ok(())
}

/// One of ours beside what the programs take, and its bars against them.
fn print_row(
    patch: &str,
    ours: &str,
    ours_ns: f64,
    costs: [Option<f64>; PROGRAMS.len()],
    bars: [Option<(f64, f64)>; PROGRAMS.len()],
) {
    print!("{patch:<20} {ours:<24} {ours_ns:>7.2}   ");
    for ((program, cost), bar) in PROGRAMS.iter().zip(costs).zip(bars) {
        let Some(cost) = cost else { continue };
        let times = cost / ours_ns;
        print!(" {} {cost:.1} ({times:.1} ×", program.name);
        match bar {
            Some((must, aim)) => print!(", must {must}, aim {aim}: {})", verdict(times, must, aim)),
            None => print!(")"),
        }
    }
    println!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_has_its_notes_and_its_patch() {
        for peer in PEERS {
            let text = csound_piece(&(peer.csound)(), 3);
            assert_eq!(text.lines().filter(|line| line.starts_with("i1 ")).count(), 3);
            assert!(text.contains("af") && text.contains("endin"), "{}", peer.name);
            assert!(peer.supercollider.contains("freq") && peer.faust.contains("f"), "{}", peer.name);
            let known = cuewright_engine::instrument::find(peer.ours);
            assert!(known.is_some() || peer.ours == HALL, "there is no {}", peer.ours);
        }
        let voices: f64 = PEERS.iter().filter(|peer| peer.ours != HALL).map(|peer| peer.mixed).sum();
        assert_eq!(voices, 128.0);
    }
}
