//! What all bowed sections have in common: players, rosin, and a filter that opens with the arm's weight.
//! Source: MUSIC 8 #1 and #2 (tremolo 9–13 Hz depth .6 per player; bow noise); attack and cutoff by energy MUSIC 1.4.
//! In/out: a [`Held`] with the figures of a [`BowedKind`]. Cost: about 8 ns per frame and note.

use super::body::{BodyShape, BoxShape, resonances};
use super::breath::Breath;
use super::held::Held;
use super::section::{Players, Section, Tremolo, Vibrato};
use super::tone::Tone;
use super::{Stereo, Timbre};
use crate::dsp::envelope::Shape;
use crate::dsp::filter::{Filter, Response};
use crate::dsp::kept::Kept;
use crate::dsp::math;
use crate::dsp::resonators::Resonance;
use crate::dsp::smooth::Halving;
use crate::note::Articulation;
use crate::units::db_to_gain;

/// What tells one bowed section from another.
pub trait BowedKind: Send {
    /// Gain that puts a held note of nominal velocity at -28 dB RMS (measured).
    const LEVEL: f32;
    /// Softer by this for each octave above middle C, dB.
    const TILT_DB: f32;
    /// Players at a neutral scale; six of scale's range more or less.
    const PLAYERS: f32;
    /// Bow strokes back and forth; an articulation can ask for them too.
    const TREMOLO: Tremolo;
    /// Bow noise that goes on, and its first bite above it, dB under the note.
    const ROSIN_DB: f32;
    /// Cutoff at middle C and a neutral mood, Hz (MUSIC 1.4: 2.3 k).
    const CUTOFF_HZ: f32;
    /// A bow close to the bridge passes less and less below this, Hz; nought for the ordinary place.
    const PONTICELLO_HZ: f32;
}

/// Bow strokes of a tremolo (MUSIC 8 #2).
pub const BOW_STROKES: Tremolo = Tremolo { low_hz: 9.0, high_hz: 13.0, depth: 0.6 };

/// The bodies of a section by rising pitch, as gains over the direct sound: the air, the two lowest modes of the wood, the
/// plates, the bridge hill. Violins: MUSIC 8 #1; violas: air and wood 3 to 4 semitones above the middle strings (Hutchins
/// 1962); celli and basses: Fletcher & Rossing 1998, chapter 10 (air at 100 and 65 Hz, wood at 175 to 200 and 100 to 120).
/// The larger the body, the lower its hill (taste). Each plays from its lowest string up to the next one's, but for celli:
/// they take over from E2.
pub const STRING_BODIES: BodyShape =
    BodyShape { direct: 0.7, low_cut_hz: 30.0, boxes: &[BASSES, CELLI, VIOLAS, VIOLINS] };

const BASSES: BoxShape = BoxShape {
    from_pitch: 0.0,
    resonances: resonances([
        Resonance { hz: 65.0, width_hz: 12.0, gain: 0.65 },
        Resonance { hz: 104.0, width_hz: 14.0, gain: 0.5 },
        Resonance { hz: 120.0, width_hz: 16.0, gain: 0.5 },
        Resonance { hz: 210.0, width_hz: 70.0, gain: 0.2 },
        Resonance { hz: 1_700.0, width_hz: 1_100.0, gain: 0.5 },
    ]),
};
const CELLI: BoxShape = BoxShape {
    from_pitch: 40.0,
    resonances: resonances([
        Resonance { hz: 100.0, width_hz: 17.0, gain: 0.65 },
        Resonance { hz: 175.0, width_hz: 22.0, gain: 0.5 },
        Resonance { hz: 200.0, width_hz: 24.0, gain: 0.5 },
        Resonance { hz: 270.0, width_hz: 60.0, gain: 0.3 },
        Resonance { hz: 2_000.0, width_hz: 1_200.0, gain: 0.5 },
    ]),
};
const VIOLAS: BoxShape = BoxShape {
    from_pitch: 48.0,
    resonances: resonances([
        Resonance { hz: 235.0, width_hz: 38.0, gain: 0.65 },
        Resonance { hz: 360.0, width_hz: 44.0, gain: 0.5 },
        Resonance { hz: 430.0, width_hz: 48.0, gain: 0.5 },
        Resonance { hz: 800.0, width_hz: 280.0, gain: 0.2 },
        Resonance { hz: 2_250.0, width_hz: 1_300.0, gain: 0.5 },
    ]),
};
const VIOLINS: BoxShape = BoxShape {
    from_pitch: 55.0,
    resonances: resonances([
        Resonance { hz: 280.0, width_hz: 45.0, gain: 0.65 },
        Resonance { hz: 460.0, width_hz: 55.0, gain: 0.5 },
        Resonance { hz: 550.0, width_hz: 60.0, gain: 0.5 },
        Resonance { hz: 1_000.0, width_hz: 350.0, gain: 0.2 },
        Resonance { hz: 2_500.0, width_hz: 1_400.0, gain: 0.5 },
    ]),
};

/// The same bodies when the bow is close to the bridge: 8 dB more from 3 to 5 kHz (MUSIC 8 #2), where the plates hardly
/// sound. Linear and in the body, so no voice pays for it.
pub const BRIDGE_BODIES: BodyShape = BodyShape {
    boxes: &[near_bridge(BASSES), near_bridge(CELLI), near_bridge(VIOLAS), near_bridge(VIOLINS)],
    ..STRING_BODIES
};

const fn near_bridge(mut shape: BoxShape) -> BoxShape {
    shape.resonances[PLATES] = Resonance { hz: 3_900.0, width_hz: 2_200.0, gain: 1.35 };
    shape
}

