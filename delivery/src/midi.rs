//! `cue.mid`: the notes as a Standard MIDI File, one track and channel per stem, with tempos, meters, keys, chords, and
//! markers at sections, phrases and hits.
//! Source: MIDI 1.0 Standard MIDI Files 1.1, format 1. In/out: a job and what came of it in, the file's bytes out.
//! Notes stand where they were played, humanised: the file lies on the sound, not beside it.

use crate::render::{RenderJob, Rendered};
use crate::score::hits_inside;
use cuewright_engine::note::Note;
use cuewright_engine::stem::{STEM_COUNT, STEMS};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, Track, TrackEvent, TrackEventKind};

/// Ticks per quarter note.
pub const TICKS_PER_QUARTER: u16 = 960;

/// The file.
pub fn file(title: &str, job: &RenderJob, rendered: &Rendered) -> Vec<u8> {
    let texts = texts(job, rendered);
    let mut tracks = vec![conductor(title, job, rendered, &texts)];
    let mut by_stem: [Vec<&Note>; STEM_COUNT] = Default::default();
    for played in &rendered.notes {
        by_stem[played.note.stem.index()].push(&played.note);
    }
    for (row, notes) in STEMS.iter().zip(by_stem) {
        tracks.push(stem_track(row.name, row.stem.index() as u8, &spans(&notes, job, rendered)));
    }
    let header = Header::new(Format::Parallel, Timing::Metrical(TICKS_PER_QUARTER.into()));
    let mut bytes = Vec::new();
    let written = Smf { header, tracks }.write_std(&mut bytes);
    debug_assert!(written.is_ok(), "writing to memory does not fail");
    bytes
}

/// Ticks from the start of the file; never negative.
fn tick(beat: f64, rendered: &Rendered) -> u32 {
    ((beat - rendered.timeline.start_beat) * f64::from(TICKS_PER_QUARTER)).round().clamp(0.0, 268_435_455.0)
        as u32
}

/// Markers at sections, phrases and hits, chord names where they change: tick, is a marker, words.
fn texts(job: &RenderJob, rendered: &Rendered) -> Vec<(u32, bool, String)> {
    let mut texts = Vec::new();
    let (mut section, mut phrase, mut chord) = (None, None, String::new());
    for frame in &rendered.bars {
        let at = tick(frame.bar.start, rendered);
        if section != Some(frame.section) {
            section = Some(frame.section);
            let words = format!("Section {} (bar {})", frame.section + 1, frame.bar.index + 1);
            texts.push((at, true, words));
        }
        if phrase != Some(frame.phrase) {
            phrase = Some(frame.phrase);
            texts.push((at, true, format!("Phrase {} {}", frame.phrase + 1, frame.letter)));
        }
        for placed in &frame.chords {
            if placed.chord.name.as_str() != chord {
                chord = placed.chord.name.as_str().into();
                texts.push((tick(frame.bar.start + placed.at, rendered), false, chord.clone()));
            }
        }
    }
    for (beat, hit) in hits_inside(job, rendered) {
        texts.push((tick(beat, rendered), true, format!("Hit: {}", hit.kind.id())));
    }
    texts
}

