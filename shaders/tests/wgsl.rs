//! Every shader is valid WGSL, every struct has the bytes that Rust writes, and every pass has its twin.

use std::mem::{offset_of, size_of};

use naga::valid::{Capabilities, ValidationFlags, Validator};
use viva_shaders::layout::{
    Frame, ImportedMaterial, Look, MorphEntry, MorphWeights, NormalsSize, TonemapSize,
};
use viva_shaders::{NetworkPass, Pass, shared_names, source};

fn module(pass: Pass) -> naga::Module {
    naga::front::wgsl::parse_str(&source(pass))
        .unwrap_or_else(|error| panic!("{}", error.emit_to_string_with_path(&source(pass), pass.name())))
}

#[test]
fn all_passes_are_valid_without_optional_features() {
    let mut failures = Vec::new();
    for pass in Pass::ALL {
        let text = source(pass);
        match naga::front::wgsl::parse_str(&text) {
            Err(error) => failures.push(error.emit_to_string_with_path(&text, pass.name())),
            Ok(module) => {
                let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
                if let Err(error) = validator.validate(&module) {
                    failures.push(error.emit_to_string_with_path(&text, pass.name()));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} of {} fail:\n{}", failures.len(), Pass::ALL.len(), failures.join("\n"));
}

#[test]
fn files_are_short_and_all_shared_ones_are_imported() {
    let raw =
        |name: &str| std::fs::read_to_string(format!("{}/wgsl/{name}.wgsl", env!("CARGO_MANIFEST_DIR")));
    let mut imports = String::new();
    for pass in Pass::ALL {
        let text = raw(pass.name()).expect("each pass has its file");
        assert!(text.lines().count() <= 300, "{}", pass.name());
        imports.push_str(&text);
    }
    for pass in NetworkPass::ALL {
        let text = raw(pass.name()).expect("each pass has its file");
        assert!(text.lines().count() <= 300, "{}", pass.name());
        imports.push_str(&text);
    }
    for name in shared_names() {
        let text = raw(&format!("shared/{name}")).expect("each shared name has its file");
        assert!(text.lines().count() <= 300, "{name}");
        assert!(imports.contains(&format!("#import {name}\n")), "nobody imports {name}");
    }
}

/// Name, offset and size of the struct's members as naga lays them out.
fn members(module: &naga::Module, name: &str) -> (Vec<(String, u32)>, u32) {
    let (_, found) = module
        .types
        .iter()
        .find(|(_, t)| t.name.as_deref() == Some(name))
        .unwrap_or_else(|| panic!("the shader has a struct {name}"));
    let naga::TypeInner::Struct { members, span } = &found.inner else { panic!("{name} is a struct") };
    (members.iter().map(|m| (m.name.clone().unwrap_or_default(), m.offset)).collect(), *span)
}

macro_rules! same_layout {
    ($pass:expr, $name:ident { $($field:ident),* $(,)? }) => {
        let (found, span) = members(&module($pass), stringify!($name));
        let ours = vec![$((stringify!($field).to_owned(), offset_of!($name, $field) as u32)),*];
        assert_eq!(found, ours, stringify!($name));
        assert_eq!(span as usize, size_of::<$name>(), stringify!($name));
    };
}

#[test]
fn structs_have_the_same_bytes_on_both_sides() {
    same_layout!(
        Pass::Skin,
        Frame {
            clip_from_world,
            world_from_head,
            head_from_left_eye,
            head_from_right_eye,
            camera,
            key_direction,
            key_color,
            fill_direction,
            fill_color,
            rim_direction,
            rim_color,
            room,
            left_lid,
            right_lid,
            neck,
            eyes,
            mouth,
            wrinkles_left,
            wrinkles_right,
        }
    );
    same_layout!(
        Pass::Skin,
        Look {
            skin,
            blood,
            lip,
            brow,
            hair_root,
            hair_tip,
            iris,
            iris_rim,
            sclera,
            cloth,
            shirt,
            wear,
            back_top,
            back_bottom,
            back_light,
        }
    );
    same_layout!(Pass::Morph, MorphEntry { shape, x, y, z });
    same_layout!(Pass::Morph, MorphWeights { packed, vertices, spare0, spare1, spare2 });
    same_layout!(Pass::Normals, NormalsSize { vertices, spare0, spare1, spare2 });
    same_layout!(Pass::Imported, ImportedMaterial { color, cutoff, roughness, is_unlit, spare });
    same_layout!(Pass::Tonemap, TonemapSize { scale, smoothing, spare0, spare1 });
}
