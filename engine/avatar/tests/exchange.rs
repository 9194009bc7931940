//! Captured movement through every format: what is written is read again, and what others write is read or refused in words.

use std::path::Path;

use viva_avatar::curves::{self, CurvesError};
use viva_avatar::live_link::{self, Flip, LiveLinkError};
use viva_avatar::osc::{Argument, Message};
use viva_avatar::vmc::{Naming, Receiver, packets};
use viva_avatar::{FaceTake, TakeFile, osc};
use viva_media::{Blendshape as B, FacePose, Radians, Timestamp};

/// Two seconds in which everything moves.
fn take(rate_hz: f64) -> FaceTake {
    let pose = |n: usize| {
        let t = n as f32 * 0.07;
        let mut pose = FacePose::neutral(Timestamp::from_secs(n as f64 / rate_hz));
        for (index, weight) in pose.weights.0.iter_mut().enumerate() {
            *weight = (t + index as f32).sin().abs();
        }
        pose.head_yaw = Radians((t * 0.9).sin() * 0.6);
        pose.head_pitch = Radians((t * 0.7).sin() * 0.3);
        pose.head_roll = Radians((t * 0.5).cos() * 0.2);
        pose.gaze_yaw = Radians((t * 1.3).sin() * 0.4);
        pose.gaze_pitch = Radians((t * 1.1).cos() * 0.2);
        pose.pupil_mm = 3.0 + t.sin();
        pose.breath = t.cos().abs();
        pose
    };
    FaceTake::new((0..(2.0 * rate_hz) as usize).map(pose).collect()).expect("poses")
}

#[track_caller]
fn assert_near(a: &FaceTake, b: &FaceTake, tolerance: f32, with_body: bool) {
    assert_eq!(a.poses().len(), b.poses().len());
    for (n, (a, b)) in a.poses().iter().zip(b.poses()).enumerate() {
        assert!((a.at - b.at).as_nanos().abs() < 1_000_000, "{n}: {:?} {:?}", a.at, b.at);
        for (x, y) in a.weights.0.iter().zip(&b.weights.0) {
            assert!((x - y).abs() <= tolerance, "{n}: {x} {y}");
        }
        let angles =
            |p: &FacePose| [p.head_yaw, p.head_pitch, p.head_roll, p.gaze_yaw, p.gaze_pitch].map(|r| r.0);
        for (x, y) in angles(a).into_iter().zip(angles(b)) {
            assert!((x - y).abs() <= tolerance * 4.0, "{n}: angles {x} {y}");
        }
        if with_body {
            assert!((a.pupil_mm - b.pupil_mm).abs() <= tolerance && (a.breath - b.breath).abs() <= tolerance);
        }
    }
}

#[test]
fn live_link_csv_comes_back() {
    for (rate, counted) in
        [(10.0, 24.0), (15.0, 24.0), (24.0, 24.0), (25.0, 25.0), (30.0, 30.0), (60.0, 60.0), (90.0, 120.0)]
    {
        let take = take(rate);
        let text = live_link::write(&take, rate);
        assert!(text.starts_with("Timecode,BlendShapeCount,EyeBlinkLeft,EyeLookDownLeft,"));
        assert_eq!(text.lines().next().map(|line| line.split(',').count()), Some(63));
        let read = live_link::read(&text, None, Flip::default()).expect("our own file");
        assert_eq!((read.rate_hz, read.missing.len(), read.notes.len()), (counted, 0, 0), "{:?}", read.notes);
        assert_near(&take, &read.take, 1e-6, false);
    }
}

#[test]
fn a_take_of_the_app_is_read() {
    // As the app writes: 60 frames per second, thousandths after the frame, a byte order mark and Windows line ends.
    let text = "\u{feff}Timecode,BlendShapeCount,JawOpen,eyeBlink_L,HeadYaw,LeftEyeYaw,RightEyeYaw\r\n\
        14:03:52:58.207,61,0.25,1.0,0.5,0.1,0.3\r\n14:03:52:59.207,61,0.5,0,0.5,0.1,0.3\r\n\
        14:03:53:00.207,61,0.75,,-0.5,0.1,0.3\r\n,,,,,,\r\n";
    let read = live_link::read(text, None, Flip::default()).expect("a short take");
    assert_eq!(read.take.poses().len(), 3);
    assert_eq!((read.rate_hz, read.missing.len()), (60.0, 50));
    assert_eq!(read.first_timecode.as_deref(), Some("14:03:52:58.207"));
    assert_eq!(read.take.poses()[2].at.as_millis(), 33);
    let second = &read.take.poses()[0];
    assert_eq!((second.weights[B::JawOpen], second.weights[B::EyeBlinkLeft]), (0.25, 1.0));
    assert!((second.gaze_yaw.0 - 0.2).abs() < 1e-6 && second.head_yaw.0 == 0.5);
    assert!(read.notes[0].contains("HeadPitch, HeadRoll"), "{:?}", read.notes);
    let flipped = live_link::read(text, None, Flip { yaw: true, ..Flip::default() }).expect("the same");
    assert_eq!(flipped.take.poses()[0].head_yaw.0, -0.5);
}

