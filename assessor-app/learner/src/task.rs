//! Guided practice: a task of an exam package, step by step, that ends in something its author can use at work.

use serde::{Deserialize, Serialize};
use viva_assessment::Exam;

use crate::{LearnerError, memory::checked};

/// The most steps of a task.
const MOST_STEPS: usize = 20;

/// A task: `tasks/NAME.toml` of an exam package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Title of what is made.
    pub title: String,
    /// Told before the first step.
    pub intro: String,
    /// The colleague whose way of working it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The steps, each a section of what is made.
    #[serde(rename = "step", default)]
    pub steps: Vec<Step>,
}

/// A section, and the question that leads to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Heading of the section.
    pub heading: String,
    /// The question.
    pub ask: String,
    /// The criterion whose signs the section should show, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criterion: Option<String>,
    /// The signs of that criterion that are looked for here, by their ids; all positive ones where absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
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

    /// A colleague's way of working, written down in markdown, as a task: the first heading is the title, what stands before the second is
    /// the introduction, every further heading is a step, and what stands below it is told beside the question.
    ///
    /// # Errors
    /// There is no title or no step, a step is too long, or there are too many.
    pub fn from_workflow(markdown: &str, author: &str) -> Result<Self, LearnerError> {
        let wrong = |reason: String| LearnerError::File { file: "workflow", reason };
        let author = checked(author)?;
        let mut sections: Vec<(String, Vec<&str>)> = Vec::new();
        for line in markdown.lines() {
            let heading = line.trim_start_matches('#');
            if heading.len() < line.len() && heading.starts_with(' ') {
                sections.push((checked(heading)?, Vec::new()));
            } else if let Some((_, text)) = sections.last_mut() {
                text.push(line.trim().trim_start_matches(['-', '*', '+']).trim());
            } else if !line.trim().is_empty() {
                return Err(wrong(
                    "it begins with `# Title`, and `## Step` follows for every step".to_owned(),
                ));
            }
        }
        let told = |lines: &[&str]| {
            lines.iter().filter(|line| !line.is_empty()).copied().collect::<Vec<_>>().join(" ")
        };
        let mut sections = sections.into_iter().map(|(heading, lines)| (heading, told(&lines)));
        let Some((title, intro)) = sections.next() else {
            return Err(wrong("there is no heading: it begins with `# Title`".to_owned()));
        };
        let mut steps = Vec::new();
        for (heading, text) in sections {
            let how = if text.is_empty() { String::new() } else { format!("{author}: {} ", checked(&text)?) };
            let ask = format!("{how}How do you do it in your case?");
            steps.push(Step { heading, ask, criterion: None, seeks: Vec::new() });
        }
        if steps.is_empty() || steps.len() > MOST_STEPS {
            return Err(wrong(format!(
                "there are {} steps; 1 to {MOST_STEPS} are needed, each a `## Heading`",
                steps.len()
            )));
        }
        let intro = format!("This is how {author} works. {intro}").trim_end().to_owned();
        Ok(Self { title, intro, author: Some(author), steps })
    }

    /// As `tasks/NAME.toml` holds it.
    ///
    /// # Panics
    /// Never: strings can always be written.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).expect("strings are TOML")
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
        if let Some(author) = &self.author {
            made.push_str(&format!("\nMade after a way of working by {author}.\n"));
        }
        made
    }
}
