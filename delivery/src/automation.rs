//! Automation from a text table: rows of `seconds,id,value`.
//! Source: own. In/out: seconds from bar 1, parameter ids and plain values as `cuewright list axes` shows them.

use cuewright_engine::params::{self, ParamRow};

/// Largest file read, bytes.
pub const MAX_AUTOMATION_BYTES: usize = 64 << 20;

/// One row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AutomationRow {
    /// When, from bar 1.
    pub seconds: f64,
    /// Which parameter, as index in the table.
    pub index: usize,
    /// Plain value, within the parameter's range.
    pub value: f64,
}

/// What is wrong with a table, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct AutomationError {
    /// Line from 1.
    pub line: usize,
    /// Column (field) from 1.
    pub column: usize,
    /// What is wrong and what is allowed.
    pub message: String,
}

/// Reads a table: one row a line, an optional heading `seconds,id,value`, `#` comments, rows in any order.
/// Of two rows at one time for one parameter the later holds.
pub fn parse(text: &str) -> Result<Vec<AutomationRow>, AutomationError> {
    if text.len() > MAX_AUTOMATION_BYTES {
        let message =
            format!("the file has {} bytes; at most {MAX_AUTOMATION_BYTES} are allowed", text.len());
        return Err(AutomationError { line: 1, column: 1, message });
    }
    let mut rows = Vec::new();
    let mut first = true;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim().trim_start_matches('\u{feff}');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let heading = first && line.replace(' ', "").eq_ignore_ascii_case("seconds,id,value");
        first = false;
        if !heading {
            rows.push(row(line).map_err(|(column, message)| AutomationError {
                line: index + 1,
                column,
                message,
            })?);
        }
    }
    // Stable: rows at one time keep their order.
    rows.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    Ok(rows)
}

fn row(line: &str) -> Result<AutomationRow, (usize, String)> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [seconds_text, id, value_text] = fields[..] else {
        return Err((fields.len().min(3), format!("has {} fields; expected seconds,id,value", fields.len())));
    };
    let seconds: f64 = seconds_text
        .parse()
        .ok()
        .filter(|seconds| (0.0..=86_400.0).contains(seconds))
        .ok_or_else(|| (1, format!("seconds: \"{seconds_text}\" is not a number from 0 to 86400 s")))?;
    let row = params::by_id(id).ok_or_else(|| (2, unknown_id(id)))?;
    let value = value(row, value_text).map_err(|message| (3, message))?;
    Ok(AutomationRow { seconds, index: row.index, value })
}

/// What to say of a parameter nobody has.
pub fn unknown_id(id: &str) -> String {
    format!("there is no parameter \"{id}\" (see `cuewright list axes`)")
}

/// A parameter's value as a person writes it; refused outside its range.
pub fn value(row: &ParamRow, text: &str) -> Result<f64, String> {
    let bare = text.trim().trim_end_matches("dB").trim_end_matches('×').trim_end();
    let number = bare.parse::<f64>().ok().or_else(|| row.parse(text).map(f64::from));
    number
        .filter(|number| (f64::from(row.min)..=f64::from(row.max)).contains(number))
        .ok_or_else(|| format!("{}: \"{text}\" is not a number from {} to {}", row.id, row.min, row.max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_in_order_of_time() {
        let rows =
            parse("seconds,id,value\n# a comment\n2.5, energy, 0.5\n\n0,low_mute,on\n2.5,low_gain,-6 dB\r\n")
                .unwrap();
        let read: Vec<_> =
            rows.iter().map(|row| (row.seconds, params::PARAMS[row.index].id.as_str(), row.value)).collect();
        assert_eq!(read, [(0.0, "low_mute", 1.0), (2.5, "energy", 0.5), (2.5, "low_gain", -6.0)]);
    }

    #[test]
    fn errors_name_line_and_field() {
        for (text, line, column, words) in [
            ("0,energy,0\n1,enrgy,0", 2, 2, "no parameter \"enrgy\""),
            ("0,energy,1.5", 1, 3, "energy: \"1.5\" is not a number from -1 to 1"),
            ("0,low_gain,20 dB", 1, 3, "-60 to 12"),
            ("0,energy,nan", 1, 3, "-1 to 1"),
            ("# x\nsoon,energy,0", 2, 1, "\"soon\" is not a number from 0 to 86400 s"),
            ("-1,energy,0", 1, 1, "0 to 86400"),
            ("0,energy", 1, 2, "has 2 fields"),
            ("0,energy,0,0", 1, 3, "has 4 fields"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
            assert!(error.message.contains(words), "{text}: {error}");
        }
    }
}
