//! Struck bars and tines: celesta, glockenspiel, marimba, vibraphone, music box, kalimba.
//! Source: MUSIC 8 #6, #7: mode ratios of free, tuned and clamped bars (Fletcher & Rossing).
//! In/out: see `struck`. Cost: about 3 ns per frame and voice.

use super::struck::{Burst, Recipe, Strike, Struck, brightness, spread};
use super::{Family, InstrumentRow, NoteOn, Playing, Pool, Timbre, limit};
use crate::units::{db_to_gain, note_to_hz, octaves_to_ratio};

const ROW: InstrumentRow = InstrumentRow {
    id: "",
    name: "",
    family: Family::Mallets,
    doc: "",
    source: "MUSIC 8 #6, #7",
    pitch_range: (60, 96),
    pitched: true,
    voices: 16,
    playing: Playing::STRUCK,
    limit_ns: 1.0,
    tail_s: 6.0,
    budget_ns: 12.0,
    build: |spec| Box::new(Pool::<Struck<Celesta>>::new(spec, 16)),
};

/// The celesta's row.
pub const CELESTA: InstrumentRow = InstrumentRow {
    id: "celesta",
    name: "Celesta",
    doc: "Steel plates over wooden boxes, struck by felt: small bells without an edge.",
    pitch_range: (60, 108),
    tail_s: 3.0,
    build: |spec| Box::new(Pool::<Struck<Celesta>>::new(spec, 16)),
    budget_ns: 20.0,
    limit_ns: 5.0 * limit::MODE + limit::NOISE,
    ..ROW
};

/// The glockenspiel's row.
pub const GLOCK: InstrumentRow = InstrumentRow {
    id: "glock",
    name: "Glockenspiel",
    doc: "Free steel bars under hard mallets: a bright, clean ring.",
    pitch_range: (67, 108),
    tail_s: 6.5,
    build: |spec| Box::new(Pool::<Struck<Glock>>::new(spec, 16)),
    limit_ns: 4.0 * limit::MODE + limit::NOISE,
    ..ROW
};

/// The marimba's row.
pub const MARIMBA: InstrumentRow = InstrumentRow {
    id: "marimba",
    name: "Marimba",
    doc: "Rosewood bars over tubes: warm, round and short.",
    pitch_range: (36, 96),
    tail_s: 4.0,
    build: |spec| Box::new(Pool::<Struck<Marimba>>::new(spec, 16)),
    budget_ns: 16.0,
    limit_ns: 3.0 * limit::MODE + limit::NOISE,
    ..ROW
};

/// The vibraphone's row.
pub const VIBES: InstrumentRow = InstrumentRow {
    id: "vibes",
    name: "Vibraphone",
    doc: "Aluminium bars with turning flaps: long, breathing tones.",
    pitch_range: (48, 96),
    tail_s: 2.5,
    build: |spec| Box::new(Pool::<Struck<Vibes>>::new(spec, 16)),
    budget_ns: 18.0,
    limit_ns: 4.0 * limit::MODE + limit::NOISE,
    ..ROW
};

/// The music box's row.
pub const MUSIC_BOX: InstrumentRow = InstrumentRow {
    id: "music_box",
    name: "Music Box",
    doc: "Steel teeth plucked by pins: thin, sweet, a little mechanical.",
    pitch_range: (60, 103),
    tail_s: 5.0,
    build: |spec| Box::new(Pool::<Struck<MusicBox>>::new(spec, 16)),
    limit_ns: 4.0 * limit::MODE + limit::NOISE,
    ..ROW
};

/// The kalimba's row.
pub const KALIMBA: InstrumentRow = InstrumentRow {
    id: "kalimba",
    name: "Kalimba",
    doc: "Thumbed tongues on a wooden box: round, woody, with a nail's tick.",
    pitch_range: (48, 91),
    tail_s: 4.0,
    build: |spec| Box::new(Pool::<Struck<Kalimba>>::new(spec, 16)),
    limit_ns: 4.0 * limit::MODE + limit::NOISE,
    ..ROW
};

/// A bar: modes as (ratio, level in dB, T60 in s at C5 for the first or against it for the others).
struct Bar {
    modes: &'static [(f32, f32, f32)],
    /// T60 of the first mode at C5, s, and how it shortens per octave.
    decay_s: f32,
    decay_per_octave: f32,
    /// Frequency above which the mallet excites little, Hz.
    mallet_hz: f32,
    click: Burst,
    attack_ms: f32,
    release_s: f32,
    level: f32,
    /// Turns of a vibraphone's flaps per second, and their depth (MUSIC 8 #7).
    flaps: (f32, f32),
}

