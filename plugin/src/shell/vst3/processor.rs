//! IAudioProcessor: arrangements, setup, and one block after the other.
//! Source: VST 3 `ivstaudioprocessor.h`; host facts PLATFORM 1, 2. In/out: 32-bit float blocks of any length, also 0.

use super::block;
use super::guard::guard;
use super::plugin::{Plugin, finite_tail};
use crate::core::{Outputs, Processor, Status};
use std::sync::atomic::Ordering;
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;

impl IAudioProcessorTrait for Plugin {
    unsafe fn setBusArrangements(
        &self,
        _inputs: *mut SpeakerArrangement,
        input_count: int32,
        outputs: *mut SpeakerArrangement,
        output_count: int32,
    ) -> tresult {
        let count = output_count.max(0) as usize;
        if outputs.is_null() && count > 0 {
            return kInvalidArgument;
        }
        // SAFETY: not null, `count` arrangements.
        let outputs = if count > 0 { unsafe { std::slice::from_raw_parts(outputs, count) } } else { &[] };
        if self.busses.arrange(input_count, outputs) { kResultTrue } else { kResultFalse }
    }

    unsafe fn getBusArrangement(
        &self,
        direction: BusDirection,
        index: int32,
        arrangement: *mut SpeakerArrangement,
    ) -> tresult {
        // SAFETY: null or room for the answer.
        match (unsafe { arrangement.as_mut() }, self.busses.arrangement(direction, index)) {
            (Some(answer), Some(arrangement)) => {
                *answer = arrangement;
                kResultTrue
            }
            _ => kInvalidArgument,
        }
    }

    unsafe fn canProcessSampleSize(&self, size: int32) -> tresult {
        if size == SymbolicSampleSizes_::kSample32 as int32 { kResultTrue } else { kResultFalse }
    }

    unsafe fn getLatencySamples(&self) -> uint32 {
        0
    }

    unsafe fn setupProcessing(&self, setup: *mut ProcessSetup) -> tresult {
        // SAFETY: null or a setup.
        let Some(setup) = (unsafe { setup.as_ref() }) else { return kInvalidArgument };
        if setup.symbolicSampleSize != SymbolicSampleSizes_::kSample32 as int32 {
            return kResultFalse;
        }
        // `processMode` says nothing of the sound: offline and real time are the same bits.
        self.rate_hz.store(setup.sampleRate.to_bits(), Ordering::Relaxed);
        self.max_frames.store(setup.maxSamplesPerBlock.max(1) as usize, Ordering::Relaxed);
        kResultOk
    }

    unsafe fn setProcessing(&self, _state: TBool) -> tresult {
        // Hosts toggle this at will, also from the audio thread: the sound goes on where it was.
        kResultOk
    }

    unsafe fn process(&self, data: *mut ProcessData) -> tresult {
        // SAFETY: null or a block whose pointers keep VST3's promises; `block` looks at each before it is used.
        let Some(data) = (unsafe { data.as_mut() }) else { return kInvalidArgument };
        let played = !self.broken.load(Ordering::Acquire)
            && guard(None, || {
                let play = |audio: &mut Option<Processor>| {
                    audio.as_mut().map(|processor| self.play(processor, data)).is_some()
                };
                Some(self.audio.try_with(play).unwrap_or(false))
            })
            .unwrap_or_else(|| {
                self.broken.store(true, Ordering::Release);
                false
            });
        if !played {
            block::silence(data);
        }
        if played { kResultOk } else { kNotInitialized }
    }

    unsafe fn getTailSamples(&self) -> uint32 {
        self.tail.load(Ordering::Relaxed)
    }
}

impl Plugin {
    /// The signal path of a block.
    fn play(&self, processor: &mut Processor, data: &mut ProcessData) {
        let frames = data.numSamples.max(0) as usize;
        let transport = block::transport(data, processor.sample_rate_hz());
        if let Some(transport) = transport {
            processor.transport(0, transport);
        }
        block::automation(data, |frame, event| processor.event(frame, event));
        block::notes(data, |frame, event| processor.event(frame, event));
        let mut outputs = Outputs::with_ambience(self.busses.ambix());
        let given = block::outputs(data, frames, &self.busses, &mut outputs);
        let status = processor.process(frames, &mut outputs);
        block::flag_silence(data, &given, &mut outputs);
        if self.busses.sends_midi() {
            let song_step = transport.and_then(|now| Some((now.position?, now.tempo_bpm?)));
            block::send_midi(data, processor.midi_out(), song_step, processor.sample_rate_hz());
        }
        if self.outbox.through_process() {
            block::send_gestures(data, &self.shared.params);
        }
        // While music runs it never ends by itself: a host that trusts a tail would cut it.
        let tail = match status {
            Status::Continue => kInfiniteTail,
            Status::Tail | Status::Sleep => finite_tail(processor.tail_frames()),
        };
        self.tail.store(tail, Ordering::Relaxed);
    }
}

impl IProcessContextRequirementsTrait for Plugin {
    unsafe fn getProcessContextRequirements(&self) -> uint32 {
        use IProcessContextRequirements_::Flags_ as need;
        (need::kNeedTransportState
            | need::kNeedProjectTimeMusic
            | need::kNeedBarPositionMusic
            | need::kNeedTempo
            | need::kNeedTimeSignature
            | need::kNeedCycleMusic) as uint32
    }
}
