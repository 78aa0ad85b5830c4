//! One bowed string close by: violin above, cello below; vibrato that waits and a body that colours it.
//! Source: MUSIC 8 #4 (saw of the stick-slip motion, bow position .127, body modes, bow noise, glide 60 ms), 7.3
//! (vibrato 6 Hz, 20 cents, delay by length). Levels measured with `listen`. Cost: about 20 ns per frame and note.

use super::body::{Body, BodyShape};
use super::breath::Breath;
use super::section::{Players, Section, Tremolo, Vibrato};
use super::tone::Tone;
use super::{Family, InstrumentRow, NoteOn, Spec, Stereo, Timbre, Voice};
use crate::dsp::envelope::Shape;
use crate::dsp::filter::{Filter, Response};
use crate::dsp::math;
use crate::dsp::oscillator::phase_of;
use crate::dsp::resonators::Resonance;
use crate::units::db_to_gain;

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "solo_bow",
    name: "Solo Strings",
    family: Family::Strings,
    doc: "A solo violin or cello, close and singing, with a vibrato that waits for long notes.",
    source: "MUSIC 8 #4",
    pitch_range: (36, 96),
    pitched: true,
    voices: 6,
    tail_s: 1.0,
    budget_ns: 60.0,
    build: |spec| Box::new(Body::<SoloBow>::new(spec, ROW.voices, SOLO_BODY)),
};

/// A solo body rings more sharply than a section heard from afar: vibrato wakes and leaves single modes.
const SOLO_BODY: BodyShape = BodyShape {
    direct: 0.35,
    resonances: &[
        Resonance { hz: 196.0, width_hz: 30.0, gain: 0.35 },
        Resonance { hz: 278.0, width_hz: 24.0, gain: 0.75 },
        Resonance { hz: 462.0, width_hz: 26.0, gain: 0.7 },
        Resonance { hz: 551.0, width_hz: 28.0, gain: 0.75 },
        Resonance { hz: 870.0, width_hz: 90.0, gain: 0.5 },
        Resonance { hz: 1_180.0, width_hz: 160.0, gain: 0.45 },
        Resonance { hz: 2_450.0, width_hz: 800.0, gain: 0.9 },
        Resonance { hz: 3_600.0, width_hz: 1_200.0, gain: 0.4 },
    ],
    low_cut_hz: 60.0,
};

/// Gain that puts a held note of nominal velocity at -30 dB RMS (measured).
const LEVEL: f32 = 0.145;

/// Distance of the bow from the bridge, part of the string: harmonics near its inverse are weak.
const BOW_PLACE: f32 = 0.127;

/// Cutoff at middle C and a neutral mood, Hz, and how far it follows the pitch.
const CUTOFF_HZ: f32 = 3_000.0;
const KEY_TRACK: f32 = 0.35;

#[derive(Default)]
struct SoloBow {
    tone: Tone,
    timbre: Timbre,
    string: Section,
    other: Section,
    bow: Breath,
    filter: Filter,
}

impl Voice for SoloBow {
    fn new(_spec: &Spec) -> SoloBow {
        SoloBow::default()
    }

    fn start(&mut self, note: &NoteOn, spec: &Spec) {
        *self = SoloBow { tone: Tone::new(note, spec), ..SoloBow::default() };
    }

    fn release(&mut self) {
        self.tone.release();
    }

    fn control(&mut self, timbre: &Timbre) {
        self.timbre = *timbre;
        if self.tone.is_new() {
            let attack_s = 0.12 * math::exp2(-0.9 * timbre.mood.energy);
            self.tone.begin(Shape { attack_s, decay_s: 1.0, sustain: 1.0, release_s: 0.35 });
            // Short notes have no vibrato, longer ones wait up to 0.6 s for it (MUSIC 7.3).
            let length_s = self.tone.note.length_s;
            let extent_cents = if length_s > 0.35 { 18.0 } else { 0.0 };
            let delay_s = (0.52 * (length_s - 0.35)).clamp(0.0, 0.6);
            let players = Players {
                count: 1,
                detune_cents: 0.0,
                drift_cents: 2.0,
                vibrato: Vibrato { rate_hz: 5.9, extent_cents, delay_s },
                tremolo: Tremolo::NONE,
                onset_s: 0.0,
                width: 0.0,
            };
            self.string = Section::new(&players, &self.tone);
            self.other = self.string;
            self.other.bank.phase[0] = self.other.bank.phase[0].wrapping_add(phase_of(f64::from(BOW_PLACE)));
            self.bow = Breath::new(&self.tone, 0);
        }
    }

    fn render(&mut self, out: &mut Stereo) -> bool {
        let moment = self.tone.advance();
        let rate_hz = self.tone.rate_hz;
        let lean_db = self.tone.lean_db();
        let mut sounding = moment;
        sounding.gain *= LEVEL * db_to_gain(lean_db);
        let vibrato = 1.0 + 0.5 * self.timbre.mood.energy;
        self.string.advance(&self.tone, &sounding, vibrato, 1.0);
        self.string.bank.saws_add(out);
        // The bow divides the string: the same motion, late by the bow's place, taken away in part.
        sounding.gain *= -0.55;
        self.other.advance(&self.tone, &sounding, vibrato, 1.0);
        self.other.bank.saws_add(out);

        let velocity = self.tone.note.velocity;
        let octaves = self.timbre.brightness_octaves
            + 1.8 * (velocity - 0.7)
            + 1.3 * (moment.effort.min(1.4) - 1.0)
            + 0.12 * lean_db
            + KEY_TRACK * math::log2(moment.hz * (1.0 / 261.6));
        self.filter.set(Response::Low, CUTOFF_HZ * math::exp2(octaves), 0.65, rate_hz);
        self.filter.process(out);

        let bite = db_to_gain(-34.0 + 14.0 * math::exp2(-moment.time_s * (1.0 / 0.05)));
        self.bow.set(
            Response::Band,
            2_600.0 * math::exp2(0.5 * self.timbre.brightness_octaves),
            0.6,
            rate_hz,
        );
        self.bow.render_add(4.0 * LEVEL * moment.gain * bite, out);
        self.tone.is_alive()
    }
}
