//! Boosted regression trees, as fitted by the trainer.

/// A node: a split, or a leaf.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// Number of the feature; [`Node::LEAF`] for a leaf.
    pub feature: u16,
    /// Values up to this one go left; of a leaf, its value.
    pub value: f32,
    /// Number of the left child; the right one follows it.
    pub left: u32,
}

impl Node {
    /// Marks a leaf.
    pub const LEAF: u16 = u16::MAX;
}

/// A sum of trees.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forest {
    /// What is added to every sum.
    pub base: f32,
    /// First node of each tree.
    pub roots: Vec<u32>,
    /// All nodes.
    pub nodes: Vec<Node>,
}

impl Forest {
    /// The sum for one row of features; a feature that is missing reads as 0.
    #[must_use]
    pub fn sum(&self, features: &[f32]) -> f32 {
        self.roots.iter().fold(self.base, |sum, root| sum + self.leaf(*root, features))
    }

    fn leaf(&self, root: u32, features: &[f32]) -> f32 {
        let mut at = root as usize;
        // A tree cannot be deeper than it has nodes: a damaged file ends here, too.
        for _ in 0..64 {
            let Some(node) = self.nodes.get(at) else { return 0.0 };
            if node.feature == Node::LEAF {
                return node.value;
            }
            let value = features.get(usize::from(node.feature)).copied().unwrap_or(0.0);
            at = node.left as usize + usize::from(value > node.value);
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_add_up() {
        let split = Node { feature: 1, value: 0.5, left: 1 };
        let leaf = |value| Node { feature: Node::LEAF, value, left: 0 };
        let forest = Forest { base: 1.0, roots: vec![0, 0], nodes: vec![split, leaf(-0.25), leaf(0.5)] };
        assert_eq!(forest.sum(&[0.0, 0.5]), 0.5);
        assert_eq!(forest.sum(&[0.0, 0.6]), 2.0);
        assert_eq!(forest.sum(&[]), 0.5);
    }
}
