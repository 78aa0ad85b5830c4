//! What comes with Cuewright: palettes, cues, motifs and moods, embedded from `presets/` when the engine is built.
//! Source: DESIGN 3 ("embedded by directory scan, no list to edit"). In/out: an id (the file's name) in, a document out.

use super::document::{Cue, Motif, MotifNote};
use super::limits::{CUE_LIMITS, Kind, Limit, PALETTE_LIMITS, find};
use super::mood::Mood;
use super::palette::{HallSettings, Palette};
use super::parse::{CueError, parse_palette, parse_toml, read};
use serde::Deserialize;
use std::sync::LazyLock;

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/presets.rs"));
}

/// Palette of a cue that names none.
pub const DEFAULT_PALETTE: &str = "orchestral";

/// A cue that comes with Cuewright.
#[derive(Clone, Debug, PartialEq)]
pub struct FactoryCue {
    /// The file's name without its ending.
    pub id: &'static str,
    /// The cue.
    pub cue: Cue,
    /// The file as it is written.
    pub text: &'static str,
}

/// A leitmotif that comes with Cuewright.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactoryMotif {
    /// The file's name without its ending.
    #[serde(skip)]
    pub id: String,
    /// Name shown to people.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// The notes.
    pub notes: Vec<MotifNote>,
    /// How many quarter notes of them are an upbeat.
    #[serde(default)]
    pub pickup_beats: f64,
}

impl FactoryMotif {
    /// As a cue has it.
    pub fn motif(&self) -> Motif {
        Motif { notes: self.notes.clone(), pickup_beats: self.pickup_beats }
    }
}

/// A mood that comes with Cuewright.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactoryMood {
    /// The file's name without its ending.
    #[serde(skip)]
    pub id: String,
    /// Name shown to people.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// The axes.
    pub mood: Mood,
}

/// A hall that comes with Cuewright.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactoryHall {
    /// The file's name without its ending.
    #[serde(skip)]
    pub id: String,
    /// Name shown to people.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// Where its figures come from.
    pub source: String,
    /// The settings.
    pub hall: HallSettings,
}

/// All halls, from the shortest to the longest.
pub fn halls() -> &'static [FactoryHall] {
    static HALLS: LazyLock<Vec<FactoryHall>> = LazyLock::new(|| {
        let mut halls: Vec<FactoryHall> =
            sound(embedded::HALLS, |_, text| read::<FactoryHall>(text, &hall_limits()))
                .into_iter()
                .map(|(id, hall)| FactoryHall { id: id.into(), ..hall })
                .collect();
        halls.sort_by(|a, b| a.hall.decay_s.total_cmp(&b.hall.decay_s));
        halls
    });
    &HALLS
}

/// A hall by id.
pub fn hall(id: &str) -> Option<&'static FactoryHall> {
    halls().iter().find(|hall| hall.id == id)
}

/// All palettes, the default first, then by id.
pub fn palettes() -> &'static [Palette] {
    static PALETTES: LazyLock<Vec<Palette>> = LazyLock::new(|| {
        let mut palettes: Vec<Palette> =
            sound(embedded::PALETTES, |_, text| parse_palette(text)).into_iter().map(|(_, p)| p).collect();
        palettes.sort_by_key(|palette| palette.id != DEFAULT_PALETTE);
        palettes
    });
    &PALETTES
}

/// A palette by id.
pub fn palette(id: &str) -> Option<&'static Palette> {
    palettes().iter().find(|palette| palette.id == id)
}

/// A palette by id, or the default: for a state whose palette this version does not have.
pub fn palette_or_default(id: &str) -> &'static Palette {
    palette(id).unwrap_or(&palettes()[0])
}

/// All cues by id.
pub fn cues() -> &'static [FactoryCue] {
    static CUES: LazyLock<Vec<FactoryCue>> = LazyLock::new(|| {
        let read = |id, text| parse_toml(text).map(|cue| FactoryCue { id, cue, text });
        sound(embedded::CUES, read).into_iter().map(|(_, cue)| cue).collect()
    });
    &CUES
}

/// A cue by id.
pub fn cue(id: &str) -> Option<&'static FactoryCue> {
    cues().iter().find(|cue| cue.id == id)
}

/// A motif by id.
pub fn motif(id: &str) -> Option<&'static FactoryMotif> {
    motifs().iter().find(|motif| motif.id == id)
}

