//! Sound and picture of a tick, into record, film and window.

use serde_json::json;
use sha2::Digest as _;
use viva_behaviour::Event;
use viva_media::{AudioBlock, FacePose, Timestamp};
use viva_record::Track;
use viva_verify::canonical::hex;

use super::driver::{Driver, Setup};
use super::glances::GLANCE;
use super::journal::Media;
use super::stage::{Scene, Stage};
use super::view::Shot;

/// Pictures of the film per second.
const FRAMES_PER_SECOND: i64 = 25;

impl Driver {
    pub(super) fn show(&mut self, audio: &AudioBlock, assessor: Option<&AudioBlock>) {
        self.watch();
        self.setup.journal.audio(Track::Candidate, audio);
        if let Some(block) = assessor {
            self.setup.face.push(self.now, Event::LoudnessRms(block.rms()));
        }
        let assessor_block = assessor.cloned().unwrap_or_else(|| AudioBlock::silence(audio.start));
        self.setup.journal.audio(Track::Assessor, &assessor_block);
        let millis = self.now.as_millis();
        let is_frame = (millis * FRAMES_PER_SECOND / 1000) != ((millis - 20) * FRAMES_PER_SECOND / 1000);
        let pose = (is_frame || self.setup.view.is_some()).then(|| self.setup.face.step(self.now));
        let cue = pose.as_ref().and_then(|pose| self.setup.face.carried_by(pose));
        if let (Some(pose), Some(view)) = (&pose, &mut self.setup.view) {
            let late = self.setup.candidate.lateness(self.now);
            let cue_age = cue.zip(late).map(|(cue, late)| late + (self.now - cue));
            let pose = self.lips.wait(*pose, self.setup.loudspeaker.sounding());
            view.show(Shot { pose, role: self.role, caption: self.caption.clone() }, cue_age);
            for (name, span) in view.measured() {
                self.meter.push(name, span);
            }
        }
        let pose = pose.filter(|_| is_frame);
        if let Some(pose) = &pose {
            self.poses.update(pose.to_bytes());
            if let Some(kept) = &mut self.kept_poses {
                kept.push(*pose);
            }
        }
        if self.ticks.is_multiple_of(50) {
            let hex = hex(&std::mem::take(&mut self.poses).finalize());
            self.setup.journal.event(self.now, "poses", json!({"sha256": hex}));
            self.pose_digests.push(hex);
        }
        self.film(audio, &assessor_block, pose, cue);
    }

    /// What our eyes have seen of the candidate since the last tick, or what a record says that the face was told on this one.
    ///
    /// Before the face is asked for its pose, in a session as in its replay.
    fn watch(&mut self) {
        let (now, is_silent) = (self.now, self.answering_since.is_none());
        let Setup { stage, sight, glances, face, journal, .. } = &mut self.setup;
        let is_agreed = journal.media() == Media::Kept;
        for sighting in stage.iter().flat_map(Stage::sightings) {
            sight.see(sighting);
            for glance in glances.see(&sighting, is_silent).filter(|_| is_agreed) {
                journal.event(now, GLANCE, glance);
                face.push(now, glance.into());
            }
        }
        while let Some(glance) = glances.recorded(now) {
            face.push(now, glance.into());
        }
    }

    /// A film that cannot go on ends no interview.
    fn film(
        &mut self,
        audio: &AudioBlock,
        assessor: &AudioBlock,
        pose: Option<FacePose>,
        cue: Option<Timestamp>,
    ) {
        let Some(stage) = self.setup.stage.as_ref().filter(|_| !self.film_lost) else { return };
        let both = audio.samples.iter().zip(&assessor.samples);
        let mixed = both.map(|(a, b)| (a + b).clamp(-1.0, 1.0)).collect();
        let mut is_running = stage.audio(AudioBlock::new(audio.start, mixed));
        if let Some(pose) = pose {
            is_running &= stage.scene(Scene {
                at: self.now,
                assessor: pose,
                cue,
                role: self.role,
                candidate: self.setup.candidate.picture(self.now),
                caption: self.caption.clone(),
                floor: self.setup.mind.holder(),
            });
        }
        if !is_running {
            self.film_lost = true;
            self.setup.journal.event(self.now, "film", json!({"lost": true}));
        }
    }
}
