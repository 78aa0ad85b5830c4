//! The engine: `process` is the signal path on one page.
//! Source: DESIGN 4, 5. In/out: host blocks of any size in, quanta of nine stems and their sum out.

mod live;
mod mood;
mod port;

pub use crate::handle::EngineHandle;
pub use crate::midi::MidiOut;
pub use port::{Event, Output, Quantum, ScoreEvent, Telemetry};

use crate::compose::BarFrame;
use crate::conductor::{Conductor, Cue, Cues, Listener, Score};
use crate::fx::Place;
use crate::fx::field::Field;
use crate::fx::hall::Hall;
use crate::handle::{AudioEnds, COMMANDS, Command, Production, Return};
use crate::instrument::{NoteOn, Spec, Stereo, Timbre};
use crate::memory::Memory;
use crate::midi::MidiQueue;
use crate::mix::{Band, Floor, Orchestra, Strip, Weather, buses};
use crate::params::{PARAM_COUNT, Param, Values};
use crate::plan::Plan;
use crate::stem::{HALL_LANES, STEM_COUNT, STEMS, Stem};
use crate::time::{Clock, Motion, Transport};
use crate::units::QUANTUM;
use arrayvec::ArrayVec;
use live::{LiveNotes, live_offset};
use mood::MoodFollower;

/// Events that may wait for their quantum. More than any host sends in a block; past it values still arrive, notes are lost.
const MAX_EVENTS: usize = 1024;

/// A replaced orchestra fades for this long, s.
const FADE_S: f64 = 0.08;

/// How far the mood moves levels and sends at once. MUSIC 5.3 asks -24 LUFS at rest, 8 LU per unit of energy and peaks
/// below -2 dBTP. Velocities and the number of stems alone bring 8 to 9 with energy and 4 to 5 with scale (measured, six
/// palettes): a tutti already peaks where it may, so what is missing is made up for the softer the music is and the
/// fewer play, as a mixer brings up a chamber group.
const LEVEL_DB: f32 = 3.2;
const LEVEL_BY_ENERGY_DB: f32 = -1.0;
const LEVEL_BY_SCALE_DB: f32 = -1.7;
/// MUSIC 5.4.
const DIALOGUE_DB: f32 = 6.0;
const SEND_BY_SCALE_DB: f32 = 4.0;
const SEND_BY_WONDER_DB: f32 = 2.0;

/// A sample beyond this is a fault of an instrument, not music: 40 dB over full scale.
const FAULT_LEVEL: f32 = 100.0;

/// The shortest way from one palette to the other, s: a jump of the parameter becomes a fade. Taste: below 20 ms it
/// clicks on bass notes.
const MORPH_S: f64 = 0.05;

/// Telemetry goes out this often, s.
const TELEMETRY_S: f64 = 0.01;

#[derive(Clone, Copy)]
struct TimedEvent {
    frame: u64,
    event: Event,
}

/// The audio side. Owned by the audio thread, never shared. What is large lies on the heap: hosts activate plugins on
/// threads with small stacks, and an engine is moved a few times before it rests.
pub struct Engine {
    spec: Spec,
    // What is played.
    production: Box<Production>,
    orchestra: Box<Orchestra>,
    outgoing: Option<Box<Orchestra>>,
    outgoing_quanta: u32,
    conductor: Box<Conductor>,
    memory: Box<Memory>,
    cues: Box<Cues>,
    live: LiveNotes,
    // Control.
    values: Values,
    modulation: [f64; PARAM_COUNT],
    effective: Values,
    mood: MoodFollower,
    events: Box<ArrayVec<TimedEvent, MAX_EVENTS>>,
    // Time.
    clock: Clock,
    transport: Transport,
    frame: u64,
    quantum_start: u64,
    cursor: usize,
    /// Song frame of engine frame 0.
    song_origin: i64,
    arrival: Arrival,
    // Sound.
    strips: [Strip; STEM_COUNT],
    /// Place between the two palettes at the start and the end of the quantum.
    morph: (f32, f32),
    /// Bar in which the scene of the ambience was last chosen.
    morph_bar: Option<i64>,
    /// The ambience's strip twice more, for the two pairs of its field.
    field_strips: [Strip; 2],
    hall: Hall,
    weather: Weather,
    band: Band,
    floor: Floor,
    /// What each stem sends to the hall, and the same frame by frame.
    sent: Box<[[f32; QUANTUM]; HALL_LANES]>,
    sends: Box<[[f32; HALL_LANES]; QUANTUM]>,
    wet: Box<[Stereo; HALL_LANES]>,
    quantum: Box<Quantum>,
    seam: Box<Quantum>,
    seam_frames: usize,
    silent: bool,
    /// True while the quantum holds nothing but zeros.
    zeroed: bool,
    // Reports.
    ends: AudioEnds,
    midi: Box<MidiQueue>,
    peaks: [f32; STEM_COUNT + 1],
    telemetry_quanta: u32,
    repaired: u64,
}

