//! Filters of several voices side by side in the lanes of one vector: a recursion waits for itself, so eight walk in
//! little more than the time of one. Source: own. A lane does what it does alone: no voice hears who walks beside it.
//! In/out: pairs of a filter and its block, any number; each lane is one channel of one voice.

use super::section::{Coefficients, Prototype, Section, recursion, warped};
use crate::dsp::noise::Grains;
use crate::dsp::real::{Real, Twice};
use crate::dsp::simd::{transposed, transposed4};
use crate::instrument::Stereo;
use fearless_simd::prelude::*;
use fearless_simd::{f32x4, f32x8, f32x16};

/// Frames that are turned from rows to lanes at a time.
pub const CHUNK: usize = 8;

/// As many for whoever has no room for more beside what it walks with: its coefficients fill the processor's registers.
pub const HALF: usize = 4;

/// The channels of `N` voices in one vector: left and right of the first, of the second and so on.
pub trait Abreast<S: Simd, const N: usize>: Grains {
    /// Four values of each voice, in both its lanes.
    fn columns(s: S, rows: [[f32; 4]; N]) -> [Self; 4];
    /// A value for each channel.
    fn join(s: S, pairs: [[f32; 2]; N]) -> Self;
    /// [`Abreast::join`] undone.
    fn part(self) -> [[f32; 2]; N];
    /// The frames of one chunk of all blocks.
    fn load(s: S, blocks: &[&mut Stereo; N], chunk: usize) -> [Self; CHUNK];
    /// [`Abreast::load`] undone; the frames replace what is there or are added to it.
    fn put<const ADD: bool>(frames: [Self; CHUNK], blocks: &mut [&mut Stereo; N], chunk: usize);
    /// The frames of half a chunk of all blocks.
    fn load_half(s: S, blocks: &[&mut Stereo; N], half: usize) -> [Self; HALF];
    /// [`Abreast::load_half`] undone.
    fn store_half(frames: [Self; HALF], blocks: &mut [&mut Stereo; N], half: usize);
    /// The frames of one chunk replace those of all blocks.
    #[inline(always)]
    fn store(frames: [Self; CHUNK], blocks: &mut [&mut Stereo; N], chunk: usize) {
        Self::put::<false>(frames, blocks, chunk);
    }
}

/// Channels of which two sets walk as one.
pub trait Doubled<S: Simd, const N: usize>: Abreast<S, N> {
    /// Both sets.
    type Both: Real;
    /// Two sets side by side.
    fn both(low: Self, high: Self) -> Self::Both;
    /// [`Doubled::both`] undone.
    fn apart(both: Self::Both) -> (Self, Self);
}

macro_rules! doubled {
    ($narrow:ident, $wide:ident) => {
        impl<S: Simd, const N: usize> Doubled<S, N> for $narrow<S>
        where
            $narrow<S>: Abreast<S, N>,
        {
            type Both = $wide<S>;

            #[inline(always)]
            fn both(low: Self, high: Self) -> $wide<S> {
                low.combine(high)
            }

            #[inline(always)]
            fn apart(both: $wide<S>) -> (Self, Self) {
                both.split()
            }
        }
    };
}

doubled!(f32x4, f32x8);
doubled!(f32x8, f32x16);

impl<S: Simd> Doubled<S, 8> for f32x16<S> {
    type Both = Twice<f32x16<S>>;

    #[inline(always)]
    fn both(low: Self, high: Self) -> Self::Both {
        Twice(low, high)
    }

    #[inline(always)]
    fn apart(both: Self::Both) -> (Self, Self) {
        (both.0, both.1)
    }
}

/// A voice alone: the upper half of the vector is empty.
impl<S: Simd> Abreast<S, 1> for f32x4<S> {
    #[inline(always)]
    fn columns(s: S, rows: [[f32; 4]; 1]) -> [Self; 4] {
        let row = f32x4::load_array(s, rows[0]);
        transposed4([row, row, row, row])
    }

