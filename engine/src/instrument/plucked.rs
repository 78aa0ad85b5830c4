//! Plucked strings: harp, guitar, and the pizzicato of a string section.
//! Source: MUSIC 8 #9. Two strings a hair apart are the two planes a real one swings in; a body rings under them.
//! In/out: see `Voice`. Cost: about 4 ns per frame and voice.

use super::struck::{
    MEAN_VELOCITY, VELOCITY_DB, VELOCITY_OCTAVES, brightness, chance, spread, stroke_velocity,
};
use super::sympathy::{FreeStrings, Sympathy, semitones};
use super::{Family, InstrumentRow, NoteOn, Playing, Pool, Spec, Stereo, Timbre, Voice, limit};
use crate::dsp::envelope::s_curve;
use crate::dsp::modal::{Courses, Modal, Mode};
use crate::dsp::noise;
use crate::dsp::pluck::{Pluck, PluckedString};
use crate::dsp::simd::kernel;
use crate::note::Articulation;
use crate::units::{QUANTUM, SILENCE_GAIN, cents_to_ratio, db_to_gain, note_to_hz, octaves_to_ratio};
use fearless_simd::f32x8;
use fearless_simd::prelude::*;

const ROW: InstrumentRow = InstrumentRow {
    id: "",
    name: "",
    family: Family::Plucked,
    doc: "",
    source: "MUSIC 8 #9",
    pitch_range: (28, 96),
    pitched: true,
    voices: 20,
    playing: Playing::PLUCKED,
    limit_ns: 2.0 * limit::PLUCK + 8.0 * limit::MODE,
    tail_s: 4.0,
    budget_ns: 16.0,
    build: |spec| Box::new(Pool::<Plucked<Harp>>::new(spec, 20)),
};

/// The harp's row.
pub const HARP: InstrumentRow = InstrumentRow {
    id: "harp",
    name: "Harp",
    doc: "Gut strings plucked at a quarter of their length, left to ring.",
    pitch_range: (24, 103),
    tail_s: 8.0,
    build: |spec| Box::new(Sympathy::<Plucked<Harp>>::new(spec, 20, &HARP_STRINGS)),
    ..ROW
};

/// The guitar's row.
pub const GUITAR: InstrumentRow = InstrumentRow {
    id: "guitar",
    name: "Guitar",
    doc: "A nylon-strung guitar, fingers near the hole, its box humming along.",
    pitch_range: (40, 88),
    tail_s: 6.0,
    build: |spec| Box::new(Sympathy::<Plucked<Guitar>>::new(spec, 20, &GUITAR_STRINGS)),
    ..ROW
};

/// The pizzicato's row.
pub const PIZZ: InstrumentRow = InstrumentRow {
    id: "pizz",
    name: "Pizzicato Section",
    doc: "A small string section plucking together: soft, woody, gone at once.",
    pitch_range: (36, 96),
    tail_s: 1.0,
    build: |spec| Box::new(Pool::<Plucked<Pizz>>::new(spec, 20)),
    limit_ns: 3.0 * limit::PLUCK + 8.0 * limit::MODE,
    ..ROW
};

/// Harp strings are undamped. Pedals tune the seven of every octave to what is played: one for each semitone stands for
/// them, for those that are not there would hear next to nothing of their own. Each stands as well for the partials that
/// longer ones have at its pitch.
const HARP_STRINGS: FreeStrings = FreeStrings {
    pitches: &semitones::<48>(48),
    partials: 1,
    decay_s: Harp::MAKE.decay_s,
    decay_per_octave: Harp::MAKE.decay_per_octave,
    width: 0.25,
};

/// A guitar's six open strings.
const GUITAR_STRINGS: FreeStrings = FreeStrings {
    pitches: &[40, 45, 50, 55, 59, 64],
    partials: 5,
    decay_s: Guitar::MAKE.decay_s,
    decay_per_octave: Guitar::MAKE.decay_per_octave,
    width: 0.25,
};

/// Strings of a voice.
const STRINGS: usize = 3;

