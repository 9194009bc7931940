//! The review pages over HTTP: the real server, real bundles.

mod common;

use std::{fs, io::Write as _, net::TcpStream};

use common::{PHOTO, Served, bundle, hand_in_samples, hidden, interrupted_bundle, run, scored_bundle, serve};
use viva_record::{
    Outcome, RecordedDecision,
    oversight::History,
    wire::{Objective, ObjectiveState, ScoreSheet},
};
use viva_verify::verify_bundle;

const MARKS: [(&str, &str); 4] =
    [("level.0", "2"), ("level.1", "none"), ("level.2", "1"), ("note", "Hardly heard.")];

fn page(served: &Served, key: &str, by: &str) -> String {
    served.get(&format!("s/{key}/?as={by}")).text()
}

fn blind(served: &Served, key: &str, by: &str) -> common::Reply {
    let root = hidden(&page(served, key, by), "root");
    let mut fields = vec![("as", by), ("root", &root)];
    fields.extend(MARKS);
    served.post(&format!("s/{key}/blind"), &fields)
}

#[track_caller]
fn taken(reply: &common::Reply) {
    assert_eq!(reply.status, 303, "{}", reply.text());
}

#[test]
fn a_session_goes_from_the_queue_to_a_sealed_decision() {
    let served = serve();
    let queue = served.get("?as=Ada").text();
    for reason in ["random sample", "100 % of all sessions", "seed 1"] {
        assert!(queue.contains(reason), "{reason} is not in {queue}");
    }
    let of_levels = ["abstained", "wide interval"];
    for reason in of_levels {
        assert!(!queue.contains(reason), "{reason} is told before the blind score: {queue}");
    }
    assert!(!queue.contains("Sample Candidate"), "who is assessed is not told before the blind score");
    let key = served.key();

    let first = page(&served, &key, "Ada");
    for told in [
        "Takes up the other&#39;s own words and says what comes next.",
        "Two hours without any news",
        "audio/candidate.wav#t=",
    ] {
        assert!(first.contains(told), "{told} is not in the blind page");
    }
    for hidden in [
        "takes up the other&#39;s words",
        "Its interval",
        "Machine</th>",
        "recommends",
        "Goes on talking after",
        "Sample Candidate",
        "78 %",
        "abstained",
        "wide interval",
        "gave no level",
        "is not sure of its level",
    ] {
        assert!(!first.contains(hidden), "the blind page tells {hidden:?}");
    }
    assert_eq!(served.get(&format!("s/{key}/report?as=Ada")).status, 403);
    taken(&blind(&served, &key, "Ada"));

    let compare = page(&served, &key, "Ada");
    let queue = served.get("?as=Ada").text();
    for reason in of_levels {
        assert!(compare.contains(reason) && queue.contains(reason), "{reason} is told afterwards");
    }
    for told in [
        "differs by 1",
        "one gives no level",
        "takes up the other",
        "Sample Candidate",
        "demonstration credential only",
    ] {
        assert!(compare.contains(told), "{told} is not in the comparison");
    }
    assert_eq!(served.get(&format!("s/{key}/report?as=Ada")).status, 200);
    let root = hidden(&compare, "root");
    let decide = [
        ("as", "Ada"),
        ("root", root.as_str()),
        ("override.0", "2"),
        ("code.0", "misread_evidence"),
        ("why.0", "Repeats, does not <b>take up</b>."),
        ("override.1", "keep"),
        ("outcome", "deny"),
        ("reason", "Safety was not shown."),
    ];
    let without_code: Vec<_> = decide.into_iter().filter(|(name, _)| *name != "code.0").collect();
    let refused = served.post(&format!("s/{key}/decide"), &without_code);
    assert_eq!((refused.status, refused.text().contains("reason code is missing")), (422, true));
    taken(&served.post(&format!("s/{key}/decide"), &decide));

    let verified = verify_bundle(&served.bundle(), None).unwrap();
    let kinds: Vec<&str> = verified.oversight.iter().map(|step| step.kind.as_str()).collect();
    assert_eq!(kinds, ["blind_score", "override", "decision"]);
    let recorded = RecordedDecision::load(&served.bundle(), None).unwrap();
    assert_eq!(recorded.decision().outcome, Outcome::Deny);
    let sheet = common::score_sheet();
    assert_eq!(
        (recorded.standing_level(&sheet.criteria[0]), recorded.standing_level(&sheet.criteria[1])),
        (Some(2), Some(4))
    );
    assert_eq!(recorded.history().blind_scores[0].levels["commit"], None);
    let report = fs::read_to_string(served.bundle().join("report-reviewed.html")).unwrap();
    assert!(report.contains("Ada (blind)") && report.contains("&lt;b&gt;take up&lt;/b&gt;"));
    let done = page(&served, &key, "Ben");
    assert!(done.contains("denied") && done.contains("Safety was not shown."));
    assert!(served.get("?as=Ben").text().contains("Nothing waits"));
}

