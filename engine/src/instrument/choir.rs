//! A choir: singers with throats, from a hummed "oo" at rest to an open "ah" in full cry.
//! Source: MUSIC 8 #12 (glottal saws -12 dB per octave, vibrato 5.2 Hz 25–45 cents, five formants per voice part in
//! parallel after the Csound tables, vowel by energy). Levels measured with `listen`. Cost: about 9 ns per frame.

use super::breath::Breath;
use super::held::Held;
use super::section::{Players, Section, Tremolo, Vibrato};
use super::tone::Tone;
use super::{Family, InstrumentRow, Playing, Pool, Stereo, Timbre, limit};
use crate::dsp::envelope::Shape;
use crate::dsp::filter::OnePole;
use crate::dsp::kept::Kept;
use crate::dsp::math;
use crate::dsp::resonators::{Resonance, Resonators};
use crate::units::db_to_gain;

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "choir",
    name: "Choir",
    family: Family::Choir,
    doc: "A mixed choir on vowels, from a hummed oo to an open ah as energy rises.",
    source: "MUSIC 8 #12",
    pitch_range: (38, 84),
    pitched: true,
    voices: 14,
    playing: Playing::HELD,
    limit_ns: 9.0 * limit::SAW + limit::NOISE + limit::RESONANCES,
    tail_s: 2.0,
    budget_ns: 60.0,
    build: |spec| Box::new(Pool::<Choir>::new(spec, ROW.voices)),
};

/// Gain that puts a held note of nominal velocity at -28 dB RMS (measured).
const LEVEL: f32 = 0.42;

/// The glottis falls by 12 dB per octave: the saw's 6, and 6 more from here up, Hz.
const GLOTTIS_HZ: f32 = 350.0;

/// Five formants: centre Hz, level dB, width Hz.
type Vowel = [(f32, f32, f32); 5];

/// A voice part: its centre in MIDI notes, its "oo" and its "ah" (Csound's table of formants).
struct Part {
    pitch: f32,
    oo: Vowel,
    ah: Vowel,
}

const PARTS: [Part; 4] = [
    Part {
        pitch: 46.0,
        oo: [
            (350.0, 0.0, 40.0),
            (600.0, -20.0, 80.0),
            (2400.0, -32.0, 100.0),
            (2675.0, -28.0, 120.0),
            (2950.0, -36.0, 120.0),
        ],
        ah: [
            (600.0, 0.0, 60.0),
            (1040.0, -7.0, 70.0),
            (2250.0, -9.0, 110.0),
            (2450.0, -9.0, 120.0),
            (2750.0, -20.0, 130.0),
        ],
    },
    Part {
        pitch: 57.0,
        oo: [
            (350.0, 0.0, 40.0),
            (600.0, -20.0, 60.0),
            (2700.0, -17.0, 100.0),
            (2900.0, -14.0, 120.0),
            (3300.0, -26.0, 120.0),
        ],
        ah: [
            (650.0, 0.0, 80.0),
            (1080.0, -6.0, 90.0),
            (2650.0, -7.0, 120.0),
            (2900.0, -8.0, 130.0),
            (3250.0, -22.0, 140.0),
        ],
    },
    Part {
        pitch: 65.0,
        oo: [
            (325.0, 0.0, 50.0),
            (700.0, -12.0, 60.0),
            (2530.0, -30.0, 170.0),
            (3500.0, -40.0, 180.0),
            (4950.0, -64.0, 200.0),
        ],
        ah: [
            (800.0, 0.0, 80.0),
            (1150.0, -4.0, 90.0),
            (2800.0, -20.0, 120.0),
            (3500.0, -36.0, 130.0),
            (4950.0, -60.0, 140.0),
        ],
    },
    Part {
        pitch: 73.0,
        oo: [
            (325.0, 0.0, 50.0),
            (700.0, -16.0, 60.0),
            (2700.0, -35.0, 170.0),
            (3800.0, -40.0, 180.0),
            (4950.0, -60.0, 200.0),
        ],
        ah: [
            (800.0, 0.0, 80.0),
            (1150.0, -6.0, 90.0),
            (2900.0, -32.0, 120.0),
            (3900.0, -20.0, 130.0),
            (4950.0, -50.0, 140.0),
        ],
    },
];

/// What opening the mouth adds over the whole range of velocity, dB (measured): taken back, so that velocity keeps its law.
const OPENED_DB: f32 = 9.0;

/// Formants of a choir are wider than of one throat: singers differ by 4 %.
const SINGERS_WIDTH: f32 = 1.9;

#[derive(Default)]
struct Choir {
    tone: Tone,
    timbre: Timbre,
    section: Section,
    breath: Breath,
    /// Gain of the breath.
    air: f32,
    glottis: OnePole,
    throat: Resonators,
    /// Openness, pitch in Hz and brightness the throat stands at.
    shaped: Option<[f32; 3]>,
    opened: Kept,
    level: Kept,
    airy: Kept,
}

