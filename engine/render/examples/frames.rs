//! Draws many frames of the examiner, for measuring the cost of one with `time`.
//!
//! usage: `frames HEAD.safetensors COUNT [filtered]`; the difference of two counts leaves the set-up out.

use anyhow::{Context as _, Result};
use viva_media::{Blendshape, FacePose, Radians, Timestamp};
use viva_render::{HeadAsset, HeadRenderer, Look, Smoothing};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let head = arguments.next().context("usage: frames HEAD.safetensors COUNT [filtered]")?;
    let count: i64 = arguments.next().context("COUNT is missing")?.parse()?;
    let smoothing = if arguments.next().is_some() { Smoothing::Filtered } else { Smoothing::Supersampled };
    let gpu = viva_gpu::Gpu::headless()?;
    let asset = HeadAsset::from_safetensors(&std::fs::read(head)?)?;
    let mut renderer = HeadRenderer::with_smoothing(&gpu, &asset, &Look::examiner(), 640, 360, smoothing)?;
    for frame in 0..count {
        let mut pose = FacePose::neutral(Timestamp::from_millis(frame * 40));
        let swing = (frame as f32 * 0.2).sin();
        pose.weights[Blendshape::JawOpen] = swing.abs() * 0.5;
        pose.head_yaw = Radians(swing * 0.2);
        renderer.render(&pose)?;
    }
    Ok(())
}
