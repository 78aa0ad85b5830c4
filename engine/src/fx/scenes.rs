//! The scenes of the ambience stem, as data: layers of moving noise, hums and calls.
//! Source: MUSIC 8 #23 (Farnell, "Designing Sound", 2010), levels and rates by taste within it.
//! In/out: one table; a new scene is one row.

use crate::dsp::filter::Response;

/// How the level of a layer moves with the place in the song.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Motion {
    /// Random and smooth: so many dB up and down, so many turns per second.
    Wander(f32, f32),
    /// Waves or passing things.
    Waves(Waves),
}

/// One event about every `every_s`: a rise, a fall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waves {
    /// Mean distance, s.
    pub every_s: f32,
    /// How far an event strays from its place, parts of `every_s`.
    pub stray: f32,
    /// Part of the events that happen at intensity 0.5.
    pub chance: f32,
    /// Rise and fall, s.
    pub rise_s: f32,
    /// Fall, s.
    pub fall_s: f32,
    /// How much later this layer has it than the others of the scene, s.
    pub late_s: f32,
    /// Which events: layers with one number share them.
    pub stream: i64,
}

/// Where a layer comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bearing {
    /// 0 ahead, 90 left.
    pub azimuth_deg: f32,
    /// 90 above.
    pub elevation_deg: f32,
    /// 0 a point .. 1 from everywhere alike.
    pub spread: f32,
    /// How far the azimuth roams, degrees, and how fast, turns per second.
    pub roam: (f32, f32),
}

/// Noise through a filter that wanders.
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    /// What the filter does.
    pub response: Response,
    /// Its frequency at rest.
    pub hz: f32,
    /// Its sharpness.
    pub q: f32,
    /// Level at intensity 0.5, dB; white noise at 0 dB before the filter.
    pub gain_db: f32,
    /// 0 both sides alike .. 1 both sides apart.
    pub width: f32,
    /// Where it comes from in a field; the stereo knows only its width.
    pub bearing: Bearing,
    /// How far the frequency wanders, octaves, and how fast, turns per second.
    pub wander: (f32, f32),
    /// How the level moves.
    pub motion: Motion,
    /// Change of level and of frequency from intensity 0 to 1: dB, octaves.
    pub storm: (f32, f32),
    /// Grains per second at intensity 0 and 1 (straight in octaves between); 0 is steady noise.
    pub grains_hz: (f32, f32),
}

/// A steady tone.
#[derive(Clone, Copy, Debug)]
pub struct Hum {
    /// Frequency.
    pub hz: f32,
    /// Level, dB.
    pub gain_db: f32,
    /// -1..1.
    pub pan: f32,
}

/// Short tonal phrases: birds, insects, drips.
#[derive(Clone, Copy, Debug)]
pub struct Calls {
    /// Distance of possible calls, s.
    pub every_s: f32,
    /// Part of them that happens at intensity 0 and 1.
    pub chance: (f32, f32),
    /// Syllables of a call, at least and at most.
    pub syllables: (u32, u32),
    /// Length of a syllable and distance of syllables, s.
    pub syllable_s: (f32, f32),
    /// Lowest and highest pitch, Hz, and how far a syllable slides, octaves.
    pub hz: (f32, f32),
    /// Slide, octaves.
    pub slide: f32,
    /// Level, dB.
    pub gain_db: f32,
    /// How high callers are, lowest and highest, degrees.
    pub elevation_deg: (f32, f32),
    /// How fast a caller moves around at most, degrees per second.
    pub flight_deg_s: f32,
}

/// One scene.
pub struct SceneRow {
    /// Identifier in palettes; never renamed.
    pub id: &'static str,
    /// Name shown to people.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// Noise, at most [`MAX_LAYERS`].
    pub layers: &'static [Layer],
    /// Tones.
    pub hums: &'static [Hum],
    /// Calls.
    pub calls: &'static [Calls],
}

/// Most layers of a scene.
pub const MAX_LAYERS: usize = 5;

