//! Cues for the suites: a busy one that uses everything, the factory's, and engines that play them.

use cuewright_engine::cue::{Cue, Mood, Palette, factory};
use cuewright_engine::engine::{Engine, EngineHandle};
use cuewright_engine::instrument::Spec;
use cuewright_engine::plan::Plan;

/// A cue in which every stem plays: driving, epic, a little dark.
pub fn busy() -> Cue {
    Cue {
        seed: 20_260_101,
        palette: "hybrid".into(),
        tempo_bpm: 120.0,
        key: "D".into(),
        mood: Mood { valence: 0.1, energy: 0.7, tension: 0.2, wonder: 0.4, scale: 0.8, darkness: 0.1 },
        ..Cue::default()
    }
}

/// The palette of a cue.
pub fn palette(cue: &Cue) -> &'static Palette {
    factory::palette(&cue.palette).expect("the cue's palette comes with the program")
}

/// A cue, compiled.
pub fn plan(cue: &Cue) -> Plan {
    Plan::new(cue, palette(cue)).expect("the cue can be compiled")
}

/// An engine that plays a cue.
pub fn engine(cue: &Cue, sample_rate_hz: f64) -> (Engine, EngineHandle) {
    Engine::new(Spec { sample_rate_hz }, plan(cue))
}
