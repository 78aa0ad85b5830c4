//! A pool of equal voices: starts, releases, steals and sums them. Every instrument is a `Pool` of its own [`Voice`].
//! Source: own. A voice counts its 32-frame blocks from its own first frame, so its bits depend on the note alone and
//! not on where the engine's quantum grid happens to lie; voices are summed in the order of their note ids.
//! In/out: see [`Instrument`]. Cost: about 0.5 ns per frame and voice on top of the voice.

use super::{Instrument, NoteOn, Spec, Stereo, Timbre};
use crate::dsp::simd::kernel;
use crate::units::{QUANTUM, SILENCE_GAIN};
use arrayvec::ArrayVec;
use fearless_simd::prelude::*;

/// One voice of an instrument. Verbs come in this order: `start` once, then per block `control`, `render`.
///
/// A voice is used again for other notes: `start` must set all state that can be heard. Nothing here may allocate but
/// [`Voice::new`].
pub trait Voice: Send {
    /// Builds an idle voice; may allocate (delay lines for the sample rate).
    fn new(spec: &Spec) -> Self;
    /// Begins a note at the first frame of the next block. All randomness comes from `note.place`.
    fn start(&mut self, note: &NoteOn, spec: &Spec);
    /// The key goes up at the next block: begin to end. Called at most once per note, after a `control`.
    fn release(&mut self);
    /// Takes the mood, before every block (also before the first: snap to it there, ramp later).
    fn control(&mut self, timbre: &Timbre);
    /// Makes the next 32 frames into `out`, which comes silent. False when the voice has ended: `out` is still played,
    /// then no more.
    fn render(&mut self, out: &mut Stereo) -> bool;
    /// [`Voice::render`] of several voices, `ABREAST` at most, each into its own block. Each makes the very bits it
    /// would make alone; a kind of voice whose filters are cheaper side by side has its own way to it.
    fn render_each(voices: &mut [&mut Self], outs: &mut [Stereo], alive: &mut [bool]) {
        for ((voice, out), alive) in voices.iter_mut().zip(outs).zip(alive) {
            *alive = voice.render(out);
        }
    }
}

/// Voices that are rendered side by side: as many stereo voices as a vector of sixteen lanes holds.
pub const ABREAST: usize = 8;

/// Time a stolen voice takes to fade, s: short enough to free the voice, long enough that no bass clicks. Taste.
const STEAL_S: f64 = 0.006;

/// Below this, -80 dB, a voice that was let go fades out as a stolen one does: nothing is left but the last third of an
/// exponential tail, under the noise of a quiet room where full scale is as loud as a cinema's 105 dB. Of the blocks a
/// dense cue is made of, one in ten lies there (measured).
const FAINT: f32 = 1.0e-4;

/// Per block what [`Slot::level`] falls by where no peak holds it: -80 dB take 0.3 s, in which every note has begun, and
/// from what counts as the level of a held one half of that, in which the lowest note has swung several times.
const FALL: f32 = 0.98;
const HELD: f32 = 0.01;

/// Most voices that can fade at one time after being stolen; a note beyond them is dropped rather than cut another.
const SPARE_VOICES: usize = 8;

/// Two silent blocks of each channel.
const NOTHING: [[[f32; QUANTUM]; 2]; 2] = [[[0.0; QUANTUM]; 2]; 2];

/// What a slot does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    Held,
    Released,
    /// Ended; what is left of its newest block is still to be played.
    Ending,
}

struct Slot<V> {
    voice: V,
    state: State,
    id: u32,
    /// Which output it plays to.
    out: usize,
    /// Frame of the engine's quantum at which this voice's blocks begin, 0..32.
    offset: usize,
    /// The voice's last two blocks: the last `offset` frames of the newest belong to the next quantum.
    recent: [[[f32; QUANTUM]; 2]; 2],
    /// Note off: taken at the voice's next block, or at the one after when the frame lies inside the next.
    release_now: bool,
    release_next: bool,
    /// Gain and its fall per frame once stolen or [`FAINT`].
    fade: f32,
    fade_step: f32,
    /// Peak of the newest blocks since it was let go, falling slowly: who is quietest.
    level: f32,
}

/// Fixed voices of one kind behind the [`Instrument`] verbs.
pub struct Pool<V: Voice> {
    spec: Spec,
    slots: Vec<Slot<V>>,
    /// Slots in use, by note id.
    order: Vec<usize>,
    /// Voices that may sound unstolen.
    voices: usize,
    fade_step: f32,
}

impl<V: Voice> Pool<V> {
    /// A pool in which `voices` notes can sound, and some more fade.
    pub fn new(spec: &Spec, voices: usize) -> Pool<V> {
        let count = voices + voices.min(SPARE_VOICES);
        let frames = (STEAL_S * spec.sample_rate_hz).max(QUANTUM as f64);
        let slot = || Slot {
            voice: V::new(spec),
            state: State::Free,
            id: 0,
            out: 0,
            offset: 0,
            recent: NOTHING,
            release_now: false,
            release_next: false,
            fade: 1.0,
            fade_step: 0.0,
            level: 0.0,
        };
        Pool {
            spec: *spec,
            slots: (0..count).map(|_| slot()).collect(),
            order: Vec::with_capacity(count),
            voices,
            fade_step: (1.0 / frames) as f32,
        }
    }

