//! The schedule: where the motif is stated, and in which development.
//! Source: MUSIC 2.5 (sentence, period, loop), 3.3 (full statements at phrase starts, at least a quarter of the bars
//! free of melody, more under dialogue). In/out: pure in (seed, unit, climate at the unit's start).

use super::super::axes::Axes;
use super::super::choose::{best, ln_weight, permille};
use super::super::form::{Ending, PHRASE_BARS, Place};
use super::develop::operator;
use crate::mapping::RISING_ENDS;
use crate::random::Domain;

/// What is sung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idea {
    Motif,
    /// Contrasts with the motif inside a period.
    Answer,
    /// Opens a phrase that contrasts.
    Bridge,
    /// The same when the contrast comes again.
    Return,
    /// Ends a phrase of the first letter.
    Close,
    /// Ends a phrase of the second.
    Farewell,
}

/// A statement the schedule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Number in the cue.
    pub number: u32,
    /// First bar.
    pub bar: i64,
    pub idea: Idea,
    pub operator: u8,
    /// True where the line should start on the motif's own degree.
    pub home: bool,
    /// Semitones the tune's middle lies above where the mood puts it.
    pub lift: i32,
    /// Whether it rises to its last note, where it closes a phrase.
    pub rises: bool,
}

const EXACT: u8 = operator("exact");
const SEQUENCE: u8 = operator("sequence");
const ALTER: u8 = operator("alter");
const WIDEN: u8 = operator("widen");
const AUGMENT: u8 = operator("augment");
const DIMINISH: u8 = operator("diminish");
const FRAGMENT: u8 = operator("fragment");
const DISPLACE: u8 = operator("displace");
const INVERT: u8 = operator("invert");
const RETROGRADE: u8 = operator("retrograde");
const ORNAMENT: u8 = operator("ornament");
const EXPAND: u8 = operator("expand");
const CANON: u8 = operator("canon");
const LIQUIDATE: u8 = operator("liquidate");
const RERHYTHM: u8 = operator("rerhythm");
const RHYTHM: u8 = operator("rhythm");

impl Statement {
    /// True where a second voice follows a bar behind.
    pub fn is_canon(&self) -> bool {
        self.idea == Idea::Motif && self.operator == CANON
    }
}

/// What the schedule must know of a cue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Its last bar, from 0.
    pub last: i64,
    /// Whether its motif takes more than two bars.
    pub long: bool,
}

/// How a phrase treats its theme.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Sentence,
    Period,
    Loop,
}

