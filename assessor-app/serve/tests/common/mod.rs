//! A folder of real bundles, a real server on a real port, and a client that can send what a browser would not.

#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod chromium;
#[path = "../../../record/tests/common/mod.rs"]
mod sample;

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use viva_record::{
    BundleWriter, keys,
    oversight::{
        routing::RoutingConfig,
        work_samples::{HandedIn, SampleKind, SamplePassage, SampleSign, SampleWords, hand_in},
    },
    seal,
    wire::{ScoreSheet, SessionHeader},
};
use viva_serve::{Now, RecordOnly, ReviewConfig, ReviewServer};

pub(crate) struct Served {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) url: String,
    pub(crate) address: String,
    pub(crate) token: String,
    /// Seconds that the server's clock has gone on.
    seconds: Arc<AtomicU64>,
}

pub(crate) fn score_sheet() -> ScoreSheet {
    sample::scores()
}

/// One sealed bundle with sound, called `one`.
pub(crate) fn serve() -> Served {
    let folder = tempfile::tempdir().expect("a folder");
    bundle(&folder.path().join("one"), 12);
    run(folder)
}

pub(crate) fn bundle(dir: &Path, audio_secs: i64) {
    sample::write_bundle(dir, audio_secs);
    seal(dir, &keys::demo_key(), sample::SEALED_AT).expect("seals");
}

/// Without sound, with another score sheet.
pub(crate) fn scored_bundle(dir: &Path, scores: &ScoreSheet) {
    sample::write_scored_bundle(dir, 0, scores);
    seal(dir, &keys::demo_key(), sample::SEALED_AT).expect("seals");
}

/// A picture of 24 by 16 points.
pub(crate) const PHOTO: &[u8] = b"\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x18\x00\x00\x00\x10\x01\x00\x00\x00\x00\x24\x5f\x82\x38\x00\x00\x00\x13\x49\x44\x41\x54\x78\xda\x63\x60\xb0\xe1\x67\x80\xe1\xff\x48\x98\x48\x71\x00\x69\x8a\x0b\xaa\x9f\xc2\xae\x0d\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";
const WRITTEN: &str = "<h1>Night shift</h1><script>alert(1)</script><p>I kept the door <b>free</b>.";

/// Hands a page, a photo and a recording in beside the session.
pub(crate) fn hand_in_samples(dir: &Path) {
    let passage = |text: &str, page, span_ms| SamplePassage { text: text.to_owned(), page, span_ms };
    let sign = |criterion: &str, quote: &str, passage, page, span_ms| SampleSign {
        criterion: criterion.to_owned(),
        sign: "keeps a way out".to_owned(),
        against: false,
        quote: quote.to_owned(),
        passage,
        page,
        span_ms,
    };
    let handed =
        |title: &str, kind, ending: &str, bytes: &[u8], passages: Vec<SamplePassage>, signs| HandedIn {
            title: title.to_owned(),
            context: "volunteering".to_owned(),
            kind,
            ending: ending.to_owned(),
            bytes: bytes.to_vec(),
            words: (!passages.is_empty()).then_some(SampleWords { passages }),
            signs,
        };
    let written =
        vec![passage("Night shift", Some(1), None), passage("I kept the door <b>free</b>.", Some(1), None)];
    let spoken = vec![passage("Two steps back, and the door stays free.", None, Some((400, 2100)))];
    let samples = vec![
        handed(
            "Report of a <night> shift",
            SampleKind::Document,
            "html",
            WRITTEN.as_bytes(),
            written,
            vec![sign("safety", "I kept the door <b>free</b>.", 1, Some(1), None)],
        ),
        handed("The poster", SampleKind::Photo, "png", PHOTO, Vec::new(), Vec::new()),
        handed(
            "At the desk on Monday",
            SampleKind::Recording,
            "wav",
            &std::fs::read(dir.join("audio/candidate.wav")).expect("there is sound"),
            spoken,
            vec![sign("safety", "the door stays free.", 0, None, Some((1100, 2100)))],
        ),
    ];
    hand_in(dir, "Sample Candidate", "", sample::SEALED_AT, samples, &keys::demo_key()).expect("hands in");
}

/// A session that ended before it was scored.
pub(crate) fn interrupted_bundle(dir: &Path) {
    let header = SessionHeader { session_id: "interrupted".into(), ..sample::header() };
    let mut writer = BundleWriter::create(dir, &header).expect("a new bundle");
    for turn in &sample::transcript().turns[..3] {
        writer.append_turn(turn).expect("a turn");
    }
    writer.finish(viva_media::Timestamp::from_secs(9.0)).expect("finishes");
    seal(dir, &keys::demo_key(), sample::SEALED_AT).expect("seals");
}

pub(crate) fn run(folder: tempfile::TempDir) -> Served {
    let seconds = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&seconds);
    let config = ReviewConfig {
        folder: folder.path().to_owned(),
        key: keys::demo_key(),
        routing: RoutingConfig { sample_share: 1.0, ..RoutingConfig::default() },
        clock: Box::new(move || Now {
            unix_secs: 1_772_500_000 + clock.load(Ordering::SeqCst),
            rfc3339: "2026-03-03T09:00:00Z".to_owned(),
        }),
        consequences: Box::new(RecordOnly),
    };
    let server = ReviewServer::bind(config, 0).expect("a free port");
    let url = server.url();
    let (address, token) =
        url.trim_start_matches("http://").trim_end_matches('/').split_once('/').expect("has a token");
    let served =
        Served { folder, address: address.to_owned(), token: token.to_owned(), url: url.clone(), seconds };
    // It serves until the test process ends.
    std::thread::Builder::new().name("review server".into()).spawn(move || server.run()).expect("a thread");
    served
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> String {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
            .collect()
    }
}

impl Served {
    /// Moves the server's clock.
    pub(crate) fn wait_secs(&self, secs: u64) {
        self.seconds.fetch_add(secs, Ordering::SeqCst);
    }

    pub(crate) fn bundle(&self) -> PathBuf {
        self.folder.path().join("one")
    }

    /// Sends these bytes and reads until the server closes.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(&self.address).expect("connects");
        // A refusal may come before all is sent.
        stream.write_all(bytes).unwrap_or_default();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap_or_default();
        let split = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(all.len());
        let head = String::from_utf8_lossy(&all[..split]).into_owned();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        Reply { status, head, body: all.get(split + 4..).unwrap_or_default().to_vec() }
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.raw(format!("GET /{}/{path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.token, self.address).as_bytes())
    }

    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let encode = |text: &str| -> String {
            text.bytes()
                .map(|byte| {
                    if byte.is_ascii_alphanumeric() {
                        char::from(byte).to_string()
                    } else {
                        format!("%{byte:02X}")
                    }
                })
                .collect()
        };
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let body = body.join("&");
        self.raw(
            format!(
                "POST /{}/{path} HTTP/1.1\r\nHost: {1}\r\nOrigin: http://{1}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {2}\r\n\r\n{body}",
                self.token,
                self.address,
                body.len()
            )
            .as_bytes(),
        )
    }

    /// The key of the only session in the queue.
    pub(crate) fn key(&self) -> String {
        let queue = self.get("?as=Ada").text();
        let at = queue.find("href=\"s/").expect("a session waits") + "href=\"s/".len();
        queue[at..at + 16].to_owned()
    }
}

/// The value of a hidden field.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let at = page.find(&mark).unwrap_or_else(|| panic!("{name} is not in {page}")) + mark.len();
    page[at..].split('"').next().expect("ends").to_owned()
}
