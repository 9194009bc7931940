//! The optional language model: it words what the examiner has decided to ask, and nothing else.

use anyhow::{Context as _, Result};
use serde_json::json;
use viva_llm::{ApiKey, ChatModel, HttpConfig, HttpModel, Prompt, Schema};

use super::driver::WordingSource;
use super::examiner::AskedWording;
use crate::cli::InterviewArgs;
use crate::commands::complain;

/// The only instruction that a model gets.
const INSTRUCTION: &str = "You word one question of an oral examination. Keep its meaning. One or two short spoken sentences, at most 30 words, \
    no praise, no hint at the answer, no new facts.";
/// The environment may hold a key for the endpoint.
const KEY_VARIABLE: &str = "VIVA_LLM_KEY";

/// The model that the command line names; `None` where it is off.
pub(crate) fn llm_wording(args: &InterviewArgs) -> Result<Option<Box<dyn WordingSource>>> {
    if args.llm == "off" {
        return Ok(None);
    }
    let config = HttpConfig {
        base_url: args.llm.clone(),
        model: args.llm_model.clone(),
        api_key: std::env::var(KEY_VARIABLE).ok().map(ApiKey::new),
        seed: args.seed as u32,
        ..HttpConfig::default()
    };
    let model = HttpModel::new(config)?;
    let schema = Schema::new(json!({
        "type": "object", "additionalProperties": false, "required": ["question"],
        "properties": {"question": {"type": "string"}},
    }))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime for the language model")?;
    Ok(Some(Box::new(Wording { model, schema, runtime, told: false })))
}

struct Wording {
    model: HttpModel,
    schema: Schema,
    runtime: tokio::runtime::Runtime,
    told: bool,
}

impl WordingSource for Wording {
    fn word(&mut self, asked: &AskedWording) -> Option<String> {
        let mut prompt = Prompt::new(INSTRUCTION).task(format!("Word this anew: {}", asked.fallback));
        for fact in &asked.facts {
            prompt = prompt.fact(fact);
        }
        match self.runtime.block_on(self.model.structured(&prompt, &self.schema)) {
            Ok(answer) => answer["question"].as_str().map(str::to_owned),
            Err(error) => {
                // The interview goes on in the exam's own words; one line says why.
                if !self.told {
                    self.told = true;
                    complain(
                        &anyhow::Error::new(error)
                            .context("the language model is not used: the exam's own wording is said"),
                    );
                }
                None
            }
        }
    }
}
