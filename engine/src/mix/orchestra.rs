//! The orchestra: the running instruments of a palette, one pool per stem and part. Built off the audio thread.
//! Source: DESIGN 4. In/out: a plan in; notes and quanta go straight to the instruments.

use crate::instrument::{INSTRUMENTS, Instrument, NoteOn, Spec, Stereo, Timbre};
use crate::plan::Plan;
use crate::stem::{PARTS_PER_STEM, STEM_COUNT};

struct Desk {
    instrument: Box<dyn Instrument>,
    /// False while nothing sounds: then neither `control` nor `render_add` is called.
    awake: bool,
}

/// All instruments of a plan.
pub struct Orchestra {
    desks: [[Option<Desk>; PARTS_PER_STEM]; STEM_COUNT],
}

impl Orchestra {
    /// Builds every instrument the plan names; allocates.
    pub fn new(plan: &Plan, spec: &Spec) -> Orchestra {
        let build = |row: usize| Desk { instrument: (INSTRUMENTS[row].build)(spec), awake: false };
        Orchestra { desks: std::array::from_fn(|stem| plan.stems[stem].parts.map(|part| part.map(build))) }
    }

    /// Longest time any instrument rings after its last note, s.
    pub fn tail_s(plan: &Plan) -> f32 {
        let rows = plan.stems.iter().flat_map(|stem| stem.parts).flatten();
        rows.map(|row| INSTRUMENTS[row].tail_s).fold(0.0, f32::max)
    }

    /// Starts a note; a part nobody plays is silent.
    pub fn note_on(&mut self, stem: usize, part: usize, note: &NoteOn) {
        if let Some(desk) = self.desk(stem, part) {
            desk.awake = true;
            desk.instrument.note_on(note);
        }
    }

    /// Releases a note.
    pub fn note_off(&mut self, stem: usize, part: usize, id: u32, offset: usize) {
        if let Some(desk) = self.desk(stem, part) {
            desk.instrument.note_off(id, offset);
        }
    }

    fn desk(&mut self, stem: usize, part: usize) -> Option<&mut Desk> {
        self.desks.get_mut(stem)?.get_mut(part)?.as_mut()
    }

    /// Renders one stem over whatever `out` holds. Returns false when nothing of it sounds.
    pub fn render_stem(&mut self, stem: usize, timbre: &Timbre, out: &mut Stereo) -> bool {
        *out = Stereo::SILENCE;
        let mut sounds = false;
        for desk in self.desks[stem].iter_mut().flatten().filter(|desk| desk.awake) {
            desk.instrument.control(timbre);
            desk.awake = desk.instrument.render_add(out);
            sounds = true;
        }
        sounds
    }

    /// Releases every note of every instrument.
    pub fn release_all(&mut self) {
        for desk in self.desks.iter_mut().flatten().flatten() {
            desk.instrument.release_all();
        }
    }

    /// Silences one stem at once.
    pub fn reset_stem(&mut self, stem: usize) {
        for desk in self.desks[stem].iter_mut().flatten() {
            desk.instrument.reset();
            desk.awake = false;
        }
    }
}
