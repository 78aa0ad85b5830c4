//! The ambience stem: wind, rain, sea, rooms, endless and without loops, known by the place in the song.
//! Source: MUSIC 8 #23; scenes in [`scenes`](super::scenes). Noise is a hash of seed and song frame, every slow motion a
//! function of song time: from any locate the same sound follows as soon as the filters have forgotten.
//! In/out: a position and an intensity in; one quantum out at about -45 dBFS RMS, for loudspeakers, as a field, for ears.
//! Cost: about 45 ns per frame in stereo, twice that as a field.

use super::elements::{Shaping, Sound, Wanted, calls_add, hum_add, layers_add};
use super::scenes::{MAX_LAYERS, SCENES, SceneRow};
use crate::dsp::{math, noise};
use crate::instrument::Spec;
use crate::random::mix64;
use crate::units::QUANTUM;

/// Time for one scene to give way to another, s. Taste.
const CHANGE_S: f64 = 1.5;
/// Time constant of the intensity, s: weather does not jump.
const INTENSITY_S: f64 = 0.25;

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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The seed of the piece.
    pub seed: u64,
    /// First frame of the quantum in the song.
    pub frame: i64,
    /// Frames per second.
    pub rate: f64,
    /// 0 still .. 1 stormy.
    pub intensity: f32,
}

impl Place {
    /// Song time so many frames into the quantum, s.
    pub fn time_s(&self, frames: usize) -> f64 {
        (self.frame + frames as i64) as f64 / self.rate
    }

    /// Key of a stream of noise: the upper half of the frame goes in here, the lower into the hash.
    pub fn key(&self, stream: i64) -> u32 {
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

    /// Makes the quantum that begins at a song frame (may be negative, may jump). Overwrites what is wanted of `out`.
    pub fn process(&mut self, position_frames: i64, wanted: Wanted, out: &mut Sound) {
        *out = Sound::SILENCE;
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
            self.now.render(&place, wanted, out);
            return;
        }
        let mut old = Sound::SILENCE;
        self.before.render(&place, wanted, &mut old);
        self.now.render(&place, wanted, out);
        for (now, old) in out.pairs_mut().into_iter().zip(old.pairs_mut()) {
            for (now, old) in now.channels.iter_mut().zip(&old.channels) {
                for (t, (now, old)) in now.iter_mut().zip(old).enumerate() {
                    let part = (self.change + self.change_step * (t + 1) as f32 / QUANTUM as f32).min(1.0);
                    // Two different noises: their powers add, so the gains lie on a circle.
                    *now = *now * math::sin_cycles(0.25 * part) + old * math::cos_cycles(0.25 * part);
                }
            }
        }
        self.change = (self.change + self.change_step).min(1.0);
    }
}

impl Playing {
    fn render(&mut self, place: &Place, wanted: Wanted, out: &mut Sound) {
        let Some(scene) = self.scene.and_then(|index| SCENES.get(index)) else { return };
        let SceneRow { layers, hums, calls, .. } = scene;
        layers_add(layers.iter().zip(&mut self.shaping), place, wanted, out);
        for (index, hum) in hums.iter().enumerate() {
            hum_add(hum, index as i64, place, wanted, out);
        }
        for (index, calls) in calls.iter().enumerate() {
            calls_add(calls, index as i64, place, wanted, out);
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "measurements may use the platform's functions")]
mod tests {
    use super::super::field::{Direction, Field};
    use super::super::scenes::{Bearing, Calls, Hum, Layer, find};
    use super::*;
    use crate::instrument::Stereo;

    const STEREO: Wanted = Wanted { stereo: true, field: false, ears: false };

