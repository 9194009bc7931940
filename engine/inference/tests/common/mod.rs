//! What the tests of the networks share: weights from the cache, golden tensors, recordings.

#![allow(dead_code, reason = "each test file uses a part")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use half::f16;
use safetensors::{Dtype, SafeTensors};

/// The folder of an asset in the cache, be it there or not.
pub(crate) fn asset_path(id: &str) -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = variable("VIVA_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME").map(|cache| cache.join("viva")))
        .or_else(|| variable("HOME").map(|home| home.join(".cache/viva")))
        .unwrap_or_default();
    cache.join("assets").join(id)
}

/// The folder of an asset in the cache; fails where it is not there.
pub(crate) fn asset(id: &str) -> PathBuf {
    let folder = asset_path(id);
    assert!(folder.is_dir(), "asset {id} is missing: run `cargo xtask test`, which fetches the models");
    folder
}

/// A golden tensor as `f32`: name, shape and values.
pub(crate) struct Golden(BTreeMap<String, (Vec<usize>, Vec<f32>)>);

impl Golden {
    /// Reads `models/reference/<name>.safetensors`.
    pub(crate) fn read(name: &str) -> Self {
        // The benches read them too, from another depth.
        let mut above =
            Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|at| at.join("models/reference"));
        let folder = above.find(|folder| folder.is_dir()).expect("golden tensors are committed");
        let bytes =
            std::fs::read(folder.join(format!("{name}.safetensors"))).expect("golden tensors are committed");
        let tensors = SafeTensors::deserialize(&bytes).expect("golden tensors are whole");
        let read = tensors.iter().map(|(name, view)| {
            let two = || view.data().as_chunks::<2>().0.iter();
            let four = || view.data().as_chunks::<4>().0.iter();
            let values = match view.dtype() {
                Dtype::F32 => four().map(|b| f32::from_le_bytes(*b)).collect(),
                Dtype::U32 => four().map(|b| u32::from_le_bytes(*b) as f32).collect(),
                Dtype::I64 => {
                    let eight = view.data().as_chunks::<8>().0.iter();
                    eight.map(|b| i64::from_le_bytes(*b) as f32).collect()
                }
                Dtype::F16 => two().map(|b| f16::from_le_bytes(*b).to_f32()).collect(),
                Dtype::I16 => two().map(|b| f32::from(i16::from_le_bytes(*b))).collect(),
                other => panic!("golden tensor {name} is {other:?}"),
            };
            (name.to_owned(), (view.shape().to_vec(), values))
        });
        Self(read.collect())
    }

    pub(crate) fn get(&self, name: &str) -> &[f32] {
        &self.0[name].1
    }

    pub(crate) fn shape(&self, name: &str) -> &[usize] {
        &self.0[name].0
    }

    /// Whole numbers, such as tokens.
    pub(crate) fn whole(&self, name: &str) -> Vec<u32> {
        self.get(name).iter().map(|value| *value as u32).collect()
    }
}

/// Eight seconds of speech at 16 kHz (public domain), committed with the golden tensors.
pub(crate) fn speech() -> Vec<f32> {
    Golden::read("silero_vad").get("in.pcm16").iter().map(|sample| sample / 32_768.0).collect()
}

/// The largest absolute difference.
pub(crate) fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Seeded white noise.
pub(crate) fn noise(count: usize, level: f32) -> Vec<f32> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next() * level).collect()
}

/// One recording of Debian's `pocketsphinx-testdata` and what is said in it, in lower case.
pub(crate) struct Recording {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) samples: Vec<f32>,
}

/// Five sentences of an audio book, 3 to 7 s each.
///
/// The second and fourth transcriptions differ from the package's: what is said is "a more amiable woman".
pub(crate) fn audio_book() -> Vec<Recording> {
    [
        ("0870", "and mr john dashwood had then leisure to consider how much there might be prudently in his power to do for them"),
        ("0880", "he was not an ill disposed young man"),
        ("0890", "unless to be rather cold hearted and rather selfish is to be ill disposed"),
        ("0920", "had he married a more amiable woman he might have been made still more respectable than he was"),
        ("0930", "he might even have been made amiable himself"),
    ]
    .map(|(name, text)| {
        let file = format!("librivox/sense_and_sensibility_01_austen_64kb-{name}.wav");
        Recording { name, text, samples: test_wav(&file) }
    })
    .into()
}

/// Five calls of playing cards, 1 to 4 s each.
pub(crate) fn cards() -> Vec<Recording> {
    [
        ("001", "ten of clubs"),
        ("002", "four queen of clubs"),
        ("003", "seven of clubs"),
        ("004", "five five"),
        ("005", "eight of spades four of clubs seven of hearts"),
    ]
    .map(|(name, text)| Recording { name, text, samples: test_wav(&format!("cards/{name}.wav")) })
    .into()
}

fn test_wav(file: &str) -> Vec<f32> {
    let path = Path::new("/usr/share/pocketsphinx/test/data").join(file);
    let mut reader = hound::WavReader::open(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; install the Debian package pocketsphinx-testdata", path.display())
    });
    assert_eq!(reader.spec().sample_rate, 16_000);
    reader
        .samples::<i16>()
        .map(|sample| f32::from(sample.expect("the recording is whole")) / 32_768.0)
        .collect()
}

/// Lower-case words without punctuation; figures up to twelve and hyphens are spelled out, as in the transcriptions.
pub(crate) fn plain_words(text: &str) -> Vec<String> {
    const FIGURES: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(|word| {
            let figure = word.parse::<usize>().ok().and_then(|figure| FIGURES.get(figure));
            figure.map_or_else(|| word.to_owned(), |figure| (*figure).to_owned())
        })
        .collect()
}

/// Words to insert, delete or replace to make one text of the other.
pub(crate) fn word_errors(said: &[String], heard: &[String]) -> usize {
    let mut above: Vec<usize> = (0..=heard.len()).collect();
    for (i, said) in said.iter().enumerate() {
        let mut present = vec![i + 1];
        for (j, heard) in heard.iter().enumerate() {
            let replaced = above[j] + usize::from(said != heard);
            present.push(replaced.min(above[j + 1] + 1).min(present[j] + 1));
        }
        above = present;
    }
    above[heard.len()]
}
