//! The built program, from outside: what it writes, what it says, how it ends.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder that goes when the test ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("cuewright-cli-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name).to_str().unwrap().into()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn cuewright(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cuewright")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn succeed(arguments: &[&str]) -> String {
    let output = cuewright(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "", "no progress bar and no noise off a terminal");
    text(&output.stdout)
}

/// Runs what must fail, and gives back what it said.
fn fail(code: i32, arguments: &[&str]) -> String {
    let output = cuewright(arguments);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert_eq!(text(&output.stdout), "", "{arguments:?}");
    said
}

fn render(folder: &Path, more: &[&str]) -> Value {
    let mut arguments = vec!["render", "first_light", "--json", "-o", folder.to_str().unwrap()];
    if !more.contains(&"--length") {
        arguments.extend(["--length", "3bars"]);
    }
    arguments.extend(more);
    let printed = succeed(&arguments);
    assert_eq!(printed.trim_end().lines().count(), 1);
    serde_json::from_str(&printed).unwrap()
}

fn samples(path: PathBuf) -> Vec<f32> {
    hound::WavReader::open(path).unwrap().samples::<f32>().map(Result::unwrap).collect()
}

const STEMS: [&str; 9] =
    ["01-low", "02-bed", "03-strings", "04-pulse", "05-lead", "06-power", "07-perc", "08-fx", "09-ambience"];

#[test]
fn a_render_leaves_stems_that_sum_to_the_mix_a_score_and_midi() {
    let scratch = Scratch::new("render");
    let folder = scratch.path("out");
    let report = render(&folder, &[]);
    let mix = samples(folder.join("mix.wav"));
    assert_eq!(mix.len() as u64, report["frames"].as_u64().unwrap() * 2);
    assert!(mix.iter().any(|sample| sample.abs() > 0.01));
    let stems: Vec<Vec<f32>> =
        STEMS.iter().map(|stem| samples(folder.join(format!("stems/{stem}.wav")))).collect();
    for (index, &sample) in mix.iter().enumerate() {
        assert_eq!(stems.iter().fold(0.0f32, |sum, stem| sum + stem[index]), sample, "sample {index}");
    }
    let score: Value = serde_json::from_slice(&fs::read(folder.join("score.json")).unwrap()).unwrap();
    assert_eq!(score["bars"].as_array().unwrap().len(), 3);
    assert!(score["notes"].as_array().unwrap().len() > 10);
    let midi = fs::read(folder.join("cue.mid")).unwrap();
    assert_eq!(midly::Smf::parse(&midi).unwrap().tracks.len(), 10);
    let listed: Vec<&str> =
        report["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(
        (listed.len(), listed[0], listed[1], listed[11]),
        (12, "mix.wav", "stems/01-low.wav", "cue.mid")
    );
    for file in report["files"].as_array().unwrap() {
        assert_eq!(file["sha256"].as_str().unwrap().len(), 64);
    }
    for key in ["realtime", "worst_quantum_us", "peak_dbfs", "seed", "revision", "seconds"] {
        assert!(report[key].is_number(), "{key}");
    }
    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "{left:?}");
}

#[test]
fn the_score_has_the_fields_an_analyst_needs() {
    let scratch = Scratch::new("score");
    render(&scratch.path("out"), &["--set", "motif=1"]);
    let score: Value = serde_json::from_slice(&fs::read(scratch.path("out/score.json")).unwrap()).unwrap();
    for key in [
        "format",
        "revision",
        "sample_rate",
        "seed",
        "palette",
        "tempo",
        "meters",
        "bars",
        "notes",
        "hits",
        "loop",
        "ending",
        "length_bars",
    ] {
        assert!(!score[key].is_null(), "{key}");
    }
    let motif = score["motif"].as_array().unwrap();
    assert!(motif.len() >= 2 && motif.iter().all(|note| note["degree"].is_i64() && note["beat"].is_f64()));
    for (number, bar) in score["bars"].as_array().unwrap().iter().enumerate() {
        assert_eq!(bar["bar"], number + 1);
        assert!(
            bar["letter"].is_string() && bar["boundary"].is_u64() && bar["chords"][0]["tied"].is_boolean()
        );
        assert!((bar["trims"]["motif"].as_f64().unwrap() - 1.0).abs() < 1e-6 && bar["trims"]["variant"] == 1);
        for key in
            ["beat", "seconds", "beats", "tonic", "mode", "chord", "chord_pcs", "cell", "section", "phrase"]
        {
            assert!(!bar[key].is_null(), "{key}");
        }
        assert!(bar["planing"].is_boolean() && bar["mood"]["tension_effective"].is_number());
        assert!(bar["stems_active"].is_array() && bar["unit"].is_number() && bar["slot"].is_string());
    }
    let notes = score["notes"].as_array().unwrap();
    assert!(notes.iter().all(|note| note["part"].is_u64() && note["shift_ms"].is_f64()));
    for key in [
        "stem",
        "instrument",
        "articulation",
        "pitch",
        "velocity",
        "beat",
        "beats",
        "role",
        "seconds",
        "duration",
    ] {
        assert!(notes.iter().all(|note| !note[key].is_null()), "{key}");
    }
    let tagged: Vec<&Value> = notes.iter().filter(|note| !note["motif"].is_null()).collect();
    assert!(!tagged.is_empty(), "the motif is never stated");
    for note in tagged {
        assert!(note["motif"]["statement"].is_u64() && note["motif"]["operator"].is_string());
        assert!((1..=3).contains(&note["motif"]["level"].as_u64().unwrap()));
    }
}

