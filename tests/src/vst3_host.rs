//! A VST3 host for the built plugin.