/// The statement that starts in half `half` (0 or 1, two bars each) of the unit `place` starts, if there is one.
pub(crate) fn statement_at(
    seed: u64,
    place: &Place,
    axes: &Axes,
    half: i64,
    shape: Shape,
) -> Option<Statement> {
    let quarter = (place.in_phrase / 4) * 2 + half;
    let source = source(place, quarter, axes);
    let presence = axes.motif * (1000 - axes.dialogue * 6 / 10) / 1000;
    let kind = kind_of(seed, &source, presence);
    let luck = |j: i64| permille(seed, Domain::Development, source.phrase, j);
    // The first phrase of a section nearly always has the theme, and a climax without a tune is none; who asks for no
    // theme gets none.
    let wanted = match source.fourth() {
        0 => presence * 3,
        _ if carries(&source, axes) => presence * 2,
        _ => presence * 13 / 10,
    };
    let active = presence > 0 && luck(1) < wanted;
    let peak = peaks(place, axes);
    let rests = rest_of(seed, place, axes, peak, shape);
    let chance = match (quarter, active) {
        (_, true) if Some(quarter) == rests => 0,
        (0 | 2, true) => 1000,
        // The theme alone, as one hears it where there is little of it, goes round with a pause.
        (1, true) if kind == Kind::Loop && presence < SPARSE => 500,
        (1, true) => 900,
        // What was silent inside comes to a close.
        (_, true) => 1000,
        // A phrase without the theme is not without a voice: its halves open with a call.
        (0 | 2, false) => presence * 3 / 2,
        _ => 0,
    };
    if luck(10 + quarter) >= chance {
        return None;
    }
    let talking = axes.dialogue > 600;
    if talking && luck(20 + quarter) >= 400 {
        return None;
    }
    let (idea, operator) = if talking || !active {
        (Idea::Motif, FRAGMENT)
    } else {
        let idea = match idea_for(seed, &source, kind, quarter) {
            Idea::Bridge if quarter == 0 && place.returns() => Idea::Return,
            // The top of a section says the motif twice; its phrase stays open.
            _ if quarter >= 2 && peak => Idea::Motif,
            idea => idea,
        };
        // Where the phrase is to end in silence, a mere fragment would leave three bars of it.
        let brief = quarter == 2 && rests == Some(3);
        (idea, operator_for(seed, &source, axes, kind, quarter, brief))
    };
    // An augmented theme fills its unit: nothing starts in its second half.
    let fills = |s: Statement| s.operator == AUGMENT && s.idea == Idea::Motif;
    if half == 1 && statement_at(seed, place, axes, 0, shape).is_some_and(fills) {
        return None;
    }
    Some(Statement {
        idea,
        number: (place.unit.clamp(0, i64::from(u32::MAX / 2) - 1) * 2 + half) as u32,
        bar: place.bar + 2 * half,
        operator,
        home: quarter == 0 || operator == EXACT || idea != Idea::Motif,
        lift: if quarter >= 2 && peak { PEAK_LIFT } else { 0 },
        rises: rises(seed, place, axes),
    })
}

/// Energy at which brass comes in and from which all stems drive, thousandths (MUSIC 5.1, 4).
const LOUD: i32 = 450;
const DRIVEN: i32 = 600;

/// Presence below which a theme is rather an occasional visitor, thousandths (MUSIC 2.5).
const SPARSE: i32 = 300;

/// The quarter in which a phrase breathes: a tune that never stops is not heard. After its opening or at its end, by
/// theme and place; the one that holds a loud climax draws breath before it or not at all. A long motif fills the first
/// half, so that its phrase is silent before its end.
fn rest_of(seed: u64, place: &Place, axes: &Axes, peak: bool, shape: Shape) -> Option<i64> {
    // One that repeats another breathes where that did.
    let luck = permille(seed, Domain::Development, source(place, 0, axes).phrase, 2);
    let opens_whole = shape.long && place.letter == 'A';
    let (early, late) = if opens_whole { (2, 3) } else { (1, 3) };
    match peak {
        // The cue ends with its close.
        _ if place.phrase == shape.last.div_euclid(PHRASE_BARS) => Some(early),
        true => (luck < CLIMAX_RESTS).then_some(early),
        // What everybody plays does not end in the air: the rest lies inside the phrase.
        false if axes.energy >= DRIVEN => Some(if luck < 650 { early } else { late }),
        false => Some(if luck < 500 { early } else { late }),
    }
}

/// Whether a phrase should not be without the tune: where a section has its climax, and where everybody plays.
fn carries(place: &Place, axes: &Axes) -> bool {
    (place.climbs() && axes.energy >= 200) || axes.energy >= DRIVEN
}

/// How often the phrase of a loud climax draws breath before it, thousandths: its two bars lie at the phrase's end.
const CLIMAX_RESTS: i32 = 400;

/// Semitones a tune lies higher than the mood puts it, at the top of its section.
const PEAK_LIFT: i32 = 5;

/// Whether a unit is the loud top of its section.
fn peaks(place: &Place, axes: &Axes) -> bool {
    place.climbs() && axes.energy + place.swell() >= LOUD
}

