//! The page under a pointer and a keyboard, without a window: controls are found by the names people hear and read.

use super::*;
use crate::core::{CaptureState, compile_always};
use cuewright_engine::compose::Climate;
use cuewright_engine::cue::{CueEnding, HallChoice, Motif, MotifNote, factory};
use cuewright_engine::engine::Telemetry;
use cuewright_engine::params::{PARAMS, Param, Values, stem_gain};
use cuewright_engine::plan::Plan;
use cuewright_engine::stem::STEM_COUNT;
use cuewright_engine::time::BarGrid;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use std::sync::Arc;

/// An instance that writes down what it is told.
struct Fake {
    values: Values,
    log: Vec<Gesture>,
    cue: Arc<Cue>,
    plan: Arc<Plan>,
    telemetry: Option<Telemetry>,
    notices: Vec<String>,
    peaks: [f32; STEM_COUNT + 1],
    capture: CaptureState,
    captured: Option<Motif>,
}

impl Default for Fake {
    fn default() -> Self {
        let cue = Cue { title: "The Long Shore".into(), ..Cue::default() };
        let plan = Arc::new(compile_always(&cue).0);
        Fake {
            values: Values::default(),
            log: Vec::new(),
            cue: Arc::new(cue),
            plan,
            telemetry: None,
            notices: Vec::new(),
            peaks: [0.0; STEM_COUNT + 1],
            capture: CaptureState::Off,
            captured: None,
        }
    }
}

impl Model for Fake {
    fn values(&self) -> Values {
        self.values
    }
    fn gesture(&mut self, gesture: Gesture) {
        if let Gesture::Perform(index, value) = gesture {
            self.values.set(index, f64::from(value));
        }
        self.log.push(gesture);
    }
    fn cue(&self) -> Arc<Cue> {
        self.cue.clone()
    }
    fn set_cue(&mut self, cue: Cue) -> Result<(), String> {
        if !self.palettes().iter().any(|palette| palette.id == cue.palette) {
            return Err(format!("there is no palette \"{}\"", cue.palette));
        }
        self.plan = Arc::new(compile_always(&cue).0);
        self.cue = Arc::new(cue);
        Ok(())
    }
    fn plan(&self) -> Arc<Plan> {
        self.plan.clone()
    }
    fn palettes(&self) -> Vec<Entry> {
        let entry = |id: &str, name: &str| Entry {
            id: id.into(),
            name: name.into(),
            description: format!("Sounds like {name}."),
        };
        vec![entry("orchestral", "Orchestral Drama"), entry("noir", "Synth Noir"), entry("lost", "Lost")]
    }
    fn telemetry(&self) -> Option<Telemetry> {
        self.telemetry
    }
    fn take_peaks(&mut self) -> [f32; STEM_COUNT + 1] {
        std::mem::take(&mut self.peaks)
    }
    fn grid(&self) -> BarGrid {
        self.plan.grid.clone()
    }
    fn recall(&self, _bar: i64) -> Option<Climate> {
        None
    }
    fn notices(&self) -> Vec<String> {
        self.notices.clone()
    }
    fn clear_notices(&mut self) {
        self.notices.clear();
    }
    fn capture_state(&self) -> CaptureState {
        self.capture
    }
    fn capture(&mut self, on: bool) {
        if let (CaptureState::Armed { notes: 2.. }, false) = (self.capture, on) {
            let note = |degree| MotifNote { degree, alter: 0, beats: 1.0, accent: 0.5, rest: false };
            self.captured = Some(Motif { notes: vec![note(0), note(2), note(4)], ..Motif::default() });
        }
        self.capture = if on { CaptureState::Armed { notes: 0 } } else { CaptureState::Off };
    }
    fn cancel_capture(&mut self) {
        self.capture = CaptureState::Off;
    }
    fn take_captured(&mut self) -> Option<Motif> {
        self.captured.take()
    }
}

#[derive(Default)]
struct Desk {
    editor: Editor,
    model: Fake,
}

type Page = Harness<'static, Desk>;

