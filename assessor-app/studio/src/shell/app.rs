//! One frame of the studio, the same for a window and for memory.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use viva_devices::Choice;
use viva_gpu::{Gpu, wgpu};
use viva_render::{Identity, Member};

use super::faces::Faces;
use super::painter::Painter;
use super::replay::Replaying;
use super::screen::Screen;
use super::sound::Sound;
use crate::core::capture::Capture;
use crate::core::document::Side;
use crate::core::recording::Sessions;
use crate::core::session::{self as core_session, Session};
use crate::core::studio::{Source, Studio};
use crate::export::Job;
use crate::files;
use crate::link::Link;
use crate::panels::{self, View, Wish};
use crate::script::Busy;
use crate::shaders::Folder;
use crate::{Avatars, Config, Heads};

/// In a smaller window there is room for nothing; panels that were squeezed into it would stay so.
const LEAST_ROOM: egui::Vec2 = egui::vec2(160.0, 120.0);
/// Files are looked at this often, in seconds of the studio.
const POLL_SECS: f64 = 0.5;

/// Everything but the target.
pub(super) struct App {
    pub(super) context: egui::Context,
    pub(super) studio: Studio,
    pub(super) view: View,
    gpu: Gpu,
    /// Our own person on the device; an avatar stands in their room.
    pub(super) own: Arc<Member>,
    pub(super) person: Identity,
    pub(super) heads: Option<Heads>,
    pub(super) avatars: Option<Avatars>,
    pub(super) faces: Faces,
    pub(super) painter: Painter,
    pub(super) job: Option<Job>,
    folder: Option<Folder>,
    since_poll: f64,
    pub(super) sessions: Option<Sessions>,
    pub(super) replaying: Option<Replaying>,
    screen: Screen,
    pub(super) loudspeaker: Choice,
    pub(super) sound: Option<Sound>,
    pub(super) link: Link,
    pub(super) capture: Option<Capture>,
    /// When the last pose was computed that was drawn.
    posed: Option<Instant>,
    /// Whether the last picture is the first that carries a cue.
    carries_cue: bool,
}

impl App {
    pub(super) fn new(config: Config, gpu: &Gpu, format: wgpu::TextureFormat) -> Self {
        let profile = |path: Option<PathBuf>| match path {
            None => ((String::new(), None), None),
            Some(path) => match files::read_text(&path) {
                Ok(text) => ((text, Some(path)), None),
                Err(error) => ((String::new(), None), Some(error)),
            },
        };
        let [a, b] = config.profiles;
        let ((a, a_fault), (b, b_fault)) = (profile(a), profile(b));
        let mut studio = Studio::new([a, b], config.seed);
        if let Some(fault) = a_fault.or(b_fault) {
            studio.complain(fault);
        }
        let mut view = View::new(config.voice);
        view.shown.adapter = gpu.adapter().to_string();
        if let Some(path) = config.session {
            view.session_path = path.display().to_string();
            view.tab = panels::Tab::Session;
            view.wishes.push(Wish::OpenSession(path));
        }
        studio.begin_as(config.person);
        let own = Arc::new(Member::Own(Box::new(config.head), Box::new(config.person.look)));
        let mut app = Self {
            context: context(),
            studio,
            view,
            gpu: gpu.clone(),
            faces: Faces::new(gpu, Arc::clone(&own), config.choice),
            own,
            person: config.person,
            heads: config.heads,
            avatars: config.avatars,
            painter: Painter::new(gpu, format),
            job: None,
            folder: config.shaders.map(Folder::new),
            since_poll: POLL_SECS,
            sessions: config.sessions,
            replaying: None,
            screen: Screen::default(),
            loudspeaker: config.loudspeaker,
            sound: None,
            link: Link::new(config.sockets),
            capture: None,
            posed: None,
            carries_cue: false,
        };
        if let Some((path, imported)) = config.avatar {
            app.view.tab = panels::Tab::Avatar;
            app.wear(&path, imported);
        }
        app
    }

