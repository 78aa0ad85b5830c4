//! Draws what a render sounds like: the spectrogram of the mix, and a strip for each stem; or of a single instrument.
//! Source: own; colors after the inferno map of Smith & van der Walt (2015). In/out: channels in, a PNG file out.

use crate::spectrum;
use cuewright_engine::stem::STEMS;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

const WIDTH: usize = 1400;
const MARGIN: usize = 90;
const MIX_HEIGHT: usize = 460;
const STEM_HEIGHT: usize = 44;
const GAP: usize = 4;

/// Lowest and highest frequency drawn.
const RANGE_HZ: (f64, f64) = (30.0, 16_000.0);

/// Level drawn black, below the loudest point, dB.
const FLOOR_DB: f32 = -84.0;

/// Inferno at eight even steps.
const COLORS: [[f32; 3]; 8] = [
    [0.0, 0.0, 4.0],
    [40.0, 11.0, 84.0],
    [101.0, 21.0, 110.0],
    [159.0, 42.0, 99.0],
    [212.0, 72.0, 66.0],
    [245.0, 125.0, 21.0],
    [250.0, 193.0, 39.0],
    [252.0, 255.0, 164.0],
];

struct Canvas {
    height: usize,
    pixels: Vec<u8>,
}

/// Writes the picture of a mix and its stems (mono sums of their channels).
pub fn write(
    path: &Path,
    mix: &[Vec<f32>; 2],
    stems: &[[Vec<f32>; 2]],
    sample_rate_hz: f64,
) -> io::Result<()> {
    let height = MIX_HEIGHT + stems.len() * (STEM_HEIGHT + GAP) + 2 * GAP;
    let mut canvas = Canvas::new(height);
    let loudest = canvas.spectrogram(mix, sample_rate_hz);
    canvas.label(GAP + 6, "MIX");
    for (index, stem) in stems.iter().enumerate() {
        let top = MIX_HEIGHT + 2 * GAP + index * (STEM_HEIGHT + GAP);
        let grid = Grid::of(stem, sample_rate_hz, STEM_HEIGHT);
        canvas.draw(top, &grid, loudest - 6.0);
        canvas.label(top + STEM_HEIGHT / 2 - 7, &STEMS[index % STEMS.len()].name.to_uppercase());
    }
    canvas.save(path)
}

/// Writes the picture of one sound.
pub fn write_one(path: &Path, sound: &[Vec<f32>; 2], sample_rate_hz: f64) -> io::Result<()> {
    let mut canvas = Canvas::new(MIX_HEIGHT + 2 * GAP);
    canvas.spectrogram(sound, sample_rate_hz);
    canvas.save(path)
}

/// Levels by column and row, dB; row 0 is the highest frequency.
struct Grid {
    rows: usize,
    levels: Vec<f32>,
}

impl Grid {
    fn of(channels: &[Vec<f32>; 2], sample_rate_hz: f64, rows: usize) -> Grid {
        let mono: Vec<f32> = channels[0].iter().zip(&channels[1]).map(|(a, b)| 0.5 * (a + b)).collect();
        let columns = WIDTH - MARGIN - GAP;
        let frames = spectrum::frames(&mono, (mono.len() / columns).max(1));
        let mut levels = vec![FLOOR_DB * 2.0; columns * rows];
        for (column, frame) in frames.iter().take(columns).enumerate() {
            for row in 0..rows {
                let edge = |row: usize| {
                    let place = 1.0 - row as f64 / rows as f64;
                    let hz = RANGE_HZ.0 * (RANGE_HZ.1 / RANGE_HZ.0).powf(place);
                    (hz * spectrum::WINDOW as f64 / sample_rate_hz) as usize
                };
                let (high, low) = (edge(row).min(frame.len() - 1), edge(row + 1).min(frame.len() - 1));
                let power = frame[low..=high].iter().copied().fold(1e-20f32, f32::max);
                levels[row * columns + column] = 10.0 * power.log10();
            }
        }
        Grid { rows, levels }
    }

    fn loudest(&self) -> f32 {
        self.levels.iter().copied().fold(-200.0, f32::max)
    }
}

impl Canvas {
    fn new(height: usize) -> Canvas {
        Canvas { height, pixels: [10, 10, 16].repeat(WIDTH * height) }
    }

