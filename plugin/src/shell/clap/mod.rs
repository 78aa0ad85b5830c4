//! The CLAP shell.
