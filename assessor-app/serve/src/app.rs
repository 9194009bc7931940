//! Routes: what each address shows, and what each form appends.

use std::sync::{Mutex, PoisonError};

use viva_record::{
    Decision, Outcome, RecordError,
    oversight::{
        self, Appeal, AppealDecision, BlindScore, Confirmation, Correction, Override, Referral, Step,
        told_before_levels,
    },
    report::{Report, SCRIPT, STYLE},
    review::review,
    wire::ScoreSheet,
};

use crate::{
    ReviewConfig,
    bundles::{Bundle, Shelf},
    claims::Claims,
    forms::{Form, reviewer},
    guard::admit,
    message::{Answer, Request},
    pages, samples, sound,
};

const OVERSIGHT_STATEMENT: &str =
    "A human has reviewed this session. What was given or decided stands in the added events.";

/// Everything that requests share.
pub(crate) struct App {
    config: ReviewConfig,
    token: String,
    port: u16,
    shelf: Shelf,
    claims: Mutex<Claims>,
    /// One form at a time is written.
    writing: Mutex<()>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("App")
            .field("config", &self.config)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// A refusal with its status; the page says that nothing was written and that the marks are kept.
struct Refused(u16, String);

impl From<String> for Refused {
    fn from(why: String) -> Self {
        Self(422, why)
    }
}

impl From<RecordError> for Refused {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Changed | RecordError::AlreadyReviewed | RecordError::Exists(_) => {
                Self(409, CHANGED.to_owned())
            }
            RecordError::Decision(_) => Self(422, format!("{error}.")),
            // A rule of order is a fault of the file that was about to be sealed.
            other => Self(409, format!("The record does not take this: {other}.")),
        }
    }
}

const CHANGED: &str = "The record has changed since this page was opened, so nothing was written. Your marks are kept in this browser: open the session again, look at what is new, and send them again.";

/// What a reviewer's form decides, with the overrides that belong to it.
struct Judgement {
    outcome: Outcome,
    reason: String,
    steps: Vec<Step>,
}