/// The phrase a quarter is modeled on. A' and B' are A and B again up to the ending: what is to be known must be heard
/// twice. The A that returns after a contrast goes on as it did, unless the mood is loud and wide enough for a triumph.
fn source(place: &Place, quarter: i64, axes: &Axes) -> Place {
    let triumph = axes.energy > 300 && axes.scale > 300;
    // A third A in a row begins as the first did and goes its own way from its middle on, unless it is the section's loud
    // top.
    let third = place.climbs() && place.letter == 'A' && !peaks(place, axes);
    match place.opening() {
        _ if quarter < 3 && place.repeats() => place.phrase_before(),
        Some(opening) if quarter < 3 && place.recalls() && !triumph => opening,
        Some(opening) if quarter < 2 && third => opening,
        _ => *place,
    }
}

/// Whether a phrase rises to its end; phrases of one theme do alike.
pub(crate) fn rises(seed: u64, place: &Place, axes: &Axes) -> bool {
    permille(seed, Domain::Development, place.theme(), 33) < RISING_ENDS.at(axes.valence)
}

/// What a quarter of a phrase sings: `a a' b-fragment close`, `a b a close`, or the motif alone (MUSIC 2.5); a phrase
/// that contrasts says its new idea twice.
fn idea_for(seed: u64, place: &Place, kind: Kind, quarter: i64) -> Idea {
    let contrasts = place.letter == 'B';
    match (kind, quarter) {
        (_, 0) | (Kind::Period | Kind::Loop, 1) if contrasts => Idea::Bridge,
        (Kind::Period, 1) | (Kind::Loop, 1) => Idea::Answer,
        (_, 3) if contrasts => Idea::Farewell,
        (Kind::Sentence, 3) if dissolves(seed, place) => Idea::Motif,
        (_, 3) => Idea::Close,
        _ => Idea::Motif,
    }
}

fn kind_of(seed: u64, place: &Place, presence: i32) -> Kind {
    let weights = if presence < SPARSE { [20u16, 10, 70] } else { [45, 25, 30] };
    let ln_weights = weights.iter().map(|&w| ln_weight(w));
    [Kind::Sentence, Kind::Period, Kind::Loop][best(seed, Domain::Form, place.theme(), 1, ln_weights)]
}

/// Whether a sentence that another phrase answers ends in what is left of its motif instead of a close: statement,
/// development, liquidation (MUSIC 3.3).
fn dissolves(seed: u64, place: &Place) -> bool {
    place.ending == Ending::Open && permille(seed, Domain::Development, place.theme(), 31) < DISSOLVED
}

/// How many themes' sentences do, thousandths. Taste: heard now and then, while most phrases still come to rest.
const DISSOLVED: i32 = 350;

/// Whether a sentence's second statement is the motif on another step.
fn sequences(seed: u64, place: &Place) -> bool {
    permille(seed, Domain::Development, place.theme(), 30) < 500
}

