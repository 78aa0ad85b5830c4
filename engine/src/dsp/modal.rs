//! Banks of ringing modes: what bars, bells, membranes and piano strings are made of.
//! Source: each mode is a decaying rotation (coupled form, Mathews & Smith 2003), exact at any pitch and decay.
//! In/out: two channels are added. Lanes are modes, summed in one fixed order at every vector width.
//! Cost: about 6 ns per frame for 32 modes at AVX2; groups that have died cost nothing.

use crate::dsp::{denormal, math, simd};
use crate::instrument::Stereo;
use crate::units::QUANTUM;
use fearless_simd::{Level, Simd, dispatch, f32x4, f32x8, prelude::*};

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

/// A group of which every mode stands below this rests until it is struck again: -160 dB, under the last bit of 24.
const INAUDIBLE: f32 = 1.0e-8;

#[derive(Clone, Copy, Debug, Default)]
#[repr(align(32))]
struct Lanes([f32; GROUP]);

/// Up to `G` groups of modes (`G` even: groups are computed in pairs, which hide each other's latency).
#[derive(Clone)]
pub struct Modal<const G: usize> {
    /// Where each mode stands: `im` is what is heard.
    re: [Lanes; G],
    im: [Lanes; G],
    /// Rotation per frame, decay included.
    turn_re: [Lanes; G],
    turn_im: [Lanes; G],
    left: [Lanes; G],
    right: [Lanes; G],
    gain: [Lanes; G],
    /// Cycles per frame before any glide, and decay per frame.
    step: [Lanes; G],
    radius: [Lanes; G],
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
            left: zero,
            right: zero,
            gain: zero,
            step: zero,
            radius: zero,
            used: 0,
        }
    }
}

impl<const G: usize> Modal<G> {
    /// Takes modes, silent until struck; those beyond `G` groups are dropped.
    pub fn tune(&mut self, modes: &[Mode], sample_rate_hz: f32) {
        *self = Modal::default();
        let count = modes.len().min(G * GROUP);
        self.used = count.div_ceil(GROUP);
        for (index, mode) in modes[..count].iter().enumerate() {
            let (g, lane) = (index / GROUP, index % GROUP);
            let step = mode.hz / sample_rate_hz;
            if !(step > 0.0 && step < 0.45) {
                continue;
            }
            let angle = 0.125 * (1.0 + mode.pan.clamp(-1.0, 1.0));
            self.left[g].0[lane] = math::cos_cycles(angle);
            self.right[g].0[lane] = math::sin_cycles(angle);
            self.gain[g].0[lane] = mode.gain;
            self.step[g].0[lane] = step;
            // 60 dB is a factor of 1000: log2 of it is 9.966.
            self.radius[g].0[lane] = math::exp2(-9.966 / (mode.decay_s.max(1e-3) * sample_rate_hz));
        }
        self.glide(1.0, G);
    }

    /// Moves every mode of the first `groups` to `ratio` of its own frequency, at once: the sound goes on without a step.
    pub fn glide(&mut self, ratio: f32, groups: usize) {
        let groups = self.used.min(groups);
        simd::vectorised!(turn(
            ratio,
            &self.step[..groups],
            &self.radius[..groups],
            &mut self.turn_re[..groups],
            &mut self.turn_im[..groups],
        ));
    }

    /// Damps every mode further, to fall by 60 dB within `decay_s` at most.
    pub fn damp(&mut self, decay_s: f32, sample_rate_hz: f32) {
        let radius = math::exp2(-9.966 / (decay_s.max(1e-3) * sample_rate_hz));
        for g in 0..self.used {
            for lane in 0..GROUP {
                let old = self.radius[g].0[lane];
                let factor = if old > radius { radius / old } else { 1.0 };
                self.radius[g].0[lane] *= factor;
                self.turn_re[g].0[lane] *= factor;
                self.turn_im[g].0[lane] *= factor;
            }
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
                self.gain[g].0[lane] = mode.gain;
            }
        }
    }

    /// Groups in use.
    pub fn groups(&self) -> usize {
        self.used
    }

    /// Adds the next block.
    pub fn render_add(&mut self, out: &mut Stereo) {
        self.render_at(simd::level(), None, out);
    }

    /// Adds the next block while `drive` pushes all modes, each by its gain: bowing and brushing.
    pub fn render_driven_add(&mut self, drive: &[f32; QUANTUM], out: &mut Stereo) {
        self.render_at(simd::level(), Some(drive), out);
    }

    fn render_at(&mut self, level: Level, drive: Option<&[f32; QUANTUM]>, out: &mut Stereo) {
        match drive {
            None => dispatch!(level, s => block::<_, G, false>(s, self, &[0.0; QUANTUM], out)),
            Some(drive) => dispatch!(level, s => block::<_, G, true>(s, self, drive, out)),
        }
    }

    fn rings(&self, group: usize) -> bool {
        self.re[group].0.iter().chain(&self.im[group].0).any(|&x| x.abs() > INAUDIBLE)
    }
}

