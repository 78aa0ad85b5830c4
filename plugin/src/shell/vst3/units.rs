//! Units: the parameter table's groups as VST3 shows them, and rows as VST3 numbers them.
//! Source: VST 3 `ivstunits.h`; the rows are the engine's table. In/out: unit 0 is the root, groups follow in table order.

use crate::params::to_normalized;
use cuewright_engine::params::{Group, PARAMS, ParamRow, Unit};
use std::sync::LazyLock;

/// The groups in the order in which the table names them first.
pub(super) static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| {
    let mut groups = Vec::new();
    for row in PARAMS.iter() {
        if !groups.contains(&row.group) {
            groups.push(row.group);
        }
    }
    groups
});

/// Unit of a group.
pub(super) fn unit_of(group: Group) -> i32 {
    GROUPS.iter().position(|&other| other == group).map_or(0, |index| index as i32 + 1)
}

/// Steps between the lowest and the highest value; 0 for continuous parameters.
pub(super) fn step_count(row: &ParamRow) -> i32 {
    if row.stepped() { (row.max - row.min).round() as i32 } else { 0 }
}

/// A plain value as hosts see it, 0..1.
pub(super) fn normalized(row: &ParamRow, value: f32) -> f64 {
    to_normalized(row, value).clamp(0.0, 1.0)
}

/// The value as a person reads it, without the unit: hosts write [`unit_text`] behind it.
pub(super) fn bare_text(row: &ParamRow, value: f32) -> String {
    row.text(value).trim_end_matches(unit_text(row)).trim_end().to_owned()
}

/// What is written behind a value.
pub(super) fn unit_text(row: &ParamRow) -> &'static str {
    match row.unit {
        Unit::Decibels => "dB",
        Unit::Factor => "×",
        Unit::Plain | Unit::Count | Unit::Switch => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_unit_and_steps_that_reach_its_values() {
        for row in PARAMS.iter() {
            assert!((1..=GROUPS.len() as i32).contains(&unit_of(row.group)), "{}", row.id);
            assert_eq!(step_count(row) > 0, row.stepped(), "{}", row.id);
            for step in 0..step_count(row) {
                let normalized = f64::from(step) / f64::from(step_count(row));
                let value = crate::params::from_normalized(row, normalized);
                assert_eq!(value, row.min + step as f32, "{}", row.id);
            }
            for value in [row.min, row.default, row.max] {
                let text = bare_text(row, value);
                assert!(unit_text(row).is_empty() || !text.contains(unit_text(row)), "{text}");
                assert!((row.parse(&text).unwrap() - value).abs() < 0.051, "{text}");
            }
        }
    }
}
