//! What scenes are made of: layers of noise, hums and calls, each known by the place in the song.
//! Source: own; see [`scenes`](super::scenes). In/out: a row of a scene and a place in; added to a [`Sound`], as stereo, as
//! a field and as what two ears hear, whatever of it is wanted. A field's W is as loud as one side of the stereo.

use super::ambience::Place;
use super::binaural;
use super::field::{Direction, Field};
use super::scenes::{Bearing, Calls, Hum, Layer, MAX_LAYERS, Motion, Waves};
use crate::dsp::filter::{Filter, Response};
use crate::dsp::simd::vectorised;
use crate::dsp::{math, noise};
use crate::instrument::Stereo;
use crate::random::{Domain, pick, value};
use crate::units::{QUANTUM, db_to_gain, octaves_to_ratio};
use arrayvec::ArrayVec;

/// Which renderings are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// For two loudspeakers.
    pub stereo: bool,
    /// A field of first order.
    pub field: bool,
    /// For two ears.
    pub ears: bool,
}

/// One quantum of ambience.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sound {
    /// For two loudspeakers.
    pub stereo: Stereo,
    /// The noise as a field.
    pub noise: Field,
    /// Hums and calls as a field.
    pub points: Field,
    /// Hums and calls as two ears hear them.
    pub ears: Stereo,
}

impl Sound {
    /// Nothing.
    pub const SILENCE: Sound = Sound {
        stereo: Stereo::SILENCE,
        noise: Field::SILENCE,
        points: Field::SILENCE,
        ears: Stereo::SILENCE,
    };

    /// Everything, two channels at a time.
    pub(super) fn pairs_mut(&mut self) -> [&mut Stereo; 6] {
        let ([a, b], [c, d]) = (self.noise.pairs.each_mut(), self.points.pairs.each_mut());
        [&mut self.stereo, a, b, c, d, &mut self.ears]
    }
}

/// A field's W stands for the mean of two sides: a tone panned at constant power has half its power in each.
const ONE_SIDE: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// The filters of one layer.
#[derive(Clone, Copy, Default)]
pub struct Shaping {
    stereo: PairShaping,
    field: [PairShaping; 2],
    level: Knots,
    hz: Knots,
}

/// Slow curves are worked out at knots of song time, so far apart, s, with straight lines between: what wanders turns
/// eleven times a second at most (fire), so a line strays from it by less than a hundredth of a dB or an octave. A wave that rises
/// fast has eight knots on its way.
const KNOTS_S: f32 = 0.005;
const KNOTS_OF_A_RISE: f32 = 8.0;

/// Two neighboring knots of a slow curve: what a place has already worked out.
#[derive(Clone, Copy, Default)]
struct Knots {
    /// Seed, frames per second and intensity they hold for, and which knot is the first.
    made_for: Option<(u64, f64, f32, i64)>,
    values: [f32; 2],
}

impl Knots {
    /// The curve so many frames into the quantum, with knots every so many frames; `curve` takes a song time, s.
    fn at(&mut self, place: &Place, every: i64, frames: usize, curve: impl Fn(f64) -> f32) -> f32 {
        let frame = place.frame + frames as i64;
        let (knot, beyond) = (frame.div_euclid(every), frame.rem_euclid(every));
        let wanted = |knot: i64| Some((place.seed, place.rate, place.intensity, knot));
        if self.made_for != wanted(knot) {
            let value = |knot: i64| curve((knot * every) as f64 / place.rate);
            let first = if self.made_for == wanted(knot - 1) { self.values[1] } else { value(knot) };
            (self.made_for, self.values) = (wanted(knot), [first, value(knot + 1)]);
        }
        let [from, to] = self.values;
        from + (to - from) * (beyond as f32 / every as f32)
    }
}

/// Gain of a layer at a song time, s; `index` is its place in the scene.
fn level_at(layer: &Layer, index: i64, place: &Place, time_s: f64) -> f32 {
    // White noise spreads its power up to half the rate: the same level per Hz at every rate.
    let rate_gain = (place.rate as f32 * (1.0 / 48_000.0)).sqrt();
    let base_db = layer.gain_db + layer.storm.0 * (place.intensity - 0.5);
    rate_gain
        * match layer.motion {
            Motion::Wander(depth_db, rate_hz) => db_to_gain(
                base_db + depth_db * noise::wander(place.seed, 64 + index, time_s * f64::from(rate_hz)),
            ),
            Motion::Waves(waves) => db_to_gain(base_db) * waves_at(&waves, time_s, place),
        }
}

