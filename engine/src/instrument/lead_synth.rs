//! A synthesiser that sings: two saws and a pulse in one line, gliding, with a vibrato that comes late.
//! Source: own, after MUSIC 8 #16's filter and 7.3's vibrato. Levels measured with `listen`.
//! Cost: about 22 ns per frame and note.

use super::held::Held;
use super::section::{Players, Section, Tremolo, Vibrato};
use super::tone::Tone;
use super::{Family, InstrumentRow, Playing, Pool, Stereo, Timbre, limit};
use crate::dsp::envelope::Shape;
use crate::dsp::filter::Cascade;
use crate::dsp::kept::Kept;
use crate::dsp::math;

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "lead_synth",
    name: "Lead Synth",
    family: Family::Synth,
    doc: "A singing analogue lead with late vibrato and a filter that leans into each note.",
    source: "own",
    pitch_range: (43, 91),
    pitched: true,
    voices: 6,
    playing: Playing::KEYED,
    limit_ns: 3.0 * limit::SAW + 2.0 * limit::FILTER,
    tail_s: 1.2,
    budget_ns: 45.0,
    build: |spec| Box::new(Pool::<Lead>::new(spec, ROW.voices)),
};

/// Gain that puts a held note of nominal velocity at -30 dB RMS (measured).
const LEVEL: f32 = 0.092;

/// Cutoff at middle C and a neutral mood, Hz; how far it leans in above that, octaves, and how fast.
const CUTOFF_HZ: f32 = 1_300.0;
const LEAN_OCTAVES: f32 = 1.1;
const LEAN_S: f32 = 0.4;

#[derive(Default)]
struct Lead {
    tone: Tone,
    timbre: Timbre,
    saws: Section,
    filter: Cascade,
    height: Kept,
}

impl Held for Lead {
    fn parts(&mut self) -> (&mut Tone, &mut Timbre) {
        (&mut self.tone, &mut self.timbre)
    }

    fn begin(&mut self) {
        self.tone.begin(Shape { attack_s: 0.03, decay_s: 0.3, sustain: 0.85, release_s: 0.45 });
        let extent_cents = if self.tone.note.length_s > 0.35 { 14.0 } else { 0.0 };
        let players = Players {
            count: 3,
            detune_cents: 5.0,
            drift_cents: 1.5,
            vibrato: Vibrato { rate_hz: 5.6, extent_cents, delay_s: 0.5 },
            tremolo: Tremolo::NONE,
            onset_s: 0.0,
            width: 0.5,
        };
        self.saws = Section::new(&players, &self.tone);
        // Circuits share one LFO: all three sway together.
        self.saws.sway_together();
    }

    fn sound(&mut self, out: &mut Stereo) {
        let mut moment = self.tone.advance();
        let rate_hz = self.tone.rate_hz;
        moment.gain *= LEVEL;
        self.saws.advance(&self.tone, &moment, 1.0 + 0.4 * self.timbre.mood.energy, 1.0);
        self.saws.bank.saws_add(out);
        let velocity = self.tone.note.velocity;
        let octaves = self.timbre.brightness_octaves
            + LEAN_OCTAVES * (0.3 + velocity) * math::exp2(-moment.time_s * (1.0 / LEAN_S))
            + 1.5 * (velocity - 0.7)
            + 0.5 * self.height.of(moment.hz, |hz| math::log2(hz * (1.0 / 261.6)));
        let cutoff_hz = CUTOFF_HZ * math::exp2(octaves);
        self.filter.set_low(cutoff_hz, [0.6, 1.6], rate_hz);
    }

    fn together(voices: &mut [&mut Self], outs: &mut [Stereo]) {
        Cascade::process_each(voices.iter_mut().map(|voice| &mut voice.filter).zip(outs));
    }
}
