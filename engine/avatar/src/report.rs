//! What an import found: text for a person, and the same as data.

use std::fmt::Write as _;

use serde::Serialize;
use viva_media::Blendshape;

use crate::avatar::Avatar;
use crate::gltf::document::Document;
use crate::shapes::derive::Origin;
use crate::vrm::{Licence, Vrm, VrmVersion};

/// Names that are listed at most.
const MOST_NAMES: usize = 200;
/// Names that the text shows at most.
const MOST_TOLD: usize = 12;

/// How well an avatar can serve as the assessor's face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It neither speaks nor blinks.
    Still,
    /// It speaks or blinks, but much of the behaviour does not show.
    Degraded,
    /// It speaks, blinks and smiles; some shapes are derived or missing.
    Usable,
    /// All shapes but perhaps the tongue are the file's own.
    Full,
}

/// One of the 52 and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShapeReport {
    /// ARKit name.
    pub shape: &'static str,
    /// Found, derived or missing.
    #[serde(flatten)]
    pub origin: Origin,
    /// Vertices that it moves.
    pub vertices: usize,
    /// Farthest way of a vertex in millimetres at weight 1.
    pub most_mm: f32,
}

/// What an import found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImportReport {
    /// What the avatar is good for.
    pub verdict: Verdict,
    /// As the file or its author calls it.
    pub name: String,
    /// `glTF` or `GLB`.
    pub container: &'static str,
    /// The version of VRM, if it is one.
    pub vrm: Option<VrmVersion>,
    /// The program that wrote the file.
    pub generator: Option<String>,
    /// The file's own note of copyright.
    pub copyright: Option<String>,
    /// Triangles that are drawn.
    pub triangles: usize,
    /// Vertices.
    pub vertices: usize,
    /// Meshes of the scene.
    pub meshes: usize,
    /// Materials that are used.
    pub materials: usize,
    /// Textures that could be read.
    pub textures: usize,
    /// Morph targets of the file, all meshes together.
    pub targets: usize,
    /// Height of the face in metres, after scaling.
    pub face_height_m: f32,
    /// Factor to metres; 1 where the file is in metres.
    pub scaled_by: f32,
    /// Name of the bone that turns the head.
    pub head_bone: Option<String>,
    /// Names of the bones of the left and right eye.
    pub eye_bones: [Option<String>; 2],
    /// The 52 in the order of [`Blendshape::ALL`].
    pub shapes: Vec<ShapeReport>,
    /// How many the file has under a name that is known.
    pub found: usize,
    /// How many were derived.
    pub derived: usize,
    /// ARKit names of those that are missing.
    pub missing: Vec<&'static str>,
    /// Names of targets and expressions that mean nothing here.
    pub unmatched: Vec<String>,
    /// What will not show, in words.
    pub lacks: Vec<&'static str>,
    /// What the author allows, for VRM.
    pub licence: Option<Licence>,
    /// Everything else that should be known.
    pub notes: Vec<String>,
}

/// What the import knows beside the avatar.
pub(crate) struct Facts<'a> {
    pub(crate) is_binary: bool,
    pub(crate) document: &'a Document,
    pub(crate) vrm: Option<&'a Vrm>,
    pub(crate) meshes: usize,
    pub(crate) targets: usize,
    pub(crate) origins: Vec<Origin>,
    pub(crate) unmatched: Vec<String>,
    pub(crate) scaled_by: f32,
    /// Head, left eye, right eye.
    pub(crate) bone_names: [Option<String>; 3],
    pub(crate) notes: Vec<String>,
}