#[test]
fn the_block_size_and_the_run_change_no_bit_but_the_seed_does() {
    let scratch = Scratch::new("bits");
    let hash =
        |name: &str, more: &[&str]| render(&scratch.path(name), more)["sha256"].as_str().unwrap().to_string();
    let reference = hash("a", &[]);
    for (name, block) in [("b", "1"), ("c", "441"), ("d", "4096"), ("e", "random")] {
        assert_eq!(hash(name, &["--block", block]), reference, "--block {block}");
    }
    for file in ["mix.wav", "stems/05-lead.wav", "score.json", "cue.mid"] {
        assert_eq!(
            fs::read(scratch.path("a").join(file)).unwrap(),
            fs::read(scratch.path("e").join(file)).unwrap()
        );
    }
    assert_ne!(hash("f", &["--seed", "8"]), reference);
    assert_ne!(hash("g", &["--palette", "hybrid"]), reference);
    assert_ne!(hash("h", &["--set", "energy=0.9"]), reference);
    assert_ne!(hash("i", &["--rate", "44100"]), reference);
}

#[test]
fn a_later_bar_has_the_notes_it_has_when_played_through() {
    let scratch = Scratch::new("from");
    render(&scratch.path("through"), &["--length", "8bars"]);
    let report = render(&scratch.path("from"), &["--from", "5", "--length", "4bars"]);
    assert_eq!(report["bars"], 4);
    let notes = |name: &str| -> Vec<String> {
        let bytes = fs::read(scratch.path(name).join("score.json")).unwrap();
        let score: Value = serde_json::from_slice(&bytes).unwrap();
        let notes =
            score["notes"].as_array().unwrap().iter().filter(|note| note["beat"].as_f64().unwrap() >= 16.0);
        let mut notes: Vec<String> = notes
            .map(|note| {
                let key = |key: &str| note[key].to_string();
                format!(
                    "{} {} {} {} {}",
                    key("stem"),
                    key("beat"),
                    key("pitch"),
                    key("velocity"),
                    key("beats")
                )
            })
            .collect();
        notes.sort();
        notes
    };
    assert!(!notes("from").is_empty());
    assert_eq!(notes("from"), notes("through"));
}

#[test]
fn length_may_be_seconds_and_mix_only_writes_no_stems() {
    let scratch = Scratch::new("length");
    let report = render(&scratch.path("out"), &["--length", "2.5s", "--mix-only"]);
    assert_eq!(report["music_seconds"], 2.5);
    assert!(!scratch.path("out/stems").exists());
    assert_eq!(report["files"].as_array().unwrap().len(), 3);
    let whole = render(&scratch.path("whole"), &["--length", "2.5s"]);
    assert_eq!(
        report["sha256"], whole["sha256"],
        "the hash is over the stems also when they are not written"
    );
}

#[test]
fn a_tempo_map_moves_bars_and_meters() {
    let scratch = Scratch::new("tempo");
    let mut map = b"MThd\0\0\0\x06\0\0\0\x01\x01\xe0MTrk\0\0\0\x2a".to_vec();
    let events: &[&[u8]] = &[
        b"\0\xff\x58\x04\x03\x02\x18\x08",   // 3/4
        b"\0\xff\x51\x03\x0f\x42\x40",       // 60 bpm
        b"\x8b\x20\xff\x51\x03\x07\xa1\x20", // 120 bpm at tick 1440, bar 2
        b"\0\xff\x58\x04\x07\x03\x18\x08",   // 7/8
        b"\0\xff\x01\x02hi",
        b"\0\xff\x2f\0",
    ];
    map.extend(events.concat());
    let length = map.len() - 22;
    map[21] = length as u8;
    let map = scratch.file("map.mid", map);
    render(&scratch.path("out"), &["--tempo-map", &map]);
    let score: Value = serde_json::from_slice(&fs::read(scratch.path("out/score.json")).unwrap()).unwrap();
    let starts: Vec<f64> =
        score["bars"].as_array().unwrap().iter().map(|bar| bar["seconds"].as_f64().unwrap()).collect();
    assert_eq!(starts, [0.0, 3.0, 4.75]);
    assert_eq!((&score["meters"][1]["numerator"], &score["meters"][1]["bar"]), (&7.into(), &2.into()));
    assert_eq!((&score["tempo"][1]["bpm"], &score["tempo"][1]["beat"]), (&120.0.into(), &3.0.into()));
}

