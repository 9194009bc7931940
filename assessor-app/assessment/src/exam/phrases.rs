//! What something can sound like: the common part of indicators, behaviours and guardrails.

use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::text::Pattern;

/// A [`Pattern`] as written in a file; unreadable ones are reported by the checker and find nothing.
#[derive(Clone, Debug)]
pub struct WrittenPattern {
    source: Spanned<String>,
    pattern: Option<Pattern>,
}

impl WrittenPattern {
    /// As written.
    #[must_use]
    pub fn source(&self) -> &str {
        self.source.get_ref()
    }

    /// To search with.
    #[must_use]
    pub fn pattern(&self) -> Option<&Pattern> {
        self.pattern.as_ref()
    }

    pub(crate) fn fault(&self) -> Option<(Range<usize>, String)> {
        let error = Pattern::new(self.source()).err()?;
        Some((self.source.span(), format!("pattern `{}`: {error}", self.source())))
    }
}

impl<'de> Deserialize<'de> for WrittenPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let source = Spanned::<String>::deserialize(deserializer)?;
        let pattern = Pattern::new(source.get_ref()).ok();
        Ok(Self { source, pattern })
    }
}

impl JsonSchema for WrittenPattern {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Pattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^\s*(\*|[\p{L}\p{N}]+(\|[\p{L}\p{N}]+)*\??)(\s+(\*|[\p{L}\p{N}]+(\|[\p{L}\p{N}]+)*\??))*(\s+\$)?\s*$",
            "description": "Words in a row, compared by stem: `a|b` is either word, `word?` may be absent, `*` stands for up to four words, `$` for the end of what was said."
        })
    }
}
