//! `viva doctor`

use anyhow::{Result, bail};
use serde_json::json;
use viva_models::{Cache, status};

use super::{say, say_json};
use crate::cli::Json;

pub(crate) fn run(args: &Json) -> Result<()> {
    let cache = Cache::from_env()?;
    let missing: Vec<String> =
        status(&cache).into_iter().filter(|row| row.required && !row.present).map(|row| row.id).collect();
    let media = viva_devices::probe();
    let (gstreamer, elements) = match &media {
        Ok(probe) => (
            probe.version.clone(),
            probe.missing.iter().map(|m| format!("{} (package {})", m.element, m.package)).collect(),
        ),
        Err(error) => (format!("not usable: {error}"), Vec::new()),
    };
    let gpu = viva_gpu::Gpu::headless().map(|gpu| gpu.adapter());
    let graphics = match &gpu {
        Ok(adapter) => adapter.to_string(),
        Err(error) => format!("none: {error}"),
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let healthy = missing.is_empty() && elements.is_empty() && media.is_ok() && gpu.is_ok();
    if args.json {
        say_json(&json!({
            "ok": healthy, "program": env!("CARGO_PKG_VERSION"), "cores": cores, "graphics": graphics, "gstreamer": gstreamer,
            "missing_elements": elements, "cache": cache.root().display().to_string(), "missing_models": missing,
        }))?;
    } else {
        say(format!("viva {} on {cores} cores", env!("CARGO_PKG_VERSION")));
        say(format!("graphics   {graphics}"));
        say(format!("gstreamer  {gstreamer}"));
        for element in &elements {
            say(format!("           missing element {element}"));
        }
        say(format!("models     {}", cache.root().display()));
        for id in &missing {
            say(format!("           missing {id}: run `viva models fetch`"));
        }
        say("networks   on the CPU");
    }
    if !healthy {
        bail!("something is missing; each line above says what to do");
    }
    if !args.json {
        say("everything that is needed is here");
    }
    Ok(())
}
