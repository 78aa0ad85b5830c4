//! Development: one table of what can be done to a motif.
//! Source: MUSIC 3.3 (operators, levels, how recognisable each leaves a motif). In/out: a theme in, a theme out.

use super::{Theme, ThemeNote, similarity};

/// A way to develop a motif.
#[derive(Clone, Copy, Debug)]
pub struct OperatorRow {
    /// Name in scores and on screen.
    pub id: &'static str,
    /// 1 recognisable at once .. 3 distant.
    pub level: u8,
    apply: fn(&Theme) -> Theme,
}

/// All operators. Their order is the `operator` of [`crate::note::MotifTag`] and, counted from 1, the `variant`
/// parameter; variant 1 leaves the choice to the schedule.
pub const OPERATORS: [OperatorRow; 16] = [
    row("exact", 1, Theme::clone),
    row("sequence", 1, Theme::clone),
    row("alter", 1, Theme::clone),
    row("widen", 1, widen),
    row("augment", 1, |theme| stretch(theme, 2, 1)),
    row("diminish", 1, |theme| stretch(theme, 1, 2)),
    row("fragment", 1, fragment),
    row("displace", 1, displace),
    row("invert", 2, invert),
    row("retrograde", 2, retrograde),
    row("ornament", 2, ornament),
    row("expand", 2, expand),
    row("rerhythm", 2, rerhythm),
    row("canon", 1, Theme::clone),
    row("liquidate", 3, liquidate),
    row("rhythm", 3, rhythm_only),
];

const fn row(id: &'static str, level: u8, apply: fn(&Theme) -> Theme) -> OperatorRow {
    OperatorRow { id, level, apply }
}

/// Index of an operator by name.
pub(crate) const fn operator(id: &str) -> u8 {
    let mut i = 0;
    while i < OPERATORS.len() {
        if same(OPERATORS[i].id, id) {
            return i as u8;
        }
        i += 1;
    }
    panic!("no such operator")
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// An operator's row; beyond the table the first.
pub(crate) fn row_of(operator: u8) -> &'static OperatorRow {
    OPERATORS.get(usize::from(operator)).unwrap_or(&OPERATORS[0])
}

/// Every development of a theme, in table order.
pub(crate) fn developed(theme: &Theme) -> Vec<Theme> {
    OPERATORS.iter().map(|row| (row.apply)(theme)).collect()
}

/// How recognisable a development leaves a motif.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level {
    /// Its row's, or a farther one where a motif suffers more from it than most; 0 where nobody would know it again.
    pub level: u8,
    /// True where it is so near the next level that a single note bent by a chord would take it there.
    pub frail: bool,
}

/// The level each development really has.
pub(crate) fn levels(themes: &[Theme]) -> Vec<Level> {
    let level = |(row, theme): (&OperatorRow, &Theme)| {
        let mut changed = theme.clone();
        if let (true, Some(last)) = (row.id == "alter", changed.notes.last_mut()) {
            // The end moves by up to a fourth (see `line`).
            last.degree += if last.degree > 0 { -3 } else { 3 };
        }
        let near = likeness(&themes[0], &changed);
        let level = match LEAST.iter().filter(|&&least| near < least).count() as u8 {
            3 => 0,
            farther => row.level.max(farther + 1),
        };
        Level { level, frail: level == 2 && near < LEAST[1] + BENT }
    };
    OPERATORS.iter().zip(themes).map(level).collect()
}

/// Least similarity of each level (MUSIC 3.3), with a margin for what chords do to a line.
const LEAST: [f64; 3] = [0.95, 0.80, 0.66];

/// What one bent note may take from a similarity beyond that margin: half a step in two of five intervals is .03 in the
/// alignment, and turns the contour once (MUSIC 3.3).
const BENT: f64 = 0.06;

/// Similarity of two themes, as they are or on their beats where one is ornamented.
pub(crate) fn likeness(theme: &Theme, other: &Theme) -> f64 {
    let shape = |theme: &Theme, beats: bool| -> Vec<(f64, f64)> {
        let mut notes = theme.notes.clone();
        if beats {
            notes.dedup_by_key(|note| note.at / 960);
        }
        let next = |i: usize| notes.get(i + 1).map(|n| n.at);
        let length = |i: usize, n: &ThemeNote| next(i).map_or(n.length, |at| at - n.at);
        notes.iter().enumerate().map(|(i, n)| (f64::from(n.degree), f64::from(length(i, n)))).collect()
    };
    let plain = similarity(&shape(theme, false), &shape(other, false));
    if other.notes.len() <= theme.notes.len() {
        return plain;
    }
    plain.max(similarity(&shape(theme, true), &shape(other, true)))
}

