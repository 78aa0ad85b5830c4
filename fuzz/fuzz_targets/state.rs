//! Any bytes are a state: nothing is refused, and what was loaded can be saved and loaded again to the same.
#![no_main]

use cuewright_plugin::core::Shared;
use cuewright_plugin::state;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let shared = Shared::new();
    state::load(&shared, bytes);
    let saved = state::save(&shared);
    state::load(&shared, &saved);
    assert_eq!(state::save(&shared), saved);
});
