//! A running instance as the editor's model, and the watcher that wakes the window when something changed.
//! Source: own. In/out: [`Shared`]; the watcher looks 60 times a second, only while an editor is open.

use super::model::{Entry, Gesture, Model};
use crate::core::{CaptureState, Shared, compile_always};
use cuewright_engine::compose::Climate;
use cuewright_engine::cue::{Cue, Motif, factory};
use cuewright_engine::engine::Telemetry;
use cuewright_engine::params::Values;
use cuewright_engine::plan::Plan;
use cuewright_engine::stem::STEM_COUNT;
use cuewright_engine::time::BarGrid;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the watcher looks.
const LOOK: Duration = Duration::from_micros(16_667);

/// A peak below this moves no meter (-60 dB).
const QUIET: f32 = 0.001;

/// What the watcher last saw.
#[derive(Debug, Default)]
struct Seen {
    telemetry: Option<Telemetry>,
    peaks: [f32; STEM_COUNT + 1],
    values: Values,
    version: u64,
}

/// [`Model`] of a real instance.
pub struct Instance {
    shared: Arc<Shared>,
    seen: Arc<Mutex<Seen>>,
    version: Option<u64>,
    cue: Arc<Cue>,
    plan: Arc<Plan>,
    telemetry: Option<Telemetry>,
    grid: BarGrid,
}

impl Instance {
    /// A view of an instance; call [`Instance::refresh`] before every frame.
    pub fn new(shared: Arc<Shared>) -> Instance {
        let cue = shared.cue();
        let (plan, _) = compile_always(&cue);
        let grid = plan.grid.clone();
        let mut instance = Instance {
            shared,
            seen: Arc::default(),
            version: None,
            cue: Arc::new(cue),
            plan: Arc::new(plan),
            telemetry: None,
            grid,
        };
        instance.refresh();
        instance
    }

    /// Takes in what changed since the last frame.
    pub fn refresh(&mut self) {
        let version = self.shared.version();
        if self.version != Some(version) {
            self.version = Some(version);
            let cue = self.shared.cue();
            if *self.cue != cue {
                self.plan = Arc::new(compile_always(&cue).0);
                self.cue = Arc::new(cue);
            }
        }
        self.telemetry = lock(&self.seen).telemetry;
        let session = self.shared.session();
        self.grid = match &session.handle {
            Some(handle) => handle.memory().grid.clone(),
            None => self.plan.grid.clone(),
        };
    }

    /// Starts watching; `wake` is called from the watcher's thread whenever a frame is due.
    pub fn watch(&self, wake: impl Fn() + Send + 'static) -> Watcher {
        let (shared, seen) = (self.shared.clone(), self.seen.clone());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::Builder::new().name("cuewright editor".into()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                if look(&shared, &mut lock(&seen)) {
                    wake();
                }
                std::thread::sleep(LOOK);
            }
        });
        self.shared.take_captures(true);
        // Without a thread the editor still follows the hand; it only misses what moves by itself.
        Watcher { stop, thread: thread.ok(), shared: self.shared.clone() }
    }
}

