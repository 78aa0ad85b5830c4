//! From instruments to stems: the orchestra's desks, the weather and a strip per stem.

mod floor;
mod orchestra;
mod strip;
mod weather;

pub use floor::Floor;
pub use orchestra::Orchestra;
pub use strip::Strip;
pub use weather::Weather;
