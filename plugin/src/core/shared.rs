//! What the main thread, the editor and the shells share of one instance. The audio thread sees only `params` of it.
//! Source: DESIGN 4 "two sides". In/out: documents in and out under a mutex the audio thread never takes.

use super::capture::{Capture, CaptureState, Ear, Outcome};
use super::host::{HostLink, TrackInfo};
use super::library::{compile, compile_always};
use crate::params::ParamStore;
use cuewright_engine::compose::{Composer, LaneClimates};
use cuewright_engine::cue::repair::Kept;
use cuewright_engine::cue::{Cue, Motif};
use cuewright_engine::engine::{EngineHandle, ScoreEvent, Telemetry};
use cuewright_engine::memory::Memory;
use cuewright_engine::params::{Param, Values};
use cuewright_engine::plan::{Plan, PlanError};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};

/// Why an edit was refused; the document is as before.
pub type EditError = PlanError;

/// One instance, seen from everywhere but the audio thread.
#[derive(Default)]
pub struct Shared {
    /// Parameter values, wait-free for every thread.
    pub params: ParamStore,
    session: Mutex<Session>,
    link: RwLock<Option<Box<dyn HostLink>>>,
    version: AtomicU64,
    /// Editors that take captured motifs themselves, so that undo knows of them.
    takers: AtomicU64,
}

/// What stands behind the mutex.
#[derive(Default)]
pub struct Session {
    pub(crate) cue: Cue,
    pub(crate) handle: Option<EngineHandle>,
    /// What was heard, while no engine runs.
    pub(crate) memory: Option<Memory>,
    /// A plan the engine had no room for yet.
    waiting_plan: Option<Box<Plan>>,
    pub(crate) notices: Vec<String>,
    /// Fields of a loaded state that this version does not know, and of the cue in it.
    pub(crate) kept: serde_json::Map<String, serde_json::Value>,
    pub(crate) kept_cue: Vec<Kept>,
    track: TrackInfo,
    telemetry: Option<Telemetry>,
    capture: Capture,
}

impl Shared {
    /// A fresh instance: the default cue and the values it starts from.
    pub fn new() -> Arc<Shared> {
        let shared = Arc::new(Shared::default());
        let (plan, _) = compile_always(&shared.session().cue);
        shared.params.set_all(&plan.values);
        shared
    }

    /// Puts a host on the line. The shell takes it off again with [`Shared::disconnect`] before the host goes.
    pub fn connect(&self, link: Box<dyn HostLink>) {
        *self.link.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(link);
    }

    /// Takes the host off the line; returns when no call to it is under way.
    pub fn disconnect(&self) {
        *self.link.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = None;
    }

    /// Tells the host something, where there is one.
    pub fn tell_host<T>(&self, tell: impl FnOnce(&dyn HostLink) -> T) -> Option<T> {
        let link = self.link.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        link.as_deref().map(tell)
    }

    pub(crate) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    // ---- the document ------------------------------------------------------------------------------------------

    /// The cue as it is now.
    pub fn cue(&self) -> Cue {
        self.session().cue.clone()
    }

    /// Counts every change of the document, for whoever draws it or keeps a history.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Changes the cue, compiles it and hands it to the engine. Milliseconds; never on the audio thread.
    pub fn edit(&self, change: impl FnOnce(&mut Cue)) -> Result<(), EditError> {
        let session = self.session();
        let mut cue = session.cue.clone();
        change(&mut cue);
        if cue == session.cue {
            return Ok(());
        }
        let plan = match compile(&cue) {
            Ok(plan) => plan,
            // A cue opened with a palette that is not here plays another: that is no reason to refuse other edits.
            Err(_) if cue.palette == session.cue.palette => compile_always(&cue).0,
            Err(error) => return Err(error),
        };
        self.put(session, cue, plan);
        Ok(())
    }

    /// Puts another cue in place of this one. Parameter values stay (see [`Shared::load_cue`]).
    pub fn set_cue(&self, cue: Cue) -> Result<(), EditError> {
        self.edit(|present| *present = cue)
    }

    /// Opens a cue as a preset: its mood and parameter values are taken over too.
    pub fn load_cue(&self, cue: Cue) -> Result<(), EditError> {
        let plan = compile(&cue)?;
        let values = plan.values;
        let session = self.session();
        if cue == session.cue {
            drop(session);
        } else {
            self.put(session, cue, plan);
        }
        self.set_values(&values);
        self.tell_host(|host| host.values_changed());
        Ok(())
    }

