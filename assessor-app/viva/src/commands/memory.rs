//! `viva memory`

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use viva_learner::{Memory, MemoryKind};

use super::learner::{Folder, now};
use super::{say, say_json};
use crate::interview::load_exam;

#[derive(Debug, Subcommand)]
pub(crate) enum MemoryCommand {
    /// What is remembered, with its source and its end
    List {
        #[command(flatten)]
        of: Of,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// One memory with everything that is known of it
    Show {
        /// Name, for example m3
        id: String,
        #[command(flatten)]
        of: Of,
    },
    /// Add a note; with an exam and a criterion it is an open point, which practice comes back to
    Add(AddArgs),
    /// Alter a note; what it said before stands beside it. An open point keeps the rubric's words
    Edit {
        /// Name, for example m3
        id: String,
        /// What it says from now on
        text: String,
        /// Who alters it
        #[arg(long)]
        by: String,
        #[command(flatten)]
        of: Of,
    },
    /// Forget one memory, or all, without a trace
    Forget {
        /// Name, for example m3
        #[arg(required_unless_present = "all")]
        id: Option<String>,
        /// Forget everything
        #[arg(long, conflicts_with = "id")]
        all: bool,
        #[command(flatten)]
        of: Of,
    },
    /// Everything that is remembered, expired or not, as JSON for the learner to take along
    Export {
        #[command(flatten)]
        of: Of,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Of {
    /// Folder of the learner
    #[arg(long, value_name = "FOLDER")]
    learner: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// What is to be remembered; of an open point the indicator's id or words
    text: String,
    /// Who adds it
    #[arg(long)]
    by: String,
    /// Folder of the exam package that an open point belongs to
    #[arg(long, value_name = "FOLDER", requires = "criterion")]
    exam: Option<PathBuf>,
    /// The criterion of that exam's rubric
    #[arg(long, value_name = "ID", requires = "exam")]
    criterion: Option<String>,
    /// Days until it is forgotten by itself; else 180 for open points, 365 for notes
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: Option<u32>,
    #[command(flatten)]
    of: Of,
}

pub(crate) fn run(command: &MemoryCommand) -> Result<()> {
    match command {
        MemoryCommand::List { of, json } => list(of, *json),
        MemoryCommand::Show { id, of } => {
            let memories = Folder::open(&of.learner)?.memories()?;
            say(toml::to_string_pretty(memories.get(id)?)?.trim_end());
            Ok(())
        }
        MemoryCommand::Add(args) => add(args),
        MemoryCommand::Edit { id, text, by, of } => {
            let folder = Folder::open(&of.learner)?;
            let _lock = folder.lock()?;
            let mut memories = folder.memories()?;
            memories.edit(id, text, by, now())?;
            folder.save_memories(&memories)?;
            say(line(memories.get(id)?));
            Ok(())
        }
        MemoryCommand::Forget { id, all, of } => {
            let folder = Folder::open(&of.learner)?;
            let _lock = folder.lock()?;
            let mut memories = folder.memories()?;
            match id {
                Some(id) if !all => memories.forget(id)?,
                _ => memories.forget_all(),
            }
            folder.save_memories(&memories)?;
            say("forgotten");
            Ok(())
        }
        MemoryCommand::Export { of } => say_json(&Folder::open(&of.learner)?.memories()?),
    }
}

fn list(of: &Of, json: bool) -> Result<()> {
    let memories = Folder::open(&of.learner)?.memories()?;
    let alive: Vec<&Memory> = memories.alive(now()).collect();
    if json {
        return say_json(&alive);
    }
    if alive.is_empty() {
        say("nothing is remembered");
    }
    alive.iter().for_each(|memory| say(line(memory)));
    Ok(())
}

fn add(args: &AddArgs) -> Result<()> {
    let folder = Folder::open_or_new(&args.of.learner)?;
    let mut text = args.text.clone();
    let exam = args.exam.as_deref().map(load_exam).transpose()?;
    let of = match (&exam, &args.criterion) {
        (Some(exam), Some(id)) => {
            let criteria: Vec<&str> = exam.rubric().criteria.iter().map(|one| one.id.as_str()).collect();
            let Some(criterion) = exam.rubric().criterion(id) else {
                bail!("the rubric has no criterion {id:?}; it has: {}", criteria.join(", "));
            };
            let sign = criterion.indicators.iter().find(|one| one.id == *text.as_str() || one.text == text);
            let Some(sign) = sign else {
                let known: Vec<&str> = criterion.indicators.iter().map(|one| one.id.as_str()).collect();
                bail!("{id} has no indicator {text:?}; it has: {}", known.join(", "));
            };
            text.clone_from(&sign.text);
            Some((exam.frame().id.as_str(), id.as_str()))
        }
        _ => None,
    };
    let _lock = folder.lock()?;
    let mut memories = folder.memories()?;
    let added = memories.note(&text, &args.by, of, now(), args.days)?.id.clone();
    folder.save_memories(&memories)?;
    say(line(memories.get(&added)?));
    Ok(())
}

/// A memory with its source and its end.
fn line(memory: &Memory) -> String {
    let what = match memory.kind {
        MemoryKind::OpenPoint => "open",
        MemoryKind::Shown => "shown since",
        MemoryKind::Note => "note",
    };
    let of = match (&memory.exam, &memory.criterion) {
        (Some(exam), Some(criterion)) => format!(" ({exam}, {criterion})"),
        _ => String::new(),
    };
    let source = &memory.source;
    let mut from = Vec::new();
    from.extend(source.by.as_ref().map(|by| format!("by {by}")));
    from.extend(source.session.as_ref().map(|session| {
        let turn = source.turn.map_or_else(String::new, |turn| format!(", turn {turn}"));
        let quote = source.quote.as_ref().map_or_else(String::new, |quote| format!(": \"{quote}\""));
        format!("from {session}{turn}{quote}")
    }));
    from.extend(memory.edits.last().map(|edit| format!("altered by {} on {}", edit.by, edit.at.date())));
    format!(
        "{:<5} {what}: {}{of}\n      {}; since {}, until {}",
        memory.id,
        memory.text,
        from.join("; "),
        memory.created.date(),
        memory.expires.date()
    )
}
