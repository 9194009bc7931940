//! The conversation with what the driver needs to know about it: which utterance asked what, and how it ended.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use viva_assessment::conversation::{
    AnswerSoFar, Config, Conversation, ConversationEvent, Handbook, Input, Outcome, Output, PracticePlan,
    Unacknowledged,
};
use viva_assessment::exam::{
    BEHAVIOUR_FILE, CALIBRATION_FILE, ExamErrors, Source, SourceHeading, SourceReader,
};
use viva_assessment::{Asked, Exam, Scorer};
use viva_behaviour::{Profile, Role};
use viva_exchange::Utterance;
use viva_learner::Task;
use viva_media::{TimeSpan, Timestamp};
use viva_runtime::graph::NO_ANSWER_AFTER;
use viva_speech::VoiceProfile;

use super::cast::{character_look, identity};

use crate::commands::kb::read_isolated;
use crate::issuer::check_signature;

/// The state machine of the assessment, and how it ended.
pub(crate) struct Examiner {
    conversation: Conversation,
    outcome: Option<Outcome>,
    log: Vec<ConversationEvent>,
    /// How many times longer than usual the candidate may be silent.
    patience_factor: f32,
}

/// What an input led to.
#[derive(Default)]
pub(crate) struct Step {
    pub(crate) say: Vec<Utterance>,
    pub(crate) log: Vec<ConversationEvent>,
    /// Wordings asked of a language model.
    pub(crate) wordings: Vec<AskedWording>,
}

/// A wording that a language model may give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AskedWording {
    pub(crate) request: u32,
    pub(crate) facts: Vec<String>,
    pub(crate) fallback: String,
}

impl Examiner {
    /// With a plan it is practice, and nothing of it can count.
    ///
    /// A candidate who asks is told from `handbook`, where there is one.
    pub(crate) fn new(
        scorer: Arc<Scorer>,
        config: Config,
        practice: Option<PracticePlan>,
        handbook: Option<Arc<dyn Handbook>>,
    ) -> Self {
        let patience_factor = config.accommodation.patience_factor;
        let conversation = match practice {
            None => Conversation::with_scorer(scorer, config),
            Some(plan) => Conversation::practise(scorer, config, plan),
        };
        let conversation = conversation.with_handbook(handbook);
        Self { conversation, outcome: None, log: Vec::new(), patience_factor }
    }

    /// The same conversation in the same state, with nothing logged yet: what it is told leaves no trace in this one.
    pub(crate) fn fork(&self) -> Self {
        let (conversation, outcome) = (self.conversation.clone(), self.outcome.clone());
        Self { conversation, outcome, log: Vec::new(), patience_factor: self.patience_factor }
    }

    /// How long a question may stay without an answer before it is asked again.
    pub(crate) fn longest_silence(&self) -> TimeSpan {
        TimeSpan::from_secs(NO_ANSWER_AFTER.as_secs() * f64::from(self.patience_factor))
    }

    /// Hands in one input and drains what follows from it.
    pub(crate) fn handle(&mut self, now: Timestamp, input: Input) -> Step {
        self.conversation.handle(now, input);
        let mut step = Step::default();
        while let Some(output) = self.conversation.poll() {
            match output {
                Output::Say(utterance) => step.say.push(utterance),
                Output::Log(event) => {
                    self.log.push(event.clone());
                    step.log.push(event);
                }
                Output::AskWording { request, facts, fallback } => {
                    step.wordings.push(AskedWording { request, facts, fallback });
                }
                // The question stands in the utterance that asks it.
                Output::Listen(_) => {}
                Output::Finished(outcome) => self.outcome = Some(outcome),
            }
        }
        step
    }

    /// How the session ended, once it has.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// Every decision so far.
    pub(crate) fn log(&self) -> &[ConversationEvent] {
        &self.log
    }

    /// What would be said at the end of the answer that is awaited, until the reply is known.
    pub(crate) fn acknowledgement(&self) -> Option<Utterance> {
        self.conversation.acknowledgement()
    }

