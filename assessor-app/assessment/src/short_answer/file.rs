//! The fitted scorer as a file: tensors of a `safetensors` container, numbers as JSON in its header.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::entailment::{Blend, OtherSide};
use super::heads::{Head, TARGETS};
use super::model::{Family, Model, Recipe, Stage};
use super::subject::Subjects;
use super::trees::{Forest, Node};
use super::words::Lexicon;

/// Why a file is no scorer.
#[derive(Debug, thiserror::Error)]
pub enum ModelFileError {
    /// No container of tensors.
    #[error("not a safetensors file: {0}")]
    Container(#[from] safetensors::SafeTensorError),
    /// Its header holds no description.
    #[error("the header's `scorer` cannot be read: {0}")]
    Header(#[from] serde_json::Error),
    /// It was written by another version.
    #[error(
        "format {found} of the scorer file; this program reads {wanted}: train it again with `viva train scorer`"
    )]
    Format {
        /// In the file.
        found: u32,
        /// Here.
        wanted: u32,
    },
    /// Another set of features.
    #[error("the scorer was fitted on other features; train it again with `viva train scorer`")]
    Features,
    /// A tensor is missing or has another type or length.
    #[error("tensor `{0}` is missing or damaged")]
    Tensor(String),
}

const FORMAT: u32 = 4;

/// What every format says of itself.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    features: Vec<String>,
    unseen: f32,
    families: BTreeMap<String, FamilyHeader>,
}

#[derive(Serialize, Deserialize)]
struct FamilyHeader {
    labels: [String; 3],
    values: [f32; 3],
    known: Option<StageHeader>,
    new: StageHeader,
    /// A question that is less like those that the trees for new ones have seen is of a new subject.
    least_likeness: f32,
}

#[derive(Serialize, Deserialize)]
struct StageHeader {
    recipe: Recipe,
    #[serde(default)]
    blend: Option<Blend>,
    other_side: OtherSide,
    /// Base of the three labels, the spread and, where there is one, the score.
    bases: Vec<f32>,
}

