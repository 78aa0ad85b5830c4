//! Tempo maps: where beats fall in time. Constant pieces, from a number or from a MIDI file.
//! Source: MIDI 1.0 Standard MIDI Files (tempo in microseconds per quarter note, time signatures).
//! In/out: quarter notes and seconds from bar 1; both reach before 0.

use cuewright_engine::cue::MeterChange;
use cuewright_engine::cue::limits::{MAX_BARS, TEMPO_BPM};
use cuewright_engine::time::{BarGrid, MAX_SEGMENTS, Meter};
use midly::{MetaMessage, Smf, Timing, TrackEventKind};

/// Largest MIDI file read, bytes.
pub const MAX_MIDI_BYTES: usize = 16 << 20;

/// Most tempo changes in a map.
pub const MAX_TEMPO_POINTS: usize = 100_000;

/// A tempo from a beat on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TempoPoint {
    /// Quarter notes from bar 1.
    pub beat: f64,
    /// Seconds from bar 1.
    pub seconds: f64,
    /// Quarter notes per minute.
    pub bpm: f64,
}

/// Tempos along the timeline; the first also holds before it.
#[derive(Clone, Debug, PartialEq)]
pub struct TempoMap {
    points: Vec<TempoPoint>,
}

/// Why a tempo map cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TempoError(String);

impl TempoMap {
    /// One tempo for ever.
    pub fn constant(bpm: f64) -> TempoMap {
        TempoMap { points: vec![TempoPoint { beat: 0.0, seconds: 0.0, bpm }] }
    }

    /// Tempos from beats on, in order; the first at 0. `None` when they are not, or not above 0.
    pub fn new(tempos: &[(f64, f64)]) -> Option<TempoMap> {
        let ordered = tempos.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let sound = tempos.iter().all(|&(beat, bpm)| beat.is_finite() && bpm.is_finite() && bpm > 0.0);
        if !ordered || !sound || tempos.first().is_none_or(|first| first.0 != 0.0) {
            return None;
        }
        let mut points: Vec<TempoPoint> = Vec::with_capacity(tempos.len());
        for &(beat, bpm) in tempos {
            let seconds =
                points.last().map_or(0.0, |before| before.seconds + (beat - before.beat) * 60.0 / before.bpm);
            points.push(TempoPoint { beat, seconds, bpm });
        }
        Some(TempoMap { points })
    }

    /// The pieces in order.
    pub fn points(&self) -> &[TempoPoint] {
        &self.points
    }

    /// The piece a beat is in.
    pub fn at_beat(&self, beat: f64) -> &TempoPoint {
        let after = self.points.partition_point(|point| point.beat <= beat);
        &self.points[after.saturating_sub(1)]
    }

    /// The piece a time is in.
    pub fn at_seconds(&self, seconds: f64) -> &TempoPoint {
        let after = self.points.partition_point(|point| point.seconds <= seconds);
        &self.points[after.saturating_sub(1)]
    }

    /// When a beat falls.
    pub fn seconds(&self, beat: f64) -> f64 {
        let point = self.at_beat(beat);
        point.seconds + (beat - point.beat) * 60.0 / point.bpm
    }

    /// Which beat falls at a time.
    pub fn beat(&self, seconds: f64) -> f64 {
        let point = self.at_seconds(seconds);
        point.beat + (seconds - point.seconds) * point.bpm / 60.0
    }
}

/// What a MIDI file says about time.
#[derive(Clone, Debug, PartialEq)]
pub struct MidiTime {
    /// Its tempos; 120 where it says none, as the standard has it.
    pub tempo: TempoMap,
    /// Its meters by bar; empty where it says none.
    pub meters: Vec<MeterChange>,
}

