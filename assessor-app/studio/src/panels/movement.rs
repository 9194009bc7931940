//! Movement from elsewhere and to elsewhere: Live Link Face files, and performers over the network.

use std::path::PathBuf;

use egui::{ComboBox, TextEdit, Ui};
use viva_avatar::live_link::Flip;
use viva_avatar::vmc::Naming;

use super::desk::name;
use super::{View, Wish};
use crate::core::studio::{Source, Studio};

/// What is typed into the panel.
pub(crate) struct Fields {
    csv: String,
    flip: Flip,
    out: String,
    listen: String,
    send: String,
    naming: Naming,
}

impl Fields {
    pub(super) fn new() -> Self {
        Self {
            csv: "take.csv".into(),
            flip: Flip::default(),
            out: "capture.csv".into(),
            listen: "127.0.0.1:39539".into(),
            send: "127.0.0.1:39540".into(),
            naming: Naming::default(),
        }
    }
}

pub(super) fn draw(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
    super::scrolled(ui, |ui| {
        play(ui, studio, view);
        ui.separator();
        capture(ui, view);
        ui.separator();
        hear(ui, studio, view);
        ui.separator();
        send(ui, view);
    });
}

fn play(ui: &mut Ui, studio: &Studio, view: &mut View) {
    ui.strong("Play Live Link Face CSV");
    let fields = &mut view.movement;
    let mut is_wished = false;
    ui.horizontal(|ui| {
        let response = ui.add(TextEdit::singleline(&mut fields.csv).desired_width(180.0));
        name(&response, "CSV to play");
        is_wished = ui.button("Play CSV").clicked();
    });
    ui.horizontal(|ui| {
        ui.label("Turn the sign of");
        ui.checkbox(&mut fields.flip.yaw, "yaw");
        ui.checkbox(&mut fields.flip.pitch, "pitch");
        ui.checkbox(&mut fields.flip.roll, "roll");
    });
    if is_wished {
        view.wishes.push(Wish::Play { path: PathBuf::from(fields.csv.trim()), flip: fields.flip });
    }
    if matches!(studio.source, Source::Curve(_)) {
        for note in &view.shown.notes {
            ui.colored_label(ui.visuals().warn_fg_color, note);
        }
    }
}

fn capture(ui: &mut Ui, view: &mut View) {
    ui.strong("Capture the head");
    ui.weak("Whatever moves it: sliders, a take, a session, a performer. Written at 60 poses a second.");
    ui.horizontal(|ui| {
        let response = ui.add(TextEdit::singleline(&mut view.movement.out).desired_width(180.0));
        name(&response, "CSV to write");
        match view.shown.capturing {
            None => {
                if ui.button("Capture").clicked() {
                    view.wishes.push(Wish::Capture);
                }
            }
            Some(secs) => {
                if ui.button("Stop and write").clicked() {
                    view.wishes.push(Wish::WriteCapture(PathBuf::from(view.movement.out.trim())));
                }
                ui.label(format!("{secs:.1} s"));
            }
        }
    });
}

fn hear(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
    ui.strong("Performer in (VMC over OSC)");
    ui.horizontal(|ui| {
        let response = ui.add(TextEdit::singleline(&mut view.movement.listen).desired_width(150.0));
        name(&response, "listen at");
        if view.shown.heard.is_none() {
            if ui.button("Listen").clicked() {
                view.wishes.push(Wish::Listen(view.movement.listen.clone()));
            }
        } else if ui.button("Listen no longer").clicked() {
            view.wishes.push(Wish::StopListening);
        }
    });
    for line in view.shown.heard.iter().flatten() {
        ui.add(egui::Label::new(line).wrap());
    }
    if matches!(studio.source, Source::Live(_)) && ui.button("Take the face back").clicked() {
        view.wishes.push(Wish::StopListening);
        studio.show(Source::Take);
    }
}

fn send(ui: &mut Ui, view: &mut View) {
    ui.strong("The head out (VMC over OSC)");
    let fields = &mut view.movement;
    ui.horizontal(|ui| {
        let response = ui.add(TextEdit::singleline(&mut fields.send).desired_width(150.0));
        name(&response, "send to");
        if view.shown.sent.is_none() {
            if ui.button("Send").clicked() {
                view.wishes.push(Wish::SendTo(fields.send.clone(), fields.naming));
            }
        } else if ui.button("Send no longer").clicked() {
            view.wishes.push(Wish::StopSending);
        }
    });
    let label = |naming| match naming {
        Naming::Pascal => "JawOpen",
        Naming::Camel => "jawOpen",
        Naming::Presets => "VRM presets",
    };
    let shown = ComboBox::from_label("names").selected_text(label(fields.naming)).show_ui(ui, |ui| {
        for naming in [Naming::Pascal, Naming::Camel, Naming::Presets] {
            ui.selectable_value(&mut fields.naming, naming, label(naming));
        }
    });
    name(&shown.response, "names of shapes");
    if let Some(line) = &view.shown.sent {
        ui.add(egui::Label::new(line).wrap());
    }
}
