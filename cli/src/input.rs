//! Reads what a command is about: a cue file or a factory cue, and the files that go with it.

use crate::args::Instead;
use crate::failure::Failure;
use cuewright_engine::cue::limits::MAX_FILE_BYTES;
use cuewright_engine::cue::{Cue, Motif, Palette, factory, parse_toml};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// The cue a person means: a file where there is one, else the factory cue of that id.
pub fn cue(name: &str, instead: &Instead) -> Result<Cue, Failure> {
    let mut cue = named(name)?;
    if let Some(seed) = instead.seed {
        cue.seed = seed;
    }
    if let Some(id) = &instead.palette {
        cue.palette = known_palette("--palette", id)?;
    }
    if let Some(id) = &instead.motif {
        cue.motif = Some(known_motif(id)?);
    }
    Ok(cue)
}

/// The factory motif that `--motif` names.
fn known_motif(id: &str) -> Result<Motif, Failure> {
    let ids = factory::motifs().iter().map(|motif| motif.id.as_str());
    factory::motif(id).map(factory::FactoryMotif::motif).ok_or_else(|| unknown("--motif", "motif", id, ids))
}

/// The id of a factory palette that an option names.
pub fn known_palette(option: &str, id: &str) -> Result<String, Failure> {
    let ids = factory::palettes().iter().map(|palette| palette.id.as_str());
    factory::palette(id).map(|palette| palette.id.clone()).ok_or_else(|| unknown(option, "palette", id, ids))
}

/// An option names something that does not exist.
fn unknown<'a>(option: &str, kind: &str, id: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let known = known.collect::<Vec<_>>().join(", ");
    Failure::usage(format!("{option}: there is no {kind} \"{id}\"; known: {known}"))
}

fn named(name: &str) -> Result<Cue, Failure> {
    let path = Path::new(name);
    // A folder is no cue: one that a render left behind must not hide the factory's cue of that name.
    if let Some(factory) = factory::cue(name).filter(|_| path.is_dir()) {
        return Ok(factory.cue.clone());
    }
    match read(path, MAX_FILE_BYTES) {
        Ok(bytes) => {
            let text = String::from_utf8(bytes).map_err(|error| {
                let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = good.iter().filter(|&&byte| byte == b'\n').count() + 1;
                Failure::file(path, format!("line {line}: is not UTF-8 text"))
            })?;
            parse_toml(&text).map_err(|error| Failure::file(path, error))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => match factory::cue(name) {
            Some(factory) => Ok(factory.cue.clone()),
            None => {
                let known: Vec<&str> = factory::cues().iter().map(|cue| cue.id).collect();
                Err(Failure::file(
                    path,
                    format!("no such file, and no factory cue of that id ({})", known.join(", ")),
                ))
            }
        },
        Err(error) => Err(Failure::machine(path.display(), &error)),
    }
}

/// The palette of a cue that passed validation.
pub fn palette_of(cue: &Cue) -> Result<&'static Palette, Failure> {
    factory::palette(&cue.palette)
        .ok_or_else(|| Failure::other(format!("palette: there is no palette \"{}\"", cue.palette)))
}

/// A file of at most so many bytes; a longer one is refused without being read.
pub fn read(path: &Path, max_bytes: usize) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::Error::other("is a folder, not a file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(max_bytes as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > max_bytes {
        let found = metadata.len().max(bytes.len() as u64);
        return Err(io::Error::other(format!("has {found} bytes; at most {max_bytes} bytes are allowed")));
    }
    Ok(bytes)
}
