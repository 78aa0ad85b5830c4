//! Motif capture: what a person plays while the switch is on becomes the cue's motif when it goes off.
//! Source: own; a wait-free ring (rtrb) from the audio thread, everything else where documents live. In/out: keys with their
//! place in beats in, a [`Motif`] on the nearest sensible rhythm out. Times count from the first key; the host's tempo is the ruler,
//! and where it rolls its bar lines tell an upbeat.

use cuewright_engine::cue::{Motif, MotifNote};
use cuewright_engine::theory::{MODES, Mode};
use cuewright_engine::time::{Meter, Transport, can_start};

/// Most notes a motif takes; later ones are not heard.
pub const MAX_NOTES: usize = 16;

/// Fewest notes that make one.
pub const MIN_NOTES: usize = 2;

/// Words the ring holds: sixteen notes ten times over.
const RING_WORDS: usize = 512;

/// One word of the audio thread. Beats count from its activation, at the tempo in force.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Word {
    /// The switch went on.
    Begin,
    /// A key went down, so many beats before a bar line it leads to; nought for one that leads to none.
    On { key: u8, velocity: f32, beats: f64, ahead: f64 },
    /// A key went up.
    Off { key: u8, beats: f64 },
    /// Every key went up.
    AllOff { beats: f64 },
    /// The switch went off.
    End,
}

/// The audio thread's end.
pub(super) struct Tap {
    ring: rtrb::Producer<Word>,
    on: bool,
    beats: f64,
    tempo_bpm: f64,
    bars: Option<Bars>,
}

/// Where the bar lines of a host that rolls lie: one of them, in the tap's beats, and how far it is to the next.
#[derive(Clone, Copy)]
struct Bars {
    line: f64,
    length: f64,
}

/// A tap and the ear at its other end.
pub(super) fn line(tempo_bpm: f64) -> (Tap, Ear) {
    let (ring, words) = rtrb::RingBuffer::new(RING_WORDS);
    (Tap { ring, on: false, beats: 0.0, tempo_bpm, bars: None }, Ear(words))
}

/// The ring's reading end.
pub(super) struct Ear(rtrb::Consumer<Word>);

impl Tap {
    /// Follows the switch; true when it just went off, so that somebody should come and look.
    pub fn follow(&mut self, on: bool) -> bool {
        if on == self.on {
            return false;
        }
        // A ring nobody empties keeps the old state, and the edge is told when there is room again.
        if self.ring.push(if on { Word::Begin } else { Word::End }).is_ok() {
            self.on = on;
            return !on;
        }
        false
    }

    /// Whether keys are listened to.
    pub fn hears(&self) -> bool {
        self.on
    }

    /// A key went down a number of frames into the present stretch.
    pub fn key_on(&mut self, key: u8, velocity: f32, seconds: f64) {
        let beats = self.at(seconds);
        // One place stays free for the end.
        if self.ring.slots() > 1 {
            let ahead = self.ahead(beats);
            let sounds = velocity > 0.0;
            let word =
                if sounds { Word::On { key, velocity, beats, ahead } } else { Word::Off { key, beats } };
            let _ = self.ring.push(word);
        }
    }

    /// A key went up; `None` is all of them.
    pub fn key_off(&mut self, key: Option<u8>, seconds: f64) {
        let beats = self.at(seconds);
        if self.ring.slots() > 1 {
            let _ = self.ring.push(key.map_or(Word::AllOff { beats }, |key| Word::Off { key, beats }));
        }
    }

    /// A stretch begins under a transport: time goes on at its tempo, or at the last one known.
    pub fn follow_host(&mut self, transport: &Transport) {
        let legal = |bpm: &f64| bpm.is_finite() && (1.0..=1000.0).contains(bpm);
        if let Some(tempo_bpm) = transport.tempo_bpm.filter(legal) {
            self.tempo_bpm = tempo_bpm;
        }
        let position = transport.position.filter(|position| transport.playing && position.is_finite());
        self.bars = position.zip(transport.meter).map(|(position, (numerator, denominator))| {
            let meter = Meter::from_host(numerator, denominator);
            let length = meter.bar_beats();
            let said = transport.bar_start.filter(|&start| can_start(start, position, meter));
            let into = position - said.unwrap_or((position / length).floor() * length);
            Bars { line: self.beats - into, length }
        });
    }

