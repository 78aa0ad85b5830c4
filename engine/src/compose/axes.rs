//! Axes: a climate in whole thousandths, and what the master mapping makes of several of them together.
//! Source: MUSIC 1.4, by way of [`crate::mapping`]. In/out: integers only, so every machine agrees.

use super::Climate;
use crate::mapping::{
    CHORDS_BY_DARKNESS, CHORDS_WHEN_BRIGHT, CHORDS_WHEN_DARK, DUTY, MELODY_BY_DARKNESS, MELODY_BY_ENERGY,
    MELODY_BY_VALENCE, ONSET_RATE,
};
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

    /// Middle of the melody's register, thousandths of MIDI (MUSIC 1.4).
    pub fn melody_center(&self) -> i32 {
        67_000
            + MELODY_BY_VALENCE.at(self.valence)
            + MELODY_BY_ENERGY.at(self.energy)
            + MELODY_BY_DARKNESS.at(self.darkness)
    }

    /// How far darkness moves what lies in the middle, semitones.
    pub fn chords_moved(&self) -> i32 {
        CHORDS_BY_DARKNESS.at(self.darkness) / 1000
    }

    /// Onsets per 1000 s of the busiest layer (MUSIC 1.4), density and dialogue applied (5.4: at most 2 per second).
    pub fn onset_rate(&self) -> i32 {
        let rate = ONSET_RATE.at(self.energy) * self.density / 1000;
        if self.dialogue > 0 { rate.min(mix(11_000, 2000, self.dialogue)) } else { rate.min(11_000) }
    }

    /// Chords per 100 bars before tempo and wonder are considered (MUSIC 1.4).
    pub fn chord_rate(&self) -> i32 {
        let row = if self.valence > 0 { CHORDS_WHEN_BRIGHT } else { CHORDS_WHEN_DARK };
        row.at(self.energy)
    }

    /// Sounding share of a short note's step in hundredths (MUSIC 1.4).
    pub fn duty(&self) -> i32 {
        DUTY.at(self.energy)
    }
}

/// From `a` at 0 to `b` at 1000.
fn mix(a: i32, b: i32, x: i32) -> i32 {
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
