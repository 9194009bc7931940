//! What drawing a face takes on this machine, and the tier that a session draws in therefore.

use anyhow::Result;
use serde::Serialize;
use viva_gpu::Gpu;
use viva_media::TimeSpan;
use viva_render::{HeadRenderer, Tier, TierChoice};

use super::cast::{look_of, tier_choice};
use super::models::Models;

/// A film's half and a processor's window; a window on a graphics card.
const SIZES: [(u32, u32); 2] = [(640, 360), (1280, 720)];

/// One size in one tier.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct DrawingRow {
    pub(crate) tier: &'static str,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Median time of a picture with all shapes at work.
    pub(crate) p50_ms: f64,
}

/// What was measured, and what follows from it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Drawing {
    pub(crate) measured: Vec<DrawingRow>,
    /// One sentence for each size.
    pub(crate) choices: Vec<String>,
}

/// Draws the examiner in each tier that may suit the adapter.
pub(crate) fn measure_drawing() -> Result<Drawing> {
    let (models, gpu) = (Models::open()?, Gpu::headless()?);
    let (look, head) = look_of(&models, "examiner")?;
    let choice = tier_choice(None);
    let is_software = gpu.adapter().is_software;
    let (mut measured, mut choices) = (Vec::new(), Vec::new());
    for (width, height) in SIZES {
        let mut time = |tier: Tier| -> Result<TimeSpan> {
            let mut renderer = HeadRenderer::with_tier(&gpu, &head, &look, width, height, tier)?;
            let taken = choice.time(&mut renderer)?;
            measured.push(DrawingRow { tier: tier.name(), width, height, p50_ms: taken.as_secs() * 1e3 });
            Ok(taken)
        };
        if is_software {
            time(Tier::Plain)?;
        }
        let software = time(Tier::Software)?;
        // The full look in a large picture takes a processor seconds, and nobody is shown it unasked.
        let full = if is_software && height > SIZES[0].1 { None } else { Some(time(Tier::Full)?) };
        choices.push(match full {
            Some(full) if !is_software => {
                let (tier, limit) =
                    (TierChoice::between(full, software).name(), TierChoice::LIMIT.as_millis());
                format!("{width}x{height} is drawn in the {tier} tier: the full look may take {limit} ms")
            }
            _ => format!("{width}x{height} is drawn in the software tier: a processor draws"),
        });
    }
    Ok(Drawing { measured, choices })
}
