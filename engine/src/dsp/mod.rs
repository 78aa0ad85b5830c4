//! Bricks of sound: functions and small structs on one quantum, no music.

pub mod bow;
pub mod denormal;
pub mod envelope;
pub mod filter;
pub mod kept;
pub mod math;
pub mod modal;
pub mod noise;
pub mod oscillator;
pub mod oversample;
pub mod pluck;
pub mod real;
pub mod resonators;
pub mod simd;
pub mod smooth;
pub mod turns;
