//! A small session with a role-play, as other rooms would hand it to the record.

use std::path::Path;

use viva_exchange::{
    Speaker, TimingEvent, TimingKind, Transcript, Turn, TurnEvent, TurnEventKind, TurnId, Word,
};
use viva_media::Timestamp;
use viva_record::{
    BundleWriter, Track,
    report::write_report,
    wire::{
        Addition, Appeal, Candidate, CandidateQuestion, CitedWords, Consent, Coverage, CriterionResult,
        Ending, FloorMarks, GuardrailFlag, ModelUse, NearestChange, Probe, QuoteRef, Recommendation,
        RoleplayStep, ScoreSheet, SessionHeader, SessionMode, TimingReport,
    },
};

pub(crate) const SEALED_AT: &str = "2026-03-02T10:21:00Z";

const LINES: [(Speaker, f64, &str); 10] = [
    (
        Speaker::Examiner,
        0.4,
        "Good morning. I am the assessor of this programme, a computer program. We will play a short scene, then I will ask about it.",
    ),
    (Speaker::Candidate, 10.6, "Good morning. Yes, I have read it, we can begin."),
    (
        Speaker::Character,
        15.0,
        "I have been waiting for two hours! Nobody here tells me anything about my mother.",
    ),
    (
        Speaker::Candidate,
        22.2,
        "Two hours without any news is a long time. I hear that you are worried about your mother.",
    ),
    (Speaker::Character, 30.4, "Of course I am! What is going on in there?"),
    (
        Speaker::Candidate,
        36.0,
        "I do not know yet, and I will not guess. I will ask the ward now and be back in ten minutes.",
    ),
    (Speaker::Character, 45.9, "Ten minutes. And if you are not?"),
    (
        Speaker::Candidate,
        49.6,
        "Then you call this number, it is mine, um, and I come myself, even without an answer.",
    ),
    (Speaker::Examiner, 58.8, "Thank you. What would you do if he had raised his hand against you?"),
    (
        Speaker::Candidate,
        66.5,
        "I would step back, keep the door behind me <b>free</b>, and call for help \"before\" I go on talking & listening.",
    ),
];

pub(crate) fn header() -> SessionHeader {
    SessionHeader {
        session_id: "7f3c2a10-52f4-4a7e-9d31-0c1f6f0b2a44".into(),
        started_at: "2026-03-02T10:14:07Z".into(),
        exam_title: "De-escalation at the front desk".into(),
        mode: SessionMode::Certify,
        exam_id: "deesc-frontdesk".into(),
        exam_version: "1.2.0".into(),
        exam_sha256: "5b1f6f8f".repeat(8),
        exam_scored_sha256: "5b1f6f80".repeat(8),
        program_version: "viva 0.1.0".into(),
        models: vec![
            ModelUse {
                role: "speech recognition".into(),
                id: "asr-tiny".into(),
                sha256: Some("c0ffee00".repeat(8)),
            },
            ModelUse {
                role: "sentence embedding".into(),
                id: "embed-small".into(),
                sha256: Some("0badcafe".repeat(8)),
            },
        ],
        seed: "18446744073709551615".into(),
        language: "en".into(),
        candidate: Candidate {
            name: "Sample Candidate".into(),
            id: "did:example:learner-1".into(),
            simulated: true,
        },
        consent: Consent { keep_audio: true, keep_video: false },
        issuer: "Sample Programme".into(),
        demonstration: true,
        conditions: viva_record::wire::Conditions::default(),
        accommodations: Vec::new(),
        appeal: Appeal { contact: "appeals@programme.example".into(), within_days: 30 },
    }
}

fn turn(id: usize, (speaker, start_s, text): (Speaker, f64, &str)) -> Turn {
    let mut at = start_s;
    let words: Vec<Word> = text
        .split(' ')
        .map(|text| {
            let start = at;
            at += 0.09 + 0.05 * text.len() as f64;
            let end = at - 0.04;
            Word {
                text: text.into(),
                start: Timestamp::from_secs(start),
                end: Timestamp::from_secs(end),
                confidence: 0.93,
            }
        })
        .collect();
    let end = words[words.len() - 1].end;
    Turn { id: TurnId(id as u32), speaker, start: words[0].start, end, words }
}

pub(crate) fn transcript() -> Transcript {
    Transcript { turns: LINES.into_iter().enumerate().map(|(id, line)| turn(id, line)).collect() }
}

