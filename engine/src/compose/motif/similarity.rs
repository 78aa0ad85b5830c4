//! How alike two melodies are: MA, 1 for the same up to transposition, sequence, mode and tempo.
//! Source: MUSIC 3.3 (alignment of scale-step intervals, rhythm ratios and contour; unrelated pairs: 95 % below .78,
//! 99 % below .86). In/out: scale steps and inter-onset lengths. Off the audio thread.

/// What a melody that is turned over, or backward, loses.
const TURNED: f64 = 0.05;
const BACKWARD: f64 = 0.10;

/// Similarity of two melodies given as (scale step, inter-onset length) per note.
pub fn similarity(a: &[(f64, f64)], b: &[(f64, f64)]) -> f64 {
    let row = &mut Vec::with_capacity(a.len().max(b.len()));
    let (line, mut other) = (Line::of(a.iter()), Line::of(b.iter()));
    let rhythm = line.rhythm_alike(&other, row);
    let mut ma = line.alike(&other, rhythm, row).max(0.0);
    // Nothing is more like another than itself: what is near enough already needs no other look.
    if ma < 1.0 - TURNED {
        other.steps.iter_mut().for_each(|step| *step = -*step);
        ma = ma.max(line.alike(&other, rhythm, row) - TURNED);
    }
    if ma < 1.0 - BACKWARD {
        let other = Line::of(b.iter().rev());
        let rhythm = line.rhythm_alike(&other, row);
        ma = ma.max(line.alike(&other, rhythm, row) - BACKWARD);
    }
    ma
}

/// What melodies are aligned by, from note to note.
struct Line {
    /// In scale steps.
    steps: Vec<f64>,
    /// How much longer a note is than the one before, in half octaves.
    ratios: Vec<f64>,
}

/// How alike two rhythms are: as wholes, and the shorter inside the longer.
type Rhythm = [f64; 2];

impl Line {
    fn of<'a>(notes: impl Iterator<Item = &'a (f64, f64)> + Clone) -> Line {
        let ratio = |before: f64, length: f64| {
            (2.0 * libm::log2(length.max(1e-6) / before.max(1e-6))).round().clamp(-6.0, 6.0)
        };
        let pairs = notes.clone().zip(notes.skip(1));
        let (steps, ratios) = pairs.map(|(a, b)| (b.0 - a.0, ratio(a.1, b.1))).unzip();
        Line { steps, ratios }
    }

    fn rhythm_alike(&self, other: &Line, row: &mut Vec<f64>) -> Rhythm {
        [
            whole(&self.ratios, &other.ratios, ratio_cost, row),
            local(&self.ratios, &other.ratios, ratio_cost, row),
        ]
    }

    fn alike(&self, other: &Line, rhythm: Rhythm, row: &mut Vec<f64>) -> f64 {
        let (steps, others) = (&self.steps, &other.steps);
        let contour = |x: f64, y: f64| if sign(x) == sign(y) { 0.0 } else { 1.0 };
        let wholes = 0.5 * whole(steps, others, step_cost, row)
            + 0.3 * rhythm[0]
            + 0.2 * whole(steps, others, contour, row);
        wholes.max(0.6 * local(steps, others, step_cost, row) + 0.4 * rhythm[1])
    }
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

/// How alike `a` and `b` are from beginning to end.
fn whole(a: &[f64], b: &[f64], cost: impl Fn(f64, f64) -> f64, row: &mut Vec<f64>) -> f64 {
    row.clear();
    row.extend((0..=b.len()).map(|j| j as f64));
    align(a, b, (cost, 1.0), row);
    1.0 - row[b.len()] / a.len().max(b.len()).max(1) as f64
}

/// How alike the shorter of the two is to the part of the longer that is most like it.
fn local(a: &[f64], b: &[f64], cost: impl Fn(f64, f64) -> f64, row: &mut Vec<f64>) -> f64 {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    row.clear();
    row.resize(long.len() + 1, 0.0);
    align(short, long, (cost, 0.5), row);
    1.0 - row.iter().copied().fold(f64::INFINITY, f64::min) / short.len().max(1) as f64
}

/// Edit costs of `a` against every beginning of `b`, from those of nothing against them; what `b` has more costs `skip`.
fn align(a: &[f64], b: &[f64], (cost, skip): (impl Fn(f64, f64) -> f64, f64), row: &mut [f64]) {
    for (i, &x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], (i + 1) as f64);
        for (j, &y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (above + 1.0).min(row[j] + skip).min(diagonal + cost(x, y));
            diagonal = above;
        }
    }
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
