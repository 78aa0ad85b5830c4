//! The composer's music as figures, held against the symbolic bounds of MUSIC 9, each with a control that must fail.
//! `cargo test -p cuewright-engine --test music -- --nocapture` prints the table.

mod corpus;
mod density;
mod figures;
mod form;
mod harmony;
mod inner;
mod key;
mod latency;
mod leading;
mod melody;
mod meters;
mod motif;
mod rules;
mod sweep;
