//! A VST3 host for the built plugin: loads the plain library or the bundle, plays it, automates it, saves and opens it.
//! Source: VST 3 SDK workflow diagrams (initialize, setup, activate, process). It does what real hosts do, also their odd
//! things: [`Bus`] says how each output bus arrives. In/out: stereo busses of f32, transport as the engine's [`Transport`].

// Enums and UTF-16 units of the bindings have other widths and signs on Windows.
#![allow(clippy::unnecessary_cast)]

mod objects;
mod script;
pub mod window;

pub use objects::{Edit, NoteEvent};
pub use script::{normalized, play, point, state_of};

use cuewright_engine::time::Transport;
use libloading::Library;
use objects::{Changes, ChannelInfo, Events, Handler, HostApplication, Stream, copy_utf16, read_utf16};
use std::ffi::c_void;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use vst3::{ComPtr, ComWrapper, Interface, Steinberg::Vst::*, Steinberg::*};

/// What every sample holds before the plugin writes: a value no music has, so that what was left unwritten shows.
pub const POISON: f32 = 1.0e9;

/// Bytes a state stream hands over per call: hosts are free to give less than was asked.
const STREAM_STEP: usize = 4096;

/// Which outputs the host asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The mix and every stem.
    All,
    /// The mix and every stem, the ambience as AmbiX of first order.
    Ambix,
    /// The mix alone: the host negotiates one bus and leaves the rest inactive.
    MainOnly,
}

/// The bus of the ambience.
const AMBIENCE: usize = 9;

/// How an output bus arrives in `process`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bus {
    /// Two channels with room.
    Stereo,
    /// One channel with room.
    Mono,
    /// Four channels with room.
    Field,
    /// Two channels, both null.
    NullChannels,
    /// Two channels, no array of pointers.
    NullArray,
    /// No channels.
    Empty,
}

/// A parameter as the plugin describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The number hosts store.
    pub id: u32,
    /// Its name.
    pub title: String,
    /// 0 for continuous ones.
    pub step_count: i32,
    /// Normalized.
    pub default: f64,
    /// The unit it stands in.
    pub unit: i32,
    /// `ParameterFlags`.
    pub flags: i32,
}

/// A point of automation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The number hosts store.
    pub id: u32,
    /// Frame of the block; odd hosts point past its end.
    pub frame: i32,
    /// Normalized.
    pub value: f64,
}

/// One processed block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The channels of each bus, in bus order, at least two; a missing channel is an empty vector.
    pub busses: Vec<Vec<Vec<f32>>>,
    /// Silence flags per bus.
    pub silence: Vec<u64>,
    /// Notes the plugin sent.
    pub notes: Vec<NoteEvent>,
    /// Parameter values the plugin sent.
    pub points: Vec<(u32, i32, f64)>,
    /// What `process` answered.
    pub result: i32,
}

/// A loaded module: the library and its factory.
pub struct Module {
    factory: Option<ComPtr<IPluginFactory>>,
    // After the factory: it goes last.
    library: Option<Library>,
}

impl Module {
    /// Loads a library, or the library inside a bundle, and enters it.
    pub fn load(path: &Path) -> Result<Rc<Module>, String> {
        let file = binary_of(path);
        // SAFETY: the plugin's initialisers run; it is ours and has none.
        let library =
            unsafe { Library::new(&file) }.map_err(|error| format!("{}: {error}", file.display()))?;
        enter(&library)?;
        // SAFETY: the signature is the SDK's.
        let get =
            unsafe { library.get::<unsafe extern "system" fn() -> *mut IPluginFactory>(b"GetPluginFactory") }
                .map_err(|error| error.to_string())?;
        // SAFETY: the module was entered; the pointer comes with a reference that is ours.
        let factory = unsafe { ComPtr::from_raw(get()) }.ok_or("no factory")?;
        Ok(Rc::new(Module { factory: Some(factory), library: Some(library) }))
    }

