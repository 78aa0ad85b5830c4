//! Strings in tremolo near the bridge: glassy, nervous, a shiver that can swell into terror.
//! Source: MUSIC 8 #2 (each player 9–13 Hz, depth .6; near the bridge: lows thinned, noise 8 dB up).
//! Levels measured with the `listen` example.

use super::body::Body;
use super::bowed::{BOW_STROKES, Bowed, BowedKind, STRING_BODY};
use super::section::Tremolo;
use super::{Family, InstrumentRow, Playing, limit};

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "str_trem",
    name: "Tremolo Strings",
    family: Family::Strings,
    doc: "A string section in tremolo close to the bridge, shivering and thin.",
    source: "MUSIC 8 #2",
    pitch_range: (36, 98),
    pitched: true,
    voices: 12,
    playing: Playing::HELD,
    limit_ns: 10.0 * limit::SAW + 2.0 * limit::FILTER + limit::NOISE,
    tail_s: 1.6,
    budget_ns: 60.0,
    build: |spec| Box::new(Body::<Bowed<Trembling>>::new(spec, ROW.voices, STRING_BODY)),
};

struct Trembling;

impl BowedKind for Trembling {
    const LEVEL: f32 = 0.25;
    const PLAYERS: f32 = 10.0;
    const TREMOLO: Tremolo = BOW_STROKES;
    const ROSIN_DB: f32 = -34.0;
    const PONTICELLO_HZ: f32 = 480.0;
}
