//! The built CLAP plugin sounds, sums, and cannot hear the host's buffer: one hash, the engine's own.
//! Source: DESIGN 5, 8, 9; hosts' buffers PLATFORM 1, 2.

use clack_extensions::audio_ports::{AudioPortFlags, AudioPortInfoBuffer, AudioPortType, PluginAudioPorts};
use clack_extensions::audio_ports_activation::{PluginAudioPortsActivation, SampleSize};
use clack_extensions::audio_ports_config::{
    AudioPortsConfigBuffer, PluginAudioPortsConfig, PluginAudioPortsConfigInfo,
};
use clack_host::events::io::EventBuffer;
use clack_host::prelude::ClapId;
use cuewright_engine::stem::STEMS;
use cuewright_tests::clap_host::{
    Buffers, Busses, Cut, Plugin, eventful, play, play_steady, state_of, transport_event,
};
use cuewright_tests::cues;
use cuewright_tests::rig::{self, Blocks, Recording, Script, playing};

const RATE_HZ: f64 = 48_000.0;
const SECONDS: u64 = 8;

fn busy() -> Plugin {
    let mut plugin = Plugin::new();
    assert!(plugin.load(&state_of(&cues::busy())));
    plugin
}

fn record(blocks: Blocks) -> Recording {
    play_steady(&mut busy(), &eventful(RATE_HZ), blocks, SECONDS * RATE_HZ as u64)
}

#[test]
fn every_block_size_gives_one_hash_over_ten_busses_and_it_is_the_engines() {
    let (mut engine, mut handle) = cues::engine(&cues::busy(), RATE_HZ);
    let frames = SECONDS * RATE_HZ as u64;
    let script = eventful(RATE_HZ);
    let reference = rig::play(&mut engine, &mut handle, &script, &mut Blocks::Of(512), 0..frames);
    assert!(reference.peak(0..reference.frames()) > 0.01, "the reference is silent");
    for size in [1, 17, 64, 441, 512, 4096] {
        let other = record(Blocks::Of(size));
        assert_eq!(other.hash(), reference.hash(), "blocks of {size}");
    }
    for seed in 1..=2 {
        let other = record(Blocks::Random(2_048, seed));
        assert_eq!(other.hash(), reference.hash(), "random blocks, seed {seed}");
    }
}

#[test]
fn every_stem_sounds_and_they_sum_to_the_mix() {
    let script = Script::steady(RATE_HZ, 120.0, 0.0);
    let sound = play_steady(&mut busy(), &script, Blocks::Of(256), 20 * 48_000);
    for (index, row) in STEMS.iter().enumerate() {
        assert!(sound.stem_peak(index, 0..sound.frames()) > 0.001, "{} is silent", row.name);
    }
    for channel in 0..2 {
        for frame in 0..sound.frames() {
            let sum = sound.stems.iter().fold(0.0f32, |sum, stem| sum + stem[channel][frame]);
            assert_eq!(sum.to_bits(), sound.mix[channel][frame].to_bits(), "frame {frame}");
        }
    }
}

#[test]
fn busses_are_named_stereo_and_the_first_is_main() {
    let mut plugin = Plugin::new();
    let ports: PluginAudioPorts = plugin.extension();
    let main = plugin.main();
    assert_eq!((ports.count(&main, true), ports.count(&main, false)), (0, 10));
    let mut buffer = AudioPortInfoBuffer::new();
    for index in 0..10 {
        let port = ports.get(&main, index, false, &mut buffer).unwrap();
        let name = if index == 0 { "Mix" } else { STEMS[index as usize - 1].name };
        assert_eq!(port.name, name.as_bytes());
        assert_eq!((port.channel_count, port.port_type), (2, Some(AudioPortType::STEREO)));
        assert_eq!(port.flags == AudioPortFlags::IS_MAIN, index == 0, "no other flag: no 64 bit offered");
    }
    assert!(
        ports.get(&main, 10, false, &mut buffer).is_none()
            && ports.get(&main, 0, true, &mut buffer).is_none()
    );
}

