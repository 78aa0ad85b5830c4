//! The plan: a cue compiled off the audio thread into tables the audio thread can read.
//! Source: DESIGN 2, 4. In/out: a valid cue and its palette in, a self-contained value out.

use crate::compose::{Course, Prepared};
use crate::cue::{Cue, CueEnding, HallChoice, HallSettings, Hit, Inserts, Lane, Mood, Palette, factory};
use crate::dsp::math;
use crate::fx::scenes;
use crate::instrument;
use crate::params::{self, PARAMS, Param, Values};
use crate::stem::{HALL_LANES, PARTS_PER_STEM, STEM_COUNT, STEMS, Stem};
use crate::time::{BarGrid, Meter};

/// Why a cue cannot be compiled.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The cue names a palette nobody has.
    #[error("palette: there is no palette \"{0}\" (see `cuewright list palettes`)")]
    UnknownPalette(String),
    /// A palette names an instrument nobody has.
    #[error(
        "palette \"{palette}\", stem \"{stem}\": there is no instrument \"{instrument}\" (see `cuewright list instruments`)"
    )]
    UnknownInstrument {
        /// Palette id.
        palette: String,
        /// Stem id.
        stem: String,
        /// What it asked for.
        instrument: String,
    },
    /// A palette names an ambience nobody has.
    #[error("palette \"{palette}\", ambience: there is no scene \"{scene}\"")]
    UnknownScene {
        /// Palette id.
        palette: String,
        /// What it asked for.
        scene: String,
    },
}

/// How one stem is played and mixed.
#[derive(Clone, Debug, PartialEq)]
pub struct StemPlan {
    /// Row in the instrument table per part; `None` plays nothing.
    pub parts: [Option<usize>; PARTS_PER_STEM],
    /// Gain before the hall.
    pub gain: f32,
    /// Gain of the send to the hall.
    pub send: f32,
    /// -1..1.
    pub pan: f32,
    /// 0..2.
    pub width: f32,
    /// How far away it sits, m.
    pub distance_m: f32,
    /// What stands between the instruments and the strip.
    pub inserts: Inserts,
}

impl StemPlan {
    /// The mix a part `morph` (0..1) of the way to another: levels in dB, the rest in straight lines; exact at the ends.
    /// Instruments and inserts are not mixed here.
    pub fn mix_toward(&self, other: &StemPlan, morph: f32) -> [f32; 4] {
        [
            in_decibels(self.gain, other.gain, morph),
            in_decibels(self.send, other.send, morph),
            straight(self.pan, other.pan, morph),
            straight(self.width, other.width, morph),
        ]
    }

    /// Gain, send, pan and width.
    pub fn mix(&self) -> [f32; 4] {
        [self.gain, self.send, self.pan, self.width]
    }
}

/// Exactly `from` at 0 and `to` at 1.
fn straight(from: f32, to: f32, morph: f32) -> f32 {
    from * (1.0 - morph) + to * morph
}

/// As [`straight`], in decibels; silence counts as -120 dB on the way.
fn in_decibels(from: f32, to: f32, morph: f32) -> f32 {
    if morph <= 0.0 {
        return from;
    }
    if morph >= 1.0 {
        return to;
    }
    let level = |gain: f32| math::log2(gain.max(1.0e-6));
    math::exp2(straight(level(from), level(to), morph))
}

/// A limit of a band on the way to another, in octaves; `open` stands for none.
fn limit(from: Option<f32>, to: Option<f32>, open: f32, morph: f32) -> Option<f32> {
    match (from, to) {
        (None, None) => None,
        _ if morph <= 0.0 => from,
        _ if morph >= 1.0 => to,
        _ => Some(in_decibels(from.unwrap_or(open), to.unwrap_or(open), morph)),
    }
}

/// One palette, compiled: who plays, how it is mixed, in which space.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Instruments and mix per stem.
    pub stems: [StemPlan; STEM_COUNT],
    /// The space.
    pub hall: HallSettings,
    /// The ninth stem.
    pub ambience: AmbiencePlan,
}

impl Stage {
    /// Compiles a palette.
    pub fn new(palette: &Palette) -> Result<Stage, PlanError> {
        Ok(Stage { stems: stems_of(palette)?, hall: palette.hall, ambience: ambience_of(palette)? })
    }

    /// How far away the music stems sit, m, a part `morph` (0..1) of the way to another stage's seats; exact at the ends.
    pub fn distances_toward(&self, other: &Stage, morph: f32) -> [f32; HALL_LANES] {
        let seats = |stage: &Stage, stem: usize| stage.stems[stem].distance_m;
        std::array::from_fn(|stem| in_decibels(seats(self, stem), seats(other, stem), morph))
    }