/// Ends with the window.
pub struct Watcher {
    shared: Arc<Shared>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.shared.take_captures(false);
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Takes in the engine's word; true when there is something new to draw.
fn look(shared: &Shared, seen: &mut Seen) -> bool {
    let telemetry = shared.poll(|_| {});
    let (values, version) = (shared.values(), shared.version());
    let mut news = values != seen.values || version != seen.version;
    if let Some(report) = &telemetry
        && seen.telemetry.as_ref() != Some(report)
    {
        news |= report.playing || seen.telemetry.is_none_or(|before| before.playing);
        news |= report.peaks.iter().any(|&peak| peak > QUIET);
        news |= seen.telemetry.is_none_or(|before| differs_at_rest(&before, report));
        for (peak, &new) in seen.peaks.iter_mut().zip(&report.peaks) {
            *peak = peak.max(new);
        }
    }
    news |= telemetry.is_some() != seen.telemetry.is_some();
    (seen.telemetry, seen.values, seen.version) = (telemetry, values, version);
    news
}

/// What can change while nothing plays.
fn differs_at_rest(before: &Telemetry, now: &Telemetry) -> bool {
    before.position != now.position
        || before.tempo_bpm != now.tempo_bpm
        || before.meter != now.meter
        || before.values != now.values
        || before.repaired != now.repaired
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Model for Instance {
    fn values(&self) -> Values {
        self.shared.values()
    }

    fn gesture(&mut self, gesture: Gesture) {
        match gesture {
            Gesture::Begin(index) => self.shared.begin_gesture(index),
            Gesture::Perform(index, value) => self.shared.set_param_from_editor(index, value),
            Gesture::End(index) => self.shared.end_gesture(index),
        }
    }

    fn cue(&self) -> Arc<Cue> {
        self.cue.clone()
    }

    fn set_cue(&mut self, cue: Cue) -> Result<(), String> {
        self.shared.set_cue(cue).map_err(|error| error.to_string())?;
        self.refresh();
        Ok(())
    }

    fn plan(&self) -> Arc<Plan> {
        self.plan.clone()
    }

    fn palettes(&self) -> Vec<Entry> {
        let entry = |palette: &cuewright_engine::cue::Palette| Entry {
            id: palette.id.clone(),
            name: palette.name.clone(),
            description: palette.description.clone(),
        };
        factory::palettes().iter().map(entry).collect()
    }

    fn telemetry(&self) -> Option<Telemetry> {
        self.telemetry
    }

    fn take_peaks(&mut self) -> [f32; STEM_COUNT + 1] {
        std::mem::take(&mut lock(&self.seen).peaks)
    }

    fn grid(&self) -> BarGrid {
        self.grid.clone()
    }

    fn recall(&self, bar: i64) -> Option<Climate> {
        let session = self.shared.session();
        session.handle.as_ref().and_then(|handle| handle.memory().recall(bar))
    }

    fn notices(&self) -> Vec<String> {
        self.shared.notices()
    }

    fn clear_notices(&mut self) {
        self.shared.dismiss_notices();
    }

    fn capture_state(&self) -> CaptureState {
        self.shared.capture_state()
    }

    fn capture(&mut self, on: bool) {
        self.shared.capture(on);
    }

    fn cancel_capture(&mut self) {
        self.shared.cancel_capture();
    }

    fn take_captured(&mut self) -> Option<Motif> {
        self.shared.take_captured()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cuewright_engine::params::Param;

    #[test]
    fn an_instance_follows_its_shared_side_and_wakes_the_window_for_news_only() {
        let shared = Shared::new();
        let mut instance = Instance::new(shared.clone());
        let mut seen = Seen::default();
        look(&shared, &mut seen);
        assert!(!look(&shared, &mut seen), "nothing happened");
        instance.gesture(Gesture::Begin(Param::Wonder as usize));
        instance.gesture(Gesture::Perform(Param::Wonder as usize, 0.5));
        instance.gesture(Gesture::End(Param::Wonder as usize));
        assert!(look(&shared, &mut seen), "a value moved");
        assert_eq!(shared.values().get(Param::Wonder), 0.5);
        let plan = instance.plan();
        let mut cue = (*instance.cue()).clone();
        cue.seed += 1;
        instance.set_cue(cue).unwrap();
        assert!(look(&shared, &mut seen) && !look(&shared, &mut seen));
        assert_eq!(instance.cue().seed, shared.cue().seed);
        assert!(!Arc::ptr_eq(&plan, &instance.plan()));
        let mut cue = (*instance.cue()).clone();
        cue.palette = "nobody's".into();
        assert!(instance.set_cue(cue).unwrap_err().contains("nobody's"));
        assert_ne!(instance.cue().palette, "nobody's");
    }

    #[test]
    fn a_watcher_wakes_and_ends() {
        let shared = Shared::new();
        let instance = Instance::new(shared.clone());
        let (tell, told) = std::sync::mpsc::channel();
        let watcher = instance.watch(move || {
            let _ = tell.send(());
        });
        shared.notice("a palette is missing");
        assert!(told.recv_timeout(Duration::from_secs(10)).is_ok());
        drop(watcher);
        assert!(told.iter().count() < 100, "the channel closed with the thread");
        assert_eq!(instance.notices(), ["a palette is missing"]);
    }
}
