//! A recorded session: where it is opened, what its record says, and whether the face is the one of the record.

use std::path::PathBuf;

use egui::{RichText, TextEdit, Ui};

use super::{View, Wish};
use crate::core::session::{Replaying, Session};
use crate::core::studio::{Source, Studio};

pub(super) fn draw(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
    ui.horizontal(|ui| {
        ui.label("Record");
        let response = ui.add(
            TextEdit::singleline(&mut view.session_path)
                .desired_width(180.0)
                .hint_text("folder of a session"),
        );
        super::desk::name(&response, "Record");
        let is_named = !view.session_path.trim().is_empty();
        if ui.add_enabled(is_named, egui::Button::new("Open session")).clicked() {
            view.wishes.push(Wish::OpenSession(PathBuf::from(view.session_path.trim())));
        }
    });
    let Some(session) = &studio.session else {
        ui.weak(
            "The folder that `viva interview` or `viva demo` leaves. Its face is performed again from the stored sound, beside its film.",
        );
        return;
    };
    ui.separator();
    let is_shown = matches!(studio.source, Source::Session);
    super::scrolled(ui, |ui| facts(ui, session, view));
    if !is_shown && ui.button("Show the session").clicked() {
        studio.show(Source::Session);
    }
}

fn facts(ui: &mut Ui, session: &Session, view: &mut View) {
    ui.add(egui::Label::new(RichText::new(&session.title).strong()).wrap());
    ui.label(format!("{:.1} s, turns: {}", session.end.as_secs(), session.turns.len()));
    match &session.fault {
        Some(fault) => {
            let told = format!("This record does not verify: {fault}. What is shown may have been altered.");
            ui.colored_label(ui.visuals().error_fg_color, told);
        }
        None => {
            ui.label("The record verifies: it is whole and sealed.");
        }
    }
    for remark in &session.remarks {
        ui.colored_label(ui.visuals().warn_fg_color, remark);
    }
    ui.separator();
    ui.strong("The face");
    ui.label(progress(session));
    let (equal, differs) = session.checked();
    match differs {
        Some(second) => {
            let told = format!(
                "Second {second} has other poses than the record: what is shown from there is not what was seen."
            );
            ui.colored_label(ui.visuals().error_fg_color, told);
        }
        None if equal > 0 => {
            ui.label(format!("{equal} seconds have the poses of the record, bit for bit."));
        }
        None => {}
    }
    if session.film.is_some() {
        ui.checkbox(&mut view.whole_film, "Whole film").on_hover_text("both faces and the words, as filmed");
    }
    if !session.meter.is_empty() {
        ui.separator();
        ui.strong("What its meter said");
        for line in &session.meter {
            ui.add(egui::Label::new(RichText::new(line).small()).wrap());
        }
    }
}

/// How far the face has been had again.
pub(super) fn progress(session: &Session) -> String {
    let (until, end) = (session.told_until().as_secs(), session.end.as_secs());
    match &session.replaying {
        Replaying::No => "There is no face to be had again.".into(),
        Replaying::Runs if until == 0.0 => "The session is being run again: its networks are loaded.".into(),
        Replaying::Runs => format!("The session is being run again: {until:.0} of {end:.0} s."),
        Replaying::Done(told) => format!("The session was run again: {told}."),
        Replaying::Failed(told) => format!("The face cannot be had again: {told}."),
    }
}
