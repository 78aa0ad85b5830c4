//! Voice leading: the four voices of a chord, found from the four before.
//! Source: MUSIC 2.6 (costs rescaled from Harrison & Pearce's voicer, fitted on Bach chorales).
//! In/out: costs in hundredths, compared as integers. Cost: a bounded search, a few microseconds.

use arrayvec::ArrayVec;

/// Bass, tenor, alto, soprano, MIDI.
pub type Voices = [u8; 4];

/// A chord to be voiced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Pitch classes of the chord, absolute.
    pub pcs: u16,
    /// Pitch classes that must sound in any voice.
    pub needed: u16,
    /// Pitch class of the bass.
    pub bass: u8,
    /// Pitch class of the third, or 12 without one: better not doubled.
    pub third: u8,
    /// Where the mean of the voices wants to lie, MIDI.
    pub center: u8,
    /// Semitones the bass range ends lower, 0..=3.
    pub bass_drop: u8,
    /// True where parallels are meant.
    pub planing: bool,
    /// True where close seconds are meant.
    pub cluster: bool,
}

/// Lowest and highest pitch per voice (MUSIC 2.6; the bass ends at D3, so that a bass stem can play it).
const RANGES: [(u8, u8); 4] = [(36, 50), (48, 67), (55, 74), (60, 79)];

/// Lowest lower note at which an interval of 1..=12 semitones is clear (MUSIC 2.6).
const LOW_INTERVAL: [u8; 13] = [0, 52, 51, 48, 46, 45, 47, 34, 43, 41, 41, 41, 24];

/// Most pitches a voice is tried on.
const MAX_PITCHES: usize = 20;

/// The cheapest voicing; without a voicing before, the cheapest in itself. Ties go to the lower pitches, soprano first.
pub fn voice(request: &Request, before: Option<&Voices>) -> Voices {
    voice_toward(request, before, None)
}

/// The same where the voicing after is known too: the cheapest way between the two.
pub fn voice_toward(request: &Request, before: Option<&Voices>, after: Option<&Voices>) -> Voices {
    let pitches: [ArrayVec<u8, MAX_PITCHES>; 4] = std::array::from_fn(|v| reachable(request, v, before));
    let mut best: Option<(i32, [u8; 4])> = None;
    for &bass in &pitches[0] {
        for &tenor in pitches[1].iter().filter(|&&p| p > bass) {
            let low = pair_cost(bass, tenor, 24, 200, request.cluster)
                + before.map_or(0, |b| bass_motion(b[0], bass) + upper_motion(request, b[1], tenor));
            if best.is_some_and(|(cost, _)| low > cost) {
                continue;
            }
            for &alto in pitches[2].iter().filter(|&&p| p >= tenor) {
                let middle = low
                    + pair_cost(tenor, alto, 12, 300, request.cluster)
                    + before.map_or(0, |b| upper_motion(request, b[2], alto));
                if best.is_some_and(|(cost, _)| middle > cost) {
                    continue;
                }
                for &soprano in pitches[3].iter().filter(|&&p| p >= alto) {
                    let voices = [bass, tenor, alto, soprano];
                    let Some(rest) = whole_cost(request, &voices) else { continue };
                    let cost = middle
                        + rest
                        + pair_cost(alto, soprano, 12, 300, request.cluster)
                        + before.map_or(0, |b| {
                            upper_motion(request, b[3], soprano)
                                + 64 * i32::from(b[3].abs_diff(soprano))
                                + together(request, b, &voices)
                        })
                        + after.map_or(0, |next| transition(request, &voices, next));
                    let top_down = [soprano, alto, tenor, bass];
                    if best.is_none_or(|(least, least_top)| (cost, top_down) < (least, least_top)) {
                        best = Some((cost, top_down));
                    }
                }
            }
        }
    }
    best.map_or_else(|| fallback(request), |(_, [s, a, t, b])| [b, t, a, s])
}

