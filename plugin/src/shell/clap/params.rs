//! Parameters: the engine's table as CLAP lists it. In/out: plain values and their units, no normalising.

use super::audio::ClapAudio;
use super::events::{id_of, receive, row_of, send_gesture};
use super::main_thread::ClapMain;
use crate::core::Outputs;
use clack_extensions::params::*;
use clack_plugin::events::io::{InputEvents, OutputEvents};
use clack_plugin::events::spaces::CoreEventSpace;
use clack_plugin::utils::{ClapId, Cookie};
use cuewright_engine::params::{PARAMS, Param, ParamRow};
use std::ffi::CStr;
use std::fmt::Write;

fn flags_of(row: &ParamRow) -> ParamInfoFlags {
    let mut flags = ParamInfoFlags::IS_AUTOMATABLE;
    if row.stepped() {
        flags |= ParamInfoFlags::IS_STEPPED;
    } else {
        flags |= ParamInfoFlags::IS_MODULATABLE;
    }
    if row.index == Param::Bypass as usize {
        flags |= ParamInfoFlags::IS_BYPASS;
    }
    flags
}

impl PluginMainThreadParams for ClapMain<'_> {
    fn count(&self) -> u32 {
        PARAMS.len() as u32
    }

    fn get_info(&self, param_index: u32, info: &mut ParamInfoWriter) {
        let Some(row) = PARAMS.get(param_index as usize) else { return };
        info.set(&ParamInfo {
            id: id_of(row),
            flags: flags_of(row),
            cookie: Cookie::empty(),
            name: row.name.as_bytes(),
            module: row.group.name().as_bytes(),
            min_value: f64::from(row.min),
            max_value: f64::from(row.max),
            default_value: f64::from(row.default),
        });
    }

    fn get_value(&self, param_id: ClapId) -> Option<f64> {
        row_of(param_id).map(|row| f64::from(self.core().params.get(row.index)))
    }

    fn value_to_text(
        &self,
        param_id: ClapId,
        value: f64,
        writer: &mut ParamDisplayWriter,
    ) -> std::fmt::Result {
        let row = row_of(param_id).ok_or(std::fmt::Error)?;
        writer.write_str(&row.text(row.sanitize(value)))
    }

    fn text_to_value(&self, param_id: ClapId, text: &CStr) -> Option<f64> {
        row_of(param_id)?.parse(text.to_str().ok()?).map(f64::from)
    }

    /// Without an engine: values are kept for the next one, gestures go out.
    fn flush(&self, input: &InputEvents, output: &mut OutputEvents) {
        for event in input {
            if let Some(CoreEventSpace::ParamValue(event)) = event.as_core_event()
                && let Some(row) = event.param_id().and_then(row_of)
            {
                self.core().params.set(row.index, event.value());
            }
        }
        self.core().params.take_gestures(|gesture| send_gesture(gesture, output));
    }
}

impl PluginAudioProcessorParams for ClapAudio<'_> {
    /// With an engine but without sound: a block of no frames.
    fn flush(&mut self, input: &InputEvents, output: &mut OutputEvents) {
        for event in input {
            receive(event, &mut self.processor);
        }
        self.processor.process(0, &mut Outputs::none());
        self.send(output);
    }
}
