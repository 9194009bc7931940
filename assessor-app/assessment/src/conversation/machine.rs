//! The steps of the interview.

use viva_exchange::{QuestionContext, QuestionKind, Speaker, Turn};

use super::event::{DomainCoverage, Ending, EventKind, Outcome, Standing};
use super::io::{Input, Mode, ObservationPolicy, Output, StopReason};
use super::plan::Act;
use super::probe::{self, Situation};
use super::scene::Scene;
use super::{Ask, CONSENT_QUESTION, Conversation, Target, WARM_UP_QUESTION};
use crate::exam::{Guardrail, GuardrailKind, Polarity};
use crate::score::{Answer, Finding, Presence, Quote, Setting, typed_turn};
use crate::text::{Token, tokens};

/// Timing facts kept at most.
const TIMING_KEPT: usize = 256;
/// Observations kept at most.
const OBSERVATIONS_KEPT: usize = 16;
/// How often a question is repeated at the candidate's wish.
const MOST_REPEATS: u32 = 2;

impl Conversation {
    pub(super) fn take(&mut self, input: Input) {
        match input {
            Input::Start if self.at_step.is_none() => self.start(),
            Input::Start => {}
            Input::Timing(events) => {
                if !self.config.accommodation.timing_masked {
                    self.timing.extend(events);
                    let surplus = self.timing.len().saturating_sub(TIMING_KEPT);
                    self.timing.drain(..surplus);
                }
            }
            Input::Observed(observation) => {
                if self.config.observation == ObservationPolicy::SpeechAndVisible
                    || !observation.events.is_empty()
                {
                    self.observations.push(observation.sentence);
                    let surplus = self.observations.len().saturating_sub(OBSERVATIONS_KEPT);
                    self.observations.drain(..surplus);
                }
            }
            Input::Heard(heard) => {
                if let Some(pending) = self.pending.as_mut().filter(|p| p.utterance == heard.utterance) {
                    pending.heard = Some((heard.text_bytes, heard.finished));
                }
            }
            Input::BargeIn { at: _, utterance } => {
                let pending = self.pending.as_mut().filter(|pending| pending.utterance == utterance);
                let heard_bytes =
                    pending.as_ref().and_then(|pending| pending.heard).map_or(0, |heard| heard.0);
                if let Some(pending) = pending {
                    pending.talked_over = true;
                }
                // Who goes on over an "okay" talks over nothing.
                self.talked_over |= !self.is_acknowledgement(utterance) && self.wish.is_none();
                self.log(EventKind::TalkedOver { utterance, heard_bytes });
            }
            Input::Acknowledged { utterance } => self.take_acknowledged(utterance),
            Input::Wording { request, text } => self.take_wording(request, text),
            Input::Stop { reason } => {
                self.drop_wish();
                self.stop(match (reason, self.config.mode) {
                    (StopReason::Technical, _) => Ending::TechnicalFailure,
                    (_, Mode::Recording) => Ending::RecordingEnded,
                    (StopReason::Candidate, _) => Ending::StoppedByCandidate,
                    (StopReason::HumanRequested, _) => Ending::HumanRequested,
                    (StopReason::Operator, _) => Ending::StoppedByOperator,
                });
            }
            Input::NoAnswer { .. } => self.take_silence(),
            Input::Turn(turn) if turn.speaker == Speaker::Candidate => self.take_turn(turn),
            Input::Turn(_) => {}
        }
    }

    fn start(&mut self) {
        let accommodation = self.config.accommodation;
        let conditions_varied = accommodation != super::Accommodation::default();
        let exam_hash = self.exam.hash_hex();
        self.log(EventKind::Started { exam_hash, seed: self.config.seed, conditions_varied });
        self.at_step = Some(0);
        if self.config.mode == Mode::Live {
            self.enter();
        }
    }

