//! The networks of a session, loaded once.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use viva_assessment::short_answer::{Compared, Entailment, EntailmentError};
use viva_assessment::{Embedder, EmbedderError};
use viva_inference::embedding::MiniLm;
use viva_inference::end_of_turn::SmartTurn;
use viva_inference::entailment::{self, LABELS, Pair};
use viva_inference::flow_net::FlowNet;
use viva_inference::synthesis::{HibariAcoustics, HibariOutOfVocabulary};
use viva_inference::voice_activity::SileroVoiceActivity;
use viva_inference::whisper::Whisper;
use viva_models::Cache;
use viva_models::manifest::Manifest;
use viva_record::wire::{ModelUse, SessionHeader};
use viva_runtime::{Mind, MindConfig};
use viva_speech::{Synthesiser, TableFiles, Tables};

/// Where the networks lie.
#[derive(Clone)]
pub(crate) struct Models {
    cache: Cache,
}

const ROLES: [(&str, &str); 7] = [
    ("voice activity", "vad-silero-16k"),
    ("end of turn", "turn-smart-turn-v3.2"),
    ("speech recognition", "asr-whisper-tiny-en"),
    ("speech synthesis", "tts-hibari-heart"),
    ("sentence embedding", SENTENCES),
    ("face tracking", "face-landmarker"),
    ("head", "avatar-head-mpfb"),
];

const SENTENCES: &str = "embed-minilm-l6-v2";

impl Models {
    /// The networks of the user's cache.
    pub(crate) fn open() -> Result<Self> {
        Ok(Self { cache: Cache::from_env()? })
    }

    /// The folder of an asset.
    pub(crate) fn folder(&self, id: &str) -> PathBuf {
        self.cache.asset(id)
    }

    /// A file of an asset, or what to do to get it.
    pub(crate) fn file(&self, id: &str, file: &str) -> Result<PathBuf> {
        Ok(self.cache.asset_path(id, file)?)
    }

    pub(crate) fn voice_activity(&self) -> Result<SileroVoiceActivity> {
        self.file("vad-silero-16k", "silero_vad.safetensors")?;
        SileroVoiceActivity::load(&self.folder("vad-silero-16k")).context("voice activity network")
    }

    pub(crate) fn end_of_turn(&self) -> Result<SmartTurn> {
        self.file("turn-smart-turn-v3.2", "smart_turn.safetensors")?;
        SmartTurn::load(&self.folder("turn-smart-turn-v3.2")).context("end-of-turn network")
    }

    /// The flow-net is our own and part of the program.
    pub(crate) fn flow_net(&self) -> Result<FlowNet> {
        FlowNet::from_bytes(viva_models::FLOW_NET.to_vec()).context("flow-net")
    }

    /// The mind of a session, with its networks.
    pub(crate) fn mind(&self, config: MindConfig) -> Result<Mind> {
        let forecaster = Box::new(self.flow_net()?);
        Ok(Mind::new(config, Box::new(self.voice_activity()?), Some(forecaster)))
    }

    pub(crate) fn recogniser(&self) -> Result<Whisper> {
        self.file("asr-whisper-tiny-en", "whisper_tiny_en.safetensors")?;
        Whisper::load(&self.folder("asr-whisper-tiny-en")).context("speech recogniser")
    }

    pub(crate) fn embedder(&self) -> Result<Arc<dyn Embedder>> {
        self.file(SENTENCES, "model.safetensors")?;
        let network = MiniLm::load(&self.folder(SENTENCES)).context("sentence embedding")?;
        Ok(Arc::new(SentenceEmbedder { network, known: Mutex::default() }))
    }

    /// The network that reads a reference and an answer together: the sentence network with what fine-tuning changed in it.
    pub(crate) fn entailment(&self, change: &[u8]) -> Result<Arc<dyn Entailment>> {
        self.file(SENTENCES, "model.safetensors")?;
        let folder = self.folder(SENTENCES);
        let network = entailment::Entailment::load(&folder, change).context("entailment network")?;
        Ok(Arc::new(PairReader(network)))
    }

    /// The sentence network without a memory: for texts that come once, and for measuring.
    pub(crate) fn forgetful_embedder(&self) -> Result<Arc<dyn Embedder>> {
        self.file(SENTENCES, "model.safetensors")?;
        let network = MiniLm::load(&self.folder(SENTENCES)).context("sentence embedding")?;
        Ok(Arc::new(ForgetfulEmbedder(network)))
    }

