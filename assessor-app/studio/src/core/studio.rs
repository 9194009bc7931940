//! The studio's state and everything that can be done to it, without a window.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use viva_behaviour::{Block, Profile};
use viva_media::{FacePose, Timestamp};
use viva_render::Identity;

use super::curve::Curve;
use super::desk::Row;
use super::document::{Edited, Side};
use super::history::History;
use super::latency::Latencies;
use super::performance::Performance;
use super::profile_text::{self, Fault};
use super::recording::Recording;
use super::session::{FRAME, Session};
use super::take::{Act, LONGEST_SECS};
use super::transport::Transport;
use crate::files::{self, Watched};

/// What is changed after such a pause is another step of undo.
const LONGEST_IDLE_SECS: f64 = 1.0;

/// Where the poses come from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// The behaviour performs the take.
    Take,
    /// A recorded curve.
    Curve(Arc<Curve>),
    /// The opened session.
    Session,
    /// What a performer sends, the last of it.
    Live(Box<FacePose>),
}

/// A profile beside its file.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) file: Option<Watched>,
    /// What the file holds, as far as we know.
    saved: String,
    /// The text that was read last.
    read: String,
    /// The last one that was good.
    pub(crate) profile: Profile,
    pub(crate) fault: Option<Fault>,
    /// The file has changed beside changes here.
    pub(crate) conflict: Option<String>,
    performance: Box<Performance>,
}

/// A line for the person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) text: String,
    pub(crate) is_error: bool,
}

/// The whole state.
#[derive(Debug)]
pub(crate) struct Studio {
    pub(crate) rows: Vec<Row>,
    edited: Edited,
    history: History<Edited>,
    pub(crate) transport: Transport,
    open: [Open; 2],
    /// Which profile is edited, and shown where there is no wipe.
    pub(crate) side: Side,
    /// Share of the picture, from the left, that shows A; the rest shows B.
    pub(crate) wipe: Option<f32>,
    pub(crate) source: Source,
    pub(crate) session: Option<Box<Session>>,
    /// The act whose cause is asked.
    pub(crate) chosen: Option<Block>,
    pub(crate) status: Status,
    pub(crate) latency: Latencies,
    /// A cue that no picture carries yet.
    awaited: Option<Timestamp>,
    /// Since the last edit.
    idle_secs: f64,
}

impl Studio {
    /// Two profiles by their texts, each with its file if it has one.
    pub(crate) fn new(profiles: [(String, Option<PathBuf>); 2], seed: u64) -> Self {
        let rows = Row::all();
        let edited = Edited::new(&rows, profiles.clone(), seed);
        let open = profiles.map(|(text, path)| {
            let (profile, fault) = match profile_text::read(&text) {
                Ok(profile) => (profile, None),
                Err(fault) => (Profile::examiner(), Some(fault)),
            };
            let performance = Box::new(Performance::new(profile, edited.take.clone()));
            let file = path.map(Watched::new);
            Open { file, saved: text.clone(), read: text, profile, fault, conflict: None, performance }
        });
        Self {
            rows,
            edited,
            history: History::new(),
            transport: Transport::new(),
            open,
            side: Side::A,
            wipe: None,
            source: Source::Take,
            session: None,
            chosen: None,
            status: Status::default(),
            latency: Latencies::new(),
            awaited: None,
            idle_secs: 0.0,
        }
    }

    /// Begins with this person.
    pub(crate) fn begin_as(&mut self, person: Identity) {
        self.edited.person = person;
    }

    pub(crate) fn edited(&self) -> &Edited {
        &self.edited
    }

    pub(crate) fn open(&self, side: Side) -> &Open {
        &self.open[side as usize]
    }

    pub(crate) fn is_changed(&self, side: Side) -> bool {
        self.edited.text(side) != self.open(side).saved
    }

    pub(crate) fn say(&mut self, text: impl Into<String>) {
        self.status = Status { text: text.into(), is_error: false };
    }

    pub(crate) fn complain(&mut self, text: impl Into<String>) {
        self.status = Status { text: text.into(), is_error: true };
    }

