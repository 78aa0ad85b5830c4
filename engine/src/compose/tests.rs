//! What the composer promises, over many cues, moods and meters.

use super::*;
use crate::cue::{MeterChange, Mood, Palette};
use crate::note::{Note, Role};
use crate::params;
use crate::random::{Domain, pick, value};
use crate::stem::{STEM_COUNT, Stem};
use crate::time::Meter;

/// A plan without instruments: the composer needs none.
pub(super) fn plan(cue: &Cue) -> Plan {
    Plan::new(cue, &Palette::silence()).expect("a palette without instruments names none that are missing")
}

fn mood(seed: u64, i: i64) -> Mood {
    Mood::from_array(std::array::from_fn(|axis| {
        let x = value(seed, Domain::Noise, i, axis as i64) as f32;
        if axis == 3 { x } else { 2.0 * x - 1.0 }
    }))
}

/// A cue with a random mood, tempo, meters in random groupings, and a lane that moves; of two one with trims and hits, of
/// three one with a motif of its own.
pub(super) fn random_cue(seed: u64) -> Cue {
    const METERS: [(u8, u8); 12] =
        [(4, 4), (3, 4), (6, 8), (5, 4), (7, 8), (12, 8), (2, 4), (9, 8), (11, 8), (15, 8), (13, 16), (3, 2)];
    let at = |j, count| pick(seed, Domain::Noise, 100, j, count) as usize;
    let meter = |bar, j| {
        let (numerator, denominator) = METERS[at(j, 12)];
        let (mut groups, mut left) = (Vec::new(), numerator);
        while j != 2 && left > 0 {
            let most = if left == 4 { 2 } else { left.min(3) };
            let group = if left < 4 { most } else { 2 + at(10 + i64::from(left), 2) as u8 };
            groups.push(group.min(most));
            left -= group.min(most);
        }
        assert!(Meter::new(numerator, denominator, &groups).is_some(), "{groups:?}");
        MeterChange { bar, numerator, denominator, groups }
    };
    let mut params = std::collections::BTreeMap::new();
    let mut hits = Vec::new();
    if seed % 2 == 1 {
        for (i, id) in (0i64..).zip(["density", "dialogue", "motif", "chromatic", "humanise", "variant"]) {
            let row = params::by_id(id).expect("a parameter");
            let level = row.min + (row.max - row.min) * at(40 + i, 101) as f32 / 100.0;
            params.insert(id.to_string(), if id == "variant" { level.round() } else { level });
        }
        hits.extend((0..5).map(|i| hit(1.0 + at(50 + i, 480) as f64 / 8.0)));
    }
    let note = |i: i64| crate::cue::MotifNote {
        degree: at(60 + i, 9) as i8 - 2,
        alter: 0,
        beats: [0.5, 1.0, 1.5, 2.0][at(80 + i, 4)],
        accent: 0.5,
        rest: false,
    };
    let motif =
        || crate::cue::Motif { notes: (0..4 + at(99, 5) as i64).map(note).collect(), pickup_beats: 0.0 };
    let lane = (0..6).map(|k| {
        let m = mood(seed, k);
        crate::cue::LanePoint {
            bar: 1.0 + 9.0 * k as f64,
            valence: Some(m.valence),
            energy: Some(m.energy),
            tension: Some(m.tension),
            wonder: Some(m.wonder),
            scale: Some(m.scale),
            darkness: Some(m.darkness),
        }
    });
    Cue {
        seed,
        tempo_bpm: 50.0 + at(1, 140) as f64,
        mood: mood(seed, 0),
        meters: vec![meter(1, 2), meter(17, 3), meter(35, 4)],
        lane: lane.collect(),
        motif: (seed % 3 == 1).then(motif),
        params,
        hits,
        ..Cue::default()
    }
}

fn still(seed: u64, mood: Mood) -> Cue {
    Cue { seed, mood, ..Cue::default() }
}

