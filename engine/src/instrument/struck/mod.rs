//! The voice of everything struck: ringing modes and bursts of noise, laid out by a [`Recipe`] when the note begins.
//! Source: modal synthesis, MUSIC 8 #5–8, 17–20. A recipe is a function of note and mood; the voice knows no instrument.
//! In/out: see [`Voice`]. Cost: 1 ns per frame, 0.06 ns for each mode that rings, 3 to 8 ns for each sounding burst.

mod bursts;
mod recipe;
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "measurements may use the platform's functions")]
mod tests;

pub use recipe::{
    Burst, MEAN_VELOCITY, MODES, MOST_GROUPS, MOST_MODES, Recipe, Strike, VELOCITY_DB, VELOCITY_OCTAVES,
    WIDE, brightness, chance, spread, stroke_velocity,
};

use super::pool::ABREAST;
use super::{NoteOn, Spec, Stereo, Timbre, Voice};
use crate::dsp::envelope::s_curve;
use crate::dsp::kept::Kept;
use crate::dsp::math;
use crate::dsp::modal::{Courses, Modal};
use crate::dsp::simd::kernel;
use crate::note::Articulation;
use crate::random::{Domain, value};
use crate::units::{QUANTUM, SILENCE_GAIN, db_to_gain, octaves_to_ratio};
use bursts::{Sounding, bursts_add};
use fearless_simd::f32x8;
use fearless_simd::prelude::*;
use recipe::{BURSTS, GROUPS};

/// Strokes per second of a roll: where MUSIC 8 #2 puts a tremolo, at its slower end.
const ROLL_HZ: f32 = 10.5;

/// The voice; `R` says what it sounds like, `G` for how many groups of modes it has room.
pub struct Struck<R: Recipe, const G: usize = GROUPS> {
    note: Option<NoteOn>,
    /// The note that sounds, and the mood of the newest block: what the strokes of a roll are made from.
    begun: Option<NoteOn>,
    timbre: Timbre,
    place: u64,
    articulation: Articulation,
    length_frames: f32,
    rate: f32,
    strike: Strike,
    modal: Modal<G>,
    sounding: [Sounding; BURSTS],
    /// Where the glide stood when the modes last followed it.
    glided_octaves: f32,
    /// Frames since the note began, and when its last group is struck.
    frame: i64,
    last_start: i64,
    next_roll: i64,
    rolls: i64,
    released: bool,
    /// Peak, falling slowly: when it is silent the note is over.
    level: f32,
    pushed: Kept,
    unpushed: Kept,
    recipe: std::marker::PhantomData<fn(R)>,
}

impl<R: Recipe, const G: usize> Struck<R, G> {
    fn begin(&mut self, note: &NoteOn, timbre: &Timbre) {
        let mut strike = Strike::default();
        R::strike(note, timbre, &mut strike);
        strike.gain *= db_to_gain(VELOCITY_DB * (note.velocity - MEAN_VELOCITY));
        if note.articulation == Articulation::Accent {
            strike.gain *= 1.26;
        }
        self.modal.tune(&strike.modes, self.rate);
        for (index, (burst, sounding)) in strike.bursts.iter().zip(&mut self.sounding).enumerate() {
            *sounding = Sounding::new(burst, index, note.place, self.rate);
        }
        self.last_start = strike.starts_s.iter().map(|&start_s| self.frames(start_s)).max().unwrap_or(0);
        self.glided_octaves = 0.0;
        (self.next_roll, self.rolls) = (0, 0);
        self.strike = strike;
    }

    /// A stroke of a roll is struck as bright as the mood now is and as its own force makes it. What rings keeps the color
    /// it was struck with: a bar or a bell cannot change it either.
    fn recolor(&mut self, force: f32) {
        let Some(note) = &self.begun else { return };
        let stroke = NoteOn { velocity: stroke_velocity(note.velocity, force), ..*note };
        let mut strike = Strike::default();
        R::strike(&stroke, &self.timbre, &mut strike);
        self.modal.weigh(&strike.modes);
        for (burst, new) in self.strike.bursts.iter_mut().zip(&strike.bursts) {
            (burst.gain, burst.hz, burst.q) = (new.gain, new.hz, new.q);
        }
    }

