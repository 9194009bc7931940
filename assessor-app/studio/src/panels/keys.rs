//! What the keyboard does; all else is reached by Tab and the arrow keys.

use egui::{Key, Modifiers, Ui};

use super::View;
use crate::core::document::Side;
use crate::core::studio::Studio;
use crate::core::take::Act;

const KEYS: [(&str, &str); 12] = [
    ("Tab, arrows, Enter", "go to a control, move a slider, press a button"),
    ("Space", "play or stand"),
    ("Left, Right", "one picture back or on"),
    ("Home", "to the begin"),
    ("L", "go round the last 4 seconds, or no longer"),
    ("N", "a sign of listening is due"),
    ("C, P", "the candidate speaks, pauses"),
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
    if ui.ctx().memory(|memory| memory.focused()).is_some() {
        return;
    }
    if pressed(Modifiers::NONE, Key::Space) {
        studio.transport.playing = !studio.transport.playing;
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
        studio.transport.toggle_loop(4.0);
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

pub(super) fn help(ui: &Ui, is_open: &mut bool) {
    egui::Window::new("Keys of the studio").open(is_open).collapsible(false).show(ui.ctx(), |ui| {
        egui::Grid::new("keys").striped(true).show(ui, |ui| {
            for (key, what) in KEYS {
                ui.strong(key);
                ui.label(what);
                ui.end_row();
            }
        });
    });
}
