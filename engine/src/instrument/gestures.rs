//! Gestures that lead somewhere: riser, downer, whoosh and the reversed swell. Their length is the note's.
//! Source: MUSIC 8 #21. Noise through a moving filter, saws and an endless scale under it; every course is a function of
//! the part of the note that has passed. In/out: see `Voice`; the pitch class tunes the tones. Cost: about 25 ns per frame.

use super::struck::WIDE;
use super::{Family, InstrumentRow, NoteOn, Playing, Pool, Spec, Stereo, Timbre, Voice, limit};
use crate::dsp::filter::{Filter, Response};
use crate::dsp::oscillator::{Bank, phase_of, step_of};
use crate::dsp::simd::vectorised;
use crate::dsp::{math, noise};
use crate::random::{Domain, value};
use crate::units::{QUANTUM, db_to_gain, note_to_hz, octaves_to_ratio};

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

/// Everything that moves, at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Level of everything.
    level: f32,
    /// Band of the noise, its sharpness and level.
    noise_hz: f32,
    noise_q: f32,
    noise: f32,
    /// Saws: octaves above their root, low-pass, level.
    saw_octaves: f32,
    saw_cutoff_hz: f32,
    saw: f32,
    /// Endless scale: octaves climbed and level.
    scale_octaves: f32,
    scale: f32,
    /// Flutter: rate and depth 0..1.
    flutter_hz: f32,
    flutter: f32,
    /// -1..1.
    pan: f32,
}

/// A course of moments.
pub trait Gesture: Send + 'static {
    /// Shortest and longest, s.
    const LENGTH_S: (f32, f32);
    /// The moment when the part `x` (0..1) has passed; `bright` moves filters, octaves; `side` is -1 or 1.
    fn at(x: f32, bright: f32, side: f32) -> Moment;
}

struct Riser;
struct Downer;
struct Whoosh;
struct Reverse;

impl Gesture for Riser {
    const LENGTH_S: (f32, f32) = (0.25, 40.0);
    fn at(x: f32, bright: f32, _side: f32) -> Moment {
        Moment {
            // 24 dB over its length, most of it late.
            level: 0.36 * db_to_gain(-24.0 * (1.0 - x) * (1.0 + 0.25 * (1.0 - x))),
            // 250 Hz to 8 kHz (MUSIC 8 #21).
            noise_hz: 250.0 * octaves_to_ratio(5.0 * x + 0.5 * bright),
            noise_q: 1.6,
            noise: 0.75,
            saw_octaves: 2.0 * x * x,
            saw_cutoff_hz: 300.0 * octaves_to_ratio(4.2 * x + bright),
            saw: 0.22,
            scale_octaves: 2.5 * x,
            scale: 0.14,
            flutter_hz: 4.0 * octaves_to_ratio(2.0 * x),
            flutter: 0.15 + 0.35 * x,
            pan: 0.0,
        }
    }
}

impl Gesture for Downer {
    const LENGTH_S: (f32, f32) = (0.5, 6.0);
    fn at(x: f32, bright: f32, _side: f32) -> Moment {
        let left = 1.0 - x;
        Moment {
            level: 0.4 * left * left,
            // 800 to 60 Hz (MUSIC 8 #21).
            noise_hz: 1600.0 * octaves_to_ratio(-4.2 * x + 0.5 * bright),
            noise_q: 0.9,
            noise: 0.45,
            saw_octaves: 2.6 * left * left,
            saw_cutoff_hz: 900.0 * octaves_to_ratio(-2.6 * x + bright),
            saw: 0.4,
            scale_octaves: -2.0 * x,
            scale: 0.22,
            flutter_hz: 7.0 * left + 1.0,
            flutter: 0.2,
            pan: 0.0,
        }
    }
}

impl Gesture for Whoosh {
    const LENGTH_S: (f32, f32) = (0.4, 4.0);
    fn at(x: f32, bright: f32, side: f32) -> Moment {
        // Passes at 0.62 of the way: coming takes longer than going.
        let pass = if x < 0.62 { x / 0.62 } else { (1.0 - x) / 0.38 };
        let bow = pass * pass * (3.0 - 2.0 * pass);
        let from_hz = if x < 0.62 { 300.0 } else { 500.0 };
        Moment {
            level: 0.28 * bow * bow,
            noise_hz: from_hz
                * octaves_to_ratio((3.3 - if x < 0.62 { 0.0 } else { 0.74 }) * bow + 0.5 * bright),
            noise_q: 1.1,
            noise: 1.0,
            saw_octaves: 0.0,
            saw_cutoff_hz: 200.0,
            saw: 0.0,
            scale_octaves: 0.0,
            scale: 0.0,
            flutter_hz: 0.0,
            flutter: 0.0,
            pan: side * (1.8 * x - 0.9),
        }
    }
}

