//! Strings in tremolo near the bridge: glassy, nervous, a shiver that can swell into terror.
//! Source: MUSIC 8 #2 (each player 9–13 Hz, depth .6; near the bridge: high-pass 700 Hz, 8 dB more at 3–5 kHz and of
//! noise).
//! Levels measured with the `listen` example.

use super::body::Body;
use super::bowed::{BOW_STROKES, BRIDGE_BODIES, Bowed, BowedKind};
use super::section::Tremolo;
use super::{Family, InstrumentRow, Playing, limit};

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "str_trem",
    name: "Tremolo Strings",
    family: Family::Strings,
    doc: "A string section in tremolo close to the bridge, shivering and thin.",
    source: "MUSIC 8 #2",
    pitch_range: (36, 98),
    pitched: true,
    voices: 12,
    playing: Playing::HELD,
    limit_ns: 10.0 * limit::SAW + 2.0 * limit::FILTER + limit::NOISE,
    tail_s: 1.6,
    budget_ns: 60.0,
    build: |spec| Box::new(Body::<Bowed<Trembling>>::new(spec, ROW.voices, &BRIDGE_BODIES)),
};

struct Trembling;

impl BowedKind for Trembling {
    const LEVEL: f32 = 0.21;
    const TILT_DB: f32 = 1.5;
    const PLAYERS: f32 = 10.0;
    const TREMOLO: Tremolo = BOW_STROKES;
    const ROSIN_DB: f32 = -30.0;
    const CUTOFF_HZ: f32 = 6_000.0;
    const PONTICELLO_HZ: f32 = 700.0;
}

#[cfg(test)]
mod tests {
    use crate::instrument::measure::{band_power, loudest_db, play, power_db};
    use crate::instrument::{InstrumentRow, NoteOn, Timbre, str_sus};

    const RATE_HZ: f64 = 48_000.0;

    /// Levels at a held note's fundamental, at 1 kHz, and from 3 to 5 kHz, dB under the note.
    fn levels_db(row: &InstrumentRow, pitch: f32) -> [f64; 3] {
        let note = NoteOn { pitch, velocity: 0.7, place: 77, ..NoteOn::REST };
        let sound = &play(row, RATE_HZ, note, 2.0, &Timbre::default(), 2.0)[24_000..];
        let all_db = loudest_db(sound, RATE_HZ);
        let hz = f64::from(crate::units::note_to_hz(pitch));
        [(hz, 4.0), (1_000.0, 2.0), (4_000.0, 2.0)]
            .map(|(hz, q)| power_db(band_power(sound, hz, q, RATE_HZ)) - all_db)
    }

    #[test]
    fn close_to_the_bridge_lows_are_thinned_and_highs_stand_out() {
        for pitch in [43.0, 55.0, 60.0, 67.0] {
            let [there, here] = [&str_sus::ROW, &super::ROW].map(|row| levels_db(row, pitch));
            let [low, middle, high] = [0, 1, 2].map(|band| here[band] - there[band]);
            assert!(low < middle - 6.0, "{pitch}: the fundamental {low:.1} dB, 1 kHz {middle:.1} dB");
            assert!(high > middle + 8.0, "{pitch}: 3 to 5 kHz {high:.1} dB, 1 kHz {middle:.1} dB");
        }
    }
}
