//! Pianos: one with felt before the strings, soft and close, and one with hard hammers and an open lid.
//! Source: MUSIC 8 #5: stiff-string partials, struck at an eighth, two strings that fall fast then slow (Weinreich 1977),
//! a hammer's thump and the soundboard's lowest modes. In/out: see `struck`. Cost: about 5 ns per frame and voice, twice that for the lowest.

use super::struck::{Burst, MOST_GROUPS, MOST_MODES, Recipe, Strike, Struck, brightness, chance, spread};
use super::{Family, InstrumentRow, NoteOn, Playing, Pool, Timbre, limit};
use crate::dsp::filter::Response;
use crate::dsp::math;
use crate::units::{cents_to_ratio, note_to_hz, octaves_to_ratio};

/// The felt piano's row.
pub const FELT: InstrumentRow = InstrumentRow {
    id: "piano_felt",
    name: "Felt Piano",
    family: Family::Keys,
    doc: "An upright with felt before the strings: close, dull and tender, with the key's own noise.",
    source: "MUSIC 8 #5",
    pitch_range: (21, 100),
    pitched: true,
    voices: 24,
    playing: Playing::STRUCK,
    limit_ns: 47.0 * limit::MODE + 2.0 * limit::NOISE,
    tail_s: 2.0,
    budget_ns: 35.0,
    build: |spec| Box::new(Pool::<Struck<Felt, MOST_GROUPS>>::new(spec, 24)),
};

/// The bright piano's row.
pub const BRIGHT: InstrumentRow = InstrumentRow {
    id: "piano_bright",
    name: "Bright Piano",
    family: Family::Keys,
    doc: "A grand with hard hammers: clear attack, long singing strings.",
    source: "MUSIC 8 #5",
    pitch_range: (21, 108),
    pitched: true,
    voices: 24,
    playing: Playing::STRUCK,
    limit_ns: 47.0 * limit::MODE + 2.0 * limit::NOISE,
    tail_s: 2.0,
    budget_ns: 35.0,
    build: |spec| Box::new(Pool::<Struck<Bright, MOST_GROUPS>>::new(spec, 24)),
};

/// What distinguishes one piano from another.
struct Make {
    /// Frequency above which the hammer excites little, Hz, at rest.
    hammer_hz: f32,
    /// How far the mood and the finger move it, 0..1 octave per octave.
    response: f32,
    /// Where the felt or the lid takes the highs away, Hz.
    cover_hz: f32,
    /// How high the partials of the lowest strings reach, Hz: to where the hammer's slope has taken some 55 dB.
    reach_hz: f32,
    /// Decay against a concert grand's.
    decay: f32,
    thump: f32,
    key_noise: f32,
    /// The damper falling back on the string, and the key on its bed: -40 dB under the note (MUSIC 8 #5).
    damper: f32,
    attack_ms: f32,
    level: f32,
}

const FELT_MAKE: Make = Make {
    hammer_hz: 900.0,
    response: 0.75,
    cover_hz: 2500.0,
    reach_hz: 1500.0,
    decay: 0.6,
    thump: 0.22,
    key_noise: 0.05,
    damper: 0.016,
    attack_ms: 3.5,
    level: 0.145,
};

const BRIGHT_MAKE: Make = Make {
    hammer_hz: 2300.0,
    response: 0.9,
    cover_hz: 9000.0,
    reach_hz: 2500.0,
    decay: 1.0,
    thump: 0.1,
    key_noise: 0.016,
    damper: 0.008,
    attack_ms: 1.2,
    level: 0.135,
};

/// Partials of a string; each is two modes.
const PARTIALS: usize = 21;

/// Partials of a low string that are two modes, where it needs more than [`PARTIALS`]: higher ones fall too soon to beat.
const PAIRS: usize = 12;

/// T60 of one mode against that of its slow half, where the two of a pair carry as much energy as the one:
/// `∫ (.7 e^-4at + .3 e^-at)² dt = .190 / a = ∫ e^-2kat dt`, so `k = 2.63`.
const SINGLE_DECAY: f32 = 0.38;

/// The highest strings, from this pitch on, have no dampers.
const UNDAMPED: f32 = 89.0;

/// The soundboard's lowest modes, Hz, Q 10 (MUSIC 8 #5).
const BOARD_HZ: [f32; 5] = [95.0, 140.0, 190.0, 260.0, 340.0];

struct Felt;
struct Bright;

impl Recipe for Felt {
    fn strike(note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
        piano(&FELT_MAKE, note, timbre, strike);
    }
}

impl Recipe for Bright {
    fn strike(note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
        piano(&BRIGHT_MAKE, note, timbre, strike);
    }
}

