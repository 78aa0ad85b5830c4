//! What a VST3 host hands to a plugin: itself, its ear for edits, automation, notes, streams and attributes.
//! Source: VST 3 SDK `ivsthostapplication.h`, `ivsteditcontroller.h`, `ivstparameterchanges.h`, `ivstevents.h`, `ibstream.h`.
//! In/out: every object records what the plugin did with it.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_void};
use std::sync::Mutex;
use vst3::{Class, ComWrapper, Steinberg::Vst::*, Steinberg::*};

/// Most notes a plugin can send in one block before the list says no; kept so that adding never allocates.
const EVENT_CAPACITY: usize = 4096;

/// The host's name card.
pub struct HostApplication;

impl Class for HostApplication {
    type Interfaces = (IHostApplication,);
}

impl IHostApplicationTrait for HostApplication {
    unsafe fn getName(&self, name: *mut String128) -> tresult {
        // SAFETY: the caller passes room for one String128.
        copy_utf16("Cuewright test host", unsafe { &mut *name });
        kResultOk
    }

    unsafe fn createInstance(
        &self,
        _class: *mut TUID,
        _interface: *mut TUID,
        object: *mut *mut c_void,
    ) -> tresult {
        // SAFETY: the caller passes room for one pointer.
        unsafe { *object = std::ptr::null_mut() };
        kNotImplemented
    }
}

/// What a plugin told its host through the component handler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Edit {
    /// A gesture on a parameter begins.
    Begin(u32),
    /// A parameter takes a normalized value.
    Perform(u32, f64),
    /// A gesture ends.
    End(u32),
    /// Something changed, as `RestartFlags`.
    Restart(i32),
    /// The project needs saving.
    Dirty(bool),
}

/// Records edits.
#[derive(Default)]
pub struct Handler {
    edits: Mutex<Vec<Edit>>,
}

impl Handler {
    /// Everything recorded since the last call.
    pub fn take(&self) -> Vec<Edit> {
        std::mem::take(&mut self.edits.lock().expect("no edit panics"))
    }

    fn note(&self, edit: Edit) -> tresult {
        self.edits.lock().expect("no edit panics").push(edit);
        kResultOk
    }
}

impl Class for Handler {
    type Interfaces = (IComponentHandler, IComponentHandler2);
}

impl IComponentHandlerTrait for Handler {
    unsafe fn beginEdit(&self, id: ParamID) -> tresult {
        self.note(Edit::Begin(id))
    }

    unsafe fn performEdit(&self, id: ParamID, value: ParamValue) -> tresult {
        self.note(Edit::Perform(id, value))
    }

    unsafe fn endEdit(&self, id: ParamID) -> tresult {
        self.note(Edit::End(id))
    }

    unsafe fn restartComponent(&self, flags: int32) -> tresult {
        self.note(Edit::Restart(flags))
    }
}

impl IComponentHandler2Trait for Handler {
    unsafe fn setDirty(&self, state: TBool) -> tresult {
        self.note(Edit::Dirty(state != 0))
    }

    unsafe fn requestOpenEditor(&self, _name: FIDString) -> tresult {
        kNotImplemented
    }

    unsafe fn startGroupEdit(&self) -> tresult {
        kResultOk
    }

    unsafe fn finishGroupEdit(&self) -> tresult {
        kResultOk
    }
}

/// The points of one parameter in one block.
pub struct Queue {
    id: ParamID,
    points: RefCell<Vec<(i32, f64)>>,
}

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.id
    }

    unsafe fn getPointCount(&self) -> int32 {
        self.points.borrow().len() as int32
    }

    unsafe fn getPoint(&self, index: int32, offset: *mut int32, value: *mut ParamValue) -> tresult {
        let points = self.points.borrow();
        let Some(&(at, level)) = points.get(index as usize) else { return kResultFalse };
        // SAFETY: the caller passes room for both answers.
        unsafe { (*offset, *value) = (at, level) };
        kResultTrue
    }

    unsafe fn addPoint(&self, offset: int32, value: ParamValue, index: *mut int32) -> tresult {
        let mut points = self.points.borrow_mut();
        points.push((offset, value));
        if !index.is_null() {
            // SAFETY: not null, room for the answer.
            unsafe { *index = points.len() as int32 - 1 };
        }
        kResultOk
    }
}

