//! Avatars of others in the studio: live, with sliders, behaviour and capture; their report; and files that are none.
//!
//! The head must be in the cache: `cargo xtask test` fetches it.

mod common;

use std::path::Path;

use common::studio::{changed_in_the_face, must_succeed, picture, studio};
use common::{good, path, root};
use viva_avatar::{Avatar, import, live_link, to_glb};
use viva_media::Blendshape;

#[test]
fn an_avatar_takes_the_place_of_our_head_with_all_that_moves_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    good(&["avatar", "export", "--look", "candidate_a", "--out", path(&at("head.glb"))]);
    let own = std::fs::read_to_string(root().join("shaders/wgsl/imported.wgsl")).expect("the pass is there");
    let shaded = "return finish(shade_imported(p, frame));";
    assert!(own.contains(shaded), "the pass ends as this test knows it");
    std::fs::create_dir(at("passes")).expect("the folder is ours");
    std::fs::write(at("edited.wgsl"), own.replace(shaded, "return vec4f(0.6, 0.0, 0.6, 1.0);"))
        .expect("writes");
    std::fs::write(at("broken.wgsl"), own.replace("struct", "strict")).expect("writes");
    std::fs::write(at("own.wgsl"), own).expect("writes");
    let script = "
# Its report stands in the panel.
expect full: every movement shows
expect 52 of 52 found, 0 derived, 0 missing
expect head by the bone Head
click Behaviour moves the face
click Blendshapes
click Stand
screenshot rest.png
set jawOpen = 0.8
expect-weight jawOpen 0.79 0.81
screenshot open.png

# What it shows is captured and exported.
click Movement
click Capture
wait 0.5
click Stop and write
expect written: capture.csv
key ctrl+Z
click Files
set export seconds = 0.2
click Export PNG sequence
await-export
expect 6 pictures: export

# Behaviour moves it.
click Behaviour moves the face
click Candidate speaks
click Play
wait 1
click Stand
screenshot moved.png
click Avatar

# Our own head, and back.
click Begin
click Behaviour moves the face
click Our own head
wait 0.1
expect Our own head is seen
screenshot own.png
click Files
focus To
key ctrl+A
type own
click Export PNG sequence
await-export
click Avatar
focus avatar file
type head.glb
click Open avatar
expect full: every movement shows
wait 0.1
screenshot again.png

# Its pass is edited while it draws.
click Shaders
copy edited.wgsl to passes/imported.wgsl
wait 0.6
screenshot edited.png
copy broken.wgsl to passes/imported.wgsl
wait 0.6
expect imported.wgsl:
expect The last good passes of passes go on drawing
screenshot broken.png
copy own.wgsl to passes/imported.wgsl
wait 0.6
screenshot mended.png
";
    must_succeed(&studio(
        folder.path(),
        &["--offscreen", "--avatar", "head.glb", "--shaders", "passes"],
        None,
        script,
    ));
    assert!(changed_in_the_face(&at("rest.png"), &at("open.png")) > 300, "a jaw that opens is seen");
    assert!(changed_in_the_face(&at("rest.png"), &at("moved.png")) > 300, "it behaves");
    assert_eq!(changed_in_the_face(&at("rest.png"), &at("again.png")), 0);
    assert!(changed_in_the_face(&at("rest.png"), &at("own.png")) > 10_000, "they are two people");
    assert!(
        changed_in_the_face(&at("rest.png"), &at("edited.png")) > 10_000,
        "an edited pass is drawn at once"
    );
    assert_eq!(changed_in_the_face(&at("edited.png"), &at("broken.png")), 0, "the last good one goes on");
    assert_eq!(changed_in_the_face(&at("rest.png"), &at("mended.png")), 0);
    let captured = std::fs::read_to_string(at("capture.csv")).expect("was written");
    let captured = live_link::read(&captured, Some(60.0), live_link::Flip::default()).expect("a take").take;
    assert!((captured.poses()[9].weights[Blendshape::JawOpen] - 0.8).abs() < 0.01);
    let [(size, avatar), (_, own)] = ["export", "own"].map(|name| picture(&at(name).join("frame_00000.png")));
    let differ = avatar.iter().zip(&own).filter(|(a, b)| a.abs_diff(**b) > 24).count();
    assert!(
        size == (640, 360) && differ > 10_000,
        "{size:?}, {differ} bytes: who is seen is who is exported"
    );
}

