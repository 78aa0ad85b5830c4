//! The ambience stem: wind, rain, sea, rooms, endless and without loops, known by the place in the song.
//! Source: MUSIC 8 #23; scenes in [`scenes`](super::scenes). Noise is a hash of seed and song frame, every slow motion a
//! function of song time: from any locate the same sound follows as soon as the filters have forgotten.
//! In/out: a position and an intensity in, one stereo quantum out at about -45 dBFS RMS. Cost: an estimated 45 ns per frame.

use super::scenes::{Calls, Hum, Layer, MAX_LAYERS, Motion, SCENES, SceneRow, Waves};
use crate::dsp::filter::{Filter, Response};
use crate::dsp::{math, noise};
use crate::instrument::{Spec, Stereo};
use crate::random::{Domain, mix64, pick, value};
use crate::units::{QUANTUM, db_to_gain, octaves_to_ratio};

/// Time for one scene to give way to another, s. Taste.
const CHANGE_S: f64 = 1.5;
/// Time constant of the intensity, s: weather does not jump.
const INTENSITY_S: f64 = 0.25;

/// The filters of one layer.
#[derive(Clone, Copy, Default)]
struct Shaping {
    color: Filter,
    /// Rounds the edges of grains: a drop or a spark swells within a millisecond, it does not jump.
    soften: Filter,
}

/// One scene that plays.
struct Playing {
    scene: Option<usize>,
    shaping: [Shaping; MAX_LAYERS],
}

impl Playing {
    fn new(scene: Option<usize>) -> Playing {
        Playing { scene, shaping: [Shaping::default(); MAX_LAYERS] }
    }
}

/// The ninth stem.
pub struct Ambience {
    rate: f64,
    seed: u64,
    now: Playing,
    before: Playing,
    /// 0 all `before` .. 1 all `now`.
    change: f32,
    change_step: f32,
    wanted: Option<usize>,
    intensity: f32,
    intensity_target: f32,
    intensity_step: f32,
    started: bool,
}

/// Where and how the sound of a quantum is made.
#[derive(Clone, Copy)]
struct Place {
    seed: u64,
    frame: i64,
    rate: f64,
    intensity: f32,
}

impl Place {
    /// Song time so many frames into the quantum, s.
    fn time_s(&self, frames: usize) -> f64 {
        (self.frame + frames as i64) as f64 / self.rate
    }

    /// Key of a stream of noise: the upper half of the frame goes in here, the lower into the hash.
    fn key(&self, stream: i64) -> u32 {
        noise::key(mix64(self.seed ^ (self.frame >> 32) as u64), stream)
    }
}

impl Ambience {
    /// Silent until a scene is set.
    pub fn new(spec: &Spec, seed: u64) -> Ambience {
        let quantum_s = QUANTUM as f64 / spec.sample_rate_hz;
        Ambience {
            rate: spec.sample_rate_hz,
            seed,
            now: Playing::new(None),
            before: Playing::new(None),
            change: 1.0,
            change_step: (quantum_s / CHANGE_S).min(1.0) as f32,
            wanted: None,
            intensity: 0.5,
            intensity_target: 0.5,
            intensity_step: 1.0 - math::exp(-(quantum_s / INTENSITY_S) as f32),
            started: false,
        }
    }

    /// Takes another seed; the sound changes where the noise changes, without a click.
    pub fn set_seed(&mut self, seed: u64) {
        self.seed = seed;
    }

    /// Asks for a scene (row of [`SCENES`], `None` for silence) at an intensity of 0 still .. 1 stormy. Call as often as
    /// wanted; a new scene fades in, an intensity is followed.
    pub fn set(&mut self, scene: Option<usize>, intensity: f32) {
        self.wanted = scene.filter(|&index| index < SCENES.len());
        if !intensity.is_nan() {
            self.intensity_target = intensity.clamp(0.0, 1.0);
        }
        if !self.started {
            self.now.scene = self.wanted;
            self.intensity = self.intensity_target;
        }
    }

    /// True when the next quantum is zeros unless a scene is set.
    pub fn is_silent(&self) -> bool {
        self.now.scene.is_none() && self.change >= 1.0 && self.wanted.is_none()
    }