#[test]
fn oddities_of_csv_are_noted_and_faults_named() {
    let read = |text: &str| live_link::read(text, None, Flip::default());
    let degrees = read("JawOpen,HeadYaw,Mood\n0.1,20\n0.2,-30\n").expect_err("a cell is missing").to_string();
    assert!(degrees.contains("line 2") && degrees.contains("2 cells under 3 columns"), "{degrees}");
    let degrees = read("JawOpen,HeadYaw,Mood\n0.1,20,1\n1.7,-30,2\n").expect("readable");
    assert!((degrees.take.poses()[0].head_yaw.to_degrees() - 20.0).abs() < 1e-4);
    let notes = degrees.notes.join("; ");
    for says in ["Mood", "no timecode", "degrees", "1 weights outside"] {
        assert!(notes.contains(says), "{says:?} is not in {notes}");
    }
    let backwards = read("Timecode,JawOpen\n10:00:00:05,0\n10:00:00:02,1\n").expect("readable");
    assert!(backwards.notes.join(";").contains("does not rise"), "{:?}", backwards.notes);
    assert_eq!(backwards.take.poses().len(), 2);
    for (text, says) in [
        ("", "first line should read"),
        ("a,b,c\n1,2,3\n", "found: a,b,c"),
        ("JawOpen\n", "no frame"),
        ("JawOpen,jaw_open\n1,1\n", "two columns"),
        ("JawOpen\nopen\n", "line 2: JawOpen is no number: \"open\""),
        ("JawOpen\nNaN\n", "no number"),
    ] {
        let error = read(text).map(|t| t.notes).expect_err(text).to_string();
        assert!(error.contains(says), "{text:?}: {error}");
    }
    assert!(matches!(read(&"x".repeat((256 << 20) + 1)), Err(LiveLinkError::TooLarge(_))));
}

#[test]
fn curves_come_back_with_everything() {
    let take = take(25.0);
    let text = curves::write(&take);
    let read = curves::read(&text).expect("our own file");
    assert!(read.ignored.is_empty());
    assert_near(&take, &read.take, 1e-6, true);
    let still = FaceTake::new(vec![FacePose::neutral(Timestamp::ZERO)]).expect("one pose");
    assert!(curves::write(&still).contains("\"curves\":{}"), "what rests is left out");
}