    /// A module that is linked into this program.
    ///
    /// # Safety
    /// `factory` must be what `GetPluginFactory` answered, with its reference.
    pub unsafe fn linked(factory: *mut IPluginFactory) -> Option<Rc<Module>> {
        // SAFETY: the caller's promise.
        let factory = unsafe { ComPtr::from_raw(factory) }?;
        Some(Rc::new(Module { factory: Some(factory), library: None }))
    }

    /// The factory.
    pub fn factory(&self) -> &ComPtr<IPluginFactory> {
        self.factory.as_ref().expect("there until the module goes")
    }

    /// Every class as (id, category, name).
    pub fn classes(&self) -> Vec<(TUID, String, String)> {
        let text = |chars: &[char8]| {
            let bytes: Vec<u8> = chars.iter().map(|&c| c as u8).take_while(|&c| c != 0).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let mut classes = Vec::new();
        // SAFETY: the factory lives; the structure is filled by it.
        for index in 0..unsafe { self.factory().countClasses() } {
            // SAFETY: a structure of numbers.
            let mut info: PClassInfo = unsafe { std::mem::zeroed() };
            // SAFETY: room for one answer.
            if unsafe { self.factory().getClassInfo(index, &mut info) } == kResultOk {
                classes.push((info.cid, text(&info.category), text(&info.name)));
            }
        }
        classes
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        self.factory = None;
        if let Some(library) = &self.library {
            leave(library);
        }
    }
}

/// The library inside a bundle, or the path itself.
fn binary_of(path: &Path) -> PathBuf {
    let folder = match std::env::consts::OS {
        "macos" => "MacOS".to_owned(),
        "windows" => format!("{}-win", std::env::consts::ARCH),
        other => format!("{}-{other}", std::env::consts::ARCH),
    };
    let inner = path.join("Contents").join(folder);
    let first = std::fs::read_dir(inner).ok().and_then(|mut entries| entries.next()?.ok());
    first.map_or_else(|| path.to_owned(), |entry| entry.path())
}

const ENTRY: (&[u8], &[u8]) = if cfg!(target_os = "macos") {
    (b"bundleEntry", b"bundleExit")
} else if cfg!(windows) {
    (b"InitDll", b"ExitDll")
} else {
    (b"ModuleEntry", b"ModuleExit")
};

fn enter(library: &Library) -> Result<(), String> {
    // SAFETY: the signature is the SDK's; on Windows the function takes nothing, and a caller cleans up.
    let entry = unsafe { library.get::<unsafe extern "system" fn(*mut c_void) -> bool>(ENTRY.0) };
    let entry = entry.map_err(|error| error.to_string())?;
    // SAFETY: our plugin takes the handle as a token it never looks into.
    if unsafe { entry(std::ptr::null_mut()) } { Ok(()) } else { Err("the module refused to start".into()) }
}

fn leave(library: &Library) {
    // SAFETY: the signature is the SDK's; every object of the module is gone.
    unsafe {
        if let Ok(exit) = library.get::<unsafe extern "system" fn() -> bool>(ENTRY.1) {
            exit();
        }
    }
}

/// One instance of the plugin in this host.
pub struct Vst3Host {
    /// The component.
    pub component: ComPtr<IComponent>,
    /// Its audio side.
    pub processor: ComPtr<IAudioProcessor>,
    /// Its parameters.
    pub controller: ComPtr<IEditController>,
    /// How each output bus arrives, in order; a shorter list leaves the last busses out.
    pub busses: Vec<Bus>,
    /// What the host says of its haste (`ProcessModes`): real time, prefetch or offline.
    pub process_mode: i32,
    handler: ComWrapper<Handler>,
    rate_hz: f64,
    running: bool,
    continuous: i64,
    // After the objects: the module goes last.
    module: Rc<Module>,
}

impl Vst3Host {
    /// Loads a module and makes its first audio class.
    pub fn load(path: &Path) -> Result<Vst3Host, String> {
        Vst3Host::new(Module::load(path)?)
    }

