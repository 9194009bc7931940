//! Closed schemas: the small part of JSON Schema that an answer may be asked in, and the check of the answer.

use serde_json::Value;
use thiserror::Error;

const MAX_DEPTH: usize = 16;

/// Why a schema cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SchemaError {
    /// A keyword that this crate does not check; it would be a promise that nobody keeps.
    #[error("keyword {0:?} is not checked here")]
    Keyword(String),
    /// A keyword with another value than it can have.
    #[error("keyword {0:?} has an impossible value")]
    Value(&'static str),
    /// An object that allows members which are not named.
    #[error("an object must set additionalProperties to false")]
    Open,
    /// Schemas within schemas beyond 16 levels.
    #[error("too deep")]
    Deep,
}

/// A closed schema. Every keyword in it is checked; every object lists its members.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema(Value);

impl Schema {
    /// From `type` (object, array, string, integer, number, boolean, null), `properties`, `required`, `additionalProperties: false`, `items`, `enum`,
    /// `minItems`, `maxItems`, `minimum`, `maximum`, `maxLength`, `description`.
    ///
    /// **Errors**: any other keyword, an impossible value, an open object.
    pub fn new(schema: Value) -> Result<Self, SchemaError> {
        well_formed(&schema, 0)?;
        Ok(Self(schema))
    }

    /// As it is sent.
    #[must_use]
    pub const fn as_value(&self) -> &Value {
        &self.0
    }

    /// Checks an answer.
    ///
    /// **Errors**: the first place that does not fit, as a JSON pointer with the reason.
    pub fn check(&self, answer: &Value) -> Result<(), String> {
        check(&self.0, answer, "")
    }
}

fn well_formed(schema: &Value, depth: usize) -> Result<(), SchemaError> {
    if depth > MAX_DEPTH {
        return Err(SchemaError::Deep);
    }
    let object = schema.as_object().ok_or(SchemaError::Value("schema"))?;
    let kind = object.get("type").and_then(Value::as_str).ok_or(SchemaError::Value("type"))?;
    if !["object", "array", "string", "integer", "number", "boolean", "null"].contains(&kind) {
        return Err(SchemaError::Value("type"));
    }
    for (keyword, value) in object {
        match keyword.as_str() {
            "type" | "description" => {}
            "properties" => {
                let members = value.as_object().ok_or(SchemaError::Value("properties"))?;
                members.values().try_for_each(|member| well_formed(member, depth + 1))?;
            }
            "required" => {
                let names = value.as_array().ok_or(SchemaError::Value("required"))?;
                let known =
                    |name: &Value| name.as_str().is_some_and(|name| schema["properties"].get(name).is_some());
                if !names.iter().all(known) {
                    return Err(SchemaError::Value("required"));
                }
            }
            "additionalProperties" if *value == Value::Bool(false) => {}
            "additionalProperties" => return Err(SchemaError::Open),
            "items" => well_formed(value, depth + 1)?,
            "enum" if value.as_array().is_some_and(|choices| !choices.is_empty()) => {}
            "enum" => return Err(SchemaError::Value("enum")),
            "minItems" | "maxItems" | "maxLength" if value.is_u64() => {}
            "minItems" | "maxItems" | "maxLength" => return Err(SchemaError::Value("length")),
            "minimum" | "maximum" if value.is_number() => {}
            "minimum" | "maximum" => return Err(SchemaError::Value("bound")),
            other => return Err(SchemaError::Keyword(other.to_owned())),
        }
    }
    match kind {
        "object" if object.get("additionalProperties").is_none() => Err(SchemaError::Open),
        "array" if object.get("items").is_none() => Err(SchemaError::Value("items")),
        _ => Ok(()),
    }
}