/// All motifs by id.
pub fn motifs() -> &'static [FactoryMotif] {
    static MOTIFS: LazyLock<Vec<FactoryMotif>> = LazyLock::new(|| {
        sound(embedded::MOTIFS, |_, text| read::<FactoryMotif>(text, &motif_limits()))
            .into_iter()
            .map(|(id, motif)| FactoryMotif { id: id.into(), ..motif })
            .collect()
    });
    &MOTIFS
}

/// All moods by id.
pub fn moods() -> &'static [FactoryMood] {
    static MOODS: LazyLock<Vec<FactoryMood>> = LazyLock::new(|| {
        sound(embedded::MOODS, |_, text| read::<FactoryMood>(text, &mood_limits()))
            .into_iter()
            .map(|(id, mood)| FactoryMood { id: id.into(), ..mood })
            .collect()
    });
    &MOODS
}

type Files = &'static [(&'static str, &'static str)];

/// The files that can be read. A test holds that this is all of them; a broken one must not take a session with it.
fn sound<T>(
    files: Files,
    read: impl Fn(&'static str, &'static str) -> Result<T, CueError>,
) -> Vec<(&'static str, T)> {
    files.iter().filter_map(|&(id, text)| Some((id, read(id, text).ok()?))).collect()
}

const fn word(path: &'static str, max: usize, doc: &'static str) -> Limit {
    Limit { path, kind: Kind::Text { max }, unit: "", required: true, doc }
}

const NAME: Limit = word("name", 40, "Name shown to people.");
const DESCRIPTION: Limit = word("description", 200, "One sentence.");

fn mood_limits() -> Vec<Limit> {
    let axes = CUE_LIMITS.iter().filter(|limit| limit.path == "mood" || limit.path.starts_with("mood."));
    [NAME, DESCRIPTION].into_iter().chain(axes.copied()).collect()
}

fn hall_limits() -> Vec<Limit> {
    const SOURCE: Limit = word("source", 200, "Where its figures come from.");
    let rows = PALETTE_LIMITS.iter().filter(|limit| limit.path == "hall" || limit.path.starts_with("hall."));
    let own = rows.map(|limit| match limit.path {
        // Here a name would be a hall that is another hall.
        "hall" => Limit { kind: Kind::Table, ..*limit },
        _ => *limit,
    });
    [NAME, DESCRIPTION, SOURCE].into_iter().chain(own).collect()
}

