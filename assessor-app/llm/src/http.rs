//! An OpenAI-compatible endpoint: `POST {base}/chat/completions`, streamed or with a JSON schema.

use std::{future::Future, time::Duration};

use reqwest::{Client, Response, StatusCode, header::AUTHORIZATION, redirect::Policy};
use serde_json::{Value, json};

use crate::{ChatModel, LlmError, Pieces, Prompt, Reply, Schema, error::excerpt, sse::SseParser};

/// The most that is read of an explanation that comes with an error status, in bytes.
const MAX_ERROR_BYTES: usize = 16 << 10;

/// A key that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// Wraps a key.
    #[must_use]
    pub const fn new(key: String) -> Self {
        Self(key)
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// Where the endpoint is and how long it may take.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpConfig {
    /// For example `http://127.0.0.1:8080/v1`.
    pub base_url: String,
    /// The model's name at the endpoint.
    pub model: String,
    /// Sent as a bearer token.
    pub api_key: Option<ApiKey>,
    /// Until the endpoint begins to answer.
    pub first_byte: Duration,
    /// Between two parts of an answer.
    pub between_bytes: Duration,
    /// For the whole answer.
    pub whole: Duration,
    /// The longest answer, in bytes on the wire.
    pub max_bytes: usize,
    /// The most tokens to ask for.
    pub max_tokens: u32,
    /// 0 for the most likely wording.
    pub temperature: f32,
    /// Seed of the endpoint's sampling, where it has one.
    pub seed: u32,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            base_url: "http://127.0.0.1:8080/v1".into(),
            model: "local".into(),
            api_key: None,
            first_byte: Duration::from_secs(5),
            between_bytes: Duration::from_secs(3),
            whole: Duration::from_secs(30),
            max_bytes: 256 << 10,
            max_tokens: 400,
            temperature: 0.0,
            seed: 0,
        }
    }
}

/// A model behind an endpoint. It follows no redirect and uses no proxy: the configured address is the only one it calls.
#[derive(Debug)]
pub struct HttpModel {
    client: Client,
    config: HttpConfig,
    url: String,
}

impl HttpModel {
    /// A client for an endpoint; connects with the first request.
    ///
    /// **Errors**: the address is none.
    pub fn new(config: HttpConfig) -> Result<Self, LlmError> {
        let url = format!("{}/chat/completions", config.base_url.trim_end_matches('/'));
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(LlmError::Setting(format!("{:?} is no http address", config.base_url)));
        }
        let client =
            Client::builder().redirect(Policy::none()).no_proxy().connect_timeout(config.first_byte).build();
        let client = client.map_err(|error| LlmError::Setting(error.to_string()))?;
        Ok(Self { client, config, url })
    }

    fn body(&self, prompt: &Prompt, more: Value) -> Value {
        let mut body = json!({"model": self.config.model, "messages": prompt.messages(), "seed": self.config.seed,
            "temperature": self.config.temperature, "max_tokens": self.config.max_tokens});
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        body
    }

    async fn send(&self, body: Value) -> Result<Response, LlmError> {
        let mut request = self.client.post(&self.url).json(&body);
        if let Some(ApiKey(key)) = &self.config.api_key {
            request = request.header(AUTHORIZATION, format!("Bearer {key}"));
        }
        let answer =
            within(self.config.first_byte, "answer", async { request.send().await.map_err(broken) }).await?;
        if answer.status() == StatusCode::OK {
            return Ok(answer);
        }
        let status = answer.status().as_u16();
        let (bytes, _) = self.read(answer, MAX_ERROR_BYTES).await.unwrap_or_default();
        Err(LlmError::Status { status, body: excerpt(&String::from_utf8_lossy(&bytes)) })
    }

    /// Reads up to `limit` bytes; true when there was more.
    async fn read(&self, mut answer: Response, limit: usize) -> Result<(Vec<u8>, bool), LlmError> {
        let mut bytes = Vec::new();
        while let Some(part) = self.part(&mut answer).await? {
            let room = limit - bytes.len();
            bytes.extend_from_slice(&part[..part.len().min(room)]);
            if part.len() > room {
                return Ok((bytes, true));
            }
        }
        Ok((bytes, false))
    }

    async fn part(&self, answer: &mut Response) -> Result<Option<Vec<u8>>, LlmError> {
        let part = async { answer.chunk().await.map_err(broken) };
        Ok(within(self.config.between_bytes, "further part of the answer", part)
            .await?
            .map(|part| part.to_vec()))
    }

    async fn ask_text(&self, prompt: &Prompt, pieces: &mut Pieces<'_>) -> Result<String, LlmError> {
        let mut answer = self.send(self.body(prompt, json!({"stream": true}))).await?;
        let (mut parser, mut text, mut total) = (SseParser::default(), String::new(), 0);
        let mut end = End::Open;
        while let Some(part) = self.part(&mut answer).await? {
            total += part.len();
            if total > self.config.max_bytes {
                return Err(LlmError::TooLarge(self.config.max_bytes));
            }
            parser.push(&part, |data| {
                let (piece, ended) = read_delta(data)?;
                end = if end == End::Open { ended } else { end };
                if piece.is_empty() {
                    return Ok(());
                }
                text.push_str(&piece);
                if pieces(&piece).is_break() { Err(LlmError::Stopped) } else { Ok(()) }
            })?;
            if end != End::Open {
                break;
            }
        }
        if end == End::Finished { Ok(text) } else { Err(LlmError::CutOff) }
    }

    async fn ask_json(&self, prompt: &Prompt, schema: &Schema) -> Result<Value, LlmError> {
        let schema_body = json!({"name": "answer", "strict": true, "schema": schema.as_value()});
        let format = json!({"response_format": {"type": "json_schema", "json_schema": schema_body}});
        let answer = self.send(self.body(prompt, format)).await?;
        let (bytes, more) = self.read(answer, self.config.max_bytes).await?;
        if more {
            return Err(LlmError::TooLarge(self.config.max_bytes));
        }
        let not_json = |error: serde_json::Error| LlmError::NotJson(error.to_string());
        let envelope: Value = serde_json::from_slice(&bytes).map_err(not_json)?;
        let choice = envelope.pointer("/choices/0").ok_or_else(|| LlmError::Shape("no choices".into()))?;
        if let Some(refusal) = choice.pointer("/message/refusal").and_then(Value::as_str) {
            return Err(LlmError::Declined(excerpt(refusal)));
        }
        if choice["finish_reason"] == "length" {
            return Err(LlmError::CutOff);
        }
        let content = choice.pointer("/message/content").and_then(Value::as_str);
        let content = content.ok_or_else(|| LlmError::Shape("no content".into()))?;
        let value: Value = serde_json::from_str(content).map_err(not_json)?;
        schema.check(&value).map_err(LlmError::Shape)?;
        Ok(value)
    }
}

