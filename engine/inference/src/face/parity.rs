//! The networks and the whole chain against the committed golden tensors.
//!
//! **Source** of the numbers: `LiteRT` and the published face landmarker on a public-domain photograph; the recipe stands in
//! the metadata of the files.

use std::path::PathBuf;

use safetensors::SafeTensors;
use viva_media::{Blendshape, Timestamp, VideoFrame};
use viva_perception::face::{Config, FaceNets, FaceObservation, FaceTracker, RawDetections, RawLandmarks};

use super::MediaPipeFace;

struct Golden(Vec<u8>);

impl Golden {
    fn read(name: &str) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/reference");
        Self(std::fs::read(format!("{folder}/{name}.safetensors")).expect("the golden file is committed"))
    }

    fn bytes(&self, tensor: &str) -> Vec<u8> {
        let file = SafeTensors::deserialize(&self.0).expect("a safetensors file");
        file.tensor(tensor).expect("the tensor exists").data().to_vec()
    }

    fn floats(&self, tensor: &str) -> Vec<f32> {
        self.bytes(tensor).as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
    }
}

fn folder() -> PathBuf {
    let home = || std::env::var("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = std::env::var("VIVA_CACHE").map(PathBuf::from).or_else(|_| {
        std::env::var("XDG_CACHE_HOME").map(PathBuf::from).or_else(|_| home()).map(|dir| dir.join("viva"))
    });
    let folder = cache.expect("a cache folder").join("assets/face-landmarker");
    assert!(
        folder.is_dir(),
        "{} is missing: run `cargo xtask test`, which fetches the models",
        folder.display()
    );
    folder
}

fn nets() -> MediaPipeFace {
    MediaPipeFace::load(&folder()).expect("the face networks load")
}

fn tracker() -> FaceTracker {
    let config = Config { report_landmarks: true, ..Config::default() };
    MediaPipeFace::tracker(&folder(), config).expect("the face networks load")
}

fn assert_near(got: &[f32], expect: &[f32], tolerance: f32, name: &str) {
    assert_eq!(got.len(), expect.len(), "{name}");
    let worst = got.iter().zip(expect).map(|(g, e)| (g - e).abs()).fold(0.0, f32::max);
    assert!(worst <= tolerance, "{name}: {worst} over {tolerance}");
}

/// A grey canvas with golden pictures on it: where, and how many times smaller.
fn canvas(millis: i64, width: usize, height: usize, pictures: &[(usize, usize, usize)]) -> VideoFrame {
    let golden = Golden::read("face_chain").bytes("in.image_u8");
    let mut rgb = vec![110; width * height * 3];
    for &(left, top, smaller) in pictures {
        for y in 0..300 / smaller {
            for x in 0..300 / smaller {
                let from = (y * smaller * 300 + x * smaller) * 3;
                let to = ((top + y) * width + left + x) * 3;
                rgb[to..to + 3].copy_from_slice(&golden[from..from + 3]);
            }
        }
    }
    VideoFrame::new(Timestamp::from_millis(millis), width as u32, height as u32, rgb)
        .expect("byte count fits")
}

fn landmarks(seen: &FaceObservation) -> Vec<[f32; 2]> {
    seen.landmarks_px.as_ref().expect("landmarks are reported").iter().map(|p| [p[0], p[1]]).collect()
}

#[test]
fn the_detector_agrees() {
    let golden = Golden::read("face_detector");
    let input: Vec<f32> = golden.bytes("in.image_u8").iter().map(|&b| f32::from(b) / 127.5 - 1.0).collect();
    let mut out = RawDetections::default();
    nets().detect(&input, &mut out);
    assert_near(&out.regressors, &golden.floats("out.regressors"), 1e-3, "boxes");
    assert_near(&out.logits, &golden.floats("out.classificators"), 1e-3, "scores");
}

#[test]
fn the_landmarks_agree_and_again_on_the_second_run() {
    let golden = Golden::read("face_landmarks");
    let input: Vec<f32> = golden.bytes("in.crop_u8").iter().map(|&b| f32::from(b) / 255.0).collect();
    let (mut nets, mut out) = (nets(), RawLandmarks::default());
    for run in ["first", "second"] {
        nets.landmarks(&input, &mut out);
        assert_near(out.points.as_flattened(), &golden.floats("out.landmarks"), 2e-3, run);
        assert_near(&[out.presence_logit], &golden.floats("out.presence_logit"), 2e-3, run);
        nets.landmarks(&vec![0.5; input.len()], &mut out);
        assert!(out.presence_logit < 0.0, "grey is no face");
    }
}

#[test]
fn the_blendshapes_agree() {
    let golden = Golden::read("face_blendshapes");
    let input: [f32; 292] = golden.floats("in.landmarks_px").try_into().expect("146 points");
    assert_near(&nets().blendshapes(&input), &golden.floats("out.blendshapes"), 1e-5, "blendshapes");
}

