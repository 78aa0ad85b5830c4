//! Spectra for tests and pictures: Hann-windowed power over time, and what follows from it.
//! Source: `realfft`; centroid as in Grey & Gordon 1978. In/out: mono samples in, power per bin out.

use realfft::RealFftPlanner;

/// Frames of one analysis window.
pub const WINDOW: usize = 4096;

/// Power of consecutive windows `hop` frames apart; each row has `WINDOW / 2 + 1` bins.
pub fn frames(samples: &[f32], hop: usize) -> Vec<Vec<f32>> {
    let transform = RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW);
    let step = std::f32::consts::TAU / WINDOW as f32;
    let hann: Vec<f32> = (0..WINDOW).map(|n| 0.5 - 0.5 * (n as f32 * step).cos()).collect();
    let (mut input, mut output) = (transform.make_input_vec(), transform.make_output_vec());
    let last = samples.len().saturating_sub(WINDOW);
    (0..=last)
        .step_by(hop.max(1))
        .filter(|at| at + WINDOW <= samples.len())
        .map(|at| {
            for ((slot, sample), window) in input.iter_mut().zip(&samples[at..]).zip(&hann) {
                *slot = sample * window;
            }
            transform.process(&mut input, &mut output).expect("lengths come from the plan");
            output.iter().map(|bin| bin.norm_sqr()).collect()
        })
        .collect()
}

/// Centre of gravity of the power spectrum, Hz; 0 for silence.
pub fn centroid_hz(samples: &[f32], sample_rate_hz: f64) -> f64 {
    let (mut moment, mut power) = (0.0f64, 0.0f64);
    for frame in frames(samples, WINDOW) {
        for (bin, level) in frame.iter().enumerate() {
            // Amplitude, not power: otherwise the bass alone would decide.
            let level = f64::from(level.sqrt());
            moment += level * bin as f64 * sample_rate_hz / WINDOW as f64;
            power += level;
        }
    }
    if power > 0.0 { moment / power } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_stands_at_its_frequency() {
        let tone: Vec<f32> =
            (0..48_000).map(|n| (n as f32 * 1_000.0 * std::f32::consts::TAU / 48_000.0).sin()).collect();
        let centroid = centroid_hz(&tone, 48_000.0);
        assert!((centroid - 1_000.0).abs() < 30.0, "{centroid}");
        assert_eq!(centroid_hz(&[0.0; 8192], 48_000.0), 0.0);
    }
}