    /// The space a part `morph` (0..1) of the way to another stage's; exact at the ends.
    pub fn hall_toward(&self, other: &Stage, morph: f32) -> HallSettings {
        let (a, b) = (&self.hall, &other.hall);
        HallSettings {
            size: straight(a.size, b.size, morph),
            decay_s: straight(a.decay_s, b.decay_s, morph),
            brightness: straight(a.brightness, b.brightness, morph),
            predelay_ms: straight(a.predelay_ms, b.predelay_ms, morph),
            early_db: straight(a.early_db, b.early_db, morph),
            late_db: straight(a.late_db, b.late_db, morph),
            low_hz: limit(a.low_hz, b.low_hz, 10.0, morph),
            high_hz: limit(a.high_hz, b.high_hz, 20_000.0, morph),
        }
    }

    /// True when both can be played by the same running instruments and inserts.
    pub fn same_orchestra(&self, other: &Stage) -> bool {
        self.stems.iter().zip(&other.stems).all(|(a, b)| a.parts == b.parts && a.inserts == b.inserts)
    }
}

/// What the ninth stem plays; its gain is the stem's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AmbiencePlan {
    /// Row in the table of scenes.
    pub scene: Option<usize>,
    /// 0 still .. 1 stormy.
    pub intensity: f32,
    /// 0 near .. 1 far.
    pub distance: f32,
}

/// A compiled cue.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed of every choice, with the score's take mixed in.
    pub seed: u64,
    /// The seed per stem, with the stem's take mixed in.
    pub stem_seeds: [u64; STEM_COUNT],
    /// Pitch class of the tonic the cue asks for.
    pub tonic: Option<u8>,
    /// Tempo where no host gives one.
    pub tempo_bpm: f64,
    /// Length the cue asks for, bars.
    pub length_bars: u32,
    /// What comes after its last bar.
    pub ending: CueEnding,
    /// The cue's own meters.
    pub grid: BarGrid,
    /// The mood lane.
    pub lane: Lane,
    /// Hits in order of place; `bar` counts from 1 as in the document.
    pub hits: Vec<Hit>,
    /// Parameter values the cue starts from, the mood axes among them.
    pub values: Values,
    /// The composer's own tables.
    pub prepared: Prepared,
    /// The palette.
    pub stage: Stage,
    /// The palette `morph` leads to, where the cue names one.
    pub other: Option<Stage>,
}

impl Plan {
    /// Compiles a cue that has passed validation with its palette; the one it morphs to is a factory palette by id.
    /// Heavy (milliseconds); never on the audio thread.
    pub fn new(cue: &Cue, palette: &Palette) -> Result<Plan, PlanError> {
        let seed = crate::random::mix64(cue.seed ^ (u64::from(cue.takes.score) << 40));
        let other = match cue.morph_palette.as_str() {
            "" => None,
            id => {
                let unknown = || PlanError::UnknownPalette(id.into());
                Some(Stage::new(factory::palette(id).ok_or_else(unknown)?)?)
            }
        };
        let (mut stage, mut other) = (Stage::new(palette)?, other);
        let hall = cue.hall.as_ref().and_then(HallChoice::settings);
        let scene = cue.scene.as_deref().and_then(scenes::find);
        // The cue's own space, and what is heard around it, are those of both palettes.
        for stage in other.iter_mut().chain([&mut stage]) {
            stage.hall = hall.unwrap_or(stage.hall);
            stage.ambience.scene = scene.or(stage.ambience.scene);
        }
        let mut hits = cue.hits.clone();
        hits.sort_by(|a, b| a.bar.total_cmp(&b.bar));
        Ok(Plan {
            seed,
            stem_seeds: std::array::from_fn(|i| {
                crate::random::mix64(seed ^ ((i as u64 + 1) << 32) ^ u64::from(cue.takes.stems[i]))
            }),
            tonic: parse_key(&cue.key),
            tempo_bpm: cue.tempo_bpm,
            length_bars: cue.length_bars,
            ending: cue.ending,
            grid: grid_of(cue),
            lane: Lane::new(cue.mood, &cue.lane),
            hits,
            values: values_of(cue),
            prepared: Prepared::new(cue),
            stage,
            other,
        })
    }

    /// The mood at a bar position (from 0, fractional) when the axes stand at `values`: the lane, moved by how far
    /// each axis was turned away from the cue's mood at rest. Without a lane this is just the axes.
    pub fn mood_at(&self, bar: f64, values: &Values) -> Mood {
        let again = self.ending == CueEnding::Loop && bar >= 0.0;
        let bar = if again { bar % f64::from(self.length_bars) } else { bar };
        let (lane, rest) = (self.lane.at(bar).to_array(), self.lane.rest().to_array());
        Mood::from_array(std::array::from_fn(|i| {
            lane[i] + (values.at(Param::Valence as usize + i) - rest[i])
        }))
    }

    /// The hits in a bar of the cue (from 0), each with the share of the bar before it, 0..1.
    pub fn hits_in(&self, number: i64) -> impl Iterator<Item = (f64, &Hit)> {
        let along = move |hit: &Hit| hit.bar - 1.0 - number as f64;
        self.hits.iter().map(move |hit| (along(hit), hit)).filter(|(along, _)| (0.0..1.0).contains(along))
    }

    /// Where each bar of the timeline stands in the cue.
    pub(crate) fn course(&self) -> Course {
        Course::new(self.seed, self.length_bars, self.ending)
    }

