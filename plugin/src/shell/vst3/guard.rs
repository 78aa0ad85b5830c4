//! Keeps panics inside: a host must not be unwound through, nor die of us.
//! Source: own. In/out: the work's answer, or a fallback where it panicked.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does the work. A panic gives `fallback`; what it left half done stands behind locks that know poison, or is thrown
/// away by the caller.
pub(super) fn guard<T>(fallback: T, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(fallback)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_panic_becomes_the_fallback() {
        assert_eq!(super::guard(7, || 3), 3);
        assert_eq!(super::guard(7, || panic!("expected in this test")), 7);
    }
}
