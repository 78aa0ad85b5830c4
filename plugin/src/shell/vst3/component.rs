//! IComponent: busses, activation, state.
//! Source: VST 3 `ivstcomponent.h`. In/out: any state is taken (nothing known is nothing changed), never refused.

use super::busses::Busses;
use super::guard::guard;
use super::plugin::Plugin;
use super::stream;
use crate::state;
use vst3::Steinberg::Vst::*;
use vst3::{ComRef, Steinberg::*};

impl IComponentTrait for Plugin {
    unsafe fn getControllerClassId(&self, _class: *mut TUID) -> tresult {
        // The component is its own controller.
        kNotImplemented
    }

    unsafe fn setIoMode(&self, _mode: IoMode) -> tresult {
        kNotImplemented
    }

    unsafe fn getBusCount(&self, media: MediaType, direction: BusDirection) -> int32 {
        Busses::count(media, direction) as int32
    }

    unsafe fn getBusInfo(
        &self,
        media: MediaType,
        direction: BusDirection,
        index: int32,
        bus: *mut BusInfo,
    ) -> tresult {
        // SAFETY: null or room for the answer.
        match (unsafe { bus.as_mut() }, self.busses.info(media, direction, index)) {
            (Some(bus), Some(info)) => {
                *bus = info;
                kResultOk
            }
            _ => kInvalidArgument,
        }
    }

    unsafe fn getRoutingInfo(&self, _input: *mut RoutingInfo, _output: *mut RoutingInfo) -> tresult {
        kNotImplemented
    }

    unsafe fn activateBus(
        &self,
        media: MediaType,
        direction: BusDirection,
        index: int32,
        state: TBool,
    ) -> tresult {
        if self.busses.activate(media, direction, index, state != 0) { kResultOk } else { kInvalidArgument }
    }

    unsafe fn setActive(&self, state: TBool) -> tresult {
        if guard(false, || self.set_active(state != 0)) { kResultOk } else { kResultFalse }
    }

    unsafe fn setState(&self, stream: *mut IBStream) -> tresult {
        // SAFETY: null or a living stream.
        let Some(stream) = (unsafe { ComRef::from_raw(stream) }) else { return kInvalidArgument };
        guard(kInternalError, || {
            // One byte over the cap is enough for the core to say that it was too much.
            let bytes = stream::read(stream, state::MAX_BYTES);
            state::load(&self.shared, &bytes);
            self.outbox.values_changed(&self.shared);
            kResultOk
        })
    }

    unsafe fn getState(&self, stream: *mut IBStream) -> tresult {
        // SAFETY: null or a living stream.
        let Some(stream) = (unsafe { ComRef::from_raw(stream) }) else { return kInvalidArgument };
        guard(kInternalError, || {
            if stream::write(stream, &state::save(&self.shared)) { kResultOk } else { kResultFalse }
        })
    }
}
