//! The folder a render leaves: `mix.wav`, `stems/01-low.wav` …, `score.json`, `cue.mid`. Nothing half-written is ever seen.
//! Source: DESIGN 3. In/out: samples while they are made, then score and MIDI; files get their names at the end.

use crate::hash::OUTPUT_COUNT;
use crate::render::{AmbienceLayout, Sink};
use crate::wav::{WavWriter, write_whole};
use cuewright_engine::stem::STEMS;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder on its way.
pub struct Folder {
    root: PathBuf,
    writers: Vec<Option<WavWriter>>,
    /// Folders that were not there before, innermost first: removed again when nothing comes of them.
    made: Vec<PathBuf>,
}

/// Names of the sound files relative to the folder: the mix, then the stems.
pub fn file_names() -> [String; OUTPUT_COUNT] {
    std::array::from_fn(|output| match output.checked_sub(1) {
        None => "mix.wav".into(),
        Some(stem) => format!("stems/{:02}-{}.wav", stem + 1, STEMS[stem].id),
    })
}

impl Folder {
    /// Makes the folder where it is missing and starts the sound files in it.
    pub fn create(
        root: &Path,
        sample_rate_hz: u32,
        mix_only: bool,
        ambience: AmbienceLayout,
    ) -> io::Result<Folder> {
        let stems = root.join("stems");
        let deepest = if mix_only { root } else { &stems };
        let missing: Vec<PathBuf> = deepest
            .ancestors()
            .take_while(|path| !path.as_os_str().is_empty() && !path.exists())
            .map(Path::to_path_buf)
            .collect();
        let mut folder = Folder { root: root.into(), writers: Vec::new(), made: missing };
        fs::create_dir_all(deepest)?;
        for (output, name) in file_names().iter().enumerate() {
            let wanted = output == 0 || !mix_only;
            let channels = ambience.channels(output) as u16;
            let create = || WavWriter::create(&root.join(name), sample_rate_hz, channels);
            let writer = wanted.then(create).transpose()?;
            folder.writers.push(writer);
        }
        Ok(folder)
    }

    /// Completes every file and gives it its name; gives back the names of the sound files by output.
    pub fn finish(mut self, score: &[u8], midi: &[u8]) -> io::Result<Vec<(usize, String)>> {
        let mut names = Vec::new();
        for (output, name) in file_names().into_iter().enumerate() {
            if let Some(writer) = self.writers[output].take() {
                writer.finish()?;
                names.push((output, name));
            }
        }
        write_whole(&self.root.join("score.json"), score)?;
        write_whole(&self.root.join("cue.mid"), midi)?;
        self.made.clear();
        Ok(names)
    }
}

impl Sink for Folder {
    fn take(&mut self, output: usize, interleaved: &[u8]) -> io::Result<()> {
        match &mut self.writers[output] {
            Some(writer) => writer.write_bytes(interleaved),
            None => Ok(()),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The writers remove their partial files; a folder that is not empty then refuses to go, as it should.
        self.writers.clear();
        for path in &self.made {
            let _ = fs::remove_dir(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("cuewright-folder-{name}-{}", std::process::id()))
    }

    #[test]
    fn all_files_appear_at_the_end() {
        let root = root("all");
        let mut folder = Folder::create(&root.join("deep/er"), 48_000, false, AmbienceLayout::Ambix).unwrap();
        for output in 0..OUTPUT_COUNT {
            folder.take(output, &[0; 80]).unwrap();
        }
        assert!(!root.join("deep/er/mix.wav").exists());
        let names = folder.finish(b"{}", b"MThd").unwrap();
        assert_eq!((names.len(), names[9].1.as_str()), (10, "stems/09-ambience.wav"));
        for (_, name) in names {
            let reader = hound::WavReader::open(root.join("deep/er").join(&name)).unwrap();
            let expected = if name.contains("ambience") { (4, 5) } else { (2, 10) };
            assert_eq!((reader.spec().channels, reader.duration()), expected, "{name}");
        }
        assert_eq!(fs::read(root.join("deep/er/score.json")).unwrap(), b"{}");
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_dropped_folder_leaves_what_was_there() {
        let root = root("drop");
        drop(Folder::create(&root.join("deep"), 48_000, false, AmbienceLayout::Stereo).unwrap());
        assert!(!root.exists());
        fs::create_dir_all(root.join("deep")).unwrap();
        fs::write(root.join("deep/mix.wav"), b"old").unwrap();
        let mut folder = Folder::create(&root.join("deep"), 48_000, true, AmbienceLayout::Stereo).unwrap();
        folder.take(0, &[0; 8]).unwrap();
        drop(folder);
        assert_eq!(fs::read(root.join("deep/mix.wav")).unwrap(), b"old");
        assert_eq!(fs::read_dir(root.join("deep")).unwrap().count(), 1);
        fs::remove_dir_all(root).unwrap();
    }
}
