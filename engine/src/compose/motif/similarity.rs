//! How alike two melodies are: MA, 1 for the same up to transposition, sequence, mode and tempo.
//! Source: MUSIC 3.3 (alignment of scale-step intervals, rhythm ratios and contour; unrelated pairs: 95 % below .78,
//! 99 % below .86). In/out: scale steps and inter-onset lengths. Off the audio thread.

/// Similarity of two melodies given as (scale step, inter-onset length) per note.
pub fn similarity(a: &[(f64, f64)], b: &[(f64, f64)]) -> f64 {
    let (steps, ratios) = (intervals(a), rhythm(a));
    let inverted: Vec<_> = b.iter().map(|&(step, length)| (-step, length)).collect();
    let backward: Vec<_> = b.iter().rev().copied().collect();
    let views = [(b, 0.0), (inverted.as_slice(), 0.05), (backward.as_slice(), 0.10)];
    let ma = views.iter().map(|(other, penalty)| {
        let (t, u) = (intervals(other), rhythm(other));
        let n = steps.len().max(t.len()).max(1) as f64;
        let contour = |line: &[f64]| line.iter().map(|&x| sign(x)).collect::<Vec<_>>();
        let differ = |x: f64, y: f64| if x == y { 0.0 } else { 1.0 };
        let m = 0.5 * (1.0 - align(&steps, &t, &step_cost, 1.0, false) / n)
            + 0.3 * (1.0 - align(&ratios, &u, &ratio_cost, 1.0, false) / n)
            + 0.2 * (1.0 - align(&contour(&steps), &contour(&t), &differ, 1.0, false) / n);
        m.max(0.6 * local(&steps, &t, &step_cost) + 0.4 * local(&ratios, &u, &ratio_cost)) - penalty
    });
    ma.fold(0.0, f64::max)
}

fn intervals(line: &[(f64, f64)]) -> Vec<f64> {
    line.windows(2).map(|w| w[1].0 - w[0].0).collect()
}

fn rhythm(line: &[(f64, f64)]) -> Vec<f64> {
    let ratio =
        |w: &[(f64, f64)]| (2.0 * libm::log2(w[1].1.max(1e-6) / w[0].1.max(1e-6))).round().clamp(-6.0, 6.0);
    line.windows(2).map(ratio).collect()
}

fn sign(x: f64) -> f64 {
    f64::from(i8::from(x > 0.0) - i8::from(x < 0.0))
}

fn step_cost(x: f64, y: f64) -> f64 {
    let apart = (x - y).abs();
    if sign(x) == sign(y) { (apart / 3.0).min(1.0) } else { (0.5 + apart / 6.0).min(1.0) }
}

fn ratio_cost(x: f64, y: f64) -> f64 {
    ((x - y).abs() / 2.0).min(1.0)
}

/// Edit cost of `a` against `b`; `anywhere` lets `a` lie anywhere inside `b`.
fn align(a: &[f64], b: &[f64], cost: &dyn Fn(f64, f64) -> f64, skip: f64, anywhere: bool) -> f64 {
    let mut row: Vec<f64> = (0..=b.len()).map(|j| if anywhere { 0.0 } else { j as f64 * skip }).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut next = vec![(i + 1) as f64];
        for (j, &y) in b.iter().enumerate() {
            next.push((row[j + 1] + 1.0).min(next[j] + skip).min(row[j] + cost(x, y)));
        }
        row = next;
    }
    if anywhere { row.into_iter().fold(f64::INFINITY, f64::min) } else { row[b.len()] }
}

fn local(a: &[f64], b: &[f64], cost: &dyn Fn(f64, f64) -> f64) -> f64 {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    1.0 - align(short, long, cost, 0.5, true) / short.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: [(f64, f64); 7] =
        [(0.0, 1.5), (4.0, 0.5), (4.0, 1.0), (3.0, 1.0), (2.0, 1.5), (1.0, 0.5), (0.0, 2.0)];

    #[test]
    fn sequence_augmentation_and_fragment_are_the_motif_noise_is_not() {
        let moved = MAIN.map(|(step, length)| (step + 2.0, length * 2.0));
        assert!((similarity(&MAIN, &moved) - 1.0).abs() < 1e-9);
        assert!((similarity(&MAIN, &MAIN[..4]) - 1.0).abs() < 1e-9);
        let inverted = MAIN.map(|(step, length)| (-step, length));
        assert!((similarity(&MAIN, &inverted) - 0.95).abs() < 1e-9);
        let other = [(0.0, 0.5), (1.0, 0.5), (-3.0, 3.0), (2.0, 0.25), (2.0, 0.25), (7.0, 1.0), (3.0, 4.0)];
        assert!(similarity(&MAIN, &other) < 0.78);
    }
}
