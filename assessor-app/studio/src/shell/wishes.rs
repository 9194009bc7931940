//! What the panels ask for and the state alone cannot do: files, sockets, threads.

use std::path::Path;
use std::sync::Arc;

use viva_avatar::live_link::{self, Flip};
use viva_devices::Choice;
use viva_media::Blendshape;

use super::app::App;
use super::replay::Replaying;
use super::sound::Sound;
use crate::core::capture::{Capture, RATE_HZ};
use crate::core::curve::Curve;
use crate::core::studio::Source;
use crate::export::{self, Export, Job};
use crate::files;
use crate::panels::Wish;

impl App {
    pub(super) fn obey(&mut self, wish: Wish) {
        match wish {
            Wish::StopExport => {
                let told = self.job.take().map(Job::finish);
                self.tell(told.unwrap_or_else(|| Ok("no export runs".into())));
            }
            Wish::Export { kind: kind @ (Export::Curves | Export::LiveLink), secs, path } => {
                let told = export::write_poses(&mut self.studio, kind, secs, &path);
                self.tell(told.map(|()| format!("written: {}", path.display())));
            }
            Wish::Export { kind, secs, path } => {
                let renderer = self.faces.renderer(export::SIZE).map_err(|error| error.to_string());
                match renderer.and_then(|renderer| Job::new(&mut self.studio, renderer, kind, secs, &path)) {
                    Ok(job) => self.job = Some(job),
                    Err(error) => self.studio.complain(error),
                }
            }
            Wish::OpenSession(path) => self.open_session(&path),
            Wish::PlayCsv { path, flip } => {
                let told = self.play(&path, flip);
                self.tell(told);
            }
            Wish::Capture => self.capture = Some(Capture::default()),
            Wish::WriteCapture(path) => {
                let told = self.write_capture(&path);
                self.tell(told);
            }
            Wish::Listen(address) => {
                let told = self.link.listen(&address).map(|at| format!("listening at {at}"));
                self.tell(told);
            }
            Wish::StopListening => self.link.stop_listening(),
            Wish::SendTo(address, naming) => {
                let told = self.link.send_to(&address, naming).map(|to| format!("the head goes to {to}"));
                self.tell(told);
            }
            Wish::StopSending => self.link.stop_sending(),
        }
        self.view.shown.exporting = self.job.as_ref().map(Job::done);
    }

    /// The session of a record in place of another; where it cannot be read, the other stays.
    fn open_session(&mut self, path: &Path) {
        let Some(sessions) = &mut self.sessions else {
            self.studio.complain("this studio opens no sessions");
            return;
        };
        let mut recording = match sessions(path) {
            Ok(recording) => recording,
            Err(error) => return self.studio.complain(error),
        };
        // The one before is no longer wanted, and ends before another begins.
        self.replaying = None;
        let replay = recording.face.take().map(Replaying::start);
        // What is taken out here tells the state whether there is something to wait for.
        let (replaying, fault) = match replay.transpose() {
            Ok(replaying) => (replaying, None),
            Err(error) => (None, Some(error)),
        };
        self.sound = None;
        self.view.shown.sound_fault = None;
        if !recording.sound.is_empty() && self.loudspeaker != Choice::Nothing {
            match Sound::open(recording.sound.clone(), self.loudspeaker.clone()) {
                Ok(sound) => self.sound = Some(sound),
                Err(fault) => self.view.shown.sound_fault = Some(fault),
            }
        }
        self.studio.open_session(recording, replaying.is_some());
        self.replaying = replaying;
        if let Some(fault) = fault {
            self.studio.complain(fault);
        }
    }

    /// **Errors** in words, with the path.
    fn play(&mut self, path: &Path, flip: Flip) -> Result<String, String> {
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = files::read_take(path)?;
        let read = live_link::read(&text, None, flip).map_err(|error| told(&error))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let poses = read.take.poses().to_vec();
        let count = poses.len();
        let curve = Curve::new(&name, poses).map_err(|error| told(&error))?;
        self.view.shown.notes = read.notes;
        if !read.missing.is_empty() {
            let missing: Vec<&str> = read.missing.iter().copied().map(Blendshape::name).collect();
            self.view.shown.notes.push(format!("no column for {}: at rest", missing.join(", ")));
        }
        self.studio.show(Source::Curve(Arc::new(curve)));
        self.studio.transport.playing = true;
        Ok(format!("{name}: {count} poses, {:.1} per second", read.rate_hz))
    }

    /// **Errors** in words, with the path; what was captured stays until it is written.
    fn write_capture(&mut self, path: &Path) -> Result<String, String> {
        let capture = self.capture.clone().ok_or("nothing was captured")?;
        let take = capture.finish().ok_or("nothing was captured")?;
        files::write_whole(path, live_link::write(&take, RATE_HZ).as_bytes())?;
        self.capture = None;
        Ok(format!("written: {}, {} poses", path.display(), take.poses().len()))
    }
}
