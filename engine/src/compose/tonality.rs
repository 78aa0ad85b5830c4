//! Tonality: of several throws for a theme's harmony, the one that leaves no doubt where home is and brings the cue's
//! changes of chord nearest to those its mood is known for.
//! Source: MUSIC 9 tests 2 and 14; Krumhansl & Kessler's probe-tone ratings (1982). Off the audio thread.
//! In/out: a seed in, one small number per cell and theme out.

use super::Climate;
use super::axes::Axes;
use super::cells::{CELLS, Step};
use super::color::colored;
use super::form::{Ending, PHRASE_BARS, Place, SECTION_BARS, THEMES};
use super::moves::{MOVES, asked, row_between};
use super::phrase::{Filled, Subject, end_otherwise, fill};
use super::picks::{Hearing, Picks};
use arrayvec::ArrayVec;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Places of a phrase that are thrown for by themselves: two bars each.
const PLACES: u16 = 4;

/// How many throws are looked at in each, at most 16.
const THROWS: u16 = 14;

/// Lead of the tonic's key over every other in correlation from which a theme counts as clear. Tuned
/// against both tests of MUSIC 9 that it serves, on the tuning seeds.
const CLEAR: f64 = 0.3;

/// The same where a cell asks for no changes of its own, so that nothing is lost by waiting for more.
const CLEARER: f64 = 0.35;

/// How long root, fifth and other notes of a chord sound in chords of two, three and four notes: of four, the voices leave
/// out the fifth first. Fitted by least squares on the sounding times of 360 cues (r = .95).
const SOUNDING: [[f64; 3]; 3] = [[1.9, 1.15, 1.3], [1.25, 0.95, 1.0], [0.85, 0.55, 0.95]];

/// How long the tonic sounds beside every chord, in drones and tune. Fitted with [`SOUNDING`].
const TONIC: f64 = 0.28;

/// How long the dominant does.
const DOMINANT: f64 = 0.1;

/// Moods around the middle of a cell that it is heard in as well: valence and energy beside it, thousandths; effective
/// tension follows both (MUSIC 1.1).
const AROUND: [[i32; 2]; 4] = [[300, 0], [-300, 0], [0, 400], [0, -400]];

/// How much less clear a theme may be there. Tuned on 480 windows in moods at random.
const AROUND_LESS: f64 = 0.1;

/// What a lead of 1 too little costs beside the distance of the changes, 0..1. Tuned against both tests.
const DOUBT: f64 = 2.0;

/// Probe-tone ratings per semitone above the tonic, major and minor.
const PROFILES: [[f64; 12]; 2] = [
    [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
    [6.33, 2.68, 3.52, 5.38, 2.6, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
];

/// Which throw each theme takes in each cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rolls([[u16; THEMES]; CELLS.len()]);

/// Seeds whose rolls are kept: as many cues as one session has open, roughly. A cue is compiled again at every edit, and
/// only its seed matters here.
const KEPT_SEEDS: usize = 16;

static KEPT: Mutex<ArrayVec<(u64, Rolls), KEPT_SEEDS>> = Mutex::new(ArrayVec::new_const());

impl Rolls {
    /// The rolls of a seed, looked at once and then kept. Heavy and may wait: called while compiling a plan, never while
    /// playing.
    pub fn new(seed: u64) -> Rolls {
        // What is kept is whole at every moment, whoever panicked.
        let kept = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, rolls)) = kept().iter().find(|(of, _)| *of == seed) {
            return rolls.clone();
        }
        let rolls = Rolls::look(seed);
        let mut kept = kept();
        if kept.is_full() {
            kept.remove(0);
        }
        kept.push((seed, rolls.clone()));
        rolls
    }

    /// Looks at every cell's themes in the middle of the cell, the most heard first.
    fn look(seed: u64) -> Rolls {
        let usage = usage(seed);
        let mut picks = Picks::new();
        Rolls(std::array::from_fn(|cell| {
            let mut tally = Tally([0.0; MOVES]);
            std::array::from_fn(|theme| {
                let listener = Listener { picks: &mut picks, usage: &usage[theme] };
                let (roll, with) = nearest(seed, cell, theme, listener, &tally);
                tally = with;
                roll
            })
        }))
    }

    pub fn of(&self, cell: usize, theme: i64) -> u16 {
        self.0[cell][theme.rem_euclid(THEMES as i64) as usize]
    }
}

