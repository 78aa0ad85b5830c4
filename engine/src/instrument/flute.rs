//! A flute: few harmonics, much air, a chiff at the start and a slow vibrato of loudness.
//! Source: MUSIC 8 #13 (second -14 dB, third -24 dB by level; breath at the pitch Q 15 -20 dB, 2–6 kHz -34 dB; chiff
//! 40 ms; vibrato 5 Hz, 12 cents and 2 dB). Levels measured with `listen`. Cost: about 20 ns per frame and note.

use super::breath::Breath;
use super::held::Held;
use super::tone::Tone;
use super::{Family, InstrumentRow, Playing, Pool, Stereo, Timbre, limit};
use crate::dsp::envelope::{Shape, s_curve};
use crate::dsp::math;
use crate::dsp::oscillator::{Bank, phase_of, step_of};
use crate::dsp::smooth::Halving;
use crate::units::{cents_to_ratio, db_to_gain};

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "flute",
    name: "Flute",
    family: Family::Winds,
    doc: "A breathy wooden flute with a chiff and a slow vibrato.",
    source: "MUSIC 8 #13",
    pitch_range: (55, 96),
    pitched: true,
    voices: 6,
    playing: Playing::HELD,
    limit_ns: 6.0 * limit::SINE + 2.0 * limit::NOISE,
    tail_s: 0.8,
    budget_ns: 40.0,
    build: |spec| Box::new(Pool::<Flute>::new(spec, ROW.voices)),
};

/// Gain that puts a held note of nominal velocity at -30 dB RMS (measured).
const LEVEL: f32 = 0.0447;

/// Harmonic levels at nominal force, dB, and how much each gains per dB of force.
const HARMONICS_DB: [f32; 7] = [0.0, -13.0, -21.0, -31.0, -38.0, -46.0, -52.0];
const RISE: [f32; 7] = [0.0, 0.5, 0.8, 1.0, 1.3, 1.5, 1.7];

const VIBRATO_HZ: f32 = 5.0;
const VIBRATO_CENTS: f32 = 11.0;
const VIBRATO_DB: f32 = 1.8;

#[derive(Default)]
struct Flute {
    tone: Tone,
    timbre: Timbre,
    bank: Bank,
    at_pitch: Breath,
    above: Breath,
    chiff: Halving,
    /// Gains of the breath at the pitch and above it.
    air: [f32; 2],
    vibrato_cycles: f32,
}

impl Held for Flute {
    fn parts(&mut self) -> (&mut Tone, &mut Timbre) {
        (&mut self.tone, &mut self.timbre)
    }

    fn begin(&mut self) {
        self.bank.count = HARMONICS_DB.len();
        for n in 0..self.bank.count {
            self.bank.phase[n] = phase_of(f64::from(self.tone.random(100, n)));
        }
        self.at_pitch = Breath::new(&self.tone, 0);
        self.above = Breath::new(&self.tone, 1);
        self.chiff = Halving::new(self.tone.block_s, 0.025);
        self.vibrato_cycles = self.tone.random(101, 0);
        let attack_s = 0.07 * math::exp2(-0.7 * self.timbre.mood.energy);
        self.tone.begin(Shape { attack_s, decay_s: 1.0, sustain: 1.0, release_s: 0.25 });
    }

    fn sound(&mut self, out: &mut Stereo) {
        let moment = self.tone.advance();
        let rate_hz = self.tone.rate_hz;
        self.vibrato_cycles = (self.vibrato_cycles + VIBRATO_HZ * self.tone.block_s).fract();
        let depth = s_curve((moment.time_s - 0.25) * (1.0 / 0.5)) * (1.0 + 0.3 * self.timbre.mood.energy);
        let swing = depth * math::sin_cycles(self.vibrato_cycles);
        let lean_db = self.tone.lean_db();
        let hz = moment.hz * cents_to_ratio(VIBRATO_CENTS * swing);
        let gain = LEVEL * moment.gain * db_to_gain(VIBRATO_DB * swing + 0.8 * lean_db);
        let velocity = self.tone.note.velocity;
        // How hard the player blows, dB from nominal: overtones rise faster than the tone.
        let force_db = 14.0 * (velocity - 0.7) + 5.0 * self.timbre.brightness_octaves + 2.0 * swing + lean_db
            - 10.0 * (1.0 - moment.effort).max(0.0);
        let step = step_of(hz, rate_hz);
        for n in 0..HARMONICS_DB.len() {
            let audible = hz * (n as f32 + 1.0) < 0.42 * rate_hz;
            self.bank.step[n] = step.wrapping_mul(n as u32 + 1);
            let harmonic = gain * db_to_gain(HARMONICS_DB[n] + RISE[n] * force_db);
            let harmonic = if audible { harmonic } else { 0.0 };
            (self.bank.left[n], self.bank.right[n]) = (harmonic, harmonic);
        }
        self.bank.sines_add(out);

        let chiff = self.chiff.advance();
        self.at_pitch.around(hz, 15.0);
        self.above.around((3.0 * hz).clamp(2_000.0, 6_000.0), 0.8);
        let air = db_to_gain(-27.0 + 3.0 * self.timbre.brightness_octaves) + 0.16 * chiff * velocity;
        self.air = [gain * (0.45 + 1.6 * chiff), gain * air];
    }

    fn together(voices: &mut [&mut Self], outs: &mut [Stereo]) {
        Breath::render_each(voices.iter_mut().map(|voice| (&mut voice.at_pitch, voice.air[0])), outs);
        Breath::render_each(voices.iter_mut().map(|voice| (&mut voice.above, voice.air[1])), outs);
    }
}
