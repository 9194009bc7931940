//! Golden stills of the examiner, what a frame must have, and hostile head files.

use std::path::{Path, PathBuf};

use viva_gpu::Gpu;
use viva_media::{Blendshape as B, FacePose, Radians, Timestamp, VideoFrame};
use viva_render::testing::{Difference, check_golden};
use viva_render::{HeadAsset, HeadRenderer, Look, RenderError, Tier};

fn head_bytes(name: &str) -> Vec<u8> {
    let cache = std::env::var_os("VIVA_CACHE").map(PathBuf::from).or_else(|| {
        std::env::var_os("XDG_CACHE_HOME")
            .map(|cache| PathBuf::from(cache).join("viva"))
            .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/viva")))
    });
    let path = cache.unwrap_or_default().join(format!("assets/avatar-head-mpfb/head_{name}.safetensors"));
    std::fs::read(&path)
        .unwrap_or_else(|_| panic!("no {}: run `cargo xtask test`, which fetches the models", path.display()))
}

fn examiner(size: u32, tier: Tier) -> HeadRenderer {
    let gpu = Gpu::headless().expect("a graphics driver is installed (mesa-vulkan-drivers)");
    let asset = HeadAsset::from_safetensors(&head_bytes("female_mixed_young")).expect("our own head");
    HeadRenderer::with_tier(&gpu, &asset, &Look::examiner(), size, size, tier).expect("the head can be drawn")
}

fn pose(shape: impl Fn(&mut FacePose)) -> FacePose {
    let mut pose = FacePose::neutral(Timestamp::ZERO);
    shape(&mut pose);
    pose
}

