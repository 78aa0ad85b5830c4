//! The composer's music as figures, held against the bounds of MUSIC 9, each with a control that must fail.

use super::tests::plan;
use super::*;
use crate::cue::{MeterChange, Mood};
use crate::note::{Note, Role};
use crate::random::{Domain, pick};
use crate::stem::Stem;
use crate::theory::{MODES, QUALITIES, Request, Voices, clear, voice};

/// The middle of each mood cell.
const MOODS: [[f32; 6]; 9] = [
    [0.6, 0.5, 0.0, 0.2, 0.0, 0.0],
    [0.5, -0.4, 0.0, 0.1, -0.5, 0.0],
    [0.3, 0.0, 0.0, 0.9, 0.0, 0.0],
    [-0.3, -0.5, 0.0, 0.0, -0.3, 0.2],
    [0.0, 0.7, 0.0, 0.3, 0.8, 0.0],
    [-0.3, -0.3, 0.5, 0.3, 0.0, 0.3],
    [-0.6, 0.5, 0.0, 0.0, 0.2, 0.5],
    [-0.8, 0.1, 0.6, 0.0, 0.0, 0.5],
    [0.1, 0.0, 0.0, 0.1, 0.0, 0.0],
];

fn cue(seed: u64, axes: [f32; 6]) -> Cue {
    Cue { seed, mood: Mood::from_array(axes), ..Cue::default() }
}

/// 72 cues: eight seeds in nine moods.
fn corpus() -> impl Iterator<Item = (Vec<BarFrame>, Vec<Note>)> {
    (0..8u64).flat_map(|seed| MOODS.map(|axes| compose(&plan(&cue(seed, axes)), 0..64)))
}

#[derive(Default)]
struct Leading {
    changes: u32,
    parallels: u32,
    moved: u32,
    leaps: u32,
    muddy: u32,
}

impl Leading {
    fn add(&mut self, before: &Voices, after: &Voices) {
        let motion = |v: usize| i32::from(after[v]) - i32::from(before[v]);
        self.changes += 1;
        self.muddy += u32::from(!clear(after));
        for low in 0..4 {
            for high in low + 1..4 {
                let (was, is) = ((before[high] - before[low]) % 12, (after[high] - after[low]) % 12);
                self.parallels +=
                    u32::from(motion(low) * motion(high) > 0 && was == is && (is == 0 || is == 7));
            }
        }
        for v in 1..4 {
            self.moved += motion(v).unsigned_abs();
            self.leaps += u32::from(motion(v).abs() > 7);
        }
    }

    /// Parallels per 100 changes, semitones per upper voice, share of large leaps, share of chords too low to be clear.
    fn figures(&self) -> [f64; 4] {
        let per = |n: u32, of: u32| f64::from(n) / f64::from(of.max(1));
        [
            per(100 * self.parallels, self.changes),
            per(self.moved, 3 * self.changes),
            per(self.leaps, 3 * self.changes),
            per(self.muddy, self.changes),
        ]
    }
}

#[test]
fn voices_are_led_within_the_bounds_and_unled_voices_are_not() {
    let (mut led, mut unled) = (Leading::default(), Leading::default());
    for (frames, _) in corpus() {
        let mut last: Option<(Voices, Voices)> = None;
        for frame in &frames {
            for placed in &frame.chords {
                let voices: Voices = std::array::from_fn(|v| placed.voices[v]);
                let request = Request {
                    pcs: placed.chord.pcs,
                    bass: placed.chord.bass,
                    third: 12,
                    center: 59,
                    ..Default::default()
                };
                let alone = voice(&request, None);
                if let (Some((before, before_alone)), false, false) = (last, placed.tied, frame.planing) {
                    led.add(&before, &voices);
                    unled.add(&before_alone, &alone);
                }
                last = Some((voices, alone));
            }
        }
    }
    let [parallels, motion, leaps, muddy] = led.figures();
    assert!(parallels <= 1.5, "{parallels} parallels in 100 changes");
    assert!(motion <= 1.9, "{motion} semitones per voice");
    assert!(leaps <= 0.02, "{leaps} of upper moves are larger than a fifth");
    assert!(muddy <= 0.01, "{muddy} of chords have an interval too low");
    let [parallels, motion, ..] = unled.figures();
    assert!(parallels > 3.0 || motion > 1.9, "the control must fail: {parallels}, {motion}");
}

