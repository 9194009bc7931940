//! The sound of composed cases.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use viva_floor::protocol::{Case, read_cases};
use viva_media::SAMPLE_RATE;

/// The file that lists the cases of a set.
const LABELS: &str = "labels.jsonl";

/// What is trained on, and what the loss is reported on.
#[derive(Debug, PartialEq)]
pub(crate) struct Sets {
    pub(crate) train: Vec<PathBuf>,
    pub(crate) dev: Option<PathBuf>,
}

/// The named folders; where none is named, those of `data`: `train*`, in the order of their names, and `dev`.
pub(crate) fn sets(train: &[PathBuf], dev: Option<&Path>, data: Option<&Path>) -> anyhow::Result<Sets> {
    if !train.is_empty() {
        return Ok(Sets { train: train.to_vec(), dev: dev.map(Path::to_path_buf) });
    }
    let data = data.context(
        "set VIVA_DATA to a folder of composed sets of cases (train*, dev), or name them with --cases (layout: docs/floor.md)",
    )?;
    let is_set = |folder: &Path| folder.join(LABELS).is_file();
    let mut train: Vec<PathBuf> = std::fs::read_dir(data)
        .with_context(|| format!("{} cannot be read", data.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("train")))
        .filter(|path| is_set(path))
        .collect();
    train.sort();
    if train.is_empty() {
        bail!(
            "{} holds no folder train* with {LABELS}: compose training cases first (layout: docs/floor.md)",
            data.display()
        );
    }
    let dev = dev.map(Path::to_path_buf).or_else(|| Some(data.join("dev")).filter(|dev| is_set(dev)));
    Ok(Sets { train, dev })
}

/// The cases of a folder, in file order.
pub(crate) fn cases(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let path = folder.join(LABELS);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{} cannot be read: compose a set of cases first", path.display()))?;
    read_cases(&text).with_context(|| path.display().to_string())
}

/// The candidate's microphone.
pub(crate) fn microphone(case: &Case, folder: &Path) -> anyhow::Result<Vec<f32>> {
    wav(&folder.join(&case.audio))
}

/// The assessor's own voice; empty where the case has none.
pub(crate) fn own_voice(case: &Case, folder: &Path) -> anyhow::Result<Vec<f32>> {
    case.agent_audio.as_ref().map_or(Ok(Vec::new()), |path| wav(&folder.join(path)))
}

fn wav(path: &Path) -> anyhow::Result<Vec<f32>> {
    let mut reader = hound::WavReader::open(path)
        .with_context(|| format!("{}: training reads WAV; compose with --format wav", path.display()))?;
    let spec = reader.spec();
    if spec.sample_rate != SAMPLE_RATE || spec.channels != 1 || spec.bits_per_sample != 16 {
        bail!("{}: expected 16 bit mono at {SAMPLE_RATE} Hz", path.display());
    }
    let samples: Result<Vec<_>, _> =
        reader.samples::<i16>().map(|s| s.map(|s| f32::from(s) / 32_768.0)).collect();
    Ok(samples?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_are_found_in_the_folder_of_the_data() {
        let data = std::env::temp_dir().join(format!("viva-sets-{}", std::process::id()));
        for name in ["train-2", "train-1", "dev", "train-empty", "other"] {
            std::fs::create_dir_all(data.join(name)).unwrap();
            if name != "train-empty" {
                std::fs::write(data.join(name).join(LABELS), "").unwrap();
            }
        }
        let found = sets(&[], None, Some(&data)).unwrap();
        assert_eq!(found.train, [data.join("train-1"), data.join("train-2")]);
        assert_eq!(found.dev, Some(data.join("dev")));
        let named = sets(&[data.join("other")], None, Some(&data)).unwrap();
        assert_eq!(named, Sets { train: vec![data.join("other")], dev: None });
        let error = sets(&[], None, None).unwrap_err().to_string();
        assert!(error.contains("VIVA_DATA") && error.contains("docs/floor.md"), "{error}");
        let error = sets(&[], None, Some(&data.join("dev"))).unwrap_err().to_string();
        assert!(error.contains("train*"), "{error}");
        std::fs::remove_dir_all(&data).unwrap();
    }
}
