//! The editor in a window of its own, on a running engine without sound: for looking at it and for pictures of it.
//! In/out: `cargo run -p cuewright-plugin --example editor_window [CUE] [SCALE]`, e.g. `the_vault 1.5`.

use cuewright_engine::cue::factory;
use cuewright_engine::time::Transport;
use cuewright_plugin::core::{Outputs, Processor, Shared};
use cuewright_plugin::editor::window::run_standalone;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const SAMPLE_RATE_HZ: f64 = 48_000.0;
const BLOCK_FRAMES: usize = 512;

fn main() -> Result<(), String> {
    let mut words = std::env::args().skip(1);
    let shared = Shared::new();
    if let Some(id) = words.next() {
        let cue = factory::cue(&id).ok_or_else(|| format!("there is no factory cue \"{id}\""))?;
        shared.load_cue(cue.cue.clone()).map_err(|error| error.to_string())?;
    }
    let scale = words.next().and_then(|word| word.parse().ok()).unwrap_or(1.0);
    let stop = Arc::new(AtomicBool::new(false));
    let player = std::thread::spawn({
        let (shared, stop) = (shared.clone(), stop.clone());
        move || play(&shared, &stop)
    });
    let closed = run_standalone(shared, scale);
    stop.store(true, Ordering::Relaxed);
    player.join().map_err(|_| "the engine's thread broke down")?;
    closed
}

/// A host that plays from the start at the cue's tempo, in real time, into nowhere.
fn play(shared: &Arc<Shared>, stop: &AtomicBool) {
    let tempo_bpm = shared.cue().tempo_bpm;
    let mut processor = Processor::activate(shared, SAMPLE_RATE_HZ, BLOCK_FRAMES);
    let start = Instant::now();
    let mut frame: u64 = 0;
    while !stop.load(Ordering::Relaxed) {
        let seconds = frame as f64 / SAMPLE_RATE_HZ;
        let position = Some(seconds * tempo_bpm / 60.0);
        let tempo_bpm = Some(tempo_bpm);
        processor.transport(0, Transport { playing: true, tempo_bpm, position, ..Transport::default() });
        processor.process(BLOCK_FRAMES, &mut Outputs::default());
        shared.params.take_gestures(|_| {});
        frame += BLOCK_FRAMES as u64;
        let due = Duration::from_secs_f64(frame as f64 / SAMPLE_RATE_HZ);
        std::thread::sleep(due.saturating_sub(start.elapsed()));
    }
}
