//! JSON Schema of the files of a package, for editors and for other programs that write exams.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::Value;

use super::{Calibration, FORMAT, Frame, Guardrails, Objectives, Persona, RolePlay, Rubric};
use crate::candidate::CandidateScript;

/// File of the package → JSON Schema (draft 2020-12) of its content, in the order in which an author needs them.
#[must_use]
pub fn schemas() -> Vec<(&'static str, Value)> {
    fn of<T: JsonSchema>(name: &str) -> Value {
        let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
        schema.insert("$id".to_owned(), format!("urn:viva:exam:{FORMAT}:{name}").into());
        schema.insert("title".to_owned(), name.into());
        schema.to_value()
    }
    vec![
        ("exam", of::<Frame>("exam")),
        ("persona", of::<Persona>("persona")),
        ("rubric", of::<Rubric>("rubric")),
        ("objectives", of::<Objectives>("objectives")),
        ("guardrails", of::<Guardrails>("guardrails")),
        ("roleplay", of::<RolePlay>("roleplay")),
        ("candidate", of::<CandidateScript>("candidate")),
        ("calibration", of::<Calibration>("calibration")),
    ]
}

fn words(list: &[&str]) -> Schema {
    json_schema!({"type": "string", "enum": list})
}

/// Names of `viva_exchange::Affect`.
pub(super) fn affect(_: &mut SchemaGenerator) -> Schema {
    words(&viva_exchange::Affect::ALL.map(viva_exchange::Affect::name))
}

/// Names of `viva_exchange::QuestionKind`.
pub(super) fn question_kind(_: &mut SchemaGenerator) -> Schema {
    words(&["yesno", "closed", "open", "statement"])
}

/// Names of the speakers that a candidate answers.
pub(crate) fn speaker(_: &mut SchemaGenerator) -> Schema {
    words(&["examiner", "character"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use viva_exchange::{Affect, QuestionKind, Speaker};

    #[test]
    fn words_of_the_schema_are_words_of_the_program() {
        fn all_read<T: serde::de::DeserializeOwned>(schema: Schema, count: usize) {
            let value = schema.to_value();
            let list = value["enum"].as_array().expect("a list").clone();
            assert_eq!(list.len(), count);
            for word in list {
                serde_json::from_value::<T>(word.clone()).unwrap_or_else(|_| panic!("{word}"));
            }
        }
        let mut generator = SchemaGenerator::default();
        all_read::<Affect>(affect(&mut generator), 8);
        all_read::<QuestionKind>(question_kind(&mut generator), 4);
        all_read::<Speaker>(speaker(&mut generator), 2);
    }
}