    /// Name and hash of the sentence network: vectors of another one cannot be compared with its own.
    pub(crate) fn embedder_id(&self) -> String {
        let digest = digest(&self.cache.asset(SENTENCES)).unwrap_or_default();
        format!("{SENTENCES} {}", &digest[..digest.len().min(16)])
    }

    /// Whether the levels of a session were found with the same sentence network.
    pub(crate) fn has_embedder_of(&self, header: &SessionHeader) -> bool {
        let own = digest(&self.cache.asset(SENTENCES));
        header.models.iter().any(|used| used.id == SENTENCES && used.sha256 == own && own.is_some())
    }

    pub(crate) fn synthesiser(&self) -> Result<Synthesiser> {
        const ID: &str = "tts-hibari-heart";
        let read = |file: &str| -> Result<Vec<u8>> {
            let path = self.file(ID, file)?;
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let [vocab, normalize, exceptions, tagger, gold, silver] = TableFiles::NAMES.map(read);
        let tables = Tables::read(&TableFiles {
            vocab: &vocab?,
            normalize: &normalize?,
            tokenizer_exceptions: &exceptions?,
            tagger: &tagger?,
            lexicon_gold: &gold?,
            lexicon_silver: &silver?,
        })
        .context("pronunciation tables")?;
        let acoustics = HibariAcoustics::read(&read("hibari.safetensors")?).context("speech network")?;
        let unknown = HibariOutOfVocabulary::read(&read("oov.safetensors")?, &read("oov.json")?)
            .context("pronunciation network")?;
        Ok(Synthesiser::new(Box::new(acoustics), Box::new(unknown), &tables))
    }

    /// For the record: which models take part, with the hashes of their files.
    pub(crate) fn uses(&self) -> Vec<ModelUse> {
        ROLES
            .iter()
            .map(|(role, id)| ModelUse {
                role: (*role).to_owned(),
                id: (*id).to_owned(),
                sha256: digest(&self.cache.asset(id)),
            })
            .collect()
    }
}

/// SHA-256 over the recorded hashes of an asset's files, in the order of their names.
fn digest(folder: &std::path::Path) -> Option<String> {
    use sha2::{Digest as _, Sha256};
    let manifest = Manifest::read(folder)?;
    let mut all = Sha256::new();
    for (name, file) in &manifest.files {
        all.update(format!("{name} {}\n", file.sha256));
    }
    Some(viva_verify::canonical::hex(&all.finalize()))
}

/// The sentence network behind the scorer's port. It remembers: a session's answers are looked at again after every turn.
struct SentenceEmbedder {
    network: MiniLm,
    known: Mutex<BTreeMap<String, Vec<f32>>>,
}

struct ForgetfulEmbedder(MiniLm);

impl Embedder for ForgetfulEmbedder {
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedderError> {
        self.0.embed(texts).map_err(|error| EmbedderError(error.to_string()))
    }
}

/// The entailment network behind the scorer's port.
struct PairReader(entailment::Entailment);

impl Entailment for PairReader {
    fn judge(&self, texts: &Compared<'_>, labels: &[String; 3]) -> Result<[f32; 3], EntailmentError> {
        let pair = Pair { reference: texts.reference, answer: texts.answer };
        let judged = self.0.judge(&[pair]).map_err(|error| EntailmentError(error.to_string()))?;
        let [judged] = judged[..] else {
            return Err(EntailmentError("one pair, not one judgement".to_owned()));
        };
        let mut chances = [0.0; 3];
        for (chance, label) in chances.iter_mut().zip(labels) {
            let Some(at) = LABELS.iter().position(|known| known == label) else {
                return Err(EntailmentError(format!("it knows no label {label:?}")));
            };
            *chance = judged.logits[at];
        }
        viva_inference::dense::softmax(&mut chances);
        Ok(chances)
    }
}

/// Sentences remembered at most; an interview holds some hundreds.
const MOST_REMEMBERED: usize = 4096;

impl Embedder for SentenceEmbedder {
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedderError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() + texts.len() > MOST_REMEMBERED {
            known.clear();
        }
        let missing: Vec<&str> = texts.iter().copied().filter(|text| !known.contains_key(*text)).collect();
        if !missing.is_empty() {
            let found = self.network.embed(&missing).map_err(|error| EmbedderError(error.to_string()))?;
            known.extend(missing.iter().map(|text| (*text).to_owned()).zip(found));
        }
        Ok(texts.iter().map(|text| known.get(*text).cloned().unwrap_or_default()).collect())
    }
}
