//! The six axes can be heard, each in the features it promises; a change of plan or mood never clicks.
//! Source: axes MUSIC 1.1 and 1.4; reaction times MUSIC 0.1.

use cuewright_engine::cue::{Cue, Mood};
use cuewright_engine::engine::Event;
use cuewright_engine::params::Param;
use cuewright_engine::stem::Stem;
use cuewright_tests::cues;
use cuewright_tests::rig::{Blocks, Recording, Script, play};
use cuewright_tests::spectrum;

const RATE_HZ: f64 = 48_000.0;

/// Features of sixteen bars under one mood.
#[derive(Debug)]
struct Features {
    rms_db: f64,
    /// Of the sustained strings and the bed: percussion and effects are bright in any mood.
    centroid_hz: f64,
    onsets_per_beat: f64,
    /// Share of bars in a mode with a major third.
    major_share: f64,
    /// Mean number of half and whole steps between sounding chord tones.
    clashes: f64,
    stems: usize,
    choir_db: f64,
    mean_pitch: f64,
    score: String,
}

fn features(mood: Mood) -> Features {
    let cue = Cue { mood, palette: "orchestral".into(), ..cues::busy() };
    let (mut engine, mut handle) = cues::engine(&cue, RATE_HZ);
    let script = Script::steady(RATE_HZ, 120.0, 32.0 * 4.0);
    let recording = play(&mut engine, &mut handle, &script, &mut Blocks::Of(512), 0..32 * 48_000);
    measure(&recording)
}

fn measure(recording: &Recording) -> Features {
    let rms_db = |channels: &[Vec<f32>; 2]| {
        let power: f64 = channels.iter().flatten().map(|&x| f64::from(x) * f64::from(x)).sum();
        10.0 * (power / (2 * channels[0].len()) as f64 + 1e-12).log10()
    };
    // Ambience is weather, not music: it would drown a soft mood's features.
    let mut music = recording.mix.clone();
    for (channel, ambience) in music.iter_mut().zip(&recording.stems[Stem::Ambience.index()]) {
        channel.iter_mut().zip(ambience).for_each(|(sample, weather)| *sample -= weather);
    }
    let (strings, bed) = (&recording.stems[Stem::Strings.index()][0], &recording.stems[Stem::Bed.index()][0]);
    let sustained: Vec<f32> = strings.iter().zip(bed).map(|(a, b)| a + b).collect();
    let bars = recording.bars.len().max(1) as f64;
    let has = |mask: u16, pitch: u8| mask >> (pitch % 12) & 1 == 1;
    let major = recording.bars.iter().filter(|bar| has(bar.scale, bar.tonic + 4)).count() as f64;
    let clash = |pcs: u16| -> u32 {
        (0..12)
            .map(|p| {
                u32::from(has(pcs, p) && has(pcs, p + 1)) * 2 + u32::from(has(pcs, p) && has(pcs, p + 6))
            })
            .sum()
    };
    let chords: Vec<u16> =
        recording.bars.iter().flat_map(|bar| bar.chords.iter().map(|chord| chord.chord.pcs)).collect();
    let pitches: Vec<f64> = recording
        .notes
        .iter()
        .map(|(note, _)| note)
        .filter(|note| note.stem != Stem::Perc && note.stem != Stem::Fx)
        .map(|note| f64::from(note.pitch))
        .collect();
    Features {
        rms_db: rms_db(&music),
        centroid_hz: spectrum::centroid_hz(&sustained, RATE_HZ),
        onsets_per_beat: recording.notes.len() as f64 / 64.0,
        major_share: major / bars,
        clashes: chords.iter().map(|&pcs| f64::from(clash(pcs))).sum::<f64>() / chords.len().max(1) as f64,
        stems: (0..8).filter(|&stem| rms_db(&recording.stems[stem]) > -60.0).count(),
        choir_db: rms_db(&recording.stems[Stem::Power.index()]),
        mean_pitch: pitches.iter().sum::<f64>() / pitches.len().max(1) as f64,
        score: recording.notes.iter().map(|(note, frame)| format!("{frame} {note:?}\n")).collect(),
    }
}

fn middle() -> Mood {
    Mood { energy: 0.2, scale: 0.2, ..Mood::default() }
}

#[test]
fn valence_turns_the_mode() {
    // Calm, so that tension does not choose exotic modes.
    let bitter = features(Mood { valence: -0.6, tension: -0.8, ..middle() });
    let bright = features(Mood { valence: 0.8, tension: -0.8, ..middle() });
    assert!(bright.major_share > bitter.major_share + 0.5, "{} {}", bright.major_share, bitter.major_share);
}

#[test]
fn energy_drives() {
    let still = features(Mood { energy: -0.9, ..middle() });
    let driving = features(Mood { energy: 0.9, ..middle() });
    assert!(
        driving.onsets_per_beat > 2.0 * still.onsets_per_beat,
        "{} {}",
        driving.onsets_per_beat,
        still.onsets_per_beat
    );
    assert!(driving.rms_db > still.rms_db + 3.0, "{} {}", driving.rms_db, still.rms_db);
}

#[test]
fn tension_bites() {
    let calm = features(Mood { tension: -1.0, ..middle() });
    let tense = features(Mood { tension: 1.0, ..middle() });
    assert!(tense.clashes > calm.clashes + 0.2, "{} {}", tense.clashes, calm.clashes);
}

