//! A spectral drone: forty-eight sines on one harmonic series, each rising and sinking in its own time.
//! Source: MUSIC 8 #22 (amplitude 1/f^.8, random-walk loudness .05–.3 Hz, ±3 cents; dread replaces the series by
//! clusters of ±15–45 cents). Levels measured with `listen`. Cost: about 25 ns per frame and note.

use super::held::Held;
use super::section::{Players, Section, Tremolo, Vibrato};
use super::tone::Tone;
use super::{Family, InstrumentRow, Playing, Pool, Stereo, Timbre, limit};
use crate::dsp::envelope::Shape;
use crate::dsp::math;
use crate::dsp::oscillator::BANK;

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "drone_spec",
    name: "Spectral Drone",
    family: Family::Synth,
    doc: "A drone of forty-eight sines that drift through the harmonic series; dread bends them into clusters.",
    source: "MUSIC 8 #22",
    pitch_range: (24, 64),
    pitched: true,
    voices: 12,
    playing: Playing::HELD,
    limit_ns: 48.0 * limit::SINE,
    tail_s: 9.0,
    budget_ns: 60.0,
    build: |spec| Box::new(Pool::<Drone>::new(spec, ROW.voices)),
};

/// Gain that puts a held note of nominal velocity at -28 dB RMS (measured).
const LEVEL: f32 = 0.2;

/// Three banks: the foundation thrice, the middle, the heights. Sixteen harmonics each.
const HARMONICS: [[u32; BANK]; 3] = [
    [1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5, 6, 6, 8, 8],
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 12, 12, 14, 15, 16],
    [9, 10, 11, 12, 13, 14, 16, 16, 18, 20, 20, 22, 24, 24, 28, 32],
];

/// Loudness falls with the harmonic's number to this power (MUSIC 8 #22: .8), more at the top of the keyboard.
const SLOPE: f32 = 0.95;

#[derive(Default)]
struct Drone {
    tone: Tone,
    timbre: Timbre,
    banks: [Section; 3],
    /// Levels of the harmonics, and the slope and the pitch in Hz they were worked out for.
    levels: [[f32; BANK]; 3],
    leveled_for: Option<[f32; 2]>,
}

impl Drone {
    /// Levels of all harmonics, worked out when the slope or the pitch has moved.
    fn level(&mut self, slope: f32, hz: f32) {
        if self.leveled_for == Some([slope, hz]) {
            return;
        }
        for (levels, harmonics) in self.levels.iter_mut().zip(&HARMONICS) {
            for (level, &harmonic) in levels.iter_mut().zip(harmonics) {
                let audible = hz * harmonic as f32 * 1.05 < 0.45 * self.tone.rate_hz;
                *level = if audible { math::exp2(-slope * math::log2(harmonic as f32)) } else { 0.0 };
            }
        }
        self.leveled_for = Some([slope, hz]);
    }
}

impl Held for Drone {
    fn parts(&mut self) -> (&mut Tone, &mut Timbre) {
        (&mut self.tone, &mut self.timbre)
    }

    fn begin(&mut self) {
        let attack_s = 1.6 * math::exp2(-1.2 * self.timbre.mood.energy);
        self.tone.begin(Shape { attack_s, decay_s: 1.0, sustain: 1.0, release_s: 4.0 });
        for (index, bank) in self.banks.iter_mut().enumerate() {
            let players = Players {
                count: BANK,
                detune_cents: 3.0,
                drift_cents: 2.0,
                vibrato: Vibrato::NONE,
                tremolo: Tremolo { low_hz: 0.05, high_hz: 0.3, depth: 0.95 },
                onset_s: 0.4,
                width: 0.6 + 0.2 * index as f32,
            };
            // Each bank has a place of its own, or all three would move as one.
            let mut of_bank = self.tone;
            of_bank.note.place = crate::random::mix64(self.tone.note.place ^ (index as u64 + 1));
            *bank = Section::new(&players, &of_bank);
        }
    }

    fn sound(&mut self, out: &mut Stereo) {
        let mut moment = self.tone.advance();
        moment.gain *= LEVEL;
        // From half tension on, the series loosens into clusters, up to ±45 cents.
        let dread = (2.0 * self.timbre.tension - 1.0).clamp(0.0, 1.0);
        let spread = 1.0 + 9.0 * dread;
        let force = self.timbre.brightness_octaves + 1.5 * (self.tone.note.velocity - 0.7);
        let height = 0.25 * math::log2(moment.hz * (1.0 / 65.4)).max(0.0);
        let slope = (SLOPE + height - 0.45 * force).clamp(0.2, 2.5);
        self.level(slope, moment.hz);
        for ((section, harmonics), levels) in self.banks.iter_mut().zip(&HARMONICS).zip(&self.levels) {
            section.advance(&self.tone, &moment, 0.0, spread);
            let bank = &mut section.bank;
            for (i, (&harmonic, level)) in harmonics.iter().zip(levels).enumerate() {
                bank.step[i] = bank.step[i].wrapping_mul(harmonic);
                bank.left[i] *= level;
                bank.right[i] *= level;
            }
            bank.sines_add(out);
        }
    }
}