impl Model {
    /// The file's bytes; the same model gives the same bytes.
    ///
    /// # Errors
    /// When the container cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelFileError> {
        let mut tensors: BTreeMap<String, (Dtype, Vec<u8>)> = BTreeMap::new();
        let mut put = |name: &str, kind: Dtype, bytes: Vec<u8>| {
            tensors.insert(name.to_owned(), (kind, bytes));
        };
        put("lexicon.hashes", Dtype::U32, le(&self.lexicon.hashes, |x| x.to_le_bytes()));
        put("lexicon.idf", Dtype::F32, le(&self.lexicon.idf, |x| x.to_le_bytes()));
        write_heads(&self.heads, &mut put);
        let mut families = BTreeMap::new();
        for (name, family) in &self.families {
            let mut stage = |kind: &str, stage: &Stage| -> StageHeader {
                let mut bases = Vec::new();
                let forests = stage.labels.iter().chain([&stage.spread]).chain(&stage.score);
                for (number, forest) in forests.enumerate() {
                    let name = format!("{name}.{kind}.{number}");
                    bases.push(forest.base);
                    put(&format!("{name}.roots"), Dtype::U32, le(&forest.roots, |x| x.to_le_bytes()));
                    put(
                        &format!("{name}.features"),
                        Dtype::U16,
                        le(&forest.nodes, |n| n.feature.to_le_bytes()),
                    );
                    put(&format!("{name}.values"), Dtype::F32, le(&forest.nodes, |n| n.value.to_le_bytes()));
                    put(&format!("{name}.left"), Dtype::U32, le(&forest.nodes, |n| n.left.to_le_bytes()));
                }
                StageHeader {
                    recipe: stage.recipe.clone(),
                    blend: stage.blend.clone(),
                    other_side: stage.other_side,
                    bases,
                }
            };
            let known = family.known.as_ref().map(|known| stage("known", known));
            let new = stage("new", &family.new);
            let (labels, values, subjects) = (family.labels.clone(), family.values, &family.subjects);
            let least_likeness = subjects.least;
            let vectors: Vec<(f32, Vec<u8>)> = subjects.questions.iter().map(|v| quantised(v)).collect();
            let scales: Vec<f32> = vectors.iter().map(|(scale, _)| *scale).collect();
            put(&format!("{name}.subject_scales"), Dtype::F32, le(&scales, |x| x.to_le_bytes()));
            let bytes = vectors.into_iter().flat_map(|(_, bytes)| bytes).collect();
            put(&format!("{name}.subject_vectors"), Dtype::I8, bytes);
            families.insert(name.clone(), FamilyHeader { labels, values, known, new, least_likeness });
        }
        let features = super::FEATURES.iter().map(|name| (*name).to_owned()).collect();
        let header = Header { format: FORMAT, features, unseen: self.lexicon.unseen, families };
        let meta = HashMap::from([("scorer".to_owned(), serde_json::to_string(&header)?)]);
        let views = tensors
            .iter()
            .map(|(name, (kind, bytes))| {
                let length = bytes.len() * 8 / kind.bitsize();
                Ok((name.as_str(), TensorView::new(*kind, vec![length], bytes)?))
            })
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
        Ok(safetensors::serialize(views, Some(meta))?)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it holds something else than a scorer of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelFileError> {
        let (_, metadata) = SafeTensors::read_metadata(bytes)?;
        let tensors = SafeTensors::deserialize(bytes)?;
        let described = metadata.metadata().as_ref().and_then(|meta| meta.get("scorer"));
        let described = described.map_or("", String::as_str);
        let Version { format } = serde_json::from_str(described)?;
        if format != FORMAT {
            return Err(ModelFileError::Format { found: format, wanted: FORMAT });
        }
        let header: Header = serde_json::from_str(described)?;
        if header.features != super::FEATURES {
            return Err(ModelFileError::Features);
        }
        let reader = Reader(tensors);
        let lexicon = Lexicon {
            hashes: reader.u32("lexicon.hashes")?,
            idf: reader.f32("lexicon.idf")?,
            unseen: header.unseen,
        };
        if lexicon.hashes.len() != lexicon.idf.len() {
            return Err(ModelFileError::Tensor("lexicon.idf".to_owned()));
        }
        let heads = reader.heads()?;
        let mut families = BTreeMap::new();
        for (name, family) in header.families {
            let known =
                family.known.map(|known| reader.stage(&format!("{name}.known"), known)).transpose()?;
            let new = reader.stage(&format!("{name}.new"), family.new)?;
            let questions = reader.subjects(&name)?;
            let subjects = Subjects { questions, least: family.least_likeness };
            let FamilyHeader { labels, values, .. } = family;
            families.insert(name, Family { labels, values, known, new, subjects });
        }
        Ok(Self { lexicon, families, heads })
    }
}

fn le<T, const N: usize>(values: &[T], bytes: impl Fn(&T) -> [u8; N]) -> Vec<u8> {
    values.iter().flat_map(bytes).collect()
}

/// A row of weights as bytes: −127..=127 times a scale.
fn quantised(values: &[f32]) -> (f32, Vec<u8>) {
    let most = values.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
    let scale = if most > 0.0 { most / 127.0 } else { 1.0 };
    (scale, values.iter().map(|v| (v / scale).round() as i8 as u8).collect())
}

fn write_heads(heads: &BTreeMap<u64, Head>, put: &mut impl FnMut(&str, Dtype, Vec<u8>)) {
    let keys: Vec<u64> = heads.keys().copied().collect();
    let (mut bias, mut scales, mut vectors) = (Vec::new(), Vec::new(), Vec::new());
    let (mut counts, mut hashes, mut weights) = (Vec::<u32>::new(), Vec::<u32>::new(), Vec::new());
    let mut subject = Vec::<u8>::new();
    for head in heads.values() {
        bias.extend(head.bias);
        for row in &head.embedding {
            let (scale, bytes) = quantised(row);
            scales.push(scale);
            vectors.extend(bytes);
        }
        let flat: Vec<f32> = head.words.values().flatten().copied().collect();
        let (scale, bytes) = quantised(&flat);
        scales.push(scale);
        weights.extend(bytes);
        counts.push(head.words.len() as u32);
        hashes.extend(head.words.keys());
        subject.extend(head.words.keys().map(|hash| u8::from(head.subject.contains(hash))));
    }
    put("heads.keys", Dtype::U64, le(&keys, |x| x.to_le_bytes()));
    put("heads.bias", Dtype::F32, le(&bias, |x| x.to_le_bytes()));
    put("heads.scales", Dtype::F32, le(&scales, |x| x.to_le_bytes()));
    put("heads.vectors", Dtype::I8, vectors);
    put("heads.word_counts", Dtype::U32, le(&counts, |x| x.to_le_bytes()));
    put("heads.word_hashes", Dtype::U32, le(&hashes, |x| x.to_le_bytes()));
    put("heads.word_weights", Dtype::I8, weights);
    put("heads.word_subject", Dtype::U8, subject);
}

