//! `viva avatar` as its users run it: a head out and in, takes through every format, a face over the network, and bad files.
//!
//! The head must be in the cache: `cargo xtask test` fetches it.

mod common;

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{bad, exam, good, path, text, viva};
use serde_json::Value;
use viva_avatar::live_link::Flip;
use viva_avatar::{FaceTake, curves, live_link};
use viva_devices::{FileSource, Media, MovieConfig, MovieWriter};
use viva_media::{AudioBlock, Blendshape, FacePose, Radians, Timestamp, VideoFrame};

/// More than a second, so that a timecode tells its rate, in which the jaw opens and the head turns.
fn take() -> FaceTake {
    let pose = |n: i64| {
        let mut pose = FacePose::neutral(Timestamp::from_millis(n * 20));
        pose.weights[Blendshape::JawOpen] = n as f32 / 60.0;
        pose.head_yaw = Radians(n as f32 * 0.01);
        pose
    };
    FaceTake::new((0..=60).map(pose).collect()).expect("poses")
}

#[test]
fn our_head_goes_out_comes_in_and_is_drawn() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let (head, converted, report) = (at("head.glb"), at("converted.glb"), at("report.json"));
    assert!(good(&["avatar", "export", "--out", path(&head)]).contains("52 shapes"));
    let told = good(&["avatar", "import", path(&head), "--report", path(&report), "--out", path(&converted)]);
    for says in ["full: every movement shows", "52 of 52 found", "head by the bone Head", "CC0"] {
        assert!(told.contains(says), "{says:?} is not in {told}");
    }
    let data: Value =
        serde_json::from_str(&good(&["avatar", "import", path(&converted), "--json"])).expect("JSON");
    assert_eq!((data["verdict"].as_str(), data["found"].as_u64()), (Some("full"), Some(52)));
    let written: Value = serde_json::from_slice(&std::fs::read(&report).expect("a report")).expect("JSON");
    assert_eq!(written["triangles"], data["triangles"]);

    let picture = at("open.png");
    good(&[
        "avatar",
        "render",
        path(&head),
        "--shape",
        "jawOpen=1",
        "--yaw",
        "-10",
        "--width",
        "96",
        "--height",
        "96",
        "--out",
        path(&picture),
    ]);
    assert!(std::fs::read(&picture).expect("a picture").starts_with(b"\x89PNG"));

    let csv = at("take.csv");
    std::fs::write(&csv, live_link::write(&take(), 50.0)).expect("a test may write");
    let pictures = at("pictures");
    let drawn = good(&[
        "avatar",
        "play",
        path(&csv),
        "--avatar",
        path(&head),
        "--rate",
        "10",
        "--width",
        "64",
        "--height",
        "64",
        "--out",
        path(&pictures),
    ]);
    assert!(drawn.contains("13 pictures"), "{drawn}");
    let names: Vec<_> = std::fs::read_dir(&pictures).expect("a folder").flatten().collect();
    assert_eq!(names.len(), 13);
    let film = at("take.mp4");
    good(&["avatar", "play", path(&csv), "--width", "64", "--height", "64", "--out", path(&film)]);
    assert!(std::fs::metadata(&film).expect("a film").len() > 500);
    bad(&["avatar", "play", path(&csv), "--out", path(&pictures)], &["not an empty folder", ".mp4"]);
}

#[test]
fn takes_go_through_every_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let (csv, json, again) = (at("a.csv"), at("b.json"), at("c.csv"));
    std::fs::write(&csv, live_link::write(&take(), 50.0)).expect("a test may write");
    good(&["avatar", "curves", "--take", path(&csv), "--out", path(&json)]);
    good(&["avatar", "curves", "--take", path(&json), "--out", path(&again)]);
    let read = |file: &Path| std::fs::read_to_string(file).expect("a take");
    let poses = |file: &Path| live_link::read(&read(file), None, Flip::default()).expect("our own file").take;
    assert_eq!(poses(&csv).poses().len(), 61);
    for (before, after) in poses(&csv).poses().iter().zip(poses(&again).poses()) {
        assert_eq!(before.at, after.at);
        assert!((before.weights[Blendshape::JawOpen] - after.weights[Blendshape::JawOpen]).abs() < 1e-6);
        assert!((before.head_yaw.0 - after.head_yaw.0).abs() < 1e-6);
    }
    let told =
        good(&["avatar", "curves", "--take", path(&csv), "--out", path(&json), "--rate", "20", "--json"]);
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["poses"].as_u64(), Some(25));
    assert_eq!(curves::read(&read(&json)).expect("curves").take.poses().len(), 25);
    good(&["avatar", "curves", "--take", path(&csv), "--out", path(&json), "--flip", "yaw,roll"]);
    let flipped = curves::read(&read(&json)).expect("curves").take;
    assert!((flipped.poses()[20].head_yaw.0 + 0.2).abs() < 1e-5);

    std::fs::write(&csv, "Timecode,JawOpen,Mood\n00:00:00:00.0,0.5,happy\n00:00:00:01.0,0.6,happy\n")
        .expect("writes");
    let output = viva(&["avatar", "curves", "--take", path(&csv), "--out", path(&json)], "");
    let warned = text(&output.stderr);
    assert!(output.status.success(), "{warned}");
    for says in ["no column for eyeBlinkLeft", "mean nothing here: Mood"] {
        assert!(warned.contains(says), "{says:?} is not in {warned}");
    }
}

