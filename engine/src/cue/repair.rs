//! Reads a cue from a plugin's state: never fails, loads what is known, keeps the rest and says what it did.
//! Source: DESIGN 8 ("validated, unknown fields kept, never rejected whole"). In/out: any JSON in; a legal cue, notices and
//! what to put back when the state is written again out.

use super::document::Cue;
use super::limits::{self, CUE_LIMITS, Kind, Limit, MAX_FILE_BYTES};
use crate::fx::scenes;
use crate::{plan, time::Meter};
use serde_json::{Map, Value, json};

/// Most notices one document gives; more would not be read.
pub const MAX_NOTICES: usize = 64;

/// Most bytes of unknown content kept.
pub const MAX_KEPT_BYTES: usize = MAX_FILE_BYTES;

/// What was changed or not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The field; empty for the document.
    pub path: String,
    /// What was done.
    pub message: String,
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_empty() {
            write!(f, "{}", self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

/// Something of a newer version, and where it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Keys and indices from the document's root.
    place: Vec<Step>,
    /// What stood there.
    value: Value,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    Item(usize),
    /// A list item that could not be read: goes to the list's end again.
    Append,
}

/// A cue made legal.
#[derive(Clone, Debug, PartialEq)]
pub struct Repaired {
    /// The cue; within every limit.
    pub cue: Cue,
    /// What a person should know.
    pub notices: Vec<Notice>,
    /// What was not understood; give it to [`to_json`].
    pub kept: Vec<Kept>,
}

/// Reads a cue from JSON text of any quality.
pub fn from_json_bytes(bytes: &[u8]) -> Repaired {
    let fallback = |message: String| Repaired {
        cue: Cue::default(),
        notices: vec![Notice { path: String::new(), message }],
        kept: Vec::new(),
    };
    // Ten times a file: room for what a newer version adds, no room for an attack on memory.
    if bytes.len() > 10 * MAX_FILE_BYTES {
        return fallback(format!("the cue has {} bytes and was not read; started afresh", bytes.len()));
    }
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => from_json_lenient(value),
        Err(error) => fallback(format!("the cue could not be read ({error}); started afresh")),
    }
}

/// Reads a cue from JSON of any shape.
pub fn from_json_lenient(value: Value) -> Repaired {
    let mut repair = Repair { notices: Vec::new(), kept: Vec::new(), kept_bytes: 0 };
    let Value::Object(object) = value else {
        repair.say("", "the cue could not be read; started afresh".into());
        return Repaired { cue: Cue::default(), notices: repair.notices, kept: repair.kept };
    };
    if object.get("version").and_then(Value::as_u64).is_some_and(|v| v > u64::from(super::CUE_VERSION)) {
        repair.say("version", "made by a newer Cuewright; what this one does not know is kept".into());
    }
    let clean = repair.table(object, "", &mut Vec::new());
    let mut cue: Cue = serde_json::from_value(Value::Object(clean)).unwrap_or_else(|error| {
        debug_assert!(false, "the limits table let through what serde does not: {error}");
        repair.say("", format!("the cue could not be read ({error}); started afresh"));
        Cue::default()
    });
    repair.contradictions(&mut cue);
    Repaired { cue, notices: repair.notices, kept: repair.kept }
}

/// Writes a cue as JSON, with what an earlier reading kept back in its places.
pub fn to_json(cue: &Cue, kept: &[Kept]) -> Value {
    let mut value = serde_json::to_value(cue).unwrap_or_default();
    for kept in kept {
        put_back(&mut value, &kept.place, &kept.value);
    }
    value
}

fn put_back(value: &mut Value, place: &[Step], what: &Value) {
    match (value, place) {
        (Value::Object(object), [Step::Key(key)]) => {
            object.entry(key.clone()).or_insert_with(|| what.clone());
        }
        (Value::Array(items), [Step::Append]) => items.push(what.clone()),
        (Value::Object(object), [Step::Key(key), rest @ ..]) => {
            if let Some(inner) = object.get_mut(key) {
                put_back(inner, rest, what);
            }
        }
        (Value::Array(items), [Step::Item(index), rest @ ..]) => {
            if let Some(inner) = items.get_mut(*index) {
                put_back(inner, rest, what);
            }
        }
        _ => {}
    }
}