fn check(schema: &Value, answer: &Value, at: &str) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{}: {what}", if at.is_empty() { "/" } else { at }));
    let fits = match schema["type"].as_str().unwrap_or_default() {
        "object" => answer.is_object(),
        "array" => answer.is_array(),
        "string" => answer.is_string(),
        "integer" => answer.is_i64() || answer.is_u64(),
        "number" => answer.is_number(),
        "boolean" => answer.is_boolean(),
        _ => answer.is_null(),
    };
    if !fits {
        return wrong(&format!("is no {}", schema["type"].as_str().unwrap_or_default()));
    }
    if schema["enum"].as_array().is_some_and(|choices| !choices.contains(answer)) {
        return wrong("is none of the choices");
    }
    let limit = |keyword: &str| schema[keyword].as_f64();
    let size = match answer {
        Value::Array(items) => Some((items.len() as f64, limit("minItems"), limit("maxItems"))),
        Value::String(text) => Some((text.chars().count() as f64, None, limit("maxLength"))),
        Value::Number(number) => number.as_f64().map(|number| (number, limit("minimum"), limit("maximum"))),
        _ => None,
    };
    if let Some((size, least, most)) = size
        && (least.is_some_and(|least| size < least) || most.is_some_and(|most| size > most))
    {
        return wrong("is outside its bounds");
    }
    if let Value::Array(items) = answer {
        for (index, item) in items.iter().enumerate() {
            check(&schema["items"], item, &format!("{at}/{index}"))?;
        }
    }
    if let Value::Object(members) = answer {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                return wrong(&format!("lacks {name:?}"));
            }
        }
        for (name, member) in members {
            match schema["properties"].get(name) {
                Some(schema) => check(schema, member, &format!("{at}/{name}"))?,
                None => return wrong(&format!("has an unknown member {name:?}")),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rating() -> Schema {
        let quotes = json!({"type": "array", "items": {"type": "string", "maxLength": 9}, "minItems": 1, "maxItems": 2});
        Schema::new(json!({"type": "object", "additionalProperties": false, "required": ["level", "quotes"], "properties": {
            "level": {"type": "integer", "minimum": 0, "maximum": 4}, "quotes": quotes, "kind": {"type": "string", "enum": ["a", "b"]}}}))
        .unwrap()
    }

    #[test]
    fn answers_fit_or_are_refused_where_they_do_not() {
        for (answer, said) in [
            (json!({"level": 3, "quotes": ["turn-3"]}), ""),
            (json!({"level": 3, "quotes": ["turn-3"], "kind": "b"}), ""),
            (json!([]), "/: is no object"),
            (json!({"level": 3}), "/: lacks \"quotes\""),
            (json!({"level": 5, "quotes": ["x"]}), "/level: is outside its bounds"),
            (json!({"level": 2.5, "quotes": ["x"]}), "/level: is no integer"),
            (json!({"level": "3", "quotes": ["x"]}), "/level: is no integer"),
            (json!({"level": 3, "quotes": []}), "/quotes: is outside its bounds"),
            (json!({"level": 3, "quotes": ["x", 1]}), "/quotes/1: is no string"),
            (json!({"level": 3, "quotes": ["0123456789"]}), "/quotes/0: is outside its bounds"),
            (json!({"level": 3, "quotes": ["x"], "kind": "c"}), "/kind: is none of the choices"),
            (json!({"level": 3, "quotes": ["x"], "pass": true}), "/: has an unknown member \"pass\""),
        ] {
            assert_eq!(rating().check(&answer).err().unwrap_or_default(), said, "{answer}");
        }
    }

    #[test]
    fn a_schema_promises_only_what_is_checked() {
        for bad in [
            json!({}),
            json!({"type": "object", "properties": {}}),
            json!({"type": "object", "additionalProperties": true}),
            json!({"type": "string", "pattern": "^x$"}),
            json!({"type": "array"}),
            json!({"type": "object", "additionalProperties": false, "required": ["x"]}),
            json!({"type": ["string", "null"]}),
        ] {
            assert!(Schema::new(bad.clone()).is_err(), "{bad}");
        }
    }
}
