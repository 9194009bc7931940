//! A sheet of the four looks in several expressions, or from several sides.
//!
//! usage: `contact_sheet OUT.png [TILE_WIDTH TILE_HEIGHT [full|software|plain [LOOK|all [expressions|stage|sides [close]]]]]`, with the
//! heads in the model cache; `close` draws half as large again and keeps the head.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use viva_media::{Blendshape as B, FacePose, Radians, Timestamp};
use viva_render::{HeadAsset, HeadRenderer, Look, Tier};

type Pose = (&'static str, fn(&mut FacePose));

const EXPRESSIONS: [Pose; 8] = [
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

/// What is seen in an exam: listening, a sign of listening, speaking, thinking, and two moods of a character.
const STAGE: [Pose; 6] = [
    ("listens", |p| {
        set(p, &[(B::MouthSmileLeft, 0.14), (B::MouthSmileRight, 0.12), (B::CheekSquintLeft, 0.06)]);
        p.head_roll = Radians(0.04);
    }),
    ("nods", |p| {
        set(p, &[(B::BrowInnerUp, 0.35), (B::BrowOuterUpLeft, 0.3), (B::BrowOuterUpRight, 0.33)]);
        set(p, &[(B::MouthSmileLeft, 0.3), (B::MouthSmileRight, 0.26), (B::CheekSquintRight, 0.2)]);
        p.head_pitch = Radians(0.09);
        p.gaze_pitch = Radians(-0.09);
    }),
    ("speaks", |p| {
        set(p, &[(B::JawOpen, 0.28), (B::MouthLowerDownLeft, 0.25), (B::MouthLowerDownRight, 0.25)]);
        set(p, &[(B::MouthSmileLeft, 0.15), (B::MouthSmileRight, 0.15), (B::BrowInnerUp, 0.15)]);
        p.head_yaw = Radians(0.12);
        p.gaze_yaw = Radians(-0.10);
    }),
    ("thinks", |p| {
        set(p, &[(B::BrowDownLeft, 0.2), (B::BrowDownRight, 0.22), (B::MouthPressLeft, 0.2)]);
        p.gaze_yaw = Radians(-0.32);
        p.gaze_pitch = Radians(-0.14);
        p.head_yaw = Radians(-0.14);
        p.head_pitch = Radians(-0.03);
    }),
    ("warm", |p| {
        set(p, &[(B::MouthSmileLeft, 0.62), (B::MouthSmileRight, 0.58), (B::MouthUpperUpLeft, 0.12)]);
        set(p, &[(B::CheekSquintLeft, 0.5), (B::CheekSquintRight, 0.48), (B::EyeSquintLeft, 0.15)]);
        set(p, &[(B::EyeSquintRight, 0.15), (B::MouthUpperUpRight, 0.12)]);
        p.head_roll = Radians(-0.06);
    }),
    ("worried", |p| {
        set(p, &[(B::BrowInnerUp, 0.75), (B::BrowDownLeft, 0.3), (B::BrowDownRight, 0.3)]);
        set(p, &[(B::MouthFrownLeft, 0.35), (B::MouthFrownRight, 0.35), (B::EyeSquintLeft, 0.15)]);
        p.head_pitch = Radians(0.05);
        p.head_yaw = Radians(0.10);
        p.gaze_yaw = Radians(-0.10);
    }),
];

fn set(pose: &mut FacePose, weights: &[(B, f32)]) {
    for &(shape, weight) in weights {
        pose.weights[shape] = weight;
    }
}

/// Where faults of a mesh show: turned, raised and lowered heads, eyes in their corners, open and closed lips.
const SIDES: [Pose; 8] = [
    ("to its left", |p| p.head_yaw = Radians(0.44)),
    ("to its right", |p| p.head_yaw = Radians(-0.44)),
    ("chin down", |p| {
        p.head_pitch = Radians(0.26);
        p.gaze_pitch = Radians(-0.2);
    }),
    ("chin up", |p| {
        p.head_pitch = Radians(-0.26);
        p.weights[B::JawOpen] = 0.25;
    }),
    ("eyes left and down", |p| {
        p.gaze_yaw = Radians(0.5);
        p.gaze_pitch = Radians(0.35);
    }),
    ("eyes right and up", |p| {
        p.gaze_yaw = Radians(-0.5);
        p.gaze_pitch = Radians(-0.3);
    }),
    ("jaw open", |p| {
        p.weights[B::JawOpen] = 0.9;
        p.head_yaw = Radians(0.2);
    }),
    ("half a blink, lips pressed", |p| {
        for (shape, weight) in [
            (B::EyeBlinkLeft, 0.5),
            (B::EyeBlinkRight, 0.5),
            (B::MouthPressLeft, 0.6),
            (B::MouthPressRight, 0.6),
            (B::MouthRollLower, 0.4),
        ] {
            p.weights[shape] = weight;
        }
        p.head_roll = Radians(0.2);
    }),
];

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().context(
        "usage: contact_sheet OUT.png [TILE_WIDTH TILE_HEIGHT [full|software|plain [LOOK|all [expressions|stage|sides [close]]]]]",
    )?;
    let size = |text: Option<String>, or: u32| text.map_or(Ok(or), |t| t.parse());
    let (width, height) = (size(arguments.next(), 320)?, size(arguments.next(), 240)?);
    let tier = arguments.next();
    let only = arguments.next().filter(|name| name != "all");
    let poses: &[Pose] = match arguments.next().as_deref() {
        None | Some("expressions") => &EXPRESSIONS,
        Some("stage") => &STAGE,
        Some("sides") => &SIDES,
        Some(other) => anyhow::bail!("`{other}` is none of `expressions`, `stage` and `sides`"),
    };
    // In halves.
    let zoom = if arguments.next().is_some() { 3 } else { 2 };
    let gpu = viva_gpu::Gpu::headless()?;
    let tier = match tier.as_deref() {
        Some("full") => Tier::Full,
        Some("software") => Tier::Software,
        Some("plain") => Tier::Plain,
        Some(other) => anyhow::bail!("`{other}` is none of `full`, `software` and `plain`"),
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
    let (columns, rows) =
        if people.len() == 1 { (4, poses.len().div_ceil(4)) } else { (poses.len(), people.len()) };
    let stride = width as usize * columns * 3;
    let mut sheet = vec![0_u8; stride * height as usize * rows];
    for (person, (_, head, look)) in people.iter().enumerate() {
        let bytes = std::fs::read(heads().join(format!("head_{head}.safetensors")))
            .context("run `cargo xtask test`, which fetches the models")?;
        let asset = HeadAsset::from_safetensors(&bytes)?;
        let mut renderer =
            HeadRenderer::with_tier(&gpu, &asset, look, width * zoom / 2, height * zoom / 2, tier)?;
        for (index, (_, shape)) in poses.iter().enumerate() {
            let mut pose = FacePose::neutral(Timestamp::ZERO);
            shape(&mut pose);
            let frame = renderer.render(&pose)?;
            let (column, row) = if people.len() == 1 { (index % 4, index / 4) } else { (index, person) };
            // The head is in the upper middle.
            let (left, top) = ((zoom - 2) * width / 4, (zoom - 2) * height / 10);
            let rows = frame.rgb.chunks_exact(frame.width as usize * 3).skip(top as usize);
            for (y, line) in rows.take(height as usize).enumerate() {
                let at = (row * height as usize + y) * stride + column * width as usize * 3;
                let line = &line[left as usize * 3..(left + width) as usize * 3];
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
