//! Avatars of all kinds: complete, renamed, one-sided, VRM, still, too large.

mod common;

use common::{MIDDLE, Model, alone};
use glam::{Mat4, Vec3};
use serde_json::json;
use viva_avatar::report::ImportReport;
use viva_avatar::shapes::derive::Origin;
use viva_avatar::{Verdict, import};
use viva_media::Blendshape as B;

fn all_names() -> Vec<&'static str> {
    B::ALL.iter().map(|shape| shape.name()).collect()
}

fn origin(report: &ImportReport, shape: B) -> &Origin {
    &report.shapes[shape as usize].origin
}

#[test]
fn a_complete_head_is_full_in_glb_and_in_gltf_with_data_or_a_file_beside() {
    let model = Model::head(&all_names());
    let imported = model.import().expect("a plain file");
    assert_eq!((imported.report.verdict, imported.report.found), (Verdict::Full, 52));
    assert!(imported.avatar.is_whole() && imported.report.missing.is_empty());
    assert_eq!((imported.report.container, imported.report.scaled_by), ("GLB", 1.0));
    let data = alone(&model.gltf(None)).expect("the same with its data inside");
    assert_eq!(data.avatar, imported.avatar);
    let binary = model.binary.clone();
    let file = import(&model.gltf(Some("head.bin")), "test", &mut |name| {
        if name == "head.bin" { Ok(binary.clone()) } else { Err("no".into()) }
    });
    assert_eq!(file.expect("the same beside").avatar, imported.avatar);
    let lost = alone(&model.gltf(Some("head.bin"))).expect_err("nothing is beside it").to_string();
    assert!(lost.contains("head.bin"), "{lost}");
}

#[test]
fn names_in_other_spellings_are_found() {
    let snake: Vec<String> = all_names()
        .iter()
        .map(|name| {
            let short = name.replace("Left", "_L").replace("Right", "_R");
            format!("Head_blendShape.{short}")
        })
        .collect();
    let names: Vec<&str> = snake.iter().map(String::as_str).collect();
    let report = Model::head(&names).import().expect("a plain file").report;
    assert_eq!((report.verdict, report.found), (Verdict::Full, 52), "{}", report.text());
}

#[test]
fn symmetric_shapes_are_halved_and_one_sided_ones_mirrored() {
    let names = ["jawOpen", "eyesClosed", "mouthSmile", "browDown_L", "mouthPucker"];
    let imported = Model::head(&names).import().expect("a plain file");
    let (avatar, report) = (&imported.avatar, &imported.report);
    assert_eq!(origin(report, B::EyeBlinkLeft), &Origin::Halved { name: "eyesClosed".into() });
    assert_eq!(origin(report, B::BrowDownRight), &Origin::Mirrored { from: "browDownLeft" });
    assert!(matches!(origin(report, B::MouthFunnel), Origin::Sum { .. }));
    assert_eq!(origin(report, B::TongueOut), &Origin::Missing);
    let side = |shape: B| -> f32 {
        avatar.shape(shape).iter().map(|(v, d)| avatar.position[*v as usize].x * d.length()).sum()
    };
    assert!(side(B::EyeBlinkLeft) > 0.0 && side(B::EyeBlinkRight) < 0.0 && side(B::BrowDownRight) < 0.0);
    let text = report.text();
    for says in
        ["eyeBlinkLeft is one side of eyesClosed", "browDownRight is browDownLeft mirrored", "37 missing"]
    {
        assert!(text.contains(says), "{says:?} is not in\n{text}");
    }
    let data = serde_json::to_value(report).expect("a report is JSON");
    assert_eq!(data["shapes"][B::EyeBlinkLeft as usize]["how"], "halved");
    assert_eq!(data["shapes"].as_array().map(Vec::len), Some(52));
}

