//! What is drawn of the state, and what a click or a key does to it.

mod avatar;
mod bench;
mod desk;
mod face;
mod keys;
mod lanes;
mod movement;
mod person;
mod profile;
mod session;
mod timeline;

use std::path::{Path, PathBuf};

use egui::{CentralPanel, Panel, RichText, ScrollArea, Ui};
use viva_avatar::TakeFile;
use viva_avatar::live_link::Flip;
use viva_avatar::vmc::Naming;
use viva_media::VisemeTrack;
use viva_render::Identity;

pub(crate) use avatar::AvatarShown;

use crate::core::desk::Group;
use crate::core::studio::Studio;
use crate::export::Export;
use crate::files;

/// From a line's words to the mouth's shapes; an error is told in the window.
pub type Voice = Box<dyn FnMut(&str) -> Result<VisemeTrack, String>>;

/// What the right panel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    Text,
    Numbers,
    Shaders,
    Files,
    Session,
    Movement,
    Avatar,
    Person,
    Latency,
}

/// Something that the state alone cannot do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wish {
    Export {
        kind: Export,
        secs: f64,
        path: PathBuf,
    },
    StopExport,
    /// A file in place of our own head.
    OpenAvatar(PathBuf),
    OwnHead,
    OpenPerson(PathBuf),
    SavePerson(PathBuf),
    /// The folder of a record.
    OpenSession(PathBuf),
    /// A take, by the ending of its name.
    Play {
        path: PathBuf,
        flip: Flip,
    },
    Capture,
    WriteCapture(PathBuf),
    /// At an address.
    Listen(String),
    StopListening,
    /// To an address.
    SendTo(String, Naming),
    StopSending,
}

/// A session's film as it is shown.
#[derive(Clone, Default)]
pub(crate) struct FilmShown {
    /// The picture and its width and height in pixels.
    pub(crate) picture: Option<(egui::TextureId, [f32; 2])>,
    /// The stamp of the picture.
    pub(crate) at_secs: f64,
    pub(crate) fault: Option<String>,
}

/// What the shell knows and the panels show.
#[derive(Clone, Default)]
pub(crate) struct Shown {
    /// The pictures of A and B.
    pub(crate) faces: [Option<egui::TextureId>; 2],
    /// Why there is no face, or an old one.
    pub(crate) face_fault: Option<String>,
    /// Of the passes' folder: its name, and what is wrong there.
    pub(crate) shaders: Option<(String, Option<String>)>,
    /// Whose face it is, where it is not our own head.
    pub(crate) avatar: Option<AvatarShown>,
    /// Why the last file that was named is no avatar to be shown.
    pub(crate) avatar_fault: Option<String>,
    /// What draws.
    pub(crate) adapter: String,
    /// Which part of an export is done.
    pub(crate) exporting: Option<f32>,
    /// Seconds of a capture under way.
    pub(crate) capturing: Option<f64>,
    pub(crate) film: Option<FilmShown>,
    /// Why the session is not heard.
    pub(crate) sound_fault: Option<String>,
    /// What should be known of the take that is played.
    pub(crate) notes: Vec<String>,
    /// What a performer sends, and what is sent, in lines.
    pub(crate) heard: Option<Vec<String>>,
    pub(crate) sent: Option<String>,
}

/// What of the window is no part of the state.
pub(crate) struct View {
    filter: String,
    group: Group,
    pub(crate) tab: Tab,
    path: String,
    curve_path: String,
    export_path: String,
    export_secs: f64,
    line: String,
    number_filter: String,
    avatar_path: String,
    person_path: String,
    pub(crate) session_path: String,
    pub(crate) whole_film: bool,
    /// The session is not to be heard.
    pub(crate) muted: bool,
    movement: movement::Fields,
    /// Seconds that the rows of the timeline show.
    seen_secs: f64,
    /// Where a span that is being chosen begins.
    span_from: Option<f64>,
    timeline: Option<egui::Id>,
    help: bool,
    pub(crate) voice: Option<Voice>,
    pub(crate) shown: Shown,
    /// Height in pixels that the face would fill.
    pub(crate) face_height_px: f32,
    pub(crate) wishes: Vec<Wish>,
}

impl View {
    pub(crate) fn new(voice: Option<Voice>) -> Self {
        Self {
            filter: String::new(),
            group: Group::Units,
            tab: Tab::Text,
            path: String::new(),
            curve_path: "curves.json".into(),
            export_path: "export".into(),
            export_secs: 5.0,
            line: "Tell me what you did next, and why.".into(),
            number_filter: String::new(),
            avatar_path: String::new(),
            person_path: "person.toml".into(),
            session_path: String::new(),
            whole_film: false,
            muted: false,
            movement: movement::Fields::new(),
            seen_secs: 20.0,
            span_from: None,
            timeline: None,
            help: false,
            voice,
            shown: Shown::default(),
            face_height_px: 360.0,
            wishes: Vec::new(),
        }
    }
}