    /// Silence; afterwards equal to a fresh one with the same seed, scene and intensity.
    pub fn reset(&mut self) {
        self.now = Playing::new(self.wanted);
        self.before = Playing::new(None);
        self.change = 1.0;
        self.intensity = self.intensity_target;
        self.started = false;
    }

    /// Makes the quantum that begins at a song frame (may be negative, may jump). Overwrites `out`.
    pub fn process(&mut self, position_frames: i64, out: &mut Stereo) {
        *out = Stereo::SILENCE;
        self.started = true;
        if self.change >= 1.0 && self.wanted != self.now.scene {
            std::mem::swap(&mut self.before, &mut self.now);
            self.now = Playing::new(self.wanted);
            self.change = 0.0;
        }
        self.intensity += self.intensity_step * (self.intensity_target - self.intensity);
        let place =
            Place { seed: self.seed, frame: position_frames, rate: self.rate, intensity: self.intensity };
        if self.change >= 1.0 {
            self.now.render(&place, out);
            return;
        }
        let mut old = Stereo::SILENCE;
        self.before.render(&place, &mut old);
        self.now.render(&place, out);
        for (now, old) in out.channels.iter_mut().zip(&old.channels) {
            for (t, (now, old)) in now.iter_mut().zip(old).enumerate() {
                let part = (self.change + self.change_step * (t + 1) as f32 / QUANTUM as f32).min(1.0);
                // Two different noises: their powers add, so the gains lie on a circle.
                *now = *now * math::sin_cycles(0.25 * part) + old * math::cos_cycles(0.25 * part);
            }
        }
        self.change = (self.change + self.change_step).min(1.0);
    }
}

impl Playing {
    fn render(&mut self, place: &Place, out: &mut Stereo) {
        let Some(scene) = self.scene.and_then(|index| SCENES.get(index)) else { return };
        let SceneRow { layers, hums, calls, .. } = scene;
        for (index, (layer, shaping)) in layers.iter().zip(&mut self.shaping).enumerate() {
            layer_add(layer, index as i64, shaping, place, out);
        }
        for (index, hum) in hums.iter().enumerate() {
            hum_add(hum, index as i64, place, out);
        }
        for (index, calls) in calls.iter().enumerate() {
            calls_add(calls, index as i64, place, out);
        }
    }
}