#[test]
fn the_mix_alone_is_a_layout_and_sounds_the_same() {
    let mut plugin = busy();
    let configs: PluginAudioPortsConfig = plugin.extension();
    let info: PluginAudioPortsConfigInfo = plugin.extension();
    let ports: PluginAudioPorts = plugin.extension();
    let (mut buffer, mut port) = (AudioPortsConfigBuffer::new(), AudioPortInfoBuffer::new());
    assert_eq!(configs.count(&plugin.main()), 3);
    let (full, mix_only) = (ClapId::new(1), ClapId::new(2));
    for (index, (id, busses)) in [(full, 10), (mix_only, 1)].into_iter().enumerate() {
        let config = configs.get(&plugin.main(), index as u32, &mut buffer).unwrap();
        assert_eq!((config.id, config.input_port_count, config.output_port_count), (id, 0, busses));
        assert_eq!(
            info.get(&plugin.main(), id, busses - 1, false, &mut port).map(|port| port.channel_count),
            Some(2)
        );
        assert!(info.get(&plugin.main(), id, busses, false, &mut port).is_none());
    }
    assert_eq!(info.current_config(&plugin.main()), Some(full));
    assert!(configs.select(&plugin.main(), ClapId::new(99)).is_err());
    configs.select(&plugin.main(), mix_only).unwrap();
    assert_eq!(info.current_config(&plugin.main()), Some(mix_only));
    assert_eq!(ports.count(&plugin.main(), false), 1);
    let alone = two_seconds(&mut plugin, || Buffers::stereo(1, 512));
    let all = two_seconds(&mut busy(), || Buffers::full(512));
    assert!(alone[0] == all[0] && alone[1] == all[1] && loud(&alone[0]));
}

/// Two seconds from the first beat in buffers of 512 frames; the first bus's channels and the last buffers.
fn two_seconds(plugin: &mut Plugin, buffers: impl Fn() -> Buffers) -> [Vec<f32>; 2] {
    let script = Script::steady(RATE_HZ, 120.0, 0.0);
    plugin.activate(RATE_HZ, 512);
    let mut buffers = buffers();
    let mut mix = [Vec::new(), Vec::new()];
    for block in 0..188 {
        let transport = transport_event(0, &script.at(block * 512));
        plugin.process(512, &mut buffers, &EventBuffer::new(), Some(&transport));
        if !buffers.busses.is_empty() {
            for (channel, kept) in mix.iter_mut().enumerate().take(buffers.busses[0].len()) {
                kept.extend_from_slice(buffers.channel(0, channel));
            }
        }
    }
    plugin.deactivate();
    mix
}

fn loud(samples: &[f32]) -> bool {
    samples.iter().all(|sample| sample.is_finite() && sample.abs() < Buffers::MARK)
        && samples.iter().any(|sample| sample.abs() > 0.01)
}

#[test]
fn missing_null_and_odd_busses_change_nothing_of_what_is_there() {
    let reference = two_seconds(&mut busy(), || Buffers::full(512));
    assert!(loud(&reference[0]) && loud(&reference[1]));
    let some = || Some(vec![Buffers::MARK; 512]);
    let shapes: Vec<(&str, Busses)> = vec![
        (
            "null stems",
            (0..10).map(|bus| if bus == 0 { vec![some(), some()] } else { vec![None, None] }).collect(),
        ),
        (
            "stems without channels",
            (0..10).map(|bus| if bus == 0 { vec![some(), some()] } else { vec![] }).collect(),
        ),
        (
            "mono stems",
            (0..10).map(|bus| if bus == 0 { vec![some(), some()] } else { vec![some()] }).collect(),
        ),
        ("four stems", (0..5).map(|_| vec![some(), some()]).collect()),
        (
            "one null channel per stem",
            (0..10).map(|bus| if bus == 0 { vec![some(), some()] } else { vec![None, some()] }).collect(),
        ),
        ("more busses than we have", (0..14).map(|_| vec![some(), some()]).collect()),
        ("six channels on the main bus", vec![(0..6).map(|_| some()).collect()]),
    ];
    for (name, shape) in shapes {
        let sound = two_seconds(&mut busy(), || Buffers::of(shape.clone()));
        assert!(sound == reference, "{name}");
    }
    // Without a main bus, without any bus: nothing to write to, and it plays on.
    for shape in [vec![], vec![vec![None, None]], vec![vec![]]] {
        two_seconds(&mut busy(), || Buffers::of(shape.clone()));
    }
    let mut left_only = busy();
    let sound = two_seconds(&mut left_only, || Buffers::of(vec![vec![some()]]));
    assert!(sound[0] == reference[0]);
}

