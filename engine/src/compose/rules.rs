//! Rules of expression: how a player who reads the line stretches, shortens, separates and shades it.
//! Source: MUSIC 7.1 (the KTH rules: Friberg 1991; Friberg, Bresin, Sundberg 2006), 7.2 (the host's grid is law).
//! In/out: a bar's melody and a mood in; lateness in µs, gaps in ms, level in tenths of a dB out. Integers only.

use super::axes::Axes;
use super::motif::LeadNote;
use arrayvec::ArrayVec;

/// How much of each rule a mood asks for, hundredths of the rule's k.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Amounts {
    /// The tempo arch over a phrase.
    pub arch: i32,
    /// Short notes shorter and softer, or, below 0, more alike.
    pub contrast: i32,
    /// Small breaths at the joints of a melody.
    pub punctuation: i32,
    /// Detached playing.
    pub articulation: i32,
    /// Higher is louder.
    pub high_loud: i32,
}

/// k by corner of valence and energy: happy (+ +), tender (+ -), sad (- -), angry (- +). The level of the four corners
/// is left out: it follows energy, and the velocity curve has it already.
const CORNERS: [[i32; 5]; 4] = [
    [100, 150, 180, 160, 100],
    [250, -100, 120, 20, 150],
    [300, -200, 100, 0, 100],
    [-50, 250, 140, 80, 150],
];

impl Amounts {
    /// Bilinear between the corners.
    pub fn of(axes: &Axes) -> Amounts {
        let bright = axes.valence.clamp(-1000, 1000) + 1000;
        let loud = axes.energy.clamp(-1000, 1000) + 1000;
        let k = |i: usize| {
            let [happy, tender, sad, angry] = CORNERS.map(|corner| i64::from(corner[i]));
            let (bright, loud) = (i64::from(bright), i64::from(loud));
            let top = happy * bright + angry * (2000 - bright);
            let bottom = tender * bright + sad * (2000 - bright);
            ((top * loud + bottom * (2000 - loud)) / 4_000_000) as i32
        };
        Amounts { arch: k(0), contrast: k(1), punctuation: k(2), articulation: k(3), high_loud: k(4) }
    }
}

/// What the rules say of one note of a melody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// How far from the grid, µs; negative is early. The bar as a whole keeps the host's time.
    pub late_us: i32,
    /// Silence before the next note, ms.
    pub gap_ms: i32,
    /// True when silence stood before this note: it is attacked anew.
    pub detached: bool,
    /// Louder or softer, tenths of a dB.
    pub level: i32,
}

/// What a reader knows of the bar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page<'a> {
    pub line: &'a [LeadNote],
    pub amounts: Amounts,
    /// Quarter notes per 1000 minutes.
    pub tempo: u32,
    /// Ticks in the bar.
    pub length: u32,
    /// Pitch class of the chord's root under each note comes from here.
    pub root: u8,
    /// Middle of the melody's register.
    pub center: i32,
    /// Most a note may leave the grid, µs: 25 ms, for a soft solo 40 (MUSIC 7.2).
    pub limit_us: i32,
}

