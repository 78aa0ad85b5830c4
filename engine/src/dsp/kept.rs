//! The last value of a function: asked again with the same argument it costs a comparison. Most of what a voice works
//! out per block stands still for most of a note: its height, what its velocity does, what the mood opens.
//! Source: own. In/out: a number each, or several; the bits are those of the function.

/// A function's last argument and value. One for each function and place.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kept<A = f32, V = f32> {
    argument: Option<A>,
    value: V,
}

impl<A: Copy + PartialEq, V: Copy> Kept<A, V> {
    /// `function` of `argument`.
    #[inline(always)]
    pub fn of(&mut self, argument: A, function: impl FnOnce(A) -> V) -> V {
        if !self.stands(&argument) {
            *self = Kept { argument: Some(argument), value: function(argument) };
        }
        self.value
    }

    /// Whether the value is that of `argument`.
    #[inline(always)]
    pub fn stands(&self, argument: &A) -> bool {
        self.argument.as_ref() == Some(argument)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_works_out_what_is_new_and_keeps_what_is_not() {
        let (mut kept, mut worked_out) = (Kept::<f32, f32>::default(), 0);
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