    /// How far before a bar line a place lies, beats; nought in the first half of a bar, or where nothing rolls.
    fn ahead(&self, beats: f64) -> f64 {
        let Some(Bars { line, length }) = self.bars else { return 0.0 };
        let ahead = (line - beats).rem_euclid(length);
        if ahead < 0.5 * length { ahead } else { 0.0 }
    }

    /// A stretch is over.
    pub fn advance(&mut self, seconds: f64) {
        self.beats = self.at(seconds);
    }

    fn at(&self, seconds: f64) -> f64 {
        self.beats + seconds * self.tempo_bpm / 60.0
    }
}

/// A note as it was played, beats from the tap's activation.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Played {
    key: u8,
    velocity: f32,
    on: f64,
    off: Option<f64>,
    ahead: f64,
}

/// Where a capture stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CaptureState {
    /// The switch is off.
    #[default]
    Off,
    /// It listens and has heard so many notes.
    Armed {
        /// Notes so far, at most 16.
        notes: usize,
    },
}

/// What a finished capture came to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// A motif.
    Motif(Motif),
    /// One note, which is none.
    TooFew,
}

/// The other side: collects what was played. Lives with the document.
#[derive(Default)]
pub(super) struct Capture {
    ear: Option<Ear>,
    armed: bool,
    played: Vec<Played>,
    finished: Option<Vec<Played>>,
}

impl Capture {
    /// An engine starts: listens to its tap.
    pub fn attach(&mut self, ear: Ear) {
        self.ear = Some(ear);
        self.armed = false;
        self.played.clear();
    }

    /// Takes in what was played. True when something changed that can be seen.
    pub fn listen(&mut self) -> bool {
        let mut news = false;
        while let Some(word) = self.ear.as_mut().and_then(|ear| ear.0.pop().ok()) {
            news = true;
            self.hear(word);
        }
        news
    }

    fn hear(&mut self, word: Word) {
        match word {
            Word::Begin => {
                self.armed = true;
                self.played.clear();
            }
            Word::End if self.armed => {
                self.armed = false;
                self.finished = Some(std::mem::take(&mut self.played));
            }
            Word::On { key, velocity, beats, ahead } if self.armed => {
                self.close(|other| other == key, beats);
                if self.played.len() < MAX_NOTES {
                    self.played.push(Played { key, velocity, on: beats, off: None, ahead });
                }
            }
            Word::Off { key, beats } => self.close(|other| other == key, beats),
            Word::AllOff { beats } => self.close(|_| true, beats),
            Word::End | Word::On { .. } => {}
        }
    }

    fn close(&mut self, of: impl Fn(u8) -> bool, beats: f64) {
        for note in self.played.iter_mut().filter(|note| note.off.is_none() && of(note.key)) {
            note.off = Some(beats);
        }
    }

    /// Where it stands.
    pub fn state(&self) -> CaptureState {
        if self.armed { CaptureState::Armed { notes: self.played.len() } } else { CaptureState::Off }
    }

    /// Forgets what is being played: the switch going off means nothing any more.
    pub fn discard(&mut self) {
        self.listen();
        self.armed = false;
        self.played.clear();
        self.finished = None;
    }

    /// Another document: what was played belonged to the one before. The switch stays as it is.
    pub fn restart(&mut self) {
        self.listen();
        self.played.clear();
        self.finished = None;
    }

    /// The outcome of a capture that ended, once. `tonic` is the key that sounds.
    pub fn take(&mut self, tonic: u8) -> Option<Outcome> {
        let played = self.finished.take()?;
        match motif_of(&played, tonic) {
            Some(motif) => Some(Outcome::Motif(motif)),
            None if played.is_empty() => None,
            None => Some(Outcome::TooFew),
        }
    }

