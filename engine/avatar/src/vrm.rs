//! VRM 0.x and 1.0: expressions, humanoid bones and the licence of an avatar, from the extensions of a glTF file.
//!
//! An avatar with "perfect sync" has expressions that are named as the ARKit shapes; they are used as they are. Of others the
//! presets are split by the table [`presets`], which is a degraded face: it blinks, speaks and smiles, no more.
//!
//! **Source**: `VRMC_vrm` 1.0 and `VRM` 0.0 of the vrm-specification repository: `expressions.md`, `humanoid.md`, `meta.md`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use viva_media::{Blendshape, Blendshapes};

use crate::shapes::names::Side;

/// Most expressions that are read.
const MAX_EXPRESSIONS: usize = 512;
/// Most morph targets of one expression.
const MAX_BINDS: usize = 1024;
/// Longest text of the licence that is told.
const MAX_TEXT: usize = 300;

/// Which part of a face an expression is cut to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// All of it.
    Whole,
    /// With the eyes and brows.
    Upper,
    /// With the mouth.
    Lower,
}

/// What of a preset becomes which shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PresetPart {
    /// Name in VRM 1.0.
    pub preset: &'static str,
    /// What becomes of it.
    pub shape: Blendshape,
    /// Which half of the face, upper or lower.
    pub region: Region,
    /// Which side of the face; `None` where the preset is one-sided or the shape is not.
    pub half: Option<Side>,
}

const fn part(preset: &'static str, shape: Blendshape, region: Region, half: Option<Side>) -> PresetPart {
    PresetPart { preset, shape, region, half }
}

/// The table by which presets become shapes, in order of preference. What a preset does not say is not invented.
#[must_use]
pub fn presets() -> &'static [PresetPart] {
    use Blendshape as B;
    const L: Option<Side> = Some(Side::Left);
    const R: Option<Side> = Some(Side::Right);
    const TABLE: &[PresetPart] = &[
        part("aa", B::JawOpen, Region::Whole, None),
        part("oh", B::MouthFunnel, Region::Whole, None),
        part("ou", B::MouthPucker, Region::Whole, None),
        part("ee", B::MouthStretchLeft, Region::Whole, L),
        part("ee", B::MouthStretchRight, Region::Whole, R),
        part("ih", B::MouthLowerDownLeft, Region::Whole, L),
        part("ih", B::MouthLowerDownRight, Region::Whole, R),
        part("blinkLeft", B::EyeBlinkLeft, Region::Whole, None),
        part("blinkRight", B::EyeBlinkRight, Region::Whole, None),
        part("blink", B::EyeBlinkLeft, Region::Whole, L),
        part("blink", B::EyeBlinkRight, Region::Whole, R),
        part("happy", B::MouthSmileLeft, Region::Lower, L),
        part("happy", B::MouthSmileRight, Region::Lower, R),
        part("sad", B::MouthFrownLeft, Region::Lower, L),
        part("sad", B::MouthFrownRight, Region::Lower, R),
        part("sad", B::BrowInnerUp, Region::Upper, None),
        part("angry", B::BrowDownLeft, Region::Upper, L),
        part("angry", B::BrowDownRight, Region::Upper, R),
        part("surprised", B::BrowOuterUpLeft, Region::Upper, L),
        part("surprised", B::BrowOuterUpRight, Region::Upper, R),
        part("lookUp", B::EyeLookUpLeft, Region::Whole, L),
        part("lookUp", B::EyeLookUpRight, Region::Whole, R),
        part("lookDown", B::EyeLookDownLeft, Region::Whole, L),
        part("lookDown", B::EyeLookDownRight, Region::Whole, R),
        part("lookLeft", B::EyeLookOutLeft, Region::Whole, L),
        part("lookLeft", B::EyeLookInRight, Region::Whole, R),
        part("lookRight", B::EyeLookInLeft, Region::Whole, L),
        part("lookRight", B::EyeLookOutRight, Region::Whole, R),
    ];
    TABLE
}

/// Names of the presets in VRM 0.x and 1.0, in lower case.
const PRESET_NAMES: [(&str, &str); 18] = [
    ("a", "aa"),
    ("i", "ih"),
    ("u", "ou"),
    ("e", "ee"),
    ("o", "oh"),
    ("joy", "happy"),
    ("angry", "angry"),
    ("sorrow", "sad"),
    ("fun", "relaxed"),
    ("surprised", "surprised"),
    ("blink", "blink"),
    ("blink_l", "blinkLeft"),
    ("blink_r", "blinkRight"),
    ("lookup", "lookUp"),
    ("lookdown", "lookDown"),
    ("lookleft", "lookLeft"),
    ("lookright", "lookRight"),
    ("neutral", "neutral"),
];

