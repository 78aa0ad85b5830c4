//! The ambience in four channels and for headphones: the same bits at any block size, after a reset and from any place,
//! in the engine, in both built formats; beside it the mix stays what it is.
//! Source: DESIGN 5, 7; AmbiX (2011).

use clack_extensions::ambisonic::{
    AmbisonicConfig, AmbisonicNormalization, AmbisonicOrdering, PluginAmbisonic,
};
use clack_extensions::audio_ports::{AudioPortInfoBuffer, AudioPortType, PluginAudioPorts};
use clack_extensions::audio_ports_config::PluginAudioPortsConfig;
use clack_host::events::io::EventBuffer;
use clack_host::utils::ClapId;
use cuewright_engine::cue::Cue;
use cuewright_engine::engine::{Engine, Event, Output, Quantum};
use cuewright_engine::params::Param;
use cuewright_engine::time::Transport;
use cuewright_tests::clap_host::{Buffers, Plugin, state_of, transport_event};
use cuewright_tests::rig::{Blocks, playing};
use cuewright_tests::vst3_host::{self, Layout, Vst3Host};
use cuewright_tests::{built, cues};
use std::ops::Range;

const RATE_HZ: f64 = 48_000.0;
const AMBIENCE: usize = 9;

/// Left and right of the mix, left and right of the ambience, then W, Y, Z, X.
#[derive(Default)]
struct Tape {
    channels: [Vec<f32>; 8],
}

impl Output for Tape {
    fn write(&mut self, _at: usize, quantum: &Quantum, range: Range<usize>) {
        let [w, y, z, x] = quantum.field.channels();
        let [left, right] = &quantum.mix.channels;
        let [near, far] = &quantum.stems[AMBIENCE - 1].channels;
        for (tape, channel) in self.channels.iter_mut().zip([left, right, near, far, w, y, z, x]) {
            tape.extend_from_slice(&channel[range.clone()]);
        }
    }
}

/// A forest: noise, birds that fly, and nothing that hides them.
fn forest() -> Cue {
    let mut cue = Cue { palette: "folk".into(), seed: 5, tempo_bpm: 120.0, ..Cue::default() };
    for id in ["intensity", "distance"] {
        cue.params.insert(id.into(), 0.3);
    }
    cue
}

fn engine(field: bool) -> Engine {
    let (mut engine, _) = cues::engine(&forest(), RATE_HZ);
    engine.set_ambience_field(field);
    engine
}

fn transport(frame: u64) -> Transport {
    playing(120.0, frame as f64 / 24_000.0)
}

/// Plays from a frame of the song; ears from 20 000 frames on, where wanted.
fn play(engine: &mut Engine, mut blocks: Blocks, song: Range<u64>, ears: bool) -> Tape {
    let mut tape = Tape::default();
    let mut at = song.start;
    while at < song.end {
        let frames = (blocks.next() as u64).min(song.end - at);
        if ears && (at..at + frames).contains(&20_000) {
            let index = Param::Binaural as usize;
            engine.push((20_000 - at) as usize, Event::Value { index, value: 1.0 });
        }
        engine.process(frames as usize, &transport(at), &mut tape);
        at += frames;
    }
    tape
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |most, sample| most.max(sample.abs()))
}

#[test]
fn every_block_size_gives_the_same_field_and_the_same_ears() {
    let reference = play(&mut engine(true), Blocks::Of(512), 0..96_000, true);
    assert!(reference.channels.iter().all(|channel| peak(channel) > 1e-4), "something is silent");
    for blocks in [Blocks::Of(1), Blocks::Of(17), Blocks::Of(441), Blocks::Of(4096), Blocks::Random(900, 3)] {
        let name = format!("blocks up to {}", blocks.largest());
        assert!(play(&mut engine(true), blocks, 0..96_000, true).channels == reference.channels, "{name}");
    }
}

#[test]
fn a_reset_is_a_fresh_start_and_the_field_changes_no_bit_of_the_mix() {
    let mut used = engine(true);
    play(&mut used, Blocks::Of(333), 0..50_000, true);
    used.push(0, Event::Value { index: Param::Binaural as usize, value: 0.0 });
    used.process(64, &transport(50_000), &mut Tape::default());
    used.reset();
    let fresh = play(&mut engine(true), Blocks::Of(512), 0..60_000, false);
    assert!(play(&mut used, Blocks::Of(512), 0..60_000, false).channels == fresh.channels);
    let plain = play(&mut engine(false), Blocks::Of(512), 0..60_000, false);
    assert!(plain.channels[..4] == fresh.channels[..4]);
    assert!(plain.channels[4..].iter().all(|channel| peak(channel) == 0.0), "nobody asked for a field");
}

#[test]
fn from_a_locate_the_same_field_follows() {
    let through = play(&mut engine(true), Blocks::Of(512), 0..288_000, false);
    let located = play(&mut engine(true), Blocks::Of(512), 96_000..288_000, false);
    // Four seconds: the fade of the start, and echoes of the distance that are 120 dB down.
    for channel in 2..8 {
        let pairs = through.channels[channel][264_000..].iter().zip(&located.channels[channel][168_000..]);
        let apart = pairs.fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
        assert!(apart < 1e-6 * peak(&through.channels[channel]).max(0.01), "channel {channel}: {apart}");
    }
}