    fn frames(&self, time_s: f32) -> i64 {
        (time_s * self.rate) as i64
    }

    fn rolling(&self) -> bool {
        matches!(self.articulation, Articulation::Tremolo | Articulation::Swell)
            && self.strike.rolls
            && self.length_frames > 0.2 * self.rate
    }

    /// Strikes what is due at this block.
    fn strikes(&mut self) {
        let block = self.frame..self.frame + QUANTUM as i64;
        if !self.rolling() {
            if self.frame > self.last_start {
                return;
            }
            for group in 0..self.modal.groups() {
                if block.contains(&self.frames(self.strike.starts_s[group])) {
                    self.modal.strike(group, 1.0);
                }
            }
            return;
        }
        if self.released || !block.contains(&self.next_roll) || self.next_roll as f32 > self.length_frames {
            return;
        }
        let along = self.next_roll as f32 / self.length_frames;
        let swell = if self.articulation == Articulation::Swell { 0.04 + 0.96 * along * along } else { 0.8 };
        let hand = value(self.place, Domain::Noise, self.rolls, 1) as f32;
        let force = swell * (0.8 + 0.4 * hand);
        self.recolor(force);
        // Strokes fall on what still rings: each is softer than a single one of its force.
        let gain = 0.6 * force;
        for group in 0..self.modal.groups() {
            self.modal.strike(group, gain);
        }
        for (burst, sounding) in self.strike.bursts.iter().zip(&mut self.sounding) {
            if !burst.at_release {
                sounding.strike(gain);
            }
        }
        self.rolls += 1;
        self.next_roll += (self.rate / ROLL_HZ * (0.9 + 0.2 * hand)) as i64;
    }

    /// Moves gliding modes on to where they now are.
    fn glide(&mut self) {
        if self.strike.glide_octaves == 0.0 {
            return;
        }
        let along = self.frame as f32 / (self.strike.glide_ms * 1e-3 * self.rate);
        let octaves = self.strike.glide_octaves * math::exp(-along);
        // A hundredth of a semitone from its place nobody hears it move, and half of that is no step.
        if octaves.abs() < 0.001 {
            self.modal.glide(1.0, self.strike.glide_groups);
            self.strike.glide_octaves = 0.0;
        } else if (octaves - self.glided_octaves).abs() > 0.0005 {
            self.modal.glide(octaves_to_ratio(octaves), self.strike.glide_groups);
            self.glided_octaves = octaves;
        }
    }

    /// Attack, tremolo, gain and clipping; false when the note is over.
    #[inline(always)]
    fn finish<S: Simd>(&mut self, s: S, out: &mut Stereo) -> bool {
        let attack = (self.strike.attack_ms * 1e-3 * self.rate).max(1.0);
        let mut levels = [self.strike.gain; QUANTUM];
        if (self.frame as f32) < attack {
            for (t, level) in levels.iter_mut().enumerate() {
                *level *= s_curve(((self.frame + t as i64) as f32 / attack).min(1.0));
            }
        }
        if self.strike.tremolo_hz > 0.0 {
            let step = self.strike.tremolo_hz / self.rate;
            let (from, to) =
                (self.flap(self.frame as f32 * step), self.flap((self.frame + QUANTUM as i64) as f32 * step));
            for (t, level) in levels.iter_mut().enumerate() {
                *level *= from + (to - from) * (t as f32 / QUANTUM as f32);
            }
        }
        let drive_db = self.strike.drive_db;
        // Three quarters of the drive are taken back: what is driven may also be a little louder.
        let clip = (drive_db > 0.0)
            .then(|| (self.pushed.of(drive_db, db_to_gain), self.unpushed.of(-0.75 * drive_db, db_to_gain)));
        let peak = shape(s, &levels, clip, out);
        self.frame += QUANTUM as i64;
        self.level = peak.max(self.level * 0.9);
        let waiting = self.rolling() && !self.released && (self.frame as f32) < self.length_frames;
        self.level >= SILENCE_GAIN || waiting
    }

    /// Level at a turn of the flaps.
    fn flap(&self, cycles: f32) -> f32 {
        1.0 - self.strike.tremolo_depth * (0.5 - 0.5 * math::cos_cycles(cycles))
    }
}

