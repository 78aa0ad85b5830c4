//! Reads and writes a host's stream whole, however few bytes it moves per call.
//! Source: VST 3 `ibstream.h`. In/out: bytes; reading stops at a cap, so that no host can fill the memory.

use vst3::Steinberg::{IBStream, IBStreamTrait, kResultOk};
use vst3::{ComRef, Steinberg::int32};

/// Bytes asked for at a time.
const STEP: usize = 64 << 10;

/// Reads to the end, or one byte past `cap`: enough to know that there was too much. What a stream gave before it
/// failed is kept.
pub(super) fn read(stream: ComRef<'_, IBStream>, cap: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() <= cap {
        let start = bytes.len();
        let wanted = STEP.min(cap + 1 - start);
        bytes.resize(start + wanted, 0);
        let mut got: int32 = 0;
        // SAFETY: `wanted` bytes from `start` on were just made.
        let result =
            unsafe { stream.read(bytes[start..].as_mut_ptr().cast(), wanted as int32, &raw mut got) };
        let got = if result == kResultOk { (got.max(0) as usize).min(wanted) } else { 0 };
        bytes.truncate(start + got);
        if got == 0 {
            break;
        }
    }
    bytes
}

/// Writes everything; false when the stream took less.
pub(super) fn write(stream: ComRef<'_, IBStream>, bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while !rest.is_empty() {
        let wanted = rest.len().min(STEP);
        // Streams that do not say how much they took took everything.
        let mut took = wanted as int32;
        // SAFETY: `wanted` bytes are there; the stream reads them only, whatever its signature says.
        let result = unsafe { stream.write(rest.as_ptr().cast_mut().cast(), wanted as int32, &raw mut took) };
        if result != kResultOk || took <= 0 {
            return false;
        }
        rest = &rest[(took as usize).min(wanted)..];
    }
    true
}