#[test]
fn a_head_without_shapes_or_with_foreign_names_is_still_and_says_so() {
    for names in [&[][..], &["Key 1", "hat", "Fcl_ALL_Fun"], &[""]] {
        let imported = Model::head(names).import().expect("it can be drawn");
        let text = imported.report.text();
        assert_eq!(imported.report.verdict, Verdict::Still, "{text}");
        assert!(text.contains("neither speaks nor blinks") && text.contains("add ARKit shapes"), "{text}");
        assert!(names.iter().all(|name| text.contains(name)), "{text}");
    }
}

#[test]
fn a_million_triangles_are_refused_before_they_are_read() {
    let mut model = Model::head(&["jawOpen"]);
    let indices = model.json["meshes"][0]["primitives"][0]["indices"].as_u64().expect("an index") as usize;
    model.json["accessors"][indices]["count"] = json!(3_000_000);
    let error = model.import().expect_err("too large").to_string();
    for says in ["1000000 triangles", "250000", "Decimate"] {
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn files_that_lie_are_named() {
    let broken = |change: &dyn Fn(&mut Model), says: &str| {
        let mut model = Model::head(&["jawOpen", "eyeBlinkLeft"]);
        change(&mut model);
        let error = model.import().expect_err(says).to_string();
        assert!(error.contains(says), "{says:?} is not in {error:?}");
    };
    broken(&|m| m.json["scenes"] = json!([{"nodes": []}]), "no triangle");
    broken(&|m| m.json["meshes"][0]["primitives"][0]["mode"] = json!(1), "no triangle");
    broken(&|m| m.json["accessors"][0]["bufferView"] = json!(99), "buffer view 99");
    broken(&|m| m.json["accessors"][0]["count"] = json!(100_000), "past the end");
    broken(&|m| m.json["accessors"][0]["type"] = json!("VEC2"), "VEC2");
    broken(&|m| m.json["accessors"][0]["componentType"] = json!(5130), "5130");
    broken(&|m| m.json["accessors"][2]["count"] = json!(3), "another number of vertices");
    broken(&|m| m.json["bufferViews"][1]["byteOffset"] = json!(u64::MAX), "outside its buffer");
    broken(&|m| m.json["bufferViews"][0]["byteStride"] = json!(2), "stride");
    broken(&|m| m.binary[0..4].copy_from_slice(&f32::NAN.to_le_bytes()), "not finite");
    broken(
        &|m| {
            let at = m.json["bufferViews"][1]["byteOffset"].as_u64().expect("a number") as usize;
            m.binary[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        },
        "past the last",
    );
    broken(&|m| m.json["meshes"][0]["primitives"][0]["material"] = json!(7), "no material 7");
    broken(&|m| m.json["nodes"][0]["skin"] = json!(3), "no skin 3");
    broken(&|m| m.json["nodes"][0]["mesh"] = json!(3), "mesh 3");
    broken(&|m| m.json["asset"]["version"] = json!("1.0"), "glTF 2.0");
    broken(&|m| m.json["nodes"] = json!("none"), "JSON");
}

#[test]
fn a_vrm_with_presets_is_degraded_and_faces_us() {
    let names = ["Fcl_A", "Fcl_Blink_eyes", "Fcl_Joy"];
    let mut zero = Model::head(&names);
    // VRM 0.x faces against z: the same head, turned about.
    zero.json["nodes"] = json!([{"mesh": 0, "rotation": [0.0, 1.0, 0.0, 0.0]}, {"name": "bone", "translation": [0.0, 1.4, 0.0]}]);
    zero.json["scenes"] = json!([{"nodes": [0, 1]}]);
    let bind = |index: u32| json!([{"mesh": 0, "index": index, "weight": 100.0}]);
    zero.json["extensions"] = json!({"VRM": {
        "meta": {"title": "Bo", "author": "A. Uthor", "allowedUserName": "OnlyAuthor"},
        "humanoid": {"humanBones": [{"bone": "head", "node": 1}]},
        "blendShapeMaster": {"blendShapeGroups": [
            {"name": "A", "presetName": "a", "binds": bind(0)},
            {"name": "Blink", "presetName": "blink", "binds": bind(1)},
            {"name": "Joy", "presetName": "joy", "binds": bind(2)},
            {"name": "Wave", "presetName": "unknown", "binds": bind(2)}]}}});
    let imported = zero.import().expect("a VRM");
    let (avatar, report) = (&imported.avatar, &imported.report);
    assert_eq!((report.verdict, report.name.as_str()), (Verdict::Degraded, "Bo"), "{}", report.text());
    assert_eq!(origin(report, B::JawOpen), &Origin::Preset { name: "A".into() });
    for (shape, sign) in [(B::EyeBlinkLeft, 1.0), (B::EyeBlinkRight, -1.0), (B::MouthSmileLeft, 1.0)] {
        let x: f32 = avatar.shape(shape).iter().map(|(v, _)| avatar.position[*v as usize].x).sum();
        assert!(x * sign > 0.0, "{shape:?} lies at {x}");
    }
    assert!(avatar.shape(B::JawOpen).iter().all(|(v, _)| avatar.position[*v as usize].z > 0.0), "it faces z");
    assert!(report.text().contains("only its author may appear"), "{}", report.text());
    assert!(report.unmatched.contains(&"Wave".to_owned()));
    assert!((avatar.joints.head.expect("a head bone") - Vec3::new(0.0, 1.4, 0.0)).length() < 1e-6);
}

#[test]
fn a_vrm_with_perfect_sync_is_full() {
    let mut one = Model::head(&all_names());
    let custom: serde_json::Map<String, serde_json::Value> = B::ALL
        .iter()
        .enumerate()
        .map(|(index, shape)| {
            let name = viva_avatar::live_link::pascal(*shape);
            (name, json!({"morphTargetBinds": [{"node": 0, "index": index, "weight": 1.0}]}))
        })
        .collect();
    // Names of the targets say nothing, the expressions do.
    one.json["meshes"][0]["extras"] = json!(null);
    one.json["extensions"] = json!({"VRMC_vrm": {"specVersion": "1.0", "expressions": {"custom": custom},
        "meta": {"name": "Ada", "authors": ["B. Ones"], "avatarPermission": "everyone"}}});
    let imported = one.import().expect("a VRM");
    assert_eq!(imported.report.verdict, Verdict::Full, "{}", imported.report.text());
    let plain = Model::head(&all_names()).import().expect("a plain file").avatar;
    assert_eq!(imported.avatar.shapes, plain.shapes);
}

#[test]
fn centimetres_become_metres() {
    let mut model = Model::head(&all_names());
    model.json["nodes"] = json!([{"mesh": 0, "scale": [100.0, 100.0, 100.0]}]);
    let imported = model.import().expect("a large head");
    assert_eq!(imported.report.scaled_by, 0.01);
    let plain = Model::head(&all_names()).import().expect("a plain file").avatar;
    for (a, b) in imported.avatar.position.iter().zip(&plain.position) {
        assert!((*a - *b).length() < 1e-5);
    }
    assert!(imported.report.notes[0].contains("scaled by 0.01"), "{:?}", imported.report.notes);
}

#[test]
fn a_skinned_head_stands_where_its_bones_are_and_knows_what_turns() {
    let mut model = Model::head(&["jawOpen"]);
    let vertices = model.json["accessors"][0]["count"].as_u64().expect("a count") as usize;
    // Two joints: the lower half hangs on the spine, the upper on the head, which the scene lifts by 10 cm.
    let places = viva_avatar_positions(&model);
    let joints: Vec<u8> = places.iter().flat_map(|p| [u8::from(p.y > MIDDLE.y), 0, 0, 0]).collect();
    let weights: Vec<u8> = (0..vertices).flat_map(|_| [255, 0, 0, 0]).collect();
    let joint_accessor =
        model.accessor(&joints, json!({"componentType": 5121, "count": vertices, "type": "VEC4"}));
    let weight_accessor = model.accessor(
        &weights,
        json!({"componentType": 5121, "normalized": true, "count": vertices, "type": "VEC4"}),
    );
    let bind = [Mat4::IDENTITY, Mat4::from_translation(Vec3::new(0.0, -1.5, 0.0))];
    let bind: Vec<u8> = bind.iter().flat_map(|m| m.to_cols_array()).flat_map(f32::to_le_bytes).collect();
    let bind = model.accessor(&bind, json!({"componentType": 5126, "count": 2, "type": "MAT4"}));
    model.json["meshes"][0]["primitives"][0]["attributes"]["JOINTS_0"] = json!(joint_accessor);
    model.json["meshes"][0]["primitives"][0]["attributes"]["WEIGHTS_0"] = json!(weight_accessor);
    model.json["nodes"] = json!([{"mesh": 0, "skin": 0}, {"name": "Spine", "children": [2]},
        {"name": "J_Bip_C_Head", "translation": [0.0, 1.6, 0.0]}]);
    model.json["scenes"] = json!([{"nodes": [0, 1]}]);
    model.json["skins"] = json!([{"joints": [1, 2], "inverseBindMatrices": bind}]);
    let imported = model.import().expect("a skinned head");
    let avatar = imported.avatar;
    assert_eq!(avatar.joints.head, Some(Vec3::new(0.0, 1.6, 0.0)));
    assert_eq!(imported.report.head_bone.as_deref(), Some("J_Bip_C_Head"));
    for ((before, after), turn) in places.iter().zip(&avatar.position).zip(&avatar.turn) {
        let is_head = before.y > MIDDLE.y;
        let lifted = *before + Vec3::Y * if is_head { 0.1 } else { 0.0 };
        assert!((*after - lifted).length() < 1e-5 && turn[0] == f32::from(u8::from(is_head)));
    }
}

/// Positions as the file has them.
fn viva_avatar_positions(model: &Model) -> Vec<Vec3> {
    model.import().expect("a plain file").avatar.position
}

#[test]
fn sparse_and_quantised_targets_are_read() {
    let mut model = Model::head(&[]);
    let count = model.json["accessors"][0]["count"].as_u64().expect("a count");
    let indices = model.view(&[7_u16.to_le_bytes(), 9_u16.to_le_bytes()].concat());
    let values: Vec<u8> =
        [0.0_f32, -0.01, 0.0, 0.0, -0.02, 0.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let values = model.view(&values);
    let sparse = json!({"componentType": 5126, "count": count, "type": "VEC3", "sparse": {"count": 2,
        "indices": {"bufferView": indices, "componentType": 5123}, "values": {"bufferView": values}}});
    model.json["accessors"].as_array_mut().expect("a list").push(sparse);
    // A hundredth of a metre as a share of 32767, eight bytes from one to the next.
    let step = ((0.01_f32 * 32_767.0) as i16).to_le_bytes();
    let dense: Vec<u8> = (0..count).flat_map(|_| [[0, 0], step, [0, 0], [0, 0]].concat()).collect();
    let dense = model
        .accessor(&dense, json!({"componentType": 5122, "normalized": true, "count": count, "type": "VEC3"}));
    let view = model.json["accessors"][dense]["bufferView"].as_u64().expect("a view") as usize;
    model.json["bufferViews"][view]["byteStride"] = json!(8);
    model.json["meshes"][0]["primitives"][0]["targets"] =
        json!([{"POSITION": dense - 1}, {"POSITION": dense}]);
    model.json["meshes"][0]["extras"] = json!({"targetNames": ["jawOpen", "eyeBlinkLeft"]});
    let avatar = model.import().expect("a plain file").avatar;
    assert_eq!(avatar.shape(B::JawOpen), [(7, Vec3::Y * -0.01), (9, Vec3::Y * -0.02)]);
    let blink = avatar.shape(B::EyeBlinkLeft);
    assert!(
        blink.len() == count as usize && blink.iter().all(|(_, d)| (d.y - 0.01).abs() < 1e-4 && d.x == 0.0)
    );
}

#[test]
fn strips_fans_and_mirrored_nodes_keep_their_outside() {
    let volume = |model: &Model| {
        let avatar = model.import().expect("a plain file").avatar;
        let six: f32 = avatar
            .triangles
            .iter()
            .map(|t| t.map(|v| avatar.position[v as usize] - MIDDLE))
            .map(|[a, b, c]| a.dot(b.cross(c)))
            .sum();
        six / 6.0
    };
    let model = Model::head(&["jawOpen"]);
    let whole = volume(&model);
    assert!(whole > 0.003, "a ball of 10 cm has 4.2 litres: {whole}");
    let mut mirrored = model.clone();
    mirrored.json["nodes"] = json!([{"mesh": 0, "scale": [-1.0, 1.0, 1.0]}]);
    assert!((volume(&mirrored) - whole).abs() < 1e-5);
    for (mode, corners) in [(5, vec![0, 24, 1, 25, 2]), (6, vec![0, 24, 25, 26])] {
        let mut other = model.clone();
        let indices = other.indices(&corners);
        other.json["meshes"][0]["primitives"][0]["mode"] = json!(mode);
        other.json["meshes"][0]["primitives"][0]["indices"] = json!(indices);
        assert!(volume(&other) >= 0.0);
    }
}

#[test]
fn textures_are_read_and_broken_ones_noted() {
    let mut model = Model::head(&["jawOpen"]);
    let picture = viva_avatar::Image { width: 2, height: 1, rgba: vec![255, 0, 0, 255, 0, 255, 0, 255] };
    let (good, bad) = (model.view(&picture.to_png()), model.view(b"no picture"));
    model.json["images"] = json!([{"bufferView": good}, {"bufferView": bad}]);
    model.json["textures"] = json!([{"source": 0}, {"source": 1}, {}]);
    let texture = |index: u32| json!({"pbrMetallicRoughness": {"baseColorTexture": {"index": index}}, "alphaMode": "MASK"});
    model.json["materials"] = json!([texture(0), texture(1), texture(2)]);
    for (material, images, noted) in [(0, 1, ""), (1, 0, "texture 1 is not shown"), (2, 0, "no PNG or JPEG")]
    {
        model.json["meshes"][0]["primitives"][0]["material"] = json!(material);
        let imported = model.import().expect("a plain file");
        assert_eq!((imported.avatar.images.len(), imported.avatar.materials[0].cutoff), (images, 0.5));
        assert!(imported.report.notes.concat().contains(noted), "{:?}", imported.report.notes);
    }
}

#[test]
fn surfaces_that_share_vertices_are_read_once_and_others_are_bounded() {
    let mut model = Model::head(&["jawOpen"]);
    let plain = model.import().expect("a plain file").avatar;
    let surface = model.json["meshes"][0]["primitives"][0].clone();
    model.json["meshes"][0]["primitives"] = json!([surface, surface, surface]);
    let shared = model.import().expect("three surfaces").avatar;
    assert_eq!(
        (shared.position.len(), shared.triangles.len()),
        (plain.position.len(), plain.triangles.len() * 3)
    );
    assert_eq!(shared.shapes, plain.shapes);
    // Each of these has an attribute of its own, so that none can be shared.
    let corner = model.indices(&[0, 1, 24]);
    let other = |n: usize| {
        let mut other = surface.clone();
        other["indices"] = json!(corner);
        other["attributes"]["_OTHER"] = json!(n);
        other
    };
    model.json["meshes"][0]["primitives"] = (0..1000).map(other).collect();
    let error = model.import().expect_err("504 vertices a thousand times").to_string();
    assert!(error.contains("vertices are more than the 400000"), "{error}");
}
