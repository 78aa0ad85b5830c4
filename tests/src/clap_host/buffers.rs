//! Output buffers as hosts hand them out: whole, or with null channels, channels missing, busses missing.
//! In/out: fresh buffers hold [`Buffers::MARK`], so that a test sees what was written and what was not.

use clap_sys::audio_buffer::clap_audio_buffer;
use std::ptr;

/// Channels per bus; a channel that is `None` is handed out as a null pointer.
pub type Busses = Vec<Vec<Option<Vec<f32>>>>;

/// Busses of channels.
pub struct Buffers {
    /// Per bus, per channel.
    pub busses: Busses,
    pointers: Vec<Vec<*mut f32>>,
    raw: Vec<clap_audio_buffer>,
}

impl Buffers {
    /// What stands in a buffer before the plugin writes.
    pub const MARK: f32 = 1.0e9;

    /// The mix and nine stems, stereo.
    pub fn full(frames: usize) -> Buffers {
        Buffers::stereo(10, frames)
    }

    /// Any number of stereo busses.
    pub fn stereo(busses: usize, frames: usize) -> Buffers {
        let channel = || Some(vec![Buffers::MARK; frames]);
        Buffers::of((0..busses).map(|_| vec![channel(), channel()]).collect())
    }

    /// Any busses.
    pub fn of(busses: Busses) -> Buffers {
        let pointers = busses.iter().map(|bus| vec![ptr::null_mut(); bus.len()]).collect();
        let raw = Vec::with_capacity(busses.len());
        Buffers { busses, pointers, raw }
    }

    /// A channel that was handed out.
    pub fn channel(&self, bus: usize, channel: usize) -> &[f32] {
        self.busses[bus][channel].as_deref().unwrap_or(&[])
    }

    /// What CLAP is given; valid until the buffers are touched again. Does not allocate.
    pub(super) fn as_raw(&mut self) -> &mut [clap_audio_buffer] {
        self.raw.clear();
        for (bus, pointers) in self.busses.iter_mut().zip(&mut self.pointers) {
            for (channel, pointer) in bus.iter_mut().zip(pointers.iter_mut()) {
                *pointer = channel.as_mut().map_or(ptr::null_mut(), |samples| samples.as_mut_ptr());
            }
            self.raw.push(clap_audio_buffer {
                data32: if pointers.is_empty() { ptr::null_mut() } else { pointers.as_mut_ptr() },
                data64: ptr::null_mut(),
                channel_count: pointers.len() as u32,
                latency: 0,
                constant_mask: 0,
            });
        }
        &mut self.raw
    }
}
