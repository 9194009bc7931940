//! The right panel: profile, shaders, files, latency.

use std::path::{Path, PathBuf};

use egui::{Color32, Rect, Sense, TextEdit, Ui, pos2, vec2};
use viva_avatar::live_link::Flip;

use super::{Tab, View, Wish, profile};
use crate::core::latency::{BIN_MS, Latency, Measure};
use crate::core::studio::Studio;
use crate::export::Export;
use crate::files;

pub(super) fn draw(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
    ui.horizontal_wrapped(|ui| {
        for (tab, label) in [
            (Tab::Text, "Profile text"),
            (Tab::Numbers, "Numbers"),
            (Tab::Shaders, "Shaders"),
            (Tab::Files, "Files"),
            (Tab::Session, "Session"),
            (Tab::Movement, "Movement"),
            (Tab::Avatar, "Avatar"),
            (Tab::Person, "Person"),
            (Tab::Latency, "Latency"),
        ] {
            ui.selectable_value(&mut view.tab, tab, label);
        }
    });
    ui.separator();
    match view.tab {
        Tab::Text => profile::text(ui, studio, view),
        Tab::Numbers => profile::sliders(ui, studio, view),
        Tab::Shaders => shaders(ui, view),
        Tab::Files => exchange(ui, studio, view),
        Tab::Session => super::session::draw(ui, studio, view),
        Tab::Movement => super::movement::draw(ui, studio, view),
        Tab::Avatar => super::avatar::draw(ui, view),
        Tab::Person => super::person::draw(ui, studio, view),
        Tab::Latency => latency(ui, studio),
    }
}

fn shaders(ui: &mut Ui, view: &View) {
    match &view.shown.shaders {
        None => {
            ui.label("The passes of the program draw. Start with --shaders FOLDER to edit copies of them while they run.");
        }
        Some((folder, None)) => {
            ui.label(format!("Drawn by the passes of {folder}."));
        }
        Some((folder, Some(fault))) => {
            ui.label(format!("The last good passes of {folder} go on drawing."));
            // What is wrong is read whole; code keeps its columns.
            let colour = ui.visuals().error_fg_color;
            let coloured = |text| egui::RichText::new(text).monospace().color(colour);
            let (first, detail) = fault.split_once('\n').unwrap_or((fault, ""));
            ui.add(egui::Label::new(coloured(first)).wrap());
            egui::ScrollArea::both().show(ui, |ui| ui.add(egui::Label::new(coloured(detail)).extend()));
        }
    }
}

fn exchange(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
    ui.horizontal(|ui| {
        ui.label("Curves");
        let response = ui.add(TextEdit::singleline(&mut view.curve_path).desired_width(180.0));
        super::desk::name(&response, "Curves");
        if ui.button("Open curves").clicked() {
            let path = PathBuf::from(view.curve_path.trim());
            view.wishes.push(Wish::Play { path, flip: Flip::default() });
        }
    });
    ui.separator();
    let end = studio.performed_secs();
    ui.label(format!("Export from 0 s; {end:.1} s are there."));
    ui.horizontal(|ui| {
        let response =
            ui.add(egui::Slider::new(&mut view.export_secs, 0.2..=600.0).logarithmic(true).suffix(" s"));
        super::desk::name(&response, "export seconds");
    });
    ui.horizontal(|ui| {
        ui.label("To");
        let response = ui.add(TextEdit::singleline(&mut view.export_path).desired_width(180.0));
        super::desk::name(&response, "To");
    });
    if let Some(done) = view.shown.exporting {
        ui.add(egui::ProgressBar::new(done).show_percentage());
        if ui.button("Stop export").clicked() {
            view.wishes.push(Wish::StopExport);
        }
        return;
    }
    ui.horizontal_wrapped(|ui| {
        let path = Path::new(view.export_path.trim());
        for (label, kind, ending) in [
            ("Export PNG sequence", Export::Pictures, ""),
            ("Export MP4", Export::Film, ".mp4"),
            ("Export JSON curves", Export::Curves, ".json"),
            ("Export Live Link CSV", Export::LiveLink, ".csv"),
        ] {
            if ui.button(label).clicked() {
                let path = PathBuf::from(format!("{}{ending}", path.display()));
                view.wishes.push(Wish::Export { kind, secs: view.export_secs, path });
            }
        }
    });
}

fn latency(ui: &mut Ui, studio: &mut Studio) {
    for measure in Measure::ALL {
        histogram(ui, measure, studio.latency.of(measure));
    }
    ui.label(format!(
        "0 to {} ms, {BIN_MS} ms a bar; until the device has drawn, without the screen",
        64.0 * BIN_MS
    ));
    if ui.button("Write latency.csv").clicked() {
        let csv = studio.latency.to_csv();
        match files::write_whole(Path::new("latency.csv"), csv.as_bytes()) {
            Ok(()) => studio.say("written: latency.csv"),
            Err(error) => studio.complain(error),
        }
    }
}

fn histogram(ui: &mut Ui, measure: Measure, latency: &Latency) {
    ui.strong(measure.name()).on_hover_text(measure.definition());
    let quantile = |share| latency.quantile_ms(share).map_or("-".to_owned(), |ms| format!("{ms:.0} ms"));
    ui.label(format!(
        "{}: half within {}, 95 in 100 within {}, longest {:.1} ms",
        latency.count(),
        quantile(0.5),
        quantile(0.95),
        latency.longest_ms()
    ));
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 70.0), Sense::hover());
    let most = latency.bins().iter().copied().max().unwrap_or(0).max(1) as f32;
    let width = rect.width() / latency.bins().len() as f32;
    ui.painter().rect_filled(rect, 2.0, ui.visuals().extreme_bg_color);
    for (bin, count) in latency.bins().iter().enumerate() {
        let left = rect.left() + bin as f32 * width;
        let height = rect.height() * *count as f32 / most;
        let bar =
            Rect::from_min_max(pos2(left, rect.bottom() - height), pos2(left + width - 0.5, rect.bottom()));
        ui.painter().rect_filled(bar, 0.0, Color32::from_rgb(120, 190, 255));
    }
}