/// The throat is set anew when one of [`Choir::shaped`] has moved by this much: less than a hertz of a formant.
const MOVES: [f32; 3] = [0.003, 0.5, 0.01];

impl Choir {
    /// Sets the throat, when it has moved: formants cost more than the singing.
    fn shape(&mut self, openness: f32, hz: f32) {
        let wanted = [openness, hz, self.timbre.brightness_octaves];
        let moved = self.shaped.is_none_or(|shaped| {
            shaped.iter().zip(wanted).zip(MOVES).any(|((old, new), by)| (new - old).abs() > by)
        });
        if moved {
            self.throat.set(&self.formants(openness, hz), self.tone.rate_hz);
            self.shaped = Some(wanted);
        }
    }

    /// Formants of the note's register and of a vowel from 0 "oo" to 1 "ah".
    fn formants(&self, openness: f32, hz: f32) -> [Resonance; 5] {
        let pitch = self.tone.note.pitch;
        let upper = PARTS.iter().position(|part| part.pitch > pitch).unwrap_or(PARTS.len() - 1).max(1);
        let (a, b) = (&PARTS[upper - 1], &PARTS[upper]);
        let along = ((pitch - a.pitch) / (b.pitch - a.pitch)).clamp(0.0, 1.0);
        let mix = |from: f32, to: f32, part: f32| from + (to - from) * part;
        std::array::from_fn(|i| {
            let value = |get: fn(&(f32, f32, f32)) -> f32| {
                let of = |part: &Part| mix(get(&part.oo[i]), get(&part.ah[i]), openness);
                mix(of(a), of(b), along)
            };
            // Singers raise the first formant with the pitch, or the tone would die above it.
            let centre_hz = value(|formant| formant.0);
            let centre_hz = if i == 0 { centre_hz.max(hz) } else { centre_hz };
            let upper_db = if i > 1 { 4.0 * self.timbre.brightness_octaves } else { 0.0 };
            Resonance {
                hz: centre_hz,
                width_hz: SINGERS_WIDTH * value(|formant| formant.2) + 0.04 * centre_hz,
                gain: db_to_gain(0.8 * value(|formant| formant.1) + upper_db),
            }
        })
    }
}

impl Held for Choir {
    fn parts(&mut self) -> (&mut Tone, &mut Timbre) {
        (&mut self.tone, &mut self.timbre)
    }

    fn begin(&mut self) {
        let attack_s = 0.3 * math::exp2(-0.9 * self.timbre.mood.energy);
        self.tone.begin(Shape { attack_s, decay_s: 1.0, sustain: 1.0, release_s: 0.8 });
        let players = Players {
            count: (9.0 + 3.0 * self.timbre.mood.scale) as usize,
            detune_cents: 8.0,
            drift_cents: 5.0,
            vibrato: Vibrato { rate_hz: 5.2, extent_cents: 24.0, delay_s: 0.35 },
            tremolo: Tremolo::NONE,
            onset_s: 0.035,
            width: 0.9,
        };
        self.section = Section::new(&players, &self.tone);
        self.breath = Breath::new(&self.tone, 0);
    }

    fn sound(&mut self, out: &mut Stereo) {
        let moment = self.tone.advance();
        let rate_hz = self.tone.rate_hz;
        let mut sounding = moment;
        // Above the first formant the throat is tuned to the pitch and would shout.
        let velocity = self.tone.note.velocity;
        let opened_db = OPENED_DB * (velocity - 0.7);
        let level_db = -0.45 * (self.tone.note.pitch - 62.0).max(0.0) - opened_db;
        sounding.gain *= LEVEL * self.level.of(level_db, db_to_gain);
        self.section.advance(&self.tone, &sounding, 1.0, self.timbre.instability());
        self.section.bank.saws_add(out);
        let octaves = self.timbre.brightness_octaves + 1.5 * (velocity - 0.7);
        let glottis_hz = GLOTTIS_HZ * self.opened.of(octaves, math::exp2);
        self.glottis.set(glottis_hz.max(0.8 * moment.hz), rate_hz);
        self.breath.above(1_500.0, 0.7);
        // Soft singing is not breathier than loud singing is bright.
        self.air = 0.012 * sounding.gain * self.airy.of(18.0 * (velocity - 0.7), db_to_gain);
        let openness =
            (0.45 + 0.5 * self.timbre.mood.energy + 0.6 * (velocity - 0.7) + 0.2 * (moment.effort - 1.0))
                .clamp(0.0, 1.0);
        self.shape(openness, moment.hz);
    }

    fn together(voices: &mut [&mut Self], outs: &mut [Stereo]) {
        OnePole::low_each(voices.iter_mut().map(|voice| &mut voice.glottis).zip(outs.iter_mut()));
        Breath::render_each(voices.iter_mut().map(|voice| (&mut voice.breath, voice.air)), outs);
        Resonators::process_each(0.06, voices.iter_mut().map(|voice| &mut voice.throat).zip(outs));
    }
}