fn poses() -> [(&'static str, FacePose); 5] {
    [
        ("neutral", pose(|_| {})),
        ("smile", pose(|p| (p.weights[B::MouthSmileLeft], p.weights[B::MouthSmileRight]) = (0.7, 0.7))),
        ("jaw_open", pose(|p| p.weights[B::JawOpen] = 0.6)),
        ("blink", pose(|p| (p.weights[B::EyeBlinkLeft], p.weights[B::EyeBlinkRight]) = (1.0, 1.0))),
        ("look_left", pose(|p| p.gaze_yaw = Radians(0.4))),
    ]
}

fn check_stills(tier: Tier, prefix: &str) -> Vec<VideoFrame> {
    let mut renderer = examiner(256, tier);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut failures = Vec::new();
    let mut frames: Vec<VideoFrame> = Vec::new();
    for (name, pose) in poses() {
        let frame = renderer.render(&pose).expect("the device draws");
        if let Err(error) = check_golden(&folder, &format!("{prefix}{name}"), &frame, update) {
            failures.push(error.to_string());
        }
        frames.push(frame);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    for frame in &frames[1..] {
        let apart = Difference::between(&frames[0], frame).expect("equal sizes");
        assert!(apart.changed > 0.0005, "an expression must be seen: {apart:?}");
    }
    let again = renderer.render(&poses()[0].1).expect("the device draws");
    assert_eq!(again.rgb, frames[0].rgb, "the same pose gives the same bytes");
    frames
}

#[test]
fn stills_are_as_blessed_differ_from_each_other_and_repeat() {
    check_stills(Tier::Full, "");
}

#[test]
fn stills_for_a_processor_are_as_blessed_and_near_the_full_look() {
    let quick = check_stills(Tier::Software, "software_");
    let full = examiner(256, Tier::Full).render(&poses()[0].1).expect("the device draws");
    let apart = Difference::between(&full, &quick[0]).expect("equal sizes");
    assert!(apart.mean < 4.0, "the tiers show the same person: {apart:?}");
}

#[test]
fn the_plain_tier_shows_the_same_person_under_one_light() {
    let mut plain = examiner(256, Tier::Plain);
    assert_eq!(plain.tier(), Tier::Plain);
    let [neutral, open] = [0, 2].map(|index| plain.render(&poses()[index].1).expect("the device draws"));
    let software = examiner(256, Tier::Software).render(&poses()[0].1).expect("the device draws");
    let apart = Difference::between(&software, &neutral).expect("equal sizes");
    assert!((0.5..8.0).contains(&apart.mean), "another light on the same person: {apart:?}");
    let moved = Difference::between(&open, &neutral).expect("equal sizes");
    assert!(moved.changed > 0.0005, "an expression must be seen: {moved:?}");
    plain.draw(&poses()[2].1).expect("the device draws");
    assert_eq!(
        plain.render(&poses()[0].1).expect("the device draws").rgb,
        neutral.rgb,
        "drawn or read, the same"
    );
    assert!((5_000..30_000).contains(&plain.triangles()), "{}", plain.triangles());
}

#[test]
fn no_seam_shows_on_a_turned_neck() {
    let gpu = Gpu::headless().expect("a graphics driver is installed (mesa-vulkan-drivers)");
    let asset = HeadAsset::from_safetensors(&head_bytes("male_caucasian_old")).expect("our own head");
    let turned = pose(|p| (p.head_yaw, p.head_pitch) = (Radians(-0.44), Radians(-0.1)));
    let draw = |tier| {
        HeadRenderer::with_tier(&gpu, &asset, &Look::character(), 384, 384, tier)
            .and_then(|mut renderer| renderer.render(&turned))
            .expect("the head can be drawn")
    };
    let (full, quick) = (draw(Tier::Full), draw(Tier::Software));
    let green = |frame: &VideoFrame, x: usize, y: usize| i32::from(frame.rgb[(y * 384 + x) * 3 + 1]);
    // Jaw and neck; a seam is darker than everything about it in the full look.
    let mut dark = 0;
    for y in 210..290 {
        for x in 130..250 {
            let around = (0..9).map(|k| green(&full, x + k % 3 * 2 - 2, y + k / 3 * 2 - 2));
            let darkest = around.min().expect("nine places");
            dark += usize::from(green(&quick, x, y) < darkest - 40);
        }
    }
    assert!(dark < 10, "{dark} pixels of jaw and neck are darker than in the full look");
}

#[test]
fn what_moved_away_leaves_nothing_behind() {
    let far = pose(|p| (p.head_yaw, p.head_roll, p.breath) = (Radians(-0.6), Radians(0.4), 1.0));
    let last = poses()[1].1;
    let mut used = examiner(128, Tier::Software);
    for earlier in [&far, &last, &far] {
        used.render(earlier).expect("the device draws");
    }
    let fresh = examiner(128, Tier::Software).render(&last).expect("the device draws");
    assert_eq!(used.render(&last).expect("the device draws").rgb, fresh.rgb);
}

#[test]
fn a_small_odd_picture_has_its_size_and_its_time() {
    let gpu = Gpu::headless().expect("a graphics driver is installed (mesa-vulkan-drivers)");
    let asset = HeadAsset::from_safetensors(&head_bytes("male_asian_young")).expect("our own head");
    let mut renderer =
        HeadRenderer::new(&gpu, &asset, &Look::candidate_b(), 67, 41).expect("odd sizes are fine");
    let at = Timestamp::from_millis(1234);
    let frame = renderer.render(&FacePose::neutral(at)).expect("the device draws");
    assert_eq!((frame.width, frame.height, frame.captured), (67, 41, at));
    let bad = FacePose { breath: f32::NAN, ..FacePose::neutral(at) };
    assert!(matches!(renderer.render(&bad), Err(RenderError::PoseNotFinite)));
    let zero = HeadRenderer::new(&gpu, &asset, &Look::candidate_b(), 0, 41);
    assert!(matches!(zero, Err(RenderError::Size { width: 0, height: 41 })));
}

#[test]
fn broken_head_files_are_errors_and_never_panics() {
    let good = head_bytes("female_mixed_young");
    for cut in [0, 7, 8, 100, 4000, good.len() - 1] {
        assert!(HeadAsset::from_safetensors(&good[..cut]).is_err(), "cut at {cut}");
    }
    // Flipped bytes either give an error or a head whose every index is in range.
    for step in 0..400_usize {
        let mut bad = good.clone();
        let at = 8 + (step * 7919) % (bad.len() - 8);
        bad[at] ^= 0xff;
        if let Ok(asset) = HeadAsset::from_safetensors(&bad) {
            assert!(asset.vertex_count() > 0);
        }
    }
    let text = String::from_utf8_lossy(&good[..3000]).into_owned();
    let at = text.find("jawOpen").expect("the header names the blendshapes");
    let mut renamed = good;
    renamed[at] = b'x';
    let error = HeadAsset::from_safetensors(&renamed).expect_err("xawOpen is no blendshape");
    assert!(error.to_string().contains("xawOpen"), "{error}");
}
