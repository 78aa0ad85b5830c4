//! Gestures that lead somewhere: riser, downer, whoosh and the reversed swell. Their length is the note's.
//! Source: MUSIC 8 #21. Noise through a moving filter, saws and an endless scale under it; every course is a function of
//! the part of the note that has passed. In/out: see `Voice`; the pitch class tunes the tones. Cost: about 10 ns per frame.

mod courses;
#[cfg(test)]
mod tests;

use super::pool::ABREAST;
use super::struck::WIDE;
use super::{Family, InstrumentRow, NoteOn, Playing, Pool, Spec, Stereo, Timbre, Voice, limit};
use crate::dsp::filter::{Filter, Response};
use crate::dsp::oscillator::{Bank, phase_of, step_of};
use crate::dsp::simd::vectorised;
use crate::dsp::{math, noise};
use crate::random::{Domain, value};
use crate::units::{QUANTUM, db_to_gain, note_to_hz, octaves_to_ratio};
use arrayvec::ArrayVec;
use courses::{Downer, Gesture, Moment, Reverse, Riser, Whoosh};

const ROW: InstrumentRow = InstrumentRow {
    id: "",
    name: "",
    family: Family::Effects,
    doc: "",
    source: "MUSIC 8 #21",
    pitch_range: (12, 108),
    pitched: false,
    voices: 3,
    playing: Playing::GESTURE,
    limit_ns: 4.0 * limit::SAW + 6.0 * limit::SINE + limit::FILTER + 2.0 * limit::NOISE,
    tail_s: 0.3,
    budget_ns: 60.0,
    build: |spec| Box::new(Pool::<Moving<Riser>>::new(spec, 3)),
};

/// The riser's row.
pub const RISER: InstrumentRow = InstrumentRow {
    id: "riser",
    name: "Riser",
    doc: "Noise, saws and an endless scale that climb for the note's length and stop at its end.",
    ..ROW
};

/// The downer's row.
pub const DOWNER: InstrumentRow = InstrumentRow {
    id: "downer",
    name: "Downer",
    doc: "A tone and a breath that fall away after a cut.",
    build: |spec| Box::new(Pool::<Moving<Downer>>::new(spec, 3)),
    ..ROW
};

/// The whoosh's row.
pub const WHOOSH: InstrumentRow = InstrumentRow {
    id: "whoosh",
    name: "Whoosh",
    doc: "Air that rushes past from one side to the other.",
    build: |spec| Box::new(Pool::<Moving<Whoosh>>::new(spec, 3)),
    ..ROW
};

/// The reversed swell's row.
pub const SWELL: InstrumentRow = InstrumentRow {
    id: "swell",
    name: "Reverse Swell",
    doc: "A cymbal played backward: shimmer that grows toward the next downbeat.",
    build: |spec| Box::new(Pool::<Moving<Reverse>>::new(spec, 3)),
    ..ROW
};

/// Time a gesture that ends at full level takes to fall, s: hard, but no click.
const STOP_S: f32 = 0.006;
/// Time it takes when the note is let go early, s.
const LET_GO_S: f32 = 0.08;
/// Saws, and sines of the endless scale.
const SAWS: usize = 4;
const SCALE: usize = 6;

/// The voice of a gesture.
pub struct Moving<G: Gesture> {
    /// Keys of the air, left and right.
    keys: [u32; 2],
    root_hz: f32,
    side: f32,
    gain: f32,
    bright: f32,
    /// Octaves the note's velocity adds.
    force_octaves: f32,
    rate: f32,
    frame: i64,
    length_frames: f32,
    fresh: bool,
    /// Gain of the way out, and its fall per frame once it has begun.
    out: f32,
    out_step: f32,
    /// Gains to each side at the last block edge.
    gains: [f32; 2],
    flutter_cycles: f32,
    air: [Filter; 2],
    dark: Filter,
    saws: Bank,
    scale: Bank,
    gesture: std::marker::PhantomData<fn(G)>,
}

impl<G: Gesture> Moving<G> {
    fn tune_saws(&mut self, now: &Moment) {
        let hz = self.root_hz * octaves_to_ratio(now.saw_octaves);
        for i in 0..SAWS {
            let detune = 1.0 + 0.004 * (i as f32 - 1.5);
            let octave = if i % 2 == 0 { 1.0 } else { 2.0 };
            self.saws.step[i] = step_of(hz * detune * octave, self.rate);
            let pan = if i < 2 { [0.8, 0.45] } else { [0.45, 0.8] };
            (self.saws.left[i], self.saws.right[i]) = (0.5 * now.saw * pan[0], 0.5 * now.saw * pan[1]);
        }
    }