/// How often a theme is heard with each ending in the four sections after which the form returns.
type Usage = [f64; 3];

fn usage(seed: u64) -> [Usage; THEMES] {
    let mut usage = [[0.0; 3]; THEMES];
    for bar in (0..4 * SECTION_BARS).step_by(PHRASE_BARS as usize) {
        let place = Place::of(seed, bar);
        usage[place.theme() as usize][place.ending as usize] += 1.0;
    }
    usage
}

/// How often each change was made.
#[derive(Clone, Copy)]
struct Tally([f64; MOVES]);

impl Tally {
    /// Counts the changes of a phrase, with the one that leads to its return.
    fn count(&mut self, chords: &Sounded, weight: f64) {
        for (k, &(step, _)) in chords.iter().enumerate() {
            let next = chords[(k + 1) % chords.len()].0;
            if let Some(row) = row_between(step, next) {
                self.0[row] += weight;
            }
        }
    }

    /// Distance from the shares asked for, 0..1: triangular discrimination, which bounds the Jensen–Shannon divergence
    /// and needs no logarithms.
    fn distance(&self, asked: &[f64; MOVES]) -> f64 {
        let sum = self.0.iter().sum::<f64>().max(1e-9);
        let parts = self.0.iter().zip(asked).map(|(&count, &share)| {
            let (apart, both) = (count / sum - share, count / sum + share);
            if both > 0.0 { apart * apart / both } else { 0.0 }
        });
        parts.sum::<f64>() / 2.0
    }
}

/// Who hears the throws for a theme: what was picked before, and how often each ending comes.
struct Listener<'a> {
    picks: &'a mut Picks,
    usage: &'a Usage,
}

/// The best throw for a theme beside what was chosen before, and the changes with it.
fn nearest(seed: u64, cell: usize, theme: usize, mut listener: Listener, tally: &Tally) -> (u16, Tally) {
    let middle = Hearing { number: 0, axes: middle(cell) };
    let asked = asked(cell);
    let clear = if asked.is_some() { CLEAR } else { CLEARER };
    let mut best = (f64::MAX, 0, *tally);
    // One place after the other, each with what was best before it: the first throw of all, then the others.
    let turns = (0..PLACES).flat_map(|place| (u16::from(place > 0)..THROWS).map(move |throw| (place, throw)));
    for (place, throw) in turns {
        let roll = best.1 & !(15 << (4 * place)) | throw << (4 * place);
        let subject = Subject { seed, cell, theme: theme as i64, ending: Ending::Open, roll };
        // A throw that is too unclear already need not be heard to its end.
        let least = clear - best.0 / DOUBT;
        let Some((lead, with)) = listener.hears(&subject, &middle, tally, least) else { continue };
        let distance = asked.as_ref().map_or(0.0, |asked| with.distance(asked));
        let cost_of = |lead: f64| DOUBT * (clear - lead).max(0.0) + distance;
        // Moods around are looked at only where the middle is promising: they can but raise the cost.
        if cost_of(lead) >= best.0 {
            continue;
        }
        let cost = cost_of(lead.min(listener.hears_around(&subject, &middle.axes)));
        if cost < best.0 {
            best = (cost, roll, with);
        }
        if cost <= 0.0 {
            break;
        }
    }
    (best.1, best.2)
}

