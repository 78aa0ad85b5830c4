//! Banks of ringing modes: what bars, bells, membranes and piano strings are made of.
//! Source: each mode is a decaying rotation (coupled form, Mathews & Smith 2003), exact at any pitch and decay.
//! In/out: two channels are added, in one fixed order at every vector width. Cost: see `ring` and `driven`.

mod driven;
mod ring;

pub use ring::Courses;

use crate::dsp::{math, simd};
use crate::instrument::Stereo;
use crate::units::{QUANTUM, SILENCE_GAIN};
use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, f32x8};

/// Modes of one group: they start together.
pub const GROUP: usize = 8;

/// One mode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mode {
    /// Frequency; a mode above 0.45 of the sample rate stays silent.
    pub hz: f32,
    /// Amplitude at the strike.
    pub gain: f32,
    /// Time to fall by 60 dB, s.
    pub decay_s: f32,
    /// -1 left .. 1 right, equal power.
    pub pan: f32,
}

/// Frames a mode's powers are kept for: as many as a vector has lanes.
const SPAN: usize = 8;

#[derive(Clone, Copy, Debug, Default)]
#[repr(align(32))]
struct Lanes([f32; GROUP]);

/// The powers of a mode's rotation from the noughth on.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Powers {
    re: [f32; SPAN],
    im: [f32; SPAN],
}

/// Up to `G` groups of modes.
#[derive(Clone)]
pub struct Modal<const G: usize> {
    /// Where each mode stands: `im` is what is heard.
    re: [Lanes; G],
    im: [Lanes; G],
    /// Rotation per frame and per span, decay included, and its powers: for groups that fit.
    turn_re: [Lanes; G],
    turn_im: [Lanes; G],
    leap_re: [Lanes; G],
    leap_im: [Lanes; G],
    powers: [[Powers; GROUP]; G],
    fits: [bool; G],
    /// Mean of the gains to both sides, and how far the right one stands above it (the left one below), as a part of it.
    /// The mean is taken at the strike, so that the sum of all modes needs no product.
    center: [Lanes; G],
    side: [Lanes; G],
    gain: [Lanes; G],
    /// Cycles per frame before any glide, decay per frame, and the glide.
    step: [Lanes; G],
    radius: [Lanes; G],
    ratio: [f32; G],
    /// Groups from here on have no modes.
    used: usize,
}

impl<const G: usize> Default for Modal<G> {
    fn default() -> Self {
        let zero = [Lanes::default(); G];
        Modal {
            re: zero,
            im: zero,
            turn_re: zero,
            turn_im: zero,
            leap_re: zero,
            leap_im: zero,
            powers: [[Powers::default(); GROUP]; G],
            fits: [false; G],
            center: zero,
            side: zero,
            gain: zero,
            step: zero,
            radius: zero,
            ratio: [1.0; G],
            used: 0,
        }
    }
}

impl<const G: usize> Modal<G> {
    /// Takes modes, silent until struck; those beyond `G` groups are dropped.
    pub fn tune(&mut self, modes: &[Mode], sample_rate_hz: f32) {
        let count = modes.len().min(G * GROUP);
        self.used = count.div_ceil(GROUP);
        for g in 0..G {
            let zero = Lanes::default();
            (self.re[g], self.im[g], self.gain[g], self.step[g], self.radius[g]) =
                (zero, zero, zero, zero, zero);
            (self.ratio[g], self.fits[g]) = (1.0, false);
        }
        for (index, mode) in modes[..count].iter().enumerate() {
            let (g, lane) = (index / GROUP, index % GROUP);
            let step = mode.hz / sample_rate_hz;
            if !(step > 0.0 && step < 0.45) {
                continue;
            }
            let angle = 0.125 * (1.0 + mode.pan.clamp(-1.0, 1.0));
            let (left, right) = (math::cos_cycles(angle), math::sin_cycles(angle));
            self.center[g].0[lane] = 0.5 * (left + right);
            self.side[g].0[lane] = (right - left) / (right + left);
            self.gain[g].0[lane] = mode.gain * self.center[g].0[lane];
            self.step[g].0[lane] = step;
            // 60 dB is a factor of 1000: log2 of it is 9.966.
            self.radius[g].0[lane] = math::exp2(-9.966 / (mode.decay_s.max(1e-3) * sample_rate_hz));
        }
    }

    /// Moves every mode of the first `groups` to `ratio` of its own frequency, at once: the sound goes on without a step.
    pub fn glide(&mut self, ratio: f32, groups: usize) {
        for g in 0..self.used.min(groups) {
            (self.ratio[g], self.fits[g]) = (ratio, false);
        }
    }

    /// Damps every mode further, to fall by 60 dB within `decay_s` at most.
    pub fn damp(&mut self, decay_s: f32, sample_rate_hz: f32) {
        let radius = math::exp2(-9.966 / (decay_s.max(1e-3) * sample_rate_hz));
        for g in 0..self.used {
            for old in &mut self.radius[g].0 {
                *old = old.min(radius);
            }
            self.fits[g] = false;
        }
    }