/// Which development a quarter of a phrase gets: the theme first, then ever further from it. A quarter to a half of
/// all statements are the motif itself, in any key (MUSIC 3.3): the opening of A and A', and either the sentence's
/// second statement or the opening of A''.
fn operator_for(seed: u64, place: &Place, axes: &Axes, kind: Kind, quarter: i64, brief: bool) -> u8 {
    let returns = place.fourth() > 1;
    let sequel = kind == Kind::Sentence && sequences(seed, place);
    match quarter {
        0 if !returns || (kind == Kind::Sentence && !sequel && place.letter == 'A') => return EXACT,
        // Where everybody plays the later phrases say the motif on another step as well.
        1 if sequel && (!returns || axes.energy >= DRIVEN) => return SEQUENCE,
        _ => {}
    }
    let (bright, tense, loud) = (axes.valence > 0, axes.tension > 400, axes.energy > 300);
    let when = |is: bool, weight: u16| if is { weight } else { 0 };
    let options: [(u8, u16); 7] = match (kind, quarter) {
        // At its top the section has the whole motif, and larger than before.
        (_, 2 | 3) if peaks(place, axes) => [
            (EXACT, when(quarter == 2, if axes.energy >= DRIVEN { 80 } else { 30 })),
            (ALTER, 40),
            (WIDEN, 15),
            (EXPAND, when(axes.valence > 0, 15)),
            (AUGMENT, when(axes.scale > 300, 12)),
            (SEQUENCE, when(quarter == 2, 6)),
            (ORNAMENT, 0),
        ],
        (_, 0) => [
            (CANON, when(axes.energy > 400 && axes.scale > 300, 30)),
            (ALTER, 16),
            (AUGMENT, if axes.wonder > 500 || axes.energy < -300 { 20 } else { 8 }),
            (ORNAMENT, if loud { 8 } else { 18 }),
            (WIDEN, 14),
            (EXPAND, when(loud && bright, 14)),
            (INVERT, when(!bright, 8)),
        ],
        (_, 1) => [
            (ALTER, 26),
            (INVERT, if bright { 8 } else { 18 }),
            (ORNAMENT, 18),
            (WIDEN, 14),
            (EXPAND, when(loud, 8)),
            (RETROGRADE, when(tense, 8)),
            (DISPLACE, when(tense, 8)),
        ],
        (Kind::Sentence, 2) => [
            (FRAGMENT, 60),
            (DISPLACE, when(tense, 15)),
            (DIMINISH, when(loud, 20)),
            (INVERT, when(!bright, 10)),
            (ALTER, 10),
            (LIQUIDATE, 8),
            (RHYTHM, when(tense && !bright, 6)),
        ],
        (_, 2) => [
            (ALTER, 25),
            (ORNAMENT, 20),
            (WIDEN, 14),
            (AUGMENT, when(axes.energy < 0, 14)),
            (EXPAND, when(loud, 12)),
            (FRAGMENT, 14),
            (RERHYTHM, 8),
        ],
        _ => [
            (FRAGMENT, 35),
            (LIQUIDATE, 30),
            (ALTER, 25),
            (DIMINISH, when(loud, 10)),
            (WIDEN, 0),
            (ORNAMENT, 0),
            (EXPAND, 0),
        ],
    };
    // What follows a far development must be near, or the motif is lost: none in phrases that contrast.
    let far = |operator: u8| [LIQUIDATE, RHYTHM].contains(&operator) && place.letter == 'B';
    // Later phrases develop the motif otherwise than the first did.
    let known = place.opening().map(|first| operator_for(seed, &first, axes, kind, 2, brief));
    let ln_weights = options.iter().map(|&(operator, weight)| {
        let short = brief && [FRAGMENT, LIQUIDATE, DIMINISH].contains(&operator);
        let shunned = far(operator) || known == Some(operator) || short;
        ln_weight(if shunned { 0 } else { weight })
    });
    options[best(seed, Domain::Development, place.phrase, 8 + quarter, ln_weights)].0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Climate;

    const SHORT: Shape = Shape { last: 1000, long: false };

    fn count(climate: &Climate) -> (usize, usize) {
        let axes = Axes::of(climate);
        let mut bars = 0;
        let mut busy = 0;
        for seed in 0..30u64 {
            for unit in 0..16 {
                let place = Place::of(seed, unit * 4);
                for half in 0..2 {
                    bars += 2;
                    busy += 2 * usize::from(statement_at(seed, &place, &axes, half, SHORT).is_some());
                }
            }
        }
        (busy, bars)
    }

    #[test]
    fn presence_and_dialogue_decide_how_much_is_sung() {
        let climate = |motif, dialogue| Climate { motif, dialogue, ..Climate::default() };
        let share = |c: Climate| {
            let (busy, bars) = count(&c);
            busy as f64 / bars as f64
        };
        assert_eq!(share(climate(0.0, 0.0)), 0.0);
        let (some, more) = (share(climate(0.3, 0.0)), share(climate(0.9, 0.0)));
        assert!(some > 0.05 && more > some + 0.1 && more <= 0.75, "{some} {more}");
        assert!(share(climate(0.6, 0.8)) <= 0.4);
    }

    #[test]
    fn a_section_opens_with_the_motif_itself() {
        let axes = Axes::of(&Climate::default());
        let opening = statement_at(5, &Place::of(5, 32), &axes, 0, SHORT).unwrap();
        assert_eq!((opening.operator, opening.bar, opening.number), (EXACT, 32, 16));
    }
}
