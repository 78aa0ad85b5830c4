//! Bricks of sound: functions and small structs on one quantum, no music.

pub mod math;