    fn tune_scale(&mut self, now: &Moment) {
        let climbed = libm::floorf(now.scale_octaves);
        let part = now.scale_octaves - climbed;
        let hz = 2.0 * self.root_hz * octaves_to_ratio(part);
        for i in 0..SCALE {
            // Octaves apart, each under a bell over the six octaves (Shepard 1964): one leaves as another enters.
            let octave = (i as i32 + climbed as i32).rem_euclid(SCALE as i32);
            let bell = 0.5 - 0.5 * math::cos_cycles((octave as f32 + part) * (1.0 / SCALE as f32));
            self.scale.step[i] = step_of(hz * (1 << octave) as f32, self.rate);
            let lean = if i % 2 == 0 { 0.85 } else { 0.6 };
            let gain = now.scale * bell * bell;
            (self.scale.left[i], self.scale.right[i]) = (gain * lean, gain * (1.45 - lean));
        }
    }

    fn saws_add(&mut self, now: &Moment, out: &mut Stereo) {
        self.tune_saws(now);
        if self.frame == 0 {
            self.saws.snap();
        }
        self.saws.saws_add(out);
        self.dark.set(Response::Low, now.saw_cutoff_hz, 0.8, self.rate);
    }

    fn scale_add(&mut self, now: &Moment, out: &mut Stereo) {
        self.tune_scale(now);
        if self.frame == 0 {
            self.scale.snap();
        }
        self.scale.sines_add(out);
    }

    /// Noise that its filters make air of.
    fn noise(&mut self, now: &Moment) -> Stereo {
        let mut block = Stereo::SILENCE;
        noise::stereo(self.keys, self.frame as u32, WIDE, &mut block);
        for filter in &mut self.air {
            filter.set(Response::Band, now.noise_hz, now.noise_q, self.rate);
        }
        block
    }

    /// Gain of the air.
    fn airy(&self, now: &Moment) -> f32 {
        // Power through the band falls with its width: lift what is narrow or low.
        let lift = (6000.0 * now.noise_q / now.noise_hz).clamp(0.3, 12.0).sqrt();
        // White noise spreads its power up to half the rate: the same level per Hz at every rate.
        now.noise * lift * (self.rate * (1.0 / 48_000.0)).sqrt()
    }

    /// Level, pan, flutter and the way out, straight lines over the block.
    fn finish(&mut self, now: &Moment, air: &Stereo, out: &mut Stereo) {
        let from = self.gains;
        // Equal power, at unity in the middle.
        let sides = if now.pan == 0.0 {
            [1.0; 2]
        } else {
            let angle = 0.125 * (1.0 + now.pan.clamp(-1.0, 1.0));
            [math::cos_cycles(angle), math::sin_cycles(angle)].map(|side| std::f32::consts::SQRT_2 * side)
        };
        self.gains = sides.map(|side| side * now.level * self.gain);
        let flutter_step = now.flutter_hz / self.rate;
        let (to, flutter) = (self.gains, [self.flutter_cycles, flutter_step, now.flutter]);
        let (ways_out, airy) = (self.ways_out(), self.airy(now));
        vectorised!(weigh([from, to], flutter, &ways_out, (air, airy), out));
        let cycles = self.flutter_cycles + flutter_step * QUANTUM as f32;
        self.flutter_cycles = cycles - libm::floorf(cycles);
    }

    /// Gain of the way out, frame by frame; it begins where the gesture ends.
    fn ways_out(&mut self) -> [f32; QUANTUM] {
        let mut gains = [self.out; QUANTUM];
        if self.out_step == 0.0 && ((self.frame + QUANTUM as i64) as f32) < self.length_frames {
            return gains;
        }
        for (t, gain) in gains.iter_mut().enumerate() {
            self.out = (self.out - self.out_step).max(0.0);
            *gain = self.out;
            if self.out_step == 0.0 && (self.frame + t as i64 + 1) as f32 >= self.length_frames {
                self.out_step = 1.0 / (STOP_S * self.rate).max(1.0);
            }
        }
        gains
    }
}

/// Weighs a block: gains to each side that go straight from one to the next, a flutter of so many cycles at its beginning,
/// cycles per frame and depth, and the way out; the air comes in with a gain of its own.
#[inline(always)]
fn weigh(
    [from, to]: [[f32; 2]; 2],
    [cycles, step, depth]: [f32; 3],
    ways_out: &[f32; QUANTUM],
    (air, airy): (&Stereo, f32),
    out: &mut Stereo,
) {
    let mut flutter = [1.0; QUANTUM];
    if depth != 0.0 {
        for (t, flutter) in flutter.iter_mut().enumerate() {
            *flutter = 1.0 - depth * (0.5 + 0.5 * math::sin_cycles(cycles + step * t as f32));
        }
    }
    for (channel, samples) in out.channels.iter_mut().enumerate() {
        for (t, sample) in samples.iter_mut().enumerate() {
            let along = (t + 1) as f32 / QUANTUM as f32;
            let gain = from[channel] + (to[channel] - from[channel]) * along;
            *sample = (*sample + airy * air.channels[channel][t]) * (gain * flutter[t] * ways_out[t]);
        }
    }
}

