//! Control: what the engine is asked to do, and what it decides for a quantum before anything sounds.
//! Source: DESIGN 4, 5. In/out: commands, events, transport and mood in; notes started and ended, mix and scene set.

use super::live::live_offset;
use super::port::{Event, ScoreEvent};
use super::sound::FADE_S;
use super::{Arrival, Engine, TimedEvent};
use crate::compose::BarFrame;
use crate::conductor::{Cue, Listener, Score};
use crate::handle::{AudioEnds, COMMANDS, Command, Production, Return};
use crate::instrument::{NoteOn, Timbre};
use crate::mix::Orchestra;
use crate::params::{PARAM_COUNT, Param};
use crate::plan::Plan;
use crate::stem::Stem;
use crate::time::Motion;
use crate::units::QUANTUM;

/// The shortest way from one palette to the other, s: a jump of the parameter becomes a fade. Taste: below 20 ms it
/// clicks on bass notes.
const MORPH_S: f64 = 0.05;

impl Engine {
    pub(super) fn take_commands(&mut self) {
        for _ in 0..COMMANDS {
            // Nothing is taken that could not be sent back, and one orchestra fades at a time.
            if self.outgoing.is_some() || self.ends.returns.slots() < 3 {
                return;
            }
            match self.ends.commands.pop() {
                Ok(Command::Plan(production, orchestra)) => self.take_plan(production, orchestra),
                Ok(Command::Memory(memory)) => {
                    let old = std::mem::replace(&mut self.memory, memory);
                    let _ = self.ends.returns.push(Return::Memory(old));
                }
                Err(_) => return,
            }
        }
    }

    fn take_plan(&mut self, production: Box<Production>, orchestra: Option<Box<Orchestra>>) {
        let plan = &production.plan;
        self.weather.set_plan(plan);
        if let Some(orchestra) = orchestra {
            let mut old = std::mem::replace(&mut self.orchestra, orchestra);
            old.release_all();
            self.outgoing = Some(old);
            self.outgoing_quanta = self.fade_quanta();
        }
        if plan.grid != self.production.plan.grid && self.transport.meter.is_none() {
            self.memory.grid.clone_from(&plan.grid);
            let position = self.clock.beat_at(self.quantum_start as f64);
            self.conductor.grid_changed(position, &self.memory.grid);
        }
        let old = std::mem::replace(&mut self.production, production);
        let _ = self.ends.returns.push(Return::Production(old));
        self.set_mix();
        self.set_scene();
    }

    fn fade_quanta(&self) -> u32 {
        (FADE_S * self.spec.sample_rate_hz / QUANTUM as f64).ceil().max(1.0) as u32
    }

    pub(super) fn take_events(&mut self) {
        let due = self.events.iter().take_while(|event| event.frame <= self.quantum_start).count();
        for index in 0..due {
            self.apply(self.events[index]);
        }
        self.events.drain(..due);
        // Listen works while the host stands still: the host's own word comes only with the next block.
        let listen = self.effective.get(Param::Listen) >= 0.5;
        if due > 0 && !self.transport.playing && listen != self.clock.running() {
            self.arrival = match self.clock.follow(self.quantum_start, &self.transport, listen) {
                Motion::Located => Arrival::Locate,
                _ => Arrival::Stop,
            };
        }
    }

    pub(super) fn apply(&mut self, timed: TimedEvent) {
        match timed.event {
            Event::Value { index, value } if !value.is_nan() => self.values.set(index, value),
            Event::Modulation { index, amount } if amount.is_finite() && index < PARAM_COUNT => {
                self.modulation[index] = amount;
            }
            Event::NoteOn { channel, key, velocity } => {
                self.live.on(
                    &mut self.orchestra,
                    channel,
                    key,
                    velocity,
                    live_offset(timed.frame, self.quantum_start),
                );
                self.silent = false;
            }
            Event::NoteOff { channel, key } => {
                self.live.off(
                    &mut self.orchestra,
                    channel,
                    key,
                    live_offset(timed.frame, self.quantum_start),
                );
            }
            Event::AllNotesOff => self.live.all_off(&mut self.orchestra),
            Event::Value { .. } | Event::Modulation { .. } => return,
        }
        if let Event::Value { index, .. } | Event::Modulation { index, .. } = timed.event {
            let value = f64::from(self.values.at(index)) + self.modulation.get(index).copied().unwrap_or(0.0);
            self.effective.set(index, value);
        }
    }

