//! What the policy saw on every tick of a turn: the ground on which its constants are fitted.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use viva_floor::FloorInput;
use viva_floor::protocol::{Case, Task};
use viva_perception::fusion::PauseStatistics;

/// Writes one JSON line per case of the task `floor`.
pub(super) struct Trace {
    out: BufWriter<File>,
    case: Option<String>,
    ticks: Vec<Value>,
    opinions: Vec<Value>,
}

impl Trace {
    pub(super) fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { out: BufWriter::new(file), case: None, ticks: Vec::new(), opinions: Vec::new() })
    }

    pub(super) fn begin(&mut self, case: &Case) {
        self.case = (case.task == Task::Floor).then(|| case.id.clone());
    }

    /// Rows are `[end of the tick ms, speaking, start of the pause ms, pauses in turn, pace, longest pause s, voice, outcome ...]`.
    pub(super) fn tick(&mut self, input: &FloorInput, pauses: PauseStatistics) {
        let Some(forecast) = input.forecast.filter(|_| self.case.is_some() && !input.assessor_speaks) else {
            return;
        };
        let mut row = vec![
            json!(input.at.as_millis()),
            json!(u8::from(input.speaking)),
            json!(input.speech_end.map_or(-1, |end| end.as_millis())),
            json!(pauses.in_turn),
            json!(rounded(pauses.pace())),
            json!(rounded(pauses.longest_secs)),
            json!(rounded(forecast.voice)),
        ];
        row.extend(forecast.outcome.iter().map(|p| json!(rounded(*p))));
        self.ticks.push(json!(row));
        if let Some(opinion) = input.opinion {
            self.opinions.push(json!([
                opinion.pause_start.as_millis(),
                input.at.as_millis(),
                rounded(opinion.p_end)
            ]));
        }
    }

    pub(super) fn end(&mut self) -> Result<()> {
        let (ticks, opinions) = (std::mem::take(&mut self.ticks), std::mem::take(&mut self.opinions));
        if let Some(case) = self.case.take() {
            writeln!(self.out, "{}", json!({"case": case, "ticks": ticks, "opinions": opinions}))?;
            self.out.flush()?;
        }
        Ok(())
    }
}

fn rounded(value: f32) -> f64 {
    let value = f64::from(value);
    let scale = 10_f64.powi(6 - value.abs().max(1e-9).log10().ceil() as i32);
    (value * scale).round() / scale
}