struct Repair {
    notices: Vec<Notice>,
    kept: Vec<Kept>,
    kept_bytes: usize,
}

impl Repair {
    fn say(&mut self, path: &str, message: String) {
        if self.notices.len() < MAX_NOTICES {
            self.notices.push(Notice { path: path.into(), message });
        }
    }

    fn keep(&mut self, place: &[Step], value: Value) {
        let bytes = value.to_string().len();
        if self.kept_bytes + bytes <= MAX_KEPT_BYTES {
            self.kept_bytes += bytes;
            self.kept.push(Kept { place: place.to_vec(), value });
        } else {
            self.say(&text_of(place), "too large to keep; dropped".into());
        }
    }

    fn table(
        &mut self,
        object: Map<String, Value>,
        pattern: &str,
        place: &mut Vec<Step>,
    ) -> Map<String, Value> {
        let mut clean = Map::new();
        for (key, value) in object {
            place.push(Step::Key(key.clone()));
            match limits::children(&CUE_LIMITS, pattern).find(|&(_, known)| known == key) {
                Some((limit, _)) => {
                    if let Some(value) = self.value(value, limit, place) {
                        clean.insert(key, value);
                    }
                }
                None => {
                    self.say(&text_of(place), "not known to this version; kept".into());
                    self.keep(place, value);
                }
            }
            place.pop();
        }
        clean
    }

    /// The nearest legal value; `None` where there is none and the default holds.
    fn value(&mut self, value: Value, limit: &Limit, place: &mut Vec<Step>) -> Option<Value> {
        match (limit.kind, value) {
            (_, Value::Null) => None,
            (Kind::Whole { min, max }, Value::Number(number)) => {
                // A seed above the limit still names a seed: fold it instead of making all of them the same.
                if limit.path == "seed" && number.as_u64().is_some_and(|seed| seed > limits::MAX_SEED) {
                    self.say("seed", "above the limit; its lower 63 bits are used".into());
                    return Some(json!(number.as_u64().unwrap_or(0) & limits::MAX_SEED));
                }
                let found =
                    number.as_i64().map_or_else(|| number.as_f64().unwrap_or(0.0).round(), |n| n as f64);
                let legal = number.as_i64().unwrap_or(found as i64).clamp(min, max);
                if number.as_i64() != Some(legal) && limit.path != "version" {
                    self.clamped(place, &number.to_string(), limit);
                }
                Some(json!(legal))
            }
            (Kind::OneOf(numbers), Value::Number(number)) => {
                let known = number.as_i64().filter(|found| numbers.contains(found));
                known.map(|found| json!(found)).or_else(|| self.dropped(place, limit))
            }
            (Kind::Number { min, max }, Value::Number(number)) => {
                let found = number.as_f64().filter(|found| found.is_finite())?;
                if found < min || found > max {
                    self.clamped(place, &number.to_string(), limit);
                }
                Some(json!(found.clamp(min, max)))
            }
            (Kind::Text { max }, Value::String(text)) => Some(json!(self.shortened(text, max, place))),
            (Kind::PaletteOrNone, Value::String(text)) if text.is_empty() => Some(json!(text)),
            (Kind::Palette | Kind::PaletteOrNone, Value::String(text)) => {
                // An unknown palette keeps its name, so that saving loses nothing; the plan falls back to the first.
                if super::factory::palette(&text).is_none() {
                    self.say(
                        &text_of(place),
                        format!("there is no palette \"{text}\" here; another one plays"),
                    );
                }
                Some(json!(self.shortened(text, 64, place)))
            }
            (Kind::Hall, Value::String(text)) => {
                if super::factory::hall(&text).is_none() {
                    self.say(
                        &text_of(place),
                        format!("there is no hall \"{text}\" here; the palette's is used"),
                    );
                }
                Some(json!(self.shortened(text, 64, place)))
            }
            (Kind::Scene, Value::String(text)) => {
                if scenes::find(&text).is_none() {
                    self.say(
                        &text_of(place),
                        format!("there is no scene \"{text}\" here; the palette's is heard"),
                    );
                }
                Some(json!(self.shortened(text, 64, place)))
            }
            (Kind::Choice(words), Value::String(text)) => {
                if words.contains(&text.as_str()) {
                    Some(json!(text))
                } else {
                    self.dropped(place, limit)
                }
            }
            (Kind::Key, Value::String(text)) => {
                let legal = text.is_empty() || (text.len() <= 8 && plan::parse_key(&text).is_some());
                if legal { Some(json!(text)) } else { self.dropped(place, limit) }
            }
            (Kind::Switch, Value::Bool(on)) => Some(json!(on)),
            (Kind::List { min, max }, Value::Array(items)) => self.list(items, (min, max), limit, place),
            (Kind::Table | Kind::Hall, Value::Object(object)) => {
                let kept_before = self.kept.len();
                let clean = self.table(object.clone(), limit.path, place);
                let complete = limits::children(&CUE_LIMITS, limit.path)
                    .all(|(child, key)| !child.required || clean.contains_key(key));
                if complete {
                    return Some(Value::Object(clean));
                }
                self.kept.truncate(kept_before);
                self.say(&text_of(place), "not complete for this version; left out, but kept".into());
                self.keep(&appended(place), Value::Object(object));
                None
            }
            (Kind::Params, Value::Object(object)) => Some(self.params(object, place)),
            (_, value) => {
                self.say(&text_of(place), format!("expected {}; left out", limit.range_text()));
                if matches!(place.last(), Some(Step::Item(_))) {
                    self.keep(&appended(place), value);
                }
                None
            }
        }
    }