impl Page<'_> {
    /// The reading of the note at a place; `None` where the melody has none.
    pub fn read(&self, at: u32) -> Option<Reading> {
        let line: ArrayVec<LeadNote, 24> = self.line.iter().filter(|note| !note.echo).copied().collect();
        let i = line.iter().position(|note| note.at == at)?;
        let mut changes: ArrayVec<i32, 24> = (0..line.len()).map(|i| self.stretch_us(&line, i)).collect();
        self.double_durations(&line, &mut changes);
        // The grid is the host's: what the rules stretch in one place is taken back evenly over the bar.
        let total: i64 = changes.iter().map(|&us| i64::from(us)).sum();
        let before: i64 = changes[..i].iter().map(|&us| i64::from(us)).sum();
        let even = total * i64::from(at) / i64::from(self.length.max(1));
        let late_us = (before - even).clamp(-i64::from(self.limit_us), i64::from(self.limit_us)) as i32;
        let joined = i > 0 && line[i].before.is_some();
        Some(Reading {
            late_us,
            gap_ms: self.gap_ms(&line, i),
            detached: joined && self.gap_ms(&line, i - 1) > 0,
            level: self.level(&line, i),
        })
    }

    /// Ticks in ms at the tempo.
    fn ms(&self, ticks: u32) -> i32 {
        (u64::from(ticks) * 60_000 * 1000 / (u64::from(self.tempo.max(1)) * 960)) as i32
    }

    fn duration_ms(&self, note: &LeadNote) -> i32 {
        self.ms(note.length)
    }

    /// By how much the rules lengthen a note, µs: duration contrast, melodic charge, leap tones, faster uphill,
    /// lengthening before a joint.
    fn stretch_us(&self, line: &[LeadNote], i: usize) -> i32 {
        let ms = self.duration_ms(&line[i]);
        let mut us = contrast_us(ms) * 3 / 2 * self.amounts.contrast / 100;
        // Melodic charge at a quarter of its k: on the host's grid its whole would leave no room for the others.
        us += ms.min(2000) * 667 * charge(line[i].pitch, self.root) / 4000;
        us += self.amounts.punctuation.max(0) * self.joint(line, i) * ms / 1000;
        if let Some(leap) = leap_to(line, i) {
            // The note a leap arrives on is held, the one it left is cut short; downward the other way round.
            us += if leap > 0 { 4200 * root_of(leap) } else { -4200 * root_of(-leap) } / 100;
            us -= if leap > 0 && leap < 3 { 2000 } else { 0 };
        }
        if let Some(leap) = leap_to(line, i + 1) {
            us += if leap > 0 { -4200 * root_of(leap) } else { 2400 * root_of(-leap) } / 100;
        }
        us
    }

    /// Two to one is played nearer to five to three: 12 % of the short note go from the long one to it.
    fn double_durations(&self, line: &[LeadNote], changes: &mut [i32]) {
        for i in 1..line.len() {
            let (long, short) = (&line[i - 1], &line[i]);
            if long.length == 2 * short.length && line[i].before.is_some() {
                let moved = self.duration_ms(short).min(1000) * 120;
                changes[i - 1] -= moved;
                changes[i] += moved;
            }
        }
    }

    /// How strong a joint of the melody the end of a note is, tenths; below 50 it is none.
    fn joint(&self, line: &[LeadNote], i: usize) -> i32 {
        let note = &line[i];
        let Some(next) = line.get(i + 1) else { return 0 };
        let rest = next.at > note.at + note.length;
        let leap = (i32::from(next.pitch) - i32::from(note.pitch)).abs();
        let longer = |other: Option<&LeadNote>| other.is_none_or(|other| note.length * 2 >= other.length * 3);
        let long = longer(i.checked_sub(1).and_then(|before| line.get(before))) && longer(Some(next));
        // A leap of a third counts 0.3 of the rule's weight, an octave 1.7.
        let leaps = if leap >= 4 { 90 * (30 + (leap.min(12) - 4) * 140 / 8) / 100 } else { 0 };
        let weight = if rest { 100 } else { leaps.max(if long { 105 } else { 0 }) };
        if weight >= 50 { weight } else { 0 }
    }

    /// Silence the rules put after a note, ms: punctuation, repeated notes, micropauses in leaps, detached playing.
    fn gap_ms(&self, line: &[LeadNote], i: usize) -> i32 {
        let Some(next) = line.get(i + 1) else { return 0 };
        let (note, ms) = (&line[i], self.duration_ms(&line[i]));
        // 4 ms per point: a joint of weight 10 is half of the 80 ms a phrase's end gets.
        let mut gap = self.joint(line, i) * self.amounts.punctuation.max(0) * 4 / 1000;
        if next.pitch == note.pitch {
            gap = gap.max(35);
        }
        if let Some(leap) = leap_to(line, i + 1) {
            let share = 30 + 30 * (ms.clamp(100, 1000) - 100) / 600;
            gap = gap.max(8 * leap.abs().min(9) * share / 100 * self.amounts.punctuation.max(0) / 100);
        }
        // Below this k a line is sung; the rule's own k = 0.4 would already separate every note of a tender one.
        let detached = self.amounts.articulation - 60;
        if detached > 0 && ms < 600 {
            gap = gap.max(ms * detached / 400);
        }
        // Under 12 ms nobody hears a gap; over half the note it is another rhythm.
        if gap < 12 { 0 } else { gap.min(ms / 2) }
    }

    /// High-loud, melodic charge, duration contrast, tenths of a dB.
    fn level(&self, line: &[LeadNote], i: usize) -> i32 {
        let note = &line[i];
        let high = (i32::from(note.pitch) - self.center) * 10 / 4 * self.amounts.high_loud / 100;
        let tension = charge(note.pitch, self.root) * 2 / 10;
        let contrast = contrast_us(self.duration_ms(note)) * 75 / 100_000 * self.amounts.contrast / 100;
        (high + tension + contrast).clamp(-60, 60)
    }
}