fn quote(id: u32, text: &str, indicator: &str) -> QuoteRef {
    let transcript = transcript();
    let turn = &transcript.turns[id as usize];
    let from = turn.text().find(text).expect("a sample quote is in its turn");
    let (start, end) = turn.time_of(from..from + text.len()).expect("a sample quote has words");
    let indicator = (!indicator.is_empty()).then(|| indicator.to_owned());
    QuoteRef { turn: id, text: text.into(), start_s: start.as_secs(), end_s: end.as_secs(), indicator }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn coverage() -> Vec<Coverage> {
    vec![
        Coverage { domain: "Contact".into(), asked: 2, answered: 2, required: true },
        Coverage { domain: "Resolution".into(), asked: 2, answered: 2, required: true },
        Coverage { domain: "Safety".into(), asked: 1, answered: 1, required: true },
        Coverage { domain: "Documentation".into(), asked: 1, answered: 0, required: true },
    ]
}

pub(crate) fn scores() -> ScoreSheet {
    let criterion = |id: &str, name: &str, domain: &str, level: Option<u8>| CriterionResult {
        id: id.into(),
        name: name.into(),
        domain: domain.into(),
        level,
        interval: level.map(|level| (f32::from(level) - 0.6, (f32::from(level) + 0.4).min(4.0))),
        max_level: 4,
        required_level: Some(3),
        anchors: strings(&[
            "Nothing of the kind is said.",
            "Names a rule, not the person.",
            "Takes up what the other said, in general words.",
            "Takes up the other's own words and says what comes next.",
            "As level 3, and checks that the other agrees.",
        ]),
        ..CriterionResult::default()
    };
    let acknowledge = CriterionResult {
        quotes: vec![
            quote(3, "Two hours without any news is a long time.", "takes up the other's words"),
            quote(3, "I hear that you are worried about your mother.", "names the concern"),
        ],
        shown: strings(&["Takes up the other's own words", "Names the concern without judging it"]),
        missing: strings(&["Asks whether this was understood rightly"]),
        ..criterion("acknowledge", "Acknowledges the other", "Contact", Some(3))
    };
    let commit = CriterionResult {
        quotes: vec![
            quote(5, "I will ask the ward now and be back in ten minutes.", "a step with a time"),
            quote(
                7,
                "Then you call this number, it is mine, um, and I come myself, even without an answer.",
                "a fallback",
            ),
        ],
        shown: strings(&[
            "A concrete next step with a time",
            "Says what happens if it fails",
            "Does not promise what is unknown",
        ]),
        ..criterion("commit", "Commits to a next step", "Resolution", Some(4))
    };
    let safety = CriterionResult {
        abstained: Some("the interval crosses the required level, so a human scores this criterion".into()),
        quotes: vec![quote(
            9,
            "I would step back, keep the door behind me <b>free</b>, and call for help",
            "way out",
        )],
        shown: strings(&["Keeps a way out"]),
        missing: strings(&["Names who is called for help", "Ends the talk when hands are raised"]),
        negative: strings(&["Goes on talking after a raised hand"]),
        would_meet: Some(
            "Naming the person or number that is called, and ending the talk until help is there.".into(),
        ),
        ..criterion("safety", "Keeps everybody safe", "Safety", None)
    };
    ScoreSheet {
        criteria: vec![acknowledge, commit, safety],
        overall: Some(0.78),
        cut: 0.7,
        cut_standard_error: 0.08,
        cut_method: "a panel of six, modified Angoff".into(),
        consent: Some(quote(1, "Yes, I have read it, we can begin.", "")),
        recommendation: Recommendation::Meets,
        explanation: strings(&[
            "Two of three criteria reach the required level; on one the engine abstained and a human scores it.",
            "The weighted share of 78 % is above the 70 % that are needed.",
        ]),
        validation_status: "not calibrated".into(),
        ending: Some(Ending::Complete),
        objectives: Vec::new(),
        choices: Vec::new(),
        coverage: coverage(),
        roleplay: vec![
            RoleplayStep {
                at_s: 28.0,
                from: 3.0,
                to: 2.0,
                rule: "His own words are taken up".into(),
                quote: Some(quote(3, "Two hours without any news", "")),
            },
            RoleplayStep {
                at_s: 44.0,
                from: 2.0,
                to: 1.0,
                rule: "A next step with a time is promised".into(),
                quote: Some(quote(5, "back in ten minutes", "")),
            },
            RoleplayStep { at_s: 57.0, from: 1.0, to: 0.5, rule: "A fallback is given".into(), quote: None },
        ],
        guardrails: vec![GuardrailFlag {
            at_s: 66.5,
            rule: "Markup in an answer".into(),
            action: "Treated as words; shown to the reviewer.".into(),
            quote: Some(quote(9, "me <b>free</b>, and", "")),
            is_injection: false,
        }],
        probes: vec![Probe {
            asked_in: 8,
            criterion: "Keeps everybody safe".into(),
            reason: "the way out had not been named".into(),
            citation: Some("Front desk guide, section 4.2".into()),
        }],
        candidate_questions: vec![CandidateQuestion {
            at_s: 66.5,
            quote: None,
            became: "answered from a document".into(),
            statements: vec![CitedWords {
                words: "A human decides, <always>.".into(),
                citation: "about.pdf, p. 2, sha256 ab".into(),
            }],
        }],
        nearest_change: Some(nearest_change()),
    }
}

fn nearest_change() -> NearestChange {
    NearestChange {
        stands: Vec::new(),
        additions: vec![Addition {
            criterion: "Keeps everybody safe".into(),
            indicator: "names the way out".into(),
            example: "The way out is <b>behind</b> you.".into(),
        }],
        meets: true,
    }
}

pub(crate) fn timing() -> TimingReport {
    let event = |kind, start: f64, end: f64, turn, words: Option<&str>| TimingEvent {
        kind,
        start: Timestamp::from_secs(start),
        end: Timestamp::from_secs(end),
        turn: TurnId(turn),
        value: end - start,
        words: words.map(str::to_owned),
    };
    TimingReport {
        events: vec![
            event(TimingKind::ResponseLatency, 20.6, 22.2, 3, None),
            event(TimingKind::SilentPause, 39.1, 39.6, 5, None),
            event(TimingKind::FilledPause, 53.0, 53.3, 7, Some("um")),
            event(TimingKind::Restart, 68.2, 68.8, 9, Some("I would")),
        ],
        sentences: strings(&[
            "Turn 3: answered after 1.6 s.",
            "Turn 7: one filled pause (“um”).",
            "Turn 9: began one phrase again.",
        ]),
    }
}

pub(crate) fn floor() -> FloorMarks {
    let mark =
        |at: f64, kind, reason: &str| TurnEvent { at: Timestamp::from_secs(at), kind, reason: reason.into() };
    FloorMarks {
        marks: vec![
            mark(14.2, TurnEventKind::Prepare, "p_end 0.81"),
            mark(14.8, TurnEventKind::Commit, "silence 0.62 s, patience 0.60 s"),
            mark(25.7, TurnEventKind::Backchannel, "end of a clause"),
            mark(29.6, TurnEventKind::Commit, "silence 0.70 s"),
            mark(39.4, TurnEventKind::Prepare, "p_end 0.74"),
            mark(39.8, TurnEventKind::Discard, "the candidate went on"),
            mark(45.2, TurnEventKind::Commit, "silence 0.66 s"),
            mark(49.4, TurnEventKind::Yield, "speech over speech for 0.24 s"),
            mark(75.5, TurnEventKind::Commit, "silence 0.90 s"),
        ],
    }
}

/// A tone where somebody speaks, so that the players have something to play.
fn sound(transcript: &Transcript, candidate: bool, block: i64) -> Option<Vec<f32>> {
    let at = Timestamp::from_millis(block * 20);
    let speaks = transcript
        .turns
        .iter()
        .any(|turn| (turn.speaker == Speaker::Candidate) == candidate && turn.start <= at && at < turn.end);
    let step = if candidate { 0.09 } else { 0.05 };
    speaks.then(|| (0..320).map(|sample| 0.2 * (((block * 320 + sample) as f32) * step).sin()).collect())
}

/// Writes the whole unsealed bundle into `dir`; `audio_secs` of sound (0 for none).
pub(crate) fn write_bundle(dir: &Path, audio_secs: i64) {
    write_scored_bundle(dir, audio_secs, &scores());
}

/// [`write_bundle`] with another score sheet.
pub(crate) fn write_scored_bundle(dir: &Path, audio_secs: i64, scores: &ScoreSheet) {
    let transcript = transcript();
    let mut writer = BundleWriter::create(dir, &header()).expect("a new bundle");
    for block in 0..audio_secs * 50 {
        for (track, candidate) in [(Track::Candidate, true), (Track::Assessor, false)] {
            if let Some(samples) = sound(&transcript, candidate, block) {
                writer.audio(track, Timestamp::from_millis(block * 20), 16_000, &samples).expect("sound");
            }
        }
    }
    for turn in &transcript.turns {
        writer.append_turn(turn).expect("a turn");
    }
    for mark in floor().marks {
        writer.append(mark.at, "floor", &mark).expect("a mark");
    }
    writer.write_transcript(&transcript).expect("transcript");
    writer.write_timing(&timing()).expect("timing");
    writer.write_floor(&floor()).expect("floor");
    writer.write_scores(scores).expect("scores");
    let finished = writer.finish(Timestamp::from_secs(80.0)).expect("finish");
    assert_eq!(finished.dropped_events, 0);
    write_report(dir).expect("report");
}
