//! Lead: the line the bar was given, its doubles, and a slower second line against it.
//! Source: MUSIC 3.3, 5.2 (doubling by scale), 5.4 (fragments only under speech), 7.3 (legato, portamento). In/out: see [`super`].

use super::{Pen, Sketch};
use crate::compose::choose::permille;
use crate::compose::form::UNIT_BARS;
use crate::compose::motif::{LeadNote, operator};
use crate::mapping::TUNE_ABOVE;
use crate::note::{Articulation, Role};
use crate::random::Domain;
use arrayvec::ArrayVec;

/// Overlap of tied notes: 45 ms at 90 to the minute, the middle of 30–60 ms.
const OVERLAP: u32 = 65;

pub(super) fn write(pen: &mut Pen) {
    let (frame, talking) = (pen.frame, pen.now.dialogue >= 300);
    let line: ArrayVec<LeadNote, 24> = frame.lead.iter().filter(|note| !note.echo).copied().collect();
    for note in frame.lead.iter().filter(|note| note.echo && !talking) {
        pen.write(Sketch { part: 2, loud: 0, ..doubled(note, i32::from(note.pitch)) });
    }
    for (i, note) in line.iter().enumerate() {
        // Speech has the middle register to itself: only fragments answer it.
        if pen.now.dialogue > 600 && note.tag.is_none_or(|tag| tag.operator != operator("fragment")) {
            continue;
        }
        sing(pen, note, line.get(i + 1));
        double(pen, note);
    }
    for (i, note) in frame.upbeat.iter().enumerate() {
        sing(pen, note, frame.upbeat.get(i + 1));
        double(pen, note);
    }
    let canon = frame.lead.iter().any(|note| note.echo);
    if pen.now.energy > 100 && pen.now.scale > -100 && !talking && !canon {
        counter(pen, &line);
    }
}

fn sing(pen: &mut Pen, note: &LeadNote, next: Option<&LeadNote>) {
    let joins = next.is_some_and(|next| next.at == note.at + note.length);
    let marked = pen.now.energy > 500;
    let length = match (joins, marked) {
        (true, false) => note.length + OVERLAP,
        (true, true) => note.length * 9 / 10,
        (false, _) => note.length * 19 / 20,
    };
    let leap = note.before.map_or(0, |before| before.abs_diff(note.pitch));
    let slides = leap >= 4
        && !marked
        && permille(pen.seed(), Domain::Ornament, pen.place.number, i64::from(note.at)) < 300;
    let sketch = Sketch {
        part: 0,
        role: Role::Melody,
        articulation: match note.before {
            Some(_) if !marked => Articulation::Legato,
            None if marked && note.accent >= 75 => Articulation::Accent,
            _ => Articulation::Sustain,
        },
        at: note.at,
        length: length.max(60),
        pitch: i32::from(note.pitch),
        loud: 8
            + TUNE_ABOVE.at(pen.now.energy)
            + i32::from(note.accent) / 12
            + (i32::from(note.pitch) - 67) / 4,
    };
    let glide = note.before.filter(|_| slides).map(f32::from);
    pen.write_tagged(sketch, note.tag, glide);
}

/// A second player from some size on: in unison, then an octave below; one above as well when it is epic (5.2), or
/// when a contrast comes again.
fn double(pen: &mut Pen, note: &LeadNote) {
    let pitch = i32::from(note.pitch);
    let scale = pen.now.scale;
    let below = if pitch - 12 >= 55 { pitch - 12 } else { pitch };
    let place = pen.place;
    // At a loud climax, and wherever everything drives, the tune is carried by more than one.
    let climax = pen.now.energy > 700 || (pen.now.energy > 300 && place.climbs());
    if scale > 150 || climax {
        let double = doubled(note, if scale > 400 || climax { below } else { pitch });
        pen.write(Sketch { loud: if climax { 2 } else { double.loud }, ..double });
    }
    // A contrast that returns has light above it.
    let returns = place.returns() && place.in_phrase < UNIT_BARS && scale > -300;
    if (scale > 750 || returns) && pitch + 12 <= 88 {
        pen.write(doubled(note, pitch + 12));
    }
}

fn doubled(note: &LeadNote, pitch: i32) -> Sketch {
    Sketch {
        part: 1,
        role: Role::Counter,
        articulation: if note.before.is_some() { Articulation::Legato } else { Articulation::Sustain },
        at: note.at,
        length: note.length,
        pitch,
        loud: -4,
    }
}

/// Two long chord notes a bar, going against the line: down where it rises, up where it falls.
fn counter(pen: &mut Pen, line: &[LeadNote]) {
    let (Some(first), Some(last)) = (line.first(), line.last()) else { return };
    let half = pen.bars.half();
    let rises = last.pitch > first.pitch;
    for (i, at) in [0, half].into_iter().enumerate() {
        let Some(span) = pen.span_at(at) else { continue };
        let lowest = line.iter().map(|note| i32::from(note.pitch)).min().unwrap_or(67);
        // Under the line, and never under the lead's own range.
        let ladder = span.ladder(55);
        let under: usize = ladder.iter().filter(|&&p| p <= lowest - 3).count();
        if under == 0 {
            continue;
        }
        let rung = if (i == 0) == rises { under - 1 } else { under.saturating_sub(2) };
        pen.write(Sketch {
            part: 2,
            role: Role::Counter,
            articulation: Articulation::Sustain,
            at,
            length: if i == 0 { half } else { pen.bars.length - half },
            pitch: ladder[rung],
            loud: -6,
        });
    }
}
