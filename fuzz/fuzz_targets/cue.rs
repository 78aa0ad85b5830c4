//! Any text is a cue or an error with a line; a cue can be written and read back to itself, and compiled.
#![no_main]

use cuewright_engine::cue::{factory, parse_palette, parse_toml, to_toml};
use cuewright_engine::plan::Plan;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = parse_palette(text);
    match parse_toml(text) {
        Ok(cue) => {
            let written = to_toml(&cue).expect("what was read can be written");
            assert_eq!(parse_toml(&written).expect("what was written can be read"), cue);
            let _ = Plan::new(&cue, factory::palette_or_default(&cue.palette));
        }
        Err(error) => assert!(error.line >= 1 && error.column >= 1),
    }
});