/// What the transport did since the last quantum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrival {
    Nothing,
    Locate,
    Stop,
}

impl Engine {
    /// Builds both sides. Allocates everything the engine will ever use.
    /// A sample rate outside 1 kHz–768 kHz is taken as the nearest inside.
    pub fn new(spec: Spec, plan: Plan) -> (Engine, EngineHandle) {
        let spec = Spec::legal(spec.sample_rate_hz);
        let (ends, handle) = EngineHandle::pair(spec, &plan);
        let (mut hall, mut band) = (Hall::new(&spec), Band::new(&spec));
        hall.set(&plan.stage.hall);
        band.set(&plan.stage.hall);
        let engine = Engine {
            spec,
            orchestra: Box::new(Orchestra::new(&plan, &spec)),
            outgoing: None,
            outgoing_quanta: 0,
            conductor: Box::new(Conductor::new()),
            memory: Box::new(Memory::new(plan.grid.clone())),
            cues: Box::new(Cues::new()),
            live: LiveNotes::default(),
            values: plan.values,
            modulation: [0.0; PARAM_COUNT],
            effective: plan.values,
            mood: MoodFollower::new(&spec),
            events: Box::new(ArrayVec::new()),
            clock: Clock::new(spec.sample_rate_hz, plan.tempo_bpm),
            transport: Transport::default(),
            frame: 0,
            quantum_start: 0,
            cursor: QUANTUM,
            song_origin: 0,
            arrival: Arrival::Nothing,
            strips: std::array::from_fn(|i| Strip::new(STEMS[i].stem, &spec, &plan.stage.stems[i])),
            morph: (0.0, 0.0),
            morph_bar: None,
            field_strips: std::array::from_fn(|_| field_strip(&spec, &plan)),
            hall,
            weather: Weather::new(&spec, &plan),
            band,
            floor: Floor::new(&spec),
            sent: Box::new([[0.0; QUANTUM]; HALL_LANES]),
            sends: Box::new([[0.0; HALL_LANES]; QUANTUM]),
            wet: Box::new([Stereo::SILENCE; HALL_LANES]),
            quantum: Box::new(Quantum::SILENCE),
            seam: Box::new(Quantum::SILENCE),
            seam_frames: 0,
            silent: true,
            zeroed: true,
            ends,
            midi: Box::new(MidiQueue::new()),
            peaks: [0.0; STEM_COUNT + 1],
            telemetry_quanta: 0,
            repaired: 0,
            production: Box::new(Production::new(plan)),
        };
        (engine, handle)
    }

    /// Adds an event for the next `process`; a frame beyond the block counts as its last. Order and overflow are safe.
    pub fn push(&mut self, frame: usize, event: Event) {
        let timed = TimedEvent { frame: self.frame.saturating_add(frame as u64), event };
        if self.events.is_full() {
            // Values must arrive, if early; a note that finds no room is lost like a note that finds no voice.
            self.apply(timed);
            return;
        }
        // Stable by frame: hosts send mostly in order, so this looks at the end only.
        let place = self.events.iter().rposition(|other| other.frame <= timed.frame).map_or(0, |i| i + 1);
        self.events.insert(place, timed);
    }

    /// Makes `frames` frames (any number, also 0). `transport` is the host's word at the first of them; call once per
    /// stretch between transport changes inside a block. No allocation, lock or system call.
    pub fn process(&mut self, frames: usize, transport: &Transport, out: &mut impl Output) {
        if frames == 0 {
            return;
        }
        let last = self.frame + frames as u64 - 1;
        for event in self.events.iter_mut() {
            event.frame = event.frame.min(last);
        }
        self.follow(transport);
        let mut at = 0;
        while at < frames {
            if self.cursor == QUANTUM {
                self.render_quantum();
            }
            let count = (QUANTUM - self.cursor).min(frames - at);
            out.write(at, &self.quantum, self.cursor..self.cursor + count);
            self.cursor += count;
            self.frame += count as u64;
            at += count;
        }
        self.midi.deliver(self.frame);
    }

