//! Timing: how late each kind of player comes in, drifting as people do, and never early.
//! Source: MUSIC 7.2 (phrase arch on the host's grid), 7.3 (1/f deviations, Hennig et al. 2011; amounts per stem; melody lead),
//! 4 (groove offsets). In/out: pure in (seed, place); µs. Cost: a dozen hashes per note.

use super::choose::permille;
use super::form::PHRASE_BARS;
use crate::note::Articulation;
use crate::random::Domain;
use crate::stem::Stem;

/// How a kind of player keeps time, at the usual humanise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Player {
    /// Mean lateness, µs. The lead's is 10 ms below the sections' it leads; drums lie where the groove has them.
    pub mean_us: i32,
    /// Standard deviation of the drift the players share, µs.
    pub drift_us: i32,
    /// Standard deviation between players of a chord, µs.
    pub spread_us: i32,
    /// Ticks between independent steps of the drift: about as often as such players come in.
    pub pace: u32,
    /// Whether they follow the phrase's tempo arch; what keeps the beat does not.
    pub bends: bool,
    /// Tells the drifts of a stem's players apart.
    pub desk: i64,
}

/// The player of a part. Means are what one-sided time allows: nobody comes early, so a mean below one and a half
/// deviations would cut the deviation itself; drums and pulse take that cut, for there the beat counts more.
pub(crate) fn player(stem: Stem, part: u8, articulation: Articulation) -> Player {
    let short = matches!(articulation, Articulation::Short | Articulation::Accent);
    let row = |mean_us, drift_us, spread_us, pace, bends, desk| Player {
        mean_us,
        drift_us,
        spread_us,
        pace,
        bends,
        desk,
    };
    match (stem, part) {
        (Stem::Low, 0) => row(6000, 4000, 0, 960, false, 0),
        (Stem::Low, _) => row(4500, 3300, 0, 480, false, 1),
        (Stem::Strings, _) if short => row(8000, 5800, 1500, 480, false, 1),
        (Stem::Bed | Stem::Strings, _) => row(19_000, 12_000, 3000, 3840, true, 0),
        (Stem::Pulse, _) => row(4500, 3300, 0, 960, false, 0),
        // Reading the line whitens its drift: a slow one, wider than the 8 ms it is heard with, keeps the slope of 1/f.
        (Stem::Lead, _) => row(6000, 9500, 0, 2880, true, 0),
        // Brass speaks late by itself: its players come in 12 ms before the strings.
        (Stem::Power, 0) => row(7000, 6000, 2000, 960, true, 0),
        (Stem::Power, _) => row(28_000, 17_500, 5000, 3840, true, 1),
        // Ticks on the beat, toms 3 ms and big drums 6 ms behind it.
        (Stem::Perc, 0) => row(9500, 4200, 0, 960, false, 0),
        (Stem::Perc, 1) => row(6500, 4200, 0, 480, false, 0),
        (Stem::Perc, _) => row(3500, 4800, 0, 480, false, 0),
        (Stem::Fx | Stem::Ambience, _) => row(0, 0, 0, 240, false, 0),
    }
}

impl Player {
    /// Lateness at a place (ticks of the song), µs, before the arch; `voice` tells the players of a chord apart.
    pub fn late_us(&self, seed: u64, tick: i64, voice: i64) -> i32 {
        let drift = one_over_f(seed, tick.div_euclid(i64::from(self.pace)), self.desk);
        // A uniform of width 1000 has SD 289.
        let spread = if self.spread_us == 0 {
            0
        } else {
            (permille(seed, Domain::Human, tick, 1000 + voice) - 500) * self.spread_us / 289
        };
        self.mean_us + self.drift_us * drift / 1000 + spread
    }
}

/// 1/f noise by place: held noises of equal weight, each half as fast as the one before; thousandths of a standard
/// deviation. Eight octaves where the specification has seven: the slowest holds for 128 steps. With ten the spectrum
/// kept its slope longer, but a minute of music heard only 0.65 of the deviation: the rest was a constant lateness.
pub(crate) fn one_over_f(seed: u64, n: i64, desk: i64) -> i32 {
    let octaves = (0..8).map(|o| permille(seed, Domain::Human, n >> o, desk * 16 + o) - 500);
    // Eight uniforms of SD 289 sum to 817.
    octaves.sum::<i32>() * 1000 / 817
}

/// Most the phrase arch moves anyone at its largest k (3), µs. The rule's own tempo curve would drift by a quarter of a
/// second; under a host's grid its shape is kept and its size is what one-sided time has room for.
const ARCH_US: i64 = 15_000;

/// The tempo arch of a phrase as distance from the grid, µs, at `place` thousandths of the phrase: slow out of the
/// start, fast past its turn at 0.3, slow into the end; nothing at either end. `k` in hundredths.
pub(crate) fn arch_us(place: i32, k: i32) -> i32 {
    const TURN: i64 = 300;
    let x = i64::from(place.clamp(0, 1000));
    // The integral of 0.1·((t-x)/t)² up to the turn, then of 0.2·((x-t)/(1-t))², in millionths of the phrase.
    let start = |x: i64| 10_000 - 10_000 * (TURN - x).pow(3) / TURN.pow(3);
    let drift = if x < TURN { start(x) } else { 10_000 + 46_667 * (x - TURN).pow(3) / (1000 - TURN).pow(3) };
    // The curve without its trend is deepest, 0.0212 of the phrase, at 0.69.
    let bent = drift - 56_667 * x / 1000;
    (bent * ARCH_US / 21_200 * i64::from(k) / 300) as i32
}

/// Thousandths of the phrase that lie before a place of a bar.
pub(crate) fn in_phrase(bar: i64, at: u32, length: u32) -> i32 {
    let inside = 1000 * u64::from(at) / u64::from(length.max(1));
    ((bar.rem_euclid(PHRASE_BARS) * 1000 + inside as i64) / PHRASE_BARS) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_is_pink_not_white() {
        let noise: Vec<f64> = (0..4096).map(|n| f64::from(one_over_f(7, n, 0))).collect();
        let spread = (noise.iter().map(|x| x * x).sum::<f64>() / 4096.0).sqrt();
        assert!((600.0..1400.0).contains(&spread), "{spread}");
        let lag1 =
            noise.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / noise.iter().map(|x| x * x).sum::<f64>();
        assert!((0.5..0.97).contains(&lag1), "{lag1}");
    }

    #[test]
    fn the_arch_begins_and_ends_on_the_grid() {
        for k in [-50, 100, 300] {
            assert!(arch_us(0, k).abs() <= 1 && arch_us(1000, k).abs() <= 20, "{k}");
            assert!((0..=1000).all(|x| arch_us(x, k).abs() <= 15_100));
        }
        assert!(arch_us(60, 300) > 500 && arch_us(690, 300) < -14_000);
        assert_eq!((in_phrase(8, 0, 3840), in_phrase(15, 3840, 3840), in_phrase(4, 0, 1)), (0, 1000, 500));
    }

    #[test]
    fn the_melody_leads_and_the_groove_lies_back() {
        let mean = |stem, part| player(stem, part, Articulation::Sustain).mean_us;
        let lead = mean(Stem::Bed, 0) - mean(Stem::Lead, 0);
        assert!((8000..=15_000).contains(&lead));
        assert_eq!(mean(Stem::Perc, 1) - mean(Stem::Perc, 2), 3000);
        assert_eq!(mean(Stem::Perc, 0) - mean(Stem::Perc, 2), 6000);
        assert_eq!(mean(Stem::Strings, 0) - mean(Stem::Power, 0), 12_000);
    }
}