    /// Strikes a group: what rings already rings on, and what is heard does not jump.
    pub fn strike(&mut self, group: usize, gain: f32) {
        for lane in 0..GROUP {
            self.re[group].0[lane] += gain * self.gain[group].0[lane];
        }
    }

    /// Takes other gains for the strikes to come; what rings goes on as it is.
    pub fn weigh(&mut self, modes: &[Mode]) {
        for (index, mode) in modes.iter().take(self.used * GROUP).enumerate() {
            let (g, lane) = (index / GROUP, index % GROUP);
            if self.step[g].0[lane] > 0.0 {
                self.gain[g].0[lane] = mode.gain * self.center[g].0[lane];
            }
        }
    }

    /// Groups in use.
    pub fn groups(&self) -> usize {
        self.used
    }

    /// Whether all modes together are below -100 dB.
    pub fn is_silent(&self) -> bool {
        let modes = self.re[..self.used].iter().chain(&self.im[..self.used]).flat_map(|lanes| lanes.0);
        modes.map(f32::abs).sum::<f32>() < SILENCE_GAIN
    }

    /// Adds the next block.
    pub fn render_add(&mut self, out: &mut Stereo) {
        self.render_at(simd::level(), None, out);
    }

    /// [`Modal::render_add`] within a kernel.
    #[inline(always)]
    pub fn ring_add<S: Simd>(&mut self, s: S, courses: &mut Courses<G>, out: &mut Stereo) {
        ring::ring(s, self, courses, out);
    }

    /// Adds the next block of some banks while their drives push all modes, each by its gain: bowing and brushing.
    pub fn render_driven_each(modals: &mut [&mut Self], drives: &[[f32; QUANTUM]], outs: &mut [Stereo]) {
        simd::kernel!(s => driven::push(s, modals, drives, outs));
    }

    fn render_at(&mut self, level: Level, drive: Option<&[f32; QUANTUM]>, out: &mut Stereo) {
        let outs = std::slice::from_mut(out);
        match drive {
            None => dispatch!(level, s => ring::ring(s, self, &mut Courses::default(), &mut outs[0])),
            Some(drive) => dispatch!(level, s => driven::push(s, &mut [self], &[*drive], outs)),
        }
    }
}

/// Works out the rotations of a group at its pitch and decay.
#[inline(always)]
fn fit<S: Simd, const G: usize>(s: S, modal: &mut Modal<G>, g: usize) {
    let (one, two) = (f32x8::splat(s, 1.0), f32x8::splat(s, 2.0));
    // Half-angle form: sine and cosine stay on the unit circle to a rounding, or a slow decay would grow.
    let cycles = load(s, &modal.step[g]) * f32x8::splat(s, modal.ratio[g]);
    let half = sine_of_half(s, cycles.min(f32x8::splat(s, 0.49)));
    let unit = [one - two * half * half, two * half * (one - half * half).sqrt()];
    let radius = load(s, &modal.radius[g]);
    let z = [radius * unit[0], radius * unit[1]];
    z[0].store_array(&mut modal.turn_re[g].0);
    z[1].store_array(&mut modal.turn_im[g].0);

    let z2 = product(z, z);
    let z3 = product(z2, z);
    let z4 = product(z2, z2);
    let (z5, z6, z7) = (product(z4, z), product(z4, z2), product(z4, z3));
    let nothing = f32x8::splat(s, 0.0);
    let re = simd::transposed([one, z[0], z2[0], z3[0], z4[0], z5[0], z6[0], z7[0]]);
    let im = simd::transposed([nothing, z[1], z2[1], z3[1], z4[1], z5[1], z6[1], z7[1]]);
    for lane in 0..GROUP {
        re[lane].store_array(&mut modal.powers[g][lane].re);
        im[lane].store_array(&mut modal.powers[g][lane].im);
    }

    // The leap is taken again and again: squared apart from its decay, and drawn back to the unit circle.
    let unit2 = product(unit, unit);
    let unit4 = product(unit2, unit2);
    let unit8 = product(unit4, unit4);
    let length = unit8[0] * unit8[0] + unit8[1] * unit8[1];
    let radius2 = radius * radius;
    let radius4 = radius2 * radius2;
    let factor = (f32x8::splat(s, 1.5) - f32x8::splat(s, 0.5) * length) * (radius4 * radius4);
    (unit8[0] * factor).store_array(&mut modal.leap_re[g].0);
    (unit8[1] * factor).store_array(&mut modal.leap_im[g].0);
    modal.fits[g] = true;
}

/// One rotation after another.
#[inline(always)]
fn product<S: Simd>(a: [f32x8<S>; 2], b: [f32x8<S>; 2]) -> [f32x8<S>; 2] {
    [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]]
}