    /// Makes a compiled cue the present one; the host hears of it when the session is free again.
    fn put(&self, mut session: MutexGuard<'_, Session>, cue: Cue, plan: Plan) {
        session.cue = cue;
        session.send_plan(plan);
        drop(session);
        self.changed();
        self.tell_host(|host| host.mark_dirty());
    }

    // ---- parameters --------------------------------------------------------------------------------------------

    /// All values, without modulation.
    pub fn values(&self) -> Values {
        self.params.snapshot()
    }

    /// Sets all values without the host's doing (it must be told to read them again).
    pub(crate) fn set_values(&self, values: &Values) {
        self.params.set_all(values);
        self.changed();
    }

    /// The editor grasps a parameter (table index).
    pub fn begin_gesture(&self, index: usize) {
        self.params.begin_gesture(index);
        self.tell_host(|host| host.wake());
    }

    /// The editor sets a parameter to a plain value, inside a gesture or alone.
    pub fn set_param_from_editor(&self, index: usize, value: f32) {
        if self.params.set_from_editor(index, value).is_some() {
            self.tell_host(|host| host.wake());
        }
    }

    /// The editor lets a parameter go.
    pub fn end_gesture(&self, index: usize) {
        self.params.end_gesture(index);
        self.tell_host(|host| host.wake());
    }

    /// True while *Listen* is on.
    pub fn listening(&self) -> bool {
        self.params.get(Param::Listen as usize) >= 0.5
    }

    // ---- what the engine says ----------------------------------------------------------------------------------

    /// Takes in what the engine sent and gives the newest telemetry, where there was any since activation. Every score
    /// event since the last call goes to `score`. For the editor's frames and the host's idle calls.
    pub fn poll(&self, mut score: impl FnMut(ScoreEvent)) -> Option<Telemetry> {
        self.serve();
        let session = &mut *self.session();
        if let Some(handle) = &mut session.handle {
            if let Some(telemetry) = handle.telemetry() {
                session.telemetry = Some(telemetry);
            }
            while let Some(event) = handle.next_score_event() {
                score(event);
            }
        }
        session.telemetry
    }

    /// Housekeeping: for a host's idle calls. A captured motif that no editor waits for is taken.
    pub fn serve(&self) {
        let heard = self.session().serve();
        if heard {
            self.changed();
        }
        if self.takers.load(Ordering::Acquire) == 0 {
            self.settle_capture();
        }
    }

    // ---- motif capture -----------------------------------------------------------------------------------------

    /// Where a motif capture stands.
    pub fn capture_state(&self) -> CaptureState {
        self.session().capture.state()
    }

    /// Starts listening, or takes what was heard.
    pub fn capture(&self, on: bool) {
        let index = Param::Capture as usize;
        self.begin_gesture(index);
        self.set_param_from_editor(index, f32::from(u8::from(on)));
        self.end_gesture(index);
    }

    /// Stops listening and forgets what was heard.
    pub fn cancel_capture(&self) {
        self.session().capture.discard();
        self.capture(false);
        self.changed();
    }

    /// The motif of a capture that ended, once; whoever takes it makes the edit.
    pub fn take_captured(&self) -> Option<Motif> {
        let mut session = self.session();
        if !session.capture.is_finished() {
            return None;
        }
        let tonic = session.tonic();
        let outcome = session.capture.take(tonic);
        drop(session);
        self.changed();
        match outcome? {
            Outcome::Motif(motif) => Some(motif),
            Outcome::TooFew => {
                self.notice("a motif has at least two notes: one was heard, and the motif stays");
                None
            }
        }
    }

    /// Takes a motif that was captured and lies untaken into the document: before it is saved, and where no editor is open.
    pub fn settle_capture(&self) {
        let mut session = self.session();
        let heard = session.capture.listen();
        drop(session);
        if let Some(motif) = self.take_captured() {
            // Only a palette can be refused, and it stays.
            let _ = self.edit(|cue| cue.motif = Some(motif));
        } else if heard {
            self.changed();
        }
    }

