//! Instruments: everything that turns notes into sound. One file each, one row each in [`INSTRUMENTS`].
//! Source: MUSIC 8. In/out: notes in, stereo quanta added. An instrument knows nothing of chords, bars or stems.

mod bars;
mod bass_pulse;
mod bells;
pub mod body;
mod bowed;
mod bowed_modes;
mod braam;
mod brass;
pub mod breath;
mod choir;
#[cfg(test)]
mod conformance;
mod drone_spec;
mod drums;
mod flute;
mod gestures;
mod glass_bow;
mod held;
mod horns;
mod impact;
mod lead_synth;
pub mod limit;
mod low_brass;
pub mod measure;
mod metal;
mod metal_bow;
mod organ;
mod pad_glass;
mod pad_warm;
mod piano;
mod plucked;
mod pool;
mod pulse_synth;
mod reed;
pub mod section;
mod solo_bow;
mod str_high;
mod str_short;
mod str_sus;
mod str_trem;
mod struck;
mod sub;
mod sympathy;
mod ticks;
pub mod tone;

pub use pool::{Pool, Voice};

use crate::cue::Mood;
use crate::dsp::simd::vectorised;
use crate::mapping::INSTABILITY;
use crate::note::Articulation;
use crate::units::QUANTUM;

/// One quantum of stereo sound.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
pub struct Stereo {
    /// Left, then right.
    pub channels: [[f32; QUANTUM]; 2],
}

impl Stereo {
    /// Silence.
    pub const SILENCE: Stereo = Stereo { channels: [[0.0; QUANTUM]; 2] };

    /// Adds another sound.
    #[inline(always)]
    pub fn add(&mut self, other: &Stereo) {
        for (sample, other) in self.channels.as_flattened_mut().iter_mut().zip(other.channels.as_flattened())
        {
            *sample += other;
        }
    }

    /// Adds several sounds, in their order.
    pub fn add_all(&mut self, others: &[Stereo]) {
        vectorised!(self.plus(others));
    }

    /// Block after block for each run of frames: the sum stays where it is made.
    #[inline(always)]
    fn plus(&mut self, others: &[Stereo]) {
        const RUN: usize = 16;
        for (at, sum) in self.channels.as_flattened_mut().as_chunks_mut::<RUN>().0.iter_mut().enumerate() {
            let mut run = *sum;
            for other in others {
                let other = &other.channels.as_flattened()[at * RUN..(at + 1) * RUN];
                for (sample, other) in run.iter_mut().zip(other) {
                    *sample += other;
                }
            }
            *sum = run;
        }
    }

    /// Largest magnitude in either channel.
    #[inline(always)]
    pub fn peak(&self) -> f32 {
        const LANES: usize = 16;
        let mut peaks = [0.0f32; LANES];
        for sixteen in self.channels.as_flattened().as_chunks::<LANES>().0 {
            for (peak, sample) in peaks.iter_mut().zip(sixteen) {
                *peak = larger(sample.abs(), *peak);
            }
        }
        for half in [8, 4, 2, 1] {
            for lane in 0..half {
                peaks[lane] = larger(peaks[lane], peaks[lane + half]);
            }
        }
        peaks[0]
    }

    /// Sum of all magnitudes: not finite exactly when a sample is not, or the sum is absurd.
    #[inline(always)]
    pub fn magnitude(&self) -> f32 {
        const LANES: usize = 16;
        let mut sums = [0.0f32; LANES];
        for sixteen in self.channels.as_flattened().as_chunks::<LANES>().0 {
            for (sum, sample) in sums.iter_mut().zip(sixteen) {
                *sum += sample.abs();
            }
        }
        for half in [8, 4, 2, 1] {
            for lane in 0..half {
                sums[lane] += sums[lane + half];
            }
        }
        sums[0]
    }
}

/// A comparison and a choice are one vector instruction; `f32::max` treats not-a-number apart.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// Where instruments play: fixed between `prepare`s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec {
    /// 1 kHz–768 kHz, may be fractional.
    pub sample_rate_hz: f64,
}

impl Spec {
    /// A spec everything can be built for: rates outside 1 kHz–768 kHz become the nearest inside, what is no number 48 kHz.
    pub fn legal(sample_rate_hz: f64) -> Spec {
        let finite = sample_rate_hz.is_finite();
        Spec { sample_rate_hz: if finite { sample_rate_hz.clamp(1_000.0, 768_000.0) } else { 48_000.0 } }
    }
}