impl ChatModel for HttpModel {
    fn name(&self) -> &str {
        &self.config.model
    }

    fn stream<'a>(&'a self, prompt: &'a Prompt, pieces: &'a mut Pieces<'a>) -> Reply<'a, String> {
        Box::pin(within(self.config.whole, "end of the answer", self.ask_text(prompt, pieces)))
    }

    fn structured<'a>(&'a self, prompt: &'a Prompt, schema: &'a Schema) -> Reply<'a, Value> {
        Box::pin(within(self.config.whole, "end of the answer", self.ask_json(prompt, schema)))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    Finished,
    CutOff,
}

/// The text of one event of a stream, and whether it is the last.
fn read_delta(data: &str) -> Result<(String, End), LlmError> {
    if data.trim() == "[DONE]" {
        return Ok((String::new(), End::Finished));
    }
    let event: Value = serde_json::from_str(data).map_err(|error| LlmError::NotJson(error.to_string()))?;
    if let Some(error) = event.get("error") {
        return Err(LlmError::Declined(excerpt(&error.to_string())));
    }
    let choices =
        event["choices"].as_array().ok_or_else(|| LlmError::Shape("an event without choices".into()))?;
    // The last event of some servers counts tokens and has no choice.
    let Some(choice) = choices.first() else { return Ok((String::new(), End::Open)) };
    if let Some(refusal) = choice.pointer("/delta/refusal").and_then(Value::as_str) {
        return Err(LlmError::Declined(excerpt(refusal)));
    }
    let piece = match choice.pointer("/delta/content") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(piece)) => piece.clone(),
        Some(_) => return Err(LlmError::Shape("content is no text".into())),
    };
    let end = match choice["finish_reason"].as_str() {
        None => End::Open,
        Some("length") => End::CutOff,
        Some("content_filter") => return Err(LlmError::Declined("content filter".into())),
        Some(_) => End::Finished,
    };
    Ok((piece, end))
}

fn broken(error: reqwest::Error) -> LlmError {
    // The address may hold a secret; the chain of causes says enough.
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    LlmError::Down(excerpt(&text))
}

async fn within<T>(
    limit: Duration,
    waited_for: &str,
    work: impl Future<Output = Result<T, LlmError>>,
) -> Result<T, LlmError> {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done,
        Err(_elapsed) => {
            Err(LlmError::Timeout { waited_for: waited_for.to_owned(), millis: limit.as_millis() as u64 })
        }
    }
}