    /// What to say now that the floor is taken and the reply is not known, or why nothing.
    pub(crate) fn acknowledge(&self, answer: &AnswerSoFar<'_>) -> Result<Utterance, Unacknowledged> {
        self.conversation.acknowledge(answer)
    }

    /// What the candidate is being asked.
    pub(crate) fn asked(&self) -> Option<Asked<'_>> {
        self.conversation.asked()
    }
}

/// Reads an exam package from a folder; its faults come as values, for callers that tell them in a form of their own.
pub(crate) fn read_exam(folder: &Path) -> Result<Result<Arc<Exam>, ExamErrors>> {
    let mut files = BTreeMap::new();
    read_folder(folder, folder, &mut files)?;
    Ok(checked(folder, &files))
}

/// As if nobody had calibrated its rubric yet: what is there may be of an earlier state.
pub(crate) fn load_uncalibrated_exam(folder: &Path) -> Result<Arc<Exam>> {
    let mut files = BTreeMap::new();
    read_folder(folder, folder, &mut files)?;
    files.remove(CALIBRATION_FILE);
    checked(folder, &files).map_err(|errors| faulty(folder, &errors))
}

fn faulty(folder: &Path, errors: &ExamErrors) -> anyhow::Error {
    anyhow::anyhow!("the exam package {} has faults:\n{errors}", folder.display())
}

fn checked(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<Arc<Exam>, ExamErrors> {
    let exam = Exam::load_with(files, &Documents(folder));
    exam.and_then(|exam| {
        profile(&exam).map_err(|reason| ExamErrors::of_file(BEHAVIOUR_FILE, reason))?;
        if let Some(calibration) = exam.calibration() {
            check_signature(calibration).map_err(|reason| ExamErrors::of_file(CALIBRATION_FILE, reason))?;
        }
        check_tasks(files, &exam)?;
        check_cast(folder, &exam)?;
        Ok(Arc::new(exam))
    })
}

/// Voices and looks that there are not would be found in the middle of a session.
fn check_cast(folder: &Path, exam: &Exam) -> Result<(), ExamErrors> {
    let check_voice = |file: &str, voice: &str| {
        let message = format!("no voice is called {voice:?}; there are {}", VoiceProfile::NAMES.join(", "));
        VoiceProfile::built_in(voice).map(drop).ok_or_else(|| ExamErrors::of_file(file, message))
    };
    check_voice("persona.toml", &exam.persona().voice)?;
    let scene = exam.role_play();
    for character in [&scene.character].into_iter().chain(scene.variants.iter().map(|other| &other.character))
    {
        check_voice("roleplay.toml", &character.voice)?;
        // A person of another folder would be missing where the package is.
        let inside = !Path::new(&character.look).is_absolute() && !character.look.contains("..");
        let found = identity(&character_look(folder, &character.look)).map(drop);
        let outside = || anyhow::anyhow!("{:?} is not in the package", character.look);
        if inside { found } else { Err(outside()) }.map_err(|error| {
            ExamErrors::of_file("roleplay.toml", format!("look of {}: {error:#}", character.name))
        })?;
    }
    Ok(())
}

/// Guided practice: a damaged task is told to its author, and not to the learner who begins it.
fn check_tasks(files: &BTreeMap<String, Vec<u8>>, exam: &Exam) -> Result<(), ExamErrors> {
    for (path, bytes) in files {
        if !path.starts_with("tasks/") || !path.ends_with(".toml") {
            continue;
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|error| ExamErrors::of_file(path, format!("it is no text in UTF-8: {error}")))?;
        Task::parse(text, exam).map_err(|error| ExamErrors::of_file(path, error.to_string()))?;
    }
    Ok(())
}

/// How the examiner's face behaves: as the package says, else as examiners usually do.
pub(crate) fn examiner_profile(exam: &Exam) -> Result<Profile> {
    profile(exam).map_err(|reason| anyhow::anyhow!("{BEHAVIOUR_FILE}: {reason}"))
}

fn profile(exam: &Exam) -> Result<Profile, String> {
    let Some(text) = exam.behaviour() else { return Ok(Profile::examiner()) };
    let profile = Profile::from_toml(text).map_err(|error| error.to_string())?;
    match profile.role {
        Role::Examiner => Ok(profile),
        Role::Character => Err("`role` is \"character\": an exam begins with the examiner".to_owned()),
    }
}

/// Reads an exam package from a folder; every fault is told at once.
pub(crate) fn load_exam(folder: &Path) -> Result<Arc<Exam>> {
    read_exam(folder)?.map_err(|errors| faulty(folder, &errors))
}

/// The package's documents of other formats than markdown.
struct Documents<'a>(&'a Path);