/// From everywhere alike.
const AROUND: Bearing = Bearing { azimuth_deg: 0.0, elevation_deg: 0.0, spread: 1.0, roam: (0.0, 0.0) };

/// From a side, more or less; taste, after where such things are.
const fn from(azimuth_deg: f32, elevation_deg: f32, spread: f32) -> Bearing {
    Bearing { azimuth_deg, elevation_deg, spread, roam: (0.0, 0.0) }
}

/// The same, roaming.
const fn roaming(roam_deg: f32, rate_hz: f32, spread: f32) -> Bearing {
    Bearing { azimuth_deg: 0.0, elevation_deg: 10.0, spread, roam: (roam_deg, rate_hz) }
}

const fn air(response: Response, hz: f32, q: f32, gain_db: f32) -> Layer {
    Layer {
        response,
        hz,
        q,
        gain_db,
        width: 0.9,
        bearing: AROUND,
        wander: (0.2, 0.1),
        motion: Motion::Wander(2.0, 0.15),
        storm: (8.0, 0.4),
        grains_hz: (0.0, 0.0),
    }
}

const fn waves(every_s: f32, stray: f32, chance: f32, rise_s: f32, fall_s: f32, late_s: f32) -> Motion {
    Motion::Waves(Waves { every_s, stray, chance, rise_s, fall_s, late_s, stream: 1 })
}