    /// Begins the present step.
    fn enter(&mut self) {
        let exam = self.exam.clone();
        let (frame, persona) = (exam.frame(), exam.persona());
        self.probes_here.clear();
        let Some((at, step)) = self.at_step.and_then(|at| Some((at, self.steps.get(at)?.clone()))) else {
            return self.finish(Ending::Complete);
        };
        let act = match step.act {
            Act::Free(domain) => match self.choose_question(at, domain) {
                Some(number) => Act::Question(number),
                None => return self.next_step(),
            },
            act => act,
        };
        let short = |expected_s| QuestionContext {
            kind: QuestionKind::Yesno,
            expected_s,
            patience_ms: persona.patience_ms,
        };
        let talk = |id: &str, text: &str| Target {
            question: id.to_owned(),
            criteria: Vec::new(),
            setting: Setting::Question,
            heard: text.to_owned(),
        };
        let asked = |question: &str| EventKind::QuestionAsked {
            question: question.to_owned(),
            domain: None,
            cites: None,
            utterance: viva_exchange::UtteranceId(0),
        };
        match act {
            Act::Consent => {
                for sentence in self.disclosure() {
                    self.say(Speaker::Examiner, &sentence);
                }
                let text = frame.consent.question.clone();
                let target = talk(CONSENT_QUESTION, &text);
                let log = Some(asked(CONSENT_QUESTION));
                self.ask(Ask { target, text, speaker: Speaker::Examiner, context: short(2.0), log });
            }
            Act::WarmUp => {
                self.say(Speaker::Examiner, frame.warm_up.intro.as_deref().unwrap_or_default());
                let text = frame.warm_up.question.clone();
                let target = talk(WARM_UP_QUESTION, &text);
                let expected_s = frame.warm_up.expected_s;
                let context = QuestionContext {
                    kind: QuestionKind::Open,
                    expected_s,
                    patience_ms: persona.patience_ms,
                };
                let log = Some(asked(WARM_UP_QUESTION));
                self.ask(Ask { target, text, speaker: Speaker::Examiner, context, log });
            }
            Act::Question(number) => {
                let question = &frame.questions[number];
                // A question that was branched to has its reason already.
                let is_branched = self.branched_to == Some(number);
                if let Some(plan) = self.practice.clone().filter(|_| !is_branched) {
                    let (question, difficulty) = (question.id.to_string(), question.difficulty);
                    let reason = plan.reason(&exam, number);
                    self.log(EventKind::QuestionChosen { question, difficulty, reason });
                }
                self.say_link();
                if self.asked_questions.is_empty() {
                    self.pick_up();
                }
                let target = Target {
                    criteria: question.criteria.iter().map(ToString::to_string).collect(),
                    ..talk(&question.id, &question.text)
                };
                let log = EventKind::QuestionAsked {
                    question: question.id.to_string(),
                    domain: Some(question.domain.to_string()),
                    cites: question.cites.as_ref().and_then(|cites| exam.citation(cites)),
                    utterance: viva_exchange::UtteranceId(0),
                };
                self.asked_questions.push(question.id.to_string());
                let (text, context) = (question.text.clone(), question.context(persona.patience_ms));
                self.ask(Ask { target, text, speaker: Speaker::Examiner, context, log: Some(log) });
            }
            Act::RolePlay => {
                let role_play = exam.role_play();
                for sentence in &role_play.announcement {
                    self.say(Speaker::Examiner, sentence);
                }
                let level = role_play.character.opening_level;
                self.log(EventKind::RolePlayBegan { scene: role_play.id.to_string(), level });
                self.asked_questions.push(role_play.id.to_string());
                self.scene = Some(Scene::new(role_play));
                self.talked_over = false;
                self.character_says(role_play.character.opening.clone(), None);
            }
            Act::Closing => {
                for (number, sentence) in self.last_words().iter().enumerate() {
                    if number == 0 {
                        self.say_on(sentence);
                    } else {
                        self.say(Speaker::Examiner, sentence);
                    }
                }
                self.next_step();
            }
            // Resolved above.
            Act::Free(_) => {}
        }
    }

    /// Marks the present step as done and begins the next.
    fn next_step(&mut self) {
        let Some(at) = self.at_step else { return };
        if let Some(step) = self.steps.get(at).cloned() {
            if step.completes {
                self.conclude_objective(at, &step);
            }
            if let Some(next) = self.steps.get(at + 1)
                && next.objective != step.objective
            {
                let (from, to) = (step.objective, next.objective.clone());
                self.log(EventKind::StateChanged { from, to });
            }
        }
        self.at_step = Some(at + 1);
        self.before = self.pending.take().map(|pending| pending.target);
        self.enter();
    }

    fn act(&self) -> Option<Act> {
        self.at_step.and_then(|at| self.steps.get(at)).map(|step| step.act)
    }

    fn scene_is_ahead(&self) -> bool {
        self.at_step.is_some_and(|at| self.steps.iter().skip(at).any(|step| step.act == Act::RolePlay))
    }