#[test]
fn ears_come_and_go_without_a_click() {
    let tape = play(&mut engine(false), Blocks::Of(256), 0..60_000, true);
    let plain = play(&mut engine(false), Blocks::Of(256), 0..60_000, false);
    assert!(tape.channels[2][..19_000] == plain.channels[2][..19_000]);
    assert!(tape.channels[2][30_000..] != plain.channels[2][30_000..]);
    let steepest = |range: Range<usize>| {
        tape.channels[2][range].windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max)
    };
    let (before, during, after) =
        (steepest(10_000..19_000), steepest(19_500..26_000), steepest(30_000..60_000));
    assert!(during < 1.3 * before.max(after), "{before} {during} {after}");
}

/// The field as the engine makes it, for the formats to be held against.
fn reference() -> Tape {
    play(&mut engine(true), Blocks::Of(512), 0..48_000, false)
}

#[test]
fn the_built_clap_has_a_layout_with_four_channels_and_the_engines_bits() {
    let reference = reference();
    let mut plugin = Plugin::new();
    assert!(plugin.load(&state_of(&forest())));
    let configs: PluginAudioPortsConfig = plugin.extension();
    let (ports, ambisonic): (PluginAudioPorts, PluginAmbisonic) = (plugin.extension(), plugin.extension());
    let ambix = AmbisonicConfig::new(AmbisonicOrdering::ACN, AmbisonicNormalization::SN3D);
    assert_eq!(ambisonic.get_config(&plugin.main(), false, AMBIENCE as u32), None);
    configs.select(&plugin.main(), ClapId::new(3)).expect("the layout exists");
    assert_eq!(ambisonic.get_config(&plugin.main(), false, AMBIENCE as u32), Some(ambix));
    assert_eq!(ambisonic.get_config(&plugin.main(), false, 1), None);
    assert!(ambisonic.is_config_supported(&plugin.main(), ambix));
    let furse = AmbisonicConfig::new(AmbisonicOrdering::FuMa, AmbisonicNormalization::MaxN);
    assert!(!ambisonic.is_config_supported(&plugin.main(), furse));
    let mut buffer = AudioPortInfoBuffer::new();
    let port = ports.get(&plugin.main(), AMBIENCE as u32, false, &mut buffer).expect("a port");
    assert_eq!((port.channel_count, port.port_type), (4, Some(AudioPortType::AMBISONIC)));
    for mut blocks in [Blocks::Of(512), Blocks::Of(17), Blocks::Random(700, 4)] {
        plugin.activate(RATE_HZ, blocks.largest() as u32);
        let channels =
            |count: usize| (0..count).map(|_| Some(vec![Buffers::MARK; blocks.largest()])).collect();
        let shapes = (0..10).map(|bus| channels(if bus == AMBIENCE { 4 } else { 2 })).collect();
        let mut buffers = Buffers::of(shapes);
        let mut at = 0usize;
        while at < 48_000 {
            let frames = blocks.next().min(48_000 - at);
            let word = transport_event(0, &transport(at as u64));
            plugin.process(frames as u32, &mut buffers, &EventBuffer::new(), Some(&word));
            for channel in 0..4 {
                let expected = &reference.channels[4 + channel][at..at + frames];
                assert!(buffers.channel(AMBIENCE, channel)[..frames] == *expected, "frame {at}, {channel}");
            }
            assert!(buffers.channel(0, 0)[..frames] == reference.channels[0][at..at + frames]);
            at += frames;
        }
        plugin.deactivate();
    }
}

#[test]
fn the_built_vst3_takes_the_arrangement_and_gives_the_engines_bits() {
    let reference = reference();
    for mut blocks in [Blocks::Of(512), Blocks::Of(33)] {
        let mut host = Vst3Host::load(built::plugin()).expect("the plugin loads");
        assert_eq!(host.load_state(&vst3_host::state_of(&forest())), 0);
        host.activate(RATE_HZ, blocks.largest(), Layout::Ambix).expect("the plugin starts");
        assert_eq!(host.bus(AMBIENCE as i32).map(|bus| bus.2), Some(4));
        let mut at = 0usize;
        while at < 48_000 {
            let frames = blocks.next().min(48_000 - at);
            let block = host.process(frames, Some(&transport(at as u64)), &[], &[]);
            assert_eq!(block.result, 0);
            for channel in 0..4 {
                let expected = &reference.channels[4 + channel][at..at + frames];
                assert!(block.busses[AMBIENCE][channel] == *expected, "frame {at}, {channel}");
            }
            assert!(block.busses[0][0] == reference.channels[0][at..at + frames]);
            at += frames;
        }
        // Back to stereo: the same instance, two channels again.
        host.activate(RATE_HZ, 512, Layout::All).expect("the plugin starts again");
        assert_eq!(host.bus(AMBIENCE as i32).map(|bus| bus.2), Some(2));
    }
}