    /// One change that can be undone; those of one gesture in a row are one step.
    pub(crate) fn edit(
        &mut self,
        label: &str,
        gesture: Option<&str>,
        change: impl FnOnce(&mut Edited, &[Row]),
    ) {
        self.idle_secs = 0.0;
        let rows = &self.rows;
        self.history.edit(&mut self.edited, label, gesture, |edited| change(edited, rows));
        self.follow();
    }

    /// The gesture is over.
    pub(crate) fn close_gesture(&mut self) {
        self.history.close();
    }

    /// A gesture is over where nothing has come of it for a while; one that is `held` waits.
    pub(crate) fn close_idle_gesture(&mut self, held: bool) {
        if !held && self.idle_secs > LONGEST_IDLE_SECS {
            self.history.close();
        }
    }

    pub(crate) fn undo(&mut self) {
        match self.history.undo(&mut self.edited) {
            Some(label) => self.say(format!("undone: {label}")),
            None => self.say("nothing to undo"),
        }
        self.follow();
    }

    pub(crate) fn redo(&mut self) {
        match self.history.redo(&mut self.edited) {
            Some(label) => self.say(format!("done again: {label}")),
            None => self.say("nothing to do again"),
        }
        self.follow();
    }

    pub(crate) fn next_undo(&self) -> Option<&str> {
        self.history.next_undo()
    }

    pub(crate) fn next_redo(&self) -> Option<&str> {
        self.history.next_redo()
    }

    /// Tells the face something at the playhead.
    pub(crate) fn cue(&mut self, act: Act) {
        if !matches!(self.source, Source::Take) {
            self.complain("what is shown is recorded: go back to the take to tell the face something");
            return;
        }
        let at = Timestamp::from_secs(self.transport.at_secs);
        let label = act.name();
        let mut has_room = true;
        self.edit(&label, None, |edited, _| has_room = edited.take.insert(at, act));
        if has_room {
            self.say(format!("{label} at {:.2} s", at.as_secs()));
            // While the playhead stands, nothing comes of it.
            self.awaited = self.transport.playing.then_some(at).or(self.awaited);
        } else {
            self.complain(format!("a take ends at {LONGEST_SECS} s: begin a new one"));
        }
    }

    /// True while a cue waits for the picture that carries it.
    pub(crate) fn awaits_picture(&self) -> bool {
        self.awaited.is_some()
    }

    /// True once, where this pose is the first that carries a cue.
    pub(crate) fn carries_cue(&mut self, pose: &FacePose) -> bool {
        let is_carried = self.awaited.is_some_and(|cue| cue <= pose.at);
        if is_carried {
            self.awaited = None;
        }
        is_carried
    }

    /// A performer has sent this: it moves the face until something else is shown.
    pub(crate) fn perform(&mut self, pose: FacePose) {
        if !matches!(self.source, Source::Live(_)) {
            self.chosen = None;
        }
        self.source = Source::Live(Box::new(pose));
    }

    /// Sets one number of the edited profile in its text.
    pub(crate) fn set_number(&mut self, path: &str, number: f32) {
        let side = self.side;
        match profile_text::with_number(self.edited.text(side), path, number) {
            Some(text) => self.edit(path, Some(path), |edited, _| *edited.text_mut(side) = text),
            None => self.complain("the profile's text is no TOML: mend it first"),
        }
    }

    /// How long what is shown can be played.
    pub(crate) fn end_secs(&self) -> f64 {
        match (&self.source, &self.session) {
            (Source::Curve(curve), _) => curve.end_secs(),
            (Source::Session, Some(session)) => session.end.as_secs(),
            _ => LONGEST_SECS,
        }
    }

    /// Up to where there is something to see on the timeline.
    pub(crate) fn performed_secs(&self) -> f64 {
        match &self.source {
            Source::Take => self
                .open(self.side)
                .performance
                .end_secs()
                .max(self.edited.take.end_secs())
                .max(self.transport.at_secs),
            Source::Curve(_) | Source::Session => self.end_secs(),
            Source::Live(_) => self.transport.at_secs,
        }
    }

