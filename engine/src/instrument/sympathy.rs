//! Strings that nobody plays ring along: the bridge they share with those that sound shakes them.
//! Source: Le Carrou, Gautier & Badeau 2009 (a harp's halo); Lehtonen et al. 2007 and Zambon, Lehtonen & Bank 2008 (free
//! strings as resonators that the sum of the played ones drives).
//! In/out: wraps an [`Instrument`]. Linear, so its bits depend on the sum of the voices alone. Cost: 7 ns per frame for 30 partials,
//! 9 for 48.

use super::{Instrument, NoteOn, Pool, Spec, Stereo, Timbre, Voice};
use crate::dsp::math;
use crate::dsp::modal::{GROUP, Modal, Mode};
use crate::units::{QUANTUM, db_to_gain, note_to_hz, octaves_to_ratio};
use arrayvec::ArrayVec;

/// Which strings of an instrument are free, and how they ring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FreeStrings {
    /// Their pitches.
    pub pitches: &'static [u8],
    /// Partials of each.
    pub partials: u8,
    /// T60 of a partial at middle C, s, and by how many octaves it shortens per octave.
    pub decay_s: f32,
    pub decay_per_octave: f32,
    /// How far to the side those stand that are three octaves from middle C, 0..1.
    pub width: f32,
}

/// So many pitches from one on, a semitone apart.
pub const fn semitones<const N: usize>(lowest: u8) -> [u8; N] {
    let mut pitches = [0; N];
    let mut i = 0;
    while i < N {
        pitches[i] = lowest + i as u8;
        i += 1;
    }
    pitches
}

/// Level of a partial that is shaken for ever, against what shakes it, dB. A string that dies away as fast as it does itself
/// brings it to 1/e of that, 8.7 dB below. Taste: so it stays 35 dB under its note.
const GAIN_DB: f32 = -26.0;

/// 60 dB in nepers: ln 1000.
const NEPERS: f32 = 6.907_755;

/// Most modes of an instrument, in groups.
const GROUPS: usize = 6;

/// A pool of voices among free strings.
pub struct Sympathy<V: Voice> {
    pool: Pool<V>,
    shape: &'static FreeStrings,
    strings: Modal<GROUPS>,
    /// Whether anything has been played since they were still.
    shaken: bool,
    rate_hz: f32,
}

impl<V: Voice> Sympathy<V> {
    /// Builds the pool among its strings.
    pub fn new(spec: &Spec, voices: usize, shape: &'static FreeStrings) -> Sympathy<V> {
        let rate_hz = spec.sample_rate_hz as f32;
        let strings = still(shape, rate_hz);
        Sympathy { pool: Pool::new(spec, voices), shape, strings, shaken: false, rate_hz }
    }

    fn rest(&mut self) {
        if std::mem::take(&mut self.shaken) {
            self.strings = still(self.shape, self.rate_hz);
        }
    }
}

/// The strings before anybody plays.
fn still(shape: &FreeStrings, rate_hz: f32) -> Modal<GROUPS> {
    let mut modes = ArrayVec::<Mode, { GROUPS * GROUP }>::new();
    for &pitch in shape.pitches {
        let height = (f32::from(pitch) - 60.0) / 12.0;
        for partial in 1..=shape.partials {
            let octaves = height + math::log2(f32::from(partial));
            let decay_s = shape.decay_s * octaves_to_ratio(-shape.decay_per_octave * octaves);
            // Shaken by a sine of 1, a mode that falls by `fall` nepers a frame grows to 1 / (2 fall).
            let fall = NEPERS / (decay_s * rate_hz);
            let _ = modes.try_push(Mode {
                hz: f32::from(partial) * note_to_hz(f32::from(pitch)),
                gain: 2.0 * fall * db_to_gain(GAIN_DB),
                decay_s,
                pan: shape.width * (height / 3.0).clamp(-1.0, 1.0),
            });
        }
    }
    let mut strings = Modal::default();
    strings.tune(&modes, rate_hz);
    strings
}

impl<V: Voice> Instrument for Sympathy<V> {
    fn note_on(&mut self, note: &NoteOn) {
        self.shaken = true;
        self.pool.note_on(note);
    }

    fn note_off(&mut self, id: u32, offset: usize) {
        self.pool.note_off(id, offset);
    }

    fn control(&mut self, timbre: &Timbre) {
        self.pool.control(timbre);
    }

    fn render_add(&mut self, out: &mut Stereo) -> bool {
        if !self.shaken {
            return false;
        }
        let mut block = Stereo::SILENCE;
        let playing = self.pool.render_add(&mut block);
        // What stands in the middle, at equal power, shakes with its whole level.
        let [left, right] = &block.channels;
        let mut drive = [0.0; QUANTUM];
        for (drive, (left, right)) in drive.iter_mut().zip(left.iter().zip(right)) {
            *drive = std::f32::consts::FRAC_1_SQRT_2 * (left + right);
        }
        Modal::render_driven_each(&mut [&mut self.strings], &[drive], std::slice::from_mut(&mut block));
        out.add(&block);
        let rings = playing || !self.strings.is_silent();
        if !rings {
            // From here on a note sounds as among strings that were never shaken: nothing of before is left to hear.
            self.rest();
        }
        rings
    }

