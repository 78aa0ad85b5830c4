//! Axes: a climate in whole thousandths, and the curves from mood to music.
//! Source: MUSIC 1.4 (master mapping, columns at -1, -0.5, 0, 0.5, 1). In/out: integers only, so every machine agrees.

use super::Climate;
use crate::plan::Plan;

/// A climate in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Axes {
    pub valence: i32,
    pub energy: i32,
    /// Effective tension.
    pub tension: i32,
    pub wonder: i32,
    pub scale: i32,
    pub darkness: i32,
    pub density: i32,
    pub dialogue: i32,
    pub motif: i32,
    pub chromatic: i32,
    pub humanise: i32,
    pub variant: u8,
    /// See [`Climate::tempo_bpm`].
    pub tempo_bpm: Option<u16>,
}

impl Axes {
    pub fn of(climate: &Climate) -> Axes {
        let whole = |x: f32| if x.is_finite() { (x * 1000.0 + 5000.5) as i32 - 5000 } else { 0 };
        let mood = &climate.mood;
        Axes {
            valence: whole(mood.valence),
            energy: whole(mood.energy),
            tension: whole(mood.tension_effective()),
            wonder: whole(mood.wonder),
            scale: whole(mood.scale),
            darkness: whole(mood.darkness),
            density: whole(climate.density).clamp(500, 2000),
            dialogue: whole(climate.dialogue).clamp(0, 1000),
            motif: whole(climate.motif).clamp(0, 1000),
            chromatic: whole(climate.chromatic).clamp(-1000, 1000),
            humanise: whole(climate.humanise).clamp(0, 1000),
            variant: climate.variant.clamp(1, 16),
            tempo_bpm: climate.tempo_bpm,
        }
    }

    /// Tempo that densities and chord lengths are measured against, quarter notes per 1000 minutes.
    pub fn tempo(&self, plan: &Plan) -> u32 {
        let tempo_bpm = self.tempo_bpm.map_or(plan.tempo_bpm, f64::from);
        (tempo_bpm.clamp(10.0, 1000.0) * 1000.0).round() as u32
    }

    /// Middle of the melody's register, thousandths of MIDI (MUSIC 1.4: 67 + 5V + 4E - 5D).
    pub fn melody_center(&self) -> i32 {
        67_000 + 5 * self.valence + 4 * self.energy - 5 * self.darkness
    }

    /// Onsets per 1000 s of the busiest layer (MUSIC 1.4), density and dialogue applied (5.4: at most 2 per second).
    pub fn onset_rate(&self) -> i32 {
        let rate = curve(self.energy, [660, 1150, 2000, 3500, 6000]) * self.density / 1000;
        if self.dialogue > 0 { rate.min(mix(11_000, 2000, self.dialogue)) } else { rate.min(11_000) }
    }

    /// Chords per 100 bars before tempo and wonder are considered (MUSIC 1.4).
    pub fn chord_rate(&self) -> i32 {
        if self.valence > 0 {
            curve(self.energy, [25, 50, 100, 100, 200])
        } else {
            curve(self.energy, [25, 50, 100, 100, 90])
        }
    }

    /// Sounding share of a short note's step in hundredths (MUSIC 1.4, articulation duty).
    pub fn duty(&self) -> i32 {
        curve(self.energy, [95, 90, 70, 50, 35])
    }
}

/// Straight lines through five columns at -1000, -500, 0, 500, 1000.
pub(crate) fn curve(x: i32, columns: [i32; 5]) -> i32 {
    let x = x.clamp(-1000, 1000) + 1000;
    let i = (x / 500).min(3) as usize;
    let part = x - 500 * i as i32;
    columns[i] + (columns[i + 1] - columns[i]) * part / 500
}

/// From `a` at 0 to `b` at 1000.
pub(crate) fn mix(a: i32, b: i32, x: i32) -> i32 {
    a + (b - a) * x.clamp(0, 1000) / 1000
}

/// Step in ticks whose rate at a tempo (quarter notes per 1000 minutes) is nearest to `rate` (onsets per 1000 s).
/// Compound meters step in threes where simple ones step in twos.
pub(crate) fn step_for(rate: i32, tempo: u32, compound: bool, fastest: u32) -> u32 {
    const SIMPLE: [u32; 6] = [3840, 1920, 960, 480, 240, 120];
    const COMPOUND: [u32; 4] = [2880, 1440, 480, 240];
    let steps: &[u32] = if compound { &COMPOUND } else { &SIMPLE };
    // Onsets per 1000 s at `step` ticks: tempo / 60 · 960 / step. Nearest as musicians count: by ratio.
    let ratio = |&step: &u32| {
        let (rate, here) = (u64::from(rate.max(1) as u32), u64::from((tempo * 16 / step).max(1)));
        rate.max(here) * 4096 / rate.min(here)
    };
    steps.iter().copied().filter(|&step| step >= fastest).min_by_key(ratio).unwrap_or(960)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_meet_their_columns() {
        let columns = [66, 115, 200, 350, 600];
        for (i, x) in [-1000, -500, 0, 500, 1000].into_iter().enumerate() {
            assert_eq!(curve(x, columns), columns[i]);
        }
        assert_eq!(curve(250, columns), 275);
    }

    #[test]
    fn steps_follow_tempo_and_rate() {
        assert_eq!(step_for(2000, 120_000, false, 120), 960);
        assert_eq!(step_for(2000, 60_000, false, 120), 480);
        assert_eq!(step_for(6000, 92_000, false, 120), 240);
        assert_eq!(step_for(660, 92_000, false, 120), 1920);
        assert_eq!(step_for(2000, 120_000, true, 120), 1440);
        assert_eq!(step_for(3500, 120_000, true, 120), 480);
        let axes = Axes::of(&Climate::default());
        assert_eq!((axes.energy, axes.humanise, axes.variant), (0, 700, 1));
        let low =
            Climate { mood: crate::cue::Mood { energy: -0.5, ..Default::default() }, ..Climate::default() };
        assert_eq!(Axes::of(&low).energy, -500);
    }
}
