//! Given: a motif that somebody wrote, as what the harmony under it has to carry.
//! Source: MUSIC 3.2 (strong beats on chord tones). Off the audio thread. In/out: a theme and chords in, a share out.

use super::cells::Step;
use super::color::conform;
use super::motif::{self, Theme};
use crate::theory::{Mode, rotate};
use arrayvec::ArrayVec;

/// Most notes that are asked for: the most a cue's motif may have.
const MOST_NOTES: usize = 16;

/// A note and how much it matters under which chord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    /// Half bar from where the theme begins.
    half: u8,
    degree: i8,
    alter: i8,
    weight: i32,
}

/// A written motif as it is sung where a phrase opens: on its own degree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    notes: ArrayVec<Asked, MOST_NOTES>,
}

impl Given {
    pub fn new(theme: &Theme) -> Given {
        let bar = theme.bar.max(1);
        let notes = theme.notes.iter().take(MOST_NOTES).map(|note| Asked {
            half: (2 * note.at / bar).min(255) as u8,
            degree: note.degree,
            alter: note.alter,
            weight: motif::weight(theme, note),
        });
        Given { notes: notes.collect() }
    }

    /// Share of its weight that lies outside the chords it meets, 0..1.
    pub fn misfit(&self, mode: Mode, chord_at: impl Fn(u8) -> Option<Step>) -> f64 {
        let carries = |note: &Asked| {
            chord_at(note.half).is_none_or(|step| {
                let step = conform(step, mode);
                let pcs = rotate(step.quality.row().set, step.root) | 1 << step.bass;
                let pitch = mode.semitones(i32::from(note.degree)) + i32::from(note.alter);
                pcs >> pitch.rem_euclid(12) & 1 == 1
            })
        };
        let all: i32 = self.notes.iter().map(|note| note.weight).sum();
        let outside: i32 = self.notes.iter().filter(|note| !carries(note)).map(|note| note.weight).sum();
        f64::from(outside) / f64::from(all.max(1))
    }
}

#[cfg(test)]
mod tests {
    use crate::compose::form::{Place, UNIT_BARS};
    use crate::compose::tests::plan;
    use crate::compose::tonality::Rolls;
    use crate::compose::{BarFrame, compose};
    use crate::cue::{Cue, Mood, Motif, MotifNote};
    use crate::note::{Note, Role};
    use crate::random::{Domain, pick};

    /// Four bars that somebody might write: steps and thirds from the tonic and back to it.
    fn written(seed: u64) -> Motif {
        let at = |j, count| pick(seed, Domain::Noise, 200, j, count) as usize;
        let beats: [&[f64]; 3] = [
            &[1.0, 1.0, 2.0, 3.0, 1.0, 1.0, 1.0, 2.0, 4.0],
            &[2.0, 1.0, 1.0, 1.5, 0.5, 2.0, 4.0, 4.0],
            &[3.0, 1.0, 2.0, 2.0, 3.0, 1.0, 4.0],
        ];
        let beats = beats[at(0, 3)];
        let mut degree = [0, 2, 4][at(1, 3)];
        let mut start = 0.0;
        let notes = beats.iter().zip(2..).map(|(&beats, i)| {
            let accent = if start % 4.0 == 0.0 { 0.9 } else { 0.5 };
            let note = MotifNote { degree, alter: 0, beats, accent, rest: false };
            degree = (degree + [-2, -1, -1, 1, 1, 2][at(i, 6)]).clamp(-2, 7);
            start += beats;
            note
        });
        Motif { notes: notes.collect(), pickup_beats: 0.0 }
    }

    /// Time that the motif spends as it was written and in its chords where a phrase opens with it, and all its time there,
    /// on notes of a beat and more.
    fn inside(seed: u64, (frames, notes): &(Vec<BarFrame>, Vec<Note>)) -> (f64, f64) {
        let (mut inside, mut all) = (0.0, 0.0);
        for note in notes.iter().filter(|n| n.role == Role::Melody && n.length >= 0.9) {
            let Some(tag) = note.motif else { continue };
            let frame = &frames[frames.partition_point(|f| f.bar.start <= note.onset + 1e-6) - 1];
            let place = Place::of(seed, frame.bar.index);
            if place.letter != 'A' || place.in_phrase >= UNIT_BARS {
                continue;
            }
            let chord = &frame.chord_at(note.onset - frame.bar.start).chord;
            all += note.length;
            let fits = tag.operator == 0 && chord.pcs >> (note.pitch as u8 % 12) & 1 == 1;
            inside += if fits { note.length } else { 0.0 };
        }
        (inside, all)
    }

    #[test]
    fn a_written_motif_is_carried_by_its_chords() {
        const MOODS: [[f32; 6]; 8] = [
            [0.6, 0.5, 0.0, 0.2, 0.2, 0.0],
            [0.5, -0.4, 0.0, 0.1, -0.5, 0.0],
            [0.3, 0.0, 0.0, 0.9, 0.0, 0.0],
            [-0.3, -0.5, 0.0, 0.0, -0.3, 0.2],
            [0.0, 0.7, 0.0, 0.3, 0.8, 0.0],
            [-0.3, -0.3, 0.5, 0.3, 0.0, 0.3],
            [0.1, 0.0, 0.0, 0.1, 0.0, 0.0],
            [0.3, 0.2, -0.3, 0.0, 0.0, 0.0],
        ];
        let (mut carried, mut left) = ([0.0; 2], [0.0; 2]);
        for (axes, k) in MOODS.into_iter().zip(10..) {
            for seed in 10 * k..10 * k + 6 {
                let (motif, mood) = (Some(written(seed)), Mood::from_array(axes));
                let mut plan = plan(&Cue { seed, motif, mood, ..Cue::default() });
                let add = |sums: &mut [f64; 2], (inside, all)| {
                    sums[0] += inside;
                    sums[1] += all;
                };
                add(&mut carried, inside(plan.seed, &compose(&plan, 0..32)));
                plan.prepared.rolls = Rolls::new(plan.seed, None);
                add(&mut left, inside(plan.seed, &compose(&plan, 0..32)));
            }
        }
        let [carried, left] = [carried, left].map(|[inside, all]: [f64; 2]| inside / all);
        assert!(carried > 0.55 && carried > left + 0.04, "{carried} with, {left} without");
    }
}