    /// Goes on with another device, as the first was lost; what was being done stays, but for an export, which is closed and told of.
    pub(super) fn move_to(&mut self, gpu: &Gpu, format: wgpu::TextureFormat) {
        // A context tells its letters once: a fresh one tells them to the fresh device.
        self.context = context();
        self.screen = Screen::default();
        self.gpu = gpu.clone();
        self.faces = self.faces.again(gpu);
        self.painter = Painter::new(gpu, format);
        let avatar = self.view.shown.avatar.take();
        self.view.shown = panels::Shown { adapter: gpu.adapter().to_string(), avatar, ..Default::default() };
        self.folder = self.folder.take().map(|folder| Folder::new(folder.path().to_owned()));
        self.since_poll = POLL_SECS;
        let export = self.job.take().map(Job::finish).map_or_else(String::new, |ended| {
            let (Ok(told) | Err(told)) = ended;
            format!("; the export was broken off: {told}")
        });
        self.studio.complain(format!("the graphics device was lost; another one goes on{export}"));
    }

    /// Writes texts that were not saved beside the program and says where.
    pub(super) fn rescue(&self) -> String {
        let mut told = Vec::new();
        for side in Side::BOTH.into_iter().filter(|side| self.studio.is_changed(*side)) {
            let path = PathBuf::from(format!("studio-rescue-{}.toml", side.name()));
            let written = files::write_whole(&path, self.studio.edited().text(side).as_bytes());
            told.push(written.map_or_else(
                |error| error,
                |()| format!("unsaved text of {} is in {}", side.name(), path.display()),
            ));
        }
        if told.is_empty() { "nothing was unsaved".to_owned() } else { told.join("; ") }
    }

    /// Goes on by `secs` where nobody can see it: a performer is heard, what is captured or exported goes on.
    pub(super) fn unseen(&mut self, secs: f64) {
        self.studio.advance(secs);
        self.export_on();
        self.follow(secs);
        self.pass_on(secs);
    }

    /// Goes on by `secs`, obeys the input and draws onto `target`.
    pub(super) fn frame(
        &mut self,
        input: egui::RawInput,
        secs: f64,
        target: &wgpu::TextureView,
        size: (u32, u32),
    ) -> egui::PlatformOutput {
        self.studio.advance(secs);
        self.since_poll += secs;
        if self.since_poll >= POLL_SECS {
            self.since_poll = 0.0;
            self.studio.poll_files();
            self.poll_shaders();
        }
        self.export_on();
        self.follow(secs);
        // A person is baked anew, which takes a moment: not while a slider is still held.
        if !self.context.input(|input| input.pointer.any_down()) {
            self.become_person();
        }
        let (studio, view) = (&mut self.studio, &mut self.view);
        // The window may be smaller by now than the picture that it gave.
        let room = input.screen_rect.map_or(egui::Vec2::INFINITY, |rect| rect.size());
        let least = room.min(egui::vec2(size.0 as f32, size.1 as f32));
        let has_room = least.x >= LEAST_ROOM.x && least.y >= LEAST_ROOM.y;
        let output = self.context.run_ui(input, |ui| {
            if has_room {
                panels::draw(ui, studio, view);
            }
        });
        for wish in std::mem::take(&mut self.view.wishes) {
            self.obey(wish);
        }
        if has_room {
            self.draw_faces();
        }
        self.pass_on(secs);
        self.painter.paint(&self.context, output, target, size)
    }

    fn draw_faces(&mut self) {
        self.view.shown.face_fault = None;
        for side in Side::BOTH {
            let is_seen = self.studio.wipe.is_some() || side == self.studio.side;
            if !is_seen {
                self.view.shown.faces[side as usize] = None;
                continue;
            }
            let pose = self.studio.pose(side);
            self.posed = Some(now());
            self.carries_cue |= self.studio.carries_cue(&pose);
            let height = self.view.face_height_px;
            match self.faces.draw(&mut self.painter.renderer, side as usize, &pose, height) {
                Ok(id) => self.view.shown.faces[side as usize] = Some(id),
                Err(error) => self.view.shown.face_fault = Some(error.to_string()),
            }
        }
    }

