//! Writes 32-bit float WAV, stereo or a field: the same samples always give the same bytes; past 4 GiB it becomes RF64.
//! Source: Microsoft "Multiple channel audio data and WAVE files" (format 3, `fact`; extensible with no speakers named,
//! which is how AmbiX is written), EBU Tech 3306 (RF64, `ds64`).
//! In/out: interleaved frames in, a file under its name only once it is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes of one sample.
const SAMPLE_BYTES: u64 = 4;

/// Bytes before the samples of a stereo file: RIFF header, JUNK (later ds64), fmt, fact, data header.
const HEADER_BYTES: u64 = 12 + 36 + 26 + 12 + 8;

/// What the extensible format adds: bits that count, speakers, and which samples.
const EXTENSION_BYTES: u64 = 22;

/// Float samples, as the extensible format names them (KSDATAFORMAT_SUBTYPE_IEEE_FLOAT).
const FLOAT_GUID: [u8; 16] = [3, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

/// Largest size the 32-bit fields can say; 0xFFFF_FFFF itself means "see ds64".
const RIFF_LIMIT: u64 = 0xFFFF_FFFE;

/// Size of a file of this many frames.
pub fn file_bytes(frames: u64, channels: u16) -> u64 {
    header_bytes(channels) + frames * frame_bytes(channels)
}

fn header_bytes(channels: u16) -> u64 {
    HEADER_BYTES + if channels > 2 { EXTENSION_BYTES } else { 0 }
}

fn frame_bytes(channels: u16) -> u64 {
    SAMPLE_BYTES * u64::from(channels)
}

/// The first bytes of a file of `frames` frames.
fn header(sample_rate_hz: u32, frames: u64, channels: u16) -> Vec<u8> {
    let frame_bytes = frame_bytes(channels);
    let data_bytes = frames * frame_bytes;
    let riff_bytes = file_bytes(frames, channels) - 8;
    let extensible = channels > 2;
    let extension_bytes = if extensible { EXTENSION_BYTES as u16 } else { 0 };
    let large = riff_bytes > RIFF_LIMIT;
    let small = |value: u64| if large { u32::MAX } else { value as u32 };
    let mut bytes = Vec::with_capacity(header_bytes(channels) as usize);
    let mut put = |part: &[u8]| bytes.extend_from_slice(part);
    put(if large { b"RF64" } else { b"RIFF" });
    put(&small(riff_bytes).to_le_bytes());
    put(b"WAVE");
    // The room RF64 needs is kept in every file, so that a stream that grows past the limit only changes its header.
    put(if large { b"ds64" } else { b"JUNK" });
    put(&28u32.to_le_bytes());
    for value in [riff_bytes, data_bytes, frames] {
        put(&(if large { value } else { 0 }).to_le_bytes());
    }
    put(&0u32.to_le_bytes());
    put(b"fmt ");
    put(&(18 + u32::from(extension_bytes)).to_le_bytes());
    put(&(if extensible { 0xFFFE_u16 } else { 3 }).to_le_bytes());
    put(&channels.to_le_bytes());
    put(&sample_rate_hz.to_le_bytes());
    put(&(sample_rate_hz.saturating_mul(frame_bytes as u32)).to_le_bytes());
    put(&(frame_bytes as u16).to_le_bytes());
    put(&32u16.to_le_bytes());
    put(&extension_bytes.to_le_bytes());
    if extensible {
        // All 32 bits count, and no channel belongs to a loudspeaker: mask 0.
        put(&32u16.to_le_bytes());
        put(&0u32.to_le_bytes());
        put(&FLOAT_GUID);
    }
    put(b"fact");
    put(&4u32.to_le_bytes());
    put(&small(frames).to_le_bytes());
    put(b"data");
    put(&small(data_bytes).to_le_bytes());
    bytes
}

/// A file on its way: written beside its name, renamed by [`WavWriter::finish`], removed when dropped before.
pub struct WavWriter {
    file: BufWriter<File>,
    partial: PathBuf,
    path: PathBuf,
    sample_rate_hz: u32,
    channels: u16,
    frames: u64,
    finished: bool,
}

impl WavWriter {
    /// Starts a file.
    pub fn create(path: &Path, sample_rate_hz: u32, channels: u16) -> io::Result<WavWriter> {
        let partial = partial_path(path);
        let mut file = BufWriter::with_capacity(1 << 18, File::create(&partial)?);
        file.write_all(&header(sample_rate_hz, 0, channels))?;
        let path = path.into();
        Ok(WavWriter { file, partial, path, sample_rate_hz, channels, frames: 0, finished: false })
    }

    /// Appends frames, little-endian and interleaved, as they stand in the file.
    pub fn write_bytes(&mut self, interleaved: &[u8]) -> io::Result<()> {
        let frame_bytes = frame_bytes(self.channels);
        debug_assert!((interleaved.len() as u64).is_multiple_of(frame_bytes));
        self.frames += interleaved.len() as u64 / frame_bytes;
        self.file.write_all(interleaved)
    }

    /// Completes the header and gives the file its name.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header(self.sample_rate_hz, self.frames, self.channels))?;
        self.file.flush()?;
        self.finished = true;
        fs::rename(&self.partial, &self.path)
    }
}

