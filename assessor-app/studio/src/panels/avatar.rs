//! Whose face it is: our own head, or an avatar of others with what its import found.

use std::path::{Path, PathBuf};

use egui::{Label, RichText, TextEdit, Ui};
use viva_avatar::{ImportReport, Verdict};
use viva_media::Blendshape;

use super::{View, Wish};

/// An avatar as the panel tells of it.
#[derive(Clone, Debug)]
pub(crate) struct AvatarShown {
    file: String,
    verdict: Verdict,
    /// The report, a fact per line; the first says what it is good for.
    pub(crate) lines: Vec<String>,
    /// Shapes that nothing of it shows.
    pub(super) missing: Vec<Blendshape>,
}

impl AvatarShown {
    pub(crate) fn new(path: &Path, report: &ImportReport) -> Self {
        Self {
            file: path.display().to_string(),
            verdict: report.verdict,
            lines: report.text().lines().map(str::to_owned).collect(),
            missing: report.missing.iter().filter_map(|name| Blendshape::from_name(name)).collect(),
        }
    }
}

pub(super) fn draw(ui: &mut Ui, view: &mut View) {
    ui.horizontal(|ui| {
        let hint = ".glb, .gltf or .vrm";
        let response =
            ui.add(TextEdit::singleline(&mut view.avatar_path).desired_width(180.0).hint_text(hint));
        super::desk::name(&response, "avatar file");
        let is_named = !view.avatar_path.trim().is_empty();
        if ui.add_enabled(is_named, egui::Button::new("Open avatar")).clicked() {
            view.wishes.push(Wish::OpenAvatar(PathBuf::from(view.avatar_path.trim())));
        }
    });
    if let Some(fault) = &view.shown.avatar_fault {
        ui.add(Label::new(RichText::new(fault).color(ui.visuals().error_fg_color)).wrap());
    }
    let Some(avatar) = &view.shown.avatar else {
        ui.weak("Our own head is seen. An avatar takes its place with all that moves it: behaviour, sliders, takes, performers.");
        return;
    };
    ui.horizontal(|ui| {
        if ui.button("Our own head").clicked() {
            view.wishes.push(Wish::OwnHead);
        }
        ui.add(Label::new(&avatar.file).truncate());
    });
    ui.separator();
    let colour = match avatar.verdict {
        Verdict::Full | Verdict::Usable => ui.visuals().strong_text_color(),
        Verdict::Degraded => ui.visuals().warn_fg_color,
        Verdict::Still => ui.visuals().error_fg_color,
    };
    super::scrolled(ui, |ui| {
        for (index, line) in avatar.lines.iter().enumerate() {
            let text = RichText::new(line).monospace().size(11.0);
            let text = if index == 0 { text.color(colour) } else { text };
            ui.add(Label::new(text).wrap());
        }
    });
}
