//! The conductor: asks the composer for bars and beats as they come and holds notes until their frame.
//! Source: DESIGN 4, 6; docs/decisions on deciding without look-ahead. In/out: a quantum's span of frames in, starts and ends out.
//! Cost: a scan of the waiting and sounding notes per quantum; a bar costs one `Composer::frame`.

use crate::compose::{BarFrame, Climate, Composer, Notes};
use crate::memory::{Memory, Remembered};
use crate::note::{Articulation, Note};
use crate::params::Values;
use crate::plan::Plan;
use crate::stem::Stem;
use crate::time::{Bar, BarGrid, Clock};
use crate::units::{Beats, QUANTUM};
use arrayvec::ArrayVec;

/// Most notes waiting for their frame: a beat's worth twice over.
const MAX_WAITING: usize = 512;

/// Most composed notes sounding at once; the composer's own limit is far lower.
pub const MAX_SOUNDING: usize = 256;

/// A held note with less than this left is not taken up after a locate, beats.
const CHASE_REST: Beats = 0.25;

/// A position this close before a beat belongs to the beat, beats. Far below half a frame at any tempo.
const BEAT_SNAP: Beats = 1e-7;

/// A note that starts or ends in the present quantum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cue {
    /// It starts.
    Start {
        /// Names it until its end.
        id: u32,
        /// The note.
        note: Note,
        /// Frame of the quantum.
        offset: usize,
        /// What is left of its length, s.
        length_s: f32,
        /// True when it began before the place the music was started from.
        chased: bool,
    },
    /// It ends.
    End {
        /// Its name.
        id: u32,
        /// The note.
        note: Note,
        /// Frame of the quantum.
        offset: usize,
    },
}

/// Starts and ends of one quantum.
pub type Cues = ArrayVec<Cue, { 2 * MAX_SOUNDING }>;

/// News the conductor has for the outside.
pub trait Listener {
    /// A bar was decided.
    fn bar(&mut self, frame: &BarFrame);
}

/// What the conductor needs to know to decide.
pub struct Score<'a> {
    /// The compiled cue.
    pub plan: &'a Plan,
    /// Parameter values in force.
    pub values: &'a Values,
    /// What was heard.
    pub memory: &'a mut Memory,
    /// Tempo in force.
    pub tempo_bpm: f64,
}

impl Score<'_> {
    /// Climate of a bar position (from 0, fractional) under the present values.
    fn climate(&self, bar: f64) -> Climate {
        Climate::new(self.plan.mood_at(bar, self.values), self.values).at_tempo(self.tempo_bpm)
    }

    /// Climate of the beat before a beat of a bar: within the bar as the present says, before the bar line as it was
    /// heard, where the present tells it otherwise.
    fn climate_before(&self, frame: &BarFrame, beat: usize) -> Climate {
        let bar = &frame.bar;
        let starts = bar.meter.beat_starts();
        if let Some(&start) = beat.checked_sub(1).and_then(|beat| starts.get(beat)) {
            return self.climate(bar_position(bar, bar.start + start));
        }
        let last = self.memory.grid.bar(bar.index - 1);
        let start = last.meter.beat_starts().last().copied().unwrap_or(0.0);
        match self.memory.recall(bar.index - 1) {
            Some(heard) if heard != self.climate((bar.index - 1) as f64) => heard,
            _ => self.climate(bar_position(&last, last.start + start)),
        }
    }

    fn decide(&mut self, composer: &mut Composer, bar: i64) -> BarFrame {
        let (plan, memory) = (self.plan, &*self.memory);
        let present = |bar: i64| self.climate(bar as f64);
        composer.frame(plan, &memory.grid, &Remembered { memory, bar, present }, bar)
    }
}

#[derive(Clone, Copy, Debug)]
struct Sounding {
    id: u32,
    note: Note,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    note: Note,
    /// Frame it starts at, known once its place on the grid has passed: a tempo that moves while a late player waits
    /// must not move the grid behind him.
    due: Option<f64>,
}

/// The conductor.
pub struct Conductor {
    waiting: ArrayVec<Waiting, MAX_WAITING>,
    /// Held notes taken up after a locate, to start at once.
    chased: ArrayVec<Note, MAX_SOUNDING>,
    sounding: ArrayVec<Sounding, MAX_SOUNDING>,
    fresh: Box<Notes>,
    /// The bar in force and the next beat in it to decide.
    bar: Option<BarFrame>,
    next_beat: usize,
    /// Climate of the beat decided last, while the music runs on.
    last: Option<Climate>,
    next_id: u32,
}