#[test]
fn a_blind_score_is_corrected_never_changed() {
    let served = serve();
    let key = served.key();
    taken(&blind(&served, &key, "Ada"));
    let root = hidden(&page(&served, &key, "Ada"), "root");
    let mut again = vec![("as", "Ada"), ("root", root.as_str())];
    again.extend(MARKS);
    let refused = served.post(&format!("s/{key}/blind"), &again);
    assert_eq!(
        (refused.status, refused.text().contains("scored already")),
        (409, true),
        "{}",
        refused.text()
    );
    let correct = [
        ("as", "Ada"),
        ("root", root.as_str()),
        ("criterion", "acknowledge"),
        ("level", "3"),
        ("reason", "I had missed a line."),
    ];
    let unreasoned: Vec<_> = correct.into_iter().filter(|(name, _)| *name != "reason").collect();
    assert_eq!(served.post(&format!("s/{key}/correct"), &unreasoned).status, 422);
    taken(&served.post(&format!("s/{key}/correct"), &correct));
    let history = History::of(&verify_bundle(&served.bundle(), None).unwrap()).unwrap();
    assert_eq!(history.blind_scores[0].levels["acknowledge"], Some(2), "the first level stays");
    assert_eq!(history.levels_of("ada")["acknowledge"], Some(3));
    assert!(history.corrections[0].after_reveal);
}

#[test]
fn an_objective_is_confirmed_before_an_award() {
    let folder = tempfile::tempdir().unwrap();
    let objective = Objective {
        id: "reasons-given".into(),
        text: "Reasons <were> given.".into(),
        state: ObjectiveState::ToConfirm,
        open_because: None,
        outputs: Vec::new(),
    };
    let sheet = ScoreSheet { objectives: vec![objective], ..common::score_sheet() };
    scored_bundle(&folder.path().join("one"), &sheet);
    let served = run(folder);
    let key = served.key();
    assert!(!page(&served, &key, "Ada").contains("action=\"confirm\""), "own levels come first");
    taken(&blind(&served, &key, "Ada"));
    let compare = page(&served, &key, "Ada");
    assert!(compare.contains("For a human to confirm: Reasons &lt;were&gt; given."), "{compare}");
    let root = hidden(&compare, "root");
    let base = [("as", "Ada"), ("root", root.as_str())];
    let post = |action: &str, more: &[(&str, &str)]| {
        served.post(&format!("s/{key}/{action}"), &[&base[..], more].concat())
    };
    // Nothing is written of an award that comes too early, its overrides neither.
    let award = [
        ("override.0", "2"),
        ("code.0", "misheard"),
        ("why.0", "Two, not ten."),
        ("outcome", "award"),
        ("reason", "Good."),
    ];
    let early = post("decide", &award);
    assert_eq!((early.status, early.text().contains("Confirm first")), (422, true), "{}", early.text());
    let said = [("objective", "reasons-given"), ("met", "yes"), ("reason", "Turn <7>.")];
    for (without, says) in [(0, "objective"), (1, "whether the objective is met"), (2, "reason")] {
        let mut half = said.to_vec();
        half.remove(without);
        let refused = post("confirm", &half);
        assert_eq!((refused.status, refused.text().contains(says)), (422, true), "{}", refused.text());
    }
    let other = post("confirm", &[("objective", "closed"), said[1], said[2]]);
    assert_eq!((other.status, other.text().contains("No objective of this name waits")), (422, true));
    assert_eq!(verify_bundle(&served.bundle(), None).unwrap().seals.len(), 2);
    taken(&post("confirm", &said));
    let compare = page(&served, &key, "Ada");
    assert!(compare.contains("confirmed by Ada on") && compare.contains("Turn &lt;7&gt;."), "{compare}");
    assert!(!compare.contains("action=\"confirm\""));
    let root = hidden(&compare, "root");
    let decide = [&[("as", "Ada"), ("root", root.as_str())], &award[..]].concat();
    taken(&served.post(&format!("s/{key}/decide"), &decide));
    assert_eq!(RecordedDecision::load(&served.bundle(), None).unwrap().decision().outcome, Outcome::Award);
}