/// The duration contrast rule's d for a duration, µs: what is short is taken shorter, most at 200 ms.
fn contrast_us(ms: i32) -> i32 {
    match ms {
        30..200 => -(ms - 30) * 11_000 / 170,
        200..400 => -(400 - ms) * 4000 / 200 - 7000,
        400..600 => -(600 - ms) * 7000 / 200,
        _ => 0,
    }
}

/// Semitones into note `i`, 0 excluded; `None` for the first note and after a rest.
fn leap_to(line: &[LeadNote], i: usize) -> Option<i32> {
    let (before, note) = (line.get(i.checked_sub(1)?)?, line.get(i)?);
    let leap = i32::from(note.pitch) - i32::from(before.pitch);
    (note.before.is_some() && leap != 0).then_some(leap)
}

/// Melodic charge of a note over a chord's root, tenths: how far it is on the circle of fifths (Friberg 1991).
fn charge(pitch: u8, root: u8) -> i32 {
    const CHARGES: [i32; 12] = [0, 65, 20, 45, 40, 25, 60, 10, 55, 30, 35, 50];
    CHARGES[usize::from((pitch + 12 - root % 12) % 12)]
}

/// Level of a chord by its harmonic charge, tenths of a dB: the further its notes from the tonic, the louder. Half the
/// rule's k, for tension makes strained chords louder already.
pub(crate) fn strain_level(pcs: u16, tonic: u8) -> i32 {
    let notes = (0..12u8).filter(|&pc| pcs >> pc & 1 == 1);
    let (sum, count) = notes.fold((0, 0), |(sum, count), pc| (sum + charge(pc, tonic), count + 1));
    let charge = (2 * sum / i32::max(count, 1) - 30).max(0);
    // 1.5 · √CH · k with k = 0.5, in tenths: √(CH/10) · 7.5.
    root_of(charge * 10) * 75 / 10_000
}

/// 100 · √x.
fn root_of(x: i32) -> i32 {
    (x.max(0) as u64 * 10_000).isqrt() as i32
}