fn conductor<'a>(
    title: &'a str,
    job: &RenderJob,
    rendered: &Rendered,
    texts: &'a [(u32, bool, String)],
) -> Track<'a> {
    let mut events: Vec<(u32, MetaMessage<'a>)> = vec![(0, MetaMessage::TrackName(title.as_bytes()))];
    let grid = &job.plan.grid;
    let line = rendered.timeline;
    let inside = |beat: f64| beat < line.end_beat;
    for segment in grid.segments().iter().filter(|segment| inside(segment.start)) {
        let meter = segment.meter;
        let at = tick(segment.start, rendered);
        // Of those before the first bar, the last is in force: it stands last at tick 0.
        let power = meter.denominator().trailing_zeros() as u8;
        let clocks = (24.0 * meter.unit()) as u8;
        events.retain(|(tick, event)| *tick != at || !matches!(event, MetaMessage::TimeSignature(..)));
        events.push((at, MetaMessage::TimeSignature(meter.numerator(), power, clocks, 8)));
    }
    for point in job.tempo.points().iter().filter(|point| inside(point.beat)) {
        let at = tick(point.beat, rendered);
        let micros = (60e6 / point.bpm).round().clamp(1.0, 16_777_215.0) as u32;
        events.retain(|(tick, event)| *tick != at || !matches!(event, MetaMessage::Tempo(_)));
        events.push((at, MetaMessage::Tempo(micros.into())));
    }
    // The major or minor of the tonic, where that moves: modes come and go within a key.
    let mut tonic = None;
    for frame in rendered.bars.iter().filter(|frame| frame.bar.index >= 0) {
        if tonic != Some(frame.tonic) {
            tonic = Some(frame.tonic);
            let (sharps, minor) = frame.signature();
            events.push((tick(frame.bar.start, rendered), MetaMessage::KeySignature(sharps, minor)));
        }
    }
    for (at, marker, words) in texts {
        let words = words.as_bytes();
        events.push((*at, if *marker { MetaMessage::Marker(words) } else { MetaMessage::Text(words) }));
    }
    events.sort_by_key(|&(tick, _)| tick);
    let end = events.last().map_or(0, |last| last.0).max(tick(line.end_beat, rendered));
    events.push((end, MetaMessage::EndOfTrack));
    deltas(events.into_iter().map(|(tick, message)| (tick, TrackEventKind::Meta(message))))
}

/// A note on the tick grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: u32,
    end: u32,
    key: u8,
    velocity: u8,
}

/// Notes as they were played; a key that is struck again ends its note before.
fn spans(notes: &[&Note], job: &RenderJob, rendered: &Rendered) -> Vec<Span> {
    let mut spans: Vec<Span> = notes
        .iter()
        .map(|note| {
            let beat = job.tempo.beat(job.tempo.seconds(note.onset) + f64::from(note.shift_ms) * 1e-3);
            let start = tick(beat, rendered);
            Span {
                start,
                end: tick(beat + note.length, rendered).max(start + 1),
                key: note.pitch.round().clamp(0.0, 127.0) as u8,
                velocity: (note.velocity * 127.0).round().clamp(1.0, 127.0) as u8,
            }
        })
        .collect();
    spans.sort_by_key(|span| (span.start, span.key, std::cmp::Reverse(span.velocity)));
    let mut sounding: [Option<usize>; 128] = [None; 128];
    let mut kept: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        if let Some(before) = sounding[usize::from(span.key)].map(|index| &mut kept[index]) {
            if before.start == span.start {
                before.end = before.end.max(span.end);
                continue;
            }
            before.end = before.end.min(span.start);
        }
        sounding[usize::from(span.key)] = Some(kept.len());
        kept.push(span);
    }
    kept
}

fn stem_track<'a>(name: &'a str, channel: u8, spans: &[Span]) -> Track<'a> {
    // At one tick ends come before starts, or a repeated key would be cut by its own past.
    let mut events: Vec<(u32, bool, u8, u8)> = Vec::with_capacity(spans.len() * 2);
    for span in spans {
        events.push((span.start, true, span.key, span.velocity));
        events.push((span.end, false, span.key, 64));
    }
    events.sort_unstable();
    let last = events.last().map_or(0, |event| event.0);
    let name = (0, TrackEventKind::Meta(MetaMessage::TrackName(name.as_bytes())));
    let notes = events.into_iter().map(|(tick, starts, key, velocity)| {
        let (key, vel) = (key.into(), velocity.into());
        let message =
            if starts { MidiMessage::NoteOn { key, vel } } else { MidiMessage::NoteOff { key, vel } };
        (tick, TrackEventKind::Midi { channel: channel.into(), message })
    });
    let end = (last, TrackEventKind::Meta(MetaMessage::EndOfTrack));
    deltas(std::iter::once(name).chain(notes).chain(std::iter::once(end)))
}

