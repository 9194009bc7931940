//! `viva doctor`

use anyhow::{Result, bail};
use serde_json::json;
use viva_models::{Cache, status};

use super::{say, say_json};
use crate::cli::Json;
use crate::interview::{Drawing, Executions, measure_drawing, measure_mel};

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
    let networks = [("flow-net", Executions::of_flow_net()?.clone()), ("log-mel", measure_mel()?)];
    let drawing = measure_drawing();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let healthy = missing.is_empty() && elements.is_empty() && media.is_ok() && gpu.is_ok();
    if args.json {
        say_json(&json!({
            "ok": healthy, "program": env!("CARGO_PKG_VERSION"), "cores": cores, "graphics": graphics, "gstreamer": gstreamer,
            "missing_elements": elements, "cache": cache.root().display().to_string(), "missing_models": missing,
            "drawing": match &drawing {
                Ok(drawing) => json!(drawing),
                Err(error) => json!({"not_measured": format!("{error:#}")}),
            },
            "networks": {"flow_net": networks[0].1, "log_mel": networks[1].1, "used": "cpu"},
        }))?;
    } else {
        say(format!("viva {} on {cores} cores", env!("CARGO_PKG_VERSION")));
        say(format!("graphics   {graphics}"));
        match &drawing {
            Ok(drawing) => say_drawing(drawing),
            Err(error) => say(format!("drawing    not measured: {error:#}")),
        }
        say(format!("gstreamer  {gstreamer}"));
        for element in &elements {
            say(format!("           missing element {element}"));
        }
        say(format!("models     {}", cache.root().display()));
        for id in &missing {
            say(format!("           missing {id}: run `viva models fetch`"));
        }
        for (name, executions) in &networks {
            say_executions(name, executions);
        }
        say("networks   sessions run all of them on the CPU, whatever is faster: they replay bit for bit");
    }
    if !healthy {
        bail!("something is missing; each line above says what to do");
    }
    if !args.json {
        say("everything that is needed is here");
    }
    Ok(())
}

/// What one picture of a face takes in each tier, and which tier a session draws in.
fn say_drawing(drawing: &Drawing) {
    for row in &drawing.measured {
        let size = format!("{}x{}", row.width, row.height);
        say(format!("drawing    {:<8} {size:<9} p50 {:>6.1} ms", row.tier, row.p50_ms));
    }
    for choice in &drawing.choices {
        say(format!("           {choice}"));
    }
}

/// What one tick takes on each execution, which is the fastest that fits, and why.
fn say_executions(name: &str, executions: &Executions) {
    for row in &executions.measured {
        say(format!(
            "{name:<10} {:<5} p50 {:>6.3} ms  p99 {:>6.3} ms  worst {:>6.3} ms  ({} ticks, {:.0e} from the CPU; {})",
            row.execution, row.p50_ms, row.p99_ms, row.worst_ms, row.ticks, row.deviation, row.device
        ));
    }
    for row in &executions.absent {
        say(format!("           {:<5} not here: {}", row.execution, row.reason));
    }
    say(format!("           {:<5} is the best here: {}", executions.choice.execution, executions.choice.why));
}
