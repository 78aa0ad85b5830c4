//! Reads cues and palettes from TOML files: strict, and precise about what is wrong and where.
//! Source: own; spans by the `toml` crate. In/out: text in, a valid document out, or line, column, field and allowed range.

use super::document::Cue;
use super::limits::{self, CUE_LIMITS, Kind, Limit, MAX_FILE_BYTES, PALETTE_LIMITS, quoted};
use super::palette::Palette;
use super::{factory, limits::cue_params};
use crate::fx::scenes::SCENES;
use crate::stem::{HALL_LANES, STEMS};
use crate::{instrument, params, plan, time::Meter};
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {}{message}", if .path.is_empty() { String::new() } else { format!("{}: ", .path) })]
pub struct CueError {
    /// Line from 1.
    pub line: usize,
    /// Column from 1, in characters.
    pub column: usize,
    /// The field (`lane[2].energy`, items from 0); empty where the text is no TOML at all.
    pub path: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

/// Reads a cue file.
pub fn parse_toml(text: &str) -> Result<Cue, CueError> {
    let cue: Cue = read(text, &CUE_LIMITS)?;
    match contradictions(&cue) {
        Some((path, message)) => Err(located(text, &path, message)),
        None => Ok(cue),
    }
}

/// Reads a palette file.
pub fn parse_palette(text: &str) -> Result<Palette, CueError> {
    let palette: Palette = read(text, &PALETTE_LIMITS)?;
    for (stem, settings) in &palette.stems {
        let unknown = settings.parts.iter().position(|id| instrument::find(id).is_none());
        if let Some(index) = unknown {
            let message = format!(
                "there is no instrument \"{}\" (see `cuewright list instruments`)",
                settings.parts[index]
            );
            return Err(located(text, &format!("stems.{stem}.parts[{index}]"), message));
        }
    }
    Ok(palette)
}

/// Writes a cue as a file that [`parse_toml`] reads back to the same cue. What stands at its default is left out.
pub fn to_toml(cue: &Cue) -> Result<String, toml::ser::Error> {
    const ALWAYS: [&str; 6] = ["version", "revision", "title", "seed", "palette", "tempo_bpm"];
    let mut table = toml::Table::try_from(cue)?;
    let default = toml::Table::try_from(Cue::default())?;
    table.retain(|key, value| ALWAYS.contains(&key) || default.get(key) != Some(value));
    toml::to_string(&table)
}

/// Reads any document of a limits table: shape first, so that errors speak of fields, then the values.
pub(super) fn read<T: serde::de::DeserializeOwned>(text: &str, table: &[Limit]) -> Result<T, CueError> {
    if text.len() > MAX_FILE_BYTES {
        let message =
            format!("the file has {} bytes; at most {MAX_FILE_BYTES} bytes are allowed", text.len());
        return Err(CueError { line: 1, column: 1, path: String::new(), message });
    }
    let tree = DeTable::parse(text).map_err(|error| from_toml(text, error))?;
    let checker = Checker { text, table };
    checker.table(tree.get_ref(), tree.span(), "", "")?;
    toml::from_str(text).map_err(|error| from_toml(text, error))
}

type Entry<'a, 'i> = (&'a Spanned<Cow<'i, str>>, &'a Spanned<DeValue<'i>>);

/// A person fixes a file from top to bottom: the first error reported is the first in the file.
fn in_file_order<'a, 'i>(table: &'a DeTable<'i>) -> Vec<Entry<'a, 'i>> {
    let mut entries: Vec<Entry<'a, 'i>> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

struct Checker<'a> {
    text: &'a str,
    table: &'a [Limit],
}

impl Checker<'_> {
    fn error(&self, span: Range<usize>, path: &str, message: String) -> CueError {
        let (line, column) = place(self.text, span.start);
        CueError { line, column, path: path.into(), message }
    }