/// sin(πx) for x in 0..0.5: Taylor's series to the eleventh order, error below 6e-7, nothing to fold.
#[inline(always)]
fn sine_of_half(x: f32) -> f32 {
    let r = x * std::f32::consts::PI;
    let r2 = r * r;
    let p = -2.505_210_8e-8;
    let p = p * r2 + 2.755_731_9e-6;
    let p = p * r2 - 1.984_127e-4;
    let p = p * r2 + 8.333_333e-3;
    let p = p * r2 - 1.666_666_7e-1;
    r + r * r2 * p
}

/// Rotations of modes at `ratio` of their steps.
#[inline(always)]
fn turn(ratio: f32, step: &[Lanes], radius: &[Lanes], re: &mut [Lanes], im: &mut [Lanes]) {
    for (((step, radius), re), im) in step.iter().zip(radius).zip(re).zip(im) {
        for lane in 0..GROUP {
            // Half-angle form: sine and cosine stay on the unit circle to a rounding, or a slow decay would grow.
            let half = sine_of_half((step.0[lane] * ratio).min(0.49));
            re.0[lane] = radius.0[lane] * (1.0 - 2.0 * half * half);
            im.0[lane] = radius.0[lane] * 2.0 * half * (1.0 - half * half).sqrt();
        }
    }
}

#[inline(always)]
fn load<S: Simd>(s: S, lanes: &Lanes) -> f32x8<S> {
    f32x8::load_array_ref(s, &lanes.0)
}

/// Four frames of all groups at a time: what they add up to stays in registers.
#[inline(always)]
fn block<S: Simd, const G: usize, const DRIVEN: bool>(
    s: S,
    modal: &mut Modal<G>,
    drive: &[f32; QUANTUM],
    out: &mut Stereo,
) {
    let mut sounds = [false; G];
    let mut heard = false;
    let mut g = 0;
    while g + 1 < G && g < modal.used {
        sounds[g] = DRIVEN || modal.rings(g) || modal.rings(g + 1);
        heard |= sounds[g];
        g += 2;
    }
    if !heard {
        return;
    }
    let [left, right] = &mut out.channels;
    let frames = left.as_chunks_mut::<4>().0.iter_mut().zip(right.as_chunks_mut::<4>().0);
    for (drive, (left, right)) in drive.as_chunks::<4>().0.iter().zip(frames) {
        let mut sums = [[f32x8::splat(s, 0.0); 4]; 2];
        let mut g = 0;
        while g + 1 < G && g < modal.used {
            if sounds[g] {
                pair::<S, G, DRIVEN>(s, modal, g, drive, &mut sums);
            }
            g += 2;
        }
        (f32x4::load_array_ref(s, left) + simd::sums(sums[0])).store_array(left);
        (f32x4::load_array_ref(s, right) + simd::sums(sums[1])).store_array(right);
    }
    for g in 0..G {
        if sounds[g & !1] {
            denormal::flush(load(s, &modal.re[g])).store_array(&mut modal.re[g].0);
            denormal::flush(load(s, &modal.im[g])).store_array(&mut modal.im[g].0);
        }
    }
}

#[inline(always)]
fn pair<S: Simd, const G: usize, const DRIVEN: bool>(
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
    let (l0, r0) = (load(s, &modal.left[g]), load(s, &modal.right[g]));
    let (l1, r1) = (load(s, &modal.left[h]), load(s, &modal.right[h]));
    let (push0, push1) = (load(s, &modal.gain[g]), load(s, &modal.gain[h]));
    let [left, right] = sums;
    for t in 0..4 {
        if DRIVEN {
            let x = f32x8::splat(s, drive[t]);
            re0 += x * push0;
            re1 += x * push1;
        }
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
        assert!(!modal.rings(0));
    }
}
