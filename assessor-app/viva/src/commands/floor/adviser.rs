//! The second opinion on the pauses of a case, as a session asks for it.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use viva_floor::{END_OF_TURN_WINDOW, EndOfTurn, Opinion, RulesConfig};
use viva_inference::end_of_turn::SmartTurn;
use viva_media::{AudioBlock, TimeSpan, Timestamp};
use viva_perception::voice::VoiceFeatures;

/// Who is asked.
enum Source {
    Network(Box<SmartTurn>),
    /// Answers of an earlier run on the same sound, by case and start of the pause in milliseconds.
    Known(BTreeMap<String, Vec<(i64, f32)>>),
}

/// The opinions in a trace.
#[derive(Deserialize)]
struct Traced {
    case: String,
    /// Start of the pause and arrival in milliseconds, probability.
    opinions: Vec<(i64, i64, f32)>,
}

/// Asks for one opinion per pause of the candidate.
pub(super) struct Adviser {
    source: Source,
    asks_after: TimeSpan,
    case: String,
    heard: VecDeque<f32>,
    asked: Option<Timestamp>,
}

impl Adviser {
    pub(super) fn new(network: SmartTurn) -> Self {
        Self::from(Source::Network(Box::new(network)))
    }

    /// Repeats the opinions of a trace.
    pub(super) fn repeating(trace: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(trace).with_context(|| format!("{} cannot be read", trace.display()))?;
        let parse = |(n, line): (usize, &str)| {
            let traced: Traced = serde_json::from_str(line)
                .with_context(|| format!("line {} of {} is no trace", n + 1, trace.display()))?;
            Ok((traced.case, traced.opinions.into_iter().map(|(start, _, p_end)| (start, p_end)).collect()))
        };
        Ok(Self::from(Source::Known(text.lines().enumerate().map(parse).collect::<Result<_>>()?)))
    }

    fn from(source: Source) -> Self {
        Self {
            source,
            asks_after: RulesConfig::default().ask_after,
            case: String::new(),
            heard: VecDeque::with_capacity(2 * END_OF_TURN_WINDOW),
            asked: None,
        }
    }

    fn ask(&mut self, pause_start: Timestamp) -> Option<f32> {
        match &mut self.source {
            Source::Network(network) => Some(network.p_end(self.heard.make_contiguous())),
            Source::Known(known) => {
                let pauses = known.get(&self.case)?;
                pauses.iter().find(|(start, _)| *start == pause_start.as_millis()).map(|(_, p_end)| *p_end)
            }
        }
    }

    /// Begins a case.
    pub(super) fn begin(&mut self, case: &str) {
        case.clone_into(&mut self.case);
        self.heard.clear();
        self.asked = None;
    }

    /// Takes one tick; the opinion that is asked for on it. When it counts is the floor's affair.
    pub(super) fn step(
        &mut self,
        block: &AudioBlock,
        voice: &VoiceFeatures,
        assessor_speaks: bool,
    ) -> Option<Opinion> {
        self.heard.extend(&block.samples);
        let surplus = self.heard.len().saturating_sub(END_OF_TURN_WINDOW);
        self.heard.drain(..surplus);
        if let (false, false, Some(pause_start)) = (voice.speaking, assessor_speaks, voice.speech_end)
            && self.asked != Some(pause_start)
            && voice.at - pause_start >= self.asks_after
        {
            self.asked = Some(pause_start);
            return self.ask(pause_start).map(|p_end| Opinion { pause_start, p_end });
        }
        None
    }
}