/// The preset of VRM 1.0 that a name of either version means.
fn preset_name(name: &str) -> Option<&'static str> {
    let plain = name.to_ascii_lowercase();
    let found = PRESET_NAMES.iter().find(|(old, new)| *old == plain || new.eq_ignore_ascii_case(&plain));
    found.map(|(_, new)| *new)
}

/// What a preset that comes over the network moves at full weight; the counterpart of [`presets_of`].
#[must_use]
pub fn weights_of_preset(name: &str) -> Option<&'static [(Blendshape, f32)]> {
    use Blendshape as B;
    Some(match preset_name(name)? {
        "aa" => &[(B::JawOpen, 1.0)],
        "oh" => &[(B::MouthFunnel, 1.0)],
        "ou" => &[(B::MouthPucker, 1.0)],
        "ee" => &[(B::MouthStretchLeft, 1.0), (B::MouthStretchRight, 1.0)],
        "ih" => &[(B::MouthLowerDownLeft, 1.0), (B::MouthLowerDownRight, 1.0)],
        "blinkLeft" => &[(B::EyeBlinkLeft, 1.0)],
        "blinkRight" => &[(B::EyeBlinkRight, 1.0)],
        "blink" => &[(B::EyeBlinkLeft, 1.0), (B::EyeBlinkRight, 1.0)],
        "happy" => &[(B::MouthSmileLeft, 1.0), (B::MouthSmileRight, 1.0)],
        "sad" => &[(B::MouthFrownLeft, 1.0), (B::MouthFrownRight, 1.0), (B::BrowInnerUp, 1.0)],
        "angry" => &[(B::BrowDownLeft, 1.0), (B::BrowDownRight, 1.0)],
        "surprised" => &[(B::BrowOuterUpLeft, 1.0), (B::BrowOuterUpRight, 1.0)],
        _ => &[],
    })
}

/// A face in the presets of VRM 0.x, for avatars that know no others.
///
/// Vowels share the mouth: rounded ones take from the open one, so that their sum stays within the mouth's reach.
#[must_use]
pub fn presets_of(weights: &Blendshapes) -> [(&'static str, f32); 8] {
    use Blendshape as B;
    let mean = |a: B, b: B| (weights[a] + weights[b]) * 0.5;
    let (round, narrow) = (weights[B::MouthFunnel], weights[B::MouthPucker]);
    let open = weights[B::JawOpen] * (1.0 - round.max(narrow));
    [
        ("A", open),
        ("I", mean(B::MouthLowerDownLeft, B::MouthLowerDownRight) * (1.0 - open)),
        ("U", narrow),
        ("E", mean(B::MouthStretchLeft, B::MouthStretchRight) * (1.0 - open)),
        ("O", round),
        ("Blink_L", weights[B::EyeBlinkLeft]),
        ("Blink_R", weights[B::EyeBlinkRight]),
        ("Joy", mean(B::MouthSmileLeft, B::MouthSmileRight)),
    ]
}

/// Which version a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum VrmVersion {
    /// The extension `VRM`; its avatars face against z.
    #[serde(rename = "0.x")]
    Zero,
    /// The extension `VRMC_vrm`.
    #[serde(rename = "1.0")]
    One,
}

/// A weighted morph target of an expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bind {
    /// A mesh in 0.x, a node in 1.0.
    pub(crate) of: usize,
    pub(crate) target: usize,
    pub(crate) weight: f32,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expression {
    pub(crate) name: String,
    pub(crate) preset: Option<&'static str>,
    pub(crate) binds: Vec<Bind>,
}

/// What the extension says.
#[derive(Clone, Debug)]
pub(crate) struct Vrm {
    pub(crate) version: VrmVersion,
    pub(crate) expressions: Vec<Expression>,
    /// Nodes by the name of their humanoid bone, for example `leftEye`.
    pub(crate) bones: BTreeMap<String, usize>,
    pub(crate) licence: Licence,
}

/// What the author allows, in the words of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Licence {
    /// Name of the avatar.
    pub title: Option<String>,
    /// Who made it.
    pub authors: Vec<String>,
    /// The fields of the licence as the file has them, by their names there.
    pub fields: BTreeMap<String, String>,
    /// What to mind before the avatar represents an assessor.
    pub cautions: Vec<String>,
}

