//! Rhythm and performance as figures, held against MUSIC 4, 5, 7 and 9, and the table of reactions held to its word.

use super::tests::plan;
use super::*;
use crate::cue::{LanePoint, MeterChange, Mood};
use crate::mapping::DECISIONS;
use crate::note::{Articulation, MotifTag, Note, Role};
use crate::params::Reaction;
use crate::stem::Stem;

fn cue(seed: u64, axes: [f32; 6]) -> Cue {
    Cue { seed, mood: Mood::from_array(axes), ..Cue::default() }
}

fn in_meter(mut cue: Cue, numerator: u8, denominator: u8, groups: &[u8]) -> Cue {
    cue.meters = vec![MeterChange { bar: 1, numerator, denominator, groups: groups.to_vec() }];
    cue
}

fn inside<'a>(frame: &BarFrame, notes: &'a [Note]) -> Vec<&'a Note> {
    let (from, until) = (frame.bar.start - 1e-9, frame.bar.end() - 1e-9);
    notes.iter().filter(|n| n.onset >= from && n.onset < until).collect()
}

/// How much heavier the first of a bar's beats is than the others: summed velocities of what starts there.
fn downbeat_ratio(frames: &[BarFrame], notes: &[Note]) -> f64 {
    let (mut on, mut ons, mut off, mut offs) = (0.0, 0.0, 0.0, 0.0);
    for frame in frames {
        let inside = inside(frame, notes);
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
    (on / f64::max(ons, 1.0)) / (off / f64::max(offs, 1.0)).max(1e-6)
}

#[test]
fn bar_lines_are_heard_at_every_energy_in_every_meter() {
    const METERS: [(u8, u8, &[u8]); 12] = [
        (4, 4, &[]),
        (3, 4, &[]),
        (6, 8, &[]),
        (12, 8, &[]),
        (5, 4, &[]),
        (7, 8, &[]),
        (7, 8, &[3, 2, 2]),
        (9, 8, &[2, 2, 2, 3]),
        (11, 8, &[]),
        (2, 2, &[]),
        (15, 16, &[]),
        (8, 8, &[3, 3, 2]),
    ];
    for (numerator, denominator, groups) in METERS {
        for energy in [-0.9, -0.6, -0.3, 0.0, 0.4, 0.9] {
            let mut sum = 0.0;
            for seed in 0..4 {
                let cue =
                    in_meter(cue(seed, [0.1, energy, 0.0, 0.0, 0.0, 0.0]), numerator, denominator, groups);
                let (frames, notes) = compose(&plan(&cue), 0..24);
                sum += downbeat_ratio(&frames, &notes).min(10.0);
            }
            assert!(sum / 4.0 >= 1.3, "{numerator}/{denominator} {groups:?} at {energy}: {}", sum / 4.0);
        }
    }
    // The control: counted from the second beat the same music leans nowhere.
    let (mut frames, notes) = compose(&plan(&cue(1, [0.1, 0.4, 0.0, 0.0, 0.0, 0.0])), 0..24);
    frames.iter_mut().for_each(|frame| frame.bar.start += 1.0);
    assert!(downbeat_ratio(&frames, &notes) < 1.0);
}

/// Slope of the power spectrum of a series against frequency, both logarithmic, negated: 0 white, 1 pink, 2 brown.
/// Power is averaged over windows of 128 and within octaves, so that every octave counts alike.
fn spectral_slope(series: &[f64]) -> f64 {
    const WINDOW: usize = 128;
    let mut power = [0.0; WINDOW / 2];
    for window in series.chunks_exact(WINDOW) {
        let mean = window.iter().sum::<f64>() / WINDOW as f64;
        for (k, sum) in power.iter_mut().enumerate() {
            let turn = |i: usize| std::f64::consts::TAU * ((k * i) % WINDOW) as f64 / WINDOW as f64;
            let part = |wave: fn(f64) -> f64| {
                window.iter().enumerate().map(|(i, x)| (x - mean) * wave(turn(i))).sum::<f64>()
            };
            let (re, im) = (part(libm::cos), part(libm::sin));
            *sum += re * re + im * im;
        }
    }
    let bands: Vec<(f64, f64)> = (0..6)
        .map(|octave| {
            let from = 1 << octave;
            let band = power[from..2 * from].iter().sum::<f64>() / from as f64;
            (f64::from(octave) * std::f64::consts::LN_2, libm::log(band.max(1e-12)))
        })
        .collect();
    let mean = |of: fn(&(f64, f64)) -> f64| bands.iter().map(of).sum::<f64>() / bands.len() as f64;
    let (x, y) = (mean(|band| band.0), mean(|band| band.1));
    let covariance: f64 = bands.iter().map(|band| (band.0 - x) * (band.1 - y)).sum();
    -covariance / bands.iter().map(|band| (band.0 - x) * (band.0 - x)).sum::<f64>()
}

fn deviation(series: &[f64]) -> f64 {
    let mean = series.iter().sum::<f64>() / series.len() as f64;
    (series.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / series.len() as f64).sqrt()
}

/// Deviations from the grid of a kind of player, in order of time, one per onset.
fn deviations(notes: &[Note], of: impl Fn(&Note) -> bool) -> Vec<f64> {
    let mut all: Vec<(f64, f64)> =
        notes.iter().filter(|n| of(n)).map(|n| (n.onset, f64::from(n.shift_ms))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all.dedup_by(|a, b| a.0 == b.0);
    all.into_iter().map(|(_, shift)| shift).collect()
}

#[test]
fn players_drift_as_people_do_and_as_far() {
    let short = |n: &Note| matches!(n.articulation, Articulation::Short | Articulation::Accent);
    type Kind = (&'static str, f64, fn(&Note, bool) -> bool);
    // MUSIC 7.3, ms.
    let kinds: [Kind; 6] = [
        ("ticks", 4.0, |n, _| n.stem == Stem::Perc && n.part == 2),
        ("pulse", 3.0, |n, _| n.stem == Stem::Pulse),
        ("strings short", 6.0, |n, short| n.stem == Stem::Strings && short && n.role != Role::Hit),
        ("sustained", 12.0, |n, short| n.stem == Stem::Strings && !short),
        ("lead", 8.0, |n, _| n.role == Role::Melody),
        ("choir", 18.0, |n, _| n.stem == Stem::Power && n.part == 1),
    ];
    let mut misses = Vec::new();
    for (name, target, of) in kinds {
        let (mut slopes, mut spreads, mut white) = (Vec::new(), Vec::new(), Vec::new());
        for seed in 0..18 {
            let (_, notes) = compose(&plan(&cue(seed, [0.1, 0.3, 0.0, 0.7, 0.3, 0.0])), 0..320);
            let series = deviations(&notes, |n| of(n, short(n)));
            assert!(series.len() >= 128, "{name}: {} onsets", series.len());
            slopes.push(spectral_slope(&series));
            spreads.push(deviation(&series));
            let mut shuffled = series.clone();
            for i in (1..shuffled.len()).rev() {
                shuffled.swap(
                    i,
                    crate::random::pick(seed, crate::random::Domain::Noise, i as i64, 0, i as u32 + 1)
                        as usize,
                );
            }
            white.push(spectral_slope(&shuffled));
        }
        let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len() as f64;
        let (slope, spread, white) = (mean(&slopes), mean(&spreads), mean(&white));
        let near = (0.7 * target..=1.3 * target).contains(&spread);
        if !((0.6..=1.2).contains(&slope) && near && white < 0.4) {
            misses.push(format!("{name}: slope {slope:.2}, {spread:.1} ms of {target}, shuffled {white:.2}"));
        }
    }
    assert!(misses.is_empty(), "{misses:#?}");
}

#[test]
fn without_humanise_everything_is_on_the_grid_and_half_of_it_is_half_as_late() {
    let late = |humanise: f32| {
        let mut cue = cue(9, [0.4, 0.6, 0.2, 0.6, 0.6, 0.0]);
        cue.params.insert("humanise".into(), humanise);
        let (_, notes) = compose(&plan(&cue), 0..40);
        notes.iter().map(|n| f64::from(n.shift_ms)).sum::<f64>() / notes.len() as f64
    };
    assert_eq!(late(0.0), 0.0);
    let (half, whole) = (late(0.35), late(0.7));
    assert!((0.45..0.55).contains(&(half / whole)), "{half} of {whole}");
}

#[test]
fn the_melody_comes_before_those_it_leads() {
    let mean = |notes: &[Note], of: &dyn Fn(&Note) -> bool| {
        let late = deviations(notes, of);
        late.iter().sum::<f64>() / late.len() as f64
    };
    let (mut lead, mut sections) = (0.0, 0.0);
    for seed in 0..32 {
        let (_, notes) = compose(&plan(&cue(seed, [0.0, 0.0, 0.0, 0.0, 0.2, 0.0])), 0..96);
        lead += mean(&notes, &|n| n.role == Role::Melody) / 32.0;
        sections += mean(&notes, &|n| matches!(n.stem, Stem::Bed)) / 32.0;
    }
    assert!((5.0..=15.0).contains(&(sections - lead)), "sections {sections}, lead {lead}");
}

#[test]
fn bows_and_breaths_end() {
    for energy in [-0.8, 0.0, 0.8] {
        let mut cue = cue(3, [-0.2, energy, 0.0, 0.4, 0.6, 0.0]);
        cue.tempo_bpm = 54.0;
        let (_, notes) = compose(&plan(&cue), 0..64);
        let limit_s = 4.5 - 1.5 * f64::from(energy);
        let strings = notes.iter().filter(|n| n.stem == Stem::Strings && n.part == 0);
        let longest = strings.map(|n| n.length * 60.0 / 54.0).fold(0.0, f64::max);
        assert!(longest > 1.0 && longest <= limit_s + 1.2, "{longest} s in one bow at energy {energy}");
    }
}

#[test]
fn few_roles_sound_at_once_and_motion_keeps_to_two_parts() {
    for seed in 0..8 {
        for energy in [0.0, 0.3, 0.6, 1.0] {
            let (frames, notes) = compose(&plan(&cue(seed, [0.2, energy, 0.0, 0.3, 0.3, 0.0])), 0..64);
            for frame in &frames {
                let inside = inside(frame, &notes);
                let has = |of: &dyn Fn(&Note) -> bool| usize::from(inside.iter().any(|n| of(n)));
                let moves = |n: &Note| matches!(n.role, Role::Motion | Role::Pulse) && n.stem != Stem::Perc;
                let roles = has(&|n| n.role == Role::Bass)
                    + has(&|n| n.role == Role::Harmony)
                    + has(&moves)
                    + has(&|n| n.role == Role::Melody)
                    + has(&|n| n.role == Role::Counter && n.part == 2)
                    + has(&|n| n.stem == Stem::Perc && matches!(n.role, Role::Punctuation | Role::Fill));
                assert!(roles <= 5, "{roles} roles in bar {}", frame.bar.index);
                let mut parts: Vec<(Stem, u8)> =
                    inside.iter().filter(|n| moves(n)).map(|n| (n.stem, n.part)).collect();
                parts.sort_by_key(|&(stem, part)| (stem.index(), part));
                parts.dedup();
                assert!(parts.len() <= 2, "{parts:?}");
                let lows: Vec<f64> = inside
                    .iter()
                    .filter(|n| n.stem == Stem::Perc && n.part == 0 && n.role == Role::Punctuation)
                    .map(|n| n.onset)
                    .collect();
                assert!(lows.len() <= 3, "{} low drums in a bar", lows.len());
                let lane = inside.iter().filter(|n| n.stem == Stem::Pulse && n.part == 0);
                assert!(lane.clone().all(|n| (52.0..=79.0).contains(&n.pitch)));
            }
        }
    }
}

#[test]
fn a_contrast_is_sung_by_another_player() {
    let (mut seen, mut upbeats) = ([0; 2], 0);
    for seed in 0..8 {
        let plan = plan(&cue(seed, [0.2, 0.3, 0.0, 0.3, 0.3, 0.0]));
        let (frames, notes) = compose(&plan, 0..64);
        for frame in &frames {
            let contrast = |bar: i64| usize::from(plan.course().place(bar).letter == 'B');
            let here = inside(frame, &notes);
            for note in here.iter().filter(|n| n.stem == Stem::Lead && n.role == Role::Melody) {
                let leads_in = frame.leads_in(in_ticks(note.onset - frame.bar.start));
                let of = contrast(frame.bar.index + i64::from(leads_in));
                upbeats += i32::from(leads_in && of != contrast(frame.bar.index));
                assert_eq!(note.part, [0, 2][of], "bar {}: {note:?}", frame.bar.index);
                seen[of] += 1;
            }
            let second =
                here.iter().filter(|n| n.role == Role::Counter && n.stem == Stem::Lead && n.part != 1);
            assert!(second.into_iter().all(|n| n.part == [2, 0][contrast(frame.bar.index)]));
        }
    }
    assert!(seen[0] > 200 && seen[1] > 100 && upbeats > 0, "{seen:?} notes, {upbeats} of them lead over");
}

#[test]
fn a_section_goes_to_the_next_key_by_a_chord_of_both_and_its_dominant() {
    let (mut shifts, mut arrivals, mut dominants) = (0, 0, 0);
    let (mut tones, mut pivots, mut foreign) = (0, 0, 0);
    for seed in 0..24 {
        let cue = Cue { length_bars: 160, ..cue(seed, [0.5, -0.2, -0.2, 0.0, 0.0, 0.0]) };
        let plan = plan(&cue);
        let (frames, _) = compose(&plan, 0..129);
        for end in [31, 63, 95, 127] {
            let [last, next] = [&frames[end], &frames[end + 1]];
            let dominant = |tonic: u8| last.chords.last().unwrap().chord.root == (tonic + 7) % 12;
            if last.tonic == next.tonic {
                foreign += usize::from(
                    !dominant(last.tonic) && last.chords.last().unwrap().chord.root != last.tonic,
                );
                continue;
            }
            shifts += 1;
            arrivals += i32::from(last.chords.len() == 2);
            dominants += i32::from(last.chords.len() == 2 && dominant(next.tonic));
            let major = |tonic: u8| rotate(crate::theory::Mode::Ionian.row().set, tonic);
            let both = major(last.tonic) & major(next.tonic);
            // Of the four shifts only a whole tone leaves two keys a triad in common.
            if next.tonic == (last.tonic + 2) % 12 {
                let mut color = frames[end - 3..=end].iter().filter(|frame| frame.slot == "colour");
                tones += 1;
                pivots += i32::from(color.any(|frame| frame.chords[0].chord.pcs & !both == 0));
            }
        }
    }
    assert!(shifts > 20 && arrivals > 20 && dominants == arrivals, "{dominants} of {arrivals} in {shifts}");
    assert!(tones > 5 && pivots * 10 >= tones * 8, "{pivots} chords of both keys in {tones}");
    assert!(foreign <= 12, "{foreign} ends neither at home nor on its dominant");
}

#[test]
fn under_tension_a_section_evades_its_home() {
    let ends = |tension: f32| {
        let (mut home, mut sixth) = (0, 0);
        for seed in 0..24 {
            let cue = Cue { length_bars: 160, ..cue(seed, [-0.2, 0.3, tension, 0.0, 0.0, 0.0]) };
            let (frames, _) = compose(&plan(&cue), 0..129);
            for end in [31, 63, 95].into_iter().filter(|&end| frames[end].tonic == frames[end + 1].tonic) {
                let above = (frames[end].chords.last().unwrap().chord.root + 12 - frames[end].tonic) % 12;
                home += i32::from(above == 0);
                sixth += i32::from(above == 8);
            }
        }
        (home, sixth)
    };
    // Tension as heard is .45 and half of the axis.
    let (calm, tense) = (ends(-0.6), ends(0.2));
    assert!(calm.0 > 20 && calm.1 <= 4, "{calm:?}");
    assert!(tense.1 > 20 && tense.0 <= 4, "{tense:?}");
}

#[test]
fn speech_moves_and_thins_the_writing() {
    let (mut outside, mut before) = ([0.0; 2], [0.0; 2]);
    for seed in 0..6 {
        for (spoken, counts) in [(0.0, &mut before), (1.0, &mut outside)] {
            let mut cue = cue(seed, [0.1, 0.2, 0.0, 0.2, 0.3, 0.0]);
            cue.params.insert("dialogue".into(), spoken);
            cue.params.insert("motif".into(), 0.9);
            let (frames, notes) = compose(&plan(&cue), 0..64);
            let held = notes.iter().filter(|n| n.role == Role::Harmony);
            counts[0] += held.clone().filter(|n| (60.0..84.0).contains(&n.pitch)).count() as f64;
            counts[1] += held.count() as f64;
            if spoken == 0.0 {
                continue;
            }
            for frame in &frames {
                let mut onsets: Vec<f64> =
                    inside(frame, &notes).iter().filter(|n| n.role != Role::Hit).map(|n| n.onset).collect();
                onsets.sort_by(f64::total_cmp);
                onsets.dedup_by(|a, b| (*a - *b).abs() < 1e-6);
                let seconds = frame.bar.meter.bar_beats() * 60.0 / cue.tempo_bpm;
                assert!(onsets.len() as f64 <= 2.0 * seconds + 1.0, "{} onsets in {seconds} s", onsets.len());
            }
            let line: Vec<f64> = notes.iter().filter(|n| n.role == Role::Melody).map(|n| n.onset).collect();
            let quick = line.windows(2).filter(|w| (w[1] - w[0]) * 60.0 / cue.tempo_bpm < 0.99).count();
            assert!(quick * 10 <= line.len(), "{quick} of {} notes follow within a second", line.len());
        }
    }
    let share = |counts: [f64; 2]| counts[0] / counts[1];
    assert!(share(before) > 0.3 && share(outside) < 0.02, "{} became {}", share(before), share(outside));
}

#[test]
fn tension_syncopates_the_drums_and_ease_does_not() {
    let figure = |tension: f32| {
        let (mut sum, mut bars) = (0.0, 0.0);
        for seed in 0..16 {
            let (frames, notes) = compose(&plan(&cue(seed, [0.0, 0.35, tension, 0.0, 0.0, 0.0])), 0..32);
            for frame in &frames {
                let ticks = Bars::new(frame.bar.meter);
                let mut onsets: Vec<u32> = inside(frame, &notes)
                    .iter()
                    .filter(|n| n.stem == Stem::Perc && n.part < 2 && n.role == Role::Punctuation)
                    .map(|n| ((n.onset - frame.bar.start) * 960.0).round() as u32)
                    .collect();
                onsets.sort_unstable();
                onsets.dedup();
                if onsets.len() > 1 {
                    sum += f64::from(ticks.syncopation(&onsets, 240));
                    bars += 1.0;
                }
            }
        }
        sum / f64::max(bars, 1.0)
    };
    // Effective tension is 0.3 + half of the knob.
    let (easy, tense) = (figure(-1.0), figure(1.0));
    assert!(
        (0.0..=2.0).contains(&easy) && (3.0..=6.0).contains(&tense),
        "{easy} at ease, {tense} under tension"
    );
}

#[test]
fn fills_rise_swell_and_come_with_the_boundary() {
    let (mut counts, mut swells, mut breaths) = ([0.0; 3], Vec::new(), 0);
    for seed in 0..48u64 {
        let cue = Cue { length_bars: 64, ..cue(seed, [0.1, 0.7, 0.0, 0.0, 0.3, 0.0]) };
        let (frames, notes) = compose(&plan(&cue), 0..32);
        for (k, bar) in [7usize, 15, 31].into_iter().enumerate() {
            let inside = inside(&frames[bar], &notes);
            let fill: Vec<&&Note> = inside.iter().filter(|n| n.role == Role::Fill).collect();
            let (Some(first), Some(last)) = (fill.first(), fill.last()) else { continue };
            counts[k] += 1.0 / 48.0;
            assert!(fill.windows(2).all(|w| w[0].pitch <= w[1].pitch), "toms rise");
            assert!(first.onset >= frames[bar].bar.start + 2.0, "a fill takes half a bar at most");
            if fill.len() > 2 {
                // 10 of 127 are 2 dB.
                swells.push(f64::from(last.velocity - first.velocity) * 127.0 / 5.0);
            }
            breaths += usize::from(frames[bar].bar.end() - last.onset > 0.3);
        }
    }
    assert!(counts[0] < counts[1] && counts[1] < counts[2], "{counts:?} of bars 8, 16, 32");
    // .9 · (E + 1) / 2 before a section.
    assert!((0.6..=0.95).contains(&counts[2]), "{counts:?}");
    let swell = swells.iter().sum::<f64>() / swells.len() as f64;
    assert!((3.0..=7.5).contains(&swell), "{swell} dB over a fill");
    assert!(breaths > 5, "{breaths} fills breathe before the boundary");
}

#[test]
fn hemiolas_come_with_tension_before_sections_only() {
    let accents = |tension: f32| {
        (0..40u64)
            .filter(|&seed| {
                let plan = plan(&cue(seed, [0.0, 0.6, tension, 0.0, 0.0, 0.0]));
                let (_, notes) = compose(&plan, 30..31);
                // Three across two bars of four: the fourth beat of the first bar is heavier than its third.
                let loud = |beat: f64| {
                    let here = notes.iter().filter(|n| {
                        matches!(n.role, Role::Motion | Role::Pulse)
                            && n.stem != Stem::Perc
                            && (n.onset - 120.0 - beat).abs() < 1e-6
                    });
                    here.map(|n| n.velocity).fold(0.0, f32::max)
                };
                loud(3.0) > loud(2.0) + 0.02
            })
            .count()
    };
    let (easy, tense) = (accents(-1.0), accents(1.0));
    assert!(easy <= 2 && tense >= 5, "{easy} at ease, {tense} of 40 under tension");
}

#[test]
fn ostinati_grow_from_the_motif_where_it_is_present() {
    let pitches = |seed: u64, motif: &[i8]| -> Vec<(f64, f32)> {
        let mut cue = cue(seed, [0.2, 0.3, 0.0, 0.0, 0.0, 0.0]);
        let note =
            |&degree: &i8| crate::cue::MotifNote { degree, alter: 0, beats: 1.0, accent: 0.5, rest: false };
        cue.motif = Some(crate::cue::Motif { notes: motif.iter().map(note).collect(), ..Default::default() });
        cue.params.insert("motif".into(), 1.0);
        let (_, notes) = compose(&plan(&cue), 0..8);
        let moving = notes.iter().filter(|n| n.stem == Stem::Strings && n.role == Role::Motion);
        moving.map(|n| (n.onset, n.pitch)).collect()
    };
    let changed =
        (0..20).filter(|&seed| pitches(seed, &[0, 1, 2, 4]) != pitches(seed, &[4, 2, 0, 0])).count();
    // Three of four themes take the motif's head when it is fully present.
    assert!((10..20).contains(&changed), "{changed} of 20 ostinati follow the motif");
}

/// What a beat's notes and their bar say of one decision, as text.
fn print_of(id: &str, frame: &BarFrame, notes: &[Note]) -> Option<String> {
    let of = |role: &dyn Fn(&Note) -> bool| -> Vec<&Note> { notes.iter().filter(|n| role(n)).collect() };
    let moving = |n: &Note| matches!(n.role, Role::Motion | Role::Pulse | Role::Bass) && n.part > 0;
    let text = match id {
        "density" => format!("{:?}", of(&moving).iter().map(|n| (n.stem, n.onset)).collect::<Vec<_>>()),
        "articulation" => {
            let short = of(&|n| n.stem == Stem::Strings && n.role == Role::Motion);
            let duty = |w: &[&Note]| ((w[0].length / (w[1].onset - w[0].onset).max(1e-6)) * 20.0).round();
            format!("{:?}", short.windows(2).map(duty).collect::<Vec<_>>())
        }
        "drive" => {
            let drums = of(&|n| n.stem == Stem::Perc && n.role != Role::Hit);
            format!("{:?}", drums.iter().map(|n| (n.part, n.onset)).collect::<Vec<_>>())
        }
        "force" => format!("{:?}", notes.iter().map(|n| (n.velocity * 127.0) as i32).max()),
        "gesture" => format!("{}", of(&|n| n.stem == Stem::Fx && n.role == Role::Hit).len()),
        "harmony" => format!("{:?} {} {}", frame.chords, frame.mode, frame.scale),
        "bass" => {
            let bass = of(&|n| n.role == Role::Bass);
            format!("{:?}", bass.iter().map(|n| n.pitch as i32 % 12).max())
        }
        "entries" => format!("{:?}", frame.stems),
        "cast" => {
            let cast = super::gates::Cast::of(frame);
            format!("{cast:?}")
        }
        "statement" => {
            // Its chords may bend an exact copy: that is the harmony's doing, which follows the bar.
            let plain = |tag: MotifTag| (tag.statement, if tag.operator < 3 { 0 } else { tag.operator });
            let mut tags: Vec<_> = frame.lead.iter().map(|n| n.tag.map(plain)).collect();
            tags.dedup();
            format!("{tags:?}")
        }
        "key" => format!("{}", frame.tonic),
        "form" => format!("{} {} {} {}", frame.section, frame.phrase, frame.unit, frame.letter),
        "register" => format!("{:?}", frame.lead.first().map(|n| (n.at, n.tag.map(|tag| tag.statement)))),
        _ => return None,
    };
    Some(text)
}

#[test]
fn every_decision_reacts_when_the_table_says() {
    let mood = |axes: [f32; 6]| Climate::new(Mood::from_array(axes), &crate::params::Values::default());
    let (calm, wild) = (mood([0.3, 0.15, 0.0, 0.0, 0.2, 0.0]), mood([-0.5, 0.95, 0.3, 0.0, 0.2, 0.0]));
    let mut reacted = std::collections::BTreeMap::new();
    let mut composer = Composer::new();
    for seed in 0..12u64 {
        let plan = plan(&Cue { tempo_bpm: 92.0, ..cue(seed, [0.3, 0.15, 0.0, 0.0, 0.2, 0.0]) });
        for bar in [5i64, 6, 9, 14] {
            let place = Place::of(plan.seed, bar);
            // The mood steps inside the bar: the bar in force and its frame are decided.
            let frame = composer.frame(&plan, &plan.grid, &calm, bar);
            for beat in 1..4 {
                let (mut quiet, mut loud) = (Notes::new(), Notes::new());
                composer.beat_after(&plan, &frame, beat, (&calm, &calm), &mut quiet);
                composer.beat_after(&plan, &frame, beat, (&calm, &wild), &mut loud);
                for row in &DECISIONS {
                    let prints = [&quiet, &loud].map(|notes| print_of(row.id, &frame, notes));
                    let [Some(before), Some(after)] = prints else { continue };
                    let changed = before != after;
                    if row.reaction >= Reaction::Bar && row.id != "bass" {
                        assert!(!changed, "{} changed inside bar {bar}: {before} {after}", row.id);
                    }
                    if row.reaction == Reaction::Beat {
                        *reacted.entry(row.id).or_insert(0) += i32::from(changed);
                    }
                }
                // What sounds in the bar stays what the bar decided.
                for note in &loud {
                    assert!(frame.stems[note.stem.index()], "{:?} entered inside a bar", note.stem);
                    let chord = &frame.chord_at(note.onset - frame.bar.start).chord;
                    let set = chord.pcs | frame.scale | 1 << chord.bass;
                    let pitched = !matches!(note.stem, Stem::Perc | Stem::Fx);
                    assert!(!pitched || set >> (note.pitch as u32 % 12) & 1 == 1, "{note:?}");
                }
            }
            // The next bar is decided anew; what belongs to the unit is not.
            let next = |after: Climate| {
                let climates = Stepped { before: calm, after, at: bar + 1 };
                let mut notes = Notes::new();
                let frame = Composer::new().frame(&plan, &plan.grid, &climates, bar + 1);
                composer.beat(&plan, &frame, 0, &after, &mut notes);
                (frame, notes)
            };
            let (same, new) = (next(calm), next(wild));
            for row in DECISIONS.iter().filter(|row| row.reaction >= Reaction::Bar) {
                let prints = [&same, &new].map(|(frame, notes)| print_of(row.id, frame, notes));
                let [Some(before), Some(after)] = prints else { continue };
                if row.reaction == Reaction::Bar {
                    *reacted.entry(row.id).or_insert(0) += i32::from(before != after);
                } else if place.in_unit < 3 {
                    assert_eq!(before, after, "{} changed inside a unit, at bar {}", row.id, bar + 1);
                }
            }
        }
    }
    let silent = plan(&cue(0, [0.0; 6]));
    let frame = composer.frame(&silent, &silent.grid, &calm, 0);
    for row in DECISIONS.iter().filter(|row| row.reaction <= Reaction::Bar) {
        if print_of(row.id, &frame, &[]).is_some() {
            // 144 beats and 48 bars were stepped into; a full cast, which alone leaves parts out, is rare.
            let least = if row.id == "cast" { 4 } else { 24 };
            assert!(reacted.get(row.id).copied().unwrap_or(0) > least, "{} lags: {reacted:?}", row.id);
        }
    }
}

/// One climate up to a bar, another from it on.
struct Stepped {
    before: Climate,
    after: Climate,
    at: i64,
}

impl Climates for Stepped {
    fn at_bar(&self, bar: i64) -> Climate {
        if bar < self.at { self.before } else { self.after }
    }
}

#[test]
fn a_leap_inside_a_bar_is_answered_on_its_beat_by_effect_drum_and_chord() {
    let mut cue = cue(5, [0.0, 0.2, 0.0, 0.0, 0.2, 0.0]);
    let point = |bar, valence, energy| LanePoint {
        bar,
        valence: Some(valence),
        energy: Some(energy),
        ..LanePoint::default()
    };
    // A step between the second and the third beat of bar 10.
    cue.lane = vec![point(1.0, 0.0, 0.2), point(10.3, 0.0, 0.2), point(10.31, 0.0, 0.9)];
    let plan = plan(&cue);
    let (_, notes) = compose(&plan, 0..12);
    let beat = 9.0 * 4.0 + 2.0;
    let answers: Vec<&Note> =
        notes.iter().filter(|n| n.role == Role::Hit && (n.onset - beat).abs() < 1e-6).collect();
    for stem in [Stem::Fx, Stem::Perc, Stem::Strings] {
        assert!(answers.iter().any(|n| n.stem == stem && n.shift_ms == 0.0), "{stem:?} answers");
    }
    let again = notes
        .iter()
        .filter(|n| n.stem == Stem::Fx && n.role == Role::Hit && n.onset > beat && n.onset < beat + 4.0);
    assert_eq!(again.count(), 0, "answered once");
    let (_, late) = compose(&plan, 9..11);
    let from = |notes: &[Note]| {
        notes.iter().filter(|n| n.onset >= 36.0 && n.onset < 44.0).copied().collect::<Vec<_>>()
    };
    assert_eq!(from(&late), from(&notes), "and the same from anywhere");
}