fn piano(make: &Make, note: &NoteOn, timbre: &Timbre, strike: &mut Strike) {
    let octaves = brightness(note, timbre) * make.response;
    strings(make, octaves, note, strike);
    strike.level_modes(make.level);
    // A real piano loses some 6 dB from C2 to C7; peaks do so by themselves, as high strings fall sooner.
    let height = (note.pitch - 60.0) / 12.0;
    strike.gain = octaves_to_ratio(-0.03 * height.clamp(-2.0, 3.0));
    for (i, &hz) in BOARD_HZ.iter().enumerate() {
        // T60 = 2.2 Q / f.
        strike.mode(hz, 0.06 * make.thump * (1.0 + 0.3 * spread(note, 40 + i as i64)), 22.0 / hz, 0.0);
    }
    strike.burst(Burst { attack_ms: 2.0, width: 0.0, ..Burst::new(make.thump, 140.0, 0.8, 0.09) });
    strike.burst(Burst {
        attack_ms: 1.0,
        width: 0.6,
        response: Response::Band,
        ..Burst::new(make.key_noise * octaves_to_ratio(0.5 * octaves), 2200.0, 0.7, 0.05)
    });
    if note.pitch < UNDAMPED {
        strike.burst(Burst {
            attack_ms: 4.0,
            width: 0.3,
            at_release: true,
            ..Burst::new(make.damper, 420.0, 0.6, 0.07)
        });
    }
    strike.attack_ms = make.attack_ms * octaves_to_ratio(-0.5 * octaves - 0.25 * height);
    strike.release_s = if note.pitch < UNDAMPED { 0.35 - 0.04 * height } else { 0.9 };
}

fn strings(make: &Make, octaves: f32, note: &NoteOn, strike: &mut Strike) {
    let f0 = note_to_hz(note.pitch);
    let stiffness = 1e-4 * octaves_to_ratio((note.pitch - 45.0) / 9.0);
    // The first partial itself is stretched; tuners put that one on pitch.
    let unison = 1.0 / (1.0 + stiffness).sqrt();
    // T60 of the first partial: 15 s at A0, 6 s at C4, 1 s at C7 (MUSIC 8 #5), straight lines between in log2.
    let decay_log2 = if note.pitch < 60.0 {
        3.9 - 1.32 * (note.pitch - 21.0) / 39.0
    } else {
        2.58 - 2.58 * (note.pitch - 60.0) / 36.0
    };
    let decay_s = make.decay * octaves_to_ratio(decay_log2);
    let hammer_hz = (make.hammer_hz * octaves_to_ratio(octaves)).max(0.7 * f0);
    let cover_hz = make.cover_hz * octaves_to_ratio(0.5 * octaves);
    let cents = 0.6 + 0.9 * chance(note, 1);
    let side = ((note.pitch - 60.0) / 60.0).clamp(-0.6, 0.6);
    let partial_hz = |n: usize| {
        let order = n as f32;
        order * f0 * (1.0 + stiffness * order * order).sqrt() * unison
    };
    let mut reached_hz = 0.0;
    let pairs = if partial_hz(PARTIALS) < make.reach_hz { PAIRS } else { PARTIALS };
    for n in 1..=MOST_MODES {
        let (order, hz) = (n as f32, partial_hz(n));
        if hz > 14_000.0 || (n > PARTIALS && reached_hz >= make.reach_hz) {
            break;
        }
        // Struck at an eighth: every eighth is hardly there, and up here not worth a mode.
        if n > pairs && n.is_multiple_of(8) {
            continue;
        }
        reached_hz = hz;
        let comb = math::sin_cycles(order / 16.0).abs().max(0.06);
        let roll = math::exp(-order * f0 / hammer_hz);
        let cover = 1.0 / (1.0 + (hz / cover_hz) * (hz / cover_hz));
        let gain = comb / order * roll * cover * (1.0 + 0.15 * spread(note, 100 + n as i64));
        let partial_s = decay_s / (1.0 + 0.25 * order);
        let pan = side + 0.25 * spread(note, 200 + n as i64);
        let beat = cents_to_ratio(0.5 * cents);
        if n > pairs {
            strike.mode(hz, gain, SINGLE_DECAY * partial_s + 0.03, pan);
            continue;
        }
        strike.mode(hz / beat, 0.7 * gain, 0.25 * partial_s + 0.03, pan - 0.1);
        strike.mode(hz * beat, 0.3 * gain, partial_s + 0.03, pan + 0.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Modes of the strings: what lies under the soundboard's.
    fn modes(make: &Make, pitch: f32) -> Vec<f32> {
        let mut strike = Strike::default();
        strings(make, 0.0, &NoteOn { pitch, velocity: 0.7, ..NoteOn::REST }, &mut strike);
        strike.modes.iter().map(|mode| mode.hz).collect()
    }

    #[test]
    fn low_strings_reach_up_and_all_find_room() {
        for (make, from_hz) in [(&FELT_MAKE, 1500.0), (&BRIGHT_MAKE, 2500.0)] {
            for pitch in 21..=108 {
                let modes = modes(make, pitch as f32);
                let last_hz = modes.last().copied().unwrap_or(0.0);
                assert!(last_hz >= from_hz, "{pitch} reaches {last_hz} Hz");
                assert!(modes.len() + BOARD_HZ.len() <= MOST_MODES, "{pitch} has {} modes", modes.len());
                // From C3 on a string is what it costs elsewhere: two modes for each of its partials.
                assert!(pitch < 48 || modes.len() <= 2 * PARTIALS, "{pitch} has {} modes", modes.len());
            }
        }
    }
}