/// Reads tempos and meters from a Standard MIDI File; everything else in it is ignored.
pub fn read_midi(bytes: &[u8]) -> Result<MidiTime, TempoError> {
    if bytes.len() > MAX_MIDI_BYTES {
        return Err(TempoError(format!(
            "the file has {} bytes; at most {MAX_MIDI_BYTES} bytes are allowed",
            bytes.len()
        )));
    }
    let file = Smf::parse(bytes).map_err(|error| TempoError(format!("not a Standard MIDI File: {error}")))?;
    let Timing::Metrical(ticks_per_quarter) = file.header.timing else {
        return Err(TempoError("counts time in SMPTE frames; ticks per quarter note are needed".into()));
    };
    let per_quarter = f64::from(ticks_per_quarter.as_int());
    if per_quarter < 1.0 {
        return Err(TempoError("has 0 ticks per quarter note".into()));
    }
    let (mut tempos, mut signatures) = (Vec::new(), Vec::new());
    for track in &file.tracks {
        let mut tick = 0u64;
        for event in track {
            tick += u64::from(event.delta.as_int());
            match event.kind {
                TrackEventKind::Meta(MetaMessage::Tempo(micros)) => tempos.push((tick, micros.as_int())),
                TrackEventKind::Meta(MetaMessage::TimeSignature(top, power, ..)) => {
                    signatures.push((tick, top, power));
                }
                _ => {}
            }
        }
    }
    Ok(MidiTime { tempo: tempo_of(tempos, per_quarter)?, meters: meters_of(signatures, per_quarter)? })
}

fn tempo_of(mut tempos: Vec<(u64, u32)>, per_quarter: f64) -> Result<TempoMap, TempoError> {
    const DEFAULT_MICROS: u32 = 500_000;
    tempos.sort_by_key(|&(tick, _)| tick);
    if tempos.len() > MAX_TEMPO_POINTS {
        return Err(TempoError(format!(
            "has {} tempo changes; at most {MAX_TEMPO_POINTS} are allowed",
            tempos.len()
        )));
    }
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(tempos.len() + 1);
    if tempos.first().is_none_or(|&(tick, _)| tick > 0) {
        points.push((0.0, 60e6 / f64::from(DEFAULT_MICROS)));
    }
    for (tick, micros) in tempos {
        let bpm = 60e6 / f64::from(micros.max(1));
        // Rounded to a microsecond a quarter note, the limits themselves must pass.
        if micros == 0 || bpm < TEMPO_BPM.0 - 1e-3 || bpm > TEMPO_BPM.1 + 1e-3 {
            return Err(TempoError(format!(
                "tempo at tick {tick}: {micros} microseconds per quarter note ({bpm:.1} bpm) is not {} to {} bpm",
                TEMPO_BPM.0, TEMPO_BPM.1
            )));
        }
        let beat = tick as f64 / per_quarter;
        match points.last_mut() {
            // Of two at one tick the later holds.
            Some(last) if last.0 == beat => last.1 = bpm,
            Some(last) if last.1 == bpm => {}
            _ => points.push((beat, bpm)),
        }
    }
    TempoMap::new(&points).ok_or_else(|| TempoError("its tempo changes are not in order".into()))
}