/// Draws everything and does what is asked.
pub(crate) fn draw(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
    keys::obey(ui, studio, view);
    dropped(ui, studio, view);
    Panel::top("top").show(ui, |ui| top(ui, studio, view));
    Panel::bottom("bottom").resizable(false).show(ui, |ui| {
        timeline::draw(ui, studio, view);
        status(ui, studio, view);
    });
    Panel::left("desk")
        .default_size(330.0)
        .size_range(150.0..=520.0)
        .show(ui, |ui| desk::draw(ui, studio, view));
    Panel::right("bench")
        .default_size(350.0)
        .size_range(150.0..=640.0)
        .show(ui, |ui| bench::draw(ui, studio, view));
    CentralPanel::default().show(ui, |ui| face::draw(ui, studio, view));
    if view.help {
        keys::help(ui, &mut view.help);
    }
    if ui.input(|input| input.pointer.any_released()) {
        studio.close_gesture();
    }
    studio.close_idle_gesture(ui.input(|input| input.pointer.any_down()));
}

/// A column that scrolls, also to a control that gets the focus while it is cut off: Tab never leads out of sight.
fn scrolled(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        add(ui);
        let focused = ui.ctx().memory(|memory| memory.focused());
        let Some(control) = focused.and_then(|id| ui.ctx().read_response(id)) else { return };
        let is_cut = control.interact_rect.height() < control.rect.height() - 0.5;
        if control.gained_focus() && is_cut && ui.min_rect().contains(control.rect.center()) {
            ui.scroll_to_rect(control.rect, None);
        }
    });
}

/// Files that were dropped on the window: a session's folder, a take, a profile, an avatar.
/// Whether a file describes a person, and is no profile.
fn is_person(path: &Path) -> bool {
    files::read_text(path).is_ok_and(|text| Identity::from_toml(&text).is_ok())
}

fn dropped(ui: &Ui, studio: &mut Studio, view: &mut View) {
    let paths: Vec<PathBuf> =
        ui.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
    for path in paths {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        if path.is_dir() {
            view.session_path = path.display().to_string();
            view.tab = Tab::Session;
            view.wishes.push(Wish::OpenSession(path));
        } else if TakeFile::of(&path).is_some() {
            view.tab = Tab::Movement;
            view.wishes.push(Wish::Play { path, flip: Flip::default() });
        } else if ["glb", "gltf", "vrm"].iter().any(|known| ending == *known) {
            view.avatar_path = path.display().to_string();
            view.tab = Tab::Avatar;
            view.wishes.push(Wish::OpenAvatar(path));
        } else if ending == "toml" && is_person(&path) {
            view.person_path = path.display().to_string();
            view.tab = Tab::Person;
            view.wishes.push(Wish::OpenPerson(path));
        } else if ending == "toml" {
            studio.load(studio.side, &path);
        } else {
            studio.complain(format!(
                "{}: a session's folder, a take (.csv, .json), a profile or a person (.toml) or an avatar (.glb, .gltf, .vrm) is opened",
                path.display()
            ));
        }
    }
}

fn top(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
    ui.horizontal_wrapped(|ui| {
        ui.menu_button("File", |ui| {
            for (label, tab) in [
                ("Open a session", Tab::Session),
                ("Open or save a profile", Tab::Text),
                ("Open an avatar", Tab::Avatar),
                ("Change or open a person", Tab::Person),
                ("Play or capture movement", Tab::Movement),
                ("Open curves, export", Tab::Files),
            ] {
                if ui.button(label).clicked() {
                    view.tab = tab;
                    ui.close();
                }
            }
        });
        let undo = studio.next_undo().map(|label| format!("take back: {label}"));
        let button = ui.add_enabled(undo.is_some(), egui::Button::new("Undo"));
        if button.on_hover_text(undo.unwrap_or_default()).clicked() {
            studio.undo();
        }
        let redo = studio.next_redo().map(|label| format!("do again: {label}"));
        let button = ui.add_enabled(redo.is_some(), egui::Button::new("Redo"));
        if button.on_hover_text(redo.unwrap_or_default()).clicked() {
            studio.redo();
        }
        ui.separator();
        face::choice(ui, studio);
        ui.separator();
        let mut through = studio.edited().desk.through;
        if ui.checkbox(&mut through, "Behaviour moves the face").changed() {
            studio.edit("behaviour on or off", None, |edited, _| edited.desk.through = through);
        }
        ui.separator();
        ui.toggle_value(&mut view.help, "Keys");
    });
}

fn status(ui: &mut Ui, studio: &Studio, view: &View) {
    ui.horizontal(|ui| {
        let text = RichText::new(&studio.status.text);
        let text = if studio.status.is_error { text.color(ui.visuals().error_fg_color) } else { text };
        ui.add(egui::Label::new(text).truncate());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.add(egui::Label::new(RichText::new(&view.shown.adapter).weak()).truncate());
        });
    });
}

#[cfg(test)]
mod tests;
