//! The leitmotif: how it is made, developed, recognised, scheduled and sung.
//! Source: MUSIC 3. In/out: themes in scale steps and ticks; pitches only when a bar's mode and chord are known.

mod canon;
mod develop;
mod generate;
mod layout;
mod line;
mod schedule;
mod score;
mod similarity;
mod upbeat;

pub(crate) use canon::follows_itself;
pub(crate) use develop::{Level, developed, levels, likeness, operator, row_of};
pub use develop::{OPERATORS, OperatorRow};
pub(crate) use generate::{Ideas, from_cue, generate, ideas};
pub use line::LeadNote;
pub(crate) use line::{Singer, Under, is_lost, sing, weight};
pub(crate) use schedule::{Idea, Shape, Statement, rises, statement_at};
pub use similarity::similarity;
pub(crate) use upbeat::{MAX_UPBEAT_NOTES, lead_in, starts};

/// One note of a theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThemeNote {
    /// Ticks from the theme's start.
    pub at: u32,
    /// Ticks until the next note or rest.
    pub length: u32,
    /// Scale steps above the theme's tonic.
    pub degree: i8,
    /// Semitones of alteration.
    pub alter: i8,
    /// Hundredths.
    pub accent: u8,
}

/// A melody in scale steps, laid out in bars of one length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// The notes in order.
    pub notes: Vec<ThemeNote>,
    /// Ticks in one of its bars.
    pub bar: u32,
    /// What leads into it, if anything does; `at` counts from the start of the bar before.
    pub upbeat: Vec<ThemeNote>,
}

impl Theme {
    /// How many bars it takes, 1..=4 (longer themes are cut at the unit's end).
    pub fn bars(&self) -> i64 {
        let end = self.notes.last().map_or(0, |note| note.at + 1);
        i64::from(end.div_ceil(self.bar.max(1))).clamp(1, super::form::UNIT_BARS)
    }
}
