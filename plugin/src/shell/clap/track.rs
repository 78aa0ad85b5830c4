//! The track's name and color, for the editor. In/out: any text a host sends; what is not UTF-8 is replaced.

use super::main_thread::ClapMain;
use crate::core::TrackInfo;
use clack_extensions::track_info::{HostTrackInfo, PluginTrackInfoImpl, TrackInfoBuffer};

impl ClapMain<'_> {
    /// Asks the host.
    pub(super) fn read_track(&self) {
        let Some(extension) = self.host.get_extension::<HostTrackInfo>() else { return };
        let (mut host, mut buffer) = (self.host, TrackInfoBuffer::new());
        let Some(info) = extension.get(&mut host, &mut buffer) else { return };
        self.core().set_track(TrackInfo {
            name: info.name().map(|name| String::from_utf8_lossy(name).into_owned()),
            color: info.color().map(|color| [color.red, color.green, color.blue]),
        });
    }
}

impl PluginTrackInfoImpl for ClapMain<'_> {
    fn changed(&self) {
        self.read_track();
    }
}
