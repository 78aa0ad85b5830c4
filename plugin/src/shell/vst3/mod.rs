//! The VST3 shell.