#[test]
fn channels_and_busses_beyond_ours_are_silenced() {
    let mut plugin = busy();
    plugin.activate(RATE_HZ, 64);
    let some = || Some(vec![Buffers::MARK; 64]);
    let mut busses: Busses = (0..12).map(|_| vec![some(), some()]).collect();
    busses[3].push(some());
    let mut buffers = Buffers::of(busses);
    let transport = transport_event(0, &playing(120.0, 0.0));
    plugin.process(64, &mut buffers, &EventBuffer::new(), Some(&transport));
    for (bus, channel) in [(3, 2), (10, 0), (10, 1), (11, 0), (11, 1)] {
        assert!(
            buffers.channel(bus, channel).iter().all(|&sample| sample == 0.0),
            "bus {bus} channel {channel}"
        );
    }
}

#[test]
fn busses_switched_off_are_silent_and_leave_the_rest_alone() {
    let reference = two_seconds(&mut busy(), || Buffers::full(512));
    let mut plugin = busy();
    let activation: PluginAudioPortsActivation = plugin.extension();
    assert!(activation.can_activate_while_processing(&plugin.main()));
    for index in [1, 5, 9] {
        assert!(activation.set_active_audio_inactive(
            &mut plugin.inactive(),
            false,
            index,
            false,
            SampleSize::Float32
        ));
    }
    assert!(!activation.set_active_audio_inactive(
        &mut plugin.inactive(),
        false,
        10,
        false,
        SampleSize::Float32
    ));
    let script = Script::steady(RATE_HZ, 120.0, 0.0);
    plugin.activate(RATE_HZ, 512);
    let mut run = play(&mut plugin, &script, Blocks::Of(512), Cut::Inside, 0..96_256).recording;
    assert!(run.mix == reference);
    for (stem, row) in STEMS.iter().enumerate() {
        let off = [0, 4, 8].contains(&stem);
        assert_eq!(run.stem_peak(stem, 0..run.frames()) == 0.0, off, "{}", row.name);
    }
    // And on again while it plays.
    let mut audio = plugin.audio().plugin_handle();
    assert!(activation.set_active_audio_active(&mut audio, false, 1, true, SampleSize::Float32));
    run = play(&mut plugin, &script, Blocks::Of(512), Cut::Inside, 96_256..192_512).recording;
    assert!(run.stem_peak(0, 0..run.frames()) > 0.001);
}

#[test]
fn a_block_of_no_frames_writes_nothing_and_loses_nothing() {
    let mut plugin = busy();
    let script = Script::steady(RATE_HZ, 120.0, 0.0);
    plugin.activate(RATE_HZ, 512);
    let mut buffers = Buffers::full(512);
    let mut mix = Vec::new();
    for block in 0..188 {
        let transport = transport_event(0, &script.at(block * 512));
        let before = buffers.channel(0, 0).to_vec();
        let outcome = plugin.process(0, &mut buffers, &EventBuffer::new(), Some(&transport));
        assert!(outcome.events.is_empty() && buffers.channel(0, 0) == before);
        plugin.process(512, &mut buffers, &EventBuffer::new(), Some(&transport));
        mix.extend_from_slice(buffers.channel(0, 0));
    }
    assert!(mix == two_seconds(&mut busy(), || Buffers::full(512))[0]);
}

