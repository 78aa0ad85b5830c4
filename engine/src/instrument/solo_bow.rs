//! One bowed string close by: violin above, cello below; vibrato that waits and a body that colours it.
//! Source: MUSIC 8 #4 (bowed waveguide, bow position .127, friction curve, body modes, glide 60 ms), 7.3 (vibrato 6 Hz,
//! 20 cents, delay by length). The string is `dsp::bow`. Levels measured with `listen`. Cost: about 10 ns per frame and note.

use super::body::{Body, BodyShape, BoxShape, resonances};
use super::section::{Players, Section, Tremolo, Vibrato};
use super::tone::{Moment, Tone};
use super::{Family, InstrumentRow, NoteOn, Playing, Spec, Stereo, Timbre, Voice, limit};
use crate::dsp::bow::{BowedString, HEAVY, LIGHT, STRINGS, Stroke};
use crate::dsp::envelope::Shape;
use crate::dsp::filter::{Filter, Response};
use crate::dsp::kept::Kept;
use crate::dsp::math;
use crate::dsp::noise;
use crate::dsp::resonators::Resonance;
use crate::dsp::smooth::Ramp;
use crate::units::{QUANTUM, db_to_gain};
use arrayvec::ArrayVec;

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
    playing: Playing::HELD,
    limit_ns: 2.0 * limit::PLUCK + limit::NOISE + limit::FILTER,
    tail_s: 1.0,
    budget_ns: 60.0,
    build: |spec| Box::new(Body::<SoloBow>::new(spec, ROW.voices, &SOLO_BODY)),
};

/// A solo body rings more sharply than a section heard from afar: vibrato wakes and leaves single modes.
const SOLO_BODY: BodyShape = BodyShape {
    direct: 0.35,
    low_cut_hz: 60.0,
    boxes: &[BoxShape {
        from_pitch: 0.0,
        resonances: resonances([
            Resonance { hz: 196.0, width_hz: 30.0, gain: 0.35 },
            Resonance { hz: 278.0, width_hz: 24.0, gain: 0.75 },
            Resonance { hz: 462.0, width_hz: 26.0, gain: 0.7 },
            Resonance { hz: 551.0, width_hz: 28.0, gain: 0.75 },
            Resonance { hz: 870.0, width_hz: 90.0, gain: 0.5 },
            Resonance { hz: 1_180.0, width_hz: 160.0, gain: 0.45 },
            Resonance { hz: 2_450.0, width_hz: 800.0, gain: 0.9 },
            Resonance { hz: 3_600.0, width_hz: 1_200.0, gain: 0.4 },
        ]),
    }],
};

/// Gain that puts a held note of nominal velocity at -30 dB RMS (measured).
const LEVEL: f32 = 0.0247;

/// Octaves of level a pitch octave costs: the body below carries high notes further than low ones (measured).
const KEY_LEVEL: f32 = -0.2;

/// Lowest pitch the string is long enough for, Hz: below the lowest C of a cello by more than a vibrato.
const LOWEST_HZ: f32 = 40.0;

/// Distance of the bow from the bridge, part of the string: harmonics near its inverse are weak (MUSIC 8 #4).
const BOW_PLACE: f32 = 0.127;

/// Cutoff of the string as it is heard at middle C and a neutral mood, Hz, and how far it follows the pitch.
const CUTOFF_HZ: f32 = 3_000.0;
const KEY_TRACK: f32 = 0.35;

/// Corner of what the bridge takes from the string at a neutral mood, Hz.
const LOSS_HZ: f32 = 6_000.0;

/// Rosin: parts of the bow's speed that go on being noise, and that bite at the start. Tuned: above a tenth the corner
/// breaks in two for some hundred milliseconds.
const GRIT: f32 = 0.025;
const BITE: f32 = 0.05;
const BITE_S: f32 = 0.05;

/// Speed a note begins with, as a part of its own: from a standstill the corner would have to be found. Tuned: at a
/// quarter, rates still differed in the first tenth of a second.
const SLOWEST: f32 = 0.4;

struct SoloBow {
    tone: Tone,
    timbre: Timbre,
    /// The left hand: its vibrato and its wandering.
    hand: Section,
    string: BowedString,
    level: Ramp,
    filter: Filter,
    /// Octaves above middle C, and what they cost in level.
    height: Kept,
    far: Kept,
}

impl SoloBow {
    /// Octaves by which force and mood open the sound.
    fn force(&self, moment: &Moment, lean_db: f32) -> f32 {
        self.timbre.brightness_octaves
            + 1.8 * (self.tone.note.velocity - 0.7)
            + 1.3 * (moment.effort.min(1.4) - 1.0)
            + 0.12 * lean_db
    }