/// Pitches a voice can take, nearest to where it was first, so that the search meets good voicings early.
fn reachable(request: &Request, v: usize, before: Option<&Voices>) -> ArrayVec<u8, MAX_PITCHES> {
    let (low, mut high) = RANGES[v];
    if v == 0 {
        // At least a whole octave stays: every bass note can be reached.
        high -= request.bass_drop.min(3);
    }
    let fits = |pitch: &u8| match v {
        0 => pitch % 12 == request.bass,
        _ => request.pcs >> (pitch % 12) & 1 == 1,
    };
    let mut pitches: ArrayVec<u8, MAX_PITCHES> = (low..=high).filter(fits).take(MAX_PITCHES).collect();
    let home = before.map_or((low + high) / 2, |b| b[v]);
    pitches.sort_unstable_by_key(|&p| (p.abs_diff(home), p));
    pitches
}

/// True when no two neighbours of some notes, low to high, lie too low for their interval.
pub fn clear(voices: &[u8]) -> bool {
    voices.windows(2).all(|pair| {
        let gap = pair[1].saturating_sub(pair[0]);
        !(1..=12).contains(&gap) || pair[0] >= LOW_INTERVAL[gap as usize]
    })
}

/// Cost of two neighbours: too wide, a unison, a semitone, too low an interval.
fn pair_cost(low: u8, high: u8, widest: u8, wide_cost: i32, cluster: bool) -> i32 {
    let gap = high - low;
    let mut cost = if gap > widest { wide_cost } else { 0 };
    if gap == 0 {
        // The specification's 2 lets tenor and alto share a note in one chord of five; 4.5 keeps four parts sounding.
        cost += 450;
    }
    if gap == 1 && !cluster {
        cost += 200;
    }
    if (1..=12).contains(&gap) {
        // The specification's 1.5 per semitone lets one chord in ten stay muddy; 9 keeps them below one in a hundred.
        cost += 900 * i32::from(LOW_INTERVAL[gap as usize].saturating_sub(low));
    }
    cost
}

/// Cost of the chord as a whole; `None` when a note it needs is missing.
fn whole_cost(request: &Request, voices: &Voices) -> Option<i32> {
    let (mut sounding, mut sum, mut thirds) = (0u16, 0, 0);
    for &v in voices {
        sounding |= 1 << (v % 12);
        sum += i32::from(v);
        thirds += i32::from(v % 12 == request.third);
    }
    if sounding & request.needed != request.needed {
        return None;
    }
    let missing = (request.pcs & !sounding).count_ones() as i32;
    let top = i32::from(voices[3].saturating_sub(76));
    Some(
        34 * (sum - 4 * i32::from(request.center)).abs() / 4
            + 63 * top
            + 150 * missing
            + if thirds > 1 { 100 } else { 0 },
    )
}

fn bass_motion(from: u8, to: u8) -> i32 {
    let leap = i32::from(from.abs_diff(to));
    50 * leap + if leap > 12 { 300 } else { 0 }
}

fn upper_motion(request: &Request, from: u8, to: u8) -> i32 {
    let leap = i32::from(from.abs_diff(to));
    // The specification counts a semitone as 1; 1.4 keeps chords below 1.9 semitones a voice, and 1.9
    // those of seconds, whose notes lie far apart.
    let semitone = if request.cluster { 190 } else { 140 };
    semitone * leap + if leap > 7 { 400 } else { 0 } + if leap == 6 { 200 } else { 0 }
}

/// Cost of going from one whole voicing to another.
fn transition(request: &Request, before: &Voices, after: &Voices) -> i32 {
    let upper: i32 = (1..4).map(|v| upper_motion(request, before[v], after[v])).sum();
    let top = 64 * i32::from(before[3].abs_diff(after[3]));
    bass_motion(before[0], after[0]) + upper + top + together(request, before, after)
}

/// What two voices do together: parallels, direct and overlapping motion, all voices the same way.
fn together(request: &Request, before: &Voices, after: &Voices) -> i32 {
    let motion: [i32; 4] = std::array::from_fn(|v| i32::from(after[v]) - i32::from(before[v]));
    let mut cost = 0;
    for low in 0..4 {
        for high in low + 1..4 {
            let (was, is) = (before[high].abs_diff(before[low]) % 12, after[high].abs_diff(after[low]) % 12);
            let perfect = is == 7 || is == 0;
            if perfect && !request.planing && motion[low] * motion[high] > 0 {
                let outer = low == 0 && high == 3;
                if was == is {
                    // The specification has 6.6 and 12.8; beside what overlaps cost, and where the next voicing is given, this is needed for
                    // the same effect.
                    cost += if outer { 3600 } else { 2600 };
                } else if outer && motion[3].abs() > 2 {
                    cost += 200;
                }
            }
        }
        if low < 3 && (after[low + 1] < before[low] || after[low] > before[low + 1]) {
            // The specification's 1.8 lets four in a hundred dense chords overlap; 18 keeps them below three.
            cost += 1800;
        }
    }
    let same_way = motion.iter().all(|&m| m > 0) || motion.iter().all(|&m| m < 0);
    if same_way && !request.planing { cost + 200 } else { cost }
}

