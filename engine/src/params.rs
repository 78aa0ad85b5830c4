//! The parameter table: every control a host can automate, in one place.
//! Source: axes MUSIC 1.1, reaction times MUSIC 0.1. Ids and numbers are for ever: append rows, never change them.
//! In/out: plain values in the row's range and unit. The plugin, the command line, the docs and the tests walk this table.

use crate::stem::{STEM_COUNT, STEMS};
use std::sync::LazyLock;

/// How soon a change is heard; shown in the interface and held by tests (MUSIC 0.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reaction {
    /// Within 0.3 s: level and timbre.
    Immediate,
    /// On the next beat: density and articulation.
    Beat,
    /// On the next bar: harmony and layers (timbre at once).
    Bar,
    /// On the next four-bar unit: motif and key (timbre at once).
    Unit,
}

/// Where a parameter stands in a host's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The six axes.
    Mood,
    /// Amounts that bend the composition.
    Trim,
    /// Development of the motif.
    Variant,
    /// From one palette to another.
    Morph,
    /// Weather and rooms.
    Ambience,
    /// Level and mute of each stem.
    Stems,
    /// Listening and bypass.
    Transport,
}

impl Group {
    /// Name shown by hosts; also the module path of CLAP and the unit of VST3.
    pub const fn name(self) -> &'static str {
        match self {
            Group::Mood => "Mood",
            Group::Trim => "Trim",
            Group::Variant => "Variant",
            Group::Morph => "Morph",
            Group::Ambience => "Ambience",
            Group::Stems => "Stems",
            Group::Transport => "Transport",
        }
    }
}

/// How a value is written and read as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// -1..1 or 0..1, two decimals.
    Plain,
    /// Decibels, one decimal; the lowest value reads "-inf dB".
    Decibels,
    /// A factor, "1.00 ×".
    Factor,
    /// A whole number.
    Count,
    /// Off or on.
    Switch,
}

/// One row of the table.
#[derive(Clone, Debug)]
pub struct ParamRow {
    /// Position in [`PARAMS`] and in [`Values`].
    pub index: usize,
    /// Number hosts store; never reused.
    pub number: u32,
    /// Identifier in files and on the command line; at most 12 characters.
    pub id: String,
    /// Name shown by hosts.
    pub name: String,
    /// Where it is listed.
    pub group: Group,
    /// Lowest value.
    pub min: f32,
    /// Highest value.
    pub max: f32,
    /// Value of a fresh instance.
    pub default: f32,
    /// How it is written.
    pub unit: Unit,
    /// How soon it is heard.
    pub reaction: Reaction,
    /// One sentence for tooltips and the manual.
    pub doc: String,
}

impl ParamRow {
    /// True when only whole values exist.
    pub fn stepped(&self) -> bool {
        matches!(self.unit, Unit::Count | Unit::Switch)
    }

    /// The nearest legal value: clamped, rounded where stepped; not-a-number gives the default.
    pub fn sanitize(&self, value: f64) -> f32 {
        if value.is_nan() {
            return self.default;
        }
        let value = (value as f32).clamp(self.min, self.max);
        if self.stepped() { value.round() } else { value }
    }

    /// The value as a person reads it.
    pub fn text(&self, value: f32) -> String {
        match self.unit {
            Unit::Plain => format!("{value:.2}"),
            Unit::Decibels if value <= self.min => "-inf dB".into(),
            Unit::Decibels => format!("{value:.1} dB"),
            Unit::Factor => format!("{value:.2} ×"),
            Unit::Count => format!("{value:.0}"),
            Unit::Switch => if value >= 0.5 { "on" } else { "off" }.into(),
        }
    }

    /// The value a person typed, with or without its unit; `None` when it is not a number of this kind.
    pub fn parse(&self, text: &str) -> Option<f32> {
        let text = text.trim().to_lowercase();
        match (self.unit, text.as_str()) {
            (Unit::Switch, "on" | "true" | "yes") => return Some(1.0),
            (Unit::Switch, "off" | "false" | "no") => return Some(0.0),
            (Unit::Decibels, "-inf" | "-inf db" | "-∞" | "-∞ db") => return Some(self.min),
            _ => {}
        }
        let number = text.trim_end_matches("db").trim_end_matches('×').trim_end_matches('x').trim();
        let value: f64 = number.parse().ok()?;
        value.is_finite().then(|| self.sanitize(value))
    }
}

