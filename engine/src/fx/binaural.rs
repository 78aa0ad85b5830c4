//! Two ears on a round head: the field through virtual loudspeakers, and single tones from wherever they are.
//! Source: Brown & Duda, "A Structural Model for Binaural Sound Synthesis", IEEE TSAP 6(5), 1998: delay after Woodworth,
//! one pole and one zero for the head's shadow. Nothing measured on a person. The rear shelf of the outer ear is taste.
//! In/out: a field in, what two ears hear added. Cost: about 6 ns per frame.

use super::field::{Direction, Field};
use crate::dsp::{denormal, math};
use crate::instrument::{Spec, Stereo};
use crate::units::QUANTUM;

/// Radius of the head, m (Brown & Duda).
pub const HEAD_RADIUS_M: f32 = 0.0875;
/// Speed of sound, m/s.
pub const SOUND_SPEED_M_S: f32 = 343.0;
/// Least gain at high frequencies, and the angle from the ear at which it is reached (Brown & Duda, eq. 4).
const SHADOW_FLOOR: f32 = 0.1;
const SHADOW_ANGLE_DEG: f32 = 150.0;
/// The outer ear takes highs from what comes from behind (Blauert, "Spatial Hearing", 1997, 2.3): corner and gain, taste.
const REAR_CORNER_HZ: f32 = 3500.0;
const REAR_GAIN: f32 = 0.55;
/// Eight virtual loudspeakers stand in the corners of a cube: so far to the side each, as a sine. The round head hears
/// upper and lower ones alike, so two a side remain, front and rear.
const SIDE: f32 = 0.577_350_3;

/// What one ear does to a plane wave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ear {
    /// Later than at the middle of the head, s; negative is earlier.
    pub delay_s: f32,
    /// Gain of high frequencies; that of low ones is 1.
    pub shadow: f32,
}

/// Left ear, right ear.
pub fn ears(direction: Direction) -> [Ear; 2] {
    [direction.y, -direction.y].map(Ear::at)
}

impl Ear {
    /// For a source whose direction has this part along the ear's axis: 1 straight into the ear, -1 behind the head.
    fn at(toward: f32) -> Ear {
        let angle = libm::acosf(toward.clamp(-1.0, 1.0));
        let across_s = HEAD_RADIUS_M / SOUND_SPEED_M_S;
        let quarter = std::f32::consts::FRAC_PI_2;
        let delay_s = if angle < quarter { -across_s * toward } else { across_s * (angle - quarter) };
        let cycles = angle.to_degrees() * (0.5 / SHADOW_ANGLE_DEG);
        let shadow = (1.0 + 0.5 * SHADOW_FLOOR) + (1.0 - 0.5 * SHADOW_FLOOR) * math::cos_cycles(cycles);
        Ear { delay_s, shadow }
    }

    /// Gain of a steady tone.
    pub fn gain(self, hz: f32) -> f32 {
        let q = hz / (2.0 * corner_hz());
        ((1.0 + self.shadow * self.shadow * q * q) / (1.0 + q * q)).sqrt()
    }
}

/// Where the wave is as long as the head is round, Hz: half of the pole's frequency.
fn corner_hz() -> f32 {
    SOUND_SPEED_M_S / (std::f32::consts::TAU * HEAD_RADIUS_M)
}

/// One pole and one zero: gain 1 at low frequencies, `gain` at high ones, by the bilinear transform.
#[derive(Clone, Copy, Debug)]
struct Shelf {
    b: [f32; 2],
    a: f32,
    state: f32,
}

impl Shelf {
    fn new(pole_hz: f32, gain: f32, rate_hz: f32) -> Shelf {
        // 2 rate / omega of the pole; the pole is kept inside the band.
        let k = rate_hz / (std::f32::consts::PI * pole_hz.min(0.45 * rate_hz));
        Shelf {
            b: [(1.0 + gain * k) / (1.0 + k), (1.0 - gain * k) / (1.0 + k)],
            a: (1.0 - k) / (1.0 + k),
            state: 0.0,
        }
    }

    #[inline(always)]
    fn next(&mut self, x: f32) -> f32 {
        let y = self.b[0] * x + self.state;
        self.state = self.b[1] * x - self.a * y;
        y
    }
}

/// Delays by a fixed, fractional time.
#[derive(Clone, Debug)]
struct Delay {
    /// What was heard before, then the quantum.
    past: Vec<f32>,
    fraction: f32,
}

impl Delay {
    fn new(frames: f32) -> Delay {
        let whole = frames as usize;
        Delay { past: vec![0.0; whole + 1 + QUANTUM], fraction: frames - whole as f32 }
    }

    fn process(&mut self, signal: &[f32; QUANTUM], late: &mut [f32; QUANTUM]) {
        let before = self.past.len() - QUANTUM;
        self.past.copy_within(QUANTUM.., 0);
        self.past[before..].copy_from_slice(signal);
        for (late, pair) in late.iter_mut().zip(self.past.windows(2)) {
            *late = pair[1] + (pair[0] - pair[1]) * self.fraction;
        }
    }
}

