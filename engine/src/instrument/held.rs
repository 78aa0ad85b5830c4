//! What every voice that holds a note does alike: it takes the note, waits for the first mood to begin, lets go, and ends
//! with its envelope. Source: own. In/out: a [`Held`] is a [`Voice`]; only beginning and sounding are its own.

use super::tone::Tone;
use super::{NoteOn, Spec, Stereo, Timbre, Voice};

/// A voice with a [`Tone`] and nothing that must be allocated.
pub trait Held: Default + Send {
    /// Its tone and the mood it last heard.
    fn parts(&mut self) -> (&mut Tone, &mut Timbre);
    /// Lays itself out for its tone, once the mood is known: envelope, players, noises.
    fn begin(&mut self);
    /// Makes the next block.
    fn sound(&mut self, out: &mut Stereo);
}

impl<H: Held> Voice for H {
    fn new(_spec: &Spec) -> H {
        H::default()
    }

    fn start(&mut self, note: &NoteOn, spec: &Spec) {
        *self = H::default();
        *self.parts().0 = Tone::new(note, spec);
    }

    fn release(&mut self) {
        self.parts().0.release();
    }

    fn control(&mut self, timbre: &Timbre) {
        let (tone, mood) = self.parts();
        *mood = *timbre;
        if tone.is_new() {
            self.begin();
        }
    }

    fn render(&mut self, out: &mut Stereo) -> bool {
        self.sound(out);
        self.parts().0.is_alive()
    }
}
