//! An analogue pad: slightly detuned saws behind a slow 24 dB filter that breathes. The bed everything lies on.
//! Source: MUSIC 8 #14 (±7 cents, low-pass 24 dB 400–1800 Hz, 0.07 Hz breathing, attack 1.2–4 s); saw spread after
//! Szabo's measurements of a seven-saw oscillator. Levels measured with `listen`. Cost: about 5 ns per frame and note.

use super::held::Held;
use super::section::{Players, Section, Tremolo, Vibrato};
use super::tone::Tone;
use super::{Family, InstrumentRow, Playing, Pool, Stereo, Timbre, limit};
use crate::dsp::envelope::Shape;
use crate::dsp::filter::{Cascade, OnePole};
use crate::dsp::kept::Kept;
use crate::dsp::math;
use crate::units::db_to_gain;

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "pad_warm",
    name: "Warm Pad",
    family: Family::Synth,
    doc: "A warm analogue pad of detuned saws behind a slowly breathing filter.",
    source: "MUSIC 8 #14",
    pitch_range: (33, 88),
    pitched: true,
    voices: 14,
    playing: Playing::HELD,
    limit_ns: 6.0 * limit::SAW + 2.0 * limit::FILTER,
    tail_s: 7.5,
    budget_ns: 45.0,
    build: |spec| Box::new(Pool::<Pad>::new(spec, ROW.voices)),
};

/// Gain that puts a held note of nominal velocity at -28 dB RMS (measured).
const LEVEL: f32 = 0.09;

/// Middle of the filter's range at middle C, Hz, and how far it follows the pitch. MUSIC 8 #14: 400–1800.
const CUTOFF_HZ: f32 = 750.0;
const KEY_TRACK: f32 = 0.55;

/// Rate and half the swing of the breathing, Hz and octaves.
const BREATH_HZ: f32 = 0.07;
const BREATH_OCTAVES: f32 = 0.45;

/// The filter is set anew when it has to move by this much, two cents: a breath is that slow.
const MOVES_OCTAVES: f32 = 0.002;

/// What the opening filter adds over the whole range of velocity, dB (measured).
const OPENED_DB: f32 = 7.0;

#[derive(Default)]
struct Pad {
    tone: Tone,
    timbre: Timbre,
    section: Section,
    filter: Cascade,
    high_pass: OnePole,
    breath_cycles: f32,
    /// Octaves the filter stands at.
    cut_octaves: Option<f32>,
    opened: Kept,
    height: Kept,
}

impl Held for Pad {
    fn parts(&mut self) -> (&mut Tone, &mut Timbre) {
        (&mut self.tone, &mut self.timbre)
    }

    fn begin(&mut self) {
        self.high_pass.set(70.0, self.tone.rate_hz);
        self.breath_cycles = self.tone.random(100, 0);
        let attack_s = 1.1 * math::exp2(-1.2 * self.timbre.mood.energy);
        self.tone.begin(Shape { attack_s, decay_s: 1.0, sustain: 1.0, release_s: 3.2 });
        let players = Players {
            count: 6,
            detune_cents: 7.0,
            drift_cents: 2.0,
            vibrato: Vibrato::NONE,
            tremolo: Tremolo::NONE,
            onset_s: 0.0,
            width: 0.9,
        };
        self.section = Section::new(&players, &self.tone);
    }

    fn sound(&mut self, out: &mut Stereo) {
        let mut moment = self.tone.advance();
        let rate_hz = self.tone.rate_hz;
        // What the filter opens, the level gives back in part, so that velocity keeps its law.
        moment.gain *= LEVEL * self.opened.of(-OPENED_DB * (self.tone.note.velocity - 0.7), db_to_gain);
        self.section.advance(&self.tone, &moment, 0.0, self.timbre.instability());
        self.section.bank.saws_add(out);
        self.breath_cycles = (self.breath_cycles + BREATH_HZ * self.tone.block_s).fract();
        let octaves = self.timbre.brightness_octaves
            + 1.5 * (self.tone.note.velocity - 0.7)
            + 0.8 * (moment.effort.min(1.3) - 1.0)
            + BREATH_OCTAVES * math::sin_cycles(self.breath_cycles)
            + KEY_TRACK * self.height.of(moment.hz, |hz| math::log2(hz * (1.0 / 261.6)));
        if self.cut_octaves.is_none_or(|stands_at| (octaves - stands_at).abs() > MOVES_OCTAVES) {
            self.filter.set_low(CUTOFF_HZ * math::exp2(octaves), [0.54, 1.1], rate_hz);
            self.cut_octaves = Some(octaves);
        }
    }

    fn together(voices: &mut [&mut Self], outs: &mut [Stereo]) {
        Cascade::process_each(voices.iter_mut().map(|voice| &mut voice.filter).zip(outs.iter_mut()));
        OnePole::high_each(voices.iter_mut().map(|voice| &mut voice.high_pass).zip(outs));
    }
}
