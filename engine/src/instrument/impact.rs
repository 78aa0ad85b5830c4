//! Impacts and booms: the hit of a trailer and the sub that opens under a cut.
//! Source: MUSIC 8 #18: a gliding sine, a body of noise, a crack and a little metal through a soft clipper.
//! In/out: see `struck`; the pitch class of the note tunes the sub, its octave does not. Cost: about 10 ns per frame.

use super::struck::{Burst, Recipe, Strike, Struck, WIDE, brightness, spread};
use super::{Family, InstrumentRow, NoteOn, Playing, Pool, Timbre, limit};
use crate::dsp::filter::Response;
use crate::units::{note_to_hz, octaves_to_ratio};

/// The impact's row.
pub const IMPACT: InstrumentRow = InstrumentRow {
    id: "impact",
    name: "Impact",
    family: Family::Effects,
    doc: "A trailer hit: crack, body, a sub that drops an octave, debris.",
    source: "MUSIC 8 #18",
    pitch_range: (12, 108),
    pitched: false,
    voices: 4,
    playing: Playing::SINGLE,
    limit_ns: 20.0 * limit::MODE + 4.0 * limit::NOISE + limit::CLIP,
    tail_s: 7.0,
    budget_ns: 55.0,
    build: |spec| Box::new(Pool::<Struck<Impact>>::new(spec, 4)),
};

/// The boom's row.
pub const BOOM: InstrumentRow = InstrumentRow {
    id: "boom",
    name: "Sub Boom",
    family: Family::Effects,
    doc: "A soft, very low swell of air with a long fall: felt more than heard.",
    source: "MUSIC 8 #18",
    pitch_range: (12, 108),
    pitched: false,
    voices: 4,
    playing: Playing::SINGLE,
    limit_ns: 3.0 * limit::MODE + limit::NOISE + limit::CLIP,
    tail_s: 9.0,
    budget_ns: 25.0,
    build: |spec| Box::new(Pool::<Struck<Boom>>::new(spec, 4)),
};

/// The note's pitch class between 29 and 58 Hz: as low as cinemas go.
fn sub_hz(note: &NoteOn) -> f32 {
    let octaves = (note.pitch - 22.0) / 12.0;
    note_to_hz(22.0 + 12.0 * (octaves - libm::floorf(octaves)))
}

struct Impact;

impl Recipe for Impact {
    fn strike(note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
        let octaves = brightness(note, timbre);
        let sub = sub_hz(note);
        strike.mode(sub, 1.0, 2.6, 0.0);
        strike.mode(2.0 * sub, 0.35, 1.4, 0.0);
        strike.mode(3.2 * sub, 0.25, 0.6, -0.2);
        strike.mode(4.7 * sub, 0.18, 0.4, 0.2);
        strike.level_modes(0.42);
        strike.next_group(0.0);
        for i in 0..16 {
            let along = (i as f32 + 0.5 + 0.4 * spread(note, i)) / 16.0;
            let hz = 190.0 * octaves_to_ratio(4.6 * along);
            let gain = 0.034 * octaves_to_ratio((octaves - 1.2) * along);
            strike.mode(hz, gain, 2.4 * octaves_to_ratio(-1.6 * along), 0.7 * spread(note, 30 + i));
        }
        (strike.glide_octaves, strike.glide_groups, strike.glide_ms) = (1.05, 1, 65.0);
        let hard = octaves_to_ratio(0.6 * octaves);
        let low = Response::Low;
        strike.burst(Burst { response: low, width: 0.8, ..Burst::new(0.85, 420.0 * hard, 0.6, 0.9) });
        strike.burst(Burst { response: Response::High, ..Burst::new(0.3 * hard, 2000.0, 0.7, 0.05) });
        strike.burst(Burst { width: 0.9, ..Burst::new(0.55 * hard, 1100.0, 0.5, 0.26) });
        let debris = Burst::new(0.07 * hard, 3200.0, 0.6, 1.6);
        strike.burst(Burst { start_s: 0.03, attack_ms: 30.0, width: WIDE, grains_hz: 700.0, ..debris });
        strike.attack_ms = 0.6;
        strike.rolls = false;
        strike.drive_db = 6.0;
        strike.gain = 0.62;
    }
}

struct Boom;

impl Recipe for Boom {
    fn strike(note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
        let octaves = brightness(note, timbre);
        let sub = sub_hz(note);
        strike.mode(sub, 1.0, 4.2, 0.0);
        strike.mode(sub * 1.012, 0.45, 3.4, 0.0);
        strike.mode(2.0 * sub, 0.2 * octaves_to_ratio(0.5 * octaves), 1.8, 0.0);
        strike.level_modes(0.36);
        (strike.glide_octaves, strike.glide_ms) = (0.55, 130.0);
        let air = octaves_to_ratio(0.6 * octaves);
        strike.burst(Burst {
            response: Response::Low,
            attack_ms: 18.0,
            width: 0.8,
            ..Burst::new(0.3 * air, 190.0 * air, 0.6, 1.3)
        });
        strike.attack_ms = 14.0;
        strike.rolls = false;
        strike.drive_db = 2.0;
        strike.gain = 0.8;
    }
}
