//! A stem's rack: its inserts in a row, between the instruments and the strip.
//! Source: own. In/out: a palette's inserts in; one stereo quantum in place. Built off the audio thread.

use crate::cue::Inserts;
use crate::fx::chorus::Chorus;
use crate::fx::echo::Echo;
use crate::fx::equalizer::Equalizer;
use crate::fx::saturation::Saturation;
use crate::fx::{Insert, Place};
use crate::instrument::{Spec, Stereo};

/// The running inserts of a stem.
pub struct Rack {
    inserts: Vec<Box<dyn Insert>>,
}

impl Rack {
    /// Builds what the palette names, in the order of [`Inserts`]; allocates.
    pub fn new(spec: &Spec, inserts: &Inserts) -> Rack {
        let mut rack = Rack { inserts: Vec::new() };
        if let Some(settings) = &inserts.equalizer {
            rack.inserts.push(Box::new(Equalizer::new(spec, settings)));
        }
        if let Some(settings) = &inserts.saturation {
            rack.inserts.push(Box::new(Saturation::new(spec, settings)));
        }
        if let Some(settings) = &inserts.chorus {
            rack.inserts.push(Box::new(Chorus::new(spec, settings)));
        }
        if let Some(settings) = &inserts.echo {
            rack.inserts.push(Box::new(Echo::new(spec, settings)));
        }
        rack
    }

    /// Sends a quantum through; `sounds` tells whether the instruments play. Returns false when nothing sounds any more.
    pub fn process(&mut self, place: &Place, sounds: bool, sound: &mut Stereo) -> bool {
        let mut sounds = sounds;
        for insert in &mut self.inserts {
            if sounds || !insert.is_silent() {
                insert.process(place, sound);
                sounds = true;
            }
        }
        sounds
    }

    /// Forgets all sound.
    pub fn reset(&mut self) {
        self.inserts.iter_mut().for_each(|insert| insert.reset());
    }
}