#[test]
fn automation_moves_the_sound_from_its_second_on() {
    let scratch = Scratch::new("automation");
    let rows = scratch.file("rows.csv", "seconds,id,value\n1.5,strings_mute,1\n0.1,energy,0.5\n");
    render(&scratch.path("plain"), &["--set", "energy=0.5"]);
    render(&scratch.path("moved"), &["--set", "energy=0.5", "--automation", &rows]);
    let (plain, moved) = (
        samples(scratch.path("plain/stems/03-strings.wav")),
        samples(scratch.path("moved/stems/03-strings.wav")),
    );
    let row = 144_000; // 1.5 s of two channels
    assert_eq!(plain[..row], moved[..row]);
    assert!(moved[row + 96_000..row + 192_000].iter().all(|sample| sample.abs() < 1e-4));
    assert!(plain[row + 96_000..row + 192_000].iter().any(|sample| sample.abs() > 1e-3));
}

#[test]
fn a_bad_cue_is_told_file_line_and_field_and_nothing_is_written() {
    let scratch = Scratch::new("bad");
    for (content, words) in [
        (
            "title = \"x\"\ntempo_bpm = 500\n",
            "line 2, column 13: tempo_bpm: 500 is not a number from 20 to 400 bpm",
        ),
        ("\n\nenergie = 1\n", "line 3, column 1: energie: unknown key"),
        ("seed = \"x\"\n", "line 1, column 8: seed: expected a whole number"),
        ("palette = \"kazoo\"\n", "line 1, column 11: palette: there is no palette \"kazoo\""),
        (
            "length_bars = 2000000000\n",
            "line 1, column 15: length_bars: 2000000000 is not a whole number from 1 to 9999",
        ),
        ("[mood]\nenergy = 2\n", "line 2, column 10: mood.energy: 2 is not a number from -1 to 1"),
        ("title = \n", "line 1"),
    ] {
        let cue = scratch.file("bad.toml", content);
        let said = fail(1, &["render", &cue, "-o", scratch.path("out").to_str().unwrap()]);
        assert!(said.contains("bad.toml: ") && said.contains(words), "{said}");
        assert!(!scratch.path("out").exists());
    }
    let cue = scratch.file("bad.toml", b"title = \"x\"\n\xff\xfe");
    assert!(fail(1, &["describe", &cue]).contains("line 2: is not UTF-8"));
    let large = scratch.file("large.toml", vec![b'#'; (1 << 20) + 1]);
    assert!(fail(1, &["describe", &large]).contains("1048577 bytes; at most 1048576"));
    assert!(fail(1, &["describe", "nowhere.toml"]).contains("no such file"));
}

#[test]
fn what_is_too_large_is_refused_with_its_size() {
    let scratch = Scratch::new("large");
    let out = scratch.path("out");
    let out = out.to_str().unwrap();
    let cue = scratch.file("long.toml", "length_bars = 9999\n");
    let said = fail(2, &["render", &cue, "-o", out]);
    assert!(said.contains("at most 3600 s") && said.contains("GB"), "{said}");
    assert!(fail(2, &["render", "first_light", "-o", out, "--length", "9e9s"]).contains("GB"));
    assert!(fail(2, &["render", "first_light", "-o", out, "--rate", "4000000000"]).contains("8000..=384000"));
    assert!(!Path::new(out).exists());
}