    /// True when a capture has ended and nobody took it.
    pub fn is_finished(&self) -> bool {
        self.finished.is_some()
    }
}

/// Keys closer together than this are one chord, of which the highest is the tune; beats.
const CHORD_BEATS: f64 = 0.08;

/// Rhythms a player may have meant: ticks of the grid per beat, and how much worse than its rivals a finer or rarer one
/// must not be. Tuned on jitters of up to 30 ms at 60–160 bpm: eighths stay eighths, triplets stay triplets.
const GRIDS: [(f64, f64); 6] =
    [(1.0, 0.0), (2.0, 0.012), (4.0, 0.024), (3.0, 0.03), (8.0, 0.055), (6.0, 0.06)];

/// The motif in what was played: one line, on a rhythm, in scale steps.
fn motif_of(played: &[Played], tonic: u8) -> Option<Motif> {
    let mut line: Vec<Played> = Vec::new();
    let mut sorted = played.to_vec();
    sorted.sort_by(|a, b| a.on.total_cmp(&b.on));
    for note in sorted {
        match line.last_mut() {
            Some(last) if note.on - last.on < CHORD_BEATS => {
                if note.key > last.key {
                    *last = Played { on: last.on, ahead: last.ahead, ..note };
                }
            }
            _ => line.push(note),
        }
    }
    if line.len() < MIN_NOTES {
        return None;
    }
    let first = line[0].on;
    let grid = rhythm_of(&line.iter().map(|note| note.on - first).collect::<Vec<_>>());
    // An upbeat leads to a bar line with two notes or more after it.
    let ahead = (line[0].ahead * grid).round() / grid;
    let led = line.iter().take_while(|note| note.on - first < ahead - 0.5 / grid).count();
    let (pickup_beats, downbeat) = if led + MIN_NOTES <= line.len() { (ahead, led) } else { (0.0, 0) };
    let keys: Vec<u8> = line.iter().map(|note| note.key).collect();
    let steps = steps_of(&keys, downbeat, &line, tonic);
    Some(Motif { notes: notes_of(&line, &steps, grid), pickup_beats })
}

/// Ticks per beat of the grid the onsets (beats from the first) lie on best.
fn rhythm_of(onsets: &[f64]) -> f64 {
    let cost = |&(grid, price): &(f64, f64)| {
        let off = onsets.iter().map(|on| (on * grid - (on * grid).round()) / grid);
        let error = (off.map(|x| x * x).sum::<f64>() / onsets.len() as f64).sqrt();
        let place = |on: f64| (on * grid).round();
        let merged = onsets.windows(2).any(|w| place(w[0]) == place(w[1]));
        error + price + if merged { 10.0 } else { 0.0 }
    };
    GRIDS.iter().min_by(|a, b| cost(a).total_cmp(&cost(b))).map_or(4.0, |best| best.0)
}

/// Lengths and silences on a grid. A note that sounds for most of the way to the next is tied to it.
fn notes_of(line: &[Played], steps: &[(i8, i8)], grid: f64) -> Vec<MotifNote> {
    let snap = |beats: f64| (beats * grid).round().max(1.0) / grid;
    let first = line[0].on;
    let place = |on: f64| ((on - first) * grid).round() / grid;
    // The document holds sixteen entries, silences among them.
    let mut room = MAX_NOTES - line.len();
    let mut notes = Vec::new();
    for (i, note) in line.iter().enumerate() {
        let (degree, alter) = steps[i];
        let accent = (note.velocity.clamp(0.0, 1.0) * 100.0).round() / 100.0;
        let next = line.get(i + 1);
        let sounding = note.off.map_or(f64::INFINITY, |off| off - note.on);
        let (beats, rest) = match next {
            Some(next) => {
                let whole = (place(next.on) - place(note.on)).max(1.0 / grid);
                let held = snap(sounding.min(whole)).min(whole);
                let silent = whole - held;
                // Under half a beat, or under half of the way, silence is how a player separates notes.
                let rests = silent >= 0.5 && held <= 0.5 * whole && room > 0;
                if rests { (held, silent) } else { (whole, 0.0) }
            }
            None => (last_length(snap(if sounding.is_finite() { sounding } else { 2.0 })), 0.0),
        };
        notes.push(MotifNote { degree, alter, beats: legal(beats), accent, rest: false });
        if rest > 0.0 {
            room -= 1;
            notes.push(MotifNote { degree: 0, alter: 0, beats: legal(rest), accent: 0.0, rest: true });
        }
    }
    notes
}

