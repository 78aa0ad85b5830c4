//! Metal and glass under a bow or a wet finger: ringing modes that are pushed on and on instead of struck.
//! Source: MUSIC 8 #8 (bowed: the modes of the struck thing, driven by a saw and noise, attack 1.5 s); stick-slip locks to
//! the lowest mode (Fletcher & Rossing 1998, bowed bars), rosin wakes the others. In/out: a [`Voice`] of a [`BowedModesKind`].

use super::pool::ABREAST;
use super::struck::{chance, spread};
use super::tone::Tone;
use super::{NoteOn, Spec, Stereo, Timbre, Voice};
use crate::dsp::envelope::Shape;
use crate::dsp::filter::{Filter, Response};
use crate::dsp::kept::Kept;
use crate::dsp::math;
use crate::dsp::modal::{GROUP, Modal, Mode};
use crate::dsp::noise::{self, Wander};
use crate::dsp::oscillator::{Bank, phase_of, step_of};
use crate::units::{QUANTUM, SILENCE_GAIN};
use arrayvec::ArrayVec;

/// Groups of modes, and modes.
const GROUPS: usize = 2;
const MODES: usize = GROUPS * GROUP;

/// What tells one bowed thing from another.
pub trait BowedModesKind: Send {
    /// Modes: ratio to the pitch, level in dB when driven, T60 against that of the lowest. Each is a pair that beats.
    const PARTIALS: &'static [(f32, f32, f32)];
    /// T60 of the lowest mode at middle C, s, and octaves it shortens by per octave of pitch.
    const DECAY_S: f32;
    /// See [`BowedModesKind::DECAY_S`].
    const DECAY_PER_OCTAVE: f32;
    /// Hz between the two of a pair.
    const BEAT_HZ: f32;
    /// Gain that puts a held note of nominal velocity at -28 dB RMS (measured).
    const LEVEL: f32;
    /// How much of each higher mode the bow wakes on its way, 0..1; and rosin's noise against the tone.
    const WAKE: f32;
    /// See [`BowedModesKind::WAKE`].
    const ROSIN: f32;
    /// Time the bow takes to bring it to sound at a neutral mood, s.
    const ATTACK_S: f32;
    /// Harmonics of the stick-slip motion that come through at a neutral mood.
    const OPEN: f32;
    /// dB by which level falls per octave of pitch: low modes take longer to come up (measured).
    const KEY_DB: f32;
    /// How far unease makes the bow chatter, 0..1.
    const CHATTER: f32;
}

/// Random streams of a note: the rosin's, and the chatter's.
const ROSIN_STREAM: i64 = 0;
const CHATTER_STREAM: i64 = 1;
const WAKE_STREAM: i64 = 2;

/// Turns a second of a hand that is not quite even. Taste.
const CHATTER_HZ: f64 = 9.0;

/// Turns a second at which higher modes wake and leave. Taste: slower than chatter, faster than a breath.
const WAKE_HZ: f64 = 1.7;

/// A voice.
pub struct BowedModes<K: BowedModesKind> {
    tone: Tone,
    timbre: Timbre,
    modal: Modal<GROUPS>,
    motion: Bank,
    /// A bow that slips on the lowest mode wakes the higher ones by turns.
    heights: Bank,
    bridge: Filter,
    /// How the hand shakes, and how each higher mode wakes and leaves.
    chatter: Wander,
    wakes: [Wander; MODES / 2],
    /// Level at the note's pitch, and how far force and mood open the bridge.
    pitch_level: f32,
    opened: Kept,
    key: u32,
    frame: u32,
    /// Gain of the rosin at the last block edge.
    rosin: f32,
    released: bool,
    /// Peak, falling slowly: when it is silent the note is over.
    level: f32,
    kind: std::marker::PhantomData<K>,
}

impl<K: BowedModesKind> Default for BowedModes<K> {
    fn default() -> BowedModes<K> {
        BowedModes {
            tone: Tone::default(),
            timbre: Timbre::default(),
            modal: Modal::default(),
            motion: Bank::default(),
            heights: Bank::default(),
            bridge: Filter::default(),
            chatter: Wander::default(),
            wakes: [Wander::default(); MODES / 2],
            pitch_level: 0.0,
            opened: Kept::default(),
            key: 0,
            frame: 0,
            rosin: 0.0,
            released: false,
            level: 1.0,
            kind: std::marker::PhantomData,
        }
    }
}

impl<K: BowedModesKind> BowedModes<K> {
    /// Lays out the modes; a mode's gain makes it as loud as its level says when it is driven at its own pitch.
    fn lay_out(&mut self) {
        let (note, rate_hz) = (self.tone.note, self.tone.rate_hz);
        let f0_hz = self.tone.note_hz();
        let decay_s = K::DECAY_S * math::exp2(-K::DECAY_PER_OCTAVE * math::log2(f0_hz * (1.0 / 261.6)));
        let mut modes = [Mode { hz: 0.0, gain: 0.0, decay_s: 1.0, pan: 0.0 }; MODES];
        for (i, pair) in modes.chunks_exact_mut(2).enumerate().take(K::PARTIALS.len()) {
            let (ratio, level_db, decay) = K::PARTIALS[i];
            let decay_s = decay_s * decay;
            // What is pushed once a turn by a saw's first harmonic (2/π) grows to half the push over the loss per frame.
            let loss = 6.908 / (decay_s * rate_hz);
            let gain = crate::units::db_to_gain(level_db) * std::f32::consts::PI * loss;
            let beat_hz = K::BEAT_HZ * (0.6 + 0.8 * chance(&note, i as i64));
            let side = 0.35 * spread(&note, 20 + i as i64);
            for (mode, (part, hz, pan)) in
                pair.iter_mut().zip([(0.55, -0.45 * beat_hz, side - 0.3), (0.45, 0.55 * beat_hz, side + 0.3)])
            {
                *mode = Mode { hz: f0_hz * ratio + hz, gain: part * gain, decay_s, pan };
            }
        }
        self.modal.tune(&modes, rate_hz);
    }