#[test]
fn a_face_goes_from_one_program_to_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let (csv, out) = (folder.path().join("sent.csv"), folder.path().join("heard.json"));
    std::fs::write(&csv, live_link::write(&take(), 50.0)).expect("a test may write");
    let free = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
    let address = free.to_string();
    let mut receiver = Command::new(env!("CARGO_BIN_EXE_viva"))
        .args(["avatar", "vmc", "receive", "--listen", &address, "--out", path(&out)])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut heard = BufReader::new(receiver.stdout.take().expect("piped"));
    let mut line = String::new();
    heard.read_line(&mut line).expect("a line");
    assert!(line.contains("listening at"), "{line}");
    UdpSocket::bind("127.0.0.1:0").and_then(|s| s.send_to(b"no OSC at all", free)).expect("a datagram");
    let sent = good(&["avatar", "vmc", "send", path(&csv), "--to", &address, "--rate", "10"]);
    assert!(sent.contains("datagrams sent"), "{sent}");
    let id = receiver.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().is_ok_and(|status| status.success()));
    let mut error = String::new();
    receiver.stderr.take().expect("piped").read_to_string(&mut error).expect("text");
    assert!(receiver.wait().expect("it ends").success(), "{error}");
    assert!(error.contains("1 datagrams were left out"), "{error}");
    let received = curves::read(&std::fs::read_to_string(&out).expect("a take")).expect("curves").take;
    let last = received.poses().last().expect("poses");
    assert!((last.weights[Blendshape::JawOpen] - 1.0).abs() < 1e-5, "the last pose arrived");
    assert!((last.head_yaw.0 - 0.6).abs() < 1e-4);
    // All of them fit into the socket's buffer, however late the receiver runs.
    assert_eq!(received.poses().len(), 13);
}

#[test]
fn a_session_without_sound_has_no_face_to_give() {
    let folder = tempfile::tempdir().expect("a folder");
    let (record, out) = (folder.path().join("typed"), folder.path().join("face.csv"));
    let exam = exam();
    let typed = ["interview", "--exam", path(&exam), "--candidate", "text", "--out", path(&record)];
    let output = viva(&typed, &"Yes, I agree.\n".repeat(60));
    assert!(output.status.success(), "{}", text(&output.stderr));
    bad(
        &["avatar", "curves", "--session", path(&record), "--out", path(&out)],
        &["holds no sound", "poses are not stored"],
    );
    bad(&["avatar", "curves", "--session", path(folder.path()), "--out", path(&out)], &["does not verify"]);
    bad(&["avatar", "curves", "--session", path(&record), "--out", "face.fbx"], &[".csv", ".json"]);
    assert!(!out.exists());
}

