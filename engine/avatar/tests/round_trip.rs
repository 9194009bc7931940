//! What is exported is imported again as it was.

mod common;

use common::{Model, alone};
use glam::{Vec3, Vec4};
use viva_avatar::{Image, Joints, Material, Patch, Verdict, to_glb};
use viva_media::Blendshape;

#[test]
fn an_avatar_survives_its_glb() {
    let names: Vec<&str> = Blendshape::ALL.iter().map(|shape| shape.name()).collect();
    let mut avatar = Model::head(&names).import().expect("a plain file").avatar;
    avatar.name = "Round \"trip\"".into();
    let head = Vec3::new(0.0, 1.42, -0.01);
    avatar.joints = Joints {
        head: Some(head),
        left_eye: Some(Vec3::new(0.03, 1.53, 0.08)),
        right_eye: Some(Vec3::new(-0.03, 1.53, 0.08)),
    };
    for (index, turn) in avatar.turn.iter_mut().enumerate() {
        *turn = match index % 4 {
            0 => [0.25, 0.0, 0.0],
            1 => [1.0, 1.0, 0.0],
            2 => [1.0, 0.0, 0.5],
            _ => [0.0, 0.0, 0.0],
        };
    }
    let half = avatar.triangles.len() / 2;
    avatar.patches = vec![
        Patch { material: 0, triangles: 0..half },
        Patch { material: 1, triangles: half..avatar.triangles.len() },
    ];
    let plain = Material { name: "skin".into(), color: Vec4::new(0.5, 0.4, 0.3, 1.0), ..Material::default() };
    let lash =
        Material { name: "lash".into(), image: Some(0), cutoff: 0.25, is_unlit: true, ..Material::default() };
    avatar.materials = vec![plain, lash];
    avatar.images = vec![Image { width: 2, height: 2, rgba: (0..16).map(|n| n * 16).collect() }];
    avatar.uv.iter_mut().enumerate().for_each(|(n, uv)| uv.x = n as f32 * 1e-3);
    assert!(avatar.is_whole());

    let file = to_glb(&avatar, Some("CC0"));
    let again = alone(&file).expect("our own file");
    assert_eq!((again.report.verdict, again.report.copyright.as_deref()), (Verdict::Full, Some("CC0")));
    assert_eq!(again.avatar.patches, avatar.patches);
    assert_eq!(again.avatar.materials, avatar.materials);
    assert_eq!(again.avatar.images, avatar.images);
    assert_eq!(again.avatar.triangles, avatar.triangles);
    assert_eq!(again.avatar.uv, avatar.uv);
    let near = |a: Vec3, b: Vec3| (a - b).length() < 2e-6;
    assert!(again.avatar.position.iter().zip(&avatar.position).all(|(a, b)| near(*a, *b)));
    for (a, b) in again.avatar.turn.iter().flatten().zip(avatar.turn.iter().flatten()) {
        assert!((a - b).abs() < 1e-6);
    }
    for (a, b) in again.avatar.shapes.iter().zip(&avatar.shapes) {
        assert_eq!(a.len(), b.len());
        assert!(a.iter().zip(b).all(|((v, d), (w, e))| v == w && near(*d, *e)));
    }
    assert!(near(again.avatar.joints.head.expect("a head"), head));
    assert!(again.avatar.joints.left_eye.is_some_and(|eye| near(eye, Vec3::new(0.03, 1.53, 0.08))));
    assert_eq!(to_glb(&avatar, Some("CC0")), file, "the same avatar gives the same bytes");
}

#[test]
fn an_avatar_without_bones_or_shapes_survives_too() {
    let avatar = Model::head(&[]).import().expect("a plain file").avatar;
    let again = alone(&to_glb(&avatar, None)).expect("our own file");
    assert_eq!((again.avatar.joints, again.report.verdict), (Joints::default(), Verdict::Still));
    assert_eq!(again.avatar.position, avatar.position);
}