/// What distinguishes one plucked instrument from another.
pub struct Make {
    /// Lowest pitch the strings are long enough for.
    lowest_hz: f32,
    /// T60 at C4, s, how it shortens per octave, and the highs' part of it.
    decay_s: f32,
    decay_per_octave: f32,
    high_decay: f32,
    position: f32,
    finger_hz: f32,
    roughness: f32,
    /// Detune of the outer strings in cents, how late they come, and how far to the side they stand.
    cents: f32,
    late_ms: f32,
    side: f32,
    /// Gains of the strings.
    strings: [f32; STRINGS],
    /// Modes of the body: Hz, gain, T60 s.
    body: &'static [(f32, f32, f32)],
    attack_ms: f32,
    release_s: f32,
    level: f32,
    /// What a shorter string is plucked louder by, dB per octave above middle C: it is heard for less time.
    tilt_db: f32,
}

/// An instrument of this file.
pub trait Kind: Send + 'static {
    /// Its make.
    const MAKE: Make;
}

struct Harp;
struct Guitar;
struct Pizz;

impl Kind for Harp {
    const MAKE: Make = Make {
        lowest_hz: 30.0,
        decay_s: 4.0,
        decay_per_octave: 0.65,
        high_decay: 0.22,
        position: 0.25,
        finger_hz: 1500.0,
        roughness: 0.12,
        cents: 0.7,
        late_ms: 0.0,
        side: 0.25,
        strings: [0.75, 0.45, 0.0],
        body: &[(110.0, 0.10, 0.14), (205.0, 0.07, 0.11), (390.0, 0.04, 0.08), (1_250.0, 0.05, 0.03)],
        attack_ms: 1.6,
        release_s: 2.6,
        level: 0.105,
        tilt_db: 0.0,
    };
}

impl Kind for Guitar {
    const MAKE: Make = Make {
        lowest_hz: 75.0,
        decay_s: 2.5,
        decay_per_octave: 0.6,
        high_decay: 0.2,
        position: 0.17,
        finger_hz: 2300.0,
        roughness: 0.25,
        cents: 1.1,
        late_ms: 0.0,
        side: 0.15,
        strings: [0.8, 0.4, 0.0],
        body: &[
            (98.0, 0.25, 0.22),
            (196.0, 0.2, 0.16),
            (290.0, 0.1, 0.12),
            (430.0, 0.07, 0.09),
            // The nail: three short modes of the top, gone before the tone is heard as one.
            (1_150.0, 0.16, 0.03),
            (2_350.0, 0.13, 0.022),
            (3_900.0, 0.09, 0.016),
        ],
        attack_ms: 1.0,
        release_s: 0.22,
        level: 0.085,
        tilt_db: 1.2,
    };
}

impl Kind for Pizz {
    const MAKE: Make = Make {
        lowest_hz: 58.0,
        decay_s: 0.42,
        decay_per_octave: 0.45,
        high_decay: 0.25,
        position: 0.2,
        finger_hz: 1500.0,
        roughness: 0.35,
        cents: 6.0,
        late_ms: 8.0,
        side: 0.5,
        strings: [0.6, 0.55, 0.5],
        body: &[
            (280.0, 0.16, 0.07),
            (460.0, 0.13, 0.06),
            (550.0, 0.1, 0.05),
            (1_000.0, 0.07, 0.03),
            // The fingertips on the board.
            (1_900.0, 0.07, 0.018),
            (3_100.0, 0.05, 0.012),
        ],
        attack_ms: 1.3,
        release_s: 0.25,
        level: 0.15,
        tilt_db: 1.0,
    };
}

/// The voice; `K` says of what make.
pub struct Plucked<K: Kind> {
    note: Option<NoteOn>,
    strings: [PluckedString; STRINGS],
    pans: [[f32; 2]; STRINGS],
    /// Frames until each string is plucked, and what it then gets.
    waiting: [i64; STRINGS],
    plucks: [Option<Pluck>; STRINGS],
    body: Modal<1>,
    rate: f32,
    attack_frames: f32,
    gain: f32,
    frame: i64,
    /// Frames between repeated plucks of a tremolo, and how many frames it lasts; 0 for a single pluck.
    again: i64,
    until: i64,
    swell: bool,
    velocity: f32,
    released: bool,
    level: f32,
    kind: std::marker::PhantomData<fn(K)>,
}

