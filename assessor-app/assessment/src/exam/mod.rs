//! The exam package: files in, a checked [`Exam`] or all its faults out.

mod acknowledgement;
mod bank;
mod calibration;
mod check;
mod error;
mod guardrails;
mod id;
mod objectives;
mod persona;
mod phrases;
mod roleplay;
mod rubric;
mod schema;
mod source;
mod speakable;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

pub use acknowledgement::Acknowledgement;
pub use bank::{
    AccommodationProfile, AppealAddress, Consent, DocumentWords, Flow, Frame, HARDEST, PracticeWords, Probe,
    ProbeKind, Question, WarmUp, Words,
};
pub use calibration::{
    CALIBRATED, CALIBRATION_FILE, Calibration, CalibrationGate, CalibrationInterval, file_sha256,
};
pub use error::{ExamError, ExamErrors};
pub use guardrails::{Guardrail, GuardrailHit, GuardrailKind, Guardrails};
pub use id::Id;
pub use objectives::{
    Branch, Condition, Confirmation, Objective, ObjectiveKind, Objectives, OutputKind, OutputVariable,
};
pub use persona::Persona;
pub use phrases::WrittenPattern;
pub use roleplay::{AgitationLevel, Behaviour, Character, EndConditions, Fact, RolePlay, Variant};
pub use rubric::{Criterion, Domain, Indicator, Level, Polarity, Rubric, ShownIn};

pub use schema::schemas;
pub use source::{Citation, Source, SourceHeading, SourceReader};

pub(crate) use acknowledgement::after as after_acknowledgement;
pub(crate) use schema::speaker;

use crate::candidate::CandidateScript;

/// The version of the package format that this program reads.
pub const FORMAT: u32 = 1;

/// The folder of documents from which a candidate who asks is told.
pub const HANDOUTS: &str = "handouts/";
/// Files, or folders, of a package from which no level follows.
const NOT_SCORED: [&str; 5] = [CALIBRATION_FILE, BEHAVIOUR_FILE, "tasks/", "candidates/", "people/"];
/// How the examiner's face behaves; optional.
pub const BEHAVIOUR_FILE: &str = "behaviour.toml";

/// A checked exam package.
#[derive(Clone, Debug)]
pub struct Exam {
    frame: Frame,
    persona: Persona,
    behaviour: Option<String>,
    rubric: Rubric,
    calibration: Option<Calibration>,
    objectives: Objectives,
    order: Vec<usize>,
    guardrails: Guardrails,
    role_play: RolePlay,
    knowledge: BTreeMap<String, String>,
    handouts: BTreeMap<String, String>,
    sources: BTreeMap<String, KnownSource>,
    candidates: BTreeMap<String, CandidateScript>,
    /// Stems of the words of its rubric, questions, scene and knowledge.
    vocabulary: BTreeSet<String>,
    hash: [u8; 32],
    /// The same without [`NOT_SCORED`].
    scored: [u8; 32],
}

/// What a citation needs of a document.
#[derive(Clone, Debug)]
struct KnownSource {
    headings: Vec<SourceHeading>,
    sha256: String,
}

impl Exam {
    /// Reads a package: path inside the package → bytes. Paths use `/`.
    ///
    /// Needed: `exam.toml`, `persona.toml`, `rubric.toml`, `objectives.toml`, `guardrails.toml`, `roleplay.toml` and at least
    /// one `knowledge/*.md`; documents in `handouts/` are what a candidate who asks is told from, `candidates/*.toml` are the scripts of simulated candidates, [`CALIBRATION_FILE`] says that the rubric is
    /// calibrated, [`BEHAVIOUR_FILE`] how the examiner's face behaves. Other files only enter the hash.
    ///
    /// # Errors
    /// Every fault that can be seen, each with file, line and column.
    pub fn load(files: &BTreeMap<String, Vec<u8>>) -> Result<Self, ExamErrors> {
        Self::load_with(files, &source::MarkdownOnly)
    }

