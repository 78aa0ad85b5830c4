//! A section that plays off the string: spiccato, bouncing bows, bite first and pitch after.
//! Source: MUSIC 8 #3 (four saws, attack 6–12 ms, decay 110–180 ms, cutoff 1.2 to 5 kHz by velocity within 60 ms,
//! click -20 dB 15 ms). Levels measured with `listen`. Cost: about 12 ns per frame and note.

use super::body::Body;
use super::bowed::STRING_BODIES;
use super::breath::Breath;
use super::held::Held;
use super::section::{Players, Section, Tremolo, Vibrato};
use super::tone::Tone;
use super::{Family, InstrumentRow, Playing, Stereo, Timbre, limit};
use crate::dsp::envelope::Shape;
use crate::dsp::filter::{Filter, Response};
use crate::dsp::kept::Kept;
use crate::dsp::math;

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "str_short",
    name: "Spiccato Strings",
    family: Family::Strings,
    doc: "A string section bouncing the bow: short, rosined notes for ostinati.",
    source: "MUSIC 8 #3",
    pitch_range: (28, 96),
    pitched: true,
    voices: 16,
    playing: Playing::KEYED,
    limit_ns: 6.0 * limit::SAW + limit::FILTER,
    tail_s: 0.8,
    budget_ns: 45.0,
    build: |spec| Box::new(Body::<Spiccato>::new(spec, ROW.voices, &STRING_BODIES)),
};

/// Gain that puts the first 150 ms of a note of nominal velocity at -28 dB RMS (measured).
const LEVEL: f32 = 0.2;

/// Cutoff the filter falls to, and octaves it starts above it at full velocity (MUSIC 8 #3: 1.2 k to 5 k).
const CUTOFF_HZ: f32 = 1_200.0;
const OPEN_OCTAVES: f32 = 2.1;
const CLOSE_S: f32 = 0.06;

/// The click is not looked for beyond this age, s: it has fallen by 125 dB.
const CLICK_S: f32 = 0.25;

#[derive(Default)]
struct Spiccato {
    tone: Tone,
    timbre: Timbre,
    section: Section,
    click: Breath,
    /// Gain of the click.
    hair: f32,
    filter: Filter,
    height: Kept,
}

impl Held for Spiccato {
    fn parts(&mut self) -> (&mut Tone, &mut Timbre) {
        (&mut self.tone, &mut self.timbre)
    }

    fn begin(&mut self) {
        // Big strings speak and die more slowly: 110 ms at the top, 180 ms at the bottom.
        let low = ((76.0 - self.tone.note.pitch) * (1.0 / 48.0)).clamp(0.0, 1.0);
        self.tone.begin(Shape { attack_s: 0.01, decay_s: 0.07 + 0.06 * low, sustain: 0.0, release_s: 0.25 });
        let players = Players {
            count: 6,
            detune_cents: 5.0,
            drift_cents: 2.0,
            vibrato: Vibrato::NONE,
            tremolo: Tremolo::NONE,
            onset_s: 0.004 + 0.006 * self.timbre.humanise,
            width: 0.6,
        };
        self.section = Section::new(&players, &self.tone);
        self.click = Breath::new(&self.tone, 0);
    }

    fn sound(&mut self, out: &mut Stereo) {
        let mut moment = self.tone.advance();
        let rate_hz = self.tone.rate_hz;
        moment.gain *= LEVEL;
        self.section.advance(&self.tone, &moment, 0.0, self.timbre.instability());
        self.section.bank.saws_add(out);
        let velocity = self.tone.note.velocity;
        let bite = math::exp2(-moment.time_s * (1.0 / CLOSE_S));
        let octaves = self.timbre.brightness_octaves
            + OPEN_OCTAVES * velocity * bite
            + 0.8 * (velocity - 0.7)
            + 0.4 * self.height.of(moment.hz, |hz| math::log2(hz * (1.0 / 261.6)));
        self.filter.set(Response::Low, CUTOFF_HZ * math::exp2(octaves), 0.7, rate_hz);
        // -20 dB, gone within 15 ms: the hair meets the string.
        self.click.around(2_800.0, 0.6);
        self.hair = 0.5 * velocity * math::exp2(-moment.time_s * (1.0 / 0.012)) * moment.gain;
    }

    fn together(voices: &mut [&mut Self], outs: &mut [Stereo]) {
        Filter::process_each(voices.iter_mut().map(|voice| &mut voice.filter).zip(outs));
    }

    fn finish(&mut self, out: &mut Stereo) {
        if self.tone.time_s < CLICK_S {
            self.click.render_add(self.hair, out);
        }
    }
}