impl<K: Kind> Plucked<K> {
    fn begin(&mut self, note: &NoteOn, timbre: &Timbre) {
        let make = &K::MAKE;
        let octaves = brightness(note, timbre);
        let height = (note.pitch - 60.0) / 12.0;
        let decay_s = make.decay_s * octaves_to_ratio(-make.decay_per_octave * height);
        let short = if note.articulation == Articulation::Short { 0.5 } else { 1.0 };
        let finger_hz = make.finger_hz * octaves_to_ratio(octaves + 0.35 * height);
        for i in 0..STRINGS {
            let cents = if i == 0 {
                0.0
            } else {
                make.cents * spread(note, i as i64).signum() * (0.5 + 0.5 * chance(note, 8 + i as i64))
            };
            let late_ms = if i == 0 { 0.0 } else { make.late_ms * (0.3 + 0.7 * chance(note, 4 + i as i64)) };
            let roughness = make.roughness;
            self.plucks[i] = (make.strings[i] > 0.0).then(|| Pluck {
                f0_hz: note_to_hz(note.pitch) * cents_to_ratio(cents),
                decay_s: decay_s * short * (1.0 + 0.1 * i as f32),
                high_decay_s: (make.high_decay * octaves_to_ratio(0.5 * octaves) * decay_s * short)
                    .min(decay_s * short),
                position: make.position * (1.0 + 0.12 * spread(note, 12 + i as i64)),
                finger_hz,
                roughness,
                level: make.level * make.strings[i],
                key: noise::key(note.place, i as i64),
            });
            self.waiting[i] = (late_ms * 1e-3 * self.rate) as i64;
            let pan = 0.25 * (height / 3.0).clamp(-1.0, 1.0) + make.side * [0.0, -1.0, 1.0][i];
            let angle = 0.125 * (1.0 + pan.clamp(-1.0, 1.0));
            self.pans[i] = [crate::dsp::math::cos_cycles(angle), crate::dsp::math::sin_cycles(angle)];
        }
        let mut modes = [Mode { hz: 0.0, gain: 0.0, decay_s: 1.0, pan: 0.0 }; 8];
        for (mode, &(hz, gain, decay_s)) in modes.iter_mut().zip(make.body) {
            *mode = Mode {
                hz,
                gain: gain * make.level * 3.0 * octaves_to_ratio(-0.3 * height.max(0.0)),
                decay_s,
                pan: 0.0,
            };
        }
        self.body.tune(&modes, self.rate);
        self.attack_frames = (make.attack_ms * 1e-3 * self.rate * octaves_to_ratio(-0.3 * octaves)).max(1.0);
        let accent = if note.articulation == Articulation::Accent { 2.0 } else { 0.0 };
        self.gain = db_to_gain(
            VELOCITY_DB * (note.velocity - MEAN_VELOCITY) + accent + make.tilt_db * height.max(0.0),
        );
        let repeated = matches!(note.articulation, Articulation::Tremolo | Articulation::Swell);
        self.swell = note.articulation == Articulation::Swell;
        self.velocity = note.velocity;
        self.until = (note.length_s * self.rate) as i64;
        // Nine strokes a second: a bisbigliando, a fast thumb.
        self.again = if repeated && note.length_s > 0.2 { (self.rate / 9.0) as i64 } else { 0 };
    }

    /// How long a damped string still rings: low ones longer.
    fn release_s(&self) -> f32 {
        let height = self.plucks[0].map_or(0.0, |pluck| crate::dsp::math::log2(pluck.f0_hz / 261.6));
        K::MAKE.release_s * octaves_to_ratio(-0.3 * height.max(-1.0))
    }

    /// How much lower a finger so much softer cuts off, 0..1: it closes as [`brightness`] does from note to note.
    fn softer(&self, level: f32) -> f32 {
        octaves_to_ratio(VELOCITY_OCTAVES * (stroke_velocity(self.velocity, level) - self.velocity))
    }