    pub(super) fn conduct(&mut self) {
        self.cues.clear();
        let Production { plan, composer } = &mut *self.production;
        let tempo_bpm = self.clock.tempo_bpm();
        let mut score = Score { plan, values: &self.effective, memory: &mut self.memory, tempo_bpm };
        let mut listener = Reports { ends: &mut self.ends };
        match std::mem::replace(&mut self.arrival, Arrival::Nothing) {
            Arrival::Nothing => {}
            Arrival::Stop => self.conductor.stop(&mut self.cues),
            Arrival::Locate => {
                let position = self.clock.beat_at(self.quantum_start as f64);
                let beats_s = self.clock.beats_to_s(position);
                let position_s = self.transport.position_s.filter(|s| s.abs() < 1e9).unwrap_or(beats_s);
                self.song_origin =
                    (position_s * self.spec.sample_rate_hz).round() as i64 - self.quantum_start as i64;
                if self.silent {
                    self.mood.settle();
                }
                self.conductor.locate(position, &mut score, composer, &mut listener, &mut self.cues);
            }
        }
        if self.clock.running() {
            let cues = &mut self.cues;
            self.conductor.quantum(
                self.quantum_start,
                &self.clock,
                &mut score,
                composer,
                &mut listener,
                cues,
            );
        }
        for cue in self.cues.iter() {
            match *cue {
                Cue::Start { id, note, offset, length_s, chased } => {
                    let frame = self.quantum_start + offset as u64;
                    let on = NoteOn {
                        id,
                        pitch: note.pitch,
                        velocity: note.velocity,
                        offset,
                        length_s,
                        articulation: note.articulation,
                        glide_from: note.glide_from,
                        place: note.place,
                    };
                    self.orchestra.note_on(note.stem.index(), usize::from(note.part), &on);
                    self.midi.start(frame, id, &note);
                    if !chased {
                        let _ = self.ends.score.push(ScoreEvent::Note(note, frame));
                    }
                }
                Cue::End { id, note, offset } => {
                    self.orchestra.note_off(note.stem.index(), usize::from(note.part), id, offset);
                    self.midi.end(self.quantum_start + offset as u64, id, &note);
                }
            }
        }
    }

    /// Position in bars (from 0) at the present quantum; 0 while nothing runs.
    fn bar_position(&self) -> f64 {
        let position = self.clock.beat_at(self.quantum_start as f64);
        let bar = self.memory.grid.bar_at(position);
        bar.index as f64 + (position - bar.start) / bar.meter.bar_beats()
    }

    pub(super) fn follow_mood(&mut self) -> Timbre {
        let target = self.production.plan.mood_at(self.bar_position(), &self.effective);
        self.mood.follow(target, self.effective.get(Param::Dialogue), self.effective.get(Param::Humanise))
    }

    /// Where the music stands between its two palettes: as fast as [`MORPH_S`] lets it, and exactly at the ends.
    pub(super) fn follow_morph(&mut self) {
        let target = match self.production.plan.other {
            Some(_) => self.effective.get(Param::Morph),
            None => 0.0,
        };
        let from = self.morph.1;
        let farthest = (QUANTUM as f64 / (MORPH_S * self.spec.sample_rate_hz)) as f32;
        let to = if (target - from).abs() <= farthest || self.mood.settling {
            target
        } else {
            from + farthest * (target - from).signum()
        };
        self.morph = (if self.mood.settling { to } else { from }, to);
        if from != to {
            self.set_mix();
        }
        let bar = self.conductor.bar().map(|frame| frame.bar.index);
        if std::mem::replace(&mut self.morph_bar, bar) != bar || self.mood.settling {
            self.set_scene();
        }
    }

    /// Mix and space as they are at the present morph.
    pub(super) fn set_mix(&mut self) {
        let Plan { stage, other, .. } = &self.production.plan;
        let Some(other) = other else {
            let distances_m = stage.distances_toward(stage, 0.0);
            self.hall.set(&self.seats.set(&stage.hall, distances_m));
            self.band.set(&stage.hall);
            self.strips.iter_mut().zip(&stage.stems).for_each(|(strip, stem)| strip.set_mix(stem.mix()));
            let ambience = stage.stems[Stem::Ambience.index()].mix();
            self.field_strips.iter_mut().for_each(|strip| strip.set_mix(ambience));
            return;
        };
        let morph = self.morph.1;
        let hall = stage.hall_toward(other, morph);
        self.hall.set(&self.seats.set(&hall, stage.distances_toward(other, morph)));
        self.band.set(&hall);
        for (strip, (here, there)) in self.strips.iter_mut().zip(stage.stems.iter().zip(&other.stems)) {
            strip.set_mix(here.mix_toward(there, morph));
        }
        let ambience = Stem::Ambience.index();
        let ambience = stage.stems[ambience].mix_toward(&other.stems[ambience], morph);
        self.field_strips.iter_mut().for_each(|strip| strip.set_mix(ambience));
    }

    /// What cannot be halved, the scene of the ambience, changes with a bar.
    pub(super) fn set_scene(&mut self) {
        let Plan { stage, other, .. } = &self.production.plan;
        let there = other.as_ref().filter(|_| self.morph.1 >= 0.5);
        self.weather.set(&there.unwrap_or(stage).ambience);
    }
}

/// Sends what the conductor decides to whoever listens.
struct Reports<'a> {
    ends: &'a mut AudioEnds,
}

impl Listener for Reports<'_> {
    fn bar(&mut self, frame: &BarFrame) {
        self.ends.heard.force_push((frame.bar.index, frame.climate));
        let _ = self.ends.score.push(ScoreEvent::Bar(frame.clone()));
    }
}