    /// [`Self::load`] with a reader for documents in `knowledge/` that are not markdown.
    ///
    /// # Errors
    /// Every fault that can be seen; also documents that cannot be read.
    pub fn load_with(
        files: &BTreeMap<String, Vec<u8>>,
        reader: &dyn SourceReader,
    ) -> Result<Self, ExamErrors> {
        let mut errors = Vec::new();
        let frame = read::<Frame>(files, "exam.toml", &mut errors);
        let persona = read::<Persona>(files, "persona.toml", &mut errors);
        let behaviour = files.get(BEHAVIOUR_FILE).and_then(|_| text_of(files, BEHAVIOUR_FILE, &mut errors));
        let behaviour = behaviour.map(str::to_owned);
        let mut rubric = read::<Rubric>(files, "rubric.toml", &mut errors);
        let scored =
            hash_of(files.iter().filter(|(path, _)| !NOT_SCORED.iter().any(|part| path.starts_with(part))));
        let calibration = rubric.as_mut().and_then(|rubric| {
            calibration::apply(files.get(CALIBRATION_FILE), &hex(&scored), rubric, &mut errors)
        });
        let objectives = read::<Objectives>(files, "objectives.toml", &mut errors);
        let guardrails = read::<Guardrails>(files, "guardrails.toml", &mut errors);
        let role_play = read::<RolePlay>(files, "roleplay.toml", &mut errors);
        let (mut read_sources, mut handouts) = (BTreeMap::new(), BTreeMap::new());
        let mut candidates = BTreeMap::new();
        for (path, bytes) in files {
            if is_in(path, "knowledge/", ".md") {
                let source = text_of(files, path, &mut errors).map(Source::markdown);
                read_sources.extend(source.map(|source| (path.clone(), source)));
            } else if is_in(path, HANDOUTS, ".md") {
                let source = text_of(files, path, &mut errors).map(Source::markdown);
                handouts.extend(source.map(|source| (path.clone(), source)));
            } else if path.starts_with(HANDOUTS) {
                match reader.read(path, bytes) {
                    Some(Ok(source)) => drop(handouts.insert(path.clone(), source)),
                    Some(Err(reason)) => errors.push(error::fault(path, "", None, reason)),
                    None => {}
                }
            } else if path.starts_with("knowledge/") {
                match reader.read(path, bytes) {
                    Some(Ok(source)) => drop(read_sources.insert(path.clone(), source)),
                    Some(Err(reason)) => errors.push(error::fault(path, "", None, reason)),
                    None => {}
                }
            } else if is_in(path, "candidates/", ".toml") {
                let name = path["candidates/".len()..path.len() - ".toml".len()].to_owned();
                candidates
                    .extend(read::<CandidateScript>(files, path, &mut errors).map(|script| (name, script)));
            }
        }
        if read_sources.is_empty() {
            let message = "no `knowledge/*.md`: questions need a source".to_owned();
            errors.push(error::fault("knowledge/", "", None, message));
        }
        let parts = check::Parts {
            files,
            frame: frame.as_ref(),
            persona: persona.as_ref(),
            rubric: rubric.as_ref(),
            objectives: objectives.as_ref(),
            guardrails: guardrails.as_ref(),
            role_play: role_play.as_ref(),
            sources: &read_sources,
            candidates: &candidates,
        };
        check::check(&parts, &mut errors);
        if let Some(errors) = ExamErrors::new(errors) {
            return Err(errors);
        }
        let (mut knowledge, mut sources) = (BTreeMap::new(), BTreeMap::new());
        let known = |path: &String, headings| KnownSource { headings, sha256: file_sha256(&files[path]) };
        for (path, Source { text, headings }) in read_sources {
            knowledge.insert(path.clone(), text);
            sources.insert(path.clone(), known(&path, headings));
        }
        let mut told = BTreeMap::new();
        for (path, Source { text, headings }) in handouts {
            told.insert(path.clone(), text);
            sources.insert(path.clone(), known(&path, headings));
        }
        let whole = "a part that could not be read has left a fault";
        let objectives = objectives.expect(whole);
        let order = objectives.order().expect("a cycle has left a fault");
        let (frame, rubric, role_play) = (frame.expect(whole), rubric.expect(whole), role_play.expect(whole));
        let vocabulary = vocabulary(&frame, &rubric, &role_play, knowledge.values());
        Ok(Self {
            frame,
            persona: persona.expect(whole),
            behaviour,
            rubric,
            calibration,
            objectives,
            order,
            guardrails: guardrails.expect(whole),
            role_play,
            knowledge,
            handouts: told,
            sources,
            candidates,
            vocabulary,
            hash: hash_of(files.iter()),
            scored,
        })
    }

    /// How the examiner's face behaves, as text: [`BEHAVIOUR_FILE`], a profile as the studio writes it. None: the usual examiner's.
    /// Whoever has a face reads it; nothing of it reaches a score.
    #[must_use]
    pub fn behaviour(&self) -> Option<&str> {
        self.behaviour.as_deref()
    }

    /// Stems of the content words that the package itself uses.
    pub(crate) const fn vocabulary(&self) -> &BTreeSet<String> {
        &self.vocabulary
    }

    /// What was measured when the machine was compared with human raters; none where the rubric is not calibrated.
    #[must_use]
    pub const fn calibration(&self) -> Option<&Calibration> {
        self.calibration.as_ref()
    }

    /// Whether the exam is held in the language for which recogniser, voice and signs were made: English. In another one a human judges.
    #[must_use]
    pub fn is_in_validated_language(&self) -> bool {
        let language = self.frame.language.to_lowercase();
        language.split(['-', '_']).next() == Some("en") || language == "english"
    }

    /// SHA-256 over the sorted list of `path`, length and bytes of every file.
    #[must_use]
    pub const fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// [`Self::hash`] in lower-case hexadecimal.
    #[must_use]
    pub fn hash_hex(&self) -> String {
        hex(&self.hash)
    }

    /// SHA-256 over the files that a session and its levels follow from, in lower-case hexadecimal: what a calibration is about. Guided
    /// practice, simulated candidates, the examiner's face and the calibration itself are not among them.
    #[must_use]
    pub fn scored_hash_hex(&self) -> String {
        hex(&self.scored)
    }

