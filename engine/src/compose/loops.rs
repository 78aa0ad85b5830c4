//! What a cue that loops promises: every round is the same music, and its last bar leads to its first.

use super::tests::{plan, random_cue};
use super::{BarFrame, compose};
use crate::cue::{Cue, CueEnding, Mood};
use crate::note::{Note, Role};

fn looping(cue: Cue, length_bars: u32) -> Cue {
    Cue { length_bars, ending: CueEnding::Loop, ..cue }
}

/// A round of a cue's frames and notes as if it were the first.
fn round(frames: &[BarFrame], notes: &[Note], n: i64, bars: i64) -> (Vec<BarFrame>, Vec<Note>) {
    let within = |frame: &&BarFrame| (n * bars..(n + 1) * bars).contains(&frame.bar.index);
    let frames: Vec<BarFrame> = frames.iter().filter(within).cloned().collect();
    let start = frames[0].bar.start;
    let end = frames[frames.len() - 1].bar.end();
    let tick = |beats: f64| (beats * 960.0).round() / 960.0;
    let notes = notes.iter().filter(|note| (start..end).contains(&note.onset)).cloned();
    let notes = notes.map(|note| Note { onset: tick(note.onset - start), ..note }).collect();
    let moved = frames.into_iter().map(|mut frame| {
        frame.bar.index -= n * bars;
        frame.bar.start -= start;
        frame.round_start -= start;
        frame
    });
    (moved.collect(), notes)
}

#[test]
fn every_round_is_the_same_music_at_any_length() {
    for (seed, bars) in (0..).zip([1, 2, 3, 4, 6, 8, 12, 20, 31, 32, 40, 66]) {
        // The moods and meters of the first cues move: what came before the first bar is known from the second round on.
        let moving = seed % 2 == 0;
        let mood = Mood { valence: -0.4, energy: 0.5, tension: 0.2, ..Mood::default() };
        let cue = if moving { random_cue(seed) } else { Cue { seed, mood, ..Cue::default() } };
        let plan = plan(&looping(cue, bars));
        let bars = i64::from(bars);
        let (frames, notes) = compose(&plan, 0..4 * bars);
        let [first, second, third, fourth] = std::array::from_fn(|n| round(&frames, &notes, n as i64, bars));
        assert!(second == third && third == fourth, "seed {seed}, {bars} bars");
        assert!(moving || first.1 == second.1, "seed {seed}, {bars} bars");
        assert!(!second.1.is_empty());
    }
}

#[test]
fn the_last_bar_leads_to_the_first_and_does_not_rest() {
    let mut figures = [0; 4];
    for seed in 0..40 {
        let bars = [8, 12, 16, 32][seed as usize % 4];
        let mood = Mood { valence: 0.4, energy: 0.5, scale: 0.2, ..Mood::default() };
        let plan = plan(&looping(Cue { seed, mood, ..Cue::default() }, bars));
        let bars = i64::from(bars);
        let (frames, notes) = compose(&plan, 0..bars + 1);
        let [last, next] = [bars - 1, bars].map(|bar| &frames[bar as usize]);
        let [from, to] = [last.chords.last().unwrap(), &next.chords[0]];
        let parallels = (0..4).any(|i| {
            (i + 1..4).any(|j| {
                let gap = |voices: &[u8]| (i32::from(voices[j]) - i32::from(voices[i])).rem_euclid(12);
                let goes = |v: usize| to.voices[v].cmp(&from.voices[v]);
                let together = goes(i) == goes(j) && goes(i).is_ne();
                together && gap(&from.voices) == gap(&to.voices) && [0, 7].contains(&gap(&to.voices))
            })
        });
        let end = last.bar.end();
        let in_last = |n: &&Note| (last.bar.start..end).contains(&n.onset);
        let moving =
            |n: &&Note| in_last(n) && matches!(n.role, Role::Motion | Role::Pulse) && n.onset > end - 2.0;
        figures[0] += u32::from(from.chord.root != to.chord.root);
        figures[1] += u32::from(parallels && !next.planing && !last.planing);
        figures[2] += u32::from(notes.iter().any(|n| moving(&n)));
        figures[3] += u32::from(notes.iter().any(|n| in_last(&n) && n.role == Role::Build));
    }
    // Of 40: the chord turns, no voices run in parallel, what moves moves on, a swell or a riser announces the beginning.
    let [turns, parallels, moves, builds] = figures;
    assert!(turns >= 34 && parallels <= 1 && moves >= 38 && builds >= 38, "{figures:?}");
}
