//! Reaction: how soon each decision follows the mood, declared once.
//! Source: MUSIC 0.1 (reaction times). In/out: a table; the tests beside it step the mood and hold every row to its word.

/// When a decision is taken anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reaction {
    /// At once: within 0.3 s.
    Immediate,
    /// With the next beat.
    Beat,
    /// With the next bar.
    Bar,
    /// With the next unit of four bars.
    Unit,
}

/// A decision and when it is taken.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    /// Identifier.
    pub id: &'static str,
    /// What is decided.
    pub doc: &'static str,
    /// How soon it follows the mood.
    pub reaction: Reaction,
}

const fn row(id: &'static str, reaction: Reaction, doc: &'static str) -> Decision {
    Decision { id, doc, reaction }
}

/// Every decision that follows the mood.
pub const DECISIONS: [Decision; 16] = [
    row("level", Reaction::Immediate, "gain of each stem, and its send to the hall"),
    row("brightness", Reaction::Immediate, "filters, bow pressure, breath, vibrato of sounding notes"),
    row("density", Reaction::Beat, "onsets of ostinato, pulse and bass"),
    row("articulation", Reaction::Beat, "how long short notes sound, where accents fall"),
    row("drive", Reaction::Beat, "percussion: which bands play, how densely"),
    row("force", Reaction::Beat, "velocity of new notes"),
    row("gesture", Reaction::Beat, "the answer to a leap of 0.6 or more: effect, drum, chord struck again"),
    row("harmony", Reaction::Bar, "chords, their voicing, the mode"),
    row("bass", Reaction::Bar, "register and notes of the bass"),
    row("entries", Reaction::Bar, "which stems play"),
    row("cast", Reaction::Bar, "which parts a full texture leaves out"),
    row("meter", Reaction::Bar, "hemiola before a section"),
    row("statement", Reaction::Unit, "whether the motif is stated, and in which development"),
    row("key", Reaction::Unit, "the tonic"),
    row("form", Reaction::Unit, "unit, phrase, section and their letters"),
    row("register", Reaction::Unit, "the height a melody is laid at"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_unique_names_and_stand_in_order_of_time() {
        for (i, row) in DECISIONS.iter().enumerate() {
            assert!(!row.doc.is_empty() && DECISIONS[..i].iter().all(|other| other.id != row.id));
        }
        assert!(DECISIONS.windows(2).all(|w| w[0].reaction <= w[1].reaction));
    }
}