    fn list(
        &mut self,
        items: Vec<Value>,
        (min, max): (usize, usize),
        limit: &Limit,
        place: &mut Vec<Step>,
    ) -> Option<Value> {
        let item_limit = limits::find(&CUE_LIMITS, &format!("{}[]", limit.path))?;
        if items.len() > max {
            self.say(&text_of(place), format!("has {} items; the first {max} are used", items.len()));
        }
        // A list of fixed length keeps its places: what cannot be read there becomes 0.
        let fixed = min == max;
        let mut clean = Vec::new();
        for item in items.into_iter().take(max) {
            place.push(Step::Item(clean.len()));
            match self.value(item, item_limit, place) {
                Some(value) => clean.push(value),
                None if fixed => clean.push(json!(0)),
                None => {}
            }
            place.pop();
        }
        if fixed {
            clean.resize(min, json!(0));
        }
        if clean.len() < min {
            self.say(&text_of(place), format!("expected {}; left out", limit.range_text()));
            return None;
        }
        Some(Value::Array(clean))
    }

    fn params(&mut self, object: Map<String, Value>, place: &mut Vec<Step>) -> Value {
        let mut clean = Map::new();
        for (id, value) in object {
            place.push(Step::Key(id.clone()));
            match (limits::cue_params().find(|row| row.id == id), value.as_f64()) {
                (Some(row), Some(number)) => {
                    let legal = row.sanitize(number);
                    if f64::from(legal) != number && (f64::from(legal) - number).abs() > 1e-6 {
                        self.say(
                            &text_of(place),
                            format!("{number} is not {} to {}; {legal} is used", row.min, row.max),
                        );
                    }
                    clean.insert(id, json!(legal));
                }
                (Some(_), None) => self.say(&text_of(place), "expected a number; left out".into()),
                (None, _) => {
                    self.say(&text_of(place), "not known to this version; kept".into());
                    self.keep(place, value);
                }
            }
            place.pop();
        }
        Value::Object(clean)
    }

    fn contradictions(&mut self, cue: &mut Cue) {
        for (index, change) in cue.meters.iter_mut().enumerate() {
            if Meter::new(change.numerator, change.denominator, &change.groups).is_none() {
                self.say(
                    &format!("meters[{index}].groups"),
                    "do not sum to the numerator; the usual ones are used".into(),
                );
                change.groups.clear();
            }
        }
        cue.meters.sort_by_key(|change| change.bar);
        cue.meters.dedup_by_key(|change| change.bar);
        if cue.motif.as_ref().is_some_and(|motif| motif.sounding() < 2) {
            self.say("motif", "has fewer than 2 sounding notes; made from the seed instead".into());
            cue.motif = None;
        }
        if let Some(motif) = cue.motif.as_mut().filter(|motif| motif.after_pickup() < 2) {
            self.say("motif.pickup_beats", "leaves fewer than 2 notes after it; it has no upbeat".into());
            motif.pickup_beats = 0.0;
        }
    }

