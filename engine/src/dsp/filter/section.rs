//! The one recursion of all filters here: two states, s' = A s + b x, and a mix of input, band and low.
//! Source: Simper, "Linear Trapezoidal Integrated State Variable Filter" (Cytomic 2013), its means of states written out.
//! In/out: one channel, or as many as a vector has lanes. Cost: seven multiplications; from state to state one product
//! and two sums.

use super::Response;
use crate::dsp::math;
use crate::dsp::real::Real;
use crate::units::QUANTUM;

/// What a section computes with.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Coefficients {
    /// a11, a12 (also -a21 and b1) and b2 (also 1 - a22); the last is nought.
    pub recursion: [f32; 4],
    /// Gains of the input and of the two states' means; the last is nought.
    pub mix: [f32; 4],
}

impl Coefficients {
    /// A section that keeps its state and says nothing.
    pub const HOLD: Coefficients = Coefficients { recursion: [1.0, 0.0, 0.0, 0.0], mix: [0.0; 4] };
}

/// What coefficients are worked out from. All but the cutoff stands still for most of a note, and from here on voices are
/// worked out side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Prototype {
    /// Cutoff in cycles per frame, the factor of its tangent, the damping; the last is nought.
    pub aim: [f32; 4],
    /// As [`Coefficients::mix`].
    pub mix: [f32; 4],
}

impl Prototype {
    /// That of a response.
    pub fn new(response: Response, cycles: f32, q: f32) -> Prototype {
        let k = 1.0 / q.clamp(0.1, 100.0);
        let of = |factor: f32, k: f32, [input, band, low]: [f32; 3]| Prototype {
            aim: [cycles, factor, k, 0.0],
            // Band and low are the means of the states before and after: half goes into the mix.
            mix: [input, 0.5 * band, 0.5 * low, 0.0],
        };
        match response {
            Response::Low => of(1.0, k, [0.0, 0.0, 1.0]),
            Response::Ledge(gain) => {
                let root = gain.sqrt();
                of(1.0, k, [gain, k * (root - gain), 1.0 - gain])
            }
            Response::High => of(1.0, k, [1.0, -k, -1.0]),
            Response::Band => of(1.0, k, [0.0, k, 0.0]),
            Response::Bell(gain_db) => {
                let a = crate::units::db_to_gain(0.5 * gain_db);
                of(1.0, k / a, [1.0, k / a * (a * a - 1.0), 0.0])
            }
            Response::LowShelf(gain_db) => {
                let a = crate::units::db_to_gain(0.5 * gain_db);
                of(1.0 / a.sqrt(), k, [1.0, k * (a - 1.0), a * a - 1.0])
            }
            Response::HighShelf(gain_db) => {
                let a = crate::units::db_to_gain(0.5 * gain_db);
                of(a.sqrt(), k, [a * a, k * (1.0 - a) * a, 1.0 - a * a])
            }
        }
    }

    /// Its coefficients.
    pub fn coefficients(&self) -> Coefficients {
        let [cycles, factor, k, _] = self.aim;
        let [a11, a12, b2] = recursion(warped(cycles, factor), k);
        Coefficients { recursion: [a11, a12, b2, 0.0], mix: self.mix }
    }
}

/// Gain of the integrators for a cutoff in cycles per frame.
#[inline(always)]
pub fn warped<V: Real>(cycles: V, factor: V) -> V {
    math::tan_half_cycles(cycles) * factor
}

/// The recursion of gain `g` and damping `k`.
#[inline(always)]
pub fn recursion<V: Real>(g: V, k: V) -> [V; 3] {
    let (one, two) = (g.constant(1.0), g.constant(2.0));
    let a1 = one / (one + g * (g + k));
    let (a2, a3) = (g * a1, g * g * a1);
    [two * a1 - one, two * a2, two * a3]
}

/// A section at work, in one number or in lanes. Neither closures nor array adapters here: what the compiler does not
/// inline would lose the instructions of the level.
#[derive(Clone, Copy)]
pub struct Section<V> {
    pub(super) recursion: [V; 3],
    mix: [V; 3],
}

impl<V: Copy> Section<V> {
    /// Each coefficient with its counterpart of another section.
    #[inline(always)]
    pub fn with<W>(&self, other: &Section<V>, f: impl Fn(V, V) -> W) -> Section<W> {
        let ([a, b, c], [x, y, z]) = (self.recursion, self.mix);
        let ([e, g, h], [u, v, w]) = (other.recursion, other.mix);
        Section { recursion: [f(a, e), f(b, g), f(c, h)], mix: [f(x, u), f(y, v), f(z, w)] }
    }
}

impl<V: Real> Section<V> {
    /// A section of [`Coefficients`], each as wide as a `V`.
    #[inline(always)]
    pub fn new(recursion: [V; 3], mix: [V; 4]) -> Section<V> {
        Section { recursion, mix: [mix[0], mix[1], mix[2]] }
    }

    /// The same coefficients in all lanes of `like`.
    #[inline(always)]
    pub fn constant(like: V, coefficients: &Coefficients) -> Section<V> {
        let ([a, b, c, _], [x, y, z, _]) = (coefficients.recursion, coefficients.mix);
        Section {
            recursion: [like.constant(a), like.constant(b), like.constant(c)],
            mix: [like.constant(x), like.constant(y), like.constant(z)],
        }
    }

    /// Rise per frame to another section within a block.
    #[inline(always)]
    pub fn rise_to(&self, target: &Section<V>) -> Section<V> {
        self.with(target, rise::<V>)
    }

    /// Moves on by a frame.
    #[inline(always)]
    pub fn advance(&mut self, rise: &Section<V>) {
        *self = self.with(rise, V::add);
    }

    /// [`Section::advance`] of a section whose mix stands.
    #[inline(always)]
    pub fn advance_recursion(&mut self, rise: &Section<V>) {
        let ([a, b, c], [e, g, h]) = (self.recursion, rise.recursion);
        self.recursion = [a + e, b + g, c + h];
    }

    /// [`Section::advance`] of a section of which [`Section::next_low`] alone is asked.
    #[inline(always)]
    pub fn advance_low(&mut self, rise: &Section<V>) {
        self.advance_recursion(rise);
        self.mix[2] = self.mix[2] + rise.mix[2];
    }

    /// One frame of any response.
    #[inline(always)]
    pub fn next(&self, x: V, state: &mut [V; 2]) -> V {
        let [s1, s2] = *state;
        let [n1, n2] = self.walk(x, state);
        self.mix[0] * x + self.mix[1] * (s1 + n1) + self.mix[2] * (s2 + n2)
    }

    /// One frame of a low-pass, which mixes the second state alone.
    #[inline(always)]
    pub fn next_low(&self, x: V, state: &mut [V; 2]) -> V {
        let [_, s2] = *state;
        let [_, n2] = self.walk(x, state);
        self.mix[2] * (s2 + n2)
    }

    #[inline(always)]
    fn walk(&self, x: V, state: &mut [V; 2]) -> [V; 2] {
        let [a11, a12, b2] = self.recursion;
        let [s1, s2] = *state;
        let apart = x - s2;
        let n1 = a11 * s1 + a12 * apart;
        let n2 = (s2 + a12 * s1) + b2 * apart;
        *state = [n1, n2];
        *state
    }
}

#[inline(always)]
fn rise<V: Real>(now: V, target: V) -> V {
    (target - now) * now.constant(1.0 / QUANTUM as f32)
}