fn open_at(size: (u32, u32), desk: Desk) -> Page {
    let mut page = Harness::builder()
        .with_size(vec2(size.0 as f32, size.1 as f32))
        .with_step_dt(1.0 / 60.0)
        .with_max_steps(400)
        .with_context_setup(|context| {
            theme::apply(context);
            // Everything the editor itself says can be drawn.
            context.set_missing_glyph_policy(egui::epaint::text::MissingGlyphPolicy::Panic);
        })
        .build_ui_state(|ui, desk: &mut Desk| show(ui, &mut desk.editor, &mut desk.model), desk);
    page.run();
    page
}

fn open() -> Page {
    open_at(DEFAULT_SIZE, Desk::default())
}

fn log(page: &mut Page) -> Vec<Gesture> {
    std::mem::take(&mut page.state_mut().model.log)
}

fn value(page: &Page, param: Param) -> f32 {
    page.state().model.values.get(param)
}

/// Presses in the middle of a control, moves by `by` in steps, lets go.
fn drag(page: &mut Page, name: &str, by: Vec2) {
    let from = page.get_by_label(name).rect().center();
    page.hover_at(from);
    page.run();
    page.drag_at(from);
    page.run();
    for step in 1..=10 {
        page.hover_at(from + by * (step as f32 / 10.0));
        page.run();
    }
    page.drop_at(from + by);
    page.run();
}

fn click(page: &mut Page, name: &str) {
    page.get_by_label(name).click();
    page.run();
}

/// The gestures of one finished stroke on one parameter: one begin, moves, one end.
fn assert_stroke(log: &[Gesture], index: usize) {
    assert_eq!(log.first(), Some(&Gesture::Begin(index)), "{log:?}");
    assert_eq!(log.last(), Some(&Gesture::End(index)), "{log:?}");
    let moves = &log[1..log.len() - 1];
    assert!(!moves.is_empty() && moves.iter().all(|g| matches!(g, Gesture::Perform(at, _) if *at == index)));
}

#[test]
fn a_drag_is_one_gesture_and_one_step_of_undo() {
    let mut page = open();
    drag(&mut page, "Tension", vec2(60.0, 0.0));
    let told = log(&mut page);
    assert_stroke(&told, Param::Tension as usize);
    assert!(told.len() > 5, "the host hears the way, not only the end");
    let coarse = value(&page, Param::Tension);
    assert!(coarse > 0.2, "{coarse}");
    click(&mut page, "Undo");
    assert_eq!(value(&page, Param::Tension), 0.0);
    assert_stroke(&log(&mut page), Param::Tension as usize);
    click(&mut page, "Redo");
    assert_eq!(value(&page, Param::Tension), coarse);
}

#[test]
fn shift_makes_a_drag_fine() {
    let mut page = open();
    drag(&mut page, "Tension", vec2(60.0, 0.0));
    let coarse = value(&page, Param::Tension);
    page.event(egui::Event::ModifiersChanged(Modifiers::SHIFT));
    drag(&mut page, "Darkness", vec2(60.0, 0.0));
    let fine = value(&page, Param::Darkness);
    assert!((fine - coarse * 0.1).abs() < 0.01, "{fine} against {coarse}");
}

#[test]
fn values_end_at_their_range_and_come_back_with_the_hand() {
    let mut page = open();
    drag(&mut page, "Wonder", vec2(-500.0, 0.0));
    assert_eq!(value(&page, Param::Wonder), 0.0);
    assert!(!page.state().editor.history.can_undo(), "nothing moved");
    drag(&mut page, "Wonder", vec2(3000.0, 0.0));
    assert_eq!(value(&page, Param::Wonder), 1.0);
}

#[test]
fn a_double_click_goes_to_the_default() {
    let mut page = open();
    for param in [Param::Scale, Param::Density, Param::Humanise] {
        let row = &PARAMS[param as usize];
        page.state_mut().model.values.put(param, row.max);
        page.get_by_label(&row.name).click();
        page.get_by_label(&row.name).click();
        page.run();
        assert_eq!(value(&page, param), row.default, "{}", row.id);
        // Long enough that the next click is no third one.
        page.run_steps(60);
    }
}

#[test]
fn arrow_keys_move_what_has_the_focus() {
    let mut page = open();
    page.get_by_label("Energy").focus();
    page.run();
    page.key_press(Key::ArrowRight);
    page.run();
    assert!((value(&page, Param::Energy) - 0.02).abs() < 1e-6);
    assert_stroke(&log(&mut page), Param::Energy as usize);
    page.key_press(Key::End);
    page.run();
    assert_eq!(value(&page, Param::Energy), 1.0);
    page.get_by_label("Motif Variant").focus();
    page.run();
    page.key_press(Key::ArrowRight);
    page.run();
    assert_eq!(value(&page, Param::Variant), 2.0);
}

