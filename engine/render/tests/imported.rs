//! Our own head through GLB and back, drawn as an import: geometry, what moves, and hostile avatars.

use std::path::PathBuf;

use glam::Vec3;
use viva_avatar::{Avatar, Verdict, import, to_glb};
use viva_gpu::Gpu;
use viva_media::{Blendshape as B, FacePose, Radians, Timestamp, VideoFrame};
use viva_render::testing::Difference;
use viva_render::{AvatarRenderer, HeadAsset, Look, RenderError, Tier};

const SIDE: usize = 192;

fn head() -> Avatar {
    let cache = std::env::var_os("VIVA_CACHE").map(PathBuf::from).or_else(|| {
        std::env::var_os("XDG_CACHE_HOME")
            .map(|cache| PathBuf::from(cache).join("viva"))
            .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/viva")))
    });
    let path = cache.unwrap_or_default().join("assets/avatar-head-mpfb/head_female_mixed_young.safetensors");
    let bytes = std::fs::read(&path).unwrap_or_else(|_| {
        panic!("no {}: run `cargo xtask test`, which fetches the models", path.display())
    });
    HeadAsset::from_safetensors(&bytes).expect("our own head").to_avatar("examiner", &Look::examiner())
}

fn again(avatar: &Avatar) -> viva_avatar::Imported {
    import(&to_glb(avatar, Some("CC0")), "again", &mut |_| Err("it stands alone".into()))
        .expect("our own file")
}

fn pose(shape: impl Fn(&mut FacePose)) -> FacePose {
    let mut pose = FacePose::neutral(Timestamp::ZERO);
    shape(&mut pose);
    pose
}

fn renderer(avatar: &Avatar, tier: Tier) -> AvatarRenderer {
    let gpu = Gpu::headless().expect("a graphics driver is installed (mesa-vulkan-drivers)");
    AvatarRenderer::with_tier(&gpu, avatar, &Look::examiner(), SIDE as u32, SIDE as u32, tier)
        .expect("it can be drawn")
}

/// Share of changed pixels in a box of the picture, in shares of its sides.
fn changed(a: &VideoFrame, b: &VideoFrame, x: [f32; 2], y: [f32; 2]) -> f32 {
    let span = |range: [f32; 2]| (range[0] * SIDE as f32) as usize..(range[1] * SIDE as f32) as usize;
    let (mut all, mut other) = (0, 0);
    for row in span(y) {
        for column in span(x) {
            let at = (row * SIDE + column) * 3;
            all += 1;
            other += usize::from((0..3).any(|c| a.rgb[at + c].abs_diff(b.rgb[at + c]) > 12));
        }
    }
    other as f32 / all as f32
}

#[test]
fn our_own_head_survives_glb_within_a_hundredth_of_a_millimetre() {
    let before = head();
    let imported = again(&before);
    let after = &imported.avatar;
    assert_eq!((imported.report.verdict, imported.report.found), (Verdict::Full, 52));
    assert_eq!((imported.report.scaled_by, imported.report.head_bone.as_deref()), (1.0, Some("Head")));
    let near = |a: Vec3, b: Vec3| (a - b).length() < 1e-5;
    assert!(after.position.iter().zip(&before.position).all(|(a, b)| near(*a, *b)));
    assert_eq!(
        (&after.triangles, &after.uv, &after.patches),
        (&before.triangles, &before.uv, &before.patches)
    );
    assert_eq!((&after.materials, &after.images), (&before.materials, &before.images));
    let moved = |avatar: &Avatar| avatar.shapes.iter().map(Vec::len).sum::<usize>();
    assert_eq!(moved(after), moved(&before));
    for (a, b) in after.shapes.iter().flatten().zip(before.shapes.iter().flatten()) {
        assert!(a.0 == b.0 && near(a.1, b.1));
    }
    for (a, b) in after.turn.iter().flatten().zip(before.turn.iter().flatten()) {
        assert!((a - b).abs() < 1e-5);
    }
}

#[test]
fn an_import_is_drawn_and_moves_where_it_should() {
    for tier in [Tier::Software, Tier::Full] {
        let imported = again(&head()).avatar;
        let mut drawn = renderer(&imported, tier);
        let rest = drawn.render(&pose(|_| {})).expect("the device draws");
        let mut straight = renderer(&head(), tier);
        let own = straight.render(&pose(|_| {})).expect("the device draws");
        let apart = Difference::between(&rest, &own).expect("equal sizes");
        assert!(
            apart.mean < 0.05 && apart.changed < 0.001,
            "the file changes nothing that is seen: {apart:?}"
        );

        // Upper third with the eyes, lower third with the mouth.
        let (eyes, mouth) = ([0.25, 0.42], [0.5, 0.7]);
        let jaw = drawn.render(&pose(|p| p.weights[B::JawOpen] = 0.8)).expect("the device draws");
        assert!(changed(&rest, &jaw, [0.35, 0.65], mouth) > 0.1, "the mouth opens");
        assert!(changed(&rest, &jaw, [0.3, 0.7], eyes) < 0.02, "the eyes stay");
        let wink = drawn.render(&pose(|p| p.weights[B::EyeBlinkLeft] = 1.0)).expect("the device draws");
        let (its_left, its_right) = ([0.52, 0.7], [0.3, 0.48]);
        assert!(changed(&rest, &wink, its_left, eyes) > 0.01, "its left eye is at our right");
        assert!(changed(&rest, &wink, its_right, eyes) < 0.002, "the other stays");
        let gaze = drawn.render(&pose(|p| p.gaze_yaw = Radians(0.5))).expect("the device draws");
        assert!(changed(&rest, &gaze, [0.3, 0.7], eyes) > 0.005, "the eyes turn");
        assert!(changed(&rest, &gaze, [0.35, 0.65], mouth) < 0.002, "nothing else does");
        let turned = drawn.render(&pose(|p| p.head_yaw = Radians(0.4))).expect("the device draws");
        assert!(changed(&rest, &turned, [0.3, 0.7], [0.2, 0.8]) > 0.2, "the head turns");
        let back = drawn.render(&pose(|_| {})).expect("the device draws");
        assert_eq!(back.rgb, rest.rgb, "the same pose gives the same bytes");
    }
}

#[test]
fn faulty_avatars_and_poses_are_errors() {
    let gpu = Gpu::headless().expect("a graphics driver is installed (mesa-vulkan-drivers)");
    let mut avatar = head();
    let zero = AvatarRenderer::new(&gpu, &avatar, &Look::examiner(), 0, 41);
    assert!(matches!(zero, Err(RenderError::Size { width: 0, height: 41 })));
    let mut odd = AvatarRenderer::new(&gpu, &avatar, &Look::examiner(), 67, 41).expect("odd sizes are fine");
    let at = Timestamp::from_millis(70);
    let frame = odd.render(&FacePose::neutral(at)).expect("the device draws");
    assert_eq!((frame.width, frame.height, frame.captured), (67, 41, at));
    let bad = FacePose { breath: f32::NAN, ..FacePose::neutral(at) };
    assert!(matches!(odd.render(&bad), Err(RenderError::PoseNotFinite)));
    avatar.triangles[0][1] = u32::MAX;
    let broken = AvatarRenderer::new(&gpu, &avatar, &Look::examiner(), 64, 64);
    assert!(matches!(broken, Err(RenderError::NotWhole)));
}