fn layer_add(layer: &Layer, index: i64, shaping: &mut Shaping, place: &Place, out: &mut Stereo) {
    let storm = place.intensity - 0.5;
    // White noise spreads its power up to half the rate: the same level per Hz at every rate.
    let rate_db = crate::units::gain_to_db((place.rate as f32 * (1.0 / 48_000.0)).sqrt());
    let base_db = layer.gain_db + layer.storm.0 * storm + rate_db;
    let [from, to] = [0, QUANTUM].map(|frames| {
        let time_s = place.time_s(frames);
        match layer.motion {
            Motion::Wander(depth_db, rate_hz) => db_to_gain(
                base_db + depth_db * noise::wander(place.seed, 64 + index, time_s * f64::from(rate_hz)),
            ),
            Motion::Waves(waves) => db_to_gain(base_db) * waves_at(&waves, time_s, place),
        }
    });
    if from.max(to) < 1e-7 {
        return;
    }
    let keys = [place.key(2 * index), place.key(2 * index + 1)];
    let mut block = Stereo::SILENCE;
    noise::stereo(keys, place.frame as u32, layer.width, &mut block);
    if layer.grains_hz.1 > 0.0 {
        let octaves = math::log2(layer.grains_hz.1 / layer.grains_hz.0);
        let grains_hz = layer.grains_hz.0 * octaves_to_ratio(octaves * place.intensity);
        noise::thin(keys[0], place.frame as u32, grains_hz / place.rate as f32, &mut block);
    }
    let (octaves, rate_hz) = layer.wander;
    let wander = noise::wander(place.seed, 128 + index, place.time_s(QUANTUM) * f64::from(rate_hz));
    let hz = layer.hz * octaves_to_ratio(octaves * wander + layer.storm.1 * storm);
    shaping.color.set(layer.response, hz, layer.q, place.rate as f32);
    shaping.color.process(&mut block);
    if layer.grains_hz.1 > 0.0 {
        shaping.soften.set(Response::Low, hz, 0.7, place.rate as f32);
        shaping.soften.process(&mut block);
    }
    let step = (to - from) / QUANTUM as f32;
    for (out, block) in out.channels.iter_mut().zip(&block.channels) {
        for (t, (out, block)) in out.iter_mut().zip(block).enumerate() {
            *out += block * (from + step * (t + 1) as f32);
        }
    }
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

fn hum_add(hum: &Hum, index: i64, place: &Place, out: &mut Stereo) {
    let time_s = place.time_s(0);
    let level_db =
        hum.gain_db + 6.0 * (place.intensity - 0.5) + noise::wander(place.seed, 192 + index, time_s * 0.3);
    let angle = 0.125 * (1.0 + hum.pan);
    let gains = [math::cos_cycles(angle), math::sin_cycles(angle)].map(|side| db_to_gain(level_db) * side);
    let cycles = time_s * f64::from(hum.hz);
    let (phase, step) = ((cycles - libm::floor(cycles)) as f32, hum.hz / place.rate as f32);
    let [left, right] = &mut out.channels;
    for (t, (left, right)) in left.iter_mut().zip(right).enumerate() {
        let y = math::sin_cycles(phase + step * t as f32);
        *left += y * gains[0];
        *right += y * gains[1];
    }
}

fn calls_add(calls: &Calls, index: i64, place: &Place, out: &mut Stereo) {
    let every_s = f64::from(calls.every_s);
    let cell = libm::floor(place.time_s(0) / every_s) as i64;
    let chance = calls.chance.0 + (calls.chance.1 - calls.chance.0) * place.intensity;
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
            let at_s = place.time_s(0) - start_s - f64::from(n as f32 * distance_s);
            if at_s < -1e-3 || at_s > f64::from(length_s) {
                continue;
            }
            let hz = calls.hz.0 * octaves_to_ratio(octaves * random(5 + i64::from(n % 3)) as f32);
            syllable_add(
                &Syllable { at_s: at_s as f32, length_s, hz, slide: calls.slide, level_db, pan },
                place,
                out,
            );
        }
    }
}

/// A tone that slides, under a smooth arch.
struct Syllable {
    at_s: f32,
    length_s: f32,
    hz: f32,
    slide: f32,
    level_db: f32,
    pan: f32,
}

fn syllable_add(syllable: &Syllable, place: &Place, out: &mut Stereo) {
    let to_hz = syllable.hz * octaves_to_ratio(syllable.slide);
    if to_hz.max(syllable.hz) > 0.45 * place.rate as f32 {
        return;
    }
    let angle = 0.125 * (1.0 + syllable.pan);
    let gains =
        [math::cos_cycles(angle), math::sin_cycles(angle)].map(|side| db_to_gain(syllable.level_db) * side);
    let bend = 0.5 * (to_hz - syllable.hz) / syllable.length_s;
    let [left, right] = &mut out.channels;
    for (t, (left, right)) in left.iter_mut().zip(right).enumerate() {
        let time_s = syllable.at_s + t as f32 / place.rate as f32;
        if !(0.0..=syllable.length_s).contains(&time_s) {
            continue;
        }
        let arch = math::sin_cycles(0.5 * time_s / syllable.length_s);
        // The phase of a straight slide is a parabola: known at any moment.
        let y = math::sin_cycles(time_s * (syllable.hz + bend * time_s)) * arch * arch;
        *left += y * gains[0];
        *right += y * gains[1];
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "measurements may use the platform's functions")]
mod tests {
    use super::super::scenes::find;
    use super::*;

    fn play(ambience: &mut Ambience, from: i64, quanta: usize) -> Vec<[f32; 2]> {
        let mut sound = Vec::new();
        for quantum in 0..quanta {
            let mut out = Stereo::SILENCE;
            ambience.process(from + (quantum * QUANTUM) as i64, &mut out);
            sound.extend(out.channels[0].iter().zip(&out.channels[1]).map(|(&l, &r)| [l, r]));
        }
        sound
    }

