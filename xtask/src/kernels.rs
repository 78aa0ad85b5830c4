//! The engine's kernels beside their targets: what part of their cost is arithmetic, and how they stand against other
//! programs' voices of the same size. Source: targets T1-T11 of PERFORMANCE 6. In/out: tables on the terminal.

use serde_json::Value;

/// A kernel and its bars; `name` is its key in the report.
struct Bar {
    name: &'static str,
    /// Least part of its cost that is arithmetic (T9), and what is aimed at.
    must: f64,
    aim: f64,
}

const fn bar(name: &'static str, must: f64, aim: f64) -> Bar {
    Bar { name, must, aim }
}

/// T9. The sines stand for its drone, a lane of the hall for its network.
const BARS: [Bar; 9] = [
    bar("string", 0.40, 0.55),
    bar("choir", 0.40, 0.55),
    bar("modal", 0.40, 0.55),
    bar("modal_driven", 0.40, 0.55),
    bar("drone", 0.40, 0.55),
    bar("pluck", 0.30, 0.45),
    bar("pad", 0.30, 0.45),
    bar("noise", 0.30, 0.45),
    bar("hall", 0.30, 0.45),
];

/// What holds of a quantity of which more is better.
pub fn verdict(measured: f64, must: f64, aim: f64) -> &'static str {
    match (measured >= must, measured >= aim) {
        (true, true) => "ok, aim reached",
        (true, false) => "ok",
        (false, _) => "MISS",
    }
}

/// The mixed piece of 128 kernels and the hall, summed: ns per frame.
pub fn mixed_ns(report: &Value) -> f64 {
    report["kernels_128_ns"].as_f64().unwrap_or(f64::NAN)
}

/// The kernels, each in its defined size, and the sum of 128.
pub fn print(report: &Value) {
    let Some(kernels) = report["kernels"].as_object() else { return };
    println!(
        "\n{:<14} {:>9} {:>10} {:>9} {:>9} {:>6} {:>6}",
        "kernel", "ns/frame", "per core", "at AVX2", "of limit", "must", "aim"
    );
    for Bar { name, must, aim } in BARS {
        let figure = |key: &str| kernels[name][key].as_f64().unwrap_or(f64::NAN);
        println!(
            "{name:<14} {:>9.2} {:>10.0} {:>9.2} {:>9.2} {must:>6.2} {aim:>6.2} {:<16} {}",
            figure("cost_ns"),
            figure("per_core"),
            figure("avx2_ns"),
            figure("of_limit"),
            verdict(figure("of_limit"), must, aim),
            kernels[name]["holds"].as_str().unwrap_or_default()
        );
    }
    let times = 1e9 / crate::peers::RATE_HZ / mixed_ns(report);
    let instruments = report["mixed_128_times_real_time"].as_f64().unwrap_or(f64::NAN);
    println!(
        "128 mixed kernels and the hall, summed: {times:.1} × real time (T10 must 50, aim 100: {}); \
         of instruments, measured: {instruments:.1} ×",
        verdict(times, 50.0, 100.0)
    );
}
