//! A reviewer in a real browser, by keyboard alone: from the name to the sealed decision and an appeal.

mod common;

use std::io::Write as _;

use common::{chromium, hand_in_samples, serve};
use viva_record::{Outcome, RecordedDecision};
use viva_verify::verify_bundle;

/// Goes to the button that seals, and presses it.
fn seal(browser: &mut chromium::Browser) {
    browser.press("s");
    browser.wait("document.activeElement.id === 'send'");
    browser.press("Enter");
}

#[test]
fn a_reviewer_decides_by_keyboard_alone() {
    let Some(program) = chromium::find() else {
        let note = "no Chromium on this machine: the review pages were not driven; set VIVA_BROWSER=required to fail instead";
        writeln!(std::io::stderr(), "{note}").unwrap_or_default();
        return;
    };
    let served = serve();
    let mut browser = chromium::Browser::start(&program);
    assert!(browser.profile().is_dir());
    browser.open(&served.url);
    browser.wait("document.activeElement.id === 'as'");
    browser.picture("1-name");
    browser.write("Ada Example");
    browser.press("Enter");
    browser.wait("document.querySelector('#queue a')");
    browser.picture("2-queue");
    browser.press("j");
    browser.wait("document.activeElement.matches('#queue a')");
    browser.press("Enter");
    browser.wait("document.querySelectorAll('.rate').length === 3");

    // The machine's levels are nowhere in the document, not even unseen.
    let html = browser.value("document.documentElement.outerHTML");
    let html = html.as_str().expect("is text");
    for told in
        ["takes up the other's words", "Its interval", "Goes on talking", "Sample Candidate", "recommend"]
    {
        assert!(!html.contains(told), "the blind page tells {told:?}");
    }
    browser.press("?");
    browser.wait("document.getElementById('help').open");
    browser.picture("3-keys");
    browser.press("Escape");
    browser.wait("!document.getElementById('help').open");
    browser.press("j");
    browser.wait("document.activeElement.id === 'criterion-0'");
    browser.press("Space");
    browser.wait("document.querySelector('#criterion-0 a.playing')");
    browser.wait("performance.getEntriesByType('resource').some((entry) => entry.name.includes('audio/candidate.wav') && entry.transferSize > 1000)");
    browser.press("Space");
    browser.wait("!document.querySelector('a.playing')");
    for keys in ["2", "j", "4", "j", "0"] {
        browser.press(keys);
    }
    browser.wait("document.getElementById('progress').textContent.startsWith('3 of 3')");
    browser.press("k");
    browser.wait("document.activeElement.id === 'criterion-1'");
    browser.picture("4-blind");

    // What is half filled survives a reload.
    browser.call("Page.reload", serde_json::json!({}));
    browser.wait("document.getElementById('progress')?.textContent.startsWith('3 of 3') && document.querySelector('[name=\"level.0\"]:checked').value === '2'");
    assert_eq!(browser.nameless_controls(), Vec::<String>::new());
    // What cannot be judged needs a note: the machine's level is shown next.
    seal(&mut browser);
    browser.wait("document.activeElement.id === 'note'");
    browser.write("Too little was said of it.");
    browser.press("Escape");
    seal(&mut browser);
    browser.wait("document.querySelector('.difference')");
    assert_eq!(browser.text("#criterion-0 .difference"), "differs by 1");
    assert_eq!(browser.value("Object.keys(localStorage).filter((key) => key.endsWith('|blind')).length"), 0);

    browser.press("j");
    browser.press("o");
    browser.wait("document.activeElement.id === 'override-0'");
    browser.press("2");
    browser.press("Tab");
    browser.press("ArrowDown");
    browser.press("ArrowDown");
    browser.press("Tab");
    browser.write("The words are repeated, not taken up.");
    browser.press("Escape");
    browser.press("d");
    browser.wait("document.activeElement.id === 'reason'");
    browser.write("Nobody who is called for help was named.");
    browser.press("Escape");
    browser.picture("5-compare");
    assert_eq!(browser.nameless_controls(), Vec::<String>::new());
    seal(&mut browser);
    browser.wait("document.getElementById('verdict')");
    assert_eq!(browser.text("#verdict"), "Sample Candidate (simulated): denied");
    browser.picture("6-decided");
    assert_eq!(browser.nameless_controls(), Vec::<String>::new());

    let verified = verify_bundle(&served.bundle(), None).expect("the record is whole");
    let kinds: Vec<&str> = verified.oversight.iter().map(|step| step.kind.as_str()).collect();
    assert_eq!(kinds, ["blind_score", "override", "decision"]);
    let recorded = RecordedDecision::load(&served.bundle(), None).expect("a decision");
    assert_eq!(recorded.decision().outcome, Outcome::Deny);
    assert_eq!(recorded.history().overrides[0].code.word(), "misread_evidence");

    // The candidate appeals; the first reviewer may not decide.
    browser.value("document.getElementById('appeal-by').focus()");
    browser.write("Sample Candidate");
    browser.press("Tab");
    browser.write("I named the number that is called.");
    browser.press("Escape");
    browser.press("s");
    browser.press("Enter");
    browser.wait("document.getElementById('refused')");
    let key = served.key();
    served.wait_secs(3600);
    browser.open(&format!("{}s/{key}/?as=Ada+Example", served.url));
    browser.wait("document.getElementById('refused')?.textContent.includes('another person must decide')");
    browser.picture("7-not-by-you");
    served.wait_secs(3600);
    browser.open(&format!("{}s/{key}/?as=Ben", served.url));
    browser.wait("document.querySelectorAll('.rate').length === 3");
    for keys in ["j", "3", "j", "4", "j", "3", "s"] {
        browser.press(keys);
    }
    browser.wait("document.activeElement.id === 'send'");
    browser.press("Enter");
    browser.wait("document.getElementById('appeal-title')");
    browser.press("a");
    browser.wait("document.activeElement.id === 'reason'");
    browser.write("The number is named in turn 7.");
    browser.press("Escape");
    browser.picture("8-appeal");
    browser.press("s");
    browser.press("Enter");
    browser.wait("document.getElementById('verdict')?.textContent.includes('awarded')");
    browser.open(&format!("{}s/{key}/report?as=Ben", served.url));
    browser.wait("document.getElementById('oversight')");
    browser.picture("9-report");
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[test]
fn work_samples_are_one_key_away() {
    let Some(program) = chromium::find() else {
        let note = "no Chromium on this machine: the work samples were not looked at; set VIVA_BROWSER=required to fail instead";
        writeln!(std::io::stderr(), "{note}").unwrap_or_default();
        return;
    };
    let served = serve();
    hand_in_samples(&served.bundle());
    let key = served.key();
    let mut browser = chromium::Browser::start(&program);
    browser.open(&format!("{}s/{key}/?as=Ada", served.url));
    browser.wait("document.querySelectorAll('.rate').length === 3");
    browser.wait("document.querySelector('img.photo').naturalWidth === 24");
    for _ in 0..3 {
        browser.press("j");
    }
    browser.wait("document.activeElement.id === 'criterion-2'");
    // What was said comes first, then the document at its place, then the recording.
    browser.press("Space");
    browser.wait("document.querySelector('#criterion-2 a.playing')?.getAttribute('href').startsWith('audio/candidate.wav')");
    browser.press("Space");
    browser.wait("!document.querySelector('a.playing')");
    browser.press("Space");
    browser.wait("location.hash === '#sample-0-0' && document.querySelector('mark:target').textContent.includes('I kept the door')");
    browser.wait("(() => { const at = document.querySelector('mark:target').getBoundingClientRect(); return at.top >= 0 && at.bottom <= innerHeight; })()");
    browser.picture("10-samples");
    browser.press("Space");
    browser.wait(
        "document.querySelector('a.playing')?.getAttribute('href').startsWith('work-samples/0002/3.wav')",
    );
    browser.wait("performance.getEntriesByType('resource').some((entry) => entry.name.includes('work-samples/0002/3.wav') && entry.transferSize > 1000)");
    assert_eq!(browser.nameless_controls(), Vec::<String>::new());
    assert_eq!(browser.complaints, Vec::<String>::new());
}
