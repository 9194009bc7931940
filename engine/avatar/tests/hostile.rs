//! No input makes a parser panic: cut, changed and random bytes give an error or something whole.

mod common;

use common::{Model, alone};
use proptest::prelude::*;
use serde_json::{Value, json};
use viva_avatar::live_link::Flip;
use viva_avatar::vmc::{Naming, Receiver, packets};
use viva_avatar::{curves, live_link, osc};
use viva_media::{FacePose, Timestamp};

/// A small file with everything that is read: skin, sparse target, texture, VRM.
fn small() -> Model {
    let mut model = Model::head_of(4, 6, &["jawOpen", "eyesClosed", "browInnerUp_L"]);
    let count = model.json["accessors"][0]["count"].as_u64().expect("a count") as usize;
    let picture = viva_avatar::Image { width: 3, height: 2, rgba: vec![90; 24] }.to_png();
    let view = model.view(&picture);
    let indices = model.view(&[1, 5]);
    let values = model.view(&[0x3c; 24]);
    let joints =
        model.accessor(&vec![0; count * 4], json!({"componentType": 5121, "count": count, "type": "VEC4"}));
    let weights: Vec<u8> = (0..count).flat_map(|_| [255, 0, 0, 0]).collect();
    let weights = model.accessor(
        &weights,
        json!({"componentType": 5121, "normalized": true, "count": count, "type": "VEC4"}),
    );
    let sparse = json!({"componentType": 5126, "count": count, "type": "VEC3", "sparse": {"count": 2,
        "indices": {"bufferView": indices, "componentType": 5121}, "values": {"bufferView": values}}});
    model.json["accessors"].as_array_mut().expect("a list").push(sparse);
    model.json["meshes"][0]["primitives"][0]["attributes"]["JOINTS_0"] = json!(joints);
    model.json["meshes"][0]["primitives"][0]["attributes"]["WEIGHTS_0"] = json!(weights);
    model.json["meshes"][0]["primitives"][0]["material"] = json!(0);
    let targets = model.json["meshes"][0]["primitives"][0]["targets"].as_array_mut().expect("a list");
    targets.push(json!({"POSITION": weights + 1}));
    model.json["images"] = json!([{"bufferView": view}]);
    model.json["textures"] = json!([{"source": 0}]);
    model.json["materials"] = json!([{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0, "extensions":
        {"KHR_texture_transform": {"scale": [2.0, 2.0]}}}}, "alphaMode": "BLEND"}]);
    model.json["nodes"] =
        json!([{"mesh": 0, "skin": 0}, {"name": "Head", "children": [2]}, {"name": "LeftEye"}]);
    model.json["scenes"] = json!([{"nodes": [0, 1]}]);
    model.json["skins"] = json!([{"joints": [1, 2]}]);
    model.json["extensions"] = json!({"VRMC_vrm": {"meta": {"name": "x"}, "humanoid": {"humanBones": {"head": {"node": 1}}},
        "expressions": {"preset": {"aa": {"morphTargetBinds": [{"node": 0, "index": 3, "weight": 1.0}]}}}}});
    model
}

#[test]
fn the_small_file_itself_is_good() {
    let imported = small().import().expect("a file with everything");
    assert_eq!(imported.avatar.images.len(), 1);
    assert!(imported.report.head_bone.is_some() && imported.report.vrm.is_some());
}

/// Takes whatever comes; an avatar that comes is whole.
fn survives(bytes: &[u8]) {
    if let Ok(imported) = alone(bytes) {
        assert!(imported.avatar.is_whole());
        assert!(!imported.report.text().is_empty());
    }
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    let file = small().glb();
    for cut in 0..file.len() {
        assert!(alone(&file[..cut]).is_err(), "cut at {cut} of {}", file.len());
    }
}

/// Places of all values in a document.
fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(n, v)| pointers(v, &format!("{at}/{n}"), out));
        }
        Value::Object(map) => map.iter().for_each(|(key, v)| pointers(v, &format!("{at}/{key}"), out)),
        _ => {}
    }
}

#[test]
fn every_value_of_the_json_replaced_by_nonsense() {
    let model = small();
    let mut places = Vec::new();
    pointers(&model.json, "", &mut places);
    let nonsense = [
        json!(null),
        json!(-1),
        json!(0),
        json!(1),
        json!(3),
        json!(255),
        json!(u64::MAX),
        json!(1e308),
        json!("VEC3"),
        json!([]),
        json!([0, 0]),
        json!({}),
        json!([[[]]]),
    ];
    for place in places.iter().filter(|place| !place.is_empty()) {
        for other in &nonsense {
            let mut bad = model.clone();
            *bad.json.pointer_mut(place).expect("a place of this document") = other.clone();
            let file = bad.glb();
            let survived = std::panic::catch_unwind(|| survives(&file));
            assert!(survived.is_ok(), "{place} became {other}");
        }
    }
}

#[test]
fn deep_json_is_an_error() {
    let deep = format!(
        "{{\"asset\":{{\"version\":\"2.0\"}},\"extras\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(alone(deep.as_bytes()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bytes_of_a_file(places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut file = small().glb();
        for (at, byte) in places {
            let at = at.index(file.len());
            file[at] = byte;
        }
        survives(&file);
    }

    #[test]
    fn random_texts(text in "\\PC{0,300}") {
        survives(text.as_bytes());
        live_link::read(&text, None, Flip::default()).ok();
        curves::read(&text).ok();
    }

    #[test]
    fn random_tables(rows in prop::collection::vec("[-0-9.,e\"\\n:;]{0,40}", 0..20), rate in prop::option::of(1.0..240.0)) {
        let text = format!("Timecode,JawOpen,HeadYaw\n{}", rows.join("\n"));
        if let Ok(read) = live_link::read(&text, rate, Flip::default()) {
            prop_assert!(read.take.poses().windows(2).all(|pair| pair[0].at < pair[1].at));
        }
    }

    #[test]
    fn random_datagrams(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        osc::parse(&bytes).ok();
        Receiver::default().push(Timestamp::ZERO, &bytes).ok();
        let dressed = [b"#bundle\0\0\0\0\0\0\0\0\x01", bytes.as_slice()].concat();
        osc::parse(&dressed).ok();
        let dressed = [b"/VMC/Ext/Blend/Val\0\0", bytes.as_slice()].concat();
        Receiver::default().push(Timestamp::ZERO, &dressed).ok();
    }

    #[test]
    fn changed_datagrams(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        for mut packet in packets(&FacePose::neutral(Timestamp::ZERO), Naming::Pascal) {
            let place = at.index(packet.len());
            packet[place] = byte;
            let mut receiver = Receiver::default();
            if let Ok(Some(pose)) = receiver.push(Timestamp::ZERO, &packet) {
                prop_assert!(pose.weights.0.iter().all(|w| (0.0..=1.0).contains(w)));
                prop_assert!(pose.head_yaw.0.is_finite());
            }
            packet.truncate(cut.index(packet.len()));
            receiver.push(Timestamp::ZERO, &packet).ok();
        }
    }
}
