//! What every voice that holds a note does alike: it takes the note, waits for the first mood to begin, lets go, and ends
//! with its envelope. Source: own. In/out: a [`Held`] is a [`Voice`]; only beginning and sounding are its own.
//! A block is made in three steps: each voice's sources, the filters of all voices side by side, each voice's rest.

use super::tone::Tone;
use super::{NoteOn, Spec, Stereo, Timbre, Voice};

/// A voice with a [`Tone`] and nothing that must be allocated.
pub trait Held: Default + Send {
    /// Its tone and the mood it last heard.
    fn parts(&mut self) -> (&mut Tone, &mut Timbre);
    /// Lays itself out for its tone, once the mood is known: envelope, players, noises.
    fn begin(&mut self);
    /// Makes the next block, or what comes before its filters.
    fn sound(&mut self, out: &mut Stereo);
    /// What costs several voices little more than one: filters, each of a voice and of its own block in `outs`. There
    /// are [`ABREAST`](super::pool::ABREAST) voices at most; none hears another.
    fn together(_voices: &mut [&mut Self], _outs: &mut [Stereo]) {}
    /// What comes after the filters.
    fn finish(&mut self, _out: &mut Stereo) {}
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
        let mut alive = [false];
        H::render_each(&mut [self], std::slice::from_mut(out), &mut alive);
        alive[0]
    }

    fn render_each(voices: &mut [&mut H], outs: &mut [Stereo], alive: &mut [bool]) {
        for (voice, out) in voices.iter_mut().zip(outs.iter_mut()) {
            voice.sound(out);
        }
        H::together(voices, outs);
        for ((voice, out), alive) in voices.iter_mut().zip(outs).zip(alive) {
            voice.finish(out);
            *alive = voice.parts().0.is_alive();
        }
    }
}
