//! A global allocator that counts what the current thread asks of it inside a scope, in debug and release.
//! Source: own. In/out: put `#[global_allocator] static GUARD: Guard = Guard;` into a suite, wrap the audio thread's work
//! in [`count`], assert that nothing was counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator with a counter in front.
pub struct Guard;

/// What a scope asked of the allocator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Blocks allocated or grown.
    pub allocations: u64,
    /// Blocks freed.
    pub frees: u64,
}

impl Count {
    /// Nothing allocated, nothing freed.
    pub const NONE: Count = Count { allocations: 0, frees: 0 };
}

thread_local! {
    // Constant and without a destructor: reading it never allocates.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static COUNT: Cell<Count> = const { Cell::new(Count::NONE) };
}

/// Runs `work` and counts what this thread allocates and frees in it. Scopes do not nest: the inner one starts over.
pub fn count<T>(work: impl FnOnce() -> T) -> (T, Count) {
    COUNT.set(Count::NONE);
    DEPTH.set(DEPTH.get() + 1);
    let result = work();
    DEPTH.set(DEPTH.get() - 1);
    (result, COUNT.get())
}

fn note(change: impl FnOnce(&mut Count)) {
    // `try_with`: a thread that is ending may still free.
    let inside = DEPTH.try_with(Cell::get).unwrap_or(0) > 0;
    if inside {
        let _ = COUNT.try_with(|cell| {
            let mut count = cell.get();
            change(&mut count);
            cell.set(count);
        });
    }
}

// SAFETY: every call is passed on unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Guard {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(|count| count.allocations += 1);
        // SAFETY: same layout, same contract as ours.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(|count| count.allocations += 1);
        // SAFETY: same layout, same contract as ours.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        note(|count| count.frees += 1);
        // SAFETY: the block came from `System` through us with this layout.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(|count| count.allocations += 1);
        // SAFETY: the block came from `System` through us with this layout.
        unsafe { System.realloc(block, layout, size) }
    }
}
