//! Plans as text: a lead sheet for people, one line per note for comparisons.
//! Source: own. In/out: pure; allocates.

use super::motif::{LeadNote, ThemeNote, likeness, row_of};
use super::{BarFrame, OPERATORS, compose};
use crate::params::{PARAMS, Param};
use crate::plan::Plan;
use crate::stem::STEMS;
use crate::theory::{Spelling, in_beats};
use std::fmt::Write;
use std::ops::Range;

/// The lead sheet of bars (from 0): motif, form, and per bar chords, mode, cell, stems and statements.
pub fn lead_sheet(plan: &Plan, bars: Range<i64>) -> String {
    let (frames, _) = compose(plan, bars);
    let mut text = String::new();
    let key = frames.first().map_or((0, Spelling::of(0, 0)), |frame| (frame.tonic, frame.spelling()));
    let _ = writeln!(text, "Motif     {}", motif_text(plan, key));
    let _ = writeln!(text, "Known as  {}", likeness_text(plan));
    let mut section = None;
    for frame in &frames {
        if section != Some(frame.section) {
            section = Some(frame.section);
            let name = frame.spelling().name(frame.tonic);
            let _ = writeln!(text, "\nSection {} in {name}", frame.section + 1);
        }
        if frame.bar.index.rem_euclid(8) == 0 {
            let mood = mood_text(frame);
            let _ = writeln!(text, "  Phrase {} {}  {mood}", frame.phrase + 1, frame.letter);
        }
        let chords: Vec<&str> = frame.chords.iter().map(|placed| placed.chord.name.as_str()).collect();
        let stems: Vec<&str> =
            STEMS.iter().filter(|row| frame.stems[row.stem.index()]).map(|row| row.id).collect();
        let (top, bottom) = (frame.bar.meter.numerator(), frame.bar.meter.denominator());
        let statement = frame.lead.first().map_or(String::new(), |note| {
            note.tag.map_or("  free melody".into(), |tag| {
                format!("  motif {} {}", tag.statement, row_of(tag.operator).id)
            })
        });
        let mut tune = tune_text(frame, &frame.lead);
        if !frame.upbeat.is_empty() {
            tune += "  upbeat";
            tune += &tune_text(frame, &frame.upbeat);
        }
        if !frame.inner.is_empty() {
            tune += "  inner voice";
            tune += &tune_text(frame, &frame.inner);
        }
        for (along, hit) in plan.hits_in(plan.course().place(frame.bar.index).number) {
            let beats = along * frame.bar.meter.bar_beats();
            let _ = write!(tune, "  {} at {}", hit.kind.id(), (beats * 100.0).round() / 100.0);
        }
        let _ = writeln!(
            text,
            "  {:>4}  {top}/{bottom}  {:<18} {:<18} {:<9} {:<7} {}{statement}{tune}",
            frame.bar.index + 1,
            chords.join(" "),
            frame.mode,
            frame.cell,
            frame.slot,
            stems.join(" "),
        );
    }
    text
}

/// What a bar's mood is, in the order of the axes.
fn mood_text(frame: &BarFrame) -> String {
    let levels = PARAMS[Param::Valence as usize..].iter().zip(frame.climate.mood.to_array());
    let words = levels.map(|(row, level)| format!("{} {level:+.2}", row.id));
    words.collect::<Vec<_>>().join(" ")
}

/// Ticks as quarter notes, to a hundredth.
fn quarters(ticks: u32) -> f64 {
    (in_beats(ticks) * 100.0).round() / 100.0
}

/// The notes of a bar's line as note names with lengths in quarter notes, rests as "-"; empty where it is silent.
fn tune_text(frame: &BarFrame, notes: &[LeadNote]) -> String {
    let (mut text, mut reached) = (String::new(), 0);
    for note in notes.iter().filter(|note| !note.echo) {
        text += if text.is_empty() { ": " } else { " " };
        if note.at > reached {
            let _ = write!(text, "-:{} ", quarters(note.at - reached));
        }
        let _ = write!(text, "{}:{}", frame.spelling().note(note.pitch.into()), quarters(note.length));
        reached = note.at + note.length;
    }
    text
}

/// The motif as note names on a tonic, from the octave of middle C, with lengths in quarter notes; an upbeat ends on a bar.
fn motif_text(plan: &Plan, (tonic, spelling): (u8, Spelling)) -> String {
    let mode = if plan.lane.rest().valence >= 0.0 {
        crate::theory::Mode::Ionian
    } else {
        crate::theory::Mode::Aeolian
    };
    let text = |notes: &[ThemeNote]| {
        let notes = notes.iter().map(|note| {
            let pitch = 60 + i32::from(tonic) + mode.semitones(note.degree.into()) + i32::from(note.alter);
            format!("{}:{}", spelling.note(pitch), quarters(note.length))
        });
        notes.collect::<Vec<_>>().join(" ")
    };
    let motif = plan.prepared.motif();
    let upbeat = if motif.upbeat.is_empty() { String::new() } else { text(&motif.upbeat) + " | " };
    upbeat + &text(&motif.notes)
}

/// How recognisable each development leaves the motif: 1 the same, unrelated melodies below 0.78.
fn likeness_text(plan: &Plan) -> String {
    let themes = (0..OPERATORS.len()).map(|i| plan.prepared.development(i as u8));
    let rows = OPERATORS.iter().zip(themes).skip(3);
    rows.map(|(row, theme)| format!("{} {:.2}", row.id, likeness(plan.prepared.motif(), theme)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// One line per note of bars (from 0), after one line per bar: what a golden file compares.
pub fn score_text(plan: &Plan, bars: Range<i64>) -> String {
    let (frames, notes) = compose(plan, bars);
    let mut text = String::new();
    for frame in &frames {
        let chords: Vec<String> =
            frame.chords.iter().map(|c| format!("{}{:?}", c.chord.name, c.voices)).collect();
        let _ = writeln!(
            text,
            "bar {} {} {} {} {}",
            frame.bar.index + 1,
            frame.spelling().name(frame.tonic),
            frame.mode,
            frame.cell,
            chords.join(" ")
        );
    }
    for note in &notes {
        let motif =
            note.motif.map_or(String::new(), |tag| format!(" {}#{}", row_of(tag.operator).id, tag.statement));
        let _ = writeln!(
            text,
            "{:.3} {}.{} {} {:.3} v{:.0} {:?} {} +{:.1}{motif}",
            note.onset,
            note.stem.row().id,
            note.part,
            note.pitch,
            note.length,
            note.velocity * 127.0,
            note.articulation,
            note.role.id(),
            note.shift_ms,
        );
    }
    text
}