/// The same from its bar line on, for what begins otherwise than the motif.
fn without_upbeat(theme: &Theme) -> Theme {
    Theme { upbeat: Vec::new(), ..theme.clone() }
}

/// The largest leap grows by a step, and all that follows with it.
fn widen(theme: &Theme) -> Theme {
    let mut out = theme.clone();
    let leap = |i: usize| (theme.notes[i].degree - theme.notes[i - 1].degree).abs();
    if let Some(at) = (1..theme.notes.len()).max_by_key(|&i| (leap(i), std::cmp::Reverse(i))) {
        let up = (theme.notes[at].degree - theme.notes[at - 1].degree).signum().max(-1);
        for note in &mut out.notes[at..] {
            note.degree += if up == 0 { 1 } else { up };
        }
    }
    out
}

fn stretch(theme: &Theme, times: u32, per: u32) -> Theme {
    let scaled = |ticks: u32| ticks * times / per;
    let mut out = theme.clone();
    for note in &mut out.notes {
        note.at = scaled(note.at);
        note.length = scaled(note.length).max(60);
    }
    out.notes.dedup_by_key(|note| note.at);
    // An upbeat grows backward from its bar line, as far as the bar before reaches.
    for note in &mut out.upbeat {
        note.at = theme.bar.saturating_sub(scaled(theme.bar - note.at));
        note.length = scaled(note.length).max(60);
    }
    out.upbeat.dedup_by_key(|note| note.at);
    out
}

/// The head: the first bar when it has three or four notes, else the first three or four.
fn fragment(theme: &Theme) -> Theme {
    let first_bar = theme.notes.iter().filter(|note| note.at < theme.bar).count();
    let kept = if (3..=4).contains(&first_bar) { first_bar } else { theme.notes.len().clamp(2, 6) * 2 / 3 };
    let mut out = theme.clone();
    out.notes.truncate(kept.clamp(3, 4).min(theme.notes.len()));
    out
}

/// The theme comes an eighth of a bar late, on the off-beat. It catches up at its last note, or at its second, where
/// the note before is long enough to give way.
fn displace(theme: &Theme) -> Theme {
    let mut out = without_upbeat(theme);
    let late = theme.bar / 8 / 60 * 60;
    let notes = &theme.notes;
    let gives = |&i: &usize| {
        let joined = notes[i].at + notes[i].length == notes[i + 1].at;
        joined && notes[i].length >= 2 * late
    };
    let shortened =
        [notes.len().saturating_sub(2), 0].into_iter().filter(|&i| i + 1 < notes.len()).find(gives);
    let until = shortened.map_or(notes.len(), |i| i + 1);
    out.notes[..until].iter_mut().for_each(|note| note.at += late);
    if let Some(i) = shortened {
        out.notes[i].length -= late;
    }
    out
}

fn invert(theme: &Theme) -> Theme {
    let mut out = theme.clone();
    let axis = theme.notes.first().map_or(0, |note| note.degree);
    for note in out.notes.iter_mut().chain(&mut out.upbeat) {
        note.degree = 2 * axis - note.degree;
        note.alter = -note.alter;
    }
    out
}

fn retrograde(theme: &Theme) -> Theme {
    let mut out = without_upbeat(theme);
    let mut at = theme.notes.first().map_or(0, |note| note.at);
    for (note, source) in out.notes.iter_mut().zip(theme.notes.iter().rev()) {
        *note = ThemeNote { at, ..*source };
        at += source.length;
    }
    out
}

/// One note in five is ornamented inside its own beat, where the line shows through: short ones by a neighbor in
/// their second half, long ones by a turn.
pub(super) fn ornament(theme: &Theme) -> Theme {
    let mut chosen: Vec<usize> = (0..theme.notes.len().saturating_sub(1)).collect();
    chosen.retain(|&i| theme.notes[i].length >= 480);
    // Quarters take a neighbor best; then the longest.
    chosen.sort_by_key(|&i| (theme.notes[i].length != 960, std::cmp::Reverse(theme.notes[i].length), i));
    chosen.truncate((theme.notes.len() / 5).max(1));
    let mut notes = Vec::new();
    for (i, &note) in theme.notes.iter().enumerate() {
        if !chosen.contains(&i) {
            notes.push(note);
            continue;
        }
        let toward = (theme.notes[i + 1].degree - note.degree).signum();
        // Away from where the line goes, so that it passes back through its own note.
        let neighbor = note.degree - if toward == 0 { -1 } else { toward };
        let part = |at: u32, length: u32, degree: i8| ThemeNote { at, length, degree, alter: 0, accent: 12 };
        if note.length <= 960 {
            let half = note.length / 2;
            notes.push(ThemeNote { length: half, ..note });
            notes.push(part(note.at + half, note.length - half, neighbor));
        } else {
            notes.push(ThemeNote { length: 480, ..note });
            notes.push(part(note.at + 480, 240, neighbor));
            notes
                .push(ThemeNote { alter: note.alter, ..part(note.at + 720, note.length - 720, note.degree) });
        }
    }
    Theme { notes, ..theme.clone() }
}