/// Automation of one block: a queue per parameter.
#[derive(Default)]
pub struct Changes {
    queues: RefCell<Vec<ComWrapper<Queue>>>,
}

impl Changes {
    /// Points as (parameter, frame, normalized value); their order within a parameter is kept.
    pub fn new(points: &[(u32, i32, f64)]) -> Changes {
        let changes = Changes::default();
        for &(id, at, value) in points {
            changes.queue(id).points.borrow_mut().push((at, value));
        }
        changes
    }

    /// All points, parameter by parameter.
    pub fn points(&self) -> Vec<(u32, i32, f64)> {
        let queues = self.queues.borrow();
        let of = |queue: &ComWrapper<Queue>| {
            queue.points.borrow().iter().map(|&(at, value)| (queue.id, at, value)).collect::<Vec<_>>()
        };
        queues.iter().flat_map(of).collect()
    }

    fn queue(&self, id: ParamID) -> ComWrapper<Queue> {
        let mut queues = self.queues.borrow_mut();
        if let Some(queue) = queues.iter().find(|queue| queue.id == id) {
            return queue.clone();
        }
        let queue = ComWrapper::new(Queue { id, points: RefCell::default() });
        queues.push(queue.clone());
        queue
    }

    fn pointer(queue: &ComWrapper<Queue>) -> *mut IParamValueQueue {
        queue.as_com_ref::<IParamValueQueue>().expect("a queue is a queue").as_ptr()
    }
}

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> int32 {
        self.queues.borrow().len() as int32
    }

    unsafe fn getParameterData(&self, index: int32) -> *mut IParamValueQueue {
        self.queues.borrow().get(index as usize).map_or(std::ptr::null_mut(), Changes::pointer)
    }

    unsafe fn addParameterData(&self, id: *const ParamID, index: *mut int32) -> *mut IParamValueQueue {
        // SAFETY: the caller passes a parameter id.
        let queue = self.queue(unsafe { *id });
        if !index.is_null() {
            let at = self.queues.borrow().iter().position(|other| other.id == queue.id).unwrap_or(0);
            // SAFETY: not null, room for the answer.
            unsafe { *index = at as int32 };
        }
        Changes::pointer(&queue)
    }
}

/// A note on its way in or out; velocity 0 is a note off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoteEvent {
    /// Frame of the block.
    pub frame: i32,
    /// Channel from 0.
    pub channel: i16,
    /// MIDI key.
    pub key: i16,
    /// 0..1.
    pub velocity: f32,
}

/// Notes of one block.
pub struct Events {
    events: RefCell<Vec<Event>>,
}

impl Events {
    /// A list with room for a plugin's notes.
    pub fn new(notes: &[NoteEvent]) -> Events {
        let mut events = Vec::with_capacity(EVENT_CAPACITY);
        events.extend(notes.iter().map(|note| note.event()));
        Events { events: RefCell::new(events) }
    }

    /// The notes in the order they were added.
    pub fn notes(&self) -> Vec<NoteEvent> {
        self.events.borrow().iter().filter_map(NoteEvent::read).collect()
    }
}

impl NoteEvent {
    fn event(&self) -> Event {
        // SAFETY: an event of zeros is a note on at frame 0; every field is a number.
        let mut event: Event = unsafe { std::mem::zeroed() };
        event.sampleOffset = self.frame;
        let (channel, pitch, note_id) = (self.channel, self.key, -1);
        if self.velocity > 0.0 {
            event.r#type = Event_::EventTypes_::kNoteOnEvent as u16;
            event.__field0.noteOn = NoteOnEvent {
                channel,
                pitch,
                tuning: 0.0,
                velocity: self.velocity,
                length: 0,
                noteId: note_id,
            };
        } else {
            event.r#type = Event_::EventTypes_::kNoteOffEvent as u16;
            event.__field0.noteOff =
                NoteOffEvent { channel, pitch, velocity: 0.0, noteId: note_id, tuning: 0.0 };
        }
        event
    }