/// Overlap of tied notes, ms (legato at k = 1: 12 % of a short note, less of a long one; MUSIC 7.3 keeps it in 30–60).
pub(crate) fn overlap_ms(duration_ms: i32) -> i32 {
    let share = 17_168 - 109 * duration_ms.min(1500) / 10;
    (duration_ms * share / 100_000).clamp(30, 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Climate;
    use crate::cue::Mood;
    use crate::note::MotifTag;

    fn axes(valence: f32, energy: f32) -> Axes {
        Axes::of(&Climate { mood: Mood { valence, energy, ..Mood::default() }, ..Climate::default() })
    }

    fn line(notes: &[(u32, u32, u8)]) -> Vec<LeadNote> {
        let tag = MotifTag { statement: 0, operator: 0, level: 1, upbeat: false };
        let note = |i: usize| {
            let (at, length, pitch) = notes[i];
            let before = (i > 0 && notes[i - 1].0 + notes[i - 1].1 == at).then(|| notes[i - 1].2);
            LeadNote { at, length, pitch, before, accent: 50, tag: Some(tag), echo: false }
        };
        (0..notes.len()).map(note).collect()
    }

    fn page<'a>(line: &'a [LeadNote], axes: &Axes) -> Page<'a> {
        let amounts = Amounts::of(axes);
        Page { line, amounts, tempo: 120_000, length: 3840, root: 0, center: 67, limit_us: 25_000 }
    }

    #[test]
    fn amounts_meet_their_corners() {
        for (corner, (valence, energy)) in
            [(1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (-1.0, 1.0)].iter().enumerate()
        {
            let a = Amounts::of(&axes(*valence, *energy));
            assert_eq!([a.arch, a.contrast, a.punctuation, a.articulation, a.high_loud], CORNERS[corner]);
        }
        assert_eq!(Amounts::of(&axes(0.0, 0.0)).arch, 150);
    }

    #[test]
    fn short_notes_grow_shorter_when_angry_and_longer_when_sad() {
        let notes = line(&[(0, 1440, 67), (1440, 480, 67), (1920, 1920, 67)]);
        let length = |axes: Axes| {
            let page = page(&notes, &axes);
            let late = |at| page.read(at).unwrap().late_us;
            late(1920) - late(1440)
        };
        assert!(length(axes(-1.0, 1.0)) < -5000, "{}", length(axes(-1.0, 1.0)));
        assert!(length(axes(-1.0, -1.0)) > 0, "{}", length(axes(-1.0, -1.0)));
        assert_eq!([30, 200, 400, 600, 900].map(contrast_us), [0, -11_000, -7000, 0, 0]);
    }

    #[test]
    fn joints_breathe_and_the_next_note_is_attacked_anew() {
        let notes = line(&[(0, 480, 60), (480, 480, 62), (960, 1440, 64), (2400, 480, 72), (2880, 960, 71)]);
        let page = page(&notes, &axes(0.6, -0.4));
        assert_eq!(page.read(0).unwrap().gap_ms, 0);
        let held = page.read(960).unwrap();
        assert!((20..=200).contains(&held.gap_ms), "{held:?}");
        assert!(page.read(2400).unwrap().detached && !page.read(480).unwrap().detached);
        assert_eq!(page.read(1), None);
    }

    #[test]
    fn the_bar_keeps_the_time_of_the_host() {
        let notes = line(&[(0, 1920, 60), (1920, 960, 69), (2880, 960, 60)]);
        for (valence, energy) in [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (0.0, 0.0)] {
            let page = page(&notes, &axes(valence, energy));
            assert_eq!(page.read(0).unwrap().late_us, 0);
            assert!(notes.iter().all(|note| page.read(note.at).unwrap().late_us.abs() <= 25_000));
        }
    }

    #[test]
    fn far_notes_and_far_chords_are_louder() {
        let notes = line(&[(0, 960, 60), (960, 960, 66), (1920, 1920, 79)]);
        let page = page(&notes, &axes(0.0, 0.0));
        let level = |at| page.read(at).unwrap().level;
        assert!(level(1920) > level(0) + 20 && level(960) > level(0) + 20);
        let (home, far) = (0b1001_0001, 0b1001_0001 << 1);
        assert!(strain_level(far, 0) > strain_level(home, 0));
        assert!(strain_level(home, 0) <= 5 && strain_level(0, 0) == 0);
        assert_eq!((overlap_ms(300), overlap_ms(4000), overlap_ms(100)), (41, 32, 30));
    }
}