/// Every leap grows by half: steps stay, thirds become fourths.
fn expand(theme: &Theme) -> Theme {
    let mut out = theme.clone();
    for i in 1..theme.notes.len() {
        let step = theme.notes[i].degree - theme.notes[i - 1].degree;
        let wide = if step.abs() >= 2 { step * 3 / 2 } else { step };
        out.notes[i].degree = (out.notes[i - 1].degree + wide).clamp(-14, 21);
    }
    out
}

/// The same pitches in even notes, the last held.
fn rerhythm(theme: &Theme) -> Theme {
    let mut out = without_upbeat(theme);
    let count = theme.notes.len().max(1) as u32;
    let start = theme.notes.first().map_or(0, |note| note.at);
    let end = theme.notes.last().map_or(0, |note| note.at + note.length);
    let even = ((end - start) / (count + 1) / 240 * 240).max(240);
    for (i, note) in out.notes.iter_mut().enumerate() {
        note.at = start + i as u32 * even;
        note.length = even;
    }
    if let Some(last) = out.notes.last_mut() {
        last.length = even * 2;
    }
    out
}

/// The head alone, coming to rest on its last note.
fn liquidate(theme: &Theme) -> Theme {
    let mut out = theme.clone();
    let kept = theme.notes.len().div_ceil(2).clamp(3, 5);
    out.notes.truncate(kept);
    if let Some(last) = out.notes.last_mut() {
        last.length = (last.length * 2).max(1920);
    }
    out
}

/// The rhythm alone, on one note that gives way at the end.
fn rhythm_only(theme: &Theme) -> Theme {
    let mut out = without_upbeat(theme);
    let first = theme.notes.first().map_or(0, |note| note.degree);
    let count = out.notes.len();
    for (i, note) in out.notes.iter_mut().enumerate() {
        note.degree = first + if i + 1 == count { 1 } else { 0 };
        note.alter = 0;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::motif::generate;
    use crate::cue::Mood;
    use crate::theory::{Bars, Mode};
    use crate::time::Meter;

    #[test]
    fn developments_stay_as_recognisable_as_their_level_says() {
        let (mut sums, mut count) = ([0.0; OPERATORS.len()], 0.0);
        for seed in 0..40 {
            let mood = Mood { valence: (seed % 5) as f32 / 2.0 - 1.0, energy: 0.2, ..Default::default() };
            let theme = generate(seed, &mood, &Bars::new(Meter::default()), Mode::Dorian);
            for (i, other) in developed(&theme).iter().enumerate() {
                sums[i] += likeness(&theme, other);
            }
            count += 1.0;
        }
        for (row, sum) in OPERATORS.iter().zip(sums) {
            let bound = [0.90, 0.74, 0.60][usize::from(row.level) - 1];
            assert!(sum / count >= bound, "{}: mean similarity {:.3} under {bound}", row.id, sum / count);
        }
    }

    #[test]
    fn unrelated_motifs_are_told_apart() {
        let themes: Vec<_> = (0..24)
            .map(|seed| {
                let mood = Mood { valence: 0.3, ..Default::default() };
                generate(seed, &mood, &Bars::new(Meter::default()), Mode::Dorian)
            })
            .collect();
        let (mut alike, mut pairs) = (0, 0);
        for (i, a) in themes.iter().enumerate() {
            for b in &themes[..i] {
                pairs += 1;
                alike += u32::from(likeness(a, b) >= 0.90);
            }
        }
        assert!(alike * 5 < pairs, "{alike} of {pairs} unrelated pairs pass as one motif");
    }

    #[test]
    fn developments_are_well_formed() {
        for seed in 0..40 {
            let theme = generate(seed, &Mood::default(), &Bars::new(Meter::default()), Mode::Dorian);
            for (row, other) in OPERATORS.iter().zip(developed(&theme)) {
                assert!(other.notes.len() >= 2.min(theme.notes.len()), "{}", row.id);
                assert!(other.notes.windows(2).all(|w| w[0].at < w[1].at), "{}", row.id);
                assert!(
                    other.notes.iter().all(|n| n.length > 0 && (-28..=35).contains(&n.degree)),
                    "{}",
                    row.id
                );
            }
        }
    }
}
