//! An interview by typing: the conversation, the scoring and the record, without sound and picture.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;
use viva_assessment::conversation::{Config, Input, StopReason};
use viva_assessment::{Exam, Scorer, typed_turn};
use viva_exchange::{HeardUntil, Speaker as Who, Turn, Utterance};
use viva_media::{TimeSpan, Timestamp};

use super::examiner::Examiner;
use super::inputs::RecordedInput;
use super::stop::StopSign;
use super::work::{Worded, WordingSource};
use super::{Journal, Judge, Media, Models, llm_wording};
use crate::cli::InterviewArgs;
use crate::commands::interview::{Ended, Summary, accommodation, finish, header, practice};
use crate::commands::{kb, tell};
use crate::issuer::Issuer;

/// A reader's pace, for the times of what is only written: 2.5 words per second.
const SECS_PER_WORD: f64 = 0.4;
/// Half an hour at that pace: more is a file that was pasted, and no answer.
const MOST_WORDS: usize = 5000;

/// Holds the interview on the terminal.
pub(crate) fn interview_by_text(
    args: &InterviewArgs,
    exam: Arc<Exam>,
    issuer: &Issuer,
    stop: StopSign,
) -> Result<Summary> {
    let models = Models::open()?;
    let scorer = Arc::new(Scorer::new(Arc::clone(&exam), models.embedder()?)?);
    let accommodation = accommodation(args);
    let (wording, judge) = (llm_wording(args)?, Judge::named(args)?);
    let config = Config {
        seed: args.seed,
        accommodation,
        llm: wording.is_some(),
        second_rater: judge.is_some(),
        ..Config::default()
    };
    let practice = practice(args, &exam)?;
    let handbook = kb::handbook(&exam, &args.exam, args.kb.as_deref(), &models)?;
    let kb = args.kb.as_deref().map(kb::named).transpose()?;
    let header = header(args, &exam, &models, "typed", Media::Refused, issuer)?;
    let mut journal = Journal::create(&args.out, &header, Media::Refused)?;
    journal.event(
        Timestamp::ZERO,
        "setup",
        json!({"candidate": "text", "asks": true, "config": config, "exam": args.exam.display().to_string(), "practice": practice, "kb": kb}),
    );
    let mut typed = Typed {
        examiner: Examiner::new(Arc::clone(&scorer), config, practice, handbook),
        journal,
        now: Timestamp::ZERO,
        turns: BTreeMap::new(),
        wording,
        stop,
        json: args.json,
    };
    typed.tell("Type your answers; an empty line is silence, /stop ends the interview.");
    let held = typed.hold();
    if held.is_err() && typed.examiner.outcome().is_none() {
        // What was answered until now is scored and sealed all the same.
        typed.input(Input::Stop { reason: StopReason::Technical })?;
    }
    let Typed { examiner, journal, now, turns, .. } = typed;
    let ended = finish(
        Ended {
            examiner,
            journal,
            at: now,
            meter: Vec::new(),
            speculation: BTreeMap::new(),
            utterance_turns: turns,
            stage: None,
        },
        &scorer,
        judge.as_ref(),
        issuer,
        &args.out,
    );
    held?;
    ended
}

struct Typed {
    examiner: Examiner,
    journal: Journal,
    now: Timestamp,
    turns: BTreeMap<viva_exchange::UtteranceId, u32>,
    wording: Option<Box<dyn WordingSource>>,
    stop: StopSign,
    /// The standard output is for the summary alone.
    json: bool,
}

impl Typed {
    fn hold(&mut self) -> Result<()> {
        self.input(Input::Start)?;
        let lines = keyboard()?;
        while self.examiner.outcome().is_none() {
            if self.journal.failure.is_some() {
                self.input(Input::Stop { reason: StopReason::Technical })?;
                break;
            }
            self.prompt();
            let Some(line) = self.next_line(&lines)? else {
                let reason = self.stop.get().unwrap_or(StopReason::Operator);
                self.input(Input::Stop { reason })?;
                break;
            };
            match line.trim() {
                "/stop" => self.input(Input::Stop { reason: StopReason::Candidate })?,
                "" => self.input(Input::NoAnswer { at: self.now })?,
                text => {
                    let text = self.first_words(text);
                    let turn = typed_turn(self.journal.next_turn().0, &text, self.now);
                    self.now = turn.end;
                    self.journal.turn(turn.clone());
                    self.input(Input::Turn(turn))?;
                }
            }
        }
        Ok(())
    }

    /// One line for who types.
    fn tell(&self, line: &str) {
        tell(line, self.json);
    }

    fn prompt(&self) {
        let prompted = if self.json {
            write!(std::io::stderr(), "> ")
        } else {
            write!(std::io::stdout(), "> ").and_then(|()| std::io::stdout().flush())
        };
        prompted.unwrap_or_default();
    }

    /// As much of an answer as is taken.
    fn first_words<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.len() <= MOST_WORDS {
            return Cow::Borrowed(text);
        }
        let count = words.len();
        self.tell(&format!("An answer of {count} words is too long: the first {MOST_WORDS} are taken."));
        Cow::Owned(words[..MOST_WORDS].join(" "))
    }

    /// What was typed next; `None` at the end of the input and after Ctrl-C.
    fn next_line(&self, lines: &Receiver<std::io::Result<String>>) -> Result<Option<String>> {
        loop {
            if self.stop.get().is_some() {
                return Ok(None);
            }
            match lines.recv_timeout(Duration::from_millis(100)) {
                Ok(line) => return line.map(Some).context("cannot read what was typed"),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
        }
    }

    fn input(&mut self, input: Input) -> Result<()> {
        self.journal.event(self.now, "input", RecordedInput::from(&input));
        let step = self.examiner.handle(self.now, input);
        for event in &step.log {
            self.journal.event(event.at, "conversation", event);
        }
        for wording in step.wordings {
            let source = self.wording.as_mut();
            let worded = source
                .map_or_else(Worded::default, |source| source.word(u64::from(wording.request), &wording));
            self.journal.wording(self.now, u64::from(wording.request), wording.request, &worded);
            self.input(Input::Wording { request: wording.request, text: worded.text })?;
        }
        for utterance in step.say {
            self.show(&utterance)?;
        }
        Ok(())
    }

    /// Prints what is said; what is printed counts as heard.
    fn show(&mut self, utterance: &Utterance) -> Result<()> {
        let who = if utterance.speaker == Who::Character { "CHARACTER" } else { "EXAMINER" };
        self.tell(&format!("{who}: {}", utterance.text));
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

/// The lines of the standard input, read on a thread so that Ctrl-C is heard while nobody types. One line may wait.
fn keyboard() -> Result<Receiver<std::io::Result<String>>> {
    let (typed, lines) = sync_channel(1);
    std::thread::Builder::new().name("keyboard".into()).spawn(move || {
        let mut input = std::io::stdin().lock();
        loop {
            let mut bytes = Vec::new();
            let line = match input.read_until(b'\n', &mut bytes) {
                Ok(0) => return,
                // A terminal of another encoding ends no interview.
                Ok(_) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
                Err(error) => Err(error),
            };
            if typed.send(line).is_err() {
                return;
            }
        }
    })?;
    Ok(lines)
}
