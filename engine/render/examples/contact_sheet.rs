//! A sheet of the four looks in several expressions.
//!
//! usage: `contact_sheet OUT.png [TILE_WIDTH TILE_HEIGHT [full|software [LOOK]]]`, with the heads in the model cache.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use viva_media::{Blendshape as B, FacePose, Radians, Timestamp};
use viva_render::{HeadAsset, HeadRenderer, Look, Tier};

type Pose = (&'static str, fn(&mut FacePose));

const POSES: [Pose; 8] = [
    ("neutral", |_| {}),
    ("smile", |p| {
        for (shape, weight) in [
            (B::MouthSmileLeft, 0.7),
            (B::MouthSmileRight, 0.66),
            (B::CheekSquintLeft, 0.5),
            (B::CheekSquintRight, 0.5),
            (B::MouthUpperUpLeft, 0.2),
            (B::MouthUpperUpRight, 0.2),
        ] {
            p.weights[shape] = weight;
        }
    }),
    ("speaks aa", |p| {
        p.weights[B::JawOpen] = 0.5;
        p.weights[B::MouthLowerDownLeft] = 0.2;
        p.weights[B::MouthLowerDownRight] = 0.2;
        p.head_yaw = Radians(0.12);
    }),
    ("speaks o", |p| {
        p.weights[B::JawOpen] = 0.3;
        p.weights[B::MouthFunnel] = 0.5;
        p.weights[B::MouthPucker] = 0.2;
        p.head_pitch = Radians(0.08);
    }),
    ("blink", |p| {
        p.weights[B::EyeBlinkLeft] = 1.0;
        p.weights[B::EyeBlinkRight] = 1.0;
    }),
    ("looks left", |p| {
        p.gaze_yaw = Radians(0.40);
        p.gaze_pitch = Radians(-0.12);
        p.head_yaw = Radians(0.15);
    }),
    ("doubt", |p| {
        p.weights[B::BrowDownLeft] = 0.6;
        p.weights[B::BrowDownRight] = 0.6;
        p.weights[B::MouthPressLeft] = 0.4;
        p.weights[B::MouthPressRight] = 0.4;
        p.head_roll = Radians(0.10);
    }),
    ("surprise", |p| {
        for shape in [B::BrowInnerUp, B::BrowOuterUpLeft, B::BrowOuterUpRight] {
            p.weights[shape] = 0.8;
        }
        p.weights[B::EyeWideLeft] = 0.6;
        p.weights[B::EyeWideRight] = 0.6;
        p.weights[B::JawOpen] = 0.2;
        p.head_yaw = Radians(-0.25);
    }),
];

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments
        .next()
        .context("usage: contact_sheet OUT.png [TILE_WIDTH TILE_HEIGHT [full|software [LOOK]]]")?;
    let size = |text: Option<String>, or: u32| text.map_or(Ok(or), |t| t.parse());
    let (width, height) = (size(arguments.next(), 320)?, size(arguments.next(), 240)?);
    let tier = arguments.next();
    let only = arguments.next();
    let gpu = viva_gpu::Gpu::headless()?;
    let tier = match tier.as_deref() {
        Some("full") => Tier::Full,
        Some("software") => Tier::Software,
        Some(other) => anyhow::bail!("`{other}` is neither `full` nor `software`"),
        None => Tier::of(&gpu),
    };
    let people = [
        ("examiner", "female_mixed_young", Look::examiner()),
        ("character", "male_caucasian_old", Look::character()),
        ("candidate_a", "female_african_young", Look::candidate_a()),
        ("candidate_b", "male_asian_young", Look::candidate_b()),
    ];
    let people: Vec<_> = people
        .into_iter()
        .filter(|(name, ..)| only.as_deref().is_none_or(|wanted| wanted == *name))
        .collect();
    let (columns, rows) = if people.len() == 1 { (4, POSES.len() / 4) } else { (POSES.len(), people.len()) };
    let stride = width as usize * columns * 3;
    let mut sheet = vec![0_u8; stride * height as usize * rows];
    for (person, (_, head, look)) in people.iter().enumerate() {
        let bytes = std::fs::read(heads().join(format!("head_{head}.safetensors")))
            .context("run `cargo xtask test`, which fetches the models")?;
        let asset = HeadAsset::from_safetensors(&bytes)?;
        let mut renderer = HeadRenderer::with_tier(&gpu, &asset, look, width, height, tier)?;
        for (index, (_, shape)) in POSES.iter().enumerate() {
            let mut pose = FacePose::neutral(Timestamp::ZERO);
            shape(&mut pose);
            let frame = renderer.render(&pose)?;
            let (column, row) = if people.len() == 1 { (index % 4, index / 4) } else { (index, person) };
            for (y, line) in frame.rgb.chunks_exact(width as usize * 3).enumerate() {
                let at = (row * height as usize + y) * stride + column * width as usize * 3;
                sheet[at..at + line.len()].copy_from_slice(line);
            }
        }
    }
    let file = std::io::BufWriter::new(std::fs::File::create(&out)?);
    let mut encoder = png::Encoder::new(file, width * columns as u32, height * rows as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header()?.write_image_data(&sheet)?;
    Ok(())
}

fn heads() -> PathBuf {
    let cache = std::env::var_os("VIVA_CACHE").map(PathBuf::from).or_else(|| {
        std::env::var_os("XDG_CACHE_HOME")
            .map(|cache| PathBuf::from(cache).join("viva"))
            .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/viva")))
    });
    cache.unwrap_or_default().join("assets/avatar-head-mpfb")
}
