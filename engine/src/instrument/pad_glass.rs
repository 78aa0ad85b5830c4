//! A bright, airy pad: pairs of sines far up the harmonic series, each fading in and out on its own, and air.
//! Source: own, after MUSIC 8 #22 (random-walk loudness per partial, amplitude 1/f^.8). Levels measured with `listen`.
//! Cost: about 8 ns per frame and note.

use super::breath::Breath;
use super::held::Held;
use super::section::{Players, Section, Tremolo, Vibrato};
use super::tone::Tone;
use super::{Family, InstrumentRow, Playing, Pool, Stereo, Timbre, limit};
use crate::dsp::envelope::Shape;
use crate::dsp::kept::Kept;
use crate::dsp::math;
use crate::dsp::oscillator::BANK;

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "pad_glass",
    name: "Glass Pad",
    family: Family::Synth,
    doc: "A transparent pad of slowly glinting partials with a breath of air above.",
    source: "own",
    pitch_range: (40, 92),
    pitched: true,
    voices: 12,
    playing: Playing::HELD,
    limit_ns: 16.0 * limit::SINE + limit::NOISE,
    tail_s: 7.0,
    budget_ns: 40.0,
    build: |spec| Box::new(Pool::<Glass>::new(spec, ROW.voices)),
};

/// Gain that puts a held note of nominal velocity at -28 dB RMS (measured).
const LEVEL: f32 = 0.22;

/// Harmonics of the sixteen sines: pairs beat slowly across the room. Taste: octaves and fifths, little third.
const HARMONICS: [u32; BANK] = [1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 6, 8, 8];

/// Loudness falls with the harmonic's number to this power at a neutral mood; brightness flattens it.
const SLOPE: f32 = 1.15;

#[derive(Default)]
struct Glass {
    tone: Tone,
    timbre: Timbre,
    partials: Section,
    /// Levels of the partials by slope and pitch.
    levels: Kept<[f32; 2], [f32; BANK]>,
    air: Breath,
    airy: Kept,
    /// Gain of the air.
    air_gain: f32,
}

/// Levels of the partials when loudness falls by a power of the harmonic's number, at a pitch, Hz.
fn levels([slope, hz]: [f32; 2], rate_hz: f32) -> [f32; BANK] {
    HARMONICS.map(|harmonic| {
        let audible = hz * harmonic as f32 * 1.02 < 0.45 * rate_hz;
        if audible { math::exp2(-slope * math::log2(harmonic as f32)) } else { 0.0 }
    })
}

impl Held for Glass {
    fn parts(&mut self) -> (&mut Tone, &mut Timbre) {
        (&mut self.tone, &mut self.timbre)
    }

    fn begin(&mut self) {
        let attack_s = 0.9 * math::exp2(-1.2 * self.timbre.mood.energy);
        self.tone.begin(Shape { attack_s, decay_s: 1.0, sustain: 1.0, release_s: 3.0 });
        let players = Players {
            count: BANK,
            detune_cents: 3.5,
            drift_cents: 2.0,
            vibrato: Vibrato::NONE,
            tremolo: Tremolo { low_hz: 0.08, high_hz: 0.45, depth: 0.85 },
            onset_s: 0.3,
            width: 0.9,
        };
        self.partials = Section::new(&players, &self.tone);
        self.air = Breath::new(&self.tone, 0);
    }

    fn sound(&mut self, out: &mut Stereo) {
        let mut moment = self.tone.advance();
        let rate_hz = self.tone.rate_hz;
        moment.gain *= LEVEL;
        self.partials.advance(&self.tone, &moment, 0.0, self.timbre.instability());
        let force = self.timbre.brightness_octaves + 1.5 * (self.tone.note.velocity - 0.7);
        let slope = (SLOPE - 0.5 * force).clamp(0.3, 2.5);
        let levels = self.levels.of([slope, moment.hz], |at| levels(at, rate_hz));
        let bank = &mut self.partials.bank;
        for (i, (harmonic, level)) in HARMONICS.into_iter().zip(levels).enumerate() {
            bank.step[i] = bank.step[i].wrapping_mul(harmonic);
            bank.left[i] *= level;
            bank.right[i] *= level;
        }
        bank.sines_add(out);
        self.air.around((6.0 * moment.hz).clamp(3_000.0, 9_000.0), 1.2);
        let octaves = 0.7 * self.timbre.brightness_octaves + 2.5 * (self.tone.note.velocity - 0.7);
        self.air_gain = moment.gain * 0.05 * self.airy.of(octaves, math::exp2);
    }

    fn together(voices: &mut [&mut Self], outs: &mut [Stereo]) {
        Breath::render_each(voices.iter_mut().map(|voice| (&mut voice.air, voice.air_gain)), outs);
    }
}
