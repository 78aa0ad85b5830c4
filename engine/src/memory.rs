//! What was heard: the climate of every bar that was composed, and the meters the host showed.
//! Source: DESIGN 6.4, MUSIC 2.7: bar k is voiced from bar k-1's mood, and under host automation only memory knows it.
//! In/out: a bounded table, about 130 KiB, saved in the plugin's state.

use crate::compose::{Climate, Climates};
use crate::time::BarGrid;

/// Bars remembered; a bar further than this from the newest in the same place of the table is forgotten.
pub const REMEMBERED_BARS: usize = 2048;

/// The table.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Meters heard so far.
    pub grid: BarGrid,
    bars: Vec<Option<(i64, Climate)>>,
}

impl Memory {
    /// Nothing heard yet.
    pub fn new(grid: BarGrid) -> Memory {
        Memory { grid, bars: vec![None; REMEMBERED_BARS] }
    }

    /// Forgets everything; does not allocate.
    pub fn clear(&mut self, grid: &BarGrid) {
        self.grid = grid.clone();
        self.bars.fill(None);
    }

    /// Remembers a bar.
    pub fn remember(&mut self, bar: i64, climate: Climate) {
        self.bars[bar.rem_euclid(REMEMBERED_BARS as i64) as usize] = Some((bar, climate));
    }

    /// What a bar was composed with.
    pub fn recall(&self, bar: i64) -> Option<Climate> {
        let slot = self.bars[bar.rem_euclid(REMEMBERED_BARS as i64) as usize];
        slot.filter(|&(remembered, _)| remembered == bar).map(|(_, climate)| climate)
    }

    /// Everything remembered, in order of bars.
    pub fn bars(&self) -> Vec<(i64, Climate)> {
        let mut bars: Vec<_> = self.bars.iter().flatten().copied().collect();
        bars.sort_by_key(|&(bar, _)| bar);
        bars
    }
}

/// Memory with the present as the answer for bars never heard.
pub struct Remembered<'a, F: Fn(i64) -> Climate> {
    /// What was heard.
    pub memory: &'a Memory,
    /// The bar being composed now: always the present, also when it was heard before.
    pub bar: i64,
    /// The climate a bar would have under the present values.
    pub present: F,
}

impl<F: Fn(i64) -> Climate> Climates for Remembered<'_, F> {
    fn at_bar(&self, bar: i64) -> Climate {
        let heard = if bar == self.bar { None } else { self.memory.recall(bar) };
        heard.unwrap_or_else(|| (self.present)(bar))
    }
}
