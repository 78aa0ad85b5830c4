//! The plugin's state: parameters, the cue and what was heard, as one JSON document that every version can read.
//! Source: DESIGN 8, 6.4; practice DELIVERY 12. In/out: any bytes in, never refused whole.

mod heard;

use crate::core::Shared;
use cuewright_engine::REVISION;
use cuewright_engine::cue::repair;
use cuewright_engine::params::{self, PARAMS, Values};
use cuewright_engine::plan::values_of;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, json};

/// What tells a state of ours from any other JSON.
pub const FORMAT: &str = "cuewright-state";

/// Shape of the document. Additive changes keep it.
pub const SCHEMA: u64 = 1;

/// Most bytes read. Ours stay under 100 KiB; the room is for what a newer version may add.
pub const MAX_BYTES: usize = 16 << 20;

/// Most bytes of unknown content kept and written again.
pub const MAX_KEPT_BYTES: usize = 12 << 20;

/// Keys this version reads; anything else is kept and written back.
const KNOWN: [&str; 7] = ["format", "schema", "plugin", "revision", "params", "cue", "heard"];

/// What a state is saved for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A project: everything.
    Project,
    /// A preset for other projects: without what was heard in this one.
    Preset,
}

/// Writes the instance's state for a project.
pub fn save(shared: &Shared) -> Vec<u8> {
    save_for(shared, Purpose::Project)
}

/// Writes the instance's state.
pub fn save_for(shared: &Shared, purpose: Purpose) -> Vec<u8> {
    shared.settle_capture();
    let values = shared.values();
    let mut session = shared.session();
    let mut document = session.kept.clone();
    let mut params = match document.remove("params") {
        Some(Value::Object(unknown)) => unknown,
        _ => Map::new(),
    };
    for row in PARAMS.iter() {
        params.insert(row.id.clone(), json!(values.at(row.index)));
    }
    document.insert("format".into(), json!(FORMAT));
    document.insert("schema".into(), json!(SCHEMA));
    document.insert("plugin".into(), json!(crate::VERSION));
    document.insert("revision".into(), json!(REVISION));
    document.insert("params".into(), Value::Object(params));
    document.insert("cue".into(), repair::to_json(&session.cue, &session.kept_cue));
    let heard = session.heard().filter(|memory| purpose == Purpose::Project && !memory.bars().is_empty());
    if let Some(memory) = heard {
        document.insert("heard".into(), heard::to_json(&memory));
    }
    drop(session);
    serde_json::to_vec(&Value::Object(document)).unwrap_or_default()
}

/// Reads a state of any quality into the instance: what is known is loaded, the rest kept, and the person is told.
/// May be called while audio runs. The shell tells the host that values changed.
pub fn load(shared: &Shared, bytes: &[u8]) {
    let mut notices = Vec::new();
    let mut document = read(bytes, &mut notices);
    let mut values = Values::default();
    // Without values of its own a state starts from those of its cue.
    let unvalued = !document.contains_key("params");
    let unknown_params = read_params(document.get_mut("params"), &mut values, &mut notices);
    let repaired = document.get_mut("cue").map(|cue| repair::from_json_lenient(cue.take()));
    let memory = document.get("heard").and_then(heard::from_json);
    document.retain(|key, _| !KNOWN.contains(&key.as_str()));
    if !document.is_empty()
        && serde_json::to_string(&document).map_or(usize::MAX, |text| text.len()) > MAX_KEPT_BYTES
    {
        notices.push("the state holds more that this version does not know than can be kept; dropped".into());
        document.clear();
    } else if !document.is_empty() {
        let keys: Vec<&str> = document.keys().map(|key| key.get(..40).unwrap_or("…")).take(8).collect();
        notices.push(format!("not known to this version, and kept: {}", keys.join(", ")));
    }
    if !unknown_params.is_empty() {
        document.insert("params".into(), Value::Object(unknown_params));
    }
    let repaired = repaired.unwrap_or_else(|| {
        notices.push("the state holds no cue; started afresh".into());
        repair::from_json_lenient(json!({}))
    });
    notices.extend(repaired.notices.iter().map(|notice| format!("cue: {notice}")));
    notices.extend(from_another_revision(repaired.cue.revision));
    if unvalued {
        values = values_of(&repaired.cue);
    }
    let mut session = shared.session();
    session.kept = document;
    session.kept_cue = repaired.kept;
    session.notices.clear();
    session.open(repaired.cue, memory);
    drop(session);
    shared.set_values(&values);
    for notice in notices {
        shared.notice(notice);
    }
}

/// The document as far as it can be read, empty where it cannot.
fn read(bytes: &[u8], notices: &mut Vec<String>) -> Map<String, Value> {
    if bytes.len() > MAX_BYTES {
        notices.push(format!("the state has {} bytes, more than any of ours; started afresh", bytes.len()));
        return Map::new();
    }
    let mut document = Map::new();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    if let Err(error) = Salvage(&mut document).deserialize(&mut reader) {
        let rest = if document.is_empty() { "started afresh" } else { "what came before is loaded" };
        notices.push(format!("the state could not be read to its end ({error}); {rest}"));
    }
    if document.is_empty() {
        return document;
    }
    if document.get("format").and_then(Value::as_str) != Some(FORMAT) {
        notices.push("the state does not say that it is Cuewright's; read as far as it makes sense".into());
    }
    if document.get("schema").and_then(Value::as_u64).is_some_and(|schema| schema > SCHEMA) {
        notices
            .push("saved by a newer Cuewright: what this version knows is loaded, the rest is kept".into());
    }
    document
}

/// Reads the entries of an object one by one into a map, so that those before a broken one survive.
struct Salvage<'a>(&'a mut Map<String, Value>);

impl<'de> DeserializeSeed<'de> for Salvage<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Salvage<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some((key, value)) = entries.next_entry()? {
            self.0.insert(key, value);
        }
        Ok(())
    }
}

/// Takes the values this version knows out of the list; the others are given back.
fn read_params(
    list: Option<&mut Value>,
    values: &mut Values,
    notices: &mut Vec<String>,
) -> Map<String, Value> {
    let Some(Value::Object(list)) = list else { return Map::new() };
    let mut unknown = std::mem::take(list);
    unknown.retain(|id, value| {
        let Some(row) = params::by_id(id) else { return true };
        match value.as_f64() {
            Some(number) => {
                values.set(row.index, number);
                if (f64::from(values.at(row.index)) - number).abs() > 1e-6 {
                    notices.push(format!("{id}: {number} is out of range; the nearest value is used"));
                }
            }
            None => notices.push(format!("{id}: not a number; the default is used")),
        }
        false
    });
    unknown
}

/// What to say of a cue that another engine made (DESIGN 6); 0 is a cue that does not tell.
fn from_another_revision(revision: u32) -> Option<String> {
    match revision {
        0 | REVISION => None,
        other if other > REVISION => {
            Some(format!("the cue was made by a newer engine (revision {other}) and may sound different"))
        }
        other => {
            Some(format!("the cue was made by revision {other}; it sounds different in revision {REVISION}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cue_of_another_revision_is_told() {
        assert_eq!(from_another_revision(REVISION), None);
        assert_eq!(from_another_revision(0), None);
        assert!(from_another_revision(REVISION + 1).is_some_and(|text| text.contains("newer")));
        assert!(from_another_revision(REVISION - 1).is_some_and(|text| text.contains("different")));
    }
}