#[test]
fn a_wrong_command_line_ends_with_2_and_says_why() {
    let scratch = Scratch::new("usage");
    let out = scratch.path("out");
    let with = |more: &[&str]| {
        let mut arguments = vec!["render", "first_light", "-o", out.to_str().unwrap()];
        arguments.extend(more);
        fail(2, &arguments)
    };
    assert!(with(&["--palette", "kazoo"]).contains("there is no palette \"kazoo\"; known: orchestral"));
    assert!(with(&["--set", "energy=1.5"]).contains("\"1.5\" is not a number from -1 to 1"));
    assert!(with(&["--set", "enrgy=0"]).contains("there is no parameter \"enrgy\""));
    assert!(with(&["--set", "energy"]).contains("is not ID=VALUE"));
    assert!(with(&["--length", "ten"]).contains("90s"));
    assert!(with(&["--length", "-3s"]).contains("--length") || with(&["--length=-3s"]).contains("90s"));
    assert!(with(&["--block", "0"]).contains("8192"));
    assert!(with(&["--from", "0"]).contains("1..=9999"));
    assert!(with(&["--seed", "-1"]).contains("--seed") || with(&["--seed=-1"]).contains("whole number"));
    assert!(with(&["--loud"]).contains("--loud"));
    assert!(fail(2, &[]).contains("Usage"));
    assert!(!out.exists());
}

#[test]
fn files_beside_the_cue_are_named_when_they_are_wrong() {
    let scratch = Scratch::new("beside");
    let out = scratch.path("out");
    let with = |option: &str, file: &str| {
        fail(1, &["render", "first_light", "-o", out.to_str().unwrap(), option, file])
    };
    let rows = scratch.file("rows.csv", "seconds,id,value\n1,energy,0\n2,energy,7\n");
    let said = with("--automation", &rows);
    assert!(
        said.contains("rows.csv: line 3, column 3: energy: \"7\" is not a number from -1 to 1"),
        "{said}"
    );
    let map = scratch.file("map.mid", "no midi");
    assert!(with("--tempo-map", &map).contains("map.mid: not a Standard MIDI File"));
    assert!(with("--tempo-map", "nowhere.mid").contains("nowhere.mid"));
    assert!(!out.exists());
    let file = scratch.file("taken", "x");
    assert!(fail(1, &["render", "first_light", "-o", &file]).contains("is a file, not a folder"));
    assert_eq!(fs::read(scratch.path("taken")).unwrap(), b"x");
}

#[test]
fn lists_are_tables_and_json() {
    for (what, id) in [
        ("palettes", "orchestral"),
        ("instruments", "horns"),
        ("axes", "energy"),
        ("cues", "first_light"),
        ("motifs", "hero"),
    ] {
        let table = succeed(&["list", what]);
        assert!(table.starts_with("id ") && table.lines().any(|line| line.starts_with(id)), "{table}");
        let json: Vec<Value> = serde_json::from_str(&succeed(&["list", what, "--json"])).unwrap();
        assert_eq!(json.len() + 1, table.lines().count(), "{what}");
        assert!(json.iter().any(|row| row["id"] == id));
    }
    let axes: Vec<Value> = serde_json::from_str(&succeed(&["list", "axes", "--json"])).unwrap();
    assert_eq!((&axes[0]["id"], &axes[1]["id"]), (&"valence".into(), &"energy".into()));
}

#[test]
fn a_factory_motif_takes_the_place_of_the_seed_s() {
    let motif = |arguments: &[&str]| {
        let said = succeed(&[&["describe", "first_light"], arguments].concat());
        said.lines().find(|line| line.starts_with("Motif")).expect("a motif").to_owned()
    };
    let hero = motif(&["--motif", "hero"]);
    // Two notes before the bar, seven after it.
    let (upbeat, line) = hero.split_once(" | ").expect("an upbeat");
    assert_eq!((upbeat.matches(':').count(), line.matches(':').count()), (2, 7), "{hero}");
    assert_ne!(hero, motif(&[]));
    assert_eq!(hero, motif(&["--motif", "hero", "--seed", "7"]));
    assert!(fail(2, &["describe", "first_light", "--motif", "anthem"]).contains("known: discovery, hero"));
}

#[test]
fn a_description_tells_form_chords_and_motif() {
    let said = succeed(&["describe", "first_light", "--seed", "2026"]);
    for words in ["First Light", "seed      2026", "Motif", "Section 1", "Phrase"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_ne!(said, succeed(&["describe", "first_light", "--seed", "8"]));
}

#[test]
fn a_folder_that_a_render_left_does_not_hide_the_cue_of_its_name() {
    let scratch = Scratch::new("folder");
    fs::create_dir(scratch.path("hearth")).unwrap();
    let describe = |cue: &str| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_cuewright"));
        program.current_dir(&scratch.0).args(["describe", cue]).output().unwrap()
    };
    assert_eq!(text(&describe("hearth").stdout), succeed(&["describe", "hearth"]));
    fs::create_dir(scratch.path("nothing")).unwrap();
    assert!(text(&describe("nothing").stderr).contains("is a folder"));
}

