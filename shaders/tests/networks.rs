//! The networks' passes are valid WGSL, and their structs have the bytes that Rust writes.

use std::mem::{offset_of, size_of};

use naga::valid::{Capabilities, ValidationFlags, Validator};
use viva_shaders::NetworkPass;
use viva_shaders::networks::{
    FlowBlock, FlowCount, FlowHeads, FlowStem, FlowTick, MelBand, MelBands, MelPower,
};

fn module(pass: NetworkPass) -> naga::Module {
    let text = pass.source();
    naga::front::wgsl::parse_str(&text)
        .unwrap_or_else(|error| panic!("{}", error.emit_to_string_with_path(&text, pass.name())))
}

#[test]
fn all_passes_are_valid_without_optional_features() {
    let mut failures = Vec::new();
    for pass in NetworkPass::ALL {
        let module = module(pass);
        let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
        if let Err(error) = validator.validate(&module) {
            failures.push(error.emit_to_string_with_path(&pass.source(), pass.name()));
        }
        let entries: Vec<_> = module.entry_points.iter().map(|entry| entry.name.as_str()).collect();
        if entries != [pass.name()] {
            failures.push(format!("{} has the entry points {entries:?}", pass.name()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Name and offset of the struct's members as naga lays them out, and its size.
fn members(pass: NetworkPass, name: &str) -> (Vec<(String, u32)>, u32) {
    let module = module(pass);
    let (_, found) = module
        .types
        .iter()
        .find(|(_, t)| t.name.as_deref() == Some(name))
        .unwrap_or_else(|| panic!("{} has a struct {name}", pass.name()));
    let naga::TypeInner::Struct { members, span } = &found.inner else { panic!("{name} is a struct") };
    (members.iter().map(|m| (m.name.clone().unwrap_or_default(), m.offset)).collect(), *span)
}

macro_rules! same_layout {
    ($pass:ident, $name:ident { $($field:ident),* $(,)? }) => {
        let (found, span) = members(NetworkPass::$pass, stringify!($name));
        let ours = vec![$((stringify!($field).to_owned(), offset_of!($name, $field) as u32)),*];
        assert_eq!(found, ours, stringify!($name));
        assert_eq!(span as usize, size_of::<$name>(), stringify!($name));
    };
}

#[test]
fn structs_have_the_same_bytes_on_both_sides() {
    same_layout!(FlowStem, FlowStem { features, channels, spare0, spare1 });
    same_layout!(FlowBlock, FlowBlock { channels, dilation, spare0, spare1 });
    same_layout!(FlowCount, FlowCount { channels, counters, step, spare0 });
    same_layout!(FlowHeads, FlowHeads { channels, counters, outputs, spare0 });
    same_layout!(MelPower, MelPower { frames, hop, window, points });
    same_layout!(MelBands, MelBands { frames, bins, bands, floor });
    same_layout!(MelBands, MelBand { first_bin, first_weight, weights, spare0 });
}

#[test]
fn the_features_follow_the_head_of_a_tick() {
    for pass in [NetworkPass::FlowStem, NetworkPass::FlowBlock, NetworkPass::FlowCount] {
        let (found, _) = members(pass, "FlowTick");
        let mut ours = vec![
            ("index".to_owned(), offset_of!(FlowTick, index) as u32),
            ("in_turn".to_owned(), offset_of!(FlowTick, in_turn) as u32),
            ("spare0".to_owned(), offset_of!(FlowTick, spare0) as u32),
            ("spare1".to_owned(), offset_of!(FlowTick, spare1) as u32),
        ];
        ours.push(("features".to_owned(), size_of::<FlowTick>() as u32));
        assert_eq!(found, ours, "{}", pass.name());
    }
}