/// A note as an instrument gets it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoteOn {
    /// Names the note for its `note_off`.
    pub id: u32,
    /// Fractional MIDI note.
    pub pitch: f32,
    /// 0..1.
    pub velocity: f32,
    /// Frame in the quantum where it starts, 0..32.
    pub offset: usize,
    /// Length the score gives it at the current tempo, s; the note off may still come sooner or later.
    pub length_s: f32,
    /// How it is played.
    pub articulation: Articulation,
    /// Pitch it slides from.
    pub glide_from: Option<f32>,
    /// Hash for phases, detune and the like.
    pub place: u64,
}

impl NoteOn {
    /// A note that says nothing: middle C, velocity 0.
    pub const REST: NoteOn = NoteOn {
        id: 0,
        pitch: 60.0,
        velocity: 0.0,
        offset: 0,
        length_s: 1.0,
        articulation: Articulation::Sustain,
        glide_from: None,
        place: 0,
    };
}

/// What every instrument hears from the mood, smoothed by the engine (120 ms up, 250 ms down), once per quantum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timbre {
    /// The mood, smoothed.
    pub mood: Mood,
    /// Effective tension, -1..1.
    pub tension: f32,
    /// Octaves to move filters by, from energy, darkness and wonder: 0 at rest, about -1.5..1.5.
    pub brightness_octaves: f32,
    /// How far players stray, 0..1.
    pub humanise: f32,
}

impl Timbre {
    /// How far tuning strays, as a multiple of how far it does at rest: at ease players agree, under strain the ground is unsure.
    pub fn instability(&self) -> f32 {
        INSTABILITY.of(self.tension)
    }
}

/// A voice pool of one kind. Verbs are always called in this order within a quantum:
/// `note_off`/`note_on` (any number), `control` (once), `render_add` (once).
pub trait Instrument: Send {
    /// Starts a note. When all voices are busy the quietest or oldest is faded out within the quantum, never cut.
    fn note_on(&mut self, note: &NoteOn);
    /// Releases a note at a frame of the quantum; an id that no longer sounds is ignored.
    fn note_off(&mut self, id: u32, offset: usize);
    /// Takes the mood, once per quantum.
    fn control(&mut self, timbre: &Timbre);
    /// Adds 32 frames. Returns false when nothing sounds any more (and then has added nothing audible).
    fn render_add(&mut self, out: &mut Stereo) -> bool;
    /// Releases every note, as all its note offs would.
    fn release_all(&mut self);
    /// Silence at once; afterwards equal to a fresh instance.
    fn reset(&mut self);
}

/// Families, for lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Bowed strings.
    Strings,
    /// Struck or plucked strings.
    Keys,
    /// Plucked strings.
    Plucked,
    /// Bars, bells, glass.
    Mallets,
    /// Brass.
    Brass,
    /// Voices.
    Choir,
    /// Flutes and reeds.
    Winds,
    /// Synthesisers.
    Synth,
    /// Drums, metal, shakers.
    Percussion,
    /// Impacts, risers, textures.
    Effects,
}

/// When an instrument takes up the mood's brightness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brightness {
    /// At any time: a held sound opens and closes.
    Always,
    /// When it is struck or plucked: what rings has got its color. Strokes of a roll are strikes of their own.
    AtStrike,
}

/// How an instrument answers a player.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Playing {
    /// True when a note goes on for as long as it is held; false when it rings out by itself.
    pub held: bool,
    /// Articulations it plays otherwise than a plain note.
    pub articulations: &'static [Articulation],
    /// Level over the whole range of velocity, dB.
    pub velocity_db: f32,
    /// When the mood's brightness is heard.
    pub brightness: Brightness,
}

impl Playing {
    /// Bowed, blown, sung or keyed (see [`tone::Tone`]); 2 dB for 10 of 127 steps of velocity (MUSIC 7.3).
    pub const HELD: Playing = Playing {
        held: true,
        articulations: &[
            Articulation::Short,
            Articulation::Legato,
            Articulation::Accent,
            Articulation::Swell,
            Articulation::Glissando,
        ],
        velocity_db: 25.4,
        brightness: Brightness::Always,
    };