#[test]
fn notes_keep_the_rules_of_a_beat() {
    for seed in 0..60 {
        let cue = random_cue(seed);
        let plan = plan(&cue);
        let climates = LaneClimates(&plan);
        let mut composer = Composer::new();
        for bar in -2..50 {
            let frame = composer.frame(&plan, &plan.grid, &climates, bar);
            let next_end = plan.grid.bar(bar + 1).end();
            let starts = frame.bar.meter.beat_starts();
            for (beat, &start) in starts.iter().enumerate() {
                let mut notes = Notes::new();
                composer.beat(&plan, &frame, beat, &climates.at_bar(bar), &mut notes);
                assert!(bar >= 0 || notes.is_empty());
                assert!(!notes.is_full());
                let until = starts.get(beat + 1).copied().unwrap_or(frame.bar.meter.bar_beats());
                for note in &notes {
                    let at = note.onset - frame.bar.start;
                    assert!(at >= start - 1e-9 && at < until - 1e-9, "{seed} {bar} {beat} {note:?}");
                    assert!(note.length > 0.0 && note.onset + note.length <= next_end + 1e-6, "{note:?}");
                    let (low, high) = note.stem.row().pitch_range;
                    assert!((f32::from(low)..=f32::from(high)).contains(&note.pitch), "{note:?}");
                    assert!((0.0..=1.0).contains(&note.velocity) && (0.0..=60.0).contains(&note.shift_ms));
                    assert!(!note.stem.row().parts[usize::from(note.part)].is_empty(), "{note:?}");
                    assert!(frame.stems[note.stem.index()], "{note:?}");
                }
            }
        }
    }
}

#[test]
fn the_shortest_bars_a_host_can_name_keep_the_rules_too() {
    let mut grid = crate::time::BarGrid::new(Meter::from_host(1, 16));
    grid.set_meter(1.0, Meter::from_host(4, 4));
    grid.set_meter(13.0, Meter::from_host(1, 16));
    grid.set_meter(14.0, Meter::from_host(15, 2));
    let mut cue = still(2, Mood { energy: 1.0, scale: 1.0, ..Default::default() });
    cue.hits = [2.5, 6.9, 7.95, 9.0].map(hit).to_vec();
    let plan = plan(&cue);
    let climates = LaneClimates(&plan);
    let mut composer = Composer::new();
    for bar in 0..40 {
        let frame = composer.frame(&plan, &grid, &climates, bar);
        for beat in 0..frame.bar.meter.beat_starts().len() {
            let mut notes = Notes::new();
            composer.beat(&plan, &frame, beat, &climates.at_bar(bar), &mut notes);
            for note in &notes {
                assert!(note.onset >= frame.bar.start && note.onset < frame.bar.end(), "{note:?}");
                assert!(
                    note.length > 0.0 && note.onset + note.length <= grid.bar(bar + 1).end() + 1e-6,
                    "{note:?}"
                );
            }
        }
    }
}

fn hit(bar: f64) -> crate::cue::Hit {
    crate::cue::Hit { bar, kind: crate::cue::HitKind::Stinger, strength: 1.0 }
}

#[test]
fn hits_are_met_exactly() {
    let mut cue = still(2, Mood::default());
    cue.hits = [2.25, 5.0, 9.875].map(hit).to_vec();
    let (_, notes) = compose(&plan(&cue), 0..12);
    for bar in [2.25, 5.0, 9.875] {
        let met = |n: &&Note| n.stem == Stem::Fx && n.role == Role::Hit && n.shift_ms == 0.0;
        let at = (bar - 1.0) * 4.0;
        assert!(notes.iter().filter(met).any(|n| (n.onset - at).abs() < 1e-3), "the hit of bar {bar}");
    }
}

#[test]
fn a_written_motif_is_sung_as_written_and_every_variant_changes_it() {
    let note = |degree, beats| crate::cue::MotifNote { degree, alter: 0, beats, accent: 0.5, rest: false };
    let mut cue = still(11, Mood { valence: 0.7, energy: -0.1, ..Default::default() });
    cue.motif = Some(crate::cue::Motif {
        notes: vec![note(0, 1.5), note(4, 0.5), note(3, 2.0), note(2, 1.0), note(1, 3.0)],
        ..Default::default()
    });
    cue.params.insert("motif".into(), 1.0);
    let sung = |cue: &Cue| -> Vec<(f64, f32, f64)> {
        let (_, notes) = compose(&plan(cue), 0..16);
        notes.iter().filter(|n| n.stem == Stem::Lead).map(|n| (n.onset, n.pitch, n.length)).collect()
    };
    let (_, notes) = compose(&plan(&cue), 0..2);
    let line: Vec<&Note> = notes.iter().filter(|n| n.role == Role::Melody).collect();
    let onsets: Vec<f64> = line.iter().map(|n| n.onset).collect();
    assert_eq!(onsets, [0.0, 1.5, 2.0, 4.0, 5.0]);
    assert!(line[1].pitch > line[0].pitch && line[2].pitch < line[1].pitch && line[4].pitch < line[3].pitch);
    let mut seen = vec![sung(&cue)];
    for variant in 2..=16 {
        cue.params.insert("variant".into(), variant as f32);
        let line = sung(&cue);
        assert!(!line.is_empty() && !seen.contains(&line), "variant {variant}");
        seen.push(line);
    }
}