fn meters_of(mut signatures: Vec<(u64, u8, u8)>, per_quarter: f64) -> Result<Vec<MeterChange>, TempoError> {
    signatures.sort_by_key(|&(tick, ..)| tick);
    let mut grid = BarGrid::default();
    let mut meters: Vec<MeterChange> = Vec::new();
    for (tick, numerator, power) in signatures {
        let wrong = |what: &str| TempoError(format!("time signature at tick {tick}: {what}"));
        let denominator = if (1..=4).contains(&power) { 1u8 << power } else { 0 };
        let meter = Meter::new(numerator, denominator, &[])
            .filter(|_| numerator >= 2)
            .ok_or_else(|| wrong("is not 2 to 15 beats of 1/2, 1/4, 1/8 or 1/16"))?;
        let beat = tick as f64 / per_quarter;
        let bar = grid.bar_at(beat);
        if (bar.start - beat).abs() > 1e-6 {
            return Err(wrong("does not stand on a bar line"));
        }
        if bar.index >= i64::from(MAX_BARS) {
            return Err(wrong(&format!("stands after bar {MAX_BARS}")));
        }
        grid.set_meter(beat, meter);
        let number = bar.index as u32 + 1;
        meters.retain(|before| before.bar < number);
        meters.push(MeterChange { bar: number, numerator, denominator, groups: Vec::new() });
        if meters.len() > MAX_SEGMENTS {
            return Err(wrong(&format!("more than {MAX_SEGMENTS} meter changes")));
        }
    }
    Ok(meters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn time_and_beats_are_inverse() {
        let map = TempoMap::new(&[(0.0, 60.0), (4.0, 120.0), (6.0, 30.0)]).unwrap();
        assert_eq!([0.0, 2.0, 4.0, 6.0, 7.0].map(|beat| map.seconds(beat)), [0.0, 2.0, 4.0, 5.0, 7.0]);
        assert_eq!(map.seconds(-1.0), -1.0);
        for seconds in [-2.0, 0.0, 3.9, 4.0, 4.7, 5.0, 100.0] {
            assert!((map.seconds(map.beat(seconds)) - seconds).abs() < 1e-9);
        }
        assert_eq!(TempoMap::new(&[(1.0, 60.0)]), None);
        assert_eq!(TempoMap::new(&[(0.0, 60.0), (0.0, 70.0)]), None);
        assert_eq!(TempoMap::new(&[(0.0, 0.0)]), None);
    }

    /// A file with one track of meta events at ticks (480 a quarter note).
    fn file(events: &[(u32, MetaMessage<'static>)]) -> Vec<u8> {
        let mut track = Vec::new();
        let mut before = 0;
        for &(tick, message) in events {
            track.push(midly::TrackEvent {
                delta: (tick - before).into(),
                kind: TrackEventKind::Meta(message),
            });
            before = tick;
        }
        track
            .push(midly::TrackEvent { delta: 0.into(), kind: TrackEventKind::Meta(MetaMessage::EndOfTrack) });
        let header = midly::Header::new(midly::Format::SingleTrack, Timing::Metrical(480.into()));
        let mut bytes = Vec::new();
        Smf { header, tracks: vec![track] }.write_std(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_midi_file_is_read() {
        use MetaMessage::{Tempo, TimeSignature};
        let read = read_midi(&file(&[
            (0, TimeSignature(3, 2, 24, 8)),
            (480, Tempo(1_000_000.into())),
            (1440, TimeSignature(7, 3, 24, 8)),
            (1440, Tempo(400_000.into())),
        ]))
        .unwrap();
        let tempos: Vec<_> = read.tempo.points().iter().map(|point| (point.beat, point.bpm)).collect();
        assert_eq!(tempos, [(0.0, 120.0), (1.0, 60.0), (3.0, 150.0)]);
        let meters: Vec<_> = read.meters.iter().map(|m| (m.bar, m.numerator, m.denominator)).collect();
        assert_eq!(meters, [(1, 3, 4), (2, 7, 8)]);
        assert_eq!(read_midi(&file(&[])).unwrap().tempo, TempoMap::constant(120.0));
    }

    #[test]
    fn what_cannot_be_used_is_told() {
        use MetaMessage::{Tempo, TimeSignature};
        let told = |events: &[(u32, MetaMessage<'static>)]| read_midi(&file(events)).unwrap_err().to_string();
        assert!(told(&[(0, Tempo(50_000.into()))]).contains("tempo at tick 0: 50000 microseconds"));
        assert!(told(&[(0, Tempo(0.into()))]).contains("20 to 400 bpm"));
        assert!(
            told(&[(100, TimeSignature(3, 2, 24, 8))]).contains("tick 100: does not stand on a bar line")
        );
        assert!(told(&[(0, TimeSignature(40, 2, 24, 8))]).contains("2 to 15 beats"));
        assert!(told(&[(0, TimeSignature(4, 200, 24, 8))]).contains("2 to 15 beats"));
        assert!(read_midi(b"MThd").unwrap_err().to_string().contains("not a Standard MIDI File"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200), whole in any::<bool>()) {
            if whole {
                bytes.splice(0..0, *b"MThd\0\0\0\x06\0\x01\0\x01\x01\xe0MTrk\0\0\0\x80");
            }
            let _ = read_midi(&bytes);
        }
    }
}
