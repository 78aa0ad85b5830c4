//! The audio thread's side. Source: PLATFORM 1 "facts that save a day". In/out: whatever outputs the host brings, also none.

use super::main_thread::{ClapMain, Layout};
use super::{ClapShared, events, transport};
use crate::core::{BUS_COUNT, MAX_CHANNELS, Outputs, Processor, Status};
use arrayvec::ArrayVec;
use clack_plugin::prelude::*;
use std::sync::atomic::Ordering;

/// How often the main thread is asked to tidy up behind the engine while it plays, s.
const SERVICE_S: f64 = 2.0;

/// Owned by the audio thread.
pub struct ClapAudio<'a> {
    pub(super) processor: Processor,
    pub(super) shared: &'a ClapShared,
    host: HostAudioProcessorHandle<'a>,
    service_frames: u64,
    frames_to_service: u64,
    /// Whether the ambience's port has four channels.
    ambix: bool,
}

impl<'a> PluginAudioProcessor<'a, ClapShared, ClapMain<'a>> for ClapAudio<'a> {
    fn activate(
        host: HostAudioProcessorHandle<'a>,
        main: &ClapMain<'a>,
        shared: &'a ClapShared,
        config: PluginAudioConfiguration,
    ) -> Result<Self, PluginError> {
        let mut processor =
            Processor::activate(&shared.core, config.sample_rate, config.max_frames_count as usize);
        let ambix = main.layout.get() == Layout::Ambix;
        processor.set_ambience_field(ambix);
        let service_frames = (SERVICE_S * processor.sample_rate_hz()) as u64;
        Ok(ClapAudio { processor, shared, host, service_frames, frames_to_service: service_frames, ambix })
    }

    fn process(
        &mut self,
        process: Process,
        mut audio: Audio,
        events: Events,
    ) -> Result<ProcessStatus, PluginError> {
        let frames = audio.frames_count() as usize;
        if let Some(event) = process.transport {
            self.processor.transport(0, transport::translate(event));
        }
        for event in events.input {
            events::receive(event, &mut self.processor);
        }
        let inactive = self.shared.inactive.load(Ordering::Relaxed);
        let mut outputs = outputs(&mut audio, inactive, frames, self.ambix);
        let status = self.processor.process(frames, &mut outputs);
        self.send(events.output);
        self.ask_for_service(frames, status);
        Ok(match status {
            Status::Continue => ProcessStatus::Continue,
            Status::Tail => ProcessStatus::Tail,
            Status::Sleep => ProcessStatus::Sleep,
        })
    }

    fn reset(&mut self) {
        self.processor.reset();
    }

    fn deactivate(self, _main: &ClapMain<'a>) {
        self.processor.deactivate();
    }
}

impl ClapAudio<'_> {
    /// Everything for the host, in order of frames: gestures at the block's start, then the notes.
    pub(super) fn send(&mut self, out: &mut clack_plugin::events::io::OutputEvents<'_>) {
        self.processor.shared().params.take_gestures(|gesture| events::send_gesture(gesture, out));
        let as_midi = self.shared.midi_dialect.load(Ordering::Relaxed);
        for note in self.processor.midi_out() {
            events::send_note(note, as_midi, out);
        }
    }

    fn ask_for_service(&mut self, frames: usize, status: Status) {
        if self.processor.take_captured() {
            self.host.request_callback();
        }
        self.frames_to_service = self.frames_to_service.saturating_sub(frames as u64);
        if status == Status::Continue && self.frames_to_service == 0 {
            self.frames_to_service = self.service_frames;
            self.host.request_callback();
        }
    }
}

/// The host's buffers as slices: null, missing and doubled channels are left out, busses the host switched off and
/// 64-bit buffers (which we never offered) are silenced.
fn outputs<'a>(audio: &'a mut Audio<'_>, inactive: u32, frames: usize, ambix: bool) -> Outputs<'a> {
    let mut outputs = Outputs::with_ambience(ambix);
    let mut seen: ArrayVec<*mut f32, MAX_CHANNELS> = ArrayVec::new();
    for (bus, buffer) in audio.raw_output_buffers().iter_mut().enumerate() {
        buffer.constant_mask = 0;
        let active = bus < BUS_COUNT && inactive & (1 << bus) == 0;
        for channel in 0..buffer.channel_count as usize {
            if buffer.data32.is_null() {
                silence_64(buffer.data64, channel, frames);
                continue;
            }
            // SAFETY: CLAP gives `channel_count` pointers where `data32` is not null.
            let pointer = unsafe { *buffer.data32.add(channel) };
            if pointer.is_null() || seen.contains(&pointer) {
                continue;
            }
            // SAFETY: a channel that is not null has `frames` samples for the length of this call, and as `seen` shows
            // no other slice was made of it.
            let samples: &'a mut [f32] = unsafe { std::slice::from_raw_parts_mut(pointer, frames) };
            let wanted = active && channel < Outputs::channels(ambix, bus);
            if wanted && seen.try_push(pointer).is_ok() {
                outputs.give(bus, channel, samples);
            } else {
                samples.fill(0.0);
            }
        }
    }
    outputs
}

/// Silences a 64-bit channel of a host that brings one unasked.
fn silence_64(channels: *mut *mut f64, channel: usize, frames: usize) {
    if channels.is_null() {
        return;
    }
    // SAFETY: as for 32-bit channels: CLAP gives `channel_count` pointers where the array is not null.
    let pointer = unsafe { *channels.add(channel) };
    if !pointer.is_null() {
        // SAFETY: a channel that is not null has `frames` samples for the length of this call.
        unsafe { std::slice::from_raw_parts_mut(pointer, frames) }.fill(0.0);
    }
}
