//! One picture of the examiner, in each tier and size: all 52 shapes at work, every picture waited for. Needs the fetched models
//! (`cargo xtask assets`) and a Vulkan driver; CPU time is that of all threads, as a software driver draws on several.
//!
//! usage: `... --bench drawing -- [FILTER] [--peer=FILE]`; FILE holds the rows of another program that draws a head of about as many
//! triangles under one light at the same sizes, one JSON object a line with `case` (`640x360` or `640x360, antialias`) and
//! `median_ms`, and perhaps `cpu_ms` and `triangles`. Then a table says how many times as long it takes and how much more CPU time.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use viva_benches::Bench;
use viva_gpu::Gpu;
use viva_render::{HeadAsset, HeadRenderer, Look, Tier, moving};

const SIZES: [(u32, u32); 3] = [(640, 360), (1280, 720), (1920, 1080)];
const TIERS: [(&str, Tier); 3] = [("plain", Tier::Plain), ("software", Tier::Software), ("full", Tier::Full)];

/// Medians of a case.
struct Medians {
    tier: &'static str,
    size: (u32, u32),
    triangles: usize,
    wall_ms: f64,
    cpu_ms: f64,
}

fn main() -> Result<()> {
    let gpu = Gpu::headless()?;
    println!("{}", gpu.adapter());
    let bench = Bench::from_args("drawing, milliseconds per picture").of_all_threads();
    let asset = HeadAsset::from_safetensors(&std::fs::read(head())?)?;
    let mut medians = Vec::new();
    for (tier, how) in TIERS {
        for size in SIZES {
            let cases = ["drawn and waited for", "drawn and read back"]
                .map(|what| format!("{tier} {}x{}: {what}", size.0, size.1));
            if !cases.iter().any(|case| bench.wants(case)) {
                continue;
            }
            let look = Look::examiner();
            let mut renderer = HeadRenderer::with_tier(&gpu, &asset, &look, size.0, size.1, how)?;
            let count = if how == Tier::Full { 15 } else { 60 };
            let (triangles, mut number) = (renderer.triangles(), 0);
            let mut next = || {
                number += 1;
                moving(number)
            };
            if let Some(figures) = bench.case(&cases[0], count, || renderer.draw(&next())) {
                let (wall_ms, cpu_ms) = (figures.wall[0], figures.cpu[0]);
                medians.push(Medians { tier, size, triangles, wall_ms, cpu_ms });
            }
            bench.case(&cases[1], count, || renderer.render(&next()).map(|frame| frame.rgb.len()));
        }
    }
    match std::env::args().find_map(|argument| argument.strip_prefix("--peer=").map(PathBuf::from)) {
        Some(path) => compare(&medians, &path),
        None => Ok(()),
    }
}

fn head() -> PathBuf {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = folder("VIVA_CACHE")
        .or_else(|| folder("XDG_CACHE_HOME").map(|cache| cache.join("viva")))
        .or_else(|| folder("HOME").map(|home| home.join(".cache/viva")));
    cache.unwrap_or_default().join("assets/avatar-head-mpfb/head_female_mixed_young.safetensors")
}

/// How many times as long the other program takes.
fn compare(medians: &[Medians], path: &PathBuf) -> Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    println!(
        "\n{:<44} {:>9} {:>9} {:>9} {:>9} {:>6} {:>9} {:>9} {:>6}",
        "tier and size", "triangles", "peer's", "wall ms", "peer's", "ratio", "cpu ms", "peer's", "ratio"
    );
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let row: serde_json::Value =
            serde_json::from_str(line).with_context(|| format!("{} is no JSON: {line}", path.display()))?;
        let (Some(case), Some(peer_ms)) = (row["case"].as_str(), row["median_ms"].as_f64()) else { continue };
        let (peer_cpu, peer_triangles) =
            (row["cpu_ms"].as_f64().unwrap_or(f64::NAN), row["triangles"].as_u64().unwrap_or(0));
        for Medians { tier, size: (width, height), triangles, wall_ms, cpu_ms } in medians {
            if case.split(',').next() == Some(&format!("{width}x{height}")) {
                println!(
                    "{:<44} {triangles:>9} {peer_triangles:>9} {wall_ms:>9.2} {peer_ms:>9.2} {:>6.2} {cpu_ms:>9.2} {peer_cpu:>9.2} {:>6.2}",
                    format!("{tier} against {case}"),
                    peer_ms / wall_ms,
                    peer_cpu / cpu_ms
                );
            }
        }
    }
    Ok(())
}
