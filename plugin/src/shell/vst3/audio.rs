//! A place only one thread can be in: the audio thread's processor, where the host alone says which thread that is.
//! Source: own. In/out: entering never waits on the audio side; the main side waits for the block under way to end.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, Ordering};

/// Holds a value that at most one thread looks at. Hosts promise not to (de)activate while they process; this makes the
/// promise unnecessary.
#[derive(Debug, Default)]
pub(super) struct Exclusive<T> {
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: `value` is reached only between winning and giving back `taken`, so by one thread at a time.
unsafe impl<T: Send> Sync for Exclusive<T> {}

/// Gives the place back, also when the work panics.
struct Leave<'a>(&'a AtomicBool);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl<T> Exclusive<T> {
    /// Works on the value unless someone else does: for the audio thread. Wait-free.
    pub(super) fn try_with<R>(&self, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        if self.taken.swap(true, Ordering::Acquire) {
            return None;
        }
        let _leave = Leave(&self.taken);
        // SAFETY: this thread won `taken`, so no other has a reference until `_leave` is dropped.
        Some(work(unsafe { &mut *self.value.get() }))
    }

    /// Works on the value after whoever is there has left: for the main thread, which may wait for a block.
    pub(super) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        while self.taken.swap(true, Ordering::Acquire) {
            std::thread::yield_now();
        }
        let _leave = Leave(&self.taken);
        // SAFETY: as above.
        work(unsafe { &mut *self.value.get() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_at_a_time_also_after_a_panic() {
        let place = Exclusive::<u64>::default();
        assert_eq!(place.with(|_| place.try_with(|value| *value)), None);
        let panicked = super::super::guard::guard(true, || place.with(|_| panic!("expected in this test")));
        assert!(panicked);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|_| place.with(|value| *value += 1)));
            }
        });
        assert_eq!(place.try_with(|value| *value), Some(4000));
    }
}
