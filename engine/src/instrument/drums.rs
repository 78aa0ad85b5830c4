//! Drums: taiko, toms, gran cassa, timpani, and a section that hits together.
//! Source: MUSIC 8 #17: modes of circular membranes (Fletcher & Rossing), a pitch that glides with force, skin, stick and
//! shell. In/out: see `struck`; for the untuned ones pitch is a height that chooses the size. Cost: about 7 ns per frame.

use super::struck::{Burst, Recipe, Strike, Struck, WIDE, brightness, chance, spread};
use super::{Family, InstrumentRow, NoteOn, Playing, Pool, Timbre, limit};
use crate::dsp::filter::Response;
use crate::units::{note_to_hz, octaves_to_ratio};

const ROW: InstrumentRow = InstrumentRow {
    id: "",
    name: "",
    family: Family::Percussion,
    doc: "",
    source: "MUSIC 8 #17",
    pitch_range: (24, 96),
    pitched: false,
    voices: 12,
    playing: Playing::STRUCK,
    limit_ns: 1.0,
    tail_s: 3.0,
    budget_ns: 25.0,
    build: |spec| Box::new(Pool::<Struck<Taiko>>::new(spec, 12)),
};

/// The taiko's row.
pub const TAIKO: InstrumentRow = InstrumentRow {
    id: "taiko",
    name: "Taiko",
    doc: "Two to five big barrel drums struck together: a falling boom, skin and wood.",
    build: |spec| Box::new(Pool::<Struck<Taiko>>::new(spec, 12)),
    budget_ns: 50.0,
    limit_ns: 35.0 * limit::MODE + 3.0 * limit::NOISE + limit::CLIP,
    ..ROW
};

/// The toms' row.
pub const TOMS: InstrumentRow = InstrumentRow {
    id: "toms",
    name: "Concert Toms",
    doc: "Tuned-down concert toms with sticks: round mids that carry a groove.",
    build: |spec| Box::new(Pool::<Struck<Toms>>::new(spec, 12)),
    tail_s: 2.0,
    limit_ns: 10.0 * limit::MODE + 2.0 * limit::NOISE + limit::CLIP,
    ..ROW
};

/// The gran cassa's row.
pub const DRUM_LOW: InstrumentRow = InstrumentRow {
    id: "drum_low",
    name: "Gran Cassa",
    doc: "A bass drum under a soft mallet: a wide, deep breath without an edge.",
    tail_s: 6.0,
    build: |spec| Box::new(Pool::<Struck<DrumLow>>::new(spec, 12)),
    limit_ns: 11.0 * limit::MODE + limit::NOISE,
    ..ROW
};

/// The timpani's row.
pub const TIMPANI: InstrumentRow = InstrumentRow {
    id: "timpani",
    name: "Timpani",
    doc: "Kettledrums with felt sticks: tuned, ringing, and rolling when told to.",
    pitch_range: (36, 60),
    pitched: true,
    tail_s: 2.0,
    build: |spec| Box::new(Pool::<Struck<Timpani>>::new(spec, 12)),
    limit_ns: 8.0 * limit::MODE + limit::NOISE + limit::CLIP,
    ..ROW
};

/// The ensemble hit's row.
pub const DRUM_HIT: InstrumentRow = InstrumentRow {
    id: "drum_hit",
    name: "Ensemble Hit",
    doc: "A line of field drums with snares, hitting as one: dry crack and rattle.",
    tail_s: 2.0,
    build: |spec| Box::new(Pool::<Struck<DrumHit>>::new(spec, 12)),
    budget_ns: 45.0,
    limit_ns: 24.0 * limit::MODE + 3.0 * limit::NOISE + limit::CLIP,
    ..ROW
};

/// Ideal membrane: frequency against the lowest, T60 against the lowest's (MUSIC 8 #17), level against it.
const MEMBRANE: [(f32, f32, f32); 8] = [
    (1.0, 1.0, 1.0),
    (1.594, 0.64, 0.55),
    (2.136, 0.45, 0.36),
    (2.296, 0.36, 0.3),
    (2.653, 0.3, 0.24),
    (2.918, 0.26, 0.2),
    (3.156, 0.23, 0.16),
    (3.501, 0.2, 0.13),
];