#[test]
fn half_a_form_or_a_wrong_one_writes_nothing() {
    let served = serve();
    let key = served.key();
    let root = hidden(&page(&served, &key, "Ada"), "root");
    let post = |fields: &[(&str, &str)]| served.post(&format!("s/{key}/blind"), fields);
    let base = [("as", "Ada"), ("root", root.as_str())];
    for (more, says) in [
        (vec![("level.0", "2"), ("level.1", "4")], "Keeps everybody safe: a level"),
        (vec![("level.0", "0"), ("level.1", "4"), ("level.2", "1")], "Acknowledges the other: a level"),
        (vec![("level.0", "5"), ("level.1", "4"), ("level.2", "1")], "Acknowledges the other: a level"),
        (
            vec![("level.0", "\u{202e}"), ("level.1", "4"), ("level.2", "1")],
            "Acknowledges the other: a level",
        ),
    ] {
        let fields: Vec<_> = base.into_iter().chain(more).collect();
        let refused = post(&fields);
        assert_eq!((refused.status, refused.text().contains(says)), (422, true), "{}", refused.text());
    }
    let mut nameless = vec![("as", "  "), ("root", root.as_str())];
    nameless.extend(MARKS);
    assert_eq!(post(&nameless).status, 422);
    let decide = [("as", "Ada"), ("root", root.as_str()), ("outcome", "award"), ("reason", "x")];
    let early = served.post(&format!("s/{key}/decide"), &decide);
    assert_eq!((early.status, early.text().contains("Your own levels come first")), (422, true));
    let refused = post(&[&base[..], &MARKS[..3]].concat());
    assert_eq!((refused.status, refused.text().contains("need a note")), (422, true), "{}", refused.text());
    let note = "x".repeat(9000);
    let mut long = vec![("as", "Ada"), ("root", root.as_str()), ("note", note.as_str())];
    long.extend(&MARKS[..3]);
    assert_eq!(post(&long).status, 422);
    assert_eq!(verify_bundle(&served.bundle(), None).unwrap().seals.len(), 1);
}

#[test]
fn two_reviewers_or_a_changed_record_are_refused_and_nothing_is_lost() {
    let served = serve();
    let key = served.key();
    let root = hidden(&page(&served, &key, "Ada"), "root");
    let locked = served.get(&format!("s/{key}/?as=Ben"));
    assert_eq!((locked.status, locked.text().contains("Ada is reviewing this session")), (423, true));
    let mut by_ben = vec![("as", "Ben"), ("root", root.as_str())];
    by_ben.extend(MARKS);
    let refused = served.post(&format!("s/{key}/blind"), &by_ben);
    assert_eq!((refused.status, refused.text().contains("Ada has this session open")), (409, true));
    // Ben takes it over and scores; what Ada then sends is refused, for the record has grown.
    taken(&served.post(&format!("s/{key}/take"), &[("as", "Ben")]));
    taken(&blind(&served, &key, "Ben"));
    served.wait_secs(3600);
    let mut by_ada = vec![("as", "Ada"), ("root", root.as_str())];
    by_ada.extend(MARKS);
    let refused = served.post(&format!("s/{key}/blind"), &by_ada);
    assert_eq!(
        (refused.status, refused.text().contains("has changed since this page was opened")),
        (409, true),
        "{}",
        refused.text()
    );
    assert_eq!(verify_bundle(&served.bundle(), None).unwrap().oversight.len(), 1);
    // A second blind score by another person is an independent one.
    taken(&blind(&served, &key, "Ada"));

    // Somebody changes the record on the disk while the page is open.
    let root = hidden(&page(&served, &key, "Ada"), "root");
    let scores = served.bundle().join("scores.json");
    let whole = fs::read(&scores).unwrap();
    fs::write(&scores, String::from_utf8_lossy(&whole).replace("0.78", "0.98")).unwrap();
    let decide = [("as", "Ada"), ("root", root.as_str()), ("outcome", "award"), ("reason", "x")];
    let refused = served.post(&format!("s/{key}/decide"), &decide);
    assert_eq!((refused.status, refused.text().contains("scores.json")), (404, true), "{}", refused.text());
    assert!(served.get("?as=Ada").text().contains("Cannot be reviewed"));
    fs::write(&scores, whole).unwrap();
    taken(&served.post(&format!("s/{key}/decide"), &decide));
}