#[test]
fn wonder_lifts() {
    let plain = features(Mood { wonder: 0.0, ..middle() });
    let wonder = features(Mood { wonder: 1.0, ..middle() });
    assert_ne!(plain.score, wonder.score);
    let moved = (wonder.choir_db - plain.choir_db).abs() + (wonder.mean_pitch - plain.mean_pitch).abs();
    assert!(
        moved > 1.0,
        "choir {} {}, pitch {} {}",
        wonder.choir_db,
        plain.choir_db,
        wonder.mean_pitch,
        plain.mean_pitch
    );
}

#[test]
fn scale_fills_the_stage() {
    let intimate = features(Mood { scale: -1.0, ..middle() });
    let epic = features(Mood { scale: 1.0, ..middle() });
    assert!(epic.stems > intimate.stems, "{} {}", epic.stems, intimate.stems);
    assert!(epic.rms_db > intimate.rms_db + 2.0, "{} {}", epic.rms_db, intimate.rms_db);
}

#[test]
fn darkness_darkens() {
    let light = features(Mood { darkness: -1.0, ..middle() });
    let dark = features(Mood { darkness: 1.0, ..middle() });
    assert!(dark.centroid_hz < 0.85 * light.centroid_hz, "{} {}", dark.centroid_hz, light.centroid_hz);
}

/// Largest second difference in a range: a click is a bend no instrument makes.
fn bend(recording: &Recording, from: usize, to: usize) -> f32 {
    let bends = |channel: &Vec<f32>| {
        channel[from..to].windows(3).map(|w| (w[0] - 2.0 * w[1] + w[2]).abs()).fold(0.0f32, f32::max)
    };
    recording.mix.iter().map(bends).fold(0.0, f32::max)
}

#[test]
fn timbre_follows_an_axis_at_once_without_a_click() {
    let script = Script::steady(RATE_HZ, 120.0, 64.0);
    let turned = script.clone().event(100_003, Event::Value { index: Param::Darkness as usize, value: 1.0 });
    let run = |script: &Script| {
        let (mut engine, mut handle) = cues::engine(&cues::busy(), RATE_HZ);
        play(&mut engine, &mut handle, script, &mut Blocks::Of(512), 0..200_000)
    };
    let (plain, moved) = (run(&script), run(&turned));
    assert_eq!(plain.mix[0][..100_000], moved.mix[0][..100_000], "nothing may change before");
    // Heard within 0.3 s.
    let changed = (100_003..114_400).any(|frame| (plain.mix[0][frame] - moved.mix[0][frame]).abs() > 1e-3);
    assert!(changed);
    let (before, at) = (bend(&moved, 20_000, 100_000), bend(&moved, 100_000, 101_000));
    assert!(at <= before * 1.2, "{at} against {before}");
}

#[test]
fn a_new_plan_in_the_middle_of_notes_does_not_click() {
    let (mut engine, mut handle) = cues::engine(&cues::busy(), RATE_HZ);
    let script = Script::steady(RATE_HZ, 120.0, 64.0);
    let before = play(&mut engine, &mut handle, &script, &mut Blocks::Of(512), 0..100_000);
    let usual = bend(&before, 20_000, 100_000);
    for (at, palette) in [(100_000u64, "hybrid"), (150_000, "intimate"), (200_000, "orchestral")] {
        let cue = Cue { palette: palette.into(), seed: at, ..cues::busy() };
        assert!(handle.send_plan(cues::plan(&cue)).is_ok());
        let after = play(&mut engine, &mut handle, &script, &mut Blocks::Of(512), at..at + 50_000);
        assert!(after.peak(0..50_000) > 0.001, "{palette} is silent");
        // The swap itself, before the new plan's first beat.
        let seam = bend(&after, 0, 1_000);
        assert!(seam <= usual * 1.2, "{palette}: {seam} against {usual}");
    }
}

#[test]
fn mute_gain_and_bypass_are_heard_and_do_not_click() {
    use cuewright_engine::params::{stem_gain, stem_mute};
    let changes = [
        (stem_mute(Stem::Bed.index()), 1.0),
        (stem_mute(Stem::Strings.index()), 1.0),
        (stem_gain(Stem::Low.index()), -60.0),
        (Param::Bypass as usize, 1.0),
    ];
    for (index, value) in changes {
        let script = Script::steady(RATE_HZ, 120.0, 64.0).event(90_000, Event::Value { index, value });
        let (mut engine, mut handle) = cues::engine(&cues::busy(), RATE_HZ);
        let heard = play(&mut engine, &mut handle, &script, &mut Blocks::Of(512), 0..120_000);
        let (before, at) = (bend(&heard, 20_000, 90_000), bend(&heard, 89_990, 91_000));
        assert!(at <= before * 1.2, "parameter {index}: {at} against {before}");
        let row = &cuewright_engine::params::PARAMS[index];
        let after =
            match Stem::from_index((row.number.max(100) as usize - 100) / 10).filter(|_| row.number >= 100) {
                Some(stem) => heard.stem_peak(stem.index(), 105_000..120_000),
                None => heard.peak(105_000..120_000),
            };
        assert_eq!(after, 0.0, "{} is still heard", row.name);
    }
}
