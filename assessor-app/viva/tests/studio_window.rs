//! The studio on a window of a virtual X server: a slider, a pass that does not compile, a profile that is kept, a window that is
//! hidden, tiny or without its device.
//!
//! The head must be in the cache: `cargo xtask test` fetches it. The Debian package `xvfb` must be there.

mod common;

use std::path::Path;

use common::root;
use common::studio::{Xvfb, changed_in_the_face, must_succeed, picture, studio};
use viva_behaviour::Profile;

/// Pixels of the right panel in the colour of faults.
fn told_as_fault(path: &Path) -> usize {
    let ((width, _), rgb) = picture(path);
    let is_right = |index: usize| index % width as usize > width as usize * 7 / 10;
    let is_red = |[r, g, b]: [u8; 3]| r > 180 && g < 60 && b < 60;
    rgb.as_chunks::<3>()
        .0
        .iter()
        .enumerate()
        .filter(|(index, pixel)| is_right(*index) && is_red(**pixel))
        .count()
}

#[test]
fn a_slider_moves_the_face_in_a_window_of_any_size_seen_or_not() {
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

# Too small for anything, and large again.
size 1x1
wait 0.2
expect-weight jawOpen 0.79 0.81
size 3000x40
wait 0.2
size 1200x800
wait 0.2
screenshot back.png

# As a window manager minimises: what was begun goes on meanwhile.
click Files
set export seconds = 0.4
click Export PNG sequence
hide
await-export
expect 11 pictures: export
show
wait 0.2
click Profile text
wait 0.1
screenshot seen.png
key ctrl+Z
wait 0.1
screenshot undone.png
lose-device
wait 0.5
expect another one goes on
screenshot after.png
";
    must_succeed(&studio(folder.path(), &[], Some(&server.display), script));
    assert!(changed_in_the_face(&at("rest.png"), &at("open.png")) > 500, "a jaw that opens is seen");
    for same in ["back.png", "seen.png"] {
        assert_eq!(changed_in_the_face(&at("open.png"), &at(same)), 0, "{same}: the same face");
    }
    for same in ["undone.png", "after.png"] {
        assert_eq!(changed_in_the_face(&at("rest.png"), &at(same)), 0, "{same}: at rest again");
    }
    assert_eq!(picture(&at("export/frame_00010.png")).0, (640, 360));
    let output = studio(folder.path(), &[], None, "");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("--screenshot"), "{told}");
}

#[test]
fn a_broken_pass_shows_its_fault_in_place_and_the_last_picture_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("passes")).expect("the folder is ours");
    let own = std::fs::read_to_string(root().join("shaders/wgsl/eyes.wgsl")).expect("the pass is there");
    let lines = own.trim_end().lines().count();
    let shaded = "return finish(shade_eye(p, frame, look, normalize(view_local)));";
    assert!(own.contains(shaded) && own.contains("@location(0) local"), "the pass is as this test knows it");
    let misfit = own.replacen("@location(0) local", "@location(7) local", 1);
    for (name, text) in [
        ("own", own.clone()),
        ("edited", own.replace(shaded, "return vec4f(1.0, 0.0, 1.0, 1.0);")),
        ("broken", format!("{}\nfn broken( {{\n", own.trim_end())),
        ("misfit", misfit),
    ] {
        std::fs::write(at(&format!("{name}.wgsl")), text).expect("writes");
    }
    let script = format!(
        "
click Behaviour moves the face
click Blendshapes
click Stand
click Shaders
expect Drawn by the passes of passes
screenshot own.png

copy edited.wgsl to passes/eyes.wgsl
wait 1
screenshot edited.png

copy broken.wgsl to passes/eyes.wgsl
wait 1
expect The last good passes of passes go on drawing
expect eyes.wgsl:{line}
expect fn broken( {{
screenshot broken.png
set jawOpen = 0.8
wait 0.1
screenshot moved.png
set jawOpen = 0

copy misfit.wgsl to passes/eyes.wgsl
wait 1
expect-not eyes.wgsl:{line}
expect The last good passes of passes go on drawing
screenshot misfit.png

copy own.wgsl to passes/eyes.wgsl
wait 1
expect Drawn by the passes of passes
screenshot mended.png
",
        line = lines + 1
    );
    let server = Xvfb::start();
    must_succeed(&studio(folder.path(), &["--shaders", "passes"], Some(&server.display), &script));
    assert!(changed_in_the_face(&at("own.png"), &at("edited.png")) > 50, "an edited pass is drawn at once");
    for bad in ["broken.png", "misfit.png"] {
        assert_eq!(changed_in_the_face(&at("edited.png"), &at(bad)), 0, "{bad}: the last good picture stays");
        assert!(told_as_fault(&at(bad)) > 100, "{bad}: the fault stands in the panel");
    }
    assert!(
        changed_in_the_face(&at("broken.png"), &at("moved.png")) > 500,
        "the last good passes go on drawing"
    );
    assert_eq!(changed_in_the_face(&at("own.png"), &at("mended.png")), 0);
    for good in ["own.png", "edited.png", "mended.png"] {
        assert_eq!(told_as_fault(&at(good)), 0, "{good}");
    }
}

#[test]
fn a_profile_moved_by_a_slider_and_saved_by_key_is_the_same_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let text = "# mine\nrole = \"examiner\"\n\nliveliness = 0.9 # nearly all\n";
    std::fs::write(at("mine.toml"), text).expect("writes");
    let export = |name: &str| {
        format!(
            "
click Files
set export seconds = 4
focus To
key ctrl+A
type {name}
click Export JSON curves
expect written: {name}.json
"
        )
    };
    // A sign of listening on the same moment.
    let told = "
click Stand
click Begin
click Candidate speaks
set time = 1
click Backchannel
";
    let first = format!(
        "{told}{}
click Numbers
focus Find number
type liveliness
drag liveliness = 0.3
expect A *
screenshot moved.png
key ctrl+S
expect saved: mine.toml
expect-not A *
{}",
        export("before"),
        export("moved"),
    );
    let server = Xvfb::start();
    must_succeed(&studio(folder.path(), &["mine.toml"], Some(&server.display), &first));
    let saved = std::fs::read_to_string(at("mine.toml")).expect("was saved");
    let [before, moved] = [text, &saved].map(|text| Profile::from_toml(text).expect("is a profile"));
    assert!((0.1..0.5).contains(&moved.liveliness) && before.liveliness == 0.9, "{}", moved.liveliness);
    assert!(saved.contains("# mine") && saved.contains("# nearly all"), "what else was there stays: {saved}");

    let second = format!("{told}click Numbers\nscreenshot again.png\n{}", export("again"));
    must_succeed(&studio(folder.path(), &["mine.toml"], Some(&server.display), &second));
    let curves = |name: &str| std::fs::read(at(name)).expect("was written");
    assert_eq!(curves("again.json"), curves("moved.json"), "the same poses, to the last digit");
    assert_ne!(curves("again.json"), curves("before.json"), "that number shows in them");
    let unchanged = std::fs::read_to_string(at("mine.toml")).expect("is there");
    assert_eq!(unchanged, saved, "looking at it changes nothing");
}
