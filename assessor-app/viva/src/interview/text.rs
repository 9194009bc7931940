//! An interview by typing: the conversation, the scoring and the record, without sound and picture.

use std::io::{BufRead as _, Write as _};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use serde_json::json;
use viva_assessment::conversation::{Accommodation, Config, Input, StopReason};
use viva_assessment::{Exam, Scorer, typed_turn};
use viva_exchange::{HeardUntil, Speaker as Who, Turn, Utterance};
use viva_media::{TimeSpan, Timestamp};

use super::examiner::Examiner;
use super::inputs::RecordedInput;
use super::{Journal, Media, Models};
use crate::cli::InterviewArgs;
use crate::commands::interview::{Ended, Summary, finish, header};
use crate::commands::say;

/// A reader's pace, for the times of what is only written: 2.5 words per second.
const SECS_PER_WORD: f64 = 0.4;

/// Holds the interview on the terminal.
pub(crate) fn interview_by_text(args: &InterviewArgs, exam: Arc<Exam>) -> Result<Summary> {
    let models = Models::open()?;
    let scorer = Arc::new(Scorer::new(Arc::clone(&exam), models.embedder()?)?);
    let accommodation = Accommodation { text_instead_of_speech: true, ..Accommodation::default() };
    let config = Config { seed: args.seed, accommodation, ..Config::default() };
    let header = header(args, &exam, &models, "typed", Media::Refused);
    let mut journal = Journal::create(&args.out, &header, Media::Refused)?;
    journal.event(
        Timestamp::ZERO,
        "setup",
        json!({"candidate": "text", "asks": true, "config": config, "exam": args.exam.display().to_string()}),
    );
    let mut typed = Typed {
        examiner: Examiner::new(Arc::clone(&scorer), config),
        journal,
        now: Timestamp::ZERO,
        turns: std::collections::BTreeMap::new(),
    };
    say("Type your answers; an empty line is silence, /stop ends the interview.");
    let held = typed.hold();
    let Typed { examiner, journal, now, turns } = typed;
    let ended = finish(
        Ended { examiner, journal, at: now, meter: Vec::new(), utterance_turns: turns, stage: None },
        &scorer,
        &args.out,
    );
    held?;
    ended
}

struct Typed {
    examiner: Examiner,
    journal: Journal,
    now: Timestamp,
    turns: std::collections::BTreeMap<viva_exchange::UtteranceId, u32>,
}

impl Typed {
    fn hold(&mut self) -> Result<()> {
        self.input(Input::Start)?;
        let mut lines = std::io::stdin().lock().lines();
        while self.examiner.outcome().is_none() {
            write!(std::io::stdout(), "> ").and_then(|()| std::io::stdout().flush()).unwrap_or_default();
            let Some(line) = lines.next() else {
                self.input(Input::Stop { reason: StopReason::Operator })?;
                break;
            };
            let line = line.context("cannot read what was typed")?;
            match line.trim() {
                "/stop" => self.input(Input::Stop { reason: StopReason::Candidate })?,
                "" => self.input(Input::NoAnswer { at: self.now })?,
                text => {
                    let turn = typed_turn(self.journal.next_turn().0, text, self.now);
                    self.now = turn.end;
                    self.journal.turn(turn.clone());
                    self.input(Input::Turn(turn))?;
                }
            }
        }
        Ok(())
    }

    fn input(&mut self, input: Input) -> Result<()> {
        self.journal.event(self.now, "input", RecordedInput::from(&input));
        let step = self.examiner.handle(self.now, input);
        for event in &step.log {
            self.journal.event(event.at, "conversation", event);
        }
        for wording in step.wordings {
            self.input(Input::Wording { request: wording.request, text: None })?;
        }
        for utterance in step.say {
            self.show(&utterance)?;
        }
        Ok(())
    }

    /// Prints what is said; what is printed counts as heard.
    fn show(&mut self, utterance: &Utterance) -> Result<()> {
        let who = if utterance.speaker == Who::Character { "CHARACTER" } else { "EXAMINER" };
        say(format!("{who}: {}", utterance.text));
        self.journal.event(self.now, "utterance", utterance);
        let id = self.journal.next_turn();
        let words = utterance.text.split_whitespace().count().max(1) as f64;
        let end = self.now + TimeSpan::from_secs(SECS_PER_WORD * words);
        let turn = Turn { speaker: utterance.speaker, ..typed_turn(id.0, &utterance.text, self.now) };
        self.turns.insert(utterance.id, id.0);
        self.now = end.max(turn.end);
        self.journal.turn(turn);
        let heard = HeardUntil {
            utterance: utterance.id,
            at: self.now,
            text_bytes: utterance.text.len(),
            finished: true,
        };
        self.journal.event(self.now, "heard", &heard);
        self.input(Input::Heard(heard))
    }
}
