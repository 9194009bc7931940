//! The optional language model: it words what the examiner has decided to ask, and nothing else.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;
use viva_llm::{ApiKey, ChatModel, HttpConfig, HttpModel, Prompt, Schema};

use super::examiner::AskedWording;
use super::work::{Worded, WordingSource};
use crate::cli::InterviewArgs;
use crate::commands::warn;

/// The only instruction that a model gets.
const INSTRUCTION: &str = "You word one question of an oral examination. Keep its meaning. One or two short spoken sentences, at most 30 words, \
    no thanks, no praise, no hint at the answer, no new facts.";
/// The environment may hold a key for the endpoint.
const KEY_VARIABLE: &str = "VIVA_LLM_KEY";
/// A candidate who waits for a question hears it after this at the latest.
const LONGEST_WAIT: Duration = Duration::from_secs(6);
/// Until the endpoint begins to answer.
const FIRST_BYTE: Duration = Duration::from_secs(4);
/// After so many failures in a row the endpoint is not asked any more: every further question would come late for nothing.
const MOST_FAILURES: u32 = 2;

/// The model that the command line names; `None` where it is off.
pub(crate) fn llm_wording(args: &InterviewArgs) -> Result<Option<Box<dyn WordingSource>>> {
    if args.llm == "off" {
        return Ok(None);
    }
    let model = endpoint(args, FIRST_BYTE, LONGEST_WAIT)?;
    let schema = Schema::new(json!({
        "type": "object", "additionalProperties": false, "required": ["question"],
        "properties": {"question": {"type": "string"}},
    }))?;
    let runtime = runtime()?;
    Ok(Some(Box::new(Wording { model, schema, runtime, failures: 0 })))
}

/// The endpoint that the command line names, with these limits on its patience.
pub(super) fn endpoint(args: &InterviewArgs, first_byte: Duration, whole: Duration) -> Result<HttpModel> {
    let config = HttpConfig {
        base_url: args.llm.clone(),
        model: args.llm_model.clone(),
        api_key: std::env::var(KEY_VARIABLE).ok().map(ApiKey::new),
        seed: args.seed as u32,
        first_byte,
        whole,
        ..HttpConfig::default()
    };
    Ok(HttpModel::new(config)?)
}

/// What the requests run on.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().context("no runtime for the language model")
}

struct Wording {
    model: HttpModel,
    schema: Schema,
    runtime: tokio::runtime::Runtime,
    failures: u32,
}

impl WordingSource for Wording {
    fn word(&mut self, _: u64, asked: &AskedWording) -> Worded {
        if self.failures >= MOST_FAILURES {
            return failed(format!("not asked: it had failed {MOST_FAILURES} times in a row"));
        }
        let mut prompt = Prompt::new(INSTRUCTION).task(format!("Word this anew: {}", asked.fallback));
        for fact in &asked.facts {
            prompt = prompt.fact(fact);
        }
        match self.runtime.block_on(self.model.structured(&prompt, &self.schema)) {
            Ok(answer) => {
                self.failures = 0;
                Worded { text: answer["question"].as_str().map(str::to_owned), failure: None }
            }
            Err(error) => {
                self.failures += 1;
                // The interview goes on in the exam's own words.
                let then = if self.failures >= MOST_FAILURES {
                    "; it is not asked again in this session"
                } else {
                    ""
                };
                warn(format!("the language model gave no wording, the exam's own is said: {error}{then}"));
                failed(error.to_string())
            }
        }
    }
}

fn failed(why: String) -> Worded {
    Worded { text: None, failure: Some(why) }
}