#[test]
fn an_appeal_needs_another_person() {
    let served = serve();
    let key = served.key();
    taken(&blind(&served, &key, "Ada"));
    let decide = |by: &str, outcome: &str, action: &str| {
        let root = hidden(&page(&served, &key, by), "root");
        let fields =
            [("as", by), ("root", root.as_str()), ("outcome", outcome), ("reason", "Because of the sound.")];
        served.post(&format!("s/{key}/{action}"), &fields)
    };
    taken(&decide("Ada", "deny", "decide"));
    let root = hidden(&page(&served, &key, "Clerk"), "root");
    let appeal =
        [("as", "Cy Candidate"), ("root", root.as_str()), ("text", "I did name the <i>way out</i>.")];
    taken(&served.post(&format!("s/{key}/appeal"), &appeal));
    assert!(served.get("?as=Ben").text().contains("appeal"));
    assert!(page(&served, &key, "ada").contains("another person must decide"));
    served.wait_secs(3600);
    assert!(
        page(&served, &key, "Ben").contains("Give your own levels first"),
        "the second reviewer scores blind too"
    );
    let root = hidden(&page(&served, &key, "Ben"), "root");
    let by_ada = [("as", "Ada"), ("root", root.as_str()), ("outcome", "deny"), ("reason", "Still no.")];
    served.wait_secs(3600);
    let refused = served.post(&format!("s/{key}/appeal-decision"), &by_ada);
    assert_eq!(
        (refused.status, refused.text().contains("another person must decide")),
        (409, true),
        "{}",
        refused.text()
    );
    served.wait_secs(3600);
    taken(&blind(&served, &key, "Ben"));
    let compare = page(&served, &key, "Ben");
    assert!(compare.contains("I did name the &lt;i&gt;way out&lt;/i&gt;."));
    taken(&decide("Ben", "award", "appeal-decision"));
    let recorded = RecordedDecision::load(&served.bundle(), None).unwrap();
    assert_eq!((recorded.decision().outcome, recorded.decision().by.as_str()), (Outcome::Award, "Ben"));
    assert_eq!(
        recorded.history().decision.as_ref().unwrap().outcome,
        Outcome::Deny,
        "the first decision stays"
    );
    let report = served.get(&format!("s/{key}/report?as=Ben")).text();
    assert!(
        report.contains("<strong>Awarded</strong> by Ben") && report.contains("Ada decided first"),
        "{report}"
    );
}

#[test]
fn a_referral_puts_the_session_back_into_the_queue() {
    let served = serve();
    let key = served.key();
    taken(&blind(&served, &key, "Ada"));
    let root = hidden(&page(&served, &key, "Ada"), "root");
    taken(&served.post(
        &format!("s/{key}/decide"),
        &[("as", "Ada"), ("root", &root), ("outcome", "refer"), ("reason", "I know the ward.")],
    ));
    let queue = served.get("?as=Ben").text();
    assert!(queue.contains("referred") && queue.contains("levels by Ada"), "{queue}");
}

#[test]
fn the_folder_may_hold_anything() {
    let folder = tempfile::tempdir().unwrap();
    bundle(&folder.path().join("programme").join("two"), 0);
    interrupted_bundle(&folder.path().join("interrupted"));
    bundle(&folder.path().join("broken"), 0);
    fs::write(folder.path().join("broken/scores.json"), "{}").unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    fs::write(folder.path().join("notes.txt"), "x").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/", folder.path().join("everything")).unwrap();
    let served = run(folder);
    let queue = served.get("?as=Ada").text();
    assert!(queue.contains("2 of 2 sessions wait") && queue.contains("interrupted"), "{queue}");
    assert!(queue.contains("<strong>broken</strong>: scores.json"), "{queue}");
    let first = served.key();
    let session = page(&served, &first, "Ada");
    assert!(session.contains("This session has no result"), "the most urgent comes first: {session}");
}

