//! A double reed from far away: between duduk and oboe, nasal and human, bending into its notes.
//! Source: MUSIC 8 #13 (pulse .2, formants 1.0 and 2.7 kHz, breath). Levels measured with `listen`.
//! Cost: about 22 ns per frame and note.

use super::breath::Breath;
use super::held::Held;
use super::section::{Players, Section, Tremolo, Vibrato};
use super::tone::Tone;
use super::{Family, InstrumentRow, Playing, Pool, Stereo, Timbre, limit};
use crate::dsp::envelope::Shape;
use crate::dsp::filter::{Filter, Response};
use crate::dsp::math;
use crate::dsp::resonators::{Resonance, Resonators};
use crate::dsp::smooth::Halving;
use crate::units::{cents_to_ratio, db_to_gain};

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "reed",
    name: "Duduk",
    family: Family::Winds,
    doc: "A dark double reed between duduk and oboe, bending into its notes.",
    source: "MUSIC 8 #13",
    pitch_range: (50, 86),
    pitched: true,
    voices: 6,
    playing: Playing::HELD,
    limit_ns: 2.0 * limit::SAW + limit::FILTER + limit::NOISE + limit::RESONANCES,
    tail_s: 0.8,
    budget_ns: 50.0,
    build: |spec| Box::new(Pool::<Reed>::new(spec, ROW.voices)),
};

/// Gain that puts a held note of nominal velocity at -30 dB RMS (measured).
const LEVEL: f32 = 0.13;

/// Part of the period the reed is open (MUSIC 8 #13).
const OPEN: f32 = 0.22;

/// The lips start below the pitch and arrive within this time.
const SCOOP_CENTS: f32 = -45.0;
const SCOOP_S: f32 = 0.09;

/// The pipe's formants: low and woody, and the nose at 1 and 2.7 kHz.
const PIPE: [Resonance; 4] = [
    Resonance { hz: 430.0, width_hz: 200.0, gain: 0.7 },
    Resonance { hz: 1_000.0, width_hz: 240.0, gain: 0.9 },
    Resonance { hz: 2_700.0, width_hz: 600.0, gain: 0.6 },
    Resonance { hz: 3_900.0, width_hz: 900.0, gain: 0.2 },
];

#[derive(Default)]
struct Reed {
    tone: Tone,
    timbre: Timbre,
    player: Section,
    breath: Breath,
    chiff: Halving,
    /// Gain of the breath.
    air: f32,
    filter: Filter,
    pipe: Resonators,
}

impl Held for Reed {
    fn parts(&mut self) -> (&mut Tone, &mut Timbre) {
        (&mut self.tone, &mut self.timbre)
    }

    fn begin(&mut self) {
        self.pipe.set(&PIPE, self.tone.rate_hz);
        let attack_s = 0.09 * math::exp2(-0.8 * self.timbre.mood.energy);
        self.tone.begin(Shape { attack_s, decay_s: 1.0, sustain: 1.0, release_s: 0.25 });
        let extent_cents = if self.tone.note.length_s > 0.4 { 20.0 } else { 0.0 };
        let players = Players {
            count: 1,
            detune_cents: 0.0,
            drift_cents: 3.0,
            vibrato: Vibrato { rate_hz: 4.9, extent_cents, delay_s: 0.45 },
            tremolo: Tremolo::NONE,
            onset_s: 0.0,
            width: 0.0,
        };
        self.player = Section::new(&players, &self.tone);
        self.breath = Breath::new(&self.tone, 0);
        self.chiff = Halving::new(self.tone.block_s, 0.04);
    }

    fn sound(&mut self, out: &mut Stereo) {
        let mut moment = self.tone.advance();
        let rate_hz = self.tone.rate_hz;
        let lean_db = self.tone.lean_db();
        moment.gain *= LEVEL * db_to_gain(lean_db);
        if self.tone.note.glide_from.is_none() {
            let scoop = (1.0 - moment.time_s * (1.0 / SCOOP_S)).max(0.0);
            moment.hz *= cents_to_ratio(SCOOP_CENTS * scoop * scoop);
        }
        self.player.advance(&self.tone, &moment, 1.0, 1.0);
        self.player.bank.pulses_add(OPEN, out);
        let octaves = self.timbre.brightness_octaves
            + 2.0 * (self.tone.note.velocity - 0.7)
            + 1.5 * (moment.effort.min(1.4) - 1.0)
            + 0.12 * lean_db
            + 0.4 * math::log2(moment.hz * (1.0 / 440.0));
        self.filter.set(Response::Low, 2_000.0 * math::exp2(octaves), 0.6, rate_hz);
        self.breath.around(2_200.0, 0.6);
        self.air = (0.02 + 0.1 * self.chiff.advance()) * moment.gain;
    }

    fn together(voices: &mut [&mut Self], outs: &mut [Stereo]) {
        Filter::process_each(voices.iter_mut().map(|voice| &mut voice.filter).zip(outs.iter_mut()));
        Breath::render_each(voices.iter_mut().map(|voice| (&mut voice.breath, voice.air)), outs);
        Resonators::process_each(0.35, voices.iter_mut().map(|voice| &mut voice.pipe).zip(outs));
    }
}
