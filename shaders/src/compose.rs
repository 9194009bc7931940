//! The `#import` preprocessor: a line `#import name` stands for `wgsl/shared/name.wgsl`, once.

use thiserror::Error;

/// Why a source cannot be composed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ComposeError {
    /// No shared file has this name.
    #[error("line {line}: no shared shader file is called `{name}`")]
    UnknownImport {
        /// The name after `#import`.
        name: String,
        /// Counted from 1.
        line: usize,
    },
}

const SHARED: [(&str, &str); 21] = [
    ("frame", include_str!("../wgsl/shared/frame.wgsl")),
    ("look", include_str!("../wgsl/shared/look.wgsl")),
    ("noise", include_str!("../wgsl/shared/noise.wgsl")),
    ("light", include_str!("../wgsl/shared/light.wgsl")),
    ("person", include_str!("../wgsl/shared/person.wgsl")),
    ("skin_shade", include_str!("../wgsl/shared/skin_shade.wgsl")),
    ("eye_shade", include_str!("../wgsl/shared/eye_shade.wgsl")),
    ("hair_shade", include_str!("../wgsl/shared/hair_shade.wgsl")),
    ("mouth_shade", include_str!("../wgsl/shared/mouth_shade.wgsl")),
    ("cloth_shade", include_str!("../wgsl/shared/cloth_shade.wgsl")),
    ("back_shade", include_str!("../wgsl/shared/back_shade.wgsl")),
    ("tonemap_curve", include_str!("../wgsl/shared/tonemap_curve.wgsl")),
    ("tonemap_quick", include_str!("../wgsl/shared/tonemap_quick.wgsl")),
    ("output", include_str!("../wgsl/shared/output.wgsl")),
    ("baked", include_str!("../wgsl/shared/baked.wgsl")),
    ("skin_atlas", include_str!("../wgsl/shared/skin_atlas.wgsl")),
    ("skin_quick_shade", include_str!("../wgsl/shared/skin_quick_shade.wgsl")),
    ("hair_quick_shade", include_str!("../wgsl/shared/hair_quick_shade.wgsl")),
    ("flow_tick", include_str!("../wgsl/shared/flow_tick.wgsl")),
    ("imported_shade", include_str!("../wgsl/shared/imported_shade.wgsl")),
    ("soften_edge", include_str!("../wgsl/shared/soften_edge.wgsl")),
];

/// Replaces each `#import name` by the shared file of that name; a second import of one name becomes nothing.
///
/// # Errors
///
/// [`ComposeError::UnknownImport`] with the line.
pub fn compose(source: &str) -> Result<String, ComposeError> {
    let mut seen: Vec<&str> = Vec::new();
    let mut out = String::with_capacity(source.len() * 4);
    for (index, line) in source.lines().enumerate() {
        let Some(name) = line.trim().strip_prefix("#import ").map(str::trim) else {
            out.push_str(line);
            out.push('\n');
            continue;
        };
        let Some((known, text)) = SHARED.iter().find(|(known, _)| *known == name) else {
            return Err(ComposeError::UnknownImport { name: name.to_owned(), line: index + 1 });
        };
        if !seen.contains(known) {
            seen.push(known);
            out.push_str(text);
            out.push('\n');
        }
    }
    Ok(out)
}

/// The names that `#import` knows.
pub fn shared_names() -> impl Iterator<Item = &'static str> {
    SHARED.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_comes_in_once() {
        let text = compose("#import noise\n#import noise\nfn own() {}\n").expect("noise exists");
        assert_eq!(text.matches("fn hash_u32(").count(), 1);
        assert!(text.ends_with("fn own() {}\n"));
    }

    #[test]
    fn an_unknown_import_names_its_line() {
        let error = compose("// one\n#import nonsense\n").expect_err("nonsense does not exist");
        assert_eq!(error, ComposeError::UnknownImport { name: "nonsense".into(), line: 2 });
    }
}
