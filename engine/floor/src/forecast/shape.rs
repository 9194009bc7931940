//! The shape of the flow-net, shared by its executions and its training.

/// Channels between the layers.
pub const CHANNELS: usize = 128;
/// Ticks between the three taps of each causal block; together they look back over 126 ticks, 2.5 s.
pub const DILATIONS: [usize; 6] = [1, 2, 4, 8, 16, 32];
/// Taps of a causal block: now, one dilation ago, two dilations ago.
pub const TAPS: usize = 3;
/// Gated sums over the running turn: what happened longer ago than the blocks look back.
pub const COUNTERS: usize = 32;
/// What one tick adds to a sum at most: a gate that is open for a second counts 1.
pub const COUNTER_STEP: f32 = 0.02;

/// Upper edges, in seconds, of the classes of "the speaker goes on in"; the last class has none.
pub const RESUME_EDGES_SECS: [f32; 12] = [0.1, 0.2, 0.3, 0.4, 0.55, 0.75, 1.0, 1.3, 1.7, 2.2, 3.0, 4.5];
/// Classes of the outcome head: the speaker speaks, goes on within each edge, goes on later, has finished.
pub const OUTCOMES: usize = RESUME_EDGES_SECS.len() + 3;
/// The speaker speaks (or has not begun).
pub const OUTCOME_SPEAKS: usize = 0;
/// The turn is over.
pub const OUTCOME_ENDED: usize = OUTCOMES - 1;
/// Speech this shortly before its offset counts as offset: a decision then is as good as one after it.
pub const OFFSET_AHEAD_SECS: f32 = 0.2;

/// Kinds of sound over the assessor's voice: nothing, a listener's sign, an interruption, noise; the last is split by the last output.
pub const OVERLAPS: usize = 4;
/// A noise, the assessor's echo included.
pub const OVERLAP_NOISE: usize = OVERLAPS - 1;
/// Horizons of "the turn ends within", in seconds.
pub const HORIZONS_SECS: [f32; 5] = [0.1, 0.2, 0.4, 0.6, 1.0];
/// The output that tells whether the tick holds the candidate's voice; it follows outcome, overlap and horizons.
pub const VOICE: usize = OUTCOMES + OVERLAPS + HORIZONS_SECS.len();
/// The output that tells whether a noise over the assessor's voice is the assessor's own echo.
pub const ECHO: usize = VOICE + 1;
/// Outputs of the network.
pub const OUTPUTS: usize = ECHO + 1;

/// Class of a speaker who goes on in `secs`.
#[must_use]
pub fn resume_class(secs: f32) -> usize {
    1 + RESUME_EDGES_SECS.iter().position(|&edge| secs < edge).unwrap_or(RESUME_EDGES_SECS.len())
}