impl Default for Conductor {
    fn default() -> Self {
        Conductor::new()
    }
}

impl Conductor {
    /// A conductor with nothing to do.
    pub fn new() -> Conductor {
        Conductor {
            waiting: ArrayVec::new(),
            chased: ArrayVec::new(),
            sounding: ArrayVec::new(),
            fresh: Box::new(Notes::new()),
            bar: None,
            next_beat: 0,
            last: None,
            next_id: 0,
        }
    }

    /// The bar in force.
    pub fn bar(&self) -> Option<&BarFrame> {
        self.bar.as_ref()
    }

    /// Forgets bar and waiting notes and ends what sounds.
    pub fn stop(&mut self, out: &mut Cues) {
        self.waiting.clear();
        self.chased.clear();
        self.bar = None;
        self.last = None;
        for held in self.sounding.drain(..) {
            let _ = out.try_push(Cue::End { id: held.id, note: held.note, offset: 0 });
        }
    }

    /// Equal to a new conductor.
    pub fn reset(&mut self) {
        self.waiting.clear();
        self.chased.clear();
        self.sounding.clear();
        self.bar = None;
        self.next_beat = 0;
        self.last = None;
        self.next_id = 0;
    }

    /// Starts from a position: ends what sounds, takes up what a listener would hear hold there, and waits for the next beat.
    pub fn locate(
        &mut self,
        position: Beats,
        score: &mut Score,
        composer: &mut Composer,
        listener: &mut impl Listener,
        out: &mut Cues,
    ) {
        self.stop(out);
        let here = score.memory.grid.bar_at(position);
        let before = score.decide(composer, here.index - 1);
        let climate =
            score.memory.recall(here.index - 1).unwrap_or_else(|| score.climate((here.index - 1) as f64));
        for beat in 0..before.bar.meter.beat_starts().len() {
            self.take_up(composer, score.plan, &before, beat, (&climate, &climate), position);
        }
        self.enter(here, score, composer, listener);
        let Some(frame) = self.bar.take() else { return };
        for (beat, &start) in here.meter.beat_starts().iter().enumerate() {
            if here.start + start >= position - BEAT_SNAP {
                break;
            }
            let climate = score.climate(bar_position(&here, here.start + start));
            let before = score.climate_before(&frame, beat);
            self.take_up(composer, score.plan, &frame, beat, (&before, &climate), position);
            self.next_beat = beat + 1;
        }
        self.bar = Some(frame);
    }

    /// Composes a beat that has begun before `position`: later notes wait, held ones are taken up.
    fn take_up(
        &mut self,
        composer: &mut Composer,
        plan: &Plan,
        frame: &BarFrame,
        beat: usize,
        climates: (&Climate, &Climate),
        position: Beats,
    ) {
        self.fresh.clear();
        composer.beat_after(plan, frame, beat, climates, &mut self.fresh);
        for note in self.fresh.iter() {
            if note.onset >= position - BEAT_SNAP {
                let _ = self.waiting.try_push(Waiting { note: *note, due: None });
            } else if holds(note) && note.onset + note.length > position + CHASE_REST {
                let _ = self.chased.try_push(*note);
            }
        }
    }

    fn enter(&mut self, bar: Bar, score: &mut Score, composer: &mut Composer, listener: &mut impl Listener) {
        let frame = score.decide(composer, bar.index);
        score.memory.remember(bar.index, frame.climate);
        listener.bar(&frame);
        self.bar = Some(frame);
        self.next_beat = 0;
    }

    /// Decides every beat that begins before the end of the quantum, then gives the starts and ends inside it.
    pub fn quantum(
        &mut self,
        start_frame: u64,
        clock: &Clock,
        score: &mut Score,
        composer: &mut Composer,
        listener: &mut impl Listener,
        out: &mut Cues,
    ) {
        // Half a frame early: an onset is rounded to its nearest frame.
        let end = clock.beat_at((start_frame + QUANTUM as u64) as f64 - 0.5);
        self.decide_until(end, score, composer, listener);
        self.end_notes(start_frame, clock, out);
        while let Some(note) = self.chased.pop() {
            let left = note.onset + note.length - clock.beat_at(start_frame as f64);
            self.start(note, 0, clock.beats_to_s(left), true, out);
        }
        let mut index = 0;
        while index < self.waiting.len() {
            let waiting = &mut self.waiting[index];
            let due = waiting.due.unwrap_or_else(|| start_of(&waiting.note, clock));
            if waiting.note.onset < end {
                waiting.due = Some(due);
            }
            match offset_in(start_frame, due) {
                Some(offset) => {
                    let note = self.waiting.remove(index).note;
                    self.start(note, offset, clock.beats_to_s(note.length), false, out);
                }
                None => index += 1,
            }
        }
    }