macro_rules! fixed_params {
    ($($name:ident = $number:literal, $id:literal, $label:literal, $group:ident, $min:literal .. $max:literal,
       $default:literal, $unit:ident, $reaction:ident, $doc:literal;)*) => {
        /// A parameter that is not one of a stem's (those are [`stem_gain`] and [`stem_mute`]).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(usize)]
        pub enum Param { $(#[doc = $doc] $name,)* }

        const FIXED: &[(u32, &str, &str, Group, f32, f32, f32, Unit, Reaction, &str)] = &[
            $(($number, $id, $label, Group::$group, $min, $max, $default, Unit::$unit, Reaction::$reaction, $doc),)*
        ];
    };
}

fixed_params! {
    Valence = 1, "valence", "Valence", Mood, -1.0..1.0, 0.0, Plain, Bar, "From bitter to bright: mode, harmony and register.";
    Energy = 2, "energy", "Energy", Mood, -1.0..1.0, 0.0, Plain, Beat, "From still to driving: density, dynamics, brightness and how many stems play.";
    Tension = 3, "tension", "Tension", Mood, -1.0..1.0, 0.0, Plain, Bar, "Calmer or tenser than valence and energy already imply: dissonance, pedals, instability.";
    Wonder = 4, "wonder", "Wonder", Mood, 0.0..1.0, 0.0, Plain, Bar, "Lydian light, chromatic thirds, shimmer, choir, a longer hall.";
    Scale = 5, "scale", "Scale", Mood, -1.0..1.0, 0.0, Plain, Bar, "From one intimate player to an epic tutti.";
    Darkness = 6, "darkness", "Darkness", Mood, -1.0..1.0, 0.0, Plain, Bar, "Weight of timbre and register, apart from valence.";
    Density = 10, "density", "Density", Trim, 0.5..2.0, 1.0, Factor, Beat, "How many notes the moving layers play.";
    Dialogue = 11, "dialogue", "Dialogue", Trim, 0.0..1.0, 0.0, Plain, Beat, "Makes room for speech: thins, lowers and moves the writing.";
    Motif = 12, "motif", "Motif Presence", Trim, 0.0..1.0, 0.6, Plain, Unit, "How often the leitmotif is stated.";
    Chromatic = 13, "chromatic", "Chromaticism", Trim, -1.0..1.0, 0.0, Plain, Bar, "Plainer or more chromatic chords than the mood asks for.";
    Humanise = 14, "humanise", "Humanise", Trim, 0.0..1.0, 0.7, Plain, Beat, "How far players stray from the grid; 0 is the grid.";
    Variant = 20, "variant", "Motif Variant", Variant, 1.0..16.0, 1.0, Count, Bar, "Which development of the motif the lead plays; 1 is the motif as scheduled.";
    Morph = 40, "morph", "Morph", Morph, 0.0..1.0, 0.0, Plain, Immediate, "From the cue's palette to its second one; nothing where the cue names none.";
    Listen = 30, "listen", "Listen", Transport, 0.0..1.0, 0.0, Switch, Immediate, "Plays at the host's tempo while the host is stopped.";
    Bypass = 31, "bypass", "Bypass", Transport, 0.0..1.0, 0.0, Switch, Immediate, "Silences every output; the music goes on underneath.";
    Intensity = 50, "intensity", "Ambience Intensity", Ambience, -1.0..1.0, 0.0, Plain, Immediate, "Stiller or stormier than the palette's ambience.";
    Distance = 51, "distance", "Ambience Distance", Ambience, -1.0..1.0, 0.0, Plain, Immediate, "Nearer or farther than the palette's ambience: louder and clearer, or dull and with echo.";
    Binaural = 52, "binaural", "Ambience Binaural", Ambience, 0.0..1.0, 0.0, Switch, Immediate, "Renders the ambience for headphones: around the head instead of between loudspeakers.";
    Capture = 32, "capture", "Capture Motif", Transport, 0.0..1.0, 0.0, Switch, Immediate, "While on, listens to the notes you play; switched off, they become the motif.";
}

/// How many parameters there are.
pub const PARAM_COUNT: usize = FIXED.len() + 2 * STEM_COUNT;

/// Index of a stem's gain in [`PARAMS`]; -60 dB is silence.
pub const fn stem_gain(stem_index: usize) -> usize {
    FIXED.len() + 2 * stem_index
}

/// Index of a stem's mute in [`PARAMS`].
pub const fn stem_mute(stem_index: usize) -> usize {
    FIXED.len() + 2 * stem_index + 1
}

/// All parameters, in the order hosts list them.
pub static PARAMS: LazyLock<Vec<ParamRow>> = LazyLock::new(|| {
    let fixed =
        FIXED.iter().map(|&(number, id, name, group, min, max, default, unit, reaction, doc)| ParamRow {
            index: 0,
            number,
            id: id.into(),
            name: name.into(),
            group,
            min,
            max,
            default,
            unit,
            reaction,
            doc: doc.into(),
        });
    let stems = STEMS.iter().flat_map(|stem| {
        let number = 100 + 10 * stem.stem.index() as u32;
        let row = |number, suffix: &str, label: &str, (min, max), unit, doc: String| ParamRow {
            index: 0,
            number,
            // "ambience_gain" would pass the limit of 12 characters: ids carry the first seven letters of the stem.
            id: format!("{}_{suffix}", &stem.id[..stem.id.len().min(7)]),
            name: format!("{} {label}", stem.name),
            group: Group::Stems,
            min,
            max,
            default: 0.0,
            unit,
            reaction: Reaction::Immediate,
            doc,
        };
        [
            row(
                number,
                "gain",
                "Level",
                (-60.0, 12.0),
                Unit::Decibels,
                format!("Level of the {} stem.", stem.name),
            ),
            row(
                number + 1,
                "mute",
                "Mute",
                (0.0, 1.0),
                Unit::Switch,
                format!("Silences the {} stem.", stem.name),
            ),
        ]
    });
    fixed.chain(stems).enumerate().map(|(index, row)| ParamRow { index, ..row }).collect()
});

/// Finds a row by its identifier.
pub fn by_id(id: &str) -> Option<&'static ParamRow> {
    PARAMS.iter().find(|row| row.id == id)
}

/// Finds a row by the number hosts store.
pub fn by_number(number: u32) -> Option<&'static ParamRow> {
    PARAMS.iter().find(|row| row.number == number)
}