#[test]
fn assistive_technology_may_set_a_value() {
    let mut page = open();
    page.get_by_label("Valence").set_value_accesskit(-0.5);
    page.run();
    assert_eq!(value(&page, Param::Valence), -0.5);
    assert_eq!(page.get_by_label("Valence").value().as_deref(), Some("-0.50"));
}

#[test]
fn the_pad_moves_two_axes_in_one_step() {
    let mut page = open();
    drag(&mut page, "Mood pad", vec2(60.0, -60.0));
    let told = log(&mut page);
    assert_eq!(told[..2], [Gesture::Begin(0), Gesture::Begin(1)]);
    assert_eq!(told[told.len() - 2..], [Gesture::End(0), Gesture::End(1)]);
    assert!(value(&page, Param::Valence) > 0.3 && value(&page, Param::Energy) > 0.3);
    click(&mut page, "Undo");
    assert_eq!((value(&page, Param::Valence), value(&page, Param::Energy)), (0.0, 0.0));
}

#[test]
fn mute_and_listen_are_switches() {
    let mut page = open();
    for (name, index) in [("Low Mute", stem_mute(0)), ("Listen", Param::Listen as usize)] {
        click(&mut page, name);
        let on = [Gesture::Begin(index), Gesture::Perform(index, 1.0), Gesture::End(index)];
        assert_eq!(log(&mut page), on);
        click(&mut page, name);
        assert_eq!(page.state().model.values.at(index), 0.0);
        log(&mut page);
    }
}

#[test]
fn a_reroll_changes_one_take_and_comes_back() {
    let mut page = open();
    click(&mut page, "Re-roll Bed");
    click(&mut page, "Re-roll Bed");
    let mut takes = [0; STEM_COUNT];
    takes[1] = 2;
    assert_eq!(page.state().model.cue.takes.stems, takes);
    assert!(log(&mut page).is_empty(), "the cue is no parameter");
    click(&mut page, "Previous take of Bed");
    assert_eq!(page.state().model.cue.takes.stems[1], 1);
    for expected in [2, 1, 0] {
        page.key_press_modifiers(Modifiers::COMMAND, Key::Z);
        page.run();
        assert_eq!(page.state().model.cue.takes.stems[1], expected);
    }
    page.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    page.run();
    assert_eq!(page.state().model.cue.takes.stems[1], 1);
    click(&mut page, "Re-roll motif");
    assert_eq!(page.state().model.cue.takes.motif, 1);
}

#[test]
fn a_motif_is_played_taken_undone_and_dropped() {
    let mut page = open();
    let says = |page: &Page| page.get_by_label("Motif capture").value().unwrap_or_default();
    assert_eq!(says(&page), "Play a motif");
    click(&mut page, "Capture Motif");
    assert_eq!(says(&page), "Listening");
    assert!(page.query_by_label("Re-roll motif").is_none());
    page.state_mut().model.capture = CaptureState::Armed { notes: 1 };
    page.run_steps(2);
    assert_eq!(says(&page), "1 note");
    click(&mut page, "Cancel capture");
    assert_eq!((says(&page).as_str(), page.state().model.cue.motif.is_none()), ("Play a motif", true));
    click(&mut page, "Capture Motif");
    page.state_mut().model.capture = CaptureState::Armed { notes: 3 };
    page.run_steps(2);
    assert_eq!(says(&page), "Take 3 notes");
    click(&mut page, "Capture Motif");
    page.run_steps(2);
    let notes = |page: &Page| page.state().model.cue.motif.as_ref().map(|motif| motif.notes.len());
    assert_eq!((notes(&page), says(&page).as_str()), (Some(3), "Own motif · 3"));
    click(&mut page, "Undo");
    assert_eq!(notes(&page), None);
    click(&mut page, "Redo");
    assert_eq!(notes(&page), Some(3));
    click(&mut page, "Drop motif");
    assert_eq!(notes(&page), None);
    click(&mut page, "Undo");
    assert_eq!(notes(&page), Some(3));
}