/// Reads the extension; `None` where the file is plain glTF. What is not as the specification says is passed over.
pub(crate) fn vrm(extensions: &serde_json::Map<String, Value>) -> Option<Vrm> {
    if let Some(one) = extensions.get("VRMC_vrm") {
        return Some(Vrm {
            version: VrmVersion::One,
            expressions: expressions_one(one),
            bones: bones_one(one),
            licence: licence(&one["meta"], VrmVersion::One),
        });
    }
    let zero = extensions.get("VRM")?;
    Some(Vrm {
        version: VrmVersion::Zero,
        expressions: expressions_zero(zero),
        bones: bones_zero(zero),
        licence: licence(&zero["meta"], VrmVersion::Zero),
    })
}

fn index(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|n| usize::try_from(n).ok())
}

fn expressions_one(vrm: &Value) -> Vec<Expression> {
    let group = |kind: &str| vrm["expressions"][kind].as_object().cloned().unwrap_or_default();
    let bind = |value: &Value| {
        let weight = value["weight"].as_f64().unwrap_or(1.0) as f32;
        Some(Bind { of: index(&value["node"])?, target: index(&value["index"])?, weight })
    };
    let read = |name: String, value: &Value, is_preset: bool| Expression {
        preset: if is_preset { preset_name(&name) } else { None },
        binds: value["morphTargetBinds"]
            .as_array()
            .into_iter()
            .flatten()
            .take(MAX_BINDS)
            .filter_map(bind)
            .collect(),
        name,
    };
    let preset = group("preset").into_iter().map(|(name, value)| read(name, &value, true));
    let custom = group("custom").into_iter().map(|(name, value)| read(name, &value, false));
    custom.collect::<Vec<_>>().into_iter().chain(preset).take(MAX_EXPRESSIONS).collect()
}

fn expressions_zero(vrm: &Value) -> Vec<Expression> {
    let groups = vrm["blendShapeMaster"]["blendShapeGroups"].as_array();
    let read = |group: &Value| {
        let bind = |value: &Value| {
            let weight = value["weight"].as_f64().unwrap_or(100.0) as f32 / 100.0;
            Some(Bind { of: index(&value["mesh"])?, target: index(&value["index"])?, weight })
        };
        let name = group["name"].as_str().unwrap_or_default().to_owned();
        let preset = group["presetName"].as_str().filter(|preset| !preset.eq_ignore_ascii_case("unknown"));
        Expression {
            preset: preset.and_then(preset_name),
            binds: group["binds"].as_array().into_iter().flatten().take(MAX_BINDS).filter_map(bind).collect(),
            name,
        }
    };
    groups.into_iter().flatten().take(MAX_EXPRESSIONS).map(read).collect()
}

fn bones_one(vrm: &Value) -> BTreeMap<String, usize> {
    let bones = vrm["humanoid"]["humanBones"].as_object();
    let bones = bones.into_iter().flatten();
    bones.filter_map(|(name, bone)| Some((name.clone(), index(&bone["node"])?))).collect()
}

fn bones_zero(vrm: &Value) -> BTreeMap<String, usize> {
    let bones = vrm["humanoid"]["humanBones"].as_array();
    let bones = bones.into_iter().flatten();
    bones.filter_map(|bone| Some((bone["bone"].as_str()?.to_owned(), index(&bone["node"])?))).collect()
}

fn licence(meta: &Value, version: VrmVersion) -> Licence {
    let short = |text: &str| text.trim().chars().take(MAX_TEXT).collect::<String>();
    let text = |key: &str| meta[key].as_str().map(short).filter(|text| !text.is_empty());
    let mut fields = BTreeMap::new();
    for (key, value) in meta.as_object().into_iter().flatten() {
        let told = match value {
            Value::String(text) => short(text),
            Value::Bool(is) => if *is { "yes" } else { "no" }.to_owned(),
            _ => continue,
        };
        if !told.is_empty() && fields.len() < 40 && key.len() < 60 {
            fields.insert(key.clone(), told);
        }
    }
    let (title, authors) = match version {
        VrmVersion::Zero => (text("title"), text("author").into_iter().collect()),
        VrmVersion::One => {
            let authors = meta["authors"].as_array().into_iter().flatten().take(16);
            (text("name"), authors.filter_map(Value::as_str).map(short).collect())
        }
    };
    let cautions = cautions(&fields);
    Licence { title, authors, fields, cautions }
}

