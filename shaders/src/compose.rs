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

const SHARED: [(&str, &str); 25] = [
    ("frame", include_str!("../wgsl/shared/frame.wgsl")),
    ("look", include_str!("../wgsl/shared/look.wgsl")),
    ("noise", include_str!("../wgsl/shared/noise.wgsl")),
    ("light", include_str!("../wgsl/shared/light.wgsl")),
    ("person", include_str!("../wgsl/shared/person.wgsl")),
    ("wrinkles", include_str!("../wgsl/shared/wrinkles.wgsl")),
    ("skin_shade", include_str!("../wgsl/shared/skin_shade.wgsl")),
    ("eye_shade", include_str!("../wgsl/shared/eye_shade.wgsl")),
    ("hair_shade", include_str!("../wgsl/shared/hair_shade.wgsl")),
    ("mouth_shade", include_str!("../wgsl/shared/mouth_shade.wgsl")),
    ("cloth_shade", include_str!("../wgsl/shared/cloth_shade.wgsl")),
    ("cloth_place", include_str!("../wgsl/shared/cloth_place.wgsl")),
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
    ("hair_edge", include_str!("../wgsl/shared/hair_edge.wgsl")),
    ("plain", include_str!("../wgsl/shared/plain.wgsl")),
];

/// A composed source, and where each of its lines comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    /// The whole WGSL.
    pub text: String,
    /// Of each line: the shared file's name, or `None` for the pass's own, and the line there, counted from 1.
    pub lines: Vec<(Option<String>, usize)>,
}

/// Replaces each `#import name` by the shared file of that name; a second import of one name becomes nothing.
///
/// # Errors
///
/// [`ComposeError::UnknownImport`] with the line.
pub fn compose(source: &str) -> Result<String, ComposeError> {
    Ok(compose_with(source, |_| None)?.text)
}

/// As [`compose`], with shared texts that stand in for our own of the same name; a name that we do not have is unknown all the
/// same.
///
/// # Errors
///
/// As [`compose`].
pub fn compose_with(source: &str, shared: impl Fn(&str) -> Option<String>) -> Result<Composed, ComposeError> {
    let mut seen: Vec<&str> = Vec::new();
    let mut out = Composed { text: String::with_capacity(source.len() * 4), lines: Vec::new() };
    let mut push = |line: &str, origin| {
        out.text.push_str(line);
        out.text.push('\n');
        out.lines.push(origin);
    };
    for (index, line) in source.lines().enumerate() {
        let Some(name) = line.trim().strip_prefix("#import ").map(str::trim) else {
            push(line, (None, index + 1));
            continue;
        };
        let Some((known, text)) = SHARED.iter().find(|(known, _)| *known == name) else {
            return Err(ComposeError::UnknownImport { name: name.to_owned(), line: index + 1 });
        };
        if !seen.contains(known) {
            seen.push(known);
            let other = shared(known);
            for (index, line) in other.as_deref().unwrap_or(text).lines().enumerate() {
                push(line, (Some(name.to_owned()), index + 1));
            }
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
    fn every_line_knows_where_it_comes_from() {
        let shared = |name: &str| (name == "noise").then(|| "fn other() {}".to_owned());
        let composed = compose_with("// own\n#import noise\nfn own() {}", shared).expect("noise exists");
        assert_eq!(composed.text, "// own\nfn other() {}\nfn own() {}\n");
        assert_eq!(composed.lines, [(None, 1), (Some("noise".to_owned()), 1), (None, 3)]);
    }

    #[test]
    fn an_unknown_import_names_its_line() {
        let error = compose("// one\n#import nonsense\n").expect_err("nonsense does not exist");
        assert_eq!(error, ComposeError::UnknownImport { name: "nonsense".into(), line: 2 });
    }
}