/// One skin: eight modes in a group of their own, `upper` leaning toward the high ones.
fn skin(strike: &mut Strike, f0: f32, decay_s: f32, gain: f32, upper: f32, pan: f32) {
    for (i, &(ratio, decay, level)) in MEMBRANE.iter().enumerate() {
        let lean = octaves_to_ratio(upper * (0.15 * i as f32));
        strike.mode(f0 * ratio, gain * level * lean, decay_s * decay, pan);
    }
}

/// Height of an untuned drum, 0 at the bottom of its range to 1 at the top.
fn height(note: &NoteOn) -> f32 {
    ((note.pitch - 24.0) / 72.0).clamp(0.0, 1.0)
}

struct Taiko;

impl Recipe for Taiko {
    fn strike(note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
        let octaves = brightness(note, timbre);
        // MUSIC 8: 48 to 75 Hz for the big ones; the top of the range is a shime.
        let f0 = 48.0 * octaves_to_ratio(2.1 * height(note));
        let decay_s = 1.15 * octaves_to_ratio(-1.2 * height(note));
        let players = 2 + (1.5 * (timbre.mood.scale.clamp(-1.0, 1.0) + 1.0) + 0.5) as i64;
        for player in 0..players {
            let late_s = if player == 0 { 0.0 } else { 0.004 + 0.016 * chance(note, player) };
            let size = 1.0 + 0.04 * spread(note, 10 + player) * f32::from(player > 0);
            let pan = if player == 0 { 0.0 } else { 0.45 * spread(note, 20 + player) };
            strike.next_group(late_s);
            skin(strike, f0 * size, decay_s, 1.0, octaves, pan);
        }
        // The far head rings a third higher, and the barrel with it (two-head coupling, MUSIC 8 #17).
        strike.next_group(0.0);
        strike.mode(f0 * 1.35, 0.5, 0.7 * decay_s, 0.0);
        strike.mode(180.0 * octaves_to_ratio(height(note)), 0.22, 0.16, -0.2);
        strike.mode(320.0 * octaves_to_ratio(height(note)), 0.15, 0.11, 0.2);
        strike.level_modes(0.36);
        let force = note.velocity * note.velocity;
        (strike.glide_octaves, strike.glide_ms) = (0.3 * force, 45.0);
        let stick = 0.3 * octaves_to_ratio(0.8 * octaves);
        strike.burst(Burst { response: Response::Low, width: 0.5, ..Burst::new(0.5, 620.0, 0.7, 0.16) });
        strike.burst(Burst { width: 0.5, ..Burst::new(stick, 2500.0, 0.8, 0.03) });
        strike.burst(Burst { start_s: 0.009, width: 0.9, ..Burst::new(0.6 * stick, 1900.0, 0.7, 0.05) });
        strike.attack_ms = 0.7;
        strike.drive_db = 3.0;
        strike.gain = 0.75;
    }
}

struct Toms;

impl Recipe for Toms {
    fn strike(note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
        let octaves = brightness(note, timbre);
        let f0 = 72.0 * octaves_to_ratio(2.0 * height(note));
        let decay_s = 0.75 * octaves_to_ratio(-1.1 * height(note));
        let pan = 0.9 * (height(note) - 0.4);
        skin(strike, f0, decay_s, 1.0, octaves - 0.4, pan);
        strike.mode(f0 * 1.26, 0.4, 0.8 * decay_s, pan);
        strike.mode(f0 * 4.6, 0.1, 0.09, pan);
        strike.level_modes(0.33);
        (strike.glide_octaves, strike.glide_ms) = (0.14 * note.velocity, 40.0);
        let stick = 0.25 * octaves_to_ratio(0.8 * octaves);
        strike.burst(Burst::new(stick, 3200.0, 0.8, 0.022));
        strike.burst(Burst { response: Response::Low, ..Burst::new(0.3, 900.0, 0.7, 0.08) });
        strike.drive_db = 4.0;
        strike.gain = 0.5;
    }
}

