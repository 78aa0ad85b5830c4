//! Tables of figures: worst, median and best of what was measured, held against a bound.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Measured values with the names of what they were measured on.
#[derive(Default)]
pub struct Figure(Vec<(f64, String)>);

impl Figure {
    pub fn add(&mut self, value: f64, name: String) {
        self.0.push((value, name));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn sorted(&self) -> Vec<(f64, String)> {
        let mut values = self.0.clone();
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        values
    }

    pub fn mean(&self) -> f64 {
        mean(self.0.iter().map(|value| value.0))
    }

    pub fn median(&self) -> f64 {
        self.sorted().get(self.0.len() / 2).map_or(f64::NAN, |value| value.0)
    }

    /// Prints the spread and gives the share of values inside the bound.
    pub fn report(&self, what: &str, bound: (f64, f64)) -> f64 {
        let sorted = self.sorted();
        let inside = |x: f64| (bound.0 - 1e-9..=bound.1 + 1e-9).contains(&x);
        let count = sorted.iter().filter(|value| inside(value.0)).count();
        let mut text = String::new();
        let (first, last) = (&sorted[0], &sorted[sorted.len() - 1]);
        let _ = write!(
            text,
            "{what:<44} {:>8.3} {:>8.3} {:>8.3}   bound {:?}..{:?}  inside {count}/{}",
            first.0,
            self.median(),
            last.0,
            bound.0,
            bound.1,
            sorted.len()
        );
        let low = sorted.iter().filter(|value| value.0 < bound.0 - 1e-9).take(3);
        let high = sorted.iter().rev().filter(|value| value.0 > bound.1 + 1e-9).take(3);
        let outside: Vec<_> = low.chain(high).map(|value| format!("{} {:.3}", value.1, value.0)).collect();
        println!("{text}  {}", outside.join(", "));
        count as f64 / sorted.len() as f64
    }

    /// For a bound that is not met everywhere: prints it, and fails when less than `share` of the values meet it or one
    /// leaves what has been reached.
    pub fn hold_reached(&self, what: &str, bound: (f64, f64), reached: (f64, f64), share: f64) {
        let inside = self.report(what, bound);
        if asserts() {
            assert!(inside >= share, "{what}: only {:.1} % inside {bound:?}", 100.0 * inside);
            let left: Vec<_> = self.0.iter().filter(|v| !(reached.0..=reached.1).contains(&v.0)).collect();
            assert!(left.is_empty(), "{what}: outside {reached:?}: {left:?}");
        }
    }

    /// Means over the cues of a mood and meter, whose names differ after the `#` only.
    pub fn by_group(&self) -> Figure {
        let mut sums: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for (value, name) in &self.0 {
            let sum = sums.entry(name.split('#').next().unwrap_or(name)).or_default();
            *sum = (sum.0 + value, sum.1 + 1.0);
        }
        Figure(sums.into_iter().map(|(name, (sum, count))| (sum / count, name.to_owned())).collect())
    }

    /// Reports by cue and by group of eight seeds; fails unless every group's mean lies inside the bound, and at least
    /// `share` of the single cues: one tune of a hundred notes strays further than eight together.
    pub fn hold_mostly(&self, what: &str, bound: (f64, f64), share: f64) {
        self.by_group().hold(what, bound);
        let inside = self.report("   by cue", bound);
        if asserts() {
            assert!(inside >= share, "{what}: only {:.1} % of cues inside {bound:?}", 100.0 * inside);
        }
    }

    /// Reports, and fails unless every value lies inside the bound.
    pub fn hold(&self, what: &str, bound: (f64, f64)) {
        let inside = self.report(what, bound);
        if asserts() {
            assert!(inside >= 1.0, "{what}: {:.1} % inside {bound:?}", 100.0 * inside);
        }
    }
}

/// Whether bounds are held; with `CUEWRIGHT_FIGURES` set to something they are only printed.
pub fn asserts() -> bool {
    std::env::var_os("CUEWRIGHT_FIGURES").is_none_or(|text| text.is_empty())
}

/// Fails unless a control does what a control must: break the bound.
pub fn must_fail(what: &str, broken: bool) {
    println!("control: {what:<60} {}", if broken { "fails, as it must" } else { "PASSES" });
    assert!(broken, "the control must fail: {what}");
}

/// Jensen–Shannon divergence in bits of two histograms.
pub fn divergence(p: &[f64], q: &[f64]) -> f64 {
    let (sum_p, sum_q) = (p.iter().sum::<f64>().max(1e-12), q.iter().sum::<f64>().max(1e-12));
    let part = |a: f64, m: f64| if a > 0.0 { a * libm::log2(a / m) } else { 0.0 };
    let both = p.iter().zip(q).map(|(a, b)| {
        let (a, b) = (a / sum_p, b / sum_q);
        0.5 * part(a, (a + b) / 2.0) + 0.5 * part(b, (a + b) / 2.0)
    });
    both.sum()
}

/// Correlation of two series.
pub fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let cov: f64 = a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b)).sum();
    let var = |s: &[f64], m: f64| s.iter().map(|x| (x - m) * (x - m)).sum::<f64>();
    cov / (var(a, mean_a) * var(b, mean_b)).sqrt().max(1e-12)
}

/// Spearman's rank correlation with 0, 1, 2, ...
pub fn trend(values: &[f64]) -> f64 {
    let rank = |x: f64| {
        let below = values.iter().filter(|&&y| y < x - 1e-12).count() as f64;
        let equal = values.iter().filter(|&&y| (y - x).abs() <= 1e-12).count() as f64;
        below + (equal - 1.0) / 2.0
    };
    let ranks: Vec<f64> = values.iter().map(|&x| rank(x)).collect();
    let places: Vec<f64> = (0..values.len()).map(|i| i as f64).collect();
    if ranks.iter().all(|&r| r == ranks[0]) { 0.0 } else { correlation(&ranks, &places) }
}

/// Mean of an iterator; 0 of none.
pub fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        sum += value;
        count += 1.0;
    }
    if count > 0.0 { sum / count } else { 0.0 }
}