    fn poll_shaders(&mut self) {
        let Some(folder) = &mut self.folder else { return };
        let fault = match folder.changed_sources() {
            None => return,
            Some(Ok(sources)) => self.faces.reload(sources).err().map(|error| error.to_string()),
            Some(Err(fault)) => Some(fault),
        };
        match &fault {
            Some(_) => self.studio.complain("a pass does not compile: the last good ones go on, see Shaders"),
            None => self.studio.say(format!("passes of {} draw", folder.path().display())),
        }
        self.view.shown.shaders = Some((folder.path().display().to_string(), fault));
    }

    /// A picture of an export per frame, so that the window goes on.
    fn export_on(&mut self) {
        let Some(job) = &mut self.job else { return };
        match job.step() {
            Ok(false) => {}
            Ok(true) => {
                let told = self.job.take().map(Job::finish);
                self.tell(told.unwrap_or_else(|| Ok(String::new())));
            }
            Err(error) => {
                self.job = None;
                self.studio.complain(error);
            }
        }
        self.view.shown.exporting = self.job.as_ref().map(Job::done);
    }

    pub(super) fn tell(&mut self, told: Result<String, String>) {
        match told {
            Ok(text) => self.studio.say(text),
            Err(error) => self.studio.complain(error),
        }
    }

    /// Takes in what the replay, the film and a performer have given meanwhile.
    fn follow(&mut self, secs: f64) {
        if let (Some(replaying), Some(session)) = (&mut self.replaying, &mut self.studio.session) {
            replaying.hear(session);
        }
        match self.link.hear(secs) {
            Ok(Some(pose)) => self.studio.perform(pose),
            Ok(None) => {}
            Err(error) => self.studio.complain(error),
        }
        let at = self.studio.transport.at_secs;
        let session = self.studio.session.as_ref().filter(|_| matches!(self.studio.source, Source::Session));
        let is_heard = session.is_some() && self.studio.transport.playing && !self.view.muted;
        if let Some(sound) = &mut self.sound {
            sound.follow(is_heard.then_some(at));
            self.view.shown.sound_fault = sound.fault().map(str::to_owned);
        }
        let whole = self.view.whole_film;
        self.view.shown.film =
            session.and_then(|session| self.screen.show(&self.context, session, at, whole));
        self.view.shown.heard = self.link.heard();
        self.view.shown.sent = self.link.sent();
        self.view.shown.capturing = self.capture.as_ref().map(Capture::secs);
    }

    /// What the face shows goes to whoever captures or receives it.
    fn pass_on(&mut self, secs: f64) {
        let pose = self.studio.pose(self.studio.side);
        if self.capture.as_mut().is_some_and(|capture| !capture.push(pose, secs)) {
            self.studio.complain("the capture is as long as a take can be: write it");
        }
        if let Err(error) = self.link.tell(&pose) {
            self.studio.complain(error);
        }
    }

    /// When the pose of the last picture was computed, and whether that picture is the first that carries a cue; told once.
    pub(super) fn stamps(&mut self) -> (Option<Instant>, bool) {
        (self.posed.take(), std::mem::take(&mut self.carries_cue))
    }

    /// What is under way.
    pub(super) fn busy(&self) -> Busy {
        Busy { exports: self.job.is_some(), loads: self.loads() }
    }

    /// True while the session's face or the film's picture is still to come.
    fn loads(&self) -> bool {
        let runs = |session: &Session| session.replaying == core_session::Replaying::Runs;
        let replays =
            self.replaying.is_some() && self.studio.session.as_ref().is_some_and(|session| runs(session));
        !self.view.wishes.is_empty() || replays || (self.view.shown.film.is_some() && self.screen.is_busy())
    }

    pub(super) fn gpu(&self) -> &Gpu {
        &self.gpu
    }
}

fn context() -> egui::Context {
    let context = egui::Context::default();
    context.set_theme(egui::Theme::Dark);
    // What the focus goes to is there at once.
    context.all_styles_mut(|style| style.scroll_animation = egui::style::ScrollAnimation::none());
    // The tree of controls is what scripts and screen readers go by.
    context.enable_accesskit();
    context
}

#[expect(clippy::disallowed_methods, reason = "the shell is the edge that owns the clock of the studio")]
pub(super) fn now() -> Instant {
    Instant::now()
}
