//! The chain without its networks against the committed golden tensors.
//!
//! **Source** of the numbers: the reference chain (`OpenCV` warp, published networks) on a public-domain photograph; the
//! recipe stands in the metadata of the files.

use safetensors::SafeTensors;
use viva_media::{Timestamp, VideoFrame};

use super::quality::sharpness;
use super::*;

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

    fn picture(&self) -> VideoFrame {
        VideoFrame::new(Timestamp::ZERO, 300, 300, self.bytes("in.image_u8")).expect("300 x 300")
    }
}

/// Largest difference of two pictures, and the share of bytes that differ at all.
fn difference(a: &[u8], b: &[u8]) -> (u8, f64) {
    assert_eq!(a.len(), b.len());
    let worst = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0);
    (worst, a.iter().zip(b).filter(|(a, b)| a != b).count() as f64 / a.len() as f64)
}

#[test]
fn both_crops_are_those_of_the_reference() {
    let chain = Golden::read("face_chain");
    let mut crop = vec![0; 128 * 128 * 3];
    letterbox(300, 300).cut(&chain.picture(), 128, Border::Zero, &mut crop);
    let (worst, share) = difference(&crop, &Golden::read("face_detector").bytes("in.image_u8"));
    assert!(worst <= 1 && share < 1e-3, "detector: {worst}, {share}");

    let roi = chain.floats("out.roi");
    let region = Region { centre_px: [roi[0], roi[1]], side_px: roi[2], angle: roi[3] };
    let mut crop = vec![0; 256 * 256 * 3];
    region.crop_map().cut(&chain.picture(), 256, Border::Replicate, &mut crop);
    let (worst, share) = difference(&crop, &Golden::read("face_landmarks").bytes("in.crop_u8"));
    assert!(worst <= 4 && share < 0.02, "landmarks: {worst}, {share}");
}

#[test]
fn the_detectors_numbers_become_the_references_box_and_region() {
    let (detector, chain) = (Golden::read("face_detector"), Golden::read("face_chain"));
    let raw = RawDetections {
        regressors: detector.floats("out.regressors").into(),
        logits: detector.floats("out.classificators").into(),
    };
    let mut faces = Vec::new();
    find_faces(&raw, &letterbox(300, 300), 0.5, |face| faces.push(face));
    assert_eq!(faces.len(), 1);
    let region = Region::of_detection(&faces[0]);
    let got = [faces[0].box_px.as_slice(), faces[0].keypoints_px.as_flattened()].concat();
    let expect = [chain.floats("out.box"), chain.floats("out.keypoints")].concat();
    for (got, expect) in got.iter().zip(expect) {
        assert!((got - expect).abs() < 1e-3, "{got} for {expect}");
    }
    let got = [region.centre_px[0], region.centre_px[1], region.side_px, region.angle];
    for (got, expect) in got.iter().zip(chain.floats("out.roi")) {
        assert!((got - expect).abs() < 1e-3, "{got} for {expect}");
    }
}

#[test]
fn blur_closes_the_gate_and_the_golden_picture_does_not() {
    let crop = Golden::read("face_landmarks").bytes("in.crop_u8");
    let blurred = |reach: usize| -> f32 {
        let mut out = crop.clone();
        for y in reach..256 - reach {
            for x in reach..256 - reach {
                let around =
                    (y - reach..=y + reach).flat_map(|v| (x - reach..=x + reach).map(move |u| (u, v)));
                let sum: usize = around.map(|(u, v)| usize::from(crop[(v * 256 + u) * 3 + 1])).sum();
                out[(y * 256 + x) * 3 + 1] = (sum / (2 * reach + 1).pow(2)) as u8;
            }
        }
        sharpness(&out, 256)
    };
    let gate = QualityConfig::default().least_sharpness;
    let (sharp, soft, smeared) = (sharpness(&crop, 256), blurred(2), blurred(5));
    assert!(sharp > soft && soft > gate && gate > smeared, "{sharp} {soft} {gate} {smeared}");
}
