//! IEditController, IUnitInfo, IInfoListener: parameters as VST3 sees them, their groups, and the track.
//! Source: VST 3 `ivsteditcontroller.h`, `ivstunits.h`, `ivstchannelcontextinfo.h`. In/out: the parameter table's rows by
//! their number; values 0..1, linear in the row's range.

use super::guard::guard;
use super::plugin::Plugin;
use super::text::{read_utf16, read_utf16_pointer, same_id, write_utf16};
use super::units::{GROUPS, bare_text, normalized, step_count, unit_of, unit_text};
use super::view::View;
use crate::core::TrackInfo;
use crate::params::from_normalized;
use cuewright_engine::params::{PARAMS, Param, ParamRow, by_number};
use std::sync::atomic::Ordering;
use vst3::Steinberg::Vst::ChannelContext::{IInfoListenerTrait, kChannelColorKey, kChannelNameKey};
use vst3::Steinberg::Vst::*;
use vst3::{ComRef, Steinberg::*};

fn info_of(row: &ParamRow) -> ParameterInfo {
    use ParameterInfo_::ParameterFlags_ as flag;
    let bypass = row.index == Param::Bypass as usize;
    let flags = flag::kCanAutomate | if bypass { flag::kIsBypass } else { 0 };
    let mut info = ParameterInfo {
        id: row.number,
        title: [0; 128],
        shortTitle: [0; 128],
        units: [0; 128],
        stepCount: step_count(row),
        defaultNormalizedValue: normalized(row, row.default),
        unitId: unit_of(row.group),
        flags: flags as int32,
    };
    write_utf16(&row.name, &mut info.title);
    write_utf16(&row.id, &mut info.shortTitle);
    write_utf16(unit_text(row), &mut info.units);
    info
}

impl IEditControllerTrait for Plugin {
    unsafe fn setComponentState(&self, _stream: *mut IBStream) -> tresult {
        // The component has just been given the same bytes.
        kResultOk
    }

    unsafe fn setState(&self, _stream: *mut IBStream) -> tresult {
        kResultOk
    }

    unsafe fn getState(&self, _stream: *mut IBStream) -> tresult {
        // All there is to save stands in the component's state.
        kResultOk
    }

    unsafe fn getParameterCount(&self) -> int32 {
        PARAMS.len() as int32
    }

    unsafe fn getParameterInfo(&self, index: int32, info: *mut ParameterInfo) -> tresult {
        let row = usize::try_from(index).ok().and_then(|index| PARAMS.get(index));
        // SAFETY: null or room for the answer.
        match (unsafe { info.as_mut() }, row) {
            (Some(info), Some(row)) => {
                *info = info_of(row);
                kResultOk
            }
            _ => kInvalidArgument,
        }
    }

    unsafe fn getParamStringByValue(&self, id: ParamID, value: ParamValue, text: *mut String128) -> tresult {
        // SAFETY: null or room for the answer.
        let (Some(text), Some(row)) = (unsafe { text.as_mut() }, by_number(id)) else {
            return kInvalidArgument;
        };
        write_utf16(&bare_text(row, from_normalized(row, value)), text);
        kResultOk
    }

    unsafe fn getParamValueByString(&self, id: ParamID, text: *mut TChar, value: *mut ParamValue) -> tresult {
        // SAFETY: null or room for the answer.
        let (Some(value), Some(row)) = (unsafe { value.as_mut() }, by_number(id)) else {
            return kInvalidArgument;
        };
        // SAFETY: a String128 or a text that ends with a zero.
        let text = unsafe { read_utf16_pointer(text, size_of::<String128>() / size_of::<TChar>()) };
        let Some(plain) = guard(None, || row.parse(&text)) else { return kResultFalse };
        *value = normalized(row, plain);
        kResultOk
    }

    unsafe fn normalizedParamToPlain(&self, id: ParamID, value: ParamValue) -> ParamValue {
        by_number(id).map_or(value, |row| f64::from(from_normalized(row, value)))
    }

    unsafe fn plainParamToNormalized(&self, id: ParamID, value: ParamValue) -> ParamValue {
        by_number(id).map_or(value, |row| normalized(row, row.sanitize(value)))
    }

    unsafe fn getParamNormalized(&self, id: ParamID) -> ParamValue {
        by_number(id).map_or(0.0, |row| normalized(row, self.shared.params.get(row.index)))
    }

    unsafe fn setParamNormalized(&self, id: ParamID, value: ParamValue) -> tresult {
        let Some(row) = by_number(id) else { return kInvalidArgument };
        if value.is_finite() {
            // For showing and saving. The engine hears of it through the block, at its exact frame.
            self.shared.params.keep(row.index, f64::from(from_normalized(row, value)));
        }
        kResultOk
    }