    fn take_turn(&mut self, turn: Turn) {
        if self.config.mode == Mode::Recording {
            let (question, heard) = (String::new(), String::new());
            self.answers.push(Answer {
                turn,
                question,
                criteria: Vec::new(),
                setting: Setting::Unasked,
                heard,
            });
            return;
        }
        if !self.ends_by_wish(&turn, &tokens(&turn.text())) {
            self.heed(turn);
        }
    }

    /// What was said, where it is no wish to end.
    pub(super) fn heed(&mut self, turn: Turn) {
        let words = tokens(&turn.text());
        if self.wording.is_some() || self.is_continuation() {
            return self.continue_answer(turn);
        }
        let Some(pending) = &self.pending else { return };
        let in_scene = pending.speaker == Speaker::Character;
        self.flag_instructions(&turn);
        if !in_scene && (self.answered_by_guardrail(&turn, &words) || self.taken_beside(&turn, &words)) {
            return;
        }
        match self.act() {
            Some(Act::Consent) => self.take_consent(&turn, &words),
            Some(Act::WarmUp) => self.next_step(),
            Some(Act::Question(number)) => self.take_answer(number, turn),
            Some(Act::RolePlay) => self.take_scene_answer(turn),
            Some(Act::Closing | Act::Free(_)) | None => {}
        }
    }

    /// Refusal of help, repetition, redirect: true when the question stays pending.
    fn answered_by_guardrail(&mut self, turn: &Turn, words: &[Token]) -> bool {
        for kind in [GuardrailKind::Help, GuardrailKind::Repeat, GuardrailKind::OffScope] {
            let Some((rule, found)) = self.guardrail(kind, words) else { continue };
            let Some(pending) = &mut self.pending else { return false };
            let limit = match kind {
                GuardrailKind::Repeat => &mut pending.repeats,
                _ => &mut pending.redirects,
            };
            if *limit >= if kind == GuardrailKind::Repeat { MOST_REPEATS } else { 1 } {
                continue;
            }
            *limit += 1;
            self.log_guardrail(&rule, turn, &words[found]);
            let reply = if rule.reply.is_empty() {
                self.exam.frame().words.repeat.clone()
            } else {
                rule.reply.clone()
            };
            self.ask_again(&reply);
            return true;
        }
        false
    }

    /// Words that seem to instruct the machine are flagged for the reviewer; nothing else changes.
    pub(super) fn flag_instructions(&mut self, turn: &Turn) {
        let words = tokens(&turn.text());
        if let Some((rule, found)) = self.guardrail(GuardrailKind::Injection, &words) {
            self.log_guardrail(&rule, turn, &words[found]);
        }
    }

    fn guardrail(&self, kind: GuardrailKind, words: &[Token]) -> Option<(Guardrail, std::ops::Range<usize>)> {
        self.exam.guardrails().find(kind, words, |_| true).map(|(rule, found)| (rule.clone(), found))
    }

    pub(super) fn log_guardrail(&mut self, rule: &Guardrail, turn: &Turn, words: &[Token]) {
        let quote = match words {
            [first, .., last] => Quote::cut(turn, first.range.start..last.range.end),
            [only] => Quote::cut(turn, only.range.clone()),
            [] => None,
        };
        self.log(EventKind::GuardrailHit {
            guardrail: rule.id.to_string(),
            kind: rule.kind,
            quote,
            judged: None,
        });
    }

    /// The candidate went on speaking into the next question, of which less than half had been heard.
    pub(super) fn is_continuation(&self) -> bool {
        let Some(pending) = &self.pending else { return false };
        let hardly_heard = matches!(pending.heard, Some((bytes, true)) if bytes * 2 < pending.text.len());
        pending.talked_over && hardly_heard && self.before.is_some() && pending.speaker == Speaker::Examiner
    }

    fn continue_answer(&mut self, turn: Turn) {
        let waiting = self.wording.is_some();
        let target =
            if waiting { self.pending.as_ref().map(|p| p.target.clone()) } else { self.before.take() };
        self.flag_instructions(&turn);
        self.log(EventKind::AnswerContinued { turn: turn.id });
        if let Some(target) = target.filter(|target| !target.criteria.is_empty()) {
            self.push_answer(turn, &target);
        }
        if !waiting {
            self.ask_again("");
        }
    }

    pub(super) fn push_answer(&mut self, turn: Turn, target: &Target) {
        let Target { question, criteria, setting, heard } = target.clone();
        let words = turn.words.len();
        self.log(EventKind::AnswerTaken { question: question.clone(), turn: turn.id, words });
        self.answers.push(Answer { turn, question, criteria, setting, heard });
    }

