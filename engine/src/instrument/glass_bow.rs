//! Bowed glass: wet fingers on the rims of wine glasses, or a bow on their edge; one pure tone that breathes.
//! Source: MUSIC 8 #8 (glass 1, 2.32, 4.25, 6.63, 9.38, bowed); rims ring in pairs that beat (Rossing 2000).
//! Levels measured with `listen`. Cost: about 9 ns per frame and note.

use super::bowed_modes::{BowedModes, BowedModesKind};
use super::{Family, InstrumentRow, Playing, Pool, limit};

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "glass_bow",
    name: "Bowed Glass",
    family: Family::Mallets,
    doc: "Wine glasses rubbed at the rim: a pure tone that comes from nowhere and hangs in the air.",
    source: "MUSIC 8 #8",
    pitch_range: (48, 96),
    pitched: true,
    voices: 10,
    playing: Playing::HELD,
    limit_ns: 16.0 * limit::DRIVEN_MODE + limit::SAW + limit::NOISE,
    tail_s: 6.0,
    budget_ns: 25.0,
    build: |spec| Box::new(Pool::<BowedModes<Glass>>::new(spec, ROW.voices)),
};

struct Glass;

impl BowedModesKind for Glass {
    const PARTIALS: &'static [(f32, f32, f32)] =
        &[(1.0, 0.0, 1.0), (2.32, -14.0, 0.5), (4.25, -16.0, 0.3), (6.63, -18.0, 0.2), (9.38, -22.0, 0.12)];
    const DECAY_S: f32 = 2.6;
    const DECAY_PER_OCTAVE: f32 = 0.35;
    const BEAT_HZ: f32 = 0.5;
    const LEVEL: f32 = 0.06;
    const WAKE: f32 = 0.5;
    const ROSIN: f32 = 2.0;
    const ATTACK_S: f32 = 0.5;
    const OPEN: f32 = 4.0;
    const KEY_DB: f32 = 0.5;
    const CHATTER: f32 = 0.3;
}
