//! Fingerprints of sound: SHA-256 of the samples as they stand in a file, per output and of all of them.
//! Source: FIPS 180-4 (`sha2`). In/out: stereo frames in, 64 hexadecimal digits out.

use cuewright_engine::stem::STEM_COUNT;
use sha2::{Digest, Sha256};

/// Outputs hashed: the mix, then the stems.
pub const OUTPUT_COUNT: usize = STEM_COUNT + 1;

/// Takes samples in as they are made.
#[derive(Clone, Default)]
pub struct Hashes {
    outputs: [Sha256; OUTPUT_COUNT],
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Of the mix, then of each stem.
    pub outputs: [String; OUTPUT_COUNT],
    /// Of all of them: SHA-256 of the ten digests (as bytes) one after the other.
    pub whole: String,
}

impl Hashes {
    /// Adds frames of one output (0 the mix, from 1 on the stems), little-endian and interleaved.
    pub fn add(&mut self, output: usize, interleaved: &[u8]) {
        self.outputs[output].update(interleaved);
    }

    /// Adds frames of one output from two channels.
    pub fn add_channels(&mut self, output: usize, left: &[f32], right: &[f32]) {
        let mut bytes = Vec::with_capacity(left.len() * 8);
        interleave(&[left, right], &mut bytes);
        self.add(output, &bytes);
    }

    /// Ends.
    pub fn finish(self) -> Digests {
        let digests = self.outputs.map(|hash| <[u8; 32]>::from(hash.finalize()));
        let mut whole = Sha256::new();
        for digest in &digests {
            whole.update(digest);
        }
        Digests {
            outputs: digests.map(|digest| hex(&digest)),
            whole: hex(&<[u8; 32]>::from(whole.finalize())),
        }
    }
}

/// Channels of one length as bytes of a file, added to `bytes`.
pub fn interleave(channels: &[&[f32]], bytes: &mut Vec<u8>) {
    let frames = channels.iter().map(|channel| channel.len()).min().unwrap_or(0);
    for frame in 0..frames {
        for channel in channels {
            bytes.extend_from_slice(&channel[frame].to_le_bytes());
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_does_not_matter_and_every_bit_does() {
        let left: Vec<f32> = (0..100).map(|i| i as f32).collect();
        let mut once = Hashes::default();
        once.add_channels(3, &left, &left);
        let mut twice = Hashes::default();
        twice.add_channels(3, &left[..7], &left[..7]);
        twice.add_channels(3, &left[7..], &left[7..]);
        let once = once.finish();
        assert_eq!(once, twice.finish());
        // SHA-256 of nothing, FIPS 180-4.
        assert_eq!(once.outputs[0], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        let mut other = Hashes::default();
        let mut right = left.clone();
        right[99] = -right[99];
        other.add_channels(3, &left, &right);
        let other = other.finish();
        assert!(other.outputs[3] != once.outputs[3] && other.whole != once.whole);
        assert_eq!(other.outputs[2], once.outputs[2]);
    }
}
