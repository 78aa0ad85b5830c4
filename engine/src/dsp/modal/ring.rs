//! Modes that ring freely. Lanes are frames: a mode's next eight are its state times the first eight powers of its
//! rotation, and its state eight frames on is one rotation away. No frame waits for the one before, no lane is idle where
//! modes are few, and what has died away costs nothing.
//! Source: own. In/out: as the bank's. Cost: 0.06 ns per frame and mode at AVX2.

use super::{GROUP, Lanes, Modal, SPAN, fit, load};
use crate::instrument::Stereo;
use crate::units::QUANTUM;
use fearless_simd::f32x8;
use fearless_simd::prelude::*;

/// Spans of a block.
const SPANS: usize = QUANTUM / SPAN;

/// A mode below this rests until it is struck again: -126 dB, and whoever ends there ends on a step no larger.
const INAUDIBLE: f32 = 5.0e-7;

/// Where the modes of a group stand at the beginning of each span.
type Course = [[Lanes; 2]; SPANS];

/// The courses of all groups: room to work in, which banks may share. What is read of one mode lies side by side.
pub struct Courses<const G: usize>([Course; G]);

impl<const G: usize> Default for Courses<G> {
    #[inline(always)]
    fn default() -> Courses<G> {
        Courses([[[Lanes::default(); 2]; SPANS]; G])
    }
}

/// Adds the next block of all modes that are heard, in their order.
#[inline(always)]
pub fn ring<S: Simd, const G: usize>(
    s: S,
    modal: &mut Modal<G>,
    Courses(courses): &mut Courses<G>,
    out: &mut Stereo,
) {
    let mut middles = [f32x8::splat(s, 0.0); SPANS];
    let mut sides = middles;
    let mut silent = true;
    // Eight groups have a word's worth of modes.
    for first in (0..modal.used.min(G)).step_by(8) {
        let mut heard = 0u64;
        for (g, course) in courses.iter_mut().enumerate().take(modal.used.min(first + 8)).skip(first) {
            heard |= advance(s, modal, g, course) << ((g - first) * GROUP);
        }
        silent &= heard == 0;
        while heard != 0 {
            let mode = heard.trailing_zeros() as usize;
            heard &= heard - 1;
            let (g, lane) = ((first + mode / GROUP) % G, mode % GROUP);
            let powers = &modal.powers[g][lane];
            let (cos, sin) = (f32x8::load_array_ref(s, &powers.re), f32x8::load_array_ref(s, &powers.im));
            let side = f32x8::splat(s, modal.side[g].0[lane]);
            let course = &courses[g];
            for span in 0..SPANS {
                let [re, im] = &course[span];
                let y = f32x8::splat(s, re.0[lane]) * sin + f32x8::splat(s, im.0[lane]) * cos;
                middles[span] += y;
                sides[span] += y * side;
            }
        }
    }
    if silent {
        return;
    }
    let [left, right] = &mut out.channels;
    let (left, right) = (left.as_chunks_mut::<SPAN>().0, right.as_chunks_mut::<SPAN>().0);
    for span in 0..SPANS {
        let (middle, side) = (middles[span], sides[span]);
        (f32x8::load_array_ref(s, &left[span]) + (middle - side)).store_array(&mut left[span]);
        (f32x8::load_array_ref(s, &right[span]) + (middle + side)).store_array(&mut right[span]);
    }
}

/// Moves a group on by a block and writes down its course; which of its modes are heard.
#[inline(always)]
fn advance<S: Simd, const G: usize>(s: S, modal: &mut Modal<G>, g: usize, course: &mut Course) -> u64 {
    let (mut re, mut im) = (load(s, &modal.re[g]), load(s, &modal.im[g]));
    let loud = (re * re + im * im).simd_gt(f32x8::splat(s, INAUDIBLE * INAUDIBLE));
    let heard = loud.to_bitmask();
    let nothing = f32x8::splat(s, 0.0);
    if heard == 0 {
        nothing.store_array(&mut modal.re[g].0);
        nothing.store_array(&mut modal.im[g].0);
        return 0;
    }
    if !modal.fits[g] {
        fit(s, modal, g);
    }
    (re, im) = (loud.select(re, nothing), loud.select(im, nothing));
    let (cos, sin) = (load(s, &modal.leap_re[g]), load(s, &modal.leap_im[g]));
    for [re_course, im_course] in course {
        re.store_array(&mut re_course.0);
        im.store_array(&mut im_course.0);
        (re, im) = (cos * re - sin * im, sin * re + cos * im);
    }
    // What is too small to compute with fast is also too small to be heard: it will be nought a block from now.
    re.store_array(&mut modal.re[g].0);
    im.store_array(&mut modal.im[g].0);
    heard
}
