//! A pipe organ: principals from sixteen to two feet, a chiff of wind, every rank a little out with the others.
//! Source: own; ranks at 1/2, 1, 2, 3, 4 times the pitch (16', 8', 4', 2 2/3', 2'). Levels measured with `listen`.
//! Cost: about 7 ns per frame and note.

use super::breath::Breath;
use super::held::Held;
use super::section::{Players, Section, Tremolo, Vibrato};
use super::tone::{Moment, Tone};
use super::{Family, InstrumentRow, Playing, Pool, Stereo, Timbre, limit};
use crate::dsp::envelope::Shape;
use crate::dsp::kept::Kept;
use crate::dsp::math;
use crate::dsp::oscillator::BANK;
use crate::dsp::smooth::Halving;
use crate::dsp::turns::Turns;
use crate::units::db_to_gain;

/// The table's row.
pub const ROW: InstrumentRow = InstrumentRow {
    id: "organ",
    name: "Pipe Organ",
    family: Family::Winds,
    doc: "A church organ whose registers open with the mood, from flutes to full principals.",
    source: "own",
    pitch_range: (31, 91),
    pitched: true,
    voices: 14,
    playing: Playing::KEYED,
    limit_ns: 16.0 * limit::SINE + limit::NOISE,
    tail_s: 1.2,
    budget_ns: 40.0,
    build: |spec| Box::new(Pool::<Organ>::new(spec, ROW.voices)),
};

/// Gain that puts a held note of nominal velocity at -28 dB RMS (measured).
const LEVEL: f32 = 0.2;

/// Sines by half-multiples of the pitch (1 is the 16' rank's fundamental), and their levels in dB.
const RANKS: [(u32, f32); BANK] = [
    (1, -7.0),
    (2, 0.0),
    (2, -3.0),
    (4, -8.0),
    (4, -6.0),
    (6, -16.0),
    (6, -15.0),
    (8, -12.0),
    (8, -18.0),
    (10, -26.0),
    (12, -18.0),
    (12, -22.0),
    (16, -20.0),
    (16, -24.0),
    (24, -27.0),
    (32, -30.0),
];

/// Pipes are aimed anew after so many blocks, 11 ms: they drift by less than a tenth of a cent meanwhile.
const HELD_BLOCKS: u32 = 16;

/// By then every pipe speaks, s: twice [`ONSET_S`] and the longest entry.
const SPEAKING_S: f32 = 0.1;

/// Spread of the entries of the pipes, s.
const ONSET_S: f32 = 0.02;

#[derive(Default)]
struct Organ {
    tone: Tone,
    timbre: Timbre,
    pipes: Section,
    turns: Turns,
    /// Blocks since the pipes were aimed.
    held_blocks: u32,
    /// Levels of the pipes by how far the registers are open, dB, and by pitch, Hz: registers are drawn now and then, and
    /// stand for most of a note.
    levels: Kept<[f32; 2], [f32; BANK]>,
    wind: Breath,
    chiff: Halving,
    /// Gain of the wind.
    air: f32,
}

impl Organ {
    /// Aims the pipes, each as loud as its level, at the blocks that follow.
    fn aim(&mut self, moment: &Moment, levels: [f32; BANK]) {
        self.pipes.stride = self.held_blocks as f32;
        self.held_blocks = 0;
        let octave_down = Moment { hz: 0.5 * moment.hz, ..*moment };
        self.pipes.advance(&self.tone, &octave_down, 0.0, 1.0);
        let bank = &mut self.pipes.bank;
        for (i, ((multiple, _), level)) in RANKS.into_iter().zip(levels).enumerate() {
            bank.step[i] = bank.step[i].wrapping_mul(multiple);
            bank.left[i] *= level;
            bank.right[i] *= level;
        }
    }
}

/// What every pipe gives with the registers so far open, dB, at a pitch, Hz.
fn levels([open_db, hz]: [f32; 2], rate_hz: f32) -> [f32; BANK] {
    std::array::from_fn(|i| {
        let (multiple, level_db) = RANKS[i];
        let audible = 0.5 * hz * multiple as f32 * 1.02 < 0.45 * rate_hz;
        let height = (i as f32 * (1.0 / 6.0)).min(1.6);
        if audible { db_to_gain(level_db + open_db * height) } else { 0.0 }
    })
}

impl Held for Organ {
    fn parts(&mut self) -> (&mut Tone, &mut Timbre) {
        (&mut self.tone, &mut self.timbre)
    }

    fn begin(&mut self) {
        // Big pipes take longer to speak.
        let attack_s = 0.05 * math::exp2((60.0 - self.tone.note.pitch) * (1.0 / 36.0));
        self.tone.begin(Shape { attack_s, decay_s: 1.0, sustain: 1.0, release_s: 0.3 });
        let players = Players {
            count: BANK,
            detune_cents: 2.0,
            drift_cents: 0.7,
            vibrato: Vibrato::NONE,
            tremolo: Tremolo::NONE,
            onset_s: ONSET_S,
            width: 0.8,
        };
        self.pipes = Section::new(&players, &self.tone);
        self.wind = Breath::new(&self.tone, 0);
        self.chiff = Halving::new(self.tone.block_s, 0.03);
    }

    fn sound(&mut self, out: &mut Stereo) {
        let mut moment = self.tone.advance();
        let rate_hz = self.tone.rate_hz;
        moment.gain *= LEVEL;
        // Registers are drawn, not blown harder: velocity and mood bring in the high ranks.
        let open_db = 4.0 * self.timbre.brightness_octaves + 10.0 * (self.tone.note.velocity - 0.7);
        self.held_blocks += 1;
        let drawn = [open_db, moment.hz];
        let moved = !self.levels.stands(&drawn);
        if moved || moment.time_s < SPEAKING_S || self.held_blocks >= HELD_BLOCKS {
            let levels = self.levels.of(drawn, |drawn| levels(drawn, rate_hz));
            self.aim(&moment, levels);
        }
        self.pipes.bank.gain = moment.gain;
        self.pipes.bank.turned_sines_add(&mut self.turns, out);
        let chiff = 0.012 + 0.12 * self.chiff.advance();
        self.wind.around((3.0 * moment.hz).clamp(400.0, 5_000.0), 1.0);
        self.air = chiff * moment.gain;
    }

    fn together(voices: &mut [&mut Self], outs: &mut [Stereo]) {
        Breath::render_each(voices.iter_mut().map(|voice| (&mut voice.wind, voice.air)), outs);
    }
}