    unsafe fn setComponentHandler(&self, handler: *mut IComponentHandler) -> tresult {
        // SAFETY: null or a living handler, of which this takes a reference.
        let handler = unsafe { ComRef::from_raw(handler) }.map(|handler| handler.to_com_ptr());
        self.outbox.set_handler(handler);
        kResultOk
    }

    unsafe fn createView(&self, name: FIDString) -> *mut IPlugView {
        // SAFETY: null or a text that ends with a zero.
        if !unsafe { same_id(name, ViewType::kEditor) } {
            return std::ptr::null_mut();
        }
        let make = || View::create(self.shared.clone(), self.outbox.clone());
        guard(None, make).map_or(std::ptr::null_mut(), vst3::ComPtr::into_raw)
    }
}

impl IUnitInfoTrait for Plugin {
    unsafe fn getUnitCount(&self) -> int32 {
        GROUPS.len() as int32 + 1
    }

    unsafe fn getUnitInfo(&self, index: int32, info: *mut UnitInfo) -> tresult {
        let name = match index {
            0 => Some("Root"),
            _ => {
                usize::try_from(index - 1).ok().and_then(|index| GROUPS.get(index)).map(|group| group.name())
            }
        };
        // SAFETY: null or room for the answer.
        let (Some(info), Some(name)) = (unsafe { info.as_mut() }, name) else { return kInvalidArgument };
        info.id = index;
        info.parentUnitId = if index == 0 { kNoParentUnitId } else { kRootUnitId };
        info.programListId = kNoProgramListId;
        write_utf16(name, &mut info.name);
        kResultOk
    }

    unsafe fn getProgramListCount(&self) -> int32 {
        0
    }

    unsafe fn getProgramListInfo(&self, _index: int32, _info: *mut ProgramListInfo) -> tresult {
        kResultFalse
    }

    unsafe fn getProgramName(&self, _list: ProgramListID, _index: int32, _name: *mut String128) -> tresult {
        kResultFalse
    }

    unsafe fn getProgramInfo(
        &self,
        _list: ProgramListID,
        _index: int32,
        _attribute: vst3::Steinberg::Vst::CString,
        _value: *mut String128,
    ) -> tresult {
        kResultFalse
    }

    unsafe fn hasProgramPitchNames(&self, _list: ProgramListID, _index: int32) -> tresult {
        kResultFalse
    }

    unsafe fn getProgramPitchName(
        &self,
        _list: ProgramListID,
        _index: int32,
        _pitch: int16,
        _name: *mut String128,
    ) -> tresult {
        kResultFalse
    }

    unsafe fn getSelectedUnit(&self) -> UnitID {
        self.selected_unit.load(Ordering::Relaxed)
    }

    unsafe fn selectUnit(&self, unit: UnitID) -> tresult {
        if !(0..=GROUPS.len() as int32).contains(&unit) {
            return kInvalidArgument;
        }
        self.selected_unit.store(unit, Ordering::Relaxed);
        kResultOk
    }

    unsafe fn getUnitByBus(
        &self,
        _media: MediaType,
        _direction: BusDirection,
        _index: int32,
        _channel: int32,
        _unit: *mut UnitID,
    ) -> tresult {
        kResultFalse
    }

    unsafe fn setUnitProgramData(&self, _unit: int32, _index: int32, _data: *mut IBStream) -> tresult {
        kResultFalse
    }
}

impl IInfoListenerTrait for Plugin {
    unsafe fn setChannelContextInfos(&self, list: *mut IAttributeList) -> tresult {
        // SAFETY: null or a living list.
        let Some(list) = (unsafe { ComRef::from_raw(list) }) else { return kInvalidArgument };
        let mut units: String128 = [0; 128];
        let mut color: int64 = 0;
        // SAFETY: the keys end with a zero, the answers have the room that is said.
        let (named, colored) = unsafe {
            let size = size_of::<String128>() as uint32;
            (
                list.getString(kChannelNameKey, units.as_mut_ptr(), size) == kResultOk,
                list.getInt(kChannelColorKey, &raw mut color) == kResultOk,
            )
        };
        // A host sends what changed: the rest stays.
        let before = self.shared.track();
        self.shared.set_track(TrackInfo {
            name: if named { Some(read_utf16(&units)) } else { before.name },
            color: if colored {
                Some([color >> 16, color >> 8, color].map(|part| part as u8))
            } else {
                before.color
            },
        });
        kResultOk
    }
}
