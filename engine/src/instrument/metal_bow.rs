//! Bowed metal: plates and cymbals drawn with a bow until they cry; the heights of the plate wake as the bow is pressed.
//! Source: MUSIC 8 #8 (bowed) and #19 (ratios of plates); free bars 1, 2.756, 5.404, 8.933 (Fletcher & Rossing 1998).
//! Levels measured with `listen`. Cost: about 9 ns per frame and note.

use super::bowed_modes::{BowedModes, BowedModesKind};
use super::{Family, InstrumentRow, Playing, Pool, limit};

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "metal_bow",
    name: "Bowed Metal",
    family: Family::Mallets,
    doc: "Plates and cymbals drawn with a bow: a long cry over a shiver of dissonant heights.",
    source: "MUSIC 8 #8",
    pitch_range: (36, 96),
    pitched: true,
    voices: 8,
    playing: Playing::HELD,
    limit_ns: 16.0 * limit::DRIVEN_MODE + limit::SAW + limit::NOISE,
    tail_s: 9.0,
    budget_ns: 25.0,
    build: |spec| Box::new(Pool::<BowedModes<Metal>>::new(spec, ROW.voices)),
};

struct Metal;

impl BowedModesKind for Metal {
    const PARTIALS: &'static [(f32, f32, f32)] = &[
        (1.0, 0.0, 1.0),
        (1.726, -4.0, 0.8),
        (2.756, -3.0, 0.7),
        (4.18, -3.0, 0.55),
        (5.404, -1.0, 0.5),
        (5.806, -2.0, 0.45),
        (7.419, -1.0, 0.4),
        (8.933, -2.0, 0.3),
    ];
    const DECAY_S: f32 = 3.0;
    const DECAY_PER_OCTAVE: f32 = 0.2;
    const BEAT_HZ: f32 = 0.9;
    const LEVEL: f32 = 0.115;
    const WAKE: f32 = 0.8;
    const ROSIN: f32 = 4.0;
    const ATTACK_S: f32 = 0.9;
    const OPEN: f32 = 7.0;
    const KEY_DB: f32 = 1.0;
    const CHATTER: f32 = 0.6;
}
