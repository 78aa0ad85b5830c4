//! One block, read and written: transport, automation, notes, sound, silence flags.
//! Source: VST 3 `ivstprocesscontext.h`, `ivstparameterchanges.h`, `ivstevents.h`; host facts PLATFORM 1, 2.
//! In/out: the host's structures, any pointer of which may be null; the engine's events. Nothing here allocates.

use super::busses::Busses;
use super::units::normalized;
use crate::core::{self, BUS_COUNT, Outputs};
use crate::params::{Gesture, ParamStore, from_normalized};
use arrayvec::ArrayVec;
use cuewright_engine::engine::{Event as EngineEvent, MidiOut};
use cuewright_engine::params::{PARAMS, by_number};
use cuewright_engine::time::Transport;
use vst3::ComRef;
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;

/// Most channels of one bus that are looked at: more than any speaker arrangement has.
const MAX_CHANNELS: usize = 64;

/// The transport as the host says it; not-a-number is not said.
pub(super) fn transport(data: &ProcessData, rate_hz: f64) -> Option<Transport> {
    use ProcessContext_::StatesAndFlags_ as flag;
    // SAFETY: null or a context that lives through the block.
    let context = unsafe { data.processContext.as_ref() }?;
    let state = context.state as ProcessContext_::StatesAndFlags;
    let said = |bit: ProcessContext_::StatesAndFlags, value: f64| {
        Some(value).filter(|v| state & bit != 0 && v.is_finite())
    };
    let pair = |bit, first, second| Some((said(bit, first)?, said(bit, second)?));
    let short = |number: i32| number.clamp(0, i32::from(u16::MAX)) as u16;
    let rate_hz = if context.sampleRate > 0.0 { context.sampleRate } else { rate_hz };
    Some(Transport {
        playing: state & flag::kPlaying != 0,
        tempo_bpm: said(flag::kTempoValid, context.tempo),
        position: said(flag::kProjectTimeMusicValid, context.projectTimeMusic),
        position_s: Some(context.projectTimeSamples as f64 / rate_hz).filter(|seconds| seconds.is_finite()),
        meter: (state & flag::kTimeSigValid != 0)
            .then(|| (short(context.timeSigNumerator), short(context.timeSigDenominator))),
        bar_start: said(flag::kBarPositionValid, context.barPositionMusic),
        loop_range: pair(flag::kCycleValid, context.cycleStartMusic, context.cycleEndMusic)
            .filter(|_| state & flag::kCycleActive != 0),
    })
}

/// Every point of every queue, as plain values; unknown parameters and values that are no numbers are passed over.
pub(super) fn automation(data: &ProcessData, mut take: impl FnMut(i64, EngineEvent)) {
    // SAFETY: null or a list that lives through the block.
    let Some(changes) = (unsafe { ComRef::from_raw(data.inputParameterChanges) }) else { return };
    // SAFETY: plain numbers in and out; each queue belongs to the list, each answer has room.
    unsafe {
        for index in 0..changes.getParameterCount() {
            let Some(queue) = ComRef::from_raw(changes.getParameterData(index)) else { continue };
            let Some(row) = by_number(queue.getParameterId()) else { continue };
            for point in 0..queue.getPointCount() {
                let (mut frame, mut value) = (0, f64::NAN);
                let result = queue.getPoint(point, &raw mut frame, &raw mut value);
                if result == kResultTrue && value.is_finite() {
                    let value = f64::from(from_normalized(row, value));
                    take(i64::from(frame), EngineEvent::Value { index: row.index, value });
                }
            }
        }
    }
}

/// Notes on and off; a note on without velocity is an off.
pub(super) fn notes(data: &ProcessData, mut take: impl FnMut(i64, EngineEvent)) {
    // SAFETY: null or a list that lives through the block.
    let Some(events) = (unsafe { ComRef::from_raw(data.inputEvents) }) else { return };
    // SAFETY: plain numbers; no arguments.
    for index in 0..unsafe { events.getEventCount() } {
        // SAFETY: a structure of numbers; zeros are a note on without velocity.
        let mut event: Event = unsafe { std::mem::zeroed() };
        // SAFETY: room for one event.
        if unsafe { events.getEvent(index, &raw mut event) } == kResultOk
            && let Some(note) = note_of(&event)
        {
            take(i64::from(event.sampleOffset), note);
        }
    }
}

