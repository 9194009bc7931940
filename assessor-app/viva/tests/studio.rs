//! The studio, driven as a person drives it, without a window.
//!
//! The head must be in the cache: `cargo xtask test` fetches it.

mod common;

use common::root;
use common::studio::{changed_in_the_face, must_succeed, picture, studio};

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
type [nod]\\ngap_secs = 60.0
expect line 2, column 1: nod.gap_secs is 60
screenshot fault.png
key ctrl+A
type [nod]\\ngap_secs = 7.5
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
    assert_eq!(std::fs::read_to_string(at("mine.toml")).expect("was saved"), "[nod]\ngap_secs = 7.5");
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