    fn play(ambience: &mut Ambience, from: i64, quanta: usize) -> Vec<[f32; 2]> {
        let mut sound = Vec::new();
        for quantum in 0..quanta {
            let mut out = Sound::SILENCE;
            ambience.process(from + (quantum * QUANTUM) as i64, STEREO, &mut out);
            let [left, right] = &out.stereo.channels;
            sound.extend(left.iter().zip(right).map(|(&l, &r)| [l, r]));
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

    const ALL: Wanted = Wanted { stereo: true, field: true, ears: true };

    /// Correlations of a field, W, Y, Z, X, over a second: power, and W with each of the others.
    struct Vectors {
        power: [f64; 4],
        /// Intensity over energy (SN3D: pressure and velocity carry half each), as x, y, z; length 1 for a point.
        intensity: [f64; 3],
    }

    fn vectors<'a>(quanta: impl Iterator<Item = &'a Field>) -> Vectors {
        let (mut power, mut flow) = ([0.0f64; 4], [0.0f64; 3]);
        for field in quanta {
            let channels = field.channels();
            for t in 0..QUANTUM {
                let [w, y, z, x] = channels.map(|channel| f64::from(channel[t]));
                for (power, part) in power.iter_mut().zip([w, y, z, x]) {
                    *power += part * part;
                }
                for (flow, part) in flow.iter_mut().zip([x, y, z]) {
                    *flow += w * part;
                }
            }
        }
        let energy = 0.5 * power.iter().sum::<f64>();
        Vectors { power, intensity: flow.map(|flow| flow / energy.max(1e-30)) }
    }

    fn length(v: [f64; 3]) -> f64 {
        v.iter().map(|x| x * x).sum::<f64>().sqrt()
    }

    /// Angle between a vector and a direction, degrees.
    fn off_deg(v: [f64; 3], azimuth_deg: f32, elevation_deg: f32) -> f64 {
        let Direction { x, y, z } = Direction::new(azimuth_deg, elevation_deg);
        let along: f64 = v.iter().zip([x, y, z]).map(|(a, b)| a * f64::from(b)).sum();
        (along / length(v).max(1e-30)).clamp(-1.0, 1.0).acos().to_degrees()
    }

    fn place(frame: i64) -> Place {
        Place { seed: 42, frame, rate: 48_000.0, intensity: 0.5 }
    }

    fn field_of_layer(bearing: Bearing, grains_hz: (f32, f32)) -> Vec<Field> {
        let layer = Layer { bearing, grains_hz, ..SCENES[0].layers[2] };
        let mut shaping = Shaping::default();
        let quanta = (0..12_000).map(|quantum| {
            let mut out = Sound::SILENCE;
            let layers = std::iter::once((&layer, &mut shaping));
            layers_add(layers, &place(quantum * QUANTUM as i64), ALL, &mut out);
            out.noise
        });
        quanta.skip(300).collect()
    }

    #[test]
    fn a_source_is_heard_from_where_it_stands_and_turns_with_it() {
        for grains_hz in [(0.0, 0.0), (200.0, 200.0)] {
            for (azimuth_deg, elevation_deg) in [(0.0, 0.0), (90.0, 0.0), (-135.0, 30.0), (20.0, -60.0)] {
                let bearing = Bearing { azimuth_deg, elevation_deg, spread: 0.0, roam: (0.0, 0.0) };
                let sound = field_of_layer(bearing, grains_hz);
                let vectors = vectors(sound.iter());
                let off = off_deg(vectors.intensity, azimuth_deg, elevation_deg);
                assert!(off < 1.0 && (length(vectors.intensity) - 1.0).abs() < 0.01, "{off} degrees off");
                // Half as spread, still from there, with a shorter vector.
                let wide = field_of_layer(Bearing { spread: 0.8, ..bearing }, grains_hz);
                let wide = self::vectors(wide.iter()).intensity;
                let off = off_deg(wide, azimuth_deg, elevation_deg);
                assert!(off < 6.0 && (0.45..0.75).contains(&length(wide)), "{off} {}", length(wide));
            }
        }
        // The control: with two channels swapped the vector points elsewhere.
        let bearing = Bearing { azimuth_deg: 90.0, elevation_deg: 0.0, spread: 0.0, roam: (0.0, 0.0) };
        let mut sound = field_of_layer(bearing, (0.0, 0.0));
        for field in &mut sound {
            let [first, second] = &mut field.pairs;
            std::mem::swap(&mut first.channels[1], &mut second.channels[1]);
        }
        assert!(off_deg(vectors(sound.iter()).intensity, 90.0, 0.0) > 80.0);
    }

    #[test]
    fn what_is_everywhere_comes_from_nowhere() {
        for grains_hz in [(0.0, 0.0), (400.0, 400.0)] {
            let around = Bearing { azimuth_deg: 30.0, elevation_deg: 0.0, spread: 1.0, roam: (0.0, 0.0) };
            let Vectors { power, intensity } = vectors(field_of_layer(around, grains_hz).iter());
            assert!(length(intensity) < 0.06, "{intensity:?}");
            // A diffuse field has a third of the power in each of the three (SN3D).
            for part in &power[1..] {
                let db = 10.0 * (3.0 * part / power[0]).log10();
                assert!(db.abs() < 1.0, "{db} dB");
            }
        }
    }

    #[test]
    fn hums_and_calls_come_from_where_they_are_and_move() {
        let mut sound = Vec::new();
        for quantum in 0..1500 {
            let mut out = Sound::SILENCE;
            let hum = Hum { hz: 100.0, gain_db: -40.0, pan: 0.5 };
            hum_add(&hum, 0, &place(quantum * QUANTUM as i64), ALL, &mut out);
            sound.push(out.points);
        }
        let off = off_deg(vectors(sound.iter()).intensity, -45.0, 0.0);
        assert!(off < 0.5, "{off}");
        // One caller that flies: what its position says at the ends of a second is heard in the vector.
        let birds = &SCENES[find("forest").unwrap_or(0)].calls[0];
        let azimuths = |flight_deg_s: f32| -> Vec<f64> {
            let calls = Calls {
                chance: (1.0, 1.0),
                every_s: 8.0,
                syllables: (40, 40),
                flight_deg_s,
                elevation_deg: (0.0, 0.0),
                ..*birds
            };
            let quanta: Vec<Field> = (3750..12_000)
                .map(|quantum| {
                    let mut out = Sound::SILENCE;
                    calls_add(&calls, 0, &place(quantum * QUANTUM as i64), ALL, &mut out);
                    out.points
                })
                .collect();
            let heard = quanta.chunks(150).map(|part| vectors(part.iter()).intensity);
            heard.filter(|v| length(*v) > 0.99).map(|[x, y, _]| y.atan2(x).to_degrees()).collect()
        };
        let (still, moving) = (azimuths(0.0), azimuths(40.0));
        assert!(still.len() > 20 && still.len() == moving.len());
        assert!(still.windows(2).all(|w| (w[1] - w[0]).abs() < 0.1), "{still:?}");
        let steps: Vec<f64> =
            moving.windows(2).map(|w| (w[1] - w[0] + 540.0).rem_euclid(360.0) - 180.0).collect();
        // A tenth of a second each, more or less, as the syllables fall: one way, and as fast later as at first.
        assert!(steps.iter().all(|step| (0.05..8.0).contains(&(step * steps[0].signum()))), "{steps:?}");
        let [first, second] = [&steps[..steps.len() / 2], &steps[steps.len().div_ceil(2)..]]
            .map(|half| half.iter().sum::<f64>());
        assert!((first / second - 1.0).abs() < 0.15, "{first} {second}");
    }

    #[test]
    fn field_and_ears_are_as_loud_as_the_stereo() {
        for (index, scene) in SCENES.iter().enumerate() {
            let mut ambience = ambience(index, 0.5, 48_000.0);
            let mut head = super::super::binaural::Head::new(&Spec { sample_rate_hz: 48_000.0 });
            let mut power = [0.0f64; 3];
            for quantum in 0..15_000 {
                let mut out = Sound::SILENCE;
                ambience.process(48_000 + quantum * QUANTUM as i64, ALL, &mut out);
                head.process_add(&out.noise, &mut out.ears);
                let mut field = out.noise;
                field.add(&out.points);
                let both = |sound: &Stereo| {
                    sound.channels.as_flattened().iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>()
                        / 2.0
                };
                power[0] += both(&out.stereo);
                power[1] += field.channels()[0].iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>();
                power[2] += both(&out.ears);
            }
            let [field_db, ears_db] = [1, 2].map(|i: usize| 10.0 * (power[i] / power[0]).log10());
            assert!(field_db.abs() < 1.0 && ears_db.abs() < 3.0, "{}: {field_db} {ears_db} dB", scene.id);
        }
    }

    #[test]
    fn field_and_ears_are_known_by_place() {
        for (index, scene) in SCENES.iter().enumerate() {
            let render = |from: i64, quanta: i64| -> Vec<Sound> {
                let mut ambience = ambience(index, 0.5, 48_000.0);
                let mut out = Sound::SILENCE;
                let sound = |quantum| {
                    ambience.process(from + quantum * QUANTUM as i64, ALL, &mut out);
                    out
                };
                (0..quanta).map(sound).collect()
            };
            let (through, located) = (render(0, 3000), render(48_000, 1500));
            let residue = through[2250..].iter().zip(&located[750..]).fold(0.0f32, |most, (a, b)| {
                let (mut a, mut b) = (*a, *b);
                let pairs = a.pairs_mut().into_iter().zip(b.pairs_mut());
                pairs.fold(most, |most, (a, b)| {
                    let both = a.channels.as_flattened().iter().zip(b.channels.as_flattened());
                    both.fold(most, |most, (a, b)| most.max((a - b).abs()))
                })
            });
            assert!(residue < 1e-6, "{}: {residue}", scene.id);
        }
    }

    #[test]
    fn no_scene_repeats() {
        // Half an hour as a contour of levels, 20 a second: no later stretch of a minute is like an earlier one.
        for (index, scene) in SCENES.iter().enumerate() {
            let mut ambience = ambience(index, 0.5, 8000.0);
            let contour: Vec<f64> = (0..4 * 60 * 20)
                .map(|step| {
                    let quanta = play(&mut ambience, step * 400 / 32 * 32, 12);
                    rms_db(&quanta)
                })
                .collect();
            let mean = contour.iter().sum::<f64>() / contour.len() as f64;
            let around: Vec<f64> = contour.iter().map(|x| x - mean).collect();
            let power: f64 = around.iter().map(|x| x * x).sum::<f64>() / around.len() as f64;
            let alike = |lag: usize| {
                let pairs = around.iter().zip(&around[lag..]);
                pairs.map(|(a, b)| a * b).sum::<f64>() / ((around.len() - lag) as f64 * power)
            };
            let (lag, most) = (200..2400)
                .map(|lag| (lag, alike(lag)))
                .fold((0, 0.0), |best, now| if now.1 > best.1 { now } else { best });
            println!("{}: at most {most:.2} alike, after {:.1} s", scene.id, lag as f64 / 20.0);
            assert!(most < 0.6, "{} repeats after {} s: {most}", scene.id, lag as f64 / 20.0);
        }
    }
}