/// What does not show where a shape is missing.
const LACKS: [(&[Blendshape], &str); 10] = {
    use Blendshape as B;
    [
        (&[B::JawOpen], "the mouth does not open in speech"),
        (&[B::EyeBlinkLeft, B::EyeBlinkRight], "it does not blink: its gaze will look fixed"),
        (&[B::MouthClose], "lips do not close over an open jaw: m, b and p are seen less"),
        (&[B::MouthFunnel, B::MouthPucker], "lips do not round: o and u are seen less"),
        (&[B::MouthSmileLeft, B::MouthSmileRight], "it does not smile"),
        (
            &[B::BrowInnerUp, B::BrowOuterUpLeft, B::BrowOuterUpRight],
            "brows do not rise: interest does not show",
        ),
        (&[B::BrowDownLeft, B::BrowDownRight], "brows do not lower: thought and doubt do not show"),
        (&[B::CheekSquintLeft, B::CheekSquintRight], "cheeks do not rise with a smile"),
        (&[B::EyeLookDownLeft, B::EyeLookDownRight], "lids do not follow the gaze down"),
        (&[B::MouthRollLower, B::MouthRollUpper], "lips do not roll in: f and v are seen less"),
    ]
};

/// What a face in talk cannot do without.
const ESSENTIAL: [Blendshape; 6] = [
    Blendshape::JawOpen,
    Blendshape::EyeBlinkLeft,
    Blendshape::EyeBlinkRight,
    Blendshape::MouthPucker,
    Blendshape::MouthSmileLeft,
    Blendshape::MouthSmileRight,
];

/// With fewer shapes an avatar is degraded: presets of VRM alone give some twenty.
const USABLE_SHAPES: usize = 36;

impl ImportReport {
    pub(crate) fn new(avatar: &Avatar, facts: Facts<'_>) -> Self {
        let (low, high) = avatar.face_box();
        let shapes: Vec<ShapeReport> = Blendshape::ALL
            .into_iter()
            .zip(&facts.origins)
            .map(|(shape, origin)| {
                let deltas = avatar.shape(shape);
                let most = deltas.iter().map(|(_, d)| d.length()).fold(0.0, f32::max);
                // A target of nothing but rounding is none.
                let origin = if deltas.is_empty() { Origin::Missing } else { origin.clone() };
                ShapeReport { shape: shape.name(), origin, vertices: deltas.len(), most_mm: most * 1e3 }
            })
            .collect();
        let is_there = |shape: &Blendshape| shapes[*shape as usize].origin.is_there();
        let found = shapes.iter().filter(|s| matches!(s.origin, Origin::Found { .. })).count();
        let there = shapes.iter().filter(|s| s.origin.is_there()).count();
        let lacks =
            LACKS.iter().filter(|(any, _)| !any.iter().any(is_there)).map(|(_, lack)| *lack).collect();
        let own = |shape: &Blendshape| matches!(shapes[*shape as usize].origin, Origin::Found { .. });
        let speaks_or_blinks = is_there(&Blendshape::JawOpen) || is_there(&Blendshape::EyeBlinkLeft);
        let verdict = if !speaks_or_blinks {
            Verdict::Still
        } else if Blendshape::ALL.iter().filter(|s| **s != Blendshape::TongueOut).all(own) {
            Verdict::Full
        } else if ESSENTIAL.iter().all(is_there) && there >= USABLE_SHAPES {
            Verdict::Usable
        } else {
            Verdict::Degraded
        };
        let short = |text: &Option<String>| text.as_ref().map(|text| text.chars().take(200).collect());
        let mut notes = facts.notes;
        let mut unmatched = facts.unmatched;
        if unmatched.len() > MOST_NAMES {
            notes.push(format!("{} names meant nothing; {MOST_NAMES} are listed", unmatched.len()));
            unmatched.truncate(MOST_NAMES);
        }
        let [head_bone, left, right] = facts.bone_names;
        Self {
            verdict,
            name: avatar.name.clone(),
            container: if facts.is_binary { "GLB" } else { "glTF" },
            vrm: facts.vrm.map(|vrm| vrm.version),
            generator: short(&facts.document.asset.generator),
            copyright: short(&facts.document.asset.copyright),
            triangles: avatar.triangles.len(),
            vertices: avatar.position.len(),
            meshes: facts.meshes,
            materials: avatar.materials.len(),
            textures: avatar.images.len(),
            targets: facts.targets,
            face_height_m: high.y - low.y,
            scaled_by: facts.scaled_by,
            head_bone,
            eye_bones: [left, right],
            found,
            derived: there - found,
            missing: shapes.iter().filter(|s| !s.origin.is_there()).map(|s| s.shape).collect(),
            shapes,
            unmatched,
            lacks,
            licence: facts.vrm.map(|vrm| vrm.licence.clone()),
            notes,
        }
    }

