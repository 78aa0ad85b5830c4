//! Performance: how loud, how long, how late. Everything a player adds to the page.
//! Source: MUSIC 7 (velocity law, phrase arch, rules of expression, bow and breath), 5.2 (role cap), 5.4 (under speech).
//! In/out: notes in ticks of the bar in, notes in song time out. Lateness is never negative.

use super::axes::Axes;
use super::form::{PHRASE_BARS, Place};
use super::gates::{self, Cast};
use super::rules::{self, Amounts, Page, Reading};
use super::timing::{self, one_over_f, player};
use super::unrest;
use super::{BarFrame, Notes};
use crate::mapping::{ACCENTS, BOW_LENGTH, VELOCITY, VELOCITY_BY_SCALE};
use crate::note::{Articulation, MotifTag, Note, Role};
use crate::plan::Plan;
use crate::random::{Domain, bits};
use crate::stem::Stem;
use crate::theory::{Bars, in_beats};

/// The humanise amount at which players keep the table of [`timing`]: the parameter's default, thousandths.
const USUAL: i32 = 700;

/// Latest anyone comes in, µs.
const LATEST_US: i32 = 60_000;

/// A note as a layer thinks of it; places in ticks of the bar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sketch {
    pub part: u8,
    pub role: Role,
    pub articulation: Articulation,
    pub at: u32,
    pub length: u32,
    pub pitch: i32,
    /// Added to the velocity, in 127ths.
    pub loud: i32,
}

/// Writes the notes of one beat for one stem.
pub(crate) struct Pen<'a> {
    pub plan: &'a Plan,
    pub frame: &'a BarFrame,
    pub now: Axes,
    pub bars: Bars,
    /// Where the bar stands in the form.
    pub place: Place,
    pub stem: Stem,
    /// Which parts the bar has room for.
    pub cast: Cast,
    /// How far the stem has come in, thousandths (MUSIC 5.1).
    pub presence: i32,
    /// Whether the mood leapt just before this beat (MUSIC 0.1).
    pub leap: Option<gates::Leap>,
    /// The beat, ticks of the bar.
    pub from: u32,
    pub until: u32,
    pub out: &'a mut Notes,
}

