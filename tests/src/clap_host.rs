//! A CLAP host for the built plugin.
