//! What the editor needs of a running instance, and nothing more: so that every view can be tested without a host.
//! Source: own. In/out: [`Model`] is implemented by the plugin's shared side and by a plain struct in the tests.

use crate::core::CaptureState;
use cuewright_engine::compose::Climate;
use cuewright_engine::cue::{Cue, Motif};
use cuewright_engine::engine::Telemetry;
use cuewright_engine::params::Values;
use cuewright_engine::plan::Plan;
use cuewright_engine::stem::STEM_COUNT;
use cuewright_engine::time::BarGrid;
use std::sync::Arc;

/// What a hand does to a parameter, in the order hosts want it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gesture {
    /// The parameter (table index) is grasped.
    Begin(usize),
    /// It takes a plain value.
    Perform(usize, f32),
    /// It is let go.
    End(usize),
}

/// A palette or a hall as a list shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Identifier, as the cue names it.
    pub id: String,
    /// Name shown to people.
    pub name: String,
    /// One sentence.
    pub description: String,
}

/// A running instance as the editor sees it.
pub trait Model {
    /// Parameter values as the host sees them, without modulation.
    fn values(&self) -> Values;
    /// Hands a parameter gesture on.
    fn gesture(&mut self, gesture: Gesture);
    /// The document.
    fn cue(&self) -> Arc<Cue>;
    /// Replaces the document. An error says why it stays as it was.
    fn set_cue(&mut self, cue: Cue) -> Result<(), String>;
    /// The document, compiled; the same pointer as long as it is the same plan.
    fn plan(&self) -> Arc<Plan>;
    /// All palettes.
    fn palettes(&self) -> Vec<Entry>;
    /// What the engine last said of itself.
    fn telemetry(&self) -> Option<Telemetry>;
    /// Highest peak of each stem and of the mix since the last call.
    fn take_peaks(&mut self) -> [f32; STEM_COUNT + 1];
    /// The bar grid as it is heard.
    fn grid(&self) -> BarGrid;
    /// What a bar that was heard was composed with.
    fn recall(&self, bar: i64) -> Option<Climate>;
    /// What loading the last state repaired or could not keep, in sentences.
    fn notices(&self) -> Vec<String>;
    /// Forgets the notices.
    fn clear_notices(&mut self);
    /// Where the capture of a motif stands.
    fn capture_state(&self) -> CaptureState;
    /// Starts listening to what is played (true), or ends it: what was heard becomes a motif.
    fn capture(&mut self, on: bool);
    /// Ends listening and forgets what was heard.
    fn cancel_capture(&mut self);
    /// The motif of a capture that ended, once.
    fn take_captured(&mut self) -> Option<Motif>;
}
