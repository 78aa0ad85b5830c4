//! The equalizer insert: a low cut, a low shelf, a bell and a high shelf in a row.
//! Source: state-variable sections (see `dsp::filter`). In/out: a stem's quantum in place. Cost: about 4 ns per frame and
//! section; a section that does nothing is left out.

use super::{Insert, Place};
use crate::cue::EqualizerSettings;
use crate::dsp::filter::{Filter, Response};
use crate::instrument::{Spec, Stereo};

/// Quality of cut and shelves: as flat as can be (Butterworth).
const FLAT_Q: f32 = std::f32::consts::FRAC_1_SQRT_2;

const SECTIONS: usize = 4;

/// The running equalizer.
pub struct Equalizer {
    settings: EqualizerSettings,
    rate_hz: f32,
    sections: [Option<Filter>; SECTIONS],
}

impl Equalizer {
    /// An equalizer at rest.
    pub fn new(spec: &Spec, settings: &EqualizerSettings) -> Equalizer {
        let mut equalizer = Equalizer {
            settings: *settings,
            rate_hz: spec.sample_rate_hz as f32,
            sections: [None; SECTIONS],
        };
        equalizer.reset();
        equalizer
    }
}

fn sections(s: &EqualizerSettings) -> [Option<(Response, f32, f32)>; SECTIONS] {
    let wanted = |gain_db: f32| gain_db != 0.0;
    [
        (s.low_cut_hz > 0.0).then_some((Response::High, s.low_cut_hz, FLAT_Q)),
        wanted(s.low_shelf_db).then_some((Response::LowShelf(s.low_shelf_db), s.low_shelf_hz, FLAT_Q)),
        wanted(s.bell_db).then_some((Response::Bell(s.bell_db), s.bell_hz, s.bell_q)),
        wanted(s.high_shelf_db).then_some((Response::HighShelf(s.high_shelf_db), s.high_shelf_hz, FLAT_Q)),
    ]
}

impl Insert for Equalizer {
    fn process(&mut self, _place: &Place, sound: &mut Stereo) {
        for filter in self.sections.iter_mut().flatten() {
            filter.process(sound);
        }
    }

    fn is_silent(&self) -> bool {
        self.sections.iter().flatten().all(Filter::is_silent)
    }

    fn reset(&mut self) {
        self.sections = sections(&self.settings).map(|section| {
            section.map(|(response, hz, q)| {
                let mut filter = Filter::default();
                filter.set(response, hz, q, self.rate_hz);
                filter
            })
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::insert::gain_db_at;
    use super::*;

    #[test]
    fn it_does_what_its_settings_say_and_nothing_at_zero() {
        let spec = Spec { sample_rate_hz: 48_000.0 };
        let flat = EqualizerSettings::default();
        for hz in [50.0, 1_000.0, 10_000.0] {
            assert!(gain_db_at(hz, &mut Equalizer::new(&spec, &flat)).abs() < 0.01, "{hz} Hz");
        }
        let settings = EqualizerSettings {
            low_cut_hz: 40.0,
            low_shelf_db: -6.0,
            bell_db: 5.0,
            bell_q: 2.0,
            high_shelf_db: 4.0,
            ..flat
        };
        let measured = |hz| gain_db_at(hz, &mut Equalizer::new(&spec, &settings));
        for (hz, gain_db, within) in
            [(10.0, -30.2, 1.0), (80.0, -5.4, 0.7), (1_000.0, 5.0, 0.4), (15_000.0, 3.9, 0.3)]
        {
            assert!((measured(hz) - gain_db).abs() < within, "{hz} Hz: {} dB", measured(hz));
        }
    }
}
