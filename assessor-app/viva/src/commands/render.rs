//! `viva render`

use std::io::BufWriter;

use anyhow::{Context as _, Result, ensure};
use viva_gpu::Gpu;
use viva_media::{Blendshape, FacePose, Timestamp, VideoFrame};

use super::say;
use crate::cli::RenderArgs;
use crate::interview::{Models, head_renderer, tier_choice};

pub(crate) fn run(args: &RenderArgs) -> Result<()> {
    ensure!(
        (16..=7680).contains(&args.width) && (16..=4320).contains(&args.height),
        "a picture has 16x16 to 7680x4320 pixels"
    );
    let mut pose = FacePose::neutral(Timestamp::ZERO);
    set_weights(&mut pose, &args.weights)?;
    let models = Models::open()?;
    if args.window {
        return crate::window::show(&models, &args.look, tier_choice(args.quality.tier()));
    }
    let gpu = Gpu::headless()?;
    let (size, tier) = ((args.width, args.height), args.quality.tier());
    let frame = head_renderer(&models, &gpu, &args.look, size, tier)?.render(&pose)?;
    write_png(&args.out, &frame)?;
    say(format!("{}: {}x{}, drawn by {}", args.out.display(), frame.width, frame.height, gpu.adapter()));
    Ok(())
}

/// Sets weights by `SHAPE=WEIGHT`.
pub(crate) fn set_weights(pose: &mut FacePose, settings: &[String]) -> Result<()> {
    for setting in settings {
        let (name, weight) =
            setting.split_once('=').with_context(|| format!("--set takes SHAPE=WEIGHT, not {setting:?}"))?;
        let shape = Blendshape::from_name(name).with_context(|| {
            format!("no blendshape is called {name:?}; names are as in ARKit, for example jawOpen")
        })?;
        let weight: f32 =
            weight.parse().with_context(|| format!("the weight of {name} is a number, not {weight:?}"))?;
        ensure!((0.0..=1.0).contains(&weight), "the weight of {name} lies between 0 and 1, not at {weight}");
        pose.weights[shape] = weight;
    }
    Ok(())
}

pub(crate) fn write_png(path: &std::path::Path, frame: &VideoFrame) -> Result<()> {
    let file = std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut encoder = png::Encoder::new(BufWriter::new(file), frame.width, frame.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder
        .write_header()?
        .write_image_data(&frame.rgb)
        .with_context(|| format!("cannot write {}", path.display()))
}