    /// The exam as if its calibration were not there: for whoever does not trust it. Its hash stays that of all files.
    #[must_use]
    pub fn without_calibration(self: &Arc<Self>) -> Arc<Self> {
        let mut exam = Self::clone(self);
        exam.calibration = None;
        calibration::NOT_CALIBRATED.clone_into(&mut exam.rubric.validation_status);
        Arc::new(exam)
    }

    /// The exam with the scene in the dress that a seed chooses; without variants the exam itself.
    #[must_use]
    pub fn dressed(self: &Arc<Self>, seed: u64) -> Arc<Self> {
        let dresses = self.role_play.dresses() as u64;
        match usize::try_from(seed % dresses) {
            Ok(number) if number > 0 => {
                Arc::new(Self { role_play: self.role_play.dressed(number), ..Self::clone(self) })
            }
            _ => Arc::clone(self),
        }
    }

    /// Frame and question bank.
    #[must_use]
    pub const fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Examiner.
    #[must_use]
    pub const fn persona(&self) -> &Persona {
        &self.persona
    }

    /// Rubric.
    #[must_use]
    pub const fn rubric(&self) -> &Rubric {
        &self.rubric
    }

    /// Objectives in the order in which they are pursued.
    pub fn objectives(&self) -> impl Iterator<Item = &Objective> {
        self.order.iter().map(|at| &self.objectives.objectives[*at])
    }

    /// Guardrails.
    #[must_use]
    pub const fn guardrails(&self) -> &Guardrails {
        &self.guardrails
    }

    /// Role-play.
    #[must_use]
    pub const fn role_play(&self) -> &RolePlay {
        &self.role_play
    }

    /// Knowledge documents: path → text.
    #[must_use]
    pub const fn knowledge(&self) -> &BTreeMap<String, String> {
        &self.knowledge
    }

    /// Documents from which a candidate who asks is told: path → text.
    #[must_use]
    pub const fn handouts(&self) -> &BTreeMap<String, String> {
        &self.handouts
    }

    /// What names the place of a citation `document#heading`, so that it can be checked; `None` when there is no such document.
    #[must_use]
    pub fn citation(&self, cites: &str) -> Option<Citation> {
        let (document, heading) = cites.split_once('#').unwrap_or((cites, ""));
        let source = self.sources.get(document)?;
        let page = source.headings.iter().find(|known| known.title == heading).and_then(|known| known.page);
        Some(Citation {
            document: document.to_owned(),
            heading: heading.to_owned(),
            pages: page.map(|page| (page, page)),
            sha256: source.sha256.clone(),
        })
    }

    /// Scripts of simulated candidates: file name without folder and ending → script.
    #[must_use]
    pub const fn candidates(&self) -> &BTreeMap<String, CandidateScript> {
        &self.candidates
    }

    /// The question of a name.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.frame.questions.iter().find(|question| question.id == *id)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
        hex
    })
}

fn is_in(path: &str, folder: &str, ending: &str) -> bool {
    path.len() > folder.len() + ending.len() && path.starts_with(folder) && path.ends_with(ending)
}

fn text_of<'a>(
    files: &'a BTreeMap<String, Vec<u8>>,
    path: &str,
    errors: &mut Vec<ExamError>,
) -> Option<&'a str> {
    let Some(bytes) = files.get(path) else {
        errors.push(error::fault(path, "", None, "file is missing".to_owned()));
        return None;
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            errors.push(error::fault(
                path,
                "",
                None,
                format!("not UTF-8 after {} bytes", error.valid_up_to()),
            ));
            None
        }
    }
}

fn read<T: DeserializeOwned>(
    files: &BTreeMap<String, Vec<u8>>,
    path: &str,
    errors: &mut Vec<ExamError>,
) -> Option<T> {
    let text = text_of(files, path, errors)?;
    match toml::from_str(text) {
        Ok(value) => Some(value),
        Err(error) => {
            errors.push(error::fault(path, text, error.span(), error.message().to_owned()));
            None
        }
    }
}

fn vocabulary<'a>(
    frame: &'a Frame,
    rubric: &'a Rubric,
    scene: &'a RolePlay,
    knowledge: impl Iterator<Item = &'a String>,
) -> BTreeSet<String> {
    let signs = rubric.criteria.iter().flat_map(|criterion| &criterion.indicators);
    let signs =
        signs.flat_map(|sign| sign.paraphrases.iter().chain(&sign.counter_exemplars).chain([&sign.text]));
    let behaviours =
        scene.behaviours.iter().flat_map(|one| one.paraphrases.iter().chain(&one.counter_exemplars));
    let questions = frame.questions.iter().map(|question| &question.text);
    let texts = signs.chain(behaviours).chain(questions).chain(knowledge);
    texts.flat_map(|text| crate::text::content_stems(text)).collect()
}

fn hash_of<'a>(files: impl Iterator<Item = (&'a String, &'a Vec<u8>)>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for (path, bytes) in files {
        hasher.update((path.len() as u64).to_be_bytes());
        hasher.update(path.as_bytes());
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    }
    hasher.finalize().into()
}
