//! `viva avatar import`, `render` and `export`.

use anyhow::{Context as _, Result, ensure};
use viva_avatar::{Imported, to_glb};
use viva_gpu::Gpu;
use viva_media::{FacePose, Radians, Timestamp};
use viva_render::{AvatarRenderer, Look, Tier};

use super::arguments::{ExportArgs, ImportArgs, PersonArgs, RenderArgs};
use crate::commands::render::{set_weights, write_png};
use crate::commands::{say, say_json};
use crate::interview::{Models, identity, look_of, read_avatar};

/// What an exported head says about who may use it.
const HEAD_LICENCE: &str = "CC0 1.0 (MakeHuman / MPFB2 base mesh and face units)";

pub(super) fn import(args: &ImportArgs) -> Result<()> {
    let Imported { avatar, report } = read_avatar(&args.file)?;
    if let Some(path) = &args.report {
        let text = serde_json::to_string_pretty(&report).context("cannot write JSON")?;
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(path) = &args.out {
        let glb = to_glb(&avatar, report.copyright.as_deref());
        std::fs::write(path, glb).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if args.json {
        return say_json(&report);
    }
    say(report.text().trim_end());
    if let Some(path) = &args.out {
        say(format!("written   {}", path.display()));
    }
    Ok(())
}

pub(super) fn render(args: &RenderArgs) -> Result<()> {
    let mut pose = FacePose::neutral(Timestamp::ZERO);
    set_weights(&mut pose, &args.weights)?;
    let angles = [args.yaw, args.pitch, args.roll, args.gaze_yaw, args.gaze_pitch];
    anyhow::ensure!(angles.iter().all(|a| a.abs() <= 90.0), "angles are degrees within -90 and 90");
    let [yaw, pitch, roll, gaze_yaw, gaze_pitch] = angles.map(Radians::from_degrees);
    pose = FacePose { head_yaw: yaw, head_pitch: pitch, head_roll: roll, gaze_yaw, gaze_pitch, ..pose };
    let Imported { avatar, report } = read_avatar(&args.file)?;
    for setting in &args.weights {
        let name = setting.split('=').next().unwrap_or_default();
        if report.missing.contains(&name) {
            crate::commands::warn(format!("this avatar has no {name}: nothing of it shows"));
        }
    }
    let gpu = Gpu::headless()?;
    let (width, height) = (args.size.width, args.size.height);
    let tier = args.size.quality.tier().unwrap_or_else(|| Tier::of(&gpu));
    let mut renderer = AvatarRenderer::with_tier(&gpu, &avatar, &Look::examiner(), width, height, tier)?;
    let frame = renderer.render(&pose)?;
    write_png(&args.out, &frame)?;
    say(format!("{}: {width}x{height}, drawn by {}", args.out.display(), gpu.adapter()));
    Ok(())
}

pub(super) fn person(args: &PersonArgs) -> Result<()> {
    let text = identity(&args.look)?.to_toml();
    let out = &args.out;
    ensure!(!out.exists(), "{} is there: name a new file", out.display());
    std::fs::write(out, text).with_context(|| format!("cannot write {}", out.display()))?;
    say(format!("{0}: change it, then see it by viva render --look {0}", out.display()));
    Ok(())
}

pub(super) fn export(args: &ExportArgs) -> Result<()> {
    let (look, head) = look_of(&Models::open()?, &args.look)?;
    let avatar = head.to_avatar(&args.look, &look);
    std::fs::write(&args.out, to_glb(&avatar, Some(HEAD_LICENCE)))
        .with_context(|| format!("cannot write {}", args.out.display()))?;
    say(format!(
        "{}: {} triangles, 52 shapes, bones for head and eyes; hair, brows and garment stay behind",
        args.out.display(),
        avatar.triangles.len()
    ));
    Ok(())
}