/// Share of figures of three intervals and three length ratios that come twice in windows of 48 notes.
fn repeated(line: &[(i32, f64)]) -> f64 {
    let figures: Vec<Vec<i64>> = line
        .windows(5)
        .map(|w| {
            let steps = (0..3).map(|i| i64::from(w[i + 1].0 - w[i].0));
            let ratios = (0..3).map(|i| ((w[i + 1].1 / w[i].1.max(1e-3)) * 4.0).round() as i64);
            steps.chain(ratios).collect()
        })
        .collect();
    let twice = figures.iter().filter(|f| figures.iter().filter(|g| g == f).count() > 1).count();
    twice as f64 / figures.len().max(1) as f64
}

fn melody(notes: &[Note]) -> Vec<(i32, f64)> {
    let line: Vec<&Note> = notes.iter().filter(|note| note.role == Role::Melody).collect();
    line.windows(2).map(|w| (w[0].pitch as i32, (w[1].onset - w[0].onset).min(16.0))).collect()
}

#[test]
fn melodies_repeat_as_composed_ones_do_and_shuffled_ones_do_not() {
    let (mut real, mut shuffled, mut steps, mut moves, mut windows) = (0.0, 0.0, 0, 0, 0.0);
    for (k, (_, notes)) in corpus().enumerate() {
        let line = melody(&notes);
        for window in line.chunks(48).filter(|window| window.len() == 48) {
            let mut mixed = window.to_vec();
            for i in (1..mixed.len()).rev() {
                let j = pick(k as u64, Domain::Noise, i as i64, 0, i as u32 + 1) as usize;
                mixed.swap(i, j);
            }
            real += repeated(window);
            shuffled += repeated(&mixed);
            windows += 1.0;
        }
        for pair in line.windows(2) {
            moves += 1;
            steps += u32::from((pair[1].0 - pair[0].0).abs() <= 2);
        }
    }
    assert!(windows > 50.0);
    assert!(real / windows >= 0.25, "{}", real / windows);
    assert!(real >= 5.0 * shuffled, "{real} against {shuffled} shuffled");
    let share = f64::from(steps) / f64::from(moves);
    assert!((0.60..=0.85).contains(&share), "{share} of moves are steps");
}

/// Scale step of a pitch in a bar's mode; half steps between.
fn scale_step(frame: &BarFrame, pitch: f32) -> f64 {
    let steps =
        MODES.iter().find(|row| row.name == frame.mode).expect("frames name modes of the table").steps;
    let above = pitch as i32 - i32::from(frame.tonic);
    let (octave, rest) = (above.div_euclid(12), above.rem_euclid(12));
    let near =
        (0..8).min_by_key(|&i| (i32::from(steps.get(i).copied().unwrap_or(12)) - rest).abs()).unwrap_or(0);
    let off = rest - i32::from(steps.get(near).copied().unwrap_or(12));
    f64::from(octave * 7 + near as i32) + 0.5 * f64::from(off.signum())
}