    fn table(
        &self,
        table: &DeTable<'_>,
        span: Range<usize>,
        path: &str,
        pattern: &str,
    ) -> Result<(), CueError> {
        for (key, value) in in_file_order(table) {
            let name = key.get_ref().as_ref();
            let path = join(path, name);
            let Some((limit, _)) =
                limits::children(self.table, pattern).find(|&(_, candidate)| candidate == name)
            else {
                let known = quoted(limits::children(self.table, pattern).map(|(_, key)| key));
                return Err(self.error(key.span(), &path, format!("unknown key; known here: {known}")));
            };
            self.value(value, &path, limit)?;
        }
        let missing = limits::children(self.table, pattern)
            .find(|(limit, key)| limit.required && !table.iter().any(|(known, _)| known.get_ref() == key));
        match missing {
            None => Ok(()),
            Some((limit, key)) => {
                let message = format!("missing; expected {}", limit.range_text());
                Err(self.error(span, &join(path, key), message))
            }
        }
    }

    fn value(&self, value: &Spanned<DeValue<'_>>, path: &str, limit: &Limit) -> Result<(), CueError> {
        let wrong = |message| Err(self.error(value.span(), path, message));
        let wrong_type =
            || wrong(format!("expected {}, found {}", limit.range_text(), kind_name(value.get_ref())));
        match (limit.kind, value.get_ref()) {
            (Kind::Whole { min, max }, DeValue::Integer(_)) => match whole(value.get_ref()) {
                Some(number) if (i128::from(min)..=i128::from(max)).contains(&number) => Ok(()),
                _ => wrong(self.outside(value, limit)),
            },
            (Kind::OneOf(numbers), DeValue::Integer(_)) => match whole(value.get_ref()) {
                Some(number) if numbers.iter().any(|&known| i128::from(known) == number) => Ok(()),
                _ => wrong(self.outside(value, limit)),
            },
            (Kind::Number { min, max }, DeValue::Integer(_) | DeValue::Float(_)) => {
                match number(value.get_ref()) {
                    Some(number) if number >= min && number <= max => Ok(()),
                    _ => wrong(self.outside(value, limit)),
                }
            }
            (Kind::Text { max }, DeValue::String(text)) if text.chars().count() > max => {
                wrong(format!("has {} characters; expected {}", text.chars().count(), limit.range_text()))
            }
            (Kind::Choice(words), DeValue::String(text)) if !words.contains(&text.as_ref()) => {
                wrong(self.outside(value, limit))
            }
            (Kind::Key, DeValue::String(text)) if !text.is_empty() && plan::parse_key(text).is_none() => {
                wrong(self.outside(value, limit))
            }
            (Kind::PaletteOrNone, DeValue::String(text)) if text.is_empty() => Ok(()),
            (Kind::Palette | Kind::PaletteOrNone, DeValue::String(text))
                if factory::palette(text).is_none() =>
            {
                let known = quoted(factory::palettes().iter().map(|palette| palette.id.as_str()));
                wrong(format!("there is no palette \"{text}\"; known: {known}"))
            }
            (Kind::Hall, DeValue::String(text)) if factory::hall(text).is_none() => {
                wrong(self.outside(value, limit))
            }
            (Kind::Scene, DeValue::String(text)) if !SCENES.iter().any(|scene| scene.id == text.as_ref()) => {
                wrong(self.outside(value, limit))
            }
            (
                Kind::Text { .. }
                | Kind::Choice(_)
                | Kind::Key
                | Kind::Palette
                | Kind::PaletteOrNone
                | Kind::Hall
                | Kind::Instrument
                | Kind::Scene,
                DeValue::String(_),
            ) => Ok(()),
            (Kind::Switch, DeValue::Boolean(_)) => Ok(()),
            (Kind::List { min, max }, DeValue::Array(items)) => {
                if items.len() < min || items.len() > max {
                    return wrong(format!("has {} items; expected {}", items.len(), limit.range_text()));
                }
                let pattern = format!("{}[]", limit.path);
                let Some(item_limit) = limits::find(self.table, &pattern) else { return Ok(()) };
                items
                    .iter()
                    .enumerate()
                    .try_for_each(|(index, item)| self.value(item, &format!("{path}[{index}]"), item_limit))
            }
            (Kind::Table | Kind::Hall, DeValue::Table(table)) => {
                self.table(table, value.span(), path, limit.path)
            }
            (Kind::Params, DeValue::Table(table)) => self.params(table, path),
            (Kind::Stems, DeValue::Table(table)) => self.stems(table, path),
            _ => wrong_type(),
        }
    }

