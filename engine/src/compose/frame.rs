//! What the composer says of a bar, and what it must be told.
//! Source: DESIGN 4 ("the composer is a pure function"). In/out: plain data, no heap.

use super::inner::MAX_INNER_NOTES;
use super::motif::{LeadNote, MAX_UPBEAT_NOTES};
use crate::cue::Mood;
use crate::note::Note;
use crate::params::{Param, Values};
use crate::stem::STEM_COUNT;
use crate::theory::{Spelling, signature};
use crate::time::Bar;
use arrayvec::{ArrayString, ArrayVec};

/// Most notes one beat can bring over all stems.
pub const MAX_BEAT_NOTES: usize = 256;

/// Most melody notes one bar can have.
pub const MAX_LEAD_NOTES: usize = 24;

/// The notes decided at one beat.
pub type Notes = ArrayVec<Note, MAX_BEAT_NOTES>;

/// Everything the composition follows, at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Climate {
    /// The mood: lane plus the host's offset, snapped to 0.02.
    pub mood: Mood,
    /// Onset rate factor, 0.5..2.
    pub density: f32,
    /// Room for speech, 0..1.
    pub dialogue: f32,
    /// Motif presence, 0..1.
    pub motif: f32,
    /// Plainer or more chromatic, -1..1.
    pub chromatic: f32,
    /// Distance from the grid, 0..1.
    pub humanise: f32,
    /// Development of the motif, 1..=16.
    pub variant: u8,
    /// The host's tempo in whole quarter notes per minute; none = the cue's. Whole, so that a host that writes 119.9999
    /// and one that writes 120 get the same notes.
    pub tempo_bpm: Option<u16>,
}

impl Climate {
    /// The climate of a mood under parameter values.
    pub fn new(mood: Mood, values: &Values) -> Climate {
        Climate {
            mood: mood.quantized(),
            density: values.get(Param::Density),
            dialogue: values.get(Param::Dialogue),
            motif: values.get(Param::Motif),
            chromatic: values.get(Param::Chromatic),
            humanise: values.get(Param::Humanise),
            variant: values.get(Param::Variant) as u8,
            tempo_bpm: None,
        }
    }

    /// The same under a host's tempo.
    pub fn at_tempo(self, tempo_bpm: f64) -> Climate {
        Climate { tempo_bpm: Some(tempo_bpm.round() as u16), ..self }
    }
}

impl Default for Climate {
    fn default() -> Self {
        Climate::new(Mood::default(), &Values::default())
    }
}

/// The climate of any bar: of a bar heard before, what it was composed with; of any other, the lane or the present.
/// Must give the same answer for the same bar as long as a caller means the same music.
pub trait Climates {
    /// Climate at a bar's start.
    fn at_bar(&self, bar: i64) -> Climate;
}

/// One climate for ever.
impl Climates for Climate {
    fn at_bar(&self, _bar: i64) -> Climate {
        *self
    }
}

/// A chord as a musician reads it and as the layers use it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chord {
    /// "Am7", "Eb/G", "N.C.".
    pub name: ArrayString<16>,
    /// Pitch class of the root.
    pub root: u8,
    /// Pitch class of the bass.
    pub bass: u8,
    /// Pitch classes sounding, bit n = pitch class n.
    pub pcs: u16,
    /// Whether it is heard as a cluster rather than as a chord.
    pub cluster: bool,
}

/// A bar, decided: everything but its notes.
#[derive(Clone, Debug, PartialEq)]
pub struct BarFrame {
    /// Number, place, meter.
    pub bar: Bar,
    /// Where the cue began to be heard: 0, or in a cue that comes again where it last did, quarter notes.
    pub round_start: f64,
    /// Climate it was composed with.
    pub climate: Climate,
    /// Climate of the bar before, as assumed when voicing this one.
    pub climate_before: Climate,
    /// Pitch class of the tonic.
    pub tonic: u8,
    /// Name of the mode ("dorian").
    pub mode: &'static str,
    /// Pitch classes of the scale, absolute, bit n = pitch class n.
    pub scale: u16,
    /// Name of the mood cell ("epic").
    pub cell: &'static str,
    /// Chords of the bar in order: where each starts (quarter notes from the bar line) and its voicing.
    pub chords: ArrayVec<PlacedChord, 4>,
    /// Section (32 bars), phrase (8), unit (4) it is in, counted from the start of the cue.
    pub section: i64,
    /// See `section`.
    pub phrase: i64,
    /// See `section`.
    pub unit: i64,
    /// Harmonic function in its unit: "home", "away", "colour", "turn".
    pub slot: &'static str,
    /// Letter of the phrase in its section ('A', 'B'); equal letters share their harmony.
    pub letter: char,
    /// How strong a boundary the start of this bar is: 0 none, 1 unit, 2 phrase, 3 section or hit.
    pub boundary: u8,
    /// True where parallels are meant.
    pub planing: bool,
    /// Length of the bar after it, quarter notes: how far a note may reach.
    pub next_beats: f64,
    /// Which stems may play.
    pub stems: [bool; STEM_COUNT],
    /// The melody of the bar, if a statement sounds in it.
    pub lead: ArrayVec<LeadNote, MAX_LEAD_NOTES>,
    /// Notes at its end that lead into the statement of the next bar.
    pub upbeat: ArrayVec<LeadNote, MAX_UPBEAT_NOTES>,
    /// What a middle voice answers where the tune is silent.
    pub inner: ArrayVec<LeadNote, MAX_INNER_NOTES>,
}

/// A chord in its place in a bar, voiced.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedChord {
    /// Quarter notes from the bar line.
    pub at: f64,
    /// The chord.
    pub chord: Chord,
    /// Bass, tenor, alto, soprano and divisi, MIDI, low to high; empty in a silent bar.
    pub voices: ArrayVec<u8, 6>,
    /// True when the same voicing already sounded just before: a tie, not a new chord.
    pub tied: bool,
}

impl BarFrame {
    /// How the bar's key spells notes.
    pub fn spelling(&self) -> Spelling {
        Spelling::of(self.tonic, self.scale)
    }

    /// Its key signature: how many sharps (flats below 0), -6..=6, and whether it is minor.
    pub fn signature(&self) -> (i8, bool) {
        signature(self.tonic, self.scale)
    }

    /// Whether what is sung at a place in the bar (ticks) leads into the next.
    pub(crate) fn leads_in(&self, at: u32) -> bool {
        self.upbeat.first().is_some_and(|first| at >= first.at)
    }

    /// The line a note at a place in the bar (ticks) belongs to: the melody, or what leads into the next.
    pub(crate) fn line_at(&self, at: u32) -> &[LeadNote] {
        if self.leads_in(at) { &self.upbeat } else { &self.lead }
    }

    /// The chord that sounds at a place in the bar (quarter notes from the bar line).
    pub fn chord_at(&self, place: f64) -> &PlacedChord {
        let sounding = self.chords.iter().rev().find(|placed| placed.at <= place + 1e-9);
        sounding.unwrap_or(&self.chords[0])
    }
}