    /// Makes and initialises an instance of the first audio class, connected to a handler that records.
    pub fn new(module: Rc<Module>) -> Result<Vst3Host, String> {
        let host = Vst3Host::without_handler(module)?;
        let handler = host.handler.to_com_ptr::<IComponentHandler>().expect("a handler is one");
        // SAFETY: the handler outlives the instance (see `drop`).
        unsafe { host.controller.setComponentHandler(handler.as_ptr()) };
        Ok(host)
    }

    /// The same, without ever giving it a handler, as scanners do.
    pub fn without_handler(module: Rc<Module>) -> Result<Vst3Host, String> {
        let classes = module.classes();
        let class =
            classes.iter().find(|(_, category, _)| category == "Audio Module Class").ok_or("no class")?;
        let mut object = std::ptr::null_mut();
        // SAFETY: both ids are 16 bytes, the answer has room.
        let result = unsafe {
            module.factory().createInstance(class.0.as_ptr(), IComponent::IID.as_ptr().cast(), &mut object)
        };
        // SAFETY: on success the pointer is an IComponent with a reference that is ours.
        let component =
            unsafe { ComPtr::from_raw(object.cast::<IComponent>()) }.filter(|_| result == kResultOk);
        let component = component.ok_or(format!("the factory answered {result}"))?;
        let context = ComWrapper::new(HostApplication).to_com_ptr::<FUnknown>().expect("an object is one");
        // SAFETY: the plugin takes a reference of its own.
        if unsafe { component.initialize(context.as_ptr()) } != kResultOk {
            return Err("initialize failed".into());
        }
        let processor = component.cast::<IAudioProcessor>().ok_or("no audio processor")?;
        let controller = component.cast::<IEditController>().ok_or("no controller")?;
        Ok(Vst3Host {
            component,
            processor,
            controller,
            busses: Vec::new(),
            process_mode: ProcessModes_::kRealtime as i32,
            handler: ComWrapper::new(Handler::default()),
            rate_hz: 0.0,
            running: false,
            continuous: 0,
            module,
        })
    }

    /// The module it came from, for more instances.
    pub fn module(&self) -> &Rc<Module> {
        &self.module
    }

    /// Negotiates busses, sets the rate up, activates and starts. Stops first where it runs.
    pub fn activate(&mut self, rate_hz: f64, max_frames: usize, layout: Layout) -> Result<(), String> {
        self.deactivate();
        let count = self.bus_count(BusDirections_::kOutput as i32) as usize;
        let used = if layout == Layout::MainOnly { 1 } else { count };
        let mut outputs = vec![SpeakerArr::kStereo; used];
        if layout == Layout::Ambix {
            outputs[AMBIENCE] = SpeakerArr::kAmbi1stOrderACN;
        }
        let mut setup = ProcessSetup {
            processMode: self.process_mode,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            maxSamplesPerBlock: max_frames as i32,
            sampleRate: rate_hz,
        };
        let output = BusDirections_::kOutput as i32;
        // SAFETY: arrays and structures live through the calls, counts are theirs.
        let results = unsafe {
            let arranged =
                self.processor.setBusArrangements(std::ptr::null_mut(), 0, outputs.as_mut_ptr(), used as i32);
            for index in 0..count {
                let on = TBool::from(index < used);
                self.component.activateBus(MediaTypes_::kAudio as i32, output, index as i32, on);
            }
            self.component.activateBus(MediaTypes_::kEvent as i32, BusDirections_::kInput as i32, 0, 1);
            self.component.activateBus(MediaTypes_::kEvent as i32, output, 0, 1);
            [arranged, self.processor.setupProcessing(&mut setup), self.component.setActive(1)]
        };
        if results != [kResultOk; 3] {
            return Err(format!("arrangement, setup, activation answered {results:?}"));
        }
        // SAFETY: an active processor. What it answers is its own affair: hosts ignore it.
        unsafe { self.processor.setProcessing(1) };
        (self.rate_hz, self.running, self.continuous) = (rate_hz, true, 0);
        self.busses = vec![Bus::Stereo; used];
        if layout == Layout::Ambix {
            self.busses[AMBIENCE] = Bus::Field;
        }
        Ok(())
    }