    /// Draws the large picture and its scale; gives the level of its brightest point.
    fn spectrogram(&mut self, sound: &[Vec<f32>; 2], sample_rate_hz: f64) -> f32 {
        let grid = Grid::of(sound, sample_rate_hz, MIX_HEIGHT);
        let loudest = grid.loudest();
        self.draw(GAP, &grid, loudest);
        for hz in [100.0f64, 1_000.0, 10_000.0] {
            let place = (hz / RANGE_HZ.0).ln() / (RANGE_HZ.1 / RANGE_HZ.0).ln();
            let row = GAP + MIX_HEIGHT - 1 - (place * MIX_HEIGHT as f64) as usize;
            self.label(row.saturating_sub(7), &format!("{hz:.0} HZ"));
            self.tick(row);
        }
        loudest
    }

    fn draw(&mut self, top: usize, grid: &Grid, loudest: f32) {
        let columns = grid.levels.len() / grid.rows;
        for (index, level) in grid.levels.iter().enumerate() {
            let (row, column) = (index / columns, index % columns);
            self.set(MARGIN + column, top + row, color(1.0 - (level - loudest) / FLOOR_DB));
        }
    }

    fn set(&mut self, x: usize, y: usize, color: [u8; 3]) {
        let at = (y * WIDTH + x) * 3;
        if let Some(pixel) = self.pixels.get_mut(at..at + 3) {
            pixel.copy_from_slice(&color);
        }
    }

    fn tick(&mut self, row: usize) {
        (MARGIN - 6..MARGIN).for_each(|x| self.set(x, row, [170, 170, 180]));
    }

    /// Letters of 5 by 7 dots, right-aligned before the margin.
    fn label(&mut self, top: usize, text: &str) {
        let mut left = MARGIN - 10 - 6 * text.len();
        for letter in text.chars() {
            for (row, bits) in glyph(letter).iter().enumerate() {
                for column in (0..5).filter(|column| bits >> (4 - column) & 1 == 1) {
                    self.set(left + column, top + row, [200, 200, 210]);
                }
            }
            left += 6;
        }
    }

    fn save(&self, path: &Path) -> io::Result<()> {
        let mut encoder =
            png::Encoder::new(BufWriter::new(File::create(path)?), WIDTH as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(io::Error::other)?;
        writer.write_image_data(&self.pixels).map_err(io::Error::other)
    }
}

fn color(level: f32) -> [u8; 3] {
    let place = level.clamp(0.0, 1.0) * (COLORS.len() - 1) as f32;
    let index = (place as usize).min(COLORS.len() - 2);
    let part = place - index as f32;
    std::array::from_fn(|c| (COLORS[index][c] + (COLORS[index + 1][c] - COLORS[index][c]) * part) as u8)
}

/// The letters of the stems' names and of frequencies, a row of five dots per number.
fn glyph(letter: char) -> [u8; 7] {
    match letter {
        '0' => [14, 17, 19, 21, 25, 17, 14],
        '1' => [4, 12, 4, 4, 4, 4, 14],
        'A' => [14, 17, 17, 31, 17, 17, 17],
        'B' => [30, 17, 17, 30, 17, 17, 30],
        'C' => [14, 17, 16, 16, 16, 17, 14],
        'D' => [30, 17, 17, 17, 17, 17, 30],
        'E' => [31, 16, 16, 30, 16, 16, 31],
        'F' => [31, 16, 16, 30, 16, 16, 16],
        'G' => [14, 17, 16, 23, 17, 17, 15],
        'H' => [17, 17, 17, 31, 17, 17, 17],
        'I' => [14, 4, 4, 4, 4, 4, 14],
        'L' => [16, 16, 16, 16, 16, 16, 31],
        'M' => [17, 27, 21, 21, 17, 17, 17],
        'N' => [17, 25, 21, 19, 17, 17, 17],
        'O' => [14, 17, 17, 17, 17, 17, 14],
        'P' => [30, 17, 17, 30, 16, 16, 16],
        'R' => [30, 17, 17, 30, 20, 18, 17],
        'S' => [15, 16, 16, 14, 1, 1, 30],
        'T' => [31, 4, 4, 4, 4, 4, 4],
        'U' => [17, 17, 17, 17, 17, 17, 14],
        'W' => [17, 17, 17, 21, 21, 27, 17],
        'X' => [17, 17, 10, 4, 10, 17, 17],
        'Z' => [31, 1, 2, 4, 8, 16, 31],
        _ => [0; 7],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_can_be_written() {
        for row in &STEMS {
            assert!(row.name.to_uppercase().chars().all(|letter| glyph(letter) != [0; 7]), "{}", row.name);
            assert!(6 * row.name.len() + 10 <= MARGIN);
        }
    }

    #[test]
    fn louder_is_brighter() {
        let brightness = |level| color(level).iter().map(|&c| u32::from(c)).sum::<u32>();
        assert!((0..20).all(|step| brightness(step as f32 / 20.0) < brightness((step + 1) as f32 / 20.0)));
    }
}
