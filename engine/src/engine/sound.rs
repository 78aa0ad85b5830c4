//! Sound: one quantum from instruments to the sum, and what is told of it.
//! Source: DESIGN 4; MUSIC 5.3 (loudness plan), 5.4 (under speech). In/out: notes and mood in; stems and mix out.

use super::Engine;
use super::port::{Quantum, Telemetry};
use crate::fx::Place;
use crate::fx::field::Field;
use crate::handle::Return;
use crate::instrument::{Stereo, Timbre};
use crate::mapping::{LEVEL_BY_ENERGY, LEVEL_BY_SCALE, SEND_BY_SCALE, SEND_BY_WONDER};
use crate::mix::buses;
use crate::params::Param;
use crate::stem::{HALL_LANES, STEM_COUNT, Stem};
use crate::units::QUANTUM;

/// A replaced orchestra fades for this long, s.
pub(super) const FADE_S: f64 = 0.08;

/// How far all stems give way to speech (MUSIC 5.4).
const DIALOGUE_DB: f32 = 6.0;

/// A sample beyond this is a fault of an instrument, not music: 40 dB over full scale.
const FAULT_LEVEL: f32 = 100.0;

/// Telemetry goes out this often, s.
const TELEMETRY_S: f64 = 0.01;

impl Engine {
    pub(super) fn is_resting(&self) -> bool {
        self.silent && !self.clock.running() && self.cues.is_empty()
    }

    /// Nothing plays and nothing rings: zeros, at next to no cost.
    pub(super) fn rest(&mut self) {
        if !self.zeroed || self.seam_frames > 0 {
            self.quantum.stems = [Stereo::SILENCE; STEM_COUNT];
            self.quantum.field = Field::SILENCE;
            self.zeroed = self.seam_frames == 0;
            self.sew();
            self.sum();
        }
        self.report();
    }

    /// Instruments and ambience into the stems; sends into the hall's lanes.
    pub(super) fn play(&mut self, timbre: &Timbre) {
        let dialogue = self.mood.dialogue;
        let bypass = self.effective.get(Param::Bypass) >= 0.5;
        let send_db = SEND_BY_SCALE.of(timbre.mood.scale) + SEND_BY_WONDER.of(timbre.mood.wonder);
        // Velocities and the number of stems bring 8 to 9 dB with energy and 4 to 5 with scale, but none of it around rest,
        // where more players play no louder: a tutti already peaks where it may, so what is missing is made up for in the
        // middle and the fewer play, as a mixer brings up a chamber group.
        let mood_db = LEVEL_BY_ENERGY.of(timbre.mood.energy) + LEVEL_BY_SCALE.of(timbre.mood.scale)
            - DIALOGUE_DB * dialogue;
        let mut sounds = false;
        for index in 0..STEM_COUNT {
            let weather = index == Stem::Ambience.index();
            let plays = if weather { self.play_weather() } else { self.play_stem(index, timbre) };
            sounds |= plays;
            let (strip, stem) = (&mut self.strips[index], &mut self.quantum.stems[index]);
            strip.control(&self.effective, if weather { 0.0 } else { mood_db }, send_db, bypass);
            if self.mood.settling {
                strip.settle();
            }
            if !plays && strip.is_at_rest() {
                strip.rest();
                self.sent.get_mut(index).into_iter().for_each(|sent| sent.fill(0.0));
                continue;
            }
            if is_fault(strip.shape(stem)) {
                self.repaired += QUANTUM as u64;
                *stem = Stereo::SILENCE;
                strip.reset();
                self.orchestra.reset_stem(index);
            }
            if let Some(sent) = self.sent.get_mut(index) {
                strip.send(stem, sent);
            }
        }
        if self.mood.settling {
            self.seats.settle();
        }
        self.shape_field(bypass);
        self.mood.settling = false;
        self.drop_outgoing();
        self.silent = !sounds && self.seats.is_silent() && self.hall.is_silent() && !self.clock.running();
    }

    fn play_stem(&mut self, index: usize, timbre: &Timbre) -> bool {
        let place = Place { song_frame: self.song_frame(), tempo_bpm: self.clock.tempo_bpm() };
        let stem = &mut self.quantum.stems[index];
        let mut sounds = self.orchestra.render_stem(index, timbre, &place, self.morph, stem);
        if let Some(outgoing) = &mut self.outgoing {
            let mut old = Stereo::SILENCE;
            outgoing.render_stem(index, timbre, &place, self.morph, &mut old);
            fade_into(stem, &old, self.outgoing_quanta, (FADE_S * self.spec.sample_rate_hz) as f32);
            sounds = true;
        }
        sounds
    }

    fn play_weather(&mut self) -> bool {
        let frame = self.song_frame();
        self.weather.control(&self.effective);
        let Quantum { stems, field, .. } = &mut *self.quantum;
        self.weather.render(self.clock.running(), frame, &mut stems[Stem::Ambience.index()], field)
    }