struct DrumLow;

impl Recipe for DrumLow {
    fn strike(note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
        let octaves = brightness(note, timbre);
        let f0 = 34.0 * octaves_to_ratio(0.9 * height(note));
        skin(strike, f0, 2.6, 1.0, octaves - 1.2, 0.0);
        // The two heads are tuned apart and trade their energy slowly.
        strike.mode(f0 * 1.07, 0.7, 2.2, 0.0);
        strike.mode(f0 * 1.7, 0.35, 1.3, 0.3);
        strike.mode(f0 * 2.9, 0.14, 0.8, -0.3);
        strike.level_modes(0.35);
        (strike.glide_octaves, strike.glide_ms) = (0.1 * note.velocity, 120.0);
        let felt = octaves_to_ratio(0.7 * octaves);
        strike.burst(Burst {
            response: Response::Low,
            attack_ms: 4.0,
            width: 0.7,
            ..Burst::new(0.3 * felt, 320.0 * felt, 0.6, 0.35)
        });
        strike.attack_ms = 5.0;
        strike.gain = 0.8;
    }
}

struct Timpani;

impl Recipe for Timpani {
    fn strike(note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
        let octaves = brightness(note, timbre);
        let f0 = note_to_hz(note.pitch);
        let size = octaves_to_ratio(-0.4 * (note.pitch - 48.0) / 12.0);
        // Preferred modes of a kettledrum struck at a quarter of its radius (MUSIC 8 #17).
        const MODES: [(f32, f32, f32); 6] = [
            (1.0, 1.0, 4.0),
            (1.5, 0.75, 3.4),
            (1.99, 0.5, 2.5),
            (2.44, 0.36, 2.0),
            (2.89, 0.22, 1.6),
            (3.35, 0.14, 1.3),
        ];
        for (i, &(ratio, gain, decay_s)) in MODES.iter().enumerate() {
            let lean = octaves_to_ratio(0.22 * octaves * i as f32);
            strike.mode(f0 * ratio, gain * lean, decay_s * size, 0.12 * spread(note, i as i64));
        }
        // The ring modes radiate their energy within a quarter of a second: the thud.
        strike.mode(f0 * 0.85, 0.35, 0.3, 0.0);
        strike.mode(f0 * 1.95, 0.3, 0.22, 0.0);
        strike.level_modes(0.3);
        let felt = octaves_to_ratio(0.7 * octaves);
        strike.burst(Burst { attack_ms: 1.5, ..Burst::new(0.22 * felt, 420.0 * felt, 0.6, 0.07) });
        strike.attack_ms = 1.6;
        strike.release_s = 1.1;
        strike.drive_db = 2.0;
        strike.gain = 0.66;
    }
}

struct DrumHit;

impl Recipe for DrumHit {
    fn strike(note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
        let octaves = brightness(note, timbre);
        let f0 = 150.0 * octaves_to_ratio(1.2 * height(note));
        for player in 0..3 {
            let late_s = 0.011 * player as f32 * chance(note, player);
            strike.next_group(late_s);
            skin(
                strike,
                f0 * (1.0 + 0.05 * spread(note, 5 + player)),
                0.28,
                1.0,
                octaves,
                0.5 * spread(note, 9 + player),
            );
        }
        strike.level_modes(0.22);
        let snares = 0.4 * octaves_to_ratio(0.6 * octaves);
        strike.burst(Burst { width: 0.8, ..Burst::new(snares, 4200.0, 0.5, 0.24) });
        strike.burst(Burst {
            start_s: 0.012,
            width: WIDE,
            grains_hz: 4000.0,
            ..Burst::new(0.5 * snares, 2600.0, 0.6, 0.42)
        });
        strike.burst(Burst::new(snares, 1500.0, 0.8, 0.03));
        (strike.glide_octaves, strike.glide_ms) = (0.08 * note.velocity, 25.0);
        strike.attack_ms = 0.4;
        strike.drive_db = 4.0;
        strike.gain = 0.56;
    }
}
