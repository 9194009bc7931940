//! What can be undone: desk, person, texts of both profiles and the files that they belong to, take.

use std::path::{Path, PathBuf};

use viva_render::Identity;

use super::desk::{Desk, Row};
use super::take::Take;

/// One of the two profiles that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    A,
    B,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::A, Self::B];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }
}

/// The state that edits change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Edited {
    pub(crate) desk: Desk,
    texts: [String; 2],
    paths: [Option<PathBuf>; 2],
    pub(crate) take: Take,
    /// Who our own head is.
    pub(crate) person: Identity,
}

impl Edited {
    /// Each profile is its text and the file that it is saved to, if it has one.
    pub(crate) fn new(rows: &[Row], profiles: [(String, Option<PathBuf>); 2], seed: u64) -> Self {
        let [(a, a_path), (b, b_path)] = profiles;
        Self {
            desk: Desk::new(rows),
            texts: [a, b],
            paths: [a_path, b_path],
            take: Take::new(seed),
            person: Identity::default(),
        }
    }

    pub(crate) fn text(&self, side: Side) -> &str {
        &self.texts[side as usize]
    }

    pub(crate) fn path(&self, side: Side) -> Option<&Path> {
        self.paths[side as usize].as_deref()
    }

    pub(crate) fn set_path(&mut self, side: Side, path: &Path) {
        self.paths[side as usize] = Some(path.to_owned());
    }

    pub(crate) fn text_mut(&mut self, side: Side) -> &mut String {
        &mut self.texts[side as usize]
    }
}
