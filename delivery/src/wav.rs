//! Writes stereo 32-bit float WAV: the same samples always give the same bytes; past 4 GiB it becomes RF64 in place.
//! Source: Microsoft "Multiple channel audio data and WAVE files" (format 3, `fact`), EBU Tech 3306 (RF64, `ds64`).
//! In/out: interleaved frames in, a file under its name only once it is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes of one stereo frame.
pub const FRAME_BYTES: u64 = 8;

/// Bytes before the samples: RIFF header, JUNK (later ds64), fmt, fact, data header.
const HEADER_BYTES: u64 = 12 + 36 + 26 + 12 + 8;

/// Largest size the 32-bit fields can say; 0xFFFF_FFFF itself means "see ds64".
const RIFF_LIMIT: u64 = 0xFFFF_FFFE;

/// Size of a file of this many frames.
pub fn file_bytes(frames: u64) -> u64 {
    HEADER_BYTES + frames * FRAME_BYTES
}

/// The first bytes of a file of `frames` frames.
fn header(sample_rate_hz: u32, frames: u64) -> Vec<u8> {
    let data_bytes = frames * FRAME_BYTES;
    let riff_bytes = file_bytes(frames) - 8;
    let large = riff_bytes > RIFF_LIMIT;
    let small = |value: u64| if large { u32::MAX } else { value as u32 };
    let mut bytes = Vec::with_capacity(HEADER_BYTES as usize);
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
    put(&18u32.to_le_bytes());
    put(&3u16.to_le_bytes());
    put(&2u16.to_le_bytes());
    put(&sample_rate_hz.to_le_bytes());
    put(&(sample_rate_hz.saturating_mul(FRAME_BYTES as u32)).to_le_bytes());
    put(&(FRAME_BYTES as u16).to_le_bytes());
    put(&32u16.to_le_bytes());
    put(&0u16.to_le_bytes());
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
    frames: u64,
    finished: bool,
}

impl WavWriter {
    /// Starts a file.
    pub fn create(path: &Path, sample_rate_hz: u32) -> io::Result<WavWriter> {
        let partial = partial_path(path);
        let mut file = BufWriter::with_capacity(1 << 18, File::create(&partial)?);
        file.write_all(&header(sample_rate_hz, 0))?;
        Ok(WavWriter { file, partial, path: path.into(), sample_rate_hz, frames: 0, finished: false })
    }

    /// Appends frames, little-endian and interleaved, as they stand in the file.
    pub fn write_bytes(&mut self, interleaved: &[u8]) -> io::Result<()> {
        debug_assert!((interleaved.len() as u64).is_multiple_of(FRAME_BYTES));
        self.frames += interleaved.len() as u64 / FRAME_BYTES;
        self.file.write_all(interleaved)
    }

    /// Completes the header and gives the file its name.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header(self.sample_rate_hz, self.frames))?;
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
        let mut writer = WavWriter::create(&path, 44_100).unwrap();
        writer.write_bytes(&bytes[..800]).unwrap();
        writer.write_bytes(&bytes[800..]).unwrap();
        assert!(!path.exists(), "half a file must not carry the name");
        writer.finish().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), file_bytes(1001));
        let mut reader = hound::WavReader::open(&path).unwrap();
        let spec = reader.spec();
        assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (2, 44_100, 32));
        assert_eq!(reader.samples::<f32>().collect::<Result<Vec<_>, _>>().unwrap(), samples);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_dropped_file_leaves_nothing() {
        let folder = folder("drop");
        let mut writer = WavWriter::create(&folder.join("a.wav"), 48_000).unwrap();
        writer.write_bytes(&[0; 64]).unwrap();
        drop(writer);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn past_four_gibibytes_the_header_says_rf64() {
        let last_small = (RIFF_LIMIT + 8 - HEADER_BYTES) / FRAME_BYTES;
        let (small, large) = (header(48_000, last_small), header(48_000, last_small + 1));
        assert_eq!((&small[..4], &small[12..16]), (&b"RIFF"[..], &b"JUNK"[..]));
        assert_eq!((&large[..4], &large[12..16]), (&b"RF64"[..], &b"ds64"[..]));
        assert_eq!(small.len() as u64, HEADER_BYTES);
        let number = |at: usize| u64::from_le_bytes(large[at..at + 8].try_into().unwrap());
        assert_eq!(number(20), file_bytes(last_small + 1) - 8);
        assert_eq!((number(28), number(36)), ((last_small + 1) * FRAME_BYTES, last_small + 1));
        assert_eq!(&large[4..8], &[0xFF; 4]);
        assert_eq!(&large[large.len() - 4..], &[0xFF; 4]);
    }
}
