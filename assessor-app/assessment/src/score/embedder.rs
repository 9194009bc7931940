//! The port of the sentence embedding.

/// Turns sentences into vectors whose cosine tells how alike their meanings are.
pub trait Embedder: Send + Sync {
    /// One vector per text, all of one length, in the order of the texts; the same text always gives the same vector.
    ///
    /// # Errors
    /// When the network behind it fails.
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedderError>;
}

/// The embedding could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sentence embedding failed: {0}")]
pub struct EmbedderError(pub String);

/// Cosine of two vectors; 0 when one of them is null or the lengths differ.
pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f64 {
    if a.len() != b.len() {
        return 0.0;
    }
    let (mut dot, mut aa, mut bb) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (f64::from(*x), f64::from(*y));
        dot += x * y;
        aa += x * x;
        bb += y * y;
    }
    if aa > 0.0 && bb > 0.0 { dot / (aa * bb).sqrt() } else { 0.0 }
}