    fn release_all(&mut self) {
        self.pool.release_all();
    }

    fn reset(&mut self) {
        self.pool.reset();
        self.rest();
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "measurements may use the platform's functions")]
mod tests {
    use super::*;
    use crate::instrument::measure::{self, Sound, peak};
    use crate::instrument::{INSTRUMENTS, find};

    const RATE_HZ: f64 = 48_000.0;

    /// A sine in the middle that begins softly and goes on until it is let go.
    struct Sine {
        turns: f64,
        step: f64,
        frame: f64,
        held: bool,
    }

    impl Voice for Sine {
        fn new(_spec: &Spec) -> Sine {
            Sine { turns: 0.0, step: 0.0, frame: 0.0, held: false }
        }
        fn start(&mut self, note: &NoteOn, spec: &Spec) {
            let step = f64::from(note_to_hz(note.pitch)) / spec.sample_rate_hz;
            *self = Sine { turns: 0.0, step, frame: 0.0, held: true };
        }
        fn release(&mut self) {
            self.held = false;
        }
        fn control(&mut self, _timbre: &Timbre) {}
        fn render(&mut self, out: &mut Stereo) -> bool {
            *out = Stereo::SILENCE;
            for frame in 0..QUANTUM {
                self.turns += self.step;
                self.frame += 1.0;
                let level = std::f64::consts::FRAC_1_SQRT_2 * (self.frame / 4800.0).min(1.0);
                let y = (level * (std::f64::consts::TAU * self.turns).sin()) as f32;
                out.channels.iter_mut().for_each(|channel| channel[frame] = y);
            }
            self.held
        }
    }

    /// Level 20 ms after a sine that has gone on for four seconds, dB under it.
    fn after_db(shape: &'static FreeStrings, pitch: f32) -> f64 {
        let mut strings = Sympathy::<Sine>::new(&Spec { sample_rate_hz: RATE_HZ }, 1, shape);
        let note = NoteOn { id: 1, pitch, velocity: 1.0, ..NoteOn::REST };
        let event = measure::Event { start_s: 0.0, length_s: 4.0, note };
        let sound = measure::perform(&mut strings, RATE_HZ, 0, &[event], &Timbre::default(), 4.2);
        let at = |s: f64| (s * RATE_HZ) as usize;
        20.0 * f64::from(peak(&sound[at(4.02)..at(4.1)]) / peak(&sound[at(3.0)..at(3.9)])).log10()
    }

    #[test]
    fn a_string_rings_at_the_level_told_and_only_at_its_partials() {
        const FREE: FreeStrings =
            FreeStrings { pitches: &[57], partials: 3, decay_s: 2.0, decay_per_octave: 0.0, width: 0.0 };
        // 60 dB in 2 s: .6 dB until it is measured.
        for pitch in [57.0, 69.0, 76.02] {
            let level_db = after_db(&FREE, pitch);
            assert!((level_db + 26.6).abs() < 0.5, "{pitch}: {level_db:.2} dB");
        }
        for pitch in [45.0, 58.0, 60.0, 71.0] {
            let level_db = after_db(&FREE, pitch);
            assert!(level_db < -45.0, "{pitch}: {level_db:.2} dB");
        }
    }

    /// A note, let go after a while, and what follows.
    fn played(id: &str, pitch: f32, length_s: f32) -> Sound {
        let row = &INSTRUMENTS[find(id).expect("a row")];
        let note = NoteOn { id: 1, pitch, velocity: 0.8, place: 5, ..NoteOn::REST };
        measure::play(row, RATE_HZ, note, length_s, &Timbre::default(), length_s + row.tail_s)
    }

    /// Peak of a tenth of a second that begins so long after the note was let go, dB.
    fn ring_db(sound: &Sound, length_s: f32, after_s: f32) -> f32 {
        let at = ((length_s + after_s) * 48_000.0) as usize;
        20.0 * peak(&sound[at..at + 4800]).log10()
    }

    #[test]
    fn open_strings_of_a_guitar_go_on_with_the_notes_they_know() {
        // The A string's octave, the high E string, and a note that is none of their partials.
        let [octave, same, other] = [57.0, 64.0, 58.0].map(|pitch| {
            let sound = played("guitar", pitch, 0.3);
            ring_db(&sound, 0.3, 0.5) - 20.0 * peak(&sound).log10()
        });
        assert!(
            (-60.0..-40.0).contains(&octave) && (-60.0..-40.0).contains(&same),
            "{octave:.1} {same:.1} dB"
        );
        assert!(other < octave - 15.0 && other < same - 15.0, "{other:.1} dB for {octave:.1} and {same:.1}");
    }

    #[test]
    fn a_harp_damped_by_hand_leaves_its_free_strings() {
        // The string of the note falls in 3.2 s; what is left of the others in 6.3.
        let sound = played("harp", 48.0, 0.3);
        let t60_s = 60.0 / (ring_db(&sound, 0.3, 4.0) - ring_db(&sound, 0.3, 5.0));
        assert!((5.7..6.9).contains(&t60_s), "{t60_s:.2} s");
    }
}
