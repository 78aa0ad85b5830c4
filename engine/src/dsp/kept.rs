//! The last value of a function: asked again with the same argument it costs a comparison. Most of what a voice works
//! out per block stands still for most of a note: its height, what its velocity does, what the mood opens.
//! Source: own. In/out: one number each; the bits are those of the function.

/// A function's last argument and value. One for each function and place.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    argument: f32,
    value: f32,
}

impl Default for Kept {
    fn default() -> Kept {
        // Not-a-number equals nothing: the first time is worked out.
        Kept { argument: f32::NAN, value: f32::NAN }
    }
}

impl Kept {
    /// `function` of `argument`.
    #[inline(always)]
    pub fn of(&mut self, argument: f32, function: impl FnOnce(f32) -> f32) -> f32 {
        if argument != self.argument {
            *self = Kept { argument, value: function(argument) };
        }
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_works_out_what_is_new_and_keeps_what_is_not() {
        let (mut kept, mut worked_out) = (Kept::default(), 0);
        for argument in [0.0, 0.0, 2.0, 2.0, 2.0, 0.0, -1.0] {
            let value = kept.of(argument, |x| {
                worked_out += 1;
                3.0 * x
            });
            assert_eq!(value, 3.0 * argument);
        }
        assert_eq!(worked_out, 4);
    }
}