    fn read(event: &Event) -> Option<NoteEvent> {
        let kind = Event_::EventTypes::from(event.r#type);
        let (channel, key, velocity) = if kind == Event_::EventTypes_::kNoteOnEvent {
            // SAFETY: the type says which member is set.
            let note = unsafe { event.__field0.noteOn };
            (note.channel, note.pitch, note.velocity)
        } else if kind == Event_::EventTypes_::kNoteOffEvent {
            // SAFETY: the type says which member is set.
            let note = unsafe { event.__field0.noteOff };
            (note.channel, note.pitch, 0.0)
        } else {
            return None;
        };
        Some(NoteEvent { frame: event.sampleOffset, channel, key, velocity })
    }
}

impl Class for Events {
    type Interfaces = (IEventList,);
}

impl IEventListTrait for Events {
    unsafe fn getEventCount(&self) -> int32 {
        self.events.borrow().len() as int32
    }

    unsafe fn getEvent(&self, index: int32, event: *mut Event) -> tresult {
        let events = self.events.borrow();
        let Some(found) = events.get(index as usize) else { return kResultFalse };
        // SAFETY: the caller passes room for one event.
        unsafe { *event = *found };
        kResultOk
    }

    unsafe fn addEvent(&self, event: *mut Event) -> tresult {
        let mut events = self.events.borrow_mut();
        if events.len() >= EVENT_CAPACITY {
            return kResultFalse;
        }
        // SAFETY: the caller passes one event.
        events.push(unsafe { *event });
        kResultOk
    }
}

/// A stream in memory.
pub struct Stream {
    bytes: RefCell<Vec<u8>>,
    at: Cell<usize>,
    most_per_call: usize,
}

impl Stream {
    /// A stream at the start of `bytes`. Hosts may move fewer bytes than asked: this one at most `most_per_call`.
    pub fn new(bytes: &[u8], most_per_call: usize) -> Stream {
        Stream { bytes: RefCell::new(bytes.to_vec()), at: Cell::new(0), most_per_call }
    }

    /// What was written.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.borrow().clone()
    }
}

impl Class for Stream {
    type Interfaces = (IBStream,);
}

impl IBStreamTrait for Stream {
    unsafe fn read(&self, buffer: *mut c_void, size: int32, done: *mut int32) -> tresult {
        let bytes = self.bytes.borrow();
        let rest = &bytes[self.at.get().min(bytes.len())..];
        let count = rest.len().min(size.max(0) as usize).min(self.most_per_call);
        // SAFETY: the caller's buffer has room for `size` bytes, and `count` is no more.
        unsafe { std::ptr::copy_nonoverlapping(rest.as_ptr(), buffer.cast(), count) };
        self.at.set(self.at.get() + count);
        report(done, count)
    }

    unsafe fn write(&self, buffer: *mut c_void, size: int32, done: *mut int32) -> tresult {
        let mut bytes = self.bytes.borrow_mut();
        let count = (size.max(0) as usize).min(self.most_per_call);
        // SAFETY: the caller's buffer holds `size` bytes, and `count` is no more.
        let source = unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), count) };
        let at = self.at.get().min(bytes.len());
        bytes.truncate(at);
        bytes.extend_from_slice(source);
        self.at.set(at + count);
        report(done, count)
    }

    unsafe fn seek(&self, position: int64, mode: int32, result: *mut int64) -> tresult {
        let length = self.bytes.borrow().len() as int64;
        let base = match mode as IBStream_::IStreamSeekMode {
            IBStream_::IStreamSeekMode_::kIBSeekSet => 0,
            IBStream_::IStreamSeekMode_::kIBSeekCur => self.at.get() as int64,
            IBStream_::IStreamSeekMode_::kIBSeekEnd => length,
            _ => return kInvalidArgument,
        };
        self.at.set((base + position).clamp(0, length) as usize);
        if !result.is_null() {
            // SAFETY: not null, room for the answer.
            unsafe { *result = self.at.get() as int64 };
        }
        kResultOk
    }

    unsafe fn tell(&self, position: *mut int64) -> tresult {
        // SAFETY: the caller passes room for the answer.
        unsafe { *position = self.at.get() as int64 };
        kResultOk
    }
}