/// One value per parameter, always legal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Values([f32; PARAM_COUNT]);

impl Default for Values {
    fn default() -> Self {
        let mut values = [0.0; PARAM_COUNT];
        for row in PARAMS.iter() {
            values[row.index] = row.default;
        }
        Values(values)
    }
}

impl Values {
    /// Value of a fixed parameter.
    pub fn get(&self, param: Param) -> f32 {
        self.0[param as usize]
    }

    /// Value at a table index; out of range gives 0.
    pub fn at(&self, index: usize) -> f32 {
        self.0.get(index).copied().unwrap_or(0.0)
    }

    /// Sets a value, made legal by its row; an index out of range does nothing.
    pub fn set(&mut self, index: usize, value: f64) {
        if let Some(row) = PARAMS.get(index) {
            self.0[index] = row.sanitize(value);
        }
    }

    /// Sets a fixed parameter, made legal by its row.
    pub fn put(&mut self, param: Param, value: f32) {
        self.set(param as usize, value as f64);
    }

    /// All values in table order.
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn rows_are_sound() {
        let (mut ids, mut numbers, mut names) = (HashSet::new(), HashSet::new(), HashSet::new());
        assert_eq!(PARAMS.len(), PARAM_COUNT);
        for (index, row) in PARAMS.iter().enumerate() {
            assert_eq!(row.index, index);
            assert!(
                ids.insert(&row.id) && numbers.insert(row.number) && names.insert(&row.name),
                "{}",
                row.id
            );
            assert!(
                row.id.len() <= 12 && row.id.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
                "{}",
                row.id
            );
            assert!(row.min < row.max && (row.min..=row.max).contains(&row.default), "{}", row.id);
            assert!(row.doc.ends_with('.'), "{}", row.id);
            assert_eq!(by_id(&row.id).unwrap().number, row.number);
        }
    }

    #[test]
    fn text_round_trips() {
        for row in PARAMS.iter() {
            for step in 0..=20 {
                let value = row.sanitize((row.min + (row.max - row.min) * step as f32 / 20.0) as f64);
                let back = row.parse(&row.text(value)).unwrap();
                assert!((back - value).abs() <= 0.051, "{} {value} {}", row.id, row.text(value));
                assert_eq!(row.text(back), row.text(value));
            }
            assert_eq!(row.parse("nonsense"), None);
            assert_eq!(row.sanitize(f64::NAN), row.default);
            assert_eq!(row.sanitize(f64::INFINITY), row.max);
        }
    }
}