/// Corner of a layer's color at a song time, s.
fn hz_at(layer: &Layer, index: i64, place: &Place, time_s: f64) -> f32 {
    let (octaves, rate_hz) = layer.wander;
    let wander = noise::wander(place.seed, 128 + index, time_s * f64::from(rate_hz));
    layer.hz * octaves_to_ratio(octaves * wander + layer.storm.1 * (place.intensity - 0.5))
}

/// Those of two channels.
#[derive(Clone, Copy, Default)]
struct PairShaping {
    color: Filter,
    /// Rounds the edges of grains: a drop or a spark swells within a millisecond, it does not jump.
    soften: Filter,
}

/// What a layer's filters are set to, and its level at the ends of the quantum.
struct Course {
    response: Response,
    hz: f32,
    q: f32,
    grains: bool,
    rate_hz: f32,
    from: f32,
    to: f32,
}

impl Course {
    /// Adds what has been filtered.
    fn add(&self, block: &Stereo, out: &mut Stereo) {
        let step = (self.to - self.from) / QUANTUM as f32;
        for (out, block) in out.channels.iter_mut().zip(&block.channels) {
            for (t, (out, block)) in out.iter_mut().zip(block).enumerate() {
                *out += block * (self.from + step * (t + 1) as f32);
            }
        }
    }
}

impl PairShaping {
    /// Aims the filters.
    fn set(&mut self, course: &Course) {
        self.color.set(course.response, course.hz, course.q, course.rate_hz);
        if course.grains {
            self.soften.set(Response::Low, course.hz, 0.7, course.rate_hz);
        }
    }

    /// Filters a pair of channels and adds it.
    fn shape_add(&mut self, course: &Course, block: &mut Stereo, out: &mut Stereo) {
        self.set(course);
        self.color.process(block);
        if course.grains {
            self.soften.process(block);
        }
        course.add(block, out);
    }
}

/// Adds the layers of a scene; the filters of what loudspeakers hear walk side by side.
pub fn layers_add<'a>(
    layers: impl Iterator<Item = (&'a Layer, &'a mut Shaping)>,
    place: &Place,
    wanted: Wanted,
    out: &mut Sound,
) {
    let mut courses = ArrayVec::<Course, MAX_LAYERS>::new();
    let mut blocks = ArrayVec::<Stereo, MAX_LAYERS>::new();
    let mut shapings = ArrayVec::<&mut PairShaping, MAX_LAYERS>::new();
    for (index, (layer, shaping)) in layers.take(MAX_LAYERS).enumerate() {
        let index = index as i64;
        let Some(course) = course(layer, index, &mut shaping.level, &mut shaping.hz, place) else { continue };
        let keys = [place.key(2 * index), place.key(2 * index + 1)];
        if wanted.field || wanted.ears {
            let mut field = layer_field(layer, index, keys, place);
            let pairs = field.pairs.iter_mut().zip(&mut out.noise.pairs);
            for ((pair, out), shaping) in pairs.zip(&mut shaping.field) {
                shaping.shape_add(&course, pair, out);
            }
        }
        if wanted.stereo {
            let mut block = Stereo::SILENCE;
            noise::stereo(keys, place.frame as u32, layer.width, &mut block);
            if course.grains {
                noise::thin(keys[0], place.frame as u32, grain_chance(layer, place), &mut block);
            }
            shaping.stereo.set(&course);
            shapings.push(&mut shaping.stereo);
            blocks.push(block);
            courses.push(course);
        }
    }
    Filter::process_each(shapings.iter_mut().map(|shaping| &mut shaping.color).zip(&mut blocks));
    let grained = shapings.iter_mut().zip(&mut blocks).zip(&courses).filter(|(_, course)| course.grains);
    Filter::process_each(grained.map(|((shaping, block), _)| (&mut shaping.soften, block)));
    for (course, block) in courses.iter().zip(&blocks) {
        course.add(block, &mut out.stereo);
    }
}