    #[inline(always)]
    fn join(s: S, pairs: [[f32; 2]; 1]) -> Self {
        let [[left, right]] = pairs;
        f32x4::load_array(s, [left, right, 0.0, 0.0])
    }

    #[inline(always)]
    fn part(self) -> [[f32; 2]; 1] {
        let [left, right, ..]: [f32; 4] = self.into();
        [[left, right]]
    }

    #[inline(always)]
    fn load(s: S, blocks: &[&mut Stereo; 1], chunk: usize) -> [Self; CHUNK] {
        let nothing = f32x4::splat(s, 0.0);
        let [left, right] = [row(s, blocks[0], 0, chunk).split(), row(s, blocks[0], 1, chunk).split()];
        let [a, b, c, d] = transposed4([left.0, right.0, nothing, nothing]);
        let [e, f, g, h] = transposed4([left.1, right.1, nothing, nothing]);
        [a, b, c, d, e, f, g, h]
    }

    #[inline(always)]
    fn put<const ADD: bool>(frames: [Self; CHUNK], blocks: &mut [&mut Stereo; 1], chunk: usize) {
        let [a, b, c, d, e, f, g, h] = frames;
        let ([left, right, ..], [l, r, ..]) = (transposed4([a, b, c, d]), transposed4([e, f, g, h]));
        put_row::<S, ADD>(left.combine(l), blocks[0], 0, chunk);
        put_row::<S, ADD>(right.combine(r), blocks[0], 1, chunk);
    }

    #[inline(always)]
    fn load_half(s: S, blocks: &[&mut Stereo; 1], half: usize) -> [Self; HALF] {
        let (left, right) = (half_row(s, blocks[0], 0, half), half_row(s, blocks[0], 1, half));
        let nothing = f32x4::splat(s, 0.0);
        transposed4([left, right, nothing, nothing])
    }

    #[inline(always)]
    fn store_half(frames: [Self; HALF], blocks: &mut [&mut Stereo; 1], half: usize) {
        let [left, right, ..] = transposed4(frames);
        left.store_array(&mut blocks[0].channels[0].as_chunks_mut::<HALF>().0[half]);
        right.store_array(&mut blocks[0].channels[1].as_chunks_mut::<HALF>().0[half]);
    }
}

impl<S: Simd> Abreast<S, 2> for f32x4<S> {
    #[inline(always)]
    fn columns(s: S, rows: [[f32; 4]; 2]) -> [Self; 4] {
        let (a, b) = (f32x4::load_array(s, rows[0]), f32x4::load_array(s, rows[1]));
        transposed4([a, a, b, b])
    }

    #[inline(always)]
    fn join(s: S, pairs: [[f32; 2]; 2]) -> Self {
        f32x4::from_slice(s, pairs.as_flattened())
    }

    #[inline(always)]
    fn part(self) -> [[f32; 2]; 2] {
        let [a, b, c, d]: [f32; 4] = self.into();
        [[a, b], [c, d]]
    }

    #[inline(always)]
    fn load(s: S, blocks: &[&mut Stereo; 2], chunk: usize) -> [Self; CHUNK] {
        let [al, ar, bl, br] = rows_of_two(s, blocks[0], blocks[1], chunk);
        let (al, ar, bl, br) = (al.split(), ar.split(), bl.split(), br.split());
        let [a, b, c, d] = transposed4([al.0, ar.0, bl.0, br.0]);
        let [e, f, g, h] = transposed4([al.1, ar.1, bl.1, br.1]);
        [a, b, c, d, e, f, g, h]
    }

    #[inline(always)]
    fn put<const ADD: bool>(frames: [Self; CHUNK], blocks: &mut [&mut Stereo; 2], chunk: usize) {
        let [a, b, c, d, e, f, g, h] = frames;
        let ([al, ar, bl, br], [cl, cr, dl, dr]) = (transposed4([a, b, c, d]), transposed4([e, f, g, h]));
        put_row::<S, ADD>(al.combine(cl), blocks[0], 0, chunk);
        put_row::<S, ADD>(ar.combine(cr), blocks[0], 1, chunk);
        put_row::<S, ADD>(bl.combine(dl), blocks[1], 0, chunk);
        put_row::<S, ADD>(br.combine(dr), blocks[1], 1, chunk);
    }

