//! Trombones and a tuba: dark and wide when soft, a snarl when pushed.
//! Source: MUSIC 8 #10 (trombone formants 520–600 and 1500 Hz, tuba 210–250 Hz). Levels measured with `listen`.

use super::InstrumentRow;
use super::brass::{BrassKind, row};
use crate::dsp::resonators::Resonance;

/// The table's row.
pub const ROW: InstrumentRow = row::<LowBrass>(
    "low_brass",
    "Low Brass",
    "Trombones and tuba in section: dark and wide, snarling when pushed.",
    (26, 67),
);

struct LowBrass;

impl BrassKind for LowBrass {
    const VOICES: usize = 10;
    const PLAYERS: usize = 5;
    const LEVEL: f32 = 0.15;
    const OPEN: f32 = 5.5;
    const SHOCK: f32 = 0.8;
    const DIRECT: f32 = 0.7;
    const BELL: &'static [Resonance] = &[
        Resonance { hz: 230.0, width_hz: 110.0, gain: 0.45 },
        Resonance { hz: 560.0, width_hz: 260.0, gain: 0.5 },
        Resonance { hz: 1_500.0, width_hz: 800.0, gain: 0.45 },
    ];
    const VIBRATO_CENTS: f32 = 2.0;
}