    /// Takes the host's word; a start or a jump begins a new quantum here, sewn to what was left of the old one.
    fn follow(&mut self, transport: &Transport) {
        self.transport = *transport;
        let was_running = self.clock.running();
        let listen = self.effective.get(Param::Listen) >= 0.5;
        match self.clock.follow(self.frame, transport, listen) {
            Motion::Located => {
                self.learn_grid();
                self.arrival = Arrival::Locate;
                self.midi.cut(self.frame);
                if self.cursor < QUANTUM {
                    std::mem::swap(&mut self.quantum, &mut self.seam);
                    self.seam_frames = QUANTUM - self.cursor;
                }
                self.cursor = QUANTUM;
            }
            Motion::Stopped if was_running => self.arrival = Arrival::Stop,
            Motion::Stopped => {}
            Motion::Onward => {
                if self.learn_grid() {
                    self.conductor.grid_changed(self.clock.beat_at(self.frame as f64), &self.memory.grid);
                }
            }
        }
    }

    fn learn_grid(&mut self) -> bool {
        let position = self.clock.beat_at(self.frame as f64);
        let Some(meter) = self.transport.meter else { return false };
        let changed = self.memory.grid.follow_host(position, meter, self.transport.bar_start);
        if changed {
            let _ = self.ends.grids.push(self.memory.grid.clone());
        }
        changed
    }

    /// One quantum, from control to sum. This is the signal path.
    fn render_quantum(&mut self) {
        self.quantum_start = self.frame;
        self.cursor = 0;
        self.take_commands();
        self.take_events();
        self.conduct();
        if self.is_resting() {
            self.rest();
            return;
        }
        (self.silent, self.zeroed) = (false, false);
        let timbre = self.follow_mood();
        self.follow_morph();
        self.play(&timbre);
        self.reverberate();
        self.sew();
        self.sum();
        self.report();
    }

    // ---- control ----