    /// What the face shows at a time with the profile of one side, the desk included.
    pub(crate) fn pose_at(&mut self, side: Side, secs: f64) -> FacePose {
        let pose = match (&self.source, &mut self.session) {
            (Source::Curve(curve), _) => curve.pose(secs),
            (Source::Live(pose), _) => **pose,
            (Source::Session, Some(session)) => session.pose(side as usize, secs),
            _ => self.open[side as usize].performance.pose(secs),
        };
        self.edited.desk.apply(&self.rows, &pose)
    }

    /// What the face shows now.
    pub(crate) fn pose(&mut self, side: Side) -> FacePose {
        self.pose_at(side, self.transport.at_secs)
    }

    /// Every act of the edited profile's performance so far.
    pub(crate) fn blocks(&self) -> &[Block] {
        match (&self.source, &self.session) {
            (Source::Take, _) => self.open(self.side).performance.blocks(),
            (Source::Session, Some(session)) => session.blocks(self.side as usize),
            _ => &[],
        }
    }

    pub(crate) fn show(&mut self, source: Source) {
        self.source = source;
        self.chosen = None;
        self.transport = Transport { at_secs: 0.0, playing: false, looped: None };
    }

    /// Puts a session on the bench in place of another.
    pub(crate) fn open_session(&mut self, recording: Recording, replays: bool) {
        let profiles = Side::BOTH.map(|side| self.open(side).profile);
        let session = Box::new(Session::new(recording, profiles, replays));
        match &session.fault {
            Some(fault) => {
                let told = format!("{} does not verify: {fault}", session.name);
                self.complain(told);
            }
            None => {
                let told = format!("{}: {:.1} s", session.name, session.end.as_secs());
                self.say(told);
            }
        }
        self.session = Some(session);
        self.show(Source::Session);
    }

    /// Goes to the begin of the turn before or after the playhead.
    pub(crate) fn step_turn(&mut self, forward: bool) {
        let at = Timestamp::from_secs(self.transport.at_secs);
        let Some(turn) = self.session.as_ref().and_then(|session| session.next_turn(at, forward)) else {
            return;
        };
        self.transport.playing = false;
        let end = self.end_secs();
        self.transport.seek(turn.as_secs(), end);
    }

    /// Goes to the stroke of the act before or after, and asks why.
    pub(crate) fn step_act(&mut self, forward: bool) {
        let side = self.side as usize;
        if let (Source::Session, Some(session)) = (&self.source, &mut self.session) {
            session.perform(side);
        }
        let now = Timestamp::from_secs(self.transport.at_secs);
        let stroke = |block: &Block| block.sync.stroke;
        // Acts of the same moment come one after another.
        let place = |block: &Block| (stroke(block), block.kind);
        let from = self.chosen.filter(|chosen| stroke(chosen) == now).map(|chosen| place(&chosen));
        let blocks = self.blocks().iter();
        let next = if forward {
            blocks
                .filter(|block| from.map_or(stroke(block) > now, |from| place(block) > from))
                .min_by_key(|b| place(b))
        } else {
            blocks
                .filter(|block| from.map_or(stroke(block) < now, |from| place(block) < from))
                .max_by_key(|b| place(b))
        };
        let Some(next) = next.copied() else { return };
        self.transport.playing = false;
        let end = self.end_secs();
        self.transport.seek(stroke(&next).as_secs(), end);
        self.chosen = Some(next);
    }

    /// The picture before or after this one.
    pub(crate) fn step_frame(&mut self, by: isize) {
        self.transport.playing = false;
        let at = self.transport.at_secs;
        let next = match &self.source {
            Source::Curve(curve) => curve.step(at, by),
            // Pictures of a session lie on a grid.
            Source::Session => ((at / FRAME.as_secs() + 1e-6).floor() + by as f64) * FRAME.as_secs(),
            Source::Take | Source::Live(_) => at + by as f64 / 25.0,
        };
        let end = self.end_secs();
        self.transport.seek(next, end);
    }

    /// Begins a take anew.
    pub(crate) fn new_take(&mut self) {
        self.edit("new take", None, |edited, _| {
            edited.take.cues.clear();
            edited.take.seed = edited.take.seed.wrapping_add(1);
        });
        self.show(Source::Take);
        self.transport.playing = true;
    }