    fn decide_until(
        &mut self,
        end: Beats,
        score: &mut Score,
        composer: &mut Composer,
        listener: &mut impl Listener,
    ) {
        // A quantum holds at most two beats of anything playable; the bound only guards against absurd tempi.
        for _ in 0..16 {
            let Some(frame) = &self.bar else { return };
            let bar = frame.bar;
            let starts = bar.meter.beat_starts();
            let Some(&place) = starts.get(self.next_beat) else {
                if bar.end() >= end {
                    return;
                }
                let next = score.memory.grid.bar_at(bar.end());
                self.enter(next, score, composer, listener);
                continue;
            };
            if bar.start + place >= end {
                return;
            }
            let now = score.climate(bar_position(&bar, bar.start + place));
            let before = self.last.unwrap_or_else(|| score.climate_before(frame, self.next_beat));
            self.last = Some(now);
            self.fresh.clear();
            composer.beat_after(score.plan, frame, self.next_beat, (&before, &now), &mut self.fresh);
            for note in self.fresh.iter() {
                let _ = self.waiting.try_push(Waiting { note: *note, due: None });
            }
            self.next_beat += 1;
        }
    }

    /// The grid changed under the bar in force at `position`: beats already decided stay, the bar goes on in its new shape.
    pub fn grid_changed(&mut self, position: Beats, grid: &BarGrid) {
        if let Some(frame) = &mut self.bar {
            let here = grid.bar_at(position);
            if here.start >= frame.bar.end() - BEAT_SNAP {
                // A bar line: the bar in force is over, and the next one is decided as any other.
                self.next_beat = frame.bar.meter.beat_starts().len();
                return;
            }
            frame.bar = here;
            let starts = frame.bar.meter.beat_starts();
            self.next_beat =
                starts.iter().filter(|&&start| frame.bar.start + start < position - BEAT_SNAP).count();
        }
    }

    fn start(&mut self, note: Note, offset: usize, length_s: f64, chased: bool, out: &mut Cues) {
        let id = self.next_id;
        if self.sounding.try_push(Sounding { id, note }).is_ok() {
            // Live notes use the upper half of the ids.
            self.next_id = (self.next_id + 1) & 0x7FFF_FFFF;
            let _ = out.try_push(Cue::Start { id, note, offset, length_s: length_s.max(0.0) as f32, chased });
        }
    }

    fn end_notes(&mut self, start_frame: u64, clock: &Clock, out: &mut Cues) {
        self.sounding.retain(|held| {
            let end = clock.frame_at(held.note.onset + held.note.length) + shift_frames(&held.note, clock);
            match offset_in(start_frame, end) {
                Some(offset) => out.try_push(Cue::End { id: held.id, note: held.note, offset }).is_err(),
                None => true,
            }
        });
    }
}

/// Notes a listener would hear ring on when the music is entered in their middle.
fn holds(note: &Note) -> bool {
    use Articulation::{Glissando, Legato, Sustain, Tremolo};
    let sustained = matches!(note.articulation, Sustain | Legato | Tremolo | Glissando);
    sustained && !matches!(note.stem, Stem::Perc | Stem::Fx | Stem::Pulse)
}

fn shift_frames(note: &Note, clock: &Clock) -> f64 {
    let frames_per_ms = (clock.frame_at(1.0) - clock.frame_at(0.0)) / clock.beats_to_s(1.0) * 0.001;
    f64::from(note.shift_ms.max(0.0)) * frames_per_ms
}

fn start_of(note: &Note, clock: &Clock) -> f64 {
    clock.frame_at(note.onset) + shift_frames(note, clock)
}

/// Where in the quantum a frame falls; what is overdue falls on its start.
fn offset_in(start_frame: u64, frame: f64) -> Option<usize> {
    let offset = (frame - start_frame as f64 + 0.5).floor();
    (offset < QUANTUM as f64).then(|| offset.max(0.0) as usize)
}

fn bar_position(bar: &Bar, position: Beats) -> f64 {
    bar.index as f64 + (position - bar.start) / bar.meter.bar_beats()
}
