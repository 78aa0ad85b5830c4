//! Small percussion: wooden and muted ticks, and a shaker of many beans.
//! Source: MUSIC 8 #20 (PhISEM, Cook 1997: grains of noise through one resonance). In/out: see `struck`; pitch is a height.
//! Cost: about 12 ns per frame and voice.

use super::struck::{Burst, Recipe, Strike, Struck, brightness, chance, spread};
use super::{Family, InstrumentRow, NoteOn, Playing, Pool, Timbre, limit};
use crate::dsp::filter::Response;
use crate::units::octaves_to_ratio;

/// The ticks' row.
pub const TICKS: InstrumentRow = InstrumentRow {
    id: "ticks",
    name: "Ticks",
    family: Family::Percussion,
    doc: "Rims, claves and muted sticks: tiny dry clicks that keep time.",
    source: "MUSIC 8 #20",
    pitch_range: (24, 96),
    pitched: false,
    voices: 12,
    playing: Playing::STRUCK,
    limit_ns: 3.0 * limit::MODE + limit::NOISE + limit::CLIP,
    tail_s: 0.6,
    budget_ns: 25.0,
    build: |spec| Box::new(Pool::<Struck<Ticks>>::new(spec, 12)),
};

/// The shaker's row.
pub const SHAKER: InstrumentRow = InstrumentRow {
    id: "shaker",
    name: "Shaker",
    family: Family::Percussion,
    doc: "Beans in a gourd, thrown and caught: soft, grainy motion.",
    source: "MUSIC 8 #20",
    pitch_range: (24, 96),
    pitched: false,
    voices: 8,
    playing: Playing::STRUCK,
    limit_ns: 2.0 * limit::NOISE,
    tail_s: 0.8,
    budget_ns: 25.0,
    build: |spec| Box::new(Pool::<Struck<Shaker>>::new(spec, 8)),
};

fn height(note: &NoteOn) -> f32 {
    ((note.pitch - 24.0) / 72.0).clamp(0.0, 1.0)
}

struct Ticks;

impl Recipe for Ticks {
    fn strike(note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
        let octaves = brightness(note, timbre);
        let f0 = 900.0 * octaves_to_ratio(1.8 * height(note)) * (1.0 + 0.01 * spread(note, 0));
        let pan = 0.5 * spread(note, 1);
        for (ratio, gain, decay_s) in [(1.0, 1.0, 0.06), (2.777, 0.5, 0.03), (7.378, 0.2, 0.015)] {
            strike.mode(f0 * ratio, gain, decay_s, pan);
        }
        strike.level_modes(0.18);
        let stick = 0.6 * octaves_to_ratio(0.5 * octaves);
        let band_hz = 4200.0 * octaves_to_ratio(0.7 * height(note) + 0.25 * octaves);
        strike.burst(Burst { width: 0.4, ..Burst::new(stick, band_hz, 1.1, 0.024) });
        strike.attack_ms = 0.35;
        strike.drive_db = 3.0;
        strike.gain = 0.48;
    }
}

struct Shaker;

impl Recipe for Shaker {
    fn strike(note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
        let octaves = brightness(note, timbre);
        // From maraca (3.2 kHz) to sekere (5.5 kHz), MUSIC 8 #20.
        let hz = 3200.0 * octaves_to_ratio(0.8 * height(note) + 0.2 * octaves);
        // The catch, when everything lands at once, is what one hears as the beat: it comes first.
        strike.burst(Burst {
            response: Response::Band,
            attack_ms: 3.0 + 2.0 * chance(note, 0),
            width: 0.8,
            grains_hz: 7000.0,
            ..Burst::new(0.6, 1.1 * hz, 1.1, 0.085)
        });
        // The beans roll back.
        strike.burst(Burst {
            attack_ms: 24.0 + 12.0 * chance(note, 1),
            start_s: 0.035,
            width: 0.8,
            grains_hz: 4000.0,
            ..Burst::new(0.22, 0.9 * hz, 1.3, 0.1)
        });
        strike.gain = 0.42;
    }
}
