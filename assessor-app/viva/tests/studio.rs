//! The studio, driven as a person drives it: without a window, and on a window of a virtual X server.
//!
//! The head must be in the cache: `cargo xtask test` fetches it. The second test needs the Debian package `xvfb`.

mod common;

use std::path::Path;

use common::root;
use common::studio::{Xvfb, must_succeed, picture, studio};

/// Pixels in the middle of the window, where the face is, that differ clearly.
fn changed_in_the_face(a: &Path, b: &Path) -> usize {
    let ((size, a), (other, b)) = (picture(a), picture(b));
    assert_eq!(size, other);
    let (width, height) = (size.0 as usize, size.1 as usize);
    let middle = |index: &usize| {
        let (x, y) = (index % width, index / width);
        (width * 3 / 10..width * 7 / 10).contains(&x) && (height / 10..height * 6 / 10).contains(&y)
    };
    let differs = |index: &usize| {
        let pixel = index * 3..index * 3 + 3;
        a[pixel.clone()].iter().zip(&b[pixel]).any(|(a, b)| a.abs_diff(*b) > 24)
    };
    (0..width * height).filter(middle).filter(differs).count()
}

#[test]
fn the_studio_without_a_window() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let passes = at("passes");
    std::fs::create_dir(&passes).expect("the folder is ours");
    let cloth = std::fs::read_to_string(root().join("shaders/wgsl/eyes.wgsl")).expect("the pass is there");
    std::fs::write(at("good.wgsl"), &cloth).expect("writes");
    std::fs::write(at("broken.wgsl"), format!("{}\nfn broken( {{\n", cloth.trim_end())).expect("writes");
    let line = cloth.trim_end().lines().count() + 1;
    let script = format!(
        "
# A slider moves the face, and undo takes it back.
click Behaviour moves the face
click Blendshapes
click Stand
screenshot rest.png
set jawOpen = 0.8
expect-weight jawOpen 0.79 0.81
screenshot open.png
key ctrl+Z
expect-weight jawOpen 0 0
focus Find
type jaw
drag jawOpen = 0.5
expect-weight jawOpen 0.3 0.7
click mute jawOpen
expect-weight jawOpen 0 0
click mute jawOpen
focus jawOpen
key ArrowRight
focus Find
key ctrl+A
type mouthSmile
click Rest
expect-weight jawOpen 0 0
click link mouthSmile
set mouthSmile left = 0.6
expect-weight mouthSmileLeft 0.6 0.6
expect-weight mouthSmileRight 0 0
focus Find
key ctrl+A
type cheek
click solo cheekPuff
expect-weight mouthSmileLeft 0 0
click Rest
click Behaviour moves the face

# A profile: a fault in place, mended, saved, and read again.
focus profile text
type [nod]\\ndegrees = 60.0
expect line 2, column 1: nod.degrees is 60
screenshot fault.png
key ctrl+A
type [nod]\\ndegrees = 4.5
expect-not line 2, column 1
expect What is not said here is the examiner's
focus profile file
type mine.toml
click Save
expect saved: mine.toml
click B
click Open
expect B is mine.toml
click Wipe A | B
screenshot wipe.png

# The timeline tells why.
click Wipe A | B
click New take
click Candidate speaks
wait 2
key Escape
click Backchannel
wait 1.5
screenshot timeline.png

# A pass that does not compile: its error in place, the last good one goes on.
click Shaders
expect Drawn by the passes of
copy broken.wgsl to passes/eyes.wgsl
wait 1
expect eyes.wgsl:{line}
screenshot broken.png
copy good.wgsl to passes/eyes.wgsl
wait 1
expect-not eyes.wgsl:{line}

# Curves out and in, pictures, a film.
click Files
set export seconds = 0.4
click Export JSON curves
expect written: export.json
click Export PNG sequence
await-export
expect 11 pictures: export
click Export MP4
await-export
expect 11 pictures: export.mp4
focus Curves
key ctrl+A
type export.json
click Open curves
expect Back to the take
click Back to the take

# Hardly any window.
size 1x1
size 40x30
size 1200x800
wait 0.2
screenshot last.png
"
    );
    let passes = passes.to_str().expect("plain");
    must_succeed(&studio(folder.path(), &["--offscreen", "--shaders", passes], None, &script));
    assert!(changed_in_the_face(&at("rest.png"), &at("open.png")) > 500, "a jaw that opens is seen");
    assert_eq!(changed_in_the_face(&at("rest.png"), &at("rest.png")), 0);
    assert_eq!(std::fs::read_to_string(at("mine.toml")).expect("was saved"), "[nod]\ndegrees = 4.5");
    assert_eq!(picture(&at("export/frame_00010.png")).0, (640, 360));
    assert!(std::fs::metadata(at("export.mp4")).expect("was written").len() > 1000);
}

#[test]
fn what_a_script_expects_must_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    for (script, word) in [
        ("expect a control that is not there", "is not there"),
        ("click Nothing of this name", "no control is called"),
        ("expect-weight jawOpen 0.9 1.0", "outside 0.9..=1"),
        ("fly", "line 1"),
    ] {
        let output = studio(folder.path(), &["--offscreen"], None, script);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(word), "{script}: {told}");
    }
}

#[test]
fn the_studio_on_a_window() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let server = Xvfb::start();
    let script = "
click Behaviour moves the face
click Blendshapes
click Stand
wait 0.2
screenshot rest.png
set jawOpen = 0.8
wait 0.1
screenshot open.png
key ctrl+Z
size 1x1
wait 0.2
size 1200x800
wait 0.2
screenshot back.png
lose-device
wait 0.5
expect another one goes on
click Latency
screenshot after.png
";
    must_succeed(&studio(folder.path(), &[], Some(&server.display), script));
    assert!(changed_in_the_face(&at("rest.png"), &at("open.png")) > 500, "a jaw that opens is seen");
    assert_eq!(picture(&at("after.png")).0, picture(&at("rest.png")).0);
    let output = studio(folder.path(), &[], None, "");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("--screenshot"), "{told}");
}