fn deltas<'a>(events: impl Iterator<Item = (u32, TrackEventKind<'a>)>) -> Track<'a> {
    let mut before = 0;
    events
        .map(|(tick, kind)| {
            let delta = (tick - before).into();
            before = tick;
            TrackEvent { delta, kind }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{BlockSize, Length, PlayedNote, Recorded, render};
    use crate::tempo::TempoMap;
    use cuewright_engine::cue::{Cue, Hit, HitKind, MeterChange, factory};
    use cuewright_engine::note::{Articulation, Role};
    use cuewright_engine::plan::Plan;
    use cuewright_engine::stem::Stem;

    fn note(stem: Stem, pitch: f32, onset: f64, length: f64) -> PlayedNote {
        let note = Note {
            stem,
            part: 0,
            role: Role::Motion,
            articulation: Articulation::Sustain,
            pitch,
            velocity: 0.5,
            onset,
            length,
            shift_ms: 0.0,
            glide_from: None,
            place: 0,
            motif: None,
        };
        PlayedNote { note, frame: 0 }
    }

    /// Two bars of 3/4 from bar 3, the tempo changing at bar 4.
    fn rendered() -> (RenderJob, Rendered) {
        let meters = vec![MeterChange { bar: 1, numerator: 3, denominator: 4, groups: vec![] }];
        let hits = vec![Hit { bar: 4.5, kind: HitKind::Accent, strength: 1.0 }];
        let cue = Cue { meters, hits, key: "D".into(), ..Cue::default() };
        let plan = Plan::new(&cue, factory::palette_or_default("")).unwrap();
        let tempo = TempoMap::new(&[(0.0, 120.0), (9.0, 60.0)]).unwrap();
        let block = BlockSize::Fixed(4096);
        let job = RenderJob { from_bar: 3, length: Length::Bars(2), tempo, block, ..RenderJob::new(plan) };
        let rendered = render(&job, &mut Recorded::default(), &mut |_| {}).unwrap();
        (job, rendered)
    }

    #[test]
    fn the_file_reads_back() {
        let (job, mut rendered) = rendered();
        rendered.notes = vec![
            note(Stem::Pulse, 60.0, 6.0, 2.0),
            note(Stem::Pulse, 60.2, 7.0, 0.5),
            note(Stem::Lead, 72.0, 9.0, 3.0),
        ];
        let bytes = file("Test", &job, &rendered);
        let read = Smf::parse(&bytes).unwrap();
        assert_eq!(read.header, Header::new(Format::Parallel, Timing::Metrical(960.into())));
        assert_eq!(read.tracks.len(), 1 + STEM_COUNT);
        let events = |track: usize| {
            let mut at = 0;
            read.tracks[track]
                .iter()
                .map(|event| {
                    at += event.delta.as_int();
                    (at, event.kind)
                })
                .collect::<Vec<_>>()
        };
        let conductor = events(0);
        let has = |at, message| conductor.contains(&(at, TrackEventKind::Meta(message)));
        assert!(has(0, MetaMessage::TrackName(b"Test")) && has(0, MetaMessage::TimeSignature(3, 2, 24, 8)));
        assert!(
            has(0, MetaMessage::Tempo(500_000.into())) && has(2880, MetaMessage::Tempo(1_000_000.into()))
        );
        assert!(has(0, MetaMessage::Marker(b"Phrase 1 A")) && has(4320, MetaMessage::Marker(b"Hit: accent")));
        let keys = [MetaMessage::KeySignature(2, false), MetaMessage::KeySignature(-1, true)];
        assert!(keys.into_iter().any(|key| has(0, key)), "D major or D minor");
        for (index, row) in STEMS.iter().enumerate() {
            let name = TrackEventKind::Meta(MetaMessage::TrackName(row.name.as_bytes()));
            assert_eq!(events(index + 1)[0], (0, name));
        }
        let keys = |track: usize| {
            let keys = events(track).into_iter().filter_map(|(at, kind)| match kind {
                TrackEventKind::Midi { channel, message: MidiMessage::NoteOn { key, .. } } => {
                    Some((at, channel.as_int(), key.as_int(), true))
                }
                TrackEventKind::Midi { channel, message: MidiMessage::NoteOff { key, .. } } => {
                    Some((at, channel.as_int(), key.as_int(), false))
                }
                _ => None,
            });
            keys.collect::<Vec<_>>()
        };
        // The key struck again at beat 7 ends its note before.
        assert_eq!(
            keys(4),
            [(0, 3, 60, true), (960, 3, 60, false), (960, 3, 60, true), (1440, 3, 60, false)]
        );
        assert_eq!(keys(5), [(2880, 4, 72, true), (5760, 4, 72, false)]);
    }
}