    fn pluck_due(&mut self) {
        for i in 0..STRINGS {
            let Some(pluck) = &self.plucks[i] else { continue };
            if self.waiting[i] >= QUANTUM as i64 {
                self.waiting[i] -= QUANTUM as i64;
                continue;
            }
            if self.waiting[i] < 0 {
                continue;
            }
            let along = self.frame as f32 / self.until.max(1) as f32;
            let level = if self.again > 0 && self.swell { 0.05 + 0.95 * along * along } else { 1.0 };
            let finger_hz = pluck.finger_hz * self.softer(level);
            let (level_now, key) = (pluck.level * level, pluck.key ^ self.frame as u32);
            let now = Pluck { level: level_now, key, finger_hz, ..*pluck };
            self.strings[i].pluck_again(&now);
            if i == 0 {
                self.body.strike(0, level);
            }
            if self.released {
                // The hand was on the strings already when this one was plucked.
                self.strings[i].damp(self.release_s());
            }
            let next = self.frame + self.again;
            self.waiting[i] =
                if self.again > 0 && next < self.until && !self.released { self.again } else { -1 };
        }
    }
}

impl<K: Kind> Voice for Plucked<K> {
    fn new(spec: &Spec) -> Self {
        let rate = spec.sample_rate_hz as f32;
        Plucked {
            note: None,
            strings: std::array::from_fn(|_| PluckedString::new(K::MAKE.lowest_hz, rate)),
            pans: [[0.0; 2]; STRINGS],
            waiting: [-1; STRINGS],
            plucks: [None; STRINGS],
            body: Modal::default(),
            rate,
            attack_frames: 1.0,
            gain: 0.0,
            frame: 0,
            again: 0,
            until: 0,
            swell: false,
            velocity: 0.0,
            released: false,
            level: 0.0,
            kind: std::marker::PhantomData,
        }
    }

    fn start(&mut self, note: &NoteOn, _spec: &Spec) {
        self.note = Some(*note);
        self.strings.iter_mut().for_each(PluckedString::silence);
        self.frame = 0;
        self.released = false;
        self.level = 1.0;
    }

    fn release(&mut self) {
        self.released = true;
        let release_s = self.release_s();
        self.strings.iter_mut().for_each(|string| string.damp(release_s));
    }

    fn control(&mut self, timbre: &Timbre) {
        if let Some(note) = self.note.take() {
            self.begin(&note, timbre);
        }
    }

    fn render(&mut self, out: &mut Stereo) -> bool {
        self.pluck_due();
        let mut levels = [self.gain; QUANTUM];
        if (self.frame as f32) < self.attack_frames {
            for (t, level) in levels.iter_mut().enumerate() {
                *level *= s_curve(((self.frame + t as i64) as f32 / self.attack_frames).min(1.0));
            }
        }
        let peak = kernel!(s => self.sound(s, &levels, out));
        self.frame += QUANTUM as i64;
        self.level = peak.max(self.level * 0.95);
        self.level >= SILENCE_GAIN || self.waiting.iter().any(|&frames| frames >= 0)
    }
}

impl<K: Kind> Plucked<K> {
    /// Strings and body at their levels; the peak.
    #[inline(always)]
    fn sound<S: Simd>(&mut self, s: S, levels: &[f32; QUANTUM], out: &mut Stereo) -> f32 {
        *out = Stereo::SILENCE;
        self.body.ring_add(s, &mut Courses::default(), out);
        let mut blocks = [[0.0; QUANTUM]; STRINGS];
        for ((string, pluck), block) in self.strings.iter_mut().zip(&self.plucks).zip(&mut blocks) {
            if pluck.is_some() {
                string.block(s, block);
            }
        }
        let mut peak = f32x8::splat(s, 0.0);
        for (side, channel) in out.channels.iter_mut().enumerate() {
            for (n, eight) in channel.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                let mut sum = f32x8::load_array_ref(s, eight);
                for (block, pans) in blocks.iter().zip(&self.pans) {
                    sum += f32x8::from_slice(s, &block[8 * n..8 * n + 8]) * f32x8::splat(s, pans[side]);
                }
                let y = sum * f32x8::from_slice(s, &levels[8 * n..8 * n + 8]);
                y.store_array(eight);
                peak = peak.max(y.abs());
            }
        }
        peak.reduce_max()
    }
}
