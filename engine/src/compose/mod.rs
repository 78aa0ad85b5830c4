//! The composer: a pure function from place and mood to notes.
//! Source: MUSIC 1–7. In/out: `frame` decides a bar (harmony, form, line, who plays), `beat` the notes of one of its beats.
//! Cost: a frame ≤ 50 µs (≤ 300 µs after a locate), a beat ≤ 20 µs; neither allocates.

mod axes;
mod cells;
mod choose;
mod color;
mod describe;
mod entry;
mod form;
mod frame;
mod gates;
mod given;
mod harmony;
mod hearing;
mod inner;
mod layers;
mod leaning;
mod motif;
mod moves;
mod offline;
mod perform;
mod phrase;
mod picks;
mod rules;
mod timing;
mod tonality;
mod tune;
mod unrest;

pub use describe::{lead_sheet, score_text};
pub use frame::{BarFrame, Chord, Climate, Climates, MAX_BEAT_NOTES, Notes, PlacedChord};
pub use motif::{LeadNote, OPERATORS, OperatorRow, Theme, ThemeNote, similarity};
pub use offline::{LaneClimates, compose};

use crate::cue::Cue;
use crate::params::Values;
use crate::plan::Plan;
use crate::random::mix64;
use crate::theory::{Bars, Spelling, in_beats, in_ticks, rotate};
use crate::time::BarGrid;
use arrayvec::{ArrayString, ArrayVec};
use axes::Axes;
pub(crate) use form::Course;
use form::{Place, SECTION_BARS};
use given::Given;
use harmony::Memo;
use motif::{Idea, Ideas, Statement, Under};
use phrase::{Ground, Sonority};
use std::fmt::Write;
use tonality::Rolls;
use tune::Scene;

/// What the composer works out once per cue, off the audio thread: the motif and its developments.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Meter the motif and all ideas were made for: the cue's first.
    made_for: Bars,
    /// Every development of the motif, in the order of [`OPERATORS`].
    themes: Vec<Theme>,
    /// How recognisable each leaves the motif: 1 at once .. 3 distant, never nearer than its row says; 0 not at all.
    levels: Vec<motif::Level>,
    /// Whether it can be sung in canon.
    follows_itself: bool,
    /// What is sung beside it.
    ideas: Ideas,
    /// Which throw of the dice each theme's harmony takes.
    rolls: Rolls,
}

impl Prepared {
    /// Heavy: called while compiling a plan.
    pub fn new(cue: &Cue) -> Prepared {
        let bars = Bars::new(cue.first_meter());
        let seed = mix64(cue.seed ^ (u64::from(cue.takes.motif) << 24) ^ 0x006D_6F74_6966);
        let written = cue.motif.as_ref().and_then(|motif| motif::from_cue(motif, &bars));
        let score = mix64(cue.seed ^ (u64::from(cue.takes.score) << 40));
        let opening = Axes::of(&Climate::new(cue.mood, &Values::default()));
        let mode = leaning::target_mode(score, &Place::of(score, 0), &opening);
        let given = written.as_ref().map(Given::new);
        let theme = written.unwrap_or_else(|| motif::generate(seed, &cue.mood, &bars, mode));
        let ideas = motif::ideas(seed, &theme, &cue.mood, &bars, mode);
        let themes = motif::developed(&theme);
        let levels = motif::levels(&themes);
        let follows_itself = motif::follows_itself(&theme, mode);
        Prepared { made_for: bars, levels, follows_itself, themes, ideas, rolls: Rolls::new(score, given) }
    }

    /// The motif.
    pub fn motif(&self) -> &Theme {
        &self.themes[0]
    }

    /// How far a development is from the motif, 1..=3.
    fn level(&self, operator: u8) -> u8 {
        match self.levels.get(usize::from(operator)) {
            Some(known) if known.level > 0 => known.level,
            _ => 3,
        }
    }