    fn take_commands(&mut self) {
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

    fn take_events(&mut self) {
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

    fn apply(&mut self, timed: TimedEvent) {
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

    // ---- time and notes ----

    fn conduct(&mut self) {
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

    fn follow_mood(&mut self) -> Timbre {
        let target = self.production.plan.mood_at(self.bar_position(), &self.effective);
        self.mood.follow(target, self.effective.get(Param::Dialogue), self.effective.get(Param::Humanise))
    }

    /// Where the music stands between its two palettes: as fast as [`MORPH_S`] lets it, and exactly at the ends.
    fn follow_morph(&mut self) {
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
    fn set_mix(&mut self) {
        let Plan { stage, other, .. } = &self.production.plan;
        let Some(other) = other else {
            self.hall.set(&stage.hall);
            self.band.set(&stage.hall);
            self.strips.iter_mut().zip(&stage.stems).for_each(|(strip, stem)| strip.set_mix(stem.mix()));
            let ambience = stage.stems[Stem::Ambience.index()].mix();
            self.field_strips.iter_mut().for_each(|strip| strip.set_mix(ambience));
            return;
        };
        let morph = self.morph.1;
        let hall = stage.hall_toward(other, morph);
        self.hall.set(&hall);
        self.band.set(&hall);
        for (strip, (here, there)) in self.strips.iter_mut().zip(stage.stems.iter().zip(&other.stems)) {
            strip.set_mix(here.mix_toward(there, morph));
        }
        let ambience = Stem::Ambience.index();
        let ambience = stage.stems[ambience].mix_toward(&other.stems[ambience], morph);
        self.field_strips.iter_mut().for_each(|strip| strip.set_mix(ambience));
    }

    /// What cannot be halved, the scene of the ambience, changes with a bar.
    fn set_scene(&mut self) {
        let Plan { stage, other, .. } = &self.production.plan;
        let there = other.as_ref().filter(|_| self.morph.1 >= 0.5);
        self.weather.set(&there.unwrap_or(stage).ambience);
    }

    // ---- sound ----

    fn is_resting(&self) -> bool {
        self.silent && !self.clock.running() && self.cues.is_empty()
    }

    /// Nothing plays and nothing rings: zeros, at next to no cost.
    fn rest(&mut self) {
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
    fn play(&mut self, timbre: &Timbre) {
        let dialogue = self.mood.dialogue;
        let bypass = self.effective.get(Param::Bypass) >= 0.5;
        let send_db = SEND_BY_SCALE_DB * timbre.mood.scale + SEND_BY_WONDER_DB * timbre.mood.wonder;
        let (energy, scale) = (timbre.mood.energy, timbre.mood.scale);
        let mood_db =
            LEVEL_DB + LEVEL_BY_ENERGY_DB * energy + LEVEL_BY_SCALE_DB * scale - DIALOGUE_DB * dialogue;
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
        self.shape_field(bypass);
        self.mood.settling = false;
        self.drop_outgoing();
        self.silent = !sounds && self.hall.is_silent() && !self.clock.running();
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

    /// One hall, eight lanes: every stem gets its own wet sound back; then the floor, then its level.
    fn reverberate(&mut self) {
        let position_s = self.song_frame() as f64 / self.spec.sample_rate_hz;
        self.hall.control(self.mood.smooth.wonder, self.mood.smooth.scale, position_s);
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
    fn sew(&mut self) {
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
    fn sum(&mut self) {
        self.seam_frames = 0;
        let Quantum { stems, mix, .. } = &mut *self.quantum;
        buses::sum(stems, mix);
    }

    fn report(&mut self) {
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

    // ---- outside ----

    /// Asks for the ambience as a field of first order beside its stereo ([`Quantum::field`]), or no longer. It costs about
    /// as much again as the stereo; ask before the music starts. No allocation; stays through [`Engine::reset`].
    pub fn set_ambience_field(&mut self, wanted: bool) {
        self.weather.set_field(wanted);
    }

    /// Composed notes as MIDI since the last `clear_midi`, in order of frames.
    pub fn midi_out(&self) -> &[MidiOut] {
        self.midi.delivered()
    }

    /// Empties [`Engine::midi_out`]; the next frame is frame 0 of what follows. Call once per host block, before it.
    pub fn clear_midi(&mut self) {
        self.midi.clear(self.frame);
    }

    /// Equal to a fresh engine with the same plan and parameter values; the memory of what was heard is forgotten too.
    pub fn reset(&mut self) {
        let plan = &self.production.plan;
        self.memory.clear(&plan.grid);
        self.clock = Clock::new(self.spec.sample_rate_hz, plan.tempo_bpm);
        for (index, row) in STEMS.iter().enumerate() {
            self.orchestra.reset_stem(index);
            self.strips[index] = Strip::new(row.stem, &self.spec, &plan.stage.stems[index]);
        }
        if let Some(old) = &mut self.outgoing {
            (0..STEM_COUNT).for_each(|index| old.reset_stem(index));
        }
        (self.morph, self.morph_bar) = ((0.0, 0.0), None);
        self.field_strips = std::array::from_fn(|_| field_strip(&self.spec, plan));
        self.band.reset();
        self.set_mix();
        self.set_scene();
        self.hall.reset();
        self.weather.reset(&self.values);
        self.floor.reset();
        self.conductor.reset();
        self.live = LiveNotes::default();
        self.events.clear();
        self.modulation = [0.0; PARAM_COUNT];
        self.effective = self.values;
        self.mood = MoodFollower::new(&self.spec);
        self.transport = Transport::default();
        (self.frame, self.quantum_start, self.cursor, self.seam_frames, self.song_origin) =
            (0, 0, QUANTUM, 0, 0);
        self.arrival = Arrival::Nothing;
        (self.silent, self.zeroed) = (true, true);
        *self.quantum = Quantum::SILENCE;
        self.midi.reset();
        self.peaks = [0.0; STEM_COUNT + 1];
        self.telemetry_quanta = 0;
    }

    /// True when nothing plays and nothing rings: the next block will be zeros until something happens.
    pub fn is_silent(&self) -> bool {
        self.zeroed && self.silent && !self.clock.running() && self.events.is_empty()
    }

    /// How long it may ring after the last note, frames.
    pub fn tail_frames(&self) -> u64 {
        let tail_s = f64::from(Orchestra::tail_s(&self.production.plan)) + f64::from(self.hall.tail_s());
        (tail_s * self.spec.sample_rate_hz).ceil() as u64
    }

    /// Parameter values without modulation.
    pub fn values(&self) -> &Values {
        &self.values
    }
}

/// A strip for two channels of the ambience's field: its gain, without pan or width, which a field has in itself.
fn field_strip(spec: &Spec, plan: &Plan) -> Strip {
    Strip::new(Stem::Ambience, spec, &plan.stage.stems[Stem::Ambience.index()])
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

#[cfg(test)]
mod tests;