#[test]
fn statements_are_recognised_as_their_level_says() {
    let (mut passed, mut all, mut operators) = (0.0, 0.0, std::collections::BTreeSet::new());
    let (mut alien, mut strangers) = (0.0, 0.0);
    let mut stranger: Option<Vec<(f64, f64)>> = None;
    for (frames, notes) in corpus() {
        let sung: Vec<&Note> = notes.iter().filter(|note| note.motif.is_some()).collect();
        let mut shapes: Vec<(u8, Vec<(f64, f64)>)> = Vec::new();
        for run in sung.chunk_by(|a, b| a.motif.map(|m| m.statement) == b.motif.map(|m| m.statement)) {
            let frame = |note: &Note| {
                frames.iter().rev().find(|f| f.bar.start <= note.onset + 1e-6).expect("composed")
            };
            let length =
                |i: usize, n: &Note| run.get(i + 1).map_or(n.length, |next: &&Note| next.onset - n.onset);
            let shape =
                run.iter().enumerate().map(|(i, n)| (scale_step(frame(n), n.pitch), length(i, n))).collect();
            let tag = run[0].motif.expect("tagged");
            operators.insert(tag.operator);
            shapes.push((tag.level, shape));
        }
        let Some((_, motif)) = shapes.first().cloned() else { continue };
        for (level, shape) in shapes.iter().filter(|(_, shape)| shape.len() >= 3) {
            let on_beats = |line: &[(f64, f64)]| {
                let (mut at, mut kept, mut seen) = (0.0, Vec::new(), -1.0);
                for &(step, length) in line {
                    if f64::floor(at) > seen {
                        kept.push((step, length));
                        seen = f64::floor(at);
                    }
                    at += length;
                }
                kept
            };
            let likeness = similarity(&motif, shape).max(similarity(&on_beats(&motif), &on_beats(shape)));
            all += 1.0;
            passed += f64::from(u8::from(likeness >= [0.90, 0.74, 0.60][usize::from(*level) - 1] - 1e-9));
        }
        if let Some(other) = &stranger {
            strangers += 1.0;
            alien += f64::from(u8::from(similarity(&motif, other) >= 0.90));
        }
        stranger = Some(motif);
    }
    assert!(passed / all >= 0.95, "{passed} of {all} statements are recognisable");
    assert!(operators.len() >= 8, "{} developments are used", operators.len());
    assert!(alien / strangers <= 0.3, "the control: {alien} of {strangers} foreign motifs pass");
}

#[test]
fn notes_belong_to_scale_or_chord_and_a_wrong_key_is_noticed() {
    let (mut inside, mut shifted, mut all) = (0.0, 0.0, 0.0);
    for (frames, notes) in corpus() {
        for note in notes.iter().filter(|n| !matches!(n.stem, Stem::Perc | Stem::Fx)) {
            let frame = frames.iter().rev().find(|f| f.bar.start <= note.onset + 1e-6).expect("composed");
            let set = frame.chords.iter().fold(frame.scale, |set, c| set | c.chord.pcs | 1 << c.chord.bass);
            all += 1.0;
            inside += f64::from(set >> (note.pitch as u32 % 12) & 1);
            shifted += f64::from(frame.scale >> ((note.pitch as u32 + 6) % 12) & 1);
        }
    }
    assert!(inside / all >= 0.97, "{}", inside / all);
    assert!(shifted / all <= 0.72, "the control: {}", shifted / all);
}

/// Mean of a figure over seeds at five places of an axis, the others at rest.
fn sweep(axis: usize, figure: impl Fn(&[BarFrame], &[Note]) -> f64) -> [f64; 5] {
    std::array::from_fn(|k| {
        let mut axes = [0.0; 6];
        axes[axis] = if axis == 3 { k as f32 / 4.0 } else { k as f32 / 2.0 - 1.0 };
        let figures = (0..8).map(|seed| {
            let (frames, notes) = compose(&plan(&cue(seed, axes)), 0..32);
            figure(&frames, &notes)
        });
        figures.sum::<f64>() / 8.0
    })
}

fn rises(figures: [f64; 5], least: f64) {
    let falls = figures.windows(2).filter(|w| w[1] < w[0] - 0.05 * (figures[4] - figures[0]).abs()).count();
    assert!(falls == 0 && figures[4] - figures[0] >= least, "{figures:?}");
}

