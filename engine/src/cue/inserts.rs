//! Stem inserts as a palette's file says them: what stands between a stem's instruments and its strip.
//! Source: DESIGN 7 (non-linear only inside a stem); ranges in [`super::limits`]. In/out: `[stems.<id>.<insert>]` tables.

use serde::{Deserialize, Serialize};

/// The inserts of one stem, in the order the sound goes through them; those left out do nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Inserts {
    /// Colors the spectrum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equalizer: Option<EqualizerSettings>,
    /// Rounds the peaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saturation: Option<SaturationSettings>,
    /// Doubles the sound with itself, slightly out of tune.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chorus: Option<ChorusSettings>,
    /// Repeats in time with the music.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub echo: Option<EchoSettings>,
}

impl Inserts {
    /// How long they ring on after the last sound, s: echoes until they have fallen by 100 dB at a slow tempo (60).
    pub fn tail_s(&self) -> f32 {
        let echo = self.echo.map_or(0.0, |echo| {
            let each_db = -crate::units::gain_to_db(echo.feedback.clamp(0.01, 0.95));
            echo.beats.min(3.0) * (1.0 + 100.0 / each_db)
        });
        echo + if self.chorus.is_some() { 0.03 } else { 0.0 }
    }
}

/// A low cut, a low shelf, a bell and a high shelf; a gain of 0 dB does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EqualizerSettings {
    /// Below this the stem falls by 12 dB per octave, Hz; 0 = no cut.
    pub low_cut_hz: f32,
    /// Corner of the low shelf, Hz.
    pub low_shelf_hz: f32,
    /// Its gain, dB.
    pub low_shelf_db: f32,
    /// Center of the bell, Hz.
    pub bell_hz: f32,
    /// Its gain, dB.
    pub bell_db: f32,
    /// Its quality: center over width.
    pub bell_q: f32,
    /// Corner of the high shelf, Hz.
    pub high_shelf_hz: f32,
    /// Its gain, dB.
    pub high_shelf_db: f32,
}

impl Default for EqualizerSettings {
    fn default() -> Self {
        EqualizerSettings {
            low_cut_hz: 0.0,
            low_shelf_hz: 200.0,
            low_shelf_db: 0.0,
            bell_hz: 1_000.0,
            bell_db: 0.0,
            bell_q: 1.0,
            high_shelf_hz: 5_000.0,
            high_shelf_db: 0.0,
        }
    }
}

/// A soft clipper; quiet sound keeps its level.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaturationSettings {
    /// How far the sound is pushed into the clipper, dB.
    pub drive_db: f32,
}

/// Two voices per channel that wander in time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChorusSettings {
    /// How often the voices sway, Hz.
    pub rate_hz: f32,
    /// Half of their way, ms.
    pub depth_ms: f32,
    /// 0 only the sound itself .. 1 as much of the voices.
    pub mix: f32,
}

impl Default for ChorusSettings {
    fn default() -> Self {
        ChorusSettings { rate_hz: 0.4, depth_ms: 2.0, mix: 0.5 }
    }
}

/// Echoes at a note value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EchoSettings {
    /// Distance of the echoes, quarter notes of the tempo that is heard.
    pub beats: f32,
    /// Part of each echo that comes again.
    pub feedback: f32,
    /// Level of the first echo, dB.
    pub level_db: f32,
    /// Every echo loses what lies above, Hz.
    pub high_cut_hz: f32,
    /// True: echoes jump from side to side. False: each side keeps its own.
    pub ping_pong: bool,
}

impl Default for EchoSettings {
    fn default() -> Self {
        EchoSettings { beats: 0.75, feedback: 0.35, level_db: -14.0, high_cut_hz: 5_000.0, ping_pong: true }
    }
}