    #[inline(always)]
    fn load_half(s: S, blocks: &[&mut Stereo; 2], half: usize) -> [Self; HALF] {
        half_of_two(s, blocks[0], blocks[1], half)
    }

    #[inline(always)]
    fn store_half(frames: [Self; HALF], blocks: &mut [&mut Stereo; 2], half: usize) {
        let [a, b] = blocks;
        store_half_of_two(frames, a, b, half);
    }
}

impl<S: Simd> Abreast<S, 4> for f32x8<S> {
    #[inline(always)]
    fn columns(s: S, rows: [[f32; 4]; 4]) -> [Self; 4] {
        let [a, b, c, d] = rows;
        let [e, f, g, h] = f32x4::columns(s, [a, b]);
        let [i, j, k, l] = f32x4::columns(s, [c, d]);
        [e.combine(i), f.combine(j), g.combine(k), h.combine(l)]
    }

    #[inline(always)]
    fn join(s: S, pairs: [[f32; 2]; 4]) -> Self {
        f32x8::from_slice(s, pairs.as_flattened())
    }

    #[inline(always)]
    fn part(self) -> [[f32; 2]; 4] {
        let (low, high) = self.split();
        let ([a, b], [c, d]) = (low.part(), high.part());
        [a, b, c, d]
    }

    #[inline(always)]
    fn load(s: S, blocks: &[&mut Stereo; 4], chunk: usize) -> [Self; CHUNK] {
        let [a, b, c, d] = blocks;
        load_four(s, a, b, c, d, chunk)
    }

    #[inline(always)]
    fn put<const ADD: bool>(frames: [Self; CHUNK], blocks: &mut [&mut Stereo; 4], chunk: usize) {
        let [a, b, c, d] = blocks;
        put_four::<S, ADD>(frames, a, b, c, d, chunk);
    }

    #[inline(always)]
    fn load_half(s: S, blocks: &[&mut Stereo; 4], half: usize) -> [Self; HALF] {
        wide(half_of_two(s, blocks[0], blocks[1], half), half_of_two(s, blocks[2], blocks[3], half))
    }

    #[inline(always)]
    fn store_half(frames: [Self; HALF], blocks: &mut [&mut Stereo; 4], half: usize) {
        let [a, b, c, d] = blocks;
        store_half_of_four(frames, a, b, c, d, half);
    }
}

/// Two groups of four.
impl<S: Simd> Abreast<S, 8> for f32x16<S> {
    #[inline(always)]
    fn columns(s: S, rows: [[f32; 4]; 8]) -> [Self; 4] {
        let [a, b, c, d, e, f, g, h] = rows;
        let [i, j, k, l] = f32x8::columns(s, [a, b, c, d]);
        let [m, n, o, p] = f32x8::columns(s, [e, f, g, h]);
        [i.combine(m), j.combine(n), k.combine(o), l.combine(p)]
    }

    #[inline(always)]
    fn join(s: S, pairs: [[f32; 2]; 8]) -> Self {
        f32x16::from_slice(s, pairs.as_flattened())
    }

    #[inline(always)]
    fn part(self) -> [[f32; 2]; 8] {
        let (low, high) = self.split();
        let ([a, b, c, d], [e, f, g, h]) = (low.part(), high.part());
        [a, b, c, d, e, f, g, h]
    }

    #[inline(always)]
    fn load(s: S, blocks: &[&mut Stereo; 8], chunk: usize) -> [Self; CHUNK] {
        let [a, b, c, d, e, f, g, h] = blocks;
        let [i, j, k, l, m, n, o, p] = load_four(s, a, b, c, d, chunk);
        let [q, r, t, u, v, w, x, y] = load_four(s, e, f, g, h, chunk);
        [
            i.combine(q),
            j.combine(r),
            k.combine(t),
            l.combine(u),
            m.combine(v),
            n.combine(w),
            o.combine(x),
            p.combine(y),
        ]
    }