fn bar(bar: &Bar, note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
    let f0 = note_to_hz(note.pitch);
    let height = (note.pitch - 72.0) / 12.0;
    let octaves = brightness(note, timbre);
    let mallet_hz = bar.mallet_hz * octaves_to_ratio(octaves);
    let decay_s = bar.decay_s * octaves_to_ratio(-bar.decay_per_octave * height);
    let side = (0.18 * height).clamp(-0.6, 0.6);
    for (i, &(ratio, level_db, decay)) in bar.modes.iter().enumerate() {
        let hz = f0 * ratio * (1.0 + 0.0015 * spread(note, i as i64) * f32::from(i > 0));
        let over = (hz - f0).max(0.0) / mallet_hz;
        let gain = db_to_gain(level_db) / (1.0 + over * over) * (1.0 + 0.15 * spread(note, 20 + i as i64));
        strike.mode(hz, gain, decay_s * decay, side + 0.2 * spread(note, 40 + i as i64));
    }
    strike.level_modes(bar.level);
    strike.burst(Burst { gain: bar.click.gain * octaves_to_ratio(0.6 * octaves), ..bar.click });
    strike.attack_ms = bar.attack_ms * octaves_to_ratio(-0.4 * octaves);
    strike.release_s = bar.release_s;
    (strike.tremolo_hz, strike.tremolo_depth) = bar.flaps;
}

fn click(gain: f32, hz: f32, q: f32, decay_s: f32) -> Burst {
    Burst { width: 0.5, ..Burst::new(gain, hz, q, decay_s) }
}

macro_rules! bars {
    ($($name:ident = $bar:expr;)*) => {$(
        struct $name;
        impl Recipe for $name {
            fn strike(note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
                bar(&$bar, note, timbre, strike);
            }
        }
    )*};
}

bars! {
    // The first mode over a box tuned to it, and the plate's fourth (MUSIC 8 #6).
    Celesta = Bar {
        modes: &[(1.0, 0.0, 1.0), (1.0008, -14.0, 1.4), (2.0, -27.0, 0.5), (4.0, -15.0, 0.22), (10.2, -26.0, 0.08)],
        decay_s: 2.4, decay_per_octave: 0.45, mallet_hz: 5200.0, click: click(0.05, 2600.0, 0.9, 0.05),
        attack_ms: 1.2, release_s: 0.7, level: 0.2, flaps: (0.0, 0.0),
    };
    Glock = Bar {
        modes: &[(1.0, 0.0, 1.0), (2.76, -8.0, 0.4), (5.40, -14.0, 0.17), (8.93, -20.0, 0.083)],
        decay_s: 4.2, decay_per_octave: 0.5, mallet_hz: 9000.0, click: click(0.04, 6000.0, 0.8, 0.02),
        attack_ms: 0.4, release_s: 3.0, level: 0.185, flaps: (0.0, 0.0),
    };
    Marimba = Bar {
        modes: &[(1.0, 0.0, 1.0), (3.99, -13.0, 0.25), (10.65, -24.0, 0.08)],
        decay_s: 0.8, decay_per_octave: 0.8, mallet_hz: 2100.0, click: click(0.12, 700.0, 0.7, 0.03),
        attack_ms: 1.4, release_s: 0.6, level: 0.22, flaps: (0.0, 0.0),
    };
    Vibes = Bar {
        modes: &[(1.0, 0.0, 1.0), (2.01, -30.0, 0.6), (3.9, -13.0, 0.35), (14.37, -32.0, 0.06)],
        decay_s: 6.5, decay_per_octave: 0.5, mallet_hz: 3000.0, click: click(0.03, 1500.0, 0.8, 0.03),
        attack_ms: 1.0, release_s: 0.5, level: 0.235, flaps: (5.5, 0.35),
    };
    // A clamped tongue (1, 6.27, 17.55), and a neighbour that rings along a hair sharp.
    MusicBox = Bar {
        modes: &[(1.0, 0.0, 1.0), (1.0025, -12.0, 0.8), (6.27, -19.0, 0.14), (17.55, -31.0, 0.03)],
        decay_s: 2.3, decay_per_octave: 0.35, mallet_hz: 7000.0, click: click(0.10, 4800.0, 1.2, 0.012),
        attack_ms: 0.4, release_s: 1.6, level: 0.205, flaps: (0.0, 0.0),
    };
    Kalimba = Bar {
        modes: &[(1.0, 0.0, 1.0), (2.0, -24.0, 0.7), (5.9, -20.0, 0.16), (6.7, -25.0, 0.12)],
        decay_s: 1.5, decay_per_octave: 0.5, mallet_hz: 3200.0, click: click(0.12, 1700.0, 1.4, 0.02),
        attack_ms: 0.7, release_s: 0.9, level: 0.225, flaps: (0.0, 0.0),
    };
}
