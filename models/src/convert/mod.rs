//! From the form a model was published in to the form the product reads.
//!
//! Every reader here treats its file as hostile: bounds are checked, and a bad file is an error value.
//! The same input leaves the same bytes.

mod bytes;
pub mod ct2;
pub mod exr;
mod flatbuffer;
pub mod head;
mod obj;
pub mod onnx;
pub mod tflite;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

pub use bytes::Malformed;

use crate::ModelsError;
use crate::lock::{Asset, Conversion, graph_file};
use crate::tensors::write;

/// Converts everything an asset's row says from `scratch` into `staging`.
///
/// # Errors
/// When a file cannot be read, converted or written.
pub fn convert(row: &Asset, scratch: &Path, staging: &Path) -> Result<(), ModelsError> {
    for (from, to) in sources(row) {
        one(row.conversion, &scratch.join(from), staging, to)?;
    }
    for identity in &row.identities {
        let (tensors, metadata) = head::bake(scratch, identity).map_err(bad(scratch))?;
        write(&staging.join(format!("head_{identity}.safetensors")), &tensors, &metadata)?;
    }
    for decoded in &row.decoded {
        let wanted = format!("/{}.js", decoded.path);
        let mut members = row.archives.iter().flat_map(|archive| &archive.members);
        let member = members.find(|member| member.path.ends_with(&wanted));
        let member = member.ok_or_else(|| ModelsError::Lock(format!("no member holds {}", decoded.path)))?;
        let path = scratch.join(&member.path);
        let picture = exr::decode(&read(&path)?).map_err(bad(&path))?;
        let found = crate::hash::sha256(&picture);
        if found != decoded.sha256 {
            return Err(ModelsError::WrongHash {
                path: decoded.path.clone(),
                expected: decoded.sha256.clone(),
                found,
            });
        }
        save(&staging.join(&decoded.path), &picture)?;
    }
    Ok(())
}

/// Path in the scratch folder → file name under the asset.
fn sources(row: &Asset) -> Vec<(&str, &str)> {
    let members = row.archives.iter().flat_map(|archive| &archive.members).chain(&row.nested);
    let mut sources: Vec<(&str, &str)> =
        members.filter_map(|member| Some((member.path.as_str(), member.converted_to.as_deref()?))).collect();
    if let Some(concat) = &row.concat {
        sources.extend(concat.converted_to.as_deref().map(|to| (concat.output.as_str(), to)));
    }
    sources
}

fn one(conversion: Conversion, from: &Path, staging: &Path, to: &str) -> Result<(), ModelsError> {
    let file = read(from)?;
    let target = staging.join(to);
    let none = BTreeMap::new();
    match conversion {
        Conversion::SileroOnnxToSafetensors => {
            write(&target, &onnx::convert_silero(&file).map_err(bad(from))?, &none)
        }
        Conversion::OnnxToSafetensors => write(&target, &onnx::convert(&file).map_err(bad(from))?, &none),
        Conversion::Ct2WhisperToSafetensors => {
            let (tensors, config) = ct2::convert(&file).map_err(bad(from))?;
            write(&target, &tensors, &none)?;
            save(&staging.join("config.json"), json(&config).as_bytes())
        }
        Conversion::TfliteToSafetensors => {
            let (tensors, graph) = tflite::convert(&file).map_err(bad(from))?;
            write(&target, &tensors, &BTreeMap::from([("graph".to_owned(), json(&graph))]))?;
            save(&staging.join(graph_file(to)), json(&graph.with_used_shapes()).as_bytes())
        }
        Conversion::None | Conversion::MpfbToHead | Conversion::JsBase64ToExr => {
            Err(ModelsError::Lock(format!("{to}: this row's conversion makes no such file")))
        }
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("descriptions are plain data")
}

fn bad(file: &Path) -> impl Fn(Malformed) -> ModelsError {
    let file = file.display().to_string();
    move |error| ModelsError::BadModel { file: file.clone(), why: error.to_string() }
}

fn read(path: &Path) -> Result<Vec<u8>, ModelsError> {
    fs::read(path).map_err(|error| ModelsError::io(path, error))
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), ModelsError> {
    fs::write(path, bytes).map_err(|error| ModelsError::io(path, error))
}