    /// An editor opens (true) or closes: while one is open it takes captured motifs.
    pub(crate) fn take_captures(&self, on: bool) {
        let _ = self.takers.fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
            if on { Some(count + 1) } else { count.checked_sub(1) }
        });
    }

    /// Things the person should know: repairs of a state, palettes that are not there.
    pub fn notices(&self) -> Vec<String> {
        self.session().notices.clone()
    }

    /// They have been read.
    pub fn dismiss_notices(&self) {
        self.session().notices.clear();
        self.changed();
    }

    /// Adds a thing the person should know.
    pub fn notice(&self, text: impl Into<String>) {
        let text = text.into();
        let mut session = self.session();
        if !session.notices.contains(&text) && session.notices.len() < MAX_NOTICES {
            session.notices.push(text);
        }
        drop(session);
        self.changed();
    }

    /// The host's word on the track.
    pub fn track(&self) -> TrackInfo {
        self.session().track.clone()
    }

    /// The host says something new of the track.
    pub fn set_track(&self, track: TrackInfo) {
        self.session().track = track;
        self.changed();
    }

    pub(crate) fn changed(&self) {
        self.version.fetch_add(1, Ordering::AcqRel);
    }
}

/// Notices kept; a hostile state must not fill the memory with complaints.
const MAX_NOTICES: usize = 32;

impl Session {
    /// Hands a plan to the engine, now or as soon as it has room.
    pub(crate) fn send_plan(&mut self, plan: Plan) {
        let Some(handle) = &mut self.handle else { return };
        handle.collect();
        self.waiting_plan = handle.send_plan(plan).err();
    }

    /// Frees what the audio thread sent back, takes in what it heard, sends what had no room. True when a capture heard
    /// something.
    pub(crate) fn serve(&mut self) -> bool {
        let heard = self.capture.listen();
        let Some(handle) = &mut self.handle else { return heard };
        handle.collect();
        if let Some(plan) = self.waiting_plan.take() {
            self.waiting_plan = handle.send_plan(*plan).err();
        }
        heard
    }

    /// Pitch class of the key that sounds, or of the one the cue begins in.
    fn tonic(&self) -> u8 {
        let (plan, _) = compile_always(&self.cue);
        let playing = self.telemetry.filter(|report| report.playing);
        let bar = playing.map_or(0, |report| report.bar.max(0));
        Composer::new().frame(&plan, &plan.grid, &LaneClimates(&plan), bar).tonic
    }

    /// An engine starts: compiles the cue for it.
    pub(super) fn plan_for_start(&mut self) -> Plan {
        let (plan, notice) = compile_always(&self.cue);
        if let Some(notice) = notice.filter(|notice| !self.notices.contains(notice)) {
            self.notices.push(notice);
        }
        plan
    }

    /// An engine runs: this is its other side. It learns what was heard before.
    pub(super) fn attach(&mut self, mut handle: EngineHandle, ear: Ear) {
        self.capture.attach(ear);
        if let Some(memory) = self.memory.take() {
            // A fresh engine's ring is empty.
            let _ = handle.send_memory(memory);
        }
        self.waiting_plan = None;
        self.handle = Some(handle);
    }

    /// The engine is gone: what it heard is kept for the next one and for the state.
    pub(super) fn detach(&mut self) {
        self.capture.listen();
        if let Some(mut handle) = self.handle.take() {
            handle.collect();
            self.memory = Some(handle.memory().clone());
        }
        self.telemetry = None;
        self.waiting_plan = None;
    }

    /// What was heard, as far as it is known now.
    pub(crate) fn heard(&mut self) -> Option<Memory> {
        match &mut self.handle {
            Some(handle) => {
                handle.collect();
                Some(handle.memory().clone())
            }
            None => self.memory.clone(),
        }
    }

    /// Puts a loaded cue and what was heard with it in place of these, also in a running engine.
    pub(crate) fn open(&mut self, cue: Cue, memory: Option<Memory>) {
        self.cue = cue;
        self.capture.restart();
        let plan = self.plan_for_start();
        let memory = memory.unwrap_or_else(|| Memory::new(plan.grid.clone()));
        self.send_plan(plan);
        self.remember(memory);
    }

