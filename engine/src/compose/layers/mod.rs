//! Layers: who plays what in a beat. One file per stem, one row each in [`LAYERS`].
//! Source: MUSIC 4, 5. In/out: a decided bar and the climate of the beat in, notes out. Each layer thinks in whole bars and
//! the pen keeps what falls in the beat, so patterns never depend on where the music started.

mod bed;
mod figures;
mod fx;
mod lead;
mod low;
mod ostinato;
mod perc;
mod power;
mod pulse;
mod strings;

use super::axes::{Axes, step_for};
use super::choose::permille;
use super::form::SECTION_BARS;
use super::gates::{self, Cast, Leap};
use super::perform::{Pen, Sketch};
use super::{BarFrame, Climate, Notes, PlacedChord};
use crate::note::{Articulation, Role};
use crate::plan::Plan;
use crate::random::Domain;
use crate::stem::Stem;
use crate::theory::{Bars, clear, in_ticks};
use arrayvec::ArrayVec;
use std::ops::Range;

/// Velocity added to an inner voice that answers: heard as a line, softer than the tune. Taste, between what is held (-4
/// in the strings) and a solo (8 and more).
const ANSWER: i32 = 4;

type Layer = fn(&mut Pen);

/// Every stem that has notes.
const LAYERS: [(Stem, Layer); 8] = [
    (Stem::Low, low::write),
    (Stem::Bed, bed::write),
    (Stem::Strings, strings::write),
    (Stem::Pulse, pulse::write),
    (Stem::Lead, lead::write),
    (Stem::Power, power::write),
    (Stem::Perc, perc::write),
    (Stem::Fx, fx::write),
];

/// Energy above which the strings' ostinato moves, thousandths (MUSIC 4).
pub(crate) const OSTINATO_FROM: i32 = -100;

/// Writes the notes of one beat for every stem whose gate is open, under the climate of the beat; `before` is that of
/// the beat before it.
pub(crate) fn write(
    plan: &Plan,
    frame: &BarFrame,
    beat: Range<u32>,
    (before, now): (&Climate, &Climate),
    out: &mut Notes,
) {
    let bars = Bars::new(frame.bar.meter);
    let cast = Cast::of(frame);
    let place = plan.course().place(frame.bar.index);
    let leap = if frame.bar.index == 0 && beat.start == 0 { None } else { gates::leap(before, now) };
    let (bar_axes, now) = (Axes::of(&frame.climate), Axes::of(now));
    for (stem, layer) in LAYERS {
        if frame.stems[stem.index()] {
            let (from, until) = (beat.start, beat.end);
            let presence = gates::presence(plan.stem_seeds[stem.index()], stem, &place, &bar_axes);
            layer(&mut Pen { plan, frame, now, bars, place, stem, cast, presence, leap, from, until, out });
        }
    }
}

/// Whether the lead has a second, slower line to write in a bar.
pub(crate) fn has_counter(frame: &BarFrame, axes: &Axes) -> bool {
    let canon = frame.lead.iter().any(|note| note.echo);
    axes.energy > 100 && axes.scale > -100 && axes.dialogue < 300 && !canon && !frame.lead.is_empty()
}

/// A chord with the ticks it sounds in.
pub(crate) struct Span<'a> {
    pub from: u32,
    pub until: u32,
    pub chord: &'a PlacedChord,
}

impl Span<'_> {
    pub fn length(&self) -> u32 {
        self.until - self.from
    }

    /// A note held as long as the chord.
    pub fn held(&self, articulation: Articulation, part: u8, pitch: i32, loud: i32) -> Sketch {
        Sketch { part, role: Role::Harmony, articulation, at: self.from, length: self.length(), pitch, loud }
    }

    /// The four voices, bass to soprano.
    pub fn voices(&self) -> [i32; 4] {
        std::array::from_fn(|v| self.chord.voices.get(v).map_or(60, |&p| i32::from(p)))
    }

    /// Whether a pitch class can be held through the chord: none of its notes lies a semitone beside it.
    pub fn bears(&self, pc: u8) -> bool {
        let pcs = self.chord.chord.pcs | 1 << self.chord.chord.bass;
        pcs & (1 << ((pc + 1) % 12) | 1 << ((pc + 11) % 12)) == 0
    }

    /// Whether a note lies clear of every voice of the chord: no interval with one too low to be heard as such (MUSIC 2.6).
    pub fn clears(&self, pitch: i32) -> bool {
        let clears = |voice: i32| clear(&[voice.min(pitch) as u8, voice.max(pitch) as u8]);
        self.voices().into_iter().all(clears)
    }

    /// Chord notes from `low` upward, at most eight.
    pub fn ladder(&self, low: i32) -> ArrayVec<i32, 8> {
        let pcs = self.chord.chord.pcs;
        (low..low + 36).filter(|p| pcs >> p.rem_euclid(12) & 1 == 1).take(8).collect()
    }
}

