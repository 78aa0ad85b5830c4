//! A sub bass: a sine with just enough overtone to be followed on small speakers. Always in the middle.
//! Source: MUSIC 8 #15 (2nd and 3rd harmonic -26 dB, 30–60 Hz, attack 15 ms), added as sines instead of a
//! waveshaper so that nothing aliases. Levels measured with `listen`. Cost: about 2 ns per frame and note.

use super::held::Held;
use super::tone::Tone;
use super::{Family, InstrumentRow, Playing, Pool, Stereo, Timbre, limit};
use crate::dsp::envelope::Shape;
use crate::dsp::kept::Kept;
use crate::dsp::math;
use crate::dsp::oscillator::{Bank, step_of};
use crate::units::db_to_gain;

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "sub",
    name: "Sub Bass",
    family: Family::Synth,
    doc: "A deep sine with a hint of overtones, felt more than heard.",
    source: "MUSIC 8 #15",
    pitch_range: (21, 52),
    pitched: true,
    voices: 6,
    playing: Playing::KEYED,
    limit_ns: 3.0 * limit::SINE,
    tail_s: 0.8,
    budget_ns: 15.0,
    build: |spec| Box::new(Pool::<Sub>::new(spec, ROW.voices)),
};

/// Gain that puts a held note of nominal velocity at -30 dB RMS (measured); each channel carries the whole.
const LEVEL: f32 = 0.0447;

/// Levels of the harmonics at a neutral mood, dB; brightness adds [`DB_PER_OCTAVE`] to all but the first.
const HARMONICS_DB: [f32; 5] = [0.0, -24.0, -27.0, -38.0, -42.0];
const DB_PER_OCTAVE: f32 = 5.0;

#[derive(Default)]
struct Sub {
    tone: Tone,
    timbre: Timbre,
    bank: Bank,
    coloured: Kept,
    deep: Kept,
    harmonics: [Kept; HARMONICS_DB.len()],
}

impl Held for Sub {
    fn parts(&mut self) -> (&mut Tone, &mut Timbre) {
        (&mut self.tone, &mut self.timbre)
    }

    fn begin(&mut self) {
        self.bank.count = HARMONICS_DB.len();
        self.tone.begin(Shape { attack_s: 0.03, decay_s: 1.0, sustain: 1.0, release_s: 0.3 });
    }

    fn sound(&mut self, out: &mut Stereo) {
        let moment = self.tone.advance();
        let colour_db =
            DB_PER_OCTAVE * self.timbre.brightness_octaves + 20.0 * (self.tone.note.velocity - 0.7);
        let colour = self.coloured.of(colour_db.min(14.0), db_to_gain);
        let step = step_of(moment.hz, self.tone.rate_hz);
        // The ear loses 10 dB between 55 and 30 Hz: half of it is given back below A1.
        let deep = self.deep.of(moment.hz, |hz| math::exp2(0.25 * math::log2(55.0 / hz).clamp(0.0, 1.5)));
        for (n, harmonic_db) in HARMONICS_DB.into_iter().enumerate() {
            self.bank.step[n] = step.wrapping_mul(n as u32 + 1);
            let gain = moment.gain
                * LEVEL
                * deep
                * self.harmonics[n].of(harmonic_db, db_to_gain)
                * if n == 0 { 1.0 } else { colour };
            (self.bank.left[n], self.bank.right[n]) = (gain, gain);
        }
        self.bank.sines_add(out);
    }
}
