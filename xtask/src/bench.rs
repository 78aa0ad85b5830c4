//! `cargo xtask bench`: what the engine and the plugin cost, beside their targets, or beside another revision.
//! Source: targets PERFORMANCE 6 and DESIGN 9; protocol PERFORMANCE 5 (interleaved rounds, medians of ratios).
//! In/out: a table on the terminal; the raw numbers in target/bench.json. With `--peers` other programs beside ours.

use crate::check::built_plugin;
use crate::shell::{self, capture, cargo, command, root, step, target};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Rounds of a comparison: the fewest that have a median.
const ROUNDS: usize = 3;

/// A measured quantity and what it should be.
struct Target {
    /// Where it stands in the report.
    pointer: &'static str,
    name: &'static str,
    unit: &'static str,
    /// What one unit is in the report.
    scale: f64,
    must: f64,
    aim: f64,
    /// True when more is better.
    rising: bool,
}

const fn most(
    pointer: &'static str,
    name: &'static str,
    unit: &'static str,
    scale: f64,
    must: f64,
    aim: f64,
) -> Target {
    Target { pointer, name, unit, scale, must, aim, rising: false }
}

const fn least(pointer: &'static str, name: &'static str, must: f64, aim: f64) -> Target {
    Target { pointer, name, unit: "×", scale: 1.0, must, aim, rising: true }
}

const MIB: f64 = 1_048_576.0;

const TARGETS: &[Target] = &[
    least("/default_times_real_time", "default cue, nine stems, × real time on one core", 50.0, 100.0),
    least("/busy_times_real_time", "busy cue, nine stems, × real time on one core", 40.0, 80.0),
    least("/mixed_128_times_real_time", "128 mixed voices and the hall, × real time (T10)", 50.0, 100.0),
    most("/blocks_of_64_per_deadline/p50", "64-frame block, p50 of the deadline", "%", 0.01, 5.0, 2.0),
    most("/blocks_of_64_per_deadline/p99", "64-frame block, p99", "%", 0.01, 15.0, 8.0),
    most("/blocks_of_64_per_deadline/p99.9", "64-frame block, p99.9", "%", 0.01, 20.0, 10.0),
    most("/blocks_of_64_per_deadline/p99.99", "64-frame block, p99.99 (T14)", "%", 0.01, 25.0, 12.0),
    most("/blocks_of_64_per_deadline/max", "64-frame block, slowest", "%", 0.01, 100.0, 25.0),
    most("/flatness", "128 mixed voices, p99.99 ÷ p50 over an even load's (T13)", "×", 1.0, 1.3, 1.1),
    most("/cost_of_16_to_256", "host blocks of 16 against 256 (T16)", "×", 1.0, 1.5, 1.2),
    most("/cost_of_baseline_to_avx2", "busy cue at SSE2 against AVX2 (T17)", "×", 1.0, 2.5, 2.2),
    most("/idle_share_of_core", "idle instance (T18)", "%", 0.01, 0.1, 0.01),
    most("/composer/bar_p50_s", "a bar composed, median", "µs", 1e-6, 50.0, 25.0),
    most(
        "/composer/located_max_s",
        "a bar composed after a locate to bar 32, slowest",
        "µs",
        1e-6,
        300.0,
        150.0,
    ),
    most("/scan_s", "scan (T19)", "ms", 1e-3, 50.0, 10.0),
    most("/instantiate_s", "instantiate and activate (T19)", "ms", 1e-3, 50.0, 10.0),
    most("/first_block_s", "first block", "ms", 1e-3, 10.0, 1.0),
    most("/first_sound_s", "insert to first sound", "ms", 1e-3, 1000.0, 200.0),
    most("/state_save_s", "state save (T20)", "ms", 1e-3, 5.0, 1.0),
    most("/state_load_s", "state load (T20)", "ms", 1e-3, 20.0, 5.0),
    most("/instance_bytes", "memory per instance (T20)", "MiB", MIB, 32.0, 12.0),
    most("/plugin_bytes", "plugin file", "MiB", MIB, 20.0, 10.0),
];

/// The chore.
pub fn run(arguments: &[String]) -> Result<()> {
    let (mut quick, mut peers, mut against) = (false, false, None);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--quick" => quick = true,
            "--peers" => peers = true,
            "--against" => against = Some(words.next().context("--against needs a revision")?.as_str()),
            other => bail!("unknown argument \"{other}\" (known: --quick, --peers, --against REVISION)"),
        }
    }
    step("build", || build(root(), &target()))?;
    match against {
        None => {
            let report = step("measure", || measure(&target(), quick))?;
            fs::write(target().join("bench.json"), serde_json::to_string_pretty(&report)? + "\n")?;
            print_targets(&report);
            print_voices(&report);
            crate::kernels::print(&report);
            if peers {
                step("peers", || crate::peers::print(&report))?;
            }
            within_budgets(&report)
        }
        Some(revision) => compare(revision, quick),
    }
}

/// Builds the measuring program and the plugin of a checkout.
fn build(checkout: &Path, target: &Path) -> Result<()> {
    let mut build =
        cargo(["build", "--release", "--package", "cuewright-plugin", "--package", "cuewright-cli"]);
    build.args(["--package", "cuewright-tests"]).current_dir(checkout).env("CARGO_TARGET_DIR", target);
    shell::run(build)
}

fn measure(target: &Path, quick: bool) -> Result<Value> {
    let mut program =
        command(target.join("release").join(format!("measure{}", std::env::consts::EXE_SUFFIX)));
    let library = built_plugin("release");
    program
        .arg("--plugin")
        .arg(target.join("release").join(library.file_name().context("a library has a name")?));
    if quick {
        program.arg("--quick");
    }
    Ok(serde_json::from_str(&capture(program)?)?)
}