/// The mood in the middle of a cell.
fn middle(cell: usize) -> Axes {
    let [valence, energy, tension, wonder] = CELLS[cell].center;
    Axes { valence, energy, tension, wonder, ..Axes::of(&Climate::default()) }
}

/// Calm moods change chords every other bar at most tempi, others as often so as every bar.
fn mostly_slow(axes: &Axes) -> bool {
    axes.chord_rate() < 75
}

impl Listener<'_> {
    /// What a theme would sound with all endings it has: how far the tonic's key is ahead of all others, at the pace where
    /// it is least so, and the changes; `None` when the lead is less than asked for.
    fn hears(
        &mut self,
        subject: &Subject,
        hearing: &Hearing,
        tally: &Tally,
        least: f64,
    ) -> Option<(f64, Tally)> {
        let (mut lead, mut with) = (f64::MAX, *tally);
        let slow = if mostly_slow(&hearing.axes) { 3.0 } else { 1.0 };
        for (halves, pace) in [(4, slow), (2, 1.0)] {
            let count = |chords: &Sounded, weight| with.count(chords, weight * pace);
            lead = lead.min(lead_of(&self.sound_of(subject, hearing, halves, count)));
            if lead < least {
                return None;
            }
        }
        Some((lead, with))
    }

    /// The lead in the moods around, with what it may be less there.
    fn hears_around(&mut self, subject: &Subject, axes: &Axes) -> f64 {
        let mut least = f64::MAX;
        for (number, [valence, energy]) in (1..).zip(AROUND) {
            let moved = |axis: i32, by: i32| (axis + by).clamp(-1000, 1000);
            let tension = moved(axes.tension, (-87 * valence + 55 * energy) / 100);
            let (valence, energy) = (moved(axes.valence, valence), moved(axes.energy, energy));
            let hearing = Hearing { number, axes: Axes { valence, energy, tension, ..*axes } };
            // At the pace they mostly have there.
            let halves = if mostly_slow(&hearing.axes) { 4 } else { 2 };
            let lead = lead_of(&self.sound_of(subject, &hearing, halves, |_, _| ()));
            least = least.min(lead + AROUND_LESS);
        }
        least
    }

    /// How long each pitch class above the tonic sounds in a theme with all its endings, at one pace; `each` is shown the
    /// chords with each ending and how often it comes.
    fn sound_of(
        &mut self,
        subject: &Subject,
        hearing: &Hearing,
        halves: u32,
        mut each: impl FnMut(&Sounded, f64),
    ) -> [f64; 12] {
        let picks = &mut *self.picks;
        let mut phrase = fill(&hearing.axes, halves, |slot, position, before| {
            picks.pick(subject, hearing, slot, position, before)
        });
        let mut sound = [0.0; 12];
        for (ending, weight) in endings(self.usage) {
            if ending != Ending::Open {
                let subject = Subject { ending, ..*subject };
                end_otherwise(&mut phrase, |slot, position, before| {
                    picks.pick(&subject, hearing, slot, position, before)
                });
            }
            let chords = sounded(subject, &hearing.axes, &phrase);
            each(&chords, weight);
            add(&mut sound, &chords, weight);
        }
        sound
    }
}

/// The endings a theme has, and how often.
fn endings(usage: &Usage) -> impl Iterator<Item = (Ending, f64)> {
    let all = [Ending::Open, Ending::Medium, Ending::Strong].into_iter().zip(*usage);
    all.filter(|&(_, weight)| weight > 0.0)
}

/// Chords of a phrase in the colour they have, and which part of it each fills.
type Sounded = ArrayVec<(Step, f64), 16>;

fn sounded(subject: &Subject, axes: &Axes, phrase: &[Filled]) -> Sounded {
    let mut chords = Sounded::new();
    let each = 1.0 / phrase.len() as f64;
    for (i, &(_, position, entry)) in phrase.iter().enumerate() {
        let share = if entry.second.is_some() { each / 2.0 } else { each };
        let bar = i as i64 * PHRASE_BARS / phrase.len() as i64;
        for (step, position) in [(Some(entry.first), position), (entry.second, position + 32)] {
            chords.extend(step.map(|step| {
                let quality = colored(step, subject.strain(axes, position, bar));
                (Step { quality, ..step }, share)
            }));
        }
    }
    chords
}