impl Pen<'_> {
    /// The seed of the stem's take.
    pub fn seed(&self) -> u64 {
        self.plan.stem_seeds[self.stem.index()]
    }

    /// Whether a place belongs to this beat.
    pub fn owns(&self, at: u32) -> bool {
        (self.from..self.until).contains(&at)
    }

    /// Ticks of a time at the tempo in force.
    pub fn ticks(&self, ms: u32) -> u32 {
        (u64::from(ms) * u64::from(self.now.tempo(self.plan)) * 960 / 60_000_000) as u32
    }

    /// Time of ticks at the tempo in force, ms.
    pub fn ms(&self, ticks: u32) -> u32 {
        (u64::from(ticks) * 60_000_000 / (u64::from(self.now.tempo(self.plan).max(1)) * 960)) as u32
    }

    /// Metric weight of a place in hundredths; before a strong boundary a hemiola may shift it.
    pub fn weight(&self, at: u32) -> i32 {
        match self.hemiola() {
            Some(accents) if at > 0 || accents.first() != Some(&0) => {
                if accents.contains(&at) {
                    75
                } else {
                    self.bars.weight(at).min(12)
                }
            }
            _ => self.bars.weight(at),
        }
    }

    /// Writes a note if it starts in this beat.
    pub fn write(&mut self, sketch: Sketch) {
        self.write_tagged(sketch, None, None);
    }

    /// The same for a note of a motif statement, sliding from a pitch. What is longer than a bow is played in several.
    pub fn write_tagged(&mut self, sketch: Sketch, motif: Option<MotifTag>, glide_from: Option<f32>) {
        if !self.cast.has(self.stem, &sketch) || self.fades(&sketch) {
            return;
        }
        let Some(sketch) = gates::under_speech(self, sketch) else { return };
        let Some(sketch) = self.breaks_off(sketch) else { return };
        let strokes = self.strokes(&sketch);
        for stroke in 0..strokes {
            let place = |n: u32| {
                let even = sketch.length * n / strokes;
                if n == strokes { even } else { even / self.bars.unit * self.bars.unit }
            };
            let (from, until) = (place(stroke), place(stroke + 1));
            let articulation = if stroke == 0 { self.bow(&sketch) } else { Articulation::Sustain };
            let at = sketch.at + from;
            // A stroke that begins in the next bar cannot wait there: the bar would have to know of it.
            if self.owns(at) && until > from {
                let glide = glide_from.filter(|_| stroke == 0);
                self.put(Sketch { at, length: until - from, articulation, ..sketch }, motif, glide);
            }
        }
    }

    /// What moves stops before the end: ticks a bar ahead, the rest on the last bar line, which what is held and sung
    /// has to itself. The host's clock knows no ritard (MUSIC 7.2).
    fn fades(&self, sketch: &Sketch) -> bool {
        let left = self.plan.course().last().saturating_sub(self.frame.bar.index);
        let ticks = self.stem == Stem::Perc && sketch.role == Role::Motion;
        match (left, sketch.role) {
            (1, Role::Motion) => ticks,
            (0, Role::Motion | Role::Pulse | Role::Punctuation | Role::Fill) => sketch.at > 0 || ticks,
            _ => false,
        }
    }

    /// Under strain all but bed, tune and the drums' fills stop short of a joint, so that what follows comes out of next to
    /// nothing. What is held over the joint stays.
    fn breaks_off(&self, sketch: Sketch) -> Option<Sketch> {
        let stops = matches!(sketch.role, Role::Harmony | Role::Bass | Role::Motion | Role::Pulse);
        let until = sketch.at + sketch.length;
        let stays = matches!(self.stem, Stem::Bed | Stem::Lead) || until > self.bars.length;
        if !stops || stays || self.now.tension < unrest::GAPS_FROM {
            return Some(sketch);
        }
        let gap = unrest::gap(self.plan.seed, &self.place, self.bars.length);
        (sketch.at < gap).then(|| Sketch { length: sketch.length.min(gap - sketch.at), ..sketch })
    }

    /// Which of the palette's players has a part. In a contrast the soloist and the player of the second line change places,
    /// so that the return of the first theme is heard as one; what leads into a phrase is played by who has the phrase.
    fn played_by(&self, sketch: &Sketch) -> u8 {
        let next = || self.plan.course().place(self.place.number + 1);
        let contrasts =
            || 'B' == if self.frame.leads_in(sketch.at) { next().letter } else { self.place.letter };
        match (self.stem, sketch.part) {
            (Stem::Lead, 0) if contrasts() => 2,
            (Stem::Lead, 2) if contrasts() => 0,
            (_, part) => part,
        }
    }

    fn put(&mut self, sketch: Sketch, motif: Option<MotifTag>, glide_from: Option<f32>) {
        let onset = self.frame.bar.start + in_beats(sketch.at);
        let pitch = self.in_range(sketch.pitch);
        let part = self.played_by(&sketch);
        let same =
            |n: &Note| n.stem == self.stem && n.part == part && n.onset == onset && n.pitch == pitch as f32;
        if self.out.is_full() || self.out.iter().any(same) {
            return;
        }
        let reading = if self.stem == Stem::Lead && sketch.part < 2 { self.read(sketch.at) } else { None };
        let sketch = self.separated(sketch, reading.as_ref());
        let slides = matches!(sketch.articulation, Articulation::Legato | Articulation::Glissando);
        let glide_from = glide_from.filter(|_| slides);
        // No note outlives the next bar.
        let reach = self.frame.bar.meter.bar_beats() - in_beats(sketch.at) + self.frame.next_beats;
        let place =
            bits(self.seed(), Domain::Timbre, self.tick(onset), i64::from(part) * 128 + i64::from(pitch));
        self.out.push(Note {
            stem: self.stem,
            part,
            role: sketch.role,
            articulation: sketch.articulation,
            pitch: pitch as f32,
            velocity: self.velocity(&sketch, onset, reading.as_ref()),
            onset,
            length: in_beats(sketch.length).min(reach),
            shift_ms: self.shift_ms(&sketch, onset, reading.as_ref()),
            glide_from,
            place,
            motif,
        });
    }

    /// A pitch in the octave in which the stem plays it.
    pub fn in_range(&self, mut pitch: i32) -> i32 {
        let (low, high) = self.stem.row().pitch_range;
        while pitch < i32::from(low) {
            pitch += 12;
        }
        while pitch > i32::from(high) {
            pitch -= 12;
        }
        pitch
    }

    /// What the rules of expression say of the melody note at a place.
    fn read(&self, at: u32) -> Option<Reading> {
        let solo = self.now.energy < 0 && self.now.scale < 0;
        let page = Page {
            line: self.frame.line_at(at),
            amounts: Amounts::of(&self.now),
            tempo: self.now.tempo(self.plan),
            length: self.bars.length,
            root: self.frame.chord_at(in_beats(at)).chord.root,
            center: self.now.melody_center() / 1000,
            limit_us: if solo { 40_000 } else { 25_000 },
        };
        page.read(at)
    }

    /// A melody note with the gap or overlap its place in the line asks for, and breath taken at the end of a long line.
    fn separated(&self, sketch: Sketch, reading: Option<&Reading>) -> Sketch {
        let Some(reading) = reading else { return sketch };
        let own = self.frame.line_at(sketch.at).iter().find(|note| !note.echo && note.at == sketch.at);
        let full = own.map_or(sketch.length, |note| note.length);
        let mut length = sketch.length;
        if reading.gap_ms > 0 {
            length = length.min(full.saturating_sub(self.ticks(reading.gap_ms as u32)));
        } else if length > full {
            length = full + self.ticks(rules::overlap_ms(self.ms(full) as i32) as u32);
        }
        if self.breathes() && sketch.at + full >= self.bars.length {
            // 150 ms for air (MUSIC 7.3).
            length =
                length.min((self.bars.length - sketch.at).saturating_sub(self.ticks(150)).max(length / 2));
        }
        let fresh = reading.detached || (sketch.at == 0 && self.breathed());
        let articulation = match sketch.articulation {
            Articulation::Legato if fresh => Articulation::Sustain,
            other => other,
        };
        Sketch { length: length.max(60), articulation, ..sketch }
    }

    /// Bars a breath lasts: winds and singers take one every 5–8 s.
    fn breath_bars(&self) -> i64 {
        const BREATH_MS: u32 = 6500;
        i64::from((BREATH_MS / self.ms(self.bars.length).max(1)).max(1))
    }

    fn breathes(&self) -> bool {
        (self.place.number + 1).rem_euclid(self.breath_bars()) == 0
    }

    fn breathed(&self) -> bool {
        self.place.number.rem_euclid(self.breath_bars()) == 0
    }

    /// Longest a bow lasts: 6 s when quiet, 3 s when loud.
    fn bow_ms(&self) -> u32 {
        BOW_LENGTH.at(self.now.energy) as u32
    }

    /// In how many strokes a held note of the strings is played.
    fn strokes(&self, sketch: &Sketch) -> u32 {
        // A trembling bow does not run out, one that slides is not turned.
        let lasts = matches!(
            sketch.articulation,
            Articulation::Swell | Articulation::Tremolo | Articulation::Glissando
        );
        if self.stem != Stem::Strings || lasts {
            return 1;
        }
        let strokes = self.ms(sketch.length).div_ceil(self.bow_ms()).max(1);
        strokes.min((sketch.length / self.bars.unit).max(1))
    }

    /// A tied chord of the strings gets a new bow when the old one is used up.
    fn bow(&self, sketch: &Sketch) -> Articulation {
        let tied =
            sketch.articulation == Articulation::Legato && self.stem == Stem::Strings && sketch.at == 0;
        let bars = i64::from((self.bow_ms() / self.ms(self.bars.length).max(1)).max(1));
        if tied && self.place.number.rem_euclid(bars) == 0 {
            Articulation::Sustain
        } else {
            sketch.articulation
        }
    }

    /// Level by energy and scale, metric weight within the accent range, phrase arch, rules, a player's unevenness.
    fn velocity(&self, sketch: &Sketch, onset: f64, reading: Option<&Reading>) -> f32 {
        const ARCH: [i32; PHRASE_BARS as usize] = [-3, 0, 2, 3, 1, 4, 5, -2];
        let now = &self.now;
        let level = VELOCITY.at(now.energy) + VELOCITY_BY_SCALE.at(now.scale) - 10 * now.dialogue / 1000;
        let range = ACCENTS.at(now.energy);
        let metric = (self.weight(sketch.at).min(100) - 40) * range / 200;
        let place = self.place;
        let arch = ARCH[place.in_phrase as usize];
        // The section as a whole swells to its climax.
        let swell = place.swell() / 40;
        // An answer to the picture is as loud as the picture asks.
        let unrest = match sketch.role {
            Role::Hit => 0,
            _ => unrest::level(self.plan.seed, &place, sketch.at, self.bars.length, now),
        };
        // Tenths of a dB are half a 127th.
        let rules = reading.map_or_else(|| self.strain(sketch), |reading| reading.level) / 2;
        // A stem that is just coming in plays 5 dB softer.
        let entering = (self.presence - 1000) * 25 / 1000;
        let sum = level
            + swell
            + unrest
            + metric
            + arch
            + rules
            + entering
            + sketch.loud
            + self.uneven(sketch, onset);
        sum.clamp(10, 125) as f32 / 127.0
    }

    /// Chords far from home are louder.
    fn strain(&self, sketch: &Sketch) -> i32 {
        match sketch.role {
            Role::Harmony | Role::Bass => {
                let chord = &self.frame.chord_at(in_beats(sketch.at)).chord;
                rules::strain_level(chord.pcs, self.frame.tonic)
            }
            _ => 0,
        }
    }

    /// Players are uneven in level as they are in time: 1.2 dB, and as slowly drifting (MUSIC 7.3).
    fn uneven(&self, sketch: &Sketch, onset: f64) -> i32 {
        let pace = i64::from(player(self.stem, sketch.part, sketch.articulation).pace);
        let drift = one_over_f(self.seed(), self.tick(onset).div_euclid(pace), 32 + i64::from(sketch.part));
        self.humanised(drift * 6 / 1000)
    }

    /// What players do as much of as the cue asks for, given what they usually do.
    pub fn humanised(&self, usual: i32) -> i32 {
        (i64::from(usual) * i64::from(self.now.humanise) / i64::from(USUAL)) as i32
    }

    /// Lateness of an onset: the stem's players drift together as people do, bend the phrase's time and the line's.
    /// Answers to the picture are exact.
    fn shift_ms(&self, sketch: &Sketch, onset: f64, reading: Option<&Reading>) -> f32 {
        let player = player(self.stem, sketch.part, sketch.articulation);
        let exact = sketch.role == Role::Hit || self.is_hit(sketch.at);
        if self.now.humanise == 0 || player.mean_us == 0 || exact {
            return 0.0;
        }
        let mut late = player.late_us(
            self.seed(),
            self.tick(onset),
            i64::from(sketch.part) * 128 + i64::from(sketch.pitch),
        );
        if player.bends {
            let place = timing::in_phrase(self.place.in_phrase, sketch.at, self.bars.length);
            late += timing::arch_us(place, Amounts::of(&self.now).arch);
            late += reading.map_or(0, |reading| reading.late_us);
        }
        (self.humanised(late).clamp(0, LATEST_US) / 10) as f32 / 100.0
    }

    /// Place in the cue in ticks: the name of a place in time.
    fn tick(&self, onset: f64) -> i64 {
        ((onset - self.frame.round_start) * 960.0).round() as i64
    }
}