    /// The ambience's field takes the way of its stem, two channels at a time.
    fn shape_field(&mut self, bypass: bool) {
        if !self.weather.wants_field() {
            return;
        }
        for (strip, pair) in self.field_strips.iter_mut().zip(&mut self.quantum.field.pairs) {
            strip.control(&self.effective, 0.0, 0.0, bypass);
            if self.mood.settling {
                strip.settle();
            }
            let magnitude = strip.shape(pair);
            strip.level(pair);
            if is_fault(magnitude) {
                self.repaired += QUANTUM as u64;
                *pair = Stereo::SILENCE;
                strip.reset();
            }
        }
    }

    /// Frame of the song at the present quantum: where the last start or jump put it, plus what has passed since. It runs
    /// evenly through tempo changes, for whatever moves with time and not with beats.
    fn song_frame(&self) -> i64 {
        self.quantum_start as i64 + self.song_origin
    }

    fn drop_outgoing(&mut self) {
        self.outgoing_quanta = self.outgoing_quanta.saturating_sub(1);
        if self.outgoing_quanta == 0 {
            // Room is certain: commands are only taken while there is.
            if let Some(Err(rtrb::PushError::Full(Return::Orchestra(old)))) =
                self.outgoing.take().map(|old| self.ends.returns.push(Return::Orchestra(old)))
            {
                self.outgoing = Some(old);
            }
        }
    }

    /// One hall, eight lanes: every stem sits where it sits and gets its own wet sound back; then the floor, then its
    /// level.
    pub(super) fn reverberate(&mut self) {
        let position_s = self.song_frame() as f64 / self.spec.sample_rate_hz;
        self.hall.control(self.mood.smooth.wonder, self.mood.smooth.scale, position_s);
        self.seats.process(&mut self.quantum.stems, &mut self.sent);
        buses::to_lanes(&self.sent, &mut self.sends);
        self.hall.process(&self.sends, &mut self.wet);
        buses::add_each(&mut self.quantum.stems, &*self.wet);
        self.floor.process(&mut self.quantum.stems);
        self.band.process(&mut self.quantum.stems[..HALL_LANES]);
        for (strip, stem) in self.strips.iter_mut().zip(&mut self.quantum.stems) {
            strip.make_room(self.mood.dialogue, stem);
            strip.level(stem);
        }
    }

    /// After a jump the rest of the quantum that was cut off fades under the beginning of this one.
    pub(super) fn sew(&mut self) {
        let frames = self.seam_frames;
        if frames == 0 {
            return;
        }
        let Quantum { stems, field, .. } = &mut *self.quantum;
        let sounds = stems.iter_mut().chain(&mut field.pairs);
        let past = self.seam.stems.iter().chain(&self.seam.field.pairs);
        for (stem, old) in sounds.zip(past) {
            for (channel, old) in stem.channels.iter_mut().zip(&old.channels) {
                for (i, (sample, old)) in channel.iter_mut().zip(&old[QUANTUM - frames..]).enumerate() {
                    let weight = (i + 1) as f32 / (frames + 1) as f32;
                    *sample = *sample * weight + *old * (1.0 - weight);
                }
            }
        }
    }

    /// mix = Σ stems, in stem order, in f32: exactly what a listener gets who adds the files up.
    pub(super) fn sum(&mut self) {
        self.seam_frames = 0;
        let Quantum { stems, mix, .. } = &mut *self.quantum;
        buses::sum(stems, mix);
    }

    pub(super) fn report(&mut self) {
        if !self.zeroed {
            let sounds = self.quantum.stems.iter().chain([&self.quantum.mix]);
            buses::raise_peaks(&mut self.peaks, sounds);
        }
        self.telemetry_quanta += 1;
        if f64::from(self.telemetry_quanta) * QUANTUM as f64 >= TELEMETRY_S * self.spec.sample_rate_hz {
            self.telemetry_quanta = 0;
            let position = self.clock.beat_at(self.quantum_start as f64);
            let bar = self.memory.grid.bar_at(position);
            let chord = self.conductor.bar().map(|frame| frame.chord_at(position - bar.start).chord.name);
            self.ends.telemetry.force_push(Telemetry {
                playing: self.clock.running(),
                position,
                tempo_bpm: self.clock.tempo_bpm(),
                bar: bar.index,
                meter: (bar.meter.numerator(), bar.meter.denominator()),
                chord: chord.unwrap_or_default(),
                peaks: self.peaks,
                values: self.effective,
                repaired: self.repaired,
            });
            self.peaks = [0.0; STEM_COUNT + 1];
        }
    }
}

/// Adds a fading orchestra; `quanta_left` counts down to the end of a fade of `fade_frames`.
fn fade_into(stem: &mut Stereo, old: &Stereo, quanta_left: u32, fade_frames: f32) {
    for (channel, old) in stem.channels.iter_mut().zip(&old.channels) {
        for (i, (sample, old)) in channel.iter_mut().zip(old).enumerate() {
            let frames_left = quanta_left as f32 * QUANTUM as f32 - (i + 1) as f32;
            *sample += old * (frames_left / fade_frames).clamp(0.0, 1.0);
        }
    }
}

/// Whether a quantum of this magnitude can be no music.
fn is_fault(magnitude: f32) -> bool {
    !magnitude.is_finite() || magnitude > FAULT_LEVEL * (2 * QUANTUM) as f32
}
