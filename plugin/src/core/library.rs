//! Compiling a cue with what is built in, so that it always plays.
//! Source: DESIGN 3 "presets". In/out: documents in, plans out; never files of the user's machine.

use cuewright_engine::cue::{Cue, Palette, factory};
use cuewright_engine::plan::{Plan, PlanError};

/// Compiles a cue; one whose palette does not exist or cannot play is refused.
pub fn compile(cue: &Cue) -> Result<Plan, PlanError> {
    let palette =
        factory::palette(&cue.palette).ok_or_else(|| PlanError::UnknownPalette(cue.palette.clone()))?;
    Plan::new(cue, palette)
}

/// Compiles a cue; one whose palette cannot play gets another palette, one whose second palette cannot play goes without,
/// and either gets a word about it.
pub fn compile_always(cue: &Cue) -> (Plan, Option<String>) {
    let error = match compile(cue) {
        Ok(plan) => return (plan, None),
        Err(error) => error,
    };
    if !cue.morph_palette.is_empty() {
        let alone = Cue { morph_palette: String::new(), ..cue.clone() };
        let (plan, notice) = compile_always(&alone);
        return (plan, Some(notice.unwrap_or(format!("{error}; playing without morphing"))));
    }
    let silence = Palette::silence();
    let others = factory::palettes().iter().chain([&silence]);
    let (palette, plan) = others
        .filter_map(|palette| Some((palette, Plan::new(cue, palette).ok()?)))
        .next()
        .expect("a palette without stems names no instrument");
    (plan, Some(format!("{error}; playing \"{}\" instead", palette.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_palette_is_said_and_replaced() {
        let cue = Cue { palette: "of another age".into(), ..Cue::default() };
        assert_eq!(compile(&cue).err(), Some(PlanError::UnknownPalette("of another age".into())));
        let (plan, notice) = compile_always(&cue);
        assert_eq!(plan.tempo_bpm, cue.tempo_bpm);
        assert!(notice.is_some_and(|text| text.contains("of another age")));
        assert_eq!(compile_always(&Cue::default()).1, None);
        let cue = Cue { morph_palette: "of another age".into(), ..Cue::default() };
        let (plan, notice) = compile_always(&cue);
        assert!(plan.other.is_none() && notice.is_some_and(|text| text.contains("of another age")));
    }
}