    /// How many notes sound, fading ones included.
    pub fn sounding(&self) -> usize {
        self.order.len()
    }

    /// Fades out the voice that will be missed least: a released one before a held one, the quieter before the louder
    /// among released ones, the older among held ones.
    fn steal(&mut self) {
        let unstolen = self.order.iter().copied().filter(|&i| self.slots[i].fade_step == 0.0);
        if unstolen.clone().count() < self.voices {
            return;
        }
        let victim = unstolen.min_by(|&a, &b| {
            let key = |index: usize| {
                let slot: &Slot<V> = &self.slots[index];
                let held = slot.state == State::Held;
                (held, if held { 0.0 } else { slot.level }, slot.id)
            };
            let (a, b) = (key(a), key(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2))
        });
        if let Some(index) = victim {
            self.slots[index].fade_step = self.fade_step;
        }
    }

    /// [`Instrument::note_on`] of a note that is heard from output `out` of [`Pool::render_add_each`].
    pub fn note_on_at(&mut self, note: &NoteOn, out: usize) {
        let note = legal(note);
        self.steal();
        let Some(index) = self.slots.iter().position(|slot| slot.state == State::Free) else { return };
        let slot = &mut self.slots[index];
        slot.voice.start(&note, &self.spec);
        slot.state = State::Held;
        slot.id = note.id;
        slot.out = out;
        slot.offset = note.offset;
        slot.recent = NOTHING;
        (slot.release_now, slot.release_next) = (false, false);
        slot.fade = 1.0;
        slot.fade_step = 0.0;
        slot.level = 1.0;
        let at = self.order.partition_point(|&other| self.slots[other].id <= note.id);
        self.order.insert(at, index);
    }

    /// [`Instrument::render_add`] to several outputs: notes are made side by side wherever they are heard from.
    pub fn render_add_each(&mut self, outs: &mut [Stereo]) -> bool {
        let fade_step = self.fade_step;
        let slots = self.slots.as_mut_slice();
        for group in self.order.chunks(ABREAST) {
            match *group {
                [a] => render_some(slots.get_disjoint_mut([a]), fade_step, outs),
                [a, b] => render_some(slots.get_disjoint_mut([a, b]), fade_step, outs),
                [a, b, c] => render_some(slots.get_disjoint_mut([a, b, c]), fade_step, outs),
                [a, b, c, d] => render_some(slots.get_disjoint_mut([a, b, c, d]), fade_step, outs),
                [a, b, c, d, e] => render_some(slots.get_disjoint_mut([a, b, c, d, e]), fade_step, outs),
                [a, b, c, d, e, f] => {
                    render_some(slots.get_disjoint_mut([a, b, c, d, e, f]), fade_step, outs);
                }
                [a, b, c, d, e, f, g] => {
                    render_some(slots.get_disjoint_mut([a, b, c, d, e, f, g]), fade_step, outs);
                }
                [a, b, c, d, e, f, g, h] => {
                    render_some(slots.get_disjoint_mut([a, b, c, d, e, f, g, h]), fade_step, outs);
                }
                _ => {}
            }
        }
        let slots = &self.slots;
        self.order.retain(|&index| slots[index].state != State::Free);
        !self.order.is_empty()
    }
}

impl<V: Voice> Instrument for Pool<V> {
    fn note_on(&mut self, note: &NoteOn) {
        self.note_on_at(note, 0);
    }

    fn note_off(&mut self, id: u32, offset: usize) {
        for &index in &self.order {
            let slot = &mut self.slots[index];
            if slot.state == State::Held && slot.id == id && !slot.release_next {
                // The voice hears of it at its first block boundary at or after the frame.
                if offset <= slot.offset {
                    slot.state = State::Released;
                    slot.release_now = true;
                } else {
                    slot.release_next = true;
                }
                return;
            }
        }
    }

    fn control(&mut self, timbre: &Timbre) {
        for &index in &self.order {
            self.slots[index].voice.control(timbre);
        }
    }

    fn render_add(&mut self, out: &mut Stereo) -> bool {
        self.render_add_each(std::slice::from_mut(out))
    }

    fn release_all(&mut self) {
        for &index in &self.order {
            let slot = &mut self.slots[index];
            if slot.state == State::Held {
                slot.state = State::Released;
                (slot.release_now, slot.release_next) = (true, false);
            }
        }
    }

    fn reset(&mut self) {
        for slot in &mut self.slots {
            slot.state = State::Free;
        }
        self.order.clear();
    }
}

/// Slots in use are disjoint: each stands in the order once.
#[inline(always)]
fn render_some<V: Voice, const N: usize, E>(
    slots: Result<[&mut Slot<V>; N], E>,
    fade_step: f32,
    outs: &mut [Stereo],
) {
    if let Ok(mut slots) = slots {
        render_add(&mut slots, &mut [Stereo::SILENCE; N], fade_step, outs);
    }
}

