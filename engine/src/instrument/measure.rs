//! Plays instruments and measures what comes out: pitch, level, attack, decay, seams. For tests and figure sheets.
//! Source: own; each measure is held to a known sound by a test. In/out: stereo frames; nothing here runs while playing.

use super::{Instrument, InstrumentRow, NoteOn, Spec, Stereo, Timbre};
use crate::dsp::filter::{Filter, Response};
use crate::units::QUANTUM;

/// Frames of left and right.
pub type Sound = Vec<[f32; 2]>;

/// A note and when it is played, s.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// When it begins, s.
    pub start_s: f32,
    /// When it is let go, s after that.
    pub length_s: f32,
    /// The note; its offset and length are set from the times.
    pub note: NoteOn,
}

/// Builds an instrument for a rate.
pub fn build(row: &InstrumentRow, rate_hz: f64) -> Box<dyn Instrument> {
    (row.build)(&Spec { sample_rate_hz: rate_hz })
}

/// Plays events on an instrument, `delay` frames later than they say.
pub fn perform(
    instrument: &mut dyn Instrument,
    rate_hz: f64,
    delay: usize,
    events: &[Event],
    timbre: &Timbre,
    total_s: f32,
) -> Sound {
    let frame_of = |time_s: f32| (f64::from(time_s) * rate_hz) as usize + delay;
    let mut sound = Vec::new();
    for quantum in 0..frame_of(total_s) / QUANTUM + 1 {
        let frames = quantum * QUANTUM..(quantum + 1) * QUANTUM;
        for event in events {
            let (start, end) = (frame_of(event.start_s), frame_of(event.start_s + event.length_s));
            if frames.contains(&start) {
                let length_s = event.length_s;
                instrument.note_on(&NoteOn { offset: start % QUANTUM, length_s, ..event.note });
            }
            if frames.contains(&end) {
                instrument.note_off(event.note.id, end % QUANTUM);
            }
        }
        let mut out = Stereo::SILENCE;
        instrument.control(timbre);
        instrument.render_add(&mut out);
        sound.extend(out.channels[0].iter().zip(&out.channels[1]).map(|(&left, &right)| [left, right]));
    }
    sound
}

/// One note from 0 s on, at any rate and mood.
pub fn play(
    row: &InstrumentRow,
    rate_hz: f64,
    note: NoteOn,
    length_s: f32,
    timbre: &Timbre,
    total_s: f32,
) -> Sound {
    let mut instrument = build(row, rate_hz);
    perform(instrument.as_mut(), rate_hz, 0, &[Event { start_s: 0.0, length_s, note }], timbre, total_s)
}

/// The pitch at a part (0..1) of an instrument's range, a whole note.
pub fn pitch_at(row: &InstrumentRow, part: f32) -> f32 {
    let (low, high) = (f32::from(row.pitch_range.0), f32::from(row.pitch_range.1));
    (low + (high - low) * part).round()
}

/// Largest magnitude.
pub fn peak(sound: &[[f32; 2]]) -> f32 {
    sound.as_flattened().iter().fold(0.0, |peak, x| peak.max(x.abs()))
}

/// Mean square of both channels.
pub fn power(sound: &[[f32; 2]]) -> f64 {
    let sum: f64 = sound.as_flattened().iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    sum / sound.as_flattened().len().max(1) as f64
}

/// A power as a level, dB.
pub fn power_db(power: f64) -> f64 {
    10.0 * libm::log10(power + 1e-20)
}

/// Level of the loudest stretch of 0.2 s, dB.
pub fn loudest_db(sound: &[[f32; 2]], rate_hz: f64) -> f64 {
    let stretch = (0.2 * rate_hz) as usize;
    power_db(sound.chunks(stretch).map(power).fold(0.0, f64::max))
}

/// Loudness of the loudest stretch of 0.2 s, dB: level behind the ear's weights (ITU-R BS.1770: a high shelf of 4 dB at
/// 1.7 kHz, nothing below 38 Hz).
pub fn loudness_db(sound: &[[f32; 2]], rate_hz: f64) -> f64 {
    let (mut head, mut low) = (Filter::default(), Filter::default());
    let mut heard = Vec::with_capacity(sound.len());
    for frames in sound.chunks_exact(QUANTUM) {
        let mut block = Stereo { channels: [0, 1].map(|k| std::array::from_fn(|t| frames[t][k])) };
        head.set(Response::HighShelf(4.0), 1_682.0, 0.707, rate_hz as f32);
        low.set(Response::High, 38.0, 0.5, rate_hz as f32);
        head.process(&mut block);
        low.process(&mut block);
        heard.extend((0..QUANTUM).map(|t| [block.channels[0][t], block.channels[1][t]]));
    }
    loudest_db(&heard, rate_hz)
}

/// Steepness of the wave against its level: rises with brightness.
pub fn brightness(sound: &[[f32; 2]]) -> f64 {
    let rise: Sound =
        sound.windows(2).map(|pair| [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]]).collect();
    libm::sqrt(power(&rise) / (power(sound) + 1e-20))
}

