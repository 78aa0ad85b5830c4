//! Conversions between the units of names: notes, hertz, decibels, gains. The one place they are written.
//! Source: equal temperament, A4 = 440 Hz (ISO 16). In/out: any finite number.

use crate::dsp::math;

/// Frames in a quantum: the one block size inside the engine (DESIGN 5).
pub const QUANTUM: usize = 32;

/// Level under which a sound counts as gone, in dB. A 24-bit file ends at -144; -100 is inaudible under any bed.
pub const SILENCE_DB: f32 = -100.0;

/// [`SILENCE_DB`] as a gain.
pub const SILENCE_GAIN: f32 = 1.0e-5;

/// A position or length in song time, in quarter notes (not in the meter's denominator).
pub type Beats = f64;

/// Frequency of a fractional MIDI note.
#[inline]
pub fn note_to_hz(pitch: f32) -> f32 {
    440.0 * math::exp2((pitch - 69.0) * (1.0 / 12.0))
}

/// Gain of a level in decibels.
#[inline]
pub fn db_to_gain(level_db: f32) -> f32 {
    // log2(10) / 20
    math::exp2(level_db * 0.166_096_4)
}

/// Level in decibels of a gain; gains at or below zero give -400.
#[inline]
pub fn gain_to_db(gain: f32) -> f32 {
    if gain <= 1.0e-20 { -400.0 } else { 6.020_6 * math::log2(gain) }
}

/// Frequency ratio of an interval in cents.
#[inline]
pub fn cents_to_ratio(cents: f32) -> f32 {
    math::exp2(cents * (1.0 / 1200.0))
}

/// Ratio of an interval in octaves.
#[inline]
pub fn octaves_to_ratio(octaves: f32) -> f32 {
    math::exp2(octaves)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_agree_with_their_definitions() {
        assert!((note_to_hz(69.0) - 440.0).abs() < 1e-3);
        assert!((note_to_hz(60.0) - 261.6256).abs() < 1e-3);
        assert!((db_to_gain(-6.0) - 0.501_187).abs() < 1e-5);
        assert!((gain_to_db(0.1) + 20.0).abs() < 1e-3);
        assert!((db_to_gain(SILENCE_DB) - SILENCE_GAIN).abs() < 1e-9);
    }
}
