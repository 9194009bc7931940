//! What the end-of-turn network says of the pauses of a case: a second target beside the truth.
//!
//! It is asked once per pause, when a session would ask it. The flow-net learns to say the same from a head of its own that is left out of
//! the finished weights: what it heard before others, on real speech, is to shape the layers below and decides nothing.

use std::path::Path;

use anyhow::Context as _;
use viva_floor::RulesConfig;
use viva_floor::protocol::{Case, Task};
use viva_inference::end_of_turn::SmartTurn;
use viva_media::SAMPLE_RATE;

use super::corpus;

/// The longest silence that is taught, in seconds: later the opinion is old.
const TAUGHT_SECS: f64 = 1.0;

/// What was said of one pause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Opinion {
    /// Seconds at which the pause begins and at which teaching ends.
    pub(crate) span: [f64; 2],
    /// Probability that the turn is over.
    pub(crate) p_end: f32,
}

/// The teacher.
pub(crate) struct Teacher {
    network: SmartTurn,
    asks_after: f64,
}

impl Teacher {
    /// From the folder of asset `turn-smart-turn-v3.2`.
    pub(crate) fn load(folder: &Path) -> anyhow::Result<Self> {
        let network =
            SmartTurn::load(folder).context("run `viva models fetch`, or train --without-teacher")?;
        Ok(Self { network, asks_after: RulesConfig::default().ask_after.as_secs() })
    }

    /// The opinions on a case; none where nobody has the floor.
    pub(crate) fn opinions(&mut self, case: &Case, folder: &Path) -> anyhow::Result<Vec<Opinion>> {
        if case.task != Task::Floor {
            return Ok(Vec::new());
        }
        let microphone = corpus::microphone(case, folder)?;
        pauses(case, self.asks_after)
            .into_iter()
            .map(|span| {
                let until = ((span[0] + self.asks_after) * f64::from(SAMPLE_RATE)) as usize;
                let features = self.network.features(&microphone[..until.min(microphone.len())]);
                Ok(Opinion { span, p_end: self.network.classify(&features)? })
            })
            .collect()
    }
}

/// Silences of the turn, the one after its end included, that last until one would ask; each cut at [`TAUGHT_SECS`].
fn pauses(case: &Case, asks_after: f64) -> Vec<[f64; 2]> {
    let next = case.speech.iter().skip(1).map(|span| span[0]).chain([f64::INFINITY]);
    case.speech
        .iter()
        .zip(next)
        .filter(|(span, next)| next - span[1] > asks_after)
        .map(|(span, next)| [span[1], next.min(span[1] + TAUGHT_SECS)])
        .collect()
}

/// Opinions of a set as JSON lines, one per case.
pub(crate) fn write(path: &Path, all: &[Vec<Opinion>]) -> anyhow::Result<()> {
    let mut text = String::new();
    for opinions in all {
        let rows: Vec<_> = opinions.iter().map(|o| (o.span[0], o.span[1], o.p_end)).collect();
        text += &serde_json::to_string(&rows)?;
        text.push('\n');
    }
    std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

/// Reads what [`write`] wrote for a set of `count` cases; `None` where it is not there.
pub(crate) fn read(path: &Path, count: usize) -> anyhow::Result<Option<Vec<Vec<Opinion>>>> {
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(path)?;
    let all = text
        .lines()
        .map(|line| {
            let rows: Vec<(f64, f64, f32)> = serde_json::from_str(line)?;
            Ok(rows.into_iter().map(|(from, to, p_end)| Opinion { span: [from, to], p_end }).collect())
        })
        .collect::<anyhow::Result<Vec<Vec<Opinion>>>>()
        .with_context(|| format!("{} is damaged: delete it", path.display()))?;
    anyhow::ensure!(all.len() == count, "{} belongs to another set of cases: delete it", path.display());
    Ok(Some(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_end_where_speech_goes_on_and_the_last_one_is_the_end() {
        let line = r#"{"id":"a","task":"floor","speaker":"s","audio":"a.wav","agent":[[0.0,1.0]],
            "question":{"type":"open","expected_s":4.0},"speech":[[1.5,2.0],[2.1,3.0],[3.5,4.0]],
            "holds":[],"end":4.0,"events":[]}"#;
        let case: Case = serde_json::from_str(line).unwrap();
        assert_eq!(pauses(&case, 0.2), [[3.0, 3.5], [4.0, 5.0]], "0.1 s is too short to ask");
    }

    #[test]
    fn opinions_are_read_as_they_were_written() {
        let path = std::env::temp_dir().join(format!("viva-opinions-{}", std::process::id()));
        let all = vec![vec![Opinion { span: [1.0, 2.0], p_end: 0.25 }], Vec::new()];
        write(&path, &all).unwrap();
        assert_eq!(read(&path, 2).unwrap(), Some(all));
        assert!(read(&path, 3).is_err(), "another set");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(read(&path, 2).unwrap(), None);
    }
}