/// Where a layer is heading in this quantum; none when it cannot be heard. `index` is its place in the scene.
fn course(layer: &Layer, index: i64, level: &mut Knots, hz: &mut Knots, place: &Place) -> Option<Course> {
    let knots_s = match layer.motion {
        Motion::Wander(..) => KNOTS_S,
        Motion::Waves(waves) => (waves.rise_s.min(waves.fall_s) * (1.0 / KNOTS_OF_A_RISE)).min(KNOTS_S),
    };
    let every = ((f64::from(knots_s) * place.rate) as i64).max(1);
    let [from, to] = [0, QUANTUM]
        .map(|frames| level.at(place, every, frames, |time_s| level_at(layer, index, place, time_s)));
    if from.max(to) < 1e-7 {
        return None;
    }
    Some(Course {
        response: layer.response,
        hz: hz.at(place, every, QUANTUM, |time_s| hz_at(layer, index, place, time_s)),
        q: layer.q,
        grains: layer.grains_hz.1 > 0.0,
        rate_hz: place.rate as f32,
        from,
        to,
    })
}

/// Grains per frame.
fn grain_chance(layer: &Layer, place: &Place) -> f32 {
    let octaves = math::log2(layer.grains_hz.1 / layer.grains_hz.0);
    layer.grains_hz.0 * octaves_to_ratio(octaves * place.intensity) / place.rate as f32
}

/// The noise of a layer before its filters. W is the left side of the stereo. A part of it comes from the bearing, the
/// rest from everywhere: steady noise by three more noises of a third of its power (what a diffuse field has in Y, Z and
/// X, SN3D), grains each from a direction of its own.
fn layer_field(layer: &Layer, index: i64, keys: [u32; 2], place: &Place) -> Field {
    let frame = place.frame as u32;
    let mut field = Field::SILENCE;
    {
        let [[w, y], [z, x]] = field.pairs.each_mut().map(|pair| pair.channels.each_mut());
        noise::white(keys[0], frame, w);
        noise::white(keys[1], frame, y);
        noise::white(place.key(512 + 2 * index), frame, z);
        noise::white(place.key(513 + 2 * index), frame, x);
    }
    let grains = layer.grains_hz.1 > 0.0;
    let spread = layer.bearing.spread;
    let point = (1.0 - spread * spread).max(0.0).sqrt();
    let [start, end] = [0, QUANTUM].map(|frames| bearing_at(&layer.bearing, index, place, frames).parts());
    let [[w, y], [z, x]] = field.pairs.each_mut().map(|pair| pair.channels.each_mut());
    for t in 0..QUANTUM {
        let part = (t + 1) as f32 / QUANTUM as f32;
        let toward: [f32; 3] = std::array::from_fn(|i| point * (start[i] + (end[i] - start[i]) * part));
        let around = [y[t], z[t], x[t]];
        [y[t], z[t], x[t]] = if grains {
            let length = (around[0] * around[0] + around[1] * around[1] + around[2] * around[2]).sqrt();
            let own = spread * w[t] / length.max(1e-3);
            std::array::from_fn(|i| w[t] * toward[i] + own * around[i])
        } else {
            std::array::from_fn(|i| w[t] * toward[i] + spread * 0.577_350_3 * around[i])
        };
    }
    if grains {
        let chance = grain_chance(layer, place);
        for pair in &mut field.pairs {
            noise::thin(keys[0], frame, chance, pair);
        }
    }
    field
}

/// Where a layer comes from at a moment.
fn bearing_at(bearing: &Bearing, index: i64, place: &Place, frames: usize) -> Direction {
    let (roam_deg, rate_hz) = bearing.roam;
    let roam = match roam_deg {
        0.0 => 0.0,
        _ => roam_deg * noise::wander(place.seed, 256 + index, place.time_s(frames) * f64::from(rate_hz)),
    };
    Direction::new(bearing.azimuth_deg + roam, bearing.elevation_deg)
}