/// Adds the next block of voices side by side, [`ABREAST`] at most, each made in one of as many silent blocks.
fn render_add<V: Voice>(
    slots: &mut [&mut Slot<V>],
    blocks: &mut [Stereo],
    fade_step: f32,
    outs: &mut [Stereo],
) {
    let mut voices = ArrayVec::<&mut V, ABREAST>::new();
    for slot in slots.iter_mut() {
        if std::mem::take(&mut slot.release_now) {
            slot.voice.release();
        }
        if slot.state != State::Ending {
            voices.push(&mut slot.voice);
        }
    }
    let mut alive = [false; ABREAST];
    let playing = voices.len();
    V::render_each(&mut voices, &mut blocks[..playing], &mut alive[..playing]);
    drop(voices);
    kernel!(s => play(s, slots, blocks, &alive, fade_step, outs));
}

/// Takes the blocks of the voices that have made one, and adds what this quantum hears of every slot.
#[inline(always)]
fn play<S: Simd, V>(
    s: S,
    slots: &mut [&mut Slot<V>],
    blocks: &mut [Stereo],
    alive: &[bool; ABREAST],
    fade_step: f32,
    outs: &mut [Stereo],
) {
    let mut rendered = 0;
    for slot in slots.iter_mut() {
        if slot.state == State::Ending {
            slot.end();
        } else {
            slot.take(&mut blocks[rendered], alive[rendered], fade_step);
            rendered += 1;
        }
    }
    // Only now: what has just been written cannot be read at once from another place. Slot after slot for each vector of
    // frames: the sum stays in its register.
    let lanes = S::f32s::LEN;
    for (index, out) in outs.iter_mut().enumerate() {
        if slots.iter().all(|slot| slot.out != index) {
            continue;
        }
        for (channel, out) in out.channels.iter_mut().enumerate() {
            for at in (0..QUANTUM).step_by(lanes) {
                let out = &mut out[at..at + lanes];
                let mut sum = S::f32s::from_slice(s, out);
                for slot in slots.iter().filter(|slot| slot.out == index) {
                    let recent = &slot.recent[channel].as_flattened()[QUANTUM - slot.offset + at..];
                    sum += S::f32s::from_slice(s, &recent[..lanes]);
                }
                sum.store_slice(out);
            }
        }
    }
}

impl<V> Slot<V> {
    /// Plays a block the voice has made.
    #[inline(always)]
    fn take(&mut self, block: &mut Stereo, alive: bool, fade_step: f32) {
        let lasts = self.fade_step == 0.0 || self.fade_block(block);
        self.keep(block);
        self.level *= FALL;
        let mut silent = false;
        // Only of a voice that was let go anybody asks how loud it is.
        if self.state == State::Released {
            let peak = block.peak();
            self.level = peak.max(self.level);
            silent = peak < SILENCE_GAIN;
        } else {
            self.level = self.level.max(HELD);
        }
        if !alive || !lasts || silent {
            self.state = State::Ending;
        } else if self.state == State::Released && self.level < FAINT {
            self.fade_step = fade_step;
        } else if self.release_next {
            (self.release_now, self.release_next) = (true, false);
            self.state = State::Released;
        }
    }

    /// Plays what is left of the last block.
    #[inline(always)]
    fn end(&mut self) {
        self.keep(&Stereo::SILENCE);
        self.state = State::Free;
    }

    #[inline(always)]
    fn keep(&mut self, newest: &Stereo) {
        for ([before, now], newest) in self.recent.iter_mut().zip(&newest.channels) {
            before.copy_from_slice(now);
            now.copy_from_slice(newest);
        }
    }

    /// Goes on fading; false when nothing is left.
    fn fade_block(&mut self, block: &mut Stereo) -> bool {
        let from = self.fade;
        let [left, right] = &mut block.channels;
        for (frame, (left, right)) in left.iter_mut().zip(right).enumerate() {
            let gain = (from - self.fade_step * (frame + 1) as f32).max(0.0);
            *left *= gain;
            *right *= gain;
        }
        self.fade = from - self.fade_step * QUANTUM as f32;
        self.fade > 0.0
    }
}

/// A note every voice can play: numbers finite and in range, whatever a host or a file said.
fn legal(note: &NoteOn) -> NoteOn {
    let finite = |x: f32, otherwise: f32| if x.is_finite() { x } else { otherwise };
    NoteOn {
        pitch: finite(note.pitch, 60.0).clamp(0.0, 127.0),
        velocity: finite(note.velocity, 0.0).clamp(0.0, 1.0),
        offset: note.offset.min(QUANTUM - 1),
        length_s: finite(note.length_s, 1.0).clamp(0.0, 600.0),
        glide_from: note.glide_from.filter(|pitch| pitch.is_finite()).map(|pitch| pitch.clamp(0.0, 127.0)),
        ..*note
    }
}

#[cfg(test)]
mod tests;