    /// Stops and deactivates where it runs.
    pub fn deactivate(&mut self) {
        if std::mem::take(&mut self.running) {
            // SAFETY: an active processor.
            unsafe {
                self.processor.setProcessing(0);
                self.component.setActive(0);
            }
        }
    }

    /// Number of audio busses of a direction (`BusDirections`).
    pub fn bus_count(&self, direction: i32) -> i32 {
        // SAFETY: plain numbers.
        unsafe { self.component.getBusCount(MediaTypes_::kAudio as i32, direction) }
    }

    /// An output bus's name, type, channel count and flags.
    pub fn bus(&self, index: i32) -> Option<(String, i32, i32, u32)> {
        // SAFETY: a structure of numbers, filled by the call.
        let mut info: BusInfo = unsafe { std::mem::zeroed() };
        let (audio, output) = (MediaTypes_::kAudio as i32, BusDirections_::kOutput as i32);
        // SAFETY: room for one answer.
        let result = unsafe { self.component.getBusInfo(audio, output, index, &mut info) };
        (result == kResultOk).then(|| (read_utf16(&info.name), info.busType, info.channelCount, info.flags))
    }

    /// Plays a block. `transport` may be absent, as in hosts that know no time.
    pub fn process(
        &mut self,
        frames: usize,
        transport: Option<&Transport>,
        points: &[Point],
        notes: &[NoteEvent],
    ) -> Block {
        self.process_watched(frames, transport, points, notes, |call| call())
    }

    /// The same, with the bare call into the plugin handed to `watch`, which must make it (to count or time it).
    pub fn process_watched(
        &mut self,
        frames: usize,
        transport: Option<&Transport>,
        points: &[Point],
        notes: &[NoteEvent],
        watch: impl FnOnce(&mut dyn FnMut()),
    ) -> Block {
        let points: Vec<_> = points.iter().map(|point| (point.id, point.frame, point.value)).collect();
        let (given, taken) = (ComWrapper::new(Changes::new(&points)), ComWrapper::new(Changes::default()));
        let (notes_in, notes_out) = (ComWrapper::new(Events::new(notes)), ComWrapper::new(Events::new(&[])));
        let mut context = transport.map(|transport| context_of(transport, self.rate_hz, self.continuous));
        let mut buffers = Buffers::new(&self.busses, frames);
        let mut data = ProcessData {
            processMode: self.process_mode,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            numSamples: frames as i32,
            numInputs: 0,
            numOutputs: buffers.busses.len() as i32,
            inputs: std::ptr::null_mut(),
            outputs: if buffers.busses.is_empty() {
                std::ptr::null_mut()
            } else {
                buffers.busses.as_mut_ptr()
            },
            inputParameterChanges: pointer(&given),
            outputParameterChanges: pointer(&taken),
            inputEvents: pointer(&notes_in),
            outputEvents: pointer(&notes_out),
            processContext: context.as_mut().map_or(std::ptr::null_mut(), |context| context),
        };
        let mut result = kInternalError;
        // SAFETY: everything `data` points to lives until the end of this function.
        watch(&mut || result = unsafe { self.processor.process(&mut data) });
        self.continuous += frames as i64;
        let silence = buffers.busses.iter().map(|bus| bus.silenceFlags).collect();
        let (notes, points) = (notes_out.notes(), taken.points());
        Block { busses: buffers.samples, silence, notes, points, result }
    }

    /// Automation outside of sound: a block of no frames and no busses.
    pub fn flush(&mut self, points: &[Point]) -> Block {
        let busses = std::mem::take(&mut self.busses);
        let block = self.process(0, None, points, &[]);
        self.busses = busses;
        block
    }