impl SourceReader for Documents<'_> {
    fn read(&self, path: &str, bytes: &[u8]) -> Option<Result<Source, String>> {
        if !viva_knowledge::is_document(path) {
            return None;
        }
        let read = read_isolated(&self.0.join(path), &viva_knowledge::sha256_hex(bytes));
        Some(match read {
            Ok(Ok(document)) => {
                let heading = |heading: &viva_knowledge::Heading| SourceHeading {
                    title: heading.title.clone(),
                    page: document.page_at(heading.range.start),
                };
                let headings = document.headings.iter().map(heading).collect();
                Ok(Source { headings, text: document.text })
            }
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) => Err(format!("{error:#}")),
        })
    }
}

/// Hidden files and folders are left aside: version control and editors put them there, not the exam's authors.
fn read_folder(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    const MOST_BYTES: u64 = 8 << 20;
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read the exam folder {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let file_name = path.file_name().unwrap_or_default();
        if file_name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        // What cannot be told apart as text would be read as one file, and only that one would enter the hash.
        anyhow::ensure!(
            file_name.to_str().is_some(),
            "the name of {} in the exam package is not UTF-8: rename it",
            path.display()
        );
        let metadata = path.metadata().with_context(|| format!("cannot read {}", path.display()))?;
        if metadata.is_dir() {
            read_folder(root, &path, files)?;
            continue;
        }
        let name = path
            .strip_prefix(root)?
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect::<Vec<_>>()
            .join("/");
        // A pipe or a device may never end.
        anyhow::ensure!(metadata.is_file(), "{name} in the exam package is neither a file nor a folder");
        anyhow::ensure!(metadata.len() <= MOST_BYTES, "{name} in the exam package is larger than 8 MiB");
        files.insert(name, std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
    }
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn read(folder: &Path) -> Result<Vec<String>, String> {
        let mut files = BTreeMap::new();
        read_folder(folder, folder, &mut files).map_err(|error| format!("{error:#}"))?;
        Ok(files.into_keys().collect())
    }

    #[test]
    fn only_visible_regular_files_of_readable_names_are_a_package() {
        use std::ffi::OsStr;
        use std::os::unix::{ffi::OsStrExt as _, fs::symlink, net::UnixListener};
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &[u8]| folder.path().join(OsStr::from_bytes(name));
        for name in [&b".git"[..], b"knowledge"] {
            std::fs::create_dir(at(name)).expect("a folder");
        }
        for name in [&b"a.toml"[..], b"knowledge/b.md", b".git/config", b".#a.toml"] {
            std::fs::write(at(name), "x").expect("a file");
        }
        assert_eq!(read(folder.path()), Ok(vec!["a.toml".to_owned(), "knowledge/b.md".to_owned()]));
        let refused = |name: &[u8], says: &str| {
            let error = read(folder.path()).expect_err(says);
            assert!(error.contains(says), "{error}");
            std::fs::remove_file(at(name)).expect("is there");
        };
        std::fs::write(at(b"c\xff.md"), "x").expect("a file");
        refused(b"c\xff.md", "c\u{fffd}.md in the exam package is not UTF-8");
        symlink("nowhere", at(b"dangling.md")).expect("a link");
        refused(b"dangling.md", "dangling.md");
        drop(UnixListener::bind(at(b"socket")).expect("a socket"));
        refused(b"socket", "socket in the exam package is neither a file nor a folder");
    }
}