/// Level of the waves about a time: the neighbours overlap, the strongest is heard.
fn waves_at(waves: &Waves, time_s: f64, place: &Place) -> f32 {
    let every_s = f64::from(waves.every_s);
    let time_s = time_s - f64::from(waves.late_s);
    let cell = libm::floor(time_s / every_s) as i64;
    let chance = waves.chance * (0.5 + place.intensity);
    let mut level = 0.0f32;
    for k in cell - 1..=cell + 2 {
        let random = |what: i64| value(place.seed, Domain::Ambience, k, 8 * waves.stream + what);
        if random(0) as f32 >= chance {
            continue;
        }
        let peak_s = (k as f64 + f64::from(waves.stray) * (2.0 * random(1) - 1.0)) * every_s;
        let off_s = (time_s - peak_s) as f32;
        let x = if off_s < 0.0 { 1.0 + off_s / waves.rise_s } else { 1.0 - off_s / waves.fall_s };
        let strength = 0.55 + 0.45 * random(2) as f32;
        level = level.max(strength * (x.max(0.0) * x.max(0.0)));
    }
    level
}

/// A tone on its way to loudspeakers, field and ears: gains and directions at both ends of the quantum.
struct Point {
    stereo: [f32; 2],
    /// Level in W.
    level: f32,
    /// Unset where only loudspeakers listen.
    course: [Direction; 2],
}

impl Point {
    /// `course` is asked only where directions are heard.
    fn new(level: f32, pan: f32, wanted: Wanted, course: impl FnOnce() -> [Direction; 2]) -> Point {
        let angle = 0.125 * (1.0 + pan);
        let nowhere = Direction { x: 0.0, y: 0.0, z: 0.0 };
        let course = if wanted.field || wanted.ears { course() } else { [nowhere; 2] };
        Point {
            stereo: [math::cos_cycles(angle), math::sin_cycles(angle)].map(|side| level * side),
            level: level * ONE_SIDE,
            course,
        }
    }

    /// Direction part of the way.
    fn parts_at(&self, part: f32) -> [f32; 3] {
        let [from, to] = self.course.map(Direction::parts);
        std::array::from_fn(|i| from[i] + (to[i] - from[i]) * part)
    }

    /// Adds a tone known at any time: `wave` takes a frame and a time relative to it, s.
    #[inline(always)]
    fn add(&self, wanted: Wanted, hz: f32, wave: impl Fn(usize, f32) -> f32, out: &mut Sound) {
        if wanted.stereo || wanted.field {
            let mut tone = [0.0; QUANTUM];
            vectorised!(draw(&wave, &mut tone));
            let [left, right] = &mut out.stereo.channels;
            for ((left, right), y) in left.iter_mut().zip(right).zip(tone) {
                *left += y * self.stereo[0];
                *right += y * self.stereo[1];
            }
            if wanted.field {
                for (t, y) in tone.into_iter().enumerate() {
                    let parts = self.parts_at((t + 1) as f32 / QUANTUM as f32);
                    out.points.add_point(t, y * self.level, parts);
                }
            }
        }
        if wanted.ears {
            // What the ears do at both ends of the way.
            let [from, to] = self.course.map(binaural::ears);
            for (channel, (from, to)) in out.ears.channels.iter_mut().zip(from.into_iter().zip(to)) {
                let [from, to] = [from, to].map(|ear| (ear.delay_s, ear.gain(hz)));
                for (t, sample) in channel.iter_mut().enumerate() {
                    let part = (t + 1) as f32 / QUANTUM as f32;
                    let late_s = from.0 + (to.0 - from.0) * part;
                    *sample += self.level * (from.1 + (to.1 - from.1) * part) * wave(t, -late_s);
                }
            }
        }
    }
}

/// A quantum of a wave.
#[inline(always)]
fn draw(wave: impl Fn(usize, f32) -> f32, tone: &mut [f32; QUANTUM]) {
    for (t, sample) in tone.iter_mut().enumerate() {
        *sample = wave(t, 0.0);
    }
}

/// Adds a hum.
pub fn hum_add(hum: &Hum, index: i64, place: &Place, wanted: Wanted, out: &mut Sound) {
    let time_s = place.time_s(0);
    let level_db =
        hum.gain_db + 6.0 * (place.intensity - 0.5) + noise::wander(place.seed, 192 + index, time_s * 0.3);
    let cycles = time_s * f64::from(hum.hz);
    let (phase, step) = ((cycles - libm::floor(cycles)) as f32, hum.hz / place.rate as f32);
    let point =
        Point::new(db_to_gain(level_db), hum.pan, wanted, || [Direction::new(-90.0 * hum.pan, 0.0); 2]);
    let wave = |t: usize, off_s: f32| math::sin_cycles(phase + step * t as f32 + hum.hz * off_s);
    point.add(wanted, hum.hz, wave, out);
}