#[test]
fn reroll_all_takes_a_new_seed_and_undo_brings_the_takes_back() {
    let mut page = open();
    click(&mut page, "Re-roll Lead");
    let before = page.state().model.cue.clone();
    click(&mut page, "Re-roll all");
    let after = page.state().model.cue.clone();
    assert_ne!(after.seed, before.seed);
    assert_eq!(after.takes, Default::default());
    click(&mut page, "Undo");
    assert_eq!(page.state().model.cue, before);
}

#[test]
fn the_palette_is_chosen_from_a_list() {
    let mut page = open();
    click(&mut page, "Palette: which instruments play, how they are mixed, in which space.");
    click(&mut page, "Synth Noir");
    assert_eq!(page.state().model.cue.palette, "noir");
    click(&mut page, "Undo");
    assert_eq!(page.state().model.cue.palette, "orchestral");
}

#[test]
fn the_hall_is_chosen_from_a_list_and_given_back_to_the_palette() {
    let mut page = open();
    let (list, cathedral) = ("Hall: the space the music plays in.", factory::hall("cathedral").unwrap());
    click(&mut page, list);
    click(&mut page, &cathedral.name);
    assert_eq!(page.state().model.cue.hall, Some(HallChoice::Named("cathedral".into())));
    click(&mut page, list);
    click(&mut page, "Palette's hall");
    assert_eq!(page.state().model.cue.hall, None);
}

#[test]
fn the_sheet_behind_the_title_has_key_length_ending_and_scene() {
    let mut page = open();
    click(&mut page, "The Long Shore");
    click(&mut page, "Loop");
    assert_eq!(page.state().model.cue.ending, CueEnding::Loop);
    click(&mut page, "Rain");
    assert_eq!(page.state().model.cue.scene.as_deref(), Some("rain"));
    click(&mut page, "Palette's scene");
    assert_eq!(page.state().model.cue.scene, None);
    click(&mut page, "Eb");
    assert_eq!(page.state().model.cue.key, "Eb");
    assert_eq!(page.state().model.plan.tonic, Some(3));
    click(&mut page, "By the seed");
    assert_eq!(page.state().model.cue.key, "");
    let length = "Length in bars";
    let from = page.get_by_label(length).rect().center();
    page.drag_at(from);
    page.run();
    page.hover_at(from + vec2(40.0, 0.0));
    page.run();
    assert_eq!(page.state().model.cue.length_bars, 32, "the cue waits for the hand");
    page.drop_at(from + vec2(40.0, 0.0));
    page.run();
    assert!(page.state().model.cue.length_bars > 32);
    click(&mut page, "Close");
    assert_eq!(page.state().model.cue.ending, CueEnding::Close);
    // What was typed is one edit.
    page.get_by_label("Title").focus();
    page.run();
    page.get_by_label("Title").type_text("!");
    page.run();
    assert_eq!(page.state().model.cue.title, "The Long Shore");
    click(&mut page, "Loop");
    assert_eq!(page.state().model.cue.title, "The Long Shore!");
    // A meter is taken when it is one, and only then.
    let type_meter = |page: &mut Page, text: &str| {
        page.get_by_label("Meter").focus();
        page.run();
        page.get_by_label("Meter").type_text(text);
        page.run();
    };
    let complains = |page: &Page| page.query_by_label_contains("add up to its beats").is_some();
    type_meter(&mut page, " 1+");
    assert!(complains(&page));
    type_meter(&mut page, "3");
    assert!(!complains(&page));
    click(&mut page, "Loop");
    assert_eq!(page.state().model.cue.first_meter().to_string(), "4/4 1+3");
    type_meter(&mut page, "+1");
    click(&mut page, "Loop");
    assert_eq!(page.state().model.cue.first_meter().to_string(), "4/4 1+3");
    page.state_mut().editor.history = History::default();
    click(&mut page, "Close");
    click(&mut page, "Undo");
    assert_eq!(page.state().model.cue.ending, CueEnding::Loop);
    assert!(!page.state().editor.history.can_undo());
}

#[test]
fn the_scale_is_chosen_from_a_list() {
    let mut page = open();
    click(&mut page, "Scale of the whole editor.");
    click(&mut page, "200 %");
    assert_eq!(page.state_mut().editor.take_scale(), Some(2.0));
    assert_eq!(page.state_mut().editor.take_scale(), None);
}

