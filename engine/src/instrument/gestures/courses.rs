//! What gestures do while they last: everything that moves, as a function of the part of the note that has passed.
//! Source: MUSIC 8 #21. In/out: the part and the brightness in, a [`Moment`] out. Cost: some powers per block.

use crate::units::{db_to_gain, octaves_to_ratio};

/// Everything that moves, at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Level of everything.
    pub level: f32,
    /// Band of the noise, its sharpness and level.
    pub noise_hz: f32,
    /// See [`Moment::noise_hz`].
    pub noise_q: f32,
    /// See [`Moment::noise_hz`].
    pub noise: f32,
    /// Saws: octaves above their root, low-pass, level.
    pub saw_octaves: f32,
    /// See [`Moment::saw_octaves`].
    pub saw_cutoff_hz: f32,
    /// See [`Moment::saw_octaves`].
    pub saw: f32,
    /// Endless scale: octaves climbed and level.
    pub scale_octaves: f32,
    /// See [`Moment::scale_octaves`].
    pub scale: f32,
    /// Flutter: rate and depth 0..1.
    pub flutter_hz: f32,
    /// See [`Moment::flutter_hz`].
    pub flutter: f32,
    /// -1..1.
    pub pan: f32,
}

/// A course of moments.
pub trait Gesture: Send + 'static {
    /// Shortest and longest, s.
    const LENGTH_S: (f32, f32);
    /// The moment when the part `x` (0..1) has passed; `bright` moves filters, octaves; `side` is -1 or 1.
    fn at(x: f32, bright: f32, side: f32) -> Moment;
}

/// Climbs.
pub struct Riser;
/// Falls away.
pub struct Downer;
/// Passes by.
pub struct Whoosh;
/// Grows toward its end.
pub struct Reverse;

impl Gesture for Riser {
    const LENGTH_S: (f32, f32) = (0.25, 40.0);
    fn at(x: f32, bright: f32, _side: f32) -> Moment {
        Moment {
            // 24 dB over its length, most of it late.
            level: 0.36 * db_to_gain(-24.0 * (1.0 - x) * (1.0 + 0.25 * (1.0 - x))),
            // 250 Hz to 8 kHz (MUSIC 8 #21).
            noise_hz: 250.0 * octaves_to_ratio(5.0 * x + 0.5 * bright),
            noise_q: 1.6,
            noise: 0.75,
            saw_octaves: 2.0 * x * x,
            saw_cutoff_hz: 300.0 * octaves_to_ratio(4.2 * x + bright),
            saw: 0.22,
            scale_octaves: 2.5 * x,
            scale: 0.14,
            flutter_hz: 4.0 * octaves_to_ratio(2.0 * x),
            flutter: 0.15 + 0.35 * x,
            pan: 0.0,
        }
    }
}

impl Gesture for Downer {
    const LENGTH_S: (f32, f32) = (0.5, 6.0);
    fn at(x: f32, bright: f32, _side: f32) -> Moment {
        let left = 1.0 - x;
        Moment {
            level: 0.4 * left * left,
            // 800 to 60 Hz (MUSIC 8 #21).
            noise_hz: 1600.0 * octaves_to_ratio(-4.2 * x + 0.5 * bright),
            noise_q: 0.9,
            noise: 0.45,
            saw_octaves: 2.6 * left * left,
            saw_cutoff_hz: 900.0 * octaves_to_ratio(-2.6 * x + bright),
            saw: 0.4,
            scale_octaves: -2.0 * x,
            scale: 0.22,
            flutter_hz: 7.0 * left + 1.0,
            flutter: 0.2,
            pan: 0.0,
        }
    }
}

impl Gesture for Whoosh {
    const LENGTH_S: (f32, f32) = (0.4, 4.0);
    fn at(x: f32, bright: f32, side: f32) -> Moment {
        // Passes at 0.62 of the way: coming takes longer than going.
        let pass = if x < 0.62 { x / 0.62 } else { (1.0 - x) / 0.38 };
        let bow = pass * pass * (3.0 - 2.0 * pass);
        let from_hz = if x < 0.62 { 300.0 } else { 500.0 };
        Moment {
            level: 0.28 * bow * bow,
            noise_hz: from_hz
                * octaves_to_ratio((3.3 - if x < 0.62 { 0.0 } else { 0.74 }) * bow + 0.5 * bright),
            noise_q: 1.1,
            noise: 1.0,
            saw_octaves: 0.0,
            saw_cutoff_hz: 200.0,
            saw: 0.0,
            scale_octaves: 0.0,
            scale: 0.0,
            flutter_hz: 0.0,
            flutter: 0.0,
            pan: side * (1.8 * x - 0.9),
        }
    }
}

impl Gesture for Reverse {
    const LENGTH_S: (f32, f32) = (0.25, 20.0);
    fn at(x: f32, bright: f32, _side: f32) -> Moment {
        Moment {
            // A decay run backward: straight in decibels, from nothing.
            level: 0.34 * db_to_gain(-42.0 * (1.0 - x)) * (30.0 * x).min(1.0),
            noise_hz: 5200.0 * octaves_to_ratio(0.5 * x + 0.4 * bright),
            noise_q: 0.5,
            noise: 1.0,
            saw_octaves: 0.0,
            saw_cutoff_hz: 500.0 * octaves_to_ratio(3.0 * x + bright),
            saw: 0.10,
            scale_octaves: 0.25 * x,
            scale: 0.05,
            flutter_hz: 11.0,
            flutter: 0.12,
            pan: 0.0,
        }
    }
}
