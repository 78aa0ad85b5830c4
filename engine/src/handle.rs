//! The other side of the engine: what the editor, the shells and the command line hold.
//! Source: DESIGN 4 "two sides, two types". In/out: boxes and small records over rings; never blocks the audio thread.

use crate::compose::{Climate, Composer};
use crate::engine::{ScoreEvent, Telemetry};
use crate::instrument::Spec;
use crate::memory::Memory;
use crate::mix::Orchestra;
use crate::plan::Plan;
use crate::time::BarGrid;
use crossbeam::queue::ArrayQueue;
use std::sync::Arc;

/// Commands that may wait for the audio thread.
pub(crate) const COMMANDS: usize = 16;

/// Boxes on their way back; twice what the commands can bring.
pub(crate) const RETURNS: usize = 2 * COMMANDS + 4;

/// Score events kept for a reader that is late: a minute of dense music.
const SCORE_EVENTS: usize = 2048;

/// Bars heard since the last [`EngineHandle::collect`]; older ones are lost first.
const HEARD: usize = 1024;

/// A plan with everything that runs it.
pub(crate) struct Production {
    pub plan: Plan,
    /// Comes with the plan: its caches know no other.
    pub composer: Composer,
}

impl Production {
    pub fn new(plan: Plan) -> Production {
        Production { plan, composer: Composer::new() }
    }
}

pub(crate) enum Command {
    /// A new plan, with an orchestra where the running one cannot play it.
    Plan(Box<Production>, Option<Box<Orchestra>>),
    Memory(Box<Memory>),
}

/// What travels back to be dropped; never read, only owned.
#[allow(dead_code, reason = "the boxes are held to be dropped on the other side")]
pub(crate) enum Return {
    Production(Box<Production>),
    Orchestra(Box<Orchestra>),
    Memory(Box<Memory>),
}

/// The ends the audio thread holds.
pub(crate) struct AudioEnds {
    pub commands: rtrb::Consumer<Command>,
    pub returns: rtrb::Producer<Return>,
    pub score: rtrb::Producer<ScoreEvent>,
    pub telemetry: Arc<ArrayQueue<Telemetry>>,
    pub heard: Arc<ArrayQueue<(i64, Climate)>>,
    pub grids: rtrb::Producer<BarGrid>,
}

/// Sends plans in; takes old ones, telemetry and the score out.
pub struct EngineHandle {
    spec: Spec,
    commands: rtrb::Producer<Command>,
    returns: rtrb::Consumer<Return>,
    score: rtrb::Consumer<ScoreEvent>,
    telemetry: Arc<ArrayQueue<Telemetry>>,
    heard: Arc<ArrayQueue<(i64, Climate)>>,
    grids: rtrb::Consumer<BarGrid>,
    memory: Memory,
    /// Parts of the newest plan sent: decides whether the next one needs other instruments.
    parts: Box<Plan>,
}

impl EngineHandle {
    pub(crate) fn pair(spec: Spec, plan: &Plan) -> (AudioEnds, EngineHandle) {
        let (command_in, command_out) = rtrb::RingBuffer::new(COMMANDS);
        let (return_in, return_out) = rtrb::RingBuffer::new(RETURNS);
        let (score_in, score_out) = rtrb::RingBuffer::new(SCORE_EVENTS);
        let (grid_in, grid_out) = rtrb::RingBuffer::new(8);
        let telemetry = Arc::new(ArrayQueue::new(1));
        let heard = Arc::new(ArrayQueue::new(HEARD));
        let ends = AudioEnds {
            commands: command_out,
            returns: return_in,
            score: score_in,
            telemetry: telemetry.clone(),
            heard: heard.clone(),
            grids: grid_in,
        };
        let handle = EngineHandle {
            spec,
            commands: command_in,
            returns: return_out,
            score: score_out,
            telemetry,
            heard,
            grids: grid_out,
            memory: Memory::new(plan.grid.clone()),
            parts: Box::new(plan.clone()),
        };
        (ends, handle)
    }

    /// Sends a new plan: it is in force from the next quantum, bar and beat decisions from the next beat on. Parameter
    /// values do not change (send them as events). Gives the plan back when sixteen are still waiting.
    pub fn send_plan(&mut self, plan: Plan) -> Result<(), Box<Plan>> {
        self.collect();
        if self.commands.is_full() {
            return Err(Box::new(plan));
        }
        let orchestra =
            (!plan.same_orchestra(&self.parts)).then(|| Box::new(Orchestra::new(&plan, &self.spec)));
        *self.parts = plan.clone();
        match self.commands.push(Command::Plan(Box::new(Production::new(plan)), orchestra)) {
            Ok(()) => Ok(()),
            Err(_) => unreachable!("there was room, and this is the only producer"),
        }
    }

    /// Sends what an earlier session heard (from the plugin's state). Gives it back when sixteen commands are waiting.
    pub fn send_memory(&mut self, memory: Memory) -> Result<(), Box<Memory>> {
        self.collect();
        let copy = memory.clone();
        match self.commands.push(Command::Memory(Box::new(memory))) {
            Ok(()) => {
                self.memory = copy;
                Ok(())
            }
            Err(rtrb::PushError::Full(Command::Memory(memory))) => Err(memory),
            Err(_) => unreachable!("the ring gives back what it was given"),
        }
    }

    /// Drops what the audio thread no longer needs and takes in what it heard. Call from time to time, off the audio thread.
    pub fn collect(&mut self) {
        while self.returns.pop().is_ok() {}
        while let Ok(grid) = self.grids.pop() {
            self.memory.grid = grid;
        }
        while let Some((bar, climate)) = self.heard.pop() {
            self.memory.remember(bar, climate);
        }
    }

    /// The newest telemetry since the last call.
    pub fn telemetry(&mut self) -> Option<Telemetry> {
        self.telemetry.pop()
    }

    /// The next score event. When nobody asks, new events are dropped once [`EngineHandle`]'s ring is full.
    pub fn next_score_event(&mut self) -> Option<ScoreEvent> {
        self.score.pop().ok()
    }

    /// What was heard so far, for the plugin's state. Call [`EngineHandle::collect`] first.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }
}