/// Adds what sounds of the calls.
pub fn calls_add(calls: &Calls, index: i64, place: &Place, wanted: Wanted, out: &mut Sound) {
    let every_s = f64::from(calls.every_s);
    let now_s = place.time_s(0);
    let cell = libm::floor(now_s / every_s) as i64;
    let chance = calls.chance.0 + (calls.chance.1 - calls.chance.0) * place.intensity;
    // A syllable that begins inside the quantum, and the last wave on its way around the head.
    let (early_s, late_s) = (QUANTUM as f64 / place.rate + 1e-3, 1e-3);
    for k in cell - 1..=cell {
        let random = |what: i64| value(place.seed, Domain::Ambience, k, 1000 + 64 * index + what);
        if random(0) as f32 >= chance {
            continue;
        }
        let start_s = (k as f64 + 0.5 * random(1)) * every_s;
        let (lowest, most) = calls.syllables;
        let count = lowest + pick(place.seed, Domain::Ambience, k, 1002 + 64 * index, most - lowest + 1);
        let (length_s, distance_s) = calls.syllable_s;
        let octaves = math::log2(calls.hz.1 / calls.hz.0);
        let pan = 1.6 * random(3) as f32 - 0.8;
        let level_db = calls.gain_db - 9.0 * random(4) as f32;
        for n in 0..count {
            let at_s = now_s - start_s - f64::from(n as f32 * distance_s);
            if at_s < -early_s || at_s > f64::from(length_s) + late_s {
                continue;
            }
            let hz = calls.hz.0 * octaves_to_ratio(octaves * random(5 + i64::from(n % 3)) as f32);
            let quantum_s = QUANTUM as f64 / place.rate;
            let course = || {
                [0.0, quantum_s].map(|ahead_s| {
                    caller_at(calls, pan, [8, 9, 10].map(random), (now_s + ahead_s - start_s) as f32)
                })
            };
            let point = Point::new(db_to_gain(level_db), pan, wanted, course);
            syllable_add(
                &Syllable { at_s: at_s as f32, length_s, hz, slide: calls.slide, point },
                place,
                wanted,
                out,
            );
        }
    }
}

/// Where the one who calls is, so long after the call began: on the side that pan says, ahead or behind, at a height of
/// its own, and on its way.
fn caller_at(calls: &Calls, pan: f32, random: [f64; 3], since_s: f32) -> Direction {
    let [behind, height, way] = random.map(|x| x as f32);
    let side_deg = -90.0 * pan;
    let azimuth_deg = if behind < 0.5 { side_deg } else { 180.0 - side_deg };
    let (lowest_deg, highest_deg) = calls.elevation_deg;
    let moved_deg = calls.flight_deg_s * (2.0 * way - 1.0) * since_s;
    Direction::new(azimuth_deg + moved_deg, lowest_deg + (highest_deg - lowest_deg) * height)
}

/// A tone that slides, under a smooth arch.
struct Syllable {
    at_s: f32,
    length_s: f32,
    hz: f32,
    slide: f32,
    point: Point,
}

fn syllable_add(syllable: &Syllable, place: &Place, wanted: Wanted, out: &mut Sound) {
    let to_hz = syllable.hz * octaves_to_ratio(syllable.slide);
    if to_hz.max(syllable.hz) > 0.45 * place.rate as f32 {
        return;
    }
    let bend = 0.5 * (to_hz - syllable.hz) / syllable.length_s;
    let wave = |t: usize, off_s: f32| {
        let time_s = syllable.at_s + t as f32 / place.rate as f32 + off_s;
        if !(0.0..=syllable.length_s).contains(&time_s) {
            return 0.0;
        }
        let arch = math::sin_cycles(0.5 * time_s / syllable.length_s);
        // The phase of a straight slide is a parabola: known at any moment.
        math::sin_cycles(time_s * (syllable.hz + bend * time_s)) * arch * arch
    };
    syllable.point.add(wanted, 0.5 * (syllable.hz + to_hz), wave, out);
}
