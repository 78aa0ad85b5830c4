//! The built plugin's editor in a host's window: opens, draws, takes sizes, leaves nothing behind. Needs an X server:
//! the one `DISPLAY` names, else Xvfb where it is installed; without either the test says so and passes.
//! Source: VST 3 `iplugview.h`.

#![cfg(target_os = "linux")]

use cuewright_tests::built;
use cuewright_tests::rig::playing;
use cuewright_tests::vst3_host::window::{Editor, Window};
use cuewright_tests::vst3_host::{Edit, Layout, Vst3Host};
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// An X server of our own; ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts Xvfb on a free display and names it to this program. `None` where there is no Xvfb.
fn start_server() -> Option<Server> {
    let mut child = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1400x1000x24", "+extension", "GLX"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut output = child.stdout.take()?;
    let server = Server(child);
    let (mut number, mut byte) = (String::new(), [0]);
    while output.read(&mut byte).ok()? == 1 && byte[0] != b'\n' {
        number.push(byte[0] as char);
    }
    // SAFETY: this program's only test; no other thread reads the environment now.
    unsafe { std::env::set_var("DISPLAY", format!(":{number}")) };
    Some(server)
}

#[test]
fn the_editor_opens_takes_sizes_and_leaves_nothing_behind() {
    let _server = if std::env::var_os("DISPLAY").is_none() { start_server() } else { None };
    let Some(mut window) = Window::open(1_000, 640) else {
        println!("skipped: no X server, and no Xvfb to start one");
        return;
    };
    let mut host = Vst3Host::load(built::plugin()).expect("the plugin loads");
    host.activate(48_000.0, 512, Layout::All).expect("it starts");
    for round in 0..3 {
        let editor = Editor::attach(&host, window).expect("the editor opens");
        assert_eq!(editor.size(), (1_000, 640));
        assert_eq!(editor.window.children(), 1, "one window inside the host's");
        let (timers, _) = editor.frame.registered();
        assert_eq!(timers, 1, "round {round}");
        for part in 0..20 {
            host.process(512, Some(&playing(120.0, f64::from(part) * 0.02)), &[], &[]);
            editor.frame.run(Duration::from_millis(10));
        }
        assert_eq!(editor.resize(1_200, 800), (1_200, 800));
        assert_eq!(editor.resize(10, 10).0.signum(), 1, "a size that can be drawn");
        editor.resize(1_000, 640);
        editor.frame.run(Duration::from_millis(50));
        let (bare, frame) = editor.detach();
        assert_eq!(frame.registered(), (0, 0), "round {round}: handlers left behind");
        assert_eq!(bare.children(), 0, "round {round}: a window left behind");
        window = bare;
    }
    assert_eq!(host.edits(), [], "an editor nobody touched moves nothing");
    a_hand_on_the_pad_is_a_gesture_for_the_host(&host, window);
}

/// Drags over the page until something moves, then looks at how the host was told.
fn a_hand_on_the_pad_is_a_gesture_for_the_host(host: &Vst3Host, window: Window) {
    let editor = Editor::attach(host, window).expect("the editor opens");
    editor.frame.run(Duration::from_millis(300));
    let mut edits = Vec::new();
    for place in [(150, 180), (250, 200), (120, 120), (500, 150), (600, 200), (800, 150)] {
        let pause = || editor.frame.run(Duration::from_millis(40));
        editor.window.drag(place, (place.0 + 60, place.1 + 40), pause);
        editor.frame.run(Duration::from_millis(200));
        edits = host.edits();
        if edits.iter().any(|edit| matches!(edit, Edit::Perform(..))) {
            break;
        }
    }
    // Every parameter: begin, values, end, in this order.
    let mut held = Vec::new();
    let mut moved = 0;
    for edit in &edits {
        match edit {
            Edit::Begin(id) => {
                assert!(!held.contains(id), "{edits:?}");
                held.push(*id);
            }
            Edit::Perform(id, value) => {
                assert!(held.contains(id) && (0.0..=1.0).contains(value), "{edits:?}");
                moved += 1;
            }
            Edit::End(id) => held.retain(|other| other != id),
            Edit::Restart(_) | Edit::Dirty(_) => {}
        }
    }
    assert!(moved > 0 && held.is_empty(), "{edits:?}");
    editor.detach();
}
