//! `moduleinfo.json`: what a VST3 host may read about the module without loading it.
//! Source: VST 3 SDK documentation, "Module info". In/out: the built module is loaded and asked, so the file cannot be wrong.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::ffi::{CStr, c_char, c_void};
use std::path::Path;
use vst3::ComPtr;
use vst3::Steinberg::{
    IPluginFactory, IPluginFactory2, IPluginFactory2Trait, IPluginFactoryTrait, PClassInfo2, PFactoryInfo,
    kResultOk,
};

/// Asks a VST3 module for its factory and classes.
pub fn read(module: &Path) -> Result<Value> {
    // SAFETY: the module is our own plugin, built a moment ago; loading it runs no code beyond static set-up.
    let library =
        unsafe { libloading::Library::new(module) }.with_context(|| module.display().to_string())?;
    enter(&library)?;
    // SAFETY: the VST 3 contract: this symbol takes nothing and gives an owned factory or null.
    let factory = unsafe {
        let get: libloading::Symbol<unsafe extern "system" fn() -> *mut IPluginFactory> =
            library.get(b"GetPluginFactory")?;
        ComPtr::from_raw(get()).context("the module gives no factory")?
    };
    let info = describe(&factory)?;
    drop(factory);
    leave(&library)?;
    Ok(info)
}

/// Calls the module's entry, named as each system names it.
fn enter(library: &libloading::Library) -> Result<()> {
    let done = if cfg!(target_os = "linux") {
        // SAFETY: the Linux form of the contract: a handle in, success out. Ours does not look at the handle.
        unsafe {
            let entry: libloading::Symbol<unsafe extern "system" fn(*mut c_void) -> bool> =
                library.get(b"ModuleEntry")?;
            entry(std::ptr::null_mut())
        }
    } else if cfg!(target_os = "macos") {
        // SAFETY: as above, with the bundle's reference.
        unsafe {
            let entry: libloading::Symbol<unsafe extern "system" fn(*mut c_void) -> bool> =
                library.get(b"bundleEntry")?;
            entry(std::ptr::null_mut())
        }
    } else {
        true
    };
    if !done {
        bail!("the module refuses to start");
    }
    Ok(())
}

fn leave(library: &libloading::Library) -> Result<()> {
    let name: &[u8] = if cfg!(target_os = "linux") {
        b"ModuleExit"
    } else if cfg!(target_os = "macos") {
        b"bundleExit"
    } else {
        return Ok(());
    };
    // SAFETY: the counterpart of the entry above; takes nothing.
    unsafe {
        let exit: libloading::Symbol<unsafe extern "system" fn() -> bool> = library.get(name)?;
        exit();
    }
    Ok(())
}

fn describe(factory: &ComPtr<IPluginFactory>) -> Result<Value> {
    let second: ComPtr<IPluginFactory2> =
        factory.cast().context("the factory gives no detailed class infos")?;
    // SAFETY: plain data of C types, for which all zeros is a value; filled by the call.
    let mut info: PFactoryInfo = unsafe { std::mem::zeroed() };
    // SAFETY: the factory lives, the pointer is to a local of the type it fills.
    if unsafe { factory.getFactoryInfo(&mut info) } != kResultOk {
        bail!("the factory does not say who made it");
    }
    // SAFETY: the factory lives.
    let count = unsafe { factory.countClasses() };
    let classes = (0..count).map(|index| class(&second, index)).collect::<Result<Vec<_>>>()?;
    Ok(json!({
        "Name": "Cuewright",
        "Version": env!("CARGO_PKG_VERSION"),
        "Factory Info": {
            "Vendor": text(&info.vendor), "URL": text(&info.url), "E-Mail": text(&info.email),
            "Flags": {
                "Unicode": info.flags & (1 << 4) != 0,
                "Classes Discardable": info.flags & 1 != 0,
                "Component Non Discardable": info.flags & (1 << 3) != 0,
            },
        },
        "Compatibility": [],
        "Classes": classes,
    }))
}

fn class(factory: &ComPtr<IPluginFactory2>, index: i32) -> Result<Value> {
    // SAFETY: plain data of C types, for which all zeros is a value; filled by the call.
    let mut info: PClassInfo2 = unsafe { std::mem::zeroed() };
    // SAFETY: the factory lives, the pointer is to a local of the type it fills.
    if unsafe { factory.getClassInfo2(index, &mut info) } != kResultOk {
        bail!("the factory does not describe class {index}");
    }
    let categories = text(&info.subCategories);
    Ok(json!({
        "CID": class_id(info.cid.map(|byte| byte as u8)),
        "Category": text(&info.category),
        "Name": text(&info.name),
        "Vendor": text(&info.vendor),
        "Version": text(&info.version),
        "SDKVersion": text(&info.sdkVersion),
        "Sub Categories": categories.split('|').collect::<Vec<_>>(),
        "Class Flags": info.classFlags,
        "Cardinality": info.cardinality,
        "Snapshots": [],
    }))
}

/// The id as 32 digits; Windows stores the first eight bytes as COM does, each field with its lowest byte first.
fn class_id(mut bytes: [u8; 16]) -> String {
    if cfg!(windows) {
        bytes[0..4].reverse();
        bytes[4..6].reverse();
        bytes[6..8].reverse();
    }
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn text(field: &[c_char]) -> String {
    let bytes: Vec<u8> = field.iter().map(|&byte| byte as u8).collect();
    CStr::from_bytes_until_nul(&bytes).map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
}