impl Gesture for Reverse {
    const LENGTH_S: (f32, f32) = (0.25, 20.0);
    fn at(x: f32, bright: f32, _side: f32) -> Moment {
        Moment {
            // A decay run backward: straight in decibels, from nothing.
            level: 0.34 * db_to_gain(-42.0 * (1.0 - x)) * (30.0 * x).min(1.0),
            noise_hz: 5200.0 * octaves_to_ratio(0.5 * x + 0.4 * bright),
            noise_q: 0.5,
            noise: 1.0,
            saw_octaves: 0.0,
            saw_cutoff_hz: 500.0 * octaves_to_ratio(3.0 * x + bright),
            saw: 0.10,
            scale_octaves: 0.25 * x,
            scale: 0.05,
            flutter_hz: 11.0,
            flutter: 0.12,
            pan: 0.0,
        }
    }
}

/// The voice of a gesture.
pub struct Moving<G: Gesture> {
    place: u64,
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
    last: Moment,
    flutter_cycles: f32,
    air: [Filter; 2],
    dark: Filter,
    saws: Bank,
    scale: Bank,
    gesture: std::marker::PhantomData<fn(G)>,
}

impl<G: Gesture> Moving<G> {
    fn tune_saws(&mut self, now: &Moment) {
        for i in 0..SAWS {
            let detune = 1.0 + 0.004 * (i as f32 - 1.5);
            let octave = if i % 2 == 0 { 0.0 } else { 1.0 };
            let hz = self.root_hz * detune * octaves_to_ratio(now.saw_octaves + octave);
            self.saws.step[i] = step_of(hz, self.rate);
            let pan = if i < 2 { [0.8, 0.45] } else { [0.45, 0.8] };
            (self.saws.left[i], self.saws.right[i]) = (0.5 * now.saw * pan[0], 0.5 * now.saw * pan[1]);
        }
    }

    fn tune_scale(&mut self, now: &Moment) {
        for i in 0..SCALE {
            // Octaves apart, each under a bell over the six octaves (Shepard 1964): one leaves as another enters.
            let place = i as f32 + now.scale_octaves;
            let place = place - SCALE as f32 * libm::floorf(place / SCALE as f32);
            let bell = 0.5 - 0.5 * math::cos_cycles(place / SCALE as f32);
            self.scale.step[i] = step_of(2.0 * self.root_hz * octaves_to_ratio(place), self.rate);
            let lean = if i % 2 == 0 { 0.85 } else { 0.6 };
            let gain = now.scale * bell * bell;
            (self.scale.left[i], self.scale.right[i]) = (gain * lean, gain * (1.45 - lean));
        }
    }

    fn tones_add(&mut self, now: &Moment, out: &mut Stereo) {
        if now.saw > 0.0 {
            self.tune_saws(now);
            if self.frame == 0 {
                self.saws.snap();
            }
            self.saws.saws_add(out);
            self.dark.set(Response::Low, now.saw_cutoff_hz, 0.8, self.rate);
            self.dark.process(out);
        }
        if now.scale > 0.0 {
            self.tune_scale(now);
            if self.frame == 0 {
                self.scale.snap();
            }
            self.scale.sines_add(out);
        }
    }

    fn air_add(&mut self, now: &Moment, out: &mut Stereo) {
        let mut block = Stereo::SILENCE;
        let keys = [0, 1].map(|stream| noise::key(self.place, stream));
        noise::stereo(keys, self.frame as u32, WIDE, &mut block);
        // Twice through: 12 dB per octave on both sides, so that the band is heard to move.
        for filter in &mut self.air {
            filter.set(Response::Band, now.noise_hz, now.noise_q, self.rate);
            filter.process(&mut block);
        }
        // Power through the band falls with its width: lift what is narrow or low.
        let lift = (6000.0 * now.noise_q / now.noise_hz).clamp(0.3, 12.0).sqrt();
        // White noise spreads its power up to half the rate: the same level per Hz at every rate.
        let gain = now.noise * lift * (self.rate * (1.0 / 48_000.0)).sqrt();
        for (out, air) in out.channels.as_flattened_mut().iter_mut().zip(block.channels.as_flattened()) {
            *out += gain * air;
        }
    }