fn note_of(event: &Event) -> Option<EngineEvent> {
    let kind = Event_::EventTypes::from(event.r#type);
    let (channel, key, velocity) = if kind == Event_::EventTypes_::kNoteOnEvent {
        // SAFETY: the type says which member is set; all members are numbers.
        let note = unsafe { event.__field0.noteOn };
        (note.channel, note.pitch, note.velocity)
    } else if kind == Event_::EventTypes_::kNoteOffEvent {
        // SAFETY: as above.
        let note = unsafe { event.__field0.noteOff };
        (note.channel, note.pitch, 0.0)
    } else {
        return None;
    };
    let channel = u8::try_from(channel).ok()?;
    let key = u8::try_from(key).ok().filter(|key| *key < 128)?;
    Some(if velocity > 0.0 {
        EngineEvent::NoteOn { channel, key, velocity: velocity.min(1.0) }
    } else {
        EngineEvent::NoteOff { channel, key }
    })
}

/// Which channel pointers went to the engine, to keep any two from being the same memory.
type Given = ArrayVec<(*mut f32, usize), { core::MAX_CHANNELS }>;

/// The host's busses; a missing one is an empty list.
fn busses(data: &mut ProcessData) -> &mut [AudioBusBuffers] {
    let count = data.numOutputs.max(0) as usize;
    if data.outputs.is_null() || count == 0 {
        return &mut [];
    }
    // SAFETY: not null, `count` busses that live through the block, ours to write to.
    unsafe { std::slice::from_raw_parts_mut(data.outputs, count) }
}

/// The channel pointers of a bus; a missing array is an empty list.
fn channels(bus: &AudioBusBuffers) -> &[*mut f32] {
    // SAFETY: both members are a pointer.
    let list = unsafe { bus.__field0.channelBuffers32 };
    let count = (bus.numChannels.max(0) as usize).min(MAX_CHANNELS);
    if list.is_null() || count == 0 {
        return &[];
    }
    // SAFETY: not null, `count` pointers that live through the block.
    unsafe { std::slice::from_raw_parts(list, count) }
}

/// Gives the engine every channel that is there and wanted, and silences the rest of what is there.
pub(super) fn outputs(
    data: &mut ProcessData,
    frames: usize,
    wanted: &Busses,
    outputs: &mut Outputs<'_>,
) -> Given {
    let mut given = Given::new();
    if frames == 0 {
        return given;
    }
    for (index, bus) in busses(data).iter_mut().enumerate() {
        let mut silent = 0;
        for (channel, &pointer) in channels(bus).iter().enumerate() {
            // Hosts may point several unused channels at one scratch buffer.
            let near =
                |other: *mut f32| (other as usize).abs_diff(pointer as usize) < frames * size_of::<f32>();
            if pointer.is_null() || given.iter().any(|&(other, _)| near(other)) {
                continue;
            }
            // SAFETY: not null, `frames` samples that live through the block, apart from all given before.
            let samples = unsafe { std::slice::from_raw_parts_mut(pointer, frames) };
            if wanted.sounds(index)
                && channel < Outputs::channels(outputs.ambix, index)
                && given.try_push((pointer, index)).is_ok()
            {
                outputs.give(index, channel, samples);
            } else {
                samples.fill(0.0);
                silent |= 1 << channel;
            }
        }
        bus.silenceFlags = silent;
    }
    given
}

/// Says which of the given channels hold nothing but zeros.
pub(super) fn flag_silence(data: &mut ProcessData, given: &Given, outputs: &mut Outputs<'_>) {
    for (index, bus) in busses(data).iter_mut().enumerate().take(BUS_COUNT) {
        if !given.iter().any(|&(_, owner)| owner == index) {
            continue;
        }
        for channel in 0..Outputs::channels(outputs.ambix, index) {
            let Some(slot) = outputs.slot(index, channel) else { continue };
            let silent = slot.as_ref().is_some_and(|samples| samples.iter().all(|sample| *sample == 0.0));
            bus.silenceFlags |= u64::from(silent) << channel;
        }
    }
}

/// Zeros everywhere: there is no engine.
pub(super) fn silence(data: &mut ProcessData) {
    let frames = data.numSamples.max(0) as usize;
    for bus in busses(data) {
        let mut silent = 0;
        for (channel, &pointer) in channels(bus).iter().enumerate() {
            if !pointer.is_null() && frames > 0 {
                // SAFETY: not null, `frames` samples that live through the block.
                unsafe { std::slice::from_raw_parts_mut(pointer, frames) }.fill(0.0);
            }
            silent |= 1 << channel;
        }
        bus.silenceFlags = silent;
    }
}

/// Sends composed notes; `song` is position and tempo at the block's start, where the host says them.
pub(super) fn send_midi(data: &ProcessData, notes: &[MidiOut], song: Option<(f64, f64)>, rate_hz: f64) {
    // SAFETY: null or a list that lives through the block.
    let Some(list) = (unsafe { ComRef::from_raw(data.outputEvents) }) else { return };
    for note in notes {
        // SAFETY: a structure of numbers.
        let mut event: Event = unsafe { std::mem::zeroed() };
        event.sampleOffset = note.frame as int32;
        event.ppqPosition =
            song.map_or(0.0, |(at, tempo)| at + f64::from(note.frame) * tempo / 60.0 / rate_hz);
        let (channel, pitch, noteId) = (i16::from(note.channel), i16::from(note.key), -1);
        if note.velocity > 0.0 {
            event.r#type = Event_::EventTypes_::kNoteOnEvent as u16;
            event.__field0.noteOn =
                NoteOnEvent { channel, pitch, tuning: 0.0, velocity: note.velocity, length: 0, noteId };
        } else {
            event.r#type = Event_::EventTypes_::kNoteOffEvent as u16;
            event.__field0.noteOff = NoteOffEvent { channel, pitch, velocity: 0.0, noteId, tuning: 0.0 };
        }
        // SAFETY: one event, read before the call returns. A full list is the host's own limit.
        unsafe { list.addEvent(&raw mut event) };
    }
}

/// Hands the editor's moves to the host with the block: the way out where there is no run loop.
pub(super) fn send_gestures(data: &ProcessData, params: &ParamStore) {
    // SAFETY: null or a list that lives through the block.
    let Some(list) = (unsafe { ComRef::from_raw(data.outputParameterChanges) }) else { return };
    params.take_gestures(|gesture| {
        let Gesture::Value(index, value) = gesture else { return };
        let Some(row) = PARAMS.get(index) else { return };
        let (mut queue_index, mut point_index) = (0, 0);
        // SAFETY: the id is read, the answers have room; the queue belongs to the list.
        unsafe {
            let queue = list.addParameterData(&raw const row.number, &raw mut queue_index);
            if let Some(queue) = ComRef::from_raw(queue) {
                queue.addPoint(0, normalized(row, value), &raw mut point_index);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block with nothing in it.
    fn empty() -> ProcessData {
        // SAFETY: numbers and null pointers, all of them legal.
        unsafe { std::mem::zeroed() }
    }

    #[test]
    fn a_block_of_null_pointers_is_an_empty_block() {
        let mut data = empty();
        (data.numSamples, data.numOutputs) = (64, 10);
        assert_eq!(transport(&data, 48_000.0), None);
        automation(&data, |_, event| panic!("{event:?}"));
        notes(&data, |_, event| panic!("{event:?}"));
        assert!(outputs(&mut data, 64, &Busses::default(), &mut Outputs::none()).is_empty());
        silence(&mut data);
        send_midi(&data, &[], None, 48_000.0);
    }

    #[test]
    fn the_transport_is_what_is_flagged_and_finite() {
        use ProcessContext_::StatesAndFlags_ as flag;
        // SAFETY: numbers only.
        let mut context: ProcessContext = unsafe { std::mem::zeroed() };
        context.tempo = 140.0;
        (context.projectTimeMusic, context.barPositionMusic) = (-2.5, f64::NAN);
        (context.cycleStartMusic, context.cycleEndMusic) = (0.0, 8.0);
        (context.timeSigNumerator, context.timeSigDenominator) = (7, -8);
        context.projectTimeSamples = -24_000;
        let mut data = empty();
        data.processContext = &raw mut context;
        let bare = transport(&data, 48_000.0).unwrap();
        assert_eq!(bare, Transport { position_s: Some(-0.5), ..Transport::default() });
        context.state = !(flag::kCycleActive as u32);
        data.processContext = &raw mut context;
        let full = transport(&data, 48_000.0).unwrap();
        assert!(full.playing && full.loop_range.is_none() && full.bar_start.is_none());
        assert_eq!((full.tempo_bpm, full.position, full.meter), (Some(140.0), Some(-2.5), Some((7, 0))));
    }

    #[test]
    fn one_scratch_buffer_for_two_channels_is_written_once() {
        let mut scratch = [1.0f32; 32];
        let mut pointers = [scratch.as_mut_ptr(), scratch.as_mut_ptr()];
        let buffers = AudioBusBuffers__type0 { channelBuffers32: pointers.as_mut_ptr() };
        let mut bus = AudioBusBuffers { numChannels: 2, silenceFlags: 0, __field0: buffers };
        let mut data = empty();
        (data.numSamples, data.numOutputs, data.outputs) = (32, 1, &raw mut bus);
        let mut given = Outputs::none();
        assert_eq!(outputs(&mut data, 32, &Busses::default(), &mut given).len(), 1);
        assert!(given.busses[0][0].is_some() && given.busses[0][1].is_none());
    }
}
