//! What a host says about time, as it says it: any field may be absent or wrong.
//! Source: PLATFORM 2. In/out: one per block (or per in-block change).

use crate::units::Beats;

/// The host's transport at one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Transport {
    /// True while the timeline moves.
    pub playing: bool,
    /// Quarter notes per minute; absent or absurd = the last one known, else the cue's.
    pub tempo_bpm: Option<f64>,
    /// Position in quarter notes; may be negative.
    pub position: Option<Beats>,
    /// Position in seconds, used where beats are absent.
    pub position_s: Option<f64>,
    /// Numerator and denominator.
    pub meter: Option<(u16, u16)>,
    /// Where the current bar starts. Believed only if it lies within one bar before the position.
    pub bar_start: Option<Beats>,
    /// Start and end of the loop, where one is on.
    pub loop_range: Option<(Beats, Beats)>,
}
