//! The processor cannot be heard: a cue has the same bits with the vector instructions of any machine.
//! Source: DESIGN 5, docs/decisions/0003. In a process of its own: the level that is asked for holds for all of it.

use cuewright_engine::dsp::simd::{self, CHOICES};
use cuewright_tests::cues;
use cuewright_tests::rig::{Blocks, Recording, Script, play};

const RATE_HZ: f64 = 48_000.0;

/// From where every stem plays: what is struck, bowed, blown, sung and swept, with inserts, hall and ambience.
fn busy() -> Recording {
    let (mut engine, mut handle) = cues::engine(&cues::busy(), RATE_HZ);
    let script = Script::steady(RATE_HZ, 120.0, 64.0);
    play(&mut engine, &mut handle, &script, &mut Blocks::Of(512), 0..20 * 48_000)
}

#[test]
fn every_vector_level_gives_one_hash() {
    let mut levels = Vec::new();
    let mut recordings = CHOICES.into_iter().map(|choice| {
        simd::force(choice);
        levels.push(format!("{:?}", simd::level()));
        (choice, busy())
    });
    let (_, baseline) = recordings.next().expect("a level");
    for stem in cuewright_engine::stem::STEMS {
        let peak = baseline.stem_peak(stem.stem.index(), 0..baseline.frames());
        assert!(peak > 0.001, "{} is silent: it proves nothing", stem.name);
    }
    for (choice, recording) in recordings {
        assert_eq!(recording.parting(&baseline), None, "{choice:?}");
        assert_eq!(recording.hash(), baseline.hash(), "{choice:?}");
    }
    // Levels that were not taken would prove nothing either.
    if cfg!(target_arch = "x86_64") && simd::Level::new().as_avx2().is_some() {
        assert!(levels[0] != levels[1] && levels[1] != levels[2], "{levels:?}");
    }
}