#[cfg(unix)]
#[test]
fn a_render_that_is_stopped_leaves_nothing_behind() {
    let scratch = Scratch::new("stopped");
    let target = scratch.path("out");
    let mut program = Command::new(env!("CARGO_BIN_EXE_cuewright"))
        .args(["render", "siege", "--length", "3000s", "-o", target.to_str().unwrap()])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while !target.join("stems/09-ambience.wav.partial").exists() {
        assert!(program.try_wait().unwrap().is_none(), "it ended before it began to write");
        std::thread::yield_now();
    }
    let stop = format!("kill -INT {}", program.id());
    assert!(Command::new("sh").args(["-c", &stop]).status().unwrap().success());
    let output = program.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("stopped, nothing was written"), "{}", text(&output.stderr));
    assert!(!target.exists(), "a folder it had made stays");
}

#[test]
fn completions_and_the_man_page_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(succeed(&["completions", shell]).contains("tempo-map"), "{shell}");
    }
    let page = succeed(&["man"]);
    assert!(page.contains(".TH cuewright") && page.contains("tempo\\-map") && page.contains("RENDER"));
}

#[test]
fn the_ambience_is_a_field_beside_the_same_mix_or_made_for_headphones() {
    let scratch = Scratch::new("ambience");
    let [plain, ambix, ears] = ["plain", "ambix", "binaural"].map(|name| scratch.path(name));
    render(&plain, &[]);
    let report = render(&ambix, &["--ambience", "ambix"]);
    render(&ears, &["--ambience", "binaural"]);
    let ambience = "stems/09-ambience.wav";
    let spec = hound::WavReader::open(ambix.join(ambience)).unwrap().spec();
    assert_eq!((spec.channels, spec.bits_per_sample), (4, 32));
    assert!(samples(ambix.join(ambience)).iter().any(|sample| sample.abs() > 1e-4));
    let bytes: u64 = std::iter::once("mix.wav".to_owned())
        .chain(STEMS.iter().map(|stem| format!("stems/{stem}.wav")))
        .map(|name| fs::metadata(ambix.join(name)).unwrap().len())
        .sum();
    assert_eq!(report["bytes"].as_u64(), Some(bytes));
    // The mix is stems 1 to 8 plus the stereo ambience, to the bit; only the ninth file differs.
    assert_eq!(fs::read(plain.join("mix.wav")).unwrap(), fs::read(ambix.join("mix.wav")).unwrap());
    assert_eq!(
        fs::read(plain.join("stems/02-bed.wav")).unwrap(),
        fs::read(ambix.join("stems/02-bed.wav")).unwrap()
    );
    // For headphones the stems still sum to the mix, which is another one.
    assert_ne!(fs::read(plain.join("mix.wav")).unwrap(), fs::read(ears.join("mix.wav")).unwrap());
    let stems = STEMS.map(|stem| samples(ears.join(format!("stems/{stem}.wav"))));
    for (frame, &mix) in samples(ears.join("mix.wav")).iter().enumerate() {
        assert_eq!(
            stems[1..].iter().fold(stems[0][frame], |sum, stem| sum + stem[frame]),
            mix,
            "sample {frame}"
        );
    }
    assert!(fail(2, &["render", "first_light", "-o", "x", "--ambience", "quad"]).contains("possible values"));
}

#[test]
fn halls_and_scenes_are_listed_and_a_hall_is_heard() {
    let halls: Value = serde_json::from_str(&succeed(&["list", "halls", "--json"])).unwrap();
    assert_eq!(halls.as_array().unwrap().len(), 9);
    assert!(succeed(&["list", "halls"]).contains("cathedral"));
    assert!(succeed(&["list", "scenes"]).contains("forest"));
    let scratch = Scratch::new("halls");
    let text =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../presets/cues/first_light.toml")).unwrap();
    let mut hashes = std::collections::BTreeSet::new();
    for hall in ["car", "radio", "cathedral"] {
        let cue = scratch.file(&format!("{hall}.toml"), format!("hall = \"{hall}\"\n{text}"));
        let folder = scratch.path(hall);
        let folder = folder.to_str().unwrap();
        let printed = succeed(&["render", &cue, "--json", "-o", folder, "--length", "2bars", "--mix-only"]);
        let report: Value = serde_json::from_str(&printed).unwrap();
        hashes.insert(report["sha256"].as_str().unwrap().to_owned());
    }
    assert_eq!(hashes.len(), 3);
    let cue = scratch.file("moon.toml", format!("hall = \"moon\"\n{text}"));
    assert!(fail(1, &["render", &cue, "-o", "x"]).contains("\"cathedral\""));
}
