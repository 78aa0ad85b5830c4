//! The braam: brass, reese and sub driven hard through a filter that opens like a gate and falls a little in pitch.
//! Source: MUSIC 8 #11 (brass 6 voices 9 cents; two saws ±14 cents; sine sub; drive 14–20 dB; filter 200 to 3500 to
//! 600 Hz, 40 ms and 900 ms; formant 350 to 700 Hz; -35 cents in 1.5 s). Cost: about 35 ns per frame and note.

use super::held::Held;
use super::section::{Players, Section, Tremolo, Vibrato};
use super::tone::Tone;
use super::{Family, InstrumentRow, Playing, Pool, Stereo, Timbre, limit};
use crate::dsp::envelope::{Shape, s_curve};
use crate::dsp::filter::{Cascade, OnePole};
use crate::dsp::kept::Kept;
use crate::dsp::math;
use crate::dsp::oscillator::{Bank, phase_of, step_of};
use crate::dsp::oversample::{Bend, Oversampler};
use crate::dsp::real::Real;
use crate::dsp::resonators::{Resonance, Resonators};
use crate::units::{cents_to_ratio, db_to_gain};
use fearless_simd::{Simd, f32x8};

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "braam",
    name: "Braam",
    family: Family::Brass,
    doc: "The trailer blast: driven low brass and synthesiser that opens, growls and sinks.",
    source: "MUSIC 8 #11",
    pitch_range: (24, 60),
    pitched: true,
    voices: 6,
    playing: Playing::KEYED,
    limit_ns: 8.0 * limit::SAW + limit::SINE + limit::DRIVE + 2.0 * limit::FILTER + limit::RESONANCES,
    tail_s: 5.5,
    budget_ns: 60.0,
    build: |spec| Box::new(Pool::<Braam>::new(spec, ROW.voices)),
};

/// Gain after the drive that puts a held note of nominal velocity at -28 dB RMS (measured).
const LEVEL: f32 = 0.05;

/// It begins so many cents sharp, and how long it takes to sink to its pitch. MUSIC 8 #11 has 35; a third of it stays
/// in tune with the chord.
const SHARP_CENTS: f32 = 12.0;
const SINK_S: f32 = 1.5;

/// A soft clipper.
struct Clip {
    drive: f32,
    level: f32,
}

impl Bend for Clip {
    #[inline(always)]
    fn bend<S: Simd>(&self, x: f32x8<S>) -> f32x8<S> {
        x.constant(self.level) * math::tanh(x.constant(self.drive) * x)
    }
}

#[derive(Default)]
struct Braam {
    tone: Tone,
    timbre: Timbre,
    brass: Section,
    reese: Bank,
    sub: Bank,
    before: OnePole,
    /// The drive bends at twice the rate: at the plain rate its harmonics fold back as a rattle under the chord.
    over: [Oversampler; 2],
    filter: Cascade,
    mouth: Resonators,
    sunk: Kept,
    opened: Kept,
    pushed: Kept,
}

impl Braam {
    /// Cutoff over the life of the note: opens within 40 ms, closes over 900 ms.
    fn cutoff_hz(&mut self, time_s: f32) -> f32 {
        let open = s_curve(time_s * (1.0 / 0.06));
        let close = math::exp2(-time_s * (1.0 / 0.6));
        let octaves = self.timbre.brightness_octaves + 1.5 * (self.tone.note.velocity - 0.7);
        (200.0 + open * (450.0 + 2_700.0 * close)) * self.opened.of(octaves, math::exp2)
    }

    fn sources(&mut self, hz: f32, gain: f32, time_s: f32, out: &mut Stereo) {
        let rate_hz = self.tone.rate_hz;
        let moment = super::tone::Moment { hz, gain, effort: 1.0, time_s };
        self.brass.advance(&self.tone, &moment, 1.0, 1.0);
        self.brass.bank.saws_add(out);
        for (i, (cents, left, right)) in [(-14.0, 0.5, 0.2), (14.0, 0.2, 0.5)].into_iter().enumerate() {
            self.reese.step[i] = step_of(hz * cents_to_ratio(cents), rate_hz);
            (self.reese.left[i], self.reese.right[i]) = (gain * left, gain * right);
        }
        self.reese.saws_add(out);
        self.sub.step[0] = step_of(hz, rate_hz);
        (self.sub.left[0], self.sub.right[0]) = (0.6 * gain, 0.6 * gain);
        self.sub.sines_add(out);
    }

    /// The drive hears a level that does not fall with the note, or the growl would leave before the sound does.
    fn drive(&mut self, out: &mut Stereo) {
        let drive_db = 6.0 + 8.0 * self.tone.note.velocity + 3.0 * self.timbre.mood.energy;
        let drive = self.pushed.of(drive_db, db_to_gain);
        let clip = Clip { drive, level: LEVEL * self.tone.velocity_gain() };
        Oversampler::process_pair(&mut self.over, out, &clip);
    }
}

impl Held for Braam {
    fn parts(&mut self) -> (&mut Tone, &mut Timbre) {
        (&mut self.tone, &mut self.timbre)
    }

    fn begin(&mut self) {
        (self.reese.count, self.sub.count) = (2, 1);
        for i in 0..2 {
            self.reese.phase[i] = phase_of(f64::from(self.tone.random(100, i)));
        }
        self.tone.begin(Shape { attack_s: 0.04, decay_s: 1.2, sustain: 0.8, release_s: 2.4 });
        let players = Players {
            count: 6,
            detune_cents: 9.0,
            drift_cents: 2.0,
            vibrato: Vibrato::NONE,
            tremolo: Tremolo::NONE,
            onset_s: 0.015,
            width: 0.6,
        };
        self.brass = Section::new(&players, &self.tone);
    }

    fn sound(&mut self, out: &mut Stereo) {
        let moment = self.tone.advance();
        let rate_hz = self.tone.rate_hz;
        let sharp_cents = SHARP_CENTS * (1.0 - s_curve(moment.time_s * (1.0 / SINK_S)));
        let hz = moment.hz * self.sunk.of(sharp_cents, cents_to_ratio);
        self.sources(hz, moment.effort.min(1.0), moment.time_s, out);
        self.before.set((24.0 * hz).min(4_000.0), rate_hz);
        let cutoff_hz = self.cutoff_hz(moment.time_s);
        self.filter.set_low(cutoff_hz, [0.6, 1.1], rate_hz);
        let mouth_hz = 350.0 + 350.0 * s_curve(moment.time_s * (1.0 / 0.8));
        self.mouth.set(&[Resonance { hz: mouth_hz, width_hz: 160.0, gain: 0.9 }], rate_hz);
    }

    fn together(voices: &mut [&mut Self], outs: &mut [Stereo]) {
        OnePole::low_each(voices.iter_mut().map(|voice| &mut voice.before).zip(outs.iter_mut()));
        for (voice, out) in voices.iter_mut().zip(outs.iter_mut()) {
            voice.drive(out);
        }
        Cascade::process_each(voices.iter_mut().map(|voice| &mut voice.filter).zip(outs.iter_mut()));
        Resonators::process_each(0.9, voices.iter_mut().map(|voice| &mut voice.mouth).zip(outs));
    }
}
