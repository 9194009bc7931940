//! Recorded sessions in the studio: the face again, frame by frame, beside the film, and what a broken record shows.
//!
//! The networks and the head must be in the cache: `cargo xtask test` fetches them.

mod common;

use std::path::{Path, PathBuf};

use viva_devices::{MovieConfig, MovieWriter};
use viva_media::{AudioBlock, Timestamp, VideoFrame};

use common::studio::{must_succeed, picture, studio};
use common::{exam, good, path};

/// Samples of a picture of 1/25 s, and of half of it.
const PER_PICTURE: usize = 640;

/// Red of the film's picture of a number: neighbours differ clearly.
fn red(number: usize) -> u8 {
    (20 + number % 20 * 10) as u8
}

/// Somebody talks; the pictures beside are violet and tell their number by their red.
fn talk(folder: &Path) -> PathBuf {
    let (wav, film) = (folder.join("talk.wav"), folder.join("talk.mp4"));
    let words = "First I wrote down the risks. {pause 1.2} Then I asked two colleagues, and they agreed.";
    good(&["say", words, "--out", path(&wav), "--voice", "candidate_a"]);
    let mut reader = hound::WavReader::open(&wav).expect("written by the program");
    let rate = reader.spec().sample_rate as usize;
    let spoken: Vec<f32> = reader.samples::<i16>().map(|x| f32::from(x.expect("whole")) / 32_768.0).collect();
    let length = spoken.len() * 16_000 / rate + 3 * 16_000;
    let sample = |index: usize| spoken.get(index * rate / 16_000).copied().unwrap_or(0.0);
    let config = MovieConfig { width: 640, height: 360, fps: 25, audio: true, start: Timestamp::ZERO };
    let mut movie = MovieWriter::create(&film, config).expect("a film");
    for number in 0..length / PER_PICTURE {
        for half in 0..2 {
            let first = number * PER_PICTURE + half * PER_PICTURE / 2;
            let samples = (first..first + PER_PICTURE / 2).map(sample).collect();
            let block = AudioBlock::new(Timestamp::from_samples(first as u64, 16_000), samples);
            movie.push_audio(&block).expect("takes sound");
        }
        let rgb = [red(number), 10, 220].repeat(640 * 360);
        let frame = VideoFrame::new(Timestamp::from_millis(number as i64 * 40), 640, 360, rgb);
        movie.push_video(&frame.expect("the size fits")).expect("takes pictures");
    }
    movie.finish().expect("closes");
    film
}

fn record(folder: &Path, name: &str, more: &[&str]) -> PathBuf {
    let out = folder.join(name);
    let (exam, film) = (exam(), folder.join("talk.mp4"));
    let args = ["interview", "--exam", path(&exam), "--media", path(&film), "--out", path(&out)];
    good(&[&args[..], more].concat());
    out
}

/// Median red of what is violet in a picture of the studio.
fn seen_red(file: &Path) -> i32 {
    let (_, rgb) = picture(file);
    let violet = |pixel: &&[u8; 3]| pixel[2] > 170 && pixel[1] < 70;
    let mut reds: Vec<u8> = rgb.as_chunks::<3>().0.iter().filter(violet).map(|pixel| pixel[0]).collect();
    assert!(reds.len() > 20_000, "{}: the film is not seen, {} pixels are", file.display(), reds.len());
    reds.sort_unstable();
    i32::from(reds[reds.len() / 2])
}

#[test]
fn a_session_is_seen_again_frame_by_frame_beside_its_film() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    talk(folder.path());
    let bundle = record(folder.path(), "record", &[]);
    let script = "
await-session
expect The record verifies
expect seconds have the poses of the record, bit for bit
expect The session was run again: 
expect-not has other poses
expect Mute
expect-not The session is seen without its sound
expect compute: one 20 ms tick of the mind
expect state to pixels
set time = 2
await-session
screenshot two.png
key Escape
key ArrowRight
await-session
screenshot on.png
key ArrowLeft
key ArrowLeft
await-session
screenshot back.png
key ctrl+ArrowRight
key Period
expect Why?
key I
key shift+ArrowRight
key O
wait 0.1
screenshot why.png
click Whole film
await-session
screenshot whole.png
click B
focus profile text
";
    let script = script.replace("focus profile text\n", "click A\nclick Profile text\nfocus profile text\ntype liveliness = 0.0\nwait 0.1\nscreenshot still.png\nclick Back to the take\nexpect-not Turn on\n");
    must_succeed(&studio(
        folder.path(),
        &["--offscreen", "--session", path(&bundle), "--size", "1500", "900"],
        None,
        &script,
    ));
    let [two, on, back] = ["two.png", "on.png", "back.png"].map(|name| seen_red(&at(name)));
    // The picture at 2.00 s is the fiftieth.
    assert!((two - i32::from(red(50))).abs() < 9, "{two}");
    assert!((5..16).contains(&(on - two)) && (5..16).contains(&(two - back)), "{back} {two} {on}");
}

#[test]
fn a_broken_or_bare_record_opens_with_what_is_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    talk(folder.path());
    let bare = record(folder.path(), "bare", &["--no-media"]);
    let broken = folder.path().join("broken");
    std::fs::create_dir_all(broken.join("seals")).expect("a folder");
    for entry in std::fs::read_dir(&bare).expect("a record").flatten().filter(|entry| entry.path().is_file())
    {
        std::fs::copy(entry.path(), broken.join(entry.file_name())).expect("copies");
    }
    for entry in std::fs::read_dir(bare.join("seals")).expect("seals").flatten() {
        std::fs::copy(entry.path(), broken.join("seals").join(entry.file_name())).expect("copies");
    }
    let events = std::fs::read_to_string(broken.join("events.jsonl")).expect("events");
    std::fs::write(
        broken.join("events.jsonl"),
        events.replacen("\"kind\":\"setup\"", "\"kind\":\"set-up\"", 1),
    )
    .expect("writes");
    let script = "
await-session
expect The record verifies
expect The record holds no sound
expect-not Mute
expect There is no face to be had again
wait 0.2
screenshot bare.png
focus Record
key ctrl+A
type broken
click Open session
wait 0.1
expect does not verify
expect may have been altered
screenshot broken.png
focus Record
key ctrl+A
type nothing
click Open session
expect nothing is no folder
expect may have been altered
";
    must_succeed(&studio(folder.path(), &["--offscreen", "--session", path(&bare)], None, script));
}
