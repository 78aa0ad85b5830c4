//! A meter: how long a bar is, where its groups and beats start, how heavy each place is.
//! Source: MUSIC 4 (weights, usual groupings). In/out: positions in quarter notes from the bar line.

use crate::units::Beats;
use arrayvec::ArrayVec;
use std::fmt;
use std::str::FromStr;

/// Most beats a bar can have (see [`Meter::new`]).
pub const MAX_NUMERATOR: u8 = 15;

/// A meter with its grouping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meter {
    numerator: u8,
    denominator: u8,
    group_count: u8,
    groups: [u8; MAX_NUMERATOR as usize],
}

impl Default for Meter {
    fn default() -> Self {
        Meter::new(4, 4, &[]).expect("4/4 is a meter")
    }
}

impl Meter {
    /// A meter of 2–15 beats of 1/2, 1/4, 1/8 or 1/16; `groups` in denominators, empty for the usual grouping.
    /// `None` when a number is outside its range or the groups do not sum to the numerator.
    pub fn new(numerator: u8, denominator: u8, groups: &[u8]) -> Option<Meter> {
        if !(1..=MAX_NUMERATOR).contains(&numerator) || ![1, 2, 4, 8, 16].contains(&denominator) {
            return None;
        }
        let usual = usual_groups(numerator, denominator);
        let chosen = if groups.is_empty() { usual.as_slice() } else { groups };
        let sum: u32 = chosen.iter().map(|&g| g as u32).sum();
        if sum != numerator as u32 || chosen.contains(&0) || chosen.len() > MAX_NUMERATOR as usize {
            return None;
        }
        let mut stored = [0; MAX_NUMERATOR as usize];
        stored[..chosen.len()].copy_from_slice(chosen);
        Some(Meter { numerator, denominator, group_count: chosen.len() as u8, groups: stored })
    }

    /// What a host says, made legal: anything odd becomes the nearest meter we know.
    pub fn from_host(numerator: u16, denominator: u16) -> Meter {
        let numerator = numerator.clamp(1, MAX_NUMERATOR as u16) as u8;
        let denominator = match denominator {
            0..=1 => 1,
            2..=3 => 2,
            4..=7 => 4,
            8..=15 => 8,
            _ => 16,
        };
        Meter::new(numerator, denominator, &[]).unwrap_or_default()
    }

    /// Beats in a bar.
    pub fn numerator(&self) -> u8 {
        self.numerator
    }

    /// Which note is a beat.
    pub fn denominator(&self) -> u8 {
        self.denominator
    }

    /// Grouping in denominators.
    pub fn groups(&self) -> &[u8] {
        &self.groups[..self.group_count as usize]
    }

    /// Whether its grouping is the one people expect.
    pub fn is_usual(&self) -> bool {
        usual_groups(self.numerator, self.denominator).as_slice() == self.groups()
    }

    /// Length of one denominator in quarter notes.
    pub fn unit(&self) -> Beats {
        4.0 / self.denominator as f64
    }

    /// Length of a bar in quarter notes.
    pub fn bar_beats(&self) -> Beats {
        self.numerator as f64 * self.unit()
    }

    /// Where decisions are made inside a bar, quarter notes from the bar line: every beat of a simple meter,
    /// every group of a compound or irregular one. The first is 0; at most 15.
    pub fn beat_starts(&self) -> ArrayVec<Beats, { MAX_NUMERATOR as usize }> {
        let mut starts = ArrayVec::new();
        if self.denominator <= 4 {
            starts.extend((0..self.numerator).map(|i| i as f64 * self.unit()));
        } else {
            let mut at = 0.0;
            for &group in self.groups() {
                starts.push(at);
                at += group as f64 * self.unit();
            }
        }
        starts
    }

    /// Metric weight of a position in the bar, 0.05..1 (MUSIC 4): bar 1, half bar or largest group 0.75, group 0.5,
    /// denominator 0.25, its half 0.12, anything else 0.05.
    pub fn weight(&self, position: Beats) -> f32 {
        const GRID: f64 = 1e-4;
        let near = |a: f64, b: f64| (a - b).abs() < GRID;
        if near(position, 0.0) {
            return 1.0;
        }
        let largest = self.groups().iter().copied().max().unwrap_or(1);
        let mut at = 0.0;
        for (i, &group) in self.groups().iter().enumerate() {
            if i > 0 && near(position, at) {
                let half = near(at * 2.0, self.bar_beats());
                let unequal = self.groups().iter().any(|&g| g != largest);
                return if half || (unequal && group == largest) { 0.75 } else { 0.5 };
            }
            at += group as f64 * self.unit();
        }
        let in_units = position / self.unit();
        if near(in_units, in_units.round()) {
            0.25
        } else if near(in_units * 2.0, (in_units * 2.0).round()) {
            0.12
        } else {
            0.05
        }
    }
}