/// Our head as another's file, changed.
fn altered(file: &Path, change: impl FnOnce(&mut Avatar)) -> Vec<u8> {
    let bytes = std::fs::read(file).expect("was exported");
    let mut beside = |_: &str| Err("nothing lies beside it".to_owned());
    let mut avatar = import(&bytes, "head", &mut beside).expect("our own head").avatar;
    change(&mut avatar);
    to_glb(&avatar, None)
}

#[test]
fn an_avatar_that_lacks_something_says_so_and_a_file_that_is_none_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let head = at("head.glb");
    good(&["avatar", "export", "--out", path(&head)]);
    let still = altered(&head, |avatar| avatar.shapes.iter_mut().for_each(Vec::clear));
    let misnamed = std::fs::read(&head).expect("was exported");
    let name = |bytes: &[u8]| bytes.windows(9).position(|part| part == b"\"jawOpen\"");
    let mut misnamed_jaw = misnamed.clone();
    let place = name(&misnamed).expect("the shape has a name");
    misnamed_jaw[place + 4] = b'A';
    let huge = altered(&head, |avatar| {
        let whole = avatar.triangles.clone();
        while avatar.triangles.len() < 1_000_000 {
            avatar.triangles.extend(&whole);
        }
        avatar.patches.last_mut().expect("a patch").triangles.end = avatar.triangles.len();
    });
    for (name, bytes) in [
        ("still.glb", still),
        ("misnamed.glb", misnamed_jaw),
        ("huge.glb", huge),
        ("cut.glb", misnamed[..misnamed.len() / 2].to_vec()),
        ("table.glb", b"a,b\n1,2\n".to_vec()),
        ("fbx.glb", b"Kaydara FBX Binary  ".to_vec()),
    ] {
        std::fs::write(at(name), bytes).expect("writes");
    }
    let open =
        |name: &str| format!("focus avatar file\nkey ctrl+A\ntype {name}\nclick Open avatar\nwait 0.1\n");
    let mut script = "
click Behaviour moves the face
click Blendshapes
click Stand
click Avatar
expect Our own head is seen
"
    .to_owned();
    for (name, told) in [
        ("still.glb", "still: it can be drawn, but neither speaks nor blinks"),
        ("still.glb", "missing   browDownLeft"),
        ("misnamed.glb", "not used  jawApen"),
        ("misnamed.glb", "the mouth does not open in speech"),
    ] {
        script += &format!("{}expect {told}\n", open(name));
    }
    script += "expect jawOpen: not seen\nexpect-not cheekPuff: not seen\nscreenshot misnamed.png\n";
    for (number, (name, told)) in [
        ("huge.glb", "are more than the 250000 that are drawn live"),
        ("cut.glb", "cut.glb is no avatar"),
        ("table.glb", "this is no glTF 2.0"),
        ("fbx.glb", "Blender"),
        ("nowhere.glb", "cannot read nowhere.glb"),
    ]
    .into_iter()
    .enumerate()
    {
        script +=
            &format!("{}expect {told}\nexpect not used  jawApen\nscreenshot bad{number}.png\n", open(name));
    }
    must_succeed(&studio(folder.path(), &["--offscreen"], None, &script));
    for number in 0..5 {
        let same = at(&format!("bad{number}.png"));
        assert_eq!(changed_in_the_face(&at("misnamed.png"), &same), 0, "the avatar before stays");
    }
    for (name, told) in [("cut.glb", "cut.glb is no avatar"), ("nowhere.glb", "cannot read nowhere.glb")] {
        let output = studio(folder.path(), &["--offscreen", "--avatar", name], None, "");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(told), "{error}");
    }
}