    fn clamped(&mut self, place: &[Step], found: &str, limit: &Limit) {
        self.say(&text_of(place), format!("{found} is not {}; the nearest is used", limit.range_text()));
    }

    fn dropped(&mut self, place: &[Step], limit: &Limit) -> Option<Value> {
        self.say(&text_of(place), format!("expected {}; left out", limit.range_text()));
        None
    }

    fn shortened(&mut self, text: String, max: usize, place: &[Step]) -> String {
        if text.chars().count() <= max {
            return text;
        }
        self.say(&text_of(place), format!("longer than {max} characters; shortened"));
        text.chars().take(max).collect()
    }
}

fn appended(place: &[Step]) -> Vec<Step> {
    let mut place = place.to_vec();
    if let Some(last @ Step::Item(_)) = place.last_mut() {
        *last = Step::Append;
    }
    place
}

fn text_of(place: &[Step]) -> String {
    let mut text = String::new();
    for step in place {
        match step {
            Step::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.extend(key.chars().take(64));
            }
            Step::Item(index) => text.push_str(&format!("[{index}]")),
            Step::Append => text.push_str("[]"),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cue::{factory, parse_toml, to_toml};
    use proptest::prelude::*;

    fn assert_legal(cue: &Cue) {
        let known = Cue { palette: factory::palette_or_default(&cue.palette).id.clone(), ..cue.clone() };
        let text = to_toml(&known).unwrap();
        assert_eq!(parse_toml(&text).unwrap_or_else(|error| panic!("{error}\n{text}")), known);
    }

    #[test]
    fn a_legal_cue_passes_untouched() {
        for factory in factory::cues() {
            let repaired = from_json_lenient(to_json(&factory.cue, &[]));
            assert_eq!(repaired, Repaired { cue: factory.cue.clone(), notices: vec![], kept: vec![] });
        }
    }

    #[test]
    fn what_is_out_of_range_is_clamped_and_said() {
        let repaired = from_json_lenient(json!({
            "tempo_bpm": 1e9, "length_bars": 0, "seed": u64::MAX, "palette": "kazoo", "key": 5,
            "title": "x".repeat(1000), "mood": { "energy": -7, "wonder": "much" },
            "meters": [{ "bar": 1, "numerator": 4, "denominator": 4, "groups": [3, 3] }],
            "takes": { "stems": [1, 2, "three"] }, "params": { "density": 99 },
            "motif": { "notes": [{ "degree": 0, "beats": 1 }] },
        }));
        let cue = &repaired.cue;
        assert_eq!((cue.tempo_bpm, cue.length_bars, cue.seed), (400.0, 1, limits::MAX_SEED));
        assert_eq!((cue.palette.as_str(), cue.key.as_str(), cue.title.len()), ("kazoo", "", 200));
        assert_eq!((cue.mood.energy, cue.mood.wonder, cue.meters[0].groups.len()), (-1.0, 0.0, 0));
        assert_eq!(cue.takes.stems, [1, 2, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!((cue.params["density"], &cue.motif), (2.0, &None));
        for path in [
            "tempo_bpm",
            "seed",
            "palette",
            "mood.energy",
            "meters[0].groups",
            "params.density",
            "motif.notes",
        ] {
            assert!(
                repaired.notices.iter().any(|notice| notice.path == path),
                "{path}: {:?}",
                repaired.notices
            );
        }
        assert_legal(cue);
    }

    #[test]
    fn a_scene_of_another_age_keeps_its_name_and_is_said() {
        let known = from_json_lenient(json!({ "scene": "rain" }));
        assert_eq!((known.cue.scene.as_deref(), known.notices.len()), (Some("rain"), 0));
        let unknown = from_json_lenient(json!({ "scene": "snow" }));
        assert_eq!((unknown.cue.scene.as_deref(), unknown.notices.len()), (Some("snow"), 1));
        assert!(unknown.notices[0].message.contains("no scene"), "{:?}", unknown.notices);
    }

    #[test]
    fn an_upbeat_nothing_follows_is_none() {
        let note = |beats: f64| json!({ "degree": 0, "beats": beats });
        let found = |pickup_beats: f64| {
            let notes = [note(1.0), note(2.0), note(1.0)];
            from_json_lenient(json!({ "motif": { "notes": notes, "pickup_beats": pickup_beats } }))
        };
        let kept = found(1.0);
        assert!(kept.notices.is_empty(), "{:?}", kept.notices);
        assert_eq!(kept.cue.motif.unwrap().pickup_beats, 1.0);
        let mended = found(3.0);
        assert_eq!(mended.notices[0].path, "motif.pickup_beats");
        assert_eq!(mended.cue.motif.as_ref().unwrap().pickup_beats, 0.0);
        assert_legal(&mended.cue);
    }

    #[test]
    fn what_a_newer_version_wrote_comes_back_when_saved() {
        let newer = json!({
            "version": 9, "colour": { "sky": "blue" }, "title": "Kept",
            "mood": { "energy": 0.5, "humour": 0.3 }, "params": { "sparkle": 0.7 },
            "hits": [{ "bar": 2.0, "kind": "accent", "frames": 3 }, { "bar": 5.0, "kind": "reveal" }],
        });
        let repaired = from_json_lenient(newer);
        assert_eq!((repaired.cue.hits.len(), repaired.cue.mood.energy), (1, 0.5));
        let saved = to_json(&repaired.cue, &repaired.kept);
        assert_eq!(saved["colour"]["sky"], "blue");
        assert_eq!((&saved["mood"]["humour"], &saved["params"]["sparkle"]), (&json!(0.3), &json!(0.7)));
        assert_eq!((&saved["hits"][0]["frames"], &saved["hits"][1]["kind"]), (&json!(3), &json!("reveal")));
        let again = from_json_lenient(saved.clone());
        assert_eq!((&again.cue, to_json(&again.cue, &again.kept)), (&repaired.cue, saved));
    }

    #[test]
    fn bytes_of_any_quality_give_a_cue() {
        for bytes in [&b""[..], b"{", b"[]", b"null", b"\xff\xfe", b"{\"seed\":", &b"[".repeat(100_000)] {
            let repaired = from_json_bytes(bytes);
            assert_eq!((repaired.cue, repaired.notices.len()), (Cue::default(), 1));
        }
        let large = format!("{{\"title\":\"{}\"}}", "x".repeat(11 * MAX_FILE_BYTES));
        assert!(from_json_bytes(large.as_bytes()).notices[0].message.contains("bytes"));
        let unknown = format!("{{\"title\":\"a\",\"blob\":\"{}\"}}", "x".repeat(2 * MAX_FILE_BYTES));
        let repaired = from_json_bytes(unknown.as_bytes());
        assert_eq!((repaired.cue.title.as_str(), repaired.kept.len()), ("a", 0));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let key = prop_oneof![
            prop::sample::select(vec![
                "seed",
                "title",
                "palette",
                "tempo_bpm",
                "key",
                "length_bars",
                "meters",
                "mood",
                "lane",
                "hits",
                "motif",
                "takes",
                "params",
                "bar",
                "numerator",
                "denominator",
                "groups",
                "energy",
                "kind",
                "strength",
                "notes",
                "degree",
                "beats",
                "rest",
                "stems",
                "score",
                "density",
                "version",
                "revision"
            ])
            .prop_map(String::from),
            "[a-z.\\[\\]]{0,5}",
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            (-20i64..20).prop_map(Value::from),
            "[a-zA-Z#]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 96, 12, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..12).prop_map(Value::from),
                prop::collection::btree_map(key.clone(), inner, 0..12)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_gives_a_legal_cue(value in any_json()) {
            let repaired = from_json_lenient(value);
            assert_legal(&repaired.cue);
            prop_assert!(repaired.notices.len() <= MAX_NOTICES);
            let saved = to_json(&repaired.cue, &repaired.kept);
            prop_assert_eq!(from_json_lenient(saved).cue, repaired.cue);
        }
    }
}