    /// Takes over what an earlier session heard.
    fn remember(&mut self, memory: Memory) {
        match &mut self.handle {
            Some(handle) => {
                let _ = handle.send_memory(memory);
            }
            None => self.memory = Some(memory),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Outputs, Processor, Status};
    use cuewright_engine::engine::Event;
    use cuewright_engine::params::PARAMS;
    use cuewright_engine::stem::Stem;
    use cuewright_engine::time::Transport;
    use std::sync::atomic::AtomicU32;

    #[derive(Default)]
    struct Calls {
        wake: AtomicU32,
        dirty: AtomicU32,
        values: AtomicU32,
    }

    struct Line(Arc<Calls>);

    impl HostLink for Line {
        fn wake(&self) {
            self.0.wake.fetch_add(1, Ordering::Relaxed);
        }

        fn mark_dirty(&self) {
            self.0.dirty.fetch_add(1, Ordering::Relaxed);
        }

        fn values_changed(&self) {
            self.0.values.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn calls(calls: &Calls) -> [u32; 3] {
        [&calls.wake, &calls.dirty, &calls.values].map(|count| count.load(Ordering::Relaxed))
    }

    #[test]
    fn every_edit_is_told_once_and_a_refused_one_changes_nothing() {
        let (shared, told) = (Shared::new(), Arc::new(Calls::default()));
        shared.connect(Box::new(Line(told.clone())));
        shared.edit(|cue| cue.takes.stems[Stem::Lead.index()] += 1).unwrap();
        assert_eq!((shared.cue().takes.stems[Stem::Lead.index()], calls(&told)), (1, [0, 1, 0]));
        let version = shared.version();
        assert!(shared.edit(|cue| cue.palette = "nobody's".into()).is_err());
        assert_eq!((shared.version(), calls(&told)), (version, [0, 1, 0]));
        shared.edit(|_| ()).unwrap();
        assert_eq!(calls(&told), [0, 1, 0], "an edit that changes nothing is none");
        shared.edit(Cue::reroll).unwrap();
        assert_eq!((shared.cue().takes, calls(&told)), (Default::default(), [0, 2, 0]));
        let mood = cuewright_engine::cue::Mood { wonder: 0.5, ..Default::default() };
        shared.load_cue(Cue { mood, ..Cue::default() }).unwrap();
        assert_eq!((shared.values().get(Param::Wonder), calls(&told)), (0.5, [0, 3, 1]));
        shared.set_param_from_editor(0, 0.5);
        assert_eq!(calls(&told), [1, 3, 1]);
        shared.disconnect();
        shared.edit(Cue::reroll).unwrap();
        assert_eq!(calls(&told), [1, 3, 1]);
    }

    #[test]
    fn a_cue_of_a_missing_palette_can_still_be_edited() {
        let shared = Shared::new();
        crate::state::load(&shared, br#"{"cue":{"palette":"gone","seed":5}}"#);
        assert!(shared.notices().iter().any(|notice| notice.contains("gone")));
        shared.edit(Cue::reroll).unwrap();
        assert_ne!(shared.cue().seed, 5);
        assert!(shared.edit(|cue| cue.palette = "gone too".into()).is_err());
        shared.dismiss_notices();
        assert!(shared.notices().is_empty());
    }

    #[test]
    fn a_hand_in_the_editor_reaches_the_engine_and_the_host() {
        let shared = Shared::new();
        let mut processor = Processor::activate(&shared, 48_000.0, 512);
        shared.begin_gesture(Param::Energy as usize);
        shared.set_param_from_editor(Param::Energy as usize, 0.75);
        shared.end_gesture(Param::Energy as usize);
        processor.event(0, Event::Value { index: Param::Scale as usize, value: -0.5 });
        assert_eq!(processor.process(64, &mut Outputs::none()), Status::Sleep);
        assert_eq!((shared.values().get(Param::Energy), shared.values().get(Param::Scale)), (0.75, -0.5));
        let mut told = 0;
        shared.params.take_gestures(|_| told += 1);
        assert_eq!(told, 3, "begin, value, end; and nothing of the host's own automation");
        processor.transport(0, Transport { playing: true, position: Some(0.0), ..Transport::default() });
        assert_eq!(processor.process(4_800, &mut Outputs::none()), Status::Continue);
        let telemetry = shared.poll(|_| {}).expect("a tenth of a second is enough to hear from the engine");
        assert!(telemetry.playing && telemetry.values.as_slice().len() == PARAMS.len());
        assert_eq!(telemetry.values.get(Param::Energy), 0.75);
    }
}