fn motif_limits() -> Vec<Limit> {
    const ROWS: [(&str, &str); 8] = [
        ("notes", "motif.notes"),
        ("notes[]", "motif.notes[]"),
        ("notes[].degree", "motif.notes[].degree"),
        ("notes[].alter", "motif.notes[].alter"),
        ("notes[].beats", "motif.notes[].beats"),
        ("notes[].accent", "motif.notes[].accent"),
        ("notes[].rest", "motif.notes[].rest"),
        ("pickup_beats", "motif.pickup_beats"),
    ];
    let notes =
        ROWS.iter().filter_map(|&(path, cue_path)| Some(Limit { path, ..*find(&CUE_LIMITS, cue_path)? }));
    [NAME, DESCRIPTION].into_iter().chain(notes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cue::{HallChoice, to_toml};
    use crate::fx::scenes::SCENES;
    use crate::instrument::INSTRUMENTS;
    use crate::plan::{Plan, Stage};

    fn assert_names(files: Files) {
        for (id, _) in files {
            assert!(id.len() <= 12 && id.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{id}");
        }
    }

    #[test]
    fn every_palette_file_is_a_palette_of_its_name() {
        assert_names(embedded::PALETTES);
        for (id, text) in embedded::PALETTES {
            let palette = parse_palette(text).unwrap_or_else(|error| panic!("palettes/{id}.toml: {error}"));
            assert_eq!(palette.id, *id);
        }
        assert!(palettes().len() >= 10);
        assert_eq!(palettes()[0].id, DEFAULT_PALETTE);
    }

    #[test]
    fn every_palette_gives_every_music_stem_its_own_sound() {
        for palette in palettes() {
            assert_eq!(palette.stems.len(), crate::stem::HALL_LANES, "{}", palette.id);
            for other in palettes().iter().filter(|other| other.id != palette.id) {
                let same =
                    palette.stems.iter().filter(|(id, stem)| other.stems[*id].parts == stem.parts).count();
                assert!(same <= 4, "{} and {} share the players of {same} stems", palette.id, other.id);
            }
        }
    }

    #[test]
    fn every_instrument_has_a_seat() {
        let stages: Vec<Stage> = palettes().iter().map(|palette| Stage::new(palette).unwrap()).collect();
        let seats: Vec<usize> =
            stages.iter().flat_map(|stage| &stage.stems).flat_map(|stem| stem.parts).flatten().collect();
        for (row, instrument) in INSTRUMENTS.iter().enumerate() {
            assert!(seats.contains(&row), "{} stands in no palette", instrument.id);
        }
    }

    #[test]
    fn every_scene_is_heard_in_a_palette_or_a_cue() {
        let of_palettes = palettes().iter().map(|palette| palette.ambience.scene.as_str());
        let heard: Vec<&str> =
            of_palettes.chain(cues().iter().filter_map(|row| row.cue.scene.as_deref())).collect();
        for scene in SCENES {
            assert!(heard.contains(&scene.id), "{} is heard nowhere", scene.id);
        }
    }

    #[test]
    fn palettes_sit_where_their_names_say() {
        let distances = |id: &str| {
            let stage = Stage::new(palette(id).unwrap()).unwrap();
            stage.distances_toward(&stage, 0.0)
        };
        let [low, _, strings, _, lead, power, perc, _] = distances("orchestral");
        assert!(
            lead < strings && strings < low && low < power && power < perc,
            "an orchestra, front to back"
        );
        for near in ["intimate", "pluck", "folk", "heist"] {
            let pairs = distances(near).into_iter().zip(distances("orchestral"));
            assert!(pairs.clone().all(|(near, usual)| near < usual), "{near} sits closer: {pairs:?}");
        }
        for far in ["horror", "drift", "wonder"] {
            let mean = |id: &str| distances(id).into_iter().map(crate::dsp::math::log2).sum::<f32>();
            assert!(mean(far) > mean("orchestral"), "{far} sits farther away");
        }
    }

    #[test]
    fn every_cue_file_loads_round_trips_and_compiles() {
        assert_names(embedded::CUES);
        for (id, text) in embedded::CUES {
            let cue = parse_toml(text).unwrap_or_else(|error| panic!("cues/{id}.toml: {error}"));
            assert_eq!(parse_toml(&to_toml(&cue).unwrap()).unwrap(), cue, "{id}");
            Plan::new(&cue, palette(&cue.palette).unwrap()).unwrap_or_else(|error| panic!("{id}: {error}"));
        }
        assert!(cues().len() >= 8);
        let meters: std::collections::BTreeSet<(u8, u8)> = cues()
            .iter()
            .flat_map(|cue| cue.cue.meters.iter().map(|m| (m.numerator, m.denominator)))
            .chain([(4, 4)])
            .collect();
        for meter in [(4, 4), (3, 4), (6, 8), (5, 4), (7, 8)] {
            assert!(meters.contains(&meter), "no factory cue in {meter:?}");
        }
    }

    #[test]
    fn every_hall_file_loads() {
        assert_names(embedded::HALLS);
        for (id, text) in embedded::HALLS {
            read::<FactoryHall>(text, &hall_limits()).unwrap_or_else(|e| panic!("halls/{id}.toml: {e}"));
        }
        assert!(halls().len() >= 9 && halls().len() == embedded::HALLS.len());
        let mut cue = Cue { hall: Some(HallChoice::Named("radio".into())), ..Cue::default() };
        let plan = Plan::new(&cue, palette_or_default("")).unwrap();
        assert_eq!(Some(plan.stage.hall), hall("radio").map(|hall| hall.hall));
        // A name of a newer version: the palette's own.
        cue.hall = Some(HallChoice::Named("moon".into()));
        assert_eq!(Plan::new(&cue, palette_or_default("")).unwrap().stage.hall, palette_or_default("").hall);
    }

    #[test]
    fn every_motif_and_mood_file_loads() {
        assert_names(embedded::MOTIFS);
        assert_names(embedded::MOODS);
        for (id, text) in embedded::MOTIFS {
            read::<FactoryMotif>(text, &motif_limits()).unwrap_or_else(|e| panic!("motifs/{id}.toml: {e}"));
        }
        for (id, text) in embedded::MOODS {
            read::<FactoryMood>(text, &mood_limits()).unwrap_or_else(|e| panic!("moods/{id}.toml: {e}"));
        }
        assert_eq!((motifs().len(), moods().len()), (embedded::MOTIFS.len(), embedded::MOODS.len()));
        assert!(motifs().len() >= 4 && moods().len() >= 6);
    }
}
