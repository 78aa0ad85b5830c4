//! Four horns: round when soft, brazen when loud, each note with the small scoop of lips finding the pitch.
//! Source: MUSIC 8 #10 (brightness follows level; scoop -30 cents within 60 ms; formants 340–450 and 750–900 Hz; 4–6
//! players, 5 cents, entries 12 ms). Levels measured with `listen`. Cost: about 18 ns per frame and note.

use super::InstrumentRow;
use super::brass::{BrassKind, row};
use crate::dsp::resonators::Resonance;

/// The table's row.
pub const ROW: InstrumentRow = row::<Horns>(
    "horns",
    "Horns",
    "A section of four horns, noble and round, turning to brass when pushed.",
    (34, 80),
);

struct Horns;

impl BrassKind for Horns {
    const VOICES: usize = 12;
    const PLAYERS: usize = 4;
    const LEVEL: f32 = 0.142;
    const OPEN: f32 = 3.4;
    const SHOCK: f32 = 0.7;
    const DIRECT: f32 = 0.75;
    const BELL: &'static [Resonance] = &[
        Resonance { hz: 400.0, width_hz: 180.0, gain: 0.6 },
        Resonance { hz: 820.0, width_hz: 300.0, gain: 0.5 },
        Resonance { hz: 2_000.0, width_hz: 1_200.0, gain: 0.2 },
    ];
    const VIBRATO_CENTS: f32 = 3.0;
}
