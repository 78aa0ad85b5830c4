//! A CLAP host for the built plugin: loads the shared library as a DAW would and drives every conversation with it.
//! Source: CLAP 1.2 through clack-host. In/out: [`Plugin`] is one instance; [`Buffers`] may lack busses and channels;
//! [`play`] plays the same scripts as [`crate::rig::play`], so that one hash serves both.

mod buffers;
mod handlers;
mod play;
mod plugin;
mod scene;

pub use buffers::{Buffers, Busses};
pub use handlers::{Host, Log};
pub use play::{Cut, Run, clap_event, play, play_steady, process_doubles, process_stereo, transport_event};
pub use plugin::{MainHalf, Outcome, Param, Plugin, entry, host_info};
pub use scene::{eventful, state_of};
