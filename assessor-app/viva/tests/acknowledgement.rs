//! A reply that is long in coming: the answer is acknowledged at once, the reply follows, and the session replays.
//!
//! A language model that never answers makes the reply late on any machine. The networks must be in the cache: `cargo xtask test` fetches
//! them. No figure of time is asserted but the order of what is heard.

mod common;

use std::collections::BTreeSet;
use std::net::TcpListener;

use serde_json::Value;

use common::{exam, good};

/// An endpoint that takes every request and answers none.
fn silent_endpoint() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has a port");
    let url = format!("http://{}/v1", listener.local_addr().expect("bound"));
    let keep =
        move || listener.incoming().map(|stream| stream.expect("a connection")).collect::<Vec<_>>().len();
    std::thread::Builder::new().name("endpoint".into()).spawn(keep).expect("a thread");
    url
}

#[test]
fn an_answer_whose_reply_is_late_is_acknowledged_and_the_session_replays() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("session");
    let (exam, out_text, url) = (exam(), out.to_str().expect("plain").to_owned(), silent_endpoint());
    let exam = exam.to_str().expect("plain");
    let args = [
        "interview",
        "--exam",
        exam,
        "--candidate",
        "sim:weak",
        "--out",
        &out_text,
        "--headless",
        "--no-video",
    ];
    good(&[&args[..], &["--llm", &url]].concat());
    good(&["verify", &out_text]);

    let events = std::fs::read_to_string(out.join("events.jsonl")).expect("written by the program");
    let events: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |kind: &'static str| events.iter().filter(move |event| event["kind"] == kind);
    let said: Vec<&Value> = of("acknowledgement").filter(|event| event["body"]["said"] == true).collect();
    assert!(!said.is_empty(), "the first two wordings take seconds");
    let ids: BTreeSet<u64> =
        said.iter().map(|event| event["body"]["utterance"].as_u64().expect("a number")).collect();
    assert_eq!(ids.len(), said.len(), "once for each answer");

    // The conversation knows of each, in a word of its persona.
    let words = ["Okay.", "Thank you.", "All right.", "I see."];
    let known: Vec<&Value> = of("conversation")
        .map(|event| &event["body"])
        .filter(|body| body["event"] == "acknowledged")
        .collect();
    assert!(
        known.iter().all(|body| body["text"].as_str().is_some_and(|text| words.contains(&text))),
        "{known:?}"
    );
    assert_eq!(known.iter().filter_map(|body| body["utterance"].as_u64()).collect::<BTreeSet<_>>(), ids);

    // It is heard to its end, or cut, before anything else is said; and what is said then is no other acknowledgement.
    let spoken: Vec<&Value> =
        events.iter().filter(|e| e["kind"] == "utterance" || e["kind"] == "heard").collect();
    for pair in
        spoken.windows(2).filter(|pair| pair[0]["body"]["id"].as_u64().is_some_and(|id| ids.contains(&id)))
    {
        assert_eq!(
            (&pair[1]["kind"], &pair[1]["body"]["utterance"]),
            (&"heard".into(), &pair[0]["body"]["id"])
        );
    }
    let next = of("utterance").map(|event| event["body"]["id"].as_u64().is_some_and(|id| ids.contains(&id)));
    let next: Vec<bool> = next.collect();
    assert!(next.windows(2).all(|pair| pair != [true, true]), "{next:?}");

    // In the transcript it stands behind the answer, and nothing is quoted from it.
    let json = |name: &str| -> Value {
        serde_json::from_slice(&std::fs::read(out.join(name)).expect("written by the program")).expect("JSON")
    };
    let transcript = json("transcript.json");
    let turns = transcript["turns"].as_array().expect("a list");
    let text = |turn: &Value| {
        let words = turn["words"].as_array().expect("a list").iter();
        words.filter_map(|word| word["text"].as_str()).collect::<Vec<_>>().join(" ")
    };
    let begun: BTreeSet<i64> = said.iter().filter_map(|event| event["t_ns"].as_i64()).collect();
    let is_one = |turn: &Value| turn["start"].as_i64().is_some_and(|start| begun.contains(&start));
    let spoken: Vec<usize> = (1..turns.len()).filter(|at| is_one(&turns[*at])).collect();
    assert!(!spoken.is_empty());
    for at in spoken {
        let (before, heard) = (&turns[at - 1], text(&turns[at]));
        assert_eq!(before["speaker"], "candidate", "{heard} stands behind {}", text(before));
        assert!(words.iter().any(|word| word.starts_with(&heard)), "{heard}");
    }
    let scores = json("scores.json").to_string();
    assert!(words.iter().all(|word| !scores.contains(&format!("\"text\":\"{word}\""))), "{scores}");

    let replayed: Value = serde_json::from_str(&good(&["replay", &out_text, "--json"])).expect("JSON");
    assert_eq!(replayed["first_difference"], Value::Null);
    assert_eq!(
        (&replayed["with_media"], &replayed["scores_equal"]),
        (&Value::Bool(true), &Value::Bool(true))
    );
}