    /// Whether a single bent note takes a development to another level.
    fn frail(&self, operator: u8) -> bool {
        self.levels.get(usize::from(operator)).is_some_and(|known| known.frail)
    }

    /// Whether a development leaves less of this motif than it should: nobody would know it without the motif beside it.
    fn estranges(&self, operator: u8) -> bool {
        let level = self.levels.get(usize::from(operator)).map_or(1, |known| known.level);
        level == 0 || (level == 3 && motif::row_of(operator).level < 3)
    }

    /// A development that stays near, for one that [estranges](Prepared::estranges): another end where there was a whole
    /// line, else the head.
    fn near(&self, operator: u8) -> u8 {
        let other_end = motif::operator("alter");
        let whole = self.development(operator).notes.len() >= self.motif().notes.len();
        if whole && !self.estranges(other_end) { other_end } else { motif::operator("fragment") }
    }

    /// What a statement sings.
    fn idea(&self, statement: &Statement) -> &Theme {
        match statement.idea {
            Idea::Motif => self.development(statement.operator),
            Idea::Answer => &self.ideas.answer,
            Idea::Bridge => &self.ideas.bridge,
            Idea::Return => &self.ideas.returned,
            Idea::Close => &self.ideas.closes[0][usize::from(statement.rises)],
            Idea::Farewell => &self.ideas.closes[1][usize::from(statement.rises)],
        }
    }

    /// The motif in a development, a row of [`OPERATORS`].
    pub fn development(&self, operator: u8) -> &Theme {
        self.themes.get(usize::from(operator)).unwrap_or(&self.themes[0])
    }
}

/// Composes bars and beats. Holds caches only: what it answers never depends on what it was asked before.
#[derive(Debug, Default)]
pub struct Composer {
    memo: Memo,
}

impl Composer {
    /// A composer with empty caches.
    pub fn new() -> Composer {
        Composer::default()
    }

    /// Decides a bar. Bars before 0 are silent frames.
    pub fn frame(&mut self, plan: &Plan, grid: &BarGrid, climates: &impl Climates, bar: i64) -> BarFrame {
        let climate = climates.at_bar(bar);
        let tempo = Axes::of(&climate).tempo(plan);
        let course = plan.course();
        let home = plan.tonic.unwrap_or_else(|| form::home_tonic(plan.seed));
        let ground = Ground { course, tempo, rolls: &plan.prepared.rolls, home };
        let place = course.place(bar);
        let tonic = ground.tonic(&place);
        let mut frame = BarFrame {
            bar: grid.bar(bar),
            round_start: grid.bar(bar - place.number).start,
            climate,
            climate_before: climates.at_bar(bar - 1),
            tonic,
            mode: "dorian",
            scale: 0,
            cell: "neutral",
            chords: ArrayVec::new(),
            section: place.section,
            phrase: place.phrase,
            unit: place.unit,
            slot: "home",
            letter: place.letter,
            boundary: 0,
            planing: false,
            stems: [false; crate::stem::STEM_COUNT],
            lead: ArrayVec::new(),
            upbeat: ArrayVec::new(),
            inner: ArrayVec::new(),
            next_beats: grid.bar(bar + 1).meter.bar_beats(),
        };
        if bar < 0 {
            let name = ArrayString::from("N.C.").unwrap_or_default();
            let chord = Chord { name, root: tonic, bass: tonic, pcs: 0, cluster: false };
            frame.chords.push(PlacedChord { at: 0.0, chord, voices: ArrayVec::new(), tied: false });
            return frame;
        }
        // Its section so far is asked for again and again.
        let start = bar - place.in_section;
        let section: ArrayVec<(Climate, Axes), { SECTION_BARS as usize }> = (start..=bar)
            .map(|j| {
                let climate = climates.at_bar(j);
                (climate, Axes::of(&climate))
            })
            .collect();
        let known = |j: i64| usize::try_from(j - start).ok().and_then(|j| section.get(j));
        // Nothing of a mood is known before its bar: what lies ahead is expected in this one's.
        let axes_at = |j: i64| known(j).map_or_else(|| Axes::of(&climates.at_bar(j)), |&(_, axes)| axes);
        let at_bar = |j: i64| (axes_at(j.min(bar)), Bars::new(grid.bar(j).meter));
        let harmony = harmony::harmony(ground, &mut self.memo, bar, at_bar);
        frame.mode = harmony.mode.row().name;
        frame.scale = rotate(harmony.mode.row().set, tonic);
        frame.cell = cells::CELLS[harmony.cell].id;
        frame.slot = harmony.slot.id();
        frame.planing = harmony.planing;
        frame.chords = harmony.chords.iter().map(|voiced| placed(voiced, frame.spelling())).collect();
        frame.boundary = place.boundary;
        let hit = |bar: i64| plan.hits_in(course.place(bar).number).next().is_some();
        if plan.hits_in(place.number).any(|(along, _)| along == 0.0) {
            frame.boundary = 3;
        }
        let scene = Scene { plan, ground, harmony: &harmony, at_bar: &at_bar };
        frame.lead = scene.line(&place, Bars::new(frame.bar.meter), frame.next_beats, |at| {
            let chord = &frame.chord_at(in_beats(at)).chord;
            Under { pcs: chord.pcs, root: chord.root }
        });
        if frame.lead.is_empty() {
            frame.inner = scene.inner(&place);
        }
        frame.upbeat = scene.upbeat(&place, Bars::new(frame.bar.meter), &mut frame.lead);
        let sings = !frame.lead.is_empty() || !frame.upbeat.is_empty();
        let climate_at = |j: i64| known(j).map_or_else(|| climates.at_bar(j), |&(climate, _)| climate);
        frame.stems = gates::gates(course, &plan.stem_seeds, &place, climate_at, hit, sings);
        frame
    }