    /// The state as the component saves it.
    pub fn save_state(&self) -> Vec<u8> {
        let stream = ComWrapper::new(Stream::new(&[], STREAM_STEP));
        // SAFETY: the stream lives through the call.
        let result = unsafe { self.component.getState(pointer(&stream)) };
        assert_eq!(result, kResultOk, "the plugin saves its state");
        stream.bytes()
    }

    /// Opens a state as hosts do: the component, then the controller with the same bytes. The component's answer.
    pub fn load_state(&self, state: &[u8]) -> i32 {
        let result = set_state(&self.component, state);
        let again = ComWrapper::new(Stream::new(state, STREAM_STEP));
        // SAFETY: the stream lives through the call.
        unsafe { self.controller.setComponentState(pointer(&again)) };
        result
    }

    /// Every parameter.
    pub fn parameters(&self) -> Vec<Parameter> {
        // SAFETY: structures of numbers, filled by the call.
        let one = |index| unsafe {
            let mut info: ParameterInfo = std::mem::zeroed();
            (self.controller.getParameterInfo(index, &mut info) == kResultOk).then(|| Parameter {
                id: info.id,
                title: read_utf16(&info.title),
                step_count: info.stepCount,
                default: info.defaultNormalizedValue,
                unit: info.unitId,
                flags: info.flags,
            })
        };
        // SAFETY: no arguments.
        (0..unsafe { self.controller.getParameterCount() }).filter_map(one).collect()
    }

    /// A parameter's normalized value.
    pub fn get(&self, id: u32) -> f64 {
        // SAFETY: plain numbers.
        unsafe { self.controller.getParamNormalized(id) }
    }

    /// What the controller would show for a normalized value.
    pub fn text(&self, id: u32, value: f64) -> Option<String> {
        let mut text: String128 = [0; 128];
        // SAFETY: room for one text.
        let result = unsafe { self.controller.getParamStringByValue(id, value, &mut text) };
        (result == kResultOk).then(|| read_utf16(&text))
    }

    /// The normalized value of a text.
    pub fn value_of(&self, id: u32, text: &str) -> Option<f64> {
        let (mut units, mut value): (String128, f64) = ([0; 128], 0.0);
        copy_utf16(text, &mut units);
        // SAFETY: the text ends with a zero, room for the answer.
        let result = unsafe { self.controller.getParamValueByString(id, units.as_mut_ptr(), &mut value) };
        (result == kResultOk).then_some(value)
    }

    /// What the plugin told the handler since the last call.
    pub fn edits(&self) -> Vec<Edit> {
        self.handler.take()
    }

    /// Tells the plugin what track it stands on. False when it does not listen.
    pub fn tell_track(&self, name: &str, color: i64) -> bool {
        use ChannelContext::{IInfoListener, IInfoListenerTrait};
        let Some(listener) = self.controller.cast::<IInfoListener>() else { return false };
        let info = ComWrapper::new(ChannelInfo { name: name.into(), color });
        // SAFETY: the list lives through the call.
        unsafe { listener.setChannelContextInfos(pointer(&info)) == kResultOk }
    }

