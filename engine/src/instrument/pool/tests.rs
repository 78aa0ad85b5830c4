//! A pool starts, releases, steals, fades and sums its voices, and none hears another.

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
fn no_instrument_hears_which_voices_stand_beside_each_other() {
    use crate::instrument::{INSTRUMENTS, InstrumentRow};
    // The sum of many voices, and the sum of each alone: both add in the order of the notes.
    let play = |row: &InstrumentRow, ids: &[u32]| -> Vec<Stereo> {
        let mut instrument = (row.build)(&SPEC);
        for &id in ids {
            let (low, high) = row.pitch_range;
            let pitch = f32::from(low) + f32::from(high - low) * (id * 5 % 16) as f32 / 16.0;
            instrument.note_on(&NoteOn { pitch, velocity: 0.9, ..note(id, 5 * id as usize) });
        }
        let quantum = |at: usize| {
            if at == 60 {
                ids.iter().for_each(|&id| instrument.note_off(id, 11 + id as usize));
            }
            let mut out = Stereo::SILENCE;
            instrument.control(&Timbre::default());
            instrument.render_add(&mut out);
            out
        };
        (0..120).map(quantum).collect()
    };
    for row in INSTRUMENTS {
        // Groups of every size that voices are rendered in.
        for count in [3, 5, 8, 11].map(|count: usize| count.min(row.voices) as u32) {
            let together = play(row, &(0..count).collect::<Vec<_>>());
            let mut sum = vec![Stereo::SILENCE; together.len()];
            for id in 0..count {
                sum.iter_mut().zip(play(row, &[id])).for_each(|(sum, alone)| sum.add(&alone));
            }
            // A body filters the sum, as strings that ring along do, which rounds otherwise than the sum of what they filter.
            let linear = together.iter().zip(&sum).flat_map(|(a, b)| {
                a.channels.as_flattened().iter().zip(b.channels.as_flattened()).map(|(a, b)| (a - b).abs())
            });
            let apart = linear.fold(0.0, f32::max);
            let bound = if SHARED.contains(&row.id) { 4.0e-6 } else { 0.0 };
            assert!(apart <= bound, "{count} of {}: {apart}", row.id);
        }
    }
}

/// Instruments whose voices share a body or strings.
const SHARED: [&str; 6] = ["str_sus", "str_short", "str_trem", "solo_bow", "harp", "guitar"];

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
    let bad = NoteOn { pitch: f32::NAN, velocity: f32::INFINITY, offset: 99, length_s: -1.0, ..note(1, 0) };
    let good = legal(&bad);
    assert_eq!((good.pitch, good.velocity, good.offset, good.length_s), (60.0, 0.0, 31, 0.0));
}