#[test]
fn the_whole_chain_agrees_with_the_reference_and_the_official_task() {
    let golden = Golden::read("face_chain");
    let mut tracker = tracker();
    let seen = tracker.step(&canvas(0, 300, 300, &[(0, 0, 1)]));
    assert!(seen.present && seen.score > 0.99, "{}", seen.score);
    let found = landmarks(&seen);
    assert_near(found.as_flattened(), &golden.floats("out.landmarks_px"), 0.05, "landmarks");
    assert_near(found.as_flattened(), &golden.floats("official.landmarks_px"), 0.05, "official landmarks");
    let depth: Vec<f32> = seen.landmarks_px.as_ref().expect("reported").iter().map(|p| p[2]).collect();
    assert_near(&depth, &golden.floats("out.z"), 0.1, "depth");
    // Ours lack `_neutral` in front and have `tongueOut` at the end.
    for tensor in ["out.blendshapes", "official.blendshapes"] {
        assert_near(&seen.blendshapes.0[..51], &golden.floats(tensor)[1..], 0.005, tensor);
    }
    assert!(seen.blendshapes[Blendshape::MouthSmileLeft] > 0.8, "the golden face smiles");
    assert!(seen.quality.is_usable(), "{:?}", seen.quality);
}

#[test]
fn the_pose_agrees_with_the_official_task() {
    let golden = Golden::read("face_chain");
    let mut tracker = tracker();
    let seen = tracker.step(&canvas(0, 300, 300, &[(0, 0, 1)]));
    // Column-major: the third column is where the face points, the last where the head is.
    let m = golden.floats("official.pose_matrix");
    let expect = [m[8].atan2(m[10]), (-m[9]).asin(), m[1].atan2(m[5])];
    let got = [seen.head_yaw.0, seen.head_pitch.0, seen.head_roll.0];
    assert_near(&got, &expect, 0.2_f32.to_radians(), "yaw, pitch, roll");
    let geometry = MediaPipeFace::geometry(&folder()).expect("the canonical face loads");
    let points = tracker.raw_landmarks_px().expect("a face is followed");
    let pose = geometry.pose(points, 300, 300).expect("a pose");
    let place = pose.translation_cm.to_array().map(|v| v as f32);
    assert_near(&place, &m[12..15], 0.2, "place in centimetres");
}

#[test]
fn pictures_without_a_face_are_a_state() {
    let mut tracker = tracker();
    let mut state = 1_u32;
    let noise: Vec<u8> = (0..320 * 240 * 3)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    for (name, width, height, rgb) in [
        ("noise", 320, 240, noise),
        ("black", 320, 240, vec![0; 320 * 240 * 3]),
        ("one pixel", 1, 1, vec![128; 3]),
        ("a line", 1, 500, vec![128; 1500]),
        ("nothing", 0, 0, Vec::new()),
    ] {
        let frame = VideoFrame::new(Timestamp::ZERO, width, height, rgb).expect("byte count fits");
        let seen = tracker.step(&frame);
        assert!(!seen.present && seen.landmarks_px.is_none() && !seen.towards_screen, "{name}");
        assert_eq!(tracker.region(), None, "{name}");
    }
}

#[test]
fn a_moving_face_is_followed_lost_and_found_again() {
    let golden = Golden::read("face_chain").floats("out.landmarks_px");
    let mut tracker = tracker();
    // The region that the detector finds differs from the one that following settles on: rest first.
    let rest =
        (0..10).map(|i| tracker.step(&canvas(i * 33, 640, 480, &[(20, 30, 1)]))).last().expect("ten frames");
    let rest = landmarks(&rest);
    let moved = |from: &[[f32; 2]], by: (usize, usize)| -> Vec<f32> {
        from.iter().flat_map(|p| [p[0] + by.0 as f32, p[1] + by.1 as f32]).collect()
    };
    let mut at = 330;
    for step in 0..20 {
        let by = (14 * step, 4 * step);
        let seen = tracker.step(&canvas(at, 640, 480, &[(20 + by.0, 30 + by.1, 1)]));
        assert!(seen.present, "step {step}");
        let found = landmarks(&seen);
        // The region lags one frame behind, so the network sees another crop than at rest; the cause is not isolated further.
        let lag: Vec<f32> =
            found.as_flattened().iter().zip(moved(&rest, by)).map(|(f, e)| (f - e).abs()).collect();
        let worst = lag.iter().copied().fold(0.0, f32::max);
        let mean = lag.iter().sum::<f32>() / lag.len() as f32;
        assert!(mean < 1.0 && worst < 2.5, "mean {mean}, worst {worst} px at step {step}");
        let expect = moved(golden.as_chunks::<2>().0, (20 + by.0, 30 + by.1));
        let errors = found.as_flattened().iter().zip(&expect).map(|(f, e)| (f - e).abs());
        assert!(errors.sum::<f32>() / (expect.len() as f32) < 1.0, "mean error at step {step}");
        at += 33;
    }
    assert!(!tracker.step(&canvas(at + 33, 640, 480, &[])).present, "gone");
    assert!(tracker.step(&canvas(at + 66, 640, 480, &[(20, 30, 1)])).present, "back elsewhere");
    tracker.reset();
    assert_eq!(tracker.region(), None);
}

#[test]
fn of_two_faces_the_larger_is_followed() {
    for (small, large, from, to) in
        [((20, 60, 2), (330, 30, 1), 330.0, 640.0), ((480, 60, 2), (10, 30, 1), 0.0, 310.0)]
    {
        let seen = tracker().step(&canvas(0, 640, 480, &[small, large]));
        let x = landmarks(&seen)[1][0];
        assert!((from..to).contains(&x), "{x}");
    }
}

#[test]
fn replay_gives_the_same_bits() {
    let run = || {
        let mut tracker = tracker();
        (0..4)
            .map(|i| tracker.step(&canvas(i * 33, 640, 480, &[(20 + 9 * i as usize, 30, 1)])))
            .collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}
