//! From instruments to stems: the orchestra's desks and racks, the weather and a strip per stem.

mod band;
mod blend;
pub mod buses;
mod floor;
mod orchestra;
mod rack;
mod strip;
mod weather;

pub use band::Band;
pub use floor::Floor;
pub use orchestra::Orchestra;
pub use strip::Strip;
pub use weather::Weather;