#[test]
fn a_seed_that_is_dragged_is_one_edit() {
    let mut page = open();
    let name = "Seed";
    let plan = page.state().model.plan.clone();
    let from = page.get_by_label(name).rect().center();
    page.drag_at(from);
    page.run();
    page.hover_at(from + vec2(20.0, 0.0));
    page.run();
    page.hover_at(from + vec2(40.0, 0.0));
    page.run();
    assert!(Arc::ptr_eq(&plan, &page.state().model.plan), "nothing is compiled on the way");
    page.drop_at(from + vec2(40.0, 0.0));
    page.run();
    assert!(page.state().model.cue.seed > 10);
    click(&mut page, "Undo");
    assert_eq!(page.state().model.cue.seed, 1);
    assert!(!page.state().editor.history.can_undo());
}

#[test]
fn what_cannot_be_done_is_said_and_can_be_dismissed() {
    let mut page = open();
    page.state_mut().model.notices = vec!["state: 2 values were out of range".into()];
    page.run();
    assert!(page.get_by_label("Notices").value().unwrap().contains("out of range"));
    click(&mut page, "Dismiss notices");
    assert!(page.query_by_label("Notices").is_none() && page.state().model.notices.is_empty());
    click(&mut page, "Re-roll Bed");
    // Another document arrives from the host: the edit of the one before cannot be taken back into it.
    page.state_mut().model.set_cue(Cue { seed: 77, ..Cue::default() }).unwrap();
    click(&mut page, "Undo");
    assert!(page.get_by_label("Notices").value().unwrap().contains("another cue"));
    assert_eq!(page.state().model.cue.seed, 77);
}

#[test]
fn every_parameter_has_a_control_with_its_name_and_value() {
    let page = open();
    for row in PARAMS.iter().filter(|row| row.index != Param::Bypass as usize) {
        let node = page.get_by_label(&row.name);
        assert!(node.rect().width() > 15.0 && node.rect().height() > 13.0, "{}", row.id);
        let described = node.accesskit_node().description().is_some_and(|text| text == row.doc);
        let switch = row.unit == cuewright_engine::params::Unit::Switch;
        assert!(switch || (described && node.value() == Some(row.text(row.default))), "{}", row.id);
    }
}

#[test]
fn the_keyboard_reaches_every_control() {
    let mut page = open();
    let mut reached = std::collections::BTreeSet::new();
    for _ in 0..120 {
        page.key_press(Key::Tab);
        page.run();
        let focused = page.root().children_recursive().find(|node| node.is_focused());
        if let Some(label) = focused.and_then(|node| node.accesskit_node().label()) {
            reached.insert(label);
        }
    }
    for row in PARAMS.iter().filter(|row| row.index != Param::Bypass as usize) {
        assert!(reached.contains(&row.name), "{} is out of reach: {reached:?}", row.name);
    }
    for name in ["Mood pad", "Re-roll all", "Re-roll Fx", "Re-roll motif"] {
        assert!(reached.contains(name), "{name} is out of reach");
    }
}

#[test]
fn controls_lie_apart_and_inside_the_page_at_every_size() {
    for size in [MIN_SIZE, DEFAULT_SIZE, (1400, 900), (2000, 1100)] {
        let page = open_at(size, Desk::default());
        let window = Rect::from_min_size(pos2(0.0, 0.0), vec2(size.0 as f32, size.1 as f32));
        let mut names: Vec<String> =
            ["Mood pad", "Undo", "Redo", "Re-roll all", "Re-roll motif"].map(String::from).into();
        names.extend(["Position", "Chord", "Tempo and meter"].map(String::from));
        names.extend(STEMS.iter().map(|stem| format!("Re-roll {}", stem.name)));
        names.extend(
            PARAMS.iter().filter(|row| row.index != Param::Bypass as usize).map(|row| row.name.clone()),
        );
        let rects: Vec<Rect> = names.iter().map(|name| page.get_by_label(name).rect()).collect();
        for (index, rect) in rects.iter().enumerate() {
            assert!(window.contains_rect(*rect), "{} sticks out at {size:?}: {rect:?}", names[index]);
            for other in 0..index {
                let shared = rect.intersect(rects[other]);
                let apart = shared.width() <= 0.5 || shared.height() <= 0.5;
                assert!(apart, "{} lies on {} at {size:?}", names[index], names[other]);
            }
        }
    }
}

