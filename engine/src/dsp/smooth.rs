//! Values that move without a step: one target per quantum, a straight line between.
//! Source: own. In/out: a target in, the value at the start of the block and its rise per frame out.

use crate::units::QUANTUM;

/// A value that reaches its target at the end of each block. The first target is taken at once.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ramp {
    value: f32,
    step: f32,
    settled: bool,
}

impl Ramp {
    /// Aims at `target` for the end of the coming block and moves on by a block: returns the value before the block's
    /// first frame and the rise per frame. Frame `i` has `from + step * (i + 1)`.
    #[inline(always)]
    pub fn toward(&mut self, target: f32) -> (f32, f32) {
        let from = if self.settled { self.value } else { target };
        self.settled = true;
        self.step = (target - from) * (1.0 / QUANTUM as f32);
        self.value = target;
        (from, self.step)
    }

    /// As [`Ramp::toward`], but a fresh ramp starts from `first` instead of at its target.
    #[inline(always)]
    pub fn toward_from(&mut self, first: f32, target: f32) -> (f32, f32) {
        if !self.settled {
            self.value = first;
            self.settled = true;
        }
        self.toward(target)
    }
}

/// A value that follows its target exponentially, one step per block: for controls that may jump.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Follower {
    value: f32,
    settled: bool,
}

impl Follower {
    /// Goes a fraction `amount` (0..1) of the way; the first target is taken at once. Returns the new value.
    #[inline(always)]
    pub fn toward(&mut self, target: f32, amount: f32) -> f32 {
        self.value = if self.settled { self.value + (target - self.value) * amount } else { target };
        self.settled = true;
        self.value
    }
}

/// What halves again and again, and is nothing at last.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Halving {
    value: f32,
    factor: f32,
}

/// From here on a [`Halving`] is nothing: 80 dB below its beginning.
const FAINT: f32 = 1.0e-4;

impl Halving {
    /// From 1 on, by half within `half_s`, in steps of `step_s`.
    pub fn new(step_s: f32, half_s: f32) -> Halving {
        Halving { value: 1.0, factor: super::math::exp2(-step_s / half_s) }
    }

    /// One step on.
    #[inline(always)]
    pub fn advance(&mut self) -> f32 {
        let next = self.value * self.factor;
        self.value = if next < FAINT { 0.0 } else { next };
        self.value
    }
}

/// Fraction of the way a [`Follower`] goes per step of `step_s` to arrive within 1/e after `time_s`.
#[inline]
pub fn follow_amount(step_s: f32, time_s: f32) -> f32 {
    if time_s <= 0.0 { 1.0 } else { 1.0 - super::math::exp(-step_s / time_s) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_snaps_first_and_then_is_straight() {
        let mut ramp = Ramp::default();
        assert_eq!(ramp.toward(2.0), (2.0, 0.0));
        assert_eq!(ramp.toward(4.0), (2.0, 2.0 / 32.0));
        assert_eq!(ramp.toward(4.0), (4.0, 0.0));
        let mut from_zero = Ramp::default();
        assert_eq!(from_zero.toward_from(0.0, 1.0), (0.0, 1.0 / 32.0));
    }

    #[test]
    fn a_halving_halves_and_ends() {
        let mut halving = Halving::new(0.001, 0.1);
        let values: Vec<f32> = (0..2000).map(|_| halving.advance()).collect();
        assert!((values[99] - 0.5).abs() < 1e-4 && (values[299] - 0.125).abs() < 1e-4);
        assert!(values[1300] > 0.0 && values[1400] == 0.0);
    }

    #[test]
    fn a_follower_arrives_in_its_time() {
        let mut follower = Follower::default();
        follower.toward(0.0, 0.1);
        let amount = follow_amount(0.001, 0.1);
        let value = (0..100).map(|_| follower.toward(1.0, amount)).last().unwrap_or(0.0);
        assert!((value - (1.0 - 1.0 / std::f32::consts::E)).abs() < 1e-3, "{value}");
    }
}
