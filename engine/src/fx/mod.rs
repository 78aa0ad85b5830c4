//! Effects: the hall the eight music stems share, and the ambience that is the ninth.

pub mod ambience;
pub mod hall;
pub mod scenes;
