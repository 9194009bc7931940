//! What the panels ask for and the state alone cannot do: files, sockets, threads.

use std::path::Path;
use std::sync::Arc;

use viva_avatar::live_link::Flip;
use viva_avatar::{Imported, ReadTake, TakeFile};
use viva_devices::Choice;
use viva_render::{Identity, Member};

use super::app::App;
use super::replay::Replaying;
use super::sound::Sound;
use crate::core::capture::Capture;
use crate::core::curve::Curve;
use crate::core::studio::Source;
use crate::export::{self, Export, Job};
use crate::files;
use crate::panels::{AvatarShown, Wish};

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
                let actor = self.faces.actor(export::SIZE).map_err(|error| error.to_string());
                match actor.and_then(|actor| Job::new(&mut self.studio, actor, kind, secs, &path)) {
                    Ok(job) => self.job = Some(job),
                    Err(error) => self.studio.complain(error),
                }
            }
            Wish::OpenAvatar(path) => {
                let read = match &mut self.avatars {
                    Some(avatars) => avatars(&path),
                    None => Err("this studio opens no avatars".to_owned()),
                };
                match read {
                    Ok(imported) => self.wear(&path, imported),
                    Err(fault) => self.refuse(fault),
                }
            }
            Wish::OwnHead => match self.faces.show(&mut self.painter.renderer, Arc::clone(&self.own)) {
                Ok(()) => {
                    (self.view.shown.avatar, self.view.shown.avatar_fault) = (None, None);
                    self.studio.say("our own head");
                }
                Err(error) => self.refuse(error.to_string()),
            },
            Wish::OpenPerson(path) => {
                let told = self.open_person(&path);
                self.tell(told);
            }
            Wish::SavePerson(path) => {
                let text = self.studio.edited().person.to_toml();
                let told = Identity::from_toml(&text)
                    .map_err(|error| error.to_string())
                    .and_then(|_| files::write_whole(&path, text.as_bytes()));
                self.tell(told.map(|()| format!("written: {}", path.display())));
            }
            Wish::OpenSession(path) => self.open_session(&path),
            Wish::Play { path, flip } => {
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

    /// An avatar in place of whoever is seen; where the device cannot draw it, they stay.
    pub(super) fn wear(&mut self, path: &Path, Imported { avatar, report }: Imported) {
        let member = Arc::new(Member::Imported(Box::new(avatar), Box::new(self.person.look)));
        if let Err(error) = self.faces.show(&mut self.painter.renderer, member) {
            return self.refuse(format!("{}: {error}", path.display()));
        }
        self.view.shown.avatar_fault = None;
        let shown = AvatarShown::new(path, &report);
        self.studio.say(shown.lines[0].clone());
        self.view.shown.avatar = Some(shown);
    }

    /// Our own head becomes who the sliders say; where that is nobody, the head before stays.
    pub(super) fn become_person(&mut self) {
        let wanted = self.studio.edited().person;
        if wanted == self.person {
            return;
        }
        // Once per change, also where it fails.
        self.person = wanted;
        let head = match &mut self.heads {
            Some(heads) => {
                wanted.head(|name| heads(name).map_err(anyhow::Error::msg)).map_err(|error| error.to_string())
            }
            None => Err("this studio has no other heads".to_owned()),
        };
        let head = match head {
            Ok(head) => head,
            Err(error) => return self.studio.complain(error),
        };
        let own = Arc::new(Member::Own(Box::new(head), Box::new(wanted.look)));
        let is_aside = self.view.shown.avatar.is_some();
        let shown =
            if is_aside { Ok(()) } else { self.faces.show(&mut self.painter.renderer, Arc::clone(&own)) };
        match shown {
            Ok(()) => self.own = own,
            Err(error) => self.studio.complain(error.to_string()),
        }
    }

    /// **Errors** in words, with the path.
    fn open_person(&mut self, path: &Path) -> Result<String, String> {
        let person = Identity::from_toml(&files::read_text(path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        self.studio.edit("open person", None, |edited, _| edited.person = person);
        Ok(format!("{} is our own person now", path.display()))
    }

    fn refuse(&mut self, fault: String) {
        self.studio.complain("that is no avatar to be shown: see Avatar");
        self.view.shown.avatar_fault = Some(fault);
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
        let file = TakeFile::of(path).ok_or_else(|| told(&"a take ends in .csv or .json"))?;
        let text = files::read_take(path)?;
        let ReadTake { take, notes } = file.read(&text, None, flip).map_err(|error| told(&error))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let rate = take.rate_hz().map_or_else(String::new, |rate| format!(", {rate:.1} per second"));
        let told = format!("{name}: {} poses{rate}, {:.1} s", take.poses().len(), take.duration().as_secs());
        self.view.shown.notes = notes;
        self.studio.show(Source::Curve(Arc::new(Curve::new(take))));
        self.studio.transport.playing = true;
        Ok(told)
    }

    /// **Errors** in words, with the path; what was captured stays until it is written.
    fn write_capture(&mut self, path: &Path) -> Result<String, String> {
        let capture = self.capture.clone().ok_or("nothing was captured")?;
        let take = capture.finish().ok_or("nothing was captured")?;
        files::write_whole(path, TakeFile::LiveLink.write(&take).as_bytes())?;
        self.capture = None;
        Ok(format!("written: {}, {} poses", path.display(), take.poses().len()))
    }
}