    fn outside(&self, value: &Spanned<DeValue<'_>>, limit: &Limit) -> String {
        let written = self.text.get(value.span()).unwrap_or_default();
        let written: String = written.chars().take(40).collect();
        format!("{written} is not {}", limit.range_text())
    }

    fn params(&self, table: &DeTable<'_>, path: &str) -> Result<(), CueError> {
        for (key, value) in in_file_order(table) {
            let (id, path) = (key.get_ref().as_ref(), join(path, key.get_ref()));
            let Some(row) = cue_params().find(|row| row.id == id) else {
                let message = match params::by_id(id).map(|row| row.group) {
                    Some(params::Group::Mood) => "a mood axis stands in the table [mood]".into(),
                    Some(_) => "belongs to a session, not to a cue".into(),
                    None => format!(
                        "unknown parameter; known: {}",
                        quoted(cue_params().map(|row| row.id.as_str()))
                    ),
                };
                return Err(self.error(key.span(), &path, message));
            };
            let allowed = format!("a number from {} to {}", row.min, row.max);
            let found = number(value.get_ref());
            let written = self.text.get(value.span()).unwrap_or_default();
            match found {
                None => {
                    let message = format!("expected {allowed}, found {}", kind_name(value.get_ref()));
                    return Err(self.error(value.span(), &path, message));
                }
                Some(found) if !(f64::from(row.min)..=f64::from(row.max)).contains(&found) => {
                    return Err(self.error(value.span(), &path, format!("{written} is not {allowed}")));
                }
                Some(found) if row.stepped() && found.fract() != 0.0 => {
                    let message =
                        format!("{written} is not {}", allowed.replacen("a number", "a whole number", 1));
                    return Err(self.error(value.span(), &path, message));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn stems(&self, table: &DeTable<'_>, path: &str) -> Result<(), CueError> {
        let limit = limits::find(self.table, "stems.*").expect("the table has a row for a stem");
        for (key, value) in in_file_order(table) {
            let path = join(path, key.get_ref());
            if !STEMS[..HALL_LANES].iter().any(|row| row.id == key.get_ref().as_ref()) {
                let known = quoted(STEMS[..HALL_LANES].iter().map(|row| row.id));
                return Err(self.error(key.span(), &path, format!("unknown stem; known: {known}")));
            }
            self.value(value, &path, limit)?;
        }
        Ok(())
    }
}

/// What no single field shows: meters whose groups do not sum, two meters in one bar, a motif of silence.
fn contradictions(cue: &Cue) -> Option<(String, String)> {
    for (index, change) in cue.meters.iter().enumerate() {
        if Meter::new(change.numerator, change.denominator, &change.groups).is_none() {
            let sum: u32 = change.groups.iter().map(|&group| u32::from(group)).sum();
            let message = format!("the groups sum to {sum}, the numerator is {}", change.numerator);
            return Some((format!("meters[{index}].groups"), message));
        }
        if index > 0 && change.bar <= cue.meters[index - 1].bar {
            let message = format!(
                "meters stand in order of bars; bar {} is not after bar {}",
                change.bar,
                cue.meters[index - 1].bar
            );
            return Some((format!("meters[{index}].bar"), message));
        }
    }
    let motif = cue.motif.as_ref()?;
    let (sounding, after) = (motif.sounding(), motif.after_pickup());
    if sounding < 2 {
        return Some(("motif.notes".into(), format!("{sounding} of the notes sound; at least 2 are needed")));
    }
    let message = format!("{after} notes begin after the upbeat; at least 2 are needed");
    (after < 2).then(|| ("motif.pickup_beats".into(), message))
}

fn located(text: &str, path: &str, message: String) -> CueError {
    let start =
        DeTable::parse(text).ok().and_then(|tree| locate(tree.get_ref(), path)).map_or(0, |s| s.start);
    let (line, column) = place(text, start);
    CueError { line, column, path: path.into(), message }
}

/// Span of a value by its path; of the nearest parent where it is not written.
fn locate(table: &DeTable<'_>, path: &str) -> Option<Range<usize>> {
    let (head, rest) = path.split_once('.').unwrap_or((path, ""));
    let (name, index) = match head.split_once('[') {
        Some((name, index)) => (name, index.trim_end_matches(']').parse::<usize>().ok()),
        None => (head, None),
    };
    let mut value = table.iter().find(|(key, _)| key.get_ref().as_ref() == name)?.1;
    if let Some(index) = index {
        value = value.get_ref().as_array()?.get(index)?;
    }
    let below = if rest.is_empty() { None } else { locate(value.get_ref().as_table()?, rest) };
    Some(below.unwrap_or_else(|| value.span()))
}

fn from_toml(text: &str, error: toml::de::Error) -> CueError {
    let (line, column) = place(text, error.span().map_or(0, |span| span.start));
    CueError { line, column, path: String::new(), message: error.message().trim().replace('\n', "; ") }
}

fn place(text: &str, offset: usize) -> (usize, usize) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.into() } else { format!("{path}.{key}") }
}

fn kind_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn whole(value: &DeValue<'_>) -> Option<i128> {
    let integer = value.as_integer()?;
    i128::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => whole(value).map(|number| number as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = r#"title = "Test"
tempo_bpm = 120
length_bars = 8
meters = [{ bar = 1, numerator = 7, denominator = 8, groups = [2, 2, 3] }]
hits = [{ bar = 2.5, kind = "stinger" }]

[mood]
energy = 0.5

[[lane]]
bar = 1
energy = 0
[[lane]]
bar = 5.5
energy = 1

[motif]
notes = [{ degree = 0, beats = 1 }, { degree = 4, beats = 0.5, alter = -1 }]

[params]
density = 1.5
"#;

    /// One change to a good file, and what must be said of it.
    fn assert_refused(from: &str, to: &str, line: usize, column: usize, path: &str, words: &str) {
        assert!(GOOD.contains(from), "{from}");
        let error = parse_toml(&GOOD.replacen(from, to, 1)).expect_err(to);
        assert_eq!((error.line, error.column, error.path.as_str()), (line, column, path), "{to}: {error}");
        assert!(error.message.contains(words), "{to}: {error}");
    }

    #[test]
    fn a_good_file_is_read_and_written() {
        let cue = parse_toml(GOOD).unwrap();
        assert_eq!((cue.tempo_bpm, cue.length_bars, cue.mood.energy), (120.0, 8, 0.5));
        assert_eq!((cue.lane.len(), cue.lane[1].bar, cue.hits[0].strength), (2, 5.5, 1.0));
        assert_eq!(cue.meters[0].groups, [2, 2, 3]);
        assert_eq!(cue.params["density"], 1.5);
        assert_eq!(parse_toml(&to_toml(&cue).unwrap()).unwrap(), cue);
        assert_eq!(parse_toml("").unwrap(), Cue::default());
    }

    #[test]
    fn unknown_keys_are_named_with_those_known() {
        assert_refused("tempo_bpm", "tempo", 2, 1, "tempo", "\"tempo_bpm\"");
        assert_refused("energy = 0.5", "energie = 0.5", 8, 1, "mood.energie", "\"energy\"");
        assert_refused("bar = 5.5", "bar = 5.5\nenergi = 0", 15, 1, "lane[1].energi", "\"darkness\"");
        assert_refused("density", "densitie", 21, 1, "params.densitie", "\"density\"");
        assert_refused("density", "energy", 21, 1, "params.energy", "[mood]");
        assert_refused("density", "listen", 21, 1, "params.listen", "session");
    }

    #[test]
    fn numbers_out_of_range_are_told_the_range() {
        assert_refused("120", "19.5", 2, 13, "tempo_bpm", "19.5 is not a number from 20 to 400 bpm");
        assert_refused("120", "nan", 2, 13, "tempo_bpm", "20 to 400");
        assert_refused("120", "inf", 2, 13, "tempo_bpm", "20 to 400");
        assert_refused(
            "length_bars = 8",
            "length_bars = 2000000000",
            3,
            15,
            "length_bars",
            "from 1 to 9999 bars",
        );
        assert_refused("length_bars = 8", "seed = -1", 3, 8, "seed", "from 0 to 9223372036854775807");
        assert_refused("length_bars = 8", "seed = 99999999999999999999", 3, 8, "seed", "from 0 to");
        assert_refused("energy = 0.5", "energy = 1.4", 8, 10, "mood.energy", "from -1 to 1");
        assert_refused("energy = 1", "wonder = -0.1", 15, 10, "lane[1].wonder", "from 0 to 1");
        assert_refused("degree = 4", "degree = 40", 18, 48, "motif.notes[1].degree", "from -14 to 21 steps");
        assert_refused("1.5", "9", 21, 11, "params.density", "from 0.5 to 2");
        assert_refused(
            "density = 1.5",
            "variant = 1.5",
            21,
            11,
            "params.variant",
            "a whole number from 1 to 16",
        );
        assert_refused("title", "version = 2\ntitle", 1, 11, "version", "1");
    }

    #[test]
    fn wrong_types_are_named() {
        assert_refused("120", "\"fast\"", 2, 13, "tempo_bpm", "found text");
        assert_refused("\"Test\"", "3", 1, 9, "title", "found a whole number");
        assert_refused("length_bars = 8", "length_bars = 8.5", 3, 15, "length_bars", "found a number");
        assert_refused("[2, 2, 3]", "7", 4, 63, "meters[0].groups", "expected a list");
        assert_refused("1.5", "true", 21, 11, "params.density", "found true or false");
    }

    #[test]
    fn words_are_checked_against_what_exists() {
        assert_refused("title", "palette = \"kazoo\"\ntitle", 1, 11, "palette", "\"orchestral\"");
        assert_refused("\"stinger\"", "\"bang\"", 5, 29, "hits[0].kind", "\"accent\"");
        assert_refused("title", "key = \"H\"\ntitle", 1, 7, "key", "\"Bb\"");
        assert_refused("denominator = 8", "denominator = 6", 4, 51, "meters[0].denominator", "2, 4, 8, 16");
    }

    #[test]
    fn what_is_missing_or_contradicts_itself_is_told() {
        assert_refused("bar = 2.5, ", "", 5, 9, "hits[0].bar", "missing");
        assert_refused("[2, 2, 3]", "[2, 2, 2]", 4, 63, "meters[0].groups", "sum to 6, the numerator is 7");
        assert_refused(
            "beats = 0.5, alter = -1",
            "beats = 1, rest = true",
            18,
            9,
            "motif.notes",
            "1 of the notes",
        );
        let two = "groups = [2, 2, 3] }, { bar = 1, numerator = 3, denominator = 4 }";
        assert_refused("groups = [2, 2, 3] }", two, 4, 84, "meters[1].bar", "not after bar 1");
        assert_refused("{ degree = 0, beats = 1 }, ", "", 18, 9, "motif.notes", "has 1 items");
        let late = "[motif]\npickup_beats = 1";
        assert_refused("[motif]", late, 18, 16, "motif.pickup_beats", "1 notes begin after the upbeat");
    }

    #[test]
    fn broken_toml_is_told_its_place() {
        assert_refused("120", "", 2, 13, "", "");
        assert_refused("title", "titel = 1\ntitel = 2\ntitle", 2, 1, "", "duplicate key");
        let long = format!("title = \"{}\"", "x".repeat(MAX_FILE_BYTES));
        assert!(parse_toml(&long).unwrap_err().message.contains("at most 1048576 bytes"));
        assert!(parse_toml("title = \"ü\"\nkéy = 1").unwrap_err().line == 2);
    }

    #[test]
    fn a_palette_names_its_unknown_instrument() {
        let text = "id = \"x\"\nname = \"X\"\ndescription = \"X.\"\n[hall]\nsize = 0.5\ndecay_s = 2\nbrightness = 0.5\npredelay_ms = 20\n\
                    [ambience]\nscene = \"room\"\ngain_db = -20\nintensity = 0.2\n[stems.low]\nparts = [\"kazoo\"]\n";
        let error = parse_palette(text).unwrap_err();
        assert_eq!((error.line, error.column, error.path.as_str()), (14, 10, "stems.low.parts[0]"));
        let error = parse_palette(&text.replace("\"room\"", "\"moon\"")).unwrap_err();
        assert_eq!((error.line, error.path.as_str()), (10, "ambience.scene"));
        assert!(error.message.contains("\"moon\" is not one of \"wind\""), "{error}");
        let error = parse_palette(&text.replace("stems.low", "stems.ambience")).unwrap_err();
        assert!(error.message.contains("unknown stem"), "{error}");
        let error = parse_palette(&text.replace("decay_s = 2", "decay_s = 200")).unwrap_err();
        assert!(error.message.contains("from 0.05 to 12 s"), "{error}");
    }

    #[test]
    fn a_hall_is_a_name_or_a_table() {
        let named = parse_toml(&GOOD.replace("title", "hall = \"cathedral\"\ntitle")).unwrap();
        assert_eq!(named.hall.as_ref().unwrap().settings(), factory::hall("cathedral").map(|hall| hall.hall));
        let table =
            "hall = { size = 0.5, decay_s = 3, brightness = 0.5, predelay_ms = 2, high_hz = 4000 }\ntitle";
        let own = parse_toml(&GOOD.replace("title", table)).unwrap();
        assert_eq!(own.hall.as_ref().unwrap().settings().unwrap().high_hz, Some(4000.0));
        for cue in [named, own] {
            assert_eq!(parse_toml(&to_toml(&cue).unwrap()).unwrap(), cue);
        }
        assert_refused("title", "hall = \"kitchen\"\ntitle", 1, 8, "hall", "\"cathedral\"");
        assert_refused("title", "hall = { size = 0.5 }\ntitle", 1, 8, "hall.decay_s", "missing");
        let big = "hall = { size = 5, decay_s = 3, brightness = 0.5, predelay_ms = 2 }\ntitle";
        assert_refused("title", big, 1, 17, "hall.size", "from -0.4 to 1");
    }

    #[test]
    fn a_scene_is_a_name() {
        let named = parse_toml(&GOOD.replace("title", "scene = \"rain\"\ntitle")).unwrap();
        assert_eq!(named.scene.as_deref(), Some("rain"));
        assert_eq!(parse_toml(&to_toml(&named).unwrap()).unwrap(), named);
        assert_refused("title", "scene = \"snow\"\ntitle", 1, 9, "scene", "\"rain\"");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s).{0,300}") {
            let _ = parse_toml(&text);
            let _ = parse_palette(&text);
        }

        #[test]
        fn no_damage_makes_it_panic(at in 0..GOOD.len(), cut in 0usize..40, paste in "[\\[\\]{}=\"0-9a-z\\.\n-]{0,6}") {
            let end = (at + cut).min(GOOD.len());
            let text = format!("{}{paste}{}", &GOOD[..at], &GOOD[end..]);
            if let Ok(cue) = parse_toml(&text) {
                prop_assert_eq!(parse_toml(&to_toml(&cue).unwrap()).unwrap(), cue);
            }
        }
    }
}