    /// How the bow goes through the coming block, and the level it is heard at: from, and rise per frame.
    fn play(&mut self) -> (Stroke, (f32, f32)) {
        let moment = self.tone.advance();
        let rate_hz = self.tone.rate_hz;
        let lean_db = self.tone.lean_db();
        self.hand.advance(&self.tone, &moment, 1.0 + 0.5 * self.timbre.mood.energy, 1.0);
        let force = self.force(&moment, lean_db);
        // The bow is never slower than the corner can follow; what is softer than that is heard from farther away.
        let speed = SLOWEST + (1.0 - SLOWEST) * moment.effort.min(1.4);
        let level = moment.gain * db_to_gain(lean_db) / speed;
        let stroke = Stroke {
            f0_hz: self.hand.bank.step[0] as f32 * (1.0 / 4_294_967_296.0) * rate_hz,
            speed,
            // More weight with more force, always within what gives one corner.
            slope: 0.5 * (HEAVY + LIGHT) - 0.06 * force,
            place: BOW_PLACE,
            loss_hz: LOSS_HZ * math::exp2(0.5 * force),
            grit: GRIT + BITE * math::exp2(-moment.time_s * (1.0 / BITE_S)),
        };
        let height = self.height.of(self.tone.note_hz(), |hz| math::log2(hz * (1.0 / 261.6)));
        let far = self.far.of(KEY_LEVEL * height, math::exp2);
        let ramp = self.level.toward_from(0.0, level * LEVEL * far);
        let cutoff_hz = CUTOFF_HZ * math::exp2(force + KEY_TRACK * height);
        self.filter.set(Response::Low, cutoff_hz, 0.65, rate_hz);
        (stroke, ramp)
    }
}

impl Voice for SoloBow {
    fn new(spec: &Spec) -> SoloBow {
        SoloBow {
            tone: Tone::default(),
            timbre: Timbre::default(),
            hand: Section::default(),
            string: BowedString::new(LOWEST_HZ, spec.sample_rate_hz as f32),
            level: Ramp::default(),
            filter: Filter::default(),
            height: Kept::default(),
            far: Kept::default(),
        }
    }

    fn start(&mut self, note: &NoteOn, spec: &Spec) {
        self.tone = Tone::new(note, spec);
        (self.level, self.filter) = (Ramp::default(), Filter::default());
        self.string.rest(noise::key(note.place, 0));
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
            self.hand = Section::new(&players, &self.tone);
        }
    }

    fn render(&mut self, out: &mut Stereo) -> bool {
        let mut alive = [true];
        Self::render_each(&mut [self], std::slice::from_mut(out), &mut alive);
        alive[0]
    }

    /// Strings are bowed side by side, and so are their filters.
    fn render_each(voices: &mut [&mut Self], outs: &mut [Stereo], alive: &mut [bool]) {
        for (voices, outs) in voices.chunks_mut(STRINGS).zip(outs.chunks_mut(STRINGS)) {
            bow(voices, outs);
        }
        Filter::process_each(voices.iter_mut().map(|voice| &mut voice.filter).zip(outs));
        for (voice, alive) in voices.iter().zip(alive) {
            *alive = voice.tone.is_alive();
        }
    }
}

/// What [`STRINGS`] voices at most give before their filters.
fn bow(voices: &mut [&mut SoloBow], outs: &mut [Stereo]) {
    let mut strokes = ArrayVec::<Stroke, STRINGS>::new();
    let mut ramps = ArrayVec::<(f32, f32), STRINGS>::new();
    for voice in voices.iter_mut() {
        let (stroke, ramp) = voice.play();
        strokes.push(stroke);
        ramps.push(ramp);
    }
    let mut strings: ArrayVec<&mut BowedString, STRINGS> =
        voices.iter_mut().map(|voice| &mut voice.string).collect();
    let mut lefts: ArrayVec<&mut [f32; QUANTUM], STRINGS> =
        outs.iter_mut().map(|out| &mut out.channels[0]).collect();
    BowedString::render_each(&mut strings, &strokes, &mut lefts);
    drop((strings, lefts));
    for (out, (from, step)) in outs.iter_mut().zip(ramps) {
        let [left, right] = &mut out.channels;
        for (t, sample) in left.iter_mut().enumerate() {
            *sample *= from + step * (t + 1) as f32;
        }
        *right = *left;
    }
}