#[test]
fn a_written_upbeat_leads_into_the_bar() {
    let note = |degree, beats| crate::cue::MotifNote { degree, alter: 0, beats, accent: 0.5, rest: false };
    let mut cue = still(11, Mood { valence: 0.7, energy: -0.1, ..Default::default() });
    let notes = vec![note(-3, 0.5), note(-1, 0.5), note(0, 2.0), note(2, 2.0), note(1, 2.0)];
    cue.motif = Some(crate::cue::Motif { notes, pickup_beats: 1.0 });
    cue.params.insert("motif".into(), 1.0);
    let (frames, notes) = compose(&plan(&cue), 0..64);
    let line: Vec<&Note> = notes.iter().filter(|n| n.role == Role::Melody).collect();
    // The cue begins on the motif's bar line; later statements are led into where there is room.
    assert_eq!((line[0].onset, line[0].motif.map(|tag| tag.upbeat)), (0.0, Some(false)));
    let exact = |n: &&Note| n.motif.is_some_and(|tag| tag.operator == 0);
    let (mut led, mut exactly) = (0, 0);
    for frame in frames.iter().filter(|frame| !frame.upbeat.is_empty()) {
        let (start, end) = (frame.bar.start, frame.bar.start + 4.0);
        let inside = |n: &&Note| n.onset >= start && n.onset < end && n.motif.is_some_and(|tag| tag.upbeat);
        let here: Vec<&Note> = line.iter().copied().filter(inside).collect();
        led += usize::from(!here.is_empty());
        if !here.iter().all(exact) || here.is_empty() {
            continue;
        }
        exactly += 1;
        let onsets: Vec<f64> = here.iter().map(|n| n.onset - start).collect();
        assert_eq!(onsets, [3.0, 3.5], "bar {}", frame.bar.index + 1);
        let first = line.iter().find(|n| n.onset >= end).expect("the statement it leads into");
        assert_eq!(first.motif.map(|tag| tag.statement), here[0].motif.map(|tag| tag.statement));
        assert!(here.windows(2).all(|w| w[0].pitch < w[1].pitch) && here[1].pitch < first.pitch);
        let sounding = line.iter().filter(|n| n.onset < start + 3.0 && n.onset + n.length > start + 3.1);
        assert_eq!(sounding.count(), 0, "bar {}: two notes at once", frame.bar.index + 1);
    }
    assert!(led >= 4 && exactly >= 2, "{led} statements of 64 bars are led into, {exactly} of them exact");
}

#[test]
fn motifs_of_any_kind_keep_the_rules() {
    let extreme = |seed: u64, i: i64, j: i64, count: u32| pick(seed, Domain::Motif, 500 + i, j, count) as i32;
    for seed in 0..40u64 {
        let notes = (0..2 + i64::from(extreme(seed, 99, 0, 15))).map(|i| crate::cue::MotifNote {
            degree: (extreme(seed, i, 0, 36) - 14) as i8,
            alter: (extreme(seed, i, 1, 5) - 2) as i8,
            beats: [0.125, 0.333, 0.5, 1.0, 3.0, 8.0][extreme(seed, i, 2, 6) as usize],
            accent: 1.0,
            rest: extreme(seed, i, 3, 4) == 0,
        });
        let mut cue = random_cue(seed);
        cue.motif = Some(crate::cue::Motif { notes: notes.collect(), ..Default::default() });
        cue.params.insert("variant".into(), (1 + seed % 16) as f32);
        let plan = plan(&cue);
        let (frames, notes) = compose(&plan, 0..40);
        for note in &notes {
            let frame = frames.iter().rev().find(|f| f.bar.start <= note.onset + 1e-9).expect("composed");
            let (low, high) = note.stem.row().pitch_range;
            assert!((f32::from(low)..=f32::from(high)).contains(&note.pitch), "{note:?}");
            assert!(
                note.length > 0.0 && note.onset + note.length <= frame.bar.end() + frame.next_beats + 1e-6
            );
        }
    }
}