    fn ambience(scene: usize, intensity: f32, rate: f64) -> Ambience {
        let mut ambience = Ambience::new(&Spec { sample_rate_hz: rate }, 42);
        ambience.set(Some(scene), intensity);
        ambience
    }

    fn rms_db(sound: &[[f32; 2]]) -> f64 {
        let power: f64 = sound.as_flattened().iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        10.0 * (power / (2.0 * sound.len() as f64)).max(1e-30).log10()
    }

    #[test]
    fn rows_have_unique_ids_and_fit() {
        for (index, scene) in SCENES.iter().enumerate() {
            assert_eq!(find(scene.id), Some(index));
            assert!(scene.layers.len() <= MAX_LAYERS && scene.doc.ends_with('.') && !scene.name.is_empty());
        }
        assert_eq!(find("moon"), None);
    }

    #[test]
    fn scenes_lie_under_the_music_and_grow_with_intensity() {
        for (index, scene) in SCENES.iter().enumerate() {
            let level_db =
                |intensity| rms_db(&play(&mut ambience(index, intensity, 48_000.0), 48_000, 15_000));
            let (still, middle, storm) = (level_db(0.0), level_db(0.5), level_db(1.0));
            assert!((-52.0..-38.0).contains(&middle), "{}: {middle} dB", scene.id);
            assert!(
                still < middle - 1.5 && middle + 1.5 < storm && storm < -24.0,
                "{}: {still} {middle} {storm}",
                scene.id
            );
        }
    }

    #[test]
    fn from_a_locate_the_same_sound_follows() {
        for (index, scene) in SCENES.iter().enumerate() {
            let through = play(&mut ambience(index, 0.5, 48_000.0), 0, 4500);
            let located = play(&mut ambience(index, 0.5, 48_000.0), 48_000, 3000);
            let after = 24_000;
            let residue: Vec<[f32; 2]> = through[48_000 + after..]
                .iter()
                .zip(&located[after..])
                .map(|(a, b)| [a[0] - b[0], a[1] - b[1]])
                .collect();
            assert!(rms_db(&residue) < -120.0, "{}: {} dB apart", scene.id, rms_db(&residue));
            assert!(rms_db(&located) > -60.0);
        }
    }

    #[test]
    fn sounds_are_stereo_finite_without_offset_at_any_rate_and_place() {
        for (index, scene) in SCENES.iter().enumerate() {
            for rate in [1000.0, 44_100.0, 768_000.0] {
                for from in [-5_000_000_000i64, -100, 1 << 40] {
                    let sound = play(&mut ambience(index, 1.0, rate), from, 400);
                    assert!(
                        sound.as_flattened().iter().all(|x| x.is_finite() && x.abs() < 1.0),
                        "{} {rate}",
                        scene.id
                    );
                }
            }
            let sound = play(&mut ambience(index, 0.5, 48_000.0), 0, 30_000);
            let mean: f64 = sound.iter().map(|frame| f64::from(frame[0])).sum::<f64>() / sound.len() as f64;
            assert!(mean.abs() < 1e-4, "{}: offset {mean}", scene.id);
            assert!(sound.iter().any(|frame| frame[0] != frame[1]));
        }
    }

    #[test]
    fn scenes_change_without_a_gap_and_reset_equals_fresh() {
        let (wind, rain) = (find("wind").unwrap_or(0), find("rain").unwrap_or(0));
        let mut used = ambience(wind, 0.5, 48_000.0);
        let before = play(&mut used, 0, 3000);
        used.set(Some(rain), 0.5);
        let during = play(&mut used, 96_000, 1500);
        assert!((rms_db(&during) - rms_db(&before)).abs() < 8.0);
        used.set(None, 0.5);
        play(&mut used, 144_000, 6000);
        assert!(used.is_silent());
        assert_eq!(play(&mut used, 400_000, 4), vec![[0.0; 2]; 128]);
        used.set(Some(rain), 0.8);
        play(&mut used, 500_000, 100);
        used.reset();
        assert_eq!(play(&mut used, 0, 500), play(&mut ambience(rain, 0.8, 48_000.0), 0, 500));
    }
}
