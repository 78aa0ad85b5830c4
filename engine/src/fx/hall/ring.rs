//! Delay lines of the hall: frames of all lanes, written and read a quantum at a time.
//! Source: own. In/out: a read is one run of memory, never a wrap.

use crate::stem::HALL_LANES;
use crate::units::QUANTUM;

/// One frame of all lanes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(32))]
pub(super) struct Frame(pub [f32; HALL_LANES]);

pub(super) const ZERO: Frame = Frame([0.0; HALL_LANES]);
pub(super) type Block = [Frame; QUANTUM];

/// A delay line that is written a quantum at a time. The first frames stand again behind the last, so that every read
/// is one run of memory.
pub(super) struct Ring {
    pub frames: Vec<Frame>,
    length: usize,
    at: usize,
}

impl Ring {
    /// Can delay by up to `longest` frames.
    pub fn new(longest: usize) -> Ring {
        let length = (longest + 2).next_multiple_of(QUANTUM) + QUANTUM;
        Ring { frames: vec![ZERO; length + QUANTUM + 1], length, at: 0 }
    }

    pub fn clear(&mut self) {
        self.frames.fill(ZERO);
        self.at = 0;
    }

    /// The quantum as it was `delay` frames ago, and the frame after it. Before the quantum is written the delay must be
    /// at least [`QUANTUM`] + 1.
    #[inline(always)]
    pub fn tap(&self, delay: usize) -> &[Frame; QUANTUM + 1] {
        let start = self.start(delay);
        self.frames[start..start + QUANTUM + 1].try_into().expect("a slice of that length")
    }

    #[inline(always)]
    pub fn start(&self, delay: usize) -> usize {
        let start = self.at + self.length - delay.min(self.length);
        if start >= self.length { start - self.length } else { start }
    }

    #[inline(always)]
    pub fn block(&mut self) -> &mut Block {
        (&mut self.frames[self.at..self.at + QUANTUM]).try_into().expect("a slice of that length")
    }

    /// [`Ring::tap`] to read and [`Ring::block`] to write at once; `delay` keeps them apart: [`QUANTUM`] + 1 at least.
    #[inline(always)]
    pub fn tap_and_block(&mut self, delay: usize) -> (&Block, &mut Block) {
        let start = self.start(delay);
        let ranges = [start..start + QUANTUM, self.at..self.at + QUANTUM];
        let [past, write] = self.frames.get_disjoint_mut(ranges).expect("a delay longer than a quantum");
        (
            (&*past).try_into().expect("a slice of that length"),
            write.try_into().expect("a slice of that length"),
        )
    }

    /// Keeps the copy behind the end true; call after writing [`Ring::block`].
    #[inline(always)]
    pub fn mirror(&mut self) {
        match self.at {
            0 => self.frames.copy_within(0..QUANTUM, self.length),
            QUANTUM => self.frames[self.length + QUANTUM] = self.frames[QUANTUM],
            _ => {}
        }
    }

    #[inline(always)]
    pub fn advance(&mut self) {
        self.at += QUANTUM;
        if self.at == self.length {
            self.at = 0;
        }
    }
}
