//! How many filters walk side by side: groups as large as there are voices, each in a vector that holds it.
//! Source: own. A group that waits for its recursion has time for another's: eight cost little more than four.
//! In/out: pairs of a filter and its block, any number.

use super::abreast::Doubled;
use crate::dsp::simd::kernel;
use crate::instrument::Stereo;
use fearless_simd::prelude::*;
use fearless_simd::{f32x4, f32x8, f32x16};

/// Something that filters the blocks of `N` voices at once.
pub trait Together {
    /// What each voice has of its own.
    type Unit: Default;

    /// Whether a unit's coefficients move in the coming block.
    fn moves(unit: &Self::Unit) -> bool;

    /// Whether a unit says one gain of one state in the coming block: a shorter way. None need have one.
    #[inline(always)]
    fn is_plain(_: &Self::Unit) -> bool {
        false
    }

    /// Filters a block of each voice in place; `MOVES` where any unit's coefficients do, `PLAIN` where every unit is.
    fn run<S: Simd, V: Doubled<S, N>, const N: usize, const MOVES: bool, const PLAIN: bool>(
        s: S,
        units: [&mut Self::Unit; N],
        blocks: [&mut Stereo; N],
    );
}

/// Filters each block by its unit, eight at a time while there are as many, then four.
#[inline]
pub fn together<'a, T: Together>(pairs: impl Iterator<Item = (&'a mut T::Unit, &'a mut Stereo)>)
where
    T::Unit: 'a,
{
    let mut pairs = pairs.fuse();
    while let Some((a, x)) = pairs.next() {
        match (pairs.next(), pairs.next(), pairs.next()) {
            (Some((b, y)), Some((c, z)), Some((d, w))) => {
                let more = [pairs.next(), pairs.next(), pairs.next(), pairs.next()];
                if let [Some((e, p)), Some((f, q)), Some((g, r)), Some((h, t))] = more {
                    eight::<T>([a, b, c, d, e, f, g, h], [x, y, z, w, p, q, r, t]);
                } else {
                    four::<T>([a, b, c, d], [x, y, z, w]);
                    three_at_most::<T>(more.into_iter().flatten());
                }
            }
            (b, c, _) => three_at_most::<T>([Some((a, x)), b, c].into_iter().flatten()),
        }
    }
}

#[inline(always)]
fn three_at_most<'a, T: Together>(mut pairs: impl Iterator<Item = (&'a mut T::Unit, &'a mut Stereo)>)
where
    T::Unit: 'a,
{
    match (pairs.next(), pairs.next(), pairs.next()) {
        (Some((a, x)), Some((b, y)), Some((c, z))) => {
            four::<T>([a, b, c, &mut T::Unit::default()], [x, y, z, &mut Stereo::SILENCE.clone()]);
        }
        (Some((a, x)), Some((b, y)), None) => two::<T>([a, b], [x, y]),
        (Some((a, x)), ..) => one::<T>([a], [x]),
        _ => {}
    }
}

#[inline(always)]
fn any_moves<T: Together>(units: &[&mut T::Unit]) -> bool {
    units.iter().any(|unit| T::moves(unit))
}

#[inline(always)]
fn all_plain<T: Together>(units: &[&mut T::Unit]) -> bool {
    units.iter().all(|unit| T::is_plain(unit))
}

/// A group of so many voices in one kind of vector.
macro_rules! group {
    ($name:ident, $count:literal, $vector:ty) => {
        fn $name<T: Together>(units: [&mut T::Unit; $count], blocks: [&mut Stereo; $count]) {
            match (any_moves::<T>(&units), all_plain::<T>(&units)) {
                (true, true) => kernel!(s => T::run::<_, $vector, $count, true, true>(s, units, blocks)),
                (true, false) => kernel!(s => T::run::<_, $vector, $count, true, false>(s, units, blocks)),
                (false, true) => kernel!(s => T::run::<_, $vector, $count, false, true>(s, units, blocks)),
                (false, false) => kernel!(s => T::run::<_, $vector, $count, false, false>(s, units, blocks)),
            }
        }
    };
}

group!(one, 1, f32x4<_>);
group!(two, 2, f32x4<_>);
group!(four, 4, f32x8<_>);
group!(eight, 8, f32x16<_>);
