//! The converters against the reference programs: same names, types, shapes and values.
//!
//! `reference/converted_digests.json` was made by `reference/converted_digests.py` from what independent Python converters
//! wrote. The installed files must match it; where the archives are in the cache too, they are converted again here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use serde::Deserialize;
use viva_models::lock::Asset;
use viva_models::progress::Silent;
use viva_models::{Cache, Fetcher, Lock, Registries, Selection, hash};

const MEND: &str = "run `cargo xtask test`, which fetches the models";

#[derive(Debug, PartialEq, Deserialize)]
struct Digest {
    tensors: usize,
    elements: usize,
    sha256: String,
    metadata: BTreeMap<String, String>,
}

fn golden() -> BTreeMap<String, Digest> {
    serde_json::from_str(include_str!("../reference/converted_digests.json")).expect("is well formed")
}

fn digest(path: &Path) -> Digest {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}: {MEND}", path.display()));
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("is a safetensors file");
    let file = SafeTensors::deserialize(&bytes).expect("is a safetensors file");
    let mut names = file.names();
    names.sort_unstable();
    let (mut content, mut elements) = (Vec::new(), 0);
    for name in &names {
        let tensor = file.tensor(name).expect("is named");
        let shape: Vec<String> = tensor.shape().iter().map(ToString::to_string).collect();
        content.extend(format!("{name} {} {}\n", tensor.dtype(), shape.join(",")).into_bytes());
        content.extend(tensor.data());
        elements += tensor.shape().iter().product::<usize>();
    }
    let metadata = header.metadata().iter().flatten();
    let metadata = metadata.map(|(key, value)| (key.clone(), hash::sha256(value.as_bytes()))).collect();
    Digest { tensors: names.len(), elements, sha256: hash::sha256(&content), metadata }
}

fn check(root: &Path, only: &str) {
    let cases: Vec<_> = golden().into_iter().filter(|(file, _)| file.starts_with(only)).collect();
    assert!(!cases.is_empty(), "no golden digest for {only}");
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(file, expected)| {
            let found = digest(&root.join("assets").join(file));
            (found != *expected).then(|| format!("{file}: {found:?}, expected {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn cache() -> Cache {
    Cache::from_env().unwrap_or_else(|error| panic!("{error}: {MEND}"))
}

#[test]
fn installed_assets_are_what_the_reference_programs_made() {
    check(cache().root(), "");
}

/// Converts an asset anew from the cache's archives; `None` when they are not there.
fn convert_again(id: &str) -> Option<(tempfile::TempDir, Cache)> {
    let row: &Asset = Lock::embedded().asset(id).expect("is a row");
    let archives = cache().archives();
    if !row.archives.iter().all(|archive| archives.join(&archive.file).is_file()) {
        return None;
    }
    let folder = tempfile::tempdir().expect("makes a folder");
    let own = Cache::new(folder.path());
    let no_program = PathBuf::from("no-such-program").into_os_string();
    let registries = Registries { mirror: Some(archives), python: no_program.clone(), npm: no_program };
    let fetcher = Fetcher { lock: Lock::embedded(), cache: &own, registries };
    let report = fetcher.run(&Selection::Ids(vec![id.to_owned()]), &mut Silent).expect("converts");
    assert_eq!(report.installed, [id]);
    Some((folder, own))
}

fn check_again(id: &str) {
    if let Some((_folder, own)) = convert_again(id) {
        check(own.root(), &format!("{id}/"));
    }
}

#[test]
fn silero_converts_to_the_reference() {
    check_again("vad-silero-16k");
}

#[test]
fn smart_turn_converts_to_the_reference() {
    check_again("turn-smart-turn-v3.2");
}

#[test]
fn hibari_converts_to_the_reference() {
    check_again("tts-hibari-heart");
}

#[test]
fn heads_bake_to_the_reference() {
    check_again("avatar-head-mpfb");
}

#[test]
fn face_nets_convert_to_the_reference_with_their_graphs() {
    let Some((_folder, own)) = convert_again("face-landmarker") else { return };
    check(own.root(), "face-landmarker/");
    for (net, operators) in
        [("face_detector", 90), ("face_landmarks_detector", 220), ("face_blendshapes", 133)]
    {
        let path = own.asset_path("face-landmarker", &format!("{net}.graph.json")).expect("is made");
        let graph: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path).expect("reads")).expect("is JSON");
        assert_eq!(graph["ops"].as_array().map(Vec::len), Some(operators), "{net}");
    }
}

#[test]
fn whisper_converts_to_the_reference_with_its_configuration() {
    let Some((_folder, own)) = convert_again("asr-whisper-tiny-en") else { return };
    check(own.root(), "asr-whisper-tiny-en/");
    let path = own.asset_path("asr-whisper-tiny-en", "config.json").expect("is made");
    let config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(path).expect("reads")).expect("is JSON");
    let expected = serde_json::json!({
        "num_mel_bins": 80, "max_source_positions": 1500, "d_model": 384, "encoder_attention_heads": 6,
        "encoder_layers": 4, "decoder_attention_heads": 6, "decoder_layers": 4, "vocab_size": 51864,
        "max_target_positions": 448, "suppress_tokens": [],
    });
    assert_eq!(config, expected);
}