#[test]
fn a_face_hears_an_answer_and_speaks_after_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let (answer, film) = (at("answer.wav"), at("clip.mp4"));
    let words = "I would first ask what happened. {pause 0.7} Then I would call the nurse in charge.";
    good(&["say", words, "--voice", "candidate_a", "--out", path(&answer)]);
    let (hear, out) = (path(&answer), path(&film));
    let (width, height) = ("96", "64");
    let told = good(&[
        "avatar",
        "clip",
        "--hear",
        hear,
        "--say",
        "Thank you.",
        "--width",
        width,
        "--height",
        height,
        "--out",
        out,
    ]);
    assert!(told.contains("the floor took the turn") && !told.contains("never"), "{told}");
    let mut source = FileSource::open(&film).expect("a film");
    let (mut pictures, mut levels) = (Vec::new(), Vec::new());
    while let Some(media) = source.next().expect("a film that can be read") {
        match media {
            Media::Video(frame) => pictures.push(frame),
            Media::Audio(block) => levels.push(block.rms()),
        }
    }
    let secs = pictures.len() as f64 / 25.0;
    assert!((secs - levels.len() as f64 * 0.02).abs() < 0.2, "{secs} s of pictures, {} blocks", levels.len());
    assert_eq!((pictures[0].width, pictures[0].height), (96, 64));
    assert!(pictures.windows(2).any(|two| two[0].rgb != two[1].rgb), "the face moves");
    // Silence, the answer, silence while the floor decides, the reply, silence.
    let loud: Vec<bool> = levels.chunks(15).map(|part| part.iter().any(|level| *level > 0.01)).collect();
    assert!(!loud[0] && loud.iter().filter(|loud| **loud).count() > 8, "{loud:?}");
    let last_of_answer = loud.iter().rposition(|loud| *loud).expect("sound");
    let pause = loud[..last_of_answer].iter().rposition(|loud| !loud).expect("a pause before the reply");
    assert!(loud[..pause].contains(&true) && loud.len() - last_of_answer > 3, "{loud:?}");

    let silent = at("silent.wav");
    good(&["say", "{pause 1.0}", "--out", path(&silent)]);
    bad(&["avatar", "clip", "--hear", path(&silent), "--say", "Hm.", "--out", out], &["silence only"]);
    bad(&["avatar", "clip", "--hear", hear, "--say", "Hm.", "--out", "clip.avi"], &[".mp4"]);
    bad(&["avatar", "clip", "--hear", hear, "--say", "Hm.", "--width", "97", "--out", out], &["even", "97"]);
    bad(&["avatar", "clip", "--hear", "nowhere.wav", "--say", "Hm.", "--out", out], &["nowhere.wav"]);
}

/// Two seconds of a grey wall with silence.
fn wall(file: &Path) {
    let config = MovieConfig { width: 64, height: 48, fps: 25, audio: true, start: Timestamp::ZERO };
    let mut movie = MovieWriter::create(file, config).expect("a film");
    for number in 0..50 {
        let at = Timestamp::from_millis(number * 40);
        for half in 0..2 {
            let sound = AudioBlock::silence(Timestamp::from_millis(number * 40 + half * 20));
            movie.push_audio(&sound).expect("takes sound");
        }
        let frame = VideoFrame::new(at, 64, 48, vec![90; 64 * 48 * 3]).expect("the size fits");
        movie.push_video(&frame).expect("takes pictures");
    }
    movie.finish().expect("closes");
}

/// The last picture of a session's film.
fn last_picture(bundle: &Path) -> VideoFrame {
    let mut film = FileSource::open(bundle.join("session.mp4")).expect("a film");
    let mut last = None;
    while let Some(media) = film.next().expect("whole") {
        if let Media::Video(frame) = media {
            last = Some(frame);
        }
    }
    last.expect("a picture")
}

#[test]
fn an_avatar_is_the_examiner_of_an_interview() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let (head, film) = (at("head.glb"), at("wall.mp4"));
    wall(&film);
    // Another of our people, without hair and garment, which an export leaves behind.
    good(&["avatar", "export", "--look", "candidate_a", "--out", path(&head)]);
    let exam = exam();
    let hold = |out: &Path, more: &[&str]| {
        let args = ["interview", "--exam", path(&exam), "--media", path(&film), "--out", path(out)];
        good(&[&args[..], more].concat());
        last_picture(out)
    };
    let own = hold(&at("own"), &["--quality", "plain"]);
    let other = hold(&at("other"), &["--avatar", path(&head)]);
    // The middle of the assessor's half: the face.
    let mean = |frame: &VideoFrame| {
        let places = (100..220).flat_map(|y| (280..360).map(move |x| (y * frame.width as usize + x) * 3));
        let sum: u64 = places.clone().map(|at| u64::from(frame.rgb[at])).sum();
        sum as f64 / places.count() as f64
    };
    let (light, dark) = (mean(&own), mean(&other));
    assert!(light > dark + 20.0, "a darker face is seen: {light} and {dark}");
    let events = std::fs::read_to_string(at("other").join("events.jsonl")).expect("a record");
    assert!(events.contains(r#""avatar":"head.glb""#), "the record names the avatar");
    let none = at("none");
    let args = ["interview", "--exam", path(&exam), "--media", path(&film), "--out", path(&none)];
    bad(&[&args[..], &["--avatar", "nowhere.glb"]].concat(), &["nowhere.glb"]);
    assert!(!none.exists(), "no record is begun in vain");
}

#[test]
fn a_person_is_written_changed_and_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, picture, preset) =
        (folder.path().join("p.toml"), folder.path().join("p.png"), folder.path().join("q.png"));
    good(&["avatar", "person", "--look", "character", "--out", path(&file)]);
    bad(&["avatar", "person", "--out", path(&file)], &["p.toml", "new file"]);
    let small = ["--width", "160", "--height", "120", "--quality", "software"];
    let draw = |look: &str, out: &Path| {
        good(&[&["render", "--look", look, "--out", path(out)], &small[..]].concat());
        std::fs::read(out).expect("a picture")
    };
    assert_eq!(draw(path(&file), &picture), draw("character", &preset), "a preset's file is the preset");
    let text = std::fs::read_to_string(&file).expect("a person");
    let other =
        text.replace("[heads]", "[heads]\nfemale_african_young = 0.5").replace("age = 1.0", "age = 0.1");
    assert_ne!(other, text);
    std::fs::write(&file, &other).expect("a test may write");
    assert_ne!(draw(path(&file), &picture), draw("character", &preset), "somebody else");
    std::fs::write(&file, other.replace("age = 0.1", "age = 7.0")).expect("a test may write");
    bad(&["render", "--look", path(&file), "--out", path(&picture)], &["p.toml", "look.age is 7", "0 to 1"]);
    bad(&["render", "--look", "nobody", "--out", path(&picture)], &["nobody", "examiner", ".toml"]);
}