#[test]
fn any_sample_rate_activates_and_a_change_starts_afresh() {
    let mut plugin = busy();
    let fresh = play_steady(&mut busy(), &Script::steady(44_100.0, 120.0, 0.0), Blocks::Of(512), 88_200);
    for rate in [48_000.0, 1_000.0, 96_000.0, 11_025.3, 192_000.0, 768_000.0] {
        let frames = (rate * 0.25) as u64;
        let sound = play_steady(&mut plugin, &Script::steady(rate, 120.0, 0.0), Blocks::Of(512), frames);
        assert!(sound.mix[0].iter().all(|sample| sample.is_finite() && sample.abs() < 8.0), "{rate} Hz");
    }
    let again = play_steady(&mut plugin, &Script::steady(44_100.0, 120.0, 0.0), Blocks::Of(512), 88_200);
    assert!(again.peak(0..again.frames()) > 0.01);
    assert_eq!(again.hash(), fresh.hash());
}

#[test]
fn a_host_without_a_transport_hears_nothing_until_listen() {
    use cuewright_engine::engine::Event;
    use cuewright_engine::params::Param;
    let mut plugin = busy();
    plugin.activate(RATE_HZ, 512);
    let mut buffers = Buffers::full(512);
    let peak =
        |buffers: &Buffers| buffers.channel(0, 0).iter().fold(0.0f32, |most, sample| most.max(sample.abs()));
    for _ in 0..50 {
        plugin.process(512, &mut buffers, &EventBuffer::new(), None);
        assert_eq!(peak(&buffers), 0.0);
    }
    let mut events = EventBuffer::new();
    let listen = Event::Value { index: Param::Listen as usize, value: 1.0 };
    cuewright_tests::clap_host::clap_event(&mut events, 100, listen);
    plugin.process(512, &mut buffers, &events, None);
    let mut loudest = 0.0f32;
    for _ in 0..300 {
        let outcome = plugin.process(512, &mut buffers, &EventBuffer::new(), None);
        assert_eq!(outcome.status, clack_host::prelude::ProcessStatus::Continue);
        loudest = loudest.max(peak(&buffers));
    }
    assert!(loudest > 0.01, "{loudest}");
}

#[test]
fn every_meter_a_host_can_name_plays() {
    let mut plugin = busy();
    plugin.activate(RATE_HZ, 512);
    let mut at = 0;
    let denominators = [0u16, 1, 2, 3, 4, 8, 16, 32, 65_535];
    for (step, numerator) in (0..=16u16).chain([17, 255, 65_535]).enumerate() {
        let denominator = denominators[step % denominators.len()];
        let mut script = Script::steady(RATE_HZ, 960.0, step as f64 * 4.0);
        script.transport[0].1.meter = Some((numerator, denominator));
        script.transport[0].1.bar_start = Some(f64::from(numerator) * 7.7);
        let run = play(&mut plugin, &script, Blocks::Of(512), Cut::Inside, 0..24_064).recording;
        assert!(run.mix.iter().flatten().all(|sample| sample.is_finite()), "{numerator}/{denominator}");
        at += run.frames();
    }
    // Every meter on its own, from the first bar, where the whole form is laid out in it.
    for numerator in 1..=15u16 {
        for denominator in [1u16, 2, 4, 8, 16] {
            let mut script = Script::steady(RATE_HZ, 480.0, 0.0);
            script.transport[0].1.meter = Some((numerator, denominator));
            plugin.reset();
            at += play(&mut plugin, &script, Blocks::Of(512), Cut::Inside, 0..24_064).recording.frames();
        }
    }
    assert!(plugin.log.complaints().is_empty(), "{:?}", plugin.log.complaints());
    assert_eq!(at, (20 + 75) * 24_064);
}