/// Mean square behind two band-passes of peak gain 1: one alone still passes a tenth of what is three octaves off.
pub fn band_power(sound: &[[f32; 2]], hz: f64, q: f32, rate_hz: f64) -> f64 {
    let mut filters = [Filter::default(); 2];
    let mut heard = Vec::with_capacity(sound.len());
    for frames in sound.chunks_exact(QUANTUM) {
        let mut block = Stereo { channels: [0, 1].map(|k| std::array::from_fn(|t| frames[t][k])) };
        for filter in &mut filters {
            filter.set(Response::Band, hz as f32, q, rate_hz as f32);
            filter.process(&mut block);
        }
        heard.extend((0..QUANTUM).map(|t| [block.channels[0][t], block.channels[1][t]]));
    }
    power(&heard)
}

/// Mean frequency, weighted by amplitude in bands a sixth of an octave apart from 50 Hz to 11.4 kHz.
pub fn centroid_hz(sound: &[[f32; 2]], rate_hz: f64) -> f64 {
    let (mut sum, mut weighted) = (1e-20, 0.0);
    for band in 0..48 {
        let hz = 50.0 * libm::exp2(f64::from(band) / 6.0);
        let amplitude = libm::sqrt(band_power(sound, hz, 8.0, rate_hz));
        sum += amplitude;
        weighted += hz * amplitude;
    }
    weighted / sum
}

/// Mean distance from the pitch, cents: the sound is brought down to 0 Hz, averaged over whole periods (which silences
/// every other harmonic), and the phase it gains from one average to the next is its distance, weighted by power.
pub fn cents_off(sound: &[[f32; 2]], pitch: f32, rate_hz: f64) -> f64 {
    let hz = 440.0 * libm::exp2((f64::from(pitch) - 69.0) / 12.0);
    // An even number of periods, at least 33 ms: half-harmonics (an octave below, a kettledrum's 1.5) go as well.
    let periods = 2.0 * libm::ceil(hz / 60.0);
    let length = libm::round(periods * rate_hz / hz) as usize;
    let turned: Vec<[f64; 2]> = sound
        .iter()
        .enumerate()
        .map(|(n, [left, right])| {
            let angle = -std::f64::consts::TAU * (hz * n as f64 / rate_hz).fract();
            let x = f64::from(left + right);
            [x * libm::cos(angle), x * libm::sin(angle)]
        })
        .collect();
    // Averaged twice: harmonics beside the nulls fall by the square.
    let average = |wave: &[[f64; 2]]| -> Vec<[f64; 2]> {
        let mut sum = [0.0f64; 2];
        let mut averages = Vec::with_capacity(wave.len());
        for (n, value) in wave.iter().enumerate() {
            for k in 0..2 {
                sum[k] += value[k] - if n >= length { wave[n - length][k] } else { 0.0 };
            }
            averages.push(sum);
        }
        averages.split_off(length.min(wave.len()))
    };
    let steady = average(&average(&turned));
    let (mut re, mut im) = (0.0, 0.0);
    for pair in steady.iter().step_by(length / 2 + 1).collect::<Vec<_>>().windows(2) {
        let ([a, b], [c, d]) = (*pair[0], *pair[1]);
        re += a * c + b * d;
        im += a * d - b * c;
    }
    let offset_hz = libm::atan2(im, re) * rate_hz / (std::f64::consts::TAU * (length / 2 + 1) as f64);
    1200.0 * libm::log2(1.0 + offset_hz / hz)
}

/// Power in steps of [`STEP_S`], each the mean over `window_s` around it: the course of a note's level.
pub fn course(sound: &[[f32; 2]], window_s: f64, rate_hz: f64) -> Vec<f64> {
    let (step, half) = (((STEP_S * rate_hz) as usize).max(1), ((0.5 * window_s * rate_hz) as usize).max(1));
    let mut sums = vec![0.0f64];
    for [left, right] in sound {
        let last = sums[sums.len() - 1];
        sums.push(last + 0.5 * f64::from(left * left + right * right));
    }
    (0..sound.len())
        .step_by(step)
        .map(|at| {
            let (from, to) = (at.saturating_sub(half), (at + half).min(sound.len()));
            ((sums[to] - sums[from]) / (to - from).max(1) as f64).max(0.0)
        })
        .collect()
}

/// Time between two values of a [`course`], s.
pub const STEP_S: f64 = 0.000_5;

/// Time from a tenth to nine tenths of the amplitude a [`course`] comes to, and when it reaches that, ms: its highest, or,
/// where it holds, what it holds half of the time.
pub fn attack_ms(course: &[f64]) -> (f64, f64) {
    let peak = course.iter().copied().fold(0.0, f64::max);
    let mut late: Vec<f64> = course[course.len() / 3..].to_vec();
    late.sort_by(f64::total_cmp);
    let held = late.get(late.len() / 2).copied().unwrap_or(0.0);
    let highest = if held > 0.1 * peak { held } else { peak };
    let when = |part: f64| {
        let at = course.iter().position(|&power| power >= 0.999 * part * part * highest).unwrap_or(0);
        at as f64 * STEP_S * 1e3
    };
    (when(0.9) - when(0.1), when(1.0))
}

