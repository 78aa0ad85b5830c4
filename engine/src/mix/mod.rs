//! From instruments to stems: the orchestra's desks and racks, the weather, a strip and a seat per stem.

mod band;
mod blend;
pub mod buses;
mod floor;
mod orchestra;
mod rack;
pub mod seats;
mod strip;
mod weather;

pub use band::Band;
pub use floor::Floor;
pub use orchestra::Orchestra;
pub use seats::Seats;
pub use strip::Strip;
pub use weather::Weather;