fn legal(beats: f64) -> f64 {
    beats.clamp(0.125, 8.0)
}

/// The length a player means by the end of a line: the next one up that is written with a note and at most a dot.
fn last_length(beats: f64) -> f64 {
    const LENGTHS: [f64; 10] = [0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0];
    LENGTHS.into_iter().find(|&length| length >= beats - 0.01).unwrap_or(8.0)
}

/// Scale steps and alterations of keys, in the key they speak of most: notes in its scale by their length, more for one
/// that begins or ends on its tonic, and more for the key that sounds.
fn steps_of(keys: &[u8], downbeat: usize, line: &[Played], sounding: u8) -> Vec<(i8, i8)> {
    let length = |i: usize| match line.get(i + 1) {
        Some(next) => (next.on - line[i].on).clamp(0.25, 4.0),
        None => 2.0,
    };
    let score = |tonic: u8, mode: Mode| {
        let has = |key: u8| mode.row().set >> ((key + 12 - tonic) % 12) & 1 == 1;
        let inside: f64 = (0..keys.len()).filter(|&i| has(keys[i])).map(length).sum();
        let ends = [keys.get(downbeat), keys.last()];
        let home = ends.into_iter().flatten().filter(|&&key| key % 12 == tonic).count() as f64;
        let triad =
            ends.into_iter().flatten().filter(|&&key| [0, 3, 4, 7].contains(&((key + 12 - tonic) % 12)));
        inside + home + 0.4 * triad.count() as f64 + if tonic == sounding % 12 { 2.5 } else { 0.0 }
    };
    let mut best = (f64::MIN, 0, Mode::Ionian);
    for tonic in 0..12 {
        for mode in [Mode::Ionian, Mode::Aeolian] {
            let score = score(tonic, mode);
            if score > best.0 {
                best = (score, tonic, mode);
            }
        }
    }
    let (_, tonic, mode) = best;
    // Counted from the tonic at or below the first key on a downbeat.
    let first = i32::from(keys[downbeat]);
    let base = first - (first - i32::from(tonic)).rem_euclid(12);
    keys.iter().map(|&key| step_of(i32::from(key) - base, mode)).collect()
}

