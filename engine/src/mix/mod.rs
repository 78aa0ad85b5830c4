//! From instruments to stems: the orchestra's desks and a strip per stem.

mod orchestra;
mod strip;

pub use orchestra::Orchestra;
pub use strip::Strip;
