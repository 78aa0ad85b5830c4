//! Notes: what passes from the composer to the stems. Neither side knows more of the other than this.
//! Source: DESIGN 3 ("compose and instrument never see each other: notes pass between").

use crate::stem::Stem;
use crate::units::Beats;

/// What a note does in the texture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Foundation.
    Bass,
    /// Chord tones that hold.
    Harmony,
    /// Moving figures.
    Motion,
    /// A pulse on the grid.
    Pulse,
    /// The tune.
    Melody,
    /// A second tune.
    Counter,
    /// Percussion that marks form.
    Punctuation,
    /// A percussion fill.
    Fill,
    /// Answer to a hit or a section start.
    Hit,
    /// Rise toward a boundary.
    Build,
    /// Texture without a pitch of its own.
    Texture,
}

impl Role {
    /// The word `score.json` uses.
    pub const fn id(self) -> &'static str {
        match self {
            Role::Bass => "bass",
            Role::Harmony => "harmony",
            Role::Motion => "motion",
            Role::Pulse => "pulse",
            Role::Melody => "melody",
            Role::Counter => "counter",
            Role::Punctuation => "punctuation",
            Role::Fill => "fill",
            Role::Hit => "hit",
            Role::Build => "build",
            Role::Texture => "texture",
        }
    }
}

/// How a note is played. Instruments that cannot play one way choose the nearest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Articulation {
    /// Held for its length.
    #[default]
    Sustain,
    /// Tied to the note before: no new attack, glide where `glide_from` says.
    Legato,
    /// Short, separated.
    Short,
    /// Short and hard.
    Accent,
    /// Repeated fast for its length.
    Tremolo,
    /// Rising from nothing to its end.
    Swell,
    /// Sliding into its pitch for as long as the way takes.
    Glissando,
}

impl Articulation {
    /// The word `score.json` uses.
    pub const fn id(self) -> &'static str {
        match self {
            Articulation::Sustain => "sustain",
            Articulation::Legato => "legato",
            Articulation::Short => "short",
            Articulation::Accent => "accent",
            Articulation::Tremolo => "tremolo",
            Articulation::Swell => "swell",
            Articulation::Glissando => "glissando",
        }
    }
}

/// What a motif note says about its statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MotifTag {
    /// Number of the statement in the cue, from 0; the same at any start position.
    pub statement: u32,
    /// Row in the composer's operator table.
    pub operator: u8,
    /// 1 recognisable at once .. 3 distant (MUSIC 3.3).
    pub level: u8,
    /// True for notes that lead into it from the bar before.
    pub upbeat: bool,
}

/// One note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    /// Which stem plays it.
    pub stem: Stem,
    /// Which of the palette's instruments for the stem, 0..4 (names in [`crate::stem::StemRow::parts`]).
    pub part: u8,
    /// What it does.
    pub role: Role,
    /// How it is played.
    pub articulation: Articulation,
    /// Fractional MIDI note; for unpitched instruments a height from low to high.
    pub pitch: f32,
    /// 0..1.
    pub velocity: f32,
    /// Place on the grid, quarter notes from the start of the song.
    pub onset: Beats,
    /// Length on the grid, quarter notes, above 0.
    pub length: Beats,
    /// How much later than the grid the player comes in, 0..60 ms. Never negative: decisions fall on the beat they
    /// belong to, so a mood step on a bar line is heard in that very bar, and nothing can sound before it is decided.
    pub shift_ms: f32,
    /// Pitch the note slides from.
    pub glide_from: Option<f32>,
    /// Hash of the note's place: start phases, detune and small differences come from it.
    pub place: u64,
    /// Set on notes of a motif statement.
    pub motif: Option<MotifTag>,
}