/// The scale step nearest to a distance in semitones from the tonic, and what is left.
fn step_of(semitones: i32, mode: Mode) -> (i8, i8) {
    let row = &MODES[mode as usize];
    let (octave, rest) = (semitones.div_euclid(12), semitones.rem_euclid(12));
    let near = (0..row.steps.len()).min_by_key(|&i| {
        let off = rest - i32::from(row.steps[i]);
        // A raised note is written as its lower neighbor raised.
        (off.abs(), off < 0)
    });
    let index = near.unwrap_or(0);
    let alter = rest - i32::from(row.steps[index]);
    let degree = (octave * 7 + index as i32).clamp(-14, 21);
    (degree as i8, alter.clamp(-2, 2) as i8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(notes: &[(f64, f64, u8)]) -> Vec<Played> {
        notes
            .iter()
            .map(|&(on, off, key)| Played { key, velocity: 0.8, on, off: Some(off), ahead: 0.0 })
            .collect()
    }

    fn degrees(motif: &Motif) -> Vec<(i8, i8)> {
        motif.notes.iter().filter(|note| !note.rest).map(|note| (note.degree, note.alter)).collect()
    }

    fn lengths(motif: &Motif) -> Vec<f64> {
        motif.notes.iter().map(|note| if note.rest { -note.beats } else { note.beats }).collect()
    }

    #[test]
    fn a_tune_comes_out_as_it_was_meant() {
        // C D E G, dotted, from beat 7.3 on, as unevenly as people play.
        let notes = [(7.31, 8.7, 60), (8.79, 9.2, 62), (9.33, 11.2, 64), (11.29, 13.1, 67)];
        let motif = motif_of(&played(&notes), 0).unwrap();
        assert_eq!(degrees(&motif), [(0, 0), (1, 0), (2, 0), (4, 0)]);
        assert_eq!(lengths(&motif), [1.5, 0.5, 2.0, 2.0]);
        assert!(motif.notes.iter().all(|note| (note.accent - 0.8).abs() < 1e-6));
    }

    #[test]
    fn triplets_sixteenths_and_rests_are_told_apart() {
        let rhythm = |onsets: &[f64]| rhythm_of(onsets);
        assert_eq!(rhythm(&[0.0, 0.35, 0.65, 1.0, 1.34]), 3.0);
        assert_eq!(rhythm(&[0.0, 0.27, 0.49, 0.76, 1.02]), 4.0);
        assert_eq!(rhythm(&[0.0, 0.52, 0.98, 1.53]), 2.0);
        assert_eq!(rhythm(&[0.0, 1.04, 1.97, 4.03]), 1.0);
        let apart = motif_of(&played(&[(0.0, 0.5, 60), (2.0, 2.4, 62), (3.0, 4.0, 60)]), 0).unwrap();
        assert_eq!(lengths(&apart), [1.0, -1.0, 1.0, 1.0]);
        let chord = motif_of(&played(&[(0.0, 1.0, 60), (0.02, 1.0, 64), (1.0, 2.0, 67)]), 0).unwrap();
        assert_eq!(degrees(&chord), [(2, 0), (4, 0)]);
    }

    #[test]
    fn steps_count_in_the_key_that_was_played_in() {
        let steps = |keys: &[u8], sounding| {
            let notes: Vec<_> =
                keys.iter().enumerate().map(|(i, &key)| (i as f64, i as f64 + 1.0, key)).collect();
            degrees(&motif_of(&played(&notes), sounding).unwrap())
        };
        // A minor, heard over C; the sixth degree raised; below the first note.
        assert_eq!(steps(&[69, 71, 72, 76, 69], 9), [(0, 0), (1, 0), (2, 0), (4, 0), (0, 0)]);
        assert_eq!(steps(&[60, 66, 67, 60], 0), [(0, 0), (3, 1), (4, 0), (0, 0)]);
        assert_eq!(steps(&[62, 61, 59, 62], 2), [(0, 0), (-1, 0), (-2, 0), (0, 0)]);
        // The same tune a fifth higher is the same motif where that key sounds.
        assert_eq!(steps(&[67, 69, 71, 74], 7), steps(&[60, 62, 64, 67], 0));
    }

    #[test]
    fn a_bar_line_of_a_rolling_host_makes_an_upbeat() {
        let motif = |transport: &dyn Fn(f64) -> Transport, keys: &[(f64, u8)]| {
            let (mut tap, ear) = line(120.0);
            let mut capture = Capture::default();
            capture.attach(ear);
            tap.follow(true);
            let mut at = 0.0;
            for &(beat, key) in keys {
                tap.advance((beat - at) * 0.5);
                at = beat;
                tap.follow_host(&transport(beat));
                tap.key_on(key, 0.7, 0.0);
            }
            tap.follow(false);
            capture.listen();
            let Some(Outcome::Motif(motif)) = capture.take(0) else { panic!("a motif") };
            motif
        };
        let rolling = |position: f64| Transport {
            playing: true,
            position: Some(position),
            meter: Some((3, 4)),
            ..Default::default()
        };
        // G on the third beat leads to C: a fourth below the tonic, the step it has as an upbeat.
        let keys = [(8.02, 67), (8.97, 72), (10.05, 74), (11.0, 76)];
        let upbeat = motif(&rolling, &keys);
        assert_eq!(upbeat.pickup_beats, 1.0);
        assert_eq!(degrees(&upbeat), [(-3, 0), (0, 0), (1, 0), (2, 0)]);
        assert_eq!(lengths(&upbeat)[..3], [1.0, 1.0, 1.0]);
        // A host that stands has no bar lines, and one that says where its bar began is believed.
        let standing = motif(&|position| Transport { playing: false, ..rolling(position) }, &keys);
        assert_eq!(standing.pickup_beats, 0.0);
        let shifted = |position: f64| Transport { bar_start: Some(8.0), ..rolling(position) };
        assert_eq!(motif(&shifted, &keys).pickup_beats, 0.0);
        // A little early is not an upbeat, nor is what nothing follows.
        assert_eq!(motif(&rolling, &[(8.95, 60), (10.0, 62), (11.0, 64)]).pickup_beats, 0.0);
        assert_eq!(motif(&rolling, &[(8.0, 60), (9.0, 62)]).pickup_beats, 0.0);
    }

    #[test]
    fn whatever_is_played_is_a_legal_motif() {
        use cuewright_engine::cue::{Cue, repair};
        for seed in 0..300u64 {
            let pick = |i, count| {
                cuewright_engine::random::pick(seed, cuewright_engine::random::Domain::Noise, i, 0, count)
            };
            let mut at = 0.0;
            let notes: Vec<_> = (0..1 + i64::from(pick(99, 16)))
                .map(|i| {
                    at += f64::from(pick(3 * i, 400)) / 100.0;
                    (at, at + f64::from(pick(3 * i + 1, 1000)) / 100.0, pick(3 * i + 2, 128) as u8)
                })
                .collect();
            let Some(motif) = motif_of(&played(&notes), (seed % 12) as u8) else { continue };
            let cue = Cue { motif: Some(motif), ..Cue::default() };
            let repaired = repair::from_json_lenient(serde_json::to_value(&cue).unwrap());
            assert!(repaired.notices.is_empty(), "{:?}", repaired.notices);
            assert_eq!(repaired.cue.motif, cue.motif);
        }
    }

    #[test]
    fn only_what_is_played_between_on_and_off_counts() {
        let (mut tap, ear) = line(120.0);
        let mut capture = Capture::default();
        capture.attach(ear);
        tap.key_on(50, 0.5, 0.0);
        assert!(!tap.follow(true) && tap.hears());
        for key in [60, 62] {
            tap.key_on(key, 0.5, 0.0);
            tap.advance(0.5);
            tap.key_off(Some(key), 0.0);
        }
        assert!(capture.listen() && !capture.listen());
        assert_eq!(capture.state(), CaptureState::Armed { notes: 2 });
        assert_eq!(capture.take(0), None);
        assert!(tap.follow(false) && !tap.follow(false));
        capture.listen();
        assert_eq!(capture.state(), CaptureState::Off);
        let Some(Outcome::Motif(motif)) = capture.take(0) else { panic!("two notes are a motif") };
        assert_eq!(lengths(&motif), [1.0, 1.0]);
        assert_eq!(capture.take(0), None);
        tap.follow(true);
        tap.key_on(60, 0.5, 0.0);
        capture.discard();
        tap.follow(false);
        capture.listen();
        assert_eq!(capture.take(0), None, "cancelled");
        tap.follow(true);
        tap.key_on(60, 0.5, 0.0);
        tap.follow(false);
        capture.listen();
        assert_eq!(capture.take(0), Some(Outcome::TooFew));
    }

    #[test]
    fn a_ring_nobody_empties_loses_notes_and_never_the_end() {
        let (mut tap, ear) = line(120.0);
        tap.follow(true);
        for step in 0..2000u32 {
            tap.key_on((step % 128) as u8, 0.5, 0.0);
            tap.advance(0.1);
        }
        assert!(tap.follow(false));
        let mut capture = Capture::default();
        capture.attach(ear);
        capture.listen();
        assert!(matches!(capture.take(0), Some(Outcome::Motif(motif)) if motif.notes.len() == MAX_NOTES));
    }
}
