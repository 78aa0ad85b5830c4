//! A section of bowed strings that holds its notes: 8 to 14 players in one room, warm to brilliant.
//! Source: MUSIC 8 #1. Levels measured with the `listen` example.

use super::body::Body;
use super::bowed::{Bowed, BowedKind, STRING_BODIES};
use super::section::Tremolo;
use super::{Family, InstrumentRow, Playing, limit};

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "str_sus",
    name: "String Section",
    family: Family::Strings,
    doc: "A section of eight to fourteen string players holding notes with vibrato, from veiled to brilliant.",
    source: "MUSIC 8 #1",
    pitch_range: (28, 100),
    pitched: true,
    voices: 16,
    playing: Playing::BOWED,
    limit_ns: 11.0 * limit::SAW + limit::FILTER + limit::NOISE,
    tail_s: 1.6,
    budget_ns: 60.0,
    build: |spec| Box::new(Body::<Bowed<Held>>::new(spec, ROW.voices, &STRING_BODIES)),
};

struct Held;

impl BowedKind for Held {
    const LEVEL: f32 = 0.126;
    const TILT_DB: f32 = 0.0;
    const PLAYERS: f32 = 11.0;
    const TREMOLO: Tremolo = Tremolo::NONE;
    const ROSIN_DB: f32 = -38.0;
    const CUTOFF_HZ: f32 = 2_300.0;
    const PONTICELLO_HZ: f32 = 0.0;
}