fn print_targets(report: &Value) {
    println!("\n{:<50} {:>12} {:>10} {:>10}", "", "measured", "must", "aim");
    for target in TARGETS {
        let Some(measured) = report.pointer(target.pointer).and_then(Value::as_f64) else { continue };
        let measured = measured / target.scale;
        let holds = |bar: f64| if target.rising { measured >= bar } else { measured <= bar };
        let verdict = match (holds(target.must), holds(target.aim)) {
            (true, true) => "ok, aim reached",
            (true, false) => "ok",
            (false, _) => "MISS",
        };
        let unit = target.unit;
        println!(
            "{:<50} {measured:>9.2} {unit:<3} {:>6} {unit:<3} {:>6} {unit:<3} {verdict}",
            target.name, target.must, target.aim
        );
    }
    println!("\nper stem, × real time above an engine without players:");
    for (stem, speed) in report["stems_times_real_time"].as_object().into_iter().flatten() {
        println!("   {stem:<10} {:>8.0} ×", speed.as_f64().unwrap_or(0.0));
    }
    println!(
        "   {:<10} {:>8.0} × (clock, conductor, hall, sum)",
        "nobody",
        report["nobody_times_real_time"].as_f64().unwrap_or(0.0)
    );
}

/// What a voice of each instrument costs: the limit is its arithmetic alone, the budget what its row allows.
fn print_voices(report: &Value) {
    println!(
        "\n{:<14} {:>10} {:>10} {:>10} {:>10}",
        "voice", "ns/frame", "per core", "to limit", "to budget"
    );
    for (id, figures) in report["voices"].as_object().into_iter().flatten() {
        let figure = |name: &str| figures[name].as_f64().unwrap_or(f64::NAN);
        println!(
            "{id:<14} {:>10.1} {:>10.0} {:>8.1} × {:>8.2} × {}",
            figure("cost_ns"),
            figure("per_core"),
            figure("to_limit"),
            figure("to_budget"),
            if figure("to_budget") <= 1.0 { "ok" } else { "MISS" }
        );
    }
}

/// How far a voice may exceed its row's budget: what is more than the spread of a busy machine is a fault.
const OVER_BUDGET: f64 = 1.25;

/// Fails when an instrument costs clearly more than its row allows.
fn within_budgets(report: &Value) -> Result<()> {
    let voices = report["voices"].as_object().context("the report has no voices")?;
    let over: Vec<&str> = voices
        .iter()
        .filter(|(_, figures)| figures["to_budget"].as_f64().is_none_or(|ratio| ratio > OVER_BUDGET))
        .map(|(id, _)| id.as_str())
        .collect();
    if over.is_empty() {
        return Ok(());
    }
    bail!("more than {OVER_BUDGET} times the budget of their rows: {}", over.join(", "))
}

/// Builds another revision in a work tree of its own and measures both in turn.
fn compare(revision: &str, quick: bool) -> Result<()> {
    let mut resolve = command("git");
    resolve.args(["rev-parse", "--verify", "--short=12"]).arg(format!("{revision}^{{commit}}"));
    let commit = capture(resolve).with_context(|| format!("no revision \"{revision}\""))?;
    let checkout = target().join("against").join(&commit);
    if !checkout.exists() {
        let mut add = command("git");
        add.args(["worktree", "add", "--detach", "--quiet"]).arg(&checkout).arg(&commit);
        shell::run(add)?;
    }
    let other = target().join("against/target");
    let result =
        step(&format!("build {commit}"), || build(&checkout, &other)).and_then(|()| rounds(&other, quick));
    let mut remove = command("git");
    remove.args(["worktree", "remove", "--force"]).arg(&checkout);
    shell::run(remove)?;
    let rounds = result?;
    println!("\n{:<50} {:>12}", "", format!("now ÷ {commit}, median of {ROUNDS} rounds"));
    for (pointer, name) in TARGETS
        .iter()
        .map(|target| (target.pointer.to_owned(), target.name.to_owned()))
        .chain(stem_pointers(&rounds))
    {
        let mut ratios: Vec<f64> =
            rounds.iter().filter_map(|(now, then)| ratio(now, then, &pointer)).collect();
        ratios.sort_by(f64::total_cmp);
        if let Some(median) = ratios.get(ratios.len() / 2) {
            println!("{name:<50} {median:>11.3}");
        }
    }
    Ok(())
}

fn rounds(other: &Path, quick: bool) -> Result<Vec<(Value, Value)>> {
    (1..=ROUNDS)
        .map(|round| {
            step(&format!("round {round}"), || Ok((measure(&target(), quick)?, measure(other, quick)?)))
        })
        .collect()
}

fn stem_pointers(rounds: &[(Value, Value)]) -> Vec<(String, String)> {
    let stems = rounds.first().and_then(|(now, _)| now["stems_times_real_time"].as_object());
    let ids = stems.into_iter().flatten().map(|(id, _)| id);
    ids.map(|id| (format!("/stems_times_real_time/{id}"), format!("stem {id}, × real time"))).collect()
}

fn ratio(now: &Value, then: &Value, pointer: &str) -> Option<f64> {
    let number = |report: &Value| report.pointer(pointer).and_then(Value::as_f64);
    Some(number(now)? / number(then)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_clearly_over_its_budget_fails() {
        let report = |ratio: f64| serde_json::json!({ "voices": { "sub": { "to_budget": ratio } } });
        assert!(within_budgets(&report(1.2)).is_ok());
        assert!(within_budgets(&report(1.3)).is_err_and(|error| error.to_string().contains("sub")));
        assert!(within_budgets(&serde_json::json!({ "voices": { "sub": {} } })).is_err());
        assert!(within_budgets(&serde_json::json!({})).is_err());
    }
}
