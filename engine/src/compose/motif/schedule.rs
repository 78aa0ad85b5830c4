//! The schedule: where the motif is stated, and in which development.
//! Source: MUSIC 2.5 (sentence, period, loop), 3.3 (full statements at phrase starts, at least a quarter of the bars
//! free of melody, more under dialogue). In/out: pure in (seed, unit, climate at the unit's start).

use super::super::axes::Axes;
use super::super::choose::{best, ln_weight, permille};
use super::super::form::Place;
use super::develop::operator;
use crate::random::Domain;

/// A statement the schedule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Number in the cue.
    pub number: u32,
    /// First bar.
    pub bar: i64,
    pub operator: u8,
    /// True where the line should start on the motif's own degree.
    pub home: bool,
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

/// How a phrase treats its theme.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Sentence,
    Period,
    Loop,
}

/// The statement that starts in half `half` (0 or 1, two bars each) of the unit `place` starts, if there is one.
pub(crate) fn statement_at(seed: u64, place: &Place, axes: &Axes, half: i64) -> Option<Statement> {
    let quarter = (place.in_phrase / 4) * 2 + half;
    let presence = axes.motif * (1000 - axes.dialogue * 6 / 10) / 1000;
    let kind = kind_of(seed, place, presence);
    // A' is A again where it can be: it sings the same first and third quarters, and varies the others.
    let again = place.fourth() == 1 && quarter % 2 == 0;
    let phrase = if again { place.phrase - 1 } else { place.phrase };
    let luck = |j: i64| permille(seed, Domain::Development, phrase, j);
    // The first phrase of a section nearly always has the theme; who asks for none gets none.
    let wanted = if place.fourth() == 0 { presence * 3 } else { presence * 13 / 10 };
    let active = presence > 0 && luck(1) < wanted;
    let chance = match (kind, quarter, active) {
        (_, 0, true) => 1000,
        (Kind::Sentence, 1, true) => 700,
        (Kind::Sentence, 2, true) => 750,
        (Kind::Sentence, 3, true) => 250,
        (Kind::Period, 1, true) => 550,
        (Kind::Period, 2, true) => 800,
        (Kind::Period, 3, true) => 200,
        (Kind::Loop, 2, true) => 650,
        (Kind::Loop, 1, true) => 150,
        (_, 2, false) => presence / 2,
        _ => 0,
    };
    if luck(10 + quarter) >= chance {
        return None;
    }
    let talking = axes.dialogue > 600;
    if talking && luck(20 + quarter) >= 400 {
        return None;
    }
    let operator =
        if talking || !active { FRAGMENT } else { operator_for(seed, phrase, place, axes, kind, quarter) };
    // An augmented theme fills its unit: nothing starts in its second half.
    if half == 1 && statement_at(seed, place, axes, 0).is_some_and(|first| first.operator == AUGMENT) {
        return None;
    }
    Some(Statement {
        number: (place.unit.clamp(0, i64::from(u32::MAX / 2) - 1) * 2 + half) as u32,
        bar: place.bar + 2 * half,
        operator,
        home: quarter == 0 || operator == EXACT,
    })
}

fn kind_of(seed: u64, place: &Place, presence: i32) -> Kind {
    let weights = if presence < 300 { [20u16, 10, 70] } else { [45, 25, 30] };
    let ln_weights = weights.iter().map(|&w| ln_weight(w));
    [Kind::Sentence, Kind::Period, Kind::Loop][best(seed, Domain::Form, place.theme(), 1, ln_weights)]
}

/// Which development a quarter of a phrase gets: the theme first, then ever further from it.
fn operator_for(seed: u64, phrase: i64, place: &Place, axes: &Axes, kind: Kind, quarter: i64) -> u8 {
    if phrase % 4 == 0 && quarter == 0 {
        return EXACT;
    }
    // The motif itself opens a section; A'' comes changed, and so does every later answer. Where nothing else
    // sounds between them this leaves three exact copies in a row, seldom more.
    let copies = match quarter {
        0 => place.fourth() < 3,
        1 => place.fourth() % 2 == 0,
        _ => false,
    };
    let (bright, tense, loud) = (axes.valence > 0, axes.tension > 400, axes.energy > 300);
    let when = |is: bool, weight: u16| if is { weight } else { 0 };
    let options: [(u8, u16); 7] = match (kind, quarter) {
        (_, 0) => [
            (EXACT, 70),
            (CANON, when(loud && axes.scale > 300, 16)),
            (ALTER, 16),
            (AUGMENT, if axes.wonder > 500 || axes.energy < -300 { 20 } else { 8 }),
            (ORNAMENT, if loud { 8 } else { 18 }),
            (WIDEN, 10),
            (EXPAND, when(loud && bright, 14)),
        ],
        (Kind::Period, 1) | (Kind::Loop, 1) => [
            (INVERT, if bright { 14 } else { 30 }),
            (ORNAMENT, 20),
            (SEQUENCE, 20),
            (ALTER, 20),
            (RETROGRADE, when(tense, 12)),
            (EXPAND, when(loud, 10)),
            (DISPLACE, when(tense, 10)),
        ],
        (_, 1) => [
            (SEQUENCE, 40),
            (ALTER, 26),
            (INVERT, if bright { 8 } else { 18 }),
            (ORNAMENT, 14),
            (WIDEN, 10),
            (EXPAND, when(loud, 8)),
            (EXACT, 6),
        ],
        (Kind::Period, 2) => [
            (EXACT, 30),
            (ALTER, 25),
            (SEQUENCE, 15),
            (ORNAMENT, 15),
            (WIDEN, 10),
            (AUGMENT, when(axes.energy < 0, 10)),
            (EXPAND, when(loud, 10)),
        ],
        (_, 2) => [
            (FRAGMENT, 60),
            (SEQUENCE, 12),
            (DISPLACE, when(tense, 15)),
            (DIMINISH, when(loud, 20)),
            (INVERT, when(!bright, 10)),
            (ALTER, 10),
            (EXACT, 6),
        ],
        _ => [
            (FRAGMENT, 35),
            (LIQUIDATE, 30),
            (ALTER, 25),
            (SEQUENCE, 10),
            (DIMINISH, when(loud, 10)),
            (WIDEN, 0),
            (EXACT, 0),
        ],
    };
    let ln_weights = options.iter().map(|&(operator, weight)| {
        let copy = [EXACT, SEQUENCE, CANON].contains(&operator);
        ln_weight(if copy && !copies { 0 } else { weight })
    });
    options[best(seed, Domain::Development, phrase, 8 + quarter, ln_weights)].0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Climate;

    fn count(climate: &Climate) -> (usize, usize) {
        let axes = Axes::of(climate);
        let mut bars = 0;
        let mut busy = 0;
        for seed in 0..30u64 {
            for unit in 0..16 {
                let place = Place::of(seed, unit * 4);
                for half in 0..2 {
                    bars += 2;
                    busy += 2 * usize::from(statement_at(seed, &place, &axes, half).is_some());
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
        let opening = statement_at(5, &Place::of(5, 32), &axes, 0).unwrap();
        assert_eq!((opening.operator, opening.bar, opening.number), (EXACT, 32, 16));
    }
}
