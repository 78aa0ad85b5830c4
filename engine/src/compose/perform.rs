//! Performance: how loud, how long, how late. Everything a player adds to the page.
//! Source: MUSIC 7 (velocity law, phrase arch; 1/f micro-timing as a sum of held noises, Hennig et al. 2011).
//! In/out: notes in ticks of the bar in, notes in song time out. Lateness is never negative.

use super::axes::{Axes, curve};
use super::choose::permille;
use super::form::{PHRASE_BARS, Place};
use super::{BarFrame, Notes};
use crate::note::{Articulation, MotifTag, Note, Role};
use crate::plan::Plan;
use crate::random::{Domain, bits};
use crate::stem::{STEM_COUNT, Stem};
use crate::theory::{Bars, in_beats};

/// Mean and standard deviation of lateness at the usual humanise, tenths of a millisecond (MUSIC 7.3; sustained
/// sections 12 ms, lead 8, percussion 4, pulse 3; a fifth more here, for no player comes early and the bounds cut it). The lead's mean is the smallest of the melodic stems: melody lead.
const LATENESS: [(i32, i32); STEM_COUNT] =
    [(60, 40), (125, 145), (125, 145), (45, 36), (90, 94), (125, 145), (46, 48), (0, 0), (0, 0)];

/// The humanise amount at which [`LATENESS`] holds: the parameter's default, thousandths.
const USUAL: i32 = 700;

/// A note as a layer thinks of it; places in ticks of the bar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sketch {
    pub part: u8,
    pub role: Role,
    pub articulation: Articulation,
    pub at: u32,
    pub length: u32,
    pub pitch: i32,
    /// Added to the velocity, in 127ths.
    pub loud: i32,
}

/// Writes the notes of one beat for one stem.
pub(crate) struct Pen<'a> {
    pub plan: &'a Plan,
    pub frame: &'a BarFrame,
    pub now: Axes,
    pub bars: Bars,
    pub stem: Stem,
    /// The beat, ticks of the bar.
    pub from: u32,
    pub until: u32,
    pub out: &'a mut Notes,
}

impl Pen<'_> {
    /// The seed of the stem's take.
    pub fn seed(&self) -> u64 {
        self.plan.stem_seeds[self.stem.index()]
    }

    /// Whether a place belongs to this beat.
    pub fn owns(&self, at: u32) -> bool {
        (self.from..self.until).contains(&at)
    }

    /// Writes a note if it starts in this beat.
    pub fn write(&mut self, sketch: Sketch) {
        self.write_tagged(sketch, None, None);
    }

    /// The same for a note of a motif statement, sliding from a pitch.
    pub fn write_tagged(&mut self, sketch: Sketch, motif: Option<MotifTag>, glide_from: Option<f32>) {
        if !self.owns(sketch.at) || sketch.length == 0 || self.out.is_full() {
            return;
        }
        // No note outlives the next bar.
        let reach = self.frame.bar.meter.bar_beats() - in_beats(sketch.at) + self.frame.next_beats;
        let (low, high) = self.stem.row().pitch_range;
        let mut pitch = sketch.pitch;
        while pitch < i32::from(low) {
            pitch += 12;
        }
        while pitch > i32::from(high) {
            pitch -= 12;
        }
        let onset = self.frame.bar.start + in_beats(sketch.at);
        let place =
            bits(self.seed(), Domain::Timbre, tick(onset), i64::from(sketch.part) * 128 + i64::from(pitch));
        self.out.push(Note {
            stem: self.stem,
            part: sketch.part,
            role: sketch.role,
            articulation: sketch.articulation,
            pitch: pitch as f32,
            velocity: self.velocity(&sketch, onset),
            onset,
            length: in_beats(sketch.length).min(reach),
            shift_ms: self.shift_ms(onset),
            glide_from,
            place,
            motif,
        });
    }

    /// Level by energy and scale, metric weight within the accent range, phrase arch, a player's unevenness.
    fn velocity(&self, sketch: &Sketch, onset: f64) -> f32 {
        const ARCH: [i32; PHRASE_BARS as usize] = [-3, 0, 2, 3, 1, 4, 5, -2];
        let now = &self.now;
        // 10 of 127 are 2 dB (7.3): the 16 dB between still and driving leave part to how many play.
        let level = curve(now.energy, [40, 52, 64, 78, 92]) + 6 * now.scale / 1000 - 10 * now.dialogue / 1000;
        let range = curve(now.energy, [15, 20, 30, 40, 50]);
        let metric = (self.bars.weight(sketch.at).min(100) - 40) * range / 200;
        let arch = ARCH[self.frame.bar.index.rem_euclid(PHRASE_BARS) as usize];
        let uneven = (permille(self.seed(), Domain::Human, tick(onset), 40 + i64::from(sketch.part)) - 500)
            * 10
            * now.humanise
            / (1000 * USUAL);
        // The section as a whole swells to its climax.
        let swell = Place::of(self.plan.seed, self.frame.bar.index).swell() / 40;
        let velocity = (level + swell + metric + arch + sketch.loud + uneven).clamp(10, 125);
        velocity as f32 / 127.0
    }

    /// Lateness of an onset: the stem's players breathe together, drifting as people do.
    fn shift_ms(&self, onset: f64) -> f32 {
        let (mean, spread) = LATENESS[self.stem.index()];
        if self.now.humanise == 0 || mean == 0 {
            return 0.0;
        }
        let drift = one_over_f(self.seed(), tick(onset) / 240);
        let tenths = (mean + spread * drift / 1000) * self.now.humanise / USUAL;
        tenths.clamp(0, 2 * mean) as f32 / 10.0
    }
}

/// Song position in ticks: the name of a place in time.
fn tick(onset: f64) -> i64 {
    (onset * 960.0).round() as i64
}

/// 1/f noise by place: held noises of equal weight, each half as fast as the one before; thousandths of a standard
/// deviation. Eight octaves where the specification has seven: the slowest holds for eight bars of 4/4.
pub(crate) fn one_over_f(seed: u64, n: i64) -> i32 {
    let octaves = (0..8).map(|o| permille(seed, Domain::Human, n >> o, o) - 500);
    // A uniform of width 1000 has SD 289; eight sum to 817.
    octaves.sum::<i32>() * 1000 / 817
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_is_pink_not_white() {
        let noise: Vec<f64> = (0..4096).map(|n| f64::from(one_over_f(7, n))).collect();
        let spread = (noise.iter().map(|x| x * x).sum::<f64>() / 4096.0).sqrt();
        assert!((600.0..1400.0).contains(&spread), "{spread}");
        let lag1 =
            noise.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / noise.iter().map(|x| x * x).sum::<f64>();
        assert!((0.5..0.97).contains(&lag1), "{lag1}");
    }
}
