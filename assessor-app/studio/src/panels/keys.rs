//! What the keyboard does; all else is reached by Tab and the arrow keys.

use egui::{Key, Modifiers, Ui};

use super::View;
use super::timeline::LOOP_SECS;
use crate::core::document::Side;
use crate::core::studio::Studio;
use crate::core::take::Act;

/// Pictures of a second.
const PER_SEC: isize = 25;

const KEYS: [(&str, &str); 17] = [
    ("Tab, arrows, Enter", "go to a control, move a slider, press a button"),
    ("Space", "play or stand"),
    ("Left, Right", "one picture back or on"),
    ("Shift+Left, Shift+Right", "one second back or on"),
    ("Ctrl+Left, Ctrl+Right", "in a session: to the turn before or after"),
    ("comma, full stop", "to the act before or after, and why"),
    ("Home", "to the begin"),
    ("L", "go round the last 4 seconds, or no longer"),
    ("I, O", "the loop begins here, ends here"),
    ("N", "a sign of listening is due"),
    ("C, P", "the candidate speaks, pauses"),
    ("M", "hear the session, or not"),
    ("W", "wipe between A and B"),
    ("1, 2", "edit A, B"),
    ("Ctrl+Z, Ctrl+Shift+Z", "undo, redo"),
    ("Ctrl+S", "save the edited profile"),
    ("F1, Escape", "this list; leave a control"),
];

/// Keys that mean something wherever the focus is, and keys that do while no control has it.
pub(super) fn obey(ui: &Ui, studio: &mut Studio, view: &mut View) {
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    if pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z) || pressed(Modifiers::COMMAND, Key::Y) {
        studio.redo();
    }
    if pressed(Modifiers::COMMAND, Key::Z) {
        studio.undo();
    }
    if pressed(Modifiers::COMMAND, Key::S) {
        studio.save(studio.side, None);
    }
    if pressed(Modifiers::NONE, Key::F1) {
        view.help = !view.help;
    }
    let focused = ui.ctx().memory(|memory| memory.focused());
    if focused.is_some() && focused != view.timeline {
        return;
    }
    if pressed(Modifiers::NONE, Key::Space) {
        studio.transport.playing = !studio.transport.playing;
    }
    for (key, forward) in [(Key::ArrowLeft, false), (Key::ArrowRight, true)] {
        if pressed(Modifiers::COMMAND, key) {
            studio.step_turn(forward);
        }
        if pressed(Modifiers::SHIFT, key) {
            studio.step_frame(if forward { PER_SEC } else { -PER_SEC });
        }
    }
    for (key, forward) in [(Key::Comma, false), (Key::Period, true)] {
        if pressed(Modifiers::NONE, key) {
            studio.step_act(forward);
        }
    }
    if pressed(Modifiers::NONE, Key::I) {
        studio.transport.loop_from_here(LOOP_SECS);
    }
    if pressed(Modifiers::NONE, Key::O) {
        studio.transport.loop_to_here(LOOP_SECS);
    }
    if pressed(Modifiers::NONE, Key::ArrowLeft) {
        studio.step_frame(-1);
    }
    if pressed(Modifiers::NONE, Key::ArrowRight) {
        studio.step_frame(1);
    }
    if pressed(Modifiers::NONE, Key::Home) {
        let end = studio.end_secs();
        studio.transport.seek(0.0, end);
    }
    if pressed(Modifiers::NONE, Key::L) {
        studio.transport.toggle_loop(LOOP_SECS);
    }
    if pressed(Modifiers::NONE, Key::M) {
        view.muted = !view.muted;
    }
    if pressed(Modifiers::NONE, Key::W) {
        studio.wipe = if studio.wipe.is_some() { None } else { Some(0.5) };
    }
    for (key, side) in [(Key::Num1, Side::A), (Key::Num2, Side::B)] {
        if pressed(Modifiers::NONE, key) {
            studio.side = side;
        }
    }
    for (key, act) in
        [(Key::N, Act::Backchannel), (Key::C, Act::CandidateSpeaks), (Key::P, Act::CandidatePauses)]
    {
        if pressed(Modifiers::NONE, key) {
            studio.cue(act);
        }
    }
}

/// The list of keys; without a title bar, which would take the focus and has no name.
pub(super) fn help(ui: &Ui, is_open: &mut bool) {
    let window = egui::Window::new("Keys of the studio").title_bar(false).collapsible(false).resizable(false);
    window.show(ui.ctx(), |ui| {
        ui.horizontal(|ui| {
            ui.strong("Keys of the studio");
            if ui.button("Close the list").clicked() {
                *is_open = false;
            }
        });
        egui::Grid::new("keys").striped(true).show(ui, |ui| {
            for (key, what) in KEYS {
                ui.strong(key);
                ui.label(what);
                ui.end_row();
            }
        });
    });
}