#[test]
fn a_motif_in_another_meter_keeps_its_notes_and_says_that_its_rhythm_changed() {
    let rerhythm = OPERATORS.iter().position(|row| row.id == "rerhythm").unwrap() as u8;
    let (mut exact, mut changed, mut whole) = (0, 0, 0);
    for seed in 0..20 {
        let meter = |bar, numerator, denominator| MeterChange { bar, numerator, denominator, groups: vec![] };
        let meters = vec![meter(1, 4, 4), meter(17, 3, 4), meter(33, 7, 8), meter(49, 6, 8)];
        let plan = plan(&Cue { seed, meters, length_bars: 66, ..Cue::default() });
        let theme = plan.prepared.motif();
        for frame in compose(&plan, 16..64).0 {
            let bar = Bars::new(frame.bar.meter);
            let sung = || frame.lead.iter().filter(|note| !note.echo);
            let Some(tag) = frame.lead.first().and_then(|note| note.tag) else { continue };
            let heads = theme.notes.iter().filter(|note| note.at < theme.bar);
            let straight =
                |(note, sung): (&ThemeNote, &LeadNote)| note.at * bar.length == sung.at * theme.bar;
            if tag.operator == motif::operator("exact") && tag.statement as i64 == frame.unit * 2 {
                // Its first bar, for its second may have one note only.
                if frame.lead.len() == heads.clone().count() {
                    assert!(heads.clone().zip(sung()).all(straight), "bar {}", frame.bar.index + 1);
                }
                exact += 1;
            } else if tag.operator == rerhythm {
                assert!(tag.level >= 2);
                whole += usize::from(sung().count() == heads.count());
                changed += 1;
            }
        }
    }
    assert!(changed > 5 * exact && 3 * whole > changed, "{changed}, {exact}, {whole}");
}

#[test]
fn canons_are_sung_where_their_voices_agree() {
    let (mut strong, mut clashing, mut canons) = (0, 0, 0);
    for seed in 0..120 {
        let mood = Mood { valence: 0.4, energy: 0.7, scale: 0.6, ..Mood::default() };
        let plan = plan(&still(seed, mood));
        for frame in compose(&plan, 0..64).0 {
            let echoes = || frame.lead.iter().filter(|note| note.echo);
            canons += usize::from(echoes().count() > 0);
            for echo in echoes().filter(|note| note.accent >= 50) {
                let over = |n: &&LeadNote| !n.echo && (n.at..n.at + n.length).contains(&echo.at);
                let above = frame.lead.iter().find(over);
                let apart = above.map(|n| (i32::from(n.pitch) - i32::from(echo.pitch)).rem_euclid(12));
                strong += 1;
                clashing += usize::from(apart.is_some_and(|apart| [1, 2, 6, 10, 11].contains(&apart)));
            }
        }
    }
    assert!(canons > 20, "{canons} bars of canon");
    assert!(5 * clashing <= strong, "{clashing} of {strong} strong notes clash");
}

#[test]
fn bars_before_the_song_are_silent() {
    let plan = plan(&Cue::default());
    let frame = Composer::new().frame(&plan, &plan.grid, &LaneClimates(&plan), -1);
    assert_eq!(frame.stems, [false; STEM_COUNT]);
    assert_eq!(frame.chords[0].chord.name.as_str(), "N.C.");
}

#[test]
fn frames_do_not_depend_on_what_was_asked_before() {
    for seed in 0..6 {
        let plan = plan(&random_cue(seed));
        let climates = LaneClimates(&plan);
        let mut through = Composer::new();
        let frames: Vec<BarFrame> =
            (0..72).map(|bar| through.frame(&plan, &plan.grid, &climates, bar)).collect();
        let mut jumping = Composer::new();
        for i in 0..40 {
            let bar = pick(seed, Domain::Noise, 200, i, 72);
            let composer = if i % 2 == 0 { &mut jumping } else { &mut Composer::new() };
            assert_eq!(composer.frame(&plan, &plan.grid, &climates, bar.into()), frames[bar as usize]);
        }
    }
}

#[test]
fn a_start_anywhere_plays_the_same_notes() {
    for seed in 0..10 {
        let plan = plan(&random_cue(seed));
        let (_, all) = compose(&plan, 0..72);
        for i in 0..20 {
            let start = i64::from(pick(seed, Domain::Noise, 300, i, 70));
            let (frames, notes) = compose(&plan, start..start + 2);
            let (from, until) = (frames[0].bar.start, frames[1].bar.end());
            let same: Vec<Note> =
                all.iter().filter(|n| n.onset >= from - 1e-9 && n.onset < until - 1e-9).copied().collect();
            assert_eq!(same, notes, "seed {seed}, bar {start}");
        }
    }
}