    fn take_consent(&mut self, turn: &Turn, words: &[Token]) {
        let exam = self.exam.clone();
        let consent = &exam.frame().consent;
        let asked_before = self.pending.as_ref().is_some_and(|pending| pending.redirects > 0);
        // "I am not sure" is no yes, and who says both is asked again.
        let yes = probe::affirms(&consent.yes, words);
        let no = probe::says(&consent.no, words);
        if no && !yes {
            self.refuse_consent("the candidate said no");
        } else if yes && !no {
            let quote = Quote::cut(turn, 0..turn.text().len());
            self.log(EventKind::ConsentGiven { quote });
            self.next_step();
        } else if asked_before {
            self.refuse_consent("the answer stayed unclear");
        } else {
            self.consent_again();
        }
    }

    pub(super) fn consent_again(&mut self) {
        if let Some(pending) = &mut self.pending {
            pending.redirects += 1;
            pending.text.clone_from(&self.exam.frame().consent.again);
        }
        let reason = "neither a yes nor a no".to_owned();
        self.log(EventKind::AskedAgain { question: CONSENT_QUESTION.to_owned(), reason });
        self.ask_again("");
    }

    fn refuse_consent(&mut self, reason: &str) {
        self.log(EventKind::ConsentNotGiven { reason: reason.to_owned() });
        let text = self.exam.frame().consent.refused.clone();
        self.say(Speaker::Examiner, &text);
        self.finish(Ending::ConsentRefused);
    }

    fn take_answer(&mut self, number: usize, turn: Turn) {
        let exam = self.exam.clone();
        let question = &exam.frame().questions[number];
        let Some(target) = self.pending.as_ref().map(|pending| pending.target.clone()) else { return };
        self.push_answer(turn.clone(), &target);
        let mismatch = probe::mismatch(&exam, &turn, &self.timing);
        let noted = mismatch.is_some();
        if let Some((quote, facts)) = mismatch {
            self.log(EventKind::MismatchNoted { quote, facts });
        }
        let findings = self.findings(&target.criteria);
        let name = question.id.to_string();
        let rehearsed = self.scorer.not_own_words(&self.answers);
        if let Some(reason) = rehearsed {
            let (question, turn) = (name.clone(), turn.id);
            self.log(EventKind::RehearsedNoted { question, turn, reason: reason.to_owned() });
        }
        let flow = &exam.frame().flow;
        let kept_back = if self.scene_is_ahead() { flow.probes_after_scene } else { 0 };
        let limit = self.config.max_probes.unwrap_or(flow.probes_total).saturating_sub(kept_back);
        let used_here = u32::try_from(self.probes_here.len()).unwrap_or(u32::MAX);
        if used_here >= flow.probes_per_question
            || self.probes_asked.len() >= usize::try_from(limit).unwrap_or(usize::MAX)
        {
            self.log(EventKind::NoProbe {
                question: name,
                reason: "the limit of follow-ups is reached".to_owned(),
            });
            return self.next_step();
        }
        let practice = self.practice.clone();
        let wanted: Vec<&str> = practice.iter().flat_map(|plan| plan.indicators()).collect();
        let situation = Situation {
            exam: &exam,
            question,
            findings: &findings,
            turn: &turn,
            mismatch: noted,
            rehearsed,
            used: &self.probes_here,
            asked: &self.probes_asked,
            variations_left: flow.variations_total.saturating_sub(self.variations_used),
            wanted: &wanted,
        };
        let choice = match probe::choose(&situation) {
            Ok(choice) => choice,
            Err(reason) => {
                self.log(EventKind::NoProbe { question: name, reason });
                return self.next_step();
            }
        };
        let (kind, reason, text) = (choice.probe.kind, choice.reason, choice.probe.text.clone());
        self.probes_here.push(kind);
        self.probes_asked.push(kind);
        self.variations_used += u32::from(kind == crate::exam::ProbeKind::Variation);
        let log = EventKind::ProbeChosen {
            question: name,
            probe: kind,
            reason,
            missing: missing(&findings),
            utterance: viva_exchange::UtteranceId(0),
        };
        let target = Target { setting: Setting::Probe(kind), heard: text.clone(), ..target };
        let context = question.context(exam.persona().patience_ms);
        let facts = vec![
            format!("Question: {}", question.text),
            format!("Follow-up to be worded, meaning unchanged: {text}"),
            format!("The candidate's answer, as data: \"{}\"", turn.text()),
        ];
        self.ask_worded(Ask { target, text, speaker: Speaker::Examiner, context, log: Some(log) }, facts);
    }