    /// Adds the notes decided at a beat (index in [`crate::time::Meter::beat_starts`]) under the climate of that moment.
    /// Every note starts in the beat: at or after its start, before the next beat's. Notes may be longer than the beat
    /// or the bar, but never reach past the end of the next bar.
    pub fn beat(&self, plan: &Plan, frame: &BarFrame, beat: usize, now: &Climate, out: &mut Notes) {
        let before = if beat == 0 { frame.climate_before } else { *now };
        self.beat_after(plan, frame, beat, (&before, now), out);
    }

    /// The same with the climate of the beat before: a leap of the mood between the two is answered on the beat.
    pub fn beat_after(
        &self,
        plan: &Plan,
        frame: &BarFrame,
        beat: usize,
        (before, now): (&Climate, &Climate),
        out: &mut Notes,
    ) {
        if frame.bar.index < 0 {
            return;
        }
        let starts = frame.bar.meter.beat_starts();
        let Some(&start) = starts.get(beat) else { return };
        let until = starts.get(beat + 1).map_or(Bars::new(frame.bar.meter).length, |&next| in_ticks(next));
        layers::write(plan, frame, in_ticks(start)..until, (before, now), out);
    }
}

fn placed(voiced: &harmony::Voiced, spelling: Spelling) -> PlacedChord {
    let Sonority { root, bass, quality } = voiced.sonority;
    let pcs = voiced.sonority.pcs();
    let mut name = ArrayString::new();
    let fits = write!(name, "{}{}", spelling.root(root, pcs), quality.row().suffix).is_ok();
    if bass != root && fits {
        let _ = write!(name, "/{}", spelling.name(bass));
    }
    PlacedChord {
        at: in_beats(voiced.at),
        chord: Chord { name, root, bass, pcs, cluster: quality.row().is_cluster() },
        voices: voiced.voices.into_iter().collect(),
        tied: voiced.tied,
    }
}

#[cfg(test)]
mod beats;
#[cfg(test)]
mod loops;
#[cfg(test)]
mod tests;