    /// Time goes on.
    pub(crate) fn advance(&mut self, secs: f64) {
        self.idle_secs += secs;
        let end = self.end_secs();
        self.transport.advance(secs, end);
    }

    /// Opens a profile's file on a side.
    pub(crate) fn load(&mut self, side: Side, path: &Path) {
        match files::read_text(path) {
            Ok(text) => {
                self.take_over(side, text, path, "open");
                self.say(format!("{} is {}", side.name(), path.display()));
            }
            Err(error) => self.complain(error),
        }
    }

    /// Writes the text of a side, to `path` or where it came from.
    pub(crate) fn save(&mut self, side: Side, path: Option<&Path>) {
        let own = self.edited.path(side).map(Path::to_owned);
        let Some(path) = path.map(Path::to_owned).or(own) else {
            self.complain("this profile has no file yet: name one");
            return;
        };
        let text = self.edited.text(side).to_owned();
        if let Err(error) = files::write_whole(&path, text.as_bytes()) {
            self.complain(error);
            return;
        }
        // A text that has another file now had it all along, as far as undo knows.
        let before = self.edited.path(side).map(Path::to_owned);
        self.edited.set_path(side, &path);
        self.history.amend(|state| {
            if state.path(side) == before.as_deref() {
                state.set_path(side, &path);
            }
        });
        let open = &mut self.open[side as usize];
        open.saved = text;
        open.conflict = None;
        open.file = Some(Watched::new(path.clone()));
        if open.fault.is_some() {
            self.complain(format!("saved with its fault: {}", path.display()));
        } else {
            self.say(format!("saved: {}", path.display()));
        }
    }

    /// Looks whether the files have changed and takes them over; changes here are kept until somebody chooses.
    pub(crate) fn poll_files(&mut self) {
        for side in Side::BOTH {
            let open = &mut self.open[side as usize];
            let Some(file) = &mut open.file else { continue };
            if !file.has_changed() {
                continue;
            }
            let path = file.path().to_owned();
            match files::read_text(&path) {
                Ok(text) if text == open.saved => {}
                Ok(text) if self.edited.text(side) == open.saved => {
                    self.take_over(side, text, &path, "reload");
                    self.say(format!("reloaded: {}", path.display()));
                }
                Ok(text) => {
                    open.conflict = Some(text);
                    self.complain(format!("{} has changed on disk and here", path.display()));
                }
                Err(error) => self.complain(error),
            }
        }
    }

    /// Of two changes, takes the file's or keeps the one here.
    pub(crate) fn settle(&mut self, side: Side, take_file: bool) {
        let Some(text) = self.open[side as usize].conflict.take() else { return };
        let path = self.edited.path(side).map(Path::to_owned);
        if let (true, Some(path)) = (take_file, path) {
            self.take_over(side, text, &path, "reload");
        } else {
            self.open[side as usize].saved = text;
        }
    }

    fn take_over(&mut self, side: Side, text: String, path: &Path, label: &str) {
        let open = &mut self.open[side as usize];
        open.saved.clone_from(&text);
        open.conflict = None;
        self.edit(label, None, |edited, _| {
            *edited.text_mut(side) = text;
            edited.set_path(side, path);
        });
    }

    /// Reads what has changed; a text that is no profile leaves the last good one.
    fn follow(&mut self) {
        for side in Side::BOTH {
            let open = &mut self.open[side as usize];
            let path = self.edited.path(side);
            if path != open.file.as_ref().map(Watched::path) {
                // What would be written there is compared with what is there.
                open.saved = path.and_then(|path| files::read_text(path).ok()).unwrap_or_default();
                open.file = path.map(|path| Watched::new(path.to_owned()));
                open.conflict = None;
            }
            let text = self.edited.text(side);
            if *text != open.read {
                text.clone_into(&mut open.read);
                match profile_text::read(text) {
                    Ok(profile) => (open.profile, open.fault) = (profile, None),
                    Err(fault) => open.fault = Some(fault),
                }
            }
            open.performance.follow(&open.profile, &self.edited.take);
            if let Some(session) = &mut self.session {
                session.set_profile(side as usize, &open.profile);
            }
        }
    }
}

#[cfg(test)]
#[path = "studio_tests.rs"]
mod tests;
