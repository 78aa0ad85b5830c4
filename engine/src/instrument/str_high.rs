//! Strings in harmonics: nearly sines, with a whisper of bow at the pitch, each player coming and going.
//! Source: MUSIC 8 #2 (sine, second at .15, noise band Q 20 at the pitch). Levels measured with `listen`.
//! Cost: about 20 ns per frame and note.

use super::breath::Breath;
use super::held::Held;
use super::section::{Players, Section, Tremolo, Vibrato};
use super::tone::Tone;
use super::{Family, InstrumentRow, Playing, Pool, Stereo, Timbre, limit};
use crate::dsp::envelope::Shape;
use crate::dsp::kept::Kept;
use crate::dsp::math;
use crate::dsp::oscillator::Bank;
use crate::dsp::smooth::Halving;
use crate::units::db_to_gain;

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "str_high",
    name: "String Harmonics",
    family: Family::Strings,
    doc: "High strings in harmonics, a silvery shimmer above everything.",
    source: "MUSIC 8 #2",
    pitch_range: (60, 103),
    pitched: true,
    voices: 10,
    playing: Playing::HELD,
    limit_ns: 24.0 * limit::SINE + limit::NOISE,
    tail_s: 2.6,
    budget_ns: 40.0,
    build: |spec| Box::new(Pool::<Harmonics>::new(spec, ROW.voices)),
};

/// Gain that puts a held note of nominal velocity at -30 dB RMS (measured).
const LEVEL: f32 = 0.088;

/// Levels of the second and third harmonic at a neutral mood (MUSIC 8 #2: .15 and none). Taste for the third.
const SECOND: f32 = 0.15;
const THIRD: f32 = 0.05;

#[derive(Default)]
struct Harmonics {
    tone: Tone,
    timbre: Timbre,
    section: Section,
    upper: [Bank; 2],
    colored: Kept,
    bow: Breath,
    bite: Halving,
    bitten: Kept,
    /// Gain of the bow.
    rosin: f32,
}

impl Held for Harmonics {
    fn parts(&mut self) -> (&mut Tone, &mut Timbre) {
        (&mut self.tone, &mut self.timbre)
    }

    fn begin(&mut self) {
        let attack_s = 0.5 * math::exp2(-1.2 * self.timbre.mood.energy);
        self.tone.begin(Shape { attack_s, decay_s: 1.0, sustain: 1.0, release_s: 1.1 });
        let players = Players {
            count: 8,
            detune_cents: 4.0,
            drift_cents: 2.5,
            vibrato: Vibrato { rate_hz: 5.2, extent_cents: 5.0, delay_s: 0.8 },
            // Bows change one by one: every player swells and thins within a few seconds.
            tremolo: Tremolo { low_hz: 0.25, high_hz: 0.7, depth: 0.7 },
            onset_s: 0.06,
            width: 0.95,
        };
        self.section = Section::new(&players, &self.tone);
        for (bank, multiple) in self.upper.iter_mut().zip([2, 3]) {
            bank.count = self.section.bank.count;
            for i in 0..bank.count {
                bank.phase[i] = self.section.bank.phase[i].wrapping_mul(multiple);
            }
        }
        self.bow = Breath::new(&self.tone, 0);
        self.bite = Halving::new(self.tone.block_s, 0.2);
    }

    fn sound(&mut self, out: &mut Stereo) {
        let mut moment = self.tone.advance();
        let rate_hz = self.tone.rate_hz;
        moment.gain *= LEVEL;
        self.section.advance(&self.tone, &moment, 1.0, self.timbre.instability());
        self.section.bank.sines_add(out);
        let octaves = self.timbre.brightness_octaves + 2.0 * (self.tone.note.velocity - 0.7);
        let color = self.colored.of(octaves, math::exp2);
        for (bank, (multiple, level)) in self.upper.iter_mut().zip([(2, SECOND), (3, THIRD)]) {
            let audible = moment.hz * multiple as f32 * 1.05 < 0.45 * rate_hz;
            let level = if audible { level * color } else { 0.0 };
            bank.gain = self.section.bank.gain;
            for i in 0..bank.count {
                bank.step[i] = self.section.bank.step[i].wrapping_mul(multiple);
                bank.left[i] = self.section.bank.left[i] * level;
                bank.right[i] = self.section.bank.right[i] * level;
            }
            bank.sines_add(out);
        }
        let bite = self.bitten.of(-5.0 + 6.0 * self.bite.advance(), db_to_gain);
        self.bow.around(moment.hz, 20.0);
        self.rosin = moment.gain * bite;
    }

    fn together(voices: &mut [&mut Self], outs: &mut [Stereo]) {
        Breath::render_each(voices.iter_mut().map(|voice| (&mut voice.bow, voice.rosin)), outs);
    }
}
