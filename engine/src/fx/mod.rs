//! Effects: the inserts of a stem, the hall the eight music stems share, and the ambience that is the ninth.

pub mod ambience;
pub mod binaural;
pub mod chorus;
pub mod distance;
pub mod echo;
pub mod elements;
pub mod equalizer;
pub mod field;
pub mod hall;
pub mod insert;
pub mod saturation;
pub mod scenes;

pub use insert::{Insert, Place};