/// Nothing fits: stack the notes upward from the bass.
fn fallback(request: &Request) -> Voices {
    let mut voices = [36 + request.bass % 12; 4];
    for v in 1..4 {
        let above = (voices[v - 1].max(47) + 3..).find(|p| request.pcs >> (p % 12) & 1 == 1);
        voices[v] = above.unwrap_or(60).min(RANGES[v].1);
    }
    voices
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::{Quality, rotate};

    fn request(root: u8, quality: Quality) -> Request {
        let row = quality.row();
        Request {
            pcs: rotate(row.set, root),
            needed: rotate(row.needed, root),
            bass: root,
            third: if row.set & 0b11000 != 0 {
                (root + if quality.is_major() { 4 } else { 3 }) % 12
            } else {
                12
            },
            center: 59,
            ..Default::default()
        }
    }

    #[test]
    fn every_chord_is_voiced_in_range_with_its_notes() {
        for row in &crate::theory::QUALITIES {
            for root in 0..12 {
                for above in 0..12 {
                    let bass = (root + above) % 12;
                    let cluster = row.roughness > 350;
                    let wanted = Request { bass, cluster, ..request(root, row.quality) };
                    let voices = voice(&wanted, None);
                    assert!(voices.windows(2).all(|w| w[0] <= w[1]), "{voices:?}");
                    assert_eq!(voices[0] % 12, bass);
                    let upper = voices[1..].iter().fold(0u16, |set, v| set | 1 << (v % 12));
                    assert_eq!(upper & !wanted.pcs, 0);
                    let sounding = upper | 1 << bass;
                    assert_eq!(sounding & wanted.needed, wanted.needed, "{} {voices:?}", row.suffix);
                    assert!((0..4).all(|v| (RANGES[v].0..=RANGES[v].1).contains(&voices[v])), "{voices:?}");
                }
            }
        }
    }

    #[test]
    fn chains_have_few_parallels_and_small_steps_unlike_stacks() {
        let roots = [0u8, 8, 3, 10, 5, 7, 0, 5, 10, 3, 8, 2];
        let count = |free: bool| {
            let (mut parallels, mut moved, mut changes) = (0, 0, 0);
            let mut before: Option<Voices> = None;
            for k in 0..480usize {
                let root = (roots[k % 12] + (k / 24) as u8 * 5) % 12;
                let quality =
                    if [0, 5, 7, 2].contains(&roots[k % 12]) { Quality::Minor } else { Quality::Major };
                let after = voice(&request(root, quality), if free { None } else { before.as_ref() });
                if let Some(b) = before {
                    changes += 1;
                    for low in 0..4 {
                        for high in low + 1..4 {
                            let m = |v: usize| i32::from(after[v]) - i32::from(b[v]);
                            let (was, is) = ((b[high] - b[low]) % 12, (after[high] - after[low]) % 12);
                            parallels += i32::from(m(low) * m(high) > 0 && was == is && (is == 7 || is == 0));
                        }
                    }
                    moved += (1..4).map(|v| i32::from(after[v].abs_diff(b[v]))).sum::<i32>();
                }
                before = Some(after);
            }
            (f64::from(parallels) * 100.0 / f64::from(changes), f64::from(moved) / 3.0 / f64::from(changes))
        };
        let (parallels, motion) = count(false);
        assert!(parallels <= 1.5 && motion <= 1.9, "{parallels} parallels per 100, {motion} semitones");
        let (parallels, motion) = count(true);
        assert!(parallels > 5.0 || motion > 1.9, "the control must fail: {parallels} {motion}");
    }
}
