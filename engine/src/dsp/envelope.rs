//! Loudness over the life of a note: attack, decay, sustain, release, one value per block with straight lines between.
//! Source: own. Attack is a smooth S (no kink to hear as a click), decay and release fall exponentially.
//! In/out: times in s; level 0..1 at block edges. Cost: a few operations per block.

use super::math;
use crate::units::{QUANTUM, SILENCE_GAIN};

/// Times and level of an [`Envelope`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// From nothing to full, s.
    pub attack_s: f32,
    /// Time constant of the fall to the sustain level, s.
    pub decay_s: f32,
    /// Level held, 0..1.
    pub sustain: f32,
    /// Time to fall by 60 dB after the release, s.
    pub release_s: f32,
}

/// An envelope. `advance` once per block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Envelope {
    level: f32,
    /// 0..1 through the attack; 1 afterwards.
    attack_part: f32,
    attack_step: f32,
    decay_amount: f32,
    sustain: f32,
    release_factor: f32,
    released: bool,
    /// What the released level follows: an exponential fall, rounded at its shoulder.
    falling: f32,
    shoulder_amount: f32,
}

/// The release's shoulder is rounded over this time, s: a corner would be heard as a tick. Taste.
const SHOULDER_S: f32 = 0.006;

impl Envelope {
    /// An envelope at its beginning.
    pub fn new(shape: &Shape, sample_rate_hz: f64) -> Envelope {
        let block_s = (QUANTUM as f64 / sample_rate_hz) as f32;
        Envelope {
            level: 0.0,
            attack_part: 0.0,
            attack_step: (block_s / shape.attack_s.max(1e-4)).min(1.0),
            decay_amount: super::smooth::follow_amount(block_s, shape.decay_s),
            sustain: shape.sustain,
            release_factor: release_factor(shape.release_s, block_s),
            released: false,
            falling: 0.0,
            shoulder_amount: super::smooth::follow_amount(block_s, SHOULDER_S),
        }
    }

    /// Begins to fall at the next block.
    pub fn release(&mut self) {
        if !self.released {
            self.falling = self.level;
        }
        self.released = true;
    }

    /// Begins to fall at the next block, faster or slower than its shape said.
    pub fn release_in(&mut self, release_s: f32, sample_rate_hz: f64) {
        self.release_factor = release_factor(release_s, (QUANTUM as f64 / sample_rate_hz) as f32);
        self.release();
    }

    /// Levels at the start and the end of the coming block.
    #[inline]
    pub fn advance(&mut self) -> (f32, f32) {
        let from = self.level;
        self.level = if self.released {
            self.falling *= self.release_factor;
            let next = from + (self.falling - from) * self.shoulder_amount;
            if next < SILENCE_GAIN { 0.0 } else { next }
        } else if self.attack_part < 1.0 {
            self.attack_part = (self.attack_part + self.attack_step).min(1.0);
            s_curve(self.attack_part)
        } else {
            from + (self.sustain - from) * self.decay_amount
        };
        (from, self.level)
    }

    /// Level at the last block edge.
    pub fn level(&self) -> f32 {
        self.level
    }

    /// True once released.
    pub fn is_released(&self) -> bool {
        self.released
    }

    /// True when the fall has reached silence, or a decay to nothing has.
    pub fn has_ended(&self) -> bool {
        self.level < SILENCE_GAIN && (self.released || (self.attack_part >= 1.0 && self.sustain == 0.0))
    }
}

/// 0..1 to 0..1 with level ends: 3x² - 2x³.
#[inline(always)]
pub fn s_curve(x: f32) -> f32 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

/// Gain per step of `step_s` that falls 60 dB in `release_s`.
pub fn release_factor(release_s: f32, step_s: f32) -> f32 {
    // -60 dB is 2^-9.9658.
    math::exp2(-9.965_784 * step_s / release_s.max(1e-3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { attack_s: 0.1, decay_s: 0.2, sustain: 0.5, release_s: 0.3 };

    fn advance_for(envelope: &mut Envelope, seconds: f64) -> f32 {
        let blocks = (seconds * 48_000.0 / QUANTUM as f64).round() as usize;
        (0..blocks).map(|_| envelope.advance().1).last().unwrap_or(0.0)
    }

    #[test]
    fn it_keeps_its_times() {
        let mut envelope = Envelope::new(&SHAPE, 48_000.0);
        assert!((advance_for(&mut envelope, 0.05) - 0.5).abs() < 0.02);
        assert!((advance_for(&mut envelope, 0.0507) - 1.0).abs() < 0.01);
        let after_one_constant = advance_for(&mut envelope, 0.2);
        assert!(
            (after_one_constant - (0.5 + 0.5 / std::f32::consts::E)).abs() < 0.01,
            "{after_one_constant}"
        );
        advance_for(&mut envelope, 3.0);
        envelope.release();
        let fallen = advance_for(&mut envelope, 0.3);
        // The shoulder lags by its 6 ms: 1.2 dB of a fall of 200 dB/s.
        assert!((fallen / 0.000_57 - 1.0).abs() < 0.05, "{fallen}");
        assert!(!envelope.has_ended());
        advance_for(&mut envelope, 0.3);
        assert!(envelope.has_ended() && envelope.level() == 0.0);
    }

    #[test]
    fn a_release_at_once_is_silent_at_once() {
        let mut envelope = Envelope::new(&SHAPE, 48_000.0);
        envelope.release();
        assert_eq!(envelope.advance(), (0.0, 0.0));
        assert!(envelope.has_ended());
    }
}
