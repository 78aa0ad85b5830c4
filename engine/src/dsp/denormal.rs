//! Keeps numbers too small to hear, and slow to compute with, out of everything that feeds back.
//! Source: own. A state below [`FLOOR`] becomes zero at the edge of a quantum; within 32 frames no filter here falls
//! from the floor to the subnormal range. No reliance on the processor's flush-to-zero mode, which hosts change.
//! In/out: filter and delay states. Cost: one comparison per state and quantum.

use super::real::Real;

/// -300 dB: 180 dB below anything heard, and still 24 decades above the subnormal range of `f32`.
pub const FLOOR: f32 = 1.0e-15;

/// Zero for anything smaller than [`FLOOR`] (also for not-a-number, which would otherwise stay for ever); in each lane.
#[inline(always)]
pub fn flush<R: Real>(state: R) -> R {
    state.floored(FLOOR)
}

/// [`flush`] over a set of states.
#[inline(always)]
pub fn flush_all(states: &mut [f32]) {
    for state in states {
        *state = flush(*state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_states_and_not_a_number_become_zero() {
        let mut states = [1.0, -1.0e-10, 1.0e-16, -1.0e-40, f32::NAN, 0.0];
        flush_all(&mut states);
        assert_eq!(states, [1.0, -1.0e-10, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn a_decaying_pole_never_holds_a_subnormal_state() {
        // The fastest pole that still rings: 0.5 per frame falls 193 dB in a quantum.
        for pole in [0.5f32, 0.9, 0.999] {
            let mut state = 1.0f32;
            for quantum in 0..20_000 {
                for _ in 0..crate::units::QUANTUM {
                    state *= pole;
                    assert!(state == 0.0 || state.is_normal(), "pole {pole}, quantum {quantum}");
                }
                state = flush(state);
            }
            assert_eq!(state, 0.0);
        }
    }
}