    /// Pushes each higher mode at its own pitch, as hard as its turn is.
    fn wake(&mut self, hz: f32, gain: f32) {
        let time_s = f64::from(self.tone.time_s);
        for (i, (&(ratio, _, _), wake)) in K::PARTIALS[1..].iter().zip(&mut self.wakes).enumerate() {
            let audible = hz * ratio < 0.42 * self.tone.rate_hz;
            let turn = wake.at(time_s * WAKE_HZ);
            let woken = (0.5 + 0.5 * turn) * std::f32::consts::FRAC_2_PI * K::WAKE;
            self.heights.step[i] = step_of(hz * ratio, self.tone.rate_hz);
            self.heights.left[i] = if audible { gain * woken } else { 0.0 };
        }
    }

    /// What the bow does in a block, before the bridge: in the left channel.
    fn push(&mut self) -> Stereo {
        let moment = self.tone.advance();
        let uneasy = K::CHATTER * (0.25 + 0.75 * self.timbre.tension.max(0.0));
        let hand = 1.0 + uneasy * self.chatter.at(f64::from(moment.time_s) * CHATTER_HZ);
        if self.tone.note.glide_from.is_some() {
            self.modal.glide(moment.hz / self.tone.note_hz(), GROUPS);
        }
        let (hz, gain) = (moment.hz, self.pitch_level * moment.gain * hand);
        let rate_hz = self.tone.rate_hz;
        self.motion.step[0] = step_of(hz, rate_hz);
        (self.motion.left[0], self.motion.right[0]) = (gain, 0.0);
        let mut block = Stereo::SILENCE;
        self.motion.saws_add(&mut block);
        self.wake(hz, gain);
        self.heights.sines_add(&mut block);
        let mut rosin = [0.0; QUANTUM];
        noise::white(self.key, self.frame, &mut rosin);
        self.frame = self.frame.wrapping_add(QUANTUM as u32);
        // White noise spreads its power up to half the rate: the same level per Hz at every rate.
        let target = gain * K::ROSIN * (rate_hz * (1.0 / 48_000.0)).sqrt();
        let step = (target - self.rosin) * (1.0 / QUANTUM as f32);
        for (t, (drive, rosin)) in block.channels[0].iter_mut().zip(rosin).enumerate() {
            *drive += (self.rosin + step * (t + 1) as f32) * rosin;
        }
        self.rosin = target;
        let octaves = self.timbre.brightness_octaves + 2.0 * (self.tone.note.velocity - 0.7);
        self.bridge.set(Response::Low, hz * K::OPEN * self.opened.of(octaves, math::exp2), 0.6, rate_hz);
        block
    }
}

impl<K: BowedModesKind> Voice for BowedModes<K> {
    fn new(_spec: &Spec) -> BowedModes<K> {
        BowedModes::default()
    }

    fn start(&mut self, note: &NoteOn, spec: &Spec) {
        *self = BowedModes { tone: Tone::new(note, spec), ..BowedModes::default() };
        self.key = noise::key(note.place, ROSIN_STREAM);
        self.chatter = Wander::new(note.place, CHATTER_STREAM);
        self.wakes = std::array::from_fn(|i| Wander::new(note.place, WAKE_STREAM + i as i64));
        let height = math::log2(self.tone.note_hz() * (1.0 / 261.6));
        self.pitch_level = K::LEVEL * crate::units::db_to_gain(-K::KEY_DB * height);
        self.motion.count = 1;
        self.motion.phase[0] = phase_of(f64::from(self.tone.random(100, 0)));
        self.heights.count = K::PARTIALS.len() - 1;
        for i in 0..self.heights.count {
            self.heights.phase[i] = phase_of(f64::from(self.tone.random(101, i)));
        }
        self.lay_out();
    }

    fn release(&mut self) {
        self.released = true;
        self.tone.release();
    }

    fn control(&mut self, timbre: &Timbre) {
        self.timbre = *timbre;
        if self.tone.is_new() {
            let attack_s = K::ATTACK_S * math::exp2(-1.2 * timbre.mood.energy);
            self.tone.begin(Shape { attack_s, decay_s: 1.0, sustain: 1.0, release_s: 0.25 });
        }
    }

    fn render(&mut self, out: &mut Stereo) -> bool {
        let mut alive = [true];
        Self::render_each(&mut [self], std::slice::from_mut(out), &mut alive);
        alive[0]
    }

    /// The bridges of all voices stand side by side, and so do their modes.
    fn render_each(voices: &mut [&mut Self], outs: &mut [Stereo], alive: &mut [bool]) {
        let mut blocks: ArrayVec<Stereo, ABREAST> =
            voices.iter_mut().take(ABREAST).map(|voice| voice.push()).collect();
        Filter::process_each(voices.iter_mut().map(|voice| &mut voice.bridge).zip(&mut blocks));
        let drives: ArrayVec<[f32; QUANTUM], ABREAST> =
            blocks.iter().map(|block| block.channels[0]).collect();
        let mut modals: ArrayVec<&mut Modal<GROUPS>, ABREAST> =
            voices.iter_mut().take(ABREAST).map(|voice| &mut voice.modal).collect();
        Modal::render_driven_each(&mut modals, &drives, outs);
        drop(modals);
        for ((voice, out), alive) in voices.iter_mut().zip(outs).zip(alive) {
            voice.level = out.peak().max(voice.level * 0.9);
            *alive = !voice.released || voice.tone.is_alive() || voice.level >= SILENCE_GAIN;
        }
    }
}