    /// Frames the plugin says it rings after the last note.
    pub fn tail(&self) -> u32 {
        // SAFETY: no arguments.
        unsafe { self.processor.getTailSamples() }
    }
}

/// Opens a state in a component, from any thread.
pub fn set_state(component: &ComPtr<IComponent>, state: &[u8]) -> i32 {
    set_state_in_steps(component, state, STREAM_STEP)
}

/// The same through a stream that gives at most so many bytes per call.
pub fn set_state_in_steps(component: &ComPtr<IComponent>, state: &[u8], step: usize) -> i32 {
    let stream = ComWrapper::new(Stream::new(state, step));
    // SAFETY: the stream lives through the call.
    unsafe { component.setState(pointer(&stream)) }
}

impl Drop for Vst3Host {
    fn drop(&mut self) {
        self.deactivate();
        // SAFETY: the instance is inactive; after this only references are given back.
        unsafe {
            self.controller.setComponentHandler(std::ptr::null_mut());
            self.component.terminate();
        }
    }
}

/// The pointer a plugin gets of one of our objects; the object keeps the reference.
fn pointer<I: Interface, C: vst3::Class>(object: &ComWrapper<C>) -> *mut I {
    object.as_com_ref::<I>().expect("the object has this interface").as_ptr()
}

/// The output of a block: samples, pointers to them, and busses that hold the pointers.
struct Buffers {
    samples: Vec<Vec<Vec<f32>>>,
    _pointers: Vec<Vec<*mut f32>>,
    busses: Vec<AudioBusBuffers>,
}

impl Buffers {
    fn new(shapes: &[Bus], frames: usize) -> Buffers {
        let room = |there: bool| if there { vec![POISON; frames] } else { Vec::new() };
        let one = |shape: &Bus| match shape {
            Bus::Field => (0..4).map(|_| room(true)).collect(),
            Bus::Stereo => vec![room(true), room(true)],
            Bus::Mono => vec![room(true), room(false)],
            Bus::NullChannels | Bus::NullArray | Bus::Empty => vec![room(false), room(false)],
        };
        let mut samples: Vec<Vec<Vec<f32>>> = shapes.iter().map(one).collect();
        let pointer = |shape: Bus, channel: &mut Vec<f32>| match shape {
            Bus::NullChannels => std::ptr::null_mut(),
            _ => channel.as_mut_ptr(),
        };
        let mut pointers: Vec<Vec<*mut f32>> = samples
            .iter_mut()
            .zip(shapes)
            .map(|(bus, &shape)| bus.iter_mut().map(|channel| pointer(shape, channel)).collect())
            .collect();
        let bus = |(list, shape): (&mut Vec<*mut f32>, &Bus)| {
            let (channels, array) = match shape {
                Bus::Field => (4, list.as_mut_ptr()),
                Bus::Stereo | Bus::NullChannels => (2, list.as_mut_ptr()),
                Bus::Mono => (1, list.as_mut_ptr()),
                Bus::NullArray => (2, std::ptr::null_mut()),
                Bus::Empty => (0, std::ptr::null_mut()),
            };
            let __field0 = AudioBusBuffers__type0 { channelBuffers32: array };
            AudioBusBuffers { numChannels: channels, silenceFlags: 0, __field0 }
        };
        let busses = pointers.iter_mut().zip(shapes).map(bus).collect();
        Buffers { samples, _pointers: pointers, busses }
    }
}

/// The transport as VST3 says it.
fn context_of(transport: &Transport, rate_hz: f64, continuous: i64) -> ProcessContext {
    use ProcessContext_::StatesAndFlags_ as flag;
    // SAFETY: a structure of numbers; zero is "nothing known".
    let mut context: ProcessContext = unsafe { std::mem::zeroed() };
    let mut state = flag::kContTimeValid;
    context.sampleRate = rate_hz;
    context.continousTimeSamples = continuous;
    if transport.playing {
        state |= flag::kPlaying;
    }
    if let Some(tempo) = transport.tempo_bpm {
        (context.tempo, state) = (tempo, state | flag::kTempoValid);
    }
    if let Some(position) = transport.position {
        (context.projectTimeMusic, state) = (position, state | flag::kProjectTimeMusicValid);
    }
    let seconds = transport.position_s.or_else(|| Some(transport.position? * 60.0 / transport.tempo_bpm?));
    context.projectTimeSamples = (seconds.unwrap_or(0.0) * rate_hz).round() as i64;
    if let Some((numerator, denominator)) = transport.meter {
        context.timeSigNumerator = numerator.into();
        context.timeSigDenominator = denominator.into();
        state |= flag::kTimeSigValid;
    }
    if let Some(bar) = transport.bar_start {
        (context.barPositionMusic, state) = (bar, state | flag::kBarPositionValid);
    }
    if let Some((start, end)) = transport.loop_range {
        (context.cycleStartMusic, context.cycleEndMusic) = (start, end);
        state |= flag::kCycleValid | flag::kCycleActive;
    }
    context.state = state as u32;
    context
}
