//! What the suites play: a cue as a state, a script in which everything happens.

use crate::rig::{Script, playing, stopped};
use cuewright_engine::cue::Cue;
use cuewright_engine::engine::Event;
use cuewright_engine::params::Param;
use serde_json::json;

/// A state that holds a cue; parameters start from the cue's.
pub fn state_of(cue: &Cue) -> Vec<u8> {
    json!({ "format": "cuewright-state", "schema": 1, "cue": cue }).to_string().into_bytes()
}

/// Eight seconds: automation, modulation, a tempo step, a locate in the middle of a block, a live note, a stop, Listen.
pub fn eventful(sample_rate_hz: f64) -> Script {
    let second = sample_rate_hz as u64;
    let mut script = Script::steady(sample_rate_hz, 120.0, 7.5)
        .then(2 * second + 17, playing(96.0, 11.5))
        .then(4 * second + 5, playing(96.0, 3.0))
        .then(6 * second + 100, stopped(96.0, 6.0))
        .then(7 * second + 333, playing(144.0, -1.25));
    for step in 0..150u64 {
        let value = ((step * 37) % 200) as f64 / 100.0 - 1.0;
        let param = [Param::Energy, Param::Valence, Param::Tension, Param::Darkness][step as usize % 4];
        script = script.event(step * 1_013, Event::Value { index: param as usize, value });
        if step % 7 == 0 {
            let amount = value * 0.3;
            script =
                script.event(step * 1_013 + 31, Event::Modulation { index: Param::Scale as usize, amount });
        }
    }
    let listen = |value| Event::Value { index: Param::Listen as usize, value };
    script
        .event(30_001, Event::NoteOn { channel: 4, key: 72, velocity: 0.75 })
        .event(61_007, Event::NoteOff { channel: 4, key: 72 })
        .event(6 * second + 9_000, listen(1.0))
        .event(7 * second - 9_000, listen(0.0))
}
