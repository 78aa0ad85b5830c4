//! The factory: one class, under an id that never changes.
//! Source: VST 3 `ipluginbase.h`. In/out: the module's one exported function; instances by class id.

use super::guard::guard;
use super::plugin::Plugin;
use super::text::{write_ascii, write_utf16};
use crate::{NAME, URL, VENDOR, VERSION};
use std::ffi::c_void;
use vst3::Steinberg::Vst::SDKVersionString;
use vst3::{Class, ComWrapper, Steinberg::*, uid};

/// The id hosts store in their projects: for ever.
pub const CLASS_ID: TUID = uid(0x6C3D_1F52, 0x9A7B_4E08, 0xB2E5_C4D7_u32, 0x4375_6577);

/// What hosts file the class under.
const CATEGORY: &str = "Audio Module Class";
const SUB_CATEGORIES: &str = "Instrument|Synth";

struct Factory;

impl Class for Factory {
    type Interfaces = (IPluginFactory3,);
}

/// What every host asks a module for.
#[unsafe(no_mangle)]
pub extern "system" fn GetPluginFactory() -> *mut IPluginFactory {
    let make = || ComWrapper::new(Factory).to_com_ptr::<IPluginFactory>().map(vst3::ComPtr::into_raw);
    guard(None, make).unwrap_or(std::ptr::null_mut())
}

fn sdk_version() -> &'static str {
    // SAFETY: a constant of the bindings that ends with a zero.
    unsafe { std::ffi::CStr::from_ptr(SDKVersionString) }.to_str().unwrap_or("VST 3")
}

impl IPluginFactoryTrait for Factory {
    unsafe fn getFactoryInfo(&self, info: *mut PFactoryInfo) -> tresult {
        // SAFETY: null or room for the answer.
        let Some(info) = (unsafe { info.as_mut() }) else { return kInvalidArgument };
        write_ascii(VENDOR, &mut info.vendor);
        write_ascii(URL, &mut info.url);
        write_ascii("", &mut info.email);
        info.flags = PFactoryInfo_::FactoryFlags_::kUnicode as int32;
        kResultOk
    }

    unsafe fn countClasses(&self) -> int32 {
        1
    }

    unsafe fn getClassInfo(&self, index: int32, info: *mut PClassInfo) -> tresult {
        // SAFETY: null or room for the answer.
        let Some(info) = (unsafe { info.as_mut() }).filter(|_| index == 0) else { return kInvalidArgument };
        info.cid = CLASS_ID;
        info.cardinality = PClassInfo_::ClassCardinality_::kManyInstances as int32;
        write_ascii(CATEGORY, &mut info.category);
        write_ascii(NAME, &mut info.name);
        kResultOk
    }

    unsafe fn createInstance(
        &self,
        class: FIDString,
        interface: FIDString,
        object: *mut *mut c_void,
    ) -> tresult {
        if class.is_null() || interface.is_null() || object.is_null() {
            return kInvalidArgument;
        }
        // SAFETY: room for the answer; class ids are 16 bytes at any alignment.
        let known = unsafe {
            *object = std::ptr::null_mut();
            std::ptr::read_unaligned(class.cast::<TUID>()) == CLASS_ID
        };
        if !known {
            return kNoInterface;
        }
        let make = || ComWrapper::new(Plugin::new()).to_com_ptr::<FUnknown>();
        let Some(instance) = guard(None, make) else { return kInternalError };
        let unknown = instance.as_ptr();
        // SAFETY: a living object; the reference the caller gets is its own.
        unsafe { ((*(*unknown).vtbl).queryInterface)(unknown, interface.cast(), object) }
    }
}

impl IPluginFactory2Trait for Factory {
    unsafe fn getClassInfo2(&self, index: int32, info: *mut PClassInfo2) -> tresult {
        // SAFETY: null or room for the answer.
        let Some(info) = (unsafe { info.as_mut() }).filter(|_| index == 0) else { return kInvalidArgument };
        info.cid = CLASS_ID;
        info.cardinality = PClassInfo_::ClassCardinality_::kManyInstances as int32;
        info.classFlags = 0;
        write_ascii(CATEGORY, &mut info.category);
        write_ascii(NAME, &mut info.name);
        write_ascii(SUB_CATEGORIES, &mut info.subCategories);
        write_ascii(VENDOR, &mut info.vendor);
        write_ascii(VERSION, &mut info.version);
        write_ascii(sdk_version(), &mut info.sdkVersion);
        kResultOk
    }
}

impl IPluginFactory3Trait for Factory {
    unsafe fn getClassInfoUnicode(&self, index: int32, info: *mut PClassInfoW) -> tresult {
        // SAFETY: null or room for the answer.
        let Some(info) = (unsafe { info.as_mut() }).filter(|_| index == 0) else { return kInvalidArgument };
        info.cid = CLASS_ID;
        info.cardinality = PClassInfo_::ClassCardinality_::kManyInstances as int32;
        info.classFlags = 0;
        write_ascii(CATEGORY, &mut info.category);
        write_utf16(NAME, &mut info.name);
        write_ascii(SUB_CATEGORIES, &mut info.subCategories);
        write_utf16(VENDOR, &mut info.vendor);
        write_utf16(VERSION, &mut info.version);
        write_utf16(sdk_version(), &mut info.sdkVersion);
        kResultOk
    }

    unsafe fn setHostContext(&self, _context: *mut FUnknown) -> tresult {
        kResultOk
    }
}
