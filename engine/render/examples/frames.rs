//! Draws many frames of the examiner, for measuring the cost of one with `time`.
//!
//! usage: `frames HEAD.safetensors COUNT [WIDTH HEIGHT [full]]`; the difference of two counts leaves the set-up out.

use anyhow::{Context as _, Result};
use viva_media::{Blendshape, FacePose, Radians, Timestamp};
use viva_render::{HeadAsset, HeadRenderer, Look, Tier};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let head = arguments.next().context("usage: frames HEAD.safetensors COUNT [WIDTH HEIGHT [full]]")?;
    let count: i64 = arguments.next().context("COUNT is missing")?.parse()?;
    let mut side = |or: u32| arguments.next().map_or(Ok(or), |text| text.parse());
    let (width, height) = (side(640)?, side(360)?);
    let tier = if arguments.next().is_some() { Tier::Full } else { Tier::Software };
    let gpu = viva_gpu::Gpu::headless()?;
    let asset = HeadAsset::from_safetensors(&std::fs::read(head)?)?;
    let mut renderer = HeadRenderer::with_tier(&gpu, &asset, &Look::examiner(), width, height, tier)?;
    for frame in 0..count {
        let mut pose = FacePose::neutral(Timestamp::from_millis(frame * 40));
        let swing = (frame as f32 * 0.2).sin();
        pose.weights[Blendshape::JawOpen] = swing.abs() * 0.5;
        pose.head_yaw = Radians(swing * 0.2);
        renderer.render(&pose)?;
    }
    Ok(())
}