    /// Findings of criteria over all answers so far, each criterion logged.
    fn findings(&mut self, criteria: &[String]) -> Vec<Finding> {
        let exam = self.exam.clone();
        let mut all = Vec::new();
        for criterion in criteria.iter().filter_map(|id| exam.rubric().criterion(id)) {
            let found = match self.scorer.findings(criterion, &self.answers) {
                Ok(found) => found,
                Err(error) => {
                    self.log(EventKind::EmbeddingFailed { error: error.to_string() });
                    continue;
                }
            };
            let shown =
                found.iter().filter(|f| f.presence == Presence::Shown).map(|f| f.indicator.clone()).collect();
            let criterion = criterion.id.to_string();
            self.log_recoveries(&criterion, &found);
            self.log(EventKind::Coverage { criterion, shown, missing: missing(&found) });
            all.extend(found);
        }
        all
    }

    /// Each thing that was put right is told once, when it is first seen.
    fn log_recoveries(&mut self, criterion: &str, findings: &[Finding]) {
        for finding in findings {
            let key = (criterion.to_owned(), finding.indicator.clone());
            let Some(recovery) = finding.recovery.clone().filter(|_| !self.recovered.contains(&key)) else {
                continue;
            };
            self.recovered.push(key);
            let (criterion, sign) = (criterion.to_owned(), finding.text.clone());
            self.log(EventKind::Recovered { criterion, sign, recovery });
        }
    }

    /// What was put right in the scene, or where another criterion was asked for, is told before the end.
    fn log_open_recoveries(&mut self) {
        if self.config.mode == Mode::Recording || self.answers.is_empty() {
            return;
        }
        let exam = self.exam.clone();
        for criterion in &exam.rubric().criteria {
            match self.scorer.findings(criterion, &self.answers) {
                Ok(found) => self.log_recoveries(&criterion.id, &found),
                Err(error) => return self.log(EventKind::EmbeddingFailed { error: error.to_string() }),
            }
        }
    }

    fn take_scene_answer(&mut self, turn: Turn) {
        let exam = self.exam.clone();
        let role_play = exam.role_play();
        let Some(target) = self.pending.as_ref().map(|pending| pending.target.clone()) else { return };
        self.push_answer(turn, &target);
        self.silences_in_scene = 0;
        let noticed = match self.answers.last().map(|answer| self.scorer.behaviours(answer)) {
            Some(Ok(noticed)) => noticed,
            Some(Err(error)) => {
                self.log(EventKind::EmbeddingFailed { error: error.to_string() });
                Vec::new()
            }
            None => Vec::new(),
        };
        let talked_over = std::mem::take(&mut self.talked_over);
        let Some(mut scene) = self.scene.take() else { return };
        let reaction = scene.react(role_play, &noticed, talked_over, &mut self.chance);
        self.scene = Some(scene);
        let (from, to, rules, quotes) = (reaction.from, reaction.to, reaction.rules, reaction.quotes);
        if from != to || !rules.is_empty() {
            self.log(EventKind::RolePlayLevel { from, to, rules, quotes });
        }
        let tells_fact = reaction.fact.is_some();
        if let Some(fact) = reaction.fact {
            self.log(EventKind::FactTold { fact });
        }
        match reaction.ended {
            Some(reason) => self.end_scene(&reaction.line, reason),
            None => {
                // A fact is told as the exam has it: no model words it anew.
                let said = self.answers.last().filter(|_| !tells_fact).map(|answer| answer.turn.text());
                self.character_says(reaction.line, said);
            }
        }
    }

    fn end_scene(&mut self, line: &str, reason: &str) {
        let exam = self.exam.clone();
        self.say(Speaker::Character, line);
        let level = self.scene.take().map_or(0, |scene| scene.level());
        self.log(EventKind::RolePlayEnded { level, reason: reason.to_owned() });
        self.say(Speaker::Examiner, &exam.role_play().exit);
        self.next_step();
    }

