//! Busses as VST3 describes and switches them: ten stereo outputs, all of type main, the ambience's also as a field of
//! first order, and a MIDI bus each way.
//! Source: VST 3 `ivstcomponent.h`; why all are kMain: PLATFORM 1 (Studio One hides kAux outputs).
//! In/out: indices from the host; atomics, because hosts switch on one thread and play on another.

use super::text::write_utf16;
use crate::core::{AMBIENCE_BUS, BUS_COUNT, Outputs, bus_name};
use std::sync::atomic::{AtomicBool, Ordering};
use vst3::Steinberg::Vst::*;

/// MIDI channels of the two event busses.
const MIDI_CHANNELS: i32 = 16;

const AUDIO: MediaType = MediaTypes_::kAudio as MediaType;
const EVENT: MediaType = MediaTypes_::kEvent as MediaType;
const INPUT: BusDirection = BusDirections_::kInput as BusDirection;
const OUTPUT: BusDirection = BusDirections_::kOutput as BusDirection;

/// What the host has switched.
pub(super) struct Busses {
    /// Outputs that carry sound. On from the start: hosts that never say a word get everything.
    active: [AtomicBool; BUS_COUNT],
    /// Outputs a host negotiated away.
    empty: [AtomicBool; BUS_COUNT],
    /// The ambience's output carries AmbiX.
    ambix: AtomicBool,
    midi_out: AtomicBool,
}

impl Default for Busses {
    fn default() -> Self {
        Busses {
            active: [const { AtomicBool::new(true) }; BUS_COUNT],
            empty: [const { AtomicBool::new(false) }; BUS_COUNT],
            ambix: AtomicBool::new(false),
            midi_out: AtomicBool::new(true),
        }
    }
}

impl Busses {
    /// How many busses of a kind.
    pub(super) fn count(media: MediaType, direction: BusDirection) -> usize {
        match (media, direction) {
            (AUDIO, OUTPUT) => BUS_COUNT,
            (EVENT, INPUT | OUTPUT) => 1,
            _ => 0,
        }
    }

    /// Index of a bus that exists.
    fn find(media: MediaType, direction: BusDirection, index: i32) -> Option<usize> {
        usize::try_from(index).ok().filter(|&index| index < Busses::count(media, direction))
    }

    /// Describes a bus.
    pub(super) fn info(&self, media: MediaType, direction: BusDirection, index: i32) -> Option<BusInfo> {
        let index = Busses::find(media, direction, index)?;
        let (name, channels) = match (media, direction) {
            (AUDIO, _) => (bus_name(index), self.channels(index)),
            (_, INPUT) => ("MIDI In", MIDI_CHANNELS),
            _ => ("MIDI Out", MIDI_CHANNELS),
        };
        let mut info = BusInfo {
            mediaType: media,
            direction,
            channelCount: channels,
            name: [0; 128],
            busType: BusTypes_::kMain as BusType,
            flags: BusInfo_::BusFlags_::kDefaultActive as u32,
        };
        write_utf16(name, &mut info.name);
        Some(info)
    }

    fn channels(&self, index: usize) -> i32 {
        if self.empty[index].load(Ordering::Relaxed) {
            0
        } else {
            Outputs::channels(self.ambix(), index) as i32
        }
    }

    /// True when the ambience's output carries AmbiX.
    pub(super) fn ambix(&self) -> bool {
        self.ambix.load(Ordering::Relaxed)
    }

    /// Switches a bus. False when there is none.
    pub(super) fn activate(&self, media: MediaType, direction: BusDirection, index: i32, on: bool) -> bool {
        let Some(index) = Busses::find(media, direction, index) else { return false };
        match (media, direction) {
            (AUDIO, _) => self.active[index].store(on, Ordering::Relaxed),
            (_, OUTPUT) => self.midi_out.store(on, Ordering::Relaxed),
            // Notes in are taken whenever they come.
            _ => {}
        }
        true
    }

