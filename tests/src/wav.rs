//! Reads WAV files as the suites need them: 32-bit float or 16/24-bit PCM, any number of channels.
//! Source: RIFF/WAVE (IBM and Microsoft 1991), EBU Tech 3306 for RF64. In/out: samples -1..1, one vector per channel.

use std::fs;
use std::path::Path;

/// A sound file in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Wav {
    /// Frames per second.
    pub rate_hz: u32,
    /// Samples by channel.
    pub channels: Vec<Vec<f32>>,
}

/// Reads a file; the error says what is wrong with it.
pub fn read(path: &Path) -> Result<Wav, String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&bytes).map_err(|error| format!("{}: {error}", path.display()))
}

/// Reads a file's bytes.
pub fn parse(bytes: &[u8]) -> Result<Wav, String> {
    let riff = bytes.get(..4).unwrap_or_default();
    if !matches!(riff, b"RIFF" | b"RF64") || bytes.get(8..12) != Some(b"WAVE") {
        return Err("not a WAVE file".into());
    }
    let format = chunk(bytes, b"fmt ").ok_or("no format chunk")?;
    let data = chunk(bytes, b"data").ok_or("no data chunk")?;
    let short = |at: usize| u16::from_le_bytes([format[at], format[at + 1]]);
    if format.len() < 16 {
        return Err("format chunk too short".into());
    }
    let tag = if short(0) == 0xFFFE && format.len() >= 26 { short(24) } else { short(0) };
    let (channel_count, bits) = (usize::from(short(2)), short(14));
    let rate_hz = u32::from_le_bytes([format[4], format[5], format[6], format[7]]);
    let sample: fn(&[u8]) -> f32 = match (tag, bits) {
        (3, 32) => |b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]),
        (1, 16) => |b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0,
        (1, 24) => |b| (i32::from_le_bytes([0, b[0], b[1], b[2]]) >> 8) as f32 / 8_388_608.0,
        _ => return Err(format!("format {tag} with {bits} bits")),
    };
    if channel_count == 0 {
        return Err("no channels".into());
    }
    let width = usize::from(bits / 8);
    let mut channels = vec![Vec::with_capacity(data.len() / width / channel_count); channel_count];
    for frame in data.chunks_exact(width * channel_count) {
        for (channel, bytes) in channels.iter_mut().zip(frame.chunks_exact(width)) {
            channel.push(sample(bytes));
        }
    }
    Ok(Wav { rate_hz, channels })
}

/// The body of the first chunk of a kind. A size that reaches past the file (RF64, a cut file) ends with the file.
fn chunk<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    let mut at = 12;
    while at + 8 <= bytes.len() {
        let size = u32::from_le_bytes([bytes[at + 4], bytes[at + 5], bytes[at + 6], bytes[at + 7]]) as usize;
        let body = at + 8;
        let end = body.saturating_add(size).min(bytes.len());
        if &bytes[at..at + 4] == kind {
            return Some(&bytes[body..end]);
        }
        at = end + (size & 1);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_file_reads_back() {
        let mut file =
            b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x03\0\x02\0\x80\xbb\0\0\0\0\0\0\x08\0\x20\0data\x10\0\0\0"
                .to_vec();
        for sample in [0.5f32, -0.25, 1.0, -1.0] {
            file.extend(sample.to_le_bytes());
        }
        let wav = parse(&file).unwrap();
        assert_eq!((wav.rate_hz, wav.channels), (48_000, vec![vec![0.5, 1.0], vec![-0.25, -1.0]]));
        assert!(parse(b"RIFF").is_err() && parse(&file[..20]).is_err());
    }
}
