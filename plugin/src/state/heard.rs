//! What was heard, as JSON: runs of bars with one climate, and the meters a host showed.
//! Source: DESIGN 6.4. In/out: the engine's memory in and out; wrong entries are left out, values made legal.

use cuewright_engine::compose::Climate;
use cuewright_engine::cue::Mood;
use cuewright_engine::memory::{Memory, REMEMBERED_BARS};
use cuewright_engine::params::{Param, Values};
use cuewright_engine::time::{BarGrid, MAX_SEGMENTS, Meter};
use serde_json::{Value, json};

/// Furthest bar believed; a host would need years to get there.
const MAX_BAR: i64 = 100_000_000;

/// Writes a memory. A run is `[first bar, bars, six axes, density, dialogue, motif, chromatic, humanise, variant, tempo or
/// null]`, a meter
/// `[start in quarter notes, numerator, denominator, groups]`.
pub fn to_json(memory: &Memory) -> Value {
    let mut runs: Vec<(i64, i64, Climate)> = Vec::new();
    for (bar, climate) in memory.bars() {
        match runs.last_mut() {
            Some((first, count, same)) if *first + *count == bar && *same == climate => *count += 1,
            _ => runs.push((bar, 1, climate)),
        }
    }
    let bars: Vec<Value> = runs
        .into_iter()
        .map(|(first, count, c)| {
            let [valence, energy, tension, wonder, scale, darkness] = c.mood.to_array();
            json!([
                first,
                count,
                valence,
                energy,
                tension,
                wonder,
                scale,
                darkness,
                c.density,
                c.dialogue,
                c.motif,
                c.chromatic,
                c.humanise,
                c.variant,
                c.tempo_bpm
            ])
        })
        .collect();
    let meters: Vec<Value> = memory
        .grid
        .segments()
        .iter()
        .map(|s| json!([s.start, s.meter.numerator(), s.meter.denominator(), s.meter.groups()]))
        .collect();
    json!({ "bars": bars, "meters": meters, "round_bars": memory.grid.round_bars() })
}

/// Reads a memory; whatever is not one reads as nothing heard.
pub fn from_json(value: &Value) -> Option<Memory> {
    let mut grid: Option<BarGrid> = None;
    for entry in value.get("meters")?.as_array()?.iter().take(MAX_SEGMENTS) {
        let Some((start, meter)) = read_meter(entry) else { continue };
        match &mut grid {
            None => grid = Some(BarGrid::new(meter)),
            Some(grid) => {
                grid.set_meter_at(start, meter);
            }
        }
    }
    let grid = grid.unwrap_or_default();
    let round = value.get("round_bars").and_then(Value::as_i64).filter(|bars| (1..=MAX_BAR).contains(bars));
    let mut memory = Memory::new(match round {
        Some(bars) => grid.looping(bars),
        None => grid,
    });
    for run in value.get("bars")?.as_array()?.iter().take(REMEMBERED_BARS) {
        let Some((first, count, climate)) = read_run(run) else { continue };
        for bar in first..first + count {
            memory.remember(bar, climate);
        }
    }
    Some(memory)
}

fn read_meter(entry: &Value) -> Option<(f64, Meter)> {
    let [start, numerator, denominator, groups] = entry.as_array()?.as_slice() else { return None };
    let small = |value: &Value| value.as_u64().and_then(|number| u8::try_from(number).ok());
    let groups: Option<Vec<u8>> = groups.as_array()?.iter().map(small).collect();
    Some((start.as_f64()?, Meter::new(small(numerator)?, small(denominator)?, &groups?)?))
}

fn read_run(run: &Value) -> Option<(i64, i64, Climate)> {
    let run = run.as_array()?;
    let (first, count) = (run.first()?.as_i64()?, run.get(1)?.as_i64()?);
    let legal = (-MAX_BAR..=MAX_BAR).contains(&first) && (1..=REMEMBERED_BARS as i64).contains(&count);
    let number = |at: usize| run.get(at).and_then(Value::as_f64);
    let mut axes = [0.0; 6];
    for (at, axis) in axes.iter_mut().enumerate() {
        *axis = number(2 + at)? as f32;
    }
    // The table's rows make the rest legal.
    let mut values = Values::default();
    let rest =
        [Param::Density, Param::Dialogue, Param::Motif, Param::Chromatic, Param::Humanise, Param::Variant];
    for (at, param) in rest.into_iter().enumerate() {
        values.set(param as usize, number(8 + at)?);
    }
    let tempo_bpm = run.get(14).and_then(Value::as_u64).and_then(|tempo| u16::try_from(tempo).ok());
    legal.then(|| (first, count, Climate { tempo_bpm, ..Climate::new(Mood::from_array(axes), &values) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_heard_is_heard_again() {
        let mut grid = BarGrid::default();
        grid.set_meter(16.0, Meter::new(7, 8, &[3, 2, 2]).unwrap());
        grid.follow_host(40.0, (3, 4), Some(39.25));
        let mut memory = Memory::new(grid);
        let mut values = Values::default();
        for bar in -3..200 {
            values.put(Param::Valence, (bar / 20) as f32 / 50.0);
            values.put(Param::Variant, (bar / 50) as f32);
            let mood = Mood { valence: values.get(Param::Valence), wonder: 0.3, ..Mood::default() };
            memory.remember(bar, Climate::new(mood, &values).at_tempo(100.0 + (bar / 70) as f64));
        }
        let text = serde_json::to_string(&to_json(&memory)).unwrap();
        let back = from_json(&serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!((back.bars(), &back.grid), (memory.bars(), &memory.grid));
        assert_eq!(serde_json::to_string(&to_json(&back)).unwrap(), text);
        assert!(text.len() < 3000, "{}", text.len());
    }

    #[test]
    fn nonsense_is_nothing_heard() {
        for text in [
            "null",
            "[]",
            r#"{"bars":3,"meters":{}}"#,
            r#"{"bars":[[0,1e18,0],["x"],[9e99,1,0,0,0,0,0,0,1,0,0,0,0,1],[1,-1,0,0,0,0,0,0,1,0,0,0,0,1]],"meters":[[1,0,0,[0]],7]}"#,
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert!(from_json(&value).is_none_or(|memory| memory.bars().is_empty()), "{text}");
        }
    }
}
