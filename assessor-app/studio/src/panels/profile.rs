//! The profile as text with its fault in place, and as sliders of its numbers.

use std::path::PathBuf;
use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontId, ScrollArea, Slider, SliderClamping, TextEdit, Ui};
use viva_behaviour::{limits_of, numbers};

use super::View;
use crate::core::profile_text::Fault;
use crate::core::studio::Studio;

pub(super) fn files(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
    let side = studio.side;
    let file = studio.open(side).file.as_ref().map(|file| file.path().to_owned());
    let known = file.as_ref().map_or("no file yet".to_owned(), |path| path.display().to_string());
    ui.add(egui::Label::new(format!("{}: {known}", side.name())).truncate());
    ui.horizontal(|ui| {
        ui.label("File");
        let response =
            ui.add(TextEdit::singleline(&mut view.path).desired_width(140.0).hint_text("mine.toml"));
        super::desk::name(&response, "profile file");
        let named = (!view.path.trim().is_empty()).then(|| PathBuf::from(view.path.trim()));
        if ui.add_enabled(named.is_some(), egui::Button::new("Open")).clicked()
            && let Some(path) = &named
        {
            studio.load(side, path);
        }
        if ui.button("Save").on_hover_text("to the named file, or where it came from").clicked() {
            studio.save(side, named.as_deref());
        }
    });
    if studio.open(side).conflict.is_some() {
        ui.colored_label(ui.visuals().warn_fg_color, "The file has changed on disk and here.");
        ui.horizontal(|ui| {
            if ui.button("Take the file's").clicked() {
                studio.settle(side, true);
            }
            if ui.button("Keep mine").clicked() {
                studio.settle(side, false);
            }
        });
    }
}

pub(super) fn text(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
    files(ui, studio, view);
    let side = studio.side;
    let fault = studio.open(side).fault.clone();
    match &fault {
        Some(fault) => {
            let place =
                fault.place.map_or(String::new(), |(line, column)| format!("line {line}, column {column}: "));
            ui.colored_label(ui.visuals().error_fg_color, format!("{place}{}", fault.message));
            ui.weak("The last good profile goes on.");
        }
        None => {
            ui.weak("What is not said here is the examiner's.");
        }
    }
    let mut text = studio.edited().text(side).to_owned();
    let error = ui.visuals().error_fg_color.gamma_multiply(0.35);
    let ink = ui.visuals().text_color();
    let mut layouter = |ui: &Ui, buffer: &dyn egui::TextBuffer, width: f32| -> Arc<egui::Galley> {
        let job = marked(buffer.as_str(), fault.as_ref(), (ink, error), width);
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        let editor = TextEdit::multiline(&mut text)
            // Its own name, so that it keeps the focus when a fault comes or goes above it.
            .id(egui::Id::unique(("profile text", side.name())))
            .code_editor()
            // Tab goes on to the next control; TOML needs none.
            .lock_focus(false)
            .desired_width(f32::INFINITY)
            .desired_rows(24)
            .hint_text("[nod]\ngap_secs = 6.0")
            .layouter(&mut layouter);
        let response = ui.add(editor);
        super::desk::name(&response, "profile text");
        if response.changed() {
            studio.edit("profile text", Some("profile text"), |edited, _| *edited.text_mut(side) = text);
        }
        if response.lost_focus() {
            studio.close_gesture();
        }
    });
}

/// The text with the line of the fault on another ground, and comments paler.
fn marked(text: &str, fault: Option<&Fault>, (ink, error): (Color32, Color32), width: f32) -> LayoutJob {
    let mut job = LayoutJob::default();
    job.wrap.max_width = width;
    let line_of_fault = fault.and_then(|fault| fault.place).map(|(line, _)| line);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let background = if line_of_fault == Some(index + 1) { error } else { Color32::TRANSPARENT };
        let color = if line.trim_start().starts_with('#') { ink.gamma_multiply(0.6) } else { ink };
        let format = TextFormat { font_id: FontId::monospace(12.0), color, background, ..Default::default() };
        job.append(line, 0.0, format);
    }
    job
}

pub(super) fn sliders(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
    files(ui, studio, view);
    ui.horizontal(|ui| {
        ui.label("Find number");
        let response = ui.add(TextEdit::singleline(&mut view.number_filter).desired_width(140.0));
        super::desk::name(&response, "Find number");
    });
    let filter = view.number_filter.trim().to_lowercase();
    let profile = studio.open(studio.side).profile;
    super::scrolled(ui, |ui| {
        for (path, number) in
            numbers(&profile).into_iter().filter(|(path, _)| path.to_lowercase().contains(&filter))
        {
            let Some((low, high)) = limits_of(&path) else { continue };
            ui.add(egui::Label::new(&path).truncate());
            let mut value = number as f32;
            ui.spacing_mut().slider_width = (ui.available_width() - 70.0).max(40.0);
            let response =
                ui.add(Slider::new(&mut value, low..=high).max_decimals(3).clamping(SliderClamping::Edits));
            super::desk::name(&response, &path);
            if response.changed() {
                studio.set_number(&path, value);
            }
        }
    });
}
