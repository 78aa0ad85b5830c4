//! A pool of equal voices: starts, releases, steals and sums them. Every instrument is a `Pool` of its own [`Voice`].
//! Source: own. A voice counts its 32-frame blocks from its own first frame, so its bits depend on the note alone and
//! not on where the engine's quantum grid happens to lie; voices are summed in the order of their note ids.
//! In/out: see [`Instrument`]. Cost: about 0.5 ns per frame and voice on top of the voice.

use super::{Instrument, NoteOn, Spec, Stereo, Timbre};
use crate::units::{QUANTUM, SILENCE_GAIN};

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
}

/// Time a stolen voice takes to fade, s: short enough to free the voice, long enough that no bass clicks. Taste.
const STEAL_S: f64 = 0.006;

/// Most voices that can fade at one time after being stolen; a note beyond them is dropped rather than cut another.
const SPARE_VOICES: usize = 8;

/// What a slot does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    Held,
    Released,
    /// Ended; what is left in the carry is still to be played.
    Ending,
}

struct Slot<V> {
    voice: V,
    state: State,
    id: u32,
    /// Frame of the engine's quantum at which this voice's blocks begin, 0..32.
    offset: usize,
    /// The last `offset` frames of the voice's newest block, at the front: they belong to the next quantum.
    carry: Stereo,
    /// Note off: taken at the voice's next block, or at the one after when the frame lies inside the next.
    release_now: bool,
    release_next: bool,
    /// Gain and its fall per frame once stolen.
    fade: f32,
    fade_step: f32,
    /// Peak of the newest blocks, falling slowly: who is quietest.
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
            offset: 0,
            carry: Stereo::SILENCE,
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
}

