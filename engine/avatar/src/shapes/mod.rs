//! From the shapes that a file has to the 52 that behaviour moves: names, masks and derivations.

pub mod derive;
pub mod mask;
pub mod names;
