//! Bells and struck glass.
//! Source: MUSIC 8 #8: partials of a church bell and of a bowl, each a pair that beats (Rossing). In/out: see `struck`.
//! Cost: about 4 ns per frame and voice.

use super::struck::{Burst, Recipe, Strike, Struck, brightness, chance, spread};
use super::{Family, InstrumentRow, NoteOn, Playing, Pool, Timbre, limit};
use crate::units::{db_to_gain, note_to_hz, octaves_to_ratio};

/// The bells' row.
pub const BELLS: InstrumentRow = InstrumentRow {
    id: "bells",
    name: "Bells",
    family: Family::Mallets,
    doc: "Cast bells of every size: a bright strike over a slow, beating hum.",
    source: "MUSIC 8 #8",
    pitch_range: (36, 96),
    pitched: true,
    voices: 12,
    playing: Playing::STRUCK,
    limit_ns: 18.0 * limit::MODE + limit::NOISE,
    tail_s: 12.0,
    budget_ns: 20.0,
    build: |spec| Box::new(Pool::<Struck<Bells>>::new(spec, 12)),
};

/// The glass' row.
pub const GLASS: InstrumentRow = InstrumentRow {
    id: "glass",
    name: "Glass",
    family: Family::Mallets,
    doc: "Wine glasses touched with a soft mallet: pure, fragile, slowly beating.",
    source: "MUSIC 8 #8",
    pitch_range: (55, 103),
    pitched: true,
    voices: 12,
    playing: Playing::STRUCK,
    limit_ns: 10.0 * limit::MODE + limit::NOISE,
    tail_s: 6.0,
    budget_ns: 14.0,
    build: |spec| Box::new(Pool::<Struck<Glass>>::new(spec, 12)),
};

/// Adds a partial as two modes that beat `beat_hz` apart.
fn doublet(strike: &mut Strike, hz: f32, gain: f32, decay_s: f32, beat_hz: f32, pan: f32) {
    strike.mode(hz - 0.35 * beat_hz, 0.65 * gain, decay_s, pan - 0.2);
    strike.mode(hz + 0.65 * beat_hz, 0.35 * gain, decay_s, pan + 0.2);
}

struct Bells;

impl Recipe for Bells {
    fn strike(note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
        // Hum, prime, tierce, quint, nominal and above; the prime leads, so that a bell can play a tune, and the minor
        // third of a real bell is held back, so that it can play one in major.
        const PARTIALS: [(f32, f32, f32); 9] = [
            (0.5, -16.0, 1.4),
            (1.0, 0.0, 1.0),
            (1.2, -19.0, 0.7),
            (1.5, -17.0, 0.55),
            (2.0, -5.0, 0.5),
            (2.51, -16.0, 0.33),
            (2.67, -15.0, 0.3),
            (3.01, -10.0, 0.24),
            (4.17, -13.0, 0.15),
        ];
        let f0 = note_to_hz(note.pitch);
        let height = (note.pitch - 60.0) / 12.0;
        let octaves = brightness(note, timbre);
        let decay_s = 6.5 * octaves_to_ratio(-0.45 * height);
        for (i, &(ratio, level_db, decay)) in PARTIALS.iter().enumerate() {
            let gain =
                db_to_gain(level_db) * octaves_to_ratio(0.35 * octaves * (ratio - 1.0).clamp(-1.0, 3.0));
            let beat_hz = 0.3 + 0.6 * chance(note, i as i64);
            doublet(strike, f0 * ratio, gain, decay_s * decay, beat_hz, 0.3 * spread(note, 20 + i as i64));
        }
        strike.level_modes(0.125);
        strike.burst(Burst { width: 0.6, ..Burst::new(0.05 * octaves_to_ratio(octaves), 3600.0, 0.8, 0.03) });
        strike.attack_ms = 0.8;
        strike.release_s = 6.0;
    }
}

struct Glass;

impl Recipe for Glass {
    fn strike(note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
        const PARTIALS: [(f32, f32, f32); 5] = [
            (1.0, 0.0, 1.0),
            (2.32, -15.0, 0.45),
            (4.25, -23.0, 0.22),
            (6.63, -29.0, 0.12),
            (9.38, -35.0, 0.07),
        ];
        let f0 = note_to_hz(note.pitch);
        let height = (note.pitch - 72.0) / 12.0;
        let octaves = brightness(note, timbre);
        for (i, &(ratio, level_db, decay)) in PARTIALS.iter().enumerate() {
            let gain = db_to_gain(level_db) * octaves_to_ratio(0.4 * octaves * (ratio - 1.0).min(3.0));
            let decay_s = 3.4 * decay * octaves_to_ratio(-0.4 * height);
            doublet(
                strike,
                f0 * ratio,
                gain,
                decay_s,
                0.7 + 0.8 * chance(note, i as i64),
                0.3 * spread(note, i as i64),
            );
        }
        strike.level_modes(0.17);
        strike.burst(Burst::new(0.025 * octaves_to_ratio(octaves), 5200.0, 1.0, 0.02));
        strike.attack_ms = 2.5;
        strike.release_s = 2.6;
    }
}
