//! What all brass has in common: lips that find the pitch, a bell, and brightness that follows loudness.
//! Source: MUSIC 8 #10: cutoff f0 (2 + 10 env^1.5), scoop -30 cents within 60 ms, attack 45–90 ms (25 at ff); from mf on
//! waves steepen to shocks on their way through the tube (Hirschberg et al. 1996, Myers et al. 2012).
//! In/out: a [`Held`] with the figures of a [`BrassKind`].

use super::breath::Breath;
use super::held::Held;
use super::section::{Players, Section, Tremolo, Vibrato};
use super::tone::Tone;
use super::{Family, InstrumentRow, Playing, Pool, Stereo, Timbre, limit};
use crate::dsp::envelope::Shape;
use crate::dsp::filter::Cascade;
use crate::dsp::kept::Kept;
use crate::dsp::math;
use crate::dsp::resonators::{Resonance, Resonators};
use crate::units::{cents_to_ratio, db_to_gain};

/// What tells one brass section from another.
pub trait BrassKind: Send + 'static {
    /// Notes it can play at once.
    const VOICES: usize;
    /// Players of the section.
    const PLAYERS: usize;
    /// Gain that puts a held note of nominal velocity at -28 dB RMS (measured).
    const LEVEL: f32;
    /// Harmonics heard below the cutoff at nominal level; the cutoff grows from there with level^1.5.
    const OPEN: f32;
    /// What of a shock wave there is in the tone at a force of 1 above [`CALM`]: narrow tubes, long in a cylinder, have most.
    const SHOCK: f32;
    /// Gain of the sound that goes past the bell's formants.
    const DIRECT: f32;
    /// Formants of the bell.
    const BELL: &'static [Resonance];
    /// Vibrato, cents.
    const VIBRATO_CENTS: f32;
}

/// The row of a section: all but its names and its range follows from its kind.
pub const fn row<K: BrassKind>(
    id: &'static str,
    name: &'static str,
    doc: &'static str,
    pitch_range: (u8, u8),
) -> InstrumentRow {
    InstrumentRow {
        id,
        name,
        family: Family::Brass,
        doc,
        source: "MUSIC 8 #10",
        pitch_range,
        pitched: true,
        voices: K::VOICES,
        playing: Playing::HELD,
        limit_ns: K::PLAYERS as f32 * limit::SAW + 2.0 * limit::FILTER + limit::NOISE + limit::RESONANCES,
        tail_s: 1.2,
        budget_ns: 60.0,
        build: |spec| Box::new(Pool::<Brass<K>>::new(spec, K::VOICES)),
    }
}

/// Lips start this far below the pitch, cents, and reach it within this time, s.
const SCOOP_CENTS: f32 = -30.0;
const SCOOP_S: f32 = 0.06;

/// Octaves of force over the whole range of velocity. Tuned against the harmonics of MUSIC 8 #10, which fall by 9 dB each
/// at pp and by 2.5 dB at ff: a centroid of 1.5 and 4 times the pitch.
const FORCE_OCTAVES: f32 = 2.8;

/// Force up to which waves leave the tube before they are steep: at mf, a velocity of .6. A steep wave is a sawtooth, whose
/// harmonics fall by 6 dB per octave however high they are; what of it comes out grows with the square of what is above
/// this. Tuned: from 1 to 6 kHz ff falls by 10 to 13 dB per octave.
const CALM: f32 = 0.75;

/// Most of it, whatever the mood and the accent. Taste: beyond lies a synthesiser.
const MOST_SHOCK: f32 = 0.4;

/// Level a pitch octave adds, dB: the bell's formants lift the middle, what is below them is heard less (measured).
const KEY_DB: f32 = -1.3;

/// A brass voice.
pub struct Brass<K: BrassKind> {
    tone: Tone,
    timbre: Timbre,
    section: Section,
    breath: Breath,
    /// Gain of the breath.
    air: f32,
    filter: Cascade,
    bell: Resonators,
    high: Kept,
    scooped: Kept,
    forced: Kept,
    harmonics: Kept,
    low: Kept,
    opened: Kept,
    kind: std::marker::PhantomData<K>,
}

impl<K: BrassKind> Default for Brass<K> {
    fn default() -> Brass<K> {
        Brass {
            tone: Tone::default(),
            timbre: Timbre::default(),
            section: Section::default(),
            breath: Breath::default(),
            air: 0.0,
            filter: Cascade::default(),
            bell: Resonators::default(),
            high: Kept::default(),
            scooped: Kept::default(),
            forced: Kept::default(),
            harmonics: Kept::default(),
            low: Kept::default(),
            opened: Kept::default(),
            kind: std::marker::PhantomData,
        }
    }
}

impl<K: BrassKind> Held for Brass<K> {
    fn parts(&mut self) -> (&mut Tone, &mut Timbre) {
        (&mut self.tone, &mut self.timbre)
    }

    fn begin(&mut self) {
        self.bell.set(K::BELL, self.tone.rate_hz);
        let force = self.tone.note.velocity - 0.7 + 0.3 * self.timbre.mood.energy;
        let attack_s = 0.085 * math::exp2(-2.4 * force);
        self.tone.begin(Shape { attack_s, decay_s: 0.25, sustain: 0.88, release_s: 0.3 });
        let players = Players {
            count: K::PLAYERS,
            detune_cents: 5.0,
            drift_cents: 2.0,
            vibrato: Vibrato { rate_hz: 4.8, extent_cents: K::VIBRATO_CENTS, delay_s: 0.6 },
            tremolo: Tremolo::NONE,
            onset_s: 0.012,
            width: 0.45,
        };
        self.section = Section::new(&players, &self.tone);
        self.breath = Breath::new(&self.tone, 0);
    }

