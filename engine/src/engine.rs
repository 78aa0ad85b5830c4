//! The engine: `process` is the signal path on one page.
//! Source: DESIGN 4, 5. In/out: host blocks of any size in, quanta of nine stems and their sum out.

mod control;
mod live;
mod mood;
mod port;
mod sound;

pub use crate::handle::EngineHandle;
pub use crate::midi::MidiOut;
pub use port::{Event, Output, Quantum, ScoreEvent, Telemetry};

use crate::conductor::{Conductor, Cues};
use crate::fx::hall::Hall;
use crate::handle::{AudioEnds, Production};
use crate::instrument::{Spec, Stereo};
use crate::memory::Memory;
use crate::midi::MidiQueue;
use crate::mix::{Band, Floor, Orchestra, Seats, Strip, Weather};
use crate::params::{PARAM_COUNT, Param, Values};
use crate::plan::Plan;
use crate::stem::{HALL_LANES, STEM_COUNT, STEMS, Stem};
use crate::time::{Clock, Motion, Transport};
use crate::units::QUANTUM;
use arrayvec::ArrayVec;
use live::LiveNotes;
use mood::MoodFollower;

/// Events that may wait for their quantum. More than any host sends in a block; past it values still arrive, notes are lost.
const MAX_EVENTS: usize = 1024;

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
    seats: Seats,
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
        let (mut hall, mut band, mut seats) = (Hall::new(&spec), Band::new(&spec), Seats::new(&spec));
        hall.set(&seats.set(&plan.stage.hall, plan.stage.distances_toward(&plan.stage, 0.0)));
        seats.settle();
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
            seats,
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
        self.seats.reset();
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

#[cfg(test)]
mod tests;
