//! Four horns: round when soft, brazen when loud, each note with the small scoop of lips finding the pitch.
//! Source: MUSIC 8 #10 (brightness follows level; scoop -30 cents within 60 ms; formants 340–450 and 750–900 Hz; 4–6
//! players, 5 cents, entries 12 ms). Levels measured with `listen`. Cost: about 18 ns per frame and note.

use super::brass::{Brass, BrassKind};
use super::{Family, InstrumentRow, Playing, Pool, limit};
use crate::dsp::resonators::Resonance;

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "horns",
    name: "Horns",
    family: Family::Brass,
    doc: "A section of four horns, noble and round, turning to brass when pushed.",
    source: "MUSIC 8 #10",
    pitch_range: (34, 80),
    pitched: true,
    voices: 12,
    playing: Playing::HELD,
    limit_ns: 4.0 * limit::SAW + 2.0 * limit::FILTER + limit::NOISE + limit::RESONANCES,
    tail_s: 1.2,
    budget_ns: 60.0,
    build: |spec| Box::new(Pool::<Brass<Horns>>::new(spec, ROW.voices)),
};

struct Horns;

impl BrassKind for Horns {
    const PLAYERS: usize = 4;
    const LEVEL: f32 = 0.142;
    const OPEN: f32 = 3.4;
    const DIRECT: f32 = 0.75;
    const BELL: &'static [Resonance] = &[
        Resonance { hz: 400.0, width_hz: 180.0, gain: 0.6 },
        Resonance { hz: 820.0, width_hz: 300.0, gain: 0.5 },
        Resonance { hz: 2_000.0, width_hz: 1_200.0, gain: 0.2 },
    ];
    const VIBRATO_CENTS: f32 = 3.0;
}
