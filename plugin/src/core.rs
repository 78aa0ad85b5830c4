//! The plugin without a format: what the shells translate to and from, and what the editor talks to.
//! Source: DESIGN 4, 8; host facts PLATFORM 1, 2. In/out: [`Shared`] on any thread but audio, [`Processor`] on audio.

mod capture;
mod host;
mod library;
mod ports;
mod processor;
mod shared;

pub use capture::CaptureState;
pub use host::{HostLink, TrackInfo};
pub(crate) use library::compile_always;
pub use ports::{AMBIENCE_BUS, BUS_COUNT, FIELD_CHANNELS, MAX_CHANNELS, Outputs, bus_name};
pub use processor::{Processor, Status};
pub use shared::{EditError, Session, Shared};
