//! The command line, as data: help, completions and the man page are made from it.

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use cuewright_delivery::automation;
use cuewright_delivery::render::{BlockSize, Length, MAX_BLOCK, RATES_HZ};
use cuewright_engine::cue::limits::{MAX_BARS, MAX_SEED};
use cuewright_engine::params;
use std::path::PathBuf;

/// Writes and plays film music: renders cues to stems, the same bits as the plugin.
#[derive(Debug, Parser)]
#[command(name = "cuewright", version, propagate_version = true, arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Renders a cue to stems, mix, score and MIDI.
    Render(RenderArguments),
    /// Lists what there is.
    List {
        /// What to list.
        what: What,
        /// Prints one JSON array instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Shows form, chords and motif of a cue as text.
    Describe {
        /// A cue file, or the id of a factory cue.
        #[arg(value_name = "CUE", value_hint = ValueHint::FilePath)]
        cue: String,
        #[command(flatten)]
        instead: Instead,
    },
    /// Prints a completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Prints the man page.
    Man,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// Palettes: who plays, in which space.
    Palettes,
    /// Instruments that palettes choose from.
    Instruments,
    /// Everything `--set` and automation can move, the six mood axes first.
    Axes,
    /// Cues that come with Cuewright.
    Cues,
    /// Motifs for `--motif`.
    Motifs,
    /// Halls a cue or a palette may name.
    Halls,
    /// Scenes of the ambience.
    Scenes,
}

/// How the ambience is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Ambience {
    /// Two channels for loudspeakers.
    Stereo,
    /// A field of first order: W, Y, Z, X, SN3D, in `stems/09-ambience.wav`; the mix keeps two channels.
    Ambix,
    /// Two channels for headphones, in the stem and in the mix.
    Binaural,
}

/// What a cue is taken with instead of its own.
#[derive(Debug, Args)]
pub struct Instead {
    /// Another seed than the cue's.
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
    /// Another palette than the cue's.
    #[arg(long, value_name = "ID")]
    pub palette: Option<String>,
    /// A motif that comes with Cuewright (`list motifs`) instead of the cue's, or the seed's.
    #[arg(long, value_name = "ID")]
    pub motif: Option<String>,
}

/// Arguments of `render`.
#[derive(Debug, Args)]
pub struct RenderArguments {
    /// A cue file, or the id of a factory cue.
    #[arg(value_name = "CUE", value_hint = ValueHint::FilePath)]
    pub cue: String,
    /// Folder to write to; made when it is missing.
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: PathBuf,
    #[command(flatten)]
    pub instead: Instead,
    /// The palette that `--set morph=VALUE` or an automation of `morph` leads to.
    #[arg(long, value_name = "ID")]
    pub morph_palette: Option<String>,
    /// How much: seconds ("90s") or bars ("48bars"); the whole cue when left out.
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    pub length: Option<Length>,
    /// First bar, from 1.
    #[arg(long, value_name = "BAR", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_BARS)))]
    pub from: u32,
    /// Sample rate.
    #[arg(long, value_name = "HZ", default_value_t = 48_000,
          value_parser = clap::value_parser!(u32).range(*RATES_HZ.start() as i64..=*RATES_HZ.end() as i64))]
    pub rate: u32,
    /// Frames per block, or "random"; changes no bit of the sound.
    #[arg(long, value_name = "N|random", default_value = "32", value_parser = block)]
    pub block: BlockSize,
    /// Tempos and meters from a MIDI file instead of the cue's.
    #[arg(long, value_name = "FILE.mid", value_hint = ValueHint::FilePath)]
    pub tempo_map: Option<PathBuf>,
    /// A parameter's value from the start; may be given many times.
    #[arg(long, value_name = "ID=VALUE", value_parser = setting, allow_hyphen_values = true)]
    pub set: Vec<(usize, f64)>,
    /// Rows of `seconds,id,value` that move parameters while it plays.
    #[arg(long, value_name = "FILE.csv", value_hint = ValueHint::FilePath)]
    pub automation: Option<PathBuf>,
    /// How the ambience is rendered: for loudspeakers, its own file as a field (AmbiX, four channels), or for headphones.
    #[arg(long, value_name = "LAYOUT", value_enum)]
    pub ambience: Option<Ambience>,
    /// Writes no stems.
    #[arg(long)]
    pub mix_only: bool,
    /// Prints one JSON object about the render instead of a summary.
    #[arg(long)]
    pub json: bool,
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse()
        .ok()
        .filter(|&seed| seed <= MAX_SEED)
        .ok_or_else(|| format!("is not a whole number from 0 to {MAX_SEED}"))
}

fn length(text: &str) -> Result<Length, String> {
    let help = || format!("is neither seconds such as \"90s\" nor bars such as \"48bars\" (1 to {MAX_BARS})");
    if let Some(bars) = text.strip_suffix("bars").or_else(|| text.strip_suffix("bar")) {
        let bars = bars.trim().parse().ok().filter(|bars| (1..=MAX_BARS).contains(bars));
        return bars.map(Length::Bars).ok_or_else(help);
    }
    let seconds = text.strip_suffix('s').and_then(|seconds| seconds.trim().parse::<f64>().ok());
    seconds.filter(|seconds| seconds.is_finite() && *seconds > 0.0).map(Length::Seconds).ok_or_else(help)
}

fn block(text: &str) -> Result<BlockSize, String> {
    // Any seed will do, as long as it is always the same one.
    const RANDOM_SEED: u64 = 1;
    if text == "random" {
        return Ok(BlockSize::Random(RANDOM_SEED));
    }
    let frames = text.parse().ok().filter(|frames| (1..=MAX_BLOCK).contains(frames));
    frames
        .map(BlockSize::Fixed)
        .ok_or_else(|| format!("is neither a whole number from 1 to {MAX_BLOCK} nor \"random\""))
}

fn setting(text: &str) -> Result<(usize, f64), String> {
    let (id, value) = text.split_once('=').ok_or("is not ID=VALUE")?;
    let row = params::by_id(id.trim()).ok_or_else(|| automation::unknown_id(id.trim()))?;
    Ok((row.index, automation::value(row, value)?))
}
