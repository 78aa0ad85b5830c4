//! Time as the measuring programs need it: what this thread has used of a core, not what a clock on the wall says.
//! Source: POSIX `clock_gettime`; wall-clock maxima say more about the machine than about us (PERFORMANCE 3).

/// Seconds of processor time this thread has used.
#[cfg(unix)]
pub fn thread_s() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a local of the type the call fills; the clock exists on every Unix we build for.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Seconds on the wall: the nearest thing where there is no thread clock.
#[cfg(not(unix))]
pub fn thread_s() -> f64 {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}

/// Bytes of memory this process holds; `None` where nobody says.
pub fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * page_bytes())
}

#[cfg(unix)]
fn page_bytes() -> u64 {
    // SAFETY: takes a name and gives a number; touches no memory of ours.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as u64 }
}

#[cfg(not(unix))]
fn page_bytes() -> u64 {
    4096
}

/// Values in order, and what share of them lies below each.
pub struct Distribution(Vec<f64>);

impl Distribution {
    /// Sorts values.
    pub fn new(mut values: Vec<f64>) -> Distribution {
        values.sort_by(f64::total_cmp);
        Distribution(values)
    }

    /// The value that a share (0..1) of all lies at or below; 0 when there are none.
    pub fn at(&self, share: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let index = ((self.0.len() as f64 * share).ceil() as usize).saturating_sub(1);
        self.0.get(index.min(last)).copied().unwrap_or(0.0)
    }

    /// The largest.
    pub fn max(&self) -> f64 {
        self.at(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_counted() {
        let thousand = Distribution::new((1..=1000).rev().map(f64::from).collect());
        assert_eq!(
            (thousand.at(0.5), thousand.at(0.99), thousand.at(0.999), thousand.max()),
            (500.0, 990.0, 999.0, 1000.0)
        );
        assert_eq!(Distribution::new(Vec::new()).max(), 0.0);
    }

    #[test]
    fn work_takes_time() {
        let before = thread_s();
        let sum: u64 = (0..2_000_000u64).map(std::hint::black_box).sum();
        assert!(thread_s() > before && sum > 0);
    }
}
