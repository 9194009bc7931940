//! Our own person in the studio: sliders for heads, skin, hair and garment, undo, and a file that is saved and opened.
//!
//! The heads must be in the cache: `cargo xtask test` fetches them.

mod common;

use common::path;
use common::studio::{changed_in_the_face, must_succeed, studio};
use viva_render::{HairStyle, Identity};

#[test]
fn sliders_make_another_person_who_is_saved_and_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let mut bun = Identity::preset("candidate_a").expect("a preset");
    bun.look.style = HairStyle::Bun;
    std::fs::write(at("bun.toml"), bun.to_toml()).expect("writes");
    std::fs::write(at("bad.toml"), "heads = { male_asian_young = 1.0 }\nlook = { age = 9.0 }")
        .expect("writes");
    let script = "
click Blendshapes
click Stand
click Person
wait 0.1
screenshot examiner.png
set person male caucasian old = 0.6
set person age = 0.7
wait 0.1
screenshot older.png
click Save person
expect written: person.toml

# Both steps back are the examiner.
key ctrl+Z
key ctrl+Z
wait 0.1
screenshot undone.png

# The file, another's file, and a file that describes nobody.
click Open person
expect person.toml is our own person now
wait 0.1
screenshot opened.png
focus person file
key ctrl+A
type bun.toml
click Open person
wait 0.1
screenshot bun.png
focus person file
key ctrl+A
type bad.toml
click Open person
expect look.age is 9
wait 0.1
screenshot still.png

# Nobody has a share: it is said, and who was there stays.
set person female african young = 0
wait 0.1
expect at least one head
click Save person
expect no head a share
screenshot nobody.png
";
    must_succeed(&studio(folder.path(), &["--offscreen"], None, script));
    let differs = |a: &str, b: &str| changed_in_the_face(&at(a), &at(b));
    assert!(differs("examiner.png", "older.png") > 5_000, "another person is seen");
    assert_eq!(differs("examiner.png", "undone.png"), 0);
    assert_eq!(differs("older.png", "opened.png"), 0);
    assert!(differs("opened.png", "bun.png") > 5_000, "another's file is another person");
    assert_eq!(differs("bun.png", "still.png"), 0);
    assert_eq!(differs("bun.png", "nobody.png"), 0);
    let saved = std::fs::read_to_string(at("person.toml")).expect("it was saved");
    let saved = Identity::from_toml(&saved).expect("a person");
    assert_eq!((saved.heads, saved.look.age), ([1.0, 0.6, 0.0, 0.0], 0.7));
    let out = at("picture.png");
    common::good(&[
        "render",
        "--look",
        path(&at("person.toml")),
        "--out",
        path(&out),
        "--width",
        "160",
        "--height",
        "90",
    ]);
}
