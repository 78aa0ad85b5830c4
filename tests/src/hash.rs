//! Fingerprints of sound: SHA-256 over sample bits, so that "the same" means the same.
//! Source: FIPS 180-4. In/out: samples as they stand, little-endian 32-bit floats; no rounding, no tolerance.

use sha2::{Digest, Sha256};

/// A running fingerprint of samples.
#[derive(Clone, Default)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds samples.
    pub fn add(&mut self, samples: &[f32]) {
        for sample in samples {
            self.0.update(sample.to_le_bytes());
        }
    }

    /// Adds bytes.
    pub fn add_bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The fingerprint as 64 hexadecimal digits.
    pub fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Fingerprint of one run of samples.
pub fn samples(samples: &[f32]) -> String {
    let mut fingerprint = Fingerprint::default();
    fingerprint.add(samples);
    fingerprint.finish()
}

/// Fingerprint of bytes.
pub fn bytes(bytes: &[u8]) -> String {
    let mut fingerprint = Fingerprint::default();
    fingerprint.add_bytes(bytes);
    fingerprint.finish()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_empty_text_has_its_published_fingerprint() {
        assert_eq!(super::bytes(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(super::samples(&[0.0]), super::bytes(&[0; 4]));
        assert_ne!(super::samples(&[0.0]), super::samples(&[-0.0]));
    }
}