    /// True when two plans can share their running instruments.
    pub fn same_orchestra(&self, other: &Plan) -> bool {
        let others = match (&self.other, &other.other) {
            (None, None) => true,
            (Some(a), Some(b)) => a.same_orchestra(b),
            _ => false,
        };
        others && self.stage.same_orchestra(&other.stage)
    }
}

/// Parameter values a cue starts from, the mood axes among them; known without compiling it.
pub fn values_of(cue: &Cue) -> Values {
    let mut values = Values::default();
    for (index, level) in cue.mood.to_array().into_iter().enumerate() {
        values.set(Param::Valence as usize + index, level as f64);
    }
    for (id, &level) in &cue.params {
        if let Some(row) = params::by_id(id) {
            values.set(row.index, level as f64);
        }
    }
    debug_assert_eq!(PARAMS[Param::Darkness as usize].id, "darkness");
    values
}

/// Pitch class of a note name; `None` for an empty or unknown one.
pub fn parse_key(name: &str) -> Option<u8> {
    let mut letters = name.trim().chars();
    let natural = match letters.next()?.to_ascii_uppercase() {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let mut pitch: i32 = natural;
    for mark in letters {
        pitch += match mark {
            '#' | '♯' => 1,
            'b' | '♭' => -1,
            _ => return None,
        };
    }
    Some(pitch.rem_euclid(12) as u8)
}

fn grid_of(cue: &Cue) -> BarGrid {
    let mut changes = cue.meters.clone();
    changes.sort_by_key(|change| change.bar);
    let mut grid = BarGrid::default();
    for change in &changes {
        if let Some(meter) = Meter::new(change.numerator, change.denominator, &change.groups) {
            let start = grid.bar(i64::from(change.bar) - 1).start;
            grid.set_meter(start, meter);
        }
    }
    match cue.ending {
        CueEnding::Close => grid,
        CueEnding::Loop => grid.looping(i64::from(cue.length_bars)),
    }
}

fn stems_of(palette: &Palette) -> Result<[StemPlan; STEM_COUNT], PlanError> {
    let silent = StemPlan {
        parts: [None; PARTS_PER_STEM],
        gain: 1.0,
        send: 0.0,
        pan: 0.0,
        width: 1.0,
        distance_m: 1.0,
        inserts: Inserts::default(),
    };
    let mut stems: [StemPlan; STEM_COUNT] = std::array::from_fn(|_| silent.clone());
    for (row, plan) in STEMS.iter().zip(&mut stems) {
        let Some(settings) = palette.stems.get(row.id) else { continue };
        let mut last = None;
        for (part, slot) in plan.parts.iter_mut().enumerate() {
            if let Some(id) = settings.parts.get(part) {
                last = Some(instrument::find(id).ok_or_else(|| PlanError::UnknownInstrument {
                    palette: palette.id.clone(),
                    stem: row.id.into(),
                    instrument: id.clone(),
                })?);
            }
            if !row.parts[part].is_empty() {
                *slot = last;
            }
        }
        plan.gain = crate::units::db_to_gain(settings.gain_db);
        let seat = &row.seat;
        plan.send = crate::units::db_to_gain(settings.send_db.unwrap_or(seat.send_db));
        plan.pan = settings.pan.unwrap_or(seat.pan);
        plan.width = settings.width.unwrap_or(seat.width);
        plan.distance_m = settings.distance_m.unwrap_or(seat.distance_m);
        plan.inserts = settings.inserts.clone();
    }
    stems[Stem::Ambience.index()].gain = crate::units::db_to_gain(palette.ambience.gain_db);
    Ok(stems)
}

fn ambience_of(palette: &Palette) -> Result<AmbiencePlan, PlanError> {
    let scene = scenes::find(&palette.ambience.scene).ok_or_else(|| PlanError::UnknownScene {
        palette: palette.id.clone(),
        scene: palette.ambience.scene.clone(),
    })?;
    let (intensity, distance) = (palette.ambience.intensity, palette.ambience.distance);
    Ok(AmbiencePlan { scene: Some(scene), intensity, distance })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cue_s_own_scene_is_heard_in_both_palettes_and_an_unknown_one_in_none() {
        let palette = factory::palette("noir").unwrap();
        let mut cue = Cue { morph_palette: "folk".into(), scene: Some("rain".into()), ..Cue::default() };
        let scenes_of = |cue: &Cue| {
            let plan = Plan::new(cue, palette).unwrap();
            [plan.stage.ambience, plan.other.unwrap().ambience].map(|ambience| ambience.scene)
        };
        assert_eq!(scenes_of(&cue), [scenes::find("rain"); 2]);
        cue.scene = Some("snow".into());
        assert_eq!(scenes_of(&cue), ["city", "forest"].map(scenes::find));
    }

    #[test]
    fn keys_are_read_as_musicians_write_them() {
        for (name, pitch) in
            [("C", Some(0)), ("F#", Some(6)), ("Bb", Some(10)), ("cb", Some(11)), ("", None), ("H", None)]
        {
            assert_eq!(parse_key(name), pitch, "{name}");
        }
    }
}
