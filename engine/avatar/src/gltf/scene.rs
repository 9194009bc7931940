//! The node tree of a scene at rest, and which of its nodes are head and eyes.

use std::collections::BTreeSet;

use glam::{Mat4, Quat, Vec3};

use super::document::{Document, Node};
use crate::error::AvatarError;
use crate::vrm::Vrm;

/// Places of all nodes that the scene shows.
#[derive(Debug)]
pub(crate) struct Scene {
    /// `None` for nodes of other scenes.
    pub(crate) world_from_node: Vec<Option<Mat4>>,
    parent: Vec<Option<usize>>,
}

/// Nodes that behaviour turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bones {
    pub(crate) head: Option<usize>,
    pub(crate) left_eye: Option<usize>,
    pub(crate) right_eye: Option<usize>,
}

impl Scene {
    /// The tree under `root`, which turns the whole scene.
    pub(crate) fn new(document: &Document, root: Mat4) -> Result<Self, AvatarError> {
        let nodes = &document.nodes;
        let mut parent = vec![None; nodes.len()];
        for (index, node) in nodes.iter().enumerate() {
            for child in &node.children {
                let slot: &mut Option<usize> = parent.get_mut(*child).ok_or_else(|| {
                    AvatarError::broken(format!("node {index} names a node {child}, which is not there"))
                })?;
                if slot.replace(index).is_some() {
                    return Err(AvatarError::broken(format!("node {child} has two parents")));
                }
            }
        }
        let scene = document.scenes.get(document.scene.unwrap_or(0));
        let roots: Vec<usize> = match scene {
            Some(scene) => scene.nodes.clone(),
            None => (0..nodes.len()).filter(|node| parent[*node].is_none()).collect(),
        };
        let mut world_from_node: Vec<Option<Mat4>> = vec![None; nodes.len()];
        let mut open: Vec<(usize, Mat4)> = roots.into_iter().map(|node| (node, root)).collect();
        while let Some((index, above)) = open.pop() {
            let node = nodes.get(index).ok_or_else(|| {
                AvatarError::broken(format!("the scene names a node {index}, which is not there"))
            })?;
            let world = above * local(node);
            if !world.is_finite() {
                return Err(AvatarError::broken(format!("node {index} has no finite place")));
            }
            if world_from_node[index].replace(world).is_some() {
                return Err(AvatarError::broken(format!(
                    "node {index} is its own ancestor or stands in the scene twice"
                )));
            }
            open.extend(node.children.iter().map(|child| (*child, world)));
        }
        Ok(Self { world_from_node, parent })
    }

    /// Whether `node` is `ancestor` or hangs below it.
    pub(crate) fn is_below(&self, node: usize, ancestor: usize) -> bool {
        let mut at = Some(node);
        // A tree is no deeper than it has nodes; nodes outside the scene may lie in a ring.
        for _ in 0..=self.parent.len() {
            match at {
                Some(found) if found == ancestor => return true,
                Some(found) => at = self.parent.get(found).copied().flatten(),
                None => return false,
            }
        }
        false
    }

    /// Where a node stands.
    pub(crate) fn place(&self, node: usize) -> Option<Vec3> {
        self.world_from_node.get(node).copied().flatten().map(|world| world.w_axis.truncate())
    }

    /// Head and eyes by the humanoid bones of VRM, else by name among the joints of skins.
    pub(crate) fn bones(&self, document: &Document, vrm: Option<&Vrm>) -> Bones {
        let is_shown = |node: &usize| self.world_from_node.get(*node).is_some_and(Option::is_some);
        if let Some(vrm) = vrm {
            let bone = |name: &str| vrm.bones.get(name).copied().filter(is_shown);
            return Bones { head: bone("head"), left_eye: bone("leftEye"), right_eye: bone("rightEye") };
        }
        let joints: BTreeSet<usize> =
            document.skins.iter().flat_map(|skin| skin.joints.iter().copied()).filter(is_shown).collect();
        let find = |is: &dyn Fn(&str) -> bool| {
            let name = |node: &usize| {
                let name = document.nodes[*node].name.as_deref().unwrap_or_default();
                name.chars()
                    .filter(char::is_ascii_alphanumeric)
                    .map(|c| c.to_ascii_lowercase())
                    .collect::<String>()
            };
            joints.iter().copied().find(|node| is(&name(node)))
        };
        Bones {
            head: find(&|name| name.ends_with("head") && !name.ends_with("forehead")),
            left_eye: find(&|name| is_eye(name, "left", "l")),
            right_eye: find(&|name| is_eye(name, "right", "r")),
        }
    }
}

/// `lefteye`, `eyeleft`, `eyel`, `leye`, `jadjlfaceeye`, `ccbaseleye`.
fn is_eye(name: &str, word: &str, letter: &str) -> bool {
    let ends = |tail: String| name.ends_with(&tail);
    ends(format!("{word}eye"))
        || ends(format!("eye{word}"))
        || name == format!("eye{letter}")
        || name == format!("{letter}eye")
        || ends(format!("{letter}faceeye"))
        || ends(format!("base{letter}eye"))
        || ends(format!("eyeball{letter}"))
}

fn local(node: &Node) -> Mat4 {
    if let Some(matrix) = node.matrix {
        return Mat4::from_cols_array(&matrix);
    }
    let rotation = node.rotation.map_or(Quat::IDENTITY, Quat::from_array);
    let length = rotation.length();
    let rotation = if length.is_finite() && length > 1e-6 { rotation / length } else { Quat::IDENTITY };
    Mat4::from_scale_rotation_translation(
        node.scale.map_or(Vec3::ONE, Vec3::from),
        rotation,
        node.translation.map_or(Vec3::ZERO, Vec3::from),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(value: serde_json::Value) -> Document {
        serde_json::from_value(value).expect("a document")
    }

    #[test]
    fn places_follow_the_tree_and_rings_are_refused() {
        let tree = document(json!({"nodes": [
            {"translation": [0.0, 1.0, 0.0], "children": [1]},
            {"name": "mixamorig:Head", "translation": [0.0, 0.5, 0.0], "children": [2]},
            {"name": "Eye.L", "scale": [2.0, 2.0, 2.0]}], "skins": [{"joints": [0, 1, 2]}]}));
        let scene = Scene::new(&tree, Mat4::IDENTITY).expect("a tree");
        assert_eq!(scene.place(2), Some(Vec3::new(0.0, 1.5, 0.0)));
        assert!(scene.is_below(2, 0) && !scene.is_below(0, 2));
        let bones = scene.bones(&tree, None);
        assert_eq!(bones, Bones { head: Some(1), left_eye: Some(2), right_eye: None });
        for broken in [
            json!({"scenes": [{"nodes": [0]}], "nodes": [{"children": [1]}, {"children": [0]}]}),
            json!({"nodes": [{"children": [9]}]}),
            json!({"nodes": [{"children": [2]}, {"children": [2]}, {}]}),
            json!({"scenes": [{"nodes": [0, 0]}], "nodes": [{}]}),
            json!({"scenes": [{"nodes": [4]}], "nodes": [{}]}),
            json!({"nodes": [{"scale": [1e38, 1e38, 1e38], "children": [1]}, {"scale": [1e38, 1.0, 1.0]}]}),
        ] {
            Scene::new(&document(broken.clone()), Mat4::IDENTITY).expect_err(&broken.to_string());
        }
    }
}