/// As people write it: `7/8`, with the groups behind it where they are not the usual ones: `7/8 3+2+2`.
impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)?;
        if !self.is_usual() {
            for (i, group) in self.groups().iter().enumerate() {
                write!(f, "{}{group}", if i == 0 { ' ' } else { '+' })?;
            }
        }
        Ok(())
    }
}

/// Text that is no meter, and what would be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a meter is 2 to 15 over 2, 4, 8 or 16; groups, if named, add up to its beats: 4/4, 7/8 3+2+2")]
pub struct NoMeter;

impl FromStr for Meter {
    type Err = NoMeter;

    fn from_str(text: &str) -> Result<Meter, NoMeter> {
        let (fraction, groups) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
        let (numerator, denominator) = fraction.split_once('/').ok_or(NoMeter)?;
        let number = |text: &str| text.trim().parse::<u8>().map_err(|_| NoMeter);
        let named = groups.split('+').filter(|_| !groups.trim().is_empty()).map(number);
        let groups = named.collect::<Result<Vec<u8>, NoMeter>>()?;
        let (numerator, denominator) = (number(numerator)?, number(denominator)?);
        // Bars of one beat and of whole notes are a host's only.
        if numerator < 2 || denominator < 2 {
            return Err(NoMeter);
        }
        Meter::new(numerator, denominator, &groups).ok_or(NoMeter)
    }
}

/// The grouping people expect (MUSIC 4), in denominators.
fn usual_groups(numerator: u8, denominator: u8) -> ArrayVec<u8, { MAX_NUMERATOR as usize }> {
    let mut groups = ArrayVec::new();
    let listed: &[u8] = match (numerator, denominator >= 8) {
        (4, _) => &[2, 2],
        (5, _) => &[3, 2],
        (6, true) => &[3, 3],
        (6, false) => &[2, 2, 2],
        (7, _) => &[2, 2, 3],
        (8, true) => &[3, 3, 2],
        (9, true) => &[3, 3, 3],
        (10, true) => &[3, 3, 2, 2],
        (11, true) => &[3, 3, 3, 2],
        (12, true) => &[3, 3, 3, 3],
        (15, true) => &[3, 3, 3, 3, 3],
        _ => &[],
    };
    if !listed.is_empty() {
        groups.extend(listed.iter().copied());
    } else if numerator <= 3 {
        groups.extend((0..numerator).map(|_| 1));
    } else {
        // Twos, with a three at the end where the count is odd.
        let mut left = numerator;
        while left > 3 {
            groups.push(2);
            left -= 2;
        }
        groups.push(left);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_meter_is_whole() {
        for numerator in 1..=15u8 {
            for denominator in [2, 4, 8, 16] {
                let meter = Meter::new(numerator, denominator, &[]).unwrap();
                assert_eq!(meter.groups().iter().sum::<u8>(), numerator);
                let starts = meter.beat_starts();
                assert_eq!(starts[0], 0.0);
                assert!(
                    starts.windows(2).all(|w| w[0] < w[1]) && *starts.last().unwrap() < meter.bar_beats()
                );
                assert_eq!(meter.weight(0.0), 1.0);
            }
        }
        assert!(
            Meter::new(7, 8, &[3, 3]).is_none()
                && Meter::new(0, 4, &[]).is_none()
                && Meter::new(4, 3, &[]).is_none()
        );
        assert_eq!(Meter::new(7, 8, &[3, 2, 2]).unwrap().beat_starts().as_slice(), [0.0, 1.5, 2.5]);
        assert_eq!(Meter::from_host(0, 0).numerator(), 1);
        assert_eq!(Meter::from_host(999, 999).bar_beats(), 15.0 / 4.0);
    }

    #[test]
    fn weights_follow_the_groups() {
        let four = Meter::default();
        assert_eq!([0.0, 1.0, 2.0, 0.5, 0.25].map(|p| four.weight(p)), [1.0, 0.25, 0.75, 0.12, 0.05]);
        let seven = Meter::new(7, 8, &[2, 2, 3]).unwrap();
        assert_eq!([0.0, 1.0, 2.0, 0.5].map(|p| seven.weight(p)), [1.0, 0.5, 0.75, 0.25]);
    }

    #[test]
    fn meters_are_written_as_they_are_read() {
        let read = |text: &str| text.parse::<Meter>();
        for text in ["4/4", "7/8 3+2+2", "6/8", "15/16 5+5+5", "3/2"] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
        assert_eq!(read(" 7/8  2+2+3 ").unwrap().to_string(), "7/8");
        for wrong in ["", "4", "4/", "/4", "4/5", "16/4", "7/8 3+2", "7/8 3+x+2", "1/4", "3/1", "7/8 +7"] {
            assert_eq!(read(wrong), Err(NoMeter), "{wrong:?}");
        }
    }
}
