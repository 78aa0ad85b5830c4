//! The orchestra: the running instruments of a palette, one pool per stem and part, and the rack behind each stem. Where
//! a cue names a second palette both play all the time, so that the way between them has no past.
//! Source: DESIGN 4. Built off the audio thread. In/out: a plan in; notes and quanta go straight to the instruments.

use super::blend::Blend;
use super::rack::Rack;
use crate::fx::Place;
use crate::instrument::{INSTRUMENTS, Instrument, NoteOn, Spec, Stereo, Timbre};
use crate::plan::{Plan, Stage};
use crate::stem::{PARTS_PER_STEM, STEM_COUNT};

struct Desk {
    instrument: Box<dyn Instrument>,
    /// False while nothing sounds: then neither `control` nor `render_add` is called.
    awake: bool,
}

impl Desk {
    /// Adds a quantum.
    fn render_add(&mut self, timbre: &Timbre, out: &mut Stereo) {
        self.instrument.control(timbre);
        self.awake = self.instrument.render_add(out);
    }
}

/// Who plays in one palette.
struct Side {
    desks: [[Option<Desk>; PARTS_PER_STEM]; STEM_COUNT],
    racks: [Rack; STEM_COUNT],
}

impl Side {
    /// Builds the desks a test asks for.
    fn new(stage: &Stage, spec: &Spec, wanted: impl Fn(usize, usize) -> bool) -> Side {
        let build = |row: usize| Desk { instrument: (INSTRUMENTS[row].build)(spec), awake: false };
        Side {
            desks: std::array::from_fn(|stem| {
                std::array::from_fn(|part| {
                    stage.stems[stem].parts[part].filter(|_| wanted(stem, part)).map(build)
                })
            }),
            racks: std::array::from_fn(|stem| Rack::new(spec, &stage.stems[stem].inserts)),
        }
    }

    fn desk(&mut self, stem: usize, part: usize) -> Option<&mut Desk> {
        self.desks.get_mut(stem)?.get_mut(part)?.as_mut()
    }

    /// A desk that does not sleep.
    fn playing(&mut self, stem: usize, part: usize) -> Option<&mut Desk> {
        self.desk(stem, part).filter(|desk| desk.awake)
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Desk> {
        self.desks.iter_mut().flatten().flatten()
    }

    fn reset_stem(&mut self, stem: usize) {
        for desk in self.desks[stem].iter_mut().flatten() {
            desk.instrument.reset();
            desk.awake = false;
        }
        self.racks[stem].reset();
    }
}

/// The second palette's side, and how the stems of both become one.
struct Other {
    side: Side,
    /// Parts both palettes give to the same instrument: one desk, on the first side, plays for both.
    shared: [[bool; PARTS_PER_STEM]; STEM_COUNT],
    blends: [Blend; STEM_COUNT],
}

/// Adds a quantum of a desk. Beside others it is made by itself and then added: no part's rounding knows of another.
fn add_part(desk: &mut Desk, timbre: &Timbre, beside: bool, out: &mut Stereo) {
    if beside {
        let mut block = Stereo::SILENCE;
        desk.render_add(timbre, &mut block);
        out.add(&block);
    } else {
        desk.render_add(timbre, out);
    }
}

/// All instruments of a plan.
pub struct Orchestra {
    side: Side,
    other: Option<Box<Other>>,
}

impl Orchestra {
    /// Builds every instrument the plan names; allocates.
    pub fn new(plan: &Plan, spec: &Spec) -> Orchestra {
        let other = plan.other.as_ref().map(|stage| {
            let shared: [[bool; PARTS_PER_STEM]; STEM_COUNT] = std::array::from_fn(|stem| {
                std::array::from_fn(|part| {
                    plan.stage.stems[stem].parts[part] == stage.stems[stem].parts[part]
                })
            });
            let side = Side::new(stage, spec, |stem, part| !shared[stem][part]);
            Box::new(Other { side, shared, blends: std::array::from_fn(|_| Blend::new(spec)) })
        });
        Orchestra { side: Side::new(&plan.stage, spec, |_, _| true), other }
    }

    /// Longest time a stem rings after its last note, s: its longest instrument and then its inserts.
    pub fn tail_s(plan: &Plan) -> f32 {
        let stages = [Some(&plan.stage), plan.other.as_ref()];
        let stems = stages.into_iter().flatten().flat_map(|stage| &stage.stems);
        stems
            .map(|stem| {
                let rows = stem.parts.into_iter().flatten();
                rows.map(|row| INSTRUMENTS[row].tail_s).fold(0.0, f32::max) + stem.inserts.tail_s()
            })
            .fold(0.0, f32::max)
    }

    /// Starts a note; a part nobody plays is silent.
    pub fn note_on(&mut self, stem: usize, part: usize, note: &NoteOn) {
        self.each(stem, part, |desk| {
            desk.awake = true;
            desk.instrument.note_on(note);
        });
    }

    /// Releases a note.
    pub fn note_off(&mut self, stem: usize, part: usize, id: u32, offset: usize) {
        self.each(stem, part, |desk| desk.instrument.note_off(id, offset));
    }

    /// Everyone who plays a part, in both palettes.
    fn each(&mut self, stem: usize, part: usize, act: impl Fn(&mut Desk)) {
        let other = self.other.as_mut().and_then(|other| other.side.desk(stem, part));
        self.side.desk(stem, part).into_iter().chain(other).for_each(act);
    }

    /// Renders one stem over whatever `out` holds; `morph` goes from where the last quantum ended to where this one
    /// does. Returns false when nothing of it sounds.
    pub fn render_stem(
        &mut self,
        stem: usize,
        timbre: &Timbre,
        place: &Place,
        morph: (f32, f32),
        out: &mut Stereo,
    ) -> bool {
        *out = Stereo::SILENCE;
        let (mut sounds, mut there_sounds) = (false, false);
        let Some(other) = &mut self.other else {
            for part in 0..PARTS_PER_STEM {
                if let Some(desk) = self.side.playing(stem, part) {
                    add_part(desk, timbre, sounds, out);
                    sounds = true;
                }
            }
            return self.side.racks[stem].process(place, sounds, out);
        };
        let mut there = Stereo::SILENCE;
        for part in 0..PARTS_PER_STEM {
            if let Some(desk) = self.side.playing(stem, part) {
                let mut block = Stereo::SILENCE;
                desk.render_add(timbre, &mut block);
                out.add(&block);
                sounds = true;
                if other.shared[stem][part] {
                    there.add(&block);
                    there_sounds = true;
                }
            }
            if let Some(desk) = other.side.playing(stem, part) {
                add_part(desk, timbre, there_sounds, &mut there);
                there_sounds = true;
            }
        }
        sounds = self.side.racks[stem].process(place, sounds, out);
        there_sounds = other.side.racks[stem].process(place, there_sounds, &mut there);
        if sounds || there_sounds {
            other.blends[stem].process(morph, out, &mut there);
        }
        sounds || there_sounds
    }

    /// Releases every note of every instrument.
    pub fn release_all(&mut self) {
        let others = self.other.iter_mut().flat_map(|other| other.side.all());
        self.side.all().chain(others).for_each(|desk| desk.instrument.release_all());
    }

    /// Silences one stem at once.
    pub fn reset_stem(&mut self, stem: usize) {
        self.side.reset_stem(stem);
        if let Some(other) = &mut self.other {
            other.side.reset_stem(stem);
            other.blends[stem].reset();
        }
    }
}