fn report(done: *mut int32, count: usize) -> tresult {
    if !done.is_null() {
        // SAFETY: not null, room for the answer.
        unsafe { *done = count as int32 };
    }
    kResultOk
}

/// What a host knows of the track the plugin stands on.
pub struct ChannelInfo {
    /// The track's name.
    pub name: String,
    /// The track's color, 0xAARRGGBB.
    pub color: i64,
}

impl Class for ChannelInfo {
    type Interfaces = (IAttributeList,);
}

impl ChannelInfo {
    /// True when two attribute names are the same.
    ///
    /// # Safety
    /// Both must be texts that end with a zero.
    unsafe fn is(id: IAttributeList_::AttrID, key: *const std::ffi::c_char) -> bool {
        // SAFETY: the caller's promise.
        unsafe { CStr::from_ptr(id) == CStr::from_ptr(key) }
    }
}

impl IAttributeListTrait for ChannelInfo {
    unsafe fn setInt(&self, _id: IAttributeList_::AttrID, _value: int64) -> tresult {
        kNotImplemented
    }

    unsafe fn getInt(&self, id: IAttributeList_::AttrID, value: *mut int64) -> tresult {
        // SAFETY: attribute names are texts that end with a zero.
        if !unsafe { ChannelInfo::is(id, ChannelContext::kChannelColorKey) } {
            return kResultFalse;
        }
        // SAFETY: the caller passes room for the answer.
        unsafe { *value = self.color };
        kResultOk
    }

    unsafe fn setFloat(&self, _id: IAttributeList_::AttrID, _value: f64) -> tresult {
        kNotImplemented
    }

    unsafe fn getFloat(&self, _id: IAttributeList_::AttrID, _value: *mut f64) -> tresult {
        kResultFalse
    }

    unsafe fn setString(&self, _id: IAttributeList_::AttrID, _string: *const TChar) -> tresult {
        kNotImplemented
    }

    unsafe fn getString(&self, id: IAttributeList_::AttrID, string: *mut TChar, size: uint32) -> tresult {
        // SAFETY: attribute names are texts that end with a zero.
        if !unsafe { ChannelInfo::is(id, ChannelContext::kChannelNameKey) } {
            return kResultFalse;
        }
        // SAFETY: the caller's buffer has `size` bytes.
        copy_utf16(&self.name, unsafe { std::slice::from_raw_parts_mut(string, size as usize / 2) });
        kResultOk
    }

    unsafe fn setBinary(&self, _id: IAttributeList_::AttrID, _data: *const c_void, _size: uint32) -> tresult {
        kNotImplemented
    }

    unsafe fn getBinary(
        &self,
        _id: IAttributeList_::AttrID,
        _data: *mut *const c_void,
        _size: *mut uint32,
    ) -> tresult {
        kResultFalse
    }
}

/// Writes a text that ends with a zero, cut where the room ends.
pub fn copy_utf16(text: &str, room: &mut [TChar]) {
    let Some(last) = room.len().checked_sub(1) else { return };
    let mut length = 0;
    for unit in text.encode_utf16().take(last) {
        room[length] = unit as TChar;
        length += 1;
    }
    room[length] = 0;
}

/// Reads a text that ends with a zero.
pub fn read_utf16(text: &[TChar]) -> String {
    let units: Vec<u16> = text.iter().map(|&unit| unit as u16).take_while(|&unit| unit != 0).collect();
    String::from_utf16_lossy(&units)
}