    /// Takes an arrangement we can serve: no inputs, a stereo main, and for each further bus stereo or nothing, for the
    /// ambience's also AmbiX of first order; busses the host leaves out stay as they are. Anything else is refused, and
    /// the present one stays.
    pub(super) fn arrange(&self, input_count: i32, outputs: &[SpeakerArrangement]) -> bool {
        let known = |(index, &arrangement): (usize, &SpeakerArrangement)| match arrangement {
            SpeakerArr::kStereo | SpeakerArr::kEmpty => true,
            SpeakerArr::kAmbi1stOrderACN => index == AMBIENCE_BUS,
            _ => false,
        };
        let served = input_count <= 0
            && (1..=BUS_COUNT).contains(&outputs.len())
            && outputs[0] == SpeakerArr::kStereo
            && outputs.iter().enumerate().all(known);
        if served {
            for (slot, &arrangement) in self.empty.iter().zip(outputs) {
                slot.store(arrangement == SpeakerArr::kEmpty, Ordering::Relaxed);
            }
            if let Some(&ambience) = outputs.get(AMBIENCE_BUS) {
                self.ambix.store(ambience == SpeakerArr::kAmbi1stOrderACN, Ordering::Relaxed);
            }
        }
        served
    }

    /// The arrangement of an output.
    pub(super) fn arrangement(&self, direction: BusDirection, index: i32) -> Option<SpeakerArrangement> {
        let index = Busses::find(AUDIO, direction, index)?;
        Some(match self.channels(index) {
            0 => SpeakerArr::kEmpty,
            2 => SpeakerArr::kStereo,
            _ => SpeakerArr::kAmbi1stOrderACN,
        })
    }

    /// True when an output carries sound.
    pub(super) fn sounds(&self, index: usize) -> bool {
        let on =
            |list: &[AtomicBool; BUS_COUNT]| list.get(index).is_some_and(|bus| bus.load(Ordering::Relaxed));
        on(&self.active) && !on(&self.empty)
    }

    /// True when the host wants our notes.
    pub(super) fn sends_midi(&self) -> bool {
        self.midi_out.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_served_is_refused_and_changes_nothing() {
        let (stereo, mono, empty) = (SpeakerArr::kStereo, SpeakerArr::kMono, SpeakerArr::kEmpty);
        let busses = Busses::default();
        assert!(busses.arrange(0, &[stereo]));
        assert!(busses.arrange(0, &[stereo, stereo, empty]));
        assert_eq!(busses.arrangement(OUTPUT, 2), Some(empty));
        assert!(!busses.sounds(2) && busses.sounds(3));
        for refused in [&[][..], &[mono], &[empty], &[stereo, mono], &[stereo; BUS_COUNT + 1]] {
            assert!(!busses.arrange(0, refused));
        }
        assert!(!busses.arrange(1, &[stereo]));
        let field = SpeakerArr::kAmbi1stOrderACN;
        let mut all = [stereo; BUS_COUNT];
        all[AMBIENCE_BUS - 1] = field;
        assert!(!busses.arrange(0, &all) && !busses.arrange(0, &[field]));
        assert_eq!(busses.arrangement(OUTPUT, 2), Some(empty));
        assert!(busses.arrange(0, &[stereo; BUS_COUNT]) && busses.sounds(2) && !busses.ambix());
        let mut all = [stereo; BUS_COUNT];
        all[AMBIENCE_BUS] = field;
        assert!(busses.arrange(0, &all) && busses.ambix());
        assert_eq!(busses.arrangement(OUTPUT, AMBIENCE_BUS as i32), Some(field));
        assert_eq!(busses.info(AUDIO, OUTPUT, AMBIENCE_BUS as i32).map(|bus| bus.channelCount), Some(4));
    }

    #[test]
    fn busses_that_do_not_exist_are_not_found() {
        let busses = Busses::default();
        for index in [-1, BUS_COUNT as i32, i32::MAX] {
            assert!(
                busses.info(AUDIO, OUTPUT, index).is_none() && !busses.activate(AUDIO, OUTPUT, index, true)
            );
        }
        assert!(busses.info(AUDIO, INPUT, 0).is_none() && busses.arrangement(INPUT, 0).is_none());
        assert_eq!((Busses::count(7, OUTPUT), Busses::count(AUDIO, 7)), (0, 0));
        assert!(busses.activate(AUDIO, OUTPUT, 9, false) && !busses.sounds(9));
    }
}
