//! Metal: an anvil with clashing plates, and cymbals that are struck or rolled up.
//! Source: MUSIC 8 #19. Modes lie where a hash of the height puts them: each height is one piece of metal.
//! In/out: see `struck`; pitch is a height. Cost: about 8 ns per frame and voice.

use super::struck::{Burst, MODES, Recipe, Strike, Struck, WIDE, brightness, spread};
use super::{Family, InstrumentRow, NoteOn, Playing, Pool, Timbre, limit};
use crate::dsp::filter::Response;
use crate::random::{Domain, value};
use crate::units::octaves_to_ratio;

/// The anvil's row.
pub const METAL: InstrumentRow = InstrumentRow {
    id: "metal",
    name: "Anvil and Chains",
    family: Family::Percussion,
    doc: "Iron on iron: a hard strike with a dissonant, fast-falling ring.",
    source: "MUSIC 8 #19",
    pitch_range: (24, 96),
    pitched: false,
    voices: 10,
    playing: Playing::STRUCK,
    limit_ns: 19.0 * limit::MODE + 2.0 * limit::NOISE + limit::CLIP,
    tail_s: 5.0,
    budget_ns: 25.0,
    build: |spec| Box::new(Pool::<Struck<Anvil>>::new(spec, 10)),
};

/// The cymbals' row.
pub const CYMBAL: InstrumentRow = InstrumentRow {
    id: "cymbal",
    name: "Cymbals",
    family: Family::Percussion,
    doc: "A suspended cymbal, struck or rolled up to its end with soft mallets.",
    source: "MUSIC 8 #19",
    pitch_range: (24, 96),
    pitched: false,
    voices: 8,
    playing: Playing::STRUCK,
    limit_ns: 48.0 * limit::MODE + 2.0 * limit::NOISE,
    tail_s: 9.0,
    budget_ns: 40.0,
    build: |spec| Box::new(Pool::<Struck<Cymbal>>::new(spec, 8)),
};

/// A plate of chalandi, a set of small gongs (MUSIC 8 #19).
const CHALANDI: [f32; 5] = [1.0, 1.726, 5.806, 7.419, 13.92];

/// A number 0..1 that belongs to a height: the same metal sounds the same.
fn grain(note: &NoteOn, index: i64) -> f32 {
    value(0x0A11_0F1E, Domain::Timbre, note.pitch as i64, index) as f32
}

fn height(note: &NoteOn) -> f32 {
    ((note.pitch - 24.0) / 72.0).clamp(0.0, 1.0)
}

struct Anvil;

impl Recipe for Anvil {
    fn strike(note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
        let octaves = brightness(note, timbre);
        let f0 = 300.0 * octaves_to_ratio(1.4 * height(note));
        for (i, &ratio) in CHALANDI.iter().enumerate() {
            let gain = octaves_to_ratio(-0.7 * i as f32 + 0.3 * octaves * i as f32);
            strike.mode(f0 * ratio, gain, 1.4 / (1.0 + 0.5 * i as f32), 0.3 * spread(note, i as i64));
        }
        for i in 0..14 {
            // Log-normal about 2 kHz, 300–9000 Hz.
            let bell = grain(note, 3 * i) + grain(note, 3 * i + 1) + grain(note, 3 * i + 2) - 1.5;
            let hz = 1900.0 * octaves_to_ratio(0.7 * height(note) + 3.0 * bell);
            let gain = 0.45 * octaves_to_ratio(0.35 * octaves * (hz / 2000.0).min(3.0) - hz / 6000.0);
            let decay_s = 0.25 + 0.9 * grain(note, 100 + i) * (1500.0 / hz).min(1.5);
            strike.mode(hz, gain, decay_s, 0.5 * spread(note, 20 + i));
        }
        strike.level_modes(0.25);
        let strikes = octaves_to_ratio(0.7 * octaves);
        strike.burst(Burst::new(0.5 * strikes, 3800.0, 0.7, 0.02));
        strike.burst(Burst {
            start_s: 0.02,
            width: WIDE,
            grains_hz: 900.0,
            ..Burst::new(0.12 * strikes, 5600.0, 0.8, 0.3)
        });
        strike.attack_ms = 0.4;
        strike.drive_db = 3.0;
        strike.gain = 0.52;
    }
}

struct Cymbal;

impl Recipe for Cymbal {
    fn strike(note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
        let octaves = brightness(note, timbre);
        let low_hz = 240.0 * octaves_to_ratio(0.8 * height(note));
        for i in 0..MODES {
            let along = (i as f32 + 0.8 * grain(note, i as i64)) / MODES as f32;
            let hz = low_hz * octaves_to_ratio(5.3 * along);
            // Weight moves up with force, as the metal's own non-linearity does.
            let gain =
                octaves_to_ratio((0.9 * octaves - 0.9) * along) * (0.4 + 0.6 * grain(note, 200 + i as i64));
            strike.mode(hz, gain, 4.5 * octaves_to_ratio(-1.7 * along), 0.8 * spread(note, i as i64));
        }
        strike.level_modes(0.1);
        let wash = 0.22 * octaves_to_ratio(0.5 * octaves);
        strike.burst(Burst {
            response: Response::High,
            width: WIDE,
            attack_ms: 25.0,
            ..Burst::new(wash, 5200.0 * octaves_to_ratio(-0.3 * octaves), 0.6, 1.9)
        });
        strike.burst(Burst { width: WIDE, attack_ms: 3.0, ..Burst::new(0.7 * wash, 2800.0, 0.5, 0.9) });
        strike.attack_ms = 1.2;
        strike.gain = 0.63;
    }
}