fn playing(position: f64) -> Telemetry {
    Telemetry {
        playing: true,
        position,
        tempo_bpm: 120.0,
        bar: (position / 4.0).floor() as i64,
        meter: (4, 4),
        chord: arrayvec::ArrayString::from("Ebmaj7").unwrap(),
        peaks: [0.5; STEM_COUNT + 1],
        values: Values::default(),
        repaired: 0,
    }
}

#[test]
fn the_transport_reads_bar_beat_tempo_and_chord() {
    let mut page = open();
    assert_eq!(page.get_by_label("State").value().as_deref(), Some("stopped"));
    page.state_mut().model.telemetry = Some(playing(66.5));
    page.step();
    assert_eq!(page.get_by_label("Position").value().as_deref(), Some("17.3"));
    assert_eq!(page.get_by_label("Chord").value().as_deref(), Some("Ebmaj7"));
    assert_eq!(page.get_by_label("State").value().as_deref(), Some("playing"));
    let clock = page.get_by_label("Tempo and meter").value().unwrap();
    assert!(clock.contains("120.0") && clock.contains("4/4"), "{clock}");
}

#[test]
fn the_playhead_runs_evenly_between_reports_and_jumps_when_the_host_does() {
    let mut page = open();
    page.state_mut().model.telemetry = Some(playing(64.0));
    page.step();
    for _ in 0..6 {
        page.step();
    }
    // A tenth of a second at 120 without a new report: 0.2 quarter notes, less what it leans back to the report.
    let ahead = page.state().editor.playhead.position() - 64.0;
    assert!((0.05..0.2).contains(&ahead), "{ahead}");
    page.state_mut().model.telemetry = Some(playing(8.0));
    page.step();
    assert_eq!(page.state().editor.playhead.position(), 8.0);
}

#[test]
fn meters_rise_at_once_fall_slowly_and_rest() {
    let mut page = open();
    page.state_mut().model.peaks[4] = 0.5;
    page.step();
    let (level_db, hold_db) = page.state().editor.meters.reading(4);
    assert!((level_db + 6.02).abs() < 0.1 && (hold_db + 6.02).abs() < 0.1);
    for _ in 0..60 {
        page.step();
    }
    let (level_db, hold_db) = page.state().editor.meters.reading(4);
    assert!((-19.5..-17.0).contains(&level_db), "{level_db}");
    assert!((hold_db + 6.02).abs() < 0.1, "held");
    for _ in 0..600 {
        page.step();
    }
    assert_eq!(page.state().editor.meters.reading(4).1, -60.0);
}

#[test]
fn nothing_moves_nothing_is_drawn_or_composed() {
    let mut page = open();
    page.remove_cursor();
    page.run();
    let composed = page.state().editor.composed_bars();
    assert!(composed > 8, "the first page was composed");
    page.step();
    let delays: Vec<_> = page.output().viewport_output.values().map(|output| output.repaint_delay).collect();
    assert!(delays.iter().all(|delay| *delay > Duration::from_secs(3600)), "{delays:?}");
    assert_eq!(page.state().editor.composed_bars(), composed);
    page.state_mut().model.values.put(Param::Tension, 0.8);
    page.run();
    let after_mood = page.state().editor.composed_bars();
    assert!(after_mood > composed, "the future follows the mood");
    page.state_mut().model.values.set(stem_gain(2), -3.0);
    page.run();
    assert_eq!(page.state().editor.composed_bars(), after_mood, "a level is no music");
    click(&mut page, "Re-roll Strings");
    assert!(page.state().editor.composed_bars() > after_mood, "the future follows the cue");
}

#[test]
fn a_window_that_closes_in_a_drag_lets_go() {
    let mut page = open();
    let from = page.get_by_label("Bed Level").rect().center();
    page.drag_at(from);
    page.run();
    page.hover_at(from + vec2(-20.0, 0.0));
    page.run();
    assert_eq!(page.state().model.log.first(), Some(&Gesture::Begin(stem_gain(1))));
    let Desk { mut editor, mut model } = page.into_state();
    editor.let_go(&mut model);
    assert_eq!(model.log.last(), Some(&Gesture::End(stem_gain(1))));
}
