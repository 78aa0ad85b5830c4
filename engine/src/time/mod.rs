//! Time: the host's transport, the one clock that maps beats to frames, meters and bars.

mod grid;
mod meter;
mod transport;

pub use grid::{Bar, BarGrid, MAX_SEGMENTS, Segment};
pub use meter::{MAX_NUMERATOR, Meter};
pub use transport::Transport;