    fn character_says(&mut self, text: String, said: Option<String>) {
        let exam = self.exam.clone();
        let role_play = exam.role_play();
        let target = Target {
            question: role_play.id.to_string(),
            criteria: role_play.criteria.iter().map(ToString::to_string).collect(),
            setting: Setting::RolePlay,
            heard: text.clone(),
        };
        let patience_ms = exam.persona().patience_ms;
        let context = QuestionContext { kind: QuestionKind::Statement, expected_s: 8.0, patience_ms };
        let ask = Ask { target, text: text.clone(), speaker: Speaker::Character, context, log: None };
        let Some(said) = said else { return self.ask(ask) };
        let level = self.scene.as_ref().map_or(0, Scene::level);
        // What the character knows and has not told is no matter for a model: it cannot tell what it is not told.
        let facts = vec![
            format!("Character: {}", role_play.character.name),
            format!("Agitation {level} of 4. Line to be worded, meaning unchanged: {text}"),
            format!("What was said to the character, as data: \"{said}\""),
        ];
        self.ask_worded(ask, facts);
    }

    fn take_silence(&mut self) {
        if self.config.mode == Mode::Recording || self.wording.is_some() {
            return;
        }
        if self.wish_stays_unanswered() {
            return;
        }
        let Some(pending) = &mut self.pending else { return };
        let exam = self.exam.clone();
        pending.silences += 1;
        let (silences, question) = (pending.silences, pending.target.question.clone());
        if pending.speaker == Speaker::Character {
            self.silences_in_scene += 1;
            if self.silences_in_scene >= 2 {
                self.log(EventKind::NotAnswered { question });
                return self.end_scene(&exam.role_play().end.upset_line, "no answer");
            }
            let Some(mut scene) = self.scene.take() else { return };
            let line = scene.level_line(exam.role_play(), &mut self.chance);
            self.scene = Some(scene);
            return self.character_says(line, None);
        }
        let words = &exam.frame().words;
        match (silences, self.act()) {
            (1, _) => {
                self.log(EventKind::AskedAgain { question, reason: "no answer".to_owned() });
                self.ask_again(&words.reprompt);
            }
            (_, Some(Act::Consent)) => self.refuse_consent("no answer"),
            _ => {
                self.log(EventKind::NotAnswered { question });
                self.say(Speaker::Examiner, &words.moving_on);
                self.leave_unanswered();
                self.next_step();
            }
        }
    }

    /// Keeps the fact that a question was asked and stayed without an answer.
    fn leave_unanswered(&mut self) {
        let Some(pending) = &self.pending else { return };
        let Target { question, criteria, setting, heard } = pending.target.clone();
        if criteria.is_empty() || setting != Setting::Question {
            return;
        }
        let turn = typed_turn(u32::MAX, "", self.now);
        self.answers.push(Answer { turn, question, criteria, setting, heard });
    }

    pub(super) fn finish(&mut self, ending: Ending) {
        self.finished = true;
        self.pending = None;
        self.wording = None;
        self.log_open_recoveries();
        self.log(EventKind::Ended { ending });
        let objectives_open = self
            .exam
            .objectives()
            .map(|o| o.id.to_string())
            .filter(|id| !self.objectives_met.contains(id) && !self.objectives_to_confirm.contains(id))
            .collect();
        let outcome = Outcome {
            standing: self.practice.as_ref().map_or(Standing::Certify, |_| Standing::Practice),
            ending,
            coverage: self.coverage(),
            objectives_met: std::mem::take(&mut self.objectives_met),
            objectives_to_confirm: std::mem::take(&mut self.objectives_to_confirm),
            objectives_open,
            answers: std::mem::take(&mut self.answers),
        };
        self.out.push_back(Output::Finished(outcome));
    }

    fn coverage(&self) -> Vec<DomainCoverage> {
        let domain_of = |question: &str| {
            let scene = self.exam.role_play();
            let found = self.exam.question(question).map(|question| question.domain.as_str());
            found.or_else(|| (scene.id == *question).then(|| scene.domain.as_str()))
        };
        let domains = &self.exam.rubric().domains;
        domains
            .iter()
            .map(|domain| {
                let asked: Vec<String> = self
                    .asked_questions
                    .iter()
                    .filter(|question| domain_of(question) == Some(domain.id.as_str()))
                    .cloned()
                    .collect();
                let has_words =
                    |id: &String| self.answers.iter().any(|a| a.question == *id && !a.turn.words.is_empty());
                let answered = asked.iter().filter(|question| has_words(question)).cloned().collect();
                let covered = !asked.is_empty();
                DomainCoverage {
                    domain: domain.id.to_string(),
                    title: domain.title.clone(),
                    asked,
                    answered,
                    covered,
                }
            })
            .collect()
    }
}

fn missing(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .filter(|finding| finding.polarity == Polarity::Positive && finding.presence == Presence::Missing)
        .map(|finding| finding.indicator.clone())
        .collect()
}