#[test]
fn faulty_curves_are_named() {
    let file = |times: &str, curves: &str| {
        format!("{{\"format\":\"viva.face_curves\",\"version\":1,\"times_s\":{times},\"curves\":{curves}}}")
    };
    for (text, says) in [
        ("nonsense".to_owned(), "no JSON"),
        (file("[0]", "{}").replace("\"version\":1", "\"version\":9"), "version 9"),
        (file("[]", "{}"), "0 times"),
        (file("[0,0]", "{}"), "does not rise"),
        (file("[1e300]", "{}"), "does not rise"),
        (file("[0,1]", "{\"jawOpen\":[0]}"), "jawOpen has 1 values for 2 times"),
        (file("[0]", "{\"jawOpen\":[1e9]}"), "out of range"),
    ] {
        let error = curves::read(&text).map(|t| t.ignored).expect_err(&text).to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
    let other = curves::read(&file("[0]", "{\"hat\":[1],\"jawOpen\":[0.5]}")).expect("readable");
    assert_eq!((other.ignored.len(), other.take.poses()[0].weights[B::JawOpen]), (1, 0.5));
    assert!(matches!(curves::read("{}"), Err(CurvesError::Json(_))));
}

#[test]
fn a_name_says_the_format_and_one_reader_reads_both() {
    let of = |name: &str| TakeFile::of(Path::new(name));
    assert_eq!((of("a.CSV"), of("b/c.json")), (Some(TakeFile::LiveLink), Some(TakeFile::Curves)));
    assert_eq!((of("csv"), of("a.fbx")), (None, None));
    for (file, is_whole) in [(TakeFile::LiveLink, false), (TakeFile::Curves, true)] {
        let take = take(25.0);
        let read = file.read(&file.write(&take), None, Flip::default()).expect("our own file");
        assert!(read.notes.is_empty(), "{:?}", read.notes);
        assert_near(&take, &read.take, 1e-6, is_whole);
    }
    let odd = "{\"format\":\"viva.face_curves\",\"version\":1,\"times_s\":[0],\"curves\":{\"hat\":[1]}}";
    let notes = TakeFile::Curves.read(odd, None, Flip::default()).expect("readable").notes;
    assert_eq!(notes, ["curves that mean nothing here: hat"]);
    let notes =
        TakeFile::LiveLink.read("JawOpen\n1\n", None, Flip::default()).expect("readable").notes.join("; ");
    assert!(notes.contains("no column for eyeBlinkLeft") && notes.ends_with("at rest"), "{notes}");
    let error = TakeFile::Curves.read("{}", None, Flip::default()).expect_err("is none").to_string();
    assert!(error.contains("no JSON of face curves"), "{error}");
}

#[test]
fn a_face_goes_over_vmc_and_comes_back() {
    for naming in [Naming::Pascal, Naming::Camel] {
        let mut receiver = Receiver::default();
        let sent = take(30.0);
        let mut back = Vec::new();
        for pose in sent.poses() {
            for packet in packets(pose, naming) {
                assert!(packet.len() <= 1400);
                back.extend(receiver.push(pose.at, &packet).expect("our own packet"));
            }
        }
        assert_near(&sent, &FaceTake::new(back).expect("poses"), 2e-6, false);
        let counts = receiver.counts();
        assert_eq!((counts.broken, counts.packets > 60, receiver.unknown().count()), (0, true, 0));
    }
}

#[test]
fn presets_go_over_vmc_degraded() {
    let mut pose = FacePose::neutral(Timestamp::ZERO);
    pose.weights[B::JawOpen] = 0.7;
    pose.weights[B::EyeBlinkRight] = 1.0;
    let mut receiver = Receiver::default();
    let back = packets(&pose, Naming::Presets)
        .iter()
        .find_map(|packet| receiver.push(Timestamp::ZERO, packet).expect("our own packet"))
        .expect("a pose");
    assert!((back.weights[B::JawOpen] - 0.7).abs() < 1e-6);
    assert_eq!((back.weights[B::EyeBlinkRight], back.weights[B::EyeBlinkLeft]), (1.0, 0.0));
}

#[test]
fn a_turn_to_the_own_left_has_unitys_sign() {
    let mut pose = FacePose::neutral(Timestamp::ZERO);
    pose.head_yaw = Radians(0.5);
    let messages: Vec<Message> =
        packets(&pose, Naming::Pascal).iter().flat_map(|p| osc::parse(p).expect("our own packet")).collect();
    let head =
        messages.iter().find(|m| m.arguments.first().and_then(Argument::text) == Some("Head")).expect("Head");
    let numbers: Vec<f32> = head.arguments[1..].iter().filter_map(Argument::number).collect();
    // Unity turns to the right about its y by positive angles; left is negative.
    assert!(
        (numbers[4] + 0.25_f32.sin()).abs() < 1e-6 && numbers[3] == 0.0 && numbers[6] > 0.9,
        "{numbers:?}"
    );
}

#[test]
fn strange_messages_are_passed_over_and_counted() {
    let mut receiver = Receiver::default();
    let text = |t: &str| Argument::Text(t.into());
    let message = |address: &str, arguments: Vec<Argument>| Message { address: address.into(), arguments };
    let all = [
        message("/VMC/Ext/Blend/Val", vec![]),
        message("/VMC/Ext/Blend/Val", vec![Argument::Float(1.0), text("JawOpen")]),
        message("/VMC/Ext/Blend/Val", vec![text("JawOpen"), Argument::Float(f32::NAN)]),
        message("/VMC/Ext/Blend/Val", vec![text("Wink"), Argument::Float(0.3)]),
        message("/VMC/Ext/Blend/Val", vec![text("JawOpen"), Argument::Int(9)]),
        message("/VMC/Ext/Bone/Pos", vec![text("Head"), Argument::Float(0.0)]),
        message("/VMC/Ext/Bone/Pos", [vec![text("Head")], vec![Argument::Float(0.0); 7]].concat()),
        message("/VMC/Ext/Bone/Pos", [vec![text("LeftFoot")], vec![Argument::Float(1.0); 7]].concat()),
        message("/VMC/Ext/Blend/Apply", vec![]),
    ];
    let mut pose = None;
    for packet in osc::bundles(&all, 1000) {
        pose = receiver.push(Timestamp::ZERO, &packet).expect("OSC").or(pose);
    }
    let pose = pose.expect("an apply");
    assert_eq!((pose.weights[B::JawOpen], pose.head_yaw.0), (1.0, 0.0), "held at 1");
    assert_eq!(receiver.unknown().collect::<Vec<_>>(), ["Wink"]);
    assert_eq!((receiver.counts().used, receiver.counts().passed_over), (3, 6));
    assert!(receiver.push(Timestamp::ZERO, b"HELO").is_err());
    assert_eq!(receiver.counts().broken, 1);
    // Names without end do not fill the memory.
    for n in 0..5000 {
        let one = message("/VMC/Ext/Blend/Val", vec![text(&format!("n{n}")), Argument::Float(0.1)]);
        receiver.push(Timestamp::ZERO, &one.to_bytes()).expect("OSC");
    }
    assert!(receiver.counts().passed_over > 3000);
}