    fn sound(&mut self, out: &mut Stereo) {
        let moment = self.tone.advance();
        let rate_hz = self.tone.rate_hz;
        let mut sounding = moment;
        let key_gain = |hz: f32| db_to_gain(KEY_DB * math::log2(hz * (1.0 / 165.0)));
        sounding.gain *= K::LEVEL * self.high.of(self.tone.note_hz(), key_gain);
        let scoop_cents = SCOOP_CENTS * (1.0 - (moment.time_s * (1.0 / SCOOP_S)).min(1.0));
        sounding.hz *= self.scooped.of(scoop_cents, cents_to_ratio);
        self.section.advance(&self.tone, &sounding, 1.0, self.timbre.instability());
        self.section.bank.saws_add(out);

        // The louder the lips, the steeper the pressure wave in the tube: harmonics appear faster than level.
        let octaves = FORCE_OCTAVES * (self.tone.note.velocity - 0.7);
        let force = moment.effort.min(1.4) * self.forced.of(octaves, math::exp2);
        let harmonics = 1.1 + K::OPEN * self.harmonics.of(force, |force| math::pow(force, 1.5));
        let low = self.low.of(moment.hz, |hz| math::exp2(0.35 * math::log2(196.0 / hz)));
        let opened = self.opened.of(self.timbre.brightness_octaves, math::exp2);
        let cutoff_hz = moment.hz * harmonics * low * opened;
        let steep = (force - CALM).max(0.0);
        let shock = (K::SHOCK * steep * steep * opened).min(MOST_SHOCK);
        self.filter.set_ledge(cutoff_hz, [0.6, 0.8], shock, rate_hz);
        // Air before the tone, hardly any after it.
        self.air = (0.004 + 0.05 * math::exp2(-moment.time_s * (1.0 / 0.03))) * sounding.gain;
        self.breath.around(1_400.0, 0.7);
    }

    fn together(voices: &mut [&mut Self], outs: &mut [Stereo]) {
        Cascade::process_each(voices.iter_mut().map(|voice| &mut voice.filter).zip(outs.iter_mut()));
        Breath::render_each(voices.iter_mut().map(|voice| (&mut voice.breath, voice.air)), outs);
        Resonators::process_each(K::DIRECT, voices.iter_mut().map(|voice| &mut voice.bell).zip(outs));
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "measurements may use the platform's functions")]
mod tests {
    use super::*;
    use crate::instrument::{INSTRUMENTS, NoteOn, find, measure};

    const RATE_HZ: f64 = 48_000.0;

    /// Frames of a spectrum: they tell harmonics apart, and not the players of a section.
    const WINDOW: usize = 2048;

    /// What the harmonics of a held note fall by between two frequencies, dB per octave: the line of least squares.
    fn slope_db(id: &str, pitch: f32, velocity: f32, low_hz: f64, high_hz: f64) -> f64 {
        let row = &INSTRUMENTS[find(id).expect("a row")];
        let note = NoteOn { id: 1, pitch, velocity, place: 5, ..NoteOn::REST };
        let sound = measure::play(row, RATE_HZ, note, 2.0, &Timbre::default(), 2.0);
        let level_db = |hz: f64| {
            let power = |window: &[[f32; 2]]| {
                let (mut re, mut im) = (0.0, 0.0);
                for (i, [left, right]) in window.iter().enumerate() {
                    let hann = 0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / WINDOW as f64).cos();
                    let angle = std::f64::consts::TAU * hz * i as f64 / RATE_HZ;
                    re += hann * f64::from(left + right) * angle.cos();
                    im += hann * f64::from(left + right) * angle.sin();
                }
                re * re + im * im
            };
            10.0 * sound[24_000..].chunks_exact(WINDOW).map(power).sum::<f64>().log10()
        };
        let f0_hz = f64::from(crate::units::note_to_hz(pitch));
        let orders = (low_hz / f0_hz).ceil() as usize..=(high_hz / f0_hz) as usize;
        let points: Vec<[f64; 2]> =
            orders.map(|order| order as f64 * f0_hz).map(|hz| [hz.log2(), level_db(hz)]).collect();
        let mean = |i: usize| points.iter().map(|point| point[i]).sum::<f64>() / points.len() as f64;
        let [x, y] = [mean(0), mean(1)];
        let along: f64 = points.iter().map(|point| (point[0] - x) * (point[1] - y)).sum();
        along / points.iter().map(|point| (point[0] - x) * (point[0] - x)).sum::<f64>()
    }

    #[test]
    fn pushed_brass_is_brazen_and_soft_brass_is_not() {
        let mut wrong = Vec::new();
        for (id, pitches) in [("horns", [50.0, 57.0, 64.0]), ("low_brass", [40.0, 46.0, 52.0])] {
            for pitch in pitches {
                // Above 3 kHz there is nothing but air in a tone that is not loud.
                let mf = slope_db(id, pitch, 0.6, 1_000.0, 3_000.0);
                let [f, ff] = [0.8, 0.95].map(|velocity| slope_db(id, pitch, velocity, 1_000.0, 6_000.0));
                if !(mf < -18.0 && f < ff - 0.5 && (-13.5..-9.0).contains(&ff)) {
                    wrong.push(format!("{id} {pitch}: mf {mf:.1}, f {f:.1}, ff {ff:.1} dB per octave"));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
