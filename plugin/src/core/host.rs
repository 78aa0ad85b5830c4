//! What the core may ask of a host, whatever its format. In/out: called on any thread but the audio thread.

/// A shell's side of the talk. Every call may come from the editor's thread: a shell that must speak to its host on the
/// main thread notes the wish and asks for a call there.
pub trait HostLink: Send + Sync {
    /// Gestures wait in the parameter store, or Listen was switched: the host should process or flush soon.
    fn wake(&self);
    /// The document differs from what the host saved.
    fn mark_dirty(&self);
    /// Parameter values changed all at once (a state or a cue was loaded): the host should read them again.
    fn values_changed(&self);
    /// The editor wants another size, logical pixels. False when the host refuses.
    fn request_resize(&self, width: u32, height: u32) -> bool {
        let _ = (width, height);
        false
    }
}

/// What the host says of the track the plugin sits on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrackInfo {
    /// Its name.
    pub name: Option<String>,
    /// Its color, red green blue.
    pub color: Option<[u8; 3]>,
}
