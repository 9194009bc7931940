//! Human oversight and statistics as their users run them.

mod common;
#[path = "../../record/tests/common/mod.rs"]
#[allow(dead_code, reason = "the record's own tests use the rest")]
mod sample;

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::{bad, good, path, root, text, viva};

/// The review server; it ends with the test.
struct Server {
    child: Child,
    address: String,
    token: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_viva"))
            .args(["review", "serve", path(folder), "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("says its address");
        let url = line.trim().strip_prefix("open http://").expect("says its address").trim_end_matches('/');
        let (address, token) = url.split_once('/').expect("has a token");
        Self { address: address.to_owned(), token: token.to_owned(), child }
    }

    fn send(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("connects");
        let (address, token, length) = (&self.address, &self.token, body.len());
        write!(stream, "{method} /{token}/{path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nContent-Length: {length}\r\n\r\n{body}").expect("sends");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answers");
        answer
    }

    /// Fills a form of the session as this reviewer.
    fn form(&self, key: &str, action: &str, by: &str, fields: &str) {
        let page = self.send("GET", &format!("s/{key}/?as={by}"), "");
        let at = page.find("name=\"root\" value=\"").expect("the page has a form")
            + "name=\"root\" value=\"".len();
        let answer = self.send(
            "POST",
            &format!("s/{key}/{action}"),
            &format!("as={by}&root={}&{fields}", &page[at..at + 64]),
        );
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    }
}

const STATUS_URL: &str = "https://programme.example/status";

#[test]
fn an_award_is_suspended_by_an_appeal_and_revoked_by_another_reviewer() {
    let folder = tempfile::tempdir().expect("a folder");
    let bundle = folder.path().join("one");
    sample::write_bundle(&bundle, 0);
    viva_record::seal(&bundle, &viva_record::keys::demo_key(), sample::SEALED_AT).expect("seals");
    bad(&["review", path(&bundle)], &["decision"]);
    bad(
        &["review", "appeal", path(&bundle), "--by", "Cy", "--text", "No."],
        &["no decision to appeal against"],
    );
    let decision =
        ["review", path(&bundle), "--decision", "award", "--by", "Ada", "--reason", "Good.", "--json"];
    bad(&decision, &["has given no levels yet"]);
    let levels = ["review", "score", path(&bundle), "--by", "Ada", "--level", "acknowledge=3", "--rest-none"];
    bad(&levels, &["cannot be judged need a note"]);
    let levels = [&levels[..], &["--note", "Too little was said on the others."]].concat();
    assert!(good(&levels).contains("machine 3"));
    let awarded = good(&[&decision[..], &["--status-url", STATUS_URL]].concat());
    assert!(
        awarded.contains("(demonstration)"),
        "an uncalibrated rubric yields a demonstration only: {awarded}"
    );
    let (site, badge) = (folder.path().join("site"), bundle.join("credential/good/eddsa-rdfc-2022.json"));
    let publish = || good(&["credential", "publish", path(folder.path()), "--out", path(&site)]);
    let check = ["credential", "check", path(&badge), "--status", path(&site)];
    assert!(publish().contains("1 credentials, 0 revoked, 0 suspended"));
    for purpose in ["revocation", "suspension"] {
        let list = std::fs::read_to_string(site.join(purpose)).expect("a list");
        let list: serde_json::Value = serde_json::from_str(&list).expect("is JSON");
        assert_eq!(list["id"], format!("{STATUS_URL}/{purpose}"), "it lies where the credential says");
        assert!(site.join(format!("{purpose}.jwt")).is_file());
    }
    assert!(good(&check).contains("accepted: "));
    bad(&[&check[..], &["--at", "2020-01-01T00:00:00Z"]].concat(), &["not valid before"]);
    let appealed = good(&["review", "appeal", path(&bundle), "--by", "Cy", "--text", "It was not me."]);
    assert!(appealed.contains("suspended"), "{appealed}");
    let verified = good(&["verify", path(&bundle)]);
    assert!(verified.contains("Ada decided: award") && verified.contains("Cy appealed"), "{verified}");

    assert!(good(&check).contains("accepted: "), "what was published before says nothing of it");
    assert!(publish().contains("0 revoked, 1 suspended"));
    bad(&check, &["suspended"]);

    let server = Server::start(folder.path());
    let queue = server.send("GET", "?as=Ben", "");
    let at = queue.find("href=\"s/").expect("the appeal waits") + "href=\"s/".len();
    let key = queue[at..at + 16].to_owned();
    server.form(&key, "blind", "Ben", "level.0=2&level.1=2&level.2=none&note=Unclear.");
    server.form(&key, "appeal-decision", "Ben", "outcome=deny&reason=Another+voice.");
    let lists: Vec<_> =
        std::fs::read_dir(bundle.join("credential")).expect("there is a credential").flatten().collect();
    assert_eq!(lists.len(), 4, "the credential, its first lists, and two states since: {lists:?}");
    let verified = good(&["verify", path(&bundle)]);
    assert!(verified.contains("Ben decided on the appeal: deny"), "{verified}");

    assert!(publish().contains("1 revoked, 0 suspended"));
    bad(&check, &["revoked"]);

    // A record that cannot be read could be a revoked one: then nothing is published.
    let list = std::fs::read(site.join("revocation")).expect("a list");
    let scores = std::fs::read(bundle.join("scores.json")).expect("a score sheet");
    std::fs::write(bundle.join("scores.json"), "{}").expect("a test may write");
    bad(&["credential", "publish", path(folder.path()), "--out", path(&site)], &["nothing was written"]);
    assert_eq!(std::fs::read(site.join("revocation")).expect("a list"), list);
    std::fs::write(bundle.join("scores.json"), scores).expect("a test may write");

    // The reviewer's own levels are ratings now.
    let calibration = good(&["calibrate", path(folder.path()), "--resamples", "20"]);
    assert!(
        calibration.contains("machine against Ada, Ben") && calibration.contains("not released"),
        "{calibration}"
    );
}

#[test]
fn ratings_become_tables_and_pages() {
    let folder = tempfile::tempdir().expect("a folder");
    let ratings = root().join("assessor-app/statistics/tests/reference/ratings.csv");
    let page = folder.path().join("calibration.html");
    let told = good(&["calibrate", path(&ratings), "--resamples", "50", "--html", path(&page)]);
    for part in ["QWK, machine against humans", "severity of raters", "not inflated", "n "] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    assert!(std::fs::read_to_string(&page).expect("a page").contains("Gates of release"));
    let json = good(&["fairness", path(&ratings), "--resamples", "50", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("is JSON");
    assert_eq!(json[0]["group"], "language");
    bad(&["calibrate", path(&ratings), "--machine", "robot"], &["no rating is by \"robot\""]);
    bad(&["fairness", path(&ratings), "--by", "age"], &["the groups are {\"language\"}"]);
    let broken = folder.path().join("broken.csv");
    std::fs::write(&broken, "session,criterion,rater,level\na,b,c,good\n").expect("a test may write");
    bad(&["calibrate", path(&broken)], &["line 2: level \"good\""]);
    bad(&["calibrate", path(folder.path())], &["holds no scored record"]);
    bad(&["review", "serve", path(&folder.path().join("none"))], &["none"]);
}

/// Ratings of one package by the machine and two humans; `apart` of every ten sessions the humans are a level higher.
fn ratings(criteria: [&str; 2], apart: usize) -> String {
    let mut csv = "session,candidate,criterion,rater,level\n".to_owned();
    for session in 0..40 {
        for (at, criterion) in criteria.iter().enumerate() {
            let level = 1 + (session * 7 + at * 3) % 3;
            for (number, rater) in ["machine", "ana", "ben"].into_iter().enumerate() {
                let differs = number > 0 && (session + number) % 10 < apart;
                writeln!(csv, "s{session},c{session},{criterion},{rater},{}", level + usize::from(differs))
                    .expect("writing to a string cannot fail");
            }
        }
    }
    csv
}

#[test]
fn only_ratings_make_a_rubric_calibrated() {
    let folder = tempfile::tempdir().expect("a folder");
    let exam = folder.path().join("my-exam");
    good(&["exam", "new", path(&exam), "--title", "My exam"]);
    let file = folder.path().join("ratings.csv");
    let run = || ["calibrate", path(&file), "--resamples", "50", "--exam", path(&exam)];

    // Humans who see it otherwise, ratings of something else: nothing is written.
    std::fs::write(&file, ratings(["stays-safe", "helps"], 8)).expect("a test may write");
    bad(&run(), &["stays uncalibrated, nothing was written", "SMD"]);
    std::fs::write(&file, ratings(["stays-safe", "dances"], 1)).expect("a test may write");
    bad(&run(), &["not about this rubric", "dances"]);
    assert!(good(&["exam", "check", path(&exam)]).contains("not calibrated"));

    std::fs::write(&file, ratings(["stays-safe", "helps"], 1)).expect("a test may write");
    assert!(good(&run()).contains("this rubric is calibrated"));
    let note = std::fs::read(exam.join("calibration.json")).expect("was written");
    let note: serde_json::Value = serde_json::from_slice(&note).expect("is JSON");
    let interval = &note["intervals"][0];
    assert!(interval["below"] == 0 && interval["above"] == 1, "as the humans were off: {note}");
    assert!(!good(&["exam", "check", path(&exam)]).contains("not calibrated"));
    assert!(good(&["exam", "explain", path(&exam)]).contains("validation: calibrated"));

    // It holds for this rubric alone, and nobody can just say so.
    let rubric = exam.join("rubric.toml");
    let text = std::fs::read_to_string(&rubric).expect("is there");
    std::fs::write(&rubric, text.replace("cut_score = 2.5", "cut_score = 1.5")).expect("a test may write");
    bad(&["exam", "check", path(&exam)], &["calibration.json", "made for this package in another state"]);
    std::fs::remove_file(exam.join("calibration.json")).expect("was there");
    let claimed = text.replace("\"not calibrated\"", "\"calibrated\"");
    std::fs::write(&rubric, claimed).expect("a test may write");
    bad(&["exam", "check", path(&exam)], &["rubric.toml", "viva calibrate RATINGS --exam FOLDER"]);
}

/// Who owns a key of its own is no demonstration, where the rubric is calibrated by somebody it trusts.
#[test]
fn an_issuer_seals_and_awards_in_its_own_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let (org, other, exam, file) = (at("academy"), at("other"), at("my-exam"), at("ratings.csv"));
    let made = good(&["issuer", "new", path(&org), "--name", "Ward Academy", "--status-url", STATUS_URL]);
    assert!(made.contains("did:key:z6Mk") && made.contains("VIVA_ISSUER="), "{made}");
    bad(&["issuer", "new", path(&org), "--name", "Another"], &["is the folder of an issuer already"]);
    good(&["issuer", "new", path(&other), "--name", "Other"]);
    assert!(good(&["issuer", "show", path(&org), "--json"]).contains("\"name\": \"Ward Academy\""));

    good(&["exam", "new", path(&exam), "--title", "My exam"]);
    std::fs::write(&file, ratings(["stays-safe", "helps"], 1)).expect("a test may write");
    let calibrate =
        ["calibrate", path(&file), "--resamples", "50", "--exam", path(&exam), "--issuer", path(&org)];
    assert!(good(&calibrate).contains("signed by did:key:z6Mk"));
    assert!(good(&["exam", "explain", path(&exam)]).contains("validation: calibrated"));
    let note = exam.join("calibration.json");
    let signed = std::fs::read_to_string(&note).expect("was written");
    std::fs::write(&note, signed.replace("\"candidates\": 40", "\"candidates\": 400")).expect("may write");
    bad(&["exam", "check", path(&exam)], &["calibration.json", "its signature does not hold"]);
    std::fs::write(&note, &signed).expect("a test may write");

    let hold = |out: &str, issuer: &Path| {
        let (out, answers) =
            (at(out), ["Yes, I agree.", "I keep my distance and call for help."].join("\n") + "\n");
        let args = ["interview", "--exam", path(&exam), "--candidate", "text", "--name", "Cy Candidate"];
        let args = [&args[..], &["--out", path(&out), "--issuer", path(issuer)]].concat();
        let held = viva(&args, &answers.repeat(12));
        assert!(held.status.success(), "{}", text(&held.stderr));
        (out, text(&held.stderr))
    };
    let (strange, warned) = hold("strange", &other);
    assert!(warned.contains("counts as not calibrated") && warned.contains("`trusts`"), "{warned}");
    let read = |path: &Path| std::fs::read_to_string(path).expect("a file of the record");
    assert!(read(&strange.join("scores.json")).contains("\"not calibrated\""));

    assert!(good(&["replay", path(&strange)]).contains("scores equal"));

    let (record, warned) = hold("own", &org);
    assert!(!warned.contains("not calibrated"), "{warned}");
    assert!(read(&record.join("scores.json")).contains("\"calibrated\""));
    let letter = read(&record.join("letter.en.html"));
    assert!(letter.contains("Ward Academy") && !letter.contains("demonstration"), "{letter}");
    assert!(read(&record.join("report.html")).contains("the candidate agreed at"));
    assert!(good(&["replay", path(&record)]).contains("scores equal"));
    let score = ["review", "score", path(&record), "--by", "Ada", "--rest-none", "--note", "Typed."];
    bad(&score, &["the record is not of the demonstration key", "--issuer"]);
    let own = ["--issuer", path(&org)];
    let by_environment =
        Command::new(env!("CARGO_BIN_EXE_viva")).args(score).env("VIVA_ISSUER", &org).output();
    let by_environment = by_environment.expect("the program starts");
    assert!(by_environment.status.success(), "{}", text(&by_environment.stderr));
    let award = ["review", path(&record), "--decision", "award", "--by", "Ada", "--reason", "Good."];
    let awarded = good(&[&award[..], &own].concat());
    assert!(!awarded.contains("demonstration"), "{awarded}");
    let badge = record.join("credential/good/eddsa-rdfc-2022.json");
    let badge: serde_json::Value = serde_json::from_str(&read(&badge)).expect("is JSON");
    assert_eq!(badge["issuer"]["name"], "Ward Academy");
    assert_eq!(badge["credentialSubject"]["achievement"]["achievementType"], "Certification");
    assert_eq!(badge["credentialStatus"][0]["statusListCredential"], format!("{STATUS_URL}/revocation"));
    // The same answers, scored again by the same version, have the same levels.
    let again = good(&["calibrate", path(folder.path()), "--again", "--resamples", "20"]);
    assert!(again.contains("machine against as recorded:"), "{again}");
    let unchanged = again.lines().find(|line| line.contains("share unchanged")).expect("the drift is told");
    assert!(unchanged.contains("1.000"), "{unchanged}");
    bad(&["calibrate", path(&file), "--again"], &["name a folder of records"]);

    let appeal = ["review", "appeal", path(&record), "--by", "Cy", "--text", "No."];
    bad(&appeal, &["the record is not of the demonstration key"]);
    assert!(good(&[&appeal[..], &own].concat()).contains("suspended"));
    assert!(good(&["verify", path(&record)]).contains("Cy appealed"));
}
