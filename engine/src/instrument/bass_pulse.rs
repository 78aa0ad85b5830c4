//! A pulsing synthesiser bass: a saw over a square one octave below, behind a filter that snaps shut.
//! Source: MUSIC 8 #15 (saw and square an octave down, low-pass 24 dB 250 to 900 Hz, decay 140 ms).
//! Levels measured with `listen`. Cost: about 12 ns per frame and note.

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
    id: "bass_pulse",
    name: "Pulse Bass",
    family: Family::Synth,
    doc: "A tight analogue bass whose filter snaps on every note.",
    source: "MUSIC 8 #15",
    pitch_range: (24, 60),
    pitched: true,
    voices: 8,
    playing: Playing::KEYED,
    limit_ns: 4.0 * limit::SAW + 2.0 * limit::FILTER,
    tail_s: 0.6,
    budget_ns: 40.0,
    build: |spec| Box::new(Pool::<PulseBass>::new(spec, ROW.voices)),
};

/// Gain that puts a held note of nominal velocity at -30 dB RMS (measured).
const LEVEL: f32 = 0.07;

/// Where the filter rests and how far it opens, Hz and octaves (MUSIC 8 #15: 250 to 900).
const CUTOFF_HZ: f32 = 330.0;
const SNAP_OCTAVES: f32 = 2.0;
const SNAP_S: f32 = 0.14;

#[derive(Default)]
struct PulseBass {
    tone: Tone,
    timbre: Timbre,
    saws: Bank,
    square: Bank,
    filter: Cascade,
    height: Kept,
}

impl Held for PulseBass {
    fn parts(&mut self) -> (&mut Tone, &mut Timbre) {
        (&mut self.tone, &mut self.timbre)
    }

    fn begin(&mut self) {
        (self.saws.count, self.square.count) = (2, 1);
        for i in 0..2 {
            self.saws.phase[i] = phase_of(f64::from(self.tone.random(100, i)));
        }
        self.tone.begin(Shape { attack_s: 0.008, decay_s: 0.25, sustain: 0.75, release_s: 0.16 });
    }

    fn sound(&mut self, out: &mut Stereo) {
        let moment = self.tone.advance();
        let rate_hz = self.tone.rate_hz;
        let gain = moment.gain * LEVEL;
        // Two saws 6 cents apart, one to each side a little: width above, the square in the middle below.
        for (i, (cents, left, right)) in [(-3.0, 1.0, 0.75), (3.0, 0.75, 1.0)].into_iter().enumerate() {
            self.saws.step[i] = step_of(moment.hz * cents_to_ratio(cents), rate_hz);
            (self.saws.left[i], self.saws.right[i]) = (0.7 * gain * left, 0.7 * gain * right);
        }
        self.square.step[0] = step_of(0.5 * moment.hz, rate_hz);
        (self.square.left[0], self.square.right[0]) = (0.6 * gain, 0.6 * gain);
        self.saws.saws_add(out);
        self.square.pulses_add(0.5, out);
        let velocity = self.tone.note.velocity;
        let snap = SNAP_OCTAVES * (0.4 + 0.85 * velocity) * math::exp2(-moment.time_s * (1.44 / SNAP_S));
        let octaves = self.timbre.brightness_octaves
            + snap
            + 1.5 * (velocity - 0.7)
            + 0.5 * self.height.of(moment.hz, |hz| math::log2(hz * (1.0 / 82.4)));
        let cutoff_hz = CUTOFF_HZ * math::exp2(octaves);
        self.filter.set_low(cutoff_hz, [0.6, 1.5], rate_hz);
    }

    fn together(voices: &mut [&mut Self], outs: &mut [Stereo]) {
        Cascade::process_each(voices.iter_mut().map(|voice| &mut voice.filter).zip(outs));
    }
}
