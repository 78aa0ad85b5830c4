//! A plucked synthesiser for sequences: narrow pulses and a saw behind a resonant filter with a fast decay.
//! Source: MUSIC 8 #16 (saw/square, key-tracked low-pass 24 dB 300–2500 Hz, resonance, decay 90–180 ms).
//! Levels measured with `listen`. Cost: about 13 ns per frame and note.

use super::held::Held;
use super::tone::Tone;
use super::{Family, InstrumentRow, Playing, Pool, Stereo, Timbre, limit};
use crate::dsp::envelope::Shape;
use crate::dsp::filter::Cascade;
use crate::dsp::kept::Kept;
use crate::dsp::math;
use crate::dsp::oscillator::{Bank, phase_of, step_of};
use crate::units::cents_to_ratio;

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "pulse_synth",
    name: "Pulse Synth",
    family: Family::Synth,
    doc: "A sequenced analogue pluck, round to biting as the mood opens its filter.",
    source: "MUSIC 8 #16",
    pitch_range: (36, 96),
    pitched: true,
    voices: 12,
    playing: Playing::KEYED,
    limit_ns: 4.0 * limit::SAW + 2.0 * limit::FILTER,
    tail_s: 0.9,
    budget_ns: 40.0,
    build: |spec| Box::new(Pool::<PulseSynth>::new(spec, ROW.voices)),
};

/// Gain that puts the first 150 ms of a note of nominal velocity at -30 dB RMS (measured).
const LEVEL: f32 = 0.12;

/// Where the filter rests at middle C and how far it opens, Hz and octaves.
const CUTOFF_HZ: f32 = 620.0;
const SNAP_OCTAVES: f32 = 2.3;
const SNAP_S: f32 = 0.12;

/// Level held after the pluck: a long note goes on as a thin line.
const SUSTAIN: f32 = 0.35;

#[derive(Default)]
struct PulseSynth {
    tone: Tone,
    timbre: Timbre,
    saws: Bank,
    pulse: Bank,
    filter: Cascade,
    height: Kept,
}

impl Held for PulseSynth {
    fn parts(&mut self) -> (&mut Tone, &mut Timbre) {
        (&mut self.tone, &mut self.timbre)
    }

    fn begin(&mut self) {
        (self.saws.count, self.pulse.count) = (2, 1);
        for i in 0..2 {
            self.saws.phase[i] = phase_of(f64::from(self.tone.random(100, i)));
        }
        self.pulse.phase[0] = phase_of(f64::from(self.tone.random(100, 2)));
        self.tone.begin(Shape { attack_s: 0.005, decay_s: 0.14, sustain: SUSTAIN, release_s: 0.28 });
    }

    fn sound(&mut self, out: &mut Stereo) {
        let moment = self.tone.advance();
        let rate_hz = self.tone.rate_hz;
        let gain = moment.gain * LEVEL;
        for (i, (cents, left, right)) in [(-4.0, 1.0, 0.45), (4.0, 0.45, 1.0)].into_iter().enumerate() {
            self.saws.step[i] = step_of(moment.hz * cents_to_ratio(cents), rate_hz);
            (self.saws.left[i], self.saws.right[i]) = (0.6 * gain * left, 0.6 * gain * right);
        }
        self.pulse.step[0] = step_of(moment.hz, rate_hz);
        (self.pulse.left[0], self.pulse.right[0]) = (gain, gain);
        self.saws.saws_add(out);
        self.pulse.pulses_add(0.25, out);
        let velocity = self.tone.note.velocity;
        let snap = SNAP_OCTAVES * (0.3 + velocity) * math::exp2(-moment.time_s * (1.44 / SNAP_S));
        let octaves = self.timbre.brightness_octaves
            + snap
            + 1.2 * (velocity - 0.7)
            + 0.6 * self.height.of(moment.hz, |hz| math::log2(hz * (1.0 / 261.6)));
        let cutoff_hz = CUTOFF_HZ * math::exp2(octaves);
        self.filter.set_low(cutoff_hz, [0.6, 2.2], rate_hz);
    }

    fn together(voices: &mut [&mut Self], outs: &mut [Stereo]) {
        Cascade::process_each(voices.iter_mut().map(|voice| &mut voice.filter).zip(outs));
    }
}