impl App {
    pub(crate) fn new(config: ReviewConfig, token: String, port: u16) -> Self {
        let shelf = Shelf::new(config.folder.clone(), config.key.verifying_key(), config.routing.clone());
        Self { config, token, port, shelf, claims: Mutex::default(), writing: Mutex::default() }
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Answers a request.
    pub(crate) fn handle(&self, request: &Request) -> Answer {
        // Asked for by the browser itself, without the token; the answer tells nothing.
        if !request.post && request.path == "/favicon.ico" {
            return Answer::asset("image/svg+xml", pages::ICON);
        }
        let path = match admit(request, &self.token, self.port) {
            Ok(path) => path,
            Err(refused) => return refused,
        };
        let query = Form::parse(request.query.as_bytes());
        let by = reviewer(query.text("as")).ok();
        match (request.post, path.split('/').collect::<Vec<_>>().as_slice()) {
            (false, [""]) => self.queue(by.as_deref()),
            (false, ["style.css"]) => {
                Answer::asset("text/css; charset=utf-8", format!("{STYLE}{}", pages::STYLE))
            }
            (false, ["play.js"]) => Answer::asset("text/javascript; charset=utf-8", SCRIPT),
            (false, ["review.js"]) => Answer::asset("text/javascript; charset=utf-8", pages::SCRIPT),
            (false, ["s", key, ""]) => self.session(key, by.as_deref(), query.text("told")),
            (false, ["s", key, "report"]) => self.report(key, by.as_deref()),
            (false, ["s", key, "audio", name @ ("candidate.wav" | "assessor.wav")]) => {
                self.shelf.find(key).map_or_else(
                    |why| Answer::plain(404, &why),
                    |bundle| sound::part(&bundle.dir.join("audio").join(name), "audio/wav", request),
                )
            }
            (false, ["s", key, viva_verify::WORK_SAMPLES_DIR, folder, name]) => {
                self.shelf.find(key).map_or_else(
                    |why| Answer::plain(404, &why),
                    |bundle| {
                        let path = format!("{}/{folder}/{name}", viva_verify::WORK_SAMPLES_DIR);
                        samples::answer(&bundle, &path, request)
                    },
                )
            }
            (
                true,
                [
                    "s",
                    key,
                    action @ ("blind" | "correct" | "confirm" | "decide" | "appeal" | "appeal-decision"
                    | "take"),
                ],
            ) => self.form(key, action, &Form::parse(&request.body)),
            (true, _) => Answer::plain(404, "There is no such form."),
            (false, _) => Answer::page(
                404,
                pages::message("Not found", "There is nothing at this address.", "../", None),
            ),
        }
    }

    fn queue(&self, by: Option<&str>) -> Answer {
        match self.shelf.list() {
            Ok(listing) => Answer::page(200, pages::queue::page(&listing, by, &self.config.routing)),
            Err(error) => {
                let why = format!("The folder of records cannot be read: {error}.");
                Answer::page(500, pages::message("The queue cannot be shown", &why, "", by))
            }
        }
    }

    fn session(&self, key: &str, by: Option<&str>, told: &str) -> Answer {
        let Some(by) = by else { return Answer::see_other(format!("/{}/", self.token)) };
        let bundle = match self.shelf.find(key) {
            Ok(bundle) => bundle,
            Err(why) => {
                return Answer::page(
                    404,
                    pages::message("This session cannot be reviewed", &why, "../../", Some(by)),
                );
            }
        };
        let waits = !bundle.reasons.is_empty();
        // Who may not decide on an appeal only looks, and keeps nobody out.
        let acts = bundle.history.open_appeal().is_none() || bundle.history.may_decide_appeal(by);
        if waits
            && acts
            && let Err(other) = self.claim(key, by)
        {
            return Answer::page(423, pages::locked(&other, by));
        }
        Answer::page(200, pages::with_note(stage(&bundle, by), told))
    }

    fn claim(&self, key: &str, by: &str) -> Result<(), String> {
        let now = (self.config.clock)().unix_secs;
        self.claims.lock().unwrap_or_else(PoisonError::into_inner).take(key, by, now)
    }

    /// The report names the machine's levels: only for who has given the own ones, or once a decision stands.
    fn report(&self, key: &str, by: Option<&str>) -> Answer {
        let (Ok(bundle), Some(by)) = (self.shelf.find(key), by) else {
            return Answer::plain(404, "There is no such report.");
        };
        if !revealed(&bundle, by) {
            return Answer::plain(403, "The report names the machine's levels: give your own first.");
        }
        // Made anew: a stored page could hold anything.
        match Report::load(&bundle.dir) {
            Ok(report) => Answer::report(report.with_history(bundle.history.clone()).render()),
            Err(error) => Answer::plain(500, &error.to_string()),
        }
    }

    fn form(&self, key: &str, action: &str, form: &Form) -> Answer {
        let by = form.reviewer();
        let name = by.as_deref().unwrap_or_default();
        let back = format!("/{}/s/{key}/?{}", self.token, as_query(name));
        match by.clone().map_err(Refused::from).and_then(|by| self.act(key, action, form, &by)) {
            Ok(told) => {
                let told = told.map(|told| {
                    format!(
                        "&{}",
                        form_urlencoded::Serializer::new(String::new()).append_pair("told", &told).finish()
                    )
                });
                Answer::see_other(format!("{back}{}", told.unwrap_or_default()))
            }
            Err(Refused(status, why)) => {
                Answer::page(status, pages::refused(&why, &format!("./?{}", as_query(name))))
            }
        }
    }

    fn act(&self, key: &str, action: &str, form: &Form, by: &str) -> Result<Option<String>, Refused> {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if action == "take" {
            self.claims.lock().unwrap_or_else(PoisonError::into_inner).release(key);
            return self.claim(key, by).map(|()| None).map_err(Refused::from);
        }
        let bundle = self.shelf.find(key).map_err(|why| Refused(404, why))?;
        if let Err(other) = self.claim(key, by) {
            return Err(Refused(
                409,
                format!(
                    "{other} has this session open now. Nothing was written; your marks are kept in this browser. Take the session over, or come back later."
                ),
            ));
        }
        let seen = form.text("root");
        if seen != bundle.verified.record_root {
            return Err(Refused(409, CHANGED.to_owned()));
        }
        let sheet = bundle
            .scores
            .as_ref()
            .ok_or_else(|| Refused(422, "There is no score sheet in this record.".to_owned()))?;
        let at = (self.config.clock)().rfc3339;
        let by = by.to_owned();
        let told = match action {
            "blind" => {
                let told = told_before_levels(&bundle.reasons);
                let routed = told.iter().map(|reason| reason.word().to_owned()).collect();
                let note = form.text("note").to_owned();
                let levels = form.levels(sheet)?;
                self.append(&bundle, &[Step::BlindScore(BlindScore { by, levels, routed, note, at })])?;
                None
            }
            "correct" => {
                let criterion = form.needed("criterion", "The criterion")?;
                let max = sheet.criteria.iter().find(|one| one.id == criterion);
                let max = max.ok_or_else(|| "There is no such criterion.".to_owned())?.max_level;
                let (level, reason) = (form.level("level", max)?, form.needed("reason", "The reason")?);
                let correction = Correction { by, criterion, level, after_reveal: true, reason, at };
                self.append(&bundle, &[Step::Correction(correction)])?;
                None
            }
            "confirm" => {
                let confirmation = confirmation(&bundle, sheet, form, by, at)?;
                self.append(&bundle, &[Step::Confirmation(confirmation)])?;
                None
            }
            "decide" => self.decide(&bundle, sheet, form, by, at)?,
            "appeal" => {
                let text = form.needed("text", "The grounds of the appeal")?;
                self.append(&bundle, &[Step::Appeal(Appeal { by, text, at })])?;
                self.config.consequences.appealed(&bundle.dir).map_err(after)?
            }
            "appeal-decision" => self.decide_appeal(&bundle, sheet, form, by, at)?,
            _ => return Err(Refused(404, "There is no such form.".to_owned())),
        };
        if !["blind", "correct", "confirm"].contains(&action) {
            self.claims.lock().unwrap_or_else(PoisonError::into_inner).release(key);
        }
        Ok(told)
    }

    fn append(&self, bundle: &Bundle, steps: &[Step]) -> Result<String, Refused> {
        let root = &bundle.verified.record_root;
        Ok(oversight::append(&bundle.dir, steps, root, OVERSIGHT_STATEMENT, &self.config.key)?.record_root)
    }

    /// What the form decides, ready to take effect; `None` where it refers to another reviewer, which is recorded.
    fn judge(
        &self,
        bundle: &Bundle,
        sheet: &ScoreSheet,
        form: &Form,
        by: &str,
        at: &str,
    ) -> Result<Option<Judgement>, Refused> {
        if bundle.history.blind_score_of(by).is_none() {
            return Err(Refused(422, "Your own levels come first.".to_owned()));
        }
        let (outcome, reason) = (form.outcome()?, form.needed("reason", "The reason of the decision")?);
        let mut steps = overrides(bundle, sheet, form, by, at)?;
        let Some(outcome) = outcome else {
            steps.push(Step::Referral(Referral { by: by.to_owned(), reason, at: at.to_owned() }));
            self.append(bundle, &steps)?;
            return Ok(None);
        };
        if outcome == Outcome::Award
            && let Some(objective) = bundle.history.unconfirmed(sheet).next()
        {
            let why = format!("Confirm first, or say that it is not met: {}", objective.text);
            return Err(Refused(422, why));
        }
        self.config.consequences.ready(&bundle.dir, outcome)?;
        Ok(Some(Judgement { outcome, reason, steps }))
    }

    fn decide(
        &self,
        bundle: &Bundle,
        sheet: &ScoreSheet,
        form: &Form,
        by: String,
        at: String,
    ) -> Result<Option<String>, Refused> {
        let Some(Judgement { outcome, reason, steps }) = self.judge(bundle, sheet, form, &by, &at)? else {
            return Ok(Some("The session waits for another reviewer.".to_owned()));
        };
        if !steps.is_empty() {
            self.append(bundle, &steps)?;
        }
        review(&bundle.dir, &Decision { outcome, by, reason, at }, &self.config.key)?;
        self.config.consequences.decided(&bundle.dir).map_err(after)
    }

    fn decide_appeal(
        &self,
        bundle: &Bundle,
        sheet: &ScoreSheet,
        form: &Form,
        by: String,
        at: String,
    ) -> Result<Option<String>, Refused> {
        let Some(Judgement { outcome, reason, mut steps }) = self.judge(bundle, sheet, form, &by, &at)?
        else {
            return Ok(Some("The appeal waits for another reviewer.".to_owned()));
        };
        steps.push(Step::AppealDecision(AppealDecision { by, outcome, reason, at }));
        self.append(bundle, &steps)?;
        self.config.consequences.appeal_decided(&bundle.dir).map_err(after)
    }
}

/// What is recorded stays recorded when its consequence fails.
fn after(why: String) -> Refused {
    Refused(
        500,
        format!("This is recorded and sealed. What follows from it failed, and must be done by hand: {why}."),
    )
}

/// What the form says of an objective that waits for a human.
fn confirmation(
    bundle: &Bundle,
    sheet: &ScoreSheet,
    form: &Form,
    by: String,
    at: String,
) -> Result<Confirmation, String> {
    if bundle.history.blind_score_of(&by).is_none() {
        return Err("Your own levels come first.".to_owned());
    }
    let objective = form.needed("objective", "The objective")?;
    if !bundle.history.unconfirmed(sheet).any(|one| one.id == objective) {
        return Err("No objective of this name waits for a human.".to_owned());
    }
    let is_met = match form.text("met") {
        "yes" => true,
        "no" => false,
        _ => return Err("It is missing whether the objective is met.".to_owned()),
    };
    let reason = form.needed("reason", "The reason")?;
    Ok(Confirmation { by, objective, is_met, reason, at })
}

fn overrides(
    bundle: &Bundle,
    sheet: &ScoreSheet,
    form: &Form,
    by: &str,
    at: &str,
) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for (index, criterion) in sheet.criteria.iter().enumerate() {
        let field = |name: &str| format!("{name}.{index}");
        if matches!(form.text(&field("override")), "" | "keep") {
            continue;
        }
        let named = |error: String| format!("{}: {error}", criterion.name);
        let level = form.level(&field("override"), criterion.max_level).map_err(named)?;
        let standing = bundle.history.standing_level(criterion);
        if level == standing {
            continue;
        }
        steps.push(Step::Override(Override {
            by: by.to_owned(),
            criterion: criterion.id.clone(),
            machine: criterion.level,
            level,
            code: form.code(&field("code")).map_err(named)?,
            reason: form.needed(&field("why"), "The reason of the override").map_err(named)?,
            at: at.to_owned(),
        }));
    }
    Ok(steps)
}

/// True where the machine's levels may be shown to this reviewer.
fn revealed(bundle: &Bundle, by: &str) -> bool {
    bundle.history.blind_score_of(by).is_some() || bundle.reasons.is_empty()
}

fn stage(bundle: &Bundle, by: &str) -> String {
    let appeal = bundle.history.open_appeal();
    if bundle.reasons.is_empty() {
        pages::done::page(bundle, by)
    } else if appeal.is_some() && !bundle.history.may_decide_appeal(by) {
        pages::done::not_by_you(bundle, by)
    } else if bundle.scores.is_none() {
        pages::message(
            "This session has no result",
            "It ended before it was scored, so there is nothing to decide on. Its sound and events are in the folder of the record.",
            "../../",
            Some(by),
        )
    } else if bundle.history.blind_score_of(by).is_none() {
        pages::blind::page(bundle, by)
    } else {
        pages::compare::page(bundle, by)
    }
}

/// `as=NAME`, encoded.
pub(crate) fn as_query(by: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("as", by).finish()
}

/// For pages that name an outcome.
pub(crate) const fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Award => "awarded",
        Outcome::Deny => "denied",
    }
}
