//! Modes that are pushed on and on. Lanes are modes: each hears every frame of the drive.
//! Source: as the bank's. In/out: as the bank's. Cost: about 3 ns per frame for 16 modes at AVX2, half of
//! it beside another bank.

use super::{Lanes, Modal, fit, load};
use crate::dsp::{denormal, simd};
use crate::instrument::Stereo;
use crate::units::QUANTUM;
use fearless_simd::prelude::*;
use fearless_simd::{f32x4, f32x8};

/// Adds the next block of some banks, each pushed by its drive: four frames of each at a time, so that no bank waits for
/// itself, and what its groups add up to stays in registers.
#[inline(always)]
pub fn push<S: Simd, const G: usize>(
    s: S,
    modals: &mut [&mut Modal<G>],
    drives: &[[f32; QUANTUM]],
    outs: &mut [Stereo],
) {
    for modal in modals.iter_mut() {
        for g in 0..modal.used.min(G) {
            if !modal.fits[g] {
                fit(s, modal, g);
            }
        }
    }
    for four in 0..QUANTUM / 4 {
        for ((modal, drive), out) in modals.iter_mut().zip(drives).zip(&mut *outs) {
            let mut sums = [[f32x8::splat(s, 0.0); 4]; 2];
            for g in 0..modal.used.min(G) {
                group::<S, G>(s, modal, g, &drive.as_chunks::<4>().0[four], &mut sums);
            }
            let (middle, side) = (simd::sums(sums[0]), simd::sums(sums[1]));
            for (channel, sum) in out.channels.iter_mut().zip([middle - side, middle + side]) {
                let frames = &mut channel.as_chunks_mut::<4>().0[four];
                (f32x4::load_array_ref(s, frames) + sum).store_array(frames);
            }
        }
    }
    for modal in modals {
        for g in 0..G {
            flush(s, &mut modal.re[g]);
            flush(s, &mut modal.im[g]);
        }
    }
}

#[inline(always)]
fn flush<S: Simd>(s: S, lanes: &mut Lanes) {
    denormal::flush(load(s, lanes)).store_array(&mut lanes.0);
}

/// Four frames of a group: their sum, and how far the right side stands above it.
#[inline(always)]
fn group<S: Simd, const G: usize>(
    s: S,
    modal: &mut Modal<G>,
    g: usize,
    drive: &[f32; 4],
    [middles, sides]: &mut [[f32x8<S>; 4]; 2],
) {
    let (mut re, mut im) = (load(s, &modal.re[g]), load(s, &modal.im[g]));
    let (cos, sin) = (load(s, &modal.turn_re[g]), load(s, &modal.turn_im[g]));
    let (side, push) = (load(s, &modal.side[g]), load(s, &modal.gain[g]));
    for t in 0..4 {
        re += f32x8::splat(s, drive[t]) * push;
        middles[t] += im;
        sides[t] += im * side;
        (re, im) = (cos * re - sin * im, sin * re + cos * im);
    }
    re.store_array(&mut modal.re[g].0);
    im.store_array(&mut modal.im[g].0);
}
