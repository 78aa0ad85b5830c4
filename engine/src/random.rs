//! Randomness by place: every random choice is a hash of where it is made, never of when.
//! Source: SplitMix64 finaliser (Steele, Lea, Flood 2014), mixing as in MUSIC 0.1; frozen by a test.
//! In/out: `value` gives 0..1 (excluding 1) with 53 bits. Cost: about 3 ns.

/// One kind of decision. Adding a kind never reshuffles another: each has its own constant.
///
/// The discriminant is part of every cue's sound: append, never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Domain {
    /// Which cell and form a phrase or section takes.
    Phrase = 1,
    /// Which chord stands in a slot.
    Slot = 2,
    /// Candidate notes of a motif.
    Motif = 3,
    /// Patterns of pulses and ostinati.
    Ostinato = 4,
    /// Entries and exits of stems.
    Entry = 5,
    /// Micro-timing and velocity.
    Human = 6,
    /// Start phases, detune and drift of voices.
    Timbre = 7,
    /// Percussion patterns and fills.
    Percussion = 8,
    /// Statement and development of the motif.
    Development = 9,
    /// Impacts, risers, swells.
    Effect = 10,
    /// Ambience scenes.
    Ambience = 11,
    /// Key, and key shifts between sections.
    Key = 12,
    /// Form of a section.
    Form = 13,
    /// Figures of beds, basses and inner parts.
    Figure = 14,
    /// Noise inside instruments.
    Noise = 15,
    /// Ornaments and small variations of melody.
    Ornament = 16,
    /// Where two bars are counted across the bar line.
    Hemiola = 24,
    /// Where the themes of an even mood turn from minor to major.
    Family = 25,
    /// Which silences of the tune an inner voice answers.
    Inner = 26,
    /// Which figure a section's accompaniment moves in, and who drives it.
    Accompaniment = 27,
    /// Whether and how an idea begins before the bar.
    Upbeat = 28,
    /// How long strained dynamics rise, and whether they end in silence.
    Unrest = 29,
    /// Where bows tremble, and where drums roll.
    Tremolo = 30,
    /// Where strings slide into a cluster, and from how far.
    Glissando = 31,
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
const SECOND: u64 = 0xBF58_476D_1CE4_E5B9;
const THIRD: u64 = 0x94D0_49BB_1331_11EB;

/// SplitMix64's finaliser: a bijection on 64 bits.
#[inline]
pub const fn mix64(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(SECOND);
    x = (x ^ (x >> 27)).wrapping_mul(THIRD);
    x ^ (x >> 31)
}

/// 64 random bits of a place: `(i, j)` in the decisions of `domain` under `seed`.
#[inline]
pub const fn bits(seed: u64, domain: Domain, i: i64, j: i64) -> u64 {
    let key = mix64((domain as u64).wrapping_mul(GOLDEN));
    let place = mix64(seed ^ key ^ (i as u64).wrapping_mul(GOLDEN));
    mix64(place ^ (j as u64).wrapping_mul(SECOND))
}

/// Uniform value of a place, in 0..1 (excluding 1).
#[inline]
pub const fn value(seed: u64, domain: Domain, i: i64, j: i64) -> f64 {
    (bits(seed, domain, i, j) >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// Uniform integer of a place, in `0..count`. `count` 0 gives 0.
#[inline]
pub const fn pick(seed: u64, domain: Domain, i: i64, j: i64, count: u32) -> u32 {
    (((bits(seed, domain, i, j) >> 32) * count as u64) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_frozen() {
        // These constants are every cue ever written: a change here is a new revision of all music.
        assert_eq!(mix64(1), 0x5692_161D_100B_05E5);
        let seen = bits(7, Domain::Slot, 3, -2);
        assert_eq!(seen, bits(7, Domain::Slot, 3, -2));
        for (domain, i, j) in [(Domain::Motif, 3, -2), (Domain::Slot, 4, -2), (Domain::Slot, 3, -1)] {
            assert_ne!(seen, bits(7, domain, i, j));
        }
    }

    #[test]
    fn values_fill_the_unit_interval() {
        let mut counts = [0u32; 10];
        for i in 0..10_000 {
            counts[(value(1, Domain::Noise, i, 0) * 10.0) as usize] += 1;
        }
        assert!(counts.iter().all(|&n| (850..1150).contains(&n)), "{counts:?}");
        assert!((0..1000).all(|i| pick(9, Domain::Key, i, 0, 7) < 7));
        assert_eq!(pick(9, Domain::Key, 0, 0, 0), 0);
    }
}
