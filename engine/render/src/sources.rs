//! The passes' WGSL: our own, or copies that somebody edits while they draw.

use std::sync::Arc;

use naga::valid::{Capabilities, ValidationFlags, Validator};
use thiserror::Error;
use viva_shaders::{ComposeError, Pass, compose_with, source};

/// What is wrong with an edited pass, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}.wgsl:{line}: {message}\n{detail}")]
pub struct SourceFault {
    /// The file without its ending, `shared/` before a shared one.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// In one sentence.
    pub message: String,
    /// With the code around it.
    pub detail: String,
}

/// WGSL of all passes; the default is our own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// By [`Pass`]; what is not said is our own.
    edited: [Option<Arc<str>>; Pass::ALL.len()],
}

impl Sources {
    /// Sources in which `read` gives an edited file by its name without ending (`skin`, `shared/light`), or `None` for ours.
    ///
    /// # Errors
    ///
    /// [`SourceFault`] of the first pass that is no valid WGSL, with the line in the file that it comes from.
    pub fn read(read: impl Fn(&str) -> Option<String>) -> Result<Self, SourceFault> {
        let mut sources = Self::default();
        for pass in Pass::ALL {
            let own = read(pass.name());
            let text = own.as_deref().unwrap_or(pass.raw());
            let composed = compose_with(text, |name| read(&format!("shared/{name}"))).map_err(|error| {
                let ComposeError::UnknownImport { line, .. } = error;
                let (file, detail) = (pass.name().to_owned(), String::new());
                SourceFault { file, line, message: error.to_string(), detail }
            })?;
            if composed.text == source(pass) {
                continue;
            }
            check(&composed.text).map_err(|(line, message, detail)| {
                let origin = composed.lines.get(line.saturating_sub(1)).cloned().unwrap_or((None, line));
                let file = match origin.0 {
                    Some(shared) => format!("shared/{shared}"),
                    None => pass.name().to_owned(),
                };
                SourceFault { file, line: origin.1, message, detail }
            })?;
            sources.edited[pass as usize] = Some(composed.text.into());
        }
        Ok(sources)
    }

    /// The whole WGSL of a pass.
    pub(crate) fn of(&self, pass: Pass) -> String {
        self.edited[pass as usize].as_deref().map_or_else(|| source(pass), str::to_owned)
    }
}

/// The line, what is wrong, and the code around it.
fn check(text: &str) -> Result<(), (usize, String, String)> {
    let module = naga::front::wgsl::parse_str(text).map_err(|error| {
        let line = error.location(text).map_or(1, |place| place.line_number as usize);
        (line, error.message().to_owned(), error.emit_to_string(text))
    })?;
    let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
    validator.validate(&module).map(drop).map_err(|error| {
        let line = error.location(text).map_or(1, |place| place.line_number as usize);
        (line, error.as_inner().to_string(), error.emit_to_string(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_files_are_the_default() {
        for (index, pass) in Pass::ALL.into_iter().enumerate() {
            assert_eq!(pass as usize, index);
        }
        let own = |name: &str| {
            let path = format!("{}/../../shaders/wgsl/{name}.wgsl", env!("CARGO_MANIFEST_DIR"));
            std::fs::read_to_string(path).ok()
        };
        assert_eq!(Sources::read(own), Ok(Sources::default()));
        assert_eq!(Sources::read(|_| None), Ok(Sources::default()));
    }

    #[test]
    fn a_fault_names_its_file_and_line() {
        let skin = |change: &'static str| {
            move |name: &str| (name == "skin").then(|| format!("{}\n{change}", Pass::Skin.raw().trim_end()))
        };
        let last = Pass::Skin.raw().trim_end().lines().count() + 1;
        let fault = Sources::read(skin("fn broken( {")).expect_err("is no WGSL");
        assert_eq!((fault.file.as_str(), fault.line), ("skin", last), "{fault}");
        let fault = Sources::read(skin("fn wrong() -> f32 { return 1u; }")).expect_err("has two types");
        assert_eq!((fault.file.as_str(), fault.line), ("skin", last), "{fault}");
        let fault = Sources::read(skin("#import nonsense")).expect_err("is unknown");
        assert_eq!((fault.file.as_str(), fault.line), ("skin", last), "{fault}");
        let light = |name: &str| (name == "shared/light").then(|| "// one\nfn light( {".to_owned());
        let fault = Sources::read(light).expect_err("is no WGSL");
        assert_eq!((fault.file.as_str(), fault.line), ("shared/light", 2), "{fault}");
        let sources = Sources::read(skin("fn spare() -> f32 { return 1.0; }")).expect("is valid");
        assert!(
            sources.of(Pass::Skin).contains("fn spare()") && sources.of(Pass::Eyes) == source(Pass::Eyes)
        );
    }
}