/// Gains, and the soft clipper where there is one: a gain before and one after it. The peak of what comes out.
#[inline(always)]
fn shape<S: Simd>(s: S, levels: &[f32; QUANTUM], clip: Option<(f32, f32)>, out: &mut Stereo) -> f32 {
    let mut peak = f32x8::splat(s, 0.0);
    for channel in &mut out.channels {
        for (eight, levels) in channel.as_chunks_mut::<8>().0.iter_mut().zip(levels.as_chunks::<8>().0) {
            let mut y = f32x8::load_array_ref(s, eight) * f32x8::load_array_ref(s, levels);
            if let Some((pushed, unpushed)) = clip {
                y = math::tanh(y * f32x8::splat(s, pushed)) * f32x8::splat(s, unpushed);
            }
            y.store_array(eight);
            peak = peak.max(y.abs());
        }
    }
    peak.reduce_max()
}

/// Adds what rings of each voice.
#[inline(always)]
fn ring_each<S: Simd, R: Recipe, const G: usize>(
    s: S,
    voices: &mut [&mut Struck<R, G>],
    outs: &mut [Stereo],
) {
    let mut courses = Courses::default();
    for (voice, out) in voices.iter_mut().zip(outs) {
        voice.modal.ring_add(s, &mut courses, out);
    }
}

#[inline(always)]
fn finish_each<S: Simd, R: Recipe, const G: usize>(
    s: S,
    voices: &mut [&mut Struck<R, G>],
    outs: &mut [Stereo],
    alive: &mut [bool],
) {
    for ((voice, out), alive) in voices.iter_mut().zip(outs).zip(alive) {
        *alive = voice.finish(s, out);
    }
}

impl<R: Recipe, const G: usize> Voice for Struck<R, G> {
    fn new(spec: &Spec) -> Self {
        Struck {
            note: None,
            begun: None,
            timbre: Timbre::default(),
            place: 0,
            articulation: Articulation::Sustain,
            length_frames: 0.0,
            rate: spec.sample_rate_hz as f32,
            strike: Strike::default(),
            modal: Modal::default(),
            sounding: [Sounding::default(); BURSTS],
            glided_octaves: 0.0,
            frame: 0,
            last_start: 0,
            next_roll: 0,
            rolls: 0,
            released: false,
            level: 0.0,
            pushed: Kept::default(),
            unpushed: Kept::default(),
            recipe: std::marker::PhantomData,
        }
    }

    fn start(&mut self, note: &NoteOn, spec: &Spec) {
        self.rate = spec.sample_rate_hz as f32;
        self.note = Some(*note);
        self.place = note.place;
        self.articulation = note.articulation;
        self.length_frames = note.length_s * self.rate;
        self.frame = 0;
        self.released = false;
        self.level = 1.0;
    }

    fn release(&mut self) {
        self.released = true;
        for (burst, sounding) in self.strike.bursts.iter().zip(&mut self.sounding) {
            if burst.at_release {
                sounding.strike(1.0);
            }
        }
        if self.strike.release_s.is_finite() {
            self.modal.damp(self.strike.release_s, self.rate);
            self.strike.release_s = f32::INFINITY;
        }
    }

    fn control(&mut self, timbre: &Timbre) {
        self.timbre = *timbre;
        if let Some(note) = self.note.take() {
            self.begun = Some(note);
            self.begin(&note, timbre);
            if self.released {
                self.release();
            }
        }
    }

    fn render(&mut self, out: &mut Stereo) -> bool {
        let mut alive = [true];
        Self::render_each(&mut [self], std::slice::from_mut(out), &mut alive);
        alive[0]
    }

    fn render_each(voices: &mut [&mut Self], outs: &mut [Stereo], alive: &mut [bool]) {
        for (voice, out) in voices.iter_mut().zip(&mut *outs) {
            *out = Stereo::SILENCE;
            voice.strikes();
            voice.glide();
        }
        kernel!(s => ring_each(s, voices, outs));
        bursts_add(voices, outs);
        kernel!(s => finish_each(s, voices, outs, alive));
    }
}