    /// As [`Playing::HELD`], and the bow can tremble.
    pub const BOWED: Playing = Playing {
        articulations: &[
            Articulation::Short,
            Articulation::Legato,
            Articulation::Accent,
            Articulation::Tremolo,
            Articulation::Swell,
            Articulation::Glissando,
        ],
        ..Playing::HELD
    };

    /// As [`Playing::HELD`], but it speaks too fast for a tied note to speak faster.
    pub const KEYED: Playing = Playing {
        articulations: &[
            Articulation::Short,
            Articulation::Accent,
            Articulation::Swell,
            Articulation::Glissando,
        ],
        ..Playing::HELD
    };

    /// Struck (see `struck`): it rolls.
    pub const STRUCK: Playing = Playing {
        held: false,
        articulations: &[Articulation::Accent, Articulation::Tremolo, Articulation::Swell],
        brightness: Brightness::AtStrike,
        ..Playing::HELD
    };

    /// As [`Playing::STRUCK`]; a hand can damp a string early.
    pub const PLUCKED: Playing = Playing {
        articulations: &[
            Articulation::Short,
            Articulation::Accent,
            Articulation::Tremolo,
            Articulation::Swell,
        ],
        ..Playing::STRUCK
    };

    /// Struck by what nobody repeats fast.
    pub const SINGLE: Playing = Playing { articulations: &[Articulation::Accent], ..Playing::STRUCK };

    /// A gesture: its length is all it knows of articulation.
    pub const GESTURE: Playing =
        Playing { articulations: &[], brightness: Brightness::Always, ..Playing::STRUCK };
}

/// One row of the instrument table.
pub struct InstrumentRow {
    /// Identifier in palettes, at most 12 characters, never renamed.
    pub id: &'static str,
    /// Name shown to people.
    pub name: &'static str,
    /// Family.
    pub family: Family,
    /// One sentence: what it sounds like.
    pub doc: &'static str,
    /// Where the recipe comes from (key in docs/SOURCES.md) or "own".
    pub source: &'static str,
    /// Lowest and highest MIDI pitch it is built for.
    pub pitch_range: (u8, u8),
    /// How it answers a player.
    pub playing: Playing,
    /// False for drums, noises and effects: tuning is not tested.
    pub pitched: bool,
    /// Voices of the pool.
    pub voices: usize,
    /// Longest time a released note may ring, s.
    pub tail_s: f32,
    /// CPU one sounding voice may cost, ns per frame at AVX2 on the reference core.
    pub budget_ns: f32,
    /// What the arithmetic of a voice alone takes there, ns per frame: the sum of its [`limit`]s.
    pub limit_ns: f32,
    /// Builds the pool; may allocate.
    pub build: fn(&Spec) -> Box<dyn Instrument>,
}

/// All instruments, by family. A new one is a file with a `ROW` and one line here.
pub static INSTRUMENTS: &[InstrumentRow] = &[
    str_sus::ROW,
    str_short::ROW,
    str_trem::ROW,
    str_high::ROW,
    solo_bow::ROW,
    horns::ROW,
    low_brass::ROW,
    braam::ROW,
    choir::ROW,
    flute::ROW,
    reed::ROW,
    organ::ROW,
    pad_warm::ROW,
    pad_glass::ROW,
    drone_spec::ROW,
    lead_synth::ROW,
    pulse_synth::ROW,
    bass_pulse::ROW,
    sub::ROW,
    // Struck.
    piano::FELT,
    piano::BRIGHT,
    bars::CELESTA,
    bars::GLOCK,
    bars::MARIMBA,
    bars::VIBES,
    bars::MUSIC_BOX,
    bars::KALIMBA,
    bells::BELLS,
    bells::GLASS,
    metal_bow::ROW,
    glass_bow::ROW,
    plucked::HARP,
    plucked::GUITAR,
    plucked::PIZZ,
    // Percussion.
    drums::TAIKO,
    drums::TOMS,
    drums::DRUM_LOW,
    drums::DRUM_HIT,
    drums::TIMPANI,
    metal::METAL,
    metal::CYMBAL,
    ticks::TICKS,
    ticks::SHAKER,
    // Effects.
    impact::IMPACT,
    impact::BOOM,
    gestures::RISER,
    gestures::DOWNER,
    gestures::WHOOSH,
    gestures::SWELL,
];

/// Position of an instrument in [`INSTRUMENTS`].
pub fn find(id: &str) -> Option<usize> {
    INSTRUMENTS.iter().position(|row| row.id == id)
}