    #[inline(always)]
    fn put<const ADD: bool>(frames: [Self; CHUNK], blocks: &mut [&mut Stereo; 8], chunk: usize) {
        let [a, b, c, d, e, f, g, h] = blocks;
        let [i, j, k, l, m, n, o, p] = frames;
        let (i, j, k, l) = (i.split(), j.split(), k.split(), l.split());
        let (m, n, o, p) = (m.split(), n.split(), o.split(), p.split());
        put_four::<S, ADD>([i.0, j.0, k.0, l.0, m.0, n.0, o.0, p.0], a, b, c, d, chunk);
        put_four::<S, ADD>([i.1, j.1, k.1, l.1, m.1, n.1, o.1, p.1], e, f, g, h, chunk);
    }

    #[inline(always)]
    fn load_half(s: S, blocks: &[&mut Stereo; 8], half: usize) -> [Self; HALF] {
        let [a, b, c, d, e, f, g, h] = blocks;
        let [i, j, k, l] = wide(half_of_two(s, a, b, half), half_of_two(s, c, d, half));
        let [m, n, o, p] = wide(half_of_two(s, e, f, half), half_of_two(s, g, h, half));
        [i.combine(m), j.combine(n), k.combine(o), l.combine(p)]
    }

    #[inline(always)]
    fn store_half(frames: [Self; HALF], blocks: &mut [&mut Stereo; 8], half: usize) {
        let [a, b, c, d, e, f, g, h] = blocks;
        let [i, j, k, l] = [frames[0].split(), frames[1].split(), frames[2].split(), frames[3].split()];
        store_half_of_four([i.0, j.0, k.0, l.0], a, b, c, d, half);
        store_half_of_four([i.1, j.1, k.1, l.1], e, f, g, h, half);
    }
}

#[inline(always)]
fn load_four<S: Simd>(
    s: S,
    a: &Stereo,
    b: &Stereo,
    c: &Stereo,
    d: &Stereo,
    chunk: usize,
) -> [f32x8<S>; CHUNK] {
    let [al, ar, bl, br] = rows_of_two(s, a, b, chunk);
    let [cl, cr, dl, dr] = rows_of_two(s, c, d, chunk);
    transposed([al, ar, bl, br, cl, cr, dl, dr])
}

#[inline(always)]
fn put_four<S: Simd, const ADD: bool>(
    frames: [f32x8<S>; CHUNK],
    a: &mut Stereo,
    b: &mut Stereo,
    c: &mut Stereo,
    d: &mut Stereo,
    chunk: usize,
) {
    let [al, ar, bl, br, cl, cr, dl, dr] = transposed(frames);
    put_row::<S, ADD>(al, a, 0, chunk);
    put_row::<S, ADD>(ar, a, 1, chunk);
    put_row::<S, ADD>(bl, b, 0, chunk);
    put_row::<S, ADD>(br, b, 1, chunk);
    put_row::<S, ADD>(cl, c, 0, chunk);
    put_row::<S, ADD>(cr, c, 1, chunk);
    put_row::<S, ADD>(dl, d, 0, chunk);
    put_row::<S, ADD>(dr, d, 1, chunk);
}

#[inline(always)]
fn rows_of_two<S: Simd>(s: S, a: &Stereo, b: &Stereo, chunk: usize) -> [f32x8<S>; 4] {
    [row(s, a, 0, chunk), row(s, a, 1, chunk), row(s, b, 0, chunk), row(s, b, 1, chunk)]
}

#[inline(always)]
fn row<S: Simd>(s: S, block: &Stereo, channel: usize, chunk: usize) -> f32x8<S> {
    f32x8::load_array_ref(s, &block.channels[channel].as_chunks::<CHUNK>().0[chunk])
}

#[inline(always)]
fn put_row<S: Simd, const ADD: bool>(row: f32x8<S>, block: &mut Stereo, channel: usize, chunk: usize) {
    let place = &mut block.channels[channel].as_chunks_mut::<CHUNK>().0[chunk];
    let row = if ADD { f32x8::load_array_ref(row.token(), place) + row } else { row };
    row.store_array(place);
}

