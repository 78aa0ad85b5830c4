//! Texts as VST3 carries them: fixed arrays of bytes or UTF-16 units that end with a zero.
//! Source: VST 3 `ftypes.h`, `vsttypes.h`. In/out: Rust strings; too long ones are cut, odd units replaced.

use std::ffi::{CStr, c_char};
use vst3::Steinberg::{FIDString, Vst::TChar};

/// Writes UTF-16, cut where the room ends, never inside a pair of surrogates.
pub(super) fn write_utf16(text: &str, room: &mut [TChar]) {
    let Some(last) = room.len().checked_sub(1) else { return };
    let mut length = 0;
    for letter in text.chars() {
        let mut units = [0u16; 2];
        let units = letter.encode_utf16(&mut units);
        if length + units.len() > last {
            break;
        }
        for unit in units {
            room[length] = *unit as TChar;
            length += 1;
        }
    }
    room[length] = 0;
}

/// Writes ASCII, cut where the room ends.
pub(super) fn write_ascii(text: &str, room: &mut [c_char]) {
    let Some(last) = room.len().checked_sub(1) else { return };
    let length = text.len().min(last);
    for (slot, byte) in room.iter_mut().zip(text.bytes().take(length)) {
        *slot = byte as c_char;
    }
    room[length] = 0;
}

/// Reads UTF-16 up to its zero.
pub(super) fn read_utf16(units: &[TChar]) -> String {
    let units: Vec<u16> = units.iter().map(|&unit| unit as u16).take_while(|&unit| unit != 0).collect();
    String::from_utf16_lossy(&units)
}

/// Reads UTF-16 of unknown length, at most `most` units of it. A null pointer is an empty text.
///
/// # Safety
/// `text` is null, or units that end with a zero or reach for `most`.
pub(super) unsafe fn read_utf16_pointer(text: *const TChar, most: usize) -> String {
    let mut units = Vec::new();
    while !text.is_null() && units.len() < most {
        // SAFETY: no unit before this one was the closing zero, and fewer than `most` were read.
        match unsafe { *text.add(units.len()) } {
            0 => break,
            unit => units.push(unit as u16),
        }
    }
    String::from_utf16_lossy(&units)
}

/// True when a host's identifier is this one; null is none.
///
/// # Safety
/// `id` is null or ends with a zero; `other` ends with a zero.
pub(super) unsafe fn same_id(id: FIDString, other: FIDString) -> bool {
    // SAFETY: the caller's promise; null was excluded.
    !id.is_null() && unsafe { CStr::from_ptr(id) == CStr::from_ptr(other) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_whole_and_closed() {
        let mut room: [TChar; 4] = [9; 4];
        write_utf16("ab𝄞", &mut room);
        assert_eq!((room[2], read_utf16(&room).as_str()), (0, "ab"));
        write_utf16("a𝄞", &mut room);
        assert_eq!(read_utf16(&room), "a𝄞");
        write_utf16("x", &mut []);
        let mut bytes: [c_char; 3] = [9; 3];
        write_ascii("long", &mut bytes);
        assert_eq!(bytes, [b'l' as c_char, b'o' as c_char, 0]);
    }

    #[test]
    fn pointers_are_read_no_further_than_they_reach() {
        let open: [TChar; 3] = [b'a' as TChar; 3];
        // SAFETY: null, three units of three, an id that ends with a zero.
        unsafe {
            assert_eq!(read_utf16_pointer(std::ptr::null(), 8), "");
            assert_eq!(read_utf16_pointer(open.as_ptr(), 3), "aaa");
            assert!(same_id(c"editor".as_ptr(), c"editor".as_ptr()));
            assert!(!same_id(std::ptr::null(), c"editor".as_ptr()));
        }
    }
}