/// One side's loudspeakers on their way to both ears.
#[derive(Clone, Debug)]
struct Side {
    rear: Shelf,
    near: Shelf,
    far: Shelf,
    delay: Delay,
}

/// The head.
#[derive(Clone, Debug)]
pub struct Head {
    sides: [Side; 2],
}

impl Head {
    /// A head that has heard nothing.
    pub fn new(spec: &Spec) -> Head {
        let rate_hz = spec.sample_rate_hz as f32;
        let pole_hz = 2.0 * corner_hz();
        let (near, far) = (Ear::at(SIDE), Ear::at(-SIDE));
        let side = Side {
            rear: Shelf::new(REAR_CORNER_HZ, REAR_GAIN, rate_hz),
            near: Shelf::new(pole_hz, near.shadow, rate_hz),
            far: Shelf::new(pole_hz, far.shadow, rate_hz),
            delay: Delay::new((far.delay_s - near.delay_s) * rate_hz),
        };
        Head { sides: [side.clone(), side] }
    }

    /// Silence.
    pub fn reset(&mut self) {
        for side in &mut self.sides {
            side.delay.past.fill(0.0);
            for shelf in [&mut side.rear, &mut side.near, &mut side.far] {
                shelf.state = 0.0;
            }
        }
    }

    /// Adds what the ears hear of a field.
    pub fn process_add(&mut self, field: &Field, out: &mut Stereo) {
        let [w, y, _, x] = field.channels();
        // A cube's loudspeaker gets an eighth of W + 3 (direction · velocity): upper and lower together a quarter.
        const LEAN: f32 = 3.0 * SIDE;
        for (side, lean) in [LEAN, -LEAN].into_iter().enumerate() {
            let Side { rear, near, far, delay } = &mut self.sides[side];
            let (mut signal, mut late) = ([0.0; QUANTUM], [0.0; QUANTUM]);
            for t in 0..QUANTUM {
                let both = w[t] + lean * y[t];
                signal[t] = 0.25 * (both + LEAN * x[t]) + rear.next(0.25 * (both - LEAN * x[t]));
            }
            delay.process(&signal, &mut late);
            let [left, right] = &mut out.channels;
            let (close, across) = if side == 0 { (left, right) } else { (right, left) };
            for t in 0..QUANTUM {
                close[t] += near.next(signal[t]);
                across[t] += far.next(late[t]);
            }
            for shelf in [rear, near, far] {
                shelf.state = denormal::flush(shelf.state);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "measurements may use the platform's functions")]
mod tests {
    use super::*;

    const RATE: f64 = 48_000.0;

    /// What both ears hear of one frame from a direction.
    fn impulse(azimuth_deg: f32, elevation_deg: f32) -> [Vec<f64>; 2] {
        let mut head = Head::new(&Spec { sample_rate_hz: RATE });
        let mut heard = [Vec::new(), Vec::new()];
        for quantum in 0..64 {
            let (mut field, mut out) = (Field::SILENCE, Stereo::SILENCE);
            if quantum == 0 {
                field.add_point(0, 1.0, Direction::new(azimuth_deg, elevation_deg).parts());
            }
            head.process_add(&field, &mut out);
            for (heard, channel) in heard.iter_mut().zip(&out.channels) {
                heard.extend(channel.iter().map(|&x| f64::from(x)));
            }
        }
        heard
    }

    /// Real and imaginary part of a response at a frequency.
    fn response(heard: &[f64], hz: f64) -> (f64, f64) {
        heard.iter().enumerate().fold((0.0, 0.0), |sum, (frame, &x)| {
            let angle = -std::f64::consts::TAU * hz * frame as f64 / RATE;
            (sum.0 + x * angle.cos(), sum.1 + x * angle.sin())
        })
    }

    fn times(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
        (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
    }

    /// One pole, one zero of the paper, at a frequency: (1 + j gain q) / (1 + j q).
    fn shelf(hz: f64, pole_hz: f64, gain: f64) -> (f64, f64) {
        // The bilinear transform bends frequencies: q as the digital filter sees it.
        let q = (std::f64::consts::PI * hz / RATE).tan() * RATE / (std::f64::consts::PI * pole_hz);
        let scale = 1.0 / (1.0 + q * q);
        ((1.0 + gain * q * q) * scale, (gain * q - q) * scale)
    }

    #[test]
    fn the_delay_between_the_ears_is_woodworths() {
        for lateral_deg in [0.0f32, 10.0, 35.0, 60.0, 90.0] {
            let angle = f64::from(lateral_deg).to_radians();
            let expected_s = f64::from(HEAD_RADIUS_M / SOUND_SPEED_M_S) * (angle + angle.sin());
            for azimuth_deg in [lateral_deg, 180.0 - lateral_deg] {
                let [left, right] = ears(Direction::new(azimuth_deg, 0.0));
                let off_s = f64::from(right.delay_s - left.delay_s) - expected_s;
                assert!(off_s.abs() < 1e-6, "{azimuth_deg}: {off_s} s off");
            }
        }
        let widest_s = f64::from(HEAD_RADIUS_M / SOUND_SPEED_M_S) * (std::f64::consts::FRAC_PI_2 + 1.0);
        assert!((widest_s - 656e-6).abs() < 1e-6);
    }

    #[test]
    fn the_shadow_is_that_of_the_paper() {
        // Gains of high frequencies by equation 4: 2 into the ear, 0.1 at 150 degrees from it.
        for (angle_deg, gain) in [(0.0f32, 2.0), (75.0, 1.05), (150.0, 0.1)] {
            let ear = Ear::at(angle_deg.to_radians().cos());
            assert!((ear.shadow - gain).abs() < 1e-3, "{angle_deg}: {ear:?}");
            assert!((ear.gain(1.0) - 1.0).abs() < 1e-3 && (ear.gain(1e6) - gain).abs() < 1e-2);
        }
        let levels = [500.0f32, 2000.0, 8000.0].map(|hz| {
            let [left, right] = ears(Direction::new(60.0, 0.0)).map(|ear| ear.gain(hz));
            20.0 * (left / right).log10()
        });
        assert!(levels[0] < 5.0 && levels[1] > levels[0] + 3.0 && levels[2] > 14.0, "{levels:?} dB");
    }

    #[test]
    fn loudspeakers_reach_the_ears_as_the_formulas_say() {
        let pole_hz = f64::from(2.0 * corner_hz());
        let (near, far) = (Ear::at(SIDE), Ear::at(-SIDE));
        let late_s = f64::from(far.delay_s - near.delay_s);
        for (azimuth_deg, elevation_deg) in [(0.0f32, 0.0f32), (40.0, 20.0), (135.0, 0.0), (-100.0, -45.0)] {
            let heard = impulse(azimuth_deg, elevation_deg);
            let Direction { x, y, .. } = Direction::new(azimuth_deg, elevation_deg);
            for hz in [150.0, 700.0, 2500.0, 6000.0] {
                let rear = shelf(hz, f64::from(REAR_CORNER_HZ), f64::from(REAR_GAIN));
                let side = |lean: f32| {
                    let (both, ahead) = (f64::from(1.0 + 3.0 * SIDE * lean), f64::from(3.0 * SIDE * x));
                    let (front, back) = (0.25 * (both + ahead), 0.25 * (both - ahead));
                    (front + back * rear.0, back * rear.1)
                };
                let angle = -std::f64::consts::TAU * hz * late_s;
                // Between frames the delay runs along a straight line.
                let whole = (late_s * RATE).floor();
                let part = late_s * RATE - whole;
                let step = -std::f64::consts::TAU * hz / RATE;
                let line = (1.0 - part + part * step.cos(), part * step.sin());
                let delay = times(((whole * step).cos(), (whole * step).sin()), line);
                assert!(
                    (delay.1.atan2(delay.0) - angle)
                        .rem_euclid(std::f64::consts::TAU)
                        .min((angle - delay.1.atan2(delay.0)).rem_euclid(std::f64::consts::TAU))
                        < 0.06
                );
                let close = shelf(hz, pole_hz, f64::from(near.shadow));
                let across = times(shelf(hz, pole_hz, f64::from(far.shadow)), delay);
                for (ear, lean) in [(0, y), (1, -y)] {
                    let (own, other) = (times(side(lean), close), times(side(-lean), across));
                    let expected = (own.0 + other.0, own.1 + other.1);
                    let found = response(&heard[ear], hz);
                    let off = (found.0 - expected.0).hypot(found.1 - expected.1);
                    assert!(off < 2e-3, "{azimuth_deg} {hz} Hz ear {ear}: {found:?} for {expected:?}");
                }
            }
        }
    }

    #[test]
    fn left_and_right_are_mirrors_and_behind_is_duller() {
        let (one, other) = (impulse(50.0, 30.0), impulse(-50.0, 30.0));
        for (a, b) in one[0].iter().zip(&other[1]).chain(one[1].iter().zip(&other[0])) {
            assert!((a - b).abs() < 1e-6);
        }
        let [front, behind] =
            [0.0, 180.0].map(|azimuth| response(&impulse(azimuth, 0.0)[0], 9000.0)).map(|(a, b)| a.hypot(b));
        assert!(20.0 * (front / behind).log10() > 3.0, "{front} {behind}");
        let low = response(&impulse(0.0, 0.0)[0], 60.0);
        assert!((low.0.hypot(low.1) - 1.0).abs() < 0.05, "lows come as loud as they are: {low:?}");
    }
}