impl Drop for WavWriter {
    fn drop(&mut self) {
        if !self.finished {
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// Where a file is written until it is whole.
pub fn partial_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    path.with_file_name(name)
}

/// Writes a whole small file under its name at once, or not at all.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let partial = partial_path(path);
    fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path)).inspect_err(|_| {
        let _ = fs::remove_file(&partial);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("cuewright-wav-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn another_reader_finds_the_same_samples() {
        let folder = folder("read");
        let path = folder.join("a.wav");
        let samples: Vec<f32> = (0..2002).map(|i| (i as f32 * 0.37).sin() * 1.5).collect();
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let mut writer = WavWriter::create(&path, 44_100, 2).unwrap();
        writer.write_bytes(&bytes[..800]).unwrap();
        writer.write_bytes(&bytes[800..]).unwrap();
        assert!(!path.exists(), "half a file must not carry the name");
        writer.finish().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), file_bytes(1001, 2));
        let mut reader = hound::WavReader::open(&path).unwrap();
        let spec = reader.spec();
        assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (2, 44_100, 32));
        assert_eq!(reader.samples::<f32>().collect::<Result<Vec<_>, _>>().unwrap(), samples);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_field_names_no_loudspeakers() {
        let folder = folder("field");
        let path = folder.join("a.wav");
        let samples: Vec<f32> = (0..400).map(|i| i as f32 * 0.01).collect();
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let mut writer = WavWriter::create(&path, 48_000, 4).unwrap();
        writer.write_bytes(&bytes).unwrap();
        writer.finish().unwrap();
        let written = fs::read(&path).unwrap();
        assert_eq!(written.len() as u64, file_bytes(100, 4));
        let fmt = written.windows(4).position(|tag| tag == b"fmt ").unwrap() + 8;
        assert_eq!(written[fmt..fmt + 4], [0xFE, 0xFF, 4, 0]);
        assert_eq!(written[fmt + 20..fmt + 24], [0; 4], "the mask of speakers");
        let mut reader = hound::WavReader::open(&path).unwrap();
        assert_eq!((reader.spec().channels, reader.duration()), (4, 100));
        assert_eq!(reader.samples::<f32>().collect::<Result<Vec<_>, _>>().unwrap(), samples);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_dropped_file_leaves_nothing() {
        let folder = folder("drop");
        let mut writer = WavWriter::create(&folder.join("a.wav"), 48_000, 2).unwrap();
        writer.write_bytes(&[0; 64]).unwrap();
        drop(writer);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn past_four_gibibytes_the_header_says_rf64() {
        let last_small = (RIFF_LIMIT + 8 - HEADER_BYTES) / frame_bytes(2);
        let (small, large) = (header(48_000, last_small, 2), header(48_000, last_small + 1, 2));
        assert_eq!((&small[..4], &small[12..16]), (&b"RIFF"[..], &b"JUNK"[..]));
        assert_eq!((&large[..4], &large[12..16]), (&b"RF64"[..], &b"ds64"[..]));
        assert_eq!(small.len() as u64, HEADER_BYTES);
        let number = |at: usize| u64::from_le_bytes(large[at..at + 8].try_into().unwrap());
        assert_eq!(number(20), file_bytes(last_small + 1, 2) - 8);
        assert_eq!((number(28), number(36)), ((last_small + 1) * frame_bytes(2), last_small + 1));
        assert_eq!(&large[4..8], &[0xFF; 4]);
        assert_eq!(&large[large.len() - 4..], &[0xFF; 4]);
    }
}