#[test]
fn a_new_take_of_a_stem_changes_that_stem_only() {
    let base = still(3, Mood { energy: 0.6, scale: 0.6, wonder: 0.6, ..Default::default() });
    let (_, before) = compose(&plan(&base), 0..32);
    for stem in [Stem::Low, Stem::Strings, Stem::Pulse, Stem::Lead, Stem::Perc] {
        let changed = (1..6u32).any(|take| {
            let mut cue = base.clone();
            cue.takes.stems[stem.index()] = take;
            let (_, after) = compose(&plan(&cue), 0..32);
            let of = |notes: &[Note], own: bool| -> Vec<Note> {
                notes.iter().filter(|n| (n.stem == stem) == own).copied().collect()
            };
            assert_eq!(of(&before, false), of(&after, false), "{stem:?} moved another stem");
            let places = |notes: Vec<Note>| notes.iter().map(|n| (n.onset, n.pitch)).collect::<Vec<_>>();
            places(of(&before, true)) != places(of(&after, true))
        });
        assert!(changed, "{stem:?} has only one take");
    }
}

#[test]
fn every_axis_changes_the_notes() {
    for axis in 0..6 {
        let mut axes = Mood::default().to_array();
        let plain = compose(&plan(&still(5, Mood::from_array(axes))), 0..32).1;
        axes[axis] = 0.8;
        let moved = compose(&plan(&still(5, Mood::from_array(axes))), 0..32).1;
        let places = |notes: &[Note]| notes.iter().map(|n| (n.onset, n.pitch, n.stem)).collect::<Vec<_>>();
        assert_ne!(places(&plain), places(&moved), "axis {axis}");
    }
}

#[test]
fn humanise_zero_is_the_grid_and_players_are_late_within_their_mean() {
    let mut cue = still(9, Mood { energy: 0.5, ..Default::default() });
    cue.params.insert("humanise".into(), 0.0);
    assert!(compose(&plan(&cue), 0..16).1.iter().all(|note| note.shift_ms == 0.0));
    cue.params.insert("humanise".into(), 0.7);
    let (_, notes) = compose(&plan(&cue), 0..64);
    for row in &crate::stem::STEMS {
        let late: Vec<f32> = notes.iter().filter(|n| n.stem == row.stem).map(|n| n.shift_ms).collect();
        if late.len() > 20 && row.stem != Stem::Fx {
            let mean = late.iter().sum::<f32>() / late.len() as f32;
            // Sustained sections speak slowly and come 10 ms behind the melody; what keeps the beat is on it.
            let limit = if matches!(row.stem, Stem::Perc | Stem::Pulse | Stem::Low) { 6.5 } else { 25.0 };
            assert!(mean > 1.0 && mean <= limit, "{}: {mean} ms", row.id);
        }
    }
}

#[test]
fn no_more_than_24_pitched_notes_sound_at_once() {
    for seed in 0..20 {
        let (_, notes) = compose(&plan(&random_cue(seed)), 0..50);
        let loud = still(seed, Mood { energy: 1.0, scale: 1.0, wonder: 1.0, ..Default::default() });
        let (_, tutti) = compose(&plan(&loud), 0..16);
        for notes in [notes, tutti] {
            let pitched: Vec<&Note> =
                notes.iter().filter(|n| !matches!(n.stem, Stem::Perc | Stem::Fx)).collect();
            for note in &pitched {
                let at = note.onset + 1e-6;
                let sounding = pitched.iter().filter(|n| n.onset <= at && n.onset + n.length > at).count();
                assert!(sounding <= 24, "{sounding} at {}", note.onset);
            }
        }
    }
}

#[test]
fn under_speech_the_melody_leaves_and_little_moves() {
    let mut cue = still(4, Mood { energy: 0.3, ..Default::default() });
    let count = |cue: &Cue| {
        let (_, notes) = compose(&plan(cue), 0..64);
        let melody = notes.iter().filter(|n| n.role == Role::Melody).count();
        (melody, notes.len())
    };
    let (sung, all) = count(&cue);
    cue.params.insert("dialogue".into(), 1.0);
    let (spoken, rest) = count(&cue);
    assert!(spoken * 3 < sung && rest * 3 < all * 2, "{spoken} of {sung}, {rest} of {all}");
}