/// Adds how long each pitch class above the tonic sounds in a phrase.
fn add(sound: &mut [f64; 12], chords: &Sounded, weight: f64) {
    sound[0] += TONIC * weight;
    sound[7] += DOMINANT * weight;
    for (step, share) in chords {
        let set = step.quality.row().set;
        let [root, fifth, other] = SOUNDING[(set.count_ones() as usize).clamp(2, 4) - 2];
        for above in (0..12).filter(|above| set >> above & 1 == 1) {
            let length = match above {
                0 => root,
                7 => fifth,
                _ => other,
            };
            sound[usize::from(step.root + above) % 12] += weight * share * length;
        }
    }
}

/// How far the tonic's key is ahead of every other in correlation.
fn lead_of(heard: &[f64; 12]) -> f64 {
    let mean = heard.iter().sum::<f64>() / 12.0;
    let length = heard.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>().sqrt().max(1e-9);
    let twice: [f64; 24] = std::array::from_fn(|pc| heard[pc % 12]);
    let fits = UNIT_PROFILES.each_ref().map(|profile| {
        let fit = |tonic: usize| -> f64 { profile.iter().zip(&twice[tonic..]).map(|(a, b)| a * b).sum() };
        let others = (1..12).map(fit).fold(f64::MIN, f64::max);
        (fit(0), others)
    });
    (fits[0].0.max(fits[1].0) - fits[0].1.max(fits[1].1)) / length
}

/// [`PROFILES`] around their mean and of length 1: products with them are correlations.
static UNIT_PROFILES: LazyLock<[[f64; 12]; 2]> = LazyLock::new(|| {
    PROFILES.map(|profile| {
        let mean = profile.iter().sum::<f64>() / 12.0;
        let length = profile.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>().sqrt();
        profile.map(|x| (x - mean) / length)
    })
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_would_be_looked_at() {
        for seed in (0..KEPT_SEEDS as u64 + 3).chain([1, 0]) {
            assert_eq!(Rolls::new(seed), Rolls::look(seed));
            assert_eq!(Rolls::new(seed), Rolls::look(seed));
        }
    }

    #[test]
    fn chosen_throws_are_clearer_and_nearer_than_first_ones() {
        let (mut first, mut chosen, mut far, mut near) = (0.0, 0.0, 0.0, 0.0);
        for seed in 0..12 {
            let (rolls, usage, mut picks) = (Rolls::new(seed), usage(seed), Picks::new());
            for cell in 0..CELLS.len() {
                let (mut thrown, mut taken) = (Tally([0.0; MOVES]), Tally([0.0; MOVES]));
                for (theme, usage) in usage.iter().enumerate() {
                    let mut of = |roll, tally: &mut Tally| {
                        let subject = Subject { seed, cell, theme: theme as i64, ending: Ending::Open, roll };
                        let middle = Hearing { number: 0, axes: middle(cell) };
                        let mut listener = Listener { picks: &mut picks, usage };
                        let throw = listener.hears(&subject, &middle, tally, f64::MIN);
                        let (lead, with) = throw.expect("no lead is too little");
                        *tally = with;
                        lead
                    };
                    first += of(0, &mut thrown);
                    chosen += of(rolls.of(cell, theme as i64), &mut taken);
                }
                if let Some(asked) = asked(cell) {
                    far += thrown.distance(&asked);
                    near += taken.distance(&asked);
                }
            }
        }
        assert!(chosen > first + 12.0 * 54.0 * 0.04, "{chosen} against {first}");
        assert!(near < 0.8 * far, "{near} against {far}");
    }
}
