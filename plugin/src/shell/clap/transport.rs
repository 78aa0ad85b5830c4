//! CLAP's transport as the engine's. Source: PLATFORM 2 (what hosts really send). In/out: absent fields stay absent.

use clack_plugin::events::event_types::{TransportEvent, TransportFlags};
use cuewright_engine::time::Transport;

/// Translates; the engine judges what to believe.
pub(super) fn translate(event: &TransportEvent) -> Transport {
    let has = |flag| event.flags.contains(flag);
    let finite = |value: f64| value.is_finite().then_some(value);
    let beats = has(TransportFlags::HAS_BEATS_TIMELINE);
    Transport {
        playing: has(TransportFlags::IS_PLAYING),
        tempo_bpm: has(TransportFlags::HAS_TEMPO).then_some(event.tempo).and_then(finite),
        position: beats.then(|| event.song_pos_beats.to_float()),
        position_s: has(TransportFlags::HAS_SECONDS_TIMELINE).then(|| event.song_pos_seconds.to_float()),
        meter: has(TransportFlags::HAS_TIME_SIGNATURE)
            .then_some((event.time_signature_numerator, event.time_signature_denominator)),
        bar_start: beats.then(|| event.bar_start.to_float()),
        loop_range: (beats && has(TransportFlags::IS_LOOP_ACTIVE))
            .then(|| (event.loop_start_beats.to_float(), event.loop_end_beats.to_float())),
    }
}