#[inline(always)]
fn store_half_of_four<S: Simd>(
    frames: [f32x8<S>; HALF],
    a: &mut Stereo,
    b: &mut Stereo,
    c: &mut Stereo,
    d: &mut Stereo,
    half: usize,
) {
    let [(e, i), (f, j), (g, k), (h, l)] =
        [frames[0].split(), frames[1].split(), frames[2].split(), frames[3].split()];
    store_half_of_two([e, f, g, h], a, b, half);
    store_half_of_two([i, j, k, l], c, d, half);
}

#[inline(always)]
fn half_of_two<S: Simd>(s: S, a: &Stereo, b: &Stereo, half: usize) -> [f32x4<S>; HALF] {
    transposed4([
        half_row(s, a, 0, half),
        half_row(s, a, 1, half),
        half_row(s, b, 0, half),
        half_row(s, b, 1, half),
    ])
}

#[inline(always)]
fn half_row<S: Simd>(s: S, block: &Stereo, channel: usize, half: usize) -> f32x4<S> {
    f32x4::load_array_ref(s, &block.channels[channel].as_chunks::<HALF>().0[half])
}

#[inline(always)]
fn store_half_of_two<S: Simd>(frames: [f32x4<S>; HALF], a: &mut Stereo, b: &mut Stereo, half: usize) {
    let [al, ar, bl, br] = transposed4(frames);
    al.store_array(&mut a.channels[0].as_chunks_mut::<HALF>().0[half]);
    ar.store_array(&mut a.channels[1].as_chunks_mut::<HALF>().0[half]);
    bl.store_array(&mut b.channels[0].as_chunks_mut::<HALF>().0[half]);
    br.store_array(&mut b.channels[1].as_chunks_mut::<HALF>().0[half]);
}

#[inline(always)]
fn wide<S: Simd>(low: [f32x4<S>; 4], high: [f32x4<S>; 4]) -> [f32x8<S>; 4] {
    let ([a, b, c, d], [e, f, g, h]) = (low, high);
    [a.combine(e), b.combine(f), c.combine(g), d.combine(h)]
}

/// Something of each of `N` units, by a plain loop (see [`Section`](super::section::Section)).
macro_rules! of_each {
    ($units:expr, $unit:ident => $value:expr) => {{
        let mut all = [Default::default(); N];
        for (one, $unit) in all.iter_mut().zip($units.iter()) {
            *one = $value;
        }
        all
    }};
}
pub(in crate::dsp) use of_each;

/// The coefficients of each voice in its lanes.
#[inline(always)]
pub fn gains<S: Simd, V: Abreast<S, N>, const N: usize>(s: S, rows: [Coefficients; N]) -> Section<V> {
    let [a11, a12, b2, _] = V::columns(s, of_each!(rows, row => row.recursion));
    Section::new([a11, a12, b2], V::columns(s, of_each!(rows, row => row.mix)))
}

/// What each voice's coefficients are heading for, worked out in its lanes.
#[inline(always)]
pub fn aims<S: Simd, V: Abreast<S, N>, const N: usize>(s: S, targets: [Prototype; N]) -> Section<V> {
    let [cycles, factor, k, _] = V::columns(s, of_each!(targets, target => target.aim));
    let mix = V::columns(s, of_each!(targets, target => target.mix));
    Section::new(recursion(warped(cycles, factor), k), mix)
}

impl<V: Real> Section<V> {
    /// The recursion of each voice, out of the first of its lanes.
    #[inline(always)]
    pub fn recursions<S: Simd, const N: usize>(&self) -> [[f32; 4]; N]
    where
        V: Abreast<S, N>,
    {
        let [a, b, c] = self.recursion;
        let (a, b, c) = (a.part(), b.part(), c.part());
        let mut rows = [[0.0; 4]; N];
        for (i, row) in rows.iter_mut().enumerate() {
            *row = [a[i][0], b[i][0], c[i][0], 0.0];
        }
        rows
    }
}