impl<G: Gesture> Voice for Moving<G> {
    fn new(spec: &Spec) -> Self {
        Moving {
            keys: [0; 2],
            root_hz: 55.0,
            side: 1.0,
            gain: 0.0,
            bright: 0.0,
            force_octaves: 0.0,
            rate: spec.sample_rate_hz as f32,
            frame: 0,
            length_frames: 0.0,
            fresh: true,
            out: 0.0,
            out_step: 0.0,
            gains: [0.0; 2],
            flutter_cycles: 0.0,
            air: [Filter::default(); 2],
            dark: Filter::default(),
            saws: Bank::default(),
            scale: Bank::default(),
            gesture: std::marker::PhantomData,
        }
    }

    fn start(&mut self, note: &NoteOn, spec: &Spec) {
        let octaves = (note.pitch - 33.0) / 12.0;
        *self = Moving {
            keys: [0, 1].map(|stream| noise::key(note.place, stream)),
            // The pitch class of the note between A1 and A2.
            root_hz: note_to_hz(33.0 + 12.0 * (octaves - libm::floorf(octaves))),
            side: if value(note.place, Domain::Timbre, 0, 0) < 0.5 { -1.0 } else { 1.0 },
            gain: db_to_gain(25.3 * (note.velocity - 0.7)),
            force_octaves: 1.5 * (note.velocity - 0.7),
            length_frames: note.length_s.clamp(G::LENGTH_S.0, G::LENGTH_S.1) * spec.sample_rate_hz as f32,
            out: 1.0,
            ..Moving::new(spec)
        };
        (self.saws.count, self.scale.count) = (SAWS, SCALE);
        for i in 0..SAWS {
            self.saws.phase[i] = phase_of(value(note.place, Domain::Timbre, 1, i as i64));
        }
        for i in 0..SCALE {
            self.scale.phase[i] = phase_of(value(note.place, Domain::Timbre, 2, i as i64));
        }
    }

    fn release(&mut self) {
        // A note off at its end is no news; one before it lets go.
        if self.out_step == 0.0 && (self.frame as f32) < self.length_frames - 0.02 * self.rate {
            self.out_step = 1.0 / (LET_GO_S * self.rate).max(1.0);
        }
    }

    fn control(&mut self, timbre: &Timbre) {
        let target = (timbre.brightness_octaves + self.force_octaves).clamp(-2.0, 2.0);
        self.bright = if self.fresh { target } else { self.bright + 0.05 * (target - self.bright) };
        self.fresh = false;
    }

    fn render(&mut self, out: &mut Stereo) -> bool {
        let mut alive = [true];
        Self::render_each(&mut [self], std::slice::from_mut(out), &mut alive);
        alive[0]
    }

    /// The filters of all voices walk side by side.
    fn render_each(voices: &mut [&mut Self], outs: &mut [Stereo], alive: &mut [bool]) {
        let mut moments = ArrayVec::<Moment, ABREAST>::new();
        let mut airs = ArrayVec::<Stereo, ABREAST>::new();
        for (voice, out) in voices.iter_mut().zip(&mut *outs).take(ABREAST) {
            *out = Stereo::SILENCE;
            let x = ((voice.frame + QUANTUM as i64) as f32 / voice.length_frames).min(1.0);
            let now = G::at(x, voice.bright, voice.side);
            if now.saw > 0.0 {
                voice.saws_add(&now, out);
            }
            airs.push(voice.noise(&now));
            moments.push(now);
        }
        // Twice through: 12 dB per octave on both sides, so that the band is heard to move.
        let mut first = ArrayVec::<(&mut Filter, &mut Stereo), { 2 * ABREAST }>::new();
        let mut second = ArrayVec::<&mut Filter, ABREAST>::new();
        for (((voice, out), air), now) in voices.iter_mut().zip(&mut *outs).zip(&mut airs).zip(&moments) {
            let [once, twice] = &mut voice.air;
            first.push((once, air));
            second.push(twice);
            if now.saw > 0.0 {
                first.push((&mut voice.dark, out));
            }
        }
        Filter::process_each(first.into_iter());
        Filter::process_each(second.into_iter().zip(&mut airs));
        for ((((voice, out), alive), air), now) in
            voices.iter_mut().zip(outs).zip(alive).zip(&airs).zip(&moments)
        {
            if now.scale > 0.0 {
                voice.scale_add(now, out);
            }
            voice.finish(now, air, out);
            voice.frame += QUANTUM as i64;
            *alive = voice.out > 0.0;
        }
    }
}