/// Which resonance is that of the plates.
const PLATES: usize = 3;

/// How far the cutoff follows the pitch.
const KEY_TRACK: f32 = 0.4;

/// Close to the bridge the lowest partials are thinned, as many as this: a low string keeps those above.
const LOW_PARTIALS: f32 = 2.7;

/// Octaves the cutoff opens over the whole range of velocity. Taste: louder is brighter before it is louder.
const VELOCITY_OCTAVES: f32 = 1.8;

/// Rosin against its note over the whole range of velocity, dB. Tuned: the centroid of a tremolo at velocity .25 lay above
/// that at .95 without it.
const ROSIN_VELOCITY_DB: f32 = 16.0;

/// Attack by energy: 120 ms at rest, 350 ms at -1, 25 ms at 1 (MUSIC 1.4).
pub fn attack_s(energy: f32) -> f32 {
    0.12 * math::exp2(energy * if energy < 0.0 { -1.54 } else { -2.26 })
}

/// A bowed voice.
pub struct Bowed<K: BowedKind> {
    tone: Tone,
    timbre: Timbre,
    section: Section,
    bow: Breath,
    /// Gain of the note.
    level: f32,
    /// Gain of the bow's noise.
    rosin: f32,
    filter: Filter,
    bridge: Filter,
    height: Kept,
    cut: Kept,
    bite: Halving,
    bitten: Kept,
    opened: Kept,
    kind: std::marker::PhantomData<K>,
}

impl<K: BowedKind> Default for Bowed<K> {
    fn default() -> Bowed<K> {
        Bowed {
            tone: Tone::default(),
            timbre: Timbre::default(),
            section: Section::default(),
            bow: Breath::default(),
            level: 0.0,
            rosin: 0.0,
            filter: Filter::default(),
            bridge: Filter::default(),
            height: Kept::default(),
            cut: Kept::default(),
            bite: Halving::default(),
            bitten: Kept::default(),
            opened: Kept::default(),
            kind: std::marker::PhantomData,
        }
    }
}

impl<K: BowedKind> Held for Bowed<K> {
    fn parts(&mut self) -> (&mut Tone, &mut Timbre) {
        (&mut self.tone, &mut self.timbre)
    }

    fn begin(&mut self) {
        let mood = &self.timbre.mood;
        self.level = K::LEVEL * db_to_gain(K::TILT_DB * (60.0 - self.tone.note.pitch) / 12.0);
        let shape = Shape { attack_s: attack_s(mood.energy), decay_s: 1.0, sustain: 1.0, release_s: 0.55 };
        self.tone.begin(shape);
        let trembles = self.tone.note.articulation == Articulation::Tremolo;
        let players = Players {
            count: (K::PLAYERS + 3.0 * mood.scale) as usize,
            detune_cents: 6.0,
            drift_cents: 2.5,
            vibrato: Vibrato { rate_hz: 5.5, extent_cents: 14.0, delay_s: 0.4 },
            tremolo: if trembles { BOW_STROKES } else { K::TREMOLO },
            onset_s: 0.012 + 0.02 * self.timbre.humanise,
            width: 0.75,
        };
        self.section = Section::new(&players, &self.tone);
        self.bow = Breath::new(&self.tone, 0);
        self.bite = Halving::new(self.tone.block_s, 0.06);
    }

    fn sound(&mut self, out: &mut Stereo) {
        let moment = self.tone.advance();
        let (mood, rate_hz) = (&self.timbre.mood, self.tone.rate_hz);
        let spread = self.timbre.instability();
        let mut sounding = moment;
        sounding.gain *= self.level;
        self.section.advance(&self.tone, &sounding, 0.8 + 0.4 * mood.energy.max(-0.5), spread);
        self.section.bank.saws_add(out);

        let octaves = self.timbre.brightness_octaves
            + VELOCITY_OCTAVES * (self.tone.note.velocity - 0.7)
            + 1.2 * (moment.effort.min(1.4) - 1.0)
            + KEY_TRACK * self.height.of(moment.hz, |hz| math::log2(hz * (1.0 / 261.6)));
        self.filter.set(Response::Low, K::CUTOFF_HZ * self.cut.of(octaves, math::exp2), 0.6, rate_hz);

        // Rosin bites for 60 ms, then hisses 14 dB lower (MUSIC 8 #1: -24 and -38 dB).
        // A light bow hisses less than its note falls, or soft strings would be brighter than loud ones.
        let weight_db = ROSIN_VELOCITY_DB * (self.tone.note.velocity - 0.7);
        let bite_db = K::ROSIN_DB + weight_db + 14.0 * self.bite.advance();
        let bite = self.bitten.of(bite_db, db_to_gain);
        let opened = self.opened.of(0.5 * self.timbre.brightness_octaves, math::exp2);
        self.bow.around(3_000.0 * opened, 0.7);
        if K::PONTICELLO_HZ > 0.0 {
            self.bridge.set(Response::High, K::PONTICELLO_HZ.min(LOW_PARTIALS * moment.hz), 0.7, rate_hz);
        }
        self.rosin = 4.0 * sounding.gain * bite;
    }

    fn together(voices: &mut [&mut Self], outs: &mut [Stereo]) {
        if K::PONTICELLO_HZ > 0.0 {
            Filter::process_each(voices.iter_mut().map(|voice| &mut voice.bridge).zip(outs.iter_mut()));
        }
        Filter::process_each(voices.iter_mut().map(|voice| &mut voice.filter).zip(outs.iter_mut()));
        Breath::render_each(voices.iter_mut().map(|voice| (&mut voice.bow, voice.rosin)), outs);
    }
}
