//! MUSIC 3.3 and 5.2: the inner voice that answers a soft tune where it is silent.

use super::corpus::{MINDS, Piece, corpus};
use super::figures::must_fail;
use cuewright_engine::compose::{BarFrame, LeadNote, lead_sheet};
use cuewright_engine::cue::{Cue, Mood};
use cuewright_engine::note::Role;
use cuewright_engine::params::Param;
use cuewright_engine::stem::Stem;

/// Energy up to which a mood is still.
const SOFT: f32 = -0.1;

/// The answers of a cue: first bar and notes with their frames.
fn answers(piece: &Piece) -> Vec<Vec<(&BarFrame, &LeadNote)>> {
    let runs = piece.frames.chunk_by(|a, b| a.inner.is_empty() == b.inner.is_empty());
    let sung = runs.filter(|run| !run[0].inner.is_empty());
    sung.map(|run| run.iter().flat_map(|f| f.inner.iter().map(move |note| (f, note))).collect()).collect()
}

/// Silences of two bars or more inside a phrase, with whether they are answered.
fn silences(piece: &Piece) -> Vec<bool> {
    let phrases = piece.frames.chunks(8);
    let runs = phrases.flat_map(|phrase| phrase.chunk_by(|a, b| a.lead.is_empty() == b.lead.is_empty()));
    runs.filter(|run| run.len() >= 2 && run[0].lead.is_empty())
        .map(|run| run.iter().any(|frame| !frame.inner.is_empty()))
        .collect()
}

fn quarters(at: u32) -> f64 {
    f64::from(at) / 960.0
}

fn in_chord(frame: &BarFrame, note: &LeadNote, up: u8) -> bool {
    frame.chord_at(quarters(note.at)).chord.pcs >> ((note.pitch + up) % 12) & 1 == 1
}

/// Whether a line goes in fifths or octaves with the bass from one note to the next.
fn parallel(pair: &[(&BarFrame, &LeadNote)]) -> bool {
    let bass = |(frame, note): (&BarFrame, &LeadNote)| i32::from(frame.chord_at(quarters(note.at)).voices[0]);
    let [here, there] = [0, 1].map(|i| (i32::from(pair[i].1.pitch), bass(pair[i])));
    let (moves, from) = ((there.0 - here.0).signum(), (here.0 - here.1).rem_euclid(12));
    moves != 0
        && moves == (there.1 - here.1).signum()
        && from == (there.0 - there.1).rem_euclid(12)
        && [0, 7].contains(&from)
}

#[test]
fn soft_silences_are_answered_by_an_inner_voice() {
    let (mut answered, mut silent, mut foreign, mut all) = (0, 0, 0, 0);
    let mut by_mind = [0; MINDS.len()];
    for piece in corpus() {
        let soft = MINDS[piece.mind].axes[1] <= SOFT;
        let answers = answers(piece);
        assert!(soft || answers.is_empty(), "{}: a loud tune is answered", piece.name());
        by_mind[piece.mind] += answers.len();
        if soft {
            let found = silences(piece);
            silent += found.len();
            answered += found.iter().filter(|&&answered| answered).count();
        }
        for answer in &answers {
            let name = format!("{} bar {}", piece.name(), answer[0].0.bar.index + 1);
            let bars = answer.last().unwrap().0.bar.index - answer[0].0.bar.index + 1;
            assert!(bars == 2 && (3..=4).contains(&answer.len()), "{name}: {bars} bars");
            for (frame, note) in answer {
                assert!(frame.lead.is_empty(), "{name}: two voices at once");
                let known = frame.scale >> (note.pitch % 12) & 1 == 1 || in_chord(frame, note, 0);
                assert!(known, "{name}: {note:?} is out of the scale");
                let onset = frame.bar.start + quarters(note.at);
                let sounds = piece.notes.iter().any(|n| {
                    n.role == Role::Counter
                        && matches!(n.stem, Stem::Strings | Stem::Bed)
                        && n.pitch == f32::from(note.pitch)
                        && (n.onset - onset).abs() < 1e-9
                });
                assert!(sounds, "{name}: {note:?} does not sound");
            }
            let (frame, end) = answer[answer.len() - 1];
            assert!(in_chord(frame, end, 0), "{name}: ends outside its chord");
            all += 1;
            foreign += u32::from(!in_chord(frame, end, 1));
            let moves = |by: &[(&BarFrame, &LeadNote)]| by[0].1.pitch.abs_diff(by[1].1.pitch);
            assert!(answer.windows(2).all(|pair| moves(pair) <= 5), "{name}: leaps");
            assert!(!answer.windows(2).any(parallel), "{name}: runs with the bass");
        }
    }
    println!("answered {answered} of {silent}, by mood {by_mind:?}");
    assert!(2 * answered <= silent && 4 * answered >= silent, "{answered} of {silent}");
    for (mind, count) in MINDS.iter().zip(by_mind) {
        assert_eq!(count > 0, mind.axes[1] <= SOFT, "{}: {count}", mind.id);
    }
    must_fail("an answer that ends a semitone too high", 10 * foreign > 7 * all);
}

#[test]
fn an_answer_can_be_read_and_is_not_sung_under_speech() {
    let mood = Mood::from_array([0.5, -0.4, 0.0, 0.1, -0.5, 0.0]);
    let (mut read, mut spoken) = (0, 0);
    for seed in 0..8 {
        let mut plan = super::corpus::plan(&Cue { seed, mood, ..Cue::default() });
        read += lead_sheet(&plan, 0..32).matches("inner voice: ").count();
        plan.values.put(Param::Dialogue, 0.4);
        spoken += lead_sheet(&plan, 0..32).matches("inner voice").count();
    }
    assert!(read >= 8 && spoken == 0, "{read} {spoken}");
}