fn cautions(fields: &BTreeMap<String, String>) -> Vec<String> {
    let is = |key: &str, value: &str| fields.get(key).is_some_and(|found| found.eq_ignore_ascii_case(value));
    let mut cautions = Vec::new();
    let mut say = |holds: bool, what: &str| {
        if holds {
            cautions.push(what.to_owned());
        }
    };
    let only_author = is("allowedUserName", "OnlyAuthor") || is("avatarPermission", "onlyAuthor");
    say(
        only_author || !fields.contains_key("allowedUserName") && !fields.contains_key("avatarPermission"),
        "only its author may appear as this avatar: ask before it represents an assessor",
    );
    say(
        is("allowedUserName", "ExplicitlyLicensedPerson")
            || is("avatarPermission", "onlySeparatelyLicensedPerson"),
        "a licence of one's own is needed to appear as this avatar",
    );
    say(
        is("commercialUssageName", "Disallow") || is("commercialUsage", "personalNonProfit"),
        "no commercial use: paid examinations are none of its uses",
    );
    say(is("commercialUsage", "personalProfit"), "commercial use by persons only, not by companies");
    say(
        is("modification", "prohibited") || is("licenseName", "Redistribution_Prohibited"),
        "it may not be changed and passed on: keep files converted from it to yourself",
    );
    say(is("creditNotation", "required") || is("licenseName", "CC_BY"), "its authors must be named");
    cautions
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> serde_json::Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn both_versions_are_read() {
        let one = vrm(&map(json!({"VRMC_vrm": {
            "meta": {"name": "Ada", "authors": ["A", "B"], "avatarPermission": "everyone", "commercialUsage": "corporation", "creditNotation": "required"},
            "humanoid": {"humanBones": {"head": {"node": 4}, "leftEye": {"node": "x"}}},
            "expressions": {
                "preset": {"aa": {"morphTargetBinds": [{"node": 2, "index": 1, "weight": 0.8}]}, "dance": {}},
                "custom": {"JawOpen": {"morphTargetBinds": [{"node": 2, "index": 3, "weight": 1.0}, {"node": -1}]}}}}})))
        .expect("a VRM");
        assert_eq!((one.version, one.bones.get("head"), one.bones.len()), (VrmVersion::One, Some(&4), 1));
        assert_eq!(one.licence.cautions, ["its authors must be named"]);
        let names: Vec<_> =
            one.expressions.iter().map(|e| (e.name.as_str(), e.preset, e.binds.len())).collect();
        assert_eq!(names, [("JawOpen", None, 1), ("aa", Some("aa"), 1), ("dance", None, 0)]);

        let zero = vrm(&map(json!({"VRM": {
            "meta": {"title": "Bo", "author": "C", "allowedUserName": "OnlyAuthor", "commercialUssageName": "Disallow"},
            "humanoid": {"humanBones": [{"bone": "head", "node": 7}]},
            "blendShapeMaster": {"blendShapeGroups": [
                {"name": "Blink_L", "presetName": "blink_l", "binds": [{"mesh": 0, "index": 5, "weight": 50}]},
                {"name": "BrowInnerUp", "presetName": "unknown", "binds": []}]}}})))
        .expect("a VRM");
        assert_eq!(zero.expressions[0].preset, Some("blinkLeft"));
        assert_eq!(zero.expressions[0].binds, [Bind { of: 0, target: 5, weight: 0.5 }]);
        assert_eq!((zero.expressions[1].preset, zero.licence.cautions.len()), (None, 2));
        assert!(vrm(&map(json!({"KHR_materials_unlit": {}}))).is_none());
    }

    #[test]
    fn nonsense_in_the_extension_is_passed_over() {
        for value in [
            json!(null),
            json!(3),
            json!([]),
            json!({"meta": 1, "expressions": [], "humanoid": {"humanBones": 1}}),
        ] {
            for key in ["VRM", "VRMC_vrm"] {
                let read = vrm(&map(json!({key: value}))).expect("the extension is named");
                assert!(read.expressions.is_empty() && read.bones.is_empty());
                assert!(
                    read.licence.cautions[0].contains("only its author"),
                    "what is not said is not allowed"
                );
            }
        }
    }

    #[test]
    fn a_face_in_presets_comes_back_near() {
        let mut weights = Blendshapes::default();
        weights[Blendshape::JawOpen] = 0.6;
        weights[Blendshape::EyeBlinkLeft] = 1.0;
        let presets = presets_of(&weights);
        let mut back = Blendshapes::default();
        for (name, value) in presets {
            assert!((0.0..=1.0).contains(&value));
            for (shape, share) in weights_of_preset(name).expect("our own names") {
                back[*shape] += share * value;
            }
        }
        assert!((back[Blendshape::JawOpen] - 0.6).abs() < 1e-6);
        assert!((back[Blendshape::EyeBlinkLeft] - 1.0).abs() < 1e-6);
        assert!(weights_of_preset("Dance").is_none());
    }
}