#[test]
fn axes_move_what_they_promise() {
    let major = |frames: &[BarFrame], _: &[Note]| {
        let has = |f: &&BarFrame, above: u8| {
            let chord = &f.chords[0].chord;
            chord.pcs >> ((chord.root + above) % 12) & 1 == 1
        };
        let (major, minor) = (
            frames.iter().filter(|f| has(f, 4)).count() as f64,
            frames.iter().filter(|f| has(f, 3) && !has(f, 4)).count() as f64,
        );
        major / (major + minor).max(1.0)
    };
    rises(sweep(1, |_, notes| notes.len() as f64), 1000.0);
    rises(
        sweep(1, |frames, _| {
            frames.iter().map(|f| f.stems.iter().filter(|&&s| s).count()).sum::<usize>() as f64
        }),
        100.0,
    );
    rises(sweep(0, major), 0.4);
    rises(
        sweep(0, |_, notes| {
            let line = melody(notes);
            line.iter().map(|n| f64::from(n.0)).sum::<f64>() / line.len().max(1) as f64
        }),
        5.0,
    );
    let rough = |frames: &[BarFrame], _: &[Note]| {
        let roughness = |f: &BarFrame| {
            let chord = &f.chords[0].chord;
            let row = QUALITIES.iter().find(|row| rotate(row.set, chord.root) == chord.pcs);
            f64::from(row.expect("chords come from the table").roughness)
        };
        frames.iter().map(roughness).sum::<f64>() / frames.len() as f64
    };
    rises(sweep(2, rough), 60.0);
    let mediants = |frames: &[BarFrame], _: &[Note]| {
        let quality = |f: &BarFrame| (f.chords[0].chord.pcs >> ((f.chords[0].chord.root + 4) % 12)) & 1;
        let moved = |w: &[BarFrame]| (w[1].chords[0].chord.root + 12 - w[0].chords[0].chord.root) % 12;
        let changes = frames.windows(2).filter(|w| moved(w) != 0).count();
        let alike = frames.windows(2).filter(|w| quality(&w[0]) == quality(&w[1]));
        alike.filter(|w| [3, 4, 8, 9].contains(&moved(w))).count() as f64 / changes.max(1) as f64
    };
    let wonder = sweep(3, mediants);
    assert!(wonder[4] >= wonder[0] + 0.1, "{wonder:?}");
    let doubled = |_: &[BarFrame], notes: &[Note]| {
        notes.iter().filter(|n| matches!(n.stem, Stem::Strings | Stem::Power | Stem::Lead)).count() as f64
    };
    let scale = sweep(4, doubled);
    assert!(scale[4] > scale[0] * 1.2, "{scale:?}");
    let height = |_: &[BarFrame], notes: &[Note]| {
        let line = melody(notes);
        -line.iter().map(|n| f64::from(n.0)).sum::<f64>() / line.len().max(1) as f64
    };
    rises(sweep(5, height), 5.0);
}

#[test]
fn every_meter_is_complete_and_leans_on_its_bar_line() {
    for (numerator, denominator) in
        [(4, 4), (3, 4), (6, 8), (12, 8), (5, 4), (7, 8), (9, 8), (11, 8), (2, 2), (15, 16)]
    {
        let (mut on, mut ons, mut off, mut offs) = (0.0, 0.0, 0.0, 0.0);
        for seed in 0..4 {
            let mut cue = cue(seed, [0.2, 0.5, 0.0, 0.0, 0.0, 0.0]);
            cue.meters = vec![MeterChange { bar: 1, numerator, denominator, groups: Vec::new() }];
            let (frames, notes) = compose(&plan(&cue), 0..24);
            for frame in &frames {
                let inside: Vec<&Note> = notes
                    .iter()
                    .filter(|n| n.onset >= frame.bar.start - 1e-9 && n.onset < frame.bar.end() - 1e-9)
                    .collect();
                let bed = inside.iter().filter(|n| n.stem == Stem::Bed);
                let until = bed.map(|n| n.onset + n.length).fold(0.0, f64::max);
                assert!(
                    (until - frame.bar.end()).abs() < 1e-6,
                    "{numerator}/{denominator}: the bed fills its bar"
                );
                for beat in frame.bar.meter.beat_starts() {
                    let here = inside.iter().filter(|n| (n.onset - frame.bar.start - beat).abs() < 1e-6);
                    let weight: f64 = here.map(|n| f64::from(n.velocity)).sum();
                    if beat == 0.0 {
                        (on, ons) = (on + weight, ons + 1.0);
                    } else {
                        (off, offs) = (off + weight, offs + 1.0);
                    }
                }
            }
        }
        let ratio = (on / ons) / (off / f64::max(offs, 1.0));
        assert!(ratio >= 1.3, "{numerator}/{denominator}: bar lines weigh {ratio} of other beats");
    }
}
