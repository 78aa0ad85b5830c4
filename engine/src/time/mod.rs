//! Time: the host's transport, the one clock that maps beats to frames, meters and bars.

mod clock;
mod grid;
mod meter;
mod transport;

pub use clock::{Clock, Motion, TEMPO_RANGE_BPM};
pub use grid::{Bar, BarGrid, MAX_SEGMENTS, Segment, can_start};
pub use meter::{MAX_NUMERATOR, Meter, NoMeter};
pub use transport::Transport;