/// sin(πx) for x in 0..0.5: Taylor's series to the eleventh order, error below 6e-7, nothing to fold.
#[inline(always)]
fn sine_of_half<S: Simd>(s: S, x: f32x8<S>) -> f32x8<S> {
    const SERIES: [f32; 5] = [-2.505_210_8e-8, 2.755_731_9e-6, -1.984_127e-4, 8.333_333e-3, -1.666_666_7e-1];
    let r = x * f32x8::splat(s, std::f32::consts::PI);
    let r2 = r * r;
    let mut p = f32x8::splat(s, SERIES[0]);
    for &coefficient in &SERIES[1..] {
        p = p * r2 + f32x8::splat(s, coefficient);
    }
    r + r * r2 * p
}

#[inline(always)]
fn load<S: Simd>(s: S, lanes: &Lanes) -> f32x8<S> {
    f32x8::load_array_ref(s, &lanes.0)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the platform's functions are the slow reference")]
mod tests {
    use super::*;

    const RATE: f32 = 48_000.0;

    fn play(modal: &mut Modal<4>, quanta: usize) -> Vec<f32> {
        let mut sound = Vec::new();
        for _ in 0..quanta {
            let mut out = Stereo::SILENCE;
            modal.render_add(&mut out);
            sound.extend_from_slice(&out.channels[0]);
        }
        sound
    }

    #[test]
    fn a_mode_is_the_sine_it_was_asked_to_be() {
        for (hz, decay_s) in [(27.5f32, 15.0f32), (440.0, 3.0), (9000.0, 0.5)] {
            let mut modal = Modal::<4>::default();
            modal.tune(&[Mode { hz, gain: 1.0, decay_s, pan: -1.0 }], RATE);
            modal.strike(0, 1.0);
            for (frame, &x) in play(&mut modal, 1500).iter().enumerate() {
                let t = frame as f64 / f64::from(RATE);
                let exact = (std::f64::consts::TAU * f64::from(hz) * t).sin()
                    * 10f64.powf(-3.0 * t / f64::from(decay_s));
                assert!((f64::from(x) - exact).abs() < 5e-3, "{hz} Hz, frame {frame}: {x} for {exact}");
            }
        }
    }

    #[test]
    fn all_levels_give_the_same_bits() {
        let modes: Vec<Mode> = (0..29)
            .map(|i| Mode {
                hz: 80.0 * (i + 1) as f32,
                gain: 0.1,
                decay_s: 1.0 / (i + 1) as f32,
                pan: 0.03 * i as f32,
            })
            .collect();
        let render = |level: Level| {
            let mut modal = Modal::<4>::default();
            modal.tune(&modes, RATE);
            (0..4).for_each(|g| modal.strike(g, 1.0));
            let mut sound = Vec::new();
            for quantum in 0..400 {
                let mut out = Stereo::SILENCE;
                let drive = [0.01; QUANTUM];
                modal.glide(1.0 + 0.1 / (1 + quantum) as f32, 3);
                modal.render_at(level, (quantum % 7 == 0).then_some(&drive), &mut out);
                sound.extend(out.channels);
            }
            sound
        };
        assert_eq!(render(Level::new()), render(Level::baseline()));
    }

    #[test]
    fn struck_again_it_does_not_jump_and_at_last_it_is_zero() {
        let mut modal = Modal::<4>::default();
        modal.tune(
            &[
                Mode { hz: 200.0, gain: 0.5, decay_s: 0.2, pan: 0.0 },
                Mode { hz: 3.0e4, gain: 1.0, decay_s: 1.0, pan: 0.0 },
            ],
            RATE,
        );
        modal.strike(0, 1.0);
        let mut sound = play(&mut modal, 10);
        modal.strike(0, 1.0);
        sound.extend(play(&mut modal, 10));
        assert!(sound.windows(2).all(|w| (w[1] - w[0]).abs() < 0.03));
        modal.damp(0.05, RATE);
        play(&mut modal, 600);
        assert_eq!(play(&mut modal, 2), vec![0.0; 2 * QUANTUM]);
    }

    #[test]
    fn pushed_side_by_side_each_bank_sounds_as_alone() {
        let bank = |hz: f32| {
            let mut modal = Modal::<2>::default();
            modal.tune(&[Mode { hz, gain: 0.1, decay_s: 0.5, pan: 0.3 }], RATE);
            modal
        };
        let mut drives = [[0.0; QUANTUM]; 3];
        for (index, drive) in drives.as_flattened_mut().iter_mut().enumerate() {
            *drive = if index % 7 == 0 { 0.3 } else { -0.05 };
        }
        let mut banks = [200.0, 333.0, 1_234.0].map(bank);
        let mut together = [Stereo::SILENCE; 3];
        let mut modals: Vec<&mut Modal<2>> = banks.iter_mut().collect();
        Modal::render_driven_each(&mut modals, &drives, &mut together);
        for ((hz, drive), expected) in [200.0, 333.0, 1_234.0].into_iter().zip(drives).zip(together) {
            let mut alone = Stereo::SILENCE;
            Modal::render_driven_each(&mut [&mut bank(hz)], &[drive], std::slice::from_mut(&mut alone));
            assert_eq!(alone, expected);
            assert!(alone.peak() > 0.0);
        }
    }
}