/// All scenes.
pub static SCENES: &[SceneRow] = &[
    SceneRow {
        id: "wind",
        name: "Wind",
        doc: "Gusts around a house: a low body and a whistle that follow each other.",
        layers: &[
            Layer {
                bearing: roaming(70.0, 0.05, 0.8),
                wander: (0.7, 0.21),
                motion: Motion::Wander(7.0, 0.23),
                storm: (14.0, 0.6),
                ..air(Response::Band, 480.0, 4.0, -28.4)
            },
            Layer {
                bearing: roaming(110.0, 0.07, 0.55),
                wander: (0.5, 0.33),
                motion: Motion::Wander(10.0, 0.31),
                storm: (18.0, 0.5),
                ..air(Response::Band, 1650.0, 8.0, -37.4)
            },
            Layer {
                motion: Motion::Wander(5.0, 0.17),
                storm: (12.0, 0.5),
                ..air(Response::Low, 170.0, 0.7, -23.4)
            },
            Layer {
                motion: Motion::Wander(6.0, 0.27),
                storm: (12.0, 0.3),
                ..air(Response::Band, 3800.0, 0.6, -56.4)
            },
        ],
        hums: &[],
        calls: &[],
    },
    SceneRow {
        id: "rain",
        name: "Rain",
        doc: "From single drops on leaves to a downpour.",
        layers: &[
            Layer {
                bearing: from(0.0, 90.0, 0.95),
                storm: (18.0, 0.2),
                ..air(Response::Band, 5200.0, 0.5, -46.2)
            },
            Layer { storm: (14.0, 0.0), ..air(Response::Low, 420.0, 0.6, -38.2) },
            Layer { grains_hz: (40.0, 2000.0), storm: (5.0, 0.0), ..air(Response::Band, 2400.0, 1.2, -35.0) },
            Layer {
                grains_hz: (14.0, 120.0),
                storm: (3.0, 0.0),
                wander: (0.8, 9.0),
                ..air(Response::Band, 1300.0, 5.0, -35.2)
            },
        ],
        hums: &[],
        calls: &[],
    },
    SceneRow {
        id: "sea",
        name: "Sea",
        doc: "Waves that gather, break and run out over sand.",
        layers: &[
            Layer {
                bearing: from(0.0, 0.0, 0.85),
                motion: waves(10.0, 0.25, 1.0, 4.5, 4.0, 0.0),
                storm: (8.0, 0.4),
                ..air(Response::Low, 300.0, 0.6, -16.0)
            },
            Layer {
                bearing: from(0.0, 0.0, 0.7),
                motion: waves(10.0, 0.25, 1.0, 2.2, 3.2, 0.6),
                storm: (10.0, 0.3),
                ..air(Response::Band, 1100.0, 0.5, -28.0)
            },
            Layer {
                bearing: from(0.0, -10.0, 0.8),
                motion: waves(10.0, 0.25, 0.95, 1.6, 5.0, 2.0),
                storm: (9.0, 0.2),
                ..air(Response::Band, 4200.0, 0.5, -42.0)
            },
            Layer {
                motion: Motion::Wander(2.0, 0.08),
                storm: (10.0, 0.3),
                ..air(Response::Low, 130.0, 0.6, -24.0)
            },
        ],
        hums: &[],
        calls: &[],
    },
    SceneRow {
        id: "room",
        name: "Room Tone",
        doc: "An empty interior: almost nothing, but not digital silence.",
        layers: &[
            Layer {
                width: 0.6,
                wander: (0.1, 0.05),
                motion: Motion::Wander(1.0, 0.07),
                ..air(Response::Low, 95.0, 0.6, -21.0)
            },
            Layer { motion: Motion::Wander(0.8, 0.05), ..air(Response::Band, 420.0, 0.4, -48.0) },
            Layer { motion: Motion::Wander(0.8, 0.04), ..air(Response::Band, 3200.0, 0.4, -69.0) },
        ],
        hums: &[],
        calls: &[],
    },
    SceneRow {
        id: "forest",
        name: "Forest",
        doc: "Leaves in a light wind, and birds that answer each other.",
        layers: &[
            Layer {
                bearing: Bearing { elevation_deg: 50.0, ..roaming(120.0, 0.06, 0.85) },
                motion: Motion::Wander(6.0, 0.19),
                storm: (10.0, 0.3),
                ..air(Response::Band, 3100.0, 0.5, -45.5)
            },
            Layer {
                motion: Motion::Wander(5.0, 0.13),
                storm: (10.0, 0.3),
                wander: (0.4, 0.2),
                ..air(Response::Band, 620.0, 0.8, -36.5)
            },
            Layer { storm: (8.0, 0.2), ..air(Response::Low, 140.0, 0.6, -25.5) },
        ],
        hums: &[],
        calls: &[
            Calls {
                every_s: 3.1,
                chance: (0.3, 0.75),
                syllables: (3, 7),
                syllable_s: (0.09, 0.16),
                hz: (2600.0, 4300.0),
                slide: 0.35,
                gain_db: -40.5,
                elevation_deg: (5.0, 45.0),
                flight_deg_s: 12.0,
            },
            Calls {
                every_s: 4.7,
                chance: (0.25, 0.7),
                syllables: (2, 4),
                syllable_s: (0.22, 0.34),
                hz: (1700.0, 2600.0),
                slide: -0.2,
                gain_db: -43.5,
                elevation_deg: (10.0, 50.0),
                flight_deg_s: 4.0,
            },
            Calls {
                every_s: 7.3,
                chance: (0.2, 0.6),
                syllables: (8, 16),
                syllable_s: (0.035, 0.055),
                hz: (4800.0, 6400.0),
                slide: -0.3,
                gain_db: -46.5,
                elevation_deg: (0.0, 30.0),
                flight_deg_s: 20.0,
            },
        ],
    },
    SceneRow {
        id: "city",
        name: "City",
        doc: "A street far below: rumble, murmur, now and then a car.",
        layers: &[
            Layer {
                width: 0.4,
                motion: Motion::Wander(2.5, 0.11),
                storm: (9.0, 0.3),
                ..air(Response::Low, 125.0, 0.7, -21.0)
            },
            Layer {
                motion: Motion::Wander(3.0, 0.17),
                wander: (0.4, 0.15),
                storm: (9.0, 0.3),
                ..air(Response::Band, 520.0, 0.7, -37.6)
            },
            Layer {
                motion: waves(6.0, 0.4, 0.5, 2.6, 3.4, 0.0),
                storm: (6.0, 0.2),
                width: 0.7,
                bearing: Bearing { elevation_deg: -15.0, ..roaming(150.0, 0.09, 0.4) },
                ..air(Response::Band, 760.0, 0.6, -31.6)
            },
            Layer {
                motion: Motion::Wander(2.0, 0.2),
                storm: (8.0, 0.2),
                ..air(Response::Band, 2600.0, 0.4, -58.6)
            },
        ],
        hums: &[Hum { hz: 100.0, gain_db: -62.4, pan: -0.3 }, Hum { hz: 200.3, gain_db: -70.4, pan: 0.4 }],
        calls: &[Calls {
            every_s: 19.0,
            chance: (0.1, 0.4),
            syllables: (1, 2),
            syllable_s: (0.35, 0.6),
            hz: (370.0, 460.0),
            slide: 0.0,
            gain_db: -58.4,
            elevation_deg: (-10.0, 0.0),
            flight_deg_s: 15.0,
        }],
    },
    SceneRow {
        id: "machine",
        name: "Machine Room",
        doc: "Mains hum, turning iron and compressed air.",
        layers: &[
            Layer {
                motion: Motion::Waves(Waves {
                    every_s: 0.62,
                    stray: 0.0,
                    chance: 1.0,
                    rise_s: 0.09,
                    fall_s: 0.3,
                    late_s: 0.0,
                    stream: 2,
                }),
                storm: (10.0, 0.5),
                width: 0.5,
                bearing: from(35.0, 0.0, 0.5),
                ..air(Response::Band, 190.0, 1.2, -22.1)
            },
            Layer {
                motion: Motion::Waves(Waves {
                    every_s: 0.62,
                    stray: 0.02,
                    chance: 0.9,
                    rise_s: 0.012,
                    fall_s: 0.07,
                    late_s: 0.31,
                    stream: 3,
                }),
                storm: (10.0, 0.4),
                bearing: from(-50.0, 10.0, 0.4),
                ..air(Response::Band, 2300.0, 3.0, -43.1)
            },
            Layer {
                motion: Motion::Wander(1.5, 0.1),
                storm: (8.0, 0.4),
                ..air(Response::Band, 1200.0, 0.5, -45.1)
            },
            Layer { motion: Motion::Wander(1.0, 0.1), ..air(Response::Low, 90.0, 0.7, -22.1) },
        ],
        hums: &[
            Hum { hz: 55.0, gain_db: -43.1, pan: -0.1 },
            Hum { hz: 85.0, gain_db: -48.1, pan: 0.2 },
            Hum { hz: 110.2, gain_db: -52.1, pan: 0.3 },
            Hum { hz: 165.1, gain_db: -57.1, pan: -0.4 },
            Hum { hz: 331.0, gain_db: -65.1, pan: 0.5 },
        ],
        calls: &[],
    },
    SceneRow {
        id: "fire",
        name: "Fire",
        doc: "Logs that crackle over a low, fluttering breath.",
        layers: &[
            Layer {
                grains_hz: (8.0, 34.0),
                storm: (6.0, 0.2),
                wander: (1.0, 11.0),
                motion: Motion::Wander(5.0, 2.3),
                bearing: from(0.0, -15.0, 0.5),
                ..air(Response::Band, 2600.0, 1.6, -40.0)
            },
            Layer {
                grains_hz: (2.5, 9.0),
                storm: (4.0, 0.0),
                wander: (0.7, 7.0),
                motion: Motion::Wander(6.0, 1.1),
                bearing: from(0.0, -20.0, 0.5),
                ..air(Response::Band, 1100.0, 3.0, -38.0)
            },
            Layer {
                motion: Motion::Wander(5.0, 2.7),
                storm: (10.0, 0.3),
                wander: (0.4, 1.3),
                bearing: from(0.0, -10.0, 0.6),
                ..air(Response::Low, 150.0, 0.8, -20.5)
            },
            Layer {
                motion: Motion::Wander(3.0, 0.9),
                storm: (8.0, 0.2),
                ..air(Response::Band, 4300.0, 0.5, -54.0)
            },
        ],
        hums: &[],
        calls: &[],
    },
];

/// Position of a scene in [`SCENES`].
pub fn find(id: &str) -> Option<usize> {
    SCENES.iter().position(|scene| scene.id == id)
}
