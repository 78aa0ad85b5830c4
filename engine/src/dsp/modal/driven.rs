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
        for g in 0..G {
            if !modal.fits[g] {
                fit(s, modal, g);
            }
        }
    }
    for four in 0..QUANTUM / 4 {
        for ((modal, drive), out) in modals.iter_mut().zip(drives).zip(&mut *outs) {
            let mut sums = [[f32x8::splat(s, 0.0); 4]; 2];
            let mut g = 0;
            while g + 1 < G && g < modal.used {
                pair::<S, G>(s, modal, g, &drive.as_chunks::<4>().0[four], &mut sums);
                g += 2;
            }
            for (channel, sums) in out.channels.iter_mut().zip(sums) {
                let frames = &mut channel.as_chunks_mut::<4>().0[four];
                (f32x4::load_array_ref(s, frames) + simd::sums(sums)).store_array(frames);
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

/// Two groups, which hide each other's latency.
#[inline(always)]
fn pair<S: Simd, const G: usize>(
    s: S,
    modal: &mut Modal<G>,
    g: usize,
    drive: &[f32; 4],
    sums: &mut [[f32x8<S>; 4]; 2],
) {
    let h = g + 1;
    let (mut re0, mut im0) = (load(s, &modal.re[g]), load(s, &modal.im[g]));
    let (mut re1, mut im1) = (load(s, &modal.re[h]), load(s, &modal.im[h]));
    let (c0, s0) = (load(s, &modal.turn_re[g]), load(s, &modal.turn_im[g]));
    let (c1, s1) = (load(s, &modal.turn_re[h]), load(s, &modal.turn_im[h]));
    let (one, side0, side1) = (f32x8::splat(s, 1.0), load(s, &modal.side[g]), load(s, &modal.side[h]));
    let (l0, r0) = (one - side0, one + side0);
    let (l1, r1) = (one - side1, one + side1);
    let (push0, push1) = (load(s, &modal.gain[g]), load(s, &modal.gain[h]));
    let [left, right] = sums;
    for t in 0..4 {
        let x = f32x8::splat(s, drive[t]);
        re0 += x * push0;
        re1 += x * push1;
        left[t] += im0 * l0 + im1 * l1;
        right[t] += im0 * r0 + im1 * r1;
        let next0 = c0 * re0 - s0 * im0;
        let next1 = c1 * re1 - s1 * im1;
        im0 = s0 * re0 + c0 * im0;
        im1 = s1 * re1 + c1 * im1;
        re0 = next0;
        re1 = next1;
    }
    re0.store_array(&mut modal.re[g].0);
    im0.store_array(&mut modal.im[g].0);
    re1.store_array(&mut modal.re[h].0);
    im1.store_array(&mut modal.im[h].0);
}
