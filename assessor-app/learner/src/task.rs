//! Guided practice: a task of an exam package, step by step, that ends in something its author can use at work.

use serde::Deserialize;
use viva_assessment::Exam;

use crate::LearnerError;

/// The most steps of a task.
const MOST_STEPS: usize = 20;

/// A task: `tasks/NAME.toml` of an exam package.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Title of what is made.
    pub title: String,
    /// Told before the first step.
    pub intro: String,
    /// The steps, each a section of what is made.
    #[serde(rename = "step", default)]
    pub steps: Vec<Step>,
}

/// A section, and the question that leads to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Heading of the section.
    pub heading: String,
    /// The question.
    pub ask: String,
    /// The criterion whose signs the section should show, if any.
    pub criterion: Option<String>,
    /// The signs of that criterion that are looked for here, by their ids; all positive ones where absent.
    #[serde(default)]
    pub seeks: Vec<String>,
}

impl Task {
    /// Reads a task and holds it against its exam.
    ///
    /// # Errors
    /// What is not TOML of this shape, no steps, or criteria and signs that the rubric does not have.
    pub fn parse(text: &str, exam: &Exam) -> Result<Self, LearnerError> {
        let wrong = |reason: String| LearnerError::File { file: "task", reason };
        let task: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if task.title.trim().is_empty() || task.steps.is_empty() || task.steps.len() > MOST_STEPS {
            return Err(wrong(format!("a title is needed, and 1 to {MOST_STEPS} steps")));
        }
        for step in &task.steps {
            let of = |reason: String| wrong(format!("step {:?}: {reason}", step.heading));
            if step.heading.trim().is_empty() || step.ask.trim().is_empty() || step.heading.contains('\n') {
                return Err(of("a heading of one line and a question are needed".to_owned()));
            }
            let Some(id) = &step.criterion else {
                if step.seeks.is_empty() {
                    continue;
                }
                return Err(of("`seeks` needs a `criterion`".to_owned()));
            };
            let criterion = exam
                .rubric()
                .criterion(id)
                .ok_or_else(|| of(format!("the rubric has no criterion {id:?}")))?;
            for sign in &step.seeks {
                if !criterion.indicators.iter().any(|known| known.id == *sign.as_str()) {
                    return Err(of(format!("{id} has no indicator {sign:?}")));
                }
            }
        }
        Ok(task)
    }

    /// What was made, as markdown: the title and a section per step that has words.
    ///
    /// **Shape** of `sections`: one text per step.
    #[must_use]
    pub fn deliverable(&self, sections: &[String]) -> String {
        let mut made = format!("# {}\n", self.title.trim());
        for (step, text) in self.steps.iter().zip(sections).filter(|(_, text)| !text.trim().is_empty()) {
            made.push_str(&format!("\n## {}\n\n{}\n", step.heading.trim(), text.trim()));
        }
        made
    }
}