struct Reader<'a>(SafeTensors<'a>);

impl Reader<'_> {
    fn bytes(&self, name: &str, kind: Dtype) -> Result<Vec<u8>, ModelFileError> {
        let view = self.0.tensor(name)?;
        if view.dtype() == kind {
            Ok(view.data().to_vec())
        } else {
            Err(ModelFileError::Tensor(name.to_owned()))
        }
    }

    fn u32(&self, name: &str) -> Result<Vec<u32>, ModelFileError> {
        let bytes = self.bytes(name, Dtype::U32)?;
        Ok(bytes.chunks_exact(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect())
    }

    fn f32(&self, name: &str) -> Result<Vec<f32>, ModelFileError> {
        let bytes = self.bytes(name, Dtype::F32)?;
        Ok(bytes.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect())
    }

    fn stage(&self, name: &str, header: StageHeader) -> Result<Stage, ModelFileError> {
        let mut forests = Vec::new();
        for (number, base) in header.bases.iter().enumerate() {
            let name = format!("{name}.{number}");
            let features = self.bytes(&format!("{name}.features"), Dtype::U16)?;
            let values = self.f32(&format!("{name}.values"))?;
            let left = self.u32(&format!("{name}.left"))?;
            if features.len() != 2 * values.len() || left.len() != values.len() {
                return Err(ModelFileError::Tensor(name));
            }
            let nodes = features
                .chunks_exact(2)
                .zip(values.into_iter().zip(left))
                .map(|(f, (value, left))| Node { feature: u16::from_le_bytes([f[0], f[1]]), value, left })
                .collect();
            forests.push(Forest { base: *base, roots: self.u32(&format!("{name}.roots"))?, nodes });
        }
        let mut forests = forests.into_iter();
        let mut next = || forests.next().ok_or_else(|| ModelFileError::Tensor(name.to_owned()));
        let labels = [next()?, next()?, next()?];
        let spread = next()?;
        let StageHeader { recipe, blend, other_side, .. } = header;
        Ok(Stage { labels, spread, score: forests.next(), recipe, blend, other_side })
    }

    /// Vectors of the questions that trees for new ones have seen.
    fn subjects(&self, family: &str) -> Result<Vec<Vec<f32>>, ModelFileError> {
        let scales = self.f32(&format!("{family}.subject_scales"))?;
        let name = format!("{family}.subject_vectors");
        let bytes = self.bytes(&name, Dtype::I8)?;
        let width = bytes.len() / scales.len().max(1);
        let is_whole = bytes.len() == width * scales.len() && (scales.is_empty() || width > 0);
        if !is_whole || !scales.iter().all(|scale| scale.is_finite()) {
            return Err(ModelFileError::Tensor(name));
        }
        let vectors = bytes.chunks_exact(width.max(1)).zip(scales);
        Ok(vectors.map(|(v, scale)| v.iter().map(|b| f32::from(*b as i8) * scale).collect()).collect())
    }

    fn heads(&self) -> Result<BTreeMap<u64, Head>, ModelFileError> {
        let damaged = || ModelFileError::Tensor("heads".to_owned());
        let keys = self.bytes("heads.keys", Dtype::U64)?;
        let keys: Vec<u64> = keys
            .chunks_exact(8)
            .map(|c| u64::from_le_bytes([c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]]))
            .collect();
        let (bias, scales) = (self.f32("heads.bias")?, self.f32("heads.scales")?);
        let vectors = self.bytes("heads.vectors", Dtype::I8)?;
        let counts = self.u32("heads.word_counts")?;
        let hashes = self.u32("heads.word_hashes")?;
        let weights = self.bytes("heads.word_weights", Dtype::I8)?;
        let subject = self.bytes("heads.word_subject", Dtype::U8)?;
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        let width = vectors.len() / (keys.len() * TARGETS);
        let words: usize = counts.iter().map(|c| *c as usize).sum();
        let whole = bias.len() == keys.len() * TARGETS
            && scales.len() == keys.len() * (TARGETS + 1)
            && vectors.len() == width * keys.len() * TARGETS
            && counts.len() == keys.len()
            && hashes.len() == words
            && subject.len() == words
            && weights.len() == words * TARGETS;
        if !whole {
            return Err(damaged());
        }
        let real = |byte: u8, scale: f32| f32::from(byte as i8) * scale;
        let mut heads = BTreeMap::new();
        let mut from = 0;
        for (at, key) in keys.into_iter().enumerate() {
            let scale = &scales[at * (TARGETS + 1)..(at + 1) * (TARGETS + 1)];
            let vectors = &vectors[at * TARGETS * width..(at + 1) * TARGETS * width];
            let to = from + counts[at] as usize;
            let mut head = Head { words: BTreeMap::new(), subject: BTreeSet::new(), ..Head::default() };
            head.bias.copy_from_slice(&bias[at * TARGETS..(at + 1) * TARGETS]);
            head.embedding = (0..TARGETS)
                .map(|t| vectors[t * width..(t + 1) * width].iter().map(|b| real(*b, scale[t])).collect())
                .collect();
            for word in from..to {
                let mut row = [0.0; TARGETS];
                for (t, value) in row.iter_mut().enumerate() {
                    *value = real(weights[word * TARGETS + t], scale[TARGETS]);
                }
                head.words.insert(hashes[word], row);
                if subject[word] == 1 {
                    head.subject.insert(hashes[word]);
                }
            }
            from = to;
            heads.insert(key, head);
        }
        Ok(heads)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Opinion, OtherSide};
    use super::*;

    fn model() -> Model {
        let stage = Stage {
            other_side: OtherSide {
                questions: 3,
                mean: Opinion { labels: [0.0, 1.0, 0.0], ..Opinion::default() },
            },
            ..Stage::default()
        };
        let subjects = Subjects { questions: vec![vec![1.0, 0.5], vec![-0.25, 1.0]], least: 0.4 };
        let family = Family { new: stage, subjects, ..Family::default() };
        Model { families: BTreeMap::from([("set".to_owned(), family)]), ..Model::default() }
    }

    #[test]
    fn a_model_survives_its_file() {
        let model = model();
        let bytes = model.to_bytes().unwrap();
        let read = Model::from_bytes(&bytes).unwrap();
        let (before, after) = (&model.families["set"], &read.families["set"]);
        assert_eq!(after.new, before.new);
        assert_eq!(after.subjects.least, 0.4);
        let pairs = before.subjects.questions.iter().flatten().zip(after.subjects.questions.iter().flatten());
        assert!(pairs.clone().count() == 4 && pairs.into_iter().all(|(a, b)| (a - b).abs() < 0.005));
        assert_eq!(read.to_bytes().unwrap(), bytes);
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let bytes = model().to_bytes().unwrap();
        for cut in [0, 7, bytes.len() / 2, bytes.len() - 1] {
            assert!(Model::from_bytes(&bytes[..cut]).is_err(), "{cut} bytes");
        }
        let scale_of = |bytes: &[u8]| {
            let at = bytes.windows(4).rposition(|window| window == (1.0_f32 / 127.0).to_le_bytes());
            at.expect("both vectors have that scale")
        };
        let mut damaged = bytes.clone();
        let at = scale_of(&damaged);
        damaged[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
        assert!(
            matches!(Model::from_bytes(&damaged), Err(ModelFileError::Tensor(name)) if name.ends_with("vectors"))
        );
    }
}