impl<V: Voice> Instrument for Pool<V> {
    fn note_on(&mut self, note: &NoteOn) {
        let note = legal(note);
        self.steal();
        let Some(index) = self.slots.iter().position(|slot| slot.state == State::Free) else { return };
        let slot = &mut self.slots[index];
        slot.voice.start(&note, &self.spec);
        slot.state = State::Held;
        slot.id = note.id;
        slot.offset = note.offset;
        slot.carry = Stereo::SILENCE;
        (slot.release_now, slot.release_next) = (false, false);
        slot.fade = 1.0;
        slot.fade_step = 0.0;
        slot.level = 1.0;
        let at = self.order.partition_point(|&other| self.slots[other].id <= note.id);
        self.order.insert(at, index);
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
        for &index in &self.order {
            self.slots[index].render_add(out);
        }
        let slots = &self.slots;
        self.order.retain(|&index| slots[index].state != State::Free);
        !self.order.is_empty()
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

impl<V: Voice> Slot<V> {
    fn render_add(&mut self, out: &mut Stereo) {
        let offset = self.offset;
        for (out, carry) in out.channels.iter_mut().zip(&self.carry.channels) {
            for (out, carry) in out[..offset].iter_mut().zip(carry) {
                *out += carry;
            }
        }
        if self.state == State::Ending {
            self.state = State::Free;
            return;
        }
        if self.release_now {
            self.release_now = false;
            self.voice.release();
        }
        let mut block = Stereo::SILENCE;
        let mut alive = self.voice.render(&mut block);
        if self.fade_step > 0.0 {
            alive &= self.fade_block(&mut block);
        }
        for (channel, block) in block.channels.iter().enumerate() {
            let (now, later) = block.split_at(QUANTUM - offset);
            for (out, now) in out.channels[channel][offset..].iter_mut().zip(now) {
                *out += now;
            }
            self.carry.channels[channel][..offset].copy_from_slice(later);
        }
        let peak = block.peak();
        self.level = peak.max(self.level * 0.98);
        if !alive || (self.state == State::Released && peak < SILENCE_GAIN) {
            self.state = State::Ending;
        } else if self.release_next {
            (self.release_now, self.release_next) = (true, false);
            self.state = State::Released;
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
mod tests {
    use super::*;
    use crate::note::Articulation;

    /// A ramp that counts its own frames: shows exactly which frame of which note is heard where.
    struct Counter {
        frame: f32,
        height: f32,
        blocks_left: usize,
    }

    impl Voice for Counter {
        fn new(_spec: &Spec) -> Counter {
            Counter { frame: 0.0, height: 0.0, blocks_left: usize::MAX }
        }
        fn start(&mut self, note: &NoteOn, _spec: &Spec) {
            *self = Counter { frame: 0.0, height: note.velocity, blocks_left: usize::MAX };
        }
        fn release(&mut self) {
            self.blocks_left = 2;
        }
        fn control(&mut self, _timbre: &Timbre) {}
        fn render(&mut self, out: &mut Stereo) -> bool {
            for frame in 0..QUANTUM {
                self.frame += 1.0;
                out.channels[0][frame] = self.frame * self.height;
                out.channels[1][frame] = -self.frame * self.height;
            }
            self.blocks_left = self.blocks_left.saturating_sub(1);
            self.blocks_left > 0
        }
    }

    const SPEC: Spec = Spec { sample_rate_hz: 48_000.0 };

    fn note(id: u32, offset: usize) -> NoteOn {
        NoteOn {
            id,
            pitch: 60.0,
            velocity: 1.0,
            offset,
            length_s: 1.0,
            articulation: Articulation::Sustain,
            glide_from: None,
            place: u64::from(id),
        }
    }

    fn play(pool: &mut Pool<Counter>, quanta: usize) -> Vec<f32> {
        let mut sound = Vec::new();
        for _ in 0..quanta {
            let mut out = Stereo::SILENCE;
            pool.control(&Timbre::default());
            pool.render_add(&mut out);
            sound.extend_from_slice(&out.channels[0]);
        }
        sound
    }

    #[test]
    fn a_note_sounds_the_same_at_every_offset_and_ends_where_it_should() {
        for offset in 0..QUANTUM {
            for off_at in 0..96 {
                let mut pool = Pool::<Counter>::new(&SPEC, 2);
                pool.note_on(&note(1, offset));
                let mut sound = play(&mut pool, off_at / QUANTUM);
                pool.note_off(1, off_at % QUANTUM);
                sound.extend(play(&mut pool, 8));
                // Two blocks after the first block boundary at or after the note off.
                let held = off_at.saturating_sub(offset).div_ceil(QUANTUM);
                let length = (held + 2) * QUANTUM;
                for (frame, &sample) in sound.iter().enumerate() {
                    let at = frame as i64 - offset as i64;
                    let expected = if (0..length as i64).contains(&at) { at as f32 + 1.0 } else { 0.0 };
                    assert_eq!(sample, expected, "offset {offset}, off at {off_at}, frame {frame}");
                }
                assert_eq!(pool.sounding(), 0);
            }
        }
    }

    #[test]
    fn a_stolen_voice_fades_and_never_jumps() {
        let mut pool = Pool::<Counter>::new(&SPEC, 2);
        pool.note_on(&note(1, 0));
        pool.note_on(&note(2, 0));
        play(&mut pool, 4);
        pool.note_on(&NoteOn { velocity: 0.0, ..note(3, 5) });
        assert_eq!(pool.sounding(), 3);
        let sound = play(&mut pool, 20);
        let steepest = sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(steepest < 6.0, "fell by {steepest} from one frame to the next");
        assert_eq!(pool.sounding(), 2, "the oldest held note has gone");
        assert!(pool.order.iter().all(|&index| pool.slots[index].id != 1));
    }

    #[test]
    fn sums_run_in_order_of_ids_and_a_storm_is_survived() {
        let mut pool = Pool::<Counter>::new(&SPEC, 3);
        for id in [9, 4, 7] {
            pool.note_on(&note(id, id as usize));
        }
        let ids: Vec<u32> = pool.order.iter().map(|&index| pool.slots[index].id).collect();
        assert_eq!(ids, [4, 7, 9]);
        for id in 10..100 {
            pool.note_on(&note(id, 0));
        }
        assert!(pool.sounding() <= 6);
        pool.release_all();
        play(&mut pool, 30);
        assert_eq!(pool.sounding(), 0);
    }

    #[test]
    fn reset_equals_fresh() {
        let mut used = Pool::<Counter>::new(&SPEC, 2);
        for id in 0..5 {
            used.note_on(&note(id, 3));
            play(&mut used, 1);
        }
        used.reset();
        let mut fresh = Pool::<Counter>::new(&SPEC, 2);
        used.note_on(&note(8, 7));
        fresh.note_on(&note(8, 7));
        assert_eq!(play(&mut used, 9), play(&mut fresh, 9));
    }

    #[test]
    fn illegal_numbers_become_legal() {
        let bad =
            NoteOn { pitch: f32::NAN, velocity: f32::INFINITY, offset: 99, length_s: -1.0, ..note(1, 0) };
        let good = legal(&bad);
        assert_eq!((good.pitch, good.velocity, good.offset, good.length_s), (60.0, 0.0, 31, 0.0));
    }
}