    /// The report for a person, one fact per line.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut say = |line: String| {
            out.push_str(&line);
            out.push('\n');
        };
        let kind = self.vrm.map_or(self.container.to_owned(), |version| {
            format!("VRM {}", if version == VrmVersion::Zero { "0.x" } else { "1.0" })
        });
        say(format!("{}: {kind}, {}", self.name, self.verdict_in_words()));
        say(format!(
            "mesh      {} triangles, {} vertices, {} materials, {} textures",
            self.triangles, self.vertices, self.materials, self.textures
        ));
        say(format!(
            "shapes    {} of 52 found, {} derived, {} missing",
            self.found,
            self.derived,
            self.missing.len()
        ));
        for shape in &self.shapes {
            if let Some(how) = in_words(&shape.origin) {
                say(format!("  {} {how}", shape.shape));
            }
        }
        if !self.missing.is_empty() {
            say(format!("missing   {}", listed(&self.missing)));
        }
        for lack in &self.lacks {
            say(format!("  {lack}"));
        }
        let eyes = match &self.eye_bones {
            [Some(left), Some(right)] => format!("eyes by the bones {left} and {right}"),
            _ => "gaze by the eyeLook shapes, for want of eye bones".to_owned(),
        };
        let head = self.head_bone.as_ref().map_or_else(
            || "no head bone: what is above the neck turns".to_owned(),
            |bone| format!("head by the bone {bone}"),
        );
        say(format!("turns     {head}; {eyes}"));
        if !self.unmatched.is_empty() {
            say(format!("not used  {}", listed(&self.unmatched)));
        }
        if let Some(licence) = &self.licence {
            let authors =
                if licence.authors.is_empty() { "nobody".into() } else { licence.authors.join(", ") };
            say(format!("licence   made by {authors}"));
            for (field, value) in &licence.fields {
                say(format!("  {field}: {value}"));
            }
            for caution in &licence.cautions {
                say(format!("  mind: {caution}"));
            }
        } else {
            let own =
                self.copyright.as_deref().unwrap_or("the file names none: make sure that you may use it");
            say(format!("licence   {own}"));
        }
        for note in &self.notes {
            say(format!("note      {note}"));
        }
        out
    }

    fn verdict_in_words(&self) -> &'static str {
        match self.verdict {
            Verdict::Full => "full: every movement shows",
            Verdict::Usable => "usable: it speaks, blinks and smiles",
            Verdict::Degraded => "degraded: much of the behaviour does not show",
            Verdict::Still => "still: it can be drawn, but neither speaks nor blinks; add ARKit shapes to it",
        }
    }
}

fn in_words(origin: &Origin) -> Option<String> {
    Some(match origin {
        Origin::Found { .. } | Origin::Missing => return None,
        Origin::Halved { name } => format!("is one side of {name}"),
        Origin::Joined { names } => format!("is {}", names.join(" and ")),
        Origin::Preset { name } => format!("is cut from the expression {name}"),
        Origin::Viseme { name } => format!("is taken from {name}"),
        Origin::Mirrored { from } => format!("is {from} mirrored"),
        Origin::Sum { of } => {
            let mut sum = String::from("is");
            for (n, (name, weight)) in of.iter().enumerate() {
                let plus = if n > 0 { " +" } else { "" };
                write!(sum, "{plus} {weight} {name}").expect("a string takes what is written");
            }
            sum
        }
    })
}

fn listed(names: &[impl AsRef<str>]) -> String {
    let told: Vec<&str> = names.iter().take(MOST_TOLD).map(AsRef::as_ref).collect();
    let more = names.len() - told.len();
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    told.join(", ") + &tail
}
