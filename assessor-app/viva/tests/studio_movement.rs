//! Movement from elsewhere in the studio: Live Link Face CSV, and VMC over real sockets with garbage between; and the walk by Tab.
//!
//! The head must be in the cache: `cargo xtask test` fetches it.

mod common;

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use viva_avatar::vmc::{Naming, Receiver, packets};
use viva_avatar::{FaceTake, live_link};
use viva_media::{Blendshape, FacePose, Timestamp};

use common::studio::{must_succeed, studio};

fn open_jaw(millis: i64, jaw: f32) -> FacePose {
    let mut pose = FacePose::neutral(Timestamp::from_millis(millis));
    pose.weights[Blendshape::JawOpen] = jaw;
    pose
}

#[test]
fn a_take_of_a_performer_is_played_and_captured_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let take = FaceTake::new((0..=120).map(|n| open_jaw(n * 1000 / 60, n as f32 / 120.0)).collect());
    let csv = live_link::write(&take.expect("poses"), 60.0);
    std::fs::write(at("take.csv"), &csv).expect("writes");
    // Without a jaw, and with a column that means nothing.
    std::fs::write(at("odd.csv"), csv.replacen("JawOpen", "Whiskers", 1)).expect("writes");
    std::fs::write(at("broken.csv"), csv.replacen("0.00000000", "much", 1)).expect("writes");
    let script = "
click Movement
click Play CSV
expect take.csv: 121 poses
click Capture
wait 1.5
click Stop and write
expect written: capture.csv
set time = 1
expect-weight jawOpen 0.48 0.52
focus CSV to play
key ctrl+A
type broken.csv
click Play CSV
expect broken.csv: line 2
expect-weight jawOpen 0.48 0.52
focus CSV to play
key ctrl+A
type odd.csv
click Play CSV
expect columns that mean nothing here: Whiskers
expect no column for jawOpen: at rest
screenshot movement.png
click Files
set export seconds = 1
click Export Live Link CSV
expect written: export.csv
";
    must_succeed(&studio(folder.path(), &["--offscreen"], None, script));
    let read = |name: &str| {
        let text = std::fs::read_to_string(at(name)).expect("was written");
        live_link::read(&text, Some(60.0), live_link::Flip::default()).expect("is a take").take
    };
    let captured = read("capture.csv");
    let jaws: Vec<f32> = captured.poses().iter().map(|pose| pose.weights[Blendshape::JawOpen]).collect();
    assert!(captured.duration().as_secs() > 1.4 && jaws.is_sorted(), "{jaws:?}");
    assert!(jaws[jaws.len() - 1] > 0.6, "{jaws:?}");
    assert_eq!(read("export.csv").poses().len(), 61);
}

#[test]
fn a_performer_is_heard_and_the_head_is_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let free = || UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
    let listen = free();
    let out = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let send = out.local_addr().expect("has an address");
    let is_over = Arc::new(AtomicBool::new(false));
    let over = Arc::clone(&is_over);
    let performer = std::thread::Builder::new()
        .name("performer".into())
        .spawn(move || {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
            while !over.load(Ordering::Relaxed) {
                let garbage: [&[u8]; 3] =
                    [b"GET / HTTP/1.1\r\n\r\n", &[0xff; 900], b"/VMC/Ext/Blend/Val\0\0,sf\0jaw"];
                let faces = packets(&open_jaw(0, 0.75), Naming::Pascal);
                for datagram in garbage.into_iter().chain(faces.iter().map(Vec::as_slice)) {
                    // Until the studio listens, nobody does.
                    socket.send_to(datagram, listen).ok();
                }
                #[expect(clippy::disallowed_methods, reason = "a performer paces itself")]
                std::thread::sleep(Duration::from_millis(15));
            }
        })
        .expect("a thread");
    let script = format!(
        "
click Movement
focus listen at
key ctrl+A
type nowhere
click Listen
expect is no address with a port
focus listen at
key ctrl+A
type {listen}
click Listen
expect listening at {listen}
wait 1
expect-weight jawOpen 0.74 0.76
expect datagrams were no OSC; the last:
focus send to
key ctrl+A
type {listen}
click Send
expect it would hear itself
focus send to
key ctrl+A
type {send}
click Send
wait 0.5
expect sent to {send}
screenshot heard.png
click Send no longer
click Take the face back
wait 0.2
expect-weight jawOpen 0 0.2
"
    );
    let output = studio(folder.path(), &["--offscreen"], None, &script);
    is_over.store(true, Ordering::Relaxed);
    performer.join().expect("it ends");
    must_succeed(&output);
    out.set_nonblocking(true).expect("a socket");
    let (mut receiver, mut datagram, mut poses) = (Receiver::default(), vec![0; 65_507], Vec::new());
    while let Ok(size) = out.recv(&mut datagram) {
        poses.extend(receiver.push(Timestamp::ZERO, &datagram[..size]).expect("the studio sends OSC"));
    }
    let jaw = poses.last().expect("the head was sent").weights[Blendshape::JawOpen];
    assert!((jaw - 0.75).abs() < 0.01, "{jaw}");
}

#[test]
fn tab_goes_to_every_control_and_each_has_a_name() {
    let folder = tempfile::tempdir().expect("a folder");
    // One panel in the program; the studio's own tests walk over all of them without drawing a face.
    let script = "
click Angles
click Movement
wait 0.1
walk
key Escape
key F1
wait 0.1
expect Close the list
walk
screenshot keys.png
";
    must_succeed(&studio(folder.path(), &["--offscreen", "--size", "900", "640"], None, script));
}