    /// Level, pan, flutter and the way out, straight lines over the block.
    fn finish(&mut self, now: &Moment, out: &mut Stereo) {
        let gains = |moment: &Moment| {
            let angle = 0.125 * (1.0 + moment.pan.clamp(-1.0, 1.0));
            // Equal power, at unity in the middle.
            [math::cos_cycles(angle), math::sin_cycles(angle)]
                .map(|side| std::f32::consts::SQRT_2 * side * moment.level * self.gain)
        };
        let (from, to) = (gains(&self.last), gains(now));
        let flutter_step = now.flutter_hz / self.rate;
        let ways_out = self.ways_out();
        vectorised!(weigh([from, to], [self.flutter_cycles, flutter_step, now.flutter], &ways_out, out,));
        let cycles = self.flutter_cycles + flutter_step * QUANTUM as f32;
        self.flutter_cycles = cycles - libm::floorf(cycles);
        self.last = *now;
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
/// cycles per frame and depth, and the way out.
#[inline(always)]
fn weigh(
    [from, to]: [[f32; 2]; 2],
    [cycles, step, depth]: [f32; 3],
    ways_out: &[f32; QUANTUM],
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
            *sample *= gain * flutter[t] * ways_out[t];
        }
    }
}

impl<G: Gesture> Voice for Moving<G> {
    fn new(spec: &Spec) -> Self {
        Moving {
            place: 0,
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
            last: G::at(0.0, 0.0, 1.0),
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
            place: note.place,
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
        if self.fresh {
            self.last = G::at(0.0, self.bright, self.side);
            self.last.level = 0.0;
        }
        self.fresh = false;
    }

    fn render(&mut self, out: &mut Stereo) -> bool {
        *out = Stereo::SILENCE;
        let x = ((self.frame + QUANTUM as i64) as f32 / self.length_frames).min(1.0);
        let now = G::at(x, self.bright, self.side);
        self.tones_add(&now, out);
        self.air_add(&now, out);
        self.finish(&now, out);
        self.frame += QUANTUM as i64;
        self.out > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f32 = 48_000.0;

    fn play(row: &InstrumentRow, length_s: f32, off_s: f32, total_s: f32) -> Vec<f32> {
        let mut instrument = (row.build)(&Spec { sample_rate_hz: f64::from(RATE) });
        instrument.note_on(&NoteOn { id: 1, pitch: 50.0, velocity: 0.7, length_s, place: 9, ..NoteOn::REST });
        let mut sound = Vec::new();
        for quantum in 0..(total_s * RATE) as usize / QUANTUM {
            if quantum == (off_s * RATE) as usize / QUANTUM {
                instrument.note_off(1, 0);
            }
            let mut out = Stereo::SILENCE;
            instrument.control(&Timbre::default());
            instrument.render_add(&mut out);
            sound.extend_from_slice(&out.channels[0]);
        }
        sound
    }

    fn power(sound: &[f32], from_s: f32, to_s: f32) -> f32 {
        let window = &sound[(from_s * RATE) as usize..(to_s * RATE) as usize];
        window.iter().map(|x| x * x).sum::<f32>() / window.len() as f32
    }

    #[test]
    fn what_rises_is_loudest_at_its_end_and_stops_there() {
        for row in [&RISER, &SWELL] {
            for length_s in [1.0, 2.7] {
                let sound = play(row, length_s, length_s, length_s + 0.5);
                let steps =
                    [0.2, 0.5, 0.75, 0.97].map(|x| power(&sound, (x - 0.15) * length_s, x * length_s));
                assert!(steps.windows(2).all(|pair| pair[1] > 1.5 * pair[0]), "{}: {steps:?}", row.id);
                let after = &sound[((length_s + 0.008) * RATE) as usize..];
                assert!(after.iter().all(|&x| x == 0.0), "{} goes on after its end", row.id);
            }
        }
    }

    #[test]
    fn what_falls_falls_and_what_is_let_go_ends_soon() {
        let sound = play(&DOWNER, 2.0, 2.0, 2.5);
        assert!(power(&sound, 0.05, 0.3) > 4.0 * power(&sound, 1.2, 1.5));
        let sound = play(&RISER, 4.0, 1.0, 2.0);
        assert!(power(&sound, 0.9, 1.0) > 0.0);
        assert!(sound[(1.1 * RATE) as usize..].iter().all(|&x| x == 0.0));
    }
}