impl<'a> Pen<'a> {
    /// The chords of the bar.
    pub fn spans(&self) -> ArrayVec<Span<'a>, 4> {
        let frame: &'a BarFrame = self.frame;
        let mut spans = ArrayVec::new();
        for (i, chord) in frame.chords.iter().enumerate() {
            let until = frame.chords.get(i + 1).map_or(self.bars.length, |next| in_ticks(next.at));
            // In a bar shorter than its harmony was thought for, what lies past the bar line never sounds.
            let (from, until) = (in_ticks(chord.at), until.min(self.bars.length));
            if !chord.voices.is_empty() && from < until {
                spans.push(Span { from, until, chord });
            }
        }
        spans
    }

    /// Places in the bar that the whole band answers: the picture's hits, and the beat on which the mood leapt.
    pub fn hits(&self) -> ArrayVec<u32, 8> {
        let inside = self.plan.hits_in(self.place.number).map(|(along, _)| self.along(along));
        let mut places: ArrayVec<u32, 8> = inside.take(7).collect();
        if matches!(self.leap, Some(Leap::Rise | Leap::Turn)) && !places.contains(&self.from) {
            places.push(self.from);
        }
        places
    }

    /// A share of the bar in ticks.
    pub fn along(&self, share: f64) -> u32 {
        (share * f64::from(self.bars.length)).round() as u32
    }

    /// Whether a place is one of them.
    pub fn is_hit(&self, at: u32) -> bool {
        self.hits().contains(&at)
    }

    /// The accents of a hemiola, in the last two bars before a section where tension asks for one (MUSIC 4).
    pub fn hemiola(&self) -> Option<ArrayVec<u32, 32>> {
        let place = self.place;
        if place.in_section < SECTION_BARS - 2 {
            return None;
        }
        let luck = permille(self.plan.seed, Domain::Hemiola, place.section, 0);
        let chance = 3 * Axes::of(&self.frame.climate).tension / 10;
        (luck < chance).then(|| self.bars.hemiola(place.in_section == SECTION_BARS - 1))
    }

    /// The chord at a place, when there is one.
    pub fn span_at(&self, at: u32) -> Option<Span<'a>> {
        self.spans().into_iter().find(|span| (span.from..span.until).contains(&at))
    }

    /// Index of the patterns that phrases of one letter share.
    pub fn theme(&self) -> i64 {
        self.place.theme()
    }

    /// Ticks of the grid whose onsets come at `share` hundredths of the busiest layer's rate.
    pub fn step(&self, share: i32, fastest: u32) -> u32 {
        let tempo = self.now.tempo(self.plan);
        step_for(self.now.onset_rate() * share / 100, tempo, self.bars.compound(), fastest)
    }

    /// Onsets per 1000 s on a grid.
    pub fn rate(&self, step: u32) -> i32 {
        (self.now.tempo(self.plan) * 16 / step.max(1)) as i32
    }

    /// Whether a stem's middle voice answers the tune in this bar: the strings where they play, else the bed.
    pub fn answers(&self) -> bool {
        let strings = self.frame.stems[Stem::Strings.index()];
        !self.frame.inner.is_empty() && self.stem == if strings { Stem::Strings } else { Stem::Bed }
    }

    /// The middle voice's answer to the tune, a little above what is held around it.
    pub fn answer(&mut self) {
        let frame: &'a BarFrame = self.frame;
        for note in &frame.inner {
            let articulation =
                if note.before.is_some() { Articulation::Legato } else { Articulation::Sustain };
            self.write(Sketch {
                part: 0,
                role: Role::Counter,
                articulation,
                at: note.at,
                length: note.length,
                pitch: note.pitch.into(),
                loud: ANSWER,
            });
        }
    }

    /// A held note of a chord.
    pub fn hold(&mut self, part: u8, span: &Span, pitch: i32, loud: i32) {
        let articulation =
            if span.chord.tied && span.from == 0 { Articulation::Legato } else { Articulation::Sustain };
        self.hold_as(articulation, part, span, pitch, loud);
    }

    /// The same, played in a way of its own.
    pub fn hold_as(&mut self, articulation: Articulation, part: u8, span: &Span, pitch: i32, loud: i32) {
        self.write(span.held(articulation, part, pitch, loud));
    }
}