/// T60, s: three times the time in which a [`course`] falls from 5 to 25 dB below its highest value. `None` when it does
/// not fall so far.
pub fn t60_s(course: &[f64]) -> Option<f64> {
    let highest = course.iter().copied().fold(0.0, f64::max);
    let top = course.iter().position(|&power| power >= highest)?;
    // The last time it is that loud: a beat or a roll may come back.
    let last_above = |db: f64| {
        let floor = highest * libm::exp10(-0.1 * db);
        course.iter().rposition(|&power| power >= floor).filter(|&at| at + 1 < course.len())
    };
    let (from, to) = (last_above(5.0)?.max(top), last_above(25.0)?);
    (to > from).then(|| 3.0 * (to - from) as f64 * STEP_S)
}

/// Power of the second difference at the edges of blocks, against that inside them.
pub fn edge_ratio(sound: &[[f32; 2]]) -> f64 {
    let (mut edge, mut inside) = (0.0f64, 0.0f64);
    for n in 2..sound.len() {
        let bend = f64::from(sound[n][0] - 2.0 * sound[n - 1][0] + sound[n - 2][0]);
        if n % QUANTUM <= 1 {
            edge += bend * bend / 2.0;
        } else {
            inside += bend * bend / (QUANTUM - 2) as f64;
        }
    }
    (edge + 1e-18) / (inside + 1e-18)
}

/// Largest step from one frame to the next.
pub fn steepest(sound: &[[f32; 2]]) -> f32 {
    sound
        .windows(2)
        .map(|pair| (pair[1][0] - pair[0][0]).abs().max((pair[1][1] - pair[0][1]).abs()))
        .fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: f64 = 48_000.0;

    fn sines(hz: f64, level: impl Fn(f64) -> f64, partials: &[(f64, f64)]) -> Sound {
        (0..96_000)
            .map(|n| {
                let time_s = n as f64 / RATE_HZ;
                let turns = std::f64::consts::TAU * hz * time_s;
                let x: f64 = partials.iter().map(|&(ratio, gain)| gain * libm::sin(ratio * turns)).sum();
                [(level(time_s) * x) as f32; 2]
            })
            .collect()
    }

    #[test]
    fn the_tuner_measures_cents() {
        for (cents, pitch) in [(0.0, 69.0), (2.0, 33.0), (-3.0, 90.0), (7.0, 60.0)] {
            let hz = 440.0 * libm::exp2((f64::from(pitch) - 69.0 + cents / 100.0) / 12.0);
            let sound = sines(hz, |_| 1.0, &[(1.0, 1.0), (2.0, 0.8), (3.0, 0.7)]);
            let measured = cents_off(&sound, pitch, RATE_HZ);
            assert!((measured - cents).abs() < 0.3, "{cents} cents read as {measured}");
        }
    }

    #[test]
    fn the_centroid_of_two_sines_lies_between_them() {
        let sound = sines(500.0, |_| 1.0, &[(1.0, 1.0), (4.0, 1.0)]);
        let one = sines(500.0, |_| 1.0, &[(1.0, 1.0)]);
        let (centroid, alone) = (centroid_hz(&sound, RATE_HZ), centroid_hz(&one, RATE_HZ));
        assert!((centroid - 1250.0).abs() < 150.0, "{centroid} Hz");
        assert!((alone - 500.0).abs() < 100.0, "{alone} Hz");
        let (at, beside) = (band_power(&one, 500.0, 8.0, RATE_HZ), band_power(&one, 2000.0, 8.0, RATE_HZ));
        assert!((power_db(at) - power_db(0.5)).abs() < 0.1 && beside < 0.01 * at);
    }

    #[test]
    fn attack_and_decay_are_read_off_a_known_course() {
        let rise_s = 0.1;
        let level = |time_s: f64| {
            if time_s < rise_s { time_s / rise_s } else { libm::exp10(-3.0 * (time_s - rise_s) / 0.8) }
        };
        let course = course(&sines(500.0, level, &[(1.0, 0.5)]), 0.004, RATE_HZ);
        let (attack, top) = attack_ms(&course);
        assert!((attack - 80.0).abs() < 4.0 && (top - 100.0).abs() < 4.0, "{attack} ms, top at {top} ms");
        let decay_s = t60_s(&course).expect("it falls");
        assert!((decay_s - 0.8).abs() < 0.02, "{decay_s} s");
        assert_eq!(t60_s(&[1.0; 100]), None);
    }

    #[test]
    fn a_seam_and_a_step_are_seen() {
        let mut sound = sines(300.0, |_| 0.5, &[(1.0, 1.0)]);
        assert!(edge_ratio(&sound) < 1.1);
        let smooth = steepest(&sound);
        for frame in sound.iter_mut().skip(320).step_by(QUANTUM) {
            frame[0] += 0.01;
        }
        assert!(edge_ratio(&sound) > 2.0 && steepest(&sound) > smooth);
    }
}