#[test]
fn strangers_and_nonsense_are_refused() {
    let served = serve();
    let (address, token) = (&served.address, &served.token);
    let status = |text: String| served.raw(text.as_bytes()).status;
    let key = served.key();
    assert_eq!(status(format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n")), 404);
    // Browsers ask for it of themselves, and a page must not show an error for it.
    assert_eq!(status(format!("GET /favicon.ico HTTP/1.1\r\nHost: {address}\r\n\r\n")), 200);
    assert_eq!(status(format!("GET /{token}/ HTTP/1.1\r\nHost: evil.example\r\n\r\n")), 421);
    assert_eq!(status(format!("PUT /{token}/ HTTP/1.1\r\nHost: {address}\r\n\r\n")), 405);
    assert_eq!(
        status(format!(
            "POST /{token}/s/{key}/blind HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\n\r\n"
        )),
        403
    );
    assert_eq!(
        status(format!(
            "POST /{token}/s/{key}/blind HTTP/1.1\r\nHost: {address}\r\nOrigin: http://evil.example\r\nContent-Length: 0\r\n\r\n"
        )),
        403
    );
    for path in [
        "s/../../../etc/passwd",
        "s/..%2f..%2fetc/?as=Ada",
        "s/one/audio/../scores.json",
        "s/one/scores.json",
        "s//?as=Ada",
        "style.css/x",
    ] {
        assert_eq!(served.get(path).status, 404, "{path}");
    }
    assert_eq!(served.get(&format!("s/{key}/audio/..%2fscores.json")).status, 404);
    assert_eq!(served.get(&format!("s/{key}/audio/scores.json")).status, 404);
    let big = "x".repeat(300 << 10);
    // The answer may be lost with the rest of a body that is not read.
    let too_big = served.post(&format!("s/{key}/blind"), &[("as", "Ada"), ("note", &big)]).status;
    assert!([413, 0].contains(&too_big), "{too_big}");
    assert_eq!(status("nonsense\r\n\r\n".to_owned()), 400);
    let head = served.get("").head.to_lowercase();
    for header in [
        "content-security-policy: default-src 'none'",
        "x-content-type-options: nosniff",
        "cache-control: no-store",
        "referrer-policy: same-origin",
    ] {
        assert!(head.contains(header), "{header} is not in {head}");
    }
    assert!(!served.get("?as=%3Cscript%3Ealert(1)%3C/script%3E").text().contains("<script>alert"));
    assert_eq!(served.get(&format!("s/{key}/")).status, 303, "without a name the queue asks for one");
}

#[test]
fn sound_comes_in_parts() {
    let served = serve();
    let key = served.key();
    let file = fs::read(served.bundle().join("audio/candidate.wav")).unwrap();
    let request = format!(
        "GET /{}/s/{key}/audio/candidate.wav HTTP/1.1\r\nHost: {}\r\nRange: bytes=100-199\r\n\r\n",
        served.token, served.address
    );
    let part = served.raw(request.as_bytes());
    assert_eq!((part.status, part.body.as_slice()), (206, &file[100..200]));
    assert_eq!(part.header("content-range"), format!("bytes 100-199/{}", file.len()));
    assert_eq!(served.raw(request.replace("100-199", "999999999-").as_bytes()).status, 416);
}

#[test]
fn work_samples_are_shown_before_and_after_the_own_levels() {
    let served = serve();
    hand_in_samples(&served.bundle());
    let key = served.key();
    let first = page(&served, &key, "Ada");
    for told in [
        "Report of a &lt;night&gt; shift",
        "href=\"#sample-0-0\"",
        "<span class=\"place\">page 1</span> <mark id=\"sample-0-0\">I kept the door &lt;b&gt;free&lt;/b&gt;.</mark>",
        "src=\"work-samples/0002/2.png\"",
        "work-samples/0002/3.wav#t=",
        "At the desk on Monday",
    ] {
        assert!(first.contains(told), "{told} is not in {first}");
    }
    assert!(!first.contains("keeps a way out"), "the blind page tells what a passage is taken for");
    taken(&blind(&served, &key, "Ada"));
    let compare = page(&served, &key, "Ada");
    assert!(compare.contains("keeps a way out") && compare.contains("<mark id=\"sample-0-0\">"));

    let file = |name: &str| served.get(&format!("s/{key}/work-samples/{name}"));
    let photo = file("0002/2.png");
    assert_eq!(
        (photo.status, photo.header("content-type").as_str(), photo.body.as_slice()),
        (200, "image/png", PHOTO)
    );
    assert!(photo.header("content-security-policy").contains("sandbox"));
    let text = file("0002/1.html");
    assert_eq!((text.status, text.header("content-type").as_str()), (200, "text/plain; charset=utf-8"));
    assert_eq!(
        (file("0002/3.wav").status, file("0002/3.wav").header("content-type").as_str()),
        (206, "audio/wav")
    );
    for none in ["0002/9.png", "0002/1.words.json", "0002/..", "..%2fscores.json/x", "0002/../../scores.json"]
    {
        assert_eq!(file(none).status, 404, "{none}");
    }
    // What is no longer as it was sealed is not shown.
    fs::write(served.bundle().join("work-samples/0002/2.png"), b"\x89PNG\r\n\x1a\nanother one").unwrap();
    let changed = file("0002/2.png");
    assert_eq!(
        (changed.status, changed.text().contains("work-samples/0002/2.png")),
        (404, true),
        "{}",
        changed.text()
    );
}

#[test]
fn idle_connections_do_not_keep_others_out_for_long_and_hold_no_thread() {
    let served = serve();
    let mut idle: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(&served.address).unwrap()).collect();
    for stream in &mut idle {
        stream.write_all(b"GET /").unwrap();
    }
    assert_eq!(served.get("").status, 200);
}
