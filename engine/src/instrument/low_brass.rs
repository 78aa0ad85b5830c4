//! Trombones and a tuba: dark and wide when soft, a snarl when pushed.
//! Source: MUSIC 8 #10 (trombone formants 520–600 and 1500 Hz, tuba 210–250 Hz). Levels measured with `listen`.

use super::brass::{Brass, BrassKind};
use super::{Family, InstrumentRow, Playing, Pool, limit};
use crate::dsp::resonators::Resonance;

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "low_brass",
    name: "Low Brass",
    family: Family::Brass,
    doc: "Trombones and tuba in section: dark and wide, snarling when pushed.",
    source: "MUSIC 8 #10",
    pitch_range: (26, 67),
    pitched: true,
    voices: 10,
    playing: Playing::HELD,
    limit_ns: 5.0 * limit::SAW + 2.0 * limit::FILTER + limit::NOISE + limit::RESONANCES,
    tail_s: 1.2,
    budget_ns: 60.0,
    build: |spec| Box::new(Pool::<Brass<LowBrass>>::new(spec, ROW.voices)),
};

struct LowBrass;

impl BrassKind for LowBrass {
    const PLAYERS: usize = 5;
    const LEVEL: f32 = 0.15;
    const OPEN: f32 = 5.5;
    const DIRECT: f32 = 0.7;
    const BELL: &'static [Resonance] = &[
        Resonance { hz: 230.0, width_hz: 110.0, gain: 0.45 },
        Resonance { hz: 560.0, width_hz: 260.0, gain: 0.5 },
        Resonance { hz: 1_500.0, width_hz: 800.0, gain: 0.45 },
    ];
    const VIBRATO_CENTS: f32 = 2.0;
}