#[test]
fn the_doctor_says_what_drawing_takes_here() {
    // It fails where a model is missing, and says what it has measured all the same.
    let told = text(&viva(&["doctor", "--json"], "").stdout);
    let told: Value = serde_json::from_str(&told).expect("JSON");
    let rows = told["drawing"]["measured"].as_array().expect("rows");
    for (tier, width) in [("software", 640), ("full", 640), ("software", 1280)] {
        let row = rows.iter().find(|row| row["tier"] == tier && row["width"] == width).expect("a row");
        assert!(row["p50_ms"].as_f64().is_some_and(|millis| millis > 0.1), "{row}");
    }
    let choices = told["drawing"]["choices"].as_array().expect("sentences");
    assert!(choices.iter().all(|choice| choice.as_str().is_some_and(|text| text.contains("tier"))));
}

#[test]
fn bad_files_and_addresses_end_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str, content: &[u8]| {
        let file = folder.path().join(name);
        std::fs::write(&file, content).expect("a test may write");
        file
    };
    let json = folder.path().join("out.json");
    let (fbx, cut) = (at("a.fbx", b"Kaydara FBX Binary  "), at("cut.glb", b"glTF\x02\0\0\0\xff\xff\0\0"));
    bad(&["avatar", "import", path(&fbx)], &["FBX", "Blender"]);
    bad(&["avatar", "import", path(&cut)], &["cut off"]);
    bad(&["avatar", "import", "nowhere.glb"], &["nowhere.glb"]);
    bad(&["avatar", "render", path(&cut), "--set", "xawOpen=1"], &["xawOpen", "ARKit"]);
    let draco = br#"{"asset":{"version":"2.0"},"extensionsRequired":["KHR_draco_mesh_compression"]}"#;
    bad(&["avatar", "import", path(&at("draco.gltf", draco))], &["without Draco"]);
    let table = at("table.csv", b"a,b\n1,2\n");
    bad(
        &["avatar", "curves", "--take", path(&table), "--out", path(&json)],
        &["Live Link Face", "EyeBlinkLeft"],
    );
    bad(&["avatar", "curves", "--take", path(&table), "--out", "take.fbx"], &[".csv", ".json"]);
    let broken = at("broken.json", b"{\"format\":\"other\"}");
    bad(&["avatar", "play", path(&broken), "--out", "x.mp4"], &["face curves"]);
    bad(&["avatar", "curves", "--out", path(&json)], &["--session"]);
    bad(
        &["avatar", "vmc", "receive", "--listen", "127.0.0.1:0", "--patience", "0.3", "--out", path(&json)],
        &["nothing came", "address and port"],
    );
    bad(&["avatar", "vmc", "send", path(&table), "--to", "localhost"], &["--to"]);
    assert!(!json.exists(), "nothing is written in vain");
    let empty = live_link::read("JawOpen\n", None, Flip::default());
    assert!(empty.is_err(), "the reader that the commands use says the same");
}
